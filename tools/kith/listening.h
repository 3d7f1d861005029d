/* Subscribes to values of a peer and tells each that comes. */
#ifndef TOOLS_LISTENING_H
#define TOOLS_LISTENING_H

#include "targets.h"

typedef struct {
    targets targets;
    bool indicate;  /* even where notifications can be had */
    bool no_write;  /* nothing is asked for: a bonded peer remembers what it was asked */
    bool keep;      /* nothing is taken back */
    unsigned count; /* ends after so many values; 0: does not */
    unsigned for_s; /* ends after so many seconds of listening; 0: does not */
    unsigned heard;
    uint64_t until_us; /* of listening */
    enum { LISTENING_FINDS, LISTENING_ASKS, LISTENING_LISTENS, LISTENING_TAKES_BACK } step;
    bool waits;               /* for the answer to a request */
    bool is_stopped;          /* whatever is still to be asked for is not */
    size_t at;                /* the target that is asked for, or taken back */
    size_t asked;             /* how many were */
    uint16_t *configurations; /* of those, their handles */
    bool failed;
} listening;

void listening_init(listening *l, const what *whats, size_t count);
void listening_close(listening *l);

extern const errand listening_errand; /* a listening */

#endif
