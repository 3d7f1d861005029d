/* SM/.../JW: legacy pairing, Just Works. */
#include <string.h>

#include "case.h"
#include "peer_legacy.h"

static void meet(bench_role role)
{
    begin_legacy(role);
    meet_legacy();
}

static void link_still_serves(void)
{
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
    pair_legacy();
}

/* ---- success, word by word ---- */

CONFORMANCE("SM/CEN/JW/BV-01-C", "Legacy Just Works, we initiate")
{
    begin_legacy(CENTRAL);
    bench.config.security.bonding = false;
    meet_legacy();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("01 03 00 08 10 00 00");
    peer_sends("02 03 00 00 10 00 00");
    we_commit();
    we_send_nothing();
    peer_commits(RIGHT);
    we_open();
    peer_opens();
    we_send_nothing();
    short_term_key_is_used();
    we_pair(16);
    check(kith_bonds_count(bench.host) == 0);
}

CONFORMANCE("SM/PER/JW/BV-02-C", "Legacy Just Works, we respond")
{
    meet(PERIPHERAL);
    peer_sends("01 03 00 00 10 00 00");
    we_send("02 03 00 09 10 00 00");
    we_send_nothing();
    peer_commits(RIGHT);
    we_commit();
    peer_opens();
    we_open();
    short_term_key_is_used();
    we_pair(16);
    check(kith_bonds_count(bench.host) == 0);
}

/* ---- reserved AuthReq bits: ignored, never sent (controller.c looks), and under the confirm value as received ---- */

static void pair_with_reserved_bits(bench_role role)
{
    static const uint8_t bits[] = {0x40, 0x80, 0xc0};

    for (size_t i = 0; i < sizeof bits; i++) {
        bench_round("AuthReq bits %02x", bits[i]);
        meet(role);
        peer.features[2] |= bits[i];
        pair_legacy();
        check(bench_level() == KITH_LEVEL_ENCRYPTED);
    }
}

CONFORMANCE("SM/PER/JW/BI-03-C", "Reserved AuthReq bits in the request are ignored")
{
    pair_with_reserved_bits(PERIPHERAL);
}

CONFORMANCE("SM/CEN/JW/BI-04-C", "Reserved AuthReq bits in the response are ignored")
{
    pair_with_reserved_bits(CENTRAL);
}

/* ---- the peer gives up ---- */

CONFORMANCE("SM/CEN/JW/BV-05-C", "The peer answers Pairing Failed: we abort and report, four reasons")
{
    static const uint8_t reasons[] = {0x08, 0x05, 0x09, 0x10};

    for (size_t i = 0; i < sizeof reasons; i++) {
        bench_round("reason %02x", reasons[i]);
        meet(CENTRAL);
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_send("01 03 00 09 10 03 03");
        peer_sends_octets(((const uint8_t[]){0x05, reasons[i]}), 2);
        we_send_nothing();
        we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = reasons[i]);
        link_still_serves();
    }
}

/* ---- confirm values ---- */

static void confirm_is_refused(kith_why why)
{
    we_send("05 04");
    we_send_nothing();
    we_fail(.why = why, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
    link_still_serves();
}

CONFORMANCE("SM/CEN/JW/BI-01-C", "A wrong Sconfirm is refused when Srand has come")
{
    meet(CENTRAL);
    legacy_to(LEGACY_TK);
    we_commit();
    peer_commits(WRONG);
    we_open();
    we_send_nothing();
    peer_opens();
    confirm_is_refused(KITH_WHY_CONFIRM_MISMATCH);
}

/* Our own random does not go out. */
CONFORMANCE("SM/PER/JW/BI-02-C", "A wrong Mconfirm is refused when Mrand has come")
{
    meet(PERIPHERAL);
    legacy_to(LEGACY_TK);
    peer_commits(WRONG);
    we_commit();
    we_send_nothing();
    peer_opens();
    confirm_is_refused(KITH_WHY_CONFIRM_MISMATCH);
}

static void send_back(uint8_t opcode, const uint8_t value[16])
{
    uint8_t pdu[17] = {opcode};

    memcpy(pdu + 1, value, 16);
    peer_sends_octets(pdu, sizeof pdu);
}

CONFORMANCE("SM/CEN/JW/BI-06-C", "Our own Mconfirm coming back is refused")
{
    meet(CENTRAL);
    legacy_to(LEGACY_TK);
    we_commit();
    send_back(KITH_SMP_PAIRING_CONFIRM, legacy.our_confirm);
    confirm_is_refused(KITH_WHY_CONFIRM_REFLECTED); /* before Mrand could be reflected, too */
}

/* ---- beyond the ids ---- */

/* Whatever was committed to before. */
SENTENCE(our_own_random_coming_back_is_refused)
{
    meet(CENTRAL);
    legacy_to(LEGACY_TK);
    we_commit();
    peer_commits(RIGHT);
    we_open();
    send_back(KITH_SMP_PAIRING_RANDOM, legacy.our_random);
    confirm_is_refused(KITH_WHY_CONFIRM_REFLECTED);
}

/* A confirm value hides its random only if nobody has seen that before. */
SENTENCE(no_random_is_used_twice)
{
    static const uint8_t none[16];

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        uint8_t before[16] = {0};

        begin_legacy(role);
        bench.config.security.bonding = false;
        peer.features[2] = 0;
        peer.features[4] = peer.features[5] = 0;
        meet_legacy();
        for (int run = 0; run < 3; run++) {
            bench_round("%s, run %d", role_name(role), run);
            open_window();
            pair_legacy();
            check(memcmp(legacy.our_random, none, sizeof none) != 0);
            check(memcmp(legacy.our_random, before, sizeof before) != 0);
            memcpy(before, legacy.our_random, sizeof before);
            meet_again();
        }
    }
}
