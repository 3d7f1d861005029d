/* Forgetting every peer: nobody's at once, each told in order of IDs, then the end, once.  No peer, known or not, whole
 * or half gone, stands in the way of the next. */
#include "test_peers_data_support.h"

static shelf s;
static keeper k;

static void open_bonds(unsigned bonds, uint32_t most)
{
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, bonds);
    keeper_config(&k, &s.store);
    k.config.limits.bonds = most;
    keeper_make(&k);
    keeper_run(&k);
    keeper_forget(&k);
}

static void expect_told(const char *ids, kith_status end)
{
    unsigned count = (unsigned)strlen(ids);

    assert_int_equal(k.count, count + 1);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(k.events[i].kind, KITH_EVENT_FORGOTTEN);
        assert_int_equal(k.events[i].forgotten.peer, ids[i] - '0');
    }
    assert_int_equal(k.events[count].kind, KITH_EVENT_FORGOTTEN_ALL);
    assert_int_equal(k.events[count].forgotten.peer, 0);
    assert_int_equal(k.events[count].forgotten.status, end);
    keeper_forget(&k);
}

static void expect_empty(void)
{
    for (uint8_t kind = KITH_RECORD_BOND; kind < KITH_RECORD_CHUNK_END; kind++)
        assert_int_equal(shelf_count(&s, kind, kind + 1u, 0), 0);
}

/* Whatever came before: another one is forgotten as ever. */
static void expect_life_goes_on(void)
{
    kith_bond_record bond = keeper_bond(200);
    kith_peer_id peer;
    kith_token token;

    assert_int_equal(kith_peers_add(k.h, &bond, &peer, &token), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_end(&k, token).status, KITH_OK);
    keeper_forget(&k);
    assert_int_equal(kith_bonds_forget(k.h, peer), KITH_OK);
    keeper_run(&k);
    assert_int_equal(k.count, 1);
    assert_int_equal(keeper_last(&k, KITH_EVENT_FORGOTTEN)->forgotten.status, KITH_OK);
    keeper_forget(&k);
}

static void all_are_forgotten_in_order(void **state)
{
    static const uint8_t octets[] = "beside";
    kith_token tokens[2];

    (void)state;
    for (uint32_t most = 8; most <= 40; most += 32) { /* without an index, and with one */
        open_bonds(6, most);
        assert_int_equal(kith_peers_store(k.h, 4, KITH_PEER_APPLICATION, octets, 6, &tokens[0]), KITH_OK);
        assert_int_equal(kith_peers_set_rank(k.h, 2, 1, &tokens[1]), KITH_OK);
        keeper_run(&k);
        keeper_forget(&k);
        assert_int_equal(kith_peers_forget_all(k.h), KITH_OK);
        assert_int_equal(kith_bonds_count(k.h), 0);
        assert_int_equal(kith_peers_forget_all(k.h), KITH_ERR_BUSY);
        keeper_run(&k);
        expect_told("123456", KITH_OK);
        expect_empty();
        expect_life_goes_on();
        keeper_close(&k);
    }
}

static void without_a_peer_the_end_is_told_alone(void **state)
{
    (void)state;
    open_bonds(0, 40);
    assert_int_equal(kith_peers_forget_all(k.h), KITH_OK);
    keeper_hear(&k);
    expect_told("", KITH_OK);
    expect_life_goes_on();
    keeper_close(&k);
}

static void the_first_failure_is_told_and_the_rest_goes_on(void **state)
{
    (void)state;
    open_bonds(4, 40);
    shelf_fail(&s, 2, 1, KITH_ERR_STORAGE);
    assert_int_equal(kith_peers_forget_all(k.h), KITH_OK);
    keeper_run(&k);
    assert_int_equal(k.events[1].forgotten.status, KITH_ERR_STORAGE);
    assert_int_equal(k.events[2].forgotten.status, KITH_OK);
    expect_told("1234", KITH_ERR_STORAGE);
    assert_int_equal(shelf_count(&s, KITH_RECORD_BOND, KITH_RECORD_BOND + 1, 0), 1);
    assert_int_equal(kith_peers_forget_all(k.h), KITH_OK); /* what is left of one */
    keeper_run(&k);
    expect_told("2", KITH_OK);
    expect_empty();
    expect_life_goes_on();
    keeper_close(&k);
}

/* Fault 1 of other peer managers: one that cannot be deleted stands in the way of all others. */
static void nobody_stands_in_the_way(void **state)
{
    (void)state;
    open_bonds(3, 40);
    assert_int_equal(kith_bonds_forget(k.h, 77), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_bonds_forget(k.h, 0), KITH_ERR_NOT_FOUND);
    shelf_fail(&s, 1, 1, KITH_ERR_STORAGE);
    assert_int_equal(kith_bonds_forget(k.h, 1), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_last(&k, KITH_EVENT_FORGOTTEN)->forgotten.status, KITH_ERR_STORAGE);
    keeper_forget(&k);
    assert_int_equal(kith_bonds_forget(k.h, 2), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_last(&k, KITH_EVENT_FORGOTTEN)->forgotten.status, KITH_OK);
    keeper_forget(&k);
    assert_int_equal(kith_bonds_forget(k.h, 3), KITH_OK); /* under way by itself */
    assert_int_equal(kith_peers_forget_all(k.h), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_told(&k, KITH_EVENT_FORGOTTEN), 2);
    assert_int_equal(keeper_told(&k, KITH_EVENT_FORGOTTEN_ALL), 1);
    assert_int_equal(keeper_last(&k, KITH_EVENT_FORGOTTEN_ALL)->forgotten.status, KITH_OK);
    keeper_forget(&k);
    expect_empty();
    expect_life_goes_on();
    keeper_close(&k);
}

/* Each ends within its call. */
static void add_and_rank_all(void)
{
    for (kith_peer_id n = 1; n <= KEEPER_BONDS; n++) {
        kith_bond_record bond = keeper_bond(n);
        kith_peer_info info;
        kith_peer_id peer;
        kith_token token;

        assert_int_equal(kith_peers_add(k.h, &bond, &peer, &token), KITH_OK);
        keeper_hear(&k);
        assert_int_equal(keeper_end(&k, token).status, KITH_OK);
        assert_int_equal(kith_peers_rank_highest(k.h, peer, &token), KITH_OK);
        keeper_hear(&k);
        assert_true(keeper_end(&k, token).status == KITH_OK && keeper_end(&k, token).changed);
        assert_int_equal(kith_peers_get(k.h, peer, &info), KITH_OK);
        assert_int_equal(info.rank, n);
        keeper_forget(&k);
    }
}

/* Where nothing outlives the program there may be more to tell than there is room for. */
static void without_a_store_all_are_told_as_there_is_room(void **state)
{
    static const uint8_t own[6] = {9, 8, 7, 6, 5, 0xc4};

    (void)state;
    keeper_config(&k, &kith_volatile_store);
    k.config.static_address = own;
    keeper_make(&k);
    keeper_run(&k);
    keeper_forget(&k);
    add_and_rank_all();
    assert_int_equal(kith_peers_forget_all(k.h), KITH_OK);
    assert_int_equal(kith_bonds_count(k.h), 0);
    keeper_hear(&k);
    assert_true(k.count < KEEPER_BONDS);
    keeper_run(&k);
    assert_int_equal(keeper_told(&k, KITH_EVENT_FORGOTTEN), KEEPER_BONDS);
    for (unsigned i = 0; i < KEEPER_BONDS; i++)
        assert_int_equal(k.events[i].forgotten.peer, 1 + i);
    assert_int_equal(keeper_told(&k, KITH_EVENT_FORGOTTEN_ALL), 1);
    keeper_close(&k);
}

static void a_factory_reset_ends_it(void **state)
{
    (void)state;
    open_bonds(3, 40);
    assert_int_equal(kith_peers_forget_all(k.h), KITH_OK);
    assert_true(keeper_work(&k));
    assert_int_equal(kith_host_factory_reset(k.h), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_told(&k, KITH_EVENT_RESET), 1);
    assert_int_equal(s.used, 0);
    assert_int_equal(kith_host_start(k.h, 0), KITH_OK);
    keeper_run(&k);
    keeper_forget(&k);
    assert_int_equal(kith_peers_forget_all(k.h), KITH_OK);
    keeper_run(&k);
    expect_told("", KITH_OK);
    keeper_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_forgotten_in_order),
        cmocka_unit_test(without_a_peer_the_end_is_told_alone),
        cmocka_unit_test(the_first_failure_is_told_and_the_rest_goes_on),
        cmocka_unit_test(nobody_stands_in_the_way),
        cmocka_unit_test(without_a_store_all_are_told_as_there_is_room),
        cmocka_unit_test(a_factory_reset_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
