/* What a flash log of many bonds costs: to open, to read, to find one, to put one.  Bonds of 57 octets, in a flash that
 * is in memory; and in a file, as on a gateway, where time is shown.  Time is of this machine, and only informative. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kith/port/flash_file.h"

enum { BOND = 57, STORED = 70, ROUNDS = 5 };

/* Counts what the log asks of the flash below. */
typedef struct {
    kith_flash flash, below;
    uint64_t reads, octets, programs, erases;
} counter;

static kith_status count_read(void *context, uint32_t address, uint8_t *out, size_t len)
{
    counter *c = context;

    c->reads++;
    c->octets += len;
    return c->below.read(c->below.context, address, out, len);
}

static kith_status count_program(void *context, uint32_t address, const uint8_t *octets, size_t len)
{
    counter *c = context;

    c->programs++;
    return c->below.program(c->below.context, address, octets, len);
}

static kith_status count_erase(void *context, uint32_t sector)
{
    counter *c = context;

    c->erases++;
    return c->below.erase(c->below.context, sector);
}

static kith_status no_sync(void *context) /* the disk is not what is measured */
{
    (void)context;
    return KITH_OK;
}

static uint32_t below_crc(void *context, uint32_t crc, const uint8_t *octets, size_t len)
{
    counter *c = context;

    return c->below.crc(c->below.context, crc, octets, len);
}

static void count_on(counter *c, const kith_flash *below)
{
    *c = (counter){.flash = *below, .below = *below};
    c->flash.context = c;
    c->flash.read = count_read;
    c->flash.program = count_program;
    c->flash.erase = count_erase;
    c->flash.sync = no_sync;
    c->flash.crc = below->crc != NULL ? below_crc : NULL;
}

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "log_scale: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static kith_status put(const kith_store *store, uint32_t id, uint8_t fill)
{
    kith_record record = {.kind = KITH_RECORD_BOND, .len = BOND, .id = id};
    kith_store_state state;

    memset(record.octets, fill, BOND);
    return store->put(store->context, &record, &state);
}

static uint32_t read_all(const kith_store *store)
{
    kith_record record;
    uint32_t cursor = 0, count = 0;

    while (store->read(store->context, &cursor, &record) == KITH_OK)
        count++;
    return count;
}

typedef struct {
    double open, read; /* ns */
    uint64_t reads, octets;
    uint64_t put_reads, put_programs, remove_reads, remove_programs;
} figures;

static figures measure(counter *c, const kith_store *store, uint32_t bonds)
{
    figures f = {.open = 1e18, .read = 1e18};
    kith_store_state state;

    for (int i = 0; i < ROUNDS; i++) {
        double began = now(), opened;

        c->reads = c->octets = 0;
        must(store->open(store->context, &state) == KITH_OK, "does not open");
        f.reads = c->reads;
        f.octets = c->octets;
        opened = now();
        must(read_all(store) >= bonds, "does not read");
        if (opened - began + now() - opened < f.open + f.read) {
            f.open = opened - began;
            f.read = now() - opened;
        }
    }
    c->reads = c->programs = 0;
    must(put(store, bonds / 2 + 1, 0x77) == KITH_OK, "does not put");
    f.put_reads = c->reads;
    f.put_programs = c->programs;
    c->reads = c->programs = 0;
    must(store->remove(store->context, KITH_RECORD_BOND, bonds / 3 + 1, &state) == KITH_OK, "does not remove");
    f.remove_reads = c->reads;
    f.remove_programs = c->programs;
    return f;
}

static double copy_time(const uint8_t *from, size_t len)
{
    uint8_t *to = malloc(len);
    double best = 1e18;

    must(to != NULL, "no memory");
    for (int i = 0; i < ROUNDS; i++) {
        double began = now();

        memcpy(to, from, len);
        __asm__ volatile("" : : "r"(to) : "memory");
        if (now() - began < best)
            best = now() - began;
    }
    free(to);
    return best;
}

static void show(const char *medium, uint32_t bonds, const figures *f, double copy)
{
    printf("%-7s %7u %9.2f %9.1f %9.0f %9.0f %8.0f %5llu+%llu %7llu+%llu\n", medium, (unsigned)bonds,
           (double)f->reads / bonds, (double)f->octets / bonds, f->open / bonds, f->read / bonds,
           (f->open + f->read) / copy, (unsigned long long)f->put_reads, (unsigned long long)f->put_programs,
           (unsigned long long)f->remove_reads, (unsigned long long)f->remove_programs);
}

static void run(const char *medium, const kith_flash *flash, uint32_t bonds)
{
    uint32_t slots = KITH_FLASH_SLOTS(flash->sector_count, bonds + 2);
    kith_flash_slot *index = calloc(slots, sizeof *index);
    uint8_t *image = malloc((size_t)bonds * STORED);
    kith_store_state state;
    kith_flash_log log;
    kith_store store;
    counter c;
    figures f;

    must(index != NULL && image != NULL, "no memory");
    memset(image, 1, (size_t)bonds * STORED);
    count_on(&c, flash);
    must(kith_flash_log_init(&log, &c.flash, &store) == KITH_OK, "no such geometry");
    kith_flash_log_index(&log, index, slots);
    must(store.open(store.context, &state) == KITH_OK, "does not open");
    for (uint32_t id = 1; id <= bonds; id++)
        must(put(&store, id, (uint8_t)id) == KITH_OK, "does not put");
    f = measure(&c, &store, bonds);
    show(medium, bonds, &f, copy_time(image, (size_t)bonds * STORED));
    free(image);
    free(index);
}

/* ---- a flash in memory ---- */

static uint8_t *memory;

static kith_status memory_read(void *context, uint32_t address, uint8_t *out, size_t len)
{
    (void)context;
    memcpy(out, memory + address, len);
    return KITH_OK;
}

static kith_status memory_program(void *context, uint32_t address, const uint8_t *octets, size_t len)
{
    (void)context;
    memcpy(memory + address, octets, len);
    return KITH_OK;
}

static kith_status memory_erase(void *context, uint32_t sector)
{
    uint32_t size = *(const uint32_t *)context;

    memset(memory + (size_t)sector * size, 0xff, size);
    return KITH_OK;
}

static void run_in_memory(uint32_t bonds)
{
    uint32_t size = bonds <= 1000 ? 4096 : 65536, count = bonds * STORED / (size - 200) + 4;
    kith_flash flash = {.context = &size,
                        .sector_size = size,
                        .sector_count = count,
                        .program_size = 1,
                        .erased = 0xff,
                        .can_clear = true,
                        .read = memory_read,
                        .program = memory_program,
                        .erase = memory_erase,
                        .sync = no_sync};

    memory = malloc((size_t)size * count);
    must(memory != NULL, "no memory");
    memset(memory, 0xff, (size_t)size * count);
    run("memory", &flash, bonds);
    free(memory);
}

static void run_in_file(uint32_t bonds)
{
    char folder[] = "/tmp/kith-bench-XXXXXX", path[64];
    kith_flash_file file;

    must(mkdtemp(folder) != NULL, "no folder");
    (void)snprintf(path, sizeof path, "%s/bonds", folder);
    must(kith_flash_file_open_sized(&file, path, KITH_FLASH_FILE_MAKE, bonds * (STORED + 1) + 262144) == KITH_OK,
         "no file");
    run("file", &file.flash, bonds);
    kith_flash_file_close(&file);
    (void)unlink(path);
    (void)rmdir(folder);
}

int main(void)
{
    printf("%-7s %7s %9s %9s %9s %9s %8s %7s %9s\n", "", "", "open:", "per bond", "", "read:", "both in",
           "put:", "remove:");
    printf("%-7s %7s %9s %9s %9s %9s %8s %7s %9s\n", "medium", "bonds", "reads", "octets", "ns", "ns", "memcpy",
           "rd+prog", "rd+prog");
    for (uint32_t bonds = 10; bonds <= 100000; bonds *= 10)
        run_in_memory(bonds);
    for (uint32_t bonds = 10; bonds <= 100000; bonds *= 10)
        run_in_file(bonds);
    printf("index: %zu octets a record (4 slots of %zu for 3), %zu a sector; a look is 1 slot and no read\n",
           sizeof(kith_flash_slot) * 4 / 3, sizeof(kith_flash_slot), sizeof(kith_flash_slot));
    return 0;
}
