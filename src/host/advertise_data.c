/* What advertising says: its octets, from wherever they lie, and the parts that are drawn anew with each address.
 * Core Vol 3 Part C 11. */
#include <string.h>

#include "host/internal.h"
#include "kith/ad.h"

enum { FLAGS = 0x06 /* general discoverable, BR/EDR not supported */ };

void kith_gap_default_advertising(kith_advertising *a, const char *name)
{
    size_t len = name != NULL ? strlen(name) : 0;
    size_t room = sizeof a->data - 5;

    memset(a, 0, sizeof *a);
    a->interval_625us = 160;
    a->connectable = true;
    a->data[0] = 2;
    a->data[1] = KITH_AD_FLAGS;
    a->data[2] = FLAGS;
    a->data_len = 3;
    if (len == 0)
        return;
    a->data[4] = len > room ? KITH_AD_SHORTENED_NAME : KITH_AD_COMPLETE_NAME;
    if (len > room)
        len = room;
    a->data[3] = (uint8_t)(len + 1);
    memcpy(a->data + 5, name, len);
    a->data_len = (uint8_t)(5 + len);
}

const uint8_t *advertise_octets(const kith_advertising *a, uint8_t which, uint16_t *len)
{
    const bool response = which == SET_RESPONSE;
    const uint8_t *longer = response ? a->long_response : a->long_data;

    if (longer != NULL) {
        *len = response ? a->long_response_len : a->long_data_len;
        return longer;
    }
    *len = response ? a->response_len : a->data_len;
    return response ? a->response : a->data;
}

const kith_random_part *advertise_random_part(const kith_advertising *a, uint8_t which)
{
    return which == SET_RESPONSE ? &a->random_response : &a->random_data;
}

kith_status advertise_fill(kith_host *h, const host_set *set, uint8_t which, uint16_t at, uint16_t len, uint8_t *out)
{
    const kith_random_part *part = advertise_random_part(&set->as, which);
    uint32_t first = part->at > at ? part->at : at, part_end = (uint32_t)part->at + part->len;
    uint32_t end = part_end < (uint32_t)at + len ? part_end : (uint32_t)at + len;
    uint16_t all;
    const uint8_t *octets = advertise_octets(&set->as, which, &all);

    if (len > 0)
        memcpy(out, octets + at, len);
    return first < end ? crypto_random(h->config.crypto, &h->random, out + (first - at), end - first) : KITH_OK;
}
