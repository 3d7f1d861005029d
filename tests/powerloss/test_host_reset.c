/* Factory reset of a whole host whose power goes, or whose flash fails, in the middle of it, on a plain store and on
 * sealed ones.  It comes back as it was, or as a new device that knows nobody, or tells that its store is damaged and
 * can be reset again; what it shows for whole is never a part.  Told, not one key is left. */
#include "home.h"
#include "kith/codec/record.h"

enum { MORE = 9 }; /* bonds beside the phone's, so that they lie in several sectors */

static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {512, 9, 4, 0x00, false}, {1024, 5, 16, 0xff, false}};

enum { FLASHES = sizeof flashes / sizeof flashes[0] };

typedef enum { END_WHOLE, END_NEW, END_DAMAGED, END_NOT_STARTED, ENDS } ending;

static uint32_t total, ends[ENDS], faults;

/* ---- before ---- */

static kith_bond_record bond_of(uint32_t i)
{
    kith_bond_record bond = {.peer = 100 + i,
                             .identity = {KITH_ADDRESS_PUBLIC, {(uint8_t)i, 1, 2, 3, 4, 5}},
                             .level = KITH_LEVEL_ENCRYPTED,
                             .method = KITH_METHOD_JUST_WORKS,
                             .key_kind = KITH_KEY_KIND_SC,
                             .key_size = 16,
                             .has_ltk = true};

    for (unsigned k = 0; k < 16; k++)
        bond.ltk[k] = (uint8_t)(0x31 + i * 16 + k * 7);
    return bond;
}

/* More bonds, by way of its store: as if it had met them. */
static void add_bonds(home *h)
{
    kith_store_state state;

    assert_int_equal(h->store.open(h->store.context, &state), KITH_OK);
    for (uint32_t i = 0; i < MORE; i++) {
        kith_bond_record bond = bond_of(i);
        kith_record record;

        bond.local = h->address;
        assert_int_equal(kith_record_encode_bond(&bond, &record), KITH_OK);
        assert_int_equal(h->store.put(h->store.context, &record, &state), KITH_OK);
    }
}

static void prepare(home *h, const sim_flash_geometry *flash, home_kind kind)
{
    home_open(h, flash, kind);
    home_bond(h);
    home_power_off(h);
    add_bonds(h);
    home_power_off(h);
    cast_check(h->room, home_power_on(h));
    cast_equal(h->room, kith_bonds_count(h->lamp->host), MORE + 1);
}

/* ---- what must hold ---- */

static void check_no_keys(home *h)
{
    cast_check(h->room, !rig_finds(&h->r, h->old.ltk, 8) && !rig_finds(&h->r, h->old.irk, 8));
    for (uint32_t i = 0; i < MORE; i++) {
        kith_bond_record bond = bond_of(i);

        cast_check(h->room, !rig_finds(&h->r, bond.ltk, 8));
    }
}

static bool has_ended(void *context)
{
    const home *h = context;

    return sim_flash_has_cut(&h->r.flash) || h->lamp->told[KITH_EVENT_RESET] != 0;
}

static kith_status reset(home *h)
{
    h->lamp->told[KITH_EVENT_RESET] = 0;
    assert_int_equal(kith_host_factory_reset(h->lamp->host), KITH_OK);
    cast_equal(h->room, kith_bonds_count(h->lamp->host), 0);
    cast_check(h->room, cast_run(h->room, 30 * (uint64_t)CAST_SECOND, has_ended, h));
    return h->lamp->told[KITH_EVENT_RESET] != 0 ? h->lamp->last[KITH_EVENT_RESET].reset.status : KITH_ERR_STATE;
}

static void start_anew(home *h)
{
    h->lamp->told[KITH_EVENT_READY] = h->lamp->told[KITH_EVENT_START_FAILED] = 0;
    home_start(h);
    cast_check(h->room, cast_run(h->room, 60 * (uint64_t)CAST_SECOND, home_has_started, h));
    cast_equal(h->room, h->lamp->told[KITH_EVENT_READY], 1);
}

static bool has_old_address(home *h)
{
    kith_address now;

    assert_int_equal(kith_gap_own_address(h->lamp->host, &now), KITH_OK);
    return kith_address_equal(&now, &h->address);
}

/* It runs. */
static ending judge_running(home *h)
{
    uint32_t bonds = kith_bonds_count(h->lamp->host);
    bool is_old = has_old_address(h);

    if (h->lamp->last[KITH_EVENT_STORE_LOADED].store.damaged != 0)
        return END_DAMAGED;
    cast_equal(h->room, bonds, is_old ? MORE + 1 : 0);
    return is_old ? END_WHOLE : END_NEW;
}

static ending judge(home *h)
{
    const kith_event *failed = &h->lamp->last[KITH_EVENT_START_FAILED];

    if (home_power_on(h))
        return judge_running(h);
    cast_check(h->room, failed->start_failed.store);
    if (h->kind != HOME_COUNTED || failed->start_failed.status != KITH_ERR_ROLLED_BACK)
        cast_equal(h->room, failed->start_failed.status, KITH_ERR_DAMAGED);
    return END_NOT_STARTED;
}

/* A new device: it bonds, and is known after the next restart. */
static void check_new_life(home *h)
{
    kith_bond_keys keys;

    cast_equal(h->room, h->lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 0);
    cast_check(h->room, !has_old_address(h));
    cast_equal(h->room, kith_bonds_count(h->lamp->host), 0);
    h->lamp->told[KITH_EVENT_BONDED] = 0;
    cast_connect(h->phone, h->lamp);
    home_pair(h);
    cast_await(h->lamp, KITH_EVENT_BONDED, 1);
    cast_run_until(h->room, kith_sim_now(h->room->sim) + CAST_SECOND);
    cast_disconnect(h->phone, h->lamp);
    home_power_off(h);
    cast_check(h->room, home_power_on(h));
    cast_check(h->room, home_has_bond(h, &keys));
}

/* Whatever is there, it can be reset. */
static void check_can_be_reset(home *h)
{
    cast_equal(h->room, reset(h), KITH_OK);
    check_no_keys(h);
    start_anew(h);
    check_new_life(h);
}

/* ---- power cuts ---- */

/* Answers whether the power went. */
static bool try_cut(const sim_flash_geometry *flash, home_kind kind, uint32_t operation, uint32_t octets)
{
    static home h;
    ending end;
    bool fell, told;

    prepare(&h, flash, kind);
    h.r.flash.forgets = octets % 2 == 1;
    h.r.flash.tear = octets % 3 == 1 ? SIM_TEAR_BACKWARD : SIM_TEAR_FORWARD;
    sim_flash_cut(&h.r.flash, operation, octets);
    told = reset(&h) == KITH_OK;
    fell = sim_flash_has_cut(&h.r.flash);
    cast_check(h.room, fell || told);
    home_power_off(&h);
    h.r.flash.forgets = false;
    if (told)
        check_no_keys(&h);
    end = judge(&h);
    cast_check(h.room, !told || end == END_NEW);
    ends[end]++;
    if (operation % 2 == 0 && end == END_NEW)
        check_new_life(&h);
    else
        check_can_be_reset(&h);
    home_close(&h);
    return fell;
}

static void a_reset_that_is_cut_short_leaves_all_or_nothing_or_says_so(void **state)
{
    static const uint32_t few[] = {0, 7, 25, 58, 250, 511, 1900, 100000};

    (void)state;
    for (unsigned i = 0; i < FLASHES * HOME_KINDS; i++) {
        bool fell = true;

        for (uint32_t operation = 1; fell; operation++)
            for (unsigned k = 0; fell && k < (cast_is_full() ? 4 : 1) * sizeof few / sizeof few[0]; k++) {
                fell = try_cut(&flashes[i % FLASHES], (home_kind)(i / FLASHES), operation, few[k % 8] + k / 8 * 9);
                total += fell;
            }
    }
}

/* ---- flash that fails ---- */

static void plan(home *h, unsigned how, uint32_t number)
{
    if (how == 3)
        sim_flash_fail_sync(&h->r.flash, number);
    else if (how == 4)
        sim_flash_fail_read(&h->r.flash, number, 1);
    else
        sim_flash_fail(&h->r.flash, number, how == 1 ? 40 : 0);
    sim_flash_fail_on(&h->r.flash, how == 2 ? UINT32_MAX : 0);
}

/* Answers whether something failed. */
static bool try_failure(const sim_flash_geometry *flash, home_kind kind, unsigned how, uint32_t number)
{
    static home h;
    kith_status status;
    uint32_t faults_before, before;
    bool struck;

    prepare(&h, flash, kind);
    faults_before = h.r.flash.counts.faults;
    before = h.r.flash.counts.operations;
    plan(&h, how, number);
    status = reset(&h);
    struck = h.r.flash.counts.faults != faults_before;
    cast_check(h.room, status == KITH_OK || status == KITH_ERR_STORAGE);
    cast_check(h.room, struck || status == KITH_OK);
    cast_check(h.room, h.r.flash.counts.operations - before < 20 + 2 * flash->sector_count);
    if (status == KITH_OK)
        check_no_keys(&h);
    sim_flash_power_on(&h.r.flash);
    if (how == 2) /* erasing failed before it began: the sectors are as they were */
        memset(h.r.flash.half_erased, 0, flash->sector_count * sizeof *h.r.flash.half_erased);
    check_can_be_reset(&h);
    home_close(&h);
    return struck;
}

static void a_reset_on_a_flash_that_fails_is_told_and_can_be_done_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FLASHES * HOME_KINDS; i++)
        for (unsigned how = 0; how < 5; how++)
            for (uint32_t number = 1; try_failure(&flashes[i % FLASHES], (home_kind)(i / FLASHES), how, number);
                 number += how != 4 || cast_is_full() ? 1 : 40)
                faults++;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reset_that_is_cut_short_leaves_all_or_nothing_or_says_so),
        cmocka_unit_test(a_reset_on_a_flash_that_fails_is_told_and_can_be_done_again),
    };
    int failed = cmocka_run_group_tests_name("factory reset of a host", tests, NULL, NULL);

    fprintf(stderr, "%u power cuts tried: %u left all, %u nothing, %u a damaged store, %u one that does not start; ",
            (unsigned)total, (unsigned)ends[END_WHOLE], (unsigned)ends[END_NEW], (unsigned)ends[END_DAMAGED],
            (unsigned)ends[END_NOT_STARTED]);
    fprintf(stderr, "%u faults tried\n", (unsigned)faults);
    return failed;
}
