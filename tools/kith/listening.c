/* Finds all that is meant, asks for each, listens, and takes back what it asked for: on its own at the end, and when
 * somebody stops it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "kith/port/posix.h"
#include "listening.h"
#include "trouble_att.h"
#include "value_text.h"

enum { SENTENCE = VALUE_TEXT + TARGET_LABEL + 64, NOTE = TARGET_LABEL + 32 };

void listening_init(listening *l, const what *whats, size_t count)
{
    memset(l, 0, sizeof *l);
    targets_init(&l->targets, whats, count);
    l->targets.looks_always = true;
    l->targets.takes_each = true;
    l->until_us = UINT64_MAX;
}

void listening_close(listening *l)
{
    targets_close(&l->targets);
    free(l->configurations);
}

static const target *current(const listening *l)
{
    return &l->targets.found[l->at];
}

/* ---- taking back ---- */

static errand_result end(const listening *l)
{
    return l->failed ? ERRAND_FAILED : ERRAND_DONE;
}

/* What cannot be taken back any more is forgotten with the link, or remembered by a bonded peer, who then tells of it
 * the next time: no harm. */
static errand_result take_back_next(listening *l, const errand_site *site)
{
    while (l->at < l->asked) {
        size_t at = l->at++;

        l->waits = kith_gatt_subscribe(site->host, site->link, l->targets.found[at].handle, l->configurations[at], 0) ==
                   KITH_OK;
        if (l->waits)
            return ERRAND_GOES_ON;
    }
    return end(l);
}

static errand_result take_back(listening *l, const errand_site *site)
{
    l->step = LISTENING_TAKES_BACK;
    l->at = 0;
    return l->keep || l->no_write ? end(l) : take_back_next(l, site);
}

/* ---- listening ---- */

static const target *target_of(const listening *l, uint16_t handle)
{
    for (size_t i = 0; i < l->targets.count; i++)
        if (l->targets.found[i].handle == handle)
            return &l->targets.found[i];
    return NULL;
}

static void tell(const listening *l, const errand_site *site, const kith_event_notified *n, const target *t)
{
    char label[TARGET_LABEL], text[VALUE_TEXT], sentence[SENTENCE];
    json_t *o = json_pack("{s:s,s:b,s:i}", "event", "value", "indicated", (int)n->indicated, "level", (int)n->level);

    target_add(o, &l->targets, t);
    value_add(o, n->value, n->len);
    (void)snprintf(sentence, sizeof sentence, "%s is %s.", target_label(t, label),
                   value_describe(n->value, n->len, text));
    report_record(site->report, o, sentence);
}

static bool has_enough(const listening *l)
{
    return l->count != 0 && l->heard >= l->count;
}

/* A value may come before the answer to what asked for it. */
static errand_result on_notified(listening *l, const errand_site *site, const kith_event_notified *n)
{
    const target *t = target_of(l, n->handle);

    if (t == NULL || l->is_stopped || has_enough(l) || (l->step != LISTENING_ASKS && l->step != LISTENING_LISTENS))
        return ERRAND_GOES_ON;
    l->heard++;
    tell(l, site, n, t);
    return has_enough(l) && l->step == LISTENING_LISTENS ? take_back(l, site) : ERRAND_GOES_ON;
}

static errand_result listen(listening *l, const errand_site *site)
{
    l->step = LISTENING_LISTENS;
    if (l->for_s != 0)
        l->until_us = kith_posix_now() + UINT64_C(1000000) * l->for_s;
    report_record(site->report, json_pack("{s:s,s:I}", "event", "listening", "values", (json_int_t)l->targets.count),
                  "Listening; Ctrl-C ends it.");
    return has_enough(l) ? take_back(l, site) : ERRAND_GOES_ON;
}

/* ---- asking ---- */

static const char *not_subscribed(const listening *l, char text[NOTE])
{
    char label[TARGET_LABEL];

    (void)snprintf(text, NOTE, "%s was not subscribed to", target_label(current(l), label));
    return text;
}

/* Without a choice: what there is, notifications first. */
static uint8_t bits_for(const listening *l, const target *t)
{
    bool notifies = t->characteristic->properties & KITH_PROPERTY_NOTIFY;
    bool indicates = t->characteristic->properties & KITH_PROPERTY_INDICATE;

    if (l->indicate)
        return indicates ? KITH_SUBSCRIBED_INDICATE : 0;
    if (notifies)
        return KITH_SUBSCRIBED_NOTIFY;
    return indicates ? KITH_SUBSCRIBED_INDICATE : 0;
}

static errand_result say_cannot(listening *l, const errand_site *site)
{
    char text[NOTE];

    (void)complain("'%s': %s: it is never %s; `kith info' tells what may be done with it", site->peer,
                   not_subscribed(l, text), l->indicate ? "indicated" : "notified nor indicated");
    l->failed = true;
    return take_back(l, site);
}

static errand_result ask_next(listening *l, const errand_site *site)
{
    char text[NOTE];
    kith_status status;
    uint8_t bits;

    if (l->at == l->targets.count || l->no_write)
        return listen(l, site);
    bits = bits_for(l, current(l));
    if (bits == 0)
        return say_cannot(l, site);
    status = kith_gatt_subscribe(site->host, site->link, current(l)->handle, 0, bits);
    l->waits = status == KITH_OK;
    if (l->waits)
        return ERRAND_GOES_ON;
    trouble_call(site, not_subscribed(l, text), status);
    return ERRAND_FAILED;
}

static errand_result begin_asking(listening *l, const errand_site *site)
{
    l->configurations = calloc(l->targets.count + 1, sizeof *l->configurations);
    if (l->configurations == NULL) {
        (void)complain("no memory");
        return ERRAND_FAILED;
    }
    l->step = LISTENING_ASKS;
    return l->targets.missed ? ERRAND_FAILED : ask_next(l, site);
}

static errand_result on_asked(listening *l, const errand_site *site, const kith_event_gatt *g)
{
    char text[NOTE];

    if (g->result != KITH_GATT_OK) {
        if (!l->is_stopped)
            trouble_att(site, not_subscribed(l, text), g);
        l->failed = true;
        return take_back(l, site);
    }
    l->configurations[l->at++] = g->handle;
    l->asked = l->at;
    return l->is_stopped ? take_back(l, site) : ask_next(l, site);
}

static errand_result on_answer(listening *l, const errand_site *site, const kith_event_gatt *g)
{
    l->waits = false;
    return l->step == LISTENING_ASKS ? on_asked(l, site, g) : take_back_next(l, site);
}

/* ---- steps ---- */

static errand_result when_found(listening *l, const errand_site *site, errand_result result)
{
    return result == ERRAND_DONE ? begin_asking(l, site) : result;
}

static errand_result begin(void *self, const errand_site *site)
{
    listening *l = self;

    return when_found(l, site, targets_begin(&l->targets, site));
}

static errand_result on_event(void *self, const errand_site *site, const kith_event *e)
{
    listening *l = self;

    if (e->kind == KITH_EVENT_NOTIFIED)
        return on_notified(l, site, &e->notified);
    if (e->kind == KITH_EVENT_SUBSCRIPTION_WRITTEN)
        return on_answer(l, site, &e->gatt);
    return l->step == LISTENING_FINDS ? when_found(l, site, targets_on_event(&l->targets, site, e)) : ERRAND_GOES_ON;
}

static errand_result turn(void *self, const errand_site *site, uint64_t now_us)
{
    listening *l = self;

    if (l->step != LISTENING_LISTENS || now_us < l->until_us)
        return ERRAND_GOES_ON;
    if (l->count != 0) {
        (void)complain("'%s' told of %u values in %u s, not of %u", site->peer, l->heard, l->for_s, l->count);
        l->failed = true;
    }
    return take_back(l, site);
}

static uint64_t deadline(const void *self)
{
    const listening *l = self;

    return l->step == LISTENING_LISTENS ? l->until_us : UINT64_MAX;
}

/* A request under way ends first. */
static errand_result stop(void *self, const errand_site *site)
{
    listening *l = self;

    l->is_stopped = true;
    if (l->step == LISTENING_FINDS)
        return ERRAND_DONE;
    return l->waits ? ERRAND_GOES_ON : take_back(l, site);
}

const errand listening_errand = {
    .doing = "listening to", .begin = begin, .on_event = on_event, .turn = turn, .deadline = deadline, .stop = stop};
