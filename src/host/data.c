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

/* What is not the value that was asked for, or of a peer that is forgotten, stays with nobody. */
static void settle_load(host_data *d, kith_status status)
{
    bool has_value = status == KITH_OK || status == KITH_ERR_FULL;
    size_t most = d->cap < KITH_PEER_DATA_MAX ? d->cap : KITH_PEER_DATA_MAX;

    if (d->operation != KITH_PEER_LOADED || has_value)
        return;
    d->len = 0;
    if (most > 0)
        wipe(d->buffer, most);
}

void data_end(kith_host *h, host_data *d, kith_status status, bool changed)
{
    kith_event *event = event_post(h, KITH_EVENT_PEER_DATA, NULL);

    settle_load(d, status);
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

host_data *data_oldest(const kith_host *h, bool (*is_meant)(const kith_host *h, const host_data *d))
{
    host_data *oldest = NULL;

    for (unsigned i = 0; i < h->config.limits.data; i++)
        if (h->data[i].token != 0 && is_meant(h, &h->data[i]) && (oldest == NULL || is_before(&h->data[i], oldest)))
            oldest = &h->data[i];
    return oldest;
}

static bool is_any(const kith_host *h, const host_data *d)
{
    (void)h, (void)d;
    return true;
}

void data_end_all(kith_host *h, kith_status status)
{
    for (host_data *d = data_oldest(h, is_any); d != NULL; d = data_oldest(h, is_any))
        data_end(h, d, status, false);
}

static bool is_lost(const kith_host *h, const host_data *d)
{
    return d->operation != KITH_PEER_ADDED && peers_by_id(&h->bonds, d->peer) == NULL;
}

void data_end_lost(kith_host *h)
{
    for (host_data *d = data_oldest(h, is_lost); d != NULL; d = data_oldest(h, is_lost))
        data_end(h, d, KITH_ERR_NOT_FOUND, false);
}

/* ---- values: values.c does them ---- */

static bool is_value(kith_peer_data what)
{
    return what == KITH_PEER_APPLICATION || what == KITH_PEER_DATABASE;
}

/* Where memory is all there is, none is kept. */
static void go_on(kith_host *h, host_data *d, kith_status without_store)
{
    if (storing_outlives(h))
        storing_want(h);
    else
        data_end(h, d, without_store, false);
}

kith_status kith_peers_store(kith_host *h, kith_peer_id peer, kith_peer_data what, const void *value, uint16_t len,
                             kith_token *token)
{
    kith_status status;
    host_data *d;

    *token = 0;
    if (!is_value(what) || len > KITH_PEER_DATA_MAX)
        return KITH_ERR_VALUE;
    if (what == KITH_PEER_DATABASE && h->config.limits.cache != 0)
        return KITH_ERR_STATE;
    d = data_begin(h, peer, what, KITH_PEER_STORED, token, &status);
    if (d == NULL)
        return status;
    d->value = value;
    d->cap = len;
    go_on(h, d, KITH_ERR_UNSUPPORTED);
    return KITH_OK;
}

kith_status kith_peers_load(kith_host *h, kith_peer_id peer, kith_peer_data what, void *buffer, uint16_t cap,
                            kith_token *token)
{
    kith_status status;
    host_data *d;

    *token = 0;
    if (!is_value(what))
        return KITH_ERR_VALUE;
    d = data_begin(h, peer, what, KITH_PEER_LOADED, token, &status);
    if (d == NULL)
        return status;
    d->buffer = buffer;
    d->cap = cap;
    go_on(h, d, KITH_ERR_NOT_FOUND);
    return KITH_OK;
}

kith_status kith_peers_delete(kith_host *h, kith_peer_id peer, kith_peer_data what, kith_token *token)
{
    kith_status status;
    host_data *d;

    *token = 0;
    if (!is_value(what))
        return KITH_ERR_VALUE;
    d = data_begin(h, peer, what, KITH_PEER_DELETED, token, &status);
    if (d == NULL)
        return status;
    go_on(h, d, KITH_OK);
    return KITH_OK;
}
