/* Out of band data as text: "KITH1:", then the AD structures and a check value in base32 (RFC 4648 6) without padding.
 *
 * Base32 and not base45, which is 6 % shorter in a QR code: its digits are all letters and figures, 0, 1, 8 and 9 are
 * not among them, and either case is the same, so that a person can read it aloud or type it.
 *
 * The check value is CRC-16 (polynomial 0x1021, beginning with 0xffff) of the octets before it, most significant octet
 * first.  It finds every burst of up to 16 bits: one wrong character has 5, two that changed places have 10. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "kith/codec/oob.h"

static const char prefix[] = "KITH1:";
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

enum { PREFIX_LEN = sizeof prefix - 1, CHECK_LEN = 2, OCTETS_MAX = KITH_OOB_PAYLOAD_MAX + CHECK_LEN };

_Static_assert(KITH_OOB_TEXT_MAX == PREFIX_LEN + (OCTETS_MAX * 8 + 4) / 5 + 1, "every payload fits");

static uint16_t check_of(const uint8_t *octets, size_t len)
{
    unsigned crc = 0xffff;

    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned)octets[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x11021 : crc << 1;
    }
    return (uint16_t)crc;
}

/* ---- encoding ---- */

/* Returns how many characters. */
static size_t put_base32(const uint8_t *octets, size_t len, char *out)
{
    unsigned bits = 0, waiting = 0; /* the newest octets, and how many of their bits are not written */
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | octets[i];
        for (waiting += 8; waiting >= 5; waiting -= 5)
            out[count++] = digits[bits >> (waiting - 5) & 31];
        bits &= 0xff;
    }
    if (waiting != 0)
        out[count++] = digits[bits << (5 - waiting) & 31];
    return count;
}

size_t kith_oob_encode_text(const kith_oob_record *record, char *out, size_t cap)
{
    uint8_t octets[OCTETS_MAX];
    size_t len = kith_oob_encode(record, octets, KITH_OOB_PAYLOAD_MAX);
    size_t count = PREFIX_LEN + ((len + CHECK_LEN) * 8 + 4) / 5;
    uint16_t check;

    if (len == 0 || count + 1 > cap) {
        wipe(octets, sizeof octets);
        return 0;
    }
    check = check_of(octets, len);
    octets[len] = (uint8_t)(check >> 8);
    octets[len + 1] = (uint8_t)check;
    memcpy(out, prefix, PREFIX_LEN);
    (void)put_base32(octets, len + CHECK_LEN, out + PREFIX_LEN);
    out[count] = '\0';
    wipe(octets, sizeof octets);
    return count;
}

/* ---- decoding ---- */

static int upper(int c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

/* -1: not one of them. */
static int digit_of(int c)
{
    c = upper(c);
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* Does not look behind the closing zero. */
static bool has_prefix(const char *text)
{
    for (size_t i = 0; i < PREFIX_LEN; i++)
        if (upper(text[i]) != prefix[i])
            return false;
    return true;
}

/* What is left when no more digits come must be less than a digit, and zeros: else somebody dropped or changed one. */
static kith_oob_fault take_base32(const char *text, uint8_t octets[OCTETS_MAX], size_t *len)
{
    unsigned bits = 0, waiting = 0;

    for (*len = 0; *text != '\0'; text++) {
        int digit = digit_of(*text);

        if (digit < 0)
            return KITH_OOB_BAD_CHARACTER;
        bits = (bits << 5 | (unsigned)digit) & 0xfff;
        waiting += 5;
        if (waiting < 8)
            continue;
        if (*len == OCTETS_MAX)
            return KITH_OOB_TOO_LONG;
        waiting -= 8;
        octets[(*len)++] = (uint8_t)(bits >> waiting);
    }
    return waiting >= 5 || (bits & ((1u << waiting) - 1)) != 0 ? KITH_OOB_MISTYPED : KITH_OOB_SOUND;
}

static kith_oob_fault take_text(const char *text, uint8_t octets[OCTETS_MAX], size_t *len)
{
    kith_oob_fault fault;

    if (!has_prefix(text))
        return KITH_OOB_NOT_THIS_TEXT;
    fault = take_base32(text + PREFIX_LEN, octets, len);
    if (fault != KITH_OOB_SOUND)
        return fault;
    if (*len < CHECK_LEN)
        return KITH_OOB_TRUNCATED;
    *len -= CHECK_LEN;
    return check_of(octets, *len) == (octets[*len] << 8 | octets[*len + 1]) ? KITH_OOB_SOUND : KITH_OOB_MISTYPED;
}

kith_oob_fault kith_oob_decode_text(const char *text, bool channel_is_secure, kith_oob_record *record)
{
    uint8_t octets[OCTETS_MAX];
    size_t len = 0;
    kith_oob_fault fault = take_text(text, octets, &len);

    if (fault == KITH_OOB_SOUND)
        fault = kith_oob_decode(octets, len, channel_is_secure, record);
    else
        wipe(record, sizeof *record);
    wipe(octets, sizeof octets);
    return fault;
}
