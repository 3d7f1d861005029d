/* A man in the middle who pairs with each of two devices in another way: one compares a number and the other types it
 * (A7, method confusion), one pairs by legacy pairing and the other by Secure Connections (A8, mode confusion). */
#include "kith/codec/l2cap.h"
#include "legacy_crack.h"
#include "relay.h"

static const kith_method *const comparison_only[] = {
    &kith_sc_numeric_comparison_initiator,
    &kith_sc_numeric_comparison_responder,
    NULL,
};

enum { NOBODY = 1000000 }; /* no passkey */

static void attackers_policy(kith_security *security, kith_io_capability io)
{
    security->methods = kith_all_methods;
    security->legacy = true;
    security->io = io;
    security->ask_mitm = true;
    security->min_key_size = 7;
}

/* ---- A7 ---- */

/* Two legs: the false one, which compares numbers, and a host that shows whatever passkey it is told to. */
typedef struct {
    cast_room *room;
    cast_host *phone, *lamp, *mallory;
    actor false_one;
    cast_host *compares, *types; /* the victims again, by what is asked of their person */
} confusion;

static cast_host *add_victim(cast_room *room, bool central, const kith_method *const *methods)
{
    kith_config config;

    if (central)
        cast_phone_config(&config);
    else
        cast_lamp_config(&config);
    config.security.methods = methods;
    config.security.io = KITH_IO_KEYBOARD_DISPLAY;
    config.security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
    return central ? relay_add_central(room, &config) : relay_add_peripheral(room, &config);
}

/* Under the address of the one that compares, towards the one that types. */
static cast_host *add_mallory(cast_room *room, bool central)
{
    kith_config config;

    if (central)
        cast_phone_config(&config);
    else
        cast_lamp_config(&config);
    attackers_policy(&config.security, KITH_IO_DISPLAY_ONLY);
    if (central)
        relay_use_central(&config);
    else
        relay_use_peripheral(&config);
    return cast_add(room, "mallory", &config);
}

static void begin_comparison(confusion *c)
{
    if (c->compares == c->phone)
        cast_equal(c->room, kith_security_secure(c->phone->host, c->phone->link, KITH_LEVEL_SC_AUTHENTICATED), KITH_OK);
    else
        assert_int_equal(kith_pairing_open(c->lamp->host, 30000), KITH_OK);
    actor_begin(&c->false_one, ACTOR_IS_DONE);
    actor_run(&c->false_one, CAST_SECOND, NULL, NULL);
    cast_equal(c->room, c->compares->told[KITH_EVENT_COMPARISON_WANTED], 1);
    cast_equal(c->room, c->compares->told[KITH_EVENT_PASSKEY_WANTED], 0);
}

/* The peripheral first, as any relay must: then it does not advertise any more. */
static void open_confusion(confusion *c, bool central_compares, const kith_method *const *methods)
{
    kith_address phone, lamp;

    memset(c, 0, sizeof *c);
    c->room = cast_open(411, CAST_OPENSSL);
    c->phone = add_victim(c->room, true, methods);
    c->lamp = add_victim(c->room, false, methods);
    c->mallory = add_mallory(c->room, central_compares);
    c->compares = central_compares ? c->phone : c->lamp;
    c->types = central_compares ? c->lamp : c->phone;
    cast_start(c->room);
    phone = cast_address(c->phone);
    lamp = cast_address(c->lamp);
    actor_enter(&c->false_one, c->room);
    actor_use_address(&c->false_one, central_compares ? &lamp : &phone);
    c->false_one.identity = c->false_one.own;
    c->false_one.io = KITH_IO_DISPLAY_YES_NO;
    c->false_one.mitm = KITH_AUTH_MITM;
    if (central_compares) {
        cast_connect(c->mallory, c->lamp);
        actor_accept(&c->false_one, c->phone);
    } else {
        actor_connect(&c->false_one, c->lamp);
        cast_connect(c->phone, c->mallory);
    }
}

/* The number that one victim shows becomes the passkey of the other. */
static void begin_passkey(confusion *c)
{
    kith_security security = c->mallory->config.security;
    cast_host *central = c->types == c->phone ? c->phone : c->mallory;
    cast_host *peripheral = c->types == c->phone ? c->mallory : c->lamp;

    security.insecure_fixed_passkey = true;
    security.fixed_passkey = actor_number(&c->false_one);
    cast_equal(c->room, kith_security_set(c->mallory->host, &security), KITH_OK);
    assert_int_equal(kith_pairing_open(peripheral->host, 30000), KITH_OK);
    cast_equal(c->room, kith_security_secure(central->host, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    actor_run(&c->false_one, CAST_SECOND, NULL, NULL);
}

/* What no host can mend: who types a number that was to be compared lets the attacker in, on
 * both sides and with level 4.  Each side said what it wanted: to compare, and to type. */
static void A7_who_types_the_number_to_be_compared_is_let_in_and_each_side_named_its_method(void **state)
{
    (void)state;
    for (unsigned central_compares = 0; central_compares <= 1; central_compares++) {
        confusion c;
        uint32_t number;

        open_confusion(&c, central_compares != 0, kith_sc_methods);
        begin_comparison(&c);
        number = c.compares->last[KITH_EVENT_COMPARISON_WANTED].comparison.number;
        cast_equal(c.room, actor_number(&c.false_one), number);
        begin_passkey(&c);
        cast_equal(c.room, c.types->told[KITH_EVENT_PASSKEY_WANTED], 1);
        cast_equal(c.room, c.types->told[KITH_EVENT_COMPARISON_WANTED], 0);
        cast_equal(c.room, kith_pairing_passkey(c.types->host, c.types->link, number), KITH_OK);
        cast_equal(c.room, kith_pairing_compare(c.compares->host, c.compares->link, KITH_NUMBERS_EQUAL), KITH_OK);
        actor_run(&c.false_one, 5 * CAST_SECOND, NULL, NULL);
        cast_equal(c.room, c.compares->end.why, KITH_WHY_PAIRED);
        cast_equal(c.room, c.compares->end.method, KITH_METHOD_NUMERIC_COMPARISON);
        cast_equal(c.room, c.compares->highest, KITH_LEVEL_SC_AUTHENTICATED);
        cast_equal(c.room, c.types->end.why, KITH_WHY_PAIRED);
        cast_equal(c.room, c.types->end.method, KITH_METHOD_PASSKEY);
        cast_equal(c.room, c.types->highest, KITH_LEVEL_SC_AUTHENTICATED);
        cast_close(c.room);
    }
}

/* With a policy of comparing alone nobody is asked to type: the leg ends, and the other one's person, who sees a number
 * on one device and none on the other, says no. */
static void A7_with_comparison_alone_nobody_is_asked_to_type(void **state)
{
    (void)state;
    for (unsigned central_compares = 0; central_compares <= 1; central_compares++) {
        confusion c;

        open_confusion(&c, central_compares != 0, comparison_only);
        begin_comparison(&c);
        begin_passkey(&c);
        cast_equal(c.room, c.types->told[KITH_EVENT_PASSKEY_WANTED], 0);
        cast_expect_failed(c.types, 1, KITH_WHY_METHOD_LEFT_OUT);
        cast_equal(c.room, c.types->end.ended_by, KITH_ENDED_BY_US);
        cast_equal(c.room, c.types->end.smp_reason, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
        cast_equal(c.room, c.mallory->end.smp_reason, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
        cast_equal(c.room, kith_pairing_compare(c.compares->host, c.compares->link, KITH_NUMBERS_DIFFER), KITH_OK);
        actor_run(&c.false_one, CAST_SECOND, NULL, NULL);
        cast_expect_failed(c.compares, 1, KITH_WHY_NUMBER_REFUSED);
        for (unsigned i = 0; i < 2; i++) {
            cast_equal(c.room, c.room->hosts[i].highest, KITH_LEVEL_NONE);
            cast_equal(c.room, kith_bonds_count(c.room->hosts[i].host), 0);
        }
        cast_close(c.room);
    }
}

/* ---- A8: a relay that takes the Secure Connections bit off ---- */

typedef struct {
    cast_room *room;
    relay relay;
    cast_host *phone, *lamp;
    unsigned stripped; /* bit RELAY_TO_...: of what goes there */
    uint32_t shown[8]; /* passkeys, whoever showed them */
    unsigned shows;
} strip;

static bool strip_bit(relay *r, unsigned towards, uint16_t cid, uint8_t *pdu)
{
    const strip *s = r->context;

    if (cid == KITH_CID_SMP && (pdu[0] == KITH_SMP_PAIRING_REQUEST || pdu[0] == KITH_SMP_PAIRING_RESPONSE) &&
        (s->stripped >> towards & 1) != 0)
        pdu[3] &= (uint8_t)~KITH_AUTH_SC;
    return true;
}

static void note_passkey(cast_host *self, const kith_event *e)
{
    strip *s = self->context;

    if (e->kind != KITH_EVENT_PASSKEY_SHOWN)
        return;
    for (unsigned i = 0; i < s->shows; i++)
        cast_check(s->room, s->shown[i] != e->passkey.passkey);
    cast_check(s->room, s->shows < sizeof s->shown / sizeof s->shown[0]);
    s->shown[s->shows++] = e->passkey.passkey;
}

static void type_what_is_seen(strip *s)
{
    cast_host *both[2] = {s->phone, s->lamp};

    for (unsigned i = 0; i < 2; i++)
        if (both[i]->told[KITH_EVENT_PASSKEY_WANTED] > 0 && s->shows > 0)
            (void)!kith_pairing_passkey(both[i]->host, both[i]->link, s->shown[s->shows - 1]);
}

static void open_strip(strip *s, kith_io_capability phones, kith_io_capability lamps, bool legacy, kith_level level)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(412, CAST_OPENSSL);
    cast_phone_config(&config);
    config.security.methods = kith_all_methods;
    config.security.legacy = legacy;
    config.security.ask_mitm = true;
    config.security.required_level = level;
    config.security.backoff.first_ms = 0; /* as fast as an attacker could wish */
    config.security.io = phones;
    s->phone = relay_add_central(s->room, &config);
    cast_lamp_config(&config);
    config.security = s->phone->config.security;
    config.security.io = lamps;
    s->lamp = relay_add_peripheral(s->room, &config);
    s->phone->react = s->lamp->react = note_passkey;
    s->phone->context = s->lamp->context = s;
    cast_start(s->room);
    relay_enter(&s->relay, s->phone, s->lamp);
    s->relay.edit = strip_bit;
    s->relay.context = s;
}

static void attempt(strip *s)
{
    relay_join(&s->relay);
    assert_int_equal(kith_pairing_open(s->lamp->host, 30000), KITH_OK);
    cast_equal(s->room, kith_security_secure(s->phone->host, s->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    relay_run(&s->relay, CAST_SECOND, NULL);
    type_what_is_seen(s);
    relay_run(&s->relay, 5 * CAST_SECOND, NULL);
    relay_part(&s->relay);
}

/* Legacy is not allowed, which is the default, or level 4 is required: the leg that looks like legacy pairing ends
 * before a person has anything to do with it. */
static void A8_a_leg_without_secure_connections_ends_before_a_passkey_is_shown_or_asked_for(void **state)
{
    (void)state;
    for (unsigned required = 0; required <= 1; required++)
        for (unsigned phone_shows = 0; phone_shows <= 1; phone_shows++)
            for (unsigned stripped = 1; stripped <= 3; stripped++) {
                kith_io_capability shows = KITH_IO_DISPLAY_ONLY, types = KITH_IO_KEYBOARD_ONLY;
                strip s;
                cast_host *finds;

                open_strip(&s, phone_shows ? shows : types, phone_shows ? types : shows, required != 0,
                           required ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_ENCRYPTED);
                s.stripped = stripped;
                finds = stripped & 1 << RELAY_TO_PERIPHERAL ? s.lamp : s.phone;
                for (unsigned i = 1; i <= 3; i++) {
                    attempt(&s);
                    cast_expect_failed(finds, i, KITH_WHY_SC_REQUIRED);
                    cast_equal(s.room, finds->end.ended_by, KITH_ENDED_BY_US);
                    cast_equal(s.room, finds->end.smp_reason, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
                }
                for (unsigned i = 0; i < 2; i++) {
                    const cast_host *h = &s.room->hosts[i];

                    cast_equal(s.room, h->told[KITH_EVENT_PASSKEY_WANTED] + h->told[KITH_EVENT_PASSKEY_SHOWN], 0);
                    cast_equal(s.room, h->highest, KITH_LEVEL_NONE);
                    cast_equal(s.room, kith_bonds_count(h->host), 0);
                }
                relay_close(&s.relay);
            }
}

/* Where legacy is allowed on both sides, and both are told that the other has nothing better, the confirm values do not
 * fit, since the offers are in them; with one of them told so, each waits for what the other never sends.  Each attempt
 * shows another passkey (note_passkey). */
static void A8_legs_without_secure_connections_do_not_fit_and_no_passkey_is_shown_twice(void **state)
{
    (void)state;
    for (unsigned phone_shows = 0; phone_shows <= 1; phone_shows++)
        for (unsigned stripped = 1; stripped <= 3; stripped++) {
            kith_io_capability shows = KITH_IO_DISPLAY_ONLY, types = KITH_IO_KEYBOARD_ONLY;
            strip s;

            open_strip(&s, phone_shows ? shows : types, phone_shows ? types : shows, true, KITH_LEVEL_ENCRYPTED);
            s.stripped = stripped;
            for (unsigned i = 1; i <= 3; i++) {
                attempt(&s);
                cast_equal(s.room, s.phone->ends, i);
                cast_equal(s.room, s.lamp->ends, i);
                cast_check(s.room, !s.phone->end.succeeded && !s.lamp->end.succeeded);
                if (stripped < 3)
                    continue;
                cast_equal(s.room, s.lamp->end.why, KITH_WHY_CONFIRM_MISMATCH);
                cast_equal(s.room, s.relay.failed[RELAY_TO_CENTRAL], KITH_SMP_CONFIRM_VALUE_FAILED);
                cast_equal(s.room, s.shows, i);
            }
            cast_equal(s.room, kith_bonds_count(s.phone->host) + kith_bonds_count(s.lamp->host), 0);
            relay_close(&s.relay);
        }
}

/* ---- A8: legacy pairing with the initiator, Secure Connections with the responder ---- */

typedef struct {
    cast_room *room;
    cast_host *phone, *lamp, *mallory; /* the phone types, the lamp shows; mallory is a false phone at the lamp */
    actor false_lamp;
    legacy_heard heard;
} modes;

/* A legacy peripheral that has no idea of the passkey: it says anything, until the phone has told enough. */
static bool hear_initiator(void *context, uint16_t cid, const uint8_t *pdu, size_t len)
{
    static const uint8_t response[7] = {
        KITH_SMP_PAIRING_RESPONSE, KITH_IO_DISPLAY_ONLY, 0, KITH_AUTH_BONDING | KITH_AUTH_MITM, 16, 0, 0};
    static const uint8_t confirm[17] = {KITH_SMP_PAIRING_CONFIRM, 1, 2, 3};
    modes *m = context;

    if (cid != KITH_CID_SMP)
        return true;
    if (pdu[0] == KITH_SMP_PAIRING_REQUEST && len == 7) {
        memcpy(m->heard.request, pdu, 7);
        memcpy(m->heard.response, response, 7);
        actor_send_smp(&m->false_lamp, response, sizeof response);
    }
    if (pdu[0] == KITH_SMP_PAIRING_CONFIRM && len == 17) {
        memcpy(m->heard.confirm[0], pdu + 1, 16);
        actor_send_smp(&m->false_lamp, confirm, sizeof confirm);
    }
    if (pdu[0] == KITH_SMP_PAIRING_RANDOM && len == 17) {
        memcpy(m->heard.random[0], pdu + 1, 16);
        m->heard.heard = 1;
    }
    return true;
}

static void open_modes(modes *m, bool legacy)
{
    kith_config config;
    kith_address lamp;

    memset(m, 0, sizeof *m);
    m->room = cast_open(413, CAST_OPENSSL);
    cast_phone_config(&config);
    config.security.methods = kith_all_methods;
    config.security.legacy = legacy;
    config.security.io = KITH_IO_KEYBOARD_ONLY;
    config.security.ask_mitm = true;
    m->phone = relay_add_central(m->room, &config);
    cast_lamp_config(&config);
    config.security.methods = kith_sc_methods;
    config.security.io = KITH_IO_DISPLAY_ONLY;
    config.security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
    config.security.backoff.first_ms = 0;
    m->lamp = relay_add_peripheral(m->room, &config);
    cast_phone_config(&config);
    attackers_policy(&config.security, KITH_IO_KEYBOARD_ONLY);
    config.security.backoff.first_ms = 0;
    relay_use_central(&config);
    m->mallory = cast_add(m->room, "mallory", &config);
    cast_start(m->room);
    lamp = cast_address(m->lamp);
    actor_enter(&m->false_lamp, m->room);
    actor_use_address(&m->false_lamp, &lamp);
    m->false_lamp.tap = hear_initiator;
    m->false_lamp.tap_context = m;
}

/* The lamp shows a passkey; the person, who believes that both devices are talking to each other, starts the phone. */
static uint32_t begin_modes(modes *m)
{
    cast_connect(m->mallory, m->lamp);
    assert_int_equal(kith_pairing_open(m->lamp->host, 30000), KITH_OK);
    cast_equal(m->room, kith_security_secure(m->mallory->host, m->mallory->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(m->mallory, KITH_EVENT_PASSKEY_WANTED);
    actor_accept(&m->false_lamp, m->phone);
    cast_equal(m->room, kith_security_secure(m->phone->host, m->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    actor_run(&m->false_lamp, CAST_SECOND, NULL, NULL);
    return m->lamp->last[KITH_EVENT_PASSKEY_SHOWN].passkey.passkey;
}

/* Taken out of what the phone said; NOBODY: it said nothing that helps. */
static uint32_t learn(modes *m)
{
    kith_address phone = cast_address(m->phone), lamp = cast_address(m->lamp);

    return m->heard.heard == 0 ? (uint32_t)NOBODY : crack_tk(m->room, &m->heard, &phone, &lamp);
}

static void A8_an_initiator_without_legacy_gives_the_responders_passkey_to_nobody(void **state)
{
    modes m;

    (void)state;
    open_modes(&m, false);
    (void)begin_modes(&m);
    cast_equal(m.room, m.phone->told[KITH_EVENT_PASSKEY_WANTED], 0);
    cast_expect_failed(m.phone, 1, KITH_WHY_SC_REQUIRED);
    cast_equal(m.room, m.phone->end.smp_reason, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
    cast_equal(m.room, learn(&m), NOBODY);
    actor_run(&m.false_lamp, 40 * CAST_SECOND, NULL, NULL); /* mallory has nothing to type */
    cast_equal(m.room, m.lamp->highest, KITH_LEVEL_NONE);
    cast_equal(m.room, kith_bonds_count(m.lamp->host), 0);
    cast_close(m.room);
}

/* Why that is the default: where the phone allows legacy pairing, what it says tells the passkey, and the lamp, which
 * does all that it can, is let down.  The next passkey is another one, so it must happen while this one is shown. */
static void A8_a_passkey_learned_by_legacy_pairing_is_good_for_the_pairing_that_showed_it_alone(void **state)
{
    (void)state;
    for (unsigned late = 0; late <= 1; late++) {
        modes m;
        uint32_t shown, learned;

        open_modes(&m, true);
        shown = begin_modes(&m);
        cast_equal(m.room, m.phone->told[KITH_EVENT_PASSKEY_WANTED], 1);
        cast_equal(m.room, kith_pairing_passkey(m.phone->host, m.phone->link, shown), KITH_OK);
        actor_run(&m.false_lamp, CAST_SECOND, NULL, NULL);
        learned = learn(&m);
        cast_equal(m.room, learned, shown);
        actor_disconnect(&m.false_lamp, m.phone);
        cast_expect_failed(m.phone, 1, KITH_WHY_LINK_LOST);
        if (late) {
            cast_disconnect(m.mallory, m.lamp);
            cast_connect(m.mallory, m.lamp);
            assert_int_equal(kith_pairing_open(m.lamp->host, 30000), KITH_OK);
            cast_equal(m.room, kith_security_secure(m.mallory->host, m.mallory->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
            cast_await_next(m.mallory, KITH_EVENT_PASSKEY_WANTED);
        }
        cast_equal(m.room, kith_pairing_passkey(m.mallory->host, m.mallory->link, learned), KITH_OK);
        actor_run(&m.false_lamp, 5 * CAST_SECOND, NULL, NULL);
        cast_equal(m.room, m.lamp->end.why, late ? KITH_WHY_CONFIRM_MISMATCH : KITH_WHY_PAIRED);
        cast_equal(m.room, kith_bonds_count(m.lamp->host), !late);
        cast_close(m.room);
    }
}

/* An attacker who knows the passkey can fit his values to it, and the phone's leg ends well, too.  It says what it is:
 * legacy, and not authenticated, whatever was typed. */
static void A8_where_legacy_is_allowed_its_result_is_told_as_what_it_is(void **state)
{
    cast_room *room = cast_open(414, CAST_OPENSSL);
    kith_config config;
    kith_bond_info bond;
    cast_host *phone, *mallory;

    (void)state;
    cast_phone_config(&config);
    config.security.methods = kith_all_methods;
    config.security.legacy = true;
    config.security.io = KITH_IO_KEYBOARD_ONLY;
    config.security.ask_mitm = true;
    phone = relay_add_central(room, &config);
    cast_lamp_config(&config);
    attackers_policy(&config.security, KITH_IO_DISPLAY_ONLY);
    config.security.methods = (const kith_method *const[]){&kith_legacy_passkey_responder, NULL};
    config.security.insecure_fixed_passkey = true;
    config.security.fixed_passkey = 314159; /* as the lamp shows it */
    relay_use_peripheral(&config);
    mallory = cast_add(room, "mallory", &config);
    cast_start(room);
    cast_connect(phone, mallory);
    assert_int_equal(kith_pairing_open(mallory->host, 30000), KITH_OK);
    cast_equal(room, kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(phone, KITH_EVENT_PASSKEY_WANTED, 1);
    assert_int_equal(kith_pairing_passkey(phone->host, phone->link, 314159), KITH_OK);
    cast_await(phone, KITH_EVENT_BONDED, 1);
    cast_equal(room, phone->end.method, KITH_METHOD_PASSKEY);
    cast_equal(room, phone->end.key_kind, KITH_KEY_KIND_LEGACY);
    cast_equal(room, phone->highest, KITH_LEVEL_ENCRYPTED);
    assert_int_equal(kith_bonds_next(phone->host, 0, &bond), KITH_OK);
    cast_equal(room, bond.level, KITH_LEVEL_ENCRYPTED);
    cast_equal(room, bond.key_kind, KITH_KEY_KIND_LEGACY);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A7_who_types_the_number_to_be_compared_is_let_in_and_each_side_named_its_method),
        cmocka_unit_test(A7_with_comparison_alone_nobody_is_asked_to_type),
        cmocka_unit_test(A8_a_leg_without_secure_connections_ends_before_a_passkey_is_shown_or_asked_for),
        cmocka_unit_test(A8_legs_without_secure_connections_do_not_fit_and_no_passkey_is_shown_twice),
        cmocka_unit_test(A8_an_initiator_without_legacy_gives_the_responders_passkey_to_nobody),
        cmocka_unit_test(A8_a_passkey_learned_by_legacy_pairing_is_good_for_the_pairing_that_showed_it_alone),
        cmocka_unit_test(A8_where_legacy_is_allowed_its_result_is_told_as_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
