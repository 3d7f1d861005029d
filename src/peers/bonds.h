/* The bonds in memory.  One record for a peer under one identity of ours; the keys leave it only towards the
 * controller.
 *
 * Nothing here believes an address: a record found by one is what the peer claims to be, until the link is
 * encrypted with that record's key.
 *
 * `local` is our identity address on whose behalf somebody looks.  A bond is found under the one it was made under, and
 * under no other: keys that were made with one of our identities never answer for another one. */
#ifndef PEERS_BONDS_H
#define PEERS_BONDS_H

#include "kith/codec/record.h"
#include "kith/crypto_port.h"
#include "kith/security.h"
#include "peers/index.h"
#include "peers/state.h"

/* A bond that was forgotten is nobody's any more, but keeps its slot and ID until the store has destroyed it too. */
typedef enum {
    PEERS_STANDS,
    PEERS_FORGETTING,
    PEERS_FORGET_FAILED,
    PEERS_UNWANTED,       /* its writing failed, so the store may hold it or not: to be removed, and nobody is told */
    PEERS_UNWANTED_FAILED /* that failed, too */
} peers_bond_state;

enum { PEERS_LAST_CLASS = 31 };

typedef struct {
    kith_peer_id id; /* 0: the slot is free */
    kith_address identity;
    kith_address local; /* our identity when it was made */
    uint8_t irk[16];    /* wire order; zeros: none, or the peer has no resolvable addresses */
    uint8_t ltk[16];    /* Secure Connections: of both sides; legacy: the peer's, that we use as central */
    uint8_t my_ltk[16]; /* legacy: ours, that the peer uses as central */
    uint16_t ediv, my_ediv;
    uint16_t pieces[KITH_CHUNK_TYPES]; /* of values beside it that the store has, a bit each; not in its record */
    uint64_t rand, my_rand;
    bool has_ltk, has_my_ltk;
    uint8_t my_csrk[16], peer_csrk[16];
    uint8_t key_size;
    uint8_t level;  /* kith_level */
    uint8_t method; /* kith_method_kind */
    uint8_t key_kind;
    bool initiator; /* we were, when it was made */
    bool numbers_unseen;
    uint8_t peer_class;
    uint8_t state;     /* peers_bond_state; never stored */
    bool record_gone;  /* forgotten: its bond record is removed, what lies beside it not yet; never stored */
    bool with_all;     /* forgotten with all others; never stored */
    bool table_void;   /* its peer's table has changed since the store got it; never stored */
    uint8_t failed[2]; /* kith_status: what the host keeps by itself and could not write; never stored */
    uint8_t untold;    /* of these, a bit each */
    uint32_t made_s;   /* seconds since 1970; 0: not known */
    peers_counters counters;
    peers_use use;
} peers_bond;

/* What a bond is found by (ID, identity, EDIV and Rand, class, state) is changed by the functions below alone. */
typedef struct {
    peers_bond *slots;
    peers_index *index; /* NULL: every search looks at all slots */
    uint32_t capacity;
    uint32_t used;     /* bonds that stand */
    uint32_t occupied; /* slots that no new bond can have */
    uint32_t left;     /* how often a bond ceased to stand */
    uint32_t changes;  /* counts: a bond came, was made anew, or went */
    kith_peer_id last_id;
} peers_bonds;

void peers_init(peers_bonds *bonds, peers_bond *slots, uint32_t capacity);

/* From now on with an index, in memory of peers_index_size() octets; the table is empty.  The key of its hash is drawn
 * for this table, and told to nobody. */
void peers_use_index(peers_bonds *bonds, void *memory, const uint8_t key[16]);

peers_bond *peers_by_id(const peers_bonds *bonds, kith_peer_id id);
peers_bond *peers_by_identity(const peers_bonds *bonds, const kith_address *local, const kith_address *identity);

/* The bond this address on air claims: by identity, or resolved with every IRK.  NULL: none.  With an index an address
 * that was resolved is remembered until a bond changes. */
peers_bond *peers_by_address(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *local,
                             const kith_address *address);
/* The next one, in another order than that of IDs, that made this private address, too: by accident, as one in 2^24
 * fits a key. */
peers_bond *peers_also_by_address(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *local,
                                  const kith_address *address, const peers_bond *but);

/* The legacy bond whose own key is asked for with these: an address does not tell whose.  NULL: none, or several. */
peers_bond *peers_by_ediv(const peers_bonds *bonds, const kith_address *local, uint16_t ediv, uint64_t rand);

/* Is there a key in it with which a link can be encrypted in this role? */
bool peers_has_key(const peers_bond *bond, bool as_central);

/* Another bond than this one (0: any) of this class; NULL: none. */
peers_bond *peers_of_class(const peers_bonds *bonds, uint8_t peer_class, kith_peer_id but);

/* May fresh take the place of old?  Never with a lower level, a shorter key, or legacy for Secure Connections. */
bool peers_is_as_strong(const peers_bond *fresh, const peers_bond *old);

/* The ID that a bond of this identity has or would get. */
kith_peer_id peers_id_for(peers_bonds *bonds, const kith_address *local, const kith_address *identity);

/* Is there a slot for a bond of this identity, if so many free ones are promised to others? */
bool peers_has_room(const peers_bonds *bonds, const kith_address *local, const kith_address *identity,
                    uint32_t promised);

/* Keeps fresh (an id of 0 is given here): in place of the bond with its identities, keeping that peer's ID, its
 * use and the counters of signing keys that stay the same, or in a free slot.  NULL: no room; nothing was changed. */
peers_bond *peers_put(peers_bonds *bonds, const peers_bond *fresh);

/* From the store: in place of the one with this ID.  Of two that have the same identities the one with the higher ID is
 * the newer, in whatever order they come; the other one is unwanted.  false: no room. */
bool peers_load(peers_bonds *bonds, const peers_bond *bond);

/* No ID up to this one is given again soon. */
void peers_know_id(peers_bonds *bonds, kith_peer_id highest);

/* A state record came without its bond: as if that had been forgotten.  Takes a free slot; without one it waits for
 * another start. */
void peers_unwant_state(peers_bonds *bonds, kith_peer_id id);

/* Overwrites all of them. */
void peers_clear(peers_bonds *bonds);

/* Overwrites it. */
void peers_remove(peers_bonds *bonds, peers_bond *bond);

/* Forgetting takes two steps where there is a store: its keys are overwritten and nobody finds it any more; its slot
 * becomes free when the store has destroyed it, too. */
void peers_forget(peers_bonds *bonds, peers_bond *bond);
/* Who is next: with an index who came first, else who has the smallest ID.  NULL: none. */
peers_bond *peers_next_forgetting(const peers_bonds *bonds);
peers_bond *peers_forgotten(const peers_bonds *bonds, kith_peer_id id); /* forgetting, or failed to; NULL */
/* The store may hold a bond of this ID that nobody was told of.  Takes a free slot; without one nothing can be done. */
void peers_unwant(peers_bonds *bonds, kith_peer_id id);
void peers_unwant_again(peers_bonds *bonds); /* the store works once more */
void peers_forget_failed(peers_bonds *bonds, kith_peer_id id);
void peers_drop(peers_bonds *bonds, kith_peer_id id); /* whatever its state; none is fine */

void peers_forget_again(peers_bonds *bonds, peers_bond *bond); /* it had failed */

/* Its counters want a place in the store, or do no more.  The next one that was told so, in the slots after this one
 * (NULL: in all); NULL: none.  Without an index every bond is taken for one. */
void peers_mark(peers_bonds *bonds, const peers_bond *bond, bool wanted);
peers_bond *peers_next_marked(const peers_bonds *bonds, const peers_bond *after);

/* Did the peer give an identity resolving key?  Whose is it (of several, any)?  NULL: nobody's, or it is zeros.  Looks
 * at all of them. */
bool peers_has_irk(const peers_bond *bond);
peers_bond *peers_by_irk(const peers_bonds *bonds, const kith_address *local, const uint8_t irk[16]);

/* Has another bond under that identity of ours the same identity resolving key?  Looks at all of them. */
bool peers_shares_irk(const peers_bonds *bonds, const peers_bond *bond);

/* Did this bond's identity resolving key make the address? */
bool peers_resolves(const peers_bond *bond, const kith_crypto_port *crypto, const kith_address *address);

/* How many bonds were made under this identity of ours.  Looks at all of them. */
uint32_t peers_count_under(const peers_bonds *bonds, const kith_address *local);

/* The bond with the smallest ID above after; NULL: none. */
peers_bond *peers_after(const peers_bonds *bonds, kith_peer_id after);

#endif
