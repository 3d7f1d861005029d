/* What listeners have in common, wherever they listen. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptor.h"

kith_status kith_posix_accept(const kith_posix_listener *listener, int *fd)
{
    const int on = 1;
    int s = accept(listener->fd, NULL, NULL);

    if (s < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED ? KITH_ERR_NOT_FOUND
                                                                                                  : KITH_ERR_IO;
    (void)fcntl(s, F_SETFD, FD_CLOEXEC);
    if (listener->port != 0)
        (void)setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *fd = s;
    return KITH_OK;
}

static void remove_file(const kith_posix_listener *listener)
{
    struct stat about;

    if (stat(listener->place, &about) == 0 && (uint64_t)about.st_dev == listener->device &&
        (uint64_t)about.st_ino == listener->inode)
        (void)unlink(listener->place);
}

void kith_posix_unlisten(kith_posix_listener *listener)
{
    if (listener->fd < 0)
        return;
    if (listener->port == 0)
        remove_file(listener);
    (void)close(listener->fd);
    listener->fd = -1;
}
