/* Randomness that fails closed.
 *
 * Everything secret is drawn through here.  The port is asked for 16 octets at a time; each block is
 * looked at before any of it is handed out (a small health test, in the manner of SP 800-90B 4.4):
 * all octets the same, or the same block as one of the last eight, and the source counts as broken.
 * It can't tell a good source from one that only looks good.
 *
 * The host keeps one state.  It holds no output: blocks are remembered as 64-bit fingerprints under a
 * key drawn first and never handed out. */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/crypto_port.h"

enum { CRYPTO_RANDOM_RECENT = 8 };

typedef struct {
    uint8_t key[16]; /* of the fingerprints */
    uint64_t recent[CRYPTO_RANDOM_RECENT];
    uint8_t next;  /* where the next fingerprint goes */
    uint8_t count; /* fingerprints kept */
    bool ready;    /* key is drawn */
    bool broken;   /* seen constant or repeating */
} crypto_random_state;

/* Starts, or starts again after a failure: forgets key and fingerprints.  Draws nothing yet.
 * For power on of a host; not to be called just to get past a failure. */
void crypto_random_reset(crypto_random_state *state);

/* Fills out.
 *
 * KITH_ERR_ENTROPY  the source failed, gave a constant block or repeated one; out is zeroed.
 *                   A source that said itself that it failed is asked again next time.  One that was
 *                   caught stays refused until crypto_random_reset.
 * another failure   of port->aes128; out is zeroed */
KITH_MUST_USE kith_status crypto_random(const kith_crypto_port *port, crypto_random_state *state, uint8_t *out,
                                        size_t len);

/* Draws a P-256 private key, most significant octet first as kith_work wants it.  0, anything not
 * below the group order, and the SMP debug private key are drawn again, a few times.
 *
 * KITH_ERR_ENTROPY  as above, or nothing but refused scalars came; out is zeroed */
KITH_MUST_USE kith_status crypto_draw_private_key(const kith_crypto_port *port, crypto_random_state *state,
                                                  uint8_t out[32]);

#endif
