/* A lamp on a live controller: advertises whenever a link is free, answers, tells what happens, and leaves no link
 * behind.  A controller that is lost while its stream stands is started again, a few times. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "command.h"
#include "kith/port/openssl.h"
#include "kith/port/posix.h"
#include "lamp.h"
#include "report.h"
#include "server.h"
#include "stop.h"

enum { LINKS = 4, PAIRINGS = 2, BONDS = 64, MTU = 247, EVENTS = 16, RESTARTS = 3, LEAVE_WITHIN_US = 2 * 1000 * 1000 };

typedef struct {
    const server_options *options;
    report report;
    kith_crypto_port crypto;
    kith_posix port;
    kith_host *host;
    uint64_t *memory;
    lamp lamp;
    int snoop_fd;
    bool opened; /* the stream */
    bool window_was_open;
    bool may_advertise; /* ready, and not refused since the last change of links */
    bool advertising;
    bool leaving;
    uint64_t leave_by_us;
    unsigned restarts, stops;
    kith_link links[LINKS]; /* 0: free */
    bool ended;
    int status;
} server;

static const kith_method *const methods[] = {&kith_sc_just_works_responder, NULL};

/* ---- opening ---- */

static bool open_controller(server *s)
{
    const char *where = s->options->hci;
    int fd = -1;

    switch (kith_posix_open(where, &fd)) {
    case KITH_OK:
        break;
    case KITH_ERR_VALUE:
        (void)complain("'%s' names no controller; as in --hci unix:PATH, with a path of at most %d octets", where,
                       KITH_POSIX_PATH - 1);
        s->status = EXIT_WRONG_USE;
        return false;
    case KITH_ERR_UNSUPPORTED:
        (void)complain("'%s': this version reaches controllers only by unix:PATH", where);
        s->status = EXIT_WRONG_USE;
        return false;
    default:
        (void)complain("no controller at %s: %s", where, strerror(errno));
        return false;
    }
    if (kith_posix_init(&s->port, s->host, fd) != KITH_OK) {
        (void)complain("%s cannot be used: %s", where, strerror(errno));
        (void)close(fd);
        return false;
    }
    s->port.wake_fd = stop_fd();
    s->opened = true;
    return true;
}

static bool make_host(server *s)
{
    kith_config config;
    kith_status status;
    size_t size;

    kith_config_default(&config);
    config.limits = (kith_limits){.links = LINKS, .pairings = PAIRINGS, .bonds = BONDS, .mtu = MTU, .events = EVENTS};
    config.crypto = &s->crypto;
    config.security.methods = methods;
    config.services = &lamp_service;
    config.service_count = 1;
    config.name = s->options->name;
    size = kith_host_size(&config.limits);
    s->memory = calloc(size / sizeof *s->memory + 1, sizeof *s->memory);
    if (s->memory == NULL) {
        (void)complain("no memory");
        return false;
    }
    status = kith_openssl_port(&s->crypto);
    if (status == KITH_OK)
        status = kith_host_init(s->memory, size, &config, &s->host);
    if (status != KITH_OK)
        (void)complain("the host could not be made: %s", kith_status_name(status));
    return status == KITH_OK;
}

static bool open_snoop(server *s)
{
    if (s->options->btsnoop == NULL)
        return true;
    s->snoop_fd = capture_open(s->options->btsnoop);
    if (s->snoop_fd < 0)
        return false;
    if (kith_posix_snoop(&s->port, s->snoop_fd) == KITH_OK)
        return true;
    (void)complain("%s cannot be written: %s", s->options->btsnoop, strerror(errno));
    return false;
}

/* ---- what it does ---- */

static void end(server *s, int status)
{
    s->ended = true;
    s->status = status;
}

static void start(server *s)
{
    kith_status status = kith_host_start(s->host, kith_posix_now());

    if (status != KITH_OK)
        end(s, complain("the host could not be started: %s", kith_status_name(status)));
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

static void open_window(server *s)
{
    char sentence[64];

    if (s->options->window_s == 0 || kith_pairing_open(s->host, s->options->window_s * 1000) != KITH_OK) {
        tell_window(s, "Pairing is closed.", false);
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

/* ---- events ---- */

static void tell_ready(const server *s, const kith_event *e)
{
    char value[2 * sizeof LAMP_STATE_TEXT] = "";
    const report_fact json[] = {{"name", s->options->name}, {"service", LAMP_SERVICE}, {"characteristic", LAMP_STATE},
                                {"note", LAMP_NOTE},        {"value", value},          {NULL, NULL}};

    for (size_t i = 0; i < sizeof LAMP_STATE_TEXT - 1; i++)
        (void)snprintf(value + 2 * i, 3, "%02x", (unsigned)LAMP_STATE_TEXT[i]);
    report_event(&s->report, s->host, e, s->report.json ? json : NULL);
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
    if (s->port.stream.ended)
        end(s, complain("the controller has gone%s%s", s->port.stream.error != 0 ? ": " : "",
                        s->port.stream.error != 0 ? strerror(s->port.stream.error) : ""));
    else if (s->leaving)
        end(s, EXIT_OK);
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

static void act(server *s, const kith_event *e)
{
    switch (e->kind) {
    case KITH_EVENT_READY:
        on_ready(s);
        break;
    case KITH_EVENT_START_FAILED:
        end(s, complain("the controller did not start"));
        break;
    case KITH_EVENT_CONTROLLER_LOST:
        on_lost(s);
        break;
    case KITH_EVENT_ADVERTISING:
        on_advertising(s, e);
        break;
    case KITH_EVENT_CONNECTED:
        replace_link(s, 0, e->link);
        if (s->leaving)
            (void)!kith_gap_disconnect(s->host, e->link, 0x15);
        break;
    case KITH_EVENT_DISCONNECTED:
        replace_link(s, e->link, 0);
        s->may_advertise = true;
        break;
    default:
        lamp_answer(&s->lamp, s->host, e);
        break;
    }
    advertise(s);
}

static void on_event(server *s, const kith_event *e)
{
    if (e->kind == KITH_EVENT_READY)
        tell_ready(s, e);
    else
        report_event(&s->report, s->host, e, NULL);
    act(s, e);
    watch_window(s);
}

/* ---- leaving ---- */

/* The first request disconnects everybody; a second one does not wait for it. */
static void leave(server *s)
{
    unsigned stops = stop_take();

    if (stops == s->stops)
        return;
    s->stops = stops;
    if (s->leaving) {
        end(s, EXIT_OK);
        return;
    }
    s->leaving = true;
    s->leave_by_us = kith_posix_now() + LEAVE_WITHIN_US;
    report_news(&s->report, "leaving", "Leaving.", NULL);
    kith_pairing_close(s->host);
    s->window_was_open = false;
    (void)!kith_gap_stop_advertising(s->host);
    for (size_t i = 0; i < LINKS; i++)
        if (s->links[i] != 0)
            (void)!kith_gap_disconnect(s->host, s->links[i], 0x15); /* power off */
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
        switch (kith_posix_next(&s->port, s->leaving ? s->leave_by_us : UINT64_MAX, &event)) {
        case KITH_POSIX_EVENT:
            on_event(s, &event);
            break;
        case KITH_POSIX_CLOSED:
            end(s, complain("the controller has gone"));
            break;
        default:
            break;
        }
        leave(s);
    }
    if (ferror(stdout))
        s->status = EXIT_FAILED;
    if (s->port.snoop_error != 0)
        s->status = complain("%s is not whole: %s", s->options->btsnoop, strerror(s->port.snoop_error));
}

static void close_all(server *s)
{
    if (s->opened)
        kith_posix_close(&s->port);
    if (s->snoop_fd >= 0)
        (void)close(s->snoop_fd);
    if (s->host != NULL)
        kith_host_erase(s->host);
    free(s->memory);
    free(s);
}

int server_run(const server_options *options)
{
    server *s = calloc(1, sizeof *s);
    int status;

    if (s == NULL)
        return complain("no memory");
    s->options = options;
    s->snoop_fd = -1;
    s->status = EXIT_FAILED;
    s->report = (report){.json = options->json, .show_keys = options->show_keys, .start_us = kith_posix_now()};
    if (stop_watch() && make_host(s) && open_controller(s) && open_snoop(s)) {
        s->status = EXIT_OK;
        run(s);
    }
    status = s->status;
    close_all(s);
    return status;
}
