/* The recorder, and flashes made from what it wrote down. */
#include "tape.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing down ---- */

static void *grown(void *old, size_t size)
{
    void *now = realloc(old, size);

    if (now == NULL)
        abort();
    return now;
}

static void note(tape *t, tape_kind kind, uint32_t address, const uint8_t *octets, uint32_t len)
{
    if (t == NULL)
        return;
    if (t->count == t->room) {
        t->room = t->room * 2 + 64;
        t->steps = grown(t->steps, t->room * sizeof *t->steps);
    }
    t->steps[t->count++] = (tape_step){kind, address, len, t->used};
    if (octets == NULL)
        return;
    if (t->used + len > t->octets_room) {
        t->octets_room = t->octets_room * 2 + len;
        t->octets = grown(t->octets, t->octets_room);
    }
    memcpy(t->octets + t->used, octets, len);
    t->used += len;
}

static kith_status record_read(void *context, uint32_t address, uint8_t *out, size_t len)
{
    tape_recorder *r = context;

    return r->flash.read(r->flash.context, address, out, len);
}

static kith_status record_program(void *context, uint32_t address, const uint8_t *octets, size_t len)
{
    tape_recorder *r = context;

    note(r->to, TAPE_PROGRAM, address, octets, (uint32_t)len);
    r->sector = address / r->flash.sector_size;
    return r->flash.program(r->flash.context, address, octets, len);
}

static kith_status record_erase(void *context, uint32_t sector)
{
    tape_recorder *r = context;
    sim_flash *flash = r->flash.context;
    const uint8_t *octets = sim_flash_octets(flash) + sector * r->flash.sector_size;

    for (uint32_t i = 0; i < r->flash.sector_size; i++)
        r->collects = r->collects || octets[i] != r->flash.erased;
    note(r->to, TAPE_ERASE, sector * r->flash.sector_size, NULL, r->flash.sector_size);
    return r->flash.erase(r->flash.context, sector);
}

static kith_status record_sync(void *context)
{
    tape_recorder *r = context;

    note(r->to, TAPE_SYNC, 0, NULL, 0);
    return r->flash.sync(r->flash.context);
}

void tape_install(tape_recorder *r, sim_flash *flash)
{
    *r = (tape_recorder){.flash = flash->port};
    flash->port.context = r;
    flash->port.read = record_read;
    flash->port.program = record_program;
    flash->port.erase = record_erase;
    flash->port.sync = record_sync;
}

void tape_clear(tape *t)
{
    t->count = t->used = 0;
}

void tape_free(tape *t)
{
    free(t->steps);
    free(t->octets);
    memset(t, 0, sizeof *t);
}

/* ---- images ---- */

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t hash_octet(uint32_t address, uint8_t octet)
{
    return mix((uint64_t)address << 8 | octet);
}

static uint64_t hash_half_erased(uint32_t sector)
{
    return mix(UINT64_MAX - sector);
}

static uint32_t size_of(const tape_image *image)
{
    return image->geometry->sector_size * image->geometry->sector_count;
}

void image_new(tape_image *image, sim_flash *flash)
{
    uint32_t size = sim_flash_size(flash);

    image->geometry = &flash->port;
    image->octets = grown(NULL, size);
    image->half_erased = grown(NULL, flash->port.sector_count * sizeof *image->half_erased);
    memcpy(image->octets, sim_flash_octets(flash), size);
    memcpy(image->half_erased, flash->half_erased, flash->port.sector_count * sizeof *image->half_erased);
    image->hash = 0;
    for (uint32_t i = 0; i < size; i++)
        image->hash += hash_octet(i, image->octets[i]);
    for (uint32_t i = 0; i < flash->port.sector_count; i++)
        image->hash += image->half_erased[i] ? hash_half_erased(i) : 0;
}

void image_free(tape_image *image)
{
    free(image->octets);
    free(image->half_erased);
    memset(image, 0, sizeof *image);
}

void image_copy(tape_image *to, const tape_image *from)
{
    memcpy(to->octets, from->octets, size_of(from));
    memcpy(to->half_erased, from->half_erased, from->geometry->sector_count * sizeof *to->half_erased);
    to->hash = from->hash;
}

void image_set(tape_image *image, uint32_t address, uint8_t octet)
{
    if (image->octets[address] == octet)
        return;
    image->hash += hash_octet(address, octet) - hash_octet(address, image->octets[address]);
    image->octets[address] = octet;
}

void image_set_half_erased(tape_image *image, uint32_t sector, bool is)
{
    if (image->half_erased[sector] == is)
        return;
    image->hash += is ? hash_half_erased(sector) : 0 - hash_half_erased(sector);
    image->half_erased[sector] = is;
}

void image_load(const tape_image *image, sim_flash *flash)
{
    memcpy(sim_flash_octets(flash), image->octets, size_of(image));
    memcpy(flash->half_erased, image->half_erased, image->geometry->sector_count * sizeof *image->half_erased);
    sim_flash_settle(flash);
}

uint8_t tape_wanted(const tape *t, const tape_step *step, uint32_t offset, const tape_image *image)
{
    return step->kind == TAPE_ERASE ? image->geometry->erased : t->octets[step->octets + offset];
}

void tape_apply(const tape *t, const tape_step *step, tape_image *image)
{
    if (step->kind == TAPE_SYNC)
        return;
    for (uint32_t i = 0; i < step->len; i++)
        image_set(image, step->address + i, tape_wanted(t, step, i, image));
    if (step->kind == TAPE_ERASE)
        image_set_half_erased(image, step->address / image->geometry->sector_size, false);
}
