/* JSON with a limit on its depth, overwritten when done with. */
#ifndef EXCH_JSON_H
#define EXCH_JSON_H

#include <jansson.h>

#include "inside.h"

/* NULL: the whole text was refused. */
json_t *exch_load_json(exch_reader *r, exch_span text);

/* Overwrites its strings. */
void exch_free_json(json_t *top);

exch_span exch_string(const json_t *value); /* of no length: it is none */
bool exch_number_of(const json_t *value, uint64_t most, uint64_t *out);

#endif
