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
    KITH_RECORD_DEVICE = 1, /* id 0: our own identity; 1 to 7: others of ours, kith/identity.h */
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
    uint32_t room;       /* records of `largest` octets that can surely be put besides what is there */
    uint16_t largest;    /* octets of the largest record it takes: KITH_STORED_MAX, or less where that is too much */
    uint32_t damaged;    /* records that failed their check when it was opened: they are not handed out */
    uint32_t torn;       /* writes that a power cut had cut short; what they were to replace stands */
    uint32_t collected;  /* how often it made room in itself by moving what stands, since it was opened; 0 where a store
                            does no such thing */
} kith_store_state;

typedef struct kith_store {
    void *context; /* handed to every call */

    /* Makes it ready; finishes or undoes what a power cut interrupted.  An empty medium becomes an empty store;
     * anything else that is not a store is KITH_ERR_DAMAGED, and is left as it is. */
    kith_status (*open)(void *context, kith_store_state *state);

    /* Hands out records, starting with *cursor 0, which it moves on.  A later record of the same kind and id takes
     * the place of an earlier one, or removes it.  KITH_ERR_NOT_FOUND: no more. */
    kith_status (*read)(void *context, uint32_t *cursor, kith_record *out);

    /* Stores a record in the place of the one with its kind and id, if there is one.  KITH_ERR_VALUE: not a kind, or
     * more octets than `largest`; KITH_ERR_FULL: what stands leaves no room for it.  With both nothing was changed. */
    kith_status (*put)(void *context, const kith_record *record, kith_store_state *state);

    /* Removes one and makes its octets unreadable, those of its earlier versions too.  One that is not there is
     * KITH_OK. */
    kith_status (*remove)(void *context, uint8_t kind, uint32_t id, kith_store_state *state);

    /* Factory reset: everything is destroyed, whatever it is (damaged, of a later version, no store at all); what is
     * left is an empty store, opened.  Cut short, it is damaged or as it was, and may be erased again.  Optional: NULL.
     */
    kith_status (*erase)(void *context, kith_store_state *state);

    /* Optional: NULL.  The record of out->kind and out->id, without reading others; the rest of *out is filled in.
     * KITH_ERR_NOT_FOUND: there is none, it was removed, or it is damaged.  Without it a host that looks for one record
     * reads all. */
    kith_status (*get)(void *context, kith_record *out);
} kith_store;

/* ---- the volatile store: nothing outlives the program ---- */

/* Touches nothing: every start finds it empty, with room for everything, draws a new identity and pairs afresh.  For
 * tests and demonstrations; by name alone, so that nobody has it by mistake.  A host that has it tells BONDED at once,
 * and hands out no work for it. */
extern const kith_store kith_volatile_store;

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
    /* Optional: CRC-32 as in Ethernet and zip, of what came before (crc; 0: nothing) and these octets.  For hardware
     * that has it, or tables that are large; NULL: the log computes it with 64 octets of tables. */
    uint32_t (*crc)(void *context, uint32_t crc, const uint8_t *octets, size_t len);
} kith_flash;

/* Memory of an index, 12 octets each: see kith_flash_log_index(). */
typedef struct {
    uint32_t a, b;
    uint16_t c;
    uint8_t d, e;
} kith_flash_slot;

/* Slots for a flash of so many sectors with so many records that stand. */
#define KITH_FLASH_SLOTS(sectors, records) ((sectors) + (records) + (records) / 3 + 2)

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
    /* The index; none: no slots. */
    kith_flash_slot *slots; /* one for each sector, then those of records */
    uint32_t slot_count;
    uint32_t indexed;      /* records in it */
    uint32_t oldest;       /* sector that the order of the log begins with; sector_count: none */
    bool has_sectors;      /* the slots of sectors are what the flash says */
    bool has_records;      /* and those of records */
    bool has_strays;       /* octets of records that the index does not know may lie somewhere */
    uint32_t read_address; /* of the record handed out last, and where what follows it begins; 0: none */
    uint32_t read_next;
} kith_flash_log;

/* Makes *store a log on this flash.  Nothing is read yet.  Owner: the caller, of all three, for as long as the
 * store is used.  KITH_ERR_VALUE: a geometry that is not one of the above. */
KITH_MUST_USE kith_status kith_flash_log_init(kith_flash_log *log, const kith_flash *flash, kith_store *store);

/* Gives a log an index: opening it is one walk then, and finding a record one look, however many there are.  Without
 * one, opening walks the log once for every few records, and each put, remove and collection walks it too; that is
 * well for some hundred records.  Nothing else depends on an index: with too few slots (less than one for each sector
 * and one for each record) it does without.
 * Call between kith_flash_log_init() and open.  Owner of the slots: the caller, for as long as the store is used.  They
 * hold no secrets: IDs and places. */
void kith_flash_log_index(kith_flash_log *log, kith_flash_slot *slots, uint32_t count);

#endif
