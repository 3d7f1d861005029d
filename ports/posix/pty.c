/* A pseudo terminal on which hosts come and go.  Our end is hung up, for ever readable, from when the last one closed
 * the other end until the next one opens it, and nothing tells of an opening.  So while nobody is there the other end
 * is held open here; the first octets tell that somebody has come, and then it is let go of, so that his end is seen.
 */
#define _XOPEN_SOURCE 700 /* posix_openpt() and what belongs to it */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"
#include "terminal.h"

static void let_go(kith_posix_pty *pty)
{
    if (pty->held >= 0)
        (void)close(pty->held);
    pty->held = -1;
}

/* What the last one did not read is not for the next, who may be there already. */
kith_status kith_posix_pty_wait(kith_posix_pty *pty)
{
    int error;

    pty->held = open(pty->name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (pty->held >= 0 && posix_set_raw(pty->held) && tcflush(pty->held, TCIFLUSH) == 0)
        return KITH_OK;
    error = errno;
    let_go(pty);
    errno = error;
    return KITH_ERR_IO;
}

static bool open_ends(kith_posix_pty *pty)
{
    const char *name;

    pty->fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (pty->fd < 0 || fcntl(pty->fd, F_SETFD, FD_CLOEXEC) < 0 || grantpt(pty->fd) != 0 || unlockpt(pty->fd) != 0 ||
        !posix_set_blocking(pty->fd, false))
        return false;
    name = ptsname(pty->fd);
    if (name == NULL || strlen(name) >= sizeof pty->name)
        return false;
    memcpy(pty->name, name, strlen(name) + 1);
    return kith_posix_pty_wait(pty) == KITH_OK;
}

kith_status kith_posix_pty_open(kith_posix_pty *pty)
{
    int error;

    pty->fd = pty->held = -1;
    if (open_ends(pty))
        return KITH_OK;
    error = errno;
    kith_posix_pty_close(pty);
    errno = error;
    return KITH_ERR_IO;
}

kith_status kith_posix_pty_accept(kith_posix_pty *pty, int *fd)
{
    int copy = fcntl(pty->fd, F_DUPFD_CLOEXEC, 0);

    if (copy < 0)
        return KITH_ERR_IO;
    let_go(pty);
    *fd = copy;
    return KITH_OK;
}

void kith_posix_pty_close(kith_posix_pty *pty)
{
    let_go(pty);
    if (pty->fd >= 0)
        (void)close(pty->fd);
    pty->fd = -1;
}
