/* Where things lie in a flash log, and their octets: docs/bond-format.md.  Nothing here touches the flash. */
#ifndef STORE_LAYOUT_H
#define STORE_LAYOUT_H

#include "kith/store.h"

enum {
    LAYOUT_VERSION = 1,
    LAYOUT_SECTOR_HEADER = 24, /* then two slots of program_size octets */
    LAYOUT_RECORD_HEADER = 8,
    LAYOUT_RECORD_TRAILER = 5,
    LAYOUT_RECORD_BUFFER = 256, /* the largest record on the widest flash */
    LAYOUT_KIND_MAX = 62,       /* with both flags it is still neither 0x00 nor 0xff */
    LAYOUT_SEQUENCE_MAX = 0x7fffffff,
    LAYOUT_END_MARK = 0x96 /* the last octet of a record that was written to its end */
};

/* What a slot of the sector header says once it is programmed. */
enum {
    LAYOUT_COMMITTED = 0x5a,   /* what stood in the sector that this one collects is all here */
    LAYOUT_SEALED = 0x5a,      /* a later sector exists */
    LAYOUT_SEALED_VOID = 0xa5, /* the same, and what is broken at the end of this one was never durable */
    LAYOUT_ERASING = 0x3c      /* the whole log is being erased, this sector last */
};

/* ---- where ---- */

uint32_t layout_align(const kith_flash *flash, uint32_t len); /* up to whole program units */
uint32_t layout_commit_at(const kith_flash *flash);           /* the two slots */
uint32_t layout_seal_at(const kith_flash *flash);
uint32_t layout_first_record(const kith_flash *flash);
uint32_t layout_record_size(const kith_flash *flash, uint32_t len);
uint32_t layout_reserve(const kith_flash *flash); /* kept free at a sector's end, for a removal */

uint32_t layout_capacity(const kith_flash *flash); /* octets of records that a sector takes, and a removal besides */
uint32_t layout_largest(const kith_flash *flash);  /* octets of the largest payload */

/* A record of this size finds a place as long as it and what stands are no more octets than this, however what stands
 * is spread over so many sectors, one of them being the spare. */
uint32_t layout_usable(const kith_flash *flash, uint32_t sectors, uint32_t size);

bool layout_is_possible(const kith_flash *flash);

/* ---- octets ---- */

/* CRC-32; begins and goes on from 0. */
uint32_t layout_crc(const kith_flash *flash, uint32_t crc, const uint8_t *octets, size_t len);

typedef struct {
    uint8_t version;
    uint16_t held; /* sectors with records, this one included */
    uint32_t sequence;
    uint32_t highest_id;
    uint32_t collects; /* sequence of the sector whose records were taken over; 0: none */
} layout_sector;

/* out: LAYOUT_SECTOR_HEADER octets. */
void layout_encode_sector(const kith_flash *flash, const layout_sector *sector, uint8_t *out);
bool layout_decode_sector(const kith_flash *flash, const uint8_t *in, layout_sector *sector); /* false: unsound */

typedef struct {
    uint8_t kind;
    bool removal;
    bool voids; /* what is broken right before it was never durable */
    uint8_t len;
    uint32_t id;
} layout_record;

/* The checks of a record begin with where it lies: elsewhere the same octets are no record. */
typedef struct {
    const kith_flash *flash;
    uint32_t sequence, at;
} layout_place;

/* A record's header: LAYOUT_RECORD_HEADER octets.  Both answer in *crc the CRC up to its end, which goes on over what
 * follows. */
void layout_encode_record(const layout_place *place, const layout_record *record, uint8_t *out, uint32_t *crc);
bool layout_decode_record(const layout_place *place, const uint8_t *in, layout_record *record,
                          uint32_t *crc); /* false: unsound */

#endif
