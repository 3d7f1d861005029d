/* A store on flash: kith/store.h.  What it writes: docs/bond-format.md. */
#include <string.h>

#include "base/wipe.h"
#include "store/log.h"

/* A flash that failed may hold anything at the log's end: the next call looks at it anew. */
static kith_status leave(kith_flash_log *log, kith_store_state *state)
{
    kith_status status = log->fault;

    if (status != KITH_OK && status != KITH_ERR_FULL && status != KITH_ERR_VALUE)
        log->open = false;
    if (state != NULL)
        *state = log->state;
    return status;
}

static bool enter(kith_flash_log *log)
{
    log->fault = KITH_OK;
    if (!log->open && flash_sync(log)) /* a cache may hold what is read here, and lose it in the next cut */
        mount_log(log);
    return log->fault == KITH_OK;
}

static bool repair(kith_flash_log *log)
{
    return (!log->untidy || collect_tidy(log)) && (!log->unfinished || destroy_removed(log));
}

static bool enter_to_write(kith_flash_log *log)
{
    log->read_address = 0;
    return enter(log) && repair(log);
}

/* Repairs may wait for the first write: what is to be erased is not read, and what is removed is not handed out. */
static kith_status open_log(void *context, kith_store_state *state)
{
    kith_flash_log *log = context;
    kith_store_state found;

    log->open = false;
    log->state.collected = 0;
    if (enter(log)) {
        found = log->state;
        if (!repair(log))
            mount_log(log);
        found.room = log->state.room;
        found.collected = log->state.collected;
        log->state = found;
    }
    return leave(log, state);
}

/* ---- reading ---- */

static void hand_out(const log_item *item, bool removed, kith_record *out)
{
    out->kind = item->record.kind;
    out->id = item->record.id;
    out->removed = removed;
    out->len = removed ? 0 : item->record.len;
}

/* What is damaged is not handed out, but takes the place of what it had replaced. */
static bool is_to_hand_out(kith_flash_log *log, const log_sector *sector, const log_item *item, kith_record *out)
{
    item_body body;

    if (item->form != ITEM_RECORD)
        return false;
    body = item_judge(log, item, out->octets);
    if (body == ITEM_DESTROYED || (body >= ITEM_TORN && item_loss_of(log, sector, item) != ITEM_LOST))
        return false;
    hand_out(item, item->record.removal || body != ITEM_WHOLE, out);
    return log->fault == KITH_OK;
}

/* The cursor is the address of the last record handed out; 0: before the first. */
static bool find_cursor(kith_flash_log *log, uint32_t cursor, log_sector *sector, log_item *item, bool *more)
{
    uint32_t index = cursor / log->flash->sector_size;

    if (cursor == 0) {
        if (!sector_next(log, NULL, sector))
            return false;
        *more = item_first(log, sector, item);
        return true;
    }
    if (index >= log->flash->sector_count || !sector_counts(log, index, sector))
        return false;
    if (cursor == log->read_address) {
        *more = item_at(log, sector, log->read_next, item);
        return true;
    }
    *more = item_at(log, sector, cursor % log->flash->sector_size, item) && item_next(log, sector, item);
    return true;
}

static bool find_next(kith_flash_log *log, uint32_t *cursor, kith_record *out)
{
    log_sector sector;
    log_item item;
    bool more;

    if (!find_cursor(log, *cursor, &sector, &item, &more))
        return false;
    for (;;) {
        for (; more; more = item_next(log, &sector, &item))
            if (is_to_hand_out(log, &sector, &item, out)) {
                *cursor = log->read_address = item_address(log, &item);
                log->read_next = item.at + item.size;
                return true;
            }
        if (log->fault != KITH_OK || !sector_next(log, &sector, &sector))
            return false;
        more = item_first(log, &sector, &item);
    }
}

static kith_status read_log(void *context, uint32_t *cursor, kith_record *out)
{
    kith_flash_log *log = context;
    kith_status status;
    bool found;

    memset(out, 0, sizeof *out);
    found = enter(log) && find_next(log, cursor, out);
    status = leave(log, NULL);
    if (status == KITH_OK && found)
        memset(out->octets + out->len, 0, sizeof out->octets - out->len);
    else
        memset(out, 0, sizeof *out);
    return status != KITH_OK || found ? status : KITH_ERR_NOT_FOUND;
}

static bool find_indexed(kith_flash_log *log, const kith_record *wanted, log_sector *sector, log_item *item)
{
    log_known known;

    return index_look(log, wanted->kind, wanted->id, &known) && known.stands &&
           sector_counts(log, known.address / log->flash->sector_size, sector) &&
           item_at(log, sector, known.address % log->flash->sector_size, item);
}

static bool find_walking(kith_flash_log *log, const kith_record *wanted, log_sector *sector, log_item *item)
{
    for (bool there = sector_next(log, NULL, sector); there; there = sector_next(log, sector, sector))
        for (bool more = item_first(log, sector, item); more; more = item_next(log, sector, item))
            if (version_is_of(item, wanted->kind, wanted->id) && !item->record.removal &&
                version_is_last(log, sector, item))
                return true;
    return false;
}

static bool find_record(kith_flash_log *log, kith_record *out)
{
    log_sector sector;
    log_item item;

    if (!(log->has_records ? find_indexed(log, out, &sector, &item) : find_walking(log, out, &sector, &item)))
        return false;
    return is_to_hand_out(log, &sector, &item, out) && !out->removed;
}

static kith_status get_log(void *context, kith_record *out)
{
    kith_flash_log *log = context;
    kith_record wanted = {.kind = out->kind, .id = out->id};
    bool found;
    kith_status status;

    memset(out, 0, sizeof *out);
    found = enter(log) && find_record(log, &wanted);
    status = leave(log, NULL);
    if (status == KITH_OK && found) {
        memset(wanted.octets + wanted.len, 0, sizeof wanted.octets - wanted.len);
        *out = wanted;
    }
    wipe(&wanted, sizeof wanted);
    return status != KITH_OK || found ? status : KITH_ERR_NOT_FOUND;
}

/* ---- writing ---- */

enum { ROUNDS = 4 }; /* two make room; the others are for flash that programs wrongly */

static bool append_with_room(kith_flash_log *log, const layout_record *record, const uint8_t *octets)
{
    uint32_t size = record->removal ? 0 : layout_record_size(log->flash, record->len);

    for (unsigned round = 0; round <= ROUNDS; round++) {
        if (append_record(log, record, octets, false))
            return flash_sync(log);
        if (log->fault != KITH_OK || !collect_advance(log, size, round))
            return false;
    }
    return flash_fail(log, KITH_ERR_STORAGE);
}

static uint32_t address_of_last(const kith_flash_log *log, uint32_t size)
{
    return log->active * log->flash->sector_size + log->at - size;
}

/* Full is told by what stands alone, not by where the log happens to end. */
static bool has_room(kith_flash_log *log, uint32_t size)
{
    return log->live + size <= layout_usable(log->flash, log->flash->sector_count - log->lost, size) ||
           flash_fail(log, KITH_ERR_FULL);
}

static void put_record(kith_flash_log *log, const kith_record *record)
{
    layout_record header = {.kind = record->kind, .len = (uint8_t)record->len, .id = record->id};
    uint32_t size = layout_record_size(log->flash, record->len);
    uint32_t old = version_size(log, record->kind, record->id);

    if (!has_room(log, size) || !append_with_room(log, &header, record->octets))
        return;
    if (log->has_records)
        index_take(log, &header, address_of_last(log, size), size, false);
    log->live += size - old;
    if (record->kind == KITH_RECORD_BOND && record->id > log->state.highest_id)
        log->state.highest_id = record->id;
    mount_tell_room(log);
}

static kith_status put_log(void *context, const kith_record *record, kith_store_state *state)
{
    kith_flash_log *log = context;

    log->fault = KITH_OK;
    if (record->kind == 0 || record->kind > LAYOUT_KIND_MAX || record->removed ||
        record->len > layout_largest(log->flash))
        (void)flash_fail(log, KITH_ERR_VALUE);
    else if (enter_to_write(log))
        put_record(log, record);
    return leave(log, state);
}

static void remove_record(kith_flash_log *log, uint8_t kind, uint32_t id)
{
    layout_record header = {.kind = kind, .removal = true, .id = id};
    uint32_t old = version_size(log, kind, id);
    log_known was = {.size = 0};

    /* What never came to stand has octets all the same. */
    if (old == 0 && !version_is_outside(log, log->flash->sector_count, &header))
        return;
    if (!append_with_room(log, &header, NULL))
        return;
    if (log->has_records) {
        (void)index_look(log, kind, id, &was);
        index_take(log, &header, address_of_last(log, layout_reserve(log->flash)), layout_reserve(log->flash), false);
    }
    log->live -= old;
    log->unfinished = true;
    if (destroy_versions(log, kind, id, &was))
        log->unfinished = false;
    mount_tell_room(log);
}

static kith_status remove_log(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    kith_flash_log *log = context;

    if (enter_to_write(log))
        remove_record(log, kind, id);
    return leave(log, state);
}

/* ---- erasing ---- */

/* With a mark on the newest sector, which goes last, a log that is half erased is erased to the end when it is opened.
 */
static uint32_t mark_erasing(kith_flash_log *log)
{
    uint32_t marked = log->flash->sector_count;

    if (enter(log) && log->active < marked && collect_mark_erasing(log))
        marked = log->active;
    log->fault = KITH_OK;
    log->open = false;
    return marked;
}

static kith_status erase_log(void *context, kith_store_state *state)
{
    kith_flash_log *log = context;

    if (collect_erase_all(log, mark_erasing(log)))
        mount_log(log);
    return leave(log, state);
}

kith_status kith_flash_log_init(kith_flash_log *log, const kith_flash *flash, kith_store *store)
{
    if (!layout_is_possible(flash))
        return KITH_ERR_VALUE;
    memset(log, 0, sizeof *log);
    log->flash = flash;
    *store = (kith_store){.context = log,
                          .open = open_log,
                          .read = read_log,
                          .put = put_log,
                          .remove = remove_log,
                          .erase = erase_log,
                          .get = get_log};
    return KITH_OK;
}

void kith_flash_log_index(kith_flash_log *log, kith_flash_slot *slots, uint32_t count)
{
    log->slots = slots;
    log->slot_count = slots != NULL ? count : 0;
    log->open = false;
}
