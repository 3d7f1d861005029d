/* Secure Connections as responder: what Just Works and Numeric Comparison share: our commitment Cb, then Na, Nb.
 * Core Vol 3 Part H 2.3.5.6.2. */
#include <string.h>

#include "crypto/toolbox.h"
#include "smp/sc.h"

/* Cb = f4(PKb, PKa, Nb, 0) goes out with our key: it needs no shared secret. */
static smp_state on_own_key(smp_session *s, const smp_input *in, smp_outbox *out)
{
    uint8_t confirm[16];
    kith_status status;

    if (!sc_responder_takes_own_key(s, in, out))
        return SMP_FAILED;
    status = sc_draw_nonce(s);
    if (status == KITH_OK)
        status = crypto_f4(s->env->crypto, s->my_public, s->peer_public, s->secrets.my_nonce, 0, confirm);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    sc_responder_show_key(s, out);
    smp_send(out, KITH_SMP_PAIRING_CONFIRM, confirm, sizeof confirm);
    return SMP_WAIT_RANDOM;
}

void sc_responder_swap_nonces(smp_session *s, const smp_input *in, smp_outbox *out)
{
    memcpy(s->secrets.peer_nonce, smp_value(in), sizeof s->secrets.peer_nonce);
    smp_send(out, KITH_SMP_PAIRING_RANDOM, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
}

static const smp_row rows[] = {
    {SMP_WAIT_OWN_KEY, SMP_ON(OWN_KEY), on_own_key, SMP_TO(WAIT_RANDOM)},
};

const smp_table sc_commitment_responder = {rows, sizeof rows / sizeof rows[0]};
