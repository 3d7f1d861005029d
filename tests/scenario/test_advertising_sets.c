/* Advertising on controllers of every age: each kind of PDU as a scanner hears it, several sets with a link each, what
 * an antenna gathers of a private device over a day, and a policy that begins again. */
#include "cast.h"
#include "kith/policy/advertise_again.h"

enum { SETS = 4, SEC = CAST_SECOND };

typedef struct {
    cast_room *room;
    cast_host *lamp, *phones[SETS];
} stand;

static void set_core(const stand *s, kith_sim_core core)
{
    kith_sim_limits limits;

    kith_sim_core_limits(&limits, core);
    assert_int_equal(kith_sim_set_limits(s->room->sim, s->lamp->device, &limits), KITH_OK);
}

static void open_stand(stand *s, kith_sim_core core, kith_privacy_mode mode, unsigned phones)
{
    static const char *const names[] = {"phone a", "phone b", "phone c", "phone d"};
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(909, CAST_OPENSSL);
    cast_lamp_config(&config);
    config.limits.sets = core >= KITH_SIM_CORE_5_0 ? SETS - 1 : 0;
    config.limits.links = SETS;
    config.privacy.mode = mode;
    s->lamp = cast_add(s->room, "lamp", &config);
    set_core(s, core);
    for (unsigned i = 0; i < phones; i++)
        s->phones[i] = cast_add_phone(s->room, names[i]);
    cast_start(s->room);
}

static void begin(const stand *s, uint8_t set, const kith_advertising *a)
{
    unsigned told = s->lamp->told[KITH_EVENT_ADVERTISING];

    cast_equal(s->room, kith_gap_advertise_set(s->lamp->host, set, a), KITH_OK);
    cast_await(s->lamp, KITH_EVENT_ADVERTISING, told + 1);
    cast_check(s->room, s->lamp->last[KITH_EVENT_ADVERTISING].activity.on);
    cast_equal(s->room, s->lamp->last[KITH_EVENT_ADVERTISING].activity.set, set);
}

static void stop(const stand *s, uint8_t set)
{
    unsigned told = s->lamp->told[KITH_EVENT_ADVERTISING];

    cast_equal(s->room, kith_gap_stop_set(s->lamp->host, set), KITH_OK);
    cast_await(s->lamp, KITH_EVENT_ADVERTISING, told + 1);
    cast_check(s->room, !s->lamp->last[KITH_EVENT_ADVERTISING].activity.on);
}

static void connect(const stand *s, cast_host *phone, const kith_address *to)
{
    unsigned told = phone->told[KITH_EVENT_CONNECTED];

    cast_equal(s->room, kith_gap_connect(phone->host, to, NULL), KITH_OK);
    cast_await(phone, KITH_EVENT_CONNECTED, told + 1);
}

/* ---- what is heard ---- */

static void listen_for(const stand *s, uint64_t us)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    s->phones[0]->told[KITH_EVENT_REPORT] = 0;
    assert_int_equal(kith_gap_start_scan(s->phones[0]->host, &scan), KITH_OK);
    cast_run(s->room, us, NULL, NULL);
    assert_int_equal(kith_gap_stop_scan(s->phones[0]->host), KITH_OK);
    cast_run(s->room, SEC, NULL, NULL);
}

static void each_kind_is_heard_as_what_it_is(void **state)
{
    static const struct {
        bool connectable, silent;
        unsigned reports; /* with the scan response, where it answers */
    } rows[] = {{true, false, 2}, {false, false, 2}, {false, true, 1}};

    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        stand s;

        open_stand(&s, (kith_sim_core)core, KITH_PRIVACY_OFF, 1);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            const kith_event_report *report = &s.phones[0]->last[KITH_EVENT_REPORT].report;
            kith_advertising a;

            kith_gap_default_advertising(&a, "lamp");
            a.connectable = rows[i].connectable;
            a.silent = rows[i].silent;
            a.response_len = 3;
            memcpy(a.response, "\x02\x0a\x04", 3);
            begin(&s, 0, &a);
            listen_for(&s, 2 * SEC);
            cast_equal(s.room, s.phones[0]->told[KITH_EVENT_REPORT], rows[i].reports);
            cast_equal(s.room, report->scan_response, rows[i].reports == 2);
            cast_equal(s.room, report->len, rows[i].reports == 2 ? a.response_len : a.data_len);
            if (!report->scan_response)
                cast_equal(s.room, report->connectable, false);
            stop(&s, 0);
            listen_for(&s, 2 * SEC);
            cast_equal(s.room, s.phones[0]->told[KITH_EVENT_REPORT], 0);
        }
        cast_close(s.room);
    }
}

/* Whoever is not meant does not get in. */
static void directed_is_for_one_alone(void **state)
{
    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        kith_address lamp;
        kith_advertising a;
        stand s;

        open_stand(&s, (kith_sim_core)core, KITH_PRIVACY_OFF, 2);
        lamp = cast_address(s.lamp);
        kith_gap_default_advertising(&a, NULL);
        a.directed = true;
        a.to = cast_address(s.phones[0]);
        begin(&s, 0, &a);
        assert_int_equal(kith_gap_connect(s.phones[1]->host, &lamp, NULL), KITH_OK);
        cast_run(s.room, 5 * SEC, NULL, NULL);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_CONNECTED], 0);
        connect(&s, s.phones[0], &lamp);
        cast_run(s.room, SEC, NULL, NULL);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_CONNECTED], 1);
        cast_equal(s.room, s.lamp->last[KITH_EVENT_ADVERTISING].activity.why, KITH_ENDED_CONNECTED);
        cast_close(s.room);
    }
}

static void high_duty_lasts_as_long_as_it_may(void **state)
{
    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        uint64_t began_us;
        kith_advertising a;
        stand s;

        open_stand(&s, (kith_sim_core)core, KITH_PRIVACY_OFF, 1);
        kith_gap_default_advertising(&a, NULL);
        a.directed = a.high_duty = true;
        a.to = cast_address(s.phones[0]);
        begin(&s, 0, &a);
        began_us = kith_sim_now(s.room->sim);
        cast_await(s.lamp, KITH_EVENT_ADVERTISING, 2);
        cast_equal(s.room, s.lamp->last[KITH_EVENT_ADVERTISING].activity.why, KITH_ENDED_TIME);
        cast_check(s.room, kith_sim_now(s.room->sim) - began_us <= 1300000);
        begin(&s, 0, &a);
        stop(&s, 0);
        cast_close(s.room);
    }
}

/* ---- several sets ---- */

static void each_set_has_its_link(void **state)
{
    (void)state;
    for (int core = KITH_SIM_CORE_5_0; core < KITH_SIM_CORES; core++) {
        unsigned ended = 0;
        kith_address lamp;
        kith_advertising a;
        stand s;

        open_stand(&s, (kith_sim_core)core, KITH_PRIVACY_RESOLVABLE, SETS);
        kith_gap_default_advertising(&a, "lamp");
        for (uint8_t i = 0; i < SETS; i++) {
            begin(&s, i, &a);
            cast_run(s.room, 7000, NULL, NULL); /* one radio: not all of them at one time */
        }
        assert_int_equal(kith_gap_own_address(s.lamp->host, &lamp), KITH_OK);
        for (unsigned i = 0; i < SETS; i++) {
            const kith_event_activity *e = &s.lamp->last[KITH_EVENT_ADVERTISING].activity;

            connect(&s, s.phones[i], &lamp);
            cast_await(s.lamp, KITH_EVENT_ADVERTISING, SETS + i + 1);
            cast_check(s.room, !e->on && e->why == KITH_ENDED_CONNECTED);
            ended |= 1u << e->set;
        }
        cast_equal(s.room, ended, (1u << SETS) - 1);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_CONNECTED], SETS);
        for (uint8_t i = 0; i < SETS; i++)
            begin(&s, i, &a); /* beside its links */
        cast_close(s.room);
    }
}

static void a_controller_holds_as_many_as_it_says(void **state)
{
    kith_advertising a;
    stand s;

    (void)state;
    open_stand(&s, KITH_SIM_CORE_4_2, KITH_PRIVACY_OFF, 0);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_READY].ready.sets, 1);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_READY].ready.data_most, 31);
    kith_gap_default_advertising(&a, "lamp");
    a.extended = true;
    cast_equal(s.room, kith_gap_advertise(s.lamp->host, &a), KITH_ERR_UNSUPPORTED);
    cast_close(s.room);
    open_stand(&s, KITH_SIM_CORE_5_0, KITH_PRIVACY_OFF, 0);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_READY].ready.sets, 4);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_READY].ready.data_most, 251);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_READY].ready.lacks & KITH_LACKS_EXTENDED, 0);
    for (unsigned n = 0; n < 3 * SETS; n++) { /* the memory of those that are off is free */
        begin(&s, (uint8_t)(n % SETS), &a);
        stop(&s, (uint8_t)(n % SETS));
    }
    cast_close(s.room);
}

/* ---- extended PDUs, and what an antenna gathers ---- */

enum { ADDRESSES = 256, SAID = 12 };

typedef struct {
    uint8_t identity[6];
    uint8_t address[6], said[SAID]; /* on air now */
    unsigned addresses, frames, mixed, shown, extended;
} antenna;

static bool contains(const uint8_t *octets, size_t len, const uint8_t *part, size_t part_len)
{
    for (size_t i = 0; i + part_len <= len; i++)
        if (memcmp(octets + i, part, part_len) == 0)
            return true;
    return false;
}

/* Legacy PDUs: the address, then data, whose last octets are drawn. */
static void hear(void *context, const kith_sim_frame *frame)
{
    antenna *n = context;
    const uint8_t *payload = frame->pdu + 2;

    n->frames++;
    n->shown += contains(frame->pdu, frame->len, n->identity, 6);
    n->extended += frame->channel >= 37 && (frame->pdu[0] & 0x0f) == 7;
    if (frame->channel < 37 || (frame->pdu[0] & 0x0f) != 0 || frame->len < 2 + 6 + SAID)
        return;
    if (n->addresses != 0 &&
        (memcmp(n->address, payload, 6) == 0) != (memcmp(n->said, payload + frame->len - 2 - SAID, SAID) == 0))
        n->mixed++;
    if (n->addresses == 0 || memcmp(n->address, payload, 6) != 0)
        n->addresses++;
    memcpy(n->address, payload, 6);
    memcpy(n->said, payload + frame->len - 2 - SAID, SAID);
}

/* A day with privacy on: what is drawn goes with its address and no other, and nothing shows who it is. */
static void a_day_shows_nothing_that_lasts(void **state)
{
    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        antenna n = {.frames = 0};
        kith_advertising a;
        stand s;

        open_stand(&s, (kith_sim_core)core, KITH_PRIVACY_RESOLVABLE, 0);
        {
            kith_identity_info info;

            assert_int_equal(kith_identity_get(s.lamp->host, 0, &info), KITH_OK);
            memcpy(n.identity, info.address.octets, 6);
        }
        assert_int_equal(kith_sim_listen(s.room->sim, hear, &n), KITH_OK);
        kith_gap_default_advertising(&a, NULL);
        a.interval_625us = 0x4000;
        a.data_len = 3 + SAID;
        a.random_data = (kith_random_part){.at = 3, .len = SAID};
        begin(&s, 0, &a);
        if (core >= KITH_SIM_CORE_5_0) {
            a.extended = true;
            begin(&s, 1, &a);
            a.connectable = false;
            a.silent = true;
            begin(&s, 3, &a);
        }
        cast_run(s.room, (uint64_t)24 * 3600 * SEC, NULL, NULL);
        cast_equal(s.room, n.shown, 0);
        cast_equal(s.room, n.mixed, 0);
        cast_check(s.room, n.addresses >= 96);
        cast_equal(s.room, n.extended != 0, core >= KITH_SIM_CORE_5_0);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_ADVERTISING], core >= KITH_SIM_CORE_5_0 ? 3 : 1);
        cast_close(s.room);
    }
}

static void long_data_is_on_air(void **state)
{
    static uint8_t octets[1000];
    antenna n = {.identity = {0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f}};
    kith_advertising a;
    stand s;

    (void)state;
    open_stand(&s, KITH_SIM_CORE_5_4, KITH_PRIVACY_OFF, 0);
    assert_int_equal(kith_sim_listen(s.room->sim, hear, &n), KITH_OK);
    kith_gap_default_advertising(&a, NULL);
    memcpy(octets + 990, n.identity, 6); /* near the end */
    a.extended = a.silent = true;
    a.connectable = false;
    a.long_data = octets;
    a.long_data_len = sizeof octets;
    begin(&s, 2, &a);
    cast_run(s.room, 3 * SEC, NULL, NULL);
    cast_check(s.room, n.extended > 10 && n.shown > 0);
    n.shown = 0;
    octets[990] = 0; /* the other ones are ours again from when it has these */
    assert_int_equal(kith_gap_set_data(s.lamp->host, 2, octets, 600, NULL, 0), KITH_OK);
    cast_run(s.room, SEC, NULL, NULL);
    n.shown = n.extended = 0;
    cast_run(s.room, 3 * SEC, NULL, NULL);
    cast_check(s.room, n.extended > 10 && n.shown == 0);
    stop(&s, 2);
    cast_close(s.room);
}

/* ---- the policy ---- */

static kith_listeners listeners;

static void tell(cast_host *self, const kith_event *event)
{
    kith_listeners_tell(&listeners, self->host, event, kith_sim_now(self->room->sim));
}

static void a_policy_begins_again(void **state)
{
    (void)state;
    for (int core = 0; core < KITH_SIM_CORES; core++) {
        kith_advertise_again again;
        kith_advertising a;
        stand s;

        open_stand(&s, (kith_sim_core)core, KITH_PRIVACY_OFF, 2);
        memset(&listeners, 0, sizeof listeners);
        kith_gap_default_advertising(&a, "lamp");
        kith_advertise_again_init(&again, 0, &a, 2);
        assert_int_equal(kith_listeners_add(&listeners, &again.listener), KITH_OK);
        s.lamp->react = tell;
        begin(&s, 0, &a);
        for (unsigned n = 0; n < 3; n++) {
            kith_address lamp = cast_address(s.lamp);

            connect(&s, s.phones[0], &lamp);
            connect(&s, s.phones[1], &lamp); /* it was on again by itself */
            cast_run(s.room, SEC, NULL, NULL);
            cast_check(s.room, !s.lamp->last[KITH_EVENT_ADVERTISING].activity.on);
            for (unsigned i = 0; i < 2; i++)
                cast_equal(s.room, kith_gap_disconnect(s.phones[i]->host, s.phones[i]->link, 0x13), KITH_OK);
            cast_run(s.room, SEC, NULL, NULL);
            cast_check(s.room, s.lamp->last[KITH_EVENT_ADVERTISING].activity.on);
        }
        cast_equal(s.room, again.again, 6);
        cast_close(s.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_heard_as_what_it_is),
        cmocka_unit_test(directed_is_for_one_alone),
        cmocka_unit_test(high_duty_lasts_as_long_as_it_may),
        cmocka_unit_test(each_set_has_its_link),
        cmocka_unit_test(a_controller_holds_as_many_as_it_says),
        cmocka_unit_test(a_day_shows_nothing_that_lasts),
        cmocka_unit_test(long_data_is_on_air),
        cmocka_unit_test(a_policy_begins_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
