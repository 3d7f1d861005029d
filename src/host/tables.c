/* Peers' tables on their way to and from the store, one at a time: pieces beside the bond (pieces.c).  A table is a
 * cache: what cannot be read is not told, and what is not there is learned anew. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

bool tables_has(const kith_host *h, kith_peer_id peer)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    return h->tables != NULL && storing_outlives(h) && bond != NULL && bond->pieces[KITH_CHUNK_DATABASE] != 0 &&
           !bond->table_void;
}

void tables_void(kith_host *h, kith_peer_id peer)
{
    peers_bond *bond = peers_by_id(&h->bonds, peer);

    if (h->tables == NULL || bond == NULL)
        return;
    bond->table_void = true;
    if (h->tables->peer == peer)
        h->tables->heals = false; /* it was begun before */
}

/* ---- what is to do next ---- */

static host_link *link_that(const kith_host *h, bool (*wants)(const host_link *link))
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && wants(&h->links[i]))
            return &h->links[i];
    return NULL;
}

static bool is_loading(const host_link *link)
{
    return link->remote == REMOTE_LOADING;
}

static bool is_unsaved(const host_link *link)
{
    return link->table_unsaved;
}

void tables_want(kith_host *h, host_link *link)
{
    if (h->tables == NULL || !storing_outlives(h))
        return;
    link->table_unsaved = true;
    storing_want(h);
}

static void begin_look(host_tables *t, const host_link *link, tables_stage stage, size_t cap)
{
    t->stage = stage;
    t->peer = link->proven;
    t->link = link->id;
    pieces_look(&t->look, t->peer, KITH_CHUNK_DATABASE, t->memory, cap);
}

/* A copy: the link may end, and its table change, while it is written. */
static void begin_saving(const kith_host *h, host_link *link)
{
    host_tables *t = h->tables;

    link->table_unsaved = false;
    if (peers_by_id(&h->bonds, link->proven) == NULL)
        return;
    t->heals = true;
    memcpy(t->memory, link->table.octets, link->table.len);
    t->len = link->table.len;
    begin_look(t, link, TABLES_LOOKING, 0);
}

static void pick(const kith_host *h)
{
    host_tables *t = h->tables;
    host_link *link = link_that(h, is_loading);

    if (link != NULL)
        begin_look(t, link, TABLES_LOADING, h->config.limits.cache);
    for (link = link_that(h, is_unsaved); t->stage == TABLES_IDLE && link != NULL; link = link_that(h, is_unsaved))
        begin_saving(h, link);
}

static const peers_bond *bond_of(const kith_host *h)
{
    return peers_by_id(&h->bonds, h->tables->peer);
}

/* ---- ends ---- */

static void end_loading(kith_host *h)
{
    host_tables *t = h->tables;
    host_link *link = link_by_id(h, t->link);
    peers_chunk_place place;
    const uint8_t *value;
    uint16_t len;

    t->stage = TABLES_IDLE;
    if (link == NULL || link->remote != REMOTE_LOADING)
        return;
    link->remote = REMOTE_LOADED;
    if (link->proven == t->peer && peers_chunk_standing(&t->look.chunk, &value, &len, &place) == KITH_OK)
        (void)gatt_table_load(&link->table, value, len);
}

/* Bonds that are being made come first where the store is nearly full. */
static bool has_room_for_rest(const kith_host *h)
{
    const host_tables *t = h->tables;

    return storing_has_room_for(h, peers_chunk_more(&t->look.chunk, &t->place, t->len, t->next));
}

static void stop_where_full(kith_host *h)
{
    host_tables *t = h->tables;

    if (t->stage != TABLES_SAVING || has_room_for_rest(h))
        return;
    t->stage = TABLES_IDLE;
    store_events_failed(h, t->peer, KITH_PEER_DATABASE, KITH_ERR_FULL);
}

static void end_looking(kith_host *h)
{
    host_tables *t = h->tables;

    t->place = peers_chunk_next(&t->look.chunk);
    t->next = 0;
    t->stage = TABLES_SAVING;
    stop_where_full(h);
}

static void end_look(kith_host *h)
{
    if (h->tables->stage == TABLES_LOADING)
        end_loading(h);
    else
        end_looking(h);
}

/* What was begun goes as far as it can without the store. */
static void settle(kith_host *h)
{
    host_tables *t = h->tables;

    if (t->stage == TABLES_IDLE)
        pick(h);
    if (t->stage == TABLES_SAVING && bond_of(h) == NULL)
        t->stage = TABLES_IDLE;
    stop_where_full(h);
    if (t->stage != TABLES_LOADING && t->stage != TABLES_LOOKING)
        return;
    if (bond_of(h) == NULL || pieces_are_seen(h, &t->look))
        end_look(h);
}

bool tables_are_busy(const kith_host *h)
{
    return h->tables != NULL && h->tables->stage != TABLES_IDLE;
}

bool tables_has_work(kith_host *h)
{
    if (h->tables == NULL)
        return false;
    if (h->tables->is_out)
        return true; /* what it tells comes first */
    settle(h);
    if (h->tables->stage == TABLES_IDLE)
        settle(h); /* what waited behind it */
    return h->tables->stage != TABLES_IDLE;
}

/* ---- the store's operations ---- */

void tables_fill(const kith_host *h, kith_work_store *w)
{
    host_tables *t = h->tables;

    t->is_out = true;
    if (t->stage == TABLES_SAVING) {
        w->operation = KITH_STORE_PUT;
        if (peers_chunk_encode(&t->place, t->memory, t->len, t->next, &w->record) != KITH_OK)
            t->stage = TABLES_IDLE; /* can't be; the store refuses an empty record */
    } else {
        pieces_fill(h, &t->look, w);
    }
}

/* What is there is not known: nothing is believed, and nothing is written over. */
static void give_up_look(kith_host *h, kith_status result)
{
    host_tables *t = h->tables;

    pieces_look(&t->look, t->peer, KITH_CHUNK_DATABASE, t->memory, h->config.limits.cache);
    if (t->stage == TABLES_LOADING) {
        end_loading(h);
        return;
    }
    t->stage = TABLES_IDLE;
    store_events_failed(h, t->peer, KITH_PEER_DATABASE, result);
}

static void on_looked(kith_host *h, const kith_work_store *w, kith_status result)
{
    switch (pieces_take(h, &h->tables->look, w, result)) {
    case PIECES_SEEN:
        end_look(h);
        break;
    case PIECES_FAILED:
        give_up_look(h, result);
        break;
    case PIECES_GO_ON:
        break;
    }
}

static void on_put(kith_host *h, kith_status result)
{
    host_tables *t = h->tables;

    bool ends = ++t->next == kith_chunk_pieces(t->len);

    if (result == KITH_OK && ends && t->heals)
        peers_by_id(&h->bonds, t->peer)->table_void = false;
    if (result != KITH_OK || ends)
        t->stage = TABLES_IDLE;
    if (result != KITH_OK)
        store_events_failed(h, t->peer, KITH_PEER_DATABASE, result);
    else if (ends)
        store_events_saved(h, t->peer, KITH_PEER_DATABASE);
}

void tables_on_done(kith_host *h, const kith_work_store *w, kith_status result)
{
    h->tables->is_out = false;
    if (w->operation == KITH_STORE_PUT)
        pieces_note_of(h, &w->record); /* one that failed may be there as well */
    if (h->tables->stage == TABLES_IDLE || bond_of(h) == NULL)
        return;
    if (h->tables->stage == TABLES_SAVING)
        on_put(h, result);
    else
        on_looked(h, w, result);
}

void tables_forget_all(kith_host *h)
{
    if (h->tables == NULL)
        return;
    h->tables->stage = TABLES_IDLE;
    h->tables->is_out = false;
    wipe(h->tables->memory, (size_t)2 * h->config.limits.cache);
}
