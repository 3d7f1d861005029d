/* Phase 1 as initiator.  Core Vol 3 Part H 2.3.1, 2.4.6. */
#include <string.h>

#include "smp/session.h"

static smp_state send_request(smp_session *s, smp_outbox *out)
{
    smp_offer(s, &s->verdict.my_features);
    kith_smp_encode_features(KITH_SMP_PAIRING_REQUEST, &s->verdict.my_features, s->request);
    smp_send(out, s->request[0], s->request + 1, 6);
    return SMP_WAIT_RESPONSE;
}

/* Whether we hold data of the peer's is part of what we offer. */
static smp_state go_on(smp_session *s, smp_outbox *out)
{
    if (!smp_asks_for_oob(s))
        return send_request(s, out);
    out->wants |= SMP_OUT_ASK_OOB;
    return SMP_WAIT_OOB;
}

/* It is known how we would pair.  Where a Security Request came nothing says yet whether we want to. */
static smp_state start(smp_session *s, smp_outbox *out)
{
    smp_tell_start(out);
    if (!s->consent_needed)
        return go_on(s, out);
    out->wants |= SMP_OUT_CONSENT;
    return SMP_WAIT_CONSENT;
}

static smp_state on_begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)in;
    if (!s->policy.ask_parameters)
        return start(s, out);
    out->wants |= SMP_OUT_PARAMETERS;
    return SMP_WAIT_PARAMETERS;
}

static smp_state on_parameters(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return smp_take_parameters(s, in, out) ? start(s, out) : SMP_FAILED;
}

static smp_state on_consent(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return smp_has_consent(s, in, out) ? go_on(s, out) : SMP_FAILED;
}

static smp_state on_oob(smp_session *s, const smp_input *in, smp_outbox *out)
{
    smp_keep_oob(s, in->oob);
    return send_request(s, out);
}

static smp_state on_response(smp_session *s, const smp_input *in, smp_outbox *out)
{
    memcpy(s->response, in->pdu, sizeof s->response);
    if (kith_smp_decode_features(s->response, &s->verdict.peer_features) != KITH_OK)
        return smp_fail(s, out, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_PARAMETERS);
    if (smp_agree(s, out) == SMP_FAILED)
        return SMP_FAILED;
    return s->method->begin(s, in, out);
}

/* SM/CEN/PIS/BV-03-C: while we pair, the peer's wish to pair is being fulfilled. */
static smp_state ignore(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)in;
    (void)out;
    return s->state;
}

static const smp_row rows[] = {
    {SMP_START, SMP_ON(BEGIN), on_begin,
     SMP_TO(WAIT_RESPONSE) | SMP_TO(WAIT_PARAMETERS) | SMP_TO(WAIT_CONSENT) | SMP_TO(WAIT_OOB)},
    {SMP_WAIT_PARAMETERS, SMP_ON(PARAMETERS), on_parameters,
     SMP_TO(WAIT_RESPONSE) | SMP_TO(WAIT_CONSENT) | SMP_TO(WAIT_OOB)},
    {SMP_WAIT_CONSENT, SMP_ON(CONSENT), on_consent, SMP_TO(WAIT_RESPONSE) | SMP_TO(WAIT_OOB)},
    {SMP_WAIT_OOB, SMP_ON(OOB), on_oob, SMP_TO(WAIT_RESPONSE)},
    {SMP_WAIT_RESPONSE, SMP_RX(PAIRING_RESPONSE, 7), on_response, SMP_TO_METHOD},
    {SMP_ANY, SMP_RX(SECURITY_REQUEST, 2), ignore, SMP_STAY},
};

const smp_table smp_phase1_initiator = {rows, sizeof rows / sizeof rows[0]};
