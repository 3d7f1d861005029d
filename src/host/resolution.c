/* Does a peer resolve our private addresses?  Its Central Address Resolution, read on the link on which it is proven,
 * and kept with its use.  Core Vol 3 Part C 12.4. */
#include "host/internal.h"

enum { ENTRY_LEN = 3, VALUE_AT = 2, SUPPORTED = 1 };

static const kith_uuid central_address_resolution = KITH_UUID16(0x2aa6);

bool resolution_take(host_link *link, const gatt_client_event *e)
{
    if (link->asks == 0)
        return false;
    if (e->count > 0 && e->entry_len == ENTRY_LEN && e->entries[VALUE_AT] == SUPPORTED)
        link->answer = KITH_STATE_YES;
    return true;
}

/* Also that it has none, does not let it be read, or says something else is an answer; silence is none. */
static bool is_answer(kith_gatt_result result)
{
    return result != KITH_GATT_TIMEOUT && result != KITH_GATT_LINK_LOST && result != KITH_GATT_NOT_SENT;
}

/* Who is proven there now must be who was asked for. */
void resolution_end(kith_host *h, const host_link *link, kith_token asks, kith_gatt_result result, uint8_t answer)
{
    host_data *d = use_find(h, asks);

    if (d == NULL)
        return;
    if (!is_answer(result) || link->proven != d->peer) {
        data_end(h, d, KITH_ERR_STATE, false);
        return;
    }
    d->use = USE_RESOLUTION;
    d->number = result == KITH_GATT_OK ? answer : KITH_STATE_NO;
    storing_want(h);
}

bool resolution_take_end(kith_host *h, host_link *link, const gatt_client_event *e)
{
    const kith_token asks = link->asks;

    if (asks == 0)
        return false;
    link->asks = 0;
    resolution_end(h, link, asks, e->result, link->answer);
    return true;
}

kith_status kith_peers_ask_resolution(kith_host *h, kith_peer_id peer, kith_token *token)
{
    kith_link link = kith_peers_link_of(h, peer);
    kith_status status;
    host_data *d = data_begin(h, peer, KITH_PEER_USE, KITH_PEER_STORED, token, &status);

    if (d == NULL)
        return status;
    d->use = USE_ASKED;
    status = link != 0 ? operations_ask(h, link, &central_address_resolution, d->token) : KITH_ERR_STATE;
    if (status == KITH_OK)
        return KITH_OK;
    *d = (host_data){0};
    *token = 0;
    return status;
}
