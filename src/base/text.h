/* Hexadecimal digits as people write them; no locale, no library. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* digits: the sixteen to use, upper or lower case.  Writes two characters, no closing zero. */
static inline void text_put_octet(char *out, uint8_t octet, const char digits[16])
{
    out[0] = digits[octet >> 4];
    out[1] = digits[octet & 0x0f];
}

/* -1: not a digit. */
static inline int text_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Reads two digits.  Does not look at the second character when the first is no digit, so a string that
 * ends early is safe. */
static inline bool text_get_octet(const char *in, uint8_t *octet)
{
    int high = text_digit(in[0]);
    int low = high < 0 ? -1 : text_digit(in[1]);

    if (low < 0)
        return false;
    *octet = (uint8_t)(high << 4 | low);
    return true;
}

#endif
