/* Secure Connections as initiator: what Just Works and Numeric Comparison share.
 * PKa, PKb, then the responder's commitment Cb, Na, Nb; at the end Ea, Eb.
 * Core Vol 3 Part H 2.3.5.6.1, 2.3.5.6.2, 2.3.5.6.5. */
#include <string.h>

#include "base/equal.h"
#include "crypto/toolbox.h"
#include "smp/sc.h"

smp_state sc_initiator_begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)s;
    (void)in;
    out->wants |= SMP_OUT_OWN_KEY;
    return SMP_WAIT_OWN_KEY;
}

static smp_state on_own_key(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (in->work->result != KITH_OK)
        return smp_fail_status(s, out, in->work->result);
    sc_keep_own_key(s, in);
    sc_send_public_key(s, out);
    return SMP_WAIT_PUBLIC_KEY;
}

static smp_state send_nonce(smp_session *s, smp_outbox *out)
{
    kith_status status = sc_draw_nonce(s);

    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    smp_send(out, KITH_SMP_PAIRING_RANDOM, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
    return SMP_WAIT_RANDOM;
}

static smp_state on_key_checked(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!sc_key_is_valid(s, in, out))
        return SMP_FAILED;
    out->wants |= SMP_OUT_DHKEY;
    return s->state == SMP_CHECK_KEY_HOLD ? send_nonce(s, out) : SMP_WAIT_CONFIRM;
}

/* The commitment may come while the key is still being checked; our nonce waits for both. */
static smp_state on_early_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)out;
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
    return SMP_CHECK_KEY_HOLD;
}

static smp_state on_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
    return send_nonce(s, out);
}

/* 2.3.5.6.2: Cb = f4(PKb, PKa, Nb, 0) is what the responder committed to before it saw our nonce. */
bool sc_initiator_takes_nonce(smp_session *s, const smp_input *in, smp_outbox *out)
{
    uint8_t expected[16];
    kith_status status = crypto_f4(s->env->crypto, s->peer_public, s->my_public, smp_value(in), 0, expected);

    if (status != KITH_OK)
        smp_fail_status(s, out, status);
    else if (!equal_ct(expected, s->secrets.held, sizeof expected))
        smp_fail(s, out, KITH_SMP_CONFIRM_VALUE_FAILED, KITH_WHY_CONFIRM_MISMATCH);
    else
        memcpy(s->secrets.peer_nonce, smp_value(in), sizeof s->secrets.peer_nonce);
    return s->state != SMP_FAILED;
}

static smp_state send_check(smp_session *s, smp_outbox *out)
{
    kith_status status = sc_derive_keys(s);

    if (status == KITH_OK)
        status = sc_send_check(s, out);
    return status == KITH_OK ? SMP_WAIT_CHECK : smp_fail_status(s, out, status);
}

smp_state sc_initiator_go_on(smp_session *s, smp_outbox *out)
{
    return s->dhkey_ready ? send_check(s, out) : SMP_WAIT_DHKEY;
}

static smp_state on_awaited_dhkey(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return sc_keep_dhkey(s, in, out) ? send_check(s, out) : SMP_FAILED;
}

/* Eb: the responder has the same key.  Only now may the link be encrypted with it. */
static smp_state on_check(smp_session *s, const smp_input *in, smp_outbox *out)
{
    kith_status status = sc_verify_check(s, smp_value(in));

    if (status == KITH_ERR_VALUE)
        return smp_fail(s, out, KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_CHECK_MISMATCH);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    out->wants |= SMP_OUT_START_ENCRYPTION;
    return SMP_WAIT_ENCRYPTED;
}

static const smp_row rows[] = {
    {SMP_WAIT_OWN_KEY, SMP_ON(OWN_KEY), on_own_key, SMP_TO(WAIT_PUBLIC_KEY)},
    {SMP_WAIT_PUBLIC_KEY, SMP_RX(PAIRING_PUBLIC_KEY, 65), sc_take_public_key, SMP_TO(CHECK_KEY)},
    {SMP_CHECK_KEY, SMP_ON(KEY_CHECKED), on_key_checked, SMP_TO(WAIT_CONFIRM)},
    {SMP_CHECK_KEY, SMP_RX(PAIRING_CONFIRM, 17), on_early_confirm, SMP_TO(CHECK_KEY_HOLD)},
    {SMP_CHECK_KEY_HOLD, SMP_ON(KEY_CHECKED), on_key_checked, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_CONFIRM, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_CONFIRM, SMP_RX(PAIRING_CONFIRM, 17), on_confirm, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_RANDOM, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_DHKEY, SMP_ON(DHKEY), on_awaited_dhkey, SMP_TO(WAIT_CHECK)},
    {SMP_WAIT_CHECK, SMP_RX(PAIRING_DHKEY_CHECK, 17), on_check, SMP_TO(WAIT_ENCRYPTED)},
    {SMP_WAIT_ENCRYPTED, SMP_ON(ENCRYPTED), sc_on_encrypted,
     SMP_TO(KEYS_IRK) | SMP_TO(KEYS_CSRK) | SMP_TO(KEYS_ACK) | SMP_TO(COMMIT) | SMP_TO(DONE)},
};

const smp_table sc_initiator = {rows, sizeof rows / sizeof rows[0]};
