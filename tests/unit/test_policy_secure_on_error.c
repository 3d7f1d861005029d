/* Secure on error: each refusal asks for more than there was, or for nothing, and is answered once. */
#include "test_policy_support.h"

#include "kith/policy/secure_on_error.h"

static kith_secure_on_error policy;
static unsigned answers;
static kith_link answered;
static bool was_raised;

static void on_ready(void *context, kith_link link, bool raised)
{
    assert_ptr_equal(context, &answers);
    answers++;
    answered = link;
    was_raised = raised;
}

static int set_up(void **state)
{
    start(state);
    answers = 0;
    kith_secure_on_error_init(&policy, places, LINKS, on_ready, &answers);
    listen(&policy.listener);
    return 0;
}

static void tell_refused(kith_event_kind kind, kith_link link, kith_att_error error)
{
    const kith_event event = {
        .kind = kind, .link = link, .gatt = {.result = KITH_GATT_ATT_ERROR, .att_error = error, .handle = 3}};

    tell(&event);
}

static void refuse(kith_link link, kith_att_error error)
{
    tell_refused(KITH_EVENT_READ, link, error);
}

/* What was asked for last has come about. */
static void succeed(kith_link link)
{
    protect(link, host.level, host.key_size != 0 ? host.key_size : 7, 0);
    tell_of(KITH_EVENT_PAIRED, link);
}

static void expect_asked(unsigned times, kith_level level, uint8_t key_size)
{
    assert_int_equal(host.asked, times);
    assert_int_equal(host.level, level);
    assert_int_equal(host.key_size, key_size);
}

static void expect_answers(unsigned times, bool raised)
{
    assert_int_equal(answers, times);
    assert_int_equal(was_raised, raised);
    assert_int_equal(answered, 1);
}

/* The fault of old: encrypting again with the key that was too weak. */
static void every_raise_is_above_what_the_link_has(void **state)
{
    static const kith_att_error errors[] = {0x05, 0x0f};

    for (size_t i = 0; i < 2; i++) {
        set_up(state);
        for (unsigned level = KITH_LEVEL_ENCRYPTED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
            refuse(1, errors[i]);
            expect_asked(level - 1, (kith_level)level, 0);
            assert_int_equal(answers, level - 2);
            succeed(1);
            expect_answers(level - 1, true);
        }
        refuse(1, errors[i]); /* there is nothing above */
        assert_int_equal(host.asked, 3);
        expect_answers(4, false);
    }
}

static void a_short_key_is_asked_to_be_longer(void **state)
{
    (void)state;
    protect(1, KITH_LEVEL_AUTHENTICATED, 7, 0);
    refuse(1, 0x0c);
    expect_asked(1, KITH_LEVEL_AUTHENTICATED, 16);
    succeed(1);
    expect_answers(1, true);
    refuse(1, 0x0c);
    assert_int_equal(host.asked, 1);
    expect_answers(2, false);
}

static void on_a_plain_link_a_short_key_is_encryption_with_a_long_one(void **state)
{
    (void)state;
    refuse(1, 0x0c);
    expect_asked(1, KITH_LEVEL_ENCRYPTED, 16);
}

static void authorization_is_nothing_that_pairing_grants(void **state)
{
    (void)state;
    refuse(1, 0x08);
    assert_int_equal(host.asked, 0);
    expect_answers(1, false);
}

static void other_ends_are_none_of_its_business(void **state)
{
    static const kith_gatt_result results[] = {KITH_GATT_OK, KITH_GATT_NOT_FOUND, KITH_GATT_NOT_SENT,
                                               KITH_GATT_TIMEOUT};
    kith_event event = {.kind = KITH_EVENT_READ, .link = 1, .gatt = {.att_error = 0x05}};

    (void)state;
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        event.gatt.result = results[i];
        tell(&event);
    }
    refuse(1, 0x01);
    refuse(1, 0x80);
    tell_refused(KITH_EVENT_NOTIFIED, 1, 0x05);
    assert_int_equal(host.asked + answers, 0);
}

static void each_operation_of_the_client_counts(void **state)
{
    static const kith_event_kind kinds[] = {KITH_EVENT_READ, KITH_EVENT_WRITTEN, KITH_EVENT_SUBSCRIPTION_WRITTEN,
                                            KITH_EVENT_DISCOVERED};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        set_up(state);
        tell_refused(kinds[i], 1, 0x05);
        assert_int_equal(host.asked, 1);
    }
}

static void what_failed_is_not_asked_for_again(void **state)
{
    (void)state;
    refuse(1, 0x05);
    tell_of(KITH_EVENT_PAIRING_FAILED, 1);
    expect_answers(1, false);
    refuse(1, 0x05);
    refuse(1, 0x0f);
    assert_int_equal(host.asked, 1);
    expect_answers(3, false);
    refuse(1, 0x0c); /* that is something else */
    expect_asked(2, KITH_LEVEL_ENCRYPTED, 16);
    tell_of(KITH_EVENT_PAIRING_FAILED, 1);
    refuse(1, 0x0c);
    assert_int_equal(host.asked, 2);
}

static void a_person_may_want_it_once_more(void **state)
{
    (void)state;
    refuse(1, 0x05);
    kith_secure_on_error_again(&policy, 1); /* it is under way, and stays so */
    tell_of(KITH_EVENT_PAIRING_FAILED, 1);
    expect_answers(1, false);
    kith_secure_on_error_again(&policy, 1);
    kith_secure_on_error_again(&policy, 2);
    refuse(1, 0x05);
    assert_int_equal(host.asked, 2);
}

/* config.gatt_raise has done it already, and that came to nothing. */
static void what_the_host_itself_failed_to_do_is_not_doubled(void **state)
{
    (void)state;
    tell_of(KITH_EVENT_PAIRING_FAILED, 1);
    refuse(1, 0x05);
    assert_int_equal(host.asked, 0);
    expect_answers(1, false);
    tell_of(KITH_EVENT_DISCONNECTED, 1);
    refuse(1, 0x05); /* another connection */
    assert_int_equal(host.asked, 1);
}

static void refusals_in_a_row_are_one_raise_with_one_answer(void **state)
{
    (void)state;
    refuse(1, 0x05);
    refuse(1, 0x05);
    refuse(1, 0x0f);
    assert_int_equal(host.asked, 1);
    assert_int_equal(answers, 0);
    succeed(1);
    expect_answers(1, true);
}

static void encrypted_but_not_better_is_not_raised(void **state)
{
    (void)state;
    protect(1, KITH_LEVEL_ENCRYPTED, 16, 0);
    refuse(1, 0x05);
    tell_of(KITH_EVENT_ENCRYPTED, 1);
    expect_answers(1, false);
}

static void a_link_that_goes_is_an_answer(void **state)
{
    (void)state;
    refuse(1, 0x05);
    tell_of(KITH_EVENT_DISCONNECTED, 1);
    expect_answers(1, false);
    tell_of(KITH_EVENT_DISCONNECTED, 2);
    assert_int_equal(answers, 1);
}

static void it_waits_where_it_must(void **state)
{
    (void)state;
    host.says = KITH_ERR_BUSY;
    refuse(1, 0x05);
    assert_int_equal(answers, 0);
    host.says = KITH_ERR_BACKOFF;
    host.wait_us = 4 * SECOND;
    tell_of(KITH_EVENT_PAIRING_FAILED, 1);
    host.says = KITH_OK;
    wait_us(5 * SECOND);
    assert_int_equal(host.asked, 3);
    succeed(1);
    expect_answers(1, true);
    host.says = KITH_ERR_UNSUPPORTED;
    refuse(1, 0x05);
    expect_answers(2, false);
}

static void links_are_raised_each_for_itself(void **state)
{
    (void)state;
    refuse(1, 0x05);
    protect(2, KITH_LEVEL_ENCRYPTED, 16, 0);
    refuse(2, 0x05);
    assert_int_equal(host.link, 2);
    assert_int_equal(host.level, KITH_LEVEL_AUTHENTICATED);
    host.level = KITH_LEVEL_ENCRYPTED;
    succeed(1);
    expect_answers(1, true);
    tell_of(KITH_EVENT_PAIRING_FAILED, 2);
    assert_int_equal(answers, 2);
    assert_int_equal(answered, 2);
}

static void the_program_may_begin_higher_and_needs_no_answers(void **state)
{
    (void)state;
    kith_secure_on_error_init(&policy, places, 1, NULL, NULL);
    memset(&all, 0, sizeof all);
    listen(&policy.listener);
    policy.level = KITH_LEVEL_SC_AUTHENTICATED;
    refuse(1, 0x05);
    expect_asked(1, KITH_LEVEL_SC_AUTHENTICATED, 0);
    succeed(1);
    refuse(2, 0x05); /* no memory: nothing is asked */
    assert_int_equal(host.asked, 1);
    assert_int_equal(answers, 0);
}

static void it_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(kith_secure_on_error) <= 72);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_raise_is_above_what_the_link_has, set_up),
        cmocka_unit_test_setup(a_short_key_is_asked_to_be_longer, set_up),
        cmocka_unit_test_setup(on_a_plain_link_a_short_key_is_encryption_with_a_long_one, set_up),
        cmocka_unit_test_setup(authorization_is_nothing_that_pairing_grants, set_up),
        cmocka_unit_test_setup(other_ends_are_none_of_its_business, set_up),
        cmocka_unit_test_setup(each_operation_of_the_client_counts, set_up),
        cmocka_unit_test_setup(what_failed_is_not_asked_for_again, set_up),
        cmocka_unit_test_setup(a_person_may_want_it_once_more, set_up),
        cmocka_unit_test_setup(what_the_host_itself_failed_to_do_is_not_doubled, set_up),
        cmocka_unit_test_setup(refusals_in_a_row_are_one_raise_with_one_answer, set_up),
        cmocka_unit_test_setup(encrypted_but_not_better_is_not_raised, set_up),
        cmocka_unit_test_setup(a_link_that_goes_is_an_answer, set_up),
        cmocka_unit_test_setup(it_waits_where_it_must, set_up),
        cmocka_unit_test_setup(links_are_raised_each_for_itself, set_up),
        cmocka_unit_test_setup(the_program_may_begin_higher_and_needs_no_answers, set_up),
        cmocka_unit_test_setup(it_is_small, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
