/* Eleven faults of a peer manager that devices are built with today, found by reading it; each is a test that shows
 * ours to be free of it.  What it was is said above each. */
#include "hub.h"

#include "kith/codec/record.h"
#include "kith/listener.h"
#include "kith/lists.h"
#include "kith/policy/make_room.h"
#include "kith/policy/secure_on_error.h"
#include "kith/port/openssl.h"
#include "kith/sealed_store.h"
#include "memory_flash.h"

static void open_scene(hub_scene *s, uint64_t seed)
{
    kith_config config;

    hub_config(s, &config);
    hub_open(s, seed, &config);
}

static kith_bond_keys keys_of(const cast_host *h, kith_peer_id peer)
{
    kith_bond_keys keys;

    cast_equal(h->room, kith_bonds_export(h->host, peer, &keys), KITH_OK);
    return keys;
}

static kith_bond_info bond_of(const cast_host *h, kith_peer_id peer)
{
    kith_bond_info info;

    cast_equal(h->room, kith_bonds_get(h->host, peer, &info), KITH_OK);
    return info;
}

static kith_level level_on(const cast_host *h, kith_link link)
{
    kith_event_security now;

    cast_equal(h->room, kith_security_of(h->host, link, &now), KITH_OK);
    return now.level;
}

/* ---- 1 ----
 * Deleting an ID without data leaked a counter, and every later deletion waited for it until the next start. */

static void fault_1_deleting_who_is_not_there_stalls_no_deletion(void **state)
{
    kith_peer_id one, other;
    hub_scene s;

    (void)state;
    open_scene(&s, 411);
    one = hub_bond(&s, 0);
    other = hub_bond(&s, 1);
    for (kith_peer_id nobody = 1000; nobody < 1020; nobody++)
        cast_equal(s.room, kith_bonds_forget(s.hub->host, nobody), KITH_ERR_NOT_FOUND);
    cast_equal(s.room, hub_forget(&s, one), KITH_OK);
    cast_equal(s.room, kith_bonds_forget(s.hub->host, one), KITH_ERR_NOT_FOUND);
    s.store.removes = KITH_ERR_STORAGE; /* one that fails stalls none either */
    cast_equal(s.room, hub_forget(&s, other), KITH_ERR_STORAGE);
    s.store.removes = KITH_OK;
    cast_equal(s.room, hub_forget(&s, hub_bond(&s, 2)), KITH_OK);
    cast_equal(s.room, hub_forget(&s, other), KITH_OK);
    hub_bond(&s, 3);
    cast_equal(s.room, kith_peers_forget_all(s.hub->host), KITH_OK);
    cast_await(s.hub, KITH_EVENT_FORGOTTEN_ALL, 1);
    cast_equal(s.room, kith_bonds_count(s.hub->host), 0);
    cast_equal(s.room, memory_store_count(&s.store, KITH_RECORD_BOND), 0);
    cast_check(s.room, hub_bond(&s, 4) != 0);
    cast_close(s.room);
}

/* ---- 2 ----
 * A full flash was an empty handler: bonds and subscriptions were tried again for ever, without an event. */

enum { TEN_MINUTES = 600000 };

/* Whatever was tried was tried once, and is told. */
static void expect_quiet(hub_scene *s)
{
    unsigned puts, failed = s->hub->told[KITH_EVENT_STORE_FAILED], ends = s->hub->told[KITH_EVENT_PEER_DATA];

    hub_run(s, 1000);
    puts = s->store.put;
    hub_run(s, TEN_MINUTES);
    cast_equal(s->room, s->store.put, puts);
    cast_equal(s->room, s->hub->told[KITH_EVENT_STORE_FAILED], failed);
    cast_equal(s->room, s->hub->told[KITH_EVENT_PEER_DATA], ends);
}

static void fault_2_a_full_store_is_told_once_and_not_asked_for_ever(void **state)
{
    kith_token token;
    kith_peer_id peer;
    kith_event_data end;
    kith_bond_keys before, after;
    hub_scene s;

    (void)state;
    open_scene(&s, 412);
    peer = hub_bond(&s, 0);
    before = keys_of(s.hub, peer);
    hub_return(&s, 0);
    hub_run(&s, 1000);
    s.store.puts = KITH_ERR_FULL;

    end = hub_end(&s, kith_peers_store(s.hub->host, peer, KITH_PEER_APPLICATION, "value", 5, &token), &token);
    cast_equal(s.room, end.status, KITH_ERR_FULL);
    cast_check(s.room, !end.changed);
    expect_quiet(&s);

    hub_subscribe(&s, 0, KITH_SUBSCRIBED_NOTIFY);
    cast_await(s.hub, KITH_EVENT_STORE_FAILED, 1);
    cast_equal(s.room, s.hub->last[KITH_EVENT_STORE_FAILED].store_failed.status, KITH_ERR_FULL);
    cast_equal(s.room, s.hub->last[KITH_EVENT_STORE_FAILED].store_failed.peer, peer);
    cast_equal(s.room, s.hub->last[KITH_EVENT_STORE_FAILED].store_failed.what, KITH_PEER_USE);
    expect_quiet(&s);
    cast_equal(s.room, kith_gatt_notify(s.hub->host, s.hub->link, GUARDED, CAST_SECRET, 6), KITH_OK);

    hub_pair(&s, 0); /* anew: that is not kept, and what stood stands */
    cast_await(s.hub, KITH_EVENT_BOND_FAILED, 1);
    cast_equal(s.room, s.hub->last[KITH_EVENT_BOND_FAILED].verdict.why, KITH_WHY_STORE_FULL);
    expect_quiet(&s);
    after = keys_of(s.hub, peer);
    assert_memory_equal(&before, &after, sizeof before);

    s.store.puts = KITH_OK; /* from here on all of it goes */
    end = hub_end(&s, kith_peers_store(s.hub->host, peer, KITH_PEER_APPLICATION, "value", 5, &token), &token);
    cast_equal(s.room, end.status, KITH_OK);
    cast_disconnect(s.phone[0], s.hub);
    cast_equal(s.room, hub_bond(&s, 0), peer);
    cast_equal(s.room, s.hub->told[KITH_EVENT_BOND_FAILED], 1);
    cast_close(s.room);
}

/* ---- 3 ----
 * A list was copied into eight places before its length was looked at, and was another one after the call had failed.
 */

static void expect_listed(hub_scene *s, kith_peer_id only)
{
    kith_peer_id peers[HUB_LISTED] = {0};
    uint16_t count = 9;

    cast_equal(s->room, kith_allow_list_get(s->hub->host, peers, HUB_LISTED, &count), KITH_OK);
    cast_equal(s->room, count, 1);
    cast_equal(s->room, peers[0], only);
}

/* Advertising that lets listed peers in alone.  Who is not heard may believe for a moment that it is connected. */
static bool is_let_in(hub_scene *s, unsigned phone)
{
    unsigned links = s->hub->told[KITH_EVENT_CONNECTED];
    kith_address hub = cast_address(s->hub);
    cast_host *p = s->phone[phone];

    assert_int_equal(kith_gap_connect(p->host, &hub, NULL), KITH_OK);
    hub_run(s, 3000);
    if (s->hub->told[KITH_EVENT_CONNECTED] == links) {
        if (kith_gap_cancel_connect(p->host) == KITH_OK)
            cast_await_next(p, KITH_EVENT_CONNECT_FAILED);
        return false;
    }
    cast_disconnect(p, s->hub);
    return true;
}

static void advertise_to_listed(hub_scene *s)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "hub");
    advertising.filter = KITH_FILTER_CONNECT;
    assert_int_equal(kith_gap_advertise(s->hub->host, &advertising), KITH_OK);
    cast_await_next(s->hub, KITH_EVENT_ADVERTISING);
}

static void fault_3_a_list_that_is_refused_changes_nothing(void **state)
{
    enum { UNKNOWN = 77777 };
    kith_peer_id peer[3];
    unsigned changes;
    hub_scene s;

    (void)state;
    open_scene(&s, 413);
    for (unsigned i = 0; i < 3; i++)
        peer[i] = hub_bond(&s, i);
    cast_equal(s.room, kith_allow_list_set(s.hub->host, &peer[0], 1, KITH_LIST_PAUSE), KITH_OK);
    cast_await(s.hub, KITH_EVENT_ALLOW_LIST, 1);
    advertise_to_listed(&s);
    changes = s.hub->told[KITH_EVENT_ALLOW_LIST];
    for (unsigned i = 0; i < 5; i++) {
        static kith_peer_id many[1000];
        const struct {
            kith_peer_id peers[3];
            uint16_t count;
            kith_list_manner manner;
            kith_status status;
        } lists[] = {
            {{peer[1], peer[2], peer[0]}, 3, KITH_LIST_PAUSE, KITH_ERR_FULL},
            {{peer[1], UNKNOWN}, 2, KITH_LIST_PAUSE, KITH_ERR_NOT_FOUND},
            {{peer[1], peer[1]}, 2, KITH_LIST_PAUSE, KITH_ERR_EXISTS},
            {{peer[1]}, 1, KITH_LIST_REFUSE, KITH_ERR_IN_USE},
            {{0}, 1000, KITH_LIST_PAUSE, KITH_ERR_FULL},
        };

        cast_equal(s.room,
                   kith_allow_list_set(s.hub->host, lists[i].count < 1000 ? lists[i].peers : many, lists[i].count,
                                       lists[i].manner),
                   lists[i].status);
        expect_listed(&s, peer[0]);
        cast_check(s.room, !is_let_in(&s, 1));
        cast_equal(s.room, s.hub->told[KITH_EVENT_ALLOW_LIST], changes);
    }
    cast_check(s.room, is_let_in(&s, 0));
    cast_equal(s.room, kith_allow_list_set(s.hub->host, &peer[1], 1, KITH_LIST_PAUSE), KITH_OK);
    cast_await(s.hub, KITH_EVENT_ALLOW_LIST, changes + 1);
    expect_listed(&s, peer[1]);
    advertise_to_listed(&s);
    cast_check(s.room, !is_let_in(&s, 0));
    cast_check(s.room, is_let_in(&s, 1));
    cast_close(s.room);
}

/* ---- 4 ----
 * By its address alone a link had the peer's ID, was called bonded and had its subscriptions; and a stranger that named
 * a victim's identity while keys are exchanged kept the victim's ID, though it was refused. */

static void expect_a_stranger(hub_scene *s, kith_peer_id claimed)
{
    kith_peer_on_link who;

    cast_equal(s->room, kith_peers_on_link(s->hub->host, s->hub->link, &who), KITH_OK);
    cast_equal(s->room, who.claimed, claimed);
    cast_equal(s->room, who.proven, 0);
    cast_check(s->room, !kith_security_is_enough(s->hub->host, s->hub->link, KITH_LEVEL_NONE, 0, true));
    cast_equal(s->room, kith_gatt_subscribed(s->hub->host, s->hub->link, GUARDED), 0);
    cast_equal(s->room, kith_gatt_subscribed(s->hub->host, s->hub->link, OPEN), 0);
    cast_equal(s->room, kith_gatt_notify_all(s->hub->host, OPEN, CAST_SECRET, 6), 0);
    cast_equal(s->room, s->hub->told[KITH_EVENT_SUBSCRIBED], 2); /* the victim's own */
}

static void meet_victim(hub_scene *s, client *victim, kith_peer_id *peer)
{
    const kith_address address = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc4}}; /* one that others can take */

    client_enter(victim, s->room);
    actor_use_address(&victim->a, &address);
    victim->a.identity = address;
    client_meet(victim, s->hub);
    client_pair(victim, s->hub);
    cast_equal(s->room, client_subscribe(victim, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s->room, client_subscribe(victim, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_run(victim, CAST_SECOND);
    assert_int_equal(kith_bonds_of_address(s->hub->host, &victim->a.identity, peer), KITH_OK);
    cast_equal(s->room, kith_peers_link_of(s->hub->host, *peer), s->hub->link);
    client_leave(victim, s->hub);
}

static void fault_4_an_address_and_a_named_identity_prove_nothing(void **state)
{
    kith_peer_id peer;
    kith_bond_keys before, after;
    client victim;
    actor thief;
    hub_scene s;

    (void)state;
    open_scene(&s, 414);
    meet_victim(&s, &victim, &peer);
    before = keys_of(s.hub, peer);

    actor_enter(&thief, s.room); /* under the victim's address */
    actor_use_address(&thief, &victim.a.own);
    actor_connect(&thief, s.hub);
    cast_equal(s.room, s.hub->last[KITH_EVENT_CONNECTED].connected.claimed, peer);
    cast_equal(s.room, s.hub->last[KITH_EVENT_CONNECTED].peer, 0);
    expect_a_stranger(&s, peer);
    cast_equal(s.room, kith_peers_link_of(s.hub->host, peer), 0);
    actor_disconnect(&thief, s.hub);

    thief.identity = victim.a.identity; /* under its own, with the victim's identity among its keys */
    actor_use_address(&thief, &(kith_address){KITH_ADDRESS_RANDOM, {9, 8, 7, 6, 5, 0xc5}});
    s.hub->config.security.policy = KITH_PAIRING_ASK;
    cast_equal(s.room, kith_security_set(s.hub->host, &s.hub->config.security), KITH_OK);
    actor_connect(&thief, s.hub);
    actor_begin(&thief, ACTOR_IS_DONE);
    actor_run(&thief, CAST_SECOND, NULL, NULL);
    cast_equal(s.room, kith_pairing_consent(s.hub->host, s.hub->link, true), KITH_OK); /* to a stranger */
    actor_run(&thief, 2 * CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.hub->told[KITH_EVENT_CONSENT_WANTED], 2);
    cast_check(s.room, s.hub->last[KITH_EVENT_CONSENT_WANTED].consent.identity_given);
    cast_equal(s.room, s.hub->last[KITH_EVENT_CONSENT_WANTED].consent.replaces, peer);
    expect_a_stranger(&s, 0);
    cast_equal(s.room, kith_pairing_consent(s.hub->host, s.hub->link, false), KITH_OK);
    actor_run(&thief, 2 * CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.hub->told[KITH_EVENT_PAIRED], 1);
    if (s.hub->link != 0)
        expect_a_stranger(&s, 0);
    cast_equal(s.room, kith_peers_link_of(s.hub->host, peer), 0);
    actor_disconnect(&thief, s.hub);

    after = keys_of(s.hub, peer);
    assert_memory_equal(&before, &after, sizeof before);
    client_meet(&victim, s.hub); /* whose it all is proves that, and has it */
    client_encrypt(&victim, s.hub);
    client_run(&victim, CAST_SECOND);
    cast_equal(s.room, kith_peers_link_of(s.hub->host, peer), s.hub->link);
    cast_equal(s.room, kith_gatt_subscribed(s.hub->host, s.hub->link, GUARDED), KITH_SUBSCRIBED_NOTIFY);
    cast_equal(s.room, kith_gatt_notify_all(s.hub->host, OPEN, CAST_SECRET, 6), 1);
    cast_close(s.room);
}

/* ---- 5 ----
 * Pairing anew took weaker keys for better ones, and nobody looked whether stored keys are what settings of today ask
 * for, as its manual said. */

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
} two;

static void set_io(cast_host *h, kith_io_capability io)
{
    h->config.security.io = io;
    h->config.security.ask_mitm = io != KITH_IO_NO_INPUT_NO_OUTPUT;
    h->config.security.policy = KITH_PAIRING_CLOSED;
    cast_equal(h->room, kith_security_set(h->host, &h->config.security), KITH_OK);
}

static void open_two(two *t, uint64_t seed, kith_io_capability io)
{
    *t = (two){.room = cast_open(seed, CAST_OPENSSL)};
    t->lamp = cast_add_lamp(t->room, "lamp");
    t->phone = cast_add_phone(t->room, "phone");
    t->lamp->answers = t->phone->answers = true;
    t->lamp->answer = t->phone->answer = KITH_NUMBERS_EQUAL;
    cast_start(t->room);
    set_io(t->lamp, io);
    set_io(t->phone, io);
    cast_connect_and_pair(t->phone, t->lamp);
    cast_disconnect(t->phone, t->lamp);
}

static void a_weaker_bond_takes_no_place(void)
{
    kith_bond_keys before, after;
    unsigned ends;
    two t;

    open_two(&t, 415, KITH_IO_DISPLAY_YES_NO);
    cast_equal(t.room, bond_of(t.lamp, 1).level, KITH_LEVEL_SC_AUTHENTICATED);
    before = keys_of(t.lamp, 1);
    set_io(t.phone, KITH_IO_NO_INPUT_NO_OUTPUT);
    cast_forget_all(t.phone);
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 30000), KITH_OK); /* a yes to pairing anew is none to that */
    ends = t.lamp->ends;
    cast_equal(t.room, kith_security_pair(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(t.lamp, ends + 1);
    cast_expect_failed(t.lamp, ends + 1, KITH_WHY_WEAKER);
    after = keys_of(t.lamp, 1);
    assert_memory_equal(&before, &after, sizeof before);
    cast_close(t.room);
}

/* An update asks for more than the bond is worth.  Secure Connections Only refuses its key; a level that is required is
 * what our own calls bring about, whatever level they name. */
static void open_updated(two *t, uint64_t seed, bool sc_only)
{
    open_two(t, seed, KITH_IO_NO_INPUT_NO_OUTPUT);
    cast_equal(t->room, bond_of(t->phone, 1).level, KITH_LEVEL_ENCRYPTED);
    t->phone->config.security.sc_only = sc_only;
    t->phone->config.security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
    set_io(t->phone, KITH_IO_DISPLAY_YES_NO);
    cast_connect(t->phone, t->lamp);
    t->phone->highest = KITH_LEVEL_NONE;
}

static void a_stored_bond_is_held_to_todays_settings(bool sc_only)
{
    unsigned ends;
    two t;

    open_updated(&t, sc_only ? 416 : 428, sc_only);
    ends = t.lamp->ends;
    if (sc_only) {
        cast_equal(t.room, kith_security_secure(t.lamp->host, t.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await_ends(t.lamp, ends + 1);
        cast_check(t.room, !t.lamp->end.succeeded);
        cast_equal(t.room, t.phone->highest, KITH_LEVEL_NONE);
    }
    set_io(t.lamp, KITH_IO_DISPLAY_YES_NO); /* who has that pairs for it */
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    cast_equal(t.room, kith_pairing_open(t.phone->host, 60000), KITH_OK);
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.phone, KITH_EVENT_BONDED, 2);
    cast_equal(t.room, t.phone->told[KITH_EVENT_ENCRYPTED], 0);
    cast_equal(t.room, bond_of(t.phone, 1).level, KITH_LEVEL_SC_AUTHENTICATED);
    cast_check(t.room, kith_security_is_enough(t.phone->host, t.phone->link, KITH_LEVEL_SC_AUTHENTICATED, 16, true));
    cast_close(t.room);
}

static void fault_5_no_weaker_bond_and_none_below_what_is_asked_today(void **state)
{
    (void)state;
    a_weaker_bond_takes_no_place();
    a_stored_bond_is_held_to_todays_settings(true);
    a_stored_bond_is_held_to_todays_settings(false);
}

/* ---- 6 ----
 * With a key pair for each pairing, one link's end while another's shared secret was being computed put Secure
 * Connections off until the next start; without it one key pair served the whole uptime. */

enum { KEYS_HEARD = 16, CONNECTIONS = 32 };

typedef struct {
    kith_sim_device from;
    uint8_t frame[CONNECTIONS][300]; /* L2CAP, as it comes in parts */
    size_t len[CONNECTIONS];
    uint8_t keys[KEYS_HEARD][64];
    unsigned count;
} sniffer;

static void on_frame(sniffer *n, const uint8_t *frame, size_t len)
{
    static const uint8_t public_key[] = {65, 0, KITH_CID_SMP, 0, KITH_SMP_PAIRING_PUBLIC_KEY};

    if (len != 4 + 65 || memcmp(frame, public_key, sizeof public_key) != 0)
        return;
    assert_true(n->count < KEYS_HEARD);
    memcpy(n->keys[n->count++], frame + 5, 64);
}

static void sniff(void *context, const kith_sim_frame *f)
{
    sniffer *n = context;
    unsigned c = f->connection % CONNECTIONS, llid = f->plain_len > 0 ? f->plain[0] & 3u : 0;
    size_t len = f->plain_len > 2 ? f->plain_len - 2 : 0;

    if (f->sender != n->from || f->channel > 36 || f->lost || len == 0 || (llid != 1 && llid != 2))
        return;
    if (llid == 2)
        n->len[c] = 0;
    assert_true(n->len[c] + len <= sizeof n->frame[c]);
    memcpy(n->frame[c] + n->len[c], f->plain + 2, len);
    n->len[c] += len;
    on_frame(n, n->frame[c], n->len[c]);
}

static void expect_fresh_keys(cast_room *room, const sniffer *n, unsigned pairings)
{
    cast_equal(room, n->count, pairings);
    for (unsigned i = 0; i < n->count; i++)
        for (unsigned j = 0; j < i; j++)
            assert_memory_not_equal(n->keys[i], n->keys[j], 32); /* X alone: Y may be turned */
}

typedef struct {
    cast_room *room;
    cast_host *hub, *quick, *slow; /* quick: Just Works; slow: its person compares numbers */
    kith_link slow_link;           /* of the hub */
    sniffer air;
} crossing;

static bool computes_a_secret(const crossing *x)
{
    const kith_stage_host *place = &x->room->stage.hosts[x->hub->number];

    return place->working && place->work.kind == KITH_WORK_SHARED_SECRET;
}

static void open_crossing(crossing *x)
{
    kith_config config;

    memset(x, 0, sizeof *x);
    x->room = cast_open(417, CAST_OPENSSL);
    cast_lamp_config(&config);
    config.limits.links = config.limits.pairings = 2;
    config.limits.bonds = 4;
    config.security.backoff.first_ms = 0;
    config.security.io = KITH_IO_DISPLAY_YES_NO;
    x->hub = cast_add(x->room, "hub", &config);
    x->quick = cast_add_phone(x->room, "quick");
    cast_phone_config(&config);
    config.security.backoff.first_ms = 0;
    config.security.io = KITH_IO_DISPLAY_YES_NO;
    config.security.ask_mitm = true;
    x->slow = cast_add(x->room, "slow", &config);
    x->air.from = x->hub->device;
    assert_int_equal(kith_sim_listen(x->room->sim, sniff, &x->air), KITH_OK);
    cast_start(x->room);
}

static void pair_again(crossing *x, cast_host *phone, kith_link hubs)
{
    unsigned hubs_paired = x->hub->told[KITH_EVENT_BONDED], paired = phone->told[KITH_EVENT_PAIRED];

    cast_equal(x->room, kith_pairing_open(x->hub->host, 60000), KITH_OK);
    cast_equal(x->room, kith_security_pair(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(phone, KITH_EVENT_PAIRED, paired + 1);
    cast_await(x->hub, KITH_EVENT_BONDED, hubs_paired + 1);
    cast_check(x->room, level_on(x->hub, hubs) >= KITH_LEVEL_ENCRYPTED);
}

/* how: numbers that differ; our own person's no; the link goes. */
static void end_while_another_computes(unsigned how)
{
    crossing x;
    kith_link quick;

    open_crossing(&x);
    cast_connect(x.slow, x.hub);
    x.slow_link = x.hub->link;
    cast_equal(x.room, kith_pairing_open(x.hub->host, 60000), KITH_OK);
    cast_equal(x.room, kith_security_pair(x.slow->host, x.slow->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
    cast_await(x.hub, KITH_EVENT_COMPARISON_WANTED, 1); /* and nobody looks yet */
    cast_connect(x.quick, x.hub);
    quick = x.hub->link;
    x.room->stage.work_us = 2 * CAST_SECOND;
    cast_equal(x.room, kith_security_pair(x.quick->host, x.quick->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    for (unsigned i = 0; i < 2000 && !computes_a_secret(&x); i++)
        cast_run(x.room, 10000, NULL, NULL);
    cast_check(x.room, computes_a_secret(&x));
    cast_equal(x.room, x.hub->ends, 0);
    if (how == 0)
        cast_equal(x.room, kith_pairing_compare(x.slow->host, x.slow->link, KITH_NUMBERS_DIFFER), KITH_OK);
    if (how == 1)
        cast_equal(x.room, kith_pairing_compare(x.hub->host, x.slow_link, KITH_NUMBERS_DIFFER), KITH_OK);
    if (how == 2)
        cast_equal(x.room, kith_gap_disconnect(x.slow->host, x.slow->link, 0x13), KITH_OK);
    cast_await(x.hub, KITH_EVENT_PAIRING_FAILED, 1);
    cast_check(x.room, computes_a_secret(&x)); /* all that was while it did */
    cast_await(x.hub, KITH_EVENT_BONDED, 1);
    cast_equal(x.room, x.hub->last[KITH_EVENT_BONDED].link, quick);

    x.room->stage.work_us = 0;
    x.slow->answers = x.hub->answers = true;
    x.slow->answer = x.hub->answer = KITH_NUMBERS_EQUAL;
    if (how == 2) {
        cast_run(x.room, CAST_SECOND, NULL, NULL);
        cast_connect(x.slow, x.hub);
        x.slow_link = x.hub->link;
    }
    pair_again(&x, x.slow, x.slow_link);
    pair_again(&x, x.quick, quick);
    cast_equal(x.room, x.hub->told[KITH_EVENT_PAIRING_FAILED], 1);
    for (kith_peer_id peer = 1; peer <= 2; peer++)
        cast_equal(x.room, bond_of(x.hub, peer).key_kind, KITH_KEY_KIND_SC);
    expect_fresh_keys(x.room, &x.air, 4);
    cast_close(x.room);
}

static void fault_6_each_pairing_has_a_fresh_key_whatever_others_compute(void **state)
{
    (void)state;
    for (unsigned how = 0; how <= 2; how++)
        end_while_another_computes(how);
}

/* ---- 7 ----
 * Who took another random address had not to wait, and a full table of those who must wait let everybody in. */

enum { CROWD = 9 };

static kith_address address_of(unsigned number)
{
    return (kith_address){KITH_ADDRESS_RANDOM, {(uint8_t)number, 1, 2, 3, 4, 0xc7}};
}

static void come_as(hub_scene *s, actor *a, unsigned number)
{
    kith_address address = address_of(number);

    actor_use_address(a, &address);
    a->identity = address;
    actor_connect(a, s->hub);
    cast_equal(s->room, kith_pairing_open(s->hub->host, 60000), KITH_OK);
}

static void fail_as(hub_scene *s, actor *a, unsigned number)
{
    come_as(s, a, number);
    a->spoils = true;
    a->spoiled = ACTOR_SENDS_CHECK;
    cast_check(s->room, !actor_pair(a, ACTOR_IS_DONE));
    cast_equal(s->room, a->failed, KITH_SMP_DHKEY_CHECK_FAILED);
    a->spoils = false;
    actor_disconnect(a, s->hub);
}

static void expect_told_to_wait(hub_scene *s, actor *a, unsigned number)
{
    come_as(s, a, number);
    cast_check(s->room, !actor_pair(a, ACTOR_IS_DONE));
    cast_equal(s->room, a->failed, KITH_SMP_REPEATED_ATTEMPTS);
    actor_disconnect(a, s->hub);
}

/* More fail than there are places: those who waited before wait on, and so does the last. */
static void a_full_table_lets_nobody_in(void)
{
    kith_config config;
    hub_scene s;
    actor a;

    hub_config(&s, &config);
    config.security.backoff = (kith_backoff){.first_ms = 600000, .longest_ms = 600000, .forget_ms = 600000};
    hub_open(&s, 418, &config);
    actor_enter(&a, s.room);
    for (unsigned i = 1; i <= CROWD; i++)
        fail_as(&s, &a, i);
    for (unsigned i = 1; i <= CROWD; i++)
        if (i != CROWD - 1) /* the youngest of the eight made way for the ninth */
            expect_told_to_wait(&s, &a, i);
    cast_close(s.room);
}

static void type_something_else(cast_host *self, const kith_event *event)
{
    const cast_host *hub = self->context;

    if (event->kind == KITH_EVENT_PASSKEY_WANTED) {
        uint32_t shown = hub->last[KITH_EVENT_PASSKEY_SHOWN].passkey.passkey;

        cast_equal(self->room, kith_pairing_passkey(self->host, event->link, shown ^ 1), KITH_OK);
    }
}

static void other_addresses_are_no_way_around_the_total(void)
{
    static const kith_method *const methods[] = {&kith_sc_passkey_initiator, &kith_sc_passkey_responder, NULL};
    cast_room *room = cast_open(419, CAST_OPENSSL);
    cast_host *hub, *phone[5];
    kith_config config;

    cast_lamp_config(&config);
    config.security.methods = methods;
    config.security.io = KITH_IO_DISPLAY_ONLY;
    config.security.ask_mitm = true;
    hub = cast_add(room, "hub", &config);
    for (unsigned i = 0; i < 5; i++) {
        cast_phone_config(&config);
        config.security.methods = methods;
        config.security.io = KITH_IO_KEYBOARD_ONLY;
        phone[i] = cast_add(room, "phone", &config);
        phone[i]->react = type_something_else;
        phone[i]->context = hub;
    }
    cast_start(room);
    cast_equal(room, kith_pairing_open(hub->host, 600000), KITH_OK);
    for (unsigned i = 0; i < 3; i++) {
        cast_connect(phone[i], hub);
        cast_equal(room, kith_security_secure(phone[i]->host, phone[i]->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
        cast_await_ends(hub, i + 1);
        cast_equal(room, hub->end.why, KITH_WHY_CONFIRM_MISMATCH);
        cast_disconnect(phone[i], hub);
    }
    cast_check(room, !kith_pairing_is_open(hub->host));
    cast_connect(phone[3], hub); /* never seen before */
    cast_equal(room, kith_security_secure(hub->host, hub->link, KITH_LEVEL_AUTHENTICATED), KITH_ERR_BACKOFF);
    cast_check(room, kith_pairing_wait_us(hub->host, hub->link) > 0);
    cast_check(room, kith_pairing_wait_us(hub->host, hub->link) <= 10 * CAST_SECOND); /* nobody is locked out */
    cast_equal(room, kith_security_secure(phone[3]->host, phone[3]->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
    cast_await_ends(hub, 4);
    cast_equal(room, hub->end.why, KITH_WHY_PAIRING_CLOSED);
    cast_equal(room, hub->told[KITH_EVENT_PASSKEY_SHOWN], 3);
    cast_run(room, kith_pairing_wait_us(hub->host, hub->link), NULL, NULL);
    cast_equal(room, kith_security_secure(hub->host, hub->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
    cast_close(room);
}

static void fault_7_neither_a_full_table_nor_another_address_ends_a_wait(void **state)
{
    (void)state;
    a_full_table_lets_nobody_in();
    other_addresses_are_no_way_around_the_total();
}

/* ---- 8 ----
 * Loading never told the length; the token was the storage key, so two operations looked alike; who was being deleted
 * was counted. */

static void fault_8_lengths_tokens_and_counts_are_what_they_say(void **state)
{
    kith_token tokens[4];
    kith_peer_id peer, other, next;
    kith_event_data end;
    char buffer[64] = {0};
    uint32_t count;
    hub_scene s;

    (void)state;
    open_scene(&s, 420);
    peer = hub_bond(&s, 0);
    other = hub_bond(&s, 1);
    end = hub_end(&s, kith_peers_store(s.hub->host, peer, KITH_PEER_APPLICATION, "seventeen octets.", 17, &tokens[0]),
                  &tokens[0]);
    cast_equal(s.room, end.status, KITH_OK);
    end = hub_end(&s, kith_peers_load(s.hub->host, peer, KITH_PEER_APPLICATION, buffer, sizeof buffer, &tokens[1]),
                  &tokens[1]);
    cast_equal(s.room, end.status, KITH_OK);
    cast_equal(s.room, end.len, 17);
    assert_string_equal(buffer, "seventeen octets.");
    end = hub_end(&s, kith_peers_load(s.hub->host, peer, KITH_PEER_APPLICATION, buffer, 5, &tokens[2]), &tokens[2]);
    cast_equal(s.room, end.status, KITH_ERR_FULL);
    cast_equal(s.room, end.len, 17);

    /* The same thing twice, before either has ended. */
    cast_hold_store(s.hub);
    for (unsigned i = 0; i < 2; i++)
        cast_equal(s.room, kith_peers_store(s.hub->host, peer, KITH_PEER_APPLICATION, "both", 4, &tokens[2 + i]),
                   KITH_OK);
    for (unsigned i = 0; i < 4; i++)
        for (unsigned j = 0; j < i; j++)
            cast_check(s.room, tokens[i] != 0 && tokens[i] != tokens[j]);
    for (unsigned i = 2; i < 4; i++) {
        unsigned told = s.hub->told[KITH_EVENT_PEER_DATA];

        while (s.hub->told[KITH_EVENT_PEER_DATA] == told) {
            cast_equal(s.room, cast_finish_store(s.hub), KITH_OK);
            hub_run(&s, 1);
        }
        cast_equal(s.room, s.hub->last[KITH_EVENT_PEER_DATA].data.token, tokens[i]);
    }

    cast_equal(s.room, kith_bonds_forget(s.hub->host, peer), KITH_OK); /* and the store has not done it yet */
    cast_equal(s.room, s.hub->told[KITH_EVENT_FORGOTTEN], 0);
    cast_equal(s.room, kith_bonds_count(s.hub->host), 1);
    cast_equal(s.room, kith_peers_next(s.hub->host, NULL, 0, &next), KITH_OK);
    cast_equal(s.room, next, other);
    cast_equal(s.room, kith_peers_list(s.hub->host, NULL, &next, 1, &count), KITH_OK);
    cast_equal(s.room, count, 1);
    while (s.hub->told[KITH_EVENT_FORGOTTEN] == 0) {
        cast_equal(s.room, cast_finish_store(s.hub), KITH_OK);
        hub_run(&s, 1);
    }
    cast_equal(s.room, kith_bonds_count(s.hub->host), 1);
    cast_close(s.room);
}

/* ---- 9 ----
 * Securing on an error encrypted once more with the key that was too weak, for ever; and there was one timer for all
 * links. */

enum { STRICT = 1, LAMPS = 2, SLICE_US = 1000 };

typedef struct {
    cast_room *room;
    cast_host *lamp[LAMPS], *phone;
    kith_listeners all; /* the phone's */
    kith_secure_on_error policy;
    kith_policy_link places[LAMPS];
    unsigned answers, raised;
    uint64_t started_us[LAMPS];
    kith_link link[LAMPS];
} raising;

static void on_raised(void *context, kith_link link, bool raised)
{
    raising *r = context;

    cast_check(r->room, link == r->link[0] || link == r->link[1]);
    r->answers++;
    r->raised += raised;
}

static void on_raising_phone(cast_host *self, const kith_event *event)
{
    raising *r = self->context;
    uint64_t now = kith_sim_now(self->room->sim);

    for (unsigned i = 0; i < LAMPS; i++)
        if (event->kind == KITH_EVENT_SECURITY_STARTED && event->link == r->link[i])
            r->started_us[i] = now;
    kith_listeners_tell(&r->all, self->host, event, now);
}

static void open_raising(raising *r, uint64_t seed)
{
    static const kith_characteristic strict = {.uuid = KITH_UUID16(0x2ae2),
                                               .properties = KITH_PROPERTY_READ,
                                               .permissions = KITH_READ_AUTHENTICATED,
                                               .value = (const uint8_t *)"strict",
                                               .value_len = 6,
                                               .id = STRICT};
    static const kith_service service = {
        .uuid = KITH_UUID16(CAST_SERVICE), .characteristics = &strict, .characteristic_count = 1};
    kith_config config;

    memset(r, 0, sizeof *r);
    r->room = cast_open(seed, CAST_OPENSSL);
    cast_phone_config(&config);
    config.limits.links = config.limits.pairings = LAMPS;
    config.limits.bonds = 4;
    config.security.io = KITH_IO_DISPLAY_YES_NO;
    config.gatt_raise = KITH_GATT_RAISE_NOT;
    r->phone = cast_add(r->room, "phone", &config);
    config.services = &service;
    config.service_count = 1;
    r->lamp[0] = cast_add(r->room, "one lamp", &config);
    r->lamp[1] = cast_add(r->room, "other lamp", &config);
    for (unsigned i = 0; i < r->room->count; i++) {
        r->room->hosts[i].answers = true;
        r->room->hosts[i].answer = KITH_NUMBERS_EQUAL;
    }
    cast_start(r->room);
}

static void listen(raising *r)
{
    kith_secure_on_error_init(&r->policy, r->places, LAMPS, on_raised, r);
    cast_equal(r->room, kith_listeners_add(&r->all, &r->policy.listener), KITH_OK);
    r->phone->context = r;
    r->phone->react = on_raising_phone;
}

static void pass(raising *r, uint64_t us)
{
    uint64_t until = kith_sim_now(r->room->sim) + us;

    while (kith_sim_now(r->room->sim) < until) {
        cast_run_until(r->room, kith_sim_now(r->room->sim) + SLICE_US);
        kith_listeners_advance(&r->all, r->phone->host, kith_sim_now(r->room->sim));
    }
}

static kith_att_error read_strict(raising *r, unsigned lamp)
{
    cast_equal(r->room, kith_gatt_read(r->phone->host, r->link[lamp], kith_gatt_handle(r->lamp[lamp]->host, STRICT)),
               KITH_OK);
    return cast_await_next(r->phone, KITH_EVENT_READ)->gatt.att_error;
}

static void meet_lamp(raising *r, unsigned lamp)
{
    cast_connect(r->phone, r->lamp[lamp]);
    r->link[lamp] = r->phone->link;
    cast_equal(r->room, kith_pairing_open(r->lamp[lamp]->host, 600000), KITH_OK);
}

static void a_weak_key_is_replaced_and_not_used_again(void)
{
    kith_bond_keys before, after;
    raising r;

    open_raising(&r, 421);
    meet_lamp(&r, 0);
    cast_pair(r.phone, r.lamp[0]);
    before = keys_of(r.phone, 1);
    listen(&r);
    cast_equal(r.room, level_on(r.phone, r.link[0]), KITH_LEVEL_ENCRYPTED);
    cast_equal(r.room, kith_pairing_open(r.phone->host, 60000), KITH_OK); /* people agree to it */
    cast_equal(r.room, kith_pairing_open(r.lamp[0]->host, 60000), KITH_OK);
    cast_equal(r.room, read_strict(&r, 0), KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    pass(&r, 5 * CAST_SECOND);
    cast_equal(r.room, r.answers, 1);
    cast_equal(r.room, r.raised, 1);
    cast_check(r.room, level_on(r.phone, r.link[0]) >= KITH_LEVEL_AUTHENTICATED);
    after = keys_of(r.phone, 1);
    assert_memory_not_equal(before.ltk, after.ltk, 16);
    cast_equal(r.room, read_strict(&r, 0), 0);
    cast_equal(r.room, r.phone->told[KITH_EVENT_ENCRYPTED], 0);
    cast_close(r.room);
}

static void fail_at(raising *r, unsigned lamp)
{
    unsigned failed = r->phone->told[KITH_EVENT_PAIRING_FAILED];

    r->lamp[lamp]->answer = KITH_NUMBERS_DIFFER;
    meet_lamp(r, lamp);
    cast_equal(r->room, kith_security_secure(r->phone->host, r->link[lamp], KITH_LEVEL_AUTHENTICATED), KITH_OK);
    cast_await(r->phone, KITH_EVENT_PAIRING_FAILED, failed + 1);
    cast_disconnect(r->phone, r->lamp[lamp]);
    r->lamp[lamp]->answer = KITH_NUMBERS_EQUAL;
}

/* Both must wait after a failure, the other one 2 s longer. */
static void each_link_has_a_timer_of_its_own(void)
{
    uint64_t until_us[LAMPS];
    raising r;

    open_raising(&r, 422);
    fail_at(&r, 0);
    cast_run(r.room, 2 * CAST_SECOND, NULL, NULL);
    fail_at(&r, 1);
    listen(&r);
    r.policy.level = KITH_LEVEL_AUTHENTICATED;
    for (unsigned i = 0; i < LAMPS; i++)
        meet_lamp(&r, i);
    for (unsigned i = 0; i < LAMPS; i++) {
        cast_equal(r.room, read_strict(&r, i), KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
        until_us[i] = kith_sim_now(r.room->sim) + kith_pairing_wait_us(r.phone->host, r.link[i]);
        cast_check(r.room, kith_pairing_wait_us(r.phone->host, r.link[i]) > 0);
    }
    cast_check(r.room, until_us[1] >= until_us[0] + 2 * CAST_SECOND);
    pass(&r, 10 * CAST_SECOND);
    cast_equal(r.room, r.raised, LAMPS);
    for (unsigned i = 0; i < LAMPS; i++) {
        cast_check(r.room, r.started_us[i] >= until_us[i] && r.started_us[i] < until_us[i] + CAST_SECOND);
        cast_equal(r.room, read_strict(&r, i), 0);
    }
    cast_close(r.room);
}

static void fault_9_a_refusal_raises_each_link_by_a_timer_of_its_own(void **state)
{
    (void)state;
    a_weak_key_is_replaced_and_not_used_again();
    each_link_has_a_timer_of_its_own();
}

/* ---- 10 ----
 * To make room the only peer could go, while it was connected: a bond was lost after 18 hours of subscriptions. */

static kith_listeners makers; /* the hub's */

static void tell_makers(cast_host *self, const kith_event *event)
{
    kith_listeners_tell(&makers, self->host, event, kith_sim_now(self->room->sim));
}

static void open_crowded(hub_scene *s, uint64_t seed, uint32_t bonds, const kith_store *store, kith_make_room *policy)
{
    kith_config config;

    hub_config(s, &config);
    config.limits.bonds = bonds;
    config.security.when_full = KITH_FULL_ASK;
    if (store != NULL)
        config.store = store;
    hub_open(s, seed, &config);
    memset(&makers, 0, sizeof makers);
    kith_make_room_init(policy);
    cast_equal(s->room, kith_listeners_add(&makers, &policy->listener), KITH_OK);
    s->hub->react = tell_makers;
}

static void expect_refused_for_room(hub_scene *s, unsigned phone)
{
    unsigned failed = s->hub->told[KITH_EVENT_PAIRING_FAILED];

    cast_connect(s->phone[phone], s->hub);
    cast_equal(s->room, kith_pairing_open(s->hub->host, 30000), KITH_OK);
    cast_equal(s->room, kith_security_pair(s->phone[phone]->host, s->phone[phone]->link, KITH_LEVEL_ENCRYPTED),
               KITH_OK);
    cast_await(s->hub, KITH_EVENT_PAIRING_FAILED, failed + 1);
    cast_equal(s->room, s->hub->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_STORE_FULL);
    cast_equal(s->room, s->hub->told[KITH_EVENT_ROOM_WANTED], 0);
    cast_disconnect(s->phone[phone], s->hub);
}

/* On a flash of 4 KiB, that is collected again and again. */
static void subscriptions_cost_nobody_its_bond(void)
{
    enum { WRITES = 500 };
    kith_make_room policy;
    memory_flash flash;
    hub_scene s;

    memory_flash_init(&flash);
    open_crowded(&s, 423, 1, &flash.store, &policy);
    hub_bond(&s, 0);
    hub_return(&s, 0);
    for (unsigned i = 0; i < WRITES; i++)
        hub_subscribe(&s, 0, i % 2 == 0 ? KITH_SUBSCRIBED_NOTIFY : 0);
    hub_run(&s, 1000);
    cast_check(s.room, s.hub->told[KITH_EVENT_STORE_COLLECTED] > 2);
    cast_equal(s.room, s.hub->told[KITH_EVENT_FORGOTTEN], 0);
    cast_equal(s.room, s.hub->told[KITH_EVENT_STORE_FAILED], 0);
    cast_disconnect(s.phone[0], s.hub);
    cast_reboot(s.hub);
    hub_return(&s, 0);
    cast_disconnect(s.phone[0], s.hub);
    expect_refused_for_room(&s, 1); /* it is the only one */
    cast_check(s.room, hub_peer(&s, 0) != 0);
    cast_close(s.room);
}

static void fault_10_never_the_only_a_connected_or_a_pinned_one(void **state)
{
    kith_make_room policy;
    kith_peer_id connected, pinned;
    kith_token token;
    hub_scene s;

    (void)state;
    subscriptions_cost_nobody_its_bond();
    open_crowded(&s, 424, 2, NULL, &policy);
    connected = hub_bond(&s, 0);
    pinned = hub_bond(&s, 1);
    cast_equal(s.room, hub_end(&s, kith_peers_pin(s.hub->host, pinned, true, &token), &token).status, KITH_OK);
    hub_return(&s, 0);
    cast_check(s.room, !kith_peers_may_go(s.hub->host, connected, KITH_LEVEL_SC_AUTHENTICATED));
    cast_check(s.room, !kith_peers_may_go(s.hub->host, pinned, KITH_LEVEL_SC_AUTHENTICATED));
    expect_refused_for_room(&s, 2);
    cast_equal(s.room, policy.made, 0);
    cast_disconnect(s.phone[0], s.hub); /* now it may go, and the pinned one still may not */
    hub_bond(&s, 2);
    cast_equal(s.room, policy.made, 1);
    cast_equal(s.room, hub_peer(&s, 0), 0);
    cast_equal(s.room, hub_peer(&s, 1), pinned);
    cast_check(s.room, hub_peer(&s, 2) != 0);
    cast_close(s.room);
}

/* ---- 11 ----
 * Answers had to come inside the callback, so nobody could be asked; keys lay in clear; records of an earlier version
 * were not read. */

enum { THINKS_MS = 24000 };

static void people_may_think(void)
{
    kith_config config;
    hub_scene s;

    hub_config(&s, &config);
    config.security.policy = KITH_PAIRING_ASK;
    config.security.ask_parameters = true;
    hub_open(&s, 425, &config);
    cast_connect(s.phone[0], s.hub);
    cast_equal(s.room, kith_security_secure(s.phone[0]->host, s.phone[0]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(s.hub, KITH_EVENT_SECURITY_WANTED, 1);
    hub_run(&s, THINKS_MS / 2);
    cast_equal(s.room, kith_security_answer(s.hub->host, s.hub->link, &s.hub->config.security), KITH_OK);
    cast_await(s.hub, KITH_EVENT_CONSENT_WANTED, 1);
    hub_run(&s, THINKS_MS / 2);
    cast_equal(s.room, s.hub->ends, 0);
    cast_equal(s.room, kith_pairing_consent(s.hub->host, s.hub->link, true), KITH_OK);
    cast_await(s.hub, KITH_EVENT_BONDED, 1);
    cast_close(s.room);
}

/* As versions have written it that knew no use of peers, or no pin and resolution; each part with its kind and length.
 */
static const uint8_t state_of_long_ago[] = "\1"             /* version */
                                           "\3\4\x11\0\1\0" /* the guarded value is notified */
                                           "\4\1\1";        /* features */
static const uint8_t state_before_flags[] = "\1"
                                            "\3\4\x11\0\1\0"
                                            "\6\4\x9\0\0\0" /* rank */
                                            "\7\4\5\0\0\0"; /* last use */
_Static_assert(GUARDED_AT + 1 == 0x11, "the configuration");

static void read_state(const uint8_t *octets, size_t len, uint32_t rank, uint32_t last_use)
{
    kith_record record = {.kind = KITH_RECORD_STATE, .len = (uint8_t)len};
    kith_peer_info info;
    kith_token token;
    hub_scene s;

    open_scene(&s, 426);
    record.id = hub_bond(&s, 0);
    hub_run(&s, 1000);
    memcpy(record.octets, octets, len);
    memory_store_add(&s.store, &record);
    cast_reboot(s.hub);
    cast_equal(s.room, s.hub->last[KITH_EVENT_STORE_LOADED].store.damaged, 0);
    cast_equal(s.room, kith_peers_get(s.hub->host, record.id, &info), KITH_OK);
    cast_equal(s.room, info.rank, rank);
    cast_equal(s.room, info.last_use, last_use);
    cast_check(s.room, !info.pinned);
    cast_equal(s.room, info.resolution, KITH_RESOLUTION_UNKNOWN);
    hub_return(&s, 0);
    hub_run(&s, 1000);
    cast_check(s.room, s.hub->last[KITH_EVENT_SUBSCRIBED].subscription.restored);
    cast_equal(s.room, kith_gatt_subscribed(s.hub->host, s.hub->link, GUARDED), KITH_SUBSCRIBED_NOTIFY);
    cast_equal(s.room, hub_end(&s, kith_peers_pin(s.hub->host, record.id, true, &token), &token).status, KITH_OK);
    cast_disconnect(s.phone[0], s.hub);
    cast_reboot(s.hub); /* what is new stands beside what was there */
    cast_equal(s.room, kith_peers_get(s.hub->host, record.id, &info), KITH_OK);
    cast_check(s.room, info.pinned);
    cast_equal(s.room, info.rank, rank);
    hub_return(&s, 0);
    hub_run(&s, 1000);
    cast_equal(s.room, kith_gatt_subscribed(s.hub->host, s.hub->link, GUARDED), KITH_SUBSCRIBED_NOTIFY);
    cast_close(s.room);
}

static void keys_are_sealed(bool sealed)
{
    static const uint8_t secret[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
    kith_device_keys device = {0};
    kith_crypto_port port;
    kith_sealed_store seal;
    kith_sealed_config how = {.crypto = &port, .generation = 1};
    kith_store store;
    kith_config config;
    kith_bond_keys keys;
    hub_scene s;

    hub_config(&s, &config);
    how.inner = &s.store.store;
    assert_int_equal(kith_openssl_port(&port), KITH_OK);
    assert_int_equal(kith_device_keys_add(&device, &port, 1, secret, sizeof secret), KITH_OK);
    assert_int_equal(kith_sealed_store_init(&seal, &how, &store), KITH_OK);
    if (sealed)
        config.store = &store;
    hub_open(&s, 427, &config);
    keys = keys_of(s.hub, hub_bond(&s, 0));
    hub_run(&s, 1000);
    cast_equal(s.room, memory_store_holds(&s.store, keys.ltk, 16), !sealed);
    cast_equal(s.room, memory_store_holds(&s.store, keys.irk, 16), !sealed);
    cast_reboot(s.hub);
    hub_return(&s, 0);
    cast_close(s.room);
}

static void fault_11_people_are_asked_keys_are_sealed_and_old_records_read(void **state)
{
    (void)state;
    people_may_think();
    read_state(state_of_long_ago, sizeof state_of_long_ago - 1, 0, 0);
    read_state(state_before_flags, sizeof state_before_flags - 1, 9, 5);
    keys_are_sealed(false); /* where the store is not sealed the test finds them */
    keys_are_sealed(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_1_deleting_who_is_not_there_stalls_no_deletion),
        cmocka_unit_test(fault_2_a_full_store_is_told_once_and_not_asked_for_ever),
        cmocka_unit_test(fault_3_a_list_that_is_refused_changes_nothing),
        cmocka_unit_test(fault_4_an_address_and_a_named_identity_prove_nothing),
        cmocka_unit_test(fault_5_no_weaker_bond_and_none_below_what_is_asked_today),
        cmocka_unit_test(fault_6_each_pairing_has_a_fresh_key_whatever_others_compute),
        cmocka_unit_test(fault_7_neither_a_full_table_nor_another_address_ends_a_wait),
        cmocka_unit_test(fault_8_lengths_tokens_and_counts_are_what_they_say),
        cmocka_unit_test(fault_9_a_refusal_raises_each_link_by_a_timer_of_its_own),
        cmocka_unit_test(fault_10_never_the_only_a_connected_or_a_pinned_one),
        cmocka_unit_test(fault_11_people_are_asked_keys_are_sealed_and_old_records_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
