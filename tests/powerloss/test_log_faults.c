/* The flash log on a flash that fails, once or from now on, at each thing that is done to it: a call says so in a
 * bounded number of operations, what was durable stays, and when the flash works again so does the log.  And on one
 * whose octets change: what is hit is told and not believed, and nothing else is lost. */
#include <stdlib.h>

#include "tests/unit/test_store_support.h"

enum { IDS = 6, TRIES = 4, KINDS = 2, BOND = 0, STATE = 1, NONE = 0 };

static const sim_flash_geometry flashes[] = {{256, 2, 1, 0xff, true},   {256, 2, 4, 0x00, false},
                                             {512, 4, 4, 0xff, true},   {512, 3, 32, 0xff, false},
                                             {1024, 4, 8, 0x00, false}, {2048, 3, 16, 0xff, true}};

enum { FLASHES = sizeof flashes / sizeof flashes[0] };

typedef struct {
    rig r;
    uint8_t *start;           /* the flash that each life begins with */
    uint8_t fill[KINDS][IDS]; /* what stands; NONE: nothing does */
    uint8_t start_fill[KINDS][IDS];
    uint8_t next_fill;
} life;

typedef struct {
    uint8_t kind, id;
    bool removes;
} change;

static const change work[] = {{BOND, 3, false},  {STATE, 1, false}, {STATE, 1, false}, {BOND, 2, false},
                              {BOND, 3, true},   {STATE, 1, false}, {STATE, 1, true},  {BOND, 4, false},
                              {STATE, 1, false}, {BOND, 4, true},   {BOND, 1, false}};

enum { CHANGES = sizeof work / sizeof work[0] };

static uint32_t faults;

/* ---- records ---- */

/* The first octet says the rest. */
static kith_record record_of(const life *l, uint8_t kind, uint8_t id, uint8_t fill)
{
    uint16_t len = l->r.flash.port.sector_size * l->r.flash.port.sector_count <= 512 ? 20 : kind == BOND ? 57 : 40;
    kith_record record = make_record(id + kind * 1000u, fill, len);

    record.kind = kind == BOND ? KITH_RECORD_BOND : KITH_RECORD_STATE;
    record.id = id;
    record.octets[0] = fill;
    return record;
}

static kith_status do_change(life *l, const change *c, uint8_t fill)
{
    kith_record record = record_of(l, c->kind, c->id, fill);
    const kith_store *store = &l->r.store;

    return c->removes ? store->remove(store->context, record.kind, c->id, &l->r.state)
                      : store->put(store->context, &record, &l->r.state);
}

static void note(life *l, const change *c, uint8_t fill)
{
    l->fill[c->kind][c->id] = c->removes ? NONE : fill;
}

/* What is handed out was put once, whole, in this place. */
static kith_status read_all(life *l, uint8_t out[KINDS][IDS])
{
    kith_record record;
    kith_status status;
    uint32_t cursor = 0;

    memset(out, NONE, KINDS * IDS);
    while ((status = l->r.store.read(l->r.store.context, &cursor, &record)) == KITH_OK) {
        uint8_t kind = record.kind == KITH_RECORD_BOND ? BOND : STATE;
        kith_record put;

        assert_true((kind == BOND || record.kind == KITH_RECORD_STATE) && record.id < IDS);
        put = record_of(l, kind, (uint8_t)record.id, record.octets[0]);
        if (!record.removed)
            assert_true(record.len == put.len && memcmp(record.octets, put.octets, put.len) == 0);
        out[kind][record.id] = record.removed ? NONE : record.octets[0];
    }
    return status;
}

/* ---- lives ---- */

static void make_life(life *l, const sim_flash_geometry *flash)
{
    static const change prelude[] = {{BOND, 1, false}, {BOND, 2, false}, {STATE, 1, false}, {STATE, 1, false}};
    uint32_t size = flash->sector_size * flash->sector_count;

    memset(l, 0, sizeof *l);
    rig_make(&l->r, flash);
    l->next_fill = 1;
    assert_int_equal(rig_open(&l->r), KITH_OK);
    for (unsigned i = 0; i < 4 || l->r.flash.counts.programmed < size - flash->sector_size - 300; i++) {
        const change *c = &prelude[i % 4];

        if (i >= 4 && size <= 512)
            break;
        assert_int_equal(do_change(l, c, l->next_fill), KITH_OK);
        note(l, c, l->next_fill);
        l->next_fill = (uint8_t)(l->next_fill % 200 + 1);
    }
    l->start = malloc(size);
    assert_non_null(l->start);
    memcpy(l->start, sim_flash_octets(&l->r.flash), size);
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
    sim_flash_stick(&l->r.flash, 0, 0, 0);
    memcpy(l->fill, l->start_fill, sizeof l->fill);
    assert_int_equal(rig_restart(&l->r), KITH_OK);
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
static kith_status do_bounded(life *l, const change *c, uint8_t fill)
{
    sim_flash_counts before = l->r.flash.counts;
    uint32_t sectors = l->r.flash.port.sector_count;
    kith_status status = do_change(l, c, fill);

    assert_true(l->r.flash.counts.operations - before.operations <= 40 + 12 * sectors);
    assert_true(l->r.flash.counts.syncs - before.syncs <= 10 + 6 * sectors);
    assert_true(status == KITH_OK || status == KITH_ERR_STORAGE);
    return status;
}

static void heal(life *l)
{
    sim_flash_power_on(&l->r.flash);
}

/* All changes, each again until it is done; a flash that goes on failing is healed before the last try. */
static void work_through(life *l, bool reads_fail)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        uint8_t fill = (uint8_t)(210 + i);
        kith_status status = KITH_ERR_STORAGE;

        for (unsigned t = 0; t < TRIES && status != KITH_OK; t++) {
            if (t + 1 == TRIES)
                heal(l);
            status = do_bounded(l, &work[i], fill);
            if (status != KITH_OK && !reads_fail)
                check(l, &work[i], fill);
        }
        assert_int_equal(status, KITH_OK);
        note(l, &work[i], fill);
    }
    heal(l);
    check(l, NULL, 0);
    assert_int_equal(rig_restart(&l->r), KITH_OK);
    check(l, NULL, 0);
    assert_int_equal(l->r.state.damaged, 0);
}

/* One life for each thing that is done to the flash: it is struck there. */
typedef void strike(life *l, uint32_t number, uint32_t detail);

static void strike_each(strike *plan, uint32_t detail, uint32_t every, bool reads_fail)
{
    for (unsigned f = 0; f < FLASHES; f++) {
        static life l;
        bool struck = true;

        make_life(&l, &flashes[f]);
        for (uint32_t number = 1; struck; number += 1 + number % every) {
            uint32_t before = l.r.flash.counts.faults;

            begin_again(&l);
            plan(&l, number, detail);
            work_through(&l, reads_fail);
            struck = l.r.flash.counts.faults != before;
            faults += struck;
        }
        free_life(&l);
    }
}

static uint32_t every(uint32_t everyday)
{
    return getenv("KITH_FULL") != NULL ? 1 : everyday;
}

/* ---- operations ---- */

static void fail_once(life *l, uint32_t number, uint32_t octets)
{
    sim_flash_fail(&l->r.flash, number, octets);
}

static void fail_twice(life *l, uint32_t number, uint32_t octets)
{
    sim_flash_fail(&l->r.flash, number, octets);
    sim_flash_fail_on(&l->r.flash, 1);
}

static void fail_on_and_on(life *l, uint32_t number, uint32_t octets)
{
    sim_flash_fail(&l->r.flash, number, octets);
    sim_flash_fail_on(&l->r.flash, UINT32_MAX);
}

static void fail_sync(life *l, uint32_t number, uint32_t unused)
{
    (void)unused;
    sim_flash_fail_sync(&l->r.flash, number);
}

static void a_failing_operation_is_told_and_done_again(void **state)
{
    static const uint32_t parts[] = {0, 1, 5, 9, 14, 33, 300, UINT32_MAX};

    (void)state;
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        strike_each(fail_once, parts[i], 1, false);
        strike_each(fail_twice, parts[i], every(3), false);
    }
}

static void a_flash_that_fails_on_and_on_can_be_read_and_is_used_when_it_works_again(void **state)
{
    (void)state;
    strike_each(fail_on_and_on, 0, 1, false);
    strike_each(fail_on_and_on, 7, 1, false);
    strike_each(fail_on_and_on, UINT32_MAX, 1, false);
}

static void a_failing_sync_is_told_and_done_again(void **state)
{
    (void)state;
    strike_each(fail_sync, 0, 1, false);
}

/* ---- reads ---- */

static void fail_read(life *l, uint32_t number, uint32_t times)
{
    sim_flash_fail_read(&l->r.flash, number, times);
}

static void flip_read(life *l, uint32_t number, uint32_t bit)
{
    sim_flash_flip_read(&l->r.flash, number, bit);
}

static void a_failing_read_is_told_and_done_again(void **state)
{
    (void)state;
    strike_each(fail_read, 1, every(24), true);
    strike_each(fail_read, 2, every(40), true);
    strike_each(fail_read, UINT32_MAX, every(24), true);
}

/* What was misread once is not thrown away. */
static void a_bit_that_is_misread_once_costs_nothing(void **state)
{
    static const uint32_t bits[] = {0, 6, 12, 37, 64, 100, 180, 251};

    (void)state;
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++)
        strike_each(flip_read, bits[i], every(40), false);
}

/* ---- octets that change ---- */

/* How many are not as they should be; what an earlier version stands for, too, is a loss. */
static unsigned losses(life *l)
{
    uint8_t is[KINDS][IDS];
    unsigned count = 0;

    assert_int_equal(read_all(l, is), KITH_ERR_NOT_FOUND);
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned id = 0; id < IDS; id++)
            count += is[kind][id] != l->fill[kind][id];
    return count;
}

/* Where the headers of sectors are: whatever is behind one may be lost with it. */
static bool is_in_sector_header(const life *l, uint32_t address)
{
    uint32_t unit = l->r.flash.port.program_size;

    return address % l->r.flash.port.sector_size < (24 + unit - 1) / unit * unit + 2 * unit;
}

/* A loss is told; what is lost is one record, or what one sector held; and the log goes on. */
static void decay(life *l, uint32_t address, uint8_t bits)
{
    static const change more = {BOND, 5, false};
    unsigned lost, told;

    begin_again(l);
    sim_flash_octets(&l->r.flash)[address] ^= bits;
    sim_flash_settle(&l->r.flash);
    assert_int_equal(rig_restart(&l->r), KITH_OK);
    faults++;
    lost = losses(l);
    told = l->r.state.damaged + l->r.state.torn;
    assert_true(lost == 0 || told > 0);
    assert_true(lost <= 1 || is_in_sector_header(l, address));
    if (do_bounded(l, &more, 209) != KITH_OK)
        assert_int_equal(do_bounded(l, &more, 209), KITH_OK);
    l->fill[BOND][5] = 209;
    assert_int_equal(rig_restart(&l->r), KITH_OK);
    assert_true(losses(l) <= lost);
    l->fill[BOND][5] = NONE;
}

static bool can_be_opened_without_its_header(const life *l, uint32_t address)
{
    uint32_t size = l->r.flash.port.sector_size, headers = 0;

    for (uint32_t i = 0; i < l->r.flash.port.sector_count; i++)
        headers += memcmp(l->start + i * size, "Kith", 4) == 0;
    return headers > 1 || !is_in_sector_header(l, address);
}

static void an_octet_that_decays_costs_its_record_and_is_told(void **state)
{
    static const uint8_t patterns[] = {0x01, 0x80, 0x10, 0xff, 0x3c};
    unsigned count = getenv("KITH_FULL") != NULL ? sizeof patterns : 1;

    (void)state;
    for (unsigned f = 0; f < FLASHES; f++) {
        static life l;

        make_life(&l, &flashes[f]);
        for (uint32_t at = 0; at < sim_flash_size(&l.r.flash); at += every(3))
            for (unsigned i = 0; i < count; i++)
                if (l.start[at] != l.r.flash.port.erased && can_be_opened_without_its_header(&l, at))
                    decay(&l, at, patterns[(at + i) % sizeof patterns]);
        free_life(&l);
    }
}

/* A bit that cannot be programmed, or not be erased: a call goes around it or says that it could not. */
static void live_with_stuck_bit(life *l, uint32_t address, uint8_t bits)
{
    begin_again(l);
    sim_flash_stick(&l->r.flash, address, bits, l->r.flash.port.erased);
    for (unsigned i = 0; i < CHANGES; i++) {
        kith_status status = do_bounded(l, &work[i], (uint8_t)(210 + i));

        check(l, &work[i], (uint8_t)(210 + i));
        if (status != KITH_OK)
            break;
        note(l, &work[i], (uint8_t)(210 + i));
    }
    assert_int_equal(rig_restart(&l->r), KITH_OK);
    faults++;
}

static void a_bit_that_cannot_be_programmed_loses_nothing(void **state)
{
    (void)state;
    for (unsigned f = 0; f < FLASHES; f++) {
        static life l;

        make_life(&l, &flashes[f]);
        for (uint32_t at = 0; at < sim_flash_size(&l.r.flash); at += every(3))
            if (l.start[at] == l.r.flash.port.erased)
                live_with_stuck_bit(&l, at, (uint8_t)(1u << at % 8));
        free_life(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_operation_is_told_and_done_again),
        cmocka_unit_test(a_flash_that_fails_on_and_on_can_be_read_and_is_used_when_it_works_again),
        cmocka_unit_test(a_failing_sync_is_told_and_done_again),
        cmocka_unit_test(a_failing_read_is_told_and_done_again),
        cmocka_unit_test(a_bit_that_is_misread_once_costs_nothing),
        cmocka_unit_test(an_octet_that_decays_costs_its_record_and_is_told),
        cmocka_unit_test(a_bit_that_cannot_be_programmed_loses_nothing),
    };
    int failed = cmocka_run_group_tests_name("a flash that fails", tests, NULL, NULL);

    fprintf(stderr, "%u faults tried\n", (unsigned)faults);
    return failed;
}
