/* A binary heap of timers, ordered by time and then by the order of starting. */
#include <stdlib.h>

#include "queue.h"

static bool is_before(const sim_timer *a, const sim_timer *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void put(sim_queue *queue, size_t place, sim_timer *timer)
{
    queue->heap[place - 1] = timer;
    timer->place = place;
}

static void sift_up(sim_queue *queue, sim_timer *timer, size_t place)
{
    while (place > 1 && is_before(timer, queue->heap[place / 2 - 1])) {
        put(queue, place, queue->heap[place / 2 - 1]);
        place /= 2;
    }
    put(queue, place, timer);
}

static void sift_down(sim_queue *queue, sim_timer *timer, size_t place)
{
    for (;;) {
        size_t child = place * 2;

        if (child < queue->count && is_before(queue->heap[child], queue->heap[child - 1]))
            child++;
        if (child > queue->count || !is_before(queue->heap[child - 1], timer))
            break;
        put(queue, place, queue->heap[child - 1]);
        place = child;
    }
    put(queue, place, timer);
}

kith_status sim_queue_reserve(sim_queue *queue, size_t timers)
{
    size_t wanted = queue->reserved + timers;

    if (wanted > queue->capacity) {
        size_t capacity = wanted * 2;
        sim_timer **heap = realloc(queue->heap, capacity * sizeof *heap);

        if (heap == NULL)
            return KITH_ERR_FULL;
        queue->heap = heap;
        queue->capacity = capacity;
    }
    queue->reserved = wanted;
    return KITH_OK;
}

void sim_queue_release(sim_queue *queue, size_t timers)
{
    queue->reserved -= timers;
}

void sim_queue_free(sim_queue *queue)
{
    free(queue->heap);
}

void sim_timer_start(sim_queue *queue, sim_timer *timer, uint64_t due_us, sim_timer_due *run, void *owner)
{
    sim_timer_stop(queue, timer);
    timer->due_us = due_us;
    timer->order = queue->next_order++;
    timer->run = run;
    timer->owner = owner;
    queue->count++;
    sift_up(queue, timer, queue->count);
}

void sim_timer_stop(sim_queue *queue, sim_timer *timer)
{
    size_t place = timer->place;
    sim_timer *last;

    if (place == 0)
        return;
    last = queue->heap[queue->count - 1];
    queue->count--;
    timer->place = 0;
    if (last == timer)
        return;
    sift_up(queue, last, place);
    sift_down(queue, last, last->place);
}

bool sim_timer_runs(const sim_timer *timer)
{
    return timer->place != 0;
}

uint64_t sim_queue_deadline(const sim_queue *queue)
{
    return queue->count == 0 ? UINT64_MAX : queue->heap[0]->due_us;
}

sim_timer *sim_queue_take(sim_queue *queue, uint64_t up_to_us)
{
    sim_timer *first = queue->count == 0 ? NULL : queue->heap[0];

    if (first == NULL || first->due_us > up_to_us)
        return NULL;
    sim_timer_stop(queue, first);
    return first;
}
