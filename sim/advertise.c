/* Advertising: events, their primary channels, and who hears.  Core Vol 6 Part B 4.4.2.
 *
 * Where several devices want to answer one PDU, one of them is drawn: collisions and the scanners'
 * backoff would come to that. */
#include <stdlib.h>
#include <string.h>

#include "advertise.h"

enum { DELAY_MAX_US = 10000, HIGH_DUTY_INTERVAL_US = 3750, SLOT_US = 625 };

static void on_event(void *advertiser);
static void on_pdu_sent(void *advertiser);

void sim_adv_later(sim_advertiser *a, uint64_t in_us, sim_timer_due *run)
{
    kith_sim *sim = a->controller->sim;

    sim_timer_start(&sim->queue, &a->timer, sim->now_us + in_us, run, a);
}

uint8_t sim_adv_header(uint8_t pdu_type, const sim_address *tx, const sim_address *rx)
{
    return (uint8_t)(pdu_type | (tx->type & 1) << 6 | (rx == NULL ? 0 : (rx->type & 1) << 7));
}

void sim_adv_tell(const sim_advertiser *a, sim_controller *sender, const uint8_t *pdu, size_t len, bool lost)
{
    kith_sim_frame frame = {.time_us = sender->sim->now_us,
                            .sender = sender->id,
                            .channel = (uint8_t)a->channel,
                            .access_address = SIM_ADVERTISING_ACCESS_ADDRESS,
                            .pdu = pdu,
                            .len = len,
                            .plain = pdu,
                            .plain_len = len,
                            .lost = lost,
                            .phy = a->phy};

    sim_air_tell(sender->sim, SIM_ADVERTISING_CRC_INIT, &frame);
}

/* ---- start and stop ---- */

void sim_advertise_start(sim_advertiser *a, uint64_t lasts_us, uint8_t most_events)
{
    kith_sim *sim = a->controller->sim;

    a->enabled = true;
    a->stop_us = lasts_us == 0 ? UINT64_MAX : sim->now_us + lasts_us;
    a->most_events = most_events;
    a->events_done = 0;
    sim_adv_later(a, sim_rng_below(&sim->rng, DELAY_MAX_US / 10), on_event);
}

void sim_advertise_stop(sim_advertiser *a)
{
    a->enabled = false;
    sim_timer_stop(&a->controller->sim->queue, &a->timer);
}

/* By the legacy commands only high duty cycle directed advertising ends by itself. */
static void time_out(sim_advertiser *a)
{
    uint8_t failed[30] = {KITH_HCI_ADVERTISING_TIMEOUT, 0, 0, SIM_PERIPHERAL};
    sim_controller *c = a->controller;

    sim_advertise_stop(a);
    if (a->is_set)
        sim_set_terminated(a, KITH_HCI_ADVERTISING_TIMEOUT, 0);
    else if (sim_le_event_enabled(c, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE))
        sim_le_event(c, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, failed, 30);
    else
        sim_le_event(c, KITH_HCI_LE_EV_CONNECTION_COMPLETE, failed, 18);
}

static bool reached_its_limit(sim_advertiser *a)
{
    if (a->most_events == 0 || ++a->events_done < a->most_events)
        return false;
    sim_advertise_stop(a);
    sim_set_terminated(a, KITH_HCI_LIMIT_REACHED, 0);
    return true;
}

/* ---- one event ---- */

void sim_adv_end_event(sim_advertiser *a)
{
    kith_sim *sim = a->controller->sim;
    uint64_t next = a->event_us + HIGH_DUTY_INTERVAL_US;

    if (reached_its_limit(a))
        return;
    if (!sim_adv_is(a, SIM_ADV_HIGH_DUTY))
        next = a->event_us + (uint64_t)a->interval_min * SLOT_US + sim_rng_below(&sim->rng, DELAY_MAX_US + 1);
    if (a->is_set && next > a->stop_us)
        next = a->stop_us;
    if (next < sim->now_us)
        next = sim->now_us;
    sim_adv_later(a, next - sim->now_us, on_event);
}

static bool skip_to_mapped_channel(sim_advertiser *a)
{
    while (a->channel <= 39 && (a->channel_map >> (a->channel - 37) & 1) == 0)
        a->channel++;
    return a->channel <= 39;
}

static void send_on_channel(sim_advertiser *a)
{
    uint8_t pdu[SIM_ADV_PDU_MAX];
    size_t len = sim_adv_is(a, SIM_ADV_LEGACY) ? sim_adv_build_legacy(a, pdu) : sim_adv_build_primary(a, pdu);
    uint64_t duration = sim_air_duration_on(a->phy, len);
    bool arrives = sim_adv_reaches_listeners(a, a->controller->sim->now_us + duration);

    sim_adv_later(a, duration, on_pdu_sent);
    sim_adv_tell(a, a->controller, pdu, len, !arrives);
}

static void on_channel(void *advertiser)
{
    sim_advertiser *a = advertiser;

    if (skip_to_mapped_channel(a))
        send_on_channel(a);
    else
        sim_adv_end_event(a);
}

void sim_adv_next_channel(sim_advertiser *a)
{
    a->channel++;
    if (skip_to_mapped_channel(a))
        sim_adv_later(a, SIM_NEXT_CHANNEL_US, on_channel);
    else if (sim_adv_is(a, SIM_ADV_LEGACY))
        sim_adv_end_event(a);
    else
        sim_adv_go_auxiliary(a);
}

static void on_pdu_sent(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_want want = sim_adv_is(a, SIM_ADV_LEGACY) ? sim_adv_ask_legacy(a) : SIM_WANTS_NOTHING;

    if (want == SIM_WANTS_NOTHING)
        sim_adv_next_channel(a);
    else
        sim_adv_answer(a, want);
}

static bool make_room_for_hearers(sim_advertiser *a)
{
    size_t count = a->controller->sim->controller_count;
    sim_hearer *grown;

    if (a->hearer_count < count) {
        grown = realloc(a->hearers, count * sizeof *grown);
        if (grown == NULL)
            return false;
        a->hearers = grown;
        a->hearer_count = count;
    }
    memset(a->hearers, 0, count * sizeof *a->hearers);
    return true;
}

static void on_event(void *advertiser)
{
    sim_advertiser *a = advertiser;

    a->event_us = a->controller->sim->now_us;
    if (a->event_us >= a->stop_us) {
        time_out(a);
        return;
    }
    if (!make_room_for_hearers(a)) {
        sim_adv_end_event(a);
        return;
    }
    a->own = sim_advertiser_address(a);
    a->target = sim_peer_address(a->controller, a->own_type, &a->peer);
    a->phy = a->primary_phy;
    a->channel = 37;
    if (!sim_adv_is(a, SIM_ADV_LEGACY))
        sim_adv_plan_auxiliary(a);
    on_channel(a);
}

/* ---- who hears, and who answers ---- */

sim_controller *sim_adv_hearer(const sim_advertiser *a, size_t i)
{
    sim_controller *other = a->controller->sim->controllers[i];

    return other == a->controller ? NULL : other;
}

/* On extended advertising's primary channels nothing is told yet: who hears will follow. */
bool sim_adv_reaches_listeners(sim_advertiser *a, uint64_t until_us)
{
    sim_tuning tuning = {a->phy, sim_adv_is(a, SIM_ADV_LEGACY) ? 0 : a->secondary_phy, a->channel};
    uint64_t now_us = a->controller->sim->now_us;
    bool anybody_listens = false;
    bool anybody_hears = false;

    for (size_t i = 0; i < a->hearer_count; i++) {
        sim_controller *other = sim_adv_hearer(a, i);
        bool listens = other != NULL && sim_scan_listens(other, &tuning, now_us, until_us);

        a->hearers[i].heard = listens && sim_air_reaches(a->controller, other);
        a->hearers[i].follows |= a->hearers[i].heard;
        anybody_listens |= listens;
        anybody_hears |= a->hearers[i].heard;
    }
    return anybody_hears || !anybody_listens;
}

bool sim_adv_reaches_followers(sim_advertiser *a)
{
    bool anybody_listens = false;
    bool anybody_hears = false;

    for (size_t i = 0; i < a->hearer_count; i++) {
        sim_hearer *h = &a->hearers[i];
        sim_controller *other = sim_adv_hearer(a, i);

        h->heard = h->follows && other != NULL && sim_air_reaches(a->controller, other);
        anybody_listens |= h->follows;
        anybody_hears |= h->heard;
    }
    return anybody_hears || !anybody_listens;
}

/* One of those with the strongest wish, each equally likely. */
static void draw(sim_advertiser *a, unsigned *candidates, kith_sim_device candidate)
{
    (*candidates)++;
    if (*candidates == 1 || sim_rng_below(&a->controller->sim->rng, *candidates) == 0)
        a->responder = candidate;
}

static sim_want tell_hearer(sim_advertiser *a, size_t i, const sim_advertisement *sent)
{
    sim_hearer *h = &a->hearers[i];
    sim_controller *other = h->heard ? sim_adv_hearer(a, i) : NULL;
    sim_want want = other != NULL ? sim_scan_hear(other, sent) : SIM_WANTS_NOTHING;

    h->follows = want == SIM_WANTS_REST;
    h->scan = other != NULL ? other->scanner.number : 0;
    return want;
}

sim_want sim_adv_ask(sim_advertiser *a, const sim_advertisement *sent)
{
    sim_want strongest = SIM_WANTS_NOTHING;
    unsigned candidates = 0;

    a->responder = SIM_NOBODY;
    for (size_t i = 0; i < a->hearer_count; i++) {
        sim_want want = tell_hearer(a, i, sent);

        if (want == SIM_WANTS_NOTHING || want < strongest)
            continue;
        if (want > strongest)
            candidates = 0;
        strongest = want;
        draw(a, &candidates, (kith_sim_device)i);
    }
    return strongest;
}
