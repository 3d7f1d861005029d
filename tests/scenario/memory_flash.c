/* A flash in memory.  See memory_flash.h. */
#include "memory_flash.h"

#include <stdlib.h>
#include <string.h>

/* One step more; false: power goes with it, or has gone. */
static bool step(memory_flash *f)
{
    if (!f->off)
        f->off = ++f->done == f->cut_at;
    return !f->off;
}

static kith_status result(const memory_flash *f)
{
    return f->off ? KITH_ERR_STORAGE : KITH_OK;
}

static kith_status read_octets(void *context, uint32_t address, uint8_t *out, size_t len)
{
    const memory_flash *f = context;

    if (!f->off)
        memcpy(out, f->octets + address, len);
    return result(f);
}

static kith_status program(void *context, uint32_t address, const uint8_t *octets, size_t len)
{
    memory_flash *f = context;

    for (size_t i = 0; i < len && step(f); i++)
        f->octets[address + i] &= octets[i]; /* bits fall, and rise by erasing alone */
    return result(f);
}

static kith_status erase(void *context, uint32_t sector)
{
    memory_flash *f = context;
    bool was_off = f->off;
    size_t len = step(f) ? MEMORY_FLASH_SECTOR : MEMORY_FLASH_SECTOR / 2;

    if (!was_off)
        memset(f->octets + sector * MEMORY_FLASH_SECTOR, 0xff, len);
    return result(f);
}

static kith_status sync_all(void *context)
{
    return result(context);
}

void memory_flash_power_on(memory_flash *f)
{
    f->off = false;
    f->done = f->cut_at = 0;
    if (kith_flash_log_init(&f->log, &f->flash, &f->store) != KITH_OK)
        abort(); /* our own geometry */
}

void memory_flash_init(memory_flash *f)
{
    memset(f, 0, sizeof *f);
    memset(f->octets, 0xff, sizeof f->octets);
    f->flash = (kith_flash){.context = f,
                            .sector_size = MEMORY_FLASH_SECTOR,
                            .sector_count = MEMORY_FLASH_SECTORS,
                            .program_size = 1,
                            .erased = 0xff,
                            .can_clear = true,
                            .read = read_octets,
                            .program = program,
                            .erase = erase,
                            .sync = sync_all};
    memory_flash_power_on(f);
}

bool memory_flash_holds(const memory_flash *f, const uint8_t *octets, size_t len)
{
    for (size_t at = 0; at + len <= sizeof f->octets; at++)
        if (memcmp(f->octets + at, octets, len) == 0)
            return true;
    return false;
}
