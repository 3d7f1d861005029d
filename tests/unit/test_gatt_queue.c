/* Prepared writes, and values in the program's memory that writes change.  Core Vol 3 Part F 3.4.6, Part G 4.9.4. */
#include "test_gatt_rich.h"

static void a_long_value_is_written_in_parts(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    exchange(&l, "16 18 00 00 00 01 02 03", "17 18 00 00 00 01 02 03");
    exchange(&l, "16 18 00 03 00 04 05", "17 18 00 03 00 04 05");
    exchange(&l, "16 18 00 05 00", "17 18 00 05 00");
    assert_int_equal(rich_guarded.len, 0);
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITTEN);
    assert_int_equal(l.out_len, 0);
    assert_int_equal(l.event.id, RICH_ID_GUARDED);
    assert_int_equal(l.event.offset, 0);
    hex_expect(l.event.value, l.event.value_len, "01 02 03 04 05");
    (void)server_goes_on(&l);
    we_send(&l, "19");
    assert_false(gatt_server_is_executing(&l.server));
    exchange(&l, "0a 18 00", "0b 01 02 03 04 05");
    exchange(&l, "18 01", "19"); /* there is nothing left */
}

static void parts_that_leave_a_gap_are_not_one(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "16 12 00 00 00 01 02", "17 12 00 00 00 01 02");
    exchange(&l, "16 12 00 03 00 04", "17 12 00 03 00 04");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITTEN);
    hex_expect(l.event.value, l.event.value_len, "01 02");
    assert_int_equal(server_goes_on(&l), GATT_SERVER_REFUSED);
    we_send(&l, "01 18 12 00 07");
    exchange(&l, "0a 12 00", "0b 01 02");
    exchange(&l, "18 01", "19");
}

/* The program has the whole of a long value, not its parts. */
static void the_program_is_told_a_long_value_at_once(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "16 14 00 00 00 01 02 03", "17 14 00 00 00 01 02 03");
    exchange(&l, "16 14 00 03 00 04", "17 14 00 03 00 04");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITE_WANTED);
    assert_int_equal(l.event.id, RICH_ID_PROGRAM);
    hex_expect(l.event.value, l.event.value_len, "01 02 03 04");
    assert_int_equal(client_sends(&l, "0a 10 00"), GATT_SERVER_VIOLATION);
    (void)program_takes(&l, 0);
    assert_true(l.done);
    we_send(&l, "19");
    assert_false(gatt_server_is_executing(&l.server));
}

static void several_writes_are_done_in_their_order(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    exchange(&l, "16 14 00 00 00 01", "17 14 00 00 00 01");
    exchange(&l, "16 18 00 00 00 02", "17 18 00 00 00 02");
    exchange(&l, "16 20 00 00 00 01 00", "17 20 00 00 00 01 00");
    exchange(&l, "16 16 00 00 00 03", "17 16 00 00 00 03");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITE_WANTED);
    assert_int_equal(l.event.id, RICH_ID_PROGRAM);
    assert_int_equal(rich_guarded.len, 0);
    assert_int_equal(program_takes(&l, 0), GATT_SERVER_WRITTEN);
    assert_int_equal(rich_guarded.len, 1);
    assert_int_equal(server_goes_on(&l), GATT_SERVER_SUBSCRIBED);
    assert_int_equal(l.event.bits, KITH_SUBSCRIBED_NOTIFY);
    assert_int_equal(server_goes_on(&l), GATT_SERVER_WRITE_WANTED);
    assert_int_equal(l.event.id, RICH_ID_PROGRAM_TOO);
    assert_int_equal(l.out_len, 0);
    (void)program_takes(&l, 0);
    we_send(&l, "19");
}

static void what_comes_after_a_write_that_is_refused_is_not_done(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    exchange(&l, "16 14 00 00 00 01", "17 14 00 00 00 01");
    exchange(&l, "16 16 00 00 00 02", "17 16 00 00 00 02");
    exchange(&l, "16 18 00 00 00 03", "17 18 00 00 00 03");
    (void)client_sends(&l, "18 01");
    assert_int_equal(program_takes(&l, 0), GATT_SERVER_WRITE_WANTED);
    (void)program_takes(&l, 0x82);
    we_send(&l, "01 18 16 00 82");
    assert_false(gatt_server_is_executing(&l.server));
    assert_int_equal(rich_guarded.len, 0);
    exchange(&l, "18 01", "19");
    assert_int_equal(rich_guarded.len, 0);
}

static void a_queue_that_is_cancelled_does_nothing(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "16 12 00 00 00 01 02", "17 12 00 00 00 01 02");
    exchange(&l, "18 00", "19");
    exchange(&l, "18 01", "19");
    assert_int_equal(rich_variable.len, 1);
    for (unsigned flags = 2; flags < 256; flags++) {
        l.in[0] = 0x18, l.in[1] = (uint8_t)flags;
        assert_int_equal(send_octets(&l, 2), GATT_SERVER_REFUSED);
        we_send(&l, "01 18 00 00 04");
    }
}

/* SR/GAW/BI-08-C (not permitted), BI-12-C (authentication), BI-13-C (key size), 0x0F where a key exists. */
static void what_may_not_be_written_is_not_prepared(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "16 10 00 00 00 01", "01 16 10 00 03");
    exchange(&l, "16 0f 00 00 00 01", "01 16 0f 00 03");
    exchange(&l, "16 18 00 00 00 01", "01 16 18 00 05");
    exchange(&l, "16 2e 00 00 00 01", "01 16 2e 00 01");
    exchange(&l, "16 00 00 00 00 01", "01 16 00 00 01");
    exchange(&l, "16 23 00 00 00 02 00", "01 16 23 00 05");
    l.sec = plain_bonded;
    exchange(&l, "16 18 00 00 00 01", "01 16 18 00 0f");
    l.sec = short_key;
    exchange(&l, "16 23 00 00 00 02 00", "01 16 23 00 0c");
    exchange(&l, "18 01", "19");
}

/* C6: all of it is judged again, before any of it is done. */
static void what_may_no_longer_be_written_is_not_executed(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    exchange(&l, "16 12 00 00 00 07 07", "17 12 00 00 00 07 07");
    exchange(&l, "16 18 00 00 00 01", "17 18 00 00 00 01");
    l.sec = plain_bonded;
    exchange(&l, "18 01", "01 18 18 00 0f");
    assert_int_equal(rich_variable.len, 1);
    assert_int_equal(rich_guarded.len, 0);
    l.sec = just_works;
    exchange(&l, "18 01", "19"); /* and it is gone */
    assert_int_equal(rich_guarded.len, 0);
}

/* And before each that comes after the program has answered. */
static void what_may_no_longer_be_written_meanwhile_is_not_executed(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    exchange(&l, "16 14 00 00 00 01", "17 14 00 00 00 01");
    exchange(&l, "16 18 00 00 00 01", "17 18 00 00 00 01");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITE_WANTED);
    l.sec = plain_bonded;
    (void)program_takes(&l, 0);
    we_send(&l, "01 18 18 00 0f");
    assert_int_equal(rich_guarded.len, 0);
    assert_false(gatt_server_is_executing(&l.server));
}

static void a_link_that_is_worth_less_forgets_what_was_prepared(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    exchange(&l, "16 18 00 00 00 01", "17 18 00 00 00 01");
    gatt_server_forget_request(&l.server);
    for (size_t i = 0; i < sizeof l.queue; i++)
        assert_int_equal(l.queue[i], 0);
    exchange(&l, "18 01", "19");
    assert_int_equal(rich_guarded.len, 0);
}

static void a_queue_takes_what_fits(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    give_queue(&l, 6 + 4 + 6 + 1);
    exchange(&l, "16 12 00 00 00 01 02 03 04", "17 12 00 00 00 01 02 03 04");
    exchange(&l, "16 12 00 09 00 05 06", "01 16 12 00 09");
    exchange(&l, "16 12 00 04 00 05 06 07 08 09 0a 0b", "17 12 00 04 00 05 06 07 08 09 0a 0b");
    exchange(&l, "16 12 00 0b 00 0c", "01 16 12 00 09");
    exchange(&l, "16 12 00 0b 00", "17 12 00 0b 00"); /* nothing fits */
    (void)client_sends(&l, "18 01");
    assert_int_equal(rich_variable.len, 11);
    (void)server_goes_on(&l);
    we_send(&l, "19");
    for (size_t i = 0; i < 17; i++)
        assert_int_equal(l.queue[i], 0);
}

static void more_writes_than_are_executed_together_are_refused(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    for (unsigned i = 0; i < GATT_QUEUE_WRITES; i++)
        exchange(&l, i % 2 == 0 ? "16 14 00 00 00 01" : "16 16 00 00 00 01",
                 i % 2 == 0 ? "17 14 00 00 00 01" : "17 16 00 00 00 01");
    exchange(&l, "16 14 00 00 00 01", "01 16 14 00 09");
    exchange(&l, "16 16 00 01 00 01", "17 16 00 01 00 01"); /* but the last one may grow */
    (void)client_sends(&l, "18 01");
    for (unsigned i = 0; i < GATT_QUEUE_WRITES; i++) {
        assert_int_equal(l.event.kind, GATT_SERVER_WRITE_WANTED);
        (void)program_takes(&l, 0);
    }
    we_send(&l, "19");
}

static void without_memory_nothing_is_prepared(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    give_queue(&l, 0);
    exchange(&l, "16 12 00 00 00 01", "01 16 00 00 06");
    exchange(&l, "18 01", "01 18 00 00 06");
    exchange(&l, "18 00", "01 18 00 00 06");
}

/* The queue is the client's until it is executed or cancelled: what else it asks for, granted or not, changes nothing.
 */
static void other_requests_leave_the_queue_alone(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "16 12 00 00 00 07 08", "17 12 00 00 00 07 08");
    exchange(&l, "0a 1a 00", "01 0a 1a 00 02");
    (void)client_sends(&l, "0a 14 00");
    (void)answer_octets(&l, 0x80, NULL, 0);
    we_send(&l, "01 0a 14 00 80");
    (void)client_sends(&l, "0e 14 00 10 00");
    (void)program_answers(&l, "01");
    we_send(&l, "0f 01 a0 a1 a2");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITTEN);
    (void)server_goes_on(&l);
    we_send(&l, "19");
    exchange(&l, "0a 12 00", "0b 07 08");
}

static void a_write_that_the_program_refuses_leaves_the_queue_alone(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "16 12 00 00 00 07 08", "17 12 00 00 00 07 08");
    assert_int_equal(client_sends(&l, "12 14 00 01"), GATT_SERVER_WRITE_WANTED);
    (void)program_takes(&l, 0x80);
    we_send(&l, "01 12 14 00 80");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITTEN);
    exchange(&l, "0a 12 00", "0b 07 08");
}

static void a_no_of_the_program_leaves_the_queue_alone(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "16 12 00 00 00 07 08", "17 12 00 00 00 07 08");
    assert_int_equal(client_sends(&l, "0a 25 00"), GATT_SERVER_AUTHORIZATION_WANTED);
    (void)program_says(&l, false);
    we_send(&l, "01 0a 25 00 08");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITTEN);
}

/* A request that waits lies in the same memory as the queue: neither may take the other's place. */
static void what_waits_and_what_is_queued_share_memory_without_harm(void **state)
{
    server_link l;

    (void)state;
    for (uint16_t cap = 8; cap < 60; cap++) {
        start_rich(&l, plain);
        give_queue(&l, cap);
        if (client_sends(&l, "16 25 00 00 00 01 02 03 04 05 06 07 08") != GATT_SERVER_AUTHORIZATION_WANTED) {
            we_send(&l, "01 16 25 00 08");
            continue;
        }
        if (program_says(&l, true) == GATT_SERVER_REFUSED) {
            we_send(&l, "01 16 25 00 09");
            continue;
        }
        we_send(&l, "17 25 00 00 00 01 02 03 04 05 06 07 08");
        if (client_sends(&l, "18 01") == GATT_SERVER_REFUSED) {
            we_send(&l, "01 18 25 00 08");
            continue;
        }
        assert_int_equal(program_says(&l, true), GATT_SERVER_WRITE_WANTED);
        hex_expect(l.event.value, l.event.value_len, "01 02 03 04 05 06 07 08");
        (void)program_takes(&l, 0);
        we_send(&l, "19");
        for (size_t i = 0; i < cap; i++)
            assert_int_equal(l.queue[i], 0);
    }
}

/* SR/GAW/BI-41-C: whether the client knows robust caching or not (Part F 3.4.6.3). */
static void a_service_that_goes_before_execution_is_missed(void **state)
{
    static uint8_t octets[4];
    static kith_variable variable = {octets, 0, 0, 4};
    static const kith_characteristic c = {
        .uuid = KITH_UUID16(0x2a6e), .properties = RICH_WRITE, .permissions = KITH_WRITE_OPEN, .variable = &variable};
    static const kith_service service = {.uuid = KITH_UUID16(0x181a), .characteristics = &c, .characteristic_count = 1};
    uint16_t first, last;
    server_link l;

    (void)state;
    for (unsigned robust = 0; robust < 2; robust++) {
        start_rich(&l, plain);
        assert_int_equal(gatt_database_add(&l.db, &service, &first, &last), KITH_OK);
        assert_int_equal(first, RICH_LAST + 1);
        if (robust)
            exchange(&l, "12 0b 00 01", "13");
        exchange(&l, "16 12 00 00 00 09 09", "17 12 00 00 00 09 09");
        exchange(&l, "16 30 00 00 00 01", "17 30 00 00 00 01");
        assert_int_equal(gatt_database_remove(&l.db, &service, &first, &last), KITH_OK);
        exchange(&l, "18 01", "01 18 30 00 12");
        assert_int_equal(rich_variable.len, 1);
        exchange(&l, "18 01", "19");
        assert_int_equal(rich_variable.len, 1);
    }
}

/* Handles may be other attributes' by now: of what is still queued nothing is written, and what is prepared later is
 * not held against it. */
static void a_table_that_changes_while_writes_are_executed_ends_them(void **state)
{
    server_link l;

    (void)state;
    for (unsigned error = 0; error < 2; error++) {
        start_rich(&l, plain);
        exchange(&l, "16 14 00 00 00 01", "17 14 00 00 00 01");
        exchange(&l, "16 12 00 00 00 09", "17 12 00 00 00 09");
        assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITE_WANTED);
        gatt_server_on_table_change(&l.server);
        (void)program_takes(&l, error == 0 ? 0 : 0x80);
        we_send(&l, error == 0 ? "01 18 12 00 12" : "01 18 14 00 80");
        assert_int_equal(rich_variable_octets[0], 0);
        exchange(&l, "16 12 00 00 00 09", "17 12 00 00 00 09");
        (void)client_sends(&l, "18 01");
        (void)server_goes_on(&l);
        we_send(&l, "19");
        assert_int_equal(rich_variable_octets[0], 9);
    }
}

/* ---- variables ---- */

static void variables_are_read_and_written_here(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    assert_int_equal(client_sends(&l, "12 12 00 0a 0b 0c"), GATT_SERVER_WRITTEN);
    we_send(&l, "13");
    assert_int_equal(l.event.id, RICH_ID_VARIABLE);
    assert_ptr_equal(l.event.value, rich_variable_octets);
    assert_int_equal(l.event.value_len, 3);
    exchange(&l, "0a 12 00", "0b 0a 0b 0c");
    exchange(&l, "0c 12 00 02 00", "0d 0c");
    exchange(&l, "08 01 00 ff ff 51 2a", "09 05 12 00 0a 0b 0c");
    exchange(&l, "06 01 00 ff ff 51 2a 0a 0b 0c", "07 12 00 12 00");
    assert_int_equal(client_sends(&l, "52 12 00 01"), GATT_SERVER_WRITTEN);
    assert_int_equal(l.out_len, 0);
    rich_variable_octets[0] = 0x55; /* the program changes it */
    exchange(&l, "0a 12 00", "0b 55");
}

static void variables_have_a_least_and_a_greatest_length(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    l.bearer.mtu = 247;
    exchange(&l, "12 12 00", "01 12 12 00 0d");
    memset(l.in, 1, sizeof l.in);
    l.in[0] = 0x12, l.in[1] = RICH_VARIABLE, l.in[2] = 0;
    assert_int_equal(send_octets(&l, 3 + 41), GATT_SERVER_REFUSED);
    we_send(&l, "01 12 12 00 0d");
    assert_int_equal(rich_variable.len, 1);
    assert_int_equal(send_octets(&l, 3 + 40), GATT_SERVER_WRITTEN);
    assert_int_equal(rich_variable.len, 40);
    l.in[0] = 0x52;
    assert_int_equal(send_octets(&l, 3), GATT_SERVER_DROPPED);
    assert_int_equal(send_octets(&l, 3 + 41), GATT_SERVER_DROPPED);
    assert_int_equal(rich_variable.len, 40);
    exchange(&l, "16 12 00 28 00 01", "17 12 00 28 00 01");
    exchange(&l, "18 01", "01 18 12 00 0d");
    exchange(&l, "16 12 00 29 00 01", "17 12 00 29 00 01");
    exchange(&l, "18 01", "01 18 12 00 07");
    exchange(&l, "16 12 00 00 00", "17 12 00 00 00");
    exchange(&l, "18 01", "01 18 12 00 0d");
    assert_int_equal(rich_variable.len, 40);
}

static void offsets_are_judged_when_executed(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "16 12 00 02 00 01", "17 12 00 02 00 01");
    exchange(&l, "18 01", "01 18 12 00 07");
    exchange(&l, "16 20 00 01 00 00", "17 20 00 01 00 00");
    exchange(&l, "18 01", "01 18 20 00 07");
    exchange(&l, "16 14 00 ff 01 01", "17 14 00 ff 01 01");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITE_WANTED);
    assert_int_equal(l.event.offset, 511);
    (void)program_takes(&l, KITH_ATT_ERROR_INVALID_OFFSET);
    we_send(&l, "01 18 14 00 07");
    exchange(&l, "16 14 00 ff 01 01 02", "17 14 00 ff 01 01 02");
    exchange(&l, "18 01", "01 18 14 00 0d"); /* no value has 513 octets */
    exchange(&l, "16 14 00 ff ff 01", "17 14 00 ff ff 01");
    exchange(&l, "18 01", "01 18 14 00 0d");
}

/* A program that breaks its own bound breaks nothing else. */
static void a_variable_that_claims_too_much_is_read_to_its_bound(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    rich_variable.len = 600;
    (void)client_sends(&l, "0a 12 00");
    assert_int_equal(l.out_len, 1 + 22);
    l.bearer.mtu = 247;
    (void)client_sends(&l, "0a 12 00");
    assert_int_equal(l.out_len, 1 + 40);
    exchange(&l, "16 12 00 29 00 01", "17 12 00 29 00 01");
    exchange(&l, "18 01", "01 18 12 00 07");
}

static void wrong_variables_are_refused(void **state)
{
    static uint8_t octets[4];
    kith_variable v = {octets, 0, 0, 4};
    kith_characteristic c = {
        .uuid = KITH_UUID16(0x2a6e), .properties = RICH_READ | RICH_WRITE, .permissions = RICH_OPEN, .variable = &v};
    kith_service service = {.uuid = KITH_UUID16(0x181a), .characteristics = &c, .characteristic_count = 1};
    gatt_database db;

    (void)state;
#define TRY() gatt_database_init(&db, "", 0, &service, 1)
    assert_int_equal(TRY(), KITH_OK);
    v.max = 513;
    assert_int_equal(TRY(), KITH_ERR_VALUE);
    v.max = 4, v.min = 5;
    assert_int_equal(TRY(), KITH_ERR_VALUE);
    v.min = 0, v.len = 5;
    assert_int_equal(TRY(), KITH_ERR_VALUE);
    v.len = 0, v.octets = NULL;
    assert_int_equal(TRY(), KITH_ERR_VALUE);
    v.octets = octets, c.value = octets;
    assert_int_equal(TRY(), KITH_ERR_VALUE);
    c.value = NULL, c.value_len = 1;
    assert_int_equal(TRY(), KITH_ERR_VALUE);
    c.value_len = 0, c.properties |= KITH_PROPERTY_SIGNED_WRITE, c.permissions |= KITH_WRITE_SIGNED;
    assert_int_equal(TRY(), KITH_ERR_VALUE);
#undef TRY
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_value_is_written_in_parts),
        cmocka_unit_test(parts_that_leave_a_gap_are_not_one),
        cmocka_unit_test(the_program_is_told_a_long_value_at_once),
        cmocka_unit_test(several_writes_are_done_in_their_order),
        cmocka_unit_test(what_comes_after_a_write_that_is_refused_is_not_done),
        cmocka_unit_test(a_queue_that_is_cancelled_does_nothing),
        cmocka_unit_test(what_may_not_be_written_is_not_prepared),
        cmocka_unit_test(what_may_no_longer_be_written_is_not_executed),
        cmocka_unit_test(what_may_no_longer_be_written_meanwhile_is_not_executed),
        cmocka_unit_test(a_link_that_is_worth_less_forgets_what_was_prepared),
        cmocka_unit_test(a_queue_takes_what_fits),
        cmocka_unit_test(more_writes_than_are_executed_together_are_refused),
        cmocka_unit_test(without_memory_nothing_is_prepared),
        cmocka_unit_test(other_requests_leave_the_queue_alone),
        cmocka_unit_test(a_write_that_the_program_refuses_leaves_the_queue_alone),
        cmocka_unit_test(a_no_of_the_program_leaves_the_queue_alone),
        cmocka_unit_test(what_waits_and_what_is_queued_share_memory_without_harm),
        cmocka_unit_test(a_service_that_goes_before_execution_is_missed),
        cmocka_unit_test(a_table_that_changes_while_writes_are_executed_ends_them),
        cmocka_unit_test(variables_are_read_and_written_here),
        cmocka_unit_test(variables_have_a_least_and_a_greatest_length),
        cmocka_unit_test(offsets_are_judged_when_executed),
        cmocka_unit_test(a_variable_that_claims_too_much_is_read_to_its_bound),
        cmocka_unit_test(wrong_variables_are_refused),
    };
    return cmocka_run_group_tests_name("gatt queue", tests, NULL, NULL);
}
