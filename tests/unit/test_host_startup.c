/* What a start reads of the controller, tells of it, and asks it for: by features and commands, each left out once, and
 * by commands that it lists and does not know.  Core Vol 4 Part E 6.27, 7.8.1, Vol 6 Part B 4.6. */
#include "test_host_support.h"

typedef struct {
    desk d;
    uint64_t features;
    uint8_t missing_octet, missing_bits; /* of Supported Commands */
    uint16_t refuse;
    uint8_t refuse_with;
    bool legacy_commands;
    uint8_t sets;
    uint16_t data_most;
    uint64_t le_mask;
    kith_event_ready ready;
    kith_event_start_failed failed;
} start;

enum { ALL_FEATURES = 0x19b3 }; /* and bit 6, link layer privacy, which tells nothing that the commands do not */

static void answer(start *s, const uint8_t *command)
{
    uint16_t opcode = bytes_get16(command + 1);
    uint8_t complete[68] = {1};

    bytes_put16(complete + 1, opcode);
    desk_fill_answer(&s->d, opcode, complete + 4);
    if (opcode == KITH_HCI_READ_LOCAL_COMMANDS)
        complete[4 + s->missing_octet] &= (uint8_t)~s->missing_bits;
    if (opcode == KITH_HCI_LE_READ_LOCAL_FEATURES)
        bytes_put64(complete + 4, s->features);
    if (opcode == KITH_HCI_LE_READ_NUMBER_OF_SETS)
        complete[4] = s->sets;
    if (opcode == KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH)
        bytes_put16(complete + 4, s->data_most);
    if (opcode == KITH_HCI_LE_READ_FILTER_LIST_SIZE)
        complete[4] = 9;
    if (opcode == KITH_HCI_LE_READ_RESOLVING_LIST_SIZE)
        complete[4] = 7;
    if (opcode == KITH_HCI_LE_SET_EVENT_MASK)
        s->le_mask = bytes_get64(command + 4);
    if (opcode == s->refuse)
        complete[3] = s->refuse_with;
    desk_event(&s->d, KITH_HCI_EV_COMMAND_COMPLETE, complete, sizeof complete);
}

/* As it is set; other fields are the controller's. */
static void run(start *s)
{
    desk *d = &s->d;
    kith_event event;
    uint8_t packet[260];
    size_t size;

    d->acl_len = 27;
    d->acl_packets = 4;
    assert_int_equal(kith_openssl_port(&d->port), KITH_OK);
    d->source.state = 1;
    d->port.random = seeded_random;
    d->port.context = &d->source;
    kith_config_default(&d->config);
    d->config.crypto = &d->port;
    d->config.store = &kith_volatile_store;
    d->config.legacy_commands = s->legacy_commands;
    size = kith_host_size(&d->config.limits);
    d->memory = malloc(size);
    assert_int_equal(kith_host_init(d->memory, size, &d->config, &d->h), KITH_OK);
    assert_int_equal(kith_host_start(d->h, 0), KITH_OK);
    while (kith_host_next_packet(d->h, packet, sizeof packet) > 0) {
        d->commands[d->command_count++ % 32] = bytes_get16(packet + 1);
        assert_true(d->command_count < 32);
        answer(s, packet);
    }
    while (kith_host_next_event(d->h, &event)) {
        d->told[event.kind]++;
        if (event.kind == KITH_EVENT_READY)
            s->ready = event.ready;
        if (event.kind == KITH_EVENT_START_FAILED)
            s->failed = event.start_failed;
    }
    free(d->memory);
    assert_int_equal(d->told[KITH_EVENT_READY] + d->told[KITH_EVENT_START_FAILED], 1);
}

static start of_features(uint64_t features)
{
    return (start){.features = features, .sets = 6, .data_most = 300};
}

static const uint64_t always = 0x01 | 0x02 | 0x04 | 0x10 | 0x200;

static void all_is_there(void **state)
{
    start s = of_features(ALL_FEATURES);

    (void)state;
    run(&s);
    assert_int_equal(s.ready.lacks, 0);
    assert_int_equal(s.ready.sets, 6);
    assert_int_equal(s.ready.data_most, 300);
    assert_int_equal(s.ready.filter_list, 9); /* although there are no lists here to use it */
    assert_int_equal(s.ready.resolving_list, 7);
    assert_int_equal(s.le_mask, always | 0x20 | 0x40 | 0x400 | 0x800 | 0x1000 | 0x10000 | 0x20000);
}

static void each_feature_is_told(void **state)
{
    static const struct {
        uint64_t feature;
        uint32_t lacks;
        uint64_t events;
    } rows[] = {
        {0x0002, KITH_LACKS_PARAMETER_REQUEST, 0x20},
        {0x0010, KITH_LACKS_PING, 0},
        {0x0020, KITH_LACKS_DATA_LENGTH, 0x40},
        {0x0080, 0, 0x400},
        {0x0100, KITH_LACKS_PHY_2M, 0}, /* LE Coded still makes PHY updates */
        {0x0800, KITH_LACKS_PHY_CODED, 0},
        {0x1000, KITH_LACKS_EXTENDED, 0x1000 | 0x10000 | 0x20000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start whole = of_features(ALL_FEATURES), s = of_features(ALL_FEATURES & ~rows[i].feature);

        run(&whole);
        run(&s);
        assert_int_equal(s.ready.lacks, rows[i].lacks);
        assert_true(rows[i].lacks == 0 || kith_lack_name(rows[i].lacks) != NULL);
        assert_int_equal(s.le_mask, whole.le_mask & ~rows[i].events);
    }
}

static void an_old_controller_is_asked_for_nothing_new(void **state)
{
    start s = of_features(0x01);

    (void)state;
    run(&s);
    assert_int_equal(s.le_mask, always);
    assert_int_equal(s.ready.lacks, KITH_LACKS_PING | KITH_LACKS_DATA_LENGTH | KITH_LACKS_PARAMETER_REQUEST |
                                        KITH_LACKS_PHY_2M | KITH_LACKS_PHY_CODED | KITH_LACKS_EXTENDED);
    assert_int_equal(s.ready.sets, 1);
    assert_int_equal(s.ready.data_most, 31);
    assert_int_equal(desk_sent(&s.d, KITH_HCI_LE_READ_NUMBER_OF_SETS), 0);
    assert_int_equal(desk_sent(&s.d, KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH), 0);
}

static void each_command_is_needed(void **state)
{
    static const struct {
        uint8_t octet, bits;
        uint32_t lacks;
    } rows[] = {
        {36, 0x02, KITH_LACKS_EXTENDED},          {36, 0x04, KITH_LACKS_EXTENDED},
        {36, 0x08, KITH_LACKS_EXTENDED},          {36, 0x10, KITH_LACKS_EXTENDED},
        {36, 0x20, KITH_LACKS_EXTENDED},          {36, 0x40, KITH_LACKS_EXTENDED},
        {36, 0x80, KITH_LACKS_EXTENDED},          {37, 0x01, KITH_LACKS_EXTENDED},
        {37, 0x20, KITH_LACKS_EXTENDED},          {37, 0x40, KITH_LACKS_EXTENDED},
        {37, 0x80, KITH_LACKS_EXTENDED},          {37, 0x1e, 0},
        {39, 0x04, KITH_LACKS_PRIVACY_MODES},     {33, 0x10, KITH_LACKS_PARAMETER_REQUEST},
        {33, 0x20, KITH_LACKS_PARAMETER_REQUEST}, {35, 0x40, KITH_LACKS_PHY_2M | KITH_LACKS_PHY_CODED},
        {26, 0x40, KITH_LACKS_FILTER_LIST},       {34, 0x40, KITH_LACKS_RESOLVING_LIST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start s = of_features(ALL_FEATURES);

        s.missing_octet = rows[i].octet;
        s.missing_bits = rows[i].bits;
        run(&s);
        assert_int_equal(s.ready.lacks, rows[i].lacks);
        assert_int_equal(s.ready.sets, rows[i].lacks == KITH_LACKS_EXTENDED ? 1 : 6);
        assert_int_equal(s.ready.filter_list, rows[i].lacks == KITH_LACKS_FILTER_LIST ? 0 : 9);
        assert_int_equal(s.ready.resolving_list, rows[i].lacks == KITH_LACKS_RESOLVING_LIST ? 0 : 7);
        if (rows[i].lacks == KITH_LACKS_PARAMETER_REQUEST) /* nobody could answer */
            assert_int_equal(s.le_mask & 0x20, 0);
    }
}

/* Of what is not needed it is enough that it does not know one command that it lists. */
static void a_command_that_is_listed_and_refused_is_lacked(void **state)
{
    static const struct {
        uint16_t opcode;
        uint32_t lacks;
    } rows[] = {
        {KITH_HCI_LE_READ_NUMBER_OF_SETS, KITH_LACKS_EXTENDED},
        {KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH, KITH_LACKS_EXTENDED},
        {KITH_HCI_LE_READ_FILTER_LIST_SIZE, KITH_LACKS_FILTER_LIST},
        {KITH_HCI_LE_READ_RESOLVING_LIST_SIZE, KITH_LACKS_RESOLVING_LIST},
        {KITH_HCI_SET_EVENT_MASK_PAGE_2, KITH_LACKS_PING},
        {KITH_HCI_LE_SET_EVENT_MASK, 0}, /* needed */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start s = of_features(ALL_FEATURES);

        s.refuse = rows[i].opcode;
        s.refuse_with = KITH_HCI_UNKNOWN_COMMAND;
        run(&s);
        assert_int_equal(s.d.told[KITH_EVENT_READY], rows[i].lacks != 0);
        assert_int_equal(s.ready.lacks, rows[i].lacks);
        if (rows[i].lacks == 0)
            assert_int_equal(s.failed.opcode, rows[i].opcode);
        if (rows[i].lacks == KITH_LACKS_EXTENDED) {
            assert_int_equal(s.ready.sets, 1);
            assert_int_equal(s.ready.data_most, 31);
            assert_int_equal(s.le_mask & 0x31000, 0);
        }
    }
}

/* The program's wish: no command of the other kind goes, as the controller would refuse those of Core 4.2 then. */
static void legacy_commands_are_all_that_is_used(void **state)
{
    start s = of_features(ALL_FEATURES);

    (void)state;
    s.legacy_commands = true;
    run(&s);
    assert_int_equal(s.ready.lacks, 0); /* the controller has them */
    assert_int_equal(s.ready.sets, 1);
    assert_int_equal(s.ready.data_most, 31);
    assert_int_equal(desk_sent(&s.d, KITH_HCI_LE_READ_NUMBER_OF_SETS), 0);
    assert_int_equal(s.le_mask & 0x31000, 0);
}

/* What a controller says of itself is believed within what can be. */
static void odd_figures_are_kept_within_bounds(void **state)
{
    start s = of_features(ALL_FEATURES);

    (void)state;
    s.sets = 0;
    s.data_most = 3;
    run(&s);
    assert_int_equal(s.ready.sets, 1);
    assert_int_equal(s.ready.data_most, 31);
    s = of_features(ALL_FEATURES);
    s.sets = 255;
    s.data_most = 0xffff;
    run(&s);
    assert_int_equal(s.ready.sets, 255);
    assert_int_equal(s.ready.data_most, KITH_ADVERTISING_DATA_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_there),
        cmocka_unit_test(each_feature_is_told),
        cmocka_unit_test(an_old_controller_is_asked_for_nothing_new),
        cmocka_unit_test(each_command_is_needed),
        cmocka_unit_test(a_command_that_is_listed_and_refused_is_lacked),
        cmocka_unit_test(legacy_commands_are_all_that_is_used),
        cmocka_unit_test(odd_figures_are_kept_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
