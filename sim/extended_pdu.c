/* The common extended advertising payload: a header of fields that are there or not, and data.  Vol 6 Part B 2.3.4. */
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"

enum {
    FIELD_ADVERTISER = 0x01,
    FIELD_TARGET = 0x02,
    FIELD_ADI = 0x08,
    FIELD_AUX = 0x10,
    FIELD_SYNC = 0x20,
    FIELD_TX_POWER = 0x40
};
enum { SYNC_INFO_LEN = 18, PAYLOAD_MAX = 255, OFFSET_UNIT_US = 30, TX_POWER_DBM = 0 };

static uint8_t fields_of(const sim_extended_pdu *x)
{
    unsigned fields = 0;

    fields |= x->advertiser != NULL ? FIELD_ADVERTISER : 0;
    fields |= x->target != NULL ? FIELD_TARGET : 0;
    fields |= x->has_adi ? FIELD_ADI : 0;
    fields |= x->has_aux ? FIELD_AUX : 0;
    fields |= x->sync_info != NULL ? FIELD_SYNC : 0;
    fields |= x->has_tx_power ? FIELD_TX_POWER : 0;
    return (uint8_t)fields;
}

/* With the octet that says which fields there are; without the one that says how long it is. */
static size_t header_len(const sim_extended_pdu *x)
{
    size_t len = 0;

    len += x->advertiser != NULL ? 6 : 0;
    len += x->target != NULL ? 6 : 0;
    len += x->has_adi ? 2 : 0;
    len += x->has_aux ? 3 : 0;
    len += x->sync_info != NULL ? SYNC_INFO_LEN : 0;
    len += x->has_tx_power ? 1 : 0;
    return len == 0 ? 0 : len + 1;
}

size_t sim_extended_capacity(const sim_extended_pdu *x)
{
    return PAYLOAD_MAX - 1 - header_len(x);
}

size_t sim_extended_len(const sim_extended_pdu *x)
{
    return 2 + 1 + header_len(x) + x->len;
}

static uint8_t *put_address(uint8_t *at, const sim_address *address)
{
    if (address == NULL)
        return at;
    memcpy(at, address->octets, 6);
    return at + 6;
}

/* Channel, clock accuracy (0: 51 to 500 ppm), offset in units of 30 us, PHY. */
static uint8_t *put_aux(uint8_t *at, const sim_extended_pdu *x)
{
    uint32_t offset = x->aux_offset_us / OFFSET_UNIT_US;

    if (!x->has_aux)
        return at;
    bytes_put24(at, (uint32_t)x->aux_channel | (offset & 0x1fff) << 8 | (uint32_t)(x->aux_phy - 1) << 21);
    return at + 3;
}

void sim_extended_build(const sim_extended_pdu *x, uint8_t *pdu)
{
    uint8_t *at = pdu + 3;

    pdu[0] = (uint8_t)(x->pdu_type | (x->advertiser != NULL ? (x->advertiser->type & 1) << 6 : 0) |
                       (x->target != NULL ? (x->target->type & 1) << 7 : 0));
    pdu[1] = (uint8_t)(sim_extended_len(x) - 2);
    pdu[2] = (uint8_t)(header_len(x) | (size_t)x->mode << 6);
    if (header_len(x) != 0)
        *at++ = fields_of(x);
    at = put_address(at, x->advertiser);
    at = put_address(at, x->target);
    if (x->has_adi) {
        bytes_put16(at, x->adi);
        at += 2;
    }
    at = put_aux(at, x);
    if (x->sync_info != NULL) {
        memcpy(at, x->sync_info, SYNC_INFO_LEN);
        at += SYNC_INFO_LEN;
    }
    if (x->has_tx_power)
        *at++ = TX_POWER_DBM;
    if (x->len != 0)
        memcpy(at, x->data, x->len);
}
