/* The real log under a real host, and power that goes in the middle of every operation on its flash: the old bond or
 * the new one, never neither and never half of one; and what was told holds. */
#include "cast.h"
#include "memory_flash.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_flash flash; /* the lamp's */
} two;

static void open_two(two *t)
{
    kith_config config;

    memset(t, 0, sizeof *t);
    t->room = cast_open(361, CAST_TOY);
    memory_flash_init(&t->flash);
    cast_lamp_config(&config);
    config.own_address = KITH_OWN_STATIC;
    config.store = &t->flash.store;
    t->lamp = cast_add(t->room, "lamp", &config);
    t->phone = cast_add_phone(t->room, "phone");
    cast_start(t->room);
}

static kith_bond_keys keys_of(const cast_host *h)
{
    kith_bond_info info;
    kith_bond_keys keys;

    memset(&keys, 0, sizeof keys);
    (void)cast_only_bond(h, &info, &keys);
    return keys;
}

static bool has_key(const cast_host *h, const uint8_t ltk[16])
{
    return memcmp(keys_of(h).ltk, ltk, 16) == 0;
}

/* The cut takes the lamp's processor along; when power is back it finds what the flash holds. */
static void restart_lamp(two *t)
{
    cast_power_off(t->lamp);
    memory_flash_power_on(&t->flash);
    cast_run(t->room, 5 * CAST_SECOND, NULL, NULL);
    cast_disconnect(t->phone, t->lamp);
    cast_power_on(t->lamp);
    cast_await_next(t->lamp, KITH_EVENT_READY);
}

static void expect_usable(two *t)
{
    cast_connect(t->phone, t->lamp);
    if (kith_bonds_count(t->lamp->host) == 1 && has_key(t->phone, keys_of(t->lamp).ltk))
        cast_encrypt(t->phone, t->lamp);
    cast_disconnect(t->phone, t->lamp);
    cast_connect_and_pair(t->phone, t->lamp); /* and the flash takes the next one */
    cast_await(t->lamp, KITH_EVENT_BONDED, t->lamp->told[KITH_EVENT_BONDED]);
    restart_lamp(t);
    cast_connect(t->phone, t->lamp);
    cast_encrypt(t->phone, t->lamp);
    cast_close(t->room);
}

static void pair(two *t)
{
    unsigned bonded = t->phone->told[KITH_EVENT_BONDED];

    cast_connect(t->phone, t->lamp);
    assert_int_equal(kith_pairing_open(t->lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_pair(t->phone->host, t->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t->phone, KITH_EVENT_BONDED, bonded + 1);
    cast_run(t->room, CAST_SECOND, NULL, NULL);
}

/* The run that is not cut any more is the last. */
static bool was_cut(const two *t)
{
    return t->flash.off;
}

static void expect_some_cuts(unsigned at)
{
    print_message("%u octets and erased sectors\n", at - 2);
    assert_true(at > 20);
}

static void a_cut_in_the_first_bond(void **state)
{
    bool cut = true;
    unsigned at;

    (void)state;
    for (at = 1; cut; at++) {
        two t;
        kith_address before, after;
        bool told;

        open_two(&t);
        before = cast_address(t.lamp);
        t.flash.done = 0;
        t.flash.cut_at = at;
        pair(&t);
        cut = was_cut(&t);
        told = t.lamp->told[KITH_EVENT_BONDED] == 1;
        cast_check(t.room, cut || told); /* a cut may come when the bond is there, and its use is written */
        cast_equal(t.room, t.lamp->told[KITH_EVENT_BOND_FAILED], !told);
        restart_lamp(&t);
        after = cast_address(t.lamp);
        cast_check(t.room, kith_address_equal(&before, &after));
        cast_check(t.room, !told || kith_bonds_count(t.lamp->host) == 1);
        if (kith_bonds_count(t.lamp->host) == 1)
            cast_expect_equal_keys(t.phone, t.lamp);
        assert_true(at < 1000);
        expect_usable(&t);
    }
    expect_some_cuts(at);
}

static void a_cut_in_a_bond_that_takes_the_place_of_another(void **state)
{
    bool cut = true;
    unsigned at;

    (void)state;
    for (at = 1; cut; at++) {
        two t;
        kith_bond_keys old, fresh;

        open_two(&t);
        pair(&t);
        old = keys_of(t.lamp);
        cast_disconnect(t.phone, t.lamp);
        t.flash.done = 0;
        t.flash.cut_at = at;
        pair(&t);
        cut = was_cut(&t);
        fresh = keys_of(t.phone);
        cast_equal(t.room, t.lamp->told[KITH_EVENT_BONDED], cut ? 1 : 2);
        cast_check(t.room, has_key(t.lamp, cut ? old.ltk : fresh.ltk));
        restart_lamp(&t);
        cast_equal(t.room, kith_bonds_count(t.lamp->host), 1); /* never neither */
        cast_check(t.room, has_key(t.lamp, fresh.ltk) || (cut && has_key(t.lamp, old.ltk)));
        assert_true(at < 1000);
        expect_usable(&t);
    }
    expect_some_cuts(at);
}

static void a_cut_in_forgetting(void **state)
{
    bool cut = true;
    unsigned at;

    (void)state;
    for (at = 1; cut; at++) {
        two t;
        kith_bond_keys old;

        open_two(&t);
        pair(&t);
        old = keys_of(t.lamp);
        cast_disconnect(t.phone, t.lamp);
        t.flash.done = 0;
        t.flash.cut_at = at;
        cast_forget_all(t.lamp);
        cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
        cut = was_cut(&t);
        cast_equal(t.room, t.lamp->last[KITH_EVENT_FORGOTTEN].forgotten.status != KITH_OK, cut);
        if (!cut)
            cast_check(t.room, !memory_flash_holds(&t.flash, old.ltk, 16));
        restart_lamp(&t);
        cast_check(t.room, kith_bonds_count(t.lamp->host) == 0 || (cut && has_key(t.lamp, old.ltk)));
        assert_true(at < 1000);
        expect_usable(&t);
    }
    expect_some_cuts(at);
}

/* A device whose power goes before it has a name gets one with the next start, whole. */
static void a_cut_in_the_first_start(void **state)
{
    bool cut = true;
    unsigned at;

    (void)state;
    for (at = 1; cut; at++) {
        two t;
        kith_address first, second;

        open_two(&t);
        cast_power_off(t.lamp);
        memory_flash_init(&t.flash);
        t.flash.cut_at = at;
        cast_power_on(t.lamp);
        cast_run(t.room, CAST_SECOND, NULL, NULL);
        cut = was_cut(&t);
        cast_equal(t.room, t.lamp->told[KITH_EVENT_START_FAILED], cut);
        if (cut)
            cast_check(t.room, t.lamp->last[KITH_EVENT_START_FAILED].start_failed.store);
        restart_lamp(&t);
        first = cast_address(t.lamp);
        restart_lamp(&t);
        second = cast_address(t.lamp);
        cast_check(t.room, kith_address_equal(&first, &second));
        assert_true(at < 1000);
        expect_usable(&t);
    }
    expect_some_cuts(at);
}

/* A year of pairings with the same phone: the log goes round many times, and nothing is lost. */
static void many_bonds_one_after_another(void **state)
{
    two t;

    (void)state;
    open_two(&t);
    for (unsigned i = 0; i < 60; i++) {
        pair(&t);
        cast_equal(t.room, t.lamp->told[KITH_EVENT_BONDED], i + 1);
        if (i % 10 == 9)
            restart_lamp(&t);
        cast_disconnect(t.phone, t.lamp);
        cast_expect_equal_keys(t.phone, t.lamp);
    }
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_in_the_first_start),
        cmocka_unit_test(a_cut_in_the_first_bond),
        cmocka_unit_test(a_cut_in_a_bond_that_takes_the_place_of_another),
        cmocka_unit_test(a_cut_in_forgetting),
        cmocka_unit_test(many_bonds_one_after_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
