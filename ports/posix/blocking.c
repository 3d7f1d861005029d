/* Waiting for the end of a call while everything else goes on.  Before a call asks the host for anything, what the host
 * has to tell already is taken: so an end that comes afterwards is never that of an earlier call. */
#include <string.h>

#include "blocking_inside.h"

enum { LATE_EVENTS = 64 };

kith_status kith_blocking_init(kith_blocking *b, kith_host *host, const kith_pump *pump)
{
    if (pump->next == NULL || pump->now_us == NULL)
        return KITH_ERR_VALUE;
    memset(b, 0, sizeof *b);
    b->host = host;
    b->pump = *pump;
    b->name = "nothing";
    return KITH_OK;
}

static uint64_t now(const kith_blocking *b)
{
    return b->pump.now_us(b->pump.context);
}

void blocking_owe(kith_blocking *b, kith_link link, kith_event_kind kind)
{
    for (size_t i = 0; i < KITH_BLOCKING_LINKS; i++)
        if (b->owed[i].link == 0) {
            b->owed[i].link = link;
            b->owed[i].kind = kind;
            return;
        }
}

bool blocking_is_owed(const kith_blocking *b, kith_link link)
{
    for (size_t i = 0; i < KITH_BLOCKING_LINKS; i++)
        if (link != 0 && b->owed[i].link == link)
            return true;
    return false;
}

static void settle(kith_blocking *b, const kith_event *e)
{
    for (size_t i = 0; i < KITH_BLOCKING_LINKS; i++)
        if (b->owed[i].link == e->link && (b->owed[i].kind == e->kind || e->kind == KITH_EVENT_DISCONNECTED))
            b->owed[i].link = 0;
}

/* The one door for events. */
static kith_pump_result move(kith_blocking *b, uint64_t until_us, kith_event *e)
{
    kith_pump_result moved = b->pump.next(b->pump.context, until_us, e);

    if (moved == KITH_PUMP_EVENT) {
        blocking_drop_questions(b, e);
        settle(b, e);
    }
    return moved;
}

/* A bounded number, since somebody may never fall silent. */
static void take_what_is_there(kith_blocking *b)
{
    kith_event e;

    for (unsigned i = 0; i < 4 * LATE_EVENTS && move(b, now(b), &e) == KITH_PUMP_EVENT; i++)
        blocking_offer(b, &e);
}

bool blocking_begin(kith_blocking *b, const char *name, uint32_t max_ms, blocking_wait *w)
{
    if (b->inside)
        return false;
    b->inside = true;
    b->call = KITH_CALL_OK;
    b->name = name;
    b->max_ms = max_ms;
    b->status = KITH_OK;
    b->detail = NULL;
    b->gatt = KITH_GATT_OK;
    b->att_error = 0;
    b->hci_status = 0;
    b->has_verdict = false;
    memset(&b->verdict, 0, sizeof b->verdict);
    memset(w, 0, sizeof *w);
    take_what_is_there(b);
    w->until_us = max_ms == KITH_BLOCKING_FOREVER ? UINT64_MAX : now(b) + UINT64_C(1000) * max_ms;
    w->full_until_us = now(b) + BLOCKING_GRACE_US;
    return true;
}

kith_call blocking_end(kith_blocking *b, kith_call call)
{
    b->inside = false;
    b->call = call;
    return call;
}

/* Questions are asked again, and the program's stop is looked at, ten times a second. */
static uint64_t next_look(const kith_blocking *b, const blocking_wait *w)
{
    uint64_t soon_us = now(b) + BLOCKING_TICK_US;
    bool looks = b->question_count > 0 || (b->stop != NULL && !w->deaf);

    return looks && soon_us < w->until_us ? soon_us : w->until_us;
}

static bool is_stopped(kith_blocking *b, const blocking_wait *w)
{
    return b->stop != NULL && !w->deaf && b->stop(b->context);
}

static bool ends_link(const blocking_wait *w, const kith_event *e)
{
    return e->kind == KITH_EVENT_DISCONNECTED && w->link != 0 && e->link == w->link;
}

/* True: it ends the call, and b->call says how. */
static bool handle(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    blocking_taken taken = w->take != NULL ? w->take(b, w, e) : BLOCKING_OTHERS;

    if (taken == BLOCKING_OTHERS)
        blocking_offer(b, e);
    if (taken == BLOCKING_END)
        return true;
    if (e->kind == KITH_EVENT_CONTROLLER_LOST)
        b->call = KITH_CALL_CONTROLLER_LOST;
    else if (ends_link(w, e)) {
        b->hci_status = e->disconnected.reason;
        b->call = KITH_CALL_LINK_LOST;
    }
    return b->call != KITH_CALL_OK;
}

static bool is_late(const kith_blocking *b, blocking_wait *w, kith_pump_result moved)
{
    if (now(b) < w->until_us)
        return false;
    return moved == KITH_PUMP_NOTHING || ++w->late > LATE_EVENTS;
}

static kith_call wait(kith_blocking *b, blocking_wait *w)
{
    kith_event e;

    for (;;) {
        kith_pump_result moved;

        if (is_stopped(b, w))
            return KITH_CALL_STOPPED;
        blocking_ask_again(b);
        moved = move(b, next_look(b, w), &e);
        if (moved == KITH_PUMP_ENDED)
            return KITH_CALL_CONTROLLER_LOST;
        if (moved == KITH_PUMP_EVENT && handle(b, w, &e))
            return b->call;
        if (is_late(b, w, moved))
            return w->settled ? KITH_CALL_OK : KITH_CALL_TIME_IS_UP;
    }
}

/* The end of a request comes before that of its link, which knows why. */
static void learn_why(kith_blocking *b, const blocking_wait *w)
{
    kith_event e;

    while (w->link != 0 && b->hci_status == 0 && move(b, now(b), &e) == KITH_PUMP_EVENT) {
        blocking_offer(b, &e);
        if (ends_link(w, &e))
            b->hci_status = e.disconnected.reason;
    }
}

kith_call blocking_wait_for(kith_blocking *b, blocking_wait *w, kith_status began)
{
    kith_call call;

    b->status = began;
    if (began != KITH_OK)
        return blocking_end(b, KITH_CALL_REFUSED);
    call = wait(b, w);
    if (call == KITH_CALL_LINK_LOST)
        learn_why(b, w);
    return blocking_end(b, call);
}

kith_call blocking_wait_off(kith_blocking *b, blocking_wait *w)
{
    kith_call was = b->call, call;

    b->inside = true;
    b->call = KITH_CALL_OK;
    w->deaf = true;
    w->late = 0;
    w->until_us = now(b) + BLOCKING_GRACE_US;
    call = wait(b, w);
    return blocking_end(b, call == KITH_CALL_FAILED || call == KITH_CALL_TIME_IS_UP ? was : call);
}

bool blocking_again(kith_blocking *b, blocking_wait *w, kith_status status)
{
    const uint64_t soon_us = now(b) + BLOCKING_TICK_US / 10;
    kith_event e;

    if ((status != KITH_ERR_BUSY && status != KITH_ERR_FULL) || now(b) >= w->until_us || is_stopped(b, w) ||
        (status == KITH_ERR_FULL && now(b) >= w->full_until_us))
        return false;
    blocking_ask_again(b);
    switch (move(b, soon_us < w->until_us ? soon_us : w->until_us, &e)) {
    case KITH_PUMP_EVENT:
        blocking_offer(b, &e);
        return true;
    case KITH_PUMP_NOTHING:
        return true;
    default:
        return false;
    }
}

kith_call kith_blocking_pause(kith_blocking *b, uint32_t ms)
{
    blocking_wait w;

    if (!blocking_begin(b, "pause", ms, &w))
        return KITH_CALL_REFUSED;
    w.settled = true;
    return blocking_wait_for(b, &w, KITH_OK);
}
