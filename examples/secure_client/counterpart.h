/* What secure_client meets on the virtual radio: a server with a display, and one value that counts how often it was
 * read, for peers that typed what the display showed. */
#ifndef EXAMPLES_SECURE_CLIENT_COUNTERPART_H
#define EXAMPLES_SECURE_CLIENT_COUNTERPART_H

#include "kith/kith.h"

typedef struct {
    kith_host *host;
    uint32_t shown; /* UINT32_MAX: nothing */
    unsigned reads;
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 247, 8) + KITH_HOST_SIZE_SERVER(1, 4, 1, 0, 0)];
} counterpart;

void counterpart_configure(kith_config *config); /* all but crypto and store */
kith_host *counterpart_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store);
void counterpart_on_event(void *self, const kith_event *event);

#endif
