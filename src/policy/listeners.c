/* Listeners: a list that may change while it is told.  kith/listener.h. */
#include "kith/listener.h"

static kith_listener **place_of(kith_listeners *all, const kith_listener *listener)
{
    kith_listener **at = &all->first;

    while (*at != NULL && *at != listener)
        at = &(*at)->next;
    return at;
}

kith_status kith_listeners_add(kith_listeners *all, kith_listener *listener)
{
    kith_listener **at = place_of(all, listener);

    if (listener->on_event == NULL || (listener->deadline == NULL) != (listener->on_time == NULL))
        return KITH_ERR_VALUE;
    if (*at != NULL)
        return KITH_ERR_EXISTS;
    listener->next = NULL;
    *at = listener;
    if (all->telling && all->fresh == NULL)
        all->fresh = listener;
    return KITH_OK;
}

kith_status kith_listeners_remove(kith_listeners *all, kith_listener *listener)
{
    kith_listener **at = place_of(all, listener);

    if (*at == NULL)
        return KITH_ERR_NOT_FOUND;
    *at = listener->next;
    if (all->at == listener)
        all->at = listener->next;
    if (all->fresh == listener)
        all->fresh = listener->next;
    return KITH_OK;
}

static void begin(kith_listeners *all)
{
    all->at = all->first;
    all->fresh = NULL;
    all->telling = true;
}

/* The next one to be told.  It may be gone when it returns, so what comes after it is looked up before. */
static kith_listener *take(kith_listeners *all)
{
    kith_listener *listener = all->at != all->fresh ? all->at : NULL;

    if (listener != NULL)
        all->at = listener->next;
    else
        all->telling = false;
    return listener;
}

void kith_listeners_tell(kith_listeners *all, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_listener *listener;

    begin(all);
    while ((listener = take(all)) != NULL)
        listener->on_event(listener, h, event, now_us);
}

static uint64_t deadline_of(const kith_listener *listener)
{
    return listener->deadline != NULL ? listener->deadline(listener) : UINT64_MAX;
}

uint64_t kith_listeners_deadline(const kith_listeners *all)
{
    uint64_t earliest = UINT64_MAX;

    for (const kith_listener *l = all->first; l != NULL; l = l->next)
        if (deadline_of(l) < earliest)
            earliest = deadline_of(l);
    return earliest;
}

void kith_listeners_advance(kith_listeners *all, kith_host *h, uint64_t now_us)
{
    kith_listener *listener;

    begin(all);
    while ((listener = take(all)) != NULL)
        if (deadline_of(listener) <= now_us)
            listener->on_time(listener, h, now_us);
}
