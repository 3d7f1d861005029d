/* The program's values beside bonds, on their way to and from the store: one operation of data.c at a time, in the
 * order of the calls.  A new value goes into the bank beside the one that stands (peers/chunk.h), which stands until
 * the last piece of the new one is durable.  There is no memory for a value but the program's: of what is loaded the
 * pieces' heads are looked at first, then the octets of the bank that stands are read in their order. */
#include <string.h>

#include "host/internal.h"

/* ---- which operation ---- */

static bool is_value(const kith_host *h, const host_data *d)
{
    (void)h;
    return d->what == KITH_PEER_APPLICATION || d->what == KITH_PEER_DATABASE;
}

static uint8_t type_of(const host_data *d)
{
    return d->what == KITH_PEER_APPLICATION ? KITH_CHUNK_APPLICATION : KITH_CHUNK_DATABASE;
}

static bool is_current(const kith_host *h, const host_data *d)
{
    return d->token == h->values->token;
}

/* NULL: none, or it has ended meanwhile. */
static host_data *current(const kith_host *h)
{
    return h->values->stage != VALUES_IDLE ? data_oldest(h, is_current) : NULL;
}

bool values_are_busy(const kith_host *h)
{
    return h->values != NULL && current(h) != NULL;
}

static void begin(kith_host *h, const host_data *d)
{
    host_values *v = h->values;

    v->stage = VALUES_LOOKING;
    v->token = d->token;
    v->has_changed = false;
    pieces_look(&v->look, d->peer, type_of(d), NULL, 0);
}

static void end(kith_host *h, host_data *d, kith_status status)
{
    h->values->stage = VALUES_IDLE;
    data_end(h, d, status, h->values->has_changed);
}

/* ---- what pieces there are is known ---- */

static void begin_reading(kith_host *h, host_data *d, const peers_chunk_place *place, uint16_t len)
{
    host_values *v = h->values;

    d->len = len;
    v->stage = VALUES_READING;
    v->place = *place;
    v->check = peers_chunk_claimed(&v->look.chunk, place);
    v->so_far = 0;
    v->piece = 0;
    v->look.cursor = 0;
    v->has_moved = false;
}

/* A value of a later format is not written over. */
static void begin_writing(kith_host *h, host_data *d, kith_status standing)
{
    host_values *v = h->values;

    if (standing == KITH_ERR_NEWER) {
        end(h, d, standing);
        return;
    }
    v->stage = VALUES_WRITING;
    v->place = peers_chunk_next(&v->look.chunk);
    v->check = peers_chunk_check(0, d->value, d->cap);
    v->so_far = 0;
    v->piece = 0;
}

static void end_look(kith_host *h, host_data *d)
{
    host_values *v = h->values;
    peers_chunk_place place;
    const uint8_t *none;
    uint16_t len;
    kith_status standing = peers_chunk_standing(&v->look.chunk, &none, &len, &place);

    if (d->operation == KITH_PEER_STORED) {
        begin_writing(h, d, standing);
    } else if (d->operation == KITH_PEER_DELETED) {
        v->stage = VALUES_REMOVING;
        v->piece = 0;
    } else if (standing == KITH_ERR_FULL) { /* for no memory at all: it stands */
        begin_reading(h, d, &place, len);
    } else {
        end(h, d, standing);
    }
}

/* ---- what goes on without the store ---- */

static uint16_t read_so_far(const host_values *v)
{
    return (uint16_t)(v->piece * KITH_CHUNK_PIECE);
}

/* All octets were read: are they the value?  Else whatever stands besides. */
static void judge(kith_host *h, host_data *d)
{
    host_values *v = h->values;

    if (v->so_far == v->check) {
        end(h, d, d->len > d->cap ? KITH_ERR_FULL : KITH_OK);
        return;
    }
    peers_chunk_reject(&v->look.chunk, &v->place);
    end_look(h, d);
}

/* Bonds and their states come first where the store is nearly full. */
static bool has_room_for_rest(const kith_host *h, const host_data *d)
{
    const host_values *v = h->values;

    return storing_has_room_for(h, peers_chunk_more(&v->look.chunk, &v->place, d->cap, v->piece));
}

/* One step; false: an item of the store's comes next. */
static bool settle_one(kith_host *h, host_data *d)
{
    host_values *v = h->values;

    if (v->stage == VALUES_LOOKING && pieces_are_seen(h, &v->look))
        end_look(h, d);
    else if (v->stage == VALUES_READING && read_so_far(v) >= d->len)
        judge(h, d);
    else if (v->stage == VALUES_WRITING && !has_room_for_rest(h, d))
        end(h, d, KITH_ERR_FULL);
    else if (v->stage == VALUES_REMOVING && peers_chunk_nth_to_remove(&v->look.chunk, v->piece) == 0)
        end(h, d, KITH_OK);
    else
        return false;
    return true;
}

bool values_have_work(kith_host *h)
{
    host_data *d;

    if (h->values == NULL)
        return false;
    for (;;) {
        d = current(h);
        if (d != NULL && h->values->out == d->token)
            return true; /* what its item tells comes first */
        if (d == NULL && !tables_are_busy(h)) {
            d = data_oldest(h, is_value);
            if (d != NULL && use_is_turn(h, d->token))
                begin(h, d);
            else
                d = NULL;
        }
        if (d == NULL || !settle_one(h, d))
            return d != NULL;
    }
}

/* ---- the store's operations ---- */

/* The program's octets may have changed since the first piece was cut.  Pieces of two values never make one: the last
 * is not written then, so what stood stands. */
static void fill_piece(host_values *v, const host_data *d, kith_work_store *w)
{
    uint8_t len = peers_chunk_length(d->cap, v->piece);
    kith_status status = peers_chunk_cut(&v->place, v->check, d->value, d->cap, v->piece, &w->record);

    w->operation = KITH_STORE_PUT;
    v->so_far = peers_chunk_check(v->so_far, w->record.octets + w->record.len - len, len);
    if (status != KITH_OK || (v->piece + 1 == kith_chunk_pieces(d->cap) && v->so_far != v->check))
        memset(&w->record, 0, sizeof w->record); /* no kind: no store takes it */
}

static void fill_named(const host_data *d, kith_store_operation operation, uint8_t kind, kith_work_store *w)
{
    w->operation = operation;
    w->record.kind = kind;
    w->record.id = d->peer;
}

void values_fill(const kith_host *h, kith_work_store *w)
{
    host_values *v = h->values;
    const host_data *d = current(h);

    v->out = v->token;
    if (v->stage == VALUES_LOOKING || (v->stage == VALUES_READING && !pieces_are_found_by_name(h)))
        pieces_fill(h, &v->look, w);
    else if (v->stage == VALUES_READING)
        fill_named(d, KITH_STORE_GET, peers_chunk_kind(&v->place, v->piece), w);
    else if (v->stage == VALUES_WRITING)
        fill_piece(v, d, w);
    else if (v->stage == VALUES_UNDOING)
        fill_named(d, KITH_STORE_REMOVE, peers_chunk_kind(&v->place, v->piece), w);
    else
        fill_named(d, KITH_STORE_REMOVE, peers_chunk_nth_to_remove(&v->look.chunk, v->piece), w);
}

bool values_own_item(const kith_host *h)
{
    return h->values != NULL && h->values->out != 0;
}

static void on_looked(kith_host *h, host_data *d, const kith_work_store *w, kith_status result)
{
    switch (pieces_take(h, &h->values->look, w, result)) {
    case PIECES_SEEN:
        end_look(h, d);
        break;
    case PIECES_FAILED:
        end(h, d, result);
        break;
    case PIECES_GO_ON:
        break;
    }
}

/* Is it the next piece of the value that stands? */
static bool is_next(const host_values *v, const host_data *d, const kith_record *record, kith_chunk_piece *piece)
{
    return record->id == d->peer && record->kind == peers_chunk_kind(&v->place, v->piece) &&
           kith_record_decode_chunk(record, piece) == KITH_OK && piece->generation == v->place.generation &&
           piece->value_len == d->len && piece->check == v->check;
}

static void take_octets(host_values *v, const host_data *d, const kith_chunk_piece *piece)
{
    uint16_t at = read_so_far(v), room = d->cap > at ? (uint16_t)(d->cap - at) : 0;
    uint16_t len = piece->len < room ? piece->len : room;

    if (len > 0)
        memcpy(d->buffer + at, piece->octets, len);
    v->so_far = peers_chunk_check(v->so_far, piece->octets, piece->len);
    v->piece++;
    v->has_moved = true;
}

/* Nothing of what was seen is there any more, or it is another one now. */
static void on_missed(kith_host *h, host_data *d)
{
    peers_chunk_reject(&h->values->look.chunk, &h->values->place);
    end_look(h, d);
}

static void on_read(kith_host *h, host_data *d, const kith_work_store *w, kith_status result)
{
    host_values *v = h->values;
    kith_chunk_piece piece;
    bool by_name = w->operation == KITH_STORE_GET, found = result == KITH_OK && is_next(v, d, &w->record, &piece);

    v->look.cursor = w->cursor;
    if (found) {
        take_octets(v, d, &piece);
    } else if (result != KITH_OK && result != KITH_ERR_NOT_FOUND) {
        end(h, d, result);
    } else if (by_name || (result == KITH_ERR_NOT_FOUND && !v->has_moved)) {
        on_missed(h, d);
    } else if (result == KITH_ERR_NOT_FOUND) { /* pieces lie in another order: once more, for the rest */
        v->look.cursor = 0;
        v->has_moved = false;
    }
}

/* A write that failed may have come true: the new value would stand with its last piece, though nobody is told. */
static bool may_have_come_true(const host_values *v, const host_data *d, kith_status result)
{
    return v->piece + 1 == kith_chunk_pieces(d->cap) && result != KITH_ERR_FULL && result != KITH_ERR_VALUE;
}

static void on_put(kith_host *h, host_data *d, kith_status result)
{
    host_values *v = h->values;

    if (result != KITH_OK && may_have_come_true(v, d, result)) {
        v->stage = VALUES_UNDOING;
        v->result = result;
        return;
    }
    v->has_changed |= result == KITH_OK;
    v->piece++;
    if (result != KITH_OK || v->piece == kith_chunk_pieces(d->cap))
        end(h, d, result);
}

static void on_removed(kith_host *h, host_data *d, kith_status result)
{
    host_values *v = h->values;

    v->has_changed |= result == KITH_OK;
    v->piece++;
    if (result != KITH_OK)
        end(h, d, result);
}

/* A piece that failed may be there as well. */
static void note(const kith_host *h, const kith_work_store *w, kith_status result)
{
    kith_record piece = {.kind = w->record.kind, .id = w->record.id, .removed = w->operation == KITH_STORE_REMOVE};

    if (w->operation == KITH_STORE_PUT || (w->operation == KITH_STORE_REMOVE && result == KITH_OK))
        pieces_note_of(h, &piece);
}

void values_on_done(kith_host *h, const kith_work_store *w, kith_status result)
{
    host_values *v = h->values;
    host_data *d = current(h);
    bool is_its = d != NULL && d->token == v->out;

    v->out = 0;
    note(h, w, result);
    if (!is_its)
        return;
    if (v->stage == VALUES_LOOKING)
        on_looked(h, d, w, result);
    else if (v->stage == VALUES_READING)
        on_read(h, d, w, result);
    else if (v->stage == VALUES_WRITING)
        on_put(h, d, result);
    else if (v->stage == VALUES_UNDOING)
        end(h, d, v->result);
    else
        on_removed(h, d, result);
}

void values_forget(const kith_host *h)
{
    if (h->values != NULL)
        memset(h->values, 0, sizeof *h->values);
}
