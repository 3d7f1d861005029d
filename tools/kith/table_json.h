/* Tables as files: docs/serve-json.md has the format. */
#ifndef TOOLS_TABLE_JSON_H
#define TOOLS_TABLE_JSON_H

#include "table.h"

/* Reads a table; table_free() is called either way.  false: a sentence was printed, with the place. */
bool table_json_read(table *t, const char *file);

#endif
