/* Secure Connections as initiator: what Just Works and Numeric Comparison share: the responder's commitment Cb, then
 * Na, Nb.  Core Vol 3 Part H 2.3.5.6.2. */
#include <string.h>

#include "base/equal.h"
#include "crypto/toolbox.h"
#include "smp/sc.h"

static smp_state on_key_checked(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return sc_initiator_takes_key(s, in, out) ? SMP_WAIT_CONFIRM : SMP_FAILED;
}

static void hold(smp_session *s, const smp_input *in)
{
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
}

/* The commitment may come while the key is still being checked; our nonce waits for both. */
static smp_state on_early_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)out;
    hold(s, in);
    return SMP_CHECK_KEY_HOLD;
}

static smp_state on_key_checked_late(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return sc_initiator_takes_key(s, in, out) ? sc_initiator_send_nonce(s, out) : SMP_FAILED;
}

static smp_state on_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    hold(s, in);
    return sc_initiator_send_nonce(s, out);
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

static const smp_row rows[] = {
    {SMP_CHECK_KEY, SMP_ON(KEY_CHECKED), on_key_checked, SMP_TO(WAIT_CONFIRM)},
    {SMP_CHECK_KEY, SMP_RX(PAIRING_CONFIRM, 17), on_early_confirm, SMP_TO(CHECK_KEY_HOLD)},
    {SMP_CHECK_KEY_HOLD, SMP_ON(KEY_CHECKED), on_key_checked_late, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_CONFIRM, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_CONFIRM, SMP_RX(PAIRING_CONFIRM, 17), on_confirm, SMP_TO(WAIT_RANDOM)},
};

const smp_table sc_commitment_initiator = {rows, sizeof rows / sizeof rows[0]};
