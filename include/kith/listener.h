/* Listeners: any number of parts of a program over the one queue of events.
 *
 *   kith_listeners all = {0};
 *   kith_listeners_add(&all, &log.listener);
 *   ...
 *   while (kith_host_next_event(h, &event))
 *       kith_listeners_tell(&all, h, &event, now);
 *
 *   kith_listeners_advance(&all, h, now);     beside kith_host_advance()
 *   wait until the earlier of kith_host_deadline(h) and kith_listeners_deadline(&all)
 *
 * An event is told to each of them, in the order in which they were added, before the next one is taken; so none of
 * them loses one, and each may do what the program may do, but for taking events.  A listener may remove itself, or
 * others, and add others, while it is told; who is added then hears of the next event first, and who removed itself
 * is not touched any more.  A list is told of one event at a time: who is told does not tell the same list.  A listener
 * is in one list at most; there may be many lists.  Owner: the caller, of list and listeners. */
#ifndef KITH_LISTENER_H
#define KITH_LISTENER_H

#include "kith/host.h"

typedef struct kith_listener kith_listener;

struct kith_listener {
    void (*on_event)(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us);
    /* For those that wait; both or none.  When on_time is to be called, UINT64_MAX: never. */
    uint64_t (*deadline)(const kith_listener *listener);
    void (*on_time)(kith_listener *listener, kith_host *h, uint64_t now_us);
    kith_listener *next; /* the list's own */
};

typedef struct {
    kith_listener *first;

    /* its own, while an event is told: who is next, and the first of those added meanwhile, who are not told of it */
    kith_listener *at, *fresh;
    bool telling;
} kith_listeners;

/* KITH_ERR_EXISTS: it is in it already; KITH_ERR_VALUE: no on_event, or one of the two that go together.  With an error
 * nothing was changed. */
KITH_MUST_USE kith_status kith_listeners_add(kith_listeners *all, kith_listener *listener);
/* KITH_ERR_NOT_FOUND: it is not in it. */
KITH_MUST_USE kith_status kith_listeners_remove(kith_listeners *all, kith_listener *listener);

void kith_listeners_tell(kith_listeners *all, kith_host *h, const kith_event *event, uint64_t now_us);

/* The earliest of theirs, UINT64_MAX: none waits; the program waits no longer than this and kith_host_deadline(). */
uint64_t kith_listeners_deadline(const kith_listeners *all);
/* Calls on_time() of those whose time has come. */
void kith_listeners_advance(kith_listeners *all, kith_host *h, uint64_t now_us);

#endif
