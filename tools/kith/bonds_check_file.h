/* `kith bonds check FILE': what an import would find in a file of another system. */
#ifndef TOOLS_BONDS_CHECK_FILE_H
#define TOOLS_BONDS_CHECK_FILE_H

#include <stdbool.h>

#include "exchange_file.h"

/* Prints it; no octet of a key, and nothing is written.  Returns an exit status: OK where every entry can be imported.
 */
int bonds_check_file(const char *path, const exchange_options *o, bool json);

#endif
