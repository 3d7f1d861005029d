/* SM/.../PIS: the Security Request, and what each side makes of it.  Core Vol 3 Part H 2.4.6. */
#include <string.h>

#include "case.h"
#include "peer.h"

static void meet(bench_role role)
{
    begin(role);
    peer_begin();
    power_on();
    connect_link();
}

/* Legacy keys are offered where they could be given: nobody knows yet what the responder has. */
static void we_send_a_request(void)
{
    we_send(bench_has_every_method ? "01 03 00 09 10 03 03" : "01 03 00 09 10 02 02");
}

static void bond_and_meet_again(bench_role role)
{
    meet(role);
    open_window();
    pair_completely();
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    connect_link();
}

/* The verdict of an encryption with the bond. */
static void we_encrypt_with_the_bond(void)
{
    const kith_event *event;

    level_is(KITH_LEVEL_ENCRYPTED);
    event = we_emit(KITH_EVENT_ENCRYPTED);
    check(event->peer != 0);
    check(event->verdict.attempt == KITH_ATTEMPT_ENCRYPTION && event->verdict.succeeded);
    check(event->verdict.why == KITH_WHY_ENCRYPTED && event->verdict.phase == KITH_PHASE_DONE);
    check(event->verdict.ended_by == KITH_ENDED_WELL && event->verdict.bonded);
    check(event->verdict.level == KITH_LEVEL_ENCRYPTED && event->verdict.key_size == 16);
    check(event->verdict.key_kind == KITH_KEY_KIND_SC && event->verdict.method == KITH_METHOD_JUST_WORKS);
    check(event->verdict.we_are_initiator == (bench.role == CENTRAL));
}

CONFORMANCE_IN(EVERY, "SM/PER/PIS/BV-01-C", "We ask with a Security Request, the central pairs")
{
    meet(PERIPHERAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    pair_completely(); /* our own call admits this link: the window is closed */

    bench_round("with the MITM bit, and both can compare");
    begin(PERIPHERAL);
    bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
    peer_begin();
    peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
    power_on();
    connect_link();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_AUTHENTICATED));
    we_send("0b 0d");
    pair_completely();
    check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);

    bench_round("with the MITM bit, where it can't be reached");
    meet(PERIPHERAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_AUTHENTICATED));
    we_send("0b 0d");
    peer_sends_request();
    we_send("05 03");
    we_fail(.why = KITH_WHY_LEVEL_UNREACHABLE, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS);
}

CONFORMANCE_IN(EVERY, "SM/CEN/PIS/BV-02-C", "A Security Request of an unbonded peer: we pair, ask, or refuse by name")
{
    bench_round("pairing is closed");
    meet(CENTRAL);
    peer_sends("0b 09");
    we_send("05 05");
    we_fail(.why = KITH_WHY_PAIRING_CLOSED, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_PAIRING_NOT_SUPPORTED);

    bench_round("the window is open");
    meet(CENTRAL);
    open_window();
    peer_sends("0b 09");
    we_send_a_request();
    peer_sends_response();
    we_send_public_key();
    pair_from(STEP_FEATURES, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(a_person_is_asked_about_a_security_request)
{
    for (int yes = 0; yes <= 1; yes++) {
        bench_round(yes ? "yes" : "no");
        begin(CENTRAL);
        bench.config.security.policy = KITH_PAIRING_ASK;
        peer_begin();
        power_on();
        connect_link();
        peer_sends("0b 09");
        we_send_nothing();
        check(!we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again);
        check_ok(kith_pairing_consent(bench.host, bench.link, yes));
        if (yes) {
            we_send_a_request();
            time_passes(30000);
            we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_TIMEOUT);
            we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
            continue;
        }
        we_send("05 08");
        we_fail(.why = KITH_WHY_CONSENT_REFUSED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_USER,
                .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    }
}

CONFORMANCE_IN(EVERY, "SM/PER/PIS/BV-02-C", "Bonded: our Security Request leads to encryption with the LTK")
{
    bond_and_meet_again(PERIPHERAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    controller_asks_for_key(0, 0);
    we_give_key(peer.ltk);
    we_emit_nothing(); /* a claim is no proof yet */
    encryption_changes(0);
    we_encrypt_with_the_bond();
    check(kith_bonds_count(bench.host) == 1);
}

CONFORMANCE_IN(EVERY, "SM/CEN/PIS/BV-03-C", "No LTK: we pair; further Security Requests meanwhile are ignored")
{
    for (step after = STEP_NOTHING; after <= last_step_in_plain(CENTRAL); after++) {
        bench_round("second Security Request after %s", step_name(after));
        meet(CENTRAL);
        open_window();
        peer_sends("0b 09");
        we_send_a_request();
        if (after == STEP_NOTHING)
            peer_sends("0b 09");
        we_send_nothing();
        peer_sends_response();
        we_send_public_key();
        if (after >= STEP_FEATURES)
            pair_from(STEP_FEATURES, after);
        peer_sends("0b 0d");
        we_send_nothing();
        pair_from(after < STEP_FEATURES ? STEP_FEATURES : after, STEP_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* ---- beyond the ids ---- */

SENTENCE(a_bonded_peer_that_asks_is_answered_with_encryption)
{
    bond_and_meet_again(CENTRAL);
    peer_sends("0b 09");
    we_send_nothing();
    we_start_encryption(peer.ltk);
    encryption_changes(0);
    we_encrypt_with_the_bond();
}

/* An impostor that asks for more than the bond holds does not get it replaced. */
SENTENCE(the_stored_key_is_proven_before_more_is_thought_of)
{
    bond_and_meet_again(CENTRAL);
    peer_sends("0b 0d");
    we_send_nothing();
    we_start_encryption(peer.ltk);
    encryption_changes(KITH_HCI_KEY_MISSING);
    we_fail_encryption(.why = KITH_WHY_PEER_SAYS_NO_KEY, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_PEER,
                       .hci_status = KITH_HCI_KEY_MISSING);
    check(kith_bonds_count(bench.host) == 1);
}

SENTENCE(a_call_encrypts_with_the_bond)
{
    bond_and_meet_again(CENTRAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_ERR_BUSY);
    we_start_encryption(peer.ltk);
    encryption_changes(0);
    we_encrypt_with_the_bond();
}

SENTENCE(a_security_request_on_a_secure_link_is_ignored)
{
    bond_and_meet_again(CENTRAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_start_encryption(peer.ltk);
    encryption_changes(0);
    we_encrypt_with_the_bond();
    peer_sends("0b 09");
    we_send_nothing();
    we_emit_nothing();
}

SENTENCE(the_central_may_refuse_our_security_request)
{
    meet(PERIPHERAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    peer_sends("05 05");
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_PAIRING_NOT_SUPPORTED);
}

SENTENCE(a_security_request_to_a_peripheral_is_not_supported)
{
    meet(PERIPHERAL);
    open_window();
    peer_sends("0b 09");
    we_send("05 07");
    we_emit_nothing();
    pair_completely();
}

SENTENCE(a_pairing_request_to_a_central_is_not_supported)
{
    meet(CENTRAL);
    open_window();
    peer_sends("01 03 00 09 10 02 02");
    we_send("05 07");
    we_emit_nothing();
    pair_completely();
}

/* A legacy key, or a key of somebody else: EDIV and Rand of a Secure Connections key are zero. */
SENTENCE(an_ltk_request_that_no_bond_answers_is_refused_and_told)
{
    static const struct {
        uint16_t ediv;
        uint64_t rand;
    } wrong[] = {{1, 0}, {0, 1}, {0xffff, UINT64_MAX}};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bench_round("bonded, EDIV %04x", wrong[i].ediv);
        bond_and_meet_again(PERIPHERAL);
        controller_asks_for_key(wrong[i].ediv, wrong[i].rand);
        we_refuse_key();
        we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION,
                           .ended_by = KITH_ENDED_BY_US);
    }
    bench_round("a stranger");
    meet(PERIPHERAL);
    controller_asks_for_key(0, 0);
    we_refuse_key();
    we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_US);
}

SENTENCE(a_forgotten_bond_gives_no_key)
{
    kith_bond_info bond;

    bond_and_meet_again(PERIPHERAL);
    check_ok(kith_bonds_next(bench.host, 0, &bond));
    check_ok(kith_bonds_forget(bench.host, bond.peer));
    check(we_emit(KITH_EVENT_FORGOTTEN)->forgotten.peer == bond.peer);
    controller_asks_for_key(0, 0);
    we_refuse_key();
    we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_US);
}
