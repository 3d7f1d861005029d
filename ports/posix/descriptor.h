/* What every transport of kith_posix_open() does with descriptors. */
#ifndef PORTS_POSIX_DESCRIPTOR_H
#define PORTS_POSIX_DESCRIPTOR_H

#include "kith/port/posix.h"

/* A socket that programs started by this one do not inherit. */
int posix_socket(int family, int type, int protocol);

bool posix_set_blocking(int fd, bool on);

/* Closes, keeps errno, returns status. */
kith_status posix_fail_and_close(int fd, kith_status status);

#endif
