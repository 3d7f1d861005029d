/* Operations on peers that end in PEER_DATA: who is under way, and how each ends.  Owner of what they point to: the
 * program, until then. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

static host_data *free_slot(const kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.data; i++)
        if (h->data[i].token == 0)
            return &h->data[i];
    return NULL;
}

static kith_token next_token(kith_host *h)
{
    h->last_data = h->last_data != UINT32_MAX ? h->last_data + 1 : 1;
    return h->last_data;
}

/* Whoever is added is no peer yet. */
static kith_status may_begin(kith_host *h, kith_peer_id peer, kith_peer_operation operation)
{
    if (!storing_is_ready(h))
        return KITH_ERR_BUSY;
    if (operation != KITH_PEER_ADDED && peers_by_id(&h->bonds, peer) == NULL)
        return KITH_ERR_NOT_FOUND;
    return free_slot(h) != NULL && events_have_room(h) ? KITH_OK : KITH_ERR_FULL;
}

host_data *data_begin(kith_host *h, kith_peer_id peer, kith_peer_data what, kith_peer_operation operation,
                      kith_token *token, kith_status *status)
{
    host_data *d = free_slot(h);

    *token = 0;
    *status = may_begin(h, peer, operation);
    if (*status != KITH_OK)
        return NULL;
    memset(d, 0, sizeof *d);
    d->token = *token = next_token(h);
    d->peer = peer;
    d->what = (uint8_t)what;
    d->operation = (uint8_t)operation;
    return d;
}

void data_end(kith_host *h, host_data *d, kith_status status, bool changed)
{
    kith_event *event = event_post(h, KITH_EVENT_PEER_DATA, NULL);

    event->data = (kith_event_data){.token = d->token,
                                    .peer = d->peer,
                                    .what = (kith_peer_data)d->what,
                                    .operation = (kith_peer_operation)d->operation,
                                    .status = status,
                                    .changed = changed,
                                    .len = d->len};
    memset(d, 0, sizeof *d);
}

/* Order is the order of calls, in which tokens count up. */
static bool is_before(const host_data *a, const host_data *b)
{
    return (int32_t)(a->token - b->token) < 0;
}

host_data *data_oldest(const kith_host *h, bool (*is_meant)(const host_data *d))
{
    host_data *oldest = NULL;

    for (unsigned i = 0; i < h->config.limits.data; i++)
        if (h->data[i].token != 0 && is_meant(&h->data[i]) && (oldest == NULL || is_before(&h->data[i], oldest)))
            oldest = &h->data[i];
    return oldest;
}

static bool is_any(const host_data *d)
{
    (void)d;
    return true;
}

void data_end_all(kith_host *h, kith_status status)
{
    for (host_data *d = data_oldest(h, is_any); d != NULL; d = data_oldest(h, is_any))
        data_end(h, d, status, false);
}
