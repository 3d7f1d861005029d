/* A sealed store, with and without a counter, on a flash that fails, once or from now on, at each thing that is done to
 * it: a call says so in a bounded number of operations, what was durable stays, and when the flash works again so does
 * the store.  States are as large as a host may write them. */
#include <stdlib.h>

#include "cuts.h"
#include "tests/unit/test_seal_support.h"

enum { IDS = 6, TRIES = 4, KINDS = 2, BOND = 0, STATE = 1, NONE = 0 };

static const sim_flash_geometry flashes[] = {
    {4096, 3, 1, 0xff, true}, {1024, 6, 4, 0x00, false}, {2048, 3, 16, 0xff, false}, {1024, 7, 32, 0xff, false}};

enum { FLASHES = sizeof flashes / sizeof flashes[0] };

static const uint16_t lengths[KINDS] = {57, KITH_RECORD_MAX};

typedef struct {
    rig r;
    seal_device device;
    kith_sealed_store sealed;
    kith_store store;
    kith_store_state state;
    uint8_t *start; /* the flash, and the counter, that each life begins with */
    uint64_t start_counter;
    uint8_t fill[KINDS][IDS]; /* what stands; NONE: nothing does */
    uint8_t start_fill[KINDS][IDS];
} life;

typedef struct {
    uint8_t kind, id;
    bool removes;
} change;

static const change work[] = {{BOND, 3, false}, {STATE, 1, false}, {BOND, 2, false}, {BOND, 3, true},
                              {STATE, 1, true}, {BOND, 4, false},  {STATE, 2, false}};

enum { CHANGES = sizeof work / sizeof work[0] };

static uint32_t faults;

static uint32_t every(uint32_t everyday, uint32_t full)
{
    return cuts_full() ? full : cuts_brief() ? everyday * 3 : everyday;
}

/* ---- a store ---- */

static kith_record record_of(uint8_t kind, uint8_t id, uint8_t fill)
{
    kith_record record = seal_record(kind == BOND ? KITH_RECORD_BOND : KITH_RECORD_STATE, id, fill,
                                     (uint16_t)(lengths[kind] - fill % 8));

    record.octets[1] = fill;
    return record;
}

static kith_status do_change(life *l, const change *c, uint8_t fill)
{
    kith_record record = record_of(c->kind, c->id, fill);

    return c->removes ? l->store.remove(l->store.context, record.kind, c->id, &l->state)
                      : l->store.put(l->store.context, &record, &l->state);
}

static void note(life *l, const change *c, uint8_t fill)
{
    l->fill[c->kind][c->id] = c->removes ? NONE : fill;
}

static kith_status restart(life *l)
{
    kith_sealed_config config = {&l->r.store, &l->device.port, 1};

    sim_flash_power_on(&l->r.flash);
    memset(&l->r.log, 0xa5, sizeof l->r.log);
    memset(&l->sealed, 0xa5, sizeof l->sealed);
    rig_start(&l->r);
    assert_int_equal(kith_sealed_store_init(&l->sealed, &config, &l->store), KITH_OK);
    return l->store.open(l->store.context, &l->state);
}

/* What is handed out was put once, whole, in this place. */
static kith_status read_all(life *l, uint8_t out[KINDS][IDS])
{
    kith_record record;
    kith_status status;
    uint32_t cursor = 0;

    memset(out, NONE, KINDS * IDS);
    while ((status = l->store.read(l->store.context, &cursor, &record)) == KITH_OK) {
        uint8_t kind = record.kind == KITH_RECORD_BOND ? BOND : STATE;
        kith_record put;

        assert_true((kind == BOND || record.kind == KITH_RECORD_STATE) && record.id < IDS);
        put = record_of(kind, (uint8_t)record.id, record.octets[1]);
        if (!record.removed)
            assert_true(record.len == put.len && memcmp(record.octets, put.octets, put.len) == 0);
        out[kind][record.id] = record.removed ? NONE : record.octets[1];
    }
    return status;
}

/* ---- lives ---- */

static void make_life(life *l, const sim_flash_geometry *flash, bool counts)
{
    static const change prelude[] = {{BOND, 1, false}, {BOND, 2, false}, {STATE, 1, false}, {STATE, 1, false}};
    uint32_t size = flash->sector_size * flash->sector_count;

    memset(l, 0, sizeof *l);
    rig_next_mode = (rig_next_mode + 1) % RIG_MODES;
    rig_make(&l->r, flash);
    seal_device_make(&l->device, 0, counts);
    assert_int_equal(restart(l), KITH_OK);
    for (unsigned i = 0; i < 4 || l->r.flash.counts.programmed < size - flash->sector_size - 600; i++) {
        assert_int_equal(do_change(l, &prelude[i % 4], (uint8_t)(i % 200 + 1)), KITH_OK);
        note(l, &prelude[i % 4], (uint8_t)(i % 200 + 1));
    }
    l->start = malloc(size);
    assert_non_null(l->start);
    memcpy(l->start, sim_flash_octets(&l->r.flash), size);
    l->start_counter = l->device.counter;
    memcpy(l->start_fill, l->fill, sizeof l->fill);
}

static void free_life(life *l)
{
    free(l->start);
    rig_free(&l->r);
}

static void begin_again(life *l)
{
    memcpy(sim_flash_octets(&l->r.flash), l->start, sim_flash_size(&l->r.flash));
    memset(l->r.flash.half_erased, 0, l->r.flash.port.sector_count * sizeof *l->r.flash.half_erased);
    sim_flash_settle(&l->r.flash);
    l->device.counter = l->start_counter;
    memcpy(l->fill, l->start_fill, sizeof l->fill);
    assert_int_equal(restart(l), KITH_OK);
}

/* All is as it should be, but for what a call that failed was about: old or new. */
static void check(life *l, const change *open_question, uint8_t fill)
{
    uint8_t is[KINDS][IDS];

    assert_int_equal(read_all(l, is), KITH_ERR_NOT_FOUND);
    if (open_question != NULL) {
        uint8_t *one = &is[open_question->kind][open_question->id];

        if (*one == (open_question->removes ? NONE : fill))
            *one = l->fill[open_question->kind][open_question->id];
    }
    assert_memory_equal(is, l->fill, sizeof is);
}

/* Nothing goes on for ever. */
static void check_bounded(const life *l, const sim_flash_counts *before)
{
    uint32_t sectors = l->r.flash.port.sector_count;

    assert_true(l->r.flash.counts.operations - before->operations <= 2 * (40 + 12 * sectors));
    assert_true(l->r.flash.counts.syncs - before->syncs <= 2 * (10 + 6 * sectors));
}

static kith_status do_bounded(life *l, const change *c, uint8_t fill)
{
    sim_flash_counts before = l->r.flash.counts;
    kith_status status = do_change(l, c, fill);

    check_bounded(l, &before);
    if (status != KITH_OK)
        assert_int_equal(status, KITH_ERR_STORAGE);
    return status;
}

/* All changes, each again until it is done; a flash that goes on failing is healed before the last try. */
static void work_through(life *l, bool can_read)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        uint8_t fill = (uint8_t)(210 + i);
        kith_status status = KITH_ERR_STORAGE;

        for (unsigned t = 0; t < TRIES && status != KITH_OK; t++) {
            if (t + 1 == TRIES)
                sim_flash_power_on(&l->r.flash);
            status = do_bounded(l, &work[i], fill);
            if (status != KITH_OK && can_read)
                check(l, &work[i], fill);
        }
        assert_int_equal(status, KITH_OK);
        note(l, &work[i], fill);
    }
    sim_flash_power_on(&l->r.flash);
    check(l, NULL, 0);
    assert_int_equal(restart(l), KITH_OK);
    check(l, NULL, 0);
    assert_int_equal(l->state.damaged, 0);
}

/* A call failed, and the power went before it was done again. */
static void fail_and_restart(life *l)
{
    const change *failed = NULL;
    uint8_t fill = 0;

    for (unsigned i = 0; i < CHANGES && failed == NULL; i++) {
        fill = (uint8_t)(210 + i);
        if (do_bounded(l, &work[i], fill) != KITH_OK)
            failed = &work[i];
        else
            note(l, &work[i], fill);
    }
    assert_int_equal(restart(l), KITH_OK);
    check(l, failed, fill);
    assert_int_equal(l->state.damaged, 0);
}

/* ---- strikes ---- */

typedef void strike(life *l, uint32_t number, uint32_t detail);

static void fail_once(life *l, uint32_t number, uint32_t octets)
{
    sim_flash_fail(&l->r.flash, number, octets);
}

static void fail_on_and_on(life *l, uint32_t number, uint32_t octets)
{
    sim_flash_fail(&l->r.flash, number, octets);
    sim_flash_fail_on(&l->r.flash, UINT32_MAX);
}

static void flip(life *l, uint32_t number, uint32_t bit)
{
    sim_flash_flip(&l->r.flash, number, bit);
}

static void fail_sync(life *l, uint32_t number, uint32_t unused)
{
    (void)unused;
    sim_flash_fail_sync(&l->r.flash, number);
}

static void fail_read(life *l, uint32_t number, uint32_t times)
{
    sim_flash_fail_read(&l->r.flash, number, times);
}

static void flip_read(life *l, uint32_t number, uint32_t bit)
{
    sim_flash_flip_read(&l->r.flash, number, bit);
}

/* Answers whether it was struck. */
static bool strike_at(life *l, strike *plan, uint32_t detail, uint32_t number, bool restarts)
{
    uint32_t before = l->r.flash.counts.faults;

    begin_again(l);
    plan(l, number, detail);
    if (restarts)
        fail_and_restart(l);
    else /* with a counter, opening it again may have to write */
        work_through(l, plan != fail_read && (plan != fail_on_and_on || l->device.port.counter_read == NULL));
    return l->r.flash.counts.faults != before;
}

static void strike_each(strike *plan, uint32_t detail, uint32_t step)
{
    for (unsigned f = 0; f < 2 * FLASHES; f++) {
        static life l;

        make_life(&l, &flashes[f / 2], f % 2 == 1);
        for (unsigned restarts = 0; restarts < 2; restarts++)
            for (uint32_t number = 1 + f % step; strike_at(&l, plan, detail, number, restarts == 1); number += step)
                faults++;
        free_life(&l);
    }
}

static void a_failing_operation_is_told_and_done_again(void **state)
{
    static const uint32_t parts[] = {0, 9, 33, 120, UINT32_MAX};

    (void)state;
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        strike_each(fail_once, parts[i], every(4, 1));
}

static void a_flash_that_fails_on_and_on_is_used_when_it_works_again(void **state)
{
    (void)state;
    strike_each(fail_on_and_on, 0, every(4, 1));
    strike_each(fail_on_and_on, 20, every(4, 1));
    strike_each(fail_on_and_on, UINT32_MAX, every(4, 1));
}

static void a_bit_that_is_programmed_wrongly_is_told_or_written_again(void **state)
{
    (void)state;
    strike_each(flip, 3, every(4, 1));
    strike_each(flip, 200, every(4, 1));
}

static void a_failing_sync_is_told_and_done_again(void **state)
{
    (void)state;
    strike_each(fail_sync, 0, every(4, 1));
}

static void a_failing_read_is_told_and_a_misread_bit_costs_nothing(void **state)
{
    (void)state;
    strike_each(fail_read, 1, every(97, 11));
    strike_each(fail_read, UINT32_MAX, every(197, 23));
    strike_each(flip_read, 12, every(97, 11));
    strike_each(flip_read, 180, every(197, 23));
}

/* ---- erasing ---- */

/* As it was, or empty, or told to be damaged. */
static void check_half_erased(life *l, bool counts)
{
    static const uint8_t nothing[KINDS][IDS];
    kith_status status = restart(l);
    uint8_t is[KINDS][IDS];

    if (status == KITH_ERR_DAMAGED || (counts && status == KITH_ERR_ROLLED_BACK))
        return;
    assert_int_equal(status, KITH_OK);
    if (l->state.damaged != 0)
        return;
    assert_int_equal(read_all(l, is), KITH_ERR_NOT_FOUND);
    assert_true(memcmp(is, nothing, sizeof is) == 0 || memcmp(is, l->fill, sizeof is) == 0);
}

static kith_status erase(life *l)
{
    return l->store.erase(l->store.context, &l->state);
}

static bool erase_struck(life *l, strike *plan, uint32_t number, bool counts)
{
    static const uint8_t nothing[KINDS][IDS];
    sim_flash_counts before = l->r.flash.counts;
    uint8_t is[KINDS][IDS];
    kith_status status;

    begin_again(l);
    plan(l, number, 30);
    status = erase(l);
    check_bounded(l, &before);
    if (status != KITH_OK) {
        assert_int_equal(status, KITH_ERR_STORAGE);
        check_half_erased(l, counts);
        assert_int_equal(erase(l), KITH_OK);
    }
    assert_int_equal(restart(l), KITH_OK);
    assert_int_equal(l->state.damaged, 0);
    assert_int_equal(read_all(l, is), KITH_ERR_NOT_FOUND);
    assert_memory_equal(is, nothing, sizeof is);
    memset(l->fill, NONE, sizeof l->fill);
    assert_int_equal(do_change(l, &work[0], 99), KITH_OK);
    note(l, &work[0], 99);
    assert_int_equal(restart(l), KITH_OK);
    check(l, NULL, 0);
    return l->r.flash.counts.faults != before.faults;
}

static void erasing_that_fails_is_told_and_done_again(void **state)
{
    static strike *const strikes[] = {fail_once, fail_on_and_on, fail_sync, fail_read};

    (void)state;
    for (unsigned f = 0; f < 2 * FLASHES; f++) {
        static life l;

        make_life(&l, &flashes[f / 2], f % 2 == 1);
        for (unsigned i = 0; i < sizeof strikes / sizeof strikes[0]; i++)
            for (uint32_t number = 1; erase_struck(&l, strikes[i], number, f % 2 == 1); number++)
                faults++;
        free_life(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_operation_is_told_and_done_again),
        cmocka_unit_test(a_flash_that_fails_on_and_on_is_used_when_it_works_again),
        cmocka_unit_test(a_bit_that_is_programmed_wrongly_is_told_or_written_again),
        cmocka_unit_test(a_failing_sync_is_told_and_done_again),
        cmocka_unit_test(a_failing_read_is_told_and_a_misread_bit_costs_nothing),
        cmocka_unit_test(erasing_that_fails_is_told_and_done_again),
    };
    int failed = cmocka_run_group_tests_name("a sealed store on a flash that fails", tests, NULL, NULL);

    fprintf(stderr, "%u faults tried\n", (unsigned)faults);
    return failed;
}
