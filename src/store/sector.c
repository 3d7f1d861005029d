/* Sectors of a flash log: their headers, which of them count, and their order. */
#include <string.h>

#include "store/log.h"

static bool is_filled_with(const uint8_t *octets, uint32_t len, uint8_t value)
{
    for (uint32_t i = 0; i < len; i++)
        if (octets[i] != value)
            return false;
    return true;
}

static log_seal seal_of(const kith_flash_log *log, const uint8_t *slot)
{
    uint32_t len = log->flash->program_size;

    if (is_filled_with(slot, len, log->flash->erased))
        return SEAL_NONE;
    if (is_filled_with(slot, len, LAYOUT_SEALED))
        return SEAL_FIRM;
    if (is_filled_with(slot, len, LAYOUT_ERASING))
        return SEAL_ERASING;
    return is_filled_with(slot, len, LAYOUT_SEALED_VOID) ? SEAL_VOID : SEAL_TORN;
}

/* false: something in it is neither as it was written nor as it was before. */
static bool decode(const kith_flash_log *log, const uint8_t *octets, log_sector *out, bool *sound)
{
    const uint8_t *slot = octets + layout_commit_at(log->flash);
    uint32_t len = log->flash->program_size;

    *sound = layout_decode_sector(log->flash, octets, &out->header);
    out->committed = is_filled_with(slot, len, LAYOUT_COMMITTED);
    out->seal = seal_of(log, octets + layout_seal_at(log->flash));
    return *sound && out->seal != SEAL_TORN && (out->committed || is_filled_with(slot, len, log->flash->erased));
}

/* What looks broken is read twice: what was misread once is not thrown away. */
bool sector_read(kith_flash_log *log, uint32_t index, log_sector *out)
{
    uint8_t octets[96]; /* header and slots on the widest flash */
    bool sound = false;

    out->index = index;
    for (unsigned i = 0; i < 2; i++)
        if (!flash_read(log, index, 0, octets, layout_first_record(log->flash)) || decode(log, octets, out, &sound))
            break;
    return sound && log->fault == KITH_OK;
}

bool sector_counts(kith_flash_log *log, uint32_t index, log_sector *out)
{
    if (index == log->pending || index == log->retired)
        return false;
    return log->has_sectors ? index_sector(log, index, out) : sector_read(log, index, out);
}

/* Two of one sequence are none of our making; they have an order all the same. */
bool sector_is_after(const log_sector *a, const log_sector *b)
{
    return a->header.sequence != b->header.sequence ? a->header.sequence > b->header.sequence : a->index > b->index;
}

bool sector_next(kith_flash_log *log, const log_sector *after, log_sector *out)
{
    log_sector here, best;
    bool found = false;

    if (log->has_sectors)
        return index_next_sector(log, after, out);
    for (uint32_t i = 0; i < log->flash->sector_count && log->fault == KITH_OK; i++) {
        if (!sector_counts(log, i, &here) || (after != NULL && !sector_is_after(&here, after)))
            continue;
        if (!found || sector_is_after(&best, &here))
            best = here;
        found = true;
    }
    if (found)
        *out = best;
    return found;
}

uint32_t sector_end(const kith_flash_log *log, uint32_t index)
{
    return index == log->active ? log->at : log->flash->sector_size;
}

/* How far records may reach: a removal always finds room. */
uint32_t sector_limit(const kith_flash_log *log, const layout_record *record)
{
    return log->flash->sector_size - (record->removal ? 0 : layout_reserve(log->flash));
}
