/* Secure on connect: one place for each link, with a time and an attempt of its own. */
#include "kith/policy/secure_on_connect.h"

#include "policy/asking.h"

static kith_secure_on_connect *policy_of(kith_listener *listener)
{
    return (kith_secure_on_connect *)listener;
}

static void go_on(kith_policy_link *place, asking_result result)
{
    if (result != ASKING_GOES_ON)
        places_leave(place);
}

static void try_now(kith_secure_on_connect *p, kith_policy_link *place, kith_host *h, uint64_t now_us)
{
    go_on(place, asking_try(place, h, now_us, &p->last));
}

static bool is_meant(const kith_secure_on_connect *p, const kith_event_connected *connected)
{
    bool left_out = connected->we_are_central ? p->not_as_central : p->not_as_peripheral;

    return !left_out && (p->strangers || connected->claimed != 0);
}

static void on_connected(kith_secure_on_connect *p, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_policy_link *place;

    if (!is_meant(p, &event->connected))
        return;
    place = places_take(&p->links, event->link);
    if (place == NULL) {
        p->left_alone++;
        return;
    }
    place->level = (uint8_t)p->level;
    place->key_size = p->key_size;
    place->state = ASKING_LATER;
    place->due_us = now_us + p->delay_ms * (uint64_t)1000;
    if (p->delay_ms == 0)
        try_now(p, place, h, now_us);
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_secure_on_connect *p = policy_of(listener);

    if (event->kind == KITH_EVENT_CONNECTED)
        on_connected(p, h, event, now_us);
    else if (event->kind == KITH_EVENT_DISCONNECTED)
        places_leave(places_find(&p->links, event->link));
    else
        for (unsigned i = 0; i < p->links.count; i++)
            if (p->links.of[i].link != 0)
                go_on(&p->links.of[i], asking_on_event(&p->links.of[i], h, event, now_us, &p->last));
}

static uint64_t deadline(const kith_listener *listener)
{
    return places_deadline(&((const kith_secure_on_connect *)listener)->links);
}

static void on_time(kith_listener *listener, kith_host *h, uint64_t now_us)
{
    kith_secure_on_connect *p = policy_of(listener);

    for (unsigned i = 0; i < p->links.count; i++)
        if (p->links.of[i].due_us <= now_us)
            try_now(p, &p->links.of[i], h, now_us);
}

void kith_secure_on_connect_init(kith_secure_on_connect *policy, kith_policy_link *links, uint8_t count)
{
    *policy = (kith_secure_on_connect){.listener = {.on_event = on_event, .deadline = deadline, .on_time = on_time},
                                       .links = places_of(links, count),
                                       .level = KITH_LEVEL_ENCRYPTED};
}
