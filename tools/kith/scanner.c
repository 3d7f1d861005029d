/* The loop of a scan: each report goes into the table of those who were heard; who is known well enough is told, one
 * line each, and again when there is more to say.  At the end it says how many there were. */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "device.h"
#include "event_json.h"
#include "heard_text.h"
#include "kith/codec/att.h"
#include "progress.h"
#include "report.h"
#include "scanner.h"
#include "search.h"
#include "sentence.h"
#include "server.h"
#include "stop.h"
#include "trouble.h"

enum {
    TIME_S = 10,
    LINKS = 1,
    PAIRINGS = 1,
    BONDS = 256,
    EVENTS = 256,
    REPORT_DATA = 1650, /* of one advertiser, Vol 4 Part E 7.8.54 */
    START_WITHIN_US = 30 * 1000 * 1000,
    LEAVE_WITHIN_US = 2 * 1000 * 1000,
    PROGRESS_EVERY_US = 500 * 1000
};

typedef enum { STARTING, SCANNING, LEAVING } scanner_stage;

typedef struct {
    const scanner_options *options;
    report report;
    device device;
    kith_host *host;
    heard *heard;
    search search;
    bool has_found;
    kith_address found; /* on air */
    scanner_stage stage;
    uint64_t begun_us, until_us; /* of the stage; UINT64_MAX: no limit */
    uint64_t next_progress_us;
    unsigned stops;
    bool on, ended;
    int status;
} scanner;

/* ---- ends ---- */

static void end(scanner *s, int status)
{
    s->ended = true;
    s->status = status;
}

static void leave(scanner *s, int status)
{
    s->status = status;
    s->stage = LEAVING;
    s->until_us = kith_posix_now() + LEAVE_WITHIN_US;
    s->ended = !s->on || kith_gap_stop_scan(s->host) != KITH_OK;
}

static unsigned seconds_since(uint64_t then_us)
{
    return (unsigned)((kith_posix_now() - then_us + 500000) / 1000000);
}

static json_t *summary_json(const heard_counts *c, uint32_t dropped)
{
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "event", "summary", "heard", (json_int_t)c->there, "connectable",
                     (json_int_t)c->connectable, "claiming", (json_int_t)c->claiming, "left", (json_int_t)c->left,
                     "reports", (json_int_t)c->reports, "dropped", (json_int_t)dropped);
}

static void tell_summary(const scanner *s)
{
    char sentence[SENTENCE_MAX];
    uint32_t dropped = kith_host_dropped(s->host);
    heard_counts c;
    int len;

    heard_count(s->heard, &c);
    len = snprintf(sentence, sizeof sentence, "%u heard in %u s, %u of them connectable", (unsigned)c.there,
                   seconds_since(s->begun_us), (unsigned)c.connectable);
    if (c.claiming > 0)
        len += snprintf(sentence + len, sizeof sentence - (size_t)len, ", %u with a bonded peer's address",
                        (unsigned)c.claiming);
    len += snprintf(sentence + len, sizeof sentence - (size_t)len, ".");
    if (c.left > 0)
        len += snprintf(sentence + len, sizeof sentence - (size_t)len,
                        " %u more had to leave the table, which holds %d.", (unsigned)c.left, HEARD_MAX);
    if (dropped > 0)
        (void)snprintf(sentence + len, sizeof sentence - (size_t)len, " %u reports came too fast.", (unsigned)dropped);
    report_record(&s->report, summary_json(&c, dropped), sentence);
}

/* ---- telling ---- */

static void print_raw(const void *context, const char *line)
{
    report_line(context, line);
}

static void tell_one(const scanner *s, const heard_one *one)
{
    char line[HEARD_LINE];

    progress_hide();
    report_record(&s->report, heard_json(one), heard_line(one, line));
    heard_raw(one, print_raw, &s->report);
}

static bool is_found(const scanner *s, const heard_one *one)
{
    return s->has_found && kith_address_equal(&one->address, &s->found);
}

/* Of those who are told; in a search that is one alone. */
static void tell_heard(scanner *s, uint64_t now_us)
{
    const heard_one *one;

    while ((one = heard_next(s->heard, now_us)) != NULL) {
        if (s->options->find == NULL && !s->options->live)
            tell_one(s, one);
        if (s->options->find == NULL || !is_found(s, one))
            continue;
        tell_one(s, one);
        leave(s, EXIT_OK);
        return;
    }
}

static void show_progress(scanner *s)
{
    uint64_t now = kith_posix_now();
    char text[96], left[32] = "";
    heard_counts c;

    if (s->stage != SCANNING || s->options->link.json || !progress_is_seen() || now < s->next_progress_us)
        return;
    s->next_progress_us = now + PROGRESS_EVERY_US;
    heard_count(s->heard, &c);
    if (s->until_us != UINT64_MAX && s->until_us > now)
        (void)snprintf(left, sizeof left, ", %u s left", (unsigned)((s->until_us - now + 999999) / 1000000));
    (void)snprintf(text, sizeof text, "%u heard%s", (unsigned)c.there, left);
    progress_show(text);
}

/* ---- events ---- */

static void say_refused(const scanner *s, kith_status status)
{
    if (status == KITH_ERR_UNSUPPORTED && s->options->coded)
        (void)complain("this controller does not listen to LE Coded; without --coded it listens to LE 1M");
    else
        (void)complain("scanning failed: %s", kith_status_name(status));
}

static void start_scan(scanner *s)
{
    const scanner_options *o = s->options;
    kith_scan scan;
    kith_status status;

    if (o->find != NULL && !search_is_possible(&s->search, s->host)) {
        trouble_no_such_bond(s->search.number);
        end(s, EXIT_FAILED);
        return;
    }
    kith_gap_default_scan(&scan);
    scan.active = !o->passive;
    scan.report_duplicates = true; /* a name may come later, and strengths change */
    scan.phys = o->coded ? KITH_PHYS_1M | KITH_PHYS_CODED : 0;
    status = kith_gap_start_scan(s->host, &scan);
    if (status == KITH_OK)
        return;
    say_refused(s, status);
    end(s, EXIT_FAILED);
}

static void on_scanning(scanner *s, const kith_event *e)
{
    char sentence[SENTENCE_MAX];

    s->on = e->activity.on;
    if (s->on && s->stage == STARTING) {
        s->stage = SCANNING;
        s->begun_us = kith_posix_now();
        s->until_us = s->options->time_s == 0 ? UINT64_MAX : s->begun_us + UINT64_C(1000000) * s->options->time_s;
    } else if (!s->on && s->stage == LEAVING) {
        s->ended = true;
    } else if (!s->on) {
        (void)complain("nobody can be heard: %s", sentence_of(e, sentence));
        end(s, EXIT_FAILED);
    }
}

static void on_report(scanner *s, const kith_event *e)
{
    uint64_t now = kith_posix_now();
    const heard_one *one = heard_report(s->heard, &e->report, now);

    if (s->options->find == NULL && s->options->live)
        tell_one(s, one);
    if (s->options->find == NULL || s->has_found || !search_on_report(&s->search, s->host, &e->report, now))
        return;
    s->has_found = true;
    s->found = e->report.address;
}

static void on_lost(scanner *s, const kith_event *e)
{
    s->on = false;
    if (s->stage != LEAVING)
        (void)device_say_lost(&s->device, e);
    end(s, s->stage == LEAVING ? s->status : EXIT_FAILED);
}

static void act(scanner *s, const kith_event *e)
{
    switch (e->kind) {
    case KITH_EVENT_STORE_LOADED:
        if (!device_may_use_store(&s->device, e))
            end(s, EXIT_FAILED);
        break;
    case KITH_EVENT_READY:
        start_scan(s);
        break;
    case KITH_EVENT_START_FAILED:
        end(s, device_say_start_failed(&s->device, e));
        break;
    case KITH_EVENT_CONTROLLER_LOST:
        on_lost(s, e);
        break;
    case KITH_EVENT_SCANNING:
        on_scanning(s, e);
        break;
    case KITH_EVENT_REPORT:
        on_report(s, e);
        break;
    default:
        break;
    }
}

static void on_event(scanner *s, const kith_event *e)
{
    if (s->report.json && e->kind != KITH_EVENT_REPORT)
        report_event(&s->report, s->host, e, NULL);
    act(s, e);
}

/* ---- turns ---- */

static void on_time_over(scanner *s)
{
    if (s->stage == SCANNING && s->options->find != NULL) {
        progress_hide();
        trouble_not_heard(&s->search, s->options->time_s);
        leave(s, EXIT_NOT_FOUND);
    } else if (s->stage == SCANNING) {
        leave(s, EXIT_OK);
    } else {
        if (s->stage == STARTING)
            (void)complain("the controller did not begin to scan");
        end(s, s->stage == STARTING ? EXIT_FAILED : s->status);
    }
}

/* The first request ends it in order; a second one does not wait for that. */
static void stop_if_asked(scanner *s)
{
    unsigned stops = stop_take();
    int status = stop_was_interrupt() ? EXIT_INTERRUPTED : EXIT_FAILED;

    if (stops == s->stops)
        return;
    s->stops = stops;
    if (s->stage == LEAVING)
        s->ended = true;
    else
        leave(s, status);
}

static void turn(scanner *s)
{
    uint64_t now = kith_posix_now();

    if (s->stage == SCANNING)
        tell_heard(s, now);
    if (!s->ended && now >= s->until_us)
        on_time_over(s);
    show_progress(s);
}

static uint64_t deadline(const scanner *s)
{
    uint64_t at = s->until_us, heard_at = heard_deadline(s->heard);

    if (s->stage != SCANNING)
        return at;
    if (!s->options->link.json && progress_is_seen() && s->next_progress_us < at)
        at = s->next_progress_us;
    return heard_at < at ? heard_at : at;
}

/* Who waits for a scan response that does not come is told all the same. */
static void finish(scanner *s)
{
    progress_hide();
    if (s->begun_us == 0 || s->options->find != NULL)
        return;
    if (!device_has_gone(&s->device))
        tell_heard(s, UINT64_MAX);
    tell_summary(s);
}

static void run(scanner *s)
{
    kith_event event;

    s->ended = !device_start(&s->device);
    s->until_us = kith_posix_now() + START_WITHIN_US;
    while (!s->ended && report_is_read()) {
        switch (device_next(&s->device, deadline(s), &event)) {
        case KITH_POSIX_EVENT:
            on_event(s, &event);
            break;
        case KITH_POSIX_CLOSED:
            end(s, device_say_gone(&s->device));
            break;
        default:
            break;
        }
        stop_if_asked(s);
        if (!s->ended)
            turn(s);
    }
    finish(s);
}

static void plan(device_plan *p)
{
    kith_config *config = &p->config;

    kith_config_default(config);
    config->limits = (kith_limits){.links = LINKS,
                                   .pairings = PAIRINGS,
                                   .bonds = BONDS,
                                   .mtu = KITH_ATT_DEFAULT_MTU,
                                   .events = EVENTS,
                                   .report_data = REPORT_DATA};
    config->name = "kith";
    p->company = (private_room_company){.guest = server_as_guest, .context = "lamp"};
}

static int open_and_run(scanner *s)
{
    device_plan p;

    plan(&p);
    s->status = device_open(&s->device, &s->options->link, &p);
    if (s->status == EXIT_OK) {
        s->host = s->device.host;
        s->status = EXIT_FAILED;
        run(s);
        if (!report_is_read())
            s->status = EXIT_FAILED;
    }
    return device_close(&s->device) ? s->status : EXIT_FAILED;
}

int scanner_run(const scanner_options *options)
{
    const link_options *link = &options->link;
    scanner *s = calloc(1, sizeof *s);
    int status = EXIT_FAILED;

    if (s == NULL || (s->heard = heard_new(!options->passive, options->raw || link->json)) == NULL) {
        free(s);
        return complain("no memory");
    }
    s->options = options;
    s->report = (report){.json = link->json, .start_us = kith_posix_now()};
    search_init(&s->search, options->find != NULL ? options->find : "");
    s->search.any = true;
    if (stop_watch())
        status = open_and_run(s);
    heard_free(s->heard);
    free(s);
    return status;
}

void scanner_options_init(scanner_options *o)
{
    *o = (scanner_options){.time_s = TIME_S};
    link_options_init(&o->link);
}
