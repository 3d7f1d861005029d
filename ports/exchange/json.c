/* The depth is looked at before the library sees the text, since it follows it by recursion. */
#include "json.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 8 };

static bool is_flat(exch_span text)
{
    unsigned depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > DEPTH)
            return false;
    }
    return true;
}

/* The library's message may quote the text, from " near " on, or one octet as " 0x97": both may be of a key. */
static int unquoted_len(const char *text)
{
    const char *quote = strstr(text, " near "), *octet = strstr(text, " 0x");

    if (quote == NULL || (octet != NULL && octet < quote))
        quote = octet;
    return quote != NULL ? (int)(quote - text) : (int)strlen(text);
}

static void tell_syntax(exch_reader *r, const json_error_t *error)
{
    int len = unquoted_len(error->text);
    char why[200];

    if (json_error_code(error) == json_error_out_of_memory) {
        (void)exch_fail(r, KITH_ERR_FULL, 0, "there is not enough memory");
        return;
    }
    if (strstr(error->text, "duplicate object key") != NULL)
        (void)snprintf(why, sizeof why, "a field is there twice");
    else
        (void)snprintf(why, sizeof why, "this is not JSON: %.*s", len, error->text);
    (void)exch_fail(r, KITH_ERR_DAMAGED, error->line > 0 ? (unsigned)error->line : 1, why);
}

json_t *exch_load_json(exch_reader *r, exch_span text)
{
    json_error_t error = {.line = 0};
    json_t *top;

    if (!is_flat(text)) {
        (void)exch_fail(r, KITH_ERR_DAMAGED, 0, "its brackets are nested too deeply");
        return NULL;
    }
    top = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &error);
    if (top == NULL)
        tell_syntax(r, &error);
    return top;
}

typedef struct {
    json_t *value;
    void *field;  /* of an object: where the walk is */
    size_t index; /* of an array */
} place;

/* The next value inside, or NULL. */
static json_t *step(place *at)
{
    json_t *inside;

    if (json_is_array(at->value))
        return json_array_get(at->value, at->index++);
    if (at->field == NULL)
        return NULL;
    inside = json_object_iter_value(at->field);
    at->field = json_object_iter_next(at->value, at->field);
    return inside;
}

static void wipe_string(json_t *value)
{
    exch_wipe((char *)(uintptr_t)json_string_value(value), json_string_length(value));
}

/* No deeper than is_flat() lets through. */
static void wipe_strings(json_t *top)
{
    place places[DEPTH + 1] = {{.value = top, .field = json_object_iter(top)}};
    size_t depth = 1;

    while (depth > 0) {
        json_t *inside = step(&places[depth - 1]);

        if (inside == NULL)
            depth--;
        else if (json_is_string(inside))
            wipe_string(inside);
        else if (depth <= DEPTH && (json_is_array(inside) || json_is_object(inside)))
            places[depth++] = (place){.value = inside, .field = json_object_iter(inside)};
    }
}

void exch_free_json(json_t *top)
{
    wipe_strings(top);
    json_decref(top);
}

exch_span exch_string(const json_t *value)
{
    if (!json_is_string(value))
        return (exch_span){"", 0};
    return (exch_span){json_string_value(value), json_string_length(value)};
}

bool exch_number_of(const json_t *value, uint64_t most, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) > most)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}
