/* Legacy Out of Band as initiator: the TK came another way.  Core Vol 3 Part H 2.3.5.4. */
#include "smp/legacy.h"

static smp_state begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)in;
    return legacy_initiator_begin(s, out);
}

static const smp_table *const tables[] = {&legacy_initiator, &smp_legacy_keys, &smp_keys, NULL};

const kith_method kith_legacy_oob_initiator = {
    KITH_METHOD_OOB, false, true, begin, SMP_TO(WAIT_CONFIRM), tables,
};
