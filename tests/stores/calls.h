/* The system calls that change files, of this program and of the libraries it uses (SQLite): counted, made to fail, or
 * the last thing that the program does. */
#ifndef TESTS_STORES_CALLS_H
#define TESTS_STORES_CALLS_H

#include <stdint.h>

typedef enum {
    CALLS_PASS,
    CALLS_FAIL,    /* the one with that number, with that errno; nothing of it is done */
    CALLS_FAIL_ON, /* and all after it */
    CALLS_KILL,    /* the program is killed (SIGKILL) before it */
    CALLS_KILL_IN  /* when the first half of what it writes is written */
} calls_plan;

typedef struct {
    calls_plan plan;
    unsigned at; /* 1: the next one */
    int error;
    unsigned count;       /* since the plan was made */
    uint64_t dirty;       /* descriptors with something written that is not synced: bit n; not the plan's */
    void (*goes)(int fd); /* asked before a file is emptied or removed; may be NULL */
} calls_state;

extern calls_state calls;

void calls_make(calls_plan plan, unsigned at, int error);

#endif
