/* Doors by kind.  Sockets are always open; what a pseudo terminal needs is in pty_door.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "door.h"
#include "pty_door.h"

enum { TCP_PLACE = 300 };

static int open_unix(door *d)
{
    const char *path = d->plan.where;

    switch (kith_posix_listen(&d->listener, path)) {
    case KITH_OK:
        return EXIT_OK;
    case KITH_ERR_VALUE:
        (void)complain("the socket's path must have 1 to %d octets, not '%s'", KITH_POSIX_PATH - 1, path);
        return EXIT_WRONG_USE;
    case KITH_ERR_BUSY:
        return complain("somebody listens at %s already", path);
    case KITH_ERR_STATE:
        return complain("%s exists and is not a socket", path);
    default:
        return complain("cannot listen at %s: %s", path, strerror(errno));
    }
}

/* Never with a name that could mean another machine. */
static int open_tcp(door *d)
{
    const char *where = d->plan.where;
    char place[TCP_PLACE];

    (void)snprintf(place, sizeof place, "%s%s", strchr(where, ':') == NULL ? "127.0.0.1:" : "", where);
    switch (kith_posix_listen_tcp(&d->listener, place)) {
    case KITH_OK:
        return EXIT_OK;
    case KITH_ERR_VALUE:
        (void)complain("--tcp wants PORT, or HOST:PORT where HOST is this machine (127.0.0.1, [::1] or localhost), "
                       "not '%s'",
                       where);
        return EXIT_WRONG_USE;
    case KITH_ERR_NOT_FOUND:
        return complain("cannot listen at %s: that host has no address", where);
    case KITH_ERR_BUSY:
        return complain("somebody listens at %s already", place);
    default:
        return complain("cannot listen at %s: %s", place, strerror(errno));
    }
}

static int open_door(door *d)
{
    switch (d->plan.kind) {
    case DOOR_UNIX:
        return open_unix(d);
    case DOOR_TCP:
        return open_tcp(d);
    default:
        return pty_door_open(d);
    }
}

int doors_open(door *doors, const door_plan *plans, size_t count)
{
    int status = EXIT_OK;

    for (size_t i = 0; i < count; i++) {
        doors[i] = (door){.plan = plans[i], .listener.fd = -1, .pty = {.fd = -1, .held = -1}};
        /* All names first: a new terminal may get the number that another's left-over name points to. */
        if (status == EXIT_OK && plans[i].kind == DOOR_PTY)
            status = pty_door_make_room(&doors[i]);
    }
    for (size_t i = 0; i < count && status == EXIT_OK; i++)
        status = open_door(&doors[i]);
    return status;
}

void doors_close(door *doors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kith_posix_unlisten(&doors[i].listener);
        pty_door_close(&doors[i]);
    }
}

const char *door_place(const door *d)
{
    return d->plan.kind == DOOR_PTY ? d->pty.name : d->listener.place;
}

int door_fd(const door *d)
{
    if (d->plan.kind != DOOR_PTY)
        return d->listener.fd;
    return d->state == DOOR_OPEN ? d->pty.fd : -1;
}

kith_status door_answer(door *d, int *fd)
{
    return d->plan.kind == DOOR_PTY ? pty_door_answer(d, fd) : kith_posix_accept(&d->listener, fd);
}

bool door_vacate(door *d, bool has_gone)
{
    return d->plan.kind == DOOR_PTY && pty_door_vacate(d, has_gone);
}
