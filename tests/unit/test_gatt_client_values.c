/* Conversations with the client: long and reliable writes, values by UUID, several values at once.
 * Core Vol 3 Part G 4.8.2, 4.8.4, 4.8.5, 4.9.4, 4.9.5. */
#include "test_gatt_client_support.h"

static const uint8_t long_write[512] = {[0] = 0x01, [18] = 0x02, [36] = 0x03};
static const uint8_t first_value[] = {0xaa, 0xbb}, second_value[] = {0xcc};
static const kith_gatt_write_part two[] = {{0x10, 2, first_value}, {0x20, 1, second_value}, {0x30, 0, NULL}};

#define ZEROS_17 "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"

static void write_long(client_link *l, size_t len)
{
    start(l);
    assert_int_equal(
        gatt_client_start_write_long(&l->client, 0x12, long_write, len, l->out, sizeof l->out, &l->out_len), KITH_OK);
}

static void a_long_value_is_written_in_parts(void **state)
{
    client_link l;

    (void)state;
    write_long(&l, 37);
    we_send(&l, "16 12 00 00 00 01 " ZEROS_17);
    server_sends(&l, "17 12 00 00 00 01 " ZEROS_17);
    assert_false(l.event.ended);
    we_send(&l, "16 12 00 12 00 02 " ZEROS_17);
    server_sends(&l, "17 12 00 12 00 02 " ZEROS_17);
    we_send(&l, "16 12 00 24 00 03");
    server_sends(&l, "17 12 00 24 00 03");
    we_send(&l, "18 01");
    server_sends(&l, "19");
    assert_int_equal(l.event.handle, 0x12);
    it_ends(&l, GATT_CLIENT_WRITE_DONE, KITH_GATT_OK);
}

static void several_values_are_written_together(void **state)
{
    client_link l;

    (void)state;
    start(&l);
    assert_int_equal(gatt_client_start_writes(&l.client, two, 3, l.out, sizeof l.out, &l.out_len), KITH_OK);
    we_send(&l, "16 10 00 00 00 aa bb");
    server_sends(&l, "17 10 00 00 00 aa bb");
    we_send(&l, "16 20 00 00 00 cc");
    server_sends(&l, "17 20 00 00 00 cc");
    we_send(&l, "16 30 00 00 00");
    server_sends(&l, "17 30 00 00 00");
    we_send(&l, "18 01");
    server_sends(&l, "01 18 20 00 0d");
    assert_int_equal(l.event.error, 0x0d);
    it_ends(&l, GATT_CLIENT_WRITE_DONE, KITH_GATT_ATT_ERROR);
}

/* Somebody between, or a server that errs: nothing of it is written. */
static void an_echo_that_is_another_takes_all_back(void **state)
{
    static const char *const echoes[] = {"17 10 00 00 00 aa bc", "17 10 00 00 00 aa",    "17 10 00 00 00 aa bb cc",
                                         "17 11 00 00 00 aa bb", "17 10 00 01 00 aa bb", "17 10 00 00 00"};
    client_link l;

    (void)state;
    for (size_t i = 0; i < sizeof echoes / sizeof echoes[0]; i++)
        for (unsigned answer = 0; answer < 3; answer++) {
            start(&l);
            assert_int_equal(gatt_client_start_writes(&l.client, two, 2, l.out, sizeof l.out, &l.out_len), KITH_OK);
            server_sends(&l, echoes[i]);
            assert_false(l.event.ended);
            we_send(&l, "18 00");
            server_sends(&l, answer == 0 ? "19" : answer == 1 ? "01 18 00 00 0e" : "0b 00");
            it_ends(&l, GATT_CLIENT_WRITE_DONE, KITH_GATT_NOT_ECHOED);
        }
}

/* CL/GAW/BI-11-C, BI-12-C, BI-13-C among them; what was prepared before is taken back. */
static void a_refused_part_takes_all_back_and_is_told_as_it_came(void **state)
{
    char refusal[32];
    client_link l;

    (void)state;
    for (unsigned error = 1; error < 256; error++) {
        start(&l);
        assert_int_equal(gatt_client_start_writes(&l.client, two, 2, l.out, sizeof l.out, &l.out_len), KITH_OK);
        snprintf(refusal, sizeof refusal, "01 16 10 00 %02x", error);
        server_sends(&l, refusal);
        assert_int_equal(l.event.error, error);
        it_ends(&l, GATT_CLIENT_WRITE_DONE, KITH_GATT_ATT_ERROR);

        assert_int_equal(gatt_client_start_writes(&l.client, two, 2, l.out, sizeof l.out, &l.out_len), KITH_OK);
        server_sends(&l, "17 10 00 00 00 aa bb");
        snprintf(refusal, sizeof refusal, "01 16 20 00 %02x", error);
        server_sends(&l, refusal);
        assert_false(l.event.ended);
        we_send(&l, "18 00");
        server_sends(&l, "19");
        assert_int_equal(l.event.error, error);
        assert_int_equal(l.event.request_opcode, 0x16);
        assert_int_equal(l.event.handle, 0x20);
        it_ends(&l, GATT_CLIENT_WRITE_DONE, KITH_GATT_ATT_ERROR);
    }
}

static void impossible_writes_are_refused(void **state)
{
    static const kith_gatt_write_part bad[] = {{1, 513, long_write}, {0, 1, long_write}};
    client_link l;

    (void)state;
    start(&l);
    assert_int_equal(gatt_client_start_write_long(&l.client, 1, long_write, 513, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_VALUE);
    assert_int_equal(gatt_client_start_write_long(&l.client, 0, long_write, 1, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_VALUE);
    assert_int_equal(gatt_client_start_writes(&l.client, two, 0, l.out, sizeof l.out, &l.out_len), KITH_ERR_VALUE);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(gatt_client_start_writes(&l.client, bad + i, 1, l.out, sizeof l.out, &l.out_len),
                         KITH_ERR_VALUE);
    assert_false(gatt_client_is_waiting(&l.client));
    write_long(&l, 30);
    assert_int_equal(gatt_client_start_write_long(&l.client, 1, first_value, 2, l.out, sizeof l.out, &l.out_len),
                     KITH_ERR_BUSY);
    server_sends(&l, "17 12 00 00 00 01 " ZEROS_17); /* and that changed nothing */
    we_send(&l, "16 12 00 12 00 02 00 00 00 00 00 00 00 00 00 00 00");
}

static void by_uuid(client_link *l)
{
    static const kith_uuid name = KITH_UUID16(0x2a00);

    start(l);
    assert_int_equal(gatt_client_start_read_by_uuid(&l->client, &name, 0x10, 0x20, l->out, sizeof l->out, &l->out_len),
                     KITH_OK);
    we_send(l, "08 10 00 20 00 00 2a");
}

static void it_lists(const client_link *l, size_t count, unsigned entry_len, const char *entries)
{
    assert_int_equal(l->event.list, GATT_CLIENT_VALUES);
    assert_int_equal(l->event.count, count);
    assert_int_equal(l->event.entry_len, entry_len);
    hex_expect(l->event.entries, count * entry_len, entries);
}

static void values_are_read_by_their_uuid(void **state)
{
    client_link l;

    (void)state;
    by_uuid(&l);
    server_sends(&l, "09 04 12 00 aa bb 14 00 cc dd");
    assert_int_equal(l.event.kind, GATT_CLIENT_NONE);
    it_lists(&l, 2, 4, "12 00 aa bb 14 00 cc dd");
    we_send(&l, "08 15 00 20 00 00 2a");
    server_sends(&l, "09 02 1f 00");
    it_lists(&l, 1, 2, "1f 00");
    server_sends(&l, "01 08 20 00 0a");
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
    by_uuid(&l);
    server_sends(&l, "09 03 20 00 aa");
    it_lists(&l, 1, 3, "20 00 aa");
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
    by_uuid(&l);
    server_sends(&l, "01 08 10 00 0a");
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_NOT_FOUND);
    by_uuid(&l);
    server_sends(&l, "01 08 10 00 05"); /* CL/GAR/BI-10-C */
    assert_int_equal(l.event.error, 0x05);
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_ATT_ERROR);
}

static void lies_about_values_end_it(void **state)
{
    static const char *const lies[] = {"09",
                                       "09 04",
                                       "09 01 12",
                                       "09 00 12 00",
                                       "09 04 12 00 aa",
                                       "09 03 0f 00 aa",
                                       "09 03 21 00 aa",
                                       "09 03 12 00 aa 12 00 aa",
                                       "09 03 13 00 aa 12 00 aa"};
    client_link l;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        by_uuid(&l);
        server_sends(&l, lies[i]);
        assert_int_equal(l.event.list, GATT_CLIENT_NO_LIST);
        it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_MALFORMED_RESPONSE);
    }
}

static void several_values_are_read_at_once(void **state)
{
    static const uint16_t handles[33] = {0x10, 0x20, 0x1234};
    client_link l;

    (void)state;
    for (unsigned variable = 0; variable < 2; variable++) {
        start(&l);
        assert_int_equal(
            gatt_client_start_read_multiple(&l.client, handles, 3, variable != 0, l.out, sizeof l.out, &l.out_len),
            KITH_OK);
        we_send(&l, variable ? "20 10 00 20 00 34 12" : "0e 10 00 20 00 34 12");
        server_sends(&l, variable ? "21 01 00 aa 00 00" : "0f aa 00");
        hex_expect(l.event.value, l.event.value_len, variable ? "01 00 aa 00 00" : "aa 00");
        it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_OK);
        assert_int_equal(
            gatt_client_start_read_multiple(&l.client, handles, 2, variable != 0, l.out, sizeof l.out, &l.out_len),
            KITH_OK);
        server_sends(&l, variable ? "01 20 20 00 08" : "01 0e 20 00 0c"); /* CL/GAR/BI-22-C, BI-40-C */
        assert_int_equal(l.event.error, variable ? 0x08 : 0x0c);
        it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_ATT_ERROR);
    }
    for (size_t count = 0; count <= 33; count++)
        if (count < 2 || count > 3) /* a handle is 0, or there are too few, or too many */
            assert_int_equal(
                gatt_client_start_read_multiple(&l.client, handles, count, false, l.out, sizeof l.out, &l.out_len),
                KITH_ERR_VALUE);
}

/* GC-2: three errors are worth a better link, once; nothing that comes meanwhile is an answer. */
static void a_refusal_for_security_is_held_where_the_host_can_do_something(void **state)
{
    char refusal[32];
    client_link l;

    (void)state;
    for (unsigned error = 1; error < 256; error++) {
        bool is_held = error == 0x05 || error == 0x0f || error == 0x0c;

        by_uuid(&l);
        l.client.may_hold = true;
        snprintf(refusal, sizeof refusal, "01 08 10 00 %02x", error);
        server_sends(&l, refusal);
        assert_int_equal(l.client.is_held, is_held);
        assert_int_equal(l.event.kind, is_held ? GATT_CLIENT_HELD : GATT_CLIENT_READ_DONE);
        assert_int_equal(l.event.ended, !is_held);
        if (!is_held)
            continue;
        server_sends(&l, "09 03 20 00 aa");
        assert_int_equal(l.event.kind, GATT_CLIENT_NONE);
        assert_int_equal(l.event.list, GATT_CLIENT_NO_LIST);
        gatt_client_repeat(&l.client);
        server_sends(&l, refusal);
        assert_int_equal(l.event.error, error);
        it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_ATT_ERROR);
    }
    by_uuid(&l);
    l.client.may_hold = true;
    server_sends(&l, "01 08 10 00 0f");
    l.out_len = 0;
    gatt_client_give_up(&l.client, &l.event);
    assert_int_equal(l.event.error, 0x0f);
    it_ends(&l, GATT_CLIENT_READ_DONE, KITH_GATT_ATT_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_value_is_written_in_parts),
        cmocka_unit_test(several_values_are_written_together),
        cmocka_unit_test(an_echo_that_is_another_takes_all_back),
        cmocka_unit_test(a_refused_part_takes_all_back_and_is_told_as_it_came),
        cmocka_unit_test(impossible_writes_are_refused),
        cmocka_unit_test(values_are_read_by_their_uuid),
        cmocka_unit_test(lies_about_values_end_it),
        cmocka_unit_test(several_values_are_read_at_once),
        cmocka_unit_test(a_refusal_for_security_is_held_where_the_host_can_do_something),
    };
    return cmocka_run_group_tests_name("gatt client values", tests, NULL, NULL);
}
