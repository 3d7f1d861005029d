/* The power goes while a value beside a bond is stored, replaced, deleted, or removed with its bond, at every operation
 * on the flash and in the middle of it: it is the old one or the new one, the same at every later start, and no bond is
 * harmed.  What was told as done is done. */
#include "cuts.h"
#include "tests/unit/test_peers_data_support.h"

enum { MOST = KITH_PEER_DATA_MAX };
static const kith_peer_data app = KITH_PEER_APPLICATION;

static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {2048, 8, 4, 0x00, false}, {2048, 4, 16, 0xff, false}};

static rig r;
static keeper k;
static uint8_t value[MOST], buffer[MOST];
static uint32_t total, old_ones, new_ones;

/* Values are told by their seeds; 0: none. */
typedef struct {
    uint16_t before[3]; /* lengths of those that are stored before; 0: no more */
    uint16_t len;       /* of the new one; 0: it is deleted */
    bool forgets;       /* the bond, with it */
} deed;

static uint32_t seed_after(const deed *d)
{
    uint32_t seed = 0;

    while (seed < 3 && d->before[seed] != 0)
        seed++;
    return seed;
}

static void put(uint16_t len, uint32_t seed)
{
    keeper_value(value, len, seed);
    assert_int_equal(keeper_store(&k, 1, app, value, len).status, KITH_OK);
}

static void prepare(const sim_flash_geometry *flash, const deed *d)
{
    rig_make(&r, flash);
    keeper_add_bonds(&r.store, 2);
    keeper_open(&k, &r.store);
    for (uint32_t i = 0; i < seed_after(d); i++)
        put(d->before[i], 1 + i);
    keeper_put(&k, 2, app, 77, 9);
    keeper_forget(&k);
}

static kith_status begin(const deed *d)
{
    if (d->len != 0) {
        keeper_value(value, d->len, 1 + seed_after(d));
        return keeper_store(&k, 1, app, value, d->len).status;
    }
    if (!d->forgets)
        return keeper_delete(&k, 1, app).status;
    assert_int_equal(kith_bonds_forget(k.h, 1), KITH_OK);
    keeper_run(&k);
    return keeper_last(&k, KITH_EVENT_FORGOTTEN)->forgotten.status;
}

static void reboot(void)
{
    keeper_close(&k);
    sim_flash_power_off(&r.flash);
    sim_flash_power_on(&r.flash);
    rig_start(&r);
    keeper_config(&k, &r.store);
    keeper_make(&k);
    keeper_run(&k);
    assert_int_equal(keeper_last(&k, KITH_EVENT_STORE_LOADED)->store.damaged, 0);
    keeper_forget(&k);
}

/* Which one is there?  Never another, nor a part. */
static uint32_t seed_there(const deed *d)
{
    kith_event_data end = keeper_load(&k, 1, app, buffer, sizeof buffer);

    if (end.status == KITH_ERR_NOT_FOUND)
        return 0;
    assert_int_equal(end.status, KITH_OK);
    for (uint32_t seed = 1; seed <= 1 + seed_after(d); seed++) {
        uint16_t len = seed <= seed_after(d) ? d->before[seed - 1] : d->len;

        keeper_value(value, len, seed);
        if (end.len == len && memcmp(buffer, value, len) == 0)
            return seed;
    }
    fail_msg("a value that never was");
    return 0;
}

static unsigned pieces_of(kith_peer_id peer)
{
    unsigned count = 0;

    for (uint8_t kind = KITH_RECORD_CHUNK; kind < KITH_RECORD_CHUNK_END; kind++) {
        kith_record record = {.kind = kind, .id = peer};

        count += r.store.get(r.store.context, &record) == KITH_OK;
    }
    return count;
}

static void expect_forgotten_or_not(const deed *d, kith_status status)
{
    if (kith_bonds_count(k.h) == 1) {
        assert_int_equal(pieces_of(1), 0);
        new_ones++;
        return;
    }
    assert_int_not_equal(status, KITH_OK);
    assert_int_equal(seed_there(d), seed_after(d));
    old_ones++;
}

static void expect_old_or_new(const deed *d, kith_status status, uint32_t *seed)
{
    uint32_t old = seed_after(d), fresh = d->len != 0 ? old + 1 : 0, there = seed_there(d);

    assert_true(there == old || there == fresh);
    assert_true(status != KITH_OK || there == fresh);
    assert_true(*seed == UINT32_MAX || *seed == there); /* and stays so */
    *seed = there;
    assert_int_equal(kith_bonds_count(k.h), 2);
    old_ones += there == old;
    new_ones += there == fresh;
}

/* Answers whether the power went. */
static bool try_cut(const deed *d, const sim_flash_geometry *flash, uint32_t operation, uint32_t octets)
{
    uint32_t seed = UINT32_MAX;
    kith_status status;
    bool fell;

    prepare(flash, d);
    r.flash.forgets = octets % 2 == 1;
    sim_flash_cut(&r.flash, operation, octets);
    status = begin(d);
    fell = sim_flash_has_cut(&r.flash);
    for (unsigned boot = 0; boot < 2; boot++) {
        reboot();
        if (d->forgets)
            expect_forgotten_or_not(d, status);
        else
            expect_old_or_new(d, status, &seed);
        assert_true(keeper_has(&k, 2, app, 77, 9));
        keeper_forget(&k);
    }
    if (!d->forgets) { /* it goes on */
        put(300, 30);
        assert_true(keeper_has(&k, 1, app, 300, 30));
    }
    keeper_close(&k);
    rig_free(&r);
    return fell;
}

static void cut_everywhere(const deed *d)
{
    old_ones = new_ones = 0;
    for (size_t f = 0; f < sizeof flashes / sizeof flashes[0]; f++) {
        bool fell = true;

        for (uint32_t operation = 1; fell; operation++)
            for (uint32_t octets = 0; fell && octets < 230; octets += cuts_full() ? 7 : cuts_brief() ? 115 : 19) {
                fell = try_cut(d, &flashes[f], operation, octets);
                total += fell;
            }
    }
    assert_true(old_ones > 0 && new_ones > 0);
}

static void a_first_value_is_there_or_not(void **state)
{
    static const deed deeds[] = {{.len = 1}, {.len = 183}, {.len = 700}};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        cut_everywhere(&deeds[i]);
}

static void a_value_is_the_old_one_or_the_new_one(void **state)
{
    static const deed deeds[] = {
        {.before = {700}, .len = 500}, {.before = {1}, .len = 900}, {.before = {900}, .len = 1}};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        cut_everywhere(&deeds[i]);
}

/* Both banks are in use: the new one goes over the older one, and what lies behind its end stays. */
static void so_it_is_over_an_older_one(void **state)
{
    static const deed deeds[] = {
        {.before = {700, 500}, .len = 600}, {.before = {700, 500}, .len = 200}, {.before = {200, 500, 1}, .len = 700}};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        cut_everywhere(&deeds[i]);
}

static void what_is_deleted_is_there_or_gone_and_never_an_older_one(void **state)
{
    static const deed deeds[] = {
        {.before = {700}, .len = 0}, {.before = {700, 500}, .len = 0}, {.before = {200, 500, 300}, .len = 0}};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        cut_everywhere(&deeds[i]);
}

static void with_its_bond_it_goes(void **state)
{
    static const deed deeds[] = {{.before = {700, 500}, .forgets = true}, {.before = {1}, .forgets = true}};

    (void)state;
    for (unsigned i = 0; i < 2; i++)
        cut_everywhere(&deeds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_value_is_there_or_not),
        cmocka_unit_test(a_value_is_the_old_one_or_the_new_one),
        cmocka_unit_test(so_it_is_over_an_older_one),
        cmocka_unit_test(what_is_deleted_is_there_or_gone_and_never_an_older_one),
        cmocka_unit_test(with_its_bond_it_goes),
    };
    int failed = cmocka_run_group_tests_name("power cuts while values are stored", tests, NULL, NULL);

    fprintf(stderr, "%u power cuts tried\n", (unsigned)total);
    return failed;
}
