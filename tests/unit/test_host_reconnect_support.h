/* Background reconnection on the controller with lists: advertisers that are heard, links that come, prove who they
 * are, and end. */
#ifndef TEST_HOST_RECONNECT_SUPPORT_H
#define TEST_HOST_RECONNECT_SUPPORT_H

#include "crypto/toolbox.h"
#include "test_host_lists_support.h"

enum { FAST_WINDOW = 96, SLOW_WINDOW = 18, MS = 1000, SECOND = 1000000, NOBODY = 9 };

/* Every key of a bond is one octet, sixteen times. */
static inline void rig_private(rig *r, uint8_t key, uint8_t nth, kith_address *address)
{
    uint8_t irk[16], prand[3] = {nth, 2, 0x43};

    memset(irk, key, sizeof irk);
    address->type = KITH_ADDRESS_RANDOM;
    memcpy(address->octets + 3, prand, 3);
    assert_int_equal(crypto_ah(&r->d.port, irk, prand, address->octets), KITH_OK);
}

static inline void rig_heard_as(rig *r, uint8_t type, const kith_address *address)
{
    uint8_t p[] = {KITH_HCI_LE_EV_ADVERTISING_REPORT, 1, type, address->type, 0, 0, 0, 0, 0, 0, 0, (uint8_t)-40};

    memcpy(p + 4, address->octets, 6);
    rig_event(r, KITH_HCI_EV_LE_META, p, sizeof p);
}

static inline void rig_heard(rig *r, const kith_address *address)
{
    rig_heard_as(r, 0, address);
}

static inline void rig_later(rig *r, uint64_t us)
{
    r->d.now_us += us;
    rig_run(r);
}

static inline void rig_ends(rig *r, unsigned number, uint8_t reason)
{
    uint8_t p[4] = {0, 0, 0, reason};

    bytes_put16(p + 1, (uint16_t)(DESK_HANDLE + number));
    rig_event(r, KITH_HCI_EV_DISCONNECTION_COMPLETE, p, sizeof p);
}

static inline host_link *rig_link(const rig *r, unsigned number)
{
    return link_by_handle(r->d.h, (uint16_t)(DESK_HANDLE + number));
}

static inline void rig_links(rig *r, unsigned number, bool central, const kith_address *peer)
{
    rig_connection_on(r, (uint16_t)(DESK_HANDLE + number), KITH_HCI_SUCCESS, central, peer);
}

/* By the key of the bond that is claimed. */
static inline void rig_prove(rig *r, unsigned number)
{
    host_link *link = rig_link(r, number);

    link->proven = link->claimed;
    use_on_proven(r->d.h, link);
}

static inline kith_reconnect_info rig_info(const rig *r, kith_peer_id peer)
{
    kith_reconnect_info info = {.peer = 0};

    assert_int_equal(kith_reconnect_get(r->d.h, peer, &info), KITH_OK);
    assert_int_equal(info.peer, peer);
    return info;
}

static inline void rig_reconnect(rig *r, const kith_peer_id *peers, uint16_t count)
{
    kith_reconnection as;

    kith_reconnect_default(&as);
    assert_int_equal(kith_reconnect_begin(r->d.h, peers, count, &as), KITH_OK);
    rig_run(r);
}

static inline kith_event_reconnecting rig_way(const rig *r)
{
    return r->last[KITH_EVENT_RECONNECTING].reconnecting;
}

static inline void rig_expect_way(const rig *r, kith_reconnecting_way way, bool fast)
{
    assert_int_equal(rig_way(r).way, way);
    assert_int_equal(rig_way(r).fast, fast);
}

#endif
