/* One client of the live radio: a stream of H4 packets and the controller at its other end. */
#ifndef TOOLS_RADIO_CLIENT_H
#define TOOLS_RADIO_CLIENT_H

#include "door.h"
#include "live_capture.h"
#include "sim/sim.h"

enum { RADIO_SNOOP_PATH = 512 };

typedef struct {
    kith_sim *sim;
    const char *btsnoop;           /* as in radio_options */
    const kith_sim_limits *limits; /* as in radio_options */
    bool silent;                   /* nothing is printed */
} radio_house;

typedef struct {
    unsigned number; /* from 1, never used again */
    const radio_house *house;
    door *came_by; /* NULL: it was there from the start */
    kith_sim_device device;
    live_capture snoop;
    char snoop_path[RADIO_SNOOP_PATH];
    unsigned lost_step;       /* how often */
    uint64_t unread_since_us; /* monotonic; 0: it takes what it gets */
    const char *end;          /* why it has to go, "": it has gone by itself, NULL: it stays */
    kith_posix_stream stream;
} radio_client;

/* A client for the connection fd, which is closed if this fails.  NULL, and a sentence was printed. */
radio_client *radio_client_new(const radio_house *house, unsigned number, int fd);

/* Takes its controller away, closes and frees everything.  false: its capture is not whole. */
bool radio_client_free(radio_client *client);

/* Is there room for what it may be told?  One who does not read is not heard either. */
bool radio_client_has_room(const radio_client *client);

/* Reads once and gives its controller all whole packets. */
void radio_client_hear(radio_client *client);

/* Writes what its controller has for it, as far as it takes it.  Then it may have an end. */
void radio_client_tell(radio_client *client);

#endif
