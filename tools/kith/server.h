/* A lamp on a live controller. */
#ifndef TOOLS_SERVER_H
#define TOOLS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *hci; /* as kith_posix_open() wants it */
    const char *name;
    const char *btsnoop; /* NULL: none */
    uint32_t window_s;   /* 0: pairing stays closed */
    bool json, show_keys;
} server_options;

enum { SERVER_NAME_MAX = 248 };

/* Serves until stop_take() says so.  Returns an exit status. */
int server_run(const server_options *options);

#endif
