/* AES-CMAC (RFC 4493) of a message that comes in pieces, over port->aes128 alone.
 *
 * Everything most significant octet first, as the RFC prints it.  A failure of the port is kept and
 * told by crypto_cmac_finish.  The state holds the key: finish wipes it, so always call finish. */
#ifndef CRYPTO_CMAC_H
#define CRYPTO_CMAC_H

#include <stddef.h>
#include <stdint.h>

#include "kith/crypto_port.h"

typedef struct {
    const kith_crypto_port *port;
    uint8_t key[16];
    uint8_t chain[16];
    uint8_t block[16]; /* not yet in the chain: the last block is treated apart */
    size_t used;       /* octets in block */
    kith_status status;
} crypto_cmac_state;

void crypto_cmac_start(crypto_cmac_state *s, const kith_crypto_port *port, const uint8_t key[16]);

/* piece may be NULL when len is 0. */
void crypto_cmac_add(crypto_cmac_state *s, const uint8_t *piece, size_t len);

/* Writes the tag and wipes the state.  On the port's failure out is zeroed. */
KITH_MUST_USE kith_status crypto_cmac_finish(crypto_cmac_state *s, uint8_t out[16]);

#endif
