/* The SMP channel of every link, and the ends of pairings: sessions are opened, fed and closed here.
 * Core Vol 3 Part H 2, 3.  What a PDU means inside a pairing is src/smp's; who may pair is admission.c's. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "host/internal.h"

host_link *security_link_of(const kith_host *h, const smp_session *s)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && h->links[i].session == s)
            return &h->links[i];
    return NULL;
}

/* The bond that the peer's address names: a claim, and yet nothing weaker may come of it. */
void security_note_stake(const kith_host *h, const host_link *link, smp_session *s)
{
    const peers_bond *bond = peers_by_id(&h->bonds, link->claimed);

    s->at_stake = link->claimed;
    s->stake_level = KITH_LEVEL_NONE;
    s->stake_key_size = 0;
    s->stake_sc = false;
    if (bond == NULL)
        return;
    s->stake_level = (kith_level)bond->level;
    s->stake_key_size = bond->key_size;
    s->stake_sc = bond->key_kind == KITH_KEY_KIND_SC;
}

smp_session *security_open(kith_host *h, host_link *link, bool initiator, kith_level level)
{
    for (unsigned i = 0; i < h->config.limits.pairings; i++) {
        smp_session *s = &h->sessions[i];

        if (smp_is_open(s) || h->saves[i].used)
            continue;
        smp_open(s, initiator, &h->config.security, &h->smp, level);
        s->mine = &h->identities[link->identity];
        s->my_address = link->own;
        s->peer_address = link->peer;
        security_note_stake(h, link, s);
        link->session = s;
        return s;
    }
    return NULL;
}

static void send_pdus(host_link *link, const smp_outbox *out)
{
    const uint8_t *pdu = out->octets;

    for (unsigned i = 0; i < out->count; i++) {
        /* HOST_SMP_RESERVE is room for a whole pairing; a peer that runs ahead of it gets no more. */
        (void)acl_send(link, KITH_CID_SMP, TX_SMP, pdu, out->lens[i]);
        pdu += out->lens[i];
    }
}

static void tell_start(kith_host *h, const host_link *link, const smp_session *s)
{
    kith_event *event = event_post(h, KITH_EVENT_SECURITY_STARTED, link);

    event->started.procedure = s->policy.bonding ? KITH_PROCEDURE_BONDING : KITH_PROCEDURE_PAIRING;
    event->started.by_peer = s->by_peer;
}

static void ask_parameters(kith_host *h, host_link *link, const smp_session *s)
{
    kith_event *event = event_ask(h, KITH_EVENT_SECURITY_WANTED, link);

    event->security_wanted.peer = link->peer;
    event->security_wanted.again = s->at_stake != 0;
    event->security_wanted.features = s->verdict.peer_features;
    event->security_wanted.deadline_us = s->deadline_us;
}

static void ask_consent(kith_host *h, host_link *link, const smp_session *s)
{
    kith_event *event = event_ask(h, KITH_EVENT_CONSENT_WANTED, link);

    event->consent.peer = link->peer;
    event->consent.again = s->at_stake != 0;
    event->consent.replaces = s->at_stake;
    event->consent.features = s->verdict.peer_features;
    event->consent.deadline_us = s->deadline_us;
}

static void ask_comparison(kith_host *h, host_link *link, const smp_session *s)
{
    kith_event *event = event_ask(h, KITH_EVENT_COMPARISON_WANTED, link);

    event->comparison.number = s->number;
    event->comparison.deadline_us = s->deadline_us;
}

static void ask_commit(kith_host *h, host_link *link, smp_session *s, kith_peer_id at_stake)
{
    kith_event *event = event_ask(h, KITH_EVENT_CONSENT_WANTED, link);

    smp_ask_commit(s, at_stake);
    event->consent.peer = link->peer;
    event->consent.again = event->consent.identity_given = true;
    event->consent.replaces = at_stake;
    event->consent.features = s->verdict.peer_features;
    event->consent.deadline_us = s->deadline_us;
}

static void tell_passkey(kith_host *h, host_link *link, const smp_session *s, kith_event_kind kind)
{
    kith_event *event = kind == KITH_EVENT_PASSKEY_WANTED ? event_ask(h, kind, link) : event_post(h, kind, link);

    event->passkey.passkey = kind == KITH_EVENT_PASSKEY_SHOWN ? s->secrets.passkey : 0;
    event->passkey.both_type = s->passkey_form == KITH_PASSKEY_BOTH_TYPE;
    event->passkey.deadline_us = s->sent_us + SMP_ANSWER_US;
}

static void ask_oob(kith_host *h, host_link *link, const smp_session *s)
{
    kith_event *event = event_ask(h, KITH_EVENT_OOB_WANTED, link);

    event->oob_wanted.peer = link->peer;
    event->oob_wanted.deadline_us = s->deadline_us;
}

static void ask_people(kith_host *h, host_link *link, const smp_session *s, uint16_t wants)
{
    if ((wants & SMP_OUT_PARAMETERS) != 0)
        ask_parameters(h, link, s);
    if ((wants & SMP_OUT_CONSENT) != 0)
        ask_consent(h, link, s);
    if ((wants & SMP_OUT_ASK_OOB) != 0)
        ask_oob(h, link, s);
    if ((wants & SMP_OUT_COMPARE) != 0)
        ask_comparison(h, link, s);
    if ((wants & SMP_OUT_SHOW_PASSKEY) != 0)
        tell_passkey(h, link, s, KITH_EVENT_PASSKEY_SHOWN);
    if ((wants & SMP_OUT_ASK_PASSKEY) != 0)
        tell_passkey(h, link, s, KITH_EVENT_PASSKEY_WANTED);
    if ((wants & SMP_OUT_KEYPRESS) != 0)
        event_post(h, KITH_EVENT_KEYPRESS, link)->keypress.key = (kith_keypress)s->keypress;
}

/* One event for each key that a step gave or took. */
static void tell_keys(kith_host *h, host_link *link, uint8_t keys, bool taken)
{
    for (unsigned key = KITH_KEY_ENC; key <= KITH_KEY_SIGN; key <<= 1) {
        kith_event *event = (keys & key) != 0 ? event_post(h, KITH_EVENT_KEY, link) : NULL;

        if (event != NULL) {
            event->key.key = (uint8_t)key;
            event->key.taken = taken;
        }
    }
}

/* The key pair made ahead goes to one session and to no other; where there is none, the reason goes there. */
bool security_take_own_key(kith_host *h, kith_work *work)
{
    if (h->own_key == OWN_KEY_NONE && h->own_key_status == KITH_OK)
        work_prepare_own_key(h);
    if (h->own_key == OWN_KEY_MAKING)
        return false;
    memset(work, 0, sizeof *work);
    if (h->own_key == OWN_KEY_READY) {
        memcpy(work->private_key, h->own_private, sizeof work->private_key);
        memcpy(work->public_key, h->own_public, sizeof work->public_key);
    } else { /* no method wants one any more, or it failed */
        work->result = h->own_key_status != KITH_OK ? h->own_key_status : KITH_ERR_STATE;
    }
    wipe(h->own_private, sizeof h->own_private);
    h->own_key = OWN_KEY_NONE;
    h->own_key_status = KITH_OK; /* whoever is next tries again */
    return true;
}

/* Where the peer has our out of band data, the key pair that the data commits to. */
static bool give_own_key(kith_host *h, const smp_session *s, smp_input *next, kith_work *work)
{
    if (s->uses_local_oob) {
        memset(work, 0, sizeof *work);
        memcpy(work->private_key, h->oob.private_key, sizeof work->private_key);
        memcpy(work->public_key, h->oob.public_key, sizeof work->public_key);
    } else if (security_take_own_key(h, work)) {
        keys_give(h, s);
    } else {
        return false;
    }
    *next = (smp_input){.kind = SMP_IN_OWN_KEY, .work = work};
    return true;
}

/* False: a person is asked, and will answer. */
static bool answer_commit(kith_host *h, host_link *link, smp_session *s, smp_input *next)
{
    kith_peer_id at_stake = 0;
    bonding_answer answer;

    *next = (smp_input){.kind = SMP_IN_COMMIT};
    answer = bonding_may_commit(h, link, s, &at_stake, &next->why);
    next->yes = answer == COMMIT_YES;
    if (answer == COMMIT_ASK)
        ask_commit(h, link, s, at_stake);
    return answer != COMMIT_ASK;
}

/* Carries out what a step wants.  True: *next is the input that comes of it at once. */
static bool carry_out(kith_host *h, host_link *link, smp_session *s, const smp_outbox *out, smp_input *next,
                      kith_work *work)
{
    send_pdus(link, out);
    if ((out->wants & SMP_OUT_STARTED) != 0)
        tell_start(h, link, s);
    if ((out->wants & SMP_OUT_REFUSE_LTK) != 0)
        encryption_refuse(h, link);
    if ((out->wants & SMP_OUT_ANSWER_LTK) != 0)
        encryption_answer(link, s->secrets.ltk);
    if ((out->wants & SMP_OUT_START_ENCRYPTION) != 0)
        encryption_start(link, s->secrets.ltk, 0, 0);
    ask_people(h, link, s, out->wants);
    if ((out->wants & SMP_OUT_CHECK_KEY) != 0)
        work_want(h, s, KITH_WORK_CHECK_KEY);
    if ((out->wants & SMP_OUT_DHKEY) != 0)
        work_want(h, s, KITH_WORK_SHARED_SECRET);
    if ((out->wants & SMP_OUT_COMMIT) != 0)
        return answer_commit(h, link, s, next);
    if ((out->wants & SMP_OUT_OWN_KEY) == 0)
        return false;
    h->own_key_status = KITH_OK; /* a failure of before is no reason not to try now */
    return give_own_key(h, s, next, work);
}

/* A pairing that fails once its key is in use leaves a link nobody can vouch for: its level falls and it ends. */
static void fall(kith_host *h, host_link *link, const smp_session *s)
{
    bool in_use = s->verdict.phase >= KITH_PHASE_KEYS || (link->encryption == LINK_ENCRYPTING && !link->bond_procedure);

    if (s->dead_link)
        link->smp_dead = true;
    if (in_use)
        encryption_drop(h, link);
    if (s->dead_link || in_use)
        link_disconnect(h, link, KITH_HCI_AUTHENTICATION_FAILURE);
}

static void close_session(kith_host *h, host_link *link, smp_session *s)
{
    kith_event *event;

    window_on_end(h, s);
    oob_on_end(h, s);
    attempts_on_end(h, link, s);
    if (!s->verdict.succeeded)
        fall(h, link, s);
    if (s->verdict.succeeded && s->verdict.bonded)
        bonding_keep(h, link, s);
    else {
        event = event_post(h, s->verdict.succeeded ? KITH_EVENT_PAIRED : KITH_EVENT_PAIRING_FAILED, link);
        event->verdict = s->verdict;
    }
    link->session = NULL;
    work_forget(h, s);
    smp_close(s);
    work_prepare_own_key(h);
}

static void close_if_ended(kith_host *h, host_link *link, smp_session *s)
{
    if (s->state == SMP_DONE || s->state == SMP_FAILED)
        close_session(h, link, s);
}

void security_input(kith_host *h, smp_session *s, const smp_input *in)
{
    host_link *link = security_link_of(h, s);
    smp_input next = *in;
    smp_outbox out;
    kith_work own_key;
    bool more = link != NULL;

    while (more) { /* every turn moves the session on, so it ends */
        uint8_t sent = s->verdict.keys_sent, taken = s->verdict.keys_taken;

        smp_step(s, &next, host_time(h), &out);
        tell_keys(h, link, s->verdict.keys_taken & (uint8_t)~taken, true);
        tell_keys(h, link, s->verdict.keys_sent & (uint8_t)~sent, false);
        more = carry_out(h, link, s, &out, &next, &own_key);
    }
    wipe(&out, sizeof out);
    wipe(&own_key, sizeof own_key);
    if (link != NULL)
        close_if_ended(h, link, s);
}

smp_session *security_wants_own_key(const kith_host *h)
{
    for (unsigned i = 0; h->own_key != OWN_KEY_MAKING && i < h->config.limits.pairings; i++)
        if (h->sessions[i].state == SMP_WAIT_OWN_KEY)
            return &h->sessions[i];
    return NULL;
}

void security_give_own_key(kith_host *h, smp_session *s)
{
    smp_input in;
    kith_work own_key;

    if (give_own_key(h, s, &in, &own_key)) {
        security_input(h, s, &in);
        wipe(&own_key, sizeof own_key);
    }
}

void security_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    smp_input in = {.kind = SMP_IN_PDU, .pdu = pdu, .len = len};

    if (link->smp_dead)
        return; /* Vol 3 Part H 3.4: no more SMP on this connection */
    admission_tell_request(h, link, pdu, len);
    if (link->session == NULL)
        admission_on_pdu(h, link, pdu, len);
    else if (admission_refuse_wish(h, link, pdu, len))
        close_session(h, link, link->session);
    else
        security_input(h, link->session, &in);
}

void security_on_acknowledged(kith_host *h, host_link *link)
{
    smp_input in = {.kind = SMP_IN_ACKNOWLEDGED};

    link->smp_acknowledged = false;
    if (link->session != NULL)
        security_input(h, link->session, &in);
}

/* A Secure Connections key is asked for with zeros, a legacy key by its two numbers; neither for the other. */
static const peers_bond *bond_asked_for(const kith_host *h, const host_link *link, uint16_t ediv, uint64_t rand)
{
    const peers_bond *bond = peers_by_id(&h->bonds, link->claimed);

    if (ediv == 0 && rand == 0)
        return bond != NULL && bond->key_kind == KITH_KEY_KIND_SC ? bond : NULL;
    if (bond == NULL)
        return peers_by_ediv(&h->bonds, link_local(h, link), ediv, rand);
    return bond->has_my_ltk && bond->my_ediv == ediv && bond->my_rand == rand ? bond : NULL;
}

/* A request that the stored bond can answer ends a Security Request of ours that was waiting for the central, if
 * the bond is as strong as what was asked for; otherwise we go on waiting for a pairing. */
static bool answer_with_bond(kith_host *h, host_link *link, uint16_t ediv, uint64_t rand)
{
    const peers_bond *bond = link->excluded ? NULL : bond_asked_for(h, link, ediv, rand);
    bool waiting = link->session != NULL && link->session->state == SMP_WAIT_REQUEST;

    if (bond != NULL)
        link->claimed = bond->id; /* a legacy key is asked for by name, whatever the address says */
    if (bond == NULL || !encryption_may_use(h, bond, false) || (link->session != NULL && !waiting))
        return false;
    if (waiting && bond->level >= (uint8_t)link->session->required_level &&
        bond->key_size >= link->session->policy.min_key_size) {
        smp_close(link->session);
        link->session = NULL;
    }
    encryption_begin_bond(h, link, bond, !waiting);
    return true;
}

void security_answer_ltk(kith_host *h, host_link *link)
{
    smp_input in = {.kind = SMP_IN_LTK_REQUEST, .ediv = link->ltk_ediv, .rand = link->ltk_rand};

    link->ltk_waits = false;
    if (answer_with_bond(h, link, in.ediv, in.rand))
        return;
    if (link->session != NULL && link->session->state != SMP_WAIT_REQUEST) {
        security_input(h, link->session, &in);
        return;
    }
    encryption_refuse(h, link);
    encryption_tell(h, link, link->excluded ? KITH_WHY_LINK_EXCLUDED : KITH_WHY_WE_HAVE_NO_KEY, KITH_ENDED_BY_US, 0);
}

/* A request that comes while the bond it may be for is still being written waits for it. */
void security_on_ltk_request(kith_host *h, const uint8_t *p, size_t len)
{
    host_link *link = len >= 12 ? link_by_handle(h, bytes_get16(p) & KITH_ACL_HANDLE_MASK) : NULL;

    if (link == NULL || link->central || link->encryption == LINK_ENCRYPTING)
        return;
    link->ltk_rand = bytes_get64(p + 2);
    link->ltk_ediv = bytes_get16(p + 10);
    link->ltk_waits = (link->session == NULL || link->session->state == SMP_WAIT_REQUEST) && storing_concerns(h, link);
    if (!link->ltk_waits)
        security_answer_ltk(h, link);
}

static void on_session_encryption(kith_host *h, host_link *link, kith_hci_status status)
{
    smp_session *s = link->session;
    smp_input in = {.kind = SMP_IN_ENCRYPTED, .hci_status = status};
    const kith_event_security now = {.level = s->verdict.level,
                                     .key_size = s->verdict.key_size,
                                     .secure_connections = s->verdict.key_kind == KITH_KEY_KIND_SC,
                                     .method = s->verdict.method};

    if (status != KITH_HCI_SUCCESS)
        encryption_drop(h, link);
    else
        encryption_set(h, link, &now);
    security_input(h, s, &in);
}

/* Off, or on with a key that we did not give for this: either way nothing protects the link that we know of. */
static void on_lost_encryption(kith_host *h, host_link *link, kith_hci_status status)
{
    if (link->session != NULL) {
        smp_abandon(link->session, KITH_WHY_ENCRYPTION_LOST, KITH_ENDED_BY_CONTROLLER, status);
        close_session(h, link, link->session);
    }
    if (link->bond_procedure)
        encryption_tell(h, link, KITH_WHY_ENCRYPTION_LOST, KITH_ENDED_BY_CONTROLLER, status);
    encryption_drop(h, link);
    link_disconnect(h, link, KITH_HCI_AUTHENTICATION_FAILURE);
}

static void on_bond_encryption(kith_host *h, host_link *link, kith_hci_status status)
{
    kith_why why = encryption_evidence(status);

    if (status == KITH_HCI_SUCCESS) {
        encryption_on_with_bond(h, link);
        return;
    }
    encryption_drop(h, link);
    encryption_tell(h, link, why, why == KITH_WHY_PEER_SAYS_NO_KEY ? KITH_ENDED_BY_PEER : KITH_ENDED_BY_CONTROLLER,
                    status);
}

void security_on_encryption_change(kith_host *h, uint16_t handle, kith_hci_status status, bool on)
{
    host_link *link = link_by_handle(h, handle);
    bool waited = link != NULL && link->encryption == LINK_ENCRYPTING;

    if (link == NULL || (status == KITH_HCI_SUCCESS && on && link->encryption == LINK_ENCRYPTED))
        return; /* told twice */
    if (status == KITH_HCI_SUCCESS && (!on || (waited && !link->key_given)))
        on_lost_encryption(h, link, status);
    else if (waited && link->bond_procedure)
        on_bond_encryption(h, link, status);
    else if (waited && link->session != NULL)
        on_session_encryption(h, link, status);
    else if (status == KITH_HCI_SUCCESS || link->encryption == LINK_ENCRYPTED) /* a refresh that failed, asked or not */
        on_lost_encryption(h, link, status);
}

void security_on_command_refused(kith_host *h, host_link *link, kith_hci_status status)
{
    if (link->encryption == LINK_ENCRYPTING)
        security_on_encryption_change(h, link->handle, status, false);
}

void security_on_link_end(kith_host *h, host_link *link, kith_hci_status reason)
{
    if (link->session != NULL) {
        smp_abandon(link->session, KITH_WHY_LINK_LOST, KITH_ENDED_BY_LINK, reason);
        close_session(h, link, link->session);
    }
    if (link->bond_procedure)
        encryption_tell(h, link, reason == KITH_HCI_MIC_FAILURE ? KITH_WHY_KEYS_DIFFER : KITH_WHY_LINK_LOST,
                        KITH_ENDED_BY_LINK, reason);
}

static void expire(kith_host *h, host_link *link, smp_session *s)
{
    smp_outbox out;
    smp_input none;
    kith_work own_key;

    smp_expire(s, h->now_us, &out);
    if (carry_out(h, link, s, &out, &none, &own_key))
        security_input(h, s, &none);
    else
        close_if_ended(h, link, s);
    wipe(&own_key, sizeof own_key);
}

static uint64_t deadline_of(const host_link *link)
{
    uint64_t due;

    if (link->id == 0)
        return UINT64_MAX;
    due = link->disconnect_deadline_us;
    if (link->session != NULL && link->session->deadline_us < due)
        due = link->session->deadline_us;
    return link->bond_procedure && link->bond_deadline_us < due ? link->bond_deadline_us : due;
}

bool security_expire(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];

        if (deadline_of(link) > h->now_us)
            continue;
        if (link->session != NULL && link->session->deadline_us <= h->now_us)
            expire(h, link, link->session);
        else if (link->bond_procedure && link->bond_deadline_us <= h->now_us)
            encryption_expire(h, link);
        else
            link_disconnect_now(link);
        return true;
    }
    return false;
}

uint64_t security_deadline(const kith_host *h)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (deadline_of(&h->links[i]) < due)
            due = deadline_of(&h->links[i]);
    return due;
}
