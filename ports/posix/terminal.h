/* Terminals as lines that carry octets. */
#ifndef PORTS_POSIX_TERMINAL_H
#define PORTS_POSIX_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

/* No echo, no lines, no signals, eight bits; a read ends with the first octet. */
void posix_make_raw(struct termios *settings);

/* The same at once for a terminal. */
bool posix_set_raw(int fd);

#endif
