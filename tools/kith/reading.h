/* Finds one characteristic of a peer and reads it. */
#ifndef TOOLS_READING_H
#define TOOLS_READING_H

#include "kith/kith.h"
#include "report.h"

enum { READING_SERVICES = 5 };

typedef enum {
    READING_GOES_ON,
    READING_DONE,    /* the value was told */
    READING_NOTHING, /* the peer has no such characteristic */
    READING_FAILED   /* a sentence was printed */
} reading_result;

typedef struct {
    kith_uuid characteristic;
    kith_uuid services[READING_SERVICES]; /* where it is looked for, in this order */
    size_t count, at;
    uint16_t handle;
} reading;

/* what: [SERVICE/]CHARACTERISTIC, UUIDs; NULL: the state of our lamp.  false: it is not that. */
bool reading_init(reading *r, const char *what);

reading_result reading_begin(reading *r, kith_host *host, kith_link link);
reading_result reading_on_event(reading *r, kith_host *host, const report *to, const kith_event *event);

#endif
