/* Destroying what was removed, every version of it: by programming its octets to the opposite of erased where the flash
 * can, else by erasing the sectors that hold one.  The removal itself is durable before this begins, so what a power
 * cut leaves is found, and finished, when the log is opened. */
#include <string.h>

#include "store/log.h"

enum { CLEAR_UNIT_MAX = LAYOUT_RECORD_HEADER, CHUNK = 64 };

/* The record's header must stay readable: it says how far what was cleared reaches. */
static bool can_clear(const kith_flash_log *log)
{
    return log->flash->can_clear && log->flash->program_size <= CLEAR_UNIT_MAX;
}

static bool clear(kith_flash_log *log, uint32_t sector, uint32_t from, uint32_t to)
{
    uint8_t chunk[CHUNK];

    memset(chunk, flash_cleared(log), sizeof chunk);
    for (; from < to; from += CHUNK) {
        uint32_t now = to - from < CHUNK ? to - from : CHUNK;

        if (!flash_program(log, sector, from, chunk, now))
            return false;
        if (!flash_verify(log, sector, from, chunk, now))
            return flash_fail(log, KITH_ERR_STORAGE);
    }
    return true;
}

static bool is_left_over(kith_flash_log *log, const log_sector *sector, const log_item *item)
{
    log_known known;

    if (log->has_records && !log->has_strays) {
        if (!index_look(log, item->record.kind, item->record.id, &known) || known.others == 0)
            return false;
        if (!known.stands && known.was_removed)
            return true;
    }
    return version_fate_of(log, sector, item) == VERSION_REMOVED;
}

/* Of which records?  kind 0: of all that were removed; else of one that was removed last of all, and what cannot be
 * read may be it. */
typedef struct {
    uint8_t kind;
    uint32_t id;
} target;

static bool is_to_destroy(kith_flash_log *log, const target *t, const log_sector *sector, const log_item *item)
{
    if (item->form == ITEM_UNREADABLE)
        return t->kind != 0 && item->size > layout_align(log->flash, LAYOUT_RECORD_HEADER);
    if (item->form != ITEM_RECORD || item->record.removal)
        return false;
    return (t->kind == 0 ? is_left_over(log, sector, item) : version_is_of(item, t->kind, t->id)) &&
           item_judge(log, item, NULL) != ITEM_DESTROYED;
}

static bool clear_in(kith_flash_log *log, const target *t, const log_sector *sector)
{
    log_item item;

    for (bool more = item_first(log, sector, &item); more; more = item_next(log, sector, &item)) {
        uint32_t kept = item.form == ITEM_RECORD ? LAYOUT_RECORD_HEADER : 0;

        if (!is_to_destroy(log, t, sector, &item))
            continue;
        index_forget(log, &item);
        if (!clear(log, item.sector, item.at + kept, item.at + item.size))
            return false;
    }
    return log->fault == KITH_OK;
}

static bool holds_any(kith_flash_log *log, const target *t, const log_sector *sector)
{
    log_item item;

    for (bool more = item_first(log, sector, &item); more; more = item_next(log, sector, &item))
        if (is_to_destroy(log, t, sector, &item))
            return true;
    return false;
}

static bool find_holder(kith_flash_log *log, const target *t, log_sector *out)
{
    for (uint32_t i = 0; i < log->flash->sector_count && log->fault == KITH_OK; i++)
        if (sector_counts(log, i, out) && holds_any(log, t, out))
            return log->fault == KITH_OK;
    return false;
}

static bool clear_everywhere(kith_flash_log *log, const target *t)
{
    log_sector sector;

    for (uint32_t i = 0; i < log->flash->sector_count; i++)
        if (sector_counts(log, i, &sector) && !clear_in(log, t, &sector))
            return false;
    return flash_sync(log);
}

static bool collect_everywhere(kith_flash_log *log, const target *t)
{
    log_sector holder;

    for (uint32_t i = 0; i <= log->flash->sector_count && find_holder(log, t, &holder); i++)
        if (!collect_sector(log, &holder))
            return false;
    return !find_holder(log, t, &holder) || flash_fail(log, KITH_ERR_STORAGE);
}

static bool destroy(kith_flash_log *log, const target *t)
{
    return (can_clear(log) ? clear_everywhere(log, t) : collect_everywhere(log, t)) && log->fault == KITH_OK;
}

bool destroy_removed(kith_flash_log *log)
{
    const target all = {0};

    log->unfinished = !destroy(log, &all);
    return !log->unfinished;
}

static bool destroy_at(kith_flash_log *log, const log_known *known)
{
    uint32_t at = known->address % log->flash->sector_size;
    log_sector sector;

    if (!sector_counts(log, known->address / log->flash->sector_size, &sector))
        return flash_fail(log, KITH_ERR_STORAGE);
    if (!can_clear(log))
        return collect_sector(log, &sector);
    return clear(log, sector.index, at + LAYOUT_RECORD_HEADER, at + known->size) && flash_sync(log);
}

/* A sector whose header is lost may hold one, too; the next header then says that it is gone. */
bool destroy_versions(kith_flash_log *log, uint8_t kind, uint32_t id, const log_known *was)
{
    const target one = {kind, id};
    bool is_known = was->stands && was->others == 0 && !log->has_strays;

    if (!(is_known ? destroy_at(log, was) : destroy(log, &one)))
        return false;
    index_forget_all(log, kind, id);
    if (log->lost == 0)
        return true;
    log->lost = 0;
    return collect_anew(log);
}
