/* Extended scanning as a host meets it: reports, duplicates, durations and periods, filters. */
#include "test_sim_extended_support.h"

typedef struct {
    unsigned scan_requests;
} ear;

static void listen(void *context, const kith_sim_frame *frame)
{
    ear *e = context;

    e->scan_requests += frame->connection == 0 && (frame->pdu[0] & 0x0f) == 3;
}

static void legacy_pdus_have_their_own_event_types(void **state)
{
    static const struct {
        uint8_t properties;
        uint8_t reported;
        uint8_t response;
    } kinds[] = {{LEGACY_ADV_IND, 0x13, 0x1b},
                 {LEGACY_DIRECT_LOW, 0x15, 0},
                 {LEGACY_SCAN_IND, 0x12, 0x1a},
                 {LEGACY_NONCONN_IND, 0x10, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        room *r = extended_room(2, 60 + i);
        set_parameters s = parameters_of(0, kinds[i].properties);
        extended_report report;
        bool directed = kinds[i].properties == LEGACY_DIRECT_LOW;

        memcpy(s.p + 12, ROOM_ADDRESS[1], 6);
        must(give_parameters(r, 0, &s));
        if (!directed)
            must(give_data(r, 0, 0, "data", 4));
        must(start_set(r, 0, 0));
        scan_extended(r, 1, 1, true, 0);
        report = await_report(r, 1, 200000);
        assert_int_equal(report.event_type, kinds[i].reported);
        assert_int_equal(report.address_type, 0);
        assert_memory_equal(report.address, ROOM_ADDRESS[0], 6);
        assert_int_equal(report.primary_phy, PHY_1M);
        assert_int_equal(report.secondary_phy, 0);
        assert_int_equal(report.sid, 0xff);
        assert_int_equal(report.tx_power, 127);
        assert_int_equal(report.rssi, -50);
        assert_int_equal(report.periodic_interval, 0);
        assert_int_equal(report.len, directed ? 0 : 4);
        if (directed)
            assert_memory_equal(report.direct, ROOM_ADDRESS[1], 6);
        room_run(r, 200000);
        assert_null(seek_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT));
        if (kinds[i].response != 0)
            assert_true(count_extended(r, 1, kinds[i].response) > 0);
        else
            assert_int_equal(count_extended(r, 1, kinds[i].reported | SCAN_RESPONSE), 0);
        room_free(r);
    }
}

static void a_legacy_advertiser_is_heard_by_extended_scanning(void **state)
{
    room *r = extended_room(2, 64);

    (void)state;
    advertise(r, 0);
    scan_extended(r, 1, 1, false, 0);
    assert_int_equal(await_report(r, 1, 200000).event_type, LEGACY_ADV_IND);
    must(extended_scanning(r, 1, false, 0, 0, 0));
    must(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
    room_free(r);
}

static void legacy_scanning_hears_no_extended_pdus(void **state)
{
    room *r = extended_room(2, 65);

    (void)state;
    must(make_set(r, 0, 0, CONNECTABLE));
    must(start_set(r, 0, 0));
    set_scanning(r, 1, true, 0, 0);
    must(enable_scanning(r, 1, true, false));
    must(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    room_run(r, 1000000);
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT));
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT));
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
    room_free(r);
}

static void phys_are_told_and_kept_apart(void **state)
{
    room *r = extended_room(3, 66);
    set_parameters s = parameters_of(5, WITH_TX_POWER);
    extended_report report;

    (void)state;
    s.p[20] = PHY_CODED;
    s.p[22] = PHY_2M;
    must(give_parameters(r, 0, &s));
    must(start_set(r, 0, 5));
    scan_extended(r, 1, 4, false, 0);
    scan_extended(r, 2, 1, false, 0);
    report = await_report(r, 1, 200000);
    assert_int_equal(report.primary_phy, PHY_CODED);
    assert_int_equal(report.secondary_phy, PHY_2M);
    assert_int_equal(report.sid, 5);
    assert_int_equal(report.tx_power, 0);
    room_run(r, 500000);
    assert_int_equal(count_extended(r, 2, -1), 0);
    must(extended_scanning(r, 2, false, 0, 0, 0));
    scan_extended(r, 2, 5, false, 0);
    (void)await_report(r, 2, 200000);
    room_free(r);
}

static void an_auxiliary_phy_that_is_not_there_is_not_followed(void **state)
{
    room *r = extended_room(2, 78);
    set_parameters s = parameters_of(5, 0);
    kith_sim_limits limits;

    (void)state;
    kith_sim_default_limits(&limits);
    limits.le_features |= UINT64_C(1) << 12;
    assert_int_equal(kith_sim_set_limits(r->sim, 1, &limits), KITH_OK);
    s.p[22] = PHY_2M;
    must(give_parameters(r, 0, &s));
    must(start_set(r, 0, 5));
    scan_extended(r, 1, 1, false, 0);
    room_run(r, 500000);
    assert_int_equal(count_extended(r, 1, -1), 0);
    room_free(r);
}

static void an_active_scanner_gets_a_long_response(void **state)
{
    static uint8_t data[600];
    uint8_t got[600];
    size_t len = 0;
    room *r = extended_room(3, 67);
    set_parameters s = parameters_of(1, SCANNABLE);
    extended_report report;
    const uint8_t *p;

    (void)state;
    fill_pattern(data, sizeof data);
    s.p[24] = 1;
    must(give_parameters(r, 0, &s));
    give_long(r, 0, KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA, 1, data, sizeof data);
    must(start_set(r, 0, 1));
    scan_extended(r, 2, 1, false, 0); /* passive */
    scan_extended(r, 1, 1, true, 1);
    report = await_report(r, 1, 200000);
    assert_int_equal(report.event_type, SCANNABLE);
    assert_int_equal(report.len, 0);
    do {
        report = await_report(r, 1, 100000);
        assert_int_equal(report.event_type & ~DATA_STATUS, SCANNABLE | SCAN_RESPONSE);
        assert_true(len + report.len <= sizeof got);
        memcpy(got + len, report.data, report.len);
        len += report.len;
    } while ((report.event_type & DATA_STATUS) == DATA_MORE);
    assert_int_equal(len, sizeof data);
    assert_memory_equal(got, data, len);
    p = await_le(r, 0, KITH_HCI_LE_EV_SCAN_REQUEST_RECEIVED, 1);
    assert_int_equal(p[0], 1);
    assert_int_equal(p[1], 0);
    assert_memory_equal(p + 2, ROOM_ADDRESS[1], 6);
    room_run(r, 300000);
    assert_int_equal(count_extended(r, 1, -1), 0); /* duplicates */
    while (seek_report(r, 2, &report))
        assert_int_equal(report.event_type, SCANNABLE);
    room_free(r);
}

static void scan_requests_are_told_only_if_wanted(void **state)
{
    room *r = extended_room(2, 68);
    ear e = {0};

    (void)state;
    must(make_set(r, 0, 0, LEGACY_SCAN_IND));
    must(start_set(r, 0, 0));
    assert_int_equal(kith_sim_listen(r->sim, listen, &e), KITH_OK);
    scan_extended(r, 1, 1, true, 0);
    room_run(r, 200000);
    assert_true(e.scan_requests > 0);
    assert_null(seek_le(r, 0, KITH_HCI_LE_EV_SCAN_REQUEST_RECEIVED));
    room_free(r);
}

static void a_duration_ends_scanning(void **state)
{
    room *r = extended_room(2, 69);

    (void)state;
    must(make_set(r, 0, 0, 0));
    must(start_set(r, 0, 0));
    must(set_extended_scanning(r, 1, 1, false, 0, 0));
    must(extended_scanning(r, 1, true, 0, 30, 0));
    room_run(r, 299000);
    assert_true(count_extended(r, 1, -1) > 5);
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_SCAN_TIMEOUT));
    assert_int_equal(await_le(r, 1, KITH_HCI_LE_EV_SCAN_TIMEOUT, 2000)[-2], 1);
    room_run(r, 300000);
    assert_int_equal(count_extended(r, 1, -1), 0);
    must(set_extended_scanning(r, 1, 1, true, 0, 0)); /* allowed again */
    room_free(r);
}

static void periods_scan_again_and_forget_duplicates(void **state)
{
    static const struct {
        uint8_t filter;
        unsigned reports;
    } kinds[] = {{1, 1}, {2, 3}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        room *r = extended_room(2, 70);
        uint64_t begun_us;
        extended_report report;
        unsigned reports = 0;

        must(make_set(r, 0, 0, 0));
        must(start_set(r, 0, 0));
        must(set_extended_scanning(r, 1, 1, false, 0, 0));
        begun_us = kith_sim_now(r->sim);
        must(extended_scanning(r, 1, true, kinds[i].filter, 30, 1)); /* 0.3 of every 1.28 s */
        room_run(r, 3 * 1280000 - 1000);
        while (seek_report(r, 1, &report)) {
            assert_true((r->log[1][r->read[1] - 1].time_us - begun_us) % 1280000 < 300000);
            reports++;
        }
        assert_int_equal(reports, kinds[i].reports);
        assert_null(seek_le(r, 1, KITH_HCI_LE_EV_SCAN_TIMEOUT));
        must(extended_scanning(r, 1, false, 0, 0, 0));
        room_free(r);
    }
}

static void wrong_times_and_parameters_are_refused(void **state)
{
    room *r = extended_room(1, 71);
    uint8_t p[8] = {0, 0, 1, 0, 0x10, 0, 0x11, 0};

    (void)state;
    assert_int_equal(extended_scanning(r, 0, true, 2, 0, 1), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(extended_scanning(r, 0, true, 2, 10, 0), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(extended_scanning(r, 0, true, 0, 128, 1), KITH_HCI_INVALID_PARAMETERS); /* no rest */
    assert_int_equal(extended_scanning(r, 0, true, 3, 10, 1), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(set_extended_scanning(r, 0, 2, false, 0, 0), KITH_HCI_UNSUPPORTED); /* not a primary PHY */
    assert_int_equal(set_extended_scanning(r, 0, 0, false, 0, 0), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(set_extended_scanning(r, 0, 1, false, 4, 0), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(set_extended_scanning(r, 0, 1, false, 0, 4), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(command(r, 0, KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS, p, 8),
                     KITH_HCI_INVALID_PARAMETERS); /* window */
    assert_int_equal(command(r, 0, KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS, p, 7), KITH_HCI_INVALID_PARAMETERS);
    must(set_extended_scanning(r, 0, 1, false, 1, 0));
    assert_int_equal(extended_scanning(r, 0, true, 0, 0, 0), KITH_HCI_INVALID_PARAMETERS); /* no random address */
    must(set_extended_scanning(r, 0, 1, false, 0, 0));
    must(extended_scanning(r, 0, true, 0, 0, 0));
    assert_int_equal(set_extended_scanning(r, 0, 1, false, 0, 0), KITH_HCI_COMMAND_DISALLOWED);
    room_free(r);
}

static void masked_reports_are_not_sent(void **state)
{
    static const uint8_t mask[8] = {0xff, 0x0f}; /* all but subevents from 0x0d on */
    room *r = extended_room(2, 72);

    (void)state;
    must(command(r, 1, KITH_HCI_LE_SET_EVENT_MASK, mask, 8));
    must(make_set(r, 0, 0, LEGACY_ADV_IND));
    must(start_set(r, 0, 0));
    must(set_extended_scanning(r, 1, 1, false, 0, 0));
    must(extended_scanning(r, 1, true, 0, 30, 0));
    room_run(r, 500000);
    assert_null(seek(r, 1, KITH_HCI_EV_LE_META, -1));
    room_free(r);
}

static void list_entry(room *r, int device, uint16_t opcode, uint8_t type, const uint8_t *address)
{
    uint8_t p[7] = {type};

    if (address != NULL)
        memcpy(p + 1, address, 6);
    must(command(r, device, opcode, p, sizeof p));
}

static void the_accept_list_is_obeyed(void **state)
{
    room *r = extended_room(3, 73);
    extended_report report;

    (void)state;
    must(make_set(r, 0, 0, CONNECTABLE));
    must(start_set(r, 0, 0));
    must(make_set(r, 0, 1, ANONYMOUS));
    must(start_set(r, 0, 1));
    must(make_set(r, 2, 2, CONNECTABLE));
    must(start_set(r, 2, 2));
    list_entry(r, 1, KITH_HCI_LE_ADD_TO_FILTER_LIST, 0, ROOM_ADDRESS[2]);
    must(set_extended_scanning(r, 1, 1, false, 0, 1));
    must(extended_scanning(r, 1, true, 0, 0, 0));
    room_run(r, 300000);
    assert_true(seek_report(r, 1, &report));
    do
        assert_int_equal(report.sid, 2);
    while (seek_report(r, 1, &report));
    must(extended_scanning(r, 1, false, 0, 0, 0));
    list_entry(r, 1, KITH_HCI_LE_ADD_TO_FILTER_LIST, 0xff, NULL);
    list_entry(r, 1, KITH_HCI_LE_REMOVE_FROM_FILTER_LIST, 0, ROOM_ADDRESS[2]);
    must(extended_scanning(r, 1, true, 0, 0, 0));
    assert_int_equal(await_report(r, 1, 300000).address_type, 0xff);
    must(extended_scanning(r, 1, false, 0, 0, 0));
    list_entry(r, 1, KITH_HCI_LE_ADD_TO_FILTER_LIST, 0, ROOM_ADDRESS[0]);
    must(connect_extended(r, 1, 1, NULL, 1));
    assert_memory_equal(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000) + 5, ROOM_ADDRESS[0], 6);
    room_free(r);
}

static void an_advertiser_takes_connections_from_its_list_alone(void **state)
{
    room *r = extended_room(3, 74);
    set_parameters s = parameters_of(0, CONNECTABLE);

    (void)state;
    list_entry(r, 0, KITH_HCI_LE_ADD_TO_FILTER_LIST, 0, ROOM_ADDRESS[2]);
    s.p[18] = 2;
    must(give_parameters(r, 0, &s));
    must(start_set(r, 0, 0));
    assert_int_equal(command(r, 0, KITH_HCI_LE_CLEAR_FILTER_LIST, NULL, 0), KITH_HCI_COMMAND_DISALLOWED);
    must(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1));
    room_run(r, 1000000);
    assert_null(seek_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE)); /* without AUX_CONNECT_RSP there is none */
    must(connect_extended(r, 2, 0, ROOM_ADDRESS[0], 1));
    must(await_le(r, 2, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
    room_free(r);
}

static const uint8_t IRK[16] = {7, 7, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

/* local: the key of this device; peer: of the other. */
static void resolve(room *r, int device, const uint8_t *identity, const uint8_t *peer, const uint8_t *local)
{
    static const uint8_t on = 1;
    uint8_t p[39] = {0};

    memcpy(p + 1, identity, 6);
    if (peer != NULL)
        memcpy(p + 7, peer, 16);
    if (local != NULL)
        memcpy(p + 23, local, 16);
    must(command(r, device, KITH_HCI_LE_ADD_TO_RESOLVING_LIST, p, sizeof p));
    must(command(r, device, KITH_HCI_LE_SET_RESOLUTION_ENABLE, &on, 1));
}

static void private_addresses_of_sets_are_resolved(void **state)
{
    room *r = extended_room(3, 75);
    set_parameters s = parameters_of(0, CONNECTABLE);
    extended_report report;
    const uint8_t *p;

    (void)state;
    resolve(r, 0, ROOM_ADDRESS[1], NULL, IRK);
    resolve(r, 1, ROOM_ADDRESS[0], IRK, NULL);
    s.p[10] = 2;
    memcpy(s.p + 12, ROOM_ADDRESS[1], 6);
    must(give_parameters(r, 0, &s));
    must(start_set(r, 0, 0));
    scan_extended(r, 1, 1, false, 0);
    scan_extended(r, 2, 1, false, 0);
    report = await_report(r, 1, 200000);
    assert_int_equal(report.address_type, 2);
    assert_memory_equal(report.address, ROOM_ADDRESS[0], 6);
    report = await_report(r, 2, 200000);
    assert_int_equal(report.address_type, 1);
    assert_int_equal(report.address[5] >> 6, 1);
    must(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1));
    p = await_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000);
    assert_memory_equal(p + 11, report.address, 6); /* its own private address */
    room_free(r);
}

static void a_target_that_nobody_resolves_is_told_to_those_who_ask_for_it(void **state)
{
    room *r = extended_room(3, 76);
    set_parameters s = parameters_of(0, CONNECTABLE | DIRECTED);
    extended_report report;

    (void)state;
    resolve(r, 0, ROOM_ADDRESS[1], IRK, IRK);
    s.p[10] = 2;
    memcpy(s.p + 12, ROOM_ADDRESS[1], 6);
    must(give_parameters(r, 0, &s));
    must(start_set(r, 0, 0));
    must(set_extended_scanning(r, 1, 1, false, 0, 2));
    must(extended_scanning(r, 1, true, 0, 0, 0));
    scan_extended(r, 2, 1, false, 0);
    report = await_report(r, 1, 200000);
    assert_int_equal(report.event_type, CONNECTABLE | DIRECTED);
    assert_int_equal(report.direct_type, 0xfe);
    room_run(r, 200000);
    assert_int_equal(count_extended(r, 2, -1), 0);
    must(extended_scanning(r, 1, false, 0, 0, 0));
    resolve(r, 1, ROOM_ADDRESS[0], IRK, IRK);
    must(set_extended_scanning(r, 1, 1, false, 2, 0));
    must(extended_scanning(r, 1, true, 0, 0, 0));
    room_run(r, 100000);
    while (seek_report(r, 1, &report))
        continue;
    room_run(r, 100000);
    assert_true(seek_report(r, 1, &report));
    assert_int_equal(report.direct_type, 2);
    assert_memory_equal(report.direct, ROOM_ADDRESS[1], 6);
    room_free(r);
}

static void reports_say_how_strongly_a_device_is_heard(void **state)
{
    room *r = extended_room(2, 77);

    (void)state;
    assert_int_equal(kith_sim_set_rssi(r->sim, 0, -83), KITH_OK);
    must(make_set(r, 0, 0, 0));
    must(start_set(r, 0, 0));
    scan_extended(r, 1, 1, false, 0);
    assert_int_equal(await_report(r, 1, 200000).rssi, -83);
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legacy_pdus_have_their_own_event_types),
        cmocka_unit_test(a_legacy_advertiser_is_heard_by_extended_scanning),
        cmocka_unit_test(legacy_scanning_hears_no_extended_pdus),
        cmocka_unit_test(phys_are_told_and_kept_apart),
        cmocka_unit_test(an_auxiliary_phy_that_is_not_there_is_not_followed),
        cmocka_unit_test(an_active_scanner_gets_a_long_response),
        cmocka_unit_test(scan_requests_are_told_only_if_wanted),
        cmocka_unit_test(a_duration_ends_scanning),
        cmocka_unit_test(periods_scan_again_and_forget_duplicates),
        cmocka_unit_test(wrong_times_and_parameters_are_refused),
        cmocka_unit_test(masked_reports_are_not_sent),
        cmocka_unit_test(the_accept_list_is_obeyed),
        cmocka_unit_test(an_advertiser_takes_connections_from_its_list_alone),
        cmocka_unit_test(private_addresses_of_sets_are_resolved),
        cmocka_unit_test(a_target_that_nobody_resolves_is_told_to_those_who_ask_for_it),
        cmocka_unit_test(reports_say_how_strongly_a_device_is_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
