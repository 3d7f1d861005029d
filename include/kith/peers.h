/* Peers: who is bonded, what is kept of each, and who is kept when room is short.
 *
 * A peer is named by an ID: opaque, the same after a restart, not given again soon after its end.  An address, whatever
 * it resolves to, is a claim; what a claim is worth is said in kith/event.h.
 *
 * Owner: what these calls are given is copied, unless said. */
#ifndef KITH_PEERS_H
#define KITH_PEERS_H

#include "kith/codec/record.h"
#include "kith/event.h"

struct kith_host;

/* ---- bonds ---- */

/* One bond, without its keys. */
typedef struct {
    kith_peer_id peer;
    kith_address identity;
    bool has_irk;
    kith_level level;
    kith_method_kind method;
    kith_key_kind key_kind;
    uint8_t key_size;
    bool we_were_initiator;
    bool numbers_unseen; /* compared by nobody: KITH_NUMBERS_UNSEEN */
    uint8_t peer_class;  /* given when it was made; 0: none */
    kith_address local;  /* our own identity when it was made */
    uint64_t made_s;     /* when: seconds since 1970, as kith_host_set_calendar() told; 0: not known */
} kith_bond_info;

/* The bond after this one in order of peer IDs, starting with 0.  All of them take time in proportion to their number.
 * KITH_ERR_NOT_FOUND: no more. */
KITH_MUST_USE kith_status kith_bonds_next(const struct kith_host *h, kith_peer_id after, kith_bond_info *out);
/* The bond of this peer.  KITH_ERR_NOT_FOUND: none. */
KITH_MUST_USE kith_status kith_bonds_get(const struct kith_host *h, kith_peer_id peer, kith_bond_info *out);

/* A peer of this class; of several, any.  KITH_ERR_NOT_FOUND: none. */
KITH_MUST_USE kith_status kith_bonds_of_class(const struct kith_host *h, uint8_t peer_class, kith_peer_id *out);
uint32_t kith_bonds_count(const struct kith_host *h);

/* The bond an address on air claims: an identity address, or a private address that one of the identity resolving keys
 * made, if no other bond has that key.  One AES block for each key that is tried; of more than KITH_BONDS_SCANNED bonds
 * the answers for lately asked private addresses are remembered until a bond changes.
 * KITH_ERR_NOT_FOUND: none.  Vol 3 Part C 10.8.2.3. */
KITH_MUST_USE kith_status kith_bonds_of_address(const struct kith_host *h, const kith_address *address,
                                                kith_peer_id *out);

/* The legacy bond, of the identity of ours that is selected, whose key a central names by EDIV and Rand when it starts
 * encryption: a claim, as they are said in plain.  KITH_ERR_NOT_FOUND: none, or several.  Vol 3 Part H 2.4.2.2. */
KITH_MUST_USE kith_status kith_bonds_of_ediv(const struct kith_host *h, uint16_t ediv, uint64_t rand,
                                             kith_peer_id *out);

/* Forgets a peer: its keys are overwritten.  A link encrypted with them is disconnected, and one on which that peer, or
 * somebody under its address, is pairing: no bond comes of it any more.  Ends in FORGOTTEN, which
 * says whether the store has destroyed them too; until it has, this may be called again.
 * KITH_ERR_NOT_FOUND: no such bond; KITH_ERR_FULL: events must be taken first; KITH_ERR_BUSY: a newer bond with this
 * peer, or this forgetting, is being written, or the store is not loaded: wait for its end.  With an error nothing was
 * changed. */
KITH_MUST_USE kith_status kith_bonds_forget(struct kith_host *h, kith_peer_id peer);

enum { KITH_DERIVE_LABEL_MAX = 64 };

/* A key of the program's own that is bound to a bond, without showing the long term key: for an application's own
 * sealing, a login, a second channel.  The same on both sides, as long as both hold the same bond; another one after
 * they paired anew, and none once the bond is forgotten.  As strong as the bond: look at level and key_size of its
 * info.
 *
 *   label       what the key is for, 1 to KITH_DERIVE_LABEL_MAX octets, any of them; both sides must use the same.
 *               Different labels give keys that tell nothing about each other
 *   out         most significant octet first, as AES-CMAC gives it; zeros with every error
 *
 * Key derivation in two steps (NIST SP 800-56C 5, SP 800-108 4.1), with AES-CMAC; all values most significant octet
 * first:
 *   K   = AES-CMAC("Kith bond derive", LTK)            the salt is the key, as in the Security Manager's h7
 *   out = AES-CMAC(K, 00000001 || label || 00 || 00000080)
 * No key of the Security Manager is made with this salt, so out is none of them (LTK, link key, IRK, session keys), and
 * does not tell them.
 *
 * KITH_ERR_VALUE        label is NULL, empty or too long
 * KITH_ERR_NOT_FOUND    no such bond, or it is forgotten
 * KITH_ERR_BUSY         the store is not loaded, or this bond is being written: the peer may have the new key already;
 *                       wait for BONDED or BOND_FAILED
 * KITH_ERR_UNSUPPORTED  a bond of legacy pairing: each side gave a key of its own, so there is none that both agree on,
 *                       and whoever overheard the pairing may have both
 * another               the crypto port failed */
KITH_MUST_USE kith_status kith_bonds_derive(const struct kith_host *h, kith_peer_id peer, const void *label,
                                            size_t label_len, uint8_t out[16]);

/* The keys of a bond.  Not in the library: the caller links kith-export, and says so by it.
 * Octets in wire order.  KITH_ERR_NOT_FOUND: no such bond. */
typedef struct {
    uint8_t ltk[16];    /* Secure Connections: of both sides; legacy: the peer's, used where we are central */
    uint8_t my_ltk[16]; /* legacy: ours, used where the peer is central; zeros: none */
    uint8_t ediv[2], my_ediv[2], rand[8], my_rand[8]; /* what names these two on air */
    uint8_t irk[16];                                  /* zeros: none */
    uint8_t my_csrk[16], peer_csrk[16];
    uint8_t key_size;
} kith_bond_keys;
KITH_MUST_USE kith_status kith_bonds_export(const struct kith_host *h, kith_peer_id peer, kith_bond_keys *out);

/* ---- who is on a link ---- */

typedef struct {
    kith_peer_id claimed; /* the bond that the address would belong to, or whose key was asked for; 0: none */
    kith_peer_id proven;  /* the bond whose key encrypts the link; 0: none, or it is being forgotten */
    kith_address address; /* on air */
    kith_address local;   /* our identity that it is connected to */
} kith_peer_on_link;

/* KITH_ERR_NOT_FOUND: no such link. */
KITH_MUST_USE kith_status kith_peers_on_link(const struct kith_host *h, kith_link link, kith_peer_on_link *out);

/* The link on which this peer is proven; 0: none. */
kith_link kith_peers_link_of(const struct kith_host *h, kith_peer_id peer);

/* ---- which peers ---- */

/* What it said of itself. */
typedef enum {
    KITH_RESOLUTION_UNKNOWN, /* not read yet */
    KITH_RESOLUTION_NO,      /* not there, or it says no */
    KITH_RESOLUTION_YES
} kith_resolution;

/* What is kept of a peer beside its bond; it stays when the bond is made anew.  The last use is one more than the
 * largest of all peers whenever a link becomes proven to be this one's, unless it is the largest already, alone.  It is
 * in the store a little later, as long as there is room that no bond is promised. */
typedef struct {
    uint32_t rank;                /* 0: none; the larger, the rather it is kept */
    uint32_t last_use;            /* 0: never; a larger one was later.  A count, not a time */
    bool pinned;                  /* never forgotten to make room */
    kith_resolution resolution;   /* its Central Address Resolution: Vol 3 Part C 12.4 */
    kith_resolution private_only; /* its Resolvable Private Address Only: 12.5.  Where it says so the controller does
                                     not hear its identity address any more (network privacy, kith/lists.h) */
    kith_link link;               /* on which it is proven; 0: none */
} kith_peer_info;

/* KITH_ERR_NOT_FOUND: no such peer. */
KITH_MUST_USE kith_status kith_peers_get(const struct kith_host *h, kith_peer_id peer, kith_peer_info *out);

/* What a peer must have to be meant; zeros and NULL: anything. */
typedef struct {
    bool has_irk;                 /* it gave an identity resolving key */
    bool resolves;                /* its resolution is KITH_RESOLUTION_YES */
    bool connected;               /* it is proven on a link */
    kith_level level;             /* its bond's, at least; 0: any */
    uint32_t classes;             /* bit n: of class n (bit 0: of none); 0: of any */
    const kith_address *identity; /* this one */
    const kith_address *local;    /* bonds of this identity of ours */
} kith_peers_filter;

/* The peer after this one in order of IDs, starting with 0, that the filter (NULL: anybody) means.
 * KITH_ERR_NOT_FOUND: no more. */
KITH_MUST_USE kith_status kith_peers_next(const struct kith_host *h, const kith_peers_filter *filter,
                                          kith_peer_id after, kith_peer_id *out);

/* All of them, in order of IDs.  *count: how many there are, also with KITH_ERR_FULL: more than cap; the first cap are
 * there then. */
KITH_MUST_USE kith_status kith_peers_list(const struct kith_host *h, const kith_peers_filter *filter,
                                          kith_peer_id *peers, uint32_t cap, uint32_t *count);

/* ---- operations ----
 *
 * What takes the store is asked for by a call and ends once, in KITH_EVENT_PEER_DATA with the token that the call gave:
 * never 0, and never that of another operation since the host was made (of the last 2^32 of them).  They are done in
 * the order of the calls.  Where no store outlives the program they end at once: the event is there when the call
 * returns. Each owns the event of its end.  A factory reset ends all of them with the call; a controller that is lost
 * ends none.
 *
 * Errors of all of them; nothing was changed then, and there is no event:
 * KITH_ERR_NOT_FOUND  no such peer (or it is being forgotten)
 * KITH_ERR_BUSY       the store is not loaded
 * KITH_ERR_FULL       limits.data of them are under way, or events must be taken first
 * Ends, in .status: KITH_OK; KITH_ERR_NOT_FOUND: the peer was forgotten meanwhile, or there is nothing to be loaded;
 * KITH_ERR_UNSUPPORTED: its rank, pin and what it said of itself lie in a record with subscriptions, which a host
 * without limits.subscriptions does not write anew; KITH_ERR_FULL: no room in the store, beside what bonds and their
 * states may want; KITH_ERR_STORAGE, KITH_ERR_DAMAGED, KITH_ERR_NEWER: as kith/store.h; KITH_ERR_STATE: its work item
 * was given back without having been run.  After each of them what was there is there, and nothing is tried again by
 * itself. */

/* Makes a peer of bonding data that came from elsewhere: another store, a factory.  bond->peer is not looked at;
 * bond->local must be one of our identities.  The level is believed: who calls vouches for it; it counts as it does
 * after a restart (kith_security.before_core_6_2).  *peer: its ID, from when the event says KITH_OK.  One is added at a
 * time.
 * Besides: KITH_ERR_VALUE: it does not encode (kith/codec/record.h), its identity is blocked, or local is not ours;
 * KITH_ERR_EXISTS: a peer of that identity, with the same identity resolving key, or of the same exclusive class, is
 * there, or is being made: *peer is it, and nothing was changed; KITH_ERR_BUSY: another one is being added, or a peer
 * of that identity is pairing; KITH_ERR_FULL: no room for another bond, too.  *peer is 0 with all but EXISTS. */
KITH_MUST_USE kith_status kith_peers_add(struct kith_host *h, const kith_bond_record *bond, kith_peer_id *peer,
                                         kith_token *token);

/* Stores a value beside the bond, in the place of what was there, as a whole or not at all, whenever the power goes.
 * value is lent until the event and must stay as it is.  Should it change all the same, what is kept is the value as it
 * was when its first octets were written; or it ends with KITH_ERR_VALUE, and what was there is there.  It ends so too
 * where the store takes no record that long (kith_store_state.largest).
 *   what   KITH_PEER_APPLICATION: the program's own, which the host does not look at.  KITH_PEER_DATABASE: what the
 *          program knows of the peer's attributes; not with limits.cache, where the host keeps that itself
 * It stays when the bond is made anew, and goes with the peer.  A value that a later version wrote is not written over:
 * KITH_ERR_NEWER; kith_peers_delete() removes it.
 * Besides: KITH_ERR_VALUE: what, or len is above KITH_PEER_DATA_MAX; KITH_ERR_STATE: the host keeps that itself;
 * KITH_ERR_UNSUPPORTED, as an end: no store outlives the program, and the host has no memory for values.
 * The bond itself is stored by pairing alone. */
KITH_MUST_USE kith_status kith_peers_store(struct kith_host *h, kith_peer_id peer, kith_peer_data what,
                                           const void *value, uint16_t len, kith_token *token);

/* Loads it.  buffer is lent until the event, whose .len is the value's length; with KITH_ERR_FULL it is above cap, and
 * the first cap octets are there.  With every other error .len is 0, and the buffer is zeroed.  KITH_ERR_DAMAGED: there
 * was a value, and it is not sound any more; where an earlier one is still whole, that one is loaded.
 * Besides: KITH_ERR_VALUE: what. */
KITH_MUST_USE kith_status kith_peers_load(struct kith_host *h, kith_peer_id peer, kith_peer_data what, void *buffer,
                                          uint16_t cap, kith_token *token);

/* Deletes it; what is not there ends with KITH_OK and .changed false.  A bond is never deleted alone: KITH_ERR_VALUE.
 * Its octets in the store are destroyed as those of a bond are, and those of earlier values with it.  With an error
 * some of it may be left, and it may be asked for again. */
KITH_MUST_USE kith_status kith_peers_delete(struct kith_host *h, kith_peer_id peer, kith_peer_data what,
                                            kith_token *token);

/* Gives it a rank: of two peers the one with the larger rank is kept rather.  0: none. */
KITH_MUST_USE kith_status kith_peers_set_rank(struct kith_host *h, kith_peer_id peer, uint32_t rank, kith_token *token);
/* One more than the highest, when it is its turn; the event says .changed false where it is the highest already, alone.
 * Besides, and as its end: KITH_ERR_USED_UP: the highest is 2^32 - 1. */
KITH_MUST_USE kith_status kith_peers_rank_highest(struct kith_host *h, kith_peer_id peer, kith_token *token);

typedef struct {
    kith_peer_id highest, lowest; /* of those of one rank the one used last, and the one not used for longest; of those
                                     used alike the one with the larger ID is the higher */
    uint32_t highest_rank, lowest_rank;
} kith_peer_ranks;
/* Looks at all of them.  KITH_ERR_NOT_FOUND: no peer. */
KITH_MUST_USE kith_status kith_peers_ranks(const struct kith_host *h, kith_peer_ranks *out);

/* Pinned peers are never forgotten to make room. */
KITH_MUST_USE kith_status kith_peers_pin(struct kith_host *h, kith_peer_id peer, bool pinned, kith_token *token);

/* Reads the peer's Central Address Resolution (0x2aa6) and its Resolvable Private Address Only (0x2ac9) on the link on
 * which it is proven, and keeps both answers; what is not there, or not so, is KITH_RESOLUTION_NO.  It is one client
 * operation, of two requests: one more in line (kith/gatt_client.h), without an event of its own but PEER_DATA.  Later
 * operations on peers do not wait for the answer.
 * Besides: KITH_ERR_STATE: not proven on a link, and as its end: that link ended, or the peer did not answer;
 * KITH_ERR_BUSY: the line is full. */
KITH_MUST_USE kith_status kith_peers_ask_resolution(struct kith_host *h, kith_peer_id peer, kith_token *token);

/* Forgets every peer; links as in kith_bonds_forget().  FORGOTTEN comes for each of them, in order of IDs, then
 * FORGOTTEN_ALL, once, with the first failure; without a peer FORGOTTEN_ALL alone.  Whose forgetting failed before is
 * tried once more with them.  A factory reset tells RESET instead.  Who is being paired with is not meant.
 * KITH_ERR_BUSY: one is under way, or the store is not loaded, or a bond is being written; KITH_ERR_FULL: events must
 * be taken first. With an error nothing was changed. */
KITH_MUST_USE kith_status kith_peers_forget_all(struct kith_host *h);

/* ---- room ----
 *
 * With security.when_full KITH_FULL_ASK a full table does not refuse a newcomer where somebody may go for it.  When it
 * is proven, and only then, ROOM_WANTED asks, and this answers: `go` is forgotten once the newcomer's bond is durable
 * (FORGOTTEN, then BONDED).  0: nobody; the newcomer's bond is not kept (BOND_FAILED), its link is.
 * Should it prove itself on a link until then it stays, and nobody else goes: BOND_FAILED.
 * Who may go: kith_peers_may_go().  Never one of a higher level than the newcomer, nor a connected, pinned or only one;
 * one in each pairing window.
 *
 * When the power goes between the two writes there is one bond too many at the next start; then the one that may go and
 * was not used for longest is forgotten, or the newcomer, if nobody may go.
 *
 * KITH_ERR_STATE: nothing was asked on this link (any more); KITH_ERR_NOT_FOUND: no such link or peer; KITH_ERR_VALUE:
 * that one may not go, or one goes in this window already; KITH_ERR_FULL: events must be taken first.  With an error
 * nothing was changed. */
KITH_MUST_USE kith_status kith_peers_make_room(struct kith_host *h, kith_link link, kith_peer_id go);

/* May this one go for a newcomer of that level? */
bool kith_peers_may_go(const struct kith_host *h, kith_peer_id peer, kith_level newcomer);

#endif
