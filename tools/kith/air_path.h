/* Where the virtual radio listens, and where hosts look for it, unless they are told otherwise. */
#ifndef TOOLS_AIR_PATH_H
#define TOOLS_AIR_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* $XDG_RUNTIME_DIR/kith.sock; without that folder /tmp/kith-UID/air.sock, in a folder that is made (0700) and must be
 * this user's alone.  false: a sentence was printed. */
bool air_path(char *out, size_t cap);

#endif
