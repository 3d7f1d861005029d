/* Attacks on a bond: rows B of docs/attacks.md that have no test of their own elsewhere.  Each name begins with its
 * row. The attacker is a scripted central at a lamp. */
#include "actor.h"

typedef struct {
    cast_room *room;
    cast_host *lamp;
    actor peer;
} stand;

static void meet(stand *s, const kith_config *config)
{
    s->room = cast_open(301, CAST_OPENSSL);
    s->lamp = cast_add(s->room, "lamp", config);
    cast_start(s->room);
    actor_enter(&s->peer, s->room);
    actor_connect(&s->peer, s->lamp);
    assert_int_equal(kith_pairing_open(s->lamp->host, 30000), KITH_OK);
}

static void pair(stand *s)
{
    cast_check(s->room, actor_pair(&s->peer, ACTOR_IS_DONE));
    actor_run(&s->peer, CAST_SECOND, NULL, NULL);
    cast_equal(s->room, s->lamp->told[KITH_EVENT_BONDED], 1);
}

static void come_back(stand *s)
{
    actor_disconnect(&s->peer, s->lamp);
    s->lamp->highest = KITH_LEVEL_NONE;
    actor_connect(&s->peer, s->lamp);
}

/* Who is not authenticated gets nothing to follow us by, where the program says so. */
static void B11_just_works_gets_no_identity_where_the_policy_says_so(void **state)
{
    (void)state;
    for (unsigned kept = 0; kept <= 1; kept++) {
        stand s;
        kith_config config;

        cast_lamp_config(&config);
        config.security.identity_needs_mitm = kept != 0;
        meet(&s, &config);
        (void)actor_pair(&s.peer, ACTOR_SENDS_RANDOM);
        cast_equal(s.room, (s.peer.response[6] & KITH_KEY_ID) != 0, !kept);
        cast_close(s.room);
    }
}

/* The right key under a legacy key's name: a Secure Connections key has none. */
static void B13_a_secure_connections_key_is_not_given_for_a_legacy_name(void **state)
{
    (void)state;
    for (unsigned named = 1; named <= 3; named++) { /* by Rand, by EDIV, by both */
        stand s;
        kith_config config;
        uint8_t p[28] = {0};

        cast_lamp_config(&config);
        meet(&s, &config);
        pair(&s);
        come_back(&s);
        p[0] = (uint8_t)s.peer.handle;
        p[1] = (uint8_t)(s.peer.handle >> 8);
        p[2] = (named & 1) != 0;
        p[10] = (named & 2) != 0;
        actor_wire_ltk(&s.peer, p + 12);
        actor_command(&s.peer, KITH_HCI_LE_ENABLE_ENCRYPTION, p, sizeof p);
        actor_run(&s.peer, CAST_SECOND, NULL, NULL);
        cast_equal(s.room, s.lamp->highest, KITH_LEVEL_NONE);
        cast_equal(s.room, s.lamp->end.why, KITH_WHY_WE_HAVE_NO_KEY);
        cast_equal(s.room, kith_bonds_count(s.lamp->host), 1);
        cast_close(s.room);
    }
}

/* A public and a random address of the same 48 bits are two devices. */
static void B14_equal_octets_of_another_type_are_another_peer(void **state)
{
    const kith_address as_public = {KITH_ADDRESS_PUBLIC, {1, 2, 3, 4, 5, 0xc6}};
    const kith_address as_random = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc6}};
    uint8_t ltk[16];
    stand s;
    kith_config config;

    (void)state;
    cast_lamp_config(&config);
    meet(&s, &config);
    s.peer.identity = as_public;
    pair(&s);
    actor_disconnect(&s.peer, s.lamp);
    actor_use_address(&s.peer, &as_random);
    s.lamp->highest = KITH_LEVEL_NONE;
    actor_connect(&s.peer, s.lamp);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, 0);
    actor_wire_ltk(&s.peer, ltk);
    actor_encrypt(&s.peer, ltk);
    actor_run(&s.peer, CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.lamp->highest, KITH_LEVEL_NONE);
    cast_close(s.room);
}

/* A hundred strangers that fail: what is there stays, octet for octet. */
static void B5_failing_strangers_evict_nobody(void **state)
{
    stand s;
    kith_config config;
    kith_bond_info info;
    kith_bond_keys before, now;

    (void)state;
    cast_lamp_config(&config);
    meet(&s, &config);
    pair(&s);
    cast_check(s.room, cast_only_bond(s.lamp, &info, &before));
    actor_disconnect(&s.peer, s.lamp);
    for (uint8_t i = 0; i < 100; i++) {
        const kith_address stranger = {KITH_ADDRESS_RANDOM, {i, 9, 9, 9, 9, 0xc9}};

        actor_use_address(&s.peer, &stranger);
        actor_connect(&s.peer, s.lamp);
        assert_int_equal(kith_pairing_open(s.lamp->host, 30000), KITH_OK);
        (void)actor_pair(&s.peer, (actor_step)(i % ACTOR_SENDS_ADDRESS + 1)); /* leaves at each step */
        actor_disconnect(&s.peer, s.lamp);
    }
    cast_check(s.room, cast_only_bond(s.lamp, &info, &now));
    assert_memory_equal(&now, &before, sizeof now);
    cast_close(s.room);
}

/* Asked for more than its bond is worth, a link does not say that it has it. */
static void B8_a_bond_is_enough_for_no_more_than_it_is_worth(void **state)
{
    cast_room *room = cast_open(302, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

    (void)state;
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    for (kith_level level = KITH_LEVEL_ENCRYPTED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
        unsigned ends;

        cast_disconnect(phone, lamp);
        cast_connect(phone, lamp);
        assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
        ends = phone->ends;
        assert_int_equal(kith_security_secure(phone->host, phone->link, level), KITH_OK);
        cast_await_ends(phone, ends + 1);
        cast_equal(room, phone->end.succeeded, level == KITH_LEVEL_ENCRYPTED);
        cast_equal(room, kith_bonds_count(phone->host), 1);
    }
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B5_failing_strangers_evict_nobody),
        cmocka_unit_test(B8_a_bond_is_enough_for_no_more_than_it_is_worth),
        cmocka_unit_test(B11_just_works_gets_no_identity_where_the_policy_says_so),
        cmocka_unit_test(B13_a_secure_connections_key_is_not_given_for_a_legacy_name),
        cmocka_unit_test(B14_equal_octets_of_another_type_are_another_peer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
