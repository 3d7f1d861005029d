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
    index_order_sectors(log);
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

static void count_held(kith_flash_log *log, const log_sector *sector)
{
    log->held++;
    index_note_sector(log, sector);
    if (sector->header.highest_id > log->state.highest_id)
        log->state.highest_id = sector->header.highest_id;
}

static void count_free(kith_flash_log *log, free_count *out)
{
    log_sector sector;

    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < log->flash->sector_count && log->fault == KITH_OK; i++)
        if (sector_counts(log, i, &sector))
            count_held(log, &sector);
        else if (i != log->pending && i != log->retired)
            out->of[collect_free_state(log, i)]++;
    index_order_sectors(log);
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
    uint8_t fate;  /* version_fate */
    bool was_void; /* it never counted */
    bool was_damaged;
    bool was_torn;
} candidate;

enum { BATCH = 14 };

/* Some records at once, so that finding what came later takes one walk for all of them; with an index, none. */
typedef struct {
    candidate of[BATCH];
    unsigned count;
} batch;

static bool is_later(const kith_flash_log *log, const log_item *item, const candidate *c)
{
    return item->sequence != c->sequence ? item->sequence > c->sequence : item_address(log, item) > c->address;
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

    for (uint32_t i = 0; i < log->flash->sector_count && b->count != 0 && !log->has_records; i++) {
        if (!sector_counts(log, i, &sector))
            continue;
        for (bool more = item_first(log, &sector, &item); more; more = item_next(log, &sector, &item))
            compare_with_batch(log, &sector, &item, b);
    }
    for (unsigned i = 0; i < b->count; i++)
        judge_candidate(log, &b->of[i]);
    b->count = 0;
}

/* With an index only what may be torn is a candidate: it is too early to tell while removals may follow. */
static void add_candidate(kith_flash_log *log, const log_item *item, item_loss loss, item_body body, batch *b)
{
    bool broken = body >= ITEM_TORN, last = broken && loss == ITEM_LAST;

    if (b->count == BATCH)
        judge_batch(log, b);
    b->of[b->count++] = (candidate){.id = item->record.id,
                                    .sequence = item->sequence,
                                    .address = item_address(log, item),
                                    .size = (uint16_t)item->size,
                                    .kind = item->record.kind,
                                    .was_void = broken && loss != ITEM_LOST,
                                    .was_damaged = broken && (loss == ITEM_LOST || (last && body == ITEM_DAMAGED)),
                                    .was_torn = last && body == ITEM_TORN};
}

/* What came before is known, and what comes later will correct this. */
static void take(kith_flash_log *log, const log_item *item, bool broken, batch *b)
{
    log_known before;

    if (index_look(log, item->record.kind, item->record.id, &before) && item->record.removal)
        log->unfinished = true;
    log->live += (item->record.removal ? 0 : item->size) - before.size;
    log->state.damaged += (uint32_t)(broken && !item->record.removal) - before.is_damaged;
    index_take(log, &item->record, item_address(log, item), item->size, broken);
    for (unsigned i = 0; i < b->count; i++)
        if (version_is_of(item, b->of[i].kind, b->of[i].id) && item->record.removal)
            b->of[i].fate = VERSION_REMOVED;
}

static void take_with_index(kith_flash_log *log, const log_item *item, item_loss loss, item_body body, batch *b)
{
    if (body == ITEM_WHOLE || loss == ITEM_LOST)
        take(log, item, body != ITEM_WHOLE, b);
    else if (!item->record.removal)
        index_take_void(log, &item->record);
    if (loss == ITEM_LAST && !item->record.removal)
        add_candidate(log, item, loss, body, b);
}

static void count_last(kith_flash_log *log, bool to_its_end)
{
    if (to_its_end)
        log->state.damaged++;
    else
        log->state.torn++;
}

/* Broken, and nothing after it: it replaced nothing.  If it had been written to its end, that is damage. */
static bool look_at_record(kith_flash_log *log, const log_sector *sector, const log_item *item, batch *b)
{
    item_body body = item_judge(log, item, NULL);
    bool broken = body >= ITEM_TORN;
    item_loss loss = broken ? item_loss_of(log, sector, item) : ITEM_SETTLED;

    if (item->record.kind == KITH_RECORD_BOND && item->record.id > log->state.highest_id && loss != ITEM_LAST)
        log->state.highest_id = item->record.id;
    if (item->record.removal && loss == ITEM_LAST)
        count_last(log, body == ITEM_DAMAGED);
    if (body == ITEM_DESTROYED)
        return false;
    if (log->has_records)
        take_with_index(log, item, loss, body, b);
    else if (!item->record.removal)
        add_candidate(log, item, loss, body, b);
    return broken && loss != ITEM_LOST;
}

static bool has_end_mark(kith_flash_log *log, const log_item *item)
{
    uint8_t last;

    return flash_read(log, item->sector, item->at + item->size - 1, &last, 1) && last == LAYOUT_END_MARK;
}

static bool look_at_unreadable(kith_flash_log *log, const log_sector *sector, const log_item *item)
{
    item_loss loss = item_loss_of(log, sector, item);

    log->has_strays = true;
    if (loss == ITEM_LOST)
        log->state.damaged++;
    if (loss == ITEM_LAST)
        count_last(log, has_end_mark(log, item));
    return true;
}

/* What a cut left of a header must not become a sound one by the first octets of the record behind it: so no header
 * reaches from one into the other. */
static uint32_t end_of(const kith_flash_log *log, const log_item *item)
{
    uint32_t apart = item->form == ITEM_UNREADABLE ? layout_align(log->flash, LAYOUT_RECORD_HEADER - 1) : 0;
    uint32_t end = item->at + item->size + apart;

    return end < log->flash->sector_size ? end : log->flash->sector_size;
}

/* Is there something broken right at its end? */
static bool look_at_sector(kith_flash_log *log, const log_sector *sector, batch *b, uint32_t *end)
{
    log_item item;
    bool broken = false;

    *end = layout_first_record(log->flash);
    for (bool more = item_first(log, sector, &item); more; more = item_next(log, sector, &item)) {
        broken = item.form == ITEM_UNREADABLE ? look_at_unreadable(log, sector, &item)
                                              : item.form == ITEM_RECORD && look_at_record(log, sector, &item, b);
        *end = end_of(log, &item);
    }
    return broken;
}

/* A sector that says there is a later one is not written to any more. */
static void look_at(kith_flash_log *log, const log_sector *sector, batch *b)
{
    uint32_t end;
    bool broken = look_at_sector(log, sector, b, &end);

    if (sector->index != log->active || sector->seal != SEAL_NONE)
        return;
    log->void_tail = broken;
    log->at = end;
}

/* In the order of the log, in one walk. */
static void measure_with_index(kith_flash_log *log)
{
    batch b = {.count = 0};
    log_sector sector;

    for (bool more = sector_next(log, NULL, &sector); more && log->has_records;
         more = sector_next(log, &sector, &sector))
        look_at(log, &sector, &b);
    judge_batch(log, &b);
}

static void measure_by_walking(kith_flash_log *log)
{
    batch b = {.count = 0};
    log_sector sector;

    for (uint32_t i = 0; i < log->flash->sector_count; i++)
        if (sector_counts(log, i, &sector))
            look_at(log, &sector, &b);
    judge_batch(log, &b);
}

static void measure(kith_flash_log *log)
{
    const kith_flash_log before = *log;
    bool has_index = log->has_records;

    if (has_index)
        measure_with_index(log);
    if (log->has_records)
        return;
    if (has_index) {
        *log = before;
        log->has_records = false;
    }
    measure_by_walking(log);
}

/* ---- the whole ---- */

static void reset(kith_flash_log *log)
{
    const kith_flash_log old = *log;
    const kith_flash *flash = log->flash;

    memset(log, 0, sizeof *log);
    log->flash = flash;
    log->slots = old.slots;
    log->slot_count = old.slot_count;
    log->active = log->pending = log->retired = log->fresh = log->oldest = flash->sector_count;
    log->at = flash->sector_size;
    log->state.largest = (uint16_t)layout_largest(flash);
    log->state.collected = old.state.collected;
    index_reset(log);
}

static void mount_written(kith_flash_log *log, log_sector *newest)
{
    settle_collection(log, newest);
    log->active = newest->index;
    log->sequence = newest->header.sequence;
    count_sectors(log, newest);
    measure(log);
}

void mount_log(kith_flash_log *log)
{
    log_sector newest = {0};
    bool written;

    reset(log);
    written = find_newest(log, &newest);
    if (written && newest.seal == SEAL_ERASING) { /* a factory reset that was cut short */
        if (!collect_erase_all(log, newest.index))
            return;
        reset(log);
        written = false;
    }
    if (written)
        mount_written(log, &newest);
    else
        mount_unwritten(log);
    mount_tell_room(log);
    log->open = log->fault == KITH_OK;
}

void mount_tell_room(kith_flash_log *log)
{
    uint32_t size = layout_record_size(log->flash, layout_largest(log->flash));
    uint32_t usable = layout_usable(log->flash, log->flash->sector_count - log->lost, size);

    log->state.room = log->live < usable ? (usable - log->live) / size : 0;
}
