/* Peers' tables on their way to and from the store, one at a time: pieces beside the bond (peers/chunk.h).  A table is
 * a cache: what fails is not told, and what is not there is learned anew. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

enum {
    FIRST_KIND = KITH_RECORD_CHUNK + KITH_CHUNK_DATABASE * KITH_CHUNK_BANKS * KITH_CHUNK_PIECES,
    KINDS = KITH_CHUNK_BANKS * KITH_CHUNK_PIECES
};

static uint16_t bit_of(uint8_t kind)
{
    return (uint16_t)(1u << (kind - FIRST_KIND));
}

/* ---- which pieces there are ---- */

bool tables_is_piece(uint8_t kind)
{
    return kind >= FIRST_KIND && kind < FIRST_KIND + KINDS;
}

void tables_note(peers_bond *bond, const kith_record *record)
{
    if (record->removed)
        bond->table_pieces &= (uint16_t)~bit_of(record->kind);
    else
        bond->table_pieces |= bit_of(record->kind);
}

uint8_t tables_kind_to_remove(const peers_bond *bond)
{
    for (unsigned i = 0; i < KINDS; i++)
        if ((bond->table_pieces & 1u << i) != 0)
            return (uint8_t)(FIRST_KIND + i);
    return 0;
}

bool tables_has(const kith_host *h, kith_peer_id peer)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    return h->tables != NULL && storing_outlives(h) && bond != NULL && bond->table_pieces != 0 && !bond->table_void;
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
    t->next = 0;
    t->cursor = 0;
    peers_chunk_begin(&t->chunk, t->peer, KITH_CHUNK_DATABASE, t->memory, cap);
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

/* The next piece that is there; KINDS: no more. */
static uint8_t next_piece(const kith_host *h)
{
    const peers_bond *bond = bond_of(h);
    uint8_t next = h->tables->next;

    while (next < KINDS && (bond->table_pieces & 1u << next) == 0)
        next++;
    return next;
}

static bool finds_by_name(const kith_host *h)
{
    return h->config.store->get != NULL;
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
    if (link->proven == t->peer && peers_chunk_standing(&t->chunk, &value, &len, &place) == KITH_OK)
        (void)gatt_table_load(&link->table, value, len);
}

/* Bonds that are being made come first where the store is nearly full. */
static bool has_room_for_rest(const kith_host *h)
{
    const host_tables *t = h->tables;

    return storing_has_room_for(h, (uint8_t)(kith_chunk_pieces(t->len) - t->next));
}

static void end_looking(kith_host *h)
{
    host_tables *t = h->tables;

    t->place = peers_chunk_next(&t->chunk);
    t->next = 0;
    t->stage = has_room_for_rest(h) ? TABLES_SAVING : TABLES_IDLE;
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
    if (t->stage == TABLES_SAVING && (bond_of(h) == NULL || !has_room_for_rest(h)))
        t->stage = TABLES_IDLE;
    if (t->stage != TABLES_LOADING && t->stage != TABLES_LOOKING)
        return;
    if (bond_of(h) == NULL || (finds_by_name(h) && next_piece(h) == KINDS))
        end_look(h);
}

bool tables_has_work(kith_host *h)
{
    if (h->tables == NULL)
        return false;
    settle(h);
    if (h->tables->stage == TABLES_IDLE)
        settle(h); /* what waited behind it */
    return h->tables->stage != TABLES_IDLE;
}

/* ---- the store's operations ---- */

void tables_fill(const kith_host *h, kith_work_store *w)
{
    host_tables *t = h->tables;

    if (t->stage == TABLES_SAVING) {
        w->operation = KITH_STORE_PUT;
        if (peers_chunk_encode(&t->place, t->memory, t->len, t->next, &w->record) != KITH_OK)
            t->stage = TABLES_IDLE; /* can't be; the store refuses an empty record */
    } else if (finds_by_name(h)) {
        w->operation = KITH_STORE_GET;
        w->record.kind = (uint8_t)(FIRST_KIND + next_piece(h));
        w->record.id = t->peer;
    } else {
        w->operation = KITH_STORE_READ;
        w->cursor = t->cursor;
    }
}

/* What is there is not known: nothing is believed, and nothing is written over. */
static void give_up_look(kith_host *h)
{
    host_tables *t = h->tables;

    peers_chunk_begin(&t->chunk, t->peer, KITH_CHUNK_DATABASE, t->memory, h->config.limits.cache);
    if (t->stage == TABLES_LOADING)
        end_loading(h);
    else
        t->stage = TABLES_IDLE;
}

static void on_looked(kith_host *h, const kith_work_store *w, kith_status result)
{
    host_tables *t = h->tables;

    if (result == KITH_OK)
        peers_chunk_take(&t->chunk, &w->record);
    t->cursor = w->cursor;
    t->next = (uint8_t)(next_piece(h) + 1);
    if (result != KITH_OK && result != KITH_ERR_NOT_FOUND)
        give_up_look(h);
    else if (w->operation == KITH_STORE_READ && result != KITH_OK)
        end_look(h);
}

/* What was written may have moved what was not read yet: all of it once more, where a later one counts. */
void tables_on_written(const kith_host *h)
{
    if (h->tables != NULL)
        h->tables->cursor = 0;
}

static void on_put(kith_host *h, kith_status result)
{
    host_tables *t = h->tables;

    t->next++;
    if (result == KITH_OK && t->next == kith_chunk_pieces(t->len) && t->heals)
        peers_by_id(&h->bonds, t->peer)->table_void = false;
    if (result != KITH_OK || t->next == kith_chunk_pieces(t->len))
        t->stage = TABLES_IDLE;
}

/* Its bond may be forgotten by now; a piece that failed may be there as well. */
static void note_put(const kith_host *h, const kith_record *record)
{
    peers_bond *bond = peers_by_id(&h->bonds, record->id);

    if (bond == NULL)
        bond = peers_forgotten(&h->bonds, record->id);
    if (bond != NULL)
        tables_note(bond, record);
}

void tables_on_done(kith_host *h, const kith_work_store *w, kith_status result)
{
    if (w->operation == KITH_STORE_PUT)
        note_put(h, &w->record);
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
    wipe(h->tables->memory, (size_t)2 * h->config.limits.cache);
}
