/* The two policies that end links: which, when, and which not. */
#include "test_policy_support.h"

#include "kith/policy/disconnect_below.h"
#include "kith/policy/disconnect_on_failure.h"

static kith_disconnect_on_failure failure;
static kith_disconnect_below guard;
static unsigned told;
static kith_event_security told_has;

static void tell_failed(kith_event_kind kind, kith_link link, kith_why why, kith_phase phase)
{
    const kith_event event = {.kind = kind, .link = link, .verdict = {.why = why, .phase = phase}};

    tell(&event);
}

/* ---- on failure ---- */

static int set_up_failure(void **state)
{
    start(state);
    kith_disconnect_on_failure_init(&failure);
    listen(&failure.listener);
    return 0;
}

static void a_proof_that_failed_ends_the_link(void **state)
{
    static const kith_why wrong[] = {
        KITH_WHY_CONFIRM_MISMATCH, KITH_WHY_CHECK_MISMATCH, KITH_WHY_NUMBER_REFUSED, KITH_WHY_KEYS_DIFFER,
        KITH_WHY_PEER_SAYS_NO_KEY, KITH_WHY_WE_HAVE_NO_KEY, KITH_WHY_SMP_TIMEOUT,    KITH_WHY_PUBLIC_KEY_INVALID,
        KITH_WHY_DEBUG_KEY,        KITH_WHY_ENTROPY,        KITH_WHY_COUNT};

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tell_failed(i % 2 != 0 ? KITH_EVENT_PAIRING_FAILED : KITH_EVENT_ENCRYPTION_FAILED, 3, wrong[i],
                    KITH_PHASE_AUTHENTICATION);
        assert_int_equal(host.ended, i + 1);
        assert_int_equal(host.ended_link, 3);
        assert_int_equal(host.reason, 0x05);
        assert_int_equal(failure.ended, i + 1);
    }
}

static void a_refusal_leaves_the_link(void **state)
{
    unsigned refusals = 0;

    (void)state;
    for (unsigned why = 0; why < KITH_WHY_COUNT; why++) {
        if (!kith_failure_is_refusal((kith_why)why))
            continue;
        refusals++;
        tell_failed(KITH_EVENT_PAIRING_FAILED, 1, (kith_why)why, KITH_PHASE_FEATURES);
        assert_int_equal(host.ended, 0);
    }
    assert_int_equal(refusals, 26); /* who adds a verdict decides which of the two it is */
    failure.refusals = true;
    tell_failed(KITH_EVENT_PAIRING_FAILED, 1, KITH_WHY_PAIRING_CLOSED, KITH_PHASE_FEATURES);
    assert_int_equal(host.ended, 1);
}

/* What the peer says while it has to prove itself is not a refusal, whatever it calls it. */
static void a_peer_that_fails_refuses_only_before_it_proves_itself(void **state)
{
    (void)state;
    tell_failed(KITH_EVENT_PAIRING_FAILED, 1, KITH_WHY_PEER_FAILED, KITH_PHASE_FEATURES);
    assert_int_equal(host.ended, 0);
    tell_failed(KITH_EVENT_PAIRING_FAILED, 1, KITH_WHY_PEER_FAILED, KITH_PHASE_PUBLIC_KEYS);
    assert_int_equal(host.ended, 1);
}

static void a_link_that_is_still_encrypted_stays_unless_wanted(void **state)
{
    (void)state;
    protect(1, KITH_LEVEL_ENCRYPTED, 16, 7);
    tell_failed(KITH_EVENT_PAIRING_FAILED, 1, KITH_WHY_CONFIRM_MISMATCH, KITH_PHASE_AUTHENTICATION);
    assert_int_equal(host.ended, 0);
    failure.encrypted = true;
    tell_failed(KITH_EVENT_PAIRING_FAILED, 1, KITH_WHY_CONFIRM_MISMATCH, KITH_PHASE_AUTHENTICATION);
    assert_int_equal(host.ended, 1);
}

static void what_is_no_failure_and_what_is_gone_end_nothing(void **state)
{
    (void)state;
    tell_failed(KITH_EVENT_PAIRED, 1, KITH_WHY_PAIRED, KITH_PHASE_DONE);
    tell_failed(KITH_EVENT_BOND_FAILED, 1, KITH_WHY_STORE_FAILED, KITH_PHASE_DONE);
    assert_int_equal(host.ended, 0);
    host.ends = KITH_ERR_NOT_FOUND;
    tell_failed(KITH_EVENT_PAIRING_FAILED, 1, KITH_WHY_LINK_LOST, KITH_PHASE_AUTHENTICATION);
    assert_int_equal(failure.ended, 0);
    assert_true(sizeof failure <= 40);
}

/* ---- below ---- */

static void on_below(void *context, kith_link link, const kith_event_security *has)
{
    assert_ptr_equal(context, &told);
    assert_int_equal(link, host.ended_link);
    told_has = *has;
    told++;
}

static int set_up_below(void **state)
{
    start(state);
    told = 0;
    kith_disconnect_below_init(&guard, places, LINKS, KITH_LEVEL_AUTHENTICATED);
    guard.below = on_below;
    guard.context = &told;
    listen(&guard.listener);
    return 0;
}

static void change(kith_link link, kith_level level, uint8_t key_size, kith_peer_id peer)
{
    protect(link, level, key_size, peer);
    tell_of(KITH_EVENT_SECURITY_CHANGED, link);
}

static void each_link_has_a_time_of_its_own(void **state)
{
    (void)state;
    tell_connected(1, 0, true);
    wait_us(20 * SECOND);
    tell_connected(2, 0, false);
    change(1, KITH_LEVEL_ENCRYPTED, 16, 0); /* not enough */
    wait_us(10 * SECOND - 1);
    assert_int_equal(host.ended, 0);
    wait_us(1);
    assert_int_equal(host.ended, 1);
    assert_int_equal(host.ended_link, 1);
    assert_int_equal(host.reason, 0x05);
    assert_int_equal(told_has.level, KITH_LEVEL_ENCRYPTED);
    wait_us(20 * SECOND);
    assert_int_equal(host.ended, 2);
    assert_int_equal(host.ended_link, 2);
    assert_int_equal(told, 2);
    assert_int_equal(guard.ended, 2);
}

static void who_is_secure_in_time_stays(void **state)
{
    (void)state;
    tell_connected(1, 0, true);
    change(1, KITH_LEVEL_AUTHENTICATED, 7, 0);
    wait_us(3600 * (uint64_t)SECOND);
    assert_int_equal(host.ended, 0);
}

static void who_falls_below_goes_at_once(void **state)
{
    (void)state;
    tell_connected(1, 0, true);
    change(1, KITH_LEVEL_AUTHENTICATED, 16, 0);
    change(1, KITH_LEVEL_ENCRYPTED, 16, 0);
    assert_int_equal(host.ended, 1);
    tell_of(KITH_EVENT_DISCONNECTED, 1);
    wait_us(3600 * (uint64_t)SECOND);
    assert_int_equal(host.ended, 1);
}

static void the_key_must_be_long_enough(void **state)
{
    (void)state;
    guard.key_size = 16;
    tell_connected(1, 0, true);
    change(1, KITH_LEVEL_AUTHENTICATED, 15, 0);
    wait_us(31 * SECOND);
    assert_int_equal(host.ended, 1);
}

static void the_key_must_be_a_bonds(void **state)
{
    (void)state;
    guard.bonded = true;
    tell_connected(1, 0, true);
    change(1, KITH_LEVEL_AUTHENTICATED, 16, 0);
    wait_us(31 * SECOND);
    assert_int_equal(host.ended, 1);
    tell_connected(2, 0, true);
    change(2, KITH_LEVEL_AUTHENTICATED, 16, 0);
    protect(2, KITH_LEVEL_AUTHENTICATED, 16, 7);
    tell_of(KITH_EVENT_BONDED, 2); /* no change of security is told of that */
    wait_us(31 * SECOND);
    assert_int_equal(host.ended, 1);
}

/* Paired anew: the link has a new key, and its bond is on its way to the store. */
static void a_new_bond_has_its_time_to_be_stored(void **state)
{
    (void)state;
    guard.bonded = true;
    tell_connected(1, 7, true);
    change(1, KITH_LEVEL_AUTHENTICATED, 16, 7);
    change(1, KITH_LEVEL_AUTHENTICATED, 16, 0);
    assert_int_equal(host.ended, 0);
    protect(1, KITH_LEVEL_AUTHENTICATED, 16, 7);
    tell_of(KITH_EVENT_BONDED, 1);
    wait_us(31 * SECOND);
    assert_int_equal(host.ended, 0);
    change(1, KITH_LEVEL_AUTHENTICATED, 16, 0);
    wait_us(20 * SECOND);
    tell_of(KITH_EVENT_BOND_FAILED, 1); /* does not begin the time anew */
    wait_us(11 * SECOND);
    assert_int_equal(host.ended, 1);
}

static void a_link_without_memory_goes_at_once(void **state)
{
    (void)state;
    kith_disconnect_below_init(&guard, places, 1, KITH_LEVEL_ENCRYPTED);
    memset(&all, 0, sizeof all);
    listen(&guard.listener);
    tell_connected(1, 0, true);
    tell_connected(2, 0, true);
    assert_int_equal(host.ended, 1);
    assert_int_equal(host.ended_link, 2);
}

/* Level 1 is no protection, and who asks for it has made a mistake. */
static void a_plain_link_is_never_enough(void **state)
{
    (void)state;
    guard.level = KITH_LEVEL_NONE;
    tell_connected(1, 0, true);
    tell_of(KITH_EVENT_SECURITY_CHANGED, 1);
    wait_us(31 * SECOND);
    assert_int_equal(host.ended, 1);
}

static void links_that_end_by_themselves_are_let_go(void **state)
{
    (void)state;
    tell_connected(1, 0, true);
    tell_of(KITH_EVENT_DISCONNECTED, 1);
    wait_us(31 * SECOND);
    tell_connected(2, 0, true);
    host.ends = KITH_ERR_NOT_FOUND; /* its end is not told yet */
    wait_us(31 * SECOND);
    assert_int_equal(host.ended, 0);
    assert_int_equal(told, 0);
    assert_true(sizeof guard <= 88);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_proof_that_failed_ends_the_link, set_up_failure),
        cmocka_unit_test_setup(a_refusal_leaves_the_link, set_up_failure),
        cmocka_unit_test_setup(a_peer_that_fails_refuses_only_before_it_proves_itself, set_up_failure),
        cmocka_unit_test_setup(a_link_that_is_still_encrypted_stays_unless_wanted, set_up_failure),
        cmocka_unit_test_setup(what_is_no_failure_and_what_is_gone_end_nothing, set_up_failure),
        cmocka_unit_test_setup(each_link_has_a_time_of_its_own, set_up_below),
        cmocka_unit_test_setup(who_is_secure_in_time_stays, set_up_below),
        cmocka_unit_test_setup(who_falls_below_goes_at_once, set_up_below),
        cmocka_unit_test_setup(the_key_must_be_long_enough, set_up_below),
        cmocka_unit_test_setup(the_key_must_be_a_bonds, set_up_below),
        cmocka_unit_test_setup(a_new_bond_has_its_time_to_be_stored, set_up_below),
        cmocka_unit_test_setup(a_link_without_memory_goes_at_once, set_up_below),
        cmocka_unit_test_setup(a_plain_link_is_never_enough, set_up_below),
        cmocka_unit_test_setup(links_that_end_by_themselves_are_let_go, set_up_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
