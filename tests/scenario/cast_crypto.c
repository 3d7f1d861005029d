/* The crypto ports of a scenario: a real backend or a toy curve, each with a seeded random source.
 *
 * The toy keeps the shape of Diffie-Hellman (both sides get the same secret, a public key can be checked) and none
 * of its strength: AES, CMAC and CCM stay real, so what it speeds up is the curve alone. */
#include "cast_crypto.h"
#include "kith/port/openssl.h"
#include "kith/port/psa.h"

static uint8_t next_octet(cast_random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return (uint8_t)(r->state * UINT64_C(0x2545f4914f6cdd1d) >> 56);
}

static kith_status draw(void *context, uint8_t *out, size_t len)
{
    cast_random *r = context;
    bool good = r->good_draws != 0;

    if (r->good_draws > 0)
        r->good_draws--;
    if (!good && r->then == CAST_RANDOM_FAILS)
        return KITH_ERR_ENTROPY;
    for (size_t i = 0; i < len; i++)
        out[i] = good ? next_octet(r) : (uint8_t)(r->then == CAST_RANDOM_CONSTANT ? 0x5a : i * 7 + 1);
    return KITH_OK;
}

/* X is the scalar with its octets turned over, Y the complement of X. */
static kith_status toy_public_key(void *context, const uint8_t private_key[32], uint8_t public_key[64])
{
    (void)context;
    for (size_t i = 0; i < 32; i++) {
        public_key[i] = (uint8_t)(private_key[i] ^ 0x33);
        public_key[32 + i] = (uint8_t)~public_key[i];
    }
    return KITH_OK;
}

static kith_status toy_check(void *context, const uint8_t public_key[64])
{
    (void)context;
    for (size_t i = 0; i < 32; i++)
        if ((public_key[32 + i] ^ public_key[i]) != 0xff)
            return KITH_ERR_CRYPTO;
    return KITH_OK;
}

static kith_status toy_shared_secret(void *context, const uint8_t private_key[32], const uint8_t peer[64],
                                     uint8_t shared[32])
{
    if (toy_check(context, peer) != KITH_OK)
        return KITH_ERR_CRYPTO;
    for (size_t i = 0; i < 32; i++)
        shared[i] = (uint8_t)(private_key[i] ^ 0x33 ^ peer[i]);
    return KITH_OK;
}

void cast_crypto_port(cast_crypto kind, cast_random *random, kith_crypto_port *port)
{
    kith_status status = kind == CAST_PSA ? kith_psa_port(port) : kith_openssl_port(port);

    assert_int_equal(status, KITH_OK);
    port->random = draw;
    port->context = random;
    if (kind != CAST_TOY)
        return;
    port->p256_public_key = toy_public_key;
    port->p256_check_public_key = toy_check;
    port->p256_shared_secret = toy_shared_secret;
}
