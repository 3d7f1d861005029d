/* Values beside a bond that are larger than a record: cut into pieces, and put together again.  docs/bond-format.md.
 *
 * A new value is written into the bank beside the one that stands, and stands when its last piece is durable.  So
 * whenever the power goes there is the old value or the new one. */
#ifndef PEERS_CHUNK_H
#define PEERS_CHUNK_H

#include "kith/codec/record.h"

/* Where a value is, or is to be written. */
typedef struct {
    uint32_t peer;
    uint8_t type; /* KITH_CHUNK_* */
    uint8_t bank;
    uint16_t generation;
} peers_chunk_place;

/* Piece number `piece` of a value.  KITH_ERR_VALUE: there is no such piece, or it is too long; *out is zeroed. */
KITH_MUST_USE kith_status peers_chunk_encode(const peers_chunk_place *place, const uint8_t *value, uint16_t len,
                                             uint8_t piece, kith_record *out);

/* The same where the value's check is known already. */
KITH_MUST_USE kith_status peers_chunk_cut(const peers_chunk_place *place, uint32_t check, const uint8_t *value,
                                          uint16_t len, uint8_t piece, kith_record *out);

/* The check of a value: of what came before (check; 0: nothing) and these octets. */
uint32_t peers_chunk_check(uint32_t check, const uint8_t *octets, size_t len);

uint8_t peers_chunk_length(uint16_t value_len, uint8_t piece); /* octets of a piece that the value has */
uint8_t peers_chunk_kind(const peers_chunk_place *place, uint8_t piece);

/* ---- putting together ---- */

typedef enum { PEERS_PIECE_MISSING, PEERS_PIECE_SOUND, PEERS_PIECE_DAMAGED, PEERS_PIECE_NEWER } peers_piece_state;

typedef struct {
    uint8_t state; /* peers_piece_state */
    uint16_t generation;
    uint16_t value_len;
    uint32_t check;
} peers_piece;

/* Its fields are its own. */
typedef struct {
    uint32_t peer;
    uint8_t type;
    size_t cap;
    uint8_t *memory;
    peers_piece pieces[KITH_CHUNK_BANKS][KITH_CHUNK_PIECES];
} peers_chunk;

/* memory: 2 * cap octets of the caller's, for values up to cap.  What is longer is told, and not put together. */
void peers_chunk_begin(peers_chunk *c, uint32_t peer, uint8_t type, uint8_t *memory, size_t cap);

/* Every record of the store, in the order in which it hands them out: of two of one kind the later one counts.  Those
 * that are not of this value are passed over. */
void peers_chunk_take(peers_chunk *c, const kith_record *record);

/* What stands: the newest generation of which every piece is there.  A value of which a piece is damaged or missing
 * never does.
 *   KITH_OK             *value is inside memory, *place says where it is stored
 *   KITH_ERR_NOT_FOUND  nothing stands: never written, not to its end, or removed
 *   KITH_ERR_FULL       it is longer than cap; *len says how long, if its octets are sound
 *   KITH_ERR_DAMAGED    nothing stands, and something did: pieces that cannot be; or both banks claim to be the newest
 *   KITH_ERR_NEWER      there are pieces of a later format
 * *value is NULL and *len 0 with an error, but for FULL. */
KITH_MUST_USE kith_status peers_chunk_standing(const peers_chunk *c, const uint8_t **value, uint16_t *len,
                                               peers_chunk_place *place);

/* The octets of what stands are not sound, as whoever looked at the heads alone (cap 0) found out: it does not stand.
 */
void peers_chunk_reject(peers_chunk *c, const peers_chunk_place *place);

/* The check that its pieces claim. */
uint32_t peers_chunk_claimed(const peers_chunk *c, const peers_chunk_place *place);

/* How many records the rest of a value needs, from this piece on, that are not there yet, or are shorter now. */
uint8_t peers_chunk_more(const peers_chunk *c, const peers_chunk_place *place, uint16_t len, uint8_t from);

/* Where the next value is to be written: not over the one that stands, and with a generation that no piece has. */
peers_chunk_place peers_chunk_next(const peers_chunk *c);

/* The order in which a value is removed, so that no older one comes back on the way: the kind of the n-th record to
 * remove, of those that are there; 0: no more.  first: the bank that does not stand. */
uint8_t peers_chunk_nth_to_remove(const peers_chunk *c, uint8_t n);

#endif
