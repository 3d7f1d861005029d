/* The crypto port: the few primitives a program brings along.
 *
 * Ready-made: kith/port/openssl.h (Linux) and kith/port/psa.h (embedded; mbedTLS on the desktop).
 *
 * Byte order: as FIPS 197, SP 800-38C and SEC 1 print them, most significant octet first.  The
 * toolbox in src/crypto turns the wire's order (least significant first) round.
 *
 * Threads: random, aes128 and ccm_* are called only from the thread that calls the host.  The p256_*
 * calls (but p256_destroy) run inside kith_work_run(), maybe on another thread, and must touch nothing that random,
 * aes128 or ccm_* change.  A backend that can't promise that (PSA's key slots have no locks) says so,
 * and its work items are run on the host's own thread.
 * A sealed store calls random, aes128, ccm_*, device_key and counter_* on the thread that runs its operations: give it
 * a port of its own where that is another one (kith/sealed_store.h).
 *
 * Every call returns KITH_OK or a failure, and on failure leaves its output zeroed or untouched. */
#ifndef KITH_CRYPTO_PORT_H
#define KITH_CRYPTO_PORT_H

#include <stddef.h>
#include <stdint.h>

#include "kith/status.h"

typedef struct kith_crypto_port {
    void *context; /* handed to every call; the program's */

    /* Fills out with cryptographically strong randomness.
     * KITH_ERR_ENTROPY: the source failed; whatever wanted it fails closed. */
    kith_status (*random)(void *context, uint8_t *out, size_t len);

    /* One AES-128 block, encryption. */
    kith_status (*aes128)(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);

    /* AES-CCM with a 13-octet nonce (so a 2-octet length field) and a tag of 4, 8 or 16 octets.
     * in and out may be the same; len may be 0.
     * KITH_ERR_VALUE: another tag length, len above 65535 or aad_len above 65279. */
    kith_status (*ccm_seal)(void *context, const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad,
                            size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, uint8_t *tag, size_t tag_len);
    /* KITH_ERR_CRYPTO: the tag is wrong; out is zeroed. */
    kith_status (*ccm_open)(void *context, const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad,
                            size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, const uint8_t *tag,
                            size_t tag_len);

    /* The public key X||Y of a private scalar.  The scalar comes from the host's own randomness, so
     * one seed gives the same key pair on every backend.
     * KITH_ERR_VALUE: the scalar is 0 or not below the group order: draw another. */
    kith_status (*p256_public_key)(void *context, const uint8_t private_key[32], uint8_t public_key[64]);

    /* Is X||Y a point of the curve: both below p, on the curve, not infinity?
     * KITH_ERR_CRYPTO: it is not. */
    kith_status (*p256_check_public_key)(void *context, const uint8_t public_key[64]);

    /* The X coordinate of private_key * peer.  Validates the point itself, whoever called before.
     * KITH_ERR_CRYPTO: invalid point or scalar, or the result is infinity. */
    kith_status (*p256_shared_secret)(void *context, const uint8_t private_key[32], const uint8_t peer[64],
                                      uint8_t shared[32]);

    /* Optional, both or neither (NULL): the port keeps P-256 private keys itself, in a secure element or in key slots,
     * and the host never draws nor sees a scalar.  Every private_key of 32 octets is then the port's reference to such
     * a key, in p256_shared_secret and in work items; p256_public_key is not called by the host.
     *
     * Makes a key pair.  handle: whatever the port likes, all 32 octets of it, another for every key that is alive.
     * KITH_ERR_ENTROPY or KITH_ERR_CRYPTO: there is none; nothing is left of it.
     *
     * Alive at once in one host, those being made included: at most limits.pairings + 2 (one for each pairing, one made
     * ahead, one of out of band data). */
    kith_status (*p256_generate)(void *context, uint8_t handle[32], uint8_t public_key[64]);

    /* Destroys it.  Called exactly once for every key that p256_generate made and the host was given: when its pairing
     * has the shared secret or has ended, when out of band data is over, when the host is started again or erased; and
     * never while a work item that uses it is out.  Keys of items that are never given back stay alive, and each takes
     * one of those places: an item that was lost should go to kith_work_discard().
     * Called by the thread that calls the host, or kith_work_discard(), while items with other keys may be running
     * elsewhere; it should not take long. */
    void (*p256_destroy)(void *context, const uint8_t handle[32]);

    /* ---- for sealed stores alone (kith/sealed_store.h); NULL where there is none ---- */

    /* A key of this very device, the same one each time, by its generation.  key: 16 octets, or the port's own
     * reference that its ccm_* understand; it goes to no other call.  It is wiped after use. KITH_ERR_NOT_FOUND: there
     * is no such generation (any more).  Another failure is taken for a passing one. */
    kith_status (*device_key)(void *context, uint16_t generation, uint8_t key[16]);

    /* Optional, both or neither: a counter that goes up by one and never down, whatever is done to the store's medium;
     * a counter for each store.  counter_advance answers KITH_OK when the new value outlives a power cut; cut short, it
     * has the old value or the new one.
     * KITH_ERR_STORAGE: it cannot be read or advanced. */
    kith_status (*counter_read)(void *context, uint64_t *value);
    kith_status (*counter_advance)(void *context);
} kith_crypto_port;

#endif
