/* Searches: what counts as found, and that each has one end, behind the end of its scan. */
#include "test_host_scan_support.h"

static const kith_uuid battery = KITH_UUID16(0x180f);
static const uint8_t battery_data[] = {3, KITH_AD_SERVICES_16, 0x0f, 0x18};
static const uint8_t lamp_data[] = {5, KITH_AD_COMPLETE_NAME, 'l', 'a', 'm', 'p'};

static void seek(ear *e, const kith_sought *sought, uint32_t limit_ms)
{
    assert_int_equal(kith_gap_find(e->d.h, NULL, sought, limit_ms), KITH_OK);
    ear_run(e);
    assert_int_equal(e->told[KITH_EVENT_SCANNING], 0);
}

static void open_and_seek(ear *e, const kith_sought *sought, uint32_t limit_ms)
{
    ear_open(e, EAR_EXTENDED, 255);
    seek(e, sought, limit_ms);
}

/* SCANNING that it is off, then FOUND, and nothing else. */
static void expect_end(ear *e, kith_found_result result)
{
    ear_run(e);
    assert_int_equal(e->told[KITH_EVENT_SCANNING], 1);
    assert_int_equal(e->told[KITH_EVENT_FOUND], 1);
    assert_int_equal(e->told[KITH_EVENT_REPORT], 0);
    assert_int_equal(e->order[0], KITH_EVENT_SCANNING);
    assert_int_equal(e->order[1], KITH_EVENT_FOUND);
    assert_false(e->last[KITH_EVENT_SCANNING].activity.on);
    assert_int_equal(e->last[KITH_EVENT_FOUND].found.result, result);
    assert_true(kith_gap_stop_scan(e->d.h) == KITH_ERR_STATE);
    assert_int_equal(kith_host_deadline(e->d.h), UINT64_MAX);
}

static void expect_found(ear *e, const kith_address *who)
{
    expect_end(e, KITH_FOUND);
    assert_int_equal(e->last[KITH_EVENT_SCANNING].activity.why, KITH_ENDED_FOUND);
    assert_int_equal(e->report_count, 1);
    assert_true(kith_address_equal(&e->reports[0].address, who));
    assert_false(e->scanning);
}

/* ---- what is sought ---- */

static kith_event_report report_of(const uint8_t *data, size_t len)
{
    kith_event_report r;

    memset(&r, 0, sizeof r);
    r.address = ear_address(1);
    r.len = (uint16_t)len;
    r.rssi = -60;
    memcpy(r.data, data, len);
    return r;
}

static bool is_named(uint8_t type, const char *said, const char *sought_name)
{
    const kith_sought sought = {.name = sought_name};
    uint8_t data[31];
    const kith_event_report r = report_of(data, ear_name(data, type, said));

    return kith_gap_is_sought(&sought, &r);
}

static void a_name_is_whole_or_shortened_as_it_says(void **state)
{
    (void)state;
    assert_true(is_named(KITH_AD_COMPLETE_NAME, "lamp", "lamp"));
    assert_false(is_named(KITH_AD_COMPLETE_NAME, "lam", "lamp"));
    assert_false(is_named(KITH_AD_COMPLETE_NAME, "lamps", "lamp"));
    assert_false(is_named(KITH_AD_COMPLETE_NAME, "Lamp", "lamp"));
    assert_true(is_named(KITH_AD_SHORTENED_NAME, "lam", "lamp"));
    assert_true(is_named(KITH_AD_SHORTENED_NAME, "lamp", "lamp"));
    assert_false(is_named(KITH_AD_SHORTENED_NAME, "lamps", "lamp"));
    assert_false(is_named(KITH_AD_SHORTENED_NAME, "amp", "lamp"));
    assert_false(is_named(KITH_AD_SHORTENED_NAME, "", "lamp"));
}

static kith_event_report report_with_everything(void)
{
    uint8_t data[31];
    size_t len = ear_name(data, KITH_AD_COMPLETE_NAME, "lamp");
    kith_event_report r;

    assert_int_equal(kith_ad_put(data, sizeof data, &len, KITH_AD_SERVICES_16, "\x0f\x18", 2), KITH_OK);
    r = report_of(data, len);
    r.connectable = true;
    r.claimed = 3;
    return r;
}

static void every_wish_must_be_met(void **state)
{
    const kith_address one = ear_address(1), two = ear_address(2);
    static const kith_uuid heart = KITH_UUID16(0x180d);
    const kith_event_report all = report_with_everything();
    kith_event_report r = all;
    kith_sought s = {
        .name = "lamp", .address = &one, .service = &battery, .peer = 3, .rssi_least = -60, .connectable = true};
    const kith_sought good = s;

    (void)state;
    assert_true(kith_gap_is_sought(&s, &r));
    s.name = "bulb";
    assert_false(kith_gap_is_sought(&s, &r));
    s = good;
    s.address = &two;
    assert_false(kith_gap_is_sought(&s, &r));
    s = good;
    s.service = &heart;
    assert_false(kith_gap_is_sought(&s, &r));
    s = good;
    s.peer = 4;
    assert_false(kith_gap_is_sought(&s, &r));
    s = good;
    s.rssi_least = -59;
    assert_false(kith_gap_is_sought(&s, &r));
    r.connectable = false;
    assert_false(kith_gap_is_sought(&good, &r));
    r = all;
    r.rssi = 127; /* not known is not strong */
    assert_false(kith_gap_is_sought(&good, &r));
    memset(&s, 0, sizeof s);
    assert_true(kith_gap_is_sought(&s, &r)); /* anybody */
}

/* ---- found ---- */

static void the_first_that_is_sought_ends_it(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    const kith_address a = ear_address(1), b = ear_address(2);
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 0);
    assert_int_equal(e.last_enable[1], 0); /* each is heard again */
    ear_extended(&e, 0x13, &a, 0xff, battery_data, sizeof battery_data);
    assert_true(e.scanning && e.told[KITH_EVENT_FOUND] == 0);
    ear_extended(&e, 0x13, &b, 0xff, lamp_data, sizeof lamp_data);
    ear_extended(&e, 0x13, &a, 0xff, lamp_data, sizeof lamp_data); /* too late */
    expect_found(&e, &b);
    assert_memory_equal(e.data[0], lamp_data, sizeof lamp_data);
    ear_listen(&e, NULL); /* a scan after it tells again */
    ear_extended(&e, 0x13, &a, 0xff, lamp_data, sizeof lamp_data);
    assert_int_equal(e.told[KITH_EVENT_REPORT], 1);
    ear_close(&e);
}

static void what_is_said_in_two_packets_counts_together(void **state)
{
    const kith_sought sought = {.name = "lamp", .service = &battery, .connectable = true};
    const kith_address a = ear_address(1), b = ear_address(2);
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 0);
    ear_extended(&e, 0x13, &a, 0xff, battery_data, sizeof battery_data);
    ear_extended(&e, 0x1a, &b, 0xff, lamp_data, sizeof lamp_data); /* another one's */
    assert_int_equal(e.told[KITH_EVENT_FOUND], 0);
    ear_run(&e);
    assert_true(e.scanning);
    ear_extended(&e, 0x1a, &a, 0xff, lamp_data, sizeof lamp_data);
    expect_found(&e, &a);
    assert_true(e.reports[0].scan_response);
    ear_close(&e);
}

/* Eight are remembered, the last one heard for longest; whoever is forgotten is heard again. */
static void a_crowd_between_two_packets_only_delays(void **state)
{
    const kith_sought sought = {.name = "lamp", .service = &battery};
    const kith_address a = ear_address(1);
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 0);
    ear_extended(&e, 0x13, &a, 0xff, battery_data, sizeof battery_data);
    for (uint8_t i = 10; i < 17; i++) {
        const kith_address other = ear_address(i);

        ear_extended(&e, 0x13, &other, 0xff, battery_data, sizeof battery_data);
    }
    for (uint8_t i = 20; i < 120; i++) { /* nobody of interest */
        const kith_address other = ear_address(i);

        ear_extended(&e, 0x13, &other, 0xff, NULL, 0);
    }
    ear_extended(&e, 0x1b, &a, 0xff, lamp_data, sizeof lamp_data);
    expect_found(&e, &a);
    ear_forget(&e);
    seek(&e, &sought, 0);
    ear_extended(&e, 0x13, &a, 0xff, battery_data, sizeof battery_data);
    for (uint8_t i = 10; i < 18; i++) {
        const kith_address other = ear_address(i);

        ear_extended(&e, 0x13, &other, 0xff, battery_data, sizeof battery_data);
    }
    ear_extended(&e, 0x1b, &a, 0xff, lamp_data, sizeof lamp_data);
    assert_true(ear_step(&e) == false && e.scanning);
    ear_extended(&e, 0x13, &a, 0xff, battery_data, sizeof battery_data);
    expect_found(&e, &a);
    ear_close(&e);
}

/* One search does not know what was said in another one. */
static void nothing_is_remembered_from_an_earlier_search(void **state)
{
    const kith_sought sought = {.name = "lamp", .service = &battery};
    const kith_address a = ear_address(1);
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 0);
    ear_extended(&e, 0x13, &a, 0xff, battery_data, sizeof battery_data);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_OK);
    expect_end(&e, KITH_FOUND_STOPPED);
    ear_forget(&e);
    seek(&e, &sought, 0);
    ear_extended(&e, 0x13, &a, 0xff, lamp_data, sizeof lamp_data);
    assert_false(ear_step(&e));
    ear_close(&e);
}

static void who_says_no_address_is_known_by_one_packet_alone(void **state)
{
    const kith_sought sought = {.name = "lamp", .service = &battery};
    kith_address nobody = {.type = 0xff};
    uint8_t both[31];
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 0);
    ear_extended(&e, 0, &nobody, 1, battery_data, sizeof battery_data);
    ear_extended(&e, 0, &nobody, 1, lamp_data, sizeof lamp_data);
    assert_false(ear_step(&e));
    memcpy(both, battery_data, sizeof battery_data);
    memcpy(both + sizeof battery_data, lamp_data, sizeof lamp_data);
    ear_extended(&e, 0, &nobody, 1, both, sizeof battery_data + sizeof lamp_data);
    nobody.type = 1;
    expect_end(&e, KITH_FOUND);
    ear_close(&e);
}

static void a_bonded_peer_is_found_behind_its_private_address(void **state)
{
    const kith_address identity = ear_address(5);
    kith_address on_air, stranger;

    (void)state;
    for (unsigned by_address = 0; by_address < 2; by_address++) {
        kith_sought sought = {0};
        kith_peer_id peer;
        ear e;

        ear_open(&e, EAR_EXTENDED, 255);
        peer = ear_bond(&e, 5, 0x55);
        if (by_address)
            sought.address = &identity;
        else
            sought.peer = peer;
        seek(&e, &sought, 0);
        stranger = ear_private_of(&e, 0x66, 1);
        on_air = ear_private_of(&e, 0x55, 2);
        ear_extended(&e, 0x13, &stranger, 0xff, NULL, 0);
        assert_false(ear_step(&e));
        ear_extended(&e, 0x13, &on_air, 0xff, NULL, 0);
        expect_found(&e, &on_air);
        assert_int_equal(e.reports[0].claimed, peer);
        ear_close(&e);
    }
}

static void what_is_found_is_told_with_all_of_its_data(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    const kith_address a = ear_address(1);
    uint8_t part[200] = {0};
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 0);
    memset(part, 0xee, sizeof part);
    memcpy(part, lamp_data, sizeof lamp_data);
    ear_extended(&e, EAR_MORE, &a, 1, part, sizeof part);
    ear_extended(&e, 0, &a, 1, part, 50);
    expect_found(&e, &a);
    assert_true(e.reports[0].len == 250 && e.data[0][200] == lamp_data[0]);
    ear_forget(&e);
    seek(&e, &sought, 0);
    ear_extended(&e, 0, &a, 1, part, sizeof part); /* whole at once */
    expect_found(&e, &a);
    assert_true(e.reports[0].len == 200 && memcmp(e.data[0], part, 200) == 0);
    ear_close(&e);
}

/* ---- other ends ---- */

static void its_time_may_be_over(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 3000);
    ear_pass(&e, 2999999);
    assert_int_equal(e.told[KITH_EVENT_FOUND], 0);
    ear_pass(&e, 1);
    expect_end(&e, KITH_FOUND_NOT_IN_TIME);
    assert_int_equal(e.last[KITH_EVENT_SCANNING].activity.why, KITH_ENDED_TIME);
    ear_close(&e);
}

static void it_may_be_stopped(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 0);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_OK);
    expect_end(&e, KITH_FOUND_STOPPED);
    ear_close(&e);
}

static void the_controller_may_refuse(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    ear e;

    (void)state;
    ear_open(&e, EAR_EXTENDED, 255);
    e.refuse = KITH_HCI_LE_SET_EXT_SCAN_ENABLE;
    e.refuse_with = KITH_HCI_COMMAND_DISALLOWED;
    assert_int_equal(kith_gap_find(e.d.h, NULL, &sought, 1000), KITH_OK);
    expect_end(&e, KITH_FOUND_FAILED);
    assert_int_equal(e.last[KITH_EVENT_FOUND].found.hci_status, KITH_HCI_COMMAND_DISALLOWED);
    ear_close(&e);
}

static void the_controller_may_be_lost(void **state)
{
    static const uint8_t code = 1;
    const kith_sought sought = {.name = "lamp"};
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 1000);
    ear_event(&e, KITH_HCI_EV_HARDWARE_ERROR, &code, 1);
    assert_int_equal(kith_host_advance(e.d.h, e.d.now_us), KITH_OK);
    ear_take_events(&e);
    assert_int_equal(e.told[KITH_EVENT_CONTROLLER_LOST], 1);
    assert_true(e.order_count == 3 && e.order[2] == KITH_EVENT_CONTROLLER_LOST);
    expect_end(&e, KITH_FOUND_FAILED);
    assert_int_equal(e.last[KITH_EVENT_FOUND].found.hci_status, KITH_HCI_HARDWARE_FAILURE);
    ear_forget(&e);
    ear_start(&e);
    ear_listen(&e, NULL);
    ear_close(&e);
}

static kith_status no_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
    return KITH_ERR_ENTROPY;
}

static void there_may_be_no_address_to_do_it_with(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    ear e;

    (void)state;
    ear_make(&e, EAR_EXTENDED, 255, 16);
    e.d.h->config.privacy = (kith_privacy){.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = 10};
    ear_start(&e);
    seek(&e, &sought, 0);
    e.d.port.random = no_random;
    ear_pass(&e, 11000000);
    expect_end(&e, KITH_FOUND_FAILED);
    assert_int_equal(e.last[KITH_EVENT_FOUND].found.status, KITH_ERR_ENTROPY);
    assert_int_equal(e.last[KITH_EVENT_SCANNING].activity.status, KITH_ERR_ENTROPY);
    ear_close(&e);
}

static void everything_may_be_forgotten(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    ear e;

    (void)state;
    open_and_seek(&e, &sought, 1000);
    assert_int_equal(kith_host_factory_reset(e.d.h), KITH_OK);
    assert_int_equal(kith_host_advance(e.d.h, e.d.now_us), KITH_OK);
    ear_take_events(&e);
    assert_int_equal(e.told[KITH_EVENT_FOUND], 1);
    assert_int_equal(e.last[KITH_EVENT_FOUND].found.result, KITH_FOUND_FAILED);
    assert_int_equal(e.told[KITH_EVENT_SCANNING], 1);
    ear_close(&e);
}

/* It was found before its time was over, or before it was to stop: that is how it ended. */
static void what_is_found_stays_found(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    const kith_address a = ear_address(1);
    static const uint8_t code = 1;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        ear e;

        open_and_seek(&e, &sought, 1000);
        ear_extended(&e, 0x13, &a, 0xff, lamp_data, sizeof lamp_data);
        if (i == 0)
            assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_ERR_BUSY);
        if (i == 1)
            ear_pass(&e, 2000000);
        if (i == 2) {
            ear_event(&e, KITH_HCI_EV_HARDWARE_ERROR, &code, 1);
            assert_int_equal(kith_host_advance(e.d.h, e.d.now_us), KITH_OK);
            ear_take_events(&e);
        }
        expect_end(&e, KITH_FOUND);
        ear_close(&e);
    }
}

static void its_errors_are_those_of_a_scan(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    kith_scan scan;
    ear e;

    (void)state;
    kith_gap_default_scan(&scan);
    ear_make(&e, EAR_EXTENDED, 0, 16);
    assert_int_equal(kith_gap_find(e.d.h, NULL, &sought, 0), KITH_ERR_STATE);
    ear_start(&e);
    scan.window_625us = 1;
    assert_int_equal(kith_gap_find(e.d.h, &scan, &sought, 0), KITH_ERR_VALUE);
    scan.window_625us = 96;
    scan.phys = KITH_PHYS_CODED;
    assert_int_equal(kith_gap_find(e.d.h, &scan, &sought, 0), KITH_ERR_UNSUPPORTED);
    scan.phys = 0;
    scan.filter = true;
    assert_int_equal(kith_gap_find(e.d.h, &scan, &sought, 0), KITH_ERR_NOT_FOUND);
    scan.filter = false;
    ear_listen(&e, &scan);
    assert_int_equal(kith_gap_find(e.d.h, &scan, &sought, 0), KITH_ERR_STATE);
    assert_int_equal(kith_gap_stop_scan(e.d.h), KITH_OK);
    ear_run(&e);
    assert_int_equal(e.told[KITH_EVENT_FOUND], 0); /* a call that was refused began nothing */
    ear_close(&e);
}

/* ---- a storm ---- */

typedef struct {
    uint32_t x;
    unsigned begun, ended;
} storm;

static uint32_t draw(storm *s, uint32_t below)
{
    s->x ^= s->x << 13;
    s->x ^= s->x >> 17;
    s->x ^= s->x << 5;
    return s->x % below;
}

static void hear_anything(ear *e, storm *s)
{
    static const uint16_t types[] = {0x13, 0x1b, 0, EAR_MORE, EAR_CUT, 0x60, 0x15};
    const kith_address a = ear_address((uint8_t)draw(s, 4));
    uint8_t data[60];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)draw(s, 40);
    if (draw(s, 4) == 0)
        memcpy(data, lamp_data, sizeof lamp_data);
    ear_extended(e, types[draw(s, 7)], &a, (uint8_t)draw(s, 2), data, (uint8_t)draw(s, sizeof data));
}

static void settle(ear *e, storm *s)
{
    s->ended += e->told[KITH_EVENT_FOUND];
    ear_forget(e);
}

static void one_step(ear *e, storm *s)
{
    static const kith_sought by_name = {.name = "lamp"}, by_both = {.name = "lamp", .service = &battery};
    static const uint8_t code = 1;

    if (e->scanning)
        e->refuse = 0; /* no controller refuses to stop */
    switch (draw(s, 12)) {
    case 0:
        s->begun += kith_gap_find(e->d.h, NULL, draw(s, 2) ? &by_name : &by_both, draw(s, 2) ? 700 : 0) == KITH_OK;
        break;
    case 1:
        if (kith_gap_stop_scan(e->d.h) == KITH_OK)
            assert_int_equal(kith_gap_stop_scan(e->d.h), KITH_ERR_BUSY);
        break;
    case 2:
        e->d.now_us += draw(s, 500000);
        assert_int_equal(kith_host_advance(e->d.h, e->d.now_us), KITH_OK);
        ear_take_events(e);
        break;
    case 3:
        e->refuse = draw(s, 3) == 0 ? KITH_HCI_LE_SET_EXT_SCAN_ENABLE : 0;
        e->refuse_with = KITH_HCI_COMMAND_DISALLOWED;
        break;
    case 4:
        if (draw(s, 10) == 0 && !e->kept) {
            ear_event(e, KITH_HCI_EV_HARDWARE_ERROR, &code, 1);
            assert_int_equal(kith_host_advance(e->d.h, e->d.now_us), KITH_OK);
            ear_take_events(e);
            settle(e, s);
            assert_int_equal(s->begun, s->ended);
            e->scanning = false;
            e->refuse = 0;
            ear_start(e);
        }
        break;
    case 5:
    case 6:
        (void)ear_step(e);
        break;
    default:
        hear_anything(e, s);
        break;
    }
    settle(e, s);
}

static void whatever_happens_each_search_has_one_end(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        storm s = {.x = seed * 2654435761u};
        ear e;

        print_message("seed %u\n", seed);
        ear_open(&e, EAR_EXTENDED, 80);
        for (unsigned i = 0; i < 400; i++) {
            one_step(&e, &s);
            assert_true(s.ended <= s.begun && s.begun - s.ended <= 1);
        }
        e.refuse = 0;
        ear_run(&e);
        settle(&e, &s);
        if (kith_gap_stop_scan(e.d.h) == KITH_OK)
            ear_run(&e);
        settle(&e, &s);
        assert_int_equal(s.begun, s.ended);
        assert_true(s.begun > 0);
        assert_false(e.scanning);
        ear_close(&e);
    }
}

/* ---- a queue that is full ---- */

/* Events are taken only when the host will not go on otherwise: the end is there all the same. */
static void a_full_queue_loses_no_end(void **state)
{
    const kith_sought sought = {.name = "lamp"};
    const kith_address a = ear_address(1);

    (void)state;
    for (unsigned filled = 0; filled < 40; filled++) {
        ear e;
        uint8_t packet[64] = {KITH_H4_EVENT, KITH_HCI_EV_LE_META, 0, KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT, 1};
        uint8_t complete[7] = {KITH_H4_EVENT, KITH_HCI_EV_COMMAND_COMPLETE, 4, 1};
        size_t len = 5 + ear_put(packet + 5, 0x13, &a, 0xff, lamp_data, sizeof lamp_data);
        uint8_t command[260];
        kith_event event;
        unsigned found = 0, taken = 0;

        packet[2] = (uint8_t)(len - 3);
        ear_open(&e, EAR_EXTENDED, 0);
        seek(&e, &sought, 0);
        for (unsigned i = 0; i < filled && events_have_room(e.d.h); i++)
            event_post(e.d.h, KITH_EVENT_RSSI, NULL);
        while (kith_host_receive(e.d.h, packet, len, 0) == KITH_ERR_FULL)
            taken += kith_host_next_event(e.d.h, &event);
        assert_true(kith_host_next_packet(e.d.h, command, sizeof command) > 0);
        memcpy(complete + 4, command + 1, 2);
        while (kith_host_receive(e.d.h, complete, sizeof complete, 0) == KITH_ERR_FULL)
            taken += kith_host_next_event(e.d.h, &event);
        while (kith_host_next_event(e.d.h, &event)) {
            taken++;
            found += event.kind == KITH_EVENT_FOUND && event.found.result == KITH_FOUND;
        }
        assert_int_equal(found, 1);
        assert_int_equal(kith_host_dropped(e.d.h), 0);
        ear_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_whole_or_shortened_as_it_says),
        cmocka_unit_test(every_wish_must_be_met),
        cmocka_unit_test(the_first_that_is_sought_ends_it),
        cmocka_unit_test(what_is_said_in_two_packets_counts_together),
        cmocka_unit_test(a_crowd_between_two_packets_only_delays),
        cmocka_unit_test(nothing_is_remembered_from_an_earlier_search),
        cmocka_unit_test(who_says_no_address_is_known_by_one_packet_alone),
        cmocka_unit_test(a_bonded_peer_is_found_behind_its_private_address),
        cmocka_unit_test(what_is_found_is_told_with_all_of_its_data),
        cmocka_unit_test(its_time_may_be_over),
        cmocka_unit_test(it_may_be_stopped),
        cmocka_unit_test(the_controller_may_refuse),
        cmocka_unit_test(the_controller_may_be_lost),
        cmocka_unit_test(there_may_be_no_address_to_do_it_with),
        cmocka_unit_test(everything_may_be_forgotten),
        cmocka_unit_test(what_is_found_stays_found),
        cmocka_unit_test(its_errors_are_those_of_a_scan),
        cmocka_unit_test(whatever_happens_each_search_has_one_end),
        cmocka_unit_test(a_full_queue_loses_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
