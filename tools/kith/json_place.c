/* Strict JSON.  jansson knows lines where the text itself is wrong, and no more once it is read: then the path tells.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "json_place.h"

bool json_place_complain(json_place *p, const char *format, ...)
{
    char text[512];
    va_list arguments;

    if (p->failed)
        return false;
    p->failed = true;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)complain("%s: %s%s%s", p->file, p->place, p->len > 0 ? ": " : "", text);
    return false;
}

/* ---- the file ---- */

/* A stranger's octets are not for the terminal. */
static void make_harmless(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            *text = '?';
}

static json_t *load(json_place *p, FILE *in)
{
    json_error_t error;
    json_t *root = json_loadf(in, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL && ferror(in)) {
        (void)json_place_complain(p, "it cannot be read: %s", strerror(errno));
        return NULL;
    }
    if (root == NULL) {
        make_harmless(error.text);
        (void)json_place_complain(p, "line %d, column %d: %s", error.line, error.column, error.text);
    }
    return root;
}

json_t *json_place_load(json_place *p, const char *file)
{
    FILE *in = fopen(file, "rb");
    json_t *root;

    *p = (json_place){.file = file};
    if (in == NULL) {
        (void)json_place_complain(p, "it cannot be read: %s", strerror(errno));
        return NULL;
    }
    root = load(p, in);
    (void)fclose(in);
    return root;
}

/* ---- where we are ---- */

static size_t append(json_place *p, const char *dot, const char *text)
{
    size_t back = p->len;
    int len = snprintf(p->place + p->len, sizeof p->place - p->len, "%s%s", dot, text);

    if (len > 0)
        p->len += (size_t)len < sizeof p->place - p->len ? (size_t)len : sizeof p->place - 1 - p->len;
    return back;
}

size_t json_place_enter(json_place *p, const char *key)
{
    return append(p, p->len > 0 ? "." : "", key);
}

size_t json_place_enter_at(json_place *p, size_t index)
{
    char text[32];

    (void)snprintf(text, sizeof text, "[%zu]", index);
    return append(p, "", text);
}

void json_place_leave(json_place *p, size_t back)
{
    p->len = back;
    p->place[back] = '\0';
}

/* ---- what is there ---- */

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a text", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a fraction",  [JSON_TRUE] = "true",      [JSON_FALSE] = "false",   [JSON_NULL] = "null"};

    return names[json_typeof(value)];
}

static bool has_key(const char *const *keys, const char *key)
{
    for (; *keys != NULL; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

bool json_place_is_object(json_place *p, json_t *value, const char *const *keys)
{
    const char *key;
    json_t *member;
    char shown[64];

    if (p->failed)
        return false;
    if (!json_is_object(value))
        return json_place_complain(p, "an object is wanted, not %s", type_name(value));
    json_object_foreach(value, key, member)
    {
        if (has_key(keys, key))
            continue;
        (void)snprintf(shown, sizeof shown, "%s", key);
        make_harmless(shown);
        return json_place_complain(p, "there is no such key as '%s' here", shown);
    }
    return true;
}

json_t *json_place_must(json_place *p, json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    if (value == NULL)
        (void)json_place_complain(p, "'%s' is missing", key);
    return p->failed ? NULL : value;
}

const char *json_place_text(json_place *p, json_t *object, const char *key, size_t least, size_t most)
{
    json_t *value = json_object_get(object, key);
    size_t back;

    if (value == NULL || p->failed)
        return NULL;
    back = json_place_enter(p, key);
    if (!json_is_string(value))
        (void)json_place_complain(p, "a text is wanted, not %s", type_name(value));
    else if (json_string_length(value) < least || json_string_length(value) > most)
        (void)json_place_complain(p, "it has %zu octets, and may have %zu to %zu", json_string_length(value), least,
                                  most);
    json_place_leave(p, back);
    return p->failed ? NULL : json_string_value(value);
}

json_t *json_place_array(json_place *p, json_t *object, const char *key, size_t most)
{
    json_t *value = json_object_get(object, key);
    size_t back;

    if (value == NULL || p->failed)
        return NULL;
    back = json_place_enter(p, key);
    if (!json_is_array(value))
        (void)json_place_complain(p, "an array is wanted, not %s", type_name(value));
    else if (json_array_size(value) > most)
        (void)json_place_complain(p, "it has %zu elements, and may have %zu", json_array_size(value), most);
    json_place_leave(p, back);
    return p->failed ? NULL : value;
}

bool json_place_flag(json_place *p, json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    size_t back;

    if (value == NULL || p->failed)
        return false;
    back = json_place_enter(p, key);
    if (!json_is_boolean(value))
        (void)json_place_complain(p, "true or false is wanted, not %s", type_name(value));
    json_place_leave(p, back);
    return json_is_true(value);
}

long json_place_number(json_place *p, json_t *object, const char *key, long least, long most, long missing)
{
    json_t *value = json_object_get(object, key);
    size_t back;

    if (value == NULL || p->failed)
        return missing;
    back = json_place_enter(p, key);
    if (!json_is_integer(value))
        (void)json_place_complain(p, "a whole number is wanted, not %s", type_name(value));
    else if (json_integer_value(value) < least || json_integer_value(value) > most)
        (void)json_place_complain(p, "a number from %ld to %ld is wanted, not %lld", least, most,
                                  (long long)json_integer_value(value));
    json_place_leave(p, back);
    return p->failed ? missing : (long)json_integer_value(value);
}

int json_place_word(json_place *p, json_t *value, const json_word *words)
{
    char known[256] = "", shown[64];
    size_t len = 0;

    if (p->failed)
        return -1;
    for (const json_word *one = words; one->word != NULL; one++) {
        if (json_is_string(value) && strcmp(json_string_value(value), one->word) == 0)
            return one->value;
        len += (size_t)snprintf(known + len, sizeof known - len, "%s%s", one == words ? "" : ", ", one->word);
    }
    if (!json_is_string(value)) {
        (void)json_place_complain(p, "a word is wanted (%s), not %s", known, type_name(value));
        return -1;
    }
    (void)snprintf(shown, sizeof shown, "%s", json_string_value(value));
    make_harmless(shown);
    (void)json_place_complain(p, "'%s' is none of: %s", shown, known);
    return -1;
}
