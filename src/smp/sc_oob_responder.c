/* Secure Connections, Out of Band, as responder: PKa must be what the data commits to; then Na, Nb.
 * Core Vol 3 Part H 2.3.5.6.4. */
#include <string.h>

#include "smp/sc.h"

static smp_state on_own_key(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!sc_responder_takes_own_key(s, in, out))
        return SMP_FAILED;
    sc_responder_show_key(s, out);
    return SMP_WAIT_RANDOM;
}

/* SM/PER/SCOB/BI-03-C: a wrong commitment is told here, in place of our nonce. */
static smp_state on_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    kith_status status;

    if (!sc_oob_is_committed(s, out))
        return SMP_FAILED;
    memcpy(s->secrets.peer_nonce, smp_value(in), sizeof s->secrets.peer_nonce);
    status = sc_draw_nonce(s);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    smp_send(out, KITH_SMP_PAIRING_RANDOM, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
    return SMP_WAIT_CHECK;
}

static const smp_row rows[] = {
    {SMP_WAIT_OWN_KEY, SMP_ON(OWN_KEY), on_own_key, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), on_random, SMP_TO(WAIT_CHECK)},
};

static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, &sc_responder, &smp_keys, NULL};

const kith_method kith_sc_oob_responder = {
    KITH_METHOD_OOB, true, false, sc_responder_begin, SMP_TO(WAIT_PUBLIC_KEY), tables,
};
