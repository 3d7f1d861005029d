/* Cracking a legacy pairing.  See legacy_crack.h. */
#include "legacy_crack.h"

static void turned(uint8_t *out, const uint8_t *in, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = in[len - 1 - i];
}

/* c1, Vol 3 Part H 2.2.3, of a TK that is a number.  In wire order. */
void crack_confirm(const cast_room *room, const legacy_heard *s, uint32_t tk, const kith_address *initiator,
                   const kith_address *responder, uint8_t out[16])
{
    const kith_crypto_port *c = &room->crypto;
    uint8_t key[16] = {0}, x[16], p[16];

    for (size_t i = 0; i < 4; i++)
        key[15 - i] = (uint8_t)(tk >> 8 * i);
    turned(p, s->response, 7);
    turned(p + 7, s->request, 7);
    p[14] = responder->type;
    p[15] = initiator->type;
    turned(x, s->random[0], 16);
    for (size_t i = 0; i < 16; i++)
        x[i] ^= p[i];
    assert_int_equal(c->aes128(c->context, key, x, x), KITH_OK);
    memset(p, 0, sizeof p);
    turned(p + 4, initiator->octets, 6);
    turned(p + 10, responder->octets, 6);
    for (size_t i = 0; i < 16; i++)
        x[i] ^= p[i];
    assert_int_equal(c->aes128(c->context, key, x, x), KITH_OK);
    turned(out, x, 16);
}

uint32_t crack_tk(const cast_room *room, const legacy_heard *heard, const kith_address *initiator,
                  const kith_address *responder)
{
    uint8_t confirm[16];
    uint32_t tk;

    for (tk = 0; tk < LEGACY_TK_NONE; tk++) {
        crack_confirm(room, heard, tk, initiator, responder, confirm);
        if (memcmp(confirm, heard->confirm[0], 16) == 0)
            break;
    }
    return tk;
}
