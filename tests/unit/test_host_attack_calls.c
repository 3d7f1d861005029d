/* Calls and work items that fail or come at the wrong moment say so, and blame nobody for it. */
#include "test_host_attack_support.h"

/* ---- work ---- */

static kith_status key_pair_fails(void *context, const uint8_t private_key[32], uint8_t public_key[64])
{
    (void)context;
    (void)private_key;
    (void)public_key;
    return KITH_ERR_CRYPTO;
}

static side *start_without_key_pairs(attack *a, bool central)
{
    side *x = &a->sides[central ? 0 : 1];

    attack_begin(a);
    assert_int_equal(kith_openssl_port(&x->port), KITH_OK);
    x->port.p256_public_key = key_pair_fails;
    start_side(a, central ? 0 : 1, attack_config());
    say_connected(x, x->handle, central, 9);
    forget_log(x);
    return x;
}

/* Not run(): on what is tested here it would never come to rest. */
static void expect_crypto_failure(side *x)
{
    for (unsigned i = 0; i < 100; i++) {
        (void)pump(x);
        (void)work_once(x);
        take_events(x);
    }
    assert_true(x->work_count < 20);
    assert_int_equal(x->told[KITH_EVENT_PAIRING_FAILED], 1);
    assert_int_equal(last_event(x, KITH_EVENT_PAIRING_FAILED)->verdict.why, KITH_WHY_CRYPTO);
}

static void a_key_pair_that_fails_ends_the_pairing_of_the_initiator(void **state)
{
    static const uint8_t pairing_response[7] = {KITH_SMP_PAIRING_RESPONSE, 3, 0, 9, 16, 0, 0};
    attack a;
    side *x = start_without_key_pairs(&a, true);

    (void)state;
    assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    (void)pump(x);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_response, sizeof pairing_response);
    expect_crypto_failure(x);
    attack_end(&a);
}

static void a_key_pair_that_fails_ends_the_pairing_of_the_responder(void **state)
{
    static const uint8_t scalar[32] = {1};
    uint8_t point_octets[64], pdu[65] = {KITH_SMP_PAIRING_PUBLIC_KEY};
    kith_crypto_port whole;
    attack a;
    side *x = start_without_key_pairs(&a, false);

    (void)state;
    assert_int_equal(kith_openssl_port(&whole), KITH_OK);
    assert_int_equal(whole.p256_public_key(whole.context, scalar, point_octets), KITH_OK);
    bytes_reverse(pdu + 1, point_octets, 32);
    bytes_reverse(pdu + 33, point_octets + 32, 32);
    assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    (void)pump(x);
    say_frame(x, x->handle, KITH_CID_SMP, pdu, sizeof pdu);
    expect_crypto_failure(x);
    attack_end(&a);
}

static void a_key_check_that_was_not_made_says_nothing_about_the_peer(void **state)
{
    uint8_t public_key[65] = {KITH_SMP_PAIRING_PUBLIC_KEY, 1};
    kith_work work;
    attack a;
    side *x;

    (void)state;
    attack_begin(&a);
    x = start_peripheral(&a);
    say_connected(x, x->handle, false, 9);
    assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    say_frame(x, x->handle, KITH_CID_SMP, public_key, sizeof public_key);
    assert_true(kith_host_take_work(x->h, &work));
    assert_int_equal(work.kind, KITH_WORK_CHECK_KEY);
    work.result = KITH_ERR_IO;
    assert_int_equal(kith_host_finish_work(x->h, &work, a.now_us), KITH_OK);
    take_events(x);
    assert_int_equal(last_event(x, KITH_EVENT_PAIRING_FAILED)->verdict.why, KITH_WHY_CRYPTO);
    attack_end(&a);
}

/* ---- attributes ---- */

/* Indications cost the peer nothing, and each makes a confirmation that waits. */
static void fill_transmit_buffer(side *x)
{
    static const uint8_t indication[4] = {0x1d, 1, 0, 1};

    x->hold_acl = true;
    for (unsigned i = 0; i < 100; i++) {
        say_frame(x, x->handle, KITH_CID_ATT, indication, sizeof indication);
        (void)pump(x);
    }
}

static void expect_full_then_sent(attack *a, bool write)
{
    static const uint8_t write_request[4] = {0x12, PROGRAM_HANDLE, 0, '!'};
    static const uint8_t value[] = "answer", written[1] = {0x13};
    side *central, *x;
    kith_status status;

    attack_begin(a);
    central = start_central(a);
    x = start_peripheral(a);
    join_and_bond(a, central, x);
    cut_off(central);
    cut_off(x);
    if (write)
        say_frame(x, x->handle, KITH_CID_ATT, write_request, sizeof write_request);
    else
        ask_read(x, PROGRAM_HANDLE);
    run(a);
    assert_int_equal(x->told[write ? KITH_EVENT_WRITE_WANTED : KITH_EVENT_READ_WANTED], 1);
    fill_transmit_buffer(x);
    status = write ? kith_gatt_answer_write(x->h, x->link, 0) : kith_gatt_answer_read(x->h, x->link, 0, value, 6);
    assert_int_equal(status, KITH_ERR_FULL);
    x->hold_acl = false;
    forget_log(x);
    say_acknowledged(x, x->handle, 8);
    run(a);
    status = write ? kith_gatt_answer_write(x->h, x->link, 0) : kith_gatt_answer_read(x->h, x->link, 0, value, 6);
    assert_int_equal(status, KITH_OK);
    run(a);
    if (write)
        assert_true(went_out(x, written, 1));
    else
        assert_true(went_out(x, value, 6));
    attack_end(a);
}

static void an_answer_without_room_says_full_and_can_be_given_later(void **state)
{
    attack a;

    (void)state;
    expect_full_then_sent(&a, false);
    expect_full_then_sent(&a, true);
}

/* Vol 3 Part F 3.4.2.1: once in a connection. */
static void a_second_mtu_exchange_is_refused(void **state)
{
    side *central, *peripheral;
    attack a;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    peripheral = start_peripheral(&a);
    join(central, peripheral);
    assert_int_equal(kith_gatt_exchange_mtu(central->h, central->link), KITH_OK);
    run(&a);
    assert_int_equal(central->told[KITH_EVENT_MTU], 1);
    assert_int_equal(kith_gatt_exchange_mtu(central->h, central->link), KITH_ERR_STATE);
    run(&a);
    assert_int_equal(central->told[KITH_EVENT_MTU], 1);
    part(central, peripheral);
    join(central, peripheral);
    assert_int_equal(kith_gatt_exchange_mtu(central->h, central->link), KITH_OK);
    attack_end(&a);
}

/* ---- configuration and switches ---- */

static void bonding_without_room_for_a_bond_is_refused_at_once(void **state)
{
    kith_config config = attack_config();
    kith_crypto_port port;
    kith_host *h;
    size_t size;
    void *memory;

    (void)state;
    assert_int_equal(kith_openssl_port(&port), KITH_OK);
    config.crypto = &port;
    config.limits.bonds = 0;
    size = kith_host_size(&config.limits);
    assert_int_not_equal(size, 0);
    memory = malloc(size);
    assert_non_null(memory);
    assert_int_equal(kith_host_init(memory, size, &config, &h), KITH_ERR_VALUE);
    config.security.bonding = false;
    assert_int_equal(kith_host_init(memory, size, &config, &h), KITH_OK);
    free(memory);
}

static void what_is_being_switched_on_cannot_be_switched_off_yet(void **state)
{
    kith_advertising advertising;
    kith_scan scan;
    attack a;
    side *x;

    (void)state;
    attack_begin(&a);
    x = start_peripheral(&a);
    kith_gap_default_advertising(&advertising, "x");
    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_stop_advertising(x->h), KITH_ERR_STATE);
    assert_int_equal(kith_gap_stop_scan(x->h), KITH_ERR_STATE);
    assert_int_equal(kith_gap_advertise(x->h, &advertising), KITH_OK);
    assert_int_equal(kith_gap_stop_advertising(x->h), KITH_ERR_BUSY);
    run(&a);
    assert_int_equal(kith_gap_stop_advertising(x->h), KITH_OK);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_ADVERTISING], 2);
    assert_int_equal(kith_gap_start_scan(x->h, &scan), KITH_OK);
    assert_int_equal(kith_gap_stop_scan(x->h), KITH_ERR_BUSY);
    run(&a);
    assert_int_equal(kith_gap_stop_scan(x->h), KITH_OK);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_SCANNING], 2);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_pair_that_fails_ends_the_pairing_of_the_initiator),
        cmocka_unit_test(a_key_pair_that_fails_ends_the_pairing_of_the_responder),
        cmocka_unit_test(a_key_check_that_was_not_made_says_nothing_about_the_peer),
        cmocka_unit_test(an_answer_without_room_says_full_and_can_be_given_later),
        cmocka_unit_test(a_second_mtu_exchange_is_refused),
        cmocka_unit_test(bonding_without_room_for_a_bond_is_refused_at_once),
        cmocka_unit_test(what_is_being_switched_on_cannot_be_switched_off_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
