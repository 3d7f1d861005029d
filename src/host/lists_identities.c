/* What the program asks of the resolving list: device identities. */
#include "host/internal.h"

static kith_status check_keys(const kith_host *h, const kith_peer_id *peers, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++)
        if (!lists_has_usable_key(h, peers_by_id(&h->bonds, peers[i])))
            return KITH_ERR_VALUE;
    return KITH_OK;
}

static uint16_t count_with(const kith_host *h, const kith_peer_id *peers, uint16_t count)
{
    return lists_resolve_all(h, h->lists->allow, h->lists->allow_count, peers, count, NULL);
}

static kith_status check_set(kith_host *h, const kith_peer_id *peers, uint16_t count, kith_list_manner manner)
{
    kith_status status = lists_check_call(h, lists_can_resolve(h), h->lists != NULL && h->lists->identities_due);

    if (status == KITH_OK && count > h->config.limits.listed)
        status = KITH_ERR_FULL;
    if (status == KITH_OK)
        status = lists_check_peers(h, peers, count);
    if (status == KITH_OK)
        status = check_keys(h, peers, count);
    if (status == KITH_OK && count_with(h, peers, count) > h->lists->resolving_most)
        status = KITH_ERR_FULL;
    if (status == KITH_OK && manner == KITH_LIST_REFUSE &&
        lists_are_in_use(h, h->lists->resolution || count_with(h, peers, count) != 0))
        status = KITH_ERR_IN_USE;
    return status;
}

static void take(kith_host *h)
{
    h->lists->identities_set = true;
    lists_rebuild(h);
    h->lists->identities_due = true;
    host_finish(h);
}

kith_status kith_device_identities_set(kith_host *h, const kith_peer_id *peers, uint16_t count, kith_list_manner manner)
{
    kith_status status = check_set(h, peers, count, manner);

    if (status != KITH_OK)
        return status;
    for (uint16_t i = 0; i < count; i++)
        h->lists->identities[i] = peers[i];
    h->lists->identity_count = count;
    h->lists->identity_follow.is_on = false;
    take(h);
    return KITH_OK;
}

kith_status kith_device_identities_follow(kith_host *h, const kith_peers_filter *filter)
{
    kith_status status = lists_check_call(h, lists_can_resolve(h), h->lists != NULL && h->lists->identities_due);

    if (status != KITH_OK)
        return status;
    lists_follow_what(&h->lists->identity_follow, filter, true);
    take(h);
    return KITH_OK;
}

kith_status kith_device_identities_get(const kith_host *h, kith_peer_id *peers, uint16_t cap, uint16_t *count)
{
    *count = 0;
    if (h->lists == NULL)
        return KITH_ERR_UNSUPPORTED;
    return lists_copy(h->lists->resolved, h->lists->resolved_count, peers, cap, count);
}
