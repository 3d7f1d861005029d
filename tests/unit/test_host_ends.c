/* Ends are never lost: many procedures that end by one packet, by one failure or with the controller are all told,
 * and values that events carry are whole until they are taken. */
#include "test_host_support.h"

/* Eight pairings that wait for nothing but the acknowledgement of their last key. */
static void bring_to_last_key(desk *d)
{
    for (unsigned i = 0; i < DESK_LINKS; i++) {
        host_link *link = desk_connect(d, i, false);
        smp_session *s = security_open(d->h, link, false, KITH_LEVEL_ENCRYPTED);

        assert_non_null(s);
        s->state = SMP_KEYS_ACK;
        s->method = &kith_sc_just_works_responder;
        s->window = true;
        s->verdict.bonded = true;
        s->verdict.level = KITH_LEVEL_ENCRYPTED;
        s->verdict.key_size = 16;
        s->verdict.key_kind = KITH_KEY_KIND_SC;
        s->verdict.phase = KITH_PHASE_KEYS;
        s->deadline_us = UINT64_MAX;
        link->encryption = LINK_ENCRYPTED;
        link->level = KITH_LEVEL_ENCRYPTED;
        link->in_controller = 1;
        link->fragments_sent = link->smp_mark = 1;
    }
    desk_forget(d);
}

static void one_completed_packets_event_ends_many_pairings(void **state)
{
    desk d;

    (void)state;
    desk_open(&d, DESK_LINKS, 27, DESK_LINKS);
    bring_to_last_key(&d);
    desk_complete(&d, 0, DESK_LINKS, 1);
    for (unsigned i = 0; i < DESK_LINKS; i++) {
        desk_take_events(&d);
        assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    }
    assert_int_equal(d.told[KITH_EVENT_PAIRED], DESK_LINKS);
    assert_int_equal(d.told[KITH_EVENT_BONDED], DESK_LINKS);
    assert_int_equal(kith_host_dropped(d.h), 0);
    desk_close(&d);
}

/* The same with a queue that is nearly full. */
static void and_with_events_that_nobody_took(void **state)
{
    desk d;
    unsigned filled = 0;

    (void)state;
    desk_open(&d, DESK_LINKS, 27, DESK_LINKS);
    bring_to_last_key(&d);
    while (events_have_room(d.h) && ++filled < 1000)
        event_post(d.h, KITH_EVENT_SCANNING, NULL);
    d.h->events.count--; /* room for one step just so */
    desk_complete(&d, 0, DESK_LINKS, 1);
    for (unsigned i = 0; i < DESK_LINKS; i++) {
        desk_take_events(&d);
        assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    }
    assert_int_equal(d.told[KITH_EVENT_SCANNING], filled - 1);
    assert_int_equal(d.told[KITH_EVENT_PAIRED], DESK_LINKS);
    assert_int_equal(d.told[KITH_EVENT_BONDED], DESK_LINKS);
    assert_int_equal(kith_host_dropped(d.h), 0);
    desk_close(&d);
}

static void an_own_key_that_fails_ends_every_pairing_that_waits_for_it(void **state)
{
    desk d;
    kith_work work;

    (void)state;
    desk_open(&d, DESK_LINKS, 27, DESK_LINKS);
    assert_true(kith_host_take_work(d.h, &work));
    assert_int_equal(work.kind, KITH_WORK_KEY_PAIR);
    for (unsigned i = 0; i < DESK_LINKS; i++) {
        smp_session *s = security_open(d.h, desk_connect(&d, i, false), false, KITH_LEVEL_ENCRYPTED);

        assert_non_null(s);
        s->state = SMP_WAIT_OWN_KEY;
        s->method = &kith_sc_just_works_responder;
    }
    desk_forget(&d);
    work.result = KITH_ERR_CRYPTO;
    d.h->random.broken = true; /* nor can another be drawn */
    assert_int_equal(kith_host_finish_work(d.h, &work, d.now_us), KITH_OK);
    for (unsigned i = 0; i < DESK_LINKS; i++) {
        desk_take_events(&d);
        assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    }
    assert_int_equal(d.told[KITH_EVENT_PAIRING_FAILED], DESK_LINKS);
    assert_int_equal(kith_host_dropped(d.h), 0);
    desk_close(&d);
}

static void a_lost_controller_ends_every_link_in_turn(void **state)
{
    static const uint8_t code = 3;
    desk d;

    (void)state;
    desk_open(&d, DESK_LINKS, 27, DESK_LINKS);
    bring_to_last_key(&d);
    desk_event(&d, KITH_HCI_EV_HARDWARE_ERROR, &code, 1);
    for (unsigned i = 0; i <= DESK_LINKS; i++) {
        (void)!kith_host_advance(d.h, d.now_us);
        desk_take_events(&d);
    }
    assert_int_equal(d.told[KITH_EVENT_PAIRING_FAILED], DESK_LINKS);
    assert_int_equal(d.told[KITH_EVENT_DISCONNECTED], DESK_LINKS);
    assert_int_equal(d.told[KITH_EVENT_CONTROLLER_LOST], 1);
    assert_int_equal(d.last.kind, KITH_EVENT_CONTROLLER_LOST);
    desk_close(&d);
}

/* Links that all claim the peer whose bond is being written, and asked for its key: the store fails, and each of them
 * is told, though only one step's room is left. */
static void keys_that_waited_for_a_store_that_failed_are_all_told(void **state)
{
    const kith_store store = {0}; /* nobody calls it here */
    kith_work work;
    desk d;

    (void)state;
    desk_open(&d, DESK_LINKS, 27, DESK_LINKS);
    while (kith_host_take_work(d.h, &work))
        continue; /* the key pair that is made ahead is nobody's business here */
    d.h->config.store = &store;
    d.h->store.stage = STORE_READY;
    d.h->saves[0].used = true;
    d.h->saves[0].bond.identity = (kith_address){KITH_ADDRESS_PUBLIC, {0xaa}};
    d.h->saves[0].bond.local = d.h->own;
    d.h->saves[0].bond.id = 1;
    d.h->saves[0].bond.key_kind = KITH_KEY_KIND_SC; /* a record that encodes: its end is found by the ID in it */
    d.h->saves[0].bond.method = KITH_METHOD_JUST_WORKS;
    d.h->saves[0].bond.level = KITH_LEVEL_ENCRYPTED;
    d.h->saves[0].bond.key_size = 16;
    d.h->saves[0].bond.has_ltk = true;
    memset(d.h->saves[0].bond.ltk, 0x3c, sizeof d.h->saves[0].bond.ltk);
    for (unsigned i = 0; i < DESK_LINKS; i++) {
        host_link *link = desk_connect(&d, i, false);

        link->peer = d.h->saves[0].bond.identity;
        link->ltk_waits = true;
    }
    desk_forget(&d);
    work_want_store(d.h);
    assert_true(kith_host_take_work(d.h, &work));
    assert_int_equal(work.kind, KITH_WORK_STORE);
    work.result = KITH_ERR_STORAGE;
    while (events_have_room(d.h))
        event_post(d.h, KITH_EVENT_SCANNING, NULL);
    d.h->events.count--; /* room for one step just so */
    assert_int_equal(kith_host_finish_work(d.h, &work, d.now_us), KITH_OK);
    for (unsigned i = 0; i < DESK_LINKS; i++) {
        desk_take_events(&d);
        assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    }
    assert_int_equal(d.told[KITH_EVENT_BOND_FAILED], 1);
    assert_int_equal(d.told[KITH_EVENT_ENCRYPTION_FAILED], DESK_LINKS);
    assert_int_equal(kith_host_dropped(d.h), 0);
    desk_close(&d);
}

static bool is_whole_command(const kith_event *event)
{
    if (event->kind != KITH_EVENT_WRITE_COMMAND)
        return false;
    for (uint16_t i = 1; i < event->attribute.len; i++)
        assert_int_equal(event->attribute.value[i], event->attribute.value[0]);
    return true;
}

/* Values lie in a ring behind the events; whatever comes and goes, each is whole when its event is taken. */
static void values_are_whole_until_the_next_event_is_taken(void **state)
{
    enum { COMMANDS = 5000 };
    uint32_t seed = 3;
    unsigned sent = 0, taken = 0, lost = 0;
    kith_event event;
    desk d;

    (void)state;
    print_message("seed %u\n", (unsigned)seed);
    desk_open(&d, 1, 27, 1);
    desk_connect(&d, 0, false);
    while (sent < COMMANDS) {
        uint8_t pdu[65] = {0x52, 16, 0};
        size_t len = ((seed = seed * 1664525u + 1013904223u) >> 16) % 21; /* what an MTU of 23 allows */

        memset(pdu + 3, (int)(sent & 0xff), len);
        for (unsigned n = seed >> 8 & 3; (n > 0 || !events_have_room(d.h)) && kith_host_next_event(d.h, &event);
             n -= n > 0)
            taken += is_whole_command(&event);
        desk_frame(&d, 0, KITH_CID_ATT, pdu, 3 + len);
        sent++;
    }
    while (kith_host_next_event(d.h, &event))
        taken += is_whole_command(&event);
    lost = kith_host_dropped(d.h);
    assert_int_equal(taken + lost, sent);
    assert_true(taken > COMMANDS / 2);
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_completed_packets_event_ends_many_pairings),
        cmocka_unit_test(and_with_events_that_nobody_took),
        cmocka_unit_test(an_own_key_that_fails_ends_every_pairing_that_waits_for_it),
        cmocka_unit_test(a_lost_controller_ends_every_link_in_turn),
        cmocka_unit_test(keys_that_waited_for_a_store_that_failed_are_all_told),
        cmocka_unit_test(values_are_whole_until_the_next_event_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
