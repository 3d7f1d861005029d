/* Starting, connecting, disconnecting. */
#include <string.h>

#include "blocking_inside.h"
#include "kith/codec/hci.h"

/* NULL: the status says it. */
static const char *why_not_started(const kith_event_start_failed *f)
{
    if (f->lacks != 0)
        return kith_lack_name(f->lacks);
    if (f->store)
        return f->status == KITH_ERR_DAMAGED ? "the store is damaged, or no store"
               : f->status == KITH_ERR_FULL  ? "the store holds more bonds than there is room for"
                                             : NULL;
    return f->status == KITH_ERR_IO ? "the controller does not answer" : NULL;
}

static blocking_taken take_start(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    (void)w;
    if (e->kind != KITH_EVENT_READY && e->kind != KITH_EVENT_START_FAILED)
        return BLOCKING_OTHERS;
    blocking_show(b, e);
    if (e->kind == KITH_EVENT_START_FAILED) {
        b->call = KITH_CALL_FAILED;
        b->status = e->start_failed.status;
        b->hci_status = e->start_failed.hci_status;
        b->detail = why_not_started(&e->start_failed);
    }
    return BLOCKING_END;
}

/* STATE: it has been started, and is ready or on its way. */
kith_call kith_blocking_start(kith_blocking *b, uint32_t max_ms)
{
    kith_address own;
    kith_status status;
    blocking_wait w;

    if (!blocking_begin(b, "start", max_ms, &w))
        return KITH_CALL_REFUSED;
    w.take = take_start;
    do
        status = kith_host_start(b->host, b->pump.now_us(b->pump.context));
    while (blocking_again(b, &w, status));
    if (status != KITH_ERR_STATE)
        return blocking_wait_for(b, &w, status);
    if (kith_gap_own_address(b->host, &own) == KITH_OK)
        return blocking_end(b, KITH_CALL_OK);
    return blocking_wait_for(b, &w, KITH_OK);
}

/* ---- connecting ---- */

static blocking_taken fail(kith_blocking *b, kith_hci_status status)
{
    b->hci_status = status;
    b->call = KITH_CALL_FAILED;
    return BLOCKING_END;
}

static blocking_taken take_connected(kith_blocking *b, const kith_event *e)
{
    b->link = e->link;
    blocking_show(b, e);
    return BLOCKING_END;
}

static blocking_taken fail_to_connect(kith_blocking *b, const kith_event_connect_failed *f)
{
    (void)fail(b, f->hci_status);
    b->status = f->status;
    if (f->timed_out)
        b->call = KITH_CALL_TIME_IS_UP;
    return BLOCKING_END;
}

static blocking_taken take_our_link(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    (void)w;
    if (e->kind == KITH_EVENT_CONNECT_FAILED)
        return fail_to_connect(b, &e->connect_failed);
    return e->kind == KITH_EVENT_CONNECTED && e->connected.we_are_central ? take_connected(b, e) : BLOCKING_OTHERS;
}

/* Off without a fault: a link comes of it, or it was called off. */
static blocking_taken take_their_link(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    if (e->kind == KITH_EVENT_CONNECTED && !e->connected.we_are_central)
        return take_connected(b, e);
    if (e->kind != KITH_EVENT_ADVERTISING)
        return BLOCKING_OTHERS;
    if (!e->activity.on && (w->called_off || e->activity.hci_status != KITH_HCI_SUCCESS))
        return fail(b, e->activity.hci_status);
    return BLOCKING_PART;
}

/* A link that was made before the attempt could be cancelled is a link all the same. */
kith_call kith_blocking_initiate(kith_blocking *b, const kith_initiating *initiating, uint32_t max_ms)
{
    kith_status status;
    kith_call call;
    blocking_wait w;

    if (!blocking_begin(b, "connect", max_ms, &w))
        return KITH_CALL_REFUSED;
    w.take = take_our_link;
    do
        status = kith_gap_initiate(b->host, initiating);
    while (status == KITH_ERR_BUSY && blocking_again(b, &w, status));
    call = blocking_wait_for(b, &w, status);
    return blocking_was_cut_short(call) && kith_gap_cancel_connect(b->host) == KITH_OK ? blocking_wait_off(b, &w)
                                                                                       : call;
}

kith_call kith_blocking_connect(kith_blocking *b, const kith_address *peer,
                                const kith_connection_parameters *parameters, uint32_t max_ms)
{
    kith_initiating initiating;

    kith_gap_default_initiating(&initiating);
    initiating.peer = *peer;
    if (parameters != NULL)
        initiating.parameters = *parameters;
    return kith_blocking_initiate(b, &initiating, max_ms);
}

kith_call kith_blocking_accept(kith_blocking *b, const kith_advertising *advertising, uint32_t max_ms)
{
    kith_call call;
    blocking_wait w;

    if (!blocking_begin(b, "accept", max_ms, &w))
        return KITH_CALL_REFUSED;
    w.take = take_their_link;
    call = blocking_wait_for(b, &w, kith_gap_advertise(b->host, advertising));
    w.called_off = blocking_was_cut_short(call);
    return w.called_off && kith_gap_stop_advertising(b->host) == KITH_OK ? blocking_wait_off(b, &w) : call;
}

static blocking_taken take_parameters(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    if (e->kind != KITH_EVENT_PARAMETERS || e->link != w->link || !e->parameters.asked)
        return BLOCKING_OTHERS;
    blocking_show(b, e);
    b->hci_status = e->parameters.hci_status;
    b->detail = kith_parameters_result_name(e->parameters.result);
    if (e->parameters.result != KITH_PARAMETERS_CHANGED)
        b->call = e->parameters.result == KITH_PARAMETERS_LINK_LOST ? KITH_CALL_LINK_LOST : KITH_CALL_FAILED;
    return BLOCKING_END;
}

kith_call kith_blocking_update_parameters(kith_blocking *b, kith_link link,
                                          const kith_connection_parameters *parameters, uint32_t max_ms)
{
    kith_status status;
    blocking_wait w;

    if (!blocking_begin(b, "update parameters", max_ms, &w))
        return KITH_CALL_REFUSED;
    w.link = link;
    w.take = take_parameters;
    do
        status = kith_gap_update_parameters(b->host, link, parameters);
    while (blocking_again(b, &w, status));
    if (status == KITH_ERR_VALUE)
        b->detail = kith_gap_parameters_fault(parameters);
    return blocking_wait_for(b, &w, status);
}

static blocking_taken take_end(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    if (e->kind != KITH_EVENT_DISCONNECTED || e->link != w->of)
        return BLOCKING_OTHERS;
    b->hci_status = e->disconnected.reason;
    return BLOCKING_END;
}

kith_call kith_blocking_disconnect(kith_blocking *b, kith_link link, uint32_t max_ms)
{
    kith_status status;
    blocking_wait w;

    if (!blocking_begin(b, "disconnect", max_ms, &w))
        return KITH_CALL_REFUSED;
    w.take = take_end;
    w.of = link;
    w.deaf = true;
    status = kith_gap_disconnect(b->host, link, 0x13);
    return status == KITH_ERR_NOT_FOUND ? blocking_end(b, KITH_CALL_OK) : blocking_wait_for(b, &w, status);
}
