/* Rank on use: who was here last has the highest rank, and goes last when room is short.
 *
 *   static kith_rank_on_use ranks;
 *   static kith_policy_link links[4];           as many as limits.links
 *
 *   kith_rank_on_use_init(&ranks, links, 4);
 *   if (kith_listeners_add(&all, &ranks.listener) != KITH_OK)
 *       ...
 *
 * A peer gets it when it proves itself and when it bonds: once on each link, and no claim is enough.  That costs one
 * write to the store for each use, and none for who is the highest already, such as the only phone of a device; the end
 * is PEER_DATA, as with each call of kith_peers_rank_highest().  Without this policy the host counts uses by itself
 * (last_use), and ranks are what the program gives.
 *
 * limits.data must be 1 at least.  A call that finds no room is repeated after a while, and given up with its link.
 * Owner: the caller.  At most 56 octets, and 24 for each link. */
#ifndef KITH_POLICY_RANK_ON_USE_H
#define KITH_POLICY_RANK_ON_USE_H

#include "kith/listener.h"
#include "kith/policy/link.h"

typedef struct {
    kith_listener listener;
    kith_policy_links links;
    kith_status last; /* what the last call said that came to nothing; KITH_OK: none did */
} kith_rank_on_use;

void kith_rank_on_use_init(kith_rank_on_use *policy, kith_policy_link *links, uint8_t count);

#endif
