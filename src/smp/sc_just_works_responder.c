/* Secure Connections, Just Works, as responder: nobody is asked anything.  Core Vol 3 Part H 2.3.5.6.2. */
#include "smp/sc.h"

static smp_state on_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    sc_responder_swap_nonces(s, in, out);
    return SMP_WAIT_CHECK;
}

static const smp_row rows[] = {
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), on_random, SMP_TO(WAIT_CHECK)},
};

static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, &sc_commitment_responder, &sc_responder, &smp_keys, NULL};

const kith_method kith_sc_just_works_responder = {
    KITH_METHOD_JUST_WORKS, true, false, sc_responder_begin, SMP_TO(WAIT_PUBLIC_KEY), tables,
};
