/* What lies in a sector, one thing after the other.  A walk always moves on and never leaves the sector, whatever is
 * written there: a record whose end would lie outside is none. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "store/log.h"

enum { CHUNK = 32 };

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
    if (!layout_decode_record(layout_record_seed(item->sequence, item->at), header, &item->record))
        return false;
    item->form = ITEM_RECORD;
    item->size = layout_record_size(log->flash, item->record.len);
    return item->size <= end - item->at;
}

/* Surely a record.  What follows something torn says so, and may be half destroyed by now. */
static bool is_sure_record(kith_flash_log *log, uint32_t end, log_item *item)
{
    uint8_t header[LAYOUT_RECORD_HEADER];

    return flash_read(log, item->sector, item->at, header, sizeof header) && decode_record(log, header, end, item) &&
           (item->record.voids || item_judge(log, item, NULL) < ITEM_TORN);
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

    memset(out, 0, sizeof *out);
    out->sector = sector->index;
    out->sequence = sector->header.sequence;
    out->at = at;
    if (at > end || end - at < layout_reserve(log->flash) || !flash_read(log, out->sector, at, header, sizeof header))
        return false;
    if (header[0] == flash_cleared(log)) {
        out->form = ITEM_CLEARED;
        out->size = log->flash->program_size;
        return true;
    }
    if (is_erased(log, header, sizeof header) && flash_programmed_end(log, out->sector, at, end) == at)
        return false;
    if (!decode_record(log, header, end, out))
        measure_unreadable(log, end, out);
    return log->fault == KITH_OK;
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

typedef struct {
    uint32_t crc;
    bool all_cleared;
} body;

static void take_chunk(const kith_flash_log *log, body *b, const uint8_t *chunk, uint32_t len)
{
    b->crc = layout_crc(b->crc, chunk, len);
    for (uint32_t i = 0; i < len; i++)
        b->all_cleared = b->all_cleared && chunk[i] == flash_cleared(log);
}

/* Octets from the header's end to the check; those of the record itself go to out. */
static void read_body(kith_flash_log *log, const log_item *item, body *b, uint8_t *out)
{
    uint8_t chunk[CHUNK];
    uint32_t len = item->size - LAYOUT_RECORD_HEADER - LAYOUT_RECORD_TRAILER;

    for (uint32_t done = 0; done < len; done += CHUNK) {
        uint32_t now = min32(len - done, CHUNK);

        (void)flash_read(log, item->sector, item->at + LAYOUT_RECORD_HEADER + done, chunk, now);
        take_chunk(log, b, chunk, now);
        if (out != NULL && done < item->record.len)
            memcpy(out + done, chunk, min32(now, item->record.len - done));
    }
    wipe(chunk, sizeof chunk);
}

item_body item_judge(kith_flash_log *log, const log_item *item, uint8_t *out)
{
    uint8_t header[LAYOUT_RECORD_HEADER], trailer[LAYOUT_RECORD_TRAILER];
    body b = {.all_cleared = true};

    layout_encode_record(layout_record_seed(item->sequence, item->at), &item->record, header);
    b.crc = layout_crc(layout_record_seed(item->sequence, item->at), header, sizeof header);
    read_body(log, item, &b, out);
    (void)flash_read(log, item->sector, item->at + item->size - LAYOUT_RECORD_TRAILER, trailer, sizeof trailer);
    if (bytes_get32(trailer) == b.crc && trailer[4] == LAYOUT_END_MARK)
        return ITEM_WHOLE;
    take_chunk(log, &b, trailer, sizeof trailer);
    if (b.all_cleared)
        return ITEM_DESTROYED;
    return trailer[4] == LAYOUT_END_MARK ? ITEM_DAMAGED : ITEM_TORN;
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
