/* The peer of the bench in Passkey Entry.  Core Vol 3 Part H 2.3.5.6.3, 2.3.5.6.5. */
#include "peer_passkey.h"

#include <string.h>

#include "judge.h"

enum { ANSWER_US = 25000000, PASSKEYS = 1000000 };

passkey_state passkey;

kith_passkey_form passkey_form_where(bench_role role, bool we_show)
{
    return (role == CENTRAL) == we_show ? KITH_PASSKEY_INITIATOR_SHOWS : KITH_PASSKEY_RESPONDER_SHOWS;
}

void passkey_begin(bench_role role, kith_passkey_form form)
{
    bool we_show = form == passkey_form_where(role, true), they_show = form == passkey_form_where(role, false);

    bench_begin(role);
    bench.config.security.methods = kith_sc_methods;
    bench.config.security.io = we_show ? KITH_IO_DISPLAY_ONLY : KITH_IO_KEYBOARD_ONLY;
    bench.config.security.ask_mitm = true;
    peer_begin();
    peer.features[0] = they_show ? KITH_IO_DISPLAY_ONLY : KITH_IO_KEYBOARD_ONLY;
    memset(&passkey, 0, sizeof passkey);
}

void passkey_meet(void)
{
    bench_power_on();
    bench_open_window();
    bench_connect();
}

static void draw_number(void)
{
    uint8_t octets[3];

    peer_draw_octets(octets, sizeof octets);
    passkey.number = ((uint32_t)octets[0] << 16 | (uint32_t)octets[1] << 8 | octets[2]) % PASSKEYS;
    passkey.round = 0;
}

void passkey_exchange_features(void)
{
    draw_number();
    if (bench.role == PERIPHERAL) {
        peer_do_request();
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
        return;
    }
    bench_check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    peer_do_response();
    peer_take_public_key();
}

/* ---- people ---- */

static void check_deadline(uint64_t deadline_us)
{
    if (deadline_us != bench.smp_sent_us + ANSWER_US)
        bench_fail("the deadline is not 25 s after our last PDU");
}

void passkey_take_shown(void)
{
    const kith_event_passkey *shown = &bench_we_emit(KITH_EVENT_PASSKEY_SHOWN)->passkey;

    if (shown->passkey >= PASSKEYS)
        bench_fail("the passkey has more than six digits");
    if (shown->both_type)
        bench_fail("who shows a passkey does not type it");
    check_deadline(shown->deadline_us);
    passkey.number = shown->passkey;
}

void passkey_take_question(void)
{
    const kith_event_passkey *wanted = &bench_we_emit(KITH_EVENT_PASSKEY_WANTED)->passkey;

    if (wanted->passkey != 0)
        bench_fail("the question tells an answer");
    if (wanted->both_type != (bench_passkey_form() == KITH_PASSKEY_BOTH_TYPE))
        bench_fail("the question does not tell who shows the passkey");
    check_deadline(wanted->deadline_us);
}

static void type(void)
{
    if (bench_we_show_passkey()) {
        passkey_take_shown();
        return;
    }
    passkey_take_question();
    bench_check_status(kith_pairing_passkey(bench.host, bench.link, passkey.number), KITH_OK);
}

/* ---- one round: a bit of the passkey ---- */

static uint8_t bit(void)
{
    return (uint8_t)(0x80 | (passkey.number >> passkey.round & 1));
}

static void say(uint8_t opcode, const uint8_t value[16])
{
    uint8_t pdu[17] = {opcode};

    memcpy(pdu + 1, value, 16);
    bench_peer_sends_octets(KITH_CID_SMP, pdu, sizeof pdu);
}

void passkey_do_confirm(correctness how)
{
    uint8_t confirm[16];

    peer_draw_octets(peer.nonce, sizeof peer.nonce);
    judge_f4(peer.public_key, peer.our_public, peer.nonce, bit(), confirm);
    confirm[0] ^= how == WRONG;
    say(KITH_SMP_PAIRING_CONFIRM, confirm);
}

static void round_ends_with(bench_role who)
{
    if (bench.role == who)
        passkey.round++;
}

/* The responder opens last. */
void passkey_do_random(void)
{
    say(KITH_SMP_PAIRING_RANDOM, peer.nonce);
    round_ends_with(CENTRAL);
}

void passkey_take_confirm(void)
{
    memcpy(passkey.our_confirm, bench_we_send_opcode(KITH_SMP_PAIRING_CONFIRM) + 1, sizeof passkey.our_confirm);
}

static void keep_nonce(const uint8_t nonce[16])
{
    for (unsigned i = 0; i < passkey.round; i++)
        if (memcmp(passkey.our_nonces[i], nonce, 16) == 0)
            bench_fail("the nonce of round %u is that of round %u", passkey.round, i);
    memcpy(passkey.our_nonces[passkey.round], nonce, 16);
    memcpy(peer.our_nonce, nonce, sizeof peer.our_nonce);
}

void passkey_take_random(void)
{
    uint8_t confirm[16];

    keep_nonce(bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM) + 1);
    judge_f4(peer.our_public, peer.public_key, peer.our_nonce, bit(), confirm);
    if (memcmp(confirm, passkey.our_confirm, sizeof confirm) != 0)
        bench_fail("round %u: our commitment is not to what we opened and this bit of the passkey", passkey.round);
    round_ends_with(PERIPHERAL);
}

static void one_round(void)
{
    if (bench.role == PERIPHERAL) {
        passkey_do_confirm(RIGHT);
        passkey_take_confirm();
        passkey_do_random();
        passkey_take_random();
        return;
    }
    passkey_take_confirm();
    passkey_do_confirm(RIGHT);
    passkey_take_random();
    passkey_do_random();
}

void passkey_rounds(unsigned until)
{
    while (passkey.round < until)
        one_round();
}

/* ---- longer pieces ---- */

void passkey_begin_check(void)
{
    for (unsigned i = 0; i < 4; i++)
        peer.r[i] = peer.our_r[i] = (uint8_t)(passkey.number >> 8 * i);
}

static void check_each_other(void)
{
    passkey_begin_check();
    if (bench.role == CENTRAL)
        peer_take_check();
    peer_do_check(RIGHT);
    if (bench.role == PERIPHERAL)
        peer_take_check();
}

/* The responder gives its keys first. */
static void encrypt(void)
{
    peer_encrypt();
    if (bench.role == PERIPHERAL)
        peer_take_keys(keys_from_us());
}

static void give_keys(void)
{
    peer_do_keys(keys_from_peer());
    if (bench.role == CENTRAL)
        peer_take_keys(keys_from_us());
}

static void exchange_public_keys(void)
{
    peer_do_public_key();
    if (bench.role == PERIPHERAL)
        peer_take_public_key();
}

static void pass_all_rounds(void)
{
    passkey_rounds(ROUNDS);
}

void passkey_pair(passkey_step done, passkey_step last)
{
    static void (*const steps[PASSKEY_STEPS])(void) = {
        [PASSKEY_FEATURES] = passkey_exchange_features,
        [PASSKEY_PUBLIC_KEYS] = exchange_public_keys,
        [PASSKEY_TYPED] = type,
        [PASSKEY_ROUNDS] = pass_all_rounds,
        [PASSKEY_CHECKS] = check_each_other,
        [PASSKEY_ENCRYPTED] = encrypt,
        [PASSKEY_KEYS] = give_keys,
    };

    for (passkey_step now = (passkey_step)(done + 1); now <= last; now = (passkey_step)(now + 1))
        steps[now]();
}

void passkey_pair_completely(void)
{
    bench_wait_passes(); /* after a failure it is a patient peer */
    passkey_pair(PASSKEY_NOTHING, PASSKEY_KEYS);
    bench_we_pair(bench.request[4] < bench.response[4] ? bench.request[4] : bench.response[4]);
    if (bench_is_bonding())
        (void)bench_we_emit(KITH_EVENT_BONDED);
}

/* As central our part of the next step has begun by the end of one. */
kith_phase passkey_phase_after(passkey_step done)
{
    static const kith_phase phases[PASSKEY_STEPS] = {
        [PASSKEY_NOTHING] = KITH_PHASE_REQUEST,
        [PASSKEY_FEATURES] = KITH_PHASE_PUBLIC_KEYS,
        [PASSKEY_PUBLIC_KEYS] = KITH_PHASE_AUTHENTICATION,
        [PASSKEY_TYPED] = KITH_PHASE_AUTHENTICATION,
        [PASSKEY_ROUNDS] = KITH_PHASE_DHKEY_CHECKS,
        [PASSKEY_CHECKS] = KITH_PHASE_ENCRYPTION,
        [PASSKEY_ENCRYPTED] = KITH_PHASE_KEYS,
        [PASSKEY_KEYS] = KITH_PHASE_DONE,
    };

    return phases[done];
}

const char *passkey_step_name(passkey_step s)
{
    static const char *const names[PASSKEY_STEPS] = {"nothing", "features", "public keys", "the passkey",
                                                     "rounds",  "checks",   "encryption",  "keys"};

    return names[s];
}

passkey_step passkey_last_in_plain(bench_role role)
{
    return role == CENTRAL ? PASSKEY_ROUNDS : PASSKEY_CHECKS;
}
