/* SM/.../EKS: the size of encryption keys in legacy pairing. */
#include <string.h>

#include "case.h"
#include "peer_legacy.h"

enum { SMALLEST = 7, LARGEST = 16 };

static void prepare(bench_role role, uint8_t least, uint8_t peer_has)
{
    begin_legacy(role);
    bench.config.security.min_key_size = least;
    peer.features[3] = peer_has;
    meet_legacy();
}

/* We are never told of a size that is not negotiated: both sides cut what is longer. */
static void pair_and_encrypt_again(bench_role role, uint8_t least, uint8_t peer_has)
{
    kith_bond_info bond;

    prepare(role, least, peer_has);
    pair_legacy();
    check(legacy_key_size() == peer_has);
    check_ok(kith_bonds_next(bench.host, 0, &bond));
    check(bond.key_size == peer_has && bond.key_kind == KITH_KEY_KIND_LEGACY);
    meet_again();
    bond_encrypts(role == CENTRAL ? &legacy.key : &legacy.our_key);
}

static void pair_with_what_is_just_enough(bench_role role)
{
    for (uint8_t least = SMALLEST; least <= LARGEST; least++)
        for (uint8_t peer_has = least; peer_has <= LARGEST; peer_has++) {
            bench_round("at least %u, the peer has %u", least, peer_has);
            pair_and_encrypt_again(role, least, peer_has);
        }
}

CONFORMANCE("SM/CEN/EKS/BV-01-C", "The peer's largest key is our smallest: paired, and encrypted again, we initiate")
{
    pair_with_what_is_just_enough(CENTRAL);
}

CONFORMANCE("SM/PER/EKS/BV-02-C", "The peer's largest key is our smallest: paired, and encrypted again, we respond")
{
    pair_with_what_is_just_enough(PERIPHERAL);
}

static void size_is_refused(bench_role role, uint8_t least, uint8_t peer_has)
{
    bool legal = peer_has >= SMALLEST && peer_has <= LARGEST;
    kith_smp_reason reason = legal ? KITH_SMP_ENCRYPTION_KEY_SIZE : KITH_SMP_INVALID_PARAMETERS;

    bench_round("at least %u, the peer has %u", least, peer_has);
    prepare(role, least, peer_has);
    if (role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_send("01 03 00 09 10 03 03");
        peer_sends_response();
    } else
        peer_sends_request();
    if (legal)
        we_send("05 06");
    else
        we_send("05 0a");
    we_send_nothing();
    we_fail(.why = legal ? KITH_WHY_KEY_SIZE : KITH_WHY_BAD_PARAMETERS, .phase = KITH_PHASE_FEATURES,
            .ended_by = KITH_ENDED_BY_US, .smp_reason = reason);
    check(kith_bonds_count(bench.host) == 0);
}

/* Every size there is, against each minimum. */
static void refuse_what_is_too_short_or_no_size(bench_role role)
{
    for (uint8_t least = SMALLEST; least <= LARGEST; least++)
        for (unsigned peer_has = 0; peer_has <= 255; peer_has++)
            if (peer_has < least || peer_has > LARGEST)
                size_is_refused(role, least, (uint8_t)peer_has);
}

CONFORMANCE("SM/CEN/EKS/BI-01-C", "The peer's largest key is too short: Encryption Key Size, we initiate")
{
    refuse_what_is_too_short_or_no_size(CENTRAL);
}

CONFORMANCE("SM/PER/EKS/BI-02-C", "The peer's largest key is too short: Encryption Key Size, we respond")
{
    refuse_what_is_too_short_or_no_size(PERIPHERAL);
}

/* ---- beyond the ids ---- */

/* Our own largest key is shorter than the peer's. */
SENTENCE(our_largest_key_counts_as_much_as_the_peers)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (uint8_t most = SMALLEST; most <= LARGEST; most++) {
            bench_round("%s, at most %u", role_name(role), most);
            begin_legacy(role);
            bench.config.security.min_key_size = SMALLEST;
            bench.config.security.max_key_size = most;
            meet_legacy();
            pair_legacy();
            check(legacy_key_size() == most);
            meet_again();
            bond_encrypts(role == CENTRAL ? &legacy.key : &legacy.our_key);
        }
}

/* By default nothing below 16 octets. */
SENTENCE(short_keys_are_refused_by_default)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (uint8_t size = SMALLEST; size < LARGEST; size++) {
            begin_legacy(role);
            check(bench.config.security.min_key_size == LARGEST);
            size_is_refused(role, bench.config.security.min_key_size, size);
        }
}

/* A relay that edits the size: both sides' confirm values cover what each of them has seen. */
SENTENCE(an_edited_size_is_found_out_by_the_confirm)
{
    prepare(PERIPHERAL, SMALLEST, LARGEST);
    peer.features[3] = SMALLEST;
    legacy_to(LEGACY_TK);
    bench.request[4] = LARGEST; /* what the peer believes to have sent */
    peer_commits(RIGHT);
    we_commit();
    bench.request[4] = SMALLEST;
    peer_opens();
    we_send("05 04");
    we_fail(.why = KITH_WHY_CONFIRM_MISMATCH, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
}
