/* Stores: where bonds and this device's own identity outlive the program.
 *
 * A host hands store operations out as work items (kith/work.h), one at a time, and never calls a store itself: a
 * store may be slow, and may run on another thread.  Two things are said once for every store:
 *
 * Atomic: after a power cut at any moment, what was there before is there, or what was put; never neither.
 * Durable: put and remove answer KITH_OK only when the change would survive a power cut.
 *
 * What a record's octets mean is the host's business: docs/bond-format.md.  They hold keys.
 * Errors of every call: KITH_ERR_STORAGE (the medium cannot be read or written), KITH_ERR_DAMAGED (what is there is
 * no store, or damaged beyond use), KITH_ERR_NEWER (a later version wrote it), KITH_ERR_FULL (no room).  After each
 * of them what was durable still is. */
#ifndef KITH_STORE_H
#define KITH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/status.h"

enum {
    KITH_RECORD_DEVICE = 1, /* id 0: our own identity */
    KITH_RECORD_BOND = 2,   /* id: the peer's */
    KITH_RECORD_STATE = 3,  /* id: the peer's; what changes often beside a bond */
    KITH_RECORD_SEAL = 4,   /* a sealed store's own: docs/sealing.md */
    /* 14 to 61: chunks beside bonds, docs/bond-format.md */
    KITH_RECORD_MAX = 192, /* octets of a record, as a host writes it */
    KITH_STORED_MAX = 224  /* as a store keeps it: sealing adds up to 32 */
};

typedef struct {
    uint8_t kind; /* KITH_RECORD_* */
    bool removed; /* handed out by read alone: this kind and id was removed; len is 0 */
    uint16_t len;
    uint32_t id;
    uint8_t octets[KITH_STORED_MAX];
} kith_record;

/* What a store says of itself after each operation. */
typedef struct {
    uint32_t highest_id; /* of all bond records ever put, removed ones included, as far as it remembers */
    uint32_t room;       /* records of the largest size that can be put besides what is there */
    uint32_t damaged;    /* records that failed their check when it was opened: they are not handed out */
    uint32_t torn;       /* writes that a power cut had cut short; what they were to replace stands */
} kith_store_state;

typedef struct kith_store {
    void *context; /* handed to every call */

    /* Makes it ready; finishes or undoes what a power cut interrupted.  An empty medium becomes an empty store;
     * anything else that is not a store is KITH_ERR_DAMAGED, and is left as it is. */
    kith_status (*open)(void *context, kith_store_state *state);

    /* Hands out records, starting with *cursor 0, which it moves on.  A later record of the same kind and id takes
     * the place of an earlier one, or removes it.  KITH_ERR_NOT_FOUND: no more. */
    kith_status (*read)(void *context, uint32_t *cursor, kith_record *out);

    /* Stores a record in the place of the one with its kind and id, if there is one. */
    kith_status (*put)(void *context, const kith_record *record, kith_store_state *state);

    /* Removes one and makes its octets unreadable, those of its earlier versions too.  One that is not there is
     * KITH_OK. */
    kith_status (*remove)(void *context, uint8_t kind, uint32_t id, kith_store_state *state);

    /* Factory reset: everything is destroyed, whatever it is (damaged, of a later version, no store at all); what is
     * left is an empty store, opened.  Cut short, it is damaged or as it was, and may be erased again.  Optional: NULL.
     */
    kith_status (*erase)(void *context, kith_store_state *state);
} kith_store;

/* ---- the flash log: a store on any flash ---- */

/* Flash as a port offers it.  Every call answers KITH_OK or KITH_ERR_STORAGE.  Octets that were programmed when the
 * power was cut may read as anything, but must read: the log's own checks find what is not whole. */
typedef struct {
    void *context;
    uint32_t sector_size;  /* octets erased at once: 256 to 131072, a multiple of program_size */
    uint32_t sector_count; /* 2 to 65535; all sectors together below 4 GiB */
    uint16_t program_size; /* octets programmed at once: 1, 2, 4, 8, 16 or 32 */
    uint8_t erased;        /* what an erased octet reads as: 0xff or 0x00 */
    bool can_clear;        /* programmed octets may be programmed once more, to the opposite of erased */
    kith_status (*read)(void *context, uint32_t address, uint8_t *out, size_t len);
    /* Address and len are multiples of program_size; the range is erased (or, where can_clear, all is cleared). */
    kith_status (*program)(void *context, uint32_t address, const uint8_t *octets, size_t len);
    kith_status (*erase)(void *context, uint32_t sector);
    kith_status (*sync)(void *context); /* all before this survives a power cut */
} kith_flash;

/* The caller's memory for one log; its fields are the log's own. */
typedef struct {
    const kith_flash *flash;
    kith_store_state state;
    kith_status fault; /* the first failure of the call under way */
    uint32_t active;   /* sector that is written to; sector_count: none yet */
    uint32_t at;       /* offset in it of the next record */
    uint32_t sequence; /* of the newest sector */
    uint32_t held;     /* sectors with records */
    uint32_t lost;     /* sectors whose header cannot be read, kept as they are */
    uint32_t live;     /* octets of records that stand */
    uint32_t pending;  /* sector that is being filled and does not count yet; sector_count: none */
    uint32_t retired;  /* sector whose records are all elsewhere, to be erased; sector_count: none */
    uint32_t fresh;    /* sector erased since the log was opened; sector_count: none */
    bool void_tail;    /* what is right before `at` is broken, and was never durable */
    bool unfinished;   /* records that were removed are not yet destroyed */
    bool untidy;       /* sectors without records are not erased */
    bool open;
} kith_flash_log;

/* Makes *store a log on this flash.  Nothing is read yet.  Owner: the caller, of all three, for as long as the
 * store is used.  KITH_ERR_VALUE: a geometry that is not one of the above, or a sector too small for a record. */
KITH_MUST_USE kith_status kith_flash_log_init(kith_flash_log *log, const kith_flash *flash, kith_store *store);

#endif
