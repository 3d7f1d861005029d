/* Files of captures.  They hold keys or what keys protect, so they are the user's alone (mode 0600). */
#ifndef TOOLS_CAPTURE_H
#define TOOLS_CAPTURE_H

#include <stdbool.h>
#include <stdio.h>

int capture_open(const char *path);        /* -1, and a sentence was printed */
FILE *capture_open_file(const char *path); /* NULL, and a sentence was printed */

/* false: not everything was written, and a sentence was printed.  NULL is fine. */
bool capture_close_file(FILE *file, const char *path);

#endif
