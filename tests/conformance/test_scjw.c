/* SM/.../SCJW: LE Secure Connections, Just Works and Numeric Comparison. */
#include <string.h>

#include "case.h"
#include "peer.h"

/* A host of this role, connected and open for pairing, and its peer. */
static void meet(bench_role role)
{
    begin(role);
    peer_begin();
    power_on();
    open_window();
    connect_link();
}

/* ---- success, word by word ---- */

static void respond_word_by_word(void)
{
    meet(PERIPHERAL);
    peer_sends("01 03 00 09 10 00 00");
    we_send("02 03 00 09 10 00 00");
    peer_sends_public_key();
    we_send_public_key();
    we_send_confirm();
    peer_sends_random();
    we_send_random();
    peer_sends_check(RIGHT);
    we_send_check();
    link_encrypts();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

static void initiate_word_by_word(void)
{
    meet(CENTRAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("01 03 00 09 10 02 02");
    peer_sends("02 03 00 09 10 00 00");
    we_send_public_key();
    peer_sends_public_key();
    we_send_nothing();
    peer_sends_confirm(RIGHT);
    we_send_random();
    peer_sends_random();
    we_send_check();
    peer_sends_check(RIGHT);
    link_encrypts();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

static void respond_with_numbers_word_by_word(void)
{
    begin(PERIPHERAL);
    bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
    peer_begin();
    power_on();
    open_window();
    connect_link();
    peer_sends("01 04 00 0d 10 00 00");
    we_send("02 01 00 09 10 00 00");
    peer_sends_public_key();
    we_send_public_key();
    we_send_confirm();
    we_emit_nothing(); /* there is no number before both nonces are there */
    peer_sends_random();
    we_send_random();
    we_show_the_number();
    our_person_says(KITH_NUMBERS_EQUAL);
    we_send_nothing(); /* the initiator's check comes first */
    peer_sends_check(RIGHT);
    we_send_check();
    link_encrypts();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

static void initiate_with_numbers_word_by_word(void)
{
    begin(CENTRAL);
    bench.config.security.io = KITH_IO_KEYBOARD_DISPLAY;
    bench.config.security.ask_mitm = true;
    peer_begin();
    power_on();
    open_window();
    connect_link();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("01 04 00 0d 10 02 02");
    peer_sends("02 01 00 09 10 00 00");
    we_send_public_key();
    peer_sends_public_key();
    peer_sends_confirm(RIGHT);
    we_send_random();
    we_emit_nothing();
    peer_sends_random();
    we_show_the_number();
    we_send_nothing(); /* not a word before the person's */
    our_person_says(KITH_NUMBERS_EQUAL);
    we_send_check();
    peer_sends_check(RIGHT);
    link_encrypts();
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

/* ---- every pair of capabilities, three runs each, nothing used twice ---- */

enum { RUNS = 3 };

static struct {
    size_t count;
    uint8_t nonces[RUNS][16], keys[RUNS][32], ltks[RUNS][16];
} seen;

static void nothing_was_seen_before(void)
{
    for (size_t i = 0; i < seen.count; i++)
        if (memcmp(seen.nonces[i], peer.our_nonce, 16) == 0 || memcmp(seen.keys[i], peer.our_public, 32) == 0 ||
            memcmp(seen.ltks[i], peer.ltk, 16) == 0)
            bench_fail("a nonce, a key or an LTK was used before");
    memcpy(seen.nonces[seen.count], peer.our_nonce, 16);
    memcpy(seen.keys[seen.count], peer.our_public, 32);
    memcpy(seen.ltks[seen.count++], peer.ltk, 16);
}

/* The same host three times: a fresh start would hide what it keeps. */
static void run_three_times(bench_role role, uint8_t ours, uint8_t theirs, bool we_ask, bool they_ask)
{
    seen.count = 0; /* a fresh host draws the same numbers anew: one seed, one run */
    begin(role);
    bench.config.security.io = (kith_io_capability)ours;
    bench.config.security.ask_mitm = we_ask;
    bench.config.security.bonding = false;
    peer_begin();
    peer.features[0] = theirs;
    peer.features[2] = KITH_AUTH_SC | (they_ask ? KITH_AUTH_MITM : 0);
    peer.features[4] = peer.features[5] = 0;
    power_on();
    for (int run = 0; run < RUNS; run++) {
        open_window();
        connect_link();
        pair_completely();
        nothing_was_seen_before();
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
    }
}

/* One side types what the other shows, or both type the same; where both can compare, they do that instead. */
static bool is_passkey(uint8_t a, uint8_t b)
{
    bool a_types = a == KITH_IO_KEYBOARD_ONLY || a == KITH_IO_KEYBOARD_DISPLAY;
    bool b_types = b == KITH_IO_KEYBOARD_ONLY || b == KITH_IO_KEYBOARD_DISPLAY;
    bool neither_is_mute = a != KITH_IO_NO_INPUT_NO_OUTPUT && b != KITH_IO_NO_INPUT_NO_OUTPUT;

    return (a_types || b_types) && neither_is_mute && !(bench_can_compare(a) && bench_can_compare(b));
}

/* Whoever asks for MITM: the first alone, the second alone, both, as two bits. */
static void pair_asking_for_mitm(bench_role role, uint8_t ours, uint8_t theirs)
{
    for (unsigned asks = 1; asks <= 3; asks++) {
        bool we = (asks & 1) != 0, they = (asks & 2) != 0;

        bench_round("we are %u%s, the peer is %u%s", ours, we ? " and ask for MITM" : "", theirs,
                    they ? " and asks for MITM" : "");
        run_three_times(role, ours, theirs, we, they);
    }
}

static void pair_with_all_capabilities(bench_role role)
{
    unsigned cells = 0, numbers = 0;

    for (uint8_t ours = 0; ours <= KITH_IO_KEYBOARD_DISPLAY; ours++)
        for (uint8_t theirs = 0; theirs <= KITH_IO_KEYBOARD_DISPLAY; theirs++) {
            bench_round("we are %u, the peer is %u, nobody asks for MITM", ours, theirs);
            run_three_times(role, ours, theirs, false, false);
            if (is_passkey(ours, theirs))
                continue;
            pair_asking_for_mitm(role, ours, theirs);
            cells++;
            numbers += bench_method() == KITH_METHOD_NUMERIC_COMPARISON;
        }
    check(cells == 16 && numbers == 4);
}

CONFORMANCE("SM/CEN/SCJW/BV-01-C", "Just Works and Numeric Comparison, Secure Connections, we initiate")
{
    initiate_word_by_word();
    initiate_with_numbers_word_by_word();
    pair_with_all_capabilities(CENTRAL);
}

CONFORMANCE("SM/PER/SCJW/BV-02-C", "Just Works and Numeric Comparison, Secure Connections, we respond")
{
    respond_word_by_word();
    respond_with_numbers_word_by_word();
    pair_with_all_capabilities(PERIPHERAL);
}

/* ---- reserved AuthReq bits: ignored, never sent (controller.c looks), and under the check as received ---- */

static const uint8_t reserved_bits[] = {0x40, 0x80, 0xc0};

/* A host that asks for numbers, and a peer that can compare them. */
static void meet_with_numbers(bench_role role)
{
    begin(role);
    bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
    bench.config.security.ask_mitm = true;
    peer_begin();
    peer.features[0] = KITH_IO_DISPLAY_YES_NO;
    power_on();
    open_window();
    connect_link();
}

static void pair_with_reserved_bits(bench_role role)
{
    for (unsigned numbers = 0; numbers <= 1; numbers++)
        for (size_t i = 0; i < sizeof reserved_bits; i++) {
            uint8_t wanted = (uint8_t)(KITH_AUTH_BONDING | KITH_AUTH_SC | (numbers ? KITH_AUTH_MITM : 0));

            bench_round("AuthReq bits %02x, %s", reserved_bits[i], numbers ? "Numeric Comparison" : "Just Works");
            if (numbers)
                meet_with_numbers(role);
            else
                meet(role);
            peer.features[2] |= reserved_bits[i];
            pair_completely();
            check((bench_method() == KITH_METHOD_NUMERIC_COMPARISON) == (numbers != 0));
            check((role == CENTRAL ? bench.request : bench.response)[3] == wanted);
        }
}

CONFORMANCE("SM/PER/SCJW/BV-03-C", "Reserved AuthReq bits in the request are ignored")
{
    pair_with_reserved_bits(PERIPHERAL);
}

CONFORMANCE("SM/CEN/SCJW/BV-04-C", "Reserved AuthReq bits in the response are ignored")
{
    pair_with_reserved_bits(CENTRAL);
}

/* ---- the peer gives up ---- */

static void link_still_serves(void)
{
    check(kith_bonds_count(bench.host) == 0);
    we_command_nothing();
    pair_completely();
}

CONFORMANCE("SM/CEN/SCJW/BI-01-C", "The peer answers Pairing Failed: we abort and report, five reasons")
{
    static const uint8_t reasons[] = {0x03, 0x08, 0x05, 0x09};

    for (size_t i = 0; i < sizeof reasons; i++) {
        bench_round("reason %02x instead of a response", reasons[i]);
        meet(CENTRAL);
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_send("01 03 00 09 10 02 02");
        peer_sends_octets(((const uint8_t[]){0x05, reasons[i]}), 2);
        we_send_nothing();
        we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = reasons[i]);
        link_still_serves();
    }
    bench_round("reason 0c in phase 2");
    meet(CENTRAL);
    pair_to(STEP_CONFIRM);
    peer_sends("05 0c");
    we_send_nothing();
    we_fail(.why = KITH_WHY_PEER_REFUSED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = 0x0c);
    link_still_serves();
    bench_round("reason 0c while our person compares");
    meet_with_numbers(CENTRAL);
    pair_to(STEP_CONFIRM);
    peer_sends_random();
    we_show_the_number();
    peer_sends("05 0c");
    we_send_nothing();
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = 0x0c);
    check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_EQUAL), KITH_ERR_STATE);
    link_still_serves();
}

CONFORMANCE("SM/PER/SCJW/BI-02-C", "The peer fails in phase 2 with Confirm Value Failed: we abort and report")
{
    meet(PERIPHERAL);
    pair_to(STEP_RANDOMS);
    peer_sends("05 04");
    we_send_nothing();
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_DHKEY_CHECKS, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = 0x04);
    link_still_serves();
    bench_round("while our person compares");
    meet_with_numbers(PERIPHERAL);
    pair_to(STEP_PUBLIC_KEYS);
    peer_sends_random();
    we_send_random();
    we_show_the_number();
    peer_sends("05 04");
    we_send_nothing();
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = 0x04);
    link_still_serves();
}

/* ---- beyond the ids ---- */

static void fail_with_reason(bench_role role, step after, uint8_t reason)
{
    bench_round("%s, reason %02x after %s", role == CENTRAL ? "central" : "peripheral", reason, step_name(after));
    meet(role);
    pair_to(after);
    peer_sends_octets(((const uint8_t[]){0x05, reason}), 2);
    we_send_nothing();
    /* No number was shown: it is how others say that they do not want to. */
    we_fail(.why = reason == KITH_SMP_NUMERIC_COMPARISON_FAILED ? KITH_WHY_PEER_REFUSED : KITH_WHY_PEER_FAILED,
            .phase = phase_after(after), .ended_by = KITH_ENDED_BY_PEER, .smp_reason = reason);
    check(strcmp(kith_smp_reason_name(reason), kith_smp_reason_name(0xff)) != 0);
}

SENTENCE(every_reason_is_reported_by_its_name_at_every_step)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (step after = STEP_FEATURES; after <= last_step_in_plain(role); after++)
            for (uint8_t reason = 0x01; reason <= KITH_SMP_BUSY; reason++)
                if (is_step_of(role, after))
                    fail_with_reason(role, after, reason);
}

SENTENCE(a_reason_that_has_no_name_is_reported_all_the_same)
{
    meet(PERIPHERAL);
    pair_to(STEP_FEATURES);
    peer_sends("05 ee");
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_PUBLIC_KEYS, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = 0xee);
}

SENTENCE(A18_wrong_confirm_is_refused)
{
    meet(CENTRAL);
    pair_to(STEP_PUBLIC_KEYS);
    peer_sends_confirm(WRONG);
    we_send_random();
    peer_sends_random();
    we_send("05 04");
    we_fail(.why = KITH_WHY_CONFIRM_MISMATCH, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_CONFIRM_VALUE_FAILED);
    link_still_serves();
}

SENTENCE(A16_wrong_dhkey_check_is_refused_by_the_responder)
{
    meet(PERIPHERAL);
    pair_to(STEP_RANDOMS);
    peer_sends_check(WRONG);
    we_send("05 0b"); /* and never our own check */
    we_fail(.why = KITH_WHY_CHECK_MISMATCH, .phase = KITH_PHASE_DHKEY_CHECKS, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_DHKEY_CHECK_FAILED);
    controller_asks_for_key(0, 0);
    we_refuse_key();
    we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_US);
    link_still_serves();
}

SENTENCE(A16_wrong_dhkey_check_is_refused_by_the_initiator)
{
    meet(CENTRAL);
    pair_to(STEP_RANDOMS);
    peer_sends_check(WRONG);
    we_send("05 0b");
    we_fail(.why = KITH_WHY_CHECK_MISMATCH, .phase = KITH_PHASE_DHKEY_CHECKS, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_DHKEY_CHECK_FAILED);
    link_still_serves(); /* nothing was encrypted */
}

/* f6 covers the features: whoever edits them on the way is found out. */
SENTENCE(A11_edited_features_are_found_out_by_the_check)
{
    meet(PERIPHERAL);
    pair_to(STEP_RANDOMS);
    bench.request[1] = KITH_IO_KEYBOARD_DISPLAY; /* what the peer believes to have sent */
    peer_sends_check(RIGHT);
    bench.request[1] = KITH_IO_NO_INPUT_NO_OUTPUT;
    we_send("05 0b");
    we_fail(.why = KITH_WHY_CHECK_MISMATCH, .phase = KITH_PHASE_DHKEY_CHECKS, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_DHKEY_CHECK_FAILED);
}

/* f5 and f6 cover the addresses and their types as used on air. */
SENTENCE(a_random_address_on_air_goes_into_the_keys)
{
    static const uint8_t our_static[6] = {1, 2, 3, 4, 5, 0xc6};
    static const kith_address random = {KITH_ADDRESS_RANDOM, {6, 5, 4, 3, 2, 0xc1}};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role == CENTRAL ? "central" : "peripheral");
        begin(role);
        bench.peer_address = random;
        bench.config.own_address = KITH_OWN_STATIC;
        bench.config.static_address = our_static;
        peer_begin();
        power_on();
        check(bench.our_address.type == KITH_ADDRESS_RANDOM && memcmp(bench.our_address.octets, our_static, 6) == 0);
        open_window();
        connect_link();
        pair_completely();
    }
}

/* ---- work that takes its time: PDUs may overtake it, the outcome is the same ---- */

SENTENCE(slow_arithmetic_does_not_hurt_the_responder)
{
    meet(PERIPHERAL);
    pair_to(STEP_FEATURES);
    bench.hold_work = true;
    peer_sends_public_key();
    we_send_nothing(); /* not even our key before theirs is known to be sound */
    do_one_work();
    we_send_public_key();
    we_send_confirm();
    peer_sends_random();
    we_send_random();
    peer_sends_check(RIGHT);
    we_send_nothing();
    do_work();
    we_send_check();
    bench.hold_work = false;
    pair_from(STEP_CHECKS, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(slow_arithmetic_does_not_hurt_the_initiator)
{
    meet(CENTRAL);
    pair_to(STEP_FEATURES);
    bench.hold_work = true;
    peer_sends_public_key();
    do_one_work();
    peer_sends_confirm(RIGHT);
    we_send_random();
    peer_sends_random();
    we_send_nothing();
    do_work();
    we_send_check();
    bench.hold_work = false;
    pair_from(STEP_RANDOMS, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(a_wrong_check_that_came_before_the_shared_secret_is_refused)
{
    meet(PERIPHERAL);
    pair_to(STEP_FEATURES);
    bench.hold_work = true;
    peer_sends_public_key();
    do_one_work();
    we_send_public_key();
    we_send_confirm();
    peer_sends_random();
    we_send_random();
    peer_sends_check(WRONG);
    bench.hold_work = false;
    we_send("05 0b");
    we_fail(.why = KITH_WHY_CHECK_MISMATCH, .phase = KITH_PHASE_DHKEY_CHECKS, .ended_by = KITH_ENDED_BY_US,
            .smp_reason = KITH_SMP_DHKEY_CHECK_FAILED);
}

SENTENCE(a_confirm_that_overtakes_the_check_of_the_key_is_kept)
{
    meet(CENTRAL);
    pair_to(STEP_FEATURES);
    bench.hold_work = true;
    peer_sends_public_key();
    peer_sends_confirm(RIGHT);
    we_send_nothing(); /* our nonce waits until the key is known to be sound */
    do_work();
    we_send_random();
    bench.hold_work = false;
    pair_from(STEP_CONFIRM, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

/* ---- the controller ---- */

SENTENCE(encryption_is_refused_by_the_controller)
{
    meet(CENTRAL);
    pair_to(STEP_CHECKS);
    we_start_encryption(peer.ltk);
    encryption_changes(KITH_HCI_UNSUPPORTED);
    we_fail(.why = KITH_WHY_CONTROLLER_REFUSED, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_CONTROLLER,
            .hci_status = KITH_HCI_UNSUPPORTED);
    link_still_serves();
}

SENTENCE(encryption_that_goes_off_ends_the_pairing_and_the_level)
{
    meet(PERIPHERAL);
    pair_to(STEP_ENCRYPTED);
    encryption_goes_off();
    level_is(KITH_LEVEL_NONE);
    we_fail(.why = KITH_WHY_ENCRYPTION_LOST, .phase = KITH_PHASE_KEYS, .ended_by = KITH_ENDED_BY_CONTROLLER,
            .keys_sent = KITH_KEY_ID);
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    check(kith_bonds_count(bench.host) == 0);
}

SENTENCE(a_disconnection_at_every_step_is_one_named_end)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (step after = STEP_FEATURES; after < STEP_KEYS; after++) {
            if (!is_step_of(role, after))
                continue;
            bench_round("%s, after %s", role == CENTRAL ? "central" : "peripheral", step_name(after));
            meet(role);
            pair_to(after);
            if (after == STEP_CHECKS && role == CENTRAL)
                we_start_encryption(peer.ltk);
            link_breaks(KITH_HCI_CONNECTION_TIMEOUT);
            if (after == STEP_ENCRYPTED)
                level_is(KITH_LEVEL_NONE);
            we_fail(.why = KITH_WHY_LINK_LOST, .phase = phase_after(after), .ended_by = KITH_ENDED_BY_LINK,
                    .hci_status = KITH_HCI_CONNECTION_TIMEOUT,
                    .keys_sent = after == STEP_ENCRYPTED && role == PERIPHERAL ? KITH_KEY_ID : 0);
            we_emit(KITH_EVENT_DISCONNECTED);
            check(kith_bonds_count(bench.host) == 0);
            connect_link();
            pair_completely();
        }
}
