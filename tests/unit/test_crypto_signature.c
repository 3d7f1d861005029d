/* Signatures against what other stacks compute, and against OpenSSL's own CMAC, on both backends. */
#include "crypto_support.h"

#include <openssl/evp.h>

#include "../vectors/crypto.h"
#include "crypto/signature.h"

static void signatures_of_two_other_stacks(void **state)
{
    for (size_t i = 0; i < sizeof signature_vectors / sizeof signature_vectors[0]; i++) {
        uint8_t out[CRYPTO_SIGNATURE];

        assert_int_equal(crypto_sign(*state, wire(CMAC_KEY).at, hex(CMAC_MESSAGE).at, signature_vectors[i].len, 0, out),
                         KITH_OK);
        assert_memory_equal(out, hex(signature_vectors[i].signature).at, sizeof out);
    }
}

static void signed_write_of_another_stack(void **state)
{
    octets pdu = hex(SIGNED_WRITE), csrk = hex(SIGNED_WRITE_CSRK), signature = hex(SIGNED_WRITE_SIGNATURE);
    uint8_t out[CRYPTO_SIGNATURE];
    uint32_t counter;

    assert_int_equal(crypto_sign(*state, csrk.at, pdu.at, pdu.len, 1, out), KITH_OK);
    assert_memory_equal(out, signature.at, sizeof out);
    assert_true(crypto_is_signed(*state, csrk.at, pdu.at, pdu.len, signature.at, &counter));
    assert_int_equal(counter, 1);
}

/* M is laid out once more, by hand: counter, then the message from its end. */
static void by_openssl(const uint8_t csrk[16], const uint8_t *message, size_t len, uint32_t counter,
                       uint8_t out[CRYPTO_SIGNATURE])
{
    uint8_t key[16], m[4 + HEX_MAX], tag[16];
    size_t tag_len;

    for (size_t i = 0; i < 16; i++)
        key[i] = csrk[15 - i];
    for (size_t i = 0; i < 4; i++) {
        m[i] = (uint8_t)(counter >> (24 - 8 * i));
        out[i] = (uint8_t)(counter >> (8 * i));
    }
    for (size_t i = 0; i < len; i++)
        m[4 + i] = message[len - 1 - i];
    assert_non_null(
        EVP_Q_mac(NULL, "CMAC", NULL, "AES-128-CBC", NULL, key, sizeof key, m, 4 + len, tag, sizeof tag, &tag_len));
    for (size_t i = 0; i < 8; i++)
        out[4 + i] = tag[7 - i];
}

static void any_message_and_counter_as_openssl_has_them(void **state)
{
    static const uint32_t counters[] = {0, 1, 0x01020304, 0x7fffffff, 0xffffffff};
    seeded source = {11};

    for (size_t len = 0; len < HEX_MAX; len++)
        for (size_t c = 0; c < sizeof counters / sizeof counters[0]; c++) {
            uint8_t csrk[16], message[HEX_MAX], is[CRYPTO_SIGNATURE], wanted[CRYPTO_SIGNATURE];

            (void)seeded_random(&source, csrk, sizeof csrk);
            (void)seeded_random(&source, message, sizeof message);
            by_openssl(csrk, message, len, counters[c], wanted);
            assert_int_equal(crypto_sign(*state, csrk, message, len, counters[c], is), KITH_OK);
            assert_memory_equal(is, wanted, sizeof is);
        }
}

static void a_bit_anywhere_makes_it_wrong(void **state)
{
    octets pdu = hex(SIGNED_WRITE), csrk = hex(SIGNED_WRITE_CSRK), signature = hex(SIGNED_WRITE_SIGNATURE);
    octets *const parts[] = {&pdu, &csrk, &signature};
    uint32_t counter;

    for (size_t part = 0; part < 3; part++)
        for (size_t bit = 0; bit < 8 * parts[part]->len; bit++) {
            parts[part]->at[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(crypto_is_signed(*state, csrk.at, pdu.at, pdu.len, signature.at, &counter));
            parts[part]->at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    assert_true(crypto_is_signed(*state, csrk.at, pdu.at, pdu.len, signature.at, &counter));
}

static kith_status broken_aes128(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    (void)context, (void)key, (void)in, (void)out;
    return KITH_ERR_CRYPTO;
}

static void a_port_that_fails_signs_nothing_and_believes_nothing(void **state)
{
    const kith_crypto_port port = {.aes128 = broken_aes128};
    octets pdu = hex(SIGNED_WRITE);
    uint8_t csrk[16] = {1}, out[CRYPTO_SIGNATURE];
    uint32_t counter;

    (void)state;
    memset(out, 0xdd, sizeof out);
    assert_int_equal(crypto_sign(&port, csrk, pdu.at, pdu.len, 1, out), KITH_ERR_CRYPTO);
    assert_zero(out, sizeof out);
    assert_false(crypto_is_signed(&port, csrk, pdu.at, pdu.len, out, &counter)); /* zeros, as it would compute */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_of_two_other_stacks),
        cmocka_unit_test(signed_write_of_another_stack),
        cmocka_unit_test(any_message_and_counter_as_openssl_has_them),
        cmocka_unit_test(a_bit_anywhere_makes_it_wrong),
        cmocka_unit_test(a_port_that_fails_signs_nothing_and_believes_nothing),
    };

    return RUN_ON_BOTH(tests);
}
