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

static void build(const smp_session *s, const kith_address *identity, peers_bond *bond)
{
    memset(bond, 0, sizeof *bond);
    bond->identity = *identity;
    memcpy(bond->irk, s->secrets.peer_irk, sizeof bond->irk);
    memcpy(bond->ltk, s->secrets.ltk, sizeof bond->ltk);
    memcpy(bond->my_csrk, s->secrets.my_csrk, sizeof bond->my_csrk);
    memcpy(bond->peer_csrk, s->secrets.peer_csrk, sizeof bond->peer_csrk);
    bond->key_size = s->verdict.key_size;
    bond->level = (uint8_t)s->verdict.level;
    bond->method = (uint8_t)s->verdict.method;
    bond->key_kind = (uint8_t)s->verdict.key_kind;
    bond->initiator = s->initiator;
}

/* Who was admitted to take the place of this bond?  Anybody in an open window; outside it, only whom a person
 * allowed knowing that this very bond is at stake. */
static bool was_admitted(const kith_host *h, const host_link *link, const smp_session *s, const peers_bond *old)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (&h->links[i] != link && h->links[i].id != 0 && h->links[i].proven == old->id)
            return false; /* that peer is here, and proven, on another link */
    return s->window || (s->asked_for && link->claimed == old->id);
}

bool bonding_may_commit(kith_host *h, const host_link *link, smp_session *s, kith_why *why)
{
    kith_address identity;
    const peers_bond *old;
    peers_bond fresh;
    bool weaker;

    if (!identity_of(link, s, &identity))
        return true; /* the pairing is sound; bonding_keep tells that there is no bond */
    old = peers_by_identity(&h->bonds, &identity);
    if (old == NULL)
        return true;
    build(s, &identity, &fresh);
    weaker = !peers_is_as_strong(&fresh, old);
    wipe(&fresh, sizeof fresh);
    *why = weaker ? KITH_WHY_WEAKER : KITH_WHY_REPAIRING_REFUSED;
    return !weaker && was_admitted(h, link, s, old);
}

static const peers_bond *put(kith_host *h, const host_link *link, const smp_session *s, kith_why *why)
{
    kith_address identity;
    const peers_bond *kept;
    peers_bond fresh;

    *why = KITH_WHY_NO_IDENTITY;
    if (!identity_of(link, s, &identity))
        return NULL;
    build(s, &identity, &fresh);
    kept = peers_put(&h->bonds, &fresh);
    wipe(&fresh, sizeof fresh);
    *why = kept != NULL ? KITH_WHY_BONDED : KITH_WHY_STORE_FULL;
    return kept;
}

/* PAIRED first, then what became of the bond. */
void bonding_keep(kith_host *h, host_link *link, smp_session *s)
{
    kith_why why;
    const peers_bond *kept = put(h, link, s, &why);
    kith_event *event;

    if (kept != NULL)
        link->claimed = link->proven = kept->id;
    else
        s->verdict.bonded = false;
    event_post(h, KITH_EVENT_PAIRED, link)->verdict = s->verdict;
    event = event_post(h, kept != NULL ? KITH_EVENT_BONDED : KITH_EVENT_BOND_FAILED, link);
    event->verdict = s->verdict;
    event->verdict.attempt = KITH_ATTEMPT_BOND;
    event->verdict.succeeded = kept != NULL;
    event->verdict.why = why;
    event->verdict.ended_by = kept != NULL ? KITH_ENDED_WELL : KITH_ENDED_BY_US;
}

kith_status kith_bonds_next(const kith_host *h, kith_peer_id after, kith_bond_info *out)
{
    static const uint8_t none[16];
    const peers_bond *bond = peers_after(&h->bonds, after);

    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    out->peer = bond->id;
    out->identity = bond->identity;
    out->has_irk = memcmp(bond->irk, none, sizeof none) != 0;
    out->level = (kith_level)bond->level;
    out->method = (kith_method_kind)bond->method;
    out->key_kind = (kith_key_kind)bond->key_kind;
    out->key_size = bond->key_size;
    out->we_were_initiator = bond->initiator;
    return KITH_OK;
}

uint32_t kith_bonds_count(const kith_host *h)
{
    return h->bonds.used;
}

/* A key that the controller was not given yet is not given any more. */
static void forget_on_link(kith_host *h, host_link *link, kith_peer_id peer)
{
    if (link->proven == peer || link->with_bond == peer)
        link_disconnect(h, link, KITH_HCI_REMOTE_USER_TERMINATED);
    if (link->with_bond == peer && (link->wants & (LINK_WANTS_LTK_REPLY | LINK_WANTS_ENCRYPTION)) != 0) {
        if (link->central)
            encryption_drop(h, link);
        else
            encryption_refuse(h, link);
        encryption_tell(h, link, KITH_WHY_WE_HAVE_NO_KEY, KITH_ENDED_BY_USER, 0);
    }
    if (link->claimed == peer)
        link->claimed = 0;
}

kith_status kith_bonds_forget(kith_host *h, kith_peer_id peer)
{
    peers_bond *bond = peers_by_id(&h->bonds, peer);

    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];

        if (link->id == 0)
            continue;
        forget_on_link(h, link, peer);
    }
    peers_remove(&h->bonds, bond);
    return KITH_OK;
}
