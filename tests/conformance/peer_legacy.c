/* The peer of the bench in legacy pairing.  Core Vol 3 Part H 2.3.5.2 to 2.3.5.5, 3.6. */
#include "peer_legacy.h"

#include <string.h>

#include "judge_legacy.h"

enum { KEYS = KITH_KEY_ENC | KITH_KEY_ID | KITH_KEY_SIGN };

legacy_state legacy;
static uint64_t drawn;

static void draw(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(drawn >> 56);
    }
}

void legacy_draw(void)
{
    draw(legacy.random, sizeof legacy.random);
    draw(legacy.key.ltk, sizeof legacy.key.ltk);
    draw((uint8_t *)&legacy.key.ediv, sizeof legacy.key.ediv);
    draw((uint8_t *)&legacy.key.rand, sizeof legacy.key.rand);
    draw((uint8_t *)&legacy.passkey, sizeof legacy.passkey);
    legacy.passkey %= 1000000;
}

void legacy_begin(bench_role role)
{
    static const uint8_t features[6] = {
        KITH_IO_NO_INPUT_NO_OUTPUT, 0, KITH_AUTH_BONDING, 16, KITH_KEY_ENC | KITH_KEY_ID, KITH_KEY_ENC | KITH_KEY_ID};

    bench_begin(role);
    bench.config.security.legacy = true;
    bench.config.security.methods = kith_all_methods;
    bench.config.security.initiator_keys = KITH_KEY_ENC | KITH_KEY_ID;
    peer_begin();
    memcpy(peer.features, features, sizeof features);
    memset(&legacy, 0, sizeof legacy);
    drawn = 11;
    legacy_draw();
}

void legacy_meet(void)
{
    bench_power_on();
    bench_open_window();
    bench_connect();
}

const char *role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

uint8_t legacy_keys_from_peer(void)
{
    return (bench.role == CENTRAL ? bench.response[6] : bench.response[5]) & KEYS;
}

uint8_t legacy_keys_from_us(void)
{
    return (bench.role == CENTRAL ? bench.response[5] : bench.response[6]) & KEYS;
}

uint8_t legacy_key_size(void)
{
    return bench.request[4] < bench.response[4] ? bench.request[4] : bench.response[4];
}

static void shorten(uint8_t key[16])
{
    memset(key + legacy_key_size(), 0, (size_t)(16 - legacy_key_size()));
}

void legacy_tk_is(uint32_t passkey)
{
    memset(legacy.tk, 0, sizeof legacy.tk);
    for (unsigned i = 0; i < 4; i++)
        legacy.tk[i] = (uint8_t)(passkey >> 8 * i);
}

void legacy_confirm_of(const uint8_t random[16], uint8_t confirm[16])
{
    const kith_address *initiator = bench.role == CENTRAL ? &bench.our_address : &bench.peer_address;
    const kith_address *responder = bench.role == CENTRAL ? &bench.peer_address : &bench.our_address;

    judge_c1(legacy.tk, random, bench.request, bench.response, initiator, responder, confirm);
}

/* ---- what the peer sends ---- */

static void say(uint8_t opcode, const uint8_t *value, size_t len)
{
    uint8_t pdu[KITH_SMP_MAX_PDU] = {opcode};

    memcpy(pdu + 1, value, len);
    bench_peer_sends_octets(KITH_CID_SMP, pdu, len + 1);
}

void legacy_do_confirm(correctness how)
{
    uint8_t confirm[16];

    legacy_confirm_of(legacy.random, confirm);
    confirm[15] ^= how == WRONG;
    say(KITH_SMP_PAIRING_CONFIRM, confirm, sizeof confirm);
}

void legacy_do_random(void)
{
    say(KITH_SMP_PAIRING_RANDOM, legacy.random, sizeof legacy.random);
}

static void put_numbers(uint8_t out[10], uint16_t ediv, uint64_t rand)
{
    out[0] = (uint8_t)ediv;
    out[1] = (uint8_t)(ediv >> 8);
    for (unsigned i = 0; i < 8; i++)
        out[2 + i] = (uint8_t)(rand >> 8 * i);
}

void legacy_do_keys(uint8_t keys)
{
    uint8_t identification[10];

    put_numbers(identification, legacy.key.ediv, legacy.key.rand);
    if ((keys & KITH_KEY_ENC) != 0) {
        say(KITH_SMP_ENCRYPTION_INFORMATION, legacy.key.ltk, sizeof legacy.key.ltk);
        say(KITH_SMP_CENTRAL_IDENTIFICATION, identification, sizeof identification);
    }
    peer_do_keys(keys);
}

/* ---- what we send ---- */

void legacy_take_confirm(void)
{
    memcpy(legacy.our_confirm, bench_we_send_opcode(KITH_SMP_PAIRING_CONFIRM) + 1, sizeof legacy.our_confirm);
}

void legacy_take_random(void)
{
    uint8_t confirm[16];

    memcpy(legacy.our_random, bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM) + 1, sizeof legacy.our_random);
    legacy_confirm_of(legacy.our_random, confirm);
    if (memcmp(confirm, legacy.our_confirm, sizeof confirm) != 0)
        bench_fail("our confirm value is not c1 of what we opened");
}

static void take_long_term_key(void)
{
    static const uint8_t none[16];
    const uint8_t *value;
    uint8_t shortened[16];

    memcpy(legacy.our_key.ltk, bench_we_send_opcode(KITH_SMP_ENCRYPTION_INFORMATION) + 1, sizeof legacy.our_key.ltk);
    memcpy(shortened, legacy.our_key.ltk, sizeof shortened);
    shorten(shortened);
    if (memcmp(shortened, legacy.our_key.ltk, sizeof shortened) != 0)
        bench_fail("the key we gave is longer than what was agreed upon");
    if (memcmp(shortened, none, sizeof none) == 0)
        bench_fail("the key we gave is zero");
    value = bench_we_send_opcode(KITH_SMP_CENTRAL_IDENTIFICATION) + 1;
    legacy.our_key.ediv = (uint16_t)(value[0] | value[1] << 8);
    legacy.our_key.rand = 0;
    for (unsigned i = 0; i < 8; i++)
        legacy.our_key.rand |= (uint64_t)value[2 + i] << 8 * i;
    if (legacy.our_key.ediv == 0 && legacy.our_key.rand == 0)
        bench_fail("the key we gave is asked for as a Secure Connections key is");
}

void legacy_take_keys(uint8_t keys)
{
    if ((keys & KITH_KEY_ENC) != 0)
        take_long_term_key();
    peer_take_keys(keys);
}

/* ---- passkeys ---- */

void legacy_show_passkey(void)
{
    const kith_event_passkey *shown = &bench_we_emit(KITH_EVENT_PASSKEY_SHOWN)->passkey;

    if (shown->passkey > 999999)
        bench_fail("the passkey has more than six digits");
    if (shown->deadline_us != bench.smp_sent_us + 25000000)
        bench_fail("the deadline is not 25 s after our last PDU");
    legacy.passkey = shown->passkey;
    legacy_tk_is(legacy.passkey);
}

void legacy_ask_passkey(void)
{
    const kith_event_passkey *wanted = &bench_we_emit(KITH_EVENT_PASSKEY_WANTED)->passkey;

    if (wanted->passkey != 0)
        bench_fail("the question tells the answer");
    if (wanted->both_type != (bench_passkey_form() == KITH_PASSKEY_BOTH_TYPE))
        bench_fail("the question does not tell who shows the passkey");
    if (wanted->deadline_us != bench.smp_sent_us + 25000000)
        bench_fail("the deadline is not 25 s after our last PDU");
    legacy_tk_is(legacy.passkey);
}

static void exchange_passkey(void)
{
    if (bench_method() != KITH_METHOD_PASSKEY)
        return;
    if (bench_we_show_passkey()) {
        legacy_show_passkey();
        return;
    }
    legacy_ask_passkey();
    bench_check_status(kith_pairing_passkey(bench.host, bench.link, legacy.passkey), KITH_OK);
}

/* ---- encryption ---- */

/* The command or answer that hands this key to the controller. */
static void give_to_controller(const uint8_t key[16], uint16_t ediv, uint64_t rand)
{
    uint8_t parameters[26];

    for (unsigned i = 0; i < 8; i++)
        parameters[i] = (uint8_t)(rand >> 8 * i);
    parameters[8] = (uint8_t)ediv;
    parameters[9] = (uint8_t)(ediv >> 8);
    memcpy(parameters + 10, key, 16);
    if (bench.role == CENTRAL) {
        bench_we_command(KITH_HCI_LE_ENABLE_ENCRYPTION, 2, parameters, sizeof parameters);
        return;
    }
    bench_ltk_request(ediv, rand);
    bench_we_command(KITH_HCI_LE_LTK_REQUEST_REPLY, 2, key, 16);
}

void legacy_encrypt(void)
{
    const uint8_t *mrand = bench.role == CENTRAL ? legacy.our_random : legacy.random;
    const uint8_t *srand = bench.role == CENTRAL ? legacy.random : legacy.our_random;

    judge_s1(legacy.tk, srand, mrand, legacy.stk);
    shorten(legacy.stk);
    give_to_controller(legacy.stk, 0, 0);
    bench_encryption_changes(0, true);
    bench_level_is(bench_level());
}

void legacy_meet_again(void)
{
    bench_link_breaks(0x13);
    (void)bench_we_emit(KITH_EVENT_DISCONNECTED);
    bench_connect();
}

void legacy_encrypt_with_bond(const legacy_key *key)
{
    uint8_t ltk[16];
    const kith_verdict *v;

    memcpy(ltk, key->ltk, sizeof ltk);
    shorten(ltk);
    if (bench.role == CENTRAL)
        bench_check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    give_to_controller(ltk, key->ediv, key->rand);
    bench_encryption_changes(0, true);
    bench_level_is(bench_level());
    v = &bench_we_emit(KITH_EVENT_ENCRYPTED)->verdict;
    if (!v->succeeded || v->why != KITH_WHY_ENCRYPTED || v->key_kind != KITH_KEY_KIND_LEGACY ||
        v->key_size != legacy_key_size() || v->level != bench_level() || v->method != bench_method())
        bench_fail("the verdict is not that of an encryption with this bond");
}

/* ---- longer pieces ---- */

static void offer_oob(void)
{
    if (!legacy.oob.has_tk && !legacy.oob.has_sc)
        return;
    (void)bench_we_emit(KITH_EVENT_OOB_WANTED);
    bench_check_status(kith_pairing_oob(bench.host, bench.link, &legacy.oob), KITH_OK);
}

static void exchange_features(void)
{
    legacy_draw();
    if (bench.role == PERIPHERAL) {
        peer_do_request();
        offer_oob();
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
        return;
    }
    bench_check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    offer_oob();
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    peer_do_response();
}

static void exchange(void (*ours)(void), void (*theirs)(void))
{
    void (*first)(void) = bench.role == CENTRAL ? ours : theirs;
    void (*second)(void) = bench.role == CENTRAL ? theirs : ours;

    first();
    second();
}

static void commit_rightly(void)
{
    legacy_do_confirm(RIGHT);
}

static void give_agreed_keys(void)
{
    legacy_do_keys(legacy_keys_from_peer());
}

static void take_agreed_keys(void)
{
    legacy_take_keys(legacy_keys_from_us());
}

static void go(legacy_step now)
{
    switch (now) {
    case LEGACY_FEATURES:
        exchange_features();
        break;
    case LEGACY_TK:
        exchange_passkey();
        break;
    case LEGACY_CONFIRMS:
        exchange(legacy_take_confirm, commit_rightly);
        break;
    case LEGACY_RANDOMS:
        exchange(legacy_take_random, legacy_do_random);
        break;
    case LEGACY_ENCRYPTED: /* the responder gives its keys first */
        legacy_encrypt();
        if (bench.role == PERIPHERAL)
            take_agreed_keys();
        break;
    case LEGACY_KEYS:
        give_agreed_keys();
        if (bench.role == CENTRAL)
            take_agreed_keys();
        break;
    default:
        break;
    }
}

void legacy_pair(legacy_step done, legacy_step last)
{
    for (legacy_step now = (legacy_step)(done + 1); now <= last; now = (legacy_step)(now + 1))
        go(now);
}

void legacy_pair_completely(void)
{
    bench_wait_passes(); /* after a failure it is a patient peer */
    legacy_pair(LEGACY_NOTHING, LEGACY_KEYS);
    bench_we_pair(legacy_key_size());
    if (bench_is_bonding())
        (void)bench_we_emit(KITH_EVENT_BONDED);
}

/* The initiator asks for encryption as soon as it has seen the random. */
kith_phase legacy_phase_after(legacy_step done)
{
    static const kith_phase phases[LEGACY_COUNT] = {
        [LEGACY_NOTHING] = KITH_PHASE_REQUEST,    [LEGACY_FEATURES] = KITH_PHASE_AUTHENTICATION,
        [LEGACY_TK] = KITH_PHASE_AUTHENTICATION,  [LEGACY_CONFIRMS] = KITH_PHASE_AUTHENTICATION,
        [LEGACY_RANDOMS] = KITH_PHASE_ENCRYPTION, [LEGACY_ENCRYPTED] = KITH_PHASE_KEYS,
        [LEGACY_KEYS] = KITH_PHASE_DONE,
    };

    return phases[done];
}

const char *legacy_step_name(legacy_step s)
{
    static const char *const names[LEGACY_COUNT] = {"nothing", "features",   "the passkey", "confirms",
                                                    "randoms", "encryption", "keys"};

    return names[s];
}
