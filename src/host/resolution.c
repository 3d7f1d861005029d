/* What a peer says of its privacy: does it resolve our private addresses (Central Address Resolution), and does it show
 * nothing but its own ones (Resolvable Private Address Only)?  Two values, read one after the other on the link on
 * which it is proven, and kept with its use.  Core Vol 3 Part C 12.4, 12.5. */
#include "host/internal.h"

enum { ENTRY_LEN = 3, VALUE_AT = 2, SUPPORTED = 1, PRIVATE_ONLY = 0, SECOND_AT = 2, ANSWER = 3 };

static const kith_uuid central_address_resolution = KITH_UUID16(0x2aa6);
static const kith_uuid private_address_only = KITH_UUID16(0x2ac9);

/* What is read first is whether it resolves. */
static bool is_second(const host_data *d)
{
    return d->use == USE_ASKED_MORE;
}

const kith_uuid *resolution_next(const kith_host *h, kith_token asks)
{
    const host_data *d = use_find(h, asks);

    return d != NULL && is_second(d) ? &private_address_only : &central_address_resolution;
}

void resolution_apply(uint32_t answers, kith_state_record *state)
{
    state->resolution = answers & ANSWER;
    state->private_only = answers >> SECOND_AT & ANSWER;
}

bool resolution_take(const kith_host *h, host_link *link, const gatt_client_event *e)
{
    const host_data *d = use_find(h, link->asks);
    uint8_t yes = d != NULL && is_second(d) ? PRIVATE_ONLY : SUPPORTED;

    if (link->asks == 0)
        return false;
    if (e->count > 0 && e->entry_len == ENTRY_LEN && e->entries[VALUE_AT] == yes)
        link->answer = KITH_STATE_YES;
    return true;
}

/* Also that it has none, does not let it be read, or says something else is an answer; silence is none. */
static bool is_answer(kith_gatt_result result)
{
    return result != KITH_GATT_TIMEOUT && result != KITH_GATT_LINK_LOST && result != KITH_GATT_NOT_SENT;
}

/* Who is proven there now must be who was asked for. */
void resolution_end(kith_host *h, host_link *link, kith_token asks, kith_gatt_result result, uint8_t answer)
{
    host_data *d = use_find(h, asks);
    uint8_t said = result == KITH_GATT_OK ? answer : KITH_STATE_NO;

    if (d == NULL)
        return;
    if (!is_answer(result) || link->proven != d->peer) {
        data_end(h, d, KITH_ERR_STATE, false);
    } else if (!is_second(d)) {
        d->use = USE_ASKED_MORE;
        d->number = said;
        link->asks_more = asks;
    } else {
        d->use = USE_RESOLUTION;
        d->number |= (uint32_t)said << SECOND_AT;
        storing_want(h);
    }
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
    status = link != 0 ? operations_ask(h, link, d->token) : KITH_ERR_STATE;
    if (status == KITH_OK)
        return KITH_OK;
    *d = (host_data){0};
    *token = 0;
    return status;
}
