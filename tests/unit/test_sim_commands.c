/* HCI commands: what a host's start-up meets, the Supported Commands mask, refusals, flow control, and
 * rubbish from a host, which must change nothing but the host's own luck. */
#include "test_sim_support.h"

static void a_linux_like_start_up_is_answered(void **state)
{
    static const uint16_t reads[] = {
        KITH_HCI_RESET,
        KITH_HCI_READ_LOCAL_FEATURES,
        KITH_HCI_READ_LOCAL_VERSION,
        KITH_HCI_READ_BD_ADDR,
        KITH_HCI_READ_LOCAL_COMMANDS,
        KITH_HCI_LE_READ_LOCAL_FEATURES,
        KITH_HCI_LE_READ_BUFFER_SIZE,
        KITH_HCI_LE_READ_SUPPORTED_STATES,
        KITH_HCI_LE_READ_ADV_TX_POWER,
        KITH_HCI_LE_READ_TX_POWER,
        KITH_HCI_LE_READ_FILTER_LIST_SIZE,
        KITH_HCI_LE_CLEAR_FILTER_LIST,
        KITH_HCI_LE_READ_RESOLVING_LIST_SIZE,
        KITH_HCI_LE_CLEAR_RESOLVING_LIST,
        KITH_HCI_LE_READ_MAX_DATA_LENGTH,
        KITH_HCI_LE_READ_DEFAULT_DATA_LENGTH,
        KITH_HCI_LE_RAND,
    };
    room *r = room_new(1, 1);

    (void)state;
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++)
        must(command(r, 0, reads[i], NULL, 0));
    assert_memory_equal(answer_of(r, 0, KITH_HCI_READ_BD_ADDR), ROOM_ADDRESS[0], 6);
    assert_int_equal(answer_of(r, 0, KITH_HCI_READ_LOCAL_FEATURES)[4], 0x60); /* LE, and not BR/EDR */
    assert_int_equal(bytes_get16(answer_of(r, 0, KITH_HCI_LE_READ_BUFFER_SIZE)), 251);
    assert_int_equal(answer_of(r, 0, KITH_HCI_LE_READ_BUFFER_SIZE)[2], 8);
    assert_int_equal(bytes_get16(answer_of(r, 0, KITH_HCI_LE_READ_DEFAULT_DATA_LENGTH)), 27);
    assert_int_equal(bytes_get16(answer_of(r, 0, KITH_HCI_LE_READ_MAX_DATA_LENGTH)), 251);
    assert_int_equal(command(r, 0, 0x0c24, NULL, 0), KITH_HCI_UNKNOWN_COMMAND); /* Write Class Of Device */
    room_free(r);
}

/* What an LE-only controller of these features has, written down by hand: each command's place in the Supported
 * Commands mask (Vol 4 Part E 6.27), how long its parameters are, and what follows the status in its Command Complete
 * (7.1 to 7.8); STATUS: it is answered by Command Status.  Host Number Of Completed Packets, which has no answer, is
 * the one that is not here. */
enum { STATUS = 0xff };

typedef struct {
    uint16_t opcode;
    uint8_t octet;
    uint8_t bit;
    uint8_t len;
    uint8_t answer_len;
} known_command;

static const known_command known[] = {
    {0x0406, 0, 5, 3, STATUS},   {0x041d, 2, 7, 2, STATUS},  {0x0c01, 5, 6, 8, 0},        {0x0c03, 5, 7, 0, 0},
    {0x0c2d, 10, 2, 3, 3},       {0x0c31, 10, 5, 1, 0},      {0x0c33, 10, 6, 7, 0},       {0x0c63, 22, 2, 8, 0},
    {0x0c7b, 32, 4, 2, 4},       {0x0c7c, 32, 5, 4, 2},      {0x1001, 14, 3, 0, 8},       {0x1002, 14, 4, 0, 64},
    {0x1003, 14, 5, 0, 8},       {0x1009, 15, 1, 0, 6},      {0x1405, 15, 5, 2, 3},       {0x2001, 25, 0, 8, 0},
    {0x2002, 25, 1, 0, 3},       {0x2003, 25, 2, 0, 8},      {0x2005, 25, 4, 6, 0},       {0x2006, 25, 5, 15, 0},
    {0x2007, 25, 6, 0, 1},       {0x2008, 25, 7, 32, 0},     {0x2009, 26, 0, 32, 0},      {0x200a, 26, 1, 1, 0},
    {0x200b, 26, 2, 7, 0},       {0x200c, 26, 3, 2, 0},      {0x200d, 26, 4, 25, STATUS}, {0x200e, 26, 5, 0, 0},
    {0x200f, 26, 6, 0, 1},       {0x2010, 26, 7, 0, 0},      {0x2011, 27, 0, 7, 0},       {0x2012, 27, 1, 7, 0},
    {0x2013, 27, 2, 14, STATUS}, {0x2014, 27, 3, 5, 0},      {0x2015, 27, 4, 2, 7},       {0x2016, 27, 5, 2, STATUS},
    {0x2017, 27, 6, 32, 16},     {0x2018, 27, 7, 0, 8},      {0x2019, 28, 0, 28, STATUS}, {0x201a, 28, 1, 18, 2},
    {0x201b, 28, 2, 2, 2},       {0x201c, 28, 3, 0, 8},      {0x2022, 33, 6, 6, 2},       {0x2023, 33, 7, 0, 4},
    {0x2024, 34, 0, 4, 0},       {0x2025, 34, 1, 0, STATUS}, {0x2026, 34, 2, 64, STATUS}, {0x2027, 34, 3, 39, 0},
    {0x2028, 34, 4, 7, 0},       {0x2029, 34, 5, 0, 0},      {0x202a, 34, 6, 0, 1},       {0x202b, 34, 7, 7, 6},
    {0x202c, 35, 0, 7, 6},       {0x202d, 35, 1, 1, 0},      {0x202e, 35, 2, 2, 0},       {0x202f, 35, 3, 0, 8},
    {0x2030, 35, 4, 2, 4},       {0x2031, 35, 5, 3, 0},      {0x2032, 35, 6, 7, STATUS},  {0x204b, 38, 7, 0, 2},
    {0x204e, 39, 2, 8, 0},
};

static const known_command *find_known(uint16_t opcode)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].opcode == opcode)
            return &known[i];
    return NULL;
}

static void the_supported_commands_mask_has_the_known_commands_and_no_other(void **state)
{
    uint8_t bits[64] = {0};
    room *r = room_new(1, 1);

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        bits[known[i].octet] |= (uint8_t)(1 << known[i].bit);
    bits[10] |= 0x80; /* Host Number Of Completed Packets */
    must(command(r, 0, KITH_HCI_READ_LOCAL_COMMANDS, NULL, 0));
    assert_memory_equal(answer_of(r, 0, KITH_HCI_READ_LOCAL_COMMANDS), bits, 64);
    room_free(r);
}

/* Among the unknown ones are all of BR/EDR, Read Buffer Size and LE Host Support: no LE-only controller has them. */
static void a_command_is_known_if_its_bit_is_set_and_only_then(void **state)
{
    uint8_t zeros[255] = {0};
    room *r = room_new(1, 1);

    (void)state;
    for (unsigned opcode = 1; opcode <= 0xffff; opcode++) {
        uint8_t wanted = find_known((uint16_t)opcode) != NULL ? KITH_HCI_INVALID_PARAMETERS : KITH_HCI_UNKNOWN_COMMAND;

        if (opcode != KITH_HCI_HOST_COMPLETED_PACKETS && command(r, 0, (uint16_t)opcode, zeros, 255) != wanted)
            fail_msg("opcode %04x is %sknown", opcode, wanted == KITH_HCI_UNKNOWN_COMMAND ? "" : "un");
        room_forget_log(r);
    }
    room_free(r);
}

/* Whatever the status: a host may read them before it looks. */
static void every_answer_has_its_length(void **state)
{
    uint8_t zeros[64] = {0};
    room *r = room_new(1, 1);

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const known_command *k = &known[i];
        const room_packet *answer = &r->log[0][0];

        room_forget_log(r);
        command(r, 0, k->opcode, zeros, k->len);
        if (k->answer_len == STATUS && answer->data[1] != KITH_HCI_EV_COMMAND_STATUS)
            fail_msg("%04x: no Command Status", k->opcode);
        if (k->answer_len != STATUS && answer->len != 7u + k->answer_len)
            fail_msg("%04x: %zu octets", k->opcode, answer->len);
    }
    room_free(r);
}

/* Vol 6 Part B 4.6: encryption, extended reject, features asked for by a peripheral, ping, data length, privacy.  Vol 2
 * Part C 3.3: LE Supported, BR/EDR Not Supported.  The states are all that there are: it has radios enough. */
static void features_and_states_are_those_that_are_there(void **state)
{
    room *r = room_new(1, 1);

    (void)state;
    must(command(r, 0, KITH_HCI_LE_READ_LOCAL_FEATURES, NULL, 0));
    assert_memory_equal(answer_of(r, 0, KITH_HCI_LE_READ_LOCAL_FEATURES), "\x7d\0\0\0\0\0\0\0", 8);
    must(command(r, 0, KITH_HCI_READ_LOCAL_FEATURES, NULL, 0));
    assert_memory_equal(answer_of(r, 0, KITH_HCI_READ_LOCAL_FEATURES), "\0\0\0\0\x60\0\0\0", 8);
    must(command(r, 0, KITH_HCI_LE_READ_SUPPORTED_STATES, NULL, 0));
    assert_memory_equal(answer_of(r, 0, KITH_HCI_LE_READ_SUPPORTED_STATES), "\xff\xff\xff\xff\xff\x03\0\0", 8);
    room_free(r);
}

static void a_command_can_be_left_out(void **state)
{
    static const uint16_t without[] = {KITH_HCI_LE_READ_LOCAL_P256_PUBLIC_KEY, KITH_HCI_LE_GENERATE_DHKEY};
    kith_sim_limits limits;
    room *r = room_new(1, 1);

    (void)state;
    kith_sim_default_limits(&limits);
    limits.acl_len = 27;
    limits.acl_packets = 1;
    limits.unsupported_commands = without;
    limits.unsupported_count = 2;
    assert_int_equal(kith_sim_set_limits(r->sim, 0, &limits), KITH_OK);
    assert_int_equal(command(r, 0, KITH_HCI_LE_READ_LOCAL_P256_PUBLIC_KEY, NULL, 0), KITH_HCI_UNKNOWN_COMMAND);
    must(command(r, 0, KITH_HCI_READ_LOCAL_COMMANDS, NULL, 0));
    assert_int_equal(answer_of(r, 0, KITH_HCI_READ_LOCAL_COMMANDS)[34] & 0x06, 0);
    must(command(r, 0, KITH_HCI_LE_READ_BUFFER_SIZE, NULL, 0));
    assert_int_equal(bytes_get16(answer_of(r, 0, KITH_HCI_LE_READ_BUFFER_SIZE)), 27);
    limits.acl_len = 26;
    assert_int_equal(kith_sim_set_limits(r->sim, 0, &limits), KITH_ERR_VALUE);
    room_free(r);
}

static void every_wrong_length_is_an_invalid_parameter(void **state)
{
    uint8_t zeros[255] = {0};
    room *r = room_new(1, 1);

    (void)state;
    for (unsigned ogf = 0; ogf < 16; ogf++) {
        for (unsigned ocf = 0; ocf < 0x80; ocf++) {
            uint8_t status = command(r, 0, KITH_HCI_OPCODE(ogf, ocf), zeros, 255);

            assert_true(status == KITH_HCI_INVALID_PARAMETERS || status == KITH_HCI_UNKNOWN_COMMAND);
        }
        room_forget_log(r);
    }
    room_free(r);
}

static void values_out_of_range_are_refused(void **state)
{
    static const struct {
        uint16_t opcode;
        uint8_t len;
        uint8_t p[25];
    } bad[] = {
        {KITH_HCI_LE_SET_ADV_PARAMETERS, 15, {0x1f, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0}},
        {KITH_HCI_LE_SET_ADV_PARAMETERS, 15, {0x40, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0}},
        {KITH_HCI_LE_SET_ADV_PARAMETERS, 15, {0x20, 0, 0x20, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0}},
        {KITH_HCI_LE_SET_ADV_PARAMETERS, 15, {0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
        {KITH_HCI_LE_SET_ADV_DATA, 32, {32}},
        {KITH_HCI_LE_SET_ADV_ENABLE, 1, {2}},
        {KITH_HCI_LE_SET_SCAN_PARAMETERS, 7, {0, 0x10, 0, 0x11, 0, 0, 0}},
        {KITH_HCI_LE_SET_SCAN_ENABLE, 2, {1, 2}},
        {KITH_HCI_LE_SET_RPA_TIMEOUT, 2, {0, 0}},
        {KITH_HCI_LE_SET_DEFAULT_PHY, 3, {0, 0, 1}},
        {KITH_HCI_LE_WRITE_DEFAULT_DATA_LENGTH, 4, {26, 0, 0x48, 0x08}},
    };
    room *r = room_new(1, 1);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t p[32] = {0};

        memcpy(p, bad[i].p, 25);
        assert_int_equal(command(r, 0, bad[i].opcode, p, bad[i].len), KITH_HCI_INVALID_PARAMETERS);
    }
    /* a supervision timeout of 600 ms is not above twice 312.5 ms */
    assert_int_equal(create_connection(r, 0, 0, 0, ROOM_ADDRESS[1], 0, 250, 60), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(create_connection(r, 0, 0, 0, ROOM_ADDRESS[1], 1, INTERVAL, TIMEOUT), KITH_HCI_INVALID_PARAMETERS);
    room_free(r);
}

static void aes_and_p256_work_for_the_host(void **state)
{
    /* FIPS 197 C.1, least significant octet first */
    uint8_t p[32];
    static const uint8_t sum[16] = {0x5a, 0xc5, 0xb4, 0x70, 0x80, 0xb7, 0xcd, 0xd8,
                                    0x30, 0x04, 0x7b, 0x6a, 0xd8, 0xe0, 0xc4, 0x69};
    uint8_t keys[2][64];
    uint8_t shared[2][32];
    room *r = room_new(2, 1);

    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        p[i] = (uint8_t)(15 - i);
        p[16 + i] = (uint8_t)((15 - i) * 0x11);
    }
    must(command(r, 0, KITH_HCI_LE_ENCRYPT, p, sizeof p));
    assert_memory_equal(answer_of(r, 0, KITH_HCI_LE_ENCRYPT), sum, 16);
    assert_int_equal(command(r, 0, KITH_HCI_LE_GENERATE_DHKEY, keys[0], 64), KITH_HCI_COMMAND_DISALLOWED);
    for (int i = 0; i < 2; i++) {
        const uint8_t *e;

        must(command(r, i, KITH_HCI_LE_READ_LOCAL_P256_PUBLIC_KEY, NULL, 0));
        e = seek_le(r, i, KITH_HCI_LE_EV_READ_LOCAL_P256_COMPLETE);
        assert_non_null(e);
        must(e[0]);
        memcpy(keys[i], e + 1, 64);
    }
    for (int i = 0; i < 2; i++) {
        const uint8_t *e;

        must(command(r, i, KITH_HCI_LE_GENERATE_DHKEY, keys[1 - i], 64));
        e = seek_le(r, i, KITH_HCI_LE_EV_GENERATE_DHKEY_COMPLETE);
        must(e[0]);
        memcpy(shared[i], e + 1, 32);
    }
    assert_memory_equal(shared[0], shared[1], 32);
    keys[0][5] ^= 1; /* off the curve */
    must(command(r, 1, KITH_HCI_LE_GENERATE_DHKEY, keys[0], 64));
    assert_int_equal(seek_le(r, 1, KITH_HCI_LE_EV_GENERATE_DHKEY_COMPLETE)[0], KITH_HCI_INVALID_PARAMETERS);
    room_free(r);
}

static void masked_events_are_not_sent(void **state)
{
    static const uint8_t none[8] = {0};
    room *r = room_new(2, 1);

    (void)state;
    must(command(r, 1, KITH_HCI_LE_SET_EVENT_MASK, none, 8));
    advertise(r, 0);
    set_scanning(r, 1, true, 0, 0);
    must(enable_scanning(r, 1, true, false));
    room_run(r, 300000);
    assert_null(seek(r, 1, KITH_HCI_EV_LE_META, -1));
    room_unmask(r, 1);
    (void)await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 300000);
    must(command(r, 1, KITH_HCI_RESET, NULL, 0)); /* the default masks have no LE events */
    set_scanning(r, 1, true, 0, 0);
    must(enable_scanning(r, 1, true, false));
    room_run(r, 300000);
    assert_null(seek(r, 1, KITH_HCI_EV_LE_META, -1));
    room_free(r);
}

static void a_reset_stops_all_and_forgets_settings(void **state)
{
    room *r = room_new(2, 1);

    (void)state;
    advertise(r, 0);
    must(command(r, 0, KITH_HCI_RESET, NULL, 0));
    assert_int_equal(kith_sim_deadline(r->sim), UINT64_MAX);
    room_free(r);
}

static void only_as_many_commands_as_credits(void **state)
{
    static const uint8_t rand[] = {1, 0x18, 0x20, 0};
    room *r = room_new(1, 1);
    const uint8_t *p;

    (void)state;
    must(command(r, 0, KITH_HCI_LE_RAND, NULL, 0));
    assert_int_equal(answer_of(r, 0, KITH_HCI_LE_RAND)[-4], 1); /* Num_HCI_Command_Packets */
    assert_int_equal(kith_sim_send(r->sim, 0, rand, sizeof rand), KITH_OK);
    assert_int_equal(kith_sim_send(r->sim, 0, rand, sizeof rand), KITH_OK); /* before the answer was taken */
    room_collect(r);
    p = seek(r, 0, KITH_HCI_EV_HARDWARE_ERROR, -1);
    assert_non_null(p);
    must(command(r, 0, KITH_HCI_LE_RAND, NULL, 0));
    room_free(r);
}

static void host_flow_control_holds_data_back(void **state)
{
    static const uint8_t size[7] = {251, 0, 0, 2, 0, 0, 0};
    static const uint8_t on = 1;
    static const uint8_t done[] = {1, 0x35, 0x0c, 5, 1, 1, 0, 2, 0};
    room *r = room_new(2, 1);
    unsigned got = 0;

    (void)state;
    must(command(r, 0, KITH_HCI_HOST_BUFFER_SIZE, size, sizeof size));
    must(command(r, 0, KITH_HCI_SET_CONTROLLER_TO_HOST_FLOW, &on, 1));
    room_connect(r, 0, 1);
    for (int i = 0; i < 5; i++)
        send_acl(r, 1, 1, false, (const uint8_t *)"data", 4);
    room_run(r, 300000);
    for (unsigned expected = 2; expected <= 6; expected += 2) {
        while (seek_acl(r, 0) != NULL)
            got++;
        assert_int_equal(got, expected < 5 ? expected : 5);
        assert_int_equal(kith_sim_send(r->sim, 0, done, sizeof done), KITH_OK);
        room_collect(r);
    }
    room_free(r);
}

static void what_is_not_one_packet_is_refused(void **state)
{
    static const uint8_t reset[] = {1, 3, 0x0c, 0};
    static const uint8_t long_by_one[] = {1, 3, 0x0c, 0, 0};
    static const uint8_t short_by_one[] = {2, 1, 0, 2, 0, 0};
    static const uint8_t event[] = {4, 0x0e, 1, 0};
    room *r = room_new(1, 1);

    (void)state;
    assert_int_equal(kith_sim_send(r->sim, 0, reset, 3), KITH_ERR_VALUE);
    assert_int_equal(kith_sim_send(r->sim, 0, long_by_one, sizeof long_by_one), KITH_ERR_VALUE);
    assert_int_equal(kith_sim_send(r->sim, 0, short_by_one, sizeof short_by_one), KITH_ERR_VALUE);
    assert_int_equal(kith_sim_send(r->sim, 0, event, sizeof event), KITH_ERR_VALUE);
    assert_int_equal(kith_sim_send(r->sim, 7, reset, sizeof reset), KITH_ERR_VALUE);
    assert_int_equal(kith_sim_send(r->sim, -1, reset, sizeof reset), KITH_ERR_VALUE);
    assert_false(kith_sim_has_packet(r->sim, 0));
    room_free(r);
}

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Mostly known opcodes and small values, so that much of it is accepted and things happen. */
static size_t rubbish(uint32_t *seed, uint8_t packet[260])
{
    static const uint8_t lengths[] = {0, 1, 2, 3, 6, 7, 8, 14, 15, 18, 25, 28, 32, 39, 64};
    size_t len = draw(seed) % 4 == 0 ? draw(seed) % 64 : lengths[draw(seed) % sizeof lengths];

    for (size_t i = 0; i < len; i++)
        packet[5 + i] = (uint8_t)(draw(seed) % 3 == 0 ? draw(seed) : draw(seed) % 4);
    if (draw(seed) % 8 == 0) {
        packet[0] = KITH_H4_ACL;
        bytes_put16(packet + 1, (uint16_t)(draw(seed) % 3 | draw(seed) % 3 << 12));
        bytes_put16(packet + 3, (uint16_t)len);
        return 5 + len;
    }
    packet[0] = KITH_H4_COMMAND;
    bytes_put16(packet + 1, KITH_HCI_OPCODE(draw(seed) % 4 == 0 ? draw(seed) % 9 : 8, draw(seed) % 0x50));
    packet[3] = (uint8_t)len;
    memmove(packet + 4, packet + 5, len);
    return 4 + len;
}

/* Controllers of all ages, side by side. */
static void mix_ages(room *r, uint32_t seed)
{
    for (uint32_t i = 0; i < 3; i++) {
        kith_sim_limits limits;

        kith_sim_core_limits(&limits, (kith_sim_core)((seed + i) % KITH_SIM_CORES));
        limits.le_features |= 0x7d; /* so that the end of the test can connect and encrypt as ever */
        assert_int_equal(kith_sim_set_limits(r->sim, (int)i, &limits), KITH_OK);
    }
}

static void rubbish_from_hosts_harms_nobody(void **state)
{
    (void)state;
    for (uint32_t start = 1; start <= 40; start++) {
        uint32_t seed = start;
        room *r = room_new(3, start);

        print_message("seed %u\n", start);
        if (start % 2 == 0)
            mix_ages(r, start / 2);
        room_connect(r, 0, 1);
        for (int i = 0; i < 1500; i++) {
            uint8_t packet[260];
            size_t len = rubbish(&seed, packet);

            assert_int_equal(kith_sim_send(r->sim, (int)(draw(&seed) % 3), packet, len), KITH_OK);
            room_collect(r);
            room_run(r, draw(&seed) % 4 == 0 ? 20000 : 0);
            room_forget_log(r);
        }
        for (int i = 0; i < 3; i++) {
            must(command(r, i, KITH_HCI_RESET, NULL, 0));
            room_unmask(r, i);
        }
        room_forget_log(r);
        room_connect(r, 0, 1);
        room_encrypt(r, 0, 1);
        room_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linux_like_start_up_is_answered),
        cmocka_unit_test(the_supported_commands_mask_has_the_known_commands_and_no_other),
        cmocka_unit_test(a_command_is_known_if_its_bit_is_set_and_only_then),
        cmocka_unit_test(every_answer_has_its_length),
        cmocka_unit_test(features_and_states_are_those_that_are_there),
        cmocka_unit_test(a_command_can_be_left_out),
        cmocka_unit_test(every_wrong_length_is_an_invalid_parameter),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(aes_and_p256_work_for_the_host),
        cmocka_unit_test(masked_events_are_not_sent),
        cmocka_unit_test(a_reset_stops_all_and_forgets_settings),
        cmocka_unit_test(only_as_many_commands_as_credits),
        cmocka_unit_test(host_flow_control_holds_data_back),
        cmocka_unit_test(what_is_not_one_packet_is_refused),
        cmocka_unit_test(rubbish_from_hosts_harms_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
