/* Forgetting secrets. */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stddef.h>

/* Zeroes len octets at p; not removed by a compiler that sees the memory is never read again.
 * Copies that a compiler made in registers or on the stack are out of its reach. */
void wipe(void *p, size_t len);

#endif
