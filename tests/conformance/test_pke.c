/* SM/.../PKE: legacy pairing, Passkey Entry. */
#include <string.h>

#include "case.h"
#include "peer_legacy.h"

/* Both ask for MITM. */
static void prepare(bench_role role, kith_io_capability ours, kith_io_capability theirs)
{
    begin_legacy(role);
    bench.config.security.io = ours;
    bench.config.security.ask_mitm = true;
    peer.features[0] = (uint8_t)theirs;
    peer.features[2] |= KITH_AUTH_MITM;
}

static void meet(bench_role role, kith_io_capability ours, kith_io_capability theirs)
{
    prepare(role, ours, theirs);
    meet_legacy();
}

static void link_still_serves(void)
{
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
    pair_legacy();
}

static void we_refuse_the_confirm(kith_why why)
{
    we_send("05 04");
    we_send_nothing();
    we_fail(.why = why, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
    link_still_serves();
}

/* ---- success ---- */

/* Who can show and type what: each form of Passkey Entry. */
static const kith_io_capability forms[][2] = {
    {KITH_IO_DISPLAY_ONLY, KITH_IO_KEYBOARD_ONLY},      {KITH_IO_KEYBOARD_ONLY, KITH_IO_DISPLAY_ONLY},
    {KITH_IO_KEYBOARD_ONLY, KITH_IO_KEYBOARD_ONLY},     {KITH_IO_KEYBOARD_DISPLAY, KITH_IO_KEYBOARD_DISPLAY},
    {KITH_IO_DISPLAY_YES_NO, KITH_IO_KEYBOARD_DISPLAY},
};

static void pair_in_each_form(bench_role role)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        bench_round("we are %u, the peer is %u", forms[i][0], forms[i][1]);
        meet(role, forms[i][0], forms[i][1]);
        pair_legacy();
        check(bench_method() == KITH_METHOD_PASSKEY && bench_level() == KITH_LEVEL_ENCRYPTED);
    }
}

CONFORMANCE("SM/CEN/PKE/BV-01-C", "Legacy Passkey Entry, we initiate")
{
    meet(CENTRAL, KITH_IO_KEYBOARD_ONLY, KITH_IO_DISPLAY_ONLY);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("01 02 00 0d 10 03 03");
    peer_sends("02 00 00 05 10 00 00");
    our_person_is_asked();
    we_send_nothing(); /* not a word before the person's */
    our_person_types(legacy.passkey);
    we_commit();
    peer_commits(RIGHT);
    we_open();
    peer_opens();
    short_term_key_is_used();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    pair_in_each_form(CENTRAL);
}

CONFORMANCE("SM/PER/PKE/BV-02-C", "Legacy Passkey Entry, we respond")
{
    meet(PERIPHERAL, KITH_IO_DISPLAY_ONLY, KITH_IO_KEYBOARD_ONLY);
    peer_sends("01 02 00 05 10 00 00");
    we_send("02 00 00 0d 10 00 00");
    we_show_passkey();
    peer_commits(RIGHT);
    we_commit();
    peer_opens();
    we_open();
    short_term_key_is_used();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    pair_in_each_form(PERIPHERAL);
}

/* ---- a peer without inputs and outputs ---- */

static void fall_back_to_just_works(bench_role role)
{
    meet(role, KITH_IO_KEYBOARD_DISPLAY, KITH_IO_NO_INPUT_NO_OUTPUT);
    pair_legacy();
    check(bench_method() == KITH_METHOD_JUST_WORKS && bench_level() == KITH_LEVEL_ENCRYPTED);
    check(((role == CENTRAL ? bench.request : bench.response)[3] & KITH_AUTH_MITM) != 0);
}

/* The policy wants more than an unauthenticated key. */
static void insist_on_mitm(bench_role role)
{
    bench_round("an authenticated key is required");
    prepare(role, KITH_IO_KEYBOARD_DISPLAY, KITH_IO_NO_INPUT_NO_OUTPUT);
    bench.config.security.before_core_6_2 = true;
    bench.config.security.required_level = KITH_LEVEL_AUTHENTICATED;
    meet_legacy();
    if (role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_AUTHENTICATED));
        we_send("01 04 00 0d 10 03 03");
        peer_sends_response();
    } else
        peer_sends_request();
    we_send("05 03");
    we_fail(.why = KITH_WHY_LEVEL_UNREACHABLE, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS);
}

CONFORMANCE("SM/CEN/PKE/BV-04-C", "The peer has no inputs and outputs: an unauthenticated key, if the policy allows it")
{
    fall_back_to_just_works(CENTRAL);
    insist_on_mitm(CENTRAL);
}

CONFORMANCE("SM/PER/PKE/BV-05-C", "We want MITM, the peer can't: an unauthenticated key, or Pairing Failed")
{
    fall_back_to_just_works(PERIPHERAL);
    insist_on_mitm(PERIPHERAL);
}

/* ---- different passkeys ---- */

CONFORMANCE("SM/CEN/PKE/BI-01-C", "The peer has another passkey: refused when Srand has come")
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        bench_round("we are %u, the peer is %u", forms[i][0], forms[i][1]);
        meet(CENTRAL, forms[i][0], forms[i][1]);
        legacy_to(LEGACY_TK);
        we_commit();
        legacy_tk_is((legacy.passkey + 1) % 1000000);
        peer_commits(RIGHT);
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM);
        peer_opens();
        we_refuse_the_confirm(KITH_WHY_CONFIRM_MISMATCH);
    }
}

/* What we committed to is not opened to somebody who does not know the passkey. */
CONFORMANCE("SM/PER/PKE/BI-03-C", "The peer has another passkey: refused when Mrand has come")
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        bench_round("we are %u, the peer is %u", forms[i][0], forms[i][1]);
        meet(PERIPHERAL, forms[i][0], forms[i][1]);
        legacy_to(LEGACY_TK);
        legacy_tk_is((legacy.passkey + 1) % 1000000);
        peer_commits(RIGHT);
        we_commit();
        peer_opens();
        we_refuse_the_confirm(KITH_WHY_CONFIRM_MISMATCH);
    }
}

/* ---- the peer's person gives up ---- */

static void peer_gives_up(void)
{
    peer_sends("05 01");
    we_send_nothing();
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_PASSKEY_ENTRY_FAILED);
    check_status(kith_pairing_passkey(bench.host, bench.link, 0), KITH_ERR_STATE);
    link_still_serves();
}

CONFORMANCE("SM/CEN/PKE/BI-02-C", "The peer's person gives up typing: we abort and report")
{
    bench_round("we show the passkey");
    meet(CENTRAL, KITH_IO_DISPLAY_ONLY, KITH_IO_KEYBOARD_ONLY);
    legacy_to(LEGACY_TK);
    we_commit();
    peer_gives_up();
    bench_round("both type, and ours has");
    meet(CENTRAL, KITH_IO_KEYBOARD_ONLY, KITH_IO_KEYBOARD_ONLY);
    legacy_to(LEGACY_TK);
    we_commit();
    peer_gives_up();
    bench_round("both type, and ours has not");
    meet(CENTRAL, KITH_IO_KEYBOARD_ONLY, KITH_IO_KEYBOARD_ONLY);
    legacy_to(LEGACY_FEATURES);
    our_person_is_asked();
    peer_gives_up();
}

/* ---- since Core 6.2 ---- */

CONFORMANCE("SM/CEN/PKE/BV-05-C", "Three pairings show three passkeys")
{
    uint32_t shown[3];

    prepare(CENTRAL, KITH_IO_DISPLAY_ONLY, KITH_IO_KEYBOARD_ONLY);
    bench.config.security.bonding = false;
    peer.features[2] = KITH_AUTH_MITM;
    peer.features[4] = peer.features[5] = 0;
    meet_legacy();
    for (int run = 0; run < 3; run++) {
        pair_legacy();
        shown[run] = legacy.passkey;
        meet_again();
    }
    check(shown[0] != shown[1] && shown[1] != shown[2] && shown[0] != shown[2]);
}

CONFORMANCE("SM/CEN/PKE/BI-03-C", "Our own Mconfirm coming back is refused")
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        uint8_t pdu[17] = {KITH_SMP_PAIRING_CONFIRM};

        bench_round("we are %u, the peer is %u", forms[i][0], forms[i][1]);
        meet(CENTRAL, forms[i][0], forms[i][1]);
        legacy_to(LEGACY_TK);
        we_commit();
        memcpy(pdu + 1, legacy.our_confirm, 16);
        peer_sends_octets(pdu, sizeof pdu);
        we_refuse_the_confirm(KITH_WHY_CONFIRM_REFLECTED);
    }
}

/* ---- beyond the ids: every pair of capabilities ---- */

SENTENCE(every_pair_of_capabilities_leads_where_the_table_says)
{
    unsigned forms_seen[4] = {0};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (kith_io_capability ours = 0; ours <= KITH_IO_KEYBOARD_DISPLAY; ours++)
            for (kith_io_capability theirs = 0; theirs <= KITH_IO_KEYBOARD_DISPLAY; theirs++)
                for (int mitm = 0; mitm <= 1; mitm++) {
                    bench_round("%s, we are %u, the peer is %u, MITM %d", role_name(role), ours, theirs, mitm);
                    prepare(role, ours, theirs);
                    bench.config.security.ask_mitm = false;
                    peer.features[2] = (uint8_t)(KITH_AUTH_BONDING | (mitm ? KITH_AUTH_MITM : 0));
                    meet_legacy();
                    pair_legacy();
                    forms_seen[bench_passkey_form()]++;
                }
    check(forms_seen[KITH_PASSKEY_INITIATOR_SHOWS] == 12 && forms_seen[KITH_PASSKEY_RESPONDER_SHOWS] == 10);
    check(forms_seen[KITH_PASSKEY_BOTH_TYPE] == 2);
}

/* ---- what it is worth ---- */

static void level_3_is_refused(bench_role role)
{
    if (role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_AUTHENTICATED));
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
        peer_sends_response();
    } else
        peer_sends_request();
    we_send("05 03");
    we_fail(.why = KITH_WHY_LEVEL_UNREACHABLE, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS);
}

/* Core 6.2: its confirm values can be fitted to what the other side sends. */
SENTENCE(a_legacy_passkey_does_not_authenticate)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role, KITH_IO_KEYBOARD_ONLY, KITH_IO_DISPLAY_ONLY);
        bench.config.security.required_level = KITH_LEVEL_AUTHENTICATED;
        meet_legacy();
        level_3_is_refused(role);
    }
}

SENTENCE(a_legacy_passkey_authenticates_where_the_old_rule_is_asked_for)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role, KITH_IO_KEYBOARD_ONLY, KITH_IO_DISPLAY_ONLY);
        bench.config.security.before_core_6_2 = true;
        bench.config.security.required_level = KITH_LEVEL_AUTHENTICATED;
        meet_legacy();
        pair_legacy();
        check(bench_level() == KITH_LEVEL_AUTHENTICATED);
    }
}

/* 4 is Secure Connections', whatever the options. */
SENTENCE(level_4_is_never_reached_by_legacy_pairing)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role, KITH_IO_KEYBOARD_ONLY, KITH_IO_DISPLAY_ONLY);
        bench.config.security.before_core_6_2 = true;
        bench.config.security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
        meet_legacy();
        if (role == CENTRAL) {
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_SC_AUTHENTICATED));
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
            peer_sends_response();
        } else
            peer_sends_request();
        we_send("05 03");
        we_fail(.why = KITH_WHY_SC_REQUIRED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS);
    }
}

SENTENCE(a_fixed_passkey_is_shown_and_does_not_authenticate)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role, KITH_IO_DISPLAY_ONLY, KITH_IO_KEYBOARD_ONLY);
        bench.config.security.insecure_fixed_passkey = true;
        bench.config.security.fixed_passkey = 123456;
        bench.config.security.before_core_6_2 = true;
        meet_legacy();
        pair_legacy();
        check(legacy.passkey == 123456 && bench_level() == KITH_LEVEL_ENCRYPTED);
    }
}

/* What our person types is the peer's, and as good as the peer made it. */
SENTENCE(a_fixed_passkey_of_ours_is_nothing_where_the_peer_shows)
{
    prepare(PERIPHERAL, KITH_IO_KEYBOARD_ONLY, KITH_IO_DISPLAY_ONLY);
    bench.config.security.insecure_fixed_passkey = true;
    bench.config.security.before_core_6_2 = true;
    meet_legacy();
    pair_legacy();
    check(bench_level() == KITH_LEVEL_AUTHENTICATED);
}
