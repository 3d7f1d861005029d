/* A legacy bond after a restart: its keys in both roles, and what it is worth by the rules of today.  Core Vol 3 Part C
 * 10.2.1; beyond the ids. */
#include <string.h>

#include "case.h"
#include "kept_store.h"
#include "peer_legacy.h"

static void start_with_store(bench_role role, bool before_core_6_2)
{
    begin_legacy(role);
    bench.config.store = &kept_store;
    bench.config.security.before_core_6_2 = before_core_6_2;
    bench.config.security.io = KITH_IO_KEYBOARD_ONLY;
    bench.config.security.ask_mitm = true;
    peer.features[0] = KITH_IO_DISPLAY_ONLY;
    power_on();
}

static void pair_and_store(bench_role role, bool before_core_6_2, kith_method_kind method)
{
    memset(&kept, 0, sizeof kept);
    start_with_store(role, before_core_6_2);
    if (method == KITH_METHOD_OOB) {
        check_ok(kith_oob_make(bench.host, true, true, 3600000));
        memcpy(legacy.tk, we_emit(KITH_EVENT_OOB_READY)->oob.data.tk, sizeof legacy.tk);
        peer.features[1] = 1;
    }
    open_window();
    connect_link();
    pair_legacy();
    check(bench_method() == method);
}

static kith_level level_after_restart(bench_role role, bool before_core_6_2)
{
    legacy_state as_paired = legacy;
    bench_state air = bench;
    kith_bond_info bond;

    start_with_store(role, before_core_6_2);
    legacy = as_paired;
    memcpy(bench.request, air.request, sizeof bench.request);
    memcpy(bench.response, air.response, sizeof bench.response);
    check_ok(kith_bonds_next(bench.host, 0, &bond));
    check(bond.key_kind == KITH_KEY_KIND_LEGACY && kith_bonds_count(bench.host) == 1);
    return bond.level;
}

SENTENCE(a_stored_legacy_passkey_bond_is_worth_what_the_rule_of_today_says)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        pair_and_store(role, true, KITH_METHOD_PASSKEY);
        check(bench_level() == KITH_LEVEL_AUTHENTICATED);
        check(level_after_restart(role, true) == KITH_LEVEL_AUTHENTICATED);
        check(level_after_restart(role, false) == KITH_LEVEL_ENCRYPTED);
        connect_link();
        bond_encrypts(role == CENTRAL ? &legacy.key : &legacy.our_key); /* and so is the link */
    }
}

SENTENCE(a_stored_legacy_out_of_band_bond_stays_authenticated)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        pair_and_store(role, false, KITH_METHOD_OOB);
        check(level_after_restart(role, false) == KITH_LEVEL_AUTHENTICATED);
        connect_link();
        bond_encrypts(role == CENTRAL ? &legacy.key : &legacy.our_key);
    }
}

static const kith_record *stored_bond(void)
{
    for (uint32_t i = kept.count; i-- > 0;)
        if (kept.records[i].kind == KITH_RECORD_BOND)
            return &kept.records[i];
    bench_fail("no bond is stored");
}

/* docs/bond-format.md: a key that was not given is not there, neither as zeros. */
SENTENCE(the_record_of_a_legacy_bond_says_which_keys_there_are)
{
    enum { HAS_PEERS_KEY = 0x20, HAS_OUR_KEY = 0x40 };

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned who = 0; who <= 3; who++) {
            bool initiator_gives = (who & 1) != 0, responder_gives = (who & 2) != 0;
            bool we_give = role == CENTRAL ? initiator_gives : responder_gives;
            bool peer_gives = role == CENTRAL ? responder_gives : initiator_gives;

            bench_round("%s, we give %d, the peer gives %d", role_name(role), we_give, peer_gives);
            memset(&kept, 0, sizeof kept);
            start_with_store(role, false);
            peer.features[4] = initiator_gives ? KITH_KEY_ENC : 0;
            peer.features[5] = responder_gives ? KITH_KEY_ENC : 0;
            open_window();
            connect_link();
            pair_legacy();
            check(((stored_bond()->octets[1] & HAS_OUR_KEY) != 0) == we_give);
            check(((stored_bond()->octets[1] & HAS_PEERS_KEY) != 0) == peer_gives);
        }
}
