/* A room with hosts in it, for the commands that tell stories: the virtual radio, seeded randomness, and one
 * block of memory for each host. */
#ifndef TOOLS_ROOM_H
#define TOOLS_ROOM_H

#include "kith/kith.h"
#include "kith/port/stage.h"
#include "sim/sim.h"

enum { ROOM_HOSTS = 4 };

typedef struct {
    const char *name;
    kith_host *host;
    uint64_t *memory;
    kith_crypto_port crypto;
    uint64_t random_state;
    kith_sim_device device;
    FILE *btsnoop;
} room_host;

typedef struct {
    kith_sim *sim;
    kith_stage stage;
    kith_crypto_port crypto; /* of the radio */
    uint64_t seed;
    FILE *air, *decrypted;
    size_t count;
    room_host hosts[ROOM_HOSTS];
} room;

/* Opens a room.  folder: where its captures go (made if need be); NULL: none are written.
 * false, and a sentence was printed. */
bool room_open(room *r, uint64_t seed, const char *folder);

/* Adds a host with a controller of its own and starts it.  config->crypto is set here. */
bool room_add(room *r, const char *name, kith_config *config, const char *folder);

/* Ends everything; false: a capture could not be written whole, and a sentence was printed. */
bool room_close(room *r);

#endif
