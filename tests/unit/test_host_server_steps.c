/* One packet makes at most HOST_STEP_EVENTS events, and their values have room: what a server has to tell included. */
#include "test_host_attack_support.h"

enum { INDICATED_AT = 16, TOLD_AT = 19, ASKED_AT = 21 };

static uint8_t written_octets[512];
static kith_variable told = {.octets = written_octets, .max = sizeof written_octets};
static const kith_characteristic step_characteristics[] = {
    {.uuid = KITH_UUID16(0x2a3d),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_INDICATE,
     .permissions = KITH_READ_OPEN,
     .id = 1,
     .value = (const uint8_t *)"s3cret",
     .value_len = 6},
    {.uuid = KITH_UUID16(0x2a3e),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .id = 2,
     .variable = &told},
    {.uuid = KITH_UUID16(0x2a3f),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN | KITH_READ_AUTHORIZED,
     .id = 3},
};
static const kith_service step_services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = step_characteristics, .characteristic_count = 3},
};

static side *start_server(attack *a, uint16_t queue)
{
    kith_config config = attack_config();

    config.services = step_services;
    config.limits.mtu = 23;
    config.limits.events = 0;
    config.limits.subscriptions = 2;
    config.limits.queue = queue;
    config.security.policy = KITH_PAIRING_ASK;
    return start_side(a, 1, config);
}

/* Given without taking events: how many it made; -1: FULL. */
static int events_of(side *x, const uint8_t *packet, size_t len)
{
    unsigned before = x->h->events.count;
    kith_status status = kith_host_receive(x->h, packet, len, *x->now_us);

    assert_true(status == KITH_OK || status == KITH_ERR_FULL);
    return status == KITH_OK ? (int)(x->h->events.count - before) : -1;
}

static void say_att(side *x, const uint8_t *pdu, size_t len)
{
    say_frame(x, x->handle, KITH_CID_ATT, pdu, len);
}

static int events_of_execute(side *x)
{
    uint8_t packet[11] = {KITH_H4_ACL, 0, 0, 6, 0, 2, 0, 4, 0, KITH_ATT_EXECUTE_WRITE_REQUEST, 1};

    bytes_put16(packet + 1, (uint16_t)(x->handle | KITH_ACL_FIRST_FLUSHABLE));
    return events_of(x, packet, sizeof packet);
}

static void the_end_of_a_link_with_everything_under_way_fits_into_one_step(void **state)
{
    static const uint8_t subscribe[] = {KITH_ATT_WRITE_REQUEST, INDICATED_AT + 1, 0, 2, 0};
    static const uint8_t gone[] = {KITH_H4_EVENT, KITH_HCI_EV_DISCONNECTION_COMPLETE, 4, 0, 0x40, 0, 0x08};
    attack a;
    side *central, *server;
    int events;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    server = start_server(&a, 60);
    join_and_bond(&a, central, server);
    cut_off(central);
    cut_off(server);
    say_att(server, subscribe, sizeof subscribe);
    run(&a);
    assert_int_equal(kith_gatt_indicate(server->h, server->link, 1, written_octets, 6), KITH_OK);
    ask_read(server, ASKED_AT); /* waits for the program */
    assert_int_equal(server->told[KITH_EVENT_AUTHORIZATION_WANTED], 1);
    assert_int_equal(kith_gatt_read(server->h, server->link, 3), KITH_OK);
    kith_pairing_close(server->h);
    say_frame(server, server->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    assert_int_equal(server->told[KITH_EVENT_CONSENT_WANTED], 1);
    events = events_of(server, gone, sizeof gone);
    assert_in_range(events, 4, HOST_STEP_EVENTS); /* of the indication, the read, the pairing, and the link */
    take_events(server);
    assert_int_equal(server->told[KITH_EVENT_INDICATED], 1);
    assert_int_equal(last_event(server, KITH_EVENT_INDICATED)->indicated.result, KITH_GATT_LINK_LOST);
    assert_int_equal(server->told[KITH_EVENT_READ], 1);
    assert_int_equal(server->told[KITH_EVENT_PAIRING_FAILED], 1);
    assert_int_equal(server->told[KITH_EVENT_DISCONNECTED], 1);
    assert_int_equal(kith_host_dropped(server->h), 0);
    attack_end(&a);
}

static void prepare_six(side *x)
{
    for (uint8_t i = 0; i < 6; i++) {
        uint8_t pdu[5 + 10] = {KITH_ATT_PREPARE_WRITE_REQUEST, TOLD_AT, 0};

        memset(pdu + 5, 'a' + i, 10);
        say_att(x, pdu, sizeof pdu);
        while (pump(x))
            continue;
    }
}

/* However many events are not taken yet: all six are told with their octets, or nothing is consumed. */
static void an_execute_write_is_told_whole_however_full_the_queue_is(void **state)
{
    (void)state;
    for (unsigned waiting = 0; waiting < 24; waiting++) {
        attack a;
        side *x;
        kith_event event;
        unsigned written = 0;
        int events;

        attack_begin(&a);
        x = start_server(&a, 6 * (6 + 10));
        say_connected(x, x->handle, false, 9);
        run(&a);
        prepare_six(x);
        told.len = 0;
        for (unsigned i = 0; i < waiting; i++) { /* ends that nobody takes */
            event_post(x->h, KITH_EVENT_SUBSCRIBED, NULL);
            if (x->h->events.capacity - x->h->events.count == 0)
                break;
        }
        events = events_of_execute(x);
        assert_true(events == 6 || (events == -1 && x->h->events.capacity - x->h->events.count < HOST_STEP_EVENTS));
        assert_int_equal(told.len, events == 6 ? 10 : 0);
        while (kith_host_next_event(x->h, &event)) {
            if (event.kind != KITH_EVENT_VALUE_WRITTEN)
                continue;
            assert_non_null(event.attribute.value);
            assert_int_equal(event.attribute.value[9], 'a' + written);
            written++;
        }
        assert_int_equal(written, events == 6 ? 6 : 0);
        attack_end(&a);
    }
}

/* What a client had prepared may be a secret, and nobody executes it any more. */
static void what_was_prepared_is_wiped_with_its_link(void **state)
{
    static const uint8_t prepare[] = {KITH_ATT_PREPARE_WRITE_REQUEST, TOLD_AT, 0, 0, 0, 's', '3', 'c', 'r', '3', 't'};
    static const uint8_t nothing[64];
    attack a;
    side *server;

    (void)state;
    attack_begin(&a);
    server = start_server(&a, sizeof nothing);
    say_connected(server, server->handle, false, 9);
    say_att(server, prepare, sizeof prepare);
    run(&a);
    assert_memory_not_equal(server->h->links[0].server_memory.queue, nothing, sizeof nothing);
    say_disconnected(server, server->handle, KITH_HCI_REMOTE_USER_TERMINATED);
    assert_memory_equal(server->h->links[0].server_memory.queue, nothing, sizeof nothing);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_prepared_is_wiped_with_its_link),
        cmocka_unit_test(the_end_of_a_link_with_everything_under_way_fits_into_one_step),
        cmocka_unit_test(an_execute_write_is_told_whole_however_full_the_queue_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
