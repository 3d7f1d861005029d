/* A secure client that reads from top to bottom: secure_client.c.  Owner: the caller. */
#ifndef EXAMPLES_SECURE_CLIENT_H
#define EXAMPLES_SECURE_CLIENT_H

#include "kith/port/blocking.h"

typedef struct {
    const char *name;                  /* what is looked for */
    kith_uuid service, characteristic; /* what is read there */
    unsigned count;                    /* how often; 0: until it is stopped */
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 247, 8)];
} secure_client;

/* The device and the values of the tutorial this program follows. */
void secure_client_default(secure_client *c);
void secure_client_configure(kith_config *config); /* all but crypto and store */

/* For a room (examples/room), or anybody else who gives it a radio. */
kith_host *secure_client_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store);

/* Finds, connects, secures, reads.  b->call says how it ended. */
kith_call secure_client_run(const secure_client *c, kith_blocking *b);

#endif
