/* Advertising sets: made by their parameters, removed by the host, ended by time, count or a connection.  Core Vol 4
 * Part E 7.8.53, 7.8.59, 7.8.60, 7.7.65.18. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"

enum { SET_TIMERS = 2 }; /* periodic advertising has one of them */

sim_advertiser *sim_set_find(const sim_controller *c, uint8_t handle)
{
    for (size_t i = 0; i < KITH_SIM_SETS_MAX; i++) {
        if (c->sets[i] != NULL && c->sets[i]->handle == handle)
            return c->sets[i];
    }
    return NULL;
}

static sim_advertiser *make(sim_controller *c, uint8_t handle)
{
    sim_advertiser *set = calloc(1, sizeof *set);

    if (set == NULL)
        return NULL;
    if (sim_queue_reserve(&c->sim->queue, SET_TIMERS) != KITH_OK) {
        free(set);
        return NULL;
    }
    set->controller = c;
    set->is_set = true;
    set->handle = handle;
    set->did = (uint16_t)sim_rng_below(&c->rng, 0x1000);
    return set;
}

sim_advertiser *sim_set_new(sim_controller *c, uint8_t handle)
{
    for (size_t i = 0; i < c->limits.sets && i < KITH_SIM_SETS_MAX; i++) {
        if (c->sets[i] != NULL)
            continue;
        c->sets[i] = make(c, handle);
        return c->sets[i];
    }
    return NULL;
}

static void free_set(sim_advertiser *set)
{
    sim_queue *queue = &set->controller->sim->queue;

    sim_timer_stop(queue, &set->timer);
    sim_queue_release(queue, SET_TIMERS);
    sim_periodic_free(set);
    free(set->hearers);
    free(set);
}

void sim_set_remove(sim_advertiser *set)
{
    sim_advertiser **sets = set->controller->sets;

    for (size_t i = 0; i < KITH_SIM_SETS_MAX; i++) {
        if (sets[i] == set)
            sets[i] = NULL;
    }
    free_set(set);
}

void sim_sets_clear(sim_controller *c)
{
    for (size_t i = 0; i < KITH_SIM_SETS_MAX; i++) {
        if (c->sets[i] != NULL)
            free_set(c->sets[i]);
        c->sets[i] = NULL;
    }
}

void sim_set_terminated(sim_advertiser *set, uint8_t status, uint16_t connection)
{
    uint8_t event[5] = {status, set->handle};

    bytes_put16(event + 2, connection);
    event[4] = set->events_done;
    sim_le_event(set->controller, KITH_HCI_LE_EV_SET_TERMINATED, event, sizeof event);
}

/* ---- all of a controller's advertising ---- */

bool sim_advertises(const sim_controller *c)
{
    bool any = c->advertiser.enabled;

    for (size_t i = 0; i < KITH_SIM_SETS_MAX; i++)
        any |= c->sets[i] != NULL && c->sets[i]->enabled;
    return any;
}

static bool uses_filter_list(const sim_advertiser *a)
{
    return a->enabled && a->filter_policy != 0;
}

bool sim_advertise_uses_filter_list(const sim_controller *c)
{
    bool any = uses_filter_list(&c->advertiser);

    for (size_t i = 0; i < KITH_SIM_SETS_MAX; i++)
        any |= c->sets[i] != NULL && uses_filter_list(c->sets[i]);
    return any;
}
