/* Finds what is meant, all of it and unmistakably, then writes it in the way that was asked for.
 *
 * Writes without response have no end that anybody tells.  So something is asked behind them that every peer answers,
 * and that changes nothing: when the answer is here they have arrived, and the link may go. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "kith/port/posix.h"
#include "trouble_att.h"
#include "write_values.h"

enum {
    WRITE_HEAD = 3,   /* octets of a request that are not the value's */
    SIGNED_HEAD = 15, /* and with the signature */
    AGAIN_US = 20 * 1000,
    NOTE = TARGET_LABEL + 64
};

void write_values_init(write_values *w, const what *whats, size_t count)
{
    targets_init(&w->targets, whats, count);
    w->step = WRITE_FINDS;
    w->again_us = UINT64_MAX;
}

void write_values_close(write_values *w)
{
    targets_close(&w->targets);
}

/* ---- words ---- */

static const char *label_of_all(const write_values *w, char text[NOTE])
{
    char label[TARGET_LABEL];

    if (w->targets.count == 1)
        (void)snprintf(text, NOTE, "%s", target_label(&w->targets.found[0], label));
    else
        (void)snprintf(text, NOTE, "%zu values together", w->targets.count);
    return text;
}

static const char *not_written(const write_values *w, char text[NOTE])
{
    char label[NOTE];

    (void)snprintf(text, NOTE, "%.*s: not written", NOTE - 32, label_of_all(w, label));
    return text;
}

static const char *word_of(const write_values *w)
{
    static const char *const words[] = {
        [WRITE_AS_FITS] = "request",   [WRITE_SHORT] = "request",   [WRITE_LONG] = "long",
        [WRITE_RELIABLE] = "reliable", [WRITE_COMMAND] = "command", [WRITE_SIGNED] = "signed",
    };

    return words[w->way];
}

static bool is_answered(const write_values *w)
{
    return w->way != WRITE_COMMAND && w->way != WRITE_SIGNED;
}

static errand_result tell_done(const write_values *w, const errand_site *site)
{
    for (size_t i = 0; i < w->targets.count; i++) {
        char label[TARGET_LABEL], sentence[NOTE + TARGET_LABEL];
        json_t *o = json_pack("{s:s,s:s,s:b,s:I}", "event", "value-written", "way", word_of(w), "answered",
                              (int)is_answered(w), "octets", (json_int_t)w->values[i].len);

        target_add(o, &w->targets, &w->targets.found[i]);
        (void)snprintf(sentence, sizeof sentence, "%s: %zu octets %s", target_label(&w->targets.found[i], label),
                       w->values[i].len,
                       is_answered(w) ? "written." : "sent; whether they were taken is told by nobody.");
        report_record(site->report, o, sentence);
    }
    return ERRAND_DONE;
}

static errand_result say_too_long(const write_values *w, const errand_site *site, size_t most)
{
    char text[NOTE];

    (void)complain("'%s': %s: %zu octets, and a %s on this link holds %zu%s", site->peer, not_written(w, text),
                   w->values[0].len, word_of(w), most, w->way == WRITE_SIGNED ? "" : "; --long writes it in parts");
    return ERRAND_FAILED;
}

static errand_result say_refused(const write_values *w, const errand_site *site, kith_status status)
{
    char text[NOTE];

    if (w->way == WRITE_SIGNED && status == KITH_ERR_NOT_FOUND)
        (void)complain("'%s': %s: there is no bond with a signing key of ours; `kith pair --signing' makes one, with a "
                       "peer that can",
                       site->peer, not_written(w, text));
    else if (w->way == WRITE_SIGNED && status == KITH_ERR_STATE)
        (void)complain("'%s': %s: the link is encrypted, where a signature has no place; without --signed it is "
                       "written",
                       site->peer, not_written(w, text));
    else
        trouble_call(site, not_written(w, text), status);
    return ERRAND_FAILED;
}

/* ---- ways to write ---- */

static kith_status write_reliably(write_values *w, const errand_site *site)
{
    for (size_t i = 0; i < w->targets.count; i++)
        w->parts[i] =
            (kith_gatt_write_part){w->targets.found[i].handle, (uint16_t)w->values[i].len, w->values[i].octets};
    return kith_gatt_write_reliable(site->host, site->link, w->parts, w->targets.count);
}

static kith_status call(write_values *w, const errand_site *site)
{
    const octets_value *v = &w->values[0];
    uint16_t handle = w->targets.found[0].handle;

    switch (w->way) {
    case WRITE_LONG:
        return kith_gatt_write_long(site->host, site->link, handle, v->octets, v->len);
    case WRITE_RELIABLE:
        return write_reliably(w, site);
    case WRITE_COMMAND:
        return kith_gatt_write_command(site->host, site->link, handle, v->octets, v->len);
    case WRITE_SIGNED:
        return kith_gatt_write_signed(site->host, site->link, handle, v->octets, v->len);
    default:
        return kith_gatt_write(site->host, site->link, handle, v->octets, v->len);
    }
}

/* Full buffers, and a store that reserves counters for signatures, have to be waited for. */
static bool has_to_wait(write_values *w, kith_status status)
{
    bool must = status == KITH_ERR_BUSY || status == KITH_ERR_FULL;

    w->again_us = must ? kith_posix_now() + AGAIN_US : UINT64_MAX;
    return must;
}

/* Whether it has the service or not: both are answers. */
static errand_result ask_something(write_values *w, const errand_site *site)
{
    static const kith_uuid generic_access = KITH_UUID16(0x1800);
    kith_status status = kith_gatt_discover_services(site->host, site->link, &generic_access);

    w->step = WRITE_ASKS;
    return status == KITH_OK || has_to_wait(w, status) ? ERRAND_GOES_ON : say_refused(w, site, status);
}

static errand_result write_now(write_values *w, const errand_site *site)
{
    kith_status status = call(w, site);

    w->step = WRITE_WRITES;
    if (has_to_wait(w, status))
        return ERRAND_GOES_ON;
    if (status != KITH_OK)
        return say_refused(w, site, status);
    return is_answered(w) ? ERRAND_GOES_ON : ask_something(w, site);
}

static errand_result choose(write_values *w, const errand_site *site)
{
    size_t most = (size_t)site->mtu - (w->way == WRITE_SIGNED ? SIGNED_HEAD : WRITE_HEAD);
    bool is_long = w->values[0].len > most;

    if (w->targets.missed)
        return ERRAND_FAILED;
    if (is_long && w->way == WRITE_AS_FITS)
        w->way = WRITE_LONG;
    if (is_long && w->way != WRITE_LONG && w->way != WRITE_RELIABLE)
        return say_too_long(w, site, most);
    return write_now(w, site);
}

/* ---- steps ---- */

static errand_result when_found(write_values *w, const errand_site *site, errand_result result)
{
    return result == ERRAND_DONE ? choose(w, site) : result;
}

static errand_result begin(void *self, const errand_site *site)
{
    write_values *w = self;

    return when_found(w, site, targets_begin(&w->targets, site));
}

static errand_result on_end(write_values *w, const errand_site *site, const kith_event_gatt *g)
{
    bool arrived = g->result == KITH_GATT_OK ||
                   (w->step == WRITE_ASKS && (g->result == KITH_GATT_NOT_FOUND || g->result == KITH_GATT_ATT_ERROR));
    char text[NOTE];

    if (arrived)
        return tell_done(w, site);
    trouble_att(site, not_written(w, text), g);
    return ERRAND_FAILED;
}

static errand_result on_event(void *self, const errand_site *site, const kith_event *e)
{
    write_values *w = self;

    if (w->step == WRITE_FINDS)
        return when_found(w, site, targets_on_event(&w->targets, site, e));
    if (e->kind == KITH_EVENT_WRITTEN || (e->kind == KITH_EVENT_DISCOVERED && w->step == WRITE_ASKS))
        return on_end(w, site, &e->gatt);
    return ERRAND_GOES_ON;
}

static errand_result turn(void *self, const errand_site *site, uint64_t now_us)
{
    write_values *w = self;

    if (now_us < w->again_us)
        return ERRAND_GOES_ON;
    return w->step == WRITE_ASKS ? ask_something(w, site) : write_now(w, site);
}

static uint64_t deadline(const void *self)
{
    const write_values *w = self;

    return w->again_us;
}

const errand write_values_errand = {
    .doing = "writing to", .patience_s = 180, .begin = begin, .on_event = on_event, .turn = turn, .deadline = deadline};
