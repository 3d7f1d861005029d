/* Devices on the virtual radio: the main loop of every example. */
#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kith/port/openssl.h"
#include "sim/sim.h"

enum { TURN_US = 50000 };

static void must(kith_status status, const char *what)
{
    if (status == KITH_OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, kith_status_name(status));
    exit(EXIT_FAILURE);
}

void room_open(room *r, uint64_t seed)
{
    kith_sim_config config = {.seed = seed, .crypto = &r->crypto};

    memset(r, 0, sizeof *r);
    must(kith_openssl_port(&r->crypto), "cryptography");
    must(kith_sim_new(&config, &r->air), "the virtual radio");
    kith_stage_init(&r->stage, r->air);
    (void)strcpy(r->folder, "/tmp/kith-room-XXXXXX");
    must(mkdtemp(r->folder) != NULL ? KITH_OK : KITH_ERR_IO, r->folder);
}

static void path_of(const room *r, size_t place, char path[64])
{
    (void)snprintf(path, 64, "%s/%zu.kith", r->folder, place);
}

void room_close(room *r)
{
    char path[64];

    for (size_t i = 0; i < r->count; i++) {
        if (r->places[i].on)
            room_power_off(r, i);
        path_of(r, i, path);
        (void)unlink(path);
    }
    (void)rmdir(r->folder);
    kith_sim_free(r->air);
}

static void open_store(room *r, size_t place)
{
    room_place *p = &r->places[place];
    char path[64];

    path_of(r, place, path);
    must(kith_flash_file_open(&p->file, path, KITH_FLASH_FILE_MAKE), path);
    must(kith_flash_log_init(&p->log, &p->file.flash, &p->store), path);
}

void room_power_on(room *r, size_t place)
{
    room_place *p = &r->places[place];
    bool keeps = p->store.context != NULL;

    if (keeps)
        open_store(r, place);
    p->host = p->device->power_on(p->device->self, &r->crypto, keeps ? &p->store : &kith_volatile_store);
    must(p->host != NULL ? KITH_OK : KITH_ERR_VALUE, p->device->name);
    p->number = r->stage.count;
    kith_sim_set_out_of_range(r->air, p->radio, false);
    must(kith_stage_add(&r->stage, p->host, p->radio), p->device->name);
    must(kith_host_start(p->host, room_now(r)), p->device->name);
    p->on = true;
}

size_t room_add(room *r, const room_device *device, const uint8_t address[6], bool keeps_bonds)
{
    size_t place = r->count++;
    room_place *p = &r->places[place];

    must(place < ROOM_DEVICES ? KITH_OK : KITH_ERR_FULL, "the room");
    p->device = device;
    p->room = r;
    p->store.context = keeps_bonds ? p : NULL; /* until it is opened */
    must(kith_sim_add(r->air, address, &p->radio), device->name);
    room_power_on(r, place);
    return place;
}

void room_power_off(room *r, size_t place)
{
    room_place *p = &r->places[place];

    kith_sim_set_out_of_range(r->air, p->radio, true); /* its radio is off too */
    kith_stage_remove(&r->stage, p->number);
    kith_host_erase(p->host);
    if (p->store.context != NULL)
        kith_flash_file_close(&p->file);
    p->on = false;
}

uint64_t room_now(const room *r)
{
    return kith_stage_now(&r->stage);
}

static room_place *place_of(room *r, size_t number)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->places[i].on && r->places[i].number == number)
            return &r->places[i];
    return NULL;
}

static void turn(const room_place *p)
{
    if (p->on && p->device->turn != NULL)
        p->device->turn(p->device->self, room_now(p->room));
}

static void tell(const room_place *p, const kith_event *event)
{
    turn(p);
    if (p->device->on_event != NULL)
        p->device->on_event(p->device->self, event);
}

/* Until there is an event for him who waits (NULL: nobody), or the time has come.  Everybody has turns meanwhile. */
static bool run_until(room *r, uint64_t until_us, const room_place *waits, kith_event *event)
{
    for (;;) {
        uint64_t next_us = until_us - room_now(r) > TURN_US ? room_now(r) + TURN_US : until_us;
        int who;

        while ((who = kith_stage_next(&r->stage, next_us, event)) >= 0) {
            const room_place *p = place_of(r, (size_t)who);

            if (p != NULL && p == waits)
                return true;
            if (p != NULL)
                tell(p, event);
        }
        for (size_t i = 0; i < r->count; i++)
            turn(&r->places[i]);
        if (room_now(r) >= until_us)
            return false;
    }
}

void room_run(room *r, uint64_t for_us)
{
    kith_event event;

    (void)run_until(r, room_now(r) + for_us, NULL, &event);
}

static kith_pump_result next(void *context, uint64_t until_us, kith_event *event)
{
    const room_place *p = context;
    uint64_t now_us = room_now(p->room);

    return run_until(p->room, until_us > now_us ? until_us : now_us, p, event) ? KITH_PUMP_EVENT : KITH_PUMP_NOTHING;
}

static uint64_t now_of(void *context)
{
    const room_place *p = context;

    return room_now(p->room);
}

void room_pump(room *r, size_t place, kith_pump *pump)
{
    *pump = (kith_pump){.context = &r->places[place], .next = next, .now_us = now_of};
}
