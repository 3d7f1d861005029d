/* Phase 1: who may pair, and which features are refused by which name.  Core Vol 3 Part H 2.3, 3.5; beyond the ids. */
#include <string.h>

#include "case.h"
#include "peer.h"

static void prepare(bench_role role)
{
    begin(role);
    peer_begin();
}

static void meet(void)
{
    power_on();
    open_window();
    connect_link();
}

/* The peer shows its features, whichever PDU carries them. */
static void exchange_features(void)
{
    if (bench.role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, bench.config.security.required_level));
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
        peer_sends_response();
    } else
        peer_sends_request();
}

static void features_are_refused(kith_smp_reason reason, kith_why why)
{
    const uint8_t *failed;

    exchange_features();
    failed = bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);
    if (failed[1] != reason)
        bench_fail("refused with %02x, wanted %02x", failed[1], reason);
    we_fail(.why = why, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US, .smp_reason = reason);
    check(kith_bonds_count(bench.host) == 0);
}

static void refuse_octet(bench_role role, unsigned octet, uint8_t value, kith_smp_reason reason, kith_why why)
{
    bench_round("%s, octet %u is %02x", role == CENTRAL ? "central" : "peripheral", octet, value);
    prepare(role);
    peer.features[octet] = value;
    meet();
    features_are_refused(reason, why);
}

/* ---- values ---- */

SENTENCE(a_peer_without_secure_connections_is_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        refuse_octet(role, 2, KITH_AUTH_BONDING, KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_SC_REQUIRED);
}

SENTENCE(A12_every_key_size_but_16_is_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned size = 0; size <= 255; size++) {
            bool legal = size >= 7 && size <= 16;

            if (size != 16)
                refuse_octet(role, 3, (uint8_t)size, legal ? KITH_SMP_ENCRYPTION_KEY_SIZE : KITH_SMP_INVALID_PARAMETERS,
                             legal ? KITH_WHY_KEY_SIZE : KITH_WHY_BAD_PARAMETERS);
        }
}

/* The key is cut to what both allow: pair_completely() compares it with the controller's. */
SENTENCE(shorter_keys_where_they_are_allowed)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (uint8_t least = 7; least <= 16; least++)
            for (uint8_t size = 7; size <= 16; size++) {
                bench_round("%s, at least %u, peer has %u", role == CENTRAL ? "central" : "peripheral", least, size);
                prepare(role);
                bench.config.security.min_key_size = least;
                peer.features[3] = size;
                meet();
                if (size >= least)
                    pair_completely();
                else
                    features_are_refused(KITH_SMP_ENCRYPTION_KEY_SIZE, KITH_WHY_KEY_SIZE);
            }
}

SENTENCE(reserved_io_capabilities_are_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned io = KITH_IO_KEYBOARD_DISPLAY + 1; io <= 255; io++)
            refuse_octet(role, 0, (uint8_t)io, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_PARAMETERS);
}

SENTENCE(reserved_oob_flags_are_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned flag = 2; flag <= 255; flag++)
            refuse_octet(role, 1, (uint8_t)flag, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_PARAMETERS);
}

SENTENCE(oob_that_is_not_built_in_is_refused_by_its_name)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        refuse_octet(role, 1, 1, KITH_SMP_OOB_NOT_AVAILABLE, KITH_WHY_METHOD_LEFT_OUT);
}

SENTENCE(methods_that_are_not_built_in_are_refused_by_name)
{
    static const kith_method *const just_works[] = {&kith_sc_just_works_initiator, &kith_sc_just_works_responder, NULL};
    static const uint8_t pairs[][2] = {{KITH_IO_DISPLAY_YES_NO, KITH_IO_DISPLAY_YES_NO},
                                       {KITH_IO_KEYBOARD_ONLY, KITH_IO_DISPLAY_ONLY},
                                       {KITH_IO_KEYBOARD_DISPLAY, KITH_IO_KEYBOARD_DISPLAY},
                                       {KITH_IO_KEYBOARD_ONLY, KITH_IO_KEYBOARD_ONLY}};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            bench_round("%s, we are %u, the peer is %u", role == CENTRAL ? "central" : "peripheral", pairs[i][0],
                        pairs[i][1]);
            prepare(role);
            bench.config.security.methods = just_works;
            bench.config.security.io = (kith_io_capability)pairs[i][0];
            peer.features[0] = pairs[i][1];
            peer.features[2] |= KITH_AUTH_MITM;
            meet();
            features_are_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_METHOD_LEFT_OUT);
        }
}

/* What the program states is the least result: without inputs and outputs it can't be more than Just Works. */
SENTENCE(a_level_that_can_not_be_reached_fails_in_phase_1)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (kith_level level = KITH_LEVEL_AUTHENTICATED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
            bench_round("%s, level %u", role == CENTRAL ? "central" : "peripheral", (unsigned)level);
            prepare(role);
            bench.config.security.required_level = level;
            peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
            peer.features[2] |= KITH_AUTH_MITM;
            meet();
            features_are_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE);
            check(role == PERIPHERAL || (bench.request[3] & KITH_AUTH_MITM) != 0);
        }
}

SENTENCE(no_bonding_on_one_side_means_no_keys_and_no_bond)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int ours = 0; ours <= 1; ours++) {
            bench_round("%s, %s does not bond", role == CENTRAL ? "central" : "peripheral", ours ? "the peer" : "we");
            prepare(role);
            bench.config.security.bonding = ours;
            peer.features[2] = ours ? KITH_AUTH_SC : KITH_AUTH_SC | KITH_AUTH_BONDING;
            peer.features[4] = peer.features[5] = ours || role == CENTRAL ? 0 : KITH_KEY_ID;
            meet();
            pair_completely();
            check(bench.response[5] == 0 && bench.response[6] == 0);
            check(kith_bonds_count(bench.host) == 0);
        }
}

SENTENCE(a_pairing_request_of_the_wrong_length_is_refused)
{
    static const char *const pdus[] = {"01", "01 03 00 09 10 02", "01 03 00 09 10 02 02 00"};

    for (size_t i = 0; i < sizeof pdus / sizeof pdus[0]; i++) {
        bench_round("%s", pdus[i]);
        prepare(PERIPHERAL);
        meet();
        peer_sends(pdus[i]);
        we_send("05 0a");
        we_fail(.why = KITH_WHY_BAD_LENGTH, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_INVALID_PARAMETERS);
        pair_completely();
    }
}

/* Keys are for bonds: a peer that asks for them all the same gets none and is asked for none. */
SENTENCE(a_peer_that_does_not_bond_gets_no_keys)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (uint8_t bits = 0; bits < 4; bits++) {
            if (bits == KITH_AUTH_BONDING)
                continue;
            bench_round("%s, bonding bits %u", role == CENTRAL ? "central" : "peripheral", bits);
            prepare(role);
            peer.features[2] = KITH_AUTH_SC | bits;
            if (role == CENTRAL)
                peer.features[4] = peer.features[5] = 0;
            meet();
            pair_completely();
            check(bench.response[5] == 0 && bench.response[6] == 0);
            check(kith_bonds_count(bench.host) == 0);
        }
}

/* ---- who may ---- */

static void request_finds_pairing_closed(void)
{
    peer_sends_request();
    we_send("05 05");
    we_fail(.why = KITH_WHY_PAIRING_CLOSED, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_PAIRING_NOT_SUPPORTED);
}

SENTENCE(pairing_is_closed_until_somebody_opens_it)
{
    prepare(PERIPHERAL);
    power_on();
    connect_link();
    request_finds_pairing_closed();
    open_window();
    pair_completely();
}

SENTENCE(the_window_closes_by_its_time_and_by_hand)
{
    prepare(PERIPHERAL);
    meet();
    time_passes(59999);
    check(kith_pairing_is_open(bench.host));
    time_passes(1);
    request_finds_pairing_closed();
    open_window();
    check_ok(kith_host_advance(bench.host, bench.now_us)); /* a window counts from the first time told */
    bench.now_us += 60000000;                              /* the request comes before anybody looked at the clock */
    request_finds_pairing_closed();
    open_window();
    kith_pairing_close(bench.host);
    request_finds_pairing_closed();
}

SENTENCE(a_pairing_begun_inside_the_window_may_end_after_it)
{
    prepare(PERIPHERAL);
    power_on();
    check_ok(kith_pairing_open(bench.host, 1000));
    connect_link();
    pair_to(STEP_FEATURES);
    time_passes(2000);
    check(!kith_pairing_is_open(bench.host));
    pair_from(STEP_FEATURES, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(the_window_closes_after_one_success)
{
    prepare(PERIPHERAL);
    meet();
    pair_completely();
    check(!kith_pairing_is_open(bench.host));
}

SENTENCE(the_window_closes_after_three_failures_of_the_peer)
{
    prepare(PERIPHERAL);
    meet();
    for (int i = 0; i < 3; i++) {
        check(kith_pairing_is_open(bench.host));
        pair_to(STEP_FEATURES);
        peer_sends("05 08");
        we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_PUBLIC_KEYS, .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    }
    request_finds_pairing_closed();
}

SENTENCE(without_a_method_pairing_is_not_supported)
{
    prepare(PERIPHERAL);
    bench.config.security.methods = NULL;
    meet();
    request_finds_pairing_closed();
    check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_ERR_UNSUPPORTED);
}

SENTENCE(a_person_is_asked_and_says_yes)
{
    prepare(PERIPHERAL);
    bench.config.security.policy = KITH_PAIRING_ASK;
    power_on();
    connect_link();
    peer_sends_request();
    we_send_nothing();
    check(!we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again);
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    we_send("02 03 00 09 10 02 02");
    pair_from(STEP_FEATURES, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(a_person_is_asked_and_says_no)
{
    prepare(PERIPHERAL);
    bench.config.security.policy = KITH_PAIRING_ASK;
    power_on();
    connect_link();
    peer_sends_request();
    we_emit(KITH_EVENT_CONSENT_WANTED);
    check_ok(kith_pairing_consent(bench.host, bench.link, false));
    we_send("05 08");
    we_fail(.why = KITH_WHY_CONSENT_REFUSED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_USER,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
}

/* ---- a full store is told before anybody goes through a pairing for nothing ---- */

static void fill_the_store(bench_role role)
{
    prepare(role);
    bench.config.limits.bonds = 1;
    meet();
    pair_completely();
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    bench.peer_address.octets[0] ^= 1;
    open_window();
    connect_link();
}

static void we_tell_that_the_store_is_full(void)
{
    we_send("05 08");
    we_fail(.why = KITH_WHY_STORE_FULL, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    check(kith_bonds_count(bench.host) == 1);
}

SENTENCE(a_full_store_is_told_before_pairing_starts)
{
    bench_round("peripheral");
    fill_the_store(PERIPHERAL);
    peer_sends_request();
    we_tell_that_the_store_is_full();
    bench_round("central");
    fill_the_store(CENTRAL);
    check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_ERR_FULL);
    peer_sends("0b 09");
    we_tell_that_the_store_is_full();
}

/* ---- pairing again: the old bond stays byte for byte until the new one is whole ---- */

static kith_bond_keys keys_of_the_bond(void)
{
    kith_bond_info bond;
    kith_bond_keys keys;

    memset(&keys, 0, sizeof keys);
    check(kith_bonds_count(bench.host) == 1);
    check_ok(kith_bonds_next(bench.host, 0, &bond));
    check_ok(kith_bonds_export(bench.host, bond.peer, &keys));
    return keys;
}

static kith_bond_keys bond_and_meet_again(void)
{
    kith_bond_keys keys;

    prepare(PERIPHERAL);
    bench.config.security.min_key_size = 7;
    bench.config.security.policy = KITH_PAIRING_ASK;
    meet();
    pair_completely();
    keys = keys_of_the_bond();
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    return keys;
}

static void the_bond_is(const kith_bond_keys *before, bool the_same)
{
    kith_bond_keys now = keys_of_the_bond();

    check((memcmp(before->ltk, now.ltk, 16) == 0) == the_same);
}

SENTENCE(a_bonded_peer_that_pairs_again_is_asked_about)
{
    for (int yes = 0; yes <= 1; yes++) {
        kith_bond_keys before = bond_and_meet_again();

        bench_round(yes ? "yes" : "no");
        connect_link();
        peer_sends_request();
        check(we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again);
        check_ok(kith_pairing_consent(bench.host, bench.link, yes));
        if (yes) {
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
            pair_from(STEP_FEATURES, STEP_KEYS);
            we_pair(16);
            we_emit(KITH_EVENT_BONDED);
        } else {
            we_send("05 08");
            we_fail(.why = KITH_WHY_CONSENT_REFUSED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_USER,
                    .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
        }
        the_bond_is(&before, !yes);
    }
}

SENTENCE(B1_a_bond_is_not_replaced_by_a_weaker_one)
{
    kith_bond_keys before = bond_and_meet_again();

    open_window();
    connect_link();
    peer.features[3] = 15;
    peer_sends_request();
    we_send("05 03");
    we_fail(.why = KITH_WHY_WEAKER, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS);
    the_bond_is(&before, true);
}

/* Whose bond it would be shows at the end alone. */
SENTENCE(a_bond_is_not_replaced_by_a_weaker_one_from_another_address)
{
    kith_bond_keys before = bond_and_meet_again();

    open_window();
    bench.peer_address.octets[0] ^= 1;
    connect_link();
    peer.features[3] = 15;
    pair_to(STEP_KEYS);
    we_send("05 0f");
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = KITH_WHY_WEAKER, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_KEY_REJECTED, .keys_sent = KITH_KEY_ID, .keys_taken = KITH_KEY_ID);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    the_bond_is(&before, true);
}

/* Consent to a stranger is no consent to give it a known peer's place. */
static void stranger_turns_out_to_be_known(void)
{
    const kith_event *asked;

    bench.peer_address.octets[0] ^= 1; /* another address, the same identity later */
    connect_link();
    peer_sends_request();
    check(!we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again);
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
    pair_from(STEP_FEATURES, STEP_KEYS);
    asked = we_emit(KITH_EVENT_CONSENT_WANTED);
    check(asked->consent.again && asked->consent.identity_given && asked->consent.replaces != 0);
    check(asked->consent.deadline_us <= bench.smp_sent_us + 25000000);
}

static void it_is_rejected(kith_why why, kith_ender ender)
{
    we_send("05 0f");
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = why, .phase = KITH_PHASE_KEYS, .ended_by = ender, .smp_reason = KITH_SMP_KEY_REJECTED,
            .keys_sent = KITH_KEY_ID, .keys_taken = KITH_KEY_ID);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
}

SENTENCE(a_stranger_that_turns_out_to_be_somebody_known_is_asked_about)
{
    for (int yes = 0; yes <= 1; yes++) {
        kith_bond_keys before = bond_and_meet_again();

        bench_round(yes ? "yes" : "no");
        stranger_turns_out_to_be_known();
        the_bond_is(&before, true); /* held: the old one stands while a person thinks */
        check_ok(kith_pairing_consent(bench.host, bench.link, yes));
        check_status(kith_pairing_consent(bench.host, bench.link, true), KITH_ERR_STATE);
        if (yes) {
            we_pair(16);
            we_emit(KITH_EVENT_BONDED);
        } else {
            it_is_rejected(KITH_WHY_REPAIRING_REFUSED, KITH_ENDED_BY_USER);
        }
        the_bond_is(&before, !yes);
    }
}

static uint8_t class_of_peer(const kith_address *identity)
{
    kith_bond_info bond = {.peer = 0};

    while (kith_bonds_next(bench.host, bond.peer, &bond) == KITH_OK)
        if (kith_address_equal(&bond.identity, identity))
            return bond.peer_class;
    bench_fail("no such bond");
}

/* Its address was that of a peer with a class; whose identity it gives is another's. */
SENTENCE(a_class_is_given_and_never_taken_from_an_address)
{
    kith_address known;

    prepare(PERIPHERAL);
    bench.config.security.policy = KITH_PAIRING_ASK;
    power_on();
    check_ok(kith_pairing_open_as(bench.host, 60000, 5));
    connect_link();
    pair_completely();
    known = peer.identity;
    check(class_of_peer(&known) == 5);
    for (int renews = 0; renews <= 1; renews++) {
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
        connect_link();
        if (!renews)
            peer.identity.octets[0] ^= 0x55;
        peer_sends_request();
        check(we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again);
        check_ok(kith_pairing_consent(bench.host, bench.link, true));
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
        pair_from(STEP_FEATURES, STEP_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
        check(class_of_peer(&peer.identity) == (renews ? 5 : 0));
        check(class_of_peer(&known) == 5);
        peer.identity = known;
    }
}

/* What was true when the question was put need not be when it is answered. */
SENTENCE(a_late_yes_is_judged_by_what_is_true_then)
{
    kith_bond_keys before = bond_and_meet_again();
    kith_security blocked = bench.config.security;

    stranger_turns_out_to_be_known();
    blocked.blocked = &peer.identity;
    blocked.blocked_count = 1;
    check_ok(kith_security_set(bench.host, &blocked));
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    it_is_rejected(KITH_WHY_PEER_BLOCKED, KITH_ENDED_BY_US);
    the_bond_is(&before, true);
}

SENTENCE(a_stranger_that_turns_out_to_be_somebody_known_is_rejected_where_nobody_answers)
{
    kith_bond_keys before = bond_and_meet_again();

    stranger_turns_out_to_be_known();
    time_passes(25001);
    it_is_rejected(KITH_WHY_CONSENT_TIMEOUT, KITH_ENDED_BY_TIMEOUT);
    the_bond_is(&before, true);
}
