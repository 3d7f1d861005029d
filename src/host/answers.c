/* What people and the program say to pairings under way: how, consent, numbers, passkeys, out of band data, enough of
 * it. */
#include "crypto/known_keys.h"
#include "host/internal.h"

/* The session on a link, if it waits in one of these two states and the program was told so; else the error. */
static kith_status find_asked(kith_host *h, kith_link id, smp_state one, smp_state other, smp_session **out)
{
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (link->session == NULL || (link->session->state != one && link->session->state != other))
        return KITH_ERR_STATE;
    if (link->unheard != 0)
        return KITH_ERR_STATE; /* it answers an earlier question */
    *out = link->session;
    return KITH_OK;
}

static kith_status say(kith_host *h, smp_session *s, const smp_input *in)
{
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    security_input(h, s, in);
    return KITH_OK;
}

/* A person took a while: what was true when the question was put is looked at again.  The answer holds for the bond
 * that was asked about, and for no other. */
static bool may_still_commit(kith_host *h, const host_link *link, smp_session *s, kith_why *why)
{
    kith_peer_id at_stake = 0;
    bonding_answer answer = bonding_may_commit(h, link, s, &at_stake, why);

    return answer == COMMIT_YES || (answer == COMMIT_ASK && at_stake == s->commit_peer);
}

/* Before anything is exchanged, or at the end, when it shows whose bond would be replaced. */
kith_status kith_pairing_consent(kith_host *h, kith_link id, bool yes)
{
    smp_input in = {.kind = SMP_IN_CONSENT, .yes = yes, .why = KITH_WHY_REPAIRING_REFUSED};
    smp_session *s;
    kith_status status = find_asked(h, id, SMP_WAIT_CONSENT, SMP_COMMIT, &s);

    if (status != KITH_OK)
        return status;
    if (s->state == SMP_COMMIT && !s->commit_asked)
        return KITH_ERR_STATE;
    if (s->state != SMP_COMMIT)
        return say(h, s, &in);
    in.kind = SMP_IN_COMMIT;
    in.by_person = !yes;
    in.yes = yes && may_still_commit(h, link_by_id(h, id), s, &in.why);
    return say(h, s, &in);
}

kith_status kith_pairing_consent_as(kith_host *h, kith_link id, uint8_t peer_class)
{
    kith_peer_id at_stake;
    smp_session *s;
    kith_status status = find_asked(h, id, SMP_WAIT_CONSENT, SMP_COMMIT, &s);

    if (status != KITH_OK)
        return status;
    if (peer_class > PEERS_LAST_CLASS)
        return KITH_ERR_VALUE;
    at_stake = s->state == SMP_COMMIT ? s->commit_peer : s->at_stake;
    if (bonding_is_class_taken(h, peer_class, at_stake) || !events_have_room(h))
        return KITH_ERR_FULL;
    s->peer_class = peer_class;
    s->class_given = true;
    return kith_pairing_consent(h, id, true);
}

kith_status kith_pairing_compare(kith_host *h, kith_link id, kith_comparison answer)
{
    smp_input in = {.kind = SMP_IN_COMPARED};
    smp_session *s;
    kith_status status = find_asked(h, id, SMP_WAIT_COMPARE, SMP_COMPARE_HOLD, &s);

    if (status != KITH_OK)
        return status;
    in.yes = answer == KITH_NUMBERS_EQUAL || answer == KITH_NUMBERS_UNSEEN;
    in.unseen = answer == KITH_NUMBERS_UNSEEN;
    if ((!in.yes && answer != KITH_NUMBERS_DIFFER) || (in.unseen && smp_needs_mitm(s)))
        return KITH_ERR_VALUE;
    return say(h, s, &in);
}

kith_status kith_pairing_passkey(kith_host *h, kith_link id, uint32_t passkey)
{
    smp_input in = {.kind = SMP_IN_PASSKEY, .number = passkey};
    smp_session *s;
    kith_status status = find_asked(h, id, SMP_WAIT_PASSKEY, SMP_PASSKEY_HOLD, &s);

    if (status != KITH_OK)
        return status;
    return passkey <= 999999 ? say(h, s, &in) : KITH_ERR_VALUE;
}

kith_status kith_pairing_keypress(kith_host *h, kith_link id, kith_keypress key)
{
    const uint8_t pdu[2] = {KITH_SMP_KEYPRESS_NOTIFICATION, (uint8_t)key};
    smp_session *s;
    kith_status status = find_asked(h, id, SMP_WAIT_PASSKEY, SMP_PASSKEY_HOLD, &s);

    if (status != KITH_OK)
        return status;
    if ((unsigned)key > KITH_KEYPRESS_COMPLETED)
        return KITH_ERR_VALUE;
    if (!smp_wants_keypress(s))
        return KITH_ERR_STATE;
    if (!acl_send(link_by_id(h, id), KITH_CID_SMP, TX_SMP, pdu, sizeof pdu))
        return KITH_ERR_FULL;
    smp_note_sent(s, host_time(h));
    return KITH_OK;
}

kith_status kith_pairing_oob(kith_host *h, kith_link id, const kith_oob_data *peer)
{
    smp_input in = {.kind = SMP_IN_OOB, .oob = peer};
    smp_session *s;
    kith_status status = find_asked(h, id, SMP_WAIT_OOB, SMP_WAIT_OOB, &s);

    if (status != KITH_OK)
        return status;
    if (peer != NULL && ((!peer->has_sc && !peer->has_tk) || (peer->has_tk && crypto_is_known_key(peer->tk))))
        return KITH_ERR_VALUE;
    return say(h, s, &in);
}

kith_status kith_pairing_cancel(kith_host *h, kith_link id)
{
    smp_input in = {.kind = SMP_IN_CANCELLED};
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (link->session == NULL || !smp_may_cancel(link->session))
        return KITH_ERR_STATE;
    return say(h, link->session, &in);
}

/* No settings, or none to pair with in this role: the same no. */
kith_status kith_security_answer(kith_host *h, kith_link id, const kith_security *security)
{
    smp_input in = {.kind = SMP_IN_PARAMETERS,
                    .security = security,
                    .reason = KITH_SMP_PAIRING_NOT_SUPPORTED,
                    .why = KITH_WHY_PARAMETERS_REFUSED,
                    .by_person = true};
    smp_session *s;
    kith_status status = find_asked(h, id, SMP_WAIT_PARAMETERS, SMP_WAIT_PARAMETERS, &s);

    if (status != KITH_OK)
        return status;
    if (security == NULL)
        return say(h, s, &in);
    if (!host_security_is_valid(h, security) || !smp_lets_require(s, security))
        return KITH_ERR_VALUE;
    if (!admission_has_method(security, s->initiator)) {
        in.security = NULL;
    } else if (!admission_has_room(h, link_by_id(h, id), s, security)) {
        in = (smp_input){.kind = SMP_IN_PARAMETERS, .reason = KITH_SMP_UNSPECIFIED_REASON, .why = KITH_WHY_STORE_FULL};
    }
    return say(h, s, &in);
}
