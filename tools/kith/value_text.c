/* Values for people and programs.  What a peer sends must not move the cursor of a terminal. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "value_text.h"

static bool is_printable(const uint8_t *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (value[i] < ' ' || value[i] > '~')
            return false;
    return len > 0;
}

static size_t cut(size_t len)
{
    return len < VALUE_MAX ? len : VALUE_MAX;
}

static char *format_hex(const uint8_t *value, size_t len, char hex[2 * VALUE_MAX + 1])
{
    hex[0] = '\0';
    for (size_t i = 0; i < len; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", value[i]);
    return hex;
}

char *value_describe(const uint8_t *value, size_t len, char text[VALUE_TEXT])
{
    char hex[2 * VALUE_MAX + 1];

    len = cut(len);
    if (len == 0)
        (void)snprintf(text, VALUE_TEXT, "empty");
    else if (is_printable(value, len))
        (void)snprintf(text, VALUE_TEXT, "\"%.*s\", in hex %s", (int)len, (const char *)value,
                       format_hex(value, len, hex));
    else
        (void)snprintf(text, VALUE_TEXT, "in hex %s", format_hex(value, len, hex));
    return text;
}

void value_add(json_t *o, const uint8_t *value, size_t len)
{
    char hex[2 * VALUE_MAX + 1];

    len = cut(len);
    (void)json_object_set_new(o, "value", json_string(format_hex(value, len, hex)));
    if (is_printable(value, len))
        (void)json_object_set_new(o, "text", json_stringn((const char *)value, len));
}
