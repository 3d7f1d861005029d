/* Forgetting secrets.  See base/wipe.h. */
#include "base/wipe.h"

/* Stores through a volatile pointer must all be made, in plain C11, whatever the compiler knows.
 * Slower than memset, and never on a path where that counts. */
void wipe(void *p, size_t len)
{
    volatile unsigned char *at = p;

    for (size_t i = 0; i < len; i++)
        at[i] = 0;
}
