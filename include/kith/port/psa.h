/* The crypto port on PSA Crypto (mbedTLS).  Link: -lkith-crypto-psa -lmbedcrypto
 *
 * PSA has 32 key slots for the whole process and no locks: run its work items on the host's own thread.
 * Every call imports, uses and destroys its key, so no slot stays taken between calls. */
#ifndef KITH_PORT_PSA_H
#define KITH_PORT_PSA_H

#include "kith/crypto_port.h"

/* Fills port; its context is NULL and its randomness psa_generate_random's.  A simulation overwrites
 * port->random (and port->context) afterwards: no other call of this backend uses the context.
 * KITH_ERR_CRYPTO: psa_crypto_init failed. */
KITH_MUST_USE kith_status kith_psa_port(kith_crypto_port *port);

#endif
