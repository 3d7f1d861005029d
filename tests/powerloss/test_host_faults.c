/* A whole host on a flash that fails, once or from now on, at each operation of its first bond: that is told by name,
 * and when the flash works again the device bonds. */
#include "tests/scenario/cast.h"
#include "tests/unit/test_store_support.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    rig r; /* the lamp's store */
} home;

static void open_home(home *h)
{
    kith_config config;

    memset(h, 0, sizeof *h);
    rig_make(&h->r, &(sim_flash_geometry){512, 4, 4, 0xff, true});
    h->room = cast_open(42, CAST_TOY);
    cast_lamp_config(&config);
    config.own_address = KITH_OWN_STATIC;
    config.store = &h->r.store;
    h->lamp = cast_add(h->room, "lamp", &config);
    h->phone = cast_add_phone(h->room, "phone");
    assert_int_equal(kith_host_start(h->phone->host, 0), KITH_OK);
    cast_await(h->phone, KITH_EVENT_READY, 1);
}

static void close_home(home *h)
{
    cast_close(h->room);
    rig_free(&h->r);
}

static bool has_ended(void *context)
{
    const home *h = context;

    return h->lamp->told[KITH_EVENT_BONDED] + h->lamp->told[KITH_EVENT_BOND_FAILED] > 0;
}

static bool has_started(void *context)
{
    const home *h = context;

    return h->lamp->told[KITH_EVENT_READY] + h->lamp->told[KITH_EVENT_START_FAILED] > 0;
}

static void start(home *h)
{
    h->lamp->told[KITH_EVENT_READY] = h->lamp->told[KITH_EVENT_START_FAILED] = 0;
    assert_int_equal(kith_host_start(h->lamp->host, kith_sim_now(h->room->sim)), KITH_OK);
    cast_check(h->room, cast_run(h->room, 5 * (uint64_t)CAST_SECOND, has_started, h));
}

static void bond(home *h)
{
    h->lamp->told[KITH_EVENT_BONDED] = h->lamp->told[KITH_EVENT_BOND_FAILED] = 0;
    cast_connect(h->phone, h->lamp);
    assert_int_equal(kith_pairing_open(h->lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_pair(h->phone->host, h->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(h->room, cast_run(h->room, 20 * (uint64_t)CAST_SECOND, has_ended, h));
    cast_run_until(h->room, kith_sim_now(h->room->sim) + CAST_SECOND);
    cast_disconnect(h->phone, h->lamp);
}

static void a_start_that_cannot_be_kept_is_told_by_name(void **state)
{
    (void)state;
    for (uint32_t operation = 1; operation <= 2; operation++) {
        static home h;

        open_home(&h);
        sim_flash_fail(&h.r.flash, operation, 3);
        sim_flash_fail_on(&h.r.flash, UINT32_MAX);
        start(&h);
        cast_equal(h.room, h.lamp->told[KITH_EVENT_START_FAILED], 1);
        cast_check(h.room, h.r.flash.counts.operations < 40);
        sim_flash_power_on(&h.r.flash);
        start(&h);
        cast_equal(h.room, h.lamp->told[KITH_EVENT_READY], 1);
        close_home(&h);
    }
}

static void a_bond_that_cannot_be_kept_is_told_by_name(void **state)
{
    (void)state;
    for (unsigned on_and_on = 0; on_and_on < 2; on_and_on++) {
        static home h;
        uint32_t before;

        open_home(&h);
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
        close_home(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_that_cannot_be_kept_is_told_by_name),
        cmocka_unit_test(a_bond_that_cannot_be_kept_is_told_by_name),
    };

    return cmocka_run_group_tests_name("a host on a flash that fails", tests, NULL, NULL);
}
