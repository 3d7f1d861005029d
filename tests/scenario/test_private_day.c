/* A day among devices that hide: two lamps that advertise for their phone alone, one of which looks around, too; a
 * phone that comes and goes; a passer-by who is told nothing.  A witness hears all of it, and tries to tell one address
 * from the next.  On every controller there is: by its resolving list, by a list that is too short, or by the host.
 * Core Vol 3 Part C 10.7, Vol 6 Part B 6; Becker et al., PETS 2019. */
#include "kith/lists.h"
#include "witness.h"

enum {
    CYCLE_S = 900,
    JITTER_S = 420,
    DAY_S = 24 * 60 * 60,
    EVERYDAY_HOURS = 6, /* the day is for KITH_FULL=1 */
    HOUR_S = 3600,
    INTERVAL_1_S = 1600,
    LAMPS = 2,
    SLACK_S = 3
};

typedef struct {
    cast_room *room;
    cast_host *lamps[LAMPS], *phone, *passer;
    kith_peer_id ids[LAMPS]; /* the lamps', to the phone */
    bool filters;
    witness w;
} home;

static cast_host *add(home *t, const char *name, kith_config *config, const kith_sim_limits *limits)
{
    kith_sim_device device = cast_device(t->room);

    config->limits.listed = 4;
    config->privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, JITTER_S};
    cast_equal(t->room, kith_sim_set_limits(t->room->sim, device, limits), KITH_OK);
    return cast_add_on(t->room, name, config, device);
}

static void advertise(home *t, cast_host *lamp)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, NULL);
    advertising.interval_625us = INTERVAL_1_S;
    advertising.filter = t->filters ? KITH_FILTER_ALL : KITH_FILTER_NOTHING;
    cast_equal(t->room, kith_gap_advertise(lamp->host, &advertising), KITH_OK);
    cast_await_next(lamp, KITH_EVENT_ADVERTISING);
    cast_check(t->room, lamp->last[KITH_EVENT_ADVERTISING].activity.on);
}

static kith_peer_id newest(const cast_host *host)
{
    kith_peer_id peer = 0;

    while (kith_peers_next(host->host, NULL, peer, &peer) == KITH_OK)
        continue;
    return peer;
}

static void pair_with(home *t, unsigned i)
{
    cast_host *lamp = t->lamps[i];

    cast_connect(t->phone, lamp);
    cast_equal(t->room, kith_pairing_open(lamp->host, 30000), KITH_OK);
    cast_equal(t->room, kith_security_secure(t->phone->host, t->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(lamp, KITH_EVENT_BONDED, 1);
    cast_await(t->phone, KITH_EVENT_BONDED, i + 1);
    cast_disconnect(t->phone, lamp);
    t->ids[i] = newest(t->phone);
    if (kith_allow_list_follow(lamp->host, NULL) != KITH_OK)
        return;
    cast_await_next(lamp, KITH_EVENT_ALLOW_LIST);
    t->filters = true;
}

static void open_home(home *t, const kith_sim_limits *limits)
{
    kith_config lamp, phone;

    memset(t, 0, sizeof *t);
    t->room = cast_open(cast_first_seed(977), CAST_TOY);
    witness_listen(&t->w, t->room);
    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    t->lamps[0] = add(t, "lamp", &lamp, limits);
    t->lamps[1] = add(t, "other", &lamp, limits);
    t->phone = add(t, "phone", &phone, limits);
    cast_phone_config(&phone);
    phone.own_address = KITH_OWN_STATIC;
    phone.privacy = (kith_privacy){KITH_PRIVACY_NON_RESOLVABLE, CYCLE_S, JITTER_S};
    t->passer = cast_add(t->room, "passer", &phone);
    cast_start(t->room);
    for (unsigned i = 0; i < LAMPS; i++) {
        witness_keep_secret(&t->w, t->lamps[i]);
        pair_with(t, i);
    }
    witness_keep_secret(&t->w, t->phone);
    witness_keep_secret(&t->w, t->passer);
    witness_forget_data(&t->w); /* there was a name in it */
}

static void scan(home *t, cast_host *host, bool duplicates)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    scan.report_duplicates = duplicates;
    cast_equal(t->room, kith_gap_start_scan(host->host, &scan), KITH_OK);
    cast_await_next(host, KITH_EVENT_SCANNING);
}

/* The phone looks until it hears an address that it knows as this lamp's. */
static kith_address find(home *t, unsigned i)
{
    kith_address heard;
    kith_peer_id peer = 0;

    scan(t, t->phone, true);
    do
        heard = cast_await_next(t->phone, KITH_EVENT_REPORT)->report.address;
    while (kith_bonds_of_address(t->phone->host, &heard, &peer) != KITH_OK || peer != t->ids[i]);
    cast_equal(t->room, kith_gap_stop_scan(t->phone->host), KITH_OK);
    cast_await_next(t->phone, KITH_EVENT_SCANNING);
    return heard;
}

static void visit(home *t, unsigned i, uint64_t for_us)
{
    cast_host *lamp = t->lamps[i];
    unsigned lamps = lamp->told[KITH_EVENT_CONNECTED];
    kith_address found = find(t, i);

    cast_equal(t->room, kith_gap_connect(t->phone->host, &found, NULL), KITH_OK);
    cast_await_next(t->phone, KITH_EVENT_CONNECTED);
    cast_await(lamp, KITH_EVENT_CONNECTED, lamps + 1);
    cast_equal(t->room, t->phone->last[KITH_EVENT_CONNECTED].connected.claimed, t->ids[i]);
    cast_equal(t->room, lamp->last[KITH_EVENT_CONNECTED].connected.claimed, newest(lamp));
    cast_encrypt(t->phone, lamp);
    cast_run(t->room, for_us, NULL, NULL);
    cast_disconnect(t->phone, lamp);
    advertise(t, lamp);
}

static void expect_many_times(home *t, const cast_host *host, uint64_t least)
{
    uint64_t longest;

    cast_check(t->room, witness_times(&t->w, host->device, &longest) >= least);
    cast_check(t->room, longest <= (uint64_t)(CYCLE_S + SLACK_S) * CAST_SECOND);
}

static void expect_hidden(home *t, uint64_t hours, unsigned visits)
{
    const witness *w = &t->w;

    cast_equal(t->room, w->heard_secret, 0);
    cast_equal(t->room, w->heard_public, 0);
    cast_equal(t->room, w->changed_data, 0);
    for (unsigned i = 0; i < LAMPS; i++) /* silent while the phone is there: a quarter of the time */
        expect_many_times(t, t->lamps[i], hours * HOUR_S / CYCLE_S * 3 / 4);
    expect_many_times(t, t->phone, visits);
    expect_many_times(t, t->passer, hours * HOUR_S / CYCLE_S);
}

/* Every other visit is longer than an address is used. */
static void live(home *t, uint64_t hours)
{
    uint64_t end_us = kith_sim_now(t->room->sim) + hours * HOUR_S * CAST_SECOND;
    unsigned visits = 0;

    for (unsigned i = 0; i < LAMPS; i++)
        advertise(t, t->lamps[i]);
    scan(t, t->lamps[1], false);
    scan(t, t->passer, false);
    for (; kith_sim_now(t->room->sim) < end_us; visits++) {
        cast_run(t->room, (uint64_t)HOUR_S * CAST_SECOND / 4, NULL, NULL);
        visit(t, visits % LAMPS, visits / LAMPS % 2 != 0 ? (uint64_t)HOUR_S * CAST_SECOND / 4 : CAST_SECOND);
    }
    expect_hidden(t, hours, visits);
}

static void a_day_in_private(void **state)
{
    const uint64_t hours = cast_is_full() ? DAY_S / HOUR_S : EVERYDAY_HOURS;
    static home t;
    kith_sim_limits limits;

    (void)state;
    kith_sim_default_limits(&limits);
    open_home(&t, &limits);
    cast_check(t.room, t.filters);
    live(&t, hours);
    cast_check(t.room, t.w.packets > hours * HOUR_S);
    cast_close(t.room);
}

static void three_hours_on_each_controller(void **state)
{
    (void)state;
    for (unsigned core = 0; core < KITH_SIM_CORES; core++) {
        static home t;
        kith_sim_limits limits;

        print_message("Core %s\n", kith_sim_core_name((kith_sim_core)core));
        kith_sim_core_limits(&limits, (kith_sim_core)core);
        open_home(&t, &limits);
        cast_equal(t.room, t.filters, core != KITH_SIM_CORE_4_2_BARE);
        live(&t, 3);
        cast_close(t.room);
    }
}

/* The phone's has one place, and it knows two lamps. */
static void three_hours_with_a_list_that_is_too_short(void **state)
{
    static home t;
    kith_sim_limits limits;

    (void)state;
    kith_sim_default_limits(&limits);
    limits.resolving_list = 1;
    open_home(&t, &limits);
    live(&t, 3);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_in_private),
        cmocka_unit_test(three_hours_on_each_controller),
        cmocka_unit_test(three_hours_with_a_list_that_is_too_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
