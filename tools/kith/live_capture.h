/* A capture that grows while the radio runs, perhaps for days, perhaps on a disk that fills up. */
#ifndef TOOLS_LIVE_CAPTURE_H
#define TOOLS_LIVE_CAPTURE_H

#include <stdbool.h>
#include <stdio.h>

typedef struct {
    const char *path;
    FILE *file; /* NULL: none is wanted */
    bool broken;
} live_capture;

/* false, and a sentence was printed. */
bool live_capture_open(live_capture *capture, const char *path);

/* Call it often: it makes the file complete up to now.  Where that fails it says so, once, and the file ends there:
 * what comes later is thrown away, so that there is no gap in what is kept. */
void live_capture_flush(live_capture *capture);

/* false: it is not whole, which has been said. */
bool live_capture_close(live_capture *capture);

#endif
