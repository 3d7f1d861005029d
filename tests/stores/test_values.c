/* Values beside bonds, on every store that keeps anything: each length, in the place of each other, over restarts. */
#include "kinds.h"
#include "tests/unit/test_peers_data_support.h"

enum { PEERS = 3, MANY = 12, ALL = KITH_PEER_DATA_MAX };
static const kith_peer_data app = KITH_PEER_APPLICATION, database = KITH_PEER_DATABASE;

static place p;
static keeper k;
static uint8_t value[ALL], buffer[ALL];

static void take(void)
{
    assert_int_equal(p.kind->take(&p), KITH_OK);
    keeper_open(&k, p.store);
}

static void restart(void)
{
    keeper_close(&k);
    place_close(&p);
    take();
}

static void open_on(const store_kind *kind)
{
    place_make(&p, kind);
    assert_int_equal(kind->take(&p), KITH_OK);
    keeper_add_bonds(p.store, PEERS);
    place_close(&p);
    take();
}

static void close_it(void)
{
    keeper_close(&k);
    place_destroy(&p);
}

static void on_every_store(void (*rule)(void))
{
    unsigned tried = 0;

    for (size_t i = 0; i < store_kind_count; i++) {
        if (!store_kinds[i].keeps)
            continue;
        open_on(&store_kinds[i]);
        rule();
        close_it();
        tried++;
    }
    assert_true(tried >= 5);
}

static void keep_every_length(void)
{
    for (unsigned i = 0; i < KEEPER_LENGTHS; i++) {
        keeper_put(&k, 2, app, keeper_lengths[i], i);
        keeper_put(&k, 2, database, keeper_lengths[KEEPER_LENGTHS - 1 - i], 50 + i);
        if (i % 4 == 0)
            restart();
        assert_true(keeper_has(&k, 2, app, keeper_lengths[i], i));
        assert_true(keeper_has(&k, 2, database, keeper_lengths[KEEPER_LENGTHS - 1 - i], 50 + i));
        keeper_forget(&k);
    }
    restart();
    assert_true(keeper_has(&k, 2, app, ALL, KEEPER_LENGTHS - 1));
    assert_int_equal(keeper_load(&k, 1, app, buffer, sizeof buffer).status, KITH_ERR_NOT_FOUND);
}

static void tell_the_length(void)
{
    kith_event_data end;

    keeper_put(&k, 1, app, ALL, 1);
    restart();
    end = keeper_load(&k, 1, app, buffer, 184);
    assert_int_equal(end.status, KITH_ERR_FULL);
    assert_int_equal(end.len, ALL);
    keeper_value(value, ALL, 1);
    assert_memory_equal(buffer, value, 184);
}

static bool has_eight_of(uint16_t len, uint32_t seed)
{
    keeper_value(value, len, seed);
    return place_finds(&p, value + len - 10, 8);
}

static void destroy_what_is_deleted(void)
{
    keeper_put(&k, 1, app, 500, 1);
    keeper_put(&k, 1, app, 400, 2);
    keeper_put(&k, 2, app, 30, 3);
    assert_true(p.kind->form != AS_THEY_ARE || has_eight_of(400, 2));
    assert_true(keeper_delete(&k, 1, app).changed);
    assert_false(has_eight_of(500, 1));
    assert_false(has_eight_of(400, 2));
    restart();
    assert_int_equal(keeper_load(&k, 1, app, buffer, sizeof buffer).status, KITH_ERR_NOT_FOUND);
    assert_true(keeper_has(&k, 2, app, 30, 3));
    assert_int_equal(kith_bonds_forget(k.h, 2), KITH_OK);
    keeper_run(&k);
    assert_false(has_eight_of(30, 3));
    for (uint8_t kind = KITH_RECORD_CHUNK; kind < KITH_RECORD_CHUNK_END; kind++)
        assert_true(place_lacks(&p, kind, 1) && place_lacks(&p, kind, 2));
}

static bool is_log(const store_kind *kind)
{
    return !kind->is_files || strstr(kind->name, "flash log") != NULL;
}

/* A log that is written often enough makes room in itself, and says so; the others have no need to. */
static void tell_of_collections(void)
{
    unsigned told;
    uint32_t last = 0;

    for (unsigned i = 0; i < 120; i++) {
        keeper_put(&k, 1, app, 1000, i);
        told = keeper_told(&k, KITH_EVENT_STORE_COLLECTED);
        if (told > 0) {
            assert_true(keeper_last(&k, KITH_EVENT_STORE_COLLECTED)->collected.count > last);
            last = keeper_last(&k, KITH_EVENT_STORE_COLLECTED)->collected.count;
        }
        keeper_forget(&k);
    }
    assert_int_equal(last > 0, is_log(p.kind));
    restart();
    assert_int_equal(keeper_told(&k, KITH_EVENT_STORE_COLLECTED), 0); /* they are counted since it was opened */
    keeper_put(&k, 1, app, 1, 200);
    assert_true(keeper_has(&k, 1, app, 1, 200));
}

/* ---- a flash that is full ---- */

/* Of values of this length until one finds no room; how many did. */
static unsigned fill_with(uint16_t len)
{
    unsigned kept = 0;
    kith_status status = KITH_OK;

    for (kith_peer_id peer = 1; peer <= MANY; peer++)
        for (unsigned what = 0; what < 2 && status == KITH_OK; what++) {
            keeper_value(value, len, 10 * peer + what);
            status = keeper_store(&k, peer, (kith_peer_data)what, value, len).status;
            kept += status == KITH_OK;
            keeper_forget(&k);
        }
    assert_int_equal(status, KITH_ERR_FULL);
    return kept;
}

static void expect_kept(unsigned kept, uint16_t len)
{
    for (unsigned i = 0; i < kept; i++)
        assert_true(keeper_has(&k, 1 + i / 2, (kith_peer_data)(i % 2), len, 10 * (1 + i / 2) + i % 2));
    assert_int_equal(kith_bonds_count(k.h), MANY);
    keeper_forget(&k);
}

static void try_full(const sim_flash_geometry *geometry, uint16_t len)
{
    unsigned kept, items;

    memset(&p, 0, sizeof p);
    assert_true(sim_flash_new(&p.flash, geometry));
    assert_int_equal(kith_flash_log_init(&p.log, &p.flash.port, &p.on_flash), KITH_OK);
    keeper_add_bonds(&p.on_flash, MANY);
    keeper_open(&k, &p.on_flash);
    kept = fill_with(len);
    expect_kept(kept, len);
    items = k.items;
    keeper_run(&k);
    assert_int_equal(k.items, items); /* nothing is tried again */
    for (unsigned i = 0; i < 20; i++) {
        uint32_t operations = p.flash.counts.operations;

        assert_int_equal(keeper_store(&k, MANY, database, value, ALL).status, KITH_ERR_FULL);
        assert_int_equal(p.flash.counts.operations, operations);
    }
    keeper_close(&k);
    assert_int_equal(kith_flash_log_init(&p.log, &p.flash.port, &p.on_flash), KITH_OK);
    keeper_open(&k, &p.on_flash);
    expect_kept(kept, len);
    for (unsigned i = 0; i < kept; i++)
        assert_true(keeper_delete(&k, 1 + i / 2, (kith_peer_data)(i % 2)).changed);
    keeper_forget(&k);
    assert_int_equal(fill_with(len), kept);
    assert_int_equal(keeper_told(&k, KITH_EVENT_STORE_FAILED), 0);
    keeper_close(&k);
    assert_int_equal(p.flash.counts.mistakes, 0);
    sim_flash_free(&p.flash);
}

static void a_value_of_every_length_is_kept(void **state)
{
    (void)state;
    on_every_store(keep_every_length);
}

static void a_short_buffer_gets_the_beginning_and_the_length(void **state)
{
    (void)state;
    on_every_store(tell_the_length);
}

static void what_is_deleted_is_nowhere_any_more(void **state)
{
    (void)state;
    on_every_store(destroy_what_is_deleted);
}

static void a_log_tells_of_its_collections(void **state)
{
    (void)state;
    on_every_store(tell_of_collections);
}

static void what_was_kept_before_it_was_full_stands(void **state)
{
    static const sim_flash_geometry flashes[] = {
        {1024, 4, 1, 0xff, true}, {1024, 5, 8, 0xff, false}, {2048, 3, 16, 0x00, false}, {4096, 2, 4, 0xff, true}};

    static const uint16_t lengths[] = {183, 184, 500, ALL};

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j < 4; j++)
            try_full(&flashes[i], lengths[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_of_every_length_is_kept),
        cmocka_unit_test(a_short_buffer_gets_the_beginning_and_the_length),
        cmocka_unit_test(what_is_deleted_is_nowhere_any_more),
        cmocka_unit_test(a_log_tells_of_its_collections),
        cmocka_unit_test(what_was_kept_before_it_was_full_stands),
    };

    return cmocka_run_group_tests_name("values beside bonds, on every store", tests, NULL, NULL);
}
