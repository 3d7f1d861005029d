/* Controllers of several ages: what each says of itself, and that it has the commands of its features and no others.
 * Core Vol 4 Part E 3.1, 6.27, 7.4.1, 7.8.3; Vol 6 Part B 4.6. */
#include "test_sim_support.h"

enum { REQUEST = 1, PING = 4, LENGTH = 5, PRIVACY = 6, TWO_M = 8, CODED = 11, EXTENDED = 12 };

typedef struct {
    const char *name;
    uint64_t features;
    uint8_t version;
    uint8_t lists;
    uint8_t sets;
    uint16_t data_most;
} expected_core;

static const expected_core expected[KITH_SIM_CORES] = {
    [KITH_SIM_CORE_4_2_BARE] = {"4.2-bare", 0x0001, 8, 8, 1, 31},
    [KITH_SIM_CORE_4_2] = {"4.2", 0x007d, 8, 8, 1, 31},
    [KITH_SIM_CORE_5_0] = {"5.0", 0x117d, 9, 8, 4, 251},
    [KITH_SIM_CORE_5_4] = {"5.4", 0x397f, 13, 32, 16, 1650},
};

static room *room_of(kith_sim_core core)
{
    room *r = room_new(2, 1);
    kith_sim_limits limits;

    kith_sim_core_limits(&limits, core);
    for (int i = 0; i < 2; i++)
        assert_int_equal(kith_sim_set_limits(r->sim, i, &limits), KITH_OK);
    return r;
}

static bool is_known(room *r, uint16_t opcode)
{
    static const uint8_t zeros[255];
    uint8_t status = command(r, 0, opcode, zeros, 255);

    assert_true(status == KITH_HCI_UNKNOWN_COMMAND || status == KITH_HCI_INVALID_PARAMETERS);
    return status != KITH_HCI_UNKNOWN_COMMAND;
}

static void a_preset_has_its_name_and_its_numbers(void **state)
{
    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        const expected_core *e = &expected[core];
        kith_sim_limits limits;

        assert_string_equal(kith_sim_core_name((kith_sim_core)core), e->name);
        kith_sim_core_limits(&limits, (kith_sim_core)core);
        assert_int_equal(limits.le_features, e->features);
        assert_int_equal(limits.sets, e->sets);
        assert_int_equal(limits.data_most, e->data_most);
    }
    assert_non_null(kith_sim_core_name(KITH_SIM_CORES));
}

static void a_preset_says_of_itself_what_it_is(void **state)
{
    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        const expected_core *e = &expected[core];
        room *r = room_of((kith_sim_core)core);
        const uint8_t *p;

        must(command(r, 0, KITH_HCI_READ_LOCAL_VERSION, NULL, 0));
        p = answer_of(r, 0, KITH_HCI_READ_LOCAL_VERSION);
        assert_int_equal(p[0], e->version);
        assert_int_equal(p[3], e->version);
        must(command(r, 0, KITH_HCI_LE_READ_LOCAL_FEATURES, NULL, 0));
        assert_int_equal(bytes_get64(answer_of(r, 0, KITH_HCI_LE_READ_LOCAL_FEATURES)), e->features);
        must(command(r, 0, KITH_HCI_LE_READ_FILTER_LIST_SIZE, NULL, 0));
        assert_int_equal(answer_of(r, 0, KITH_HCI_LE_READ_FILTER_LIST_SIZE)[0], e->lists);
        if ((e->features >> PRIVACY & 1) != 0) {
            must(command(r, 0, KITH_HCI_LE_READ_RESOLVING_LIST_SIZE, NULL, 0));
            assert_int_equal(answer_of(r, 0, KITH_HCI_LE_READ_RESOLVING_LIST_SIZE)[0], e->lists);
        }
        room_free(r);
    }
}

typedef struct {
    uint16_t opcode;
    uint8_t octet, bit;
    uint64_t features; /* with any of them; 0: with no feature */
    uint8_t since;     /* or from that version on; 0: with no version */
    uint64_t needs;    /* and only with this */
} feature_command;

#define BIT(n) (UINT64_C(1) << (n))

static const feature_command with_features[] = {
    {0x0c7b, 32, 4, BIT(PING), 0, 0},
    {0x0c7c, 32, 5, BIT(PING), 0, 0},
    {0x2020, 33, 4, BIT(REQUEST), 0, 0},
    {0x2021, 33, 5, BIT(REQUEST), 0, 0},
    {0x2022, 33, 6, BIT(LENGTH), 0, 0},
    {0x2023, 33, 7, BIT(LENGTH), 0, 0},
    {0x2024, 34, 0, BIT(LENGTH), 0, 0},
    {0x2027, 34, 3, BIT(PRIVACY), 0, 0},
    {0x2028, 34, 4, BIT(PRIVACY), 0, 0},
    {0x2029, 34, 5, BIT(PRIVACY), 0, 0},
    {0x202a, 34, 6, BIT(PRIVACY), 0, 0},
    {0x202b, 34, 7, BIT(PRIVACY), 0, 0},
    {0x202c, 35, 0, BIT(PRIVACY), 0, 0},
    {0x202d, 35, 1, BIT(PRIVACY), 0, 0},
    {0x202e, 35, 2, BIT(PRIVACY), 0, 0},
    {0x202f, 35, 3, BIT(LENGTH), 0, 0},
    {0x2030, 35, 4, BIT(TWO_M) | BIT(CODED), 9, 0},
    {0x2031, 35, 5, BIT(TWO_M) | BIT(CODED), 9, 0},
    {0x2032, 35, 6, BIT(TWO_M) | BIT(CODED), 9, 0},
    {0x2035, 36, 1, BIT(EXTENDED), 0, 0},
    {0x2036, 36, 2, BIT(EXTENDED), 0, 0},
    {0x2037, 36, 3, BIT(EXTENDED), 0, 0},
    {0x2038, 36, 4, BIT(EXTENDED), 0, 0},
    {0x2039, 36, 5, BIT(EXTENDED), 0, 0},
    {0x203a, 36, 6, BIT(EXTENDED), 0, 0},
    {0x203b, 36, 7, BIT(EXTENDED), 0, 0},
    {0x203c, 37, 0, BIT(EXTENDED), 0, 0},
    {0x203d, 37, 1, BIT(EXTENDED), 0, 0},
    {0x2041, 37, 5, BIT(EXTENDED), 0, 0},
    {0x2042, 37, 6, BIT(EXTENDED), 0, 0},
    {0x2043, 37, 7, BIT(EXTENDED), 0, 0},
    {0x204b, 38, 7, 0, 9, 0},
    {0x204e, 39, 2, 0, 9, BIT(PRIVACY)},
};

static bool is_expected(const feature_command *f, uint64_t features, uint8_t version)
{
    bool brought = (features & f->features) != 0 || (f->since != 0 && version >= f->since);

    return brought && (f->needs == 0 || (features & f->needs) != 0);
}

static void check_commands(room *r, uint64_t features, uint8_t version)
{
    uint8_t mask[64];

    must(command(r, 0, KITH_HCI_READ_LOCAL_COMMANDS, NULL, 0));
    memcpy(mask, answer_of(r, 0, KITH_HCI_READ_LOCAL_COMMANDS), sizeof mask);
    for (size_t i = 0; i < sizeof with_features / sizeof with_features[0]; i++) {
        const feature_command *f = &with_features[i];
        bool there = is_expected(f, features, version);

        if (is_known(r, f->opcode) != there || (mask[f->octet] >> f->bit & 1) != there)
            fail_msg("features %llx, version %u: %04x", (unsigned long long)features, version, f->opcode);
        room_forget_log(r);
    }
}

static void a_preset_has_the_commands_of_its_features_and_no_others(void **state)
{
    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        room *r = room_of((kith_sim_core)core);

        check_commands(r, expected[core].features, expected[core].version);
        room_free(r);
    }
}

static void each_feature_brings_its_commands(void **state)
{
    room *r = room_new(1, 1);

    (void)state;
    for (unsigned bit = 0; bit <= EXTENDED; bit++)
        for (unsigned inverted = 0; inverted <= 1; inverted++)
            for (uint8_t version = 8; version <= 9; version++) {
                kith_sim_limits limits;

                kith_sim_default_limits(&limits);
                limits.le_features = inverted != 0 ? 0x1fff & ~BIT(bit) : BIT(bit);
                limits.hci_version = version;
                assert_int_equal(kith_sim_set_limits(r->sim, 0, &limits), KITH_OK);
                check_commands(r, limits.le_features, version);
            }
    room_free(r);
}

static const uint8_t *connect_and_seek(room *r, int subevent)
{
    advertise(r, 0);
    must(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    room_run(r, 1000000);
    return seek_le(r, 1, subevent);
}

/* 7.7.65.10: with LL privacy, or from 5.0 on, whatever the mask says. */
static void an_old_controller_tells_of_connections_in_the_old_way(void **state)
{
    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        room *r = room_of((kith_sim_core)core);
        bool bare = core == KITH_SIM_CORE_4_2_BARE;

        assert_non_null(connect_and_seek(r, bare ? KITH_HCI_LE_EV_CONNECTION_COMPLETE
                                                 : KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
        r->read[1] = 0;
        assert_null(
            seek_le(r, 1, bare ? KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE : KITH_HCI_LE_EV_CONNECTION_COMPLETE));
        room_free(r);
    }
}

static void the_peer_learns_the_version(void **state)
{
    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        static const uint8_t handle[2] = {1, 0};
        room *r = room_of((kith_sim_core)core);
        const uint8_t *p;

        (void)connect_and_seek(r, KITH_HCI_LE_EV_CONNECTION_COMPLETE);
        must(command(r, 1, KITH_HCI_READ_REMOTE_VERSION, handle, 2));
        p = await(r, 1, KITH_HCI_EV_READ_REMOTE_VERSION_COMPLETE, -1, 1000000);
        must(p[0]);
        assert_int_equal(p[3], expected[core].version);
        room_free(r);
    }
}

static void lists_are_as_long_as_they_say(void **state)
{
    static const uint8_t lengths[] = {1, 5, KITH_SIM_LIST_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof lengths; i++) {
        room *r = room_new(1, 1);
        kith_sim_limits limits;

        kith_sim_default_limits(&limits);
        limits.filter_list = lengths[i];
        limits.resolving_list = lengths[i];
        assert_int_equal(kith_sim_set_limits(r->sim, 0, &limits), KITH_OK);
        for (uint8_t n = 0; n <= lengths[i]; n++) {
            uint8_t full = n < lengths[i] ? KITH_HCI_SUCCESS : KITH_HCI_MEMORY_EXCEEDED;
            uint8_t entry[39] = {0, n, 7, 7, 7, 7, 7, n, 1};

            assert_int_equal(command(r, 0, KITH_HCI_LE_ADD_TO_FILTER_LIST, entry, 7), full);
            assert_int_equal(command(r, 0, KITH_HCI_LE_ADD_TO_RESOLVING_LIST, entry, 39), full);
        }
        room_free(r);
    }
}

static kith_status try_limits(room *r, const kith_sim_limits *limits)
{
    kith_status status = kith_sim_set_limits(r->sim, 0, limits);
    uint8_t kept;

    must(command(r, 0, KITH_HCI_LE_READ_FILTER_LIST_SIZE, NULL, 0));
    kept = answer_of(r, 0, KITH_HCI_LE_READ_FILTER_LIST_SIZE)[0];
    if (status != KITH_OK)
        assert_int_equal(kept, 16);
    return status;
}

static void limits_out_of_range_are_refused_and_change_nothing(void **state)
{
    room *r = room_new(1, 1);
    kith_sim_limits good;

    (void)state;
    kith_sim_default_limits(&good);
    for (int i = 0; i < 9; i++) {
        kith_sim_limits bad = good;

        bad.filter_list = 3;
        switch (i) {
        case 0:
            bad.hci_version = 0;
            break;
        case 1:
            bad.filter_list = 0;
            break;
        case 2:
            bad.filter_list = KITH_SIM_LIST_MAX + 1;
            break;
        case 3:
            bad.resolving_list = 0;
            break;
        case 4:
            bad.resolving_list = KITH_SIM_LIST_MAX + 1;
            break;
        case 5:
            bad.sets = 0;
            break;
        case 6:
            bad.sets = KITH_SIM_SETS_MAX + 1;
            break;
        case 7:
            bad.data_most = 30;
            break;
        default:
            bad.data_most = 1651;
            break;
        }
        assert_int_equal(try_limits(r, &bad), KITH_ERR_VALUE);
    }
    assert_int_equal(try_limits(r, &good), KITH_OK);
    room_free(r);
}

static void a_device_is_heard_as_strongly_as_it_is_set(void **state)
{
    static const uint8_t handle[2] = {1, 0};
    room *r = room_new(2, 1);

    (void)state;
    room_connect(r, 0, 1);
    must(command(r, 1, KITH_HCI_READ_RSSI, handle, 2));
    assert_int_equal((int8_t)answer_of(r, 1, KITH_HCI_READ_RSSI)[2], -50);
    assert_int_equal(kith_sim_set_rssi(r->sim, 0, -83), KITH_OK);
    must(command(r, 1, KITH_HCI_READ_RSSI, handle, 2));
    assert_int_equal((int8_t)answer_of(r, 1, KITH_HCI_READ_RSSI)[2], -83);
    assert_int_equal(kith_sim_set_rssi(r->sim, 0, 21), KITH_ERR_VALUE);
    assert_int_equal(kith_sim_set_rssi(r->sim, 0, -128), KITH_ERR_VALUE);
    assert_int_equal(kith_sim_set_rssi(r->sim, 7, -50), KITH_ERR_VALUE);
    kith_sim_remove(r->sim, 0);
    must(command(r, 1, KITH_HCI_READ_RSSI, handle, 2));
    assert_int_equal((int8_t)answer_of(r, 1, KITH_HCI_READ_RSSI)[2], 127); /* not available */
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_preset_has_its_name_and_its_numbers),
        cmocka_unit_test(a_preset_says_of_itself_what_it_is),
        cmocka_unit_test(a_preset_has_the_commands_of_its_features_and_no_others),
        cmocka_unit_test(each_feature_brings_its_commands),
        cmocka_unit_test(an_old_controller_tells_of_connections_in_the_old_way),
        cmocka_unit_test(the_peer_learns_the_version),
        cmocka_unit_test(lists_are_as_long_as_they_say),
        cmocka_unit_test(limits_out_of_range_are_refused_and_change_nothing),
        cmocka_unit_test(a_device_is_heard_as_strongly_as_it_is_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
