/* Conversations with the server: PDUs in, PDUs out, under the SIG's ids where there is one.
 * Core Vol 3 Part F 3.4. */
#include "test_gatt_support.h"

static void mtu_is_agreed(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    assert_int_equal(client_sends(&l, "02 17 00"), GATT_SERVER_MTU);
    we_send(&l, "03 f7 00");
    assert_int_equal(l.bearer.mtu, 23);
    exchange(&l, "02 05 02", "03 f7 00");
    assert_int_equal(l.bearer.mtu, 247);
    exchange(&l, "02 10 00", "03 f7 00");
    assert_int_equal(l.bearer.mtu, 23);
}

static void services_are_discovered(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    exchange(&l, "10 01 00 ff ff 00 28", "11 06 01 00 05 00 00 18 06 00 0d 00 01 18 0e 00 11 00 0f 18");
    exchange(&l, "10 12 00 ff ff 00 28", "11 14 12 00 1d 00 c1 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b");
    exchange(&l, "10 1e 00 ff ff 00 28", "01 10 1e 00 0a");
    exchange(&l, "10 02 00 05 00 00 28", "01 10 02 00 0a");
    exchange(&l, "10 01 00 ff ff 01 28", "01 10 01 00 0a");
    exchange(&l, "10 01 00 ff ff 03 28", "01 10 01 00 10");
    exchange(&l, "10 00 00 ff ff 00 28", "01 10 00 00 01");
    exchange(&l, "10 05 00 04 00 00 28", "01 10 05 00 01");
}

/* The long form of 0x2800 asks for the same. */
static void long_form_of_a_type_is_the_type(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    exchange(&l, "10 0e 00 11 00 fb 34 9b 5f 80 00 00 80 00 10 00 00 00 28 00 00", "11 06 0e 00 11 00 0f 18");
}

static void a_service_is_found_by_its_uuid(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    exchange(&l, "06 01 00 ff ff 00 28 0f 18", "07 0e 00 11 00");
    exchange(&l, "06 01 00 ff ff 00 28 c1 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b", "07 12 00 1d 00");
    exchange(&l, "06 01 00 ff ff 00 28 0d 18", "01 06 01 00 0a");
    exchange(&l, "06 0f 00 ff ff 00 28 0f 18", "01 06 0f 00 0a");
    exchange(&l, "06 00 00 ff ff 00 28 0f 18", "01 06 00 00 01");
}

/* A value that may not be read can't be guessed by comparing either. */
static void comparing_needs_the_right_to_read(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    exchange(&l, "06 01 00 ff ff 19 2a 64", "07 10 00 10 00");
    exchange(&l, "06 01 00 ff ff 19 2a 65", "01 06 01 00 0a");
    exchange(&l, "06 01 00 ff ff 58 2a 01 02 03 04", "01 06 01 00 0a");
    l.sec = short_key;
    exchange(&l, "06 01 00 ff ff 58 2a 01 02 03 04", "01 06 01 00 0a");
    l.sec = just_works;
    exchange(&l, "06 01 00 ff ff 58 2a 01 02 03 04", "07 1a 00 1a 00");
    exchange(&l, "06 01 00 ff ff 56 2a", "01 06 01 00 0a");
}

static void characteristics_are_discovered(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    exchange(&l, "08 0e 00 11 00 03 28", "09 07 0f 00 02 10 00 19 2a");
    exchange(&l, "08 12 00 1d 00 03 28", "09 07 13 00 0e 14 00 56 2a");
    exchange(&l, "08 15 00 1d 00 03 28", "09 15 15 00 02 16 00 c2 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b");
    exchange(&l, "08 17 00 1d 00 03 28", "09 07 17 00 08 18 00 57 2a 19 00 02 1a 00 58 2a 1b 00 06 1c 00 59 2a");
    exchange(&l, "08 1c 00 1d 00 03 28", "01 08 1c 00 0a");
}

static void descriptors_are_discovered(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    exchange(&l, "04 11 00 11 00", "05 01 11 00 01 29");
    exchange(&l, "04 01 00 ff ff", "05 01 01 00 00 28 02 00 03 28 03 00 00 2a 04 00 03 28 05 00 01 2a");
    exchange(&l, "04 1c 00 ff ff", "05 01 1c 00 59 2a");
    exchange(&l, "04 1d 00 ff ff", "05 02 1d 00 c3 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b");
    exchange(&l, "04 1e 00 ff ff", "01 04 1e 00 0a");
    exchange(&l, "04 00 00 ff ff", "01 04 00 00 01");
}

static void static_values_are_read(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    exchange(&l, "0a 03 00", "0b 4b 69 74 68");
    exchange(&l, "0a 05 00", "0b 41 03");
    exchange(&l, "0a 10 00", "0b 64");
    exchange(&l, "0a 11 00", "0b 6d 61 69 6e");
    exchange(&l, "0a 0f 00", "0b 02 10 00 19 2a");
    exchange(&l, "0a 00 00", "01 0a 00 00 01");
    exchange(&l, "0a 1e 00", "01 0a 1e 00 01");
    exchange(&l, "08 01 00 ff ff 00 2a", "09 06 03 00 4b 69 74 68");
    exchange(&l, "0c 03 00 02 00", "0d 74 68");
    exchange(&l, "0c 03 00 04 00", "0d");
    exchange(&l, "0c 03 00 05 00", "01 0c 03 00 07");
}

static void long_values_are_read_in_parts(void **state)
{
    server_link l;

    (void)state;
    start(&l, authenticated);
    exchange(&l, "0a 16 00", "0b 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15");
    exchange(&l, "0c 16 00 16 00", "0d 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
    exchange(&l, "0c 16 00 2c 00", "0d 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ee");
    exchange(&l, "0c 16 00 3c 00", "0d");
    exchange(&l, "0c 16 00 3d 00", "01 0c 16 00 07");
    exchange(&l, "08 16 00 16 00 c2 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b",
             "09 15 16 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12");
}

/* Every way of reading gives the same answer to who may: SR/GAR/BI-04-C Read, BI-10-C by type, BI-16-C Blob
 * (Insufficient Authentication); BI-05-C, BI-11-C, BI-17-C (key size); BI-01-C, BI-06-C, BI-12-C (Read Not
 * Permitted); GAP/SEC/AUT/BV-23-C (Insufficient Encryption when a key exists). */
static void every_read_is_guarded(void **state)
{
    static const struct {
        const gatt_link_security *sec;
        uint8_t handle;
        uint16_t type;
        kith_att_error error;
    } cases[] = {
        {&plain, HANDLE_SECRET, 0x2a56, 0x05},        {&plain_bonded, HANDLE_SECRET, 0x2a56, 0x0f},
        {&plain, HANDLE_FULL_KEY, 0x2a58, 0x05},      {&plain_bonded, HANDLE_FULL_KEY, 0x2a58, 0x0f},
        {&short_key, HANDLE_FULL_KEY, 0x2a58, 0x0c},  {&just_works, HANDLE_INBOX, 0x2a57, 0x02},
        {&authenticated, HANDLE_INBOX, 0x2a57, 0x02},
    };
    server_link l;
    char request[64];
    char response[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t h = cases[i].handle;

        start(&l, *cases[i].sec);
        snprintf(request, sizeof request, "0a %02x 00", h);
        snprintf(response, sizeof response, "01 0a %02x 00 %02x", h, cases[i].error);
        exchange(&l, request, response);
        assert_int_equal(l.event.kind, GATT_SERVER_REFUSED);
        assert_int_equal(l.event.error, cases[i].error);
        assert_int_equal(l.event.handle, h);
        snprintf(request, sizeof request, "0c %02x 00 01 00", h);
        snprintf(response, sizeof response, "01 0c %02x 00 %02x", h, cases[i].error);
        exchange(&l, request, response);
        snprintf(request, sizeof request, "08 01 00 ff ff %02x %02x", cases[i].type & 0xff, cases[i].type >> 8);
        snprintf(response, sizeof response, "01 08 %02x 00 %02x", h, cases[i].error);
        exchange(&l, request, response);
        assert_false(gatt_server_is_pending(&l.server));
    }
}

/* One type, four times, and a database of their own: open, open, guarded, the program's. */
static void a_list_stops_before_what_may_not_be_read(void **state)
{
#define SAME    .uuid = KITH_UUID16(0x2a6e), .properties = KITH_PROPERTY_READ
#define HELD(v) .value = (v), .value_len = 1
    static const uint8_t values[] = {0xa0, 0xa1, 0xa2};
    static const kith_characteristic same[] = {
        {SAME, .permissions = KITH_READ_OPEN, HELD(&values[0])},
        {SAME, .permissions = KITH_READ_OPEN, HELD(&values[1])},
        {SAME, .permissions = KITH_READ_ENCRYPTED, HELD(&values[2])},
        {SAME, .permissions = KITH_READ_OPEN, .id = 9},
    };
    static const kith_service service = {
        .uuid = KITH_UUID16(0x181a), .characteristics = same, .characteristic_count = 4};
    server_link l;

    (void)state;
    start(&l, plain);
    assert_int_equal(gatt_database_init(&l.db, "", 0, &service, 1), KITH_OK);
    exchange(&l, "08 01 00 ff ff 6e 2a", "09 03 10 00 a0 12 00 a1");
    exchange(&l, "08 13 00 ff ff 6e 2a", "01 08 14 00 05");
    l.sec = just_works;
    exchange(&l, "08 01 00 ff ff 6e 2a", "09 03 10 00 a0 12 00 a1 14 00 a2");
    assert_int_equal(client_sends(&l, "08 15 00 ff ff 6e 2a"), GATT_SERVER_READ_WANTED);
    assert_int_equal(l.event.id, 9);
}

/* Even where all values so far are empty, so that nothing but who holds it tells it apart. */
static void a_list_stops_before_what_the_program_holds(void **state)
{
    static const uint8_t nothing[1] = {0};
    static const kith_characteristic same[] = {
        {SAME, .permissions = KITH_READ_OPEN, .value = nothing, .value_len = 0},
        {SAME, .permissions = KITH_READ_OPEN, .id = 9},
    };
    static const kith_service service = {
        .uuid = KITH_UUID16(0x181a), .characteristics = same, .characteristic_count = 2};
    server_link l;

    (void)state;
    start(&l, plain);
    assert_int_equal(gatt_database_init(&l.db, "", 0, &service, 1), KITH_OK);
    exchange(&l, "08 01 00 ff ff 6e 2a", "09 02 10 00");
    assert_int_equal(client_sends(&l, "08 11 00 ff ff 6e 2a"), GATT_SERVER_READ_WANTED);
}

/* An entry's length is one octet, so 253 octets of a value are the most, however large the MTU. */
static void an_entry_of_a_list_has_at_most_255_octets(void **state)
{
    static const uint8_t value[300] = {0};
    static const kith_characteristic c = {.uuid = KITH_UUID16(0x2a6e),
                                          .properties = KITH_PROPERTY_READ,
                                          .permissions = KITH_READ_OPEN,
                                          .value = value,
                                          .value_len = sizeof value};
    static const kith_service service = {.uuid = KITH_UUID16(0x181a), .characteristics = &c, .characteristic_count = 1};
    server_link l;

    (void)state;
    start(&l, plain);
    assert_int_equal(gatt_database_init(&l.db, "", 0, &service, 1), KITH_OK);
    att_bearer_init(&l.bearer, 517);
    att_bearer_agree(&l.bearer, 517);
    (void)client_sends(&l, "08 01 00 ff ff 6e 2a");
    assert_int_equal(l.out_len, 2 + 255);
    assert_int_equal(l.out[1], 255);
}

static void pdus_above_the_mtu_are_malformed(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    memset(l.in, 0, sizeof l.in);
    l.in[0] = 0x12, l.in[1] = HANDLE_INBOX;
    assert_int_equal(send_octets(&l, 23), GATT_SERVER_WRITE_WANTED);
    (void)program_takes(&l, 0);
    assert_int_equal(send_octets(&l, 24), GATT_SERVER_REFUSED);
    we_send(&l, "01 12 00 00 04");
    l.in[0] = 0x52, l.in[1] = HANDLE_OPEN;
    assert_int_equal(send_octets(&l, 24), GATT_SERVER_DROPPED);
}

/* SR/GAR/BI-04-C: encrypted, but the key is not authenticated. */
static void encryption_is_not_authentication(void **state)
{
    server_link l;

    (void)state;
    start(&l, just_works);
    exchange(&l, "0a 16 00", "01 0a 16 00 05");
    l.sec = authenticated;
    (void)client_sends(&l, "0a 16 00");
    assert_int_equal(l.out[0], 0x0b);
}

static void the_program_is_asked_and_answers(void **state)
{
    server_link l;

    (void)state;
    start(&l, just_works);
    assert_int_equal(client_sends(&l, "0a 14 00"), GATT_SERVER_READ_WANTED);
    assert_int_equal(l.out_len, 0);
    assert_int_equal(l.event.handle, HANDLE_SECRET);
    assert_int_equal(l.event.id, ID_SECRET);
    assert_true(gatt_server_is_pending(&l.server));
    program_answers(&l, "de ad");
    we_send(&l, "0b de ad");
    assert_false(gatt_server_is_pending(&l.server));
    program_answers(&l, "de ad");
    assert_int_equal(l.out_len, 0);
}

static void the_programs_value_is_cut_here(void **state)
{
    server_link l;

    (void)state;
    start(&l, just_works);
    assert_int_equal(client_sends(&l, "0c 14 00 02 00"), GATT_SERVER_READ_WANTED);
    assert_int_equal(l.event.offset, 2);
    program_answers(&l, "00 01 02 03");
    we_send(&l, "0d 02 03");
    (void)client_sends(&l, "0c 14 00 05 00");
    program_answers(&l, "00 01 02 03");
    we_send(&l, "01 0c 14 00 07");
    assert_int_equal(client_sends(&l, "08 01 00 ff ff 56 2a"), GATT_SERVER_READ_WANTED);
    program_answers(&l, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15");
    we_send(&l, "09 15 14 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12");
    (void)client_sends(&l, "0a 14 00");
    (void)answer_octets(&l, 0x81, NULL, 0);
    we_send(&l, "01 0a 14 00 81");
    (void)client_sends(&l, "0a 14 00");
    (void)answer_octets(&l, 0, NULL, 0);
    we_send(&l, "0b");
    (void)client_sends(&l, "0a 14 00");
    (void)answer_octets(&l, 0, l.in, 513);
    we_send(&l, "01 0a 14 00 0e");
}

static void values_are_written(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    assert_int_equal(client_sends(&l, "12 18 00 aa bb"), GATT_SERVER_WRITE_WANTED);
    assert_int_equal(l.out_len, 0);
    assert_int_equal(l.event.id, ID_INBOX);
    hex_expect(l.event.value, l.event.value_len, "aa bb");
    (void)answer_octets(&l, 0, NULL, 0);
    assert_false(l.done);
    assert_int_equal(l.out_len, 0);
    (void)program_takes(&l, 0);
    we_send(&l, "13");
    (void)program_takes(&l, 0);
    assert_false(l.done);
    assert_int_equal(l.out_len, 0);
    (void)client_sends(&l, "12 18 00");
    assert_int_equal(l.event.value_len, 0);
    (void)program_takes(&l, 0x0d);
    we_send(&l, "01 12 18 00 0d");
}

/* SR/GAW/BI-03-C, BI-05-C, BI-06-C: not permitted, authentication, and 0x0F when a key exists. */
static void every_write_is_guarded(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    exchange(&l, "12 10 00 aa", "01 12 10 00 03");
    exchange(&l, "12 0f 00 aa", "01 12 0f 00 03");
    exchange(&l, "12 0e 00 aa", "01 12 0e 00 03");
    exchange(&l, "12 03 00 aa", "01 12 03 00 03");
    exchange(&l, "12 1c 00 aa", "01 12 1c 00 03"); /* takes commands only */
    exchange(&l, "12 14 00 aa", "01 12 14 00 05");
    exchange(&l, "12 1d 00 aa", "01 12 1d 00 05");
    exchange(&l, "12 1e 00 aa", "01 12 1e 00 01");
    exchange(&l, "12 00 00 aa", "01 12 00 00 01");
    l.sec = plain_bonded;
    exchange(&l, "12 14 00 aa", "01 12 14 00 0f");
    l.sec = short_key;
    exchange(&l, "12 1d 00 aa", "01 12 1d 00 0c");
    l.sec = just_works;
    assert_int_equal(client_sends(&l, "12 14 00 aa"), GATT_SERVER_WRITE_WANTED);
    connect_again(&l);
    assert_int_equal(client_sends(&l, "12 1d 00 aa"), GATT_SERVER_WRITE_WANTED);
    assert_int_equal(l.event.id, ID_NOTE);
}

static void write_commands_have_no_answer(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    assert_int_equal(client_sends(&l, "52 1c 00 aa"), GATT_SERVER_WRITE_COMMAND);
    assert_int_equal(l.event.id, ID_OPEN);
    hex_expect(l.event.value, l.event.value_len, "aa");
    assert_int_equal(client_sends(&l, "52 14 00 aa"), GATT_SERVER_DROPPED);
    assert_int_equal(l.event.error, 0x05);
    assert_int_equal(client_sends(&l, "52 18 00 aa"), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "52 10 00 aa"), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "52 1d 00 aa"), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "52 99 00 aa"), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "52 15"), GATT_SERVER_DROPPED);
    assert_int_equal(l.out_len, 0);
    assert_false(gatt_server_is_pending(&l.server));
}

static void values_above_512_octets_are_refused(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    att_bearer_init(&l.bearer, 517);
    exchange(&l, "02 05 02", "03 05 02");
    l.in[0] = 0x12, l.in[1] = HANDLE_INBOX, l.in[2] = 0;
    assert_int_equal(send_octets(&l, 3 + 512), GATT_SERVER_WRITE_WANTED);
    (void)program_takes(&l, 0);
    assert_int_equal(send_octets(&l, 3 + 513), GATT_SERVER_REFUSED);
    we_send(&l, "01 12 18 00 0d");
}

static void a_second_request_is_a_violation_and_changes_nothing(void **state)
{
    server_link l;

    (void)state;
    start(&l, just_works);
    (void)client_sends(&l, "0a 14 00");
    assert_int_equal(client_sends(&l, "0a 10 00"), GATT_SERVER_VIOLATION);
    assert_int_equal(l.out_len, 0);
    assert_int_equal(client_sends(&l, "3f"), GATT_SERVER_VIOLATION);
    assert_int_equal(client_sends(&l, "52 1c 00 aa"), GATT_SERVER_WRITE_COMMAND);
    program_answers(&l, "01");
    we_send(&l, "0b 01");
    exchange(&l, "0a 10 00", "0b 64");
}

/* SR/UNS/BI-01-C, BI-02-C */
static void unknown_requests_are_refused_and_commands_ignored(void **state)
{
    server_link l;

    (void)state;
    start(&l, plain);
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        char response[32];
        bool known = opcode == 0x02 || opcode == 0x04 || opcode == 0x06 || opcode == 0x08 || opcode == 0x0a ||
                     opcode == 0x0c || opcode == 0x0e || opcode == 0x10 || opcode == 0x12 || opcode == 0x16 ||
                     opcode == 0x18 || opcode == 0x20;

        l.in[0] = (uint8_t)opcode;
        (void)send_octets(&l, 1);
        snprintf(response, sizeof response, "01 %02x 00 00 %02x", opcode, known ? 0x04 : 0x06);
        if (kith_att_kind_of((uint8_t)opcode) == KITH_ATT_KIND_REQUEST)
            we_send(&l, response);
        else
            assert_int_equal(l.out_len, 0);
    }
    assert_int_equal(client_sends(&l, "d2 1c 00 aa 00 00 00 00 00 00 00 00 00 00 00 00"), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "1e"), GATT_SERVER_NONE);
    assert_int_equal(send_octets(&l, 0), GATT_SERVER_NONE);
}

static void check_defined(const server_link *l, uint8_t opcode, size_t len)
{
    kith_att_pdu pdu;

    assert_true(l->out_len <= l->bearer.mtu);
    if (kith_att_kind_of(opcode) != KITH_ATT_KIND_REQUEST) {
        assert_int_equal(l->out_len, 0);
        return;
    }
    if (l->out_len == 0) {
        assert_true(gatt_server_is_pending(&l->server));
        return;
    }
    if (len > l->bearer.mtu)
        assert_int_equal(l->out[0], 0x01);
    assert_int_equal(kith_att_decode(l->out, l->out_len, &pdu), KITH_OK);
    assert_true(l->out[0] == 0x01 ? pdu.request_opcode == opcode : l->out[0] == opcode + 1);
}

/* Each request, of every length from 0 to above the MTU, with every handle of the tables and every MTU
 * that changes what fits: one whole answer, or the program is asked. */
static void every_length_of_every_opcode_has_a_defined_answer(void **state)
{
    static const uint16_t mtus[] = {23, 24, 50, 247};
    static const uint8_t fills[] = {0x00, 0x01, 0x28, 0xff};
    server_link l;

    (void)state;
    start(&l, authenticated);
    for (size_t m = 0; m < 4; m++)
        for (unsigned opcode = 0; opcode < 256; opcode++)
            for (size_t len = 1; len <= mtus[m] + 2U; len++)
                for (size_t f = 0; f < 4; f++) {
                    memset(l.in, fills[f], sizeof l.in);
                    l.in[0] = (uint8_t)opcode;
                    l.in[1] = (uint8_t)(len % (LAST_IN_TABLES + 2));
                    l.in[2] = 0;
                    l.bearer.mtu = mtus[m];
                    connect_again(&l);
                    (void)send_octets(&l, len);
                    check_defined(&l, (uint8_t)opcode, len);
                }
}

/* Every readable attribute by every type and range: answers are whole and inside the range asked for. */
static void every_range_gives_whole_lists(void **state)
{
    static const char *const types[] = {"00 28", "03 28", "00 2a", "19 2a", "58 2a", "01 29"};
    server_link l;
    char request[64];

    (void)state;
    start(&l, authenticated);
    for (l.bearer.mtu = 23; l.bearer.mtu < 60; l.bearer.mtu++)
        for (unsigned first = 0; first < 32; first++)
            for (unsigned last = 0; last < 32; last++)
                for (size_t t = 0; t < 6; t++) {
                    kith_att_pdu pdu;

                    snprintf(request, sizeof request, "08 %02x 00 %02x 00 %s", first, last, types[t]);
                    (void)client_sends(&l, request);
                    assert_int_equal(kith_att_decode(l.out, l.out_len, &pdu), KITH_OK);
                    for (size_t i = 0; pdu.opcode == 0x09 && i < pdu.value_len; i += pdu.entry_len)
                        assert_in_range(pdu.value[i], first, last);
                }
}

/* A buffer that is too small never gets more than it holds. */
static void small_buffers_are_never_overrun(void **state)
{
    static const char *const requests[] = {"02 05 02", "04 01 00 ff ff",       "06 01 00 ff ff 00 28 0f 18",
                                           "0a 03 00", "08 01 00 ff ff 03 28", "0c 03 00 01 00",
                                           "3f",       "10 01 00 ff ff 00 28", "0a 99 00"};
    server_link l;

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        for (size_t cap = 0; cap < 23; cap++) {
            size_t len;

            start(&l, plain);
            len = hex_read(requests[i], l.in, sizeof l.in);
            memset(l.out, 0x5a, sizeof l.out);
            l.out_len = gatt_server_request(&l.server, &l.sec, l.in, len, l.out, cap, &l.event);
            assert_true(l.out_len <= cap);
            assert_int_equal(l.out[cap], 0x5a);
        }
}

/* SR/GAW/BV-02-C, BI-40-C, and what no signature opens.  Never an answer. */
static void signed_writes_have_a_permission_of_their_own(void **state)
{
#define SIGNATURE " 00 00 00 00 11 12 13 14 15 16 17 18"
    static const kith_characteristic values[] = {
        {.uuid = KITH_UUID16(0x2a56),
         .properties = KITH_PROPERTY_SIGNED_WRITE,
         .permissions = KITH_WRITE_SIGNED,
         .id = 1},
        {.uuid = KITH_UUID16(0x2a57),
         .properties = KITH_PROPERTY_SIGNED_WRITE,
         .permissions = KITH_WRITE_SIGNED_AUTHENTICATED},
        {.uuid = KITH_UUID16(0x2a58),
         .properties = KITH_PROPERTY_WRITE_WITHOUT_RESPONSE,
         .permissions = KITH_WRITE_OPEN},
    };
    static const kith_service services[] = {
        {.uuid = KITH_UUID16(0x180f), .characteristics = values, .characteristic_count = 3}};
    static const gatt_link_security signer = {.level = KITH_LEVEL_NONE, .signer = KITH_LEVEL_ENCRYPTED};
    static const gatt_link_security strong_signer = {.level = KITH_LEVEL_NONE, .signer = KITH_LEVEL_AUTHENTICATED};
    server_link l;

    (void)state;
    start(&l, signer);
    assert_int_equal(gatt_database_init(&l.db, "Kith", 0, services, 1), KITH_OK);
    l.bearer.mtu = 23;
    assert_int_equal(client_sends(&l, "d2 10 00 aa bb" SIGNATURE), GATT_SERVER_SIGNED_WRITE);
    assert_int_equal(l.event.id, 1);
    hex_expect(l.event.value, l.event.value_len, "aa bb");
    assert_ptr_equal(l.event.signature, l.in + 5);
    assert_int_equal(client_sends(&l, "d2 10 00" SIGNATURE), GATT_SERVER_SIGNED_WRITE);
    assert_int_equal(client_sends(&l, "d2 10 00 01 02 03 04 05 06 07 08" SIGNATURE), GATT_SERVER_SIGNED_WRITE);
    assert_int_equal(client_sends(&l, "d2 10 00 01 02 03 04 05 06 07 08 09" SIGNATURE), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "d2 10 00 00 00 00 00 11 12 13 14 15 16 17"), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "d2 12 00 aa" SIGNATURE), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "d2 14 00 aa" SIGNATURE), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "52 10 00 aa"), GATT_SERVER_DROPPED);
    assert_int_equal(client_sends(&l, "d2 15 00 aa" SIGNATURE), GATT_SERVER_DROPPED);
    l.sec = strong_signer;
    assert_int_equal(client_sends(&l, "d2 12 00 aa" SIGNATURE), GATT_SERVER_SIGNED_WRITE);
    l.sec = plain_bonded;
    assert_int_equal(client_sends(&l, "d2 10 00 aa" SIGNATURE), GATT_SERVER_DROPPED);
    l.sec = authenticated, l.sec.signer = KITH_LEVEL_AUTHENTICATED;
    assert_int_equal(client_sends(&l, "d2 10 00 aa" SIGNATURE), GATT_SERVER_DROPPED);
    assert_int_equal(l.out_len, 0);
#undef SIGNATURE
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mtu_is_agreed),
        cmocka_unit_test(services_are_discovered),
        cmocka_unit_test(long_form_of_a_type_is_the_type),
        cmocka_unit_test(a_service_is_found_by_its_uuid),
        cmocka_unit_test(comparing_needs_the_right_to_read),
        cmocka_unit_test(characteristics_are_discovered),
        cmocka_unit_test(descriptors_are_discovered),
        cmocka_unit_test(static_values_are_read),
        cmocka_unit_test(long_values_are_read_in_parts),
        cmocka_unit_test(every_read_is_guarded),
        cmocka_unit_test(a_list_stops_before_what_may_not_be_read),
        cmocka_unit_test(a_list_stops_before_what_the_program_holds),
        cmocka_unit_test(an_entry_of_a_list_has_at_most_255_octets),
        cmocka_unit_test(pdus_above_the_mtu_are_malformed),
        cmocka_unit_test(encryption_is_not_authentication),
        cmocka_unit_test(the_program_is_asked_and_answers),
        cmocka_unit_test(the_programs_value_is_cut_here),
        cmocka_unit_test(values_are_written),
        cmocka_unit_test(every_write_is_guarded),
        cmocka_unit_test(write_commands_have_no_answer),
        cmocka_unit_test(signed_writes_have_a_permission_of_their_own),
        cmocka_unit_test(values_above_512_octets_are_refused),
        cmocka_unit_test(a_second_request_is_a_violation_and_changes_nothing),
        cmocka_unit_test(unknown_requests_are_refused_and_commands_ignored),
        cmocka_unit_test(every_length_of_every_opcode_has_a_defined_answer),
        cmocka_unit_test(every_range_gives_whole_lists),
        cmocka_unit_test(small_buffers_are_never_overrun),
    };
    return cmocka_run_group_tests_name("gatt server", tests, NULL, NULL);
}
