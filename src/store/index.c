/* The index: what a walk over the log would find out, kept in the caller's memory.  It is never asked for what a record
 * is, only where one lies; and it is whole or not used at all: when its slots do not suffice, the log is walked.
 *
 * A sector's slot: a sequence, b octets in it that stand, c the next in the order of the log, d its seal, e whether it
 * counts.  A record's slot, in a hash table: a id, b address and c size of the version that stands, d kind and flags,
 * e how many other versions have octets somewhere (or removals that still matter, where nothing stands).  A slot whose
 * d is 0 is empty. */
#include <string.h>

#include "store/log.h"

enum { NONE = 0xffff, NOTHING_STANDS = 0x40, WAS_REMOVED = 0x80, KIND = 0x3f, MANY = 0xff, DAMAGED = 0x8000 };

static uint32_t sector_count(const kith_flash_log *log)
{
    return log->flash->sector_count;
}

void index_reset(kith_flash_log *log)
{
    log->has_sectors = log->has_records = false;
    log->indexed = 0;
    if (log->slot_count < sector_count(log))
        return;
    memset(log->slots, 0, log->slot_count * sizeof log->slots[0]);
    for (uint32_t i = 0; i < sector_count(log); i++)
        log->slots[i].c = NONE;
    log->has_records = log->slot_count > sector_count(log);
}

/* ---- sectors ---- */

void index_note_sector(kith_flash_log *log, const log_sector *sector)
{
    kith_flash_slot *slot;

    if (log->slot_count < sector_count(log))
        return;
    slot = &log->slots[sector->index];
    slot->a = sector->header.sequence;
    slot->d = (uint8_t)sector->seal;
    slot->e = 1;
}

static bool is_before(const kith_flash_log *log, uint32_t x, uint32_t y)
{
    return log->slots[x].a != log->slots[y].a ? log->slots[x].a < log->slots[y].a : x < y;
}

/* Of two lists in order, one. */
static uint16_t merge(kith_flash_log *log, uint16_t x, uint16_t y)
{
    uint16_t head = NONE, *tail = &head;

    while (x != NONE && y != NONE) {
        uint16_t *least = is_before(log, x, y) ? &x : &y;

        *tail = *least;
        tail = &log->slots[*least].c;
        *least = *tail;
    }
    *tail = x != NONE ? x : y;
    return head;
}

/* Sorts by merging: parts[i] is a list of 2^i sectors, or none. */
void index_order_sectors(kith_flash_log *log)
{
    enum { PARTS = 17 };
    uint16_t parts[PARTS], all = NONE;

    if (log->slot_count < sector_count(log))
        return;
    memset(parts, 0xff, sizeof parts);
    for (uint32_t i = 0; i < sector_count(log); i++) {
        uint16_t list = (uint16_t)i;
        unsigned k = 0;

        if (log->slots[i].e == 0)
            continue;
        log->slots[i].c = NONE;
        for (; k < PARTS - 1 && parts[k] != NONE; k++) {
            list = merge(log, parts[k], list);
            parts[k] = NONE;
        }
        parts[k] = list;
    }
    for (unsigned k = 0; k < PARTS; k++)
        all = merge(log, parts[k], all);
    log->oldest = all != NONE ? all : sector_count(log);
    log->has_sectors = true;
}

bool index_sector(const kith_flash_log *log, uint32_t index, log_sector *out)
{
    const kith_flash_slot *slot = &log->slots[index];

    if (slot->e == 0)
        return false;
    memset(out, 0, sizeof *out);
    out->index = index;
    out->header.sequence = slot->a;
    out->seal = (log_seal)slot->d;
    return true;
}

bool index_next_sector(const kith_flash_log *log, const log_sector *after, log_sector *out)
{
    uint32_t next = after != NULL ? log->slots[after->index].c : log->oldest;

    return next < sector_count(log) && index_sector(log, next, out);
}

/* The newest of all. */
void index_add_sector(kith_flash_log *log, const log_sector *sector)
{
    uint32_t last = log->oldest;

    if (!log->has_sectors)
        return;
    index_note_sector(log, sector);
    log->slots[sector->index].c = NONE;
    if (last >= sector_count(log)) {
        log->oldest = sector->index;
        return;
    }
    while (log->slots[last].c != NONE)
        last = log->slots[last].c;
    log->slots[last].c = (uint16_t)sector->index;
}

void index_drop_sector(kith_flash_log *log, uint32_t index)
{
    uint32_t before = log->oldest;

    if (!log->has_sectors || log->slots[index].e == 0)
        return;
    if (before == index)
        log->oldest = log->slots[index].c != NONE ? log->slots[index].c : sector_count(log);
    else {
        while (log->slots[before].c != index && log->slots[before].c != NONE)
            before = log->slots[before].c;
        log->slots[before].c = log->slots[index].c;
    }
    log->slots[index] = (kith_flash_slot){.c = NONE};
}

/* ---- records ---- */

static uint32_t home_of(const kith_flash_log *log, uint8_t kind, uint32_t id)
{
    uint32_t mixed = (id ^ (uint32_t)kind << 24) * 0x9e3779b1u;

    return (uint32_t)((uint64_t)mixed * (log->slot_count - sector_count(log)) >> 32);
}

static kith_flash_slot *table_of(const kith_flash_log *log)
{
    return log->slots + sector_count(log);
}

static uint32_t after(const kith_flash_log *log, uint32_t i)
{
    return i + 1 < log->slot_count - sector_count(log) ? i + 1 : 0;
}

/* Its slot, or the empty one where it would be: there always is one. */
static kith_flash_slot *slot_of(const kith_flash_log *log, uint8_t kind, uint32_t id)
{
    kith_flash_slot *table = table_of(log);
    uint32_t i = home_of(log, kind, id);

    while (table[i].d != 0 && ((table[i].d & KIND) != kind || table[i].a != id))
        i = after(log, i);
    return &table[i];
}

static kith_flash_slot *new_slot(kith_flash_log *log, uint8_t kind, uint32_t id)
{
    kith_flash_slot *slot = slot_of(log, kind, id);

    if (slot->d != 0)
        return slot;
    if (log->indexed + 1 >= log->slot_count - sector_count(log)) {
        log->has_records = false;
        return NULL;
    }
    log->indexed++;
    *slot = (kith_flash_slot){.a = id, .d = kind | NOTHING_STANDS};
    return slot;
}

/* What lies behind an emptied slot and would have been put there moves up. */
static void empty_slot(kith_flash_log *log, kith_flash_slot *slot)
{
    kith_flash_slot *table = table_of(log);
    uint32_t hole = (uint32_t)(slot - table), i = after(log, hole);

    for (; table[i].d != 0; i = after(log, i)) {
        uint32_t home = home_of(log, table[i].d & KIND, table[i].a);
        bool stays = hole < i ? hole < home && home <= i : hole < home || home <= i;

        if (stays)
            continue;
        table[hole] = table[i];
        hole = i;
    }
    table[hole] = (kith_flash_slot){.d = 0};
    log->indexed--;
}

static void drop_if_done(kith_flash_log *log, kith_flash_slot *slot)
{
    if ((slot->d & NOTHING_STANDS) != 0 && slot->e == 0)
        empty_slot(log, slot);
}

static void count_other(kith_flash_slot *slot)
{
    if (slot->e < MANY)
        slot->e++;
}

static uint32_t sector_of(const kith_flash_log *log, const kith_flash_slot *slot)
{
    return slot->b / log->flash->sector_size;
}

static uint32_t size_of(const kith_flash_slot *slot)
{
    return slot->c & ~(uint32_t)DAMAGED;
}

/* What stood stands no more; its octets are still there. */
static void depose(kith_flash_log *log, kith_flash_slot *slot)
{
    if ((slot->d & NOTHING_STANDS) != 0)
        return;
    log->slots[sector_of(log, slot)].b -= size_of(slot);
    count_other(slot);
}

bool index_look(const kith_flash_log *log, uint8_t kind, uint32_t id, log_known *out)
{
    const kith_flash_slot *slot = slot_of(log, kind, id);

    *out = (log_known){.stands = slot->d != 0 && (slot->d & NOTHING_STANDS) == 0, .others = slot->e};
    out->was_removed = (slot->d & WAS_REMOVED) != 0;
    out->is_damaged = out->stands && (slot->c & DAMAGED) != 0;
    if (out->stands || out->was_removed)
        out->address = slot->b;
    out->size = out->stands ? size_of(slot) : 0;
    return slot->d != 0;
}

void index_take(kith_flash_log *log, const layout_record *record, uint32_t address, uint32_t size, bool damaged)
{
    kith_flash_slot *slot = new_slot(log, record->kind, record->id);

    if (slot == NULL)
        return;
    depose(log, slot);
    slot->b = address;
    slot->c = (uint16_t)(size | (damaged ? DAMAGED : 0));
    slot->d = (uint8_t)(record->kind | (record->removal ? WAS_REMOVED | NOTHING_STANDS : 0));
    if (record->removal)
        drop_if_done(log, slot);
    else
        log->slots[sector_of(log, slot)].b += size;
}

void index_take_void(kith_flash_log *log, const layout_record *record)
{
    kith_flash_slot *slot = new_slot(log, record->kind, record->id);

    if (slot != NULL)
        count_other(slot);
}

void index_move(kith_flash_log *log, const layout_record *record, uint32_t address)
{
    kith_flash_slot *slot;

    if (!log->has_records)
        return;
    slot = slot_of(log, record->kind, record->id);
    if (!record->removal) {
        log->slots[sector_of(log, slot)].b -= size_of(slot);
        log->slots[address / log->flash->sector_size].b += size_of(slot);
    }
    slot->b = address;
}

bool index_is_last(const kith_flash_log *log, const log_item *item)
{
    const kith_flash_slot *slot = slot_of(log, item->record.kind, item->record.id);
    bool of_one_form = ((slot->d & NOTHING_STANDS) != 0) == item->record.removal;

    return slot->d != 0 && of_one_form && (!item->record.removal || (slot->d & WAS_REMOVED) != 0) &&
           slot->b == item_address(log, item);
}

void index_forget(kith_flash_log *log, const log_item *item)
{
    kith_flash_slot *slot;

    if (!log->has_records || item->form != ITEM_RECORD)
        return;
    slot = slot_of(log, item->record.kind, item->record.id);
    if (slot->d == 0)
        return;
    if (item->record.removal) {
        if (index_is_last(log, item))
            slot->e = 0;
    } else if (slot->e > 0 && slot->e < MANY && item_judge(log, item, NULL) != ITEM_DESTROYED)
        slot->e--;
    drop_if_done(log, slot);
}

void index_forget_all(kith_flash_log *log, uint8_t kind, uint32_t id)
{
    kith_flash_slot *slot;

    if (!log->has_records)
        return;
    slot = slot_of(log, kind, id);
    if (slot->d == 0)
        return;
    slot->e = 0;
    drop_if_done(log, slot);
}
