/* Events about peers in words: security that begins, what is kept, who goes, lists. */
#include "sentence_peers.h"
#include "kith/peers.h"

static void on_requested(writer *w, const kith_event *e)
{
    const kith_event_requested *r = &e->requested;

    add(w, "The peripheral asks for security%s%s%s%s.", r->bonding ? ", a bond" : "",
        r->mitm ? ", nobody in the middle" : "", r->secure_connections ? ", Secure Connections" : "",
        r->keypress ? ", keypresses" : "");
}

static void on_security_wanted(writer *w, const kith_event *e)
{
    add(w, "How to pair with ");
    add_address(w, &e->security_wanted.peer);
    add(w, e->security_wanted.again ? ", which claims a bond?" : "?");
}

static void on_started(writer *w, const kith_event *e)
{
    static const char *const procedures[] = {"Encryption with the bond", "Pairing", "Pairing and bonding"};

    add(w, "%s begins, as %s wanted.", procedures[e->started.procedure], e->started.by_peer ? "the peer" : "we");
}

static void on_room(writer *w, const kith_event *e)
{
    add(w, "There is no room for the bond with ");
    add_address(w, &e->room.newcomer);
    add(w, ". Forget peer %u for it? [yes/no]", (unsigned)e->room.would_go);
}

static void on_forgotten(writer *w, const kith_event *e)
{
    if (e->forgotten.status == KITH_OK)
        add(w, "Peer %u is forgotten, its keys are destroyed.", (unsigned)e->forgotten.peer);
    else
        add(w, "Peer %u is forgotten until the next start; the store still holds its keys: %s.",
            (unsigned)e->forgotten.peer, kith_status_name(e->forgotten.status));
}

static void on_forgotten_all(writer *w, const kith_event *e)
{
    if (e->forgotten.status == KITH_OK)
        add(w, "Every peer is forgotten, their keys are destroyed.");
    else
        add(w, "Every peer is forgotten until the next start; the store still holds keys: %s.",
            kith_status_name(e->forgotten.status));
}

static const char *what_name(kith_peer_data what)
{
    static const char *const names[] = {"data", "attributes", "bond", "rank or pin"};

    return names[what];
}

static void on_data(writer *w, const kith_event *e)
{
    static const char *const deeds[] = {"added", "loaded", "stored", "deleted"};
    const kith_event_data *d = &e->data;

    if (d->status != KITH_OK)
        add(w, "The %s of peer %u could not be %s: %s.", what_name(d->what), (unsigned)d->peer, deeds[d->operation],
            kith_status_name(d->status));
    else if (d->operation == KITH_PEER_LOADED)
        add(w, "The %s of peer %u: %u octets.", what_name(d->what), (unsigned)d->peer, d->len);
    else
        add(w, "The %s of peer %u: %s%s.", what_name(d->what), (unsigned)d->peer, deeds[d->operation],
            d->changed ? "" : ", nothing was to be changed");
}

static void on_store_failed(writer *w, const kith_event *e)
{
    add(w, "The %s of peer %u could not be kept: %s.", what_name(e->store_failed.what), (unsigned)e->store_failed.peer,
        kith_status_name(e->store_failed.status));
}

static void on_collected(writer *w, const kith_event *e)
{
    add(w, "The store made room in itself, %u times by now.", (unsigned)e->collected.count);
}

static void add_list(writer *w, const char *name, const kith_event_peer_list *list)
{
    add(w, "The controller's %s: %u %s", name, list->count, list->count == 1 ? "peer" : "peers");
    if (list->status != KITH_OK)
        add(w, "; %s%s%s", kith_status_name(list->status), list->hci_status != 0 ? ": " : "",
            list->hci_status != 0 ? kith_hci_status_name(list->hci_status) : "");
    add(w, ".");
}

static void on_allow_list(writer *w, const kith_event *e)
{
    add_list(w, "allow list", &e->peer_list);
}

static void on_allow_list_wanted(writer *w, const kith_event *e)
{
    (void)e;
    add(w, "Advertising is about to begin: who may connect?");
}

static void on_device_identities(writer *w, const kith_event *e)
{
    add_list(w, "list of identities", &e->peer_list);
}

static void on_table_told(writer *w, const kith_event *e)
{
    if (e->table_told.confirmed)
        add(w, "That attributes %u to %u have changed: %s.", e->table_told.first, e->table_told.last,
            kith_gatt_result_name(e->table_told.result));
    else
        add(w, "The client is told that attributes %u to %u have changed.", e->table_told.first, e->table_told.last);
}

bool sentence_of_peers(writer *w, const kith_event *event)
{
    static void (*const writers[])(writer * w, const kith_event *e) = {
        [KITH_EVENT_SECURITY_REQUESTED] = on_requested,
        [KITH_EVENT_SECURITY_WANTED] = on_security_wanted,
        [KITH_EVENT_SECURITY_STARTED] = on_started,
        [KITH_EVENT_ROOM_WANTED] = on_room,
        [KITH_EVENT_FORGOTTEN] = on_forgotten,
        [KITH_EVENT_FORGOTTEN_ALL] = on_forgotten_all,
        [KITH_EVENT_PEER_DATA] = on_data,
        [KITH_EVENT_STORE_FAILED] = on_store_failed,
        [KITH_EVENT_STORE_COLLECTED] = on_collected,
        [KITH_EVENT_ALLOW_LIST] = on_allow_list,
        [KITH_EVENT_ALLOW_LIST_WANTED] = on_allow_list_wanted,
        [KITH_EVENT_DEVICE_IDENTITIES] = on_device_identities,
        [KITH_EVENT_TABLE_TOLD] = on_table_told,
    };
    size_t kind = (size_t)event->kind;

    if (kind >= sizeof writers / sizeof writers[0] || writers[kind] == NULL)
        return false;
    writers[kind](w, event);
    return true;
}
