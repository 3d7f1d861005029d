/* Phase 1: what we offer, and what both offers come to.  Fails here, before any key is shown, where
 * the result could not be what is required.  Core Vol 3 Part H 2.3.1 to 2.3.5.1, 3.5, 3.6.1. */
#include "kith/method.h"
#include "smp/session.h"

/* What Secure Connections can distribute: the LTK is not sent, the link key is not ours. */
enum { SC_KEYS = KITH_KEY_ID | KITH_KEY_SIGN };

static uint8_t smallest_key(const smp_session *s)
{
    return s->required_level == KITH_LEVEL_SC_AUTHENTICATED ? 16 : s->policy->min_key_size;
}

void smp_offer(const smp_session *s, kith_pairing_features *mine)
{
    uint8_t initiator_keys = 0, responder_keys = 0;

    mine->io_capability = (uint8_t)s->policy->io;
    mine->oob_flag = 0;
    mine->auth_req = KITH_AUTH_SC;
    mine->max_key_size = 16;
    if (s->required_level >= KITH_LEVEL_AUTHENTICATED ||
        (s->policy->ask_mitm && s->policy->io != KITH_IO_NO_INPUT_NO_OUTPUT))
        mine->auth_req |= KITH_AUTH_MITM;
    if (s->policy->bonding) {
        mine->auth_req |= KITH_AUTH_BONDING;
        initiator_keys = s->policy->initiator_keys & SC_KEYS;
        responder_keys = s->policy->responder_keys & SC_KEYS;
    }
    /* Our identity follows us for ever: it goes only to whom a person or an open window admitted. */
    if (!s->asked_for && !s->window) {
        if (s->initiator)
            initiator_keys &= (uint8_t)~KITH_KEY_ID;
        else
            responder_keys &= (uint8_t)~KITH_KEY_ID;
    }
    mine->initiator_keys = initiator_keys;
    mine->responder_keys = responder_keys;
}

static const kith_method *find_method(const smp_session *s, kith_method_kind kind)
{
    const kith_method *const *m = s->policy->methods;

    for (; m != NULL && *m != NULL; m++)
        if ((*m)->kind == kind && (*m)->initiator == s->initiator && (*m)->secure_connections)
            return *m;
    return NULL;
}

static kith_level level_of(kith_method_kind kind, uint8_t key_size)
{
    if (kind == KITH_METHOD_JUST_WORKS)
        return KITH_LEVEL_ENCRYPTED;
    return key_size == 16 ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_AUTHENTICATED;
}

static smp_state agree_on_keys(smp_session *s, smp_outbox *out)
{
    const kith_verdict *v = &s->verdict;
    const kith_pairing_features *response = s->initiator ? &v->peer_features : &v->my_features;
    const kith_pairing_features *request = s->initiator ? &v->my_features : &v->peer_features;
    uint8_t initiator_keys = response->initiator_keys & SC_KEYS;
    uint8_t responder_keys = response->responder_keys & SC_KEYS;

    /* A responder may take keys off the offer, not put any on. */
    if ((initiator_keys & ~request->initiator_keys) != 0 || (responder_keys & ~request->responder_keys) != 0)
        return smp_fail(s, out, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_PARAMETERS);
    s->send_keys = s->initiator ? initiator_keys : responder_keys;
    s->take_keys = s->initiator ? responder_keys : initiator_keys;
    return s->state;
}

static smp_state refuse_method(smp_session *s, smp_outbox *out, kith_method_kind kind)
{
    kith_smp_reason reason =
        kind == KITH_METHOD_OOB ? KITH_SMP_OOB_NOT_AVAILABLE : KITH_SMP_AUTHENTICATION_REQUIREMENTS;

    return smp_fail(s, out, reason, KITH_WHY_METHOD_LEFT_OUT);
}

/* The other two values of the field are reserved, and promise nothing. */
static bool is_bonding(const kith_pairing_features *features)
{
    return (features->auth_req & KITH_AUTH_BONDING_MASK) == KITH_AUTH_BONDING;
}

smp_state smp_agree(smp_session *s, smp_outbox *out)
{
    kith_verdict *v = &s->verdict;
    const kith_pairing_features *mine = &v->my_features, *peer = &v->peer_features;
    uint8_t key_size = mine->max_key_size < peer->max_key_size ? mine->max_key_size : peer->max_key_size;
    kith_method_kind kind;

    v->features_known = true;
    if ((peer->auth_req & KITH_AUTH_SC) == 0)
        return smp_fail(s, out, KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_SC_REQUIRED);
    if (key_size < smallest_key(s))
        return smp_fail(s, out, KITH_SMP_ENCRYPTION_KEY_SIZE, KITH_WHY_KEY_SIZE);
    kind = (s->initiator ? kith_method_choose(mine, peer) : kith_method_choose(peer, mine)).method;
    if (level_of(kind, key_size) < s->required_level)
        return smp_fail(s, out, KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE);
    s->method = find_method(s, kind);
    if (s->method == NULL)
        return refuse_method(s, out, kind);
    if (agree_on_keys(s, out) == SMP_FAILED)
        return SMP_FAILED;
    v->method = kind;
    v->level = level_of(kind, key_size);
    v->key_size = key_size;
    v->key_kind = KITH_KEY_KIND_SC;
    v->bonded = is_bonding(mine) && is_bonding(peer);
    return s->state;
}

bool smp_has_consent(smp_session *s, const smp_input *in, smp_outbox *out)
{
    s->asked_for = in->yes;
    if (!in->yes) {
        smp_fail(s, out, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_CONSENT_REFUSED);
        s->verdict.ended_by = KITH_ENDED_BY_USER;
    }
    return in->yes;
}
