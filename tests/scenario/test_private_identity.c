/* Row GP-7: who this device is, found at its first start and at every other one, and its key that can be changed, so
 * that whoever was forgotten does not follow it for ever.  Core Vol 3 Part C 10.7, 10.8. */
#include "kith/lists.h"
#include "memory_store.h"
#include "witness.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phones[2];
    memory_store store; /* the lamp's */
} home;

static void open_home(home *t)
{
    kith_config lamp, phone;

    memset(t, 0, sizeof *t);
    t->room = cast_open(707, CAST_TOY);
    memory_store_init(&t->store, 40);
    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    lamp.store = &t->store.store;
    lamp.limits.bonds = 4;
    lamp.limits.listed = 4;
    lamp.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, 900, 0};
    t->lamp = cast_add(t->room, "lamp", &lamp);
    t->phones[0] = cast_add(t->room, "phone", &phone);
    t->phones[1] = cast_add(t->room, "other", &phone);
    cast_start(t->room);
}

static void pair(home *t, cast_host *phone)
{
    unsigned lamps = t->lamp->told[KITH_EVENT_BONDED];

    cast_connect(phone, t->lamp);
    cast_equal(t->room, kith_pairing_open(t->lamp->host, 30000), KITH_OK);
    cast_equal(t->room, kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(phone, KITH_EVENT_BONDED);
    cast_await(t->lamp, KITH_EVENT_BONDED, lamps + 1);
    cast_disconnect(phone, t->lamp);
}

static bool knows(const home *t, const cast_host *phone)
{
    kith_address lamp = cast_address(t->lamp);
    kith_peer_id peer;

    return kith_bonds_of_address(phone->host, &lamp, &peer) == KITH_OK;
}

static uint32_t bonds_of(const home *t)
{
    kith_identity_info info;

    cast_equal(t->room, kith_identity_get(t->lamp->host, 0, &info), KITH_OK);
    return info.bonds;
}

static void forget_first(home *t)
{
    kith_peer_id first = 0;

    cast_equal(t->room, kith_peers_next(t->lamp->host, NULL, 0, &first), KITH_OK);
    cast_equal(t->room, kith_bonds_forget(t->lamp->host, first), KITH_OK);
    cast_await_next(t->lamp, KITH_EVENT_FORGOTTEN);
}

static void rotate(home *t)
{
    kith_identity_info before, after;

    cast_equal(t->room, kith_identity_get(t->lamp->host, 0, &before), KITH_OK);
    cast_equal(t->room, kith_identity_rotate(t->lamp->host, 0), KITH_OK);
    cast_await_next(t->lamp, KITH_EVENT_IDENTITY);
    cast_equal(t->room, t->lamp->last[KITH_EVENT_IDENTITY].identity.status, KITH_OK);
    cast_equal(t->room, t->lamp->last[KITH_EVENT_IDENTITY].identity.other_identity, 0);
    cast_equal(t->room, kith_identity_get(t->lamp->host, 0, &after), KITH_OK);
    cast_check(t->room, kith_address_equal(&before.address, &after.address));
}

/* Who was forgotten has the old key, and finds nobody by it; neither does who was not, which is said before, and pairs
 * anew.  It stays so. */
static void GP_7_with_another_key_nobody_follows_who_has_the_old_one(void **state)
{
    kith_bond_keys keys;
    kith_bond_info bond;
    home t;

    (void)state;
    open_home(&t);
    for (unsigned i = 0; i < 2; i++)
        pair(&t, t.phones[i]);
    cast_equal(t.room, bonds_of(&t), 2);
    forget_first(&t);
    cast_check(t.room, knows(&t, t.phones[0]) && knows(&t, t.phones[1])); /* forgotten, and follows all the same */
    cast_equal(t.room, bonds_of(&t), 1);
    rotate(&t);
    cast_check(t.room, !knows(&t, t.phones[0]) && !knows(&t, t.phones[1]));
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    cast_reboot(t.lamp);
    cast_check(t.room, !knows(&t, t.phones[0]) && !knows(&t, t.phones[1]));
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    cast_forget_all(t.phones[1]);
    pair(&t, t.phones[1]);
    cast_check(t.room, !knows(&t, t.phones[0]) && knows(&t, t.phones[1]));
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1); /* it is the same phone */
    cast_check(t.room, cast_only_bond(t.phones[1], &bond, &keys));
    cast_connect(t.phones[1], t.lamp);
    cast_encrypt(t.phones[1], t.lamp);
    cast_close(t.room);
}

/* The address stays, so where it is on air the bonds are as good as before. */
static void GP_7_without_privacy_bonds_are_used_with_another_key_too(void **state)
{
    const kith_privacy plain = {KITH_PRIVACY_OFF, 0, 0};
    home t;

    (void)state;
    open_home(&t);
    cast_equal(t.room, kith_privacy_set(t.lamp->host, &plain), KITH_OK);
    pair(&t, t.phones[0]);
    rotate(&t);
    cast_check(t.room, knows(&t, t.phones[0]));
    cast_connect(t.phones[0], t.lamp);
    cast_encrypt(t.phones[0], t.lamp);
    cast_close(t.room);
}

static void GP_7_a_key_that_is_in_use_or_given_is_not_changed(void **state)
{
    static const uint8_t irk[16] = {1, 2, 3, 4};
    kith_config config;
    cast_room *room;
    cast_host *given;
    uint8_t before[16], after[16];
    home t;

    (void)state;
    open_home(&t);
    cast_equal(t.room, kith_identity_copy_irk(t.lamp->host, 0, before), KITH_OK);
    cast_advertise(t.lamp);
    cast_equal(t.room, kith_identity_rotate(t.lamp->host, 0), KITH_ERR_IN_USE);
    cast_equal(t.room, kith_gap_stop_advertising(t.lamp->host), KITH_OK);
    cast_await_next(t.lamp, KITH_EVENT_ADVERTISING);
    cast_equal(t.room, kith_identity_rotate(t.lamp->host, 1), KITH_ERR_NOT_FOUND);
    t.lamp->random.good_draws = 0;
    t.lamp->random.then = CAST_RANDOM_FAILS;
    cast_equal(t.room, kith_identity_rotate(t.lamp->host, 0), KITH_ERR_ENTROPY);
    t.lamp->random.good_draws = -1;
    cast_hold_store(t.lamp);
    cast_equal(t.room, kith_identity_rotate(t.lamp->host, 0), KITH_OK);
    cast_equal(t.room, kith_identity_rotate(t.lamp->host, 0), KITH_ERR_BUSY);
    cast_equal(t.room, kith_identity_copy_irk(t.lamp->host, 0, after), KITH_OK);
    assert_memory_equal(before, after, 16); /* until it is durable */
    cast_close(t.room);

    room = cast_open(708, CAST_TOY);
    cast_lamp_config(&config);
    config.irk = irk;
    given = cast_add(room, "lamp", &config);
    cast_start(room);
    cast_equal(room, kith_identity_rotate(given->host, 0), KITH_ERR_STATE);
    cast_close(room);
}

/* ---- at the start ---- */

static void GP_7_a_first_start_makes_a_random_identity_that_stays(void **state)
{
    static const uint8_t zeros[16];
    kith_identity_info first[2], again;
    uint8_t keys[2][16], key[16];
    memory_store stores[2];
    cast_room *room = cast_open(709, CAST_TOY);
    cast_host *hosts[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        kith_config config;

        memory_store_init(&stores[i], 20);
        cast_lamp_config(&config);
        config.own_address = KITH_OWN_STATIC;
        config.store = &stores[i].store;
        hosts[i] = cast_add(room, i == 0 ? "one" : "other", &config);
    }
    cast_start(room);
    for (unsigned i = 0; i < 2; i++) {
        cast_equal(room, kith_identity_get(hosts[i]->host, 0, &first[i]), KITH_OK);
        cast_equal(room, kith_address_kind_of(&first[i].address), KITH_ADDRESS_KIND_STATIC);
        cast_equal(room, kith_identity_copy_irk(hosts[i]->host, 0, keys[i]), KITH_OK);
        assert_memory_not_equal(keys[i], zeros, 16);
    }
    cast_check(room, !kith_address_equal(&first[0].address, &first[1].address));
    assert_memory_not_equal(keys[0], keys[1], 16);
    cast_reboot(hosts[0]);
    cast_equal(room, kith_identity_get(hosts[0]->host, 0, &again), KITH_OK);
    cast_equal(room, kith_identity_copy_irk(hosts[0]->host, 0, key), KITH_OK);
    cast_check(room, kith_address_equal(&first[0].address, &again.address));
    assert_memory_equal(keys[0], key, 16);
    cast_close(room);
}

/* The store is carried to another adapter: its bonds are of an address that is not there, which is said, also while
 * that address is not on air. */
static void GP_7_a_changed_adapter_address_is_reported_at_the_start(void **state)
{
    (void)state;
    for (unsigned hides = 0; hides <= 1; hides++) {
        cast_host *moved;
        kith_config config;
        home t;

        open_home(&t);
        pair(&t, t.phones[0]);
        cast_equal(t.room, t.lamp->last[KITH_EVENT_READY].ready.other_identity, 0);
        cast_power_off(t.lamp);
        config = t.lamp->config;
        if (!hides)
            config.privacy.mode = KITH_PRIVACY_OFF;
        moved = cast_add(t.room, "moved", &config);
        cast_equal(t.room, kith_host_start(moved->host, kith_sim_now(t.room->sim)), KITH_OK);
        cast_await(moved, KITH_EVENT_READY, 1);
        cast_equal(t.room, moved->last[KITH_EVENT_READY].ready.other_identity, 1);
        cast_equal(t.room, kith_bonds_count(moved->host), 1);
        cast_close(t.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GP_7_with_another_key_nobody_follows_who_has_the_old_one),
        cmocka_unit_test(GP_7_without_privacy_bonds_are_used_with_another_key_too),
        cmocka_unit_test(GP_7_a_key_that_is_in_use_or_given_is_not_changed),
        cmocka_unit_test(GP_7_a_first_start_makes_a_random_identity_that_stays),
        cmocka_unit_test(GP_7_a_changed_adapter_address_is_reported_at_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
