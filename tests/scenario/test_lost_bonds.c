/* Bonds that are not there any more on one side or on both, that are old, or that a later version wrote: what is said
 * and what is kept.  Nothing is deleted by itself on either side, whatever is heard; what heals it is said, and heals
 * it. */
#include "cast.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_store lamp_store, phone_store;
} pair;

static cast_host *add(cast_room *room, const char *name, memory_store *store)
{
    kith_config config;

    cast_lamp_config(&config);
    config.name = name;
    config.own_address = KITH_OWN_STATIC;
    config.store = &store->store;
    config.security.backoff.first_ms = 0;
    return cast_add(room, name, &config);
}

static void open_bonded(pair *t)
{
    memset(t, 0, sizeof *t);
    t->room = cast_open(88, CAST_OPENSSL);
    memory_store_init(&t->lamp_store, 12);
    memory_store_init(&t->phone_store, 12);
    t->lamp = add(t->room, "lamp", &t->lamp_store);
    t->phone = add(t->room, "phone", &t->phone_store);
    cast_start(t->room);
    cast_connect(t->phone, t->lamp);
    cast_pair(t->phone, t->lamp);
    cast_disconnect(t->phone, t->lamp);
}

static kith_peer_id only_peer(const cast_host *h)
{
    kith_bond_info info = {.peer = 0};
    kith_bond_keys keys;

    cast_check(h->room, cast_only_bond(h, &info, &keys));
    return info.peer;
}

static kith_bond_keys only_keys(const cast_host *h)
{
    kith_bond_info info;
    kith_bond_keys keys;

    memset(&keys, 0, sizeof keys);
    cast_check(h->room, cast_only_bond(h, &info, &keys));
    return keys;
}

/* The one named secures the link; both have told an end. */
static void try_to_secure(pair *t, cast_host *who)
{
    unsigned lamps = t->lamp->ends, phones = t->phone->ends;

    cast_connect(t->phone, t->lamp);
    cast_equal(t->room, kith_security_secure(who->host, who->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(t->lamp, lamps + 1);
    cast_await_ends(t->phone, phones + 1);
}

static void expect_works(pair *t)
{
    cast_connect(t->phone, t->lamp);
    cast_encrypt(t->phone, t->lamp);
    cast_disconnect(t->phone, t->lamp);
}

/* In a window on both sides, by the one that has a bond: it is made anew, under the name it had. */
static void heal(pair *t, cast_host *keeper)
{
    kith_peer_id before = kith_bonds_count(keeper->host) == 1 ? only_peer(keeper) : 0;
    unsigned lamps = t->lamp->told[KITH_EVENT_BONDED], phones = t->phone->told[KITH_EVENT_BONDED];

    cast_connect(t->phone, t->lamp);
    assert_int_equal(kith_pairing_open(t->lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_pairing_open(t->phone->host, 30000), KITH_OK);
    cast_equal(t->room, kith_security_pair(keeper->host, keeper->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t->lamp, KITH_EVENT_BONDED, lamps + 1);
    cast_await(t->phone, KITH_EVENT_BONDED, phones + 1);
    cast_expect_equal_keys(t->phone, t->lamp);
    if (before != 0)
        cast_equal(t->room, only_peer(keeper), before);
    cast_disconnect(t->phone, t->lamp);
    expect_works(t);
}

/* ---- pain 1 ---- */

/* A phone that keeps dead bonds comes again and again: the same is said each time, and nothing is worn out by it. */
static void pain_1_a_phone_that_keeps_a_dead_bond_is_told_the_same_each_time(void **state)
{
    kith_bond_keys keys;
    pair t;

    (void)state;
    open_bonded(&t);
    cast_forget_all(t.lamp);
    cast_run_until(t.room, kith_sim_now(t.room->sim) + CAST_SECOND); /* when it was used is written */
    keys = only_keys(t.phone);
    for (unsigned i = 0; i < 30; i++) {
        kith_bond_keys now;
        unsigned puts = t.lamp_store.put + t.phone_store.put;

        try_to_secure(&t, i % 2 != 0 ? t.lamp : t.phone);
        cast_equal(t.room, t.phone->end.why, KITH_WHY_PEER_SAYS_NO_KEY); /* which is unproven */
        cast_equal(t.room, t.phone->end.ended_by, KITH_ENDED_BY_PEER);
        cast_equal(t.room, t.lamp->end.why, KITH_WHY_WE_HAVE_NO_KEY);
        now = only_keys(t.phone);
        assert_memory_equal(&now, &keys, sizeof now);
        cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
        cast_equal(t.room, t.lamp_store.put + t.phone_store.put, puts);
        cast_disconnect(t.phone, t.lamp);
    }
    heal(&t, t.phone);
    cast_close(t.room);
}

/* Both sides forgot: they meet as strangers. */
static void pain_1_both_forgot(void **state)
{
    pair t;

    (void)state;
    open_bonded(&t);
    cast_forget_all(t.lamp);
    cast_forget_all(t.phone);
    try_to_secure(&t, t.phone);
    cast_equal(t.room, t.lamp->end.why, KITH_WHY_PAIRING_CLOSED);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, 0);
    cast_equal(t.room, t.phone->last[KITH_EVENT_CONNECTED].connected.claimed, 0);
    cast_disconnect(t.phone, t.lamp);
    heal(&t, t.phone);
    cast_close(t.room);
}

/* A factory reset makes another device: the phone's bond names nobody here, and its owner sees a stranger. */
static void pain_1_a_reset_device_is_a_stranger_to_its_phone(void **state)
{
    kith_peer_id peer;
    pair t;

    (void)state;
    open_bonded(&t);
    peer = only_peer(t.phone);
    assert_int_equal(kith_host_factory_reset(t.lamp->host), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_RESET, 1);
    assert_int_equal(kith_host_start(t.lamp->host, kith_sim_now(t.room->sim)), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_READY, 2);
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, t.phone->last[KITH_EVENT_CONNECTED].connected.claimed, 0);
    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.phone, KITH_EVENT_BONDED, 2);
    cast_equal(t.room, kith_bonds_count(t.phone->host), 2); /* the dead one is its owner's to forget */
    cast_equal(t.room, kith_bonds_forget(t.phone->host, peer), KITH_OK);
    cast_await(t.phone, KITH_EVENT_FORGOTTEN, 1);
    cast_disconnect(t.phone, t.lamp);
    expect_works(&t);
    cast_close(t.room);
}

/* ---- old stores ---- */

/* They paired anew, and then one side got its old store back: keys differ, neither can tell whose fault it is, and both
 * keep what they have. */
static void a_restored_old_store_is_told_and_nothing_is_lost(void **state)
{
    (void)state;
    for (unsigned of_phone = 0; of_phone < 2; of_phone++) {
        kith_bond_keys lamp_keys, phone_keys, now;
        memory_store backup;
        cast_host *old;
        pair t;

        open_bonded(&t);
        old = of_phone ? t.phone : t.lamp;
        backup = of_phone ? t.phone_store : t.lamp_store;
        heal(&t, t.phone);
        cast_power_off(old);
        *(of_phone ? &t.phone_store : &t.lamp_store) = backup;
        (of_phone ? &t.phone_store : &t.lamp_store)->store.context = of_phone ? &t.phone_store : &t.lamp_store;
        cast_power_on(old);
        cast_await(old, KITH_EVENT_READY, 2);
        lamp_keys = only_keys(t.lamp);
        phone_keys = only_keys(t.phone);
        assert_memory_not_equal(lamp_keys.ltk, phone_keys.ltk, 16);
        try_to_secure(&t, t.phone);
        /* Who hears the wrong key first falls silent (Vol 6 Part B 5.1.3.1), and the other one hears no more. */
        cast_check(t.room, t.phone->end.why == KITH_WHY_KEYS_DIFFER || t.phone->end.why == KITH_WHY_LINK_LOST);
        cast_check(t.room, t.lamp->end.why == KITH_WHY_KEYS_DIFFER || t.lamp->end.why == KITH_WHY_LINK_LOST);
        cast_check(t.room, t.lamp->end.why == KITH_WHY_KEYS_DIFFER || t.phone->end.why == KITH_WHY_KEYS_DIFFER);
        now = only_keys(t.lamp);
        assert_memory_equal(&now, &lamp_keys, sizeof now);
        now = only_keys(t.phone);
        assert_memory_equal(&now, &phone_keys, sizeof now);
        cast_run_until(t.room, kith_sim_now(t.room->sim) + 10 * CAST_SECOND);
        cast_check(t.room, t.phone->link == 0 && t.lamp->link == 0);
        heal(&t, t.phone);
        cast_close(t.room);
    }
}

/* A bond that was forgotten comes back with an old store: the peer forgot nothing and it works again, or it has paired
 * anew since, which is the case above.  Nothing guards an unsealed store against that; its owner put it there. */
static void a_restored_store_brings_back_who_was_forgotten(void **state)
{
    memory_store backup;
    pair t;

    (void)state;
    open_bonded(&t);
    backup = t.lamp_store;
    cast_forget_all(t.lamp);
    cast_power_off(t.lamp);
    t.lamp_store = backup;
    t.lamp_store.store.context = &t.lamp_store;
    cast_power_on(t.lamp);
    cast_await(t.lamp, KITH_EVENT_READY, 2);
    expect_works(&t);
    cast_close(t.room);
}

/* ---- pain 13: versions ---- */

/* What a later version wrote is not half understood: the start says so, nothing is written, and when that version is
 * back everything is as it was. */
static void pain_13_a_firmware_that_goes_back_touches_nothing(void **state)
{
    static const uint8_t kinds[] = {KITH_RECORD_DEVICE, KITH_RECORD_BOND, KITH_RECORD_STATE};

    (void)state;
    for (unsigned i = 0; i < sizeof kinds; i++) {
        memory_store now, later;
        kith_record *record, state_record = {.kind = KITH_RECORD_STATE, .len = 1, .octets = {1}};
        kith_bond_keys keys;
        pair t;

        open_bonded(&t);
        keys = only_keys(t.lamp);
        state_record.id = only_peer(t.lamp);
        if (memory_store_find(&t.lamp_store, kinds[i], kinds[i] == KITH_RECORD_DEVICE ? 0 : state_record.id) == NULL)
            memory_store_add(&t.lamp_store, &state_record);
        cast_power_off(t.lamp);
        now = t.lamp_store;
        record = memory_store_find(&t.lamp_store, kinds[i], kinds[i] == KITH_RECORD_DEVICE ? 0 : state_record.id);
        record->octets[0] = 2; /* its version */
        later = t.lamp_store;
        cast_power_on(t.lamp);
        cast_await(t.lamp, KITH_EVENT_START_FAILED, 1);
        cast_check(t.room, t.lamp->last[KITH_EVENT_START_FAILED].start_failed.store);
        cast_equal(t.room, t.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_NEWER);
        assert_memory_equal(t.lamp_store.log, later.log, sizeof later.log);
        cast_equal(t.room, t.lamp_store.put + t.lamp_store.removed + t.lamp_store.erased,
                   later.put + later.removed + later.erased);
        cast_power_off(t.lamp);
        t.lamp_store = now; /* the version that wrote it reads it */
        cast_power_on(t.lamp);
        cast_await(t.lamp, KITH_EVENT_READY, 2);
        cast_check(t.room, memcmp(only_keys(t.lamp).ltk, keys.ltk, 16) == 0);
        cast_close(t.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pain_1_a_phone_that_keeps_a_dead_bond_is_told_the_same_each_time),
        cmocka_unit_test(pain_1_both_forgot),
        cmocka_unit_test(pain_1_a_reset_device_is_a_stranger_to_its_phone),
        cmocka_unit_test(a_restored_old_store_is_told_and_nothing_is_lost),
        cmocka_unit_test(a_restored_store_brings_back_who_was_forgotten),
        cmocka_unit_test(pain_13_a_firmware_that_goes_back_touches_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
