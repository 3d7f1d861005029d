/* Advertise again: when a set begins again, how soon, how often, and what each answer of the host means. */
#include "test_policy_support.h"

#include "kith/policy/advertise_again.h"

static kith_advertise_again again;
static const kith_advertising as = {.interval_625us = 160};
static kith_status answer;
static unsigned calls;

kith_status kith_gap_advertise_set(kith_host *h, uint8_t set, const kith_advertising *advertising)
{
    (void)h;
    assert_int_equal(set, 2);
    assert_ptr_equal(advertising, &as);
    calls++;
    return answer;
}

static int set_up(void **state)
{
    start(state);
    calls = 0;
    answer = KITH_OK;
    kith_advertise_again_init(&again, 2, &as, 2);
    listen(&again.listener);
    return 0;
}

static void say(uint8_t set, bool on, kith_activity_end why, kith_hci_status hci_status, kith_status status)
{
    const kith_event event = {
        .kind = KITH_EVENT_ADVERTISING,
        .activity = {.on = on, .set = set, .why = why, .hci_status = hci_status, .status = status}};

    tell(&event);
}

static void goes_on(void)
{
    say(2, true, KITH_ENDED_ASKED, 0, KITH_OK);
}

static void ends(kith_activity_end why)
{
    say(2, false, why, 0, KITH_OK);
}

static void connects(kith_link link)
{
    tell_of(KITH_EVENT_CONNECTED, link);
}

static void parts(kith_link link)
{
    tell_of(KITH_EVENT_DISCONNECTED, link);
}

static void a_link_is_the_end_and_it_begins_again(void **state)
{
    (void)state;
    goes_on();
    connects(1);
    ends(KITH_ENDED_CONNECTED);
    assert_int_equal(calls, 1);
    goes_on();
    connects(2);
    ends(KITH_ENDED_CONNECTED);
    assert_int_equal(calls, 1); /* all places are taken */
    parts(1);
    assert_int_equal(calls, 2);
    goes_on();
    parts(2);
    assert_int_equal(calls, 2); /* it is on */
    assert_int_equal(again.again, 2);
    assert_true(sizeof again <= 96);
}

static void what_somebody_stopped_stays_off(void **state)
{
    (void)state;
    goes_on();
    ends(KITH_ENDED_ASKED);
    connects(1);
    parts(1);
    say(0, true, KITH_ENDED_ASKED, 0, KITH_OK); /* another set's are not its business */
    say(0, false, KITH_ENDED_CONNECTED, 0, KITH_OK);
    tell_of(KITH_EVENT_READY, 0);
    assert_int_equal(calls, 0);
    goes_on();
    connects(1);
    connects(2);
    ends(KITH_ENDED_CONNECTED);
    ends(KITH_ENDED_ASKED);
    parts(1);
    assert_int_equal(calls, 0);
}

static void a_limit_is_an_end_unless_it_is_not(void **state)
{
    (void)state;
    goes_on();
    ends(KITH_ENDED_TIME);
    assert_int_equal(calls, 0);
    again.after_limit = true;
    goes_on();
    ends(KITH_ENDED_TIME);
    assert_int_equal(calls, 1);
}

static void it_waits_before_it_begins(void **state)
{
    (void)state;
    again.delay_ms = 500;
    goes_on();
    connects(1);
    ends(KITH_ENDED_CONNECTED);
    assert_int_equal(kith_listeners_deadline(&all), now_us + 500000);
    now_us += 499999;
    kith_listeners_advance(&all, NULL, now_us);
    assert_int_equal(calls, 0);
    now_us++;
    kith_listeners_advance(&all, NULL, now_us);
    assert_int_equal(calls, 1);
    assert_int_equal(kith_listeners_deadline(&all), UINT64_MAX);
}

static void a_place_that_is_taken_meanwhile_is_waited_for(void **state)
{
    (void)state;
    again.delay_ms = 500;
    goes_on();
    connects(1);
    ends(KITH_ENDED_CONNECTED);
    connects(2); /* as central */
    now_us += 500000;
    kith_listeners_advance(&all, NULL, now_us);
    assert_int_equal(calls, 0);
    assert_int_equal(kith_listeners_deadline(&all), UINT64_MAX);
    parts(1);
    now_us += 500000;
    kith_listeners_advance(&all, NULL, now_us);
    assert_int_equal(calls, 1);
}

static void so_often_and_no_more(void **state)
{
    (void)state;
    again.most = 2;
    for (unsigned n = 0; n < 5; n++) {
        goes_on();
        connects(1);
        ends(KITH_ENDED_CONNECTED);
        parts(1);
    }
    assert_int_equal(calls, 2);
}

static void what_is_refused_for_a_while_is_tried_again(void **state)
{
    static const kith_status whiles[] = {KITH_ERR_BUSY, KITH_ERR_FULL};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint64_t first_us = now_us, before;

        calls = 0;
        answer = whiles[i];
        goes_on();
        ends(KITH_ENDED_CONNECTED);
        for (unsigned n = 0; n < 20; n++) {
            before = now_us;
            now_us = kith_listeners_deadline(&all);
            assert_true(now_us > before && now_us - before <= 11 * (uint64_t)SECOND);
            kith_listeners_advance(&all, NULL, now_us);
        }
        assert_int_equal(calls, 21);
        assert_true(now_us - first_us > 60 * (uint64_t)SECOND); /* later and later */
        answer = KITH_OK;
        now_us = kith_listeners_deadline(&all);
        kith_listeners_advance(&all, NULL, now_us);
        assert_int_equal(kith_listeners_deadline(&all), UINT64_MAX);
        assert_int_equal(again.last, KITH_OK);
    }
}

static void what_fails_is_tried_again(void **state)
{
    (void)state;
    goes_on();
    say(2, false, KITH_ENDED_ASKED, 0x1f, KITH_ERR_ENTROPY);
    assert_int_equal(calls, 0);
    now_us = kith_listeners_deadline(&all);
    kith_listeners_advance(&all, NULL, now_us);
    assert_int_equal(calls, 1);
    say(2, false, KITH_ENDED_ASKED, 0x0c, KITH_OK);
    assert_int_equal(kith_listeners_deadline(&all), now_us + 20000);
    ends(KITH_ENDED_ASKED); /* the program's word */
    assert_int_equal(kith_listeners_deadline(&all), UINT64_MAX);
}

static void what_cannot_be_is_given_up(void **state)
{
    (void)state;
    answer = KITH_ERR_UNSUPPORTED;
    goes_on();
    ends(KITH_ENDED_CONNECTED);
    assert_int_equal(again.last, KITH_ERR_UNSUPPORTED);
    assert_int_equal(calls, 1);
    connects(1);
    parts(1);
    assert_int_equal(calls, 1);
    again.as = NULL;
    goes_on();
    ends(KITH_ENDED_CONNECTED);
    assert_int_equal(calls, 1);
    assert_int_equal(again.last, KITH_ERR_VALUE);
}

/* It is on already by somebody else's call, or the controller starts: an event follows. */
static void what_is_not_the_time_is_waited_for(void **state)
{
    (void)state;
    goes_on();
    tell_of(KITH_EVENT_CONTROLLER_LOST, 0);
    answer = KITH_ERR_STATE;
    tell_of(KITH_EVENT_READY, 0);
    assert_int_equal(calls, 1);
    answer = KITH_OK;
    tell_of(KITH_EVENT_READY, 0);
    assert_int_equal(calls, 2);
    goes_on();
    ends(KITH_ENDED_ASKED);
    tell_of(KITH_EVENT_CONTROLLER_LOST, 0);
    tell_of(KITH_EVENT_READY, 0);
    assert_int_equal(calls, 2); /* it was off */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_link_is_the_end_and_it_begins_again, set_up),
        cmocka_unit_test_setup(what_somebody_stopped_stays_off, set_up),
        cmocka_unit_test_setup(a_limit_is_an_end_unless_it_is_not, set_up),
        cmocka_unit_test_setup(it_waits_before_it_begins, set_up),
        cmocka_unit_test_setup(a_place_that_is_taken_meanwhile_is_waited_for, set_up),
        cmocka_unit_test_setup(so_often_and_no_more, set_up),
        cmocka_unit_test_setup(what_is_refused_for_a_while_is_tried_again, set_up),
        cmocka_unit_test_setup(what_fails_is_tried_again, set_up),
        cmocka_unit_test_setup(what_cannot_be_is_given_up, set_up),
        cmocka_unit_test_setup(what_is_not_the_time_is_waited_for, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
