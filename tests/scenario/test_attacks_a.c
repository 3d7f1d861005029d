/* Attacks on a pairing: rows A of docs/attacks.md that have no test of their own elsewhere.  Each name begins with its
 * row.  The attacker is a scripted peer, or somebody who hears the air. */
#include "actor.h"
#include "kith/codec/l2cap.h"
#include "legacy_crack.h"
#include "memory_store.h"

static const kith_method *const legacy_methods[] = {
    &kith_legacy_just_works_initiator,
    &kith_legacy_just_works_responder,
    &kith_legacy_passkey_initiator,
    &kith_legacy_passkey_responder,
    NULL,
};
static const kith_method *const comparison_only[] = {
    &kith_sc_numeric_comparison_initiator,
    &kith_sc_numeric_comparison_responder,
    NULL,
};

/* ---- A1: who hears a legacy pairing has its key ---- */

static void on_air(void *context, const kith_sim_frame *f)
{
    legacy_heard *s = context;
    const uint8_t *smp = f->plain + 6; /* behind the link layer's and L2CAP's headers */
    size_t side = f->from_central ? 0 : 1;

    if (f->channel > 36 || f->encrypted || f->plain_len < 7 || (f->plain[0] & 3) != 2 || f->plain[4] != KITH_CID_SMP)
        return;
    s->heard++;
    if (smp[0] == KITH_SMP_PAIRING_REQUEST)
        memcpy(s->request, smp, 7);
    if (smp[0] == KITH_SMP_PAIRING_RESPONSE)
        memcpy(s->response, smp, 7);
    if (smp[0] == KITH_SMP_PAIRING_CONFIRM)
        memcpy(s->confirm[side], smp + 1, 16);
    if (smp[0] == KITH_SMP_PAIRING_RANDOM)
        memcpy(s->random[side], smp + 1, 16);
}

/* Above 999999: no TK fits. */
static uint32_t crack(const cast_room *room, const legacy_heard *heard, const cast_host *phone, const cast_host *lamp)
{
    kith_address initiator = cast_address(phone), responder = cast_address(lamp);

    return crack_tk(room, heard, &initiator, &responder);
}

static uint32_t shown;

static void type_what_is_shown(cast_host *self, const kith_event *e)
{
    cast_host *other = self->context;

    if (e->kind != KITH_EVENT_PASSKEY_SHOWN)
        return;
    shown = e->passkey.passkey;
    assert_int_equal(cast_await(other, KITH_EVENT_PASSKEY_WANTED, 1)->kind, KITH_EVENT_PASSKEY_WANTED);
    assert_int_equal(kith_pairing_passkey(other->host, other->link, shown), KITH_OK);
}

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_store store;
    legacy_heard ear;
} legacy_scene;

static void begin_legacy(legacy_scene *l, bool passkey, bool before_core_6_2)
{
    kith_config config;

    memset(l, 0, sizeof *l);
    l->room = cast_open(201, CAST_OPENSSL);
    memory_store_init(&l->store, 8);
    cast_lamp_config(&config);
    config.security.methods = legacy_methods;
    config.security.legacy = true;
    config.security.ask_mitm = passkey;
    config.security.before_core_6_2 = before_core_6_2;
    config.security.io = passkey ? KITH_IO_DISPLAY_ONLY : KITH_IO_NO_INPUT_NO_OUTPUT;
    config.store = &l->store.store;
    l->lamp = cast_add(l->room, "lamp", &config);
    config.services = NULL;
    config.service_count = 0;
    config.store = &kith_volatile_store;
    config.security.io = passkey ? KITH_IO_KEYBOARD_ONLY : KITH_IO_NO_INPUT_NO_OUTPUT;
    l->phone = cast_add(l->room, "phone", &config);
    l->lamp->react = type_what_is_shown;
    l->lamp->context = l->phone;
    cast_start(l->room);
    assert_int_equal(kith_sim_listen(l->room->sim, on_air, &l->ear), KITH_OK);
    cast_connect(l->phone, l->lamp);
    assert_int_equal(kith_pairing_open(l->lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(l->phone->host, l->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(l->phone, KITH_EVENT_BONDED, 1);
    cast_await(l->lamp, KITH_EVENT_BONDED, 1);
}

static void A1_a_legacy_pairing_is_cracked_from_the_air_and_worth_no_more_than_level_2(void **state)
{
    (void)state;
    for (unsigned passkey = 0; passkey <= 1; passkey++) {
        legacy_scene l;
        uint32_t tk;

        shown = 0;
        begin_legacy(&l, passkey != 0, false);
        tk = crack(l.room, &l.ear, l.phone, l.lamp);
        print_message("TK %06u found in %u PDUs\n", (unsigned)tk, l.ear.heard);
        cast_equal(l.room, tk, passkey ? shown : 0);
        cast_equal(l.room, l.lamp->highest, KITH_LEVEL_ENCRYPTED);
        cast_equal(l.room, l.phone->highest, KITH_LEVEL_ENCRYPTED);
        cast_equal(l.room, l.lamp->end.key_kind, KITH_KEY_KIND_LEGACY);
        cast_close(l.room);
    }
}

static void A1_what_is_heard_of_secure_connections_fits_no_number(void **state)
{
    cast_room *room = cast_open(202, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");
    legacy_heard ear = {.heard = 0};

    (void)state;
    cast_start(room);
    assert_int_equal(kith_sim_listen(room->sim, on_air, &ear), KITH_OK);
    cast_connect_and_pair(phone, lamp);
    memcpy(ear.confirm[0], ear.confirm[1], 16);
    cast_check(room, ear.heard > 0);
    cast_check(room, crack(room, &ear, phone, lamp) > 999999);
    cast_close(room);
}

/* ---- A2: legacy Passkey Entry keeps nobody out ---- */

static kith_level lamps_level(const legacy_scene *l)
{
    kith_bond_info bond;

    assert_int_equal(kith_bonds_next(l->lamp->host, 0, &bond), KITH_OK);
    return bond.level;
}

static void A2_a_legacy_passkey_is_not_authenticated(void **state)
{
    legacy_scene l;

    (void)state;
    begin_legacy(&l, true, false);
    cast_equal(l.room, l.lamp->end.method, KITH_METHOD_PASSKEY);
    cast_equal(l.room, lamps_level(&l), KITH_LEVEL_ENCRYPTED);
    cast_close(l.room);
}

static void A2_a_stored_bond_that_says_so_is_not_believed(void **state)
{
    legacy_scene l;

    (void)state;
    begin_legacy(&l, true, true);
    cast_equal(l.room, lamps_level(&l), KITH_LEVEL_AUTHENTICATED);
    l.lamp->config.security.before_core_6_2 = false;
    cast_reboot(l.lamp);
    cast_equal(l.room, lamps_level(&l), KITH_LEVEL_ENCRYPTED);
    cast_close(l.room);
}

/* ---- a false peripheral ---- */

typedef struct {
    cast_room *room;
    cast_host *host;
    actor peer;
} stand;

static void meet(stand *s, const kith_config *config)
{
    s->room = cast_open(210, CAST_OPENSSL);
    s->host = cast_add(s->room, "host", config);
    cast_start(s->room);
    actor_enter(&s->peer, s->room);
    if (config->service_count > 0) {
        actor_connect(&s->peer, s->host);
        assert_int_equal(kith_pairing_open(s->host->host, 30000), KITH_OK);
    } else {
        actor_accept(&s->peer, s->host);
    }
}

static void expect_end(stand *s, kith_why why, kith_smp_reason reason)
{
    actor_run(&s->peer, CAST_SECOND, NULL, NULL);
    cast_equal(s->room, s->host->ends, 1);
    cast_equal(s->room, s->host->end.why, why);
    cast_equal(s->room, s->host->end.smp_reason, reason);
    cast_equal(s->room, s->peer.failed, reason);
    cast_equal(s->room, s->host->highest, KITH_LEVEL_NONE);
    cast_equal(s->room, kith_bonds_count(s->host->host), 0);
    cast_close(s->room);
}

/* The phone begins; the peer answers with these features, and says nothing more. */
static void answer(stand *s, uint8_t io, uint8_t auth_req, uint8_t key_size, uint8_t keys)
{
    const uint8_t response[7] = {KITH_SMP_PAIRING_RESPONSE, io, 0, auth_req, key_size, keys, keys};

    cast_equal(s->room, kith_security_secure(s->host->host, s->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(s->room, actor_pair(&s->peer, ACTOR_SENDS_FEATURES));
    actor_run(&s->peer, CAST_SECOND, NULL, NULL);
    actor_send_smp(&s->peer, response, sizeof response);
    actor_run(&s->peer, CAST_SECOND, NULL, NULL);
}

static void A3_our_own_confirm_or_random_sent_back_is_refused(void **state)
{
    (void)state;
    for (unsigned random = 0; random <= 1; random++) {
        stand s;
        kith_config config;
        uint8_t pdu[17] = {KITH_SMP_PAIRING_CONFIRM};

        cast_phone_config(&config);
        config.security.methods = legacy_methods;
        config.security.legacy = true;
        meet(&s, &config);
        answer(&s, KITH_IO_NO_INPUT_NO_OUTPUT, KITH_AUTH_BONDING, 16, 0);
        memcpy(s.peer.peer_key, s.peer.public_key, 64); /* its script knows no legacy pairing, and wants some key */
        if (!random)
            memcpy(pdu + 1, s.peer.peer_confirm, 16);
        actor_send_smp(&s.peer, pdu, sizeof pdu);
        s.peer.stop_before = ACTOR_SENDS_FEATURES;
        if (random) {
            actor_run(&s.peer, CAST_SECOND, NULL, NULL);
            pdu[0] = KITH_SMP_PAIRING_RANDOM;
            memcpy(pdu + 1, s.peer.peer_nonce, 16);
            actor_send_smp(&s.peer, pdu, sizeof pdu);
        }
        expect_end(&s, KITH_WHY_CONFIRM_REFLECTED, KITH_SMP_CONFIRM_VALUE_FAILED);
    }
}

/* The prime of the field, less Y: on the curve too, and the commitments have only X in them (CVE-2021-37577). */
static void negate_y(uint8_t y[32])
{
    static const uint8_t prime[32] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    int borrow = 0;

    for (int i = 31; i >= 0; i--) {
        int digit = prime[i] - y[i] - borrow;

        borrow = digit < 0;
        y[i] = (uint8_t)(digit + (borrow ? 256 : 0));
    }
}

static void A5_our_own_x_with_the_other_y_is_refused(void **state)
{
    stand s;
    kith_config config;

    (void)state;
    cast_phone_config(&config);
    meet(&s, &config);
    cast_equal(s.room, kith_security_secure(s.host->host, s.host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(s.room, actor_pair(&s.peer, ACTOR_SENDS_KEY));
    actor_run(&s.peer, 300000, NULL, NULL);
    memcpy(s.peer.public_key, s.peer.peer_key, 64);
    negate_y(s.peer.public_key + 32);
    s.peer.next = ACTOR_SENDS_KEY;
    actor_resume(&s.peer, ACTOR_SENDS_CONFIRM);
    expect_end(&s, KITH_WHY_PUBLIC_KEY_REFLECTED, KITH_SMP_DHKEY_CHECK_FAILED);
}

/* ---- A7: one side compares, the other types what it saw ---- */

static void A7_each_side_names_its_method_and_comparison_only_ends_the_passkey_leg(void **state)
{
    (void)state;
    for (unsigned only = 0; only <= 1; only++)
        for (unsigned leg = 0; leg <= 1; leg++) { /* towards the one who compares; towards the one who types */
            stand s;
            kith_config config;

            cast_lamp_config(&config);
            config.security.methods = only ? comparison_only : kith_sc_methods;
            config.security.io = KITH_IO_KEYBOARD_DISPLAY;
            config.security.required_level = KITH_LEVEL_AUTHENTICATED;
            meet(&s, &config);
            s.peer.io = leg == 0 ? KITH_IO_DISPLAY_YES_NO : KITH_IO_DISPLAY_ONLY;
            s.peer.mitm = KITH_AUTH_MITM;
            actor_begin(&s.peer, ACTOR_SENDS_CHECK);
            if (only && leg == 1) {
                expect_end(&s, KITH_WHY_METHOD_LEFT_OUT, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
                continue;
            }
            actor_run(&s.peer, CAST_SECOND, NULL, NULL);
            cast_equal(s.room, s.host->told[KITH_EVENT_COMPARISON_WANTED], leg == 0);
            cast_equal(s.room, s.host->told[KITH_EVENT_PASSKEY_WANTED], leg == 1);
            cast_close(s.room);
        }
}

/* ---- a relay edits what both sides offer ---- */

static void A8_a_leg_without_secure_connections_is_refused_where_level_4_is_required(void **state)
{
    stand s;
    kith_config config;

    (void)state;
    cast_phone_config(&config);
    config.security.methods = kith_all_methods;
    config.security.legacy = true;
    config.security.io = KITH_IO_KEYBOARD_DISPLAY;
    config.security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
    meet(&s, &config);
    answer(&s, KITH_IO_DISPLAY_ONLY, KITH_AUTH_BONDING | KITH_AUTH_MITM, 16, 0);
    cast_equal(s.room, s.host->told[KITH_EVENT_PASSKEY_WANTED] + s.host->told[KITH_EVENT_PASSKEY_SHOWN], 0);
    expect_end(&s, KITH_WHY_SC_REQUIRED, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
}

static void A9_a_passkey_is_shown_once(void **state)
{
    enum { ATTEMPTS = 20 };
    uint32_t passkeys[ATTEMPTS];
    stand s;
    kith_config config;

    (void)state;
    cast_lamp_config(&config);
    config.security.methods = kith_sc_methods;
    config.security.io = KITH_IO_DISPLAY_ONLY;
    config.security.ask_mitm = true;
    config.security.backoff.first_ms = 0; /* as fast as an attacker could wish */
    meet(&s, &config);
    s.peer.io = KITH_IO_KEYBOARD_ONLY;
    s.peer.mitm = KITH_AUTH_MITM;
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        if (!s.peer.connected)
            actor_connect(&s.peer, s.host);
        assert_int_equal(kith_pairing_open(s.host->host, 30000), KITH_OK);
        actor_begin(&s.peer, ACTOR_SENDS_CONFIRM);
        actor_run(&s.peer, CAST_SECOND, NULL, NULL);
        cast_equal(s.room, s.host->told[KITH_EVENT_PASSKEY_SHOWN], i + 1);
        passkeys[i] = s.host->last[KITH_EVENT_PASSKEY_SHOWN].passkey.passkey;
        for (unsigned k = 0; k < i; k++)
            cast_check(s.room, passkeys[k] != passkeys[i]);
        actor_disconnect(&s.peer, s.host);
    }
    cast_close(s.room);
}

static void A11_a_shortened_key_is_refused(void **state)
{
    (void)state;
    for (uint8_t size = 7; size < 16; size++) {
        stand s;
        kith_config config;

        cast_phone_config(&config);
        meet(&s, &config);
        answer(&s, KITH_IO_NO_INPUT_NO_OUTPUT, KITH_AUTH_BONDING | KITH_AUTH_SC, size, KITH_KEY_ID);
        expect_end(&s, KITH_WHY_KEY_SIZE, KITH_SMP_ENCRYPTION_KEY_SIZE);
    }
}

static void A13_a_peer_that_loses_its_inputs_and_secure_connections_is_refused(void **state)
{
    (void)state;
    for (unsigned sc = 0; sc <= 1; sc++) {
        stand s;
        kith_config config;

        cast_phone_config(&config);
        config.security.methods = kith_all_methods;
        config.security.legacy = true;
        config.security.sc_only = true;
        config.security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
        config.security.io = KITH_IO_KEYBOARD_DISPLAY;
        meet(&s, &config);
        answer(&s, KITH_IO_NO_INPUT_NO_OUTPUT, (uint8_t)(KITH_AUTH_BONDING | (sc ? KITH_AUTH_SC : 0)), 16, 0);
        expect_end(&s, sc ? KITH_WHY_LEVEL_UNREACHABLE : KITH_WHY_SC_REQUIRED, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
    }
}

static void A15_what_was_asked_for_is_not_what_was_reached(void **state)
{
    stand s;
    kith_config config;
    kith_bond_info bond;

    (void)state;
    cast_phone_config(&config);
    config.security.io = KITH_IO_KEYBOARD_DISPLAY;
    config.security.ask_mitm = true;
    meet(&s, &config);
    cast_equal(s.room, kith_security_secure(s.host->host, s.host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(s.room, actor_pair(&s.peer, ACTOR_IS_DONE));
    actor_run(&s.peer, CAST_SECOND, NULL, NULL);
    cast_check(s.room, (s.peer.request[3] & KITH_AUTH_MITM) != 0);
    assert_int_equal(kith_bonds_next(s.host->host, 0, &bond), KITH_OK);
    cast_equal(s.room, bond.level, KITH_LEVEL_ENCRYPTED);
    cast_equal(s.room, s.host->highest, KITH_LEVEL_ENCRYPTED);
    cast_close(s.room);
}

/* ---- A19: the flag of out of band data proves nothing ---- */

static void A19_a_peer_that_claims_to_hold_our_data_is_refused_where_there_is_none(void **state)
{
    static const uint8_t request[7] = {
        KITH_SMP_PAIRING_REQUEST, KITH_IO_NO_INPUT_NO_OUTPUT, 1, KITH_AUTH_BONDING | KITH_AUTH_SC, 16, 0, 0};

    (void)state;
    for (unsigned stale = 0; stale <= 1; stale++) {
        stand s;
        kith_config config;

        cast_lamp_config(&config);
        config.security.methods = kith_sc_methods;
        meet(&s, &config);
        if (stale) {
            assert_int_equal(kith_oob_make(s.host->host, false, true, 100), KITH_OK);
            actor_run(&s.peer, CAST_SECOND, NULL, NULL); /* made, and over */
        }
        actor_send_smp(&s.peer, request, sizeof request);
        expect_end(&s, KITH_WHY_OOB_MISSING, KITH_SMP_OOB_NOT_AVAILABLE);
    }
}

static void give_data_of_somebody_else(cast_host *self, const kith_event *e)
{
    const kith_oob_data data = {.has_sc = true, .confirm = {1, 2, 3}, .random = {4, 5, 6}, .channel_is_secure = true};

    if (e->kind == KITH_EVENT_OOB_WANTED)
        assert_int_equal(kith_pairing_oob(self->host, e->link, &data), KITH_OK);
}

static void A19_data_of_somebody_else_does_not_fit(void **state)
{
    stand s;
    kith_config config;

    (void)state;
    cast_phone_config(&config);
    config.security.methods = kith_sc_methods;
    config.security.ask_oob = true;
    meet(&s, &config);
    s.host->react = give_data_of_somebody_else;
    cast_equal(s.room, kith_security_secure(s.host->host, s.host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    (void)actor_pair(&s.peer, ACTOR_SENDS_CONFIRM);
    expect_end(&s, KITH_WHY_CONFIRM_MISMATCH, KITH_SMP_CONFIRM_VALUE_FAILED);
}

/* ---- A20: a confirm before our person has typed ---- */

static void A20_a_confirm_made_with_a_tk_of_zero_waits_for_the_passkey_and_fails(void **state)
{
    static const uint8_t nothing[16];
    stand s;
    kith_config config;
    kith_address lamp;
    legacy_heard told = {.request = {KITH_SMP_PAIRING_REQUEST, KITH_IO_DISPLAY_ONLY, 0, 0x05, 16, 0, 0},
                         .random = {{7}}};
    uint8_t pdu[17] = {KITH_SMP_PAIRING_CONFIRM};

    (void)state;
    cast_lamp_config(&config);
    config.security.methods = legacy_methods;
    config.security.legacy = true;
    config.security.io = KITH_IO_KEYBOARD_ONLY;
    config.security.ask_mitm = true;
    meet(&s, &config);
    lamp = cast_address(s.host);
    s.peer.stop_before = ACTOR_SENDS_FEATURES;
    actor_send_smp(&s.peer, told.request, 7);
    actor_run(&s.peer, CAST_SECOND, NULL, NULL);
    memcpy(told.response, s.peer.response, 7);
    cast_equal(s.room, s.host->told[KITH_EVENT_PASSKEY_WANTED], 1);
    crack_confirm(s.room, &told, 0, &s.peer.own, &lamp, pdu + 1);
    actor_send_smp(&s.peer, pdu, sizeof pdu);
    actor_run(&s.peer, 5 * CAST_SECOND, NULL, NULL);
    assert_memory_equal(s.peer.peer_confirm, nothing, 16);
    assert_int_equal(kith_pairing_passkey(s.host->host, s.host->link, 123456), KITH_OK);
    actor_run(&s.peer, CAST_SECOND, NULL, NULL);
    assert_memory_not_equal(s.peer.peer_confirm, nothing, 16);
    pdu[0] = KITH_SMP_PAIRING_RANDOM;
    memcpy(pdu + 1, told.random[0], 16);
    actor_send_smp(&s.peer, pdu, sizeof pdu);
    expect_end(&s, KITH_WHY_CONFIRM_MISMATCH, KITH_SMP_CONFIRM_VALUE_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A1_a_legacy_pairing_is_cracked_from_the_air_and_worth_no_more_than_level_2),
        cmocka_unit_test(A1_what_is_heard_of_secure_connections_fits_no_number),
        cmocka_unit_test(A2_a_legacy_passkey_is_not_authenticated),
        cmocka_unit_test(A2_a_stored_bond_that_says_so_is_not_believed),
        cmocka_unit_test(A3_our_own_confirm_or_random_sent_back_is_refused),
        cmocka_unit_test(A5_our_own_x_with_the_other_y_is_refused),
        cmocka_unit_test(A7_each_side_names_its_method_and_comparison_only_ends_the_passkey_leg),
        cmocka_unit_test(A8_a_leg_without_secure_connections_is_refused_where_level_4_is_required),
        cmocka_unit_test(A9_a_passkey_is_shown_once),
        cmocka_unit_test(A11_a_shortened_key_is_refused),
        cmocka_unit_test(A13_a_peer_that_loses_its_inputs_and_secure_connections_is_refused),
        cmocka_unit_test(A15_what_was_asked_for_is_not_what_was_reached),
        cmocka_unit_test(A19_a_peer_that_claims_to_hold_our_data_is_refused_where_there_is_none),
        cmocka_unit_test(A19_data_of_somebody_else_does_not_fit),
        cmocka_unit_test(A20_a_confirm_made_with_a_tk_of_zero_waits_for_the_passkey_and_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
