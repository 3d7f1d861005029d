/* The medium under a flash log: addresses, failures, and what is erased. */
#include <string.h>

#include "base/wipe.h"
#include "store/log.h"

enum { CHUNK = 128 };

static uint32_t address_of(const kith_flash_log *log, uint32_t sector, uint32_t at)
{
    return sector * log->flash->sector_size + at;
}

bool flash_fail(kith_flash_log *log, kith_status why)
{
    if (log->fault == KITH_OK)
        log->fault = why;
    return false;
}

bool flash_read(kith_flash_log *log, uint32_t sector, uint32_t at, uint8_t *out, uint32_t len)
{
    const kith_flash *flash = log->flash;

    if (log->fault == KITH_OK && flash->read(flash->context, address_of(log, sector, at), out, len) == KITH_OK)
        return true;
    memset(out, flash->erased, len);
    return flash_fail(log, KITH_ERR_STORAGE);
}

bool flash_program(kith_flash_log *log, uint32_t sector, uint32_t at, const uint8_t *octets, uint32_t len)
{
    const kith_flash *flash = log->flash;

    return (log->fault == KITH_OK &&
            flash->program(flash->context, address_of(log, sector, at), octets, len) == KITH_OK) ||
           flash_fail(log, KITH_ERR_STORAGE);
}

bool flash_verify(kith_flash_log *log, uint32_t sector, uint32_t at, const uint8_t *octets, uint32_t len)
{
    uint8_t chunk[CHUNK];
    bool same = true;

    for (uint32_t done = 0; done < len && same; done += CHUNK) {
        uint32_t now = len - done < CHUNK ? len - done : CHUNK;

        same = flash_read(log, sector, at + done, chunk, now) && memcmp(chunk, octets + done, now) == 0;
    }
    wipe(chunk, sizeof chunk);
    return same;
}

bool flash_erase(kith_flash_log *log, uint32_t sector)
{
    const kith_flash *flash = log->flash;

    return (log->fault == KITH_OK && flash->erase(flash->context, sector) == KITH_OK && flash_is_blank(log, sector)) ||
           flash_fail(log, KITH_ERR_STORAGE);
}

bool flash_sync(kith_flash_log *log)
{
    return (log->fault == KITH_OK && log->flash->sync(log->flash->context) == KITH_OK) ||
           flash_fail(log, KITH_ERR_STORAGE);
}

static bool is_all_erased(const kith_flash_log *log, const uint8_t *octets, uint32_t len)
{
    return octets[0] == log->flash->erased && memcmp(octets, octets + 1, len - 1) == 0;
}

/* What is not erased is read twice: an octet that was misread once is no octet. */
static bool reads_erased(kith_flash_log *log, uint32_t sector, uint32_t at, uint8_t *chunk, uint32_t len)
{
    for (unsigned i = 0; i < 2; i++) {
        (void)flash_read(log, sector, at, chunk, len);
        if (is_all_erased(log, chunk, len))
            return true;
    }
    return false;
}

uint32_t flash_programmed_end(kith_flash_log *log, uint32_t sector, uint32_t from, uint32_t to)
{
    uint8_t chunk[CHUNK];

    while (to > from) {
        uint32_t now = to - from < CHUNK ? to - from : CHUNK;

        if (reads_erased(log, sector, to - now, chunk, now)) {
            to -= now;
            continue;
        }
        while (now > 0 && chunk[now - 1] == log->flash->erased) {
            now--;
            to--;
        }
        if (now > 0)
            return to;
    }
    return from;
}

bool flash_is_blank(kith_flash_log *log, uint32_t sector)
{
    return flash_programmed_end(log, sector, 0, log->flash->sector_size) == 0;
}

uint8_t flash_cleared(const kith_flash_log *log)
{
    return (uint8_t)~log->flash->erased;
}
