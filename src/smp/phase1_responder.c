/* Phase 1 as responder, and the Security Request that asks for it.  Core Vol 3 Part H 2.3.1, 2.4.6. */
#include <string.h>

#include "smp/session.h"

/* Vol 3 Part H 3.6.7: the AuthReq is the one we would pair with. */
static smp_state on_begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    kith_pairing_features mine;

    (void)in;
    smp_offer(s, &mine);
    smp_send(out, KITH_SMP_SECURITY_REQUEST, &mine.auth_req, 1);
    return SMP_WAIT_REQUEST;
}

static smp_state answer(smp_session *s, const smp_input *in, smp_outbox *out)
{
    kith_verdict *v = &s->verdict;

    smp_offer_response(s);
    if (smp_agree(s, out) == SMP_FAILED)
        return SMP_FAILED;
    kith_smp_encode_features(KITH_SMP_PAIRING_RESPONSE, &v->my_features, s->response);
    smp_send(out, s->response[0], s->response + 1, 6);
    return s->method->begin(s, in, out);
}

/* Whether we hold data of the peer's is part of what we offer. */
static smp_state go_on(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!smp_asks_for_oob(s))
        return answer(s, in, out);
    out->wants |= SMP_OUT_ASK_OOB;
    return SMP_WAIT_OOB;
}

/* It is known how we would pair. */
static smp_state start(smp_session *s, const smp_input *in, smp_outbox *out)
{
    smp_tell_start(out);
    if (!s->consent_needed)
        return go_on(s, in, out);
    out->wants |= SMP_OUT_CONSENT;
    return SMP_WAIT_CONSENT;
}

static smp_state on_request(smp_session *s, const smp_input *in, smp_outbox *out)
{
    memcpy(s->request, in->pdu, sizeof s->request);
    s->verdict.phase = KITH_PHASE_FEATURES; /* also where the request is refused for what it says */
    if (kith_smp_decode_features(s->request, &s->verdict.peer_features) != KITH_OK)
        return smp_fail(s, out, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_PARAMETERS);
    if (!s->policy.ask_parameters)
        return start(s, in, out);
    out->wants |= SMP_OUT_PARAMETERS;
    return SMP_WAIT_PARAMETERS;
}

static smp_state on_parameters(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return smp_take_parameters(s, in, out) ? start(s, in, out) : SMP_FAILED;
}

static smp_state on_consent(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return smp_has_consent(s, in, out) ? go_on(s, in, out) : SMP_FAILED;
}

static smp_state on_oob(smp_session *s, const smp_input *in, smp_outbox *out)
{
    smp_keep_oob(s, in->oob);
    return answer(s, in, out);
}

static const smp_row rows[] = {
    {SMP_START, SMP_ON(BEGIN), on_begin, SMP_TO(WAIT_REQUEST)},
    {SMP_START, SMP_RX(PAIRING_REQUEST, 7), on_request,
     SMP_TO_METHOD | SMP_TO(WAIT_PARAMETERS) | SMP_TO(WAIT_CONSENT) | SMP_TO(WAIT_OOB)},
    {SMP_WAIT_REQUEST, SMP_RX(PAIRING_REQUEST, 7), on_request,
     SMP_TO_METHOD | SMP_TO(WAIT_PARAMETERS) | SMP_TO(WAIT_CONSENT) | SMP_TO(WAIT_OOB)},
    {SMP_WAIT_PARAMETERS, SMP_ON(PARAMETERS), on_parameters, SMP_TO_METHOD | SMP_TO(WAIT_CONSENT) | SMP_TO(WAIT_OOB)},
    {SMP_WAIT_CONSENT, SMP_ON(CONSENT), on_consent, SMP_TO_METHOD | SMP_TO(WAIT_OOB)},
    {SMP_WAIT_OOB, SMP_ON(OOB), on_oob, SMP_TO_METHOD},
};

const smp_table smp_phase1_responder = {rows, sizeof rows / sizeof rows[0]};
