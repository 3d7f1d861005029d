/* One client at a time.  A second name is a symbolic link.  What a killed program left points to a terminal that is
 * there no more, or to another one that got its number later. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "pty_door.h"

#define TERMINALS "/dev/pts/"

/* ---- the second name ---- */

/* false: path is no symbolic link. */
static bool read_name(const char *path, char target[KITH_POSIX_PATH])
{
    ssize_t len = readlink(path, target, KITH_POSIX_PATH - 1);

    target[len < 0 ? 0 : len] = '\0';
    return len >= 0;
}

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static bool is_left_over(const char *path)
{
    char target[KITH_POSIX_PATH];
    struct stat name, terminal;

    if (lstat(path, &name) != 0 || name.st_uid != getuid() || !read_name(path, target) ||
        strncmp(target, TERMINALS, strlen(TERMINALS)) != 0)
        return false;
    if (stat(target, &terminal) != 0)
        return errno == ENOENT;
    return is_later(terminal.st_ctim, name.st_mtim);
}

int pty_door_make_room(const door *d)
{
    const char *path = d->plan.where;
    struct stat about;

    if (path == NULL || (lstat(path, &about) != 0 && errno == ENOENT))
        return EXIT_OK;
    if (!is_left_over(path))
        return complain("%s exists already; it would be the terminal's name", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return complain("%s cannot be replaced: %s", path, strerror(errno));
    return EXIT_OK;
}

static bool give_name(door *d)
{
    if (d->plan.where == NULL)
        return true;
    d->has_name = symlink(d->pty.name, d->plan.where) == 0;
    if (!d->has_name)
        (void)complain("%s cannot be made a name of %s: %s", d->plan.where, d->pty.name, strerror(errno));
    return d->has_name;
}

/* Another's is not removed. */
static void take_name_away(door *d)
{
    char target[KITH_POSIX_PATH];

    if (d->has_name && read_name(d->plan.where, target) && strcmp(target, d->pty.name) == 0)
        (void)unlink(d->plan.where);
    d->has_name = false;
}

/* ---- the terminal ---- */

int pty_door_open(door *d)
{
    d->state = DOOR_SHUT;
    if (kith_posix_pty_open(&d->pty) != KITH_OK)
        return complain("there is no pseudo terminal to be had: %s", strerror(errno));
    if (!give_name(d))
        return EXIT_FAILED;
    d->state = DOOR_OPEN;
    return EXIT_OK;
}

void pty_door_close(door *d)
{
    take_name_away(d);
    kith_posix_pty_close(&d->pty);
    d->state = DOOR_SHUT;
}

kith_status pty_door_answer(door *d, int *fd)
{
    kith_status status = kith_posix_pty_accept(&d->pty, fd);

    if (status == KITH_OK)
        d->state = DOOR_TAKEN;
    return status;
}

/* A terminal that is closed at our end hangs up whoever is on it. */
bool pty_door_vacate(door *d, bool has_gone)
{
    if (has_gone && kith_posix_pty_wait(&d->pty) == KITH_OK) {
        d->state = DOOR_OPEN;
        return false;
    }
    pty_door_close(d);
    return pty_door_open(d) == EXIT_OK;
}
