/* Legacy pairing as responder, once the TK is known: Mconfirm, Sconfirm, Mrand, Srand, and the STK.
 * Core Vol 3 Part H 2.3.5.5. */
#include <string.h>

#include "smp/legacy.h"

smp_state legacy_responder_answer(smp_session *s, smp_outbox *out)
{
    uint8_t confirm[16];
    kith_status status = legacy_draw_random(s);

    if (status == KITH_OK)
        status = legacy_confirm(s, s->secrets.my_nonce, confirm);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    s->tk_used = true;
    smp_send(out, KITH_SMP_PAIRING_CONFIRM, confirm, sizeof confirm);
    return SMP_WAIT_RANDOM;
}

static smp_state on_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
    return legacy_responder_answer(s, out);
}

/* Our random goes out only when theirs was right. */
static smp_state on_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    kith_status status;

    if (!legacy_takes_random(s, in, out))
        return SMP_FAILED;
    status = legacy_derive_key(s);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    smp_send(out, KITH_SMP_PAIRING_RANDOM, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
    return SMP_WAIT_LTK_REQUEST;
}

static const smp_row rows[] = {
    {SMP_WAIT_CONFIRM, SMP_RX(PAIRING_CONFIRM, 17), on_confirm, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), on_random, SMP_TO(WAIT_LTK_REQUEST)},
    {SMP_WAIT_LTK_REQUEST, SMP_ON(LTK_REQUEST), smp_on_ltk_request, SMP_TO(WAIT_ENCRYPTED)},
    {SMP_WAIT_ENCRYPTED, SMP_ON(ENCRYPTED), smp_on_encrypted, SMP_TO(KEYS_LTK) | SMP_TO_PHASE_3},
};

const smp_table legacy_responder = {rows, sizeof rows / sizeof rows[0]};
