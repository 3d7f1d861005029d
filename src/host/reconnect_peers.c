/* Background reconnection: its list of peers, and who of it is looked for, waits or rests.
 * Core Vol 3 Part C 9.3.5, 9.3.7. */
#include <string.h>

#include "host/internal.h"

enum { SECOND_US = 1000000, MS_US = 1000 };

host_reconnected *reconnect_find(const kith_host *h, kith_peer_id peer)
{
    const host_reconnect *r = h->reconnect;

    for (uint16_t i = 0; peer != 0 && r != NULL && i < r->count; i++)
        if (r->peers[i].peer == peer)
            return &r->peers[i];
    return NULL;
}

bool reconnect_is_ours(const kith_host *h, kith_peer_id peer)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    return bond != NULL && kith_address_equal(&bond->local, &h->own);
}

bool reconnect_looks_for(const kith_host *h, const host_reconnected *e)
{
    return e != NULL && e->link == 0 && e->state == KITH_RECONNECT_LOOKING && reconnect_is_ours(h, e->peer);
}

/* Whose it is: as proven; else, where we went to it, as its address claims.  Whoever comes under a peer's address and
 * proves nothing does not keep us from that peer: anybody can. */
static kith_peer_id peer_of(const host_link *link)
{
    return link->proven != 0 ? link->proven : link->central ? link->claimed : 0;
}

static const host_link *link_of(const kith_host *h, kith_peer_id peer, kith_link but)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && h->links[i].id != but && peer_of(&h->links[i]) == peer)
            return &h->links[i];
    return NULL;
}

static void take_link(host_reconnected *e, const host_link *link)
{
    e->link = link != NULL ? link->id : 0;
    e->was_proven = link != NULL && link->proven == e->peer;
}

/* ---- time ---- */

void reconnect_hurry(kith_host *h)
{
    h->reconnect->fast_until_us = host_time(h) + (uint64_t)h->reconnect->as.fast_s * SECOND_US;
}

static void start_patience(kith_host *h, host_reconnected *e)
{
    uint32_t seconds = h->reconnect->as.give_up_s;

    e->give_up_at_us = seconds != 0 ? host_time(h) + (uint64_t)seconds * SECOND_US : UINT64_MAX;
}

void reconnect_fail(kith_host *h, host_reconnected *e)
{
    const kith_reconnection *as = &h->reconnect->as;
    uint64_t wait_ms = as->retry_first_ms;

    for (uint16_t i = 0; i < e->failures && wait_ms < as->retry_longest_ms; i++)
        wait_ms *= 2;
    if (wait_ms > as->retry_longest_ms)
        wait_ms = as->retry_longest_ms;
    e->failures = (uint16_t)(e->failures + (e->failures < UINT16_MAX));
    e->state = KITH_RECONNECT_WAITING;
    e->retry_at_us = host_time(h) + wait_ms * MS_US;
    reconnect_touch(h);
}

void reconnect_wake(kith_host *h, host_reconnected *e)
{
    e->state = KITH_RECONNECT_LOOKING;
    e->failures = 0;
    e->untold = false;
    start_patience(h, e);
    reconnect_touch(h);
}

/* ---- the list ---- */

void reconnect_add(kith_host *h, kith_peer_id peer)
{
    host_reconnect *r = h->reconnect;
    host_reconnected *e = &r->peers[r->count++];

    memset(e, 0, sizeof *e);
    e->peer = peer;
    take_link(e, link_of(h, peer, 0));
    reconnect_wake(h, e);
    reconnect_hurry(h);
}

static void drop(host_reconnect *r, uint16_t at)
{
    r->peers[at] = r->peers[--r->count];
    memset(&r->peers[r->count], 0, sizeof *r->peers);
}

void reconnect_keep_only(kith_host *h, const kith_peer_id *peers, uint16_t count)
{
    host_reconnect *r = h->reconnect;

    for (uint16_t i = r->count; i > 0; i--)
        if (!lists_names(peers, count, r->peers[i - 1].peer))
            drop(r, (uint16_t)(i - 1));
}

static uint32_t last_use(const kith_host *h, kith_peer_id peer)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    return bond != NULL ? bond->use.last_use : 0;
}

/* Before those that were used less lately. */
static void choose(kith_host *h, const peers_bond *bond)
{
    host_reconnect *r = h->reconnect;
    uint16_t most = h->config.limits.reconnects, at = r->keyed_count;

    while (at > 0 && last_use(h, r->keyed[at - 1]) <= bond->use.last_use)
        at--;
    if (at == most)
        return;
    r->keyed_count = (uint16_t)(r->keyed_count + (r->keyed_count < most));
    memmove(r->keyed + at + 1, r->keyed + at, (size_t)(r->keyed_count - 1 - at) * sizeof *r->keyed);
    r->keyed[at] = bond->id;
}

/* Whose keys are needed is listed anew after this: the place of that list is free. */
static void follow(kith_host *h)
{
    host_reconnect *r = h->reconnect;

    r->keyed_count = 0;
    for (const peers_bond *bond = peers_after(&h->bonds, 0); bond != NULL; bond = peers_after(&h->bonds, bond->id))
        if (kith_address_equal(&bond->local, &h->own))
            choose(h, bond);
    reconnect_keep_only(h, r->keyed, r->keyed_count);
    for (uint16_t i = 0; i < r->keyed_count; i++)
        if (reconnect_find(h, r->keyed[i]) == NULL)
            reconnect_add(h, r->keyed[i]);
}

void reconnect_keep_members(kith_host *h)
{
    host_reconnect *r = h->reconnect;

    if (r->follows) {
        follow(h);
        return;
    }
    for (uint16_t i = r->count; i > 0; i--)
        if (peers_by_id(&h->bonds, r->peers[i - 1].peer) == NULL)
            drop(r, (uint16_t)(i - 1));
}

/* Somebody more than before: a controller may have told of him already, and will not again. */
bool reconnect_make_lists(kith_host *h)
{
    host_reconnect *r = h->reconnect;
    uint16_t before = r->listed_count;
    bool differs = false;

    r->listed_count = r->keyed_count = 0;
    for (uint16_t i = 0; i < r->count; i++) {
        const host_reconnected *e = &r->peers[i];

        if (reconnect_is_ours(h, e->peer))
            r->keyed[r->keyed_count++] = e->peer;
        if (!reconnect_looks_for(h, e))
            continue;
        differs |= r->listed_count >= before || r->listed[r->listed_count] != e->peer;
        r->listed[r->listed_count++] = e->peer;
    }
    r->rescan |= differs;
    return differs || r->listed_count != before;
}

/* ---- links ---- */

void reconnect_on_link(kith_host *h, const host_link *link)
{
    host_reconnected *e = reconnect_find(h, peer_of(link));

    if (e != NULL && e->link == 0)
        take_link(e, link);
    reconnect_touch(h);
}

static void disown(kith_host *h, const host_link *link)
{
    for (uint16_t i = 0; i < h->reconnect->count; i++) {
        host_reconnected *e = &h->reconnect->peers[i];

        if (e->link == link->id && e->peer != link->proven)
            take_link(e, link_of(h, e->peer, link->id));
    }
}

void reconnect_on_proven(kith_host *h, const host_link *link)
{
    host_reconnected *e = reconnect_find(h, link->proven);

    if (h->reconnect == NULL)
        return;
    disown(h, link);
    reconnect_touch(h);
    if (e == NULL)
        return;
    take_link(e, link);
    e->failures = 0;
    e->untold = false;
    if (e->state != KITH_RECONNECT_RESTING)
        e->state = KITH_RECONNECT_LOOKING; /* once it is gone */
}

void reconnect_on_disconnect(kith_host *h, const host_link *link)
{
    host_reconnected *e = reconnect_find(h, link->proven);

    if (e != NULL && e->link == link->id)
        e->state = KITH_RECONNECT_RESTING;
}

/* Whoever came by himself and proved nothing does not make that peer wait: anybody can do that. */
static void lose(kith_host *h, host_reconnected *e, const host_link *link)
{
    bool was_proven = e->was_proven;

    take_link(e, link_of(h, e->peer, link->id));
    if (e->link != 0 || e->state == KITH_RECONNECT_RESTING)
        return;
    if (was_proven) {
        start_patience(h, e);
        reconnect_hurry(h);
    } else if (link->central && !h->lost && e->state == KITH_RECONNECT_LOOKING) {
        reconnect_fail(h, e);
    }
}

void reconnect_on_link_end(kith_host *h, const host_link *link)
{
    if (h->reconnect == NULL)
        return;
    for (uint16_t i = 0; i < h->reconnect->count; i++)
        if (h->reconnect->peers[i].link == link->id)
            lose(h, &h->reconnect->peers[i], link);
    reconnect_touch(h);
}
