/* On which line a value stands.  The JSON library has checked the text and forgotten its lines, so this one walks over
 * sound JSON only; on anything else it ends somewhere inside the text. */
#include <string.h>

#include "json_text.h"

typedef struct {
    const char *at, *end;
} place;

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static void skip_separators(place *p)
{
    while (p->at < p->end && is_one_of(*p->at, " \t\r\n,:"))
        p->at++;
}

/* From the opening quote to behind the closing one. */
static void skip_string(place *p)
{
    p->at++;
    while (p->at < p->end && *p->at != '"')
        p->at += *p->at == '\\' && p->end - p->at > 1 ? 2 : 1;
    p->at += p->at < p->end;
}

/* A bracket, '"' for a string, 's' for any other value; 0: the end. */
static char next_token(place *p, const char **start)
{
    skip_separators(p);
    *start = p->at;
    if (p->at >= p->end)
        return '\0';
    if (*p->at == '"') {
        skip_string(p);
        return '"';
    }
    if (is_one_of(*p->at, "{}[]"))
        return *p->at++;
    while (p->at < p->end && !is_one_of(*p->at, " \t\r\n,:{}[]\""))
        p->at++;
    return 's';
}

static void skip_value(place *p)
{
    const char *start;
    size_t depth = 0;
    char token;

    do {
        token = next_token(p, &start);
        depth += token == '{' || token == '[';
        depth -= (token == '}' || token == ']') && depth > 0;
    } while (depth > 0 && token != '\0');
}

static bool enter_array(place *p, size_t index)
{
    const char *start;

    if (next_token(p, &start) != '[')
        return false;
    while (index-- > 0)
        skip_value(p);
    return true;
}

static bool enter_object(place *p, const char *key)
{
    size_t len = strlen(key);
    const char *start;

    if (next_token(p, &start) != '{')
        return false;
    while (next_token(p, &start) == '"') {
        if ((size_t)(p->at - start) == len + 2 && memcmp(start + 1, key, len) == 0)
            return true;
        skip_value(p);
    }
    return false;
}

unsigned jstore_line_of(const char *text, size_t len, const jstore_step *steps, size_t count)
{
    place p = {text, text + len}, reached;
    unsigned line = 1;

    skip_separators(&p);
    reached = p;
    for (size_t i = 0; i < count; i++) {
        if (!(steps[i].key != NULL ? enter_object(&p, steps[i].key) : enter_array(&p, steps[i].index)))
            break;
        skip_separators(&p);
        reached = p;
    }
    for (const char *at = text; at < reached.at; at++)
        line += *at == '\n';
    return line;
}
