/* A filter accept list that follows the peers: all whom a filter means, of more than fit those used last. */
#include <string.h>

#include "host/internal.h"

static kith_peer_id next_meant(const kith_host *h, kith_peer_id after)
{
    kith_peer_id peer;

    return kith_peers_next(h, &h->lists->filter, after, &peer) == KITH_OK ? peer : 0;
}

static uint32_t last_use(const kith_host *h, kith_peer_id peer)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    return bond != NULL ? bond->use.last_use : 0;
}

/* Before those that were used less lately; of two that were used at one time the newer bond comes first. */
static void insert(kith_host *h, kith_peer_id peer, uint16_t most)
{
    host_lists *l = h->lists;
    uint32_t used = last_use(h, peer);
    uint16_t at = l->allow_count;

    while (at > 0 && last_use(h, l->allow[at - 1]) <= used)
        at--;
    if (at == most)
        return;
    if (l->allow_count < most)
        l->allow_count++;
    memmove(l->allow + at + 1, l->allow + at, (size_t)(l->allow_count - 1 - at) * sizeof *l->allow);
    l->allow[at] = peer;
}

static bool keys_fit(const kith_host *h)
{
    const host_lists *l = h->lists;

    return !lists_can_resolve(h) ||
           lists_resolve_all(h, l->allow, l->allow_count, l->identities, l->identity_count, NULL) <= l->resolving_most;
}

/* Whose key has no place is not listed: it would not be found.  The one used least lately goes first. */
static void drop_last_key(kith_host *h)
{
    host_lists *l = h->lists;
    uint16_t at = l->allow_count;

    while (at > 0 && !lists_has_usable_key(h, peers_by_id(&h->bonds, l->allow[at - 1])))
        at--;
    if (at == 0)
        return;
    l->allow_count--;
    memmove(l->allow + at - 1, l->allow + at, (size_t)(l->allow_count - (at - 1)) * sizeof *l->allow);
}

void lists_follow(kith_host *h)
{
    host_lists *l = h->lists;
    uint16_t listed = h->config.limits.listed, most = listed < l->filtered_most ? listed : l->filtered_most;

    l->allow_count = 0;
    for (kith_peer_id peer = next_meant(h, 0); peer != 0; peer = next_meant(h, peer))
        insert(h, peer, most);
    for (uint16_t tries = l->allow_count; tries > 0 && !keys_fit(h); tries--)
        drop_last_key(h);
}

bool lists_follow_meets_private(const kith_host *h, const kith_peers_filter *filter)
{
    kith_peer_id peer = 0;

    while (kith_peers_next(h, filter, peer, &peer) == KITH_OK)
        if (lists_has_usable_key(h, peers_by_id(&h->bonds, peer)))
            return true;
    return false;
}
