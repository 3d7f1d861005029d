/* A store that is only a list of what was put: it outlives the host of a script, which so starts again. */
#ifndef CONFORMANCE_KEPT_STORE_H
#define CONFORMANCE_KEPT_STORE_H

#include "kith/store.h"

enum { KEPT_RECORDS = 64 };

typedef struct {
    kith_record records[KEPT_RECORDS];
    uint32_t count;
} kept_list;
extern kept_list kept; /* empty it before the first start */

extern const kith_store kept_store;

/* The link breaks, and the host starts again with what its store has, and with bench.config as it is by then. */
#define restart() (AT, kept_restart())
void kept_restart(void);

#endif
