/* Background reconnection: what the controller does for it, in turn with what the program wants of it.  What it shall
 * do is looked at anew before each command; nothing waits in a queue.  Core Vol 4 Part E 7.8.10 to 7.8.13, 7.8.16. */
#include <string.h>

#include "host/internal.h"

typedef enum { WISH_NOTHING, WISH_SCAN, WISH_LIST, WISH_TARGET } wish;

/* ---- what it shall do ---- */

static bool is_switching(const host_activity *a)
{
    return a->busy || a->held != HELD_NOT;
}

/* Where the controller cannot connect while it scans, the program's scan goes first. */
static bool must_yield(const kith_host *h)
{
    return h->connecting || (h->scanner.on && h->reconnect->not_both);
}

static bool hears(const kith_host *h)
{
    return reconnect_way(h) == KITH_RECONNECTING_BY_SCAN && !must_yield(h);
}

static bool has_target(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    return hears(h) && !r->attempt_over && reconnect_looks_for(h, reconnect_find(h, r->target));
}

static wish wish_by_list(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;
    bool goes_on = r->doing == RECONNECT_INITIATES && r->does_list;

    return h->lists->is_sought && (goes_on || lists_are_ready(h)) ? WISH_LIST : WISH_NOTHING;
}

static wish wish_by_scan(const kith_host *h)
{
    if (has_target(h))
        return WISH_TARGET;
    return h->scanner.on ? WISH_NOTHING : WISH_SCAN; /* what the program hears is looked at, too */
}

static wish wish_of(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    if (must_yield(h) || is_switching(&h->scanner) || identity_is_busy(h) || pause_holds_reconnect(h, r->by_list))
        return WISH_NOTHING;
    switch (reconnect_way(h)) {
    case KITH_RECONNECTING_BY_LIST:
        return wish_by_list(h);
    case KITH_RECONNECTING_BY_SCAN:
        return wish_by_scan(h);
    default:
        return WISH_NOTHING;
    }
}

static bool goes_on(const kith_host *h, wish wanted)
{
    const host_reconnect *r = h->reconnect;
    bool as_fast = r->does_fast == reconnect_is_fast(h);

    if (r->doing == RECONNECT_SCANS)
        return wanted == WISH_SCAN && as_fast && !r->rescan;
    return wanted == WISH_TARGET ? !r->does_list : wanted == WISH_LIST && r->does_list && as_fast;
}

/* ---- commands ---- */

static uint16_t interval_of(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    return r->does_fast ? r->as.fast_interval_625us : r->as.slow_interval_625us;
}

static uint16_t window_of(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    return r->does_fast ? r->as.fast_window_625us : r->as.slow_window_625us;
}

static kith_scan scan_of(const kith_host *h)
{
    return (kith_scan){.interval_625us = interval_of(h), .window_625us = window_of(h)};
}

static size_t put_scan(kith_host *h, uint8_t *out)
{
    host_reconnect *r = h->reconnect;
    kith_scan scan;

    if (r->doing == RECONNECT_STILL || r->does_fast != reconnect_is_fast(h) || r->scans_as != privacy_own_type(h)) {
        r->does_fast = reconnect_is_fast(h);
        r->scans_as = privacy_own_type(h);
        r->sent = RECONNECT_SENT_PARAMETERS;
        scan = scan_of(h);
        return scan_put_parameters(h, &scan, out);
    }
    scan = scan_of(h);
    r->sent = RECONNECT_SENT_SCAN_ON;
    r->doing = RECONNECT_SCANS;
    r->rescan = false;
    r->rescan_at_us = host_time(h) + HOST_RECONNECT_RESCAN_US;
    return scan_put_enable(h, &scan, true, out);
}

/* Who was just heard is looked for all the time, for as long as the attempt lasts. */
static size_t put_create(kith_host *h, bool by_list, uint8_t *out)
{
    host_reconnect *r = h->reconnect;
    kith_initiating as = {.listed = by_list, .peer = r->target_address, .parameters = r->as.parameters};

    r->does_list = by_list;
    r->does_fast = reconnect_is_fast(h);
    as.scan_interval_625us = by_list ? interval_of(h) : r->as.fast_interval_625us;
    as.scan_window_625us = by_list ? window_of(h) : r->as.fast_window_625us;
    if (!by_list)
        r->attempt_end_us = host_time(h) + HOST_RECONNECT_ATTEMPT_US;
    r->sent = RECONNECT_SENT_CREATE;
    r->doing = RECONNECT_INITIATES;
    h->initiated_as = h->selected;
    return connect_put_create(h, &as, out);
}

static size_t put_end(kith_host *h, uint8_t *out)
{
    host_reconnect *r = h->reconnect;
    const kith_scan scan = {0};

    r->rescan_at_us = UINT64_MAX;
    if (r->doing == RECONNECT_SCANS) {
        r->sent = RECONNECT_SENT_SCAN_OFF;
        return scan_put_enable(h, &scan, false, out);
    }
    r->cancel_sent = true;
    r->sent = RECONNECT_SENT_CANCEL;
    return connect_put_cancel(out);
}

static size_t put_begin(kith_host *h, wish wanted, uint8_t *out)
{
    switch (wanted) {
    case WISH_SCAN:
        return put_scan(h, out);
    case WISH_LIST:
    case WISH_TARGET:
        return put_create(h, wanted == WISH_LIST, out);
    default:
        return 0;
    }
}

size_t reconnect_command(kith_host *h, uint8_t *out)
{
    host_reconnect *r = h->reconnect;
    wish wanted;

    if (r == NULL)
        return 0;
    wanted = wish_of(h);
    if (r->doing == RECONNECT_SET && wanted != WISH_SCAN)
        r->doing = RECONNECT_STILL; /* the parameters may be another's when it goes on */
    if (r->doing <= RECONNECT_SET)
        return put_begin(h, wanted, out);
    return r->cancel_sent || goes_on(h, wanted) ? 0 : put_end(h, out);
}

/* ---- what comes back ---- */

/* An attempt that the controller had to leave for something else is no failure: who is there is heard again. */
static void end_attempt(kith_host *h, bool failed)
{
    host_reconnect *r = h->reconnect;
    host_reconnected *e = reconnect_find(h, r->target);

    r->doing = RECONNECT_STILL;
    r->cancel_sent = r->attempt_over = false;
    r->attempt_end_us = UINT64_MAX;
    r->target = 0;
    if (failed && reconnect_looks_for(h, e))
        reconnect_fail(h, e);
}

void reconnect_end_attempt(kith_host *h)
{
    host_reconnect *r = h->reconnect;

    if (r->doing == RECONNECT_INITIATES && !r->does_list)
        r->attempt_over = true;
    else
        r->target = 0;
}

static void on_create_refused(kith_host *h, kith_hci_status status)
{
    host_reconnect *r = h->reconnect;
    bool has_target = !r->does_list;

    if (h->scanner.on && status == KITH_HCI_COMMAND_DISALLOWED && !r->not_both) {
        r->not_both = true; /* when the program's scan is over */
        end_attempt(h, false);
        return;
    }
    end_attempt(h, has_target);
    if (!has_target)
        reconnect_refuse(h, KITH_ERR_IO, status);
}

/* There is nothing to be cancelled; a link may be on its way to be told. */
static void on_cancel_refused(kith_host *h)
{
    h->reconnect->late = true;
    end_attempt(h, false);
}

static void on_scan_refused(kith_host *h, kith_hci_status status)
{
    h->reconnect->doing = RECONNECT_STILL;
    h->reconnect->rescan_at_us = UINT64_MAX;
    reconnect_refuse(h, KITH_ERR_IO, status);
}

static void take_refusal(kith_host *h, host_reconnect_sent sent, kith_hci_status status)
{
    switch (sent) {
    case RECONNECT_SENT_CREATE:
        on_create_refused(h, status);
        break;
    case RECONNECT_SENT_CANCEL:
        if (h->reconnect->cancel_sent)
            on_cancel_refused(h);
        break;
    case RECONNECT_SENT_SCAN_OFF: /* whoever asks for a pause must not wait for what the controller will not do */
        h->reconnect->doing = RECONNECT_STILL;
        break;
    default:
        on_scan_refused(h, status);
        break;
    }
}

bool reconnect_take_result(kith_host *h, kith_hci_status status)
{
    host_reconnect *r = h->reconnect;
    host_reconnect_sent sent = r != NULL ? r->sent : RECONNECT_SENT_NOTHING;

    if (sent == RECONNECT_SENT_NOTHING)
        return false;
    r->sent = RECONNECT_SENT_NOTHING;
    if (status != KITH_HCI_SUCCESS)
        take_refusal(h, sent, status);
    else if (sent == RECONNECT_SENT_PARAMETERS)
        r->doing = RECONNECT_SET;
    else if (sent == RECONNECT_SENT_SCAN_OFF)
        r->doing = RECONNECT_STILL;
    else if (sent == RECONNECT_SENT_CREATE)
        privacy_note_initiated(h);
    return true;
}

/* Identities that the controller has resolved are found as such, private addresses by the keys of who is looked for. */
static bool is_at(const kith_host *h, kith_peer_id peer, const kith_address *address)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    if (bond == NULL)
        return false;
    if (kith_address_equal(&bond->identity, address))
        return true;
    return kith_address_kind_of(address) == KITH_ADDRESS_KIND_RESOLVABLE &&
           peers_resolves(bond, h->config.crypto, address) && lists_has_usable_key(h, bond);
}

void reconnect_on_report(kith_host *h, const kith_address *address, bool connectable)
{
    host_reconnect *r = h->reconnect;

    if (r == NULL || !connectable || !hears(h) || has_target(h) || r->doing == RECONNECT_INITIATES)
        return;
    for (uint16_t i = 0; i < r->listed_count; i++) {
        if (!is_at(h, r->listed[i], address))
            continue;
        r->target = r->listed[i];
        r->target_address = *address;
        r->attempt_over = false;
        r->attempt_end_us = host_time(h) + HOST_RECONNECT_ATTEMPT_US; /* what was heard is worth no more then */
        return;
    }
}

/* The program wants to connect to the same peer: this is what it wanted. */
static void serve_program(kith_host *h, const kith_address *peer)
{
    const peers_bond *bond = peers_by_address(&h->bonds, h->config.crypto, &h->own, peer);

    if (!h->connecting || h->create_sent)
        return;
    if ((h->initiating.listed && bond != NULL && lists_names(h->lists->allow, h->lists->allow_count, bond->id)) ||
        kith_address_equal(&h->initiating.peer, peer) ||
        (bond != NULL && peers_by_address(&h->bonds, h->config.crypto, &h->own, &h->initiating.peer) == bond))
        connect_made(h);
}

bool reconnect_take_link(kith_host *h, const kith_address *peer)
{
    host_reconnect *r = h->reconnect;

    if (r == NULL || !(r->doing == RECONNECT_INITIATES || (r->late && !h->create_sent)))
        return false;
    r->late = false;
    if (r->doing == RECONNECT_INITIATES)
        end_attempt(h, false);
    serve_program(h, peer);
    return true;
}

bool reconnect_take_end(kith_host *h, kith_hci_status status)
{
    host_reconnect *r = h->reconnect;
    bool cancelled, has_target;

    if (r == NULL || r->doing != RECONNECT_INITIATES)
        return false;
    cancelled = status == KITH_HCI_UNKNOWN_CONNECTION && r->cancel_sent;
    has_target = !r->does_list;
    end_attempt(h, has_target && (!cancelled || r->attempt_over));
    if (!cancelled && !has_target)
        reconnect_refuse(h, KITH_ERR_IO, status);
    return true;
}

/* ---- whose turn it is ---- */

static bool is_still(const kith_host *h)
{
    return h->reconnect == NULL || h->reconnect->doing <= RECONNECT_SET;
}

bool reconnect_is_quiet(const kith_host *h)
{
    const host_reconnect *r = h->reconnect;

    return is_still(h) || !pause_holds_reconnect(h, r->doing == RECONNECT_INITIATES && r->does_list);
}

bool reconnect_lets_connect(const kith_host *h)
{
    return is_still(h);
}

/* What goes on, or ends, needs no leave. */
bool reconnect_lets_scan(const kith_host *h)
{
    const host_activity *a = &h->scanner;

    return is_still(h) || a->stopping || !(a->busy || a->held == HELD);
}
