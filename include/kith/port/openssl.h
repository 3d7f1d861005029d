/* The crypto port on OpenSSL 3 (EVP).  Link: -lkith-crypto-openssl -lcrypto */
#ifndef KITH_PORT_OPENSSL_H
#define KITH_PORT_OPENSSL_H

#include "kith/crypto_port.h"

/* Fills port; its context is NULL and its randomness the operating system's.  p256_* calls may run on
 * any thread.  A simulation overwrites port->random (and port->context) afterwards with a seeded one:
 * no other call of this backend uses the context.
 * KITH_ERR_CRYPTO: the library has no AES or no P-256 here. */
KITH_MUST_USE kith_status kith_openssl_port(kith_crypto_port *port);

#endif
