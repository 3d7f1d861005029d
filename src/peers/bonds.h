/* The bonds in memory.  One record per peer; the keys leave it only towards the controller.
 *
 * Nothing here believes an address: a record found by one is what the peer claims to be, until the link is
 * encrypted with that record's key. */
#ifndef PEERS_BONDS_H
#define PEERS_BONDS_H

#include "kith/security.h"

typedef struct {
    kith_peer_id id; /* 0: the slot is free */
    kith_address identity;
    uint8_t irk[16]; /* wire order; zeros: none, or the peer has no resolvable addresses */
    uint8_t ltk[16];
    uint8_t my_csrk[16], peer_csrk[16];
    uint8_t key_size;
    uint8_t level;  /* kith_level */
    uint8_t method; /* kith_method_kind */
    uint8_t key_kind;
    bool initiator; /* we were, when it was made */
} peers_bond;

typedef struct {
    peers_bond *slots;
    uint16_t capacity;
    uint16_t used;
    kith_peer_id last_id;
} peers_bonds;

void peers_init(peers_bonds *bonds, peers_bond *slots, uint16_t capacity);

peers_bond *peers_by_id(const peers_bonds *bonds, kith_peer_id id);
peers_bond *peers_by_identity(const peers_bonds *bonds, const kith_address *identity);

/* The bond this address on air claims: by identity, or resolved with every IRK.  NULL: none. */
peers_bond *peers_by_address(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *address);

/* May fresh take the place of old?  Never with a lower level, a shorter key, or legacy for Secure Connections. */
bool peers_is_as_strong(const peers_bond *fresh, const peers_bond *old);

/* Stores fresh (its id is given here): in place of the bond with its identity, keeping that peer's ID, or in a
 * free slot.  NULL: no room; nothing was changed. */
peers_bond *peers_put(peers_bonds *bonds, const peers_bond *fresh);

/* Overwrites it. */
void peers_remove(peers_bonds *bonds, peers_bond *bond);

/* The bond with the smallest ID above after; NULL: none. */
peers_bond *peers_after(const peers_bonds *bonds, kith_peer_id after);

#endif
