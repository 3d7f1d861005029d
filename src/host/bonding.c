/* From a pairing to a bond.  The old bond stays byte for byte until the new one is whole, and never gives way to a
 * weaker one, nor to somebody who was not admitted for it.  Core Vol 3 Part H 2.4.3. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

/* The identity that was given, else the address on air if that is one for good. */
static bool identity_of(const host_link *link, const smp_session *s, kith_address *identity)
{
    *identity = s->has_identity ? s->peer_identity : link->peer;
    return s->has_identity || kith_address_is_identity(identity);
}

static uint32_t calendar_now(const kith_host *h)
{
    if (h->calendar_s == 0 || h->calendar_at_us >= HOST_UNSETTLED)
        return (uint32_t)h->calendar_s;
    return (uint32_t)(h->calendar_s + (h->now_us - h->calendar_at_us) / 1000000);
}

void kith_host_set_calendar(kith_host *h, uint64_t seconds_since_1970)
{
    h->calendar_s = seconds_since_1970 <= UINT32_MAX ? seconds_since_1970 : 0;
    h->calendar_at_us = host_time(h);
}

/* The STK of a legacy pairing dies with the link; what is kept are the keys that were given. */
static void take_long_term_keys(const smp_session *s, peers_bond *bond)
{
    if (s->verdict.key_kind == KITH_KEY_KIND_SC) {
        memcpy(bond->ltk, s->secrets.ltk, sizeof bond->ltk);
        bond->has_ltk = true;
        return;
    }
    bond->has_ltk = (s->verdict.keys_taken & KITH_KEY_ENC) != 0;
    bond->has_my_ltk = (s->verdict.keys_sent & KITH_KEY_ENC) != 0;
    memcpy(bond->ltk, s->secrets.peer_key.ltk, sizeof bond->ltk);
    bond->ediv = s->secrets.peer_key.ediv;
    bond->rand = s->secrets.peer_key.rand;
    memcpy(bond->my_ltk, s->secrets.my_key.ltk, sizeof bond->my_ltk);
    bond->my_ediv = s->secrets.my_key.ediv;
    bond->my_rand = s->secrets.my_key.rand;
}

static void build(const kith_host *h, const smp_session *s, const kith_address *identity, peers_bond *bond)
{
    memset(bond, 0, sizeof *bond);
    bond->identity = *identity;
    bond->local = s->mine->address;
    bond->made_s = calendar_now(h);
    bond->numbers_unseen = s->verdict.numbers_unseen;
    bond->peer_class = s->peer_class;
    memcpy(bond->irk, s->secrets.peer_irk, sizeof bond->irk);
    memcpy(bond->my_csrk, s->secrets.my_csrk, sizeof bond->my_csrk);
    memcpy(bond->peer_csrk, s->secrets.peer_csrk, sizeof bond->peer_csrk);
    bond->key_size = s->verdict.key_size;
    bond->level = (uint8_t)s->verdict.level;
    bond->method = (uint8_t)s->verdict.method;
    bond->key_kind = (uint8_t)s->verdict.key_kind;
    bond->initiator = s->initiator;
    take_long_term_keys(s, bond);
}

/* By a bond, or by one that is on its way to the store. */
bool bonding_is_class_taken(const kith_host *h, uint8_t peer_class, kith_peer_id but)
{
    if ((h->config.security.exclusive_classes & 1u << peer_class) == 0 || peer_class == 0)
        return false;
    return peers_of_class(&h->bonds, peer_class, but) != NULL || storing_has_class(h, peer_class, but);
}

static bool is_here_on_another_link(const kith_host *h, const host_link *link, const peers_bond *bond)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (&h->links[i] != link && h->links[i].id != 0 && h->links[i].proven == bond->id)
            return true;
    return false;
}

static bool is_weaker(const kith_host *h, const smp_session *s, const kith_address *identity, const peers_bond *old)
{
    peers_bond fresh;
    bool weaker;

    build(h, s, identity, &fresh);
    weaker = !peers_is_as_strong(&fresh, old);
    wipe(&fresh, sizeof fresh);
    return weaker;
}

/* Who was admitted to take the place of the bond that stands?  Anybody in an open window; outside it only whom a person
 * allowed knowing that this very bond is at stake.  Of whom that turns out now, a person is asked now, unless the
 * program has answered for this link. */
static bonding_answer may_replace(const kith_host *h, const host_link *link, const smp_session *s,
                                  const peers_bond *old, kith_why *why)
{
    *why = KITH_WHY_REPAIRING_REFUSED;
    if (is_here_on_another_link(h, link, old))
        return COMMIT_NO;
    if (s->window || (s->asked_for && s->at_stake == old->id) || link->repairing == KITH_REPAIRING_ALLOW)
        return COMMIT_YES;
    return link->repairing == KITH_REPAIRING_REFUSE ? COMMIT_NO : COMMIT_ASK;
}

/* The bond that an address named was all that this one was admitted for, by the program's yes or where pairing is
 * closed: should it be somebody else, it is a stranger whom nobody let in.  A call of ours is for whoever is on the
 * link. */
static bool is_admitted_as_another(const kith_host *h, const host_link *link, const smp_session *s)
{
    bool for_it_alone = h->config.security.policy == KITH_PAIRING_CLOSED || link->repairing == KITH_REPAIRING_ALLOW;

    return s->at_stake != 0 && s->by_peer && !s->window && for_it_alone;
}

bonding_answer bonding_may_commit(kith_host *h, const host_link *link, smp_session *s, kith_peer_id *at_stake,
                                  kith_why *why)
{
    kith_address identity;
    const peers_bond *old;

    *why = KITH_WHY_CANCELLED;
    if (s->is_forgotten)
        return COMMIT_NO;
    if (!identity_of(link, s, &identity))
        return COMMIT_YES; /* the pairing is sound; bonding_keep tells that there is no bond */
    *why = KITH_WHY_PEER_BLOCKED;
    if (admission_is_blocked(h, &identity))
        return COMMIT_NO;
    *why = KITH_WHY_STORE_BUSY;
    if (storing_knows(h, &s->mine->address, &identity))
        return COMMIT_NO; /* a bond with it, made on another link, is on its way to the store */
    old = peers_by_identity(&h->bonds, &s->mine->address, &identity);
    if (!s->class_given)
        s->peer_class = old != NULL ? old->peer_class : 0;
    *why = KITH_WHY_CLASS_TAKEN;
    if (bonding_is_class_taken(h, s->peer_class, old != NULL ? old->id : 0))
        return COMMIT_NO;
    *why = KITH_WHY_REPAIRING_REFUSED;
    if (old == NULL)
        return is_admitted_as_another(h, link, s) ? COMMIT_NO : COMMIT_YES;
    *at_stake = old->id;
    *why = KITH_WHY_WEAKER;
    return is_weaker(h, s, &identity, old) ? COMMIT_NO : may_replace(h, link, s, old, why);
}

static kith_why why_of(kith_status result)
{
    switch (result) {
    case KITH_OK:
        return KITH_WHY_BONDED;
    case KITH_ERR_NOT_FOUND:
        return KITH_WHY_NO_IDENTITY;
    case KITH_ERR_FULL:
        return KITH_WHY_STORE_FULL;
    default:
        return KITH_WHY_STORE_FAILED;
    }
}

/* result as of the store; KITH_ERR_NOT_FOUND: the peer has no name to keep it under. */
void bonding_fill_verdict(const kith_verdict *pairing, kith_status result, kith_event *event)
{
    bool kept = result == KITH_OK;

    event->verdict = *pairing;
    event->verdict.attempt = KITH_ATTEMPT_BOND;
    event->verdict.bonded = event->verdict.succeeded = kept;
    event->verdict.why = why_of(result);
    event->verdict.ended_by = kept ? KITH_ENDED_WELL : KITH_ENDED_BY_US;
    event->verdict.status = why_of(result) == KITH_WHY_STORE_FAILED ? result : KITH_OK;
}

/* kept: NULL where there is none. */
static void tell(kith_host *h, const host_link *link, const smp_session *s, kith_status result, const peers_bond *kept)
{
    kith_event *event = event_post(h, result == KITH_OK ? KITH_EVENT_BONDED : KITH_EVENT_BOND_FAILED, link);

    bonding_fill_verdict(&s->verdict, result, event);
    event->verdict.irk_shared = kept != NULL && peers_shares_irk(&h->bonds, kept);
}

/* Where no store outlives the program, memory is all the durability there is. */
static void keep_in_memory(kith_host *h, host_link *link, const smp_session *s, const peers_bond *fresh)
{
    const peers_bond *kept = peers_put(&h->bonds, fresh);

    if (kept != NULL) {
        link->claimed = link->proven = kept->id;
        remote_on_bonded(link);
        clients_on_change(h, link);
        use_on_proven(h, link);
    }
    storing_tell_links(h);
    event_post(h, KITH_EVENT_PAIRED, link)->verdict = s->verdict;
    tell(h, link, s, kept != NULL ? KITH_OK : KITH_ERR_FULL, kept);
}

/* Which keys go to and fro is not authenticated: a relay can leave the identity key out of a renewal (B1).  The peer is
 * still called what it was called then; an identity key of zeros is something else, and says that it has none. */
static void keep_irk(const kith_host *h, const smp_session *s, peers_bond *fresh)
{
    const peers_bond *old = peers_by_identity(&h->bonds, &fresh->local, &fresh->identity);

    if (old != NULL && (s->verdict.keys_taken & KITH_KEY_ID) == 0)
        memcpy(fresh->irk, old->irk, sizeof fresh->irk);
}

/* PAIRED first, then what became of the bond: at once, or when the store has it. */
void bonding_keep(kith_host *h, host_link *link, smp_session *s)
{
    kith_address identity;
    peers_bond fresh;
    bool named = identity_of(link, s, &identity);
    bool has_place = named && peers_has_room(&h->bonds, &s->mine->address, &identity, storing_under_way(h));
    bool room = has_place || (named && h->config.security.when_full == KITH_FULL_ASK);

    s->verdict.bonded = room;
    build(h, s, &identity, &fresh);
    keep_irk(h, s, &fresh);
    if (has_place && !storing_outlives(h)) {
        keep_in_memory(h, link, s, &fresh);
    } else {
        event_post(h, KITH_EVENT_PAIRED, link)->verdict = s->verdict;
        if (room)
            storing_keep(h, link, s, &fresh);
        else
            tell(h, link, s, named ? KITH_ERR_FULL : KITH_ERR_NOT_FOUND, NULL);
    }
    wipe(&fresh, sizeof fresh);
}

static void describe(const peers_bond *bond, kith_bond_info *out)
{
    static const uint8_t none[16];

    out->peer = bond->id;
    out->identity = bond->identity;
    out->has_irk = memcmp(bond->irk, none, sizeof none) != 0;
    out->level = (kith_level)bond->level;
    out->method = (kith_method_kind)bond->method;
    out->key_kind = (kith_key_kind)bond->key_kind;
    out->key_size = bond->key_size;
    out->we_were_initiator = bond->initiator;
    out->numbers_unseen = bond->numbers_unseen;
    out->peer_class = bond->peer_class;
    out->local = bond->local;
    out->made_s = bond->made_s;
}

static kith_status give(const peers_bond *bond, kith_bond_info *out)
{
    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    describe(bond, out);
    return KITH_OK;
}

kith_status kith_bonds_next(const kith_host *h, kith_peer_id after, kith_bond_info *out)
{
    return give(peers_after(&h->bonds, after), out);
}

kith_status kith_bonds_get(const kith_host *h, kith_peer_id peer, kith_bond_info *out)
{
    return give(peers_by_id(&h->bonds, peer), out);
}

kith_status kith_bonds_of_class(const kith_host *h, uint8_t peer_class, kith_peer_id *out)
{
    const peers_bond *bond = peers_of_class(&h->bonds, peer_class, 0);

    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = bond->id;
    return KITH_OK;
}

kith_status kith_bonds_of_address(const kith_host *h, const kith_address *address, kith_peer_id *out)
{
    const peers_bond *bond = peers_by_address(&h->bonds, h->config.crypto, &h->own, address);

    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = bond->id;
    return KITH_OK;
}

kith_status kith_bonds_of_ediv(const kith_host *h, uint16_t ediv, uint64_t rand, kith_peer_id *out)
{
    const peers_bond *bond = peers_by_ediv(&h->bonds, &h->own, ediv, rand);

    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = bond->id;
    return KITH_OK;
}

uint32_t kith_bonds_count(const kith_host *h)
{
    return h->bonds.used;
}

/* Under the bond's address, proven or not, or as the identity that it has given by now. */
static bool is_pairing_with(const host_link *link, const peers_bond *bond)
{
    const smp_session *s = link->session;

    return s != NULL && (s->at_stake == bond->id || link->proven == bond->id ||
                         (s->has_identity && kith_address_equal(&s->peer_identity, &bond->identity) &&
                          kith_address_equal(&s->mine->address, &bond->local)));
}

/* A key that the controller was not given yet is not given any more.  The ends that come of it are told one link at a
 * time, as there is room for them. */
static void forget_on_link(kith_host *h, host_link *link, const peers_bond *bond)
{
    enum { HAS_KEY = LINK_WANTS_LTK_REPLY | LINK_WANTS_ENCRYPTION };
    const kith_peer_id peer = bond->id;
    bool pairs = is_pairing_with(link, bond);

    if (pairs)
        link->session->is_forgotten = true;
    if (pairs || link->proven == peer || link->with_bond == peer)
        link_disconnect(h, link, KITH_HCI_REMOTE_USER_TERMINATED);
    if (link->with_bond == peer && (link->wants & HAS_KEY) != 0) {
        link->wants &= (uint16_t)~HAS_KEY;
        wipe(link->ltk, sizeof link->ltk);
        link->key_forgotten = true;
    }
    if (link->claimed == peer)
        link->claimed = 0;
}

void bonding_forget_on_links(kith_host *h, const peers_bond *bond)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0)
            forget_on_link(h, &h->links[i], bond);
}

void bonding_finish_forgetting(kith_host *h, host_link *link)
{
    link->key_forgotten = false;
    if (link->central)
        encryption_drop(h, link);
    else
        encryption_refuse(h, link);
    encryption_tell(h, link, KITH_WHY_WE_HAVE_NO_KEY, KITH_ENDED_BY_USER, 0);
}

/* The store did not manage it before: once more. */
static kith_status forget_again(kith_host *h, peers_bond *bond)
{
    if (bond == NULL || bond->state == PEERS_UNWANTED || bond->state == PEERS_UNWANTED_FAILED)
        return KITH_ERR_NOT_FOUND;
    if (bond->state == PEERS_FORGETTING)
        return KITH_ERR_BUSY;
    peers_forget_again(&h->bonds, bond);
    storing_forget(h);
    return KITH_OK;
}

void bonding_forget(kith_host *h, peers_bond *bond)
{
    const kith_peer_id peer = bond->id;

    bonding_forget_on_links(h, bond);
    if (storing_outlives(h)) {
        peers_forget(&h->bonds, bond);
        storing_forget(h);
    } else {
        peers_remove(&h->bonds, bond);
        data_end_lost(h);
        event_post(h, KITH_EVENT_FORGOTTEN, NULL)->forgotten.peer = peer;
        room_on_forgotten(h, peer, KITH_OK);
    }
}

kith_status kith_bonds_forget(kith_host *h, kith_peer_id peer)
{
    peers_bond *bond = peers_by_id(&h->bonds, peer);

    if (!storing_is_ready(h))
        return KITH_ERR_BUSY;
    if (bond == NULL)
        return forget_again(h, peers_forgotten(&h->bonds, peer));
    if (storing_knows(h, &bond->local, &bond->identity))
        return KITH_ERR_BUSY;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    bonding_forget(h, bond);
    host_finish(h);
    return KITH_OK;
}
