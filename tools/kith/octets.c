/* Text, digits and files become octets. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "octets.h"

enum { TEXT_MAX = 4 * OCTETS_MAX }; /* digits, and a blank for each */

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* Pairs stand together; blanks, colons and line ends may stand between them. */
static octets_result take_hex(octets_value *v, const char *text, size_t len)
{
    v->len = 0;
    for (size_t i = 0; i < len; i++) {
        int high, low;

        if (isspace((unsigned char)text[i]) || text[i] == ':')
            continue;
        high = digit(text[i]);
        low = i + 1 < len ? digit(text[++i]) : -1;
        if (high < 0 || low < 0)
            return OCTETS_NOT_HEX;
        if (v->len == OCTETS_MAX)
            return OCTETS_TOO_MANY;
        v->octets[v->len++] = (uint8_t)(16 * high + low);
    }
    return OCTETS_GOOD;
}

static octets_result take(octets_value *v, const char *text, size_t len, bool is_hex)
{
    if (is_hex)
        return take_hex(v, text, len);
    if (len > OCTETS_MAX)
        return OCTETS_TOO_MANY;
    memcpy(v->octets, text, len);
    v->len = len;
    return OCTETS_GOOD;
}

octets_result octets_of_text(octets_value *v, const char *text, bool is_hex)
{
    return take(v, text, strlen(text), is_hex);
}

octets_result octets_of_file(octets_value *v, const char *path, bool is_hex)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    char text[TEXT_MAX + 1];
    size_t len;
    bool failed;

    if (file == NULL)
        return OCTETS_UNREADABLE;
    len = fread(text, 1, sizeof text, file);
    failed = ferror(file);
    if (!is_stdin)
        (void)fclose(file);
    if (failed)
        return OCTETS_UNREADABLE;
    return len > TEXT_MAX ? OCTETS_TOO_MANY : take(v, text, len, is_hex);
}
