/* Ranks and pins, asked for by calls that end in PEER_DATA: in force when they are durable, in the order of the calls,
 * kept over restarts; what fails changes nothing. */
#include "test_peers_data_support.h"

static shelf s;
static keeper k;

static void open_bonds(unsigned bonds, unsigned most)
{
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, bonds);
    keeper_config(&k, &s.store);
    k.config.limits.bonds = (uint16_t)most;
    keeper_make(&k);
    keeper_run(&k);
    keeper_forget(&k);
}

static void restart(void)
{
    uint32_t most = k.config.limits.bonds;

    keeper_close(&k);
    keeper_config(&k, &s.store);
    k.config.limits.bonds = most;
    keeper_make(&k);
    keeper_run(&k);
    keeper_forget(&k);
}

static kith_peer_info info_of(kith_peer_id peer)
{
    kith_peer_info info;

    assert_int_equal(kith_peers_get(k.h, peer, &info), KITH_OK);
    return info;
}

static kith_event_data end_of(kith_peer_id peer, kith_token token)
{
    kith_event_data end;

    keeper_run(&k);
    end = keeper_end(&k, token);
    assert_int_equal(end.peer, peer);
    assert_int_equal(end.what, KITH_PEER_USE);
    assert_int_equal(end.operation, KITH_PEER_STORED);
    return end;
}

static kith_event_data rank(kith_peer_id peer, uint32_t value)
{
    kith_token token;

    assert_int_equal(kith_peers_set_rank(k.h, peer, value, &token), KITH_OK);
    return end_of(peer, token);
}

static kith_event_data highest(kith_peer_id peer)
{
    kith_token token;

    assert_int_equal(kith_peers_rank_highest(k.h, peer, &token), KITH_OK);
    return end_of(peer, token);
}

static kith_event_data pin(kith_peer_id peer, bool pinned)
{
    kith_token token;

    assert_int_equal(kith_peers_pin(k.h, peer, pinned, &token), KITH_OK);
    return end_of(peer, token);
}

static void expect(kith_event_data end, kith_status status, bool changed)
{
    assert_int_equal(end.status, status);
    assert_int_equal(end.changed, changed);
}

static void expect_ranks(kith_peer_id most, uint32_t most_rank, kith_peer_id least, uint32_t least_rank)
{
    kith_peer_ranks ranks;

    assert_int_equal(kith_peers_ranks(k.h, &ranks), KITH_OK);
    assert_int_equal(ranks.highest, most);
    assert_int_equal(ranks.highest_rank, most_rank);
    assert_int_equal(ranks.lowest, least);
    assert_int_equal(ranks.lowest_rank, least_rank);
}

/* ---- what they do ---- */

static void keep_over_restarts(unsigned most)
{
    open_bonds(3, most);
    expect(rank(2, 7), KITH_OK, true);
    expect(pin(2, true), KITH_OK, true);
    expect(pin(3, true), KITH_OK, true);
    expect(pin(3, false), KITH_OK, true);
    restart();
    assert_int_equal(info_of(1).rank, 0);
    assert_int_equal(info_of(2).rank, 7);
    assert_true(info_of(2).pinned && !info_of(1).pinned && !info_of(3).pinned);
    assert_int_equal(info_of(2).last_use, 0);
    assert_int_equal(info_of(2).resolution, KITH_RESOLUTION_UNKNOWN);
    assert_int_equal(info_of(2).link, 0);
    expect(rank(2, 0), KITH_OK, true);
    restart();
    assert_int_equal(info_of(2).rank, 0);
    assert_true(info_of(2).pinned);
    keeper_close(&k);
}

static void ranks_and_pins_are_kept(void **state)
{
    (void)state;
    keep_over_restarts(8);  /* without an index, */
    keep_over_restarts(40); /* and with one */
}

static void what_is_asked_for_is_in_force_when_it_is_durable(void **state)
{
    kith_token token;

    (void)state;
    open_bonds(1, 40);
    assert_int_equal(kith_peers_set_rank(k.h, 1, 5, &token), KITH_OK);
    keeper_hear(&k);
    assert_int_equal(k.count, 0);
    assert_int_equal(info_of(1).rank, 0);
    assert_true(keeper_work(&k));
    keeper_hear(&k);
    expect(keeper_end(&k, token), KITH_OK, true);
    assert_int_equal(info_of(1).rank, 5);
    assert_int_equal(s.puts, 3); /* the device, the bond, its state */
    keeper_close(&k);
}

static void what_changes_nothing_ends_at_once_and_costs_nothing(void **state)
{
    kith_token token;
    unsigned items;

    (void)state;
    open_bonds(1, 40);
    expect(rank(1, 5), KITH_OK, true);
    expect(pin(1, true), KITH_OK, true);
    items = k.items;
    keeper_forget(&k);
    assert_int_equal(kith_peers_set_rank(k.h, 1, 5, &token), KITH_OK);
    keeper_hear(&k);
    expect(keeper_end(&k, token), KITH_OK, false);
    assert_int_equal(kith_peers_pin(k.h, 1, true, &token), KITH_OK);
    keeper_hear(&k);
    expect(keeper_end(&k, token), KITH_OK, false);
    assert_int_equal(kith_peers_rank_highest(k.h, 1, &token), KITH_OK);
    keeper_hear(&k);
    expect(keeper_end(&k, token), KITH_OK, false);
    keeper_run(&k);
    assert_int_equal(k.items, items);
    keeper_close(&k);
}

static void the_highest_is_one_more_unless_it_is_that_alone(void **state)
{
    (void)state;
    open_bonds(4, 40);
    expect(highest(2), KITH_OK, true);
    assert_int_equal(info_of(2).rank, 1);
    expect(highest(2), KITH_OK, false);
    expect(highest(3), KITH_OK, true);
    assert_int_equal(info_of(3).rank, 2);
    expect(rank(2, 2), KITH_OK, true);
    expect(highest(2), KITH_OK, true); /* not alone */
    assert_int_equal(info_of(2).rank, 3);
    expect(rank(2, 1), KITH_OK, true);
    expect(highest(4), KITH_OK, true); /* of those that are left */
    assert_int_equal(info_of(4).rank, 3);
    assert_int_equal(kith_bonds_forget(k.h, 4), KITH_OK);
    keeper_run(&k);
    expect(highest(3), KITH_OK, false); /* who was above it is gone */
    restart();
    expect(highest(1), KITH_OK, true);
    assert_int_equal(info_of(1).rank, 3);
    keeper_close(&k);
}

static void above_the_largest_number_is_none(void **state)
{
    kith_token token = 9, other;

    (void)state;
    open_bonds(3, 40);
    expect(rank(1, UINT32_MAX), KITH_OK, true);
    assert_int_equal(kith_peers_rank_highest(k.h, 2, &token), KITH_ERR_USED_UP);
    assert_int_equal(token, 0);
    expect(highest(1), KITH_OK, false);
    expect(rank(2, UINT32_MAX), KITH_OK, true);
    assert_int_equal(kith_peers_rank_highest(k.h, 1, &token), KITH_ERR_USED_UP);
    expect(rank(1, 0), KITH_OK, true);
    expect(rank(2, 0), KITH_OK, true);
    assert_int_equal(kith_peers_set_rank(k.h, 1, UINT32_MAX, &token), KITH_OK);
    assert_int_equal(kith_peers_rank_highest(k.h, 2, &other), KITH_OK); /* when it is its turn there is none */
    keeper_run(&k);
    expect(keeper_end(&k, token), KITH_OK, true);
    expect(keeper_end(&k, other), KITH_ERR_USED_UP, false);
    assert_int_equal(info_of(2).rank, 0);
    keeper_close(&k);
}

static void the_highest_and_the_lowest_are_told(void **state)
{
    kith_peer_ranks ranks;

    (void)state;
    open_bonds(0, 40);
    assert_int_equal(kith_peers_ranks(k.h, &ranks), KITH_ERR_NOT_FOUND);
    keeper_close(&k);
    open_bonds(3, 40);
    expect_ranks(3, 0, 1, 0); /* all alike: the newest, the oldest */
    expect(rank(2, 4), KITH_OK, true);
    expect(rank(1, 1), KITH_OK, true);
    expect_ranks(2, 4, 3, 0);
    expect(rank(3, 9), KITH_OK, true);
    expect_ranks(3, 9, 1, 1);
    assert_int_equal(kith_bonds_forget(k.h, 3), KITH_OK); /* nobody's at once */
    expect_ranks(2, 4, 1, 1);
    keeper_close(&k);
}

static void they_are_done_in_the_order_of_the_calls(void **state)
{
    static const uint8_t octets[] = "beside";
    static uint8_t buffer[8];
    kith_token tokens[6];

    (void)state;
    open_bonds(2, 40);
    assert_int_equal(kith_peers_set_rank(k.h, 1, 8, &tokens[0]), KITH_OK);
    assert_int_equal(kith_peers_load(k.h, 2, KITH_PEER_APPLICATION, buffer, 8, &tokens[1]), KITH_OK); /* not there */
    assert_int_equal(kith_peers_rank_highest(k.h, 2, &tokens[2]), KITH_OK);
    assert_int_equal(kith_peers_store(k.h, 2, KITH_PEER_APPLICATION, octets, 6, &tokens[3]), KITH_OK);
    assert_int_equal(kith_peers_set_rank(k.h, 2, 1, &tokens[4]), KITH_OK);
    assert_int_equal(kith_peers_pin(k.h, 2, true, &tokens[5]), KITH_OK);
    keeper_run(&k);
    assert_int_equal(k.count, 6);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(k.events[i].data.token, tokens[i]);
    expect(k.events[1].data, KITH_ERR_NOT_FOUND, false);
    assert_int_equal(info_of(1).rank, 8);
    assert_int_equal(info_of(2).rank, 1);
    assert_true(info_of(2).pinned);
    keeper_close(&k);
}

/* ---- errors ---- */

static void each_error_changes_nothing(void **state)
{
    kith_token tokens[KEEPER_DATA + 1], token = 9;

    (void)state;
    open_bonds(2, 40);
    assert_int_equal(kith_peers_set_rank(k.h, 3, 1, &token), KITH_ERR_NOT_FOUND);
    assert_int_equal(token, 0);
    assert_int_equal(kith_peers_rank_highest(k.h, 0, &token), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_peers_pin(k.h, 3, true, &token), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_peers_ask_resolution(k.h, 3, &token), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_peers_ask_resolution(k.h, 1, &token), KITH_ERR_STATE); /* not proven on a link */
    assert_int_equal(token, 0);
    for (unsigned i = 0; i < KEEPER_DATA; i++)
        assert_int_equal(kith_peers_set_rank(k.h, 1, 1 + i, &tokens[i]), KITH_OK);
    assert_int_equal(kith_peers_set_rank(k.h, 2, 1, &token), KITH_ERR_FULL);
    assert_int_equal(kith_peers_rank_highest(k.h, 2, &token), KITH_ERR_FULL);
    assert_int_equal(kith_peers_pin(k.h, 2, true, &token), KITH_ERR_FULL);
    assert_int_equal(kith_bonds_forget(k.h, 2), KITH_OK);
    assert_int_equal(kith_peers_set_rank(k.h, 2, 1, &token), KITH_ERR_NOT_FOUND); /* it is being forgotten */
    keeper_run(&k);
    for (unsigned i = 0; i < KEEPER_DATA; i++)
        expect(keeper_end(&k, tokens[i]), KITH_OK, true);
    assert_int_equal(info_of(1).rank, KEEPER_DATA);
    keeper_close(&k);
}

static void a_store_that_is_not_loaded_is_busy(void **state)
{
    kith_token token = 9;
    kith_peer_id peer;
    kith_bond_record bond = keeper_bond(1);

    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 1);
    keeper_config(&k, &s.store);
    keeper_make(&k);
    assert_int_equal(kith_peers_set_rank(k.h, 1, 1, &token), KITH_ERR_BUSY);
    assert_int_equal(kith_peers_rank_highest(k.h, 1, &token), KITH_ERR_BUSY);
    assert_int_equal(kith_peers_pin(k.h, 1, true, &token), KITH_ERR_BUSY);
    assert_int_equal(kith_peers_ask_resolution(k.h, 1, &token), KITH_ERR_BUSY);
    assert_int_equal(kith_peers_add(k.h, &bond, &peer, &token), KITH_ERR_BUSY);
    assert_int_equal(kith_peers_forget_all(k.h), KITH_ERR_BUSY);
    assert_int_equal(token, 0);
    keeper_run(&k);
    keeper_close(&k);
}

static void who_is_forgotten_meanwhile_is_not_found(void **state)
{
    kith_token one, other;

    (void)state;
    open_bonds(2, 40);
    assert_int_equal(kith_peers_set_rank(k.h, 1, 1, &one), KITH_OK);
    assert_int_equal(kith_peers_pin(k.h, 2, true, &other), KITH_OK);
    assert_int_equal(kith_bonds_forget(k.h, 1), KITH_OK);
    keeper_run(&k);
    expect(keeper_end(&k, one), KITH_ERR_NOT_FOUND, false);
    expect(keeper_end(&k, other), KITH_OK, true);
    assert_int_equal(shelf_count(&s, KITH_RECORD_BOND, KITH_RECORD_STATE + 1, 1), 0);
    keeper_close(&k);
}

/* Whether or not it came true: the next change says what is so. */
static void a_store_that_fails_changes_nothing(void **state)
{
    (void)state;
    for (unsigned came_true = 0; came_true <= 1; came_true++) {
        open_bonds(2, came_true ? 8 : 40);
        s.done_all_the_same = came_true;
        expect(rank(1, 3), KITH_OK, true);
        shelf_fail(&s, 1, 1, KITH_ERR_STORAGE);
        expect(rank(1, 4), KITH_ERR_STORAGE, false);
        assert_int_equal(info_of(1).rank, 3);
        shelf_fail(&s, 1, 1, KITH_ERR_STORAGE);
        expect(highest(2), KITH_ERR_STORAGE, false);
        assert_int_equal(info_of(2).rank, 0);
        expect(pin(1, true), KITH_OK, true);
        expect(highest(2), KITH_OK, true); /* it goes on */
        restart();
        assert_int_equal(info_of(1).rank, 3);
        assert_true(info_of(1).pinned);
        assert_int_equal(info_of(2).rank, 4);
        keeper_close(&k);
    }
}

static void a_store_without_room_says_so_and_keeps_room_for_bonds(void **state)
{
    (void)state;
    open_bonds(2, 40);
    expect(rank(1, 3), KITH_OK, true);
    s.capacity = s.used + 3; /* a bond that is being made, its state */
    restart();
    expect(rank(2, 3), KITH_ERR_FULL, false);
    assert_int_equal(info_of(2).rank, 0);
    expect(rank(1, 4), KITH_OK, true); /* in the place of what is there */
    s.capacity = SHELF_RECORDS;
    restart();
    expect(rank(2, 3), KITH_OK, true);
    keeper_close(&k);
}

/* Written anew by a host that keeps no subscriptions it would lose them. */
static void a_record_that_tells_more_than_is_kept_here_is_not_written(void **state)
{
    const kith_state_record fields = {
        .peer = 1, .cccd_count = 1, .cccds = {{17, 1}}, .rank = 6, .pinned = true, .resolution = KITH_STATE_YES};
    kith_state_record kept;
    kith_record record;

    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 2);
    assert_int_equal(kith_record_encode_state(&fields, &record), KITH_OK);
    shelf_put(&s, &record);
    keeper_open(&k, &s.store);
    assert_int_equal(info_of(1).rank, 6); /* it counts all the same */
    assert_true(info_of(1).pinned);
    assert_int_equal(info_of(1).resolution, KITH_RESOLUTION_YES);
    expect(rank(1, 7), KITH_ERR_UNSUPPORTED, false);
    expect(pin(1, true), KITH_OK, false);
    expect(highest(2), KITH_OK, true);
    assert_int_equal(info_of(2).rank, 7);
    assert_int_equal(kith_record_decode_state(shelf_find(&s, KITH_RECORD_STATE, 1), &kept), KITH_OK);
    assert_int_equal(kept.cccd_count, 1);
    assert_int_equal(kept.rank, 6);
    keeper_close(&k);
}

/* What this version does not use is written as it was. */
static void what_was_read_of_private_addresses_stays(void **state)
{
    const kith_state_record fields = {.peer = 1, .private_only = KITH_STATE_YES, .last_use = 12};
    kith_state_record kept;
    kith_record record;

    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 1);
    assert_int_equal(kith_record_encode_state(&fields, &record), KITH_OK);
    shelf_put(&s, &record);
    keeper_open(&k, &s.store);
    assert_int_equal(info_of(1).last_use, 12);
    expect(pin(1, true), KITH_OK, true);
    assert_int_equal(kith_record_decode_state(shelf_find(&s, KITH_RECORD_STATE, 1), &kept), KITH_OK);
    assert_int_equal(kept.private_only, KITH_STATE_YES);
    assert_int_equal(kept.last_use, 12);
    assert_true(kept.pinned);
    keeper_close(&k);
}

static void a_factory_reset_ends_them(void **state)
{
    kith_token token;

    (void)state;
    open_bonds(2, 40);
    assert_int_equal(kith_peers_set_rank(k.h, 1, 1, &token), KITH_OK);
    assert_int_equal(kith_host_factory_reset(k.h), KITH_OK);
    keeper_run(&k);
    assert_int_not_equal(keeper_end(&k, token).status, KITH_OK);
    assert_int_equal(keeper_told(&k, KITH_EVENT_RESET), 1);
    assert_int_equal(s.used, 0);
    keeper_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_and_pins_are_kept),
        cmocka_unit_test(what_is_asked_for_is_in_force_when_it_is_durable),
        cmocka_unit_test(what_changes_nothing_ends_at_once_and_costs_nothing),
        cmocka_unit_test(the_highest_is_one_more_unless_it_is_that_alone),
        cmocka_unit_test(above_the_largest_number_is_none),
        cmocka_unit_test(the_highest_and_the_lowest_are_told),
        cmocka_unit_test(they_are_done_in_the_order_of_the_calls),
        cmocka_unit_test(each_error_changes_nothing),
        cmocka_unit_test(a_store_that_is_not_loaded_is_busy),
        cmocka_unit_test(who_is_forgotten_meanwhile_is_not_found),
        cmocka_unit_test(a_store_that_fails_changes_nothing),
        cmocka_unit_test(a_store_without_room_says_so_and_keeps_room_for_bonds),
        cmocka_unit_test(a_record_that_tells_more_than_is_kept_here_is_not_written),
        cmocka_unit_test(what_was_read_of_private_addresses_stays),
        cmocka_unit_test(a_factory_reset_ends_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
