/* The virtual radio in real time: one room, and a controller for each client of a socket. */
#ifndef TOOLS_RADIO_H
#define TOOLS_RADIO_H

#include <stdint.h>

typedef struct {
    const char *path;      /* of the socket */
    const char *pcap;      /* capture as on air; NULL: none */
    const char *decrypted; /* the same in plain; NULL: none */
    const char *btsnoop;   /* "X": X-1.btsnoop for client 1 and so on; NULL: none */
    uint64_t seed;
} radio_options;

/* Serves until stop_take() says so.  Returns an exit status. */
int radio_serve(const radio_options *options);

#endif
