/* The crypto port's contract, on both backends: AES, CCM, P-256 and every kind of point that must be
 * refused, by the check and by the agreement itself. */
#include "crypto_support.h"

#include "../vectors/crypto.h"
#include <psa/crypto.h>

static void aes_of_fips_197(void **state)
{
    const kith_crypto_port *port = *state;
    uint8_t out[16];

    assert_int_equal(port->aes128(port->context, hex(AES_KEY).at, hex(AES_PLAIN).at, out), KITH_OK);
    assert_memory_equal(out, hex(AES_CIPHER).at, 16);
}

static void random_octets_differ(void **state)
{
    const kith_crypto_port *port = *state;
    uint8_t a[40], b[40];

    assert_int_equal(port->random(port->context, a, sizeof a), KITH_OK);
    assert_int_equal(port->random(port->context, b, sizeof b), KITH_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(port->random(port->context, a, 0), KITH_OK);
}

static void ccm_known_answers(void **state)
{
    const kith_crypto_port *port = *state;

    for (size_t i = 0; i < sizeof ccm_vectors / sizeof ccm_vectors[0]; i++) {
        const ccm_vector *v = &ccm_vectors[i];
        octets aad = hex(v->aad), plain = hex(v->plain), tag = hex(v->tag);
        uint8_t out[64], out_tag[16];

        assert_int_equal(port->ccm_seal(port->context, hex(v->key).at, hex(v->nonce).at, aad.at, aad.len, plain.at,
                                        plain.len, out, out_tag, tag.len),
                         KITH_OK);
        assert_memory_equal(out, hex(v->cipher).at, plain.len);
        assert_memory_equal(out_tag, tag.at, tag.len);
        assert_int_equal(port->ccm_open(port->context, hex(v->key).at, hex(v->nonce).at, aad.at, aad.len, out,
                                        plain.len, out, tag.at, tag.len),
                         KITH_OK);
        assert_memory_equal(out, plain.at, plain.len);
    }
}

/* One sealed message that the tests below damage. */
typedef struct {
    uint8_t key[16], nonce[13], aad[5], message[33], tag[16];
    size_t tag_len;
} sealed;

static sealed seal_sample(const kith_crypto_port *port, size_t tag_len)
{
    sealed s = {{1}, {2}, {3}, {4}, {0}, tag_len};

    assert_int_equal(port->ccm_seal(port->context, s.key, s.nonce, s.aad, sizeof s.aad, s.message, sizeof s.message,
                                    s.message, s.tag, tag_len),
                     KITH_OK);
    return s;
}

static kith_status open_sample(const kith_crypto_port *port, const sealed *s, uint8_t out[33])
{
    return port->ccm_open(port->context, s->key, s->nonce, s->aad, sizeof s->aad, s->message, sizeof s->message, out,
                          s->tag, s->tag_len);
}

static void refuse_each_bit(const kith_crypto_port *port, sealed *s, uint8_t *part, size_t len)
{
    for (size_t bit = 0; bit < 8 * len; bit++) {
        uint8_t out[33];

        memset(out, 0xdd, sizeof out);
        part[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(open_sample(port, s, out), KITH_ERR_CRYPTO);
        assert_zero(out, sizeof out);
        part[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void ccm_refuses_any_changed_bit_and_zeroes_the_output(void **state)
{
    static const size_t tag_lens[] = {4, 8, 16};

    for (size_t i = 0; i < 3; i++) {
        sealed s = seal_sample(*state, tag_lens[i]);
        uint8_t out[33];

        refuse_each_bit(*state, &s, s.key, sizeof s.key);
        refuse_each_bit(*state, &s, s.nonce, sizeof s.nonce);
        refuse_each_bit(*state, &s, s.aad, sizeof s.aad);
        refuse_each_bit(*state, &s, s.message, sizeof s.message);
        refuse_each_bit(*state, &s, s.tag, s.tag_len);
        assert_int_equal(open_sample(*state, &s, out), KITH_OK);
        assert_int_equal(out[0], 4);
        assert_zero(out + 1, sizeof out - 1);
    }
}

static void ccm_refused_in_place_leaves_no_plaintext(void **state)
{
    sealed s = seal_sample(*state, 4);

    s.tag[0] ^= 1;
    assert_int_equal(open_sample(*state, &s, s.message), KITH_ERR_CRYPTO);
    assert_zero(s.message, sizeof s.message);
}

static void ccm_of_nothing_authenticates_the_aad(void **state)
{
    const kith_crypto_port *port = *state;
    uint8_t key[16] = {1}, nonce[13] = {2}, aad[1] = {3}, tag[4], bare[4];

    assert_int_equal(port->ccm_seal(port->context, key, nonce, aad, 1, NULL, 0, NULL, tag, 4), KITH_OK);
    assert_int_equal(port->ccm_seal(port->context, key, nonce, NULL, 0, NULL, 0, NULL, bare, 4), KITH_OK);
    assert_memory_not_equal(tag, bare, 4);
    assert_int_equal(port->ccm_open(port->context, key, nonce, aad, 1, NULL, 0, NULL, tag, 4), KITH_OK);
    assert_int_equal(port->ccm_open(port->context, key, nonce, aad, 1, NULL, 0, NULL, bare, 4), KITH_ERR_CRYPTO);
    assert_int_equal(port->ccm_open(port->context, key, nonce, NULL, 0, NULL, 0, NULL, bare, 4), KITH_OK);
    aad[0] ^= 1;
    assert_int_equal(port->ccm_open(port->context, key, nonce, aad, 1, NULL, 0, NULL, tag, 4), KITH_ERR_CRYPTO);
}

static void ccm_refuses_other_tag_and_message_lengths(void **state)
{
    static uint8_t large[0x10000];
    const kith_crypto_port *port = *state;
    uint8_t key[16] = {1}, nonce[13] = {2}, tag[20] = {0};

    for (size_t len = 0; len <= 17; len++) {
        kith_status expected = len == 4 || len == 8 || len == 16 ? KITH_OK : KITH_ERR_VALUE;

        assert_int_equal(port->ccm_seal(port->context, key, nonce, NULL, 0, large, 1, large, tag, len), expected);
    }
    assert_int_equal(port->ccm_seal(port->context, key, nonce, NULL, 0, large, 0x10000, large, tag, 4), KITH_ERR_VALUE);
    assert_int_equal(port->ccm_open(port->context, key, nonce, NULL, 0, large, 0x10000, large, tag, 4), KITH_ERR_VALUE);
    assert_int_equal(port->ccm_seal(port->context, key, nonce, NULL, 0, large, 0xffff, large, tag, 4), KITH_OK);
    assert_int_equal(port->ccm_open(port->context, key, nonce, NULL, 0, large, 0xffff, large, tag, 4), KITH_OK);
}

static void p256_public_keys_of_the_specification(void **state)
{
    const kith_crypto_port *port = *state;

    for (size_t i = 0; i < sizeof p256_vectors / sizeof p256_vectors[0]; i++) {
        const p256_vector *v = &p256_vectors[i];
        uint8_t public_key[64];

        assert_int_equal(port->p256_public_key(port->context, hex(v->private_b).at, public_key), KITH_OK);
        assert_memory_equal(public_key, hex(v->public_b).at, 64);
        assert_int_equal(port->p256_public_key(port->context, hex(v->private_a).at, public_key), KITH_OK);
        if (v->public_a != NULL)
            assert_memory_equal(public_key, hex(v->public_a).at, 64);
        assert_int_equal(port->p256_check_public_key(port->context, public_key), KITH_OK);
    }
}

static void p256_secrets_agree_in_both_directions(void **state)
{
    const kith_crypto_port *port = *state;

    for (size_t i = 0; i < sizeof p256_vectors / sizeof p256_vectors[0]; i++) {
        const p256_vector *v = &p256_vectors[i];
        uint8_t public_a[64], shared[32];

        assert_int_equal(port->p256_shared_secret(port->context, hex(v->private_a).at, hex(v->public_b).at, shared),
                         KITH_OK);
        assert_memory_equal(shared, hex(v->dhkey).at, 32);
        assert_int_equal(port->p256_public_key(port->context, hex(v->private_a).at, public_a), KITH_OK);
        assert_int_equal(port->p256_shared_secret(port->context, hex(v->private_b).at, public_a, shared), KITH_OK);
        assert_memory_equal(shared, hex(v->dhkey).at, 32);
    }
}

static void points_of_the_curve_are_taken(void **state)
{
    const kith_crypto_port *port = *state;

    for (size_t i = 0; i < sizeof valid_points / sizeof valid_points[0]; i++) {
        octets key = point(valid_points[i].x, valid_points[i].y);
        uint8_t shared[32];

        expect_status(port->p256_check_public_key(port->context, key.at), KITH_OK, valid_points[i].name);
        expect_status(port->p256_shared_secret(port->context, hex(P256_ONE).at, key.at, shared), KITH_OK,
                      valid_points[i].name);
        assert_memory_equal(shared, key.at, 32);
        expect_status(port->p256_shared_secret(port->context, hex(P256_N_MINUS_1).at, key.at, shared), KITH_OK,
                      valid_points[i].name);
        assert_memory_equal(shared, key.at, 32);
    }
}

static void refuse_point(const kith_crypto_port *port, const uint8_t key[64], const char *name)
{
    uint8_t shared[32];

    memset(shared, 0xdd, sizeof shared);
    expect_status(port->p256_check_public_key(port->context, key), KITH_ERR_CRYPTO, name);
    expect_status(port->p256_shared_secret(port->context, hex(P256_B).at, key, shared), KITH_ERR_CRYPTO, name);
    assert_zero(shared, sizeof shared);
}

static void what_is_no_point_is_refused_by_check_and_agreement(void **state)
{
    for (size_t i = 0; i < sizeof invalid_points / sizeof invalid_points[0]; i++)
        refuse_point(*state, point(invalid_points[i].x, invalid_points[i].y).at, invalid_points[i].name);
}

/* With the private key 1 and 2 too: a shortcut for small scalars must not skip the check. */
static void bad_points_are_refused_whatever_the_private_key(void **state)
{
    const kith_crypto_port *port = *state;

    for (uint8_t scalar = 1; scalar <= 3; scalar++) {
        octets private_key = hex(P256_ZERO);

        private_key.at[31] = scalar;
        for (size_t i = 0; i < sizeof invalid_points / sizeof invalid_points[0]; i++) {
            uint8_t shared[32];

            assert_int_equal(port->p256_shared_secret(port->context, private_key.at,
                                                      point(invalid_points[i].x, invalid_points[i].y).at, shared),
                             KITH_ERR_CRYPTO);
            assert_zero(shared, sizeof shared);
        }
    }
}

static void any_changed_bit_of_a_public_key_is_refused(void **state)
{
    octets key = hex(P256_BX P256_BY);

    for (size_t bit = 0; bit < 512; bit++) {
        key.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refuse_point(*state, key.at, "one bit changed");
        key.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void p256_private_keys_out_of_range_are_refused(void **state)
{
    static const char *const refused[] = {P256_ZERO, P256_N, P256_N_PLUS_1, P256_P, P256_ALL_ONES};
    const kith_crypto_port *port = *state;

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        uint8_t out[64] = {0};

        assert_int_equal(port->p256_public_key(port->context, hex(refused[i]).at, out), KITH_ERR_VALUE);
        assert_zero(out, 64);
        assert_int_equal(port->p256_shared_secret(port->context, hex(refused[i]).at, hex(P256_BX P256_BY).at, out),
                         KITH_ERR_CRYPTO);
        assert_zero(out, 32);
    }
}

static void p256_private_keys_at_the_edges_are_taken(void **state)
{
    const kith_crypto_port *port = *state;
    uint8_t public_key[64];

    assert_int_equal(port->p256_public_key(port->context, hex(P256_ONE).at, public_key), KITH_OK);
    assert_memory_equal(public_key, hex(P256_GX P256_GY).at, 64);
    assert_int_equal(port->p256_public_key(port->context, hex(P256_N_MINUS_1).at, public_key), KITH_OK);
    assert_memory_equal(public_key, hex(P256_GX P256_GY_NEGATIVE).at, 64);
}

/* PSA has 32 slots: a call that forgot its key, on success or on failure, would soon run dry. */
static void no_call_keeps_a_key(void **state)
{
    const kith_crypto_port *port = *state;
    uint8_t out[64], tag[4] = {0};

    for (int i = 0; i < 100; i++) {
        assert_int_equal(port->aes128(port->context, hex(AES_KEY).at, hex(AES_PLAIN).at, out), KITH_OK);
        assert_int_equal(port->ccm_open(port->context, hex(AES_KEY).at, out, NULL, 0, out, 8, out, tag, 4),
                         KITH_ERR_CRYPTO);
        assert_int_equal(port->p256_check_public_key(port->context, hex(P256_AX P256_AY).at), KITH_OK);
        assert_int_equal(port->p256_check_public_key(port->context, hex(P256_AX P256_BY).at), KITH_ERR_CRYPTO);
        assert_int_equal(port->p256_shared_secret(port->context, hex(P256_B).at, hex(P256_AX P256_BY).at, out),
                         KITH_ERR_CRYPTO);
    }
    assert_int_equal(port->p256_public_key(port->context, hex(P256_B).at, out), KITH_OK);
}

/* Two implementations that nobody here wrote must say the same, at every length of an LL packet. */
static void both_backends_seal_alike(void **state)
{
    static const size_t aad_lens[] = {0, 1, 13, 14, 15, 30, 31};
    static const size_t tag_lens[] = {4, 8, 16};
    kith_crypto_port openssl, psa;
    uint8_t message[260], key[16] = {7}, nonce[13] = {9};

    (void)state;
    assert_int_equal(kith_openssl_port(&openssl), KITH_OK);
    assert_int_equal(kith_psa_port(&psa), KITH_OK);
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 7);
    for (size_t len = 0; len <= sizeof message; len++) {
        size_t aad_len = aad_lens[len % 7], tag_len = tag_lens[len % 3];
        uint8_t a[260], b[260], tag_a[16], tag_b[16];

        assert_int_equal(openssl.ccm_seal(NULL, key, nonce, message, aad_len, message, len, a, tag_a, tag_len),
                         KITH_OK);
        assert_int_equal(psa.ccm_seal(NULL, key, nonce, message, aad_len, message, len, b, tag_b, tag_len), KITH_OK);
        assert_memory_equal(a, b, len);
        assert_memory_equal(tag_a, tag_b, tag_len);
        assert_int_equal(psa.ccm_open(NULL, key, nonce, message, aad_len, a, len, a, tag_a, tag_len), KITH_OK);
        assert_memory_equal(a, message, len);
        assert_int_equal(openssl.ccm_open(NULL, key, nonce, message, aad_len, b, len, b, tag_b, tag_len), KITH_OK);
        assert_memory_equal(b, message, len);
    }
}

/* ---- keys that stay in PSA ---- */

static void kept_keys_agree_with_keys_in_the_open(void **state)
{
    kith_crypto_port kept, open;
    uint8_t handle[32], kept_public[64], open_public[64], a[32], b[32];

    (void)state;
    assert_int_equal(kith_psa_opaque_port(&kept), KITH_OK);
    assert_int_equal(kith_openssl_port(&open), KITH_OK);
    assert_int_equal(kept.p256_generate(NULL, handle, kept_public), KITH_OK);
    assert_int_equal(open.p256_check_public_key(NULL, kept_public), KITH_OK);
    assert_int_equal(open.p256_public_key(NULL, hex(P256_B).at, open_public), KITH_OK);
    assert_int_equal(kept.p256_shared_secret(NULL, handle, open_public, a), KITH_OK);
    assert_int_equal(open.p256_shared_secret(NULL, hex(P256_B).at, kept_public, b), KITH_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(kept.p256_shared_secret(NULL, handle, hex(P256_AX P256_BY).at, a), KITH_ERR_CRYPTO);
    assert_zero(a, sizeof a);
    kept.p256_destroy(NULL, handle);
    assert_int_equal(kept.p256_shared_secret(NULL, handle, open_public, a), KITH_ERR_CRYPTO);
    assert_zero(a, sizeof a);
}

static void nobody_gets_a_scalar_out_of_psa(void **state)
{
    kith_crypto_port kept;
    uint8_t handle[32], public_key[64], out[66];
    psa_key_id_t id;
    size_t len = 0;

    (void)state;
    assert_int_equal(kith_psa_opaque_port(&kept), KITH_OK);
    assert_int_equal(kept.p256_generate(NULL, handle, public_key), KITH_OK);
    memcpy(&id, handle, sizeof id);
    assert_zero(handle + sizeof id, sizeof handle - sizeof id);
    assert_int_equal(psa_export_key(id, out, sizeof out, &len), PSA_ERROR_NOT_PERMITTED);
    kept.p256_destroy(NULL, handle);
    assert_int_equal(kept.p256_public_key(NULL, hex(P256_B).at, public_key), KITH_ERR_UNSUPPORTED);
    assert_zero(public_key, sizeof public_key);
}

/* 32 slots for the whole process: what is full says so, what is destroyed is free again. */
static void psa_says_when_it_is_full(void **state)
{
    kith_crypto_port kept;
    uint8_t handles[40][32], public_key[64];
    size_t made = 0;

    (void)state;
    assert_int_equal(kith_psa_opaque_port(&kept), KITH_OK);
    for (unsigned round = 0; round < 3; round++) {
        for (made = 0; made < 40 && kept.p256_generate(NULL, handles[made], public_key) == KITH_OK; made++)
            continue;
        assert_in_range(made, 16, 39);
        assert_zero(public_key, sizeof public_key);
        while (made > 0)
            kept.p256_destroy(NULL, handles[--made]);
    }
}

static void other_ports_keep_no_keys(void **state)
{
    kith_crypto_port port;

    (void)state;
    assert_int_equal(kith_psa_port(&port), KITH_OK);
    assert_null(port.p256_generate);
    assert_null(port.p256_destroy);
    assert_int_equal(kith_openssl_port(&port), KITH_OK);
    assert_null(port.p256_generate);
    assert_null(port.p256_destroy);
}

/* An AES block with what is kept, between blocks with other keys, is the same as one without. */
static void kept_contexts_answer_as_fresh_ones(void **state)
{
    kith_crypto_port fresh, keeping;
    kith_openssl_kept kept;
    seeded random = {7};

    (void)state;
    assert_int_equal(kith_openssl_port(&fresh), KITH_OK);
    assert_int_equal(kith_openssl_port_keeping(&keeping, &kept), KITH_OK);
    for (int i = 0; i < 1000; i++) {
        uint8_t key[16], in[16], out[2][16];

        (void)seeded_random(&random, key, sizeof key);
        (void)seeded_random(&random, in, sizeof in);
        assert_int_equal(fresh.aes128(fresh.context, key, in, out[0]), KITH_OK);
        assert_int_equal(keeping.aes128(keeping.context, key, in, out[1]), KITH_OK);
        assert_memory_equal(out[0], out[1], 16);
        assert_int_equal(keeping.aes128(keeping.context, key, out[1], out[1]), KITH_OK); /* in place */
    }
    kith_openssl_release(&kept);
    assert_null(kept.aes);
}

static int start_keeping(void **state)
{
    static kith_crypto_port port;
    static kith_openssl_kept kept;

    assert_int_equal(kith_openssl_port_keeping(&port, &kept), KITH_OK);
    *state = &port;
    return 0;
}

static int end_keeping(void **state)
{
    kith_crypto_port *port = *state;

    kith_openssl_release(port->context);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aes_of_fips_197),
        cmocka_unit_test(random_octets_differ),
        cmocka_unit_test(ccm_known_answers),
        cmocka_unit_test(ccm_refuses_any_changed_bit_and_zeroes_the_output),
        cmocka_unit_test(ccm_refused_in_place_leaves_no_plaintext),
        cmocka_unit_test(ccm_of_nothing_authenticates_the_aad),
        cmocka_unit_test(ccm_refuses_other_tag_and_message_lengths),
        cmocka_unit_test(p256_public_keys_of_the_specification),
        cmocka_unit_test(p256_secrets_agree_in_both_directions),
        cmocka_unit_test(points_of_the_curve_are_taken),
        cmocka_unit_test(what_is_no_point_is_refused_by_check_and_agreement),
        cmocka_unit_test(bad_points_are_refused_whatever_the_private_key),
        cmocka_unit_test(any_changed_bit_of_a_public_key_is_refused),
        cmocka_unit_test(p256_private_keys_out_of_range_are_refused),
        cmocka_unit_test(p256_private_keys_at_the_edges_are_taken),
        cmocka_unit_test(no_call_keeps_a_key),
    };
    const struct CMUnitTest both[] = {
        cmocka_unit_test(both_backends_seal_alike),           cmocka_unit_test(other_ports_keep_no_keys),
        cmocka_unit_test(kept_contexts_answer_as_fresh_ones), cmocka_unit_test(kept_keys_agree_with_keys_in_the_open),
        cmocka_unit_test(nobody_gets_a_scalar_out_of_psa),    cmocka_unit_test(psa_says_when_it_is_full),
    };

    return RUN_ON_BOTH(tests) + cmocka_run_group_tests_name("openssl keeping", tests, start_keeping, end_keeping) +
           cmocka_run_group_tests_name("openssl and psa", both, NULL, NULL);
}
