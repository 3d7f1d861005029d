/* Randomness that fails closed, private keys drawn from it, the debug key, and work items. */
#include "crypto_support.h"

#include "../vectors/crypto.h"
#include "crypto/p256.h"
#include "crypto/random.h"
#include "kith/work.h"

/* A source that plays back blocks of 16 octets (all of one octet's copy but the first), or fails. */
typedef struct {
    const uint8_t *script; /* the first octet of each block; FAIL: report failure; CONSTANT: all zero */
    size_t len;
    size_t at;
    const kith_crypto_port *sound;
} scripted;

enum { FAIL = 0xff, CONSTANT = 0xfe };

static kith_status scripted_random(void *context, uint8_t *out, size_t len)
{
    scripted *s = context;
    uint8_t step = s->script[s->at++ % s->len];

    assert_int_equal(len, 16);
    memset(out, 0, len);
    if (step == FAIL)
        return KITH_ERR_ENTROPY;
    if (step != CONSTANT) {
        out[0] = step;
        out[15] = 0xa5;
    }
    return KITH_OK;
}

static kith_status scripted_aes128(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    scripted *s = context;

    return s->sound->aes128(s->sound->context, key, in, out);
}

static kith_crypto_port scripted_port(scripted *s)
{
    return (kith_crypto_port){.context = s, .random = scripted_random, .aes128 = scripted_aes128};
}

static void random_hands_out_what_the_source_gave_after_the_first_block(void **state)
{
    static const uint8_t script[] = {1, 2, 3, 4};
    scripted source = {script, sizeof script, 0, *state};
    kith_crypto_port port = scripted_port(&source);
    crypto_random_state s;
    uint8_t out[24];

    crypto_random_reset(&s);
    assert_int_equal(crypto_random(&port, &s, out, sizeof out), KITH_OK);
    assert_int_equal(source.at, 3);
    assert_int_equal(out[0], 2);
    assert_int_equal(out[15], 0xa5);
    assert_int_equal(out[16], 3);
    assert_zero(out + 17, 7);
}

static void expect_entropy_failure(const kith_crypto_port *port, crypto_random_state *s)
{
    uint8_t out[16];

    memset(out, 0xdd, sizeof out);
    assert_int_equal(crypto_random(port, s, out, sizeof out), KITH_ERR_ENTROPY);
    assert_zero(out, sizeof out);
}

static void source_that_fails_is_told_and_asked_again(void **state)
{
    static const uint8_t script[] = {FAIL, 1, FAIL, 2, FAIL, 3};
    scripted source = {script, sizeof script, 0, *state};
    kith_crypto_port port = scripted_port(&source);
    crypto_random_state s;
    uint8_t out[16];

    crypto_random_reset(&s);
    expect_entropy_failure(&port, &s); /* at the key */
    expect_entropy_failure(&port, &s); /* after the key */
    assert_int_equal(crypto_random(&port, &s, out, sizeof out), KITH_OK);
    assert_int_equal(out[0], 2);
    expect_entropy_failure(&port, &s);
}

static void failure_in_the_middle_zeroes_all_of_the_output(void **state)
{
    static const uint8_t script[] = {1, 2, 3, FAIL};
    scripted source = {script, sizeof script, 0, *state};
    kith_crypto_port port = scripted_port(&source);
    crypto_random_state s;
    uint8_t out[48];

    memset(out, 0xdd, sizeof out);
    crypto_random_reset(&s);
    assert_int_equal(crypto_random(&port, &s, out, sizeof out), KITH_ERR_ENTROPY);
    assert_zero(out, sizeof out);
}

/* Draws until failure or limit; the number of blocks handed out. */
static size_t draw_until_failure(const kith_crypto_port *port, crypto_random_state *s, size_t limit)
{
    uint8_t out[16];
    size_t drawn = 0;

    while (drawn < limit && crypto_random(port, s, out, sizeof out) == KITH_OK)
        drawn++;
    if (drawn < limit)
        assert_zero(out, sizeof out);
    return drawn;
}

static void caught_source_stays_refused(scripted *source, const kith_crypto_port *port, crypto_random_state *s)
{
    static const uint8_t good[] = {101, 102, 103, 104, 105};

    source->script = good;
    source->len = sizeof good;
    source->at = 0;
    expect_entropy_failure(port, s);
    expect_entropy_failure(port, s);
    assert_int_equal(source->at, 0); /* not even asked */
    crypto_random_reset(s);
    assert_int_equal(draw_until_failure(port, s, 3), 3);
}

static void constant_source_is_caught(void **state)
{
    static const uint8_t at_start[] = {CONSTANT, 1, 2, 3};
    static const uint8_t later[] = {1, 2, 3, CONSTANT};
    scripted source = {at_start, sizeof at_start, 0, *state};
    kith_crypto_port port = scripted_port(&source);
    crypto_random_state s;

    crypto_random_reset(&s);
    assert_int_equal(draw_until_failure(&port, &s, 9), 0);
    caught_source_stays_refused(&source, &port, &s);

    source = (scripted){later, sizeof later, 0, *state};
    crypto_random_reset(&s);
    assert_int_equal(draw_until_failure(&port, &s, 9), 2);
    caught_source_stays_refused(&source, &port, &s);
}

/* Any period up to the eight blocks that are remembered. */
static void repeating_source_is_caught(void **state)
{
    static const uint8_t script[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    for (size_t period = 1; period <= CRYPTO_RANDOM_RECENT; period++) {
        scripted source = {script, period, 0, *state};
        kith_crypto_port port = scripted_port(&source);
        crypto_random_state s;

        crypto_random_reset(&s);
        assert_int_equal(draw_until_failure(&port, &s, 99), period - 1);
        caught_source_stays_refused(&source, &port, &s);
    }
}

static void honest_source_is_never_refused(void **state)
{
    seeded source = {20240601};
    kith_crypto_port port = *(const kith_crypto_port *)*state;
    crypto_random_state s;

    port.random = seeded_random;
    port.context = &source;
    crypto_random_reset(&s);
    assert_int_equal(draw_until_failure(&port, &s, 5000), 5000);
}

static void random_state_keeps_no_output(void **state)
{
    seeded source = {77};
    kith_crypto_port port = *(const kith_crypto_port *)*state;
    crypto_random_state s;
    uint8_t out[16];

    port.random = seeded_random;
    port.context = &source;
    crypto_random_reset(&s);
    assert_int_equal(crypto_random(&port, &s, out, sizeof out), KITH_OK);
    for (size_t i = 0; i + 8 <= sizeof s; i++)
        for (size_t j = 0; j + 8 <= sizeof out; j++)
            assert_memory_not_equal((const uint8_t *)&s + i, out + j, 8);
}

static kith_status broken_aes128(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    (void)context, (void)key, (void)in, (void)out;
    return KITH_ERR_CRYPTO;
}

static void random_without_aes_fails_closed(void **state)
{
    seeded source = {77};
    kith_crypto_port port = {.context = &source, .random = seeded_random, .aes128 = broken_aes128};
    crypto_random_state s;
    uint8_t out[16] = {1};

    (void)state;
    crypto_random_reset(&s);
    assert_int_equal(crypto_random(&port, &s, out, sizeof out), KITH_ERR_CRYPTO);
    assert_zero(out, sizeof out);
}

/* Plays back its octets: one block for the fingerprint key, then scalars; then it fails. */
typedef struct {
    uint8_t octets[16 + 2 * 32];
    size_t at;
} playback;

static kith_status playback_random(void *context, uint8_t *out, size_t len)
{
    playback *p = context;

    if (p->at + len > sizeof p->octets)
        return KITH_ERR_ENTROPY;
    memcpy(out, p->octets + p->at, len);
    p->at += len;
    return KITH_OK;
}

/* Two scalars are offered; the first must be passed over. */
static void expect_second_scalar(const kith_crypto_port *sound, const char *first, const char *second)
{
    playback source = {{0}, 0};
    kith_crypto_port port = *sound;
    crypto_random_state s;
    uint8_t out[32];

    source.octets[0] = 0x77;
    memcpy(source.octets + 16, hex(first).at, 32);
    memcpy(source.octets + 48, hex(second).at, 32);
    port.random = playback_random;
    port.context = &source;
    crypto_random_reset(&s);
    expect_status(crypto_draw_private_key(&port, &s, out), KITH_OK, first);
    assert_memory_equal(out, hex(second).at, 32);
}

static void private_keys_that_must_not_be_are_drawn_again(void **state)
{
    expect_second_scalar(*state, P256_N, P256_B);
    expect_second_scalar(*state, P256_N_PLUS_1, P256_B);
    expect_second_scalar(*state, DEBUG_PRIVATE, P256_N_MINUS_1);
    expect_second_scalar(*state, DEBUG_NEGATIVE, P256_B);
}

static void private_key_from_a_constant_source_is_refused(void **state)
{
    static const uint8_t script[] = {1, CONSTANT};
    scripted source = {script, sizeof script, 0, *state};
    kith_crypto_port port = scripted_port(&source);
    crypto_random_state s;
    uint8_t out[32] = {1};

    crypto_random_reset(&s);
    assert_int_equal(crypto_draw_private_key(&port, &s, out), KITH_ERR_ENTROPY);
    assert_zero(out, sizeof out);
}

/* Always above the order: the first four octets are all ones and the next is not zero. */
static kith_status high_random(void *context, uint8_t *out, size_t len)
{
    kith_status status = seeded_random(context, out, len);

    memset(out, 0xff, 5);
    return status;
}

static void source_of_nothing_but_bad_scalars_is_given_up(void **state)
{
    seeded source = {5};
    kith_crypto_port port = *(const kith_crypto_port *)*state;
    crypto_random_state s;
    uint8_t out[32] = {1};

    port.random = high_random;
    port.context = &source;
    crypto_random_reset(&s);
    assert_int_equal(crypto_draw_private_key(&port, &s, out), KITH_ERR_ENTROPY);
    assert_zero(out, sizeof out);
}

static void private_key_range(void **state)
{
    static const char *const taken[] = {
        P256_ONE, P256_N_MINUS_1, P256_B,
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc622551", /* n with a lower octet in it */
        "ffffffff00000000fffffffffffffffebce6faada7179e84f3b9cac2fc63ffff"};
    static const char *const refused[] = {
        P256_ZERO,      P256_N,
        P256_N_PLUS_1,  P256_P,
        P256_ALL_ONES,  DEBUG_PRIVATE,
        DEBUG_NEGATIVE, "ffffffff00000001000000000000000000000000000000000000000000000000"};

    (void)state;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        assert_true(crypto_may_be_private_key(hex(taken[i]).at));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(crypto_may_be_private_key(hex(refused[i]).at));
}

static void debug_key_is_known_in_wire_order(void **state)
{
    octets x = wire(P256_AX);

    (void)state;
    assert_true(crypto_is_debug_key(x.at));
    x.at[31] ^= 1;
    assert_false(crypto_is_debug_key(x.at));
    assert_false(crypto_is_debug_key(hex(P256_AX).at));
    assert_false(crypto_is_debug_key(wire(P256_BX).at));
}

static void public_key_turns_by_coordinate_and_back(void **state)
{
    octets key = hex(P256_AX P256_AY);
    uint8_t turned[64], back[64];

    (void)state;
    crypto_turn_public_key(turned, key.at);
    assert_memory_equal(turned, wire(P256_AX).at, 32);
    assert_memory_equal(turned + 32, wire(P256_AY).at, 32);
    crypto_turn_public_key(back, turned);
    assert_memory_equal(back, key.at, 64);
}

static kith_work new_work(const kith_crypto_port *port, kith_work_kind kind)
{
    kith_work work;

    memset(&work, 0, sizeof work);
    work.kind = kind;
    work.token = 12345;
    work.crypto = port;
    memcpy(work.private_key, hex(P256_B).at, 32);
    memcpy(work.peer_key, hex(P256_AX P256_AY).at, 64);
    memset(work.public_key, 0xdd, 64);
    memset(work.shared, 0xdd, 32);
    work.result = KITH_ERR_BUSY;
    return work;
}

/* But for the outputs named, nothing of the item has changed. */
static void expect_only(const kith_work *after, const kith_work *before, bool public_key, bool shared)
{
    assert_int_equal(after->kind, before->kind);
    assert_int_equal(after->token, before->token);
    assert_ptr_equal(after->crypto, before->crypto);
    assert_memory_equal(after->private_key, before->private_key, 32);
    assert_memory_equal(after->peer_key, before->peer_key, 64);
    assert_int_equal(memcmp(after->public_key, before->public_key, 64) != 0, public_key);
    assert_int_equal(memcmp(after->shared, before->shared, 32) != 0, shared);
}

static void work_makes_a_key_pair(void **state)
{
    kith_work before = new_work(*state, KITH_WORK_KEY_PAIR);
    kith_work work = before;

    kith_work_run(&work);
    assert_int_equal(work.result, KITH_OK);
    assert_memory_equal(work.public_key, hex(P256_BX P256_BY).at, 64);
    expect_only(&work, &before, true, false);

    memset(work.private_key, 0, 32);
    kith_work_run(&work);
    assert_int_equal(work.result, KITH_ERR_VALUE);
    assert_zero(work.public_key, 64);
}

static void work_checks_a_key(void **state)
{
    kith_work before = new_work(*state, KITH_WORK_CHECK_KEY);
    kith_work work = before;

    kith_work_run(&work);
    assert_int_equal(work.result, KITH_OK);
    expect_only(&work, &before, false, false);

    work.peer_key[63] ^= 1;
    kith_work_run(&work);
    assert_int_equal(work.result, KITH_ERR_CRYPTO);
}

static void work_makes_a_shared_secret(void **state)
{
    kith_work before = new_work(*state, KITH_WORK_SHARED_SECRET);
    kith_work work = before;

    kith_work_run(&work);
    assert_int_equal(work.result, KITH_OK);
    assert_memory_equal(work.shared, hex(DHKEY_1).at, 32);
    expect_only(&work, &before, false, true);

    work.peer_key[63] ^= 1;
    kith_work_run(&work);
    assert_int_equal(work.result, KITH_ERR_CRYPTO);
    assert_zero(work.shared, 32);
}

static void work_of_an_unknown_kind_is_refused(void **state)
{
    kith_work work = new_work(*state, KITH_WORK_KEY_PAIR);
    int unknown = 77;

    memcpy(&work.kind, &unknown, sizeof work.kind < sizeof unknown ? sizeof work.kind : sizeof unknown);
    kith_work_run(&work);
    assert_int_equal(work.result, KITH_ERR_VALUE);
}

/* One seed: the same key pair on both, and the same again. */
static void seeded_key_pairs_are_equal_on_both_backends(void **state)
{
    kith_crypto_port ports[2];
    uint8_t private_keys[2][32], public_keys[2][64];

    (void)state;
    assert_int_equal(kith_openssl_port(&ports[0]), KITH_OK);
    assert_int_equal(kith_psa_port(&ports[1]), KITH_OK);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        for (int i = 0; i < 2; i++) {
            seeded source = {seed};
            crypto_random_state s;

            ports[i].random = seeded_random;
            ports[i].context = &source;
            crypto_random_reset(&s);
            assert_int_equal(crypto_draw_private_key(&ports[i], &s, private_keys[i]), KITH_OK);
            assert_int_equal(ports[i].p256_public_key(ports[i].context, private_keys[i], public_keys[i]), KITH_OK);
        }
        assert_memory_equal(private_keys[0], private_keys[1], 32);
        assert_memory_equal(public_keys[0], public_keys[1], 64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_hands_out_what_the_source_gave_after_the_first_block),
        cmocka_unit_test(source_that_fails_is_told_and_asked_again),
        cmocka_unit_test(failure_in_the_middle_zeroes_all_of_the_output),
        cmocka_unit_test(constant_source_is_caught),
        cmocka_unit_test(repeating_source_is_caught),
        cmocka_unit_test(honest_source_is_never_refused),
        cmocka_unit_test(random_state_keeps_no_output),
        cmocka_unit_test(random_without_aes_fails_closed),
        cmocka_unit_test(private_keys_that_must_not_be_are_drawn_again),
        cmocka_unit_test(private_key_from_a_constant_source_is_refused),
        cmocka_unit_test(source_of_nothing_but_bad_scalars_is_given_up),
        cmocka_unit_test(private_key_range),
        cmocka_unit_test(debug_key_is_known_in_wire_order),
        cmocka_unit_test(public_key_turns_by_coordinate_and_back),
        cmocka_unit_test(work_makes_a_key_pair),
        cmocka_unit_test(work_checks_a_key),
        cmocka_unit_test(work_makes_a_shared_secret),
        cmocka_unit_test(work_of_an_unknown_kind_is_refused),
    };
    const struct CMUnitTest both[] = {
        cmocka_unit_test(seeded_key_pairs_are_equal_on_both_backends),
    };

    return RUN_ON_BOTH(tests) + cmocka_run_group_tests_name("openssl and psa", both, NULL, NULL);
}
