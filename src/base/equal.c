/* Comparing secrets.  See base/equal.h. */
#include "base/equal.h"

/* Volatile, so that no compiler learns that it may stop at the first difference. */
bool equal_ct(const void *a, const void *b, size_t len)
{
    const volatile unsigned char *p = a;
    const volatile unsigned char *q = b;
    unsigned difference = 0;

    for (size_t i = 0; i < len; i++)
        difference |= (unsigned)(p[i] ^ q[i]);
    return difference == 0;
}
