/* The parts of a flash log, to each other.
 *
 * A failure of the flash is kept in log->fault: from then on reads answer erased octets, nothing is written any more,
 * and every walk ends.  So a failure is looked at once, at the end of a call, and nothing is decided by what a failed
 * read answered. */
#ifndef STORE_LOG_H
#define STORE_LOG_H

#include "store/layout.h"

/* ---- flash.c: the medium ---- */

bool flash_read(kith_flash_log *log, uint32_t sector, uint32_t at, uint8_t *out, uint32_t len);
bool flash_program(kith_flash_log *log, uint32_t sector, uint32_t at, const uint8_t *octets, uint32_t len);
bool flash_verify(kith_flash_log *log, uint32_t sector, uint32_t at, const uint8_t *octets, uint32_t len);
bool flash_erase(kith_flash_log *log, uint32_t sector);
bool flash_sync(kith_flash_log *log);
bool flash_fail(kith_flash_log *log, kith_status why); /* false, always */

uint32_t flash_programmed_end(kith_flash_log *log, uint32_t sector, uint32_t from, uint32_t to); /* from: all erased */
bool flash_is_blank(kith_flash_log *log, uint32_t sector);
uint8_t flash_cleared(const kith_flash_log *log); /* the opposite of erased */

/* ---- sector.c: headers ---- */

typedef enum { SEAL_NONE, SEAL_TORN, SEAL_VOID, SEAL_FIRM, SEAL_ERASING } log_seal;

typedef struct {
    uint32_t index;
    layout_sector header;
    bool committed;
    log_seal seal;
} log_sector;

bool sector_read(kith_flash_log *log, uint32_t index, log_sector *out); /* false: no sound header */
bool sector_counts(kith_flash_log *log, uint32_t index, log_sector *out);
bool sector_is_after(const log_sector *a, const log_sector *b); /* in the order of the log */
/* The first that counts after this one; after NULL: the first of all.  false: no more. */
bool sector_next(kith_flash_log *log, const log_sector *after, log_sector *out);
uint32_t sector_end(const kith_flash_log *log, uint32_t index); /* of its records */
uint32_t sector_limit(const kith_flash_log *log, const layout_record *record);

/* ---- item.c: what lies in a sector ---- */

typedef enum {
    ITEM_RECORD,    /* its header is sound */
    ITEM_CLEARED,   /* destroyed together with its header */
    ITEM_UNREADABLE /* up to the next that is surely a record */
} item_form;

typedef enum { ITEM_WHOLE, ITEM_DESTROYED, ITEM_TORN, ITEM_DAMAGED } item_body;

typedef struct {
    item_form form;
    uint32_t sector;
    uint32_t sequence; /* of the sector */
    uint32_t at, size;
    uint32_t crc; /* of a record, up to its header's end */
    layout_record record;
} log_item;

bool item_first(kith_flash_log *log, const log_sector *sector, log_item *out);
bool item_at(kith_flash_log *log, const log_sector *sector, uint32_t at, log_item *out);
bool item_next(kith_flash_log *log, const log_sector *sector, log_item *item); /* moves on; false: no more */

/* Reads a record to its end, its octets too where out is not NULL (KITH_STORED_MAX). */
item_body item_judge(kith_flash_log *log, const log_item *item, uint8_t *out);

/* What a broken item is taken for. */
typedef enum {
    ITEM_SETTLED, /* never durable: what came after it says so */
    ITEM_LAST,    /* never durable, as far as can be told: nothing came after it */
    ITEM_LOST     /* it was durable once */
} item_loss;
item_loss item_loss_of(kith_flash_log *log, const log_sector *sector, const log_item *item);

uint32_t item_address(const kith_flash_log *log, const log_item *item);

/* ---- index.c: what is known without walking ---- */

void index_reset(kith_flash_log *log);
void index_note_sector(kith_flash_log *log, const log_sector *sector); /* then, once, for all: */
void index_order_sectors(kith_flash_log *log);
/* The rest only where has_sectors. */
bool index_sector(const kith_flash_log *log, uint32_t index, log_sector *out); /* does it count? sequence and seal */
bool index_next_sector(const kith_flash_log *log, const log_sector *after, log_sector *out);
void index_add_sector(kith_flash_log *log, const log_sector *sector);
void index_drop_sector(kith_flash_log *log, uint32_t index);

typedef struct {
    bool stands, was_removed, is_damaged;
    uint8_t others;   /* versions that do not stand and have octets; 255: that many or more */
    uint32_t address; /* of what stands, or of the removal */
    uint32_t size;
} log_known;

/* The next three only where has_records.  false: there is nothing of this kind and id. */
bool index_look(const kith_flash_log *log, uint8_t kind, uint32_t id, log_known *out);
/* One that counts is, or comes, at the end of the log; has_records ends where there is no slot for it. */
void index_take(kith_flash_log *log, const layout_record *record, uint32_t address, uint32_t size, bool damaged);
void index_take_void(kith_flash_log *log, const layout_record *record); /* one that does not count, with octets */
bool index_is_last(const kith_flash_log *log, const log_item *item);

void index_move(kith_flash_log *log, const layout_record *record, uint32_t address); /* what stands: copied there */
void index_forget(kith_flash_log *log, const log_item *item); /* what does not is about to be destroyed */
void index_forget_all(kith_flash_log *log, uint8_t kind, uint32_t id);

/* ---- versions.c: which record of a kind and id stands ---- */

typedef enum { VERSION_STANDS, VERSION_REPLACED, VERSION_REMOVED } version_fate;

bool version_is_of(const log_item *item, uint8_t kind, uint32_t id);
bool version_counts(kith_flash_log *log, const log_sector *sector, const log_item *item);
version_fate version_fate_of(kith_flash_log *log, const log_sector *sector, const log_item *item);
bool version_is_last(kith_flash_log *log, const log_sector *sector, const log_item *item); /* it counts and stands */
/* Octets in the log of the one that stands; 0: there is none, or it was removed. */
uint32_t version_size(kith_flash_log *log, uint8_t kind, uint32_t id);
/* Is there one whose octets are not destroyed, outside this sector?  sector_count: anywhere. */
bool version_is_outside(kith_flash_log *log, uint32_t sector, const layout_record *record);

/* ---- append.c, collect.c, destroy.c, mount.c: changes ---- */

/* false with no fault: it does not fit into the active sector.  spoilt: the copy of a damaged record, damaged too. */
bool append_record(kith_flash_log *log, const layout_record *record, const uint8_t *octets, bool spoilt);

/* Makes room: a new active sector.  In round 0 room of whatever size, by the second at latest for a record of this one.
 */
bool collect_advance(kith_flash_log *log, uint32_t size, unsigned round);
bool collect_anew(kith_flash_log *log);         /* so that the newest header says what there is now */
bool collect_mark_erasing(kith_flash_log *log); /* the active sector says that all of the log goes */
/* All sectors, this one last (sector_count: none is), even when one of them fails. */
bool collect_erase_all(kith_flash_log *log, uint32_t last);
bool collect_sector(kith_flash_log *log, const log_sector *victim);
bool collect_tidy(kith_flash_log *log); /* erases what does not count */
/* Of a sector that does not count. */
typedef enum { FREE_BLANK, FREE_RUBBLE /* no record can be in it */, FREE_UNREADABLE } free_state;
free_state collect_free_state(kith_flash_log *log, uint32_t index);

bool destroy_removed(kith_flash_log *log); /* all that removals left */
/* Of one that was just removed.  was: what the index knew of it before. */
bool destroy_versions(kith_flash_log *log, uint8_t kind, uint32_t id, const log_known *was);

void mount_log(kith_flash_log *log);
void mount_tell_room(kith_flash_log *log);

#endif
