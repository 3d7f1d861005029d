/* Finds one characteristic of a peer and reads it. */
#ifndef TOOLS_READING_H
#define TOOLS_READING_H

#include "errand.h"

enum { READING_SERVICES = 5 };

typedef struct {
    kith_uuid characteristic;
    kith_uuid services[READING_SERVICES]; /* where it is looked for, in this order */
    size_t count, at;
    bool is_lamps;
    uint16_t handle;
} reading;

/* what: [SERVICE/]CHARACTERISTIC, UUIDs; NULL: the state of our lamp.  false: it is not that. */
bool reading_init(reading *r, const char *what);

/* Reads it and tells it; a peer without it is no failure. */
extern const errand reading_errand; /* a reading */

#endif
