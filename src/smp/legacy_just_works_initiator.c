/* Legacy Just Works as initiator: a TK of zero.  Core Vol 3 Part H 2.3.5.2. */
#include "smp/legacy.h"

static smp_state begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)in;
    return legacy_initiator_begin(s, out);
}

static const smp_table *const tables[] = {&legacy_initiator, &smp_legacy_keys, &smp_keys, NULL};

const kith_method kith_legacy_just_works_initiator = {
    KITH_METHOD_JUST_WORKS, false, true, begin, SMP_TO(WAIT_CONFIRM), tables,
};
