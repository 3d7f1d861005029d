/* One side forgets, and strangers who say that they did: what both sides are told, that nothing is deleted by itself,
 * and that only who proves the key, or was admitted for a result at least as strong, changes a bond. */
#include "actor.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    kith_bond_keys lamp_keys, phone_keys;
    kith_address phone_address, lamp_address;
} two;

/* Addresses that an impostor can take over on air. */
static const uint8_t lamp_static[6] = {1, 1, 1, 1, 1, 0xc1}, phone_static[6] = {2, 2, 2, 2, 2, 0xc2};

static cast_host *add(cast_room *room, bool lamp, kith_pairing_policy policy, bool numbers)
{
    kith_config config;
    cast_host *h;

    if (lamp)
        cast_lamp_config(&config);
    else
        cast_phone_config(&config);
    config.own_address = KITH_OWN_STATIC;
    config.static_address = lamp ? lamp_static : phone_static;
    config.security.policy = policy;
    config.limits.links = config.limits.pairings = 2;
    if (numbers) {
        config.security.io = KITH_IO_DISPLAY_YES_NO;
        config.security.ask_mitm = true;
    }
    h = cast_add(room, lamp ? "lamp" : "phone", &config);
    h->answers = true;
    h->answer = KITH_NUMBERS_EQUAL;
    return h;
}

/* Bonded, and apart again; with numbers the bond is of level 4. */
static two open_bonded(kith_pairing_policy policy, bool numbers)
{
    two t = {.room = cast_open(351, CAST_OPENSSL)};
    kith_bond_info info;

    t.lamp = add(t.room, true, policy, numbers);
    t.phone = add(t.room, false, policy, numbers);
    cast_start(t.room);
    t.lamp_address = cast_address(t.lamp);
    t.phone_address = cast_address(t.phone);
    cast_connect(t.phone, t.lamp);
    cast_pair(t.phone, t.lamp);
    cast_check(t.room, cast_only_bond(t.lamp, &info, &t.lamp_keys));
    cast_equal(t.room, info.level, numbers ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_ENCRYPTED);
    cast_check(t.room, cast_only_bond(t.phone, &info, &t.phone_keys));
    cast_disconnect(t.phone, t.lamp);
    return t;
}

static void expect_unchanged(const cast_host *h, const kith_bond_keys *keys)
{
    kith_bond_info info;
    kith_bond_keys now;

    cast_check(h->room, cast_only_bond(h, &info, &now));
    assert_memory_equal(&now, keys, sizeof now);
}

static void expect_both_ended(const two *t, unsigned lamps, unsigned phones)
{
    cast_await_ends(t->lamp, lamps + 1);
    cast_await_ends(t->phone, phones + 1);
}

/* ---- one side forgets ---- */

static void the_peripheral_forgot(void **state)
{
    two t = open_bonded(KITH_PAIRING_CLOSED, false);

    (void)state;
    cast_forget_all(t.lamp);
    for (unsigned by_lamp = 0; by_lamp <= 1; by_lamp++) {
        cast_host *who = by_lamp ? t.lamp : t.phone;
        unsigned lamps = t.lamp->ends, phones = t.phone->ends;

        cast_connect(t.phone, t.lamp);
        cast_equal(t.room, kith_security_secure(who->host, who->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        expect_both_ended(&t, lamps, phones);
        cast_expect_failed(t.phone, phones + 1, KITH_WHY_PEER_SAYS_NO_KEY);
        cast_equal(t.room, t.phone->end.ended_by, KITH_ENDED_BY_PEER);
        cast_expect_failed(t.lamp, lamps + 1, KITH_WHY_WE_HAVE_NO_KEY);
        expect_unchanged(t.phone, &t.phone_keys);
        cast_disconnect(t.phone, t.lamp);
    }
    cast_close(t.room);
}

/* The central does not ask for a key that it does not have: it wants to pair, and the lamp's person is told that this
 * is about somebody known. */
static void the_central_forgot(void **state)
{
    two t = open_bonded(KITH_PAIRING_CLOSED, false);
    unsigned lamps, phones;

    (void)state;
    cast_forget_all(t.phone);
    cast_connect(t.phone, t.lamp);
    lamps = t.lamp->ends;
    phones = t.phone->ends;
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_CONSENT_WANTED, 1);
    cast_check(t.room, t.lamp->last[KITH_EVENT_CONSENT_WANTED].consent.again);
    expect_both_ended(&t, lamps, phones); /* nobody answers */
    cast_expect_failed(t.lamp, lamps + 1, KITH_WHY_CONSENT_TIMEOUT);
    cast_expect_failed(t.phone, phones + 1, KITH_WHY_PEER_FAILED);
    expect_unchanged(t.lamp, &t.lamp_keys);
    cast_disconnect(t.phone, t.lamp);

    cast_connect(t.phone, t.lamp); /* and the other way round the lamp asks, in vain */
    lamps = t.lamp->ends;
    phones = t.phone->ends;
    cast_equal(t.room, kith_security_secure(t.lamp->host, t.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    expect_both_ended(&t, lamps, phones);
    cast_expect_failed(t.phone, phones + 1, KITH_WHY_PAIRING_CLOSED);
    cast_expect_failed(t.lamp, lamps + 1, KITH_WHY_PEER_FAILED);
    expect_unchanged(t.lamp, &t.lamp_keys);
    cast_equal(t.room, kith_bonds_count(t.phone->host), 0);
    cast_close(t.room);
}

/* The one that still has its bond makes it whole, knowing what it does; until then its bond stands. */
static void pairing_on_purpose_makes_it_whole(void **state)
{
    (void)state;
    for (unsigned phone_forgot = 0; phone_forgot <= 1; phone_forgot++) {
        two t = open_bonded(KITH_PAIRING_CLOSED, false);
        cast_host *keeper = phone_forgot ? t.lamp : t.phone, *forgetful = phone_forgot ? t.phone : t.lamp;
        const kith_bond_keys *kept = phone_forgot ? &t.lamp_keys : &t.phone_keys;
        kith_bond_info before, after;
        kith_bond_keys keys;

        cast_check(t.room, cast_only_bond(keeper, &before, &keys));
        cast_forget_all(forgetful);
        cast_connect(t.phone, t.lamp);
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_pairing_open(t.phone->host, 30000), KITH_OK);
        cast_equal(t.room, kith_security_pair(keeper->host, keeper->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        while (keeper->told[KITH_EVENT_BONDED] < 2) { /* to the very last moment */
            expect_unchanged(keeper, kept);
            cast_check(t.room, keeper->told[KITH_EVENT_PAIRING_FAILED] == 0);
            cast_run(t.room, 1000, NULL, NULL);
        }
        cast_await(forgetful, KITH_EVENT_BONDED, 2);
        cast_expect_equal_keys(t.phone, t.lamp);
        cast_check(t.room, cast_only_bond(keeper, &after, &keys));
        cast_equal(t.room, after.peer, before.peer);
        assert_memory_not_equal(keys.ltk, kept->ltk, 16);
        cast_disconnect(t.phone, t.lamp);
        cast_connect(t.phone, t.lamp);
        cast_encrypt(t.phone, t.lamp);
        cast_close(t.room);
    }
}

/* Pairing on purpose, too, never takes less than what stands. */
static void B1_pairing_on_purpose_does_not_make_it_weaker(void **state)
{
    (void)state;
    for (unsigned phone_forgot = 0; phone_forgot <= 1; phone_forgot++) {
        two t = open_bonded(KITH_PAIRING_CLOSED, true);
        cast_host *keeper = phone_forgot ? t.lamp : t.phone, *forgetful = phone_forgot ? t.phone : t.lamp;
        unsigned ends;

        cast_forget_all(forgetful);
        cast_power_off(forgetful);
        forgetful->config.security.io = KITH_IO_NO_INPUT_NO_OUTPUT; /* its display broke, or it is another one */
        cast_power_on(forgetful);
        cast_await(forgetful, KITH_EVENT_READY, 2);
        cast_connect(t.phone, t.lamp);
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_pairing_open(t.phone->host, 30000), KITH_OK);
        ends = keeper->ends;
        cast_equal(t.room, kith_security_pair(keeper->host, keeper->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await_ends(keeper, ends + 1);
        cast_expect_failed(keeper, ends + 1, KITH_WHY_WEAKER);
        cast_equal(t.room, keeper->end.smp_reason, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
        expect_unchanged(keeper, phone_forgot ? &t.lamp_keys : &t.phone_keys);
        cast_run(t.room, CAST_SECOND, NULL, NULL);
        cast_equal(t.room, keeper->told[KITH_EVENT_SECURITY_CHANGED], 1); /* of the bond's own pairing */
        cast_close(t.room);
    }
}

/* Nor does an answer that nobody looked at. */
static void B15_numbers_that_nobody_saw_do_not_replace_a_level_4_bond(void **state)
{
    two t = open_bonded(KITH_PAIRING_CLOSED, true);
    unsigned ends;

    (void)state;
    cast_forget_all(t.phone);
    t.lamp->answer = KITH_NUMBERS_UNSEEN;
    cast_connect(t.phone, t.lamp);
    ends = t.lamp->ends;
    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(t.lamp, ends + 1);
    cast_expect_failed(t.lamp, ends + 1, KITH_WHY_WEAKER);
    expect_unchanged(t.lamp, &t.lamp_keys);
    cast_close(t.room);
}

/* ---- a stranger with the phone's address, at the lamp ---- */

static void enter_as(actor *impostor, two *t, const kith_address *address)
{
    actor_enter(impostor, t->room);
    actor_use_address(impostor, address);
    impostor->identity = *address;
}

static void await_end(actor *impostor, const cast_host *h, unsigned ends)
{
    for (int i = 0; i < 300 && h->ends < ends; i++)
        actor_run(impostor, 100000, NULL, NULL);
    cast_equal(h->room, h->ends, ends);
}

static void impostor_meets_lamp(actor *impostor, two *t)
{
    enter_as(impostor, t, &t->phone_address);
    actor_connect(impostor, t->lamp);
    cast_check(t->room, t->lamp->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
    cast_equal(t->room, t->lamp->last[KITH_EVENT_CONNECTED].peer, 0);
    t->lamp->highest = KITH_LEVEL_NONE;
}

static void expect_refused_read(actor *impostor)
{
    static const uint8_t read[] = {0x0a, CAST_VALUE_HANDLE, 0};

    impostor->att_len = 0;
    actor_send(impostor, 4, read, sizeof read);
    actor_run(impostor, 500000, NULL, NULL);
    cast_equal(impostor->room, impostor->att_len, 5);
    cast_equal(impostor->room, impostor->att[0], 0x01);
    cast_equal(impostor->room, impostor->att[4], 0x0f); /* Insufficient Encryption: there would be a key */
}

static void the_real_one_still_encrypts(two *t, actor *impostor)
{
    if (impostor->connected)
        actor_disconnect(impostor, t->lamp);
    cast_connect(t->phone, t->lamp);
    cast_encrypt(t->phone, t->lamp);
    cast_close(t->room);
}

static void B1_an_address_alone_gets_nothing(void **state)
{
    static const uint8_t keys[2][16] = {{0}, {9, 9, 9}};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        two t = open_bonded(KITH_PAIRING_CLOSED, false);
        unsigned ends = t.lamp->ends;
        actor impostor;

        impostor_meets_lamp(&impostor, &t);
        expect_refused_read(&impostor);
        actor_encrypt(&impostor, keys[i]);
        await_end(&impostor, t.lamp, ends + 1);
        cast_check(t.room, t.lamp->end.why == KITH_WHY_KEYS_DIFFER || t.lamp->end.why == KITH_WHY_LINK_LOST);
        cast_equal(t.room, t.lamp->highest, KITH_LEVEL_NONE);
        expect_unchanged(t.lamp, &t.lamp_keys);
        the_real_one_still_encrypts(&t, &impostor);
    }
}

/* Outside of the window a person is asked, and told that a bond is at stake; no, and no answer, change nothing. */
static void B1_a_stranger_that_wants_to_pair_is_a_question_about_the_bond(void **state)
{
    (void)state;
    for (kith_pairing_policy policy = KITH_PAIRING_CLOSED; policy <= KITH_PAIRING_ASK; policy++)
        for (unsigned answered = 0; answered <= 1; answered++) {
            two t = open_bonded(policy, false);
            unsigned ends = t.lamp->ends;
            actor impostor;

            impostor_meets_lamp(&impostor, &t);
            actor_begin(&impostor, ACTOR_IS_DONE);
            actor_run(&impostor, CAST_SECOND, NULL, NULL);
            cast_equal(t.room, t.lamp->told[KITH_EVENT_CONSENT_WANTED], 1);
            cast_check(t.room, t.lamp->last[KITH_EVENT_CONSENT_WANTED].consent.again);
            if (answered)
                assert_int_equal(kith_pairing_consent(t.lamp->host, t.lamp->link, false), KITH_OK);
            await_end(&impostor, t.lamp, ends + 1);
            cast_equal(t.room, t.lamp->end.why, answered ? KITH_WHY_CONSENT_REFUSED : KITH_WHY_CONSENT_TIMEOUT);
            cast_equal(t.room, t.lamp->highest, KITH_LEVEL_NONE);
            expect_unchanged(t.lamp, &t.lamp_keys);
            expect_refused_read(&impostor);
            the_real_one_still_encrypts(&t, &impostor);
        }
}

/* Whom a person or the window admits takes the place, if the result is at least as strong. */
static void B3_a_stranger_is_admitted_for_a_result_at_least_as_strong(void **state)
{
    (void)state;
    for (unsigned numbers = 0; numbers <= 1; numbers++)
        for (unsigned strong = 0; strong <= numbers; strong++)
            for (unsigned window = 0; window <= 1; window++) {
                two t = open_bonded(KITH_PAIRING_CLOSED, numbers != 0);
                bool replaced = !numbers || strong;
                unsigned ends = t.lamp->ends;
                kith_bond_info info;
                kith_bond_keys now;
                actor impostor;

                impostor_meets_lamp(&impostor, &t);
                impostor.io = strong ? KITH_IO_DISPLAY_YES_NO : KITH_IO_NO_INPUT_NO_OUTPUT;
                if (window)
                    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
                actor_begin(&impostor, ACTOR_IS_DONE);
                actor_run(&impostor, CAST_SECOND, NULL, NULL);
                cast_equal(t.room, t.lamp->told[KITH_EVENT_CONSENT_WANTED], !window);
                if (!window)
                    assert_int_equal(kith_pairing_consent(t.lamp->host, t.lamp->link, true), KITH_OK);
                await_end(&impostor, t.lamp, ends + 1);
                actor_run(&impostor, CAST_SECOND, NULL, NULL);
                cast_check(t.room, cast_only_bond(t.lamp, &info, &now));
                cast_equal(t.room, memcmp(&now, &t.lamp_keys, sizeof now) != 0, replaced);
                cast_equal(t.room, t.lamp->end.why, replaced ? KITH_WHY_PAIRED : KITH_WHY_WEAKER);
                if (!replaced)
                    cast_equal(t.room, impostor.failed, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
                cast_close(t.room);
            }
}

/* The peer is here and proven, on another link: whoever else says to be it is not, window or not. */
static void B6_nobody_takes_the_place_of_a_peer_that_is_here(void **state)
{
    two t = open_bonded(KITH_PAIRING_CLOSED, false);
    unsigned ends;
    actor impostor;

    (void)state;
    cast_connect(t.phone, t.lamp);
    cast_encrypt(t.phone, t.lamp);
    actor_enter(&impostor, t.room);
    impostor.identity = t.phone_address; /* told in phase 3: on air it can't have it now */
    actor_connect(&impostor, t.lamp);
    ends = t.lamp->ends;
    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    (void)actor_pair(&impostor, ACTOR_IS_DONE);
    await_end(&impostor, t.lamp, ends + 1);
    cast_equal(t.room, t.lamp->end.why, KITH_WHY_REPAIRING_REFUSED);
    expect_unchanged(t.lamp, &t.lamp_keys);
    cast_check(t.room, t.phone->link != 0); /* and does not throw it out */
    cast_read(t.phone, CAST_VALUE_HANDLE);
    cast_equal(t.room, t.phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_close(t.room);
}

/* Its bond is on its way to the store: nobody slips in before it. */
static void nobody_takes_the_place_of_a_peer_whose_bond_is_being_written(void **state)
{
    cast_room *room = cast_open(352, CAST_OPENSSL);
    memory_store store;
    kith_config config;
    cast_host *lamp, *phone;
    actor impostor;

    (void)state;
    memory_store_init(&store, 8);
    cast_lamp_config(&config);
    config.limits.links = config.limits.pairings = 2;
    config.store = &store.store;
    lamp = cast_add(room, "lamp", &config);
    phone = cast_add_phone(room, "phone");
    cast_start(room);
    cast_hold_store(lamp);
    cast_connect(phone, lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(phone, KITH_EVENT_BONDED, 1);
    cast_await(lamp, KITH_EVENT_PAIRED, 1);
    actor_enter(&impostor, room);
    impostor.identity = cast_address(phone);
    actor_connect(&impostor, lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
    (void)actor_pair(&impostor, ACTOR_IS_DONE);
    await_end(&impostor, lamp, 2);
    cast_equal(room, lamp->end.why, KITH_WHY_STORE_BUSY);
    cast_equal(room, cast_finish_store(lamp), KITH_OK);
    cast_await(lamp, KITH_EVENT_BONDED, 1);
    cast_check(room, !lamp->has_store_work);
    cast_expect_equal_keys(phone, lamp);
    cast_close(room);
}

/* ---- a stranger with the lamp's address, at the phone ---- */

static void ask_with_security_requests(actor *impostor, two *t, uint8_t auth_req)
{
    const uint8_t request[2] = {KITH_SMP_SECURITY_REQUEST, auth_req};

    for (unsigned i = 0; i < 3 && impostor->connected; i++) {
        unsigned ends = t->phone->ends;

        actor_send_smp(impostor, request, sizeof request);
        await_end(impostor, t->phone, ends + 1);
        cast_check(t->room, t->phone->end.why == KITH_WHY_PEER_SAYS_NO_KEY ||
                                t->phone->end.why == KITH_WHY_KEYS_DIFFER || t->phone->end.why == KITH_WHY_LINK_LOST);
        cast_equal(t->room, t->phone->end.attempt, KITH_ATTEMPT_ENCRYPTION);
    }
}

/* However it asks, it is asked for its key first, and has none (CVE-2025-62235). */
static void B2_a_false_peripheral_is_asked_for_its_key_and_never_paired_with(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 8; bits++) {
        bool wrong_key = (bits & 1) != 0, mitm = (bits & 2) != 0, window = (bits & 4) != 0;
        two t = open_bonded(KITH_PAIRING_CLOSED, false);
        actor impostor;

        cast_power_off(t.lamp);
        enter_as(&impostor, &t, &t.lamp_address);
        impostor.has_bond = wrong_key;
        impostor.has_no_key = !wrong_key;
        actor_accept(&impostor, t.phone);
        t.phone->highest = KITH_LEVEL_NONE;
        if (window)
            assert_int_equal(kith_pairing_open(t.phone->host, 600000), KITH_OK);
        ask_with_security_requests(&impostor, &t, (uint8_t)(KITH_AUTH_SC | KITH_AUTH_BONDING | (mitm ? 4 : 0)));
        cast_equal(t.room, t.phone->told[KITH_EVENT_PAIRED], 1); /* that of the beginning */
        cast_equal(t.room, t.phone->told[KITH_EVENT_PAIRING_FAILED], 0);
        cast_equal(t.room, t.phone->told[KITH_EVENT_CONSENT_WANTED], 0);
        cast_equal(t.room, t.phone->highest, KITH_LEVEL_NONE);
        expect_unchanged(t.phone, &t.phone_keys);
        cast_close(t.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_peripheral_forgot),
        cmocka_unit_test(the_central_forgot),
        cmocka_unit_test(pairing_on_purpose_makes_it_whole),
        cmocka_unit_test(B1_pairing_on_purpose_does_not_make_it_weaker),
        cmocka_unit_test(B15_numbers_that_nobody_saw_do_not_replace_a_level_4_bond),
        cmocka_unit_test(B1_an_address_alone_gets_nothing),
        cmocka_unit_test(B1_a_stranger_that_wants_to_pair_is_a_question_about_the_bond),
        cmocka_unit_test(B3_a_stranger_is_admitted_for_a_result_at_least_as_strong),
        cmocka_unit_test(B6_nobody_takes_the_place_of_a_peer_that_is_here),
        cmocka_unit_test(nobody_takes_the_place_of_a_peer_whose_bond_is_being_written),
        cmocka_unit_test(B2_a_false_peripheral_is_asked_for_its_key_and_never_paired_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
