/* Spans, lines and digits. */
#include <string.h>

#include "inside.h"

void exch_wipe(void *p, size_t len)
{
    volatile uint8_t *octets = p;

    while (len-- > 0)
        octets[len] = 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

exch_span exch_trim(exch_span span)
{
    while (span.len > 0 && is_blank(span.at[0])) {
        span.at++;
        span.len--;
    }
    while (span.len > 0 && is_blank(span.at[span.len - 1]))
        span.len--;
    return span;
}

static int small(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool exch_is(exch_span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}

bool exch_begins(exch_span span, const char *text)
{
    size_t i = 0;

    while (text[i] != '\0' && i < span.len && small(span.at[i]) == small(text[i]))
        i++;
    return text[i] == '\0';
}

bool exch_is_of_case(exch_span span, const char *text)
{
    return span.len == strlen(text) && exch_begins(span, text);
}

static int value_of_digit(char digit)
{
    int c = small(digit);

    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool exch_hex(exch_span span, uint8_t *out, size_t octets)
{
    if (span.len != 2 * octets)
        return false;
    for (size_t i = 0; i < octets; i++) {
        int high = value_of_digit(span.at[2 * i]), low = value_of_digit(span.at[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool exch_decimal(exch_span span, uint64_t most, uint64_t *out)
{
    uint64_t number = 0;

    for (size_t i = 0; i < span.len; i++) {
        unsigned digit = (unsigned)(span.at[i] - '0');

        if (span.at[i] < '0' || span.at[i] > '9' || digit > most || number > (most - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *out = number;
    return span.len > 0;
}

bool exch_address(exch_span span, kith_address *out)
{
    char digits[12];
    uint8_t octets[6];

    if (span.len == 17) {
        for (size_t i = 0; i < 6; i++) {
            if (i < 5 && span.at[3 * i + 2] != ':')
                return false;
            memcpy(digits + 2 * i, span.at + 3 * i, 2);
        }
        span = (exch_span){digits, sizeof digits};
    }
    if (!exch_hex(span, octets, sizeof octets))
        return false;
    exch_reverse(octets, sizeof octets);
    memcpy(out->octets, octets, sizeof octets);
    return true;
}

void exch_reverse(uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t octet = octets[i];

        octets[i] = octets[len - 1 - i];
        octets[len - 1 - i] = octet;
    }
}

bool exch_is_zero(const uint8_t *octets, size_t len)
{
    uint8_t any = 0;

    for (size_t i = 0; i < len; i++)
        any |= octets[i];
    return any == 0;
}

uint64_t exch_number(const uint8_t *octets, size_t len)
{
    uint64_t number = 0;

    while (len-- > 0)
        number = number << 8 | octets[len];
    return number;
}

void exch_put_number(uint8_t *octets, size_t len, uint64_t number)
{
    for (size_t i = 0; i < len; i++)
        octets[i] = (uint8_t)(number >> 8 * i);
}

bool exch_next_line(exch_lines *lines, exch_span *line)
{
    const char *end;

    if (lines->rest.len == 0)
        return false;
    end = memchr(lines->rest.at, '\n', lines->rest.len);
    lines->cut = end == NULL;
    *line = (exch_span){lines->rest.at, end != NULL ? (size_t)(end - lines->rest.at) : lines->rest.len};
    lines->rest.at += line->len + (end != NULL ? 1 : 0);
    lines->rest.len -= line->len + (end != NULL ? 1 : 0);
    lines->number++;
    *line = exch_trim(*line);
    return true;
}

exch_line_kind exch_split(exch_span line, exch_span *name, exch_span *value)
{
    const char *equals;

    if (line.len == 0 || line.at[0] == '#' || line.at[0] == ';')
        return EXCH_BLANK;
    if (line.at[0] == '[' && line.at[line.len - 1] == ']') {
        *name = (exch_span){line.at + 1, line.len - 2};
        return EXCH_GROUP;
    }
    equals = memchr(line.at, '=', line.len);
    if (equals == NULL || line.at[0] == '[')
        return EXCH_OTHER;
    *name = exch_trim((exch_span){line.at, (size_t)(equals - line.at)});
    *value = exch_trim((exch_span){equals + 1, line.len - (size_t)(equals + 1 - line.at)});
    return EXCH_FIELD;
}
