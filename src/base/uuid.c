/* UUIDs: equality across both sizes, and text.  Core Vol 3 Part B 2.5.1. */
#include "kith/uuid.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

/* 00000000-0000-1000-8000-00805f9b34fb, least significant octet first. */
static const uint8_t base_uuid[16] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0x00, 0x00, 0x80,
                                      0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
enum { SHORT_AT = 12 }; /* where a 16-bit UUID sits in its 128-bit form */

static void widen(const kith_uuid *uuid, uint8_t octets[16])
{
    if (uuid->size == 16) {
        memcpy(octets, uuid->octets, 16);
        return;
    }
    memcpy(octets, base_uuid, 16);
    memcpy(octets + SHORT_AT, uuid->octets, 2);
}

bool kith_uuid_equal(const kith_uuid *a, const kith_uuid *b)
{
    uint8_t wide_a[16];
    uint8_t wide_b[16];

    widen(a, wide_a);
    widen(b, wide_b);
    return memcmp(wide_a, wide_b, 16) == 0;
}

/* The dashes of the long form follow the 4th, 6th, 8th and 10th octet. */
static bool is_before_dash(size_t octets_done)
{
    return octets_done == 4 || octets_done == 6 || octets_done == 8 || octets_done == 10;
}

char *kith_uuid_format(const kith_uuid *uuid, char text[KITH_UUID_TEXT])
{
    size_t size = uuid->size == 16 ? 16 : 2;
    char *at = text;

    for (size_t i = 0; i < size; i++) {
        if (is_before_dash(i))
            *at++ = '-';
        text_put_octet(at, uuid->octets[size - 1 - i], "0123456789abcdef");
        at += 2;
    }
    *at = '\0';
    return text;
}

/* Reads size octets and the end of the text; stops at the first character that does not belong. */
static bool parse_octets(const char *text, size_t size, uint8_t octets[16])
{
    const char *at = text;

    for (size_t i = 0; i < size; i++) {
        if (is_before_dash(i) && *at++ != '-')
            return false;
        if (!text_get_octet(at, &octets[size - 1 - i]))
            return false;
        at += 2;
    }
    return *at == '\0';
}

kith_status kith_uuid_parse(const char *text, kith_uuid *uuid)
{
    kith_uuid read = {0, {0}};

    if (parse_octets(text, 2, read.octets))
        read.size = 2;
    else if (parse_octets(text, 16, read.octets))
        read.size = 16;
    else
        return KITH_ERR_VALUE;
    *uuid = read;
    return KITH_OK;
}
