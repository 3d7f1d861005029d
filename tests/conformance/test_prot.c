/* SM/.../PROT: the 30 s of the Security Manager Timer.  Core Vol 3 Part H 3.4. */
#include "case.h"
#include "peer_legacy.h"

static void meet(bench_role role)
{
    begin(role);
    peer_begin();
    power_on();
    open_window();
    connect_link();
}

static void meet_for_legacy(bench_role role)
{
    begin_legacy(role);
    meet_legacy();
}

/* Late words are ignored, security is closed on this connection, and the next one is as good as new. */
static void no_more_security_until(const char *late_pdu, void (*pair_again)(void))
{
    time_passes(10000);
    peer_sends(late_pdu);
    peer_sends("01 03 00 09 10 02 02");
    peer_sends("0b 09");
    we_send_nothing();
    we_emit_nothing();
    check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_ERR_STATE);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    check(kith_bonds_count(bench.host) == 0);
    open_window();
    connect_link();
    pair_again();
}

static void no_more_security_until_reconnected(const char *late_pdu)
{
    no_more_security_until(late_pdu, peer_pair_completely);
}

static void we_time_out_in(kith_phase phase)
{
    time_passes(29999);
    we_emit_nothing();
    time_passes(1);
    we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = phase, .ended_by = KITH_ENDED_BY_TIMEOUT);
    we_send_nothing();
}

CONFORMANCE("SM/CEN/PROT/BV-01-C", "Our Pairing Request is not answered")
{
    meet(CENTRAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("01 03 00 09 10 02 02");
    we_time_out_in(KITH_PHASE_FEATURES);
    no_more_security_until_reconnected("02 03 00 09 10 02 02");

    bench_round("a peer without Secure Connections");
    meet_for_legacy(CENTRAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("01 03 00 09 10 03 03");
    we_time_out_in(KITH_PHASE_FEATURES);
    no_more_security_until("02 03 00 01 10 03 03", legacy_pair_completely);
}

CONFORMANCE("SM/PER/PROT/BV-02-C", "Phase 2 never starts after our Pairing Response")
{
    static const char confirm[] = "03 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff";

    meet(PERIPHERAL);
    pair_to(STEP_FEATURES);
    we_time_out_in(KITH_PHASE_PUBLIC_KEYS);
    no_more_security_until_reconnected(confirm);

    bench_round("a peer without Secure Connections");
    meet_for_legacy(PERIPHERAL);
    legacy_to(LEGACY_FEATURES);
    we_time_out_in(KITH_PHASE_AUTHENTICATION);
    no_more_security_until(confirm, legacy_pair_completely);
}

static bool is_key_in_use_after(bench_role role, step after)
{
    return after == STEP_ENCRYPTED || (role == CENTRAL && after == STEP_CHECKS);
}

static void go_silent(bench_role role, step after)
{
    bool gave_keys = role == PERIPHERAL && after == STEP_ENCRYPTED;

    bench_round("%s, the peer goes silent after %s", role == CENTRAL ? "central" : "peripheral", step_name(after));
    meet(role);
    pair_to(after);
    if (is_key_in_use_after(role, after) && after == STEP_CHECKS)
        we_start_encryption(peer.ltk);
    time_passes(30000);
    if (after == STEP_ENCRYPTED)
        level_is(KITH_LEVEL_NONE);
    we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = phase_after(after), .ended_by = KITH_ENDED_BY_TIMEOUT,
            .keys_sent = gave_keys ? KITH_KEY_ID : 0);
    we_send_nothing();
    no_more_security_until_reconnected("05 08");
}

SENTENCE(A30_a_peer_that_goes_silent_at_any_step_is_one_named_end)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (step after = STEP_FEATURES; after < STEP_KEYS; after++)
            if (is_step_of(role, after))
                go_silent(role, after);
}

/* 3.4: the timer starts anew with each PDU that we queue, so a slow peer is not cut off. */
SENTENCE(the_timer_starts_anew_with_each_pdu_of_ours)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role == CENTRAL ? "central" : "peripheral");
        meet(role);
        for (step now = STEP_FEATURES; now <= STEP_KEYS; now++) {
            pair_from((step)(now - 1), now);
            if (now < STEP_KEYS)
                time_passes(9000); /* 54 s in all, and never 30 s after a PDU of ours */
        }
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* What the peer repeats or babbles does not keep a pairing alive: only what we send does. */
SENTENCE(ignored_security_requests_do_not_stretch_the_timer)
{
    meet(CENTRAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("01 03 00 09 10 02 02");
    for (int i = 0; i < 29; i++) {
        time_passes(1000);
        peer_sends("0b 09");
        peer_sends("0f 00"); /* a reserved opcode */
    }
    time_passes(1000);
    we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_TIMEOUT);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
}

/* The keys of ours that the peer's link layer never acknowledged: no bond on our side alone. */
SENTENCE(keys_that_are_not_acknowledged_end_in_a_timeout)
{
    meet(PERIPHERAL);
    pair_to(STEP_CHECKS);
    bench.hold_completed = true;
    pair_from(STEP_CHECKS, STEP_KEYS);
    we_emit_nothing();
    check(kith_bonds_count(bench.host) == 0);
    time_passes(30000);
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_TIMEOUT,
            .keys_sent = KITH_KEY_ID, .keys_taken = KITH_KEY_ID);
    check(kith_bonds_count(bench.host) == 0);
    completed_packets();
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
}

SENTENCE(a_security_request_that_nobody_answers_is_told)
{
    meet(PERIPHERAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    time_passes(29999);
    we_emit_nothing();
    time_passes(1);
    we_fail(.why = KITH_WHY_REQUEST_IGNORED, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_TIMEOUT);
    pair_completely(); /* nothing is closed by it: the central may still come */
}

SENTENCE(nobody_answers_the_question_whether_to_pair)
{
    begin(PERIPHERAL);
    bench.config.security.policy = KITH_PAIRING_ASK;
    peer_begin();
    power_on();
    connect_link();
    peer_sends_request();
    check(we_emit(KITH_EVENT_CONSENT_WANTED)->consent.deadline_us == bench.now_us + 25000000);
    time_passes(24999);
    we_send_nothing();
    time_passes(1);
    we_send("05 08");
    we_fail(.why = KITH_WHY_CONSENT_TIMEOUT, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_TIMEOUT,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    check_status(kith_pairing_consent(bench.host, bench.link, true), KITH_ERR_STATE);
}

/* What a program's call leads to is asked when the time is known: until when it may be answered is true. */
SENTENCE(the_deadline_of_a_question_that_a_call_led_to_is_known)
{
    begin(CENTRAL);
    bench.config.security.ask_oob = true;
    peer_begin();
    power_on();
    connect_link();
    time_passes(60000);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    check(we_emit(KITH_EVENT_OOB_WANTED)->oob_wanted.deadline_us == bench.now_us + 25000000);
    time_passes(24999);
    we_send_nothing();
    time_passes(1); /* no answer is an answer: there is none */
    we_send("01 03 00 09 10 02 02");
    time_passes(30000);
    we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_TIMEOUT);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
}
