/* Forgetting secrets.  See base/wipe.h. */
#include "base/wipe.h"

#include <string.h>

/* What a volatile pointer points to is not known to the compiler, so the call is made, in plain C11, whatever it thinks
 * of memory that nobody reads again. */
void wipe(void *p, size_t len)
{
    void *(*const volatile set)(void *, int, size_t) = memset;

    if (len > 0)
        set(p, 0, len);
}
