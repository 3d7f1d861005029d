/* `--hci sim': a virtual radio for one command alone, and somebody to talk to on it, each in a child process.  No child
 * outlives the command, however it ends. */
#ifndef TOOLS_PRIVATE_ROOM_H
#define TOOLS_PRIVATE_ROOM_H

#include <stdbool.h>
#include <sys/types.h>

/* The other device: runs in its own process on the controller at fd, with a store there (NULL: none).  Its result is
 * that process's exit status. */
typedef int private_room_guest(const void *context, int fd, const char *store);

typedef struct {
    pid_t radio, guest; /* 0: none */
} private_room;

/* Who else is there. */
typedef struct {
    private_room_guest *guest;
    const void *context;
    unsigned crowd; /* so many besides, who only advertise */
} private_room_company;

/* *fd: a controller for the command.  store: where the command keeps its bonds; the guest's lie in a file beside it
 * whose name ends in ".guest".  NULL: neither keeps any.  false: a sentence was printed. */
bool private_room_open(private_room *room, const private_room_company *company, const char *store, int *fd);

/* After the command's own controller was closed.  Waits for the guest to finish, for a while. */
void private_room_close(private_room *room);

#endif
