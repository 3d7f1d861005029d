/* What a call began ends exactly once, whoever comes between: secure() as peripheral, connect(), a link whose
 * end was never told, the pairing window. */
#include "test_host_attack_support.h"

/* All the events that end a secure(). */
static unsigned ends_of_secure(const side *x)
{
    return x->told[KITH_EVENT_PAIRED] + x->told[KITH_EVENT_PAIRING_FAILED] + x->told[KITH_EVENT_ENCRYPTED] +
           x->told[KITH_EVENT_ENCRYPTION_FAILED];
}

static void forget_all(side *x)
{
    kith_bond_info bond;

    while (kith_bonds_next(x->h, 0, &bond) == KITH_OK)
        assert_int_equal(kith_bonds_forget(x->h, bond.peer), KITH_OK);
}

/* The peripheral has forgotten the central, asks it for security, and refuses the key it comes with. */
static void refuse_forgotten_key(attack *a, side **central, side **peripheral)
{
    attack_begin(a);
    *central = start_central(a);
    *peripheral = start_peripheral(a);
    join_and_bond(a, *central, *peripheral);
    part(*central, *peripheral);
    forget_all(*peripheral);
    join(*central, *peripheral);
    run(a);
    forget_log(*central);
    forget_log(*peripheral);
    assert_int_equal(kith_security_secure((*peripheral)->h, (*peripheral)->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(a);
    assert_int_equal(sent(*peripheral, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY), 1);
    assert_int_equal(ends_of_secure(*peripheral), 0);
}

static void a_forgotten_key_and_nothing_more_is_one_end_after_30_s(void **state)
{
    side *central, *peripheral;
    attack a;

    (void)state;
    refuse_forgotten_key(&a, &central, &peripheral);
    pass(&a, 29 * SECOND);
    assert_int_equal(ends_of_secure(peripheral), 0);
    pass(&a, 2 * SECOND);
    assert_int_equal(peripheral->told[KITH_EVENT_PAIRING_FAILED], 1);
    assert_int_equal(last_event(peripheral, KITH_EVENT_PAIRING_FAILED)->verdict.why, KITH_WHY_WE_HAVE_NO_KEY);
    pass(&a, 60 * SECOND);
    assert_int_equal(ends_of_secure(peripheral), 1);
    attack_end(&a);
}

static void a_forgotten_key_and_then_a_pairing_is_one_end(void **state)
{
    side *central, *peripheral;
    attack a;

    (void)state;
    refuse_forgotten_key(&a, &central, &peripheral);
    forget_all(central);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(peripheral->told[KITH_EVENT_PAIRED], 1);
    pass(&a, 60 * SECOND);
    assert_int_equal(ends_of_secure(peripheral), 1);
    attack_end(&a);
}

static void a_bond_too_weak_for_the_wish_is_no_end_of_it(void **state)
{
    side *central, *peripheral;
    attack a;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    peripheral = start_peripheral(&a);
    join_bonded(&a, central, peripheral);
    assert_int_equal(kith_security_secure(peripheral->h, peripheral->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
    run(&a);
    assert_int_equal(peripheral->told[KITH_EVENT_SECURITY_CHANGED], 1);
    assert_int_equal(security_of(peripheral, peripheral->link).level, KITH_LEVEL_ENCRYPTED);
    assert_int_equal(ends_of_secure(peripheral), 0);
    pass(&a, 26 * SECOND); /* the central proved the bond; whether to pair anew nobody says */
    assert_int_equal(peripheral->told[KITH_EVENT_PAIRING_FAILED], 1);
    assert_int_equal(last_event(peripheral, KITH_EVENT_PAIRING_FAILED)->verdict.why, KITH_WHY_PEER_FAILED);
    assert_int_equal(ends_of_secure(peripheral), 1);
    pass(&a, 60 * SECOND);
    assert_int_equal(ends_of_secure(peripheral), 1);
    attack_end(&a);
}

/* ---- connect() ---- */

static side *connecting(attack *a)
{
    kith_address nine = {.type = KITH_ADDRESS_PUBLIC, .octets = {9, 9, 9, 9, 9, 9}};
    side *x;

    attack_begin(a);
    x = start_peripheral(a);
    assert_int_equal(kith_gap_connect(x->h, &nine, NULL), KITH_OK);
    run(a);
    assert_int_equal(sent(x, KITH_HCI_LE_CREATE_CONNECTION), 1);
    return x;
}

static void a_connect_whose_place_an_incoming_link_took_fails(void **state)
{
    attack a;
    side *x = connecting(&a);

    (void)state;
    say_connected(x, 0x40, false, 1);
    assert_int_equal(x->told[KITH_EVENT_CONNECTED], 1);
    say_connected(x, 0x41, true, 9);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_CONNECT_FAILED], 1);
    assert_int_equal(last_event(x, KITH_EVENT_CONNECT_FAILED)->connect_failed.hci_status,
                     KITH_HCI_CONNECTION_LIMIT_EXCEEDED);
    assert_int_equal(sent(x, KITH_HCI_DISCONNECT), 1);
    assert_int_equal(bytes_get16(x->commands[x->command_count - 1] + 4), 0x41);
    assert_int_equal(x->told[KITH_EVENT_DISCONNECTED], 0); /* the one that stands is not meant */
    attack_end(&a);
}

static void a_failed_connection_complete_ends_connect_whatever_else_it_holds(void **state)
{
    static const uint8_t roles[] = {0, 1, 0xff};
    static const uint16_t handles[] = {0, 0x0f00, 0xffff};

    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE, KITH_HCI_UNKNOWN_CONNECTION};
        attack a;
        side *x = connecting(&a);

        bytes_put16(p + 2, handles[i / 3]);
        p[4] = roles[i % 3];
        say_event(x, KITH_HCI_EV_LE_META, p, sizeof p);
        run(&a);
        assert_int_equal(x->told[KITH_EVENT_CONNECT_FAILED], 1);
        assert_int_equal(last_event(x, KITH_EVENT_CONNECT_FAILED)->connect_failed.hci_status,
                         KITH_HCI_UNKNOWN_CONNECTION);
        attack_end(&a);
    }
}

/* ---- a Disconnection Complete that was lost ---- */

static void another_peer_on_a_handle_in_use_gets_a_link_of_its_own_in_plain(void **state)
{
    side *central, *peripheral;
    kith_link old;
    kith_event_security now;
    attack a;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    peripheral = start_peripheral(&a);
    join_and_bond(&a, central, peripheral);
    old = peripheral->link;
    cut_off(central);
    cut_off(peripheral);
    say_connected(peripheral, peripheral->handle, false, 0x77);
    run(&a);
    assert_int_equal(peripheral->told[KITH_EVENT_DISCONNECTED], 1);
    assert_int_equal(last_event(peripheral, KITH_EVENT_DISCONNECTED)->link, old);
    assert_int_equal(peripheral->told[KITH_EVENT_CONNECTED], 1);
    assert_int_not_equal(peripheral->link, old);
    assert_int_equal(kith_security_of(peripheral->h, old, &now), KITH_ERR_NOT_FOUND);
    expect_plain(peripheral);
    ask_read(peripheral, SECRET_HANDLE);
    run(&a);
    assert_false(went_out(peripheral, "s3cret", 6));
    attack_end(&a);
}

static void a_connection_told_twice_is_one_connection(void **state)
{
    side *central, *peripheral;
    attack a;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    peripheral = start_peripheral(&a);
    join_and_bond(&a, central, peripheral);
    cut_off(central);
    cut_off(peripheral);
    say_connected(peripheral, peripheral->handle, false, central->address);
    run(&a);
    assert_int_equal(peripheral->event_count, 0);
    assert_int_equal(security_of(peripheral, peripheral->link).level, KITH_LEVEL_ENCRYPTED);
    attack_end(&a);
}

/* ---- the window ---- */

static void the_window_closes_after_a_success_that_the_peripheral_began(void **state)
{
    side *central, *peripheral;
    attack a;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    peripheral = start_peripheral(&a);
    join(central, peripheral);
    assert_int_equal(kith_pairing_open(central->h, 30000), KITH_OK);
    assert_int_equal(kith_pairing_open(peripheral->h, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(peripheral->h, peripheral->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(peripheral->told[KITH_EVENT_PAIRED], 1);
    assert_false(kith_pairing_is_open(peripheral->h));
    assert_false(kith_pairing_is_open(central->h));
    attack_end(&a);
}

/* ---- forgetting ---- */

static void fill_queue(attack *a, side *x)
{
    uint8_t connected[3 + 19] = {KITH_H4_EVENT, KITH_HCI_EV_LE_META, 19, KITH_HCI_LE_EV_CONNECTION_COMPLETE};
    const uint8_t gone[] = {KITH_H4_EVENT, KITH_HCI_EV_DISCONNECTION_COMPLETE, 4, 0, 0x70, 0, 0x13};

    bytes_put16(connected + 5, 0x70);
    connected[7] = 1;
    connected[15] = 24;
    connected[19] = 100;
    while (kith_host_receive(x->h, connected, sizeof connected, a->now_us) == KITH_OK &&
           kith_host_receive(x->h, gone, sizeof gone, a->now_us) == KITH_OK)
        continue;
}

/* Many links under one bond's address, all waiting for their key when it is forgotten, and hardly room to tell. */
static void every_link_that_waits_for_a_forgotten_key_is_told(void **state)
{
    enum { LINKS = 12 };
    side *central, *peripheral;
    kith_config config = attack_config();
    kith_bond_info bond;
    kith_event event;
    attack a;

    (void)state;
    attack_begin(&a);
    config.limits.links = LINKS + 1;
    config.limits.events = 0;
    central = start_central(&a);
    peripheral = start_side(&a, 1, config);
    join_and_bond(&a, central, peripheral);
    assert_int_equal(kith_bonds_next(peripheral->h, 0, &bond), KITH_OK);
    part(central, peripheral);
    run(&a);
    cut_off(central);
    cut_off(peripheral);
    block_commands(&a, peripheral);
    for (uint16_t i = 0; i < LINKS; i++) {
        say_connected_to(peripheral, (uint16_t)(0x50 + i), false, &bond.identity);
        peripheral->handle = (uint16_t)(0x50 + i);
        say_key_wanted(peripheral, 0);
    }
    take_events(peripheral);
    forget_log(peripheral);
    fill_queue(&a, peripheral);
    for (unsigned i = 0; i < 2; i++)
        assert_true(kith_host_next_event(peripheral->h, &event));
    assert_int_equal(kith_bonds_forget(peripheral->h, bond.peer), KITH_OK);
    for (unsigned i = 0; i < LINKS; i++) {
        take_events(peripheral);
        (void)!kith_host_advance(peripheral->h, a.now_us);
    }
    take_events(peripheral);
    assert_int_equal(peripheral->told[KITH_EVENT_ENCRYPTION_FAILED], LINKS);
    assert_int_equal(peripheral->told[KITH_EVENT_FORGOTTEN], 1);
    assert_int_equal(kith_host_dropped(peripheral->h), 0);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forgotten_key_and_nothing_more_is_one_end_after_30_s),
        cmocka_unit_test(a_forgotten_key_and_then_a_pairing_is_one_end),
        cmocka_unit_test(a_bond_too_weak_for_the_wish_is_no_end_of_it),
        cmocka_unit_test(a_connect_whose_place_an_incoming_link_took_fails),
        cmocka_unit_test(a_failed_connection_complete_ends_connect_whatever_else_it_holds),
        cmocka_unit_test(another_peer_on_a_handle_in_use_gets_a_link_of_its_own_in_plain),
        cmocka_unit_test(a_connection_told_twice_is_one_connection),
        cmocka_unit_test(the_window_closes_after_a_success_that_the_peripheral_began),
        cmocka_unit_test(every_link_that_waits_for_a_forgotten_key_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
