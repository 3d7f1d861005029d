/* A hub and its phones.  See hub.h. */
#include "hub.h"

static kith_status (*put_really)(void *context, const kith_record *record, kith_store_state *state);

/* So that writing for ever is a failure, and not a test without an end. */
static kith_status put(void *context, const kith_record *record, kith_store_state *state)
{
    const memory_store *s = context;

    assert_true(s->put < HUB_WRITES && s->used < MEMORY_STORE_ENTRIES);
    return put_really(context, record, state);
}

void hub_config(hub_scene *s, kith_config *config)
{
    memset(s, 0, sizeof *s);
    memory_store_init(&s->store, 40);
    put_really = s->store.store.put;
    s->store.store.put = put;
    client_server_config(config, &s->store.store);
    config->name = "hub";
    config->limits.bonds = HUB_BONDS;
    config->limits.links = config->limits.pairings = HUB_LINKS;
    config->limits.data = 4;
    config->limits.listed = HUB_LISTED;
    config->own_address = KITH_OWN_STATIC;
    config->security.backoff.first_ms = 0;
}

void hub_open(hub_scene *s, uint64_t seed, const kith_config *config)
{
    static const char *const names[HUB_PHONES] = {"one", "two", "three", "four", "five"};

    s->room = cast_open(seed, CAST_OPENSSL);
    s->hub = cast_add(s->room, "hub", config);
    s->hub->context = s;
    for (unsigned i = 0; i < HUB_PHONES; i++)
        s->phone[i] = cast_add_phone(s->room, names[i]);
    cast_start(s->room);
}

void hub_run(hub_scene *s, uint64_t ms)
{
    cast_run_until(s->room, kith_sim_now(s->room->sim) + ms * 1000);
}

kith_peer_id hub_peer(const hub_scene *s, unsigned phone)
{
    kith_address address = cast_address(s->phone[phone]);
    kith_peer_id peer = 0;

    return kith_bonds_of_address(s->hub->host, &address, &peer) == KITH_OK ? peer : 0;
}

void hub_pair(hub_scene *s, unsigned phone)
{
    cast_host *p = s->phone[phone];
    unsigned hubs = s->hub->told[KITH_EVENT_PAIRED], phones = p->told[KITH_EVENT_PAIRED];

    assert_int_equal(kith_pairing_open(s->hub->host, 30000), KITH_OK);
    cast_equal(s->room, kith_security_pair(p->host, p->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(p, KITH_EVENT_PAIRED, phones + 1);
    cast_await(s->hub, KITH_EVENT_PAIRED, hubs + 1);
}

kith_peer_id hub_bond(hub_scene *s, unsigned phone)
{
    unsigned bonded = s->hub->told[KITH_EVENT_BONDED];

    cast_connect(s->phone[phone], s->hub);
    hub_pair(s, phone);
    cast_await(s->hub, KITH_EVENT_BONDED, bonded + 1);
    cast_disconnect(s->phone[phone], s->hub);
    return hub_peer(s, phone);
}

void hub_return(hub_scene *s, unsigned phone)
{
    cast_connect(s->phone[phone], s->hub);
    cast_encrypt(s->phone[phone], s->hub);
}

void hub_subscribe(hub_scene *s, unsigned phone, uint8_t bits)
{
    cast_host *p = s->phone[phone];

    cast_equal(s->room, kith_gatt_subscribe(p->host, p->link, GUARDED_AT, GUARDED_AT + 1, bits), KITH_OK);
    cast_equal(s->room, cast_await_next(p, KITH_EVENT_SUBSCRIPTION_WRITTEN)->gatt.result, KITH_GATT_OK);
}

kith_status hub_forget(hub_scene *s, kith_peer_id peer)
{
    cast_equal(s->room, kith_bonds_forget(s->hub->host, peer), KITH_OK);
    return cast_await_next(s->hub, KITH_EVENT_FORGOTTEN)->forgotten.status;
}

kith_event_data hub_end(hub_scene *s, kith_status called, const kith_token *token)
{
    kith_event_data end;

    cast_equal(s->room, called, KITH_OK);
    end = cast_await_next(s->hub, KITH_EVENT_PEER_DATA)->data;
    cast_equal(s->room, end.token, *token);
    return end;
}
