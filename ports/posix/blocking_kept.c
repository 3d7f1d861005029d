/* Events that nobody waited for, in the order they came, each with its value. */
#include <string.h>

#include "blocking_inside.h"

/* Short data lie in the report itself; of long ones there is room for the beginning. */
static const uint8_t **data_of(kith_event_report *r, size_t *len)
{
    *len = 0;
    if (r->len <= sizeof r->data)
        return NULL;
    r->is_cut |= r->len > KITH_BLOCKING_VALUE;
    if (r->len > KITH_BLOCKING_VALUE)
        r->len = KITH_BLOCKING_VALUE;
    *len = r->len;
    return &r->long_data;
}

/* Where the event points to the octets that it brings; NULL: it brings none. */
static const uint8_t **value_of(kith_event *e, size_t *len)
{
    switch (e->kind) {
    case KITH_EVENT_NOTIFIED:
        *len = e->notified.len;
        return &e->notified.value;
    case KITH_EVENT_REPORT:
        return data_of(&e->report, len);
    case KITH_EVENT_FOUND:
        return data_of(&e->found.report, len);
    case KITH_EVENT_READ:
        *len = e->gatt.len;
        return &e->gatt.value;
    case KITH_EVENT_READ_WANTED:
    case KITH_EVENT_WRITE_WANTED:
    case KITH_EVENT_WRITE_COMMAND:
    case KITH_EVENT_AUTHORIZATION_WANTED:
    case KITH_EVENT_VALUE_WRITTEN:
        *len = e->attribute.len;
        return &e->attribute.value;
    case KITH_EVENT_SERVICES:
    case KITH_EVENT_INCLUDES:
    case KITH_EVENT_DESCRIPTORS:
    case KITH_EVENT_CHARACTERISTICS:
    case KITH_EVENT_VALUES:
        *len = (size_t)e->list.count * e->list.entry_len;
        return &e->list.entries;
    default:
        *len = 0;
        return NULL;
    }
}

/* The event as it is, its octets at value; their number. */
static uint16_t copy(const kith_event *from, kith_event *to, uint8_t value[KITH_BLOCKING_VALUE])
{
    const uint8_t **at;
    size_t len;

    *to = *from;
    at = value_of(to, &len);
    if (at == NULL || *at == NULL)
        return 0;
    if (len > KITH_BLOCKING_VALUE)
        len = KITH_BLOCKING_VALUE;
    memcpy(value, *at, len);
    *at = value;
    return (uint16_t)len;
}

void blocking_show(kith_blocking *b, const kith_event *e)
{
    kith_event shown;

    b->value_len = copy(e, &shown, b->value);
    b->event = shown;
}

static void take_out(kith_blocking *b, size_t i)
{
    kith_event e;
    size_t len;

    b->kept_count--;
    for (; i < b->kept_count; i++) {
        const uint8_t **at;

        b->kept[i] = b->kept[i + 1];
        at = value_of(&b->kept[i].event, &len);
        if (at != NULL && *at != NULL)
            *at = b->kept[i].value;
    }
    memset(&e, 0, sizeof e);
    b->kept[b->kept_count].event = e;
}

/* The oldest without a value, else the oldest. */
static void make_room(kith_blocking *b)
{
    size_t i = 0;

    if (b->kept_count < KITH_BLOCKING_KEPT)
        return;
    while (i < b->kept_count && (b->kept[i].len > 0 || b->kept[i].event.kind == KITH_EVENT_DISCONNECTED))
        i++;
    take_out(b, i < b->kept_count ? i : 0);
    b->dropped++;
}

void blocking_keep(kith_blocking *b, const kith_event *e)
{
    kith_blocking_kept *place;

    if (e->kind == KITH_EVENT_REPORT)
        return;
    make_room(b);
    place = &b->kept[b->kept_count++];
    place->len = copy(e, &place->event, place->value);
}

static bool is_wanted(const kith_event *e, kith_event_kind kind, kith_link link, uint16_t handle)
{
    return (kind == KITH_EVENT_NONE || e->kind == kind) && (link == 0 || e->link == link) &&
           (handle == 0 || e->notified.handle == handle);
}

bool blocking_take_kept(kith_blocking *b, kith_event_kind kind, kith_link link, uint16_t handle)
{
    for (size_t i = 0; i < b->kept_count; i++)
        if (is_wanted(&b->kept[i].event, kind, link, handle)) {
            blocking_show(b, &b->kept[i].event);
            take_out(b, i);
            return true;
        }
    return false;
}
