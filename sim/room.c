/* The room: its clock, its controllers, its listeners. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { CONTROLLER_TIMERS = 3 + SIM_SYNCS, RSSI_DEFAULT_DBM = -50, RSSI_LEAST_DBM = -127, RSSI_MOST_DBM = 20 };

kith_status kith_sim_new(const kith_sim_config *config, kith_sim **out)
{
    kith_sim *sim;

    if (config->crypto == NULL || config->loss_permille > 1000)
        return KITH_ERR_VALUE;
    sim = calloc(1, sizeof *sim);
    if (sim == NULL)
        return KITH_ERR_FULL;
    sim->crypto = *config->crypto;
    sim->seed = config->seed;
    sim->loss_permille = config->loss_permille;
    sim_rng_seed(&sim->rng, config->seed, 0);
    *out = sim;
    return KITH_OK;
}

sim_controller *sim_find(const kith_sim *sim, kith_sim_device device)
{
    return device >= 0 && (size_t)device < sim->controller_count ? sim->controllers[device] : NULL;
}

static void free_controller(sim_controller *c)
{
    sim_controller_reset(c);
    sim_transport_clear(c);
    sim_queue_release(&c->sim->queue, CONTROLLER_TIMERS);
    free(c->advertiser.hearers);
    free(c->scanner.seen);
    free(c->unsupported);
    free(c);
}

void kith_sim_remove(kith_sim *sim, kith_sim_device device)
{
    sim_controller *c = sim_find(sim, device);

    if (c == NULL)
        return;
    free_controller(c);
    sim->controllers[device] = NULL;
    sim_connections_sweep(sim);
}

void kith_sim_free(kith_sim *sim)
{
    if (sim == NULL)
        return;
    for (size_t i = 0; i < sim->controller_count; i++)
        kith_sim_remove(sim, (kith_sim_device)i);
    while (sim->captures != NULL) {
        sim_capture *capture = sim->captures;

        sim->captures = capture->next;
        free(capture);
    }
    free(sim->controllers);
    sim_queue_free(&sim->queue);
    free(sim);
}

static bool is_power_of_two_or_zero(size_t n)
{
    return (n & (n - 1)) == 0;
}

static kith_status make_room(kith_sim *sim)
{
    size_t count = sim->controller_count;
    sim_controller **grown;

    if (!is_power_of_two_or_zero(count))
        return KITH_OK;
    grown = realloc(sim->controllers, (count == 0 ? 1 : count * 2) * sizeof(sim_controller *));
    if (grown == NULL)
        return KITH_ERR_FULL;
    sim->controllers = grown;
    return KITH_OK;
}

kith_status kith_sim_add(kith_sim *sim, const uint8_t public_address[6], kith_sim_device *out)
{
    sim_controller *c = calloc(1, sizeof *c);

    if (c == NULL)
        return KITH_ERR_FULL;
    if (make_room(sim) != KITH_OK || sim_queue_reserve(&sim->queue, CONTROLLER_TIMERS) != KITH_OK) {
        free(c);
        return KITH_ERR_FULL;
    }
    c->sim = sim;
    c->id = (kith_sim_device)sim->controller_count;
    memcpy(c->public_address, public_address, 6);
    kith_sim_default_limits(&c->limits);
    c->rssi_dbm = RSSI_DEFAULT_DBM;
    c->advertiser.controller = c;
    sim_rng_seed(&c->rng, sim->seed, sim->controller_count + 1);
    sim->controllers[sim->controller_count++] = c;
    sim_controller_reset(c);
    *out = c->id;
    return KITH_OK;
}

uint64_t kith_sim_now(const kith_sim *sim)
{
    return sim->now_us;
}

uint64_t kith_sim_deadline(const kith_sim *sim)
{
    return sim_queue_deadline(&sim->queue);
}

void kith_sim_advance(kith_sim *sim, uint64_t to_us)
{
    sim_timer *timer;

    while ((timer = sim_queue_take(&sim->queue, to_us)) != NULL) {
        sim->now_us = timer->due_us;
        timer->run(timer->owner);
        sim_connections_sweep(sim);
    }
    if (sim->now_us < to_us)
        sim->now_us = to_us;
}

void kith_sim_set_loss(kith_sim *sim, unsigned permille)
{
    sim->loss_permille = permille > 1000 ? 1000 : permille;
}

void kith_sim_set_out_of_range(kith_sim *sim, kith_sim_device device, bool out_of_range)
{
    sim_controller *c = sim_find(sim, device);

    if (c != NULL)
        c->out_of_range = out_of_range;
}

kith_status kith_sim_set_rssi(kith_sim *sim, kith_sim_device device, int8_t dbm)
{
    sim_controller *c = sim_find(sim, device);

    if (c == NULL || dbm < RSSI_LEAST_DBM || dbm > RSSI_MOST_DBM)
        return KITH_ERR_VALUE;
    c->rssi_dbm = dbm;
    return KITH_OK;
}

void kith_sim_break_next_session_key(kith_sim *sim, kith_sim_device device)
{
    sim_controller *c = sim_find(sim, device);

    if (c != NULL)
        c->breaks_next_session_key = true;
}

kith_status kith_sim_inject(kith_sim *sim, kith_sim_device device, uint8_t llid, const uint8_t *payload, size_t len)
{
    sim_controller *c = sim_find(sim, device);

    if (c == NULL || llid < 1 || llid > 3 || len == 0 || len > SIM_PDU_MAX - 2)
        return KITH_ERR_VALUE;
    if (c->injected_len > 0)
        return KITH_ERR_STATE;
    c->injected[0] = llid;
    c->injected[1] = (uint8_t)len;
    memcpy(c->injected + 2, payload, len);
    c->injected_len = 2 + len;
    return KITH_OK;
}

void kith_sim_set_mute(kith_sim *sim, kith_sim_device device, bool mute)
{
    sim_controller *c = sim_find(sim, device);

    if (c != NULL)
        c->mute = mute;
}

kith_status kith_sim_listen(kith_sim *sim, kith_sim_listener *listener, void *context)
{
    if (sim->listener_count == SIM_LISTENERS)
        return KITH_ERR_FULL;
    sim->listeners[sim->listener_count].call = listener;
    sim->listeners[sim->listener_count++].context = context;
    return KITH_OK;
}
