/* Scanning: its commands, old and extended, its limit, and what reports become of what is heard. */
#include "test_host_scan_support.h"

static const uint8_t long_octets[1700] = {0};

static kith_scan default_scan(void)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    return scan;
}

/* ---- commands ---- */

static void an_old_controller_gets_the_old_commands(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 0);
    ear_listen(&e, NULL);
    assert_false(e.is_extended);
    assert_memory_equal(e.last_scan, ((const uint8_t[]){1, 96, 0, 96, 0, 0, 0}), 7);
    assert_memory_equal(e.last_enable, ((const uint8_t[]){1, 1}), 2);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_OK);
    ear_run(&e);
    assert_int_equal(e.told[KITH_EVENT_SCANNING], 1);
    assert_false(e.last[KITH_EVENT_SCANNING].activity.on);
    assert_int_equal(e.last[KITH_EVENT_SCANNING].activity.why, KITH_ENDED_ASKED);
    assert_false(e.scanning);
    ear_close(&e);
}

static void a_newer_one_gets_the_extended_ones(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 0);
    ear_listen(&e, NULL);
    assert_true(e.is_extended && e.scanning);
    assert_memory_equal(e.last_scan, ((const uint8_t[]){0, 0, KITH_PHYS_1M, 1, 96, 0, 96, 0}), 8);
    assert_memory_equal(e.last_enable, ((const uint8_t[]){1, 1, 0, 0, 0, 0}), 6);
    ear_close(&e);
}

static void each_phy_has_its_own_parameters(void **state)
{
    kith_scan scan = default_scan();
    ear e;

    (void)state;
    scan.phys = KITH_PHYS_1M | KITH_PHYS_CODED;
    scan.active = false;
    scan.interval_625us = 0x0123;
    scan.window_625us = 0x0045;
    ear_open(&e, EAR_EXTENDED | EAR_CODED, 0);
    ear_listen(&e, &scan);
    assert_memory_equal(e.last_scan, ((const uint8_t[]){0, 0, 5, 0, 0x23, 0x01, 0x45, 0, 0, 0x23, 0x01, 0x45, 0}), 13);
    ear_close(&e);
}

static void the_old_commands_can_be_asked_for(void **state)
{
    ear e;

    (void)state;
    ear_make(&e, EAR_EXTENDED, 0, 16);
    e.d.h->config.legacy_commands = true;
    ear_start(&e);
    ear_listen(&e, NULL);
    assert_false(e.is_extended);
    ear_close(&e);
    ear_make(&e, EAR_EXTENDED, 0, 16); /* it says the feature, and has not all of its commands */
    e.lacks_commands = true;
    ear_start(&e);
    ear_listen(&e, NULL);
    assert_false(e.is_extended);
    ear_close(&e);
}

static void numbers_out_of_range_are_refused(void **state)
{
    kith_scan bad[6];
    ear e;

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        bad[i] = default_scan();
    bad[0].interval_625us = 3;
    bad[1].interval_625us = 0x4001;
    bad[2].window_625us = 3;
    bad[3].window_625us = (uint16_t)(bad[3].interval_625us + 1);
    bad[4].phys = KITH_PHYS_2M;
    bad[5].phys = 0x08;
    ear_open(&e, EAR_EXTENDED | EAR_CODED, 0);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(kith_gap_start_scan(e.d.h, &bad[i]), KITH_ERR_VALUE);
    assert_false(ear_step(&e));
    ear_close(&e);
}

static void what_the_controller_cannot_is_refused(void **state)
{
    kith_scan scan = default_scan();
    ear e;

    (void)state;
    scan.phys = KITH_PHYS_CODED;
    ear_open(&e, EAR_EXTENDED, 0);
    assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_ERR_UNSUPPORTED);
    ear_close(&e);
    ear_open(&e, EAR_CODED, 0); /* without the extended commands nobody can ask for it */
    assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_ERR_UNSUPPORTED);
    scan.phys = 0;
    scan.filter = true;
    assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_ERR_NOT_FOUND);
    ear_close(&e);
}

static void only_one_scan_at_a_time(void **state)
{
    kith_scan scan = default_scan();
    const kith_address peer = ear_address(1);
    ear e;

    (void)state;
    ear_make(&e, EAR_EXTENDED, 0, 16);
    assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_ERR_STATE);
    ear_start(&e);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_ERR_STATE);
    assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_OK);
    assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_ERR_STATE);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_ERR_BUSY);
    ear_run(&e);
    assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_ERR_STATE);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_OK);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_ERR_BUSY);
    ear_run(&e);
    assert_int_equal(kith_gap_connect(e.d.h, &peer, NULL), KITH_OK);
    assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_ERR_STATE);
    ear_close(&e);
}

static void a_refused_command_is_told(void **state)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS, KITH_HCI_LE_SET_EXT_SCAN_ENABLE};
    kith_scan scan = default_scan();

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        ear e;

        ear_open(&e, EAR_EXTENDED, 0);
        e.refuse = opcodes[i];
        e.refuse_with = KITH_HCI_INVALID_PARAMETERS;
        assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_OK);
        ear_run(&e);
        assert_int_equal(e.told[KITH_EVENT_SCANNING], 1);
        assert_false(e.last[KITH_EVENT_SCANNING].activity.on);
        assert_int_equal(e.last[KITH_EVENT_SCANNING].activity.hci_status, KITH_HCI_INVALID_PARAMETERS);
        e.refuse = 0;
        ear_listen(&e, NULL); /* and it can be tried again */
        ear_close(&e);
    }
}

/* ---- its limit ---- */

static void a_scan_is_off_when_its_time_is_over(void **state)
{
    kith_scan scan = default_scan();
    ear e;

    (void)state;
    scan.limit_ms = 5000;
    ear_open(&e, EAR_EXTENDED, 0);
    ear_listen(&e, &scan);
    ear_pass(&e, 4999999);
    assert_int_equal(e.told[KITH_EVENT_SCANNING], 0);
    assert_int_equal(kith_host_deadline(e.d.h), 5000000);
    ear_pass(&e, 1);
    assert_int_equal(e.told[KITH_EVENT_SCANNING], 1);
    assert_int_equal(e.last[KITH_EVENT_SCANNING].activity.why, KITH_ENDED_TIME);
    assert_int_equal(e.last[KITH_EVENT_SCANNING].activity.hci_status, KITH_HCI_SUCCESS);
    assert_false(e.scanning);
    assert_int_equal(kith_host_deadline(e.d.h), UINT64_MAX);
    ear_close(&e);
}

/* Whatever command is on its way when the time is over: the controller is switched off behind it. */
static void a_limit_may_be_over_before_the_scan_is_on(void **state)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS, KITH_HCI_LE_SET_EXT_SCAN_ENABLE};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        kith_scan scan = default_scan();
        ear e;

        scan.limit_ms = 100;
        ear_open(&e, EAR_EXTENDED, 0);
        e.keep = opcodes[i];
        assert_int_equal(kith_gap_start_scan(e.d.h, &scan), KITH_OK);
        ear_run(&e);
        ear_pass(&e, 100000);
        assert_int_equal(e.told[KITH_EVENT_SCANNING], 0);
        ear_answer_kept(&e);
        e.keep = 0;
        ear_run(&e);
        assert_int_equal(e.told[KITH_EVENT_SCANNING], 1);
        assert_int_equal(e.last[KITH_EVENT_SCANNING].activity.why, KITH_ENDED_TIME);
        assert_false(e.scanning);
        ear_close(&e);
    }
}

static void a_controller_that_stops_by_itself_is_believed(void **state)
{
    static const uint8_t timeout = KITH_HCI_LE_EV_SCAN_TIMEOUT;
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 0);
    ear_event(&e, KITH_HCI_EV_LE_META, &timeout, 1);
    assert_int_equal(e.told[KITH_EVENT_SCANNING], 0);
    ear_listen(&e, NULL);
    ear_event(&e, KITH_HCI_EV_LE_META, &timeout, 1);
    ear_event(&e, KITH_HCI_EV_LE_META, &timeout, 1);
    ear_run(&e);
    assert_int_equal(e.told[KITH_EVENT_SCANNING], 1);
    assert_int_equal(e.last[KITH_EVENT_SCANNING].activity.why, KITH_ENDED_TIME);
    ear_close(&e);
}

/* ---- old reports ---- */

static void an_old_report_says_what_it_is(void **state)
{
    const kith_address a = ear_address(7);
    ear e;

    (void)state;
    ear_open(&e, 0, 0);
    ear_legacy(&e, 0, &a, NULL, 0, -50); /* it is not on */
    assert_int_equal(e.told[KITH_EVENT_REPORT], 0);
    ear_listen(&e, NULL);
    ear_legacy(&e, 0, &a, (const uint8_t *)"\x02\x01\x06", 3, -50);
    assert_int_equal(e.report_count, 1);
    assert_true(kith_address_equal(&e.reports[0].address, &a));
    assert_true(e.reports[0].connectable && e.reports[0].scannable && !e.reports[0].directed);
    assert_true(!e.reports[0].scan_response && !e.reports[0].extended && !e.reports[0].is_cut);
    assert_true(e.reports[0].sid == 0xff && e.reports[0].tx_power == 127 && e.reports[0].rssi == -50);
    assert_true(e.reports[0].len == 3 && memcmp(e.data[0], "\x02\x01\x06", 3) == 0);
    ear_legacy(&e, 4, &a, NULL, 0, 127);
    assert_true(e.report_count == 2 && e.reports[1].scan_response && e.reports[1].rssi == 127);
    ear_legacy(&e, 5, &a, NULL, 0, 0);
    assert_int_equal(e.report_count, 2);
    ear_close(&e);
}

static void broken_lengths_are_not_looked_at(void **state)
{
    uint8_t p[60] = {KITH_HCI_LE_EV_ADVERTISING_REPORT, 2, 0, 0, 1, 2, 3, 4, 5, 6, 3, 'a', 'b', 'c', 0};
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 0);
    ear_listen(&e, NULL);
    ear_event(&e, KITH_HCI_EV_LE_META, p, 15); /* the second is not there */
    assert_int_equal(e.report_count, 1);
    for (size_t len = 1; len < 15; len++)
        ear_event(&e, KITH_HCI_EV_LE_META, p, len);
    p[10] = 32;
    ear_event(&e, KITH_HCI_EV_LE_META, p, 60);
    assert_int_equal(e.report_count, 1);
    memset(p, 0, sizeof p);
    p[0] = KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT;
    p[1] = 1;
    p[25] = 10;
    for (size_t len = 1; len < 2 + 24 + 10; len++)
        ear_event(&e, KITH_HCI_EV_LE_META, p, len);
    assert_int_equal(e.report_count, 1);
    p[0] = KITH_HCI_LE_EV_DIRECTED_ADVERTISING_REPORT;
    for (size_t len = 1; len < 18; len++)
        ear_event(&e, KITH_HCI_EV_LE_META, p, len);
    assert_int_equal(e.report_count, 1);
    ear_close(&e);
}

/* ---- extended reports ---- */

static void an_extended_report_says_what_it_is(void **state)
{
    const kith_address a = ear_address(7);
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 0);
    ear_listen(&e, NULL);
    ear_extended(&e, 0x01, &a, 9, (const uint8_t *)"\x02\x01\x06", 3);
    assert_int_equal(e.report_count, 1);
    assert_true(e.reports[0].extended && e.reports[0].connectable && !e.reports[0].scannable && e.reports[0].sid == 9);
    assert_true(e.reports[0].primary_phy == KITH_PHY_1M && e.reports[0].secondary_phy == KITH_PHY_2M);
    assert_true(e.reports[0].rssi == -40 && e.reports[0].tx_power == 127 && !e.reports[0].is_cut);
    ear_extended(&e, 0x13, &a, 0xff, NULL, 0); /* ADV_IND in an extended event */
    assert_true(!e.reports[1].extended && e.reports[1].connectable && e.reports[1].scannable &&
                e.reports[1].sid == 0xff);
    ear_extended(&e, 0x1b, &a, 0xff, (const uint8_t *)"\x01\x09", 2);
    assert_true(!e.reports[2].extended && e.reports[2].scan_response && e.reports[2].len == 2);
    ear_extended(&e, EAR_CUT, &a, 9, NULL, 0);
    assert_true(e.reports[3].is_cut);
    assert_int_equal(e.report_count, 4);
    ear_close(&e);
}

static void several_may_come_in_one_event(void **state)
{
    uint8_t p[255] = {KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT, 3};
    const kith_address a = ear_address(1), b = ear_address(2), c = ear_address(3);
    size_t len = 2;
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 255);
    ear_listen(&e, NULL);
    len += ear_put(p + len, 0, &a, 1, long_octets, 40);
    len += ear_put(p + len, 0x10, &b, 0xff, long_octets, 5);
    len += ear_put(p + len, 0, &c, 1, long_octets, 60);
    ear_event(&e, KITH_HCI_EV_LE_META, p, len);
    assert_int_equal(e.report_count, 3);
    assert_true(e.reports[0].len == 40 && e.reports[1].len == 5 && e.reports[2].len == 60);
    ear_close(&e);
}

static void who_says_no_address_has_none(void **state)
{
    kith_address a = ear_address(1);
    static const kith_address none;
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 0);
    ear_listen(&e, NULL);
    a.type = 0xff;
    ear_extended(&e, 0, &a, 3, NULL, 0);
    assert_int_equal(e.report_count, 1);
    assert_memory_equal(e.reports[0].address.octets, none.octets, 6);
    assert_int_equal(e.reports[0].claimed, 0);
    a.type = 0x17; /* no type there is */
    ear_extended(&e, 0, &a, 3, NULL, 0);
    assert_int_equal(e.report_count, 1);
    ear_close(&e);
}

/* ---- parts ---- */

/* Three parts of 200 octets each, which are 1, 2 and 3. */
static void hear_parts(ear *e, const kith_address *a, uint8_t status)
{
    uint8_t part[200];

    for (uint8_t i = 1; i <= 3; i++) {
        memset(part, i, sizeof part);
        ear_extended(e, i == 3 ? status : EAR_MORE, a, 1, part, sizeof part);
    }
}

static void parts_are_put_together(void **state)
{
    const kith_address a = ear_address(7);
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 1650);
    ear_listen(&e, NULL);
    hear_parts(&e, &a, 0);
    assert_int_equal(e.report_count, 1);
    assert_true(e.reports[0].len == 600 && !e.reports[0].is_cut);
    assert_true(e.data[0][199] == 1 && e.data[0][200] == 2 && e.data[0][399] == 2 && e.data[0][400] == 3);
    hear_parts(&e, &a, EAR_CUT);
    assert_true(e.report_count == 2 && e.reports[1].len == 600 && e.reports[1].is_cut);
    ear_close(&e);
}

static void what_there_is_no_room_for_is_cut(void **state)
{
    static const uint16_t rooms[] = {0, 31, 32, 255, 599, 600};
    const kith_address a = ear_address(7);

    (void)state;
    for (unsigned i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        size_t most = rooms[i] < 31 ? 31 : rooms[i];
        ear e;

        ear_open(&e, EAR_EXTENDED, rooms[i]);
        ear_listen(&e, NULL);
        hear_parts(&e, &a, 0);
        assert_int_equal(e.report_count, 1);
        assert_int_equal(e.reports[0].len, most);
        assert_int_equal(e.reports[0].is_cut, most < 600);
        assert_int_equal(e.data[0][most - 1], 1 + (most - 1) / 200);
        ear_extended(&e, 0, &a, 1, long_octets, 220); /* whole */
        assert_int_equal(e.reports[1].len, most < 220 ? most : 220);
        assert_int_equal(e.reports[1].is_cut, most < 220);
        ear_close(&e);
    }
}

static void whole_reports_come_between_parts(void **state)
{
    const kith_address a = ear_address(7), b = ear_address(8);
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 1650);
    ear_listen(&e, NULL);
    ear_extended(&e, EAR_MORE, &a, 1, long_octets, 100);
    ear_extended(&e, 0, &b, 1, (const uint8_t *)"b", 1);
    ear_extended(&e, 0x10, &a, 0xff, (const uint8_t *)"l", 1);
    ear_extended(&e, 0, &a, 1, long_octets, 50);
    assert_int_equal(e.report_count, 3);
    assert_true(e.reports[0].len == 1 && e.reports[1].len == 1);
    assert_true(e.reports[2].len == 150 && !e.reports[2].is_cut && kith_address_equal(&e.reports[2].address, &a));
    ear_close(&e);
}

static void mixed_parts_are_never_taken_for_one(void **state)
{
    const kith_address a = ear_address(7), b = ear_address(8);
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 1650);
    ear_listen(&e, NULL);
    ear_extended(&e, EAR_MORE, &a, 1, long_octets, 100);
    ear_extended(&e, EAR_MORE, &b, 1, long_octets, 60);
    ear_extended(&e, EAR_MORE, &a, 1, long_octets, 100);
    ear_extended(&e, 0, &b, 1, long_octets, 60);
    ear_extended(&e, 0, &a, 1, long_octets, 9); /* the end of what was given up looks like a short one */
    assert_int_equal(e.report_count, 2);
    assert_true(kith_address_equal(&e.reports[0].address, &a) && e.reports[0].is_cut && e.reports[0].len == 100);
    assert_true(kith_address_equal(&e.reports[1].address, &b) && !e.reports[1].is_cut && e.reports[1].len == 120);
    assert_int_equal(kith_host_dropped(e.d.h), 2);
    ear_extended(&e, 0, &a, 1, long_octets, 9);
    assert_true(e.report_count == 3 && e.reports[2].len == 9);
    ear_close(&e);
}

static void parts_do_not_outlive_their_scan(void **state)
{
    const kith_address a = ear_address(7);
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 1650);
    ear_listen(&e, NULL);
    ear_extended(&e, EAR_MORE, &a, 1, long_octets, 100);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_OK);
    ear_run(&e);
    ear_listen(&e, NULL);
    ear_extended(&e, 0, &a, 1, long_octets, 50);
    assert_true(e.report_count == 1 && e.reports[0].len == 50);
    ear_close(&e);
}

/* ---- who it is ---- */

static void reports_say_which_bond_is_claimed(void **state)
{
    static const uint32_t places[] = {16, 40}; /* without an index, and with one */

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        kith_peer_id first, second;
        kith_address a = ear_address(1);
        ear e;

        ear_make(&e, EAR_EXTENDED, 0, places[i]);
        ear_start(&e);
        first = ear_bond(&e, 1, 0);
        second = ear_bond(&e, 2, 0x55);
        ear_listen(&e, NULL);
        ear_extended(&e, 0, &a, 1, NULL, 0);
        assert_int_equal(e.reports[0].claimed, first);
        a = ear_private_of(&e, 0x55, 9);
        ear_extended(&e, 0, &a, 1, NULL, 0);
        assert_int_equal(e.reports[1].claimed, second);
        assert_true(kith_address_equal(&e.reports[1].address, &a));
        a = ear_private_of(&e, 0x56, 9);
        ear_extended(&e, 0, &a, 1, NULL, 0);
        assert_int_equal(e.reports[2].claimed, 0);
        a = ear_address(2);
        a.type = 3; /* the controller has resolved it */
        ear_extended(&e, 0, &a, 1, NULL, 0);
        assert_true(e.reports[3].claimed == second && e.reports[3].address.type == KITH_ADDRESS_RANDOM);
        ear_close(&e);
    }
}

/* ---- directed to a private address of ours ---- */

static void private_host(ear *e, uint64_t features)
{
    ear_make(e, features, 0, 16);
    e->d.h->config.privacy.mode = KITH_PRIVACY_RESOLVABLE;
    ear_start(e);
    ear_listen(e, NULL);
}

static void hear_directed(ear *e, const kith_address *from, uint8_t target_type, const kith_address *target)
{
    uint8_t p[18] = {KITH_HCI_LE_EV_DIRECTED_ADVERTISING_REPORT, 1, 1, from->type};

    memcpy(p + 4, from->octets, 6);
    p[10] = target_type;
    memcpy(p + 11, target->octets, 6);
    p[17] = (uint8_t)-60;
    ear_event(e, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void hear_extended_directed(ear *e, const kith_address *from, uint8_t target_type, const kith_address *target)
{
    uint8_t p[2 + 24] = {KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT, 1};

    ear_put(p + 2, 0x15, from, 0xff, NULL, 0);
    p[2 + 16] = target_type;
    memcpy(p + 2 + 17, target->octets, 6);
    ear_event(e, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void advertising_to_a_private_address_of_ours_is_heard(void **state)
{
    const kith_address from = ear_address(1);
    kith_address ours, other;
    ear e;

    (void)state;
    private_host(&e, EAR_POLICIES);
    assert_int_equal(e.policy, 2);
    ours = ear_private(&e, e.d.h->identities[0].irk, 77);
    other = ear_private_of(&e, 0x12, 77);
    hear_directed(&e, &from, 0x01, &other);
    hear_directed(&e, &from, 0xfe, &other);
    assert_int_equal(e.report_count, 0);
    hear_directed(&e, &from, 0x01, &ours);
    hear_directed(&e, &from, 0xfe, &ours);
    assert_int_equal(e.report_count, 2);
    assert_true(e.reports[0].directed && e.reports[0].connectable && e.reports[0].rssi == -60);
    ear_close(&e);
    private_host(&e, EAR_EXTENDED | EAR_POLICIES);
    assert_int_equal(e.policy, 2);
    ours = ear_private(&e, e.d.h->identities[0].irk, 77);
    hear_extended_directed(&e, &from, 0xfe, &other);
    assert_int_equal(e.report_count, 0);
    hear_extended_directed(&e, &from, 0xfe, &ours);
    hear_extended_directed(&e, &from, 0x01, &other); /* the controller has judged this one */
    assert_int_equal(e.report_count, 2);
    assert_true(e.reports[0].directed);
    ear_close(&e);
}

static void without_privacy_nobody_else_is_heard(void **state)
{
    const kith_address from = ear_address(1);
    kith_address ours;
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED | EAR_POLICIES, 0);
    ear_listen(&e, NULL);
    assert_int_equal(e.policy, 0);
    ours = ear_private(&e, e.d.h->identities[0].irk, 77);
    hear_extended_directed(&e, &from, 0xfe, &ours);
    assert_int_equal(e.report_count, 0);
    ear_close(&e);
    private_host(&e, EAR_EXTENDED); /* a controller that has no such policy */
    assert_int_equal(e.policy, 0);
    ear_close(&e);
}

/* ---- a queue that is short ---- */

static void reports_yield_and_are_counted(void **state)
{
    const kith_address a = ear_address(7);
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 255);
    ear_listen(&e, NULL);
    e.is_deaf = true;
    for (unsigned i = 0; i < 100; i++)
        ear_extended(&e, 0, &a, 1, long_octets, i % 2 == 0 ? 200 : 10);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_OK);
    ear_run(&e);
    e.is_deaf = false;
    ear_take_events(&e);
    assert_true(e.report_count > 0);
    assert_int_equal(e.report_count + kith_host_dropped(e.d.h), 100);
    assert_int_equal(e.told[KITH_EVENT_SCANNING], 1);
    ear_close(&e);
}

/* ---- pauses ---- */

/* The private address changes: the scan goes on, and only its own limit is told. */
static void a_limit_runs_through_pauses(void **state)
{
    kith_scan scan = default_scan();
    ear e;

    (void)state;
    ear_make(&e, EAR_EXTENDED, 0, 16);
    e.d.h->config.privacy = (kith_privacy){.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = 10};
    ear_start(&e);
    scan.limit_ms = 25000;
    ear_listen(&e, &scan);
    ear_pass(&e, 11000000);
    ear_pass(&e, 11000000);
    assert_int_equal(ear_count(&e, KITH_HCI_LE_SET_RANDOM_ADDRESS), 2);
    assert_int_equal(ear_count(&e, KITH_HCI_LE_SET_EXT_SCAN_ENABLE), 4);
    assert_true(e.scanning && e.disallowed == 0 && e.told[KITH_EVENT_SCANNING] == 0);
    ear_pass(&e, 3000000);
    assert_int_equal(e.told[KITH_EVENT_SCANNING], 1);
    assert_int_equal(e.last[KITH_EVENT_SCANNING].activity.why, KITH_ENDED_TIME);
    assert_false(e.scanning);
    ear_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_controller_gets_the_old_commands),
        cmocka_unit_test(a_newer_one_gets_the_extended_ones),
        cmocka_unit_test(each_phy_has_its_own_parameters),
        cmocka_unit_test(the_old_commands_can_be_asked_for),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(what_the_controller_cannot_is_refused),
        cmocka_unit_test(only_one_scan_at_a_time),
        cmocka_unit_test(a_refused_command_is_told),
        cmocka_unit_test(a_scan_is_off_when_its_time_is_over),
        cmocka_unit_test(a_limit_may_be_over_before_the_scan_is_on),
        cmocka_unit_test(a_controller_that_stops_by_itself_is_believed),
        cmocka_unit_test(an_old_report_says_what_it_is),
        cmocka_unit_test(broken_lengths_are_not_looked_at),
        cmocka_unit_test(an_extended_report_says_what_it_is),
        cmocka_unit_test(several_may_come_in_one_event),
        cmocka_unit_test(who_says_no_address_has_none),
        cmocka_unit_test(parts_are_put_together),
        cmocka_unit_test(what_there_is_no_room_for_is_cut),
        cmocka_unit_test(whole_reports_come_between_parts),
        cmocka_unit_test(mixed_parts_are_never_taken_for_one),
        cmocka_unit_test(parts_do_not_outlive_their_scan),
        cmocka_unit_test(reports_say_which_bond_is_claimed),
        cmocka_unit_test(advertising_to_a_private_address_of_ours_is_heard),
        cmocka_unit_test(without_privacy_nobody_else_is_heard),
        cmocka_unit_test(reports_yield_and_are_counted),
        cmocka_unit_test(a_limit_runs_through_pauses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
