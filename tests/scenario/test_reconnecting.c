/* A gateway and its lamps: bonded peers that hide behind private addresses, come into range and leave it.  Links to
 * them are made again by themselves, by the controller's lists or by scanning, whatever the program does beside it and
 * whoever stands where a lamp stood.  Core Vol 3 Part C 9.3.5, 9.3.7. */
#include "cast.h"

enum { LAMPS_MOST = 20, MINUTE_US = 60 * CAST_SECOND };

typedef struct {
    cast_room *room;
    cast_host *gateway, *lamp[LAMPS_MOST];
    kith_peer_id peer[LAMPS_MOST];
    bool is_away[LAMPS_MOST];
    unsigned count;
    uint64_t state;
} home;

/* ---- what programs do ---- */

/* Whoever claims to be a lamp proves it, or goes. */
static void on_gateway(cast_host *self, const kith_event *event)
{
    if (event->kind == KITH_EVENT_CONNECTED && event->connected.claimed != 0 && self->context != NULL)
        (void)!kith_security_secure(self->host, event->link, KITH_LEVEL_ENCRYPTED);
    if (event->kind == KITH_EVENT_ENCRYPTION_FAILED)
        (void)!kith_gap_disconnect(self->host, event->link, KITH_HCI_AUTHENTICATION_FAILURE);
}

static void shine(cast_host *lamp)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, lamp->config.name);
    (void)!kith_gap_advertise(lamp->host, &advertising);
}

static void on_lamp(cast_host *self, const kith_event *event)
{
    if (event->kind == KITH_EVENT_DISCONNECTED || event->kind == KITH_EVENT_READY)
        shine(self);
}

/* ---- a home ---- */

static void bond(home *s, unsigned i)
{
    kith_address address = cast_address(s->lamp[i]);
    unsigned gateways = s->gateway->told[KITH_EVENT_BONDED];

    assert_int_equal(kith_gap_connect(s->gateway->host, &address, NULL), KITH_OK);
    cast_await_next(s->gateway, KITH_EVENT_CONNECTED);
    assert_int_equal(kith_pairing_open(s->lamp[i]->host, 30000), KITH_OK);
    cast_equal(s->room, kith_security_secure(s->gateway->host, s->gateway->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(s->gateway, KITH_EVENT_BONDED, gateways + 1);
    cast_await(s->lamp[i], KITH_EVENT_BONDED, 1);
    s->peer[i] = s->gateway->last[KITH_EVENT_BONDED].peer;
    cast_disconnect(s->gateway, s->lamp[i]);
    s->gateway->link = 0;
}

static void add_lamp(home *s, unsigned i)
{
    kith_config config;

    cast_lamp_config(&config);
    config.own_address = KITH_OWN_STATIC;
    config.privacy = (kith_privacy){.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = 60};
    if (i % 3 == 2)
        config.privacy.mode = KITH_PRIVACY_OFF; /* some show who they are */
    s->lamp[i] = cast_add(s->room, "lamp", &config);
    s->lamp[i]->react = on_lamp;
}

static void open_home(home *s, uint64_t seed, unsigned lamps, uint8_t listed, const kith_sim_limits *limits)
{
    kith_config config;
    kith_sim_device device;

    memset(s, 0, sizeof *s);
    s->count = lamps;
    s->state = seed;
    s->room = cast_open(seed, CAST_TOY);
    cast_phone_config(&config);
    config.name = "gateway";
    config.limits.links = (uint8_t)(lamps + 1);
    config.limits.bonds = lamps + 1;
    config.limits.pairings = 2;
    config.limits.listed = listed;
    config.limits.reconnects = (uint8_t)lamps;
    device = cast_device(s->room);
    if (limits != NULL)
        assert_int_equal(kith_sim_set_limits(s->room->sim, device, limits), KITH_OK);
    s->gateway = cast_add_on(s->room, "gateway", &config, device);
    s->gateway->react = on_gateway;
    for (unsigned i = 0; i < lamps; i++)
        add_lamp(s, i);
    cast_start(s->room);
    for (unsigned i = 0; i < lamps; i++)
        bond(s, i);
    s->gateway->context = s;
}

static void follow(home *s)
{
    kith_reconnection as;

    kith_reconnect_default(&as);
    assert_int_equal(kith_reconnect_follow(s->gateway->host, &as), KITH_OK);
}

static bool is_here(const home *s, unsigned i)
{
    return kith_peers_link_of(s->gateway->host, s->peer[i]) != 0;
}

static bool is_settled(void *context)
{
    const home *s = context;

    for (unsigned i = 0; i < s->count; i++)
        if (is_here(s, i) == s->is_away[i])
            return false;
    return true;
}

/* Everybody in range is connected, and proven. */
static void expect_settled(home *s, uint64_t within_us)
{
    if (is_settled(s) || cast_run(s->room, within_us, is_settled, s))
        return;
    for (unsigned i = 0; i < s->count; i++) {
        kith_reconnect_info info = {.peer = 0};

        (void)!kith_reconnect_get(s->gateway->host, s->peer[i], &info);
        print_error("lamp %u: peer %u, away %d, here %d, state %d, failures %u\n", i, (unsigned)s->peer[i],
                    s->is_away[i], is_here(s, i), (int)info.state, info.failures);
    }
    cast_fail(s->room, "not everybody is connected");
}

static void move(home *s, unsigned i, bool away)
{
    s->is_away[i] = away;
    kith_sim_set_out_of_range(s->room->sim, s->lamp[i]->device, away);
}

static void wait_s(home *s, unsigned seconds)
{
    cast_run_until(s->room, kith_sim_now(s->room->sim) + (uint64_t)seconds * CAST_SECOND);
}

static kith_reconnecting_way way(const home *s)
{
    return s->gateway->last[KITH_EVENT_RECONNECTING].reconnecting.way;
}

/* ---- all come back ---- */

/* Two leave at once, one after the other, for less and for more than an address is used. */
static void come_and_go(home *s)
{
    follow(s);
    expect_settled(s, 2 * (uint64_t)MINUTE_US);
    wait_s(s, 1);
    cast_equal(s->room, way(s), KITH_RECONNECTING_IDLE);
    for (unsigned round = 0; round < 3; round++) {
        unsigned first = round % s->count, second = (round + 2) % s->count;

        move(s, first, true);
        move(s, second, true);
        expect_settled(s, MINUTE_US);
        wait_s(s, 20 + 60 * round);
        move(s, first, false);
        move(s, second, false);
        expect_settled(s, 3 * (uint64_t)MINUTE_US);
    }
    cast_equal(s->room, s->gateway->told[KITH_EVENT_CONNECT_FAILED], 0);
    cast_equal(s->room, s->gateway->told[KITH_EVENT_SCANNING] + s->gateway->told[KITH_EVENT_REPORT], 0);
    cast_equal(s->room, s->gateway->told[KITH_EVENT_ALLOW_LIST] + s->gateway->told[KITH_EVENT_DEVICE_IDENTITIES], 0);
    cast_close(s->room);
}

static void expect_ways(unsigned lamps, uint8_t listed, const kith_sim_limits *limits, kith_reconnecting_way wanted)
{
    home s;

    open_home(&s, 900 + lamps, lamps, listed, limits);
    follow(&s);
    cast_await_next(s.gateway, KITH_EVENT_RECONNECTING);
    cast_equal(s.room, way(&s), wanted);
    come_and_go(&s);
}

static void three_eight_and_twenty_lamps_come_back(void **state)
{
    kith_sim_limits limits;

    (void)state;
    kith_sim_default_limits(&limits);
    limits.filter_list = limits.resolving_list = 32;
    expect_ways(3, 3, &limits, KITH_RECONNECTING_BY_LIST);
    expect_ways(8, 8, &limits, KITH_RECONNECTING_BY_LIST);
    if (cast_is_full())
        expect_ways(20, 20, &limits, KITH_RECONNECTING_BY_LIST);
}

static void lists_smaller_than_the_bonds_do_not_matter(void **state)
{
    kith_sim_limits limits;

    (void)state;
    kith_sim_default_limits(&limits);
    limits.filter_list = 32;
    limits.resolving_list = 4;
    expect_ways(8, 8, &limits, KITH_RECONNECTING_BY_SCAN);
    limits.filter_list = 4;
    limits.resolving_list = 32;
    expect_ways(8, 8, &limits, KITH_RECONNECTING_BY_SCAN);
    expect_ways(cast_is_full() ? 20 : 8, 2, NULL, KITH_RECONNECTING_BY_SCAN);
}

static void controllers_of_each_age_do(void **state)
{
    (void)state;
    for (int core = 0; core < (int)KITH_SIM_CORES; core++) {
        kith_sim_limits limits;

        kith_sim_core_limits(&limits, (kith_sim_core)core);
        /* Core 4.2 has no device privacy mode: whoever is in the resolving list is not heard by its identity. */
        expect_ways(3, 3, &limits,
                    core <= (int)KITH_SIM_CORE_4_2 ? KITH_RECONNECTING_BY_SCAN : KITH_RECONNECTING_BY_LIST);
        expect_ways(3, 0, &limits, KITH_RECONNECTING_BY_SCAN);
    }
}

/* ---- who is not the lamp ---- */

/* Somebody at the lamp's identity address who has never bonded with anybody. */
static void an_impostor_costs_a_connection_now_and_then(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++) {
        kith_config config;
        cast_host *impostor;
        unsigned links;
        home s;

        open_home(&s, 77, 4, scans ? 0 : 4, NULL);
        follow(&s);
        expect_settled(&s, MINUTE_US);
        move(&s, 2, true); /* the one that shows its identity address */
        expect_settled(&s, MINUTE_US);
        cast_lamp_config(&config);
        config.own_address = KITH_OWN_STATIC;
        {
            const kith_address lamp = cast_address(s.lamp[2]);
            static uint8_t octets[6];

            memcpy(octets, lamp.octets, 6);
            config.static_address = octets;
        }
        impostor = cast_add(s.room, "impostor", &config);
        impostor->react = on_lamp;
        assert_int_equal(kith_host_start(impostor->host, kith_sim_now(s.room->sim)), KITH_OK);
        links = s.gateway->told[KITH_EVENT_CONNECTED];
        wait_s(&s, 600);
        links = s.gateway->told[KITH_EVENT_CONNECTED] - links;
        cast_check(s.room, links >= 8 && links <= 17); /* after 1, 2, 4... 64 seconds and 64 each */
        cast_check(s.room, is_here(&s, 0) && is_here(&s, 1) && !is_here(&s, 2) && is_here(&s, 3));
        kith_sim_set_out_of_range(s.room->sim, impostor->device, true);
        move(&s, 2, false);
        expect_settled(&s, 2 * (uint64_t)MINUTE_US);
        cast_close(s.room);
    }
}

static void a_lamp_that_lost_its_bond_does_not_keep_the_others_waiting(void **state)
{
    kith_reconnect_info info;
    unsigned links;
    home s;

    (void)state;
    open_home(&s, 78, 3, 3, NULL);
    cast_forget_all(s.lamp[2]);
    s.is_away[2] = true; /* as far as anybody can prove */
    follow(&s);
    expect_settled(&s, MINUTE_US);
    links = s.gateway->told[KITH_EVENT_CONNECTED];
    move(&s, 0, true);
    expect_settled(&s, MINUTE_US);
    wait_s(&s, 100);
    move(&s, 0, false);
    expect_settled(&s, MINUTE_US);
    cast_check(s.room, s.gateway->told[KITH_EVENT_CONNECTED] - links < 12);
    assert_int_equal(kith_reconnect_get(s.gateway->host, s.peer[2], &info), KITH_OK);
    cast_check(s.room, info.failures >= 3);
    cast_close(s.room);
}

/* ---- the program ---- */

static void the_programs_own_connecting_and_scanning_go_on_as_ever(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++) {
        kith_advertising advertising;
        kith_address address;
        cast_host *stranger;
        kith_scan scan;
        home s;

        open_home(&s, 79, 3, scans ? 0 : 3, NULL);
        stranger = cast_add_lamp(s.room, "stranger");
        assert_int_equal(kith_host_start(stranger->host, kith_sim_now(s.room->sim)), KITH_OK);
        cast_await(stranger, KITH_EVENT_READY, 1);
        follow(&s);
        move(&s, 0, true);
        expect_settled(&s, MINUTE_US);
        address = cast_address(stranger);
        for (unsigned round = 0; round < 3; round++) {
            kith_gap_default_scan(&scan);
            assert_int_equal(kith_gap_start_scan(s.gateway->host, &scan), KITH_OK);
            wait_s(&s, 2);
            cast_check(s.room, s.gateway->last[KITH_EVENT_SCANNING].activity.on);
            assert_int_equal(kith_gap_stop_scan(s.gateway->host), KITH_OK);
            cast_await_next(s.gateway, KITH_EVENT_SCANNING);
            cast_equal(s.room, s.gateway->last[KITH_EVENT_SCANNING].activity.hci_status, 0);
            assert_int_equal(kith_gap_connect(s.gateway->host, &address, NULL), KITH_OK);
            wait_s(&s, round);
            kith_gap_default_advertising(&advertising, "stranger");
            assert_int_equal(kith_gap_advertise(stranger->host, &advertising), KITH_OK);
            cast_await_next(stranger, KITH_EVENT_CONNECTED);
            cast_await(s.gateway, KITH_EVENT_CONNECTED, 1);
            wait_s(&s, 1);
            cast_disconnect(stranger, stranger);
        }
        cast_equal(s.room, s.gateway->told[KITH_EVENT_CONNECT_FAILED], 0);
        move(&s, 0, false);
        expect_settled(&s, 2 * (uint64_t)MINUTE_US);
        cast_close(s.room);
    }
}

static void whom_the_program_sends_away_stays_away_until_it_is_woken(void **state)
{
    home s;

    (void)state;
    open_home(&s, 80, 3, 3, NULL);
    follow(&s);
    expect_settled(&s, MINUTE_US);
    assert_int_equal(kith_gap_disconnect(s.gateway->host, kith_peers_link_of(s.gateway->host, s.peer[1]), 0x13),
                     KITH_OK);
    s.is_away[1] = true;
    expect_settled(&s, MINUTE_US);
    wait_s(&s, 300);
    cast_check(s.room, is_settled(&s));
    assert_int_equal(kith_reconnect_wake(s.gateway->host, s.peer[1]), KITH_OK);
    s.is_away[1] = false;
    expect_settled(&s, MINUTE_US);
    assert_int_equal(kith_reconnect_end(s.gateway->host), KITH_OK);
    move(&s, 0, true);
    expect_settled(&s, MINUTE_US);
    kith_sim_set_out_of_range(s.room->sim, s.lamp[0]->device, false);
    wait_s(&s, 60);
    cast_check(s.room, is_settled(&s)); /* nobody looks */
    cast_close(s.room);
}

/* ---- controllers ---- */

static void break_controller(home *s)
{
    static const uint8_t broken[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, 0x42};

    assert_int_equal(kith_host_receive(s->gateway->host, broken, sizeof broken, kith_sim_now(s->room->sim)), KITH_OK);
    cast_await_next(s->gateway, KITH_EVENT_CONTROLLER_LOST);
    assert_int_equal(kith_host_start(s->gateway->host, kith_sim_now(s->room->sim)), KITH_OK);
    cast_await_next(s->gateway, KITH_EVENT_READY);
}

static void after_a_reset_of_the_controller_all_come_back(void **state)
{
    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++)
        for (unsigned ms = 0; ms < 400; ms += 57) {
            home s;

            open_home(&s, 81, 3, scans ? 0 : 3, NULL);
            follow(&s);
            cast_run_until(s.room, kith_sim_now(s.room->sim) + (uint64_t)ms * 1000);
            break_controller(&s);
            expect_settled(&s, 2 * (uint64_t)MINUTE_US);
            break_controller(&s);
            expect_settled(&s, 2 * (uint64_t)MINUTE_US);
            cast_close(s.room);
        }
}

/* ---- anything ---- */

static unsigned draw(home *s, unsigned below)
{
    s->state = s->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(s->state >> 33) % below;
}

static void disturb(home *s)
{
    const kith_address nobody = {.type = KITH_ADDRESS_PUBLIC, .octets = {9, 9, 9, 9, 9, 9}};
    kith_host *h = s->gateway->host;
    kith_advertising advertising;
    kith_scan scan;
    unsigned i = draw(s, s->count);

    switch (draw(s, 12)) {
    case 0:
    case 1:
    case 2:
        move(s, i, !s->is_away[i]);
        break;
    case 3:
        (void)!kith_gap_connect(h, &nobody, NULL);
        break;
    case 4:
        (void)!kith_gap_cancel_connect(h);
        break;
    case 5:
        kith_gap_default_scan(&scan);
        (void)!kith_gap_start_scan(h, &scan);
        break;
    case 6:
        (void)!kith_gap_stop_scan(h);
        break;
    case 7:
        (void)!kith_allow_list_set(h, &s->peer[i], (uint16_t)draw(s, 2), KITH_LIST_PAUSE);
        break;
    case 8:
        kith_gap_default_advertising(&advertising, "gateway");
        advertising.filter = (uint8_t)draw(s, 2);
        (void)!kith_gap_advertise(h, &advertising);
        break;
    case 9:
        (void)!kith_gap_stop_advertising(h);
        break;
    case 10:
        kith_sim_set_loss(s->room->sim, draw(s, 200));
        break;
    default:
        if (draw(s, 4) == 0)
            break_controller(s);
        break;
    }
    cast_run_until(s->room, kith_sim_now(s->room->sim) + (uint64_t)(1 + draw(s, 8000)) * 1000);
}

static void whatever_happens_whoever_is_in_range_is_connected_in_the_end(void **state)
{
    uint64_t first = cast_first_seed(4100);
    unsigned runs = cast_runs(12, 100);

    (void)state;
    for (unsigned run = 0; run < runs; run++) {
        static const uint8_t lists[] = {0, 4, 5};
        kith_sim_limits limits;
        home s;

        kith_sim_core_limits(&limits, (kith_sim_core)((first + run) % KITH_SIM_CORES));
        open_home(&s, first + run, 5, lists[(first + run) % 3], &limits);
        follow(&s);
        for (unsigned i = 0; i < 40; i++)
            disturb(&s);
        kith_sim_set_loss(s.room->sim, 0);
        (void)!kith_gap_cancel_connect(s.gateway->host);
        (void)!kith_gap_stop_scan(s.gateway->host);
        expect_settled(&s, 5 * (uint64_t)MINUTE_US);
        cast_close(s.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_eight_and_twenty_lamps_come_back),
        cmocka_unit_test(lists_smaller_than_the_bonds_do_not_matter),
        cmocka_unit_test(controllers_of_each_age_do),
        cmocka_unit_test(an_impostor_costs_a_connection_now_and_then),
        cmocka_unit_test(a_lamp_that_lost_its_bond_does_not_keep_the_others_waiting),
        cmocka_unit_test(the_programs_own_connecting_and_scanning_go_on_as_ever),
        cmocka_unit_test(whom_the_program_sends_away_stays_away_until_it_is_woken),
        cmocka_unit_test(after_a_reset_of_the_controller_all_come_back),
        cmocka_unit_test(whatever_happens_whoever_is_in_range_is_connected_in_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
