/* Disconnect below: each link has a time of its own until it is secure, and none once it was. */
#include "kith/policy/disconnect_below.h"

#include "kith/codec/hci.h"
#include "policy/places.h"

enum { DEFAULT_MS = 30000 };
enum { WAITS, WAS_ENOUGH }; /* place.state */

static kith_disconnect_below *policy_of(kith_listener *listener)
{
    return (kith_disconnect_below *)listener;
}

static uint64_t end_of_time(const kith_disconnect_below *p, uint64_t now_us)
{
    return now_us + p->within_ms * (uint64_t)1000;
}

static bool has_all_but_bond(const kith_disconnect_below *p, const kith_event_security *has)
{
    return has->level > KITH_LEVEL_NONE && has->level >= p->level && has->key_size >= p->key_size;
}

static bool has_bond(const kith_disconnect_below *p, const kith_event_security *has)
{
    return !p->bonded || has->peer != 0;
}

/* Its place stays, with nothing to wait for, until the link has ended. */
static void end_link(kith_disconnect_below *p, kith_host *h, kith_link link)
{
    kith_event_security has = protection_of(h, link);
    kith_policy_link *place = places_find(&p->links, link);

    if (place != NULL)
        place->due_us = UINT64_MAX;
    if (kith_gap_disconnect(h, link, KITH_HCI_AUTHENTICATION_FAILURE) != KITH_OK)
        return; /* it is gone already */
    p->ended++;
    if (p->below != NULL)
        p->below(p->context, link, &has);
}

static void on_connected(kith_disconnect_below *p, kith_host *h, kith_link link, uint64_t now_us)
{
    kith_policy_link *place = places_take(&p->links, link);

    if (place == NULL) {
        end_link(p, h, link);
        return;
    }
    place->state = WAITS;
    place->due_us = end_of_time(p, now_us);
}

static void look_at(kith_disconnect_below *p, kith_host *h, kith_policy_link *place, uint64_t now_us)
{
    kith_event_security has = protection_of(h, place->link);
    bool was_enough = place->state == WAS_ENOUGH;

    if (has_all_but_bond(p, &has) && has_bond(p, &has)) {
        place->state = WAS_ENOUGH;
        place->due_us = UINT64_MAX;
    } else if (was_enough && has_all_but_bond(p, &has)) {
        place->state = WAITS;
        place->due_us = end_of_time(p, now_us);
    } else if (was_enough) {
        place->state = WAITS;
        end_link(p, h, place->link);
    }
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_disconnect_below *p = policy_of(listener);
    kith_policy_link *place = event->link != 0 ? places_find(&p->links, event->link) : NULL;

    if (event->kind == KITH_EVENT_CONNECTED)
        on_connected(p, h, event->link, now_us);
    else if (event->kind == KITH_EVENT_DISCONNECTED)
        places_leave(place);
    else if (place != NULL)
        look_at(p, h, place, now_us);
}

static uint64_t deadline(const kith_listener *listener)
{
    return places_deadline(&((const kith_disconnect_below *)listener)->links);
}

static void on_time(kith_listener *listener, kith_host *h, uint64_t now_us)
{
    kith_disconnect_below *p = policy_of(listener);

    for (unsigned i = 0; i < p->links.count; i++)
        if (p->links.of[i].due_us <= now_us)
            end_link(p, h, p->links.of[i].link);
}

void kith_disconnect_below_init(kith_disconnect_below *policy, kith_policy_link *links, uint8_t count, kith_level level)
{
    *policy = (kith_disconnect_below){.listener = {.on_event = on_event, .deadline = deadline, .on_time = on_time},
                                      .links = places_of(links, count),
                                      .within_ms = DEFAULT_MS,
                                      .level = level};
}
