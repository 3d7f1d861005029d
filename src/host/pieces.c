/* Pieces of values beside bonds (peers/chunk.h) as they lie in the store: which are there, and the way through those of
 * one value.  A store that finds records by name is asked for those alone that are there; of another all is read. */
#include "host/internal.h"

enum { OF_TYPE = KITH_CHUNK_BANKS * KITH_CHUNK_PIECES };

/* ---- which there are ---- */

bool pieces_is(uint8_t kind)
{
    return kind >= KITH_RECORD_CHUNK && kind < KITH_RECORD_CHUNK_END;
}

void pieces_note(peers_bond *bond, const kith_record *record)
{
    uint8_t number = (uint8_t)(record->kind - KITH_RECORD_CHUNK);
    uint16_t bit = (uint16_t)(1u << number % OF_TYPE);

    if (record->removed)
        bond->pieces[number / OF_TYPE] &= (uint16_t)~bit;
    else
        bond->pieces[number / OF_TYPE] |= bit;
}

/* Its bond may be forgotten by now. */
void pieces_note_of(const kith_host *h, const kith_record *record)
{
    peers_bond *bond = peers_by_id(&h->bonds, record->id);

    if (bond == NULL)
        bond = peers_forgotten(&h->bonds, record->id);
    if (bond != NULL && pieces_is(record->kind))
        pieces_note(bond, record);
}

uint8_t pieces_kind_to_remove(const peers_bond *bond)
{
    for (unsigned i = 0; i < KITH_CHUNK_TYPES * OF_TYPE; i++)
        if ((bond->pieces[i / OF_TYPE] & 1u << i % OF_TYPE) != 0)
            return (uint8_t)(KITH_RECORD_CHUNK + i);
    return 0;
}

/* ---- looking for those of one value ---- */

bool pieces_are_found_by_name(const kith_host *h)
{
    return h->config.store->get != NULL;
}

void pieces_look(host_look *look, kith_peer_id peer, uint8_t type, uint8_t *memory, size_t cap)
{
    look->next = 0;
    look->cursor = 0;
    peers_chunk_begin(&look->chunk, peer, type, memory, cap);
}

static uint8_t next_there(const kith_host *h, const host_look *look)
{
    const peers_bond *bond = peers_by_id(&h->bonds, look->chunk.peer);
    uint8_t next = look->next;

    while (next < OF_TYPE && (bond == NULL || (bond->pieces[look->chunk.type] & 1u << next) == 0))
        next++;
    return next;
}

bool pieces_are_seen(const kith_host *h, const host_look *look)
{
    return pieces_are_found_by_name(h) && next_there(h, look) == OF_TYPE;
}

void pieces_fill(const kith_host *h, const host_look *look, kith_work_store *w)
{
    if (pieces_are_found_by_name(h)) {
        w->operation = KITH_STORE_GET;
        w->record.kind = (uint8_t)(KITH_RECORD_CHUNK + look->chunk.type * OF_TYPE + next_there(h, look));
        w->record.id = look->chunk.peer;
    } else {
        w->operation = KITH_STORE_READ;
        w->cursor = look->cursor;
    }
}

host_seen pieces_take(const kith_host *h, host_look *look, const kith_work_store *w, kith_status result)
{
    if (result == KITH_OK)
        peers_chunk_take(&look->chunk, &w->record);
    look->cursor = w->cursor;
    look->next = (uint8_t)(next_there(h, look) + 1);
    if (result != KITH_OK && result != KITH_ERR_NOT_FOUND)
        return PIECES_FAILED;
    return w->operation == KITH_STORE_READ && result != KITH_OK ? PIECES_SEEN : PIECES_GO_ON;
}

/* What was written may have moved what was not read yet: all of it once more, where a later one counts. */
void pieces_on_written(const kith_host *h)
{
    if (h->tables != NULL)
        h->tables->look.cursor = 0;
    if (h->values != NULL)
        h->values->look.cursor = 0;
}
