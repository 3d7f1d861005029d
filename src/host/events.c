/* The queue of events.  Room for the ends of everything is checked before a packet is consumed, so that posting
 * one never fails; only reports and write commands can find it short. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

void events_init(host_events *e, host_event *slots, uint16_t capacity, uint16_t step)
{
    memset(e, 0, sizeof *e);
    e->slots = slots;
    e->capacity = capacity;
    e->step = step;
}

void events_give_payload(host_events *e, uint8_t *payload, uint32_t payload_cap)
{
    e->payload = payload;
    e->payload_cap = payload_cap;
}

/* A contiguous piece of the ring, or NULL.  Equal ends mean empty, so a full ring leaves an octet free. */
static uint8_t *find_payload(host_events *e, uint32_t len)
{
    if (e->payload_count == 0)
        e->payload_head = e->payload_tail = 0;
    if (e->payload_tail >= e->payload_head) {
        if (e->payload_cap - e->payload_tail >= len)
            return e->payload + e->payload_tail;
        return e->payload_head > len ? e->payload : NULL;
    }
    return e->payload_head - e->payload_tail > len ? e->payload + e->payload_tail : NULL;
}

bool events_have_room_for(kith_host *h, uint32_t octets)
{
    host_events *e = &h->events;

    return e->capacity - e->count >= e->step && find_payload(e, octets) != NULL;
}

bool events_have_room(kith_host *h)
{
    return events_have_room_for(h, host_payload_octets(&h->config.limits));
}

static kith_event *post(kith_host *h, kith_event_kind kind, const host_link *link)
{
    host_events *e = &h->events;
    host_event *slot = &e->slots[(e->head + e->count) % e->capacity];

    memset(slot, 0, sizeof *slot);
    e->count++;
    slot->event.kind = kind;
    if (link != NULL) {
        slot->event.link = link->id;
        slot->event.peer = link->proven;
        slot->event.address = link->peer;
    }
    return &slot->event;
}

/* The one just posted. */
static host_event *newest(const host_events *e)
{
    return &e->slots[(e->head + e->count - 1u) % e->capacity];
}

kith_event *event_post(kith_host *h, kith_event_kind kind, const host_link *link)
{
    host_events *e = &h->events;

    /* The step is the promise; should it ever be too small, the newest yields, and is counted. */
    if (e->count == e->capacity) {
        e->dropped++;
        e->count--;
    }
    return post(h, kind, link);
}

/* Questions of pairing are answered by pairing's answers, and the one of connection parameters by its own. */
static uint8_t *unheard_of(host_link *link, kith_event_kind kind)
{
    return kind == KITH_EVENT_PARAMETERS_WANTED ? &link->wish.unheard : &link->unheard;
}

/* An answer to it counts once it was handed out: whoever answers before that answers an earlier one. */
kith_event *event_ask(kith_host *h, kith_event_kind kind, host_link *link)
{
    kith_event *event = event_post(h, kind, link);

    newest(&h->events)->is_question = true;
    ++*unheard_of(link, kind);
    return event;
}

kith_event *event_post_droppable(kith_host *h, kith_event_kind kind, const host_link *link)
{
    host_events *e = &h->events;

    if (e->capacity - e->count > e->step)
        return post(h, kind, link);
    e->dropped++;
    return NULL;
}

const uint8_t *event_attach(kith_host *h, kith_event *event, const uint8_t *value, size_t len)
{
    host_events *e = &h->events;
    host_event *slot = newest(e);
    uint8_t *place = find_payload(e, (uint32_t)len);

    (void)event;
    if (len == 0 || place == NULL)
        return NULL;
    memcpy(place, value, len);
    e->payload_tail = (uint32_t)(place - e->payload) + (uint32_t)len;
    e->payload_count++;
    slot->has_payload = true;
    slot->payload_end = e->payload_tail;
    return place;
}

static void release_taken(host_events *e)
{
    host_event *slot = &e->slots[e->head];

    if (!e->taken)
        return;
    if (slot->has_payload) {
        e->payload_head = slot->payload_end;
        e->payload_count--;
    }
    wipe(slot, sizeof *slot); /* a passkey, out of band data */
    e->taken = false;
    e->head = (uint16_t)((e->head + 1) % e->capacity);
    e->count--;
}

/* Until when a question may be answered; NULL: it is none. */
static uint64_t *deadline_of(kith_event *event)
{
    switch (event->kind) {
    case KITH_EVENT_PARAMETERS_WANTED:
        return &event->parameters_wanted.deadline_us;
    case KITH_EVENT_SECURITY_WANTED:
        return &event->security_wanted.deadline_us;
    case KITH_EVENT_CONSENT_WANTED:
        return &event->consent.deadline_us;
    case KITH_EVENT_COMPARISON_WANTED:
        return &event->comparison.deadline_us;
    case KITH_EVENT_PASSKEY_SHOWN:
    case KITH_EVENT_PASSKEY_WANTED:
        return &event->passkey.deadline_us;
    case KITH_EVENT_OOB_WANTED:
        return &event->oob_wanted.deadline_us;
    case KITH_EVENT_ROOM_WANTED:
        return &event->room.deadline_us;
    default:
        return NULL;
    }
}

void events_settle(kith_host *h)
{
    host_events *e = &h->events;

    for (uint16_t i = 0; i < e->count; i++) {
        uint64_t *deadline_us = deadline_of(&e->slots[(e->head + i) % e->capacity].event);

        if (deadline_us != NULL)
            host_settle(h, deadline_us);
    }
}

/* A question that a call without a time led to waits for the next time told: only then its deadline is known. */
static bool is_unsettled(kith_event *event)
{
    const uint64_t *deadline_us = deadline_of(event);

    return deadline_us != NULL && *deadline_us >= HOST_UNSETTLED && *deadline_us != UINT64_MAX;
}

static void hear_question(kith_host *h, const kith_event *question)
{
    host_link *link = link_by_id(h, question->link);

    if (link != NULL)
        --*unheard_of(link, question->kind);
}

bool kith_host_next_event(kith_host *h, kith_event *out)
{
    host_events *e = &h->events;

    release_taken(e);
    if (e->count == 0 || is_unsettled(&e->slots[e->head].event))
        return false;
    *out = e->slots[e->head].event;
    if (e->slots[e->head].is_question)
        hear_question(h, out);
    e->taken = true;
    return true;
}

uint32_t kith_host_dropped(const kith_host *h)
{
    return h->events.dropped;
}
