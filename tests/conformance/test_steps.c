/* What comes out of turn: at every step, every opcode, every length, and the controller's request for a key too early.
 * Core Vol 3 Part H 3.3, 3.5.5; beyond the ids. */
#include <string.h>

#include "case.h"
#include "peer.h"

static void meet(bench_role role)
{
    begin(role);
    peer_begin();
    power_on();
    open_window();
    connect_link();
}

static const char *role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

/* The opcode that has its place after this step; 0: none. */
static uint8_t next_opcode(bench_role role, step after)
{
    static const uint8_t as_peripheral[STEP_COUNT] = {[STEP_NOTHING] = 0x01,
                                                      [STEP_FEATURES] = 0x0c,
                                                      [STEP_PUBLIC_KEYS] = 0x04,
                                                      [STEP_RANDOMS] = 0x0d,
                                                      [STEP_ENCRYPTED] = 0x08};
    static const uint8_t as_central[STEP_COUNT] = {[STEP_FEATURES] = 0x0c,
                                                   [STEP_PUBLIC_KEYS] = 0x03,
                                                   [STEP_CONFIRM] = 0x04,
                                                   [STEP_RANDOMS] = 0x0d,
                                                   [STEP_ENCRYPTED] = 0x08};

    return (role == CENTRAL ? as_central : as_peripheral)[after];
}

/* Features that come out of turn are not those of the pairing. */
static void send_of_length(uint8_t opcode, size_t len)
{
    uint8_t pdu[KITH_SMP_MAX_PDU + 8] = {opcode};
    bench_state before = bench;

    peer_sends_octets(pdu, len);
    memcpy(bench.request, before.request, sizeof bench.request);
    memcpy(bench.response, before.response, sizeof bench.response);
}

/* One failure with this reason, whatever the step; and the link serves a clean pairing afterwards. */
static void it_fails(step after, kith_smp_reason reason, kith_why why)
{
    const uint8_t *failed = bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);
    bool in_use = after >= STEP_ENCRYPTED;

    if (failed[1] != reason)
        bench_fail("failed with %02x, wanted %02x", failed[1], reason);
    if (in_use)
        level_is(KITH_LEVEL_NONE);
    we_fail(.why = why, .phase = phase_after(after), .ended_by = KITH_ENDED_BY_US, .smp_reason = reason,
            .keys_sent = in_use && bench.role == PERIPHERAL ? KITH_KEY_ID : 0);
    check(kith_bonds_count(bench.host) == 0);
    if (in_use) {
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
        connect_link();
    }
    pair_completely();
}

/* ---- every opcode ---- */

static bool is_key(uint8_t opcode)
{
    return opcode >= KITH_SMP_ENCRYPTION_INFORMATION && opcode <= KITH_SMP_SIGNING_INFORMATION;
}

static void send_opcode(bench_role role, step after, uint8_t opcode)
{
    size_t len = kith_smp_pdu_len(opcode);
    bool ignored = len == 0 || (role == CENTRAL && opcode == KITH_SMP_SECURITY_REQUEST);

    bench_round("%s, opcode %02x after %s", role_name(role), opcode, step_name(after));
    meet(role);
    pair_to(after);
    send_of_length(opcode, len == 0 ? 2 : len);
    if (!ignored) {
        it_fails(after, KITH_SMP_UNSPECIFIED_REASON,
                 is_key(opcode) && after < STEP_ENCRYPTED ? KITH_WHY_KEYS_TOO_EARLY : KITH_WHY_OUT_OF_ORDER);
        return;
    }
    we_send_nothing();
    we_emit_nothing();
    pair_from(after, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(A22_every_opcode_out_of_turn_at_every_step_is_one_named_end)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (step after = STEP_FEATURES; after <= STEP_ENCRYPTED; after++) {
            if (!is_step_of(role, after) || (role == CENTRAL && after == STEP_CHECKS))
                continue; /* there it waits for the outcome of encryption: test_reorder.c */
            for (unsigned opcode = 0; opcode <= 0xff; opcode++)
                if (opcode != next_opcode(role, after) && opcode != KITH_SMP_PAIRING_FAILED)
                    send_opcode(role, after, (uint8_t)opcode);
        }
}

SENTENCE(A21_a_second_pairing_request_at_every_step_ends_the_first)
{
    for (step after = STEP_FEATURES; after <= STEP_ENCRYPTED; after++) {
        if (!is_step_of(PERIPHERAL, after))
            continue;
        bench_round("after %s", step_name(after));
        meet(PERIPHERAL);
        pair_to(after);
        peer_sends("01 03 00 09 10 02 02");
        it_fails(after, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER);
    }
}

/* While a person is asked the peer has to wait. */
SENTENCE(a_second_pairing_request_while_a_person_is_asked_is_refused)
{
    begin(PERIPHERAL);
    bench.config.security.policy = KITH_PAIRING_ASK;
    peer_begin();
    power_on();
    connect_link();
    peer_sends_request();
    we_emit(KITH_EVENT_CONSENT_WANTED);
    peer_sends_request();
    we_send("05 08");
    we_fail(.why = KITH_WHY_OUT_OF_ORDER, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    check_status(kith_pairing_consent(bench.host, bench.link, true), KITH_ERR_STATE);
}

/* Late PDUs of a pairing that is over, and PDUs of none: answered, told to nobody, harmless. */
SENTENCE(pdus_without_a_pairing_are_not_supported)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned opcode = 0; opcode <= 0xff; opcode++) {
            size_t len = kith_smp_pdu_len((uint8_t)opcode);
            bool begins = opcode == (role == PERIPHERAL ? KITH_SMP_PAIRING_REQUEST : KITH_SMP_SECURITY_REQUEST);

            if (begins)
                continue;
            bench_round("%s, opcode %02x", role_name(role), opcode);
            meet(role);
            send_of_length((uint8_t)opcode, len == 0 ? 2 : len);
            if (len != 0 && opcode != KITH_SMP_PAIRING_FAILED)
                we_send("05 07");
            we_send_nothing();
            we_emit_nothing();
            pair_completely();
        }
}

/* ---- every length ---- */

SENTENCE(A29_every_wrong_length_at_every_step_is_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (step after = STEP_FEATURES; after <= STEP_ENCRYPTED; after++) {
            uint8_t opcode = next_opcode(role, after);

            for (size_t len = 1; opcode != 0 && len <= KITH_SMP_MAX_PDU; len++) {
                if (len == kith_smp_pdu_len(opcode))
                    continue;
                bench_round("%s, opcode %02x of %zu octets", role_name(role), opcode, len);
                meet(role);
                pair_to(after);
                send_of_length(opcode, len);
                it_fails(after, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_LENGTH);
            }
        }
}

SENTENCE(a_pairing_failed_of_the_wrong_length_still_ends_the_pairing)
{
    static const size_t lens[] = {1, 3};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (size_t i = 0; i < 2; i++) {
            bench_round("%s, %zu octets", role_name(role), lens[i]);
            meet(role);
            pair_to(STEP_FEATURES);
            send_of_length(KITH_SMP_PAIRING_FAILED, lens[i]);
            it_fails(STEP_FEATURES, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_LENGTH);
        }
}

SENTENCE(a_pdu_longer_than_any_is_ignored_or_refused_but_never_believed)
{
    uint8_t pdu[100] = {KITH_SMP_PAIRING_PUBLIC_KEY};

    meet(PERIPHERAL);
    pair_to(STEP_FEATURES);
    peer_sends_octets(pdu, sizeof pdu);
    if (kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED) == KITH_ERR_BUSY) {
        pair_from(STEP_FEATURES, STEP_KEYS); /* ignored: it goes on */
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    } else
        bench_fail("the pairing ended without a word");
}

/* ---- the key before the checks (CVE-2020-13593) ---- */

SENTENCE(A16_ltk_request_before_the_checks_is_refused)
{
    for (step after = STEP_FEATURES; after < STEP_CHECKS; after++) {
        if (!is_step_of(PERIPHERAL, after))
            continue;
        bench_round("after %s", step_name(after));
        meet(PERIPHERAL);
        pair_to(after);
        controller_asks_for_key(0, 0);
        we_refuse_key();
        it_fails(after, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_LTK_TOO_EARLY);
    }
}

/* The peer's check is here, but whether it is right is not known yet. */
SENTENCE(A16_ltk_request_while_the_check_is_computed_is_refused)
{
    meet(PERIPHERAL);
    pair_to(STEP_FEATURES);
    bench.hold_work = true;
    peer_sends_public_key();
    do_one_work(); /* the key is sound; the shared secret is still to come */
    we_send_public_key();
    we_send_confirm();
    peer_sends_random();
    we_send_random();
    peer_sends_check(RIGHT);
    we_send_nothing();
    controller_asks_for_key(0, 0);
    we_refuse_key();
    bench.hold_work = false;
    it_fails(STEP_RANDOMS, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_LTK_TOO_EARLY);
}

SENTENCE(ltk_request_while_a_person_is_asked_is_refused)
{
    begin(PERIPHERAL);
    bench.config.security.policy = KITH_PAIRING_ASK;
    peer_begin();
    power_on();
    connect_link();
    peer_sends_request();
    we_emit(KITH_EVENT_CONSENT_WANTED);
    controller_asks_for_key(0, 0);
    we_refuse_key();
    we_send("05 08");
    we_fail(.why = KITH_WHY_LTK_TOO_EARLY, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
}

/* A Secure Connections key is asked for with zeros; anything else means another key. */
SENTENCE(B13_ltk_request_for_another_key_is_refused)
{
    meet(PERIPHERAL);
    pair_to(STEP_CHECKS);
    controller_asks_for_key(0x1234, 0);
    we_refuse_key();
    it_fails(STEP_CHECKS, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_WE_HAVE_NO_KEY);
}

/* Encryption that nobody here gave a key for proves nothing. */
SENTENCE(A17_encryption_with_a_key_that_is_not_ours_gives_no_level)
{
    for (step after = STEP_FEATURES; after <= STEP_CHECKS; after++) {
        if (!is_step_of(PERIPHERAL, after))
            continue;
        bench_round("after %s", step_name(after));
        meet(PERIPHERAL);
        pair_to(after);
        encryption_changes(0);
        we_fail(.why = KITH_WHY_ENCRYPTION_LOST, .phase = phase_after(after), .ended_by = KITH_ENDED_BY_CONTROLLER);
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    }
}
