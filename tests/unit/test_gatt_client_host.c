/* What the host hands on of values that a peer tells: only over a link as good as the bond its address claims, or as
 * the configuration wants.  C1 (BLESA); GAP/SEC/SEM/BV-56-C to BV-67-C. */
#include "test_host_attack_support.h"

enum { TOLD_HANDLE = 0x12 };
static const uint8_t notification[] = {0x1b, TOLD_HANDLE, 0, 0xaa};
static const uint8_t indication[] = {0x1d, TOLD_HANDLE, 0, 0xaa, 0xbb};
static const uint8_t several[] = {0x23, TOLD_HANDLE, 0, 1, 0, 0xaa, 0x13, 0, 0, 0, 0, 0, 1, 0, 0xcc};

static void tell(attack *a, side *x, const uint8_t *pdu, size_t len)
{
    forget_log(x);
    say_frame(x, x->handle, KITH_CID_ATT, pdu, len);
    run(a);
}

/* All three; returns how many came. */
static unsigned tell_all(attack *a, side *x)
{
    unsigned came;

    tell(a, x, notification, sizeof notification);
    came = x->told[KITH_EVENT_NOTIFIED];
    tell(a, x, several, sizeof several);
    came += x->told[KITH_EVENT_NOTIFIED];
    tell(a, x, indication, sizeof indication);
    assert_int_equal(x->acl_count, 1); /* confirmed, whoever wants it */
    assert_int_equal(x->acl[0][9], 0x1e);
    return came + x->told[KITH_EVENT_NOTIFIED];
}

static void a_stranger_is_listened_to_unless_the_configuration_wants_more(void **state)
{
    (void)state;
    for (unsigned level = 0; level <= 5; level++) {
        kith_config config = attack_config();
        attack a;
        side *central;

        attack_begin(&a);
        config.notified_level = (kith_level)(level % 5);
        config.security.sc_only = level == 5;
        central = start_side(&a, 0, config);
        join(central, start_peripheral(&a));
        cut_off(central);
        assert_int_equal(tell_all(&a, central), level <= 1 ? 4 : 0);
        assert_int_equal(kith_host_dropped(central->h), level <= 1 ? 1 : 5); /* nothing has handle 0 */
        if (level <= 1) {
            assert_int_equal(last_event(central, KITH_EVENT_NOTIFIED)->notified.handle, TOLD_HANDLE);
            assert_int_equal(last_event(central, KITH_EVENT_NOTIFIED)->notified.len, 2);
            assert_int_equal(last_event(central, KITH_EVENT_NOTIFIED)->notified.level, KITH_LEVEL_NONE);
            assert_true(last_event(central, KITH_EVENT_NOTIFIED)->notified.indicated);
        }
        attack_end(&a);
    }
}

/* C1: whoever speaks under the address of a bonded peer, and in plain. */
static void nothing_plain_from_the_address_of_a_bonded_peer_is_handed_on(void **state)
{
    attack a;
    side *central;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    join_bonded(&a, central, start_peripheral(&a));
    cut_off(central);
    central->h->config.transport_reorders = true;
    assert_int_equal(tell_all(&a, central), 0);
    assert_int_equal(kith_host_dropped(central->h), 5);

    central->hold_encryption = true;
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    tell(&a, central, indication, sizeof indication); /* waits: nobody knows yet */
    assert_int_equal(central->told[KITH_EVENT_NOTIFIED], 0);
    assert_int_equal(central->acl_count, 0);
    say_encryption(central, KITH_HCI_KEY_MISSING, false);
    run(&a);
    assert_int_equal(central->told[KITH_EVENT_NOTIFIED], 0);
    assert_int_equal(central->acl_count, 1);
    assert_int_equal(tell_all(&a, central), 0);
    attack_end(&a);
}

static void what_a_bonded_peer_tells_is_handed_on_once_it_is_proven(void **state)
{
    attack a;
    side *central;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    join_bonded(&a, central, start_peripheral(&a));
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    cut_off(central);
    assert_int_equal(tell_all(&a, central), 4);
    assert_int_equal(last_event(central, KITH_EVENT_NOTIFIED)->notified.level, KITH_LEVEL_ENCRYPTED);
    assert_int_not_equal(last_event(central, KITH_EVENT_NOTIFIED)->peer, 0);
    attack_end(&a);
}

/* The controller has sent a packet; no event is taken.  It needs room for none, so that it never fails for long. */
static bool acknowledge(side *x, uint64_t now_us)
{
    uint8_t packet[] = {KITH_H4_EVENT, KITH_HCI_EV_COMPLETED_PACKETS, 5, 1, 0x40, 0, 1, 0};

    return kith_host_receive(x->h, packet, sizeof packet, now_us) == KITH_OK;
}

/* A program that takes no events loses notifications, counted; an indication is refused until it takes some. */
static void an_indication_that_was_confirmed_is_never_lost(void **state)
{
    uint8_t packet[20] = {KITH_H4_ACL, 0x40, 0x20, 9, 0, 5, 0, KITH_CID_ATT, 0};
    unsigned taken = 0, came = 0;
    kith_event event;
    attack a;
    side *central;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    join(central, start_peripheral(&a));
    cut_off(central);
    memcpy(packet + 9, indication, sizeof indication);
    while (kith_host_receive(central->h, packet, 14, a.now_us) == KITH_OK) {
        uint8_t out[260];

        assert_true(++taken < 1000);
        while (kith_host_next_packet(central->h, out, sizeof out) > 0)
            (void)acknowledge(central, a.now_us);
    }
    while (kith_host_next_event(central->h, &event))
        came += event.kind == KITH_EVENT_NOTIFIED;
    assert_true(taken > 0);
    assert_int_equal(came, taken);
    assert_int_equal(kith_host_dropped(central->h), 0);
    attack_end(&a);
}

static void notifications_that_find_no_room_are_counted(void **state)
{
    uint8_t packet[20] = {KITH_H4_ACL, 0x40, 0x20, 8, 0, 4, 0, KITH_CID_ATT, 0};
    unsigned given = 0, came = 0;
    kith_event event;
    attack a;
    side *central;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    join(central, start_peripheral(&a));
    cut_off(central);
    memcpy(packet + 9, notification, sizeof notification);
    while (given < 200 && kith_host_receive(central->h, packet, 13, a.now_us) == KITH_OK)
        given++;
    while (kith_host_next_event(central->h, &event)) {
        assert_int_equal(event.kind, KITH_EVENT_NOTIFIED);
        assert_int_equal(event.notified.len, 1);
        assert_int_equal(event.notified.value[0], 0xaa);
        came++;
    }
    assert_true(came > 0);
    assert_int_equal(came + kith_host_dropped(central->h), given);
    attack_end(&a);
}

/* One operation like the others: its end comes, and once. */
static void a_subscription_ends_once(void **state)
{
    attack a;
    side *central, *peripheral;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    peripheral = start_peripheral(&a);
    join(central, peripheral);
    assert_int_equal(kith_gatt_subscribe(central->h, 0x7777, 5, 6, 1), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_gatt_subscribe(central->h, central->link, 5, 5, 1), KITH_ERR_VALUE);
    assert_int_equal(kith_gatt_subscribe(central->h, central->link, SECRET_HANDLE, 0, 1), KITH_OK);
    assert_int_equal(kith_gatt_subscribe(central->h, central->link, SECRET_HANDLE, 0, 1), KITH_ERR_BUSY);
    run(&a);
    assert_int_equal(central->told[KITH_EVENT_SUBSCRIPTION_WRITTEN], 1);
    assert_int_equal(last_event(central, KITH_EVENT_SUBSCRIPTION_WRITTEN)->gatt.result, KITH_GATT_NOT_FOUND);
    assert_int_equal(kith_gatt_subscribe(central->h, central->link, SECRET_HANDLE, 0, 1), KITH_OK);
    part(central, peripheral);
    run(&a);
    assert_int_equal(central->told[KITH_EVENT_SUBSCRIPTION_WRITTEN], 2);
    assert_int_equal(last_event(central, KITH_EVENT_SUBSCRIPTION_WRITTEN)->gatt.result, KITH_GATT_LINK_LOST);
    attack_end(&a);
}

/* Handles that were lent for the call are copied to where a processor may read them, whatever the MTU. */
static void handles_that_wait_lie_even(void **state)
{
    static const uint16_t handles[] = {3, 5};
    kith_config config = attack_config();
    attack a;
    side *central;

    (void)state;
    attack_begin(&a);
    config.limits.mtu = 65;
    config.limits.operations = 3;
    central = start_side(&a, 0, config);
    join(central, start_peripheral(&a));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(kith_gatt_read_multiple(central->h, central->link, handles, 2, false), KITH_OK);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal((uintptr_t)central->h->links[0].operations[i].handles % sizeof(uint16_t), 0);
    run(&a);
    assert_int_equal(central->told[KITH_EVENT_READ], 4);
    attack_end(&a);
}

static bool holds_secret(const side *x)
{
    const uint8_t *values = x->h->links[0].operation_values;
    const kith_limits *limits = &x->h->config.limits;

    for (size_t i = 0; i + 4 <= limits->operations * HOST_OPERATION_VALUE(limits->mtu); i++)
        if (memcmp(values + i, "hush", 4) == 0)
            return true;
    return false;
}

/* Whether they went, or their link did. */
static void values_that_waited_are_wiped(void **state)
{
    (void)state;
    for (unsigned is_cut = 0; is_cut < 2; is_cut++) {
        kith_config config = attack_config();
        attack a;
        side *central, *peripheral;

        attack_begin(&a);
        config.limits.operations = 3;
        central = start_side(&a, 0, config);
        peripheral = start_peripheral(&a);
        join(central, peripheral);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(kith_gatt_write(central->h, central->link, 3, (const uint8_t *)"hush", 4), KITH_OK);
        assert_true(holds_secret(central));
        if (is_cut != 0)
            part(central, peripheral);
        run(&a);
        assert_int_equal(central->told[KITH_EVENT_WRITTEN], 4);
        assert_false(holds_secret(central));
        attack_end(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_is_listened_to_unless_the_configuration_wants_more),
        cmocka_unit_test(nothing_plain_from_the_address_of_a_bonded_peer_is_handed_on),
        cmocka_unit_test(what_a_bonded_peer_tells_is_handed_on_once_it_is_proven),
        cmocka_unit_test(an_indication_that_was_confirmed_is_never_lost),
        cmocka_unit_test(notifications_that_find_no_room_are_counted),
        cmocka_unit_test(a_subscription_ends_once),
        cmocka_unit_test(handles_that_wait_lie_even),
        cmocka_unit_test(values_that_waited_are_wiped),
    };
    return cmocka_run_group_tests_name("gatt client host", tests, NULL, NULL);
}
