/* Writes values of a peer. */
#ifndef TOOLS_WRITE_VALUES_H
#define TOOLS_WRITE_VALUES_H

#include "octets.h"
#include "targets.h"

typedef enum {
    WRITE_AS_FITS,  /* with response, in parts where it is longer than one request holds */
    WRITE_SHORT,    /* with response, in one request or not at all */
    WRITE_LONG,     /* in parts */
    WRITE_RELIABLE, /* all values together, what came is compared before it is written */
    WRITE_COMMAND,  /* without response */
    WRITE_SIGNED    /* without response, signed */
} write_way;

enum { WRITE_VALUES_MAX = 8 };

typedef struct {
    targets targets;
    write_way way;
    octets_value values[WRITE_VALUES_MAX]; /* one for each target */
    kith_gatt_write_part parts[WRITE_VALUES_MAX];
    enum { WRITE_FINDS, WRITE_WRITES, WRITE_ASKS } step;
    uint64_t again_us; /* when the step is tried once more */
} write_values;

void write_values_init(write_values *w, const what *whats, size_t count);
void write_values_close(write_values *w);

extern const errand write_values_errand; /* a write_values */

#endif
