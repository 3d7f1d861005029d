/* A crypto port that keeps P-256 keys itself, with a ledger: every key is used while it is alive, and destroyed once.
 */
#ifndef SCENARIO_OPAQUE_CRYPTO_H
#define SCENARIO_OPAQUE_CRYPTO_H

#include "cast.h"

enum { OPAQUE_KEYS = 64 };

typedef struct {
    bool alive;
    uint8_t handle[32];
    uint8_t scalar[32]; /* toy: what a secure element would hold */
} opaque_key;

typedef struct {
    cast_random random; /* first: the context of the port underneath */
    kith_crypto_port real;
    bool toy; /* keys of the toy curve in the ledger, else in PSA */
    opaque_key keys[OPAQUE_KEYS];
    unsigned made, alive, most;
    kith_status makes, agrees; /* what the next ones answer, if not KITH_OK */
} opaque_crypto;

/* From now on host uses a port that keeps its keys; before it is started. */
void opaque_crypto_join(opaque_crypto *o, cast_host *host, bool toy);

#endif
