/* Opening a log: which sectors count, where it goes on, and what a power cut or decay left.  Writes nothing. */
#include <string.h>

#include "store/log.h"

/* ---- sectors ---- */

static bool find_newest(kith_flash_log *log, log_sector *newest)
{
    log_sector here;
    bool found = false;

    for (uint32_t i = 0; i < log->flash->sector_count && log->fault == KITH_OK; i++) {
        if (!sector_counts(log, i, &here))
            continue;
        if (here.header.version > LAYOUT_VERSION)
            return flash_fail(log, KITH_ERR_NEWER);
        if (!found || sector_is_after(&here, newest))
            *newest = here;
        found = true;
    }
    return found && log->fault == KITH_OK;
}

/* Are these octets what a cut left of the very first header? */
static bool is_torn_first_header(kith_flash_log *log)
{
    const layout_sector first = {.held = 1, .sequence = 1};
    uint8_t is[LAYOUT_SECTOR_HEADER], was_to_be[LAYOUT_SECTOR_HEADER];
    uint8_t erased = log->flash->erased;

    layout_encode_sector(log->flash, &first, was_to_be);
    (void)flash_read(log, 0, 0, is, sizeof is);
    for (unsigned i = 0; i < sizeof is; i++)
        if (((is[i] ^ erased) & ~(was_to_be[i] ^ erased)) != 0)
            return false;
    return !flash_is_blank(log, 0) && flash_programmed_end(log, 0, sizeof is, log->flash->sector_size) == sizeof is;
}

/* Nothing has ever been written, or it is no log. */
static void mount_unwritten(kith_flash_log *log)
{
    bool torn = is_torn_first_header(log);

    for (uint32_t i = torn ? 1 : 0; i < log->flash->sector_count && log->fault == KITH_OK; i++)
        if (!flash_is_blank(log, i))
            (void)flash_fail(log, KITH_ERR_DAMAGED);
    log->untidy = torn;
    log->state.torn = torn;
}

/* A collection that was cut short: either it had not come to count, or the sector it collected counts no more. */
static void settle_collection(kith_flash_log *log, log_sector *newest)
{
    log_sector victim;

    for (uint32_t i = 0; i < log->flash->sector_count && newest->header.collects != 0; i++) {
        if (!sector_read(log, i, &victim) || i == newest->index || victim.header.sequence != newest->header.collects)
            continue;
        log->untidy = true;
        if (newest->committed) {
            log->retired = i;
            return;
        }
        log->pending = newest->index;
        log->state.torn++;
        (void)find_newest(log, newest);
        return;
    }
}

/* Free sectors, by what is in them. */
typedef struct {
    uint32_t of[3]; /* free_state */
} free_count;

static void count_free(kith_flash_log *log, free_count *out)
{
    log_sector sector;

    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < log->flash->sector_count && log->fault == KITH_OK; i++)
        if (sector_counts(log, i, &sector))
            log->held++;
        else if (i != log->pending && i != log->retired)
            out->of[collect_free_state(log, i)]++;
}

/* The newest sector knows how many there should be, and whether it is the newest. */
static void count_sectors(kith_flash_log *log, const log_sector *newest)
{
    free_count empty;
    uint32_t unreadable, missing = newest->seal != SEAL_NONE;

    count_free(log, &empty);
    unreadable = empty.of[FREE_UNREADABLE];
    if (newest->header.held > log->held)
        missing += newest->header.held - log->held;
    log->lost = missing < unreadable ? missing : unreadable;
    log->state.damaged += missing;
    if (empty.of[FREE_RUBBLE] != 0 || (unreadable != 0 && missing == 0)) {
        log->untidy = true;
        log->state.torn++;
    }
}

/* ---- records ---- */

typedef struct {
    uint32_t id, sequence, address;
    uint16_t size;
    uint8_t kind;
    uint8_t fate; /* version_fate */
    bool was_void;
    bool was_damaged;
    bool was_torn;
} candidate;

enum { BATCH = 14 };

/* Some records at once, so that finding what came later takes one walk for all of them. */
typedef struct {
    candidate of[BATCH];
    unsigned count;
} batch;

static uint32_t address_of(const kith_flash_log *log, const log_item *item)
{
    return item->sector * log->flash->sector_size + item->at;
}

static bool is_later(const kith_flash_log *log, const log_item *item, const candidate *c)
{
    return item->sequence != c->sequence ? item->sequence > c->sequence : address_of(log, item) > c->address;
}

static void compare_with_batch(kith_flash_log *log, const log_sector *sector, const log_item *later, batch *b)
{
    version_fate fate;

    if (later->form != ITEM_RECORD)
        return;
    fate = later->record.removal ? VERSION_REMOVED : VERSION_REPLACED;
    for (unsigned i = 0; i < b->count; i++) {
        candidate *c = &b->of[i];

        if (version_is_of(later, c->kind, c->id) && is_later(log, later, c) && fate > c->fate &&
            version_counts(log, sector, later))
            c->fate = (uint8_t)fate;
    }
}

static void judge_candidate(kith_flash_log *log, const candidate *c)
{
    if (c->fate == VERSION_REMOVED)
        log->unfinished = true;
    if (c->fate == VERSION_STANDS && !c->was_void)
        log->live += c->size;
    if (c->fate == VERSION_STANDS || (c->fate == VERSION_REPLACED && c->was_void)) {
        log->state.damaged += c->was_damaged;
        log->state.torn += c->was_torn;
    }
}

static void judge_batch(kith_flash_log *log, batch *b)
{
    log_sector sector;
    log_item item;

    for (uint32_t i = 0; i < log->flash->sector_count && b->count != 0; i++) {
        if (!sector_counts(log, i, &sector))
            continue;
        for (bool more = item_first(log, &sector, &item); more; more = item_next(log, &sector, &item))
            compare_with_batch(log, &sector, &item, b);
    }
    for (unsigned i = 0; i < b->count; i++)
        judge_candidate(log, &b->of[i]);
    b->count = 0;
}

/* Broken, and nothing after it: it replaced nothing.  If it had been written to its end, that is damage. */
static bool has_end_mark(kith_flash_log *log, const log_item *item)
{
    uint8_t last;

    return flash_read(log, item->sector, item->at + item->size - 1, &last, 1) && last == LAYOUT_END_MARK;
}

static void count_last(kith_flash_log *log, const log_item *item)
{
    if (has_end_mark(log, item))
        log->state.damaged++;
    else
        log->state.torn++;
}

static void add_candidate(kith_flash_log *log, const log_item *item, item_loss loss, item_body body, batch *b)
{
    bool broken = body >= ITEM_TORN, last = broken && loss == ITEM_LAST;

    b->of[b->count++] = (candidate){.id = item->record.id,
                                    .sequence = item->sequence,
                                    .address = address_of(log, item),
                                    .size = (uint16_t)item->size,
                                    .kind = item->record.kind,
                                    .was_void = broken && loss != ITEM_LOST,
                                    .was_damaged = broken && (loss == ITEM_LOST || (last && body == ITEM_DAMAGED)),
                                    .was_torn = last && body == ITEM_TORN};
    if (b->count == BATCH)
        judge_batch(log, b);
}

static void look_at_record(kith_flash_log *log, const log_sector *sector, const log_item *item, batch *b)
{
    item_body body = item_judge(log, item, NULL);
    item_loss loss = body >= ITEM_TORN ? item_loss_of(log, sector, item) : ITEM_SETTLED;

    if (item->record.kind == KITH_RECORD_BOND && item->record.id > log->state.highest_id && loss != ITEM_LAST)
        log->state.highest_id = item->record.id;
    if (item->record.removal && body >= ITEM_TORN && loss == ITEM_LAST)
        count_last(log, item);
    if (!item->record.removal && body != ITEM_DESTROYED)
        add_candidate(log, item, loss, body, b);
}

static void look_at_unreadable(kith_flash_log *log, const log_sector *sector, const log_item *item)
{
    item_loss loss = item_loss_of(log, sector, item);

    if (loss == ITEM_LOST)
        log->state.damaged++;
    if (loss == ITEM_LAST)
        count_last(log, item);
}

static bool is_broken(kith_flash_log *log, const log_item *item)
{
    return item->form == ITEM_UNREADABLE || (item->form == ITEM_RECORD && item_judge(log, item, NULL) >= ITEM_TORN);
}

/* Where the log goes on.  A sector that says there is a later one is not written to any more. */
static void find_end(kith_flash_log *log, const log_sector *active)
{
    log_item item = {.at = layout_first_record(log->flash)};
    uint32_t end = item.at;

    if (active->seal != SEAL_NONE)
        return;
    for (bool more = item_first(log, active, &item); more; more = item_next(log, active, &item)) {
        log->void_tail = is_broken(log, &item);
        end = item.at + item.size;
    }
    log->at = end;
}

static void measure(kith_flash_log *log)
{
    batch b = {.count = 0};
    log_sector sector;
    log_item item;

    for (uint32_t i = 0; i < log->flash->sector_count; i++) {
        if (!sector_counts(log, i, &sector))
            continue;
        if (sector.header.highest_id > log->state.highest_id)
            log->state.highest_id = sector.header.highest_id;
        for (bool more = item_first(log, &sector, &item); more; more = item_next(log, &sector, &item)) {
            if (item.form == ITEM_RECORD)
                look_at_record(log, &sector, &item, &b);
            if (item.form == ITEM_UNREADABLE)
                look_at_unreadable(log, &sector, &item);
        }
    }
    judge_batch(log, &b);
}

/* ---- the whole ---- */

static void reset(kith_flash_log *log)
{
    const kith_flash *flash = log->flash;

    memset(log, 0, sizeof *log);
    log->flash = flash;
    log->active = log->pending = log->retired = log->fresh = flash->sector_count;
    log->at = flash->sector_size;
}

void mount_log(kith_flash_log *log)
{
    log_sector newest = {0};

    reset(log);
    if (find_newest(log, &newest)) {
        settle_collection(log, &newest);
        log->active = newest.index;
        log->sequence = newest.header.sequence;
        count_sectors(log, &newest);
        find_end(log, &newest);
        measure(log);
    } else {
        mount_unwritten(log);
    }
    mount_tell_room(log);
    log->open = log->fault == KITH_OK;
}

void mount_tell_room(kith_flash_log *log)
{
    uint32_t usable = layout_usable(log->flash, log->flash->sector_count - log->lost);

    log->state.room = log->live < usable ? (usable - log->live) / layout_record_size(log->flash, KITH_RECORD_MAX) : 0;
}
