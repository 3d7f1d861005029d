/* What lies in a sector, one thing after the other.  A walk always moves on and never leaves the sector, whatever is
 * written there: a record whose end would lie outside is none. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "store/log.h"

static uint32_t min32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool is_erased(const kith_flash_log *log, const uint8_t *octets, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if (octets[i] != log->flash->erased)
            return false;
    return true;
}

static bool decode_record(const kith_flash_log *log, const uint8_t *header, uint32_t end, log_item *item)
{
    const layout_place place = {log->flash, item->sequence, item->at};

    if (!layout_decode_record(&place, header, &item->record, &item->crc))
        return false;
    item->form = ITEM_RECORD;
    item->size = layout_record_size(log->flash, item->record.len);
    return item->size <= end - item->at;
}

/* Is a header here?  What looks broken is read twice: what was misread once is not thrown away. */
static bool read_header(kith_flash_log *log, uint32_t end, uint8_t *header, log_item *item)
{
    for (unsigned i = 0; i < 2; i++)
        if (flash_read(log, item->sector, item->at, header, LAYOUT_RECORD_HEADER) &&
            decode_record(log, header, end, item))
            return true;
    return false;
}

/* Surely a record.  What follows something torn says so, and may be half destroyed by now. */
static bool is_sure_record(kith_flash_log *log, uint32_t end, log_item *item)
{
    uint8_t header[LAYOUT_RECORD_HEADER];

    return read_header(log, end, header, item) && (item->record.voids || item_judge(log, item, NULL) < ITEM_TORN);
}

/* Nobody knows where it ends: it goes on to the next sure record, or to the last octet that was programmed. */
static void measure_unreadable(kith_flash_log *log, uint32_t end, log_item *item)
{
    log_item next = *item;
    uint32_t unit = log->flash->program_size;
    uint32_t stop = layout_align(log->flash, flash_programmed_end(log, item->sector, item->at, end));

    for (next.at += unit; next.at < stop && end - next.at >= layout_reserve(log->flash); next.at += unit)
        if (is_sure_record(log, end, &next)) {
            stop = next.at;
            break;
        }
    item->size = min32(stop, end) - item->at;
    if (item->size < unit)
        item->size = unit;
    item->form = ITEM_UNREADABLE;
}

/* An octet of a record's kind is never the erased one nor its opposite. */
bool item_at(kith_flash_log *log, const log_sector *sector, uint32_t at, log_item *out)
{
    uint8_t header[LAYOUT_RECORD_HEADER];
    uint32_t end = sector_end(log, sector->index);
    bool sound;

    memset(out, 0, sizeof *out);
    out->sector = sector->index;
    out->sequence = sector->header.sequence;
    out->at = at;
    if (at > end || end - at < layout_reserve(log->flash))
        return false;
    sound = read_header(log, end, header, out);
    if (sound || log->fault != KITH_OK)
        return sound;
    if (header[0] == flash_cleared(log)) {
        out->form = ITEM_CLEARED;
        out->size = log->flash->program_size;
        return true;
    }
    if (is_erased(log, header, sizeof header) && flash_programmed_end(log, out->sector, at, end) == at)
        return false;
    measure_unreadable(log, end, out);
    return log->fault == KITH_OK;
}

uint32_t item_address(const kith_flash_log *log, const log_item *item)
{
    return item->sector * log->flash->sector_size + item->at;
}

bool item_first(kith_flash_log *log, const log_sector *sector, log_item *out)
{
    return item_at(log, sector, layout_first_record(log->flash), out);
}

bool item_next(kith_flash_log *log, const log_sector *sector, log_item *item)
{
    return item_at(log, sector, item->at + item->size, item);
}

/* ---- bodies ---- */

static bool is_cleared(const kith_flash_log *log, const uint8_t *octets, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if (octets[i] != flash_cleared(log))
            return false;
    return true;
}

static item_body judge_octets(const kith_flash_log *log, const log_item *item, const uint8_t *body, uint32_t len)
{
    const uint8_t *trailer = body + len - LAYOUT_RECORD_TRAILER;

    if (bytes_get32(trailer) == layout_crc(log->flash, item->crc, body, len - LAYOUT_RECORD_TRAILER) &&
        trailer[4] == LAYOUT_END_MARK)
        return ITEM_WHOLE;
    if (is_cleared(log, body, len))
        return ITEM_DESTROYED;
    return trailer[4] == LAYOUT_END_MARK ? ITEM_DAMAGED : ITEM_TORN;
}

/* One read: a record is small, and each read costs something.  What looks broken is read again. */
item_body item_judge(kith_flash_log *log, const log_item *item, uint8_t *out)
{
    uint8_t body[LAYOUT_RECORD_BUFFER - LAYOUT_RECORD_HEADER];
    uint32_t len = item->size - LAYOUT_RECORD_HEADER;
    item_body judged = ITEM_TORN;

    for (unsigned i = 0; i < 2 && judged >= ITEM_TORN; i++) {
        (void)flash_read(log, item->sector, item->at + LAYOUT_RECORD_HEADER, body, len);
        judged = judge_octets(log, item, body, len);
    }
    if (out != NULL)
        memcpy(out, body, item->record.len);
    wipe(body, len);
    return judged;
}

/* A record may say that all that is broken right before it was never durable; so may the seal of the sector. */
item_loss item_loss_of(kith_flash_log *log, const log_sector *sector, const log_item *item)
{
    log_item next = *item;

    while (item_next(log, sector, &next)) {
        if (next.form != ITEM_RECORD)
            continue;
        if (next.record.voids)
            return ITEM_SETTLED;
        if (item_judge(log, &next, NULL) < ITEM_TORN)
            return ITEM_LOST;
    }
    if (sector->seal == SEAL_FIRM)
        return ITEM_LOST;
    return sector->seal == SEAL_VOID ? ITEM_SETTLED : ITEM_LAST;
}
