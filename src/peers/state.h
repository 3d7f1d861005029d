/* What changes often beside a bond, in memory: how the peer is used, and the counters of signed data.  They are kept in
 * the state record, so that keys are written when there are new ones and not before.  docs/bond-format.md.
 *
 * A counter belongs to a key.  The record names the key by a check value, so that what is left of an earlier bond is
 * not taken for this one's. */
#ifndef PEERS_STATE_H
#define PEERS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "kith/codec/record.h"
#include "kith/crypto_port.h"

/* In memory, beside the keys.  A counter of ours is used only below what is reserved, and what the peer signed is
 * delivered only when its counter is kept: "wanted" is what the store shall have, and may be ahead. */
typedef struct {
    uint32_t my_check, peer_check; /* peers_key_check() of the two keys, once a record was wanted */
    uint32_t my_next;              /* the first that was not used */
    uint32_t my_reserved;          /* the first that may not be used yet */
    uint32_t my_wanted;
    uint32_t peer_last; /* the highest that was accepted; nothing unless peer_signed */
    uint32_t peer_wanted;
    bool peer_signed;
    bool peer_is_wanted; /* peer_wanted is on its way to the store */
    bool failed;         /* a block could not be reserved */
    bool in_store;       /* there may be a state record */
    bool leave_alone;    /* it holds more than this host keeps, and is not written anew */
} peers_counters;

/* All values are used, or may have been: nothing is signed and nothing believed any more. */
void peers_close_counters(peers_counters *counters);

/* What is known of a peer's use.  Not its keys': it stays when the bond is made anew. */
typedef struct {
    uint32_t rank;                    /* 0: none; the larger, the rather it is kept */
    uint32_t last_use;                /* 0: never; a larger one was later */
    uint8_t resolution, private_only; /* KITH_STATE_* */
    bool pinned;
    bool is_wanted;  /* the store shall have it as it is now */
    bool is_unsaved; /* it failed to write it; the next change tries again */
} peers_use;

void peers_fill_use(const peers_use *use, kith_state_record *state);
void peers_take_use(peers_use *use, const kith_state_record *state);        /* the store has it so */
bool peers_is_use_of(const kith_state_record *state, const peers_use *use); /* is it what this says? */

/* Does a record tell what its peer is as a client of ours?  A host that has no place for that must not write it anew.
 */
bool peers_tells_of_client(const kith_state_record *state);

/* Tells keys from each other without telling them: 32 bits of a CMAC that no signature is. */
KITH_MUST_USE kith_status peers_key_check(const kith_crypto_port *crypto, const uint8_t csrk[16], uint32_t *out);

#endif
