/* Secure Connections, Out of Band, as initiator: PKb must be what the data commits to; then Na, Nb.
 * Core Vol 3 Part H 2.3.5.6.4. */
#include <string.h>

#include "smp/sc.h"

static smp_state on_key_checked(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!sc_initiator_takes_key(s, in, out) || !sc_oob_is_committed(s, out))
        return SMP_FAILED;
    return sc_initiator_send_nonce(s, out);
}

static smp_state on_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    memcpy(s->secrets.peer_nonce, smp_value(in), sizeof s->secrets.peer_nonce);
    return sc_initiator_go_on(s, out);
}

static const smp_row rows[] = {
    {SMP_CHECK_KEY, SMP_ON(KEY_CHECKED), on_key_checked, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), on_random, SMP_TO(WAIT_CHECK) | SMP_TO(WAIT_DHKEY)},
};

static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, &sc_initiator, &smp_keys, NULL};

const kith_method kith_sc_oob_initiator = {
    KITH_METHOD_OOB, true, true, sc_initiator_begin, SMP_TO(WAIT_OWN_KEY), tables,
};
