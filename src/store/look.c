/* A flash log as it lies there, for whoever judges it: kith/store_look.h.  Writes nothing. */
#include "kith/store_look.h"

#include <string.h>

#include "base/wipe.h"
#include "store/log.h"

kith_status kith_flash_log_look(kith_flash_log *log, kith_store_state *state)
{
    kith_status status;

    log->fault = KITH_OK;
    mount_log(log);
    status = log->fault;
    *state = log->state;
    log->open = false; /* whoever uses it looks anew, and repairs */
    return status;
}

/* ---- sectors ---- */

static kith_look_state state_of_free(kith_flash_log *log, uint32_t index)
{
    switch (collect_free_state(log, index)) {
    case FREE_BLANK:
        return KITH_LOOK_FREE;
    case FREE_RUBBLE:
        return KITH_LOOK_UNTIDY;
    default:
        return log->active < log->flash->sector_count && log->lost == 0 ? KITH_LOOK_UNTIDY : KITH_LOOK_LOST;
    }
}

static kith_look_state state_of_sector(kith_flash_log *log, uint32_t index, log_sector *sector)
{
    if (!sector_read(log, index, sector)) {
        sector->header.sequence = 0;
        return state_of_free(log, index);
    }
    if (sector->header.version > LAYOUT_VERSION)
        return KITH_LOOK_LATER;
    if (index == log->pending || index == log->retired)
        return KITH_LOOK_UNTIDY;
    return index == log->active ? KITH_LOOK_NEWEST : KITH_LOOK_HELD;
}

static bool look_at_sector(kith_flash_log *log, uint32_t index, kith_look *out)
{
    log_sector sector;

    out->form = KITH_LOOK_SECTOR;
    out->state = state_of_sector(log, index, &sector);
    out->stood = out->state == KITH_LOOK_LOST || (out->state == KITH_LOOK_NEWEST && sector.seal != SEAL_NONE);
    out->fault = out->stood ? KITH_LOOK_HEADER : KITH_LOOK_NOTHING;
    out->sector = index;
    out->sequence = sector.header.sequence;
    out->size = flash_programmed_end(log, index, 0, log->flash->sector_size);
    return log->fault == KITH_OK;
}

/* ---- records ---- */

static bool has_end_mark(kith_flash_log *log, const log_item *item)
{
    uint8_t last;

    return flash_read(log, item->sector, item->at + item->size - 1, &last, 1) && last == LAYOUT_END_MARK;
}

/* As the log counts it: the last of all is torn, unless it was written to its end. */
static void judge_broken(kith_flash_log *log, const log_sector *sector, const log_item *item, kith_look *out)
{
    item_loss loss = item_loss_of(log, sector, item);
    bool ended = has_end_mark(log, item);

    out->fault = item->form != ITEM_RECORD ? KITH_LOOK_HEADER : ended ? KITH_LOOK_CHECK : KITH_LOOK_END_MARK;
    out->state = loss == ITEM_LOST || (loss == ITEM_LAST && ended) ? KITH_LOOK_DAMAGED : KITH_LOOK_TORN;
    out->stood = out->state == KITH_LOOK_DAMAGED;
    if (out->stood && item->form == ITEM_RECORD)
        out->stood = version_fate_of(log, sector, item) == VERSION_STANDS;
}

static void judge_whole(kith_flash_log *log, const log_sector *sector, const log_item *item, kith_look *out)
{
    static const kith_look_state states[] = {[VERSION_STANDS] = KITH_LOOK_STANDS,
                                             [VERSION_REPLACED] = KITH_LOOK_REPLACED,
                                             [VERSION_REMOVED] = KITH_LOOK_REMOVED};

    out->state = states[version_fate_of(log, sector, item)];
    if (item->record.removal && out->state == KITH_LOOK_REMOVED)
        out->state = KITH_LOOK_REPLACED; /* by a later removal */
}

static void look_at_record(kith_flash_log *log, const log_sector *sector, const log_item *item, kith_look *out)
{
    item_body body = item_judge(log, item, out->record.octets);

    out->form = item->record.removal ? KITH_LOOK_REMOVAL : KITH_LOOK_RECORD;
    out->record.kind = item->record.kind;
    out->record.id = item->record.id;
    out->record.len = item->record.len;
    out->record.removed = item->record.removal;
    if (body == ITEM_WHOLE)
        judge_whole(log, sector, item, out);
    else if (body == ITEM_DESTROYED)
        out->state = KITH_LOOK_DESTROYED;
    else
        judge_broken(log, sector, item, out);
    if (body != ITEM_WHOLE)
        wipe(out->record.octets, sizeof out->record.octets);
    else
        memset(out->record.octets + out->record.len, 0, sizeof out->record.octets - out->record.len);
}

static void look_at_item(kith_flash_log *log, const log_sector *sector, const log_item *item, kith_look *out)
{
    out->sector = item->sector;
    out->sequence = item->sequence;
    out->offset = item->at;
    out->size = item->size;
    if (item->form == ITEM_RECORD) {
        look_at_record(log, sector, item, out);
        return;
    }
    out->form = KITH_LOOK_RUBBLE;
    if (item->form == ITEM_CLEARED)
        out->state = KITH_LOOK_DESTROYED;
    else
        judge_broken(log, sector, item, out);
}

/* ---- the walk ----
 * The cursor is an address: at a sector's first octet the sector itself comes next. */

static bool find_item(kith_flash_log *log, uint32_t index, uint32_t at, kith_look *out)
{
    log_sector sector;
    log_item item;

    if (index == log->pending || index == log->retired || !sector_read(log, index, &sector))
        return false;
    if (sector.header.version > LAYOUT_VERSION || !item_at(log, &sector, at, &item))
        return false;
    look_at_item(log, &sector, &item, out);
    return true;
}

static bool find_next(kith_flash_log *log, uint32_t *cursor, kith_look *out)
{
    uint32_t size = log->flash->sector_size, index = *cursor / size, at = *cursor % size;

    if (index < log->flash->sector_count && at != 0) {
        if (find_item(log, index, at, out)) {
            *cursor = index * size + at + out->size;
            return true;
        }
        index++;
    }
    if (log->fault != KITH_OK || index >= log->flash->sector_count)
        return false;
    *cursor = index * size + layout_first_record(log->flash);
    return look_at_sector(log, index, out);
}

kith_status kith_flash_log_look_next(kith_flash_log *log, uint32_t *cursor, kith_look *out)
{
    bool found;

    log->fault = KITH_OK;
    memset(out, 0, sizeof *out);
    found = find_next(log, cursor, out);
    if (found && log->fault == KITH_OK)
        return KITH_OK;
    wipe(out, sizeof *out);
    return log->fault != KITH_OK ? log->fault : KITH_ERR_NOT_FOUND;
}

const char *kith_look_state_name(kith_look_state state)
{
    static const char *const names[] = {
        [KITH_LOOK_FREE] = "free",           [KITH_LOOK_HELD] = "held",         [KITH_LOOK_NEWEST] = "newest",
        [KITH_LOOK_UNTIDY] = "untidy",       [KITH_LOOK_LOST] = "damaged",      [KITH_LOOK_LATER] = "newer",
        [KITH_LOOK_STANDS] = "stands",       [KITH_LOOK_REPLACED] = "replaced", [KITH_LOOK_REMOVED] = "removed",
        [KITH_LOOK_DESTROYED] = "destroyed", [KITH_LOOK_TORN] = "torn",         [KITH_LOOK_DAMAGED] = "damaged"};

    return state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}
