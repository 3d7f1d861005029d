/* The command in processes of its own, and what it prints.  Every wait has a limit; no process outlives its test. */
#ifndef TESTS_LIVE_PROCESS_H
#define TESTS_LIVE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { LIVE_TEXT = 65536, LIVE_LIMIT_MS = 5000 };

typedef struct {
    pid_t pid;
    int fd;           /* its stdout and stderr */
    size_t len, read; /* read: everything before was looked at */
    char text[LIVE_TEXT];
} live_process;

/* arguments: of the command, ends with NULL. */
void live_start(live_process *p, const char *command, const char *const *arguments);

/* The next line that holds the words, without its end; NULL: none came in time.  Valid until the next call. */
const char *live_line(live_process *p, const char *words);

/* Sends the signal (0: none) and waits for the end: its exit status, -1: it did not end in time or not by itself. */
int live_stop(live_process *p, int signal);

/* Waits for octets at a descriptor: 1, or 0 when none came in time. */
int live_wait_for(int fd);

void live_kill(live_process *p); /* whatever state it is in; for tear-down */

#endif
