/* Phase 3 where the peer does something else than it should, and identities that are none.  Core Vol 3 Part H 2.4.3,
 * 3.6; the ids of the SIG have no cases for these. */
#include <string.h>

#include "case.h"
#include "judge.h"
#include "peer.h"

static void meet(bench_role role)
{
    begin(role);
    bench.config.security.initiator_keys = KITH_KEY_ID | KITH_KEY_SIGN;
    bench.config.security.responder_keys = KITH_KEY_ID | KITH_KEY_SIGN;
    peer_begin();
    power_on();
    open_window();
    connect_link();
}

/* A pairing that failed with its key in use: no level, no link, no bond; and the next one is clean. */
static void all_is_undone(void)
{
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    check(kith_bonds_count(bench.host) == 0);
    connect_link();
    pair_completely();
}

static uint8_t sent_by_us_before_the_peers(void)
{
    return bench.role == PERIPHERAL ? KITH_KEY_ID : 0;
}

/* ---- order ---- */

static void refuse_in_phase_3(bench_role role, const char *first, const char *second, const char *failure, kith_why why)
{
    bench_round("%s: %s", role == CENTRAL ? "central" : "peripheral", second);
    meet(role);
    pair_to(STEP_ENCRYPTED);
    if (first != NULL)
        peer_sends(first);
    we_send_nothing();
    peer_sends(second);
    we_send(failure);
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = why, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_US,
            .smp_reason =
                (kith_smp_reason)(failure[4] == 'a' ? KITH_SMP_INVALID_PARAMETERS : KITH_SMP_UNSPECIFIED_REASON),
            .keys_sent = sent_by_us_before_the_peers());
    all_is_undone();
}

#define IRK  "08 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff"
#define ID   "09 00 a1 a2 a3 a4 a5 a6"
#define CSRK "0a 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff"
#define LTK  "06 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff"
#define EDIV "07 00 00 00 00 00 00 00 00 00 00"

SENTENCE(B17_keys_out_of_order_are_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        refuse_in_phase_3(role, NULL, ID, "05 08", KITH_WHY_OUT_OF_ORDER);
        refuse_in_phase_3(role, NULL, CSRK, "05 08", KITH_WHY_OUT_OF_ORDER);
        refuse_in_phase_3(role, IRK, IRK, "05 08", KITH_WHY_OUT_OF_ORDER);
        refuse_in_phase_3(role, IRK, CSRK, "05 08", KITH_WHY_OUT_OF_ORDER);
    }
}

/* Secure Connections sends no LTK: one that comes is a relay's, or a confused peer's. */
SENTENCE(B17_legacy_keys_in_secure_connections_are_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        refuse_in_phase_3(role, NULL, LTK, "05 08", KITH_WHY_OUT_OF_ORDER);
        refuse_in_phase_3(role, NULL, EDIV, "05 08", KITH_WHY_OUT_OF_ORDER);
    }
}

SENTENCE(keys_of_the_wrong_length_are_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        refuse_in_phase_3(role, NULL, "08 00 11 22", "05 0a", KITH_WHY_BAD_LENGTH);
        refuse_in_phase_3(role, NULL, IRK " 00", "05 0a", KITH_WHY_BAD_LENGTH);
        refuse_in_phase_3(role, IRK, "09 00 a1 a2 a3 a4 a5", "05 0a", KITH_WHY_BAD_LENGTH);
    }
}

SENTENCE(B17_a_key_that_was_not_agreed_on_is_refused)
{
    begin(PERIPHERAL); /* identity only */
    peer_begin();
    power_on();
    open_window();
    connect_link();
    pair_to(STEP_CHECKS);
    bench.hold_completed = true;
    pair_from(STEP_CHECKS, STEP_KEYS);
    peer_sends(CSRK); /* before the end: our keys are not acknowledged */
    completed_packets();
    we_send("05 08");
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = KITH_WHY_OUT_OF_ORDER, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON, .keys_sent = KITH_KEY_ID, .keys_taken = KITH_KEY_ID);
    bench.hold_completed = false;
    completed_packets();
    all_is_undone();
}

SENTENCE(keys_after_the_end_change_nothing)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        kith_bond_keys before, after;
        kith_bond_info bond;

        bench_round("%s", role == CENTRAL ? "central" : "peripheral");
        meet(role);
        pair_completely();
        check_ok(kith_bonds_next(bench.host, 0, &bond));
        check_ok(kith_bonds_export(bench.host, bond.peer, &before));
        peer_sends(IRK);
        we_send("05 07");
        peer_sends("09 01 01 02 03 04 05 c6");
        we_send("05 07");
        peer_sends(CSRK);
        we_send("05 07");
        we_emit_nothing();
        check_ok(kith_bonds_export(bench.host, bond.peer, &after));
        check(memcmp(&before, &after, sizeof before) == 0 && kith_bonds_count(bench.host) == 1);
    }
}

SENTENCE(B17_missing_keys_end_in_a_timeout)
{
    static const char *const given[] = {NULL, IRK};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (size_t i = 0; i < 2; i++) {
            bench_round("%s, %s", role == CENTRAL ? "central" : "peripheral", i == 0 ? "none" : "the IRK alone");
            meet(role);
            pair_to(STEP_ENCRYPTED);
            if (given[i] != NULL)
                peer_sends(given[i]);
            time_passes(30000);
            level_is(KITH_LEVEL_NONE);
            we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_TIMEOUT,
                    .keys_sent = sent_by_us_before_the_peers());
            all_is_undone();
        }
}

/* ---- keys before encryption ---- */

static void send_key_early(bench_role role, step after, const char *key)
{
    bench_round("%s, %.2s after %s", role == CENTRAL ? "central" : "peripheral", key, step_name(after));
    meet(role);
    pair_to(after);
    peer_sends(key);
    we_send("05 08");
    we_fail(.why = KITH_WHY_KEYS_TOO_EARLY, .phase = phase_after(after), .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    check(kith_bonds_count(bench.host) == 0);
    pair_completely();
}

SENTENCE(B16_keys_before_encryption_are_refused)
{
    static const char *const keys[] = {IRK, ID, CSRK, LTK, EDIV};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (step after = STEP_FEATURES; after <= last_step_in_plain(role); after++)
            for (size_t i = 0; is_step_of(role, after) && i < sizeof keys / sizeof keys[0]; i++)
                send_key_early(role, after, keys[i]);
}

SENTENCE(B16_keys_without_a_pairing_are_refused)
{
    static const char *const keys[] = {IRK, ID, CSRK, LTK, EDIV};

    meet(PERIPHERAL);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        peer_sends(keys[i]);
        we_send("05 07");
    }
    we_emit_nothing();
    check(kith_bonds_count(bench.host) == 0);
    pair_completely();
}

/* ---- identities ---- */

static void identity_is_refused(bench_role role, const char *what, uint8_t type, const uint8_t address[6],
                                const uint8_t irk[16])
{
    static const uint8_t ours[16] = {0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    bench_round("%s: %s", role == CENTRAL ? "central" : "peripheral", what);
    begin(role);
    bench.config.irk = ours;
    peer_begin();
    power_on();
    open_window();
    connect_link();
    pair_to(STEP_ENCRYPTED);
    peer.identity.type = type;
    memcpy(peer.identity.octets, address, 6);
    memcpy(peer.irk, irk != NULL ? irk : ours, sizeof peer.irk);
    peer_sends_keys(KITH_KEY_ID);
    we_send("05 0f");
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = KITH_WHY_BAD_IDENTITY, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_KEY_REJECTED, .keys_sent = sent_by_us_before_the_peers());
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    check(kith_bonds_count(bench.host) == 0);
}

SENTENCE(B7_identities_that_are_none_are_refused)
{
    static const uint8_t irk[16] = {7, 7, 7};
    static const uint8_t resolvable[6] = {1, 2, 3, 4, 5, 0x46}, non_resolvable[6] = {1, 2, 3, 4, 5, 0x06};
    static const uint8_t fixed[6] = {1, 2, 3, 4, 5, 0xc6}, reserved[6] = {1, 2, 3, 4, 5, 0x86};
    static const uint8_t ours[6] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        identity_is_refused(role, "resolvable private address", KITH_ADDRESS_RANDOM, resolvable, irk);
        identity_is_refused(role, "non-resolvable private address", KITH_ADDRESS_RANDOM, non_resolvable, irk);
        identity_is_refused(role, "reserved kind of address", KITH_ADDRESS_RANDOM, reserved, irk);
        identity_is_refused(role, "an address type that is none", 2, fixed, irk);
        identity_is_refused(role, "our own address", KITH_ADDRESS_PUBLIC, ours, irk);
        identity_is_refused(role, "our own IRK", KITH_ADDRESS_RANDOM, fixed, NULL);
    }
}

static void meet_behind_an_address_made_with(const uint8_t irk[16])
{
    static const uint8_t prand[3] = {0x11, 0x22, 0x43};

    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    bench.peer_address.type = KITH_ADDRESS_RANDOM;
    memcpy(bench.peer_address.octets + 3, prand, 3);
    judge_ah(irk, prand, bench.peer_address.octets);
    connect_link();
}

/* Legal: "I have no resolvable addresses".  An address made with the key of zeros is everybody's. */
SENTENCE(B7_an_irk_of_zero_bonds_and_resolves_nothing)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        kith_bond_info bond;

        bench_round("%s", role == CENTRAL ? "central" : "peripheral");
        meet(role);
        memset(peer.irk, 0, sizeof peer.irk);
        pair_completely();
        check_ok(kith_bonds_next(bench.host, 0, &bond));
        check(!bond.has_irk);
        meet_behind_an_address_made_with(peer.irk);
        check(bench.claimed == 0);
    }
}

SENTENCE(a_bonded_peer_is_recognised_behind_its_private_address)
{
    kith_bond_info bond;

    meet(PERIPHERAL);
    pair_completely();
    check_ok(kith_bonds_next(bench.host, 0, &bond));
    meet_behind_an_address_made_with(peer.irk);
    check(bench.claimed == bond.peer);
}

static void behind_a_private_address(uint8_t keys)
{
    begin(PERIPHERAL);
    bench.peer_address = (kith_address){KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0x46}};
    peer_begin();
    peer.identity = (kith_address){KITH_ADDRESS_RANDOM, {9, 8, 7, 6, 5, 0xc4}};
    peer.features[4] = keys;
    power_on();
    open_window();
    connect_link();
    pair_to(STEP_KEYS);
}

SENTENCE(a_peer_behind_a_private_address_is_bonded_by_its_identity)
{
    kith_bond_info bond;

    behind_a_private_address(KITH_KEY_ID);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    check_ok(kith_bonds_next(bench.host, 0, &bond));
    check(kith_address_equal(&bond.identity, &peer.identity) && bond.has_irk);
}

SENTENCE(a_private_address_without_identity_leaves_no_bond)
{
    const kith_verdict *v;

    behind_a_private_address(0);
    check(!we_emit(KITH_EVENT_PAIRED)->verdict.bonded);
    v = &we_emit(KITH_EVENT_BOND_FAILED)->verdict;
    check(v->attempt == KITH_ATTEMPT_BOND && !v->succeeded && v->why == KITH_WHY_NO_IDENTITY);
    check(kith_bonds_count(bench.host) == 0);
}
