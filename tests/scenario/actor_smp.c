/* A scripted peer's security manager: LE Secure Connections, Just Works and Numeric Comparison, both roles, by the
 * specification's own formulas over AES alone.  Core Vol 3 Part H 2.2.5 to 2.2.8, 2.3.5.6. */
#include "actor.h"

/* ---- AES-CMAC, f4, f5, f6: most significant octet first ---- */

static void aes(const actor *a, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    assert_int_equal(a->crypto.aes128(a->crypto.context, key, in, out), KITH_OK);
}

static void double_block(uint8_t block[16])
{
    uint8_t carry = block[0] >> 7;

    for (size_t i = 0; i < 15; i++)
        block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
    block[15] = (uint8_t)(block[15] << 1 ^ (carry != 0 ? 0x87 : 0));
}

static void cmac(const actor *a, const uint8_t key[16], const uint8_t *message, size_t len, uint8_t mac[16])
{
    size_t blocks = len == 0 ? 1 : (len + 15) / 16, last = len - 16 * (blocks - 1);
    uint8_t x[16] = {0}, sub[16] = {0}, block[16];

    aes(a, key, sub, sub);
    double_block(sub);
    if (last < 16)
        double_block(sub);
    for (size_t i = 0; i < blocks; i++) {
        bool is_last = i == blocks - 1;

        memset(block, 0, sizeof block);
        memcpy(block, message + 16 * i, is_last ? last : 16);
        if (is_last && last < 16)
            block[last] = 0x80;
        for (size_t j = 0; j < 16; j++)
            x[j] ^= (uint8_t)(block[j] ^ (is_last ? sub[j] : 0));
        aes(a, key, x, x);
    }
    memcpy(mac, x, 16);
}

static void turned(uint8_t *out, const uint8_t *in, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = in[len - 1 - i];
}

/* f4(U, V, X, 0), given and answered in wire order but for the keys. */
static void commit(const actor *a, const uint8_t *u, const uint8_t *v, const uint8_t nonce[16], uint8_t out[16])
{
    uint8_t message[65] = {0}, key[16], mac[16];

    memcpy(message, u, 32);
    memcpy(message + 32, v, 32);
    turned(key, nonce, 16);
    cmac(a, key, message, sizeof message, mac);
    turned(out, mac, 16);
}

/* g2(PKax, PKbx, Na, Nb), Vol 3 Part H 2.2.9. */
uint32_t actor_number(const actor *a)
{
    uint8_t message[80], key[16], mac[16];

    memcpy(message, a->central ? a->public_key : a->peer_key, 32);
    memcpy(message + 32, a->central ? a->peer_key : a->public_key, 32);
    turned(key, a->central ? a->nonce : a->peer_nonce, 16);
    turned(message + 64, a->central ? a->peer_nonce : a->nonce, 16);
    cmac(a, key, message, sizeof message, mac);
    return ((uint32_t)mac[12] << 24 | (uint32_t)mac[13] << 16 | (uint32_t)mac[14] << 8 | mac[15]) % 1000000;
}

static void put_address(uint8_t out[7], const kith_address *address)
{
    out[0] = address->type;
    turned(out + 1, address->octets, 6);
}

static void derive(actor *a)
{
    static const uint8_t salt[16] = {0x6c, 0x88, 0x83, 0x91, 0xaa, 0xf5, 0xa5, 0x38,
                                     0x60, 0x37, 0x0b, 0xdb, 0x5a, 0x60, 0x83, 0xbe};
    uint8_t secret[32], t[16], m[53] = {0, 'b', 't', 'l', 'e'};

    assert_int_equal(a->crypto.p256_shared_secret(a->crypto.context, a->private_key, a->peer_key, secret), KITH_OK);
    cmac(a, salt, secret, sizeof secret, t);
    turned(m + 5, a->central ? a->nonce : a->peer_nonce, 16);
    turned(m + 21, a->central ? a->peer_nonce : a->nonce, 16);
    put_address(m + 37, a->central ? &a->own : &a->peer);
    put_address(m + 44, a->central ? &a->peer : &a->own);
    m[51] = 0x01;
    cmac(a, t, m, sizeof m, a->mackey);
    m[0] = 1;
    cmac(a, t, m, sizeof m, a->ltk);
    memset(a->ltk, 0, 16u - a->key_size); /* Vol 3 Part H 2.3.4 */
}

/* f6 of one side: its nonce, the other's, R = 0, its capabilities, its address, the other's.  Wire order out. */
static void check_value(const actor *a, bool mine, uint8_t out[16])
{
    bool of_initiator = a->central == mine;
    const uint8_t *features = of_initiator ? a->request : a->response;
    uint8_t m[65] = {0}, mac[16];

    turned(m, mine ? a->nonce : a->peer_nonce, 16);
    turned(m + 16, mine ? a->peer_nonce : a->nonce, 16);
    m[48] = features[3];
    m[49] = features[2];
    m[50] = features[1];
    put_address(m + 51, mine ? &a->own : &a->peer);
    put_address(m + 58, mine ? &a->peer : &a->own);
    cmac(a, a->mackey, m, sizeof m, mac);
    turned(out, mac, 16);
}

/* ah of the key it distributes: the last three octets of AES(irk, 0...0 || prand). */
void actor_hash(const actor *a, const uint8_t prand[3], uint8_t hash[3])
{
    uint8_t key[16], block[16] = {0};

    turned(key, a->irk, 16);
    turned(block + 13, prand, 3);
    aes(a, key, block, block);
    turned(hash, block + 13, 3);
}

/* ---- the script ---- */

static void say(actor *a, uint8_t opcode, const uint8_t *value, size_t len)
{
    uint8_t pdu[65] = {opcode};

    memcpy(pdu + 1, value, len);
    if (a->spoils && a->next == a->spoiled + 1)
        pdu[3] ^= 0x10;
    actor_send_smp(a, pdu, len + 1);
}

/* May this step be done?  If so it counts as done. */
static bool may(actor *a, actor_step step)
{
    if (step >= a->stop_before || a->next > step) {
        if (a->next < step && a->next < a->stop_before)
            a->next = step;
        return false;
    }
    a->next = step + 1;
    return true;
}

static void send_features(actor *a)
{
    uint8_t *mine = a->central ? a->request : a->response;
    const uint8_t features[7] = {a->central ? KITH_SMP_PAIRING_REQUEST : KITH_SMP_PAIRING_RESPONSE,
                                 a->io,
                                 0,
                                 (uint8_t)(KITH_AUTH_BONDING | KITH_AUTH_SC | a->mitm),
                                 a->key_size,
                                 KITH_KEY_ID,
                                 KITH_KEY_ID};

    if (!may(a, ACTOR_SENDS_FEATURES))
        return;
    memcpy(mine, features, sizeof features);
    say(a, features[0], features + 1, 6);
}

static void send_key(actor *a)
{
    uint8_t wire[64];

    if (!may(a, ACTOR_SENDS_KEY))
        return;
    turned(wire, a->public_key, 32);
    turned(wire + 32, a->public_key + 32, 32);
    say(a, KITH_SMP_PAIRING_PUBLIC_KEY, wire, sizeof wire);
}

static void send_confirm(actor *a)
{
    uint8_t confirm[16];

    if (!may(a, ACTOR_SENDS_CONFIRM))
        return;
    commit(a, a->public_key, a->peer_key, a->nonce, confirm);
    say(a, KITH_SMP_PAIRING_CONFIRM, confirm, sizeof confirm);
}

static void send_random(actor *a)
{
    if (may(a, ACTOR_SENDS_RANDOM))
        say(a, KITH_SMP_PAIRING_RANDOM, a->nonce, sizeof a->nonce);
}

static void send_check(actor *a)
{
    uint8_t check[16];

    if (!may(a, ACTOR_SENDS_CHECK))
        return;
    check_value(a, true, check);
    a->proved = true;
    say(a, KITH_SMP_PAIRING_DHKEY_CHECK, check, sizeof check);
}

void actor_wire_ltk(const actor *a, uint8_t out[16])
{
    turned(out, a->ltk, 16);
}

static void answer_ltk_request(actor *a, bool with_key)
{
    uint8_t p[18];

    p[0] = (uint8_t)a->handle;
    p[1] = (uint8_t)(a->handle >> 8);
    actor_wire_ltk(a, p + 2);
    actor_command(a, with_key ? KITH_HCI_LE_LTK_REQUEST_REPLY : KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY, p,
                  with_key ? sizeof p : 2);
}

static void encrypt(actor *a)
{
    uint8_t wire[16];

    if (!may(a, ACTOR_ENCRYPTS))
        return;
    actor_wire_ltk(a, wire);
    if (a->central)
        actor_encrypt(a, wire);
    else
        answer_ltk_request(a, true);
}

static void send_identity(actor *a)
{
    uint8_t identity[7];

    if (may(a, ACTOR_SENDS_IRK))
        say(a, KITH_SMP_IDENTITY_INFORMATION, a->irk, sizeof a->irk);
    identity[0] = a->identity.type;
    memcpy(identity + 1, a->identity.octets, 6);
    if (may(a, ACTOR_SENDS_ADDRESS))
        say(a, KITH_SMP_IDENTITY_ADDRESS_INFORMATION, identity, sizeof identity);
}

void actor_smp_do(actor *a, actor_step step)
{
    void (*const steps[])(actor *) = {send_features, send_key, send_confirm, send_random, send_check, encrypt};

    if (step < sizeof steps / sizeof steps[0])
        steps[step](a);
    else
        send_identity(a);
}

void actor_smp_reset(actor *a, actor_step stop_before)
{
    a->stop_before = stop_before;
    a->next = ACTOR_SENDS_FEATURES;
    a->proved = a->smp_broken = false;
    a->failed = 0;
    a->security_request = 0;
    for (;;) {
        assert_int_equal(a->crypto.random(a->crypto.context, a->private_key, 32), KITH_OK);
        a->private_key[0] &= 0x7f; /* surely below the order of the group */
        if (a->crypto.p256_public_key(a->crypto.context, a->private_key, a->public_key) == KITH_OK)
            break;
    }
    assert_int_equal(a->crypto.random(a->crypto.context, a->nonce, 16), KITH_OK);
    if (!a->keeps_irk)
        assert_int_equal(a->crypto.random(a->crypto.context, a->irk, 16), KITH_OK);
    if (a->central)
        send_features(a);
}

static void expect(actor *a, bool holds)
{
    if (!holds)
        a->smp_broken = true;
}

static void on_public_key(actor *a, const uint8_t *value)
{
    turned(a->peer_key, value, 32);
    turned(a->peer_key + 32, value + 32, 32);
    if (a->central)
        return;
    send_key(a);
    send_confirm(a);
}

static void on_random(actor *a, const uint8_t *value)
{
    uint8_t expected[16];

    memcpy(a->peer_nonce, value, 16);
    derive(a);
    if (!a->central) {
        send_random(a);
        return;
    }
    commit(a, a->peer_key, a->public_key, a->peer_nonce, expected);
    expect(a, memcmp(expected, a->peer_confirm, 16) == 0);
    send_check(a);
}

static void on_check(actor *a, const uint8_t *value)
{
    uint8_t expected[16];

    check_value(a, false, expected);
    expect(a, memcmp(expected, value, 16) == 0);
    if (a->central)
        encrypt(a);
    else
        send_check(a);
}

static void on_features(actor *a, const uint8_t *pdu)
{
    memcpy(a->central ? a->response : a->request, pdu, 7);
    if (a->central)
        send_key(a);
    else
        send_features(a);
}

void actor_smp_on_pdu(actor *a, const uint8_t *pdu, size_t len)
{
    expect(a, len == kith_smp_pdu_len(pdu[0]));
    switch (pdu[0]) {
    case KITH_SMP_PAIRING_REQUEST:
    case KITH_SMP_PAIRING_RESPONSE:
        on_features(a, pdu);
        break;
    case KITH_SMP_PAIRING_PUBLIC_KEY:
        on_public_key(a, pdu + 1);
        break;
    case KITH_SMP_PAIRING_CONFIRM:
        memcpy(a->peer_confirm, pdu + 1, 16);
        if (may(a, ACTOR_SENDS_CONFIRM)) /* the initiator has none to send */
            send_random(a);
        break;
    case KITH_SMP_PAIRING_RANDOM:
        on_random(a, pdu + 1);
        break;
    case KITH_SMP_PAIRING_DHKEY_CHECK:
        on_check(a, pdu + 1);
        break;
    case KITH_SMP_IDENTITY_INFORMATION:
        memcpy(a->peer_irk, pdu + 1, 16);
        break;
    case KITH_SMP_IDENTITY_ADDRESS_INFORMATION:
        if (a->central)
            send_identity(a);
        break;
    case KITH_SMP_SECURITY_REQUEST:
        a->security_request = pdu[1];
        break;
    case KITH_SMP_PAIRING_FAILED:
        if (a->failed == 0) /* what follows answers PDUs that were on their way */
            a->failed = pdu[1];
        break;
    default:
        break;
    }
}

void actor_smp_on_ltk_request(actor *a)
{
    if (a->has_bond || a->has_no_key)
        answer_ltk_request(a, !a->has_no_key);
    else
        encrypt(a);
}

/* The responder gives its keys first, and the initiator after the responder's last. */
void actor_smp_on_encrypted(actor *a)
{
    if (!a->central || (a->response[6] & KITH_KEY_ID) == 0)
        send_identity(a);
}
