/* Finding one advertiser among others on the virtual radio: by name, service, address, bond, or a question of the
 * program's own, with a limit.  On controllers of each age. */
#include "cast.h"
#include "kith/ad.h"

enum { BATTERY = 0x180f, HEART = 0x180d };

static const kith_uuid battery = KITH_UUID16(BATTERY);

typedef struct {
    cast_room *room;
    cast_host *phone, *lamp, *other;
} trio;

static cast_host *add_of(cast_room *room, kith_sim_core core, const char *name, kith_config *config)
{
    kith_sim_device device = cast_device(room);
    kith_sim_limits limits;

    kith_sim_core_limits(&limits, core);
    assert_int_equal(kith_sim_set_limits(room->sim, device, &limits), KITH_OK);
    return cast_add_on(room, name, config, device);
}

static void open_trio(trio *t, kith_sim_core core, const kith_privacy *privacy)
{
    kith_config phone, lamp, other;

    memset(t, 0, sizeof *t);
    print_message("on a controller of %s\n", kith_sim_core_name(core));
    t->room = cast_open(511, CAST_OPENSSL);
    cast_phone_config(&phone);
    cast_lamp_config(&lamp);
    cast_lamp_config(&other);
    other.name = "other";
    phone.limits.report_data = 255;
    if (privacy != NULL)
        lamp.privacy = *privacy;
    t->phone = add_of(t->room, core, "phone", &phone);
    t->lamp = add_of(t->room, core, "lamp", &lamp);
    t->other = add_of(t->room, core, "other", &other);
    cast_start(t->room);
}

/* A name in advertising, a service in the scan response. */
static void advertise_as(cast_host *host, const char *name, uint16_t service)
{
    const uint8_t octets[2] = {(uint8_t)service, (uint8_t)(service >> 8)};
    kith_advertising a;
    size_t len = 0;

    kith_gap_default_advertising(&a, name);
    assert_int_equal(kith_ad_put(a.response, sizeof a.response, &len, KITH_AD_SERVICES_16, octets, 2), KITH_OK);
    a.response_len = (uint8_t)len;
    assert_int_equal(kith_gap_advertise(host->host, &a), KITH_OK);
    cast_await_next(host, KITH_EVENT_ADVERTISING);
}

static const kith_event_found *find(trio *t, const kith_sought *sought, uint32_t limit_ms)
{
    unsigned reports = t->phone->told[KITH_EVENT_REPORT], scans = t->phone->told[KITH_EVENT_SCANNING];
    const kith_event_found *found;

    cast_equal(t->room, kith_gap_find(t->phone->host, NULL, sought, limit_ms), KITH_OK);
    found = &cast_await_next(t->phone, KITH_EVENT_FOUND)->found;
    cast_equal(t->room, t->phone->told[KITH_EVENT_REPORT], reports);
    cast_equal(t->room, t->phone->told[KITH_EVENT_SCANNING], scans + 1);
    cast_check(t->room, !t->phone->last[KITH_EVENT_SCANNING].activity.on);
    return found;
}

static void expect_lamp(trio *t, const kith_sought *sought)
{
    const kith_event_found *found = find(t, sought, 10000);
    const kith_address lamp = cast_address(t->lamp);

    cast_equal(t->room, found->result, KITH_FOUND);
    cast_check(t->room, kith_address_equal(&found->report.address, &lamp));
}

static void one_is_found_by_what_it_says(void **state)
{
    (void)state;
    for (kith_sim_core core = 0; core < KITH_SIM_CORES; core++) {
        const kith_uuid wide = {16, {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0x0f, 0x18, 0, 0}};
        kith_sought by_name = {.name = "lamp"}, by_service = {.service = &battery}, by_wide = {.service = &wide},
                    by_both = {.name = "lamp", .service = &battery, .connectable = true}, by_address = {0};
        kith_address address;
        trio t;

        open_trio(&t, core, NULL);
        advertise_as(t.other, "other", HEART);
        advertise_as(t.lamp, "lamp", BATTERY);
        address = cast_address(t.lamp);
        by_address.address = &address;
        expect_lamp(&t, &by_name);
        expect_lamp(&t, &by_service);
        expect_lamp(&t, &by_wide);
        expect_lamp(&t, &by_both);
        expect_lamp(&t, &by_address);
        cast_close(t.room);
    }
}

/* The name of one and the service of another are nobody's. */
static void nobody_is_found_when_none_is_all_of_it(void **state)
{
    const kith_sought sought = {.name = "lamp", .service = &battery};

    (void)state;
    for (kith_sim_core core = 0; core < KITH_SIM_CORES; core++) {
        uint64_t began;
        trio t;

        open_trio(&t, core, NULL);
        advertise_as(t.lamp, "lamp", HEART);
        advertise_as(t.other, "other", BATTERY);
        began = kith_sim_now(t.room->sim);
        cast_equal(t.room, find(&t, &sought, 7000)->result, KITH_FOUND_NOT_IN_TIME);
        cast_check(t.room, kith_sim_now(t.room->sim) - began >= 7000000);
        cast_check(t.room, kith_sim_now(t.room->sim) - began < 7100000);
        cast_equal(t.room, t.phone->last[KITH_EVENT_SCANNING].activity.why, KITH_ENDED_TIME);
        cast_close(t.room);
    }
}

static void whoever_begins_to_advertise_later_is_found_then(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    trio t;

    (void)state;
    open_trio(&t, KITH_SIM_CORE_4_2, NULL);
    cast_equal(t.room, kith_gap_find(t.phone->host, NULL, &sought, 0), KITH_OK);
    cast_run(t.room, 30 * CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.phone->told[KITH_EVENT_FOUND], 0);
    advertise_as(t.lamp, "lamp", HEART);
    cast_await_next(t.phone, KITH_EVENT_FOUND);
    cast_equal(t.room, t.phone->last[KITH_EVENT_FOUND].found.result, KITH_FOUND);
    cast_close(t.room);
}

/* Any other question is the program's to ask, of each report, with the limit of a scan. */
static void a_program_asks_its_own_question(void **state)
{
    (void)state;
    for (kith_sim_core core = 0; core < KITH_SIM_CORES; core++) {
        kith_scan scan;
        kith_ad ad;
        const kith_event *e;
        trio t;

        open_trio(&t, core, NULL);
        advertise_as(t.lamp, "lamp", HEART);
        advertise_as(t.other, "a longer one", BATTERY);
        kith_gap_default_scan(&scan);
        scan.limit_ms = 10000;
        cast_equal(t.room, kith_gap_start_scan(t.phone->host, &scan), KITH_OK);
        do
            e = cast_await_next(t.phone, KITH_EVENT_REPORT);
        while (!kith_ad_find(kith_report_data(&e->report), e->report.len, KITH_AD_COMPLETE_NAME, &ad) || ad.len <= 4);
        cast_check(t.room, memcmp(ad.value, "a longer one", ad.len) == 0);
        while (t.phone->last[KITH_EVENT_SCANNING].activity.on)
            cast_await_next(t.phone, KITH_EVENT_SCANNING);
        cast_equal(t.room, t.phone->last[KITH_EVENT_SCANNING].activity.why, KITH_ENDED_TIME);
        cast_close(t.room);
    }
}

/* ---- a bonded peer that has another address each time ---- */

static kith_peer_id bond_with_lamp(trio *t, kith_address *identity)
{
    unsigned bonded = t->phone->told[KITH_EVENT_BONDED];
    kith_bond_keys keys;
    kith_bond_info info;

    cast_connect(t->phone, t->lamp);
    cast_equal(t->room, kith_pairing_open(t->lamp->host, 30000), KITH_OK);
    cast_equal(t->room, kith_security_secure(t->phone->host, t->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t->phone, KITH_EVENT_BONDED, bonded + 1);
    cast_disconnect(t->phone, t->lamp);
    cast_check(t->room, cast_only_bond(t->phone, &info, &keys));
    *identity = info.identity;
    return info.peer;
}

static void a_bond_is_found_behind_each_of_its_addresses(void **state)
{
    const kith_privacy hidden = {.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = 60, .jitter_s = 0};

    (void)state;
    for (kith_sim_core core = 0; core < KITH_SIM_CORES; core++) {
        kith_sought by_peer = {0}, by_identity = {0};
        kith_address identity, before;
        trio t;

        open_trio(&t, core, &hidden);
        by_peer.peer = bond_with_lamp(&t, &identity);
        by_identity.address = &identity;
        advertise_as(t.other, "other", HEART);
        advertise_as(t.lamp, "lamp", BATTERY);
        before = cast_address(t.lamp);
        for (unsigned i = 0; i < 3; i++) {
            const kith_event_found *found = find(&t, &by_peer, 10000);

            cast_equal(t.room, found->result, KITH_FOUND);
            cast_equal(t.room, found->report.claimed, by_peer.peer);
            cast_equal(t.room, find(&t, &by_identity, 10000)->result, KITH_FOUND);
            cast_run(t.room, 61 * CAST_SECOND, NULL, NULL);
        }
        cast_check(t.room, kith_address_kind_of(&before) == KITH_ADDRESS_KIND_RESOLVABLE);
        identity = cast_address(t.lamp);
        cast_check(t.room, !kith_address_equal(&identity, &before));
        cast_close(t.room);
    }
}

static void a_bond_that_is_found_is_connected_to(void **state)
{
    const kith_privacy hidden = {.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = 60, .jitter_s = 0};

    (void)state;
    for (kith_sim_core core = 0; core < KITH_SIM_CORES; core++) {
        kith_sought sought = {0};
        kith_address identity, on_air;
        trio t;

        open_trio(&t, core, &hidden);
        sought.peer = bond_with_lamp(&t, &identity);
        advertise_as(t.lamp, "lamp", BATTERY);
        cast_run(t.room, 61 * CAST_SECOND, NULL, NULL);
        on_air = find(&t, &sought, 10000)->report.address;
        cast_equal(t.room, kith_gap_connect(t.phone->host, &on_air, NULL), KITH_OK);
        cast_await_next(t.phone, KITH_EVENT_CONNECTED);
        cast_equal(t.room, t.phone->last[KITH_EVENT_CONNECTED].connected.claimed, sought.peer);
        cast_encrypt(t.phone, t.lamp);
        cast_close(t.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_found_by_what_it_says),
        cmocka_unit_test(nobody_is_found_when_none_is_all_of_it),
        cmocka_unit_test(whoever_begins_to_advertise_later_is_found_then),
        cmocka_unit_test(a_program_asks_its_own_question),
        cmocka_unit_test(a_bond_is_found_behind_each_of_its_addresses),
        cmocka_unit_test(a_bond_that_is_found_is_connected_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
