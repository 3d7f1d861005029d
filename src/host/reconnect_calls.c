/* Background reconnection: what the program asks of it.  Core Vol 3 Part C 9.3.5. */
#include <string.h>

#include "host/internal.h"

enum { LONGEST_RETRY_MS = 24 * 60 * 60 * 1000 };

void kith_reconnect_default(kith_reconnection *r)
{
    memset(r, 0, sizeof *r);
    kith_gap_default_parameters(&r->parameters);
    r->fast_s = 30;
    r->fast_interval_625us = r->fast_window_625us = 96;
    r->slow_interval_625us = 2048;
    r->slow_window_625us = 18;
    r->retry_first_ms = 1000;
    r->retry_longest_ms = 64000;
}

static bool is_scan_valid(uint16_t interval, uint16_t window)
{
    return interval >= 0x0004 && interval <= 0x4000 && window >= 0x0004 && window <= interval;
}

static bool is_valid(const kith_reconnection *r)
{
    return kith_gap_check_parameters(&r->parameters) == KITH_OK &&
           is_scan_valid(r->fast_interval_625us, r->fast_window_625us) &&
           is_scan_valid(r->slow_interval_625us, r->slow_window_625us) && r->retry_first_ms >= 100 &&
           r->retry_first_ms <= r->retry_longest_ms && r->retry_longest_ms <= LONGEST_RETRY_MS;
}

static kith_status check_call(kith_host *h, const kith_reconnection *as)
{
    if (h->reconnect == NULL)
        return KITH_ERR_UNSUPPORTED;
    if (h->startup != STARTUP_READY || h->lost)
        return KITH_ERR_STATE;
    if (!reconnect_is_able(h))
        return KITH_ERR_UNSUPPORTED;
    if (!is_valid(as))
        return KITH_ERR_VALUE;
    return events_have_room(h) ? KITH_OK : KITH_ERR_FULL;
}

static void begin(kith_host *h, const kith_reconnection *as, bool follows)
{
    h->reconnect->as = *as;
    h->reconnect->is_on = true;
    h->reconnect->follows = follows;
    reconnect_hurry(h);
    reconnect_touch(h);
}

/* Who stays keeps what is known of him. */
static void take_peers(kith_host *h, const kith_peer_id *peers, uint16_t count)
{
    host_reconnect *r = h->reconnect;

    r->follows = false;
    reconnect_keep_only(h, peers, count);
    for (uint16_t i = 0; i < count; i++)
        if (reconnect_find(h, peers[i]) == NULL)
            reconnect_add(h, peers[i]);
}

kith_status kith_reconnect_begin(kith_host *h, const kith_peer_id *peers, uint16_t count, const kith_reconnection *as)
{
    kith_status status = check_call(h, as);

    if (status == KITH_OK && count > h->config.limits.reconnects)
        status = KITH_ERR_FULL;
    if (status == KITH_OK)
        status = lists_check_peers(h, peers, count);
    if (status != KITH_OK)
        return status;
    begin(h, as, false);
    take_peers(h, peers, count);
    host_finish(h);
    return KITH_OK;
}

kith_status kith_reconnect_follow(kith_host *h, const kith_reconnection *as)
{
    kith_status status = check_call(h, as);

    if (status != KITH_OK)
        return status;
    begin(h, as, true);
    host_finish(h);
    return KITH_OK;
}

kith_status kith_reconnect_end(kith_host *h)
{
    if (h->reconnect == NULL || !h->reconnect->is_on)
        return KITH_ERR_STATE;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    reconnect_switch_off(h);
    if (h->lists != NULL && h->lists->is_sought)
        lists_rebuild(h);
    host_finish(h);
    return KITH_OK;
}

kith_status kith_reconnect_wake(kith_host *h, kith_peer_id peer)
{
    host_reconnect *r = h->reconnect;

    if (r == NULL || !r->is_on)
        return KITH_ERR_STATE;
    if (peer != 0 && reconnect_find(h, peer) == NULL)
        return KITH_ERR_NOT_FOUND;
    for (uint16_t i = 0; i < r->count; i++)
        if (peer == 0 || r->peers[i].peer == peer)
            reconnect_wake(h, &r->peers[i]);
    reconnect_hurry(h);
    reconnect_touch(h);
    host_finish(h);
    return KITH_OK;
}

static kith_reconnect_state state_of(const kith_host *h, const host_reconnected *e)
{
    if (e->link != 0)
        return KITH_RECONNECT_CONNECTED;
    return reconnect_is_ours(h, e->peer) ? (kith_reconnect_state)e->state : KITH_RECONNECT_OTHER_IDENTITY;
}

kith_status kith_reconnect_get(const kith_host *h, kith_peer_id peer, kith_reconnect_info *out)
{
    const host_reconnected *e = reconnect_find(h, peer);
    uint64_t retry_at_us;

    if (e == NULL)
        return KITH_ERR_NOT_FOUND;
    retry_at_us = e->retry_at_us;
    host_settle(h, &retry_at_us);
    out->peer = peer;
    out->state = state_of(h, e);
    out->failures = e->failures;
    out->retry_at_us = out->state == KITH_RECONNECT_WAITING ? retry_at_us : 0;
    return KITH_OK;
}
