/* Legacy pairing: who may, and what comes out of turn: at every step, every opcode, every length, silence, a lost link.
 * Core Vol 3 Part H 3.3, 3.4; beyond the ids. */
#include <string.h>

#include "case.h"
#include "peer_legacy.h"

static void meet(bench_role role)
{
    begin_legacy(role);
    meet_legacy();
}

/* Up to where it is the peer's turn: as central our confirm value goes right after the passkey. */
static void go_to(legacy_step after)
{
    legacy_to(after);
    if (bench.role == CENTRAL && after == LEGACY_TK)
        we_commit();
    if (bench.role == CENTRAL && after == LEGACY_RANDOMS) {
        bench_we_command(KITH_HCI_LE_ENABLE_ENCRYPTION, 0, NULL, 0);
    }
}

/* Steps after which something of the peer's is due. */
static const legacy_step stops[] = {LEGACY_TK, LEGACY_CONFIRMS, LEGACY_ENCRYPTED};

/* The opcode that has its place there. */
static uint8_t next_opcode(legacy_step after)
{
    switch (after) {
    case LEGACY_TK:
        return KITH_SMP_PAIRING_CONFIRM;
    case LEGACY_CONFIRMS:
        return KITH_SMP_PAIRING_RANDOM;
    default:
        return KITH_SMP_ENCRYPTION_INFORMATION;
    }
}

/* Our confirm value or random that went out meanwhile is not looked at. */
static void it_fails(legacy_step after, kith_smp_reason reason, kith_why why)
{
    bool in_use = after == LEGACY_ENCRYPTED;

    if (bench.role == CENTRAL && after == LEGACY_CONFIRMS)
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM);
    if (bench_we_send_opcode(KITH_SMP_PAIRING_FAILED)[1] != reason)
        bench_fail("failed for another reason");
    if (in_use)
        level_is(KITH_LEVEL_NONE);
    we_fail(.why = why, .phase = legacy_phase_after(after), .ended_by = KITH_ENDED_BY_US, .smp_reason = reason,
            .keys_sent = in_use && bench.role == PERIPHERAL ? legacy_keys_from_us() : 0);
    check(kith_bonds_count(bench.host) == 0);
    if (in_use) {
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
        connect_link();
    }
    pair_legacy();
}

static void send_of_length(uint8_t opcode, size_t len)
{
    uint8_t pdu[KITH_SMP_MAX_PDU + 8] = {opcode};
    bench_state before = bench;

    peer_sends_octets(pdu, len);
    memcpy(bench.request, before.request, sizeof bench.request);
    memcpy(bench.response, before.response, sizeof bench.response);
}

/* ---- who may ---- */

SENTENCE(legacy_pairing_is_refused_by_default)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        begin_legacy(role);
        bench.config.security.legacy = false;
        bench.config.security.initiator_keys = bench.config.security.responder_keys = KITH_KEY_ID;
        meet_legacy();
        if (role == CENTRAL) {
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
            we_send("01 03 00 09 10 02 02");
            peer_sends("02 03 00 01 10 02 02");
        } else
            peer_sends_request();
        we_send("05 03");
        we_fail(.why = KITH_WHY_SC_REQUIRED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS);
    }
}

/* The key that only legacy pairing gives is not offered where there is none. */
SENTENCE(the_default_configuration_allows_no_legacy_pairing_and_offers_no_long_term_key)
{
    kith_config config;

    kith_config_default(&config);
    check(!config.security.legacy && !config.security.before_core_6_2);
    begin_legacy(CENTRAL);
    bench.config.security.legacy = false;
    meet_legacy();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("01 03 00 09 10 02 02");
    peer_sends("05 05");
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_PAIRING_NOT_SUPPORTED);
}

SENTENCE(secure_connections_only_means_no_legacy_pairing_whatever_else_is_allowed)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        begin_legacy(role);
        bench.config.security.sc_only = true;
        bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
        meet_legacy();
        if (role == CENTRAL) {
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
            peer_sends_response();
        } else
            peer_sends_request();
        we_send("05 03");
        we_fail(.why = KITH_WHY_SC_REQUIRED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS);
    }
}

/* Only legacy tables are linked: we don't say that we could do better. */
SENTENCE(without_secure_connections_built_in_we_do_not_claim_it)
{
    static const kith_method *const alone[] = {&kith_legacy_just_works_initiator, &kith_legacy_just_works_responder,
                                               NULL};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        begin_legacy(role);
        bench.config.security.methods = alone;
        peer.features[2] |= KITH_AUTH_SC;
        meet_legacy();
        pair_legacy();
        check(((role == CENTRAL ? bench.request : bench.response)[3] & KITH_AUTH_SC) == 0);
    }
}

/* A bond made with Secure Connections, or with more, gives no way to legacy pairing (A13). */
SENTENCE(a_stronger_bond_is_not_replaced_by_a_legacy_one)
{
    begin_legacy(PERIPHERAL);
    peer.features[2] |= KITH_AUTH_SC;
    peer.features[4] = peer.features[5] = KITH_KEY_ID;
    meet_legacy();
    pair_completely();
    check(!bench_is_legacy());
    meet_again();
    open_window();
    peer.features[2] = KITH_AUTH_BONDING;
    peer_sends_request();
    we_send("05 03");
    we_fail(.why = KITH_WHY_WEAKER, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS);
    check(kith_bonds_count(bench.host) == 1);
}

/* c1 covers the addresses and their types as used on air. */
SENTENCE(a_random_address_on_air_goes_into_the_confirm_values)
{
    static const uint8_t our_static[6] = {1, 2, 3, 4, 5, 0xc6};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned random = 1; random <= 3; random++) {
            bench_round("%s, %u", role_name(role), random);
            begin_legacy(role);
            if ((random & 1) != 0)
                bench.peer_address = (kith_address){KITH_ADDRESS_RANDOM, {6, 5, 4, 3, 2, 0xc1}};
            if ((random & 2) != 0) {
                bench.config.own_address = KITH_OWN_STATIC;
                bench.config.static_address = our_static;
            }
            peer.identity = bench.peer_address;
            meet_legacy();
            pair_legacy();
        }
}

/* ---- out of turn ---- */

static bool is_key(uint8_t opcode)
{
    return opcode >= KITH_SMP_ENCRYPTION_INFORMATION && opcode <= KITH_SMP_SIGNING_INFORMATION;
}

static void send_opcode(bench_role role, legacy_step after, uint8_t opcode)
{
    size_t len = kith_smp_pdu_len(opcode);
    bool ignored = len == 0 || (role == CENTRAL && opcode == KITH_SMP_SECURITY_REQUEST);

    bench_round("%s, opcode %02x after %s", role_name(role), opcode, legacy_step_name(after));
    meet(role);
    go_to(after);
    if (bench.role == CENTRAL && after == LEGACY_CONFIRMS)
        we_open();
    send_of_length(opcode, len == 0 ? 2 : len);
    if (ignored) {
        we_send_nothing();
        we_emit_nothing();
        return;
    }
    if (bench.role == CENTRAL && after == LEGACY_CONFIRMS)
        after = LEGACY_TK; /* our random was taken already; the phase is the same */
    it_fails(after, KITH_SMP_UNSPECIFIED_REASON,
             is_key(opcode) && after < LEGACY_ENCRYPTED ? KITH_WHY_KEYS_TOO_EARLY : KITH_WHY_OUT_OF_ORDER);
}

static void abandon(void)
{
    bool in_use = bench.encrypted;

    link_breaks(0x13);
    if (in_use)
        level_is(KITH_LEVEL_NONE);
    we_emit(KITH_EVENT_PAIRING_FAILED);
    we_emit(KITH_EVENT_DISCONNECTED);
}

SENTENCE(every_opcode_out_of_turn_at_every_step_is_one_named_end)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++)
            for (unsigned opcode = 0; opcode <= 0xff; opcode++) {
                if (opcode == next_opcode(stops[i]) || opcode == KITH_SMP_PAIRING_FAILED)
                    continue;
                send_opcode(role, stops[i], (uint8_t)opcode);
                if (kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED) == KITH_ERR_BUSY)
                    abandon(); /* it was ignored, and goes on */
                else
                    we_emit(KITH_EVENT_ENCRYPTED);
            }
}

SENTENCE(every_wrong_length_at_every_step_is_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++)
            for (size_t len = 1; len <= KITH_SMP_MAX_PDU; len++) {
                legacy_step after = stops[i];

                if (len == kith_smp_pdu_len(next_opcode(after)))
                    continue;
                bench_round("%s, after %s, %zu octets", role_name(role), legacy_step_name(after), len);
                meet(role);
                go_to(after);
                send_of_length(next_opcode(after), len);
                it_fails(after, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_LENGTH);
            }
}

/* CVE-2020-13593, CVE-2019-19194: before the randoms have shown who it is, there is no key. */
SENTENCE(a_key_is_not_given_before_the_randoms)
{
    for (legacy_step after = LEGACY_FEATURES; after < LEGACY_RANDOMS; after++) {
        bench_round("after %s", legacy_step_name(after));
        meet(PERIPHERAL);
        legacy_to(after);
        controller_asks_for_key(0, 0);
        we_refuse_key();
        it_fails(after, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_LTK_TOO_EARLY);
    }
}

static void end_silently(bench_role role, legacy_step after, bool link_lost)
{
    uint8_t sent = after == LEGACY_ENCRYPTED && role == PERIPHERAL ? legacy_keys_from_us() : 0;

    if (link_lost)
        link_breaks(KITH_HCI_CONNECTION_TIMEOUT);
    else
        time_passes(30000);
    if (after == LEGACY_ENCRYPTED)
        level_is(KITH_LEVEL_NONE);
    if (link_lost)
        we_fail(.why = KITH_WHY_LINK_LOST, .phase = legacy_phase_after(after), .ended_by = KITH_ENDED_BY_LINK,
                .hci_status = KITH_HCI_CONNECTION_TIMEOUT, .keys_sent = sent);
    else
        we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = legacy_phase_after(after), .ended_by = KITH_ENDED_BY_TIMEOUT,
                .keys_sent = sent);
}

SENTENCE(silence_or_a_lost_link_at_any_step_is_one_named_end)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (legacy_step after = LEGACY_TK; after < LEGACY_KEYS; after++)
            for (int link_lost = 0; link_lost <= 1; link_lost++) {
                bench_round("%s, %s after %s", role_name(role), link_lost ? "link lost" : "silence",
                            legacy_step_name(after));
                meet(role);
                go_to(after);
                if (role == CENTRAL && after == LEGACY_CONFIRMS)
                    we_open();
                end_silently(role, after, link_lost);
                if (link_lost)
                    we_emit(KITH_EVENT_DISCONNECTED);
                else
                    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
                check(kith_bonds_count(bench.host) == 0);
                open_window();
                connect_link();
                pair_legacy();
            }
}

/* The peer may give up whenever it likes. */
SENTENCE(every_reason_is_reported_at_every_step)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (size_t i = 0; i < 2; i++)
            for (uint8_t reason = 0x01; reason <= KITH_SMP_BUSY; reason++) {
                legacy_step after = stops[i];

                bench_round("%s, reason %02x after %s", role_name(role), reason, legacy_step_name(after));
                meet(role);
                go_to(after);
                if (role == CENTRAL && after == LEGACY_CONFIRMS)
                    we_open();
                peer_sends_octets(((const uint8_t[]){0x05, reason}), 2);
                we_send_nothing();
                we_fail(.why =
                            reason == KITH_SMP_NUMERIC_COMPARISON_FAILED ? KITH_WHY_PEER_REFUSED : KITH_WHY_PEER_FAILED,
                        .phase = legacy_phase_after(after), .ended_by = KITH_ENDED_BY_PEER, .smp_reason = reason);
            }
}

SENTENCE(encryption_that_the_controller_refuses_is_told)
{
    meet(CENTRAL);
    go_to(LEGACY_RANDOMS);
    encryption_changes(KITH_HCI_UNSUPPORTED);
    we_fail(.why = KITH_WHY_CONTROLLER_REFUSED, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_CONTROLLER,
            .hci_status = KITH_HCI_UNSUPPORTED);
    check(kith_bonds_count(bench.host) == 0);
}
