/* Everything a peer manager has to tell, as our events and in its order (docs/from-peer-manager.md maps them); told
 * alike to three listeners over one queue, and none of it lost where the queue is as small as it may be. */
#include "hub.h"

#include "kith/listener.h"
#include "memory_flash.h"

enum { EARS = 3, HEARD = 512 };

/* A listener that writes down all it is told; values that events point to are gone. */
typedef struct {
    kith_listener listener;
    kith_event heard[HEARD];
    unsigned count;
} ear;

typedef struct {
    hub_scene h;
    kith_listeners all;
    ear ears[EARS];
} scene;

static void on_ear(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    ear *e = (ear *)listener;

    (void)h;
    (void)now_us;
    assert_true(e->count < HEARD);
    e->heard[e->count++] = *event;
}

static void on_hub(cast_host *self, const kith_event *event)
{
    scene *s = self->context;

    kith_listeners_tell(&s->all, self->host, event, kith_sim_now(self->room->sim));
}

static void config_scene(scene *s, kith_config *config)
{
    memset(s, 0, sizeof *s);
    hub_config(&s->h, config);
    for (unsigned i = 0; i < EARS; i++) {
        s->ears[i].listener.on_event = on_ear;
        assert_int_equal(kith_listeners_add(&s->all, &s->ears[i].listener), KITH_OK);
    }
}

static void open_with(scene *s, uint64_t seed, const kith_config *config)
{
    hub_open(&s->h, seed, config);
    s->h.hub->context = s;
    s->h.hub->react = on_hub;
}

static void open_scene(scene *s, uint64_t seed)
{
    kith_config config;

    config_scene(s, &config);
    open_with(s, seed, &config);
}

static bool is_same(const kith_event *a, const kith_event *b)
{
    return a->kind == b->kind && a->link == b->link && a->peer == b->peer;
}

/* All heard the same. */
static void close_scene(scene *s)
{
    assert_true(s->ears[0].count > 0);
    for (unsigned i = 1; i < EARS; i++) {
        cast_equal(s->h.room, s->ears[i].count, s->ears[0].count);
        for (unsigned e = 0; e < s->ears[0].count; e++)
            cast_check(s->h.room, is_same(&s->ears[i].heard[e], &s->ears[0].heard[e]));
    }
    cast_close(s->h.room);
}

/* From here on; where the next of this kind is among what was heard after that. */
static unsigned now(const scene *s)
{
    return s->ears[0].count;
}

static const kith_event *next(const scene *s, unsigned *at, kith_event_kind kind)
{
    for (unsigned i = *at; i < s->ears[0].count; i++)
        if (s->ears[0].heard[i].kind == kind) {
            *at = i + 1;
            return &s->ears[0].heard[i];
        }
    cast_fail(s->h.room, "no %s after event %u", kith_event_name(kind), *at);
}

static unsigned count_since(const scene *s, unsigned at, kith_event_kind kind)
{
    unsigned count = 0;

    for (unsigned i = at; i < s->ears[0].count; i++)
        count += s->ears[0].heard[i].kind == kind;
    return count;
}

static void change_security(scene *s)
{
    cast_equal(s->h.room, kith_security_set(s->h.hub->host, &s->h.hub->config.security), KITH_OK);
}

/* ---- who comes ---- */

/* Told of every connection, and of whom it claims to be before there is any security; of who it is with the proof. */
static void a_bonded_peer_is_recognised_before_security_and_proven_with_it(void **state)
{
    const kith_event *e;
    kith_peer_id peer;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 511);
    at = now(&s);
    peer = hub_bond(&s.h, 0);
    e = next(&s, &at, KITH_EVENT_CONNECTED);
    cast_equal(s.h.room, e->connected.claimed, 0); /* not in the session that makes the bond */
    next(&s, &at, KITH_EVENT_SECURITY_STARTED);

    at = now(&s);
    hub_return(&s.h, 0);
    e = next(&s, &at, KITH_EVENT_CONNECTED);
    cast_equal(s.h.room, e->connected.claimed, peer);
    cast_equal(s.h.room, e->peer, 0);
    e = next(&s, &at, KITH_EVENT_SECURITY_STARTED);
    cast_equal(s.h.room, e->started.procedure, KITH_PROCEDURE_ENCRYPTION);
    cast_check(s.h.room, e->started.by_peer);
    cast_equal(s.h.room, e->peer, 0);
    e = next(&s, &at, KITH_EVENT_SECURITY_CHANGED);
    cast_equal(s.h.room, e->security.peer, peer);
    e = next(&s, &at, KITH_EVENT_ENCRYPTED);
    cast_equal(s.h.room, e->peer, peer);
    close_scene(&s);
}

/* ---- what starts and ends ---- */

static void expect_start(const scene *s, unsigned *at, kith_procedure procedure, bool by_peer)
{
    const kith_event *e = next(s, at, KITH_EVENT_SECURITY_STARTED);

    cast_equal(s->h.room, e->started.procedure, procedure);
    cast_equal(s->h.room, e->started.by_peer, by_peer);
}

static void a_start_is_followed_by_success_and_by_what_was_stored(void **state)
{
    const kith_event *e;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 512);
    at = now(&s);
    hub_bond(&s.h, 0);
    expect_start(&s, &at, KITH_PROCEDURE_BONDING, true);
    e = next(&s, &at, KITH_EVENT_PAIRED);
    cast_check(s.h.room, e->verdict.succeeded);
    e = next(&s, &at, KITH_EVENT_BONDED); /* the data is stored */
    cast_equal(s.h.room, e->peer, hub_peer(&s.h, 0));
    next(&s, &at, KITH_EVENT_DISCONNECTED);

    s.h.hub->config.security.bonding = false;
    change_security(&s);
    at = now(&s);
    cast_connect(s.h.phone[1], s.h.hub);
    hub_pair(&s.h, 1);
    hub_run(&s.h, 1000);
    cast_equal(s.h.room, count_since(&s, at, KITH_EVENT_BONDED), 0);
    expect_start(&s, &at, KITH_PROCEDURE_PAIRING, true);
    next(&s, &at, KITH_EVENT_PAIRED);
    close_scene(&s);
}

static void begin_pairing(scene *s, unsigned phone)
{
    cast_host *p = s->h.phone[phone];

    cast_connect(p, s->h.hub);
    cast_equal(s->h.room, kith_pairing_open(s->h.hub->host, 30000), KITH_OK);
    cast_equal(s->h.room, kith_security_pair(p->host, p->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(s->h.hub, KITH_EVENT_SECURITY_STARTED);
}

static void a_start_is_followed_by_failure_with_its_source(void **state)
{
    const kith_event *e;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 513);
    at = now(&s);
    begin_pairing(&s, 0);
    cast_equal(s.h.room, kith_pairing_cancel(s.h.phone[0]->host, s.h.phone[0]->link), KITH_OK);
    cast_await_next(s.h.hub, KITH_EVENT_PAIRING_FAILED);
    expect_start(&s, &at, KITH_PROCEDURE_BONDING, true);
    e = next(&s, &at, KITH_EVENT_PAIRING_FAILED);
    cast_equal(s.h.room, e->verdict.ended_by, KITH_ENDED_BY_PEER);
    cast_equal(s.h.room, e->verdict.smp_reason, KITH_SMP_UNSPECIFIED_REASON);
    cast_disconnect(s.h.phone[0], s.h.hub);

    at = now(&s);
    begin_pairing(&s, 0);
    cast_equal(s.h.room, kith_pairing_cancel(s.h.hub->host, s.h.hub->link), KITH_OK);
    cast_await_next(s.h.hub, KITH_EVENT_PAIRING_FAILED);
    expect_start(&s, &at, KITH_PROCEDURE_BONDING, true);
    e = next(&s, &at, KITH_EVENT_PAIRING_FAILED);
    cast_equal(s.h.room, e->verdict.ended_by, KITH_ENDED_BY_USER);
    cast_equal(s.h.room, e->verdict.why, KITH_WHY_CANCELLED);
    cast_disconnect(s.h.phone[0], s.h.hub);

    at = now(&s);
    begin_pairing(&s, 0); /* and the link goes under it: its end comes before the link's */
    cast_disconnect(s.h.phone[0], s.h.hub);
    expect_start(&s, &at, KITH_PROCEDURE_BONDING, true);
    e = next(&s, &at, KITH_EVENT_PAIRING_FAILED);
    cast_equal(s.h.room, e->verdict.why, KITH_WHY_LINK_LOST);
    next(&s, &at, KITH_EVENT_DISCONNECTED);
    close_scene(&s);
}

static void an_encryption_that_fails_says_so_before_its_link_ends(void **state)
{
    const kith_event *e;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 514);
    hub_bond(&s.h, 0);
    at = now(&s);
    cast_connect(s.h.phone[0], s.h.hub);
    kith_sim_break_next_session_key(s.h.room->sim, s.h.phone[0]->device);
    cast_equal(s.h.room, kith_security_secure(s.h.phone[0]->host, s.h.phone[0]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(s.h.hub, KITH_EVENT_DISCONNECTED);
    expect_start(&s, &at, KITH_PROCEDURE_ENCRYPTION, true);
    e = next(&s, &at, KITH_EVENT_ENCRYPTION_FAILED);
    cast_equal(s.h.room, e->verdict.attempt, KITH_ATTEMPT_ENCRYPTION);
    cast_check(s.h.room, e->verdict.hci_status != 0);
    next(&s, &at, KITH_EVENT_DISCONNECTED);
    close_scene(&s);
}

/* ---- questions ---- */

static void parameters_are_asked_for_with_what_the_peer_can(void **state)
{
    const kith_event *e;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 515);
    s.h.hub->config.security.ask_parameters = true;
    change_security(&s);
    at = now(&s);
    cast_connect(s.h.phone[0], s.h.hub);
    cast_equal(s.h.room, kith_pairing_open(s.h.hub->host, 30000), KITH_OK);
    cast_equal(s.h.room, kith_security_secure(s.h.phone[0]->host, s.h.phone[0]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    e = cast_await_next(s.h.hub, KITH_EVENT_SECURITY_WANTED);
    cast_equal(s.h.room, e->security_wanted.features.max_key_size, 16);
    cast_check(s.h.room, !e->security_wanted.again);
    cast_equal(s.h.room, kith_security_answer(s.h.hub->host, s.h.hub->link, &s.h.hub->config.security), KITH_OK);
    cast_await_next(s.h.hub, KITH_EVENT_BONDED);
    next(&s, &at, KITH_EVENT_CONNECTED);
    next(&s, &at, KITH_EVENT_SECURITY_WANTED);
    expect_start(&s, &at, KITH_PROCEDURE_BONDING, true);
    next(&s, &at, KITH_EVENT_PAIRED);
    cast_disconnect(s.h.phone[0], s.h.hub);

    at = now(&s); /* none: no pairing, and nothing has started */
    cast_connect(s.h.phone[1], s.h.hub);
    cast_equal(s.h.room, kith_pairing_open(s.h.hub->host, 30000), KITH_OK);
    cast_equal(s.h.room, kith_security_secure(s.h.phone[1]->host, s.h.phone[1]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(s.h.hub, KITH_EVENT_SECURITY_WANTED);
    cast_equal(s.h.room, kith_security_answer(s.h.hub->host, s.h.hub->link, NULL), KITH_OK);
    cast_await_next(s.h.hub, KITH_EVENT_PAIRING_FAILED);
    cast_equal(s.h.room, count_since(&s, at, KITH_EVENT_SECURITY_STARTED), 0);
    e = next(&s, &at, KITH_EVENT_PAIRING_FAILED);
    cast_equal(s.h.room, e->verdict.smp_reason, KITH_SMP_PAIRING_NOT_SUPPORTED);
    close_scene(&s);
}

static void a_bonded_peer_that_pairs_again_is_a_question(void **state)
{
    const kith_event *e;
    kith_peer_id peer;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 516);
    peer = hub_bond(&s.h, 0);
    cast_forget_all(s.h.phone[0]);
    for (unsigned yes = 0; yes <= 1; yes++) {
        at = now(&s);
        cast_connect(s.h.phone[0], s.h.hub);
        kith_pairing_close(s.h.hub->host);
        cast_equal(s.h.room, kith_security_secure(s.h.phone[0]->host, s.h.phone[0]->link, KITH_LEVEL_ENCRYPTED),
                   KITH_OK);
        e = cast_await_next(s.h.hub, KITH_EVENT_CONSENT_WANTED);
        cast_check(s.h.room, e->consent.again);
        cast_equal(s.h.room, e->consent.replaces, peer);
        cast_equal(s.h.room, kith_pairing_consent(s.h.hub->host, s.h.hub->link, yes != 0), KITH_OK);
        cast_await_next(s.h.hub, yes ? KITH_EVENT_BONDED : KITH_EVENT_PAIRING_FAILED);
        next(&s, &at, KITH_EVENT_CONNECTED);
        next(&s, &at, KITH_EVENT_CONSENT_WANTED);
        next(&s, &at, yes ? KITH_EVENT_PAIRED : KITH_EVENT_PAIRING_FAILED);
        cast_disconnect(s.h.phone[0], s.h.hub);
    }
    cast_equal(s.h.room, hub_peer(&s.h, 0), peer);
    close_scene(&s);
}

/* The hub is the central. */
static void a_peripheral_that_asks_is_told_and_then_what_is_done_about_it(void **state)
{
    const kith_event *e;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 517);
    cast_connect(s.h.hub, s.h.phone[0]);
    cast_equal(s.h.room, kith_pairing_open(s.h.hub->host, 30000), KITH_OK);
    cast_equal(s.h.room, kith_pairing_open(s.h.phone[0]->host, 30000), KITH_OK);
    at = now(&s);
    cast_equal(s.h.room, kith_security_secure(s.h.phone[0]->host, s.h.phone[0]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(s.h.hub, KITH_EVENT_BONDED);
    e = next(&s, &at, KITH_EVENT_SECURITY_REQUESTED);
    cast_check(s.h.room, e->requested.bonding && e->requested.secure_connections);
    cast_check(s.h.room, !e->requested.mitm && !e->requested.keypress);
    expect_start(&s, &at, KITH_PROCEDURE_BONDING, true);
    next(&s, &at, KITH_EVENT_PAIRED);
    next(&s, &at, KITH_EVENT_BONDED);
    close_scene(&s);
}

/* ---- the store ---- */

static void a_full_store_is_told_of_a_bond_a_value_and_what_the_host_keeps(void **state)
{
    const kith_event *e;
    kith_token token;
    kith_peer_id peer;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 518);
    peer = hub_bond(&s.h, 0);
    hub_return(&s.h, 0);
    hub_run(&s.h, 1000);
    s.h.store.puts = KITH_ERR_FULL;
    at = now(&s);
    hub_subscribe(&s.h, 0, KITH_SUBSCRIBED_NOTIFY);
    hub_run(&s.h, 1000);
    e = next(&s, &at, KITH_EVENT_STORE_FAILED);
    cast_equal(s.h.room, e->store_failed.status, KITH_ERR_FULL);
    cast_equal(s.h.room, e->store_failed.peer, peer);
    at = now(&s);
    hub_pair(&s.h, 0);
    hub_run(&s.h, 1000);
    next(&s, &at, KITH_EVENT_PAIRED);
    e = next(&s, &at, KITH_EVENT_BOND_FAILED); /* the link stays, paired */
    cast_equal(s.h.room, e->verdict.why, KITH_WHY_STORE_FULL);
    cast_equal(s.h.room, count_since(&s, at, KITH_EVENT_DISCONNECTED), 0);
    cast_equal(
        s.h.room,
        hub_end(&s.h, kith_peers_store(s.h.hub->host, peer, KITH_PEER_APPLICATION, "v", 1, &token), &token).status,
        KITH_ERR_FULL);
    close_scene(&s);
}

static void what_became_of_a_value_has_its_token(void **state)
{
    kith_token token, last;
    kith_peer_id peer;
    kith_event_data end;
    scene s;

    (void)state;
    open_scene(&s, 519);
    peer = hub_bond(&s.h, 0);
    end = hub_end(&s.h, kith_peers_store(s.h.hub->host, peer, KITH_PEER_APPLICATION, "v", 1, &token), &token);
    cast_check(s.h.room, end.status == KITH_OK && end.operation == KITH_PEER_STORED && end.changed);
    cast_check(s.h.room, end.peer == peer && end.what == KITH_PEER_APPLICATION);
    last = token;
    s.h.store.puts = KITH_ERR_STORAGE;
    end = hub_end(&s.h, kith_peers_store(s.h.hub->host, peer, KITH_PEER_APPLICATION, "w", 1, &token), &token);
    cast_check(s.h.room, end.status == KITH_ERR_STORAGE && !end.changed && token != last);
    s.h.store.puts = KITH_OK;
    end = hub_end(&s.h, kith_peers_delete(s.h.hub->host, peer, KITH_PEER_APPLICATION, &token), &token);
    cast_check(s.h.room, end.status == KITH_OK && end.operation == KITH_PEER_DELETED && end.changed);
    end = hub_end(&s.h, kith_peers_delete(s.h.hub->host, peer, KITH_PEER_APPLICATION, &token), &token);
    cast_check(s.h.room, end.status == KITH_OK && !end.changed); /* the store was not touched */
    close_scene(&s);
}

static void each_that_is_deleted_is_told_before_the_end_of_all(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 520);
    for (unsigned fails = 0; fails <= 1; fails++) {
        kith_peer_id peers[3];
        const kith_event *e;
        unsigned at;

        for (unsigned i = 0; i < 3; i++)
            peers[i] = hub_bond(&s.h, i);
        s.h.store.removes = fails ? KITH_ERR_STORAGE : KITH_OK;
        at = now(&s);
        cast_equal(s.h.room, kith_peers_forget_all(s.h.hub->host), KITH_OK);
        cast_await_next(s.h.hub, KITH_EVENT_FORGOTTEN_ALL);
        hub_run(&s.h, 1000);
        cast_equal(s.h.room, count_since(&s, at, KITH_EVENT_FORGOTTEN), 3);
        cast_equal(s.h.room, count_since(&s, at, KITH_EVENT_FORGOTTEN_ALL), 1);
        for (unsigned i = 0; i < 3; i++) {
            e = next(&s, &at, KITH_EVENT_FORGOTTEN);
            cast_equal(s.h.room, e->forgotten.peer, peers[i]);
            cast_equal(s.h.room, e->forgotten.status, s.h.store.removes);
        }
        e = next(&s, &at, KITH_EVENT_FORGOTTEN_ALL);
        cast_equal(s.h.room, e->forgotten.peer, 0);
        cast_equal(s.h.room, e->forgotten.status, s.h.store.removes);
    }
    close_scene(&s);
}

static void that_the_store_was_collected_is_told(void **state)
{
    static uint8_t value[20];
    kith_config config;
    memory_flash flash;
    kith_token token;
    kith_peer_id peer;
    unsigned at, told;
    uint32_t count = 0;
    scene s;

    (void)state;
    memory_flash_init(&flash);
    config_scene(&s, &config);
    config.store = &flash.store;
    config.limits.bonds = 1;
    open_with(&s, 521, &config);
    peer = hub_bond(&s.h, 0);
    at = now(&s);
    for (unsigned i = 0; i < 150; i++) {
        value[0] = (uint8_t)i;
        cast_equal(s.h.room,
                   hub_end(&s.h,
                           kith_peers_store(s.h.hub->host, peer, KITH_PEER_APPLICATION, value, sizeof value, &token),
                           &token)
                       .status,
                   KITH_OK);
    }
    hub_run(&s.h, 1000);
    for (told = count_since(&s, at, KITH_EVENT_STORE_COLLECTED); told > 0; told--)
        count += next(&s, &at, KITH_EVENT_STORE_COLLECTED)->collected.count;
    cast_check(s.h.room, count > 2);
    close_scene(&s);
}

/* ---- attributes ---- */

static void subscriptions_are_back_with_the_proof_and_not_before(void **state)
{
    const kith_event *e;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 522);
    hub_bond(&s.h, 0);
    hub_return(&s.h, 0);
    hub_subscribe(&s.h, 0, KITH_SUBSCRIBED_NOTIFY);
    hub_run(&s.h, 1000);
    cast_disconnect(s.h.phone[0], s.h.hub);
    at = now(&s);
    cast_connect(s.h.phone[0], s.h.hub);
    hub_run(&s.h, 1000);
    cast_equal(s.h.room, count_since(&s, at, KITH_EVENT_SUBSCRIBED), 0);
    cast_encrypt(s.h.phone[0], s.h.hub);
    hub_run(&s.h, 1000);
    e = next(&s, &at, KITH_EVENT_SECURITY_CHANGED); /* the proof; the procedure's end may come behind */
    cast_equal(s.h.room, e->security.peer, hub_peer(&s.h, 0));
    e = next(&s, &at, KITH_EVENT_SUBSCRIBED);
    cast_check(s.h.room, e->subscription.restored);
    cast_equal(s.h.room, e->subscription.bits, KITH_SUBSCRIBED_NOTIFY);
    cast_equal(s.h.room, e->peer, hub_peer(&s.h, 0));
    close_scene(&s);
}

static void Service_Changed_is_told_when_it_goes_and_when_it_is_confirmed(void **state)
{
    static const kith_characteristic value = {.uuid = KITH_UUID16(0x2a40),
                                              .properties = KITH_PROPERTY_READ,
                                              .permissions = KITH_READ_OPEN,
                                              .id = 99,
                                              .value = CAST_SECRET,
                                              .value_len = 6};
    static const kith_service extra = {
        .uuid = KITH_UUID16(0x1816), .characteristics = &value, .characteristic_count = 1};
    const kith_event *e;
    client c;
    unsigned at;
    scene s;

    (void)state;
    open_scene(&s, 523);
    client_enter(&c, s.h.room);
    client_meet(&c, s.h.hub);
    client_pair(&c, s.h.hub);
    cast_equal(s.h.room, client_subscribe(&c, CHANGED_AT, KITH_SUBSCRIBED_INDICATE), 0);
    c.stays_silent = true;
    at = now(&s);
    assert_int_equal(kith_gatt_add_service(s.h.hub->host, &extra), KITH_OK);
    client_run(&c, CAST_SECOND);
    cast_equal(s.h.room, count_since(&s, at, KITH_EVENT_TABLE_TOLD), 1);
    e = next(&s, &at, KITH_EVENT_TABLE_TOLD);
    cast_check(s.h.room, !e->table_told.confirmed);
    cast_equal(s.h.room, e->table_told.first, SERVED_END + 1);
    client_confirm(&c);
    client_run(&c, CAST_SECOND);
    e = next(&s, &at, KITH_EVENT_TABLE_TOLD);
    cast_check(s.h.room, e->table_told.confirmed);
    cast_equal(s.h.room, e->table_told.result, KITH_GATT_OK);
    close_scene(&s);
}

/* ---- a program that is late ---- */

typedef enum { PROMPT, WHEN_FULL, LATER, HABITS, NEVER } habit;

enum { LATE_US = 400000, STEP_US = 1250, QUIET_MS = 4000, GUESTS = 3 };

/* A program of its own around the hub, which takes its events as it is used to. */
typedef struct {
    scene s;
    habit takes;
    uint8_t held[KITH_STAGE_PACKET];
    size_t held_len;
    kith_work work;
    bool working, ran;
    bool rests; /* work waits, too */
    bool is_full;
    uint64_t full_us;
    unsigned fulls;
} late_program;

static bool note_full(late_program *p, kith_status status)
{
    if (status != KITH_ERR_FULL)
        return false;
    p->fulls += !p->is_full;
    if (!p->is_full)
        p->full_us = kith_sim_now(p->s.h.room->sim);
    p->is_full = true;
    return true;
}

static void take_events(late_program *p)
{
    kith_host *h = p->s.h.hub->host;
    kith_event event;

    while (kith_host_next_event(h, &event))
        if (event.kind != KITH_EVENT_DATA_LENGTH) /* in how many steps that comes is the link layers' to say */
            kith_listeners_tell(&p->s.all, h, &event, kith_sim_now(p->s.h.room->sim));
    p->is_full = false;
}

static bool carry_out(late_program *p)
{
    const cast_host *hub = p->s.h.hub;
    uint8_t packet[KITH_STAGE_PACKET];
    size_t len = kith_host_next_packet(hub->host, packet, sizeof packet);

    if (len > 0)
        assert_int_equal(kith_sim_send(p->s.h.room->sim, hub->device, packet, len), KITH_OK);
    return len > 0;
}

static bool carry_in(late_program *p)
{
    const cast_host *hub = p->s.h.hub;
    kith_sim *sim = p->s.h.room->sim;

    if (p->held_len == 0)
        p->held_len = kith_sim_receive(sim, hub->device, p->held, sizeof p->held);
    if (p->held_len == 0 || note_full(p, kith_host_receive(hub->host, p->held, p->held_len, kith_sim_now(sim))))
        return false;
    p->held_len = 0;
    return true;
}

static bool do_work(late_program *p)
{
    kith_host *h = p->s.h.hub->host;

    if (!p->working)
        p->working = kith_host_take_work(h, &p->work);
    if (!p->working)
        return false;
    if (!p->ran)
        kith_work_run(&p->work);
    p->ran = true;
    if (note_full(p, kith_host_finish_work(h, &p->work, kith_sim_now(p->s.h.room->sim))))
        return false;
    p->working = p->ran = false;
    return true;
}

static bool is_time_to_take(const late_program *p)
{
    if (p->takes == PROMPT)
        return true;
    return p->is_full && p->takes != NEVER &&
           (p->takes == WHEN_FULL || kith_sim_now(p->s.h.room->sim) >= p->full_us + LATE_US);
}

static void pass(late_program *p, uint64_t ms)
{
    const kith_sim *sim = p->s.h.room->sim;
    uint64_t until = kith_sim_now(sim) + ms * 1000;

    while (kith_sim_now(sim) < until) {
        note_full(p, kith_host_advance(p->s.h.hub->host, kith_sim_now(sim)));
        while (carry_out(p) || carry_in(p) || (!p->rests && do_work(p)))
            if (is_time_to_take(p))
                take_events(p);
        if (is_time_to_take(p))
            take_events(p);
        cast_run_until(p->s.h.room, kith_sim_now(sim) + STEP_US);
    }
}

/* A call that there is no room for is made again when events were taken. */
#define MUST(p, call)                                                                                                  \
    do {                                                                                                               \
        kith_status status_ = (call);                                                                                  \
                                                                                                                       \
        if (note_full(p, status_)) {                                                                                   \
            take_events(p);                                                                                            \
            status_ = (call);                                                                                          \
        }                                                                                                              \
        cast_equal((p)->s.h.room, status_, KITH_OK);                                                                   \
    } while (0)

static void welcome(late_program *p, cast_host *guest)
{
    kith_host *hub = p->s.h.hub->host;
    kith_address address;
    kith_advertising advertising;

    assert_int_equal(kith_gap_own_address(hub, &address), KITH_OK);
    kith_gap_default_advertising(&advertising, "hub");
    MUST(p, kith_gap_advertise(hub, &advertising));
    assert_int_equal(kith_gap_connect(guest->host, &address, NULL), KITH_OK);
    pass(p, QUIET_MS);
    cast_check(p->s.h.room, guest->link != 0);
}

static void visit(late_program *p, unsigned phone, bool pairs)
{
    cast_host *guest = p->s.h.phone[phone];

    welcome(p, guest);
    MUST(p, kith_pairing_open(p->s.h.hub->host, 60000));
    cast_equal(p->s.h.room,
               pairs ? kith_security_pair(guest->host, guest->link, KITH_LEVEL_ENCRYPTED)
                     : kith_security_secure(guest->host, guest->link, KITH_LEVEL_ENCRYPTED),
               KITH_OK);
    pass(p, QUIET_MS);
    cast_equal(
        p->s.h.room,
        kith_gatt_subscribe(guest->host, guest->link, GUARDED_AT, GUARDED_AT + 1, pairs ? KITH_SUBSCRIBED_NOTIFY : 0),
        KITH_OK);
    pass(p, QUIET_MS);
    cast_equal(p->s.h.room, kith_gap_disconnect(guest->host, guest->link, 0x13), KITH_OK);
    pass(p, QUIET_MS);
}

static void forget_everybody(late_program *p)
{
    kith_host *hub = p->s.h.hub->host;
    kith_token token;

    for (kith_peer_id peer = 1; peer <= GUESTS; peer++)
        MUST(p, kith_peers_store(hub, peer, KITH_PEER_APPLICATION, "value", 5, &token));
    pass(p, QUIET_MS);
    MUST(p, kith_peers_forget_all(hub));
    pass(p, QUIET_MS);
}

static void open_late(late_program *p, habit takes)
{
    kith_config config;

    memset(p, 0, sizeof *p);
    config_scene(&p->s, &config);
    config.limits.events = 0; /* room for nothing but what may not be lost */
    config.limits.links = config.limits.pairings = 1;
    p->takes = takes;
    open_with(&p->s, 524, &config);
    kith_stage_remove(&p->s.h.room->stage, p->s.h.hub->number); /* from now on this is its program */
}

static void play(late_program *p, habit takes)
{
    open_late(p, takes);
    for (unsigned round = 0; round <= 1; round++)
        for (unsigned i = 0; i < GUESTS; i++)
            visit(p, i, round == 0);
    forget_everybody(p);
    take_events(p);
    pass(p, QUIET_MS);
    take_events(p);
    cast_equal(p->s.h.room, kith_host_dropped(p->s.h.hub->host), 0);
}

static void none_is_lost_and_the_order_stays_when_the_program_is_late(void **state)
{
    static late_program programs[HABITS];
    const ear *wanted = &programs[PROMPT].s.ears[0], *heard;

    (void)state;
    for (habit takes = PROMPT; takes < HABITS; takes++)
        play(&programs[takes], takes);
    cast_equal(programs[PROMPT].s.h.room, programs[PROMPT].fulls, 0);
    cast_equal(programs[PROMPT].s.h.room, count_since(&programs[PROMPT].s, 0, KITH_EVENT_BONDED), GUESTS);
    cast_equal(programs[PROMPT].s.h.room, count_since(&programs[PROMPT].s, 0, KITH_EVENT_FORGOTTEN), GUESTS);
    for (habit takes = WHEN_FULL; takes < HABITS; takes++) {
        heard = &programs[takes].s.ears[0];
        cast_check(programs[takes].s.h.room, programs[takes].fulls > 1);
        cast_equal(programs[takes].s.h.room, heard->count, wanted->count);
        for (unsigned i = 0; i < wanted->count; i++)
            if (!is_same(&heard->heard[i], &wanted->heard[i]))
                cast_fail(programs[takes].s.h.room, "event %u is %s, not %s", i, kith_event_name(heard->heard[i].kind),
                          kith_event_name(wanted->heard[i].kind));
    }
    for (habit takes = PROMPT; takes < HABITS; takes++)
        close_scene(&programs[takes].s);
}

/* The queue fills up with refusals of a stranger, while the store is at work: packets and the store's result wait. */
static void packets_and_what_the_store_did_wait_for_room(void **state)
{
    enum { MOST = 100 };
    unsigned asked = 0, at;
    late_program p;
    cast_host *stranger;

    (void)state;
    open_late(&p, PROMPT);
    visit(&p, 0, true);
    stranger = p.s.h.phone[1];
    welcome(&p, stranger);
    kith_pairing_close(p.s.h.hub->host);
    p.takes = NEVER;
    p.rests = true;
    at = now(&p.s);
    MUST(&p, kith_bonds_forget(p.s.h.hub->host, 1));
    while (!p.is_full && asked < MOST) {
        cast_equal(p.s.h.room, kith_security_pair(stranger->host, stranger->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        asked++;
        pass(&p, 500);
    }
    cast_check(p.s.h.room, !do_work(&p) && p.ran); /* the store has done it, and that waits */
    take_events(&p);
    cast_equal(p.s.h.room, count_since(&p.s, at, KITH_EVENT_FORGOTTEN), 0);
    p.takes = PROMPT;
    p.rests = false;
    pass(&p, QUIET_MS);
    cast_equal(p.s.h.room, count_since(&p.s, at, KITH_EVENT_FORGOTTEN), 1);
    cast_equal(p.s.h.room, count_since(&p.s, at, KITH_EVENT_PAIRING_FAILED), asked);
    cast_equal(p.s.h.room, kith_host_dropped(p.s.h.hub->host), 0);
    close_scene(&p.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bonded_peer_is_recognised_before_security_and_proven_with_it),
        cmocka_unit_test(a_start_is_followed_by_success_and_by_what_was_stored),
        cmocka_unit_test(a_start_is_followed_by_failure_with_its_source),
        cmocka_unit_test(an_encryption_that_fails_says_so_before_its_link_ends),
        cmocka_unit_test(parameters_are_asked_for_with_what_the_peer_can),
        cmocka_unit_test(a_bonded_peer_that_pairs_again_is_a_question),
        cmocka_unit_test(a_peripheral_that_asks_is_told_and_then_what_is_done_about_it),
        cmocka_unit_test(a_full_store_is_told_of_a_bond_a_value_and_what_the_host_keeps),
        cmocka_unit_test(what_became_of_a_value_has_its_token),
        cmocka_unit_test(each_that_is_deleted_is_told_before_the_end_of_all),
        cmocka_unit_test(that_the_store_was_collected_is_told),
        cmocka_unit_test(subscriptions_are_back_with_the_proof_and_not_before),
        cmocka_unit_test(Service_Changed_is_told_when_it_goes_and_when_it_is_confirmed),
        cmocka_unit_test(none_is_lost_and_the_order_stays_when_the_program_is_late),
        cmocka_unit_test(packets_and_what_the_store_did_wait_for_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
