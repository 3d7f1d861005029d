/* SM/.../KDU: key distribution over Secure Connections, and public keys that are none. */
#include <string.h>

#include "case.h"
#include "judge.h"
#include "peer.h"

static const uint8_t our_irk[16] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
                                    0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf};
static const uint8_t our_static[6] = {1, 2, 3, 4, 5, 0xc6};

static void meet_with_keys(bench_role role, kith_own_address own, uint8_t initiator_keys, uint8_t responder_keys)
{
    begin(role);
    bench.config.own_address = own;
    bench.config.static_address = our_static;
    bench.config.irk = our_irk;
    bench.config.security.initiator_keys = initiator_keys;
    bench.config.security.responder_keys = responder_keys;
    peer_begin();
    peer.features[4] = initiator_keys;
    peer.features[5] = responder_keys;
    power_on();
    open_window();
    connect_link();
}

static void our_identity_is_right(void)
{
    check(memcmp(peer.our_irk, our_irk, sizeof our_irk) == 0);
    check(peer.our_identity[0] == bench.our_address.type);
    check(memcmp(peer.our_identity + 1, bench.our_address.octets, 6) == 0);
}

static void pair_and_bond(void)
{
    pair_to(STEP_KEYS);
    we_send_nothing();
    we_pair(16);
    check(we_emit(KITH_EVENT_BONDED)->verdict.attempt == KITH_ATTEMPT_BOND);
}

static void distribute_identity_alone(bench_role role)
{
    for (int own = KITH_OWN_PUBLIC; own <= KITH_OWN_STATIC; own++) {
        bench_round(own == KITH_OWN_PUBLIC ? "public address" : "static address");
        meet_with_keys(role, (kith_own_address)own, role == CENTRAL ? KITH_KEY_ID : 0,
                       role == CENTRAL ? 0 : KITH_KEY_ID);
        pair_and_bond();
        our_identity_is_right();
    }
}

/* Fresh for every bond: the same one twice would let one peer sign for another. */
static void distribute_signing_alone(bench_role role)
{
    static const uint8_t none[16];
    uint8_t first[16];

    meet_with_keys(role, KITH_OWN_PUBLIC, role == CENTRAL ? KITH_KEY_SIGN : 0, role == CENTRAL ? 0 : KITH_KEY_SIGN);
    pair_and_bond();
    memcpy(first, peer.our_csrk, sizeof first);
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    open_window();
    connect_link();
    if (role == PERIPHERAL)
        pair_and_bond();
    else {
        kith_bond_info bond;

        check_ok(kith_bonds_next(bench.host, 0, &bond));
        check_ok(kith_bonds_forget(bench.host, bond.peer));
        we_emit(KITH_EVENT_FORGOTTEN);
        pair_and_bond();
    }
    check(memcmp(first, none, sizeof first) != 0);
    check(memcmp(first, peer.our_csrk, sizeof first) != 0);
}

CONFORMANCE_IN(EVERY, "SM/PER/KDU/BV-08-C", "Responder gives its identity and nothing else")
{
    distribute_identity_alone(PERIPHERAL);
}

CONFORMANCE_IN(EVERY, "SM/PER/KDU/BV-09-C", "Responder gives its signing key and nothing else")
{
    distribute_signing_alone(PERIPHERAL);
}

CONFORMANCE_IN(EVERY, "SM/CEN/KDU/BV-10-C", "Initiator gives its identity and nothing else")
{
    distribute_identity_alone(CENTRAL);
}

CONFORMANCE_IN(EVERY, "SM/CEN/KDU/BV-11-C", "Initiator gives its signing key and nothing else")
{
    distribute_signing_alone(CENTRAL);
}

/* ---- public keys that are no points: rounds 1 to 4, and our own X as round 5 ---- */

typedef enum { ROUND_Y_ZERO_DHKEY_ZERO = 1, ROUND_Y_ZERO, ROUND_Y_FLIPPED, ROUND_ORIGIN, ROUND_OUR_X } key_round;

/* p - y, in wire order: the other point with the same X. */
static void negate(uint8_t y[32])
{
    static const uint8_t p[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                  0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff};
    int borrow = 0;

    for (int i = 0; i < 32; i++) {
        int digit = p[i] - y[i] - borrow;

        borrow = digit < 0;
        y[i] = (uint8_t)(digit & 0xff);
    }
}

static void spoil_key(key_round round, bool negated)
{
    switch (round) {
    case ROUND_Y_ZERO_DHKEY_ZERO: /* they differ in what the tester computes later, which we don't let it */
    case ROUND_Y_ZERO:
        memset(peer.public_key + 32, 0, 32);
        break;
    case ROUND_Y_FLIPPED:
        peer.public_key[32] ^= 1;
        break;
    case ROUND_ORIGIN:
        memset(peer.public_key, 0, 64);
        break;
    case ROUND_OUR_X:
        memcpy(peer.public_key, peer.our_public, 64);
        if (negated)
            negate(peer.public_key + 32);
        break;
    }
}

static void refuse_key_after_features(key_round round, bool negated)
{
    spoil_key(round, negated);
    peer_sends_public_key();
    we_send("05 0b");
    we_send_nothing();
    we_fail(.why = round == ROUND_OUR_X ? KITH_WHY_PUBLIC_KEY_REFLECTED : KITH_WHY_PUBLIC_KEY_INVALID,
            .phase = KITH_PHASE_PUBLIC_KEYS, .ended_by = KITH_ENDED_BY_US, .smp_reason = KITH_SMP_DHKEY_CHECK_FAILED);
    check(kith_bonds_count(bench.host) == 0);
}

static void refuse_key_in(key_round round, bool negated)
{
    bench_round("round %d%s", (int)round, negated ? ", negated" : "");
    the_wait_passes();
    open_window();
    pair_to(STEP_FEATURES);
    refuse_key_after_features(round, negated);
    if (bench.role == CENTRAL)
        return;
    controller_asks_for_key(0, 0);
    we_refuse_key();
    we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_US);
}

static void refuse_invalid_keys(bench_role role, key_round last)
{
    begin(role);
    peer_begin();
    power_on();
    connect_link();
    for (key_round round = ROUND_Y_ZERO_DHKEY_ZERO; round <= last; round++) {
        refuse_key_in(round, false);
        if (round == ROUND_OUR_X)
            refuse_key_in(round, true);
    }
    open_window();
    pair_completely(); /* and a sound key is as welcome as ever */
}

/* The program asks again until it may; returns how long that took. */
static uint32_t try_until_allowed(void)
{
    uint64_t told_us = kith_pairing_wait_us(bench.host, bench.link);
    uint32_t waited_ms = 0;
    kith_status status;

    while ((status = kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED)) != KITH_OK) {
        check_status(status, KITH_ERR_BACKOFF);
        check(kith_pairing_wait_us(bench.host, bench.link) == told_us - UINT64_C(1000) * waited_ms);
        if (waited_ms > 200000)
            bench_fail("never allowed again");
        time_passes(100);
        waited_ms += 100;
    }
    return waited_ms;
}

/* An attacker that fails must not be tried again faster and faster, also when it leaves in between. */
static void retry_interval_does_not_shrink(bool reconnects)
{
    uint32_t before_ms = 0;

    begin(CENTRAL);
    peer_begin();
    power_on();
    connect_link();
    for (int i = 0; i < 20; i++) {
        uint32_t waited_ms = try_until_allowed();

        bench_round("retry %d after %u ms, before after %u ms", i, (unsigned)waited_ms, (unsigned)before_ms);
        check(waited_ms >= before_ms);
        check(waited_ms == (i == 0 ? 0 : i < 5 ? 2000u << i : 64000));
        before_ms = waited_ms;
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
        peer_sends_response();
        we_send_public_key();
        refuse_key_after_features(ROUND_Y_FLIPPED, false);
        if (reconnects) {
            link_breaks(0x13);
            we_emit(KITH_EVENT_DISCONNECTED);
            connect_link();
        }
    }
}

CONFORMANCE_IN(EVERY, "SM/PER/KDU/BI-01-C", "Responder refuses invalid public keys")
{
    refuse_invalid_keys(PERIPHERAL, ROUND_ORIGIN);
}

CONFORMANCE_IN(EVERY, "SM/PER/KDU/BI-04-C", "Responder refuses invalid public keys at once, with DHKey Check Failed")
{
    refuse_invalid_keys(PERIPHERAL, ROUND_ORIGIN);
}

CONFORMANCE_IN(EVERY, "SM/CEN/KDU/BI-01-C", "Initiator refuses invalid public keys and retries no faster")
{
    refuse_invalid_keys(CENTRAL, ROUND_ORIGIN);
    retry_interval_does_not_shrink(false);
    retry_interval_does_not_shrink(true);
}

CONFORMANCE_IN(EVERY, "SM/CEN/KDU/BI-04-C", "Initiator refuses invalid public keys and its own X at once")
{
    refuse_invalid_keys(CENTRAL, ROUND_OUR_X);
}

CONFORMANCE_IN(EVERY, "SM/PER/KDU/BI-03-C", "The peer rejects a key that we gave")
{
    meet_with_keys(PERIPHERAL, KITH_OWN_PUBLIC, KITH_KEY_ID, KITH_KEY_ID);
    pair_to(STEP_ENCRYPTED);
    peer_sends("05 0f");
    we_send_nothing();
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = KITH_WHY_KEY_REJECTED, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_KEY_REJECTED, .keys_sent = KITH_KEY_ID);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    check(kith_bonds_count(bench.host) == 0);
}

/* ---- beyond the ids ---- */

/* The debug key is no secret: its private half is printed in the specification. */
SENTENCE(debug_key_is_refused)
{
    static const uint8_t debug_private[32] = {0xbd, 0x1a, 0x3c, 0xcd, 0xa6, 0xb8, 0x99, 0x58, 0x99, 0xb7, 0x40,
                                              0xeb, 0x7b, 0x60, 0xff, 0x4a, 0x50, 0x3f, 0x10, 0xd2, 0xe3, 0xb3,
                                              0xc9, 0x74, 0x38, 0x5f, 0xc5, 0xa3, 0xd4, 0xf6, 0x49, 0x3f};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role == CENTRAL ? "central" : "peripheral");
        meet_with_keys(role, KITH_OWN_PUBLIC, KITH_KEY_ID, KITH_KEY_ID);
        pair_to(STEP_FEATURES);
        judge_key_pair(debug_private, peer.public_key);
        peer_sends_public_key();
        we_send("05 0a");
        we_fail(.why = KITH_WHY_DEBUG_KEY, .phase = KITH_PHASE_PUBLIC_KEYS, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_INVALID_PARAMETERS);
    }
}

/* No coordinate at or above the field's prime, and no twin of a point by adding it. */
SENTENCE(coordinates_beyond_the_field_are_refused)
{
    for (int half = 0; half < 2; half++) {
        bench_round(half == 0 ? "X" : "Y");
        meet_with_keys(PERIPHERAL, KITH_OWN_PUBLIC, KITH_KEY_ID, KITH_KEY_ID);
        pair_to(STEP_FEATURES);
        memset(peer.public_key + 32 * half, 0xff, 32);
        peer_sends_public_key();
        we_send("05 0b");
        we_fail(.why = KITH_WHY_PUBLIC_KEY_INVALID, .phase = KITH_PHASE_PUBLIC_KEYS, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_DHKEY_CHECK_FAILED);
    }
}

SENTENCE(all_keys_both_ways_in_the_specified_order)
{
    const uint8_t all = KITH_KEY_ID | KITH_KEY_SIGN;

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        kith_bond_keys keys;
        kith_bond_info bond;

        bench_round("%s", role == CENTRAL ? "central" : "peripheral");
        meet_with_keys(role, KITH_OWN_PUBLIC, all, all);
        pair_and_bond();
        our_identity_is_right();
        check_ok(kith_bonds_next(bench.host, 0, &bond));
        check_ok(kith_bonds_export(bench.host, bond.peer, &keys));
        check(memcmp(keys.ltk, peer.ltk, 16) == 0 && memcmp(keys.irk, peer.irk, 16) == 0);
        check(memcmp(keys.my_csrk, peer.our_csrk, 16) == 0 && memcmp(keys.peer_csrk, peer.csrk, 16) == 0);
        check(bond.has_irk && bond.key_size == 16 && bond.level == KITH_LEVEL_ENCRYPTED);
        check(kith_address_equal(&bond.identity, &peer.identity));
        check(bond.key_kind == KITH_KEY_KIND_SC && bond.we_were_initiator == (role == CENTRAL));
    }
}

/* The initiator gives its keys only when it has all of the responder's. */
SENTENCE(the_initiator_waits_for_the_responders_keys)
{
    meet_with_keys(CENTRAL, KITH_OWN_PUBLIC, KITH_KEY_ID, KITH_KEY_ID | KITH_KEY_SIGN);
    pair_to(STEP_ENCRYPTED);
    peer_sends_keys(KITH_KEY_ID);
    we_send_nothing();
    peer_sends_keys(KITH_KEY_SIGN);
    we_send_keys(KITH_KEY_ID);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

/* Encryption first, the bond only when the peer's link layer has our last key. */
SENTENCE(the_bond_waits_until_our_last_key_is_acknowledged)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role == CENTRAL ? "central" : "peripheral");
        meet_with_keys(role, KITH_OWN_PUBLIC, KITH_KEY_ID, KITH_KEY_ID);
        pair_to(STEP_CHECKS);
        bench.hold_completed = true;
        pair_from(STEP_CHECKS, STEP_KEYS);
        we_emit_nothing();
        check(kith_bonds_count(bench.host) == 0);
        completed_packets();
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
        check(kith_bonds_count(bench.host) == 1);
    }
}

/* The link key is BR/EDR's, the LTK of Secure Connections is never sent: those bits are never set by us. */
SENTENCE(A28_link_key_and_enc_key_bits_are_cleared)
{
    begin(PERIPHERAL);
    peer_begin();
    power_on();
    open_window();
    connect_link();
    peer_sends("01 03 00 09 10 0f 0f");
    we_send("02 03 00 09 10 02 02");
    pair_from(STEP_FEATURES, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(A11_a_responder_that_asks_for_more_than_was_offered_is_refused)
{
    static const char *const responses[] = {"02 03 00 09 10 06 02", "02 03 00 09 10 02 04"};

    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++) {
        bench_round("%s", responses[i]);
        meet_with_keys(CENTRAL, KITH_OWN_PUBLIC, KITH_KEY_ID, KITH_KEY_ID);
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_send("01 03 00 09 10 02 02");
        peer_sends(responses[i]);
        we_send("05 0a");
        we_fail(.why = KITH_WHY_BAD_PARAMETERS, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US,
                .smp_reason = KITH_SMP_INVALID_PARAMETERS);
    }
}
