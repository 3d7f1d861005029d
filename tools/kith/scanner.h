/* Listens to who is there, and tells it. */
#ifndef TOOLS_SCANNER_H
#define TOOLS_SCANNER_H

#include "link_options.h"

typedef struct {
    link_options link;
    const char *find; /* whom, as search.h has it; it ends when that one is heard.  NULL: everybody */
    unsigned time_s;  /* 0: as long as it takes */
    bool passive;     /* nobody is asked for a scan response */
    bool live;        /* each report is told */
    bool raw;         /* what they say is told in hex */
    bool coded;       /* LE Coded is listened to as well */
} scanner_options;

void scanner_options_init(scanner_options *options);

/* Returns an exit status. */
int scanner_run(const scanner_options *options);

#endif
