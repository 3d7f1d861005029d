/* Strict: no blanks inside, padding complete, unused bits zero.  So every value has one text. */
#include "base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool read_digit(char c, uint32_t *group)
{
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    if (at == NULL)
        return false;
    *group = *group << 6 | (uint32_t)(at - digits);
    return true;
}

/* Four digits, of which the last `pads` are "=": 3 - pads octets. */
static bool read_group(const char *at, size_t pads, uint8_t out[3])
{
    uint32_t group = 0;

    for (size_t i = 0; i < 4 - pads; i++)
        if (!read_digit(at[i], &group))
            return false;
    group <<= 6 * pads;
    out[0] = (uint8_t)(group >> 16);
    out[1] = (uint8_t)(group >> 8);
    out[2] = (uint8_t)group;
    return exch_is_zero(out + 3 - pads, pads);
}

bool exch_from_base64(exch_span text, uint8_t *out, size_t cap, size_t *len)
{
    size_t pads = 0;

    if (text.len > 0 && text.at[text.len - 1] == '\n')
        text.len--;
    if (text.len % 4 != 0)
        return false;
    while (pads < 2 && pads < text.len && text.at[text.len - 1 - pads] == '=')
        pads++;
    *len = text.len / 4 * 3 - pads;
    if (*len > cap)
        return false;
    for (size_t i = 0; i < text.len / 4; i++) {
        size_t group_pads = i + 1 == text.len / 4 ? pads : 0;
        uint8_t group[3];

        if (!read_group(text.at + 4 * i, group_pads, group))
            return false;
        memcpy(out + 3 * i, group, 3 - group_pads);
    }
    return true;
}

void exch_put_base64(exch_writer *w, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t here = len - i < 3 ? len - i : 3;
        uint32_t group = (uint32_t)octets[i] << 16 | (here > 1 ? (uint32_t)octets[i + 1] << 8 : 0) |
                         (here > 2 ? (uint32_t)octets[i + 2] : 0);
        char text[4] = {digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63], digits[group & 63]};

        memset(text + 1 + here, '=', 3 - here);
        exch_put_octets(w, text, sizeof text);
    }
    exch_put(w, "\\n");
}
