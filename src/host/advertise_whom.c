/* Who is answered, and whom directed advertising is for.  A bonded peer that shows private addresses alone is named by
 * one of those: by the controller, where it knows the peer's key, else by the host.  Core Vol 3 Part C 10.7.1,
 * Vol 4 Part E 7.8.5, 7.8.53, Vol 6 Part B 6.2. */
#include "host/internal.h"

/* Own_Address_Type: bit 1 has the controller look for the peer in its resolving list. */
enum { BY_RESOLVING_LIST = 0x02 };

/* Bit 0: scan requests, bit 1: connections, of listed peers alone. */
uint8_t advertise_filter_policy(const kith_advertising *a)
{
    if (a->filter == KITH_FILTER_NOTHING)
        return 0;
    return a->filter == KITH_FILTER_CONNECT ? 2 : 3;
}

/* One that does not resolve private addresses would not know that it is meant.  One that does answers by another of its
 * own than the one that it is called by, which a controller that does not resolve takes for anybody's: Vol 6 Part
 * B 6.4.
 */
kith_status advertise_find_target(const kith_host *h, const kith_advertising *a, kith_peer_id *to)
{
    const peers_bond *bond = a->directed ? peers_by_identity(&h->bonds, &h->own, &a->to) : NULL;

    *to = 0;
    if (bond == NULL || !peers_has_irk(bond))
        return KITH_OK;
    *to = bond->id;
    if (a->connectable && !lists_can_resolve(h))
        return KITH_ERR_UNSUPPORTED;
    return bond->use.resolution == KITH_RESOLUTION_YES ? KITH_OK : KITH_ERR_UNSUPPORTED;
}

bool advertise_has_new_target(const kith_host *h, const host_set *set)
{
    return set->to != 0 && (set->drawn != h->privacy.made || set->by_controller != lists_resolve(h, set->to));
}

/* A peer that was forgotten meanwhile is not called by its name. */
static kith_status aim_at_peer(kith_host *h, host_set *set, host_target *target)
{
    const peers_bond *bond = peers_by_id(&h->bonds, set->to);

    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    set->by_controller = lists_resolve(h, set->to);
    if (set->by_controller) {
        target->address = bond->identity;
        target->own_type = (uint8_t)(privacy_own_type(h) | BY_RESOLVING_LIST);
        return KITH_OK;
    }
    target->address.type = KITH_ADDRESS_RANDOM;
    return privacy_make_of(h, bond->irk, target->address.octets);
}

kith_status advertise_aim(kith_host *h, host_set *set, host_target *target)
{
    *target = (host_target){.own_type = privacy_undirected_type(h)};
    if (!set->as.directed)
        return KITH_OK;
    if (set->to != 0)
        return aim_at_peer(h, set, target);
    target->address = set->as.to;
    return KITH_OK;
}
