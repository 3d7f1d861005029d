/* Many at once: several pairings in one host, in either role, and both sides of one link starting at the same time. */
#include "cast.h"

enum { MANY = 4 };

typedef struct {
    cast_host *const *hosts;
    unsigned count, wanted;
} ends_wanted;

static bool have_ended(void *context)
{
    const ends_wanted *w = context;

    for (unsigned i = 0; i < w->count; i++)
        if (w->hosts[i]->ends < w->wanted)
            return false;
    return true;
}

static void await_all(cast_host *const *hosts, unsigned count, unsigned ends)
{
    ends_wanted w = {hosts, count, ends};

    cast_check(hosts[0]->room, cast_run(hosts[0]->room, 60 * CAST_SECOND, have_ended, &w));
}

static cast_host *add_big(cast_room *room, bool lamp, uint8_t links, uint8_t pairings)
{
    kith_config config;

    if (lamp)
        cast_lamp_config(&config);
    else
        cast_phone_config(&config);
    config.limits.links = links;
    config.limits.pairings = pairings;
    config.limits.bonds = 8;
    return cast_add(room, lamp ? "lamp" : "phone", &config);
}

static void expect_bonds_of_all(const cast_host *one, cast_host *const *others, unsigned count)
{
    kith_bond_info bond = {.peer = 0};
    kith_bond_keys mine, theirs;
    unsigned matches = 0;

    cast_equal(one->room, kith_bonds_count(one->host), count);
    while (kith_bonds_next(one->host, bond.peer, &bond) == KITH_OK) {
        assert_int_equal(kith_bonds_export(one->host, bond.peer, &mine), KITH_OK);
        for (unsigned i = 0; i < count; i++) {
            kith_address address = cast_address(others[i]);
            kith_bond_info other;

            cast_check(one->room, cast_only_bond(others[i], &other, &theirs));
            if (!kith_address_equal(&address, &bond.identity))
                continue;
            assert_memory_equal(mine.ltk, theirs.ltk, sizeof mine.ltk);
            matches++;
        }
    }
    cast_equal(one->room, matches, count);
}

static void one_peripheral_pairs_with_four_centrals_at_once(void **state)
{
    cast_room *room = cast_open(81, CAST_OPENSSL);
    cast_host *lamp = add_big(room, true, MANY, MANY), *phones[MANY];

    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        phones[i] = cast_add_phone(room, "phone");
    cast_start(room);
    for (unsigned i = 0; i < MANY; i++)
        cast_connect(phones[i], lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(kith_security_secure(phones[i]->host, phones[i]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    await_all(phones, MANY, 1);
    cast_await_ends(lamp, MANY);
    for (unsigned i = 0; i < MANY; i++)
        cast_equal(room, phones[i]->end.why, KITH_WHY_PAIRED);
    cast_equal(room, lamp->told[KITH_EVENT_PAIRED], MANY);
    expect_bonds_of_all(lamp, phones, MANY);
    for (unsigned i = 0; i < MANY; i++)
        cast_read(phones[i], CAST_VALUE_HANDLE);
    cast_close(room);
}

static void one_central_pairs_with_three_peripherals_at_once(void **state)
{
    cast_room *room = cast_open(82, CAST_OPENSSL);
    cast_host *phone = add_big(room, false, 3, 3), *lamps[3];
    kith_link links[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        lamps[i] = cast_add_lamp(room, "lamp");
    cast_start(room);
    for (unsigned i = 0; i < 3; i++) {
        cast_connect(phone, lamps[i]);
        links[i] = phone->link;
        assert_int_equal(kith_pairing_open(lamps[i]->host, 30000), KITH_OK);
    }
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(kith_security_secure(phone->host, links[i], KITH_LEVEL_ENCRYPTED), KITH_OK);
    await_all(lamps, 3, 1);
    cast_await_ends(phone, 3);
    cast_equal(room, phone->told[KITH_EVENT_PAIRED], 3);
    expect_bonds_of_all(phone, lamps, 3);
    cast_close(room);
}

/* More pairings than sessions: the ones too many are refused by name, and can come again. */
static void pairings_beyond_the_limit_are_refused_as_busy(void **state)
{
    cast_room *room = cast_open(83, CAST_OPENSSL);
    cast_host *lamp = add_big(room, true, MANY, 2), *phones[MANY];
    unsigned paired = 0;

    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        phones[i] = cast_add_phone(room, "phone");
    cast_start(room);
    for (unsigned i = 0; i < MANY; i++)
        cast_connect(phones[i], lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(kith_security_secure(phones[i]->host, phones[i]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    await_all(phones, MANY, 1);
    cast_await_ends(lamp, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        paired += phones[i]->end.succeeded;
        if (!phones[i]->end.succeeded)
            cast_equal(room, phones[i]->end.smp_reason, KITH_SMP_BUSY);
    }
    cast_equal(room, paired, 2);
    cast_equal(room, lamp->told[KITH_EVENT_PAIRED], 2);
    cast_equal(room, lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_NO_SESSION);
    for (unsigned i = 0; i < MANY; i++) {
        if (phones[i]->end.succeeded)
            continue;
        assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(phones[i]->host, phones[i]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await_ends(phones[i], 2);
        cast_equal(room, phones[i]->end.why, KITH_WHY_PAIRED);
    }
    cast_close(room);
}

/* A Security Request and a Pairing Request cross on air, whoever is first by however little. */
static void collide(uint64_t lamp_later_us, bool bonded)
{
    cast_room *room = cast_open(84, CAST_TOY);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");
    cast_host *both[] = {lamp, phone};
    unsigned before = 0;

    cast_start(room);
    if (bonded) {
        cast_connect_and_pair(phone, lamp);
        cast_disconnect(phone, lamp);
        before = 1;
    }
    cast_connect(phone, lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
    cast_run(room, CAST_SECOND, NULL, NULL);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_run(room, lamp_later_us, NULL, NULL);
    (void)!kith_security_secure(lamp->host, lamp->link, KITH_LEVEL_ENCRYPTED); /* may be BUSY by now */
    await_all(both, 2, before + 1);
    cast_run(room, 45 * CAST_SECOND, NULL, NULL);
    cast_equal(room, phone->ends, before + 1);
    cast_check(room, phone->end.succeeded && lamp->end.succeeded);
    cast_check(room, lamp->ends == before + 1 || lamp->end.why == KITH_WHY_ALREADY_SECURE);
    cast_check(room, phone->link != 0 && lamp->link != 0);
    cast_read(phone, CAST_VALUE_HANDLE);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_close(room);
}

static void both_sides_start_at_the_same_time(void **state)
{
    (void)state;
    for (uint64_t later = 0; later <= 1000000; later += 20000) {
        collide(later, false);
        collide(later, true);
    }
}

static void the_lamp_starts_first(void **state)
{
    (void)state;
    for (uint64_t later = 0; later <= 600000; later += 20000) {
        cast_room *room = cast_open(85, CAST_TOY);
        cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");
        cast_host *both[] = {lamp, phone};

        cast_start(room);
        cast_connect(phone, lamp);
        assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_pairing_open(phone->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(lamp->host, lamp->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_run(room, later, NULL, NULL);
        (void)!kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED);
        await_all(both, 2, 1);
        cast_run(room, 45 * CAST_SECOND, NULL, NULL);
        cast_check(room, phone->end.succeeded && lamp->end.succeeded);
        cast_equal(room, phone->told[KITH_EVENT_PAIRED], 1);
        cast_equal(room, lamp->told[KITH_EVENT_PAIRED], 1);
        cast_close(room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_peripheral_pairs_with_four_centrals_at_once),
        cmocka_unit_test(one_central_pairs_with_three_peripherals_at_once),
        cmocka_unit_test(pairings_beyond_the_limit_are_refused_as_busy),
        cmocka_unit_test(both_sides_start_at_the_same_time),
        cmocka_unit_test(the_lamp_starts_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
