/* GAP/BOND: bondable and non-bondable, whoever begins.  Core Vol 3 Part C 9.4. */
#include <string.h>

#include "case.h"
#include "peer.h"

enum { AUTH_BONDING = 0x01 };

static void prepare(bench_role role, bool bondable)
{
    begin(role);
    bench.config.security.methods = kith_all_methods;
    bench.config.security.bonding = bondable;
    peer_begin();
    if (role == CENTRAL && !bondable)
        peer.features[4] = peer.features[5] = 0; /* it answers no more than it was asked for */
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

static bool says_bonding(const uint8_t *features)
{
    return (features[2] & 0x03) == AUTH_BONDING; /* behind the opcode: IO, OOB flag, AuthReq */
}

static void request_says(bool bonding)
{
    const uint8_t *request = bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);

    check(says_bonding(request + 1) == bonding);
}

static void pair_as_central(void)
{
    peer_sends_response();
    we_send_public_key();
    pair_from(STEP_FEATURES, STEP_KEYS);
}

/* The pairing goes well, and nothing of it is there on the next link. */
static void nothing_is_kept(void)
{
    we_pair(16);
    check(kith_bonds_count(bench.host) == 0);
    meet_again();
    check(bench.claimed == 0);
    if (bench.role == PERIPHERAL) {
        controller_asks_for_key(0, 0);
        we_refuse_key();
        we_emit(KITH_EVENT_ENCRYPTION_FAILED);
    }
}

/* The bond is told, and is what the next link is encrypted with. */
static void bond_is_kept(void)
{
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    check(kith_bonds_count(bench.host) == 1);
    meet_again();
    if (bench.role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_start_encryption(peer.ltk);
    } else {
        controller_asks_for_key(0, 0);
        we_give_key(peer.ltk);
    }
    encryption_changes(0);
    level_is(KITH_LEVEL_ENCRYPTED);
    we_emit(KITH_EVENT_ENCRYPTED);
}

CONFORMANCE_IN(NO_OOB, "GAP/BOND/NBON/BV-01-C", "Non-bondable, as central: the peripheral asks to bond")
{
    prepare(CENTRAL, false);
    peer_sends("0b 09");
    request_says(false);
    pair_as_central();
    nothing_is_kept();
}

CONFORMANCE_IN(NO_OOB, "GAP/BOND/NBON/BV-02-C", "Non-bondable, as central: we begin")
{
    prepare(CENTRAL, false);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    request_says(false);
    pair_as_central();
    nothing_is_kept();
}

CONFORMANCE_IN(NO_OOB, "GAP/BOND/NBON/BV-03-C", "Non-bondable, as peripheral: the central wants to bond")
{
    prepare(PERIPHERAL, false);
    peer_sends_request();
    check(says_bonding(bench.request + 1));
    check(!says_bonding(bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE) + 1));
    pair_from(STEP_FEATURES, STEP_KEYS);
    nothing_is_kept();

    bench_round("a bond is required");
    prepare(PERIPHERAL, true);
    bench.config.security.bonding_required = true;
    check_ok(kith_security_set(bench.host, &bench.config.security));
    peer.features[2] &= (uint8_t)~AUTH_BONDING;
    peer.features[4] = peer.features[5] = 0;
    peer_sends_request();
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);
    check(kith_bonds_count(bench.host) == 0);
    bench_discard();
}

CONFORMANCE_IN(NO_OOB, "GAP/BOND/BON/BV-01-C", "Bondable, as peripheral: we ask for it")
{
    prepare(PERIPHERAL, true);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    pair_to(STEP_KEYS);
    bond_is_kept();
}

CONFORMANCE_IN(NO_OOB, "GAP/BOND/BON/BV-02-C", "Bondable, as central: we begin")
{
    prepare(CENTRAL, true);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    request_says(true);
    pair_as_central();
    bond_is_kept();
}

CONFORMANCE_IN(NO_OOB, "GAP/BOND/BON/BV-03-C", "Bondable, as peripheral: the central wants to bond")
{
    prepare(PERIPHERAL, true);
    pair_to(STEP_KEYS);
    bond_is_kept();
}

CONFORMANCE_IN(NO_OOB, "GAP/BOND/BON/BV-04-C", "Bondable, as central: the peripheral asks for it")
{
    prepare(CENTRAL, true);
    peer_sends("0b 09");
    request_says(true);
    pair_as_central();
    bond_is_kept();
}
