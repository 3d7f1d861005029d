/* One visit to a peer: find it, connect, pair or encrypt, read a value, leave. */
#ifndef TOOLS_CLIENT_H
#define TOOLS_CLIENT_H

#include "link_options.h"

typedef struct {
    link_options link;
    const char *peer;   /* a name or an address */
    const char *read;   /* [SERVICE/]CHARACTERISTIC; NULL: the lamp's state */
    unsigned timeout_s; /* of looking for it */
    bool again;         /* pair although a bond stands */
} client_options;

void client_options_init(client_options *options);

/* Returns an exit status. */
int client_run(const client_options *options);

/* A phone that visits the peer of this name (context), as somebody else's counterpart: a private_room_guest. */
int client_as_guest(const void *name, int fd, const char *store);

#endif
