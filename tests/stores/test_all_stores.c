/* The rules of kith/store.h, tried on every store there is. */
#include "calls.h"
#include "kinds.h"

#include <stdlib.h>

enum { BOND = KITH_RECORD_BOND, STATE = KITH_RECORD_STATE, DEVICE = KITH_RECORD_DEVICE, KIND_MAX = 62 };

/* ---- those that keep ---- */

static void a_new_store_is_empty_and_has_room(place *p)
{
    uint32_t cursor = 0;
    kith_record record;

    assert_int_equal(p->store->read(p->store->context, &cursor, &record), KITH_ERR_NOT_FOUND);
    assert_int_equal(p->state.highest_id, 0);
    assert_true(p->state.room >= 100);
    assert_int_equal(p->state.damaged, 0);
    assert_int_equal(p->state.torn, 0);
    place_restart(p);
    assert_int_equal(place_count(p), 0);
}

static void it_tells_how_large_a_record_may_be(place *p)
{
    const uint16_t longest = p->kind->longest;
    kith_record record = place_record(BOND, 7, 1, longest);

    assert_int_equal(p->state.largest, longest);
    assert_int_equal(p->store->put(p->store->context, &record, &p->state), KITH_OK);
    assert_int_equal(p->state.largest, longest);
    assert_int_equal(place_remove(p, BOND, 7), KITH_OK);
    assert_int_equal(p->state.largest, longest);
}

static void what_was_put_is_there_now_and_after_a_restart(place *p)
{
    assert_int_equal(place_put(p, BOND, 7, 1, 57), KITH_OK);
    assert_true(place_holds(p, BOND, 7, 1, 57));
    place_restart(p);
    assert_true(place_holds(p, BOND, 7, 1, 57));
    assert_int_equal(place_count(p), 1);
    assert_int_equal(p->state.damaged, 0);
}

static void a_later_one_takes_the_place_of_an_earlier_one(place *p)
{
    static const uint16_t lengths[] = {57, 57, 20, 190, 0, 1, 57};

    for (uint32_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_int_equal(place_put(p, BOND, 7, i, lengths[i]), KITH_OK);
        assert_true(place_holds(p, BOND, 7, i, lengths[i]));
        assert_int_equal(place_count(p), 1);
        place_restart(p);
        assert_true(place_holds(p, BOND, 7, i, lengths[i]));
        assert_int_equal(place_count(p), 1);
    }
}

static void kinds_and_ids_are_kept_apart(place *p)
{
    static const uint32_t ids[] = {0, 1, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff};
    enum { IDS = sizeof ids / sizeof ids[0] };

    for (uint32_t i = 0; i < IDS; i++)
        for (uint8_t kind = DEVICE; kind <= STATE; kind++)
            assert_int_equal(place_put(p, kind, ids[i], i, (uint16_t)(20 + kind)), KITH_OK);
    assert_int_equal(place_remove(p, BOND, 0xffffffff), KITH_OK);
    place_restart(p);
    for (uint32_t i = 0; i < IDS; i++)
        for (uint8_t kind = DEVICE; kind <= STATE; kind++)
            assert_int_equal(place_holds(p, kind, ids[i], i, (uint16_t)(20 + kind)),
                             kind != BOND || ids[i] != 0xffffffff);
    assert_int_equal(place_count(p), 3 * IDS - 1);
    assert_int_equal(p->state.highest_id, 0xffffffff);
}

/* A sealed store has a kind of its own. */
static bool takes(const place *p, uint8_t kind)
{
    return p->kind->form != SEALED || kind != KITH_RECORD_SEAL;
}

static void every_kind_is_kept_known_or_not(place *p)
{
    for (uint8_t kind = 1; kind <= KIND_MAX; kind++)
        assert_int_equal(place_put(p, kind, 5, kind, kind), takes(p, kind) ? KITH_OK : KITH_ERR_VALUE);
    place_restart(p);
    for (uint8_t kind = 1; kind <= KIND_MAX; kind++)
        assert_int_equal(place_holds(p, kind, 5, kind, kind), takes(p, kind));
    for (uint8_t kind = 1; kind <= KIND_MAX; kind += 2)
        assert_int_equal(place_remove(p, kind, 5), KITH_OK);
    place_restart(p);
    for (uint8_t kind = 1; kind <= KIND_MAX; kind++)
        assert_int_equal(place_holds(p, kind, 5, kind, kind), kind % 2 == 0 && takes(p, kind));
}

static void every_length_is_kept(place *p)
{
    for (uint16_t len = 0; len <= p->kind->longest; len++) {
        assert_int_equal(place_put(p, BOND, len % 16u, len, len), KITH_OK);
        assert_true(place_holds(p, BOND, len % 16u, len, len));
        if (len % 16 == 15 || len == p->kind->longest) {
            place_restart(p);
            for (uint16_t i = 0; i < 16 && i <= len; i++)
                assert_true(place_holds(p, BOND, (len - i) % 16u, len - i, (uint16_t)(len - i)));
        }
    }
}

static void what_is_no_record_is_refused_and_changes_nothing(place *p)
{
    kith_record record = place_record(BOND, 7, 2, 30);

    assert_int_equal(place_put(p, BOND, 7, 1, 57), KITH_OK);
    record.len = KITH_STORED_MAX + 1;
    assert_int_equal(p->store->put(p->store->context, &record, &p->state), KITH_ERR_VALUE);
    record.len = 30;
    record.kind = 0;
    assert_int_equal(p->store->put(p->store->context, &record, &p->state), KITH_ERR_VALUE);
    record.kind = KIND_MAX + 1;
    assert_int_equal(p->store->put(p->store->context, &record, &p->state), KITH_ERR_VALUE);
    record.kind = BOND;
    record.removed = true;
    assert_int_equal(p->store->put(p->store->context, &record, &p->state), KITH_ERR_VALUE);
    place_restart(p);
    assert_true(place_holds(p, BOND, 7, 1, 57));
    assert_int_equal(place_count(p), 1);
}

static void what_is_not_there_is_removed_well(place *p)
{
    assert_int_equal(place_remove(p, BOND, 7), KITH_OK);
    assert_int_equal(place_put(p, BOND, 8, 1, 57), KITH_OK);
    assert_int_equal(place_remove(p, STATE, 8), KITH_OK);
    assert_int_equal(place_remove(p, BOND, 7), KITH_OK);
    place_restart(p);
    assert_true(place_holds(p, BOND, 8, 1, 57));
    assert_int_equal(place_remove(p, BOND, 8), KITH_OK);
    assert_int_equal(place_remove(p, BOND, 8), KITH_OK);
    assert_int_equal(place_count(p), 0);
}

static void what_was_removed_can_be_put_again(place *p)
{
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(place_put(p, BOND, 7, i, 57), KITH_OK);
        place_restart(p);
        assert_true(place_holds(p, BOND, 7, i, 57));
        assert_int_equal(place_remove(p, BOND, 7), KITH_OK);
        assert_true(place_lacks(p, BOND, 7));
        place_restart(p);
        assert_true(place_lacks(p, BOND, 7));
    }
}

static void the_highest_id_of_bonds_outlives_its_record(place *p)
{
    assert_int_equal(place_put(p, BOND, 41, 1, 57), KITH_OK);
    assert_int_equal(p->state.highest_id, 41);
    assert_int_equal(place_put(p, STATE, 90, 1, 20), KITH_OK);
    assert_int_equal(place_put(p, BOND, 3, 1, 57), KITH_OK);
    assert_int_equal(p->state.highest_id, 41);
    assert_int_equal(place_remove(p, BOND, 41), KITH_OK);
    assert_int_equal(p->state.highest_id, 41);
    place_restart(p);
    assert_int_equal(p->state.highest_id, 41);
    assert_true(place_holds(p, BOND, 3, 1, 57));
}

static void reading_goes_on_after_changes_and_from_the_beginning(place *p)
{
    uint32_t cursor = 0, again = 0;
    kith_record first, record;

    for (uint32_t id = 1; id <= 10; id++)
        assert_int_equal(place_put(p, BOND, id, id, 30), KITH_OK);
    assert_int_equal(p->store->read(p->store->context, &cursor, &first), KITH_OK);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(p->store->read(p->store->context, &cursor, &record), KITH_OK);
    assert_int_equal(place_put(p, BOND, 11, 11, 30), KITH_OK);
    while (p->store->read(p->store->context, &cursor, &record) == KITH_OK)
        assert_int_not_equal(record.id, first.id);
    assert_int_equal(p->store->read(p->store->context, &again, &record), KITH_OK);
    assert_int_equal(record.id, first.id);
    assert_int_equal(place_count(p), 11);
}

static void many_are_kept(place *p)
{
    enum { MANY = 600 };
    uint32_t count = 0;

    while (count < MANY && place_put(p, BOND, count + 1, count, 57) == KITH_OK)
        count++;
    assert_true(count >= 400); /* where there is less room, what fitted stays */
    if (count < MANY)
        assert_int_equal(place_put(p, BOND, count + 1, count, 57), KITH_ERR_FULL);
    place_restart(p);
    for (uint32_t id = 1; id <= count; id += 7)
        assert_true(place_holds(p, BOND, id, id - 1, 57));
    assert_int_equal(place_count(p), count);
    assert_int_equal(place_remove(p, BOND, 1), KITH_OK); /* which always works */
    assert_int_equal(place_put(p, BOND, 1, 9, 57), KITH_OK);
}

static void what_is_forgotten_is_nowhere_in_the_medium(place *p)
{
    kith_record old = place_record(BOND, 7, 1, 57), is = place_record(BOND, 7, 2, 60), other;

    for (uint32_t id = 20; id < 40; id++)
        assert_int_equal(place_put(p, BOND, id, id, 57), KITH_OK);
    assert_int_equal(place_put(p, BOND, 7, 1, 57), KITH_OK);
    place_restart(p);
    assert_int_equal(place_put(p, BOND, 7, 2, 60), KITH_OK);
    assert_int_equal(place_finds(p, is.octets, 16), p->kind->form != SEALED);
    assert_int_equal(place_remove(p, BOND, 7), KITH_OK);
    for (unsigned open = 0; open < 2; open++) {
        for (unsigned i = 0; i + 16 <= 57; i++) {
            assert_false(place_finds(p, old.octets + i, 16));
            assert_false(place_finds(p, is.octets + i, 16));
        }
        place_close(p);
    }
    other = place_record(BOND, 20, 20, 57);
    assert_int_equal(place_finds(p, other.octets, 16), p->kind->form != SEALED);
}

/* The one thing that can be seen of durability without cutting the power. */
static void nothing_is_told_before_it_is_synced(place *p)
{
    for (uint32_t i = 0; i < 60; i++) {
        assert_int_equal(place_put(p, BOND, i % 9, i, 57), KITH_OK);
        assert_int_equal(calls.dirty, 0);
        if (i % 5 == 0) {
            assert_int_equal(place_remove(p, BOND, i % 7), KITH_OK);
            assert_int_equal(calls.dirty, 0);
        }
    }
}

static void what_is_erased_is_nowhere_and_the_store_begins_anew(place *p)
{
    kith_record record = place_record(BOND, 7, 1, 57), early = place_record(BOND, 7, 9, 57);

    if (p->store->erase == NULL)
        return;
    assert_int_equal(place_put(p, BOND, 7, 9, 57), KITH_OK);
    assert_int_equal(place_put(p, BOND, 7, 1, 57), KITH_OK);
    assert_int_equal(place_put(p, STATE, 7, 1, 20), KITH_OK);
    assert_int_equal(p->store->erase(p->store->context, &p->state), KITH_OK);
    assert_int_equal(p->state.highest_id, 0);
    assert_int_equal(place_count(p), 0);
    assert_false(place_finds(p, record.octets, 16));
    assert_false(place_finds(p, early.octets, 16));
    assert_int_equal(place_put(p, BOND, 1, 2, 57), KITH_OK);
    place_restart(p);
    assert_true(place_holds(p, BOND, 1, 2, 57));
    assert_int_equal(place_count(p), 1);
}

/* ---- a long life, against a model ---- */

enum { KINDS = 3, IDS = 8, STEPS = 400 };

typedef struct {
    bool stands;
    uint32_t fill;
    uint16_t len;
} model;

static void expect_model(place *p, model (*all)[IDS], uint64_t seed, unsigned step)
{
    for (uint8_t kind = 0; kind < KINDS; kind++)
        for (uint32_t id = 0; id < IDS; id++) {
            const model *m = &all[kind][id];

            if (m->stands ? !place_holds(p, kind + 1, id, m->fill, m->len) : !place_lacks(p, kind + 1, id))
                fail_msg("seed %llu, step %u: kind %u, id %u", (unsigned long long)seed, step, kind + 1u, (unsigned)id);
        }
}

static void random_changes_leave_what_they_should(place *p)
{
    uint64_t seed = stores_seed(20260611);
    model all[KINDS][IDS] = {0};
    sim_rng rng;

    sim_rng_seed(&rng, seed, 0);
    for (unsigned step = 0; step < STEPS; step++) {
        uint8_t kind = (uint8_t)sim_rng_below(&rng, KINDS);
        uint32_t id = sim_rng_below(&rng, IDS), dice = sim_rng_below(&rng, 10);
        model *m = &all[kind][id];

        if (dice == 0) {
            place_restart(p);
        } else if (dice < 4) {
            kith_record gone = place_record(kind + 1, id, m->fill, m->len);

            assert_int_equal(place_remove(p, kind + 1, id), KITH_OK);
            if (m->stands && m->len >= 16)
                assert_false(place_finds(p, gone.octets, 16));
            m->stands = false;
        } else {
            *m = (model){true, step + 1, (uint16_t)sim_rng_below(&rng, p->kind->longest + 1u)};
            assert_int_equal(place_put(p, kind + 1, id, m->fill, m->len), KITH_OK);
        }
        if (step % 16 == 0)
            expect_model(p, all, seed, step);
    }
    place_restart(p);
    expect_model(p, all, seed, STEPS);
}

/* ---- the one that keeps nothing ---- */

static void what_is_volatile_takes_all_and_keeps_nothing(place *p)
{
    kith_record record;

    for (uint32_t id = 0; id < 1000; id++)
        assert_int_equal(place_put(p, BOND, id, 1, KITH_STORED_MAX), KITH_OK);
    assert_int_equal(p->state.room, UINT32_MAX);
    assert_int_equal(p->state.highest_id, 0);
    assert_int_equal(place_get(p, BOND, 5, &record), KITH_ERR_NOT_FOUND);
    assert_int_equal(place_count(p), 0);
    assert_int_equal(place_remove(p, BOND, 5), KITH_OK);
    assert_int_equal(p->store->erase(p->store->context, &p->state), KITH_OK);
    place_restart(p);
    assert_int_equal(place_count(p), 0);
    assert_int_equal(p->state.damaged, 0);
}

/* ---- every rule on every store ---- */

typedef struct {
    const char *name;
    void (*holds)(place *p);
    bool keeps;
} rule;

#define RULE(name)                                                                                                     \
    {                                                                                                                  \
#name, name, true                                                                                              \
    }

static const rule rules[] = {
    RULE(a_new_store_is_empty_and_has_room),
    RULE(it_tells_how_large_a_record_may_be),
    RULE(what_was_put_is_there_now_and_after_a_restart),
    RULE(a_later_one_takes_the_place_of_an_earlier_one),
    RULE(kinds_and_ids_are_kept_apart),
    RULE(every_kind_is_kept_known_or_not),
    RULE(every_length_is_kept),
    RULE(what_is_no_record_is_refused_and_changes_nothing),
    RULE(what_is_not_there_is_removed_well),
    RULE(what_was_removed_can_be_put_again),
    RULE(the_highest_id_of_bonds_outlives_its_record),
    RULE(reading_goes_on_after_changes_and_from_the_beginning),
    RULE(many_are_kept),
    RULE(what_is_forgotten_is_nowhere_in_the_medium),
    RULE(nothing_is_told_before_it_is_synced),
    RULE(what_is_erased_is_nowhere_and_the_store_begins_anew),
    RULE(random_changes_leave_what_they_should),
    {"what_is_volatile_takes_all_and_keeps_nothing", what_is_volatile_takes_all_and_keeps_nothing, false},
};

typedef struct {
    const store_kind *kind;
    const rule *rule;
    char name[96];
} trial;

static void run_trial(void **state)
{
    const trial *t = *state;
    place p;

    calls.dirty = 0; /* descriptors of an earlier one are closed */
    place_make(&p, t->kind);
    assert_int_equal(place_open(&p), KITH_OK);
    t->rule->holds(&p);
    place_destroy(&p);
}

int main(void)
{
    enum { RULES = sizeof rules / sizeof rules[0] };
    static trial trials[RULES * 8];
    static struct CMUnitTest tests[RULES * 8];
    size_t count = 0;

    for (size_t i = 0; i < store_kind_count; i++)
        for (size_t k = 0; k < RULES; k++) {
            trial *t = &trials[count];

            if (rules[k].keeps != store_kinds[i].keeps)
                continue;
            *t = (trial){&store_kinds[i], &rules[k], ""};
            (void)snprintf(t->name, sizeof t->name, "%s: %s", store_kinds[i].name, rules[k].name);
            tests[count++] = (struct CMUnitTest){t->name, run_trial, NULL, NULL, t};
        }
    return _cmocka_run_group_tests("all stores", tests, count, NULL, NULL);
}
