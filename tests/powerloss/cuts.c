/* The driver of power cuts. */
#include "cuts.h"

#include <stdlib.h>

enum { OTHER_ID = 99, SEEN_ROOM = 1 << 12 };

static const cuts_change another = {KITH_RECORD_BOND, false, OTHER_ID, 0x5c, CUTS_BOND};

bool cuts_full(void)
{
    return getenv("KITH_FULL") != NULL;
}

/* ---- records ---- */

/* Where two sectors of 256 are all there is, records are short. */
static uint16_t length_of(const cuts_scene *s, uint16_t len)
{
    uint16_t most = s->r.flash.port.program_size == 32 ? 19 : 24;

    return sim_flash_size(&s->r.flash) <= 512 && len > most ? most : rig_most(&s->r, len);
}

/* No eight octets of one are those of another. */
static kith_record record_of(const cuts_scene *s, const cuts_change *change)
{
    uint16_t len = length_of(s, change->len);
    kith_record record = make_record(change->id + change->kind * 1000u, change->fill, len);

    record.kind = change->kind;
    record.id = change->id;
    return record;
}

static kith_record *find(cuts_content *content, uint8_t kind, uint32_t id)
{
    for (uint32_t i = 0; i < content->count; i++)
        if (content->of[i].kind == kind && content->of[i].id == id)
            return &content->of[i];
    return NULL;
}

static void set(cuts_content *content, const kith_record *record, bool removed)
{
    kith_record *old = find(content, record->kind, record->id);

    if (old == NULL) {
        assert_true(content->count < CUTS_RECORDS);
        old = &content->of[content->count++];
    }
    if (removed)
        *old = content->of[--content->count];
    else
        *old = *record;
}

static bool is_equal(const kith_record *a, const kith_record *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

/* ---- deeds ---- */

static kith_status change_log(cuts_scene *s, const cuts_change *change)
{
    kith_record record = record_of(s, change);
    const kith_store *store = &s->r.store;

    return change->removes ? store->remove(store->context, change->kind, change->id, &s->r.state)
                           : store->put(store->context, &record, &s->r.state);
}

/* What the deed is about: all its versions are kept in mind. */
static void note_version(cuts_scene *s, const kith_record *record)
{
    const cuts_change *deed = &s->deed->change;

    if (record->kind == deed->kind && record->id == deed->id && s->version_count < CUTS_VERSIONS)
        s->versions[s->version_count++] = *record;
}

void cuts_do(cuts_scene *s, const cuts_change *change)
{
    kith_record record = record_of(s, change);

    assert_int_equal(change_log(s, change), KITH_OK);
    set(&s->model, &record, change->removes);
    if (!change->removes)
        note_version(s, &record);
    if (change->kind == KITH_RECORD_BOND && !change->removes && change->id > s->highest_id)
        s->highest_id = change->id;
}

void cuts_put(cuts_scene *s, uint32_t id, uint8_t fill)
{
    cuts_do(s, &(cuts_change){KITH_RECORD_BOND, false, id, fill, CUTS_BOND});
}

void cuts_put_state(cuts_scene *s, uint32_t id, uint8_t fill)
{
    cuts_do(s, &(cuts_change){KITH_RECORD_STATE, false, id, fill, CUTS_STATE});
}

void cuts_remove(cuts_scene *s, uint32_t id)
{
    cuts_do(s, &(cuts_change){KITH_RECORD_BOND, true, id, 0, 0});
}

uint32_t cuts_sector(const cuts_scene *s)
{
    return s->recorder.sector;
}

/* ---- flashes ---- */

static kith_status open_log(cuts_scene *s)
{
    memset(&s->r.log, 0xa5, sizeof s->r.log);
    rig_start(&s->r);
    return rig_open(&s->r);
}

/* And the log is open, as after a restart. */
static void return_to(cuts_scene *s, const tape_image *image)
{
    image_load(image, &s->r.flash);
    assert_int_equal(open_log(s), KITH_OK);
}

static bool would_collect(cuts_scene *s, const cuts_change *change)
{
    tape_image now;
    bool collects;

    image_new(&now, &s->r.flash);
    s->recorder.collects = false;
    assert_int_equal(change_log(s, change), KITH_OK);
    collects = s->recorder.collects;
    return_to(s, &now);
    image_free(&now);
    return collects;
}

void cuts_fill_until_collects(cuts_scene *s, const cuts_change *change)
{
    const cuts_change small = {KITH_RECORD_STATE, false, CUTS_FILLER_ID, 0, 0};
    cuts_change bond = {KITH_RECORD_BOND, false, 1, 0, CUTS_BOND};

    cuts_do(s, &small);
    for (unsigned i = 0; !would_collect(s, change); i++) {
        assert_true(i < 10000);
        bond.fill = (uint8_t)(i * 7);
        cuts_do(s, would_collect(s, &bond) ? &small : &bond);
    }
}

/* ---- what must hold ---- */

/* All that the log hands out, as a host would take it. */
static void read_all(cuts_scene *s, cuts_content *out)
{
    kith_status status;
    kith_record record;
    uint32_t cursor = 0;

    out->count = 0;
    while ((status = s->r.store.read(s->r.store.context, &cursor, &record)) == KITH_OK)
        if (!record.removed || find(out, record.kind, record.id) != NULL)
            set(out, &record, record.removed);
    assert_int_equal(status, KITH_ERR_NOT_FOUND);
}

static void fail_cut(const cuts_scene *s, const char *what, const char *when)
{
    const kith_flash *g = &s->r.flash.port;

    fail_msg("%s, %u x %u in units of %u, tear %d: %s %s", s->deed->name, (unsigned)g->sector_count,
             (unsigned)g->sector_size, (unsigned)g->program_size, (int)s->tear, what, when);
}

/* Nothing else than what should be. */
static void check_others(cuts_scene *s, cuts_content *all, const char *when)
{
    const cuts_change *deed = &s->deed->change;
    uint32_t same = find(all, deed->kind, deed->id) != NULL;

    for (uint32_t i = 0; i < s->model.count; i++) {
        const kith_record *wanted = &s->model.of[i];

        if (wanted->kind == deed->kind && wanted->id == deed->id)
            continue;
        if (!is_equal(wanted, find(all, wanted->kind, wanted->id)))
            fail_cut(s, "another record is not as it was", when);
        same++;
    }
    if (same != all->count)
        fail_cut(s, "there is more than ever was", when);
}

/* Answers whether the deed is done; it is that, or not at all. */
static bool check_contents(cuts_scene *s, const char *when)
{
    const cuts_change *deed = &s->deed->change;
    kith_record fresh = record_of(s, deed), *is;
    cuts_content all;
    bool done;

    read_all(s, &all);
    check_others(s, &all, when);
    is = find(&all, deed->kind, deed->id);
    done = is_equal(is, deed->removes ? NULL : &fresh);
    if (!done && !is_equal(is, find(&s->model, deed->kind, deed->id)))
        fail_cut(s, "neither old nor new", when);
    return done;
}

static bool finds(const cuts_scene *s, const uint8_t *octets, size_t len)
{
    const uint8_t *at = s->r.flash.octets, *end = at + sim_flash_size(&s->r.flash) - len;

    while (at <= end && (at = memchr(at, octets[0], (size_t)(end - at) + 1)) != NULL) {
        if (memcmp(at, octets, len) == 0)
            return true;
        at++;
    }
    return false;
}

/* Where a record was removed, not one of its octets is left that could be told from chance. */
static void check_destroyed(cuts_scene *s, const kith_record *old)
{
    uint16_t step = sim_flash_size(&s->r.flash) > 16384 ? 20 : 5;

    for (uint16_t i = 0; i + 8 <= old->len; i = (uint16_t)(i + step))
        if (finds(s, old->octets + i, 8))
            fail_cut(s, "what was removed can still be read", "");
}

static void check_highest_id(cuts_scene *s, bool done)
{
    const cuts_change *deed = &s->deed->change;
    bool names = deed->kind == KITH_RECORD_BOND && !deed->removes && deed->id > s->highest_id;

    if (s->r.state.highest_id < (names && done ? deed->id : s->highest_id))
        fail_cut(s, "an ID may be given out twice", "");
}

/* What is written to its end has its end mark: nothing that a cut leaves looks like damage. */
static bool is_in_order(const cuts_scene *s)
{
    return s->tear == CUTS_FORWARD || s->tear == CUTS_FORGOTTEN;
}

/* A write of something else must not turn what was torn into damage. */
static void check_another(cuts_scene *s)
{
    const cuts_change gone = {another.kind, true, another.id, 0, 0};
    uint32_t room = s->r.state.room;
    kith_status status = change_log(s, &another);

    if (status == KITH_ERR_FULL && room == 0)
        return;
    assert_int_equal(status, KITH_OK);
    assert_int_equal(open_log(s), KITH_OK);
    assert_int_equal(change_log(s, &gone), KITH_OK);
    (void)check_contents(s, "after another was written");
    if (is_in_order(s))
        assert_int_equal(s->r.state.damaged, 0);
}

static void check_removable(cuts_scene *s)
{
    const cuts_change *deed = &s->deed->change;
    const cuts_change gone = {deed->kind, true, deed->id, 0, 0};
    kith_record fresh = record_of(s, deed);
    cuts_content all;

    assert_int_equal(change_log(s, &gone), KITH_OK);
    assert_int_equal(open_log(s), KITH_OK);
    read_all(s, &all);
    check_others(s, &all, "after its removal");
    if (find(&all, deed->kind, deed->id) != NULL)
        fail_cut(s, "is there", "after its removal");
    check_destroyed(s, &fresh);
    for (uint32_t i = 0; i < s->version_count; i++)
        check_destroyed(s, &s->versions[i]);
}

/* It goes on: something else, the same once more, and a removal. */
static void check_goes_on(cuts_scene *s)
{
    check_another(s);
    assert_int_equal(change_log(s, &s->deed->change), KITH_OK);
    assert_int_equal(open_log(s), KITH_OK);
    assert_true(check_contents(s, "after it was done again, and a restart"));
    assert_int_equal(s->r.state.torn, 0);
    check_removable(s);
}

/* The log was opened; answers whether the deed is done. */
static bool check_opened(cuts_scene *s, kith_status status)
{
    bool done;

    if (status != KITH_OK)
        fail_cut(s, "does not open:", kith_status_name(status));
    done = check_contents(s, "after the cut");
    if (is_in_order(s) && s->r.state.damaged != 0)
        fail_cut(s, "calls it damage", "");
    if (s->r.state.torn > 3)
        fail_cut(s, "tells of too many torn writes", "");
    check_highest_id(s, done);
    for (uint32_t i = 0; done && s->deed->change.removes && i < s->version_count; i++)
        check_destroyed(s, &s->versions[i]);
    return done;
}

/* ---- flashes that were tried ---- */

struct cuts_seen {
    uint64_t hash; /* 0: none */
    uint8_t level;
    bool done;
};

static void grow_seen(cuts_scene *s);

/* The one of this hash, or where it belongs. */
static struct cuts_seen *seen_at(cuts_scene *s, uint64_t hash)
{
    uint32_t i = (uint32_t)hash & (s->seen_room - 1);

    while (s->seen[i].hash != 0 && s->seen[i].hash != hash)
        i = (i + 1) & (s->seen_room - 1);
    return &s->seen[i];
}

static void make_seen(cuts_scene *s, uint32_t room)
{
    s->seen = calloc(room, sizeof *s->seen);
    assert_non_null(s->seen);
    s->seen_room = room;
}

static void grow_seen(cuts_scene *s)
{
    struct cuts_seen *old = s->seen;
    uint32_t room = s->seen_room;

    make_seen(s, room * 2);
    for (uint32_t i = 0; i < room; i++)
        if (old[i].hash != 0)
            *seen_at(s, old[i].hash) = old[i];
    free(old);
}

/* ---- cutting ---- */

static void tear_all(cuts_scene *s, unsigned level);

/* The deed is found done, or not, whenever this flash is opened. */
static bool try_flash(cuts_scene *s, unsigned level)
{
    cuts_level *here = &s->levels[level];
    kith_status status;

    image_load(&here->image, &s->r.flash);
    tape_clear(&here->tape);
    s->recorder.to = &here->tape;
    status = open_log(s);
    s->recorder.to = NULL;
    here->done = check_opened(s, status);
    check_goes_on(s);
    return here->done;
}

/* Power was lost, and levels[level].image is what is left.  The deed was said to be done (or found so, where it was
 * opened before), or was found undone, or nobody knows. */
typedef enum { TOLD_NOTHING, TOLD_DONE, TOLD_UNDONE } cuts_told;

/* Who was told that it is forgotten may hand the flash to somebody. */
static void check_told_destroyed(cuts_scene *s)
{
    image_load(&s->levels[1].image, &s->r.flash);
    for (uint32_t i = 0; s->deed->change.removes && i < s->version_count; i++)
        check_destroyed(s, &s->versions[i]);
}

static void take_flash(cuts_scene *s, unsigned level, cuts_told told)
{
    uint64_t hash = s->levels[level].image.hash | 1;
    struct cuts_seen *seen;
    bool fresh, done;

    s->count.cuts++;
    if (level == 1 && told == TOLD_DONE)
        check_told_destroyed(s);
    if (s->seen_count * 2 > s->seen_room)
        grow_seen(s);
    seen = seen_at(s, hash);
    fresh = seen->hash == 0;
    if (fresh) {
        *seen = (struct cuts_seen){hash, (uint8_t)level, try_flash(s, level)};
        s->seen_count++;
        s->count.flashes++;
    }
    done = seen->done;
    if ((told == TOLD_DONE && !done) || (told == TOLD_UNDONE && done))
        fail_cut(s, "was told one thing, and is another", "after the next cut");
    if (level >= s->depth || (!fresh && seen->level <= level))
        return;
    if (!fresh) /* it was not opened in this place, so its tape is not here */
        (void)try_flash(s, level);
    seen->level = (uint8_t)level;
    tear_all(s, level);
}

static cuts_told told_of(const cuts_scene *s, unsigned level)
{
    return level == 0 ? TOLD_NOTHING : s->levels[level].done ? TOLD_DONE : TOLD_UNDONE;
}

/* How many cuts in one operation, at most.  Everyday every octet of what the deed itself programs, and some of the
 * rest. */
static uint32_t most_cuts(const cuts_scene *s, const tape_step *step, unsigned level)
{
    bool programs = step->kind == TAPE_PROGRAM;

    if (sim_flash_size(&s->r.flash) > 65536)
        return level == 0 ? 16 : 2;
    if (s->tear == CUTS_FORGOTTEN)
        return (cuts_full() ? 32u : 8u) >> (level != 0 ? 2 : 0);
    if (cuts_full())
        return level == 0 ? step->len : level == 1 ? (programs ? step->len : 128) : programs ? 16 : 8;
    return level == 0 ? (programs ? 128u : 24u) : (programs ? 9u : 3u) / level;
}

/* Octets between two of them. */
static uint32_t stride(const cuts_scene *s, const tape_step *step, unsigned level)
{
    uint32_t most = most_cuts(s, step, level);

    return (step->len + most - 1) / most;
}

/* Octets come one after the other, first or last ones first. */
static void tear_in_order(cuts_scene *s, unsigned level, const tape_step *step, bool backward)
{
    const cuts_level *here = &s->levels[level];
    tape_image *torn = &s->levels[level + 1].image;
    uint32_t every = stride(s, step, level), part = 0;

    for (;;) {
        take_flash(s, level + 1, told_of(s, level));
        if (part == step->len)
            return;
        for (uint32_t i = 0; i < every && part < step->len; i++, part++) {
            uint32_t at = backward ? step->len - 1 - part : part;

            image_set(torn, step->address + at, tape_wanted(&here->tape, step, at, torn));
        }
    }
}

/* Each bit is done or not. */
static void tear_by_chance(cuts_scene *s, unsigned level, const tape_step *step)
{
    const cuts_level *here = &s->levels[level];
    tape_image *torn = &s->levels[level + 1].image;
    unsigned times = sim_flash_size(&s->r.flash) > 65536 ? 2 : (cuts_full() ? 40u : 8u) >> (level != 0 ? 2 : 0);

    for (unsigned n = 0; n < times; n++) {
        for (uint32_t i = 0; i < step->len; i++) {
            uint32_t at = step->address + i;
            uint8_t done = (uint8_t)sim_rng_next(&s->rng), wanted = tape_wanted(&here->tape, step, i, torn);

            /* Few bits, half, or most. */
            if (n % 3 != 0)
                done = n % 3 == 1 ? done | (uint8_t)sim_rng_next(&s->rng) : done & (uint8_t)sim_rng_next(&s->rng);
            image_set(torn, at, (uint8_t)((here->work.octets[at] & ~done) | (wanted & done)));
        }
        take_flash(s, level + 1, told_of(s, level));
    }
}

static void tear_step(cuts_scene *s, unsigned level, const tape_step *step)
{
    tape_image *torn = &s->levels[level + 1].image;

    if (step->kind == TAPE_ERASE)
        image_set_half_erased(torn, step->address / torn->geometry->sector_size, true);
    if (s->tear == CUTS_SCATTERED)
        tear_by_chance(s, level, step);
    else
        tear_in_order(s, level, step, s->tear == CUTS_BACKWARD);
}

/* Steps from, to (excluded) were not synced: so many ways to keep some of them.  bits: those that are kept. */
static void keep_some(cuts_scene *s, unsigned level, uint32_t from, uint32_t to, uint32_t bits)
{
    const cuts_level *here = &s->levels[level];
    tape_image *torn = &s->levels[level + 1].image;

    image_copy(torn, &here->work);
    for (uint32_t i = from; i < to; i++)
        if ((bits >> (i - from) & 1) != 0)
            tape_apply(&here->tape, &here->tape.steps[i], torn);
}

static void tear_unsynced(cuts_scene *s, unsigned level, uint32_t from, uint32_t to, cuts_told told)
{
    const tape *t = &s->levels[level].tape;
    uint32_t open = to - from, most = level == 0 && cuts_full() ? 5 : 2, ways = open <= most ? 1u << open : 2u << most;

    for (uint32_t way = 0; way < ways; way++) {
        keep_some(s, level, from, to, open <= most ? way : (uint32_t)sim_rng_next(&s->rng));
        if (to < t->count && t->steps[to].kind != TAPE_SYNC)
            tear_step(s, level, &t->steps[to]);
        else
            take_flash(s, level + 1, told);
    }
}

/* work: what is durable at each moment. */
static void tear_forgetting(cuts_scene *s, unsigned level)
{
    cuts_level *here = &s->levels[level];
    uint32_t synced = 0;

    for (uint32_t i = 0; i < here->tape.count; i++) {
        tear_unsynced(s, level, synced, i, told_of(s, level));
        for (; here->tape.steps[i].kind == TAPE_SYNC && synced < i + 1; synced++)
            tape_apply(&here->tape, &here->tape.steps[synced], &here->work);
    }
    tear_unsynced(s, level, synced, here->tape.count, level == 0 ? TOLD_DONE : told_of(s, level));
}

static void tear_all(cuts_scene *s, unsigned level)
{
    cuts_level *here = &s->levels[level];

    image_copy(&here->work, &here->image);
    if (s->tear == CUTS_FORGOTTEN) {
        tear_forgetting(s, level);
        return;
    }
    for (uint32_t i = 0; i < here->tape.count; i++) {
        if (here->tape.steps[i].kind == TAPE_SYNC)
            continue;
        image_copy(&s->levels[level + 1].image, &here->work);
        tear_step(s, level, &here->tape.steps[i]);
        tape_apply(&here->tape, &here->tape.steps[i], &here->work);
    }
    image_copy(&s->levels[level + 1].image, &here->work);
    take_flash(s, level + 1, level == 0 ? TOLD_DONE : told_of(s, level));
}

/* ---- the whole ---- */

/* The deed itself is done once, and written down. */
static void record_deed(cuts_scene *s)
{
    for (unsigned i = 0; i <= CUTS_DEPTH; i++) {
        image_new(&s->levels[i].image, &s->r.flash);
        image_new(&s->levels[i].work, &s->r.flash);
    }
    s->recorder.to = &s->levels[0].tape;
    assert_int_equal(change_log(s, &s->deed->change), KITH_OK);
    s->recorder.to = NULL;
}

static void clean_up(cuts_scene *s)
{
    for (unsigned i = 0; i <= CUTS_DEPTH; i++) {
        image_free(&s->levels[i].image);
        image_free(&s->levels[i].work);
        tape_free(&s->levels[i].tape);
    }
    free(s->seen);
    rig_free(&s->r);
}

cuts_count cuts_try(const sim_flash_geometry *geometry, const cuts_deed *deed, cuts_tear tear, unsigned depth)
{
    static cuts_scene s;

    assert_true(depth < CUTS_DEPTH);
    memset(&s, 0, sizeof s);
    rig_next_mode = (rig_next_mode + 1) % RIG_MODES;
    rig_make(&s.r, geometry);
    tape_install(&s.recorder, &s.r.flash);
    s.deed = deed;
    s.tear = tear;
    s.depth = depth + 1;
    sim_rng_seed(&s.rng, 1, 0);
    make_seen(&s, SEEN_ROOM);
    assert_int_equal(rig_open(&s.r), KITH_OK);
    deed->prepare(&s);
    record_deed(&s);
    tear_all(&s, 0);
    clean_up(&s);
    return s.count;
}
