/* Which attribute somebody means: a handle, a UUID, or a UUID in a service. */
#ifndef TOOLS_WHAT_H
#define TOOLS_WHAT_H

#include <argp.h>

#include "kith/uuid.h"

typedef enum { WHAT_HANDLE, WHAT_UUID, WHAT_IN_SERVICE } what_kind;

typedef struct {
    what_kind kind;
    const char *text; /* as it was told */
    uint16_t handle;
    kith_uuid service, characteristic;
} what;

/* 0x0010 and 16 are handles, of attributes; 2a19 and the long form are UUIDs, of characteristics; so are both sides of
 * 180f/2a19.  Four digits alone are a UUID.  false: it is none of these. */
bool what_parse(what *w, const char *text);

/* The same, or argp's error, which says how it is written. */
void what_parse_or_say(what *w, const char *text, struct argp_state *state);

#endif
