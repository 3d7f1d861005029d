/* Advertising reports, in the old form and in the extended one, and the filter of duplicates.  Core Vol 4 Part E
 * 7.7.65.2, 7.7.65.11, 7.7.65.13; Vol 6 Part B 4.4.3.5. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"

/* Event_Type of LE Advertising Report. */
enum { REPORT_ADV_IND, REPORT_DIRECT_IND, REPORT_SCAN_IND, REPORT_NONCONN_IND, REPORT_SCAN_RSP };

enum { STATUS_COMPLETE = 0x00, STATUS_MORE = 0x20, STATUS_TRUNCATED = 0x40 };
enum { EXTENDED_HEADER = 25, FRAGMENT_MAX = 229, UNRESOLVED_TARGET = 0xfe };

/* ---- duplicates ---- */

static uint8_t old_type_of(uint16_t event_type)
{
    if ((event_type & SIM_REPORT_RESPONSE) != 0)
        return REPORT_SCAN_RSP;
    switch (event_type) {
    case SIM_ADV_DIRECT_LOW:
        return REPORT_DIRECT_IND;
    case SIM_ADV_SCAN_IND:
        return REPORT_SCAN_IND;
    case SIM_ADV_NONCONN_IND:
        return REPORT_NONCONN_IND;
    default:
        return REPORT_ADV_IND;
    }
}

static sim_seen seen_as(const sim_scanner *s, const sim_advertisement *heard, const sim_address *peer)
{
    return (sim_seen){.event_type = s->extended ? heard->event_type : old_type_of(heard->event_type),
                      .adi = heard->adi,
                      .address = *peer};
}

static bool was_seen(const sim_scanner *s, const sim_seen *one)
{
    for (size_t i = 0; i < s->seen_count; i++) {
        const sim_seen *seen = &s->seen[i];

        if (seen->event_type == one->event_type && seen->adi == one->adi &&
            kith_address_equal(&seen->address, &one->address))
            return true;
    }
    return false;
}

bool sim_scan_was_seen(const sim_scanner *s, const sim_advertisement *heard, const sim_address *peer)
{
    sim_seen one = seen_as(s, heard, peer);

    return was_seen(s, &one);
}

static void remember(sim_scanner *s, const sim_seen *one)
{
    if (s->seen_count == s->seen_capacity) {
        size_t capacity = s->seen_capacity == 0 ? 16 : s->seen_capacity * 2;
        sim_seen *grown = realloc(s->seen, capacity * sizeof *grown);

        if (grown == NULL)
            return;
        s->seen = grown;
        s->seen_capacity = capacity;
    }
    s->seen[s->seen_count++] = *one;
}

static bool is_duplicate(sim_scanner *s, const sim_advertisement *heard, const sim_address *peer)
{
    sim_seen one = seen_as(s, heard, peer);

    if (!s->filter_duplicates)
        return false;
    if (was_seen(s, &one))
        return true;
    remember(s, &one);
    return false;
}

/* ---- the old form ---- */

static void report(sim_controller *c, const sim_advertisement *heard, const sim_address *peer)
{
    uint8_t event[10 + SIM_ADV_DATA_MAX + 1];

    event[0] = 1;
    event[1] = old_type_of(heard->event_type);
    event[2] = peer->type;
    memcpy(event + 3, peer->octets, 6);
    event[9] = (uint8_t)heard->len;
    if (heard->len != 0)
        memcpy(event + 10, heard->data, heard->len);
    event[10 + heard->len] = (uint8_t)heard->rssi;
    sim_le_event(c, KITH_HCI_LE_EV_ADVERTISING_REPORT, event, 11 + heard->len);
}

/* Directed to a private address that nothing here resolves: the host may know better. */
static void report_directed(sim_controller *c, const sim_advertisement *heard, const sim_address *peer)
{
    uint8_t event[17] = {1, REPORT_DIRECT_IND};

    event[2] = peer->type;
    memcpy(event + 3, peer->octets, 6);
    event[9] = 1;
    memcpy(event + 10, heard->target.octets, 6);
    event[16] = (uint8_t)heard->rssi;
    sim_le_event(c, KITH_HCI_LE_EV_DIRECTED_ADVERTISING_REPORT, event, sizeof event);
}

/* ---- the extended form ---- */

/* Our own address as it was named: an identity if that took a key of ours. */
static void put_target(sim_controller *c, const sim_advertisement *heard, uint8_t at[7])
{
    uint8_t own_type = c->scanner.own_type;

    at[0] = heard->target.type;
    memcpy(at + 1, heard->target.octets, 6);
    if (!sim_address_is_resolvable(&heard->target) || memcmp(at + 1, c->settings.random_address, 6) == 0)
        return;
    if (!sim_address_is_mine(c, &heard->target, own_type)) {
        at[0] = UNRESOLVED_TARGET;
        return;
    }
    at[0] = own_type;
    memcpy(at + 1, (own_type & 1) != 0 ? c->settings.random_address : c->public_address, 6);
}

static void put_header(sim_controller *c, const sim_advertisement *heard, const sim_address *peer, uint8_t *event)
{
    memset(event, 0, EXTENDED_HEADER);
    event[0] = 1;
    event[3] = peer->type;
    memcpy(event + 4, peer->octets, 6);
    event[10] = heard->primary_phy;
    event[11] = heard->secondary_phy;
    event[12] = heard->sid;
    event[13] = (uint8_t)heard->tx_power;
    event[14] = (uint8_t)heard->rssi;
    bytes_put16(event + 15, heard->periodic_interval);
    if ((heard->event_type & SIM_ADV_DIRECTED) != 0)
        put_target(c, heard, event + 17);
}

static void send_fragments(sim_controller *c, const sim_advertisement *heard, const sim_address *peer, uint16_t last)
{
    uint8_t event[EXTENDED_HEADER + FRAGMENT_MAX];
    size_t done = 0;
    size_t part;

    put_header(c, heard, peer, event);
    do {
        part = heard->len - done > FRAGMENT_MAX ? FRAGMENT_MAX : heard->len - done;
        bytes_put16(event + 1, (uint16_t)(heard->event_type | (done + part < heard->len ? STATUS_MORE : last)));
        event[24] = (uint8_t)part;
        if (part != 0)
            memcpy(event + EXTENDED_HEADER, heard->data + done, part);
        sim_le_event(c, KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT, event, EXTENDED_HEADER + part);
        done += part;
    } while (done < heard->len);
}

bool sim_scan_report(sim_controller *c, const sim_advertisement *heard, const sim_address *peer)
{
    bool directed = (heard->event_type & SIM_ADV_DIRECTED) != 0;

    if (is_duplicate(&c->scanner, heard, peer))
        return false;
    if (c->scanner.extended)
        send_fragments(c, heard, peer, heard->more ? STATUS_MORE : STATUS_COMPLETE);
    else if (directed && !sim_address_is_mine(c, &heard->target, c->scanner.own_type))
        report_directed(c, heard, peer);
    else
        report(c, heard, peer);
    return true;
}

void sim_scan_report_rest(sim_controller *c, const sim_advertisement *heard, const sim_address *peer, bool cut)
{
    sim_advertisement rest = *heard;

    if (cut)
        rest.len = 0;
    send_fragments(c, &rest, peer, cut ? STATUS_TRUNCATED : heard->more ? STATUS_MORE : STATUS_COMPLETE);
}
