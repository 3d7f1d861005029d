/* Secure Connections, Numeric Comparison, as responder: a person compares Va and Vb before Eb goes out.  The
 * initiator's person may be quicker than ours: its check is held until ours has answered.  Core Vol 3 Part H 2.3.5.6.2.
 */
#include "smp/sc.h"

static smp_state on_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    sc_responder_swap_nonces(s, in, out);
    return sc_ask_comparison(s, out);
}

static smp_state on_early_check(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)out;
    sc_responder_hold_check(s, in);
    return SMP_COMPARE_HOLD;
}

static smp_state on_compared(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return sc_numbers_are_equal(s, in, out) ? SMP_WAIT_CHECK : SMP_FAILED;
}

static smp_state on_compared_late(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!sc_numbers_are_equal(s, in, out))
        return SMP_FAILED;
    s->verdict.phase = KITH_PHASE_DHKEY_CHECKS; /* also where the check that waited is wrong */
    return sc_responder_judge_held(s, out);
}

static const smp_row rows[] = {
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), on_random, SMP_TO(WAIT_COMPARE)},
    {SMP_WAIT_COMPARE, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_COMPARE, SMP_RX(PAIRING_DHKEY_CHECK, 17), on_early_check, SMP_TO(COMPARE_HOLD)},
    {SMP_WAIT_COMPARE, SMP_ON(COMPARED), on_compared, SMP_TO(WAIT_CHECK)},
    {SMP_COMPARE_HOLD, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_COMPARE_HOLD, SMP_ON(COMPARED), on_compared_late, SMP_TO(WAIT_LTK_REQUEST) | SMP_TO(WAIT_DHKEY)},
};

static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, &sc_commitment_responder, &sc_responder, &smp_keys, NULL};

const kith_method kith_sc_numeric_comparison_responder = {
    KITH_METHOD_NUMERIC_COMPARISON, true, false, sc_responder_begin, SMP_TO(WAIT_PUBLIC_KEY), tables,
};
