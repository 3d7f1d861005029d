/* Numeric Comparison beyond the ids: the person's answer, in time or not, and what the peer does meanwhile.
 * Core Vol 3 Part H 2.3.5.6.2; the deadline of a person is ours. */
#include <string.h>

#include "case.h"
#include "peer.h"

enum { ANSWER_MS = 25000 };

static const char *role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

/* We and the peer can compare, and we ask for it. */
static void prepare(bench_role role)
{
    begin(role);
    bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
    bench.config.security.ask_mitm = true;
    peer_begin();
    peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
}

static void meet(void)
{
    power_on();
    open_window();
    connect_link();
}

static step last_before_nonces(bench_role role)
{
    return role == CENTRAL ? STEP_CONFIRM : STEP_PUBLIC_KEYS;
}

static void exchange_nonces(void)
{
    peer_sends_random();
    if (bench.role == PERIPHERAL)
        we_send_random();
}

/* Up to the question, which is told and taken. */
static void come_to_the_question(void)
{
    pair_to(last_before_nonces(bench.role));
    exchange_nonces();
    we_show_the_number();
}

static void meet_at_the_question(bench_role role)
{
    prepare(role);
    meet();
    come_to_the_question();
}

/* The same, while the shared secret is still being computed. */
static void meet_at_the_question_computing(bench_role role)
{
    prepare(role);
    meet();
    pair_to(STEP_FEATURES);
    bench.hold_work = true;
    peer_sends_public_key();
    do_one_work(); /* the peer's key is sound */
    if (role == CENTRAL) {
        peer_sends_confirm(RIGHT);
        we_send_random();
    } else {
        we_send_public_key();
        we_send_confirm();
    }
    exchange_nonces();
    we_show_the_number();
}

static void late_answers_change_nothing(void)
{
    for (kith_comparison answer = KITH_NUMBERS_DIFFER; answer <= KITH_NUMBERS_UNSEEN; answer++)
        check_status(kith_pairing_compare(bench.host, bench.link, answer), KITH_ERR_STATE);
    we_send_nothing();
    we_emit_nothing();
    we_command_nothing();
}

static void the_numbers_were_refused(void)
{
    we_send("05 0c");
    we_fail(.why = KITH_WHY_NUMBER_REFUSED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_USER,
            .smp_reason = KITH_SMP_NUMERIC_COMPARISON_FAILED);
    late_answers_change_nothing();
    check(kith_bonds_count(bench.host) == 0);
}

static void clean_pairing(void)
{
    bench.hold_work = false;
    open_window();
    pair_completely();
    check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
}

/* ---- no ---- */

SENTENCE(our_no_goes_out_at_once)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int computing = 0; computing <= 1; computing++) {
            bench_round("%s%s", role_name(role), computing ? ", while we compute" : "");
            if (computing)
                meet_at_the_question_computing(role);
            else
                meet_at_the_question(role);
            our_person_says(KITH_NUMBERS_DIFFER);
            the_numbers_were_refused();
            clean_pairing();
        }
}

/* Right or wrong, the check that is held does not matter any more, and is not answered. */
SENTENCE(our_no_goes_out_at_once_although_the_peers_check_is_there)
{
    for (int computing = 0; computing <= 1; computing++)
        for (correctness how = RIGHT; how <= WRONG; how++) {
            bench_round("the check is %s%s", how == RIGHT ? "right" : "wrong", computing ? ", while we compute" : "");
            if (computing)
                meet_at_the_question_computing(PERIPHERAL);
            else
                meet_at_the_question(PERIPHERAL);
            peer_sends_check(how);
            we_send_nothing();
            our_person_says(KITH_NUMBERS_DIFFER);
            the_numbers_were_refused();
            clean_pairing();
        }
}

SENTENCE(the_peers_no_is_told_and_ends_the_question)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int computing = 0; computing <= 1; computing++) {
            bench_round("%s%s", role_name(role), computing ? ", while we compute" : "");
            if (computing)
                meet_at_the_question_computing(role);
            else
                meet_at_the_question(role);
            peer_sends("05 0c");
            we_send_nothing();
            we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
                    .smp_reason = KITH_SMP_NUMERIC_COMPARISON_FAILED);
            late_answers_change_nothing();
            clean_pairing();
        }
}

/* Ours was the quicker one. */
SENTENCE(the_peers_no_after_our_yes_is_told)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        meet_at_the_question(role);
        our_person_says(KITH_NUMBERS_EQUAL);
        if (role == CENTRAL)
            we_send_check();
        peer_sends("05 0c");
        we_send_nothing();
        we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_DHKEY_CHECKS, .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = KITH_SMP_NUMERIC_COMPARISON_FAILED);
        late_answers_change_nothing();
        clean_pairing();
    }
}

/* ---- yes, and the peer's check ---- */

SENTENCE(a_check_that_comes_while_our_person_thinks_is_held_and_judged_after)
{
    for (int computing = 0; computing <= 1; computing++)
        for (correctness how = RIGHT; how <= WRONG; how++) {
            bench_round("%s%s", how == RIGHT ? "right" : "wrong", computing ? ", while we compute" : "");
            if (computing)
                meet_at_the_question_computing(PERIPHERAL);
            else
                meet_at_the_question(PERIPHERAL);
            peer_sends_check(how);
            we_send_nothing();
            we_emit_nothing();
            our_person_says(KITH_NUMBERS_EQUAL);
            if (computing)
                we_send_nothing();
            bench.hold_work = false;
            if (how == RIGHT) {
                we_send_check();
                pair_from(STEP_CHECKS, STEP_KEYS);
                we_pair(16);
                we_emit(KITH_EVENT_BONDED);
            } else {
                we_send("05 0b");
                we_fail(.why = KITH_WHY_CHECK_MISMATCH, .phase = KITH_PHASE_DHKEY_CHECKS, .ended_by = KITH_ENDED_BY_US,
                        .smp_reason = KITH_SMP_DHKEY_CHECK_FAILED);
                clean_pairing();
            }
        }
}

SENTENCE(our_yes_before_the_shared_secret_is_there)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        meet_at_the_question_computing(role);
        our_person_says(KITH_NUMBERS_EQUAL);
        we_send_nothing();
        if (role == PERIPHERAL)
            peer_sends_check(RIGHT);
        we_send_nothing();
        bench.hold_work = false;
        we_send_check();
        late_answers_change_nothing();
        pair_from(role == CENTRAL ? STEP_RANDOMS : STEP_CHECKS, STEP_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

static void it_is_out_of_turn(void)
{
    we_send("05 08");
    we_fail(.why = KITH_WHY_OUT_OF_ORDER, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    late_answers_change_nothing();
    clean_pairing();
}

/* A check of numbers that nobody can have seen yet. */
SENTENCE(a_check_before_anything_was_shown_is_refused)
{
    prepare(PERIPHERAL);
    meet();
    pair_to(STEP_PUBLIC_KEYS);
    peer_sends("0d 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff");
    it_is_out_of_turn();
}

SENTENCE(a_second_check_is_not_another_try)
{
    for (correctness first = RIGHT; first <= WRONG; first++) {
        bench_round("the first is %s", first == RIGHT ? "right" : "wrong");
        meet_at_the_question(PERIPHERAL);
        peer_sends_check(first);
        peer_sends_check(RIGHT);
        it_is_out_of_turn();
    }
}

/* The responder's check answers ours, and ours waits for a person. */
SENTENCE(a_responders_check_before_ours_is_refused)
{
    meet_at_the_question(CENTRAL);
    peer_sends_check(RIGHT);
    it_is_out_of_turn();
}

SENTENCE(a_wrong_check_after_our_yes_is_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        meet_at_the_question(role);
        our_person_says(KITH_NUMBERS_EQUAL);
        if (role == CENTRAL)
            we_send_check();
        peer_sends_check(WRONG);
        we_send("05 0b");
        we_fail(.why = KITH_WHY_CHECK_MISMATCH, .phase = KITH_PHASE_DHKEY_CHECKS, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_DHKEY_CHECK_FAILED);
        clean_pairing();
    }
}

/* No commitment, no number. */
SENTENCE(a_nonce_that_was_not_committed_to_is_refused_before_a_number_is_shown)
{
    prepare(CENTRAL);
    meet();
    pair_to(STEP_PUBLIC_KEYS);
    peer_sends_confirm(WRONG);
    we_send_random();
    peer_sends_random();
    we_send("05 04");
    we_fail(.why = KITH_WHY_CONFIRM_MISMATCH, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
    late_answers_change_nothing();
    clean_pairing();
}

SENTENCE(a_key_is_not_given_while_a_person_thinks)
{
    for (int held = 0; held <= 1; held++) {
        bench_round(held ? "the peer's check is there" : "nothing came");
        meet_at_the_question(PERIPHERAL);
        if (held)
            peer_sends_check(RIGHT);
        controller_asks_for_key(0, 0);
        we_refuse_key();
        we_send("05 08");
        we_fail(.why = KITH_WHY_LTK_TOO_EARLY, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
        late_answers_change_nothing();
        clean_pairing();
    }
}

SENTENCE(a_link_that_breaks_takes_the_question_along)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        meet_at_the_question(role);
        link_breaks(KITH_HCI_CONNECTION_TIMEOUT);
        we_fail(.why = KITH_WHY_LINK_LOST, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_LINK,
                .hci_status = KITH_HCI_CONNECTION_TIMEOUT);
        we_emit(KITH_EVENT_DISCONNECTED);
        check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_EQUAL), KITH_ERR_NOT_FOUND);
        connect_link();
        clean_pairing();
    }
}

/* ---- calls ---- */

SENTENCE(an_answer_is_one_of_three_to_a_question_that_is_open)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        meet();
        check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_EQUAL), KITH_ERR_STATE);
        come_to_the_question();
        check_status(kith_pairing_compare(bench.host, bench.link + 1, KITH_NUMBERS_EQUAL), KITH_ERR_NOT_FOUND);
        check_status(kith_pairing_compare(bench.host, 0, KITH_NUMBERS_EQUAL), KITH_ERR_NOT_FOUND);
        check_status(kith_pairing_compare(bench.host, bench.link, (kith_comparison)3), KITH_ERR_VALUE);
        check_status(kith_pairing_consent(bench.host, bench.link, true), KITH_ERR_STATE); /* another question */
        we_send_nothing();
        our_person_says(KITH_NUMBERS_EQUAL);
        check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_DIFFER), KITH_ERR_STATE);
        if (role == CENTRAL)
            we_send_check();
        pair_from(STEP_RANDOMS, STEP_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
        late_answers_change_nothing();
    }
}

/* ---- numbers that nobody looked at ---- */

static void the_bond_says_unseen(bool unseen)
{
    kith_bond_info bond;

    check_ok(kith_bonds_next(bench.host, 0, &bond));
    check(bond.numbers_unseen == unseen);
    check(bond.method == KITH_METHOD_NUMERIC_COMPARISON);
    check(bond.level == (unseen ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_SC_AUTHENTICATED));
}

static void encrypt_with_the_bond(bool unseen)
{
    const kith_verdict *v;

    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    connect_link();
    if (bench.role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_start_encryption(peer.ltk);
    } else {
        controller_asks_for_key(0, 0);
        we_give_key(peer.ltk);
    }
    encryption_changes(0);
    level_is(unseen ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_SC_AUTHENTICATED);
    v = &we_emit(KITH_EVENT_ENCRYPTED)->verdict;
    check(v->numbers_unseen == unseen && v->method == KITH_METHOD_NUMERIC_COMPARISON);
}

SENTENCE(numbers_that_nobody_saw_make_an_unauthenticated_key_and_say_so)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int unseen = 0; unseen <= 1; unseen++) {
            const kith_verdict *v;

            bench_round("%s, %s", role_name(role), unseen ? "unseen" : "equal");
            meet_at_the_question(role);
            our_person_says(unseen ? KITH_NUMBERS_UNSEEN : KITH_NUMBERS_EQUAL);
            if (role == CENTRAL)
                we_send_check();
            pair_from(STEP_RANDOMS, STEP_KEYS); /* and the level of the link is looked at there */
            we_pair(16);
            v = &we_emit(KITH_EVENT_BONDED)->verdict;
            check(v->numbers_unseen == (unseen != 0) && v->level == bench_level());
            the_bond_says_unseen(unseen);
            encrypt_with_the_bond(unseen);
        }
}

static void unseen_is_not_enough(void)
{
    check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_UNSEEN), KITH_ERR_VALUE);
    we_send_nothing();
    we_emit_nothing();
    our_person_says(KITH_NUMBERS_EQUAL); /* the question is still open */
    if (bench.role == CENTRAL)
        we_send_check();
    pair_from(STEP_RANDOMS, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    the_bond_says_unseen(false);
}

SENTENCE(unseen_is_no_answer_where_an_authenticated_key_is_required)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (kith_level level = KITH_LEVEL_AUTHENTICATED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
            bench_round("%s, level %u by configuration", role_name(role), (unsigned)level);
            prepare(role);
            bench.config.security.required_level = level;
            meet();
            come_to_the_question();
            unseen_is_not_enough();
        }
    bench_round("by the call");
    prepare(CENTRAL);
    meet();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_AUTHENTICATED));
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    peer_sends_response();
    we_send_public_key();
    pair_from(STEP_FEATURES, STEP_CONFIRM);
    exchange_nonces();
    we_show_the_number();
    unseen_is_not_enough();
}

/* ---- nobody answers ---- */

static void the_question_times_out(uint32_t after_ms)
{
    time_passes(after_ms - 1);
    we_send_nothing();
    we_emit_nothing();
    time_passes(1);
    we_send("05 0c");
    we_fail(.why = KITH_WHY_COMPARE_TIMEOUT, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_TIMEOUT,
            .smp_reason = KITH_SMP_NUMERIC_COMPARISON_FAILED);
    late_answers_change_nothing();
    check(kith_bonds_count(bench.host) == 0);
    clean_pairing(); /* not an SMP timeout: the connection serves */
}

SENTENCE(nobody_answers_for_25_seconds)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int computing = 0; computing <= 1; computing++) {
            bench_round("%s%s", role_name(role), computing ? ", while we compute" : "");
            if (computing)
                meet_at_the_question_computing(role);
            else
                meet_at_the_question(role);
            the_question_times_out(ANSWER_MS);
        }
}

/* What counts is when the peer began to wait: our nonce as initiator went out before its own came. */
SENTENCE(the_deadline_counts_from_our_last_pdu)
{
    prepare(CENTRAL);
    meet();
    pair_to(STEP_CONFIRM);
    time_passes(20000);
    exchange_nonces();
    we_show_the_number();
    the_question_times_out(ANSWER_MS - 20000);
}

SENTENCE(what_the_peer_sends_meanwhile_does_not_stretch_the_deadline)
{
    bench_round("central");
    meet_at_the_question(CENTRAL);
    for (int i = 0; i < 20; i++) {
        time_passes(1000);
        peer_sends("0b 0d"); /* a Security Request, and a reserved opcode */
        peer_sends("0f 00");
    }
    the_question_times_out(ANSWER_MS - 20000);
    bench_round("peripheral");
    meet_at_the_question(PERIPHERAL);
    time_passes(20000);
    peer_sends_check(RIGHT);
    peer_sends("0f 00");
    the_question_times_out(ANSWER_MS - 20000);
}

/* An answer that comes late, but in time. */
SENTENCE(an_answer_in_the_last_millisecond_counts)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        meet_at_the_question(role);
        time_passes(ANSWER_MS - 1);
        our_person_says(KITH_NUMBERS_EQUAL);
        if (role == CENTRAL)
            we_send_check();
        pair_from(STEP_RANDOMS, STEP_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* After our yes the peer has what is left of the 30 s since our last PDU, or 30 s where our check went out. */
SENTENCE(after_our_yes_the_peer_has_the_rest_of_its_time)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        meet_at_the_question(role);
        time_passes(20000);
        our_person_says(KITH_NUMBERS_EQUAL);
        if (role == CENTRAL)
            we_send_check();
        time_passes(role == CENTRAL ? 29999 : 9999);
        we_emit_nothing();
        time_passes(1);
        we_send_nothing();
        we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_DHKEY_CHECKS, .ended_by = KITH_ENDED_BY_TIMEOUT);
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    }
}

/* ---- what is asked for and what comes of it ---- */

static void exchange_features(kith_level level)
{
    if (bench.role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, level));
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
        peer_sends_response();
    } else
        peer_sends_request();
}

/* A level that was asked for is not one that was reached (CVE-2026-31773). */
SENTENCE(a_peer_without_inputs_can_not_reach_what_is_required)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (uint8_t theirs = KITH_IO_DISPLAY_ONLY; theirs <= KITH_IO_NO_INPUT_NO_OUTPUT; theirs++) {
            if (theirs == KITH_IO_DISPLAY_YES_NO || theirs == KITH_IO_KEYBOARD_ONLY)
                continue; /* the one compares, the other types */
            bench_round("%s, the peer is %u", role_name(role), theirs);
            prepare(role);
            bench.config.security.required_level = KITH_LEVEL_AUTHENTICATED;
            peer.features[0] = theirs;
            peer.features[2] |= KITH_AUTH_MITM;
            meet();
            exchange_features(KITH_LEVEL_AUTHENTICATED);
            we_send("05 03");
            we_fail(.why = KITH_WHY_LEVEL_UNREACHABLE, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
                    .smp_reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS);
            check(kith_bonds_count(bench.host) == 0);
        }
}

/* The response is built from what we require, not from what the request left out (CVE-2026-43334). */
SENTENCE(A14_a_request_without_mitm_is_answered_with_it_where_we_require_it)
{
    prepare(PERIPHERAL);
    bench.config.security.ask_mitm = false;
    bench.config.security.required_level = KITH_LEVEL_AUTHENTICATED;
    meet();
    check((peer.features[2] & KITH_AUTH_MITM) == 0);
    pair_completely();
    check((bench.response[3] & KITH_AUTH_MITM) != 0);
    check(bench_method() == KITH_METHOD_NUMERIC_COMPARISON && bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
}

SENTENCE(asking_for_mitm_is_a_wish_and_not_a_condition)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        peer.features[0] = KITH_IO_NO_INPUT_NO_OUTPUT;
        meet();
        pair_completely();
        check(((role == CENTRAL ? bench.request : bench.response)[3] & KITH_AUTH_MITM) != 0);
        check(bench_method() == KITH_METHOD_JUST_WORKS && bench_level() == KITH_LEVEL_ENCRYPTED);
    }
}

SENTENCE(without_inputs_and_outputs_mitm_is_not_asked_for)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        bench.config.security.io = KITH_IO_NO_INPUT_NO_OUTPUT;
        meet();
        pair_completely();
        check(((role == CENTRAL ? bench.request : bench.response)[3] & KITH_AUTH_MITM) == 0);
    }
}

/* Level 4 takes 16 octets, whatever shorter keys are allowed. */
SENTENCE(a_shorter_key_is_authenticated_but_not_more)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s, level 3", role_name(role));
        prepare(role);
        bench.config.security.min_key_size = 7;
        bench.config.security.required_level = KITH_LEVEL_AUTHENTICATED;
        peer.features[3] = 15;
        meet();
        pair_completely();
        check(bench_level() == KITH_LEVEL_AUTHENTICATED);
        bench_round("%s, level 4", role_name(role));
        prepare(role);
        bench.config.security.min_key_size = 7;
        bench.config.security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
        peer.features[3] = 15;
        meet();
        exchange_features(KITH_LEVEL_SC_AUTHENTICATED);
        we_send("05 06");
        we_fail(.why = KITH_WHY_KEY_SIZE, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_ENCRYPTION_KEY_SIZE);
    }
}

/* ---- together with consent ---- */

SENTENCE(a_person_may_be_asked_twice_whether_to_pair_and_about_the_number)
{
    prepare(PERIPHERAL);
    bench.config.security.policy = KITH_PAIRING_ASK;
    power_on();
    connect_link();
    peer_sends_request();
    we_emit(KITH_EVENT_CONSENT_WANTED);
    check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_EQUAL), KITH_ERR_STATE);
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
    pair_from(STEP_FEATURES, STEP_PUBLIC_KEYS);
    exchange_nonces();
    we_show_the_number();
    our_person_says(KITH_NUMBERS_DIFFER); /* consent to pair is no word about the number */
    the_numbers_were_refused();
}
