/* Values beside bonds, asked for by calls that end in PEER_DATA: every length, every error, the order of ends, and what
 * ends them all. */
#include "kith/codec/hci.h"
#include "test_peers_data_support.h"

enum { ALL = KITH_PEER_DATA_MAX };
static const kith_peer_data app = KITH_PEER_APPLICATION, database = KITH_PEER_DATABASE;

static shelf s;
static keeper k;
static uint8_t value[2048], buffer[2048];

static void open_with(bool finds_by_name, unsigned bonds)
{
    shelf_make(&s, finds_by_name, SHELF_RECORDS);
    keeper_add_bonds(&s.store, bonds);
    keeper_open(&k, &s.store);
}

static void restart(void)
{
    keeper_close(&k);
    keeper_open(&k, &s.store);
}

/* ---- values ---- */

static void expect_kept(uint16_t len, uint32_t seed)
{
    kith_event_data end;

    keeper_value(value, len, seed);
    end = keeper_store(&k, 1, app, value, len);
    assert_int_equal(end.status, KITH_OK);
    assert_true(end.changed);
    assert_int_equal(end.len, 0);
    assert_true(keeper_has(&k, 1, app, len, seed));
    restart();
    assert_true(keeper_has(&k, 1, app, len, seed));
    assert_int_equal(keeper_load(&k, 1, database, buffer, sizeof buffer).status, KITH_ERR_NOT_FOUND);
    assert_int_equal(keeper_load(&k, 2, app, buffer, sizeof buffer).status, KITH_ERR_NOT_FOUND);
    keeper_forget(&k);
}

static void keep_every_length(bool finds_by_name, bool backwards)
{
    open_with(finds_by_name, 2);
    s.backwards = backwards;
    for (unsigned i = 0; i < KEEPER_LENGTHS; i++)
        for (unsigned j = 0; j < KEEPER_LENGTHS; j += 3) { /* one in the place of the other */
            expect_kept(keeper_lengths[i], 1 + i);
            expect_kept(keeper_lengths[j], 100 + j);
        }
    assert_true(shelf_pieces(&s, 0) <= 2 * KITH_CHUNK_PIECES);
    keeper_close(&k);
}

static void a_value_of_every_length_is_kept(void **state)
{
    (void)state;
    keep_every_length(true, false);
    keep_every_length(false, false);
    keep_every_length(false, true);
}

static void two_kinds_of_many_peers_are_kept_apart(void **state)
{
    (void)state;
    open_with(true, 9);
    for (kith_peer_id peer = 1; peer <= 9; peer++) {
        keeper_put(&k, peer, app, (uint16_t)(100 * peer), peer);
        keeper_put(&k, peer, database, (uint16_t)(1000 - 100 * peer), 50 + peer);
    }
    restart();
    for (kith_peer_id peer = 1; peer <= 9; peer++) {
        assert_true(keeper_has(&k, peer, app, (uint16_t)(100 * peer), peer));
        assert_true(keeper_has(&k, peer, database, (uint16_t)(1000 - 100 * peer), 50 + peer));
    }
    keeper_close(&k);
}

static void expect_beginning(uint16_t cap)
{
    kith_event_data end;

    memset(buffer, 0xee, sizeof buffer);
    end = keeper_load(&k, 1, app, buffer, cap);
    assert_int_equal(end.status, KITH_ERR_FULL);
    assert_int_equal(end.len, ALL);
    assert_memory_equal(buffer, value, cap);
    assert_int_equal(buffer[cap], 0xee);
    keeper_forget(&k);
}

static void a_short_buffer_gets_the_beginning_and_the_length(void **state)
{
    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        open_with(by_name, 1);
        keeper_put(&k, 1, app, ALL, 7);
        keeper_value(value, ALL, 7);
        for (unsigned i = 0; i + 1 < KEEPER_LENGTHS; i++)
            expect_beginning(keeper_lengths[i]);
        keeper_close(&k);
    }
}

static void what_is_deleted_is_gone_from_the_store(void **state)
{
    kith_event_data end;

    (void)state;
    open_with(true, 2);
    keeper_put(&k, 1, app, 600, 1);
    keeper_put(&k, 1, app, 300, 2); /* both banks */
    keeper_put(&k, 1, database, 10, 3);
    keeper_put(&k, 2, app, 10, 4);
    end = keeper_delete(&k, 1, app);
    assert_int_equal(end.status, KITH_OK);
    assert_true(end.changed);
    keeper_value(value, 600, 1);
    assert_false(shelf_holds(&s, value + 500, 8));
    keeper_value(value, 300, 2);
    assert_false(shelf_holds(&s, value, 8));
    assert_int_equal(keeper_load(&k, 1, app, buffer, sizeof buffer).status, KITH_ERR_NOT_FOUND);
    assert_int_equal(shelf_pieces(&s, 1), 1);
    assert_true(keeper_has(&k, 1, database, 10, 3));
    assert_true(keeper_has(&k, 2, app, 10, 4));
    restart();
    assert_int_equal(keeper_load(&k, 1, app, buffer, sizeof buffer).status, KITH_ERR_NOT_FOUND);
    keeper_put(&k, 1, app, 20, 5);
    assert_true(keeper_has(&k, 1, app, 20, 5));
    keeper_close(&k);
}

static void deleting_what_is_not_there_is_well_and_writes_nothing(void **state)
{
    kith_event_data end;

    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        unsigned before;

        open_with(by_name, 1);
        before = s.puts + s.removes;
        end = keeper_delete(&k, 1, database);
        assert_int_equal(end.status, KITH_OK);
        assert_false(end.changed);
        assert_int_equal(s.puts + s.removes, before);
        keeper_close(&k);
    }
}

/* ---- calls that are refused ---- */

static void expect_refused(kith_status is, kith_status wanted, const kith_token *token)
{
    assert_int_equal(is, wanted);
    assert_int_equal(*token, 0);
    keeper_run(&k);
    assert_int_equal(keeper_told(&k, KITH_EVENT_PEER_DATA), 0);
}

static void refuse_all(kith_peer_id peer, kith_peer_data what, kith_status wanted)
{
    kith_token token = 77;

    expect_refused(kith_peers_store(k.h, peer, what, value, 3, &token), wanted, &token);
    token = 77;
    expect_refused(kith_peers_load(k.h, peer, what, buffer, 3, &token), wanted, &token);
    token = 77;
    expect_refused(kith_peers_delete(k.h, peer, what, &token), wanted, &token);
}

static void what_is_no_value_is_refused(void **state)
{
    kith_token token = 77;

    (void)state;
    open_with(true, 1);
    refuse_all(1, KITH_PEER_BOND, KITH_ERR_VALUE);
    refuse_all(1, KITH_PEER_USE, KITH_ERR_VALUE);
    refuse_all(1, (kith_peer_data)9, KITH_ERR_VALUE);
    expect_refused(kith_peers_store(k.h, 1, app, value, ALL + 1, &token), KITH_ERR_VALUE, &token);
    token = 77;
    expect_refused(kith_peers_store(k.h, 1, app, value, 0xffff, &token), KITH_ERR_VALUE, &token);
    assert_int_equal(shelf_pieces(&s, 0), 0);
    keeper_close(&k);
}

static void who_is_no_peer_has_no_values(void **state)
{
    (void)state;
    open_with(true, 2);
    refuse_all(0, app, KITH_ERR_NOT_FOUND);
    refuse_all(3, app, KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_bonds_forget(k.h, 2), KITH_OK);
    refuse_all(2, app, KITH_ERR_NOT_FOUND); /* it is being forgotten, and then it is */
    refuse_all(2, app, KITH_ERR_NOT_FOUND);
    keeper_close(&k);
}

static void before_the_store_is_loaded_it_is_busy(void **state)
{
    kith_token token = 77;

    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 1);
    keeper_config(&k, &s.store);
    keeper_make(&k);
    do {
        token = 77;
        assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 3, &token), KITH_ERR_BUSY);
        assert_int_equal(token, 0);
        assert_int_equal(kith_peers_store(k.h, 1, app, value, 3, &token), KITH_ERR_BUSY);
        assert_int_equal(kith_peers_delete(k.h, 1, app, &token), KITH_ERR_BUSY);
        assert_true(keeper_work(&k));
        keeper_hear(&k);
    } while (keeper_told(&k, KITH_EVENT_STORE_LOADED) == 0);
    assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 3, &token), KITH_OK);
    keeper_close(&k);
}

static void a_table_that_the_host_keeps_is_not_the_programs_to_store(void **state)
{
    kith_token token = 77;

    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 1);
    keeper_config(&k, &s.store);
    k.config.limits.cache = 600;
    keeper_make(&k);
    keeper_run(&k);
    expect_refused(kith_peers_store(k.h, 1, database, value, 3, &token), KITH_ERR_STATE, &token);
    assert_int_equal(keeper_load(&k, 1, database, buffer, 3).status, KITH_ERR_NOT_FOUND);
    assert_int_equal(keeper_delete(&k, 1, database).status, KITH_OK);
    keeper_put(&k, 1, app, 300, 1);
    assert_true(keeper_has(&k, 1, app, 300, 1));
    keeper_close(&k);
}

static void without_a_place_for_operations_there_are_none(void **state)
{
    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 1);
    keeper_config(&k, &s.store);
    k.config.limits.data = 0;
    keeper_make(&k);
    keeper_run(&k);
    refuse_all(1, app, KITH_ERR_FULL);
    keeper_close(&k);
}

static void more_than_32_at_once_is_no_limit(void **state)
{
    kith_limits limits = {.links = 1, .pairings = 1, .bonds = 1, .mtu = 65, .events = 8, .data = 32};

    (void)state;
    assert_int_not_equal(kith_host_size(&limits), 0);
    limits.data = 33;
    assert_int_equal(kith_host_size(&limits), 0);
}

static void a_static_size_holds_them(void **state)
{
    kith_limits limits = {.links = 3, .pairings = 2, .bonds = 5, .mtu = 65, .events = 8};

    (void)state;
    for (uint8_t data = 0; data <= 32; data++) {
        limits.data = data;
        assert_true(KITH_HOST_SIZE(3, 2, 5, 65, 8) + KITH_HOST_SIZE_DATA(data) >= kith_host_size(&limits));
    }
}

/* ---- several ---- */

static void ends_come_in_the_order_of_the_calls(void **state)
{
    static uint8_t values[KEEPER_DATA][400], buffers[KEEPER_DATA][400];
    kith_token tokens[KEEPER_DATA], more = 77;
    unsigned seen = 0;

    (void)state;
    open_with(true, 16);
    for (unsigned i = 0; i < KEEPER_DATA; i++) {
        kith_peer_id peer = 1 + i / 2;

        keeper_value(values[i], 400, i);
        if (i % 2 == 0)
            assert_int_equal(kith_peers_store(k.h, peer, app, values[i], 400, &tokens[i]), KITH_OK);
        else
            assert_int_equal(kith_peers_load(k.h, peer, app, buffers[i], 400, &tokens[i]), KITH_OK);
        assert_int_not_equal(tokens[i], 0);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(tokens[i], tokens[j]);
    }
    assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 3, &more), KITH_ERR_FULL);
    assert_int_equal(more, 0);
    keeper_run(&k);
    for (unsigned i = 0; i < k.count; i++)
        if (k.events[i].kind == KITH_EVENT_PEER_DATA) {
            assert_int_equal(k.events[i].data.token, tokens[seen]);
            assert_int_equal(k.events[i].data.status, KITH_OK);
            seen++;
        }
    assert_int_equal(seen, KEEPER_DATA);
    for (unsigned i = 1; i < KEEPER_DATA; i += 2)
        assert_memory_equal(buffers[i], values[i - 1], 400); /* what was asked before was done before */
    keeper_close(&k);
}

static void two_on_one_peer_do_not_mix(void **state)
{
    static uint8_t first[700], second[300], mid[700];
    kith_token tokens[5];
    kith_event_data end;

    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        open_with(by_name, 1);
        keeper_value(first, sizeof first, 1);
        keeper_value(second, sizeof second, 2);
        assert_int_equal(kith_peers_store(k.h, 1, app, first, sizeof first, &tokens[0]), KITH_OK);
        assert_int_equal(kith_peers_load(k.h, 1, app, mid, sizeof mid, &tokens[1]), KITH_OK);
        assert_int_equal(kith_peers_store(k.h, 1, app, second, sizeof second, &tokens[2]), KITH_OK);
        assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 700, &tokens[3]), KITH_OK);
        assert_int_equal(kith_peers_delete(k.h, 1, app, &tokens[4]), KITH_OK);
        keeper_run(&k);
        assert_int_equal(keeper_end(&k, tokens[0]).status, KITH_OK);
        assert_int_equal(keeper_end(&k, tokens[1]).len, sizeof first);
        assert_memory_equal(mid, first, sizeof first);
        end = keeper_end(&k, tokens[3]);
        assert_true(end.status == KITH_OK && end.len == sizeof second);
        assert_memory_equal(buffer, second, sizeof second);
        assert_true(keeper_end(&k, tokens[4]).changed);
        assert_int_equal(shelf_pieces(&s, 0), 0);
        keeper_close(&k);
    }
}

/* Each operation owns the place of its end. */
static void ends_are_never_lost(void **state)
{
    kith_token token, tokens[KEEPER_DATA];
    kith_status refused = KITH_OK;
    unsigned begun = 0;
    kith_work work;

    (void)state;
    open_with(true, 1);
    keeper_put(&k, 1, app, 3, 1);
    while (kith_peers_load(k.h, 1, app, buffer, 3, &token) == KITH_OK) {
        assert_true(begun < KEEPER_DATA);
        tokens[begun++] = token;
    }
    assert_int_equal(begun, KEEPER_DATA);
    /* Nobody takes events. */
    while (kith_host_take_work(k.h, &work)) {
        kith_work_run(&work);
        refused = kith_host_finish_work(k.h, &work, 0);
        if (refused != KITH_OK)
            break;
    }
    assert_int_equal(refused, KITH_ERR_FULL);
    keeper_hear(&k);
    assert_int_equal(kith_host_finish_work(k.h, &work, 0), KITH_OK);
    keeper_run(&k);
    for (unsigned i = 0; i < begun; i++)
        assert_int_equal(keeper_end(&k, tokens[i]).status, KITH_OK);
    assert_int_equal(kith_host_dropped(k.h), 0);
    keeper_close(&k);
}

/* Nobody takes events until there is no room for more of them. */
static void events_must_be_taken_first(void **state)
{
    kith_token token = 0, tokens[200];
    unsigned begun = 0;

    (void)state;
    open_with(true, 1);
    while (kith_peers_load(k.h, 1, app, buffer, 3, &token) == KITH_OK) {
        assert_true(begun < 200);
        tokens[begun++] = token;
        while (keeper_work(&k))
            continue;
    }
    assert_int_equal(token, 0);
    assert_true(begun > 8);
    keeper_run(&k);
    for (unsigned i = 0; i < begun; i++)
        assert_int_equal(keeper_end(&k, tokens[i]).status, KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 3, &token), KITH_OK);
    keeper_close(&k);
}

/* ---- what ends them from outside ---- */

/* After so many items; with one out or not. */
static void forget_after(bool finds_by_name, kith_peer_operation operation, unsigned items, bool is_out)
{
    static uint8_t mine[900];
    kith_token tokens[3];
    kith_work work;
    bool took;

    open_with(finds_by_name, 2);
    keeper_put(&k, 1, app, 900, 1);
    keeper_put(&k, 2, app, 200, 2);
    keeper_value(mine, sizeof mine, 3);
    if (operation == KITH_PEER_STORED)
        assert_int_equal(kith_peers_store(k.h, 1, app, mine, sizeof mine, &tokens[0]), KITH_OK);
    else if (operation == KITH_PEER_LOADED)
        assert_int_equal(kith_peers_load(k.h, 1, app, mine, sizeof mine, &tokens[0]), KITH_OK);
    else
        assert_int_equal(kith_peers_delete(k.h, 1, app, &tokens[0]), KITH_OK);
    assert_int_equal(kith_peers_load(k.h, 2, app, buffer, 200, &tokens[1]), KITH_OK);
    assert_int_equal(kith_peers_load(k.h, 1, app, buffer + 300, 900, &tokens[2]), KITH_OK);
    for (unsigned i = 0; i < items; i++)
        assert_true(keeper_work(&k));
    took = is_out && kith_host_take_work(k.h, &work);
    keeper_hear(&k);
    if (keeper_told(&k, KITH_EVENT_PEER_DATA) == 2) { /* of the two before: it is done already */
        assert_int_equal(kith_bonds_forget(k.h, 1), KITH_OK);
        memset(mine, 0x11, sizeof mine);
        keeper_hear(&k);
        assert_int_equal(keeper_end(&k, tokens[0]).status, KITH_ERR_NOT_FOUND);
    } else {
        assert_int_equal(kith_bonds_forget(k.h, 1), KITH_OK);
    }
    if (took) {
        kith_work_run(&work);
        assert_int_equal(kith_host_finish_work(k.h, &work, 0), KITH_OK);
    }
    keeper_run(&k);
    (void)keeper_end(&k, tokens[0]);
    assert_int_equal(keeper_end(&k, tokens[1]).status, KITH_OK);
    keeper_value(value, 200, 2);
    assert_memory_equal(buffer, value, 200);
    assert_int_equal(keeper_end(&k, tokens[2]).status, KITH_ERR_NOT_FOUND);
    assert_int_equal(keeper_told(&k, KITH_EVENT_FORGOTTEN), 1);
    assert_int_equal(keeper_last(&k, KITH_EVENT_FORGOTTEN)->forgotten.status, KITH_OK);
    assert_int_equal(shelf_pieces(&s, 1), 0);
    keeper_close(&k);
}

static void a_peer_that_is_forgotten_ends_its_own(void **state)
{
    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++)
        for (unsigned items = 0; items < 14; items++)
            for (unsigned operation = KITH_PEER_LOADED; operation <= KITH_PEER_DELETED; operation++) {
                forget_after(by_name, (kith_peer_operation)operation, items, false);
                forget_after(by_name, (kith_peer_operation)operation, items, true);
            }
}

/* What was read of a peer is not left with the program when it is forgotten. */
static void a_load_that_fails_leaves_nothing_in_the_buffer(void **state)
{
    kith_token token;

    (void)state;
    open_with(true, 1);
    keeper_put(&k, 1, app, 900, 1);
    keeper_forget(&k);
    memset(buffer, 0, sizeof buffer);
    assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 900, &token), KITH_OK);
    for (unsigned i = 0; i < 7; i++) /* five heads, two pieces */
        assert_true(keeper_work(&k));
    keeper_value(value, 900, 1);
    assert_memory_equal(buffer, value, 300);
    assert_int_equal(kith_bonds_forget(k.h, 1), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_end(&k, token).status, KITH_ERR_NOT_FOUND);
    assert_int_equal(keeper_end(&k, token).len, 0);
    for (unsigned i = 0; i < 900; i++)
        assert_int_equal(buffer[i], 0);
    keeper_close(&k);
}

static void reset_after(unsigned items, bool is_out)
{
    static uint8_t values[3][500];
    kith_token tokens[4];
    kith_work work;
    bool took;

    open_with(true, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(kith_peers_store(k.h, 1 + i, app, values[i], 500, &tokens[i]), KITH_OK);
    assert_int_equal(kith_peers_load(k.h, 3, app, buffer, 3, &tokens[3]), KITH_OK);
    for (unsigned i = 0; i < items; i++)
        assert_true(keeper_work(&k));
    took = is_out && kith_host_take_work(k.h, &work);
    assert_int_equal(kith_host_factory_reset(k.h), KITH_OK);
    keeper_hear(&k);
    assert_int_equal(keeper_end(&k, tokens[3]).status, KITH_ERR_NOT_FOUND); /* with the call */
    if (took) {
        kith_work_run(&work);
        assert_int_equal(kith_host_finish_work(k.h, &work, 0), KITH_OK);
    }
    keeper_run(&k);
    for (unsigned i = 0; i < 4; i++)
        (void)keeper_end(&k, tokens[i]);
    assert_int_equal(keeper_last(&k, KITH_EVENT_RESET)->reset.status, KITH_OK);
    assert_int_equal(k.events[k.count - 1].kind, KITH_EVENT_RESET);
    assert_int_equal(s.used, 0);
    keeper_close(&k);
}

static void a_factory_reset_ends_all(void **state)
{
    (void)state;
    for (unsigned items = 0; items < 9; items++) {
        reset_after(items, false);
        reset_after(items, true);
    }
}

static void a_controller_that_is_lost_ends_none(void **state)
{
    static const uint8_t hardware_error[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, 7};
    kith_token token;
    uint8_t packet[260];

    (void)state;
    open_with(true, 1);
    keeper_value(value, 700, 9);
    assert_int_equal(kith_peers_store(k.h, 1, app, value, 700, &token), KITH_OK);
    assert_true(keeper_work(&k));
    (void)kith_host_next_packet(k.h, packet, sizeof packet);
    assert_int_equal(kith_host_receive(k.h, hardware_error, sizeof hardware_error, 0), KITH_OK);
    assert_int_equal(kith_host_advance(k.h, 0), KITH_OK);
    keeper_hear(&k);
    assert_int_equal(keeper_told(&k, KITH_EVENT_START_FAILED), 1); /* there was none: that is how it is lost here */
    assert_int_equal(keeper_told(&k, KITH_EVENT_PEER_DATA), 0);
    assert_int_equal(kith_host_start(k.h, 0), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_end(&k, token).status, KITH_OK);
    assert_true(keeper_has(&k, 1, app, 700, 9));
    keeper_close(&k);
}

static void tokens_stay_apart_all_along(void **state)
{
    kith_token last = 0, token;

    (void)state;
    open_with(true, 1);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 3, &token), KITH_OK);
        assert_true(token > last);
        last = token;
        keeper_run(&k);
        keeper_forget(&k);
    }
    keeper_close(&k);
}

/* ---- without a store ---- */

static void where_nothing_outlives_the_program_nothing_is_kept(void **state)
{
    kith_token token = 77;

    (void)state;
    keeper_config(&k, &kith_volatile_store);
    keeper_make(&k);
    keeper_run(&k);
    refuse_all(1, app, KITH_ERR_NOT_FOUND); /* there is no peer */
    expect_refused(kith_peers_store(k.h, 1, KITH_PEER_BOND, value, 1, &token), KITH_ERR_VALUE, &token);
    keeper_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_of_every_length_is_kept),
        cmocka_unit_test(two_kinds_of_many_peers_are_kept_apart),
        cmocka_unit_test(a_short_buffer_gets_the_beginning_and_the_length),
        cmocka_unit_test(what_is_deleted_is_gone_from_the_store),
        cmocka_unit_test(deleting_what_is_not_there_is_well_and_writes_nothing),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(who_is_no_peer_has_no_values),
        cmocka_unit_test(before_the_store_is_loaded_it_is_busy),
        cmocka_unit_test(a_table_that_the_host_keeps_is_not_the_programs_to_store),
        cmocka_unit_test(without_a_place_for_operations_there_are_none),
        cmocka_unit_test(more_than_32_at_once_is_no_limit),
        cmocka_unit_test(a_static_size_holds_them),
        cmocka_unit_test(ends_come_in_the_order_of_the_calls),
        cmocka_unit_test(two_on_one_peer_do_not_mix),
        cmocka_unit_test(ends_are_never_lost),
        cmocka_unit_test(events_must_be_taken_first),
        cmocka_unit_test(a_peer_that_is_forgotten_ends_its_own),
        cmocka_unit_test(a_load_that_fails_leaves_nothing_in_the_buffer),
        cmocka_unit_test(a_factory_reset_ends_all),
        cmocka_unit_test(a_controller_that_is_lost_ends_none),
        cmocka_unit_test(tokens_stay_apart_all_along),
        cmocka_unit_test(where_nothing_outlives_the_program_nothing_is_kept),
    };

    return cmocka_run_group_tests_name("values beside bonds", tests, NULL, NULL);
}
