/* Attacks on privacy: rows D1 to D8 of the list of known attacks (docs/attacks.md). */
#include "client.h"
#include "kith/codec/smp.h"
#include "kith/lists.h"
#include "memory_store.h"
#include "witness.h"

enum { CYCLE_S = 900, SCAN_RSP = 4 };

static const kith_privacy hidden = {KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};

/* ---- D1: somebody uses an address that a listed phone had ---- */

typedef struct {
    cast_room *room;
    cast_host *lamp;
    actor phone, impostor;
    kith_peer_id id;
    unsigned scan_responses;
} stand;

static void hear(void *context, const kith_sim_frame *frame)
{
    stand *s = context;

    s->scan_responses += frame->channel >= 37 && (frame->pdu[0] & 0x0f) == SCAN_RSP && frame->sender == s->lamp->device;
}

static bool has_bonded(actor *a, void *host)
{
    (void)a;
    return ((cast_host *)host)->told[KITH_EVENT_BONDED] > 0;
}

static kith_peer_id bond(stand *s, actor *phone)
{
    kith_peer_id id = 0;

    s->lamp->told[KITH_EVENT_BONDED] = 0;
    actor_connect(phone, s->lamp);
    cast_equal(s->room, kith_pairing_open(s->lamp->host, 30000), KITH_OK);
    cast_check(s->room, actor_pair(phone, ACTOR_IS_DONE));
    cast_check(s->room, actor_run(phone, ACTOR_LIMIT, has_bonded, s->lamp));
    actor_disconnect(phone, s->lamp);
    phone->has_bond = true;
    cast_equal(s->room, kith_bonds_of_address(s->lamp->host, &phone->identity, &id), KITH_OK);
    return id;
}

static void open_stand(stand *s)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(1001, CAST_OPENSSL);
    cast_lamp_config(&config);
    config.limits.listed = 4;
    config.privacy = hidden;
    s->lamp = cast_add(s->room, "lamp", &config);
    cast_start(s->room);
    cast_equal(s->room, kith_sim_listen(s->room->sim, hear, s), KITH_OK);
    actor_enter(&s->phone, s->room);
    actor_enter(&s->impostor, s->room);
    memset(s->phone.irk, 0x11, sizeof s->phone.irk);
    s->phone.keeps_irk = true;
    s->id = bond(s, &s->phone);
    actor_use_private_address(&s->phone, 0x112233);
}

static void advertise(stand *s, uint8_t filter)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "lamp");
    advertising.filter = filter;
    cast_equal(s->room, kith_gap_advertise(s->lamp->host, &advertising), KITH_OK);
    cast_await_next(s->lamp, KITH_EVENT_ADVERTISING);
}

static void allow(stand *s)
{
    cast_equal(s->room, kith_allow_list_set(s->lamp->host, &s->id, 1, KITH_LIST_PAUSE), KITH_OK);
    cast_await_next(s->lamp, KITH_EVENT_ALLOW_LIST);
}

static void wait(stand *s, uint64_t seconds)
{
    cast_run(s->room, seconds * CAST_SECOND, NULL, NULL);
}

static bool is_answered(stand *s, actor *who)
{
    uint8_t p[7] = {1, 0x10, 0, 0x10, 0, 1}, on[2] = {1, 0};

    s->scan_responses = 0;
    actor_command(who, KITH_HCI_LE_SET_SCAN_PARAMETERS, p, sizeof p);
    actor_run(who, 1000, NULL, NULL);
    actor_command(who, KITH_HCI_LE_SET_SCAN_ENABLE, on, sizeof on);
    actor_run(who, 2 * CAST_SECOND, NULL, NULL);
    on[0] = 0;
    actor_command(who, KITH_HCI_LE_SET_SCAN_ENABLE, on, sizeof on);
    actor_run(who, CAST_SECOND / 10, NULL, NULL);
    return s->scan_responses != 0;
}

static bool is_connected(actor *a, void *lamp)
{
    (void)a;
    return ((cast_host *)lamp)->link != 0;
}

static bool is_let_in(stand *s, actor *who)
{
    uint8_t p[25] = {0x10, 0, 0x10, 0};
    kith_address lamp = cast_address(s->lamp);

    p[5] = lamp.type;
    memcpy(p + 6, lamp.octets, 6);
    p[12] = 1;
    p[13] = p[15] = 24;
    p[19] = 100;
    actor_command(who, KITH_HCI_LE_CREATE_CONNECTION, p, sizeof p);
    if (actor_run(who, 3 * CAST_SECOND, is_connected, s->lamp))
        return true;
    actor_command(who, KITH_HCI_LE_CREATE_CONNECTION_CANCEL, NULL, 0);
    actor_run(who, CAST_SECOND, NULL, NULL);
    return false;
}

static void play_phone(stand *s)
{
    actor_use_address(&s->impostor, &s->phone.own);
}

static void play_nobody(stand *s)
{
    const kith_address nobody = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0x46}};

    actor_use_address(&s->impostor, &nobody);
}

/* Long after, and under another address of the lamp: who answers everybody says nothing by it, nor does who answers
 * nobody. */
static void D1_a_replayed_address_is_answered_as_a_strangers_where_nobody_is_preferred(void **state)
{
    (void)state;
    for (unsigned replays = 0; replays <= 1; replays++)
        for (unsigned forgets = 0; forgets <= 1; forgets++) {
            kith_address before, now;
            stand s;

            open_stand(&s);
            allow(&s);
            advertise(&s, forgets ? KITH_FILTER_ALL : KITH_FILTER_NOTHING);
            before = cast_address(s.lamp);
            wait(&s, CYCLE_S + 10);
            if (forgets) {
                cast_equal(s.room, kith_bonds_forget(s.lamp->host, s.id), KITH_OK);
                cast_await_next(s.lamp, KITH_EVENT_ALLOW_LIST);
            }
            wait(&s, 1);
            now = cast_address(s.lamp);
            cast_check(s.room, !kith_address_equal(&before, &now));
            if (replays)
                play_phone(&s);
            else
                play_nobody(&s);
            cast_equal(s.room, is_answered(&s, &s.impostor), !forgets);
            cast_equal(s.room, is_let_in(&s, &s.impostor), !forgets);
            cast_close(s.room);
        }
}

/* Behind a filter it is the controller that answers, as it knows no time: what stands against it is that it is worth
 * nothing, and that the lamp which answers now is not known to be the one of before. */
static void D1_behind_a_filter_it_is_answered_by_the_controller_and_worth_nothing(void **state)
{
    kith_address before, now;
    stand s;

    (void)state;
    open_stand(&s);
    allow(&s);
    advertise(&s, KITH_FILTER_ALL);
    before = cast_address(s.lamp);
    wait(&s, CYCLE_S + 10);
    now = cast_address(s.lamp);
    cast_check(s.room, !kith_address_equal(&before, &now));
    play_nobody(&s);
    cast_check(s.room, !is_answered(&s, &s.impostor) && !is_let_in(&s, &s.impostor));
    play_phone(&s);
    cast_check(s.room, is_answered(&s, &s.impostor) && is_let_in(&s, &s.impostor));
    cast_equal(s.room, s.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, s.id);
    cast_equal(s.room, kith_peers_link_of(s.lamp->host, s.id), 0);
    cast_close(s.room);
}

/* Who was let in before the change and is not after it was not let in by the same lamp, for all that is heard. */
static void D1_a_list_that_changes_changes_the_address_with_it(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++) {
        kith_address before, now, later;
        unsigned told;
        kith_scan scan;
        stand s;

        open_stand(&s);
        allow(&s);
        advertise(&s, KITH_FILTER_ALL);
        kith_gap_default_scan(&scan);
        if (scans)
            cast_equal(s.room, kith_gap_start_scan(s.lamp->host, &scan), KITH_OK);
        wait(&s, 10);
        before = cast_address(s.lamp);
        told = s.lamp->told[KITH_EVENT_ADVERTISING] + s.lamp->told[KITH_EVENT_SCANNING];
        cast_equal(s.room, kith_bonds_forget(s.lamp->host, s.id), KITH_OK);
        wait(&s, 1);
        now = cast_address(s.lamp);
        cast_check(s.room, !kith_address_equal(&before, &now));
        wait(&s, CYCLE_S - 10);
        later = cast_address(s.lamp);
        cast_check(s.room, kith_address_equal(&later, &now)); /* it has its whole time */
        wait(&s, 20);
        later = cast_address(s.lamp);
        cast_check(s.room, !kith_address_equal(&later, &now));
        cast_equal(s.room, s.lamp->told[KITH_EVENT_ADVERTISING] + s.lamp->told[KITH_EVENT_SCANNING], told);
        cast_close(s.room);
    }
}

/* ---- D2 ---- */

static void D2_a_replayed_address_is_told_nothing_and_reads_nothing(void **state)
{
    static const uint8_t secret[4] = {1, 2, 3, 4};
    cast_room *room = cast_open(1002, CAST_TOY);
    memory_store store;
    kith_config config;
    kith_event_security now;
    client phone, impostor;
    cast_host *server;

    (void)state;
    memory_store_init(&store, 20);
    client_server_config(&config, &store.store);
    server = cast_add(room, "server", &config);
    cast_start(room);
    client_enter(&phone, room);
    phone.a.keeps_irk = true;
    memset(phone.a.irk, 0x11, sizeof phone.a.irk);
    client_meet(&phone, server);
    client_pair(&phone, server);
    cast_equal(room, client_subscribe(&phone, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_leave(&phone, server);
    actor_use_private_address(&phone.a, 0x112233);
    client_enter(&impostor, room);
    actor_use_address(&impostor.a, &phone.a.own);
    client_meet(&impostor, server);
    cast_equal(room, server->last[KITH_EVENT_CONNECTED].connected.claimed, 1);
    cast_equal(room, kith_security_of(server->host, server->link, &now), KITH_OK);
    cast_check(room, now.level == KITH_LEVEL_NONE && now.peer == 0);
    cast_equal(room, kith_gatt_subscribed(server->host, server->link, GUARDED), 0);
    cast_equal(room, kith_gatt_notify(server->host, server->link, GUARDED, secret, 4), KITH_ERR_STATE);
    client_run(&impostor, CAST_SECOND);
    cast_equal(room, impostor.notified, 0);
    cast_check(room, client_read(&impostor, GUARDED_AT) != 0);
    client_leave(&impostor, server);
    client_meet(&phone, server); /* whose it is comes again, and has all of it */
    client_encrypt(&phone, server);
    cast_equal(room, kith_gatt_notify(server->host, server->link, GUARDED, secret, 4), KITH_OK);
    client_run(&phone, CAST_SECOND);
    cast_equal(room, phone.notified, 1);
    cast_close(room);
}

/* ---- D3: two keys that fit one address ---- */

enum { BOTH_FIT = 0x112233 }; /* as prand, with the two keys below: ah() of both is 6cc0c9 */

typedef struct {
    cast_room *room;
    cast_host *host;
    actor peers[2];
    kith_peer_id ids[2];
    bool peripheral;
} pair_of_peers;

static void meet(pair_of_peers *t, actor *peer)
{
    if (t->peripheral)
        actor_connect(peer, t->host);
    else
        actor_accept(peer, t->host);
}

static void pair_with(pair_of_peers *t, unsigned i)
{
    actor *peer = &t->peers[i];

    t->host->told[KITH_EVENT_BONDED] = 0;
    meet(t, peer);
    if (t->peripheral)
        cast_equal(t->room, kith_pairing_open(t->host->host, 30000), KITH_OK);
    else
        cast_equal(t->room, kith_security_secure(t->host->host, t->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(t->room, actor_pair(peer, ACTOR_IS_DONE));
    cast_check(t->room, actor_run(peer, ACTOR_LIMIT, has_bonded, t->host));
    actor_disconnect(peer, t->host);
    peer->has_bond = true;
    cast_equal(t->room, kith_bonds_of_address(t->host->host, &peer->identity, &t->ids[i]), KITH_OK);
}

static void open_pair_of_peers(pair_of_peers *t, bool peripheral)
{
    static const uint8_t other[4] = {0x26, 0xa2, 0x10, 0x00};
    kith_config config;

    memset(t, 0, sizeof *t);
    t->peripheral = peripheral;
    t->room = cast_open(1003, CAST_OPENSSL);
    if (peripheral)
        cast_lamp_config(&config);
    else
        cast_phone_config(&config);
    config.limits.bonds = 4;
    t->host = cast_add(t->room, "host", &config);
    cast_start(t->room);
    for (unsigned i = 0; i < 2; i++) {
        actor_enter(&t->peers[i], t->room);
        memset(t->peers[i].irk, i == 0 ? 0x11 : 0x22, 16);
        if (i == 1)
            memcpy(t->peers[i].irk, other, sizeof other);
        t->peers[i].keeps_irk = true;
        pair_with(t, i);
        actor_use_private_address(&t->peers[i], BOTH_FIT);
    }
    cast_check(t->room, kith_address_equal(&t->peers[0].own, &t->peers[1].own));
}

/* By its own key.  True: the host has proven who it is. */
static bool comes(pair_of_peers *t, unsigned i, unsigned claims)
{
    actor *peer = &t->peers[i];
    unsigned ends = t->host->ends;
    bool is_proven;
    uint8_t ltk[16];

    meet(t, peer);
    cast_equal(t->room, t->host->last[KITH_EVENT_CONNECTED].connected.claimed, t->ids[claims]);
    actor_wire_ltk(peer, ltk);
    if (t->peripheral)
        actor_encrypt(peer, ltk);
    else
        cast_equal(t->room, kith_security_secure(t->host->host, t->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    for (int n = 0; n < 100 && t->host->ends == ends; n++)
        actor_run(peer, 100000, NULL, NULL);
    is_proven = kith_peers_link_of(t->host->host, t->ids[i]) != 0;
    cast_equal(t->room, t->host->end.succeeded, is_proven);
    actor_disconnect(peer, t->host);
    actor_run(peer, CAST_SECOND, NULL, NULL);
    return is_proven;
}

/* Neither bond suffers, and each is found: the second one when it comes again. */
static void D3_two_keys_that_fit_one_address_are_both_tried(void **state)
{
    (void)state;
    for (unsigned peripheral = 0; peripheral <= 1; peripheral++) {
        kith_bond_keys before[2], after;
        pair_of_peers t;

        open_pair_of_peers(&t, peripheral != 0);
        for (unsigned i = 0; i < 2; i++)
            cast_equal(t.room, kith_bonds_export(t.host->host, t.ids[i], &before[i]), KITH_OK);
        cast_check(t.room, comes(&t, 0, 0)); /* the first that fits */
        cast_check(t.room, !comes(&t, 1, 0));
        cast_check(t.room, comes(&t, 1, 1));
        cast_check(t.room, comes(&t, 1, 1));
        cast_check(t.room, !comes(&t, 0, 1));
        cast_check(t.room, comes(&t, 0, 0));
        cast_equal(t.room, kith_bonds_count(t.host->host), 2);
        for (unsigned i = 0; i < 2; i++) {
            cast_equal(t.room, kith_bonds_export(t.host->host, t.ids[i], &after), KITH_OK);
            assert_memory_equal(&after, &before[i], sizeof after);
        }
        cast_close(t.room);
    }
}

/* ---- D4, D5: two of our own hosts, and somebody who listens ---- */

enum { LISTENED_TO = 3 };

typedef struct {
    cast_room *room;
    cast_host *hosts[LISTENED_TO];
    kith_peer_id peers[LISTENED_TO]; /* whom each is bonded with */
    uint64_t state;                  /* of what happens */
    witness w;
} street;

static unsigned draw(street *t, unsigned below)
{
    t->state = t->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(t->state >> 33) % below;
}

static void pair_two(street *t, unsigned central, unsigned peripheral)
{
    cast_host *a = t->hosts[central], *b = t->hosts[peripheral];

    cast_connect(a, b);
    cast_equal(t->room, kith_pairing_open(b->host, 30000), KITH_OK);
    cast_equal(t->room, kith_security_secure(a->host, a->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(a, KITH_EVENT_BONDED);
    cast_run(t->room, CAST_SECOND, NULL, NULL);
    cast_disconnect(a, b);
}

static void open_street(street *t, uint64_t seed, uint16_t cycle_s)
{
    static const char *const names[LISTENED_TO] = {"lamp", "phone", "watch"};

    memset(t, 0, sizeof *t);
    t->room = cast_open(seed, CAST_TOY);
    t->state = seed;
    witness_listen(&t->w, t->room);
    for (unsigned i = 0; i < LISTENED_TO; i++) {
        kith_config config;

        cast_lamp_config(&config);
        config.name = names[i];
        config.limits.links = 2;
        config.limits.bonds = 4;
        config.limits.listed = 2;
        config.own_address = i == 1 ? KITH_OWN_STATIC : KITH_OWN_PUBLIC;
        config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, cycle_s, 0};
        t->hosts[i] = cast_add(t->room, names[i], &config);
    }
    cast_start(t->room);
    for (unsigned i = 0; i < LISTENED_TO; i++)
        witness_keep_secret(&t->w, t->hosts[i]);
    for (unsigned i = 0; i < LISTENED_TO; i++)
        pair_two(t, i, (i + 1) % LISTENED_TO);
    witness_forget_data(&t->w);
}

static void scan(street *t, cast_host *host)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    scan.report_duplicates = true;
    cast_equal(t->room, kith_gap_start_scan(host->host, &scan), KITH_OK);
}

/* What a lamp advertises, whom it asks when it looks around, and by what it connects: one time for all of it. */
static void D4_nothing_of_a_device_outlives_its_address(void **state)
{
    static street t;
    const unsigned times = cast_is_full() ? 8 : 2;
    uint64_t longest;
    kith_advertising advertising;

    (void)state;
    open_street(&t, 1004, CYCLE_S);
    kith_gap_default_advertising(&advertising, NULL);
    for (unsigned i = 0; i < LISTENED_TO; i++) {
        cast_equal(t.room, kith_gap_advertise(t.hosts[i]->host, &advertising), KITH_OK);
        scan(&t, t.hosts[i]);
    }
    cast_run(t.room, (uint64_t)times * CYCLE_S * CAST_SECOND, NULL, NULL);
    for (unsigned i = 0; i < LISTENED_TO; i++) {
        cast_check(t.room, witness_times(&t.w, t.hosts[i]->device, &longest) >= times);
        cast_check(t.room, longest <= (uint64_t)(CYCLE_S + 1) * CAST_SECOND);
        cast_check(t.room, witness_addresses(&t.w, t.hosts[i]->device) > 2 * times); /* the controller's, too */
    }
    cast_equal(t.room, t.w.heard_secret + t.w.heard_public + t.w.heard_other + t.w.changed_data, 0);
    cast_close(t.room);
}

/* Anything a program may do, in any order; whatever it is answered. */
static void act(street *t, cast_host *host)
{
    kith_advertising advertising;
    kith_bond_info bond = {0};
    kith_scan scan;

    kith_gap_default_advertising(&advertising, NULL);
    advertising.filter = (uint8_t)draw(t, 3);
    advertising.connectable = draw(t, 4) != 0;
    kith_gap_default_scan(&scan);
    scan.filter = draw(t, 3) == 0;
    scan.report_duplicates = true;
    (void)!kith_bonds_next(host->host, draw(t, 2), &bond);
    switch (draw(t, 12)) {
    case 0:
    case 1:
        (void)!kith_gap_advertise(host->host, &advertising);
        break;
    case 2:
        (void)!kith_gap_stop_advertising(host->host);
        break;
    case 3:
        (void)!kith_gap_start_scan(host->host, &scan);
        break;
    case 4:
        (void)!kith_gap_stop_scan(host->host);
        break;
    case 5:
    case 6:
        (void)!kith_gap_connect(host->host, &bond.identity, NULL);
        break;
    case 7:
        (void)!kith_gap_cancel_connect(host->host);
        break;
    case 8:
        (void)!kith_allow_list_follow(host->host, NULL);
        break;
    case 9:
        (void)!kith_device_identities_set(host->host, &bond.peer, bond.peer != 0 && draw(t, 2) != 0, KITH_LIST_PAUSE);
        break;
    case 10:
        if (host->link != 0)
            (void)!kith_gap_disconnect(host->host, host->link, KITH_HCI_REMOTE_USER_TERMINATED);
        break;
    default:
        (void)!kith_privacy_set(host->host, &host->config.privacy);
        break;
    }
}

/* Now and then a source of randomness fails for a while, and a controller is reset by its own fault. */
static void be_unlucky(street *t, cast_host *host)
{
    if (draw(t, 30) == 0)
        host->random.good_draws = 0, host->random.then = CAST_RANDOM_FAILS;
    else if (draw(t, 5) == 0)
        host->random.good_draws = -1;
}

static void D5_whatever_happens_the_identity_is_never_on_air(void **state)
{
    unsigned runs = cast_runs(5, 60);
    uint64_t seed = cast_first_seed(1005);

    (void)state;
    for (unsigned run = 0; run < runs; run++) {
        static street t;

        open_street(&t, seed + run, 60);
        for (unsigned i = 0; i < 600; i++) {
            cast_host *host = t.hosts[draw(&t, LISTENED_TO)];

            be_unlucky(&t, host);
            act(&t, host);
            cast_run(t.room, (uint64_t)(1 + draw(&t, 4000)) * 1000, NULL, NULL);
            cast_equal(t.room, t.w.heard_secret + t.w.heard_public + t.w.heard_other, 0);
        }
        for (unsigned i = 0; i < LISTENED_TO; i++)
            cast_check(t.room, witness_addresses(&t.w, t.hosts[i]->device) > 10);
        cast_close(t.room);
    }
}

/* ---- D6 ---- */

static void copy_key(cast_room *room, const cast_host *host, uint8_t number, uint8_t key[16])
{
    static const uint8_t zeros[16];

    cast_equal(room, kith_identity_copy_irk(host->host, number, key), KITH_OK);
    assert_memory_not_equal(key, zeros, 16);
}

static void D6_each_identity_of_each_device_has_a_key_of_its_own(void **state)
{
    enum { DEVICES = 3, NUMBERS = 3 };
    static const uint8_t zeros[16];
    cast_room *room = cast_open(1006, CAST_TOY);
    uint8_t keys[DEVICES * NUMBERS + 2][16];
    unsigned count = 0;
    cast_host *host = NULL;

    (void)state;
    for (unsigned d = 0; d < DEVICES; d++) {
        kith_config config;

        cast_lamp_config(&config);
        config.limits.identities = NUMBERS - 1;
        host = cast_add(room, "device", &config);
    }
    cast_start(room);
    for (unsigned d = 0; d < DEVICES; d++)
        for (uint8_t n = 0; n < NUMBERS; n++) {
            uint8_t number = n;

            if (n > 0)
                cast_equal(room, kith_identity_create(room->hosts[d].host, NULL, NULL, &number), KITH_OK);
            copy_key(room, &room->hosts[d], number, keys[count++]);
        }
    cast_equal(room, kith_identity_rotate(host->host, 0), KITH_OK);
    copy_key(room, host, 0, keys[count++]);
    cast_equal(room, kith_identity_set(host->host, 0, NULL, zeros), KITH_ERR_VALUE);
    cast_equal(room, kith_host_factory_reset(host->host), KITH_OK);
    cast_await_next(host, KITH_EVENT_RESET);
    cast_equal(room, kith_host_start(host->host, kith_sim_now(room->sim)), KITH_OK);
    cast_await_next(host, KITH_EVENT_READY);
    copy_key(room, host, 0, keys[count++]);
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < i; j++)
            assert_memory_not_equal(keys[i], keys[j], 16);
    cast_close(room);
}

/* ---- D8: what it costs to find out whose an address is ---- */

static kith_status (*real_aes)(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);
static unsigned long blocks;

static kith_status counted_aes(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    blocks++;
    return real_aes(context, key, in, out);
}

static unsigned long cost_of(const cast_host *host, const kith_address *address)
{
    unsigned long before = blocks;
    kith_peer_id peer;

    (void)!kith_bonds_of_address(host->host, address, &peer);
    return blocks - before;
}

static void add_bonds(cast_room *room, cast_host *host, unsigned count)
{
    kith_identity_info own;

    cast_equal(room, kith_identity_get(host->host, 0, &own), KITH_OK);
    for (unsigned i = 0; i < count; i++) {
        kith_bond_record bond = {.identity = {KITH_ADDRESS_RANDOM, {(uint8_t)i, 2, 3, 4, 5, 0xc6}},
                                 .local = own.address,
                                 .level = KITH_LEVEL_ENCRYPTED,
                                 .method = KITH_METHOD_JUST_WORKS,
                                 .key_kind = KITH_KEY_KIND_SC,
                                 .key_size = 16,
                                 .has_ltk = true};
        kith_peer_id peer;
        kith_token token;

        memset(bond.irk, (int)(i + 1), sizeof bond.irk);
        memset(bond.ltk, 0x55, sizeof bond.ltk);
        cast_equal(room, kith_peers_add(host->host, &bond, &peer, &token), KITH_OK);
        cast_run(room, 1000, NULL, NULL);
    }
}

/* One block for each key, whoever asks and however long the answer takes; a second time it is remembered where there
 * are many.  A private address makes nobody do more than that. */
static void D8_a_private_address_costs_one_block_for_each_bond_at_most(void **state)
{
    static const unsigned counts[] = {1, 8, 32, 100};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        cast_room *room = cast_open(1008, CAST_TOY);
        kith_address stranger = {KITH_ADDRESS_RANDOM, {9, 8, 7, 6, 5, 0x44}};
        unsigned long most = 0;
        kith_config config;
        cast_host *host;

        cast_lamp_config(&config);
        config.limits.bonds = counts[i];
        config.limits.data = 2;
        host = cast_add(room, "host", &config);
        cast_start(room);
        add_bonds(room, host, counts[i]);
        cast_equal(room, kith_bonds_count(host->host), counts[i]);
        real_aes = host->crypto.aes128;
        host->crypto.aes128 = counted_aes;
        for (unsigned n = 0; n < 50; n++) {
            unsigned long cost;

            stranger.octets[3] = (uint8_t)n;
            cost = cost_of(host, &stranger);
            most = cost > most ? cost : most;
            cast_check(room, cost <= counts[i]);
        }
        cast_equal(room, most, counts[i]);
        cast_equal(room, cost_of(host, &stranger), counts[i] > KITH_BONDS_SCANNED ? 0 : counts[i]);
        stranger.octets[5] = 0xc4; /* one that hides nothing */
        cast_equal(room, cost_of(host, &stranger), 0);
        host->crypto.aes128 = real_aes;
        cast_close(room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D1_a_replayed_address_is_answered_as_a_strangers_where_nobody_is_preferred),
        cmocka_unit_test(D1_behind_a_filter_it_is_answered_by_the_controller_and_worth_nothing),
        cmocka_unit_test(D1_a_list_that_changes_changes_the_address_with_it),
        cmocka_unit_test(D2_a_replayed_address_is_told_nothing_and_reads_nothing),
        cmocka_unit_test(D3_two_keys_that_fit_one_address_are_both_tried),
        cmocka_unit_test(D4_nothing_of_a_device_outlives_its_address),
        cmocka_unit_test(D5_whatever_happens_the_identity_is_never_on_air),
        cmocka_unit_test(D6_each_identity_of_each_device_has_a_key_of_its_own),
        cmocka_unit_test(D8_a_private_address_costs_one_block_for_each_bond_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
