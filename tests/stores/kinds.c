/* Every store there is. */
#include "kinds.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- how each is taken ---- */

static kith_status take_volatile(place *p)
{
    p->store = &kith_volatile_store;
    return KITH_OK;
}

static kith_status take_memory_flash(place *p)
{
    p->store = &p->on_flash;
    return kith_flash_log_init(&p->log, &p->flash.port, &p->on_flash);
}

static kith_status take_flash_file(place *p)
{
    kith_status status = kith_flash_file_open(&p->file, p->path, KITH_FLASH_FILE_MAKE);

    p->store = &p->on_flash;
    return status == KITH_OK ? kith_flash_log_init(&p->log, &p->file.flash, &p->on_flash) : status;
}

static kith_status take_sqlite(place *p)
{
    p->store = &p->sqlite.store;
    return kith_sqlite_store_open(&p->sqlite, p->path, KITH_SQLITE_STORE_MAKE);
}

static kith_status take_json(place *p)
{
    p->store = &p->json.store;
    return kith_json_store_open(&p->json, p->path, KITH_JSON_STORE_MAKE);
}

static kith_status take_sealed(place *p)
{
    static const uint8_t secret[16] = {1, 2, 3, 4, 5};
    const kith_sealed_config config = {.inner = &p->on_flash, .crypto = &p->port, .generation = 1};
    kith_status status = kith_openssl_port(&p->port);

    memset(&p->keys, 0, sizeof p->keys);
    if (status == KITH_OK)
        status = kith_device_keys_add(&p->keys, &p->port, 1, secret, sizeof secret);
    if (status == KITH_OK)
        status = kith_flash_log_init(&p->log, &p->flash.port, &p->on_flash);
    p->store = &p->on_seal;
    return status == KITH_OK ? kith_sealed_store_init(&p->sealed, &config, &p->on_seal) : status;
}

static void let_go_of_json(place *p)
{
    kith_json_store_close(&p->json);
}

static void let_go_of_nothing(place *p)
{
    (void)p;
}

static void let_go_of_flash_file(place *p)
{
    kith_flash_file_close(&p->file);
}

static void let_go_of_sqlite(place *p)
{
    kith_sqlite_store_close(&p->sqlite);
}

const store_kind store_kinds[] = {
    {"volatile", false, true, AS_THEY_ARE, KITH_STORED_MAX, take_volatile, let_go_of_nothing},
    {"flash log in memory", true, false, AS_THEY_ARE, KITH_STORED_MAX, take_memory_flash, let_go_of_nothing},
    {"flash log in a file", true, true, AS_THEY_ARE, KITH_STORED_MAX, take_flash_file, let_go_of_flash_file},
    {"sealed flash log", true, false, SEALED, KITH_RECORD_MAX, take_sealed, let_go_of_nothing},
    {"JSON file", true, true, IN_HEX, KITH_STORED_MAX, take_json, let_go_of_json},
    {"SQLite", true, true, AS_THEY_ARE, KITH_STORED_MAX, take_sqlite, let_go_of_sqlite},
};
const size_t store_kind_count = sizeof store_kinds / sizeof store_kinds[0];

/* ---- places ---- */

void place_make(place *p, const store_kind *kind)
{
    static const sim_flash_geometry geometry = {4096, 16, 4, 0xff, true};

    memset(p, 0, sizeof *p);
    p->kind = kind;
    /* No disk is needed: no power fails here. */
    (void)snprintf(p->folder, sizeof p->folder, "%s/kith-stores-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(p->folder));
    (void)snprintf(p->path, sizeof p->path, "%s/bonds", p->folder);
    assert_true(sim_flash_new(&p->flash, &geometry));
}

void place_destroy(place *p)
{
    char command[64];

    place_close(p);
    assert_int_equal(p->flash.counts.mistakes, 0);
    sim_flash_free(&p->flash);
    (void)snprintf(command, sizeof command, "rm -rf %s", p->folder);
    assert_int_equal(system(command), 0);
}

kith_status place_open(place *p)
{
    kith_status status = p->kind->take(p);

    if (status != KITH_OK) {
        p->store = NULL;
        return status;
    }
    return p->store->open(p->store->context, &p->state);
}

void place_close(place *p)
{
    if (p->store != NULL)
        p->kind->let_go(p);
    p->store = NULL;
}

void place_restart(place *p)
{
    place_close(p);
    assert_int_equal(place_open(p), KITH_OK);
}

/* ---- records ---- */

/* No eight octets of one are those of another. */
kith_record place_record(uint8_t kind, uint32_t id, uint32_t fill, uint16_t len)
{
    kith_record record = {.kind = kind, .len = len, .id = id};
    sim_rng rng;

    sim_rng_seed(&rng, (uint64_t)id << 32 | fill, kind);
    for (uint16_t i = 0; i < len; i++)
        record.octets[i] = (uint8_t)(1 + sim_rng_below(&rng, 254)); /* neither of flash's own octets */
    return record;
}

kith_status place_put(place *p, uint8_t kind, uint32_t id, uint32_t fill, uint16_t len)
{
    kith_record record = place_record(kind, id, fill, len);

    return p->store->put(p->store->context, &record, &p->state);
}

kith_status place_remove(place *p, uint8_t kind, uint32_t id)
{
    return p->store->remove(p->store->context, kind, id, &p->state);
}

/* A store that finds one record by itself finds what reading all of them ends with. */
static void expect_found(place *p, uint8_t kind, uint32_t id, kith_status walked, const kith_record *last)
{
    kith_record found = {.kind = kind, .id = id};

    assert_int_equal(p->store->get(p->store->context, &found), walked);
    if (walked != KITH_OK)
        return;
    assert_true(found.kind == kind && found.id == id && !found.removed && found.len == last->len);
    assert_memory_equal(found.octets, last->octets, last->len);
}

kith_status place_get(place *p, uint8_t kind, uint32_t id, kith_record *out)
{
    kith_status status, found = KITH_ERR_NOT_FOUND;
    kith_record record;
    uint32_t cursor = 0;

    while ((status = p->store->read(p->store->context, &cursor, &record)) == KITH_OK)
        if (record.kind == kind && record.id == id) {
            found = record.removed ? KITH_ERR_NOT_FOUND : KITH_OK;
            *out = record;
        }
    if (status == KITH_ERR_NOT_FOUND && p->store->get != NULL)
        expect_found(p, kind, id, found, out);
    return status == KITH_ERR_NOT_FOUND ? found : status;
}

bool place_holds(place *p, uint8_t kind, uint32_t id, uint32_t fill, uint16_t len)
{
    kith_record wanted = place_record(kind, id, fill, len), is;

    return place_get(p, kind, id, &is) == KITH_OK && is.len == len && memcmp(is.octets, wanted.octets, len) == 0;
}

bool place_lacks(place *p, uint8_t kind, uint32_t id)
{
    kith_record is;

    return place_get(p, kind, id, &is) == KITH_ERR_NOT_FOUND;
}

uint32_t place_count(place *p)
{
    uint32_t cursor = 0, count = 0;
    kith_record record, is;
    kith_status status;

    while ((status = p->store->read(p->store->context, &cursor, &record)) == KITH_OK) {
        uint32_t later = cursor;
        bool is_last = true;

        while (p->store->read(p->store->context, &later, &is) == KITH_OK)
            is_last = is_last && (is.kind != record.kind || is.id != record.id);
        count += is_last && !record.removed;
    }
    assert_int_equal(status, KITH_ERR_NOT_FOUND);
    return count;
}

/* ---- octets ---- */

static bool is_in(const uint8_t *all, size_t size, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i + len <= size; i++)
        if (all[i] == octets[0] && memcmp(all + i, octets, len) == 0)
            return true;
    return false;
}

static bool is_in_file(const char *folder, const char *name, const uint8_t *octets, size_t len)
{
    char path[320];
    uint8_t *all;
    long size;
    bool found;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    size = ftell(f);
    rewind(f);
    all = malloc((size_t)size + 1);
    assert_non_null(all);
    assert_int_equal(fread(all, 1, (size_t)size, f), size);
    found = is_in(all, (size_t)size, octets, len);
    free(all);
    assert_int_equal(fclose(f), 0);
    return found;
}

/* As they are written in the medium; how many characters. */
static size_t as_written(const place *p, const uint8_t *octets, size_t len, uint8_t out[2 * KITH_STORED_MAX])
{
    static const char digits[] = "0123456789abcdef";

    if (p->kind->form != IN_HEX) {
        memcpy(out, octets, len);
        return len;
    }
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = (uint8_t)digits[octets[i] >> 4];
        out[2 * i + 1] = (uint8_t)digits[octets[i] & 15];
    }
    return 2 * len;
}

/* Closing a file would end this program's locks of it, but those are another kind than the one that keeps others out.
 */
bool place_finds(place *p, const uint8_t *octets, size_t len)
{
    DIR *folder;
    struct dirent *entry;
    uint8_t written[2 * KITH_STORED_MAX];
    size_t size = as_written(p, octets, len, written);
    bool found = false;

    if (!p->kind->is_files)
        return is_in(sim_flash_octets(&p->flash), sim_flash_size(&p->flash), written, size);
    folder = opendir(p->folder);
    assert_non_null(folder);
    while (!found && (entry = readdir(folder)) != NULL)
        found = entry->d_name[0] != '.' && is_in_file(p->folder, entry->d_name, written, size);
    (void)closedir(folder);
    return found;
}

uint64_t stores_seed(uint64_t otherwise)
{
    const char *again = getenv("KITH_SEED");
    uint64_t seed = again != NULL ? strtoull(again, NULL, 10) : otherwise;

    fprintf(stderr, "seed %llu (again: KITH_SEED)\n", (unsigned long long)seed);
    return seed;
}
