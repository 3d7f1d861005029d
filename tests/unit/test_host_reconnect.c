/* Background reconnection: who is looked for, how, how long, and what the program is told. */
#include "test_host_reconnect_support.h"

/* Two bonded peers, the first with private addresses. */
typedef struct {
    rig r;
    kith_peer_id peers[2];
    kith_address hidden, shown; /* where they are heard */
} stand;

static void open_on(stand *s, uint8_t listed, uint8_t filter_most, uint8_t resolving_most)
{
    memset(s, 0, sizeof *s);
    rig_open(&s->r, listed, filter_most, resolving_most);
    s->peers[0] = rig_bond(&s->r, 1, 0x11);
    s->peers[1] = rig_bond(&s->r, 2, 0);
    rig_run(&s->r);
    rig_forget(&s->r);
    rig_private(&s->r, 0x11, 1, &s->hidden);
    rig_identity(2, &s->shown);
}

static void open_listing(stand *s)
{
    open_on(s, 4, 4, 4);
    rig_reconnect(&s->r, s->peers, 2);
}

static void open_scanning(stand *s)
{
    open_on(s, 0, 0, 0);
    rig_reconnect(&s->r, s->peers, 2);
}

static void expect_quiet(stand *s)
{
    assert_int_equal(s->r.disallowed, 0);
    assert_int_equal(s->r.told[KITH_EVENT_ALLOW_LIST] + s->r.told[KITH_EVENT_DEVICE_IDENTITIES], 0);
    assert_int_equal(
        s->r.told[KITH_EVENT_CONNECT_FAILED] + s->r.told[KITH_EVENT_SCANNING] + s->r.told[KITH_EVENT_REPORT], 0);
    rig_close(&s->r);
}

/* ---- by the controller's list ---- */

static void the_controller_looks_for_whoever_is_away(void **state)
{
    stand s;

    (void)state;
    open_listing(&s);
    rig_expect_way(&s.r, KITH_RECONNECTING_BY_LIST, true);
    assert_true(s.r.initiating && s.r.initiating_policy == 1 && s.r.initiating_window == FAST_WINDOW);
    assert_true(s.r.filtered_count == 2 && rig_filters(&s.r, 1) && rig_filters(&s.r, 2));
    assert_int_equal(rig_key_of(&s.r, 1), 0x11);

    rig_links(&s.r, 0, true, &s.hidden);
    rig_run(&s.r);
    assert_int_equal(s.r.last[KITH_EVENT_CONNECTED].connected.claimed, s.peers[0]);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_CONNECTED);
    assert_true(s.r.initiating && s.r.filtered_count == 1 && rig_filters(&s.r, 2));
    assert_int_equal(rig_key_of(&s.r, 1), 0x11); /* keys stay: nothing is paused for them */
    assert_int_equal(s.r.told[KITH_EVENT_RECONNECTING], 1);

    rig_links(&s.r, 1, true, &s.shown);
    rig_run(&s.r);
    assert_true(!s.r.initiating && s.r.filtered_count == 0);
    rig_expect_way(&s.r, KITH_RECONNECTING_IDLE, false);

    rig_prove(&s.r, 0);
    rig_ends(&s.r, 0, KITH_HCI_CONNECTION_TIMEOUT);
    rig_run(&s.r);
    rig_expect_way(&s.r, KITH_RECONNECTING_BY_LIST, true);
    assert_true(s.r.initiating && s.r.filtered_count == 1 && rig_filters(&s.r, 1));
    expect_quiet(&s);
}

/* Whatever the reason for which they do not fit: nobody is looked for by a part of a list. */
static void who_does_not_fit_is_looked_for_by_scanning(void **state)
{
    static const uint8_t sizes[][3] = {{0, 4, 4}, {4, 0, 4}, {4, 4, 0}, {1, 4, 4}, {4, 1, 4}};

    (void)state;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        stand s;

        open_on(&s, sizes[i][0], sizes[i][1], sizes[i][2]);
        rig_reconnect(&s.r, s.peers, 2);
        rig_expect_way(&s.r, KITH_RECONNECTING_BY_SCAN, true);
        assert_true(s.r.scanning && !s.r.initiating && s.r.filtered_count == 0 && s.r.resolving_count == 0);
        expect_quiet(&s);
    }
}

/* Whoever has given a key may show his identity all the same, which such a controller would not hear. */
static void without_device_privacy_nobody_with_a_key_is_listed(void **state)
{
    static const uint16_t lacking[] = {KITH_HCI_LE_SET_PRIVACY_MODE, 0};

    (void)state;
    for (unsigned late = 0; late <= 1; late++) {
        stand s;

        memset(&s, 0, sizeof s);
        rig_make(&s.r, 4, 4, 4, late ? NULL : lacking);
        rig_start(&s.r);
        s.peers[0] = rig_bond(&s.r, 1, 0x11);
        s.peers[1] = rig_bond(&s.r, 2, 0);
        s.r.refuse = KITH_HCI_LE_SET_PRIVACY_MODE; /* it may be listed, and not known */
        s.r.refuse_with = KITH_HCI_UNKNOWN_COMMAND;
        rig_reconnect(&s.r, s.peers, 2);
        rig_expect_way(&s.r, KITH_RECONNECTING_BY_SCAN, true);
        assert_true(s.r.scanning && s.r.resolving_count == 0 && s.r.filtered_count == 0);
        rig_reconnect(&s.r, &s.peers[1], 1);
        rig_expect_way(&s.r, KITH_RECONNECTING_BY_LIST, true);
        expect_quiet(&s);
    }
}

static void a_list_that_the_controller_refuses_is_no_list(void **state)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_ADD_TO_FILTER_LIST, KITH_HCI_LE_ADD_TO_RESOLVING_LIST};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        stand s;

        open_on(&s, 4, 4, 4);
        s.r.refuse = opcodes[i];
        s.r.refuse_with = KITH_HCI_MEMORY_EXCEEDED;
        rig_reconnect(&s.r, s.peers, 2);
        rig_expect_way(&s.r, KITH_RECONNECTING_BY_SCAN, true);
        assert_int_equal(rig_way(&s.r).hci_status, KITH_HCI_MEMORY_EXCEEDED);
        assert_int_equal(rig_way(&s.r).status, KITH_ERR_IO);
        assert_true(s.r.scanning && !s.r.initiating);
        s.r.refuse = 0;
        assert_int_equal(kith_reconnect_wake(s.r.d.h, 0), KITH_OK);
        rig_run(&s.r);
        rig_expect_way(&s.r, KITH_RECONNECTING_BY_LIST, true);
        assert_true(s.r.initiating && !s.r.scanning && s.r.filtered_count == 2);
        expect_quiet(&s);
    }
}

/* ---- by scanning ---- */

static void who_is_heard_is_connected_to(void **state)
{
    stand s;
    kith_address stranger;

    (void)state;
    open_scanning(&s);
    assert_true(s.r.scanning && s.r.scanning_policy == 0 && s.r.scan_window == FAST_WINDOW);
    rig_private(&s.r, 0x33, 1, &stranger);
    rig_heard(&s.r, &stranger);
    rig_heard_as(&s.r, 2, &s.hidden); /* ADV_SCAN_IND: nobody can connect to it */
    rig_heard_as(&s.r, 4, &s.hidden);
    rig_run(&s.r);
    assert_true(s.r.scanning && !s.r.initiating);
    rig_heard(&s.r, &s.hidden);
    rig_heard(&s.r, &s.shown); /* one at a time */
    rig_run(&s.r);
    assert_true(!s.r.scanning && s.r.initiating && s.r.initiating_policy == 0);
    assert_true(kith_address_equal(&s.r.connects_to, &s.hidden));
    rig_links(&s.r, 0, true, &s.hidden);
    rig_run(&s.r);
    assert_true(s.r.scanning);
    rig_heard(&s.r, &s.hidden); /* it is here */
    rig_run(&s.r);
    assert_true(s.r.scanning);
    rig_heard(&s.r, &s.shown);
    rig_run(&s.r);
    assert_true(kith_address_equal(&s.r.connects_to, &s.shown));
    rig_links(&s.r, 1, true, &s.shown);
    rig_run(&s.r);
    assert_true(!s.r.scanning && !s.r.initiating);
    rig_expect_way(&s.r, KITH_RECONNECTING_IDLE, false);
    expect_quiet(&s);
}

static void an_attempt_has_an_end_and_others_get_theirs(void **state)
{
    stand s;

    (void)state;
    open_scanning(&s);
    rig_heard(&s.r, &s.hidden);
    rig_run(&s.r);
    rig_later(&s.r, HOST_RECONNECT_ATTEMPT_US - 1);
    assert_true(s.r.initiating);
    rig_later(&s.r, 1);
    assert_true(!s.r.initiating && s.r.scanning);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_WAITING);
    assert_int_equal(rig_info(&s.r, s.peers[0]).failures, 1);
    assert_int_equal(rig_info(&s.r, s.peers[0]).retry_at_us, s.r.d.now_us + 1000 * MS);
    rig_heard(&s.r, &s.hidden);
    rig_run(&s.r);
    assert_true(s.r.scanning);
    rig_heard(&s.r, &s.shown);
    rig_run(&s.r);
    assert_true(kith_address_equal(&s.r.connects_to, &s.shown));
    expect_quiet(&s);
}

/* A program that was busy with something else comes back. */
static void what_was_heard_too_long_ago_is_not_tried(void **state)
{
    stand s;

    (void)state;
    open_scanning(&s);
    rig_heard(&s.r, &s.hidden);
    s.r.d.now_us += HOST_RECONNECT_ATTEMPT_US;
    assert_int_equal(kith_host_advance(s.r.d.h, s.r.d.now_us), KITH_OK);
    rig_run(&s.r);
    assert_true(s.r.scanning && !s.r.initiating);
    assert_int_equal(rig_info(&s.r, s.peers[0]).failures, 0);
    rig_heard(&s.r, &s.hidden);
    rig_run(&s.r);
    assert_true(s.r.initiating);
    expect_quiet(&s);
}

/* Controllers tell of an advertiser once while they scan. */
static void the_scan_begins_anew_for_who_is_looked_for_again_and_now_and_then(void **state)
{
    stand s;
    unsigned began;

    (void)state;
    open_scanning(&s);
    rig_heard(&s.r, &s.hidden);
    rig_later(&s.r, HOST_RECONNECT_ATTEMPT_US);
    rig_later(&s.r, HOST_RECONNECT_ATTEMPT_US);
    rig_forget(&s.r);
    rig_later(&s.r, 1000 * MS);
    began = rig_count(&s.r, KITH_HCI_LE_SET_SCAN_ENABLE);
    assert_int_equal(began, 2); /* off and on */
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_LOOKING);
    rig_forget(&s.r);
    rig_later(&s.r, 40 * SECOND);
    assert_true(rig_count(&s.r, KITH_HCI_LE_SET_SCAN_ENABLE) >= 2);
    assert_true(s.r.scanning);
    expect_quiet(&s);
}

static void it_is_fast_for_a_while_and_slow_then(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++) {
        stand s;

        open_on(&s, scans ? 0 : 4, 4, 4);
        rig_reconnect(&s.r, s.peers, 2);
        rig_later(&s.r, 30 * SECOND - 1);
        assert_int_equal(scans ? s.r.scan_window : s.r.initiating_window, FAST_WINDOW);
        rig_later(&s.r, 1);
        rig_expect_way(&s.r, scans ? KITH_RECONNECTING_BY_SCAN : KITH_RECONNECTING_BY_LIST, false);
        assert_int_equal(scans ? s.r.scan_window : s.r.initiating_window, SLOW_WINDOW);
        assert_true(scans ? s.r.scanning : s.r.initiating);
        assert_int_equal(s.r.told[KITH_EVENT_RECONNECTING], 2);
        assert_int_equal(kith_reconnect_wake(s.r.d.h, s.peers[0]), KITH_OK);
        rig_run(&s.r);
        rig_expect_way(&s.r, scans ? KITH_RECONNECTING_BY_SCAN : KITH_RECONNECTING_BY_LIST, true);
        assert_int_equal(scans ? s.r.scan_window : s.r.initiating_window, FAST_WINDOW);
        expect_quiet(&s);
    }
}

/* ---- waiting, resting, giving up ---- */

static void fail_once(stand *s)
{
    rig_links(&s->r, 0, true, &s->hidden);
    rig_run(&s->r);
    rig_ends(&s->r, 0, KITH_HCI_REMOTE_USER_TERMINATED);
    rig_run(&s->r);
}

static void who_proves_nothing_waits_twice_as_long_each_time(void **state)
{
    stand s;
    uint64_t wait_ms = 1000;

    (void)state;
    open_listing(&s);
    for (unsigned i = 1; i <= 9; i++) {
        fail_once(&s);
        assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_WAITING);
        assert_int_equal(rig_info(&s.r, s.peers[0]).failures, i);
        assert_int_equal(rig_info(&s.r, s.peers[0]).retry_at_us, s.r.d.now_us + wait_ms * MS);
        assert_true(s.r.initiating && s.r.filtered_count == 1 &&
                    rig_filters(&s.r, 2)); /* the other one is not held up */
        rig_later(&s.r, wait_ms * MS - 1);
        assert_false(rig_filters(&s.r, 1));
        rig_later(&s.r, 1);
        assert_true(rig_filters(&s.r, 1) && s.r.initiating);
        wait_ms = wait_ms * 2 < 64000 ? wait_ms * 2 : 64000;
    }
    rig_links(&s.r, 0, true, &s.hidden);
    rig_run(&s.r);
    rig_prove(&s.r, 0);
    assert_int_equal(rig_info(&s.r, s.peers[0]).failures, 0);
    rig_ends(&s.r, 0, KITH_HCI_CONNECTION_TIMEOUT);
    rig_run(&s.r);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_LOOKING);
    assert_true(rig_filters(&s.r, 1));
    fail_once(&s);
    assert_int_equal(rig_info(&s.r, s.peers[0]).retry_at_us, s.r.d.now_us + 1000 * MS);
    expect_quiet(&s);
}

/* Whoever uses a peer's address towards us is not that peer: it goes on being looked for until he has proven to be it,
 * and his going is not that peer's failure. */
static void who_came_by_himself_counts_once_he_is_proven_and_never_as_a_failure(void **state)
{
    stand s;

    (void)state;
    open_listing(&s);
    for (unsigned proves = 0; proves <= 1; proves++) {
        rig_links(&s.r, 0, false, &s.hidden);
        rig_run(&s.r);
        assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_LOOKING);
        assert_true(rig_filters(&s.r, 1) && s.r.initiating);
        if (proves) {
            rig_prove(&s.r, 0);
            rig_run(&s.r);
            assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_CONNECTED);
            assert_false(rig_filters(&s.r, 1));
        }
        rig_ends(&s.r, 0, KITH_HCI_REMOTE_USER_TERMINATED);
        rig_run(&s.r);
        assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_LOOKING);
        assert_int_equal(rig_info(&s.r, s.peers[0]).failures, 0);
        assert_true(rig_filters(&s.r, 1));
    }
    expect_quiet(&s);
}

static void hang_up(stand *s)
{
    assert_int_equal(kith_gap_disconnect(s->r.d.h, rig_link(&s->r, 0)->id, KITH_HCI_REMOTE_USER_TERMINATED), KITH_OK);
    rig_run(&s->r);
    rig_ends(&s->r, 0, KITH_HCI_LOCAL_HOST_TERMINATED);
    rig_run(&s->r);
}

static void whom_the_program_disconnects_rests(void **state)
{
    stand s;

    (void)state;
    open_listing(&s);
    rig_links(&s.r, 0, true, &s.hidden);
    rig_prove(&s.r, 0);
    hang_up(&s);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_RESTING);
    rig_later(&s.r, 100 * SECOND);
    assert_false(rig_filters(&s.r, 1));
    rig_links(&s.r, 0, false, &s.hidden); /* it comes by itself, and goes */
    rig_prove(&s.r, 0);
    rig_ends(&s.r, 0, KITH_HCI_CONNECTION_TIMEOUT);
    rig_run(&s.r);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_RESTING);
    assert_int_equal(kith_reconnect_wake(s.r.d.h, s.peers[0]), KITH_OK);
    rig_run(&s.r);
    assert_true(rig_filters(&s.r, 1));
    expect_quiet(&s);
}

/* A policy that throws out who proves nothing must not put the peer to rest whose address that was. */
static void who_proved_nothing_does_not_rest_but_waits(void **state)
{
    stand s;

    (void)state;
    open_listing(&s);
    rig_links(&s.r, 0, true, &s.hidden);
    hang_up(&s);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_WAITING);
    expect_quiet(&s);
}

static void who_never_comes_is_given_up(void **state)
{
    kith_reconnection as;
    stand s;

    (void)state;
    open_on(&s, 4, 4, 4);
    kith_reconnect_default(&as);
    as.give_up_s = 100;
    assert_int_equal(kith_reconnect_begin(s.r.d.h, s.peers, 2, &as), KITH_OK);
    rig_run(&s.r);
    rig_links(&s.r, 1, true, &s.shown);
    rig_prove(&s.r, 1);
    rig_later(&s.r, 30 * SECOND);
    rig_later(&s.r, 70 * SECOND - 1);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_LOOKING);
    rig_later(&s.r, 1);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_GIVEN_UP);
    assert_int_equal(rig_way(&s.r).peer, s.peers[0]);
    rig_expect_way(&s.r, KITH_RECONNECTING_IDLE, false);
    assert_false(s.r.initiating);
    rig_ends(&s.r, 1, KITH_HCI_CONNECTION_TIMEOUT); /* the other one was here until now */
    rig_later(&s.r, 100 * SECOND - 1);
    assert_int_equal(rig_info(&s.r, s.peers[1]).state, KITH_RECONNECT_LOOKING);
    rig_later(&s.r, 1);
    assert_int_equal(rig_info(&s.r, s.peers[1]).state, KITH_RECONNECT_GIVEN_UP);
    assert_int_equal(kith_reconnect_wake(s.r.d.h, 0), KITH_OK);
    rig_run(&s.r);
    assert_int_equal(s.r.filtered_count, 2);
    expect_quiet(&s);
}

static void two_that_are_given_up_at_once_are_told_each(void **state)
{
    kith_reconnection as;
    stand s;
    unsigned told;

    (void)state;
    open_on(&s, 4, 4, 4);
    kith_reconnect_default(&as);
    as.give_up_s = 40;
    assert_int_equal(kith_reconnect_begin(s.r.d.h, s.peers, 2, &as), KITH_OK);
    rig_run(&s.r);
    rig_later(&s.r, 30 * SECOND);
    told = s.r.told[KITH_EVENT_RECONNECTING];
    rig_later(&s.r, 10 * SECOND);
    assert_int_equal(s.r.told[KITH_EVENT_RECONNECTING], told + 2);
    assert_int_equal(rig_way(&s.r).peer, s.peers[1]);
    expect_quiet(&s);
}

/* ---- bonds, identities, the controller ---- */

static void who_is_forgotten_is_looked_for_no_more(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++) {
        kith_reconnect_info info;
        stand s;

        open_on(&s, scans ? 0 : 4, 4, 4);
        rig_reconnect(&s.r, s.peers, 2);
        assert_int_equal(kith_bonds_forget(s.r.d.h, s.peers[0]), KITH_OK);
        rig_run(&s.r);
        assert_int_equal(kith_reconnect_get(s.r.d.h, s.peers[0], &info), KITH_ERR_NOT_FOUND);
        rig_heard(&s.r, &s.hidden);
        rig_run(&s.r);
        assert_true(scans ? s.r.scanning : s.r.initiating && s.r.filtered_count == 1 && s.r.resolving_count == 0);
        expect_quiet(&s);
    }
}

static void a_list_that_follows_has_who_bonds(void **state)
{
    kith_reconnection as;
    kith_peer_id third;
    stand s;

    (void)state;
    open_on(&s, 4, 4, 4);
    kith_reconnect_default(&as);
    assert_int_equal(kith_reconnect_follow(s.r.d.h, &as), KITH_OK);
    rig_run(&s.r);
    assert_int_equal(s.r.filtered_count, 2);
    rig_links(&s.r, 0, true, &s.hidden);
    third = rig_bond(&s.r, 3, 0x33);
    rig_run(&s.r);
    assert_true(s.r.filtered_count == 2 && rig_filters(&s.r, 3) && s.r.initiating);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_CONNECTED);
    assert_int_equal(kith_bonds_forget(s.r.d.h, third), KITH_OK);
    rig_run(&s.r);
    assert_true(s.r.filtered_count == 1 && rig_filters(&s.r, 2));
    expect_quiet(&s);
}

static void of_more_than_fit_those_used_last_are_followed(void **state)
{
    kith_peer_id peers[RIG_RECONNECTS + 3];
    kith_reconnect_info info;
    kith_reconnection as;
    rig r;

    (void)state;
    rig_open(&r, 0, 0, 0);
    for (uint8_t i = 0; i < RIG_RECONNECTS + 3; i++) {
        peers[i] = rig_bond(&r, (uint8_t)(i + 1), 0);
        peers_by_id(&r.d.h->bonds, peers[i])->use.last_use = i % 4 == 0 ? 1 : 10u + i;
    }
    kith_reconnect_default(&as);
    assert_int_equal(kith_reconnect_follow(r.d.h, &as), KITH_OK);
    rig_run(&r);
    for (uint8_t i = 0; i < RIG_RECONNECTS + 3; i++)
        assert_int_equal(kith_reconnect_get(r.d.h, peers[i], &info), i % 4 == 0 ? KITH_ERR_NOT_FOUND : KITH_OK);
    rig_close(&r);
}

static void under_another_identity_others_are_looked_for(void **state)
{
    const kith_address static_address = {.type = KITH_ADDRESS_RANDOM, .octets = {1, 2, 3, 4, 5, 0xc6}};
    stand s;
    uint8_t number;

    (void)state;
    open_listing(&s);
    assert_int_equal(kith_identity_create(s.r.d.h, &static_address, NULL, &number), KITH_OK);
    rig_run(&s.r);
    assert_int_equal(kith_identity_select(s.r.d.h, number), KITH_OK); /* it is not the program that connects */
    rig_run(&s.r);
    assert_int_equal(rig_info(&s.r, s.peers[0]).state, KITH_RECONNECT_OTHER_IDENTITY);
    rig_expect_way(&s.r, KITH_RECONNECTING_IDLE, false);
    assert_true(!s.r.initiating && s.r.filtered_count == 0);
    assert_memory_equal(s.r.random_address, static_address.octets, 6);
    assert_int_equal(kith_identity_select(s.r.d.h, 0), KITH_OK);
    rig_run(&s.r);
    rig_expect_way(&s.r, KITH_RECONNECTING_BY_LIST, true);
    assert_int_equal(s.r.connects_as, KITH_ADDRESS_PUBLIC);
    expect_quiet(&s);
}

/* A link that came while the search under the identity before was being cancelled is that one's. */
static void B14_a_link_is_of_the_identity_that_connected(void **state)
{
    const kith_address static_address = {.type = KITH_ADDRESS_RANDOM, .octets = {1, 2, 3, 4, 5, 0xc6}};
    stand s;
    uint8_t number;

    (void)state;
    open_listing(&s);
    assert_int_equal(kith_identity_create(s.r.d.h, &static_address, NULL, &number), KITH_OK);
    rig_run(&s.r);
    s.r.keep = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
    assert_int_equal(kith_identity_select(s.r.d.h, number), KITH_OK);
    rig_step(&s.r);
    assert_true(s.r.kept);
    rig_links(&s.r, 0, true, &s.hidden);
    s.r.kept_status = KITH_HCI_COMMAND_DISALLOWED;
    rig_answer_kept(&s.r);
    s.r.keep = 0;
    rig_run(&s.r);
    assert_int_equal(s.r.last[KITH_EVENT_CONNECTED].connected.claimed, s.peers[0]);
    rig_close(&s.r);
}

static void after_the_controller_was_lost_it_goes_on(void **state)
{
    static const uint8_t broken[] = {0x42};

    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++) {
        stand s;

        open_on(&s, scans ? 0 : 4, 4, 4);
        rig_reconnect(&s.r, s.peers, 2);
        rig_links(&s.r, 0, true, &s.hidden);
        rig_run(&s.r);
        rig_forget(&s.r);
        rig_event(&s.r, KITH_HCI_EV_HARDWARE_ERROR, broken, sizeof broken);
        rig_run(&s.r);
        assert_int_equal(s.r.told[KITH_EVENT_CONTROLLER_LOST], 1);
        assert_int_equal(s.r.told[KITH_EVENT_RECONNECTING], 0);
        assert_int_equal(rig_info(&s.r, s.peers[0]).failures, 0); /* it is not the peer's */
        rig_later(&s.r, 100 * SECOND);
        rig_start(&s.r);
        rig_expect_way(&s.r, scans ? KITH_RECONNECTING_BY_SCAN : KITH_RECONNECTING_BY_LIST, true);
        assert_true(scans ? s.r.scanning : s.r.initiating && s.r.filtered_count == 2);
        expect_quiet(&s);
    }
}

static void a_factory_reset_ends_it(void **state)
{
    stand s;

    (void)state;
    open_listing(&s);
    assert_int_equal(kith_host_factory_reset(s.r.d.h), KITH_OK);
    rig_run(&s.r);
    assert_int_equal(s.r.told[KITH_EVENT_RESET], 1);
    rig_expect_way(&s.r, KITH_RECONNECTING_OFF, false);
    rig_forget(&s.r);
    rig_start(&s.r);
    rig_later(&s.r, 100 * SECOND);
    assert_int_equal(kith_reconnect_end(s.r.d.h), KITH_ERR_STATE);
    assert_true(!s.r.initiating && !s.r.scanning && s.r.told[KITH_EVENT_RECONNECTING] == 0);
    rig_close(&s.r);
}

/* Told once, and tried again with the next change, after a while, or when woken. */
static void what_the_controller_refuses_is_told_and_tried_again(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++)
        for (unsigned wakes = 0; wakes <= 1; wakes++) {
            stand s;

            open_on(&s, scans ? 0 : 4, 4, 4);
            s.r.refuse = scans ? KITH_HCI_LE_SET_SCAN_ENABLE : KITH_HCI_LE_CREATE_CONNECTION;
            s.r.refuse_with = KITH_HCI_MEMORY_EXCEEDED;
            rig_reconnect(&s.r, s.peers, 2);
            rig_expect_way(&s.r, KITH_RECONNECTING_IDLE, false);
            assert_int_equal(rig_way(&s.r).hci_status, KITH_HCI_MEMORY_EXCEEDED);
            assert_int_equal(rig_count(&s.r, s.r.refuse), 1);
            s.r.refuse = 0;
            if (wakes)
                assert_int_equal(kith_reconnect_wake(s.r.d.h, 0), KITH_OK);
            rig_later(&s.r, wakes ? 0 : 64000 * MS);
            assert_true(scans ? s.r.scanning : s.r.initiating);
            expect_quiet(&s);
        }
}

static void with_all_links_in_use_nobody_is_looked_for(void **state)
{
    kith_address stranger;
    stand s;

    (void)state;
    open_listing(&s);
    rig_identity(NOBODY, &stranger);
    rig_links(&s.r, 0, false, &stranger);
    stranger.octets[0]++;
    rig_links(&s.r, 1, false, &stranger);
    rig_run(&s.r);
    rig_expect_way(&s.r, KITH_RECONNECTING_IDLE, false);
    assert_false(s.r.initiating);
    rig_ends(&s.r, 0, KITH_HCI_CONNECTION_TIMEOUT);
    rig_run(&s.r);
    rig_expect_way(&s.r, KITH_RECONNECTING_BY_LIST, true);
    assert_true(s.r.initiating);
    expect_quiet(&s);
}

/* ---- calls ---- */

static void ends_and_begins_with_another_list(void **state)
{
    kith_reconnect_info info;
    stand s;

    (void)state;
    open_listing(&s);
    fail_once(&s);
    rig_reconnect(&s.r, &s.peers[0], 1);
    assert_int_equal(kith_reconnect_get(s.r.d.h, s.peers[1], &info), KITH_ERR_NOT_FOUND);
    assert_int_equal(rig_info(&s.r, s.peers[0]).failures, 1); /* who stays does not come new */
    assert_true(s.r.filtered_count == 0 && !s.r.initiating);
    rig_reconnect(&s.r, s.peers, 2);
    assert_true(s.r.filtered_count == 1 && rig_filters(&s.r, 2));
    assert_int_equal(kith_reconnect_end(s.r.d.h), KITH_OK);
    rig_run(&s.r);
    rig_expect_way(&s.r, KITH_RECONNECTING_OFF, false);
    assert_true(s.r.filtered_count == 0 && s.r.resolving_count == 0 && !s.r.initiating);
    assert_int_equal(kith_reconnect_end(s.r.d.h), KITH_ERR_STATE);
    assert_int_equal(kith_reconnect_wake(s.r.d.h, 0), KITH_ERR_STATE);
    expect_quiet(&s);
}

static void expect_refused(stand *s, const kith_reconnection *as, kith_status status)
{
    assert_int_equal(kith_reconnect_begin(s->r.d.h, s->peers, 2, as), status);
    assert_int_equal(kith_reconnect_follow(s->r.d.h, as), status);
    assert_int_equal(kith_reconnect_end(s->r.d.h), KITH_ERR_STATE);
}

static void numbers_out_of_their_range_are_refused(void **state)
{
    kith_reconnection as, good;
    stand s;

    (void)state;
    open_on(&s, 4, 4, 4);
    kith_reconnect_default(&good);
    for (unsigned i = 0; i < 10; i++) {
        as = good;
        as.fast_interval_625us = i == 0 ? 3 : i == 1 ? 0x4001 : as.fast_interval_625us;
        as.fast_window_625us = i == 2 ? 3 : i == 3 ? 97 : i == 0 ? 3 : as.fast_window_625us;
        as.slow_interval_625us = i == 4 ? 0x4001 : as.slow_interval_625us;
        as.slow_window_625us = i == 5 ? 2049 : as.slow_window_625us;
        as.retry_first_ms = i == 6 ? 99 : i == 7 ? 64001 : as.retry_first_ms;
        as.retry_longest_ms = i == 8 ? 86400001 : as.retry_longest_ms;
        as.parameters.latency = i == 9 ? 500 : 0;
        expect_refused(&s, &as, KITH_ERR_VALUE);
    }
    rig_close(&s.r);
}

static void every_error_of_every_call(void **state)
{
    static const uint16_t lacking[] = {0};
    kith_peer_id many[RIG_RECONNECTS + 1], unknown[2], twice[2];
    kith_reconnect_info info;
    kith_reconnection as;
    stand s;

    (void)state;
    kith_reconnect_default(&as);
    open_on(&s, 4, 4, 4);
    for (uint8_t i = 0; i <= RIG_RECONNECTS; i++)
        many[i] = rig_bond(&s.r, (uint8_t)(10 + i), 0);
    unknown[0] = twice[0] = twice[1] = s.peers[0];
    unknown[1] = 4711;
    assert_int_equal(kith_reconnect_begin(s.r.d.h, many, RIG_RECONNECTS + 1, &as), KITH_ERR_FULL);
    assert_int_equal(kith_reconnect_begin(s.r.d.h, unknown, 2, &as), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_reconnect_begin(s.r.d.h, twice, 2, &as), KITH_ERR_EXISTS);
    assert_int_equal(kith_reconnect_get(s.r.d.h, s.peers[0], &info), KITH_ERR_NOT_FOUND);
    rig_reconnect(&s.r, s.peers, 2);
    assert_int_equal(kith_reconnect_begin(s.r.d.h, unknown, 2, &as), KITH_ERR_NOT_FOUND);
    assert_int_equal(rig_info(&s.r, s.peers[1]).state, KITH_RECONNECT_LOOKING); /* nothing was changed */
    assert_int_equal(kith_reconnect_wake(s.r.d.h, 4711), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_reconnect_get(s.r.d.h, 4711, &info), KITH_ERR_NOT_FOUND);
    while (events_have_room(s.r.d.h))
        event_post(s.r.d.h, KITH_EVENT_STORE_COLLECTED, NULL);
    assert_int_equal(kith_reconnect_begin(s.r.d.h, s.peers, 2, &as), KITH_ERR_FULL);
    assert_int_equal(kith_reconnect_follow(s.r.d.h, &as), KITH_ERR_FULL);
    assert_int_equal(kith_reconnect_end(s.r.d.h), KITH_ERR_FULL);
    assert_int_equal(rig_info(&s.r, s.peers[1]).state, KITH_RECONNECT_LOOKING);
    rig_close(&s.r);

    rig_make(&s.r, 4, 4, 4, lacking);
    expect_refused(&s, &as, KITH_ERR_STATE);
    rig_start(&s.r);
    s.r.d.h->ready.lacks |= KITH_LACKS_INITIATING;
    expect_refused(&s, &as, KITH_ERR_UNSUPPORTED);
    s.r.d.h->ready.lacks = 0;
    s.r.d.h->reconnect = NULL; /* as with limits.reconnects 0 */
    expect_refused(&s, &as, KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_reconnect_wake(s.r.d.h, 0), KITH_ERR_STATE);
    rig_close(&s.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_controller_looks_for_whoever_is_away),
        cmocka_unit_test(who_does_not_fit_is_looked_for_by_scanning),
        cmocka_unit_test(without_device_privacy_nobody_with_a_key_is_listed),
        cmocka_unit_test(a_list_that_the_controller_refuses_is_no_list),
        cmocka_unit_test(who_is_heard_is_connected_to),
        cmocka_unit_test(an_attempt_has_an_end_and_others_get_theirs),
        cmocka_unit_test(what_was_heard_too_long_ago_is_not_tried),
        cmocka_unit_test(the_scan_begins_anew_for_who_is_looked_for_again_and_now_and_then),
        cmocka_unit_test(it_is_fast_for_a_while_and_slow_then),
        cmocka_unit_test(who_proves_nothing_waits_twice_as_long_each_time),
        cmocka_unit_test(who_came_by_himself_counts_once_he_is_proven_and_never_as_a_failure),
        cmocka_unit_test(whom_the_program_disconnects_rests),
        cmocka_unit_test(who_proved_nothing_does_not_rest_but_waits),
        cmocka_unit_test(who_never_comes_is_given_up),
        cmocka_unit_test(two_that_are_given_up_at_once_are_told_each),
        cmocka_unit_test(who_is_forgotten_is_looked_for_no_more),
        cmocka_unit_test(a_list_that_follows_has_who_bonds),
        cmocka_unit_test(of_more_than_fit_those_used_last_are_followed),
        cmocka_unit_test(under_another_identity_others_are_looked_for),
        cmocka_unit_test(B14_a_link_is_of_the_identity_that_connected),
        cmocka_unit_test(after_the_controller_was_lost_it_goes_on),
        cmocka_unit_test(a_factory_reset_ends_it),
        cmocka_unit_test(what_the_controller_refuses_is_told_and_tried_again),
        cmocka_unit_test(with_all_links_in_use_nobody_is_looked_for),
        cmocka_unit_test(ends_and_begins_with_another_list),
        cmocka_unit_test(numbers_out_of_their_range_are_refused),
        cmocka_unit_test(every_error_of_every_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
