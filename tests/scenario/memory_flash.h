/* A flash in memory with a log on it: a store that loses power where a test likes. */
#ifndef SCENARIO_MEMORY_FLASH_H
#define SCENARIO_MEMORY_FLASH_H

#include "kith/store.h"

enum { MEMORY_FLASH_SECTOR = 1024, MEMORY_FLASH_SECTORS = 4 };

typedef struct {
    kith_store store; /* what a configuration points to */
    kith_flash_log log;
    kith_flash flash;
    uint8_t octets[MEMORY_FLASH_SECTOR * MEMORY_FLASH_SECTORS];
    unsigned done;   /* since power came: octets programmed, sectors erased */
    unsigned cut_at; /* the one that power goes at: an octet is not programmed, a sector half erased; 0: none */
    bool off;
} memory_flash;

void memory_flash_init(memory_flash *f); /* as from the factory */
void memory_flash_power_on(memory_flash *f);
bool memory_flash_holds(const memory_flash *f, const uint8_t *octets, size_t len);

#endif
