/* Forgetting: nobody's at once, told when the store has destroyed it, and not before; a store that fails to is told,
 * too, and asked again. */
#include "cast.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone, *other;
    memory_store store; /* the lamp's */
    kith_peer_id peer;  /* the phone's name at the lamp */
    kith_bond_keys keys;
} three;

static void open_bonded(three *t, uint16_t bonds)
{
    kith_config config;
    kith_bond_info info;

    memset(t, 0, sizeof *t);
    t->room = cast_open(331, CAST_OPENSSL);
    memory_store_init(&t->store, 8);
    cast_lamp_config(&config);
    config.limits.links = config.limits.pairings = 2;
    config.limits.bonds = bonds;
    config.store = &t->store.store;
    t->lamp = cast_add(t->room, "lamp", &config);
    t->phone = cast_add_phone(t->room, "phone");
    t->other = cast_add_phone(t->room, "other");
    cast_start(t->room);
    cast_connect(t->phone, t->lamp);
    cast_pair(t->phone, t->lamp);
    cast_check(t->room, cast_only_bond(t->lamp, &info, &t->keys));
    t->peer = info.peer;
}

static void forget(three *t, kith_peer_id peer)
{
    cast_equal(t->room, kith_bonds_forget(t->lamp->host, peer), KITH_OK);
    if (t->lamp->holds_store)
        cast_hold_store(t->lamp);
}

static bool is_in_memory(const three *t)
{
    for (size_t i = 0; i + 16 <= t->lamp->size; i++)
        if (memcmp((const uint8_t *)t->lamp->host + i, t->keys.ltk, 16) == 0)
            return true;
    return false;
}

static void expect_forgotten(const three *t, kith_peer_id peer, kith_status status)
{
    const kith_event *told = &t->lamp->last[KITH_EVENT_FORGOTTEN];

    cast_equal(t->room, told->forgotten.peer, peer);
    cast_equal(t->room, told->forgotten.status, status);
    cast_equal(t->room, told->link, 0);
}

static void what_is_forgotten_is_gone_at_once_and_told_when_it_is_destroyed(void **state)
{
    three t;
    kith_address phone;
    kith_peer_id id;

    (void)state;
    open_bonded(&t, 4);
    phone = cast_address(t.phone);
    cast_hold_store(t.lamp);
    forget(&t, t.peer);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    cast_equal(t.room, kith_bonds_of_address(t.lamp->host, &phone, &id), KITH_ERR_NOT_FOUND);
    cast_await(t.lamp, KITH_EVENT_DISCONNECTED, 1); /* it was encrypted with that key */
    cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
    cast_check(t.room, !is_in_memory(&t));
    cast_run(t.room, 60 * CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_FORGOTTEN], 0);
    cast_check(t.room, memory_store_holds(&t.store, t.keys.ltk, 16));
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    expect_forgotten(&t, t.peer, KITH_OK);
    cast_check(t.room, !memory_store_holds(&t.store, t.keys.ltk, 16));
    cast_equal(t.room, kith_bonds_forget(t.lamp->host, t.peer), KITH_ERR_NOT_FOUND);
    t.lamp->holds_store = false;
    cast_reboot(t.lamp);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    cast_close(t.room);
}

static void a_store_that_fails_to_forget_is_told_and_asked_again(void **state)
{
    three t;

    (void)state;
    open_bonded(&t, 4);
    t.store.removes = KITH_ERR_STORAGE;
    forget(&t, t.peer);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    expect_forgotten(&t, t.peer, KITH_ERR_STORAGE);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0); /* here it is nobody's all the same */
    cast_run(t.room, 10 * CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.store.removed, 1); /* not again by itself */
    forget(&t, t.peer);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 2);
    expect_forgotten(&t, t.peer, KITH_ERR_STORAGE);
    t.store.removes = KITH_OK;
    forget(&t, t.peer);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 3);
    expect_forgotten(&t, t.peer, KITH_OK);
    cast_equal(t.room, kith_bonds_forget(t.lamp->host, t.peer), KITH_ERR_NOT_FOUND);
    cast_check(t.room, !memory_store_holds(&t.store, t.keys.ltk, 16));
    cast_close(t.room);
}

/* What the failure said: the store still holds them. */
static void after_a_failure_the_bond_is_back_with_the_next_start(void **state)
{
    three t;

    (void)state;
    open_bonded(&t, 4);
    t.store.removes = KITH_ERR_STORAGE;
    forget(&t, t.peer);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_reboot(t.lamp);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    t.store.removes = KITH_OK;
    forget(&t, t.peer);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 2);
    expect_forgotten(&t, t.peer, KITH_OK);
    cast_close(t.room);
}

static void forgetting_is_busy_while_it_is_under_way(void **state)
{
    three t;

    (void)state;
    open_bonded(&t, 4);
    cast_hold_store(t.lamp);
    forget(&t, t.peer);
    cast_equal(t.room, kith_bonds_forget(t.lamp->host, t.peer), KITH_ERR_BUSY);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_equal(t.room, t.store.removed, 1);
    cast_close(t.room);
}

/* The newer bond would come after the removal. */
static void forgetting_is_busy_while_a_newer_bond_is_written(void **state)
{
    three t;
    kith_bond_info info;

    (void)state;
    open_bonded(&t, 4);
    cast_disconnect(t.phone, t.lamp);
    cast_connect(t.phone, t.lamp);
    cast_hold_store(t.lamp);
    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_pair(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_PAIRED, 2);
    cast_equal(t.room, kith_bonds_forget(t.lamp->host, t.peer), KITH_ERR_BUSY);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 2);
    assert_int_equal(kith_bonds_next(t.lamp->host, 0, &info), KITH_OK);
    cast_equal(t.room, info.peer, t.peer);
    forget(&t, t.peer);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK); /* the bond */
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK); /* its state */
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_equal(t.room, memory_store_count(&t.store, KITH_RECORD_BOND), 0);
    cast_close(t.room);
}

/* A forgotten peer is a stranger, whatever the store is still busy with. */
static void a_forgotten_peer_that_comes_back_gets_nothing(void **state)
{
    three t;
    unsigned lamps, phones;

    (void)state;
    open_bonded(&t, 4);
    cast_hold_store(t.lamp);
    forget(&t, t.peer);
    cast_await(t.lamp, KITH_EVENT_DISCONNECTED, 1);
    cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, 0);
    lamps = t.lamp->ends;
    phones = t.phone->ends;
    assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(t.lamp, lamps + 1);
    cast_await_ends(t.phone, phones + 1);
    cast_expect_failed(t.lamp, lamps + 1, KITH_WHY_WE_HAVE_NO_KEY);
    cast_expect_failed(t.phone, phones + 1, KITH_WHY_PEER_SAYS_NO_KEY);
    cast_close(t.room);
}

/* A new bond with the peer that is still being forgotten is another one. */
static void a_peer_that_is_being_forgotten_may_bond_anew(void **state)
{
    three t;
    kith_bond_info info;
    kith_bond_keys keys;

    (void)state;
    open_bonded(&t, 4);
    cast_hold_store(t.lamp);
    forget(&t, t.peer);
    cast_await(t.lamp, KITH_EVENT_DISCONNECTED, 1);
    cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
    cast_forget_all(t.phone);
    cast_connect(t.phone, t.lamp);
    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_PAIRED, 2);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_await(t.lamp, KITH_EVENT_BONDED, 2);
    cast_await(t.phone, KITH_EVENT_BONDED, 2);
    cast_check(t.room, cast_only_bond(t.lamp, &info, &keys));
    cast_check(t.room, info.peer != t.peer);
    t.lamp->holds_store = false;
    cast_reboot(t.lamp);
    cast_check(t.room, cast_only_bond(t.lamp, &info, &keys));
    cast_check(t.room, info.peer != t.peer);
    cast_expect_equal_keys(t.phone, t.lamp);
    cast_close(t.room);
}

/* The store is busy with somebody else's bond when the phone is forgotten and bonds anew: its old one is destroyed
 * before its new one is written, so that the store never holds two of one peer, whenever power goes. */
static void what_was_told_as_forgotten_does_not_come_back(void **state)
{
    (void)state;
    for (unsigned done = 1; done <= 3; done++) {
        three t;
        kith_address phone;
        kith_peer_id id;

        open_bonded(&t, 4);
        cast_run(t.room, CAST_SECOND, NULL, NULL); /* when it was used is written */
        phone = cast_address(t.phone);
        cast_hold_store(t.lamp);
        cast_connect(t.other, t.lamp);
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(t.other->host, t.other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_PAIRED, 2);
        forget(&t, t.peer);
        cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
        cast_forget_all(t.phone);
        cast_connect(t.phone, t.lamp);
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_PAIRED, 3);
        for (unsigned i = 0; i < done + (done > 1); i++) /* the other's bond, two removals, the phone's new one */
            cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
        cast_run(t.room, CAST_SECOND, NULL, NULL);
        cast_equal(t.room, t.lamp->told[KITH_EVENT_FORGOTTEN], done >= 2);
        t.lamp->holds_store = false;
        cast_reboot(t.lamp);
        cast_equal(t.room, kith_bonds_of_address(t.lamp->host, &phone, &id), done == 2 ? KITH_ERR_NOT_FOUND : KITH_OK);
        cast_equal(t.room, memory_store_holds(&t.store, t.keys.ltk, 16), done == 1);
        if (done == 3)
            cast_check(t.room, id != t.peer);
        if (done != 2) {
            forget(&t, id);
            cast_await_next(t.lamp, KITH_EVENT_FORGOTTEN);
            cast_reboot(t.lamp);
        }
        cast_equal(t.room, kith_bonds_of_address(t.lamp->host, &phone, &id), KITH_ERR_NOT_FOUND);
        cast_check(t.room, !memory_store_holds(&t.store, t.keys.ltk, 16));
        cast_equal(t.room, kith_bonds_count(t.lamp->host), 1); /* the other one stands */
        cast_close(t.room);
    }
}

/* A store that holds two of one peer all the same (another program's work): the later one counts, the older is
 * destroyed, and forgetting the peer leaves none of them. */
static void two_records_of_one_peer_are_one(void **state)
{
    three t;
    kith_record old, fresh, device;
    kith_bond_info info;
    kith_bond_keys keys;

    (void)state;
    open_bonded(&t, 4);
    old = *memory_store_find(&t.store, KITH_RECORD_BOND, t.peer);
    device = *memory_store_find(&t.store, KITH_RECORD_DEVICE, 0);
    forget(&t, t.peer);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_connect_and_pair(t.phone, t.lamp);
    cast_check(t.room, cast_only_bond(t.lamp, &info, &keys));
    fresh = *memory_store_find(&t.store, KITH_RECORD_BOND, info.peer);
    cast_power_off(t.lamp);
    memory_store_init(&t.store, 8);
    memory_store_add(&t.store, &device);
    memory_store_add(&t.store, &old);
    memory_store_add(&t.store, &fresh);
    cast_power_on(t.lamp);
    cast_await(t.lamp, KITH_EVENT_READY, 2);
    cast_run(t.room, 10 * CAST_SECOND, NULL, NULL);
    cast_check(t.room, cast_only_bond(t.lamp, &info, &keys));
    cast_equal(t.room, info.peer, fresh.id);
    cast_check(t.room, !memory_store_holds(&t.store, t.keys.ltk, 16));
    cast_check(t.room, memory_store_holds(&t.store, keys.ltk, 16));
    forget(&t, info.peer);
    cast_await_next(t.lamp, KITH_EVENT_FORGOTTEN);
    cast_reboot(t.lamp);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    cast_close(t.room);
}

/* Until the store has destroyed it, a forgotten bond keeps its place: room is said to be there when it is. */
static void the_place_of_a_forgotten_bond_is_free_when_it_is_destroyed(void **state)
{
    three t;
    unsigned lamps, others;

    (void)state;
    open_bonded(&t, 1);
    cast_hold_store(t.lamp);
    forget(&t, t.peer);
    cast_connect(t.other, t.lamp);
    for (unsigned free = 0; free <= 1; free++) {
        lamps = t.lamp->ends;
        others = t.other->ends;
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(t.other->host, t.other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await_ends(t.lamp, lamps + 1);
        cast_await_ends(t.other, others + 1);
        cast_equal(t.room, t.lamp->end.why, free ? KITH_WHY_PAIRED : KITH_WHY_STORE_FULL);
        if (free)
            break;
        cast_equal(t.room, t.other->end.smp_reason, KITH_SMP_UNSPECIFIED_REASON);
        cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    }
    cast_close(t.room);
}

static void a_store_without_room_refuses_before_pairing_starts(void **state)
{
    three t;

    (void)state;
    open_bonded(&t, 4);
    t.store.capacity = 2; /* its identity, and one bond */
    cast_reboot(t.lamp);
    cast_connect(t.other, t.lamp);
    for (unsigned asked = 0; asked < 2; asked++) {
        unsigned lamps = t.lamp->ends;

        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(t.other->host, t.other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await_ends(t.lamp, lamps + 1);
        cast_expect_failed(t.lamp, lamps + 1, KITH_WHY_STORE_FULL);
        cast_equal(t.room, t.lamp->end.smp_reason, KITH_SMP_UNSPECIFIED_REASON);
        cast_equal(t.room, t.lamp->end.phase, KITH_PHASE_REQUEST);
        cast_await_ends(t.other, asked + 1);
        cast_equal(t.room, t.other->end.smp_reason, KITH_SMP_UNSPECIFIED_REASON);
        cast_equal(t.room, kith_security_secure(t.lamp->host, t.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_FULL);
        cast_equal(t.room, t.lamp->told[KITH_EVENT_BOND_FAILED], 0);
    }
    forget(&t, t.peer); /* deleting always works */
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_pair(t.other, t.lamp);
    cast_close(t.room);
}

/* Room for one, in the store or in memory, and two that want it: the second is refused before it starts, not after. */
static void room_is_promised_once(void **state)
{
    (void)state;
    for (unsigned in_memory = 0; in_memory <= 1; in_memory++) {
        three t;
        unsigned ends;

        open_bonded(&t, in_memory ? 1 : 4);
        cast_disconnect(t.phone, t.lamp);
        cast_forget_all(t.phone);
        forget(&t, t.peer);
        cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
        t.store.capacity = in_memory ? 8 : 2;
        cast_reboot(t.lamp);
        cast_hold_store(t.lamp);
        cast_connect(t.phone, t.lamp);
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_PAIRED, 2);
        cast_connect(t.other, t.lamp);
        ends = t.lamp->ends;
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(t.other->host, t.other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await_ends(t.lamp, ends + 1);
        cast_expect_failed(t.lamp, ends + 1, KITH_WHY_STORE_FULL);
        cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_BONDED, 2);
        cast_close(t.room);
    }
}

/* The same while the first is still pairing. */
static void room_is_promised_to_a_pairing_that_is_under_way(void **state)
{
    (void)state;
    for (unsigned in_memory = 0; in_memory <= 1; in_memory++) {
        three t;
        cast_host *third;
        unsigned ends;

        open_bonded(&t, in_memory ? 2 : 4); /* room for one more */
        third = cast_add_phone(t.room, "third");
        assert_int_equal(kith_host_start(third->host, kith_sim_now(t.room->sim)), KITH_OK);
        cast_await(third, KITH_EVENT_READY, 1);
        cast_disconnect(t.phone, t.lamp);
        t.store.capacity = in_memory ? 8 : 4;
        cast_reboot(t.lamp);
        cast_connect(t.other, t.lamp);
        cast_connect(third, t.lamp);
        ends = t.lamp->ends;
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(t.other->host, t.other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_run(t.room, 200000, NULL, NULL);
        cast_equal(t.room, t.lamp->ends, ends);
        assert_int_equal(kith_security_secure(third->host, third->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await_ends(third, 1);
        cast_equal(t.room, third->end.smp_reason, KITH_SMP_UNSPECIFIED_REASON);
        cast_equal(t.room, t.lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_STORE_FULL);
        cast_await(t.lamp, KITH_EVENT_BONDED, 2);
        cast_await(t.other, KITH_EVENT_BONDED, 1);
        cast_equal(t.room, t.lamp->told[KITH_EVENT_BOND_FAILED], 0);
        cast_close(t.room);
    }
}

/* A medium that fails after the last octet was written: what nobody was told of is not there at the next start. */
static void a_bond_whose_writing_failed_does_not_come_back(void **state)
{
    three t;
    kith_bond_info info = {.peer = 0};

    (void)state;
    open_bonded(&t, 2);
    t.store.puts = KITH_ERR_STORAGE;
    t.store.done_all_the_same = true;
    cast_connect(t.other, t.lamp);
    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(t.other->host, t.other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BOND_FAILED, 1);
    t.store.puts = KITH_OK;
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_FORGOTTEN], 0); /* nobody asked */
    cast_reboot(t.lamp);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    assert_int_equal(kith_bonds_next(t.lamp->host, 0, &info), KITH_OK);
    cast_equal(t.room, info.peer, t.peer);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_forgotten_is_gone_at_once_and_told_when_it_is_destroyed),
        cmocka_unit_test(a_store_that_fails_to_forget_is_told_and_asked_again),
        cmocka_unit_test(after_a_failure_the_bond_is_back_with_the_next_start),
        cmocka_unit_test(forgetting_is_busy_while_it_is_under_way),
        cmocka_unit_test(forgetting_is_busy_while_a_newer_bond_is_written),
        cmocka_unit_test(a_forgotten_peer_that_comes_back_gets_nothing),
        cmocka_unit_test(a_peer_that_is_being_forgotten_may_bond_anew),
        cmocka_unit_test(what_was_told_as_forgotten_does_not_come_back),
        cmocka_unit_test(two_records_of_one_peer_are_one),
        cmocka_unit_test(the_place_of_a_forgotten_bond_is_free_when_it_is_destroyed),
        cmocka_unit_test(a_store_without_room_refuses_before_pairing_starts),
        cmocka_unit_test(room_is_promised_once),
        cmocka_unit_test(a_bond_whose_writing_failed_does_not_come_back),
        cmocka_unit_test(room_is_promised_to_a_pairing_that_is_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
