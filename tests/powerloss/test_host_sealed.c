/* A whole host whose store is sealed, on flash: it bonds, loses power, comes back and is encrypted again; nobody finds
 * its keys in the flash; and where the store cannot be believed the host does not start, and says why. */
#include "tests/scenario/cast.h"
#include "tests/unit/test_seal_support.h"
#include "tests/unit/test_store_support.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    rig r; /* the lamp's flash */
    seal_device device;
    kith_sealed_store sealed;
    kith_store store; /* what the lamp uses */
    kith_bond_keys keys;
} home;

static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {1024, 4, 4, 0x00, false}, {2048, 3, 16, 0xff, false}};

static void seal(home *h)
{
    kith_sealed_config config = {&h->r.store, &h->device.port, 1};

    assert_int_equal(kith_flash_log_init(&h->r.log, &h->r.flash.port, &h->r.store), KITH_OK);
    assert_int_equal(kith_sealed_store_init(&h->sealed, &config, &h->store), KITH_OK);
}

static void unseal(home *h)
{
    assert_int_equal(kith_flash_log_init(&h->r.log, &h->r.flash.port, &h->r.store), KITH_OK);
    h->store = h->r.store;
}

static void open_home(home *h, const sim_flash_geometry *flash, bool sealed, bool counts)
{
    kith_config config;

    memset(h, 0, sizeof *h);
    rig_make(&h->r, flash);
    seal_device_make(&h->device, 0, counts);
    h->device.medium_off = &h->r.flash.off;
    if (sealed)
        seal(h);
    else
        unseal(h);
    h->room = cast_open(42, CAST_TOY);
    cast_lamp_config(&config);
    config.own_address = KITH_OWN_STATIC;
    config.store = &h->store;
    h->lamp = cast_add(h->room, "lamp", &config);
    h->phone = cast_add_phone(h->room, "phone");
}

static void close_home(home *h)
{
    cast_close(h->room);
    rig_free(&h->r);
}

static void bond(home *h)
{
    kith_bond_info info;

    cast_start(h->room);
    cast_connect_and_pair(h->phone, h->lamp);
    cast_await(h->lamp, KITH_EVENT_BONDED, 1);
    cast_await(h->phone, KITH_EVENT_BONDED, 1);
    cast_check(h->room, cast_only_bond(h->lamp, &info, &h->keys));
    cast_disconnect(h->phone, h->lamp);
}

static void power_off(home *h)
{
    cast_power_off(h->lamp);
    sim_flash_power_off(&h->r.flash);
    sim_flash_power_on(&h->r.flash);
}

static void power_on(home *h)
{
    h->lamp->told[KITH_EVENT_READY] = 0;
    cast_power_on(h->lamp);
    cast_await(h->lamp, KITH_EVENT_READY, 1);
    cast_equal(h->room, h->lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 0);
    cast_equal(h->room, h->lamp->last[KITH_EVENT_STORE_LOADED].store.bonds, 1);
}

static void expect_start_fails(home *h, kith_status why)
{
    h->lamp->told[KITH_EVENT_START_FAILED] = 0;
    cast_power_on(h->lamp);
    cast_await(h->lamp, KITH_EVENT_START_FAILED, 1);
    cast_check(h->room, h->lamp->last[KITH_EVENT_START_FAILED].start_failed.store);
    cast_equal(h->room, h->lamp->last[KITH_EVENT_START_FAILED].start_failed.status, why);
}

static void expect_reconnects(home *h)
{
    cast_connect(h->phone, h->lamp);
    cast_encrypt(h->phone, h->lamp);
    cast_disconnect(h->phone, h->lamp);
}

static void expect_no_keys_in_flash(home *h)
{
    cast_check(h->room, !rig_finds(&h->r, h->keys.ltk, 8));
    cast_check(h->room, !rig_finds(&h->r, h->keys.ltk + 8, 8));
    cast_check(h->room, !rig_finds(&h->r, h->keys.irk, 8));
}

static void a_sealed_bond_outlives_the_power_and_shows_no_key(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * sizeof flashes / sizeof flashes[0]; i++) {
        static home h;

        open_home(&h, &flashes[i / 2], true, i % 2 == 1);
        bond(&h);
        expect_no_keys_in_flash(&h);
        power_off(&h);
        seal(&h);
        power_on(&h);
        expect_reconnects(&h);
        expect_no_keys_in_flash(&h);
        close_home(&h);
    }
}

static void a_plain_bond_is_sealed_by_an_update_and_goes_on(void **state)
{
    static home h;
    kith_store_state told;

    (void)state;
    open_home(&h, &flashes[0], false, true);
    bond(&h);
    cast_check(h.room, rig_finds(&h.r, h.keys.ltk, 16));
    power_off(&h);
    seal(&h);
    expect_start_fails(&h, KITH_ERR_UNSEALED);
    power_off(&h);
    seal(&h);
    assert_int_equal(kith_sealed_store_convert(&h.sealed, &told), KITH_OK);
    expect_no_keys_in_flash(&h);
    power_on(&h);
    expect_reconnects(&h);
    close_home(&h);
}

static void a_host_that_does_not_unseal_stops_and_loses_nothing(void **state)
{
    static home h;

    (void)state;
    open_home(&h, &flashes[0], true, true);
    bond(&h);
    power_off(&h);
    unseal(&h);
    expect_start_fails(&h, KITH_ERR_NEWER);
    power_off(&h);
    seal(&h);
    h.device.oldest = h.device.newest = 2;
    expect_start_fails(&h, KITH_ERR_NO_KEY);
    power_off(&h);
    seal(&h);
    h.device.oldest = h.device.newest = 1;
    power_on(&h);
    expect_reconnects(&h);
    close_home(&h);
}

static void a_host_whose_forgotten_bond_is_brought_back_does_not_start(void **state)
{
    static home h;
    uint8_t *earlier;

    (void)state;
    open_home(&h, &flashes[0], true, true);
    bond(&h);
    earlier = malloc(sim_flash_size(&h.r.flash));
    assert_non_null(earlier);
    memcpy(earlier, sim_flash_octets(&h.r.flash), sim_flash_size(&h.r.flash));
    cast_forget_all(h.lamp);
    cast_await(h.lamp, KITH_EVENT_FORGOTTEN, 1);
    power_off(&h);
    memcpy(sim_flash_octets(&h.r.flash), earlier, sim_flash_size(&h.r.flash));
    sim_flash_settle(&h.r.flash);
    free(earlier);
    seal(&h);
    expect_start_fails(&h, KITH_ERR_ROLLED_BACK);
    close_home(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_bond_outlives_the_power_and_shows_no_key),
        cmocka_unit_test(a_plain_bond_is_sealed_by_an_update_and_goes_on),
        cmocka_unit_test(a_host_that_does_not_unseal_stops_and_loses_nothing),
        cmocka_unit_test(a_host_whose_forgotten_bond_is_brought_back_does_not_start),
    };

    return cmocka_run_group_tests_name("a host on a sealed store", tests, NULL, NULL);
}
