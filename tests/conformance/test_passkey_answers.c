/* Legacy Passkey Entry and people: answers early, late, twice and wrong, confirm values that do not wait for them, and
 * the keys they press.  Core Vol 3 Part H 2.3.5.3, 3.5.8; beyond the ids. */
#include <string.h>

#include "case.h"
#include "peer_legacy.h"

enum { ASKED = KITH_KEYPRESS_COMPLETED + 1 };

/* Our person types what the peer shows. */
static void prepare(bench_role role)
{
    begin_legacy(role);
    bench.config.security.io = KITH_IO_KEYBOARD_ONLY;
    bench.config.security.ask_mitm = true;
    peer.features[0] = KITH_IO_DISPLAY_ONLY;
}

static void ask_our_person(bench_role role)
{
    prepare(role);
    meet_legacy();
    legacy_to(LEGACY_FEATURES);
    our_person_is_asked();
    we_send_nothing();
}

/* And the initiator's confirm value is there already. */
static void hold_a_confirm(correctness how)
{
    ask_our_person(PERIPHERAL);
    peer_commits(how);
    we_send_nothing();
    we_emit_nothing();
}

static void link_still_serves(void)
{
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
    pair_legacy();
}

static void it_fails(const char *pdu, kith_smp_reason reason, kith_why why, kith_ender ender)
{
    we_send(pdu);
    we_send_nothing();
    we_fail(.why = why, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = ender, .smp_reason = reason);
    check_status(kith_pairing_passkey(bench.host, bench.link, legacy.passkey), KITH_ERR_STATE);
}

/* ---- a confirm value before our person has typed (CVE-2022-45190) ---- */

SENTENCE(an_early_confirm_is_held_and_judged_under_what_is_typed)
{
    hold_a_confirm(RIGHT);
    our_person_types(legacy.passkey);
    we_commit();
    legacy_from(LEGACY_CONFIRMS, LEGACY_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(an_early_confirm_under_a_tk_of_zero_is_refused)
{
    ask_our_person(PERIPHERAL);
    legacy_tk_is(0);
    peer_commits(RIGHT);
    we_send_nothing();
    our_person_types(legacy.passkey);
    we_commit();
    peer_opens();
    it_fails("05 04", KITH_SMP_CONFIRM_VALUE_FAILED, KITH_WHY_CONFIRM_MISMATCH, KITH_ENDED_BY_US);
    link_still_serves();
}

SENTENCE(a_random_before_our_person_has_typed_is_refused)
{
    for (int held = 0; held <= 1; held++) {
        bench_round(held ? "after the confirm" : "before it");
        if (held)
            hold_a_confirm(RIGHT);
        else
            ask_our_person(PERIPHERAL);
        peer_opens();
        it_fails("05 08", KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER, KITH_ENDED_BY_US);
        link_still_serves();
    }
}

SENTENCE(a_second_confirm_before_our_person_has_typed_is_refused)
{
    hold_a_confirm(RIGHT);
    peer_commits(RIGHT);
    it_fails("05 08", KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER, KITH_ENDED_BY_US);
    link_still_serves();
}

/* The responder commits when it has seen the initiator's confirm value. */
SENTENCE(a_confirm_before_ours_is_refused_by_the_initiator)
{
    ask_our_person(CENTRAL);
    peer_commits(RIGHT);
    it_fails("05 08", KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER, KITH_ENDED_BY_US);
    link_still_serves();
}

SENTENCE(a_key_is_not_given_before_our_person_has_typed)
{
    for (int held = 0; held <= 1; held++) {
        bench_round(held ? "after the confirm" : "before it");
        if (held)
            hold_a_confirm(RIGHT);
        else
            ask_our_person(PERIPHERAL);
        controller_asks_for_key(0, 0);
        we_refuse_key();
        it_fails("05 08", KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_LTK_TOO_EARLY, KITH_ENDED_BY_US);
        link_still_serves();
    }
}

/* ---- answers ---- */

SENTENCE(answers_count_once_and_in_their_time)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        meet_legacy();
        check_status(kith_pairing_passkey(bench.host, bench.link, 1), KITH_ERR_STATE);
        legacy_to(LEGACY_FEATURES);
        our_person_is_asked();
        check_status(kith_pairing_passkey(bench.host, bench.link + 1, legacy.passkey), KITH_ERR_NOT_FOUND);
        check_status(kith_pairing_passkey(bench.host, bench.link, 1000000), KITH_ERR_VALUE);
        check_status(kith_pairing_passkey(bench.host, bench.link, UINT32_MAX), KITH_ERR_VALUE);
        check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_EQUAL), KITH_ERR_STATE);
        check_status(kith_pairing_consent(bench.host, bench.link, true), KITH_ERR_STATE);
        check_status(kith_pairing_oob(bench.host, bench.link, NULL), KITH_ERR_STATE);
        we_send_nothing(); /* nothing was changed by any of these */
        our_person_types(legacy.passkey);
        check_status(kith_pairing_passkey(bench.host, bench.link, legacy.passkey), KITH_ERR_STATE);
        legacy_from(LEGACY_TK, LEGACY_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
        check_status(kith_pairing_passkey(bench.host, bench.link, legacy.passkey), KITH_ERR_STATE);
    }
}

SENTENCE(the_smallest_and_the_largest_passkey_are_passkeys)
{
    static const uint32_t ends[] = {0, 999999};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (size_t i = 0; i < 2; i++) {
            bench_round("%s, %06u", role_name(role), (unsigned)ends[i]);
            prepare(role);
            meet_legacy();
            legacy_to(LEGACY_FEATURES);
            legacy.passkey = ends[i];
            our_person_is_asked();
            our_person_types(ends[i]);
            legacy_from(LEGACY_TK, LEGACY_KEYS);
            we_pair(16);
            we_emit(KITH_EVENT_BONDED);
        }
}

SENTENCE(nobody_is_asked_where_we_show_the_passkey)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        bench.config.security.io = KITH_IO_DISPLAY_ONLY;
        peer.features[0] = KITH_IO_KEYBOARD_ONLY;
        meet_legacy();
        legacy_to(LEGACY_TK);
        check_status(kith_pairing_passkey(bench.host, bench.link, legacy.passkey), KITH_ERR_STATE);
        legacy_from(LEGACY_TK, LEGACY_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* ---- giving up ---- */

SENTENCE(our_person_gives_up_typing)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        ask_our_person(role);
        check_ok(kith_pairing_cancel(bench.host, bench.link));
        it_fails("05 01", KITH_SMP_PASSKEY_ENTRY_FAILED, KITH_WHY_PASSKEY_CANCELLED, KITH_ENDED_BY_USER);
        check_status(kith_pairing_cancel(bench.host, bench.link), KITH_ERR_STATE);
        link_still_serves();
    }
    bench_round("the peer's confirm is there");
    hold_a_confirm(RIGHT);
    check_ok(kith_pairing_cancel(bench.host, bench.link));
    it_fails("05 01", KITH_SMP_PASSKEY_ENTRY_FAILED, KITH_WHY_PASSKEY_CANCELLED, KITH_ENDED_BY_USER);
    link_still_serves();
}

SENTENCE(our_person_gives_up_later_or_where_nothing_is_typed)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (legacy_step after = LEGACY_TK; after < LEGACY_RANDOMS; after++) {
            bench_round("%s, after %s", role_name(role), legacy_step_name(after));
            prepare(role);
            meet_legacy();
            legacy_to(after);
            if (role == CENTRAL && after == LEGACY_TK)
                we_commit();
            check_ok(kith_pairing_cancel(bench.host, bench.link));
            if (role == CENTRAL && after == LEGACY_CONFIRMS)
                (void)bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM);
            it_fails("05 08", KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_CANCELLED, KITH_ENDED_BY_USER);
            link_still_serves();
        }
}

SENTENCE(it_is_too_late_to_give_up_once_the_link_is_being_encrypted)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        meet_legacy();
        legacy_to(LEGACY_RANDOMS);
        check_status(kith_pairing_cancel(bench.host, bench.link), KITH_ERR_STATE);
        legacy_from(LEGACY_RANDOMS, LEGACY_ENCRYPTED);
        check_status(kith_pairing_cancel(bench.host, bench.link), KITH_ERR_STATE);
        legacy_from(LEGACY_ENCRYPTED, LEGACY_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

static void nobody_types(void)
{
    time_passes(24999);
    we_send_nothing();
    time_passes(1);
    it_fails("05 01", KITH_SMP_PASSKEY_ENTRY_FAILED, KITH_WHY_PASSKEY_TIMEOUT, KITH_ENDED_BY_TIMEOUT);
}

SENTENCE(nobody_types_the_passkey)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        ask_our_person(role);
        nobody_types();
        link_still_serves();
    }
    bench_round("the peer's confirm is there");
    hold_a_confirm(RIGHT);
    nobody_types();
    link_still_serves();
}

/* One who slept is not the peer's doing. */
SENTENCE(nobody_types_three_times_and_the_window_stays_open)
{
    prepare(PERIPHERAL);
    power_on();
    check_ok(kith_pairing_open(bench.host, 600000));
    connect_link();
    for (int i = 0; i < 4; i++) {
        check(kith_pairing_is_open(bench.host));
        legacy_to(LEGACY_FEATURES);
        our_person_is_asked();
        nobody_types();
    }
    link_still_serves();
}

/* ---- keys that people press ---- */

static void prepare_keypress(bench_role role, bool ours, bool theirs)
{
    prepare(role);
    bench.config.security.keypress = ours;
    peer.features[2] |= theirs ? KITH_AUTH_KEYPRESS : 0;
    meet_legacy();
    legacy_to(LEGACY_FEATURES);
    our_person_is_asked();
}

SENTENCE(our_person_presses_keys_and_the_peer_is_told)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare_keypress(role, true, true);
        check(((role == CENTRAL ? bench.request : bench.response)[3] & KITH_AUTH_KEYPRESS) != 0);
        for (uint8_t key = KITH_KEYPRESS_STARTED; key <= KITH_KEYPRESS_COMPLETED; key++) {
            time_passes(24000); /* and the 25 seconds begin anew */
            check_ok(kith_pairing_keypress(bench.host, bench.link, (kith_keypress)key));
            check(bench_we_send_opcode(KITH_SMP_KEYPRESS_NOTIFICATION)[1] == key);
        }
        check_status(kith_pairing_keypress(bench.host, bench.link, (kith_keypress)ASKED), KITH_ERR_VALUE);
        check_status(kith_pairing_keypress(bench.host, bench.link + 1, KITH_KEYPRESS_STARTED), KITH_ERR_NOT_FOUND);
        our_person_types(legacy.passkey);
        check_status(kith_pairing_keypress(bench.host, bench.link, KITH_KEYPRESS_STARTED), KITH_ERR_STATE);
        legacy_from(LEGACY_TK, LEGACY_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

SENTENCE(the_peer_is_not_told_unless_both_want_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned who = 0; who < 3; who++) {
            bench_round("%s, %u", role_name(role), who);
            prepare_keypress(role, who == 1, who == 2);
            check_status(kith_pairing_keypress(bench.host, bench.link, KITH_KEYPRESS_STARTED), KITH_ERR_STATE);
            peer_sends("0e 00"); /* nor are we */
            we_emit_nothing();
            our_person_types(legacy.passkey);
            legacy_from(LEGACY_TK, LEGACY_KEYS);
            we_pair(16);
            we_emit(KITH_EVENT_BONDED);
        }
}

/* We show, the peer's person types. */
static void peer_types(bench_role role)
{
    prepare(role);
    bench.config.security.keypress = true;
    bench.config.security.io = KITH_IO_DISPLAY_ONLY;
    peer.features[0] = KITH_IO_KEYBOARD_ONLY;
    peer.features[2] |= KITH_AUTH_KEYPRESS;
    meet_legacy();
    legacy_to(LEGACY_TK);
    if (role == CENTRAL)
        we_commit();
}

SENTENCE(the_peers_person_presses_keys_and_we_are_told)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        peer_types(role);
        for (uint8_t key = KITH_KEYPRESS_STARTED; key <= KITH_KEYPRESS_COMPLETED; key++) {
            peer_sends_octets(((const uint8_t[]){KITH_SMP_KEYPRESS_NOTIFICATION, key}), 2);
            check(we_emit(KITH_EVENT_KEYPRESS)->keypress.key == key);
        }
        peer_sends("0e 05");
        peer_sends("0e ff"); /* no meaning */
        we_emit_nothing();
        we_send_nothing();
        peer_sends("0e 00 00");
        it_fails("05 0a", KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_LENGTH, KITH_ENDED_BY_US);
        link_still_serves();
    }
}

/* Only what we send keeps a pairing alive. */
SENTENCE(keys_that_the_peer_presses_do_not_stretch_the_timer)
{
    peer_types(PERIPHERAL);
    for (int i = 0; i < 29; i++) {
        time_passes(1000);
        peer_sends("0e 01");
        we_emit(KITH_EVENT_KEYPRESS);
    }
    time_passes(1000);
    we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_TIMEOUT);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
}

/* Where nothing is typed, nobody presses keys. */
SENTENCE(keys_pressed_in_just_works_are_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        begin_legacy(role);
        bench.config.security.keypress = true;
        peer.features[2] |= KITH_AUTH_KEYPRESS;
        meet_legacy();
        legacy_to(LEGACY_TK);
        if (role == CENTRAL)
            we_commit();
        peer_sends("0e 00");
        it_fails("05 08", KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER, KITH_ENDED_BY_US);
        link_still_serves();
    }
}
