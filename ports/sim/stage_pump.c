/* One host of a stage as a program sees it; the others go on beside it. */
#include "kith/port/stage.h"

static kith_pump_result next(void *context, uint64_t until_us, kith_event *event)
{
    kith_stage_seat *seat = context;
    int who;

    while ((who = kith_stage_next(seat->stage, until_us, event)) >= 0) {
        if ((size_t)who == seat->number)
            return KITH_PUMP_EVENT;
        if (seat->others != NULL)
            seat->others(seat->context, (size_t)who, event);
    }
    return KITH_PUMP_NOTHING;
}

static uint64_t now_us(void *context)
{
    const kith_stage_seat *seat = context;

    return kith_stage_now(seat->stage);
}

void kith_stage_pump(kith_stage_seat *seat, kith_pump *pump)
{
    *pump = (kith_pump){.context = seat, .next = next, .now_us = now_us};
}
