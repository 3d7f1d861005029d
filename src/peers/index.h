/* What makes a table of many bonds quick: chains by hash, rings of slots that are in one state, an order by ID, sets of
 * slots, and private addresses that were lately resolved.  It knows slots by their numbers and holds no key of a bond.
 *
 * Peers choose their addresses, so they could choose them for long chains: the hash is SipHash-2-4 under a key that
 * nobody else knows.  The order is a digital search tree: 33 steps at most, in whatever order IDs come.  Removing
 * leaves nothing behind.
 *
 * A table of at most KITH_BONDS_SCANNED slots has none of it: looking at all of them is as quick. */
#ifndef PEERS_INDEX_H
#define PEERS_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/address.h"

#define PEERS_NO_SLOT UINT32_MAX

typedef enum { PEERS_BY_ID, PEERS_BY_IDENTITY, PEERS_BY_EDIV, PEERS_CHAINS } peers_chain;

/* Every slot is in one ring: that of its class from 0 to 31 if a bond stands in it. */
enum { PEERS_FREE = 32, PEERS_TO_FORGET, PEERS_STUCK, PEERS_AT_REST, PEERS_RINGS };

typedef enum { PEERS_WITH_IRK, PEERS_TO_WRITE, PEERS_SETS } peers_set;

enum { PEERS_RESOLVED_WAYS = 4, PEERS_SLOTS_PER_WAY = 16 }; /* one address is remembered for every four slots */
enum { PEERS_LOCALS = 8 };                                  /* identities of ours that it is remembered for */

/* What a chain is looked up by. */
typedef struct {
    uint64_t a, b;
} peers_key;

typedef struct {
    uint32_t next[PEERS_CHAINS];
} peers_links;

/* In the order by ID. */
typedef struct {
    uint32_t lower, higher;
} peers_branches;

typedef struct {
    uint32_t next, previous;
} peers_ring;

typedef struct {
    uint8_t octets[6];
    uint8_t local; /* one more than its place in peers_index.locals; 0: nothing is here */
    uint32_t slot; /* PEERS_NO_SLOT: nobody's */
} peers_resolved;

typedef struct {
    uint64_t hash_key[2];
    uint32_t capacity;
    uint32_t root;   /* of the order by ID */
    uint32_t *heads; /* PEERS_CHAINS times capacity */
    peers_links *links;
    peers_branches *branches;
    peers_ring *rings; /* one for each slot, then the rings themselves */
    uint32_t *sets;
    peers_resolved *resolved;
    bool has_resolved; /* since it was last forgotten */
    uint8_t local_count;
    kith_address locals[PEERS_LOCALS];
} peers_index;

/* Octets for so many slots; 0: no index. */
size_t peers_index_size(uint32_t capacity);

/* In memory of that size, 8-octet aligned.  All slots are free. */
peers_index *peers_index_init(void *memory, uint32_t capacity, const uint8_t key[16]);
void peers_index_clear(peers_index *x); /* the key stays */

uint64_t peers_hash(const uint64_t key[2], const peers_key *what); /* SipHash-2-4 of a and b, both little-endian */

/* A chain: slots that may be those of the key, and few others. */
uint32_t peers_chain_first(const peers_index *x, peers_chain chain, const peers_key *key);
uint32_t peers_chain_next(const peers_index *x, peers_chain chain, uint32_t slot);
void peers_chain_add(peers_index *x, peers_chain chain, const peers_key *key, uint32_t slot);
void peers_chain_remove(peers_index *x, peers_chain chain, const peers_key *key, uint32_t slot);

/* A ring: who came first is first.  Entering one leaves the other. */
uint32_t peers_ring_first(const peers_index *x, unsigned ring);
uint32_t peers_ring_next(const peers_index *x, unsigned ring, uint32_t slot);
void peers_ring_enter(peers_index *x, unsigned ring, uint32_t slot);

/* A set, from low slots to high. */
uint32_t peers_set_next(const peers_index *x, peers_set set, uint32_t from);
void peers_set_put(peers_index *x, peers_set set, uint32_t slot, bool in);

/* What is known of this address under this identity of ours; false: nothing.  What changes a bond forgets all. */
bool peers_recall(peers_index *x, const kith_address *local, const kith_address *address, uint32_t *slot);
void peers_remember(peers_index *x, const kith_address *local, const kith_address *address, uint32_t slot);
void peers_forget_resolved(peers_index *x);

#endif
