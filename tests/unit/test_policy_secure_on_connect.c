/* Secure on connect: what it asks for, when, and what it does with each answer.  Each link for itself. */
#include "test_policy_support.h"

#include "kith/policy/secure_on_connect.h"

static kith_secure_on_connect secure;

static int set_up(void **state)
{
    start(state);
    kith_secure_on_connect_init(&secure, places, LINKS);
    listen(&secure.listener);
    return 0;
}

static void a_bonded_peer_is_secured_at_once(void **state)
{
    (void)state;
    tell_connected(2, 7, true);
    assert_int_equal(host.asked, 1);
    assert_int_equal(host.link, 2);
    assert_int_equal(host.level, KITH_LEVEL_ENCRYPTED);
    assert_int_equal(host.key_size, 0);
    assert_true(kith_listeners_deadline(&all) == UINT64_MAX);
}

static void the_level_and_key_size_are_the_programs(void **state)
{
    (void)state;
    secure.level = KITH_LEVEL_SC_AUTHENTICATED;
    secure.key_size = 16;
    tell_connected(1, 7, true);
    assert_int_equal(host.level, KITH_LEVEL_SC_AUTHENTICATED);
    assert_int_equal(host.key_size, 16);
}

static void a_stranger_is_paired_with_only_if_that_is_wanted(void **state)
{
    (void)state;
    tell_connected(1, 0, true);
    assert_int_equal(host.asked, 0);
    secure.strangers = true;
    tell_connected(2, 0, true);
    assert_int_equal(host.asked, 1);
}

static void each_role_can_be_left_out(void **state)
{
    (void)state;
    secure.not_as_central = true;
    tell_connected(1, 7, true);
    assert_int_equal(host.asked, 0);
    tell_connected(2, 7, false);
    assert_int_equal(host.asked, 1);
    secure.not_as_central = false;
    secure.not_as_peripheral = true;
    tell_connected(3, 7, false);
    assert_int_equal(host.asked, 1);
    tell_connected(4, 7, true);
    assert_int_equal(host.asked, 2);
}

/* One timer for all would ask for the first at the time of the second, or never. */
static void each_link_has_a_delay_of_its_own(void **state)
{
    (void)state;
    secure.delay_ms = 500;
    tell_connected(1, 7, true);
    wait_us(300000);
    tell_connected(2, 8, true);
    wait_us(199999);
    assert_int_equal(host.asked, 0);
    wait_us(1);
    assert_int_equal(host.asked, 1);
    assert_int_equal(host.link, 1);
    wait_us(299999);
    assert_int_equal(host.asked, 1);
    wait_us(1);
    assert_int_equal(host.asked, 2);
    assert_int_equal(host.link, 2);
}

static void a_link_that_ends_in_its_delay_is_let_go(void **state)
{
    (void)state;
    secure.delay_ms = 500;
    tell_connected(1, 7, true);
    tell_of(KITH_EVENT_DISCONNECTED, 1);
    wait_us(SECOND);
    assert_int_equal(host.asked, 0);
}

static void what_somebody_else_made_secure_is_not_asked_for(void **state)
{
    (void)state;
    secure.delay_ms = 500;
    tell_connected(1, 7, true);
    tell_connected(2, 7, true);
    protect(1, KITH_LEVEL_ENCRYPTED, 16, 7);
    tell_of(KITH_EVENT_ENCRYPTED, 1);
    protect(2, KITH_LEVEL_ENCRYPTED, 16, 7); /* and its end is told later than the delay is over */
    wait_us(SECOND);
    assert_int_equal(host.asked, 0);
}

static void after_busy_it_waits_for_the_end_on_that_link(void **state)
{
    static const kith_event_kind ends[] = {KITH_EVENT_PAIRED,    KITH_EVENT_PAIRING_FAILED,
                                           KITH_EVENT_ENCRYPTED, KITH_EVENT_ENCRYPTION_FAILED,
                                           KITH_EVENT_BONDED,    KITH_EVENT_BOND_FAILED};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        set_up(state);
        host.says = KITH_ERR_BUSY;
        tell_connected(1, 7, true);
        wait_us(60 * (uint64_t)SECOND);
        tell_of(ends[i], 2);
        tell_of(KITH_EVENT_SECURITY_CHANGED, 1);
        assert_int_equal(host.asked, 1);
        host.says = KITH_OK;
        tell_of(ends[i], 1);
        assert_int_equal(host.asked, 2);
        tell_of(KITH_EVENT_BONDED, 1); /* it is under way: nothing more is asked */
        assert_int_equal(host.asked, 2);
    }
}

/* The bond that was being written is that of a link which has gone. */
static void a_bond_of_no_link_ends_busy_too(void **state)
{
    (void)state;
    host.says = KITH_ERR_BUSY;
    tell_connected(1, 7, true);
    tell_connected(2, 8, true);
    tell_of(KITH_EVENT_BONDED, 0);
    assert_int_equal(host.asked, 4);
    tell_of(KITH_EVENT_BOND_FAILED, 0);
    assert_int_equal(host.asked, 6);
}

static void busy_that_ended_well_is_enough(void **state)
{
    (void)state;
    host.says = KITH_ERR_BUSY;
    tell_connected(1, 7, true);
    protect(1, KITH_LEVEL_AUTHENTICATED, 16, 7);
    tell_of(KITH_EVENT_PAIRED, 1);
    assert_int_equal(host.asked, 1);
    protect(1, KITH_LEVEL_NONE, 0, 0);
    tell_of(KITH_EVENT_PAIRING_FAILED, 1); /* it is not its link any more */
    assert_int_equal(host.asked, 1);
}

static void busy_that_ended_below_is_not_enough(void **state)
{
    (void)state;
    secure.level = KITH_LEVEL_AUTHENTICATED;
    secure.key_size = 16;
    host.says = KITH_ERR_BUSY;
    tell_connected(1, 7, true);
    protect(1, KITH_LEVEL_ENCRYPTED, 16, 7);
    tell_of(KITH_EVENT_ENCRYPTED, 1);
    assert_int_equal(host.asked, 2);
    protect(1, KITH_LEVEL_AUTHENTICATED, 7, 7);
    tell_of(KITH_EVENT_ENCRYPTED, 1);
    assert_int_equal(host.asked, 3);
}

static void after_backoff_it_waits_as_long_as_it_must(void **state)
{
    (void)state;
    host.says = KITH_ERR_BACKOFF;
    host.wait_us = 4 * SECOND;
    tell_connected(1, 7, true);
    assert_int_equal(host.asked, 1);
    host.says = KITH_OK;
    wait_us(4 * SECOND - 1);
    assert_int_equal(host.asked, 1);
    wait_us(1);
    assert_int_equal(host.asked, 2);
}

/* The host, whose time is behind, knows of no wait any more: nobody spins (wait_us() looks). */
static void backoff_without_a_wait_is_a_moment(void **state)
{
    (void)state;
    host.says = KITH_ERR_BACKOFF;
    tell_connected(1, 7, true);
    wait_us(10000);
    assert_in_range(host.asked, 2, 11);
}

static void after_full_it_comes_back_later_and_later(void **state)
{
    (void)state;
    host.says = KITH_ERR_FULL;
    tell_connected(1, 7, true);
    wait_us(10000);
    assert_int_equal(host.asked, 2);
    wait_us(10000);
    assert_int_equal(host.asked, 2);
    wait_us(10000);
    assert_int_equal(host.asked, 3);
    wait_us(3600 * (uint64_t)SECOND);
    assert_in_range(host.asked, 300, 400); /* every ten seconds */
    host.says = KITH_OK;
    wait_us(11 * SECOND);
    host.asked = 0;
    wait_us(3600 * (uint64_t)SECOND);
    assert_int_equal(host.asked, 0);
}

static void what_cannot_be_asked_ends_it(void **state)
{
    static const kith_status said[] = {KITH_ERR_STATE, KITH_ERR_UNSUPPORTED, KITH_ERR_VALUE, KITH_ERR_NOT_FOUND};

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        set_up(state);
        assert_int_equal(secure.last, KITH_OK);
        host.says = said[i];
        tell_connected(1, 7, true);
        assert_int_equal(secure.last, said[i]);
        tell_of(KITH_EVENT_PAIRING_FAILED, 1);
        wait_us(60 * (uint64_t)SECOND);
        assert_int_equal(host.asked, 1);
    }
}

static void its_own_failure_is_not_tried_again(void **state)
{
    (void)state;
    tell_connected(1, 7, true);
    tell_of(KITH_EVENT_PAIRING_FAILED, 1);
    tell_of(KITH_EVENT_PAIRING_FAILED, 1);
    tell_of(KITH_EVENT_BONDED, 1);
    wait_us(60 * (uint64_t)SECOND);
    assert_int_equal(host.asked, 1);
}

static void a_link_without_memory_is_left_alone_and_counted(void **state)
{
    (void)state;
    kith_secure_on_connect_init(&secure, places, 1);
    memset(&all, 0, sizeof all);
    listen(&secure.listener);
    tell_connected(1, 7, true);
    tell_connected(2, 7, true);
    assert_int_equal(host.asked, 1);
    assert_int_equal(secure.left_alone, 1);
    tell_of(KITH_EVENT_DISCONNECTED, 1);
    tell_connected(3, 7, true);
    assert_int_equal(host.asked, 2);
}

static void it_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(kith_secure_on_connect) <= 72);
    assert_true(sizeof(kith_policy_link) <= 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_bonded_peer_is_secured_at_once, set_up),
        cmocka_unit_test_setup(the_level_and_key_size_are_the_programs, set_up),
        cmocka_unit_test_setup(a_stranger_is_paired_with_only_if_that_is_wanted, set_up),
        cmocka_unit_test_setup(each_role_can_be_left_out, set_up),
        cmocka_unit_test_setup(each_link_has_a_delay_of_its_own, set_up),
        cmocka_unit_test_setup(a_link_that_ends_in_its_delay_is_let_go, set_up),
        cmocka_unit_test_setup(what_somebody_else_made_secure_is_not_asked_for, set_up),
        cmocka_unit_test_setup(after_busy_it_waits_for_the_end_on_that_link, set_up),
        cmocka_unit_test_setup(a_bond_of_no_link_ends_busy_too, set_up),
        cmocka_unit_test_setup(busy_that_ended_well_is_enough, set_up),
        cmocka_unit_test_setup(busy_that_ended_below_is_not_enough, set_up),
        cmocka_unit_test_setup(after_backoff_it_waits_as_long_as_it_must, set_up),
        cmocka_unit_test_setup(backoff_without_a_wait_is_a_moment, set_up),
        cmocka_unit_test_setup(after_full_it_comes_back_later_and_later, set_up),
        cmocka_unit_test_setup(what_cannot_be_asked_ends_it, set_up),
        cmocka_unit_test_setup(its_own_failure_is_not_tried_again, set_up),
        cmocka_unit_test_setup(a_link_without_memory_is_left_alone_and_counted, set_up),
        cmocka_unit_test_setup(it_is_small, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
