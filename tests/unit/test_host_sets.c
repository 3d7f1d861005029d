/* Several advertising sets: which one ended, changes of address with all that was drawn for it, and what the controller
 * keeps of sets that are off; then anything in any order. */
#include "test_host_sets_support.h"

enum { CYCLE_US = 901000000 };

static void open_on(air *r, uint8_t sets, kith_privacy_mode mode)
{
    kith_advertising a = air_advertising();

    air_open(r, false, (uint8_t)(sets - 1), mode);
    for (uint8_t i = 0; i < sets; i++)
        air_begin(r, i, &a);
    for (uint8_t i = 0; i < sets; i++)
        assert_true(r->of[i].is_on);
    air_forget(r);
}

/* ---- ends ---- */

static void a_link_ends_its_set_and_no_other(void **state)
{
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    open_on(&r, 3, KITH_PRIVACY_OFF);
    air_connect(&r, 1, 0);
    air_run(&r);
    assert_string_equal(r.story, "L1c"); /* the link is told before */
    assert_true(r.of[0].is_on && !r.of[1].is_made && r.of[2].is_on);
    air_connect(&r, 2, 1);
    air_begin(&r, 1, &a);
    assert_string_equal(r.story, "L1cL2c1+");
    assert_true(r.of[0].is_on && r.of[1].is_on && !r.of[2].is_made);
    assert_int_equal(r.disallowed + r.wrong, 0);
    air_close(&r);
}

/* Said twice, too late, of a set that is off or of none, of a link that we made, or cut short. */
static void words_that_mean_nothing_end_nothing(void **state)
{
    static const uint8_t cut[] = {KITH_HCI_LE_EV_SET_TERMINATED, 0, 0, 0x40};
    kith_advertising a = air_advertising();
    const kith_address peer = {.octets = {1, 1, 1}};
    air r;

    (void)state;
    open_on(&r, 2, KITH_PRIVACY_OFF);
    air_connect(&r, 0, 0);
    air_run(&r);
    air_terminated(&r, 0, 0, 0);
    air_begin(&r, 0, &a);
    air_terminated(&r, 0, 0, 0); /* the same link cannot be the end of another */
    air_terminated(&r, 0, 2, 1);
    air_terminated(&r, 0, 255, 1);
    air_terminated(&r, KITH_HCI_ADVERTISING_TIMEOUT, 239, 1);
    air_event(&r, KITH_HCI_EV_LE_META, cut, sizeof cut);
    assert_int_equal(kith_gap_connect(r.d.h, &peer, NULL), KITH_OK);
    air_run(&r);
    air_connection(&r, 0, 2, true);
    air_terminated(&r, 0, 1, 2);
    air_run(&r);
    assert_string_equal(r.story, "L0c0+L");
    assert_true(r.of[0].is_on && r.of[1].is_on);
    air_close(&r);
}

static void each_end_says_why(void **state)
{
    static const struct {
        uint8_t status;
        const char *story;
    } rows[] = {
        {KITH_HCI_ADVERTISING_TIMEOUT, "0t"}, {KITH_HCI_LIMIT_REACHED, "0t"}, {KITH_HCI_HARDWARE_FAILURE, "0!"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        air r;

        open_on(&r, 1, KITH_PRIVACY_OFF);
        r.of[0].is_on = false;
        air_terminated(&r, rows[i].status, 0, 0);
        air_run(&r);
        assert_string_equal(r.story, rows[i].story);
        assert_int_equal(air_count_made(&r), 0);
        air_close(&r);
    }
}

/* A word that was false is found out when the set is removed. */
static void a_false_end_does_not_stay_on_air(void **state)
{
    air r;

    (void)state;
    open_on(&r, 1, KITH_PRIVACY_OFF);
    air_terminated(&r, KITH_HCI_ADVERTISING_TIMEOUT, 0, 0); /* the controller goes on */
    air_run(&r);
    assert_string_equal(r.story, "0t");
    assert_false(r.of[0].is_on);
    assert_int_equal(air_count_made(&r), 0);
    assert_int_equal(r.disallowed, 1);
    air_close(&r);
}

static void a_set_that_cannot_be_removed_holds_nothing_up(void **state)
{
    static const uint8_t words[] = {KITH_HCI_COMMAND_DISALLOWED, KITH_HCI_UNKNOWN_COMMAND, KITH_HCI_UNKNOWN_SET};
    kith_advertising a = air_advertising();

    (void)state;
    for (size_t i = 0; i < sizeof words; i++) {
        air r;

        open_on(&r, 1, KITH_PRIVACY_RESOLVABLE);
        r.refuse = KITH_HCI_LE_REMOVE_SET;
        r.refuse_with = words[i];
        assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_OK);
        air_run(&r);
        air_begin(&r, 0, &a);
        assert_string_equal(r.story, "0-0+");
        assert_true(r.of[0].is_on);
        air_close(&r);
    }
}

/* Number 3 of a controller with one set; the memory of the one before is given back first. */
static void numbers_are_ours(void **state)
{
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    air_make(&r, false, 3, KITH_PRIVACY_OFF);
    r.sets = 1;
    air_start(&r);
    air_begin(&r, 3, &a);
    assert_int_equal(kith_gap_advertise_set(r.d.h, 0, &a), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_gap_stop_set(r.d.h, 3), KITH_OK);
    while (r.told[KITH_EVENT_ADVERTISING] < 2)
        assert_true(air_step(&r));
    assert_true(r.of[3].is_made); /* its removal comes first */
    air_begin(&r, 0, &a);
    assert_string_equal(r.story, "3+3-0+");
    air_close(&r);
}

static void a_lost_controller_leaves_nothing(void **state)
{
    const uint8_t error[] = {7};
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    a.limit_ms = 1000;
    open_on(&r, 2, KITH_PRIVACY_RESOLVABLE);
    air_event(&r, KITH_HCI_EV_HARDWARE_ERROR, error, sizeof error);
    air_run(&r);
    assert_int_equal(r.told[KITH_EVENT_CONTROLLER_LOST], 1);
    assert_int_equal(kith_host_deadline(r.d.h), UINT64_MAX);
    air_start(&r);
    air_begin(&r, 1, &a);
    assert_string_equal(r.story, "1+");
    assert_true(!r.of[0].is_made && r.of[1].is_on);
    air_close(&r);
}

/* ---- each moment ---- */

/* A link of set 0 comes while the n-th command from here is on its way, before or after the controller did it. */
static void a_link_at_each_moment_of_a_pause(void **state)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_SET_EXT_ADV_ENABLE, KITH_HCI_LE_SET_RANDOM_ADDRESS,
                                       KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, KITH_HCI_LE_SET_EXT_ADV_DATA};

    (void)state;
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++)
        for (unsigned later = 0; later < 6; later++) {
            air r;

            open_on(&r, 2, KITH_PRIVACY_RESOLVABLE);
            r.d.now_us += CYCLE_US;
            assert_int_equal(kith_host_advance(r.d.h, r.d.now_us), KITH_OK);
            for (unsigned n = 0; n < later; n++)
                (void)air_step(&r);
            r.keep = opcodes[i];
            while (!r.kept && air_step(&r))
                assert_int_equal(kith_host_advance(r.d.h, r.d.now_us), KITH_OK);
            air_connect(&r, 0, 0);
            if (r.kept)
                air_answer_kept(&r);
            r.keep = 0;
            air_run(&r);
            assert_string_equal(r.story, "L0c");
            assert_false(r.of[0].is_on || r.of[0].is_made);
            assert_true(r.of[1].is_on);
            assert_memory_equal(r.of[1].address, r.d.h->privacy.address.octets, 6);
            assert_int_equal(r.wrong, 0);
            air_close(&r);
        }
}

static void a_link_while_it_is_switched(void **state)
{
    (void)state;
    for (unsigned stops = 0; stops <= 1; stops++) {
        kith_advertising a = air_advertising();
        air r;

        air_open(&r, false, 0, KITH_PRIVACY_OFF);
        if (stops) {
            air_begin(&r, 0, &a);
            assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_OK);
        } else {
            assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_OK);
        }
        r.keep = KITH_HCI_LE_SET_EXT_ADV_ENABLE;
        while (!r.kept)
            assert_true(air_step(&r));
        air_connect(&r, 0, 0);
        air_answer_kept(&r);
        r.keep = 0;
        air_run(&r);
        assert_string_equal(r.story, stops ? "0+L0c" : "L0c");
        assert_int_equal(air_count_made(&r), 0);
        air_close(&r);
    }
}

/* ---- addresses ---- */

/* What was on air, and stays so until it is told off. */
static void check_air(const air *r)
{
    for (unsigned i = 0; i < AIR_SETS; i++)
        if (r->of[i].is_on)
            assert_memory_equal(r->of[i].address, r->d.h->privacy.address.octets, 6);
}

/* At no moment is an old payload on air with a new address, or the other way round; nor two addresses. */
static void all_sets_change_together(void **state)
{
    kith_advertising a = air_advertising();
    uint8_t address[6], said[AIR_SETS][31];
    air r;

    (void)state;
    a.random_data = (kith_random_part){.at = 5, .len = 4};
    air_open(&r, false, 3, KITH_PRIVACY_RESOLVABLE);
    for (uint8_t i = 0; i < AIR_SETS; i++)
        air_begin(&r, i, &a);
    for (unsigned n = 0; n < 5; n++) {
        memcpy(address, r.d.h->privacy.address.octets, 6);
        for (unsigned i = 0; i < AIR_SETS; i++)
            memcpy(said[i], r.of[i].data[0], 31);
        r.d.now_us += CYCLE_US;
        do {
            assert_int_equal(kith_host_advance(r.d.h, r.d.now_us), KITH_OK);
            for (unsigned i = 0; i < AIR_SETS; i++)
                if (r.of[i].is_on)
                    assert_int_equal(memcmp(r.of[i].address, address, 6) == 0,
                                     memcmp(r.of[i].data[0], said[i], 31) == 0);
        } while (air_step(&r));
        assert_memory_not_equal(r.d.h->privacy.address.octets, address, 6);
        for (unsigned i = 0; i < AIR_SETS; i++)
            assert_true(r.of[i].is_on && memcmp(r.of[i].data[0], said[i], 31) != 0);
        check_air(&r);
    }
    assert_string_equal(r.story, "0+1+2+3+");
    assert_int_equal(r.disallowed + r.wrong, 0);
    air_close(&r);
}

static void a_set_that_cannot_go_on_after_a_pause_ends(void **state)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, KITH_HCI_LE_SET_EXT_ADV_DATA,
                                       KITH_HCI_LE_SET_EXT_ADV_ENABLE};

    (void)state;
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++) {
        kith_advertising a = air_advertising();
        air r;

        a.random_data = (kith_random_part){.at = 5, .len = 4};
        air_open(&r, false, 1, KITH_PRIVACY_RESOLVABLE);
        air_begin(&r, 0, &a);
        air_begin(&r, 1, &a);
        air_forget(&r);
        r.refuse = opcodes[i];
        r.refuse_with = KITH_HCI_HARDWARE_FAILURE;
        r.refuse_after = opcodes[i] == KITH_HCI_LE_SET_EXT_ADV_ENABLE ? 2 : 0;
        air_advance(&r, CYCLE_US);
        assert_string_equal(r.story, "0!1!");
        assert_false(r.of[0].is_on || r.of[1].is_on);
        assert_int_equal(air_count_made(&r), 0);
        air_close(&r);
    }
}

/* Never public where privacy is on, and no connectable thing where nobody shall know us. */
static void own_addresses_are_the_sets_own(void **state)
{
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    open_on(&r, 3, KITH_PRIVACY_RESOLVABLE);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(r.of[i].own_type, KITH_ADDRESS_RANDOM);
    check_air(&r);
    air_close(&r);
    air_make(&r, false, 0, KITH_PRIVACY_OFF);
    r.d.h->config.own_address = KITH_OWN_STATIC;
    air_start(&r);
    air_begin(&r, 0, &a);
    assert_int_equal(r.of[0].own_type, KITH_ADDRESS_RANDOM);
    assert_memory_equal(r.of[0].address, r.d.h->own.octets, 6);
    assert_int_equal(r.of[0].address[5] & 0xc0, 0xc0);
    r.d.h->config.privacy.mode = KITH_PRIVACY_NON_RESOLVABLE;
    air_connect(&r, 0, 0);
    air_run(&r);
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_UNSUPPORTED);
    air_close(&r);
}

/* ---- lists ---- */

/* A set that filters waits for the list, and is paused for its changes; the other one is left alone. */
static void a_filter_is_one_sets_own(void **state)
{
    static const uint16_t after[] = {KITH_HCI_LE_SET_EXT_ADV_ENABLE, KITH_HCI_LE_REMOVE_FROM_FILTER_LIST,
                                     KITH_HCI_LE_ADD_TO_FILTER_LIST, KITH_HCI_LE_SET_EXT_ADV_ENABLE};
    kith_advertising a = air_advertising();
    kith_peer_id one, other;
    air r;

    (void)state;
    air_open(&r, false, 1, KITH_PRIVACY_OFF);
    air_begin(&r, 0, &a);
    one = air_bond(&r, 1, 0);
    other = air_bond(&r, 2, 0);
    air_run(&r);
    a.filter = KITH_FILTER_CONNECT;
    assert_int_equal(kith_gap_advertise_set(r.d.h, 1, &a), KITH_ERR_NOT_FOUND); /* it would let nobody in */
    a.ask_list = true;
    air_begin(&r, 1, &a);
    assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST_WANTED], 1);
    assert_int_equal(kith_gap_set_data(r.d.h, 1, NULL, 0, NULL, 0), KITH_ERR_STATE);
    assert_false(r.of[1].is_made);
    assert_int_equal(kith_allow_list_set(r.d.h, &one, 1, KITH_LIST_PAUSE), KITH_OK);
    assert_int_equal(kith_allow_list_ready(r.d.h), KITH_OK);
    air_run(&r);
    assert_string_equal(r.story, "0+1+");
    assert_true(r.of[1].is_on && r.of[1].policy == 2 && r.of[0].policy == 0);
    air_forget(&r);
    assert_int_equal(kith_allow_list_set(r.d.h, &other, 1, KITH_LIST_PAUSE), KITH_OK);
    air_run(&r);
    assert_int_equal(r.sent, sizeof after / sizeof after[0]); /* one set off, the list, and on */
    assert_memory_equal(r.log, after, sizeof after);
    assert_true(r.of[0].is_on && r.of[1].is_on);
    r.refuse = KITH_HCI_LE_ADD_TO_FILTER_LIST;
    r.refuse_with = KITH_HCI_MEMORY_EXCEEDED;
    assert_int_equal(kith_allow_list_set(r.d.h, &one, 1, KITH_LIST_PAUSE), KITH_OK);
    air_run(&r);
    assert_string_equal(r.story, "1!"); /* nobody is let in by mistake */
    assert_true(r.of[0].is_on && !r.of[1].is_made);
    air_close(&r);
}

static void who_is_not_asked_any_more_is_told_so(void **state)
{
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    air_open(&r, false, 1, KITH_PRIVACY_OFF);
    a.filter = KITH_FILTER_ALL;
    a.ask_list = true;
    air_begin(&r, 1, &a);
    while (events_have_room(r.d.h))
        event_post(r.d.h, KITH_EVENT_STORE_COLLECTED, NULL);
    assert_int_equal(kith_gap_stop_set(r.d.h, 1), KITH_ERR_FULL);
    assert_int_equal(kith_gap_advertise_set(r.d.h, 0, &a), KITH_ERR_FULL);
    air_take_events(&r);
    assert_int_equal(kith_gap_stop_set(r.d.h, 1), KITH_OK);
    air_run(&r);
    assert_string_equal(r.story, "1-");
    assert_int_equal(r.sent, 0);
    air_close(&r);
}

/* ---- anything ---- */

typedef struct {
    air r;
    uint32_t state;
    unsigned begins[AIR_SETS];
    unsigned next_link, stops, changes;
} storm;

static uint32_t draw(storm *s, uint32_t below)
{
    s->state = s->state * 1664525u + 1013904223u;
    return (s->state >> 8) % below;
}

static void begin_any(storm *s)
{
    static const uint8_t much[400] = {1};
    kith_advertising a = air_advertising();
    uint8_t set = (uint8_t)draw(s, AIR_SETS);

    a.limit_ms = draw(s, 3) == 0 ? 200 + draw(s, 1000000) : 0;
    a.random_data.len = draw(s, 2) == 0 ? 3 : 0;
    a.extended = !s->r.is_old && draw(s, 2) == 0;
    if (a.extended && draw(s, 2) == 0) {
        a.long_data = much;
        a.long_data_len = sizeof much;
    }
    if (draw(s, 5) == 0) {
        a.directed = true;
        a.to.octets[0] = 5;
        a.high_duty = !a.extended;
    }
    s->begins[set] += kith_gap_advertise_set(s->r.d.h, set, &a) == KITH_OK;
}

static void change_any(storm *s)
{
    static const uint8_t data[300] = {2};
    const uint16_t len = draw(s, 2) == 0 ? 300 : 9;

    if (kith_gap_set_data(s->r.d.h, (uint8_t)draw(s, AIR_SETS), data, len, NULL, 0) == KITH_OK)
        s->changes++;
}

/* Only what the controller would do: a link, or an end in time, of a set that is on; or words without sense. */
static void happen(storm *s)
{
    air *r = &s->r;
    uint8_t set = (uint8_t)draw(s, AIR_SETS);

    if (r->of[set].is_on && (r->of[set].properties & 1) != 0 && draw(s, 3) != 0) {
        if (s->next_link > 0)
            air_disconnect(r, s->next_link - 1);
        s->next_link = (s->next_link + 1) % 64;
        r->of[set].is_on = false;
        air_connection(r, 0, s->next_link - (s->next_link > 0), false);
        if (!r->is_old)
            air_terminated(r, 0, set, s->next_link - (s->next_link > 0));
        return;
    }
    if (!r->is_old && r->of[set].is_on && draw(s, 3) == 0) {
        r->of[set].is_on = false;
        air_terminated(r, KITH_HCI_ADVERTISING_TIMEOUT, set, 0);
        return;
    }
    if (draw(s, 4) == 0)
        air_terminated(r, draw(s, 2) == 0 ? 0 : KITH_HCI_ADVERTISING_TIMEOUT, (uint8_t)draw(s, 250), draw(s, 9));
}

static void refuse_any(storm *s)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_SET_EXT_ADV_PARAMETERS, KITH_HCI_LE_SET_EXT_ADV_DATA,
                                       KITH_HCI_LE_SET_EXT_ADV_ENABLE,     KITH_HCI_LE_REMOVE_SET,
                                       KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, KITH_HCI_LE_SET_ADV_DATA,
                                       KITH_HCI_LE_SET_ADV_ENABLE,         KITH_HCI_LE_SET_ADV_PARAMETERS};

    s->r.refuse = draw(s, 3) == 0 ? opcodes[draw(s, sizeof opcodes / sizeof opcodes[0])] : 0;
    s->r.refuse_with = KITH_HCI_HARDWARE_FAILURE;
}

static void do_anything(storm *s)
{
    switch (draw(s, 8)) {
    case 0:
    case 1:
        begin_any(s);
        break;
    case 2:
        if (kith_gap_stop_set(s->r.d.h, (uint8_t)draw(s, AIR_SETS)) == KITH_OK)
            s->stops++;
        break;
    case 3:
        change_any(s);
        break;
    case 4:
        happen(s);
        break;
    case 5:
        s->r.d.now_us += draw(s, 400) * UINT64_C(1000000);
        air_tick(&s->r);
        break;
    case 6:
        refuse_any(s);
        break;
    default:
        for (uint32_t n = draw(s, 6); n > 0; n--)
            (void)air_step(&s->r);
        break;
    }
}

static void check_end(const storm *s, uint32_t seed)
{
    for (unsigned i = 0; i < AIR_SETS; i++) {
        const air_set *set = &s->r.of[i];

        if (set->is_on != s->r.on[i] || s->begins[i] != s->r.ends[i] + s->r.on[i])
            fail_msg("seed %u: set %u is %s, begun %u, ended %u", (unsigned)seed, i, set->is_on ? "on" : "off",
                     s->begins[i], s->r.ends[i]);
        if (set->is_on && s->r.d.h->config.privacy.mode != KITH_PRIVACY_OFF)
            assert_memory_equal(set->address, s->r.d.h->privacy.address.octets, 6);
    }
}

static void run_storm(uint32_t seed)
{
    storm s = {.state = seed};

    air_open(&s.r, seed % 3 == 0, AIR_SETS - 1, seed % 2 == 0 ? KITH_PRIVACY_RESOLVABLE : KITH_PRIVACY_OFF);
    s.r.spares_off = true;       /* what a controller does not switch off when asked twice stays on */
    s.r.is_lazy = seed % 5 == 0; /* the queue is full at any moment */
    for (unsigned n = 0; n < 200; n++) {
        do_anything(&s);
        s.r.sent = 0;
    }
    s.r.is_lazy = false;
    s.r.refuse = 0;
    air_take_events(&s.r);
    air_run(&s.r);
    check_end(&s, seed);
    air_close(&s.r);
}

static void anything_in_any_order(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (; seed <= 3000; seed++)
        run_storm(seed);
    print_message("the last seed was %u\n", (unsigned)(seed - 1));
}

/* ---- no room for events ---- */

/* So many events wait already when all of them end: whatever does not fit waits, and comes. */
static void a_full_queue_only_delays(void **state)
{
    (void)state;
    for (unsigned waiting = 0; waiting < 60; waiting++) {
        air r;

        open_on(&r, AIR_SETS, KITH_PRIVACY_RESOLVABLE);
        r.is_lazy = true;
        for (unsigned n = 0; n < waiting; n++)
            if (events_have_room(r.d.h))
                event_post(r.d.h, KITH_EVENT_STORE_COLLECTED, NULL);
        for (uint8_t i = 0; i < AIR_SETS; i++)
            if (i % 2 == 0)
                air_connect(&r, i, i);
            else
                assert_int_equal(kith_gap_stop_set(r.d.h, i), KITH_OK);
        r.d.now_us += CYCLE_US;
        air_run(&r);
        air_take_events(&r);
        for (unsigned i = 0; i < AIR_SETS; i++)
            assert_true(!r.on[i] && r.ends[i] == 1);
        assert_int_equal(air_count_made(&r), 0);
        assert_int_equal(r.disallowed + r.wrong, 0);
        air_close(&r);
    }
}

static kith_status no_randomness(void *context, uint8_t *out, size_t len)
{
    (void)context, (void)out, (void)len;
    return KITH_ERR_ENTROPY;
}

/* All of them end in one step. */
static void without_an_address_every_set_ends(void **state)
{
    kith_advertising a = air_advertising();
    kith_event event;
    unsigned ended = 0;
    air r;

    (void)state;
    air_make(&r, false, KITH_SETS_MAX, KITH_PRIVACY_RESOLVABLE);
    r.sets = 16;
    air_start(&r);
    for (uint8_t i = 0; i <= KITH_SETS_MAX; i++)
        air_begin(&r, i, &a);
    air_forget(&r);
    r.d.port.random = no_randomness;
    r.is_lazy = true;
    while (events_have_room(r.d.h))
        event_post(r.d.h, KITH_EVENT_STORE_COLLECTED, NULL);
    while (!events_have_room(r.d.h)) /* for one step, and no more */
        assert_true(kith_host_next_event(r.d.h, &event));
    r.d.now_us += CYCLE_US;
    air_run(&r);
    air_take_events(&r);
    for (const char *c = r.story; *c != '\0'; c++)
        ended += *c == '!';
    assert_int_equal(ended, KITH_SETS_MAX + 1);
    assert_int_equal(r.last[KITH_EVENT_ADVERTISING].activity.status, KITH_ERR_ENTROPY);
    air_run(&r);
    assert_int_equal(air_count_made(&r), 0);
    air_close(&r);
}

/* It would be on air under one address for good. */
static void a_private_set_that_cannot_be_switched_off_is_the_end_of_the_controller(void **state)
{
    static const kith_privacy_mode modes[] = {KITH_PRIVACY_RESOLVABLE, KITH_PRIVACY_OFF};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const kith_advertising a = air_advertising();
        air r;

        air_open(&r, false, AIR_SETS - 1, modes[i]);
        air_begin(&r, 1, &a);
        r.refuse = KITH_HCI_LE_SET_EXT_ADV_ENABLE;
        r.refuse_with = KITH_HCI_HARDWARE_FAILURE;
        assert_int_equal(kith_gap_stop_set(r.d.h, 1), KITH_OK);
        air_run(&r);
        assert_true(r.of[1].is_on);
        assert_int_equal(r.told[KITH_EVENT_CONTROLLER_LOST], modes[i] == KITH_PRIVACY_OFF ? 0 : 1);
        air_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_set_that_cannot_be_switched_off_is_the_end_of_the_controller),
        cmocka_unit_test(a_link_ends_its_set_and_no_other),
        cmocka_unit_test(words_that_mean_nothing_end_nothing),
        cmocka_unit_test(each_end_says_why),
        cmocka_unit_test(a_false_end_does_not_stay_on_air),
        cmocka_unit_test(a_set_that_cannot_be_removed_holds_nothing_up),
        cmocka_unit_test(numbers_are_ours),
        cmocka_unit_test(a_lost_controller_leaves_nothing),
        cmocka_unit_test(a_link_at_each_moment_of_a_pause),
        cmocka_unit_test(a_link_while_it_is_switched),
        cmocka_unit_test(all_sets_change_together),
        cmocka_unit_test(a_set_that_cannot_go_on_after_a_pause_ends),
        cmocka_unit_test(own_addresses_are_the_sets_own),
        cmocka_unit_test(a_filter_is_one_sets_own),
        cmocka_unit_test(who_is_not_asked_any_more_is_told_so),
        cmocka_unit_test(anything_in_any_order),
        cmocka_unit_test(a_full_queue_only_delays),
        cmocka_unit_test(without_an_address_every_set_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
