/* Tables of ready services: kith/service/. */
#ifndef TOOLS_TABLE_EXAMPLE_H
#define TOOLS_TABLE_EXAMPLE_H

#include "table.h"

#define TABLE_EXAMPLES "heart-rate, battery, device-information or all"

typedef enum { TABLE_MADE, TABLE_UNKNOWN, TABLE_NO_MEMORY } table_example_result;

/* level: what the Heart Rate service asks of a link.  table_free() is called either way. */
table_example_result table_example(table *t, const char *name, kith_level level);

#endif
