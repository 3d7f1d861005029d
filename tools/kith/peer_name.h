/* A peer of a store as people name it: by its number, or by its address. */
#ifndef TOOLS_PEER_NAME_H
#define TOOLS_PEER_NAME_H

#include <argp.h>
#include <stdbool.h>

#include "kith/security.h"

typedef struct {
    const char *text;     /* as it was told; NULL: nobody is meant */
    kith_peer_id peer;    /* 0: address names it */
    kith_address address; /* without its type: an address may be a public and a random one at once */
} peer_name;

/* Or argp's error. */
void peer_name_parse(peer_name *name, const char *text, struct argp_state *state);

bool peer_name_means(const peer_name *name, kith_peer_id peer, const kith_address *identity);

#endif
