/* Writing one record at the end of the log, in one program call. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "store/log.h"

enum { TRIES = 3 };

/* The pad between a record and its check stays erased. */
static void encode(const kith_flash_log *log, const layout_record *record, const uint8_t *octets, bool spoilt,
                   uint8_t *out, uint32_t size)
{
    const layout_place place = {log->flash, log->sequence, log->at};
    uint32_t body = size - LAYOUT_RECORD_TRAILER;
    uint32_t crc;

    memset(out, log->flash->erased, size);
    layout_encode_record(&place, record, out, &crc);
    if (record->len != 0)
        memcpy(out + LAYOUT_RECORD_HEADER, octets, record->len);
    crc = layout_crc(log->flash, crc, out + LAYOUT_RECORD_HEADER, body - LAYOUT_RECORD_HEADER);
    bytes_put32(out + body, spoilt ? ~crc : crc);
    out[size - 1] = LAYOUT_END_MARK;
}

/* Octets that did not come out as they were written are left behind: the next record says that they are void. */
bool append_record(kith_flash_log *log, const layout_record *record, const uint8_t *octets, bool spoilt)
{
    uint32_t size = layout_record_size(log->flash, record->len);
    uint8_t buffer[LAYOUT_RECORD_BUFFER];
    layout_record here = *record;
    bool done = false;

    for (unsigned i = 0; i < TRIES && !done && log->fault == KITH_OK; i++) {
        if (log->at > sector_limit(log, record) || sector_limit(log, record) - log->at < size)
            break;
        here.voids = log->void_tail;
        encode(log, &here, octets, spoilt, buffer, size);
        if (!flash_program(log, log->active, log->at, buffer, size))
            break;
        done = flash_verify(log, log->active, log->at, buffer, size);
        log->at += size;
        log->void_tail = !done;
        log->has_strays = log->has_strays || !done;
        if (!done && i + 1 == TRIES)
            (void)flash_fail(log, KITH_ERR_STORAGE);
    }
    wipe(buffer, sizeof buffer);
    return done;
}
