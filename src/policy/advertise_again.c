/* Advertise again: what ended by itself begins again when there is a place for a link. */
#include "kith/policy/advertise_again.h"

#include "kith/host.h"

enum { FIRST_US = 10000, DOUBLINGS = 10 }; /* 10 ms to 10 s */

static kith_advertise_again *policy_of(kith_listener *listener)
{
    return (kith_advertise_again *)listener;
}

static void try_later(kith_advertise_again *p, uint64_t now_us)
{
    p->due_us = now_us + ((uint64_t)FIRST_US << p->tries);
    if (p->tries < DOUBLINGS)
        p->tries++;
}

/* Not ready, or on already: an event will tell. */
static void begin(kith_advertise_again *p, kith_host *h, uint64_t now_us)
{
    kith_status status = p->as != NULL ? kith_gap_advertise_set(h, p->set, p->as) : KITH_ERR_VALUE;

    p->due_us = UINT64_MAX;
    if (status == KITH_ERR_STATE)
        return;
    if (status == KITH_ERR_BUSY || status == KITH_ERR_FULL) {
        try_later(p, now_us);
        return;
    }
    p->is_wanted = false;
    if (status == KITH_OK)
        p->again++;
    else
        p->last = status;
}

static bool may_begin(const kith_advertise_again *p)
{
    return p->is_wanted && p->links < p->places && (p->most == 0 || p->again < p->most);
}

static void look(kith_advertise_again *p, kith_host *h, uint64_t now_us)
{
    if (!may_begin(p))
        return;
    p->due_us = now_us + p->delay_ms * (uint64_t)1000;
    if (p->delay_ms == 0)
        begin(p, h, now_us);
}

static void on_end(kith_advertise_again *p, kith_host *h, const kith_event_activity *end, uint64_t now_us)
{
    const bool failed = end->hci_status != 0 || end->status != KITH_OK;

    p->is_wanted = failed || end->why == KITH_ENDED_CONNECTED || (end->why == KITH_ENDED_TIME && p->after_limit);
    p->due_us = UINT64_MAX;
    if (failed && may_begin(p))
        try_later(p, now_us);
    else
        look(p, h, now_us);
}

static void on_activity(kith_advertise_again *p, kith_host *h, const kith_event_activity *activity, uint64_t now_us)
{
    if (activity->set != p->set)
        return;
    p->is_on = activity->on;
    if (!activity->on) {
        on_end(p, h, activity, now_us);
        return;
    }
    p->is_wanted = false;
    p->tries = 0;
    p->due_us = UINT64_MAX;
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_advertise_again *p = policy_of(listener);

    switch (event->kind) {
    case KITH_EVENT_CONNECTED:
        p->links++;
        break;
    case KITH_EVENT_DISCONNECTED:
        p->links = (uint8_t)(p->links - (p->links > 0));
        look(p, h, now_us);
        break;
    case KITH_EVENT_ADVERTISING:
        on_activity(p, h, &event->activity, now_us);
        break;
    case KITH_EVENT_CONTROLLER_LOST:
        p->is_wanted |= p->is_on;
        p->is_on = false;
        p->due_us = UINT64_MAX;
        break;
    case KITH_EVENT_READY:
        look(p, h, now_us);
        break;
    default:
        break;
    }
}

static uint64_t deadline(const kith_listener *listener)
{
    return ((const kith_advertise_again *)listener)->due_us;
}

static void on_time(kith_listener *listener, kith_host *h, uint64_t now_us)
{
    kith_advertise_again *p = policy_of(listener);

    if (may_begin(p))
        begin(p, h, now_us);
    else
        p->due_us = UINT64_MAX; /* the last place was taken meanwhile */
}

void kith_advertise_again_init(kith_advertise_again *policy, uint8_t set, const kith_advertising *as, uint8_t places)
{
    *policy = (kith_advertise_again){.listener = {.on_event = on_event, .deadline = deadline, .on_time = on_time},
                                     .as = as,
                                     .set = set,
                                     .places = places,
                                     .due_us = UINT64_MAX};
}
