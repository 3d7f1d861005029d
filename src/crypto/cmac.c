/* AES-CMAC (RFC 4493) over the port's AES-128.  Everything most significant octet first. */
#include "crypto/cmac.h"

#include <string.h>

#include "base/wipe.h"
#include "crypto/toolbox.h"

void crypto_cmac_start(crypto_cmac_state *s, const kith_crypto_port *port, const uint8_t key[16])
{
    memset(s, 0, sizeof *s);
    s->port = port;
    s->status = KITH_OK;
    memcpy(s->key, key, 16);
}

static void xor16(uint8_t into[16], const uint8_t with[16])
{
    for (size_t i = 0; i < 16; i++)
        into[i] ^= with[i];
}

/* Nothing more is computed once the port has failed. */
static void encrypt(crypto_cmac_state *s, uint8_t block[16])
{
    uint8_t out[16] = {0};

    if (s->status == KITH_OK)
        s->status = s->port->aes128(s->port->context, s->key, block, out);
    if (s->status != KITH_OK)
        wipe(out, sizeof out);
    memcpy(block, out, 16);
    wipe(out, sizeof out);
}

void crypto_cmac_add(crypto_cmac_state *s, const uint8_t *piece, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        /* Only a block that is not the last may go into the chain as it is. */
        if (s->used == 16) {
            xor16(s->chain, s->block);
            encrypt(s, s->chain);
            s->used = 0;
        }
        s->block[s->used++] = piece[i];
    }
}

/* Multiplies by x in GF(2^128), without a branch on the secret. */
static void double_block(uint8_t block[16])
{
    uint8_t reduce = (uint8_t)(-(block[0] >> 7) & 0x87);

    for (size_t i = 0; i < 15; i++)
        block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
    block[15] = (uint8_t)((block[15] << 1) ^ reduce);
}

kith_status crypto_cmac_finish(crypto_cmac_state *s, uint8_t out[16])
{
    uint8_t subkey[16] = {0};
    kith_status status;

    encrypt(s, subkey);
    double_block(subkey); /* K1 */
    if (s->used < 16) {
        double_block(subkey); /* K2 */
        memset(s->block + s->used, 0, 16 - s->used);
        s->block[s->used] = 0x80;
    }
    xor16(s->chain, s->block);
    xor16(s->chain, subkey);
    encrypt(s, s->chain); /* zeros when the port has failed, now or before */
    memcpy(out, s->chain, 16);
    status = s->status;
    wipe(subkey, sizeof subkey);
    wipe(s, sizeof *s);
    return status;
}

kith_status crypto_cmac(const kith_crypto_port *port, const uint8_t key[16], const uint8_t *msg, size_t len,
                        uint8_t out[16])
{
    crypto_cmac_state s;

    crypto_cmac_start(&s, port, key);
    crypto_cmac_add(&s, msg, len);
    return crypto_cmac_finish(&s, out);
}
