/* The loop of a visit: opens everything, carries events to it until it has left or was told twice to stop, closes
 * everything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "reading.h"
#include "sentence.h"
#include "server.h"
#include "stop.h"
#include "visit.h"

enum { LINKS = 1, PAIRINGS = 1, BONDS = 256, EVENTS = 64, SUBSCRIPTIONS = 8, CACHE = 1464 };

static void stop_if_asked(visit *v)
{
    unsigned stops = stop_take();
    bool again = v->stops > 0;
    char text[SENTENCE_MAX];

    if (stops == v->stops)
        return;
    v->stops = stops;
    v->ended |= again;
    if (again)
        return;
    (void)complain("stopped by %s while %s%s", stop_was_interrupt() ? "Ctrl-C" : "a signal",
                   visit_doing(v, text, sizeof text), v->bonded ? "; the bond is stored" : "");
    visit_stop(v, stop_was_interrupt() ? EXIT_INTERRUPTED : EXIT_FAILED);
}

static void run(visit *v)
{
    kith_event event;

    v->ended = !device_start(&v->device);
    while (!v->ended && !visit_has_left(v) && report_is_read()) {
        switch (device_next(&v->device, visit_deadline(v), &event)) {
        case KITH_POSIX_EVENT:
            visit_on_event(v, &event);
            break;
        case KITH_POSIX_CLOSED:
            if (v->stage != LEAVING)
                (void)device_say_gone(&v->device);
            v->ended = true;
            break;
        default:
            break;
        }
        stop_if_asked(v);
        if (!v->ended)
            visit_turn(v);
    }
    person_leave(&v->person);
}

/* Without any the host cannot pair, whoever asks. */
static const kith_method *const *methods_of(const client_options *o)
{
    if (!o->may_pair)
        return NULL;
    return o->link.legacy ? kith_all_methods : kith_sc_methods;
}

static void plan(const client_options *o, device_plan *p)
{
    kith_config *config = &p->config;

    kith_config_default(config);
    config->limits = (kith_limits){.links = LINKS,
                                   .pairings = PAIRINGS,
                                   .bonds = BONDS,
                                   .mtu = o->mtu == KITH_ATT_DEFAULT_MTU ? CLIENT_MTU : o->mtu,
                                   .events = EVENTS,
                                   .subscriptions = SUBSCRIPTIONS,
                                   .cache = CACHE};
    config->security.methods = methods_of(o);
    config->security.legacy = o->link.legacy;
    if (o->may_pair && o->first == CLIENT_SECURES_BONDED && person_can_consent(&o->link))
        config->security.policy = KITH_PAIRING_ASK; /* a peripheral may ask to be paired with */
    config->gatt_raise = o->raise;
    config->name = "kith";
    p->company = (private_room_company){.guest = server_as_guest, .context = o->peer};
}

/* Until it has left, it has failed. */
static int open_and_run(visit *v)
{
    device_plan p;

    plan(v->options, &p);
    v->status = device_open(&v->device, &v->options->link, &p);
    if (v->status == EXIT_OK) {
        v->host = v->device.host;
        person_init(&v->person, &v->options->link, &v->report, v->host);
        visit_begin(v);
        run(v);
        if (v->stage != LEAVING || ferror(stdout))
            v->status = EXIT_FAILED;
    }
    return device_close(&v->device) ? v->status : EXIT_FAILED;
}

int client_run(const client_options *options)
{
    const link_options *link = &options->link;
    visit *v = calloc(1, sizeof *v);
    int status = EXIT_FAILED;

    if (v == NULL)
        return complain("no memory");
    v->options = options;
    v->report = (report){.json = link->json, .show_keys = link->show_keys, .start_us = kith_posix_now()};
    v->pair_anew = options->again;
    search_init(&v->search, options->peer);
    if (stop_watch())
        status = open_and_run(v);
    free(v);
    return status;
}

/* ---- as somebody's counterpart ---- */

void client_options_init(client_options *o)
{
    memset(o, 0, sizeof *o);
    link_options_init(&o->link);
    o->timeout_s = CLIENT_SEARCH_S;
    o->may_pair = true;
    o->mtu = KITH_ATT_DEFAULT_MTU;
    o->errand = &reading_errand;
}

int client_as_guest(const void *name, int fd, const char *store)
{
    client_options o;
    reading lamp;

    client_options_init(&o);
    if (!reading_init(&lamp, NULL))
        return EXIT_FAILED;
    o.self = &lamp;
    o.peer = name;
    o.link.fd = fd;
    o.link.hci = "sim";
    o.link.store = store;
    return client_run(&o);
}
