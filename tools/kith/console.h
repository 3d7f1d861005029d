/* Where a person sets values while a table is served: a line at a time, when no question stands. */
#ifndef TOOLS_CONSOLE_H
#define TOOLS_CONSOLE_H

#include "prompt.h"

typedef struct {
    bool stands; /* a line is waited for */
    bool ended;  /* no more will come */
} console;

/* Waits for a line, or takes one that is there.  Nothing here waits. */
prompt_result console_take(console *c, char line[PROMPT_LINE]);

/* A question comes, or the end. */
void console_yield(console *c);

#endif
