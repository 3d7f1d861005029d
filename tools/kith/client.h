/* One visit to a peer: find it, connect, pair or encrypt, do an errand, leave. */
#ifndef TOOLS_CLIENT_H
#define TOOLS_CLIENT_H

#include "errand.h"
#include "kith/codec/att.h"
#include "link_options.h"

enum { CLIENT_SEARCH_S = 20, CLIENT_MTU = 517 };

/* Which links are secured before anything else goes over them. */
typedef enum {
    CLIENT_SECURES_ALL,
    CLIENT_SECURES_BONDED, /* those whose address claims a bond: that peer has to prove it */
    CLIENT_SECURES_NONE
} client_first;

typedef struct {
    link_options link;
    const char *peer;                             /* as search.h has it */
    const kith_connection_parameters *parameters; /* NULL: the usual ones */
    unsigned timeout_s;                           /* of looking for it */
    bool again;                                   /* pair although a bond stands */
    client_first first;
    bool may_pair;
    kith_gatt_raise raise; /* what a refusal for security leads to */
    uint16_t mtu;          /* the largest; KITH_ATT_DEFAULT_MTU: as links have it, nothing is agreed on */
    const errand *errand;
    void *self; /* the errand's own */
} client_options;

void client_options_init(client_options *options);

/* Returns an exit status. */
int client_run(const client_options *options);

/* A phone that visits the peer of this name (context), as somebody else's counterpart: a private_room_guest. */
int client_as_guest(const void *name, int fd, const char *store);

#endif
