/* SM/.../OOB: legacy pairing, Out of Band. */
#include <string.h>

#include "case.h"
#include "peer_legacy.h"

/* A host that is asked for out of band data, and a peer that says to have some. */
static void prepare(bench_role role)
{
    begin_legacy(role);
    bench.config.security.ask_oob = true;
    peer.features[1] = 1;
}

static const uint8_t some_tk[16] = {0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78,
                                    0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf0};

/* The peer made a TK, and our program knows it. */
static void peer_made_it(void)
{
    memcpy(legacy.tk, some_tk, sizeof legacy.tk);
    memcpy(legacy.oob.tk, some_tk, sizeof legacy.oob.tk);
    legacy.oob.has_tk = true;
    legacy.oob.channel_is_secure = true;
    bench.overheard = false;
}

/* We made one, and the peer's program knows it. */
static void we_made_it(bool channel_is_secure)
{
    const kith_event_oob *made;

    check_ok(kith_oob_make(bench.host, true, channel_is_secure, 3600000));
    made = &we_emit(KITH_EVENT_OOB_READY)->oob;
    check(made->status == KITH_OK && made->data.has_tk && made->data.channel_is_secure == channel_is_secure);
    memcpy(legacy.tk, made->data.tk, sizeof legacy.tk);
    bench.overheard = !channel_is_secure;
}

static void link_still_serves(void)
{
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
}

/* ---- both have it ---- */

static void pair_with_both(bench_role role)
{
    bench_round("the peer made it");
    prepare(role);
    peer_made_it();
    meet_legacy();
    pair_legacy();
    check(bench_method() == KITH_METHOD_OOB && bench_level() == KITH_LEVEL_AUTHENTICATED);

    bench_round("we made it");
    prepare(role);
    bench.config.security.ask_oob = false;
    meet_legacy();
    we_made_it(true);
    pair_legacy();
    check(bench_method() == KITH_METHOD_OOB && bench_level() == KITH_LEVEL_AUTHENTICATED);
}

CONFORMANCE_IN(OOB, "SM/CEN/OOB/BV-01-C", "Both have out of band data, we initiate")
{
    prepare(CENTRAL);
    peer_made_it();
    meet_legacy();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_emit(KITH_EVENT_OOB_WANTED);
    we_send_nothing(); /* whether we have it is part of what we say */
    check_ok(kith_pairing_oob(bench.host, bench.link, &legacy.oob));
    we_send("01 03 01 ** 10 03 03");
    peer_sends("02 03 01 01 10 00 00");
    we_commit();
    peer_commits(RIGHT);
    we_open();
    peer_opens();
    short_term_key_is_used();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    pair_with_both(CENTRAL);
}

CONFORMANCE_IN(OOB, "SM/PER/OOB/BV-02-C", "Both have out of band data, we respond")
{
    prepare(PERIPHERAL);
    peer_made_it();
    meet_legacy();
    peer_sends("01 03 01 01 10 00 00");
    we_emit(KITH_EVENT_OOB_WANTED);
    we_send_nothing();
    check_ok(kith_pairing_oob(bench.host, bench.link, &legacy.oob));
    we_send("02 03 01 ** 10 00 00");
    peer_commits(RIGHT);
    we_commit();
    peer_opens();
    we_open();
    short_term_key_is_used();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    pair_with_both(PERIPHERAL);
}

/* ---- one has it ---- */

typedef enum { WE_ALONE, PEER_ALONE } who;

static void pair_where_one_has_it(bench_role role, who has_it, bool mitm)
{
    prepare(role);
    bench.config.security.io = KITH_IO_KEYBOARD_DISPLAY;
    bench.config.security.ask_mitm = mitm;
    peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
    peer.features[1] = has_it == PEER_ALONE;
    peer.features[2] |= mitm ? KITH_AUTH_MITM : 0;
    if (has_it == WE_ALONE)
        peer_made_it();
    else
        bench.config.security.ask_oob = false;
    memset(legacy.tk, 0, sizeof legacy.tk);
    meet_legacy();
    pair_legacy();
    check(bench_method() == (mitm ? KITH_METHOD_PASSKEY : KITH_METHOD_JUST_WORKS));
    check((role == CENTRAL ? bench.request : bench.response)[2] == (has_it == WE_ALONE));
    check((((role == CENTRAL ? bench.request : bench.response)[3] & KITH_AUTH_MITM) != 0) == mitm);
}

CONFORMANCE_IN(OOB, "SM/CEN/OOB/BV-03-C", "Only we have it: Passkey Entry")
{
    pair_where_one_has_it(CENTRAL, WE_ALONE, true);
}

CONFORMANCE_IN(OOB, "SM/PER/OOB/BV-04-C", "Only we have it: Passkey Entry")
{
    pair_where_one_has_it(PERIPHERAL, WE_ALONE, true);
}

CONFORMANCE_IN(NO_OOB, "SM/CEN/OOB/BV-05-C", "Only the peer has it: Passkey Entry")
{
    pair_where_one_has_it(CENTRAL, PEER_ALONE, true);
}

CONFORMANCE_IN(NO_OOB, "SM/PER/OOB/BV-06-C", "Only the peer has it: Passkey Entry")
{
    pair_where_one_has_it(PERIPHERAL, PEER_ALONE, true);
}

CONFORMANCE_IN(NO_OOB, "SM/CEN/OOB/BV-07-C", "Only the peer has it, nobody wants MITM: Just Works")
{
    pair_where_one_has_it(CENTRAL, PEER_ALONE, false);
}

CONFORMANCE_IN(NO_OOB, "SM/PER/OOB/BV-08-C", "Only the peer has it, nobody wants MITM: Just Works")
{
    pair_where_one_has_it(PERIPHERAL, PEER_ALONE, false);
}

CONFORMANCE_IN(OOB, "SM/CEN/OOB/BV-09-C", "Only we have it, nobody wants MITM: Just Works")
{
    pair_where_one_has_it(CENTRAL, WE_ALONE, false);
}

CONFORMANCE_IN(OOB, "SM/PER/OOB/BV-10-C", "Only we have it, nobody wants MITM: Just Works")
{
    pair_where_one_has_it(PERIPHERAL, WE_ALONE, false);
}

/* ---- what both have differs ---- */

static void we_refuse_the_confirm(void)
{
    we_send("05 04");
    we_send_nothing();
    we_fail(.why = KITH_WHY_CONFIRM_MISMATCH, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
    link_still_serves();
}

static void go_with_another_tk(bench_role role)
{
    legacy_to(LEGACY_TK);
    legacy.tk[15] ^= 0x80;
    if (role == CENTRAL)
        we_commit();
    peer_commits(RIGHT);
    if (role == CENTRAL)
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM);
    else
        we_commit();
    peer_opens();
    we_refuse_the_confirm();
}

static void refuse_another_tk(bench_role role)
{
    bench_round("the peer made it");
    prepare(role);
    peer_made_it();
    meet_legacy();
    go_with_another_tk(role);

    bench_round("we made it");
    prepare(role);
    bench.config.security.ask_oob = false;
    meet_legacy();
    we_made_it(true);
    go_with_another_tk(role);
    check(!kith_oob_is_ready(bench.host)); /* the peer has seen something that was made with it */
}

CONFORMANCE_IN(OOB, "SM/CEN/OOB/BI-01-C", "The out of band data differs, we initiate")
{
    refuse_another_tk(CENTRAL);
}

CONFORMANCE_IN(OOB, "SM/PER/OOB/BI-02-C", "The out of band data differs, we respond")
{
    refuse_another_tk(PERIPHERAL);
}

/* ---- beyond the ids ---- */

SENTENCE(a_tk_that_was_overheard_does_not_authenticate)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int ours = 0; ours <= 1; ours++) {
            bench_round("%s, %s made it", role_name(role), ours ? "we" : "the peer");
            prepare(role);
            bench.config.security.ask_oob = !ours;
            if (!ours)
                peer_made_it();
            legacy.oob.channel_is_secure = false;
            meet_legacy();
            if (ours)
                we_made_it(false);
            bench.overheard = true;
            pair_legacy();
            check(bench_method() == KITH_METHOD_OOB && bench_level() == KITH_LEVEL_ENCRYPTED);
        }
}

SENTENCE(our_tk_is_good_once_and_differs_each_time)
{
    uint8_t first[16];

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        bench.config.security.ask_oob = false;
        bench.config.security.bonding = false;
        peer.features[2] = 0;
        peer.features[4] = peer.features[5] = 0;
        meet_legacy();
        we_made_it(true);
        memcpy(first, legacy.tk, sizeof first);
        check(kith_oob_is_ready(bench.host));
        pair_legacy();
        check(!kith_oob_is_ready(bench.host));
        meet_again();
        open_window();
        memset(legacy.tk, 0, sizeof legacy.tk);
        pair_legacy();
        check(bench_method() == KITH_METHOD_JUST_WORKS);
        we_made_it(true);
        check(memcmp(first, legacy.tk, sizeof first) != 0);
    }
}

/* Ruling 6: a stranger that comes and goes does not use it up. */
SENTENCE(our_tk_is_not_used_up_before_anything_was_made_with_it)
{
    prepare(PERIPHERAL);
    bench.config.security.ask_oob = false;
    meet_legacy();
    we_made_it(true);
    legacy_to(LEGACY_TK);
    check(!kith_oob_is_ready(bench.host)); /* one at a time */
    peer_sends("05 08");
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    check(kith_oob_is_ready(bench.host));
    pair_legacy();
    check(bench_method() == KITH_METHOD_OOB);
}

SENTENCE(our_random_is_not_used_up_before_it_went_into_a_check)
{
    begin(PERIPHERAL);
    bench.config.security.methods = kith_all_methods;
    peer_begin();
    peer.features[1] = 1;
    power_on();
    check_ok(kith_oob_make(bench.host, false, true, 3600000));
    we_emit(KITH_EVENT_OOB_READY);
    open_window();
    connect_link();
    peer_sends_request();
    we_send("02 03 00 09 10 02 02");
    peer_sends_public_key();
    we_send_public_key();
    check(!kith_oob_is_ready(bench.host));
    peer_sends("05 08");
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    check(kith_oob_is_ready(bench.host));
}

/* Data for Secure Connections is none for legacy pairing. */
SENTENCE(data_of_the_other_kind_is_not_flagged)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        bench.config.security.ask_oob = false;
        meet_legacy();
        check_ok(kith_oob_make(bench.host, false, true, 3600000));
        check(!we_emit(KITH_EVENT_OOB_READY)->oob.data.has_tk);
        pair_legacy();
        check(bench_method() == KITH_METHOD_JUST_WORKS);
        check((role == CENTRAL ? bench.request : bench.response)[2] == 0);
    }
}

/* We said that we have the peer's Secure Connections data, and then it has no Secure Connections. */
SENTENCE(a_flag_without_a_tk_is_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        peer_made_it();
        legacy.oob.has_tk = false;
        legacy.oob.has_sc = true;
        meet_legacy();
        if (role == CENTRAL)
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        else
            peer_sends_request();
        we_emit(KITH_EVENT_OOB_WANTED);
        check_ok(kith_pairing_oob(bench.host, bench.link, &legacy.oob));
        if (role == CENTRAL) {
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
            peer_sends_response();
        }
        we_send("05 02");
        we_fail(.why = KITH_WHY_OOB_MISSING, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_OOB_NOT_AVAILABLE);
    }
}

SENTENCE(answers_with_data_count_once_and_in_their_time)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        const kith_oob_data nothing = {0};

        bench_round("%s", role_name(role));
        prepare(role);
        peer_made_it();
        meet_legacy();
        check_status(kith_pairing_oob(bench.host, bench.link, &legacy.oob), KITH_ERR_STATE);
        if (role == CENTRAL)
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        else
            peer_sends_request();
        we_emit(KITH_EVENT_OOB_WANTED);
        check_status(kith_pairing_oob(bench.host, bench.link, &nothing), KITH_ERR_VALUE);
        check_status(kith_pairing_oob(bench.host, bench.link + 1, &legacy.oob), KITH_ERR_NOT_FOUND);
        we_send_nothing();
        check_ok(kith_pairing_oob(bench.host, bench.link, &legacy.oob));
        check_status(kith_pairing_oob(bench.host, bench.link, NULL), KITH_ERR_STATE);
        (void)bench_we_send_opcode(role == CENTRAL ? KITH_SMP_PAIRING_REQUEST : KITH_SMP_PAIRING_RESPONSE);
        if (role == CENTRAL)
            peer_sends_response();
        legacy_from(LEGACY_FEATURES, LEGACY_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
        check(bench_method() == KITH_METHOD_OOB);
    }
}

SENTENCE(nobody_has_an_answer_and_the_pairing_goes_on_without)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        meet_legacy();
        if (role == CENTRAL)
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        else
            peer_sends_request();
        we_emit(KITH_EVENT_OOB_WANTED);
        time_passes(24999);
        we_send_nothing();
        time_passes(1);
        (void)bench_we_send_opcode(role == CENTRAL ? KITH_SMP_PAIRING_REQUEST : KITH_SMP_PAIRING_RESPONSE);
        if (role == CENTRAL)
            peer_sends_response();
        legacy_from(LEGACY_FEATURES, LEGACY_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
        check(bench_method() == KITH_METHOD_JUST_WORKS);
    }
}

/* It is a key that everybody knows: nothing is authenticated by it, whatever brought it. */
SENTENCE(a_tk_of_zero_is_no_data)
{
    prepare(PERIPHERAL);
    peer_made_it();
    meet_legacy();
    peer_sends_request();
    we_emit(KITH_EVENT_OOB_WANTED);
    memset(legacy.oob.tk, 0, sizeof legacy.oob.tk);
    check_status(kith_pairing_oob(bench.host, bench.link, &legacy.oob), KITH_ERR_VALUE);
    check_ok(kith_pairing_oob(bench.host, bench.link, NULL));
    we_send("02 03 00 09 10 03 03");
    peer_sends("05 08");
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
}
