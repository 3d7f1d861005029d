/* What becomes of what a scanner hears: told, or looked at for a search; put together first where a controller hands on
 * one advertisement in parts.
 *
 * Whole reports may come between the parts of another one; parts of two do not come mixed, or nobody could tell the
 * last part of one from a short report.  Should they all the same, the first is told as far as it came, and its rest is
 * dropped.  Core Vol 4 Part E 7.7.65.13. */
#include <string.h>

#include "host/internal.h"

enum { DATA_COMPLETE, DATA_MORE }; /* and what it could not get more of */

/* What is heard of a search that has its end already is not. */
bool scan_listens(const kith_host *h)
{
    return h->scanner.on && !(h->scanning.searches && h->scanner.stopping);
}

static size_t data_most(const kith_host *h)
{
    size_t most = sizeof h->scanning.report.data;

    return h->scanning.parts != NULL && h->config.limits.report_data > most ? h->config.limits.report_data : most;
}

/* ---- a whole report ---- */

static kith_peer_id claim_of(const kith_host *h, const kith_address *address)
{
    const peers_bond *bond = peers_by_address(&h->bonds, h->config.crypto, &h->own, address);

    return bond != NULL ? bond->id : 0;
}

static void tell_report(kith_host *h, const kith_event_report *report)
{
    bool is_long = report->len > sizeof report->data;
    bool has_room = !is_long || events_have_room_for(h, report->len + host_payload_octets(&h->config.limits));
    kith_event *event = has_room ? event_post_droppable(h, KITH_EVENT_REPORT, NULL) : NULL;

    if (event == NULL) {
        h->events.dropped += !has_room;
        return;
    }
    event->report = *report;
    event->report.claimed = claim_of(h, &report->address);
    if (is_long)
        event->report.long_data = event_attach(h, event, report->long_data, report->len);
}

/* What was found lies in the memory for parts until it is told. */
static void keep_found(kith_host *h, const kith_event_report *report)
{
    host_scanning *s = &h->scanning;

    s->report = *report;
    if (report->len <= sizeof report->data)
        return;
    if (report->long_data != s->parts)
        memmove(s->parts, report->long_data, report->len);
    s->report.long_data = s->parts;
}

static void search(kith_host *h, kith_event_report *report)
{
    if (find_asks_who(h))
        report->claimed = claim_of(h, &report->address);
    if (!find_takes(h, report))
        return;
    report->claimed = claim_of(h, &report->address);
    scan_forget_heard(h);
    keep_found(h, report);
    scan_stop_for(h, SCAN_ENDS_FOUND);
}

static void give_data(kith_event_report *report, const uint8_t *data, size_t len, size_t most)
{
    report->is_cut |= len > most;
    report->len = (uint16_t)(len < most ? len : most);
    if (report->len > sizeof report->data)
        report->long_data = data;
    else if (report->len != 0)
        memcpy(report->data, data, report->len);
}

void scan_hear(kith_host *h, kith_event_report *report, const uint8_t *data, size_t len)
{
    if (!scan_listens(h))
        return;
    give_data(report, data, len, data_most(h));
    if (h->scanning.searches)
        search(h, report);
    else
        tell_report(h, report);
}

/* ---- parts ---- */

static bool is_same(const host_advertiser *a, const host_advertiser *b)
{
    return kith_address_equal(&a->address, &b->address) && a->address_type == b->address_type && a->sid == b->sid &&
           a->primary_phy == b->primary_phy && a->secondary_phy == b->secondary_phy &&
           a->scan_response == b->scan_response;
}

void scan_forget_heard(kith_host *h)
{
    host_scanning *s = &h->scanning;

    s->is_open = s->is_adrift = false;
    memset(&s->report, 0, sizeof s->report);
    memset(s->lately, 0, sizeof s->lately);
}

static uint8_t *room_for_parts(host_scanning *s)
{
    return s->parts != NULL ? s->parts : s->report.data;
}

static void tell_parts(kith_host *h, bool is_cut)
{
    host_scanning *s = &h->scanning;
    kith_event_report report = s->report;
    uint8_t octets[sizeof report.data] = {0};
    size_t len = report.len;

    s->is_open = false;
    report.is_cut |= is_cut;
    if (s->parts == NULL)
        memcpy(octets, report.data, len);
    scan_hear(h, &report, s->parts != NULL ? s->parts : octets, len);
}

/* The one that is under way is given up for another one, but for what it said. */
static void overtake(kith_host *h)
{
    host_scanning *s = &h->scanning;

    s->adrift = s->advertiser;
    s->is_adrift = true;
    tell_parts(h, true);
}

static void open_parts(kith_host *h, const host_advertiser *advertiser, const kith_event_report *report)
{
    host_scanning *s = &h->scanning;

    s->advertiser = *advertiser;
    s->report = *report;
    s->report.len = 0;
    s->is_open = true;
}

static void add_part(kith_host *h, const kith_event_report *report, const uint8_t *data, size_t len)
{
    host_scanning *s = &h->scanning;
    size_t room = data_most(h) - s->report.len;

    s->report.is_cut |= len > room || report->is_cut;
    s->report.rssi = report->rssi;
    if (len > room)
        len = room;
    if (len != 0)
        memcpy(room_for_parts(s) + s->report.len, data, len);
    s->report.len = (uint16_t)(s->report.len + len);
}

/* The rest of what was given up is dropped. */
static bool is_drift(kith_host *h, const host_advertiser *advertiser, uint8_t status)
{
    host_scanning *s = &h->scanning;

    if (!s->is_adrift || !is_same(&s->adrift, advertiser))
        return false;
    s->is_adrift = status == DATA_MORE;
    h->events.dropped++;
    return true;
}

void scan_hear_part(kith_host *h, const host_advertiser *advertiser, kith_event_report *report, const uint8_t *data,
                    size_t len, uint8_t status)
{
    host_scanning *s = &h->scanning;
    bool goes_on = s->is_open && is_same(&s->advertiser, advertiser);

    if (!scan_listens(h))
        return;
    report->is_cut = status != DATA_COMPLETE && status != DATA_MORE;
    if (!goes_on && is_drift(h, advertiser, status))
        return;
    if (!goes_on && status != DATA_MORE) {
        scan_hear(h, report, data, len);
        return;
    }
    if (!goes_on && s->is_open)
        overtake(h);
    if (!scan_listens(h))
        return; /* that was it */
    if (!goes_on)
        open_parts(h, advertiser, report);
    add_part(h, report, data, len);
    if (status != DATA_MORE)
        tell_parts(h, false);
}
