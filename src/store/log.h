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

typedef enum { SEAL_NONE, SEAL_TORN, SEAL_VOID, SEAL_FIRM } log_seal;

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

/* ---- versions.c: which record of a kind and id stands ---- */

typedef enum { VERSION_STANDS, VERSION_REPLACED, VERSION_REMOVED } version_fate;

bool version_is_of(const log_item *item, uint8_t kind, uint32_t id);
bool version_counts(kith_flash_log *log, const log_sector *sector, const log_item *item);
version_fate version_fate_of(kith_flash_log *log, const log_sector *sector, const log_item *item);
/* The one that stands; false: there is none, or it was removed. */
bool version_find(kith_flash_log *log, uint8_t kind, uint32_t id, log_item *out);
/* Is there one whose octets are not destroyed, outside this sector? */
bool version_is_outside(kith_flash_log *log, uint32_t sector, const layout_record *record);

/* ---- append.c, collect.c, destroy.c, mount.c: changes ---- */

/* false with no fault: it does not fit into the active sector.  spoilt: the copy of a damaged record, damaged too. */
bool append_record(kith_flash_log *log, const layout_record *record, const uint8_t *octets, bool spoilt);

bool collect_advance(kith_flash_log *log, bool also_unreadable); /* makes room: a new active sector */
bool collect_sector(kith_flash_log *log, const log_sector *victim);
bool collect_tidy(kith_flash_log *log); /* erases what does not count */
/* Of a sector that does not count. */
typedef enum { FREE_BLANK, FREE_RUBBLE /* no record can be in it */, FREE_UNREADABLE } free_state;
free_state collect_free_state(kith_flash_log *log, uint32_t index);

bool destroy_removed(kith_flash_log *log);                             /* all that removals left */
bool destroy_versions(kith_flash_log *log, uint8_t kind, uint32_t id); /* of one that was just removed */

void mount_log(kith_flash_log *log);
void mount_tell_room(kith_flash_log *log);

#endif
