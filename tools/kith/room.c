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

bool room_open(room *r, uint64_t seed, const char *folder)
{
    kith_sim_config config = {.seed = seed, .crypto = &r->crypto};
    kith_status status;

    memset(r, 0, sizeof *r);
    r->seed = seed;
    status = kith_openssl_port(&r->crypto);
    if (status == KITH_OK)
        status = kith_sim_new(&config, &r->sim);
    if (status != KITH_OK)
        return complain("the virtual radio did not start", kith_status_name(status));
    kith_stage_init(&r->stage, r->sim);
    return folder == NULL || open_captures(r, folder);
}

static bool make_host(room *r, room_host *h, kith_config *config)
{
    size_t size = kith_host_size(&config->limits);
    kith_status status;

    h->crypto = r->crypto;
    h->random_state = r->seed * 1000003u + r->count;
    h->crypto.random = seeded;
    h->crypto.context = &h->random_state;
    config->crypto = &h->crypto;
    h->memory = calloc(size / sizeof *h->memory + 1, sizeof *h->memory);
    if (h->memory == NULL)
        return complain(h->name, "no memory");
    status = kith_host_init(h->memory, size, config, &h->host);
    if (status == KITH_OK)
        status = kith_stage_add(&r->stage, h->host, h->device);
    if (status == KITH_OK)
        status = kith_host_start(h->host, kith_stage_now(&r->stage));
    return status == KITH_OK || complain(h->name, kith_status_name(status));
}

bool room_add(room *r, const char *name, kith_config *config, const char *folder)
{
    room_host *h = &r->hosts[r->count];
    uint8_t address[6] = {0, 0x4b, 0x49, 0x54, 0x48, 0};

    address[0] = (uint8_t)(r->count + 1);
    h->name = name;
    if (r->count == ROOM_HOSTS || kith_sim_add(r->sim, address, &h->device) != KITH_OK)
        return complain(name, "no room for its controller");
    r->count++;
    if (folder != NULL) {
        h->btsnoop = open_in(folder, name, "btsnoop");
        if (h->btsnoop == NULL || kith_sim_btsnoop(r->sim, h->device, h->btsnoop) != KITH_OK)
            return false;
    }
    return make_host(r, h, config);
}

static bool close_capture(FILE *file)
{
    bool failed;

    if (file == NULL)
        return true;
    failed = ferror(file) != 0;
    return fclose(file) == 0 && !failed;
}

bool room_close(room *r)
{
    bool whole = true;

    kith_sim_free(r->sim);
    for (size_t i = 0; i < r->count; i++) {
        room_host *h = &r->hosts[i];

        if (h->host != NULL)
            kith_host_erase(h->host);
        free(h->memory);
        whole &= close_capture(h->btsnoop);
    }
    whole &= close_capture(r->air);
    whole &= close_capture(r->decrypted);
    return whole || complain("a capture could not be written whole", strerror(errno));
}
