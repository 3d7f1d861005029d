/* Reads values of a peer and tells them. */
#ifndef TOOLS_READ_VALUES_H
#define TOOLS_READ_VALUES_H

#include "targets.h"

typedef struct {
    targets targets;
    int raw_fd; /* where the octets go; -1: they are told in words */
    bool is_reading;
    bool failed; /* one of them could not be read */
    size_t at;
} read_values;

void read_values_init(read_values *r, const what *whats, size_t count);
void read_values_close(read_values *r);

extern const errand read_values_errand; /* a read_values */

#endif
