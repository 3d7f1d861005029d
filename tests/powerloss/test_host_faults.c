/* A whole host on a flash that fails, once or from now on, at each operation of its first bond, of bonding again and of
 * forgetting; and on one whose octets decay or stick.  Each is told by name, what was durable stays or is told to be
 * lost, and when the flash works again the device bonds. */
#include "home.h"

static const sim_flash_geometry flash = {512, 4, 4, 0xff, true};

static uint32_t faults, decays[3];

static bool has_ended(void *context)
{
    const home *h = context;

    return h->lamp->told[KITH_EVENT_BONDED] + h->lamp->told[KITH_EVENT_BOND_FAILED] > 0;
}

static void start(home *h)
{
    h->lamp->told[KITH_EVENT_READY] = h->lamp->told[KITH_EVENT_START_FAILED] = 0;
    home_start(h);
    cast_check(h->room, cast_run(h->room, 5 * (uint64_t)CAST_SECOND, home_has_started, h));
}

static void bond(home *h)
{
    h->lamp->told[KITH_EVENT_BONDED] = h->lamp->told[KITH_EVENT_BOND_FAILED] = 0;
    cast_connect(h->phone, h->lamp);
    home_pair(h);
    cast_check(h->room, cast_run(h->room, 20 * (uint64_t)CAST_SECOND, has_ended, h));
    cast_run_until(h->room, kith_sim_now(h->room->sim) + CAST_SECOND);
    cast_disconnect(h->phone, h->lamp);
}

static void a_start_that_cannot_be_kept_is_told_by_name(void **state)
{
    (void)state;
    for (uint32_t operation = 1; operation <= 2; operation++) {
        static home h;

        home_open(&h, &flash, HOME_PLAIN);
        sim_flash_fail(&h.r.flash, operation, 3);
        sim_flash_fail_on(&h.r.flash, UINT32_MAX);
        start(&h);
        cast_equal(h.room, h.lamp->told[KITH_EVENT_START_FAILED], 1);
        cast_check(h.room, h.r.flash.counts.operations < 40);
        sim_flash_power_on(&h.r.flash);
        start(&h);
        cast_equal(h.room, h.lamp->told[KITH_EVENT_READY], 1);
        home_close(&h);
    }
}

static void a_bond_that_cannot_be_kept_is_told_by_name(void **state)
{
    (void)state;
    for (unsigned on_and_on = 0; on_and_on < 2; on_and_on++) {
        static home h;
        uint32_t before;

        home_open(&h, &flash, HOME_PLAIN);
        start(&h);
        before = h.r.flash.counts.operations;
        sim_flash_fail(&h.r.flash, 1, 20);
        sim_flash_fail_on(&h.r.flash, on_and_on ? UINT32_MAX : 0);
        bond(&h);
        cast_equal(h.room, h.lamp->told[KITH_EVENT_BONDED] + h.lamp->told[KITH_EVENT_BOND_FAILED], 1);
        cast_check(h.room, !on_and_on || h.lamp->told[KITH_EVENT_BOND_FAILED] == 1);
        if (h.lamp->told[KITH_EVENT_BOND_FAILED] != 0)
            cast_equal(h.room, h.lamp->last[KITH_EVENT_BOND_FAILED].verdict.why, KITH_WHY_STORE_FAILED);
        cast_check(h.room, h.r.flash.counts.operations - before < 40);
        sim_flash_power_on(&h.r.flash);
        bond(&h);
        cast_equal(h.room, h.lamp->told[KITH_EVENT_BONDED], 1);
        cast_equal(h.room, kith_bonds_count(h.lamp->host), 1);
        home_close(&h);
    }
}

/* ---- a device that has a bond ---- */

enum { ONCE, ONCE_IN_THE_MIDDLE, ON_AND_ON, SYNC, READ, WAYS };

static void plan(home *h, unsigned way, uint32_t number)
{
    if (way == SYNC)
        sim_flash_fail_sync(&h->r.flash, number);
    else if (way == READ)
        sim_flash_fail_read(&h->r.flash, number, 1);
    else
        sim_flash_fail(&h->r.flash, number, way == ONCE_IN_THE_MIDDLE ? 20 : 0);
    sim_flash_fail_on(&h->r.flash, way == ON_AND_ON ? UINT32_MAX : 0);
}

static bool has_old_keys(home *h)
{
    kith_bond_keys keys;

    return home_has_bond(h, &keys) && memcmp(keys.ltk, h->old.ltk, 16) == 0 && memcmp(keys.irk, h->old.irk, 16) == 0;
}

/* The flash works again, and the power went and came. */
static void restart(home *h)
{
    sim_flash_power_on(&h->r.flash);
    cast_run_until(h->room, kith_sim_now(h->room->sim) + CAST_SECOND);
    home_power_off(h);
    cast_check(h->room, home_power_on(h));
    cast_equal(h->room, h->lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 0);
}

static void expect_bonds(home *h)
{
    cast_run_until(h->room, kith_sim_now(h->room->sim) + 10 * (uint64_t)CAST_SECOND);
    bond(h);
    cast_equal(h->room, h->lamp->told[KITH_EVENT_BONDED], 1);
    cast_equal(h->room, kith_bonds_count(h->lamp->host), 1);
}

/* Answers whether something failed. */
typedef bool trial(home *h, home_kind kind, unsigned way, uint32_t number);

static bool bond_again(home *h, home_kind kind, unsigned way, uint32_t number)
{
    kith_bond_keys keys;
    bool failed, struck;

    home_open(h, &flash, kind);
    home_bond(h);
    h->r.flash.counts.faults = 0;
    plan(h, way, number);
    bond(h);
    struck = h->r.flash.counts.faults != 0;
    failed = h->lamp->told[KITH_EVENT_BOND_FAILED] != 0;
    cast_equal(h->room, h->lamp->told[KITH_EVENT_BONDED] + failed, 1);
    cast_check(h->room, struck || !failed);
    if (failed)
        cast_equal(h->room, h->lamp->last[KITH_EVENT_BOND_FAILED].verdict.why, KITH_WHY_STORE_FAILED);
    cast_check(h->room, !failed || has_old_keys(h));
    restart(h);
    cast_check(h->room, home_has_bond(h, &keys));
    cast_check(h->room, failed || !has_old_keys(h));
    expect_bonds(h);
    home_close(h);
    return struck;
}

static bool has_forgotten(void *context)
{
    const home *h = context;

    return h->lamp->told[KITH_EVENT_FORGOTTEN] != 0;
}

static kith_status forget(home *h, kith_peer_id peer)
{
    h->lamp->told[KITH_EVENT_FORGOTTEN] = 0;
    assert_int_equal(kith_bonds_forget(h->lamp->host, peer), KITH_OK);
    cast_equal(h->room, kith_bonds_count(h->lamp->host), 0);
    cast_check(h->room, cast_run(h->room, 5 * (uint64_t)CAST_SECOND, has_forgotten, h));
    cast_equal(h->room, h->lamp->last[KITH_EVENT_FORGOTTEN].forgotten.peer, peer);
    return h->lamp->last[KITH_EVENT_FORGOTTEN].forgotten.status;
}

/* Said to have failed, it may be asked for again, or the power goes. */
static bool forget_it(home *h, home_kind kind, unsigned way, uint32_t number)
{
    kith_bond_info info;
    kith_status status;
    bool struck;

    home_open(h, &flash, kind);
    home_bond(h);
    assert_int_equal(kith_bonds_next(h->lamp->host, 0, &info), KITH_OK);
    h->r.flash.counts.faults = 0;
    plan(h, way, number);
    status = forget(h, info.peer);
    struck = h->r.flash.counts.faults != 0;
    cast_check(h->room, status == KITH_OK || (struck && status == KITH_ERR_STORAGE));
    sim_flash_power_on(&h->r.flash);
    if (status != KITH_OK && number % 2 == 0)
        status = forget(h, info.peer);
    if (status != KITH_OK)
        cast_check(h->room, number % 2 == 1);
    cast_check(h->room, status != KITH_OK || !rig_finds(&h->r, h->old.ltk, 16));
    restart(h);
    cast_check(h->room, kith_bonds_count(h->lamp->host) == 0 || (status != KITH_OK && has_old_keys(h)));
    cast_check(h->room, kith_bonds_count(h->lamp->host) != 0 || !rig_finds(&h->r, h->old.ltk, 16));
    expect_bonds(h);
    home_close(h);
    return struck;
}

static void strike_each(trial *try)
{
    static home h;

    for (unsigned kind = 0; kind < HOME_KINDS; kind++)
        for (unsigned way = 0; way < WAYS; way++)
            for (uint32_t number = 1; try(&h, (home_kind)kind, way, number);
                 number += way != READ || cast_is_full() ? 1 : 7)
                faults++;
}

static void a_bond_that_cannot_be_made_again_is_told_and_the_old_one_stands(void **state)
{
    (void)state;
    strike_each(bond_again);
}

static void a_peer_that_cannot_be_forgotten_is_told_and_can_be_forgotten_again(void **state)
{
    (void)state;
    strike_each(forget_it);
}

/* ---- octets that change ---- */

/* What is there is as it was, or its loss is told: as damage, or as a write that was cut short. */
static void judge_decayed(home *h)
{
    const kith_event *loaded = &h->lamp->last[KITH_EVENT_STORE_LOADED];
    uint32_t told = loaded->store.damaged + loaded->store.torn;
    kith_address now;

    assert_int_equal(kith_gap_own_address(h->lamp->host, &now), KITH_OK);
    cast_check(h->room, has_old_keys(h) || (told != 0 && kith_bonds_count(h->lamp->host) == 0));
    cast_check(h->room, kith_address_equal(&now, &h->address));
    decays[told != 0]++;
    expect_bonds(h);
}

static void decay(home_kind kind, uint32_t address, uint8_t bits)
{
    static home h;
    const kith_event *failed;

    home_open(&h, &flash, kind);
    home_bond(&h);
    home_power_off(&h);
    failed = &h.lamp->last[KITH_EVENT_START_FAILED];
    sim_flash_octets(&h.r.flash)[address] ^= bits;
    sim_flash_settle(&h.r.flash);
    if (home_power_on(&h)) {
        judge_decayed(&h);
    } else {
        decays[2]++;
        cast_check(h.room, failed->start_failed.store);
        cast_equal(h.room, failed->start_failed.status, KITH_ERR_DAMAGED);
        assert_int_equal(kith_host_factory_reset(h.lamp->host), KITH_OK);
        cast_await(h.lamp, KITH_EVENT_RESET, 1);
        cast_equal(h.room, h.lamp->last[KITH_EVENT_RESET].reset.status, KITH_OK);
        start(&h);
        expect_bonds(&h);
    }
    home_close(&h);
}

static void an_octet_that_decays_is_told_when_the_store_is_loaded(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < HOME_KINDS; kind++)
        for (uint32_t at = 0; at < 400; at += cast_is_full() ? 1 : 5) {
            decay((home_kind)kind, at, (uint8_t)(1u << at % 8));
            decay((home_kind)kind, at, 0xff);
        }
    assert_true(decays[1] != 0 && decays[2] != 0);
}

/* It is as it is from now on: it cannot be erased, or not be programmed.  Bonds are made until all sectors were erased,
 * or could not be: what was told stays so. */
static void live_with_stuck_octet(uint32_t address)
{
    static home h;
    bool has = true;

    home_open(&h, &flash, HOME_PLAIN);
    home_bond(&h);
    sim_flash_stick(&h.r.flash, address, 0xff, sim_flash_octets(&h.r.flash)[address]);
    for (unsigned i = 0; i < 24; i++) {
        bond(&h);
        cast_equal(h.room, h.lamp->told[KITH_EVENT_BONDED] + h.lamp->told[KITH_EVENT_BOND_FAILED], 1);
        has = has || h.lamp->told[KITH_EVENT_BONDED] != 0;
        cast_equal(h.room, kith_bonds_count(h.lamp->host), has);
    }
    restart(&h);
    cast_equal(h.room, kith_bonds_count(h.lamp->host), 1);
    home_close(&h);
}

static void an_octet_that_sticks_loses_nothing(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < flash.sector_size * flash.sector_count; at += cast_is_full() ? 3 : at < 300 ? 9 : 61) {
        live_with_stuck_octet(at);
        faults++;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_that_cannot_be_kept_is_told_by_name),
        cmocka_unit_test(a_bond_that_cannot_be_kept_is_told_by_name),
        cmocka_unit_test(a_bond_that_cannot_be_made_again_is_told_and_the_old_one_stands),
        cmocka_unit_test(a_peer_that_cannot_be_forgotten_is_told_and_can_be_forgotten_again),
        cmocka_unit_test(an_octet_that_decays_is_told_when_the_store_is_loaded),
        cmocka_unit_test(an_octet_that_sticks_loses_nothing),
    };
    int failed = cmocka_run_group_tests_name("a host on a flash that fails", tests, NULL, NULL);

    fprintf(stderr, "%u faults tried; octets that decayed: %u not noticed, nothing lost, %u told, %u not started\n",
            (unsigned)faults, (unsigned)decays[0], (unsigned)decays[1], (unsigned)decays[2]);
    return failed;
}
