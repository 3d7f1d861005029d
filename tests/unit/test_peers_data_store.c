/* Values beside bonds and a store that is full, fails, has lost something, or knows more: what stood stands, what
 * cannot be kept is told once, and nothing is tried for ever. */
#include "host/internal.h"
#include "test_peers_data_support.h"

enum { ALL = KITH_PEER_DATA_MAX, NEEDED = 2 /* records beside a bond that are always kept free: one pairing's */ };
static const kith_peer_data app = KITH_PEER_APPLICATION, database = KITH_PEER_DATABASE;

static shelf s;
static keeper k;
static uint8_t value[2048], buffer[2048];

static void open_room(bool finds_by_name, unsigned bonds, uint32_t capacity)
{
    shelf_make(&s, finds_by_name, capacity);
    keeper_add_bonds(&s.store, bonds);
    keeper_open(&k, &s.store);
}

static void open_with(bool finds_by_name, unsigned bonds)
{
    open_room(finds_by_name, bonds, SHELF_RECORDS);
}

static void restart(void)
{
    keeper_close(&k);
    keeper_open(&k, &s.store);
}

static kith_event_data store(kith_peer_data what, uint16_t len, uint32_t seed)
{
    keeper_value(value, len, seed);
    return keeper_store(&k, 1, what, value, len);
}

static kith_status load(kith_peer_data what)
{
    return keeper_load(&k, 1, what, buffer, sizeof buffer).status;
}

static kith_record *piece(uint8_t type, uint8_t bank, uint8_t number)
{
    return shelf_find(&s, (uint8_t)(KITH_RECORD_CHUNK + 16 * type + 8 * bank + number), 1);
}

/* ---- a full store ---- */

static void a_full_store_is_told_and_the_old_value_stands(void **state)
{
    kith_event_data end;
    unsigned puts, items;

    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        open_room(by_name, 1, 2 + 3 + 3 + NEEDED + 1);
        assert_int_equal(store(app, 500, 1).status, KITH_OK);
        puts = s.puts;
        end = store(app, 900, 2);
        assert_int_equal(end.status, KITH_ERR_FULL);
        assert_false(end.changed);
        assert_int_equal(s.puts, puts); /* nothing is begun that has no room to its end */
        assert_true(keeper_has(&k, 1, app, 500, 1));
        items = k.items;
        keeper_run(&k); /* and nothing is tried again */
        assert_int_equal(k.items, items);
        assert_int_equal(keeper_told(&k, KITH_EVENT_STORE_FAILED), 0); /* it is the program's own */
        assert_int_equal(store(app, 500, 3).status, KITH_OK); /* what fits, fits: also where pieces are there */
        assert_int_equal(store(app, 500, 4).status, KITH_OK);
        assert_int_equal(store(app, 300, 5).status, KITH_OK);
        assert_int_equal(store(database, 1, 6).status, KITH_ERR_FULL);
        assert_true(keeper_has(&k, 1, app, 300, 5));
        keeper_close(&k);
    }
}

/* A piece that is there takes more room when it is longer. */
static void a_short_piece_is_no_room_for_a_long_one(void **state)
{
    (void)state;
    open_room(true, 1, 2 + 2 + NEEDED + 1);
    assert_int_equal(store(app, 1, 1).status, KITH_OK);
    assert_int_equal(store(app, 1, 2).status, KITH_OK);
    assert_int_equal(store(app, 1, 3).status, KITH_OK);
    assert_int_equal(store(app, 183, 4).status, KITH_ERR_FULL);
    assert_true(keeper_has(&k, 1, app, 1, 3));
    keeper_close(&k);
}

static void deleting_works_where_nothing_else_does(void **state)
{
    (void)state;
    open_room(true, 1, 2 + 3 + NEEDED + 1);
    assert_int_equal(store(app, 500, 1).status, KITH_OK);
    s.capacity = s.used;
    assert_int_equal(store(database, 1, 2).status, KITH_ERR_FULL);
    assert_int_equal(keeper_delete(&k, 1, app).status, KITH_OK);
    assert_int_equal(shelf_pieces(&s, 0), 0);
    keeper_close(&k);
}

/* However much is stored, a pairing that may begin finds room for its bond and its state. */
static void values_leave_room_for_bonds_and_their_states(void **state)
{
    (void)state;
    for (uint32_t capacity = 8; capacity < 24; capacity++) {
        open_room(true, 2, capacity);
        for (kith_peer_id peer = 1; peer <= 2; peer++)
            for (uint16_t len = 1400; len > 0; len -= 100) {
                keeper_value(value, len, 1);
                (void)keeper_store(&k, peer, app, value, len);
                (void)keeper_store(&k, peer, database, value, len);
            }
        assert_true(s.capacity - s.used > NEEDED);
        keeper_close(&k);
    }
}

/* The store says so itself, whatever it had said of its room. */
static void a_store_that_fills_up_meanwhile_is_told_too(void **state)
{
    kith_token token;
    kith_event_data end;

    (void)state;
    open_with(true, 1);
    assert_int_equal(store(app, 400, 1).status, KITH_OK);
    keeper_value(value, 900, 2);
    assert_int_equal(kith_peers_store(k.h, 1, app, value, 900, &token), KITH_OK);
    for (unsigned i = 0; i < 3 + 2; i++) /* heads, two pieces */
        assert_true(keeper_work(&k));
    s.capacity = s.used;
    keeper_run(&k);
    end = keeper_end(&k, token);
    assert_int_equal(end.status, KITH_ERR_FULL);
    assert_true(end.changed); /* some was written */
    assert_true(keeper_has(&k, 1, app, 400, 1));
    restart();
    assert_true(keeper_has(&k, 1, app, 400, 1));
    keeper_close(&k);
}

/* What is on its way is not judged before it is back: it may be the last piece. */
static void room_that_goes_while_a_piece_is_written_is_no_failure(void **state)
{
    kith_token token, other;
    kith_work work;

    (void)state;
    open_with(true, 1);
    keeper_value(value, 10, 2);
    assert_int_equal(kith_peers_store(k.h, 1, app, value, 10, &token), KITH_OK);
    assert_true(kith_host_take_work(k.h, &work));
    assert_int_equal(work.store.operation, KITH_STORE_PUT);
    k.h->store.state.room = 0; /* as if pairings had begun */
    assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 10, &other), KITH_OK);
    kith_work_run(&work);
    assert_int_equal(kith_host_finish_work(k.h, &work, 0), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_end(&k, token).status, KITH_OK);
    assert_int_equal(keeper_end(&k, other).status, KITH_OK);
    keeper_close(&k);
}

/* ---- a value that changes while it is lent ---- */

/* Changed before the item with this number is taken. */
static kith_status change_before(unsigned item, uint16_t at, uint16_t len)
{
    kith_token token;

    keeper_value(value, len, 2);
    assert_int_equal(kith_peers_store(k.h, 1, app, value, len, &token), KITH_OK);
    for (unsigned i = 0; i < item; i++)
        if (!keeper_work(&k))
            break;
    value[at] ^= 0x40;
    keeper_run(&k);
    return keeper_end(&k, token).status;
}

/* As it was first, or with that change. */
static bool has_either(uint16_t at, uint16_t len)
{
    static uint8_t other[ALL];
    kith_event_data end = keeper_load(&k, 1, app, buffer, sizeof buffer);

    keeper_value(other, len, 2);
    if (end.status != KITH_OK || end.len != len)
        return false;
    buffer[at] = other[at];
    return memcmp(buffer, other, len) == 0;
}

/* Either it was read before it changed, or after, or what stood stands. */
static void a_value_that_changes_while_it_is_lent_is_never_kept_in_part(void **state)
{
    static const uint16_t places[] = {0, 182, 183, 365, 366, 499};
    unsigned refused = 0;

    (void)state;
    for (unsigned p = 0; p < 6; p++)
        for (unsigned item = 0; item < 9; item++) {
            kith_status status;

            open_with(true, 1);
            assert_int_equal(store(app, 700, 1).status, KITH_OK);
            status = change_before(item, places[p], 500);
            assert_true(status == KITH_OK || status == KITH_ERR_VALUE);
            refused += status == KITH_ERR_VALUE;
            assert_true(status == KITH_OK ? has_either(places[p], 500) : keeper_has(&k, 1, app, 700, 1));
            restart();
            assert_true(status == KITH_OK ? has_either(places[p], 500) : keeper_has(&k, 1, app, 700, 1));
            keeper_close(&k);
        }
    assert_true(refused > 6);
}

/* ---- what a store lost, or a later version wrote ---- */

static void a_damaged_piece_is_damage_or_the_value_before(void **state)
{
    (void)state;
    for (uint8_t n = 0; n < 3; n++)
        for (unsigned by_name = 0; by_name < 2; by_name++) {
            open_with(by_name, 1);
            assert_int_equal(store(app, 500, 1).status, KITH_OK);
            piece(0, 0, n)->octets[20] ^= 1; /* sound for the store, and not for the value */
            assert_int_equal(load(app), KITH_ERR_DAMAGED);
            for (unsigned i = 0; i < 500; i++)
                assert_int_equal(buffer[i], 0);
            assert_int_equal(store(app, 400, 2).status, KITH_OK); /* it heals */
            assert_true(keeper_has(&k, 1, app, 400, 2));
            assert_int_equal(store(app, 300, 3).status, KITH_OK);
            piece(0, keeper_has(&k, 1, app, 300, 3) ? 0 : 1, 0)->octets[9] ^= 1;
            assert_true(load(app) == KITH_OK || load(app) == KITH_ERR_DAMAGED);
            keeper_close(&k);
        }
}

/* Pieces of two values whose heads are the same: the octets tell, and the other bank stands. */
static void octets_that_are_not_the_value_let_the_other_bank_stand(void **state)
{
    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        open_with(by_name, 1);
        assert_int_equal(store(app, 500, 1).status, KITH_OK);
        assert_int_equal(store(app, 600, 2).status, KITH_OK);
        piece(0, 1, 3)->octets[30] ^= 1;
        assert_true(keeper_has(&k, 1, app, 500, 1));
        piece(0, 0, 2)->octets[30] ^= 1;
        assert_int_equal(load(app), KITH_ERR_DAMAGED);
        assert_int_equal(keeper_delete(&k, 1, app).status, KITH_OK);
        assert_int_equal(shelf_pieces(&s, 0), 0);
        keeper_close(&k);
    }
}

static void a_piece_that_is_gone_is_no_value(void **state)
{
    (void)state;
    open_with(true, 1);
    assert_int_equal(store(app, 500, 1).status, KITH_OK);
    *piece(0, 0, 1) = s.records[--s.used];
    assert_int_equal(load(app), KITH_ERR_NOT_FOUND);
    restart();
    assert_int_equal(load(app), KITH_ERR_NOT_FOUND);
    keeper_close(&k);
}

static void a_value_of_a_later_format_is_not_written_over(void **state)
{
    (void)state;
    open_with(true, 1);
    assert_int_equal(store(app, 500, 1).status, KITH_OK);
    piece(0, 0, 0)->octets[0] = 2;
    restart();
    assert_int_equal(load(app), KITH_ERR_NEWER);
    assert_int_equal(store(app, 100, 2).status, KITH_ERR_NEWER);
    assert_int_equal(shelf_pieces(&s, 0), 3);
    assert_int_equal(keeper_delete(&k, 1, app).status, KITH_OK);
    assert_int_equal(shelf_pieces(&s, 0), 0);
    assert_int_equal(store(app, 100, 2).status, KITH_OK);
    keeper_close(&k);
}

static void add_piece(kith_peer_id peer, uint8_t kind)
{
    kith_record record = {.kind = kind, .id = peer, .len = 30};

    memset(record.octets, 0x33, record.len);
    shelf_put(&s, &record);
}

/* Of every type, those for later too. */
static void what_is_left_without_a_bond_is_removed_at_the_start(void **state)
{
    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        shelf_make(&s, by_name, SHELF_RECORDS);
        keeper_add_bonds(&s.store, 1);
        for (uint8_t kind = KITH_RECORD_CHUNK; kind < KITH_RECORD_CHUNK_END; kind++)
            add_piece(9, kind);
        keeper_open(&k, &s.store);
        assert_int_equal(shelf_pieces(&s, 9), 0);
        assert_int_equal(shelf_count(&s, KITH_RECORD_BOND, KITH_RECORD_BOND + 1, 1), 1);
        keeper_close(&k);
    }
}

static void all_that_is_beside_a_bond_goes_with_it(void **state)
{
    (void)state;
    open_with(true, 2);
    for (uint8_t kind = KITH_RECORD_CHUNK; kind < KITH_RECORD_CHUNK_END; kind++)
        add_piece(1, kind);
    add_piece(2, KITH_RECORD_CHUNK);
    restart();
    assert_int_equal(kith_bonds_forget(k.h, 1), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_last(&k, KITH_EVENT_FORGOTTEN)->forgotten.status, KITH_OK);
    assert_int_equal(shelf_pieces(&s, 1), 0);
    assert_int_equal(shelf_pieces(&s, 2), 1);
    keeper_close(&k);
}

/* ---- a store that fails ---- */

/* The n-th call fails; what stood stands, and it is told what failed.  false: there was no n-th call. */
static bool fail_storing(unsigned n, bool finds_by_name, bool comes_true)
{
    kith_event_data end;
    bool failed;

    open_with(finds_by_name, 1);
    assert_int_equal(store(app, 600, 1).status, KITH_OK);
    keeper_forget(&k);
    s.done_all_the_same = comes_true;
    shelf_fail(&s, n, 1, KITH_ERR_STORAGE);
    end = store(app, 500, 2);
    failed = s.fail_in == 0;
    s.fail_in = 0;
    assert_int_equal(end.status, failed ? KITH_ERR_STORAGE : KITH_OK);
    assert_true(failed ? keeper_has(&k, 1, app, 600, 1) : keeper_has(&k, 1, app, 500, 2));
    restart();
    assert_true(failed ? keeper_has(&k, 1, app, 600, 1) : keeper_has(&k, 1, app, 500, 2));
    assert_int_equal(store(app, 700, 3).status, KITH_OK);
    assert_true(keeper_has(&k, 1, app, 700, 3));
    keeper_close(&k);
    return failed;
}

static void a_store_that_fails_leaves_what_stood(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        unsigned n = 1;

        while (fail_storing(n, way % 2 == 0, way / 2 == 1))
            n++;
        assert_true(n > 7); /* heads, and three pieces */
    }
}

static bool fail_loading(unsigned n, bool finds_by_name)
{
    kith_event_data end;
    bool failed;

    open_with(finds_by_name, 1);
    assert_int_equal(store(app, 600, 1).status, KITH_OK);
    memset(buffer, 0x77, sizeof buffer);
    keeper_forget(&k);
    shelf_fail(&s, n, 1, KITH_ERR_STORAGE);
    end = keeper_load(&k, 1, app, buffer, 700);
    failed = s.fail_in == 0;
    s.fail_in = 0;
    assert_int_equal(end.status, failed ? KITH_ERR_STORAGE : KITH_OK);
    assert_int_equal(end.len, failed ? 0 : 600);
    for (unsigned i = 0; failed && i < 700; i++)
        assert_int_equal(buffer[i], 0);
    assert_true(keeper_has(&k, 1, app, 600, 1));
    keeper_close(&k);
    return failed;
}

static void a_load_that_fails_is_told(void **state)
{
    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        unsigned n = 1;

        while (fail_loading(n, by_name))
            n++;
        assert_true(n > 8);
    }
}

static bool fail_deleting(unsigned n, bool finds_by_name)
{
    kith_event_data end;
    bool failed;

    open_with(finds_by_name, 1);
    assert_int_equal(store(app, 600, 1).status, KITH_OK);
    assert_int_equal(store(app, 500, 2).status, KITH_OK);
    keeper_forget(&k);
    shelf_fail(&s, n, 1, KITH_ERR_STORAGE);
    end = keeper_delete(&k, 1, app);
    failed = s.fail_in == 0;
    s.fail_in = 0;
    assert_int_equal(end.status, failed ? KITH_ERR_STORAGE : KITH_OK);
    restart();
    if (load(app) == KITH_OK) /* never the one before */
        assert_true(failed && keeper_has(&k, 1, app, 500, 2));
    assert_int_equal(keeper_delete(&k, 1, app).status, KITH_OK);
    assert_int_equal(shelf_pieces(&s, 0), 0);
    keeper_close(&k);
    return failed;
}

static void deleting_that_fails_is_told_and_may_be_asked_for_again(void **state)
{
    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        unsigned n = 1;

        while (fail_deleting(n, by_name))
            n++;
        assert_true(n > 10);
    }
}

/* An item that is given back as it was taken. */
static void an_item_that_was_not_run_fails_its_operation(void **state)
{
    kith_token token;
    kith_work work;

    (void)state;
    open_with(true, 1);
    assert_int_equal(store(app, 600, 1).status, KITH_OK);
    keeper_forget(&k);
    assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 600, &token), KITH_OK);
    assert_true(kith_host_take_work(k.h, &work));
    assert_int_equal(kith_host_finish_work(k.h, &work, 0), KITH_OK);
    keeper_run(&k);
    assert_int_equal(keeper_end(&k, token).status, KITH_ERR_STATE);
    assert_true(keeper_has(&k, 1, app, 600, 1));
    keeper_close(&k);
}

/* What is written meanwhile moves what was not read yet. */
static void another_peer_is_forgotten_while_one_is_read(void **state)
{
    (void)state;
    for (unsigned items = 0; items < 60; items++) {
        kith_token token;
        kith_event_data end;

        open_with(false, 3);
        keeper_put(&k, 3, app, 1000, 3);
        keeper_put(&k, 1, app, 1000, 1);
        keeper_forget(&k);
        assert_int_equal(kith_peers_load(k.h, 1, app, buffer, 1000, &token), KITH_OK);
        for (unsigned i = 0; i < items; i++)
            if (!keeper_work(&k))
                break;
        assert_int_equal(kith_bonds_forget(k.h, 3), KITH_OK);
        keeper_run(&k);
        end = keeper_end(&k, token);
        assert_true(end.status == KITH_OK && end.len == 1000);
        keeper_value(value, 1000, 1);
        assert_memory_equal(buffer, value, 1000);
        assert_int_equal(shelf_pieces(&s, 3), 0);
        keeper_close(&k);
    }
}

/* ---- what the host keeps by itself ---- */

/* As whatever changes it does. */
static void change_state(kith_peer_id peer)
{
    peers_bond *bond = peers_by_id(&k.h->bonds, peer);

    bond->use.last_use++;
    bond->use.is_wanted = true;
    assert_int_equal(signing_want_record(k.h, bond), KITH_OK);
    keeper_run(&k);
}

static void expect_failed(unsigned times, kith_peer_id peer, kith_status status)
{
    const kith_event *event;

    assert_int_equal(keeper_told(&k, KITH_EVENT_STORE_FAILED), times);
    if (times == 0)
        return;
    event = keeper_last(&k, KITH_EVENT_STORE_FAILED);
    assert_int_equal(event->store_failed.peer, peer);
    assert_int_equal(event->store_failed.status, status);
    assert_int_equal(event->store_failed.what, KITH_PEER_USE);
}

static void what_the_host_cannot_keep_is_told_once(void **state)
{
    unsigned items;

    (void)state;
    open_with(true, 3);
    shelf_fail(&s, 1, 100, KITH_ERR_FULL);
    change_state(1);
    expect_failed(1, 1, KITH_ERR_FULL);
    items = k.items;
    keeper_run(&k);
    assert_int_equal(k.items, items); /* it is not tried again by itself */
    change_state(1);
    assert_true(k.items > items); /* with the next change it is */
    expect_failed(1, 1, KITH_ERR_FULL);
    s.failure = KITH_ERR_STORAGE;
    change_state(2); /* another's is another event */
    expect_failed(2, 2, KITH_ERR_STORAGE);
    s.fail_in = 0;
    change_state(1);
    expect_failed(2, 2, KITH_ERR_STORAGE);
    shelf_fail(&s, 1, 100, KITH_ERR_STORAGE);
    change_state(1); /* something of it was written meanwhile: told anew */
    expect_failed(3, 1, KITH_ERR_STORAGE);
    keeper_close(&k);
}

/* No event has room: the mark waits. */
static void a_failure_is_never_lost(void **state)
{
    kith_token token;

    (void)state;
    open_with(true, 40);
    shelf_fail(&s, 1, 1000, KITH_ERR_STORAGE);
    while (kith_peers_delete(k.h, 1, app, &token) == KITH_OK) /* each ends at once, and nobody takes the event */
        continue;
    for (kith_peer_id peer = 1; peer <= 40; peer++) {
        peers_bond *bond = peers_by_id(&k.h->bonds, peer);

        store_events_failed(k.h, peer, KITH_PEER_USE, KITH_ERR_STORAGE);
        assert_non_null(bond);
    }
    assert_true(kith_host_deadline(k.h) == 0);
    keeper_run(&k);
    assert_int_equal(keeper_told(&k, KITH_EVENT_STORE_FAILED), 40);
    assert_int_equal(kith_host_dropped(k.h), 0);
    assert_int_equal(kith_host_deadline(k.h) == 0, false);
    keeper_close(&k);
}

static void what_was_written_before_it_was_told_is_no_failure(void **state)
{
    (void)state;
    open_with(true, 2);
    store_events_failed(k.h, 1, KITH_PEER_DATABASE, KITH_ERR_FULL);
    store_events_failed(k.h, 2, KITH_PEER_DATABASE, KITH_ERR_FULL);
    store_events_failed(k.h, 2, KITH_PEER_USE, KITH_ERR_STORAGE);
    store_events_saved(k.h, 1, KITH_PEER_DATABASE);
    store_events_failed(k.h, 9, KITH_PEER_USE, KITH_ERR_STORAGE); /* nobody */
    keeper_run(&k);
    assert_int_equal(keeper_told(&k, KITH_EVENT_STORE_FAILED), 2);
    assert_int_equal(k.events[0].store_failed.what, KITH_PEER_DATABASE);
    assert_int_equal(k.events[0].store_failed.peer, 2);
    assert_int_equal(k.events[1].store_failed.what, KITH_PEER_USE);
    keeper_close(&k);
}

static void a_collection_is_told_with_how_many_there_were(void **state)
{
    (void)state;
    shelf_make(&s, true, SHELF_RECORDS);
    keeper_add_bonds(&s.store, 1);
    s.collected = 7; /* while it was opened */
    keeper_config(&k, &s.store);
    keeper_make(&k);
    keeper_run(&k);
    assert_int_equal(keeper_told(&k, KITH_EVENT_STORE_COLLECTED), 0);
    s.collected = 8;
    assert_int_equal(store(app, 10, 1).status, KITH_OK);
    assert_int_equal(keeper_told(&k, KITH_EVENT_STORE_COLLECTED), 1);
    assert_int_equal(keeper_last(&k, KITH_EVENT_STORE_COLLECTED)->collected.count, 8);
    s.collected = 11; /* three in one item are one event */
    assert_int_equal(store(app, 10, 2).status, KITH_OK);
    assert_int_equal(store(app, 10, 3).status, KITH_OK);
    assert_int_equal(keeper_told(&k, KITH_EVENT_STORE_COLLECTED), 2);
    assert_int_equal(keeper_last(&k, KITH_EVENT_STORE_COLLECTED)->collected.count, 11);
    keeper_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_store_is_told_and_the_old_value_stands),
        cmocka_unit_test(a_short_piece_is_no_room_for_a_long_one),
        cmocka_unit_test(deleting_works_where_nothing_else_does),
        cmocka_unit_test(values_leave_room_for_bonds_and_their_states),
        cmocka_unit_test(a_store_that_fills_up_meanwhile_is_told_too),
        cmocka_unit_test(room_that_goes_while_a_piece_is_written_is_no_failure),
        cmocka_unit_test(a_value_that_changes_while_it_is_lent_is_never_kept_in_part),
        cmocka_unit_test(a_damaged_piece_is_damage_or_the_value_before),
        cmocka_unit_test(octets_that_are_not_the_value_let_the_other_bank_stand),
        cmocka_unit_test(a_piece_that_is_gone_is_no_value),
        cmocka_unit_test(a_value_of_a_later_format_is_not_written_over),
        cmocka_unit_test(what_is_left_without_a_bond_is_removed_at_the_start),
        cmocka_unit_test(all_that_is_beside_a_bond_goes_with_it),
        cmocka_unit_test(a_store_that_fails_leaves_what_stood),
        cmocka_unit_test(a_load_that_fails_is_told),
        cmocka_unit_test(deleting_that_fails_is_told_and_may_be_asked_for_again),
        cmocka_unit_test(an_item_that_was_not_run_fails_its_operation),
        cmocka_unit_test(another_peer_is_forgotten_while_one_is_read),
        cmocka_unit_test(what_the_host_cannot_keep_is_told_once),
        cmocka_unit_test(a_failure_is_never_lost),
        cmocka_unit_test(what_was_written_before_it_was_told_is_no_failure),
        cmocka_unit_test(a_collection_is_told_with_how_many_there_were),
    };

    return cmocka_run_group_tests_name("values beside bonds, and the store", tests, NULL, NULL);
}
