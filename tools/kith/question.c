/* The queue of open questions. */
#include "question.h"

bool question_add(question_queue *q, const question *one)
{
    if (q->count == QUESTIONS)
        return false;
    q->open[q->count++] = *one;
    return true;
}

const question *question_oldest(const question_queue *q)
{
    return q->count > 0 ? &q->open[0] : NULL;
}

static void remove_at(question_queue *q, size_t at)
{
    q->count--;
    for (size_t i = at; i < q->count; i++)
        q->open[i] = q->open[i + 1];
}

void question_remove_oldest(question_queue *q)
{
    if (q->count > 0)
        remove_at(q, 0);
}

static bool concerns(const question *one, kith_link link, bool about_pairing)
{
    return one->event.link == link && !(about_pairing && one->event.kind == KITH_EVENT_AUTHORIZATION_WANTED);
}

bool question_withdraw(question_queue *q, kith_link link, bool about_pairing)
{
    bool oldest = q->count > 0 && concerns(&q->open[0], link, about_pairing);

    for (size_t i = q->count; i-- > 0;)
        if (concerns(&q->open[i], link, about_pairing))
            remove_at(q, i);
    return oldest;
}
