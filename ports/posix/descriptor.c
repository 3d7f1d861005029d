/* Small things about descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptor.h"

int posix_socket(int family, int type, int protocol)
{
    int fd = socket(family, type, protocol);

    if (fd >= 0)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

bool posix_set_blocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) >= 0;
}

kith_status posix_fail_and_close(int fd, kith_status status)
{
    int error = errno;

    (void)close(fd);
    errno = error;
    return status;
}
