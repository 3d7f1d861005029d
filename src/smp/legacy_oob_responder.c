/* Legacy Out of Band as responder: the TK came another way.  Core Vol 3 Part H 2.3.5.4. */
#include "smp/legacy.h"

static smp_state begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)s;
    (void)in;
    (void)out;
    return SMP_WAIT_CONFIRM;
}

static const smp_table *const tables[] = {&legacy_responder, &smp_legacy_keys, &smp_keys, NULL};

const kith_method kith_legacy_oob_responder = {
    KITH_METHOD_OOB, false, false, begin, SMP_TO(WAIT_CONFIRM), tables,
};
