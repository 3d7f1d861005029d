/* Read Multiple and Read Multiple Variable: values of all kinds in one response, or none of them.
 * Core Vol 3 Part F 3.4.4.7, 3.4.4.11. */
#include "test_gatt_rich.h"

static void values_come_one_behind_the_other(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "0e 03 00 10 00", "0f 4b 69 74 68 a0 a1 a2");
    exchange(&l, "0e 10 00 10 00 05 00", "0f a0 a1 a2 a0 a1 a2 41 03");
    exchange(&l, "20 03 00 10 00", "21 04 00 4b 69 74 68 03 00 a0 a1 a2");
    exchange(&l, "20 12 00 0b 00", "21 01 00 00 01 00 00");
}

/* Static, a variable, a client configuration, and two of the program's, which is asked for one after the other. */
static void values_of_all_kinds_mix(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    rich_variable.len = 2, rich_variable_octets[0] = 0x77, rich_variable_octets[1] = 0x78;
    exchange(&l, "12 20 00 01 00", "13");
    assert_int_equal(client_sends(&l, "0e 14 00 10 00 16 00 12 00 20 00 14 00"), GATT_SERVER_READ_WANTED);
    assert_int_equal(l.event.id, RICH_ID_PROGRAM);
    assert_int_equal(l.out_len, 0);
    assert_int_equal(program_answers(&l, "c0 c1"), GATT_SERVER_READ_WANTED);
    assert_true(l.done);
    assert_int_equal(l.out_len, 0);
    assert_int_equal(l.event.id, RICH_ID_PROGRAM_TOO);
    assert_int_equal(program_answers(&l, ""), GATT_SERVER_READ_WANTED);
    assert_int_equal(l.event.id, RICH_ID_PROGRAM);
    (void)program_answers(&l, "c2");
    we_send(&l, "0f c0 c1 a0 a1 a2 77 78 01 00 c2");
    assert_false(gatt_server_is_pending(&l.server));
    assert_int_equal(client_sends(&l, "20 14 00 10 00 16 00"), GATT_SERVER_READ_WANTED);
    (void)program_answers(&l, "c0 c1");
    (void)program_answers(&l, "");
    we_send(&l, "21 02 00 c0 c1 03 00 a0 a1 a2 00 00");
}

static void an_error_of_the_program_is_the_answer_to_all(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    assert_int_equal(client_sends(&l, "0e 14 00 16 00"), GATT_SERVER_READ_WANTED);
    (void)program_answers(&l, "c0");
    (void)answer_octets(&l, 0x81, NULL, 0);
    we_send(&l, "01 0e 16 00 81");
    assert_false(gatt_server_is_pending(&l.server));
    exchange(&l, "0e 03 00 10 00", "0f 4b 69 74 68 a0 a1 a2");
}

static void what_does_not_fit_is_cut(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    l.bearer.mtu = 23;
    exchange(&l, "0e 10 00 10 00 10 00 10 00 10 00 10 00 10 00 10 00 03 00",
             "0f a0 a1 a2 a0 a1 a2 a0 a1 a2 a0 a1 a2 a0 a1 a2 a0 a1 a2 a0 a1 a2 a0");
    exchange(&l, "20 10 00 10 00 10 00 10 00 03 00",
             "21 03 00 a0 a1 a2 03 00 a0 a1 a2 03 00 a0 a1 a2 03 00 a0 a1 a2 04 00");
    (void)client_sends(&l, "20 14 00 10 00");
    (void)program_answers(&l, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19");
    we_send(&l, "21 1a 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13");
}

/* C6.  SR/GAR/BI-18-C, BI-36-C (not permitted), BI-21-C, BI-42-C (authentication), BI-22-C, BI-44-C (key size): the
 * first that may not be read is named, and nobody is asked and nothing is told before. */
static void every_value_is_guarded_before_any_is_told(void **state)
{
    static const char *const opcodes[] = {"0e", "20"};
    server_link l;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char request[64], response[64];
        const struct {
            const gatt_link_security *sec;
            const char *handles;
            const char *refusal;
        } cases[] = {
            {&plain, "10 00 1a 00", "1a 00 02"},        {&plain, "14 00 1a 00", "1a 00 02"},
            {&plain, "1a 00 18 00", "1a 00 02"},        {&plain, "10 00 18 00", "18 00 05"},
            {&plain_bonded, "14 00 18 00", "18 00 0f"}, {&just_works, "18 00 1c 00", "1c 00 05"},
            {&plain, "10 00 2e 00", "2e 00 01"},        {&plain, "10 00 00 00", "00 00 01"},
        };

        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
            start_rich(&l, *cases[c].sec);
            snprintf(request, sizeof request, "%s %s", opcodes[i], cases[c].handles);
            snprintf(response, sizeof response, "01 %s %s", opcodes[i], cases[c].refusal);
            exchange(&l, request, response);
            assert_int_equal(l.event.kind, GATT_SERVER_REFUSED);
            assert_false(gatt_server_is_pending(&l.server));
        }
        start(&l, short_key);
        snprintf(request, sizeof request, "%s 10 00 1a 00", opcodes[i]);
        snprintf(response, sizeof response, "01 %s 1a 00 0c", opcodes[i]);
        exchange(&l, request, response);
    }
}

/* A level that falls while the program is asked counts for the values that are not told yet. */
static void what_was_answered_is_judged_again_before_it_is_told(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    assert_int_equal(client_sends(&l, "0e 18 00 14 00"), GATT_SERVER_READ_WANTED);
    l.sec = plain_bonded;
    (void)program_answers(&l, "c0");
    we_send(&l, "01 0e 18 00 0f");
}

static void too_little_memory_is_insufficient_resources(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    give_queue(&l, 0);
    exchange(&l, "0e 10 00 14 00", "01 0e 14 00 11");
    exchange(&l, "0e 03 00 10 00", "0f 4b 69 74 68 a0 a1 a2");
    give_queue(&l, 4);
    exchange(&l, "0e 10 00 14 00", "01 0e 14 00 11");
    give_queue(&l, 5 + 2 + 3);
    assert_int_equal(client_sends(&l, "0e 10 00 14 00"), GATT_SERVER_READ_WANTED);
    (void)program_answers(&l, "c0 c1 c2");
    we_send(&l, "0f a0 a1 a2 c0 c1 c2");
    assert_int_equal(client_sends(&l, "0e 10 00 14 00"), GATT_SERVER_READ_WANTED);
    (void)program_answers(&l, "c0 c1 c2 c3");
    we_send(&l, "01 0e 14 00 11");
    assert_false(gatt_server_is_pending(&l.server));
}

/* Our own client may agree on a larger MTU while our server waits for the program. */
static void an_mtu_that_grows_meanwhile_reads_no_memory_of_others(void **state)
{
    static const uint8_t long_one[200] = {0};
    server_link l;

    (void)state;
    for (unsigned grown = 23; grown <= 247; grown += 7) {
        start_rich(&l, plain);
        memset(l.queue, 0xee, sizeof l.queue);
        l.bearer.mtu = 23;
        assert_int_equal(client_sends(&l, "0e 14 00 16 00"), GATT_SERVER_READ_WANTED);
        assert_int_equal(answer_octets(&l, 0, long_one, sizeof long_one), GATT_SERVER_READ_WANTED);
        assert_int_equal(l.event.id, RICH_ID_PROGRAM_TOO);
        l.bearer.mtu = (uint16_t)grown;
        (void)program_answers(&l, "00");
        assert_false(gatt_server_is_pending(&l.server));
        assert_int_equal(l.out[0], 0x0f);
        for (size_t i = 1; i < l.out_len; i++)
            assert_int_equal(l.out[i], 0);
    }
}

static void fewer_than_two_handles_are_malformed(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "0e 10 00", "01 0e 00 00 04");
    exchange(&l, "20 10 00 10", "01 20 00 00 04");
    exchange(&l, "0e 10 00 10 00 10", "01 0e 00 00 04");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_one_behind_the_other),
        cmocka_unit_test(values_of_all_kinds_mix),
        cmocka_unit_test(an_error_of_the_program_is_the_answer_to_all),
        cmocka_unit_test(what_does_not_fit_is_cut),
        cmocka_unit_test(every_value_is_guarded_before_any_is_told),
        cmocka_unit_test(what_was_answered_is_judged_again_before_it_is_told),
        cmocka_unit_test(too_little_memory_is_insufficient_resources),
        cmocka_unit_test(an_mtu_that_grows_meanwhile_reads_no_memory_of_others),
        cmocka_unit_test(fewer_than_two_handles_are_malformed),
    };
    return cmocka_run_group_tests_name("gatt read multiple", tests, NULL, NULL);
}
