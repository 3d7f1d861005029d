/* The crypto port on OpenSSL 3 (EVP).  Link: -lkith-crypto-openssl -lcrypto */
#ifndef KITH_PORT_OPENSSL_H
#define KITH_PORT_OPENSSL_H

#include "kith/crypto_port.h"

/* Fills port; its context is NULL and its randomness the operating system's.  p256_* calls may run on
 * any thread.  A simulation overwrites port->random (and port->context) afterwards with a seeded one:
 * no other call of this backend uses the context.
 * KITH_ERR_CRYPTO: the library has no AES or no P-256 here. */
KITH_MUST_USE kith_status kith_openssl_port(kith_crypto_port *port);

/* What is made once for all AES blocks; the program's. */
typedef struct {
    void *cipher, *aes; /* this backend's own */
} kith_openssl_kept;

/* The same port, for who has private addresses resolved with many keys: its aes128 allocates nothing and takes about
 * half the time.  Its context is kept, which must outlive the port and stay where it is; of several hosts with one kept
 * all are called by the same thread.  After each block the key in it is overwritten.
 * KITH_ERR_CRYPTO: as above, or memory is short; nothing is kept then. */
KITH_MUST_USE kith_status kith_openssl_port_keeping(kith_crypto_port *port, kith_openssl_kept *kept);
void kith_openssl_release(kith_openssl_kept *kept); /* the port is not used any more */

#endif
