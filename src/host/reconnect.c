/* Background reconnection: what the program asks of it, what it is told, and when.  The list is in reconnect_peers.c,
 * what the controller does for it in reconnect_turns.c. */
#include <string.h>

#include "host/internal.h"

enum { LONGEST_RETRY_MS = 24 * 60 * 60 * 1000 };

void reconnect_lay_out(host_reconnect *r, uint8_t most, host_reconnected *peers, kith_peer_id *ids)
{
    r->peers = peers;
    r->listed = ids;
    r->keyed = ids + most;
    r->refused_until_us = r->attempt_end_us = r->rescan_at_us = UINT64_MAX;
}

/* ---- how it goes on ---- */

void reconnect_touch(kith_host *h)
{
    if (h->reconnect == NULL)
        return;
    h->reconnect->changed = true;
    h->reconnect->refused = h->reconnect->list_refused = false;
    h->reconnect->refused_until_us = UINT64_MAX;
}

static void note_refusal(host_reconnect *r, kith_status status, kith_hci_status hci_status)
{
    r->changed = true;
    r->status = status;
    r->hci_status = hci_status;
}

void reconnect_refuse(kith_host *h, kith_status status, kith_hci_status hci_status)
{
    host_reconnect *r = h->reconnect;

    if (r == NULL || !r->is_on)
        return;
    note_refusal(r, status, hci_status);
    r->refused = true;
    r->refused_until_us = host_time(h) + (uint64_t)r->as.retry_longest_ms * 1000;
}

void reconnect_on_list_refused(kith_host *h, kith_hci_status hci_status)
{
    note_refusal(h->reconnect, KITH_ERR_IO, hci_status);
    h->reconnect->list_refused = true;
}

static bool is_able(const kith_host *h)
{
    return (command_is_extended(h) || (h->ready.lacks & KITH_LACKS_INITIATING) == 0) &&
           h->config.privacy.mode != KITH_PRIVACY_NON_RESOLVABLE;
}

static bool can_scan(const kith_host *h)
{
    return command_is_extended(h) || (h->ready.lacks & KITH_LACKS_SCANNING) == 0;
}

kith_reconnecting_way reconnect_way(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    if (r == NULL || !r->is_on)
        return KITH_RECONNECTING_OFF;
    if (r->refused || r->listed_count == 0 || !connect_has_room(h, 1) || !is_able(h))
        return KITH_RECONNECTING_IDLE;
    if (r->by_list)
        return KITH_RECONNECTING_BY_LIST;
    return can_scan(h) ? KITH_RECONNECTING_BY_SCAN : KITH_RECONNECTING_IDLE;
}

static bool is_looking(const kith_host *h)
{
    return reconnect_way(h) >= KITH_RECONNECTING_BY_LIST;
}

bool reconnect_is_fast(const kith_host *h)
{
    return h->reconnect->fast_until_us > h->now_us;
}

bool reconnect_is_active(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    return r != NULL && (r->is_active || r->doing > RECONNECT_SET);
}

/* Another list may be had, or not any more, whatever the reason. */
static bool is_list_different(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    return h->lists != NULL && (r->by_list != h->lists->is_sought || (r->by_list && !lists_may_be_sought(h)) ||
                                r->could_list != lists_may_be_sought(h));
}

static bool is_outdated(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    return r->is_on && h->startup == STARTUP_READY && !h->lost &&
           (r->changed || r->seen != h->bonds.changes || r->selected != h->selected || is_list_different(h));
}

static const host_reconnected *first_untold(const host_reconnect *r)
{
    for (uint16_t i = 0; i < r->count; i++)
        if (r->peers[i].untold)
            return &r->peers[i];
    return NULL;
}

static bool tells_fast(const kith_host *h)
{
    return is_looking(h) && reconnect_is_fast(h);
}

static bool has_news(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    if (!r->is_on || h->startup != STARTUP_READY || h->lost)
        return !r->is_on && r->told_way != KITH_RECONNECTING_OFF;
    return r->told_way != reconnect_way(h) || r->told_fast != tells_fast(h) || r->status != KITH_OK ||
           first_untold(r) != NULL;
}

bool reconnect_waits(const kith_host *h)
{
    return h->reconnect != NULL && (is_outdated(h) || has_news(h));
}

static void tell(kith_host *h)
{
    host_reconnect *r = h->reconnect;
    const host_reconnected *given_up = r->is_on ? first_untold(r) : NULL;
    kith_event *event = event_post(h, KITH_EVENT_RECONNECTING, NULL);

    event->reconnecting.way = reconnect_way(h);
    event->reconnecting.fast = tells_fast(h);
    event->reconnecting.status = r->status;
    event->reconnecting.hci_status = r->hci_status;
    if (given_up != NULL) {
        event->reconnecting.peer = given_up->peer;
        reconnect_find(h, given_up->peer)->untold = false;
    }
    r->told_way = (uint8_t)event->reconnecting.way;
    r->told_fast = event->reconnecting.fast;
    r->status = KITH_OK;
    r->hci_status = KITH_HCI_SUCCESS;
}

/* The bond of somebody else gives a refused controller another chance, too. */
static void renew(kith_host *h)
{
    host_reconnect *r = h->reconnect;
    bool by_list = r->by_list, differs = r->seen != h->bonds.changes || r->selected != h->selected;

    if (differs)
        reconnect_touch(h);
    r->seen = h->bonds.changes;
    r->selected = h->selected;
    reconnect_keep_members(h);
    differs |= reconnect_make_lists(h);
    r->changed = false;
    r->could_list = h->lists != NULL && lists_may_be_sought(h);
    r->by_list = r->could_list && !r->list_refused && lists_fit_sought(h);
    if (h->lists != NULL && ((differs && r->by_list) || by_list != r->by_list || r->by_list != h->lists->is_sought))
        lists_rebuild(h);
    r->by_list = r->by_list && h->lists->is_sought;
    if (is_looking(h) && !reconnect_is_active(h))
        privacy_begin(h); /* before it counts as something on air */
    r->is_active = is_looking(h);
}

void reconnect_go_on(kith_host *h)
{
    if (is_outdated(h))
        renew(h);
    else
        tell(h);
}

/* ---- time ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void reconnect_settle(kith_host *h)
{
    host_reconnect *r = h->reconnect;

    if (r == NULL)
        return;
    host_settle(h, &r->fast_until_us);
    host_settle(h, &r->refused_until_us);
    host_settle(h, &r->attempt_end_us);
    host_settle(h, &r->rescan_at_us);
    for (uint16_t i = 0; i < r->count; i++) {
        host_settle(h, &r->peers[i].retry_at_us);
        host_settle(h, &r->peers[i].give_up_at_us);
    }
}

static uint64_t due_of(const host_reconnected *e)
{
    uint64_t due = e->state == KITH_RECONNECT_WAITING ? e->retry_at_us : UINT64_MAX;

    return e->state <= KITH_RECONNECT_WAITING && e->link == 0 ? earlier(due, e->give_up_at_us) : due;
}

uint64_t reconnect_deadline(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;
    uint64_t due;

    if (r == NULL || !r->is_on || h->startup != STARTUP_READY || h->lost)
        return UINT64_MAX;
    due = earlier(r->refused_until_us, earlier(r->attempt_end_us, r->rescan_at_us));
    if (r->told_fast)
        due = earlier(due, r->fast_until_us);
    for (uint16_t i = 0; i < r->count; i++)
        due = earlier(due, due_of(&r->peers[i]));
    return due;
}

static bool is_due(const kith_host *h, uint64_t *at_us)
{
    if (*at_us > h->now_us)
        return false;
    *at_us = UINT64_MAX;
    return true;
}

static void expire_peer(kith_host *h, host_reconnected *e)
{
    if (due_of(e) > h->now_us)
        return;
    if (e->link == 0 && is_due(h, &e->give_up_at_us)) {
        e->state = KITH_RECONNECT_GIVEN_UP;
        e->untold = true;
    } else {
        e->state = KITH_RECONNECT_LOOKING;
    }
    reconnect_touch(h);
}

/* The end of the fast phase is seen by has_news(). */
bool reconnect_expire(kith_host *h)
{
    host_reconnect *r = h->reconnect;

    if (reconnect_deadline(h) > h->now_us)
        return false;
    if (is_due(h, &r->refused_until_us))
        reconnect_touch(h);
    if (is_due(h, &r->attempt_end_us))
        reconnect_end_attempt(h);
    if (is_due(h, &r->rescan_at_us))
        r->rescan = true;
    for (uint16_t i = 0; i < r->count; i++)
        expire_peer(h, &r->peers[i]);
    return true;
}

/* ---- it comes and goes ---- */

void reconnect_on_address(kith_host *h)
{
    if (reconnect_is_active(h))
        pause_ask(h, PAUSE_FOR_ADDRESS, PAUSE_ALL);
}

void reconnect_on_ready(kith_host *h)
{
    if (h->reconnect == NULL || !h->reconnect->is_on)
        return;
    reconnect_hurry(h);
    reconnect_touch(h);
}

/* When it looks again, that is told anew. */
void reconnect_on_lost(kith_host *h)
{
    host_reconnect *r = h->reconnect;

    if (r == NULL)
        return;
    if (r->is_on)
        r->told_way = KITH_RECONNECTING_OFF;
    r->told_fast = r->is_active = r->not_both = r->by_list = false;
    r->doing = RECONNECT_STILL;
    r->sent = RECONNECT_SENT_NOTHING;
    r->cancel_sent = r->late = r->attempt_over = false;
    r->target = 0;
    r->attempt_end_us = r->rescan_at_us = UINT64_MAX;
}

static void switch_off(host_reconnect *r)
{
    memset(r->peers, 0, r->count * sizeof *r->peers);
    r->count = r->listed_count = r->keyed_count = 0;
    r->is_on = r->follows = r->is_active = r->by_list = false;
    r->status = KITH_OK;
    r->hci_status = KITH_HCI_SUCCESS;
    r->target = 0;
    r->refused_until_us = r->attempt_end_us = UINT64_MAX;
}

void reconnect_forget_all(kith_host *h)
{
    if (h->reconnect != NULL)
        switch_off(h->reconnect);
}

/* ---- the program's calls ---- */

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
    if (!is_able(h))
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
    switch_off(h->reconnect);
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
