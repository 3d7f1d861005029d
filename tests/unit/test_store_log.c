/* The flash log in good health: what is put is there, what is removed is gone, full is told before it hurts, and every
 * octet is where docs/bond-format.md says. */
#include "store/layout.h"
#include "test_store_support.h"
#include "tests/vectors/store.h"

static void geometries_that_cannot_be_are_refused(void **state)
{
    static const sim_flash_geometry wrong[] = {
        {128, 4, 1, 0xff, true},  {262144, 2, 1, 0xff, true},   {4096, 1, 1, 0xff, true},
        {4096, 0, 1, 0xff, true}, {4096, 70000, 1, 0xff, true}, {131072, 32768, 1, 0xff, true},
        {4096, 2, 0, 0xff, true}, {4096, 2, 3, 0xff, true},     {4096, 2, 64, 0xff, true},
        {4100, 2, 8, 0xff, true}, {4096, 2, 1, 0x55, true},
    };
    kith_flash_log log;
    kith_store store;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        kith_flash flash = {.sector_size = wrong[i].sector_size,
                            .sector_count = wrong[i].sector_count,
                            .program_size = wrong[i].program_size,
                            .erased = wrong[i].erased};

        assert_int_equal(kith_flash_log_init(&log, &flash, &store), KITH_ERR_VALUE);
    }
}

static void an_empty_medium_is_an_empty_store_and_stays_empty(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++) {
        kith_record record;
        uint32_t cursor = 0;
        rig r;

        rig_make(&r, &geometries[g]);
        assert_int_equal(rig_open(&r), KITH_OK);
        assert_int_equal(r.state.highest_id, 0);
        assert_true(r.state.room > 0);
        assert_int_equal(r.store.read(r.store.context, &cursor, &record), KITH_ERR_NOT_FOUND);
        assert_int_equal(rig_remove(&r, 1), KITH_OK); /* one that is not there */
        assert_int_equal(r.flash.counts.operations, 0);
        rig_free(&r);
    }
}

static void what_is_put_is_read_after_a_restart(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++) {
        rig r;

        rig_make(&r, &geometries[g]);
        assert_int_equal(rig_open(&r), KITH_OK);
        assert_int_equal(rig_put(&r, 1, 10, 24), KITH_OK);
        assert_int_equal(rig_put(&r, 2, 20, 1), KITH_OK);
        assert_int_equal(rig_put(&r, 3, 30, 0), KITH_OK);
        assert_int_equal(rig_put(&r, 1, 40, 60), KITH_OK); /* in the place of the first */
        for (int again = 0; again < 2; again++) {
            assert_true(rig_holds(&r, 1, 40, 60));
            assert_true(rig_holds(&r, 2, 20, 1));
            assert_true(rig_holds(&r, 3, 30, 0));
            assert_int_equal(r.state.highest_id, 3);
            assert_int_equal(rig_restart(&r), KITH_OK);
        }
        assert_int_equal(r.state.damaged + r.state.torn, 0);
        rig_free(&r);
    }
}

static void kinds_do_not_mix(void **state)
{
    kith_record device = {.kind = KITH_RECORD_DEVICE, .len = 3, .octets = {1, 2, 3}}, record;
    uint32_t cursor = 0;
    rig r;

    (void)state;
    rig_make(&r, &geometries[2]);
    assert_int_equal(rig_open(&r), KITH_OK);
    assert_int_equal(r.store.put(r.store.context, &device, &r.state), KITH_OK);
    assert_int_equal(rig_remove(&r, 0), KITH_OK); /* a bond of ID 0, which there is not */
    assert_int_equal(r.state.highest_id, 0);      /* of bonds */
    assert_int_equal(r.store.read(r.store.context, &cursor, &record), KITH_OK);
    assert_int_equal(record.kind, KITH_RECORD_DEVICE);
    assert_int_equal(record.len, 3);
    assert_memory_equal(record.octets, device.octets, sizeof record.octets);
    rig_free(&r);
}

static void what_cannot_be_stored_is_refused(void **state)
{
    kith_record record = make_record(1, 1, 10);
    rig r;

    (void)state;
    rig_make(&r, &geometries[2]);
    assert_int_equal(rig_open(&r), KITH_OK);
    record.kind = 0;
    assert_int_equal(r.store.put(r.store.context, &record, &r.state), KITH_ERR_VALUE);
    record.kind = 63;
    assert_int_equal(r.store.put(r.store.context, &record, &r.state), KITH_ERR_VALUE);
    record.kind = KITH_RECORD_BOND;
    record.len = r.state.largest + 1;
    assert_int_equal(r.store.put(r.store.context, &record, &r.state), KITH_ERR_VALUE);
    record.len = 10;
    record.removed = true;
    assert_int_equal(r.store.put(r.store.context, &record, &r.state), KITH_ERR_VALUE);
    assert_int_equal(r.flash.counts.operations, 0);
    rig_free(&r);
}

/* ---- room ---- */

static bool is_large(int g)
{
    return geometries[g].sector_size * geometries[g].sector_count > 16384;
}

/* One is enough where the run is long. */
static bool is_another_large(int g)
{
    return is_large(g) && is_large(g - 1);
}

/* Never full while there is room; when it is full, every removal works, and gives the room back. */
static void full_is_told_before_and_removing_always_works(void **state)
{
    static const uint16_t lengths[][3] = {{224, 224, 224}, {56, 56, 56}, {224, 3, 60}, {0, 1, 2}, {100, 192, 7}};

    (void)state;
    for (int g = 0; g < GEOMETRIES; g++)
        for (int l = 0; l < (is_another_large(g) ? 0 : is_large(g) ? 1 : 5); l++) {
            uint32_t count = 0, room;
            kith_status status;
            rig r;

            rig_make(&r, &geometries[g]);
            assert_int_equal(rig_open(&r), KITH_OK);
            room = r.state.room;
            do {
                uint32_t before = r.state.room, operations = r.flash.counts.operations;

                status = rig_put(&r, count + 1, (uint8_t)count, rig_most(&r, lengths[l][count % 3]));
                count += status == KITH_OK;
                assert_true(status == KITH_OK || (status == KITH_ERR_FULL && before == 0 &&
                                                  r.flash.counts.operations == operations)); /* no wear */
            } while (status == KITH_OK);
            assert_true(count >= room);
            assert_int_equal(rig_restart(&r), KITH_OK);
            assert_int_equal(r.state.room, 0);
            for (uint32_t i = 0; i < count; i++) {
                uint32_t id = i * 7 % count + 1; /* any order, most of the time */

                assert_int_equal(rig_remove(&r, id), KITH_OK);
                assert_true(rig_lacks(&r, id));
            }
            for (uint32_t id = 1; id <= count; id++)
                assert_int_equal(rig_remove(&r, id), KITH_OK);
            assert_int_equal(r.state.room, room);
            rig_free(&r);
        }
}

/* However far a sector is filled: forgetting does not wait for a collection. */
static void a_removal_finds_its_place_at_once(void **state)
{
    (void)state;
    for (uint32_t count = 1; count < 8; count++) {
        uint32_t erases;
        rig r;

        rig_make(&r, &geometries[2]);
        assert_int_equal(rig_open(&r), KITH_OK);
        for (uint32_t id = 1; id <= count; id++)
            assert_int_equal(rig_put(&r, id, 1, 67), KITH_OK); /* six are a whole sector */
        erases = r.flash.counts.erases;
        assert_int_equal(rig_remove(&r, 1), KITH_OK);
        assert_int_equal(r.flash.counts.erases, erases);
        rig_free(&r);
    }
}

static uint16_t length_of(const rig *r, uint32_t id)
{
    return rig_most(r, (uint16_t)(20 + id * 37 % 200));
}

/* The store is as full as can be and is rewritten for long: what stands stays, wherever it moves. */
static void a_full_store_is_rewritten_for_ever(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++) {
        uint8_t fill[400];
        uint32_t count = 0;
        rig r;

        if (is_large(g))
            continue;
        rig_make(&r, &geometries[g]);
        assert_int_equal(rig_open(&r), KITH_OK);
        for (; r.state.room > 0; count++) {
            fill[count] = (uint8_t)count;
            assert_int_equal(rig_put(&r, count, fill[count], length_of(&r, count)), KITH_OK);
        }
        if (count > 1)
            assert_int_equal(rig_remove(&r, --count), KITH_OK);
        for (uint32_t i = 0; i < 300; i++) {
            uint32_t id = i * 5 % count;
            kith_status status = rig_put(&r, id, (uint8_t)i, length_of(&r, id));

            assert_true(status == KITH_OK || (status == KITH_ERR_FULL && r.state.room == 0));
            if (status == KITH_OK)
                fill[id] = (uint8_t)i;
            if (i % 50 == 0)
                assert_int_equal(rig_restart(&r), KITH_OK);
        }
        for (uint32_t id = 0; id < count; id++)
            assert_true(rig_holds(&r, id, fill[id], length_of(&r, id)));
        assert_int_equal(r.state.damaged + r.state.torn, 0);
        rig_free(&r);
    }
}

/* ---- removing ---- */

/* Every version of it, in whatever sector. */
static void what_is_removed_cannot_be_read_from_the_flash(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++) {
        uint16_t len = geometries[g].sector_size == 256 ? 20 : 56;
        rig r;

        rig_make(&r, &geometries[g]);
        assert_int_equal(rig_open(&r), KITH_OK);
        for (uint32_t i = 0; i < 90; i++) {
            assert_int_equal(rig_put(&r, 1 + i % 3, (uint8_t)i, len), KITH_OK);
            if (i % 40 == 39)
                assert_int_equal(rig_restart(&r), KITH_OK);
        }
        assert_int_equal(rig_remove(&r, 2), KITH_OK);
        for (uint32_t i = 1; i < 90; i += 3) {
            kith_record old = make_record(2, (uint8_t)i, len);

            assert_false(rig_finds(&r, old.octets, 8));
            assert_false(rig_finds(&r, old.octets + len - 8, 8));
        }
        assert_true(rig_holds(&r, 1, 87, len));
        assert_true(rig_holds(&r, 3, 89, len));
        assert_int_equal(rig_restart(&r), KITH_OK);
        assert_true(rig_lacks(&r, 2));
        assert_int_equal(r.state.damaged + r.state.torn, 0);
        assert_int_equal(rig_put(&r, 2, 7, len), KITH_OK); /* and it may come back */
        assert_true(rig_holds(&r, 2, 7, len));
        rig_free(&r);
    }
}

static void the_highest_id_outlives_its_bond(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++) {
        rig r;

        if (is_another_large(g))
            continue;
        rig_make(&r, &geometries[g]);
        assert_int_equal(rig_open(&r), KITH_OK);
        assert_int_equal(rig_put(&r, 77, 1, 20), KITH_OK);
        assert_int_equal(rig_remove(&r, 77), KITH_OK);
        for (uint32_t i = 0; i < sim_flash_size(&r.flash) / 40; i++)
            assert_int_equal(rig_put(&r, 5, (uint8_t)i, 60), KITH_OK); /* no octet of it is left */
        assert_int_equal(rig_restart(&r), KITH_OK);
        assert_int_equal(r.state.highest_id, 77);
        rig_free(&r);
    }
}

/* ---- octets ---- */

static void put_vector(rig *r, uint8_t kind, uint32_t id, const uint8_t *octets, size_t len)
{
    kith_record record = {.kind = kind, .len = (uint16_t)len, .id = id};

    memcpy(record.octets, octets, len);
    assert_int_equal(r->store.put(r->store.context, &record, &r->state), KITH_OK);
}

static void assert_flash(rig *r, const uint8_t *octets, size_t len)
{
    const uint8_t *is = sim_flash_octets(&r->flash);

    assert_memory_equal(is, octets, len);
    for (uint32_t i = (uint32_t)len; i < sim_flash_size(&r->flash); i++)
        assert_int_equal(is[i], r->flash.port.erased);
}

static void every_octet_is_where_the_document_says(void **state)
{
    static const sim_flash_geometry small = {512, 2, 1, 0xff, true}, wide = {1024, 2, 16, 0x00, false};
    rig r;

    (void)state;
    rig_make(&r, &small);
    assert_int_equal(rig_open(&r), KITH_OK);
    put_vector(&r, KITH_RECORD_DEVICE, 0, vector_device, sizeof vector_device);
    put_vector(&r, KITH_RECORD_BOND, 1, vector_bond, sizeof vector_bond);
    put_vector(&r, KITH_RECORD_BOND, 7, vector_signed_bond, sizeof vector_signed_bond);
    assert_int_equal(rig_remove(&r, 7), KITH_OK);
    assert_flash(&r, vector_small_log, sizeof vector_small_log);
    rig_free(&r);
    rig_make(&r, &wide);
    assert_int_equal(rig_open(&r), KITH_OK);
    put_vector(&r, KITH_RECORD_BOND, 1, vector_bond, sizeof vector_bond);
    assert_flash(&r, vector_wide_log, sizeof vector_wide_log);
    rig_free(&r);
}

/* A state has its peer's ID, and says nothing of which IDs bonds ever had. */
static void a_state_lies_beside_its_bond(void **state)
{
    static const sim_flash_geometry geometry = {512, 2, 4, 0xff, true};
    rig r;

    (void)state;
    rig_make(&r, &geometry);
    assert_int_equal(rig_open(&r), KITH_OK);
    put_vector(&r, KITH_RECORD_BOND, 7, vector_signed_bond, sizeof vector_signed_bond);
    put_vector(&r, KITH_RECORD_STATE, 7, vector_state, sizeof vector_state);
    assert_flash(&r, vector_state_log, sizeof vector_state_log);
    put_vector(&r, KITH_RECORD_STATE, 900, vector_peer_state, sizeof vector_peer_state);
    assert_int_equal(r.state.highest_id, 7);
    assert_int_equal(rig_remove(&r, 7), KITH_OK);
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_int_equal(r.state.highest_id, 7);
    assert_int_equal(r.store.remove(r.store.context, KITH_RECORD_STATE, 7, &r.state), KITH_OK);
    assert_int_equal(r.store.remove(r.store.context, KITH_RECORD_STATE, 7, &r.state), KITH_OK);
    rig_free(&r);
}

static void a_bond_is_one_program_call(void **state)
{
    static const uint16_t units[] = {1, 16}, most[] = {96, 128};

    (void)state;
    for (int i = 0; i < 2; i++) {
        sim_flash_geometry geometry = {4096, 2, units[i], 0xff, true};
        sim_flash_counts before;
        rig r;

        rig_make(&r, &geometry);
        assert_int_equal(rig_open(&r), KITH_OK);
        put_vector(&r, KITH_RECORD_DEVICE, 0, vector_device, sizeof vector_device);
        before = r.flash.counts;
        put_vector(&r, KITH_RECORD_BOND, 1, vector_bond, sizeof vector_bond);
        assert_int_equal(r.flash.counts.programs - before.programs, 1);
        assert_in_range(r.flash.counts.programmed - before.programmed, 1, most[i]);
        assert_int_equal(r.flash.counts.erases, before.erases);
        rig_free(&r);
    }
}

static void the_checksum_is_the_well_known_one(void **state)
{
    (void)state;
    const kith_flash flash = {.crc = NULL};

    assert_int_equal(layout_crc(&flash, 0, (const uint8_t *)"123456789", 9), 0xcbf43926);
}

/* The short check of a record's header: no one or two bits may change unseen. */
static void small_changes_of_a_header_are_seen(void **state)
{
    const layout_record record = {.kind = KITH_RECORD_BOND, .len = 56, .id = 0x01020304};
    const kith_flash flash = {.crc = NULL};
    const layout_place place = {&flash, 1, 26}, behind = {&flash, 1, 27}, later = {&flash, 2, 26};
    uint32_t crc;
    uint8_t header[LAYOUT_RECORD_HEADER];
    layout_record out;

    (void)state;
    layout_encode_record(&place, &record, header, &crc);
    assert_true(layout_decode_record(&place, header, &out, &crc));
    assert_false(layout_decode_record(&behind, header, &out, &crc));
    assert_false(layout_decode_record(&later, header, &out, &crc));
    for (unsigned a = 0; a < 64; a++)
        for (unsigned b = a; b < 64; b++) {
            uint8_t changed[LAYOUT_RECORD_HEADER];

            memcpy(changed, header, sizeof changed);
            changed[a / 8] ^= (uint8_t)(1u << a % 8);
            if (a != b)
                changed[b / 8] ^= (uint8_t)(1u << b % 8);
            assert_false(layout_decode_record(&place, changed, &out, &crc));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geometries_that_cannot_be_are_refused),
        cmocka_unit_test(an_empty_medium_is_an_empty_store_and_stays_empty),
        cmocka_unit_test(what_is_put_is_read_after_a_restart),
        cmocka_unit_test(kinds_do_not_mix),
        cmocka_unit_test(what_cannot_be_stored_is_refused),
        cmocka_unit_test(full_is_told_before_and_removing_always_works),
        cmocka_unit_test(a_removal_finds_its_place_at_once),
        cmocka_unit_test(a_full_store_is_rewritten_for_ever),
        cmocka_unit_test(what_is_removed_cannot_be_read_from_the_flash),
        cmocka_unit_test(the_highest_id_outlives_its_bond),
        cmocka_unit_test(every_octet_is_where_the_document_says),
        cmocka_unit_test(a_state_lies_beside_its_bond),
        cmocka_unit_test(a_bond_is_one_program_call),
        cmocka_unit_test(the_checksum_is_the_well_known_one),
        cmocka_unit_test(small_changes_of_a_header_are_seen),
    };

    int failed = 0;

    for (rig_next_mode = RIG_WALKS; rig_next_mode < RIG_MODES; rig_next_mode++)
        failed += cmocka_run_group_tests_name("flash log", tests, NULL, NULL);
    return failed;
}
