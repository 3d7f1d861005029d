/* Rank on use: a place remembers who was ranked on its link, so that one use is one write. */
#include "kith/policy/rank_on_use.h"

#include "policy/places.h"

static kith_rank_on_use *policy_of(kith_listener *listener)
{
    return (kith_rank_on_use *)listener;
}

/* Will this pass, when events were taken, or operations have ended? */
static bool is_for_a_while(kith_status said)
{
    return said == KITH_ERR_FULL || said == KITH_ERR_BUSY;
}

static kith_status rank(kith_rank_on_use *p, kith_host *h, kith_peer_id peer)
{
    kith_token token;
    kith_status said = kith_peers_rank_highest(h, peer, &token);

    if (said != KITH_OK)
        p->last = said;
    return said;
}

static void rank_on_link(kith_rank_on_use *p, kith_host *h, kith_policy_link *place, uint64_t now_us)
{
    place->due_us = UINT64_MAX;
    if (is_for_a_while(rank(p, h, place->peer)))
        places_try_later(place, now_us);
}

static void on_use(kith_rank_on_use *p, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_policy_link *place = event->link != 0 ? places_take(&p->links, event->link) : NULL;

    if (place == NULL) {
        (void)rank(p, h, event->peer); /* once: the link of this bond has gone, or there is no memory for it */
        return;
    }
    if (place->peer == event->peer)
        return;
    place->peer = event->peer;
    place->tries = 0;
    rank_on_link(p, h, place, now_us);
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_rank_on_use *p = policy_of(listener);
    bool proves = event->kind == KITH_EVENT_SECURITY_CHANGED || event->kind == KITH_EVENT_BONDED;

    if (event->kind == KITH_EVENT_DISCONNECTED)
        places_leave(places_find(&p->links, event->link));
    else if (proves && event->peer != 0)
        on_use(p, h, event, now_us);
}

static uint64_t deadline(const kith_listener *listener)
{
    return places_deadline(&((const kith_rank_on_use *)listener)->links);
}

static void on_time(kith_listener *listener, kith_host *h, uint64_t now_us)
{
    kith_rank_on_use *p = policy_of(listener);

    for (unsigned i = 0; i < p->links.count; i++)
        if (p->links.of[i].due_us <= now_us)
            rank_on_link(p, h, &p->links.of[i], now_us);
}

void kith_rank_on_use_init(kith_rank_on_use *policy, kith_policy_link *links, uint8_t count)
{
    *policy = (kith_rank_on_use){.listener = {.on_event = on_event, .deadline = deadline, .on_time = on_time},
                                 .links = places_of(links, count)};
}
