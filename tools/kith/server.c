/* A peripheral on a live controller: advertises whenever a link is free, answers, asks people, tells what happens, and
 * leaves no link behind.  A controller that is lost while its stream stands is started again, a few times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "device.h"
#include "finding.h"
#include "lamp.h"
#include "person.h"
#include "report.h"
#include "server.h"
#include "stop.h"
#include "table_advertise.h"

enum {
    LINKS = TABLE_SERVER_LINKS,
    RESTARTS = 3,
    WINDOW_S = 300,
    LEAVE_WITHIN_US = 2 * 1000 * 1000,
    LOOK_EVERY_US = 500 * 1000,
    POWER_OFF = 0x15 /* the reason that peers are told */
};

typedef struct {
    const server_options *options;
    report report;
    device device;
    kith_host *host;
    person person;
    lamp lamp;           /* where it is no table */
    table_server tables; /* .table NULL: the lamp */
    bool window_was_open;
    kith_address seen_as; /* with --private, on air; zeros: not told yet */
    bool may_advertise;   /* ready, and not refused since the last change of links */
    bool advertising;
    bool leaving;
    uint64_t leave_by_us;
    unsigned restarts, stops;
    kith_link links[LINKS]; /* 0: free */
    bool ended;
    int status;
} server;

/* ---- what it does ---- */

static void end(server *s, int status)
{
    s->ended = true;
    s->status = status;
}

static int status_of_leaving(void)
{
    return stop_was_interrupt() ? EXIT_INTERRUPTED : EXIT_OK;
}

static void start(server *s)
{
    if (!device_start(&s->device))
        end(s, EXIT_FAILED);
}

static size_t links_in_use(const server *s)
{
    size_t count = 0;

    for (size_t i = 0; i < LINKS; i++)
        count += s->links[i] != 0;
    return count;
}

/* Whenever it may, is not, and has a link left. */
static void advertise(server *s)
{
    kith_advertising advertising;

    if (s->leaving || s->advertising || !s->may_advertise || links_in_use(s) == LINKS)
        return;
    kith_gap_default_advertising(&advertising, s->options->name);
    if (s->options->table != NULL)
        table_advertise(s->options->table, &advertising);
    s->advertising = kith_gap_advertise(s->host, &advertising) == KITH_OK;
    if (!s->advertising && links_in_use(s) == 0)
        end(s, complain("this controller cannot advertise"));
}

static void replace_link(server *s, kith_link old, kith_link by)
{
    for (size_t i = 0; i < LINKS; i++) {
        if (s->links[i] == old) {
            s->links[i] = by;
            return;
        }
    }
}

static void tell_window(server *s, const char *sentence, bool open)
{
    const report_fact json[] = {{"state", open ? "open" : "closed"}, {NULL, NULL}};

    report_news(&s->report, "pairing-window", sentence, s->report.json ? json : NULL);
    s->window_was_open = open;
}

static const char *closed_sentence(const server *s)
{
    return person_can_consent(&s->options->link) ? "No pairing window is open: whoever wants to pair is asked about."
                                                 : "Pairing is closed.";
}

static void open_window(server *s)
{
    char sentence[64];

    if (s->options->window_s == 0 || kith_pairing_open(s->host, s->options->window_s * 1000) != KITH_OK) {
        tell_window(s, closed_sentence(s), false);
        return;
    }
    (void)snprintf(sentence, sizeof sentence, "The pairing window is open for %u s.", (unsigned)s->options->window_s);
    tell_window(s, sentence, true);
}

/* It closes by itself; nobody tells, so it is looked at. */
static void watch_window(server *s)
{
    if (s->window_was_open && !kith_pairing_is_open(s->host))
        tell_window(s, "The pairing window has closed.", false);
}

/* ---- being seen ---- */

/* Private addresses change by themselves; nobody tells, so it is looked at. */
static void watch_address(server *s)
{
    char text[KITH_ADDRESS_TEXT], sentence[64];
    const report_fact json[] = {{"address", text}, {NULL, NULL}};
    kith_address now;

    if (!s->options->link.is_private || !s->advertising || kith_gap_own_address(s->host, &now) != KITH_OK ||
        kith_address_equal(&now, &s->seen_as))
        return;
    s->seen_as = now;
    (void)snprintf(sentence, sizeof sentence, "This device is seen as %s.", kith_address_format(&now, text));
    report_news(&s->report, "seen-as", sentence, s->report.json ? json : NULL);
}

/* ---- events ---- */

static void tell_ready(const server *s, const kith_event *e)
{
    const report_fact of_table[] = {{"name", s->options->name}, {NULL, NULL}};
    char value[2 * sizeof LAMP_STATE_TEXT] = "";
    const report_fact json[] = {{"name", s->options->name}, {"service", LAMP_SERVICE}, {"characteristic", LAMP_STATE},
                                {"note", LAMP_NOTE},        {"value", value},          {NULL, NULL}};

    for (size_t i = 0; i < sizeof LAMP_STATE_TEXT - 1; i++)
        (void)snprintf(value + 2 * i, 3, "%02x", (unsigned)LAMP_STATE_TEXT[i]);
    report_event(&s->report, s->host, e, s->report.json && s->tables.table == NULL ? json : of_table);
}

static void on_ready(server *s)
{
    if (s->restarts == 0)
        open_window(s);
    s->may_advertise = true;
    advertise(s);
}

static void on_lost(server *s)
{
    s->may_advertise = s->advertising = false;
    if (device_has_gone(&s->device))
        end(s, device_say_gone(&s->device));
    else if (s->leaving)
        end(s, status_of_leaving());
    else if (s->restarts++ == RESTARTS)
        end(s, complain("the controller was lost %d times; giving up", RESTARTS + 1));
    else
        start(s);
}

static void on_advertising(server *s, const kith_event *e)
{
    s->advertising = e->activity.on;
    if (e->activity.on || e->activity.hci_status == 0)
        return;
    s->may_advertise = false; /* some controllers cannot while a link stands: again when one ends */
    if (links_in_use(s) == 0)
        end(s, complain("the controller refuses to advertise"));
}

static void on_store_loaded(server *s, const kith_event *e)
{
    if (!device_may_use_store(&s->device, e))
        end(s, EXIT_FAILED);
}

static void on_connected(server *s, const kith_event *e)
{
    replace_link(s, 0, e->link);
    if (s->leaving)
        (void)!kith_gap_disconnect(s->host, e->link, POWER_OFF);
}

static void act(server *s, const kith_event *e)
{
    switch (e->kind) {
    case KITH_EVENT_STORE_LOADED:
        on_store_loaded(s, e);
        break;
    case KITH_EVENT_READY:
        on_ready(s);
        break;
    case KITH_EVENT_START_FAILED:
        end(s, device_say_start_failed(&s->device, e));
        break;
    case KITH_EVENT_CONTROLLER_LOST:
        on_lost(s);
        break;
    case KITH_EVENT_ADVERTISING:
        on_advertising(s, e);
        break;
    case KITH_EVENT_CONNECTED:
        on_connected(s, e);
        break;
    case KITH_EVENT_DISCONNECTED:
        replace_link(s, e->link, 0);
        s->may_advertise = true;
        break;
    default:
        if (s->tables.table != NULL)
            table_server_answer(&s->tables, e);
        else
            lamp_answer(&s->lamp, s->host, e);
        break;
    }
    advertise(s);
}

/* Why the program ends is said on stderr. */
static bool is_said_otherwise(const server *s, const kith_event *e)
{
    if (s->report.json)
        return false;
    return e->kind == KITH_EVENT_START_FAILED || (e->kind == KITH_EVENT_STORE_LOADED && e->store.damaged > 0) ||
           (e->kind == KITH_EVENT_CONTROLLER_LOST && device_has_gone(&s->device));
}

/* Questions are told in their turn. */
static void tell(server *s, const kith_event *e)
{
    if (person_on_event(&s->person, e) || is_said_otherwise(s, e))
        return;
    if (e->kind == KITH_EVENT_READY)
        tell_ready(s, e);
    else if (s->tables.table == NULL || !table_server_tell(&s->tables, e))
        report_event(&s->report, s->host, e, NULL);
}

static void on_event(server *s, const kith_event *e)
{
    tell(s, e);
    act(s, e);
    watch_window(s);
}

/* ---- leaving ---- */

static void begin_to_leave(server *s)
{
    s->leaving = true;
    s->status = status_of_leaving();
    s->leave_by_us = kith_posix_now() + LEAVE_WITHIN_US;
    person_leave(&s->person);
    report_news(&s->report, "leaving", "Leaving.", NULL);
    kith_pairing_close(s->host);
    s->window_was_open = false;
    (void)!kith_gap_stop_advertising(s->host);
    for (size_t i = 0; i < LINKS; i++)
        if (s->links[i] != 0)
            (void)!kith_gap_disconnect(s->host, s->links[i], POWER_OFF);
}

/* The first request disconnects everybody; a second one does not wait for it. */
static void leave_if_asked(server *s)
{
    unsigned stops = stop_take();

    if (stops == s->stops)
        return;
    s->stops = stops;
    if (s->leaving)
        end(s, status_of_leaving());
    else
        begin_to_leave(s);
}

/* The prompt is a question's first, and then the table's. */
static void take_turns(server *s)
{
    if (s->tables.table != NULL)
        table_server_turn(&s->tables, s->leaving || person_is_asked(&s->person));
    person_turn(&s->person);
    if (s->tables.table != NULL)
        table_server_turn(&s->tables, s->leaving || person_is_asked(&s->person));
}

/* When something is due that is no event. */
static uint64_t deadline(const server *s)
{
    uint64_t at = s->tables.table != NULL ? table_server_deadline(&s->tables) : UINT64_MAX;
    uint64_t look = s->options->link.is_private ? kith_posix_now() + LOOK_EVERY_US : UINT64_MAX;

    at = look < at ? look : at;
    return s->leaving && s->leave_by_us < at ? s->leave_by_us : at;
}

static bool has_left(const server *s)
{
    return s->leaving && ((links_in_use(s) == 0 && !s->advertising) || kith_posix_now() >= s->leave_by_us);
}

static void run(server *s)
{
    kith_event event;

    start(s);
    while (!s->ended && !has_left(s) && report_is_read()) {
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
        leave_if_asked(s);
        watch_address(s);
        take_turns(s);
    }
    person_leave(&s->person);
    console_yield(&s->tables.console);
    if (ferror(stdout))
        s->status = EXIT_FAILED;
}

static void plan(const server_options *o, device_plan *p)
{
    static const table none;
    kith_config *config = &p->config;

    table_configure(o->table != NULL ? o->table : &none, config, o->link.legacy, o->mtu);
    config->security.policy = person_can_consent(&o->link) ? KITH_PAIRING_ASK : KITH_PAIRING_CLOSED;
    if (o->table == NULL) {
        config->services = &lamp_service;
        config->service_count = 1;
    }
    config->name = o->name;
    p->company = (private_room_company){.guest = client_as_guest, .context = o->name};
}

static void serve_table(server *s, const kith_config *config)
{
    const server_options *o = s->options;

    s->tables = (table_server){
        .table = o->table, .report = &s->report, .host = s->host, .links = s->links, .repeat_count = o->repeat_count};
    memcpy(s->tables.repeats, o->repeats, sizeof o->repeats);
    if (o->table != NULL)
        finding_tell_all(o->table, config, &s->report);
}

static int open_and_run(server *s)
{
    device_plan p;

    plan(s->options, &p);
    s->status = device_open(&s->device, &s->options->link, &p);
    if (s->status == EXIT_OK) {
        s->host = s->device.host;
        person_init(&s->person, &s->options->link, &s->report, s->host);
        serve_table(s, &p.config);
        run(s);
    }
    return device_close(&s->device) ? s->status : EXIT_FAILED;
}

int server_run(const server_options *options)
{
    const link_options *link = &options->link;
    server *s = calloc(1, sizeof *s);
    int status;

    if (s == NULL)
        return complain("no memory");
    s->options = options;
    s->report = (report){.json = link->json, .show_keys = link->show_keys, .start_us = kith_posix_now()};
    status = stop_watch() ? open_and_run(s) : EXIT_FAILED;
    free(s);
    return status;
}

/* ---- as somebody's counterpart ---- */

void server_options_init(server_options *o)
{
    memset(o, 0, sizeof *o);
    link_options_init(&o->link);
    o->window_s = WINDOW_S;
    o->mtu = SERVER_MTU;
}

int server_as_guest(const void *name, int fd, const char *store)
{
    server_options o;

    server_options_init(&o);
    o.name = name;
    o.link.fd = fd;
    o.link.hci = "sim";
    o.link.store = store;
    return server_run(&o);
}
