/* JSON with a limit on its depth, overwritten when done with. */
#ifndef EXCHANGE_JSON_H
#define EXCHANGE_JSON_H

#include <jansson.h>

#include "inside.h"

/* NULL: the whole text was refused. */
json_t *exchange_load_json(exchange_reader *r, exchange_span text);

/* Overwrites its strings. */
void exchange_free_json(json_t *top);

exchange_span exchange_string(const json_t *value); /* of no length: it is none */
bool exchange_number_of(const json_t *value, uint64_t most, uint64_t *out);

#endif
