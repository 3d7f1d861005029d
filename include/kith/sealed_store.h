/* A sealed store: a store around any other, whose records are encrypted and authenticated with a key of this device.
 *
 * Whoever reads the medium learns no keys; whoever writes to it can destroy, and cannot make a record, change one, or
 * move one to another id, another store or another device.  Where the crypto port has a monotonic counter he cannot
 * bring back an earlier state either; without one that is not seen.  Every octet, and what sealing cannot do:
 * docs/sealing.md.
 *
 * What is not authentic is counted as damaged, and handed out as removed, as a damaged record of any store is.
 *
 * Threads: operations use the crypto port (random, aes128, ccm_*, device_key, counter_*) on the thread that runs them.
 * Where work items run on another thread than the host, give the sealed store a crypto port of its own, whose context
 * no other shares.  kith_openssl_port() keeps nothing between calls, so a second one is enough; PSA has no locks, so
 * its work items belong on the host's thread. */
#ifndef KITH_SEALED_STORE_H
#define KITH_SEALED_STORE_H

#include "kith/crypto_port.h"
#include "kith/store.h"

typedef struct {
    const kith_store *inner;        /* keeps up to KITH_STORED_MAX octets a record; nobody else uses it */
    const kith_crypto_port *crypto; /* with device_key; counter_* where there is a counter */
    uint16_t generation;            /* of the key that records are sealed with from now on */
} kith_sealed_config;

/* The caller's memory for one store; its fields are the store's own.  It holds no key that opens a record. */
typedef struct {
    kith_sealed_config config;
    kith_store_state inner; /* what the inner store said last */
    uint32_t damaged;       /* records that stand and are not authentic, when it was opened */
    uint64_t counter;       /* the port's */
    uint8_t identity[16];   /* of this store */
    uint8_t digest_key[16];
    uint8_t digest[16]; /* of all that stands; where there is a counter */
    bool is_open;
} kith_sealed_store;

/* Makes *out a sealed store around config->inner.  Nothing is read yet.  Owner: the caller, of all that is named, for
 * as long as *out is used; *config itself is copied.
 *
 * Its operations answer, besides what every store answers (kith/store.h), each leaving everything as it is:
 * KITH_ERR_NO_KEY       the port has not the device key of config->generation, or of a record that stands
 * KITH_ERR_UNSEALED     there are plain records, or kith_sealed_store_convert() was cut short: call it
 * KITH_ERR_ROLLED_BACK  with a counter: what is there is not what was stored last, whole or in part, or an empty store
 *                       under a counter that has counted: kith_sealed_store_accept(), or erase
 * KITH_ERR_DAMAGED      nothing can be opened any more (what the store knows of itself is gone), or with a counter:
 *                       records are damaged, so it cannot be known whether it is what was stored last
 * KITH_ERR_NEWER        a later version sealed it
 * KITH_ERR_UNSUPPORTED  it was sealed with a counter, and this port has none
 * KITH_ERR_ENTROPY      the random source failed
 * Another failure of the port is handed on.  A record of a host that is opened plain, without the sealed store, is
 * KITH_ERR_NEWER to that host, and stays as it is.
 *
 * erase works in each of these cases, if the inner store has it and the port the key of config->generation.  Room is
 * told for sealed records; a counter takes one of them.
 *
 * KITH_ERR_VALUE: no inner store, no port, a port without device_key, or with half a counter. */
KITH_MUST_USE kith_status kith_sealed_store_init(kith_sealed_store *s, const kith_sealed_config *config,
                                                 kith_store *out);

/* The three calls below are operations as those of *out are: at a time when no other is under way, so before the host
 * is started.  state may be NULL. */

/* Seals what is plain: for the update that brings sealing.  What is there is believed as it is, so call it that once
 * and not whenever a store is found to be plain.  Each record stands in one form or the other whenever the power goes;
 * called again it goes on.  In the end no plain octets of records that stand are left, those of their earlier versions
 * included.  Of a sealed store: the same as open.
 * KITH_ERR_FULL: sealing takes more room than there is; nothing was changed. */
KITH_MUST_USE kith_status kith_sealed_store_convert(kith_sealed_store *s, kith_store_state *state);

/* Seals everything with the key of another generation.  KITH_OK: from now on that key alone is needed, and to destroy
 * the earlier one makes all octets that it sealed unreadable.  Cut short or failed, both are needed; called again it
 * goes on.  Until a program has seen KITH_OK it should call it at each start, with config->generation the old or the
 * new one. Records that are not authentic are left as they are, and stay damaged. KITH_ERR_NO_KEY: the port has not the
 * new key, or not that of a record; nothing more was changed. */
KITH_MUST_USE kith_status kith_sealed_store_rotate(kith_sealed_store *s, uint16_t generation, kith_store_state *state);

/* With a counter: takes what is there for what was stored last, after a person decided so.  What is not authentic stays
 * refused.  Without a counter the same as open.
 * KITH_ERR_DAMAGED: nothing there can be opened; only erase helps. */
KITH_MUST_USE kith_status kith_sealed_store_accept(kith_sealed_store *s, kith_store_state *state);

/* ---- device keys that the program supplies ---- */

enum { KITH_DEVICE_KEYS = 2 }; /* the one in use, and the one before or after it */

/* The caller's memory; it holds keys: wipe it when the store is no longer used. */
typedef struct {
    struct {
        bool used;
        uint16_t generation;
        uint8_t key[16];
    } of[KITH_DEVICE_KEYS];
} kith_device_keys;

/* Gives a crypto port a device key, derived from a secret that the program has from a key file, a keyring, fuses or a
 * TPM. Sets port->device_key, and port->context to keys: for ports whose other calls don't use their context, as
 * kith_openssl_port() and kith_psa_port() make them.
 *
 *   keys        all zeros before its first use; outlives the port
 *   secret      16 to 32 octets, as good as random, of this device alone; most significant octet first
 *   generation  which key this is; another generation is another key, of the same secret too
 *
 * KITH_ERR_VALUE: a length that is not one of these.  KITH_ERR_FULL: there are two others.  KITH_ERR_CRYPTO: of the
 * port.  Nothing was changed then. */
KITH_MUST_USE kith_status kith_device_keys_add(kith_device_keys *keys, kith_crypto_port *port, uint16_t generation,
                                               const uint8_t *secret, size_t len);

/* Wipes one; of a generation that is not there: nothing. */
void kith_device_keys_drop(kith_device_keys *keys, uint16_t generation);

#endif
