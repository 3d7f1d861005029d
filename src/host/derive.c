/* Keys of the program's own, made from a bond.  The construction is documented at kith_bonds_derive(): changing it
 * takes every program its keys. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "crypto/cmac.h"
#include "crypto/toolbox.h"
#include "host/internal.h"

/* SP 800-56C 5.1, extraction.  The long term key is the message and not the key: under it, as a key, controllers
 * encrypt what the peer chooses (session keys, Vol 6 Part B 5.1.3.1). */
static kith_status extract(const kith_crypto_port *crypto, const uint8_t ltk[16], uint8_t key[16])
{
    static const uint8_t salt[16] = {'K', 'i', 't', 'h', ' ', 'b', 'o', 'n', 'd', ' ', 'd', 'e', 'r', 'i', 'v', 'e'};
    uint8_t turned[16];
    kith_status status;

    bytes_reverse(turned, ltk, sizeof turned);
    status = crypto_cmac(crypto, salt, turned, sizeof turned, key);
    wipe(turned, sizeof turned);
    return status;
}

/* SP 800-108 4.1, expansion in counter mode, one block.  What follows the label has a fixed length, so no two labels
 * make the same message. */
static kith_status expand(const kith_crypto_port *crypto, const uint8_t key[16], const uint8_t *label, size_t label_len,
                          uint8_t out[16])
{
    static const uint8_t counter[4] = {0, 0, 0, 1};
    static const uint8_t end_and_bits[5] = {0, 0, 0, 0, 128};
    crypto_cmac_state s;

    crypto_cmac_start(&s, crypto, key);
    crypto_cmac_add(&s, counter, sizeof counter);
    crypto_cmac_add(&s, label, label_len);
    crypto_cmac_add(&s, end_and_bits, sizeof end_and_bits);
    return crypto_cmac_finish(&s, out);
}

static kith_status find_bond(const kith_host *h, kith_peer_id peer, const peers_bond **bond)
{
    *bond = peers_by_id(&h->bonds, peer);
    if (!storing_is_ready(h) || storing_has(h, peer))
        return KITH_ERR_BUSY;
    if (*bond == NULL)
        return KITH_ERR_NOT_FOUND;
    return (*bond)->key_kind == KITH_KEY_KIND_SC ? KITH_OK : KITH_ERR_UNSUPPORTED;
}

kith_status kith_bonds_derive(const kith_host *h, kith_peer_id peer, const void *label, size_t label_len,
                              uint8_t out[16])
{
    const peers_bond *bond;
    uint8_t key[16];
    kith_status status;

    memset(out, 0, 16);
    if (label == NULL || label_len == 0 || label_len > KITH_DERIVE_LABEL_MAX)
        return KITH_ERR_VALUE;
    status = find_bond(h, peer, &bond);
    if (status != KITH_OK)
        return status;
    status = extract(h->config.crypto, bond->ltk, key);
    if (status == KITH_OK)
        status = expand(h->config.crypto, key, label, label_len, out);
    wipe(key, sizeof key);
    return status;
}
