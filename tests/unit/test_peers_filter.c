/* Which peers there are: by what they are bonded with, in order of their IDs, with an index and without. */
#include "test_peers_data_support.h"

static shelf s;
static keeper k;

/* Bond 3 has an identity resolving key, 5 a higher level, 7 is of class 9, 8 resolves, 9 is of another identity of
 * ours. */
static kith_bond_record bond_number(kith_peer_id n)
{
    kith_bond_record bond = keeper_bond(n);

    if (n == 3)
        memset(bond.irk, 7, 16);
    if (n == 5) {
        bond.level = KITH_LEVEL_AUTHENTICATED;
        bond.method = KITH_METHOD_PASSKEY;
    }
    bond.peer_class = n == 7 ? 9 : 0;
    if (n == 9)
        bond.local.octets[0] ^= 1;
    return bond;
}

static void open_all(uint32_t most)
{
    const kith_state_record resolves = {.peer = 8, .resolution = KITH_STATE_YES},
                            does_not = {.peer = 6, .resolution = KITH_STATE_NO};
    kith_record record;

    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 9);
    for (kith_peer_id n = 9; n >= 1; n--) { /* whatever the order in the store is */
        kith_bond_record bond = bond_number(n);

        assert_int_equal(kith_record_encode_bond(&bond, &record), KITH_OK);
        shelf_put(&s, &record);
    }
    assert_int_equal(kith_record_encode_state(&resolves, &record), KITH_OK);
    shelf_put(&s, &record);
    assert_int_equal(kith_record_encode_state(&does_not, &record), KITH_OK);
    shelf_put(&s, &record);
    s.backwards = true;
    keeper_config(&k, &s.store);
    k.config.limits.bonds = most;
    keeper_make(&k);
    keeper_run(&k);
    keeper_forget(&k);
}

static void expect(const kith_peers_filter *filter, const char *wanted)
{
    kith_peer_id peers[9], peer = 0;
    uint32_t count = 99, len = (uint32_t)strlen(wanted);

    assert_int_equal(kith_peers_list(k.h, filter, peers, 9, &count), KITH_OK);
    assert_int_equal(count, len);
    for (uint32_t i = 0; i < len; i++) {
        assert_int_equal(peers[i], wanted[i] - '0');
        assert_int_equal(kith_peers_next(k.h, filter, peer, &peer), KITH_OK);
        assert_int_equal(peer, wanted[i] - '0');
    }
    assert_int_equal(kith_peers_next(k.h, filter, peer, &peer), KITH_ERR_NOT_FOUND);
}

static void expect_filters(void)
{
    const kith_bond_record four = bond_number(4), nine = bond_number(9);
    kith_address stranger = four.identity;
    kith_peers_filter f;

    stranger.octets[0] = 77;
    expect(NULL, "123456789");
    f = (kith_peers_filter){0}, expect(&f, "123456789");
    f = (kith_peers_filter){.has_irk = true}, expect(&f, "3");
    f = (kith_peers_filter){.resolves = true}, expect(&f, "8");
    f = (kith_peers_filter){.connected = true}, expect(&f, "");
    f = (kith_peers_filter){.level = KITH_LEVEL_AUTHENTICATED}, expect(&f, "5");
    f = (kith_peers_filter){.level = KITH_LEVEL_ENCRYPTED}, expect(&f, "123456789");
    f = (kith_peers_filter){.classes = 1u << 9}, expect(&f, "7");
    f = (kith_peers_filter){.classes = 1u}, expect(&f, "12345689");
    f = (kith_peers_filter){.classes = 1u << 9 | 1u}, expect(&f, "123456789");
    f = (kith_peers_filter){.classes = 1u << 8}, expect(&f, "");
    f = (kith_peers_filter){.identity = &four.identity}, expect(&f, "4");
    f = (kith_peers_filter){.identity = &stranger}, expect(&f, "");
    f = (kith_peers_filter){.identity = &four.identity, .has_irk = true}, expect(&f, "");
    f = (kith_peers_filter){.local = &nine.local}, expect(&f, "9");
    f = (kith_peers_filter){.local = &four.local}, expect(&f, "12345678");
}

static void each_filter_means_whom_it_says(void **state)
{
    (void)state;
    open_all(12); /* without an index, */
    expect_filters();
    keeper_close(&k);
    open_all(40); /* and with one */
    expect_filters();
    keeper_close(&k);
}

static void a_list_that_is_too_short_says_how_many_there_are(void **state)
{
    kith_peer_id peers[4] = {0, 0, 0, 55};
    uint32_t count;

    (void)state;
    open_all(40);
    assert_int_equal(kith_peers_list(k.h, NULL, peers, 3, &count), KITH_ERR_FULL);
    assert_int_equal(count, 9);
    assert_true(peers[0] == 1 && peers[1] == 2 && peers[2] == 3 && peers[3] == 55);
    assert_int_equal(kith_peers_list(k.h, NULL, NULL, 0, &count), KITH_ERR_FULL);
    assert_int_equal(count, 9);
    keeper_close(&k);
}

/* Fault 8 of other peer managers: counting who is being deleted. */
static void who_is_being_forgotten_is_not_there(void **state)
{
    kith_peer_info info;

    (void)state;
    for (uint32_t most = 12; most <= 40; most += 28) {
        open_all(most);
        assert_int_equal(kith_bonds_forget(k.h, 4), KITH_OK);
        expect(NULL, "12356789");
        assert_int_equal(kith_bonds_count(k.h), 8);
        assert_int_equal(kith_peers_get(k.h, 4, &info), KITH_ERR_NOT_FOUND);
        assert_int_equal(kith_peers_link_of(k.h, 4), 0);
        shelf_fail(&s, 1, 1, KITH_ERR_STORAGE);
        keeper_run(&k);
        assert_int_equal(keeper_last(&k, KITH_EVENT_FORGOTTEN)->forgotten.status, KITH_ERR_STORAGE);
        expect(NULL, "12356789"); /* nor when that failed */
        assert_int_equal(kith_bonds_count(k.h), 8);
        keeper_close(&k);
    }
}

static void who_is_nobody_is_nowhere(void **state)
{
    kith_peer_on_link on;
    kith_peer_info info;

    (void)state;
    open_all(40);
    assert_int_equal(kith_peers_on_link(k.h, 1, &on), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_peers_on_link(k.h, 0, &on), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_peers_get(k.h, 0, &info), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_peers_get(k.h, 10, &info), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_peers_link_of(k.h, 0), 0);
    assert_int_equal(kith_peers_link_of(k.h, 1), 0);
    keeper_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_filter_means_whom_it_says),
        cmocka_unit_test(a_list_that_is_too_short_says_how_many_there_are),
        cmocka_unit_test(who_is_being_forgotten_is_not_there),
        cmocka_unit_test(who_is_nobody_is_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
