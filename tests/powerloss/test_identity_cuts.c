/* Power goes while one of our identities is made, changed or removed, at every operation on the flash and in the middle
 * of it, on a plain store and on sealed ones.  It is the old or the new one, address and key together; what was told
 * stands; the others and their bonds are as they were; and life goes on. */
#include "cuts.h"
#include "home.h"

typedef struct {
    const char *name;
    uint8_t number;
    bool is_there_before, is_there_after;
    kith_status (*begin)(home *h);
} deed;

static const kith_address before = {KITH_ADDRESS_RANDOM, {2, 2, 2, 2, 2, 0xc2}},
                          after = {KITH_ADDRESS_RANDOM, {3, 3, 3, 3, 3, 0xc3}};
static const uint8_t key_before[16] = {0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29},
                     key_after[16] = {0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39};
static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {512, 5, 4, 0x00, false}, {1024, 3, 16, 0xff, false}};

static uint32_t total;

/* ---- deeds ---- */

static kith_status create(home *h)
{
    uint8_t number;

    return kith_identity_create(h->lamp->host, &after, key_after, &number);
}

static kith_status set_second(home *h)
{
    return kith_identity_set(h->lamp->host, 1, &after, key_after);
}

static kith_status set_first(home *h)
{
    return kith_identity_set(h->lamp->host, 0, &after, key_after);
}

static kith_status remove_second(home *h)
{
    return kith_identity_remove(h->lamp->host, 1);
}

static const deed deeds[] = {
    {"creating", 2, false, true, create},
    {"setting", 1, true, true, set_second},
    {"setting the first", 0, true, true, set_first},
    {"removing", 1, true, false, remove_second},
};

/* A bond of the first, and a second one. */
static void prepare(home *h)
{
    uint8_t number = 0;

    home_bond(h);
    assert_int_equal(kith_identity_create(h->lamp->host, &before, key_before, &number), KITH_OK);
    cast_await(h->lamp, KITH_EVENT_IDENTITY, 1);
    h->lamp->told[KITH_EVENT_IDENTITY] = 0;
    cast_equal(h->room, number, 1);
}

/* ---- what there is ---- */

typedef struct {
    bool is_there;
    kith_address address;
    uint8_t irk[16];
} view;

static view look(home *h, uint8_t number)
{
    kith_identity_info info;
    view seen;

    memset(&seen, 0, sizeof seen);
    seen.is_there = kith_identity_get(h->lamp->host, number, &info) == KITH_OK;
    if (!seen.is_there)
        return seen;
    seen.address = info.address;
    cast_equal(h->room, kith_identity_copy_irk(h->lamp->host, number, seen.irk), KITH_OK);
    return seen;
}

static bool is_same(const view *a, const view *b)
{
    return a->is_there == b->is_there && kith_address_equal(&a->address, &b->address) &&
           memcmp(a->irk, b->irk, sizeof a->irk) == 0;
}

static view what_comes(const deed *d)
{
    view fresh;

    memset(&fresh, 0, sizeof fresh);
    fresh.is_there = d->is_there_after;
    if (!d->is_there_after)
        return fresh;
    fresh.address = after;
    memcpy(fresh.irk, key_after, sizeof fresh.irk);
    return fresh;
}

/* ---- after the cut ---- */

static void power_on(home *h)
{
    if (!home_power_on(h))
        cast_fail(h->room, "it does not start: %s",
                  kith_status_name(h->lamp->last[KITH_EVENT_START_FAILED].start_failed.status));
    cast_equal(h->room, h->lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 0);
}

static void check(home *h, const deed *d, const view old[3], bool told)
{
    const view fresh = what_comes(d), now = look(h, d->number);
    bool is_new = is_same(&now, &fresh);
    kith_bond_keys keys;

    cast_check(h->room, is_new || (!told && is_same(&now, &old[d->number])));
    for (uint8_t i = 0; i < 3; i++) {
        const view other = look(h, i);

        cast_check(h->room, i == d->number || is_same(&other, &old[i]));
    }
    cast_check(h->room, home_has_bond(h, &keys));
    assert_memory_equal(keys.ltk, h->old.ltk, 16);
    cast_equal(h->room, h->lamp->last[KITH_EVENT_READY].ready.other_identity, d->number == 0 && is_new);
    if (told && !d->is_there_after)
        cast_check(h->room, !rig_finds(&h->r, key_before, 9));
}

static bool has_ended(void *context)
{
    const home *h = context;

    return h->lamp->told[KITH_EVENT_IDENTITY] != 0;
}

/* The same once more, as far as it was not done; and it is there after another restart. */
static void check_life_goes_on(home *h, const deed *d, const view old[3])
{
    const view fresh = what_comes(d);
    view now = look(h, d->number);

    h->lamp->told[KITH_EVENT_IDENTITY] = 0;
    if (!is_same(&now, &fresh)) {
        assert_int_equal(d->begin(h), KITH_OK);
        cast_check(h->room, cast_run(h->room, 5 * (uint64_t)CAST_SECOND, has_ended, h));
        cast_equal(h->room, h->lamp->last[KITH_EVENT_IDENTITY].identity.status, KITH_OK);
    }
    home_power_off(h);
    power_on(h);
    check(h, d, old, true);
}

/* ---- cutting ---- */

static bool is_cut_or_told(void *context)
{
    const home *h = context;

    return sim_flash_has_cut(&h->r.flash) || has_ended(context);
}

/* Answers whether the power went. */
static bool try_cut(const deed *d, const sim_flash_geometry *flash, home_kind kind, uint32_t operation, uint32_t octets)
{
    static home h;
    view old[3];
    bool fell, told;

    home_open(&h, flash, kind);
    prepare(&h);
    for (uint8_t i = 0; i < 3; i++)
        old[i] = look(&h, i);
    h.r.flash.forgets = octets % 2 == 1;
    sim_flash_cut(&h.r.flash, operation, octets);
    assert_int_equal(d->begin(&h), KITH_OK);
    cast_check(h.room, cast_run(h.room, 5 * (uint64_t)CAST_SECOND, is_cut_or_told, &h));
    fell = sim_flash_has_cut(&h.r.flash);
    told = has_ended(&h) && h.lamp->last[KITH_EVENT_IDENTITY].identity.status == KITH_OK;
    home_power_off(&h);
    power_on(&h);
    check(&h, d, old, told);
    check_life_goes_on(&h, d, old);
    home_close(&h);
    return fell;
}

static uint32_t stride_of(home_kind kind)
{
    if (kind == HOME_PLAIN)
        return cuts_full() ? 1 : cuts_brief() ? 11 : 3;
    return cuts_full() ? 3 : cuts_brief() ? 41 : 13;
}

static void cut_everywhere(const deed *d)
{
    for (size_t f = 0; f < sizeof flashes / sizeof flashes[0]; f++)
        for (unsigned kind = 0; kind < HOME_KINDS; kind++) {
            bool fell = true;

            for (uint32_t operation = 1; fell; operation++)
                for (uint32_t octets = 0; fell && octets < 80; octets += stride_of((home_kind)kind)) {
                    fell = try_cut(d, &flashes[f], (home_kind)kind, operation, octets);
                    total += fell;
                }
        }
}

static void an_identity_is_the_old_or_the_new_whenever_the_power_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        uint32_t so_far = total;

        cut_everywhere(&deeds[i]);
        print_message("%s: %u cuts\n", deeds[i].name, (unsigned)(total - so_far));
        assert_true(total > so_far);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_is_the_old_or_the_new_whenever_the_power_goes),
    };

    return cmocka_run_group_tests_name("identities and power cuts", tests, NULL, NULL);
}
