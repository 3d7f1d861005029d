/* Legacy pairing as initiator, once the TK is known: Mconfirm, Sconfirm, Mrand, Srand, and the STK.
 * Core Vol 3 Part H 2.3.5.5. */
#include <string.h>

#include "base/equal.h"
#include "smp/legacy.h"

smp_state legacy_initiator_begin(smp_session *s, smp_outbox *out)
{
    kith_status status = legacy_draw_random(s);

    if (status == KITH_OK)
        status = legacy_confirm(s, s->secrets.my_nonce, s->secrets.my_confirm);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    s->tk_used = true;
    smp_send(out, KITH_SMP_PAIRING_CONFIRM, s->secrets.my_confirm, sizeof s->secrets.my_confirm);
    return SMP_WAIT_CONFIRM;
}

/* Core 6.2: our own confirm value, or our own random, coming back proves nothing (BlueMirror).
 * SM/CEN/JW/BI-06-C, SM/CEN/PKE/BI-03-C. */
static bool is_reflected(smp_session *s, const smp_input *in, const uint8_t mine[16], smp_outbox *out)
{
    if (!equal_ct(smp_value(in), mine, 16))
        return false;
    smp_fail(s, out, KITH_SMP_CONFIRM_VALUE_FAILED, KITH_WHY_CONFIRM_REFLECTED);
    return true;
}

static smp_state on_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (is_reflected(s, in, s->secrets.my_confirm, out))
        return SMP_FAILED;
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
    smp_send(out, KITH_SMP_PAIRING_RANDOM, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
    return SMP_WAIT_RANDOM;
}

static smp_state on_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    kith_status status;

    if (is_reflected(s, in, s->secrets.my_nonce, out) || !legacy_takes_random(s, in, out))
        return SMP_FAILED;
    status = legacy_derive_key(s);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    out->wants |= SMP_OUT_START_ENCRYPTION;
    return SMP_WAIT_ENCRYPTED;
}

static const smp_row rows[] = {
    {SMP_WAIT_CONFIRM, SMP_RX(PAIRING_CONFIRM, 17), on_confirm, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), on_random, SMP_TO(WAIT_ENCRYPTED)},
    {SMP_WAIT_ENCRYPTED, SMP_ON(ENCRYPTED), smp_on_encrypted, SMP_TO(KEYS_LTK) | SMP_TO_PHASE_3},
};

const smp_table legacy_initiator = {rows, sizeof rows / sizeof rows[0]};
