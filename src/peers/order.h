/* The slots of an index in order of their IDs: a digital search tree.  A node at depth n shares its first n bits with
 * all below it, so there are never more than 33 on a path, and nothing is ever balanced.  Knuth, vol. 3, 6.3. */
#ifndef PEERS_ORDER_H
#define PEERS_ORDER_H

#include "peers/bonds.h"

/* The IDs are those in the slots; no two are the same. */
void peers_order_add(peers_index *x, uint32_t slot, kith_peer_id id);
void peers_order_remove(peers_index *x, uint32_t slot, kith_peer_id id);

/* The slot with the smallest ID above after. */
uint32_t peers_order_after(const peers_index *x, const peers_bond *slots, kith_peer_id after);

#endif
