/* The SMP toolbox against the specification's sample data, on both backends; and what it leaves behind
 * when the port fails. */
#include "crypto_support.h"

#include "../vectors/crypto.h"
#include "crypto/cmac.h"
#include "crypto/toolbox.h"

static kith_address address(uint8_t type, const char *text)
{
    kith_address a = {type, {0}};

    memcpy(a.octets, wire(text).at, 6);
    return a;
}

static void cmac_of_rfc_4493(void **state)
{
    for (size_t i = 0; i < sizeof cmac_vectors / sizeof cmac_vectors[0]; i++) {
        uint8_t out[16];

        assert_int_equal(crypto_cmac(*state, hex(CMAC_KEY).at, hex(CMAC_MESSAGE).at, cmac_vectors[i].len, out),
                         KITH_OK);
        assert_memory_equal(out, hex(cmac_vectors[i].tag).at, 16);
    }
}

static void cmac_of_nothing_takes_a_null_message(void **state)
{
    uint8_t out[16];

    assert_int_equal(crypto_cmac(*state, hex(CMAC_KEY).at, NULL, 0, out), KITH_OK);
    assert_memory_equal(out, hex(cmac_vectors[0].tag).at, 16);
}

static void cmac_in_any_two_pieces_is_the_same(void **state)
{
    octets message = hex(CMAC_MESSAGE);

    for (size_t cut = 0; cut <= message.len; cut++) {
        crypto_cmac_state s;
        uint8_t out[16];

        crypto_cmac_start(&s, *state, hex(CMAC_KEY).at);
        crypto_cmac_add(&s, message.at, cut);
        crypto_cmac_add(&s, message.at + cut, message.len - cut);
        assert_int_equal(crypto_cmac_finish(&s, out), KITH_OK);
        assert_memory_equal(out, hex(cmac_vectors[3].tag).at, 16);
        assert_zero(s.key, sizeof s.key);
        assert_zero(s.chain, sizeof s.chain);
    }
}

static void database_hash_of_the_sample_database(void **state)
{
    octets message = hex(DATABASE_MESSAGE);
    uint8_t out[16];

    assert_int_equal(crypto_cmac(*state, hex(P256_ZERO).at, message.at, message.len, out), KITH_OK);
    assert_memory_equal(out, hex(DATABASE_HASH).at, 16);
}

static void e_makes_the_session_key(void **state)
{
    uint8_t out[16];

    assert_int_equal(crypto_e(*state, wire(LL_LTK).at, wire(LL_SKD).at, out), KITH_OK);
    assert_memory_equal(out, wire(LL_SESSION_KEY).at, 16);
}

static void c1_of_the_specification(void **state)
{
    uint8_t out[16];

    assert_int_equal(crypto_c1(*state, hex(P256_ZERO).at, wire(C1_R).at, wire(C1_PREQ).at, wire(C1_PRES).at, C1_IAT,
                               wire(C1_IA).at, C1_RAT, wire(C1_RA).at, out),
                     KITH_OK);
    assert_memory_equal(out, wire(C1_OUT).at, 16);
}

static void s1_of_the_specification(void **state)
{
    uint8_t out[16];

    assert_int_equal(crypto_s1(*state, hex(P256_ZERO).at, wire(S1_R1).at, wire(S1_R2).at, out), KITH_OK);
    assert_memory_equal(out, wire(S1_OUT).at, 16);
}

static void f4_of_the_specification(void **state)
{
    uint8_t out[16];

    assert_int_equal(crypto_f4(*state, wire(SC_U).at, wire(SC_V).at, wire(SC_N1).at, 0, out), KITH_OK);
    assert_memory_equal(out, wire(F4_OUT).at, 16);
}

static void f4_depends_on_the_passkey_bit(void **state)
{
    uint8_t zero[16], one[16];

    assert_int_equal(crypto_f4(*state, wire(SC_U).at, wire(SC_V).at, wire(SC_N1).at, 0x80, zero), KITH_OK);
    assert_int_equal(crypto_f4(*state, wire(SC_U).at, wire(SC_V).at, wire(SC_N1).at, 0x81, one), KITH_OK);
    assert_memory_not_equal(zero, one, 16);
}

static void f5_of_the_specification(void **state)
{
    kith_address a1 = address(0, SC_A1), a2 = address(0, SC_A2);
    uint8_t mackey[16], ltk[16];

    assert_int_equal(crypto_f5(*state, wire(DHKEY_1).at, wire(SC_N1).at, wire(SC_N2).at, &a1, &a2, mackey, ltk),
                     KITH_OK);
    assert_memory_equal(mackey, wire(F5_MACKEY).at, 16);
    assert_memory_equal(ltk, wire(F5_LTK).at, 16);
}

static void f6_of_the_specification(void **state)
{
    kith_address a1 = address(0, SC_A1), a2 = address(0, SC_A2);
    uint8_t out[16];

    assert_int_equal(crypto_f6(*state, wire(F5_MACKEY).at, wire(SC_N1).at, wire(SC_N2).at, wire(F6_R).at,
                               wire(F6_IO_CAP).at, &a1, &a2, out),
                     KITH_OK);
    assert_memory_equal(out, wire(F6_OUT).at, 16);
}

/* The samples have two public addresses, so they would not notice a forgotten type octet. */
static void f5_and_f6_depend_on_each_address_type(void **state)
{
    uint8_t ltk[3][16], mackey[16], check[3][16];

    for (uint8_t i = 0; i < 3; i++) {
        kith_address a1 = address(i == 1, SC_A1), a2 = address(i == 2, SC_A2);

        assert_int_equal(crypto_f5(*state, wire(DHKEY_1).at, wire(SC_N1).at, wire(SC_N2).at, &a1, &a2, mackey, ltk[i]),
                         KITH_OK);
        assert_int_equal(crypto_f6(*state, wire(F5_MACKEY).at, wire(SC_N1).at, wire(SC_N2).at, wire(F6_R).at,
                                   wire(F6_IO_CAP).at, &a1, &a2, check[i]),
                         KITH_OK);
    }
    for (int i = 0; i < 3; i++) {
        assert_memory_not_equal(ltk[i], ltk[(i + 1) % 3], 16);
        assert_memory_not_equal(check[i], check[(i + 1) % 3], 16);
    }
}

static void g2_of_the_specification(void **state)
{
    uint32_t value = 0;

    assert_int_equal(crypto_g2(*state, wire(SC_U).at, wire(SC_V).at, wire(SC_N1).at, wire(SC_N2).at, &value), KITH_OK);
    assert_int_equal(value, G2_VALUE);
}

static void h6_of_the_specification(void **state)
{
    static const uint8_t lebr[4] = {'r', 'b', 'e', 'l'};
    uint8_t out[16];

    assert_memory_equal(lebr, wire(H6_KEYID).at, 4);
    assert_int_equal(crypto_h6(*state, wire(H_W).at, lebr, out), KITH_OK);
    assert_memory_equal(out, wire(H6_OUT).at, 16);
}

static void h7_of_the_specification(void **state)
{
    uint8_t out[16];

    assert_int_equal(crypto_h7(*state, wire(H7_TMP1).at, wire(H_W).at, out), KITH_OK);
    assert_memory_equal(out, wire(H7_TMP1_OUT).at, 16);
    assert_int_equal(crypto_h7(*state, wire(H7_TMP2).at, wire(H_W).at, out), KITH_OK);
    assert_memory_equal(out, wire(H7_TMP2_OUT).at, 16);
}

static void ah_of_the_specification(void **state)
{
    uint8_t hash[3];

    assert_int_equal(crypto_ah(*state, wire(AH_IRK).at, wire(AH_PRAND).at, hash), KITH_OK);
    assert_memory_equal(hash, wire(AH_HASH).at, 3);
}

static void output_may_lie_on_an_input(void **state)
{
    octets w = wire(H_W);
    octets n1 = wire(SC_N1);
    octets n2 = wire(SC_N2);
    kith_address a1 = address(0, SC_A1), a2 = address(0, SC_A2);

    assert_int_equal(crypto_h6(*state, w.at, wire(H6_KEYID).at, w.at), KITH_OK);
    assert_memory_equal(w.at, wire(H6_OUT).at, 16);
    assert_int_equal(crypto_f5(*state, wire(DHKEY_1).at, n1.at, n2.at, &a1, &a2, n1.at, n2.at), KITH_OK);
    assert_memory_equal(n1.at, wire(F5_MACKEY).at, 16);
    assert_memory_equal(n2.at, wire(F5_LTK).at, 16);
}

/* A port whose AES works a number of times and then never again, leaving rubbish. */
typedef struct {
    const kith_crypto_port *sound;
    unsigned left;
    bool failed;
} wearing_out;

static kith_status wearing_aes128(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    wearing_out *w = context;

    if (w->left == 0) {
        w->failed = true;
        memset(out, 0xee, 16);
        return KITH_ERR_CRYPTO;
    }
    w->left--;
    return w->sound->aes128(w->sound->context, key, in, out);
}

enum { FUNCTIONS = 11 };

/* One call of each function, its whole output in out. */
static kith_status call(unsigned which, const kith_crypto_port *port, uint8_t out[32], size_t *out_len)
{
    static const uint8_t some[64] = {1, 2, 3};
    const kith_address a = address(1, SC_A1);
    uint32_t number = 1;
    kith_status status;

    *out_len = 16;
    switch (which) {
    case 0:
        return crypto_cmac(port, some, some, sizeof some, out);
    case 1:
        return crypto_e(port, some, some, out);
    case 2:
        return crypto_c1(port, some, some, some, some, 0, some, 0, some, out);
    case 3:
        return crypto_s1(port, some, some, some, out);
    case 4:
        return crypto_f4(port, some, some, some, 0, out);
    case 5:
        *out_len = 32;
        return crypto_f5(port, some, some, some, &a, &a, out, out + 16);
    case 6:
        return crypto_f6(port, some, some, some, some, some, &a, &a, out);
    case 7:
        *out_len = 4;
        status = crypto_g2(port, some, some, some, some, &number);
        bytes_put32(out, number);
        return status;
    case 8:
        return crypto_h6(port, some, some, out);
    case 9:
        return crypto_h7(port, some, some, out);
    default:
        *out_len = 3;
        return crypto_ah(port, some, some, out);
    }
}

static void failure_of_the_port_at_any_block_leaves_zeros(void **state)
{
    for (unsigned which = 0; which < FUNCTIONS; which++) {
        unsigned blocks = 0;
        bool failed = true;

        for (; failed; blocks++) {
            wearing_out wear = {*state, blocks, false};
            kith_crypto_port port = {.context = &wear, .aes128 = wearing_aes128};
            uint8_t out[32];
            size_t len;
            kith_status status;

            memset(out, 0xdd, sizeof out);
            status = call(which, &port, out, &len);
            failed = wear.failed;
            assert_int_equal(status, failed ? KITH_ERR_CRYPTO : KITH_OK);
            if (failed)
                assert_zero(out, len);
        }
        assert_true(blocks > 1); /* it did fail at least once */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cmac_of_rfc_4493),
        cmocka_unit_test(cmac_of_nothing_takes_a_null_message),
        cmocka_unit_test(cmac_in_any_two_pieces_is_the_same),
        cmocka_unit_test(database_hash_of_the_sample_database),
        cmocka_unit_test(e_makes_the_session_key),
        cmocka_unit_test(c1_of_the_specification),
        cmocka_unit_test(s1_of_the_specification),
        cmocka_unit_test(f4_of_the_specification),
        cmocka_unit_test(f4_depends_on_the_passkey_bit),
        cmocka_unit_test(f5_of_the_specification),
        cmocka_unit_test(f6_of_the_specification),
        cmocka_unit_test(f5_and_f6_depend_on_each_address_type),
        cmocka_unit_test(g2_of_the_specification),
        cmocka_unit_test(h6_of_the_specification),
        cmocka_unit_test(h7_of_the_specification),
        cmocka_unit_test(ah_of_the_specification),
        cmocka_unit_test(output_may_lie_on_an_input),
        cmocka_unit_test(failure_of_the_port_at_any_block_leaves_zeros),
    };

    return RUN_ON_BOTH(tests);
}
