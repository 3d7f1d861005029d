/* The commands that connect: the legacy one, and the one with parameters for each PHY.
 * Core Vol 4 Part E 7.8.12, 7.8.66. */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

enum { BY_ADDRESS, BY_LIST };

static const kith_address nobody;

static const kith_address *peer_of(const kith_host *h, const kith_initiating *i)
{
    return i->listed ? &nobody : lists_name_of(h, &i->peer);
}

static void put_parameters(const kith_connection_parameters *p, uint8_t *out)
{
    bytes_put16(out, p->interval_min_1250us);
    bytes_put16(out + 2, p->interval_max_1250us);
    bytes_put16(out + 4, p->latency);
    bytes_put16(out + 6, p->timeout_10ms);
    memset(out + 8, 0, 4); /* how long its events are is the controller's to say */
}

static size_t put_legacy(const kith_host *h, const kith_initiating *i, uint8_t *out)
{
    const kith_address *peer = peer_of(h, i);

    command_begin(out, KITH_HCI_LE_CREATE_CONNECTION, 25);
    bytes_put16(out + 4, i->scan_interval_625us);
    bytes_put16(out + 6, i->scan_window_625us);
    out[8] = i->listed ? BY_LIST : BY_ADDRESS;
    out[9] = peer->type;
    memcpy(out + 10, peer->octets, 6);
    out[16] = privacy_own_type(h);
    put_parameters(&i->parameters, out + 17);
    return 4 + 25;
}

static size_t put_extended(const kith_host *h, const kith_initiating *i, uint8_t *out)
{
    const kith_address *peer = peer_of(h, i);
    uint8_t phys = i->phys != 0 ? i->phys : KITH_PHYS_1M;
    size_t at = 14;

    for (unsigned bit = KITH_PHYS_1M; bit <= KITH_PHYS_CODED; bit <<= 1) {
        if ((phys & bit) == 0)
            continue;
        bytes_put16(out + at, i->scan_interval_625us);
        bytes_put16(out + at + 2, i->scan_window_625us);
        put_parameters(&i->parameters, out + at + 4);
        at += 16;
    }
    command_begin(out, KITH_HCI_LE_EXT_CREATE_CONNECTION, at - 4);
    out[4] = i->listed ? BY_LIST : BY_ADDRESS;
    out[5] = privacy_own_type(h);
    out[6] = peer->type;
    memcpy(out + 7, peer->octets, 6);
    out[13] = phys;
    return at;
}

size_t connect_put_create(const kith_host *h, const kith_initiating *as, uint8_t *out)
{
    return command_is_extended(h) ? put_extended(h, as, out) : put_legacy(h, as, out);
}

size_t connect_put_cancel(uint8_t *out)
{
    command_begin(out, KITH_HCI_LE_CREATE_CONNECTION_CANCEL, 0);
    return 4;
}
