/* SM/.../KDU in legacy pairing: which keys are given, and what is encrypted with them.  Core Vol 3 Part H 2.4, 3.6. */
#include <string.h>

#include "case.h"
#include "peer_legacy.h"

enum { ALL = KITH_KEY_ENC | KITH_KEY_ID | KITH_KEY_SIGN };

static const uint8_t our_irk[16] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
                                    0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf};
static const uint8_t our_static[6] = {1, 2, 3, 4, 5, 0xc6};

/* A host with every method can be both: which it is in the next connection, bench.role says. */
static void meet_with_keys(bench_role role, kith_own_address own, uint8_t initiator_keys, uint8_t responder_keys)
{
    begin_legacy(role);
    bench.config.own_address = own;
    bench.config.static_address = our_static;
    bench.config.irk = our_irk;
    bench.config.limits.bonds = 4;
    bench.config.security.initiator_keys = initiator_keys;
    bench.config.security.responder_keys = responder_keys;
    peer.features[4] = initiator_keys;
    peer.features[5] = responder_keys;
    meet_legacy();
}

static void only_we_give(bench_role role, kith_own_address own, uint8_t keys)
{
    meet_with_keys(role, own, role == CENTRAL ? keys : 0, role == CENTRAL ? 0 : keys);
    pair_legacy(); /* takes exactly these, in the order of the specification */
    check(legacy_keys_from_us() == keys && legacy_keys_from_peer() == 0);
}

/* ---- one key alone ---- */

static void give_the_long_term_key_alone(bench_role role)
{
    uint8_t first[16];

    only_we_give(role, KITH_OWN_PUBLIC, KITH_KEY_ENC);
    memcpy(first, legacy.our_key.ltk, sizeof first);
    check(memcmp(first, legacy.stk, sizeof first) != 0);
    only_we_give(role, KITH_OWN_STATIC, KITH_KEY_ENC);
}

static void give_the_identity_alone(bench_role role)
{
    for (int own = KITH_OWN_PUBLIC; own <= KITH_OWN_STATIC; own++) {
        bench_round(own == KITH_OWN_PUBLIC ? "public address" : "static address");
        only_we_give(role, (kith_own_address)own, KITH_KEY_ID);
        check(memcmp(peer.our_irk, our_irk, sizeof our_irk) == 0);
        check(peer.our_identity[0] == bench.our_address.type);
        check(memcmp(peer.our_identity + 1, bench.our_address.octets, 6) == 0);
    }
}

static void give_the_signing_key_alone(bench_role role)
{
    static const uint8_t none[16];

    only_we_give(role, KITH_OWN_PUBLIC, KITH_KEY_SIGN);
    check(memcmp(peer.our_csrk, none, sizeof none) != 0);
}

CONFORMANCE("SM/PER/KDU/BV-01-C", "Responder gives its long term key and nothing else")
{
    give_the_long_term_key_alone(PERIPHERAL);
}

CONFORMANCE("SM/PER/KDU/BV-02-C", "Responder gives its identity and nothing else")
{
    give_the_identity_alone(PERIPHERAL);
}

CONFORMANCE("SM/PER/KDU/BV-03-C", "Responder gives its signing key and nothing else")
{
    give_the_signing_key_alone(PERIPHERAL);
}

CONFORMANCE("SM/CEN/KDU/BV-04-C", "Initiator gives its signing key and nothing else")
{
    give_the_signing_key_alone(CENTRAL);
}

CONFORMANCE("SM/CEN/KDU/BV-05-C", "Initiator gives its identity and nothing else")
{
    give_the_identity_alone(CENTRAL);
}

CONFORMANCE("SM/CEN/KDU/BV-06-C", "Initiator gives its long term key and nothing else")
{
    give_the_long_term_key_alone(CENTRAL);
}

/* ---- the link goes on with the key that was given ---- */

CONFORMANCE("SM/PER/KDU/BV-07-C", "The link is encrypted anew with the key that we gave")
{
    meet_with_keys(PERIPHERAL, KITH_OWN_PUBLIC, 0, KITH_KEY_ENC);
    pair_legacy();
    controller_asks_for_key(legacy.our_key.ediv, legacy.our_key.rand);
    we_give_key(legacy.our_key.ltk);
    key_refreshes(0);
    level_is(KITH_LEVEL_ENCRYPTED);
    check(we_emit(KITH_EVENT_ENCRYPTED)->verdict.key_kind == KITH_KEY_KIND_LEGACY);
}

CONFORMANCE("SM/PER/KDU/BI-02-C", "The peer rejects a key that we gave")
{
    static const uint8_t given[] = {KITH_KEY_ENC, KITH_KEY_ID, KITH_KEY_SIGN, ALL};

    for (size_t i = 0; i < sizeof given; i++) {
        bench_round("keys %02x", given[i]);
        meet_with_keys(PERIPHERAL, KITH_OWN_PUBLIC, KITH_KEY_ID, given[i]);
        legacy_to(LEGACY_ENCRYPTED);
        peer_sends("05 0f");
        we_send_nothing();
        level_is(KITH_LEVEL_NONE);
        we_fail(.why = KITH_WHY_KEY_REJECTED, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = KITH_SMP_KEY_REJECTED, .keys_sent = given[i]);
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
        check(kith_bonds_count(bench.host) == 0);
        connect_link();
        controller_asks_for_key(legacy.our_key.ediv, legacy.our_key.rand); /* nothing of it is left */
        we_refuse_key();
        we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION,
                           .ended_by = KITH_ENDED_BY_US);
    }
}

/* ---- beyond the ids: what is kept ---- */

SENTENCE(every_set_of_keys_is_given_and_taken_and_no_other)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (uint8_t initiator = 0; initiator <= ALL; initiator++)
            for (uint8_t responder = 0; responder <= ALL; responder++) {
                bench_round("%s, initiator %02x, responder %02x", role_name(role), initiator, responder);
                meet_with_keys(role, KITH_OWN_PUBLIC, initiator, responder);
                pair_legacy();
                check(bench.response[5] == initiator && bench.response[6] == responder);
            }
}

/* Fresh for every bond: the same one twice would let one peer pose as another. */
SENTENCE(the_keys_we_give_are_never_the_same_twice)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        legacy_key first;

        bench_round("%s", role_name(role));
        meet_with_keys(role, KITH_OWN_PUBLIC, ALL, ALL);
        pair_legacy();
        first = legacy.our_key;
        bench.peer_address.octets[0] ^= 1;
        peer.identity = bench.peer_address;
        meet_again();
        open_window();
        pair_legacy();
        check(kith_bonds_count(bench.host) == 2);
        check(memcmp(first.ltk, legacy.our_key.ltk, sizeof first.ltk) != 0 && first.rand != legacy.our_key.rand);
    }
}

/* As central we encrypt with the peer's key, as peripheral the peer asks for ours; whoever paired in which role. */
SENTENCE(a_bonded_link_is_encrypted_in_both_roles)
{
    for (bench_role paired = PERIPHERAL; paired <= CENTRAL; paired++)
        for (bench_role again = PERIPHERAL; again <= CENTRAL; again++) {
            bench_round("paired as %s, again as %s", role_name(paired), role_name(again));
            meet_with_keys(paired, KITH_OWN_PUBLIC, ALL, ALL);
            pair_legacy();
            link_breaks(0x13);
            we_emit(KITH_EVENT_DISCONNECTED);
            bench.role = again;
            connect_link();
            check(bench.claimed != 0);
            bond_encrypts(again == CENTRAL ? &legacy.key : &legacy.our_key);
        }
}

/* There is a bond, and nothing in it to encrypt with in this role: a person is asked, and we pair. */
SENTENCE(a_bond_without_the_key_of_this_role_is_paired_anew)
{
    meet_with_keys(CENTRAL, KITH_OWN_PUBLIC, KITH_KEY_ENC, 0);
    pair_legacy();
    meet_again();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    check(we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again); /* whose bond may it replace? */
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    we_send("01 03 00 09 10 01 00");
    we_command_nothing();
    peer_sends("05 05");
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_PAIRING_NOT_SUPPORTED);
    check(kith_bonds_count(bench.host) == 1);
}

/* ---- requests for keys ---- */

static void key_is_refused(uint16_t ediv, uint64_t rand)
{
    controller_asks_for_key(ediv, rand);
    we_refuse_key();
    we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_US);
}

SENTENCE(a_legacy_key_is_given_for_its_own_numbers_alone)
{
    meet_with_keys(PERIPHERAL, KITH_OWN_PUBLIC, ALL, ALL);
    pair_legacy();
    for (int i = 0; i < 5; i++) {
        const legacy_key wrong[] = {{.ediv = 0, .rand = 0}, /* as for a Secure Connections key, or the STK */
                                    {.ediv = (uint16_t)(legacy.our_key.ediv ^ 1), .rand = legacy.our_key.rand},
                                    {.ediv = legacy.our_key.ediv, .rand = legacy.our_key.rand ^ 1},
                                    {.ediv = legacy.our_key.ediv, .rand = 0},
                                    {.ediv = legacy.key.ediv, .rand = legacy.key.rand}}; /* the other role's */

        bench_round("%d", i);
        meet_again();
        key_is_refused(wrong[i].ediv, wrong[i].rand);
    }
    meet_again();
    bond_encrypts(&legacy.our_key);
}

/* Two bonds; the address on air says which one is meant. */
SENTENCE(a_key_of_another_bond_is_refused)
{
    legacy_key first, second;

    meet_with_keys(PERIPHERAL, KITH_OWN_PUBLIC, ALL, ALL);
    pair_legacy();
    first = legacy.our_key;
    bench.peer_address.octets[0] ^= 1;
    peer.identity = bench.peer_address;
    memset(peer.irk, 0x77, sizeof peer.irk);
    meet_again();
    open_window();
    pair_legacy();
    second = legacy.our_key;
    meet_again();
    key_is_refused(first.ediv, first.rand);
    meet_again();
    bond_encrypts(&second);
    bench.peer_address.octets[0] ^= 1;
    meet_again();
    key_is_refused(second.ediv, second.rand);
    meet_again();
    bond_encrypts(&first);
}

/* Legacy keys are found by their numbers where an address says nothing: the key itself is the proof. */
SENTENCE(a_private_address_that_nobody_resolves_is_known_by_its_key)
{
    kith_bond_info bond;

    meet_with_keys(PERIPHERAL, KITH_OWN_PUBLIC, 0, KITH_KEY_ENC);
    pair_legacy();
    check_ok(kith_bonds_next(bench.host, 0, &bond));
    bench.peer_address = (kith_address){KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0x46}};
    meet_again();
    check(bench.claimed == 0);
    bond_encrypts(&legacy.our_key);
    meet_again();
    key_is_refused(0, 0);
}

/* The STK is the link's: with no long term key given there is nothing to come back to. */
SENTENCE(the_short_term_key_dies_with_the_link)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        meet_with_keys(role, KITH_OWN_PUBLIC, KITH_KEY_ID, KITH_KEY_ID);
        pair_legacy();
        meet_again();
        if (role == PERIPHERAL) {
            key_is_refused(0, 0);
            continue;
        }
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        check(we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again); /* whose bond may it replace? */
        check_ok(kith_pairing_consent(bench.host, bench.link, true));
        we_command_nothing();
        we_send("01 03 00 09 10 02 02");
        peer_sends("05 05");
        we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = KITH_SMP_PAIRING_NOT_SUPPORTED);
    }
}

/* Also on the same link: a pause that ends with it would prove nothing new. */
SENTENCE(the_short_term_key_is_given_once)
{
    meet_with_keys(PERIPHERAL, KITH_OWN_PUBLIC, ALL, ALL);
    pair_legacy();
    controller_asks_for_key(0, 0);
    we_refuse_key();
    level_is(KITH_LEVEL_NONE);
    we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_US);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
}

SENTENCE(the_short_term_key_is_asked_for_with_zeros_alone)
{
    meet_with_keys(PERIPHERAL, KITH_OWN_PUBLIC, ALL, ALL);
    legacy_to(LEGACY_RANDOMS);
    controller_asks_for_key(1, 0);
    we_refuse_key();
    we_send("05 08");
    we_fail(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    check(kith_bonds_count(bench.host) == 0);
}

/* ---- keys that are none ---- */

/* The sample key of the link layer, as printed; a product that shipped with it: CVE-2019-2102. */
#define SAMPLE "4c 68 38 41 39 f5 74 d8 36 bc f3 4e 9d fb 01 bf"
#define TURNED "bf 01 fb 9d 4e f3 bc 36 d8 74 f5 39 41 38 68 4c"
#define ZEROS  "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
#define ONES   "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff"
/* What a key of seven octets leaves of it. */
#define ZEROS_OF_SEVEN "00 00 00 00 00 00 00 11 22 33 44 55 66 77 88 99"

static void key_is_rejected(bench_role role, uint8_t size, const char *ltk)
{
    bench_round("%s, %u octets, %s", role_name(role), size, ltk);
    begin_legacy(role);
    bench.config.security.min_key_size = size;
    peer.features[3] = size;
    meet_legacy();
    legacy_to(LEGACY_ENCRYPTED);
    peer_sends(ltk);
    we_send("05 0f");
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = KITH_WHY_KEY_KNOWN, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_KEY_REJECTED, .keys_sent = role == PERIPHERAL ? legacy_keys_from_us() : 0);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    check(kith_bonds_count(bench.host) == 0);
}

SENTENCE(a_long_term_key_that_everybody_knows_is_rejected)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        key_is_rejected(role, 16, "06 " SAMPLE);
        key_is_rejected(role, 16, "06 " TURNED);
        key_is_rejected(role, 16, "06 " ZEROS);
        key_is_rejected(role, 16, "06 " ONES);
        key_is_rejected(role, 7, "06 " SAMPLE);
        key_is_rejected(role, 7, "06 " ZEROS_OF_SEVEN);
    }
}

SENTENCE(legacy_keys_out_of_order_or_of_a_wrong_length_are_refused)
{
    static const struct {
        const char *first, *second;
        uint8_t reason;
    } wrong[] = {
        {NULL, "07 11 22 00 00 00 00 00 00 00 01", KITH_SMP_UNSPECIFIED_REASON},
        {NULL, "08 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", KITH_SMP_UNSPECIFIED_REASON},
        {"06 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", "06 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff",
         KITH_SMP_UNSPECIFIED_REASON},
        {"06 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", "09 00 a1 a2 a3 a4 a5 a6", KITH_SMP_UNSPECIFIED_REASON},
        {NULL, "06 00 11 22", KITH_SMP_INVALID_PARAMETERS},
        {NULL, "06 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 00", KITH_SMP_INVALID_PARAMETERS},
        {"06 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", "07 11 22 00 00 00 00 00 00 00",
         KITH_SMP_INVALID_PARAMETERS},
        {"06 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", "07 11 22 00 00 00 00 00 00 00 01 02",
         KITH_SMP_INVALID_PARAMETERS},
    };

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            bench_round("%s, %s", role_name(role), wrong[i].second);
            begin_legacy(role);
            meet_legacy();
            legacy_to(LEGACY_ENCRYPTED);
            if (wrong[i].first != NULL)
                peer_sends(wrong[i].first);
            we_send_nothing();
            peer_sends(wrong[i].second);
            check(bench_we_send_opcode(KITH_SMP_PAIRING_FAILED)[1] == wrong[i].reason);
            level_is(KITH_LEVEL_NONE);
            we_fail(.why = wrong[i].reason == KITH_SMP_INVALID_PARAMETERS ? KITH_WHY_BAD_LENGTH : KITH_WHY_OUT_OF_ORDER,
                    .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_US, .smp_reason = wrong[i].reason,
                    .keys_sent = role == PERIPHERAL ? legacy_keys_from_us() : 0);
            we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
            check(kith_bonds_count(bench.host) == 0);
        }
}

/* The initiator gives its keys only when it has all of the responder's; a bond waits for the acknowledgement. */
SENTENCE(the_initiator_waits_for_all_of_the_responders_keys)
{
    meet_with_keys(CENTRAL, KITH_OWN_PUBLIC, ALL, ALL);
    legacy_to(LEGACY_ENCRYPTED);
    peer_gives(KITH_KEY_ENC);
    we_send_nothing();
    peer_gives(KITH_KEY_ID);
    we_send_nothing();
    bench.hold_completed = true;
    peer_gives(KITH_KEY_SIGN);
    we_emit_nothing();
    for (int i = 0; i < 4; i++)
        completed_packets();
    we_give(ALL);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}
