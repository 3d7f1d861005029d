/* Two bonded devices, and somebody between them who wants them to pair again, with him or more weakly (B1, BLERP: four
 * scripts).  Both devices allow as much as can be allowed, so that nothing but the bond that stands is in the way. */
#include "kith/codec/l2cap.h"
#include "relay.h"

typedef enum { SAYS_NOTHING, SAYS_NO, SAYS_YES } answer;

typedef struct {
    cast_room *room;
    relay relay;
    cast_host *phone, *lamp;
    answer says[2]; /* who is asked for consent: at the phone, at the lamp */
    kith_bond_info info[2];
    kith_bond_keys keys[2];
    unsigned ends[2]; /* before the attack */
    /* downgrade: what is shown instead of an octet of both offers, and where it goes */
    unsigned octet, where;
    uint8_t and, or ;
} scene;

static void answer_consent(cast_host *self, const kith_event *e)
{
    const answer *says = self->context;

    if (e->kind != KITH_EVENT_CONSENT_WANTED)
        return;
    cast_check(self->room, e->consent.again); /* whoever is asked is told that a bond is at stake */
    if (*says != SAYS_NOTHING)
        assert_int_equal(kith_pairing_consent(self->host, e->link, *says == SAYS_YES), KITH_OK);
}

static void consent_to_a_stranger(cast_host *self, const kith_event *e)
{
    if (e->kind == KITH_EVENT_CONSENT_WANTED && !e->consent.again)
        assert_int_equal(kith_pairing_consent(self->host, e->link, true), KITH_OK);
}

static void configure(kith_config *config, bool numbers)
{
    config->security.methods = kith_all_methods;
    config->security.legacy = true;
    config->security.min_key_size = 7;
    config->security.policy = KITH_PAIRING_ASK;
    config->security.backoff.first_ms = 0;
    if (numbers) {
        config->security.io = KITH_IO_DISPLAY_YES_NO;
        config->security.ask_mitm = true;
    }
}

/* Bonded, by numbers that were compared or by Just Works, and apart; then the relay comes. */
static void open_scene(scene *s, bool numbers)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(421, CAST_TOY);
    cast_phone_config(&config);
    configure(&config, numbers);
    s->phone = relay_add_central(s->room, &config);
    cast_lamp_config(&config);
    configure(&config, numbers);
    s->lamp = relay_add_peripheral(s->room, &config);
    cast_start(s->room);
    for (unsigned i = 0; i < 2; i++) {
        cast_host *h = &s->room->hosts[i];

        h->answers = true;
        h->answer = KITH_NUMBERS_EQUAL;
        h->react = answer_consent;
        h->context = &s->says[i];
    }
    cast_connect(s->phone, s->lamp);
    cast_pair(s->phone, s->lamp);
    for (unsigned i = 0; i < 2; i++) {
        cast_check(s->room, cast_only_bond(&s->room->hosts[i], &s->info[i], &s->keys[i]));
        cast_equal(s->room, s->info[i].level, numbers ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_ENCRYPTED);
    }
    cast_disconnect(s->phone, s->lamp);
    for (unsigned i = 0; i < 2; i++) {
        s->ends[i] = s->room->hosts[i].ends;
        s->room->hosts[i].highest = KITH_LEVEL_NONE;
    }
    relay_enter(&s->relay, s->phone, s->lamp);
    s->relay.context = s;
}

static bool has_old_bond(const scene *s, unsigned i)
{
    kith_bond_info info;
    kith_bond_keys keys;

    cast_check(s->room, cast_only_bond(&s->room->hosts[i], &info, &keys));
    return memcmp(&keys, &s->keys[i], sizeof keys) == 0 && info.level == s->info[i].level;
}

/* Whatever stands now is worth as much as what stood. */
static void expect_not_weaker(const scene *s)
{
    for (unsigned i = 0; i < 2; i++) {
        kith_bond_info info;
        kith_bond_keys keys;

        cast_check(s->room, cast_only_bond(&s->room->hosts[i], &info, &keys));
        cast_check(s->room, info.level >= s->info[i].level && info.key_size >= s->info[i].key_size);
        cast_equal(s->room, info.key_kind, s->info[i].key_kind);
        cast_check(s->room, !info.numbers_unseen && info.has_irk >= s->info[i].has_irk);
    }
}

static void come_back(scene *s)
{
    if (s->relay.leg[0].connected || s->relay.leg[1].connected)
        relay_part(&s->relay);
    cast_disconnect(s->phone, s->lamp);
    cast_connect(s->phone, s->lamp);
    cast_encrypt(s->phone, s->lamp);
    cast_equal(s->room, s->phone->end.level, s->info[0].level);
    cast_equal(s->room, s->lamp->end.level, s->info[1].level);
}

/* The attack is over: nothing has changed, and the two meet as if nothing had been. */
static void expect_old_bonds(scene *s)
{
    cast_check(s->room, has_old_bond(s, 0));
    cast_check(s->room, has_old_bond(s, 1));
    come_back(s);
    relay_close(&s->relay);
}

/* ---- script 1: a false central at the peripheral ---- */

static void B1_a_false_central_that_pairs_anew_changes_nothing(void **state)
{
    (void)state;
    for (unsigned numbers = 0; numbers <= 1; numbers++)
        for (answer says = SAYS_NOTHING; says <= SAYS_YES; says++)
            for (unsigned window = 0; window <= numbers; window++) {
                scene s;
                actor *a;
                bool admitted = says == SAYS_YES || window;

                if (says == SAYS_YES && !numbers)
                    continue; /* whom a person admits for as much as there was, is let in: B3 */
                open_scene(&s, numbers != 0);
                s.says[1] = says;
                s.relay.carries = false;
                a = &s.relay.leg[RELAY_TO_PERIPHERAL];
                actor_connect(a, s.lamp);
                if (window)
                    assert_int_equal(kith_pairing_open(s.lamp->host, 30000), KITH_OK);
                actor_begin(a, ACTOR_IS_DONE); /* Just Works, of Secure Connections, 16 octets */
                relay_run(&s.relay, 30 * CAST_SECOND, NULL);
                cast_equal(s.room, s.lamp->told[KITH_EVENT_CONSENT_WANTED], !window);
                cast_expect_failed(s.lamp, s.ends[1] + 1,
                                   admitted          ? KITH_WHY_WEAKER
                                   : says == SAYS_NO ? KITH_WHY_CONSENT_REFUSED
                                                     : KITH_WHY_CONSENT_TIMEOUT);
                cast_equal(s.room, a->failed,
                           admitted ? KITH_SMP_AUTHENTICATION_REQUIREMENTS : KITH_SMP_UNSPECIFIED_REASON);
                cast_equal(s.room, s.lamp->highest, KITH_LEVEL_NONE);
                actor_disconnect(a, s.lamp);
                expect_old_bonds(&s);
            }
}

/* Under an address that nobody knows, and the phone's identity is told when all is done: it is the same question. */
static void B1_a_false_central_that_tells_whom_it_plays_at_the_end_changes_nothing(void **state)
{
    (void)state;
    for (unsigned window = 0; window <= 1; window++) {
        const kith_address unknown = {KITH_ADDRESS_RANDOM, {9, 9, 9, 9, 9, 0xc9}};
        scene s;
        actor *a;

        open_scene(&s, true);
        s.lamp->react = consent_to_a_stranger;
        a = &s.relay.leg[RELAY_TO_PERIPHERAL];
        s.relay.carries = false;
        actor_use_address(a, &unknown);
        actor_connect(a, s.lamp);
        if (window)
            assert_int_equal(kith_pairing_open(s.lamp->host, 30000), KITH_OK);
        actor_begin(a, ACTOR_IS_DONE);
        relay_run(&s.relay, 30 * CAST_SECOND, NULL);
        cast_expect_failed(s.lamp, s.ends[1] + 1, KITH_WHY_WEAKER);
        cast_equal(s.room, s.lamp->end.phase, KITH_PHASE_KEYS);
        cast_equal(s.room, a->failed, KITH_SMP_KEY_REJECTED);
        actor_disconnect(a, s.lamp);
        expect_old_bonds(&s);
    }
}

/* ---- script 2: a false peripheral at the central ---- */

typedef enum { IS_SILENT, HAS_NO_KEY, HAS_ANOTHER_KEY, LTK_ANSWERS } ltk_answer;

static void ask_for_security(relay *r, uint8_t auth_req)
{
    const uint8_t request[2] = {KITH_SMP_SECURITY_REQUEST, auth_req};

    relay_inject(r, RELAY_TO_CENTRAL, request, sizeof request);
}

static uint8_t auth_req_of(unsigned bits)
{
    return (uint8_t)((bits & 1 ? KITH_AUTH_BONDING : 0) | (bits & 2 ? KITH_AUTH_MITM : 0) |
                     (bits & 4 ? KITH_AUTH_SC : 0));
}

/* The central never asked to pair, and nobody was asked whether it should. */
static void expect_no_wish_to_pair(const scene *s)
{
    cast_equal(s->room, s->relay.heard[RELAY_TO_PERIPHERAL][KITH_SMP_PAIRING_REQUEST], 0);
    cast_equal(s->room, s->phone->told[KITH_EVENT_CONSENT_WANTED], 0);
    cast_equal(s->room, s->phone->told[KITH_EVENT_PAIRED], 1);
    cast_equal(s->room, s->phone->highest, KITH_LEVEL_NONE);
}

static void B1_a_false_peripheral_is_asked_for_the_key_and_gets_no_pairing(void **state)
{
    (void)state;
    for (unsigned numbers = 0; numbers <= 1; numbers++)
        for (unsigned bits = 0; bits < 8; bits++)
            for (ltk_answer ltk = IS_SILENT; ltk < LTK_ANSWERS; ltk++) {
                scene s;
                actor *a;

                open_scene(&s, numbers != 0);
                s.says[0] = SAYS_YES; /* who would say yes to anything */
                s.relay.passes_encryption = false;
                a = &s.relay.leg[RELAY_TO_CENTRAL];
                a->has_no_key = ltk == HAS_NO_KEY;
                a->has_bond = ltk == HAS_ANOTHER_KEY;
                actor_accept(a, s.phone);
                assert_int_equal(kith_pairing_open(s.phone->host, 600000), KITH_OK);
                for (unsigned i = 0; i < 3; i++) {
                    ask_for_security(&s.relay, auth_req_of(bits));
                    relay_run(&s.relay, CAST_SECOND, NULL);
                }
                relay_run(&s.relay, 50 * CAST_SECOND, NULL);
                cast_check(s.room, s.phone->ends > s.ends[0]);
                cast_equal(s.room, s.phone->end.attempt, KITH_ATTEMPT_ENCRYPTION);
                cast_check(s.room, !s.phone->end.succeeded);
                expect_no_wish_to_pair(&s);
                kith_pairing_close(s.phone->host);
                actor_disconnect(a, s.phone);
                expect_old_bonds(&s);
            }
}

/* ---- script 3: a relay between both, with Security Requests ---- */

static const uint8_t just_works_request[7] = {
    KITH_SMP_PAIRING_REQUEST, KITH_IO_NO_INPUT_NO_OUTPUT, 0, KITH_AUTH_BONDING, 16, KITH_KEY_ID, KITH_KEY_ID};

/* It knows no key: the central is told that the peripheral has none, and the peripheral that the central wants to pair,
 * each in the other's name.  Whatever the persons say. */
static void B1_a_relay_that_says_each_has_lost_the_other_makes_neither_pair(void **state)
{
    (void)state;
    for (unsigned numbers = 0; numbers <= 1; numbers++)
        for (unsigned bits = 0; bits < 8; bits++)
            for (answer says = SAYS_NOTHING; says <= SAYS_YES; says++) {
                scene s;

                if (says == SAYS_YES && !numbers)
                    continue; /* B3 */
                open_scene(&s, numbers != 0);
                s.says[0] = s.says[1] = says;
                s.relay.passes_encryption = false;
                s.relay.leg[RELAY_TO_CENTRAL].has_no_key = true;
                relay_join(&s.relay);
                ask_for_security(&s.relay, auth_req_of(bits));
                relay_run(&s.relay, CAST_SECOND, NULL);
                cast_equal(s.room, s.phone->end.why, KITH_WHY_PEER_SAYS_NO_KEY);
                relay_inject(&s.relay, RELAY_TO_PERIPHERAL, just_works_request, sizeof just_works_request);
                ask_for_security(&s.relay, auth_req_of(bits));
                relay_run(&s.relay, 30 * CAST_SECOND, NULL);
                cast_equal(s.room, s.lamp->told[KITH_EVENT_CONSENT_WANTED], 1);
                cast_check(s.room, s.lamp->ends > s.ends[1] && !s.lamp->end.succeeded);
                cast_equal(s.room, s.lamp->highest, KITH_LEVEL_NONE);
                expect_no_wish_to_pair(&s);
                expect_old_bonds(&s);
            }
}

/* It carries faithfully but for a Security Request of its own: what comes of it is encryption with the bond, and where
 * more was asked for than the bond holds, a question to the persons, and a pairing that the old key protects. */
static void B1_an_injected_security_request_is_answered_with_the_old_key(void **state)
{
    (void)state;
    for (unsigned numbers = 0; numbers <= 1; numbers++)
        for (unsigned bits = 0; bits < 8; bits++)
            for (answer says = SAYS_NOTHING; says <= SAYS_YES; says++) {
                bool raises = !numbers && (auth_req_of(bits) & KITH_AUTH_MITM) != 0;
                scene s;

                open_scene(&s, numbers != 0);
                s.says[0] = s.says[1] = says;
                relay_join(&s.relay);
                ask_for_security(&s.relay, auth_req_of(bits));
                relay_run(&s.relay, 40 * CAST_SECOND, NULL);
                cast_equal(s.room, s.phone->told[KITH_EVENT_ENCRYPTED], 1);
                cast_equal(s.room, s.lamp->told[KITH_EVENT_ENCRYPTED], 1);
                cast_equal(s.room, s.phone->told[KITH_EVENT_CONSENT_WANTED], raises);
                cast_equal(s.room, s.phone->told[KITH_EVENT_PAIRED], 1 + (raises && says == SAYS_YES));
                expect_not_weaker(&s);
                if (raises && says == SAYS_YES) {
                    cast_check(s.room, !has_old_bond(&s, 0) && !has_old_bond(&s, 1));
                    cast_expect_equal_keys(s.phone, s.lamp);
                    come_back(&s);
                    relay_close(&s.relay);
                    continue;
                }
                cast_equal(s.room, s.phone->highest, s.info[0].level); /* nor is the link worth less for it */
                expect_old_bonds(&s);
            }
}

/* ---- script 4: people pair anew on purpose, and the relay makes it worse ---- */

static bool downgrade(relay *r, unsigned towards, uint16_t cid, uint8_t *pdu)
{
    const scene *s = r->context;

    if (cid == KITH_CID_SMP && (pdu[0] == KITH_SMP_PAIRING_REQUEST || pdu[0] == KITH_SMP_PAIRING_RESPONSE) &&
        (s->where >> towards & 1) != 0)
        pdu[s->octet] = (uint8_t)((pdu[s->octet] & s->and) | s->or);
    return true;
}

static void pair_on_purpose(scene *s)
{
    s->says[0] = s->says[1] = SAYS_YES;
    s->relay.edit = downgrade;
    relay_join(&s->relay);
    cast_equal(s->room, kith_security_pair(s->phone->host, s->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    relay_run(&s->relay, 60 * CAST_SECOND, NULL);
    cast_check(s->room, s->phone->ends > s->ends[0] && s->lamp->ends > s->ends[1]);
}

/* Whoever reads the edited offer first; what is weaker is known before anybody has a number to compare. */
static void expect_found_by(scene *s, cast_host *who, kith_why why)
{
    cast_host *other = who == s->phone ? s->lamp : s->phone;

    cast_equal(s->room, who->end.why, why);
    cast_equal(s->room, who->end.ended_by, KITH_ENDED_BY_US);
    cast_equal(s->room, who->end.phase, why == KITH_WHY_WEAKER ? KITH_PHASE_FEATURES : KITH_PHASE_DHKEY_CHECKS);
    cast_check(s->room, !other->end.succeeded);
    cast_equal(s->room, s->phone->highest, KITH_LEVEL_NONE);
    cast_equal(s->room, s->lamp->highest, KITH_LEVEL_NONE);
}

static void B1_a_pairing_on_purpose_through_a_relay_is_as_strong_as_the_bond_or_none(void **state)
{
    static const struct {
        unsigned octet;
        uint8_t and, or ;
        kith_why why;
        bool of_numbers_alone; /* Just Works has nothing to lose there */
    } edits[] = {
        {1, 0, KITH_IO_NO_INPUT_NO_OUTPUT, KITH_WHY_WEAKER, true},
        {1, 0, KITH_IO_DISPLAY_ONLY, KITH_WHY_WEAKER, true},
        {3, (uint8_t)~KITH_AUTH_MITM, 0, KITH_WHY_CHECK_MISMATCH, true},
        {3, (uint8_t)~KITH_AUTH_SC, 0, KITH_WHY_WEAKER, false},
        {3, (uint8_t) ~(KITH_AUTH_SC | KITH_AUTH_MITM), 0, KITH_WHY_WEAKER, false},
        {3, (uint8_t)~KITH_AUTH_BONDING, 0, KITH_WHY_CHECK_MISMATCH, false},
        {4, 0, 7, KITH_WHY_WEAKER, false},
        {4, 0, 15, KITH_WHY_WEAKER, false},
    };

    (void)state;
    for (unsigned numbers = 0; numbers <= 1; numbers++)
        for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
            for (unsigned where = 0; where <= 3; where++) {
                scene s;

                if (!numbers && edits[i].of_numbers_alone)
                    continue;
                open_scene(&s, numbers != 0);
                s.octet = edits[i].octet;
                s.and = edits[i].and;
                s.or = edits[i].or ;
                s.where = where;
                pair_on_purpose(&s);
                expect_not_weaker(&s);
                if (where != 0) {
                    expect_found_by(&s, where & 1 << RELAY_TO_PERIPHERAL ? s.lamp : s.phone, edits[i].why);
                    expect_old_bonds(&s);
                    continue;
                }
                cast_equal(s.room, s.phone->end.why, KITH_WHY_PAIRED); /* unharmed it is a pairing like any other */
                cast_check(s.room, !has_old_bond(&s, 0) && !has_old_bond(&s, 1));
                cast_expect_equal_keys(s.phone, s.lamp);
                come_back(&s);
                relay_close(&s.relay);
            }
}

/* What says which keys are given is in no check (A11).  So a relay can have one side keep the new bond and the other
 * the old one, or a bond without the peer's identity key; it cannot have a weaker key, and persons can mend it. */
static void B1_keys_edited_in_a_pairing_on_purpose_make_no_weaker_bond(void **state)
{
    (void)state;
    for (unsigned octet = 5; octet <= 6; octet++)
        for (unsigned where = 1; where <= 3; where++) {
            scene s;
            unsigned ends;

            open_scene(&s, true);
            s.octet = octet;
            s.where = where; /* takes all */
            pair_on_purpose(&s);
            expect_not_weaker(&s);
            relay_part(&s.relay);
            cast_connect(s.phone, s.lamp);
            ends = s.phone->ends;
            if (has_old_bond(&s, 0) == has_old_bond(&s, 1)) {
                cast_expect_equal_keys(s.phone, s.lamp);
                cast_encrypt(s.phone, s.lamp);
            } else {
                cast_equal(s.room, kith_security_secure(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
                cast_await_ends(s.phone, ends + 1);
                cast_check(s.room, !s.phone->end.succeeded);
                cast_equal(s.room, s.lamp->end.why, KITH_WHY_KEYS_DIFFER);
                expect_not_weaker(&s); /* and nobody has thrown anything away for it */
                cast_run(s.room, 5 * CAST_SECOND, NULL, NULL);
                cast_connect(s.phone, s.lamp);
            }
            ends = s.phone->ends;
            cast_equal(s.room, kith_security_pair(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
            cast_await_ends(s.phone, ends + 1);
            cast_run(s.room, CAST_SECOND, NULL, NULL);
            cast_expect_equal_keys(s.phone, s.lamp);
            expect_not_weaker(&s);
            come_back(&s);
            relay_close(&s.relay);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B1_a_false_central_that_pairs_anew_changes_nothing),
        cmocka_unit_test(B1_a_false_central_that_tells_whom_it_plays_at_the_end_changes_nothing),
        cmocka_unit_test(B1_a_false_peripheral_is_asked_for_the_key_and_gets_no_pairing),
        cmocka_unit_test(B1_a_relay_that_says_each_has_lost_the_other_makes_neither_pair),
        cmocka_unit_test(B1_an_injected_security_request_is_answered_with_the_old_key),
        cmocka_unit_test(B1_a_pairing_on_purpose_through_a_relay_is_as_strong_as_the_bond_or_none),
        cmocka_unit_test(B1_keys_edited_in_a_pairing_on_purpose_make_no_weaker_bond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
