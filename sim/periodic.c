/* Periodic advertising: a train of its own, with an access address of its own, that AUX_ADV_IND tells the way to.  Core
 * Vol 6 Part B 2.3.1.7, 2.3.4.6, 4.4.2.12.
 *
 * Which channel an event is on is drawn: who follows knows it all the same. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"

enum { UNIT_US = 1250, OFFSET_UNIT_US = 30, LONG_OFFSET_UNIT_US = 300, OFFSET_MOST = 0x1fff, LONG_UNITS = 1 << 13 };

static void on_event(void *set);
static void on_chain(void *set);
static void on_sent(void *set);

bool sim_periodic_runs(const sim_advertiser *set)
{
    return set->periodic != NULL && set->periodic->enabled;
}

bool sim_periodic_prepare(sim_advertiser *set)
{
    if (set->periodic == NULL)
        set->periodic = calloc(1, sizeof *set->periodic);
    return set->periodic != NULL;
}

void sim_periodic_free(sim_advertiser *set)
{
    if (set->periodic != NULL)
        sim_timer_stop(&set->controller->sim->queue, &set->periodic->timer);
    free(set->periodic);
    set->periodic = NULL;
}

static void at(sim_advertiser *set, uint64_t due_us, sim_timer_due *run)
{
    sim_timer_start(&set->controller->sim->queue, &set->periodic->timer, due_us, run, set);
}

void sim_periodic_start(sim_advertiser *set)
{
    kith_sim *sim = set->controller->sim;
    sim_periodic *p = set->periodic;

    p->enabled = true;
    p->access_address = sim_draw_access_address(sim);
    p->crc_init = (uint32_t)sim_rng_next(&sim->rng) & 0xffffff;
    p->counter = 0;
    p->event_us = sim->now_us + sim_rng_below(&sim->rng, (uint32_t)p->interval * UNIT_US);
    at(set, p->event_us, on_event);
}

void sim_periodic_stop(sim_advertiser *set)
{
    set->periodic->enabled = false;
    sim_timer_stop(&set->controller->sim->queue, &set->periodic->timer);
}

/* Offset to the next event, interval, all 37 channels with a clock of 251 to 500 ppm, and how to hear it. */
void sim_periodic_put_info(const sim_advertiser *set, uint8_t info[18])
{
    const sim_periodic *p = set->periodic;
    uint64_t now_us = set->controller->sim->now_us;
    uint64_t next_us = p->event_us;
    uint16_t counter = p->counter;
    uint32_t offset;

    while (next_us <= now_us) {
        next_us += (uint64_t)p->interval * UNIT_US;
        counter++;
    }
    offset = (uint32_t)(next_us - now_us) / OFFSET_UNIT_US;
    if (offset > OFFSET_MOST)
        offset = ((uint32_t)(next_us - now_us) / LONG_OFFSET_UNIT_US & OFFSET_MOST) | LONG_UNITS;
    bytes_put16(info, (uint16_t)offset);
    bytes_put16(info + 2, p->interval);
    memset(info + 4, 0xff, 4);
    info[8] = 0x1f;
    bytes_put32(info + 9, p->access_address);
    bytes_put24(info + 13, p->crc_init);
    bytes_put16(info + 16, counter);
}

/* ---- one event ---- */

static bool reaches_syncs(sim_advertiser *set, bool first)
{
    kith_sim *sim = set->controller->sim;
    bool anybody_listens = false;
    bool anybody_hears = false;

    for (size_t i = 0; i < sim->controller_count; i++) {
        sim_controller *other = sim->controllers[i];
        sim_sync *sync = other == NULL ? NULL : sim_sync_on(other, set->periodic->access_address);

        if (sync == NULL)
            continue;
        anybody_listens |= first || sync->follows;
        sync->heard = (first || sync->follows) && sim_air_reaches(set->controller, other);
        anybody_hears |= sync->heard;
        sync->follows |= first;
    }
    return anybody_hears || !anybody_listens;
}

static void transmit(sim_advertiser *set, const sim_extended_pdu *x, bool arrives)
{
    kith_sim *sim = set->controller->sim;
    uint8_t pdu[SIM_ADV_PDU_MAX];
    size_t len = sim_extended_len(x);
    kith_sim_frame frame = {.time_us = sim->now_us,
                            .sender = set->controller->id,
                            .channel = (uint8_t)set->periodic->channel,
                            .access_address = set->periodic->access_address,
                            .pdu = pdu,
                            .len = len,
                            .plain = pdu,
                            .plain_len = len,
                            .lost = !arrives,
                            .phy = set->secondary_phy};

    sim_extended_build(x, pdu);
    at(set, sim->now_us + sim_air_duration_on(set->secondary_phy, len), on_sent);
    sim_air_tell(sim, set->periodic->crc_init, &frame);
}

static void send(sim_advertiser *set, bool first)
{
    sim_periodic *p = set->periodic;
    sim_extended_pdu x = {.pdu_type = SIM_PDU_EXTENDED, .has_tx_power = first && p->sends_tx_power};

    p->channel = p->train.channel;
    sim_train_fill(set->controller->sim, &p->train, set->secondary_phy, &x);
    transmit(set, &x, reaches_syncs(set, first));
}

static void on_event(void *advertiser)
{
    sim_advertiser *set = advertiser;

    sim_train_load(set->controller->sim, &set->periodic->train, &set->periodic->data);
    send(set, true);
}

static void on_chain(void *advertiser)
{
    send(advertiser, false);
}

static void plan_next_event(sim_advertiser *set)
{
    sim_periodic *p = set->periodic;

    do {
        p->event_us += (uint64_t)p->interval * UNIT_US;
        p->counter++;
    } while (p->event_us < set->controller->sim->now_us);
    at(set, p->event_us, on_event);
}

static void on_sent(void *advertiser)
{
    sim_advertiser *set = advertiser;
    sim_periodic *p = set->periodic;
    kith_sim *sim = set->controller->sim;
    sim_advertisement part = {.data = p->train.data.octets + p->train.sent,
                              .len = p->train.sending,
                              .more = p->train.more,
                              .tx_power = p->sends_tx_power ? 0 : SIM_TX_POWER_UNKNOWN,
                              .rssi = sim_rssi(set->controller)};

    for (size_t i = 0; i < sim->controller_count; i++) {
        sim_sync *sync = sim->controllers[i] == NULL ? NULL : sim_sync_on(sim->controllers[i], p->access_address);

        if (sync != NULL && sync->follows)
            sim_sync_received(sync, &part);
    }
    p->train.sent += p->train.sending;
    if (p->train.more)
        at(set, p->train.due_us, on_chain);
    else
        plan_next_event(set);
}
