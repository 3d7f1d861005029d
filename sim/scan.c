/* Scanning and initiating: what a receiver on the advertising channels hears and wants.
 * Core Vol 6 Part B 4.3 (filters), 4.4.3 (scanning), 4.4.4 (initiating); Vol 4 Part E 7.8.65 (duration and period).
 *
 * Auxiliary PDUs are followed whenever they come, in a window or not, by who has their PHY. */
#include <string.h>

#include "advertise.h"

enum { SLOT_US = 625 };
enum { POLICY_FILTER_LIST = 1, POLICY_PRIVATE_TARGETS = 2 };

static void on_period(void *controller);

unsigned sim_primary_index(uint8_t phy)
{
    return phy == SIM_PHY_CODED ? 1 : 0;
}

/* ---- when ---- */

void sim_scan_window_start(sim_controller *c, sim_scan_window *window, uint16_t interval, uint16_t length)
{
    window->start_us = c->sim->now_us;
    window->interval_us = (uint32_t)interval * SLOT_US;
    window->window_us = (uint32_t)length * SLOT_US;
}

static void later(sim_controller *c, uint64_t in_us, sim_timer_due *run)
{
    sim_timer_start(&c->sim->queue, &c->scanner.timer, c->sim->now_us + in_us, run, c);
}

static void on_duration_over(void *controller)
{
    sim_controller *c = controller;
    sim_scanner *s = &c->scanner;

    if (s->period_us != 0) {
        s->resting = true;
        later(c, s->period_us - s->duration_us, on_period);
        return;
    }
    sim_scan_stop(c);
    sim_le_event(c, KITH_HCI_LE_EV_SCAN_TIMEOUT, NULL, 0);
}

static void open_windows(sim_controller *c)
{
    sim_scanner *s = &c->scanner;

    for (size_t i = 0; i < SIM_PRIMARY_PHYS; i++)
        sim_scan_window_start(c, &s->phys[i].listens, s->phys[i].interval, s->phys[i].window);
    s->resting = false;
    s->number++;
    if (s->duration_us != 0)
        later(c, s->duration_us, on_duration_over);
}

static void on_period(void *controller)
{
    sim_controller *c = controller;

    if (c->scanner.forgets)
        c->scanner.seen_count = 0;
    open_windows(c);
}

void sim_scan_start(sim_controller *c)
{
    sim_timer_stop(&c->sim->queue, &c->scanner.timer);
    c->scanner.enabled = true;
    c->scanner.seen_count = 0;
    open_windows(c);
}

void sim_scan_stop(sim_controller *c)
{
    sim_timer_stop(&c->sim->queue, &c->scanner.timer);
    c->scanner.enabled = false;
}

static bool scans(const sim_controller *c)
{
    return c->scanner.enabled && !c->scanner.resting;
}

/* One window per interval, each on the next channel. */
static bool window_covers(const sim_scan_window *w, unsigned channel, uint64_t from_us, uint64_t to_us)
{
    uint64_t round = (from_us - w->start_us) / w->interval_us;
    uint64_t opens_us = w->start_us + round * w->interval_us;

    return from_us >= w->start_us && 37 + round % 3 == channel && to_us <= opens_us + w->window_us;
}

static bool scanner_hears(const sim_controller *c, uint8_t primary_phy, bool extended)
{
    return scans(c) && c->scanner.phys[sim_primary_index(primary_phy)].used && (c->scanner.extended || !extended);
}

static bool initiator_hears(const sim_controller *c, uint8_t primary_phy, bool extended)
{
    const sim_initiator *i = &c->initiator;

    return i->enabled && (i->phys >> (primary_phy - 1) & 1) != 0 && (i->extended || !extended);
}

bool sim_scan_listens(const sim_controller *c, const sim_tuning *t, uint64_t from_us, uint64_t to_us)
{
    unsigned index = sim_primary_index(t->phy);
    bool extended = t->secondary_phy != 0;

    if (extended && !sim_has_phy(c, t->secondary_phy))
        return false;
    return (scanner_hears(c, t->phy, extended) &&
            window_covers(&c->scanner.phys[index].listens, t->channel, from_us, to_us)) ||
           (initiator_hears(c, t->phy, extended) &&
            window_covers(&c->initiator.listens[index], t->channel, from_us, to_us));
}

/* ---- hearing ---- */

static bool passes_list(const sim_controller *c, const sim_address *peer)
{
    if ((c->scanner.filter_policy & POLICY_FILTER_LIST) == 0)
        return true;
    return peer->type == SIM_ANONYMOUS ? c->settings.anonymous_listed : sim_filter_list_has(c, peer);
}

static bool passes_target(sim_controller *c, const sim_advertisement *heard)
{
    const sim_scanner *s = &c->scanner;

    return (heard->event_type & SIM_ADV_DIRECTED) == 0 || sim_address_is_mine(c, &heard->target, s->own_type) ||
           ((s->filter_policy & POLICY_PRIVATE_TARGETS) != 0 && sim_address_is_resolvable(&heard->target));
}

static bool asks_for_response(const sim_controller *c, const sim_advertisement *heard, const sim_address *peer)
{
    const sim_scanner *s = &c->scanner;
    sim_advertisement response = *heard;

    if (!s->phys[sim_primary_index(heard->primary_phy)].active || (heard->event_type & SIM_ADV_SCANNABLE) == 0)
        return false;
    response.event_type |= SIM_REPORT_RESPONSE;
    return !s->filter_duplicates || !sim_scan_was_seen(s, &response, peer);
}

static sim_want scan(sim_controller *c, const sim_advertisement *heard, const sim_address *peer)
{
    bool told;

    if (!passes_list(c, peer) || !passes_target(c, heard))
        return SIM_WANTS_NOTHING;
    told = sim_scan_report(c, heard, peer);
    if (heard->more)
        return told ? SIM_WANTS_REST : SIM_WANTS_NOTHING;
    return asks_for_response(c, heard, peer) ? SIM_WANTS_RESPONSE : SIM_WANTS_NOTHING;
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
    if (!initiator_hears(c, heard->primary_phy, heard->secondary_phy != 0) ||
        (heard->event_type & SIM_ADV_CONNECTABLE) == 0 || !is_wanted_peer(c, peer) || sim_link_to(c, peer) != NULL)
        return false;
    return (heard->event_type & SIM_ADV_DIRECTED) == 0 || sim_address_is_mine(c, &heard->target, c->initiator.own_type);
}

sim_want sim_scan_hear(sim_controller *c, const sim_advertisement *heard)
{
    sim_address peer = sim_resolve(c, &heard->address, NULL);
    sim_want want = SIM_WANTS_NOTHING;

    if (!sim_privacy_allows(c, &heard->address))
        return SIM_WANTS_NOTHING;
    if (scanner_hears(c, heard->primary_phy, heard->secondary_phy != 0)) {
        sim_sync_hear(c, heard, &peer);
        want = scan(c, heard, &peer);
    }
    return initiates(c, heard, &peer) ? SIM_WANTS_CONNECTION : want;
}

bool sim_scan_response(sim_controller *c, const sim_advertisement *heard)
{
    sim_address peer = sim_resolve(c, &heard->address, NULL);

    return scans(c) && sim_scan_report(c, heard, &peer);
}

void sim_scan_rest(sim_controller *c, const sim_advertisement *heard)
{
    sim_address peer = sim_resolve(c, &heard->address, NULL);

    if (scans(c))
        sim_scan_report_rest(c, heard, &peer, false);
}

void sim_scan_cut(sim_controller *c, const sim_advertisement *heard)
{
    sim_address peer = sim_resolve(c, &heard->address, NULL);

    if (scans(c))
        sim_scan_report_rest(c, heard, &peer, true);
}
