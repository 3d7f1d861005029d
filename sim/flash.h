/* A faulty flash for tests: in memory, of any geometry.  Counts what is done to it, loses power in the middle of an
 * operation, fails, programs and reads wrongly; always the same way when asked the same way.
 *
 * Programming and erasing are operations, and reads are counted apart; the next one has the number 1.  What real flash
 * could not do (program what is not erased, an address between units) is refused, and counted as a mistake.  So is
 * programming a sector whose erasing was cut short, even where it reads as erased. */
#ifndef SIM_FLASH_H
#define SIM_FLASH_H

#include "kith/store.h"
#include "sim/rng.h"

/* What a cut leaves of the operation it falls into. */
typedef enum {
    SIM_TEAR_FORWARD,  /* its first octets are done */
    SIM_TEAR_BACKWARD, /* its last octets are done */
    SIM_TEAR_SCATTERED /* each bit is done or not, by chance */
} sim_flash_tear;

typedef struct {
    uint32_t sector_size, sector_count;
    uint16_t program_size;
    uint8_t erased;
    bool can_clear;
} sim_flash_geometry;

typedef struct {
    uint32_t operations, programs, programmed /* octets */, erases, syncs, reads, mistakes,
        faults /* that were planned, and happened */;
} sim_flash_counts;

typedef struct {
    kith_flash port; /* hand this to the log */
    sim_flash_counts counts;
    uint32_t *wear; /* erases, by sector */
    sim_flash_tear tear;
    bool forgets; /* what was not synced before a cut is there, or not, by chance: a disk with a cache */
    bool read_only;
    bool off;
    /* The rest is the flash's own. */
    uint8_t *octets, *durable;
    bool *half_erased; /* by sector */
    struct sim_flash_change *changes;
    uint32_t change_count, change_room;
    uint32_t cut_in, cut_after, fail_in, fail_after, fail_count, flip_in, flip_bit;
    uint32_t read_fail_in, read_fail_count, read_flip_in, read_flip_bit, sync_fail_in;
    uint32_t stuck_at;
    uint8_t stuck_bits, stuck_value;
    sim_rng rng;
} sim_flash;

bool sim_flash_new(sim_flash *flash, const sim_flash_geometry *geometry); /* false: no memory */
void sim_flash_free(sim_flash *flash);
void sim_flash_blank(sim_flash *flash); /* as from the factory: erased, power on, nothing counted or planned */

/* Plans, one of each kind; operation 0: none. */
void sim_flash_cut(sim_flash *flash, uint32_t operation, uint32_t after_octets);
void sim_flash_fail(sim_flash *flash, uint32_t operation, uint32_t after_octets);
void sim_flash_flip(sim_flash *flash, uint32_t operation, uint32_t bit); /* of the octets programmed */
void sim_flash_fail_sync(sim_flash *flash, uint32_t sync);
void sim_flash_fail_read(sim_flash *flash, uint32_t read, uint32_t times); /* and those after it */
void sim_flash_flip_read(sim_flash *flash, uint32_t read, uint32_t bit);   /* of what is read, this once */
void sim_flash_fail_on(sim_flash *flash, uint32_t times); /* so many operations after the one that fails */
void sim_flash_stick(sim_flash *flash, uint32_t address, uint8_t bits, uint8_t value); /* bits 0: none; not a plan */

bool sim_flash_has_cut(const sim_flash *flash);
void sim_flash_power_off(sim_flash *flash); /* between two operations */
void sim_flash_power_on(sim_flash *flash);  /* no plan outlives it; octets and counts do */

uint32_t sim_flash_size(const sim_flash *flash);
/* The octets, to look at and to spoil.  After spoiling: sim_flash_settle(). */
uint8_t *sim_flash_octets(sim_flash *flash);
void sim_flash_settle(sim_flash *flash);

#endif
