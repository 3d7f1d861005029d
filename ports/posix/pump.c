/* A controller on a stream as what moves a host. */
#include "kith/port/posix.h"

static kith_pump_result next(void *context, uint64_t until_us, kith_event *event)
{
    switch (kith_posix_next(context, until_us, event)) {
    case KITH_POSIX_EVENT:
        return KITH_PUMP_EVENT;
    case KITH_POSIX_CLOSED:
        return KITH_PUMP_ENDED;
    default:
        return KITH_PUMP_NOTHING;
    }
}

static uint64_t now_us(void *context)
{
    (void)context;
    return kith_posix_now();
}

void kith_posix_pump(kith_posix *port, kith_pump *pump)
{
    *pump = (kith_pump){.context = port, .next = next, .now_us = now_us};
}
