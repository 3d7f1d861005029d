/* Advertising, scanning and connecting as hosts meet them. */
#include "test_sim_support.h"

enum { ADV_IND, DIRECT_IND, SCAN_IND, NONCONN_IND, SCAN_RSP, DIRECT_LOW = 4 };

typedef struct {
    unsigned adverts[3]; /* by channel */
    uint64_t first_us[64];
    unsigned events;
    unsigned scan_requests;
} ear;

static void listen(void *context, const kith_sim_frame *frame)
{
    ear *e = context;
    uint8_t type = frame->pdu[0] & 0x0f;

    if (frame->connection != 0)
        return;
    if (type == 3)
        e->scan_requests++;
    if (type > 2 && type != 6)
        return;
    e->adverts[frame->channel - 37]++;
    if (frame->channel == 37 && e->events < 64)
        e->first_us[e->events++] = frame->time_us;
}

static void set_data(room *r, int device, uint16_t opcode, const char *text)
{
    uint8_t p[32] = {0};

    p[0] = (uint8_t)strlen(text);
    memcpy(p + 1, text, p[0]);
    must(command(r, device, opcode, p, sizeof p));
}

static unsigned count_reports(room *r, int device, int event_type)
{
    unsigned reports = 0;
    const uint8_t *p;

    while ((p = seek_le(r, device, KITH_HCI_LE_EV_ADVERTISING_REPORT)) != NULL)
        reports += p[1] == event_type;
    return reports;
}

static void an_event_uses_three_channels_and_repeats_after_interval_and_delay(void **state)
{
    room *r = room_new(1, 1);
    ear e = {0};
    bool delays_differ = false;

    (void)state;
    assert_int_equal(kith_sim_listen(r->sim, listen, &e), KITH_OK);
    advertise(r, 0);
    room_run(r, 1000000);
    assert_in_range(e.events, 30, 51); /* 20 ms, and 0 to 10 ms */
    assert_in_range(e.adverts[1], e.adverts[0] - 1, e.adverts[0]);
    assert_in_range(e.adverts[2], e.adverts[0] - 1, e.adverts[0]);
    for (unsigned i = 2; i < e.events; i++) {
        assert_in_range(e.first_us[i] - e.first_us[i - 1], 20000, 30000);
        delays_differ |= e.first_us[i] - e.first_us[i - 1] != e.first_us[1] - e.first_us[0];
    }
    assert_true(delays_differ);
    must(enable_advertising(r, 0, false));
    memset(&e, 0, sizeof e);
    room_run(r, 100000);
    assert_int_equal(e.events, 0);
    room_free(r);
}

static void a_passive_scanner_reports_and_says_nothing(void **state)
{
    room *r = room_new(2, 2);
    ear e = {0};
    const uint8_t *p;

    (void)state;
    assert_int_equal(kith_sim_listen(r->sim, listen, &e), KITH_OK);
    set_data(r, 0, KITH_HCI_LE_SET_ADV_DATA, "\x05\x09kith");
    set_data(r, 0, KITH_HCI_LE_SET_SCAN_RESPONSE_DATA, "\x02\x0a");
    advertise(r, 0);
    set_scanning(r, 1, false, 0, 0);
    must(enable_scanning(r, 1, true, false));
    p = await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 100000);
    assert_int_equal(p[0], 1);
    assert_int_equal(p[1], ADV_IND);
    assert_int_equal(p[2], 0);
    assert_memory_equal(p + 3, ROOM_ADDRESS[0], 6);
    assert_int_equal(p[9], 6);
    assert_memory_equal(p + 10, "\x05\x09kith", 6);
    assert_true((int8_t)p[16] < 0);
    room_run(r, 300000);
    assert_true(count_reports(r, 1, ADV_IND) > 5);
    assert_int_equal(e.scan_requests, 0);
    room_free(r);
}

static void an_active_scanner_gets_the_response(void **state)
{
    room *r = room_new(2, 3);
    const uint8_t *p;

    (void)state;
    set_data(r, 0, KITH_HCI_LE_SET_SCAN_RESPONSE_DATA, "\x05\x09kith");
    advertise(r, 0);
    set_scanning(r, 1, true, 0, 0);
    must(enable_scanning(r, 1, true, true));
    p = await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 100000);
    assert_int_equal(p[1], ADV_IND);
    p = await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 100000);
    assert_int_equal(p[1], SCAN_RSP);
    assert_memory_equal(p + 10, "\x05\x09kith", 6);
    room_run(r, 500000);
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT)); /* duplicates are filtered */
    must(enable_scanning(r, 1, false, false));
    must(enable_scanning(r, 1, true, true));
    (void)await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 100000); /* and forgotten by a new start */
    room_free(r);
}

static void types_are_reported_as_they_are(void **state)
{
    static const struct {
        uint8_t type;
        uint8_t reported;
        bool answers;
    } kinds[] = {{0, ADV_IND, true}, {2, SCAN_IND, true}, {3, NONCONN_IND, false}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        room *r = room_new(2, 4);

        set_advertising(r, 0, kinds[i].type, 0, 0, 0, NULL);
        must(enable_advertising(r, 0, true));
        set_scanning(r, 1, true, 0, 0);
        must(enable_scanning(r, 1, true, false));
        room_run(r, 500000);
        assert_int_equal(await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 1)[1], kinds[i].reported);
        assert_int_equal(count_reports(r, 1, SCAN_RSP) > 0, kinds[i].answers);
        room_free(r);
    }
}

static void a_window_smaller_than_the_interval_hears_less(void **state)
{
    static const uint8_t tenth[7] = {0, 0xa0, 0, 0x10, 0, 0, 0};
    room *r = room_new(3, 5);
    unsigned all;
    unsigned some;

    (void)state;
    advertise(r, 0);
    set_scanning(r, 1, false, 0, 0);
    must(command(r, 2, KITH_HCI_LE_SET_SCAN_PARAMETERS, tenth, sizeof tenth));
    must(enable_scanning(r, 1, true, false));
    must(enable_scanning(r, 2, true, false));
    room_run(r, 10000000);
    all = count_reports(r, 1, ADV_IND);
    some = count_reports(r, 2, ADV_IND);
    assert_in_range(some, all / 20, all / 5);
    room_free(r);
}

static void filter_accept_list_is_obeyed_by_scanner_advertiser_and_initiator(void **state)
{
    uint8_t entry[7] = {0};
    room *r = room_new(3, 6);

    (void)state;
    memcpy(entry + 1, ROOM_ADDRESS[2], 6);
    must(command(r, 1, KITH_HCI_LE_ADD_TO_FILTER_LIST, entry, sizeof entry));
    advertise(r, 0);
    set_scanning(r, 1, false, 0, 1);
    must(enable_scanning(r, 1, true, false));
    room_run(r, 300000);
    assert_int_equal(count_reports(r, 1, ADV_IND), 0);
    assert_int_equal(command(r, 1, KITH_HCI_LE_CLEAR_FILTER_LIST, NULL, 0), KITH_HCI_COMMAND_DISALLOWED);
    must(enable_scanning(r, 1, false, false));
    must(create_connection(r, 1, 1, 0, NULL, 0, INTERVAL, TIMEOUT));
    room_run(r, 300000);
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));

    /* device 2 takes connections from its list alone, and 1 is not in it */
    set_advertising(r, 2, 0, 0, 2, 0, NULL);
    must(enable_advertising(r, 2, true));
    assert_int_equal(await(r, 1, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 1000000)[3], KITH_HCI_FAILED_TO_ESTABLISH);
    assert_null(seek_le(r, 2, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
    must(enable_advertising(r, 2, false));
    memcpy(entry + 1, ROOM_ADDRESS[1], 6);
    must(command(r, 2, KITH_HCI_LE_ADD_TO_FILTER_LIST, entry, sizeof entry));
    must(enable_advertising(r, 2, true));
    must(create_connection(r, 1, 1, 0, NULL, 0, INTERVAL, TIMEOUT));
    must(await_le(r, 2, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
    room_free(r);
}

static void directed_advertising_reaches_its_target_alone(void **state)
{
    room *r = room_new(3, 7);

    (void)state;
    set_advertising(r, 0, DIRECT_LOW, 0, 0, 0, ROOM_ADDRESS[1]);
    must(enable_advertising(r, 0, true));
    for (int i = 1; i <= 2; i++) {
        set_scanning(r, i, true, 0, 0);
        must(enable_scanning(r, i, true, false));
    }
    room_run(r, 200000);
    assert_true(count_reports(r, 1, DIRECT_IND) > 0);
    assert_int_equal(count_reports(r, 2, DIRECT_IND), 0);
    must(create_connection(r, 2, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    room_run(r, 300000);
    assert_null(seek_le(r, 2, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
    must(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000)[0]);
    room_free(r);
}

static void high_duty_directed_advertising_ends_after_1280_ms(void **state)
{
    room *r = room_new(1, 8);
    const uint8_t *p;

    (void)state;
    set_advertising(r, 0, 1, 0, 0, 0, ROOM_ADDRESS[1]);
    must(enable_advertising(r, 0, true));
    room_run(r, 1270000);
    assert_null(seek_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
    p = await_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 20000);
    assert_int_equal(p[0], KITH_HCI_ADVERTISING_TIMEOUT);
    room_free(r);
}

static void a_random_address_is_used_and_guarded(void **state)
{
    static const uint8_t own[6] = {1, 2, 3, 4, 5, 0xc6};
    room *r = room_new(2, 9);
    const uint8_t *p;

    (void)state;
    set_advertising(r, 0, 0, 1, 0, 0, NULL);
    assert_int_equal(enable_advertising(r, 0, true), KITH_HCI_INVALID_PARAMETERS);
    must(command(r, 0, KITH_HCI_LE_SET_RANDOM_ADDRESS, own, 6));
    must(enable_advertising(r, 0, true));
    assert_int_equal(command(r, 0, KITH_HCI_LE_SET_RANDOM_ADDRESS, own, 6), KITH_HCI_COMMAND_DISALLOWED);
    must(create_connection(r, 1, 0, 1, own, 0, INTERVAL, TIMEOUT));
    p = await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000);
    assert_int_equal(p[4], 1);
    assert_memory_equal(p + 5, own, 6);
    room_free(r);
}

static void a_connection_stops_advertising_and_is_told_to_both(void **state)
{
    room *r = room_new(3, 10);
    const uint8_t *p;
    ear e = {0};

    (void)state;
    advertise(r, 0);
    must(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    p = await_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000);
    assert_int_equal(p[3], 1);
    assert_memory_equal(p + 5, ROOM_ADDRESS[1], 6);
    assert_int_equal(bytes_get16(p + 23), INTERVAL);
    assert_int_equal(bytes_get16(p + 27), TIMEOUT);
    p = await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1);
    assert_int_equal(p[3], 0);
    assert_memory_equal(p + 5, ROOM_ADDRESS[0], 6);
    assert_int_equal(kith_sim_listen(r->sim, listen, &e), KITH_OK);
    room_run(r, 200000);
    assert_int_equal(e.events, 0);
    advertise(r, 0); /* while connected, for the next one */
    must(create_connection(r, 2, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    p = await_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000);
    assert_int_equal(bytes_get16(p + 1), 2);
    room_free(r);
}

static void the_plain_connection_complete_serves_hosts_without_the_enhanced_one(void **state)
{
    static const uint8_t mask[8] = {0x1f};
    room *r = room_new(2, 11);
    const uint8_t *p;

    (void)state;
    must(command(r, 1, KITH_HCI_LE_SET_EVENT_MASK, mask, 8));
    advertise(r, 0);
    must(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    p = await_le(r, 1, KITH_HCI_LE_EV_CONNECTION_COMPLETE, 300000);
    assert_int_equal(p[-2], 19);
    must(p[0]);
    assert_memory_equal(p + 5, ROOM_ADDRESS[0], 6);
    assert_int_equal(bytes_get16(p + 11), INTERVAL);
    room_free(r);
}

static void connecting_can_be_cancelled(void **state)
{
    room *r = room_new(2, 12);

    (void)state;
    assert_int_equal(command(r, 1, KITH_HCI_LE_CREATE_CONNECTION_CANCEL, NULL, 0), KITH_HCI_COMMAND_DISALLOWED);
    must(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    assert_int_equal(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT), KITH_HCI_COMMAND_DISALLOWED);
    room_run(r, 1000000);
    must(command(r, 1, KITH_HCI_LE_CREATE_CONNECTION_CANCEL, NULL, 0));
    assert_int_equal(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1)[0], KITH_HCI_UNKNOWN_CONNECTION);
    advertise(r, 0);
    room_run(r, 300000);
    assert_null(seek_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
    room_free(r);
}

static void a_second_connection_to_the_same_peer_is_refused(void **state)
{
    room *r = room_new(2, 13);

    (void)state;
    room_connect(r, 0, 1);
    assert_int_equal(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT), KITH_HCI_CONNECTION_EXISTS);
    room_free(r);
}

static void out_of_range_nothing_is_heard(void **state)
{
    room *r = room_new(2, 14);

    (void)state;
    advertise(r, 0);
    kith_sim_set_out_of_range(r->sim, 0, true);
    set_scanning(r, 1, true, 0, 0);
    must(enable_scanning(r, 1, true, false));
    room_run(r, 300000);
    assert_int_equal(count_reports(r, 1, ADV_IND), 0);
    kith_sim_set_out_of_range(r->sim, 0, false);
    room_run(r, 300000);
    assert_true(count_reports(r, 1, ADV_IND) > 0);
    kith_sim_remove(r->sim, 0);
    room_run(r, 300000);
    assert_int_equal(count_reports(r, 1, ADV_IND), 0);
    assert_int_equal(kith_sim_send(r->sim, 0, (const uint8_t *)"\x01\x03\x0c", 4), KITH_ERR_VALUE);
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_uses_three_channels_and_repeats_after_interval_and_delay),
        cmocka_unit_test(a_passive_scanner_reports_and_says_nothing),
        cmocka_unit_test(an_active_scanner_gets_the_response),
        cmocka_unit_test(types_are_reported_as_they_are),
        cmocka_unit_test(a_window_smaller_than_the_interval_hears_less),
        cmocka_unit_test(filter_accept_list_is_obeyed_by_scanner_advertiser_and_initiator),
        cmocka_unit_test(directed_advertising_reaches_its_target_alone),
        cmocka_unit_test(high_duty_directed_advertising_ends_after_1280_ms),
        cmocka_unit_test(a_random_address_is_used_and_guarded),
        cmocka_unit_test(a_connection_stops_advertising_and_is_told_to_both),
        cmocka_unit_test(the_plain_connection_complete_serves_hosts_without_the_enhanced_one),
        cmocka_unit_test(connecting_can_be_cancelled),
        cmocka_unit_test(a_second_connection_to_the_same_peer_is_refused),
        cmocka_unit_test(out_of_range_nothing_is_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
