/* A room with hosts in it.  Its randomness is a seeded generator, so that a story can be told twice: good for a
 * simulation and for nothing else. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kith/port/openssl.h"
#include "room.h"

/* SplitMix64.  Not a source of secrets. */
static kith_status seeded(void *context, uint8_t *out, size_t len)
{
    uint64_t *state = context;

    for (size_t i = 0; i < len; i++) {
        uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = (uint8_t)(z >> 56 ^ z >> 24);
    }
    return KITH_OK;
}

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "kith: %s: %s\n", what, why);
    return false;
}

static FILE *open_in(const char *folder, const char *name, const char *extension)
{
    char path[512];
    FILE *file;

    if (snprintf(path, sizeof path, "%s/%s.%s", folder, name, extension) >= (int)sizeof path) {
        complain(folder, "the name is too long");
        return NULL;
    }
    file = fopen(path, "wb");
    if (file == NULL)
        complain(path, strerror(errno));
    return file;
}

static bool open_captures(room *r, const char *folder)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return complain(folder, strerror(errno));
    r->air = open_in(folder, "air", "pcap");
    r->decrypted = open_in(folder, "air-decrypted", "pcap");
    return r->air != NULL && r->decrypted != NULL && kith_sim_capture(r->sim, r->air, false) == KITH_OK &&
           kith_sim_capture(r->sim, r->decrypted, true) == KITH_OK;
}

static bool open_folder(room *r)
{
    const char *base = getenv("TMPDIR");

    if (r->folder != NULL)
        return open_captures(r, r->folder);
    if (snprintf(r->temporary, sizeof r->temporary, "%s/kith-XXXXXX", base != NULL ? base : "/tmp") <
            (int)sizeof r->temporary &&
        mkdtemp(r->temporary) != NULL)
        return true;
    complain(r->temporary, strerror(errno));
    r->temporary[0] = '\0';
    return false;
}

bool room_open(room *r, uint64_t seed, const char *folder)
{
    kith_sim_config config = {.seed = seed, .crypto = &r->crypto};
    kith_status status;

    memset(r, 0, sizeof *r);
    r->seed = seed;
    r->folder = folder;
    status = kith_openssl_port(&r->crypto);
    if (status == KITH_OK)
        status = kith_sim_new(&config, &r->sim);
    if (status != KITH_OK)
        return complain("the virtual radio did not start", kith_status_name(status));
    kith_stage_init(&r->stage, r->sim);
    return open_folder(r);
}

static bool add_controller(room *r, size_t who)
{
    room_host *h = &r->hosts[who];
    uint8_t address[6] = {(uint8_t)(who + 1), 0x4b, 0x49, 0x54, 0x48, 0};

    if (kith_sim_add(r->sim, address, &h->device) != KITH_OK)
        return complain(h->name, "no room for its controller");
    if (r->folder == NULL)
        return true;
    h->btsnoop = open_in(r->folder, h->name, "btsnoop");
    return h->btsnoop != NULL && kith_sim_btsnoop(r->sim, h->device, h->btsnoop) == KITH_OK;
}

/* A story begins with empty stores, whatever an earlier one left. */
static bool make_store(room *r, room_host *h)
{
    const char *folder = r->folder != NULL ? r->folder : r->temporary;

    if (snprintf(h->store_path, sizeof h->store_path, "%s/%s.kith", folder, h->name) >= (int)sizeof h->store_path)
        return complain(folder, "the name is too long");
    (void)remove(h->store_path);
    h->has_store = true;
    return true;
}

static bool make_host(room *r, room_host *h, kith_config *config)
{
    size_t size = kith_host_size(&config->limits);
    kith_status status;

    h->crypto = r->crypto;
    h->crypto.random = seeded;
    h->crypto.context = &h->random_state;
    config->crypto = &h->crypto;
    config->store = h->has_store ? &h->store.store : &kith_volatile_store;
    h->memory = calloc(size / sizeof *h->memory + 1, sizeof *h->memory);
    if (h->memory == NULL)
        return complain(h->name, "no memory");
    status = kith_host_init(h->memory, size, config, &h->host);
    if (status == KITH_OK)
        status = kith_stage_add(&r->stage, h->host, h->device);
    if (status == KITH_OK)
        status = kith_host_start(h->host, kith_stage_now(&r->stage));
    h->number = (int)r->stage.count - 1;
    return status == KITH_OK || complain(h->name, kith_status_name(status));
}

bool room_power_on(room *r, size_t who, const char *name, kith_config *config, bool keeps_bonds)
{
    room_host *h = &r->hosts[who];

    if (h->name == NULL) {
        h->name = name;
        h->random_state = r->seed * 1000003u + who + 1;
        if (!add_controller(r, who) || (keeps_bonds && !make_store(r, h)))
            return false;
    }
    if (h->has_store && !store_file_open(&h->store, h->store_path, KITH_FLASH_FILE_MAKE)) {
        h->has_store = false;
        return false;
    }
    return make_host(r, h, config);
}

void room_power_off(room *r, size_t who)
{
    room_host *h = &r->hosts[who];

    if (h->host == NULL)
        return;
    kith_stage_remove(&r->stage, (size_t)h->number);
    kith_host_erase(h->host);
    free(h->memory);
    h->host = NULL;
    h->memory = NULL;
    if (h->has_store)
        store_file_close(&h->store);
}

int room_who(const room *r, int number)
{
    for (int i = 0; i < ROOM_HOSTS; i++)
        if (r->hosts[i].host != NULL && r->hosts[i].number == number)
            return i;
    return -1;
}

static bool close_capture(FILE *file)
{
    bool failed;

    if (file == NULL)
        return true;
    failed = ferror(file) != 0;
    return fclose(file) == 0 && !failed;
}

static void remove_temporary(room *r)
{
    for (size_t i = 0; i < ROOM_HOSTS; i++)
        if (r->hosts[i].has_store)
            (void)remove(r->hosts[i].store_path);
    (void)remove(r->temporary);
}

bool room_close(room *r)
{
    bool whole = true;

    kith_sim_free(r->sim);
    for (size_t i = 0; i < ROOM_HOSTS; i++) {
        room_power_off(r, i);
        whole &= close_capture(r->hosts[i].btsnoop);
    }
    if (r->temporary[0] != '\0')
        remove_temporary(r);
    whole &= close_capture(r->air);
    whole &= close_capture(r->decrypted);
    return whole || complain("a capture could not be written whole", strerror(errno));
}
