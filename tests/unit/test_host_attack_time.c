/* Deadlines: none is late because a peer or a controller wants it so, and none is early because the host was idle. */
#include "test_host_attack_support.h"

static side *linked(attack *a, bool central)
{
    side *x;

    attack_begin(a);
    x = start_side(a, central ? 0 : 1, attack_config());
    say_connected(x, x->handle, central, 9);
    run(a);
    forget_log(x);
    return x;
}

/* ---- a peer that acknowledges nothing ---- */

static void expect_disconnect_in_2_s(attack *a, side *x)
{
    run(a); /* the time of the call is told */
    assert_int_equal(sent(x, KITH_HCI_DISCONNECT), 0);
    pass(a, 2 * SECOND);
    assert_int_equal(sent(x, KITH_HCI_DISCONNECT), 1);
    assert_int_equal(x->told[KITH_EVENT_DISCONNECTED], 1);
}

static void a_peer_that_acknowledges_nothing_cannot_hold_off_our_disconnect(void **state)
{
    attack a;
    side *x = linked(&a, false);

    (void)state;
    x->hold_acl = true;
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(&a);
    assert_int_equal(x->acl_count, 1); /* Pairing Failed: the window is closed */
    assert_int_equal(kith_gap_disconnect(x->h, x->link, KITH_HCI_REMOTE_USER_TERMINATED), KITH_OK);
    expect_disconnect_in_2_s(&a, x);
    attack_end(&a);
}

static void nor_the_disconnect_after_its_silence(void **state)
{
    attack a;
    side *x = linked(&a, false);

    (void)state;
    x->hold_acl = true;
    assert_int_equal(kith_pairing_open(x->h, 60000), KITH_OK);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(&a);
    assert_int_equal(x->acl_count, 1); /* Pairing Response */
    pass(&a, 30 * SECOND);
    assert_int_equal(x->told[KITH_EVENT_PAIRING_FAILED], 1);
    expect_disconnect_in_2_s(&a, x);
    attack_end(&a);
}

static void a_disconnect_waits_for_the_last_word_while_it_is_under_way(void **state)
{
    attack a;
    side *x = linked(&a, false);

    (void)state;
    x->hold_acl = true;
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(&a);
    assert_int_equal(kith_gap_disconnect(x->h, x->link, KITH_HCI_REMOTE_USER_TERMINATED), KITH_OK);
    pass(&a, 500 * MILLISECOND);
    assert_int_equal(sent(x, KITH_HCI_DISCONNECT), 0);
    say_acknowledged(x, x->handle, 1);
    run(&a);
    assert_int_equal(sent(x, KITH_HCI_DISCONNECT), 1);
    attack_end(&a);
}

/* ---- an hour of idleness, then a call that carries no time ---- */

/* What the loop of kith/host.h does after a call: packets, which nobody answers, and the time. */
static void send_and_tell_time(side *x)
{
    x->hold_commands = x->hold_acl = true; /* an event from the controller would tell the time as well */
    (void)pump(x);
    assert_true(kith_host_deadline(x->h) <= *x->now_us);
    assert_int_equal(kith_host_advance(x->h, *x->now_us), KITH_OK);
    take_events(x);
    assert_int_equal(x->event_count, x->told[KITH_EVENT_SECURITY_STARTED]); /* that alone */
    assert_true(kith_host_deadline(x->h) > *x->now_us);
}

/* From now on just before `us` nothing has happened, and just after it this event has. */
static void expect_deadline(attack *a, side *x, uint64_t us, kith_event_kind kind)
{
    uint64_t begun = a->now_us;

    a->now_us = begun + us - MILLISECOND;
    run(a);
    assert_int_equal(x->event_count, x->told[KITH_EVENT_SECURITY_STARTED]); /* that alone */
    a->now_us = begun + us;
    run(a);
    assert_int_equal(x->told[kind], 1);
}

static void secure_after_an_idle_hour_has_its_full_time(void **state)
{
    (void)state;
    for (unsigned central = 0; central < 2; central++) {
        attack a;
        side *x = linked(&a, central);

        a.now_us += HOUR;
        assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        send_and_tell_time(x);
        expect_deadline(&a, x, 30 * SECOND, KITH_EVENT_PAIRING_FAILED);
        attack_end(&a);
    }
}

static void a_read_after_an_idle_hour_has_its_full_time(void **state)
{
    attack a;
    side *x = linked(&a, true);

    (void)state;
    a.now_us += HOUR;
    assert_int_equal(kith_gatt_read(x->h, x->link, 3), KITH_OK);
    send_and_tell_time(x);
    expect_deadline(&a, x, 30 * SECOND, KITH_EVENT_READ);
    attack_end(&a);
}

static void a_window_opened_after_an_idle_hour_is_open_for_its_full_time(void **state)
{
    uint64_t opened;
    attack a;
    side *x = linked(&a, false);

    (void)state;
    a.now_us += HOUR;
    opened = a.now_us;
    assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
    assert_true(kith_pairing_is_open(x->h));
    send_and_tell_time(x);
    a.now_us = opened + 30 * SECOND - MILLISECOND;
    run(&a);
    assert_true(kith_pairing_is_open(x->h));
    a.now_us = opened + 30 * SECOND;
    run(&a);
    assert_false(kith_pairing_is_open(x->h));
    attack_end(&a);
}

/* The button is pressed, and the next thing the host hears is the request. */
static void a_request_right_after_the_window_was_opened_is_admitted(void **state)
{
    attack a;
    side *x = linked(&a, false);

    (void)state;
    a.now_us += HOUR;
    assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_PAIRING_FAILED], 0);
    assert_true(x->acl_count >= 1);
    assert_int_equal(x->acl[0][9], KITH_SMP_PAIRING_RESPONSE);
    attack_end(&a);
}

static void a_command_after_an_idle_hour_has_its_full_time(void **state)
{
    kith_advertising advertising;
    attack a;
    side *x;

    (void)state;
    attack_begin(&a);
    x = start_peripheral(&a);
    a.now_us += HOUR;
    kith_gap_default_advertising(&advertising, "x");
    assert_int_equal(kith_gap_advertise(x->h, &advertising), KITH_OK);
    send_and_tell_time(x);
    assert_int_equal(x->command_count, 1);
    expect_deadline(&a, x, 4 * SECOND, KITH_EVENT_CONTROLLER_LOST);
    attack_end(&a);
}

/* ---- the controller ---- */

static void a_host_that_was_not_started_has_no_controller_to_lose(void **state)
{
    attack a;
    side *x;

    (void)state;
    attack_begin(&a);
    x = make_side(&a, 0, attack_config());
    assert_int_equal(kith_pairing_open(x->h, 1000), KITH_OK);
    assert_int_equal(kith_host_advance(x->h, a.now_us), KITH_OK);
    assert_int_equal(kith_host_advance(x->h, a.now_us + HOUR), KITH_OK);
    take_events(x);
    assert_int_equal(x->event_count, x->told[KITH_EVENT_SECURITY_STARTED]); /* that alone */
    attack_end(&a);
}

static void a_command_complete_for_nothing_does_not_put_off_a_commands_deadline(void **state)
{
    static const uint8_t nothing[3] = {1, 0, 0};
    uint64_t begun;
    attack a;
    side *x;

    (void)state;
    attack_begin(&a);
    x = start_peripheral(&a);
    block_commands(&a, x);
    begun = a.now_us;
    while (x->told[KITH_EVENT_CONTROLLER_LOST] == 0 && a.now_us < begun + 60 * SECOND) {
        assert_int_equal(x->event_count, x->told[KITH_EVENT_SECURITY_STARTED]); /* that alone */
        pass(&a, 500 * MILLISECOND);
        say_event(x, KITH_HCI_EV_COMMAND_COMPLETE, nothing, sizeof nothing);
    }
    assert_int_equal(x->told[KITH_EVENT_CONTROLLER_LOST], 1);
    assert_int_equal(a.now_us - begun, 4 * SECOND);
    attack_end(&a);
}

static void a_disconnect_refused_is_tried_again_and_then_the_controller_is_lost(void **state)
{
    unsigned tries = 0;
    attack a;
    side *x = linked(&a, false);

    (void)state;
    x->hold_commands = true;
    assert_int_equal(kith_gap_disconnect(x->h, x->link, KITH_HCI_REMOTE_USER_TERMINATED), KITH_OK);
    for (unsigned i = 0; i < 100; i++) {
        pass(&a, 200 * MILLISECOND);
        if (sent(x, KITH_HCI_DISCONNECT) == 0)
            continue;
        tries++;
        x->command_count = 0;
        say_status(x, KITH_HCI_DISCONNECT, KITH_HCI_COMMAND_DISALLOWED);
    }
    assert_in_range(tries, 2, 4); /* the first, and at most three more */
    assert_int_equal(x->told[KITH_EVENT_CONTROLLER_LOST], 1);
    assert_int_equal(x->told[KITH_EVENT_DISCONNECTED], 1);
    assert_int_equal(last_event(x, KITH_EVENT_CONTROLLER_LOST)->lost.opcode, KITH_HCI_DISCONNECT);
    attack_end(&a);
}

static void a_disconnect_refused_once_is_done_the_second_time(void **state)
{
    attack a;
    side *x = linked(&a, false);

    (void)state;
    x->hold_commands = true;
    assert_int_equal(kith_gap_disconnect(x->h, x->link, KITH_HCI_REMOTE_USER_TERMINATED), KITH_OK);
    run(&a);
    assert_int_equal(sent(x, KITH_HCI_DISCONNECT), 1);
    x->hold_commands = false;
    say_status(x, KITH_HCI_DISCONNECT, KITH_HCI_COMMAND_DISALLOWED);
    pass(&a, 5 * SECOND);
    assert_int_equal(sent(x, KITH_HCI_DISCONNECT), 2);
    assert_int_equal(x->told[KITH_EVENT_DISCONNECTED], 1);
    assert_int_equal(x->told[KITH_EVENT_CONTROLLER_LOST], 0);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_that_acknowledges_nothing_cannot_hold_off_our_disconnect),
        cmocka_unit_test(nor_the_disconnect_after_its_silence),
        cmocka_unit_test(a_disconnect_waits_for_the_last_word_while_it_is_under_way),
        cmocka_unit_test(secure_after_an_idle_hour_has_its_full_time),
        cmocka_unit_test(a_read_after_an_idle_hour_has_its_full_time),
        cmocka_unit_test(a_window_opened_after_an_idle_hour_is_open_for_its_full_time),
        cmocka_unit_test(a_request_right_after_the_window_was_opened_is_admitted),
        cmocka_unit_test(a_command_after_an_idle_hour_has_its_full_time),
        cmocka_unit_test(a_host_that_was_not_started_has_no_controller_to_lose),
        cmocka_unit_test(a_command_complete_for_nothing_does_not_put_off_a_commands_deadline),
        cmocka_unit_test(a_disconnect_refused_is_tried_again_and_then_the_controller_is_lost),
        cmocka_unit_test(a_disconnect_refused_once_is_done_the_second_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
