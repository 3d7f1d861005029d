/* Where clients of the radio come in: a unix socket, a TCP port, or a pseudo terminal (for one at a time). */
#ifndef TOOLS_DOOR_H
#define TOOLS_DOOR_H

#include "kith/port/posix.h"

typedef enum { DOOR_UNIX, DOOR_TCP, DOOR_PTY } door_kind;

typedef struct {
    door_kind kind;
    const char *where; /* a path; HOST:PORT or PORT; a pseudo terminal's second name, or NULL */
} door_plan;

typedef enum { DOOR_OPEN, DOOR_TAKEN, DOOR_SHUT } door_state;

typedef struct {
    door_plan plan;
    door_state state;
    kith_posix_listener listener;
    kith_posix_pty pty;
    bool has_name; /* plan.where points to the pseudo terminal */
} door;

/* Opens all of them.  An exit status: if it is not EXIT_OK a sentence was printed.  doors are closed by doors_close()
 * in any case. */
int doors_open(door *doors, const door_plan *plans, size_t count);
void doors_close(door *doors, size_t count);

/* What is printed: clients find it there. */
const char *door_place(const door *d);

/* To wait for (POLLIN); -1: nobody can come in now. */
int door_fd(const door *d);

/* Call it when door_fd() is readable.  KITH_OK: *fd is a client's; KITH_ERR_NOT_FOUND: nobody has come;
 * KITH_ERR_IO: this one cannot be let in now. */
KITH_MUST_USE kith_status door_answer(door *d, int *fd);

/* Its client is not served any more.  has_gone: by itself; else it is hung up.  true: door_place() is another now. */
bool door_vacate(door *d, bool has_gone);

#endif
