/* What a program configures, over Secure Connections: Secure Connections Only, bonds and authentication that are
 * required, peers that are blocked, identities that are held back, debug keys, key sizes; and changes between pairings.
 * docs/security-policy.md. */
#include <string.h>

#include "case.h"
#include "judge.h"
#include "peer_oob.h"
#include "peer_passkey.h"

static const char *role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

static void prepare(bench_role role)
{
    begin(role);
    bench.config.security.methods = kith_all_methods;
    peer_begin();
}

/* Both can compare numbers, and we ask for it. */
static void prepare_numbers(bench_role role)
{
    prepare(role);
    bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
    bench.config.security.ask_mitm = true;
    peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
}

static void meet(void)
{
    power_on();
    open_window();
    connect_link();
}

static void meet_again(void)
{
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    connect_link();
}

static void exchange_features(void)
{
    if (bench.role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
        peer_sends_response();
    } else {
        peer_sends_request();
    }
}

static void it_is_refused(kith_smp_reason reason, kith_why why, kith_phase phase)
{
    const uint8_t *failed = bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);

    if (failed[1] != reason)
        bench_fail("refused with %02x, wanted %02x", failed[1], reason);
    we_send_nothing();
    we_fail(.why = why, .phase = phase, .ended_by = KITH_ENDED_BY_US, .smp_reason = reason);
}

static void features_are_refused(kith_smp_reason reason, kith_why why)
{
    exchange_features();
    it_is_refused(reason, why, KITH_PHASE_FEATURES);
    check(kith_bonds_count(bench.host) == 0);
}

static void set(void)
{
    check_ok(kith_security_set(bench.host, &bench.config.security));
}

static kith_bond_info the_bond(void)
{
    kith_bond_info bond;

    memset(&bond, 0, sizeof bond);
    check(kith_bonds_count(bench.host) == 1);
    check_ok(kith_bonds_next(bench.host, 0, &bond));
    return bond;
}

/* ---- Secure Connections Only ---- */

SENTENCE(secure_connections_only_is_level_4_or_nothing)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s, numbers", role_name(role));
        prepare_numbers(role);
        bench.config.security.sc_only = true;
        bench.config.security.ask_mitm = false; /* it goes without saying */
        meet();
        pair_completely();
        check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);

        bench_round("%s, the peer has no inputs", role_name(role));
        prepare_numbers(role);
        bench.config.security.sc_only = true;
        peer.features[0] = KITH_IO_NO_INPUT_NO_OUTPUT;
        meet();
        features_are_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE);

        bench_round("%s, the peer has shorter keys", role_name(role));
        prepare_numbers(role);
        bench.config.security.sc_only = true;
        bench.config.security.min_key_size = 7;
        peer.features[3] = 15;
        meet();
        features_are_refused(KITH_SMP_ENCRYPTION_KEY_SIZE, KITH_WHY_KEY_SIZE);

        bench_round("%s, the peer has legacy pairing alone", role_name(role));
        prepare_numbers(role);
        bench.config.security.sc_only = bench.config.security.legacy = bench.config.security.before_core_6_2 = true;
        peer.features[2] = KITH_AUTH_BONDING | KITH_AUTH_MITM;
        meet();
        features_are_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_SC_REQUIRED);
    }
}

SENTENCE(secure_connections_only_takes_a_passkey)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        begin_passkey(role, KITH_PASSKEY_BOTH_TYPE);
        bench.config.security.sc_only = true;
        meet_for_passkey();
        pair_by_passkey();
        check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
    }
}

/* A bond of before that is worth less is no key any more. */
SENTENCE(secure_connections_only_is_for_bonds_too)
{
    bench_round("peripheral");
    prepare(PERIPHERAL);
    meet();
    pair_completely();
    bench.config.security.sc_only = true;
    set();
    meet_again();
    controller_asks_for_key(0, 0);
    we_refuse_key();
    we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_US);
    bench_round("central");
    prepare(CENTRAL);
    meet();
    pair_completely();
    bench.config.security.sc_only = true;
    set();
    meet_again();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    check(we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again); /* whose bond may it replace? */
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    we_command_nothing();
    we_send("01 03 00 0d 10 02 02"); /* it is paired anew */
    peer_sends_response();
    it_is_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE, KITH_PHASE_FEATURES);
    check(the_bond().level == KITH_LEVEL_ENCRYPTED);
}

/* ---- bonds that are required ---- */

SENTENCE(a_peer_that_would_not_bond_is_refused_where_a_bond_is_required)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (uint8_t bits = 0; bits < 4; bits++) {
            bench_round("%s, bonding bits %u", role_name(role), bits);
            prepare(role);
            bench.config.security.bonding_required = true;
            peer.features[2] = KITH_AUTH_SC | bits;
            meet();
            if (bits == KITH_AUTH_BONDING)
                pair_completely();
            else
                features_are_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_NOT_BONDING);
        }
}

/* ---- blocked peers ---- */

static void a_blocked_peer_is_refused(void)
{
    if (bench.role == CENTRAL) {
        check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_ERR_UNSUPPORTED);
        check_status(kith_security_pair(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_ERR_UNSUPPORTED);
        peer_sends("0b 09");
    } else {
        check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_ERR_UNSUPPORTED);
        peer_sends_request();
    }
    it_is_refused(KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PEER_BLOCKED, KITH_PHASE_REQUEST);
    check(kith_bonds_count(bench.host) == 0);
}

SENTENCE(a_blocked_peer_is_never_paired_with)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        kith_address blocked[2];

        bench_round("%s", role_name(role));
        prepare(role);
        blocked[0] = blocked[1] = bench.peer_address;
        blocked[0].octets[5] ^= 1; /* somebody else, and the one */
        bench.config.security.blocked = blocked;
        bench.config.security.blocked_count = 2;
        meet();
        a_blocked_peer_is_refused();
        bench.config.security.blocked_count = 1;
        set();
        pair_completely();
    }
}

/* The same octets of the other type are another device. */
SENTENCE(a_public_address_that_is_blocked_is_not_the_random_one)
{
    kith_address blocked;

    prepare(PERIPHERAL);
    blocked = bench.peer_address;
    blocked.octets[5] |= 0xc0;
    bench.peer_address = blocked;
    blocked.type = KITH_ADDRESS_RANDOM;
    peer.identity = bench.peer_address;
    bench.config.security.blocked = &blocked;
    bench.config.security.blocked_count = 1;
    meet();
    pair_completely();
}

/* Its address on air told nothing: the identity that it gives does. */
SENTENCE(a_blocked_identity_is_rejected_when_it_shows)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare(role);
        peer.identity.octets[0] ^= 1;
        bench.config.security.blocked = &peer.identity;
        bench.config.security.blocked_count = 1;
        meet();
        pair_to(STEP_KEYS);
        we_send("05 0f");
        level_is(KITH_LEVEL_NONE);
        we_fail(.why = KITH_WHY_PEER_BLOCKED, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_KEY_REJECTED, .keys_sent = KITH_KEY_ID, .keys_taken = KITH_KEY_ID);
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
        check(kith_bonds_count(bench.host) == 0);
    }
}

/* ---- our identity, where it is for the authenticated alone ---- */

static void prepare_to_hide(bench_role role, bool numbers)
{
    if (numbers)
        prepare_numbers(role);
    else
        prepare(role);
    bench.config.security.identity_needs_mitm = true;
}

SENTENCE(our_identity_is_held_back_from_who_is_not_authenticated)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare_to_hide(role, false);
        if (role == CENTRAL)
            peer.features[4] = 0; /* what was not offered */
        meet();
        pair_completely();
        check(bench_level() == KITH_LEVEL_ENCRYPTED && keys_from_us() == 0);
        check(role == PERIPHERAL || bench.request[5] == 0);
        check(keys_from_peer() == KITH_KEY_ID);
    }
}

/* A responder knows what will come of it; an initiator where it requires it. */
SENTENCE(our_identity_is_given_to_who_will_be_authenticated)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare_to_hide(role, true);
        bench.config.security.required_level = role == CENTRAL ? KITH_LEVEL_AUTHENTICATED : KITH_LEVEL_ENCRYPTED;
        meet();
        pair_completely();
        check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED && keys_from_us() == KITH_KEY_ID);
    }
}

/* It was promised to who would be authenticated: numbers that nobody looked at are no answer then. */
SENTENCE(numbers_that_nobody_saw_do_not_give_our_identity_away)
{
    prepare_to_hide(PERIPHERAL, true);
    meet();
    pair_to(STEP_PUBLIC_KEYS);
    peer_sends_random();
    we_send_random();
    we_show_the_number();
    check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_UNSEEN), KITH_ERR_VALUE);
    we_send_nothing();
    our_person_says(KITH_NUMBERS_EQUAL);
    pair_from(STEP_RANDOMS, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

/* ---- debug keys ---- */

/* Its private half is printed in the specification (Vol 3 Part H 2.3.5.6.1). */
static void peer_takes_the_debug_key(void)
{
    static const uint8_t debug_private[32] = {0xbd, 0x1a, 0x3c, 0xcd, 0xa6, 0xb8, 0x99, 0x58, 0x99, 0xb7, 0x40,
                                              0xeb, 0x7b, 0x60, 0xff, 0x4a, 0x50, 0x3f, 0x10, 0xd2, 0xe3, 0xb3,
                                              0xc9, 0x74, 0x38, 0x5f, 0xc5, 0xa3, 0xd4, 0xf6, 0x49, 0x3f};

    memcpy(peer.private_key, debug_private, sizeof debug_private);
    judge_key_pair(debug_private, peer.public_key);
}

static void the_link_is_open_to_all(void)
{
    check(bench_level() == KITH_LEVEL_ENCRYPTED);
    we_pair(16);
    we_emit_nothing();
    check(kith_bonds_count(bench.host) == 0);
}

SENTENCE(a_debug_key_that_is_allowed_makes_no_bond_and_nothing_authenticated)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int numbers = 0; numbers <= 1; numbers++) {
            bench_round("%s, numbers %d", role_name(role), numbers);
            (numbers ? prepare_numbers : prepare)(role);
            bench.config.security.debug_keys = true;
            meet();
            pair_to(STEP_FEATURES);
            peer_takes_the_debug_key();
            bench.debug_key = true;
            pair_from(STEP_FEATURES, STEP_KEYS);
            the_link_is_open_to_all();
        }
}

SENTENCE(a_debug_key_authenticates_no_passkey)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (kith_passkey_form form = KITH_PASSKEY_INITIATOR_SHOWS; form <= KITH_PASSKEY_BOTH_TYPE; form++) {
            bench_round("%s, %s", role_name(role), kith_passkey_form_name(form));
            begin_passkey(role, form);
            bench.config.security.debug_keys = true;
            meet_for_passkey();
            passkey_to(PASSKEY_FEATURES);
            peer_takes_the_debug_key();
            bench.debug_key = true;
            passkey_from(PASSKEY_FEATURES, PASSKEY_KEYS);
            the_link_is_open_to_all();
        }
}

SENTENCE(a_debug_key_authenticates_no_data)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        begin_oob(role, false, true);
        bench.config.security.debug_keys = true;
        meet_for_oob();
        oob_to(OOB_FEATURES);
        peer_takes_the_debug_key();
        bench.debug_key = true;
        oob_from(OOB_FEATURES, OOB_KEYS);
        the_link_is_open_to_all();
    }
}

static void a_debug_key_is_refused(void)
{
    pair_to(STEP_FEATURES);
    peer_takes_the_debug_key();
    peer_sends_public_key();
    it_is_refused(KITH_SMP_INVALID_PARAMETERS, KITH_WHY_DEBUG_KEY, KITH_PHASE_PUBLIC_KEYS);
}

SENTENCE(a_debug_key_is_refused_where_it_is_not_allowed_or_more_is_required)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int allowed = 0; allowed <= 1; allowed++) {
            bench_round("%s, allowed %d", role_name(role), allowed);
            prepare_numbers(role);
            bench.config.security.debug_keys = allowed;
            bench.config.security.required_level = allowed ? KITH_LEVEL_AUTHENTICATED : KITH_LEVEL_ENCRYPTED;
            meet();
            a_debug_key_is_refused();
            pair_completely(); /* with a key of its own */
        }
}

SENTENCE(a_debug_key_does_not_give_our_identity_away)
{
    prepare_to_hide(PERIPHERAL, true);
    bench.config.security.debug_keys = true;
    meet();
    a_debug_key_is_refused();
    pair_completely();
}

/* A bond that stands is not touched by it, and no link of its level comes of it. */
SENTENCE(a_debug_key_leaves_the_bond_that_stands)
{
    kith_bond_info before;

    prepare(PERIPHERAL);
    bench.config.security.debug_keys = true;
    meet();
    pair_completely();
    before = the_bond();
    meet_again();
    open_window();
    pair_to(STEP_FEATURES);
    peer_takes_the_debug_key();
    bench.debug_key = true;
    pair_from(STEP_FEATURES, STEP_KEYS);
    we_pair(16);
    we_emit_nothing();
    check(the_bond().peer == before.peer);
}

/* ---- key sizes ---- */

SENTENCE(a_longer_key_may_be_asked_for_with_one_link)
{
    for (uint8_t least = 7; least <= 16; least++)
        for (uint8_t size = 7; size <= 16; size++) {
            bench_round("at least %u, the peer has %u", least, size);
            prepare(CENTRAL);
            bench.config.security.min_key_size = 7;
            peer.features[3] = size;
            power_on();
            connect_link();
            check_ok(kith_security_secure_with(bench.host, bench.link, KITH_LEVEL_ENCRYPTED, least));
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
            peer_sends_response();
            if (size < least) {
                it_is_refused(KITH_SMP_ENCRYPTION_KEY_SIZE, KITH_WHY_KEY_SIZE, KITH_PHASE_FEATURES);
                continue;
            }
            we_send_public_key();
            pair_from(STEP_FEATURES, STEP_KEYS);
            we_pair(size);
            we_emit(KITH_EVENT_BONDED);
            check(the_bond().key_size == size);
        }
}

SENTENCE(a_longer_key_is_asked_of_the_central_too)
{
    prepare(PERIPHERAL);
    bench.config.security.min_key_size = 7;
    peer.features[3] = 9;
    power_on();
    connect_link();
    check_ok(kith_security_secure_with(bench.host, bench.link, KITH_LEVEL_ENCRYPTED, 10));
    we_send("0b 09");
    peer_sends_request();
    it_is_refused(KITH_SMP_ENCRYPTION_KEY_SIZE, KITH_WHY_KEY_SIZE, KITH_PHASE_FEATURES);
    check_ok(kith_security_secure_with(bench.host, bench.link, KITH_LEVEL_ENCRYPTED, 9));
    we_send("0b 09");
    pair_to(STEP_KEYS);
    we_pair(9);
    we_emit(KITH_EVENT_BONDED);
}

/* What stands is not enough, neither on the link nor in the bond. */
SENTENCE(a_shorter_key_of_before_is_not_enough)
{
    prepare(CENTRAL);
    bench.config.security.min_key_size = 7;
    peer.features[3] = 9;
    meet();
    pair_completely();
    check_ok(kith_security_secure_with(bench.host, bench.link, KITH_LEVEL_ENCRYPTED, 9));
    check(we_emit(KITH_EVENT_ENCRYPTED)->verdict.why == KITH_WHY_ALREADY_SECURE);
    check_ok(kith_security_secure_with(bench.host, bench.link, KITH_LEVEL_ENCRYPTED, 10));
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    peer_sends("05 08");
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    the_wait_passes();
    meet_again();
    peer.features[3] = 16;
    check_ok(kith_security_secure_with(bench.host, bench.link, KITH_LEVEL_ENCRYPTED, 10));
    we_start_encryption(peer.ltk); /* the bond is proven first */
    encryption_changes(0);
    level_is(KITH_LEVEL_ENCRYPTED);
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    peer_sends_response();
    we_send_public_key();
    pair_from(STEP_FEATURES, STEP_CHECKS);
    we_start_encryption(peer.ltk);
    key_refreshes(0);
    level_is(KITH_LEVEL_ENCRYPTED);
    peer_sends_keys(KITH_KEY_ID);
    we_send_keys(KITH_KEY_ID);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    check(the_bond().key_size == 16);
}

SENTENCE(a_key_that_is_longer_than_ours_can_not_be_asked_for)
{
    prepare(CENTRAL);
    bench.config.security.min_key_size = 7;
    bench.config.security.max_key_size = 10;
    meet();
    check_status(kith_security_secure_with(bench.host, bench.link, KITH_LEVEL_ENCRYPTED, 17), KITH_ERR_VALUE);
    check_status(kith_security_secure_with(bench.host, bench.link, KITH_LEVEL_ENCRYPTED, 11), KITH_ERR_UNSUPPORTED);
    we_send_nothing();
    pair_completely();
    check(the_bond().key_size == 10);
}

/* ---- changes between pairings ---- */

SENTENCE(what_is_configured_anew_is_for_pairings_that_begin_later)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        prepare_numbers(role);
        bench.config.security.bonding = false;
        peer.features[4] = peer.features[5] = 0;
        meet();
        pair_to(STEP_FEATURES);
        bench.config.security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
        bench.config.security.io = KITH_IO_NO_INPUT_NO_OUTPUT;
        set();
        pair_from(STEP_FEATURES, STEP_KEYS); /* with what it began with */
        check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
        we_pair(16);
        meet_again();
        open_window();
        features_are_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE);
    }
}

SENTENCE(what_is_impossible_is_not_configured)
{
    kith_security security;

    prepare(PERIPHERAL);
    meet();
    for (int i = 0; i < 12; i++) {
        bench_round("case %d", i);
        security = bench.config.security;
        switch (i) {
        case 0:
            security.io = (kith_io_capability)5;
            break;
        case 1:
            security.required_level = KITH_LEVEL_NONE;
            break;
        case 2:
            security.required_level = (kith_level)5;
            break;
        case 3:
            security.min_key_size = 6;
            break;
        case 4:
            security.max_key_size = 17;
            break;
        case 5:
            security.min_key_size = 16;
            security.max_key_size = 15;
            break;
        case 6:
            security.initiator_keys = 0x08;
            break;
        case 7:
            security.responder_keys = 0x08;
            break;
        case 8:
            security.policy = (kith_pairing_policy)2;
            break;
        case 9:
            security.fixed_passkey = 1000000;
            break;
        case 10:
            security.blocked_count = 1;
            break;
        default:
            security.bonding = false;
            security.bonding_required = true;
            break;
        }
        check_status(kith_security_set(bench.host, &security), KITH_ERR_VALUE);
    }
    pair_completely(); /* nothing was changed */
}
