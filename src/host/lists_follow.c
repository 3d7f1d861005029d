/* Lists that follow the peers: all whom a filter means, of more than fit those used last. */
#include <string.h>

#include "host/internal.h"

void lists_follow_what(host_follow *f, const kith_peers_filter *filter, bool is_on)
{
    memset(f, 0, sizeof *f);
    f->is_on = is_on;
    if (filter == NULL)
        return;
    f->filter = *filter;
    if (filter->identity != NULL) {
        f->identity = *filter->identity;
        f->filter.identity = &f->identity;
    }
    if (filter->local != NULL) {
        f->local = *filter->local;
        f->filter.local = &f->local;
    }
}

static uint32_t last_use(const kith_host *h, kith_peer_id peer)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    return bond != NULL ? bond->use.last_use : 0;
}

static void drop(kith_peer_id *peers, uint16_t *count, uint16_t at)
{
    --*count;
    memmove(peers + at, peers + at + 1, (size_t)(*count - at) * sizeof *peers);
}

/* Before those that were used less lately; of two that were used at one time the newer bond comes first. */
static void insert(const kith_host *h, kith_peer_id peer, kith_peer_id *peers, uint16_t *count, uint16_t most)
{
    uint32_t used = last_use(h, peer);
    uint16_t at = *count;

    while (at > 0 && last_use(h, peers[at - 1]) <= used)
        at--;
    if (at == most)
        return;
    if (*count < most)
        ++*count;
    memmove(peers + at + 1, peers + at, (size_t)(*count - 1 - at) * sizeof *peers);
    peers[at] = peer;
}

static uint16_t collect(const kith_host *h, const kith_peers_filter *filter, kith_peer_id *peers, uint16_t most)
{
    kith_peer_id peer = 0;
    uint16_t count = 0;

    while (kith_peers_next(h, filter, peer, &peer) == KITH_OK)
        insert(h, peer, peers, &count, most);
    return count;
}

static uint16_t smaller(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

/* ---- the allow list ---- */

uint16_t lists_named_identities(const kith_host *h)
{
    return h->lists->identity_follow.is_on ? 0 : h->lists->identity_count;
}

static bool keys_fit(const kith_host *h)
{
    const host_lists *l = h->lists;

    return !lists_can_resolve(h) || lists_resolve_all(h, l->allow, l->allow_count, l->identities,
                                                      lists_named_identities(h), NULL) <= l->resolving_most;
}

/* Whose key has no place is not listed: it would not be found.  The one used least lately goes first. */
static void drop_last_key(kith_host *h)
{
    host_lists *l = h->lists;
    uint16_t at = l->allow_count;

    while (at > 0 && !lists_has_usable_key(h, peers_by_id(&h->bonds, l->allow[at - 1])))
        at--;
    if (at > 0)
        drop(l->allow, &l->allow_count, (uint16_t)(at - 1));
}

void lists_follow_allowed(kith_host *h)
{
    host_lists *l = h->lists;

    l->allow_count = collect(h, &l->allow_follow.filter, l->allow, smaller(h->config.limits.listed, l->filtered_most));
    for (uint16_t tries = l->allow_count; tries > 0 && !keys_fit(h); tries--)
        drop_last_key(h);
}

/* ---- device identities ---- */

static void drop_without_key(kith_host *h)
{
    host_lists *l = h->lists;

    for (uint16_t i = l->identity_count; i > 0; i--)
        if (!lists_has_usable_key(h, peers_by_id(&h->bonds, l->identities[i - 1])))
            drop(l->identities, &l->identity_count, (uint16_t)(i - 1));
}

/* Who shares a key with somebody is found out last, as that is dear: its place stays free. */
void lists_follow_identities(kith_host *h)
{
    host_lists *l = h->lists;
    kith_peers_filter filter = l->identity_follow.filter;

    filter.has_irk = true;
    l->identity_count = collect(h, &filter, l->identities, smaller(h->config.limits.listed, l->resolving_most));
    drop_without_key(h);
    while (l->identity_count > 0 && lists_count_keys(h, NULL) > l->resolving_most)
        l->identity_count--;
}

bool lists_follow_meets_private(const kith_host *h, const kith_peers_filter *filter)
{
    kith_peer_id peer = 0;

    while (kith_peers_next(h, filter, peer, &peer) == KITH_OK)
        if (lists_has_usable_key(h, peers_by_id(&h->bonds, peer)))
            return true;
    return false;
}
