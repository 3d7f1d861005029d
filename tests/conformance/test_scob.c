/* SM/.../SCOB: LE Secure Connections, Out of Band.  A host that is not asked for data has none of the peer's, and still
 * the peer may have ours. */
#include <string.h>

#include "case.h"
#include "peer_oob.h"

/* ---- success, word by word: both have the other's data ---- */

static void respond_word_by_word(void)
{
    begin_oob(PERIPHERAL, true, true);
    meet_for_oob();
    we_make_data();
    peer_sends("01 03 01 09 10 00 00");
    we_ask_for_data();
    we_send_nothing(); /* our response says whether we have any */
    our_program_gives(&oob.theirs);
    we_send("02 03 01 09 10 00 00");
    peer_sends_public_key();
    we_show_our_key();
    we_send_nothing(); /* no commitment over the air: both have it */
    peer_sends_random();
    we_send_nonce();
    data_goes_into_checks();
    peer_sends_check(RIGHT);
    we_send_check();
    link_encrypts();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

static void initiate_word_by_word(void)
{
    begin_oob(CENTRAL, true, true);
    meet_for_oob();
    we_make_data();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_ask_for_data();
    we_send_nothing();
    our_program_gives(&oob.theirs);
    we_send("01 03 01 09 10 02 02");
    peer_sends("02 03 01 09 10 00 00");
    we_show_our_key();
    peer_sends_public_key();
    we_send_nonce();
    peer_sends_random();
    data_goes_into_checks();
    we_send_check();
    peer_sends_check(RIGHT);
    link_encrypts();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

/* ---- who has the other's data: {we, the peer} ---- */

typedef struct {
    bool we, peer;
} flags;

static const flags all_flags[] = {{true, true}, {true, false}, {false, true}};

/* Where our program is not asked it has none. */
static bool is_possible(const flags *f)
{
    return bench_asks_oob || !f->we;
}

static void begin_with(bench_role role, const flags *f, const char *what)
{
    bench_round("flags {%d,%d}, %s", f->we, f->peer, what);
    begin_oob(role, f->we, f->peer);
}

static void pair_with_all_flags(bench_role role)
{
    for (size_t i = 0; i < sizeof all_flags / sizeof all_flags[0]; i++) {
        if (!is_possible(&all_flags[i]))
            continue;
        begin_with(role, &all_flags[i], "success");
        meet_for_oob();
        pair_by_oob();
        check(bench_method() == KITH_METHOD_OOB && bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
    }
}

CONFORMANCE("SM/CEN/SCOB/BV-01-C", "Out of Band, Secure Connections, we initiate")
{
    if (bench_asks_oob)
        initiate_word_by_word();
    pair_with_all_flags(CENTRAL);
}

CONFORMANCE("SM/PER/SCOB/BV-02-C", "Out of Band, Secure Connections, we respond")
{
    if (bench_asks_oob)
        respond_word_by_word();
    pair_with_all_flags(PERIPHERAL);
}

/* ---- reserved AuthReq bits: ignored, never sent (controller.c looks), and under the check as received ---- */

static void pair_with_reserved_bits(bench_role role)
{
    static const uint8_t reserved_bits[] = {0x40, 0x80, 0xc0};

    for (size_t i = 0; i < sizeof all_flags / sizeof all_flags[0]; i++)
        for (size_t k = 0; k < sizeof reserved_bits; k++) {
            if (!is_possible(&all_flags[i]))
                continue;
            begin_with(role, &all_flags[i], "reserved bits");
            peer.features[2] |= reserved_bits[k];
            meet_for_oob();
            pair_by_oob();
            check((role == CENTRAL ? bench.request : bench.response)[3] == (KITH_AUTH_BONDING | KITH_AUTH_SC));
        }
}

CONFORMANCE("SM/PER/SCOB/BV-03-C", "Reserved AuthReq bits in the request are ignored")
{
    pair_with_reserved_bits(PERIPHERAL);
}

CONFORMANCE("SM/CEN/SCOB/BV-04-C", "Reserved AuthReq bits in the response are ignored")
{
    pair_with_reserved_bits(CENTRAL);
}

/* ---- the peer gives up ---- */

static void the_peer_failed(uint8_t reason, kith_phase phase)
{
    we_send_nothing();
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = phase, .ended_by = KITH_ENDED_BY_PEER, .smp_reason = reason);
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
    pair_by_oob(); /* the link still serves */
}

static const uint8_t reasons[] = {0x03, 0x08, 0x05, 0x09, 0x02};

static void fail_instead_of_response(const flags *f, uint8_t reason)
{
    begin_with(CENTRAL, f, "instead of a response");
    meet_for_oob();
    if (f->peer)
        we_make_data();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    if (bench.config.security.ask_oob) {
        we_ask_for_data();
        our_program_gives(f->we ? &oob.theirs : NULL);
    }
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    peer_sends_octets(((const uint8_t[]){0x05, reason}), 2);
    the_peer_failed(reason, KITH_PHASE_FEATURES);
}

static void fail_after(bench_role role, const flags *f, oob_step after, uint8_t reason)
{
    begin_with(role, f, oob_step_name(after));
    meet_for_oob();
    oob_to(after);
    if (role == CENTRAL && after == OOB_PUBLIC_KEYS)
        we_send_nonce();
    peer_sends_octets(((const uint8_t[]){0x05, reason}), 2);
    the_peer_failed(reason, oob_phase_after(after));
}

CONFORMANCE("SM/CEN/SCOB/BI-01-C", "The peer answers Pairing Failed: we abort and report, five reasons")
{
    for (size_t i = 0; i < sizeof all_flags / sizeof all_flags[0]; i++) {
        if (!is_possible(&all_flags[i]))
            continue;
        for (size_t k = 0; k < sizeof reasons; k++)
            fail_instead_of_response(&all_flags[i], reasons[k]);
        fail_after(CENTRAL, &all_flags[i], OOB_PUBLIC_KEYS, 0x02);
    }
}

CONFORMANCE("SM/PER/SCOB/BI-02-C", "The peer fails: we abort and report, five reasons")
{
    for (size_t i = 0; i < sizeof all_flags / sizeof all_flags[0]; i++) {
        if (!is_possible(&all_flags[i]))
            continue;
        for (size_t k = 0; k < sizeof reasons; k++)
            fail_after(PERIPHERAL, &all_flags[i], OOB_FEATURES, reasons[k]);
        fail_after(PERIPHERAL, &all_flags[i], OOB_PUBLIC_KEYS, 0x02);
    }
}

/* ---- a public key that is not what the data commits to ---- */

static void the_key_is_refused(kith_phase phase)
{
    we_send("05 04");
    we_send_nothing();
    we_fail(.why = KITH_WHY_CONFIRM_MISMATCH, .phase = phase, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
    pair_by_oob();
}

/* The peer's own flag does not matter: what we have is compared. */
static void come_to_the_public_keys(bench_role role, bool peer_has)
{
    begin_with(role, &(flags){true, peer_has}, "wrong commitment");
    meet_for_oob();
    oob_to(OOB_FEATURES);
    peer_draw(); /* another key than the one it told us of */
    peer_sends_public_key();
}

CONFORMANCE_IN(OOB, "SM/PER/SCOB/BI-03-C", "Wrong commitment: Confirm Value Failed after the peer's random")
{
    for (int peer_has = 0; peer_has <= 1; peer_has++) {
        come_to_the_public_keys(PERIPHERAL, peer_has);
        we_show_our_key();
        we_send_nothing();
        peer_sends_random();
        the_key_is_refused(KITH_PHASE_AUTHENTICATION);
    }
}

CONFORMANCE_IN(OOB, "SM/CEN/SCOB/BI-04-C", "Wrong commitment: Confirm Value Failed, and our random is not sent")
{
    for (int peer_has = 0; peer_has <= 1; peer_has++) {
        come_to_the_public_keys(CENTRAL, peer_has);
        the_key_is_refused(KITH_PHASE_PUBLIC_KEYS);
    }
}
