/* While encryption starts: what was received before the controller had the key is plain, what comes after it waits;
 * and no other key than the one meant is ever given to the controller. */
#include "test_host_attack_support.h"

static const uint8_t write_request[4] = {0x12, PROGRAM_HANDLE, 0, '!'};

/* The error answer to it: Insufficient Encryption or Insufficient Authentication. */
static void expect_refused_as_plain(attack *a, side *x)
{
    static const uint8_t error[4] = {0x01, 0x12, PROGRAM_HANDLE, 0};
    const uint8_t *answer;

    x->acl_count = 0;
    say_frame(x, x->handle, KITH_CID_ATT, write_request, sizeof write_request);
    run(a);
    assert_int_equal(x->acl_count, 1);
    answer = x->acl[0] + 9;
    assert_memory_equal(answer, error, sizeof error);
    assert_true(answer[4] == 0x0f || answer[4] == 0x05);
    assert_int_equal(x->told[KITH_EVENT_WRITE_WANTED], 0);
}

static void expect_waiting(attack *a, side *x)
{
    x->acl_count = 0;
    say_frame(x, x->handle, KITH_CID_ATT, write_request, sizeof write_request);
    run(a);
    assert_int_equal(x->acl_count, 0);
    assert_int_equal(x->told[KITH_EVENT_WRITE_WANTED], 0);
}

static void begin_bonded(attack *a)
{
    attack_begin(a);
    join_bonded(a, start_central(a), start_peripheral(a));
    cut_off(&a->sides[0]);
    cut_off(&a->sides[1]);
}

static void a_write_before_the_central_may_encrypt_is_plain(void **state)
{
    attack a;
    side *central = &a.sides[0];

    (void)state;
    begin_bonded(&a);
    central->h->config.transport_reorders = true;
    block_commands(&a, central);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    expect_refused_as_plain(&a, central); /* the command has not gone */
    unblock_commands(&a, central);
    assert_int_equal(sent(central, KITH_HCI_LE_ENABLE_ENCRYPTION), 1);
    expect_refused_as_plain(&a, central); /* and is not accepted */
    say_status(central, KITH_HCI_LE_ENABLE_ENCRYPTION, 0);
    expect_waiting(&a, central);
    say_encryption(central, 0, true);
    run(&a);
    assert_int_equal(central->told[KITH_EVENT_WRITE_WANTED], 1);
    attack_end(&a);
}

static void a_write_before_the_peripheral_gave_its_key_is_plain(void **state)
{
    static const uint8_t accepted[3] = {0, 0x40, 0};
    attack a;
    side *peripheral = &a.sides[1];

    (void)state;
    begin_bonded(&a);
    block_commands(&a, peripheral);
    say_key_wanted(peripheral, 0);
    run(&a);
    expect_refused_as_plain(&a, peripheral);
    unblock_commands(&a, peripheral);
    assert_int_equal(sent(peripheral, KITH_HCI_LE_LTK_REQUEST_REPLY), 1);
    expect_refused_as_plain(&a, peripheral);
    say_complete(peripheral, KITH_HCI_LE_LTK_REQUEST_REPLY, accepted, sizeof accepted);
    expect_waiting(&a, peripheral);
    say_encryption(peripheral, 0, true);
    run(&a);
    assert_int_equal(peripheral->told[KITH_EVENT_WRITE_WANTED], 1);
    attack_end(&a);
}

static bool is_all_zero(const uint8_t *key)
{
    static const uint8_t zero[16];

    return memcmp(key, zero, sizeof zero) == 0;
}

static void expect_no_zero_key(const side *x)
{
    for (unsigned i = 0; i < x->command_count; i++) {
        if (bytes_get16(x->commands[i] + 1) == KITH_HCI_LE_LTK_REQUEST_REPLY)
            assert_false(is_all_zero(x->commands[i] + 6));
        if (bytes_get16(x->commands[i] + 1) == KITH_HCI_LE_ENABLE_ENCRYPTION)
            assert_false(is_all_zero(x->commands[i] + 16));
    }
}

static void an_encryption_change_while_the_reply_waits_leaves_no_empty_key(void **state)
{
    attack a;
    side *peripheral = &a.sides[1];

    (void)state;
    begin_bonded(&a);
    block_commands(&a, peripheral);
    say_key_wanted(peripheral, 0);
    run(&a);
    say_encryption(peripheral, KITH_HCI_UNSPECIFIED_ERROR, false);
    unblock_commands(&a, peripheral);
    assert_int_equal(sent(peripheral, KITH_HCI_LE_LTK_REQUEST_REPLY), 0);
    expect_no_zero_key(peripheral);
    attack_end(&a);
}

static void an_encryption_change_while_the_command_waits_leaves_no_empty_key(void **state)
{
    attack a;
    side *central = &a.sides[0];

    (void)state;
    begin_bonded(&a);
    block_commands(&a, central);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    say_encryption(central, KITH_HCI_UNSPECIFIED_ERROR, false);
    unblock_commands(&a, central);
    assert_int_equal(sent(central, KITH_HCI_LE_ENABLE_ENCRYPTION), 0);
    expect_no_zero_key(central);
    attack_end(&a);
}

/* The controller says that encryption is on, and was given no key yet: nothing is proven by that. */
static void encryption_with_a_key_nobody_gave_proves_nothing(void **state)
{
    attack a;
    side *central = &a.sides[0];
    kith_event_security now;

    (void)state;
    begin_bonded(&a);
    block_commands(&a, central);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    say_encryption(central, 0, true);
    assert_int_equal(kith_security_of(central->h, central->link, &now), KITH_OK);
    assert_int_equal(now.level, KITH_LEVEL_NONE);
    assert_int_equal(now.peer, 0);
    unblock_commands(&a, central);
    assert_int_equal(sent(central, KITH_HCI_LE_ENABLE_ENCRYPTION), 0);
    assert_int_equal(sent(central, KITH_HCI_DISCONNECT), 1);
    attack_end(&a);
}

static void forget_the_bond(side *x)
{
    kith_bond_info bond;

    assert_int_equal(kith_bonds_next(x->h, 0, &bond), KITH_OK);
    assert_int_equal(kith_bonds_forget(x->h, bond.peer), KITH_OK);
}

static void a_forgotten_key_is_not_given_though_the_reply_was_waiting(void **state)
{
    attack a;
    side *peripheral = &a.sides[1];

    (void)state;
    begin_bonded(&a);
    block_commands(&a, peripheral);
    say_key_wanted(peripheral, 0);
    run(&a);
    forget_the_bond(peripheral);
    unblock_commands(&a, peripheral);
    assert_int_equal(sent(peripheral, KITH_HCI_LE_LTK_REQUEST_REPLY), 0);
    attack_end(&a);
}

static void a_forgotten_key_is_not_used_though_the_command_was_waiting(void **state)
{
    attack a;
    side *central = &a.sides[0];

    (void)state;
    begin_bonded(&a);
    block_commands(&a, central);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    forget_the_bond(central);
    unblock_commands(&a, central);
    assert_int_equal(sent(central, KITH_HCI_LE_ENABLE_ENCRYPTION), 0);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_before_the_central_may_encrypt_is_plain),
        cmocka_unit_test(a_write_before_the_peripheral_gave_its_key_is_plain),
        cmocka_unit_test(an_encryption_change_while_the_reply_waits_leaves_no_empty_key),
        cmocka_unit_test(an_encryption_change_while_the_command_waits_leaves_no_empty_key),
        cmocka_unit_test(encryption_with_a_key_nobody_gave_proves_nothing),
        cmocka_unit_test(a_forgotten_key_is_not_given_though_the_reply_was_waiting),
        cmocka_unit_test(a_forgotten_key_is_not_used_though_the_command_was_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
