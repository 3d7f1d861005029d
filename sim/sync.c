/* Following periodic advertising: found while scanning, established with the first packet, lost after a timeout.  Core
 * Vol 6 Part B 4.4.5; Vol 4 Part E 7.7.65.14 to 7.7.65.16, 7.8.67. */
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"

enum { UNIT_US = 1250, TIMEOUT_UNIT_US = 10000, TRIES_TO_ESTABLISH = 6, CLOCK_500_PPM = 0, FRAGMENT_MAX = 247 };
enum { STATUS_COMPLETE, STATUS_MORE, STATUS_TRUNCATED, NO_TONE = 0xff };

static void tell_established(const sim_sync *sync, uint8_t status)
{
    uint8_t event[15] = {status};

    bytes_put16(event + 1, sync->handle);
    event[3] = sync->sid;
    event[4] = sync->advertiser.type;
    memcpy(event + 5, sync->advertiser.octets, 6);
    event[11] = sync->phy;
    bytes_put16(event + 12, sync->interval);
    event[14] = CLOCK_500_PPM;
    sim_le_event(sync->controller, KITH_HCI_LE_EV_PERIODIC_SYNC_ESTABLISHED, event, sizeof event);
}

static void release(sim_sync *sync)
{
    sim_timer_stop(&sync->controller->sim->queue, &sync->lost);
    sync->state = SIM_SYNC_FREE;
}

static void on_lost(void *owner)
{
    sim_sync *sync = owner;
    bool established = sync->state == SIM_SYNC_ESTABLISHED;
    uint8_t event[2];

    release(sync);
    bytes_put16(event, sync->handle);
    if (established)
        sim_le_event(sync->controller, KITH_HCI_LE_EV_PERIODIC_SYNC_LOST, event, sizeof event);
    else
        tell_established(sync, KITH_HCI_FAILED_TO_ESTABLISH);
}

static void expect(sim_sync *sync, uint64_t within_us)
{
    kith_sim *sim = sync->controller->sim;

    sim_timer_start(&sim->queue, &sync->lost, sim->now_us + within_us, on_lost, sync);
}

/* ---- finding a train ---- */

static bool is_wanted(const sim_controller *c, const sim_advertisement *heard, const sim_address *peer)
{
    const sim_sync_wish *wish = &c->sync_wish;

    return wish->pending && heard->periodic_interval != 0 && wish->sid == heard->sid &&
           (wish->advertiser.type & 1) == (peer->type & 1) && memcmp(wish->advertiser.octets, peer->octets, 6) == 0;
}

static sim_sync *free_sync(sim_controller *c)
{
    for (size_t i = 0; i < SIM_SYNCS; i++) {
        if (c->syncs[i].state == SIM_SYNC_FREE) {
            c->syncs[i] = (sim_sync){.controller = c, .handle = (uint16_t)(i + 1)};
            return &c->syncs[i];
        }
    }
    return NULL;
}

void sim_sync_hear(sim_controller *c, const sim_advertisement *heard, const sim_address *peer)
{
    sim_sync *sync = is_wanted(c, heard, peer) ? free_sync(c) : NULL;

    if (sync == NULL)
        return;
    c->sync_wish.pending = false;
    sync->state = SIM_SYNC_WAITS;
    sync->sid = heard->sid;
    sync->advertiser = *peer;
    sync->phy = heard->secondary_phy;
    sync->interval = heard->periodic_interval;
    sync->access_address = heard->sync_access_address;
    sync->timeout = c->sync_wish.timeout;
    sync->silent = c->sync_wish.silent;
    expect(sync, (uint64_t)TRIES_TO_ESTABLISH * sync->interval * UNIT_US);
}

sim_sync *sim_sync_on(sim_controller *c, uint32_t access_address)
{
    for (size_t i = 0; i < SIM_SYNCS; i++) {
        if (c->syncs[i].state != SIM_SYNC_FREE && c->syncs[i].access_address == access_address)
            return &c->syncs[i];
    }
    return NULL;
}

/* ---- on it ---- */

static void send_part(const sim_sync *sync, const sim_advertisement *part, const uint8_t *data, size_t len,
                      uint8_t status)
{
    uint8_t event[7 + FRAGMENT_MAX];

    bytes_put16(event, sync->handle);
    event[2] = (uint8_t)part->tx_power;
    event[3] = (uint8_t)part->rssi;
    event[4] = NO_TONE;
    event[5] = status;
    event[6] = (uint8_t)len;
    if (len != 0)
        memcpy(event + 7, data, len);
    sim_le_event(sync->controller, KITH_HCI_LE_EV_PERIODIC_REPORT, event, 7 + len);
}

static void report(const sim_sync *sync, const sim_advertisement *part)
{
    uint8_t last = part->more ? STATUS_MORE : STATUS_COMPLETE;

    if (part->len <= FRAGMENT_MAX) {
        send_part(sync, part, part->data, part->len, last);
        return;
    }
    send_part(sync, part, part->data, FRAGMENT_MAX, STATUS_MORE);
    send_part(sync, part, part->data + FRAGMENT_MAX, part->len - FRAGMENT_MAX, last);
}

/* The rest of a train is of no use without what came before: nothing is told of it if its first PDU was lost. */
void sim_sync_received(sim_sync *sync, const sim_advertisement *part)
{
    if (!sync->heard) {
        if (sync->begun && !sync->silent)
            send_part(sync, part, NULL, 0, STATUS_TRUNCATED);
        sync->begun = false;
        sync->follows = false;
        return;
    }
    if (sync->state == SIM_SYNC_WAITS) {
        sync->state = SIM_SYNC_ESTABLISHED;
        tell_established(sync, KITH_HCI_SUCCESS);
    }
    expect(sync, (uint64_t)sync->timeout * TIMEOUT_UNIT_US);
    if (!sync->silent)
        report(sync, part);
    sync->begun = part->more;
    sync->follows = part->more;
}

/* ---- the host's end ---- */

void sim_sync_cancel(sim_controller *c)
{
    sim_sync none = {.controller = c};

    c->sync_wish.pending = false;
    tell_established(&none, KITH_HCI_CANCELLED_BY_HOST);
}

bool sim_sync_end(sim_controller *c, uint16_t handle)
{
    for (size_t i = 0; i < SIM_SYNCS; i++) {
        if (c->syncs[i].state == SIM_SYNC_ESTABLISHED && c->syncs[i].handle == handle) {
            release(&c->syncs[i]);
            return true;
        }
    }
    return false;
}

void sim_syncs_clear(sim_controller *c)
{
    c->sync_wish.pending = false;
    for (size_t i = 0; i < SIM_SYNCS; i++) {
        if (c->syncs[i].state != SIM_SYNC_FREE)
            release(&c->syncs[i]);
    }
}
