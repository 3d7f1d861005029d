/* Advertising sets as a host meets them: what is refused and how, many at once, and how each ends. */
#include "test_sim_extended_support.h"

static void assert_refused(uint8_t status, uint8_t expected)
{
    assert_int_equal(status, expected);
}

static void commands_are_there_with_the_feature_alone(void **state)
{
    static const uint8_t places[][2] = {{36, 1}, {36, 2}, {36, 3}, {36, 4}, {36, 5}, {36, 6},
                                        {36, 7}, {37, 0}, {37, 1}, {37, 5}, {37, 6}, {37, 7}};
    room *r = room_new(2, 1);
    const uint8_t *bits;

    (void)state;
    give_extended(r, 1, 4, 1650);
    must(command(r, 0, KITH_HCI_READ_LOCAL_COMMANDS, NULL, 0));
    must(command(r, 1, KITH_HCI_READ_LOCAL_COMMANDS, NULL, 0));
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        bits = answer_of(r, 0, KITH_HCI_READ_LOCAL_COMMANDS);
        assert_int_equal(bits[places[i][0]] >> places[i][1] & 1, 0);
        bits = answer_of(r, 1, KITH_HCI_READ_LOCAL_COMMANDS);
        assert_int_equal(bits[places[i][0]] >> places[i][1] & 1, 1);
    }
    assert_refused(make_set(r, 0, 0, 0), KITH_HCI_UNKNOWN_COMMAND);
    must(make_set(r, 1, 0, 0));
    room_free(r);
}

static void sizes_are_those_of_the_limits(void **state)
{
    room *r = room_new(1, 2);

    (void)state;
    give_extended(r, 0, 2, 251);
    must(command(r, 0, KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH, NULL, 0));
    assert_int_equal(bytes_get16(answer_of(r, 0, KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH)), 251);
    must(command(r, 0, KITH_HCI_LE_READ_NUMBER_OF_SETS, NULL, 0));
    assert_int_equal(answer_of(r, 0, KITH_HCI_LE_READ_NUMBER_OF_SETS)[0], 2);
    must(make_set(r, 0, 7, 0));
    must(make_set(r, 0, 0xef, 0));
    assert_refused(make_set(r, 0, 1, 0), KITH_HCI_MEMORY_EXCEEDED);
    must(make_set(r, 0, 7, CONNECTABLE)); /* known already */
    room_free(r);
}

static void legacy_and_extended_commands_do_not_mix_until_a_reset(void **state)
{
    room *r = extended_room(1, 3);
    uint8_t off = 0;
    uint8_t scan_off[2] = {0};

    (void)state;
    must(make_set(r, 0, 0, 0));
    assert_refused(command(r, 0, KITH_HCI_LE_SET_ADV_ENABLE, &off, 1), KITH_HCI_COMMAND_DISALLOWED);
    assert_refused(command(r, 0, KITH_HCI_LE_SET_SCAN_ENABLE, scan_off, 2), KITH_HCI_COMMAND_DISALLOWED);
    assert_refused(create_connection(r, 0, 0, 0, ROOM_ADDRESS[1], 0, INTERVAL, TIMEOUT), KITH_HCI_COMMAND_DISALLOWED);
    must(command(r, 0, KITH_HCI_RESET, NULL, 0));
    must(command(r, 0, KITH_HCI_LE_SET_ADV_ENABLE, &off, 1));
    assert_refused(make_set(r, 0, 0, 0), KITH_HCI_COMMAND_DISALLOWED);
    assert_refused(extended_scanning(r, 0, false, 0, 0, 0), KITH_HCI_COMMAND_DISALLOWED);
    assert_refused(connect_extended(r, 0, 0, ROOM_ADDRESS[1], 1), KITH_HCI_COMMAND_DISALLOWED);
    must(command(r, 0, KITH_HCI_RESET, NULL, 0));
    must(make_set(r, 0, 0, 0));
    room_free(r);
}

static void wrong_properties_are_refused(void **state)
{
    static const uint16_t wrong[] = {
        CONNECTABLE | SCANNABLE,        /* extended PDUs are one or the other */
        CONNECTABLE | DIRECTED | 0x08,  /* high duty cycle is for legacy PDUs */
        ANONYMOUS | CONNECTABLE,        /* nobody could be asked for */
        ANONYMOUS | SCANNABLE,          /* nor here */
        LEGACY | CONNECTABLE,           /* not in the table of legacy PDUs */
        LEGACY | SCANNABLE | DIRECTED,  /* nor this */
        LEGACY_ADV_IND | WITH_TX_POWER, /* nor this */
        0x100,                          /* reserved */
    };
    static const uint16_t right[] = {0,
                                     CONNECTABLE,
                                     SCANNABLE,
                                     DIRECTED,
                                     SCANNABLE | DIRECTED,
                                     ANONYMOUS,
                                     LEGACY_ADV_IND,
                                     LEGACY_DIRECT_LOW,
                                     LEGACY_DIRECT_HIGH,
                                     LEGACY_SCAN_IND,
                                     LEGACY_NONCONN_IND,
                                     CONNECTABLE | DIRECTED | WITH_TX_POWER};
    room *r = extended_room(1, 4);

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused(make_set(r, 0, 0, wrong[i]), KITH_HCI_INVALID_PARAMETERS);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        must(make_set(r, 0, 0, right[i]));
    room_free(r);
}

static void wrong_parameters_are_refused(void **state)
{
    static const struct {
        uint8_t at;
        uint8_t value;
        uint8_t status;
    } wrong[] = {
        {0, 0xf0, KITH_HCI_INVALID_PARAMETERS},                                           /* handle */
        {3, 0x1f, KITH_HCI_INVALID_PARAMETERS},                                           /* interval */
        {3, 0x21, KITH_HCI_INVALID_PARAMETERS},                                           /* more than the most */
        {9, 0, KITH_HCI_INVALID_PARAMETERS},                                              /* no channel */
        {10, 4, KITH_HCI_INVALID_PARAMETERS},                                             /* own address type */
        {11, 2, KITH_HCI_INVALID_PARAMETERS},                                             /* peer address type */
        {18, 4, KITH_HCI_INVALID_PARAMETERS},                                             /* filter policy */
        {19, 21, KITH_HCI_INVALID_PARAMETERS},                                            /* power */
        {20, PHY_2M, KITH_HCI_INVALID_PARAMETERS},                                        /* not a primary PHY */
        {22, 4, KITH_HCI_INVALID_PARAMETERS},      {23, 16, KITH_HCI_INVALID_PARAMETERS}, /* SID */
        {24, 2, KITH_HCI_INVALID_PARAMETERS},
    };
    room *r = extended_room(1, 5);
    set_parameters s;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        s = parameters_of(1, 0);
        s.p[wrong[i].at] = wrong[i].value;
        assert_refused(give_parameters(r, 0, &s), wrong[i].status);
    }
    s = parameters_of(1, LEGACY_ADV_IND);
    s.p[20] = PHY_CODED;
    assert_refused(give_parameters(r, 0, &s), KITH_HCI_INVALID_PARAMETERS);
    assert_refused(command(r, 0, KITH_HCI_LE_SET_EXT_ADV_PARAMETERS, s.p, 24), KITH_HCI_INVALID_PARAMETERS);
    room_free(r);
}

static void a_phy_that_is_not_there_is_refused(void **state)
{
    room *r = room_new(1, 6);
    set_parameters s = parameters_of(1, 0);
    kith_sim_limits limits;

    (void)state;
    kith_sim_default_limits(&limits);
    limits.le_features |= UINT64_C(1) << 12;
    assert_int_equal(kith_sim_set_limits(r->sim, 0, &limits), KITH_OK);
    s.p[22] = PHY_2M;
    assert_refused(give_parameters(r, 0, &s), KITH_HCI_UNSUPPORTED);
    s.p[22] = PHY_CODED;
    assert_refused(give_parameters(r, 0, &s), KITH_HCI_UNSUPPORTED);
    s.p[22] = PHY_1M;
    must(give_parameters(r, 0, &s));
    assert_refused(set_extended_scanning(r, 0, 4, false, 0, 0), KITH_HCI_UNSUPPORTED);
    assert_refused(connect_extended(r, 0, 0, ROOM_ADDRESS[1], 3), KITH_HCI_UNSUPPORTED);
    room_free(r);
}

static void what_names_no_set_is_refused(void **state)
{
    uint8_t address[7] = {9, 1, 2, 3, 4, 5, 0xc6};
    uint8_t handle = 9;
    room *r = extended_room(1, 7);

    (void)state;
    assert_refused(command(r, 0, KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, address, 7), KITH_HCI_UNKNOWN_SET);
    assert_refused(give_data(r, 0, 9, "a", 1), KITH_HCI_UNKNOWN_SET);
    assert_refused(give_response(r, 0, 9, "a", 1), KITH_HCI_UNKNOWN_SET);
    assert_refused(start_set(r, 0, 9), KITH_HCI_UNKNOWN_SET);
    assert_refused(stop_set(r, 0, 9), KITH_HCI_UNKNOWN_SET);
    assert_refused(command(r, 0, KITH_HCI_LE_REMOVE_SET, &handle, 1), KITH_HCI_UNKNOWN_SET);
    must(make_set(r, 0, 9, 0));
    must(command(r, 0, KITH_HCI_LE_REMOVE_SET, &handle, 1));
    assert_refused(start_set(r, 0, 9), KITH_HCI_UNKNOWN_SET);
    room_free(r);
}

static void an_enabled_set_is_left_as_it_is(void **state)
{
    uint8_t address[7] = {0, 1, 2, 3, 4, 5, 0xc6};
    uint8_t handle = 0;
    room *r = extended_room(1, 8);

    (void)state;
    must(make_set(r, 0, 0, CONNECTABLE));
    must(make_set(r, 0, 1, 0));
    must(start_set(r, 0, 0));
    must(start_set(r, 0, 1));
    assert_refused(make_set(r, 0, 0, 0), KITH_HCI_COMMAND_DISALLOWED);
    assert_refused(command(r, 0, KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, address, 7), KITH_HCI_COMMAND_DISALLOWED);
    assert_refused(command(r, 0, KITH_HCI_LE_REMOVE_SET, &handle, 1), KITH_HCI_COMMAND_DISALLOWED);
    assert_refused(command(r, 0, KITH_HCI_LE_CLEAR_SETS, NULL, 0), KITH_HCI_COMMAND_DISALLOWED);
    assert_refused(give_fragment(r, 0, KITH_HCI_LE_SET_EXT_ADV_DATA, 0, 1, address, 7), KITH_HCI_COMMAND_DISALLOWED);
    must(give_data(r, 0, 0, "now", 3));
    address[0] = 1;
    must(command(r, 0, KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, address, 7)); /* nobody connects to it */
    must(stop_set(r, 0, 0));
    must(stop_set(r, 0, 1));
    must(command(r, 0, KITH_HCI_LE_CLEAR_SETS, NULL, 0));
    assert_refused(start_set(r, 0, 0), KITH_HCI_UNKNOWN_SET);
    room_free(r);
}

static void data_goes_with_its_pdus(void **state)
{
    static uint8_t data[251];
    room *r = extended_room(1, 9);

    (void)state;
    must(make_set(r, 0, 0, LEGACY_ADV_IND));
    assert_refused(give_data(r, 0, 0, data, 32), KITH_HCI_INVALID_PARAMETERS);
    assert_refused(give_response(r, 0, 0, data, 32), KITH_HCI_INVALID_PARAMETERS);
    assert_refused(give_fragment(r, 0, KITH_HCI_LE_SET_EXT_ADV_DATA, 0, 1, data, 5), KITH_HCI_INVALID_PARAMETERS);
    must(give_data(r, 0, 0, data, 31));
    must(give_response(r, 0, 0, data, 31));
    assert_refused(make_set(r, 0, 0, LEGACY_DIRECT_LOW), KITH_HCI_INVALID_PARAMETERS); /* holds data */
    must(make_set(r, 0, 1, LEGACY_DIRECT_LOW));
    assert_refused(give_data(r, 0, 1, data, 1), KITH_HCI_INVALID_PARAMETERS);
    must(make_set(r, 0, 2, SCANNABLE));
    assert_refused(give_data(r, 0, 2, data, 1), KITH_HCI_INVALID_PARAMETERS);
    assert_refused(start_set(r, 0, 2), KITH_HCI_COMMAND_DISALLOWED); /* without a response */
    must(give_response(r, 0, 2, data, 251));
    must(start_set(r, 0, 2));
    assert_refused(give_response(r, 0, 2, NULL, 0), KITH_HCI_COMMAND_DISALLOWED);
    must(make_set(r, 0, 3, CONNECTABLE));
    assert_refused(give_response(r, 0, 3, data, 1), KITH_HCI_INVALID_PARAMETERS);
    must(give_data(r, 0, 3, data, 246)); /* one more than AUX_ADV_IND has place for */
    assert_refused(start_set(r, 0, 3), KITH_HCI_INVALID_PARAMETERS);
    must(give_data(r, 0, 3, data, 245));
    must(start_set(r, 0, 3));
    assert_refused(give_data(r, 0, 3, data, 246), KITH_HCI_PACKET_TOO_LONG);
    room_free(r);
}

static void fragments_are_put_together_or_refused(void **state)
{
    static uint8_t data[251];
    const uint16_t opcode = KITH_HCI_LE_SET_EXT_ADV_DATA;
    room *r = room_new(1, 10);

    (void)state;
    give_extended(r, 0, 1, 400);
    must(make_set(r, 0, 0, 0));
    must(give_fragment(r, 0, opcode, 0, 1, data, 251));
    assert_refused(start_set(r, 0, 0), KITH_HCI_COMMAND_DISALLOWED); /* not all there */
    assert_refused(give_fragment(r, 0, opcode, 0, 0, data, 0), KITH_HCI_INVALID_PARAMETERS);
    must(give_fragment(r, 0, opcode, 0, 2, data, 149));
    must(start_set(r, 0, 0));
    must(give_fragment(r, 0, opcode, 0, 4, NULL, 0));
    must(stop_set(r, 0, 0));
    assert_refused(give_fragment(r, 0, opcode, 0, 4, NULL, 0), KITH_HCI_INVALID_PARAMETERS); /* not enabled */
    assert_refused(give_fragment(r, 0, opcode, 0, 5, data, 1), KITH_HCI_INVALID_PARAMETERS);
    must(give_fragment(r, 0, opcode, 0, 1, data, 251));
    assert_refused(give_fragment(r, 0, opcode, 0, 2, data, 150), KITH_HCI_MEMORY_EXCEEDED); /* all is gone */
    must(start_set(r, 0, 0));
    assert_refused(give_fragment(r, 0, opcode, 0, 4, NULL, 0), KITH_HCI_INVALID_PARAMETERS); /* no data */
    room_free(r);
}

static void enabling_is_all_or_nothing(void **state)
{
    static const uint8_t two[] = {1, 2, 0, 0, 0, 0, 5, 0, 0, 0};
    static const uint8_t twice[] = {1, 2, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t none[] = {1, 0};
    static const uint8_t all_off[] = {0, 0};
    room *r = extended_room(2, 11);

    (void)state;
    must(make_set(r, 0, 0, 0));
    assert_refused(command(r, 0, KITH_HCI_LE_SET_EXT_ADV_ENABLE, two, sizeof two), KITH_HCI_UNKNOWN_SET);
    assert_refused(command(r, 0, KITH_HCI_LE_SET_EXT_ADV_ENABLE, twice, sizeof twice), KITH_HCI_INVALID_PARAMETERS);
    assert_refused(command(r, 0, KITH_HCI_LE_SET_EXT_ADV_ENABLE, none, sizeof none), KITH_HCI_INVALID_PARAMETERS);
    assert_refused(command(r, 0, KITH_HCI_LE_SET_EXT_ADV_ENABLE, two, sizeof two - 1), KITH_HCI_INVALID_PARAMETERS);
    scan_extended(r, 1, 1, false, 0);
    room_run(r, 200000);
    assert_int_equal(count_extended(r, 1, -1), 0);
    must(make_set(r, 0, 5, 0));
    must(command(r, 0, KITH_HCI_LE_SET_EXT_ADV_ENABLE, two, sizeof two));
    room_run(r, 200000);
    assert_true(count_extended(r, 1, -1) > 5);
    must(command(r, 0, KITH_HCI_LE_SET_EXT_ADV_ENABLE, all_off, sizeof all_off));
    room_run(r, 200000);
    room_forget_log(r);
    room_run(r, 200000);
    assert_int_equal(count_extended(r, 1, -1), 0);
    room_free(r);
}

static void each_set_has_its_address_its_data_and_its_pace(void **state)
{
    static const uint16_t intervals[] = {0x20, 0x40, 0xa0};
    room *r = extended_room(2, 12);
    unsigned heard[3] = {0};
    extended_report report;

    (void)state;
    for (uint8_t i = 0; i < 3; i++) {
        set_parameters s = parameters_of(i, i == 1 ? LEGACY_NONCONN_IND : 0);
        uint8_t address[7] = {i, i, 2, 3, 4, 5, 0xc6};

        s.p[10] = 1;
        bytes_put24(s.p + 3, intervals[i]);
        bytes_put24(s.p + 6, intervals[i]);
        must(give_parameters(r, 0, &s));
        assert_refused(start_set(r, 0, i), KITH_HCI_INVALID_PARAMETERS); /* no address yet */
        must(command(r, 0, KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, address, 7));
        must(give_data(r, 0, i, &i, 1));
        must(start_set(r, 0, i));
    }
    scan_extended(r, 1, 1, false, 0);
    room_run(r, 3000000);
    while (seek_report(r, 1, &report)) {
        assert_int_equal(report.address_type, 1);
        assert_in_range(report.address[0], 0, 2);
        assert_int_equal(report.len, 1);
        assert_int_equal(report.data[0], report.address[0]);
        assert_int_equal(report.sid, report.address[0] == 1 ? 0xff : report.address[0]);
        heard[report.address[0]]++;
    }
    assert_in_range(heard[0], 100, 151);
    assert_in_range(heard[1], 60, 76);
    assert_in_range(heard[2], 26, 31);
    room_free(r);
}

static void time_ends_a_set(void **state)
{
    room *r = extended_room(1, 13);
    const uint8_t *p;

    (void)state;
    must(make_set(r, 0, 4, 0));
    must(switch_set(r, 0, true, 4, 50, 0));
    room_run(r, 490000);
    assert_null(seek_le(r, 0, KITH_HCI_LE_EV_SET_TERMINATED));
    p = await_le(r, 0, KITH_HCI_LE_EV_SET_TERMINATED, 20000);
    assert_int_equal(p[-2], 6);
    assert_int_equal(p[0], KITH_HCI_ADVERTISING_TIMEOUT);
    assert_int_equal(p[1], 4);
    must(make_set(r, 0, 4, LEGACY_DIRECT_HIGH));
    assert_refused(switch_set(r, 0, true, 4, 0, 0), KITH_HCI_INVALID_PARAMETERS);
    assert_refused(switch_set(r, 0, true, 4, 129, 0), KITH_HCI_INVALID_PARAMETERS);
    must(switch_set(r, 0, true, 4, 128, 0));
    assert_int_equal(await_le(r, 0, KITH_HCI_LE_EV_SET_TERMINATED, 1300000)[0], KITH_HCI_ADVERTISING_TIMEOUT);
    room_free(r);
}

static void a_count_ends_a_set(void **state)
{
    room *r = extended_room(2, 14);
    const uint8_t *p;

    (void)state;
    must(make_set(r, 0, 4, 0));
    scan_extended(r, 1, 1, false, 0);
    must(switch_set(r, 0, true, 4, 0, 7));
    p = await_le(r, 0, KITH_HCI_LE_EV_SET_TERMINATED, 1000000);
    assert_int_equal(p[0], KITH_HCI_LIMIT_REACHED);
    assert_int_equal(p[1], 4);
    assert_int_equal(p[4], 7);
    room_run(r, 500000);
    assert_int_equal(count_extended(r, 1, 0), 7);
    room_free(r);
}

static void a_connection_ends_its_set_alone(void **state)
{
    room *r = extended_room(2, 15);
    const uint8_t *p;
    extended_report report;

    (void)state;
    must(make_set(r, 0, 1, CONNECTABLE));
    must(make_set(r, 0, 2, ANONYMOUS));
    must(start_set(r, 0, 1));
    must(start_set(r, 0, 2));
    must(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1));
    p = await_le(r, 0, KITH_HCI_LE_EV_SET_TERMINATED, 1000000);
    must(p[0]);
    assert_int_equal(p[1], 1);
    assert_int_equal(bytes_get16(p + 2), 1);
    assert_int_equal(p[4], 0);
    scan_extended(r, 1, 1, false, 0);
    report = await_report(r, 1, 200000);
    assert_int_equal(report.sid, 2);
    room_run(r, 200000);
    while (seek_report(r, 1, &report))
        assert_int_equal(report.sid, 2);
    room_free(r);
}

static void a_reset_forgets_sets(void **state)
{
    room *r = extended_room(2, 16);

    (void)state;
    must(make_set(r, 0, 1, 0));
    must(start_set(r, 0, 1));
    room_run(r, 12345); /* in the middle of an event */
    must(command(r, 0, KITH_HCI_RESET, NULL, 0));
    assert_refused(start_set(r, 0, 1), KITH_HCI_UNKNOWN_SET);
    scan_extended(r, 1, 1, false, 0);
    room_run(r, 200000);
    assert_int_equal(count_extended(r, 1, -1), 0);
    must(make_set(r, 0, 1, 0));
    must(start_set(r, 0, 1));
    room_run(r, 12345);
    kith_sim_remove(r->sim, 0);
    room_run(r, 100000);
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_there_with_the_feature_alone),
        cmocka_unit_test(sizes_are_those_of_the_limits),
        cmocka_unit_test(legacy_and_extended_commands_do_not_mix_until_a_reset),
        cmocka_unit_test(wrong_properties_are_refused),
        cmocka_unit_test(wrong_parameters_are_refused),
        cmocka_unit_test(a_phy_that_is_not_there_is_refused),
        cmocka_unit_test(what_names_no_set_is_refused),
        cmocka_unit_test(an_enabled_set_is_left_as_it_is),
        cmocka_unit_test(data_goes_with_its_pdus),
        cmocka_unit_test(fragments_are_put_together_or_refused),
        cmocka_unit_test(enabling_is_all_or_nothing),
        cmocka_unit_test(each_set_has_its_address_its_data_and_its_pace),
        cmocka_unit_test(time_ends_a_set),
        cmocka_unit_test(a_count_ends_a_set),
        cmocka_unit_test(a_connection_ends_its_set_alone),
        cmocka_unit_test(a_reset_forgets_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
