/* Values that the program is asked about: a yes is worth one request, and one value.  Core Vol 3 Part C 10.5. */
#include "test_gatt_rich.h"

/* With the request, and what comes of a yes.  SR/GAR/BI-03-C, BI-09-C, BI-15-C, BI-20-C, BI-40-C, SR/GAW/BI-04-C,
 * BI-11-C are those of a no. */
static const struct {
    const char *request, *response;
    gatt_server_event_kind then;
} asked[] = {
    {"0a 27 00", "0b b0 b1", GATT_SERVER_NONE},
    {"0c 27 00 01 00", "0d b1", GATT_SERVER_NONE},
    {"08 26 00 ff ff 59 2a", "09 04 27 00 b0 b1", GATT_SERVER_NONE},
    {"0e 10 00 27 00", "0f a0 a1 a2 b0 b1", GATT_SERVER_NONE},
    {"20 10 00 27 00", "21 03 00 a0 a1 a2 02 00 b0 b1", GATT_SERVER_NONE},
    {"12 25 00 01 02", "", GATT_SERVER_WRITE_WANTED},
    {"16 25 00 00 00 01", "17 25 00 00 00 01", GATT_SERVER_NONE},
    {"0a 25 00", "", GATT_SERVER_READ_WANTED},
    {"0c 25 00 01 00", "", GATT_SERVER_READ_WANTED},
    {"08 01 00 25 00 59 2a", "", GATT_SERVER_READ_WANTED},
    {"0e 10 00 25 00", "", GATT_SERVER_READ_WANTED},
};
enum { ASKED = sizeof asked / sizeof asked[0] };

static uint8_t value_asked(const char *request)
{
    return strstr(request, "27") != NULL || strstr(request, "26") != NULL ? RICH_AUTHORIZED_TOO : RICH_AUTHORIZED;
}

static void a_yes_lets_the_request_go_on(void **state)
{
    server_link l;

    (void)state;
    for (size_t i = 0; i < ASKED; i++) {
        start_rich(&l, just_works);
        assert_int_equal(client_sends(&l, asked[i].request), GATT_SERVER_AUTHORIZATION_WANTED);
        assert_int_equal(l.out_len, 0);
        assert_int_equal(l.event.opcode, l.in[0]);
        assert_int_equal(l.event.handle, value_asked(asked[i].request));
        assert_int_equal(l.event.id, value_asked(asked[i].request) == RICH_AUTHORIZED ? RICH_ID_AUTHORIZED
                                                                                      : RICH_ID_AUTHORIZED_TOO);
        memset(l.in, 0xee, sizeof l.in); /* the request is the server's own by now */
        assert_int_equal(program_says(&l, true), asked[i].then);
        assert_true(l.done);
        we_send(&l, asked[i].response);
        assert_int_equal(gatt_server_is_pending(&l.server), asked[i].then != GATT_SERVER_NONE);
    }
}

static void a_no_is_insufficient_authorization(void **state)
{
    char refusal[32];
    server_link l;

    (void)state;
    for (size_t i = 0; i < ASKED; i++) {
        start_rich(&l, just_works);
        (void)client_sends(&l, asked[i].request);
        (void)program_says(&l, false);
        assert_true(l.done);
        snprintf(refusal, sizeof refusal, "01 %.2s %02x 00 08", asked[i].request, value_asked(asked[i].request));
        we_send(&l, refusal);
        assert_false(gatt_server_is_pending(&l.server));
        (void)program_says(&l, true); /* too late */
        assert_false(l.done);
        exchange(&l, "0a 10 00", "0b a0 a1 a2");
    }
}

static void a_yes_is_worth_one_request(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    assert_int_equal(client_sends(&l, "0a 25 00"), GATT_SERVER_AUTHORIZATION_WANTED);
    (void)program_says(&l, true);
    (void)program_answers(&l, "c0");
    we_send(&l, "0b c0");
    assert_int_equal(client_sends(&l, "0a 25 00"), GATT_SERVER_AUTHORIZATION_WANTED);
    (void)program_says(&l, true);
    (void)answer_octets(&l, 0x80, NULL, 0);
    assert_int_equal(client_sends(&l, "0a 27 00"), GATT_SERVER_AUTHORIZATION_WANTED);
    (void)program_says(&l, true);
    we_send(&l, "0b b0 b1");
    assert_int_equal(client_sends(&l, "0a 27 00"), GATT_SERVER_AUTHORIZATION_WANTED);
    (void)program_says(&l, true);
    assert_int_equal(client_sends(&l, "12 25 00 01"), GATT_SERVER_AUTHORIZATION_WANTED);
    (void)program_says(&l, true);
    (void)program_takes(&l, 0);
    we_send(&l, "13");
    assert_int_equal(client_sends(&l, "12 25 00 01"), GATT_SERVER_AUTHORIZATION_WANTED);
}

/* Who says yes to one value has not said yes to another. */
static void a_yes_is_worth_one_value_in_a_list(void **state)
{
    static const uint8_t octets[] = {1, 2};
    static const kith_characteristic two[] = {
        {.uuid = KITH_UUID16(0x2a6e),
         .properties = RICH_READ,
         .permissions = KITH_READ_OPEN | KITH_READ_AUTHORIZED,
         .value = octets,
         .value_len = 1,
         .id = 1},
        {.uuid = KITH_UUID16(0x2a6e),
         .properties = RICH_READ,
         .permissions = KITH_READ_OPEN | KITH_READ_AUTHORIZED,
         .value = octets + 1,
         .value_len = 1,
         .id = 2},
    };
    static const kith_service service = {
        .uuid = KITH_UUID16(0x181a), .characteristics = two, .characteristic_count = 2};
    server_link l;

    (void)state;
    start_with(&l, plain, &service, 1);
    assert_int_equal(client_sends(&l, "08 01 00 ff ff 6e 2a"), GATT_SERVER_AUTHORIZATION_WANTED);
    assert_int_equal(l.event.id, 1);
    (void)program_says(&l, true);
    we_send(&l, "09 03 10 00 01");
}

static void a_yes_is_worth_one_value_of_several(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    assert_int_equal(client_sends(&l, "0e 25 00 27 00"), GATT_SERVER_AUTHORIZATION_WANTED);
    assert_int_equal(l.event.id, RICH_ID_AUTHORIZED);
    assert_int_equal(program_says(&l, true), GATT_SERVER_AUTHORIZATION_WANTED);
    assert_int_equal(l.event.id, RICH_ID_AUTHORIZED_TOO);
    (void)program_says(&l, false);
    we_send(&l, "01 0e 27 00 08");
    assert_false(gatt_server_is_pending(&l.server));
}

/* All else is looked at first: nobody is asked about what could not be anyway. */
static void who_lacks_more_is_not_asked_about(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "0a 27 00", "01 0a 27 00 05");
    exchange(&l, "0e 27 00 25 00", "01 0e 27 00 05");
    l.sec = plain_bonded;
    exchange(&l, "0a 27 00", "01 0a 27 00 0f");
    exchange(&l, "12 27 00 01", "01 12 27 00 03");
    exchange(&l, "0a 26 00", "0b 02 27 00 59 2a");
    assert_int_equal(client_sends(&l, "06 01 00 ff ff 59 2a b0 b1"), GATT_SERVER_REFUSED);
    we_send(&l, "01 06 01 00 0a");
    l.sec = just_works; /* Find By Type Value does not ask: it does not match */
    exchange(&l, "06 01 00 ff ff 59 2a b0 b1", "01 06 01 00 0a");
}

static void a_list_stops_before_what_is_asked_about(void **state)
{
    static const uint8_t octets[] = {1, 2};
    static const kith_characteristic two[] = {
        {.uuid = KITH_UUID16(0x2a6e),
         .properties = RICH_READ,
         .permissions = KITH_READ_OPEN,
         .value = octets,
         .value_len = 1},
        {.uuid = KITH_UUID16(0x2a6e),
         .properties = RICH_READ,
         .permissions = KITH_READ_OPEN | KITH_READ_AUTHORIZED,
         .value = octets + 1,
         .value_len = 1},
    };
    static const kith_service service = {
        .uuid = KITH_UUID16(0x181a), .characteristics = two, .characteristic_count = 2};
    server_link l;

    (void)state;
    start_with(&l, plain, &service, 1);
    exchange(&l, "08 01 00 ff ff 6e 2a", "09 03 10 00 01");
    assert_int_equal(client_sends(&l, "08 11 00 ff ff 6e 2a"), GATT_SERVER_AUTHORIZATION_WANTED);
}

static void the_level_is_looked_at_again_after_a_yes(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    assert_int_equal(client_sends(&l, "0a 27 00"), GATT_SERVER_AUTHORIZATION_WANTED);
    l.sec = plain_bonded;
    (void)program_says(&l, true);
    we_send(&l, "01 0a 27 00 0f");
    assert_false(gatt_server_is_pending(&l.server));
}

static void where_nothing_can_wait_it_is_refused(void **state)
{
    char refusal[32];
    server_link l;

    (void)state;
    for (size_t i = 0; i < ASKED; i++) {
        start_rich(&l, just_works);
        give_queue(&l, asked[i].request[1] == '6' ? 5 : 0); /* Prepare Write is known, its request too long */
        assert_int_equal(client_sends(&l, asked[i].request), GATT_SERVER_REFUSED);
        snprintf(refusal, sizeof refusal, "01 %.2s %02x 00 08", asked[i].request, value_asked(asked[i].request));
        we_send(&l, refusal);
        assert_false(gatt_server_is_pending(&l.server));
    }
}

static void commands_that_would_wait_are_dropped(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, authenticated);
    assert_int_equal(client_sends(&l, "52 25 00 01"), GATT_SERVER_DROPPED);
    assert_int_equal(l.event.error, 0x08);
    assert_int_equal(l.out_len, 0);
    assert_false(gatt_server_is_pending(&l.server));
}

/* A signature says who wrote, not that the program wants it. */
static void signed_commands_that_would_wait_are_dropped(void **state)
{
    static const kith_characteristic c = {.uuid = KITH_UUID16(0x2a6e),
                                          .properties = RICH_WRITE | KITH_PROPERTY_SIGNED_WRITE,
                                          .permissions = KITH_WRITE_OPEN | KITH_WRITE_AUTHORIZED | KITH_WRITE_SIGNED};
    static const kith_service service = {.uuid = KITH_UUID16(0x181a), .characteristics = &c, .characteristic_count = 1};
    server_link l;

    (void)state;
    start_with(&l, plain, &service, 1);
    l.sec.signer = KITH_LEVEL_ENCRYPTED;
    assert_int_equal(client_sends(&l, "d2 10 00 01 00 00 00 00 11 12 13 14 15 16 17 18"), GATT_SERVER_DROPPED);
}

static void meanwhile_nothing_else_is_answered(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    assert_int_equal(client_sends(&l, "0a 25 00"), GATT_SERVER_AUTHORIZATION_WANTED);
    assert_int_equal(client_sends(&l, "0a 10 00"), GATT_SERVER_VIOLATION);
    (void)program_answers(&l, "01");
    assert_false(l.done);
    (void)program_takes(&l, 0);
    assert_false(l.done);
    assert_int_equal(client_sends(&l, "52 12 00 01"), GATT_SERVER_WRITTEN);
    assert_int_equal(program_says(&l, true), GATT_SERVER_READ_WANTED);
    (void)program_says(&l, true);
    assert_false(l.done);
    (void)program_answers(&l, "01");
    we_send(&l, "0b 01");
}

/* Prepared with a yes, executed with another. */
static void long_writes_are_asked_about_twice(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    assert_int_equal(client_sends(&l, "16 25 00 00 00 01 02"), GATT_SERVER_AUTHORIZATION_WANTED);
    (void)program_says(&l, true);
    we_send(&l, "17 25 00 00 00 01 02");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_AUTHORIZATION_WANTED);
    assert_int_equal(l.event.id, RICH_ID_AUTHORIZED);
    assert_int_equal(program_says(&l, true), GATT_SERVER_WRITE_WANTED);
    hex_expect(l.event.value, l.event.value_len, "01 02");
    (void)program_takes(&l, 0);
    we_send(&l, "19");
    assert_int_equal(client_sends(&l, "16 25 00 00 00 01 02"), GATT_SERVER_AUTHORIZATION_WANTED);
    (void)program_says(&l, true);
    (void)client_sends(&l, "18 01");
    (void)program_says(&l, false);
    we_send(&l, "01 18 25 00 08");
    exchange(&l, "18 01", "19");
}

/* Nothing of it is done before the answer. */
static void writes_beside_one_that_is_asked_about_wait_too(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    exchange(&l, "16 12 00 00 00 07 07", "17 12 00 00 00 07 07");
    (void)client_sends(&l, "16 25 00 00 00 01 02");
    (void)program_says(&l, true);
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_AUTHORIZATION_WANTED);
    assert_int_equal(rich_variable.len, 1);
    assert_int_equal(program_says(&l, true), GATT_SERVER_WRITTEN);
    assert_int_equal(server_goes_on(&l), GATT_SERVER_WRITE_WANTED);
    (void)program_takes(&l, 0);
    we_send(&l, "19");
    for (size_t i = 0; i < sizeof l.queue; i++)
        assert_int_equal(l.queue[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_yes_lets_the_request_go_on),
        cmocka_unit_test(a_no_is_insufficient_authorization),
        cmocka_unit_test(a_yes_is_worth_one_request),
        cmocka_unit_test(a_yes_is_worth_one_value_in_a_list),
        cmocka_unit_test(a_yes_is_worth_one_value_of_several),
        cmocka_unit_test(who_lacks_more_is_not_asked_about),
        cmocka_unit_test(a_list_stops_before_what_is_asked_about),
        cmocka_unit_test(the_level_is_looked_at_again_after_a_yes),
        cmocka_unit_test(where_nothing_can_wait_it_is_refused),
        cmocka_unit_test(commands_that_would_wait_are_dropped),
        cmocka_unit_test(signed_commands_that_would_wait_are_dropped),
        cmocka_unit_test(meanwhile_nothing_else_is_answered),
        cmocka_unit_test(long_writes_are_asked_about_twice),
        cmocka_unit_test(writes_beside_one_that_is_asked_about_wait_too),
    };
    return cmocka_run_group_tests_name("gatt authorization", tests, NULL, NULL);
}
