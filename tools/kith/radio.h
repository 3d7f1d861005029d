/* The virtual radio in real time: one room, and a controller for each client that comes. */
#ifndef TOOLS_RADIO_H
#define TOOLS_RADIO_H

#include <stddef.h>
#include <stdint.h>

#include "door.h"
#include "sim/sim.h"

typedef struct {
    const door_plan *doors; /* where clients come in */
    size_t door_count;
    const char *pcap;      /* capture as on air; NULL: none */
    const char *decrypted; /* the same in plain; NULL: none */
    const char *btsnoop;   /* "X": X-1.btsnoop for client 1 and so on; NULL: none */
    uint64_t seed;
    const kith_sim_limits *limits; /* of every client's controller; NULL: the default ones */
} radio_options;

/* Serves until stop_take() says so.  Returns an exit status. */
int radio_serve(const radio_options *options);

/* Serves a room, with a crowd of so many in it, to these connected descriptors, which are closed in the end, and to
 * nobody else; prints nothing.
 * Returns an exit status when fds[0] has gone; the others then see the end of their streams. */
int radio_serve_private(const int *fds, size_t count, unsigned crowd, uint64_t seed);

#endif
