/* Peers that are made of bonding data from elsewhere: durable before they count, every field judged, no peer twice. */
#include "test_peers_data_support.h"

static shelf s;
static keeper k;

static void open_bonds(unsigned bonds)
{
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, bonds);
    keeper_open(&k, &s.store);
}

static void restart(void)
{
    keeper_close(&k);
    keeper_open(&k, &s.store);
}

/* A bond that is not there yet. */
static kith_bond_record fresh(unsigned n)
{
    kith_bond_record bond = keeper_bond(100 + n);

    bond.peer = 0; /* not looked at */
    memset(bond.irk, (int)(100 + n), 16);
    return bond;
}

static kith_peer_id add(const kith_bond_record *bond)
{
    kith_peer_id peer;
    kith_token token;
    kith_event_data end;

    assert_int_equal(kith_peers_add(k.h, bond, &peer, &token), KITH_OK);
    keeper_run(&k);
    end = keeper_end(&k, token);
    assert_int_equal(end.status, KITH_OK);
    assert_int_equal(end.peer, peer);
    assert_int_equal(end.what, KITH_PEER_BOND);
    assert_int_equal(end.operation, KITH_PEER_ADDED);
    assert_true(end.changed);
    return peer;
}

static void refused(const kith_bond_record *bond, kith_status why, kith_peer_id who)
{
    kith_peer_id peer = 99;
    kith_token token = 99;
    uint32_t count = kith_bonds_count(k.h);

    assert_int_equal(kith_peers_add(k.h, bond, &peer, &token), why);
    assert_int_equal(peer, who);
    assert_int_equal(token, 0);
    keeper_run(&k);
    assert_int_equal(kith_bonds_count(k.h), count);
    assert_int_equal(k.count, 0);
}

static void what_was_added_is_a_peer_like_any_other(void **state)
{
    kith_bond_record bond = fresh(1);
    kith_bond_info info;
    kith_peer_id peer;

    (void)state;
    open_bonds(2);
    peer = add(&bond);
    assert_int_equal(peer, 3);
    assert_int_equal(kith_bonds_count(k.h), 3);
    restart();
    assert_int_equal(kith_bonds_get(k.h, peer, &info), KITH_OK);
    assert_true(kith_address_equal(&info.identity, &bond.identity));
    assert_int_equal(info.level, KITH_LEVEL_ENCRYPTED);
    assert_true(info.has_irk);
    keeper_close(&k);
}

static void it_counts_when_it_is_durable_and_one_at_a_time(void **state)
{
    kith_bond_record bond = fresh(1), other = fresh(2), twin = fresh(1);
    kith_peer_id peer, found;
    kith_token token, second;

    (void)state;
    open_bonds(0);
    assert_int_equal(kith_peers_add(k.h, &bond, &peer, &token), KITH_OK);
    assert_int_equal(kith_bonds_count(k.h), 0);
    assert_int_equal(kith_peers_next(k.h, NULL, 0, &found), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_peers_add(k.h, &other, &found, &second), KITH_ERR_BUSY);
    assert_int_equal(kith_peers_add(k.h, &twin, &found, &second), KITH_ERR_EXISTS);
    assert_int_equal(found, peer); /* it is being made */
    assert_int_equal(kith_peers_forget_all(k.h), KITH_ERR_BUSY);
    keeper_run(&k);
    assert_int_equal(kith_bonds_count(k.h), 1);
    assert_int_equal(keeper_end(&k, token).status, KITH_OK);
    keeper_forget(&k);
    (void)add(&other);
    keeper_close(&k);
}

static void every_field_is_judged(void **state)
{
    kith_bond_record bond;

    (void)state;
    open_bonds(1);
    bond = fresh(1), bond.level = 5, refused(&bond, KITH_ERR_VALUE, 0);
    bond = fresh(1), bond.key_size = 6, refused(&bond, KITH_ERR_VALUE, 0);
    bond = fresh(1), bond.method = KITH_METHOD_NONE, refused(&bond, KITH_ERR_VALUE, 0);
    bond = fresh(1), bond.peer_class = 32, refused(&bond, KITH_ERR_VALUE, 0);
    bond = fresh(1), memset(bond.ltk, 0, 16), refused(&bond, KITH_ERR_VALUE, 0);
    bond = fresh(1), bond.identity.octets[5] = 0x43, refused(&bond, KITH_ERR_VALUE, 0); /* a private address */
    bond = fresh(1), bond.local.octets[0] ^= 1, refused(&bond, KITH_ERR_VALUE, 0);      /* another device's */
    bond = fresh(1), bond.local.type = KITH_ADDRESS_PUBLIC, refused(&bond, KITH_ERR_VALUE, 0);
    keeper_close(&k);
}

static void who_is_blocked_is_not_added(void **state)
{
    kith_bond_record bond = fresh(1);

    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 1);
    keeper_config(&k, &s.store);
    k.config.security.blocked = &bond.identity;
    k.config.security.blocked_count = 1;
    keeper_make(&k);
    keeper_run(&k);
    keeper_forget(&k);
    refused(&bond, KITH_ERR_VALUE, 0);
    keeper_close(&k);
}

static void nobody_is_there_twice(void **state)
{
    kith_bond_record bond = fresh(1), twin;
    kith_peer_id peer;

    (void)state;
    open_bonds(2);
    peer = add(&bond);
    keeper_forget(&k);
    twin = fresh(2), twin.identity = bond.identity, refused(&twin, KITH_ERR_EXISTS, peer);
    twin = fresh(2), memcpy(twin.irk, bond.irk, 16), refused(&twin, KITH_ERR_EXISTS, peer);
    twin = keeper_bond(2), refused(&twin, KITH_ERR_EXISTS, 2);
    twin = fresh(2), memset(twin.irk, 0, 16); /* none is nobody's */
    (void)add(&twin);
    twin = fresh(3), memset(twin.irk, 0, 16);
    (void)add(&twin);
    assert_int_equal(kith_bonds_count(k.h), 5);
    keeper_forget(&k);
    assert_int_equal(kith_bonds_forget(k.h, peer), KITH_OK);
    assert_int_not_equal(add(&bond), peer); /* who is forgotten may come again, as another */
    keeper_close(&k);
}

static void an_exclusive_class_has_one(void **state)
{
    kith_bond_record bond = fresh(1), other = fresh(2), third = fresh(3);
    kith_peer_id peer;

    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 1);
    keeper_config(&k, &s.store);
    k.config.security.exclusive_classes = 1u << 4;
    keeper_make(&k);
    keeper_run(&k);
    bond.peer_class = other.peer_class = 4;
    third.peer_class = 5;
    peer = add(&bond);
    (void)add(&third);
    keeper_forget(&k);
    refused(&other, KITH_ERR_EXISTS, peer);
    keeper_close(&k);
}

static void without_room_nobody_is_added(void **state)
{
    kith_bond_record bond = fresh(1);

    (void)state;
    open_bonds(KEEPER_BONDS); /* in memory */
    refused(&bond, KITH_ERR_FULL, 0);
    keeper_close(&k);
    open_bonds(2);
    s.capacity = s.used; /* in the store */
    restart();
    refused(&bond, KITH_ERR_FULL, 0);
    keeper_close(&k);
}

static void without_operations_nobody_is_added(void **state)
{
    kith_bond_record bond = fresh(1);
    kith_token token;

    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 1);
    keeper_config(&k, &s.store);
    k.config.limits.data = 0;
    keeper_make(&k);
    keeper_run(&k);
    keeper_forget(&k);
    refused(&bond, KITH_ERR_FULL, 0);
    assert_int_equal(kith_peers_set_rank(k.h, 1, 1, &token), KITH_ERR_FULL);
    keeper_close(&k);
}

/* What nobody was told of is not there after a restart. */
static void a_store_that_fails_adds_nobody(void **state)
{
    kith_bond_record bond = fresh(1);
    kith_peer_id peer;
    kith_token token;

    (void)state;
    for (unsigned came_true = 0; came_true <= 1; came_true++) {
        open_bonds(1);
        s.done_all_the_same = came_true;
        shelf_fail(&s, 1, 1, KITH_ERR_STORAGE);
        assert_int_equal(kith_peers_add(k.h, &bond, &peer, &token), KITH_OK);
        keeper_run(&k);
        assert_int_equal(keeper_end(&k, token).status, KITH_ERR_STORAGE);
        assert_int_equal(kith_bonds_count(k.h), 1);
        restart();
        assert_int_equal(kith_bonds_count(k.h), 1);
        (void)add(&bond);
        restart();
        assert_int_equal(kith_bonds_count(k.h), 2);
        keeper_close(&k);
    }
}

/* As when it is loaded: what a legacy passkey once was is not what it is today. */
static void the_level_counts_as_it_does_after_a_restart(void **state)
{
    kith_bond_record bond = fresh(1);
    kith_bond_info before, after;
    kith_peer_id peer;

    (void)state;
    open_bonds(0);
    bond.key_kind = KITH_KEY_KIND_LEGACY;
    bond.method = KITH_METHOD_PASSKEY;
    bond.level = KITH_LEVEL_AUTHENTICATED;
    peer = add(&bond);
    assert_int_equal(kith_bonds_get(k.h, peer, &before), KITH_OK);
    restart();
    assert_int_equal(kith_bonds_get(k.h, peer, &after), KITH_OK);
    assert_int_equal(before.level, KITH_LEVEL_ENCRYPTED);
    assert_int_equal(after.level, before.level);
    keeper_close(&k);
}

static void added_and_ranked_in_one_breath(void **state)
{
    kith_bond_record bond = fresh(1);
    kith_token tokens[3];
    kith_peer_id peer;

    (void)state;
    open_bonds(1);
    assert_int_equal(kith_peers_pin(k.h, 1, true, &tokens[0]), KITH_OK);
    assert_int_equal(kith_peers_add(k.h, &bond, &peer, &tokens[1]), KITH_OK);
    assert_int_equal(kith_peers_set_rank(k.h, 1, 4, &tokens[2]), KITH_OK);
    keeper_run(&k);
    assert_int_equal(k.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(k.events[i].data.token, tokens[i]);
        assert_int_equal(k.events[i].data.status, KITH_OK);
    }
    keeper_close(&k);
}

static void a_factory_reset_leaves_nobody(void **state)
{
    kith_bond_record bond = fresh(1);
    kith_token token, first;
    kith_peer_id peer;

    (void)state;
    open_bonds(1);
    assert_int_equal(kith_peers_pin(k.h, 1, true, &first), KITH_OK);
    assert_int_equal(kith_peers_add(k.h, &bond, &peer, &token), KITH_OK);
    assert_int_equal(kith_host_factory_reset(k.h), KITH_OK);
    keeper_run(&k);
    assert_int_not_equal(keeper_end(&k, token).status, KITH_OK);
    assert_int_equal(keeper_told(&k, KITH_EVENT_RESET), 1);
    assert_int_equal(keeper_told(&k, KITH_EVENT_BOND_FAILED), 0);
    assert_int_equal(s.used, 0);
    keeper_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_a_peer_like_any_other),
        cmocka_unit_test(it_counts_when_it_is_durable_and_one_at_a_time),
        cmocka_unit_test(every_field_is_judged),
        cmocka_unit_test(who_is_blocked_is_not_added),
        cmocka_unit_test(nobody_is_there_twice),
        cmocka_unit_test(an_exclusive_class_has_one),
        cmocka_unit_test(without_room_nobody_is_added),
        cmocka_unit_test(without_operations_nobody_is_added),
        cmocka_unit_test(a_store_that_fails_adds_nobody),
        cmocka_unit_test(the_level_counts_as_it_does_after_a_restart),
        cmocka_unit_test(added_and_ranked_in_one_breath),
        cmocka_unit_test(a_factory_reset_leaves_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
