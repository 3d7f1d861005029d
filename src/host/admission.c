/* Who may pair: what begins security on a link, from this side or from the peer.
 * Core Vol 3 Part H 2.4.6 (Security Request), Vol 3 Part C 10.3. */
#include "host/internal.h"

/* A refusal is an end like any other, told with its verdict. */
static void refuse(kith_host *h, host_link *link, kith_smp_reason reason, kith_why why)
{
    uint8_t pdu[2] = {KITH_SMP_PAIRING_FAILED, reason};
    kith_event *event = event_post(h, KITH_EVENT_PAIRING_FAILED, link);

    (void)acl_send(link, KITH_CID_SMP, TX_SMP, pdu, sizeof pdu);
    event->verdict.attempt = KITH_ATTEMPT_PAIRING;
    event->verdict.why = why;
    event->verdict.ended_by = KITH_ENDED_BY_US;
    event->verdict.smp_reason = reason;
    event->verdict.phase = KITH_PHASE_REQUEST;
    event->verdict.level = KITH_LEVEL_NONE;
    event->verdict.we_are_initiator = link->central;
}

/* Under its address on air, or as the bond that this names. */
bool admission_is_blocked(const kith_host *h, const kith_address *address)
{
    const kith_security *policy = &h->config.security;

    for (size_t i = 0; i < policy->blocked_count; i++)
        if (kith_address_equal(&policy->blocked[i], address))
            return true;
    return false;
}

static bool is_blocked(const kith_host *h, const host_link *link)
{
    const peers_bond *bond = peers_by_id(&h->bonds, link->claimed);

    return admission_is_blocked(h, &link->peer) || (bond != NULL && admission_is_blocked(h, &bond->identity));
}

/* The end of our own wish, which could not begin: nothing was sent. */
static void refuse_own(kith_host *h, host_link *link, kith_why why)
{
    kith_event *event = event_post(h, KITH_EVENT_PAIRING_FAILED, link);

    event->verdict.attempt = KITH_ATTEMPT_PAIRING;
    event->verdict.why = why;
    event->verdict.ended_by = KITH_ENDED_BY_US;
    event->verdict.phase = KITH_PHASE_REQUEST;
    event->verdict.level = KITH_LEVEL_NONE;
    event->verdict.we_are_initiator = link->central;
}

bool admission_has_method(const kith_security *security, bool initiator)
{
    const kith_method *const *m = security->methods;

    for (; m != NULL && *m != NULL; m++)
        if ((*m)->initiator == initiator)
            return true;
    return false;
}

/* Before a pairing starts, so that nobody goes through one for nothing. */
static bool is_store_full(const kith_host *h, const host_link *link)
{
    if (!h->config.security.bonding)
        return false;
    if (!storing_has_room(h))
        return true;
    return link->claimed == 0 && !peers_has_room(&h->bonds, link_local(h, link), &link->peer, storing_promised(h)) &&
           !room_can_be_made(h);
}

/* The program says how this pairing goes, and only now that a bond shall come of it. */
bool admission_has_room(const kith_host *h, const host_link *link, const smp_session *s, const kith_security *security)
{
    uint32_t others = storing_promised(h) - 1; /* its own place is among those promised */

    if (!security->bonding || s->policy.bonding)
        return true;
    return storing_keeps_promises(h) &&
           (link->claimed != 0 || peers_has_room(&h->bonds, link_local(h, link), &link->peer, others));
}

/* The window says of which class its peers are.  Of what class a peer is that was given none shows at the end: that of
 * the bond whose place it takes, and never of the one that an address names. */
static void note_window(const kith_host *h, smp_session *s)
{
    s->window = window_admits(h);
    s->class_given = s->window && h->window_class != 0;
    s->peer_class = s->class_given ? h->window_class : 0;
}

/* Who is asked about the bond that the address names: a person, unless the program has said yes for this link already.
 * That yes is for this very bond, and for nothing weaker in its place. */
static void note_consent(const host_link *link, smp_session *s, bool needed)
{
    bool allowed = needed && link->claimed != 0 && link->repairing == KITH_REPAIRING_ALLOW;

    s->asked_for |= allowed;
    s->consent_needed = needed && !allowed;
}

/* The program has said no for this link already. */
static bool is_repairing_refused(const kith_host *h, const host_link *link)
{
    return link->claimed != 0 && link->repairing == KITH_REPAIRING_REFUSE && !window_admits(h);
}

/* The peer wants to pair.  The window admits it; a person is asked about somebody who says to be bonded, and
 * about anybody where the policy is to ask; all else is closed. */
static bool admit(kith_host *h, host_link *link, smp_session *s)
{
    note_window(h, s);
    note_consent(link, s, !s->window);
    return s->window || link->claimed != 0 || h->config.security.policy == KITH_PAIRING_ASK;
}

/* It says to be a peer that is proven on another link: it would be refused in the end, and is refused now, before it
 * keeps a bond that we don't. */
static bool is_here_already(const kith_host *h, const host_link *link)
{
    for (unsigned i = 0; link->claimed != 0 && i < h->config.limits.links; i++)
        if (&h->links[i] != link && h->links[i].id != 0 && h->links[i].proven == link->claimed)
            return true;
    return false;
}

static smp_session *refuse_opened(kith_host *h, host_link *link, smp_session *s, kith_smp_reason reason, kith_why why)
{
    smp_close(s);
    link->session = NULL;
    refuse(h, link, reason, why);
    return NULL;
}

static smp_session *try_open(kith_host *h, host_link *link)
{
    smp_session *s;

    if (link->excluded) {
        refuse(h, link, KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_LINK_EXCLUDED);
        return NULL;
    }
    if (!admission_has_method(&h->config.security, link->central)) {
        refuse(h, link, KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PAIRING_CLOSED);
        return NULL;
    }
    if (is_blocked(h, link)) {
        refuse(h, link, KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PEER_BLOCKED);
        return NULL;
    }
    if (is_here_already(h, link)) {
        refuse(h, link, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_REPAIRING_REFUSED);
        return NULL;
    }
    if (is_repairing_refused(h, link)) {
        refuse(h, link, KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_REPAIRING_REFUSED);
        return NULL;
    }
    if (is_store_full(h, link)) {
        refuse(h, link, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_STORE_FULL);
        return NULL;
    }
    if (storing_concerns(h, link)) {
        refuse(h, link, KITH_SMP_BUSY, KITH_WHY_STORE_BUSY);
        return NULL;
    }
    s = security_open(h, link, link->central, h->config.security.required_level);
    if (s == NULL) {
        refuse(h, link, KITH_SMP_BUSY, KITH_WHY_NO_SESSION);
        return NULL;
    }
    s->by_peer = true;
    if (!admit(h, link, s))
        return refuse_opened(h, link, s, KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PAIRING_CLOSED);
    if (bonding_is_class_taken(h, s->peer_class, s->at_stake))
        return refuse_opened(h, link, s, KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_CLASS_TAKEN);
    if (attempts_refuse(h, link))
        return refuse_opened(h, link, s, KITH_SMP_REPEATED_ATTEMPTS, KITH_WHY_REPEATED_ATTEMPTS);
    return s;
}

static void on_pairing_request(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    smp_input in = {.kind = SMP_IN_PDU, .pdu = pdu, .len = len};
    smp_session *s = try_open(h, link);

    if (s != NULL)
        security_input(h, s, &in);
}

static bool refuse_session(host_link *link, kith_smp_reason reason, kith_why why)
{
    const uint8_t failed[2] = {KITH_SMP_PAIRING_FAILED, reason};

    (void)acl_send(link, KITH_CID_SMP, TX_SMP, failed, sizeof failed);
    smp_abandon(link->session, why, KITH_ENDED_BY_US, 0);
    link->session->verdict.smp_reason = reason;
    return true;
}

/* The central answers our Security Request by pairing, and that is when it is admitted: what was true when we asked may
 * be long past.  Our own call admits a stranger on this link; a bond that stands is a question of its own. */
bool admission_refuse_wish(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    smp_session *s = link->session;

    if (len == 0 || pdu[0] != KITH_SMP_PAIRING_REQUEST || s->state != SMP_WAIT_REQUEST)
        return false;
    if (attempts_refuse(h, link))
        return refuse_session(link, KITH_SMP_REPEATED_ATTEMPTS, KITH_WHY_REPEATED_ATTEMPTS);
    note_window(h, s);
    security_note_stake(h, link, s);
    note_consent(link, s, link->claimed != 0 && !s->window);
    if (is_repairing_refused(h, link))
        return refuse_session(link, KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_REPAIRING_REFUSED);
    if (bonding_is_class_taken(h, s->peer_class, s->at_stake))
        return refuse_session(link, KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_CLASS_TAKEN);
    return false;
}

static kith_level level_asked_by(uint8_t auth_req)
{
    return (auth_req & KITH_AUTH_MITM) != 0 ? KITH_LEVEL_AUTHENTICATED : KITH_LEVEL_ENCRYPTED;
}

/* Before what is done about it, and whatever that is. */
void admission_tell_request(kith_host *h, const host_link *link, const uint8_t *pdu, size_t len)
{
    kith_event *event;

    if (!link->central || link->excluded || len != 2 || pdu[0] != KITH_SMP_SECURITY_REQUEST)
        return;
    event = event_post(h, KITH_EVENT_SECURITY_REQUESTED, link);
    event->requested.bonding = (pdu[1] & KITH_AUTH_BONDING_MASK) == KITH_AUTH_BONDING;
    event->requested.mitm = (pdu[1] & KITH_AUTH_MITM) != 0;
    event->requested.secure_connections = (pdu[1] & KITH_AUTH_SC) != 0;
    event->requested.keypress = (pdu[1] & KITH_AUTH_KEYPRESS) != 0;
}

/* A stored key is proven before anything else is thought of: an impostor that asks for more than the bond holds
 * does not get the bond replaced (CVE-2025-62235). */
static void on_security_request(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    smp_input in = {.kind = SMP_IN_BEGIN};
    const peers_bond *bond = peers_by_id(&h->bonds, link->claimed);
    smp_session *s;

    if (link->excluded)
        return;
    if (len != 2) {
        refuse(h, link, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_LENGTH);
        return;
    }
    if (link->encryption == LINK_ENCRYPTING || link->level >= level_asked_by(pdu[1]) || storing_concerns(h, link))
        return; /* on its way, or there */
    if (bond != NULL && link->encryption == LINK_PLAIN && encryption_may_use(h, bond, true)) {
        link->raise_to = bond->level < (uint8_t)level_asked_by(pdu[1]) ? level_asked_by(pdu[1]) : 0;
        link->raise_for_peer = true;
        encryption_begin_bond(h, link, bond, true);
        return;
    }
    s = try_open(h, link);
    if (s != NULL)
        security_input(h, s, &in);
}

void admission_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    static const uint8_t not_supported[2] = {KITH_SMP_PAIRING_FAILED, KITH_SMP_COMMAND_NOT_SUPPORTED};

    if (!link->central && pdu[0] == KITH_SMP_PAIRING_REQUEST)
        on_pairing_request(h, link, pdu, len);
    else if (link->central && pdu[0] == KITH_SMP_SECURITY_REQUEST)
        on_security_request(h, link, pdu, len);
    else if (pdu[0] != KITH_SMP_PAIRING_FAILED && kith_smp_pdu_len(pdu[0]) != 0)
        (void)acl_send(link, KITH_CID_SMP, TX_SMP, not_supported, sizeof not_supported);
}

static bool is_satisfied(const host_link *link, kith_level level, uint8_t key_size)
{
    return link->encryption == LINK_ENCRYPTED && link->level >= level && link->key_size >= key_size;
}

static kith_status may_pair(const kith_host *h, const host_link *link, uint8_t key_size)
{
    if (!admission_has_method(&h->config.security, link->central) || is_blocked(h, link) ||
        key_size > h->config.security.max_key_size)
        return KITH_ERR_UNSUPPORTED;
    return is_store_full(h, link) ? KITH_ERR_FULL : KITH_OK;
}

/* on_purpose: the call says that a bond that stands is to be made anew.  Otherwise whoever comes under a bonded address
 * and has not proven it is a question, whoever begins. */
static kith_status begin_pairing(kith_host *h, host_link *link, kith_level level, uint8_t key_size, bool on_purpose)
{
    smp_input in = {.kind = SMP_IN_BEGIN};
    kith_status status = may_pair(h, link, key_size);
    bool is_question = link->central && !on_purpose && link->claimed != 0 && link->claimed != link->proven;
    smp_session *s;

    if (status != KITH_OK)
        return status;
    if (is_question && is_repairing_refused(h, link)) {
        refuse_own(h, link, KITH_WHY_REPAIRING_REFUSED);
        return KITH_OK;
    }
    s = security_open(h, link, link->central, level);
    if (s == NULL)
        return KITH_ERR_FULL;
    if (s->policy.min_key_size < key_size)
        s->policy.min_key_size = key_size;
    note_window(h, s);
    s->asked_level = (uint8_t)level;
    s->asked_key_size = key_size;
    s->asked_for = true; /* the program's call is the consent for this link alone */
    note_consent(link, s, is_question && !s->window);
    security_input(h, s, &in);
    return KITH_OK;
}

/* The bond's key encrypts the link: who asked for more gets it now, and from nobody else.  What was asked by the peer
 * is a pairing of its own, admitted as any. */
void admission_raise(kith_host *h, host_link *link)
{
    smp_input in = {.kind = SMP_IN_BEGIN};
    kith_level level = link->raise_to;
    smp_session *s;

    if (link->raise_for_peer) {
        encryption_tell(h, link, KITH_WHY_ENCRYPTED, KITH_ENDED_WELL, 0);
        s = try_open(h, link);
        if (s != NULL)
            security_input(h, s, &in);
        return;
    }
    link->raise_to = 0;
    link->bond_procedure = false;
    link->with_bond = 0;
    if (begin_pairing(h, link, level, link->raise_key_size, false) != KITH_OK)
        refuse_own(h, link, KITH_WHY_NO_SESSION);
}

static kith_level at_least_required(const kith_host *h, kith_level level)
{
    if (h->config.security.sc_only)
        return KITH_LEVEL_SC_AUTHENTICATED;
    return level < h->config.security.required_level ? h->config.security.required_level : level;
}

static kith_status may_begin(kith_host *h, const host_link *link, kith_level level)
{
    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (level < KITH_LEVEL_ENCRYPTED || level > KITH_LEVEL_SC_AUTHENTICATED)
        return KITH_ERR_VALUE;
    if (link->session != NULL || link->encryption == LINK_ENCRYPTING || storing_concerns(h, link))
        return KITH_ERR_BUSY;
    if (link->smp_dead || link->going || link->excluded)
        return KITH_ERR_STATE;
    return events_have_room(h) ? KITH_OK : KITH_ERR_FULL;
}

kith_status kith_security_pair(kith_host *h, kith_link id, kith_level level)
{
    host_link *link = link_by_id(h, id);
    kith_status status = may_begin(h, link, level);

    if (status == KITH_OK && kith_pairing_wait_us(h, id) != 0)
        status = KITH_ERR_BACKOFF;
    return status == KITH_OK ? begin_pairing(h, link, at_least_required(h, level), 0, true) : status;
}

static bool is_bond_enough(const peers_bond *bond, kith_level level, uint8_t key_size)
{
    return bond->level >= (uint8_t)level && bond->key_size >= key_size;
}

/* A bond that is worth less than what is wanted is proven first, and then what is wanted is paired for: an impostor
 * under its address gets no pairing out of us. */
static kith_status encrypt_first(kith_host *h, host_link *link, const peers_bond *bond, kith_level level,
                                 uint8_t key_size)
{
    bool enough = is_bond_enough(bond, level, key_size);
    kith_status status = enough ? KITH_OK : may_pair(h, link, key_size);

    if (status == KITH_OK && !enough && kith_pairing_wait_us(h, link->id) != 0)
        status = KITH_ERR_BACKOFF;
    if (status != KITH_OK)
        return status;
    link->raise_to = enough ? 0 : level;
    link->raise_key_size = key_size;
    link->raise_for_peer = false;
    encryption_begin_bond(h, link, bond, false);
    return KITH_OK;
}

kith_status kith_security_secure_with(kith_host *h, kith_link id, kith_level level, uint8_t key_size)
{
    host_link *link = link_by_id(h, id);
    kith_status status = may_begin(h, link, level);
    const peers_bond *bond;
    bool bond_will_do;

    if (status == KITH_OK && key_size > 16)
        status = KITH_ERR_VALUE;
    if (status != KITH_OK)
        return status;
    level = at_least_required(h, level);
    if (is_satisfied(link, level, key_size)) {
        encryption_tell(h, link, KITH_WHY_ALREADY_SECURE, KITH_ENDED_WELL, 0);
        return KITH_OK;
    }
    bond = peers_by_id(&h->bonds, link->claimed);
    if (link->central && link->encryption == LINK_PLAIN && bond != NULL && encryption_may_use(h, bond, true))
        return encrypt_first(h, link, bond, level, key_size);
    /* A peripheral can only ask, also for encryption with the bond: who answers by pairing is judged then. */
    bond_will_do =
        !link->central && link->encryption == LINK_PLAIN && bond != NULL && is_bond_enough(bond, level, key_size);
    return bond_will_do || kith_pairing_wait_us(h, id) == 0 ? begin_pairing(h, link, level, key_size, false)
                                                            : KITH_ERR_BACKOFF;
}

kith_status kith_security_secure(kith_host *h, kith_link id, kith_level level)
{
    return kith_security_secure_with(h, id, level, 0);
}
