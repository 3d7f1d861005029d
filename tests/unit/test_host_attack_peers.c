/* One peer at the cost of another: the controller's buffers, an identity resolving key that two claim, an identity
 * that is proven elsewhere at this moment. */
#include "crypto/toolbox.h"
#include "test_host_attack_support.h"

static kith_config for_two_links(void)
{
    kith_config config = attack_config();

    config.limits.links = config.limits.pairings = 2;
    return config;
}

/* Asks on, and acknowledges none of the answers. */
static void take_all_buffers(attack *a, side *x)
{
    static const uint8_t find_information[5] = {0x04, 1, 0, 0xff, 0xff};

    x->hold_acl = true;
    for (unsigned i = 0; i < 30; i++) {
        say_frame(x, 0x40, KITH_CID_ATT, find_information, sizeof find_information);
        run(a);
    }
    assert_in_range(x->acl_count, 1, 7); /* of eight */
    forget_log(x);
}

static void expect_second_link_can_pair(attack *a, side *x)
{
    assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
    say_frame(x, 0x41, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(a);
    assert_true(x->acl_count >= 1);
    assert_int_equal(bytes_get16(x->acl[0] + 1) & KITH_ACL_HANDLE_MASK, 0x41);
    assert_int_equal(x->acl[0][9], KITH_SMP_PAIRING_RESPONSE);
}

static void a_link_that_acknowledges_nothing_leaves_a_buffer_to_another(void **state)
{
    attack a;
    side *x;

    (void)state;
    attack_begin(&a);
    x = start_side(&a, 1, for_two_links());
    say_connected(x, 0x40, false, 9);
    say_connected(x, 0x41, false, 8);
    take_all_buffers(&a, x);
    expect_second_link_can_pair(&a, x);
    attack_end(&a);
}

static void and_to_one_that_comes_later(void **state)
{
    attack a;
    side *x;

    (void)state;
    attack_begin(&a);
    x = start_side(&a, 1, for_two_links());
    say_connected(x, 0x40, false, 9);
    take_all_buffers(&a, x);
    say_connected(x, 0x41, false, 8);
    expect_second_link_can_pair(&a, x);
    attack_end(&a);
}

/* Known to both, as after the thief has paired with the victim. */
static const uint8_t shared_irk[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static kith_address resolvable_address(const side *x)
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM, .octets = {0, 0, 0, 1, 2, 0x43}};

    assert_int_equal(crypto_ah(&x->port, shared_irk, address.octets + 3, address.octets), KITH_OK);
    return address;
}

static void bond_with_irk(attack *a, unsigned i, side *peripheral)
{
    kith_config config = attack_config();
    side *central;

    config.irk = shared_irk;
    a->sides[i].address = (uint8_t)(5 + i);
    central = start_side(a, i, config);
    forget_log(peripheral);
    join(central, peripheral);
    assert_int_equal(kith_pairing_open(peripheral->h, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(a);
    assert_int_equal(last_event(peripheral, KITH_EVENT_BONDED)->verdict.irk_shared, i != 0); /* by the second one */
    part(central, peripheral);
}

static void B14_an_address_that_two_bonds_claim_is_neithers(void **state)
{
    kith_address address;
    attack a;
    side *peripheral;

    (void)state;
    attack_begin(&a);
    peripheral = start_peripheral(&a);
    address = resolvable_address(peripheral);
    bond_with_irk(&a, 0, peripheral);
    say_connected_to(peripheral, peripheral->handle, false, &address);
    assert_int_not_equal(last_event(peripheral, KITH_EVENT_CONNECTED)->connected.claimed, 0);
    say_disconnected(peripheral, peripheral->handle, KITH_HCI_REMOTE_USER_TERMINATED);
    bond_with_irk(&a, 2, peripheral);
    assert_int_equal(kith_bonds_count(peripheral->h), 2);
    say_connected_to(peripheral, peripheral->handle, false, &address);
    assert_int_equal(last_event(peripheral, KITH_EVENT_CONNECTED)->connected.claimed, 0);
    attack_end(&a);
}

static void B6_an_identity_proven_on_another_link_cannot_be_taken_over(void **state)
{
    const kith_verdict *verdict;
    kith_bond_info bond;
    kith_bond_keys before, after;
    kith_link first;
    side *victim, *peripheral, *thief;
    attack a;

    (void)state;
    attack_begin(&a);
    victim = start_central(&a);
    peripheral = start_side(&a, 1, for_two_links());
    join_and_bond(&a, victim, peripheral);
    first = peripheral->link;
    assert_int_equal(kith_bonds_next(peripheral->h, 0, &bond), KITH_OK);
    assert_int_equal(kith_bonds_export(peripheral->h, bond.peer, &before), KITH_OK);
    cut_off(victim);
    cut_off(peripheral);

    thief = start_side(&a, 2, attack_config());
    peripheral->handle = 0x41;
    join(thief, peripheral);
    memset(thief->h->identities[0].address.octets, victim->address, 6); /* tells the victim's */
    assert_int_equal(kith_pairing_open(peripheral->h, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(thief->h, thief->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    verdict = &last_event(peripheral, KITH_EVENT_PAIRING_FAILED)->verdict;
    assert_int_equal(verdict->why, KITH_WHY_REPAIRING_REFUSED);
    assert_int_equal(verdict->smp_reason, KITH_SMP_KEY_REJECTED);
    assert_int_equal(kith_bonds_export(peripheral->h, bond.peer, &after), KITH_OK);
    assert_memory_equal(before.ltk, after.ltk, sizeof before.ltk);
    assert_int_equal(kith_bonds_count(peripheral->h), 1);
    assert_int_equal(security_of(peripheral, first).peer, bond.peer);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_that_acknowledges_nothing_leaves_a_buffer_to_another),
        cmocka_unit_test(and_to_one_that_comes_later),
        cmocka_unit_test(B14_an_address_that_two_bonds_claim_is_neithers),
        cmocka_unit_test(B6_an_identity_proven_on_another_link_cannot_be_taken_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
