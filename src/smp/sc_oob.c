/* Secure Connections, Out of Band: what both roles share.  Core Vol 3 Part H 2.3.5.6.4. */
#include "base/equal.h"
#include "crypto/toolbox.h"
#include "smp/sc.h"

/* Ca = f4(PKa, PKa, ra, 0), Cb = f4(PKb, PKb, rb, 0).  Where we have no data of the peer's there is nothing to compare:
 * then the peer has ours, and its check proves that. */
bool sc_oob_is_committed(smp_session *s, smp_outbox *out)
{
    uint8_t expected[16];
    kith_status status;

    if (s->verdict.my_features.oob_flag == 0)
        return true;
    status = crypto_f4(s->env->crypto, s->peer_public, s->peer_public, s->secrets.oob_random, 0, expected);
    if (status != KITH_OK)
        smp_fail_status(s, out, status);
    else if (!equal_ct(expected, s->secrets.oob_confirm, sizeof expected))
        smp_fail(s, out, KITH_SMP_CONFIRM_VALUE_FAILED, KITH_WHY_CONFIRM_MISMATCH);
    return s->state != SMP_FAILED;
}
