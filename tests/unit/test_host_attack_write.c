/* A request that the program makes after it asked for encryption goes out encrypted or not at all. */
#include "test_host_attack_support.h"

static const uint8_t pin[] = "PIN 1234";
enum { PIN_LEN = 8 };

/* secure() and at once a write; the controller has accepted the command and says nothing more. */
static side *write_while_encrypting(attack *a)
{
    side *central;

    attack_begin(a);
    central = start_central(a);
    join_bonded(a, central, start_peripheral(a));
    cut_off(central);
    cut_off(&a->sides[1]);
    block_commands(a, central);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    assert_int_equal(kith_gatt_write(central->h, central->link, PROGRAM_HANDLE, pin, PIN_LEN), KITH_OK);
    run(a);
    assert_int_equal(central->acl_count, 0);
    unblock_commands(a, central);
    assert_int_equal(sent(central, KITH_HCI_LE_ENABLE_ENCRYPTION), 1);
    assert_int_equal(central->acl_count, 0);
    say_status(central, KITH_HCI_LE_ENABLE_ENCRYPTION, 0);
    run(a);
    assert_int_equal(central->acl_count, 0);
    assert_int_equal(central->told[KITH_EVENT_WRITTEN], 0);
    return central;
}

static void a_write_after_secure_is_never_sent_when_encryption_fails(void **state)
{
    attack a;
    side *central = write_while_encrypting(&a);

    (void)state;
    say_encryption(central, KITH_HCI_KEY_MISSING, false);
    run(&a);
    pass(&a, 2 * SECOND);
    assert_false(went_out(central, pin, PIN_LEN));
    assert_int_equal(central->told[KITH_EVENT_WRITTEN], 1);
    assert_int_equal(last_event(central, KITH_EVENT_WRITTEN)->gatt.result, KITH_GATT_NOT_SENT);
    attack_end(&a);
}

static void a_write_after_secure_is_never_sent_when_the_command_is_refused(void **state)
{
    attack a;
    side *central;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    join_bonded(&a, central, start_peripheral(&a));
    cut_off(central);
    cut_off(&a.sides[1]);
    central->hold_commands = true;
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    assert_int_equal(kith_gatt_write(central->h, central->link, PROGRAM_HANDLE, pin, PIN_LEN), KITH_OK);
    run(&a);
    say_status(central, KITH_HCI_LE_ENABLE_ENCRYPTION, KITH_HCI_COMMAND_DISALLOWED);
    run(&a);
    assert_false(went_out(central, pin, PIN_LEN));
    assert_int_equal(last_event(central, KITH_EVENT_WRITTEN)->gatt.result, KITH_GATT_NOT_SENT);
    attack_end(&a);
}

static void a_write_after_secure_goes_out_once_the_link_is_encrypted(void **state)
{
    static const uint8_t response = 0x13;
    attack a;
    side *central = write_while_encrypting(&a);

    (void)state;
    say_encryption(central, 0, true);
    run(&a);
    assert_true(went_out(central, pin, PIN_LEN));
    say_frame(central, central->handle, KITH_CID_ATT, &response, 1);
    run(&a);
    assert_int_equal(central->told[KITH_EVENT_WRITTEN], 1);
    assert_int_equal(last_event(central, KITH_EVENT_WRITTEN)->gatt.result, KITH_GATT_OK);
    assert_int_equal(last_event(central, KITH_EVENT_WRITTEN)->gatt.level, KITH_LEVEL_ENCRYPTED);
    attack_end(&a);
}

static void the_end_of_a_plain_operation_says_that_it_was_plain(void **state)
{
    static const uint8_t response[2] = {0x0b, 'x'};
    attack a;
    side *central;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    say_connected(central, central->handle, true, 2);
    assert_int_equal(kith_gatt_read(central->h, central->link, 3), KITH_OK);
    run(&a);
    say_frame(central, central->handle, KITH_CID_ATT, response, sizeof response);
    run(&a);
    assert_int_equal(last_event(central, KITH_EVENT_READ)->gatt.level, KITH_LEVEL_NONE);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_after_secure_is_never_sent_when_encryption_fails),
        cmocka_unit_test(a_write_after_secure_is_never_sent_when_the_command_is_refused),
        cmocka_unit_test(a_write_after_secure_goes_out_once_the_link_is_encrypted),
        cmocka_unit_test(the_end_of_a_plain_operation_says_that_it_was_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
