/* Power is cut while the flash log is erased (factory reset), while what that left is opened, and while it is erased
 * again.  What is left is as it was, or empty, or says that it is damaged: never a part of the bonds as if that were
 * all.  Erasing again always works; once it was told, not one octet is left. */
#include <stdlib.h>

#include "cuts.h"

enum { RECORDS = 12, DEPTH = 2, MANY = 96 };

static const sim_flash_geometry flashes[] = {
    {256, 2, 1, 0xff, true},   {256, 2, 32, 0xff, false}, {256, 8, 2, 0x00, true},    {512, 4, 4, 0x00, false},
    {512, 3, 32, 0xff, false}, {1024, 3, 8, 0xff, true},  {2048, 3, 16, 0xff, false}, {4096, 4, 4, 0xff, true}};

enum { FLASHES = sizeof flashes / sizeof flashes[0] };

typedef struct {
    tape_image image, work;
    tape tape; /* of what is being cut */
} level;

typedef struct {
    rig r;
    tape_recorder recorder;
    kith_record model[RECORDS]; /* by id; kind 0: none */
    cuts_tear tear;
    level levels[DEPTH + 2];
    sim_rng rng;
    const char *name;
} scene;

static uint32_t total;

/* ---- before ---- */

static kith_record record_of(const scene *s, uint32_t id, uint8_t fill)
{
    uint16_t len = sim_flash_size(&s->r.flash) <= 512 ? 19 : 57;
    kith_record record = make_record(id, fill, id == 0 ? 19 : len);

    record.kind = id == 0 ? KITH_RECORD_DEVICE : KITH_RECORD_BOND;
    return record;
}

static void put(scene *s, uint32_t id, uint8_t fill)
{
    s->model[id] = record_of(s, id, fill);
    assert_int_equal(s->r.store.put(s->r.store.context, &s->model[id], &s->r.state), KITH_OK);
}

static void prepare_device(scene *s)
{
    put(s, 0, 0x10);
}

/* A device and two bonds, all in the first sector. */
static void prepare_few(scene *s)
{
    prepare_device(s);
    put(s, 1, 0x21);
    if (sim_flash_size(&s->r.flash) > 512)
        put(s, 2, 0x42);
}

/* As after years: records and their earlier versions in all sectors that are used. */
static void prepare_many(scene *s)
{
    prepare_few(s);
    for (uint32_t id = 3; id < RECORDS && s->r.state.room > 1; id++)
        put(s, id, (uint8_t)(id * 16));
    for (uint32_t i = 0; i < 3 * sim_flash_size(&s->r.flash) / MANY; i++)
        if (s->model[i % RECORDS].kind != 0)
            put(s, i % RECORDS, (uint8_t)(0x80 + i));
}

/* What stood is damaged: no sector's header is whole. */
static void prepare_damaged(scene *s)
{
    prepare_many(s);
    for (uint32_t i = 0; i < s->r.flash.port.sector_count; i++)
        sim_flash_octets(&s->r.flash)[i * s->r.flash.port.sector_size + 5] ^= 0x11;
    sim_flash_settle(&s->r.flash);
}

/* ---- what must hold ---- */

static void fail_erase(const scene *s, const char *what)
{
    const kith_flash *g = &s->r.flash.port;

    fail_msg("%s, %u x %u in units of %u, tear %d: %s", s->name, (unsigned)g->sector_count, (unsigned)g->sector_size,
             (unsigned)g->program_size, (int)s->tear, what);
}

static kith_status open_log(scene *s)
{
    memset(&s->r.log, 0xa5, sizeof s->r.log);
    rig_start(&s->r);
    return rig_open(&s->r);
}

typedef struct {
    uint32_t same, missing, other;
} comparison;

static comparison compare(scene *s)
{
    kith_record is[RECORDS] = {{0}}, record;
    comparison c = {0};
    uint32_t cursor = 0;

    while (s->r.store.read(s->r.store.context, &cursor, &record) == KITH_OK) {
        assert_true(record.id < RECORDS);
        is[record.id] = record;
    }
    for (uint32_t id = 0; id < RECORDS; id++) {
        bool stands = is[id].kind != 0 && !is[id].removed;
        bool same =
            stands && is[id].len == s->model[id].len && memcmp(is[id].octets, s->model[id].octets, is[id].len) == 0;

        c.same += same;
        c.missing += s->model[id].kind != 0 && !stands;
        c.other += stands && !same;
    }
    return c;
}

/* All, nothing, or damage that is told. */
static void check_left(scene *s, kith_status status)
{
    comparison c;

    if (status == KITH_ERR_DAMAGED)
        return;
    if (status != KITH_OK)
        fail_erase(s, kith_status_name(status));
    c = compare(s);
    if (s->r.state.damaged != 0)
        return;
    if (c.other != 0 || (c.same != 0 && c.missing != 0))
        fail_erase(s, "a part is left, as if it were all");
}

static void check_nothing_left(scene *s)
{
    for (uint32_t i = 0; i < s->r.flash.port.sector_count; i++)
        if (s->r.flash.half_erased[i])
            fail_erase(s, "a sector is half erased");
    for (uint32_t i = 0; i < sim_flash_size(&s->r.flash); i++)
        if (s->r.flash.octets[i] != s->r.flash.port.erased)
            fail_erase(s, "an octet is left");
}

static void check_new(scene *s)
{
    kith_record first = record_of(s, 1, 0x77), is;

    assert_int_equal(open_log(s), KITH_OK);
    assert_int_equal(s->r.state.damaged, 0);
    assert_int_equal(s->r.state.highest_id, 0);
    assert_int_equal(compare(s).same, 0);
    assert_int_equal(s->r.store.put(s->r.store.context, &first, &s->r.state), KITH_OK);
    assert_int_equal(open_log(s), KITH_OK);
    assert_int_equal(rig_get(&s->r, 1, &is), KITH_OK);
    assert_memory_equal(is.octets, first.octets, first.len);
}

/* Who goes on without erasing it again has a store. */
static void check_can_be_used(scene *s)
{
    kith_record another = record_of(s, 1, 0x55), is;

    if (!s->r.log.open || s->r.state.room == 0)
        return;
    assert_int_equal(s->r.store.put(s->r.store.context, &another, &s->r.state), KITH_OK);
    assert_int_equal(open_log(s), KITH_OK);
    assert_int_equal(rig_get(&s->r, 1, &is), KITH_OK);
    assert_memory_equal(is.octets, another.octets, another.len);
}

/* ---- cutting ---- */

static void tear_all(scene *s, unsigned here, bool told);

/* levels[here].image is a flash that a cut left. */
static void try_open(scene *s, unsigned here)
{
    level *l = &s->levels[here];

    image_load(&l->image, &s->r.flash);
    tape_clear(&l->tape);
    s->recorder.to = &l->tape;
    check_left(s, open_log(s));
    s->recorder.to = NULL;
    check_left(s, open_log(s));
    check_can_be_used(s);
    if (here <= DEPTH)
        tear_all(s, here, false);
}

static void try_erase(scene *s, unsigned here)
{
    level *l = &s->levels[here];

    image_load(&l->image, &s->r.flash);
    (void)open_log(s);
    image_free(&l->image); /* opening may have repaired something */
    image_new(&l->image, &s->r.flash);
    tape_clear(&l->tape);
    s->recorder.to = &l->tape;
    assert_int_equal(s->r.store.erase(s->r.store.context, &s->r.state), KITH_OK);
    s->recorder.to = NULL;
    check_nothing_left(s);
    check_new(s);
    if (here <= DEPTH)
        tear_all(s, here, true);
}

static void take_flash(scene *s, unsigned left)
{
    total++;
    try_open(s, left);
    try_erase(s, left);
}

static uint32_t most_cuts(const scene *s, const tape_step *step, unsigned here)
{
    uint32_t most = s->tear == CUTS_FORGOTTEN ? 12 : step->kind == TAPE_ERASE ? 16 : 8;

    if (here == 1)
        return cuts_full() ? most * 5 : most;
    return cuts_full() ? 3 : 1;
}

/* Where the last octets are erased first, and everything but a header is: what is left is an empty log, and nothing
 * that it could know its half erased sector by. */
static bool looks_new(const scene *s, const tape_step *step, uint32_t part)
{
    uint32_t unit = s->r.flash.port.program_size, left = step->len - part;

    return (s->tear == CUTS_BACKWARD || s->tear == CUTS_FORGOTTEN) && step->kind == TAPE_ERASE && left >= 24 &&
           left < (24 + unit - 1) / unit * unit + 2 * unit;
}

static void tear_in_order(scene *s, unsigned here, const tape_step *step)
{
    tape_image *torn = &s->levels[here + 1].image;
    uint32_t most = most_cuts(s, step, here), every = (step->len + most - 1) / most;
    tape_image kept;

    image_new(&kept, &s->r.flash);
    for (uint32_t part = 0; part <= step->len; part += every) {
        image_copy(&kept, torn);
        if (!looks_new(s, step, part))
            take_flash(s, here + 1);
        image_copy(torn, &kept); /* an image is opened, repaired and erased where it lies */
        for (uint32_t i = part; i < part + every && i < step->len; i++) {
            uint32_t at = s->tear == CUTS_BACKWARD ? step->len - 1 - i : i;

            image_set(torn, step->address + at, tape_wanted(&s->levels[here].tape, step, at, torn));
        }
    }
    image_free(&kept);
}

static void tear_by_chance(scene *s, unsigned here, const tape_step *step)
{
    const tape_image *work = &s->levels[here].work;
    tape_image *torn = &s->levels[here + 1].image;

    for (unsigned n = 0; n < most_cuts(s, step, here) / 2; n++) {
        image_copy(torn, work);
        image_set_half_erased(torn, step->address / torn->geometry->sector_size, step->kind == TAPE_ERASE);
        for (uint32_t i = 0; i < step->len; i++) {
            uint32_t at = step->address + i;
            uint8_t done = (uint8_t)sim_rng_next(&s->rng), wanted = tape_wanted(&s->levels[here].tape, step, i, torn);

            if (n % 3 != 0)
                done = n % 3 == 1 ? done | (uint8_t)sim_rng_next(&s->rng) : done & (uint8_t)sim_rng_next(&s->rng);
            image_set(torn, at, (uint8_t)((work->octets[at] & ~done) | (wanted & done)));
        }
        take_flash(s, here + 1);
    }
}

/* The operation under way has come as far as chance wants. */
static void tear_somewhere(scene *s, unsigned here, const tape_step *step)
{
    tape_image *torn = &s->levels[here + 1].image;
    uint32_t part = step->kind == TAPE_SYNC ? 0 : sim_rng_below(&s->rng, step->len + 1);
    bool backward = sim_rng_below(&s->rng, 2) == 0;

    if (step->kind == TAPE_ERASE && part != 0)
        image_set_half_erased(torn, step->address / torn->geometry->sector_size, true);
    if (backward && looks_new(s, step, part))
        return;
    for (uint32_t i = 0; i < part; i++) {
        uint32_t at = backward ? step->len - 1 - i : i;

        image_set(torn, step->address + at, tape_wanted(&s->levels[here].tape, step, at, torn));
    }
}

/* work: what was synced.  Of what came since any may be there. */
static void forget_some(scene *s, unsigned here, uint32_t synced, uint32_t now)
{
    level *l = &s->levels[here];

    for (unsigned n = 0; n < most_cuts(s, &l->tape.steps[now], here); n++) {
        image_copy(&s->levels[here + 1].image, &l->work);
        for (uint32_t i = synced; i < now; i++)
            if (sim_rng_below(&s->rng, 2) == 0)
                tape_apply(&l->tape, &l->tape.steps[i], &s->levels[here + 1].image);
        tear_somewhere(s, here, &l->tape.steps[now]);
        take_flash(s, here + 1);
    }
}

static void tear_forgetting(scene *s, unsigned here)
{
    level *l = &s->levels[here];
    uint32_t synced = 0;

    for (uint32_t i = 0; i < l->tape.count; i++) {
        forget_some(s, here, synced, i);
        for (; l->tape.steps[i].kind == TAPE_SYNC && synced <= i; synced++)
            tape_apply(&l->tape, &l->tape.steps[synced], &l->work);
    }
}

static void tear_step(scene *s, unsigned here, const tape_step *step)
{
    tape_image *torn = &s->levels[here + 1].image;

    if (s->tear == CUTS_SCATTERED) {
        tear_by_chance(s, here, step);
        return;
    }
    image_copy(torn, &s->levels[here].work);
    if (step->kind == TAPE_ERASE)
        image_set_half_erased(torn, step->address / torn->geometry->sector_size, true);
    tear_in_order(s, here, step);
}

/* told: it was erased to its end, so what is left when the power goes right after that is nothing. */
static void tear_all(scene *s, unsigned here, bool told)
{
    level *l = &s->levels[here];

    image_copy(&l->work, &l->image);
    if (s->tear == CUTS_FORGOTTEN)
        tear_forgetting(s, here);
    else
        for (uint32_t i = 0; i < l->tape.count; i++) {
            if (l->tape.steps[i].kind == TAPE_SYNC)
                continue;
            tear_step(s, here, &l->tape.steps[i]);
            tape_apply(&l->tape, &l->tape.steps[i], &l->work);
        }
    if (!told)
        return;
    image_load(&l->work, &s->r.flash);
    check_nothing_left(s);
    assert_int_equal(open_log(s), KITH_OK);
    assert_int_equal(compare(s).same, 0);
}

/* ---- the whole ---- */

typedef struct {
    const char *name;
    void (*prepare)(scene *s);
} state_before;

static const state_before befores[] = {{"a device without bonds", prepare_device},
                                       {"two bonds", prepare_few},
                                       {"many bonds", prepare_many},
                                       {"a damaged store", prepare_damaged}};

static void try_erasing(const sim_flash_geometry *flash, const state_before *before, cuts_tear tear)
{
    static scene s;

    memset(&s, 0, sizeof s);
    rig_next_mode = (rig_next_mode + 1) % RIG_MODES;
    rig_make(&s.r, flash);
    tape_install(&s.recorder, &s.r.flash);
    s.name = before->name;
    s.tear = tear;
    sim_rng_seed(&s.rng, 1, 0);
    assert_int_equal(rig_open(&s.r), KITH_OK);
    before->prepare(&s);
    for (unsigned i = 0; i < DEPTH + 2; i++) {
        image_new(&s.levels[i].image, &s.r.flash);
        image_new(&s.levels[i].work, &s.r.flash);
    }
    try_erase(&s, 1);
    for (unsigned i = 0; i < DEPTH + 2; i++) {
        image_free(&s.levels[i].image);
        image_free(&s.levels[i].work);
        tape_free(&s.levels[i].tape);
    }
    rig_free(&s.r);
}

static void try_tear(cuts_tear tear)
{
    for (unsigned f = 0; f < FLASHES; f++)
        for (unsigned i = 0; i < sizeof befores / sizeof befores[0]; i++)
            if (cuts_full() || (tear == CUTS_FORWARD && !cuts_brief()) || (f + i) % 3 == (unsigned)tear % 3)
                try_erasing(&flashes[f], &befores[i], tear);
}

static void never_a_part_wherever_power_is_cut(void **state)
{
    (void)state;
    try_tear(CUTS_FORWARD);
}

static void never_a_part_when_the_last_octets_come_first(void **state)
{
    (void)state;
    try_tear(CUTS_BACKWARD);
}

static void never_a_part_when_bits_come_by_chance(void **state)
{
    (void)state;
    try_tear(CUTS_SCATTERED);
}

static void never_a_part_when_what_was_not_synced_is_lost(void **state)
{
    (void)state;
    try_tear(CUTS_FORGOTTEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_a_part_wherever_power_is_cut),
        cmocka_unit_test(never_a_part_when_the_last_octets_come_first),
        cmocka_unit_test(never_a_part_when_bits_come_by_chance),
        cmocka_unit_test(never_a_part_when_what_was_not_synced_is_lost),
    };
    int failed = cmocka_run_group_tests_name("power cuts while all is erased", tests, NULL, NULL);

    fprintf(stderr, "%u power cuts tried%s\n", (unsigned)total, cuts_full() ? "" : " (more: KITH_FULL=1)");
    return failed;
}
