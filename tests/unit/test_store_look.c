/* Looking into a log (kith/store_look.h) tells what the log itself tells, writes nothing, and needs nothing to be
 * sound. */
#include "kith/store_look.h"
#include "test_store_support.h"

typedef struct {
    unsigned of[KITH_LOOK_DAMAGED + 1]; /* records and removals, by state */
    unsigned sectors[KITH_LOOK_DAMAGED + 1];
    unsigned damaged; /* that stood */
    kith_status status;
    kith_store_state state;
} seen;

static seen look(rig *r)
{
    seen s = {.status = KITH_OK};
    uint32_t cursor = 0, operations = r->flash.counts.operations, steps = 0;
    kith_status status;
    kith_look found;

    s.status = kith_flash_log_look(&r->log, &s.state);
    while ((status = kith_flash_log_look_next(&r->log, &cursor, &found)) == KITH_OK) {
        if (found.form == KITH_LOOK_SECTOR)
            s.sectors[found.state]++;
        else
            s.of[found.state]++;
        s.damaged += found.stood;
        assert_true(++steps <= sim_flash_size(&r->flash));
    }
    assert_int_equal(status, KITH_ERR_NOT_FOUND);
    assert_int_equal(r->flash.counts.operations, operations);
    return s;
}

static void what_stands_was_replaced_or_was_removed_is_told_apart(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++) {
        rig r;
        seen s;

        if (geometries[g].sector_size < 512)
            continue; /* all this shall lie in one sector */
        rig_make(&r, &geometries[g]);
        assert_int_equal(rig_open(&r), KITH_OK);
        assert_int_equal(rig_put(&r, 1, 1, 20), KITH_OK);
        assert_int_equal(rig_put(&r, 1, 2, 20), KITH_OK);
        assert_int_equal(rig_put(&r, 2, 1, 20), KITH_OK);
        s = look(&r);
        assert_int_equal(s.status, KITH_OK);
        assert_int_equal(s.of[KITH_LOOK_STANDS], 2);
        assert_int_equal(s.of[KITH_LOOK_REPLACED], 1);
        assert_int_equal(s.damaged, 0);
        assert_int_equal(s.sectors[KITH_LOOK_NEWEST], 1);
        assert_int_equal(s.sectors[KITH_LOOK_FREE], geometries[g].sector_count - 1);
        assert_int_equal(rig_remove(&r, 2), KITH_OK);
        s = look(&r);
        assert_int_equal(s.of[KITH_LOOK_REMOVED], 0);
        assert_true(rig_holds(&r, 1, 2, 20)); /* the log goes on after being looked at */
        assert_true(rig_lacks(&r, 2));
        assert_int_equal(rig_put(&r, 3, 1, 20), KITH_OK);
        rig_free(&r);
    }
}

/* Octets of a record are handed out where it is whole, and nowhere else. */
static void octets_come_with_what_is_whole(void **state)
{
    kith_record wanted = make_record(1, 1, 20);
    uint32_t cursor = 0;
    kith_store_state told;
    kith_look found;
    rig r;

    (void)state;
    rig_make(&r, &geometries[4]);
    assert_int_equal(rig_open(&r), KITH_OK);
    assert_int_equal(rig_put(&r, 1, 1, 20), KITH_OK);
    for (int spoilt = 0; spoilt < 2; spoilt++) {
        cursor = 0;
        assert_int_equal(kith_flash_log_look(&r.log, &told), KITH_OK);
        assert_int_equal(kith_flash_log_look_next(&r.log, &cursor, &found), KITH_OK);
        assert_int_equal(found.form, KITH_LOOK_SECTOR);
        assert_int_equal(kith_flash_log_look_next(&r.log, &cursor, &found), KITH_OK);
        assert_int_equal(found.form, KITH_LOOK_RECORD);
        assert_int_equal(found.state, spoilt ? KITH_LOOK_DAMAGED : KITH_LOOK_STANDS);
        if (!spoilt)
            assert_memory_equal(found.record.octets, wanted.octets, sizeof wanted.octets);
        else
            for (size_t i = 0; i < sizeof found.record.octets; i++)
                assert_int_equal(found.record.octets[i], 0);
        sim_flash_octets(&r.flash)[found.offset + 12] ^= 1;
        sim_flash_settle(&r.flash);
    }
    rig_free(&r);
}

/* Each octet of the log in turn: what the log counts as damaged is what is told as lost, and nothing crashes. */
static void every_spoilt_octet_is_told_as_the_log_counts_it(void **state)
{
    (void)state;
    for (int g = 2; g < 4; g++) {
        const sim_flash_geometry *geometry = &geometries[g];
        rig r;

        rig_make(&r, geometry);
        assert_int_equal(rig_open(&r), KITH_OK);
        for (uint32_t i = 0; i < 40; i++)
            assert_int_equal(rig_put(&r, 1 + i % 7, (uint8_t)i, 24), KITH_OK);
        for (uint32_t at = 0; at < sim_flash_size(&r.flash); at++) {
            seen s;

            sim_flash_octets(&r.flash)[at] ^= 0x24;
            sim_flash_settle(&r.flash);
            s = look(&r);
            if (s.status == KITH_OK)
                assert_true((s.damaged == 0) == (s.state.damaged == 0));
            sim_flash_octets(&r.flash)[at] ^= 0x24;
            sim_flash_settle(&r.flash);
        }
        assert_int_equal(look(&r).damaged, 0);
        rig_free(&r);
    }
}

static void a_cut_is_seen_as_it_was_left(void **state)
{
    rig r;
    seen s;

    (void)state;
    rig_make(&r, &geometries[4]);
    assert_int_equal(rig_open(&r), KITH_OK);
    assert_int_equal(rig_put(&r, 1, 1, 40), KITH_OK);
    sim_flash_cut(&r.flash, 1, 20);
    assert_int_equal(rig_put(&r, 1, 2, 40), KITH_ERR_STORAGE);
    sim_flash_power_on(&r.flash);
    s = look(&r);
    assert_int_equal(s.of[KITH_LOOK_STANDS], 1);
    assert_int_equal(s.of[KITH_LOOK_TORN], 1);
    assert_int_equal(s.state.torn, 1);
    assert_int_equal(s.damaged, 0);
    rig_free(&r);
}

static void what_is_no_log_is_walked_all_the_same(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++) {
        rig r;
        seen s;

        rig_make(&r, &geometries[g]);
        s = look(&r);
        assert_int_equal(s.status, KITH_OK);
        assert_int_equal(s.sectors[KITH_LOOK_FREE], geometries[g].sector_count);
        memset(sim_flash_octets(&r.flash), 0x5a, sim_flash_size(&r.flash));
        sim_flash_settle(&r.flash);
        s = look(&r);
        assert_int_equal(s.status, KITH_ERR_DAMAGED);
        assert_int_equal(s.sectors[KITH_LOOK_LOST], geometries[g].sector_count);
        rig_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_was_replaced_or_was_removed_is_told_apart),
        cmocka_unit_test(octets_come_with_what_is_whole),
        cmocka_unit_test(every_spoilt_octet_is_told_as_the_log_counts_it),
        cmocka_unit_test(a_cut_is_seen_as_it_was_left),
        cmocka_unit_test(what_is_no_log_is_walked_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
