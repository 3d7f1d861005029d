/* Who is on a link, and which peers there are.  A peer is proven by the key that encrypts a link; what its address or
 * the name of a key says is a claim. */
#include "host/internal.h"

/* A peer that is being forgotten is nobody's any more, though its link may still be there. */
static kith_peer_id standing(const kith_host *h, kith_peer_id peer)
{
    return peers_by_id(&h->bonds, peer) != NULL ? peer : 0;
}

kith_status kith_peers_on_link(const kith_host *h, kith_link id, kith_peer_on_link *out)
{
    const host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = (kith_peer_on_link){.claimed = standing(h, link->claimed),
                               .proven = standing(h, link->proven),
                               .address = link->peer,
                               .local = *link_local(h, link)};
    return KITH_OK;
}

static kith_link link_of(const kith_host *h, kith_peer_id peer)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && h->links[i].proven == peer)
            return h->links[i].id;
    return 0;
}

kith_link kith_peers_link_of(const kith_host *h, kith_peer_id peer)
{
    return standing(h, peer) != 0 ? link_of(h, peer) : 0;
}

kith_status kith_peers_get(const kith_host *h, kith_peer_id peer, kith_peer_info *out)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = (kith_peer_info){.rank = bond->use.rank,
                            .last_use = bond->use.last_use,
                            .pinned = bond->use.pinned,
                            .resolution = (kith_resolution)bond->use.resolution,
                            .private_only = (kith_resolution)bond->use.private_only,
                            .link = link_of(h, peer)};
    return KITH_OK;
}

/* ---- filters ---- */

static bool is_of_class(const peers_bond *bond, uint32_t classes)
{
    return classes == 0 || (bond->peer_class <= PEERS_LAST_CLASS && (classes >> bond->peer_class & 1) != 0);
}

static bool is_meant(const kith_host *h, const kith_peers_filter *f, const peers_bond *bond)
{
    return (!f->has_irk || peers_has_irk(bond)) && (!f->resolves || bond->use.resolution == KITH_STATE_YES) &&
           bond->level >= (uint8_t)f->level && is_of_class(bond, f->classes) &&
           (f->identity == NULL || kith_address_equal(f->identity, &bond->identity)) &&
           (f->local == NULL || kith_address_equal(f->local, &bond->local)) &&
           (!f->connected || link_of(h, bond->id) != 0);
}

/* One identity has one bond at most under each of ours, and need not be looked for among all where it is said which. */
static const peers_bond *first_after(const kith_host *h, const kith_peers_filter *filter, kith_peer_id after)
{
    const peers_bond *bond;

    if (filter->identity == NULL || filter->local == NULL)
        return peers_after(&h->bonds, after);
    bond = peers_by_identity(&h->bonds, filter->local, filter->identity);
    return bond != NULL && bond->id > after ? bond : NULL;
}

kith_status kith_peers_next(const kith_host *h, const kith_peers_filter *filter, kith_peer_id after, kith_peer_id *out)
{
    static const kith_peers_filter anybody;
    const peers_bond *bond;

    if (filter == NULL)
        filter = &anybody;
    bond = first_after(h, filter, after);
    while (bond != NULL && !is_meant(h, filter, bond))
        bond = first_after(h, filter, bond->id);
    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = bond->id;
    return KITH_OK;
}

kith_status kith_peers_list(const kith_host *h, const kith_peers_filter *filter, kith_peer_id *peers, uint32_t cap,
                            uint32_t *count)
{
    kith_peer_id peer = 0;

    *count = 0;
    while (kith_peers_next(h, filter, peer, &peer) == KITH_OK) {
        if (*count < cap)
            peers[*count] = peer;
        ++*count;
    }
    return *count <= cap ? KITH_OK : KITH_ERR_FULL;
}
