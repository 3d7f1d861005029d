/* FILE or --example NAME: which table a command is about. */
#ifndef TOOLS_TABLE_OPTIONS_H
#define TOOLS_TABLE_OPTIONS_H

#include <argp.h>

#include "table.h"

typedef struct {
    const char *file, *example; /* NULL, NULL: none */
} table_options;

/* A child parser: its input is a table_options. */
extern const struct argp table_options_parser;

/* Takes FILE where the parser of a command meets it. */
void table_options_take_file(table_options *options, const char *file, struct argp_state *state);

/* After parsing: reads the table, or makes it.  EXIT_OK, or the exit status after a sentence was printed; where there
 * is none, EXIT_OK.  table_free() is called either way. */
int table_options_load(const table_options *options, kith_level level, table *t);

#endif
