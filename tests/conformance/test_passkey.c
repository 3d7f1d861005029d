/* Passkey Entry beyond the ids, over Secure Connections: who finds out about a wrong passkey and what is told of it,
 * answers that come at the wrong time, keys pressed, and passkeys that are always the same.
 * Core Vol 3 Part H 2.3.5.6.3, 3.5.8; the deadline of a person is ours. */
#include <string.h>

#include "case.h"
#include "peer_passkey.h"

enum { ANSWER_MS = 25000, TIMEOUT_MS = 30000 };

#define EACH_FORM(form) (kith_passkey_form form = KITH_PASSKEY_INITIATOR_SHOWS; form <= KITH_PASSKEY_BOTH_TYPE; form++)

static const char *role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

static void prepare(bench_role role, kith_passkey_form form)
{
    bench_round("%s, %s", role_name(role), kith_passkey_form_name(form));
    begin_passkey(role, form);
}

/* Up to the passkey: ours was shown, or our person is asked. */
static void meet_at_the_passkey(bench_role role, kith_passkey_form form)
{
    prepare(role, form);
    meet_for_passkey();
    passkey_to(PASSKEY_PUBLIC_KEYS);
    if (bench_we_show_passkey())
        we_show_the_passkey();
    else
        we_ask_for_the_passkey();
}

/* Where our person types: the other form, and the one where both do. */
static void meet_at_the_question(bench_role role, bool both)
{
    meet_at_the_passkey(role, both ? KITH_PASSKEY_BOTH_TYPE : passkey_form_where(role, false));
}

/* The same, while the shared secret is still being computed. */
static void meet_at_the_question_computing(bench_role role, bool both)
{
    prepare(role, both ? KITH_PASSKEY_BOTH_TYPE : passkey_form_where(role, false));
    meet_for_passkey();
    passkey_to(PASSKEY_FEATURES);
    bench.hold_work = true;
    peer_sends_public_key();
    do_one_work(); /* the peer's key is sound */
    if (role == PERIPHERAL)
        we_send_public_key();
    we_ask_for_the_passkey();
}

static void late_answers_change_nothing(void)
{
    check_status(kith_pairing_passkey(bench.host, bench.link, passkey.number), KITH_ERR_STATE);
    check_status(kith_pairing_keypress(bench.host, bench.link, KITH_KEYPRESS_COMPLETED), KITH_ERR_STATE);
    we_send_nothing();
    we_emit_nothing();
    we_command_nothing();
}

static void clean_pairing(void)
{
    bench.hold_work = false;
    the_wait_passes();
    open_window();
    pair_by_passkey();
    check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
}

static void we_fail_by_ourselves(kith_smp_reason reason, kith_why why, kith_phase phase)
{
    const uint8_t *failed = bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);

    if (failed[1] != reason)
        bench_fail("failed with %02x, wanted %02x", failed[1], reason);
    we_fail(.why = why, .phase = phase, .ended_by = KITH_ENDED_BY_US, .smp_reason = reason);
    late_answers_change_nothing();
    check(kith_bonds_count(bench.host) == 0);
}

static void the_commitment_is_refused(void)
{
    we_fail_by_ourselves(KITH_SMP_CONFIRM_VALUE_FAILED, KITH_WHY_CONFIRM_MISMATCH, KITH_PHASE_AUTHENTICATION);
}

/* ---- a wrong passkey: the first bit that differs ends it, and no later bit is told ---- */

/* The peer has another passkey from this bit on. */
static void come_to_the_bit(bench_role role, kith_passkey_form form, unsigned bit)
{
    uint32_t later = UINT32_C(0xfffff) << bit & UINT32_C(0xfffff);

    prepare(role, form);
    bench_round("%s, %s, bit %u differs", role_name(role), kith_passkey_form_name(form), bit);
    meet_for_passkey();
    passkey_to(PASSKEY_TYPED);
    rounds_pass(bit);
    passkey.number ^= later;
}

/* As responder we see it when the initiator opens; our nonce stays closed. */
SENTENCE(as_peripheral_we_find_a_wrong_passkey_in_the_round_of_its_first_wrong_bit)
{
    for
        EACH_FORM(form)
    for (unsigned bit = 0; bit < ROUNDS; bit++) {
        come_to_the_bit(PERIPHERAL, form, bit);
        peer_commits(RIGHT);
        we_commit();
        we_send_nothing();
        peer_opens();
        the_commitment_is_refused();
        clean_pairing();
    }
}

/* As initiator we open first: an honest peer finds it and says so, another one is found out when it opens. */
SENTENCE(as_central_we_are_told_of_a_wrong_passkey_or_find_it)
{
    for
        EACH_FORM(form)
    for (unsigned bit = 0; bit < ROUNDS; bit++)
        for (int honest = 0; honest <= 1; honest++) {
            come_to_the_bit(CENTRAL, form, bit);
            we_commit();
            peer_commits(RIGHT);
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM);
            we_send_nothing();
            if (honest) {
                peer_sends("05 04");
                we_send_nothing();
                we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
                        .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
                late_answers_change_nothing();
            } else {
                peer_opens();
                the_commitment_is_refused();
            }
            clean_pairing();
        }
}

/* Who got through the rounds has the passkey in its check too. */
SENTENCE(the_passkey_is_in_the_checks)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for
            EACH_FORM(form)
            {
                prepare(role, form);
                meet_for_passkey();
                passkey_to(PASSKEY_ROUNDS);
                passkey_begin_check();
                if (role == CENTRAL)
                    we_send_check();
                peer.r[0] ^= 1;
                peer_sends_check(RIGHT);
                we_fail_by_ourselves(KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_CHECK_MISMATCH, KITH_PHASE_DHKEY_CHECKS);
                clean_pairing();
            }
}

/* With our own key it could give our commitments back, and learn a bit from each (CVE-2020-26558). */
SENTENCE(our_own_key_is_refused_before_anybody_is_asked)
{
    for
        EACH_FORM(form)
        {
            prepare(CENTRAL, form);
            meet_for_passkey();
            passkey_to(PASSKEY_FEATURES);
            memcpy(peer.public_key, peer.our_public, sizeof peer.public_key);
            peer_sends_public_key();
            we_fail_by_ourselves(KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_PUBLIC_KEY_REFLECTED, KITH_PHASE_PUBLIC_KEYS);
            clean_pairing();
        }
}

/* What is shown is drawn anew, in both roles, and after failures too: each tells a bit. */
SENTENCE(a_passkey_is_shown_once)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        uint32_t shown[20];

        prepare(role, passkey_form_where(role, true));
        meet_for_passkey();
        for (unsigned i = 0; i < 20; i++) {
            the_wait_passes();
            open_window();
            passkey_to(PASSKEY_TYPED);
            shown[i] = passkey.number;
            for (unsigned k = 0; k < i; k++)
                check(shown[k] != shown[i]);
            if (role == CENTRAL)
                we_commit();
            peer_sends("05 04");
            we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
                    .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
        }
    }
}

/* ---- the initiator's person may be quicker than ours ---- */

typedef enum { RIGHT_PASSKEY, WRONG_PASSKEY, WRONG_COMMITMENT, HELD_KINDS } held_kind;

static void judge_what_was_held(held_kind kind)
{
    we_commit();
    if (kind == WRONG_PASSKEY)
        passkey.number ^= 1; /* what the peer committed to */
    peer_opens();
    if (kind != RIGHT_PASSKEY) {
        the_commitment_is_refused();
        clean_pairing();
        return;
    }
    we_open();
    passkey_from(PASSKEY_TYPED, PASSKEY_ROUNDS);
    bench.hold_work = false;
    passkey_from(PASSKEY_ROUNDS, PASSKEY_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(a_commitment_that_comes_while_our_person_types_is_held_and_judged_after)
{
    for (int both = 0; both <= 1; both++)
        for (int computing = 0; computing <= 2; computing++)
            for (held_kind kind = RIGHT_PASSKEY; kind < HELD_KINDS; kind++) {
                (computing ? meet_at_the_question_computing : meet_at_the_question)(PERIPHERAL, both);
                bench_round("both type %d, kind %u%s", both, (unsigned)kind, computing ? ", while we compute" : "");
                if (kind == WRONG_PASSKEY)
                    passkey.number ^= 1;
                peer_commits(kind == WRONG_COMMITMENT ? WRONG : RIGHT);
                if (kind == WRONG_PASSKEY)
                    passkey.number ^= 1;
                if (computing == 2)
                    do_work(); /* the secret comes before the passkey */
                we_send_nothing();
                we_emit_nothing();
                our_person_types(passkey.number);
                judge_what_was_held(kind);
            }
}

SENTENCE(a_second_commitment_while_our_person_types_is_not_another_try)
{
    meet_at_the_question(PERIPHERAL, false);
    peer_commits(RIGHT);
    peer_commits(RIGHT);
    we_fail_by_ourselves(KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER, KITH_PHASE_AUTHENTICATION);
    clean_pairing();
}

/* ---- answers ---- */

SENTENCE(every_passkey_of_six_digits_is_good)
{
    static const uint32_t numbers[] = {0, 1, 123456, 524287, 524288, 999999};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            meet_at_the_question(role, i % 2 != 0);
            bench_round("%s, %06u", role_name(role), (unsigned)numbers[i]);
            passkey.number = numbers[i];
            our_person_types(numbers[i]);
            passkey_from(PASSKEY_TYPED, PASSKEY_KEYS);
            we_pair(16);
            we_emit(KITH_EVENT_BONDED);
        }
}

static void no_passkey_is_wanted(void)
{
    check_status(kith_pairing_passkey(bench.host, bench.link, passkey.number), KITH_ERR_STATE);
}

SENTENCE(a_passkey_is_typed_once_and_when_it_is_asked_for)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int both = 0; both <= 1; both++) {
            prepare(role, both ? KITH_PASSKEY_BOTH_TYPE : passkey_form_where(role, false));
            meet_for_passkey();
            no_passkey_is_wanted();
            passkey_to(PASSKEY_FEATURES);
            no_passkey_is_wanted();
            passkey_from(PASSKEY_FEATURES, PASSKEY_PUBLIC_KEYS);
            we_ask_for_the_passkey();
            check_status(kith_pairing_passkey(bench.host, bench.link, 1000000), KITH_ERR_VALUE);
            check_status(kith_pairing_passkey(bench.host, bench.link, UINT32_MAX), KITH_ERR_VALUE);
            check_status(kith_pairing_passkey(bench.host, bench.link + 1, 1), KITH_ERR_NOT_FOUND);
            check_status(kith_pairing_passkey(bench.host, 0, 1), KITH_ERR_NOT_FOUND);
            check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_EQUAL), KITH_ERR_STATE);
            check_status(kith_pairing_consent(bench.host, bench.link, true), KITH_ERR_STATE);
            check_status(kith_pairing_oob(bench.host, bench.link, NULL), KITH_ERR_STATE);
            we_send_nothing();
            our_person_types(passkey.number);
            no_passkey_is_wanted();
            rounds_pass(10);
            no_passkey_is_wanted();
            passkey_from(PASSKEY_TYPED, PASSKEY_KEYS);
            no_passkey_is_wanted();
            we_pair(16);
            we_emit(KITH_EVENT_BONDED);
        }
}

SENTENCE(who_shows_the_passkey_does_not_type_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_at_the_passkey(role, passkey_form_where(role, true));
        no_passkey_is_wanted();
        check_status(kith_pairing_keypress(bench.host, bench.link, KITH_KEYPRESS_STARTED), KITH_ERR_STATE);
        passkey_from(PASSKEY_TYPED, PASSKEY_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* ---- nobody types ---- */

static void the_question_times_out(uint32_t after_ms)
{
    time_passes(after_ms - 1);
    we_send_nothing();
    we_emit_nothing();
    time_passes(1);
    we_send("05 01");
    we_fail(.why = KITH_WHY_PASSKEY_TIMEOUT, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_TIMEOUT,
            .smp_reason = KITH_SMP_PASSKEY_ENTRY_FAILED);
    late_answers_change_nothing();
    clean_pairing(); /* not an SMP timeout: the connection serves */
}

SENTENCE(nobody_types_for_25_seconds)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int both = 0; both <= 1; both++)
            for (int computing = 0; computing <= 1; computing++) {
                (computing ? meet_at_the_question_computing : meet_at_the_question)(role, both);
                the_question_times_out(ANSWER_MS);
            }
}

/* What the peer does meanwhile does not stretch it. */
SENTENCE(nobody_types_although_the_commitment_is_there)
{
    meet_at_the_question(PERIPHERAL, false);
    time_passes(20000);
    peer_commits(RIGHT);
    peer_sends("0f 00"); /* a reserved opcode */
    the_question_times_out(ANSWER_MS - 20000);
}

SENTENCE(a_passkey_in_the_last_millisecond_counts)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_at_the_question(role, false);
        time_passes(ANSWER_MS - 1);
        our_person_types(passkey.number);
        passkey_from(PASSKEY_TYPED, PASSKEY_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* It is the peer's person who types: the peer has 30 s since our last PDU. */
SENTENCE(who_shows_the_passkey_waits_for_30_seconds)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_at_the_passkey(role, passkey_form_where(role, true));
        if (role == CENTRAL)
            we_commit();
        time_passes(TIMEOUT_MS - 1);
        we_emit_nothing();
        time_passes(1);
        we_send_nothing();
        we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_TIMEOUT);
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    }
}

/* ---- keys pressed ---- */

static void prepare_keypress(bench_role role, kith_passkey_form form, bool we, bool they)
{
    prepare(role, form);
    bench_round("%s, %s, keypress {%d,%d}", role_name(role), kith_passkey_form_name(form), we, they);
    bench.config.security.keypress = we;
    peer.features[2] |= they ? KITH_AUTH_KEYPRESS : 0;
    meet_for_passkey();
    passkey_to(PASSKEY_PUBLIC_KEYS);
    if (bench_we_show_passkey())
        we_show_the_passkey();
    else
        we_ask_for_the_passkey();
}

static void finish(void)
{
    if (!bench_we_show_passkey())
        our_person_types(passkey.number);
    passkey_from(PASSKEY_TYPED, PASSKEY_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(keys_pressed_are_told_to_the_peer_where_both_want_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned bits = 0; bits <= 3; bits++) {
            bool we = (bits & 1) != 0, they = (bits & 2) != 0;

            prepare_keypress(role, passkey_form_where(role, false), we, they);
            for (uint8_t key = KITH_KEYPRESS_STARTED; key <= KITH_KEYPRESS_COMPLETED; key++) {
                uint8_t pdu[2] = {0x0e, key};

                check_status(kith_pairing_keypress(bench.host, bench.link, (kith_keypress)key),
                             we && they ? KITH_OK : KITH_ERR_STATE);
                if (we && they)
                    check(memcmp(bench_we_send_opcode(KITH_SMP_KEYPRESS_NOTIFICATION), pdu, sizeof pdu) == 0);
            }
            check_status(kith_pairing_keypress(bench.host, bench.link, (kith_keypress)5), KITH_ERR_VALUE);
            check_status(kith_pairing_keypress(bench.host, bench.link + 1, KITH_KEYPRESS_STARTED), KITH_ERR_NOT_FOUND);
            we_send_nothing();
            finish();
            check_status(kith_pairing_keypress(bench.host, bench.link, KITH_KEYPRESS_STARTED), KITH_ERR_STATE);
        }
}

SENTENCE(keys_that_the_peers_user_presses_are_told_where_both_want_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned bits = 0; bits <= 3; bits++) {
            bool we = (bits & 1) != 0, they = (bits & 2) != 0;

            prepare_keypress(role, passkey_form_where(role, true), we, they);
            if (role == CENTRAL)
                we_commit();
            for (uint8_t key = KITH_KEYPRESS_STARTED; key <= KITH_KEYPRESS_COMPLETED; key++) {
                peer_sends_octets(((const uint8_t[]){0x0e, key}), 2);
                if (we && they)
                    check(we_emit(KITH_EVENT_KEYPRESS)->keypress.key == (kith_keypress)key);
            }
            peer_sends("0e 05"); /* no such key */
            peer_sends("0e ff");
            we_send_nothing();
            we_emit_nothing();
            if (role == CENTRAL) {
                peer_commits(RIGHT);
                we_open();
                peer_opens();
            }
            finish();
        }
}

SENTENCE(a_keypress_of_the_wrong_length_ends_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        prepare_keypress(role, passkey_form_where(role, true), true, true);
        if (role == CENTRAL)
            we_commit();
        peer_sends("0e 00 00");
        we_fail_by_ourselves(KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_LENGTH, KITH_PHASE_AUTHENTICATION);
        clean_pairing();
    }
}

/* Each key that is told is a PDU of ours: the peer knows that somebody is there. */
SENTENCE(a_key_pressed_gives_our_person_25_seconds_more)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int held = 0; held <= 1 - (int)role; held++) {
            prepare_keypress(role, passkey_form_where(role, false), true, true);
            if (held)
                peer_commits(RIGHT);
            for (int i = 0; i < 4; i++) {
                time_passes(ANSWER_MS - 1);
                check_ok(kith_pairing_keypress(bench.host, bench.link, KITH_KEYPRESS_DIGIT_ENTERED));
                we_send("0e 01");
            }
            the_question_times_out(ANSWER_MS);
        }
}

SENTENCE(keys_pressed_by_the_peer_do_not_stretch_our_time)
{
    prepare_keypress(PERIPHERAL, KITH_PASSKEY_BOTH_TYPE, true, true);
    time_passes(20000);
    peer_sends("0e 01");
    check(we_emit(KITH_EVENT_KEYPRESS)->keypress.key == KITH_KEYPRESS_DIGIT_ENTERED);
    the_question_times_out(ANSWER_MS - 20000);
}

/* ---- the same passkey each time ---- */

SENTENCE(a_fixed_passkey_makes_an_unauthenticated_key_and_says_so)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for
            EACH_FORM(form)
            {
                bool ours = form == passkey_form_where(role, true);
                kith_bond_info bond;

                prepare(role, form);
                bench.config.security.insecure_fixed_passkey = true;
                bench.config.security.fixed_passkey = 123456;
                meet_for_passkey();
                pair_by_passkey(); /* the verdict is looked at there */
                check(!ours || passkey.number == 123456);
                check(bench_level() == (ours ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_SC_AUTHENTICATED));
                check_ok(kith_bonds_next(bench.host, 0, &bond));
                check(bond.level == bench_level() && bond.method == KITH_METHOD_PASSKEY);
            }
}

SENTENCE(a_fixed_passkey_is_refused_where_an_authenticated_key_is_required)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (kith_level level = KITH_LEVEL_AUTHENTICATED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
            prepare(role, passkey_form_where(role, true));
            bench.config.security.insecure_fixed_passkey = true;
            bench.config.security.fixed_passkey = 123456;
            bench.config.security.required_level = level;
            meet_for_passkey();
            if (role == CENTRAL) {
                check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
                (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
                peer_sends_response();
            } else {
                peer_sends_request();
            }
            we_fail_by_ourselves(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE, KITH_PHASE_FEATURES);
        }
}

/* ---- order ---- */

SENTENCE(a_key_is_not_given_before_the_checks)
{
    for
        EACH_FORM(form)
    for (passkey_step after = PASSKEY_FEATURES; after <= PASSKEY_ROUNDS; after++) {
        prepare(PERIPHERAL, form);
        bench_round("%s, after %s", kith_passkey_form_name(form), passkey_step_name(after));
        meet_for_passkey();
        passkey_to(after);
        if (after == PASSKEY_PUBLIC_KEYS)
            (void)bench_we_emit(bench_we_show_passkey() ? KITH_EVENT_PASSKEY_SHOWN : KITH_EVENT_PASSKEY_WANTED);
        controller_asks_for_key(0, 0);
        we_refuse_key();
        we_fail_by_ourselves(KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_LTK_TOO_EARLY, passkey_phase_after(after));
        clean_pairing();
    }
}

/* The initiator commits first: there is nothing that ours could answer. */
SENTENCE(a_responders_commitment_before_ours_is_refused)
{
    meet_at_the_question(CENTRAL, false);
    peer_commits(RIGHT);
    we_fail_by_ourselves(KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER, KITH_PHASE_AUTHENTICATION);
    clean_pairing();
}

/* What may come at each moment; everything else ends it (CVE-2024-34722, CVE-2022-45190). */
typedef enum { AT_THE_PASSKEY, BEFORE_A_COMMITMENT, BEFORE_A_NONCE, AFTER_THE_ROUNDS, MOMENTS } moment;

static void come_to(moment when, unsigned round)
{
    bool central = bench.role == CENTRAL;

    if (when == AT_THE_PASSKEY)
        return;
    if (!bench_we_show_passkey())
        our_person_types(passkey.number);
    rounds_pass(when == AFTER_THE_ROUNDS ? ROUNDS : round);
    if (when == AFTER_THE_ROUNDS && central)
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_DHKEY_CHECK);
    if (when == AFTER_THE_ROUNDS)
        return;
    if (central)
        we_commit();
    if (when != BEFORE_A_NONCE)
        return;
    peer_commits(RIGHT);
    if (central)
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM);
    else
        we_commit();
}

static bool is_expected(moment when, uint8_t opcode)
{
    if (opcode == KITH_SMP_PAIRING_FAILED || opcode == KITH_SMP_KEYPRESS_NOTIFICATION)
        return true;
    if (bench.role == CENTRAL && opcode == KITH_SMP_SECURITY_REQUEST)
        return true; /* ignored */
    switch (when) {
    case AT_THE_PASSKEY:
        return bench.role == PERIPHERAL && opcode == KITH_SMP_PAIRING_CONFIRM;
    case BEFORE_A_COMMITMENT:
        return opcode == KITH_SMP_PAIRING_CONFIRM;
    case BEFORE_A_NONCE:
        return opcode == KITH_SMP_PAIRING_RANDOM;
    default:
        return opcode == KITH_SMP_PAIRING_DHKEY_CHECK;
    }
}

static void send_out_of_turn(uint8_t opcode, kith_phase phase)
{
    uint8_t pdu[KITH_SMP_MAX_PDU] = {opcode}, request[7], response[7];
    bool is_key = opcode >= KITH_SMP_ENCRYPTION_INFORMATION && opcode <= KITH_SMP_SIGNING_INFORMATION;

    memcpy(request, bench.request, sizeof request);
    memcpy(response, bench.response, sizeof response);
    peer_sends_octets(pdu, kith_smp_pdu_len(opcode));
    memcpy(bench.request, request, sizeof request); /* of this pairing, whatever came after */
    memcpy(bench.response, response, sizeof response);
    we_fail_by_ourselves(KITH_SMP_UNSPECIFIED_REASON, is_key ? KITH_WHY_KEYS_TOO_EARLY : KITH_WHY_OUT_OF_ORDER, phase);
}

static void try_every_opcode(bench_role role, kith_passkey_form form, moment when, unsigned round)
{
    for (uint8_t opcode = KITH_SMP_PAIRING_REQUEST; opcode <= KITH_SMP_KEYPRESS_NOTIFICATION; opcode++) {
        meet_at_the_passkey(role, form);
        bench_round("%s, %s, %s at moment %u, round %u", role_name(role), kith_passkey_form_name(form),
                    kith_smp_opcode_name(opcode), (unsigned)when, round);
        if (is_expected(when, opcode)) {
            bench_discard();
            continue;
        }
        if (when == AT_THE_PASSKEY && role == CENTRAL && bench_we_show_passkey())
            we_commit();
        come_to(when, round);
        send_out_of_turn(opcode, when == AFTER_THE_ROUNDS ? KITH_PHASE_DHKEY_CHECKS : KITH_PHASE_AUTHENTICATION);
        clean_pairing();
    }
}

SENTENCE(what_is_out_of_turn_ends_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for
            EACH_FORM(form)
    for (moment when = AT_THE_PASSKEY; when < MOMENTS; when++) {
        if (when == AT_THE_PASSKEY && form == passkey_form_where(role, true))
            continue; /* that is before the first commitment */
        try_every_opcode(role, form, when, 0);
        if (when == BEFORE_A_COMMITMENT || when == BEFORE_A_NONCE)
            try_every_opcode(role, form, when, ROUNDS - 1);
    }
}

SENTENCE(a_link_that_breaks_takes_the_passkey_along)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for
            EACH_FORM(form)
            {
                meet_at_the_passkey(role, form);
                if (role == CENTRAL && bench_we_show_passkey())
                    we_commit();
                link_breaks(KITH_HCI_CONNECTION_TIMEOUT);
                we_fail(.why = KITH_WHY_LINK_LOST, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_LINK,
                        .hci_status = KITH_HCI_CONNECTION_TIMEOUT);
                we_emit(KITH_EVENT_DISCONNECTED);
                check_status(kith_pairing_passkey(bench.host, bench.link, passkey.number), KITH_ERR_NOT_FOUND);
                connect_link();
                clean_pairing();
            }
}

/* ---- slow arithmetic: the rounds need no shared secret ---- */

SENTENCE(slow_arithmetic_does_not_hurt)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for
            EACH_FORM(form)
            {
                prepare(role, form);
                meet_for_passkey();
                passkey_to(PASSKEY_FEATURES);
                bench.hold_work = true;
                peer_sends_public_key();
                we_send_nothing(); /* not even our key, nor a question, before theirs is known to be sound */
                we_emit_nothing();
                do_one_work();
                if (role == PERIPHERAL)
                    we_send_public_key();
                passkey_from(PASSKEY_PUBLIC_KEYS, PASSKEY_ROUNDS);
                passkey_begin_check();
                if (role == PERIPHERAL)
                    peer_sends_check(RIGHT);
                we_send_nothing();
                do_work();
                we_send_check();
                bench.hold_work = false;
                if (role == CENTRAL)
                    peer_sends_check(RIGHT);
                passkey_from(PASSKEY_CHECKS, PASSKEY_KEYS);
                we_pair(16);
                we_emit(KITH_EVENT_BONDED);
            }
}
