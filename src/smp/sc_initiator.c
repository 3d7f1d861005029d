/* Secure Connections as initiator: what every method shares.  PKa and PKb at the beginning; at the end Ea, Eb.
 * Core Vol 3 Part H 2.3.5.6.1, 2.3.5.6.5. */
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

/* The peer's key is sound: false, and the session has failed.  The shared secret is computed while we go on. */
bool sc_initiator_takes_key(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!sc_key_is_valid(s, in, out))
        return false;
    out->wants |= SMP_OUT_DHKEY;
    return true;
}

smp_state sc_initiator_send_nonce(smp_session *s, smp_outbox *out)
{
    kith_status status = sc_draw_nonce(s);

    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    smp_send(out, KITH_SMP_PAIRING_RANDOM, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
    return SMP_WAIT_RANDOM;
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
    {SMP_WAIT_RANDOM, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_DHKEY, SMP_ON(DHKEY), on_awaited_dhkey, SMP_TO(WAIT_CHECK)},
    {SMP_WAIT_CHECK, SMP_RX(PAIRING_DHKEY_CHECK, 17), on_check, SMP_TO(WAIT_ENCRYPTED)},
    {SMP_WAIT_ENCRYPTED, SMP_ON(ENCRYPTED), smp_on_encrypted, SMP_TO_PHASE_3},
};

const smp_table sc_initiator = {rows, sizeof rows / sizeof rows[0]};
