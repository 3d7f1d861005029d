/* Connecting: by address or by list, its commands, its limit, and that each attempt has one end. */
#include "test_host_scan_support.h"

static kith_initiating to(uint8_t number)
{
    kith_initiating i;

    kith_gap_default_initiating(&i);
    i.peer = ear_address(number);
    return i;
}

static void initiate(ear *e, const kith_initiating *i)
{
    assert_int_equal(kith_gap_initiate(e->d.h, i), KITH_OK);
    ear_run(e);
    assert_true(e->initiating);
    ear_forget(e);
}

static void expect_failed(ear *e, kith_hci_status hci_status, bool timed_out)
{
    ear_run(e);
    assert_int_equal(e->told[KITH_EVENT_CONNECT_FAILED], 1);
    assert_int_equal(e->told[KITH_EVENT_CONNECTED], 0);
    assert_int_equal(e->last[KITH_EVENT_CONNECT_FAILED].connect_failed.hci_status, hci_status);
    assert_int_equal(e->last[KITH_EVENT_CONNECT_FAILED].connect_failed.timed_out, timed_out);
    assert_int_equal(kith_gap_cancel_connect(e->d.h), KITH_ERR_STATE);
    assert_int_equal(kith_host_deadline(e->d.h), UINT64_MAX);
}

/* ---- commands ---- */

static void an_old_controller_gets_the_old_command(void **state)
{
    kith_initiating i = to(7);
    ear e;

    (void)state;
    i.scan_interval_625us = 0x0123;
    i.scan_window_625us = 0x0045;
    ear_open(&e, 0, 0);
    initiate(&e, &i);
    assert_false(e.is_extended);
    assert_memory_equal(e.last_create, ((const uint8_t[]){0x23, 1, 0x45, 0, 0, 1, 7,    2, 3, 4, 5, 0xc6, 0,
                                                          24,   0, 40,   0, 0, 0, 0x90, 1, 0, 0, 0, 0}),
                        25);
    ear_close(&e);
}

static void a_newer_one_gets_parameters_for_each_phy(void **state)
{
    static const uint8_t phy[] = {96, 0, 96, 0, 24, 0, 40, 0, 0, 0, 0x90, 1, 0, 0, 0, 0};
    static const uint8_t beginning[] = {0, 0, 1, 7, 2, 3, 4, 5, 0xc6};
    kith_initiating i = to(7);
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED | EAR_CODED, 0);
    initiate(&e, &i);
    assert_true(e.is_extended);
    assert_memory_equal(e.last_create, beginning, sizeof beginning);
    assert_int_equal(e.last_create[9], KITH_PHYS_1M);
    assert_memory_equal(e.last_create + 10, phy, sizeof phy);
    assert_int_equal(kith_gap_cancel_connect(e.d.h), KITH_OK);
    ear_run(&e);
    i.phys = KITH_PHYS_1M | KITH_PHYS_CODED;
    initiate(&e, &i);
    assert_int_equal(e.last_create[9], 5);
    assert_memory_equal(e.last_create + 10, phy, sizeof phy);
    assert_memory_equal(e.last_create + 26, phy, sizeof phy);
    ear_close(&e);
}

static void by_list_no_address_is_said(void **state)
{
    static const uint64_t features[] = {0, EAR_EXTENDED};

    (void)state;
    for (unsigned f = 0; f < 2; f++) {
        kith_initiating i = to(7);
        kith_peer_id peer;
        ear e;

        i.listed = true;
        ear_open(&e, features[f], 0);
        assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_ERR_NOT_FOUND);
        peer = ear_bond(&e, 7, 0);
        assert_int_equal(kith_allow_list_set(e.d.h, &peer, 1, KITH_LIST_PAUSE), KITH_OK);
        ear_run(&e);
        initiate(&e, &i);
        assert_int_equal(e.last_create[f == 0 ? 4 : 0], 1);
        assert_memory_equal(e.last_create + (f == 0 ? 6 : 3), ((const uint8_t[6]){0}), 6);
        ear_close(&e);
    }
}

/* ---- what is refused ---- */

static void numbers_out_of_range_are_refused(void **state)
{
    kith_initiating bad[7];
    ear e;

    (void)state;
    for (unsigned i = 0; i < 7; i++)
        bad[i] = to(1);
    bad[0].peer.type = 2;
    bad[1].scan_interval_625us = 3;
    bad[2].scan_interval_625us = 0x4001;
    bad[3].scan_window_625us = 3;
    bad[4].scan_window_625us = 97;
    bad[5].phys = KITH_PHYS_2M;
    bad[6].parameters.interval_min_1250us = 5;
    ear_open(&e, EAR_EXTENDED | EAR_CODED, 0);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(kith_gap_initiate(e.d.h, &bad[i]), KITH_ERR_VALUE);
    assert_false(ear_step(&e));
    ear_close(&e);
}

static void what_cannot_be_is_refused(void **state)
{
    kith_initiating i = to(1);
    ear e;

    (void)state;
    ear_make(&e, 0, 0, 16);
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_ERR_STATE);
    ear_start(&e);
    i.phys = KITH_PHYS_CODED;
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_ERR_UNSUPPORTED);
    i.phys = 0;
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_OK);
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_ERR_BUSY);
    ear_run(&e);
    ear_connection(&e, 0, 0, &i.peer);
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_OK);
    ear_run(&e);
    i.peer = ear_address(2);
    ear_connection(&e, 0, 1, &i.peer);
    assert_int_equal(e.told[KITH_EVENT_CONNECTED], 2);
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_ERR_FULL); /* all links are in use */
    e.d.h->lists->filtered_most = 0;
    i.listed = true;
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_ERR_UNSUPPORTED);
    i.listed = false;
    e.d.h->config.privacy.mode = KITH_PRIVACY_NON_RESOLVABLE;
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_ERR_UNSUPPORTED);
    ear_close(&e);
}

static void the_controller_may_refuse(void **state)
{
    kith_initiating i = to(1);
    ear e;

    (void)state;
    i.limit_ms = 1000;
    ear_open(&e, EAR_EXTENDED, 0);
    e.refuse = KITH_HCI_LE_EXT_CREATE_CONNECTION;
    e.refuse_with = KITH_HCI_COMMAND_DISALLOWED;
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_OK);
    expect_failed(&e, KITH_HCI_COMMAND_DISALLOWED, false);
    e.refuse = 0;
    initiate(&e, &i);
    ear_close(&e);
}

/* ---- its limit ---- */

static void it_ends_when_its_time_is_over(void **state)
{
    static const uint64_t features[] = {0, EAR_EXTENDED};

    (void)state;
    for (unsigned f = 0; f < 2; f++) {
        kith_initiating i = to(1);
        ear e;

        i.limit_ms = 2000;
        ear_open(&e, features[f], 0);
        initiate(&e, &i);
        ear_pass(&e, 1999999);
        assert_int_equal(ear_count(&e, KITH_HCI_LE_CREATE_CONNECTION_CANCEL), 0);
        ear_pass(&e, 1);
        expect_failed(&e, KITH_HCI_UNKNOWN_CONNECTION, true);
        assert_false(e.initiating);
        ear_close(&e);
    }
}

static void a_link_in_time_has_no_limit(void **state)
{
    kith_initiating i = to(1);
    ear e;

    (void)state;
    i.limit_ms = 2000;
    ear_open(&e, EAR_EXTENDED, 0);
    initiate(&e, &i);
    ear_connection(&e, 0, 0, &i.peer);
    ear_pass(&e, 5000000);
    assert_int_equal(e.told[KITH_EVENT_CONNECTED], 1);
    assert_int_equal(e.told[KITH_EVENT_CONNECT_FAILED], 0);
    assert_int_equal(ear_count(&e, KITH_HCI_LE_CREATE_CONNECTION_CANCEL), 0);
    ear_close(&e);
}

/* The link is there before the controller has the cancel: that is how it ended. */
static void a_link_that_is_made_in_that_moment_is_a_link(void **state)
{
    kith_initiating i = to(1);
    ear e;

    (void)state;
    i.limit_ms = 2000;
    ear_open(&e, EAR_EXTENDED, 0);
    initiate(&e, &i);
    e.keep = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
    ear_pass(&e, 2000000);
    assert_true(e.kept);
    ear_connection(&e, 0, 0, &i.peer);
    e.kept = false;
    ear_complete(&e, KITH_HCI_LE_CREATE_CONNECTION_CANCEL, KITH_HCI_COMMAND_DISALLOWED);
    e.keep = 0;
    ear_pass(&e, 10000000);
    assert_int_equal(e.told[KITH_EVENT_CONNECTED], 1);
    assert_int_equal(e.told[KITH_EVENT_CONNECT_FAILED], 0);
    initiate(&e, &i); /* and the next one has a limit of its own */
    ear_pass(&e, 2000000);
    expect_failed(&e, KITH_HCI_UNKNOWN_CONNECTION, true);
    ear_close(&e);
}

/* A controller that says there is nothing to be cancelled, and has told no link. */
static void a_cancel_that_is_refused_is_sent_once_more_and_believed(void **state)
{
    kith_initiating i = to(1);

    (void)state;
    for (unsigned by_limit = 0; by_limit < 2; by_limit++) {
        ear e;

        i.limit_ms = by_limit ? 1000 : 0;
        ear_open(&e, EAR_EXTENDED, 0);
        initiate(&e, &i);
        e.refuse = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
        e.refuse_with = KITH_HCI_COMMAND_DISALLOWED;
        if (!by_limit)
            assert_int_equal(kith_gap_cancel_connect(e.d.h), KITH_OK);
        ear_pass(&e, 1000000);
        assert_int_equal(ear_count(&e, KITH_HCI_LE_CREATE_CONNECTION_CANCEL), 1);
        assert_int_equal(e.told[KITH_EVENT_CONNECT_FAILED], 0);
        ear_pass(&e, HOST_DISCONNECT_TIMEOUT_US);
        assert_int_equal(ear_count(&e, KITH_HCI_LE_CREATE_CONNECTION_CANCEL), 2);
        expect_failed(&e, KITH_HCI_COMMAND_DISALLOWED, by_limit);
        ear_close(&e);
    }
}

static void the_limit_may_be_over_before_anything_was_sent(void **state)
{
    kith_initiating i = to(1);
    ear e;

    (void)state;
    i.limit_ms = 100;
    ear_open(&e, EAR_EXTENDED, 0);
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_OK);
    assert_int_equal(kith_host_advance(e.d.h, 0), KITH_OK); /* it is told what time it was */
    assert_int_equal(kith_host_advance(e.d.h, 100000), KITH_OK);
    ear_take_events(&e);
    assert_int_equal(e.told[KITH_EVENT_CONNECT_FAILED], 1);
    assert_true(e.last[KITH_EVENT_CONNECT_FAILED].connect_failed.timed_out);
    assert_false(ear_step(&e));
    ear_close(&e);
}

/* The answer to the command may be late, too. */
static void the_limit_may_be_over_before_the_answer(void **state)
{
    kith_initiating i = to(1);
    ear e;

    (void)state;
    i.limit_ms = 100;
    ear_open(&e, EAR_EXTENDED, 0);
    e.keep = KITH_HCI_LE_EXT_CREATE_CONNECTION;
    assert_int_equal(kith_gap_initiate(e.d.h, &i), KITH_OK);
    ear_run(&e);
    ear_pass(&e, 100000);
    assert_int_equal(e.told[KITH_EVENT_CONNECT_FAILED], 0);
    ear_answer_kept(&e);
    e.keep = 0;
    expect_failed(&e, KITH_HCI_UNKNOWN_CONNECTION, true);
    assert_false(e.initiating);
    ear_close(&e);
}

static void the_program_may_cancel_before_that(void **state)
{
    kith_initiating i = to(1);
    ear e;

    (void)state;
    i.limit_ms = 5000;
    ear_open(&e, EAR_EXTENDED, 0);
    assert_int_equal(kith_gap_cancel_connect(e.d.h), KITH_ERR_STATE);
    initiate(&e, &i);
    assert_int_equal(kith_gap_cancel_connect(e.d.h), KITH_OK);
    expect_failed(&e, KITH_HCI_UNKNOWN_CONNECTION, false);
    ear_close(&e);
}

static void the_controller_may_be_lost(void **state)
{
    static const uint8_t code = 1;
    kith_initiating i = to(1);
    ear e;

    (void)state;
    i.limit_ms = 5000;
    ear_open(&e, EAR_EXTENDED, 0);
    initiate(&e, &i);
    ear_event(&e, KITH_HCI_EV_HARDWARE_ERROR, &code, 1);
    assert_int_equal(kith_host_advance(e.d.h, e.d.now_us), KITH_OK);
    ear_take_events(&e);
    assert_int_equal(e.order[0], KITH_EVENT_CONNECT_FAILED);
    assert_int_equal(e.order[1], KITH_EVENT_CONTROLLER_LOST);
    expect_failed(&e, KITH_HCI_HARDWARE_FAILURE, false);
    ear_close(&e);
}

/* ---- pauses ---- */

static void open_by_list(ear *e, uint64_t features, uint32_t limit_ms)
{
    kith_initiating i = to(0);
    kith_peer_id peer;

    ear_open(e, features, 0);
    peer = ear_bond(e, 7, 0);
    assert_int_equal(kith_allow_list_set(e->d.h, &peer, 1, KITH_LIST_PAUSE), KITH_OK);
    ear_run(e);
    i.listed = true;
    i.limit_ms = limit_ms;
    initiate(e, &i);
}

static void a_changed_list_pauses_who_connects_by_it(void **state)
{
    kith_peer_id peers[2];
    ear e;

    (void)state;
    open_by_list(&e, EAR_EXTENDED, 0);
    assert_int_equal(kith_allow_list_set(e.d.h, peers, 0, KITH_LIST_REFUSE), KITH_ERR_IN_USE);
    assert_int_equal(kith_allow_list_get(e.d.h, peers, 2, &(uint16_t){0}), KITH_OK);
    peers[1] = ear_bond(&e, 8, 0);
    assert_int_equal(kith_allow_list_set(e.d.h, peers, 2, KITH_LIST_PAUSE), KITH_OK);
    ear_run(&e);
    assert_int_equal(ear_count(&e, KITH_HCI_LE_ADD_TO_FILTER_LIST), 1);
    assert_int_equal(ear_count(&e, KITH_HCI_LE_CREATE_CONNECTION_CANCEL), 1);
    assert_int_equal(ear_count(&e, KITH_HCI_LE_EXT_CREATE_CONNECTION), 1);
    assert_true(e.initiating && e.disallowed == 0);
    assert_true(e.told[KITH_EVENT_CONNECT_FAILED] == 0 && e.told[KITH_EVENT_ALLOW_LIST] == 1);
    ear_close(&e);
}

/* To one address the list is nothing: it goes on. */
static void a_changed_list_leaves_others_alone(void **state)
{
    kith_initiating i = to(1);
    kith_peer_id peer;
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 0);
    peer = ear_bond(&e, 8, 0);
    initiate(&e, &i);
    assert_int_equal(kith_allow_list_set(e.d.h, &peer, 1, KITH_LIST_REFUSE), KITH_OK);
    ear_run(&e);
    assert_int_equal(ear_count(&e, KITH_HCI_LE_CREATE_CONNECTION_CANCEL), 0);
    assert_int_equal(e.told[KITH_EVENT_ALLOW_LIST], 1);
    ear_close(&e);
}

static void a_list_that_cannot_be_right_connects_to_nobody(void **state)
{
    kith_peer_id peers[2];
    ear e;

    (void)state;
    open_by_list(&e, EAR_EXTENDED, 5000);
    peers[0] = ear_bond(&e, 8, 0);
    e.refuse = KITH_HCI_LE_ADD_TO_FILTER_LIST;
    e.refuse_with = KITH_HCI_INVALID_PARAMETERS;
    assert_int_equal(kith_allow_list_set(e.d.h, peers, 1, KITH_LIST_PAUSE), KITH_OK);
    ear_run(&e);
    assert_int_equal(e.told[KITH_EVENT_ALLOW_LIST], 1);
    expect_failed(&e, KITH_HCI_INVALID_PARAMETERS, false);
    assert_false(e.initiating);
    ear_close(&e);
}

static void a_limit_may_be_over_in_a_pause(void **state)
{
    kith_peer_id peer;
    ear e;

    (void)state;
    open_by_list(&e, EAR_EXTENDED, 1000);
    peer = ear_bond(&e, 8, 0);
    e.keep = KITH_HCI_LE_ADD_TO_FILTER_LIST;
    assert_int_equal(kith_allow_list_set(e.d.h, &peer, 1, KITH_LIST_PAUSE), KITH_OK);
    ear_run(&e);
    assert_true(e.kept && !e.initiating);
    ear_pass(&e, 1000000);
    ear_answer_kept(&e);
    e.keep = 0;
    expect_failed(&e, KITH_HCI_UNKNOWN_CONNECTION, true);
    assert_false(e.initiating);
    ear_close(&e);
}

/* A cancel for the pause is on its way when the limit is over: one end. */
static void a_limit_may_be_over_while_a_pause_begins(void **state)
{
    kith_peer_id peer;
    ear e;

    (void)state;
    open_by_list(&e, EAR_EXTENDED, 1000);
    peer = ear_bond(&e, 8, 0);
    e.keep = KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
    assert_int_equal(kith_allow_list_set(e.d.h, &peer, 1, KITH_LIST_PAUSE), KITH_OK);
    ear_run(&e);
    assert_true(e.kept);
    ear_pass(&e, 1000000);
    assert_int_equal(e.told[KITH_EVENT_CONNECT_FAILED], 0);
    ear_answer_kept(&e);
    e.keep = 0;
    expect_failed(&e, KITH_HCI_UNKNOWN_CONNECTION, true);
    ear_close(&e);
}

/* ---- a storm ---- */

typedef struct {
    uint32_t x;
    unsigned begun, ended, links, lists;
} storm;

static uint32_t draw(storm *s, uint32_t below)
{
    s->x ^= s->x << 13;
    s->x ^= s->x >> 17;
    s->x ^= s->x << 5;
    return s->x % below;
}

static void settle(ear *e, storm *s)
{
    ear_take_events(e);
    s->ended += e->told[KITH_EVENT_CONNECT_FAILED] + e->told[KITH_EVENT_CONNECTED];
    s->links += e->told[KITH_EVENT_CONNECTED];
    ear_forget(e);
    assert_true(s->ended <= s->begun && s->begun - s->ended <= 1);
}

static void end_link(ear *e, unsigned number)
{
    uint8_t p[4] = {0, 0, 0, 0x13};

    bytes_put16(p + 1, (uint16_t)(DESK_HANDLE + number));
    ear_event(e, KITH_HCI_EV_DISCONNECTION_COMPLETE, p, sizeof p);
}

static void begin_one(ear *e, storm *s)
{
    kith_initiating i = to((uint8_t)draw(s, 3));

    i.listed = draw(s, 2) == 0;
    i.limit_ms = draw(s, 2) == 0 ? 500 : 0;
    s->begun += kith_gap_initiate(e->d.h, &i) == KITH_OK;
}

static void one_step(ear *e, storm *s, const kith_peer_id peers[2])
{
    static const uint16_t refused[] = {0, 0, KITH_HCI_LE_EXT_CREATE_CONNECTION, KITH_HCI_LE_ADD_TO_FILTER_LIST};
    const kith_address a = ear_address((uint8_t)draw(s, 3));

    switch (draw(s, 10)) {
    case 0:
    case 1:
        begin_one(e, s);
        break;
    case 2:
        if (kith_gap_cancel_connect(e->d.h) == KITH_OK)
            settle(e, s);
        break;
    case 3:
        e->d.now_us += draw(s, 400000);
        assert_int_equal(kith_host_advance(e->d.h, e->d.now_us), KITH_OK);
        ear_take_events(e);
        break;
    case 4:
        if (e->initiating && link_by_handle(e->d.h, DESK_HANDLE) == NULL)
            ear_connection(e, 0, 0, &a);
        break;
    case 5:
        end_link(e, 0);
        break;
    case 6:
        if (kith_allow_list_set(e->d.h, peers, (uint16_t)(1 + draw(s, 2)), KITH_LIST_PAUSE) == KITH_OK)
            s->lists++;
        break;
    case 7:
        e->refuse = refused[draw(s, 4)];
        e->refuse_with = KITH_HCI_COMMAND_DISALLOWED;
        break;
    default:
        (void)ear_step(e);
        break;
    }
    settle(e, s);
}

static void whatever_happens_each_attempt_has_one_end(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        storm s = {.x = seed * 2246822519u};
        kith_peer_id peers[2];
        ear e;

        print_message("seed %u\n", seed);
        ear_open(&e, EAR_EXTENDED, 0);
        peers[0] = ear_bond(&e, 7, 0);
        peers[1] = ear_bond(&e, 8, 0);
        for (unsigned i = 0; i < 500; i++)
            one_step(&e, &s, peers);
        e.refuse = 0;
        ear_run(&e);
        settle(&e, &s);
        if (kith_gap_cancel_connect(e.d.h) == KITH_OK)
            ear_run(&e);
        settle(&e, &s);
        ear_pass(&e, 5000000);
        settle(&e, &s);
        ear_pass(&e, 5000000);
        settle(&e, &s);
        assert_int_equal(s.begun, s.ended);
        assert_true(s.begun > 5 && s.links > 0 && s.lists > 0);
        assert_int_equal(e.disallowed, 0);
        ear_close(&e);
    }
}

/* ---- a queue that is full ---- */

static void a_full_queue_loses_no_end(void **state)
{
    (void)state;
    for (unsigned filled = 0; filled < 40; filled++) {
        kith_initiating i = to(1);
        kith_event event;
        unsigned failed = 0;
        ear e;

        i.limit_ms = 1000;
        ear_open(&e, EAR_EXTENDED, 0);
        initiate(&e, &i);
        e.is_deaf = true;
        for (unsigned n = 0; n < filled && events_have_room(e.d.h); n++)
            event_post(e.d.h, KITH_EVENT_RSSI, NULL);
        e.d.now_us = 1000000;
        while (kith_host_advance(e.d.h, e.d.now_us) == KITH_ERR_FULL)
            assert_true(kith_host_next_event(e.d.h, &event));
        for (unsigned turn = 0; turn < 100; turn++) {
            uint8_t packet[260], answer[22] = {KITH_H4_EVENT, KITH_HCI_EV_COMMAND_COMPLETE, 4, 1};

            if (kith_host_next_packet(e.d.h, packet, sizeof packet) == 0)
                break;
            memcpy(answer + 4, packet + 1, 2);
            while (kith_host_receive(e.d.h, answer, 7, e.d.now_us) == KITH_ERR_FULL)
                assert_true(kith_host_next_event(e.d.h, &event));
            memset(answer, 0, sizeof answer);
            memcpy(answer, ((const uint8_t[]){KITH_H4_EVENT, KITH_HCI_EV_LE_META, 19, 1, 2}), 5);
            while (kith_host_receive(e.d.h, answer, 22, e.d.now_us) == KITH_ERR_FULL)
                assert_true(kith_host_next_event(e.d.h, &event));
        }
        while (kith_host_next_event(e.d.h, &event))
            failed += event.kind == KITH_EVENT_CONNECT_FAILED && event.connect_failed.timed_out;
        assert_int_equal(failed, 1);
        assert_int_equal(kith_host_dropped(e.d.h), 0);
        ear_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_controller_gets_the_old_command),
        cmocka_unit_test(a_newer_one_gets_parameters_for_each_phy),
        cmocka_unit_test(by_list_no_address_is_said),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(the_controller_may_refuse),
        cmocka_unit_test(it_ends_when_its_time_is_over),
        cmocka_unit_test(a_link_in_time_has_no_limit),
        cmocka_unit_test(a_link_that_is_made_in_that_moment_is_a_link),
        cmocka_unit_test(a_cancel_that_is_refused_is_sent_once_more_and_believed),
        cmocka_unit_test(the_limit_may_be_over_before_anything_was_sent),
        cmocka_unit_test(the_limit_may_be_over_before_the_answer),
        cmocka_unit_test(the_program_may_cancel_before_that),
        cmocka_unit_test(the_controller_may_be_lost),
        cmocka_unit_test(a_changed_list_pauses_who_connects_by_it),
        cmocka_unit_test(a_changed_list_leaves_others_alone),
        cmocka_unit_test(a_list_that_cannot_be_right_connects_to_nobody),
        cmocka_unit_test(a_limit_may_be_over_in_a_pause),
        cmocka_unit_test(a_limit_may_be_over_while_a_pause_begins),
        cmocka_unit_test(whatever_happens_each_attempt_has_one_end),
        cmocka_unit_test(a_full_queue_loses_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
