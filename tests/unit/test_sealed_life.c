/* A sealed store over a long life in which operations fail and power goes by chance: whoever goes on with it, after a
 * restart or without one, finds every record old or new, and can store again.  KITH_SEED plays one life again. */
#include <stdlib.h>

#include "test_seal_support.h"

enum { IDS = 12, LEN = 40, MOVES = 3000, DOUBTS = 6 };

typedef struct {
    seal_rig r;
    uint64_t seed;
    struct {
        uint8_t may_be[DOUBTS]; /* by what is known; 0: it does not stand */
        unsigned count;         /* 1: it is known */
    } of[IDS];                  /* by id */
    uint8_t fill;
    uint16_t generation;
    bool is_rotating; /* begun, and not known to be done */
    unsigned failures;
} life;

static uint32_t chance(life *l, uint32_t of)
{
    l->seed = l->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(l->seed >> 33) % of;
}

/* The fill of what stands, one of those that may be; anything else fails the test. */
static uint8_t look_at(life *l, uint32_t id)
{
    kith_record record;
    kith_status status = seal_store_get(&l->r.store, KITH_RECORD_BOND, id, &record);

    if (status != KITH_OK && status != KITH_ERR_NOT_FOUND)
        fail_msg("does not read: %s", kith_status_name(status));
    for (unsigned i = 0; i < l->of[id].count; i++) {
        uint8_t fill = l->of[id].may_be[i];
        kith_record wanted = seal_record(KITH_RECORD_BOND, id, fill, LEN);

        if (fill == 0 ? status == KITH_ERR_NOT_FOUND
                      : status == KITH_OK && record.len == LEN && memcmp(record.octets, wanted.octets, LEN) == 0)
            return fill;
    }
    fail_msg("record %u is neither old nor new", (unsigned)id);
    return 0;
}

static void know(life *l, uint32_t id, uint8_t fill)
{
    l->of[id].may_be[0] = fill;
    l->of[id].count = 1;
}

static void observe(life *l)
{
    for (uint32_t id = 1; id < IDS; id++)
        know(l, id, look_at(l, id));
}

static kith_status change(life *l, uint32_t id)
{
    bool removes = chance(l, 4) == 0;
    kith_status status;

    l->fill = (uint8_t)(l->fill % 250 + 1);
    status = removes ? seal_remove(&l->r, id) : seal_put(&l->r, id, l->fill, LEN);
    if (status == KITH_OK)
        know(l, id, removes ? 0 : l->fill);
    else
        l->of[id].may_be[l->of[id].count++] = removes ? 0 : l->fill;
    return status;
}

static void know_rotated(life *l)
{
    l->is_rotating = false;
    l->generation = l->r.device.newest;
    l->r.device.oldest = l->r.device.newest;
}

static kith_status rotate(life *l)
{
    kith_status status;

    if (!l->is_rotating)
        l->r.device.newest++;
    l->is_rotating = true;
    status = kith_sealed_store_rotate(&l->r.sealed, l->r.device.newest, &l->r.state);
    if (status == KITH_OK)
        know_rotated(l);
    return status;
}

static void restart(life *l)
{
    seal_start(&l->r, l->is_rotating && chance(l, 2) == 0 ? l->r.device.newest : l->generation);
}

static void move(life *l)
{
    uint32_t id = 1 + chance(l, IDS - 1);
    kith_status status;

    if (l->of[id].count == DOUBTS)
        observe(l);
    if (chance(l, 3) == 0)
        l->r.power = (seal_power){.cut_in = 1 + chance(l, 8), .done = chance(l, 2) == 0};
    status = chance(l, 12) == 0 ? rotate(l) : change(l, id);
    l->failures += status != KITH_OK;
    if (status != KITH_OK && !l->r.power.off)
        fail_msg("it failed and nothing had: %s", kith_status_name(status));
    if (chance(l, 3) == 0)
        restart(l);
    memset(&l->r.power, 0, sizeof l->r.power); /* or the failure passes, and the store is used on */
    if (chance(l, 2) == 0)
        observe(l);
}

static void live(bool counts, uint64_t seed)
{
    static life l;

    memset(&l, 0, sizeof l);
    seal_make(&l.r, 0, counts);
    l.seed = seed;
    l.generation = 1;
    for (uint32_t id = 1; id < IDS; id++)
        know(&l, id, 0);
    for (unsigned i = 0; i < MOVES; i++)
        move(&l);
    restart(&l);
    observe(&l);
    assert_int_equal(rotate(&l), KITH_OK);
    observe(&l);
    assert_true(l.failures > MOVES / 20);
}

static uint64_t first_seed(void)
{
    const char *text = getenv("KITH_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : 1;

    print_message("seed %llu (KITH_SEED plays one again)\n", (unsigned long long)seed);
    return seed;
}

static void every_record_is_old_or_new_whatever_fails(void **state)
{
    (void)state;
    live(false, first_seed());
}

static void under_a_counter_too(void **state)
{
    (void)state;
    live(true, first_seed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_old_or_new_whatever_fails),
        cmocka_unit_test(under_a_counter_too),
    };

    return cmocka_run_group_tests_name("life of a sealed store", tests, NULL, NULL);
}
