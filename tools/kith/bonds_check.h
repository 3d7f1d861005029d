/* `kith bonds check`: what is in a store, and whether each record of it is sound. */
#ifndef TOOLS_BONDS_CHECK_H
#define TOOLS_BONDS_CHECK_H

#include <stdbool.h>

/* Prints it; no octet of a key, and nothing is changed.  Returns an exit status: OK where all is sound. */
int bonds_check(const char *path, bool json);

#endif
