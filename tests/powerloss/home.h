/* A lamp whose store is on a faulty flash, plain or sealed, and a phone that stays. */
#ifndef POWERLOSS_HOME_H
#define POWERLOSS_HOME_H

#include "tests/scenario/cast.h"
#include "tests/unit/test_seal_support.h"
#include "tests/unit/test_store_support.h"

enum { HOME_BONDS = 14 };

typedef enum { HOME_PLAIN, HOME_SEALED, HOME_COUNTED /* sealed, with a counter */, HOME_KINDS } home_kind;

typedef struct {
    home_kind kind;
    cast_room *room;
    cast_host *lamp, *phone;
    rig r; /* the lamp's flash */
    seal_device device;
    kith_sealed_store sealed;
    kith_store store; /* what the lamp uses */
    kith_bond_keys old;
    kith_address address; /* the lamp's, before */
} home;

/* As after a power cut: flash and counter are still there. */
static inline void home_make_store(home *h)
{
    kith_sealed_config config = {&h->r.store, &h->device.port, 1};

    assert_int_equal(kith_flash_log_init(&h->r.log, &h->r.flash.port, &h->r.store), KITH_OK);
    h->store = h->r.store;
    if (h->kind != HOME_PLAIN)
        assert_int_equal(kith_sealed_store_init(&h->sealed, &config, &h->store), KITH_OK);
}

static inline void home_open(home *h, const sim_flash_geometry *flash, home_kind kind)
{
    kith_config config;

    memset(h, 0, sizeof *h);
    h->kind = kind;
    rig_make(&h->r, flash);
    seal_device_make(&h->device, 0, kind == HOME_COUNTED);
    h->device.medium_off = &h->r.flash.off;
    home_make_store(h);
    h->room = cast_open(42, CAST_TOY);
    cast_lamp_config(&config);
    config.own_address = KITH_OWN_STATIC;
    config.store = &h->store;
    config.limits.bonds = HOME_BONDS;
    config.limits.identities = 2;
    h->lamp = cast_add(h->room, "lamp", &config);
    h->phone = cast_add_phone(h->room, "phone");
    assert_int_equal(kith_host_start(h->phone->host, 0), KITH_OK);
    cast_await(h->phone, KITH_EVENT_READY, 1);
}

static inline void home_close(home *h)
{
    cast_close(h->room);
    rig_free(&h->r);
}

static inline void home_start(home *h)
{
    assert_int_equal(kith_host_start(h->lamp->host, kith_sim_now(h->room->sim)), KITH_OK);
}

static inline bool home_has_bond(home *h, kith_bond_keys *keys)
{
    kith_bond_info info;

    return kith_bonds_count(h->lamp->host) == 1 && cast_only_bond(h->lamp, &info, keys);
}

static inline void home_pair(home *h)
{
    assert_int_equal(kith_pairing_open(h->lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_pair(h->phone->host, h->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
}

static inline void home_forget(home *h)
{
    kith_bond_info info;

    assert_int_equal(kith_bonds_next(h->lamp->host, 0, &info), KITH_OK);
    assert_int_equal(kith_bonds_forget(h->lamp->host, info.peer), KITH_OK);
}

/* Started, bonded, not connected. */
static inline void home_bond(home *h)
{
    home_start(h);
    cast_await(h->lamp, KITH_EVENT_READY, 1);
    cast_connect(h->phone, h->lamp);
    home_pair(h);
    cast_await(h->lamp, KITH_EVENT_BONDED, 1);
    cast_await(h->phone, KITH_EVENT_BONDED, 1);
    cast_disconnect(h->phone, h->lamp);
    assert_true(home_has_bond(h, &h->old));
    assert_int_equal(kith_gap_own_address(h->lamp->host, &h->address), KITH_OK);
}

static inline void home_power_off(home *h)
{
    cast_power_off(h->lamp);
    sim_flash_power_off(&h->r.flash);
    sim_flash_power_on(&h->r.flash);
    home_make_store(h);
}

/* Until it has started, or not. */
static inline bool home_has_started(void *context)
{
    const home *h = context;

    return h->lamp->told[KITH_EVENT_READY] + h->lamp->told[KITH_EVENT_START_FAILED] > 0;
}

static inline bool home_power_on(home *h)
{
    h->lamp->told[KITH_EVENT_READY] = h->lamp->told[KITH_EVENT_START_FAILED] = 0;
    cast_power_on(h->lamp);
    cast_check(h->room, cast_run(h->room, 60 * (uint64_t)CAST_SECOND, home_has_started, h));
    return h->lamp->told[KITH_EVENT_READY] != 0;
}

#endif
