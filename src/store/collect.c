/* Room: opening sectors, and collecting what stands in one so that it can be erased.
 *
 * A sector that collects another does not count until its commit slot is programmed, and the other one is not erased
 * before that.  So whatever stands is in a sector that counts, all the time. */
#include <string.h>

#include "base/wipe.h"
#include "store/log.h"

/* ---- free sectors ---- */

/* One that begins with an erased octet was being erased when the power went; one that has nothing behind its header was
 * being opened.  Decay does not look like that. */
free_state collect_free_state(kith_flash_log *log, uint32_t index)
{
    uint32_t size = log->flash->sector_size, first = layout_first_record(log->flash);
    uint8_t begin;

    if (flash_is_blank(log, index))
        return FREE_BLANK;
    if (!flash_read(log, index, 0, &begin, 1) || begin == log->flash->erased ||
        flash_programmed_end(log, index, first, size) == first)
        return FREE_RUBBLE;
    return FREE_UNREADABLE;
}

/* The next one around the ring, so that all wear alike. */
static bool find_free(kith_flash_log *log, bool blank, uint32_t *out)
{
    uint32_t count = log->flash->sector_count;
    uint32_t from = log->active < count ? log->active + 1 : 0;
    log_sector sector;

    for (uint32_t i = 0; i < count && log->fault == KITH_OK; i++) {
        *out = (from + i) % count;
        if (!sector_counts(log, *out, &sector) && flash_is_blank(log, *out) == blank)
            return log->fault == KITH_OK;
    }
    return false;
}

/* What cannot be read is given up only when there is nothing else. */
static bool take_free(kith_flash_log *log, uint32_t *out)
{
    if (find_free(log, true, out))
        return true;
    if (!find_free(log, false, out))
        return flash_fail(log, KITH_ERR_FULL);
    if (log->lost > 0)
        log->lost--;
    return true;
}

static bool is_to_erase(kith_flash_log *log, uint32_t index)
{
    log_sector sector;
    free_state state;

    if (index == log->pending || index == log->retired)
        return true;
    if (sector_counts(log, index, &sector))
        return false;
    state = collect_free_state(log, index);
    return state == FREE_RUBBLE || (state == FREE_UNREADABLE && log->lost == 0);
}

bool collect_tidy(kith_flash_log *log)
{
    for (uint32_t i = 0; i < log->flash->sector_count && log->fault == KITH_OK; i++)
        if (is_to_erase(log, i) && flash_erase(log, i))
            log->fresh = i;
    if (!flash_sync(log))
        return false;
    log->pending = log->retired = log->flash->sector_count;
    log->untidy = false;
    return true;
}

/* ---- opening ---- */

static bool program_slot(kith_flash_log *log, uint32_t sector, uint32_t at, uint8_t mark)
{
    uint8_t slot[32];

    memset(slot, mark, sizeof slot);
    if (!flash_program(log, sector, at, slot, log->flash->program_size))
        return false;
    return flash_verify(log, sector, at, slot, log->flash->program_size) || flash_fail(log, KITH_ERR_STORAGE);
}

/* A sector that reads as erased may have been cut short while it was: only one that was erased since is written to. */
static bool program_header(kith_flash_log *log, uint32_t index, const layout_sector *header)
{
    uint8_t octets[LAYOUT_SECTOR_HEADER + 8];
    uint32_t len = layout_align(log->flash, LAYOUT_SECTOR_HEADER);

    memset(octets, log->flash->erased, sizeof octets);
    layout_encode_sector(log->flash, header, octets);
    if (log->fresh != index && !flash_erase(log, index))
        return false;
    log->fresh = log->flash->sector_count;
    if (!flash_program(log, index, 0, octets, len))
        return false;
    if (flash_verify(log, index, 0, octets, len))
        return true;
    (void)flash_erase(log, index); /* a wrong header, and nothing else anywhere, would be no store */
    return flash_fail(log, KITH_ERR_STORAGE);
}

/* From now on it counts. */
static void count_active(kith_flash_log *log)
{
    const log_sector sector = {.index = log->active, .header.sequence = log->sequence, .seal = SEAL_NONE};

    log->held++;
    index_add_sector(log, &sector);
}

/* The next records go there.  victim NULL: nothing is collected. */
static bool open_sector(kith_flash_log *log, const log_sector *victim)
{
    layout_sector header = {.highest_id = log->state.highest_id, .sequence = log->sequence + 1 + log->lost};
    uint32_t index = 0;

    if (header.sequence > LAYOUT_SEQUENCE_MAX || !take_free(log, &index))
        return flash_fail(log, KITH_ERR_FULL);
    header.collects = victim != NULL ? victim->header.sequence : 0;
    header.held = (uint16_t)(log->held + log->lost + (victim == NULL));
    if (!program_header(log, index, &header))
        return false;
    log->active = index;
    log->sequence = header.sequence;
    if (victim != NULL)
        log->pending = index;
    else
        count_active(log);
    log->at = layout_first_record(log->flash);
    log->void_tail = false;
    return true;
}

/* What was the active sector learns that there is a later one. */
static bool seal(kith_flash_log *log, uint32_t index, bool void_tail)
{
    log_sector sector;

    if (index >= log->flash->sector_count || !sector_read(log, index, &sector) || sector.seal != SEAL_NONE)
        return log->fault == KITH_OK;
    sector.seal = void_tail ? SEAL_VOID : SEAL_FIRM;
    if (log->has_sectors)
        index_note_sector(log, &sector);
    return program_slot(log, index, layout_seal_at(log->flash), void_tail ? LAYOUT_SEALED_VOID : LAYOUT_SEALED);
}

static bool open_empty(kith_flash_log *log)
{
    uint32_t before = log->active;
    bool void_tail = log->void_tail;

    return open_sector(log, NULL) && flash_sync(log) && seal(log, before, void_tail);
}

/* ---- collecting ---- */

static uint32_t address_of_last(const kith_flash_log *log, uint32_t size)
{
    return log->active * log->flash->sector_size + log->at - size;
}

static bool copy(kith_flash_log *log, const log_item *item)
{
    uint8_t octets[KITH_STORED_MAX];
    bool spoilt = item_judge(log, item, octets) != ITEM_WHOLE;
    bool done = append_record(log, &item->record, octets, spoilt);

    wipe(octets, sizeof octets);
    if (done)
        index_move(log, &item->record, address_of_last(log, item->size));
    return done || flash_fail(log, KITH_ERR_STORAGE);
}

/* A removal that is the last word matters as long as what it removed is still somewhere else. */
static bool must_move(kith_flash_log *log, const log_sector *sector, const log_item *item)
{
    if (item->form != ITEM_RECORD || !version_is_last(log, sector, item))
        return false;
    return !item->record.removal || version_is_outside(log, sector->index, &item->record);
}

static bool copy_all(kith_flash_log *log, const log_sector *victim)
{
    log_item item;

    for (bool more = item_first(log, victim, &item); more; more = item_next(log, victim, &item))
        if (!must_move(log, victim, &item))
            index_forget(log, &item);
        else if (!copy(log, &item))
            return false;
    return flash_sync(log);
}

static bool commit(kith_flash_log *log, const log_sector *victim)
{
    if (!program_slot(log, log->active, layout_commit_at(log->flash), LAYOUT_COMMITTED) || !flash_sync(log))
        return false;
    log->pending = log->flash->sector_count;
    log->retired = victim->index;
    log->held--;
    index_drop_sector(log, victim->index);
    count_active(log);
    return true;
}

static bool erase_retired(kith_flash_log *log)
{
    if (!flash_erase(log, log->retired) || !flash_sync(log))
        return false;
    log->fresh = log->retired;
    log->retired = log->flash->sector_count;
    return true;
}

bool collect_sector(kith_flash_log *log, const log_sector *victim)
{
    uint32_t before = log->active;
    bool void_tail = log->void_tail;

    if (!open_sector(log, victim) || !copy_all(log, victim) || !commit(log, victim))
        return false;
    log->state.collected++;
    return (before == victim->index || seal(log, before, void_tail)) && erase_retired(log);
}

/* ---- making room ---- */

static bool has_unreadable(kith_flash_log *log, const log_sector *sector)
{
    log_item item;

    if (log->has_records && !log->has_strays)
        return false;
    for (bool more = item_first(log, sector, &item); more; more = item_next(log, sector, &item))
        if (item.form == ITEM_UNREADABLE && item_loss_of(log, sector, &item) == ITEM_LOST)
            return true;
    return false;
}

/* Octets that collecting it would copy. */
static uint32_t standing_in(kith_flash_log *log, const log_sector *sector)
{
    uint32_t octets = 0;
    log_item item;

    if (log->has_records)
        return log->slots[sector->index].b;
    for (bool more = item_first(log, sector, &item); more; more = item_next(log, sector, &item))
        if (must_move(log, sector, &item))
            octets += item.size;
    return octets;
}

typedef struct {
    uint32_t size;   /* room for this much is made; 0: whatever room it makes will do */
    bool unreadable; /* among those with something unreadable, too */
} victim_wanted;

/* The oldest that will do. */
static bool find_victim(kith_flash_log *log, const victim_wanted *wanted, log_sector *out)
{
    uint32_t most = layout_capacity(log->flash) - wanted->size;

    for (bool more = sector_next(log, NULL, out); more; more = sector_next(log, out, out))
        if ((wanted->unreadable || !has_unreadable(log, out)) && (wanted->size == 0 || standing_in(log, out) <= most) &&
            log->fault == KITH_OK)
            return true;
    return false;
}

/* First the oldest, so that what never changes moves too, and all sectors wear alike; then the oldest that makes room
 * enough.  There is one: layout_usable(). */
static bool choose_victim(kith_flash_log *log, uint32_t size, unsigned round, log_sector *out)
{
    const victim_wanted any = {0}, enough = {.size = size}, last = {.size = size, .unreadable = true};

    return (round == 0 && find_victim(log, &any, out)) || find_victim(log, &enough, out) ||
           find_victim(log, &last, out);
}

bool collect_advance(kith_flash_log *log, uint32_t size, unsigned round)
{
    log_sector victim;

    if (log->held + log->lost + 1 < log->flash->sector_count)
        return open_empty(log);
    if (!choose_victim(log, size, round, &victim))
        return flash_fail(log, KITH_ERR_FULL);
    return collect_sector(log, &victim);
}

/* ---- a sector that was given up ---- */

bool collect_anew(kith_flash_log *log)
{
    return collect_tidy(log) && collect_advance(log, 0, 1) && flash_sync(log);
}

/* A sector that is sealed already, for want of later ones, stays as it is. */
bool collect_mark_erasing(kith_flash_log *log)
{
    log_sector sector;

    if (!sector_read(log, log->active, &sector) || sector.seal != SEAL_NONE)
        return false;
    return program_slot(log, log->active, layout_seal_at(log->flash), LAYOUT_ERASING) && flash_sync(log);
}

static void erase_one(kith_flash_log *log, uint32_t sector, kith_status *fault)
{
    if (!flash_erase(log, sector))
        *fault = log->fault;
    log->fault = KITH_OK;
}

bool collect_erase_all(kith_flash_log *log, uint32_t last)
{
    kith_status fault = KITH_OK;

    for (uint32_t i = 0; i < log->flash->sector_count; i++)
        if (i != last)
            erase_one(log, i, &fault);
    if (!flash_sync(log)) /* the others are gone before the mark is */
        fault = log->fault;
    log->fault = KITH_OK;
    if (last < log->flash->sector_count)
        erase_one(log, last, &fault);
    return (flash_sync(log) && fault == KITH_OK) || flash_fail(log, KITH_ERR_STORAGE);
}
