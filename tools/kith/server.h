/* A lamp, or a table of somebody's own, on a live controller. */
#ifndef TOOLS_SERVER_H
#define TOOLS_SERVER_H

#include "link_options.h"
#include "table_server.h"

typedef struct {
    link_options link;
    const char *name;
    uint32_t window_s; /* 0: pairing stays closed, or is asked for */
    uint16_t mtu;
    table *table; /* NULL: the lamp */
    table_repeat repeats[TABLE_SERVER_NOTIFY];
    size_t repeat_count;
} server_options;

enum { SERVER_NAME_MAX = 248, SERVER_MTU = 247 };

void server_options_init(server_options *options);

/* Serves until stop_take() says so.  Returns an exit status. */
int server_run(const server_options *options);

/* A lamp of this name (context) as somebody else's counterpart: a private_room_guest. */
int server_as_guest(const void *name, int fd, const char *store);

#endif
