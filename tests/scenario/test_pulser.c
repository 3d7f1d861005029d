/* The pulser (examples/pulser): every trouble that product had is a test here, and what it promises its people.
 * The board is this file: it writes down what the device says and shows, and holds every green light against the link
 * it stands for. */
#include "cast.h"
#include "examples/pulser/pulser.h"
#include "examples/room/room.h"
#include "kith/lint.h"
#include "kith/port/openssl.h"

enum { LEFT, RIGHT, THIRD, PULSERS, LIGHTS = 64, SLOWEST_TURN_US = 100000 };

typedef struct {
    pulser device;
    pulser_light lights[LIGHTS]; /* as shown, in order */
    uint64_t lit_us[LIGHTS];
    unsigned light_count, greens, reds;
    uint32_t number;
    unsigned numbers_shown, backoffs;
    unsigned events, cut_after; /* out of range after so many of them; 0: never */
    bool both_secure;           /* it begins security as peripheral too */
} board;

/* An app on a phone: a host that is no pulser, whatever it calls itself. */
typedef struct {
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 65, 8)];
    kith_host *host;
    kith_link link;
    unsigned paired, encrypted, failed, reports;
    uint8_t refusal;     /* of the last ATT request */
    kith_address sought; /* reports of this address are counted */
} app;

static board boards[PULSERS];
static app phone;
static room place;
static kith_sim_device radios[PULSERS + 1];

/* ---- the board ---- */

void board_say(const pulser *p, const char *what)
{
    board *b = (board *)(uintptr_t)p; /* the device is its first member */

    if (strcmp(what, kith_status_name(KITH_ERR_BACKOFF)) == 0)
        b->backoffs++;
}

/* Green is said by nothing but a link that is encrypted, with a partner that is proven. */
static void check_green(const pulser *p)
{
    kith_event_security now;
    kith_bond_info bond;

    assert_int_equal(kith_security_of(p->host, p->link, &now), KITH_OK);
    assert_true(now.level >= (p->display ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_ENCRYPTED));
    assert_int_equal(now.key_size, 16);
    assert_true(now.secure_connections);
    assert_int_equal(kith_bonds_get(p->host, now.peer, &bond), KITH_OK);
    assert_int_equal(bond.peer_class, PARTNER);
}

void board_light(const pulser *p, pulser_light light)
{
    board *b = (board *)(uintptr_t)p;

    if (light == GREEN)
        check_green(p);
    b->greens += light == GREEN;
    b->reds += light == RED;
    b->lights[b->light_count % LIGHTS] = light;
    b->lit_us[b->light_count++ % LIGHTS] = p->now_us;
}

void board_number(const pulser *p, uint32_t number)
{
    board *b = (board *)(uintptr_t)p;

    b->number = number;
    b->numbers_shown++;
}

static void on_turn(void *self, uint64_t now_us)
{
    pulser *p = self;

    assert_true(now_us - p->fed_us <= SLOWEST_TURN_US || p->fed_us == 0);
    pulser_turn(p, now_us);
    assert_true(p->state != PULSING || p->link != 0);
}

static void on_event(void *self, const kith_event *event)
{
    board *b = self;

    b->events++;
    if (b->cut_after != 0 && b->events == b->cut_after)
        kith_sim_set_out_of_range(place.air, radios[b - boards], true);
    pulser_on_event(self, event);
    if (event->kind == KITH_EVENT_CONNECTED && b->both_secure)
        (void)!kith_security_secure(b->device.host, event->link, KITH_LEVEL_ENCRYPTED);
}

static kith_host *power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    pulser *p = self;

    p->fed_us = 0;
    return pulser_power_on(p, crypto, store);
}

/* ---- the app ---- */

static kith_host *app_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    app *a = self;
    kith_config config;

    kith_config_default(&config);
    config.limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 4, .mtu = 65, .events = 8};
    config.crypto = crypto;
    config.store = store;
    config.security.methods = kith_sc_methods;
    config.security.policy = KITH_PAIRING_ASK;
    (void)!kith_host_init(a->memory, sizeof a->memory, &config, &a->host);
    return a->host;
}

static void app_on_event(void *self, const kith_event *e)
{
    app *a = self;

    if (e->kind == KITH_EVENT_CONNECTED)
        a->link = e->link;
    if (e->kind == KITH_EVENT_DISCONNECTED)
        a->link = 0;
    if (e->kind == KITH_EVENT_CONSENT_WANTED)
        (void)!kith_pairing_consent(a->host, e->link, true);
    if (e->kind == KITH_EVENT_REPORT && kith_address_equal(&e->report.address, &a->sought))
        a->reports++;
    if (e->kind == KITH_EVENT_READ || e->kind == KITH_EVENT_WRITTEN)
        a->refusal = e->gatt.att_error;
    a->paired += e->kind == KITH_EVENT_PAIRED;
    a->encrypted += e->kind == KITH_EVENT_ENCRYPTED;
    a->failed += e->kind == KITH_EVENT_PAIRING_FAILED || e->kind == KITH_EVENT_ENCRYPTION_FAILED;
}

static void app_turn(void *self, uint64_t now_us)
{
    (void)self;
    (void)now_us;
}

/* ---- moves ---- */

static void run(uint64_t for_us)
{
    room_run(&place, for_us);
}

static pulser *at(size_t which)
{
    return &boards[which].device;
}

static void add(size_t which, uint8_t top, bool keeps_bonds)
{
    static room_device devices[PULSERS];
    size_t where;

    devices[which] = (room_device){&boards[which], at(which)->name, power_on, on_event, on_turn};
    where = room_add(&place, &devices[which], (uint8_t[6]){(uint8_t)(which + 1), 0, 0, 0, 0, top}, keeps_bonds);
    assert_int_equal(where, which);
    radios[which] = place.places[where].radio;
}

static void open_room(uint64_t seed)
{
    static const char *const names[] = {"left", "right", "third"};

    print_message("seed %llu\n", (unsigned long long)seed);
    memset(boards, 0, sizeof boards);
    memset(&phone, 0, sizeof phone);
    for (size_t i = 0; i < PULSERS; i++)
        at(i)->name = names[i];
    at(LEFT)->battery = 70;
    at(RIGHT)->battery = 40;
    room_open(&place, seed);
}

typedef struct {
    uint64_t seed;
    bool display, forgetful, right_is_above;
} scene;

/* Two pulsers that never met.  Left is above by address, and so connects, unless right is. */
static void begin(scene s)
{
    open_room(s.seed);
    at(LEFT)->display = at(RIGHT)->display = s.display;
    add(LEFT, 9, !s.forgetful);
    add(RIGHT, s.right_is_above ? 10 : 8, !s.forgetful);
    run(SECOND);
}

static size_t add_app(void)
{
    static const room_device device = {&phone, "app", app_power_on, app_on_event, app_turn};
    size_t where = room_add(&place, &device, (uint8_t[6]){9, 0, 0, 0, 0, 7}, false);

    radios[PULSERS] = place.places[where].radio;
    run(SECOND);
    return where;
}

static void press(size_t which, uint32_t held_ms)
{
    pulser_press(at(which), held_ms);
}

static bool both_pulse(void)
{
    return at(LEFT)->state == PULSING && at(RIGHT)->state == PULSING;
}

static bool run_until(bool (*done)(void), uint64_t limit_us)
{
    uint64_t end = room_now(&place) + limit_us;

    while (!done() && room_now(&place) < end)
        run(SECOND / 20);
    return done();
}

static void pair_by_buttons(void)
{
    press(LEFT, 300);
    run(2 * SECOND);
    press(RIGHT, 200);
    if (at(LEFT)->display) {
        run(SECOND);
        press(LEFT, 100);
        press(RIGHT, 100);
    }
    assert_true(run_until(both_pulse, 15 * SECOND));
}

static void begin_pulsing(scene s)
{
    begin(s);
    pair_by_buttons();
}

static unsigned bonds_of(size_t which)
{
    return kith_bonds_count(at(which)->host);
}

static kith_bond_info bond_of(size_t which)
{
    kith_bond_info bond;

    assert_int_equal(kith_bonds_next(at(which)->host, 0, &bond), KITH_OK);
    return bond;
}

static void expect_idle(size_t which)
{
    assert_int_equal(at(which)->state, IDLE);
    assert_int_equal(at(which)->link, 0);
    assert_int_equal(at(which)->light, DARK);
    assert_false(kith_pairing_is_open(at(which)->host));
}

static void end(void)
{
    room_close(&place);
}

/* ---- the troubles ---- */

/* It was built with MITM and KeyboardDisplay, and nobody answered the comparison. */
static void a_button_without_a_display_is_never_mitm(void **state)
{
    kith_bond_info bond;

    (void)state;
    begin_pulsing((scene){.seed = 1});
    for (size_t i = LEFT; i <= RIGHT; i++) {
        bond = bond_of(i);
        assert_int_equal(bond.level, KITH_LEVEL_ENCRYPTED);
        assert_int_equal(bond.method, KITH_METHOD_JUST_WORKS);
        assert_int_equal(bond.key_kind, KITH_KEY_KIND_SC);
        assert_int_equal(boards[i].numbers_shown, 0);
    }
    end();
}

/* "Paired" meant connected.  Here each green is checked as it is shown; and a plain link shows none. */
static void a_plain_link_shows_no_green(void **state)
{
    kith_address left;

    (void)state;
    begin((scene){.seed = 2});
    left = at(LEFT)->own;
    add_app();
    assert_int_equal(kith_gap_connect(phone.host, &left, NULL), KITH_OK);
    run(10 * SECOND);
    assert_true(phone.link != 0);
    assert_int_equal(boards[LEFT].greens + boards[RIGHT].greens, 0);
    assert_int_equal(at(LEFT)->state, IDLE);
    end();
}

static void forget_in_secret(size_t which)
{
    char path[64];

    room_power_off(&place, which);
    (void)snprintf(path, sizeof path, "%s/%zu.kith", place.folder, which);
    (void)remove(path);
    room_power_on(&place, which);
}

/* The first encryption failure was read as "pairing started". */
static void the_first_failure_is_not_taken_for_a_start(void **state)
{
    unsigned greens, beats;

    (void)state;
    begin_pulsing((scene){.seed = 3});
    forget_in_secret(RIGHT);
    greens = boards[LEFT].greens;
    beats = at(LEFT)->beats;
    run(15 * SECOND);
    assert_int_equal(boards[LEFT].greens, greens);
    assert_true(at(LEFT)->beats <= beats + 1);
    assert_int_equal(at(LEFT)->bonds_made, 1);
    assert_true(boards[LEFT].reds >= 1);
    assert_int_not_equal(at(LEFT)->state, PULSING);
    assert_int_equal(bonds_of(LEFT), 1); /* and nothing is deleted by itself */
    assert_int_equal(bonds_of(RIGHT), 0);
    end();
}

static void pair_the_app_with_left(void)
{
    kith_address left = at(LEFT)->own;

    press(LEFT, 1500);
    assert_int_equal(kith_gap_connect(phone.host, &left, NULL), KITH_OK);
    run(SECOND);
    assert_int_equal(kith_security_secure(phone.host, phone.link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(2 * SECOND);
    assert_int_equal(phone.paired, 1);
    assert_int_equal(bond_of(LEFT).peer_class, PHONE);
}

static void app_leaves(void)
{
    if (phone.link != 0)
        assert_int_equal(kith_gap_disconnect(phone.host, phone.link, 0x13), KITH_OK);
    run(SECOND);
}

/* Any bond skipped the window and began the session. */
static void the_bond_of_a_phone_skips_no_window_and_starts_no_session(void **state)
{
    kith_address left;

    (void)state;
    begin((scene){.seed = 4});
    add_app();
    pair_the_app_with_left();
    app_leaves();
    left = at(LEFT)->own;
    assert_int_equal(kith_gap_connect(phone.host, &left, NULL), KITH_OK);
    run(SECOND);
    assert_int_equal(kith_security_secure(phone.host, phone.link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(5 * SECOND);
    assert_int_equal(phone.encrypted, 1);
    assert_int_equal(at(LEFT)->state, IDLE);
    assert_int_equal(boards[LEFT].greens, 0);
    app_leaves();
    press(RIGHT, 300); /* left's button was not pressed for it */
    run(10 * SECOND);
    assert_int_equal(bonds_of(RIGHT), 0);
    assert_int_equal(bonds_of(LEFT), 1);
    press(LEFT, 300); /* and the phone does not take the partner's place */
    assert_true(run_until(both_pulse, 20 * SECOND));
    assert_int_equal(bonds_of(LEFT), 2);
    end();
}

/* Both sides began security, and each was busy. */
static void both_may_begin_security(void **state)
{
    (void)state;
    for (unsigned above = 0; above <= 1; above++) {
        begin((scene){.seed = 5 + above, .right_is_above = above != 0});
        boards[LEFT].both_secure = boards[RIGHT].both_secure = true;
        press(LEFT, 300);
        press(RIGHT, 300);
        assert_true(run_until(both_pulse, 20 * SECOND));
        end();
    }
}

/* Both connected at once, or never met, with the same timing on both sides. */
static void two_that_begin_in_the_same_instant_meet(void **state)
{
    uint64_t seed = cast_first_seed(100);

    (void)state;
    for (unsigned i = 0; i < cast_runs(20, 1000); i++) {
        begin((scene){.seed = seed + i, .forgetful = true, .right_is_above = i % 2 != 0});
        press(LEFT, 300);
        press(RIGHT, 300);
        assert_true(run_until(both_pulse, 20 * SECOND));
        assert_true(at(LEFT)->central == (i % 2 == 0));
        assert_true(at(RIGHT)->central != at(LEFT)->central);
        end();
    }
}

/* The address tie-break was read in different octet orders. */
static void the_most_significant_octet_decides_who_connects(void **state)
{
    (void)state;
    open_room(7);
    add(LEFT, 1, true); /* its lowest octet is below, see add() */
    add(RIGHT, 1, true);
    run(SECOND);
    press(LEFT, 300);
    press(RIGHT, 300);
    assert_true(run_until(both_pulse, 20 * SECOND));
    assert_true(at(RIGHT)->central && !at(LEFT)->central);
    end();
}

/* The waiting side stopped advertising. */
static void who_waits_stays_discoverable(void **state)
{
    kith_scan scan;
    unsigned before;

    (void)state;
    begin((scene){.seed = 8});
    room_power_off(&place, RIGHT);
    add_app();
    phone.sought = at(LEFT)->own;
    kith_gap_default_scan(&scan);
    scan.report_duplicates = true;
    assert_int_equal(kith_gap_start_scan(phone.host, &scan), KITH_OK);
    press(LEFT, 300);
    for (int s = 0; s < 29; s++) {
        before = phone.reports;
        run(SECOND);
        assert_int_equal(at(LEFT)->state, WAITING);
        assert_true(phone.reports > before);
    }
    end();
}

/* An attempt at 29.78 s arrived at 30.11 s, and the two ends disagreed. */
static void at_the_end_of_the_window_both_ends_agree(void **state)
{
    unsigned paired = 0, not_paired = 0;

    (void)state;
    for (unsigned above = 0; above <= 1; above++)
        for (uint64_t late_us = 29600000; late_us <= 30200000; late_us += 40000) {
            begin((scene){.seed = late_us + above, .forgetful = true, .right_is_above = above != 0});
            press(LEFT, 300);
            run(late_us);
            press(RIGHT, 300);
            run(40 * SECOND);
            assert_int_equal(bonds_of(LEFT), bonds_of(RIGHT));
            assert_int_equal(at(LEFT)->state == PULSING, at(RIGHT)->state == PULSING);
            paired += bonds_of(LEFT);
            not_paired += 1 - bonds_of(LEFT);
            end();
        }
    print_message("%u paired, %u did not\n", paired, not_paired);
    assert_true(paired > 0 && not_paired > 0);
}

static void app_calls_itself_pulser(void)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "pulser");
    assert_int_equal(kith_gap_advertise(phone.host, &advertising), KITH_OK);
}

/* The app was taken for the partner: what it calls itself says nothing, its bond does. */
static void an_app_is_not_taken_for_the_partner(void **state)
{
    (void)state;
    begin((scene){.seed = 9});
    room_power_off(&place, RIGHT);
    add_app();
    pair_the_app_with_left();
    app_leaves();
    app_calls_itself_pulser();
    press(LEFT, 300);
    run(5 * SECOND);
    assert_int_equal(boards[LEFT].greens, 0);
    assert_int_equal(at(LEFT)->state, WAITING); /* it goes on looking for one */
    room_power_on(&place, RIGHT);
    run(SECOND);
    press(RIGHT, 300);
    assert_true(run_until(both_pulse, 20 * SECOND));
    end();
}

/* And the reverse: a window for a phone is no partner's. */
static void a_partner_is_not_taken_for_an_app(void **state)
{
    (void)state;
    begin_pulsing((scene){.seed = 10});
    assert_int_equal(bond_of(LEFT).peer_class, PARTNER);
    assert_int_equal(bond_of(RIGHT).peer_class, PARTNER);
    room_power_off(&place, RIGHT);
    run(10 * SECOND);
    press(LEFT, 1500); /* a phone may pair now; the partner comes instead */
    room_power_on(&place, RIGHT);
    assert_true(run_until(both_pulse, 20 * SECOND));
    assert_int_equal(bonds_of(LEFT), 1);
    assert_int_equal(bond_of(LEFT).peer_class, PARTNER);
    end();
}

/* A bonded unit still paired with another; and it does not even connect to one. */
static void who_has_a_partner_wants_no_third(void **state)
{
    (void)state;
    for (uint8_t top = 7; top <= 10; top += 3) { /* whom the two would call, and who would call them */
        unsigned beats;

        begin_pulsing((scene){.seed = 20u + top});
        add(THIRD, top, true);
        run(SECOND);
        beats = at(LEFT)->beats;
        press(THIRD, 300);
        run(10 * SECOND);
        assert_int_equal(bonds_of(THIRD), 0);
        assert_int_equal(at(THIRD)->bonds_made, 0);
        assert_true(both_pulse());
        assert_true(at(LEFT)->beats - beats >= 9); /* without missing a beat */
        assert_int_equal(bonds_of(LEFT), 1);
        assert_int_equal(bonds_of(RIGHT), 1);
        if (top == 7)
            assert_int_equal(at(THIRD)->failures, 0); /* nobody connected to it, so it just waits */
        run(40 * SECOND);
        expect_idle(THIRD);
        end();
    }
}

static void test_mode_keeps_nothing(void **state)
{
    (void)state;
    begin_pulsing((scene){.seed = 11, .forgetful = true});
    for (size_t i = LEFT; i <= RIGHT; i++) {
        room_power_off(&place, i);
        room_power_on(&place, i);
        assert_int_equal(bonds_of(i), 0);
    }
    run(20 * SECOND);
    assert_int_equal(bonds_of(LEFT) + bonds_of(RIGHT), 0);
    assert_int_equal(at(LEFT)->bonds_made, 1);
    expect_idle(LEFT);
    expect_idle(RIGHT);
    end();
}

/* The LTK missing, they went on in plain.  The app tries to read and to beat without a key. */
static void nothing_works_in_plain(void **state)
{
    static const uint8_t beat = 99;
    kith_address left;
    unsigned beats;

    (void)state;
    begin_pulsing((scene){.seed = 12});
    left = at(LEFT)->own;
    add_app();
    assert_int_equal(kith_gap_connect(phone.host, &left, NULL), KITH_OK);
    run(SECOND);
    assert_int_equal(kith_gatt_read(phone.host, phone.link, at(RIGHT)->handle), KITH_OK);
    run(SECOND);
    assert_int_equal(phone.refusal, 0x05);
    phone.refusal = 0;
    beats = at(LEFT)->beats;
    assert_int_equal(kith_gatt_write(phone.host, phone.link, at(RIGHT)->handle, &beat, 1), KITH_OK);
    run(SECOND);
    assert_int_equal(phone.refusal, 0x05);
    assert_true(at(LEFT)->beats <= beats + 2);
    end();
}

/* A key that differs is a failure that is shown, not a session. */
static void a_wrong_key_is_red_and_no_session(void **state)
{
    unsigned greens;

    (void)state;
    begin_pulsing((scene){.seed = 13});
    room_power_off(&place, RIGHT);
    run(15 * SECOND);
    greens = boards[LEFT].greens;
    kith_sim_break_next_session_key(place.air, radios[LEFT]);
    room_power_on(&place, RIGHT);
    assert_true(run_until(both_pulse, 20 * SECOND)); /* the next try has the right one */
    assert_int_equal(boards[LEFT].greens, greens + 1);
    assert_true(boards[LEFT].reds + boards[RIGHT].reds >= 1);
    end();
}

/* ---- what it promises ---- */

static bool both_forgot(void)
{
    return bonds_of(LEFT) + bonds_of(RIGHT) == 0 && at(LEFT)->link == 0 && at(RIGHT)->link == 0;
}

static void a_hundred_pairings_in_a_row(void **state)
{
    (void)state;
    begin((scene){.seed = 14});
    for (unsigned i = 0; i < 100; i++) {
        pair_by_buttons();
        assert_int_equal(at(LEFT)->bonds_made, i + 1);
        assert_int_equal(at(RIGHT)->bonds_made, i + 1);
        press(LEFT, 12000);
        press(RIGHT, 12000);
        assert_true(run_until(both_forgot, 10 * SECOND));
        run(2 * SECOND);
        expect_idle(LEFT);
        expect_idle(RIGHT);
    }
    end();
}

static void after_a_power_cut_they_meet_again_without_pairing(void **state)
{
    (void)state;
    for (unsigned who = 1; who <= 3; who++) { /* left, right, both */
        begin_pulsing((scene){.seed = 30 + who});
        for (size_t i = LEFT; i <= RIGHT; i++)
            if ((who & 1u << i) != 0)
                room_power_off(&place, i);
        run(SECOND);
        for (size_t i = LEFT; i <= RIGHT; i++)
            if ((who & 1u << i) != 0)
                room_power_on(&place, i);
        run(SECOND);
        assert_true(run_until(both_pulse, 20 * SECOND));
        assert_int_equal(at(LEFT)->bonds_made, 1);
        assert_int_equal(at(RIGHT)->bonds_made, 1);
        end();
    }
}

static void a_long_press_stops_the_waiting(void **state)
{
    (void)state;
    begin((scene){.seed = 15});
    room_power_off(&place, RIGHT);
    press(LEFT, 300);
    run(5 * SECOND);
    assert_int_equal(at(LEFT)->light, WAITS);
    assert_true(kith_pairing_is_open(at(LEFT)->host));
    press(LEFT, 1500);
    expect_idle(LEFT);
    assert_int_equal(boards[LEFT].reds, 0);
    room_power_on(&place, RIGHT);
    run(SECOND);
    press(RIGHT, 300);
    run(10 * SECOND);
    assert_int_equal(bonds_of(RIGHT), 0);
    end();
}

static void a_long_press_stops_the_pulse(void **state)
{
    unsigned beats;

    (void)state;
    begin_pulsing((scene){.seed = 16});
    beats = at(RIGHT)->beats;
    press(RIGHT, 1500);
    assert_int_equal(at(RIGHT)->state, IDLE);
    assert_int_equal(at(RIGHT)->light, DARK);
    run(SECOND / 2);
    assert_int_equal(at(RIGHT)->beats, beats);
    assert_int_equal(bonds_of(RIGHT), 1); /* the bond stands */
    end();
}

/* Left, which shows a number, calls it off; right failed by that and must wait, is told so, and may then. */
static void after_a_failure_the_button_tries_again(void **state)
{
    (void)state;
    begin((scene){.seed = 17, .display = true, .right_is_above = true});
    press(LEFT, 300);
    press(RIGHT, 300);
    run(2 * SECOND);
    assert_int_equal(boards[RIGHT].numbers_shown, 1);
    press(LEFT, 1500);
    run(SECOND);
    assert_int_equal(at(RIGHT)->failures, 1);
    assert_true(boards[RIGHT].reds > 0);
    press(LEFT, 300);
    press(RIGHT, 300);
    run(SECOND);
    assert_true(boards[RIGHT].backoffs > 0);
    run(10 * SECOND);
    press(LEFT, 300);
    press(RIGHT, 300);
    run(2 * SECOND);
    press(LEFT, 300);
    press(RIGHT, 300);
    assert_true(run_until(both_pulse, 15 * SECOND));
    end();
}

static void with_displays_people_compare_the_same_number(void **state)
{
    (void)state;
    begin_pulsing((scene){.seed = 18, .display = true});
    assert_int_equal(boards[LEFT].numbers_shown, 1);
    assert_int_equal(boards[RIGHT].numbers_shown, 1);
    assert_int_equal(boards[LEFT].number, boards[RIGHT].number);
    assert_int_equal(bond_of(LEFT).level, KITH_LEVEL_SC_AUTHENTICATED);
    assert_int_equal(bond_of(RIGHT).level, KITH_LEVEL_SC_AUTHENTICATED);
    end();
}

/* Consent is no answer about a number: one press admits, another one compares. */
static void without_an_answer_about_the_number_nothing_is_paired(void **state)
{
    (void)state;
    begin((scene){.seed = 19, .display = true});
    press(LEFT, 300);
    run(SECOND);
    press(RIGHT, 300);
    run(SECOND);
    assert_int_equal(boards[LEFT].numbers_shown, 1);
    press(LEFT, 300); /* right's person looks away */
    run(60 * SECOND);
    assert_int_equal(bonds_of(LEFT) + bonds_of(RIGHT), 0);
    expect_idle(LEFT);
    expect_idle(RIGHT);
    end();
}

static void the_window_can_be_longer(void **state)
{
    (void)state;
    for (unsigned above = 0; above <= 1; above++) {
        begin((scene){.seed = 40 + above, .right_is_above = above != 0});
        at(LEFT)->window_s = 60;
        press(LEFT, 300);
        run(45 * SECOND);
        assert_int_equal(at(LEFT)->state, WAITING);
        press(RIGHT, 300);
        assert_true(run_until(both_pulse, 12 * SECOND));
        end();
    }
}

/* Its partner goes out of range at each step: every wait has an end, and when the partner is back so is the pulse. */
static void every_wait_ends_when_the_other_has_gone(void **state)
{
    unsigned last = 1;

    (void)state;
    for (unsigned step = 1; step <= last; step++)
        for (size_t who = LEFT; who <= RIGHT; who++) {
            begin((scene){.seed = 50, .forgetful = true});
            press(LEFT, 300);
            boards[who].cut_after = boards[who].events + step;
            run(2 * SECOND);
            press(RIGHT, 300);
            run(10 * SECOND);
            if (!both_pulse() && last == step)
                last = step + 1;
            boards[who].cut_after = 0; /* and where that step never came, now */
            kith_sim_set_out_of_range(place.air, radios[who], true);
            run(80 * SECOND);
            expect_idle(LEFT);
            expect_idle(RIGHT);
            assert_true(at(LEFT)->give_up_us == UINT64_MAX && at(RIGHT)->give_up_us == UINT64_MAX);
            end();
        }
    print_message("%u steps\n", last);
    assert_true(last > 10);
}

static void expect_lights(size_t which, const pulser_light *wanted, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(boards[which].lights[i], wanted[i]);
}

static void the_lights_say_what_goes_on(void **state)
{
    static const pulser_light wanted[] = {WAITS, GREEN, DARK, PULSE, DARK, PULSE, DARK};
    const board *b = &boards[RIGHT];

    (void)state;
    begin_pulsing((scene){.seed = 60});
    run(6 * SECOND);
    expect_lights(LEFT, wanted, 7);
    expect_lights(RIGHT, wanted, 7);
    assert_in_range(b->lit_us[2] - b->lit_us[1], BLINKS, BLINKS + SLOWEST_TURN_US);         /* three blinks */
    assert_in_range(b->lit_us[4] - b->lit_us[3], SECOND / 2, SECOND / 2 + SLOWEST_TURN_US); /* half a second on */
    assert_in_range(b->lit_us[5] - b->lit_us[3], SECOND - SLOWEST_TURN_US, SECOND + SLOWEST_TURN_US);
    end();
}

static void nobody_came_is_red(void **state)
{
    static const pulser_light wanted[] = {WAITS, RED, DARK};

    (void)state;
    begin((scene){.seed = 61});
    room_power_off(&place, RIGHT);
    press(LEFT, 300);
    run(40 * SECOND);
    expect_lights(LEFT, wanted, 3);
    assert_int_equal(boards[LEFT].light_count, 3);
    assert_in_range(boards[LEFT].lit_us[1] - boards[LEFT].lit_us[0], 30 * SECOND, 30 * SECOND + SLOWEST_TURN_US);
    end();
}

static void the_fuller_battery_leads(void **state)
{
    (void)state;
    for (uint8_t right = 40; right <= 100; right += 30) {
        begin((scene){.seed = 70u + right});
        at(RIGHT)->battery = right;
        pair_by_buttons();
        assert_int_equal(at(LEFT)->leads, right <= 70);
        assert_int_equal(at(RIGHT)->leads, right > 70);
        end();
    }
}

static void they_pulse_in_step(void **state)
{
    (void)state;
    begin_pulsing((scene){.seed = 80});
    run(60 * SECOND);
    assert_in_range(at(LEFT)->beats, 57, 62);
    assert_in_range(at(RIGHT)->beats, at(LEFT)->beats - 1, at(LEFT)->beats + 1);
    end();
}

static void its_configuration_is_sound(void **state)
{
    static pulser p;
    kith_crypto_port crypto;

    (void)state;
    assert_int_equal(kith_openssl_port(&crypto), KITH_OK);
    for (unsigned display = 0; display <= 1; display++) {
        p = (pulser){.name = "pulser", .display = display != 0};
        assert_non_null(pulser_power_on(&p, &crypto, &kith_volatile_store));
        assert_int_equal(kith_lint(&p.config, NULL, 0), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_button_without_a_display_is_never_mitm),
        cmocka_unit_test(a_plain_link_shows_no_green),
        cmocka_unit_test(the_first_failure_is_not_taken_for_a_start),
        cmocka_unit_test(the_bond_of_a_phone_skips_no_window_and_starts_no_session),
        cmocka_unit_test(both_may_begin_security),
        cmocka_unit_test(two_that_begin_in_the_same_instant_meet),
        cmocka_unit_test(the_most_significant_octet_decides_who_connects),
        cmocka_unit_test(who_waits_stays_discoverable),
        cmocka_unit_test(at_the_end_of_the_window_both_ends_agree),
        cmocka_unit_test(an_app_is_not_taken_for_the_partner),
        cmocka_unit_test(a_partner_is_not_taken_for_an_app),
        cmocka_unit_test(who_has_a_partner_wants_no_third),
        cmocka_unit_test(test_mode_keeps_nothing),
        cmocka_unit_test(nothing_works_in_plain),
        cmocka_unit_test(a_wrong_key_is_red_and_no_session),
        cmocka_unit_test(a_hundred_pairings_in_a_row),
        cmocka_unit_test(after_a_power_cut_they_meet_again_without_pairing),
        cmocka_unit_test(a_long_press_stops_the_waiting),
        cmocka_unit_test(a_long_press_stops_the_pulse),
        cmocka_unit_test(after_a_failure_the_button_tries_again),
        cmocka_unit_test(with_displays_people_compare_the_same_number),
        cmocka_unit_test(without_an_answer_about_the_number_nothing_is_paired),
        cmocka_unit_test(the_window_can_be_longer),
        cmocka_unit_test(every_wait_ends_when_the_other_has_gone),
        cmocka_unit_test(the_lights_say_what_goes_on),
        cmocka_unit_test(nobody_came_is_red),
        cmocka_unit_test(the_fuller_battery_leads),
        cmocka_unit_test(they_pulse_in_step),
        cmocka_unit_test(its_configuration_is_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
