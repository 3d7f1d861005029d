/* A program's own functions stand before the C library's of the same name, for shared libraries, too. */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __linux__

extern long syscall(long number, ...);

calls_state calls;

void calls_make(calls_plan plan, unsigned at, int error)
{
    calls.plan = plan;
    calls.at = at;
    calls.error = error;
    calls.count = 0;
}

static void set_dirty(int fd, bool dirty)
{
    if (fd >= 0 && fd < 64)
        calls.dirty = dirty ? calls.dirty | 1ull << fd : calls.dirty & ~(1ull << fd);
}

static void die(void)
{
    (void)kill(getpid(), SIGKILL);
}

/* True: this one fails. */
static bool comes_to_fail(void)
{
    calls.count++;
    if (calls.plan == CALLS_KILL && calls.count == calls.at)
        die();
    if ((calls.plan == CALLS_FAIL && calls.count == calls.at) ||
        (calls.plan == CALLS_FAIL_ON && calls.count >= calls.at)) {
        errno = calls.error;
        return true;
    }
    return false;
}

ssize_t pwrite64(int fd, const void *octets, size_t len, int64_t at);
ssize_t pwrite64(int fd, const void *octets, size_t len, int64_t at)
{
    if (comes_to_fail())
        return -1;
    if (calls.plan == CALLS_KILL_IN && calls.count == calls.at) {
        (void)syscall(SYS_pwrite64, fd, octets, len / 2, at);
        die();
    }
    set_dirty(fd, true);
    return syscall(SYS_pwrite64, fd, octets, len, at);
}

ssize_t write(int fd, const void *octets, size_t len)
{
    if (fd > 2 && comes_to_fail())
        return -1;
    if (fd > 2 && calls.plan == CALLS_KILL_IN && calls.count == calls.at) {
        (void)syscall(SYS_write, fd, octets, len / 2);
        die();
    }
    set_dirty(fd, true);
    return syscall(SYS_write, fd, octets, len);
}

int ftruncate64(int fd, int64_t size);
int ftruncate64(int fd, int64_t size)
{
    if (size == 0 && calls.goes != NULL)
        calls.goes(fd);
    return comes_to_fail() ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int fsync(int fd)
{
    if (comes_to_fail())
        return -1;
    set_dirty(fd, false);
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    if (comes_to_fail())
        return -1;
    set_dirty(fd, false);
    return (int)syscall(SYS_fdatasync, fd);
}

static void look_at(const char *path)
{
    int fd = calls.goes != NULL ? open(path, O_RDONLY) : -1;

    if (fd < 0)
        return;
    calls.goes(fd);
    (void)close(fd);
}

int unlink(const char *path)
{
    look_at(path);
    return comes_to_fail() ? -1 : (int)syscall(SYS_unlink, path);
}

int link(const char *from, const char *to)
{
    return comes_to_fail() ? -1 : (int)syscall(SYS_link, from, to);
}

int rename(const char *from, const char *to)
{
    return comes_to_fail() ? -1 : (int)syscall(SYS_rename, from, to);
}

#endif
