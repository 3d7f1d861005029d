/* Where the examples run: devices on the virtual radio, each with a button, a light, and a flash that keeps its bonds.
 * On a board, the main loop does this: packets, work, time and events to and fro. */
#ifndef EXAMPLES_ROOM_H
#define EXAMPLES_ROOM_H

#include "kith/kith.h"
#include "kith/port/flash_file.h"
#include "kith/port/pump.h"
#include "kith/port/stage.h"

enum { ROOM_DEVICES = 4 };

typedef struct {
    void *self;
    const char *name;
    kith_host *(*power_on)(void *self, const kith_crypto_port *crypto, const kith_store *store); /* NULL: it failed */
    void (*on_event)(void *self, const kith_event *event); /* NULL, too: for a program that waits, room_pump() */
    void (*turn)(void *self, uint64_t now_us);             /* 20 times a second; may be NULL */
} room_device;

typedef struct {
    const room_device *device;
    int radio;
    struct room *room;
    size_t number; /* on the stage */
    bool on;
    kith_host *host;
    kith_flash_file file;
    kith_flash_log log;
    kith_store store;
} room_place;

typedef struct room {
    struct kith_sim *air;
    kith_crypto_port crypto;
    kith_stage stage;
    size_t count;
    room_place places[ROOM_DEVICES];
    char folder[32];
} room;

/* Each ends the program with a sentence where it can't do what it says. */
void room_open(room *r, uint64_t seed);
void room_close(room *r);

/* A place with a controller of this public address; keeps_bonds: it has a flash.  Switched on. */
size_t room_add(room *r, const room_device *device, const uint8_t address[6], bool keeps_bonds);
void room_power_off(room *r, size_t place); /* at once, as when the battery is taken out */
void room_power_on(room *r, size_t place);

/* What moves the host of this place for a program that waits (kith/port/blocking.h), and all others beside it.  One
 * such program can be in a room.  The host has been started. */
void room_pump(room *r, size_t place, kith_pump *pump);
void room_run(room *r, uint64_t for_us);
uint64_t room_now(const room *r);

#endif
