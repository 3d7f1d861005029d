/* A day of a device that hides behind several extended advertising sets at once, of one that only broadcasts, and of a
 * passer-by that asks them all.  A witness tries to tell one address from the next by each field there is.  Core Vol 3
 * Part C 10.7, Vol 6 Part B 4.4.2.11, 6. */
#include "kith/lists.h"
#include "witness_sets.h"

enum {
    CYCLE_S = 900,
    JITTER_S = 420,
    HOUR_S = 3600,
    INTERVAL_10_S = 0x4000,
    LONG = 600,
    LAMP_SETS = 5,
    BEACON_SETS = 2
};

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone, *beacon, *passer;
    kith_advertising lamps[LAMP_SETS], beacons[BEACON_SETS];
    uint8_t octets[LONG];
    witness w;
    witness_sets sets;
} street;

static cast_host *add(street *t, const char *name, kith_config *config, kith_privacy_mode mode, uint8_t listed)
{
    kith_sim_device device = cast_device(t->room);
    kith_sim_limits limits;

    config->name = name;
    config->limits.listed = listed;
    config->limits.data = 1;
    config->limits.sets = LAMP_SETS;
    config->limits.report_data = 255;
    config->own_address = KITH_OWN_STATIC;
    config->privacy = (kith_privacy){mode, CYCLE_S, JITTER_S};
    kith_sim_core_limits(&limits, KITH_SIM_CORE_5_4);
    cast_equal(t->room, kith_sim_set_limits(t->room->sim, device, &limits), KITH_OK);
    return cast_add_on(t->room, name, config, device);
}

/* The lamp learns, too, that its phone resolves. */
static void bond(street *t)
{
    kith_bond_keys keys;
    kith_bond_info info;
    kith_token token;

    cast_connect(t->phone, t->lamp);
    cast_pair(t->phone, t->lamp);
    cast_check(t->room, cast_only_bond(t->lamp, &info, &keys));
    cast_equal(t->room, kith_peers_ask_resolution(t->lamp->host, info.peer, &token), KITH_OK);
    cast_await_next(t->lamp, KITH_EVENT_PEER_DATA);
    cast_disconnect(t->phone, t->lamp);
    kith_sim_set_out_of_range(t->room->sim, t->phone->device, true);
}

static void open_street(street *t, uint8_t listed)
{
    kith_config config;

    memset(t, 0, sizeof *t);
    t->room = cast_open(cast_first_seed(733), CAST_TOY);
    cast_lamp_config(&config);
    t->lamp = add(t, "lamp", &config, KITH_PRIVACY_RESOLVABLE, listed);
    cast_phone_config(&config);
    config.gap.central_address_resolution = true;
    t->phone = add(t, "phone", &config, KITH_PRIVACY_RESOLVABLE, 4);
    cast_lamp_config(&config);
    t->beacon = add(t, "beacon", &config, KITH_PRIVACY_NON_RESOLVABLE, 0);
    cast_phone_config(&config);
    t->passer = add(t, "passer", &config, KITH_PRIVACY_NON_RESOLVABLE, 0);
    cast_start(t->room);
    bond(t);
    witness_listen(&t->w, t->room);
    witness_sets_listen(&t->sets, &t->w, t->room);
    witness_keep_secret(&t->w, t->lamp);
    witness_keep_secret(&t->w, t->phone);
    witness_keep_secret(&t->w, t->beacon);
    witness_keep_secret(&t->w, t->passer);
}

/* ---- what they say ---- */

static kith_advertising extended(uint8_t sid, uint16_t random_at, uint16_t random_len)
{
    kith_advertising a;

    kith_gap_default_advertising(&a, NULL);
    a.interval_625us = INTERVAL_10_S;
    a.extended = true;
    a.sid = sid;
    a.data_len = (uint8_t)(random_len != 0 ? random_at + random_len : 3);
    a.random_data = (kith_random_part){random_at, random_len};
    return a;
}

static void begin(street *t, cast_host *host, const kith_advertising *sets, uint8_t count)
{
    for (uint8_t i = 0; i < count; i++) {
        cast_equal(t->room, kith_gap_advertise_set(host->host, i, &sets[i]), KITH_OK);
        cast_await_next(host, KITH_EVENT_ADVERTISING);
        cast_check(t->room, host->last[KITH_EVENT_ADVERTISING].activity.on);
        if (sets[i].extended)
            witness_sets_expect(&t->sets, host, &sets[i]);
        cast_run(t->room, (uint64_t)CAST_SECOND * 17 / 10, NULL, NULL); /* one radio: not all of them at one time */
    }
}

/* In order: as ever; with a part that is drawn; nothing but a response; a long chain; to its phone alone. */
static void begin_lamp(street *t)
{
    kith_advertising *a = t->lamps;
    kith_bond_keys keys;
    kith_bond_info info;

    a[0] = extended(0, 0, 0);
    a[0].extended = false;
    a[1] = extended(1, 6, 12);
    a[2] = extended(2, 0, 0);
    a[2].connectable = false;
    a[2].response_len = 20;
    a[2].random_response = (kith_random_part){8, 12};
    a[3] = extended(3, 0, 0);
    a[3].connectable = false;
    a[3].silent = true;
    a[3].long_data = t->octets;
    a[3].long_data_len = LONG;
    a[3].random_data = (kith_random_part){220, 48}; /* in two PDUs */
    a[4] = extended(4, 0, 0);
    a[4].directed = true;
    a[4].connectable = t->lamp->config.limits.listed != 0;
    a[4].silent = !a[4].connectable;
    cast_check(t->room, cast_only_bond(t->lamp, &info, &keys));
    a[4].to = info.identity;
    begin(t, t->lamp, a, LAMP_SETS);
}

static void begin_beacon(street *t)
{
    kith_advertising *a = t->beacons;

    a[0] = extended(5, 0, 0);
    a[1] = extended(6, 3, 6);
    for (unsigned i = 0; i < BEACON_SETS; i++) {
        a[i].connectable = false;
        a[i].silent = true;
    }
    begin(t, t->beacon, a, BEACON_SETS);
}

static void scan(street *t)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    scan.report_duplicates = true;
    cast_equal(t->room, kith_gap_start_scan(t->passer->host, &scan), KITH_OK);
    cast_await_next(t->passer, KITH_EVENT_SCANNING);
}

/* ---- what is heard of it ---- */

static void expect_many_times(street *t, const cast_host *host, uint64_t hours)
{
    uint64_t longest;

    cast_check(t->room, witness_times(&t->w, host->device, &longest) >= hours * HOUR_S / CYCLE_S);
    if (longest > (uint64_t)CYCLE_S * CAST_SECOND)
        cast_fail(t->room, "something of %s lasts for %.1f s", host->name, (double)longest / CAST_SECOND);
}

static void expect_kind(street *t, const cast_host *host, unsigned kind)
{
    for (unsigned i = 0; i < t->w.count; i++) {
        const witness_sighting *s = &t->w.seen[i];

        if (s->sender != host->device)
            continue;
        cast_check(t->room, s->field != WITNESS_ADDRESS || s->octets[5] >> 6 == kind);
        cast_check(t->room, s->field != WITNESS_TARGET || s->octets[5] >> 6 == 1);
    }
}

static void expect_sets(street *t, uint64_t hours)
{
    cast_equal(t->room, t->sets.strange, 0);
    for (unsigned i = 0; i < t->sets.count; i++) {
        const witness_set *set = &t->sets.sets[i];

        cast_check(t->room, set->whole > hours * 300);
        cast_check(t->room, set->changes >= hours * HOUR_S / CYCLE_S);
        cast_check(t->room, set->on_beat * 10 <= set->changes); /* a new time begins when it likes */
    }
}

static void live(street *t, uint64_t hours)
{
    begin_lamp(t);
    begin_beacon(t);
    scan(t);
    cast_run(t->room, hours * HOUR_S * CAST_SECOND, NULL, NULL);
    cast_equal(t->room, t->w.heard_secret, 0);
    cast_equal(t->room, t->w.changed_data, 0);
    expect_sets(t, hours);
    expect_many_times(t, t->lamp, hours);
    expect_many_times(t, t->beacon, hours);
    expect_many_times(t, t->passer, hours);
    expect_kind(t, t->lamp, 1);
    expect_kind(t, t->beacon, 0);
    expect_kind(t, t->passer, 0);
    cast_equal(t->room, t->lamp->told[KITH_EVENT_ADVERTISING], LAMP_SETS + 2);
}

static void a_day_behind_several_sets(void **state)
{
    static street t;

    (void)state;
    open_street(&t, 4);
    live(&t, 24);
    cast_close(t.room);
}

/* Which makes the phone's address, too. */
static void hours_behind_several_sets_by_the_host_alone(void **state)
{
    static street t;

    (void)state;
    open_street(&t, 0);
    live(&t, 3);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_behind_several_sets),
        cmocka_unit_test(hours_behind_several_sets_by_the_host_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
