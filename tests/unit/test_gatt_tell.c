/* Client configurations, and values that are notified and indicated.  Core Vol 3 Part F 3.4.7, Part G 3.3.3.3, 4.10,
 * 4.11. */
#include "test_gatt_rich.h"

static kith_status tell(server_link *l, uint16_t id, uint8_t bit, const char *value)
{
    uint8_t octets[600];
    size_t len = hex_read(value, octets, sizeof octets);
    gatt_attribute at;
    kith_status status;

    assert_true(gatt_database_find_id(&l->db, id, &at));
    status = gatt_server_may_tell(&l->server, &l->sec, &at, bit);
    l->out_len = gatt_server_tell(&l->server, &l->sec, &at, bit, octets, len, l->out, sizeof l->out);
    assert_int_equal(l->out_len != 0, status == KITH_OK);
    return status;
}

static kith_status notify(server_link *l, uint16_t id, const char *value)
{
    return tell(l, id, KITH_SUBSCRIBED_NOTIFY, value);
}

static kith_status indicate(server_link *l, uint16_t id, const char *value)
{
    return tell(l, id, KITH_SUBSCRIBED_INDICATE, value);
}

/* SR/GAN/BV-01-C, SR/GAI/BV-01-C as far as one connection goes. */
static void who_subscribes_is_told(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, authenticated);
    assert_int_equal(notify(&l, RICH_ID_BEAT, "01"), KITH_ERR_STATE);
    exchange(&l, "0a 20 00", "0b 00 00");
    assert_int_equal(client_sends(&l, "12 20 00 01 00"), GATT_SERVER_SUBSCRIBED);
    we_send(&l, "13");
    assert_int_equal(l.event.id, RICH_ID_BEAT);
    assert_int_equal(l.event.handle, RICH_BEAT);
    assert_int_equal(l.event.bits, KITH_SUBSCRIBED_NOTIFY);
    exchange(&l, "0a 20 00", "0b 01 00");
    assert_int_equal(notify(&l, RICH_ID_BEAT, "aa bb"), KITH_OK);
    we_send(&l, "1b 1f 00 aa bb");
    assert_int_equal(notify(&l, RICH_ID_BEAT, ""), KITH_OK);
    we_send(&l, "1b 1f 00");
    assert_int_equal(client_sends(&l, "12 20 00 00 00"), GATT_SERVER_SUBSCRIBED);
    assert_int_equal(l.event.bits, 0);
    assert_int_equal(notify(&l, RICH_ID_BEAT, "01"), KITH_ERR_STATE);
    exchange(&l, "12 1d 00 03 00", "13");
    assert_int_equal(notify(&l, RICH_ID_MEASURED, "01"), KITH_OK);
    assert_int_equal(indicate(&l, RICH_ID_MEASURED, "02"), KITH_OK);
    we_send(&l, "1d 1c 00 02");
    exchange(&l, "12 1d 00 02 00", "13");
    assert_int_equal(notify(&l, RICH_ID_MEASURED, "01"), KITH_ERR_STATE);
}

/* C12. */
static void a_new_connection_begins_with_no_subscription(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "12 20 00 01 00", "13");
    exchange(&l, "12 0b 00 01", "13");
    exchange(&l, "16 12 00 00 00 01", "17 12 00 00 00 01");
    connect_again(&l);
    assert_int_equal(notify(&l, RICH_ID_BEAT, "01"), KITH_ERR_STATE);
    exchange(&l, "0a 20 00", "0b 00 00");
    exchange(&l, "0a 0b 00", "0b 00");
    exchange(&l, "18 01", "19");
}

static void only_what_a_characteristic_can_do_is_asked_for(void **state)
{
    static const struct {
        unsigned cccd, may;
    } rows[] = {{RICH_MEASURED_CCCD, 3}, {RICH_BEAT_CCCD, 1}, {RICH_ALARM_CCCD, 2}, {RICH_FREE_CCCD, 1}};
    char request[32], refusal[32];
    server_link l;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start_rich(&l, authenticated);
        for (unsigned bits = 0; bits <= 0xffff; bits = bits < 8 ? bits + 1 : bits * 2) {
            snprintf(request, sizeof request, "12 %02x 00 %02x %02x", rows[i].cccd, bits & 0xff, bits >> 8);
            snprintf(refusal, sizeof refusal, "01 12 %02x 00 13", rows[i].cccd);
            exchange(&l, request, (bits & ~rows[i].may) == 0 ? "13" : refusal);
        }
    }
    start_rich(&l, plain);
    exchange(&l, "12 20 00 01 00", "13");
    exchange(&l, "12 20 00 01 80", "01 12 20 00 13");
    assert_int_equal(gatt_server_subscribed(&l.server, RICH_BEAT), KITH_SUBSCRIBED_NOTIFY); /* as it was */
    exchange(&l, "12 09 00 01 00", "01 12 09 00 13"); /* Service Changed is indicated */
    exchange(&l, "12 09 00 02 00", "13");
}

static void a_configuration_has_two_octets(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "12 20 00", "01 12 20 00 0d");
    exchange(&l, "12 20 00 01", "01 12 20 00 0d");
    exchange(&l, "12 20 00 01 00 00", "01 12 20 00 0d");
    exchange(&l, "12 20 00 01 00", "13");
    assert_int_equal(client_sends(&l, "52 20 00 00 00"), GATT_SERVER_DROPPED); /* descriptors take requests */
    assert_int_equal(notify(&l, RICH_ID_BEAT, "01"), KITH_OK);
}

static void more_subscriptions_than_room_are_refused(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, authenticated);
    exchange(&l, "12 1d 00 01 00", "13");
    exchange(&l, "12 20 00 01 00", "13");
    exchange(&l, "12 23 00 02 00", "13");
    exchange(&l, "12 2d 00 00 00", "13"); /* nothing takes no room */
    exchange(&l, "12 2d 00 01 00", "01 12 2d 00 11");
    exchange(&l, "12 20 00 01 00", "13"); /* nor does the same again */
    exchange(&l, "12 20 00 00 00", "13");
    exchange(&l, "12 2d 00 01 00", "13");
    assert_int_equal(gatt_server_subscribed(&l.server, RICH_FREE), KITH_SUBSCRIBED_NOTIFY);
    assert_int_equal(gatt_server_subscribed(&l.server, 0), 0);
    gatt_server_init(&l.server, &l.db, &l.bearer, &no_memory);
    exchange(&l, "12 20 00 01 00", "01 12 20 00 11");
    exchange(&l, "12 20 00 00 00", "13");
}

/* C5: anybody may see what he asked for, and may ask only for what he would get. */
static void who_may_not_be_told_may_not_ask_for_it(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "12 1d 00 01 00", "01 12 1d 00 05");
    exchange(&l, "12 23 00 02 00", "01 12 23 00 05");
    exchange(&l, "12 2a 00 01 00", "01 12 2a 00 05");
    exchange(&l, "0a 1d 00", "0b 00 00");
    exchange(&l, "12 2d 00 01 00", "13");
    l.sec = plain_bonded;
    exchange(&l, "12 1d 00 01 00", "01 12 1d 00 0f");
    l.sec = just_works;
    exchange(&l, "12 1d 00 01 00", "01 12 1d 00 05");
    exchange(&l, "12 2a 00 01 00", "13");
    l.sec = short_key;
    exchange(&l, "12 23 00 02 00", "01 12 23 00 0c");
}

/* C5, C7: what was asked for in better times, or is remembered for a bond, is not sent over a link that is worth less.
 */
static void each_value_is_guarded_when_it_is_sent(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    assert_true(gatt_server_subscribe(&l.server, RICH_MEASURED, 3));
    assert_true(gatt_server_subscribe(&l.server, RICH_ALARM, KITH_SUBSCRIBED_INDICATE));
    assert_true(gatt_server_subscribe(&l.server, RICH_STRONG_WRITE, KITH_SUBSCRIBED_NOTIFY));
    assert_int_equal(notify(&l, RICH_ID_MEASURED, "01"), KITH_ERR_INSECURE);
    assert_int_equal(indicate(&l, RICH_ID_MEASURED, "01"), KITH_ERR_INSECURE);
    assert_int_equal(indicate(&l, RICH_ID_ALARM, "01"), KITH_ERR_INSECURE);
    assert_int_equal(notify(&l, RICH_ID_STRONG_WRITE, "01"), KITH_ERR_INSECURE);
    l.sec = just_works;
    assert_int_equal(notify(&l, RICH_ID_MEASURED, "01"), KITH_ERR_INSECURE);
    assert_int_equal(notify(&l, RICH_ID_STRONG_WRITE, "01"), KITH_OK);
    l.sec = short_key;
    assert_int_equal(indicate(&l, RICH_ID_ALARM, "01"), KITH_ERR_INSECURE);
    assert_int_equal(l.server.indicated, 0);
    l.sec = authenticated;
    assert_int_equal(notify(&l, RICH_ID_MEASURED, "01"), KITH_OK);
    assert_int_equal(indicate(&l, RICH_ID_ALARM, "01"), KITH_OK);
}

static void what_does_not_fit_into_one_pdu_is_cut(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    l.bearer.mtu = 23;
    exchange(&l, "12 20 00 01 00", "13");
    assert_int_equal(notify(&l, RICH_ID_BEAT, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13"), KITH_OK);
    we_send(&l, "1b 1f 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13");
    assert_int_equal(notify(&l, RICH_ID_BEAT, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14"),
                     KITH_OK);
    we_send(&l, "1b 1f 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13");
    l.bearer.mtu = 24;
    assert_int_equal(notify(&l, RICH_ID_BEAT, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14"),
                     KITH_OK);
    assert_int_equal(l.out_len, 24);
}

/* 3.4.7.2: one indication, until it is confirmed; notifications go meanwhile. */
static void one_indication_at_a_time(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, authenticated);
    exchange(&l, "12 1d 00 03 00", "13");
    exchange(&l, "12 23 00 02 00", "13");
    assert_int_equal(client_sends(&l, "1e"), GATT_SERVER_NONE); /* confirms nothing */
    assert_int_equal(indicate(&l, RICH_ID_MEASURED, "01"), KITH_OK);
    assert_int_equal(indicate(&l, RICH_ID_MEASURED, "02"), KITH_ERR_BUSY);
    assert_int_equal(indicate(&l, RICH_ID_ALARM, "02"), KITH_ERR_BUSY);
    assert_int_equal(notify(&l, RICH_ID_MEASURED, "03"), KITH_OK);
    exchange(&l, "0a 10 00", "0b a0 a1 a2");
    assert_int_equal(client_sends(&l, "1e 00"), GATT_SERVER_NONE); /* malformed */
    assert_int_equal(indicate(&l, RICH_ID_ALARM, "02"), KITH_ERR_BUSY);
    assert_int_equal(client_sends(&l, "1e"), GATT_SERVER_CONFIRMED);
    assert_int_equal(l.out_len, 0);
    assert_int_equal(l.event.id, RICH_ID_MEASURED);
    assert_int_equal(l.event.handle, RICH_MEASURED);
    assert_int_equal(client_sends(&l, "1e"), GATT_SERVER_NONE);
    assert_int_equal(indicate(&l, RICH_ID_ALARM, "02"), KITH_OK);
}

/* A request that waits for the program holds up no confirmation. */
static void a_confirmation_comes_in_between(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, authenticated);
    exchange(&l, "12 23 00 02 00", "13");
    assert_int_equal(indicate(&l, RICH_ID_ALARM, "01"), KITH_OK);
    assert_int_equal(client_sends(&l, "0a 14 00"), GATT_SERVER_READ_WANTED);
    assert_int_equal(client_sends(&l, "1e"), GATT_SERVER_CONFIRMED);
    (void)program_answers(&l, "01");
    we_send(&l, "0b 01");
}

static void values_are_found_by_their_id(void **state)
{
    gatt_attribute at;
    server_link l;

    (void)state;
    start_rich(&l, plain);
    assert_true(gatt_database_find_id(&l.db, RICH_ID_ALARM, &at));
    assert_int_equal(at.handle, RICH_ALARM);
    assert_int_equal(at.kind, GATT_VALUE);
    assert_true(gatt_database_find_id(&l.db, 0, &at)); /* the first that has none of its own */
    assert_int_equal(at.handle, RICH_STATIC);
    assert_false(gatt_database_find_id(&l.db, 999, &at));
    assert_false(gatt_database_find_id(&l.db, GATT_SERVICE_CHANGED, &at)); /* built in, none of the program's */
    assert_false(gatt_database_find_id(&l.db, GATT_DEVICE_NAME, &at));
}

static void wrong_configurations_are_refused(void **state)
{
    static const kith_descriptor made = {.uuid = KITH_UUID16(0x2902), .permissions = RICH_OPEN};
    static const kith_descriptor notified = {.uuid = KITH_UUID16(0x2901),
                                             .permissions = KITH_READ_OPEN | KITH_NOTIFY_OPEN};
    const kith_characteristic good = {
        .uuid = KITH_UUID16(0x2a6e), .properties = RICH_READ | RICH_NOTIFY, .permissions = KITH_READ_OPEN};
    kith_characteristic c = good;
    kith_service service = {.uuid = KITH_UUID16(0x181a), .characteristics = &c, .characteristic_count = 1};
    gatt_database db;

    (void)state;
    assert_int_equal(gatt_database_init(&db, "", 0, &service, 1), KITH_OK);
    c.descriptors = &made, c.descriptor_count = 1;
    assert_int_equal(gatt_database_init(&db, "", 0, &service, 1), KITH_ERR_VALUE);
    c.descriptors = &notified;
    assert_int_equal(gatt_database_init(&db, "", 0, &service, 1), KITH_ERR_VALUE);
    c = good, c.properties = RICH_READ, c.permissions |= KITH_NOTIFY_OPEN;
    assert_int_equal(gatt_database_init(&db, "", 0, &service, 1), KITH_ERR_VALUE);
    c = good, c.permissions |= 0x50000;
    assert_int_equal(gatt_database_init(&db, "", 0, &service, 1), KITH_ERR_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_subscribes_is_told),
        cmocka_unit_test(a_new_connection_begins_with_no_subscription),
        cmocka_unit_test(only_what_a_characteristic_can_do_is_asked_for),
        cmocka_unit_test(a_configuration_has_two_octets),
        cmocka_unit_test(more_subscriptions_than_room_are_refused),
        cmocka_unit_test(who_may_not_be_told_may_not_ask_for_it),
        cmocka_unit_test(each_value_is_guarded_when_it_is_sent),
        cmocka_unit_test(what_does_not_fit_into_one_pdu_is_cut),
        cmocka_unit_test(one_indication_at_a_time),
        cmocka_unit_test(a_confirmation_comes_in_between),
        cmocka_unit_test(values_are_found_by_their_id),
        cmocka_unit_test(wrong_configurations_are_refused),
    };
    return cmocka_run_group_tests_name("gatt tell", tests, NULL, NULL);
}
