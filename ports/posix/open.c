/* Which transport is meant. */
#include <string.h>

#include "transport.h"

static const struct {
    const char *prefix;
    kith_status (*open)(const char *rest, int *fd);
} transports[] = {
    {"unix:", posix_open_unix},
    {"tcp:", posix_open_tcp},
    {"uart:", posix_open_uart},
    {"hci", posix_open_hci},
};

kith_status kith_posix_open(const char *where, int *fd)
{
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        size_t len = strlen(transports[i].prefix);

        if (strncmp(where, transports[i].prefix, len) == 0)
            return transports[i].open(where + len, fd);
    }
    return KITH_ERR_VALUE;
}
