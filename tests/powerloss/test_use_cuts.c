/* The power goes while a peer is ranked, pinned or added, or while all are forgotten, at every operation on the flash
 * and in the middle of it: each is what it was or what was asked for, the same at every later start, and what was told
 * as done is done.  Then the next change works as ever. */
#include "cuts.h"
#include "tests/unit/test_peers_data_support.h"

static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {1024, 6, 4, 0x00, false}, {1024, 4, 16, 0xff, false}};

enum { PEERS = 3, ADDED = 50 };

static rig r;
static keeper k;
static uint32_t total, old_ones, new_ones;

typedef struct {
    kith_status (*begin)(void); /* to its end */
    bool (*is_done)(void);      /* all of it, and nothing else */
    bool (*is_undone)(void);
    bool has_records; /* of the peers' states, before */
} deed;

static kith_status end_of(kith_status called, kith_token token)
{
    assert_int_equal(called, KITH_OK);
    keeper_run(&k);
    return keeper_end(&k, token).status;
}

static kith_status rank(kith_peer_id peer, uint32_t value)
{
    kith_token token;
    kith_status called = kith_peers_set_rank(k.h, peer, value, &token);

    return end_of(called, token);
}

static kith_peer_info info_of(kith_peer_id peer)
{
    kith_peer_info info;

    assert_int_equal(kith_peers_get(k.h, peer, &info), KITH_OK);
    return info;
}

/* ---- deeds ---- */

static kith_status rank_two(void)
{
    return rank(2, 77);
}

static bool is_ranked(void)
{
    return info_of(2).rank == 77 && kith_bonds_count(k.h) == PEERS;
}

static bool is_not_ranked(void)
{
    return (info_of(2).rank == 0 || info_of(2).rank == 5) && kith_bonds_count(k.h) == PEERS;
}

static kith_status pin_two(void)
{
    kith_token token;
    kith_status called = kith_peers_pin(k.h, 2, true, &token);

    return end_of(called, token);
}

static bool is_pinned(void)
{
    return info_of(2).pinned && !is_ranked();
}

static bool is_not_pinned(void)
{
    return !info_of(2).pinned;
}

static kith_status add_one(void)
{
    kith_bond_record bond = keeper_bond(ADDED);
    kith_peer_id peer;
    kith_token token;
    kith_status called = kith_peers_add(k.h, &bond, &peer, &token);

    return end_of(called, token);
}

static bool is_added(void)
{
    kith_bond_record bond = keeper_bond(ADDED);
    const kith_peers_filter filter = {.identity = &bond.identity};
    kith_peer_id peer;

    return kith_bonds_count(k.h) == PEERS + 1 && kith_peers_next(k.h, &filter, 0, &peer) == KITH_OK;
}

static bool is_not_added(void)
{
    return kith_bonds_count(k.h) == PEERS;
}

static kith_status forget_all(void)
{
    assert_int_equal(kith_peers_forget_all(k.h), KITH_OK);
    keeper_run(&k);
    return keeper_last(&k, KITH_EVENT_FORGOTTEN_ALL)->forgotten.status;
}

static bool are_forgotten(void)
{
    return kith_bonds_count(k.h) == 0;
}

/* They go one after the other. */
static bool are_not_all_forgotten(void)
{
    kith_bond_info info;
    uint32_t count = kith_bonds_count(k.h);

    for (kith_peer_id peer = 1; peer <= PEERS; peer++)
        if ((kith_bonds_get(k.h, peer, &info) == KITH_OK) != (peer > PEERS - count))
            return false;
    return count > 0;
}

/* ---- cutting ---- */

static void prepare(const sim_flash_geometry *flash, const deed *d)
{
    rig_make(&r, flash);
    keeper_add_bonds(&r.store, PEERS);
    keeper_open(&k, &r.store);
    for (kith_peer_id peer = 2; d->has_records && peer <= PEERS; peer++)
        assert_int_equal(rank(peer, 5), KITH_OK);
    keeper_forget(&k);
}

static void reboot(void)
{
    keeper_close(&k);
    sim_flash_power_off(&r.flash);
    sim_flash_power_on(&r.flash);
    rig_start(&r);
    keeper_config(&k, &r.store);
    keeper_make(&k);
    keeper_run(&k);
    assert_int_equal(keeper_last(&k, KITH_EVENT_STORE_LOADED)->store.damaged, 0);
    keeper_forget(&k);
}

static void expect_life_goes_on(void)
{
    kith_bond_record bond = keeper_bond(ADDED + 1);
    kith_peer_id peer;
    kith_token token;
    kith_status called = kith_peers_add(k.h, &bond, &peer, &token);

    assert_int_equal(end_of(called, token), KITH_OK);
    assert_int_equal(rank(peer, 9), KITH_OK);
    keeper_forget(&k);
    assert_int_equal(forget_all(), KITH_OK);
    reboot();
    assert_int_equal(kith_bonds_count(k.h), 0);
}

/* Answers whether the power went. */
static bool try_cut(const deed *d, const sim_flash_geometry *flash, uint32_t operation, uint32_t octets)
{
    kith_status status;
    bool fell, done = false;

    prepare(flash, d);
    r.flash.forgets = octets % 2 == 1;
    sim_flash_cut(&r.flash, operation, octets);
    status = d->begin();
    fell = sim_flash_has_cut(&r.flash);
    for (unsigned boot = 0; boot < 2; boot++) {
        reboot();
        assert_true(d->is_done() || d->is_undone());
        assert_true(status != KITH_OK || d->is_done());
        assert_true(boot == 0 || done == d->is_done()); /* and stays so */
        done = d->is_done();
    }
    old_ones += !done;
    new_ones += done;
    expect_life_goes_on();
    keeper_close(&k);
    rig_free(&r);
    total += fell;
    return fell;
}

static void try_all(const deed *d)
{
    const uint32_t stride = cuts_full() ? 1 : cuts_brief() ? 41 : 7;

    old_ones = new_ones = 0;
    for (size_t f = 0; f < sizeof flashes / sizeof flashes[0]; f++) {
        bool fell = true;

        for (uint32_t operation = 1; fell; operation++)
            for (uint32_t octets = 0; fell && octets < 160; octets += stride)
                fell = try_cut(d, &flashes[f], operation, octets);
    }
    assert_true(old_ones > 0 && new_ones > 0);
}

static void a_cut_in_a_first_rank(void **state)
{
    static const deed d = {rank_two, is_ranked, is_not_ranked, false};

    (void)state;
    try_all(&d);
}

static void a_cut_in_another_rank(void **state)
{
    static const deed d = {rank_two, is_ranked, is_not_ranked, true};

    (void)state;
    try_all(&d);
}

static void a_cut_in_a_pin(void **state)
{
    static const deed d = {pin_two, is_pinned, is_not_pinned, true};

    (void)state;
    try_all(&d);
}

static void a_cut_in_adding(void **state)
{
    static const deed d = {add_one, is_added, is_not_added, false};

    (void)state;
    try_all(&d);
}

static void a_cut_in_forgetting_all(void **state)
{
    static const deed d = {forget_all, are_forgotten, are_not_all_forgotten, true};

    (void)state;
    try_all(&d);
}

static void tell_how_many(void **state)
{
    (void)state;
    print_message("%u cuts\n", total);
    assert_true(total > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_in_a_first_rank),   cmocka_unit_test(a_cut_in_another_rank),
        cmocka_unit_test(a_cut_in_a_pin),          cmocka_unit_test(a_cut_in_adding),
        cmocka_unit_test(a_cut_in_forgetting_all), cmocka_unit_test(tell_how_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
