/* Background reconnection: how it goes on, what the program is told of it, and when.  Its calls are in
 * reconnect_calls.c, the list in reconnect_peers.c, what the controller does for it in reconnect_turns.c. */
#include <string.h>

#include "host/internal.h"

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

bool reconnect_is_able(const kith_host *h)
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
    if (r->refused || r->listed_count == 0 || !connect_has_room(h, 1) || !reconnect_is_able(h))
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

void reconnect_switch_off(kith_host *h)
{
    host_reconnect *r = h->reconnect;

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
        reconnect_switch_off(h);
}
