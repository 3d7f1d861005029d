/* Comparing secrets.  See base/equal.h. */
#include "base/equal.h"

#include <string.h>

/* Words where there are any left.  What has differed so far goes through a volatile, so that no compiler learns that it
 * may stop at the first difference. */
bool equal_ct(const void *a, const void *b, size_t len)
{
    const unsigned char *p = a, *q = b;
    volatile size_t difference = 0;

    for (; len >= sizeof(size_t); len -= sizeof(size_t), p += sizeof(size_t), q += sizeof(size_t)) {
        size_t x, y;

        memcpy(&x, p, sizeof x);
        memcpy(&y, q, sizeof y);
        difference |= x ^ y;
    }
    for (size_t i = 0; i < len; i++)
        difference |= (size_t)(p[i] ^ q[i]);
    return difference == 0;
}
