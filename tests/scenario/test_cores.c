/* One story on every pair of controllers: two devices that hide find each other, bond, part, change their addresses and
 * know each other again, in both roles; one of them for its friend alone.  By the controller's lists or by the host,
 * whatever the controllers are made of; and what they lack they say by name.  Core Vol 3 Part C 9, 10.7. */
#include "cast.h"
#include "kith/lists.h"
#include "kith/reconnect.h"

enum { CYCLE_S = 60, KINDS = 2 * KITH_SIM_CORES, FRIENDS = 10, SEC = CAST_SECOND };

/* Each core, and each with the commands of Core 4.2 alone. */
typedef struct {
    kith_sim_core core;
    bool old_commands;
} kind;

static kind kind_at(unsigned i)
{
    return (kind){(kith_sim_core)(i / 2), i % 2 != 0};
}

typedef struct {
    cast_room *room;
    kind of[3];
    cast_host *lamp, *phone, *stranger;
} stand;

static cast_host *add(stand *s, const kind *k, kith_config *config)
{
    kith_sim_device device = cast_device(s->room);
    kith_sim_limits limits;

    config->legacy_commands = k->old_commands;
    config->own_address = KITH_OWN_STATIC;
    config->privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
    config->limits.listed = 4;
    config->limits.data = 1;
    config->limits.reconnects = 1;
    kith_sim_core_limits(&limits, k->core);
    config->gap.central_address_resolution = k->core != KITH_SIM_CORE_4_2_BARE;
    cast_equal(s->room, kith_sim_set_limits(s->room->sim, device, &limits), KITH_OK);
    return cast_add_on(s->room, config->name, config, device);
}

static void open_stand(stand *s, kind lamp, kind phone)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->of[0] = lamp;
    s->of[1] = phone;
    s->room = cast_open(617, CAST_TOY);
    cast_lamp_config(&config);
    s->lamp = add(s, &lamp, &config);
    cast_phone_config(&config);
    s->phone = add(s, &phone, &config);
    cast_phone_config(&config);
    config.name = "stranger";
    s->stranger = add(s, &phone, &config);
    cast_start(s->room);
}

/* ---- moves ---- */

static kith_peer_id only_peer(const cast_host *host)
{
    kith_bond_keys keys;
    kith_bond_info info;

    cast_check(host->room, cast_only_bond(host, &info, &keys));
    return info.peer;
}

static void begin(cast_host *host, const kith_advertising *a)
{
    cast_equal(host->room, kith_gap_advertise(host->host, a), KITH_OK);
    cast_await_next(host, KITH_EVENT_ADVERTISING);
    cast_check(host->room, host->last[KITH_EVENT_ADVERTISING].activity.on);
}

static kith_address find(cast_host *host, const kith_sought *sought)
{
    const kith_event_found *found;

    cast_equal(host->room, kith_gap_find(host->host, NULL, sought, 10000), KITH_OK);
    found = &cast_await_next(host, KITH_EVENT_FOUND)->found;
    cast_equal(host->room, found->result, KITH_FOUND);
    cast_equal(host->room, found->report.claimed, sought->peer);
    return found->report.address;
}

static void connect(cast_host *central, cast_host *peripheral, const kith_address *to)
{
    unsigned told = peripheral->told[KITH_EVENT_CONNECTED];

    cast_equal(central->room, kith_gap_connect(central->host, to, NULL), KITH_OK);
    cast_await_next(central, KITH_EVENT_CONNECTED);
    cast_await(peripheral, KITH_EVENT_CONNECTED, told + 1);
}

/* Neither was there under this address before; both know who it is, and prove it. */
static void expect_friends(cast_host *central, cast_host *peripheral)
{
    const kith_event_connected *c = &central->last[KITH_EVENT_CONNECTED].connected,
                               *p = &peripheral->last[KITH_EVENT_CONNECTED].connected;
    kith_event_security now;

    cast_equal(central->room, c->claimed, only_peer(central));
    cast_equal(central->room, p->claimed, only_peer(peripheral));
    cast_equal(central->room, kith_address_kind_of(&c->peer), KITH_ADDRESS_KIND_RESOLVABLE);
    cast_equal(central->room, kith_address_kind_of(&p->peer), KITH_ADDRESS_KIND_RESOLVABLE);
    cast_encrypt(central, peripheral);
    cast_equal(central->room, kith_security_of(central->host, central->link, &now), KITH_OK);
    cast_equal(central->room, now.peer, only_peer(central));
    cast_equal(central->room, kith_security_of(peripheral->host, peripheral->link, &now), KITH_OK);
    cast_equal(central->room, now.peer, only_peer(peripheral));
}

static void turn(stand *s)
{
    cast_run(s->room, (uint64_t)(CYCLE_S + 5) * SEC, NULL, NULL);
}

/* ---- the story ---- */

static void meet(stand *s)
{
    const kith_sought by_name = {.name = "lamp", .connectable = true};
    kith_advertising a;
    kith_address at;

    kith_gap_default_advertising(&a, "lamp");
    begin(s->lamp, &a);
    at = find(s->phone, &by_name);
    cast_equal(s->room, kith_address_kind_of(&at), KITH_ADDRESS_KIND_RESOLVABLE);
    connect(s->phone, s->lamp, &at);
    cast_pair(s->phone, s->lamp);
    cast_disconnect(s->phone, s->lamp);
}

/* Whoever advertises is found by the bond, after a turn of both addresses. */
static void meet_again(stand *s, cast_host *central, cast_host *peripheral, kith_address *last)
{
    const kith_sought by_bond = {.peer = only_peer(central)};
    kith_advertising a;
    kith_address at;

    kith_gap_default_advertising(&a, NULL);
    begin(peripheral, &a);
    turn(s);
    at = find(central, &by_bond);
    cast_check(s->room, !kith_address_equal(&at, last));
    *last = at;
    connect(central, peripheral, &at);
    expect_friends(central, peripheral);
}

/* The lamp learns whether its phone hears what is directed to a private address. */
static void ask(stand *s)
{
    kith_peer_info info;
    kith_token token;

    cast_equal(s->room, kith_peers_ask_resolution(s->lamp->host, only_peer(s->lamp), &token), KITH_OK);
    cast_await_next(s->lamp, KITH_EVENT_PEER_DATA);
    cast_equal(s->room, kith_peers_get(s->lamp->host, only_peer(s->lamp), &info), KITH_OK);
    cast_equal(s->room, info.resolution,
               s->of[1].core != KITH_SIM_CORE_4_2_BARE ? KITH_RESOLUTION_YES : KITH_RESOLUTION_NO);
}

/* What a controller tells of a link that never was established is another matter. */
static void expect_kept_out(stand *s, const kith_address *lamp)
{
    unsigned told = s->lamp->told[KITH_EVENT_CONNECTED];

    cast_equal(s->room, kith_gap_connect(s->stranger->host, lamp, NULL), KITH_OK);
    cast_run(s->room, 5 * (uint64_t)SEC, NULL, NULL);
    if (kith_gap_cancel_connect(s->stranger->host) == KITH_OK)
        cast_await_next(s->stranger, KITH_EVENT_CONNECT_FAILED);
    cast_equal(s->room, s->stranger->link, 0);
    cast_equal(s->room, s->lamp->told[KITH_EVENT_CONNECTED], told);
    cast_check(s->room, s->lamp->last[KITH_EVENT_ADVERTISING].activity.on);
}

/* Where the lamp's controller does not resolve, a list would keep its phone out, too: it is refused. */
static void let_in_friends_alone(stand *s)
{
    const kith_peer_id friend = only_peer(s->lamp);
    const kith_sought by_bond = {.peer = only_peer(s->phone)};
    kith_status status = kith_allow_list_set(s->lamp->host, &friend, 1, KITH_LIST_PAUSE);
    kith_advertising a;
    kith_address at;

    kith_gap_default_advertising(&a, NULL);
    a.filter = KITH_FILTER_CONNECT;
    if (s->of[0].core == KITH_SIM_CORE_4_2_BARE) {
        const uint32_t lacks = s->lamp->last[KITH_EVENT_READY].ready.lacks & KITH_LACKS_RESOLVING_LIST;

        cast_equal(s->room, status, KITH_ERR_UNSUPPORTED);
        assert_string_equal(kith_lack_name(lacks), "a resolving list (link layer privacy)");
        cast_equal(s->room, kith_gap_advertise(s->lamp->host, &a), KITH_ERR_NOT_FOUND);
        return;
    }
    cast_equal(s->room, status, KITH_OK);
    cast_await_next(s->lamp, KITH_EVENT_ALLOW_LIST);
    begin(s->lamp, &a);
    turn(s);
    at = find(s->phone, &by_bond);
    expect_kept_out(s, &at);
    connect(s->phone, s->lamp, &at);
    expect_friends(s->phone, s->lamp);
    cast_disconnect(s->phone, s->lamp);
}

/* To a phone that says it resolves, by a lamp that knows its answer; the stranger does not hear that it is meant. */
static void call_one_alone(stand *s)
{
    kith_bond_keys keys;
    kith_bond_info to_phone, to_lamp;
    kith_advertising a;
    kith_address at;

    kith_gap_default_advertising(&a, NULL);
    a.directed = true;
    cast_check(s->room, cast_only_bond(s->lamp, &to_phone, &keys) && cast_only_bond(s->phone, &to_lamp, &keys));
    a.to = to_phone.identity;
    if (s->of[0].core == KITH_SIM_CORE_4_2_BARE || s->of[1].core == KITH_SIM_CORE_4_2_BARE) {
        cast_equal(s->room, kith_gap_advertise(s->lamp->host, &a), KITH_ERR_UNSUPPORTED);
        return;
    }
    begin(s->lamp, &a);
    turn(s);
    at = cast_address(s->lamp);
    expect_kept_out(s, &at);
    connect(s->phone, s->lamp, &to_lamp.identity);
    expect_friends(s->phone, s->lamp);
    cast_disconnect(s->phone, s->lamp);
}

/* The phone is there whenever the lamp is. */
static void come_back(stand *s)
{
    unsigned told = s->lamp->told[KITH_EVENT_CONNECTED];
    kith_advertising a;
    kith_reconnection as;

    kith_reconnect_default(&as);
    cast_equal(s->room, kith_reconnect_follow(s->phone->host, &as), KITH_OK);
    turn(s);
    kith_gap_default_advertising(&a, NULL);
    begin(s->lamp, &a);
    cast_await(s->lamp, KITH_EVENT_CONNECTED, told + 1);
    cast_run(s->room, SEC, NULL, NULL);
    expect_friends(s->phone, s->lamp);
    cast_equal(s->room, kith_reconnect_end(s->phone->host), KITH_OK);
    cast_disconnect(s->phone, s->lamp);
}

static void tell_story(kind lamp, kind phone)
{
    kith_address last = {.type = KITH_ADDRESS_PUBLIC};
    stand s;

    print_message("lamp %s%s, phone %s%s\n", kith_sim_core_name(lamp.core), lamp.old_commands ? " as 4.2" : "",
                  kith_sim_core_name(phone.core), phone.old_commands ? " as 4.2" : "");
    open_stand(&s, lamp, phone);
    meet(&s);
    meet_again(&s, s.phone, s.lamp, &last);
    ask(&s);
    cast_disconnect(s.phone, s.lamp);
    meet_again(&s, s.lamp, s.phone, &last);
    cast_disconnect(s.lamp, s.phone);
    let_in_friends_alone(&s);
    call_one_alone(&s);
    come_back(&s);
    cast_close(s.room);
}

static void each_pair_of_controllers_does(void **state)
{
    (void)state;
    for (unsigned lamp = 0; lamp < KINDS; lamp++)
        for (unsigned phone = 0; phone < KINDS; phone++)
            tell_story(kind_at(lamp), kind_at(phone));
}

/* ---- what they lack ---- */

static void each_says_by_name_what_it_lacks(void **state)
{
    static const struct {
        kith_sim_core core;
        const char *names[10];
    } rows[] = {
        {KITH_SIM_CORE_4_2_BARE,
         {"data length extension", "a resolving list (link layer privacy)",
          "LE Ping (the authenticated payload timeout)", "extended advertising", "privacy modes",
          "the link layer's request for connection parameters", "LE 2M", "LE Coded", NULL}},
        {KITH_SIM_CORE_4_2,
         {"extended advertising", "privacy modes", "the link layer's request for connection parameters", "LE 2M",
          "LE Coded", NULL}},
        {KITH_SIM_CORE_5_0, {"the link layer's request for connection parameters", "LE Coded", NULL}},
        {KITH_SIM_CORE_5_4, {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned old = 0; old <= 1; old++) {
            const kind k = {rows[i].core, old != 0};
            uint32_t lacks;
            stand s;

            open_stand(&s, k, k);
            lacks = s.lamp->last[KITH_EVENT_READY].ready.lacks;
            for (unsigned n = 0; rows[i].names[n] != NULL; n++, lacks &= lacks - 1)
                assert_string_equal(lacks != 0 ? kith_lack_name(lacks) : "nothing", rows[i].names[n]);
            cast_equal(s.room, lacks, 0);
            cast_close(s.room);
        }
}

/* ---- more friends than the lists hold ---- */

typedef struct {
    cast_room *room;
    cast_host *hub, *friends[FRIENDS];
    kith_peer_id peers[FRIENDS];
} crowd;

static void prove(cast_host *self, const kith_event *event)
{
    if (event->kind == KITH_EVENT_CONNECTED && event->connected.claimed != 0)
        (void)!kith_security_secure(self->host, event->link, KITH_LEVEL_ENCRYPTED);
}

static void shine(cast_host *self, const kith_event *event)
{
    kith_advertising a;

    kith_gap_default_advertising(&a, NULL);
    if (event->kind == KITH_EVENT_DISCONNECTED)
        (void)!kith_gap_advertise(self->host, &a);
}

static void add_friend(crowd *c, unsigned i)
{
    kith_config config;

    cast_lamp_config(&config);
    config.own_address = KITH_OWN_STATIC;
    config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
    c->friends[i] = cast_add(c->room, "friend", &config);
}

static void befriend(crowd *c, unsigned i)
{
    unsigned told = c->hub->told[KITH_EVENT_BONDED];

    cast_connect(c->hub, c->friends[i]);
    cast_equal(c->room, kith_pairing_open(c->friends[i]->host, 30000), KITH_OK);
    cast_equal(c->room, kith_security_secure(c->hub->host, c->hub->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(c->hub, KITH_EVENT_BONDED, told + 1);
    cast_await(c->friends[i], KITH_EVENT_BONDED, 1);
    c->peers[i] = c->hub->last[KITH_EVENT_BONDED].peer;
    cast_disconnect(c->hub, c->friends[i]);
    c->friends[i]->react = shine;
}

static void open_crowd(crowd *c, const kind *k, uint8_t listed)
{
    kith_sim_limits limits;
    kith_config config;
    kith_sim_device device;

    memset(c, 0, sizeof *c);
    c->room = cast_open(618, CAST_TOY);
    cast_phone_config(&config);
    config.name = "hub";
    config.legacy_commands = k->old_commands;
    config.own_address = KITH_OWN_STATIC;
    config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
    config.limits.links = config.limits.reconnects = FRIENDS;
    config.limits.bonds = FRIENDS;
    config.limits.listed = listed;
    device = cast_device(c->room);
    kith_sim_core_limits(&limits, k->core);
    cast_equal(c->room, kith_sim_set_limits(c->room->sim, device, &limits), KITH_OK);
    c->hub = cast_add_on(c->room, "hub", &config, device);
    for (unsigned i = 0; i < FRIENDS; i++)
        add_friend(c, i);
    cast_start(c->room);
    for (unsigned i = 0; i < FRIENDS; i++)
        befriend(c, i);
    c->hub->react = prove;
}

static bool all_are_here(void *context)
{
    const crowd *c = context;

    for (unsigned i = 0; i < FRIENDS; i++)
        if (kith_peers_link_of(c->hub->host, c->peers[i]) == 0)
            return false;
    return true;
}

static void move_all(const crowd *c, bool away)
{
    for (unsigned i = 0; i < FRIENDS; i++)
        kith_sim_set_out_of_range(c->room->sim, c->friends[i]->device, away);
}

/* All go and come back, under other addresses. */
static void all_come_back(const kind *k, uint8_t listed)
{
    kith_advertising a;
    kith_reconnection as;
    crowd c;

    open_crowd(&c, k, listed);
    kith_gap_default_advertising(&a, NULL);
    for (unsigned i = 0; i < FRIENDS; i++)
        begin(c.friends[i], &a);
    kith_reconnect_default(&as);
    cast_equal(c.room, kith_reconnect_follow(c.hub->host, &as), KITH_OK);
    for (unsigned round = 0; round < 2; round++) {
        if (!cast_run(c.room, 3 * 60 * (uint64_t)SEC, all_are_here, &c))
            cast_fail(c.room, "on %s not all are here", kith_sim_core_name(k->core));
        move_all(&c, true);
        cast_run(c.room, (uint64_t)(CYCLE_S + 30) * SEC, NULL, NULL);
        cast_check(c.room, !all_are_here(&c));
        move_all(&c, false);
    }
    cast_close(c.room);
}

static void more_friends_than_the_lists_hold_come_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KINDS; i += cast_is_full() ? 1 : 2) {
        const kind k = kind_at(i);

        all_come_back(&k, 4);
        all_come_back(&k, FRIENDS); /* of which 8 fit, but on 5.4 */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pair_of_controllers_does),
        cmocka_unit_test(each_says_by_name_what_it_lacks),
        cmocka_unit_test(more_friends_than_the_lists_hold_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
