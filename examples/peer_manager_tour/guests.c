/* A phone that does what its person sees fit in each chapter of the tour, and a stranger that is not let in. */
#include "guests.h"

#include <stdarg.h>
#include <string.h>

enum { SECOND = 1000000, BY_USER = 0x13 };

__attribute__((format(printf, 2, 3))) static void say(const guest *g, const char *format, ...)
{
    va_list arguments;

    (void)fprintf(g->out, "%9.3f s  %s  ", (double)(g->now_us - g->began_us) / SECOND,
                  g->is_stranger ? "stranger" : "phone   ");
    va_start(arguments, format);
    (void)vfprintf(g->out, format, arguments);
    va_end(arguments);
    (void)fputc('\n', g->out);
}

static void must(guest *g, kith_status status, const char *what)
{
    if (status == KITH_OK)
        return;
    g->failed++;
    say(g, "%s: %s", what, kith_status_name(status));
}

static void configure(const guest *g, tour_chapter chapter, kith_security *s)
{
    kith_config defaults;

    (void)g;
    kith_config_default(&defaults);
    *s = defaults.security;
    s->methods = kith_sc_methods;
    if (chapter == TOUR_PASSKEY)
        s->io = KITH_IO_DISPLAY_ONLY;
    s->ask_oob = chapter == TOUR_OOB;
    if (chapter == TOUR_PASSKEY || chapter == TOUR_OOB)
        s->required_level = KITH_LEVEL_SC_AUTHENTICATED;
}

kith_host *guest_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    guest *g = self;
    kith_config config;

    kith_config_default(&config);
    config.limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 8, .mtu = TOUR_MTU, .events = TOUR_EVENTS};
    config.crypto = crypto;
    config.store = store;
    config.name = g->is_stranger ? "stranger" : "phone";
    configure(g, TOUR_JUST_WORKS, &config.security);
    g->link = 0;
    g->is_ready = g->is_busy = false;
    g->shown = TOUR_NOTHING_SHOWN;
    g->began_us = g->now_us;
    (void)!kith_host_init(g->memory, sizeof g->memory, &config, &g->host);
    return g->host;
}

/* In the chapters about pairing it forgets the tour first, and pairs; later it comes by its bond. */
static void on_connected(guest *g, const kith_event *e)
{
    tour_chapter chapter = g->tour->chapter;
    kith_security security;

    g->link = e->link;
    g->is_busy = false;
    g->connected++;
    g->leave_us = g->now_us + 20 * SECOND;
    if (g->is_stranger)
        return; /* so its controller thinks; the tour's has not listened */
    configure(g, chapter, &security);
    must(g, kith_security_set(g->host, &security), "settings");
    must(g,
         chapter <= TOUR_NO_IRKS ? kith_security_pair(g->host, e->link, security.required_level)
                                 : kith_security_secure(g->host, e->link, KITH_LEVEL_ENCRYPTED),
         "securing");
}

static void forget_dead_bonds(guest *g)
{
    kith_bond_info bond = {.peer = 0};

    if (g->tour->chapter <= TOUR_NO_IRKS && kith_bonds_next(g->host, 0, &bond) == KITH_OK)
        (void)!kith_bonds_forget(g->host, bond.peer);
}

void guest_on_event(void *self, const kith_event *e)
{
    guest *g = self;

    g->is_ready |= e->kind == KITH_EVENT_READY;
    g->paired += e->kind == KITH_EVENT_PAIRED;
    g->encrypted += e->kind == KITH_EVENT_ENCRYPTED;
    if (e->kind == KITH_EVENT_CONNECTED)
        on_connected(g, e);
    if (g->is_stranger && e->kind == KITH_EVENT_DISCONNECTED) {
        g->refused++;
        say(g, "nobody answers: %s", kith_hci_status_name(e->disconnected.reason));
    }
    if (e->kind == KITH_EVENT_PASSKEY_SHOWN)
        g->shown = g->shown_last = e->passkey.passkey;
    if (e->kind == KITH_EVENT_OOB_WANTED)
        must(g, kith_pairing_oob(g->host, e->link, &g->tour->oob), "what was read by touching");
    if (e->kind == KITH_EVENT_PAIRED || e->kind == KITH_EVENT_PAIRING_FAILED || e->kind == KITH_EVENT_ENCRYPTED) {
        g->shown = TOUR_NOTHING_SHOWN;
        g->leave_us = g->now_us + 2 * SECOND;
    }
    if (e->kind == KITH_EVENT_DISCONNECTED) {
        g->link = 0;
        forget_dead_bonds(g);
    }
}

static bool wants_to_come(const guest *g)
{
    if (!g->is_ready || g->link != 0 || g->is_busy || !g->tour->is_open)
        return false;
    if (g->tour->chapter != TOUR_ALLOW_LIST)
        return !g->is_stranger;
    return g->is_stranger ? g->refused == 0 : g->come_us != 0 && g->now_us > g->come_us;
}

void guest_turn(void *self, uint64_t now_us)
{
    guest *g = self;
    kith_address tour;

    g->now_us = now_us;
    if (!g->is_stranger && g->tour->chapter == TOUR_ALLOW_LIST && g->come_us == 0)
        g->come_us = now_us + 3 * SECOND; /* the stranger tries first */
    if (g->link != 0 && now_us > g->leave_us)
        (void)!kith_gap_disconnect(g->host, g->link, BY_USER);
    if (!wants_to_come(g) || kith_gap_own_address(g->tour->host, &tour) != KITH_OK)
        return;
    g->is_busy = kith_gap_connect(g->host, &tour, NULL) == KITH_OK;
}
