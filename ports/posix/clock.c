/* The clock that never goes back. */
#include <time.h>

#include "kith/port/posix.h"

uint64_t kith_posix_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}
