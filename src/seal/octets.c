/* The octets of a sealed record: docs/sealing.md.  AES-CCM under the device key; the nonce is a function of fresh
 * randomness and of all that is sealed, so that a random source that repeats itself repeats no nonce. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "crypto/cmac.h"
#include "crypto/toolbox.h"
#include "seal/seal.h"

enum { AAD_LEN = 24, NONCE_LEN = 13, GENERATION_AT = 1, NONCE_AT = 3 };

/* ---- keys ---- */

static kith_status fetch_key(const kith_sealed_store *s, uint16_t generation, uint8_t key[16])
{
    const kith_crypto_port *port = s->config.crypto;
    kith_status status = port->device_key(port->context, generation, key);

    return status == KITH_ERR_NOT_FOUND ? KITH_ERR_NO_KEY : status;
}

kith_status seal_has_key(const kith_sealed_store *s, uint16_t generation)
{
    uint8_t key[16] = {0};
    kith_status status = fetch_key(s, generation, key);

    wipe(key, sizeof key);
    return status;
}

/* A key for CMAC.  The device key may be a reference that only CCM understands, so it is the tag of an empty message
 * under a nonce that no record has: theirs begin with a 1. */
static kith_status derive_mac_key(const kith_sealed_store *s, const uint8_t device_key[16], uint8_t out[16])
{
    static const uint8_t nonce[NONCE_LEN], label[] = "kith seal nonce";
    const kith_crypto_port *port = s->config.crypto;
    uint8_t nothing[1] = {0};

    return port->ccm_seal(port->context, device_key, nonce, label, sizeof label - 1, nothing, 0, nothing, out, 16);
}

/* ---- the nonce ---- */

static void fill_aad(const kith_sealed_store *s, const kith_record *record, uint16_t generation, uint8_t out[AAD_LEN])
{
    bool is_identity = record->kind == KITH_RECORD_SEAL && record->id == SEAL_ID_IDENTITY;

    out[0] = SEAL_VERSION;
    bytes_put16(out + 1, generation);
    out[3] = record->kind;
    bytes_put32(out + 4, record->id);
    memset(out + 8, 0, 16);
    if (!is_identity) /* that is where it is read from */
        memcpy(out + 8, s->identity, 16);
}

static kith_status draw_nonce(const kith_sealed_store *s, const uint8_t device_key[16], const uint8_t aad[AAD_LEN],
                              const kith_record *plain, uint8_t out[NONCE_LEN])
{
    const kith_crypto_port *port = s->config.crypto;
    uint8_t mac_key[16] = {0}, fresh[16] = {0}, mac[16] = {0};
    crypto_cmac_state cmac;
    kith_status status = port->random(port->context, fresh, sizeof fresh);

    if (status == KITH_OK)
        status = derive_mac_key(s, device_key, mac_key);
    if (status == KITH_OK) {
        crypto_cmac_start(&cmac, port, mac_key);
        crypto_cmac_add(&cmac, fresh, sizeof fresh);
        crypto_cmac_add(&cmac, aad, AAD_LEN);
        crypto_cmac_add(&cmac, plain->octets, plain->len);
        status = crypto_cmac_finish(&cmac, mac);
    }
    memcpy(out, mac, NONCE_LEN);
    out[0] |= 0x80;
    wipe(mac_key, sizeof mac_key);
    wipe(mac, sizeof mac);
    wipe(fresh, sizeof fresh);
    return status;
}

kith_status seal_draw(const kith_sealed_store *s, const char label[8], uint8_t out[16])
{
    const kith_crypto_port *port = s->config.crypto;
    uint8_t device_key[16] = {0}, mac_key[16] = {0}, message[24] = {0};
    kith_status status = fetch_key(s, s->config.generation, device_key);

    memcpy(message, label, 8);
    if (status == KITH_OK)
        status = port->random(port->context, message + 8, 16);
    if (status == KITH_OK)
        status = derive_mac_key(s, device_key, mac_key);
    if (status == KITH_OK)
        status = crypto_cmac(port, mac_key, message, sizeof message, out);
    wipe(device_key, sizeof device_key);
    wipe(mac_key, sizeof mac_key);
    wipe(message, sizeof message);
    return status;
}

/* ---- a record ---- */

static kith_status close_with(const kith_sealed_store *s, const uint8_t key[16], const kith_record *plain,
                              kith_record *out)
{
    const kith_crypto_port *port = s->config.crypto;
    uint8_t aad[AAD_LEN];
    kith_status status;

    fill_aad(s, plain, s->config.generation, aad);
    memcpy(out->octets, aad, NONCE_AT); /* version, generation */
    status = draw_nonce(s, key, aad, plain, out->octets + NONCE_AT);
    if (status != KITH_OK)
        return status;
    return port->ccm_seal(port->context, key, out->octets + NONCE_AT, aad, sizeof aad, plain->octets, plain->len,
                          out->octets + SEAL_HEAD, out->octets + SEAL_HEAD + plain->len, SEAL_TAG);
}

kith_status seal_close(const kith_sealed_store *s, const kith_record *plain, kith_record *out)
{
    uint8_t key[16] = {0};
    kith_status status = fetch_key(s, s->config.generation, key);

    memset(out, 0, sizeof *out);
    out->kind = plain->kind;
    out->id = plain->id;
    out->len = (uint16_t)(plain->len + SEAL_MORE);
    if (status == KITH_OK)
        status = close_with(s, key, plain, out);
    wipe(key, sizeof key);
    if (status != KITH_OK)
        wipe(out, sizeof *out);
    return status;
}

bool seal_is_plain(const kith_record *record)
{
    return record->len == 0 || record->octets[0] < SEAL_VERSION;
}

uint16_t seal_generation(const kith_record *sealed)
{
    return bytes_get16(sealed->octets + GENERATION_AT);
}

static kith_status open_with(const kith_sealed_store *s, const uint8_t key[16], const kith_record *sealed,
                             kith_record *out)
{
    const kith_crypto_port *port = s->config.crypto;
    uint16_t len = (uint16_t)(sealed->len - SEAL_MORE);
    uint8_t aad[AAD_LEN];
    kith_status status;

    fill_aad(s, sealed, seal_generation(sealed), aad);
    status = port->ccm_open(port->context, key, sealed->octets + NONCE_AT, aad, sizeof aad, sealed->octets + SEAL_HEAD,
                            len, out->octets, sealed->octets + SEAL_HEAD + len, SEAL_TAG);
    out->kind = sealed->kind;
    out->id = sealed->id;
    out->len = len;
    return status == KITH_ERR_CRYPTO ? KITH_ERR_DAMAGED : status;
}

static kith_status check_shape(const kith_record *sealed)
{
    if (sealed->removed || seal_is_plain(sealed))
        return KITH_ERR_DAMAGED;
    if (sealed->octets[0] > SEAL_VERSION)
        return KITH_ERR_NEWER;
    return sealed->len >= SEAL_MORE && sealed->len <= KITH_RECORD_MAX + SEAL_MORE ? KITH_OK : KITH_ERR_DAMAGED;
}

kith_status seal_open(const kith_sealed_store *s, const kith_record *sealed, kith_record *out)
{
    uint8_t key[16] = {0};
    kith_status status = check_shape(sealed);

    memset(out, 0, sizeof *out);
    if (status == KITH_OK)
        status = fetch_key(s, seal_generation(sealed), key);
    if (status == KITH_OK)
        status = open_with(s, key, sealed, out);
    wipe(key, sizeof key);
    if (status != KITH_OK)
        wipe(out, sizeof *out);
    return status;
}

/* ---- digests ---- */

kith_status seal_digest(const kith_sealed_store *s, const kith_record *record, uint8_t out[16])
{
    crypto_cmac_state cmac;
    uint8_t head[5];

    head[0] = record->kind;
    bytes_put32(head + 1, record->id);
    crypto_cmac_start(&cmac, s->config.crypto, s->digest_key);
    crypto_cmac_add(&cmac, head, sizeof head);
    crypto_cmac_add(&cmac, record->octets, record->len);
    return crypto_cmac_finish(&cmac, out);
}

void seal_add_digest(uint8_t into[16], const uint8_t digest[16])
{
    for (unsigned i = 0; i < 16; i++)
        into[i] ^= digest[i];
}
