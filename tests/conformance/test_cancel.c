/* A person gives up, or the program calls it off: in every state of every method over Secure Connections.  What is said
 * depends on what was being asked; once the link is being encrypted it is too late. */
#include <string.h>

#include "case.h"
#include "peer_oob.h"
#include "peer_passkey.h"

static const char *role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

static void we_cancel(kith_smp_reason reason, kith_why why, kith_phase phase)
{
    const uint8_t *failed;

    check_ok(kith_pairing_cancel(bench.host, bench.link));
    failed = bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);
    if (failed[1] != reason)
        bench_fail("called off with %02x, wanted %02x", failed[1], reason);
    we_send_nothing();
    we_fail(.why = why, .phase = phase, .ended_by = KITH_ENDED_BY_USER, .smp_reason = reason);
    check_status(kith_pairing_cancel(bench.host, bench.link), KITH_ERR_STATE);
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
}

static void we_call_it_off(kith_phase phase)
{
    we_cancel(KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_CANCELLED, phase);
}

static void it_is_too_late(void)
{
    check_status(kith_pairing_cancel(bench.host, bench.link), KITH_ERR_STATE);
    we_send_nothing();
}

SENTENCE(without_a_pairing_there_is_nothing_to_call_off)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        begin(role);
        peer_begin();
        power_on();
        open_window();
        connect_link();
        check_status(kith_pairing_cancel(bench.host, bench.link), KITH_ERR_STATE);
        check_status(kith_pairing_cancel(bench.host, bench.link + 1), KITH_ERR_NOT_FOUND);
        check_status(kith_pairing_cancel(bench.host, 0), KITH_ERR_NOT_FOUND);
        pair_completely();
        check_status(kith_pairing_cancel(bench.host, bench.link), KITH_ERR_STATE);
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
        check_status(kith_pairing_cancel(bench.host, bench.link), KITH_ERR_NOT_FOUND);
    }
}

/* ---- phase 1 ---- */

SENTENCE(the_question_whether_to_pair_is_called_off)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        begin(role);
        bench.config.security.policy = KITH_PAIRING_ASK;
        peer_begin();
        power_on();
        connect_link();
        if (role == CENTRAL)
            peer_sends("0b 09");
        else
            peer_sends_request();
        we_emit(KITH_EVENT_CONSENT_WANTED);
        we_call_it_off(KITH_PHASE_FEATURES);
        check_status(kith_pairing_consent(bench.host, bench.link, true), KITH_ERR_STATE);
        open_window();
        pair_completely();
    }
}

SENTENCE(the_question_for_data_is_called_off)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        begin_oob(role, true, true);
        meet_for_oob();
        we_make_data();
        if (role == CENTRAL)
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        else
            peer_sends_features();
        we_ask_for_data();
        we_call_it_off(KITH_PHASE_FEATURES);
        check_status(kith_pairing_oob(bench.host, bench.link, &oob.theirs), KITH_ERR_STATE);
        check(kith_oob_is_ready(bench.host));
        pair_by_oob();
    }
}

SENTENCE(a_request_that_is_not_answered_yet_is_called_off)
{
    begin(CENTRAL);
    peer_begin();
    power_on();
    connect_link();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    we_call_it_off(KITH_PHASE_FEATURES);
    peer_sends_response(); /* it comes too late */
    we_send("05 07");
    pair_completely();
}

/* There is no PDU that takes it back; a central that follows it finds pairing closed. */
SENTENCE(a_security_request_is_called_off_without_a_word)
{
    begin(PERIPHERAL);
    peer_begin();
    power_on();
    connect_link();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    check_ok(kith_pairing_cancel(bench.host, bench.link));
    we_send_nothing();
    we_fail(.why = KITH_WHY_CANCELLED, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_USER);
    peer_sends_request();
    we_send("05 05");
    we_fail(.why = KITH_WHY_PAIRING_CLOSED, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_PAIRING_NOT_SUPPORTED);
    open_window();
    pair_completely();
}

/* ---- Just Works and Numeric Comparison ---- */

static void begin_comparison(bench_role role, bool numbers)
{
    begin(role);
    bench.config.security.io = numbers ? KITH_IO_DISPLAY_YES_NO : KITH_IO_NO_INPUT_NO_OUTPUT;
    bench.config.security.ask_mitm = numbers;
    peer_begin();
    peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
    power_on();
    open_window();
    connect_link();
}

SENTENCE(just_works_and_comparisons_are_called_off_at_every_step)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int numbers = 0; numbers <= 1; numbers++)
            for (step after = STEP_FEATURES; after <= STEP_ENCRYPTED; after++) {
                if (!is_step_of(role, after))
                    continue;
                bench_round("%s, numbers %d, after %s", role_name(role), numbers, step_name(after));
                begin_comparison(role, numbers);
                pair_to(after);
                if (after <= last_step_in_plain(role) && phase_after(after) < KITH_PHASE_ENCRYPTION) {
                    we_call_it_off(phase_after(after));
                    pair_completely();
                    continue;
                }
                it_is_too_late();
                pair_from(after, STEP_KEYS);
                we_pair(16);
                we_emit(KITH_EVENT_BONDED);
            }
}

SENTENCE(numbers_that_are_being_compared_are_called_off_as_such)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int held = 0; held <= 1 - (int)role; held++) {
            bench_round("%s%s", role_name(role), held ? ", the check is there" : "");
            begin_comparison(role, true);
            pair_to(role == CENTRAL ? STEP_CONFIRM : STEP_PUBLIC_KEYS);
            peer_sends_random();
            if (role == PERIPHERAL)
                we_send_random();
            we_show_the_number();
            if (held)
                peer_sends_check(RIGHT);
            we_cancel(KITH_SMP_NUMERIC_COMPARISON_FAILED, KITH_WHY_CANCELLED, KITH_PHASE_AUTHENTICATION);
            check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_EQUAL), KITH_ERR_STATE);
            pair_completely();
        }
}

/* Work that is still being done is for nobody any more. */
SENTENCE(arithmetic_under_way_is_called_off)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int shared = 0; shared <= 1; shared++) {
            bench_round("%s, %s", role_name(role), shared ? "the shared secret" : "the peer's key");
            begin_comparison(role, false);
            pair_to(STEP_FEATURES);
            bench.hold_work = true;
            peer_sends_public_key();
            if (shared) {
                do_one_work();
                if (role == PERIPHERAL)
                    we_send_public_key();
                if (role == PERIPHERAL)
                    we_send_confirm();
            }
            we_call_it_off(shared ? KITH_PHASE_AUTHENTICATION : KITH_PHASE_PUBLIC_KEYS);
            bench.hold_work = false;
            do_work();
            we_send_nothing();
            pair_completely();
        }
}

/* ---- Passkey Entry ---- */

SENTENCE(a_passkey_that_is_being_typed_is_called_off_as_such)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (kith_passkey_form form = KITH_PASSKEY_INITIATOR_SHOWS; form <= KITH_PASSKEY_BOTH_TYPE; form++)
            for (int held = 0; held <= 1 - (int)role; held++) {
                if (form == passkey_form_where(role, true))
                    continue;
                bench_round("%s, %s%s", role_name(role), kith_passkey_form_name(form), held ? ", held" : "");
                begin_passkey(role, form);
                meet_for_passkey();
                passkey_to(PASSKEY_PUBLIC_KEYS);
                we_ask_for_the_passkey();
                if (held)
                    peer_commits(RIGHT);
                we_cancel(KITH_SMP_PASSKEY_ENTRY_FAILED, KITH_WHY_PASSKEY_CANCELLED, KITH_PHASE_AUTHENTICATION);
                check_status(kith_pairing_passkey(bench.host, bench.link, passkey.number), KITH_ERR_STATE);
                pair_by_passkey();
            }
}

static void call_off_passkey(bench_role role, kith_passkey_form form, passkey_step after)
{
    bench_round("%s, %s, after %s", role_name(role), kith_passkey_form_name(form), passkey_step_name(after));
    begin_passkey(role, form);
    meet_for_passkey();
    passkey_to(after);
    if (role == CENTRAL && after == PASSKEY_TYPED)
        we_commit();
    if (role == CENTRAL && after == PASSKEY_ROUNDS)
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_DHKEY_CHECK);
    if (after < PASSKEY_CHECKS) {
        we_call_it_off(passkey_phase_after(after));
        pair_by_passkey();
        return;
    }
    it_is_too_late();
    passkey_from(after, PASSKEY_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(passkey_entry_is_called_off_at_every_step)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (kith_passkey_form form = KITH_PASSKEY_INITIATOR_SHOWS; form <= KITH_PASSKEY_BOTH_TYPE; form++)
            for (passkey_step after = PASSKEY_FEATURES; after <= PASSKEY_ENCRYPTED; after++)
                if (after != PASSKEY_PUBLIC_KEYS) /* that is the passkey's own question, or its being shown */
                    call_off_passkey(role, form, after);
}

SENTENCE(a_passkey_that_is_shown_is_called_off)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned round = 0; round < ROUNDS; round += ROUNDS - 1) {
            bench_round("%s, round %u", role_name(role), round);
            begin_passkey(role, passkey_form_where(role, true));
            meet_for_passkey();
            passkey_to(PASSKEY_PUBLIC_KEYS);
            we_show_the_passkey();
            rounds_pass(round);
            if (role == CENTRAL)
                we_commit();
            we_call_it_off(KITH_PHASE_AUTHENTICATION);
            pair_by_passkey();
        }
}

/* ---- Out of Band ---- */

static void call_off_oob(bench_role role, oob_step after)
{
    bench_round("%s, after %s", role_name(role), oob_step_name(after));
    begin_oob(role, true, true);
    meet_for_oob();
    oob_to(after);
    if (role == CENTRAL && after == OOB_PUBLIC_KEYS)
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM);
    if (role == CENTRAL && after == OOB_RANDOMS)
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_DHKEY_CHECK);
    if (after < OOB_CHECKS) {
        we_call_it_off(oob_phase_after(after));
        pair_by_oob();
        return;
    }
    it_is_too_late();
    oob_from(after, OOB_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(out_of_band_is_called_off_at_every_step)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (oob_step after = OOB_FEATURES; after <= OOB_ENCRYPTED; after++)
            call_off_oob(role, after);
}

/* ---- the end of phase 3, and the window ---- */

/* Another address, and in the end the identity of a bond: a person is asked whether it may take its place. */
SENTENCE(the_question_whether_a_bond_is_replaced_is_called_off)
{
    begin(PERIPHERAL);
    bench.config.security.policy = KITH_PAIRING_ASK;
    peer_begin();
    power_on();
    open_window();
    connect_link();
    pair_completely();
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    bench.peer_address.octets[0] ^= 1;
    connect_link();
    peer_sends_request();
    we_emit(KITH_EVENT_CONSENT_WANTED);
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
    pair_from(STEP_FEATURES, STEP_KEYS);
    check(we_emit(KITH_EVENT_CONSENT_WANTED)->consent.identity_given);
    check_ok(kith_pairing_cancel(bench.host, bench.link));
    we_send("05 0f");
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = KITH_WHY_CANCELLED, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_USER,
            .smp_reason = KITH_SMP_KEY_REJECTED, .keys_sent = KITH_KEY_ID, .keys_taken = KITH_KEY_ID);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    check(kith_bonds_count(bench.host) == 1);
}

SENTENCE(what_we_call_off_is_no_failure_of_the_peer)
{
    begin_passkey(PERIPHERAL, KITH_PASSKEY_INITIATOR_SHOWS);
    meet_for_passkey();
    for (int i = 0; i < 5; i++) {
        passkey_to(PASSKEY_PUBLIC_KEYS);
        we_ask_for_the_passkey();
        we_cancel(KITH_SMP_PASSKEY_ENTRY_FAILED, KITH_WHY_PASSKEY_CANCELLED, KITH_PHASE_AUTHENTICATION);
        check(kith_pairing_is_open(bench.host));
    }
    pair_by_passkey();
}
