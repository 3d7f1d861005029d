/* Timers on the room's virtual clock.  Due at the same microsecond, they run in the order they were
 * started: that is what makes a room deterministic.
 *
 * A timer lives in the structure that owns it; the queue holds pointers in a heap. */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/status.h"

typedef void sim_timer_due(void *owner);

typedef struct {
    uint64_t due_us;
    uint64_t order;
    size_t place; /* in the heap, from 1; 0: not running */
    sim_timer_due *run;
    void *owner;
} sim_timer;

typedef struct {
    sim_timer **heap;
    size_t count;
    size_t capacity;
    size_t reserved; /* timers that exist, running or not: starting one never needs memory */
    uint64_t next_order;
} sim_queue;

/* Makes room for so many timers more.  KITH_ERR_FULL: no memory. */
KITH_MUST_USE kith_status sim_queue_reserve(sim_queue *queue, size_t timers);
void sim_queue_release(sim_queue *queue, size_t timers);
void sim_queue_free(sim_queue *queue);

/* Starts or restarts. */
void sim_timer_start(sim_queue *queue, sim_timer *timer, uint64_t due_us, sim_timer_due *run, void *owner);
void sim_timer_stop(sim_queue *queue, sim_timer *timer); /* one that does not run is fine */
bool sim_timer_runs(const sim_timer *timer);

uint64_t sim_queue_deadline(const sim_queue *queue);            /* UINT64_MAX: nothing is due */
sim_timer *sim_queue_take(sim_queue *queue, uint64_t up_to_us); /* the next one due, stopped; or NULL */

#endif
