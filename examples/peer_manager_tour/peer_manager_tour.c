/* A tour of the peer manager in ten chapters: six ways to pair, and what is kept of a peer that has.  A phone comes in
 * most of them, once or twice; a stranger comes, too, and is not let in. */
#include "peer_manager_tour.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

enum { SECOND = 1000000, MINUTE_MS = 60000 };

static const char *const titles[] = {"no pairing",
                                     "pairing, no bonding",
                                     "Just Works, bonding",
                                     "a passkey",
                                     "out of band data",
                                     "no identity keys",
                                     "data of its own about a peer",
                                     "what a peer's table is, kept",
                                     "only who is known may connect",
                                     "deletion"};

__attribute__((format(printf, 2, 3))) static void say(const peer_manager_tour *t, const char *format, ...)
{
    va_list arguments;

    (void)fprintf(t->out, "%9.3f s  ", (double)(t->now_us - t->began_us) / SECOND);
    va_start(arguments, format);
    (void)vfprintf(t->out, format, arguments);
    va_end(arguments);
    (void)fputc('\n', t->out);
}

static void must(peer_manager_tour *t, kith_status status, const char *what)
{
    if (status == KITH_OK)
        return;
    t->failed++;
    say(t, "%s: %s", what, kith_status_name(status));
}

/* ---- initialisation ---- */

static void on_line(void *context, const char *text)
{
    say(context, "  %s", text);
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *e, uint64_t now_us);

/* Listeners are told each event in this order. */
static void register_listeners(peer_manager_tour *t)
{
    kith_listener *const all[] = {&t->log.listener, &t->strict.listener, &t->room.listener, &t->self};

    memset(&t->all, 0, sizeof t->all);
    t->self = (kith_listener){.on_event = on_event};
    kith_log_init(&t->log, on_line, t);
    kith_disconnect_on_failure_init(&t->strict);
    kith_make_room_init(&t->room);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        must(t, kith_listeners_add(&t->all, all[i]), "listening");
}

kith_host *peer_manager_tour_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    peer_manager_tour *t = self;
    kith_config config;

    kith_config_default(&config);
    config.limits.bonds = TOUR_BONDS;
    config.limits.mtu = TOUR_MTU;
    config.limits.events = TOUR_EVENTS;
    config.limits.cache = TOUR_CACHE;
    config.limits.operations = 1;
    config.limits.data = TOUR_DATA;
    config.limits.listed = TOUR_LISTED;
    config.crypto = crypto;
    config.store = store;
    config.own_address = KITH_OWN_STATIC;
    config.name = t->name;
    t->began_us = t->now_us;
    (void)!kith_host_init(t->memory, sizeof t->memory, &config, &t->host);
    register_listeners(t);
    return t->host;
}

/* ---- parameters for common uses ---- */

/* The rest is as it is by default: Secure Connections, keys of 16 octets, bonding, ENC and ID both ways. */
static void set_parameters(peer_manager_tour *t)
{
    kith_config defaults;
    kith_security *s = &defaults.security;

    kith_config_default(&defaults);
    s->methods = kith_sc_methods;
    s->when_full = KITH_FULL_ASK;
    s->bonding = t->chapter != TOUR_PAIRING;
    if (t->chapter == TOUR_PAIRING || t->chapter == TOUR_NO_IRKS)
        s->initiator_keys = s->responder_keys = t->chapter == TOUR_PAIRING ? 0 : KITH_KEY_ENC;
    if (t->chapter == TOUR_PASSKEY || t->chapter == TOUR_OOB)
        s->required_level = KITH_LEVEL_SC_AUTHENTICATED; /* nobody in the middle */
    if (t->chapter == TOUR_PASSKEY)
        s->io = t->phone_display != NULL ? KITH_IO_KEYBOARD_ONLY : KITH_IO_DISPLAY_ONLY;
    s->ask_oob = t->chapter == TOUR_OOB;
    if (kith_security_profile(s) != KITH_PROFILE_SOUND)
        say(t, "refused: %s", kith_profile_fault_text(kith_security_profile(s)));
    must(t, kith_security_set(t->host, t->chapter == TOUR_NO_PAIRING ? NULL : s), "parameters");
    must(t, kith_pairing_open(t->host, MINUTE_MS), "opening the window");
}

/* ---- chapters ---- */

static void advertise(peer_manager_tour *t)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, t->name);
    advertising.filter = t->chapter == TOUR_ALLOW_LIST ? KITH_FILTER_CONNECT : KITH_FILTER_NOTHING;
    must(t, kith_gap_advertise(t->host, &advertising), "advertising");
    t->is_open = true;
}

static void begin(peer_manager_tour *t)
{
    kith_token token;

    t->visits = 0;
    if (t->chapter == TOUR_END)
        return;
    (void)fprintf(t->out, "\n%u. %s\n", (unsigned)t->chapter + 1, titles[t->chapter]);
    switch (t->chapter) {
    case TOUR_OOB:
        set_parameters(t);
        must(t, kith_oob_make(t->host, false, true, MINUTE_MS), "out of band data"); /* the phone touches us: NFC */
        break;
    case TOUR_DATA_OF_ITS_OWN:
        strcpy(t->data, "brightness 7");
        must(t, kith_peers_store(t->host, t->peer, KITH_PEER_APPLICATION, t->data, 12, &token), "storing");
        break;
    case TOUR_ALLOW_LIST:
        must(t, kith_allow_list_set(t->host, &t->peer, 1, KITH_LIST_PAUSE), "allow list");
        break;
    case TOUR_DELETION:
        must(t, kith_peers_forget_all(t->host), "deleting");
        break;
    default:
        if (t->chapter < TOUR_DATABASE)
            set_parameters(t);
        advertise(t);
    }
}

static void go_on(peer_manager_tour *t)
{
    t->chapter = (tour_chapter)(t->chapter + 1);
    begin(t);
}

/* The phone has left.  Each way to pair begins with strangers; who came last is kept for what follows. */
static void on_disconnected(peer_manager_tour *t)
{
    t->is_open = false;
    t->visits++;
    t->links++;
    if (t->chapter == TOUR_DATABASE && t->visits < 2)
        advertise(t);
    else if (t->chapter < TOUR_NO_IRKS && kith_bonds_count(t->host) > 0)
        must(t, kith_peers_forget_all(t->host), "deleting");
    else
        go_on(t);
}

static void on_data(peer_manager_tour *t, const kith_event_data *data)
{
    kith_token token;

    must(t, data->status, "the data");
    if (data->operation == KITH_PEER_STORED) {
        memset(t->data, 0, sizeof t->data);
        must(t, kith_peers_load(t->host, t->peer, KITH_PEER_APPLICATION, t->data, sizeof t->data, &token), "loading");
    } else {
        say(t, "kept: \"%.*s\"", data->len, t->data);
        go_on(t);
    }
}

static void on_discovered(peer_manager_tour *t, const kith_event *e)
{
    bool was_kept = kith_gatt_remote_is_kept(t->host, e->link);

    t->surveys_kept += was_kept;
    say(t, "the phone's table %s", was_kept ? "was kept" : "was asked for, entry by entry");
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *e, uint64_t now_us)
{
    peer_manager_tour *t = (peer_manager_tour *)((char *)listener - offsetof(peer_manager_tour, self));

    t->now_us = now_us;
    if (e->kind == KITH_EVENT_READY && !t->keeps_bonds)
        must(t, kith_peers_forget_all(h), "deleting");
    else if (e->kind == KITH_EVENT_READY)
        begin(t);
    else if (e->kind == KITH_EVENT_FORGOTTEN_ALL && t->links == 0)
        begin(t);
    else if (e->kind == KITH_EVENT_FORGOTTEN_ALL)
        go_on(t);
    else if (e->kind == KITH_EVENT_BONDED)
        t->peer = e->peer;
    else if (e->kind == KITH_EVENT_PASSKEY_SHOWN)
        say(t, "PASSKEY %06u: type it on the phone", (unsigned)e->passkey.passkey);
    else if (e->kind == KITH_EVENT_PASSKEY_WANTED)
        t->typing = e->link;
    else if (e->kind == KITH_EVENT_OOB_READY)
        t->oob = e->oob.data, advertise(t);
    else if (e->kind == KITH_EVENT_OOB_WANTED)
        must(t, kith_pairing_oob(h, e->link, NULL), "no data of the phone's");
    else if (e->kind == KITH_EVENT_PEER_DATA)
        on_data(t, &e->data);
    else if (e->kind == KITH_EVENT_ENCRYPTED && t->chapter == TOUR_DATABASE)
        must(t, kith_gatt_discover_all(h, e->link), "asking for its table");
    else if (e->kind == KITH_EVENT_DISCOVERED)
        on_discovered(t, e);
    else if (e->kind == KITH_EVENT_ALLOW_LIST && t->chapter == TOUR_ALLOW_LIST && !t->is_open)
        advertise(t);
    else if (e->kind == KITH_EVENT_DISCONNECTED)
        on_disconnected(t);
}

void peer_manager_tour_on_event(void *self, const kith_event *e)
{
    peer_manager_tour *t = self;

    kith_listeners_tell(&t->all, t->host, e, t->now_us);
}

/* The person at the device types what the phone shows. */
void peer_manager_tour_turn(void *self, uint64_t now_us)
{
    peer_manager_tour *t = self;

    t->now_us = now_us;
    kith_listeners_advance(&t->all, t->host, now_us);
    if (t->typing == 0 || t->phone_display == NULL || *t->phone_display == TOUR_NOTHING_SHOWN)
        return;
    must(t, kith_pairing_passkey(t->host, t->typing, *t->phone_display), "typing");
    t->typing = 0;
}
