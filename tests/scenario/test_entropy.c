/* A random source that fails or repeats itself, at the start or at any draw later: nothing made of it goes out, the
 * end names it, and a source that works again pairs again. */
#include "cast.h"

static void restart(cast_host *h)
{
    static const uint8_t hardware_error[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, 0};
    unsigned lost = h->told[KITH_EVENT_CONTROLLER_LOST], ready = h->told[KITH_EVENT_READY];

    assert_int_equal(kith_host_receive(h->host, hardware_error, sizeof hardware_error, kith_sim_now(h->room->sim)),
                     KITH_OK);
    cast_await(h, KITH_EVENT_CONTROLLER_LOST, lost + 1);
    assert_int_equal(kith_host_start(h->host, kith_sim_now(h->room->sim)), KITH_OK);
    cast_await(h, KITH_EVENT_READY, ready + 1);
}

static void start_without(cast_random_fault how)
{
    cast_room *room = cast_open(101, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp");

    lamp->random.good_draws = 0;
    lamp->random.then = how;
    assert_int_equal(kith_host_start(lamp->host, 0), KITH_OK);
    cast_await(lamp, KITH_EVENT_START_FAILED, 1);
    cast_equal(room, lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_ENTROPY);
    cast_equal(room, kith_gap_stop_advertising(lamp->host), KITH_ERR_STATE);
    lamp->random.good_draws = -1;
    cast_start(room);
    cast_close(room);
}

static void a_host_does_not_start_without_randomness(void **state)
{
    (void)state;
    start_without(CAST_RANDOM_FAILS);
    start_without(CAST_RANDOM_CONSTANT);
    start_without(CAST_RANDOM_REPEATS);
}

/* ---- later ---- */

typedef struct {
    unsigned heard;
} ear;

static bool is_bad_block(const uint8_t *p)
{
    static const uint8_t repeated[16] = {1, 8, 15, 22, 29, 36, 43, 50, 57, 64, 71, 78, 85, 92, 99, 106};
    uint8_t constant[16], turned[16];

    memset(constant, 0x5a, sizeof constant);
    for (size_t i = 0; i < 16; i++)
        turned[i] = repeated[15 - i];
    return memcmp(p, constant, 16) == 0 || memcmp(p, repeated, 16) == 0 || memcmp(p, turned, 16) == 0;
}

static void hear(void *context, const kith_sim_frame *f)
{
    ear *e = context;

    for (size_t i = 0; i + 16 <= f->plain_len; i++)
        e->heard += is_bad_block(f->plain + i);
}

static void expect_named(const cast_host *broken, const cast_host *other)
{
    cast_check(broken->room, broken->ends == 1 && other->ends <= 1);
    if (broken->end.succeeded)
        return;
    cast_check(broken->room, broken->end.why == KITH_WHY_ENTROPY);
    cast_equal(broken->room, broken->end.status, KITH_ERR_ENTROPY);
    cast_equal(broken->room, broken->end.smp_reason, KITH_SMP_UNSPECIFIED_REASON);
    if (other->ends == 1 && !other->end.succeeded)
        cast_check(broken->room, other->end.why == KITH_WHY_PEER_FAILED || other->end.why == KITH_WHY_LINK_LOST);
}

static bool has_ended(void *context)
{
    return ((cast_host *)context)->ends > 0;
}

static bool fail_after(long draws, cast_random_fault how, bool at_the_lamp)
{
    cast_room *room = cast_open(102, CAST_OPENSSL);
    ear e = {0};
    cast_host *lamp, *phone, *broken;
    kith_config lamp_config, phone_config;
    bool succeeded;

    cast_lamp_config(&lamp_config);
    cast_phone_config(&phone_config);
    lamp_config.security.initiator_keys = lamp_config.security.responder_keys = KITH_KEY_ID | KITH_KEY_SIGN;
    phone_config.security.initiator_keys = phone_config.security.responder_keys = KITH_KEY_ID | KITH_KEY_SIGN;
    lamp = cast_add(room, "lamp", &lamp_config);
    phone = cast_add(room, "phone", &phone_config);
    broken = at_the_lamp ? lamp : phone;
    cast_start(room);
    cast_run(room, CAST_SECOND, NULL, NULL);
    cast_connect(phone, lamp);
    assert_int_equal(kith_sim_listen(room->sim, hear, &e), KITH_OK);
    broken->random.good_draws = draws;
    broken->random.then = how;
    assert_int_equal(kith_pairing_open(lamp->host, 60000), KITH_OK);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(room, cast_run(room, 60 * CAST_SECOND, has_ended, broken));
    cast_run(room, 5 * CAST_SECOND, NULL, NULL);
    expect_named(broken, at_the_lamp ? phone : lamp);
    /* The first of many equal blocks can't be told from a good one; it went out once at most. */
    cast_check(room, e.heard <= (how == CAST_RANDOM_REPEATS ? 1u : 0u));
    succeeded = broken->end.succeeded;
    broken->random.good_draws = -1;
    cast_disconnect(phone, lamp);
    if (how != CAST_RANDOM_FAILS)
        restart(broken); /* a source that repeated itself is not believed again before */
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
    return succeeded;
}

/* Draws of one side: nonce, CSRK, the next key pair.  Past them the pairing goes well. */
static void fail_at_each_draw(bool at_the_lamp)
{
    for (cast_random_fault how = CAST_RANDOM_FAILS; how <= CAST_RANDOM_REPEATS; how++) {
        assert_false(fail_after(0, how, at_the_lamp));
        for (long draws = 1; draws < 8; draws++)
            fail_after(draws, how, at_the_lamp);
    }
    assert_true(fail_after(20, CAST_RANDOM_FAILS, at_the_lamp));
}

static void A25_the_peripheral_runs_out_of_randomness_at_each_draw(void **state)
{
    (void)state;
    fail_at_each_draw(true);
}

static void A25_the_central_runs_out_of_randomness_at_each_draw(void **state)
{
    (void)state;
    fail_at_each_draw(false);
}

/* No key pair could be made ahead: a pairing that needs one says why, and nothing is sent in its place. */
static void A25_no_key_pair_no_pairing(void **state)
{
    cast_room *room = cast_open(103, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

    (void)state;
    lamp->random.good_draws = 2; /* enough to start: the source's own key, then the IRK */
    lamp->random.then = CAST_RANDOM_FAILS;
    cast_start(room);
    cast_connect(phone, lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 60000), KITH_OK);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(lamp, 1);
    cast_await_ends(phone, 1);
    cast_expect_failed(lamp, 1, KITH_WHY_ENTROPY);
    cast_expect_failed(phone, 1, KITH_WHY_PEER_FAILED);
    lamp->random.good_draws = -1;
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_does_not_start_without_randomness),
        cmocka_unit_test(A25_the_peripheral_runs_out_of_randomness_at_each_draw),
        cmocka_unit_test(A25_the_central_runs_out_of_randomness_at_each_draw),
        cmocka_unit_test(A25_no_key_pair_no_pairing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
