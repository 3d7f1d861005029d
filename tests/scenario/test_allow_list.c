/* Advertising for listed peers alone: who is not listed never becomes a link, whatever address a listed phone hides
 * behind, and the controller's lists follow the bonds.  Core Vol 6 Part B 4.3.2, 4.7, Vol 3 Part C 9.3. */
#include "actor.h"
#include "kith/lists.h"

enum { LISTED = 2 };

typedef struct {
    cast_room *room;
    cast_host *lamp;
    actor phone, stranger;
    kith_peer_id id; /* the phone's */
    uint32_t prand;
} stand;

static bool has_bonded(actor *a, void *host)
{
    (void)a;
    return ((cast_host *)host)->told[KITH_EVENT_BONDED] > 0;
}

/* Connects while anybody may, pairs and goes. */
static kith_peer_id bond(stand *s, actor *phone)
{
    kith_peer_id id = 0;

    s->lamp->told[KITH_EVENT_BONDED] = 0;
    actor_connect(phone, s->lamp);
    assert_int_equal(kith_pairing_open(s->lamp->host, 30000), KITH_OK);
    cast_check(s->room, actor_pair(phone, ACTOR_IS_DONE));
    cast_check(s->room, actor_run(phone, ACTOR_LIMIT, has_bonded, s->lamp));
    actor_disconnect(phone, s->lamp);
    phone->has_bond = true;
    assert_int_equal(kith_bonds_of_address(s->lamp->host, &phone->identity, &id), KITH_OK);
    return id;
}

static void enter(stand *s, actor *phone, uint8_t key)
{
    actor_enter(phone, s->room);
    memset(phone->irk, key, sizeof phone->irk);
    phone->keeps_irk = true;
}

static void open_stand(stand *s)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(349, CAST_OPENSSL);
    cast_lamp_config(&config);
    config.limits.listed = LISTED;
    s->lamp = cast_add(s->room, "lamp", &config);
    cast_start(s->room);
    enter(s, &s->phone, 0x11);
    enter(s, &s->stranger, 0x22);
    s->prand = 0x112233;
    s->id = bond(s, &s->phone);
}

static void list(stand *s, kith_peer_id peer)
{
    assert_int_equal(kith_allow_list_set(s->lamp->host, &peer, peer != 0, KITH_LIST_PAUSE), KITH_OK);
    cast_await_next(s->lamp, KITH_EVENT_ALLOW_LIST);
    cast_equal(s->room, s->lamp->last[KITH_EVENT_ALLOW_LIST].peer_list.status, KITH_OK);
    cast_equal(s->room, s->lamp->last[KITH_EVENT_ALLOW_LIST].peer_list.count, peer != 0);
}

static void advertise(stand *s, uint8_t filter)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "lamp");
    advertising.filter = filter;
    assert_int_equal(kith_gap_advertise(s->lamp->host, &advertising), KITH_OK);
    cast_await_next(s->lamp, KITH_EVENT_ADVERTISING);
    cast_check(s->room, s->lamp->last[KITH_EVENT_ADVERTISING].activity.on);
}

static bool is_connected(actor *a, void *lamp)
{
    (void)a;
    return ((cast_host *)lamp)->link != 0;
}

/* Tries for some seconds.  False: the lamp never had a link. */
static bool reaches(stand *s, actor *who)
{
    uint8_t p[25] = {0x10, 0, 0x10, 0};
    kith_address lamp = cast_address(s->lamp);
    unsigned links = s->lamp->told[KITH_EVENT_CONNECTED];

    p[5] = lamp.type;
    memcpy(p + 6, lamp.octets, 6);
    p[12] = who->own.type;
    p[13] = p[15] = 24;
    p[19] = 100;
    actor_command(who, KITH_HCI_LE_CREATE_CONNECTION, p, sizeof p);
    (void)actor_run(who, 3 * CAST_SECOND, is_connected, s->lamp);
    if (s->lamp->link == 0) {
        actor_command(who, KITH_HCI_LE_CREATE_CONNECTION_CANCEL, NULL, 0);
        actor_run(who, CAST_SECOND, NULL, NULL);
        cast_equal(s->room, s->lamp->told[KITH_EVENT_CONNECTED], links);
        return false;
    }
    actor_run(who, CAST_SECOND / 2, NULL, NULL);
    return true;
}

static void hide(stand *s, actor *who)
{
    actor_use_private_address(who, s->prand += 0x010203);
}

static void encrypt(stand *s, actor *phone)
{
    unsigned ends = s->lamp->ends;
    kith_event_security now;
    uint8_t ltk[16];

    actor_wire_ltk(phone, ltk);
    actor_encrypt(phone, ltk);
    for (int i = 0; i < 100 && s->lamp->ends == ends; i++)
        actor_run(phone, 100000, NULL, NULL);
    assert_int_equal(kith_security_of(s->lamp->host, s->lamp->link, &now), KITH_OK);
    cast_equal(s->room, now.peer, s->id);
}

/* By an address nobody has heard before; and it is whom it claims to be. */
static void expect_welcome(stand *s)
{
    hide(s, &s->phone);
    cast_check(s->room, reaches(s, &s->phone));
    cast_equal(s->room, s->lamp->last[KITH_EVENT_CONNECTED].connected.claimed, s->id);
    cast_check(s->room, kith_address_equal(&s->lamp->last[KITH_EVENT_CONNECTED].connected.peer, &s->phone.own));
    encrypt(s, &s->phone);
    actor_disconnect(&s->phone, s->lamp);
}

static void a_stranger_is_kept_out_and_a_listed_phone_is_not(void **state)
{
    (void)state;
    for (uint8_t filter = KITH_FILTER_CONNECT; filter <= KITH_FILTER_ALL; filter++) {
        stand s;
        unsigned told;

        open_stand(&s);
        list(&s, s.id);
        for (unsigned round = 0; round < 3; round++) {
            advertise(&s, filter);
            told = s.lamp->told[KITH_EVENT_ADVERTISING];
            cast_check(s.room, !reaches(&s, &s.stranger));
            hide(&s, &s.stranger);
            cast_check(s.room, !reaches(&s, &s.stranger));
            cast_equal(s.room, s.lamp->told[KITH_EVENT_ADVERTISING], told); /* it goes on */
            expect_welcome(&s);
        }
        cast_close(s.room);
    }
}

/* Without the lists the same stranger comes in: it is the filter that keeps it out. */
static void without_a_filter_the_stranger_connects(void **state)
{
    stand s;

    (void)state;
    open_stand(&s);
    list(&s, s.id);
    advertise(&s, KITH_FILTER_NOTHING);
    cast_check(s.room, reaches(&s, &s.stranger));
    cast_close(s.room);
}

/* The list changes under advertising that is on all the time. */
static void a_phone_that_is_listed_or_not_any_more_counts_at_once(void **state)
{
    stand s;
    actor other;
    kith_peer_id other_id;
    unsigned told;

    (void)state;
    open_stand(&s);
    enter(&s, &other, 0x33);
    other_id = bond(&s, &other);
    list(&s, other_id);
    advertise(&s, KITH_FILTER_CONNECT);
    told = s.lamp->told[KITH_EVENT_ADVERTISING];
    hide(&s, &s.phone);
    cast_check(s.room, !reaches(&s, &s.phone));
    list(&s, s.id);
    cast_equal(s.room, s.lamp->told[KITH_EVENT_ADVERTISING], told);
    hide(&s, &other);
    cast_check(s.room, !reaches(&s, &other));
    expect_welcome(&s);
    cast_close(s.room);
}

/* Controllers keep the key they were given: the lamp takes the old one out. */
static void pain_6_a_phone_that_paired_anew_is_known_by_its_new_key_alone(void **state)
{
    stand s;
    kith_address heard;
    kith_peer_id claimed;

    (void)state;
    open_stand(&s);
    list(&s, s.id);
    advertise(&s, KITH_FILTER_CONNECT);
    expect_welcome(&s);
    hide(&s, &s.phone);
    heard = s.phone.own; /* made by the old key */
    memset(s.phone.irk, 0x5d, sizeof s.phone.irk);
    actor_use_address(&s.phone, &s.phone.identity);
    cast_equal(s.room, bond(&s, &s.phone), s.id);
    actor_run(&s.phone, CAST_SECOND, NULL, NULL);
    advertise(&s, KITH_FILTER_CONNECT);
    actor_use_address(&s.stranger, &heard);
    cast_check(s.room, !reaches(&s, &s.stranger));
    cast_equal(s.room, kith_bonds_of_address(s.lamp->host, &heard, &claimed), KITH_ERR_NOT_FOUND);
    expect_welcome(&s);
    cast_close(s.room);
}

/* An address on air is no name: events have it beside the peer, whose identity is in its bond and stays the same. */
static void pain_6_whatever_address_it_has_on_air_it_is_the_same_peer(void **state)
{
    kith_peer_on_link here;
    kith_bond_info info;
    stand s;

    (void)state;
    open_stand(&s);
    for (unsigned round = 0; round < 4; round++) {
        advertise(&s, KITH_FILTER_NOTHING);
        hide(&s, &s.phone);
        cast_check(s.room, reaches(&s, &s.phone));
        cast_check(s.room, kith_address_equal(&s.lamp->last[KITH_EVENT_CONNECTED].address, &s.phone.own));
        cast_equal(s.room, s.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, s.id);
        cast_equal(s.room, s.lamp->last[KITH_EVENT_CONNECTED].peer, 0); /* until it is proven */
        encrypt(&s, &s.phone);
        assert_int_equal(kith_peers_on_link(s.lamp->host, s.lamp->link, &here), KITH_OK);
        cast_check(s.room, here.proven == s.id && kith_address_equal(&here.address, &s.phone.own));
        assert_int_equal(kith_bonds_get(s.lamp->host, s.id, &info), KITH_OK);
        cast_check(s.room, kith_address_equal(&info.identity, &s.phone.identity));
        actor_disconnect(&s.phone, s.lamp);
    }
    cast_equal(s.room, kith_bonds_count(s.lamp->host), 1);
    cast_close(s.room);
}

static void a_phone_that_is_forgotten_is_a_stranger(void **state)
{
    stand s;
    uint16_t count = 9;
    kith_peer_id peers[LISTED];

    (void)state;
    open_stand(&s);
    list(&s, s.id);
    advertise(&s, KITH_FILTER_CONNECT);
    assert_int_equal(kith_bonds_forget(s.lamp->host, s.id), KITH_OK);
    cast_await_next(s.lamp, KITH_EVENT_ALLOW_LIST);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_ALLOW_LIST].peer_list.count, 0);
    assert_int_equal(kith_allow_list_get(s.lamp->host, peers, LISTED, &count), KITH_OK);
    cast_equal(s.room, count, 0);
    hide(&s, &s.phone);
    cast_check(s.room, !reaches(&s, &s.phone));
    actor_use_address(&s.phone, &s.phone.identity);
    cast_check(s.room, !reaches(&s, &s.phone));
    cast_close(s.room);
}

/* Its identity address on air counts as well (device privacy): phones that were told not to hide. */
static void a_listed_phone_may_show_its_identity(void **state)
{
    stand s;

    (void)state;
    open_stand(&s);
    list(&s, s.id);
    advertise(&s, KITH_FILTER_ALL);
    actor_use_address(&s.phone, &s.phone.identity);
    cast_check(s.room, reaches(&s, &s.phone));
    encrypt(&s, &s.phone);
    cast_close(s.room);
}

/* More peers than places: those used last. */
static void a_list_that_follows_has_those_used_last(void **state)
{
    stand s;
    actor second, third;

    (void)state;
    open_stand(&s);
    enter(&s, &second, 0x33);
    enter(&s, &third, 0x44);
    bond(&s, &second);
    bond(&s, &third);
    assert_int_equal(kith_allow_list_follow(s.lamp->host, NULL), KITH_OK);
    cast_await_next(s.lamp, KITH_EVENT_ALLOW_LIST);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_ALLOW_LIST].peer_list.count, LISTED);
    advertise(&s, KITH_FILTER_CONNECT);
    hide(&s, &s.phone);
    cast_check(s.room, !reaches(&s, &s.phone));
    hide(&s, &second);
    cast_check(s.room, reaches(&s, &second));
    cast_close(s.room);
}

static void a_scan_of_listed_peers_hears_nobody_else(void **state)
{
    stand s;
    kith_scan scan;

    (void)state;
    open_stand(&s);
    list(&s, s.id);
    actor_advertise(&s.stranger);
    kith_gap_default_scan(&scan);
    scan.filter = true;
    assert_int_equal(kith_gap_start_scan(s.lamp->host, &scan), KITH_OK);
    actor_run(&s.stranger, 3 * CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.lamp->told[KITH_EVENT_REPORT], 0);
    hide(&s, &s.phone);
    actor_advertise(&s.phone);
    cast_await(s.lamp, KITH_EVENT_REPORT, 1);
    cast_check(s.room,
               kith_address_equal(&s.lamp->last[KITH_EVENT_REPORT].report.address, &s.phone.identity)); /* resolved */
    cast_close(s.room);
}

static bool is_scan_response(actor *a, void *context)
{
    cast_host *passer = context;

    (void)a;
    return passer->last[KITH_EVENT_REPORT].report.scan_response;
}

/* Who only looks is answered, or is not. */
static void a_filter_of_all_answers_no_strangers_scan(void **state)
{
    (void)state;
    for (uint8_t filter = KITH_FILTER_NOTHING; filter <= KITH_FILTER_ALL; filter++) {
        stand s;
        cast_host *passer;
        kith_scan scan;

        open_stand(&s);
        passer = cast_add_phone(s.room, "passer");
        assert_int_equal(kith_host_start(passer->host, kith_sim_now(s.room->sim)), KITH_OK);
        cast_await(passer, KITH_EVENT_READY, 1);
        list(&s, s.id);
        advertise(&s, filter);
        kith_gap_default_scan(&scan);
        scan.report_duplicates = true;
        assert_int_equal(kith_gap_start_scan(passer->host, &scan), KITH_OK);
        cast_await(passer, KITH_EVENT_REPORT, 1);
        cast_equal(s.room, actor_run(&s.phone, 3 * CAST_SECOND, is_scan_response, passer), filter != KITH_FILTER_ALL);
        cast_close(s.room);
    }
}

/* A controller that knows its key finds a peripheral that hides, and a change of the list in between does no harm. */
static void a_hidden_peripheral_is_connected_to_by_its_identity(void **state)
{
    stand s;
    actor other;
    kith_peer_id peers[2];

    (void)state;
    open_stand(&s);
    enter(&s, &other, 0x33);
    peers[0] = s.id;
    peers[1] = bond(&s, &other);
    assert_int_equal(kith_device_identities_set(s.lamp->host, peers, 1, KITH_LIST_PAUSE), KITH_OK);
    cast_await_next(s.lamp, KITH_EVENT_DEVICE_IDENTITIES);
    assert_int_equal(kith_gap_connect(s.lamp->host, &s.phone.identity, NULL), KITH_OK);
    actor_run(&s.phone, CAST_SECOND, NULL, NULL);
    assert_int_equal(kith_device_identities_set(s.lamp->host, peers, 2, KITH_LIST_REFUSE), KITH_ERR_IN_USE);
    assert_int_equal(kith_device_identities_set(s.lamp->host, peers, 2, KITH_LIST_PAUSE), KITH_OK);
    cast_await_next(s.lamp, KITH_EVENT_DEVICE_IDENTITIES);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_DEVICE_IDENTITIES].peer_list.count, 2);
    hide(&s, &s.phone);
    actor_advertise(&s.phone);
    cast_check(s.room, actor_run(&s.phone, 5 * CAST_SECOND, is_connected, s.lamp));
    cast_equal(s.room, s.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, s.id);
    cast_check(s.room, kith_address_equal(&s.lamp->last[KITH_EVENT_CONNECTED].connected.peer, &s.phone.own));
    cast_equal(s.room, s.lamp->told[KITH_EVENT_CONNECT_FAILED], 0);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_is_kept_out_and_a_listed_phone_is_not),
        cmocka_unit_test(without_a_filter_the_stranger_connects),
        cmocka_unit_test(a_phone_that_is_listed_or_not_any_more_counts_at_once),
        cmocka_unit_test(pain_6_a_phone_that_paired_anew_is_known_by_its_new_key_alone),
        cmocka_unit_test(pain_6_whatever_address_it_has_on_air_it_is_the_same_peer),
        cmocka_unit_test(a_phone_that_is_forgotten_is_a_stranger),
        cmocka_unit_test(a_listed_phone_may_show_its_identity),
        cmocka_unit_test(a_list_that_follows_has_those_used_last),
        cmocka_unit_test(a_scan_of_listed_peers_hears_nobody_else),
        cmocka_unit_test(a_filter_of_all_answers_no_strangers_scan),
        cmocka_unit_test(a_hidden_peripheral_is_connected_to_by_its_identity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
