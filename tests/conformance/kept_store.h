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

#endif
