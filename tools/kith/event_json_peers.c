/* Events about peers as JSON: security that begins, what is kept, who goes, lists. */
#include "event_json_peers.h"
#include "kith/verdict.h"

static void set_outcome(json_t *o, kith_status status)
{
    set_flag(o, "succeeded", status == KITH_OK);
    if (status != KITH_OK)
        set_text(o, "status", kith_status_name(status));
}

static void on_requested(json_t *o, const kith_event *e)
{
    set_flag(o, "bonding", e->requested.bonding);
    set_flag(o, "mitm", e->requested.mitm);
    set_flag(o, "secure_connections", e->requested.secure_connections);
    set_flag(o, "keypress", e->requested.keypress);
}

static void on_security_wanted(json_t *o, const kith_event *e)
{
    set_address(o, "from", "from_type", &e->security_wanted.peer);
    set_flag(o, "again", e->security_wanted.again);
}

static void on_started(json_t *o, const kith_event *e)
{
    static const char *const procedures[] = {"encryption", "pairing", "bonding"};

    set_text(o, "procedure", procedures[e->started.procedure]);
    set_flag(o, "by_peer", e->started.by_peer);
}

static void on_room(json_t *o, const kith_event *e)
{
    set_address(o, "newcomer", "newcomer_type", &e->room.newcomer);
    set_text(o, "level", kith_level_name(e->room.level));
    set_number(o, "would_go", e->room.would_go);
}

static void on_forgotten(json_t *o, const kith_event *e)
{
    set_number(o, "forgotten_peer", e->forgotten.peer);
    set_outcome(o, e->forgotten.status);
}

static void on_forgotten_all(json_t *o, const kith_event *e)
{
    set_outcome(o, e->forgotten.status);
}

static void set_what(json_t *o, kith_peer_data what)
{
    static const char *const names[] = {"application", "database", "bond", "use"};

    set_text(o, "what", names[what]);
}

static void on_data(json_t *o, const kith_event *e)
{
    static const char *const names[] = {"added", "loaded", "stored", "deleted"};

    set_number(o, "token", e->data.token);
    set_number(o, "about_peer", e->data.peer);
    set_what(o, e->data.what);
    set_text(o, "operation", names[e->data.operation]);
    set_flag(o, "changed", e->data.changed);
    if (e->data.operation == KITH_PEER_LOADED)
        set_number(o, "len", e->data.len);
    set_outcome(o, e->data.status);
}

static void on_store_failed(json_t *o, const kith_event *e)
{
    set_number(o, "about_peer", e->store_failed.peer);
    set_what(o, e->store_failed.what);
    set_text(o, "status", kith_status_name(e->store_failed.status));
}

static void on_collected(json_t *o, const kith_event *e)
{
    set_number(o, "count", e->collected.count);
}

static void on_list(json_t *o, const kith_event *e)
{
    set_number(o, "count", e->peer_list.count);
    set_outcome(o, e->peer_list.status);
    if (e->peer_list.hci_status != 0)
        set_hci_status(o, e->peer_list.hci_status);
}

static void on_list_wanted(json_t *o, const kith_event *e)
{
    (void)e;
    set_text(o, "list", "allow");
}

static void on_table_told(json_t *o, const kith_event *e)
{
    set_number(o, "first", e->table_told.first);
    set_number(o, "last", e->table_told.last);
    set_flag(o, "confirmed", e->table_told.confirmed);
    if (e->table_told.confirmed)
        set_text(o, "result", kith_gatt_result_name(e->table_told.result));
}

void event_json_peers(json_t *o, const kith_event *event)
{
    static void (*const writers[])(json_t * o, const kith_event *e) = {
        [KITH_EVENT_SECURITY_REQUESTED] = on_requested,
        [KITH_EVENT_SECURITY_WANTED] = on_security_wanted,
        [KITH_EVENT_SECURITY_STARTED] = on_started,
        [KITH_EVENT_ROOM_WANTED] = on_room,
        [KITH_EVENT_FORGOTTEN] = on_forgotten,
        [KITH_EVENT_FORGOTTEN_ALL] = on_forgotten_all,
        [KITH_EVENT_PEER_DATA] = on_data,
        [KITH_EVENT_STORE_FAILED] = on_store_failed,
        [KITH_EVENT_STORE_COLLECTED] = on_collected,
        [KITH_EVENT_ALLOW_LIST] = on_list,
        [KITH_EVENT_ALLOW_LIST_WANTED] = on_list_wanted,
        [KITH_EVENT_DEVICE_IDENTITIES] = on_list,
        [KITH_EVENT_TABLE_TOLD] = on_table_told,
    };
    size_t kind = (size_t)event->kind;

    if (kind < sizeof writers / sizeof writers[0] && writers[kind] != NULL)
        writers[kind](o, event);
}
