/* The crypto port on OpenSSL 3.  See kith/port/openssl.h.
 *
 * Nothing is kept between calls but what the program asked to, so every other call may run on any thread.  Failures
 * leave no entries in the thread's OpenSSL error queue: the queue is the program's. */
#include "kith/port/openssl.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <openssl/rand.h>

enum { CCM_MAX_LEN = 0xffff, CCM_MAX_AAD = 0xfeff, POINT_LEN = 65 };

static kith_status openssl_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    ERR_set_mark();
    for (size_t done = 0; done < len;) {
        size_t step = len - done < INT_MAX ? len - done : INT_MAX;

        if (RAND_priv_bytes(out + done, (int)step) != 1) {
            OPENSSL_cleanse(out, len);
            ERR_pop_to_mark();
            return KITH_ERR_ENTROPY;
        }
        done += step;
    }
    ERR_pop_to_mark();
    return KITH_OK;
}

static kith_status openssl_aes128(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    EVP_CIPHER_CTX *cipher;
    int len = 0;
    bool done;

    (void)context;
    ERR_set_mark();
    cipher = EVP_CIPHER_CTX_new();
    done = cipher != NULL && EVP_EncryptInit_ex(cipher, EVP_aes_128_ecb(), NULL, key, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(cipher, 0) == 1 && EVP_EncryptUpdate(cipher, out, &len, in, 16) == 1 && len == 16;
    EVP_CIPHER_CTX_free(cipher); /* wipes the key schedule */
    ERR_pop_to_mark();
    if (!done)
        memset(out, 0, 16);
    return done ? KITH_OK : KITH_ERR_CRYPTO;
}

/* A new key costs less than a new context, even twice. */
static kith_status kept_aes128(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    static const uint8_t no_key[16];
    const kith_openssl_kept *kept = context;
    int len = 0;
    bool done;

    ERR_set_mark();
    done = EVP_EncryptInit_ex2(kept->aes, NULL, key, NULL, NULL) == 1 &&
           EVP_EncryptUpdate(kept->aes, out, &len, in, 16) == 1 && len == 16;
    done &= EVP_EncryptInit_ex2(kept->aes, NULL, no_key, NULL, NULL) == 1;
    ERR_pop_to_mark();
    if (!done)
        memset(out, 0, 16);
    return done ? KITH_OK : KITH_ERR_CRYPTO;
}

static bool ccm_is_possible(size_t aad_len, size_t len, size_t tag_len)
{
    return aad_len <= CCM_MAX_AAD && len <= CCM_MAX_LEN && (tag_len == 4 || tag_len == 8 || tag_len == 16);
}

/* Order matters to OpenSSL: nonce and tag lengths, (tag), key and nonce, message length, AAD.
 * tag is NULL when sealing. */
static EVP_CIPHER_CTX *ccm_start(const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad, size_t aad_len,
                                 size_t len, const uint8_t *tag, size_t tag_len)
{
    EVP_CIPHER_CTX *ccm = EVP_CIPHER_CTX_new();
    int sealing = tag == NULL;
    int ignored = 0;

    if (ccm != NULL && EVP_CipherInit_ex(ccm, EVP_aes_128_ccm(), NULL, NULL, NULL, sealing) == 1 &&
        EVP_CIPHER_CTX_ctrl(ccm, EVP_CTRL_AEAD_SET_IVLEN, 13, NULL) == 1 &&
        EVP_CIPHER_CTX_ctrl(ccm, EVP_CTRL_AEAD_SET_TAG, (int)tag_len, (void *)(uintptr_t)tag) == 1 &&
        EVP_CipherInit_ex(ccm, NULL, NULL, key, nonce, sealing) == 1 &&
        EVP_CipherUpdate(ccm, NULL, &ignored, NULL, (int)len) == 1 &&
        (aad_len == 0 || EVP_CipherUpdate(ccm, NULL, &ignored, aad, (int)aad_len) == 1))
        return ccm;
    EVP_CIPHER_CTX_free(ccm);
    return NULL;
}

/* An empty message has to be given too, and NULL would mean something else. */
static bool ccm_message(EVP_CIPHER_CTX *ccm, const uint8_t *in, size_t len, uint8_t *out)
{
    uint8_t nothing[16] = {0};
    int done = 0;

    if (len == 0)
        return EVP_CipherUpdate(ccm, nothing, &done, nothing, 0) == 1;
    return EVP_CipherUpdate(ccm, out, &done, in, (int)len) == 1 && done == (int)len;
}

static kith_status openssl_ccm_seal(void *context, const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad,
                                    size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, uint8_t *tag,
                                    size_t tag_len)
{
    EVP_CIPHER_CTX *ccm;
    bool done;

    (void)context;
    if (!ccm_is_possible(aad_len, len, tag_len))
        return KITH_ERR_VALUE;
    ERR_set_mark();
    ccm = ccm_start(key, nonce, aad, aad_len, len, NULL, tag_len);
    done = ccm != NULL && ccm_message(ccm, in, len, out) &&
           EVP_CIPHER_CTX_ctrl(ccm, EVP_CTRL_AEAD_GET_TAG, (int)tag_len, tag) == 1;
    EVP_CIPHER_CTX_free(ccm);
    ERR_pop_to_mark();
    if (done)
        return KITH_OK;
    if (len != 0)
        OPENSSL_cleanse(out, len);
    memset(tag, 0, tag_len);
    return KITH_ERR_CRYPTO;
}

static kith_status openssl_ccm_open(void *context, const uint8_t key[16], const uint8_t nonce[13], const uint8_t *aad,
                                    size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, const uint8_t *tag,
                                    size_t tag_len)
{
    EVP_CIPHER_CTX *ccm;
    bool done;

    (void)context;
    if (!ccm_is_possible(aad_len, len, tag_len))
        return KITH_ERR_VALUE;
    ERR_set_mark();
    ccm = ccm_start(key, nonce, aad, aad_len, len, tag, tag_len);
    done = ccm != NULL && ccm_message(ccm, in, len, out); /* fails when the tag is wrong */
    EVP_CIPHER_CTX_free(ccm);
    ERR_pop_to_mark();
    if (!done && len != 0)
        OPENSSL_cleanse(out, len);
    return done ? KITH_OK : KITH_ERR_CRYPTO;
}

/* The scalar, or NULL when it is not in 1 .. n-1 (or memory is short: *status tells). */
static BIGNUM *load_scalar(const EC_GROUP *curve, const uint8_t private_key[32], kith_status *status)
{
    BIGNUM *scalar = BN_secure_new();

    *status = KITH_ERR_CRYPTO;
    if (scalar == NULL || BN_bin2bn(private_key, 32, scalar) == NULL) {
        BN_clear_free(scalar);
        return NULL;
    }
    BN_set_flags(scalar, BN_FLG_CONSTTIME);
    if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(curve)) >= 0) {
        *status = KITH_ERR_VALUE;
        BN_clear_free(scalar);
        return NULL;
    }
    *status = KITH_OK;
    return scalar;
}

static kith_status multiply_base(const EC_GROUP *curve, const BIGNUM *scalar, uint8_t public_key[64])
{
    uint8_t encoded[POINT_LEN];
    EC_POINT *point = EC_POINT_new(curve);
    bool done = point != NULL && EC_POINT_mul(curve, point, scalar, NULL, NULL, NULL) == 1 &&
                EC_POINT_point2oct(curve, point, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded, NULL) ==
                    sizeof encoded;

    EC_POINT_free(point);
    if (done)
        memcpy(public_key, encoded + 1, 64);
    return done ? KITH_OK : KITH_ERR_CRYPTO;
}

static kith_status openssl_public_key(void *context, const uint8_t private_key[32], uint8_t public_key[64])
{
    EC_GROUP *curve;
    BIGNUM *scalar = NULL;
    kith_status status = KITH_ERR_CRYPTO;

    (void)context;
    ERR_set_mark();
    curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    if (curve != NULL)
        scalar = load_scalar(curve, private_key, &status);
    if (scalar != NULL)
        status = multiply_base(curve, scalar, public_key);
    BN_clear_free(scalar);
    EC_GROUP_free(curve);
    ERR_pop_to_mark();
    return status;
}

/* The one door for public keys from outside.  EC_POINT_oct2point refuses coordinates that are not
 * below p and points off the curve; this encoding can't say infinity, and the cofactor is 1. */
static bool is_on_curve(const EC_GROUP *curve, const uint8_t public_key[64], uint8_t encoded[POINT_LEN])
{
    EC_POINT *point = EC_POINT_new(curve);
    bool valid;

    encoded[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(encoded + 1, public_key, 64);
    valid = point != NULL && EC_POINT_oct2point(curve, point, encoded, POINT_LEN, NULL) == 1;
    EC_POINT_free(point);
    return valid;
}

static kith_status openssl_check_public_key(void *context, const uint8_t public_key[64])
{
    uint8_t encoded[POINT_LEN];
    EC_GROUP *curve;
    bool valid;

    (void)context;
    ERR_set_mark();
    curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    valid = curve != NULL && is_on_curve(curve, public_key, encoded);
    EC_GROUP_free(curve);
    ERR_pop_to_mark();
    return valid ? KITH_OK : KITH_ERR_CRYPTO;
}

/* selection: EVP_PKEY_PUBLIC_KEY or EVP_PKEY_KEYPAIR; key_part: the half that is given. */
static EVP_PKEY *import_half(int selection, OSSL_PARAM key_part)
{
    char curve_name[] = "prime256v1";
    OSSL_PARAM params[3];
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve_name, 0);
    params[1] = key_part;
    params[2] = OSSL_PARAM_construct_end();
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, selection, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

/* The private half alone: it is used for nothing but this agreement. */
static EVP_PKEY *import_private(const BIGNUM *scalar)
{
    uint8_t native[32]; /* OSSL_PARAM integers are in the machine's own byte order */
    EVP_PKEY *key = NULL;

    if (BN_bn2nativepad(scalar, native, sizeof native) == (int)sizeof native)
        key = import_half(EVP_PKEY_KEYPAIR, OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, sizeof native));
    OPENSSL_cleanse(native, sizeof native);
    return key;
}

/* The peer is not validated once more: is_on_curve has just done it, and the import does it too. */
static kith_status agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t shared[32])
{
    uint8_t secret[32];
    size_t len = sizeof secret;
    EVP_PKEY_CTX *context = own != NULL && peer != NULL ? EVP_PKEY_CTX_new(own, NULL) : NULL;
    bool done = context != NULL && EVP_PKEY_derive_init(context) == 1 &&
                EVP_PKEY_derive_set_peer_ex(context, peer, 0) == 1 && EVP_PKEY_derive(context, secret, &len) == 1 &&
                len == sizeof secret;

    EVP_PKEY_CTX_free(context);
    if (done)
        memcpy(shared, secret, sizeof secret);
    OPENSSL_cleanse(secret, sizeof secret);
    return done ? KITH_OK : KITH_ERR_CRYPTO;
}

static kith_status agree_with(const EC_GROUP *curve, const uint8_t private_key[32], const uint8_t peer[64],
                              uint8_t shared[32])
{
    uint8_t encoded[POINT_LEN];
    kith_status status = KITH_ERR_CRYPTO;
    BIGNUM *scalar;
    EVP_PKEY *own = NULL;
    EVP_PKEY *other = NULL;

    if (!is_on_curve(curve, peer, encoded))
        return KITH_ERR_CRYPTO;
    scalar = load_scalar(curve, private_key, &status);
    if (scalar == NULL)
        return KITH_ERR_CRYPTO;
    own = import_private(scalar);
    other = import_half(EVP_PKEY_PUBLIC_KEY,
                        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded));
    status = agree(own, other, shared);
    EVP_PKEY_free(other);
    EVP_PKEY_free(own);
    BN_clear_free(scalar);
    return status;
}

static kith_status openssl_shared_secret(void *context, const uint8_t private_key[32], const uint8_t peer[64],
                                         uint8_t shared[32])
{
    EC_GROUP *curve;
    kith_status status = KITH_ERR_CRYPTO;

    (void)context;
    ERR_set_mark();
    curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    if (curve != NULL)
        status = agree_with(curve, private_key, peer, shared);
    EC_GROUP_free(curve);
    ERR_pop_to_mark();
    if (status != KITH_OK)
        memset(shared, 0, 32);
    return status;
}

kith_status kith_openssl_port(kith_crypto_port *port)
{
    static const uint8_t probe[32] = {[31] = 1};
    uint8_t out[64];

    *port = (kith_crypto_port){
        .random = openssl_random,
        .aes128 = openssl_aes128,
        .ccm_seal = openssl_ccm_seal,
        .ccm_open = openssl_ccm_open,
        .p256_public_key = openssl_public_key,
        .p256_check_public_key = openssl_check_public_key,
        .p256_shared_secret = openssl_shared_secret,
    };
    if (openssl_aes128(NULL, probe, probe, out) != KITH_OK || openssl_public_key(NULL, probe, out) != KITH_OK)
        return KITH_ERR_CRYPTO;
    return KITH_OK;
}

kith_status kith_openssl_port_keeping(kith_crypto_port *port, kith_openssl_kept *kept)
{
    static const uint8_t no_key[16];
    kith_status status = kith_openssl_port(port);

    if (status != KITH_OK)
        return status;
    ERR_set_mark();
    kept->cipher = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    kept->aes = EVP_CIPHER_CTX_new();
    if (kept->cipher == NULL || kept->aes == NULL ||
        EVP_EncryptInit_ex2(kept->aes, kept->cipher, no_key, NULL, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(kept->aes, 0) != 1) {
        kith_openssl_release(kept);
        status = KITH_ERR_CRYPTO;
    }
    ERR_pop_to_mark();
    port->aes128 = kept_aes128;
    port->context = kept;
    return status;
}

void kith_openssl_release(kith_openssl_kept *kept)
{
    EVP_CIPHER_CTX_free(kept->aes);
    EVP_CIPHER_free(kept->cipher);
    *kept = (kith_openssl_kept){NULL, NULL};
}
