/* Conversations with the client: asking to be told of a value, and being told.  Core Vol 3 Part G 4.10, 4.11. */
#include "test_gatt_client_support.h"

static kith_status subscribe(client_link *l, unsigned value, unsigned configuration, unsigned bits)
{
    start(l);
    return gatt_client_start_subscribe(&l->client, (uint16_t)value, (uint16_t)configuration, (uint8_t)bits, l->out,
                                       sizeof l->out, &l->out_len);
}

static void a_known_configuration_is_written_at_once(void **state)
{
    static const char *const requests[] = {"12 14 00 00 00", "12 14 00 01 00", "12 14 00 02 00", "12 14 00 03 00"};
    client_link l;

    (void)state;
    for (unsigned bits = 0; bits < 4; bits++) {
        assert_int_equal(subscribe(&l, 0x12, 0x14, bits), KITH_OK);
        we_send(&l, requests[bits]);
        server_sends(&l, "13");
        assert_int_equal(l.event.handle, 0x14);
        it_ends(&l, GATT_CLIENT_SUBSCRIBE_DONE, KITH_GATT_OK);
    }
    assert_int_equal(subscribe(&l, 0x12, 0x14, 1), KITH_OK);
    server_sends(&l, "01 12 14 00 0f");
    assert_int_equal(l.event.error, 0x0f);
    it_ends(&l, GATT_CLIENT_SUBSCRIBE_DONE, KITH_GATT_ATT_ERROR);
}

static void an_unknown_configuration_is_found_first(void **state)
{
    client_link l;

    (void)state;
    assert_int_equal(subscribe(&l, 0x12, 0, 2), KITH_OK);
    we_send(&l, "04 13 00 ff ff");
    server_sends(&l, "05 02 13 00 9b 57 48 47 f7 06 43 6c be d7 fc 01 eb 09 65 c2");
    assert_false(l.event.ended);
    we_send(&l, "04 14 00 ff ff");
    server_sends(&l, "05 01 14 00 01 29 15 00 02 29 16 00 03 28");
    assert_false(l.event.ended);
    we_send(&l, "12 15 00 02 00");
    server_sends(&l, "13");
    assert_int_equal(l.event.handle, 0x15);
    it_ends(&l, GATT_CLIENT_SUBSCRIBE_DONE, KITH_GATT_OK);
}

/* The configuration of the next characteristic, or of the next service, is not this one's. */
static void a_characteristic_without_a_configuration_is_not_subscribed(void **state)
{
    static const char *const answers[] = {
        "05 01 13 00 03 28 14 00 37 2a 15 00 02 29", "05 01 13 00 00 28 14 00 03 28 15 00 37 2a 16 00 02 29",
        "05 01 13 00 01 29 14 00 01 28 15 00 02 29", "05 01 13 00 01 29 ff ff 01 29", "01 04 13 00 0a"};
    client_link l;

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        assert_int_equal(subscribe(&l, 0x12, 0, 1), KITH_OK);
        server_sends(&l, answers[i]);
        it_ends(&l, GATT_CLIENT_SUBSCRIBE_DONE, KITH_GATT_NOT_FOUND);
    }
}

static void lies_about_descriptors_end_it(void **state)
{
    static const char *const lies[] = {"05",
                                       "05 01",
                                       "05 03 13 00 02 29",
                                       "05 01 13 00 02",
                                       "05 01 12 00 02 29",             /* before what was asked for */
                                       "05 01 14 00 01 29 14 00 02 29", /* twice the same */
                                       "05 01 15 00 01 29 14 00 02 29"};
    client_link l;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        assert_int_equal(subscribe(&l, 0x12, 0, 1), KITH_OK);
        server_sends(&l, lies[i]);
        it_ends(&l, GATT_CLIENT_SUBSCRIBE_DONE, KITH_GATT_MALFORMED_RESPONSE);
    }
    assert_int_equal(subscribe(&l, 0x12, 0, 1), KITH_OK);
    server_sends(&l, "05 01 13 00 01 29");
    server_sends(&l, "05 01 13 00 01 29"); /* the same again: would never end */
    it_ends(&l, GATT_CLIENT_SUBSCRIBE_DONE, KITH_GATT_MALFORMED_RESPONSE);
}

static void impossible_subscriptions_are_refused(void **state)
{
    client_link l;

    (void)state;
    assert_int_equal(subscribe(&l, 0, 0, 1), KITH_ERR_VALUE);
    assert_int_equal(subscribe(&l, 0, 5, 1), KITH_ERR_VALUE);
    assert_int_equal(subscribe(&l, 0xffff, 0, 1), KITH_ERR_VALUE);
    assert_int_equal(subscribe(&l, 0x12, 0x12, 1), KITH_ERR_VALUE);
    assert_int_equal(subscribe(&l, 0x12, 0x13, 4), KITH_ERR_VALUE);
    assert_int_equal(l.out_len, 0);
    assert_false(gatt_client_is_waiting(&l.client));
    assert_int_equal(subscribe(&l, 0x12, 0x13, 1), KITH_OK);
    assert_int_equal(gatt_client_start_subscribe(&l.client, 1, 2, 1, l.out, sizeof l.out, &l.out_len), KITH_ERR_BUSY);
}

/* Every value of the last event, as "handle: value"; then no more. */
static void it_tells(const client_link *l, size_t count, const uint16_t *handles, const char *const *values)
{
    size_t at = 0, len;
    const uint8_t *value;
    uint16_t handle;

    assert_int_equal(l->event.kind, GATT_CLIENT_NOTIFIED);
    assert_false(l->event.ended);
    for (size_t i = 0; i < count; i++) {
        assert_true(gatt_client_notified(&l->event, &at, &handle, &value, &len));
        assert_int_equal(handle, handles[i]);
        hex_expect(value, len, values[i]);
    }
    assert_false(gatt_client_notified(&l->event, &at, &handle, &value, &len));
}

static void values_are_told_while_something_else_is_under_way(void **state)
{
    client_link l;

    (void)state;
    assert_int_equal(subscribe(&l, 0x12, 0x13, 1), KITH_OK);
    server_sends(&l, "1b 12 00 aa bb");
    it_tells(&l, 1, (uint16_t[]){0x12}, (const char *[]){"aa bb"});
    assert_false(l.event.is_indication);
    assert_int_equal(l.out_len, 0);
    server_sends(&l, "1d 20 00");
    it_tells(&l, 1, (uint16_t[]){0x20}, (const char *[]){""});
    assert_true(l.event.is_indication);
    we_send(&l, "1e");
    server_sends(&l, "23 12 00 02 00 aa bb 20 00 00 00 21 00 01 00 cc");
    it_tells(&l, 3, (uint16_t[]){0x12, 0x20, 0x21}, (const char *[]){"aa bb", "", "cc"});
    assert_int_equal(l.out_len, 0);
    server_sends(&l, "23 12 00 02 00 aa bb"); /* a list of one, as bluetoothd 5.66 has it */
    it_tells(&l, 1, (uint16_t[]){0x12}, (const char *[]){"aa bb"});
    assert_true(gatt_client_is_waiting(&l.client));
    server_sends(&l, "13");
    it_ends(&l, GATT_CLIENT_SUBSCRIBE_DONE, KITH_GATT_OK);
}

static void what_is_no_value_is_told_to_nobody(void **state)
{
    static const char *const notified[] = {"1b",
                                           "1b 12",
                                           "1b 00 00 aa",
                                           "1d",
                                           "1d 12",
                                           "23",
                                           "23 12 00 02 00 aa 20 00 05 00 bb", /* the last is cut off */
                                           "23 12 00 ff ff aa 20 00 05 00 bb",
                                           "23 12 00 01 00 aa 20 00 01"};
    client_link l;

    (void)state;
    for (size_t i = 0; i < sizeof notified / sizeof notified[0]; i++) {
        start(&l);
        server_sends(&l, notified[i]);
        assert_int_equal(l.event.kind, GATT_CLIENT_NONE);
        assert_int_equal(l.out_len, 0);
    }
}

/* 3.2.9: no value is longer than 512 octets.  The peer gets its confirmation all the same. */
static void a_value_that_is_too_long_is_confirmed_and_told_to_nobody(void **state)
{
    client_link l;

    (void)state;
    start(&l);
    memset(l.in, 0, sizeof l.in);
    l.in[0] = 0x1d;
    l.in[1] = 1;
    gatt_client_response(&l.client, l.in, 3 + 512, l.out, sizeof l.out, &l.out_len, &l.event);
    assert_int_equal(l.event.kind, GATT_CLIENT_NOTIFIED);
    gatt_client_response(&l.client, l.in, 3 + 513, l.out, sizeof l.out, &l.out_len, &l.event);
    assert_int_equal(l.event.kind, GATT_CLIENT_NONE);
    we_send(&l, "1e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_configuration_is_written_at_once),
        cmocka_unit_test(an_unknown_configuration_is_found_first),
        cmocka_unit_test(a_characteristic_without_a_configuration_is_not_subscribed),
        cmocka_unit_test(lies_about_descriptors_end_it),
        cmocka_unit_test(impossible_subscriptions_are_refused),
        cmocka_unit_test(values_are_told_while_something_else_is_under_way),
        cmocka_unit_test(what_is_no_value_is_told_to_nobody),
        cmocka_unit_test(a_value_that_is_too_long_is_confirmed_and_told_to_nobody),
    };
    return cmocka_run_group_tests_name("gatt client told", tests, NULL, NULL);
}
