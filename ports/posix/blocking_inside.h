/* What the files of the calls that wait share.  A call is: begin, ask the host, wait for its own end. */
#ifndef POSIX_BLOCKING_INSIDE_H
#define POSIX_BLOCKING_INSIDE_H

#include "kith/port/blocking.h"

enum { BLOCKING_TICK_US = 100000, BLOCKING_GRACE_US = 2000000 };

typedef enum {
    BLOCKING_OTHERS, /* no business of this call */
    BLOCKING_PART,   /* of this call, and more is to come */
    BLOCKING_END     /* b->call is set */
} blocking_taken;

typedef struct blocking_wait blocking_wait;
struct blocking_wait {
    uint64_t until_us;
    kith_link link; /* whose end ends the call; 0: none */
    bool deaf;      /* b->stop is not asked */
    unsigned late;  /* events since time was up */
    uint64_t full_until_us;
    blocking_taken (*take)(kith_blocking *b, blocking_wait *w, const kith_event *e);

    /* What take looks for. */
    kith_event_kind kind;
    uint16_t handle;
    kith_link of;
    bool called_off;
    bool settled; /* it went well; what else there is about it is there already */
    bool (*is_it)(void *context, const kith_event_report *report);
    void *context;
};

/* False: refused, as the call was made inside of another one. */
bool blocking_begin(kith_blocking *b, const char *name, uint32_t max_ms, blocking_wait *w);
kith_call blocking_end(kith_blocking *b, kith_call call);

/* Waits for take; what began is the host's answer to the call. */
kith_call blocking_wait_for(kith_blocking *b, blocking_wait *w, kith_status began);
/* The same, once more and without the program's stop, for what was called off. */
kith_call blocking_wait_off(kith_blocking *b, blocking_wait *w);
static inline bool blocking_was_cut_short(kith_call call)
{
    return call == KITH_CALL_TIME_IS_UP || call == KITH_CALL_STOPPED;
}
/* The host would not just now (BUSY, FULL): true when it is worth asking again, after something has happened. */
bool blocking_again(kith_blocking *b, blocking_wait *w, kith_status status);

/* A request of this link whose end, of this kind, is still to come. */
void blocking_owe(kith_blocking *b, kith_link link, kith_event_kind kind);
bool blocking_is_owed(const kith_blocking *b, kith_link link);

/* An event that is no business of a call. */
void blocking_offer(kith_blocking *b, const kith_event *e);

/* The oldest that was kept and is this (handle: NOTIFIED alone; 0: any), moved to b->event and b->value. */
bool blocking_take_kept(kith_blocking *b, kith_event_kind kind, kith_link link, uint16_t handle);
void blocking_keep(kith_blocking *b, const kith_event *e);
/* Copies it to b->event, its value to b->value. */
void blocking_show(kith_blocking *b, const kith_event *e);

/* True: it was a question for the person, or something to show. */
bool blocking_ask(kith_blocking *b, const kith_event *e);
void blocking_ask_again(kith_blocking *b);
void blocking_drop_questions(kith_blocking *b, const kith_event *e); /* of a pairing or link that has ended */

#endif
