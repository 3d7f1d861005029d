/* A sealed store on a flash log: wherever the power goes while a record is put, replaced or removed, while a plain
 * store is sealed, while the key is rotated, and again while that recovers, every record is old or new, the store
 * opens, and life goes on; with and without a counter against rollback. */
#include <stdlib.h>

#include "cuts.h"
#include "tests/unit/test_seal_support.h"
#include "tests/unit/test_store_support.h"

enum { LEN = 57, LONG = 161, RECORDS = 4, OTHER_ID = 9 };

static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {1024, 6, 4, 0x00, false},  {2048, 3, 16, 0xff, false},
    {512, 12, 8, 0xff, true}, {1024, 8, 32, 0xff, false},
};

typedef struct {
    rig r;
    seal_device device;
    kith_store store;
    kith_sealed_store sealed;
    kith_store_state state;
    sim_flash_tear tear;
    bool forgets, counts;
    uint16_t len; /* of record 1 */
    uint32_t tried;
} scene;

typedef struct {
    const char *name;
    void (*prepare)(scene *s);
    kith_status (*begin)(scene *s);
    uint8_t old_fill, new_fill; /* of record 1; 0: it does not stand */
    uint16_t len;               /* of record 1; 0: as the others */
} deed;

/* ---- a store, and what is done with it ---- */

static kith_status open_store(scene *s)
{
    return s->store.open(s->store.context, &s->state);
}

/* As after a power cut: flash and counter are still there. */
static void restart(scene *s, uint16_t generation)
{
    kith_sealed_config config = {&s->r.store, &s->device.port, generation};

    sim_flash_power_on(&s->r.flash);
    memset(&s->r.log, 0xa5, sizeof s->r.log);
    memset(&s->sealed, 0xa5, sizeof s->sealed);
    assert_int_equal(kith_flash_log_init(&s->r.log, &s->r.flash.port, &s->r.store), KITH_OK);
    assert_int_equal(kith_sealed_store_init(&s->sealed, &config, &s->store), KITH_OK);
}

/* Of record 1 each is longer than the one before it. */
static uint16_t length_of(const scene *s, uint32_t id, uint8_t fill)
{
    return id == 1 && s->len != 0 ? (uint16_t)(s->len + fill / 5) : LEN;
}

static kith_record record_of(const scene *s, uint32_t id, uint8_t fill)
{
    return seal_record(KITH_RECORD_BOND, id, fill, length_of(s, id, fill));
}

static kith_status put(scene *s, uint32_t id, uint8_t fill)
{
    kith_record record = record_of(s, id, fill);

    return s->store.put(s->store.context, &record, &s->state);
}

static kith_status drop(scene *s, uint32_t id)
{
    return s->store.remove(s->store.context, KITH_RECORD_BOND, id, &s->state);
}

/* All that the store hands out, as a host would take it. */
typedef struct {
    kith_record of[OTHER_ID + 1]; /* by id; kind 0: it does not stand */
} contents;

static void read_all(scene *s, contents *out)
{
    kith_status status;
    kith_record record;
    uint32_t cursor = 0;

    memset(out, 0, sizeof *out);
    while ((status = s->store.read(s->store.context, &cursor, &record)) == KITH_OK) {
        assert_true(record.kind == KITH_RECORD_BOND && record.id > 0 && record.id <= OTHER_ID);
        if (record.removed)
            memset(&out->of[record.id], 0, sizeof record);
        else
            out->of[record.id] = record;
    }
    assert_int_equal(status, KITH_ERR_NOT_FOUND);
}

/* fill 0: it does not stand. */
static bool is_record(const scene *s, const contents *all, uint32_t id, uint8_t fill)
{
    kith_record wanted = record_of(s, id, fill);
    const kith_record *is = &all->of[id];

    if (fill == 0)
        return is->kind == 0;
    return is->kind == wanted.kind && is->len == wanted.len &&
           memcmp(is->octets, wanted.octets, sizeof wanted.octets) == 0;
}

/* Records 1 to RECORDS; of record 1 there is an earlier version. */
static void prepare_sealed(scene *s)
{
    assert_int_equal(open_store(s), KITH_OK);
    assert_int_equal(put(s, 1, 0x10), KITH_OK);
    for (uint32_t id = 1; id <= RECORDS; id++)
        assert_int_equal(put(s, id, 0x11), KITH_OK);
}

static void prepare_plain(scene *s)
{
    kith_record record = record_of(s, 1, 0x10);

    assert_int_equal(rig_open(&s->r), KITH_OK);
    assert_int_equal(s->r.store.put(s->r.store.context, &record, &s->r.state), KITH_OK);
    for (uint32_t id = 1; id <= RECORDS; id++) {
        record = record_of(s, id, 0x11);
        assert_int_equal(s->r.store.put(s->r.store.context, &record, &s->r.state), KITH_OK);
    }
}

static void prepare_nothing(scene *s)
{
    (void)s;
}

static void prepare_without_first(scene *s)
{
    prepare_sealed(s);
    assert_int_equal(drop(s, 1), KITH_OK);
}

/* The log has to make room in the middle of it. */
static void prepare_crowded(scene *s)
{
    uint32_t erases;

    prepare_sealed(s);
    erases = s->r.flash.counts.erases;
    for (unsigned i = 0; i < 2000 && s->r.flash.counts.erases < erases + s->r.flash.port.sector_count; i++)
        assert_int_equal(put(s, 2, (uint8_t)(i + 1)), KITH_OK);
    while (s->r.flash.port.sector_size - s->r.log.at > 2 * (LEN + 64u))
        assert_int_equal(put(s, 2, 0x44), KITH_OK);
    assert_int_equal(put(s, 2, 0x11), KITH_OK);
}

static kith_status replace(scene *s)
{
    return put(s, 1, 0x99);
}

static kith_status remove_first(scene *s)
{
    return drop(s, 1);
}

static kith_status convert(scene *s)
{
    return kith_sealed_store_convert(&s->sealed, &s->state);
}

static kith_status rotate(scene *s)
{
    return kith_sealed_store_rotate(&s->sealed, 2, &s->state);
}

static const deed deeds[] = {
    {"the first opening", prepare_nothing, open_store, 0, 0, 0},
    {"putting", prepare_without_first, replace, 0, 0x99, 0},
    {"replacing", prepare_sealed, replace, 0x11, 0x99, 0},
    {"replacing where the log collects", prepare_crowded, replace, 0x11, 0x99, 0},
    {"removing", prepare_sealed, remove_first, 0x11, 0, 0},
    {"converting", prepare_plain, convert, 0x11, 0x11, 0},
    {"rotating", prepare_sealed, rotate, 0x11, 0x11, 0},
    {"replacing one of 164 by one of 191 octets", prepare_sealed, replace, 0x11, 0x99, LONG},
    {"removing a long one", prepare_sealed, remove_first, 0x11, 0, LONG},
};

/* ---- a state to return to ---- */

typedef struct {
    uint8_t *octets;
    uint64_t counter;
} snapshot;

static snapshot take_snapshot(scene *s)
{
    snapshot now = {malloc(sim_flash_size(&s->r.flash)), s->device.counter};

    assert_non_null(now.octets);
    memcpy(now.octets, sim_flash_octets(&s->r.flash), sim_flash_size(&s->r.flash));
    return now;
}

static void return_to(scene *s, const snapshot *then, const deed *d)
{
    memcpy(sim_flash_octets(&s->r.flash), then->octets, sim_flash_size(&s->r.flash));
    sim_flash_settle(&s->r.flash);
    memset(s->r.flash.half_erased, 0, s->r.flash.port.sector_count * sizeof *s->r.flash.half_erased);
    s->r.flash.forgets = false;
    s->device.counter = then->counter;
    s->device.oldest = 1;
    s->device.newest = 2;
    restart(s, 1);
    if (d->begin != open_store && d->begin != convert)
        assert_int_equal(open_store(s), KITH_OK);
}

/* ---- what must hold ---- */

/* Are these eight octets anywhere in the flash? */
static bool finds(scene *s, const uint8_t octets[8])
{
    const uint8_t *at = sim_flash_octets(&s->r.flash), *end = at + sim_flash_size(&s->r.flash) - 7;

    while ((at = memchr(at, octets[0], (size_t)(end - at))) != NULL && memcmp(at, octets, 8) != 0)
        if (++at == end)
            return false;
    return at != NULL;
}

static bool finds_plain(scene *s, uint32_t id, uint8_t fill)
{
    kith_record plain = record_of(s, id, fill);

    return finds(s, plain.octets + 1) || finds(s, plain.octets + plain.len - 8);
}

/* Not one plain octet of what was put is in the flash. */
static void check_sealed(scene *s, const deed *d)
{
    for (uint32_t id = 1; id <= RECORDS; id++)
        for (uint8_t fill = 0x10; fill <= 0x11; fill++)
            if (finds_plain(s, id, fill))
                fail_msg("%s: record %u can be read in the flash", d->name, (unsigned)id);
    if (finds_plain(s, 1, 0x99) || finds_plain(s, OTHER_ID, 0x5c))
        fail_msg("%s: what was put can be read in the flash", d->name);
}

/* Answers whether the deed is done. */
static bool check_contents(scene *s, const deed *d, const char *when)
{
    contents all;
    bool is_new;

    read_all(s, &all);
    is_new = is_record(s, &all, 1, d->new_fill);
    if (!is_new && !is_record(s, &all, 1, d->old_fill))
        fail_msg("%s: neither old nor new %s", d->name, when);
    for (uint32_t id = 2; id <= RECORDS && d->prepare != prepare_nothing; id++)
        if (!is_record(s, &all, id, 0x11))
            fail_msg("%s: record %u is not as it was %s", d->name, (unsigned)id, when);
    if (s->tear == SIM_TEAR_FORWARD)
        assert_int_equal(s->state.damaged, 0);
    check_sealed(s, d);
    return is_new;
}

/* Cut short, converting is to be gone on with. */
static kith_status recover(scene *s, const deed *d)
{
    kith_status status = open_store(s);

    return d->begin == convert && status == KITH_ERR_UNSEALED ? convert(s) : status;
}

static void check_goes_on(scene *s, const deed *d)
{
    contents all;

    assert_int_equal(put(s, OTHER_ID, 0x5c), KITH_OK);
    restart(s, 1);
    assert_int_equal(open_store(s), KITH_OK);
    read_all(s, &all);
    assert_true(is_record(s, &all, OTHER_ID, 0x5c));
    (void)check_contents(s, d, "after another was put");
    assert_int_equal(d->begin(s), KITH_OK);
    if (d->begin == rotate)
        s->device.oldest = 2;
    restart(s, d->begin == rotate ? 2 : 1);
    assert_int_equal(open_store(s), KITH_OK);
    assert_true(check_contents(s, d, "after it was done again"));
    assert_int_equal(drop(s, OTHER_ID), KITH_OK);
    read_all(s, &all);
    assert_true(is_record(s, &all, OTHER_ID, 0));
}

static void check_after_cut(scene *s, const deed *d, kith_status answer)
{
    kith_status status;

    restart(s, 1);
    status = recover(s, d);
    if (status != KITH_OK)
        fail_msg("%s: does not open: %s", d->name, kith_status_name(status));
    if (!check_contents(s, d, "after the cut") && answer == KITH_OK)
        fail_msg("%s: was told done, and is not", d->name);
    check_goes_on(s, d);
}

/* ---- cutting ---- */

typedef struct {
    uint32_t operation, len, again, again_len;
} cut;

/* Answers whether the last cut that was planned fell. */
static bool try_cut(scene *s, const deed *d, const snapshot *before, const cut *c)
{
    kith_status answer;
    bool fell;

    return_to(s, before, d);
    s->r.flash.tear = s->tear;
    s->r.flash.forgets = s->forgets;
    sim_flash_cut(&s->r.flash, c->operation, c->len);
    answer = d->begin(s);
    fell = sim_flash_has_cut(&s->r.flash);
    if (!fell)
        sim_flash_power_off(&s->r.flash);
    if (fell && c->again != 0) {
        restart(s, 1);
        sim_flash_cut(&s->r.flash, c->again, c->again_len);
        (void)recover(s, d);
        fell = sim_flash_has_cut(&s->r.flash);
    }
    s->tried += fell;
    check_after_cut(s, d, answer);
    return fell;
}

static void try_recovery(scene *s, const deed *d, const snapshot *before, cut c)
{
    static const uint32_t lengths[] = {0, 100000};

    for (c.again = 1;; c.again += d->begin != convert ? 1 : cuts_full() ? 3 : 5)
        for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            c.again_len = lengths[i];
            if (!try_cut(s, d, before, &c))
                return;
        }
}

/* A length beyond the operation's end is its end: it is done, and nothing after it is. */
static void try_all(scene *s, const deed *d, const snapshot *before)
{
    static const uint32_t few[] = {0, 9, 60, 100000};
    cut c = {.operation = 1};
    bool fell = true;

    for (; fell; c.operation++)
        for (unsigned i = 0; fell && i < (cuts_full() ? 9u : sizeof few / sizeof few[0]); i++) {
            c.len = !cuts_full() ? few[i] : i < 8 ? i * 16 : 100000;
            c.again = 0;
            fell = try_cut(s, d, before, &c);
            if (fell && (c.len == 0 || c.len == 100000) && (cuts_full() || (c.operation + i / 2) % 2 == 0) &&
                (d->begin != convert || c.operation % (cuts_full() ? 3 : 6) == 1))
                try_recovery(s, d, before, c);
        }
}

static uint32_t total;

static void try_deed(const sim_flash_geometry *flash, const deed *d, sim_flash_tear tear, bool forgets, bool counts)
{
    static scene s;
    snapshot before;

    memset(&s, 0, sizeof s);
    rig_make(&s.r, flash);
    seal_device_make(&s.device, 0, counts);
    s.device.newest = 2;
    s.device.medium_off = &s.r.flash.off;
    s.len = d->len;
    restart(&s, 1);
    d->prepare(&s);
    s.tear = tear;
    s.forgets = forgets;
    before = take_snapshot(&s);
    try_all(&s, d, &before);
    total += s.tried;
    free(before.octets);
    rig_free(&s.r);
}

static bool is_chosen(unsigned flash, unsigned only)
{
    return only == 0 || flash == only;
}

static void try_deeds(sim_flash_tear tear, bool forgets, unsigned only)
{
    for (unsigned f = 0; f < sizeof flashes / sizeof flashes[0]; f++)
        for (unsigned i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
            for (unsigned counts = 0; counts < 2; counts++)
                if (cuts_full() || (is_chosen(f, only) && (!cuts_brief() || (f + i + counts) % 3 == 0)))
                    try_deed(&flashes[f], &deeds[i], tear, forgets, counts == 1);
}

static void old_or_new_wherever_power_is_cut(void **state)
{
    (void)state;
    try_deeds(SIM_TEAR_FORWARD, false, 0);
}

static void old_or_new_when_the_last_octets_come_first(void **state)
{
    (void)state;
    try_deeds(SIM_TEAR_BACKWARD, false, 1);
}

static void old_or_new_when_bits_come_by_chance(void **state)
{
    (void)state;
    try_deeds(SIM_TEAR_SCATTERED, false, 2);
}

static void old_or_new_when_what_was_not_synced_is_lost(void **state)
{
    (void)state;
    try_deeds(SIM_TEAR_FORWARD, true, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_or_new_wherever_power_is_cut),
        cmocka_unit_test(old_or_new_when_the_last_octets_come_first),
        cmocka_unit_test(old_or_new_when_bits_come_by_chance),
        cmocka_unit_test(old_or_new_when_what_was_not_synced_is_lost),
    };
    int failed = cmocka_run_group_tests_name("power cuts of a sealed store", tests, NULL, NULL);

    fprintf(stderr, "%u power cuts tried%s\n", (unsigned)total, cuts_full() ? "" : " (more: KITH_FULL=1)");
    return failed;
}
