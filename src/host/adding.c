/* A peer of bonding data that came from elsewhere.  It is made as a pairing makes one, and counts when it is durable.
 */
#include "base/equal.h"
#include "base/wipe.h"
#include "host/internal.h"

/* Everything that could not be read again is refused. */
static kith_status take(const kith_host *h, const kith_bond_record *bond, peers_bond *fresh)
{
    kith_bond_record named = *bond;
    kith_record record;
    kith_status status;

    named.peer = 1;
    status = kith_record_encode_bond(&named, &record);
    if (status == KITH_OK)
        status = peers_decode_bond(&record, fresh);
    wipe(&named, sizeof named);
    wipe(&record, sizeof record);
    if (status != KITH_OK || admission_is_blocked(h, &fresh->identity) || !identity_is_ours(h, &fresh->local))
        return KITH_ERR_VALUE;
    fresh->id = 0;
    return KITH_OK;
}

static bool is_exclusive(const kith_host *h, uint8_t peer_class)
{
    return peer_class != 0 && (h->config.security.exclusive_classes >> peer_class & 1) != 0;
}

static bool collides(const kith_host *h, const peers_bond *fresh, const peers_bond *other)
{
    bool same_local = kith_address_equal(&fresh->local, &other->local);

    return (same_local && (kith_address_equal(&fresh->identity, &other->identity) ||
                           (peers_has_irk(fresh) && equal_ct(fresh->irk, other->irk, sizeof fresh->irk)))) ||
           (is_exclusive(h, fresh->peer_class) && fresh->peer_class == other->peer_class);
}

static const peers_bond *find_standing(const kith_host *h, const peers_bond *fresh)
{
    const peers_bond *other = peers_by_identity(&h->bonds, &fresh->local, &fresh->identity);

    if (other == NULL)
        other = peers_by_irk(&h->bonds, &fresh->local, fresh->irk);
    if (other == NULL && is_exclusive(h, fresh->peer_class))
        other = peers_of_class(&h->bonds, fresh->peer_class, 0);
    return other;
}

static const peers_bond *find_written(const kith_host *h, const peers_bond *fresh)
{
    unsigned at = 0;
    const peers_bond *other = storing_next(h, &at);

    while (other != NULL && !collides(h, fresh, other))
        other = storing_next(h, &at);
    return other;
}

/* Its own bond is on its way, and must not meet this one in the store. */
static bool is_being_paired(const kith_host *h, const kith_address *identity)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        const host_link *link = &h->links[i];

        if (link->id != 0 && link->session != NULL &&
            kith_address_equal(link->session->has_identity ? &link->session->peer_identity : &link->peer, identity))
            return true;
    }
    return false;
}

static kith_status judge(const kith_host *h, const peers_bond *fresh, kith_peer_id *peer)
{
    const peers_bond *other = find_standing(h, fresh);

    if (other == NULL)
        other = find_written(h, fresh);
    if (other != NULL) {
        *peer = other->id;
        return KITH_ERR_EXISTS;
    }
    if (is_being_paired(h, &fresh->identity) || (h->config.limits.data != 0 && storing_free_place(h) == NULL))
        return KITH_ERR_BUSY;
    return peers_has_room(&h->bonds, &fresh->local, &fresh->identity, storing_promised(h)) && storing_has_room(h)
               ? KITH_OK
               : KITH_ERR_FULL;
}

static void add_at_once(kith_host *h, host_data *d, peers_bond *fresh)
{
    const peers_bond *kept;

    storing_judge(h, fresh);
    kept = peers_put(&h->bonds, fresh);
    storing_tell_links(h);
    data_end(h, d, kept != NULL ? KITH_OK : KITH_ERR_FULL, kept != NULL);
}

static kith_status begin(kith_host *h, peers_bond *fresh, kith_peer_id *peer, kith_token *token)
{
    kith_status status;
    host_data *d = data_begin(h, 0, KITH_PEER_BOND, KITH_PEER_ADDED, token, &status);

    if (d == NULL)
        return status;
    fresh->id = d->peer = *peer = peers_id_for(&h->bonds, &fresh->local, &fresh->identity);
    if (storing_outlives(h))
        storing_add(h, storing_free_place(h), fresh, *token);
    else
        add_at_once(h, d, fresh);
    return KITH_OK;
}

kith_status kith_peers_add(kith_host *h, const kith_bond_record *bond, kith_peer_id *peer, kith_token *token)
{
    peers_bond fresh;
    kith_status status;

    *peer = 0;
    *token = 0;
    if (!storing_is_ready(h))
        return KITH_ERR_BUSY;
    status = take(h, bond, &fresh);
    if (status == KITH_OK)
        status = judge(h, &fresh, peer);
    if (status == KITH_OK)
        status = begin(h, &fresh, peer, token);
    wipe(&fresh, sizeof fresh);
    return status;
}
