/* Where streams come from: a unix socket to connect to, or to listen at.  Other transports are other prefixes of
 * kith_posix_open(). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "kith/port/posix.h"

enum { BACKLOG = 64, PATIENCE_S = 5 };

static kith_status fail_and_close(int fd, kith_status status)
{
    int error = errno;

    (void)close(fd);
    errno = error;
    return status;
}

/* A socket that programs started by this one do not inherit. */
static int make_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd >= 0)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
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

static kith_status connect_unix(const char *path, int *fd)
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
    if (connect(s, (const struct sockaddr *)&name, sizeof name) != 0)
        return fail_and_close(s, KITH_ERR_IO);
    *fd = s;
    return KITH_OK;
}

static kith_status connect_to_none(const char *rest, int *fd)
{
    (void)rest;
    (void)fd;
    return KITH_ERR_UNSUPPORTED;
}

static const struct {
    const char *prefix;
    kith_status (*connect)(const char *rest, int *fd);
} transports[] = {
    {"unix:", connect_unix},
    {"tcp:", connect_to_none},
    {"uart:", connect_to_none},
    {"hci", connect_to_none},
};

kith_status kith_posix_open(const char *where, int *fd)
{
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        size_t len = strlen(transports[i].prefix);

        if (strncmp(where, transports[i].prefix, len) == 0)
            return transports[i].connect(where + len, fd);
    }
    return KITH_ERR_VALUE;
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
    if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return KITH_ERR_IO;
    /* Anything but a refusal (a full backlog, too) is somebody who listens. */
    if (connect(fd, (const struct sockaddr *)name, sizeof *name) == 0 || errno == EAGAIN)
        return fail_and_close(fd, KITH_ERR_BUSY);
    if (errno != ECONNREFUSED && errno != ENOENT)
        return fail_and_close(fd, KITH_ERR_IO);
    (void)close(fd);
    return unlink(name->sun_path) == 0 || errno == ENOENT ? KITH_OK : KITH_ERR_IO;
}

/* Nobody can connect between bind and listen, so nobody can while the mode is still another. */
static kith_status bind_for_us_alone(kith_posix_listener *listener, const struct sockaddr_un *name)
{
    struct stat about;

    if (bind(listener->fd, (const struct sockaddr *)name, sizeof *name) != 0)
        return KITH_ERR_IO;
    if (chmod(name->sun_path, S_IRUSR | S_IWUSR) != 0 || stat(name->sun_path, &about) != 0 ||
        fcntl(listener->fd, F_SETFL, O_NONBLOCK) < 0 || listen(listener->fd, BACKLOG) != 0) {
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
        status = fail_and_close(listener->fd, status);
        listener->fd = -1;
        return status;
    }
    memcpy(listener->path, name.sun_path, strlen(name.sun_path) + 1);
    return KITH_OK;
}

kith_status kith_posix_accept(const kith_posix_listener *listener, int *fd)
{
    int s = accept(listener->fd, NULL, NULL);

    if (s < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED ? KITH_ERR_NOT_FOUND
                                                                                                  : KITH_ERR_IO;
    (void)fcntl(s, F_SETFD, FD_CLOEXEC);
    *fd = s;
    return KITH_OK;
}

void kith_posix_unlisten(kith_posix_listener *listener)
{
    struct stat about;

    if (listener->fd < 0)
        return;
    if (stat(listener->path, &about) == 0 && (uint64_t)about.st_dev == listener->device &&
        (uint64_t)about.st_ino == listener->inode)
        (void)unlink(listener->path);
    (void)close(listener->fd);
    listener->fd = -1;
}
