/* Secure Connections as responder: what Just Works and Numeric Comparison share.
 * PKa, PKb and our commitment Cb, Na, Nb; at the end Ea, Eb.
 * Core Vol 3 Part H 2.3.5.6.1, 2.3.5.6.2, 2.3.5.6.5. */
#include <string.h>

#include "crypto/toolbox.h"
#include "smp/sc.h"

/* Our key pair is wanted only once the peer has shown a sound one of its own: a stranger that stops
 * after phase 1 costs us none. */
smp_state sc_responder_begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)s;
    (void)in;
    (void)out;
    return SMP_WAIT_PUBLIC_KEY;
}

static smp_state on_key_checked(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!sc_key_is_valid(s, in, out))
        return SMP_FAILED;
    out->wants |= SMP_OUT_OWN_KEY;
    return SMP_WAIT_OWN_KEY;
}

/* Cb = f4(PKb, PKa, Nb, 0) goes out with our key: it needs no shared secret. */
static smp_state on_own_key(smp_session *s, const smp_input *in, smp_outbox *out)
{
    uint8_t confirm[16];
    kith_status status;

    if (in->work->result != KITH_OK)
        return smp_fail_status(s, out, in->work->result);
    sc_keep_own_key(s, in);
    if (memcmp(s->peer_public, s->my_public, 32) == 0)
        return smp_fail(s, out, KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_PUBLIC_KEY_REFLECTED);
    status = sc_draw_nonce(s);
    if (status == KITH_OK)
        status = crypto_f4(s->env->crypto, s->my_public, s->peer_public, s->secrets.my_nonce, 0, confirm);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    sc_send_public_key(s, out);
    smp_send(out, KITH_SMP_PAIRING_CONFIRM, confirm, sizeof confirm);
    out->wants |= SMP_OUT_DHKEY;
    return SMP_WAIT_RANDOM;
}

void sc_responder_swap_nonces(smp_session *s, const smp_input *in, smp_outbox *out)
{
    memcpy(s->secrets.peer_nonce, smp_value(in), sizeof s->secrets.peer_nonce);
    smp_send(out, KITH_SMP_PAIRING_RANDOM, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
}

/* Ea must be right before Eb goes out, and before any LTK request is answered (CVE-2020-13593). */
static smp_state judge(smp_session *s, const uint8_t check[16], smp_outbox *out)
{
    kith_status status = sc_derive_keys(s);

    if (status == KITH_OK)
        status = sc_verify_check(s, check);
    if (status == KITH_ERR_VALUE)
        return smp_fail(s, out, KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_CHECK_MISMATCH);
    if (status == KITH_OK)
        status = sc_send_check(s, out);
    return status == KITH_OK ? SMP_WAIT_LTK_REQUEST : smp_fail_status(s, out, status);
}

void sc_responder_hold_check(smp_session *s, const smp_input *in)
{
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
}

smp_state sc_responder_judge_held(smp_session *s, smp_outbox *out)
{
    return s->dhkey_ready ? judge(s, s->secrets.held, out) : SMP_WAIT_DHKEY;
}

static smp_state on_check(smp_session *s, const smp_input *in, smp_outbox *out)
{
    sc_responder_hold_check(s, in);
    return sc_responder_judge_held(s, out);
}

static smp_state on_awaited_dhkey(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return sc_keep_dhkey(s, in, out) ? judge(s, s->secrets.held, out) : SMP_FAILED;
}

/* A Secure Connections key is asked for with EDIV and Rand of zero (2.4.4.1). */
static smp_state on_ltk_request(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (in->ediv != 0 || in->rand != 0) {
        out->wants |= SMP_OUT_REFUSE_LTK;
        return smp_fail(s, out, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_WE_HAVE_NO_KEY);
    }
    out->wants |= SMP_OUT_ANSWER_LTK;
    return SMP_WAIT_ENCRYPTED;
}

static const smp_row rows[] = {
    {SMP_WAIT_PUBLIC_KEY, SMP_RX(PAIRING_PUBLIC_KEY, 65), sc_take_public_key, SMP_TO(CHECK_KEY)},
    {SMP_CHECK_KEY, SMP_ON(KEY_CHECKED), on_key_checked, SMP_TO(WAIT_OWN_KEY)},
    {SMP_WAIT_OWN_KEY, SMP_ON(OWN_KEY), on_own_key, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_RANDOM, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_CHECK, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_CHECK, SMP_RX(PAIRING_DHKEY_CHECK, 17), on_check, SMP_TO(WAIT_LTK_REQUEST) | SMP_TO(WAIT_DHKEY)},
    {SMP_WAIT_DHKEY, SMP_ON(DHKEY), on_awaited_dhkey, SMP_TO(WAIT_LTK_REQUEST)},
    {SMP_WAIT_LTK_REQUEST, SMP_ON(LTK_REQUEST), on_ltk_request, SMP_TO(WAIT_ENCRYPTED)},
    {SMP_WAIT_ENCRYPTED, SMP_ON(ENCRYPTED), sc_on_encrypted,
     SMP_TO(KEYS_IRK) | SMP_TO(KEYS_CSRK) | SMP_TO(KEYS_ACK) | SMP_TO(COMMIT) | SMP_TO(DONE)},
};

const smp_table sc_responder = {rows, sizeof rows / sizeof rows[0]};
