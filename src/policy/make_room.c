/* Make room: the host's own choice of who goes, within limits of rank and number. */
#include "kith/policy/make_room.h"

#include <string.h>

#include "kith/host.h"

enum { REPEAT_US = 10000 };
static const uint64_t hour_us = 3600000000u;

static kith_make_room *policy_of(kith_listener *listener)
{
    return (kith_make_room *)listener;
}

/* The times of the last ones, the latest first; `made` tells how many of them there are. */
static bool is_within_the_hour(const kith_make_room *p, uint64_t now_us)
{
    uint8_t most = p->per_hour < KITH_MAKE_ROOM_MOST ? p->per_hour : KITH_MAKE_ROOM_MOST;

    if (most == 0)
        return false;
    return p->made < most || now_us - p->times[most - 1] >= hour_us;
}

static bool may_go(const kith_make_room *p, const kith_host *h, kith_peer_id peer)
{
    kith_peer_info info;

    if (peer == 0 || kith_peers_get(h, peer, &info) != KITH_OK)
        return false;
    return p->keep_rank == 0 || info.rank < p->keep_rank;
}

static void count(kith_make_room *p, uint64_t now_us)
{
    memmove(p->times + 1, p->times, sizeof p->times - sizeof p->times[0]);
    p->times[0] = now_us;
    if (p->made < UINT32_MAX)
        p->made++;
}

static kith_status answer(kith_make_room *p, kith_host *h, kith_link link, kith_peer_id go, uint64_t now_us)
{
    kith_status said = kith_peers_make_room(h, link, go);

    if (said == KITH_OK && go != 0)
        count(p, now_us);
    return said;
}

static void repeat(kith_make_room *p, kith_host *h, uint64_t now_us)
{
    if (now_us >= p->again_until_us || answer(p, h, p->again, p->go, now_us) != KITH_ERR_FULL)
        p->again = 0;
    p->again_at_us = now_us + REPEAT_US;
}

static void on_room_wanted(kith_make_room *p, kith_host *h, const kith_event *event, uint64_t now_us)
{
    bool goes = is_within_the_hour(p, now_us) && may_go(p, h, event->room.would_go);
    kith_peer_id go = goes ? event->room.would_go : 0;

    if (!goes)
        p->refused++;
    if (answer(p, h, event->link, go, now_us) != KITH_ERR_FULL || p->again != 0)
        return;
    p->again = event->link;
    p->go = go;
    p->again_at_us = now_us + REPEAT_US;
    p->again_until_us = event->room.deadline_us;
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_make_room *p = policy_of(listener);

    if (event->kind == KITH_EVENT_ROOM_WANTED)
        on_room_wanted(p, h, event, now_us);
}

static uint64_t deadline(const kith_listener *listener)
{
    const kith_make_room *p = (const kith_make_room *)listener;

    return p->again != 0 ? p->again_at_us : UINT64_MAX;
}

static void on_time(kith_listener *listener, kith_host *h, uint64_t now_us)
{
    repeat(policy_of(listener), h, now_us);
}

void kith_make_room_init(kith_make_room *policy)
{
    *policy =
        (kith_make_room){.listener = {.on_event = on_event, .deadline = deadline, .on_time = on_time}, .per_hour = 4};
}
