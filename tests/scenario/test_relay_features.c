/* A relay edits what two devices tell each other of their keys: how long, and which (A11, KNOB).  In legacy pairing the
 * confirm values cover every octet of both offers; the checks of Secure Connections cover neither sizes nor keys, so
 * there the policy alone stands against it. */
#include "kith/codec/l2cap.h"
#include "relay.h"

enum { AS_IT_IS = 0xff, OF_REQUEST = 1, OF_RESPONSE = 2, SC_KEYS = KITH_KEY_ID | KITH_KEY_SIGN };

typedef struct {
    uint8_t size, initiator_keys, responder_keys; /* or AS_IT_IS */
} offer;

typedef struct {
    cast_room *room;
    relay relay;
    cast_host *phone, *lamp;
    offer shown[2]; /* what the relay shows to whom, by where it goes */
    uint8_t sent[2][2],
        seen[2][2];   /* keys of the last offer as it left and arrived: the initiator's, the responder's */
    uint8_t taken[2]; /* keys that each host was told to have been given */
} scene;

static void edit_octet(uint8_t *octet, uint8_t value)
{
    if (value != AS_IT_IS)
        *octet = value;
}

static bool edit_offer(relay *r, unsigned towards, uint16_t cid, uint8_t *pdu)
{
    scene *s = r->context;
    const offer *o = &s->shown[towards];

    if (cid != KITH_CID_SMP || (pdu[0] != KITH_SMP_PAIRING_REQUEST && pdu[0] != KITH_SMP_PAIRING_RESPONSE))
        return true;
    memcpy(s->sent[towards], pdu + 5, 2);
    edit_octet(pdu + 4, o->size);
    edit_octet(pdu + 5, o->initiator_keys);
    edit_octet(pdu + 6, o->responder_keys);
    memcpy(s->seen[towards], pdu + 5, 2);
    return true;
}

static void note_key(cast_host *self, const kith_event *e)
{
    if (e->kind == KITH_EVENT_KEY && e->key.taken)
        *(uint8_t *)self->context |= e->key.key;
}

static void open_scene(scene *s, cast_crypto crypto, const kith_security *security)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    memset(s->shown, AS_IT_IS, sizeof s->shown);
    s->room = cast_open(401, crypto);
    cast_phone_config(&config);
    config.security = *security;
    s->phone = relay_add_central(s->room, &config);
    cast_lamp_config(&config);
    config.security = *security;
    s->lamp = relay_add_peripheral(s->room, &config);
    for (size_t i = 0; i < s->room->count; i++) {
        s->room->hosts[i].answers = true;
        s->room->hosts[i].answer = KITH_NUMBERS_EQUAL;
        s->room->hosts[i].react = note_key;
        s->room->hosts[i].context = &s->taken[i];
    }
    cast_start(s->room);
    relay_enter(&s->relay, s->phone, s->lamp);
    s->relay.edit = edit_offer;
    s->relay.context = s;
}

static void show_size(scene *s, uint8_t size, unsigned where)
{
    if (where & OF_REQUEST)
        s->shown[RELAY_TO_PERIPHERAL].size = size;
    if (where & OF_RESPONSE)
        s->shown[RELAY_TO_CENTRAL].size = size;
}

static bool are_done(relay *r)
{
    const cast_host *both[2] = {r->central, r->peripheral};

    for (unsigned i = 0; i < 2; i++)
        if (both[i]->ends == 0 || (both[i]->end.succeeded && both[i]->told[KITH_EVENT_BONDED] == 0))
            return false;
    return true;
}

static void pair(scene *s)
{
    relay_join(&s->relay);
    assert_int_equal(kith_pairing_open(s->lamp->host, 30000), KITH_OK);
    cast_equal(s->room, kith_security_secure(s->phone->host, s->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(s->room, relay_run(&s->relay, 120 * (uint64_t)CAST_SECOND, are_done)); /* nobody hangs */
}

static kith_security security_of(bool legacy, uint8_t min_key_size)
{
    static const kith_method *const legacy_methods[] = {&kith_legacy_just_works_initiator,
                                                        &kith_legacy_just_works_responder, NULL};
    kith_config config;

    cast_phone_config(&config);
    config.security.min_key_size = min_key_size;
    if (legacy) {
        config.security.methods = legacy_methods;
        config.security.legacy = true;
    }
    return config.security;
}

static kith_security comparing(uint8_t min_key_size)
{
    kith_security security = security_of(false, min_key_size);

    security.io = KITH_IO_DISPLAY_YES_NO;
    security.ask_mitm = true;
    return security;
}

static void expect_nothing_bonded(const scene *s)
{
    cast_equal(s->room, kith_bonds_count(s->phone->host), 0);
    cast_equal(s->room, kith_bonds_count(s->lamp->host), 0);
}

/* One of them finds out, and the other is told. */
static void expect_found_by(scene *s, cast_host *who, kith_why why, kith_smp_reason reason)
{
    cast_host *other = who == s->phone ? s->lamp : s->phone;

    cast_expect_failed(who, 1, why);
    cast_equal(s->room, who->end.ended_by, KITH_ENDED_BY_US);
    cast_equal(s->room, who->end.smp_reason, reason);
    cast_expect_failed(other, 1, KITH_WHY_PEER_FAILED);
    cast_equal(s->room, other->end.smp_reason, reason);
    cast_equal(s->room, s->phone->highest, KITH_LEVEL_NONE);
    cast_equal(s->room, s->lamp->highest, KITH_LEVEL_NONE);
    expect_nothing_bonded(s);
}

/* The stage itself: a relay that changes nothing is a longer cable. */
static void a_relay_that_changes_nothing_is_not_noticed(void **state)
{
    (void)state;
    for (unsigned legacy = 0; legacy <= 1; legacy++) {
        kith_security security = security_of(legacy != 0, 16);
        scene s;

        open_scene(&s, CAST_OPENSSL, &security);
        pair(&s);
        cast_equal(s.room, s.phone->end.why, KITH_WHY_PAIRED);
        cast_equal(s.room, s.lamp->end.why, KITH_WHY_PAIRED);
        if (!legacy) /* there each has a key of its own */
            cast_expect_equal_keys(s.phone, s.lamp);
        relay_part(&s.relay);
        cast_connect(s.phone, s.lamp);
        cast_encrypt(s.phone, s.lamp);
        relay_close(&s.relay);
    }
}

static void A11_a_relay_that_shortens_keys_is_refused_by_whoever_reads_it_first(void **state)
{
    (void)state;
    for (unsigned legacy = 0; legacy <= 1; legacy++)
        for (uint8_t size = 7; size < 16; size++)
            for (unsigned where = 1; where <= 3; where++) {
                kith_security security = security_of(legacy != 0, 16);
                scene s;

                open_scene(&s, CAST_TOY, &security);
                show_size(&s, size, where);
                pair(&s);
                expect_found_by(&s, where & OF_REQUEST ? s.lamp : s.phone, KITH_WHY_KEY_SIZE,
                                KITH_SMP_ENCRYPTION_KEY_SIZE);
                relay_close(&s.relay);
            }
}

/* Both allow short keys, and the relay makes them short: numbers agree, checks agree, and so do people.  What is left
 * is that nobody is told more than he has: level 4 needs 16 octets. */
static void A11_where_short_keys_are_allowed_secure_connections_does_not_notice_and_says_what_it_has(void **state)
{
    (void)state;
    for (uint8_t size = 7; size <= 16; size++) {
        kith_security security = comparing(7);
        kith_level level = size < 16 ? KITH_LEVEL_AUTHENTICATED : KITH_LEVEL_SC_AUTHENTICATED;
        scene s;

        open_scene(&s, CAST_TOY, &security);
        show_size(&s, size, OF_REQUEST | OF_RESPONSE);
        pair(&s);
        for (size_t i = 0; i < 2; i++) {
            cast_host *h = &s.room->hosts[i];
            kith_bond_info info;
            kith_bond_keys keys;

            cast_equal(s.room, h->end.why, KITH_WHY_PAIRED);
            cast_equal(s.room, h->end.key_size, size);
            cast_equal(s.room, h->highest, level);
            cast_check(s.room, cast_only_bond(h, &info, &keys));
            cast_equal(s.room, info.level, level);
            cast_equal(s.room, info.key_size, size);
            for (size_t k = size; k < 16; k++)
                cast_equal(s.room, keys.ltk[k], 0);
        }
        cast_expect_equal_keys(s.phone, s.lamp);
        relay_close(&s.relay);
    }
}

/* Shortened for one side alone, keys differ: encryption itself fails. */
static void A11_a_key_shortened_for_one_side_alone_encrypts_nothing(void **state)
{
    (void)state;
    for (unsigned where = OF_REQUEST; where <= OF_RESPONSE; where++) {
        kith_security security = comparing(7);
        scene s;

        open_scene(&s, CAST_TOY, &security);
        show_size(&s, 7, where);
        pair(&s);
        cast_check(s.room, !s.phone->end.succeeded && !s.lamp->end.succeeded);
        cast_equal(s.room, s.phone->end.phase, KITH_PHASE_ENCRYPTION);
        cast_equal(s.room, s.phone->highest, KITH_LEVEL_NONE);
        cast_equal(s.room, s.lamp->highest, KITH_LEVEL_NONE);
        expect_nothing_bonded(&s);
        relay_close(&s.relay);
    }
}

/* Allowed or not: in legacy pairing each octet of both offers is in the confirm values, which the lamp checks first. */
static void A11_in_legacy_pairing_an_edited_offer_does_not_fit_the_confirm_values(void **state)
{
    static const offer edits[] = {{7, AS_IT_IS, AS_IT_IS},
                                  {15, AS_IT_IS, AS_IT_IS},
                                  {AS_IT_IS, 0, AS_IT_IS},
                                  {AS_IT_IS, AS_IT_IS, 0},
                                  {AS_IT_IS, KITH_KEY_ENC, KITH_KEY_ENC}};

    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        for (unsigned where = 1; where <= 3; where++) {
            kith_security security = security_of(true, 7);
            scene s;

            open_scene(&s, CAST_TOY, &security);
            if (where & OF_REQUEST)
                s.shown[RELAY_TO_PERIPHERAL] = edits[i];
            if (where & OF_RESPONSE)
                s.shown[RELAY_TO_CENTRAL] = edits[i];
            pair(&s);
            expect_found_by(&s, s.lamp, KITH_WHY_CONFIRM_MISMATCH, KITH_SMP_CONFIRM_VALUE_FAILED);
            relay_close(&s.relay);
        }
}

/* ---- which keys, in Secure Connections ---- */

/* It says to have been given what it was given, and its bond holds that and no more. */
static void expect_honest(const scene *s, cast_host *h)
{
    const kith_verdict *told = &h->last[KITH_EVENT_BONDED].verdict;
    static const uint8_t nothing[16];
    kith_bond_info info;
    kith_bond_keys keys;

    if (h->told[KITH_EVENT_BONDED] == 0) {
        cast_equal(s->room, kith_bonds_count(h->host), 0);
        return;
    }
    cast_check(s->room, cast_only_bond(h, &info, &keys));
    cast_equal(s->room, info.level, KITH_LEVEL_ENCRYPTED);
    cast_equal(s->room, info.key_size, 16);
    cast_equal(s->room, info.has_irk, (told->keys_taken & KITH_KEY_ID) != 0);
    cast_equal(s->room, memcmp(keys.irk, nothing, 16) != 0, info.has_irk);
    cast_equal(s->room, told->keys_taken, *(const uint8_t *)h->context);
    cast_check(s->room, memcmp(keys.my_csrk, nothing, 16) == 0 && memcmp(keys.peer_csrk, nothing, 16) == 0);
}

/* The response decides, as each of the two sees it. */
static void expect_fewer_or_an_end(scene *s)
{
    const uint8_t *offered = s->sent[RELAY_TO_PERIPHERAL], *lamps = s->sent[RELAY_TO_CENTRAL],
                  *phones = s->seen[RELAY_TO_CENTRAL];
    bool bonded = s->phone->told[KITH_EVENT_BONDED] && s->lamp->told[KITH_EVENT_BONDED];

    expect_honest(s, s->phone);
    expect_honest(s, s->lamp);
    if (((phones[0] & ~offered[0]) | (phones[1] & ~offered[1])) & SC_KEYS) { /* a response adds nothing */
        cast_equal(s->room, s->phone->end.why, KITH_WHY_BAD_PARAMETERS);
        cast_equal(s->room, s->phone->end.smp_reason, KITH_SMP_INVALID_PARAMETERS);
        cast_check(s->room, !bonded);
    } else if (phones[0] == lamps[0] && phones[1] == lamps[1]) {
        cast_check(s->room, bonded);
        cast_equal(s->room, s->taken[0], phones[1] & SC_KEYS);
        cast_equal(s->room, s->taken[1], phones[0] & SC_KEYS);
    }
    if (bonded)
        cast_expect_equal_keys(s->phone, s->lamp);
}

/* All ways to show each side other keys than were offered.  0x0f: more than anybody offers. */
static void A11_edited_key_distribution_is_fewer_keys_or_a_named_end(void **state)
{
    static const uint8_t values[] = {AS_IT_IS, 0, KITH_KEY_ID, 0x0f};
    kith_security security = security_of(false, 16);
    unsigned both = 0, none = 0;

    (void)state;
    for (unsigned i = 0; i < 2 * 256; i++) {
        scene s;

        if (i < 256) /* the phone offers both, or nothing of its own */
            security.initiator_keys = KITH_KEY_ENC | KITH_KEY_ID;
        else
            security.initiator_keys = 0;
        open_scene(&s, CAST_TOY, &security);
        s.shown[0] = (offer){AS_IT_IS, values[i & 3], values[i >> 2 & 3]};
        s.shown[1] = (offer){AS_IT_IS, values[i >> 4 & 3], values[i >> 6 & 3]};
        pair(&s);
        expect_fewer_or_an_end(&s);
        both += s.phone->told[KITH_EVENT_BONDED] && s.lamp->told[KITH_EVENT_BONDED];
        none += !s.phone->told[KITH_EVENT_BONDED] && !s.lamp->told[KITH_EVENT_BONDED];
        relay_close(&s.relay);
    }
    print_message("of 512 edits %u bonded both, %u none\n", both, none);
    assert_true(both > 0 && none > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_relay_that_changes_nothing_is_not_noticed),
        cmocka_unit_test(A11_a_relay_that_shortens_keys_is_refused_by_whoever_reads_it_first),
        cmocka_unit_test(A11_where_short_keys_are_allowed_secure_connections_does_not_notice_and_says_what_it_has),
        cmocka_unit_test(A11_a_key_shortened_for_one_side_alone_encrypts_nothing),
        cmocka_unit_test(A11_in_legacy_pairing_an_edited_offer_does_not_fit_the_confirm_values),
        cmocka_unit_test(A11_edited_key_distribution_is_fewer_keys_or_a_named_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
