/* The driver of power cuts. */
#include "cuts.h"

#include <stdlib.h>

enum { OTHER_ID = CUTS_IDS - 1 };

/* A flash as it is, to return to. */
typedef struct {
    uint8_t *octets;
} snapshot;

static snapshot take_snapshot(cuts_scene *s)
{
    snapshot now = {malloc(sim_flash_size(&s->r.flash))};

    assert_non_null(now.octets);
    memcpy(now.octets, sim_flash_octets(&s->r.flash), sim_flash_size(&s->r.flash));
    return now;
}

/* And the log is open, as after a restart. */
static void return_to(cuts_scene *s, const snapshot *then)
{
    memcpy(sim_flash_octets(&s->r.flash), then->octets, sim_flash_size(&s->r.flash));
    sim_flash_settle(&s->r.flash);
    memset(s->r.flash.half_erased, 0, s->r.flash.port.sector_count * sizeof *s->r.flash.half_erased);
    s->r.flash.forgets = false;
    assert_int_equal(rig_restart(&s->r), KITH_OK);
}

bool cuts_full(void)
{
    return getenv("KITH_FULL") != NULL;
}

/* ---- deeds ---- */

void cuts_put(cuts_scene *s, uint32_t id, uint8_t fill, uint16_t len)
{
    assert_int_equal(rig_put(&s->r, id, fill, len), KITH_OK);
    s->model.of[id].stands = true;
    s->model.of[id].fill = fill;
    s->model.of[id].len = len;
}

void cuts_remove(cuts_scene *s, uint32_t id)
{
    assert_int_equal(rig_remove(&s->r, id), KITH_OK);
    s->model.of[id].stands = false;
}

uint16_t cuts_len(const cuts_scene *s)
{
    if (s->r.flash.port.sector_size > 256)
        return 56;
    return s->r.flash.port.program_size == 32 ? 19 : 24;
}

static kith_status do_deed(cuts_scene *s, const cuts_deed *deed)
{
    return deed->removes ? rig_remove(&s->r, deed->id) : rig_put(&s->r, deed->id, deed->fill, cuts_len(s));
}

void cuts_fill_until_erase(cuts_scene *s, const cuts_deed *deed)
{
    for (unsigned i = 0;; i++) {
        snapshot now = take_snapshot(s);
        uint32_t erases = s->r.flash.counts.erases;
        bool erased, opened;

        return_to(s, &now);
        opened = s->r.log.held + 1 < s->r.flash.port.sector_count;
        assert_int_equal(do_deed(s, deed), KITH_OK);
        erased = s->r.flash.counts.erases > erases && !opened;
        return_to(s, &now);
        free(now.octets);
        if (erased)
            return;
        assert_true(i < 10000);
        cuts_put(s, 1, (uint8_t)(i * 7), s->model.of[1].len);
    }
}

/* ---- what must hold ---- */

/* All that the log hands out, as a host would take it. */
typedef struct {
    kith_record of[CUTS_IDS]; /* by id; len 0 and kind 0: it does not stand */
} contents;

static void read_all(cuts_scene *s, contents *out)
{
    kith_status status;
    kith_record record;
    uint32_t cursor = 0;

    memset(out, 0, sizeof *out);
    while ((status = s->r.store.read(s->r.store.context, &cursor, &record)) == KITH_OK) {
        assert_true(record.kind == KITH_RECORD_BOND && record.id > 0 && record.id < CUTS_IDS);
        if (record.removed)
            memset(&out->of[record.id], 0, sizeof record);
        else
            out->of[record.id] = record;
    }
    assert_int_equal(status, KITH_ERR_NOT_FOUND);
}

static bool is_record(const kith_record *is, uint32_t id, uint8_t fill, uint16_t len)
{
    kith_record wanted = make_record(id, fill, len);

    return is->kind == wanted.kind && is->len == len && memcmp(is->octets, wanted.octets, sizeof is->octets) == 0;
}

static bool is_as_modelled(const cuts_scene *s, const contents *all, uint32_t id)
{
    return s->model.of[id].stands ? is_record(&all->of[id], id, s->model.of[id].fill, s->model.of[id].len)
                                  : all->of[id].kind == 0;
}

static bool is_as_done(const cuts_scene *s, const contents *all, const cuts_deed *deed)
{
    return deed->removes ? all->of[deed->id].kind == 0
                         : is_record(&all->of[deed->id], deed->id, deed->fill, cuts_len(s));
}

/* Where a record was removed, not one of its octets is left that could be told from chance. */
static void check_destroyed(cuts_scene *s, const cuts_deed *deed)
{
    kith_record old = make_record(deed->id, s->model.of[deed->id].fill, s->model.of[deed->id].len);

    if (rig_finds(&s->r, old.octets + 8, 8) || rig_finds(&s->r, old.octets, 8))
        fail_msg("%s: what was removed can still be read", deed->name);
}

/* Answers whether the deed is done; it is that, or not at all. */
static bool check_contents(cuts_scene *s, const cuts_deed *deed, const char *when)
{
    contents all;
    bool done;

    read_all(s, &all);
    for (uint32_t id = 1; id < CUTS_IDS; id++)
        if (id != deed->id && !is_as_modelled(s, &all, id))
            fail_msg("%s: record %u is not as it was %s", deed->name, (unsigned)id, when);
    done = is_as_done(s, &all, deed);
    if (!done && !is_as_modelled(s, &all, deed->id))
        fail_msg("%s: neither old nor new %s", deed->name, when);
    return done;
}

/* A write of something else must not turn what was torn into damage. */
static void check_another(cuts_scene *s, const cuts_deed *deed)
{
    assert_int_equal(rig_put(&s->r, OTHER_ID, 0x5c, cuts_len(s)), KITH_OK);
    assert_int_equal(rig_restart(&s->r), KITH_OK);
    assert_true(rig_holds(&s->r, OTHER_ID, 0x5c, cuts_len(s)));
    assert_int_equal(rig_remove(&s->r, OTHER_ID), KITH_OK);
    (void)check_contents(s, deed, "after another was written");
    if (s->tear == SIM_TEAR_FORWARD)
        assert_int_equal(s->r.state.damaged, 0);
}

/* It goes on: the same once more, and a removal. */
static void check_goes_on(cuts_scene *s, const cuts_deed *deed)
{
    const cuts_deed undone = {deed->name, NULL, deed->id, true, 0};

    check_another(s, deed);
    assert_int_equal(do_deed(s, deed), KITH_OK);
    assert_true(check_contents(s, deed, "after it was done again"));
    assert_int_equal(rig_restart(&s->r), KITH_OK);
    assert_true(check_contents(s, deed, "after it was done again, and a restart"));
    assert_int_equal(s->r.state.torn, 0);
    assert_int_equal(rig_remove(&s->r, deed->id), KITH_OK);
    assert_int_equal(rig_restart(&s->r), KITH_OK);
    assert_true(check_contents(s, &undone, "after the removal"));
}

static void check_after_cut(cuts_scene *s, const cuts_deed *deed, kith_status answer)
{
    kith_status status = rig_restart(&s->r);
    bool done;

    if (status != KITH_OK)
        fail_msg("%s: does not open: %s", deed->name, kith_status_name(status));
    done = check_contents(s, deed, "after the cut");
    if (answer == KITH_OK && !done)
        fail_msg("%s: was told done, and is not", deed->name);
    if (done && deed->removes && s->model.of[deed->id].stands)
        check_destroyed(s, deed);
    if (s->tear == SIM_TEAR_FORWARD)
        assert_int_equal(s->r.state.damaged, 0);
    assert_true(s->r.state.torn <= 2);
    check_goes_on(s, deed);
}

/* ---- cutting ---- */

/* Every torn length, where that ends today. */
static bool is_thorough(const cuts_scene *s)
{
    return cuts_full() && sim_flash_size(&s->r.flash) <= 8192;
}

/* Octets of the operation that comes next are not known before: a length beyond its end is its end. */
static uint32_t next_length(const cuts_scene *s, uint32_t len)
{
    uint32_t unit = s->r.flash.port.program_size;
    bool all = is_thorough(s) && len < 256;

    if (len < 4 || all)
        return len + 1;
    return len < 120 ? len + (unit > 9 ? unit : 9) - 1 : len * 3 + 1;
}

static bool was_whole(const cuts_scene *s, uint32_t len)
{
    return len >= s->r.flash.port.sector_size || (len >= 256 && s->r.flash.counts.erases == 0);
}

typedef struct {
    uint32_t operation, len;   /* of the deed */
    uint32_t again, again_len; /* of the recovery; 0: it is not cut */
} cut;

/* Answers whether the last cut that was planned fell. */
static bool try_cut(cuts_scene *s, const cuts_deed *deed, const snapshot *before, const cut *c)
{
    kith_status answer;
    bool fell;

    return_to(s, before);
    s->r.flash.tear = s->tear;
    s->r.flash.forgets = s->forgets;
    sim_flash_cut(&s->r.flash, c->operation, c->len);
    answer = do_deed(s, deed);
    fell = sim_flash_has_cut(&s->r.flash);
    if (!fell)
        sim_flash_power_off(&s->r.flash);
    if (fell && c->again != 0) {
        sim_flash_power_on(&s->r.flash);
        sim_flash_cut(&s->r.flash, c->again, c->again_len);
        memset(&s->r.log, 0x5a, sizeof s->r.log);
        assert_int_equal(kith_flash_log_init(&s->r.log, &s->r.flash.port, &s->r.store), KITH_OK);
        (void)rig_open(&s->r);
        if (!sim_flash_has_cut(&s->r.flash))
            return false;
    }
    s->tried += fell;
    check_after_cut(s, deed, answer);
    return fell;
}

static void try_recovery(cuts_scene *s, const cuts_deed *deed, const snapshot *before, cut c)
{
    uint32_t step = is_thorough(s) ? 4 : 12;

    for (c.again = 1; c.again < 50; c.again++)
        for (c.again_len = 0; !was_whole(s, c.again_len); c.again_len = c.again_len * step + 1)
            if (!try_cut(s, deed, before, &c))
                return;
}

static void try_all(cuts_scene *s, const cuts_deed *deed, const snapshot *before)
{
    cut c = {.operation = 1};
    bool fell = true;

    for (; fell; c.operation++)
        for (c.len = 0, c.again = 0; fell && c.len <= s->r.flash.port.sector_size; c.len = next_length(s, c.len)) {
            c.again = 0;
            fell = try_cut(s, deed, before, &c);
            if (fell && (c.len % (is_thorough(s) ? 4 : 11) == 0))
                try_recovery(s, deed, before, c);
        }
}

uint32_t cuts_try(const sim_flash_geometry *geometry, const cuts_deed *deed, sim_flash_tear tear, bool forgets)
{
    static cuts_scene s;
    snapshot before;

    memset(&s, 0, sizeof s);
    rig_next_mode = (rig_next_mode + 1) % RIG_MODES;
    rig_make(&s.r, geometry);
    assert_int_equal(rig_open(&s.r), KITH_OK);
    deed->prepare(&s);
    s.tear = tear;
    s.forgets = forgets;
    before = take_snapshot(&s);
    try_all(&s, deed, &before);
    free(before.octets);
    rig_free(&s.r);
    return s.tried;
}
