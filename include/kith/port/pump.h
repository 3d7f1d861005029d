/* What moves one host: packets, work and time.  A program that waits is given one, and is the same whatever it stands
 * on: kith_posix_pump() for a controller on a stream or adapter, kith_stage_pump() for the virtual radio. */
#ifndef KITH_PORT_PUMP_H
#define KITH_PORT_PUMP_H

#include "kith/event.h"

typedef enum {
    KITH_PUMP_EVENT,   /* *event is filled; its pointers are valid until the next call */
    KITH_PUMP_NOTHING, /* until_us has come, or something else wants the program's attention before */
    KITH_PUMP_ENDED    /* the controller is gone, and the host has told everything */
} kith_pump_result;

typedef struct {
    void *context;
    kith_pump_result (*next)(void *context, uint64_t until_us, kith_event *event);
    uint64_t (*now_us)(void *context); /* of the host's clock */
} kith_pump;

#endif
