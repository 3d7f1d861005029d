/* Randomness that fails closed.  See crypto/random.h. */
#include "crypto/random.h"

#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "base/wipe.h"
#include "crypto/p256.h"

enum { BLOCK = 16, SCALAR_DRAWS = 8 };

void crypto_random_reset(crypto_random_state *state)
{
    wipe(state, sizeof *state);
}

static bool is_constant(const uint8_t block[BLOCK])
{
    return equal_ct(block, block + 1, BLOCK - 1);
}

/* Asks the port once.  A constant block breaks the source for good. */
static kith_status draw_raw(const kith_crypto_port *port, crypto_random_state *state, uint8_t block[BLOCK])
{
    memset(block, 0, BLOCK);
    if (state->broken || port->random(port->context, block, BLOCK) != KITH_OK)
        return KITH_ERR_ENTROPY;
    if (!is_constant(block))
        return KITH_OK;
    state->broken = true;
    return KITH_ERR_ENTROPY;
}

static bool is_recent(const crypto_random_state *state, uint64_t fingerprint)
{
    for (size_t i = 0; i < state->count; i++) {
        if (state->recent[i] == fingerprint)
            return true;
    }
    return false;
}

static void remember(crypto_random_state *state, uint64_t fingerprint)
{
    state->recent[state->next] = fingerprint;
    state->next = (uint8_t)((state->next + 1) % CRYPTO_RANDOM_RECENT);
    if (state->count < CRYPTO_RANDOM_RECENT)
        state->count++;
}

/* Compares the block with recent ones and remembers it. */
static kith_status check_repeat(const kith_crypto_port *port, crypto_random_state *state, const uint8_t block[BLOCK])
{
    uint8_t image[BLOCK];
    uint64_t fingerprint;
    kith_status status = port->aes128(port->context, state->key, block, image);

    if (status != KITH_OK)
        return status;
    fingerprint = bytes_get64(image);
    wipe(image, sizeof image);
    if (is_recent(state, fingerprint)) {
        state->broken = true;
        return KITH_ERR_ENTROPY;
    }
    remember(state, fingerprint);
    return KITH_OK;
}

/* The first block becomes the key of the fingerprints and leaves its own fingerprint, so that a
 * source that begins by repeating itself is caught at once. */
static kith_status start(const kith_crypto_port *port, crypto_random_state *state)
{
    kith_status status;

    if (state->ready)
        return KITH_OK;
    status = draw_raw(port, state, state->key);
    if (status == KITH_OK)
        status = check_repeat(port, state, state->key);
    state->ready = status == KITH_OK;
    return status;
}

static kith_status draw_block(const kith_crypto_port *port, crypto_random_state *state, uint8_t block[BLOCK])
{
    kith_status status = start(port, state);

    if (status == KITH_OK)
        status = draw_raw(port, state, block);
    if (status == KITH_OK)
        status = check_repeat(port, state, block);
    return status;
}

kith_status crypto_random(const kith_crypto_port *port, crypto_random_state *state, uint8_t *out, size_t len)
{
    uint8_t block[BLOCK];
    kith_status status = KITH_OK;

    for (size_t done = 0; done < len && status == KITH_OK; done += BLOCK) {
        status = draw_block(port, state, block);
        if (status == KITH_OK)
            memcpy(out + done, block, len - done < BLOCK ? len - done : BLOCK);
    }
    wipe(block, sizeof block);
    if (status != KITH_OK)
        wipe(out, len);
    return status;
}

kith_status crypto_draw_private_key(const kith_crypto_port *port, crypto_random_state *state, uint8_t out[32])
{
    /* An honest source is refused once in 2^32 draws: so many in a row is no accident. */
    for (unsigned i = 0; i < SCALAR_DRAWS; i++) {
        kith_status status = crypto_random(port, state, out, 32);

        if (status != KITH_OK || crypto_may_be_private_key(out))
            return status;
    }
    wipe(out, 32);
    return KITH_ERR_ENTROPY;
}
