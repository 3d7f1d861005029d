/* A crypto port that keeps P-256 keys itself, with a ledger.  See opaque_crypto.h. */
#include "opaque_crypto.h"

#include "cast_crypto.h"
#include "kith/port/psa.h"

static opaque_key *find(opaque_crypto *o, const uint8_t handle[32])
{
    for (size_t i = 0; i < OPAQUE_KEYS; i++)
        if (o->keys[i].alive && memcmp(o->keys[i].handle, handle, 32) == 0)
            return &o->keys[i];
    fail_msg("a key that is not alive");
    return NULL;
}

static opaque_key *find_free(opaque_crypto *o)
{
    for (size_t i = 0; i < OPAQUE_KEYS; i++)
        if (!o->keys[i].alive)
            return &o->keys[i];
    fail_msg("too many keys");
    return NULL;
}

/* Handles as small ports have them: slot numbers, the first of which is nothing but zeros, used again and again. */
static kith_status make_toy(opaque_crypto *o, opaque_key *key, uint8_t handle[32], uint8_t public_key[64])
{
    memset(handle, 0, 32);
    handle[0] = (uint8_t)(key - o->keys);
    assert_int_equal(o->real.random(&o->random, key->scalar, 32), KITH_OK);
    return o->real.p256_public_key(NULL, key->scalar, public_key);
}

static kith_status generate(void *context, uint8_t handle[32], uint8_t public_key[64])
{
    opaque_crypto *o = context;
    opaque_key *key = find_free(o);
    kith_status status = o->makes;

    if (status != KITH_OK)
        return status;
    status = o->toy ? make_toy(o, key, handle, public_key) : o->real.p256_generate(NULL, handle, public_key);
    assert_int_equal(status, KITH_OK);
    key->alive = true;
    memcpy(key->handle, handle, 32);
    o->made++;
    o->alive++;
    o->most = o->alive > o->most ? o->alive : o->most;
    return KITH_OK;
}

static kith_status agree(void *context, const uint8_t handle[32], const uint8_t peer[64], uint8_t shared[32])
{
    opaque_crypto *o = context;
    const opaque_key *key = find(o, handle);

    if (o->agrees != KITH_OK)
        return o->agrees;
    return o->real.p256_shared_secret(NULL, o->toy ? key->scalar : handle, peer, shared);
}

static void destroy(void *context, const uint8_t handle[32])
{
    opaque_crypto *o = context;

    find(o, handle)->alive = false;
    o->alive--;
    if (!o->toy)
        o->real.p256_destroy(NULL, handle);
}

static kith_status no_scalars(void *context, const uint8_t private_key[32], uint8_t public_key[64])
{
    (void)context;
    (void)private_key;
    (void)public_key;
    fail_msg("nobody has a scalar");
    return KITH_ERR_UNSUPPORTED;
}

void opaque_crypto_join(opaque_crypto *o, cast_host *host, bool toy)
{
    memset(o, 0, sizeof *o);
    o->toy = toy;
    o->random = host->random;
    if (toy)
        cast_crypto_port(CAST_TOY, &o->random, &o->real);
    else
        assert_int_equal(kith_psa_opaque_port(&o->real), KITH_OK);
    host->crypto.context = o;
    host->crypto.p256_public_key = no_scalars;
    host->crypto.p256_shared_secret = agree;
    host->crypto.p256_generate = generate;
    host->crypto.p256_destroy = destroy;
    /* Made anew, as with such a port from the beginning. */
    assert_int_equal(kith_host_init(host->host, host->size, &host->config, &host->host), KITH_OK);
}
