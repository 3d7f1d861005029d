/* What the flash log promises of size and work: the largest record, the most that one call does to the flash, what an
 * index saves, and a factory reset. */
#include "store/layout.h"
#include "test_store_support.h"
#include "tests/vectors/store.h"

static const sim_flash_geometry *geometry_of(int g)
{
    return g < GEOMETRIES ? &geometries[g] : &extremes[g - GEOMETRIES];
}

/* ---- the largest record ---- */

static void the_largest_record_is_told_and_taken_and_no_larger_one(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES + EXTREMES; g++) {
        uint32_t operations;
        rig r;

        rig_make(&r, geometry_of(g));
        assert_int_equal(rig_open(&r), KITH_OK);
        assert_in_range(r.state.largest, 115, KITH_STORED_MAX); /* a bond without signing keys, sealed, is 89 */
        assert_true(r.state.largest == KITH_STORED_MAX || geometry_of(g)->sector_size == 256);
        assert_true(r.state.room > 0);
        if (r.state.largest < KITH_STORED_MAX) {
            assert_int_equal(rig_put(&r, 1, 1, r.state.largest + 1), KITH_ERR_VALUE);
            assert_int_equal(r.flash.counts.operations, 0);
        }
        assert_int_equal(rig_put(&r, 1, 2, r.state.largest), KITH_OK);
        operations = r.flash.counts.operations;
        assert_int_equal(rig_put(&r, 1, 1, r.state.largest + 1), KITH_ERR_VALUE);
        assert_int_equal(r.flash.counts.operations, operations);
        assert_int_equal(rig_restart(&r), KITH_OK);
        assert_true(rig_holds(&r, 1, 2, r.state.largest));
        rig_free(&r);
    }
}

/* ---- work ---- */

typedef struct {
    uint32_t erases, programs, syncs;
} most;

static void note(most *m, const sim_flash_counts *before, const sim_flash_counts *after)
{
    if (after->erases - before->erases > m->erases)
        m->erases = after->erases - before->erases;
    if (after->programs - before->programs > m->programs)
        m->programs = after->programs - before->programs;
    if (after->syncs - before->syncs > m->syncs)
        m->syncs = after->syncs - before->syncs;
}

static uint32_t records_in_a_sector(const rig *r)
{
    return layout_capacity(&r->flash.port) / layout_record_size(&r->flash.port, 0) + 1;
}

static uint32_t draw(uint32_t *x, uint32_t below)
{
    *x = *x * 1664525u + 1013904223u;
    return (*x >> 8) % below;
}

/* As full as it gets, most of it never changed; then one after the other in no order. */
static most live_full(rig *r, uint32_t puts)
{
    most m = {0};
    uint32_t count = 0, x = 7;

    while (rig_put(r, count + 1, 1, rig_most(r, (uint16_t)draw(&x, 225))) == KITH_OK)
        count++;
    for (uint32_t i = 0; i < puts; i++) {
        sim_flash_counts before = r->flash.counts;
        uint16_t len = rig_most(r, (uint16_t)draw(&x, 225));
        kith_status status = rig_put(r, 1 + draw(&x, i % 3 == 0 ? count : 3), (uint8_t)i, len);

        note(&m, &before, &r->flash.counts);
        if (status == KITH_ERR_FULL)
            assert_int_equal(rig_remove(r, 1 + draw(&x, count)), KITH_OK);
        else
            assert_int_equal(status, KITH_OK);
    }
    return m;
}

static void a_put_collects_two_sectors_at_most(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++) {
        most m;
        rig r;

        rig_make(&r, &geometries[g]);
        assert_int_equal(rig_open(&r), KITH_OK);
        m = live_full(&r, r.mode == RIG_HAS_INDEX ? 1500 : 300);
        assert_in_range(m.erases, 1, 3); /* one more for the first sector that is opened */
        assert_in_range(m.syncs, 1, 7);
        assert_in_range(m.programs, 1, 1 + 2 * (3 + records_in_a_sector(&r)));
        rig_free(&r);
    }
}

/* Where octets can be cleared; else each sector with a version of it is collected. */
static void a_removal_collects_one_sector_at_most(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++) {
        most m = {0};
        rig r;

        if (!geometries[g].can_clear || geometries[g].program_size > 8)
            continue;
        rig_make(&r, &geometries[g]);
        assert_int_equal(rig_open(&r), KITH_OK);
        (void)live_full(&r, 40);
        for (uint32_t id = 1; id < 60; id++) {
            sim_flash_counts before = r.flash.counts;

            assert_int_equal(rig_remove(&r, id), KITH_OK);
            note(&m, &before, &r.flash.counts);
        }
        assert_in_range(m.erases, 0, 2);
        assert_in_range(m.syncs, 1, 5);
        rig_free(&r);
    }
}

static kith_status (*erase_of_flash)(void *context, uint32_t sector);
static uint32_t erases_of[8];

static kith_status counting_erase(void *context, uint32_t sector)
{
    erases_of[sector]++;
    return erase_of_flash(context, sector);
}

/* Else its sectors would never wear, and the others all the more. */
static void what_never_changes_moves_too(void **state)
{
    static const sim_flash_geometry geometry = {1024, 8, 4, 0xff, true};
    rig r;

    (void)state;
    rig_make(&r, &geometry);
    erase_of_flash = r.flash.port.erase;
    r.flash.port.erase = counting_erase;
    memset(erases_of, 0, sizeof erases_of);
    assert_int_equal(rig_open(&r), KITH_OK);
    for (uint32_t id = 1; id <= 40; id++)
        assert_int_equal(rig_put(&r, id, (uint8_t)id, 57), KITH_OK);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(rig_put(&r, 99, (uint8_t)i, 57), KITH_OK);
    for (uint32_t i = 1; i < 8; i++)
        assert_in_range(erases_of[i] + 2, erases_of[0] * 3 / 4, erases_of[0] * 5 / 4 + 4);
    for (uint32_t id = 1; id <= 40; id++)
        assert_true(rig_holds(&r, id, (uint8_t)id, 57));
    rig_free(&r);
}

enum { STANDING = 4 };

static void prepare_to_collect(rig *r)
{
    rig_make(r, &geometries[2]);
    r->flash.tear = SIM_TEAR_BACKWARD; /* the header of what is erased goes last */
    assert_int_equal(rig_open(r), KITH_OK);
    for (uint32_t i = 0; i < 17; i++)
        assert_int_equal(rig_put(r, i < STANDING ? 1 + i : STANDING, (uint8_t)(1 + i), 60), KITH_OK);
    assert_int_equal(r->log.held + 1, r->flash.port.sector_count);
}

static void a_wrong_bit_and_a_cut_behind_it_lose_nothing(void **state)
{
    (void)state;
    for (uint32_t flip = 1; flip < 14; flip++)
        for (uint32_t cut = flip; cut < flip + 4; cut++)
            for (uint32_t octets = 0; octets < 512; octets += 100) {
                rig r;

                prepare_to_collect(&r);
                sim_flash_flip(&r.flash, flip, 3);
                sim_flash_cut(&r.flash, cut, octets);
                for (int i = 0; i < 4 && rig_put(&r, STANDING, 17, 60) == KITH_OK; i++)
                    ;
                assert_int_equal(rig_restart(&r), KITH_OK);
                for (uint32_t id = 1; id <= STANDING; id++)
                    assert_true(rig_holds(&r, id, (uint8_t)(id < STANDING ? id : 17), 60));
                rig_free(&r);
            }
}

/* ---- the index ---- */

static kith_status (*read_of_flash)(void *context, uint32_t address, uint8_t *out, size_t len);
static uint32_t reads;

static kith_status counting_read(void *context, uint32_t address, uint8_t *out, size_t len)
{
    reads++;
    return read_of_flash(context, address, out, len);
}

typedef struct {
    uint32_t open, put, remove;
} work;

static work work_with(const sim_flash_geometry *geometry, uint32_t count)
{
    work w;
    rig r;

    rig_next_mode = RIG_HAS_INDEX;
    rig_make(&r, geometry);
    assert_int_equal(rig_open(&r), KITH_OK);
    for (uint32_t id = 1; id <= count; id++)
        assert_int_equal(rig_put(&r, id, 1, 57), KITH_OK);
    read_of_flash = r.flash.port.read;
    r.flash.port.read = counting_read;
    reads = 0;
    assert_int_equal(rig_restart(&r), KITH_OK);
    w.open = reads;
    reads = 0;
    assert_int_equal(rig_put(&r, count / 2, 2, 57), KITH_OK);
    w.put = reads;
    reads = 0;
    assert_int_equal(rig_remove(&r, count / 3), KITH_OK);
    w.remove = reads;
    assert_true(rig_lacks(&r, count / 3));
    assert_true(rig_holds(&r, count / 2, 2, 57));
    rig_free(&r);
    return w;
}

static void with_an_index_work_does_not_grow_with_what_is_there(void **state)
{
    static const sim_flash_geometry wide = {65536, 8, 1, 0xff, true};
    const work few = work_with(&wide, 90), many = work_with(&wide, 4500);

    (void)state;
    assert_in_range(few.put, 1, 3);
    assert_in_range(few.remove, 1, 4);
    assert_int_equal(many.put, few.put);
    assert_int_equal(many.remove, few.remove);
    /* Of each record its header, and the rest; and what is blank. */
    assert_in_range(many.open, 2 * 4500, 2 * 4500 + 8 * (65536 / 128 + 8));
}

/* Hardly a slot is free: what is removed leaves no gap in which others are not found. */
static void a_full_index_finds_everything(void **state)
{
    enum { COUNT = 300, STEPS = 4000 };
    static const sim_flash_geometry geometry = {65536, 4, 1, 0xff, true};
    static uint8_t fill[COUNT];
    uint32_t x = 3, slots = 4 + COUNT + 2;
    rig r;

    (void)state;
    rig_make(&r, &geometry);
    kith_flash_log_index(&r.log, r.slots, slots);
    assert_int_equal(rig_open(&r), KITH_OK);
    memset(fill, 0, sizeof fill);
    for (uint32_t i = 0; i < STEPS; i++) {
        uint32_t id = draw(&x, COUNT);

        if (i > COUNT && draw(&x, 3) == 0) {
            assert_int_equal(rig_remove(&r, id), KITH_OK);
            fill[id] = 0;
        } else {
            fill[id] = (uint8_t)(1 + i % 255);
            assert_int_equal(rig_put(&r, id, fill[id], 20), KITH_OK);
        }
        assert_true(r.log.has_records);
    }
    for (uint32_t id = 0; id < COUNT; id++)
        assert_true(fill[id] != 0 ? rig_holds(&r, id, fill[id], 20) : rig_lacks(&r, id));
    rig_free(&r);
}

/* A version that was left behind is destroyed with the others, though no index knows of it. */
static void what_failed_to_be_written_is_destroyed_too(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < 8 * 76; bit++) {
        kith_record gone = make_record(1, 2, 60);
        rig r;

        rig_make(&r, &geometries[2]);
        assert_int_equal(rig_open(&r), KITH_OK);
        assert_int_equal(rig_put(&r, 1, 1, 60), KITH_OK);
        assert_int_equal(rig_remove(&r, 1), KITH_OK);
        sim_flash_flip(&r.flash, 1, bit);
        assert_int_equal(rig_put(&r, 1, 2, 60), KITH_OK);
        assert_int_equal(rig_remove(&r, 1), KITH_OK);
        assert_false(rig_finds(&r, gone.octets, 20));
        assert_false(rig_finds(&r, gone.octets + 40, 20));
        rig_free(&r);
    }
}

static uint32_t crcs;

static uint32_t crc_of_platform(void *context, uint32_t crc, const uint8_t *octets, size_t len)
{
    const kith_flash plain = {.crc = NULL};

    (void)context;
    crcs++;
    return layout_crc(&plain, crc, octets, len);
}

static void a_platform_may_compute_the_checks(void **state)
{
    static const sim_flash_geometry geometry = {1024, 2, 16, 0x00, false};
    kith_record record = {.kind = KITH_RECORD_BOND, .len = sizeof vector_bond, .id = 1};
    rig r;

    (void)state;
    rig_make(&r, &geometry);
    r.flash.port.crc = crc_of_platform;
    crcs = 0;
    assert_int_equal(rig_open(&r), KITH_OK);
    memcpy(record.octets, vector_bond, sizeof vector_bond);
    assert_int_equal(r.store.put(r.store.context, &record, &r.state), KITH_OK);
    assert_memory_equal(sim_flash_octets(&r.flash), vector_wide_log, sizeof vector_wide_log);
    assert_true(crcs > 0);
    rig_free(&r);
}

/* ---- factory reset ---- */

static kith_status rig_erase(rig *r)
{
    return r->store.erase(r->store.context, &r->state);
}

static void assert_blank(rig *r)
{
    for (uint32_t i = 0; i < sim_flash_size(&r->flash); i++)
        assert_int_equal(sim_flash_octets(&r->flash)[i], r->flash.port.erased);
}

static void assert_new(rig *r, uint32_t room)
{
    kith_record record;
    uint32_t cursor = 0;

    assert_int_equal(r->store.read(r->store.context, &cursor, &record), KITH_ERR_NOT_FOUND);
    assert_int_equal(r->state.highest_id, 0);
    assert_int_equal(r->state.damaged + r->state.torn, 0);
    assert_int_equal(r->state.room, room);
}

static void fill_with_nonsense(rig *r, int what)
{
    uint8_t *octets = sim_flash_octets(&r->flash);
    layout_sector header = {.version = LAYOUT_VERSION, .held = 1, .sequence = 1};

    if (what == 1)
        memset(octets, 0x42, sim_flash_size(&r->flash));
    if (what == 2)
        octets[sim_flash_size(&r->flash) - 1] ^= 1;
    if (what == 3) { /* of another geometry */
        kith_flash other = r->flash.port;

        other.sector_size *= 2;
        layout_encode_sector(&other, &header, octets);
    }
    sim_flash_settle(&r->flash);
}

static void a_factory_reset_leaves_an_empty_opened_store_whatever_was_there(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES + EXTREMES; g++)
        for (int what = 0; what < 4; what++) {
            uint32_t room;
            rig r;

            rig_make(&r, geometry_of(g));
            assert_int_equal(rig_open(&r), KITH_OK);
            room = r.state.room;
            for (uint32_t i = 0; what == 0 && i < 40; i++)
                assert_int_equal(rig_put(&r, 1, (uint8_t)i, 19), KITH_OK);
            fill_with_nonsense(&r, what);
            assert_true(what == 0 || rig_restart(&r) == KITH_ERR_DAMAGED);
            assert_int_equal(rig_erase(&r), KITH_OK);
            assert_blank(&r);
            assert_new(&r, room);
            assert_int_equal(rig_put(&r, 1, 9, 19), KITH_OK);
            assert_true(rig_holds(&r, 1, 9, 19));
            assert_int_equal(rig_restart(&r), KITH_OK);
            assert_true(rig_holds(&r, 1, 9, 19));
            rig_free(&r);
        }
}

enum { HELD = 3 };

/* Never a part of it as if it were all. */
static void check_half_erased(rig *r, uint32_t room)
{
    kith_status status = rig_restart(r);
    uint32_t there = 0;

    assert_true(status == KITH_OK || status == KITH_ERR_DAMAGED);
    for (uint32_t id = 1; status == KITH_OK && id <= HELD; id++)
        there += rig_holds(r, id, (uint8_t)(id + HELD), 19);
    assert_true(status != KITH_OK || there == HELD || r->state.damaged > 0 || (there == 0 && r->state.highest_id == 0));
    assert_int_equal(rig_erase(r), KITH_OK);
    assert_blank(r);
    assert_new(r, room);
}

static void a_factory_reset_cut_short_is_told(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES + EXTREMES; g++)
        for (uint32_t operation = 1; operation < 20; operation++)
            for (uint32_t octets = 0; octets < 200000; octets = octets * 3 + 7) {
                uint32_t room;
                rig r;

                if (geometry_of(g)->sector_size * geometry_of(g)->sector_count > 16384 &&
                    (operation > 4 || octets % 2 == 0))
                    continue;
                rig_make(&r, geometry_of(g));
                assert_int_equal(rig_open(&r), KITH_OK);
                room = r.state.room;
                for (uint32_t i = 0; i < 12; i++) /* the newest six are two versions of each */
                    assert_int_equal(rig_put(&r, 1 + i % HELD, (uint8_t)(1 + i % (2 * HELD)), 19), KITH_OK);
                r.flash.tear = (sim_flash_tear)((operation + octets) % 3);
                sim_flash_cut(&r.flash, operation, octets);
                (void)rig_erase(&r);
                check_half_erased(&r, room);
                rig_free(&r);
            }
}

/* Once the log is marked, until its last sector is half erased: nothing is left, and nothing is said to be damaged. */
static void a_factory_reset_cut_short_is_finished_at_the_next_start(void **state)
{
    (void)state;
    for (uint32_t operation = 2; operation < 5; operation++) /* the first one marks, the fifth erases the mark */
        for (uint32_t octets = 0; octets < 512; octets += 73) {
            uint32_t room;
            rig r;

            rig_make(&r, &geometries[2]);
            assert_int_equal(rig_open(&r), KITH_OK);
            room = r.state.room;
            for (uint32_t id = 1; id < 10; id++)
                assert_int_equal(rig_put(&r, id, 1, 60), KITH_OK);
            sim_flash_cut(&r.flash, operation, octets);
            assert_int_not_equal(rig_erase(&r), KITH_OK);
            assert_int_equal(rig_restart(&r), KITH_OK);
            assert_blank(&r);
            assert_new(&r, room);
            rig_free(&r);
        }
}

static uint32_t sectors_left(rig *r)
{
    uint32_t left = 0, last = UINT32_MAX;

    for (uint32_t i = 0; i < sim_flash_size(&r->flash); i++)
        if (sim_flash_octets(&r->flash)[i] != 0xff && i / 512 != last) {
            last = i / 512;
            left++;
        }
    return left;
}

static void a_sector_that_cannot_be_erased_is_told_and_the_others_are_erased(void **state)
{
    (void)state;
    for (uint32_t operation = 2; operation < 6; operation++) { /* the first one marks */
        rig r;

        rig_make(&r, &geometries[2]);
        assert_int_equal(rig_open(&r), KITH_OK);
        for (uint32_t id = 1; id < 10; id++)
            assert_int_equal(rig_put(&r, id, 1, 60), KITH_OK);
        sim_flash_fail(&r.flash, operation, 5);
        assert_int_equal(rig_erase(&r), KITH_ERR_STORAGE);
        assert_true(sectors_left(&r) <= 1);
        assert_int_equal(rig_erase(&r), KITH_OK);
        assert_blank(&r);
        rig_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_record_is_told_and_taken_and_no_larger_one),
        cmocka_unit_test(a_put_collects_two_sectors_at_most),
        cmocka_unit_test(a_removal_collects_one_sector_at_most),
        cmocka_unit_test(what_never_changes_moves_too),
        cmocka_unit_test(a_wrong_bit_and_a_cut_behind_it_lose_nothing),
        cmocka_unit_test(what_failed_to_be_written_is_destroyed_too),
        cmocka_unit_test(a_platform_may_compute_the_checks),
        cmocka_unit_test(a_factory_reset_leaves_an_empty_opened_store_whatever_was_there),
        cmocka_unit_test(a_factory_reset_cut_short_is_told),
        cmocka_unit_test(a_factory_reset_cut_short_is_finished_at_the_next_start),
        cmocka_unit_test(a_sector_that_cannot_be_erased_is_told_and_the_others_are_erased),
    };
    const struct CMUnitTest with_index[] = {
        cmocka_unit_test(with_an_index_work_does_not_grow_with_what_is_there),
        cmocka_unit_test(a_full_index_finds_everything),
    };
    int failed = 0;

    for (rig_next_mode = RIG_WALKS; rig_next_mode < RIG_MODES; rig_next_mode++)
        failed += cmocka_run_group_tests_name("bounds of the log", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("bounds of the log with an index", with_index, NULL, NULL);
}
