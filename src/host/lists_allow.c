/* What the program asks of the filter accept list.  Everything is checked before anything is changed. */
#include "host/internal.h"

static uint16_t most(const kith_host *h)
{
    uint8_t listed = h->config.limits.listed, holds = h->lists->filtered_most;

    return listed < holds ? listed : holds;
}

static bool has_private_addresses(const kith_host *h, const kith_peer_id *peers, uint16_t count)
{
    return lists_resolve_all(h, peers, count, NULL, 0, NULL) != 0;
}

/* The keys of those who are listed must find their place, too. */
static kith_status check_fit(const kith_host *h, const kith_peer_id *peers, uint16_t count)
{
    const host_lists *l = h->lists;

    if (!lists_can_resolve(h))
        return has_private_addresses(h, peers, count) ? KITH_ERR_UNSUPPORTED : KITH_OK;
    return lists_resolve_all(h, peers, count, l->identities, lists_named_identities(h), NULL) <= l->resolving_most
               ? KITH_OK
               : KITH_ERR_FULL;
}

static bool touches_resolving(const kith_host *h, const kith_peer_id *peers, uint16_t count)
{
    return h->lists->resolution || (lists_can_resolve(h) && has_private_addresses(h, peers, count));
}

static kith_status check_set(kith_host *h, const kith_peer_id *peers, uint16_t count, kith_list_manner manner)
{
    kith_status status = lists_check_call(h, lists_can_filter(h), h->lists != NULL && h->lists->allow_due);

    if (status == KITH_OK && count > most(h))
        status = KITH_ERR_FULL;
    if (status == KITH_OK)
        status = lists_check_peers(h, peers, count);
    if (status == KITH_OK)
        status = check_fit(h, peers, count);
    if (status == KITH_OK && manner == KITH_LIST_REFUSE && lists_are_in_use(h, touches_resolving(h, peers, count)))
        status = KITH_ERR_IN_USE;
    return status;
}

static void take(kith_host *h)
{
    lists_rebuild(h);
    h->lists->allow_due = true;
    host_finish(h);
}

kith_status kith_allow_list_set(kith_host *h, const kith_peer_id *peers, uint16_t count, kith_list_manner manner)
{
    kith_status status = check_set(h, peers, count, manner);

    if (status != KITH_OK)
        return status;
    for (uint16_t i = 0; i < count; i++)
        h->lists->allow[i] = peers[i];
    h->lists->allow_count = count;
    h->lists->allow_follow.is_on = false;
    take(h);
    return KITH_OK;
}

kith_status kith_allow_list_follow(kith_host *h, const kith_peers_filter *filter)
{
    kith_status status = lists_check_call(h, lists_can_filter(h), h->lists != NULL && h->lists->allow_due);

    if (status != KITH_OK)
        return status;
    if (!lists_can_resolve(h) && lists_follow_meets_private(h, filter))
        return KITH_ERR_UNSUPPORTED;
    lists_follow_what(&h->lists->allow_follow, filter, true);
    take(h);
    return KITH_OK;
}

kith_status kith_allow_list_get(const kith_host *h, kith_peer_id *peers, uint16_t cap, uint16_t *count)
{
    *count = 0;
    if (h->lists == NULL)
        return KITH_ERR_UNSUPPORTED;
    return lists_copy(h->lists->allow, h->lists->allow_count, peers, cap, count);
}

kith_status kith_allow_list_place(const kith_host *h, kith_peer_id peer, uint16_t *place)
{
    if (h->lists == NULL)
        return KITH_ERR_UNSUPPORTED;
    for (uint16_t i = 0; i < h->lists->allow_count; i++) {
        if (h->lists->allow[i] != peer)
            continue;
        *place = i;
        return KITH_OK;
    }
    return KITH_ERR_NOT_FOUND;
}

kith_status kith_allow_list_ready(kith_host *h)
{
    if (!advertise_waits(h))
        return KITH_ERR_STATE;
    if (lists_have_nobody(h))
        return KITH_ERR_NOT_FOUND;
    advertise_let_begin(h);
    return KITH_OK;
}
