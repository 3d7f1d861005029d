/* Devices that hide: peers that bonded find them again whatever their address is by then, and whoever only listens
 * never hears who they are.  Core Vol 3 Part C 10.7, Vol 6 Part B 1.3.2. */
#include "actor.h"
#include "kith/lists.h"

enum { CYCLE_S = 900, DAY_S = 24 * 60 * 60, MOST_ADDRESSES = 400, INTERVAL_1_S = 1600 };

static const kith_method *const legacy_methods[] = {&kith_legacy_just_works_initiator,
                                                    &kith_legacy_just_works_responder, NULL};

typedef struct {
    cast_room *room;
    cast_host *phone, *lamp;
} pair;

static void open_pair(pair *p, bool phone_hides, bool lamp_hides, bool legacy)
{
    const kith_privacy hidden = {KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
    kith_config phone, lamp;

    p->room = cast_open(361, CAST_OPENSSL);
    cast_phone_config(&phone);
    cast_lamp_config(&lamp);
    lamp.own_address = KITH_OWN_STATIC;
    if (phone_hides)
        phone.privacy = hidden;
    if (lamp_hides)
        lamp.privacy = hidden;
    if (legacy)
        phone.security.methods = lamp.security.methods = legacy_methods;
    phone.security.legacy = lamp.security.legacy = legacy;
    p->phone = cast_add(p->room, "phone", &phone);
    p->lamp = cast_add(p->room, "lamp", &lamp);
    cast_start(p->room);
}

static kith_address identity_of(const cast_host *host)
{
    kith_identity_info info;

    assert_int_equal(kith_identity_get(host->host, 0, &info), KITH_OK);
    return info.address;
}

static void advertise(pair *p)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "lamp");
    advertising.interval_625us = INTERVAL_1_S;
    cast_equal(p->room, kith_gap_advertise(p->lamp->host, &advertising), KITH_OK);
    cast_await_next(p->lamp, KITH_EVENT_ADVERTISING);
}

/* The phone looks for its lamp until it hears an address that it knows. */
static kith_address find(pair *p, kith_peer_id wanted)
{
    kith_address heard;
    kith_peer_id peer = 0;
    kith_scan scan;

    kith_gap_default_scan(&scan);
    cast_equal(p->room, kith_gap_start_scan(p->phone->host, &scan), KITH_OK);
    do
        heard = cast_await_next(p->phone, KITH_EVENT_REPORT)->report.address;
    while (kith_bonds_of_address(p->phone->host, &heard, &peer) != KITH_OK);
    cast_equal(p->room, peer, wanted);
    cast_equal(p->room, kith_gap_stop_scan(p->phone->host), KITH_OK);
    cast_await_next(p->phone, KITH_EVENT_SCANNING);
    return heard;
}

static void connect_to(pair *p, const kith_address *address)
{
    unsigned lamps = p->lamp->told[KITH_EVENT_CONNECTED];

    cast_equal(p->room, kith_gap_connect(p->phone->host, address, NULL), KITH_OK);
    cast_await_next(p->phone, KITH_EVENT_CONNECTED);
    cast_await(p->lamp, KITH_EVENT_CONNECTED, lamps + 1);
}

/* With legacy pairing each side has a key of its own, so theirs are not compared. */
static void pair_up(pair *p)
{
    unsigned phones = p->phone->told[KITH_EVENT_BONDED], lamps = p->lamp->told[KITH_EVENT_BONDED];

    cast_equal(p->room, kith_pairing_open(p->lamp->host, 30000), KITH_OK);
    cast_equal(p->room, kith_security_secure(p->phone->host, p->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(p->phone, KITH_EVENT_BONDED, phones + 1);
    cast_await(p->lamp, KITH_EVENT_BONDED, lamps + 1);
}

static void bond(pair *p)
{
    kith_address own;

    advertise(p);
    own = cast_address(p->lamp);
    connect_to(p, &own);
    pair_up(p);
    cast_disconnect(p->phone, p->lamp);
}

static kith_peer_id only_peer(const cast_host *host, const cast_host *other)
{
    kith_address identity = identity_of(other);
    kith_bond_keys keys;
    kith_bond_info info;

    cast_check(host->room, cast_only_bond(host, &info, &keys));
    cast_check(host->room, info.has_irk && kith_address_equal(&info.identity, &identity));
    return info.peer;
}

/* Each knows the other as its bond, and proves it. */
static void expect_known(pair *p)
{
    cast_equal(p->room, p->phone->last[KITH_EVENT_CONNECTED].connected.claimed, only_peer(p->phone, p->lamp));
    cast_equal(p->room, p->lamp->last[KITH_EVENT_CONNECTED].connected.claimed, only_peer(p->lamp, p->phone));
    cast_encrypt(p->phone, p->lamp);
}

static void let_time_pass(pair *p, uint64_t seconds)
{
    cast_run(p->room, seconds * CAST_SECOND, NULL, NULL);
}

/* What is told while addresses change is nothing. */
static void a_hidden_lamp_is_found_by_its_phone(void **state)
{
    (void)state;
    for (unsigned legacy = 0; legacy <= 1; legacy++)
        for (unsigned phone_hides = 0; phone_hides <= 1; phone_hides++) {
            kith_address first, found;
            unsigned told;
            pair p;

            open_pair(&p, phone_hides != 0, true, legacy != 0);
            bond(&p);
            advertise(&p);
            first = cast_address(p.lamp);
            told = p.lamp->told[KITH_EVENT_ADVERTISING];
            let_time_pass(&p, 3 * CYCLE_S + 10);
            cast_equal(p.room, p.lamp->told[KITH_EVENT_ADVERTISING], told);
            found = find(&p, only_peer(p.phone, p.lamp));
            cast_equal(p.room, kith_address_kind_of(&found), KITH_ADDRESS_KIND_RESOLVABLE);
            cast_check(p.room, !kith_address_equal(&found, &first));
            connect_to(&p, &found);
            expect_known(&p);
            cast_disconnect(p.lamp, p.phone);
            cast_close(p.room);
        }
}

static void a_hidden_phone_is_known_to_its_lamp(void **state)
{
    (void)state;
    for (unsigned legacy = 0; legacy <= 1; legacy++) {
        kith_address first, now, lamp;
        kith_scan scan;
        pair p;

        open_pair(&p, true, false, legacy != 0);
        bond(&p);
        first = p.lamp->last[KITH_EVENT_CONNECTED].connected.peer;
        cast_equal(p.room, kith_address_kind_of(&first), KITH_ADDRESS_KIND_RESOLVABLE);
        kith_gap_default_scan(&scan);
        cast_equal(p.room, kith_gap_start_scan(p.phone->host, &scan), KITH_OK);
        let_time_pass(&p, 3 * CYCLE_S + 10);
        cast_equal(p.room, kith_gap_stop_scan(p.phone->host), KITH_OK);
        let_time_pass(&p, 1);
        cast_equal(p.room, p.phone->told[KITH_EVENT_SCANNING], 2);
        advertise(&p);
        lamp = cast_address(p.lamp);
        connect_to(&p, &lamp);
        now = p.lamp->last[KITH_EVENT_CONNECTED].connected.peer;
        cast_check(p.room, !kith_address_equal(&first, &now));
        expect_known(&p);
        cast_close(p.room);
    }
}

/* It waits for a lamp that is not there, through several addresses; then it comes. */
static void a_phone_that_waits_for_its_lamp_hides_meanwhile(void **state)
{
    kith_address first, now, lamp;
    unsigned lamps;
    pair p;

    (void)state;
    open_pair(&p, true, false, false);
    bond(&p);
    lamp = cast_address(p.lamp);
    lamps = p.lamp->told[KITH_EVENT_CONNECTED];
    cast_equal(p.room, kith_gap_connect(p.phone->host, &lamp, NULL), KITH_OK);
    let_time_pass(&p, 10);
    first = cast_address(p.phone);
    let_time_pass(&p, 3 * CYCLE_S);
    cast_equal(p.room, p.phone->told[KITH_EVENT_CONNECT_FAILED], 0);
    advertise(&p);
    cast_await(p.lamp, KITH_EVENT_CONNECTED, lamps + 1);
    now = p.lamp->last[KITH_EVENT_CONNECTED].connected.peer;
    cast_check(p.room, !kith_address_equal(&first, &now));
    let_time_pass(&p, 1);
    expect_known(&p);
    cast_close(p.room);
}

/* A link is there for longer than an address: pairing on it uses the one that it was made with. */
static void a_link_that_is_older_than_the_address_can_be_paired_on(void **state)
{
    (void)state;
    for (unsigned legacy = 0; legacy <= 1; legacy++) {
        kith_address own, later;
        kith_scan scan;
        pair p;

        open_pair(&p, true, true, legacy != 0);
        advertise(&p);
        own = cast_address(p.lamp);
        connect_to(&p, &own);
        kith_gap_default_scan(&scan);
        cast_equal(p.room, kith_gap_start_scan(p.lamp->host, &scan), KITH_OK); /* so that it needs addresses */
        cast_equal(p.room, kith_gap_start_scan(p.phone->host, &scan), KITH_OK);
        let_time_pass(&p, 2 * CYCLE_S);
        later = cast_address(p.lamp);
        cast_check(p.room, !kith_address_equal(&own, &later));
        pair_up(&p);
        cast_close(p.room);
    }
}

/* ---- addresses that the controller makes ---- */

static void open_listing(pair *p, bool legacy)
{
    kith_config config;

    p->room = cast_open(362, CAST_OPENSSL);
    cast_phone_config(&config);
    config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
    config.limits.listed = 2;
    if (legacy)
        config.security.methods = legacy_methods;
    config.security.legacy = legacy;
    p->phone = cast_add(p->room, "phone", &config);
    cast_lamp_config(&config);
    config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
    if (legacy)
        config.security.methods = legacy_methods;
    config.security.legacy = legacy;
    p->lamp = cast_add(p->room, "lamp", &config);
    cast_start(p->room);
}

/* It is not the host's, and what pairing computes with. */
static void a_link_under_the_controllers_address_can_be_paired_on(void **state)
{
    (void)state;
    for (unsigned legacy = 0; legacy <= 1; legacy++) {
        kith_address lamp, phone;
        const kith_address *heard;
        pair p;

        open_listing(&p, legacy != 0);
        bond(&p);
        lamp = identity_of(p.lamp);
        advertise(&p);
        connect_to(&p, &lamp);
        phone = cast_address(p.phone);
        heard = &p.lamp->last[KITH_EVENT_CONNECTED].connected.peer;
        cast_equal(p.room, kith_address_kind_of(heard), KITH_ADDRESS_KIND_RESOLVABLE);
        cast_check(p.room, !kith_address_equal(heard, &phone));
        expect_known(&p);
        cast_equal(p.room, kith_pairing_open(p.lamp->host, 30000), KITH_OK);
        cast_equal(p.room, kith_security_pair(p.phone->host, p.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await(p.phone, KITH_EVENT_BONDED, 2);
        cast_await(p.lamp, KITH_EVENT_BONDED, 2);
        cast_close(p.room);
    }
}

typedef struct {
    pair p;
    actor lamp;
} street;

static bool has_link(actor *a, void *phone)
{
    (void)a;
    return ((cast_host *)phone)->link != 0;
}

/* Low duty, to a fresh private address of the phone, made with the key that it gave. */
static void advertise_to_phone(street *s)
{
    uint8_t p[15] = {0x20, 0, 0x20, 0, 4}, on = 1, off = 0;
    actor phone = s->lamp;

    memcpy(phone.irk, s->lamp.peer_irk, sizeof phone.irk);
    p[5] = s->lamp.own.type;
    p[6] = KITH_ADDRESS_RANDOM;
    p[10] = 0x77;
    p[12] = 0x42;
    actor_hash(&phone, p + 10, p + 7);
    p[13] = 7;
    actor_command(&s->lamp, KITH_HCI_LE_SET_ADV_ENABLE, &off, 1);
    actor_run(&s->lamp, 1000, NULL, NULL);
    actor_command(&s->lamp, KITH_HCI_LE_SET_ADV_PARAMETERS, p, sizeof p);
    actor_run(&s->lamp, 1000, NULL, NULL);
    actor_command(&s->lamp, KITH_HCI_LE_SET_ADV_ENABLE, &on, 1);
    actor_run(&s->lamp, 1000, NULL, NULL);
}

static bool has_report(actor *a, void *phone)
{
    (void)a;
    return ((cast_host *)phone)->told[KITH_EVENT_REPORT] != 0;
}

static bool has_bonded(actor *a, void *phone)
{
    (void)a;
    return ((cast_host *)phone)->told[KITH_EVENT_BONDED] != 0;
}

/* GAP/CONN/DCEP and GAP/CONN/ACEP with private addresses: whoever has our key may direct advertising to any address
 * that it makes, and the controller knows it as ours while it looks and while it connects. */
static void what_is_directed_to_a_private_address_of_ours_finds_us(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++) {
        kith_scan scan;
        street s;

        open_listing(&s.p, false);
        actor_enter(&s.lamp, s.p.room);
        actor_accept(&s.lamp, s.p.phone);
        cast_equal(s.p.room, kith_security_secure(s.p.phone->host, s.p.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_check(s.p.room, actor_pair(&s.lamp, ACTOR_IS_DONE));
        cast_check(s.p.room, actor_run(&s.lamp, ACTOR_LIMIT, has_bonded, s.p.phone));
        actor_disconnect(&s.lamp, s.p.phone);
        advertise_to_phone(&s);
        kith_gap_default_scan(&scan);
        s.p.phone->told[KITH_EVENT_REPORT] = 0;
        if (scans)
            cast_equal(s.p.room, kith_gap_start_scan(s.p.phone->host, &scan), KITH_OK);
        else
            cast_equal(s.p.room, kith_gap_connect(s.p.phone->host, &s.lamp.identity, NULL), KITH_OK);
        if (scans)
            cast_check(s.p.room, actor_run(&s.lamp, 5 * CAST_SECOND, has_report, s.p.phone));
        else
            cast_check(s.p.room, actor_run(&s.lamp, 5 * CAST_SECOND, has_link, s.p.phone));
        cast_close(s.p.room);
    }
}

/* ---- somebody listens for a day ---- */

typedef struct {
    uint8_t octets[6];
    kith_sim_device sender;
    uint64_t first_us, last_us;
} sighting;

typedef struct {
    kith_address secrets[2];
    kith_sim_device devices[2];
    bool heard_secret, heard_public, came_back;
    sighting seen[MOST_ADDRESSES];
    unsigned count;
    uint64_t packets;
} listener;

static bool has_octets(const uint8_t *pdu, size_t len, const uint8_t octets[6])
{
    for (size_t i = 0; i + 6 <= len; i++)
        if (memcmp(pdu + i, octets, 6) == 0)
            return true;
    return false;
}

/* The newest of that sender is where most of them are. */
static void note(listener *l, const kith_sim_frame *frame, const uint8_t *octets)
{
    bool is_newest = true;

    for (unsigned i = l->count; i > 0; i--) {
        sighting *s = &l->seen[i - 1];

        if (s->sender != frame->sender)
            continue;
        if (memcmp(s->octets, octets, 6) == 0) {
            l->came_back |= !is_newest;
            s->last_us = frame->time_us;
            return;
        }
        is_newest = false;
    }
    assert_true(l->count < MOST_ADDRESSES);
    l->seen[l->count] = (sighting){.sender = frame->sender, .first_us = frame->time_us, .last_us = frame->time_us};
    memcpy(l->seen[l->count++].octets, octets, 6);
}

/* Advertising channel PDUs begin with their sender's address; TxAdd says of what type.  Vol 6 Part B 2.3. */
static void listen(void *context, const kith_sim_frame *frame)
{
    listener *l = context;

    l->packets++;
    for (unsigned i = 0; i < 2; i++)
        l->heard_secret |= has_octets(frame->pdu, frame->len, l->secrets[i].octets);
    if (frame->channel < 37)
        return;
    assert_true(frame->len >= 8);
    l->heard_public |= (frame->pdu[0] & 0x40) == 0;
    note(l, frame, frame->pdu + 2);
}

static unsigned addresses_of(const listener *l, kith_sim_device device)
{
    unsigned count = 0;

    for (unsigned i = 0; i < l->count; i++)
        count += l->seen[i].sender == device;
    return count;
}

/* The lamp advertises all day; every other hour the phone looks for it, encrypts, and goes. */
static void who_listens_for_a_day_never_hears_who_they_are(void **state)
{
    static listener l;
    kith_peer_id peer;
    pair p;

    (void)state;
    memset(&l, 0, sizeof l);
    open_pair(&p, true, true, false);
    l.secrets[0] = identity_of(p.phone);
    l.secrets[1] = identity_of(p.lamp);
    cast_equal(p.room, kith_sim_listen(p.room->sim, listen, &l), KITH_OK);
    bond(&p);
    peer = only_peer(p.phone, p.lamp);
    for (unsigned visit = 0; visit < 12; visit++) {
        kith_address found;

        advertise(&p);
        let_time_pass(&p, DAY_S / 12);
        found = find(&p, peer);
        connect_to(&p, &found);
        expect_known(&p);
        cast_disconnect(p.phone, p.lamp);
    }
    cast_check(p.room, l.packets > DAY_S);
    cast_check(p.room, !l.heard_secret && !l.heard_public && !l.came_back);
    for (unsigned i = 0; i < l.count; i++)
        cast_check(p.room, l.seen[i].last_us - l.seen[i].first_us <= (uint64_t)CYCLE_S * CAST_SECOND);
    cast_check(p.room, addresses_of(&l, p.lamp->device) >= DAY_S / CYCLE_S);
    cast_check(p.room, addresses_of(&l, p.phone->device) >= 12);
    cast_close(p.room);
}

/* Without the key it would be a stranger each time. */
static void a_phone_that_is_given_no_key_makes_no_bond_with_a_hidden_lamp(void **state)
{
    kith_security security;
    kith_address own;
    pair p;

    (void)state;
    open_pair(&p, false, true, false);
    security = p.lamp->config.security;
    security.responder_keys &= (uint8_t)~KITH_KEY_ID;
    cast_equal(p.room, kith_security_set(p.lamp->host, &security), KITH_OK);
    advertise(&p);
    own = cast_address(p.lamp);
    connect_to(&p, &own);
    cast_equal(p.room, kith_pairing_open(p.lamp->host, 30000), KITH_OK);
    cast_equal(p.room, kith_security_secure(p.phone->host, p.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(p.phone, KITH_EVENT_BOND_FAILED);
    cast_equal(p.room, p.phone->last[KITH_EVENT_BOND_FAILED].verdict.why, KITH_WHY_NO_IDENTITY);
    cast_equal(p.room, kith_bonds_count(p.phone->host), 0);
    cast_close(p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hidden_lamp_is_found_by_its_phone),
        cmocka_unit_test(a_hidden_phone_is_known_to_its_lamp),
        cmocka_unit_test(a_phone_that_waits_for_its_lamp_hides_meanwhile),
        cmocka_unit_test(a_link_that_is_older_than_the_address_can_be_paired_on),
        cmocka_unit_test(a_link_under_the_controllers_address_can_be_paired_on),
        cmocka_unit_test(what_is_directed_to_a_private_address_of_ours_finds_us),
        cmocka_unit_test(who_listens_for_a_day_never_hears_who_they_are),
        cmocka_unit_test(a_phone_that_is_given_no_key_makes_no_bond_with_a_hidden_lamp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
