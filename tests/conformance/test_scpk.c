/* SM/.../SCPK: LE Secure Connections, Passkey Entry. */
#include <string.h>

#include "case.h"
#include "peer_passkey.h"

/* ---- success, word by word: each round of twenty is the same four PDUs ---- */

static void respond_word_by_word(void)
{
    begin_passkey(PERIPHERAL, KITH_PASSKEY_RESPONDER_SHOWS);
    meet_for_passkey();
    peer_sends("01 02 00 09 10 00 00");
    we_send("02 00 00 0d 10 00 00");
    peer_sends_public_key();
    we_send_public_key();
    we_show_the_passkey();
    we_send_nothing(); /* the initiator commits first */
    for (unsigned i = 0; i < ROUNDS; i++) {
        peer_commits(RIGHT);
        we_commit();
        we_send_nothing();
        peer_opens();
        we_open();
        we_send_nothing();
    }
    passkey_begin_check();
    peer_sends_check(RIGHT);
    we_send_check();
    link_encrypts();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

static void initiate_word_by_word(void)
{
    begin_passkey(CENTRAL, KITH_PASSKEY_RESPONDER_SHOWS);
    meet_for_passkey();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("01 02 00 0d 10 02 02");
    peer_sends("02 00 00 09 10 00 00");
    we_send_public_key();
    we_emit_nothing(); /* who is at the other end shows its key before anybody types */
    peer_sends_public_key();
    we_ask_for_the_passkey();
    we_send_nothing();
    passkey.number = 123456;
    our_person_types(123456);
    for (unsigned i = 0; i < ROUNDS; i++) {
        we_commit();
        we_send_nothing(); /* ours is opened when theirs is there */
        peer_commits(RIGHT);
        we_open();
        we_send_nothing();
        peer_opens();
    }
    passkey_begin_check();
    we_send_check();
    peer_sends_check(RIGHT);
    link_encrypts();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

/* ---- every pair of capabilities that leads to a passkey, whoever asks for it ---- */

static bool is_passkey(uint8_t a, uint8_t b)
{
    bool a_types = a == KITH_IO_KEYBOARD_ONLY || a == KITH_IO_KEYBOARD_DISPLAY;
    bool b_types = b == KITH_IO_KEYBOARD_ONLY || b == KITH_IO_KEYBOARD_DISPLAY;
    bool neither_is_mute = a != KITH_IO_NO_INPUT_NO_OUTPUT && b != KITH_IO_NO_INPUT_NO_OUTPUT;

    return (a_types || b_types) && neither_is_mute && !(bench_can_compare(a) && bench_can_compare(b));
}

/* Whoever asks for MITM: the first alone, the second alone, both, as two bits; the keypress bit goes along. */
static void pair_asking_for_mitm(bench_role role, uint8_t ours, uint8_t theirs)
{
    for (unsigned asks = 1; asks <= 3; asks++) {
        bool we = (asks & 1) != 0, they = (asks & 2) != 0;

        bench_round("we are %u%s, the peer is %u%s", ours, we ? " and ask for MITM" : "", theirs,
                    they ? " and asks for MITM" : "");
        begin_passkey(role, KITH_PASSKEY_BOTH_TYPE);
        bench.config.security.io = (kith_io_capability)ours;
        bench.config.security.ask_mitm = we;
        bench.config.security.keypress = they;
        peer.features[0] = theirs;
        peer.features[2] |= (they ? KITH_AUTH_MITM : 0) | (we ? KITH_AUTH_KEYPRESS : 0);
        meet_for_passkey();
        pair_by_passkey();
        check(bench_method() == KITH_METHOD_PASSKEY && bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
        check((((role == CENTRAL ? bench.request : bench.response)[3] & KITH_AUTH_KEYPRESS) != 0) == they);
    }
}

static void pair_with_all_capabilities(bench_role role)
{
    unsigned cells = 0;

    for (uint8_t ours = 0; ours <= KITH_IO_KEYBOARD_DISPLAY; ours++)
        for (uint8_t theirs = 0; theirs <= KITH_IO_KEYBOARD_DISPLAY; theirs++) {
            if (!is_passkey(ours, theirs))
                continue;
            pair_asking_for_mitm(role, ours, theirs);
            cells++;
        }
    check(cells == 9);
}

CONFORMANCE("SM/CEN/SCPK/BV-01-C", "Passkey Entry, Secure Connections, we initiate")
{
    initiate_word_by_word();
    pair_with_all_capabilities(CENTRAL);
}

CONFORMANCE("SM/PER/SCPK/BV-02-C", "Passkey Entry, Secure Connections, we respond; keys pressed are told to who asked")
{
    respond_word_by_word();
    pair_with_all_capabilities(PERIPHERAL);
    for (unsigned both = 0; both <= 1; both++) {
        bench_round(both ? "both want to hear of keys pressed" : "the peer does not want to hear of keys pressed");
        begin_passkey(PERIPHERAL, KITH_PASSKEY_INITIATOR_SHOWS);
        bench.config.security.keypress = true;
        peer.features[2] |= both ? KITH_AUTH_KEYPRESS : 0;
        meet_for_passkey();
        passkey_to(PASSKEY_PUBLIC_KEYS);
        we_ask_for_the_passkey();
        check_status(kith_pairing_keypress(bench.host, bench.link, KITH_KEYPRESS_STARTED),
                     both ? KITH_OK : KITH_ERR_STATE);
        if (both)
            we_send("0e 00");
        our_person_types(passkey.number);
        passkey_from(PASSKEY_TYPED, PASSKEY_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* ---- reserved AuthReq bits: ignored, never sent (controller.c looks), and under the check as received ---- */

static const uint8_t reserved_bits[] = {0x40, 0x80, 0xc0};

static void pair_with_reserved_bits(bench_role role)
{
    for (size_t i = 0; i < sizeof reserved_bits; i++)
        for (kith_passkey_form form = KITH_PASSKEY_INITIATOR_SHOWS; form <= KITH_PASSKEY_BOTH_TYPE; form++) {
            bench_round("AuthReq bits %02x, %s", reserved_bits[i], kith_passkey_form_name(form));
            begin_passkey(role, form);
            peer.features[2] |= reserved_bits[i];
            meet_for_passkey();
            pair_by_passkey();
            check(bench_passkey_form() == form);
            check((role == CENTRAL ? bench.request : bench.response)[3] ==
                  (KITH_AUTH_BONDING | KITH_AUTH_SC | KITH_AUTH_MITM));
        }
}

CONFORMANCE("SM/PER/SCPK/BV-03-C", "Reserved AuthReq bits in the request are ignored")
{
    pair_with_reserved_bits(PERIPHERAL);
}

CONFORMANCE("SM/CEN/SCPK/BV-04-C", "Reserved AuthReq bits in the response are ignored")
{
    pair_with_reserved_bits(CENTRAL);
}

CONFORMANCE("SM/CEN/SCPK/BV-05-C", "Three pairings show three passkeys")
{
    uint32_t shown[3];

    begin_passkey(CENTRAL, KITH_PASSKEY_INITIATOR_SHOWS);
    bench.config.security.bonding = false;
    peer.features[4] = peer.features[5] = 0;
    meet_for_passkey(); /* the same host: a fresh start would hide what it keeps */
    for (unsigned i = 0; i < 3; i++) {
        pair_by_passkey();
        shown[i] = passkey.number;
        for (unsigned k = 0; k < i; k++)
            check(shown[k] != shown[i]);
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
        connect_link();
        open_window();
    }
}

/* ---- the peer gives up ---- */

static void the_peer_failed(uint8_t reason, kith_phase phase)
{
    we_send_nothing();
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = phase, .ended_by = KITH_ENDED_BY_PEER, .smp_reason = reason);
    check_status(kith_pairing_passkey(bench.host, bench.link, passkey.number), KITH_ERR_STATE);
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
    pair_by_passkey(); /* the link still serves */
}

static const uint8_t early_reasons[] = {0x03, 0x08, 0x05, 0x09};

/* Before our person typed, after it, and in the middle of the rounds. */
static void passkey_entry_fails(bench_role role)
{
    for (kith_passkey_form form = KITH_PASSKEY_INITIATOR_SHOWS; form <= KITH_PASSKEY_BOTH_TYPE; form++)
        for (unsigned when = 0; when < 3; when++) {
            bench_round("reason 01, %s, moment %u", kith_passkey_form_name(form), when);
            begin_passkey(role, form);
            meet_for_passkey();
            passkey_to(PASSKEY_PUBLIC_KEYS);
            if (bench_we_show_passkey())
                we_show_the_passkey();
            else
                we_ask_for_the_passkey();
            if (when > 0 && !bench_we_show_passkey())
                our_person_types(passkey.number);
            if (when > 1)
                rounds_pass(10);
            if (role == CENTRAL && (when > 0 || bench_we_show_passkey()))
                we_commit();
            peer_sends("05 01");
            the_peer_failed(0x01, KITH_PHASE_AUTHENTICATION);
        }
}

CONFORMANCE("SM/CEN/SCPK/BI-01-C", "The peer answers Pairing Failed: we abort and report, five reasons")
{
    for (size_t i = 0; i < sizeof early_reasons; i++) {
        bench_round("reason %02x instead of a response", early_reasons[i]);
        begin_passkey(CENTRAL, KITH_PASSKEY_RESPONDER_SHOWS);
        meet_for_passkey();
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_send("01 02 00 0d 10 02 02");
        peer_sends_octets(((const uint8_t[]){0x05, early_reasons[i]}), 2);
        the_peer_failed(early_reasons[i], KITH_PHASE_FEATURES);
    }
    passkey_entry_fails(CENTRAL);
}

CONFORMANCE("SM/PER/SCPK/BI-04-C", "The peer fails: we abort and report, five reasons")
{
    for (size_t i = 0; i < sizeof early_reasons; i++) {
        bench_round("reason %02x after our response", early_reasons[i]);
        begin_passkey(PERIPHERAL, KITH_PASSKEY_RESPONDER_SHOWS);
        meet_for_passkey();
        passkey_to(PASSKEY_FEATURES);
        peer_sends_octets(((const uint8_t[]){0x05, early_reasons[i]}), 2);
        the_peer_failed(early_reasons[i], KITH_PHASE_PUBLIC_KEYS);
    }
    passkey_entry_fails(PERIPHERAL);
}

/* ---- a commitment that is not to what is opened, in each of the rounds ---- */

static void come_to_round(bench_role role, kith_passkey_form form, unsigned round)
{
    bench_round("round %u, %s", round, kith_passkey_form_name(form));
    begin_passkey(role, form);
    meet_for_passkey();
    passkey_to(PASSKEY_TYPED);
    rounds_pass(round);
}

static void the_commitment_is_refused(void)
{
    we_send("05 04");
    we_send_nothing();
    we_fail(.why = KITH_WHY_CONFIRM_MISMATCH, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
    pair_by_passkey();
}

CONFORMANCE("SM/CEN/SCPK/BI-02-C", "A wrong commitment in any round: Confirm Value Failed")
{
    for (kith_passkey_form form = KITH_PASSKEY_INITIATOR_SHOWS; form <= KITH_PASSKEY_BOTH_TYPE; form++)
        for (unsigned round = 0; round < ROUNDS; round++) {
            come_to_round(CENTRAL, form, round);
            we_commit();
            peer_commits(WRONG);
            we_open();
            peer_opens();
            the_commitment_is_refused();
        }
}

CONFORMANCE("SM/PER/SCPK/BI-03-C", "A wrong commitment in any round: Confirm Value Failed, and our nonce is not opened")
{
    for (kith_passkey_form form = KITH_PASSKEY_INITIATOR_SHOWS; form <= KITH_PASSKEY_BOTH_TYPE; form++)
        for (unsigned round = 0; round < ROUNDS; round++) {
            come_to_round(PERIPHERAL, form, round);
            peer_commits(WRONG);
            we_commit();
            peer_opens();
            the_commitment_is_refused();
        }
}
