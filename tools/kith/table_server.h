/* A table while it is served: what clients write is told by name, a person sets values, clients are told of them. */
#ifndef TOOLS_TABLE_SERVER_H
#define TOOLS_TABLE_SERVER_H

#include "console.h"
#include "report.h"
#include "table.h"

enum { TABLE_SERVER_LINKS = 4, TABLE_SERVER_NOTIFY = 8 };

/* A value that clients are told of again and again. */
typedef struct {
    const char *name; /* as the option has it */
    uint32_t each_ms;
    const table_value *value;
    uint64_t next_us;
} table_repeat;

typedef struct {
    table *table;
    const report *report;
    kith_host *host;
    const kith_link *links; /* TABLE_SERVER_LINKS; 0: free */
    console console;
    table_repeat repeats[TABLE_SERVER_NOTIFY];
    size_t repeat_count;
    uint64_t next_second_us;
} table_server;

/* Tells an event in this table's names.  false: it is not about the table, and was not told. */
bool table_server_tell(const table_server *s, const kith_event *event);

/* Answers what the host asks. */
void table_server_answer(table_server *s, const kith_event *event);

/* What is due, and what was typed; asked: a question stands, and the prompt is not ours. */
void table_server_turn(table_server *s, bool asked);

/* When to call it, whatever else happens; UINT64_MAX: never. */
uint64_t table_server_deadline(const table_server *s);

#endif
