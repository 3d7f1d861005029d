/* The lists as the program wants them: whom the filter accept list shall have, and whose keys the resolving list.  They
 * are made anew whenever a bond came, was made anew or went; nobody has to say so.  Core Vol 4 Part E 7.8.16, 7.8.38.
 */
#include <string.h>

#include "host/internal.h"

void lists_lay_out(host_lists *l, uint8_t listed, kith_peer_id *peers, host_listed *entries)
{
    l->allow = peers;
    l->identities = peers + listed;
    l->resolved = peers + (size_t)2 * listed; /* twice as many */
    l->filtered = entries;
    l->resolving = entries + listed; /* likewise */
}

bool lists_can_filter(const kith_host *h)
{
    return h->lists != NULL && (h->ready.lacks & KITH_LACKS_FILTER_LIST) == 0 && h->lists->filtered_most != 0;
}

bool lists_can_resolve(const kith_host *h)
{
    return h->lists != NULL && (h->ready.lacks & KITH_LACKS_RESOLVING_LIST) == 0 && h->lists->resolving_most != 0;
}

static bool is_active(const host_activity *a)
{
    return a->on || a->busy;
}

static bool filters(const kith_host *h)
{
    return advertise_filters(h) || (is_active(&h->scanner) && h->scan.filter) ||
           (h->connecting && h->initiating.listed);
}

bool lists_have_nobody(const kith_host *h)
{
    return h->lists == NULL || h->lists->allow_count == 0;
}

/* Where something filters, the list lets in whoever is in it: those who are looked for are in it only where nothing
 * does, and where the program has no list of its own. */
bool lists_may_be_sought(const kith_host *h)
{
    return lists_can_filter(h) && h->lists->allow_count == 0 && !h->lists->allow_follow.is_on && !filters(h);
}

/* With the keys of all of them, and what the program has in the resolving list.  Without device privacy a controller
 * that has somebody's key does not hear him by his identity address, and many show that: Vol 6 Part B 4.7, 6.3. */
bool lists_fit_sought(const kith_host *h)
{
    const host_lists *l = h->lists;
    const host_reconnect *r = h->reconnect;
    uint16_t keys = lists_resolve_all(h, r->keyed, r->keyed_count, NULL, 0, NULL);

    if (r->keyed_count > h->config.limits.listed || r->keyed_count > l->filtered_most)
        return false;
    if (keys == 0 || !lists_can_resolve(h) || !lists_have_modes(h))
        return keys == 0;
    return lists_resolve_all(h, r->keyed, r->keyed_count, l->identities, lists_named_identities(h), NULL) <=
           l->resolving_most;
}

const kith_peer_id *lists_filter_wish(const kith_host *h, uint16_t *count)
{
    const host_lists *l = h->lists;

    *count = l->is_sought ? h->reconnect->listed_count : l->allow_count;
    return l->is_sought ? h->reconnect->listed : l->allow;
}

bool lists_names(const kith_peer_id *peers, uint16_t count, kith_peer_id peer)
{
    for (uint16_t i = 0; i < count; i++)
        if (peers[i] == peer)
            return true;
    return false;
}

/* A key of zeros makes no addresses, and one that two bonds have says nothing of who uses it: both are known by their
 * identity address alone.  A controller refuses the second of two entries with one key. */
bool lists_has_usable_key(const kith_host *h, const peers_bond *bond)
{
    static const uint8_t none[sizeof bond->irk];

    return bond != NULL && memcmp(bond->irk, none, sizeof none) != 0 && !peers_shares_irk(&h->bonds, bond);
}

static void add_resolved(const kith_host *h, kith_peer_id peer, kith_peer_id *out, uint16_t *count)
{
    if (!lists_has_usable_key(h, peers_by_id(&h->bonds, peer)))
        return;
    if (out != NULL)
        out[*count] = peer;
    ++*count;
}

uint16_t lists_resolve_all(const kith_host *h, const kith_peer_id *allow, uint16_t allow_count,
                           const kith_peer_id *identities, uint16_t identity_count, kith_peer_id *out)
{
    uint16_t count = 0;

    for (uint16_t i = 0; i < allow_count; i++)
        add_resolved(h, allow[i], out, &count);
    for (uint16_t i = 0; i < identity_count; i++)
        if (!lists_names(allow, allow_count, identities[i]))
            add_resolved(h, identities[i], out, &count);
    return count;
}

/* Of who is looked for or listed, and of the device identities. */
uint16_t lists_count_keys(const kith_host *h, kith_peer_id *out)
{
    const host_lists *l = h->lists;
    const host_reconnect *r = h->reconnect;

    return l->is_sought ? lists_resolve_all(h, r->keyed, r->keyed_count, l->identities, l->identity_count, out)
                        : lists_resolve_all(h, l->allow, l->allow_count, l->identities, l->identity_count, out);
}

/* ---- what calls are refused for ---- */

kith_status lists_check_call(kith_host *h, bool able, bool is_due)
{
    if (h->lists == NULL)
        return KITH_ERR_UNSUPPORTED;
    if (h->startup != STARTUP_READY || h->lost)
        return KITH_ERR_STATE;
    if (!able)
        return KITH_ERR_UNSUPPORTED;
    if (is_due)
        return KITH_ERR_BUSY;
    return events_have_room(h) ? KITH_OK : KITH_ERR_FULL;
}

kith_status lists_check_peers(const kith_host *h, const kith_peer_id *peers, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        if (peers_by_id(&h->bonds, peers[i]) == NULL)
            return KITH_ERR_NOT_FOUND;
        if (lists_names(peers, i, peers[i]))
            return KITH_ERR_EXISTS;
    }
    return KITH_OK;
}

/* A controller resolves for everything it does, and for what filters it looks into the accept list. */
bool lists_are_in_use(const kith_host *h, bool touches_resolving)
{
    bool anything = advertise_is_active(h) || is_active(&h->scanner) || h->connecting;

    return filters(h) || (touches_resolving && anything);
}

/* ---- making them anew ---- */

static uint16_t keep_bonded(const kith_host *h, kith_peer_id *peers, uint16_t count)
{
    uint16_t kept = 0;

    for (uint16_t i = 0; i < count; i++)
        if (peers_by_id(&h->bonds, peers[i]) != NULL)
            peers[kept++] = peers[i];
    return kept;
}

/* Those of the allow list come first; of the others as many as there is room for. */
static void follow(kith_host *h)
{
    host_lists *l = h->lists;

    if (!l->identities_set)
        lists_follow_what(&l->identity_follow, NULL, h->config.privacy.mode == KITH_PRIVACY_RESOLVABLE);
    if (l->allow_follow.is_on)
        lists_follow_allowed(h);
    if (l->identity_follow.is_on)
        lists_follow_identities(h);
    else if (!l->identities_set)
        l->identity_count = 0;
}

static void judge_sought(kith_host *h)
{
    host_lists *l = h->lists;
    host_reconnect *r = h->reconnect;

    if (r == NULL)
        return;
    r->listed_count = keep_bonded(h, r->listed, r->listed_count);
    r->keyed_count = keep_bonded(h, r->keyed, r->keyed_count);
    l->is_sought = r->is_on && r->by_list && lists_may_be_sought(h) && lists_fit_sought(h);
}

void lists_rebuild(kith_host *h)
{
    host_lists *l = h->lists;

    l->seen = h->bonds.changes;
    l->allow_count = keep_bonded(h, l->allow, l->allow_count);
    l->identity_count = keep_bonded(h, l->identities, l->identity_count);
    judge_sought(h);
    follow(h);
    l->resolved_count = 0;
    if (lists_can_resolve(h))
        l->resolved_count = lists_count_keys(h, l->resolved);
    lists_judge(h);
    l->pending = true;
    l->only_closes = false;
}

static bool is_settled(const kith_host *h)
{
    return h->lists->sent.kind == LISTS_NO_STEP && lists_next_step(h).kind == LISTS_NO_STEP;
}

bool lists_are_ready(const kith_host *h)
{
    return h->lists->seen == h->bonds.changes && !h->lists->pending;
}

/* Bonds that are being loaded are looked at when all are there. */
bool lists_wait(const kith_host *h)
{
    const host_lists *l = h->lists;

    if (l == NULL || h->startup == STARTUP_RUNNING)
        return false;
    return l->seen != h->bonds.changes || (l->pending && h->startup == STARTUP_READY && !h->lost && is_settled(h));
}

/* Whoever tries an address that was heard before learns by it who is listed, under an address of ours that is not the
 * one of before (CVE-2020-35473). */
void lists_hide_change(kith_host *h)
{
    if (h->lists->filter_changed)
        privacy_on_list(h);
    h->lists->filter_changed = false;
}

void lists_go_on(kith_host *h)
{
    host_lists *l = h->lists;

    if (l->seen != h->bonds.changes) {
        lists_rebuild(h);
        return;
    }
    l->pending = false;
    lists_hide_change(h);
    if (l->allow_due)
        lists_tell(h, KITH_EVENT_ALLOW_LIST, KITH_OK, KITH_HCI_SUCCESS);
    if (l->identities_due)
        lists_tell(h, KITH_EVENT_DEVICE_IDENTITIES, KITH_OK, KITH_HCI_SUCCESS);
    pause_end(h, PAUSE_FOR_LISTS);
}

void lists_forget_all(kith_host *h)
{
    if (h->lists == NULL)
        return;
    h->lists->allow_follow.is_on = h->lists->identity_follow.is_on = h->lists->identities_set = false;
    h->lists->is_sought = false;
    h->lists->allow_count = h->lists->identity_count = h->lists->resolved_count = 0;
}

kith_status lists_copy(const kith_peer_id *from, uint16_t from_count, kith_peer_id *to, uint16_t cap, uint16_t *count)
{
    *count = from_count;
    for (uint16_t i = 0; i < from_count && i < cap; i++)
        to[i] = from[i];
    return from_count <= cap ? KITH_OK : KITH_ERR_FULL;
}
