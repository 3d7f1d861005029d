/* Looking into a flash log without changing it: every sector and every record as it lies there, those that were
 * replaced and those that are damaged too.  For programs that judge a store; a host never needs this.
 *
 *   kith_flash_log_init(&log, &flash, &store);
 *   status = kith_flash_log_look(&log, &state);
 *   while (kith_flash_log_look_next(&log, &cursor, &found) == KITH_OK)
 *       ...
 *
 * Nothing is programmed and nothing erased, so what a power cut left is seen as it is. */
#ifndef KITH_STORE_LOOK_H
#define KITH_STORE_LOOK_H

#include "kith/store.h"

typedef enum {
    KITH_LOOK_SECTOR,  /* comes before what lies in it */
    KITH_LOOK_RECORD,  /* its header is sound: kind, id and len are believed */
    KITH_LOOK_REMOVAL, /* the same, and says that kind and id are removed */
    KITH_LOOK_RUBBLE   /* octets from which no header can be read */
} kith_look_form;

/* Of a sector, then of all else. */
typedef enum {
    KITH_LOOK_FREE,   /* erased */
    KITH_LOOK_HELD,   /* has records */
    KITH_LOOK_NEWEST, /* the one that is written to */
    KITH_LOOK_UNTIDY, /* free, but not erased: a power cut came between */
    KITH_LOOK_LOST,   /* its header is damaged; what was in it cannot be read */
    KITH_LOOK_LATER,  /* a later version wrote it; what is in it is not handed out */

    KITH_LOOK_STANDS,    /* whole, and the last word about its kind and id */
    KITH_LOOK_REPLACED,  /* whole; a later one took its place */
    KITH_LOOK_REMOVED,   /* whole, though it was removed: a power cut came before it was destroyed */
    KITH_LOOK_DESTROYED, /* it was removed, and its octets are gone */
    KITH_LOOK_TORN,      /* a write that a power cut had cut short; it replaced nothing */
    KITH_LOOK_DAMAGED    /* it was whole once */
} kith_look_state;

/* What is wrong with a torn or damaged one. */
typedef enum {
    KITH_LOOK_NOTHING,
    KITH_LOOK_HEADER,  /* the check of a header */
    KITH_LOOK_CHECK,   /* the CRC over all of it */
    KITH_LOOK_END_MARK /* its end was never written, or is damaged */
} kith_look_fault;

typedef struct {
    kith_look_form form;
    kith_look_state state;
    kith_look_fault fault;
    bool stood;         /* damaged: nothing replaced it since, so something is lost; of the newest sector: it says that
                         * there is a later one, and there is none */
    uint32_t sector;    /* its number */
    uint32_t sequence;  /* of the sector: larger is newer; 0: it has no sound header */
    uint32_t offset;    /* in the sector */
    uint32_t size;      /* octets that it takes there; of a sector: up to the last that is not erased */
    kith_record record; /* kind, id, len; its octets where it is whole.  THEY HOLD KEYS: overwrite them */
} kith_look;

/* Begins.  Answers as opening the log would, and tells the same state, but repairs nothing; whatever the answer,
 * kith_flash_log_look_next() may be called.  Afterwards the log may be opened and used as any other. */
KITH_MUST_USE kith_status kith_flash_log_look(kith_flash_log *log, kith_store_state *state);

/* Hands out what comes next, starting with *cursor 0, which it moves on: sectors in their order on the flash, each
 * followed by what lies in it.  KITH_ERR_NOT_FOUND: no more; KITH_ERR_STORAGE: the flash cannot be read.  *out is
 * zeroed with either. */
KITH_MUST_USE kith_status kith_flash_log_look_next(kith_flash_log *log, uint32_t *cursor, kith_look *out);

/* A word for each: "stands", "damaged"... */
const char *kith_look_state_name(kith_look_state state);

#endif
