/* The flash log on a medium that decays, fails or is something else: nothing false is handed out, nothing vanishes
 * unsaid, and what can be kept is kept. */
#include "store/layout.h"
#include "test_store_support.h"

static const sim_flash_geometry small = {512, 4, 4, 0xff, true};

/* Where this record's octets lie, or the first after `from`. */
static uint32_t find_octets(rig *r, uint32_t from, const uint8_t *octets, size_t len)
{
    const uint8_t *all = sim_flash_octets(&r->flash);

    for (uint32_t i = from; i + len <= sim_flash_size(&r->flash); i++)
        if (memcmp(all + i, octets, len) == 0)
            return i;
    fail_msg("no such octets");
    return 0;
}

static uint32_t find_record(rig *r, uint32_t id, uint8_t fill, uint16_t len)
{
    kith_record record = make_record(id, fill, len);

    return find_octets(r, 0, record.octets, len);
}

static void spoil(rig *r, uint32_t address)
{
    sim_flash_octets(&r->flash)[address] ^= 0x10;
    sim_flash_settle(&r->flash);
}

/* ---- something else ---- */

static void assert_refused(rig *r, kith_status why)
{
    uint8_t before[2048];
    kith_record record = make_record(1, 1, 10);

    memcpy(before, sim_flash_octets(&r->flash), sizeof before);
    sim_flash_settle(&r->flash);
    assert_int_equal(rig_restart(r), why);
    assert_int_equal(r->store.put(r->store.context, &record, &r->state), why);
    assert_int_equal(rig_remove(r, 1), why);
    assert_memory_equal(sim_flash_octets(&r->flash), before, sizeof before);
    assert_int_equal(r->flash.counts.operations, 0);
}

static void what_is_no_store_is_left_alone(void **state)
{
    rig r;

    (void)state;
    rig_make(&r, &small);
    memset(sim_flash_octets(&r.flash), 0, 2048);
    assert_refused(&r, KITH_ERR_DAMAGED);
    memset(sim_flash_octets(&r.flash), 0xff, 2048);
    memcpy(sim_flash_octets(&r.flash) + 700, "a letter to a friend", 20);
    assert_refused(&r, KITH_ERR_DAMAGED);
    memset(sim_flash_octets(&r.flash), 0xff, 2048);
    sim_flash_octets(&r.flash)[2047] = 0xfe; /* a single bit */
    assert_refused(&r, KITH_ERR_DAMAGED);
    rig_free(&r);
}

static void a_store_of_another_geometry_is_none(void **state)
{
    static const sim_flash_geometry other = {512, 4, 2, 0xff, true};
    uint8_t octets[2048];
    rig r;

    (void)state;
    rig_make(&r, &other);
    assert_int_equal(rig_open(&r), KITH_OK);
    assert_int_equal(rig_put(&r, 1, 1, 20), KITH_OK);
    memcpy(octets, sim_flash_octets(&r.flash), sizeof octets);
    rig_free(&r);
    rig_make(&r, &small);
    memcpy(sim_flash_octets(&r.flash), octets, sizeof octets);
    assert_refused(&r, KITH_ERR_DAMAGED);
    rig_free(&r);
}

static void a_later_version_is_left_alone(void **state)
{
    layout_sector header = {.version = LAYOUT_VERSION, .held = 1, .sequence = 1};
    uint8_t geometry[6] = {0, 2, 0, 0, 4, 0}, *octets;
    uint32_t check;
    rig r;

    (void)state;
    rig_make(&r, &small);
    octets = sim_flash_octets(&r.flash);
    layout_encode_sector(&r.flash.port, &header, octets);
    octets[4] = LAYOUT_VERSION + 1;
    check = layout_crc(&r.flash.port, layout_crc(&r.flash.port, 0, geometry, sizeof geometry), octets, 20);
    for (unsigned i = 0; i < 4; i++)
        octets[20 + i] = (uint8_t)(check >> 8 * i);
    assert_refused(&r, KITH_ERR_NEWER);
    rig_free(&r);
}

/* ---- decay ---- */

enum { COUNT = 7 };

static void fill_small(rig *r)
{
    rig_make(r, &small);
    assert_int_equal(rig_open(r), KITH_OK);
    for (uint32_t id = 1; id <= COUNT; id++)
        assert_int_equal(rig_put(r, id, (uint8_t)id, 60), KITH_OK);
}

/* Any single bit: what is not as it was put is not there, and somebody is told. */
static void one_bit_anywhere_is_found(void **state)
{
    uint8_t whole[2048];
    rig r;

    (void)state;
    fill_small(&r);
    memcpy(whole, sim_flash_octets(&r.flash), sizeof whole);
    for (uint32_t bit = 0; bit < 8 * sizeof whole; bit++) {
        uint32_t missing = 0;

        memcpy(sim_flash_octets(&r.flash), whole, sizeof whole);
        sim_flash_octets(&r.flash)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        sim_flash_settle(&r.flash);
        r.flash.read_only = true;
        assert_int_equal(rig_restart(&r), KITH_OK);
        for (uint32_t id = 1; id <= COUNT; id++) {
            bool is_there = rig_holds(&r, id, (uint8_t)id, 60);

            assert_true(is_there || rig_lacks(&r, id));
            missing += !is_there;
        }
        assert_true(missing == 0 || r.state.damaged + r.state.torn > 0);
        assert_true(missing <= 1 || bit / 8 % 512 < LAYOUT_SECTOR_HEADER);
        r.flash.read_only = false;
        assert_int_equal(rig_put(&r, 99, 9, 60), KITH_OK);
        assert_true(rig_holds(&r, 99, 9, 60));
    }
    rig_free(&r);
}

static void what_was_replaced_does_not_come_back(void **state)
{
    rig r;

    (void)state;
    rig_make(&r, &small);
    assert_int_equal(rig_open(&r), KITH_OK);
    assert_int_equal(rig_put(&r, 1, 1, 40), KITH_OK);
    assert_int_equal(rig_put(&r, 1, 2, 40), KITH_OK);
    assert_int_equal(rig_put(&r, 2, 3, 40), KITH_OK);
    spoil(&r, find_record(&r, 1, 2, 40));
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 1);
    assert_true(rig_lacks(&r, 1));
    assert_true(rig_holds(&r, 2, 3, 40));
    for (int i = 0; i < 60; i++) /* also when it was carried to other sectors */
        assert_int_equal(rig_put(&r, 2, (uint8_t)i, 40), KITH_OK);
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 1);
    assert_true(rig_lacks(&r, 1));
    assert_int_equal(rig_remove(&r, 1), KITH_OK); /* it is there enough to be removed */
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 0);
    rig_free(&r);
}

/* The last record of a sector that was left, while the log is open. */
static void nor_does_it_before_a_restart(void **state)
{
    rig r;

    (void)state;
    rig_make(&r, &small);
    assert_int_equal(rig_open(&r), KITH_OK);
    for (uint32_t i = 0; i < 6; i++) /* as many as a sector takes */
        assert_int_equal(rig_put(&r, i % 5, (uint8_t)i, 60), KITH_OK);
    assert_int_equal(rig_put(&r, 6, 6, 60), KITH_OK);
    assert_int_equal(r.log.active, 1);
    spoil(&r, find_record(&r, 0, 5, 60));
    assert_true(rig_lacks(&r, 0));
    assert_true(rig_holds(&r, 6, 6, 60));
    rig_free(&r);
}

static void a_sector_without_a_header_is_told_and_kept(void **state)
{
    uint8_t lost[512];
    rig r;

    (void)state;
    fill_small(&r);
    spoil(&r, 8);
    memcpy(lost, sim_flash_octets(&r.flash), sizeof lost);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_restart(&r), KITH_OK);
        assert_int_equal(r.state.damaged, 1);
        assert_true(rig_lacks(&r, 1));
        assert_true(rig_holds(&r, COUNT, COUNT, 60));
        for (int k = 0; k < 40; k++)
            assert_int_equal(rig_put(&r, COUNT, k == 39 ? COUNT : (uint8_t)k, 60), KITH_OK);
        assert_memory_equal(sim_flash_octets(&r.flash), lost, sizeof lost);
    }
    assert_int_equal(rig_remove(&r, COUNT), KITH_OK); /* it may hold one, too */
    for (uint32_t i = 0; i < sizeof lost; i++)
        assert_true(sim_flash_octets(&r.flash)[i] == 0xff || memcmp(sim_flash_octets(&r.flash), "Kith", 4) == 0);
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 0);
    rig_free(&r);
}

/* Nothing is left of it to keep: it is told, and then its place is used again. */
static void a_sector_that_is_gone_is_told_and_used_again(void **state)
{
    bool used = false;
    rig r;

    (void)state;
    fill_small(&r);
    memset(sim_flash_octets(&r.flash), 0xff, 512);
    sim_flash_settle(&r.flash);
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 1);
    assert_true(rig_lacks(&r, 1));
    for (int i = 0; i < 40; i++) {
        assert_int_equal(rig_put(&r, COUNT, (uint8_t)i, 60), KITH_OK);
        used = used || sim_flash_octets(&r.flash)[0] != 0xff;
    }
    assert_true(used);
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 0);
    rig_free(&r);
}

/* Cleaning up after a power cut does not clean that away. */
static void a_sector_without_a_header_outlives_power_cuts(void **state)
{
    uint8_t lost[512];
    rig r;

    (void)state;
    fill_small(&r);
    spoil(&r, 8);
    memcpy(lost, sim_flash_octets(&r.flash), sizeof lost);
    for (uint32_t i = 0; i < 200; i++) {
        sim_flash_cut(&r.flash, 1 + i % 7, i % 50);
        (void)rig_put(&r, COUNT, (uint8_t)i, 60);
        assert_int_equal(rig_restart(&r), KITH_OK);
        assert_int_equal(r.state.damaged, 1);
        assert_memory_equal(sim_flash_octets(&r.flash), lost, sizeof lost);
    }
    rig_free(&r);
}

/* The newest sector is gone: the log does not silently go back to what was before it. */
static void a_lost_newest_sector_is_told(void **state)
{
    rig r;
    uint32_t newest;

    (void)state;
    fill_small(&r);
    newest = r.log.active;
    assert_true(newest > 0);
    spoil(&r, newest * 512 + 8);
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_true(r.state.damaged > 0);
    assert_true(rig_lacks(&r, COUNT));
    assert_true(rig_holds(&r, 1, 1, 60));
    assert_int_equal(rig_put(&r, 50, 5, 60), KITH_OK);
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_true(r.state.damaged > 0);
    assert_true(rig_holds(&r, 50, 5, 60));
    rig_free(&r);
}

/* What cannot be read at all stays where it is while there are other sectors to collect. */
static void an_unreadable_record_stays_while_there_is_room(void **state)
{
    kith_record second = make_record(2, 2, 60);
    uint32_t at;
    rig r;

    (void)state;
    rig_make(&r, &small);
    assert_int_equal(rig_open(&r), KITH_OK);
    for (uint32_t id = 1; id <= 3; id++)
        assert_int_equal(rig_put(&r, id, (uint8_t)id, 60), KITH_OK);
    at = find_record(&r, 2, 2, 60);
    spoil(&r, at - 7); /* its length */
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 1);
    assert_true(rig_lacks(&r, 2));
    assert_true(rig_holds(&r, 3, 3, 60));
    for (int i = 0; i < 60; i++)
        assert_int_equal(rig_put(&r, 1, (uint8_t)i, 60), KITH_OK);
    assert_memory_equal(sim_flash_octets(&r.flash) + at, second.octets, 60);
    assert_int_equal(rig_remove(&r, 3), KITH_OK); /* what is removed might be there */
    assert_false(rig_finds(&r, second.octets, 60));
    assert_true(rig_holds(&r, 1, 59, 60));
    rig_free(&r);
}

/* ---- failures ---- */

static void octets_that_come_out_wrong_are_written_again(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < 8 * 76; bit++) {
        rig r;

        rig_make(&r, &small);
        assert_int_equal(rig_open(&r), KITH_OK);
        assert_int_equal(rig_put(&r, 1, 1, 60), KITH_OK);
        sim_flash_flip(&r.flash, 1, bit);
        assert_int_equal(rig_put(&r, 1, 2, 60), KITH_OK);
        assert_true(rig_holds(&r, 1, 2, 60));
        assert_int_equal(rig_restart(&r), KITH_OK);
        assert_int_equal(r.state.damaged + r.state.torn, 0);
        assert_true(rig_holds(&r, 1, 2, 60));
        rig_free(&r);
    }
}

/* The medium fails once, wherever: the call says so, what was there is there, and the next call works. */
static void a_failure_is_told_and_the_next_call_works(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++)
        for (uint32_t operation = 1; operation < 12; operation++) {
            uint16_t len = geometries[g].sector_size == 256 ? 20 : 60;
            kith_status status;
            bool failed;
            rig r;

            rig_make(&r, &geometries[g]);
            assert_int_equal(rig_open(&r), KITH_OK);
            assert_int_equal(rig_put(&r, 1, 1, len), KITH_OK);
            assert_int_equal(rig_put(&r, 2, 2, len), KITH_OK);
            assert_int_equal(rig_put(&r, 3, 3, len), KITH_OK);
            sim_flash_fail(&r.flash, operation, 5);
            status = rig_remove(&r, 2);
            failed = status != KITH_OK;
            assert_true(status == KITH_OK || status == KITH_ERR_STORAGE);
            assert_true(rig_holds(&r, 1, 1, len));
            assert_true(rig_holds(&r, 3, 3, len));
            sim_flash_fail(&r.flash, 0, 0);
            assert_int_equal(rig_remove(&r, 2), KITH_OK);
            assert_true(rig_lacks(&r, 2));
            assert_int_equal(rig_put(&r, 4, 4, len), KITH_OK);
            assert_int_equal(rig_restart(&r), KITH_OK);
            assert_true(rig_holds(&r, 1, 1, len) && rig_holds(&r, 3, 3, len) && rig_holds(&r, 4, 4, len));
            assert_true(failed || operation > 1);
            assert_int_equal(r.flash.counts.mistakes, 0);
            rig_free(&r);
        }
}

static void a_medium_that_cannot_be_written_can_be_read(void **state)
{
    rig r;

    (void)state;
    fill_small(&r);
    sim_flash_cut(&r.flash, 2, 3); /* in the middle of destroying */
    assert_int_equal(rig_remove(&r, 2), KITH_ERR_STORAGE);
    r.flash.read_only = true;
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_true(rig_lacks(&r, 2));
    assert_true(rig_holds(&r, 1, 1, 60));
    assert_int_equal(rig_put(&r, 1, 9, 60), KITH_ERR_STORAGE);
    assert_int_equal(rig_remove(&r, 1), KITH_ERR_STORAGE);
    assert_true(rig_holds(&r, 1, 1, 60));
    r.flash.read_only = false;
    assert_int_equal(rig_put(&r, 1, 9, 60), KITH_OK); /* what was put off is done first */
    assert_true(rig_holds(&r, 1, 9, 60));
    rig_free(&r);
}

static void a_dead_medium_is_told(void **state)
{
    kith_record record;
    uint32_t cursor = 0;
    rig r;

    (void)state;
    fill_small(&r);
    sim_flash_power_off(&r.flash);
    assert_int_equal(r.store.read(r.store.context, &cursor, &record), KITH_ERR_STORAGE);
    assert_int_equal(rig_put(&r, 1, 1, 10), KITH_ERR_STORAGE);
    assert_int_equal(rig_remove(&r, 1), KITH_ERR_STORAGE);
    assert_int_equal(rig_open(&r), KITH_ERR_STORAGE);
    assert_int_equal(rig_restart(&r), KITH_OK);
    assert_true(rig_holds(&r, 1, 1, 60));
    rig_free(&r);
}

static void a_cursor_from_nowhere_does_no_harm(void **state)
{
    kith_record record;
    rig r;

    (void)state;
    fill_small(&r);
    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t cursor = i < 2500 ? i : 0xffffffff - i;
        kith_status status = r.store.read(r.store.context, &cursor, &record);

        assert_true(status == KITH_OK || status == KITH_ERR_NOT_FOUND);
        if (status == KITH_OK && !record.removed)
            assert_true(rig_holds(&r, record.id, (uint8_t)record.id, 60));
    }
    rig_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_store_is_left_alone),
        cmocka_unit_test(a_store_of_another_geometry_is_none),
        cmocka_unit_test(a_later_version_is_left_alone),
        cmocka_unit_test(one_bit_anywhere_is_found),
        cmocka_unit_test(what_was_replaced_does_not_come_back),
        cmocka_unit_test(nor_does_it_before_a_restart),
        cmocka_unit_test(a_sector_without_a_header_is_told_and_kept),
        cmocka_unit_test(a_sector_that_is_gone_is_told_and_used_again),
        cmocka_unit_test(a_sector_without_a_header_outlives_power_cuts),
        cmocka_unit_test(a_lost_newest_sector_is_told),
        cmocka_unit_test(an_unreadable_record_stays_while_there_is_room),
        cmocka_unit_test(octets_that_come_out_wrong_are_written_again),
        cmocka_unit_test(a_failure_is_told_and_the_next_call_works),
        cmocka_unit_test(a_medium_that_cannot_be_written_can_be_read),
        cmocka_unit_test(a_dead_medium_is_told),
        cmocka_unit_test(a_cursor_from_nowhere_does_no_harm),
    };

    int failed = 0;

    for (rig_next_mode = RIG_WALKS; rig_next_mode < RIG_MODES; rig_next_mode++)
        failed += cmocka_run_group_tests_name("damaged flash", tests, NULL, NULL);
    return failed;
}
