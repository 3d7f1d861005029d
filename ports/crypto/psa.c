/* The crypto port on PSA Crypto (mbedTLS 2.28 and later).  See kith/port/psa.h.
 *
 * CCM is put together here from AES blocks (SP 800-38C): PSA's one-shot AEAD wants ciphertext and tag
 * in one buffer, which would cost as much memory again, and mbedTLS 2.28 has no multi-part AEAD.
 * Keys are volatile, imported for one call and destroyed in it. */
#include "kith/port/psa.h"

#include <psa/crypto.h>
#include <stdbool.h>
#include <string.h>

enum { CCM_MAX_LEN = 0xffff, CCM_MAX_AAD = 0xfeff, POINT_LEN = 65 };

static void forget(void *p, size_t len)
{
    volatile uint8_t *at = p;

    for (size_t i = 0; i < len; i++)
        at[i] = 0;
}

static kith_status psa_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    if (psa_generate_random(out, len) == PSA_SUCCESS)
        return KITH_OK;
    forget(out, len);
    return KITH_ERR_ENTROPY;
}

static psa_status_t import_key(psa_key_type_t type, psa_key_usage_t usage, psa_algorithm_t algorithm,
                               const uint8_t *data, size_t len, psa_key_id_t *key)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_type(&attributes, type);
    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, algorithm);
    return psa_import_key(&attributes, data, len, key);
}

/* A key that can't be destroyed would stay in memory: that fails the call. */
static kith_status destroy_key(psa_key_id_t key, kith_status status)
{
    return psa_destroy_key(key) == PSA_SUCCESS ? status : KITH_ERR_CRYPTO;
}

static psa_status_t import_aes(const uint8_t key[16], psa_key_id_t *id)
{
    return import_key(PSA_KEY_TYPE_AES, PSA_KEY_USAGE_ENCRYPT, PSA_ALG_ECB_NO_PADDING, key, 16, id);
}

static bool encrypt_block(psa_key_id_t key, const uint8_t in[16], uint8_t out[16])
{
    size_t len = 0;

    return psa_cipher_encrypt(key, PSA_ALG_ECB_NO_PADDING, in, 16, out, 16, &len) == PSA_SUCCESS && len == 16;
}

static kith_status psa_aes128(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    psa_key_id_t id;
    kith_status status;

    (void)context;
    if (import_aes(key, &id) != PSA_SUCCESS)
        return KITH_ERR_CRYPTO;
    status = destroy_key(id, encrypt_block(id, in, out) ? KITH_OK : KITH_ERR_CRYPTO);
    if (status != KITH_OK)
        memset(out, 0, 16);
    return status;
}

typedef struct {
    psa_key_id_t key;
    const uint8_t *nonce;
    uint8_t mac[16];
    uint8_t keystream[16];
    uint8_t block[16]; /* on its way through AES */
    size_t mac_used;   /* octets of the current block already in mac */
    bool failed;
} ccm_state;

static void ccm_encrypt(ccm_state *s, const uint8_t in[16], uint8_t out[16])
{
    if (!s->failed && !encrypt_block(s->key, in, out))
        s->failed = true;
}

/* CBC-MAC, octet by octet; a block is encrypted when it is full. */
static void ccm_mac(ccm_state *s, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        s->mac[s->mac_used++] ^= data[i];
        if (s->mac_used < 16)
            continue;
        memcpy(s->block, s->mac, 16);
        ccm_encrypt(s, s->block, s->mac);
        s->mac_used = 0;
    }
}

/* Zeros up to the end of the block. */
static void ccm_mac_pad(ccm_state *s)
{
    static const uint8_t zero[16] = {0};

    if (s->mac_used != 0)
        ccm_mac(s, zero, 16 - s->mac_used);
}

/* Block B0 and the AAD, whose length takes two octets. */
static void ccm_mac_start(ccm_state *s, const uint8_t *aad, size_t aad_len, size_t len, size_t tag_len)
{
    uint8_t first[16];
    uint8_t aad_size[2] = {(uint8_t)(aad_len >> 8), (uint8_t)aad_len};

    first[0] = (uint8_t)((aad_len != 0 ? 0x40 : 0) | (tag_len - 2) / 2 << 3 | 1);
    memcpy(first + 1, s->nonce, 13);
    first[14] = (uint8_t)(len >> 8);
    first[15] = (uint8_t)len;
    ccm_mac(s, first, sizeof first);
    if (aad_len == 0)
        return;
    ccm_mac(s, aad_size, sizeof aad_size);
    ccm_mac(s, aad, aad_len);
    ccm_mac_pad(s);
}

static void ccm_next_keystream(ccm_state *s, size_t counter)
{
    s->block[0] = 1;
    memcpy(s->block + 1, s->nonce, 13);
    s->block[14] = (uint8_t)(counter >> 8);
    s->block[15] = (uint8_t)counter;
    ccm_encrypt(s, s->block, s->keystream);
}

/* in and out may be the same: each octet of plaintext is in the MAC before or after it is replaced. */
static void ccm_message(ccm_state *s, const uint8_t *in, size_t len, uint8_t *out, bool opening)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t plain = in[i];

        if (i % 16 == 0)
            ccm_next_keystream(s, i / 16 + 1);
        out[i] = plain ^ s->keystream[i % 16];
        if (opening)
            plain = out[i];
        ccm_mac(s, &plain, 1);
    }
    ccm_mac_pad(s);
}

/* Runs all of CCM; the full tag is in tag afterwards. */
static kith_status ccm_run(ccm_state *s, const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
                           uint8_t *out, uint8_t tag[16], size_t tag_len, bool opening)
{
    ccm_mac_start(s, aad, aad_len, len, tag_len);
    ccm_message(s, in, len, out, opening);
    ccm_next_keystream(s, 0);
    for (size_t i = 0; i < 16; i++)
        tag[i] = s->mac[i] ^ s->keystream[i];
    return s->failed ? KITH_ERR_CRYPTO : KITH_OK;
}

static kith_status ccm(const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad, size_t aad_len,
                       const uint8_t *in, size_t len, uint8_t *out, uint8_t tag[16], size_t tag_len, bool opening)
{
    ccm_state s = {.nonce = nonce};
    kith_status status;

    if (aad_len > CCM_MAX_AAD || len > CCM_MAX_LEN || (tag_len != 4 && tag_len != 8 && tag_len != 16))
        return KITH_ERR_VALUE;
    if (import_aes(key, &s.key) != PSA_SUCCESS)
        return KITH_ERR_CRYPTO;
    status = ccm_run(&s, aad, aad_len, in, len, out, tag, tag_len, opening);
    status = destroy_key(s.key, status);
    forget(&s, sizeof s);
    return status;
}

static kith_status psa_ccm_seal(void *context, const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad,
                                size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, uint8_t *tag,
                                size_t tag_len)
{
    uint8_t full_tag[16] = {0};
    kith_status status = ccm(key, nonce, aad, aad_len, in, len, out, full_tag, tag_len, false);

    (void)context;
    if (status == KITH_OK)
        memcpy(tag, full_tag, tag_len);
    else if (status == KITH_ERR_CRYPTO)
        forget(out, len);
    forget(full_tag, sizeof full_tag);
    return status;
}

/* Takes the same time wherever the tags differ. */
static bool is_same_tag(const uint8_t *a, const uint8_t *b, size_t len)
{
    volatile uint8_t difference = 0;

    for (size_t i = 0; i < len; i++)
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    return difference == 0;
}

static kith_status psa_ccm_open(void *context, const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad,
                                size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, const uint8_t *tag,
                                size_t tag_len)
{
    uint8_t full_tag[16] = {0};
    kith_status status = ccm(key, nonce, aad, aad_len, in, len, out, full_tag, tag_len, true);

    (void)context;
    if (status == KITH_OK && !is_same_tag(full_tag, tag, tag_len))
        status = KITH_ERR_CRYPTO;
    if (status == KITH_ERR_CRYPTO)
        forget(out, len);
    forget(full_tag, sizeof full_tag);
    return status;
}

static psa_status_t import_scalar(const uint8_t private_key[32], psa_key_id_t *id)
{
    return import_key(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH,
                      private_key, 32, id);
}

static kith_status export_public(psa_key_id_t id, uint8_t public_key[64])
{
    uint8_t encoded[POINT_LEN];
    size_t len = 0;

    if (psa_export_public_key(id, encoded, sizeof encoded, &len) != PSA_SUCCESS || len != sizeof encoded)
        return KITH_ERR_CRYPTO;
    memcpy(public_key, encoded + 1, 64);
    return KITH_OK;
}

static kith_status psa_public_key(void *context, const uint8_t private_key[32], uint8_t public_key[64])
{
    psa_key_id_t id;
    psa_status_t imported = import_scalar(private_key, &id);
    kith_status status;

    (void)context;
    if (imported == PSA_ERROR_INVALID_ARGUMENT)
        return KITH_ERR_VALUE; /* the import checks 1 .. n-1 */
    if (imported != PSA_SUCCESS)
        return KITH_ERR_CRYPTO;
    status = destroy_key(id, export_public(id, public_key));
    if (status != KITH_OK)
        memset(public_key, 0, 64);
    return status;
}

static void encode_point(const uint8_t public_key[64], uint8_t encoded[POINT_LEN])
{
    encoded[0] = 0x04; /* uncompressed, SEC 1 2.3.3 */
    memcpy(encoded + 1, public_key, 64);
}

/* The import checks that the coordinates are below p and the point on the curve. */
static kith_status psa_check_public_key(void *context, const uint8_t public_key[64])
{
    uint8_t encoded[POINT_LEN];
    psa_key_id_t id;

    (void)context;
    encode_point(public_key, encoded);
    if (import_key(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), 0, PSA_ALG_ECDH, encoded, sizeof encoded,
                   &id) != PSA_SUCCESS)
        return KITH_ERR_CRYPTO;
    return destroy_key(id, KITH_OK);
}

/* The agreement checks the peer's point like an import. */
static kith_status agree(psa_key_id_t id, const uint8_t peer[64], uint8_t shared[32])
{
    uint8_t encoded[POINT_LEN];
    size_t len = 0;

    encode_point(peer, encoded);
    if (psa_raw_key_agreement(PSA_ALG_ECDH, id, encoded, sizeof encoded, shared, 32, &len) == PSA_SUCCESS && len == 32)
        return KITH_OK;
    forget(shared, 32);
    return KITH_ERR_CRYPTO;
}

static kith_status psa_shared_secret(void *context, const uint8_t private_key[32], const uint8_t peer[64],
                                     uint8_t shared[32])
{
    psa_key_id_t id;
    kith_status status;

    (void)context;
    if (import_scalar(private_key, &id) != PSA_SUCCESS) {
        memset(shared, 0, 32);
        return KITH_ERR_CRYPTO;
    }
    status = destroy_key(id, agree(id, peer, shared));
    if (status != KITH_OK)
        forget(shared, 32);
    return status;
}

/* ---- keys that stay in PSA ---- */

static kith_status psa_generate(void *context, uint8_t handle[32], uint8_t public_key[64])
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id;
    kith_status status;

    (void)context;
    memset(handle, 0, 32);
    memset(public_key, 0, 64);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE); /* and no more: nobody exports it */
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    if (psa_generate_key(&attributes, &id) != PSA_SUCCESS)
        return KITH_ERR_CRYPTO;
    status = export_public(id, public_key);
    if (status != KITH_OK)
        return destroy_key(id, status);
    memcpy(handle, &id, sizeof id);
    return KITH_OK;
}

static psa_key_id_t id_of(const uint8_t handle[32])
{
    psa_key_id_t id;

    memcpy(&id, handle, sizeof id);
    return id;
}

static kith_status psa_agree_by_handle(void *context, const uint8_t handle[32], const uint8_t peer[64],
                                       uint8_t shared[32])
{
    (void)context;
    return agree(id_of(handle), peer, shared);
}

static void psa_destroy(void *context, const uint8_t handle[32])
{
    (void)context;
    (void)psa_destroy_key(id_of(handle)); /* of a volatile key it only fails where memory is corrupt */
}

static kith_status psa_no_scalars(void *context, const uint8_t private_key[32], uint8_t public_key[64])
{
    (void)context;
    (void)private_key;
    memset(public_key, 0, 64);
    return KITH_ERR_UNSUPPORTED;
}

kith_status kith_psa_port(kith_crypto_port *port)
{
    *port = (kith_crypto_port){
        .random = psa_random,
        .aes128 = psa_aes128,
        .ccm_seal = psa_ccm_seal,
        .ccm_open = psa_ccm_open,
        .p256_public_key = psa_public_key,
        .p256_check_public_key = psa_check_public_key,
        .p256_shared_secret = psa_shared_secret,
    };
    return psa_crypto_init() == PSA_SUCCESS ? KITH_OK : KITH_ERR_CRYPTO;
}

kith_status kith_psa_opaque_port(kith_crypto_port *port)
{
    kith_status status = kith_psa_port(port);

    port->p256_public_key = psa_no_scalars;
    port->p256_shared_secret = psa_agree_by_handle;
    port->p256_generate = psa_generate;
    port->p256_destroy = psa_destroy;
    return status;
}
