/* Searches: is an advertiser the one that is sought?  What it says in several packets counts together.
 * Core Vol 3 Part C 9.2, 11. */
#include <string.h>

#include "host/internal.h"
#include "kith/ad.h"

/* What of a wish is met. */
enum {
    MET_NAME = 0x01,
    MET_SERVICE = 0x02,
    MET_STRENGTH = 0x04,
    MET_CONNECTABLE = 0x08,
    MET_ADDRESS = 0x10,
    MET_PEER = 0x20,
    MET_IN_PARTS = MET_NAME | MET_SERVICE | MET_STRENGTH | MET_CONNECTABLE
};

enum { RSSI_UNKNOWN = 127 };

bool kith_gap_find_name(const uint8_t *data, size_t len, char text[32])
{
    size_t at = 0;
    kith_ad ad;

    while (kith_ad_next(data, len, &at, &ad)) {
        size_t name_len = ad.len < 31 ? ad.len : 31;

        if (ad.type != KITH_AD_SHORTENED_NAME && ad.type != KITH_AD_COMPLETE_NAME)
            continue;
        memcpy(text, ad.value, name_len);
        text[name_len] = '\0';
        return true;
    }
    return false;
}

const uint8_t *kith_report_data(const kith_event_report *report)
{
    return report->len > sizeof report->data ? report->long_data : report->data;
}

/* ---- one report ---- */

static bool is_named(const char *name, const uint8_t *data, size_t len)
{
    size_t name_len = strlen(name);
    kith_ad ad;

    if (kith_ad_find(data, len, KITH_AD_COMPLETE_NAME, &ad) && ad.len == name_len &&
        memcmp(ad.value, name, name_len) == 0)
        return true;
    return kith_ad_find(data, len, KITH_AD_SHORTENED_NAME, &ad) && ad.len != 0 && ad.len <= name_len &&
           memcmp(ad.value, name, ad.len) == 0;
}

static uint8_t wanted_of(const kith_sought *s)
{
    return (uint8_t)((s->name != NULL ? MET_NAME : 0) | (s->service != NULL ? MET_SERVICE : 0) |
                     (s->rssi_least != 0 ? MET_STRENGTH : 0) | (s->connectable ? MET_CONNECTABLE : 0) |
                     (s->address != NULL ? MET_ADDRESS : 0) | (s->peer != 0 ? MET_PEER : 0));
}

static uint8_t met_by(const kith_sought *s, const kith_event_report *r)
{
    const uint8_t *data = kith_report_data(r);
    uint8_t met = 0;

    if (s->name != NULL && is_named(s->name, data, r->len))
        met |= MET_NAME;
    if (s->service != NULL && kith_ad_has_service(data, r->len, s->service))
        met |= MET_SERVICE;
    if (r->rssi != RSSI_UNKNOWN && r->rssi >= s->rssi_least)
        met |= MET_STRENGTH;
    if (r->connectable)
        met |= MET_CONNECTABLE;
    if (s->address != NULL && kith_address_equal(s->address, &r->address))
        met |= MET_ADDRESS;
    if (s->peer != 0 && s->peer == r->claimed)
        met |= MET_PEER;
    return met & wanted_of(s);
}

bool kith_gap_is_sought(const kith_sought *sought, const kith_event_report *report)
{
    return met_by(sought, report) == wanted_of(sought);
}

/* ---- a search ---- */

static bool is_identity_of(const kith_host *h, const kith_address *address, kith_peer_id claimed)
{
    const peers_bond *bond = claimed != 0 ? peers_by_id(&h->bonds, claimed) : NULL;

    return bond != NULL && kith_address_equal(&bond->identity, address);
}

static uint8_t met_here(const kith_host *h, const kith_event_report *report)
{
    const kith_sought *s = &h->scanning.sought;
    uint8_t met = met_by(s, report);

    if (s->address != NULL && is_identity_of(h, s->address, report->claimed))
        met |= MET_ADDRESS;
    return met;
}

static bool is_anonymous(const kith_address *address)
{
    static const uint8_t none[6];

    return memcmp(address->octets, none, sizeof none) == 0;
}

/* The place of this advertiser among those heard lately; else the last one, whose turn it is to be forgotten. */
static unsigned place_of(const host_scanning *s, const kith_address *address)
{
    unsigned i = 0;

    while (i < HOST_LATELY - 1 && !(s->lately[i].met != 0 && kith_address_equal(&s->lately[i].address, address)))
        i++;
    return i;
}

/* What it has said by now, this included; who was heard last comes first. */
static uint8_t remember(host_scanning *s, const kith_address *address, uint8_t met)
{
    unsigned i = place_of(s, address);
    host_lately at = s->lately[i];

    if (at.met == 0 || !kith_address_equal(&at.address, address))
        at = (host_lately){.address = *address};
    at.met |= met;
    if (at.met == 0)
        return 0;
    memmove(&s->lately[1], &s->lately[0], i * sizeof s->lately[0]);
    s->lately[0] = at;
    return at.met;
}

bool find_takes(kith_host *h, const kith_event_report *report)
{
    host_scanning *s = &h->scanning;
    uint8_t met = met_here(h, report);
    uint8_t parts = met & MET_IN_PARTS;

    if (!is_anonymous(&report->address))
        parts = remember(s, &report->address, parts);
    return (met | parts) == wanted_of(&s->sought);
}

bool find_asks_who(const kith_host *h)
{
    return h->scanning.sought.peer != 0 || h->scanning.sought.address != NULL;
}

void find_tell(kith_host *h, kith_hci_status hci_status, kith_status status)
{
    host_scanning *s = &h->scanning;
    kith_event *event = event_post(h, KITH_EVENT_FOUND, NULL);
    kith_event_found *f = &event->found;

    s->searches = false;
    if (s->end == SCAN_ENDS_FOUND) {
        f->result = KITH_FOUND;
        f->report = s->report;
        if (f->report.len > sizeof f->report.data)
            f->report.long_data = event_attach(h, event, s->report.long_data, s->report.len);
        return;
    }
    f->result = s->end == SCAN_ENDS_TIME    ? KITH_FOUND_NOT_IN_TIME
                : s->end == SCAN_ENDS_ASKED ? KITH_FOUND_STOPPED
                                            : KITH_FOUND_FAILED;
    f->hci_status = hci_status;
    f->status = status;
}

kith_status kith_gap_find(kith_host *h, const kith_scan *scan, const kith_sought *sought, uint32_t limit_ms)
{
    kith_status status;
    kith_scan as;

    kith_gap_default_scan(&as);
    if (scan != NULL)
        as = *scan;
    as.limit_ms = limit_ms;
    as.report_duplicates = true; /* what it says next may be what was missing, or nearer */
    status = kith_gap_start_scan(h, &as);
    if (status != KITH_OK)
        return status;
    h->scanning.searches = true;
    h->scanning.sought = *sought;
    return KITH_OK;
}
