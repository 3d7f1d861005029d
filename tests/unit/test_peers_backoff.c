/* Waits after failed pairings, in virtual time: how they grow and are forgotten, whose slot a newcomer takes, and the
 * limit on passkeys in total. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "peers/backoff.h"

enum { SLOTS = 4, SECOND = 1000000 };

static const kith_backoff rule = {.first_ms = 4000, .longest_ms = 64000, .forget_ms = 10000};

typedef struct {
    peers_backoff b;
    peers_backoff_slot slots[SLOTS];
    uint64_t now_us;
} table;

static void open_table(table *t)
{
    memset(t->slots, 0xa5, sizeof t->slots); /* what was there before says nothing */
    peers_backoff_init(&t->b, t->slots, SLOTS);
    t->now_us = 100 * SECOND;
}

static kith_address stranger(unsigned number)
{
    return (kith_address){KITH_ADDRESS_RANDOM, {(uint8_t)number, (uint8_t)(number >> 8), 3, 4, 5, 0x3f}};
}

static kith_address friend(unsigned number)
{
    return (kith_address){KITH_ADDRESS_PUBLIC, {(uint8_t)number, 2, 3, 4, 5, 6}};
}

static void fails(table *t, kith_address who, bool known)
{
    peers_backoff_failed(&t->b, &rule, &who, known, t->now_us);
}

static uint64_t wait_of(const table *t, kith_address who)
{
    return peers_backoff_wait_us(&t->b, &who, t->now_us);
}

/* So often that its next failure costs the wait of this level and one more. */
static void fails_often(table *t, kith_address who, bool known, unsigned times)
{
    while (times-- > 0)
        fails(t, who, known);
}

/* ---- one identity ---- */

static void the_wait_begins_with_4_seconds_and_doubles_to_64(void **state)
{
    static const unsigned seconds[] = {4, 8, 16, 32, 64, 64, 64};
    table t;

    (void)state;
    open_table(&t);
    assert_int_equal(wait_of(&t, stranger(1)), 0);
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        fails(&t, stranger(1), false);
        assert_int_equal(wait_of(&t, stranger(1)), seconds[i] * SECOND);
        t.now_us += seconds[i] * (uint64_t)SECOND - 1;
        assert_int_equal(wait_of(&t, stranger(1)), 1);
        t.now_us++;
        assert_int_equal(wait_of(&t, stranger(1)), 0);
    }
}

/* Whenever in the first 10 s after a wait the next attempt comes. */
static void waits_never_shrink_in_50_failures(void **state)
{
    (void)state;
    for (uint64_t late_us = 0; late_us < 10 * SECOND; late_us += SECOND - 1) {
        uint64_t before_us = 0;
        table t;

        open_table(&t);
        for (unsigned i = 0; i < 50; i++) {
            fails(&t, stranger(1), false);
            assert_true(wait_of(&t, stranger(1)) >= before_us);
            before_us = wait_of(&t, stranger(1));
            t.now_us += before_us + late_us;
        }
        assert_int_equal(before_us, 64 * SECOND);
    }
}

/* What the next failure costs, after so long a pause since the end of the wait of 64 s. */
static uint64_t next_wait_after_failures(unsigned failures, uint64_t pause_us)
{
    table t;

    open_table(&t);
    fails_often(&t, stranger(1), false, failures);
    t.now_us += 64 * SECOND + pause_us;
    fails(&t, stranger(1), false);
    return wait_of(&t, stranger(1));
}

static uint64_t next_wait_after(uint64_t pause_us)
{
    return next_wait_after_failures(5, pause_us);
}

/* Remembered for 50 s after the longest wait, however often it failed. */
static void more_failures_than_double_the_wait_are_not_remembered_longer(void **state)
{
    (void)state;
    assert_int_equal(next_wait_after_failures(1000, 50 * SECOND), 4 * SECOND);
}

static void one_doubling_is_forgotten_per_10_seconds_after_the_wait(void **state)
{
    (void)state;
    assert_int_equal(next_wait_after(0), 64 * SECOND);
    assert_int_equal(next_wait_after(10 * SECOND - 1), 64 * SECOND);
    assert_int_equal(next_wait_after(10 * SECOND), 64 * SECOND); /* one off, one on */
    assert_int_equal(next_wait_after(20 * SECOND), 32 * SECOND);
    assert_int_equal(next_wait_after(30 * SECOND), 16 * SECOND);
    assert_int_equal(next_wait_after(40 * SECOND), 8 * SECOND);
    assert_int_equal(next_wait_after(50 * SECOND), 4 * SECOND);
    assert_int_equal(next_wait_after(UINT64_C(1000000) * SECOND), 4 * SECOND);
}

static void a_failure_during_the_wait_lengthens_it(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    fails(&t, stranger(1), false);
    t.now_us += SECOND; /* a pairing on another link, begun before */
    fails(&t, stranger(1), false);
    assert_int_equal(wait_of(&t, stranger(1)), 8 * SECOND);
}

static void success_forgets_the_failures_of_that_identity_alone(void **state)
{
    kith_address who = stranger(1);
    table t;

    (void)state;
    open_table(&t);
    fails_often(&t, stranger(1), false, 3);
    fails(&t, stranger(2), false);
    peers_backoff_succeeded(&t.b, &who);
    assert_int_equal(wait_of(&t, stranger(1)), 0);
    assert_int_equal(wait_of(&t, stranger(2)), 4 * SECOND);
    fails(&t, stranger(1), false);
    assert_int_equal(wait_of(&t, stranger(1)), 4 * SECOND);
    who = stranger(99);
    peers_backoff_succeeded(&t.b, &who); /* who never failed */
    assert_int_equal(wait_of(&t, stranger(2)), 4 * SECOND);
}

static void an_identity_is_the_address_with_its_type(void **state)
{
    kith_address same_octets = stranger(1);
    table t;

    (void)state;
    open_table(&t);
    same_octets.type = KITH_ADDRESS_PUBLIC;
    fails(&t, stranger(1), false);
    assert_int_equal(wait_of(&t, same_octets), 0);
    assert_int_equal(wait_of(&t, stranger(2)), 0);
}

/* ---- rules other than the default ---- */

static uint64_t wait_after(const kith_backoff *other, unsigned failures)
{
    kith_address who = stranger(1);
    table t;

    open_table(&t);
    while (failures-- > 0)
        peers_backoff_failed(&t.b, other, &who, false, t.now_us);
    return wait_of(&t, who);
}

static void other_rules(void **state)
{
    static const kith_backoff widest = {.first_ms = 1, .longest_ms = 24 * 60 * 60 * 1000, .forget_ms = UINT32_MAX};
    static const kith_backoff constant = {.first_ms = 5000, .longest_ms = 5000, .forget_ms = 1};
    static const kith_backoff between = {.first_ms = 3000, .longest_ms = 10000, .forget_ms = 1};

    (void)state;
    assert_int_equal(wait_after(&widest, 1), 1000);
    assert_int_equal(wait_after(&widest, 27), 67108864 * UINT64_C(1000));
    assert_int_equal(wait_after(&widest, 28), 86400000 * UINT64_C(1000));
    assert_int_equal(wait_after(&widest, 1000), 86400000 * UINT64_C(1000));
    assert_int_equal(wait_after(&constant, 1), 5 * SECOND);
    assert_int_equal(wait_after(&constant, 9), 5 * SECOND);
    assert_int_equal(wait_after(&between, 2), 6 * SECOND);
    assert_int_equal(wait_after(&between, 3), 10 * SECOND);
}

static void a_milder_rule_shortens_no_wait_that_has_begun(void **state)
{
    static const kith_backoff milder = {.first_ms = 1, .longest_ms = 1, .forget_ms = 10000};
    kith_address who = stranger(1);
    table t;

    (void)state;
    open_table(&t);
    fails_often(&t, who, false, 5);
    peers_backoff_failed(&t.b, &milder, &who, false, t.now_us);
    assert_int_equal(wait_of(&t, who), 64 * SECOND);
}

/* ---- more identities than slots ---- */

static void a_newcomer_takes_a_forgotten_slot_first(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    fails(&t, friend(1), true);
    t.now_us += 14 * SECOND; /* 4 s, and the level forgotten */
    for (unsigned i = 2; i <= SLOTS; i++)
        fails(&t, stranger(i), false);
    fails(&t, stranger(9), false);
    assert_int_equal(wait_of(&t, stranger(9)), 4 * SECOND);
    for (unsigned i = 2; i <= SLOTS; i++)
        assert_int_equal(wait_of(&t, stranger(i)), 4 * SECOND);
}

static void then_that_of_the_lowest_level(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    for (unsigned i = 1; i <= SLOTS; i++)
        fails_often(&t, stranger(i), false, i == 3 ? 1 : 2);
    fails(&t, stranger(9), false);
    assert_int_equal(wait_of(&t, stranger(3)), 0);
    assert_int_equal(wait_of(&t, stranger(9)), 4 * SECOND);
    assert_int_equal(wait_of(&t, stranger(1)), 8 * SECOND);
}

static void then_one_whose_wait_is_over(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    fails(&t, stranger(1), false);
    t.now_us += 5 * SECOND; /* over, and not forgotten */
    for (unsigned i = 2; i <= SLOTS; i++)
        fails(&t, stranger(i), false);
    fails(&t, stranger(9), false);
    for (unsigned i = 2; i <= SLOTS; i++)
        assert_int_equal(wait_of(&t, stranger(i)), 4 * SECOND);
    fails(&t, stranger(1), false); /* so it begins anew */
    assert_int_equal(wait_of(&t, stranger(1)), 4 * SECOND);
}

/* Fresh addresses cost nothing: a thousand of them free nobody who waited before they came. */
static void a_crowd_of_strangers_displaces_itself(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    fails(&t, stranger(1), false);
    t.now_us += 1;
    for (unsigned i = 2; i < SLOTS; i++)
        fails_often(&t, stranger(i), false, i);
    for (unsigned i = 1000; i < 2000; i++) {
        t.now_us += 1000;
        fails(&t, stranger(i), false);
        assert_int_equal(wait_of(&t, stranger(i)), 4 * SECOND);
    }
    assert_int_equal(wait_of(&t, stranger(1)), 3 * SECOND - 1);
    for (unsigned i = 2; i < SLOTS; i++)
        assert_int_equal(wait_of(&t, stranger(i)), (UINT64_C(4) << (i - 1)) * SECOND - SECOND);
}

/* Somebody speaks under the address of a bonded peer, and fills the table with persistent strangers before and after.
 */
static void no_crowd_frees_a_known_identity(void **state)
{
    uint64_t before_us = 0;
    table t;

    (void)state;
    open_table(&t);
    for (unsigned i = 1; i <= SLOTS; i++)
        fails_often(&t, stranger(i), false, 5);
    for (unsigned i = 0; i < 50; i++) {
        fails(&t, friend(1), true);
        assert_true(wait_of(&t, friend(1)) >= before_us);
        before_us = wait_of(&t, friend(1));
        for (unsigned j = 0; j < 20; j++)
            fails_often(&t, stranger(100 * i + j), false, 5);
        assert_int_equal(wait_of(&t, friend(1)), before_us);
        t.now_us += before_us;
    }
    assert_int_equal(before_us, 64 * SECOND);
}

/* Whoever comes, and however low the level of the known one. */
static void a_strangers_slot_goes_before_a_known_ones(void **state)
{
    (void)state;
    for (unsigned known = 0; known <= 1; known++) {
        kith_address newcomer = known ? friend(9) : stranger(9);
        table t;

        open_table(&t);
        fails(&t, friend(1), true);
        for (unsigned i = 2; i <= SLOTS; i++)
            fails_often(&t, stranger(i), false, 2);
        fails(&t, newcomer, known);
        assert_int_equal(wait_of(&t, newcomer), 4 * SECOND);
        assert_int_equal(wait_of(&t, friend(1)), 4 * SECOND);
    }
}

static void a_stranger_is_not_kept_where_all_are_known(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    for (unsigned i = 1; i <= SLOTS; i++)
        fails(&t, friend(i), true);
    fails(&t, stranger(1), false);
    assert_int_equal(wait_of(&t, stranger(1)), 0);
    for (unsigned i = 1; i <= SLOTS; i++)
        assert_int_equal(wait_of(&t, friend(i)), 4 * SECOND);
    fails(&t, friend(9), true); /* one more that is known is */
    assert_int_equal(wait_of(&t, friend(9)), 4 * SECOND);
    t.now_us += 14 * SECOND;
    fails(&t, stranger(1), false); /* and so is a stranger, once something is forgotten */
    assert_int_equal(wait_of(&t, stranger(1)), 4 * SECOND);
}

/* ---- in total ---- */

static void guess(table *t)
{
    peers_backoff_guessed(&t->b, t->now_us);
}

static uint64_t total(const table *t)
{
    return peers_backoff_total_wait_us(&t->b, t->now_us);
}

static void three_wrong_passkeys_and_then_one_in_10_seconds(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    for (unsigned i = 0; i < PEERS_GUESSES; i++) {
        assert_int_equal(total(&t), 0);
        guess(&t);
    }
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(total(&t), 10 * SECOND);
        t.now_us += 10 * SECOND - 1;
        assert_int_equal(total(&t), 1);
        t.now_us += 1;
        assert_int_equal(total(&t), 0);
        guess(&t);
    }
    t.now_us += 30 * SECOND; /* full again, and never fuller */
    for (unsigned i = 0; i < PEERS_GUESSES; i++) {
        assert_int_equal(total(&t), 0);
        guess(&t);
    }
    assert_int_equal(total(&t), 10 * SECOND);
}

/* Those that a window or a person let pass count too, and still nobody is locked out for longer. */
static void the_wait_in_total_is_never_longer(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    for (unsigned i = 0; i < 1000; i++) {
        guess(&t);
        assert_true(total(&t) <= 10 * SECOND);
    }
    t.now_us += 10 * SECOND;
    assert_int_equal(total(&t), 0);
}

/* Whoever makes them, from whatever address, as fast as may be: an hour is worth 363. */
static void an_hour_of_guessing_is_worth_363(void **state)
{
    unsigned guesses = 0;
    uint64_t end_us;
    table t;

    (void)state;
    open_table(&t);
    for (end_us = t.now_us + UINT64_C(3600) * SECOND; t.now_us <= end_us; t.now_us += 300000) {
        if (total(&t) != 0)
            continue;
        guess(&t);
        guesses++;
    }
    assert_in_range(guesses, 300, 363);
}

static void failures_of_other_kinds_make_nobody_else_wait(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    for (unsigned i = 0; i < 1000; i++)
        fails(&t, stranger(i), false);
    assert_int_equal(total(&t), 0);
    assert_int_equal(wait_of(&t, stranger(5000)), 0);
}

/* ---- time ---- */

static void a_failure_whose_time_is_untold_counts_from_the_next_time_told(void **state)
{
    kith_address who = stranger(1);
    table t;

    (void)state;
    open_table(&t);
    fails_often(&t, who, false, 2);
    t.now_us += 8 * SECOND;
    peers_backoff_failed(&t.b, &rule, &who, false, PEERS_UNTOLD);
    assert_int_equal(wait_of(&t, who), 16 * SECOND); /* nothing was forgotten, and nothing has passed */
    t.now_us += UINT64_C(3600) * SECOND;
    peers_backoff_settle(&t.b, t.now_us);
    assert_int_equal(wait_of(&t, who), 16 * SECOND);
    peers_backoff_settle(&t.b, t.now_us + SECOND); /* once */
    t.now_us += 16 * SECOND;
    assert_int_equal(wait_of(&t, who), 0);
    fails(&t, who, false);
    assert_int_equal(wait_of(&t, who), 32 * SECOND);
}

static void two_untold_failures_do_not_shorten_each_other(void **state)
{
    kith_address who = stranger(1);
    table t;

    (void)state;
    open_table(&t);
    peers_backoff_failed(&t.b, &rule, &who, false, PEERS_UNTOLD);
    peers_backoff_failed(&t.b, &rule, &who, false, PEERS_UNTOLD);
    peers_backoff_settle(&t.b, t.now_us);
    assert_int_equal(wait_of(&t, who), 8 * SECOND);
}

static void a_guess_whose_time_is_untold_empties_the_bucket(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    peers_backoff_guessed(&t.b, PEERS_UNTOLD);
    assert_int_equal(total(&t), 10 * SECOND);
    t.now_us += UINT64_C(3600) * SECOND;
    peers_backoff_settle(&t.b, t.now_us);
    assert_int_equal(total(&t), 10 * SECOND);
    t.now_us += 10 * SECOND;
    assert_int_equal(total(&t), 0);
}

/* The first moment, and a clock near the end of what it can tell. */
static void at_both_ends_of_time(void **state)
{
    table t;

    (void)state;
    open_table(&t);
    t.now_us = 0;
    fails(&t, stranger(1), false);
    guess(&t);
    assert_int_equal(wait_of(&t, stranger(1)), 4 * SECOND);
    t.now_us = PEERS_UNTOLD - 1 - 64 * (uint64_t)SECOND;
    assert_int_equal(wait_of(&t, stranger(1)), 0);
    assert_int_equal(total(&t), 0);
    fails_often(&t, stranger(1), false, 5);
    fails(&t, stranger(2), false);
    assert_int_equal(wait_of(&t, stranger(1)), 64 * SECOND);
    t.now_us = PEERS_UNTOLD - 1;
    assert_int_equal(wait_of(&t, stranger(1)), 0);
    assert_int_equal(wait_of(&t, stranger(2)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_begins_with_4_seconds_and_doubles_to_64),
        cmocka_unit_test(waits_never_shrink_in_50_failures),
        cmocka_unit_test(more_failures_than_double_the_wait_are_not_remembered_longer),
        cmocka_unit_test(one_doubling_is_forgotten_per_10_seconds_after_the_wait),
        cmocka_unit_test(a_failure_during_the_wait_lengthens_it),
        cmocka_unit_test(success_forgets_the_failures_of_that_identity_alone),
        cmocka_unit_test(an_identity_is_the_address_with_its_type),
        cmocka_unit_test(other_rules),
        cmocka_unit_test(a_milder_rule_shortens_no_wait_that_has_begun),
        cmocka_unit_test(a_newcomer_takes_a_forgotten_slot_first),
        cmocka_unit_test(then_that_of_the_lowest_level),
        cmocka_unit_test(then_one_whose_wait_is_over),
        cmocka_unit_test(a_crowd_of_strangers_displaces_itself),
        cmocka_unit_test(no_crowd_frees_a_known_identity),
        cmocka_unit_test(a_strangers_slot_goes_before_a_known_ones),
        cmocka_unit_test(a_stranger_is_not_kept_where_all_are_known),
        cmocka_unit_test(three_wrong_passkeys_and_then_one_in_10_seconds),
        cmocka_unit_test(the_wait_in_total_is_never_longer),
        cmocka_unit_test(an_hour_of_guessing_is_worth_363),
        cmocka_unit_test(failures_of_other_kinds_make_nobody_else_wait),
        cmocka_unit_test(a_failure_whose_time_is_untold_counts_from_the_next_time_told),
        cmocka_unit_test(two_untold_failures_do_not_shorten_each_other),
        cmocka_unit_test(a_guess_whose_time_is_untold_empties_the_bucket),
        cmocka_unit_test(at_both_ends_of_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
