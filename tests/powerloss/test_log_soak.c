/* A flash log that lives long and loses power often: random changes on every geometry, random cuts, in the recovery
 * too.  The seed is printed; KITH_SEED=N repeats it. */
#include <stdlib.h>

#include "sim/rng.h"
#include "tests/unit/test_store_support.h"

enum { IDS = 12, STEPS = 250 };

typedef struct {
    rig r;
    sim_rng rng;
    struct {
        bool stands;
        uint8_t fill;
        uint16_t len;
    } model[IDS];
    uint32_t cuts, full, live;
} soak;

static uint64_t seed = 20260101;
static uint32_t total;

static uint32_t chance(soak *s, uint32_t below)
{
    return sim_rng_below(&s->rng, below);
}

static void plan_cut(soak *s, uint32_t operations)
{
    uint32_t operation = 1 + chance(s, operations), octets = chance(s, 300);

    sim_flash_cut(&s->r.flash, operation, octets);
}

static bool is_modelled(soak *s, const kith_record *is, uint32_t id)
{
    kith_record wanted = make_record(id, s->model[id].fill, s->model[id].len);

    if (!s->model[id].stands)
        return is->kind == 0;
    return is->kind == wanted.kind && is->len == wanted.len &&
           memcmp(is->octets, wanted.octets, sizeof is->octets) == 0;
}

static void read_all(soak *s, kith_record all[IDS])
{
    kith_status status;
    kith_record record;
    uint32_t cursor = 0;

    memset(all, 0, IDS * sizeof all[0]);
    while ((status = s->r.store.read(s->r.store.context, &cursor, &record)) == KITH_OK) {
        assert_true(record.id > 0 && record.id < IDS);
        if (record.removed)
            memset(&all[record.id], 0, sizeof record);
        else
            all[record.id] = record;
    }
    assert_int_equal(status, KITH_ERR_NOT_FOUND);
}

/* The one that was being changed (0: none) may be as it was to become; then the model follows. */
static void check(soak *s, uint32_t id, bool stands, uint8_t fill, uint16_t len)
{
    kith_record all[IDS];

    read_all(s, all);
    if (id != 0 && !is_modelled(s, &all[id], id)) {
        s->model[id].stands = stands;
        s->model[id].fill = fill;
        s->model[id].len = len;
    }
    for (uint32_t i = 1; i < IDS; i++)
        if (!is_modelled(s, &all[i], i))
            fail_msg("record %u is neither old nor new", (unsigned)i);
}

/* With an index, without, and with one that is too small. */
static void check_all_modes_tell_the_same(soak *s)
{
    rig_mode mode = s->r.mode;
    kith_store_state told[RIG_MODES];
    bool removed[RIG_MODES];

    sim_flash_power_on(&s->r.flash);
    s->r.flash.read_only = true;
    for (s->r.mode = RIG_WALKS; s->r.mode < RIG_MODES; s->r.mode++) {
        assert_int_equal(rig_restart(&s->r), KITH_OK);
        told[s->r.mode] = s->r.state;
        removed[s->r.mode] = s->r.log.unfinished;
        assert_int_equal(s->r.log.live, s->live = s->r.mode == RIG_WALKS ? s->r.log.live : s->live);
    }
    for (unsigned i = 1; i < RIG_MODES; i++) {
        assert_int_equal(told[i].highest_id, told[0].highest_id);
        assert_int_equal(told[i].room, told[0].room);
        assert_int_equal(told[i].damaged, told[0].damaged);
        assert_int_equal(told[i].torn, told[0].torn);
        assert_int_equal(removed[i], removed[0]);
    }
    s->r.flash.read_only = false;
    s->r.mode = mode;
}

/* The recovery may be cut, too. */
static void restart(soak *s)
{
    kith_status status;

    for (unsigned i = 0; i < 20 && chance(s, 3) == 0; i++) {
        sim_flash_power_on(&s->r.flash);
        plan_cut(s, 4);
        assert_int_equal(kith_flash_log_init(&s->r.log, &s->r.flash.port, &s->r.store), KITH_OK);
        status = rig_open(&s->r);
        s->cuts += sim_flash_has_cut(&s->r.flash);
        assert_true(sim_flash_has_cut(&s->r.flash) || status == KITH_OK);
    }
    check_all_modes_tell_the_same(s);
    assert_int_equal(rig_restart(&s->r), KITH_OK);
    if (s->r.flash.tear == SIM_TEAR_FORWARD)
        assert_int_equal(s->r.state.damaged, 0);
}

static void settle(soak *s, kith_status answer, uint32_t room, uint32_t id, bool stands, uint8_t fill, uint16_t len)
{
    bool was_cut = sim_flash_has_cut(&s->r.flash);

    if (answer == KITH_ERR_FULL) {
        assert_true(stands && room == 0);
        s->full++;
        return;
    }
    assert_true(answer == KITH_OK || was_cut);
    if (answer == KITH_OK) {
        s->model[id].stands = stands;
        s->model[id].fill = fill;
        s->model[id].len = len;
        id = 0;
    }
    if (was_cut) {
        s->cuts++;
        restart(s);
    }
    check(s, id, stands, fill, len);
}

static void put(soak *s, uint16_t most)
{
    uint32_t id = 1 + chance(s, IDS - 1), room = s->r.state.room;
    uint8_t fill = (uint8_t)chance(s, 256);
    uint16_t len = (uint16_t)chance(s, 1u + most);

    settle(s, rig_put(&s->r, id, fill, len), room, id, true, fill, len);
}

static void take_away(soak *s)
{
    uint32_t id = 1 + chance(s, IDS - 1);
    kith_record old = make_record(id, s->model[id].fill, s->model[id].len);
    bool had = s->model[id].stands && s->model[id].len >= 12;
    kith_status answer = rig_remove(&s->r, id);

    if (answer == KITH_OK && had)
        assert_false(rig_finds(&s->r, old.octets, 12));
    settle(s, answer, 0, id, false, 0, 0);
}

static void live(soak *s, unsigned steps)
{
    uint16_t most = rig_most(&s->r, chance(s, 2) == 0 ? KITH_STORED_MAX : 60);

    for (unsigned i = 0; i < steps; i++) {
        if (chance(s, 2) == 0)
            plan_cut(s, chance(s, 4) == 0 ? 30 : 4);
        if (chance(s, 4) == 0)
            take_away(s);
        else
            put(s, most);
        if (chance(s, 8) == 0) {
            sim_flash_power_off(&s->r.flash);
            restart(s);
            check(s, 0, false, 0, 0);
        }
    }
}

/* So that the ring is full from the start. */
static void fill_ring(soak *s)
{
    uint32_t octets = sim_flash_size(&s->r.flash);

    for (uint32_t i = 0; i < octets / 200 && octets > 16384; i++) {
        uint32_t id = 1 + i % (IDS - 1);

        assert_int_equal(rig_put(&s->r, id, (uint8_t)i, s->r.state.largest), KITH_OK);
        s->model[id].stands = true;
        s->model[id].fill = (uint8_t)i;
        s->model[id].len = s->r.state.largest;
    }
}

static void run(const sim_flash_geometry *geometry, uint64_t stream, sim_flash_tear tear, bool forgets, unsigned steps)
{
    static soak s;

    memset(&s, 0, sizeof s);
    sim_rng_seed(&s.rng, seed, stream);
    rig_next_mode = (rig_next_mode + 1) % RIG_MODES;
    rig_make(&s.r, geometry);
    s.r.flash.tear = tear;
    s.r.flash.forgets = forgets;
    assert_int_equal(rig_open(&s.r), KITH_OK);
    fill_ring(&s);
    live(&s, steps);
    total += s.cuts;
    rig_free(&s.r);
}

static void a_long_life_with_many_cuts(void **state)
{
    unsigned lives = getenv("KITH_FULL") != NULL ? 100 : 8;

    (void)state;
    for (unsigned g = 0; g < GEOMETRIES; g++)
        for (unsigned i = 0; i < lives; i++)
            run(&geometries[g], g * 100 + i, i % 4 == 2 ? SIM_TEAR_SCATTERED : SIM_TEAR_FORWARD, i % 4 == 3,
                geometries[g].sector_size * geometries[g].sector_count > 16384 ? STEPS / 10 : STEPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_life_with_many_cuts),
    };
    const char *again = getenv("KITH_SEED");
    int failed;

    if (again != NULL)
        seed = strtoull(again, NULL, 0);
    fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
    failed = cmocka_run_group_tests_name("a long life of the log", tests, NULL, NULL);
    fprintf(stderr, "%u power cuts tried\n", (unsigned)total);
    return failed;
}
