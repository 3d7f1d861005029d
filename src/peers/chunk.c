/* Pieces of values: cut, put together, judged. */
#include "peers/chunk.h"

#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "store/layout.h"

/* Its CRC is computed by octets, not by a flash's hardware. */
static const kith_flash portable;

enum { VERSION = 1, HEADER = 9, GENERATIONS = 0x10000, HALF = GENERATIONS / 2 };

_Static_assert(HEADER + KITH_CHUNK_PIECE == KITH_RECORD_MAX, "a whole piece fills a record");

/* ---- one piece ---- */

uint8_t kith_chunk_pieces(uint16_t value_len)
{
    if (value_len > KITH_CHUNK_MAX)
        return 0;
    return value_len == 0 ? 1 : (uint8_t)((value_len + KITH_CHUNK_PIECE - 1) / KITH_CHUNK_PIECE);
}

/* All pieces are whole but the last one, which has the rest. */
uint8_t peers_chunk_length(uint16_t value_len, uint8_t piece)
{
    size_t before = (size_t)piece * KITH_CHUNK_PIECE;

    return value_len - before < KITH_CHUNK_PIECE ? (uint8_t)(value_len - before) : KITH_CHUNK_PIECE;
}

static uint8_t kind_of(uint8_t type, uint8_t bank, uint8_t piece)
{
    return (uint8_t)(KITH_RECORD_CHUNK + (type * KITH_CHUNK_BANKS + bank) * KITH_CHUNK_PIECES + piece);
}

static bool is_piece_possible(const kith_chunk_piece *piece)
{
    return piece->peer != 0 && piece->type < KITH_CHUNK_TYPES && piece->bank < KITH_CHUNK_BANKS &&
           piece->piece < kith_chunk_pieces(piece->value_len) &&
           piece->len == peers_chunk_length(piece->value_len, piece->piece);
}

kith_status kith_record_encode_chunk(const kith_chunk_piece *piece, kith_record *out)
{
    bytes_writer w;

    memset(out, 0, sizeof *out);
    if (!is_piece_possible(piece))
        return KITH_ERR_VALUE;
    out->kind = kind_of(piece->type, piece->bank, piece->piece);
    out->id = piece->peer;
    bytes_writer_init(&w, out->octets, KITH_RECORD_MAX);
    bytes_write8(&w, VERSION);
    bytes_write16(&w, piece->generation);
    bytes_write16(&w, piece->value_len);
    bytes_write32(&w, piece->check);
    bytes_write(&w, piece->octets, piece->len);
    out->len = (uint16_t)w.len;
    return KITH_OK;
}

static bool is_chunk(const kith_record *record)
{
    return record->kind >= KITH_RECORD_CHUNK && record->kind < KITH_RECORD_CHUNK_END;
}

static void read_piece(bytes_reader *r, const kith_record *record, kith_chunk_piece *out)
{
    uint8_t number = (uint8_t)(record->kind - KITH_RECORD_CHUNK);

    out->peer = record->id;
    out->piece = number % KITH_CHUNK_PIECES;
    out->bank = number / KITH_CHUNK_PIECES % KITH_CHUNK_BANKS;
    out->type = number / KITH_CHUNK_PIECES / KITH_CHUNK_BANKS;
    out->generation = bytes_read16(r);
    out->value_len = bytes_read16(r);
    out->check = bytes_read32(r);
    if (r->failed || r->left > KITH_CHUNK_PIECE) {
        r->failed = true;
        return;
    }
    out->len = (uint8_t)r->left;
    bytes_read(r, out->octets, out->len);
}

kith_status kith_record_decode_chunk(const kith_record *record, kith_chunk_piece *out)
{
    bytes_reader r;
    uint8_t version;

    memset(out, 0, sizeof *out);
    if (!is_chunk(record) || record->removed || record->len > KITH_RECORD_MAX)
        return KITH_ERR_DAMAGED;
    bytes_reader_init(&r, record->octets, record->len);
    version = bytes_read8(&r);
    if (version > VERSION)
        return KITH_ERR_NEWER;
    read_piece(&r, record, out);
    if (version == VERSION && !r.failed && is_piece_possible(out))
        return KITH_OK;
    wipe(out, sizeof *out);
    return KITH_ERR_DAMAGED;
}

uint8_t peers_chunk_kind(const peers_chunk_place *place, uint8_t piece)
{
    return kind_of(place->type, place->bank, piece);
}

uint32_t peers_chunk_check(uint32_t check, const uint8_t *octets, size_t len)
{
    return len != 0 ? layout_crc(&portable, check, octets, len) : check;
}

kith_status peers_chunk_encode(const peers_chunk_place *place, const uint8_t *value, uint16_t len, uint8_t piece,
                               kith_record *out)
{
    return peers_chunk_cut(place, len <= KITH_CHUNK_MAX ? peers_chunk_check(0, value, len) : 0, value, len, piece, out);
}

kith_status peers_chunk_cut(const peers_chunk_place *place, uint32_t check, const uint8_t *value, uint16_t len,
                            uint8_t piece, kith_record *out)
{
    kith_chunk_piece fields = {.peer = place->peer,
                               .type = place->type,
                               .bank = place->bank,
                               .piece = piece,
                               .generation = place->generation,
                               .value_len = len,
                               .check = check};
    kith_status status;

    memset(out, 0, sizeof *out);
    if (piece >= kith_chunk_pieces(len))
        return KITH_ERR_VALUE;
    fields.len = peers_chunk_length(len, piece);
    if (fields.len > 0)
        memcpy(fields.octets, value + (size_t)piece * KITH_CHUNK_PIECE, fields.len);
    status = kith_record_encode_chunk(&fields, out);
    wipe(&fields, sizeof fields);
    return status;
}

/* ---- putting together ---- */

void peers_chunk_begin(peers_chunk *c, uint32_t peer, uint8_t type, uint8_t *memory, size_t cap)
{
    memset(c, 0, sizeof *c);
    c->peer = peer;
    c->type = type;
    c->memory = memory;
    c->cap = cap;
}

static uint8_t *memory_of(const peers_chunk *c, unsigned bank)
{
    return c->cap != 0 ? c->memory + bank * c->cap : c->memory;
}

static void keep_octets(peers_chunk *c, const kith_chunk_piece *piece)
{
    size_t at = (size_t)piece->piece * KITH_CHUNK_PIECE;

    if (piece->value_len <= c->cap && piece->len > 0)
        memcpy(memory_of(c, piece->bank) + at, piece->octets, piece->len);
}

static void take_piece(peers_chunk *c, const kith_chunk_piece *piece, peers_piece *slot)
{
    slot->state = PEERS_PIECE_SOUND;
    slot->generation = piece->generation;
    slot->value_len = piece->value_len;
    slot->check = piece->check;
    keep_octets(c, piece);
}

void peers_chunk_take(peers_chunk *c, const kith_record *record)
{
    uint8_t number = (uint8_t)(record->kind - kind_of(c->type, 0, 0));
    kith_chunk_piece piece;
    peers_piece *slot;
    kith_status status;

    if (record->id != c->peer || !is_chunk(record) || number >= KITH_CHUNK_BANKS * KITH_CHUNK_PIECES)
        return;
    slot = &c->pieces[number / KITH_CHUNK_PIECES][number % KITH_CHUNK_PIECES];
    *slot = (peers_piece){.state = PEERS_PIECE_MISSING};
    if (record->removed)
        return;
    status = kith_record_decode_chunk(record, &piece);
    if (status == KITH_OK)
        take_piece(c, &piece, slot);
    else
        slot->state = status == KITH_ERR_NEWER ? PEERS_PIECE_NEWER : PEERS_PIECE_DAMAGED;
    wipe(&piece, sizeof piece);
}

static bool has_any(const peers_chunk *c, peers_piece_state state)
{
    for (unsigned i = 0; i < KITH_CHUNK_BANKS * KITH_CHUNK_PIECES; i++)
        if (c->pieces[i / KITH_CHUNK_PIECES][i % KITH_CHUNK_PIECES].state == state)
            return true;
    return false;
}

static bool is_of_one_value(const peers_piece *a, const peers_piece *b)
{
    return b->state == PEERS_PIECE_SOUND && a->generation == b->generation && a->value_len == b->value_len &&
           a->check == b->check;
}

/* Is every piece of one value there?  Pieces behind its end are left of an earlier one. */
static bool is_whole(const peers_piece bank[KITH_CHUNK_PIECES])
{
    uint8_t count;

    if (bank[0].state != PEERS_PIECE_SOUND)
        return false;
    count = kith_chunk_pieces(bank[0].value_len);
    for (uint8_t i = 1; i < count; i++)
        if (!is_of_one_value(&bank[0], &bank[i]))
            return false;
    return true;
}

static bool is_too_long(const peers_chunk *c, unsigned bank)
{
    return c->pieces[bank][0].value_len > c->cap;
}

/* Pieces of two values whose headers are the same by chance: the check tells. */
static bool is_sound(const peers_chunk *c, unsigned bank)
{
    const peers_piece *first = &c->pieces[bank][0];

    return is_too_long(c, bank) || peers_chunk_check(0, memory_of(c, bank), first->value_len) == first->check;
}

/* The number of the bank that stands. */
static kith_status find_standing(const peers_chunk *c, uint8_t *bank)
{
    bool whole[KITH_CHUNK_BANKS], doubtful = has_any(c, PEERS_PIECE_DAMAGED);
    uint16_t ahead = (uint16_t)(c->pieces[1][0].generation - c->pieces[0][0].generation);

    if (has_any(c, PEERS_PIECE_NEWER))
        return KITH_ERR_NEWER;
    for (unsigned i = 0; i < KITH_CHUNK_BANKS; i++) {
        whole[i] = is_whole(c->pieces[i]) && is_sound(c, i);
        doubtful = doubtful || (is_whole(c->pieces[i]) && !whole[i]);
    }
    if (!whole[0] && !whole[1])
        return doubtful ? KITH_ERR_DAMAGED : KITH_ERR_NOT_FOUND;
    if (whole[0] && whole[1] && (ahead == 0 || ahead == HALF))
        return KITH_ERR_DAMAGED;
    *bank = whole[1] && (!whole[0] || ahead < HALF);
    return KITH_OK;
}

kith_status peers_chunk_standing(const peers_chunk *c, const uint8_t **value, uint16_t *len, peers_chunk_place *place)
{
    uint8_t bank = 0;
    kith_status status = find_standing(c, &bank);

    *value = NULL;
    *len = 0;
    *place = (peers_chunk_place){.peer = c->peer, .type = c->type};
    if (status != KITH_OK)
        return status;
    place->bank = bank;
    place->generation = c->pieces[bank][0].generation;
    *len = c->pieces[bank][0].value_len;
    if (is_too_long(c, bank))
        return KITH_ERR_FULL;
    *value = memory_of(c, bank);
    return KITH_OK;
}

void peers_chunk_reject(peers_chunk *c, const peers_chunk_place *place)
{
    c->pieces[place->bank][0].state = PEERS_PIECE_DAMAGED;
}

uint32_t peers_chunk_claimed(const peers_chunk *c, const peers_chunk_place *place)
{
    return c->pieces[place->bank][0].check;
}

uint8_t peers_chunk_more(const peers_chunk *c, const peers_chunk_place *place, uint16_t len, uint8_t from)
{
    uint8_t more = 0;

    for (uint8_t i = from; i < kith_chunk_pieces(len); i++) {
        const peers_piece *there = &c->pieces[place->bank][i];

        if (there->state != PEERS_PIECE_SOUND || peers_chunk_length(there->value_len, i) < peers_chunk_length(len, i))
            more++;
    }
    return more;
}

static bool is_used(const peers_chunk *c, uint16_t generation)
{
    for (unsigned i = 0; i < KITH_CHUNK_BANKS * KITH_CHUNK_PIECES; i++) {
        const peers_piece *piece = &c->pieces[i / KITH_CHUNK_PIECES][i % KITH_CHUNK_PIECES];

        if (piece->state == PEERS_PIECE_SOUND && piece->generation == generation)
            return true;
    }
    return false;
}

peers_chunk_place peers_chunk_next(const peers_chunk *c)
{
    peers_chunk_place next = {.peer = c->peer, .type = c->type, .generation = 1};
    uint8_t bank;

    if (find_standing(c, &bank) == KITH_OK) {
        next.bank = !bank;
        next.generation = (uint16_t)(c->pieces[bank][0].generation + 1);
    }
    while (is_used(c, next.generation)) /* at most once for each piece there is */
        next.generation++;
    return next;
}

uint8_t peers_chunk_nth_to_remove(const peers_chunk *c, uint8_t n)
{
    uint8_t bank = 0, first = find_standing(c, &bank) == KITH_OK ? !bank : 0;

    for (unsigned i = 0; i < KITH_CHUNK_BANKS * KITH_CHUNK_PIECES; i++) {
        uint8_t in = (uint8_t)(first ^ (i / KITH_CHUNK_PIECES)), piece = i % KITH_CHUNK_PIECES;

        if (c->pieces[in][piece].state != PEERS_PIECE_MISSING && n-- == 0)
            return kind_of(c->type, in, piece);
    }
    return 0;
}
