/* Conversations with the client: what it asks, what it makes of answers, and how it ends when the peer
 * lies.  Core Vol 3 Part G 4. */
#include "test_gatt_client_support.h"
#include "test_gatt_tables.h"

#include "gatt/server.h"

static const kith_uuid battery_service = KITH_UUID16(0x180f);

static void discover(client_link *l)
{
    start(l);
    assert_int_equal(gatt_client_start_discover(&l->client, &battery_service, l->out, sizeof l->out, &l->out_len),
                     KITH_OK);
    assert_true(gatt_client_is_waiting(&l->client));
    we_send(l, "06 01 00 ff ff 00 28 0f 18");
}

/* The service is found at 10..20, and its characteristics are asked for. */
static void discover_characteristics(client_link *l)
{
    discover(l);
    server_sends(l, "07 10 00 20 00");
    assert_int_equal(l->event.kind, GATT_CLIENT_SERVICE);
    assert_false(l->event.ended);
    assert_int_equal(l->event.handle, 0x10);
    assert_int_equal(l->event.end_handle, 0x20);
    we_send(l, "08 10 00 20 00 03 28");
}

static void read_value(client_link *l)
{
    start(l);
    assert_int_equal(
        gatt_client_start_read(&l->client, 0x0d, l->value, sizeof l->value, l->out, sizeof l->out, &l->out_len),
        KITH_OK);
    we_send(l, "0a 0d 00");
}

static void mtu_is_agreed(void **state)
{
    client_link l;

    (void)state;
    start(&l);
    assert_int_equal(gatt_client_start_exchange_mtu(&l.client, l.out, sizeof l.out, &l.out_len), KITH_OK);
    we_send(&l, "02 f7 00");
    server_sends(&l, "03 05 02");
    it_ends(&l, GATT_CLIENT_MTU_DONE, KITH_GATT_OK);
    assert_int_equal(l.bearer.mtu, 247);
    assert_int_equal(gatt_client_start_exchange_mtu(&l.client, l.out, sizeof l.out, &l.out_len), KITH_OK);
    server_sends(&l, "03 01 00");
    it_ends(&l, GATT_CLIENT_MTU_DONE, KITH_GATT_OK);
    assert_int_equal(l.bearer.mtu, 23);
    assert_int_equal(gatt_client_start_exchange_mtu(&l.client, l.out, sizeof l.out, &l.out_len), KITH_OK);
    server_sends(&l, "01 02 00 00 06");
    it_ends(&l, GATT_CLIENT_MTU_DONE, KITH_GATT_OK);
}

static void a_service_and_its_characteristics_are_discovered(void **state)
{
    client_link l;
    kith_gatt_found found;

    (void)state;
    discover_characteristics(&l);
    server_sends(&l, "09 07 11 00 02 12 00 19 2a 13 00 08 15 00 57 2a");
    assert_int_equal(l.event.kind, GATT_CLIENT_CHARACTERISTICS);
    assert_false(l.event.ended);
    assert_int_equal(l.event.count, 2);
    gatt_client_characteristic(&l.event, 1, &found);
    assert_int_equal(found.declaration_handle, 0x13);
    assert_int_equal(found.value_handle, 0x15);
    assert_int_equal(found.properties, KITH_PROPERTY_WRITE);
    assert_int_equal(found.uuid.size, 2);
    assert_int_equal(found.uuid.octets[0], 0x57);
    we_send(&l, "08 16 00 20 00 03 28");
    server_sends(&l, "09 15 18 00 02 19 00 c2 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b");
    assert_int_equal(l.event.count, 1);
    gatt_client_characteristic(&l.event, 0, &found);
    assert_int_equal(found.uuid.size, 16);
    assert_int_equal(found.uuid.octets[15], 0x9b);
    we_send(&l, "08 1a 00 20 00 03 28");
    server_sends(&l, "01 08 1a 00 0a");
    it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_OK);
}

static void the_last_handle_ends_discovery_with_its_list(void **state)
{
    client_link l;

    (void)state;
    discover_characteristics(&l);
    server_sends(&l, "09 07 1f 00 02 20 00 19 2a");
    assert_int_equal(l.event.count, 1);
    it_ends(&l, GATT_CLIENT_CHARACTERISTICS, KITH_GATT_OK);
}

static void a_long_uuid_is_asked_for_in_full(void **state)
{
    client_link l;

    (void)state;
    start(&l);
    assert_int_equal(gatt_client_start_discover(&l.client, &test_services[1].uuid, l.out, sizeof l.out, &l.out_len),
                     KITH_OK);
    we_send(&l, "06 01 00 ff ff 00 28 c1 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b");
    server_sends(&l, "01 06 01 00 0a");
    it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_NOT_FOUND);
}

static void short_values_are_read_at_once(void **state)
{
    client_link l;

    (void)state;
    read_value(&l);
    server_sends(&l, "0b de ad");
    hex_expect(l.event.value, l.event.value_len, "de ad");
    assert_int_equal(l.event.handle, 0x0d);
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
    read_value(&l);
    server_sends(&l, "0b");
    assert_int_equal(l.event.value_len, 0);
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
}

#define PART_22 "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15"

static void long_values_are_read_to_their_end(void **state)
{
    client_link l;

    (void)state;
    read_value(&l);
    server_sends(&l, "0b " PART_22);
    assert_int_equal(l.event.kind, GATT_CLIENT_NONE);
    we_send(&l, "0c 0d 00 16 00");
    server_sends(&l, "0d " PART_22);
    we_send(&l, "0c 0d 00 2c 00");
    server_sends(&l, "0d ee");
    hex_expect(l.event.value, l.event.value_len, PART_22 " " PART_22 " ee");
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
}

/* Only a response that is as long as the MTU allows leaves a question. */
static void one_octet_short_of_full_is_the_end(void **state)
{
    client_link l;

    (void)state;
    read_value(&l);
    server_sends(&l, "0b 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14");
    assert_int_equal(l.event.value_len, 21);
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
    start(&l);
    att_bearer_agree(&l.bearer, 24);
    assert_int_equal(gatt_client_start_read(&l.client, 1, l.value, 512, l.out, sizeof l.out, &l.out_len), KITH_OK);
    server_sends(&l, "0b " PART_22);
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
}

/* A value that just fills the response: the peer may answer the question for more in three ways. */
static void values_that_just_fit_are_complete(void **state)
{
    static const char *const ends[] = {"0d", "01 0c 0d 00 0b", "01 0c 0d 00 07"};
    client_link l;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        read_value(&l);
        server_sends(&l, "0b " PART_22);
        server_sends(&l, ends[i]);
        assert_int_equal(l.event.value_len, 22);
        it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
    }
}

/* 23 full parts of 22 octets, then 6 more: 512 and no further question.  One octet more is a lie. */
static void no_value_is_longer_than_512_octets(void **state)
{
    static const struct {
        const char *last;
        kith_gatt_result result;
    } cases[] = {{"0d 00 01 02 03 04 05", KITH_GATT_OK},
                 {"0d 00 01 02 03 04 05 06", KITH_GATT_MALFORMED_RESPONSE},
                 {"0d " PART_22, KITH_GATT_MALFORMED_RESPONSE}};
    client_link l;

    (void)state;
    for (size_t c = 0; c < 3; c++) {
        read_value(&l);
        server_sends(&l, "0b " PART_22);
        for (size_t i = 1; i < 23; i++)
            server_sends(&l, "0d " PART_22);
        we_send(&l, "0c 0d 00 fa 01");
        server_sends(&l, cases[c].last);
        assert_int_equal(l.event.value_len, cases[c].result == KITH_GATT_OK ? 512 : 0);
        it_ends(&l, GATT_CLIENT_READ_DONE, cases[c].result);
    }
}

static void memory_given_for_a_value_is_never_overrun(void **state)
{
    client_link l;

    (void)state;
    start(&l);
    l.value[30] = 0x5a;
    assert_int_equal(gatt_client_start_read(&l.client, 0x0d, l.value, 30, l.out, sizeof l.out, &l.out_len), KITH_OK);
    server_sends(&l, "0b " PART_22);
    server_sends(&l, "0d 00 01 02 03 04 05 06 07 08");
    assert_int_equal(l.value[30], 0x5a);
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_TOO_LONG);
}

static void values_are_written(void **state)
{
    client_link l;
    uint8_t value[600] = {0xaa, 0xbb};

    (void)state;
    start(&l);
    assert_int_equal(gatt_client_start_write(&l.client, 0x11, value, 2, l.out, sizeof l.out, &l.out_len), KITH_OK);
    we_send(&l, "12 11 00 aa bb");
    assert_int_equal(gatt_client_write_command(&l.client, 0x11, value, 2, l.out, sizeof l.out, &l.out_len), KITH_OK);
    we_send(&l, "52 11 00 aa bb");
    server_sends(&l, "13");
    it_ends(&l, GATT_CLIENT_WRITE_DONE, KITH_GATT_OK);
    assert_int_equal(gatt_client_start_write(&l.client, 0x11, value, 20, l.out, sizeof l.out, &l.out_len), KITH_OK);
    server_sends(&l, "01 12 11 00 0d");
    assert_int_equal(l.event.error, 0x0d);
    it_ends(&l, GATT_CLIENT_WRITE_DONE, KITH_GATT_ATT_ERROR);
    assert_int_equal(gatt_client_start_write(&l.client, 0x11, value, 21, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_VALUE);
    assert_int_equal(gatt_client_write_command(&l.client, 0x11, value, 21, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_VALUE);
    assert_int_equal(gatt_client_signed_write(&l.client, 0x11, value, 2, l.out, sizeof l.out, &l.out_len), KITH_OK);
    we_send(&l, "d2 11 00 aa bb 00 00 00 00 00 00 00 00 00 00 00 00");
    assert_int_equal(gatt_client_signed_write(&l.client, 0x11, value, 8, l.out, sizeof l.out, &l.out_len), KITH_OK);
    assert_int_equal(gatt_client_signed_write(&l.client, 0x11, value, 9, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_VALUE);
    assert_int_equal(gatt_client_signed_write(&l.client, 0, value, 2, l.out, sizeof l.out, &l.out_len), KITH_ERR_VALUE);
    assert_int_equal(gatt_client_signed_write(&l.client, 0x11, value, SIZE_MAX - 8, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_VALUE);
    l.bearer.mtu = 517;
    assert_int_equal(gatt_client_signed_write(&l.client, 0x11, value, 502, l.out, sizeof l.out, &l.out_len), KITH_OK);
    assert_int_equal(l.out_len, 517);
    assert_int_equal(gatt_client_start_write(&l.client, 0x11, value, 513, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_VALUE);
    assert_false(gatt_client_is_waiting(&l.client));
}

/* CL/GAR/BI-04-C, BI-05-C, BI-16-C, CL/GAW/BI-05-C, BI-06-C: the error reaches the host as it came. */
static void refusals_are_told_as_they_came(void **state)
{
    client_link l;

    (void)state;
    for (unsigned error = 0; error < 256; error++) {
        char response[32];

        read_value(&l);
        snprintf(response, sizeof response, "01 0a 0d 00 %02x", error);
        server_sends(&l, response);
        assert_int_equal(l.event.error, error);
        assert_int_equal(l.event.request_opcode, 0x0a);
        it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_ATT_ERROR);
    }
    read_value(&l);
    server_sends(&l, "0b " PART_22);
    server_sends(&l, "01 0c 0d 00 05");
    assert_int_equal(l.event.error, 0x05);
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_ATT_ERROR);
    discover(&l);
    server_sends(&l, "01 06 01 00 08");
    it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_ATT_ERROR);
}

static void lies_about_services_end_discovery(void **state)
{
    static const char *const lies[] = {"07",
                                       "07 00 00 20 00",
                                       "07 20 00 10 00",
                                       "07 10 00 20",
                                       "07 10 00 20 00 15 00 30 00",
                                       "07 10 00 20 00 08 00 0f 00",
                                       "07 10 00 20 00 20 00 30 00"};
    client_link l;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        discover(&l);
        server_sends(&l, lies[i]);
        it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_MALFORMED_RESPONSE);
    }
}

static void lies_about_characteristics_end_discovery(void **state)
{
    static const char *const lies[] = {
        "09",
        "09 07",
        "09 08 11 00 02 12 00 19 2a 00",                   /* no UUID has 3 octets */
        "09 07 11 00 02 12 00 19",                         /* torn */
        "09 07 0f 00 02 12 00 19 2a",                      /* before the service */
        "09 07 11 00 02 21 00 19 2a",                      /* value after the service */
        "09 07 11 00 02 11 00 19 2a",                      /* value is its own declaration */
        "09 07 11 00 02 10 00 19 2a",                      /* value before its declaration */
        "09 07 13 00 02 14 00 19 2a 11 00 02 12 00 19 2a", /* backwards */
        "09 07 11 00 02 14 00 19 2a 13 00 02 15 00 19 2a", /* a declaration inside another's value */
        "09 07 11 00 02 12 00 19 2a 11 00 02 12 00 19 2a", /* twice the same */
        "09 02 11 00",
    };
    client_link l;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        discover_characteristics(&l);
        server_sends(&l, lies[i]);
        it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_MALFORMED_RESPONSE);
    }
    discover_characteristics(&l);
    server_sends(&l, "09 07 11 00 02 12 00 19 2a");
    server_sends(&l, "09 07 11 00 02 12 00 19 2a"); /* the same again: would never end */
    it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_MALFORMED_RESPONSE);
}

/* A peer that answers for ever with new handles runs out of them. */
static void discovery_of_an_endless_service_ends(void **state)
{
    client_link l;
    unsigned responses = 0;

    (void)state;
    discover(&l);
    server_sends(&l, "07 01 00 ff ff");
    while (gatt_client_is_waiting(&l.client)) {
        char response[64];
        unsigned handle = l.out[1] | (unsigned)l.out[2] << 8;

        snprintf(response, sizeof response, "09 07 %02x %02x 02 %02x %02x 19 2a", handle & 0xff, handle >> 8,
                 (handle + 1) & 0xff, ((handle + 1) >> 8) & 0xff);
        server_sends(&l, response);
        assert_true(++responses <= 0x8000);
    }
    assert_true(l.event.ended);
}

/* Every opcode in every state: the one that fits goes on, everything else of a response ends by name, and
 * what is no response changes nothing. */
static void wrong_opcodes_end_by_name(void **state)
{
    static const uint8_t fits[] = {0x07, 0x09, 0x0b};
    client_link l;

    (void)state;
    for (size_t s = 0; s < 3; s++)
        for (unsigned opcode = 0; opcode < 256; opcode++) {
            char response[16];

            s == 0 ? discover(&l) : s == 1 ? discover_characteristics(&l) : read_value(&l);
            snprintf(response, sizeof response, "%02x 01", opcode);
            server_sends(&l, response);
            if (kith_att_kind_of((uint8_t)opcode) != KITH_ATT_KIND_RESPONSE) {
                assert_int_equal(l.event.kind, GATT_CLIENT_NONE);
                assert_true(gatt_client_is_waiting(&l.client));
            } else if (opcode == 0x01 || (opcode == fits[s] && opcode != 0x0b)) {
                assert_int_equal(l.event.result, KITH_GATT_MALFORMED_RESPONSE);
            } else if (opcode == fits[s]) {
                assert_int_equal(l.event.result, KITH_GATT_OK);
            } else {
                assert_int_equal(l.event.result, KITH_GATT_UNEXPECTED_RESPONSE);
            }
        }
    read_value(&l);
    server_sends(&l, "01 12 0d 00 05");
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_UNEXPECTED_RESPONSE);
}

static void responses_above_the_mtu_are_malformed(void **state)
{
    client_link l;

    (void)state;
    read_value(&l);
    server_sends(&l, "0b " PART_22 " 16");
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_MALFORMED_RESPONSE);
}

static void one_operation_at_a_time(void **state)
{
    client_link l;
    uint8_t other[8];

    (void)state;
    read_value(&l);
    assert_int_equal(gatt_client_start_read(&l.client, 1, other, 8, l.out, sizeof l.out, &l.out_len), KITH_ERR_BUSY);
    assert_int_equal(gatt_client_start_write(&l.client, 1, other, 8, l.out, sizeof l.out, &l.out_len), KITH_ERR_BUSY);
    assert_int_equal(gatt_client_start_discover(&l.client, &battery_service, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_BUSY);
    assert_int_equal(gatt_client_start_exchange_mtu(&l.client, l.out, sizeof l.out, &l.out_len), KITH_ERR_BUSY);
    assert_int_equal(l.out_len, 0);
    server_sends(&l, "0b 01");
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
}

static void impossible_starts_are_refused(void **state)
{
    client_link l;
    static const kith_uuid bad = {.size = 5};

    (void)state;
    start(&l);
    assert_int_equal(gatt_client_start_read(&l.client, 0, l.value, 8, l.out, sizeof l.out, &l.out_len), KITH_ERR_VALUE);
    assert_int_equal(gatt_client_start_read(&l.client, 1, l.value, 8, l.out, 2, &l.out_len), KITH_ERR_VALUE);
    assert_int_equal(gatt_client_start_write(&l.client, 0, l.value, 1, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_VALUE);
    assert_int_equal(gatt_client_start_discover(&l.client, &bad, l.out, sizeof l.out, &l.out_len), KITH_ERR_VALUE);
    assert_false(gatt_client_is_waiting(&l.client));
}

/* CL/GAT/BV-01-C, BV-02-C: the host's timer ends it. */
static void an_abort_ends_it_once(void **state)
{
    client_link l;

    (void)state;
    read_value(&l);
    l.out_len = 0;
    gatt_client_abort(&l.client, KITH_GATT_TIMEOUT, &l.event);
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_TIMEOUT);
    gatt_client_abort(&l.client, KITH_GATT_TIMEOUT, &l.event);
    assert_int_equal(l.event.kind, GATT_CLIENT_NONE);
    assert_false(l.event.ended);
}

/* Carries PDUs between our client and our server until the operation ended; counts what was found. */
static unsigned run_to_the_end(client_link *l, gatt_server *server, const gatt_link_security *sec)
{
    unsigned found = 0;

    while (gatt_client_is_waiting(&l->client)) {
        gatt_server_event event;
        uint8_t request[600];
        size_t len = l->out_len;

        memcpy(request, l->out, len);
        len = gatt_server_request(server, sec, request, len, l->in, sizeof l->in, &event);
        assert_int_not_equal(len, 0);
        gatt_client_response(&l->client, l->in, len, l->out, sizeof l->out, &l->out_len, &l->event);
        if (l->event.kind == GATT_CLIENT_CHARACTERISTICS)
            found += (unsigned)l->event.count;
    }
    return found;
}

static void our_client_finds_and_reads_what_our_server_has(void **state)
{
    const gatt_link_security sec = {.encrypted = true, .level = KITH_LEVEL_AUTHENTICATED, .key_size = 16};
    gatt_database db;
    gatt_server server;
    client_link l;

    (void)state;
    assert_int_equal(gatt_database_init(&db, "Kith", 0, test_services, 2), KITH_OK);
    for (uint16_t mtu = 23; mtu <= 247; mtu++) {
        start(&l);
        l.bearer.mtu = mtu;
        gatt_server_init(&server, &db, &l.bearer, &(gatt_server_memory){0});
        assert_int_equal(gatt_client_start_discover(&l.client, &test_services[1].uuid, l.out, sizeof l.out, &l.out_len),
                         KITH_OK);
        assert_int_equal(run_to_the_end(&l, &server, &sec), 5);
        assert_int_equal(l.event.result, KITH_GATT_OK);
        assert_int_equal(
            gatt_client_start_read(&l.client, HANDLE_LONG, l.value, sizeof l.value, l.out, sizeof l.out, &l.out_len),
            KITH_OK);
        (void)run_to_the_end(&l, &server, &sec);
        assert_int_equal(l.event.value_len, sizeof long_value);
        assert_memory_equal(l.event.value, long_value, sizeof long_value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mtu_is_agreed),
        cmocka_unit_test(a_service_and_its_characteristics_are_discovered),
        cmocka_unit_test(the_last_handle_ends_discovery_with_its_list),
        cmocka_unit_test(a_long_uuid_is_asked_for_in_full),
        cmocka_unit_test(short_values_are_read_at_once),
        cmocka_unit_test(long_values_are_read_to_their_end),
        cmocka_unit_test(one_octet_short_of_full_is_the_end),
        cmocka_unit_test(values_that_just_fit_are_complete),
        cmocka_unit_test(no_value_is_longer_than_512_octets),
        cmocka_unit_test(memory_given_for_a_value_is_never_overrun),
        cmocka_unit_test(values_are_written),
        cmocka_unit_test(refusals_are_told_as_they_came),
        cmocka_unit_test(lies_about_services_end_discovery),
        cmocka_unit_test(lies_about_characteristics_end_discovery),
        cmocka_unit_test(discovery_of_an_endless_service_ends),
        cmocka_unit_test(wrong_opcodes_end_by_name),
        cmocka_unit_test(responses_above_the_mtu_are_malformed),
        cmocka_unit_test(one_operation_at_a_time),
        cmocka_unit_test(impossible_starts_are_refused),
        cmocka_unit_test(an_abort_ends_it_once),
        cmocka_unit_test(our_client_finds_and_reads_what_our_server_has),
    };
    return cmocka_run_group_tests_name("gatt client", tests, NULL, NULL);
}
