/* What kith/capacity.h tells is what the flash log does: logs are filled to the brim and live through a year. */
#include "kith/capacity.h"
#include "test_store_support.h"

enum { DAYS = 365, MAX_BONDS = 4096 };

static kith_flash flash_of(const sim_flash_geometry *g)
{
    return (kith_flash){.sector_size = g->sector_size,
                        .sector_count = g->sector_count,
                        .program_size = g->program_size,
                        .erased = g->erased,
                        .can_clear = g->can_clear};
}

static kith_status put(rig *r, uint8_t kind, uint32_t id, uint32_t fill, uint32_t len)
{
    kith_record record = make_record(id, (uint8_t)fill, (uint16_t)len);

    record.kind = kind;
    return r->store.put(r->store.context, &record, &r->state);
}

/* An index changes nothing but the time that it takes. */
static void make_indexed(rig *r, const sim_flash_geometry *g)
{
    static kith_flash_slot slots[KITH_FLASH_SLOTS(16, 1200)];

    rig_make(r, g);
    kith_flash_log_index(&r->log, slots, sizeof slots / sizeof slots[0]);
    assert_int_equal(rig_open(r), KITH_OK);
}

/* A record is as large as a host writes it, and sealed by a layer above. */
static uint32_t sealed(const kith_capacity_use *use, uint32_t octets)
{
    return octets + (use->sealed ? KITH_CAPACITY_SEAL : 0);
}

static kith_status put_bond(rig *r, const kith_capacity_use *use, uint32_t id, uint32_t fill)
{
    kith_status status = put(r, KITH_RECORD_BOND, id, fill, sealed(use, use->bond_octets));

    if (status == KITH_OK && use->state_octets != 0)
        status = put(r, KITH_RECORD_STATE, id, fill, sealed(use, use->state_octets));
    for (unsigned i = 0; i < use->chunks && status == KITH_OK; i++)
        status = put(r, (uint8_t)(14 + i), id, fill, sealed(use, use->chunk_octets));
    return status;
}

/* ---- what fits ---- */

static const kith_capacity_use fillings[] = {
    {.bond_octets = KITH_CAPACITY_BOND, .endurance = 1},
    {.bond_octets = KITH_CAPACITY_BOND, .state_octets = KITH_CAPACITY_STATE, .endurance = 1},
    {.bond_octets = KITH_CAPACITY_LEGACY + 2 * KITH_CAPACITY_CSRK, .state_octets = 60, .sealed = true, .endurance = 1},
    {.bond_octets = KITH_CAPACITY_BOND,
     .state_octets = KITH_CAPACITY_STATE,
     .chunk_octets = 100,
     .chunks = 2,
     .endurance = 1},
};

/* As many as are told can be kept, and each of their records replaced, many times over. */
static kith_status keep(const sim_flash_geometry *g, const kith_capacity_use *use, uint32_t bonds)
{
    uint32_t rounds = bonds < 50 ? 4 : 1;
    kith_status status;
    rig r;

    make_indexed(&r, g);
    status = put(&r, KITH_RECORD_DEVICE, 0, 1, sealed(use, KITH_CAPACITY_DEVICE));
    for (uint32_t round = 0; round <= rounds; round++)
        for (uint32_t id = 1; id <= bonds && status == KITH_OK; id++)
            status = put_bond(&r, use, id, round);
    rig_free(&r);
    return status;
}

static void a_log_takes_what_is_told_and_no_bond_more(void **state)
{
    (void)state;
    for (int g = 0; g < GEOMETRIES; g++)
        for (size_t i = 0; i < sizeof fillings / sizeof fillings[0]; i++) {
            kith_flash flash = flash_of(&geometries[g]);
            kith_capacity told;
            kith_capacity_problem problem = kith_capacity_tell(&flash, &fillings[i], &told);

            if (problem == KITH_CAPACITY_SECTOR_SMALL) {
                assert_int_equal(keep(&geometries[g], &fillings[i], 1), KITH_ERR_VALUE);
                continue;
            }
            assert_true(problem == KITH_CAPACITY_POSSIBLE || problem == KITH_CAPACITY_ROOM);
            assert_int_equal(problem == KITH_CAPACITY_ROOM, told.bonds == 0);
            if (told.bonds != 0)
                assert_int_equal(keep(&geometries[g], &fillings[i], told.bonds), KITH_OK);
            assert_int_equal(keep(&geometries[g], &fillings[i], told.bonds + 1), KITH_ERR_FULL);
        }
}

/* ---- a year ---- */

typedef struct {
    const char *says;
    sim_flash_geometry geometry;
    kith_capacity_use use;
    uint32_t days;
} life;

#define YEARLY(n) ((n)*DAYS)

static const life lives[] = {
    {"a lock: 4 sectors of 4 KiB, 8 bonds, 250 changes a day",
     {4096, 4, 4, 0xff, true},
     {.bonds = 8, .bond_octets = 57, .state_octets = 21, .state_changes = YEARLY(250), .starts = YEARLY(1)},
     DAYS},
    {"the same, never switched off",
     {4096, 4, 4, 0xff, true},
     {.bonds = 8, .bond_octets = 57, .state_octets = 21, .state_changes = YEARLY(250)},
     90},
    {"two sectors: everything is moved each time",
     {4096, 2, 8, 0xff, false},
     {.bonds = 8, .bond_octets = 57, .state_octets = 21, .state_changes = YEARLY(200)},
     90},
    {"nearly full: four sectors of 2 KiB, 45 bonds",
     {2048, 4, 4, 0xff, true},
     {.bonds = 45, .bond_octets = 57, .state_octets = 21, .state_changes = YEARLY(200)},
     90},
    {"eight sectors, nearly full of states",
     {2048, 8, 1, 0xff, true},
     {.bonds = 78, .bond_octets = 57, .state_octets = 64, .state_changes = YEARLY(100)},
     90},
    {"chunks, sealed, on a flash of 32 octets a program",
     {8192, 4, 32, 0xff, false},
     {.bonds = 12,
      .bond_octets = 89,
      .state_octets = 30,
      .chunk_octets = 120,
      .chunks = 2,
      .sealed = true,
      .state_changes = YEARLY(60),
      .chunk_changes = YEARLY(20),
      .starts = YEARLY(1)},
     90},
    {"visitors: three bonds a day come and go, destroyed by clearing",
     {4096, 4, 4, 0xff, true},
     {.bonds = 10,
      .bond_octets = 57,
      .state_octets = 21,
      .state_changes = YEARLY(40),
      .bonds_made = YEARLY(3),
      .bonds_removed = YEARLY(3)},
     90},
    {"visitors on a flash that cannot clear: a bond a day",
     {4096, 4, 16, 0xff, false},
     {.bonds = 10,
      .bond_octets = 57,
      .state_octets = 21,
      .state_changes = YEARLY(40),
      .bonds_made = YEARLY(1),
      .bonds_removed = YEARLY(1)},
     90},
    {"a gateway's: half full, visitors, sixteen octets a program",
     {4096, 8, 16, 0xff, false},
     {.bonds = 100,
      .bond_octets = 57,
      .state_octets = 21,
      .state_changes = YEARLY(100),
      .bonds_made = YEARLY(1),
      .bonds_removed = YEARLY(1)},
     30},
};

typedef struct {
    const life *life;
    rig rig;
    sim_rng rng;
    uint32_t ids[MAX_BONDS]; /* of the bonds that stand */
    uint32_t next_id;
    uint64_t written;
} living;

static void count_written(living *l, const kith_capacity_use *use, bool whole_bond, uint32_t octets)
{
    if (!whole_bond) {
        l->written += sealed(use, octets);
        return;
    }
    l->written += sealed(use, use->bond_octets) + (use->state_octets != 0 ? sealed(use, use->state_octets) : 0);
    l->written += use->chunks * sealed(use, use->chunk_octets);
}

static void make_one(living *l, uint32_t place)
{
    const kith_capacity_use *use = &l->life->use;

    l->ids[place] = ++l->next_id;
    assert_int_equal(put_bond(&l->rig, use, l->ids[place], 1), KITH_OK);
    count_written(l, use, true, 0);
}

static void remove_one(living *l, uint32_t place)
{
    kith_store *store = &l->rig.store;
    const kith_capacity_use *use = &l->life->use;

    assert_int_equal(store->remove(store->context, KITH_RECORD_BOND, l->ids[place], &l->rig.state), KITH_OK);
    assert_int_equal(store->remove(store->context, KITH_RECORD_STATE, l->ids[place], &l->rig.state), KITH_OK);
    for (unsigned i = 0; i < use->chunks; i++)
        assert_int_equal(store->remove(store->context, (uint8_t)(14 + i), l->ids[place], &l->rig.state), KITH_OK);
}

static void change_one(living *l, uint8_t kind, uint32_t octets)
{
    uint32_t place = sim_rng_below(&l->rng, l->life->use.bonds);

    assert_int_equal(put(&l->rig, kind, l->ids[place], sim_rng_below(&l->rng, 256), sealed(&l->life->use, octets)),
                     KITH_OK);
    count_written(l, &l->life->use, false, octets);
}

static void live_a_day(living *l)
{
    const kith_capacity_use *use = &l->life->use;

    if (use->starts != 0) {
        l->rig.log.open = false;
        assert_int_equal(rig_open(&l->rig), KITH_OK);
    }
    for (uint32_t i = 0; i < use->state_changes / DAYS; i++)
        change_one(l, KITH_RECORD_STATE, use->state_octets);
    for (uint32_t i = 0; i < use->chunk_changes / DAYS; i++)
        change_one(l, (uint8_t)(14 + sim_rng_below(&l->rng, use->chunks)), use->chunk_octets);
    for (uint32_t i = 0; i < use->bonds_removed / DAYS; i++) {
        uint32_t place = sim_rng_below(&l->rng, use->bonds);

        remove_one(l, place);
        make_one(l, place);
    }
}

static void check_within_a_fifth(const char *what, uint64_t told, uint64_t seen)
{
    print_message(", %s told %lu, seen %lu", what, (unsigned long)told, (unsigned long)seen);
    assert_in_range(told * 100, seen * 83, seen * 120);
}

static void compare(const life *one, const kith_capacity *told, const sim_flash_counts *before, const living *l)
{
    const sim_flash_counts *after = &l->rig.flash.counts;

    print_message("%s, %u days", one->says, (unsigned)one->days);
    check_within_a_fifth("erases", (uint64_t)told->erases * one->days / DAYS, after->erases - before->erases);
    check_within_a_fifth("octets programmed", told->programmed * one->days / DAYS,
                         after->programmed - before->programmed);
    print_message("\n");
    assert_int_equal(told->written * one->days / DAYS, l->written);
    assert_int_equal(l->rig.state.damaged, 0);
}

static void live_a_year(const life *one)
{
    kith_capacity_use use = one->use;
    kith_flash flash = flash_of(&one->geometry);
    living *l = test_calloc(1, sizeof *l);
    sim_flash_counts before;
    kith_capacity told;

    use.endurance = 10000;
    assert_int_equal(kith_capacity_tell(&flash, &use, &told), KITH_CAPACITY_POSSIBLE);
    l->life = one;
    sim_rng_seed(&l->rng, 6, 0);
    make_indexed(&l->rig, &one->geometry);
    assert_int_equal(put(&l->rig, KITH_RECORD_DEVICE, 0, 1, sealed(&use, KITH_CAPACITY_DEVICE)), KITH_OK);
    for (uint32_t i = 0; i < use.bonds; i++)
        make_one(l, i);
    for (int day = 0; day < 30; day++) /* until it has gone around */
        live_a_day(l);
    before = l->rig.flash.counts;
    l->written = 0;
    for (uint32_t day = 0; day < one->days; day++)
        live_a_day(l);
    compare(one, &told, &before, l);
    rig_free(&l->rig);
    test_free(l);
}

static void a_year_wears_the_flash_as_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof lives[0]; i++)
        live_a_year(&lives[i]);
}

/* ---- what cannot be ---- */

static void what_cannot_be_is_told_by_name(void **state)
{
    static const struct {
        sim_flash_geometry geometry;
        kith_capacity_problem problem;
    } wrong[] = {
        {{4096, 4, 3, 0xff, true}, KITH_CAPACITY_PROGRAM_SIZE},
        {{4096, 4, 64, 0xff, true}, KITH_CAPACITY_PROGRAM_SIZE},
        {{4096, 4, 0, 0xff, true}, KITH_CAPACITY_PROGRAM_SIZE},
        {{4096, 4, 4, 0x55, true}, KITH_CAPACITY_ERASED},
        {{128, 4, 4, 0xff, true}, KITH_CAPACITY_SECTOR_SIZE},
        {{262144, 4, 4, 0xff, true}, KITH_CAPACITY_SECTOR_SIZE},
        {{4100, 4, 8, 0xff, true}, KITH_CAPACITY_SECTOR_SIZE},
        {{4096, 1, 4, 0xff, true}, KITH_CAPACITY_SECTOR_COUNT},
        {{4096, 65536, 4, 0xff, true}, KITH_CAPACITY_SECTOR_COUNT},
        {{131072, 32768, 4, 0xff, true}, KITH_CAPACITY_FLASH_SIZE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        kith_flash flash = flash_of(&wrong[i].geometry);
        kith_capacity_use use = KITH_CAPACITY_USE_DEFAULT;
        kith_capacity told, nothing = {0};

        assert_int_equal(kith_capacity_tell(&flash, &use, &told), wrong[i].problem);
        assert_memory_equal(&told, &nothing, sizeof told);
        assert_true(kith_capacity_problem_text(wrong[i].problem)[0] != '\0');
    }
}

/* Whatever kith_flash_log_init() takes is possible here, and nothing else. */
static void the_log_takes_the_same_geometries(void **state)
{
    static const uint32_t sizes[] = {128, 256, 260, 288, 320, 384, 512, 1000, 1024, 131072, 131104};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned unit = 1; unit <= 64; unit *= 2) {
            sim_flash_geometry g = {sizes[i], 4, (uint16_t)unit, 0xff, true};
            kith_flash flash = flash_of(&g);
            kith_capacity_use use = KITH_CAPACITY_USE_DEFAULT;
            kith_capacity_problem problem;
            kith_capacity told;
            kith_flash_log log;
            kith_store store;

            problem = kith_capacity_tell(&flash, &use, &told);
            assert_int_equal(problem == KITH_CAPACITY_POSSIBLE || problem == KITH_CAPACITY_ROOM,
                             kith_flash_log_init(&log, &flash, &store) == KITH_OK);
        }
}

static void a_use_that_cannot_be_is_told_by_name(void **state)
{
    static const sim_flash_geometry g = {4096, 4, 4, 0xff, true};
    kith_flash flash = flash_of(&g);
    kith_capacity told;
    kith_capacity_use use;

    (void)state;
    use = KITH_CAPACITY_USE_DEFAULT;
    use.bond_octets = KITH_RECORD_MAX + 1;
    assert_int_equal(kith_capacity_tell(&flash, &use, &told), KITH_CAPACITY_RECORD_SIZE);
    use = KITH_CAPACITY_USE_DEFAULT;
    use.bond_octets = 0;
    assert_int_equal(kith_capacity_tell(&flash, &use, &told), KITH_CAPACITY_RECORD_SIZE);
    use = KITH_CAPACITY_USE_DEFAULT;
    use.chunks = 1;
    assert_int_equal(kith_capacity_tell(&flash, &use, &told), KITH_CAPACITY_RECORD_SIZE);
    use = KITH_CAPACITY_USE_DEFAULT;
    use.state_changes = KITH_CAPACITY_MANY + 1;
    assert_int_equal(kith_capacity_tell(&flash, &use, &told), KITH_CAPACITY_USE);
    use = KITH_CAPACITY_USE_DEFAULT;
    use.endurance = 0;
    assert_int_equal(kith_capacity_tell(&flash, &use, &told), KITH_CAPACITY_USE);
    use = KITH_CAPACITY_USE_DEFAULT;
    use.bonds = 1000;
    assert_int_equal(kith_capacity_tell(&flash, &use, &told), KITH_CAPACITY_ROOM);
    assert_in_range(told.bonds, 1, 999);
}

/* No answer overflows where all is as large as it may be: more use never lives longer. */
static void the_extremes_have_answers(void **state)
{
    static const uint32_t changes[] = {1, 1000, 100000, 36500000};
    kith_capacity_use use = KITH_CAPACITY_USE_DEFAULT;

    (void)state;
    use.chunk_octets = KITH_RECORD_MAX;
    use.chunks = KITH_CAPACITY_CHUNKS;
    use.endurance = 100000;
    for (int g = 0; g < 3; g++) {
        static const sim_flash_geometry wide[] = {
            {131072, 32767, 32, 0xff, true}, {131072, 2, 1, 0x00, false}, {32768, 65535, 8, 0xff, false}};
        kith_flash flash = flash_of(&wide[g]);
        uint32_t years = UINT32_MAX;

        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
            kith_capacity told;

            use.bonds = 0;
            use.state_changes = use.chunk_changes = use.bonds_made = use.bonds_removed = use.starts = changes[i];
            assert_int_equal(kith_capacity_tell(&flash, &use, &told), KITH_CAPACITY_POSSIBLE);
            assert_true(told.used < told.usable && told.programmed > told.written);
            assert_true(told.erases > 0 && told.years_x10 <= years);
            years = told.years_x10;
        }
    }
}

/* ---- the other way round ---- */

static void the_sectors_told_are_the_fewest(void **state)
{
    static const uint32_t years[] = {1, 20, 300};

    (void)state;
    for (int g = 0; g < GEOMETRIES; g++)
        for (size_t i = 0; i < sizeof years / sizeof years[0]; i++) {
            kith_flash flash = flash_of(&geometries[g]);
            kith_capacity_use use = KITH_CAPACITY_USE_DEFAULT;
            kith_capacity told;
            uint32_t sectors;

            use.bonds = 20;
            use.state_changes = YEARLY(100);
            assert_int_equal(kith_capacity_sectors(&flash, &use, years[i], &sectors, &told), KITH_CAPACITY_POSSIBLE);
            assert_true(told.bonds >= 20 && told.years_x10 >= years[i] * 10);
            flash.sector_count = sectors - 1;
            assert_true(sectors == 2 || kith_capacity_tell(&flash, &use, &told) != KITH_CAPACITY_POSSIBLE ||
                        told.years_x10 < years[i] * 10);
        }
}

static void what_no_number_of_sectors_does_is_told(void **state)
{
    static const sim_flash_geometry g = {256, 2, 1, 0xff, true};
    kith_flash flash = flash_of(&g);
    kith_capacity_use use = KITH_CAPACITY_USE_DEFAULT;
    kith_capacity told;
    uint32_t sectors;

    (void)state;
    use.bonds = 10000000;
    assert_int_equal(kith_capacity_sectors(&flash, &use, 1, &sectors, &told), KITH_CAPACITY_ROOM);
    assert_int_equal(sectors, 0);
    use.bonds = 1;
    use.endurance = 1;
    use.state_changes = KITH_CAPACITY_MANY;
    assert_int_equal(kith_capacity_sectors(&flash, &use, 100, &sectors, &told), KITH_CAPACITY_YEARS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_takes_what_is_told_and_no_bond_more),
        cmocka_unit_test(a_year_wears_the_flash_as_told),
        cmocka_unit_test(what_cannot_be_is_told_by_name),
        cmocka_unit_test(the_log_takes_the_same_geometries),
        cmocka_unit_test(a_use_that_cannot_be_is_told_by_name),
        cmocka_unit_test(the_extremes_have_answers),
        cmocka_unit_test(the_sectors_told_are_the_fewest),
        cmocka_unit_test(what_no_number_of_sectors_does_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
