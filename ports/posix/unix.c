/* Unix sockets: one to connect to, or to listen at.  A socket file outlives its program, so one that nobody listens at
 * is replaced. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "descriptor.h"
#include "transport.h"

enum { BACKLOG = 64, PATIENCE_S = 5 };

static int make_socket(void)
{
    return posix_socket(AF_UNIX, SOCK_STREAM, 0);
}

static bool name_socket(struct sockaddr_un *name, const char *path)
{
    size_t len = strlen(path);

    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    if (len == 0 || len >= sizeof name->sun_path || len >= KITH_POSIX_PATH)
        return false;
    memcpy(name->sun_path, path, len);
    return true;
}

kith_status posix_open_unix(const char *path, int *fd)
{
    struct timeval patience = {.tv_sec = PATIENCE_S}; /* for a place among those who wait to be accepted */
    struct sockaddr_un name;
    int s;

    if (!name_socket(&name, path))
        return KITH_ERR_VALUE;
    s = make_socket();
    if (s < 0)
        return KITH_ERR_IO;
    (void)setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(s, (const struct sockaddr *)&name, sizeof name) != 0) {
        if (errno == EAGAIN)
            errno = ETIMEDOUT;
        return posix_fail_and_close(s, KITH_ERR_IO);
    }
    *fd = s;
    return KITH_OK;
}

/* ---- listening ---- */

/* Makes room for a socket file.  KITH_OK: nothing is in the way. */
static kith_status clear_path(const struct sockaddr_un *name)
{
    struct stat about;
    int fd;

    if (lstat(name->sun_path, &about) != 0)
        return errno == ENOENT ? KITH_OK : KITH_ERR_IO;
    if (!S_ISSOCK(about.st_mode))
        return KITH_ERR_STATE;
    fd = make_socket();
    if (fd < 0)
        return KITH_ERR_IO;
    if (!posix_set_blocking(fd, false))
        return posix_fail_and_close(fd, KITH_ERR_IO);
    /* Anything but a refusal (a full backlog, too) is somebody who listens. */
    if (connect(fd, (const struct sockaddr *)name, sizeof *name) == 0 || errno == EAGAIN)
        return posix_fail_and_close(fd, KITH_ERR_BUSY);
    if (errno != ECONNREFUSED && errno != ENOENT)
        return posix_fail_and_close(fd, KITH_ERR_IO);
    (void)close(fd);
    return unlink(name->sun_path) == 0 || errno == ENOENT ? KITH_OK : KITH_ERR_IO;
}

/* Nobody can connect between bind and listen, so nobody can while the mode is still another. */
static kith_status bind_for_us_alone(kith_posix_listener *listener, const struct sockaddr_un *name)
{
    struct stat about;

    if (bind(listener->fd, (const struct sockaddr *)name, sizeof *name) != 0)
        return errno == EADDRINUSE ? KITH_ERR_BUSY : KITH_ERR_IO;
    if (chmod(name->sun_path, S_IRUSR | S_IWUSR) != 0 || stat(name->sun_path, &about) != 0 ||
        !posix_set_blocking(listener->fd, false) || listen(listener->fd, BACKLOG) != 0) {
        int error = errno;

        (void)unlink(name->sun_path);
        errno = error;
        return KITH_ERR_IO;
    }
    listener->device = (uint64_t)about.st_dev;
    listener->inode = (uint64_t)about.st_ino;
    return KITH_OK;
}

kith_status kith_posix_listen(kith_posix_listener *listener, const char *path)
{
    struct sockaddr_un name;
    kith_status status;

    memset(listener, 0, sizeof *listener);
    listener->fd = -1;
    if (!name_socket(&name, path))
        return KITH_ERR_VALUE;
    status = clear_path(&name);
    if (status != KITH_OK)
        return status;
    listener->fd = make_socket();
    if (listener->fd < 0)
        return KITH_ERR_IO;
    status = bind_for_us_alone(listener, &name);
    if (status != KITH_OK) {
        status = posix_fail_and_close(listener->fd, status);
        listener->fd = -1;
        return status;
    }
    memcpy(listener->place, name.sun_path, strlen(name.sun_path) + 1);
    return KITH_OK;
}
