/* The controller's lists of peers as octets: what is put there and removed, in which order, and why calls are refused.
 */
#include "test_host_lists_support.h"

static kith_status allow(rig *r, kith_peer_id a, kith_peer_id b)
{
    const kith_peer_id peers[] = {a, b};

    return kith_allow_list_set(r->d.h, peers, (uint16_t)((a != 0) + (b != 0)), KITH_LIST_PAUSE);
}

static kith_status identities(rig *r, kith_peer_id a, kith_peer_id b)
{
    const kith_peer_id peers[] = {a, b};

    return kith_device_identities_set(r->d.h, peers, (uint16_t)((a != 0) + (b != 0)), KITH_LIST_PAUSE);
}

static void expect_list(const rig *r, kith_event_kind kind, unsigned times, kith_status status, unsigned count)
{
    assert_int_equal(r->told[kind], times);
    assert_int_equal(r->last[kind].peer_list.status, status);
    assert_int_equal(r->last[kind].peer_list.count, count);
}

/* 7.8.16: by identity address.  7.8.38: with its key; ours is zeros, as our address is not a private one. */
static void listed_peers_are_put_into_both_lists(void **state)
{
    static const uint16_t wanted[] = {KITH_HCI_LE_ADD_TO_RESOLVING_LIST, KITH_HCI_LE_SET_PRIVACY_MODE,
                                      KITH_HCI_LE_SET_RESOLUTION_ENABLE, KITH_HCI_LE_ADD_TO_FILTER_LIST,
                                      KITH_HCI_LE_ADD_TO_FILTER_LIST};
    static const uint8_t zeros[16];
    kith_peer_id plain, private;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    plain = rig_bond(&r, 1, 0);
    private = rig_bond(&r, 2, 0x22);
    assert_int_equal(allow(&r, plain, private), KITH_OK);
    rig_run(&r);
    assert_int_equal(r.sent, sizeof wanted / sizeof wanted[0]);
    assert_memory_equal(r.log, wanted, sizeof wanted);
    assert_int_equal(r.filtered_count, 2);
    assert_true(rig_filters(&r, 1) && rig_filters(&r, 2));
    assert_int_equal(r.resolving_count, 1);
    assert_int_equal(rig_key_of(&r, 2), 0x22);
    assert_memory_equal(r.resolving[0].local_irk, zeros, 16);
    assert_int_equal(r.resolving[0].mode, 1); /* device privacy */
    assert_true(r.resolution);
    expect_list(&r, KITH_EVENT_ALLOW_LIST, 1, KITH_OK, 2);
    expect_list(&r, KITH_EVENT_DEVICE_IDENTITIES, 1, KITH_OK, 1);
    rig_close(&r);
}

static void what_leaves_is_removed_before_what_comes_is_added(void **state)
{
    kith_peer_id a, b, c;
    rig r;

    (void)state;
    rig_open(&r, 2, 2, 2);
    a = rig_bond(&r, 1, 0x11);
    b = rig_bond(&r, 2, 0x22);
    c = rig_bond(&r, 3, 0x33);
    assert_int_equal(allow(&r, a, b), KITH_OK);
    rig_run(&r);
    assert_int_equal(allow(&r, b, c), KITH_OK); /* both lists are full all the time */
    rig_run(&r);
    assert_int_equal(r.filtered_count, 2);
    assert_true(rig_filters(&r, 2) && rig_filters(&r, 3));
    assert_int_equal(rig_key_of(&r, 2), 0x22);
    assert_int_equal(rig_key_of(&r, 3), 0x33);
    assert_int_equal(rig_count(&r, KITH_HCI_LE_ADD_TO_FILTER_LIST), 3); /* who stays is left there */
    expect_list(&r, KITH_EVENT_ALLOW_LIST, 2, KITH_OK, 2);
    rig_close(&r);
}

static void resolution_is_off_where_there_is_nobody_to_be_resolved(void **state)
{
    kith_peer_id plain, private;
    rig r;

    (void)state;
    rig_open(&r, 2, 2, 2);
    plain = rig_bond(&r, 1, 0);
    private = rig_bond(&r, 2, 0x22);
    assert_int_equal(allow(&r, plain, 0), KITH_OK);
    rig_run(&r);
    assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RESOLUTION_ENABLE), 0);
    assert_int_equal(r.told[KITH_EVENT_DEVICE_IDENTITIES], 0);
    assert_int_equal(allow(&r, private, 0), KITH_OK);
    rig_run(&r);
    assert_true(r.resolution);
    assert_int_equal(allow(&r, 0, 0), KITH_OK);
    rig_run(&r);
    assert_false(r.resolution);
    assert_int_equal(r.filtered_count + r.resolving_count, 0);
    expect_list(&r, KITH_EVENT_ALLOW_LIST, 3, KITH_OK, 0);
    expect_list(&r, KITH_EVENT_DEVICE_IDENTITIES, 2, KITH_OK, 0);
    rig_close(&r);
}

static void a_list_that_is_so_already_is_told_at_once(void **state)
{
    kith_peer_id a;
    rig r;

    (void)state;
    rig_open(&r, 2, 2, 2);
    a = rig_bond(&r, 1, 0x11);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(allow(&r, a, 0), KITH_OK);
        rig_run(&r);
        rig_take_events(&r);
        expect_list(&r, KITH_EVENT_ALLOW_LIST, i + 1, KITH_OK, 1);
    }
    assert_int_equal(rig_count(&r, KITH_HCI_LE_ADD_TO_FILTER_LIST), 1);
    assert_int_equal(rig_count(&r, KITH_HCI_LE_ADD_TO_RESOLVING_LIST), 1);
    rig_close(&r);
}

/* The key of two bonds says nothing of who uses it. */
static void keys_of_zeros_and_keys_of_two_bonds_are_not_put(void **state)
{
    kith_peer_id a, b;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    a = rig_bond(&r, 1, 0x77);
    b = rig_bond(&r, 2, 0x77);
    assert_int_equal(identities(&r, a, 0), KITH_ERR_VALUE);
    assert_int_equal(identities(&r, rig_bond(&r, 3, 0), 0), KITH_ERR_VALUE);
    assert_int_equal(allow(&r, a, b), KITH_OK);
    rig_run(&r);
    assert_int_equal(r.filtered_count, 2);
    assert_int_equal(r.resolving_count, 0);
    assert_false(r.resolution);
    assert_int_equal(kith_bonds_forget(r.d.h, b), KITH_OK); /* and then it is one's again */
    rig_run(&r);
    assert_int_equal(rig_key_of(&r, 1), 0x77);
    rig_close(&r);
}

static void identities_and_listed_peers_share_the_resolving_list(void **state)
{
    kith_peer_id a, b, c, peers[4];
    uint16_t count;
    rig r;

    (void)state;
    rig_open(&r, 2, 4, 4);
    a = rig_bond(&r, 1, 0x11);
    b = rig_bond(&r, 2, 0x22);
    c = rig_bond(&r, 3, 0x33);
    assert_int_equal(allow(&r, a, b), KITH_OK);
    rig_run(&r);
    assert_int_equal(identities(&r, b, c), KITH_OK);
    rig_run(&r);
    assert_int_equal(r.resolving_count, 3);
    expect_list(&r, KITH_EVENT_DEVICE_IDENTITIES, 2, KITH_OK, 3);
    assert_int_equal(kith_device_identities_get(r.d.h, peers, 4, &count), KITH_OK);
    assert_int_equal(count, 3);
    assert_true(peers[0] == a && peers[1] == b && peers[2] == c);
    assert_int_equal(kith_device_identities_get(r.d.h, peers, 2, &count), KITH_ERR_FULL);
    assert_int_equal(count, 3);
    assert_int_equal(allow(&r, 0, 0), KITH_OK); /* those that were asked for stay */
    rig_run(&r);
    assert_int_equal(r.resolving_count, 2);
    assert_true(rig_key_of(&r, 2) == 0x22 && rig_key_of(&r, 3) == 0x33);
    assert_int_equal(identities(&r, 0, 0), KITH_OK);
    rig_run(&r);
    assert_int_equal(r.resolving_count, 0);
    rig_close(&r);
}

static void who_is_in_it_has_a_place(void **state)
{
    kith_peer_id a, b, peers[2] = {0};
    uint16_t count, place = 9;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    a = rig_bond(&r, 1, 0);
    b = rig_bond(&r, 2, 0);
    assert_int_equal(kith_allow_list_get(r.d.h, peers, 2, &count), KITH_OK);
    assert_int_equal(count, 0);
    assert_int_equal(allow(&r, b, a), KITH_OK);
    assert_int_equal(kith_allow_list_get(r.d.h, peers, 2, &count), KITH_OK);
    assert_true(count == 2 && peers[0] == b && peers[1] == a);
    peers[1] = 0;
    assert_int_equal(kith_allow_list_get(r.d.h, peers, 1, &count), KITH_ERR_FULL);
    assert_true(count == 2 && peers[0] == b && peers[1] == 0);
    assert_int_equal(kith_allow_list_place(r.d.h, a, &place), KITH_OK);
    assert_int_equal(place, 1);
    assert_int_equal(kith_allow_list_place(r.d.h, 77, &place), KITH_ERR_NOT_FOUND);
    assert_int_equal(place, 1);
    rig_close(&r);
}

/* ---- refusals: nothing is changed ---- */

static void expect_unchanged(rig *r, kith_peer_id only)
{
    kith_peer_id peers[4];
    uint16_t count;
    unsigned sent = r->sent;

    assert_int_equal(kith_allow_list_get(r->d.h, peers, 4, &count), KITH_OK);
    assert_true(count == 1 && peers[0] == only);
    assert_int_equal(kith_device_identities_get(r->d.h, peers, 4, &count), KITH_OK);
    assert_true(count == 1 && peers[0] == only);
    rig_run(r);
    assert_int_equal(r->sent, sent);
    assert_int_equal(r->told[KITH_EVENT_ALLOW_LIST] + r->told[KITH_EVENT_DEVICE_IDENTITIES], 0);
}

static void what_is_refused_changes_nothing(void **state)
{
    kith_peer_id a, b, c, plain[5];
    rig r;

    (void)state;
    rig_open(&r, 4, 3, 2);
    a = rig_bond(&r, 1, 0x11);
    b = rig_bond(&r, 2, 0x22);
    c = rig_bond(&r, 3, 0x33);
    for (uint8_t i = 0; i < 5; i++)
        plain[i] = rig_bond(&r, (uint8_t)(4 + i), 0);
    assert_int_equal(allow(&r, a, 0), KITH_OK);
    rig_run(&r);
    rig_forget(&r);
    assert_int_equal(allow(&r, b, 77), KITH_ERR_NOT_FOUND);
    expect_unchanged(&r, a);
    assert_int_equal(allow(&r, b, b), KITH_ERR_EXISTS);
    expect_unchanged(&r, a);
    assert_int_equal(kith_allow_list_set(r.d.h, plain, 4, KITH_LIST_PAUSE), KITH_ERR_FULL); /* the controller's */
    expect_unchanged(&r, a);
    assert_int_equal(kith_allow_list_set(r.d.h, plain, 5, KITH_LIST_PAUSE), KITH_ERR_FULL); /* limits.listed */
    expect_unchanged(&r, a);
    assert_int_equal(kith_allow_list_set(r.d.h, (kith_peer_id[]){a, b, c}, 3, KITH_LIST_PAUSE),
                     KITH_ERR_FULL); /* keys */
    expect_unchanged(&r, a);
    assert_int_equal(identities(&r, b, 77), KITH_ERR_NOT_FOUND);
    assert_int_equal(identities(&r, b, b), KITH_ERR_EXISTS);
    assert_int_equal(identities(&r, b, c), KITH_ERR_FULL); /* the one that is listed stays */
    assert_int_equal(identities(&r, plain[0], 0), KITH_ERR_VALUE);
    assert_int_equal(kith_device_identities_set(r.d.h, plain, 5, KITH_LIST_PAUSE), KITH_ERR_FULL);
    expect_unchanged(&r, a);
    assert_int_equal(kith_allow_list_set(r.d.h, plain, 3, KITH_LIST_PAUSE), KITH_OK); /* as many as fit */
    rig_run(&r);
    assert_int_equal(r.filtered_count, 3);
    rig_close(&r);
}

static void a_change_under_way_is_waited_for(void **state)
{
    kith_peer_id a;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    a = rig_bond(&r, 1, 0x11);
    assert_int_equal(allow(&r, a, 0), KITH_OK);
    assert_int_equal(allow(&r, a, 0), KITH_ERR_BUSY);
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_ERR_BUSY);
    assert_int_equal(identities(&r, a, 0), KITH_OK); /* another list */
    assert_int_equal(identities(&r, a, 0), KITH_ERR_BUSY);
    rig_run(&r);
    expect_list(&r, KITH_EVENT_ALLOW_LIST, 1, KITH_OK, 1);
    assert_int_equal(allow(&r, 0, 0), KITH_OK);
    rig_close(&r);
}

static void events_must_be_taken_first(void **state)
{
    kith_peer_id a;
    kith_advertising advertising;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    a = rig_bond(&r, 1, 0);
    rig_advertising(&advertising, KITH_FILTER_ALL);
    advertising.ask_list = true;
    while (events_have_room(r.d.h))
        event_post(r.d.h, KITH_EVENT_REPORT, NULL);
    assert_int_equal(allow(&r, a, 0), KITH_ERR_FULL);
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_ERR_FULL);
    assert_int_equal(identities(&r, a, 0), KITH_ERR_FULL);
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_ERR_FULL);
    assert_true(lists_have_nobody(r.d.h));
    rig_take_events(&r);
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_OK);
    while (events_have_room(r.d.h))
        event_post(r.d.h, KITH_EVENT_REPORT, NULL);
    assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_ERR_FULL);
    rig_close(&r);
}

static void what_uses_a_list_refuses_its_change_if_so_wanted(void **state)
{
    for (unsigned what = 0; what < 4; what++) {
        kith_peer_id plain, private;
        kith_advertising advertising;
        kith_scan scan;
        kith_address peer;
        rig r;

        (void)state;
        rig_open(&r, 4, 4, 4);
        plain = rig_bond(&r, 1, 0);
        private = rig_bond(&r, 2, 0x22);
        assert_int_equal(allow(&r, plain, 0), KITH_OK);
        rig_run(&r);
        rig_advertising(&advertising, what == 0 ? KITH_FILTER_CONNECT : KITH_FILTER_NOTHING);
        kith_gap_default_scan(&scan);
        scan.filter = what == 1;
        rig_identity(9, &peer);
        if (what == 0 || what == 2)
            assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_OK);
        else if (what == 1)
            assert_int_equal(kith_gap_start_scan(r.d.h, &scan), KITH_OK);
        else
            assert_int_equal(kith_gap_connect(r.d.h, &peer, NULL), KITH_OK);
        rig_run(&r);
        assert_int_equal(kith_allow_list_set(r.d.h, &private, 1, KITH_LIST_REFUSE), KITH_ERR_IN_USE);
        assert_int_equal(kith_device_identities_set(r.d.h, &private, 1, KITH_LIST_REFUSE), KITH_ERR_IN_USE);
        assert_int_equal(kith_allow_list_set(r.d.h, &plain, 1, KITH_LIST_REFUSE), what < 2 ? KITH_ERR_IN_USE : KITH_OK);
        rig_run(&r);
        assert_int_equal(r.filtered_count, 1);
        assert_true(rig_filters(&r, 1));
        rig_close(&r);
    }
}

static void without_lists_there_is_nothing_to_be_set(void **state)
{
    kith_peer_id a, out;
    uint16_t count = 7;
    kith_advertising advertising;
    kith_scan scan;
    rig r;

    (void)state;
    rig_open(&r, 0, 4, 4);
    a = rig_bond(&r, 1, 0x11);
    assert_int_equal(allow(&r, a, 0), KITH_ERR_UNSUPPORTED);
    assert_int_equal(allow(&r, 0, 0), KITH_ERR_UNSUPPORTED);
    assert_int_equal(identities(&r, a, 0), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_allow_list_get(r.d.h, &out, 1, &count), KITH_ERR_UNSUPPORTED);
    assert_int_equal(count, 0);
    assert_int_equal(kith_device_identities_get(r.d.h, &out, 1, &count), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_allow_list_place(r.d.h, a, &count), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_allow_list_ready(r.d.h), KITH_ERR_STATE);
    rig_advertising(&advertising, KITH_FILTER_CONNECT);
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_ERR_UNSUPPORTED);
    kith_gap_default_scan(&scan);
    scan.filter = true;
    assert_int_equal(kith_gap_start_scan(r.d.h, &scan), KITH_ERR_UNSUPPORTED);
    rig_run(&r);
    assert_int_equal(r.sent, 0);
    rig_close(&r);
}

static void a_controller_without_lists_says_so(void **state)
{
    static const uint16_t no_filter[] = {KITH_HCI_LE_READ_FILTER_LIST_SIZE, 0};
    static const uint16_t no_resolving[] = {KITH_HCI_LE_READ_RESOLVING_LIST_SIZE, 0};
    kith_peer_id plain, private;
    rig r;

    (void)state;
    rig_make(&r, 4, 4, 4, no_filter);
    rig_start(&r);
    assert_int_equal(r.last[KITH_EVENT_READY].ready.lacks & KITH_LACKS_FILTER_LIST, KITH_LACKS_FILTER_LIST);
    assert_string_equal(kith_lack_name(KITH_LACKS_FILTER_LIST), "a filter accept list");
    assert_int_equal(rig_count(&r, KITH_HCI_LE_READ_FILTER_LIST_SIZE), 0);
    plain = rig_bond(&r, 1, 0);
    assert_int_equal(allow(&r, plain, 0), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_ERR_UNSUPPORTED);
    rig_close(&r);

    rig_make(&r, 4, 4, 4, no_resolving);
    rig_start(&r);
    assert_int_equal(r.last[KITH_EVENT_READY].ready.lacks & KITH_LACKS_RESOLVING_LIST, KITH_LACKS_RESOLVING_LIST);
    plain = rig_bond(&r, 1, 0);
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_OK);
    rig_run(&r);
    private = rig_bond(&r, 2, 0x22);
    rig_run(&r);
    assert_int_equal(allow(&r, private, 0), KITH_ERR_UNSUPPORTED); /* it would not be found */
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_ERR_UNSUPPORTED);
    assert_int_equal(identities(&r, private, 0), KITH_ERR_UNSUPPORTED);
    assert_int_equal(allow(&r, plain, 0), KITH_OK);
    rig_run(&r);
    assert_int_equal(r.filtered_count, 1);
    assert_int_equal(r.resolving_count, 0);
    rig_close(&r);
}

/* There are controllers that list a command and refuse it. */
static void a_size_that_is_not_told_is_none(void **state)
{
    rig r;

    (void)state;
    rig_make(&r, 4, 4, 4, NULL);
    r.refuse = KITH_HCI_LE_READ_FILTER_LIST_SIZE;
    r.refuse_with = KITH_HCI_UNKNOWN_COMMAND;
    rig_start(&r);
    assert_int_equal(r.told[KITH_EVENT_READY], 1);
    assert_int_equal(r.last[KITH_EVENT_READY].ready.lacks & KITH_LACKS_FILTER_LIST, KITH_LACKS_FILTER_LIST);
    assert_int_equal(allow(&r, rig_bond(&r, 1, 0), 0), KITH_ERR_UNSUPPORTED);
    rig_close(&r);
    rig_open(&r, 4, 0, 0); /* or it holds nobody */
    assert_int_equal(allow(&r, 0, 0), KITH_ERR_UNSUPPORTED);
    assert_int_equal(identities(&r, 0, 0), KITH_ERR_UNSUPPORTED);
    rig_close(&r);
}

static void before_the_controller_is_up_nothing_can_be_set(void **state)
{
    rig r;

    (void)state;
    rig_make(&r, 4, 4, 4, NULL);
    assert_int_equal(allow(&r, 0, 0), KITH_ERR_STATE);
    assert_int_equal(identities(&r, 0, 0), KITH_ERR_STATE);
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_ERR_STATE);
    rig_close(&r);
}

static void a_controller_without_privacy_modes_does_without(void **state)
{
    static const uint16_t none[] = {KITH_HCI_LE_SET_PRIVACY_MODE, 0};

    (void)state;
    for (unsigned lies = 0; lies <= 1; lies++) { /* it lists the command, and does not know it */
        rig r;

        rig_make(&r, 4, 4, 4, lies ? NULL : none);
        r.refuse = KITH_HCI_LE_SET_PRIVACY_MODE;
        r.refuse_with = KITH_HCI_UNKNOWN_COMMAND;
        rig_start(&r);
        rig_forget(&r);
        assert_int_equal(allow(&r, rig_bond(&r, 1, 0x11), rig_bond(&r, 2, 0x22)), KITH_OK);
        rig_run(&r);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_PRIVACY_MODE), lies);
        assert_int_equal(r.resolving_count, 2);
        assert_true(r.resolution);
        expect_list(&r, KITH_EVENT_ALLOW_LIST, 1, KITH_OK, 2);
        rig_close(&r);
    }
}

/* ---- what the controller refuses ---- */

static const uint16_t changes[] = {KITH_HCI_LE_ADD_TO_RESOLVING_LIST,      KITH_HCI_LE_SET_PRIVACY_MODE,
                                   KITH_HCI_LE_SET_RESOLUTION_ENABLE,      KITH_HCI_LE_ADD_TO_FILTER_LIST,
                                   KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST, KITH_HCI_LE_REMOVE_FROM_FILTER_LIST};

static void expect_told_once(const rig *r, uint16_t opcode, kith_status status, uint8_t with)
{
    bool of_filter = opcode == KITH_HCI_LE_ADD_TO_FILTER_LIST || opcode == KITH_HCI_LE_REMOVE_FROM_FILTER_LIST;
    kith_event_kind kind = of_filter ? KITH_EVENT_ALLOW_LIST : KITH_EVENT_DEVICE_IDENTITIES;

    assert_int_equal(r->told[kind], 1);
    assert_int_equal(r->last[kind].peer_list.status, status);
    assert_int_equal(r->last[kind].peer_list.hci_status, with);
    assert_int_equal(r->told[KITH_EVENT_ALLOW_LIST], 1); /* it was asked for, and has its end */
    assert_int_equal(r->last[KITH_EVENT_ALLOW_LIST].peer_list.status, status);
}

static void what_the_controller_refuses_is_told_and_not_tried_for_ever(void **state)
{
    static const struct {
        uint8_t with;
        kith_status status;
    } words[] = {{KITH_HCI_COMMAND_DISALLOWED, KITH_ERR_IO}, {KITH_HCI_MEMORY_EXCEEDED, KITH_ERR_FULL}};

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        for (size_t w = 0; w < 2; w++) {
            rig r;
            kith_peer_id a, b;

            rig_open(&r, 4, 4, 4);
            a = rig_bond(&r, 1, 0x11);
            b = rig_bond(&r, 2, 0x22);
            if (i >= 4) {
                assert_int_equal(allow(&r, a, 0), KITH_OK);
                rig_run(&r);
                rig_forget(&r);
            }
            r.refuse = changes[i];
            r.refuse_with = words[w].with;
            assert_int_equal(allow(&r, b, 0), KITH_OK);
            rig_run(&r);
            assert_int_equal(rig_count(&r, changes[i]), 1);
            expect_told_once(&r, changes[i], words[w].status, words[w].with);
            r.refuse = 0; /* the next change makes all of it good */
            rig_forget(&r);
            assert_int_equal(allow(&r, b, 0), KITH_OK);
            rig_run(&r);
            expect_list(&r, KITH_EVENT_ALLOW_LIST, 1, KITH_OK, 1);
            assert_true(r.filtered_count == 1 && rig_filters(&r, 2));
            assert_true(r.resolving_count == 1 && rig_key_of(&r, 2) == 0x22 && r.resolution);
            rig_close(&r);
        }
}

static void what_is_gone_already_need_not_be_removed(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    assert_int_equal(allow(&r, rig_bond(&r, 1, 0x11), 0), KITH_OK);
    rig_run(&r);
    r.resolving_count = 0; /* nobody knows how */
    rig_forget(&r);
    assert_int_equal(allow(&r, rig_bond(&r, 2, 0x22), 0), KITH_OK);
    rig_run(&r);
    expect_list(&r, KITH_EVENT_ALLOW_LIST, 1, KITH_OK, 1);
    assert_int_equal(rig_key_of(&r, 2), 0x22);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listed_peers_are_put_into_both_lists),
        cmocka_unit_test(what_leaves_is_removed_before_what_comes_is_added),
        cmocka_unit_test(resolution_is_off_where_there_is_nobody_to_be_resolved),
        cmocka_unit_test(a_list_that_is_so_already_is_told_at_once),
        cmocka_unit_test(keys_of_zeros_and_keys_of_two_bonds_are_not_put),
        cmocka_unit_test(identities_and_listed_peers_share_the_resolving_list),
        cmocka_unit_test(who_is_in_it_has_a_place),
        cmocka_unit_test(what_is_refused_changes_nothing),
        cmocka_unit_test(a_change_under_way_is_waited_for),
        cmocka_unit_test(events_must_be_taken_first),
        cmocka_unit_test(what_uses_a_list_refuses_its_change_if_so_wanted),
        cmocka_unit_test(without_lists_there_is_nothing_to_be_set),
        cmocka_unit_test(a_controller_without_lists_says_so),
        cmocka_unit_test(a_size_that_is_not_told_is_none),
        cmocka_unit_test(before_the_controller_is_up_nothing_can_be_set),
        cmocka_unit_test(a_controller_without_privacy_modes_does_without),
        cmocka_unit_test(what_the_controller_refuses_is_told_and_not_tried_for_ever),
        cmocka_unit_test(what_is_gone_already_need_not_be_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
