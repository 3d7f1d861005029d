/* Phase 1: what we offer, and what both offers come to.  Fails here, before any key is shown, where
 * the result could not be what is required.  Core Vol 3 Part H 2.3.1 to 2.3.5.1, 3.5, 3.6.1. */
#include "smp/session.h"

/* What Secure Connections can distribute: the LTK is not sent, the link key is not ours. */
enum { SC_KEYS = KITH_KEY_ID | KITH_KEY_SIGN, LEGACY_KEYS = SC_KEYS | KITH_KEY_ENC };

static uint8_t smallest_key(const smp_session *s)
{
    return s->required_level == KITH_LEVEL_SC_AUTHENTICATED ? 16 : s->policy.min_key_size;
}

static const kith_method *find_method(const smp_session *s, kith_method_kind kind, bool sc)
{
    const kith_method *const *m = s->policy.methods;

    for (; m != NULL && *m != NULL; m++)
        if ((kind == KITH_METHOD_NONE || (*m)->kind == kind) && (*m)->initiator == s->initiator &&
            (*m)->secure_connections == sc)
            return *m;
    return NULL;
}

static bool can_do_sc(const smp_session *s)
{
    return find_method(s, KITH_METHOD_NONE, true) != NULL;
}

/* A responder knows which kind of pairing it will be: of a TK nothing comes with Secure Connections. */
static bool offers_oob(const smp_session *s)
{
    bool sc = !s->initiator && can_do_sc(s) && (s->verdict.peer_features.auth_req & KITH_AUTH_SC) != 0;

    return sc ? s->has_oob_sc : smp_offers_oob(s);
}

/* Data that we hold is used where the peer has it too, asked for or not; where it has not, nobody is made to type. */
static bool wants_mitm(const smp_session *s)
{
    bool possible = s->policy.io != KITH_IO_NO_INPUT_NO_OUTPUT || offers_oob(s);

    return s->required_level >= KITH_LEVEL_AUTHENTICATED || (s->policy.ask_mitm && possible);
}

static uint8_t auth_req(const smp_session *s)
{
    return (uint8_t)((can_do_sc(s) ? KITH_AUTH_SC : 0) | (wants_mitm(s) ? KITH_AUTH_MITM : 0) |
                     (s->policy.bonding ? KITH_AUTH_BONDING : 0) | (s->policy.keypress ? KITH_AUTH_KEYPRESS : 0));
}

/* Our identity follows us for ever: it goes only to whom a person or an open window admitted, and where the policy says
 * so, only to who will be authenticated (an initiator does not know that yet, unless it requires it). */
static bool may_give_identity(const smp_session *s)
{
    bool admitted = s->asked_for || s->window;

    return admitted && (!s->policy.identity_needs_mitm || !s->initiator || s->required_level > KITH_LEVEL_ENCRYPTED);
}

bool smp_needs_mitm(const smp_session *s)
{
    bool promised = s->policy.identity_needs_mitm && (s->send_keys & KITH_KEY_ID) != 0;

    return promised || s->required_level > KITH_LEVEL_ENCRYPTED;
}

void smp_offer(const smp_session *s, kith_pairing_features *mine)
{
    uint8_t possible = s->policy.legacy ? LEGACY_KEYS : SC_KEYS;
    uint8_t *given;

    mine->io_capability = (uint8_t)s->policy.io;
    mine->oob_flag = offers_oob(s);
    mine->auth_req = auth_req(s);
    mine->max_key_size = s->policy.max_key_size;
    mine->initiator_keys = s->policy.bonding ? s->policy.initiator_keys & possible : 0;
    mine->responder_keys = s->policy.bonding ? s->policy.responder_keys & possible : 0;
    given = s->initiator ? &mine->initiator_keys : &mine->responder_keys;
    if (!may_give_identity(s))
        *given &= (uint8_t)~KITH_KEY_ID;
}

/* ---- what comes of both offers ---- */

static kith_method_choice choose(const smp_session *s)
{
    const kith_pairing_features *mine = &s->verdict.my_features, *peer = &s->verdict.peer_features;

    return s->initiator ? kith_method_choose(mine, peer) : kith_method_choose(peer, mine);
}

static bool shows_fixed_passkey(const smp_session *s, const kith_method_choice *choice)
{
    kith_passkey_form ours = s->initiator ? KITH_PASSKEY_INITIATOR_SHOWS : KITH_PASSKEY_RESPONDER_SHOWS;

    return s->policy.insecure_fixed_passkey && choice->passkey == ours;
}

/* Does this method, run this way, keep a man in the middle out? */
static bool is_authenticating(const smp_session *s, const kith_method_choice *choice)
{
    switch (choice->method) {
    case KITH_METHOD_NUMERIC_COMPARISON:
        return true;
    case KITH_METHOD_PASSKEY: /* Core 6.2: not in legacy pairing, whose confirm values can be fitted */
        return (choice->secure_connections || s->policy.before_core_6_2) && !shows_fixed_passkey(s, choice);
    case KITH_METHOD_OOB:
        return smp_oob_is_secure(s);
    default:
        return false;
    }
}

static uint8_t key_size_of(const smp_session *s)
{
    uint8_t mine = s->verdict.my_features.max_key_size, peer = s->verdict.peer_features.max_key_size;

    return mine < peer ? mine : peer;
}

static kith_level level_of(const smp_session *s, const kith_method_choice *choice)
{
    if (!is_authenticating(s, choice))
        return KITH_LEVEL_ENCRYPTED;
    return choice->secure_connections && key_size_of(s) == 16 ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_AUTHENTICATED;
}

/* The responder knows what will come of it before it says what keys it gives. */
void smp_offer_response(smp_session *s)
{
    kith_pairing_features *mine = &s->verdict.my_features;
    const kith_pairing_features *peer = &s->verdict.peer_features;
    kith_method_choice choice;

    smp_offer(s, mine);
    choice = choose(s);
    /* What the initiator does not offer is not asked of it; its link key bit ends here too. */
    mine->initiator_keys &= peer->initiator_keys;
    mine->responder_keys &= peer->responder_keys;
    if (choice.secure_connections) {
        mine->initiator_keys &= SC_KEYS;
        mine->responder_keys &= SC_KEYS;
    }
    if (s->policy.identity_needs_mitm && level_of(s, &choice) < KITH_LEVEL_AUTHENTICATED)
        mine->responder_keys &= (uint8_t)~KITH_KEY_ID;
    if ((peer->auth_req & KITH_AUTH_BONDING_MASK) != KITH_AUTH_BONDING)
        mine->initiator_keys = mine->responder_keys = 0;
}

static smp_state agree_on_keys(smp_session *s, smp_outbox *out)
{
    const kith_verdict *v = &s->verdict;
    const kith_pairing_features *response = s->initiator ? &v->peer_features : &v->my_features;
    const kith_pairing_features *request = s->initiator ? &v->my_features : &v->peer_features;
    uint8_t possible = s->method->secure_connections ? SC_KEYS : LEGACY_KEYS;
    uint8_t initiator_keys = response->initiator_keys & possible;
    uint8_t responder_keys = response->responder_keys & possible;

    /* A responder may take keys off the offer, not put any on. */
    if ((initiator_keys & ~request->initiator_keys) != 0 || (responder_keys & ~request->responder_keys) != 0)
        return smp_fail(s, out, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_PARAMETERS);
    s->send_keys = s->initiator ? initiator_keys : responder_keys;
    s->take_keys = s->initiator ? responder_keys : initiator_keys;
    return s->state;
}

/* The other two values of the field are reserved, and promise nothing. */
static bool is_bonding(const kith_pairing_features *features)
{
    return (features->auth_req & KITH_AUTH_BONDING_MASK) == KITH_AUTH_BONDING;
}

/* Nothing weaker takes the place of the bond that the peer says it has; better told now than after the effort. */
static bool is_weaker_than_bond(const smp_session *s, kith_level level, bool sc)
{
    return s->at_stake != 0 && (level < s->stake_level || key_size_of(s) < s->stake_key_size || (s->stake_sc && !sc));
}

/* Before its level is looked at: what is not there is worth nothing, and that is not what is wrong with it. */
static bool is_oob_missing(const smp_session *s, const kith_method_choice *choice)
{
    bool sc = choice->secure_connections;

    return choice->method == KITH_METHOD_OOB && find_method(s, KITH_METHOD_OOB, sc) != NULL && !smp_has_oob(s, sc);
}

/* KITH_WHY_PAIRED: nothing speaks against it. */
static kith_why objection(const smp_session *s, const kith_method_choice *choice, kith_smp_reason *reason)
{
    bool sc = choice->secure_connections;
    kith_level level = level_of(s, choice);

    *reason = KITH_SMP_AUTHENTICATION_REQUIREMENTS;
    if (!sc && (!s->policy.legacy || s->required_level == KITH_LEVEL_SC_AUTHENTICATED))
        return KITH_WHY_SC_REQUIRED;
    if (s->policy.bonding_required && !is_bonding(&s->verdict.peer_features))
        return KITH_WHY_NOT_BONDING;
    if (key_size_of(s) < smallest_key(s)) {
        *reason = KITH_SMP_ENCRYPTION_KEY_SIZE;
        return KITH_WHY_KEY_SIZE;
    }
    if (is_oob_missing(s, choice)) {
        *reason = KITH_SMP_OOB_NOT_AVAILABLE;
        return KITH_WHY_OOB_MISSING;
    }
    if (level < s->required_level)
        return KITH_WHY_LEVEL_UNREACHABLE;
    if (is_weaker_than_bond(s, level, sc))
        return KITH_WHY_WEAKER;
    if (find_method(s, choice->method, sc) != NULL)
        return KITH_WHY_PAIRED;
    if (choice->method == KITH_METHOD_OOB)
        *reason = KITH_SMP_OOB_NOT_AVAILABLE;
    return KITH_WHY_METHOD_LEFT_OUT;
}

static void note_outcome(smp_session *s, const kith_method_choice *choice)
{
    kith_verdict *v = &s->verdict;

    s->passkey_form = choice->passkey;
    v->method = choice->method;
    v->level = level_of(s, choice);
    v->key_size = key_size_of(s);
    v->key_kind = choice->secure_connections ? KITH_KEY_KIND_SC : KITH_KEY_KIND_LEGACY;
    v->bonded = is_bonding(&v->my_features) && is_bonding(&v->peer_features);
    v->passkey_fixed = shows_fixed_passkey(s, choice);
    v->oob_overheard = choice->method == KITH_METHOD_OOB && !smp_oob_is_secure(s);
}

smp_state smp_agree(smp_session *s, smp_outbox *out)
{
    kith_method_choice choice = choose(s);
    kith_smp_reason reason;
    kith_why why = objection(s, &choice, &reason);

    s->verdict.features_known = true;
    if (why != KITH_WHY_PAIRED)
        return smp_fail(s, out, reason, why);
    s->method = find_method(s, choice.method, choice.secure_connections);
    if (choice.method == KITH_METHOD_OOB)
        smp_claim_oob(s);
    if (agree_on_keys(s, out) == SMP_FAILED)
        return SMP_FAILED;
    note_outcome(s, &choice);
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
