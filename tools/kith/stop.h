/* Ctrl-C and its like, as something a loop can wait for. */
#ifndef TOOLS_STOP_H
#define TOOLS_STOP_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and (unless nohup had it ignored) SIGHUP are taken here, and a closed stdout is an
 * error, not an end.  false: a sentence was printed. */
bool stop_watch(void);

int stop_fd(void); /* readable when there is something new to take */

/* How often this program was asked to stop so far. */
unsigned stop_take(void);

/* Was Ctrl-C among what stop_take() took? */
bool stop_was_interrupt(void);

#endif
