/* What every Secure Connections method shares.  Core Vol 3 Part H 2.3.5.6. */
#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "base/wipe.h"
#include "crypto/p256.h"
#include "crypto/toolbox.h"
#include "smp/sc.h"

void sc_keep_own_key(smp_session *s, const smp_input *in)
{
    memcpy(s->secrets.private_key, in->work->private_key, sizeof s->secrets.private_key);
    crypto_turn_public_key(s->my_public, in->work->public_key);
    s->own_key_ready = true;
}

void sc_send_public_key(const smp_session *s, smp_outbox *out)
{
    smp_send(out, KITH_SMP_PAIRING_PUBLIC_KEY, s->my_public, sizeof s->my_public);
}

/* Whatever the method, anybody can listen: such a key is worth nothing more, and no bond comes of it. */
static bool accepts_debug_key(smp_session *s)
{
    kith_verdict *v = &s->verdict;

    if (!s->policy.debug_keys || smp_needs_mitm(s))
        return false;
    v->debug_key = true;
    v->level = KITH_LEVEL_ENCRYPTED;
    v->bonded = false;
    return true;
}

/* The point (0,0) is no key at all and leaves by the same door as every other invalid point; our own X
 * alone is compared, since the negated point has it too (CVE-2020-26558, CVE-2021-37577). */
smp_state sc_take_public_key(smp_session *s, const smp_input *in, smp_outbox *out)
{
    const uint8_t *key = smp_value(in);

    if (s->own_key_ready && memcmp(key, s->my_public, 32) == 0)
        return smp_fail(s, out, KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_PUBLIC_KEY_REFLECTED);
    if (crypto_is_debug_key(key) && !accepts_debug_key(s))
        return smp_fail(s, out, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_DEBUG_KEY);
    memcpy(s->peer_public, key, sizeof s->peer_public);
    out->wants |= SMP_OUT_CHECK_KEY;
    return SMP_CHECK_KEY;
}

bool sc_key_is_valid(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (in->work->result == KITH_OK)
        return true;
    if (in->work->result == KITH_ERR_CRYPTO)
        smp_fail(s, out, KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_PUBLIC_KEY_INVALID);
    else
        smp_fail_status(s, out, in->work->result); /* the check itself went wrong: nothing is said about the peer */
    return false;
}

bool sc_keep_dhkey(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (in->work->result != KITH_OK) {
        smp_fail(s, out, KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_CRYPTO);
        s->verdict.status = in->work->result;
        return false;
    }
    bytes_reverse(s->secrets.dhkey, in->work->shared, sizeof s->secrets.dhkey);
    s->dhkey_ready = true;
    wipe(s->secrets.private_key, sizeof s->secrets.private_key);
    return true;
}

smp_state sc_on_early_dhkey(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return sc_keep_dhkey(s, in, out) ? s->state : SMP_FAILED;
}

kith_status sc_draw_nonce(smp_session *s)
{
    return crypto_random(s->env->crypto, s->env->random, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
}

/* Va = Vb = g2(PKax, PKbx, Na, Nb) mod 10^6 is what people see. */
smp_state sc_ask_comparison(smp_session *s, smp_outbox *out)
{
    const uint8_t *pka = s->initiator ? s->my_public : s->peer_public;
    const uint8_t *pkb = s->initiator ? s->peer_public : s->my_public;
    const uint8_t *na = s->initiator ? s->secrets.my_nonce : s->secrets.peer_nonce;
    const uint8_t *nb = s->initiator ? s->secrets.peer_nonce : s->secrets.my_nonce;
    kith_status status = crypto_g2(s->env->crypto, pka, pkb, na, nb, &s->number);

    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    out->wants |= SMP_OUT_COMPARE;
    return SMP_WAIT_COMPARE;
}

/* What nobody looked at protects against nobody in the middle: the key counts as unauthenticated. */
bool sc_numbers_are_equal(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!in->yes) {
        smp_fail(s, out, KITH_SMP_NUMERIC_COMPARISON_FAILED, KITH_WHY_NUMBER_REFUSED);
        s->verdict.ended_by = KITH_ENDED_BY_USER;
    } else if (in->unseen) {
        s->verdict.numbers_unseen = true;
        s->verdict.level = KITH_LEVEL_ENCRYPTED;
    }
    return in->yes;
}

kith_status sc_derive_keys(smp_session *s)
{
    const uint8_t *na = s->initiator ? s->secrets.my_nonce : s->secrets.peer_nonce;
    const uint8_t *nb = s->initiator ? s->secrets.peer_nonce : s->secrets.my_nonce;
    kith_status status = crypto_f5(s->env->crypto, s->secrets.dhkey, na, nb, smp_initiator_address(s),
                                   smp_responder_address(s), s->secrets.mackey, s->secrets.ltk);

    wipe(s->secrets.dhkey, sizeof s->secrets.dhkey);
    smp_shorten(s->secrets.ltk, s->verdict.key_size);
    return status;
}

kith_status sc_send_check(smp_session *s, smp_outbox *out)
{
    const uint8_t *mine = s->initiator ? s->request : s->response;
    uint8_t check[16];
    kith_status status = crypto_f6(s->env->crypto, s->secrets.mackey, s->secrets.my_nonce, s->secrets.peer_nonce,
                                   s->secrets.r_mine, mine + 1, &s->my_address, &s->peer_address, check);

    if (status == KITH_OK)
        smp_send(out, KITH_SMP_PAIRING_DHKEY_CHECK, check, sizeof check);
    return status;
}

kith_status sc_verify_check(smp_session *s, const uint8_t check[16])
{
    const uint8_t *theirs = s->initiator ? s->response : s->request;
    uint8_t expected[16];
    kith_status status = crypto_f6(s->env->crypto, s->secrets.mackey, s->secrets.peer_nonce, s->secrets.my_nonce,
                                   s->secrets.r_peer, theirs + 1, &s->peer_address, &s->my_address, expected);

    if (status == KITH_OK && !equal_ct(expected, check, sizeof expected))
        status = KITH_ERR_VALUE;
    wipe(expected, sizeof expected);
    return status;
}
