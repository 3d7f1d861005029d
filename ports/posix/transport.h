/* The transports that kith_posix_open() chooses among: each gets what stands behind its prefix. */
#ifndef PORTS_POSIX_TRANSPORT_H
#define PORTS_POSIX_TRANSPORT_H

#include "kith/port/posix.h"

kith_status posix_open_unix(const char *path, int *fd);
kith_status posix_open_tcp(const char *where, int *fd);
kith_status posix_open_uart(const char *where, int *fd);
kith_status posix_open_hci(const char *number, int *fd);

bool posix_is_adapter(int fd); /* of posix_open_hci(): it may be on USB, which has two pipes */

#endif
