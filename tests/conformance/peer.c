/* The peer of the bench.  Core Vol 3 Part H 2.3.5.6, 3.6. */
#include "peer.h"

#include <string.h>

#include "judge.h"

enum { KEYS = KITH_KEY_ID | KITH_KEY_SIGN };

peer_state peer;
static uint64_t drawn;

/* Any numbers will do that are not the same twice; the scalar stays below the group order. */
void peer_draw_octets(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(drawn >> 56);
    }
}

void peer_draw(void)
{
    peer_draw_octets(peer.private_key, sizeof peer.private_key);
    peer.private_key[31] &= 0x7f;
    judge_key_pair(peer.private_key, peer.public_key);
    peer_draw_octets(peer.nonce, sizeof peer.nonce);
    memset(peer.r, 0, sizeof peer.r);
    memset(peer.our_r, 0, sizeof peer.our_r);
}

void peer_begin(void)
{
    static const uint8_t features[6] = {
        KITH_IO_NO_INPUT_NO_OUTPUT, 0, KITH_AUTH_BONDING | KITH_AUTH_SC, 16, KITH_KEY_ID, KITH_KEY_ID};

    memset(&peer, 0, sizeof peer);
    drawn = 7;
    memcpy(peer.features, features, sizeof features);
    peer.identity = bench.peer_address;
    peer_draw_octets(peer.irk, sizeof peer.irk);
    peer_draw_octets(peer.csrk, sizeof peer.csrk);
    peer_draw();
}

/* ---- who is who ---- */

static const uint8_t *initiator_nonce(void)
{
    return bench.role == CENTRAL ? peer.our_nonce : peer.nonce;
}

static const uint8_t *responder_nonce(void)
{
    return bench.role == CENTRAL ? peer.nonce : peer.our_nonce;
}

static const kith_address *initiator_address(void)
{
    return bench.role == CENTRAL ? &bench.our_address : &bench.peer_address;
}

static const kith_address *responder_address(void)
{
    return bench.role == CENTRAL ? &bench.peer_address : &bench.our_address;
}

uint8_t keys_from_peer(void)
{
    return (bench.role == CENTRAL ? bench.response[6] : bench.response[5]) & KEYS;
}

uint8_t keys_from_us(void)
{
    return (bench.role == CENTRAL ? bench.response[5] : bench.response[6]) & KEYS;
}

/* ---- what the peer sends ---- */

static void say(uint8_t opcode, const uint8_t *value, size_t len)
{
    uint8_t pdu[KITH_SMP_MAX_PDU] = {opcode};

    memcpy(pdu + 1, value, len);
    bench_peer_sends_octets(KITH_CID_SMP, pdu, len + 1);
}

void peer_do_request(void)
{
    peer_draw();
    say(KITH_SMP_PAIRING_REQUEST, peer.features, sizeof peer.features);
}

void peer_do_response(void)
{
    peer_draw();
    say(KITH_SMP_PAIRING_RESPONSE, peer.features, sizeof peer.features);
}

void peer_do_public_key(void)
{
    say(KITH_SMP_PAIRING_PUBLIC_KEY, peer.public_key, sizeof peer.public_key);
}

void peer_do_confirm(correctness how)
{
    uint8_t confirm[16];

    judge_f4(peer.public_key, peer.our_public, peer.nonce, 0, confirm);
    confirm[15] ^= how == WRONG;
    say(KITH_SMP_PAIRING_CONFIRM, confirm, sizeof confirm);
}

void peer_do_random(void)
{
    say(KITH_SMP_PAIRING_RANDOM, peer.nonce, sizeof peer.nonce);
}

/* Both nonces and keys are known: MacKey and LTK, cut to the size agreed upon. */
static void derive(void)
{
    uint8_t dhkey[32];
    uint8_t size = bench.request[4] < bench.response[4] ? bench.request[4] : bench.response[4];

    if (!judge_dhkey(peer.private_key, peer.our_public, dhkey))
        bench_fail("our public key is not a point of the curve");
    judge_f5(dhkey, initiator_nonce(), responder_nonce(), initiator_address(), responder_address(), peer.mackey,
             peer.ltk);
    memset(peer.ltk + size, 0, (size_t)(16 - size));
}

static void check_of(bool ours, uint8_t out[16])
{
    const uint8_t *mine = ours ? peer.our_nonce : peer.nonce, *other = ours ? peer.nonce : peer.our_nonce;
    const uint8_t *features = (bench.role == CENTRAL) == ours ? bench.request : bench.response;
    const kith_address *a1 = ours ? &bench.our_address : &bench.peer_address;
    const kith_address *a2 = ours ? &bench.peer_address : &bench.our_address;

    judge_f6(peer.mackey, mine, other, ours ? peer.our_r : peer.r, features + 1, a1, a2, out);
}

void peer_do_check(correctness how)
{
    uint8_t value[16];

    derive();
    check_of(false, value);
    value[0] ^= how == WRONG;
    say(KITH_SMP_PAIRING_DHKEY_CHECK, value, sizeof value);
}

void peer_do_keys(uint8_t keys)
{
    uint8_t identity[7] = {peer.identity.type};

    memcpy(identity + 1, peer.identity.octets, 6);
    if ((keys & KITH_KEY_ID) != 0) {
        say(KITH_SMP_IDENTITY_INFORMATION, peer.irk, sizeof peer.irk);
        say(KITH_SMP_IDENTITY_ADDRESS_INFORMATION, identity, sizeof identity);
    }
    if ((keys & KITH_KEY_SIGN) != 0)
        say(KITH_SMP_SIGNING_INFORMATION, peer.csrk, sizeof peer.csrk);
}

/* ---- what we send ---- */

void peer_take_public_key(void)
{
    memcpy(peer.our_public, bench_we_send_opcode(KITH_SMP_PAIRING_PUBLIC_KEY) + 1, sizeof peer.our_public);
}

void peer_take_confirm(void)
{
    memcpy(peer.our_confirm, bench_we_send_opcode(KITH_SMP_PAIRING_CONFIRM) + 1, sizeof peer.our_confirm);
}

void peer_take_random(void)
{
    uint8_t confirm[16];

    memcpy(peer.our_nonce, bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM) + 1, sizeof peer.our_nonce);
    judge_f4(peer.our_public, peer.public_key, peer.our_nonce, 0, confirm);
    if (bench.role == PERIPHERAL && memcmp(confirm, peer.our_confirm, sizeof confirm) != 0)
        bench_fail("our confirm is not f4 of what we showed");
}

void peer_take_check(void)
{
    uint8_t wanted[16];

    derive();
    check_of(true, wanted);
    if (memcmp(bench_we_send_opcode(KITH_SMP_PAIRING_DHKEY_CHECK) + 1, wanted, sizeof wanted) != 0)
        bench_fail("our DHKey check is not f6 of what went over the air");
}

void peer_take_keys(uint8_t keys)
{
    if ((keys & KITH_KEY_ID) != 0) {
        memcpy(peer.our_irk, bench_we_send_opcode(KITH_SMP_IDENTITY_INFORMATION) + 1, sizeof peer.our_irk);
        memcpy(peer.our_identity, bench_we_send_opcode(KITH_SMP_IDENTITY_ADDRESS_INFORMATION) + 1,
               sizeof peer.our_identity);
    }
    if ((keys & KITH_KEY_SIGN) != 0)
        memcpy(peer.our_csrk, bench_we_send_opcode(KITH_SMP_SIGNING_INFORMATION) + 1, sizeof peer.our_csrk);
}

/* ---- numbers ---- */

static const uint8_t *initiator_key(void)
{
    return bench.role == CENTRAL ? peer.our_public : peer.public_key;
}

static const uint8_t *responder_key(void)
{
    return bench.role == CENTRAL ? peer.public_key : peer.our_public;
}

void peer_check_number(void)
{
    const kith_event_comparison *shown = &bench_we_emit(KITH_EVENT_COMPARISON_WANTED)->comparison;
    uint32_t wanted = judge_g2(initiator_key(), responder_key(), initiator_nonce(), responder_nonce());

    if (shown->number != wanted)
        bench_fail("we show %06u, what went over the air gives %06u", (unsigned)shown->number, (unsigned)wanted);
    if (shown->deadline_us != bench.smp_sent_us + 25000000)
        bench_fail("the deadline is not 25 s after our last PDU");
}

void peer_answer(kith_comparison answer)
{
    bench.unseen = answer == KITH_NUMBERS_UNSEEN;
    bench_check_status(kith_pairing_compare(bench.host, bench.link, answer), KITH_OK);
}

static void compare(void)
{
    if (bench_method() != KITH_METHOD_NUMERIC_COMPARISON)
        return;
    peer_check_number();
    peer_answer(KITH_NUMBERS_EQUAL);
}

/* ---- longer pieces ---- */

/* A Secure Connections key goes with EDIV and Rand of zero. */
void peer_encrypt(void)
{
    uint8_t rand_ediv_key[26] = {0};

    memcpy(rand_ediv_key + 10, peer.ltk, sizeof peer.ltk);
    if (bench.role == PERIPHERAL) {
        bench_ltk_request(0, 0);
        bench_we_command(KITH_HCI_LE_LTK_REQUEST_REPLY, 2, peer.ltk, sizeof peer.ltk);
    } else
        bench_we_command(KITH_HCI_LE_ENABLE_ENCRYPTION, 2, rand_ediv_key, sizeof rand_ediv_key);
    if (bench.encrypted) /* paused, and on again with the new key: Vol 4 Part E 7.7.39 */
        bench_key_refreshes(0);
    else
        bench_encryption_changes(0, true);
    bench_level_is(bench_level());
}

static void as_peripheral(step now)
{
    switch (now) {
    case STEP_FEATURES:
        peer_do_request();
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
        break;
    case STEP_PUBLIC_KEYS:
        peer_do_public_key();
        peer_take_public_key();
        peer_take_confirm();
        break;
    case STEP_RANDOMS:
        peer_do_random();
        peer_take_random();
        compare();
        break;
    case STEP_CHECKS:
        peer_do_check(RIGHT);
        peer_take_check();
        break;
    case STEP_ENCRYPTED:
        peer_encrypt();
        peer_take_keys(keys_from_us());
        break;
    case STEP_KEYS:
        peer_do_keys(keys_from_peer());
        break;
    default:
        break;
    }
}

static void as_central(step now)
{
    switch (now) {
    case STEP_FEATURES:
        bench_check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
        peer_do_response();
        peer_take_public_key();
        break;
    case STEP_PUBLIC_KEYS:
        peer_do_public_key();
        break;
    case STEP_CONFIRM:
        peer_do_confirm(RIGHT);
        peer_take_random();
        break;
    case STEP_RANDOMS:
        peer_do_random();
        compare();
        peer_take_check();
        break;
    case STEP_CHECKS:
        peer_do_check(RIGHT);
        break;
    case STEP_ENCRYPTED:
        peer_encrypt();
        break;
    case STEP_KEYS:
        peer_do_keys(keys_from_peer());
        peer_take_keys(keys_from_us());
        break;
    default:
        break;
    }
}

void peer_pair(step done, step last)
{
    for (step now = (step)(done + 1); now <= last; now = (step)(now + 1))
        (bench.role == PERIPHERAL ? as_peripheral : as_central)(now);
}

void peer_pair_completely(void)
{
    bench_wait_passes(); /* after a failure it is a patient peer */
    peer_pair(STEP_NOTHING, STEP_KEYS);
    bench_we_pair(bench.request[4] < bench.response[4] ? bench.request[4] : bench.response[4]);
    if (bench_is_bonding())
        (void)bench_we_emit(KITH_EVENT_BONDED);
}

bool is_step_of(bench_role role, step s)
{
    return role == CENTRAL || s != STEP_CONFIRM;
}

kith_phase phase_after(step done)
{
    static const kith_phase phases[STEP_COUNT] = {
        [STEP_NOTHING] = KITH_PHASE_REQUEST,
        [STEP_FEATURES] = KITH_PHASE_PUBLIC_KEYS,
        [STEP_PUBLIC_KEYS] = KITH_PHASE_AUTHENTICATION,
        [STEP_CONFIRM] = KITH_PHASE_AUTHENTICATION,
        [STEP_RANDOMS] = KITH_PHASE_DHKEY_CHECKS,
        [STEP_CHECKS] = KITH_PHASE_ENCRYPTION,
        [STEP_ENCRYPTED] = KITH_PHASE_KEYS,
        [STEP_KEYS] = KITH_PHASE_DONE,
    };

    return phases[done];
}

const char *step_name(step s)
{
    static const char *const names[STEP_COUNT] = {"nothing", "features", "public keys", "confirm",
                                                  "randoms", "checks",   "encryption",  "keys"};

    return names[s];
}

step last_step_in_plain(bench_role role)
{
    return role == CENTRAL ? STEP_RANDOMS : STEP_CHECKS;
}
