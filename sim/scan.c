/* Scanning and initiating: what a receiver on the advertising channels hears, reports and wants.
 * Core Vol 6 Part B 4.3 (filters), 4.4.3 (scanning), 4.4.4 (initiating); Vol 4 Part E 7.7.65.2. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { REPORT_SCAN_RESPONSE = 4, RSSI_DBM = -50, SLOT_US = 625 };
enum { PDU_ADV_IND = 0, PDU_DIRECT_IND = 1, PDU_NONCONN_IND = 2, PDU_SCAN_IND = 6 };
enum { POLICY_FILTER_LIST = 1, POLICY_PRIVATE_TARGETS = 2 };

void sim_scan_window_start(sim_controller *c, sim_scan_window *window, uint16_t interval, uint16_t length)
{
    window->start_us = c->sim->now_us;
    window->interval_us = (uint32_t)interval * SLOT_US;
    window->window_us = (uint32_t)length * SLOT_US;
}

void sim_scan_start(sim_controller *c)
{
    c->scanner.enabled = true;
    c->scanner.seen_count = 0;
    sim_scan_window_start(c, &c->scanner.listens, c->scanner.interval, c->scanner.window);
}

/* One window per interval, each on the next channel. */
static bool window_covers(const sim_scan_window *w, unsigned channel, uint64_t from_us, uint64_t to_us)
{
    uint64_t round = (from_us - w->start_us) / w->interval_us;
    uint64_t opens_us = w->start_us + round * w->interval_us;

    return from_us >= w->start_us && 37 + round % 3 == channel && to_us <= opens_us + w->window_us;
}

bool sim_scan_listens(const sim_controller *c, unsigned channel, uint64_t from_us, uint64_t to_us)
{
    return (c->scanner.enabled && window_covers(&c->scanner.listens, channel, from_us, to_us)) ||
           (c->initiator.enabled && window_covers(&c->initiator.listens, channel, from_us, to_us));
}

/* ---- reports ---- */

static bool was_seen(sim_scanner *s, uint8_t event_type, const sim_address *address)
{
    for (size_t i = 0; i < s->seen_count; i++) {
        const sim_seen *seen = &s->seen[i];

        if (seen->event_type == event_type && kith_address_equal(&seen->address, address))
            return true;
    }
    return false;
}

static void remember(sim_scanner *s, uint8_t event_type, const sim_address *address)
{
    if (s->seen_count == s->seen_capacity) {
        size_t capacity = s->seen_capacity == 0 ? 16 : s->seen_capacity * 2;
        sim_seen *grown = realloc(s->seen, capacity * sizeof *grown);

        if (grown == NULL)
            return;
        s->seen = grown;
        s->seen_capacity = capacity;
    }
    s->seen[s->seen_count].event_type = event_type;
    s->seen[s->seen_count++].address = *address;
}

static bool is_duplicate(sim_scanner *s, uint8_t event_type, const sim_address *address)
{
    if (!s->filter_duplicates)
        return false;
    if (was_seen(s, event_type, address))
        return true;
    remember(s, event_type, address);
    return false;
}

static void report(sim_controller *c, uint8_t event_type, const sim_address *address, const uint8_t *data, size_t len)
{
    uint8_t event[10 + SIM_ADV_DATA_MAX + 1];

    if (is_duplicate(&c->scanner, event_type, address))
        return;
    event[0] = 1;
    event[1] = event_type;
    event[2] = address->type;
    memcpy(event + 3, address->octets, 6);
    event[9] = (uint8_t)len;
    if (len != 0)
        memcpy(event + 10, data, len);
    event[10 + len] = (uint8_t)RSSI_DBM;
    sim_le_event(c, KITH_HCI_LE_EV_ADVERTISING_REPORT, event, 11 + len);
}

/* Directed to a private address that nothing here resolves: the host may know better. */
static void report_directed(sim_controller *c, const sim_address *address, const sim_address *target)
{
    uint8_t event[17] = {1, PDU_DIRECT_IND};

    if (is_duplicate(&c->scanner, PDU_DIRECT_IND, address))
        return;
    event[2] = address->type;
    memcpy(event + 3, address->octets, 6);
    event[9] = 1;
    memcpy(event + 10, target->octets, 6);
    event[16] = (uint8_t)RSSI_DBM;
    sim_le_event(c, KITH_HCI_LE_EV_DIRECTED_ADVERTISING_REPORT, event, sizeof event);
}

static uint8_t event_type_of(uint8_t pdu_type)
{
    switch (pdu_type) {
    case PDU_SCAN_IND:
        return 2;
    case PDU_NONCONN_IND:
        return 3;
    default:
        return pdu_type;
    }
}

/* ---- hearing ---- */

static sim_want scan(sim_controller *c, const sim_advertisement *heard, const sim_address *peer)
{
    sim_scanner *s = &c->scanner;
    uint8_t event_type = event_type_of(heard->pdu_type);

    if ((s->filter_policy & POLICY_FILTER_LIST) != 0 && !sim_filter_list_has(c, peer))
        return SIM_WANTS_NOTHING;
    if (heard->pdu_type == PDU_DIRECT_IND) {
        if (sim_address_is_mine(c, &heard->target, s->own_type))
            report(c, event_type, peer, NULL, 0);
        else if ((s->filter_policy & POLICY_PRIVATE_TARGETS) != 0 && sim_address_is_resolvable(&heard->target))
            report_directed(c, peer, &heard->target);
        return SIM_WANTS_NOTHING;
    }
    report(c, event_type, peer, heard->data, heard->len);
    if (!s->active || heard->pdu_type == PDU_NONCONN_IND)
        return SIM_WANTS_NOTHING;
    return s->filter_duplicates && was_seen(s, REPORT_SCAN_RESPONSE, peer) ? SIM_WANTS_NOTHING : SIM_WANTS_RESPONSE;
}

static bool is_wanted_peer(const sim_controller *c, const sim_address *peer)
{
    const sim_initiator *i = &c->initiator;

    if (i->uses_filter_list)
        return sim_filter_list_has(c, peer);
    return (i->peer.type & 1) == (peer->type & 1) && memcmp(i->peer.octets, peer->octets, 6) == 0;
}

static bool initiates(sim_controller *c, const sim_advertisement *heard, const sim_address *peer)
{
    if (!c->initiator.enabled || !is_wanted_peer(c, peer) || sim_link_to(c, peer) != NULL)
        return false;
    return heard->pdu_type == PDU_ADV_IND ||
           (heard->pdu_type == PDU_DIRECT_IND && sim_address_is_mine(c, &heard->target, c->initiator.own_type));
}

sim_want sim_scan_hear(sim_controller *c, const sim_advertisement *heard)
{
    sim_address peer = sim_resolve(c, &heard->address, NULL);
    sim_want want = SIM_WANTS_NOTHING;

    if (!sim_privacy_allows(c, &heard->address))
        return SIM_WANTS_NOTHING;
    if (c->scanner.enabled)
        want = scan(c, heard, &peer);
    return initiates(c, heard, &peer) ? SIM_WANTS_CONNECTION : want;
}

void sim_scan_response(sim_controller *c, const sim_address *from, const uint8_t *data, size_t len)
{
    sim_address peer = sim_resolve(c, from, NULL);

    if (c->scanner.enabled)
        report(c, REPORT_SCAN_RESPONSE, &peer, data, len);
}
