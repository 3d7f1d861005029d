/* UUIDs of services, characteristics and descriptors.  Core Vol 3 Part B 2.5.1.
 *
 * Octets are kept as on the wire: least significant first.  A 16-bit UUID uses the first two. */
#ifndef KITH_UUID_H
#define KITH_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "kith/status.h"

typedef struct {
    uint8_t size; /* 2 or 16 */
    uint8_t octets[16];
} kith_uuid;

/* For constant tables.  A 32-bit UUID is kept in its 128-bit form, as attributes have it.  KITH_UUID128 takes the
 * sixteen octets in the order they are printed: KITH_UUID128(0x9b,0x57,0x48,0x47, 0xf7,0x06, 0x43,0x6c, 0xbe,0xd7,
 * 0xfc,0x01,0xeb,0x09,0x65,0xc1) */
#define KITH_UUID16(u)                                                                                                 \
    {                                                                                                                  \
        2,                                                                                                             \
        {                                                                                                              \
            (uint8_t)((u)&0xff), (uint8_t)((u) >> 8)                                                                   \
        }                                                                                                              \
    }
#define KITH_UUID32(u)                                                                                                 \
    {                                                                                                                  \
        16,                                                                                                            \
        {                                                                                                              \
            0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, (uint8_t)((u)&0xff), (uint8_t)((u) >> 8 & 0xff),  \
                (uint8_t)((u) >> 16 & 0xff), (uint8_t)((u) >> 24 & 0xff)                                               \
        }                                                                                                              \
    }
#define KITH_UUID128(p, o, n, m, l, k, j, i, h, g, f, e, d, c, b, a)                                                   \
    {                                                                                                                  \
        16,                                                                                                            \
        {                                                                                                              \
            a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p                                                             \
        }                                                                                                              \
    }

/* The same UUID, whichever way each is written: a 16-bit UUID equals its 128-bit form. */
bool kith_uuid_equal(const kith_uuid *a, const kith_uuid *b);

/* Writes "180f" or "9b574847-f706-436c-bed7-fc01eb0965c1" and a closing zero.  Returns text. */
#define KITH_UUID_TEXT 37
char *kith_uuid_format(const kith_uuid *uuid, char text[KITH_UUID_TEXT]);

/* Reads either form, either case.  KITH_ERR_VALUE: not a UUID; nothing was changed. */
KITH_MUST_USE kith_status kith_uuid_parse(const char *text, kith_uuid *uuid);

#endif
