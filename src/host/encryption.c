/* What protects a link, and encryption with the key of a stored bond.  Core Vol 3 Part H 2.4.4, Vol 3 Part C 10.3.
 *
 * A link's level rises here only, on the controller's word that encryption is on with a key that this host gave
 * it, and falls with any word to the contrary. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

void encryption_set(kith_host *h, host_link *link, const kith_event_security *now)
{
    link->encryption = now->level > KITH_LEVEL_NONE ? LINK_ENCRYPTED : LINK_PLAIN;
    link->level = now->level;
    link->key_size = now->key_size;
    link->secure_connections = now->secure_connections;
    link->method = (uint8_t)now->method;
    link->proven = now->peer;
    if (now->level > KITH_LEVEL_NONE)
        link_watch(h, link);
    event_post(h, KITH_EVENT_SECURITY_CHANGED, link)->security = *now;
}

kith_status kith_security_of(const kith_host *h, kith_link id, kith_event_security *out)
{
    const host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    out->level = link->level;
    out->key_size = link->key_size;
    out->secure_connections = link->secure_connections;
    out->method = (kith_method_kind)link->method;
    out->peer = link->proven;
    return KITH_OK;
}

/* A size below 7 is none that a key may have, and 0 asks for nothing. */
static bool is_a_demand(kith_level level, uint8_t key_size)
{
    return level >= KITH_LEVEL_NONE && level <= KITH_LEVEL_SC_AUTHENTICATED &&
           (key_size == 0 || (key_size >= 7 && key_size <= 16));
}

bool kith_security_is_enough(const kith_host *h, kith_link id, kith_level level, uint8_t key_size, bool bonded)
{
    const host_link *link = link_by_id(h, id);

    if (link == NULL || !is_a_demand(level, key_size))
        return false;
    return link->level >= level && link->key_size >= key_size &&
           (!bonded || peers_by_id(&h->bonds, link->proven) != NULL);
}

void encryption_drop(kith_host *h, host_link *link)
{
    static const kith_event_security nothing = {.level = KITH_LEVEL_NONE};
    bool was_protected = link->level != KITH_LEVEL_NONE;

    link->wants &= (uint16_t) ~(LINK_WANTS_LTK_REPLY | LINK_WANTS_ENCRYPTION);
    link->key_given = false;
    wipe(link->ltk, sizeof link->ltk);
    link->encryption = LINK_PLAIN;
    attributes_on_drop(h, link, was_protected);
    if (!was_protected)
        return;
    encryption_set(h, link, &nothing);
    link_disconnect(h, link, KITH_HCI_AUTHENTICATION_FAILURE);
}

static void begin(host_link *link, const uint8_t ltk[16], uint8_t want)
{
    link->key_given = false;
    memcpy(link->ltk, ltk, sizeof link->ltk);
    link->wants |= want;
    link->encryption = LINK_ENCRYPTING;
}

void encryption_start(host_link *link, const uint8_t ltk[16], uint16_t ediv, uint64_t rand)
{
    link->key_ediv = ediv;
    link->key_rand = rand;
    begin(link, ltk, LINK_WANTS_ENCRYPTION);
}

void encryption_answer(host_link *link, const uint8_t ltk[16])
{
    begin(link, ltk, LINK_WANTS_LTK_REPLY);
}

/* A key is asked for on an encrypted link: it is paused, and will not go on. */
void encryption_refuse(kith_host *h, host_link *link)
{
    encryption_drop(h, link);
    link->wants |= LINK_WANTS_LTK_REFUSED;
}

/* Secure Connections Only mode trusts nothing less, however old. */
bool encryption_may_use(const kith_host *h, const peers_bond *bond, bool as_central)
{
    return peers_has_key(bond, as_central) &&
           (!h->config.security.sc_only || bond->level == KITH_LEVEL_SC_AUTHENTICATED);
}

static void tell_start(kith_host *h, const host_link *link, bool by_peer)
{
    kith_event *event = event_post(h, KITH_EVENT_SECURITY_STARTED, link);

    event->started.procedure = KITH_PROCEDURE_ENCRYPTION;
    event->started.by_peer = by_peer;
}

/* While our own Security Request waits for the central, its end will tell how things stand. */
static bool is_part_of_a_wish(const host_link *link)
{
    return link->session != NULL && link->session->state == SMP_WAIT_REQUEST;
}

void encryption_begin_bond(kith_host *h, host_link *link, const peers_bond *bond, bool by_peer)
{
    link->bond_is_part = is_part_of_a_wish(link);
    if (!link->bond_is_part)
        tell_start(h, link, by_peer);
    link->with_bond = bond->id;
    link->bond_procedure = true;
    link->bond_deadline_us = host_time(h) + HOST_ENCRYPTION_TIMEOUT_US;
    link->bond_level = bond->level;
    link->bond_key_size = bond->key_size;
    link->bond_method = bond->method;
    link->bond_sc = bond->key_kind == KITH_KEY_KIND_SC;
    if (link->central)
        encryption_start(link, bond->ltk, bond->ediv, bond->rand);
    else
        encryption_answer(link, link->bond_sc ? bond->ltk : bond->my_ltk);
}

static void fill_verdict(const kith_host *h, const host_link *link, kith_verdict *v)
{
    const peers_bond *bond = peers_by_id(&h->bonds, link->with_bond);

    v->level = KITH_LEVEL_NONE;
    v->we_are_initiator = link->central;
    v->phase = KITH_PHASE_ENCRYPTION;
    v->bonded = bond != NULL;
    if (bond == NULL)
        return;
    v->method = (kith_method_kind)bond->method;
    v->numbers_unseen = bond->numbers_unseen;
    if (!v->succeeded)
        return;
    v->phase = KITH_PHASE_DONE;
    v->level = (kith_level)link->bond_level;
    v->key_size = link->bond_key_size;
    v->key_kind = link->bond_sc ? KITH_KEY_KIND_SC : KITH_KEY_KIND_LEGACY;
}

static void end_bond_procedure(host_link *link)
{
    link->raise_to = 0;
    link->bond_procedure = link->bond_is_part = false;
    link->with_bond = 0;
}

void encryption_tell(kith_host *h, host_link *link, kith_why why, kith_ender ender, kith_hci_status hci_status)
{
    bool succeeded = why == KITH_WHY_ENCRYPTED || why == KITH_WHY_ALREADY_SECURE;
    kith_event *event;

    if (!succeeded)
        claims_on_failure(h, link);
    if (is_part_of_a_wish(link))
        link->session->key_was_missing |= why == KITH_WHY_WE_HAVE_NO_KEY;
    if (is_part_of_a_wish(link) || link->bond_is_part) {
        end_bond_procedure(link);
        return;
    }
    event = event_post(h, succeeded ? KITH_EVENT_ENCRYPTED : KITH_EVENT_ENCRYPTION_FAILED, link);
    event->verdict.attempt = KITH_ATTEMPT_ENCRYPTION;
    event->verdict.succeeded = succeeded;
    event->verdict.why = why;
    event->verdict.ended_by = ender;
    event->verdict.hci_status = hci_status;
    fill_verdict(h, link, &event->verdict);
    if (why == KITH_WHY_ALREADY_SECURE) {
        event->verdict.level = link->level;
        event->verdict.key_size = link->key_size;
        event->verdict.key_kind = link->secure_connections ? KITH_KEY_KIND_SC : KITH_KEY_KIND_LEGACY;
    }
    end_bond_procedure(link);
}

void encryption_expire(kith_host *h, host_link *link)
{
    encryption_drop(h, link);
    encryption_tell(h, link, KITH_WHY_ENCRYPTION_TIMEOUT, KITH_ENDED_BY_TIMEOUT, 0);
    link_disconnect(h, link, KITH_HCI_AUTHENTICATION_FAILURE);
}

/* What a failed start of encryption is evidence of: of something missing, and not of who is to blame. */
kith_why encryption_evidence(kith_hci_status status)
{
    switch (status) {
    case KITH_HCI_KEY_MISSING:
        return KITH_WHY_PEER_SAYS_NO_KEY;
    case KITH_HCI_MIC_FAILURE:
    case KITH_HCI_AUTHENTICATION_FAILURE:
        return KITH_WHY_KEYS_DIFFER;
    default:
        return KITH_WHY_CONTROLLER_REFUSED;
    }
}

/* On with the bond's key: the claim is proven. */
void encryption_on_with_bond(kith_host *h, host_link *link)
{
    const kith_event_security now = {.level = (kith_level)link->bond_level,
                                     .key_size = link->bond_key_size,
                                     .secure_connections = link->bond_sc,
                                     .method = (kith_method_kind)link->bond_method,
                                     .peer = link->with_bond};

    if (peers_by_id(&h->bonds, link->with_bond) == NULL) { /* forgotten meanwhile */
        encryption_drop(h, link);
        encryption_tell(h, link, KITH_WHY_WE_HAVE_NO_KEY, KITH_ENDED_BY_US, 0);
        link_disconnect(h, link, KITH_HCI_AUTHENTICATION_FAILURE);
        return;
    }
    encryption_set(h, link, &now);
    remote_on_proven(link);
    clients_on_proven(h, link);
    use_on_proven(h, link);
    link_lengthen(h, link);
    if (link->raise_to != 0)
        admission_raise(h, link);
    else
        encryption_tell(h, link, KITH_WHY_ENCRYPTED, KITH_ENDED_WELL, 0);
}
