/* Background reconnection in turn with the program: whom the program's own list lets in, its connecting and scanning,
 * and pauses.  It never sees an error, an end or an event because of what goes on behind it. */
#include "test_host_reconnect_support.h"

/* Peer 1 has private addresses; peer 2 shows who it is. */
typedef struct {
    rig r;
    kith_peer_id peers[2];
    kith_address hidden, shown, stranger;
} stand;

enum { MOST_STEPS = 30 };

static void open_stand(stand *s, uint8_t listed)
{
    memset(s, 0, sizeof *s);
    rig_open(&s->r, listed, 4, 4);
    s->peers[0] = rig_bond(&s->r, 1, 0x11);
    s->peers[1] = rig_bond(&s->r, 2, 0);
    rig_run(&s->r);
    rig_forget(&s->r);
    rig_private(&s->r, 0x11, 1, &s->hidden);
    rig_identity(2, &s->shown);
    rig_identity(NOBODY, &s->stranger);
}

static void reconnect(stand *s)
{
    rig_reconnect(&s->r, s->peers, 2);
}

static void advertise(rig *r, uint8_t filter)
{
    kith_advertising advertising;

    rig_advertising(&advertising, filter);
    assert_int_equal(kith_gap_advertise(r->d.h, &advertising), KITH_OK);
}

static kith_status allow(rig *r, kith_peer_id peer)
{
    return kith_allow_list_set(r->d.h, &peer, peer != 0, KITH_LIST_PAUSE);
}

static void scan(rig *r, bool filter)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    scan.filter = filter;
    assert_int_equal(kith_gap_start_scan(r->d.h, &scan), KITH_OK);
}

static bool filters(const rig *r)
{
    return (r->advertising && r->advertising_policy != 0) || (r->scanning && r->scanning_policy != 0);
}

/* Runs to the end, a command at a time: nobody of this number is ever in the list while something filters. */
static void run_watched(stand *s, uint8_t kept_out)
{
    do {
        do
            assert_false(filters(&s->r) && rig_filters(&s->r, kept_out));
        while (rig_step(&s->r));
        assert_int_equal(kith_host_advance(s->r.d.h, s->r.d.now_us), KITH_OK);
        rig_take_events(&s->r);
    } while (rig_step(&s->r));
    assert_false(filters(&s->r) && rig_filters(&s->r, kept_out));
    assert_int_equal(s->r.disallowed, 0);
}

static void take_steps(rig *r, unsigned steps)
{
    while (steps-- > 0 && rig_step(r))
        continue;
}

/* ---- whom a filter lets in ---- */

static void advertising_that_filters_lets_in_nobody_who_is_only_looked_for(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
        kith_peer_id second;
        stand s;

        open_stand(&s, 4);
        second = s.peers[1];
        assert_int_equal(allow(&s.r, s.peers[0]), KITH_OK);
        rig_run(&s.r);
        advertise(&s.r, KITH_FILTER_CONNECT);
        take_steps(&s.r, steps % 6);
        {
            kith_reconnection as;

            kith_reconnect_default(&as);
            assert_int_equal(kith_reconnect_begin(s.r.d.h, &second, 1, &as), KITH_OK);
        }
        run_watched(&s, 2);
        rig_expect_way(&s.r, KITH_RECONNECTING_BY_SCAN, true);
        assert_true(s.r.advertising && s.r.scanning && s.r.filtered_count == 1 && rig_filters(&s.r, 1));
        assert_int_equal(allow(&s.r, 0), KITH_OK); /* nobody at all */
        run_watched(&s, 2);
        assert_true(s.r.advertising && s.r.advertising_policy != 0 && s.r.filtered_count == 0);
        assert_int_equal(kith_gap_stop_advertising(s.r.d.h), KITH_OK);
        run_watched(&s, 2);
        rig_expect_way(&s.r, KITH_RECONNECTING_BY_LIST, true);
        assert_true(!s.r.advertising && rig_filters(&s.r, 2) && s.r.initiating);
        rig_close(&s.r);
    }
}

/* The list was theirs, and becomes the program's at any moment. */
static void what_begins_to_filter_has_a_list_without_them(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++)
        for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
            kith_reconnection as;
            stand s;

            open_stand(&s, 4);
            kith_reconnect_default(&as);
            assert_int_equal(kith_reconnect_begin(s.r.d.h, &s.peers[1], 1, &as), KITH_OK);
            take_steps(&s.r, steps);
            assert_int_equal(allow(&s.r, s.peers[0]), KITH_OK);
            if (scans)
                scan(&s.r, true);
            else
                advertise(&s.r, KITH_FILTER_ALL);
            run_watched(&s, 2);
            assert_true(filters(&s.r) && rig_filters(&s.r, 1) && s.r.filtered_count == 1);
            assert_int_equal(s.r.told[KITH_EVENT_ALLOW_LIST], 1);
            assert_int_equal(s.r.last[KITH_EVENT_ALLOW_LIST].peer_list.count, 1);
            rig_close(&s.r);
        }
}

/* The controller keeps whom it shall take out. */
static void advertising_does_not_begin_with_a_list_that_is_still_theirs(void **state)
{
    stand s;

    (void)state;
    open_stand(&s, 4);
    reconnect(&s);
    assert_true(rig_filters(&s.r, 2));
    s.r.refuse = KITH_HCI_LE_REMOVE_FROM_FILTER_LIST;
    s.r.refuse_with = KITH_HCI_HARDWARE_FAILURE;
    assert_int_equal(allow(&s.r, s.peers[0]), KITH_OK);
    advertise(&s.r, KITH_FILTER_CONNECT);
    run_watched(&s, 2);
    assert_false(s.r.advertising);
    assert_int_equal(s.r.last[KITH_EVENT_ADVERTISING].activity.hci_status, KITH_HCI_HARDWARE_FAILURE);
    advertise(&s.r, KITH_FILTER_CONNECT);
    run_watched(&s, 2);
    assert_false(s.r.advertising);
    rig_close(&s.r);
}

static void a_program_without_a_list_may_not_use_theirs(void **state)
{
    kith_advertising advertising;
    kith_scan scanning;
    kith_peer_id listed[4];
    uint16_t count;
    stand s;

    (void)state;
    open_stand(&s, 4);
    reconnect(&s);
    rig_advertising(&advertising, KITH_FILTER_CONNECT);
    kith_gap_default_scan(&scanning);
    scanning.filter = true;
    assert_int_equal(kith_gap_advertise(s.r.d.h, &advertising), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_gap_start_scan(s.r.d.h, &scanning), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_allow_list_get(s.r.d.h, listed, 4, &count), KITH_OK);
    assert_int_equal(count, 0);
    rig_close(&s.r);
}

/* It asks whom to list when it begins, and answers later. */
static void advertising_that_asks_for_its_list_gets_none_of_theirs(void **state)
{
    kith_advertising advertising;
    stand s;

    (void)state;
    open_stand(&s, 4);
    reconnect(&s);
    rig_advertising(&advertising, KITH_FILTER_CONNECT);
    advertising.ask_list = true;
    assert_int_equal(kith_gap_advertise(s.r.d.h, &advertising), KITH_OK);
    run_watched(&s, 2);
    assert_int_equal(s.r.filtered_count, 0);
    assert_int_equal(kith_allow_list_ready(s.r.d.h), KITH_ERR_NOT_FOUND);
    assert_int_equal(allow(&s.r, s.peers[0]), KITH_OK);
    assert_int_equal(kith_allow_list_ready(s.r.d.h), KITH_OK);
    run_watched(&s, 2);
    assert_true(s.r.advertising && s.r.filtered_count == 1 && rig_filters(&s.r, 1));
    rig_close(&s.r);
}

/* ---- the program's lists ---- */

static void the_programs_lists_are_never_busy_and_its_events_are_its_own(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
        kith_reconnection as;
        stand s;

        open_stand(&s, 4);
        kith_reconnect_default(&as);
        assert_int_equal(kith_reconnect_begin(s.r.d.h, s.peers, 2, &as), KITH_OK);
        take_steps(&s.r, steps);
        assert_int_equal(kith_device_identities_set(s.r.d.h, s.peers, 1, KITH_LIST_REFUSE), KITH_OK);
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_DEVICE_IDENTITIES], 1);
        assert_int_equal(s.r.last[KITH_EVENT_DEVICE_IDENTITIES].peer_list.status, KITH_OK);
        assert_int_equal(s.r.told[KITH_EVENT_ALLOW_LIST], 0);
        assert_int_equal(allow(&s.r, s.peers[1]), KITH_OK);
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_ALLOW_LIST], 1);
        assert_true(s.r.filtered_count == 1 && rig_filters(&s.r, 2) && rig_key_of(&s.r, 1) == 0x11);
        assert_int_equal(allow(&s.r, 0), KITH_OK);
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_ALLOW_LIST], 2);
        assert_int_equal(s.r.last[KITH_EVENT_ALLOW_LIST].peer_list.count, 0); /* whoever else is in it */
        assert_true(s.r.initiating && s.r.filtered_count == 2);
        assert_int_equal(kith_bonds_forget(s.r.d.h, s.peers[0]), KITH_OK); /* it was in one list of the program's */
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_DEVICE_IDENTITIES], 2);
        assert_int_equal(s.r.told[KITH_EVENT_ALLOW_LIST], 2);
        assert_int_equal(s.r.disallowed, 0);
        rig_close(&s.r);
    }
}

/* ---- the program connects ---- */

static void the_programs_connecting_goes_first_and_it_goes_on_then(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++)
        for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
            kith_reconnection as;
            stand s;

            open_stand(&s, scans ? 0 : 4);
            kith_reconnect_default(&as);
            assert_int_equal(kith_reconnect_begin(s.r.d.h, s.peers, 2, &as), KITH_OK);
            take_steps(&s.r, steps);
            assert_int_equal(kith_gap_connect(s.r.d.h, &s.stranger, NULL), KITH_OK);
            rig_run(&s.r);
            assert_true(s.r.initiating && s.r.initiating_policy == 0 && !s.r.scanning);
            assert_true(kith_address_equal(&s.r.connects_to, &s.stranger));
            rig_links(&s.r, 0, true, &s.stranger);
            rig_run(&s.r);
            assert_int_equal(s.r.told[KITH_EVENT_CONNECTED], 1);
            assert_true(scans ? s.r.scanning : s.r.initiating && s.r.initiating_policy == 1);
            assert_int_equal(s.r.told[KITH_EVENT_CONNECT_FAILED], 0);
            assert_int_equal(s.r.disallowed, 0);
            rig_close(&s.r);
        }
}

static void the_program_waits_for_the_end_of_what_was_cancelled_for_it(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++) {
        stand s;

        open_stand(&s, 4);
        s.r.one_radio = s.r.late_end = true;
        reconnect(&s);
        if (scans)
            scan(&s.r, false);
        else
            assert_int_equal(kith_gap_connect(s.r.d.h, &s.stranger, NULL), KITH_OK);
        rig_run(&s.r);
        assert_int_equal(rig_count(&s.r, KITH_HCI_LE_CREATE_CONNECTION_CANCEL), 1);
        assert_true(s.r.initiating && s.r.initiating_policy == 1 && !s.r.scanning); /* it has not ended yet */
        rig_tell_cancelled(&s.r);
        rig_run(&s.r);
        assert_true(scans ? s.r.scanning : s.r.initiating && s.r.initiating_policy == 0);
        assert_int_equal(s.r.disallowed, scans); /* it tries once whether it can connect beside the scan */
        assert_int_equal(s.r.told[KITH_EVENT_CONNECT_FAILED], 0);
        rig_close(&s.r);
    }
}

static void what_the_program_cancels_ends_as_ever(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= 4; steps++) {
        stand s;

        open_stand(&s, 4);
        reconnect(&s);
        assert_int_equal(kith_gap_connect(s.r.d.h, &s.stranger, NULL), KITH_OK);
        take_steps(&s.r, steps);
        assert_int_equal(kith_gap_cancel_connect(s.r.d.h), KITH_OK);
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_CONNECT_FAILED], 1);
        assert_true(s.r.initiating && s.r.initiating_policy == 1);
        rig_close(&s.r);
    }
}

/* A link comes of what was to be cancelled for the program: it is none of the program's, unless to the same peer. */
static void a_link_that_comes_in_between_is_told_as_what_it_is(void **state)
{
    (void)state;
    for (unsigned same = 0; same <= 1; same++) {
        const kith_address *wanted;
        stand s;

        open_stand(&s, 4);
        reconnect(&s);
        wanted = same ? &s.hidden : &s.stranger;
        s.r.keep = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
        assert_int_equal(kith_gap_connect(s.r.d.h, wanted, NULL), KITH_OK);
        rig_step(&s.r);
        assert_true(s.r.kept);
        rig_links(&s.r, 0, true, &s.hidden);
        s.r.kept_status = KITH_HCI_COMMAND_DISALLOWED;
        s.r.keep = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
        rig_answer_kept(&s.r);
        s.r.keep = 0;
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_CONNECTED], 1);
        assert_int_equal(s.r.told[KITH_EVENT_CONNECT_FAILED], 0);
        assert_int_equal(s.r.last[KITH_EVENT_CONNECTED].connected.claimed, s.peers[0]);
        assert_true(s.r.initiating && s.r.initiating_policy == same); /* the stranger, or who is still away */
        assert_int_equal(kith_gap_cancel_connect(s.r.d.h), same ? KITH_ERR_STATE : KITH_OK);
        rig_close(&s.r);
    }
}

/* The same where the controller says first that there is nothing to be cancelled. */
static void a_link_that_comes_late_is_not_the_programs(void **state)
{
    stand s;

    (void)state;
    open_stand(&s, 4);
    reconnect(&s);
    s.r.refuse = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
    s.r.refuse_with = KITH_HCI_COMMAND_DISALLOWED;
    assert_int_equal(kith_gap_connect(s.r.d.h, &s.stranger, NULL), KITH_OK);
    rig_step(&s.r);
    s.r.refuse = 0;
    rig_links(&s.r, 0, true, &s.hidden);
    rig_run(&s.r);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_CONNECTED);
    assert_true(s.r.initiating && s.r.initiating_policy == 0);
    rig_links(&s.r, 1, true, &s.stranger);
    rig_run(&s.r);
    assert_int_equal(s.r.told[KITH_EVENT_CONNECTED], 2);
    assert_int_equal(s.r.told[KITH_EVENT_CONNECT_FAILED], 0);
    rig_close(&s.r);
}

/* The program was told that there is room. */
static void the_last_link_is_the_programs(void **state)
{
    stand s;

    (void)state;
    open_stand(&s, 4);
    reconnect(&s);
    rig_links(&s.r, 0, false, &s.stranger);
    rig_run(&s.r);
    s.stranger.octets[0]++;
    s.r.keep = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
    assert_int_equal(kith_gap_connect(s.r.d.h, &s.stranger, NULL), KITH_OK);
    rig_step(&s.r);
    rig_links(&s.r, 1, true, &s.hidden);
    rig_answer_kept(&s.r);
    s.r.keep = 0;
    rig_run(&s.r);
    assert_int_equal(rig_count(&s.r, KITH_HCI_DISCONNECT), 1);
    assert_true(kith_address_equal(&s.r.connects_to, &s.stranger));
    rig_links(&s.r, 2, true, &s.stranger);
    rig_run(&s.r);
    assert_true(kith_address_equal(&s.r.last[KITH_EVENT_CONNECTED].connected.peer, &s.stranger));
    assert_int_equal(s.r.told[KITH_EVENT_CONNECT_FAILED], 0);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_LOOKING);
    rig_close(&s.r);
}

/* ---- the program scans ---- */

static void the_programs_scan_goes_first_and_what_it_hears_counts(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= 8; steps++) {
        kith_reconnection as;
        stand s;

        open_stand(&s, 0);
        kith_reconnect_default(&as);
        assert_int_equal(kith_reconnect_begin(s.r.d.h, s.peers, 2, &as), KITH_OK);
        take_steps(&s.r, steps);
        scan(&s.r, false);
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_SCANNING], 1);
        assert_true(s.r.scanning && s.r.last[KITH_EVENT_SCANNING].activity.on);
        rig_heard(&s.r, &s.hidden);
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_REPORT], 1);
        assert_true(s.r.scanning && s.r.initiating && kith_address_equal(&s.r.connects_to, &s.hidden));
        rig_links(&s.r, 0, true, &s.hidden);
        rig_run(&s.r);
        assert_int_equal(kith_gap_stop_scan(s.r.d.h), KITH_OK);
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_SCANNING], 2);
        assert_true(s.r.scanning); /* again for who is away */
        rig_heard(&s.r, &s.stranger);
        assert_int_equal(s.r.told[KITH_EVENT_REPORT], 1);
        assert_int_equal(s.r.disallowed, 0);
        rig_close(&s.r);
    }
}

/* A controller with one radio does not connect while it scans: what the program wants is done, the rest waits. */
static void where_the_controller_cannot_do_both_the_program_scans(void **state)
{
    (void)state;
    for (unsigned by_scan = 0; by_scan <= 1; by_scan++) {
        stand s;

        open_stand(&s, by_scan ? 0 : 4);
        s.r.one_radio = true;
        reconnect(&s);
        scan(&s.r, false);
        rig_run(&s.r);
        rig_heard(&s.r, &s.hidden);
        rig_run(&s.r);
        assert_true(s.r.scanning && !s.r.initiating);
        assert_int_equal(s.r.told[KITH_EVENT_SCANNING], 1);
        assert_int_equal(s.r.disallowed, 1); /* that is how it knows */
        rig_heard(&s.r, &s.hidden);
        rig_later(&s.r, 10 * SECOND);
        assert_int_equal(s.r.disallowed, 1);
        assert_int_equal(rig_info(&s.r, s.peers[0]).failures, 0);
        assert_int_equal(kith_gap_stop_scan(s.r.d.h), KITH_OK);
        rig_run(&s.r);
        rig_heard(&s.r, &s.hidden);
        rig_run(&s.r);
        assert_true(s.r.initiating && !s.r.scanning);
        rig_close(&s.r);
    }
}

/* ---- pauses ---- */

static void a_change_of_list_or_address_holds_it(void **state)
{
    (void)state;
    for (unsigned by_scan = 0; by_scan <= 1; by_scan++)
        for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
            const kith_privacy privacy = {.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = 900};
            kith_reconnection as;
            uint8_t first[6];
            stand s;

            open_stand(&s, 4);
            if (by_scan)
                assert_int_equal(allow(&s.r, s.peers[1]), KITH_OK);
            kith_reconnect_default(&as);
            assert_int_equal(kith_reconnect_begin(s.r.d.h, s.peers, 2, &as), KITH_OK);
            take_steps(&s.r, steps);
            assert_int_equal(kith_privacy_set(s.r.d.h, &privacy),
                             KITH_OK); /* nothing is on that the program knows of */
            rig_run(&s.r);
            assert_true(by_scan ? s.r.scanning : s.r.initiating);
            assert_int_equal((by_scan ? s.r.scans_as : s.r.connects_as) & KITH_ADDRESS_RANDOM, KITH_ADDRESS_RANDOM);
            memcpy(first, s.r.random_address, 6);
            assert_int_equal(kith_device_identities_set(s.r.d.h, s.peers, 1, KITH_LIST_PAUSE), KITH_OK);
            rig_later(&s.r, 900 * (uint64_t)SECOND);
            assert_memory_not_equal(first, s.r.random_address, 6);
            assert_true(by_scan ? s.r.scanning : s.r.initiating);
            assert_int_equal(s.r.disallowed, 0);
            rig_close(&s.r);
        }
}

static kith_status no_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    (void)out;
    (void)len;
    return KITH_ERR_ENTROPY;
}

static void without_an_address_nothing_goes_on_air(void **state)
{
    const kith_privacy privacy = {.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = 900};
    stand s;

    (void)state;
    open_stand(&s, 4);
    assert_int_equal(kith_privacy_set(s.r.d.h, &privacy), KITH_OK);
    reconnect(&s);
    assert_true(s.r.initiating);
    s.r.d.port.random = no_random;
    rig_later(&s.r, 900 * (uint64_t)SECOND);
    assert_false(s.r.initiating);
    assert_int_equal(rig_way(&s.r).status, KITH_ERR_ENTROPY);
    rig_expect_way(&s.r, KITH_RECONNECTING_IDLE, false);
    s.r.d.port.random = seeded_random;
    rig_later(&s.r, 64 * SECOND);
    assert_true(s.r.initiating);
    assert_int_equal(s.r.disallowed, 0);
    rig_close(&s.r);
}

/* A bond that is made anew while its peer is looked for: the controller forgets the old key. */
static void after_pairing_anew_the_controller_has_the_new_key_alone(void **state)
{
    stand s;

    (void)state;
    open_stand(&s, 4);
    reconnect(&s);
    assert_int_equal(rig_key_of(&s.r, 1), 0x11);
    (void)rig_bond(&s.r, 1, 0x44);
    rig_run(&s.r);
    assert_int_equal(rig_key_of(&s.r, 1), 0x44);
    assert_true(s.r.resolving_count == 1 && s.r.initiating);
    assert_int_equal(s.r.told[KITH_EVENT_DEVICE_IDENTITIES], 0);
    rig_close(&s.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advertising_that_filters_lets_in_nobody_who_is_only_looked_for),
        cmocka_unit_test(what_begins_to_filter_has_a_list_without_them),
        cmocka_unit_test(advertising_does_not_begin_with_a_list_that_is_still_theirs),
        cmocka_unit_test(a_program_without_a_list_may_not_use_theirs),
        cmocka_unit_test(advertising_that_asks_for_its_list_gets_none_of_theirs),
        cmocka_unit_test(the_programs_lists_are_never_busy_and_its_events_are_its_own),
        cmocka_unit_test(the_programs_connecting_goes_first_and_it_goes_on_then),
        cmocka_unit_test(the_program_waits_for_the_end_of_what_was_cancelled_for_it),
        cmocka_unit_test(what_the_program_cancels_ends_as_ever),
        cmocka_unit_test(a_link_that_comes_in_between_is_told_as_what_it_is),
        cmocka_unit_test(a_link_that_comes_late_is_not_the_programs),
        cmocka_unit_test(the_last_link_is_the_programs),
        cmocka_unit_test(the_programs_scan_goes_first_and_what_it_hears_counts),
        cmocka_unit_test(where_the_controller_cannot_do_both_the_program_scans),
        cmocka_unit_test(a_change_of_list_or_address_holds_it),
        cmocka_unit_test(without_an_address_nothing_goes_on_air),
        cmocka_unit_test(after_pairing_anew_the_controller_has_the_new_key_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
