/* One client of the live radio: a stream of H4 packets and the controller at its other end. */
#ifndef TOOLS_RADIO_CLIENT_H
#define TOOLS_RADIO_CLIENT_H

#include "kith/port/posix.h"
#include "sim/sim.h"

enum { RADIO_SNOOP_PATH = 512 };

typedef struct {
    unsigned number; /* from 1, never used again */
    kith_sim *sim;
    kith_sim_device device;
    FILE *snoop;
    char snoop_path[RADIO_SNOOP_PATH];
    unsigned lost_step;       /* how often */
    uint64_t unread_since_us; /* monotonic; 0: it takes what it gets */
    const char *end;          /* why it has to go, NULL: it stays */
    kith_posix_stream stream;
} radio_client;

/* A client for the connection fd, which is closed if this fails.  btsnoop as in radio_options.
 * NULL, and a sentence was printed. */
radio_client *radio_client_new(kith_sim *sim, unsigned number, int fd, const char *btsnoop);

/* Takes its controller away, closes and frees everything.  false: its capture is not whole. */
bool radio_client_free(radio_client *client);

/* Is there room for what it may be told?  One who does not read is not heard either. */
bool radio_client_has_room(const radio_client *client);

/* Reads once and gives its controller all whole packets. */
void radio_client_hear(radio_client *client);

/* Writes what its controller has for it, as far as it takes it.  Then it may have an end. */
void radio_client_tell(radio_client *client);

#endif
