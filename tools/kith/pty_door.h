/* A door that is a pseudo terminal: door.h tells what its calls do. */
#ifndef TOOLS_PTY_DOOR_H
#define TOOLS_PTY_DOOR_H

#include "door.h"

/* Takes away the name that a killed program left.  An exit status, as doors_open(). */
int pty_door_make_room(const door *d);
int pty_door_open(door *d);
void pty_door_close(door *d);
KITH_MUST_USE kith_status pty_door_answer(door *d, int *fd);
bool pty_door_vacate(door *d, bool has_gone);

#endif
