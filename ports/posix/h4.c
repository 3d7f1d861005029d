/* H4 framing: a type octet, a header that tells the length, the rest.  A stream has no other marks, so one octet
 * too many or too few shows at the next type octet, and only a known packet finds the step again.
 * No I/O here.  Core Vol 4 Part A 2 (packets), 4 (recovery). */
#include <string.h>

#include "kith/codec/hci.h"
#include "kith/port/posix.h"

enum { ANY = -1 };

typedef struct {
    uint8_t header; /* octets up to and with the length, type octet included */
    uint8_t length_at, length_size;
    uint16_t length_mask;
    bool from_host, from_controller;
} packet_shape;

static const packet_shape shapes[] = {
    [KITH_H4_COMMAND] = {4, 3, 1, 0x00ff, true, false}, [KITH_H4_ACL] = {5, 3, 2, 0xffff, true, true},
    [KITH_H4_SCO] = {4, 3, 1, 0x00ff, true, true},      [KITH_H4_EVENT] = {3, 2, 1, 0x00ff, false, true},
    [KITH_H4_ISO] = {5, 3, 2, 0x3fff, true, true},
};

/* What ends a search: HCI_Reset, or its Command Complete, whatever the credits and the status. */
static const int16_t reset[] = {KITH_H4_COMMAND, 0x03, 0x0c, 0x00};
static const int16_t reset_complete[] = {KITH_H4_EVENT, 0x0e, 0x04, ANY, 0x03, 0x0c, ANY};

void kith_posix_h4_init(kith_posix_h4 *h4, kith_posix_sender sender)
{
    h4->sender = sender;
    h4->searching = false;
    h4->whole = false;
    h4->len = 0;
}

/* NULL: this sender sends no such type. */
static const packet_shape *find_shape(const kith_posix_h4 *h4, uint8_t type)
{
    const packet_shape *shape = &shapes[type < sizeof shapes / sizeof shapes[0] ? type : 0];

    return (h4->sender == KITH_POSIX_FROM_HOST ? shape->from_host : shape->from_controller) ? shape : NULL;
}

/* How many octets the packet has as far as is known: the header's, then all. */
static size_t octets_known(const kith_posix_h4 *h4, const packet_shape *shape)
{
    size_t rest = h4->packet[shape->length_at];

    if (h4->len < shape->header)
        return shape->header;
    if (shape->length_size == 2)
        rest |= (size_t)h4->packet[shape->length_at + 1] << 8;
    return shape->header + (rest & shape->length_mask);
}

static bool matches(const uint8_t *octets, const int16_t *pattern, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (pattern[i] != ANY && pattern[i] != octets[i])
            return false;
    return true;
}

/* Slides a window of the pattern's length over the stream. */
static size_t search(kith_posix_h4 *h4, const uint8_t *octets, size_t len)
{
    bool from_host = h4->sender == KITH_POSIX_FROM_HOST;
    const int16_t *pattern = from_host ? reset : reset_complete;
    size_t size = (from_host ? sizeof reset : sizeof reset_complete) / sizeof *pattern;

    for (size_t i = 0; i < len; i++) {
        if (h4->len == size)
            memmove(h4->packet, h4->packet + 1, --h4->len);
        h4->packet[h4->len++] = octets[i];
        if (h4->len == size && matches(h4->packet, pattern, size)) {
            h4->searching = false;
            h4->whole = true;
            return i + 1;
        }
    }
    return len;
}

/* Copies what belongs to the packet that has begun. */
static size_t collect(kith_posix_h4 *h4, const uint8_t *octets, size_t len)
{
    const packet_shape *shape = find_shape(h4, h4->packet[0]);
    size_t used = 0, wanted;

    while ((wanted = octets_known(h4, shape)) > h4->len && used < len) {
        size_t n = wanted - h4->len < len - used ? wanted - h4->len : len - used;

        memcpy(h4->packet + h4->len, octets + used, n);
        h4->len += n;
        used += n;
    }
    h4->whole = h4->len == wanted;
    return used;
}

size_t kith_posix_h4_take(kith_posix_h4 *h4, const uint8_t *octets, size_t len, kith_posix_h4_result *result)
{
    size_t used = 0;

    *result = KITH_POSIX_H4_MORE;
    if (len == 0)
        return 0;
    if (h4->whole) {
        h4->whole = false;
        h4->len = 0;
    }
    if (h4->searching) {
        used = search(h4, octets, len);
    } else if (h4->len == 0 && find_shape(h4, octets[0]) == NULL) {
        h4->packet[0] = octets[0];
        h4->searching = true;
        *result = KITH_POSIX_H4_LOST;
        return 1;
    } else {
        if (h4->len == 0)
            h4->packet[h4->len++] = octets[used++];
        used += collect(h4, octets + used, len - used);
    }
    if (h4->whole)
        *result = KITH_POSIX_H4_PACKET;
    return used;
}

bool kith_posix_h4_is_packet(const kith_posix_h4 *h4)
{
    const packet_shape *shape = h4->len == 0 ? NULL : find_shape(h4, h4->packet[0]);

    return shape != NULL && h4->len >= shape->header && h4->len == octets_known(h4, shape);
}
