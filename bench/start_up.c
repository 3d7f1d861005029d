/* A whole host that starts with many bonds, on a flash log in a file and on SQLite: from kith_host_start() to
 * STORE_LOADED, what is read for it, what a look for one bond costs then, and all the memory.  Bonds are Secure
 * Connections, with an identity resolving key.  Time is this processor's, without waiting for
 * the disk, and only informative; the copy that it is
 * compared with, of as many octets as are on the disk, is made in the same run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/bytes.h"
#include "host/internal.h"
#include "kith/codec/record.h"
#include "kith/kith.h"
#include "kith/port/flash_file.h"
#include "kith/port/openssl.h"
#include "kith/port/sqlite_store.h"

enum { STARTS = 5, LOOKS = 20000, SPARE = 8 };

static char path[64];
static volatile uintptr_t seen; /* so that no look is left out */

static void must(bool well, const char *what)
{
    if (well)
        return;
    fprintf(stderr, "start_up: %s\n", what);
    exit(1);
}

static double now_ns(void)
{
    struct timespec t;

    must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0, "no clock");
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- bonds ---- */

static uint32_t mixed(uint32_t i)
{
    i = (i ^ i >> 16) * 0x45d9f3bu;
    i = (i ^ i >> 16) * 0x45d9f3bu;
    return i ^ i >> 16;
}

static kith_address identity_of(uint32_t id)
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM};

    bytes_put32(address.octets, mixed(id));
    bytes_put16(address.octets + 4, (uint16_t)(0xc000 | id >> 8));
    return address;
}

static void put_bond(const kith_store *store, uint32_t id)
{
    kith_bond_record bond = {.peer = id,
                             .identity = identity_of(id),
                             .level = KITH_LEVEL_ENCRYPTED,
                             .method = KITH_METHOD_JUST_WORKS,
                             .key_kind = KITH_KEY_KIND_SC,
                             .key_size = 16,
                             .has_ltk = true};
    kith_store_state state;
    kith_record record;

    for (unsigned i = 0; i < 16; i++) {
        bond.ltk[i] = (uint8_t)(mixed(id * 16 + i) >> 8);
        bond.irk[i] = (uint8_t)(mixed(id * 16 + i) >> 16);
    }
    must(kith_record_encode_bond(&bond, &record) == KITH_OK, "no bond");
    must(store->put(store->context, &record, &state) == KITH_OK, "does not put");
}

static void fill(const kith_store *store, uint32_t bonds)
{
    kith_device_record device = {.irk = {1, 2, 3, 4, 5, 6, 7, 8}, .static_address = {1, 2, 3, 4, 5, 0xc6}};
    kith_store_state state;
    kith_record record;

    must(kith_record_encode_device(&device, &record) == KITH_OK, "no device");
    must(store->put(store->context, &record, &state) == KITH_OK, "does not put");
    for (uint32_t id = 1; id <= bonds; id++)
        put_bond(store, id);
}

/* ---- the stores ---- */

typedef struct {
    const char *name;
    kith_flash_file file;
    kith_flash flash; /* counts what is read */
    kith_flash_log log;
    kith_flash_slot *slots;
    uint32_t slot_count;
    kith_sqlite_store sqlite;
    kith_store store;
    uint64_t octets_read;
    bool syncs;
} medium;

static kith_status counted_read(void *context, uint32_t address, uint8_t *out, size_t len)
{
    medium *m = context;

    m->octets_read += len;
    return m->file.flash.read(m->file.flash.context, address, out, len);
}

static kith_status program(void *context, uint32_t address, const uint8_t *octets, size_t len)
{
    medium *m = context;

    return m->file.flash.program(m->file.flash.context, address, octets, len);
}

static kith_status erase(void *context, uint32_t sector)
{
    medium *m = context;

    return m->file.flash.erase(m->file.flash.context, sector);
}

static kith_status sync_it(void *context)
{
    medium *m = context;

    return m->syncs ? m->file.flash.sync(m->file.flash.context) : KITH_OK;
}

static uint32_t crc(void *context, uint32_t before, const uint8_t *octets, size_t len)
{
    medium *m = context;

    return m->file.flash.crc(m->file.flash.context, before, octets, len);
}

static void open_log(medium *m, uint32_t bonds)
{
    uint32_t octets = bonds <= 800 ? 1 << 16 : bonds * 80;

    must(kith_flash_file_open_sized(&m->file, path, KITH_FLASH_FILE_MAKE, octets) == KITH_OK, "no file");
    m->flash = m->file.flash;
    m->flash.context = m;
    m->flash.read = counted_read;
    m->flash.program = program;
    m->flash.erase = erase;
    m->flash.sync = sync_it;
    m->flash.crc = crc;
    m->slot_count = KITH_FLASH_SLOTS(m->flash.sector_count, bonds + SPARE);
    m->slots = calloc(m->slot_count, sizeof *m->slots);
    must(m->slots != NULL, "no memory");
    must(kith_flash_log_init(&m->log, &m->flash, &m->store) == KITH_OK, "no such geometry");
    kith_flash_log_index(&m->log, m->slots, m->slot_count);
}

static void close_log(medium *m)
{
    kith_flash_file_close(&m->file);
    free(m->slots);
}

static void open_sqlite(medium *m, uint32_t bonds)
{
    (void)bonds;
    must(kith_sqlite_store_open(&m->sqlite, path, KITH_SQLITE_STORE_MAKE) == KITH_OK, "no database");
    m->store = m->sqlite.store;
}

static void close_sqlite(medium *m)
{
    kith_sqlite_store_close(&m->sqlite);
}

typedef struct {
    const char *name;
    void (*open)(medium *m, uint32_t bonds);
    void (*close)(medium *m);
} kind;

static const kind kinds[] = {{"flash log", open_log, close_log}, {"SQLite", open_sqlite, close_sqlite}};

static bool is_sqlite(const kind *k)
{
    return k->open == open_sqlite;
}

/* ---- a start ---- */

typedef struct {
    double start_ns, copy_ns, identity_ns, ediv_ns;
    uint64_t octets_read, on_disk;
    size_t host, store;
    uint32_t items;
} figures;

static kith_host *make_host(const kith_store *store, const kith_crypto_port *crypto, uint32_t bonds, size_t *size)
{
    kith_config config;
    kith_host *host;
    void *memory;

    kith_config_default(&config);
    config.limits.bonds = bonds + SPARE;
    config.crypto = crypto;
    config.store = store;
    config.security.methods = kith_sc_methods;
    *size = kith_host_size(&config.limits);
    memory = calloc(1, *size);
    must(memory != NULL, "no memory");
    must(kith_host_init(memory, *size, &config, &host) == KITH_OK, "no host");
    return host;
}

static bool is_loaded(kith_host *host)
{
    bool loaded = false;
    kith_event event;

    while (kith_host_next_event(host, &event)) {
        must(event.kind != KITH_EVENT_START_FAILED, "does not start");
        loaded |= event.kind == KITH_EVENT_STORE_LOADED;
    }
    return loaded;
}

static void start(kith_host *host, figures *f)
{
    double begun = now_ns();
    kith_work work;

    f->items = 0;
    must(kith_host_start(host, 0) == KITH_OK, "does not start");
    do {
        must(kith_host_take_work(host, &work), "nothing to do");
        kith_work_run(&work);
        must(kith_host_finish_work(host, &work, 0) == KITH_OK, "does not take work back");
        f->items++;
    } while (!is_loaded(host));
    f->start_ns = now_ns() - begun;
}

static void look(const kith_host *host, uint32_t bonds, figures *f)
{
    double begun = now_ns();
    kith_peer_id peer = 0;

    for (uint32_t i = 0; i < LOOKS; i++) {
        kith_address address = identity_of(1 + i * 7919u % bonds);

        must(kith_bonds_of_address(host, &address, &peer) == KITH_OK, "not found");
        seen += peer;
    }
    f->identity_ns = (now_ns() - begun) / LOOKS;
    begun = now_ns();
    for (uint32_t i = 0; i < LOOKS; i++)
        seen += (uintptr_t)peers_by_ediv(&host->bonds, &host->own, (uint16_t)(i | 1), mixed(i)); /* whom nobody knows */
    f->ediv_ns = (now_ns() - begun) / LOOKS;
}

static double copy_ns(size_t len)
{
    uint8_t *from = malloc(len), *to = malloc(len);
    double best = 1e18;

    must(from != NULL && to != NULL, "no memory");
    memset(from, 1, len);
    for (int i = 0; i < STARTS; i++) {
        double begun = now_ns();

        memcpy(to, from, len);
        __asm__ volatile("" : : "r"(to) : "memory");
        if (now_ns() - begun < best)
            best = now_ns() - begun;
    }
    free(from);
    free(to);
    return best;
}

static figures measure_once(const kind *k, uint32_t bonds, const kith_crypto_port *crypto)
{
    static medium m;
    figures f = {0};
    kith_host *host;

    memset(&m, 0, sizeof m);
    m.syncs = true;
    k->open(&m, bonds);
    host = make_host(&m.store, crypto, bonds, &f.host);
    start(host, &f);
    must(kith_bonds_count(host) == bonds, "bonds are missing");
    f.octets_read = m.octets_read;
    f.store = is_sqlite(k) ? (size_t)sqlite3_memory_used() : m.slot_count * sizeof *m.slots + sizeof m.file;
    look(host, bonds, &f);
    k->close(&m);
    free(host);
    return f;
}

/* The disk is not waited for while it is filled. */
static void make(const kind *k, uint32_t bonds)
{
    static medium m;
    kith_store_state state;

    memset(&m, 0, sizeof m);
    k->open(&m, bonds);
    must(m.store.open(m.store.context, &state) == KITH_OK, "does not open");
    if (is_sqlite(k))
        must(sqlite3_exec(m.sqlite.database, "PRAGMA synchronous=OFF", NULL, NULL, NULL) == SQLITE_OK, "no pragma");
    fill(&m.store, bonds);
    k->close(&m);
}

static uint64_t size_on_disk(const kind *k, uint32_t bonds)
{
    struct stat file;

    must(stat(path, &file) == 0, "no file");
    return is_sqlite(k) ? (uint64_t)file.st_size : bonds * UINT64_C(70); /* of the log's what is written */
}

/* The best of some: other programs of this machine take their part. */
static void print_row(const kind *k, uint32_t bonds, const kith_crypto_port *crypto)
{
    figures best = {.start_ns = 1e18};

    (void)unlink(path);
    make(k, bonds);
    for (int i = 0; i < STARTS; i++) {
        figures f = measure_once(k, bonds, crypto);

        if (f.start_ns < best.start_ns)
            best = f;
    }
    best.on_disk = size_on_disk(k, bonds);
    best.copy_ns = copy_ns(best.on_disk);
    printf("%-9s %6u %9llu %9llu %7.3f %7.0f %7u %8.0f %8.0f %10zu %9zu %7.1f\n", k->name, (unsigned)bonds,
           (unsigned long long)best.on_disk, (unsigned long long)best.octets_read, best.start_ns / bonds / 1000,
           best.start_ns / best.copy_ns, (unsigned)best.items, best.identity_ns, best.ediv_ns, best.host, best.store,
           (double)(best.host + best.store) / bonds);
    must(unlink(path) == 0, "no file");
}

int main(void)
{
    char folder[] = "/tmp/kith-bench-XXXXXX";
    kith_crypto_port crypto;

    must(mkdtemp(folder) != NULL, "no folder");
    (void)snprintf(path, sizeof path, "%s/bonds", folder);
    must(kith_openssl_port(&crypto) == KITH_OK, "no crypto");
    printf("%-9s %6s %9s %9s %7s %7s %7s %8s %8s %10s %9s %7s\n", "", "", "octets", "octets", "start:", "start/",
           "work", "identity", "EDIV", "RAM: host", "store", "a bond");
    printf("%-9s %6s %9s %9s %7s %7s %7s %8s %8s %10s %9s %7s\n", "store", "bonds", "on disk", "read", "us/bond",
           "memcpy", "items", "ns", "ns", "octets", "octets", "octets");
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (uint32_t bonds = 10; bonds <= 100000; bonds *= 10)
            print_row(&kinds[k], bonds, &crypto);
    (void)rmdir(folder);
    return 0;
}
