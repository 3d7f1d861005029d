/* ACL fragments put together to L2CAP PDUs.  Core Vol 4 Part E 5.4.2, Vol 3 Part A 7.2.1. */
#include <string.h>

#include "base/bytes.h"
#include "hci/reassembly.h"

enum { HEADER = 4 };

void hci_reassembly_init(hci_reassembly *r, uint8_t *buffer, uint16_t capacity)
{
    r->buffer = buffer;
    r->capacity = capacity;
    r->have = 0;
    r->want = 0;
}

/* The length is known once four octets are here, and a first fragment may hold fewer. */
static bool learn_length(hci_reassembly *r)
{
    size_t whole;

    if (r->have < HEADER)
        return true;
    whole = (size_t)bytes_get16(r->buffer) + HEADER;
    if (whole > r->capacity)
        return false;
    r->want = (uint16_t)whole;
    return r->have <= r->want;
}

bool hci_reassembly_add(hci_reassembly *r, bool first, const uint8_t *fragment, size_t len)
{
    if (first) {
        r->have = 0;
        r->want = HEADER; /* at least */
    } else if (r->want == 0 || (r->have >= HEADER && r->have == r->want)) {
        r->want = 0;
        return false;
    }
    if (len > (size_t)(r->capacity - r->have)) {
        r->want = 0;
        return false;
    }
    memcpy(r->buffer + r->have, fragment, len);
    r->have = (uint16_t)(r->have + len);
    if (!learn_length(r)) {
        r->want = 0;
        return false;
    }
    return r->have >= HEADER && r->have == r->want;
}
