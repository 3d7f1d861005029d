/* The crypto port on PSA Crypto (mbedTLS).  Link: -lkith-crypto-psa -lmbedcrypto
 *
 * PSA has 32 key slots for the whole process and no locks: run its work items on the host's own thread.
 * Every call imports, uses and destroys its key, so no slot stays taken between calls (but see the opaque port). */
#ifndef KITH_PORT_PSA_H
#define KITH_PORT_PSA_H

#include "kith/crypto_port.h"

/* Fills port; its context is NULL and its randomness psa_generate_random's.  A simulation overwrites
 * port->random (and port->context) afterwards: no other call of this backend uses the context.
 * KITH_ERR_CRYPTO: psa_crypto_init failed. */
KITH_MUST_USE kith_status kith_psa_port(kith_crypto_port *port);

/* The same, and P-256 private keys are made and kept in PSA: volatile keys that cannot be exported, one slot for each
 * while it is alive (kith/crypto_port.h says how many).  p256_public_key answers KITH_ERR_UNSUPPORTED: nobody has
 * scalars.  Keys come from PSA's own generator: a seeded port->random does not make them the same again. */
KITH_MUST_USE kith_status kith_psa_opaque_port(kith_crypto_port *port);

#endif
