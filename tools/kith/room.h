/* A room with hosts in it, for the commands that tell stories: the virtual radio, seeded randomness, and one
 * block of memory for each host. */
#ifndef TOOLS_ROOM_H
#define TOOLS_ROOM_H

#include "kith/kith.h"
#include "kith/port/stage.h"
#include "sim/sim.h"
#include "store_file.h"

enum { ROOM_HOSTS = 4, ROOM_PATH = 512 };

typedef struct {
    const char *name; /* NULL: never switched on */
    kith_host *host;  /* NULL: off */
    uint64_t *memory;
    kith_crypto_port crypto;
    uint64_t random_state;
    kith_sim_device device;
    int number; /* on the stage */
    FILE *btsnoop;
    bool has_store;
    store_file store;
    char store_path[ROOM_PATH];
} room_host;

typedef struct {
    kith_sim *sim;
    kith_stage stage;
    kith_crypto_port crypto; /* of the radio */
    uint64_t seed;
    FILE *air, *decrypted;
    const char *folder;        /* for captures and stores; NULL: stores go to a temporary one, captures nowhere */
    char temporary[ROOM_PATH]; /* empty: there is none */
    room_host hosts[ROOM_HOSTS];
} room;

/* Opens a room.  folder: where its captures go (made if need be); NULL: none are written.
 * false, and a sentence was printed. */
bool room_open(room *r, uint64_t seed, const char *folder);

/* Switches a host on.  The first time it gets a controller of its own and, if it shall keep bonds, an empty store;
 * later it finds both as they were left.  config->crypto and config->store are set here.  false, and a sentence was
 * printed. */
bool room_power_on(room *r, size_t who, const char *name, kith_config *config, bool keeps_bonds);

/* Takes the power away at once: what was in memory is gone. */
void room_power_off(room *r, size_t who);

/* Which host has this number on the stage; -1: none. */
int room_who(const room *r, int number);

/* Ends everything; false: a capture could not be written whole, and a sentence was printed. */
bool room_close(room *r);

#endif
