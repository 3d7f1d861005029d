/* A peer's attributes, one request after the other. */
#include <string.h>

#include "blocking_inside.h"
#include "kith/uuid.h"

static blocking_taken end_request(kith_blocking *b, const kith_event *e)
{
    b->gatt = e->gatt.result;
    b->att_error = e->gatt.att_error;
    b->level = e->gatt.level;
    b->handle = e->gatt.handle;
    if (e->kind == KITH_EVENT_MTU && b->gatt == KITH_GATT_OK)
        b->mtu = e->gatt.mtu;
    if (b->gatt == KITH_GATT_LINK_LOST)
        b->call = KITH_CALL_LINK_LOST;
    else if (b->gatt != KITH_GATT_OK)
        b->call = KITH_CALL_FAILED;
    return BLOCKING_END;
}

static blocking_taken take_request(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    if (e->link != w->link || e->kind != w->kind)
        return BLOCKING_OTHERS;
    if (e->kind == KITH_EVENT_READ && e->gatt.result == KITH_GATT_OK)
        blocking_show(b, e);
    return end_request(b, e);
}

static bool begin(kith_blocking *b, const char *name, kith_link link, kith_event_kind kind, uint32_t max_ms,
                  blocking_wait *w)
{
    if (!blocking_begin(b, name, max_ms, w))
        return false;
    w->link = link;
    w->kind = kind;
    w->take = take_request;
    return true;
}

/* What an earlier request is owed comes before the next: its end must not be taken for that one's, and a host may let
 * requests wait in line.  One that is not waited for to its end goes on. */
static kith_call wait_for(kith_blocking *b, blocking_wait *w, kith_status status)
{
    kith_call call = blocking_wait_for(b, w, status);

    if (call == KITH_CALL_TIME_IS_UP || call == KITH_CALL_STOPPED)
        blocking_owe(b, w->link, w->kind);
    return call;
}

static void keep_found(kith_blocking *b, blocking_wait *w, const kith_event_characteristics *found)
{
    for (uint16_t i = 0; i < found->count; i++) {
        if (b->found_count == KITH_BLOCKING_FOUND) {
            w->called_off = true; /* there are more than fit */
            return;
        }
        kith_gatt_found_at(found, i, &b->found[b->found_count++]);
    }
}

static blocking_taken take_discovery(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    if (e->link != w->link || (e->kind != KITH_EVENT_CHARACTERISTICS && e->kind != KITH_EVENT_DISCOVERED))
        return BLOCKING_OTHERS;
    if (e->kind == KITH_EVENT_CHARACTERISTICS) {
        keep_found(b, w, &e->characteristics);
        return BLOCKING_PART;
    }
    (void)end_request(b, e);
    if (b->call == KITH_CALL_OK && w->called_off) {
        b->gatt = KITH_GATT_TOO_LONG;
        b->call = KITH_CALL_FAILED;
    }
    return BLOCKING_END;
}

kith_call kith_blocking_discover(kith_blocking *b, kith_link link, const kith_uuid *service, uint32_t max_ms)
{
    kith_status status;
    blocking_wait w;

    if (!begin(b, "discover", link, KITH_EVENT_DISCOVERED, max_ms, &w))
        return KITH_CALL_REFUSED;
    w.take = take_discovery;
    do
        status = blocking_is_owed(b, link) ? KITH_ERR_BUSY : kith_gatt_discover(b->host, link, service);
    while (blocking_again(b, &w, status));
    if (status == KITH_OK)
        b->found_count = 0;
    return wait_for(b, &w, status);
}

const kith_gatt_found *kith_blocking_found(const kith_blocking *b, const kith_uuid *characteristic)
{
    for (uint16_t i = 0; i < b->found_count; i++)
        if (kith_uuid_equal(&b->found[i].uuid, characteristic))
            return &b->found[i];
    return NULL;
}

kith_call kith_blocking_exchange_mtu(kith_blocking *b, kith_link link, uint32_t max_ms)
{
    kith_status status;
    blocking_wait w;

    if (!begin(b, "exchange MTU", link, KITH_EVENT_MTU, max_ms, &w))
        return KITH_CALL_REFUSED;
    do
        status = blocking_is_owed(b, link) ? KITH_ERR_BUSY : kith_gatt_exchange_mtu(b->host, link);
    while (blocking_again(b, &w, status));
    return wait_for(b, &w, status);
}

kith_call kith_blocking_read(kith_blocking *b, kith_link link, uint16_t handle, uint32_t max_ms)
{
    kith_status status;
    blocking_wait w;

    if (!begin(b, "read", link, KITH_EVENT_READ, max_ms, &w))
        return KITH_CALL_REFUSED;
    do
        status = blocking_is_owed(b, link) ? KITH_ERR_BUSY : kith_gatt_read(b->host, link, handle);
    while (blocking_again(b, &w, status));
    return wait_for(b, &w, status);
}

kith_call kith_blocking_write(kith_blocking *b, kith_link link, uint16_t handle, const uint8_t *value, size_t len,
                              uint32_t max_ms)
{
    kith_status status;
    blocking_wait w;

    if (!begin(b, "write", link, KITH_EVENT_WRITTEN, max_ms, &w))
        return KITH_CALL_REFUSED;
    do
        status = blocking_is_owed(b, link) ? KITH_ERR_BUSY : kith_gatt_write(b->host, link, handle, value, len);
    while (blocking_again(b, &w, status));
    return wait_for(b, &w, status);
}

kith_call kith_blocking_subscribe(kith_blocking *b, kith_link link, uint16_t value_handle, uint8_t bits,
                                  uint32_t max_ms)
{
    kith_status status;
    blocking_wait w;

    if (!begin(b, "subscribe", link, KITH_EVENT_SUBSCRIPTION_WRITTEN, max_ms, &w))
        return KITH_CALL_REFUSED;
    do
        status = blocking_is_owed(b, link) ? KITH_ERR_BUSY : kith_gatt_subscribe(b->host, link, value_handle, 0, bits);
    while (blocking_again(b, &w, status));
    return wait_for(b, &w, status);
}

/* ---- what comes by itself ---- */

static void tell_value(kith_blocking *b)
{
    b->handle = b->event.notified.handle;
    b->level = b->event.notified.level;
}

static blocking_taken take_value(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    if (e->kind != KITH_EVENT_NOTIFIED || e->link != w->link || (w->handle != 0 && e->notified.handle != w->handle))
        return BLOCKING_OTHERS;
    blocking_show(b, e);
    tell_value(b);
    return BLOCKING_END;
}

static bool is_there(const kith_blocking *b, kith_link link)
{
    kith_event_security ignored;

    return kith_security_of(b->host, link, &ignored) == KITH_OK;
}

kith_call kith_blocking_value(kith_blocking *b, kith_link link, uint16_t handle, uint32_t max_ms)
{
    blocking_wait w;

    if (!begin(b, "value", link, KITH_EVENT_NOTIFIED, max_ms, &w))
        return KITH_CALL_REFUSED;
    if (link != 0 && blocking_take_kept(b, KITH_EVENT_NOTIFIED, link, handle)) {
        tell_value(b);
        return blocking_end(b, KITH_CALL_OK);
    }
    w.take = take_value;
    w.handle = handle;
    return blocking_wait_for(b, &w, is_there(b, link) ? KITH_OK : KITH_ERR_NOT_FOUND);
}

static blocking_taken take_any(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    bool wanted = (w->kind == KITH_EVENT_NONE || w->kind == e->kind) && (w->link == 0 || w->link == e->link);

    if (!wanted || blocking_ask(b, e))
        return wanted ? BLOCKING_PART : BLOCKING_OTHERS;
    blocking_show(b, e);
    return BLOCKING_END;
}

kith_call kith_blocking_event(kith_blocking *b, kith_event_kind kind, kith_link link, uint32_t max_ms)
{
    blocking_wait w;

    if (!begin(b, "event", link, kind, max_ms, &w))
        return KITH_CALL_REFUSED;
    if (blocking_take_kept(b, kind, link, 0))
        return blocking_end(b, KITH_CALL_OK);
    w.take = take_any;
    return blocking_wait_for(b, &w, link == 0 || is_there(b, link) ? KITH_OK : KITH_ERR_NOT_FOUND);
}
