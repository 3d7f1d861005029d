/* Versions of a record: the last of its kind and id stands, unless it is a removal.  A version that is damaged takes
 * the place of earlier ones all the same: what was replaced does not come back.  One that was never durable does not.
 */
#include "store/log.h"

bool version_is_of(const log_item *item, uint8_t kind, uint32_t id)
{
    return item->form == ITEM_RECORD && item->record.kind == kind && item->record.id == id;
}

bool version_counts(kith_flash_log *log, const log_sector *sector, const log_item *item)
{
    switch (item_judge(log, item, NULL)) {
    case ITEM_WHOLE:
        return true;
    case ITEM_DESTROYED:
        return false;
    default:
        return item_loss_of(log, sector, item) == ITEM_LOST;
    }
}

/* What the rest of one sector, from *later on, says of the record. */
static version_fate fate_in(kith_flash_log *log, const log_sector *sector, const log_item *item, log_item *later,
                            bool more)
{
    version_fate fate = VERSION_STANDS;

    for (; more; more = item_next(log, sector, later)) {
        if (!version_is_of(later, item->record.kind, item->record.id) || !version_counts(log, sector, later))
            continue;
        if (later->record.removal)
            return VERSION_REMOVED;
        fate = VERSION_REPLACED;
    }
    return fate;
}

version_fate version_fate_of(kith_flash_log *log, const log_sector *sector, const log_item *item)
{
    log_item later = *item;
    version_fate fate = fate_in(log, sector, item, &later, item_next(log, sector, &later));

    for (uint32_t i = 0; i < log->flash->sector_count && fate != VERSION_REMOVED; i++) {
        log_sector other;
        version_fate there;

        if (!sector_counts(log, i, &other) || !sector_is_after(&other, sector))
            continue;
        there = fate_in(log, &other, item, &later, item_first(log, &other, &later));
        fate = there > fate ? there : fate;
    }
    return fate;
}

bool version_is_last(kith_flash_log *log, const log_sector *sector, const log_item *item)
{
    if (log->has_records)
        return index_is_last(log, item);
    return version_counts(log, sector, item) && version_fate_of(log, sector, item) == VERSION_STANDS;
}

static uint32_t find_size(kith_flash_log *log, uint8_t kind, uint32_t id)
{
    log_sector sector, last = {0};
    log_item item, best = {0};
    bool found = false;

    for (uint32_t i = 0; i < log->flash->sector_count; i++) {
        if (!sector_counts(log, i, &sector))
            continue;
        for (bool more = item_first(log, &sector, &item); more; more = item_next(log, &sector, &item)) {
            if (!version_is_of(&item, kind, id) || !version_counts(log, &sector, &item))
                continue;
            if (found && sector_is_after(&last, &sector))
                continue;
            best = item;
            last = sector;
            found = true;
        }
    }
    return found && !best.record.removal ? best.size : 0;
}

uint32_t version_size(kith_flash_log *log, uint8_t kind, uint32_t id)
{
    log_known known;

    if (!log->has_records)
        return find_size(log, kind, id);
    (void)index_look(log, kind, id, &known);
    return known.size;
}

static bool find_outside(kith_flash_log *log, uint32_t sector, const layout_record *record)
{
    log_sector other;
    log_item item;

    for (uint32_t i = 0; i < log->flash->sector_count; i++) {
        if (i == sector || !sector_counts(log, i, &other))
            continue;
        for (bool more = item_first(log, &other, &item); more; more = item_next(log, &other, &item))
            if (version_is_of(&item, record->kind, record->id) && !item.record.removal &&
                item_judge(log, &item, NULL) != ITEM_DESTROYED)
                return true;
    }
    return false;
}

bool version_is_outside(kith_flash_log *log, uint32_t sector, const layout_record *record)
{
    log_known known;

    if (log->has_records && !log->has_strays && !index_look(log, record->kind, record->id, &known))
        return false;
    return find_outside(log, sector, record);
}
