/* What a link is said to be protected by is never more than what protects it: encryption that fails, is refused or
 * goes off, keys that are replaced meanwhile, and values asked for before. */
#include "test_host_attack_support.h"

static void expect_unreachable(attack *a, const side *x)
{
    const kith_verdict *v = &last_event(x, KITH_EVENT_PAIRING_FAILED)->verdict;

    assert_int_equal(v->why, KITH_WHY_LEVEL_UNREACHABLE);
    assert_int_equal(v->smp_reason, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
    assert_int_equal(x->told[KITH_EVENT_PAIRED], 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(kith_bonds_count(a->sides[i].h), 0);
}

static void a_wish_below_the_required_level_is_raised_to_it_as_central(void **state)
{
    (void)state;
    for (int level = KITH_LEVEL_AUTHENTICATED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
        kith_config config = attack_config();
        side *central, *peripheral;
        attack a;

        attack_begin(&a);
        config.security.required_level = (kith_level)level;
        central = start_side(&a, 0, config);
        peripheral = start_peripheral(&a);
        join(central, peripheral);
        assert_int_equal(kith_pairing_open(peripheral->h, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        run(&a);
        expect_unreachable(&a, central);
        attack_end(&a);
    }
}

static void a_wish_below_the_required_level_is_raised_to_it_as_peripheral(void **state)
{
    (void)state;
    for (int level = KITH_LEVEL_AUTHENTICATED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
        kith_config config = attack_config();
        side *central, *peripheral;
        attack a;

        attack_begin(&a);
        config.security.required_level = (kith_level)level;
        central = start_central(&a);
        peripheral = start_side(&a, 1, config);
        join(central, peripheral);
        assert_int_equal(kith_pairing_open(central->h, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(peripheral->h, peripheral->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        run(&a);
        expect_unreachable(&a, peripheral);
        attack_end(&a);
    }
}

/* Bonded and encrypted; then the peer's side falls silent. */
static side *encrypted_peripheral(attack *a)
{
    side *central, *peripheral;

    attack_begin(a);
    central = start_central(a);
    peripheral = start_peripheral(a);
    join_and_bond(a, central, peripheral);
    cut_off(central);
    cut_off(peripheral);
    peripheral->hold_encryption = true;
    assert_int_equal(security_of(peripheral, peripheral->link).level, KITH_LEVEL_ENCRYPTED);
    return peripheral;
}

/* The same device with its memory lost, or somebody under its address. */
static side *start_central_anew(attack *a, side *peripheral)
{
    side *again = &a->sides[2];

    again->address = a->sides[0].address;
    start_side(a, 2, attack_config());
    again->peer = peripheral;
    peripheral->peer = again;
    say_connected(again, again->handle, true, peripheral->address);
    return again;
}

/* It was told, it is so, nothing protected is told any more, and the link is ended. */
static void expect_fallen(attack *a, side *x)
{
    const kith_event *changed = last_event(x, KITH_EVENT_SECURITY_CHANGED);

    assert_int_equal(changed->security.level, KITH_LEVEL_NONE);
    assert_int_equal(changed->security.key_size, 0);
    assert_int_equal(changed->security.peer, 0);
    expect_plain(x);
    ask_read(x, SECRET_HANDLE);
    run(a);
    assert_false(went_out(x, "s3cret", 6));
    x->hold_commands = false;
    while (x->command_count > 0 && !sent(x, KITH_HCI_DISCONNECT)) { /* the one before it is answered now */
        const uint8_t *waiting = x->commands[x->command_count - 1];

        forget_log(x);
        do_command(x, waiting);
        run(a);
    }
    assert_int_equal(sent(x, KITH_HCI_DISCONNECT), 1);
}

static void a_failed_key_refresh_on_an_encrypted_link_is_a_fall(void **state)
{
    static const kith_hci_status failures[] = {KITH_HCI_KEY_MISSING, KITH_HCI_MIC_FAILURE, KITH_HCI_UNSPECIFIED_ERROR};

    (void)state;
    for (unsigned i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        attack a;
        side *peripheral = encrypted_peripheral(&a);

        say_key_wanted(peripheral, 0);
        run(&a);
        assert_int_equal(sent(peripheral, KITH_HCI_LE_LTK_REQUEST_REPLY), 1);
        peripheral->hold_commands = true;
        say_key_refresh(peripheral, failures[i]);
        run(&a);
        expect_fallen(&a, peripheral);
        attack_end(&a);
    }
}

static void a_failed_encryption_change_on_an_encrypted_link_is_a_fall(void **state)
{
    attack a;
    side *peripheral = encrypted_peripheral(&a);

    (void)state;
    say_key_wanted(peripheral, 0);
    run(&a);
    peripheral->hold_commands = true;
    say_encryption(peripheral, KITH_HCI_KEY_MISSING, false);
    run(&a);
    expect_fallen(&a, peripheral);
    attack_end(&a);
}

/* The link layer has paused encryption before it asks. */
static void a_key_refused_on_an_encrypted_link_is_a_fall(void **state)
{
    attack a;
    side *peripheral = encrypted_peripheral(&a);

    (void)state;
    peripheral->hold_commands = true;
    say_key_wanted(peripheral, 0x1234);
    run(&a);
    assert_int_equal(sent(peripheral, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY), 1);
    expect_fallen(&a, peripheral);
    attack_end(&a);
}

static void a_pairing_on_an_encrypted_link_whose_encryption_fails_is_a_fall(void **state)
{
    attack a;
    side *again, *peripheral = encrypted_peripheral(&a);

    (void)state;
    again = start_central_anew(&a, peripheral);
    assert_int_equal(kith_pairing_open(peripheral->h, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(again->h, again->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(sent(peripheral, KITH_HCI_LE_LTK_REQUEST_REPLY), 1);
    cut_off(peripheral);
    peripheral->hold_commands = true;
    say_key_refresh(peripheral, KITH_HCI_MIC_FAILURE);
    run(&a);
    assert_int_equal(peripheral->told[KITH_EVENT_PAIRING_FAILED], 1);
    expect_fallen(&a, peripheral);
    attack_end(&a);
}

static void a_read_asked_while_encrypted_is_not_answered_after_the_fall(void **state)
{
    attack a;
    side *peripheral = encrypted_peripheral(&a);

    (void)state;
    ask_read(peripheral, PROGRAM_HANDLE);
    run(&a);
    assert_int_equal(peripheral->told[KITH_EVENT_READ_WANTED], 1);
    block_commands(&a, peripheral); /* so that the link does not end at once */
    say_encryption(peripheral, 0, false);
    expect_plain(peripheral);
    assert_int_equal(kith_gatt_answer_read(peripheral->h, peripheral->link, 0, (const uint8_t *)"topsecret", 9),
                     KITH_ERR_STATE);
    run(&a);
    assert_false(went_out(peripheral, "topsecret", 9));
    attack_end(&a);
}

static void answers_that_waited_when_the_level_fell_never_go_out(void **state)
{
    attack a;
    side *peripheral = encrypted_peripheral(&a);

    (void)state;
    peripheral->hold_acl = true;
    for (unsigned i = 0; i < 10; i++) {
        ask_read(peripheral, SECRET_HANDLE);
        run(&a);
    }
    assert_int_equal(peripheral->acl_count, 8); /* what the controller holds; two wait */
    block_commands(&a, peripheral);
    say_encryption(peripheral, 0, false);
    say_acknowledged(peripheral, peripheral->handle, 8);
    run(&a);
    assert_false(went_out(peripheral, "s3cret", 6));
    attack_end(&a);
}

static void a_link_has_the_level_of_the_key_it_uses_though_the_bond_is_replaced(void **state)
{
    kith_config config = attack_config();
    side *central, *peripheral, *again;
    kith_link first;
    kith_event_security now;
    attack a;

    (void)state;
    attack_begin(&a);
    config.security.min_key_size = 7;
    config.limits.links = config.limits.pairings = 2;
    central = start_central(&a);
    peripheral = start_side(&a, 1, config);
    join_bonded(&a, central, peripheral);
    first = peripheral->link;
    peripheral->h->bonds.slots[0].key_size = 7; /* as a pairing with a device of short keys would have left it */
    cut_off(central);
    cut_off(peripheral);
    peripheral->hold_encryption = true;
    say_key_wanted(peripheral, 0);
    run(&a);
    assert_int_equal(sent(peripheral, KITH_HCI_LE_LTK_REQUEST_REPLY), 1);

    again = start_central_anew(&a, peripheral);
    peripheral->handle = 0x41;
    peripheral->hold_encryption = false;
    say_connected(peripheral, peripheral->handle, false, central->address);
    assert_int_equal(kith_pairing_open(peripheral->h, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(again->h, again->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(kith_bonds_count(peripheral->h), 1);
    assert_int_equal(peripheral->h->bonds.slots[0].key_size, 16);

    peripheral->handle = 0x40;
    say_encryption(peripheral, 0, true);
    now = security_of(peripheral, first);
    assert_int_equal(now.level, KITH_LEVEL_ENCRYPTED);
    assert_int_equal(now.key_size, 7);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wish_below_the_required_level_is_raised_to_it_as_central),
        cmocka_unit_test(a_wish_below_the_required_level_is_raised_to_it_as_peripheral),
        cmocka_unit_test(a_failed_key_refresh_on_an_encrypted_link_is_a_fall),
        cmocka_unit_test(a_failed_encryption_change_on_an_encrypted_link_is_a_fall),
        cmocka_unit_test(a_key_refused_on_an_encrypted_link_is_a_fall),
        cmocka_unit_test(a_pairing_on_an_encrypted_link_whose_encryption_fails_is_a_fall),
        cmocka_unit_test(a_read_asked_while_encrypted_is_not_answered_after_the_fall),
        cmocka_unit_test(answers_that_waited_when_the_level_fell_never_go_out),
        cmocka_unit_test(a_link_has_the_level_of_the_key_it_uses_though_the_bond_is_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
