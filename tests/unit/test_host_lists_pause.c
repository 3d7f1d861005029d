/* A list is changed while the controller advertises, scans or connects: what uses it is paused and goes on, and the
 * program sees nothing of it, whatever comes in between. */
#include "test_host_lists_support.h"

enum { MOST_STEPS = 24 };

static kith_status allow(rig *r, kith_peer_id peer)
{
    return kith_allow_list_set(r->d.h, &peer, peer != 0, KITH_LIST_PAUSE);
}

/* One peer is listed; other is what it will be changed to.  Their keys, 0: none. */
static kith_peer_id open_listed(rig *r, uint8_t key, uint8_t other_key)
{
    kith_peer_id other;

    rig_open(r, 4, 4, 4);
    assert_int_equal(allow(r, rig_bond(r, 1, key)), KITH_OK);
    other = rig_bond(r, 2, other_key);
    rig_run(r);
    assert_true(rig_filters(r, 1));
    rig_forget(r);
    return other;
}

static void expect_changed(rig *r, uint8_t other_key)
{
    assert_int_equal(r->disallowed, 0);
    assert_true(r->filtered_count == 1 && rig_filters(r, 2));
    assert_int_equal(r->resolving_count, other_key != 0);
    assert_int_equal(rig_key_of(r, 2), other_key);
    assert_int_equal(r->resolution, other_key != 0);
    assert_int_equal(r->told[KITH_EVENT_ALLOW_LIST], 1);
    assert_int_equal(r->last[KITH_EVENT_ALLOW_LIST].peer_list.status, KITH_OK);
    assert_int_equal(r->last[KITH_EVENT_ALLOW_LIST].peer_list.count, 1);
}

static void advertise(rig *r, uint8_t filter)
{
    kith_advertising advertising;

    rig_advertising(&advertising, filter);
    assert_int_equal(kith_gap_advertise(r->d.h, &advertising), KITH_OK);
}

static void scan(rig *r, bool filter)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    scan.filter = filter;
    assert_int_equal(kith_gap_start_scan(r->d.h, &scan), KITH_OK);
}

static void connect(rig *r)
{
    kith_address peer;

    rig_identity(9, &peer);
    assert_int_equal(kith_gap_connect(r->d.h, &peer, NULL), KITH_OK);
}

static void take_steps(rig *r, unsigned steps)
{
    while (steps-- > 0 && rig_step(r))
        continue;
}

static const uint8_t keys[][2] = {{0, 0}, {0, 0x22}, {0x11, 0}, {0x11, 0x22}};
enum { KEYS = sizeof keys / sizeof keys[0] };

/* ---- a change at each step ---- */

static void advertising_goes_on(void **state)
{
    static const uint8_t policies[] = {0, 2, 3}; /* 7.8.5 */

    (void)state;
    for (unsigned k = 0; k < KEYS; k++)
        for (uint8_t filter = 0; filter <= KITH_FILTER_ALL; filter++)
            for (unsigned steps = 0; steps <= 5; steps++) {
                rig r;
                kith_peer_id other = open_listed(&r, keys[k][0], keys[k][1]);

                advertise(&r, filter);
                take_steps(&r, steps);
                assert_int_equal(allow(&r, other), KITH_OK);
                rig_run(&r);
                expect_changed(&r, keys[k][1]);
                assert_true(r.advertising);
                assert_int_equal(r.advertising_policy, policies[filter]);
                assert_int_equal(r.told[KITH_EVENT_ADVERTISING], 1);
                assert_true(r.last[KITH_EVENT_ADVERTISING].activity.on);
                assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_ADV_DATA), 1);
                rig_close(&r);
            }
}

static void scanning_goes_on(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KEYS; k++)
        for (unsigned filter = 0; filter <= 1; filter++)
            for (unsigned steps = 0; steps <= 3; steps++) {
                rig r;
                kith_peer_id other = open_listed(&r, keys[k][0], keys[k][1]);

                scan(&r, filter != 0);
                take_steps(&r, steps);
                assert_int_equal(allow(&r, other), KITH_OK);
                rig_run(&r);
                expect_changed(&r, keys[k][1]);
                assert_true(r.scanning);
                assert_int_equal(r.scanning_policy, filter);
                assert_int_equal(r.told[KITH_EVENT_SCANNING], 1);
                assert_true(r.last[KITH_EVENT_SCANNING].activity.on);
                rig_close(&r);
            }
}

static void connecting_goes_on(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KEYS; k++)
        for (unsigned steps = 0; steps <= 2; steps++) {
            rig r;
            kith_peer_id other = open_listed(&r, keys[k][0], keys[k][1]);
            bool cancelled = steps > 0 && k != 0;

            connect(&r);
            take_steps(&r, steps);
            assert_int_equal(allow(&r, other), KITH_OK);
            rig_run(&r);
            expect_changed(&r, keys[k][1]);
            assert_true(r.initiating);
            assert_int_equal(rig_count(&r, KITH_HCI_LE_CREATE_CONNECTION_CANCEL), cancelled);
            assert_int_equal(rig_count(&r, KITH_HCI_LE_CREATE_CONNECTION), 1 + cancelled);
            assert_int_equal(r.told[KITH_EVENT_CONNECT_FAILED], 0);
            rig_connection(&r, 0, true, &r.connects_to);
            rig_run(&r);
            assert_int_equal(r.told[KITH_EVENT_CONNECTED], 1);
            assert_int_equal(rig_count(&r, KITH_HCI_LE_CREATE_CONNECTION), 1 + cancelled);
            rig_close(&r);
        }
}

static void all_at_once_go_on(void **state)
{
    rig r;
    kith_peer_id other = open_listed(&r, 0x11, 0x22);

    (void)state;
    advertise(&r, KITH_FILTER_ALL);
    scan(&r, true);
    rig_run(&r);
    connect(&r);
    rig_run(&r);
    assert_int_equal(allow(&r, other), KITH_OK);
    rig_run(&r);
    expect_changed(&r, 0x22);
    assert_true(r.advertising && r.scanning && r.initiating);
    assert_int_equal(r.told[KITH_EVENT_ADVERTISING], 1);
    assert_int_equal(r.told[KITH_EVENT_SCANNING], 1);
    assert_int_equal(r.told[KITH_EVENT_CONNECT_FAILED], 0);
    rig_close(&r);
}

static void what_does_not_use_the_list_is_left_alone(void **state)
{
    rig r;
    kith_peer_id other = open_listed(&r, 0, 0);

    (void)state;
    advertise(&r, KITH_FILTER_NOTHING);
    scan(&r, false);
    rig_run(&r);
    connect(&r);
    rig_run(&r);
    rig_forget(&r);
    assert_int_equal(allow(&r, other), KITH_OK);
    rig_run(&r);
    expect_changed(&r, 0);
    assert_int_equal(r.sent, 2); /* remove, add */
    rig_close(&r);
}

/* ---- the program in the middle of a pause ---- */

static void stopped_in_the_middle_is_stopped(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++)
        for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
            rig r;
            kith_peer_id other = open_listed(&r, 0x11, 0x22);
            kith_event_kind kind = scans ? KITH_EVENT_SCANNING : KITH_EVENT_ADVERTISING;

            if (scans)
                scan(&r, true);
            else
                advertise(&r, KITH_FILTER_CONNECT);
            rig_run(&r);
            assert_int_equal(allow(&r, other), KITH_OK);
            take_steps(&r, steps);
            assert_int_equal(scans ? kith_gap_stop_scan(r.d.h) : kith_gap_stop_advertising(r.d.h), KITH_OK);
            rig_run(&r);
            expect_changed(&r, 0x22);
            assert_false(r.advertising || r.scanning);
            assert_int_equal(r.told[kind], 2);
            assert_false(r.last[kind].activity.on);
            assert_int_equal(r.last[kind].activity.hci_status, 0);
            rig_close(&r);
        }
}

static void started_in_the_middle_begins_after_it(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
        rig r;
        kith_peer_id other = open_listed(&r, 0x11, 0x22);

        connect(&r);
        rig_run(&r);
        assert_int_equal(allow(&r, other), KITH_OK);
        take_steps(&r, steps);
        advertise(&r, KITH_FILTER_CONNECT);
        rig_run(&r);
        expect_changed(&r, 0x22);
        assert_true(r.advertising && r.initiating);
        rig_close(&r);
    }
}

static void cancelled_in_the_middle_has_one_end(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
        rig r;
        kith_peer_id other = open_listed(&r, 0x11, 0x22);

        connect(&r);
        rig_run(&r);
        assert_int_equal(allow(&r, other), KITH_OK);
        take_steps(&r, steps);
        assert_int_equal(kith_gap_cancel_connect(r.d.h), KITH_OK);
        rig_run(&r);
        rig_take_events(&r);
        expect_changed(&r, 0x22);
        assert_false(r.initiating);
        assert_int_equal(r.told[KITH_EVENT_CONNECT_FAILED], 1);
        assert_int_equal(r.last[KITH_EVENT_CONNECT_FAILED].connect_failed.hci_status, KITH_HCI_UNKNOWN_CONNECTION);
        assert_int_equal(kith_gap_cancel_connect(r.d.h), KITH_ERR_STATE);
        rig_close(&r);
    }
}

/* The cancel of a pause is on its way, or was answered and its end was not told, when the program wants it, too. */
static void the_programs_cancel_is_not_taken_for_that_of_a_pause(void **state)
{
    (void)state;
    for (unsigned first = 0; first <= 1; first++) {
        rig r;
        kith_peer_id other = open_listed(&r, 0x11, 0x22);

        connect(&r);
        rig_run(&r);
        r.keep = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
        if (first)
            assert_int_equal(kith_gap_cancel_connect(r.d.h), KITH_OK);
        else
            assert_int_equal(allow(&r, other), KITH_OK);
        rig_run(&r);
        assert_true(r.kept);
        if (first)
            assert_int_equal(allow(&r, other), KITH_OK);
        else
            assert_int_equal(kith_gap_cancel_connect(r.d.h), KITH_OK);
        rig_answer_kept(&r);
        rig_run(&r);
        expect_changed(&r, 0x22);
        assert_false(r.initiating);
        assert_int_equal(r.told[KITH_EVENT_CONNECT_FAILED], 1);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_CREATE_CONNECTION_CANCEL), 1);
        rig_close(&r);
    }
}

/* ---- a link in the middle of a pause ---- */

static void be_connected(rig *r)
{
    kith_address peer;

    rig_identity(2, &peer);
    rig_connection(r, 0, false, &peer);
}

static void expect_ended_by_link(const rig *r, unsigned times)
{
    assert_int_equal(r->told[KITH_EVENT_CONNECTED], 1);
    assert_int_equal(r->told[KITH_EVENT_ADVERTISING], times);
    assert_false(r->last[KITH_EVENT_ADVERTISING].activity.on);
    assert_int_equal(r->last[KITH_EVENT_ADVERTISING].activity.hci_status, 0);
    assert_false(r->advertising);
}

/* The controller was connected to when the command to stop came: it does as told, or says that it cannot. */
static void a_link_that_comes_while_we_stop_is_taken(void **state)
{
    static const uint8_t answers[] = {KITH_HCI_SUCCESS, KITH_HCI_COMMAND_DISALLOWED};

    (void)state;
    for (unsigned a = 0; a <= 1; a++)
        for (unsigned late = 0; late <= 1; late++) {
            rig r;
            kith_peer_id other = open_listed(&r, 0x11, 0x22);

            advertise(&r, KITH_FILTER_CONNECT);
            rig_run(&r);
            r.keep = KITH_HCI_LE_SET_ADV_ENABLE;
            assert_int_equal(allow(&r, other), KITH_OK);
            rig_run(&r);
            assert_true(r.kept);
            r.kept_status = answers[a];
            if (late)
                rig_answer_kept(&r);
            be_connected(&r);
            if (!late)
                rig_answer_kept(&r);
            rig_run(&r);
            assert_int_equal(r.told[KITH_EVENT_CONNECTED], 1);
            assert_false(r.advertising);
            assert_int_equal(r.told[KITH_EVENT_ADVERTISING], 2);
            assert_int_equal(r.last[KITH_EVENT_ADVERTISING].activity.hci_status, late ? answers[a] : 0);
            expect_changed(&r, 0x22);
            assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_ADV_ENABLE), 2);
            rig_close(&r);
        }
}

static void a_link_that_comes_at_any_step_ends_advertising_once(void **state)
{
    (void)state;
    for (unsigned steps = 1; steps <= MOST_STEPS; steps++) {
        rig r;
        kith_peer_id other = open_listed(&r, 0x11, 0x22);

        advertise(&r, KITH_FILTER_CONNECT);
        rig_run(&r);
        assert_int_equal(allow(&r, other), KITH_OK);
        take_steps(&r, steps);
        be_connected(&r); /* of before the pause, told late */
        rig_run(&r);
        expect_ended_by_link(&r, 2);
        expect_changed(&r, 0x22);
        rig_close(&r);
    }
}

/* What was resumed had ended already: nobody was told that it is on. */
static void what_a_late_link_ended_is_not_left_on(void **state)
{
    rig r;
    kith_peer_id other = open_listed(&r, 0, 0);

    (void)state;
    advertise(&r, KITH_FILTER_CONNECT);
    rig_run(&r);
    assert_int_equal(allow(&r, other), KITH_OK);
    take_steps(&r, 3); /* off, remove, add */
    r.keep = KITH_HCI_LE_SET_ADV_ENABLE;
    rig_run(&r);
    assert_true(r.kept && r.advertising);
    be_connected(&r);
    r.advertising = true; /* it goes on in the controller */
    rig_answer_kept(&r);
    r.keep = 0;
    rig_run(&r);
    expect_ended_by_link(&r, 2);
    expect_changed(&r, 0);
    advertise(&r, KITH_FILTER_CONNECT); /* and can be begun anew */
    rig_run(&r);
    assert_true(r.advertising);
    assert_int_equal(r.told[KITH_EVENT_ADVERTISING], 3);
    rig_close(&r);
}

/* The answer to a command of before is not taken for one to the first of the new chain. */
/* Our address is not another one before what was left on is off: the controller would refuse it. */
static void an_address_waits_for_what_is_left_on(void **state)
{
    const kith_privacy hidden = {KITH_PRIVACY_RESOLVABLE, 900, 0};
    kith_address peer;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    rig_identity(9, &peer);
    r.keep = KITH_HCI_LE_SET_ADV_ENABLE;
    advertise(&r, KITH_FILTER_NOTHING);
    while (!r.kept)
        assert_true(rig_step(&r));
    rig_connection(&r, KITH_HCI_SUCCESS, false, &peer);
    r.advertising = true; /* by the command that is on its way, again */
    assert_int_equal(kith_privacy_set(r.d.h, &hidden), KITH_OK);
    r.keep = 0;
    r.kept = false;
    rig_answer(&r, KITH_HCI_LE_SET_ADV_ENABLE, KITH_HCI_SUCCESS);
    rig_run(&r);
    assert_int_equal(r.disallowed, 0);
    assert_int_equal(r.told[KITH_EVENT_CONTROLLER_LOST], 0);
    assert_false(r.advertising);
    assert_memory_equal(r.random_address, r.d.h->privacy.address.octets, 6);
    rig_close(&r);
}

static void advertising_that_begins_anew_is_begun_in_full(void **state)
{
    (void)state;
    for (unsigned pauses = 0; pauses <= 1; pauses++) {
        rig r;
        kith_peer_id other = open_listed(&r, 0, 0);

        advertise(&r, KITH_FILTER_CONNECT);
        rig_run(&r);
        r.keep = KITH_HCI_LE_SET_ADV_ENABLE;
        if (pauses)
            assert_int_equal(allow(&r, other), KITH_OK);
        else
            assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_OK);
        rig_run(&r);
        be_connected(&r);
        advertise(&r, KITH_FILTER_ALL);
        rig_answer_kept(&r);
        r.keep = 0;
        rig_run(&r);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_ADV_PARAMETERS), 2);
        assert_true(r.advertising);
        assert_int_equal(r.advertising_policy, 3);
        assert_int_equal(r.told[KITH_EVENT_ADVERTISING], 3);
        assert_true(r.last[KITH_EVENT_ADVERTISING].activity.on);
        rig_close(&r);
    }
}

static void a_connection_made_while_it_is_cancelled_is_taken(void **state)
{
    static const uint8_t answers[] = {KITH_HCI_SUCCESS, KITH_HCI_COMMAND_DISALLOWED};

    (void)state;
    for (unsigned a = 0; a <= 1; a++)
        for (unsigned late = 0; late <= 1; late++) {
            rig r;
            kith_peer_id other = open_listed(&r, 0x11, 0x22);

            connect(&r);
            rig_run(&r);
            r.keep = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
            assert_int_equal(allow(&r, other), KITH_OK);
            rig_run(&r);
            assert_true(r.kept);
            r.initiating = false;
            r.kept_status = answers[a];
            if (late)
                rig_answer_kept(&r);
            rig_connection(&r, 0, true, &r.connects_to);
            if (!late)
                rig_answer_kept(&r);
            rig_run(&r);
            assert_int_equal(r.told[KITH_EVENT_CONNECTED], 1);
            assert_int_equal(r.told[KITH_EVENT_CONNECT_FAILED], 0);
            assert_int_equal(rig_count(&r, KITH_HCI_LE_CREATE_CONNECTION), 1);
            expect_changed(&r, 0x22);
            connect(&r); /* it is over, and another one can be begun */
            rig_run(&r);
            assert_true(r.initiating);
            rig_close(&r);
        }
}

/* ---- a controller that will not ---- */

static void what_cannot_be_stopped_is_told(void **state)
{
    rig r;
    kith_peer_id other = open_listed(&r, 0, 0);

    (void)state;
    advertise(&r, KITH_FILTER_CONNECT);
    rig_run(&r);
    r.refuse = KITH_HCI_LE_SET_ADV_ENABLE;
    r.refuse_with = KITH_HCI_COMMAND_DISALLOWED;
    assert_int_equal(allow(&r, other), KITH_OK);
    rig_run(&r);
    assert_int_equal(r.told[KITH_EVENT_ADVERTISING], 2);
    assert_int_equal(r.last[KITH_EVENT_ADVERTISING].activity.hci_status, KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST], 1); /* it advertises all the same, and so refuses */
    assert_int_equal(r.last[KITH_EVENT_ALLOW_LIST].peer_list.status, KITH_ERR_IO);
    assert_int_equal(r.last[KITH_EVENT_ALLOW_LIST].peer_list.hci_status, KITH_HCI_COMMAND_DISALLOWED);
    rig_close(&r);
}

static void what_cannot_be_resumed_is_told(void **state)
{
    for (unsigned what = 0; what < 3; what++) {
        static const uint16_t opcodes[] = {KITH_HCI_LE_SET_ADV_ENABLE, KITH_HCI_LE_SET_SCAN_ENABLE,
                                           KITH_HCI_LE_CREATE_CONNECTION};
        static const kith_event_kind kinds[] = {KITH_EVENT_ADVERTISING, KITH_EVENT_SCANNING, KITH_EVENT_CONNECT_FAILED};
        rig r;
        kith_peer_id other = open_listed(&r, 0x11, 0x22);
        unsigned stops = what == 2 ? 1 : 0;

        (void)state;
        if (what == 0)
            advertise(&r, KITH_FILTER_CONNECT);
        else if (what == 1)
            scan(&r, true);
        else
            connect(&r);
        rig_run(&r);
        assert_int_equal(allow(&r, other), KITH_OK);
        take_steps(&r, 2); /* it is off, and one change made */
        r.refuse = opcodes[what];
        r.refuse_with = KITH_HCI_CONTROLLER_BUSY;
        rig_run(&r);
        expect_changed(&r, 0x22);
        assert_int_equal(r.told[kinds[what]], 2 - stops);
        assert_int_equal(what == 2 ? r.last[kinds[what]].connect_failed.hci_status
                                   : r.last[kinds[what]].activity.hci_status,
                         KITH_HCI_CONTROLLER_BUSY);
        assert_false(rig_is_active(&r));
        rig_close(&r);
    }
}

static void what_cannot_be_cancelled_has_an_end(void **state)
{
    rig r;
    kith_peer_id other = open_listed(&r, 0x11, 0x22);

    (void)state;
    connect(&r);
    rig_run(&r);
    r.refuse = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
    r.refuse_with = KITH_HCI_COMMAND_DISALLOWED;
    r.initiating = false; /* nobody knows why */
    assert_int_equal(allow(&r, other), KITH_OK);
    rig_run(&r);
    expect_changed(&r, 0x22);
    assert_true(r.initiating);
    assert_int_equal(rig_count(&r, KITH_HCI_LE_CREATE_CONNECTION), 2);
    assert_int_equal(r.told[KITH_EVENT_CONNECT_FAILED], 0);
    rig_close(&r);
}

/* Fail closed: who was to leave the list could connect. */
static void a_list_that_could_not_be_changed_is_not_advertised_with(void **state)
{
    (void)state;
    for (uint8_t filter = 0; filter <= KITH_FILTER_ALL; filter++) {
        rig r;
        kith_peer_id other = open_listed(&r, 0, 0);

        advertise(&r, filter);
        rig_run(&r);
        r.refuse = KITH_HCI_LE_REMOVE_FROM_FILTER_LIST;
        r.refuse_with = KITH_HCI_UNSPECIFIED_ERROR;
        assert_int_equal(allow(&r, other), KITH_OK);
        rig_run(&r);
        assert_int_equal(r.last[KITH_EVENT_ALLOW_LIST].peer_list.status, KITH_ERR_IO);
        assert_int_equal(r.advertising, filter == 0);
        assert_int_equal(r.told[KITH_EVENT_ADVERTISING], filter == 0 ? 1 : 2);
        assert_int_equal(r.last[KITH_EVENT_ADVERTISING].activity.hci_status,
                         filter == 0 ? 0 : KITH_HCI_UNSPECIFIED_ERROR);
        if (filter != 0) { /* it is tried again before, and no other way */
            advertise(&r, filter);
            rig_run(&r);
            assert_false(r.advertising);
            assert_int_equal(r.last[KITH_EVENT_ADVERTISING].activity.hci_status, KITH_HCI_UNSPECIFIED_ERROR);
            r.refuse = 0;
            advertise(&r, filter);
            rig_run(&r);
            assert_true(r.advertising);
            assert_true(r.filtered_count == 1 && rig_filters(&r, 2));
        }
        rig_close(&r);
    }
}

/* A command of the other list is refused while somebody who was forgotten waits to be removed. */
static void who_was_forgotten_is_not_let_in_when_another_list_is_refused(void **state)
{
    (void)state;
    for (uint8_t filter = KITH_FILTER_CONNECT; filter <= KITH_FILTER_ALL; filter++) {
        rig r;
        kith_peer_id other = open_listed(&r, 0, 0x22), mine;
        uint16_t count;

        assert_int_equal(kith_allow_list_get(r.d.h, &mine, 1, &count), KITH_OK);
        advertise(&r, filter);
        rig_run(&r);
        r.refuse = r.keep = KITH_HCI_LE_ADD_TO_RESOLVING_LIST;
        r.refuse_with = KITH_HCI_UNSPECIFIED_ERROR;
        assert_int_equal(kith_device_identities_set(r.d.h, &other, 1, KITH_LIST_PAUSE), KITH_OK);
        while (!r.kept)
            assert_true(rig_step(&r));
        assert_int_equal(kith_bonds_forget(r.d.h, mine), KITH_OK);
        rig_answer_kept(&r);
        rig_run(&r);
        assert_true(r.advertising && r.filtered_count == 0);
        assert_int_equal(r.last[KITH_EVENT_DEVICE_IDENTITIES].peer_list.status, KITH_ERR_IO);
        assert_int_equal(r.last[KITH_EVENT_ALLOW_LIST].peer_list.count, 0);
        rig_close(&r);
    }
}

static void a_controller_that_is_lost_in_the_middle_ends_the_change(void **state)
{
    static const uint8_t code[] = {0x42};

    (void)state;
    for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
        rig r;
        kith_peer_id other = open_listed(&r, 0x11, 0x22);
        bool was_told;

        advertise(&r, KITH_FILTER_CONNECT);
        rig_run(&r);
        assert_int_equal(allow(&r, other), KITH_OK);
        take_steps(&r, steps);
        was_told = r.told[KITH_EVENT_ALLOW_LIST] != 0;
        rig_event(&r, KITH_HCI_EV_HARDWARE_ERROR, code, sizeof code);
        rig_run(&r);
        assert_int_equal(r.told[KITH_EVENT_CONTROLLER_LOST], 1);
        assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST], 1);
        assert_int_equal(r.last[KITH_EVENT_ALLOW_LIST].peer_list.status, was_told ? KITH_OK : KITH_ERR_IO);
        assert_int_equal(allow(&r, other), KITH_ERR_STATE);
        rig_forget(&r);
        r.disallowed = 0;
        rig_start(&r); /* the list is there again, by itself */
        expect_changed(&r, 0x22);
        assert_false(r.advertising);
        advertise(&r, KITH_FILTER_CONNECT);
        rig_run(&r);
        assert_true(r.advertising);
        rig_close(&r);
    }
}

/* ---- asked before it begins ---- */

static void advertising_may_ask_for_its_list(void **state)
{
    kith_advertising advertising;
    kith_peer_id a, b;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    a = rig_bond(&r, 1, 0);
    b = rig_bond(&r, 2, 0x22);
    assert_int_equal(kith_allow_list_ready(r.d.h), KITH_ERR_STATE);
    rig_advertising(&advertising, KITH_FILTER_CONNECT);
    advertising.ask_list = true;
    for (unsigned round = 1; round <= 3; round++) {
        assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_OK);
        rig_run(&r);
        rig_take_events(&r);
        assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST_WANTED], round);
        assert_false(r.advertising);
        if (round == 1)
            assert_int_equal(kith_allow_list_ready(r.d.h), KITH_ERR_NOT_FOUND); /* nobody is listed */
        assert_int_equal(allow(&r, round == 1 ? a : b), KITH_OK);
        assert_int_equal(kith_allow_list_ready(r.d.h), KITH_OK); /* it need not be in the controller yet */
        assert_int_equal(kith_allow_list_ready(r.d.h), KITH_ERR_STATE);
        rig_run(&r);
        assert_true(r.advertising);
        assert_true(r.filtered_count == 1 && rig_filters(&r, round == 1 ? 1 : 2));
        assert_int_equal(allow(&r, round == 1 ? b : a), KITH_OK); /* a pause does not ask */
        rig_run(&r);
        assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST_WANTED], round);
        assert_true(r.advertising);
        assert_int_equal(r.told[KITH_EVENT_ADVERTISING], 2 * round - 1);
        assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_OK);
        rig_run(&r);
    }
    assert_int_equal(r.disallowed, 0);
    rig_close(&r);
}

static void advertising_that_waits_can_be_stopped(void **state)
{
    kith_advertising advertising;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    rig_advertising(&advertising, KITH_FILTER_ALL);
    advertising.ask_list = true;
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_OK);
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_ERR_STATE);
    assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_OK);
    assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_ERR_STATE);
    assert_int_equal(kith_allow_list_ready(r.d.h), KITH_ERR_STATE);
    rig_run(&r);
    rig_take_events(&r);
    assert_int_equal(r.told[KITH_EVENT_ADVERTISING], 1);
    assert_false(r.last[KITH_EVENT_ADVERTISING].activity.on);
    assert_int_equal(r.sent, 0);
    rig_close(&r);
}

static void a_filter_that_lets_nobody_in_is_refused(void **state)
{
    kith_advertising advertising;
    kith_scan scan;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    rig_advertising(&advertising, KITH_FILTER_CONNECT);
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_ERR_NOT_FOUND);
    kith_gap_default_scan(&scan);
    scan.filter = true;
    assert_int_equal(kith_gap_start_scan(r.d.h, &scan), KITH_ERR_NOT_FOUND);
    rig_advertising(&advertising, KITH_FILTER_ALL + 1);
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_ERR_VALUE);
    rig_advertising(&advertising, KITH_FILTER_NOTHING);
    advertising.ask_list = true;
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_ERR_VALUE);
    rig_run(&r);
    assert_int_equal(r.sent, 0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advertising_goes_on),
        cmocka_unit_test(scanning_goes_on),
        cmocka_unit_test(connecting_goes_on),
        cmocka_unit_test(all_at_once_go_on),
        cmocka_unit_test(what_does_not_use_the_list_is_left_alone),
        cmocka_unit_test(stopped_in_the_middle_is_stopped),
        cmocka_unit_test(started_in_the_middle_begins_after_it),
        cmocka_unit_test(cancelled_in_the_middle_has_one_end),
        cmocka_unit_test(the_programs_cancel_is_not_taken_for_that_of_a_pause),
        cmocka_unit_test(a_link_that_comes_while_we_stop_is_taken),
        cmocka_unit_test(a_link_that_comes_at_any_step_ends_advertising_once),
        cmocka_unit_test(what_a_late_link_ended_is_not_left_on),
        cmocka_unit_test(an_address_waits_for_what_is_left_on),
        cmocka_unit_test(advertising_that_begins_anew_is_begun_in_full),
        cmocka_unit_test(a_connection_made_while_it_is_cancelled_is_taken),
        cmocka_unit_test(what_cannot_be_stopped_is_told),
        cmocka_unit_test(what_cannot_be_resumed_is_told),
        cmocka_unit_test(what_cannot_be_cancelled_has_an_end),
        cmocka_unit_test(a_list_that_could_not_be_changed_is_not_advertised_with),
        cmocka_unit_test(who_was_forgotten_is_not_let_in_when_another_list_is_refused),
        cmocka_unit_test(a_controller_that_is_lost_in_the_middle_ends_the_change),
        cmocka_unit_test(advertising_may_ask_for_its_list),
        cmocka_unit_test(advertising_that_waits_can_be_stopped),
        cmocka_unit_test(a_filter_that_lets_nobody_in_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
