/* Secure Connections, Just Works, as initiator: nobody is asked anything.  Core Vol 3 Part H 2.3.5.6.2. */
#include "smp/sc.h"

static smp_state on_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return sc_initiator_takes_nonce(s, in, out) ? sc_initiator_go_on(s, out) : SMP_FAILED;
}

static const smp_row rows[] = {
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), on_random, SMP_TO(WAIT_CHECK) | SMP_TO(WAIT_DHKEY)},
};

static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, &sc_commitment_initiator, &sc_initiator, &smp_keys, NULL};

const kith_method kith_sc_just_works_initiator = {
    KITH_METHOD_JUST_WORKS, true, true, sc_initiator_begin, SMP_TO(WAIT_OWN_KEY), tables,
};
