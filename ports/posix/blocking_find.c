/* Finding: by the program's own question to each advertiser, or by what the host looks for. */
#include <string.h>

#include "blocking_inside.h"

static blocking_taken take_report(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    if (e->kind == KITH_EVENT_SCANNING) {
        b->hci_status = e->activity.hci_status;
        b->call = e->activity.on ? KITH_CALL_OK : KITH_CALL_FAILED;
        return e->activity.on ? BLOCKING_PART : BLOCKING_END;
    }
    if (e->kind != KITH_EVENT_REPORT)
        return BLOCKING_OTHERS;
    if (!w->is_it(w->context, &e->report))
        return BLOCKING_PART;
    blocking_show(b, e);
    return BLOCKING_END;
}

static blocking_taken take_scan_off(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    (void)b;
    (void)w;
    if (e->kind == KITH_EVENT_REPORT)
        return BLOCKING_PART;
    return e->kind == KITH_EVENT_SCANNING && !e->activity.on ? BLOCKING_END : BLOCKING_OTHERS;
}

/* However the search ended the scan goes off, and how it ended stays. */
static kith_call end_scan(kith_blocking *b, blocking_wait *w, kith_call call)
{
    kith_status status;

    if (call == KITH_CALL_REFUSED || call == KITH_CALL_FAILED || call == KITH_CALL_CONTROLLER_LOST)
        return call;
    b->inside = true;
    w->deaf = true;
    w->take = take_scan_off;
    w->until_us = b->pump.now_us(b->pump.context) + BLOCKING_GRACE_US;
    do
        status = kith_gap_stop_scan(b->host);
    while (blocking_again(b, w, status));
    if (status == KITH_OK)
        (void)blocking_wait_off(b, w);
    return blocking_end(b, call);
}

kith_call kith_blocking_find(kith_blocking *b, const kith_scan *scan,
                             bool (*is_it)(void *context, const kith_event_report *report), void *context,
                             uint32_t max_ms)
{
    kith_scan defaults;
    kith_status status = KITH_ERR_VALUE;
    blocking_wait w;

    if (!blocking_begin(b, "find", max_ms, &w))
        return KITH_CALL_REFUSED;
    kith_gap_default_scan(&defaults);
    w.take = take_report;
    w.is_it = is_it;
    w.context = context;
    if (is_it != NULL)
        status = kith_gap_start_scan(b->host, scan != NULL ? scan : &defaults);
    if (end_scan(b, &w, blocking_wait_for(b, &w, status)) == KITH_CALL_TIME_IS_UP)
        b->detail = "nobody who was looked for was heard";
    return b->call;
}

static bool has_name(void *context, const kith_event_report *report)
{
    char name[32];

    return kith_gap_find_name(kith_report_data(report), report->len, name) && strcmp(name, context) == 0;
}

kith_call kith_blocking_find_name(kith_blocking *b, const kith_scan *scan, const char *name, uint32_t max_ms)
{
    char sought[32] = "";

    if (name != NULL)
        (void)strncpy(sought, name, sizeof sought - 1);
    return kith_blocking_find(b, scan, name != NULL && strlen(name) < sizeof sought ? has_name : NULL, sought, max_ms);
}

/* ---- by the host ---- */

/* What was found is shown as the report that it is. */
static void show_found(kith_blocking *b, const kith_event *e)
{
    kith_event report = {.kind = KITH_EVENT_REPORT, .report = e->found.report};

    blocking_show(b, &report);
}

static blocking_taken take_found(kith_blocking *b, blocking_wait *w, const kith_event *e)
{
    if (e->kind == KITH_EVENT_SCANNING)
        return BLOCKING_PART;
    if (e->kind != KITH_EVENT_FOUND)
        return BLOCKING_OTHERS;
    if (e->found.result == KITH_FOUND) {
        show_found(b, e);
        return BLOCKING_END;
    }
    b->status = e->found.status;
    b->hci_status = e->found.hci_status;
    b->call = e->found.result == KITH_FOUND_STOPPED && !w->called_off ? KITH_CALL_STOPPED : KITH_CALL_FAILED;
    return BLOCKING_END;
}

/* What is found before the search could be called off is found all the same. */
static kith_call call_off(kith_blocking *b, blocking_wait *w)
{
    kith_call call = b->call;
    kith_status status;

    w->called_off = true;
    w->deaf = true;
    w->until_us = b->pump.now_us(b->pump.context) + BLOCKING_GRACE_US;
    status = kith_gap_stop_scan(b->host);
    b->call = call;
    return status == KITH_OK || status == KITH_ERR_BUSY ? blocking_wait_off(b, w) : blocking_end(b, call);
}

kith_call kith_blocking_find_sought(kith_blocking *b, const kith_scan *scan, const kith_sought *sought, uint32_t max_ms)
{
    kith_call call;
    blocking_wait w;

    if (!blocking_begin(b, "find", max_ms, &w))
        return KITH_CALL_REFUSED;
    w.take = take_found;
    call = blocking_wait_for(b, &w, kith_gap_find(b->host, scan, sought, 0));
    if (blocking_was_cut_short(call))
        call = call_off(b, &w);
    if (call == KITH_CALL_TIME_IS_UP)
        b->detail = "nobody who was looked for was heard";
    return call;
}
