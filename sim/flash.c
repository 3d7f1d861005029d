/* The faulty flash.  Octets are what a reader sees; durable is what a cut would leave of what was synced, and changes
 * are what came since. */
#include "sim/flash.h"

#include <stdlib.h>
#include <string.h>

struct sim_flash_change {
    uint32_t address, len;
    uint8_t *octets;
};

static uint32_t min32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

uint32_t sim_flash_size(const sim_flash *flash)
{
    return flash->port.sector_size * flash->port.sector_count;
}

uint8_t *sim_flash_octets(sim_flash *flash)
{
    return flash->octets;
}

/* ---- what is not yet durable ---- */

static void forget_changes(sim_flash *flash)
{
    for (uint32_t i = 0; i < flash->change_count; i++)
        free(flash->changes[i].octets);
    flash->change_count = 0;
}

void sim_flash_settle(sim_flash *flash)
{
    forget_changes(flash);
    memcpy(flash->durable, flash->octets, sim_flash_size(flash));
}

static void apply(uint8_t *octets, const struct sim_flash_change *change)
{
    memcpy(octets + change->address, change->octets, change->len);
}

static void note_change(sim_flash *flash, uint32_t address, uint32_t len)
{
    struct sim_flash_change *change;

    if (!flash->forgets && flash->change_count == 0) {
        memcpy(flash->durable + address, flash->octets + address, len);
        return;
    }
    if (flash->change_count == flash->change_room) {
        uint32_t room = flash->change_room * 2 + 16;

        flash->changes = realloc(flash->changes, room * sizeof *flash->changes);
        if (flash->changes == NULL)
            abort();
        flash->change_room = room;
    }
    change = &flash->changes[flash->change_count++];
    *change = (struct sim_flash_change){address, len, malloc(len == 0 ? 1 : len)};
    if (change->octets == NULL)
        abort();
    memcpy(change->octets, flash->octets + address, len);
}

static void make_durable(sim_flash *flash)
{
    for (uint32_t i = 0; i < flash->change_count; i++)
        apply(flash->durable, &flash->changes[i]);
    forget_changes(flash);
}

/* Any of what was not synced may be missing. */
void sim_flash_power_off(sim_flash *flash)
{
    flash->off = true;
    if (!flash->forgets)
        return;
    for (uint32_t i = 0; i < flash->change_count; i++)
        if (sim_rng_below(&flash->rng, 2) == 0)
            apply(flash->durable, &flash->changes[i]);
    forget_changes(flash);
    memcpy(flash->octets, flash->durable, sim_flash_size(flash));
}

/* ---- operations ---- */

/* The operation that is done when this answers 0. */
static bool is_due(uint32_t *in)
{
    return *in != 0 && --*in == 0;
}

static void do_scattered(sim_flash *flash, uint32_t address, const uint8_t *wanted, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        uint8_t done = (uint8_t)sim_rng_next(&flash->rng);

        flash->octets[address + i] = (uint8_t)((flash->octets[address + i] & ~done) | (wanted[i] & done));
    }
}

/* So many octets of the operation are done. */
static void do_part(sim_flash *flash, uint32_t address, const uint8_t *wanted, uint32_t len, uint32_t part)
{
    part = min32(part, len);
    if (flash->tear == SIM_TEAR_SCATTERED && part < len)
        do_scattered(flash, address, wanted, len);
    else if (flash->tear == SIM_TEAR_BACKWARD)
        memcpy(flash->octets + address + len - part, wanted + len - part, part);
    else
        memcpy(flash->octets + address, wanted, part);
    note_change(flash, address, len);
}

/* As often as was planned, once it is due. */
static bool fails(uint32_t *in, uint32_t *times)
{
    if (*in > 1 || *in == 0)
        return is_due(in);
    if (*times == 0)
        *in = 0;
    else
        --*times;
    return true;
}

static void stick(sim_flash *flash)
{
    uint8_t *octet = &flash->octets[flash->stuck_at];

    *octet = (uint8_t)((*octet & ~flash->stuck_bits) | (flash->stuck_value & flash->stuck_bits));
}

static kith_status operate(sim_flash *flash, uint32_t address, const uint8_t *wanted, uint32_t len)
{
    bool cut = is_due(&flash->cut_in), fail = fails(&flash->fail_in, &flash->fail_count),
         flip = is_due(&flash->flip_in);

    flash->counts.operations++;
    flash->counts.faults += fail || flip;
    do_part(flash, address, wanted, len, cut ? flash->cut_after : fail ? flash->fail_after : len);
    if (flip) {
        flash->octets[address + flash->flip_bit / 8 % len] ^= (uint8_t)(1u << flash->flip_bit % 8);
        note_change(flash, address, len);
    }
    stick(flash);
    if (!flash->forgets)
        make_durable(flash); /* what came before it forgot */
    if (cut)
        sim_flash_power_off(flash);
    return cut || fail ? KITH_ERR_STORAGE : KITH_OK;
}

static kith_status refuse(sim_flash *flash)
{
    flash->counts.mistakes++;
    return KITH_ERR_STORAGE;
}

/* false: the octets are there, right or wrong. */
static bool read_badly(sim_flash *flash, uint8_t *out, size_t len)
{
    bool flip = is_due(&flash->read_flip_in), fail = fails(&flash->read_fail_in, &flash->read_fail_count);

    if (flip && len != 0)
        out[flash->read_flip_bit / 8 % len] ^= (uint8_t)(1u << flash->read_flip_bit % 8);
    flash->counts.faults += flip || fail;
    return fail;
}

static kith_status flash_read(void *context, uint32_t address, uint8_t *out, size_t len)
{
    sim_flash *flash = context;
    uint32_t size = sim_flash_size(flash);

    if (flash->off)
        return KITH_ERR_STORAGE;
    if (address > size || len > size - address)
        return refuse(flash);
    flash->counts.reads++;
    memcpy(out, flash->octets + address, len);
    return read_badly(flash, out, len) ? KITH_ERR_STORAGE : KITH_OK;
}

static bool may_program(const sim_flash *flash, uint32_t address, const uint8_t *octets, size_t len)
{
    const uint8_t cleared = (uint8_t)~flash->port.erased;
    bool erased = true, clears = flash->port.can_clear;

    if (len == 0 || address > sim_flash_size(flash) || len > sim_flash_size(flash) - address ||
        address % flash->port.program_size != 0 || len % flash->port.program_size != 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        erased = erased && flash->octets[address + i] == flash->port.erased;
        clears = clears && octets[i] == cleared;
    }
    return erased || clears;
}

static kith_status flash_program(void *context, uint32_t address, const uint8_t *octets, size_t len)
{
    sim_flash *flash = context;

    if (flash->off || flash->read_only)
        return KITH_ERR_STORAGE;
    if (!may_program(flash, address, octets, len))
        return refuse(flash);
    if (flash->half_erased[address / flash->port.sector_size])
        return refuse(flash);
    flash->counts.programs++;
    flash->counts.programmed += (uint32_t)len;
    return operate(flash, address, octets, (uint32_t)len);
}

static kith_status flash_erase(void *context, uint32_t sector)
{
    sim_flash *flash = context;
    uint32_t size = flash->port.sector_size;
    uint8_t *erased;
    kith_status status;

    if (flash->off || flash->read_only)
        return KITH_ERR_STORAGE;
    if (sector >= flash->port.sector_count)
        return refuse(flash);
    erased = malloc(size);
    if (erased == NULL)
        abort();
    memset(erased, flash->port.erased, size);
    flash->counts.erases++;
    flash->wear[sector]++;
    status = operate(flash, sector * size, erased, size);
    flash->half_erased[sector] = status != KITH_OK;
    free(erased);
    return status;
}

static kith_status flash_sync(void *context)
{
    sim_flash *flash = context;

    if (flash->off)
        return KITH_ERR_STORAGE;
    flash->counts.syncs++;
    if (is_due(&flash->sync_fail_in)) {
        flash->counts.faults++;
        return KITH_ERR_STORAGE;
    }
    make_durable(flash);
    return KITH_OK;
}

/* ---- making ---- */

bool sim_flash_new(sim_flash *flash, const sim_flash_geometry *geometry)
{
    memset(flash, 0, sizeof *flash);
    flash->port = (kith_flash){
        .context = flash,
        .sector_size = geometry->sector_size,
        .sector_count = geometry->sector_count,
        .program_size = geometry->program_size,
        .erased = geometry->erased,
        .can_clear = geometry->can_clear,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
        .sync = flash_sync,
    };
    flash->octets = malloc(sim_flash_size(flash));
    flash->durable = malloc(sim_flash_size(flash));
    flash->half_erased = calloc(geometry->sector_count, sizeof *flash->half_erased);
    flash->wear = calloc(geometry->sector_count, sizeof *flash->wear);
    if (flash->octets == NULL || flash->durable == NULL || flash->half_erased == NULL || flash->wear == NULL) {
        sim_flash_free(flash);
        return false;
    }
    sim_flash_blank(flash);
    return true;
}

void sim_flash_free(sim_flash *flash)
{
    forget_changes(flash);
    free(flash->changes);
    free(flash->octets);
    free(flash->durable);
    free(flash->half_erased);
    free(flash->wear);
    memset(flash, 0, sizeof *flash);
}

void sim_flash_blank(sim_flash *flash)
{
    memset(flash->octets, flash->port.erased, sim_flash_size(flash));
    memset(flash->half_erased, 0, flash->port.sector_count * sizeof *flash->half_erased);
    sim_flash_settle(flash);
    memset(flash->wear, 0, flash->port.sector_count * sizeof *flash->wear);
    memset(&flash->counts, 0, sizeof flash->counts);
    flash->stuck_bits = 0;
    sim_rng_seed(&flash->rng, 1, 0);
    sim_flash_power_on(flash);
}

void sim_flash_cut(sim_flash *flash, uint32_t operation, uint32_t after_octets)
{
    flash->cut_in = operation;
    flash->cut_after = after_octets;
}

void sim_flash_fail(sim_flash *flash, uint32_t operation, uint32_t after_octets)
{
    flash->fail_in = operation;
    flash->fail_after = after_octets;
    flash->fail_count = 0;
}

void sim_flash_fail_on(sim_flash *flash, uint32_t times)
{
    flash->fail_count = times;
}

void sim_flash_fail_sync(sim_flash *flash, uint32_t sync)
{
    flash->sync_fail_in = sync;
}

void sim_flash_fail_read(sim_flash *flash, uint32_t read, uint32_t times)
{
    flash->read_fail_in = read;
    flash->read_fail_count = times == 0 ? 0 : times - 1;
}

void sim_flash_flip_read(sim_flash *flash, uint32_t read, uint32_t bit)
{
    flash->read_flip_in = read;
    flash->read_flip_bit = bit;
}

void sim_flash_stick(sim_flash *flash, uint32_t address, uint8_t bits, uint8_t value)
{
    flash->stuck_at = address;
    flash->stuck_bits = bits;
    flash->stuck_value = value;
    stick(flash);
    sim_flash_settle(flash);
}

void sim_flash_flip(sim_flash *flash, uint32_t operation, uint32_t bit)
{
    flash->flip_in = operation;
    flash->flip_bit = bit;
}

bool sim_flash_has_cut(const sim_flash *flash)
{
    return flash->off;
}

void sim_flash_power_on(sim_flash *flash)
{
    flash->off = false;
    flash->cut_in = flash->fail_in = flash->flip_in = 0;
    flash->read_fail_in = flash->read_flip_in = flash->sync_fail_in = 0;
}
