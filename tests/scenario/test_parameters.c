/* Connection parameters between two hosts on the virtual radio: who may change them, by which way, and that a protected
 * link stays what it was. */
#include "cast.h"

#include "kith/codec/l2cap.h"

enum { PARAMETERS_REQUEST = 0x02 /* the feature */, PARAM_REQ = 0x0f /* the LL control PDU */, CONTROL = 3 };

static const kith_connection_parameters slow = {
    .interval_min_1250us = 120, .interval_max_1250us = 250, .latency = 0, .timeout_10ms = 100};

static cast_host *phone, *lamp;

static unsigned by_link_layer, by_signalling; /* requests on air */

static void sniff(void *context, const kith_sim_frame *frame)
{
    const uint8_t *p = frame->plain;

    (void)context;
    if (frame->connection == 0 || frame->plain_len < 3)
        return;
    by_link_layer += (p[0] & CONTROL) == CONTROL && p[2] == PARAM_REQ;
    by_signalling += (p[0] & CONTROL) != CONTROL && frame->plain_len > 6 && p[4] == KITH_CID_SIGNALLING &&
                     p[6] == KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_REQUEST;
}

static kith_sim_device controller(cast_room *room, bool asks)
{
    kith_sim_device device = cast_device(room);
    kith_sim_limits limits;

    kith_sim_default_limits(&limits);
    limits.le_features &= ~(uint64_t)PARAMETERS_REQUEST;
    limits.le_features |= asks ? PARAMETERS_REQUEST : 0;
    assert_int_equal(kith_sim_set_limits(room->sim, device, &limits), KITH_OK);
    return device;
}

static cast_room *meet_on(uint64_t seed, kith_parameters_policy policy, bool phone_asks, bool lamp_asks)
{
    cast_room *room = cast_open(seed, CAST_OPENSSL);
    kith_config config;

    cast_phone_config(&config);
    config.accept_parameters = (uint8_t)policy;
    phone = cast_add_on(room, "phone", &config, controller(room, phone_asks));
    cast_lamp_config(&config);
    lamp = cast_add_on(room, "lamp", &config, controller(room, lamp_asks));
    cast_start(room);
    by_link_layer = by_signalling = 0;
    assert_int_equal(kith_sim_listen(room->sim, sniff, NULL), KITH_OK);
    cast_connect_and_pair(phone, lamp);
    cast_run(room, CAST_SECOND, NULL, NULL);
    return room;
}

static cast_room *meet(uint64_t seed, bool accepts)
{
    return meet_on(seed, accepts ? KITH_PARAMETERS_ACCEPT : KITH_PARAMETERS_REFUSE, false, false);
}

static void expect_now(cast_room *room, const cast_host *h, bool asked, uint16_t interval, uint16_t timeout)
{
    const kith_event_parameters *p = &h->last[KITH_EVENT_PARAMETERS].parameters;

    cast_equal(room, p->asked, asked);
    cast_equal(room, p->result, KITH_PARAMETERS_CHANGED);
    cast_equal(room, p->interval_1250us, interval);
    cast_equal(room, p->latency, 0);
    cast_equal(room, p->timeout_10ms, timeout);
}

static void expect_protected(cast_room *room)
{
    cast_read(phone, CAST_VALUE_HANDLE);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.level, KITH_LEVEL_ENCRYPTED);
}

static void a_central_changes_them_and_both_are_told(void **state)
{
    cast_room *room = meet(1, false);

    (void)state;
    cast_equal(room, kith_gap_update_parameters(phone->host, phone->link, &slow), KITH_OK);
    (void)cast_await(phone, KITH_EVENT_PARAMETERS, 1);
    (void)cast_await(lamp, KITH_EVENT_PARAMETERS, 1);
    expect_now(room, phone, true, 250, 100);
    expect_now(room, lamp, false, 250, 100);
    expect_protected(room);
    cast_close(room);
}

/* The new supervision timeout is the one that counts. */
static void silence_ends_the_link_after_the_new_timeout(void **state)
{
    cast_room *room = meet(2, false);
    uint64_t began;

    (void)state;
    cast_equal(room, kith_gap_update_parameters(phone->host, phone->link, &slow), KITH_OK);
    (void)cast_await(phone, KITH_EVENT_PARAMETERS, 1);
    cast_run_until(room, kith_sim_now(room->sim) + CAST_SECOND);
    kith_sim_set_out_of_range(room->sim, lamp->device, true);
    began = kith_sim_now(room->sim);
    (void)cast_await(phone, KITH_EVENT_DISCONNECTED, 1);
    cast_check(room, kith_sim_now(room->sim) - began < 1500000);
    cast_close(room);
}

static void a_peripheral_is_refused_unless_the_central_wants_it(void **state)
{
    (void)state;
    for (unsigned accepts = 0; accepts <= 1; accepts++) {
        cast_room *room = meet(3 + accepts, accepts != 0);

        cast_equal(room, kith_gap_update_parameters(lamp->host, lamp->link, &slow), KITH_OK);
        (void)cast_await(lamp, KITH_EVENT_PARAMETERS, 1);
        if (accepts) {
            (void)cast_await(phone, KITH_EVENT_PARAMETERS, 1);
            expect_now(room, lamp, true, 250, 100);
            expect_now(room, phone, false, 250, 100);
        } else {
            cast_equal(room, lamp->last[KITH_EVENT_PARAMETERS].parameters.result, KITH_PARAMETERS_REFUSED);
            cast_equal(room, phone->told[KITH_EVENT_PARAMETERS], 0);
        }
        expect_protected(room);
        cast_close(room);
    }
}

/* By the link layer where both know how; where the central's does not, by signalling, and then at once. */
static void a_peripheral_asks_by_the_way_that_both_know(void **state)
{
    (void)state;
    for (unsigned can = 0; can < 4; can++) {
        const bool phone_can = (can & 1) != 0, lamp_can = (can & 2) != 0;
        cast_room *room = meet_on(5 + can, KITH_PARAMETERS_ACCEPT, phone_can, lamp_can);

        for (unsigned again = 0; again <= 1; again++) {
            kith_connection_parameters wish = slow;

            wish.interval_max_1250us = (uint16_t)(wish.interval_max_1250us - 100 * again);
            cast_equal(room, kith_gap_update_parameters(lamp->host, lamp->link, &wish), KITH_OK);
            (void)cast_await(lamp, KITH_EVENT_PARAMETERS, 1 + again);
            (void)cast_await(phone, KITH_EVENT_PARAMETERS, 1 + again);
            expect_now(room, lamp, true, wish.interval_max_1250us, 100);
            expect_now(room, phone, false, wish.interval_max_1250us, 100);
        }
        cast_equal(room, by_link_layer, lamp_can ? (phone_can ? 2 : 1) : 0); /* what it lacks is remembered */
        cast_equal(room, by_signalling, lamp_can && phone_can ? 0 : 2);
        expect_protected(room);
        cast_close(room);
    }
}

static void a_person_at_the_central_says_yes_or_no(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        const bool by_ll = (way & 1) != 0, yes = (way & 2) != 0;
        cast_room *room = meet_on(9 + way, KITH_PARAMETERS_ASK, by_ll, by_ll);

        cast_equal(room, kith_gap_update_parameters(lamp->host, lamp->link, &slow), KITH_OK);
        (void)cast_await(phone, KITH_EVENT_PARAMETERS_WANTED, 1);
        cast_run(room, 20 * CAST_SECOND, NULL, NULL); /* people take their time */
        cast_equal(room, lamp->told[KITH_EVENT_PARAMETERS], 0);
        expect_protected(room);
        cast_equal(room, kith_gap_answer_parameters(phone->host, phone->link, yes), KITH_OK);
        (void)cast_await(lamp, KITH_EVENT_PARAMETERS, 1);
        cast_run(room, CAST_SECOND, NULL, NULL);
        cast_equal(room, lamp->last[KITH_EVENT_PARAMETERS].parameters.result,
                   yes ? KITH_PARAMETERS_CHANGED : KITH_PARAMETERS_REFUSED);
        cast_equal(room, phone->told[KITH_EVENT_PARAMETERS], yes);
        cast_close(room);
    }
}

/* The peripheral hears it before its own time is over, by both ways, and the link is there. */
static void a_person_who_says_nothing_says_no_in_time(void **state)
{
    (void)state;
    for (unsigned by_ll = 0; by_ll <= 1; by_ll++) {
        cast_room *room = meet_on(13 + by_ll, KITH_PARAMETERS_ASK, by_ll != 0, by_ll != 0);

        cast_equal(room, kith_gap_update_parameters(lamp->host, lamp->link, &slow), KITH_OK);
        (void)cast_await(lamp, KITH_EVENT_PARAMETERS, 1);
        cast_equal(room, lamp->last[KITH_EVENT_PARAMETERS].parameters.result, KITH_PARAMETERS_REFUSED);
        cast_equal(room, kith_gap_answer_parameters(phone->host, phone->link, true), KITH_ERR_STATE);
        cast_run(room, 60 * CAST_SECOND, NULL, NULL);
        cast_equal(room, lamp->told[KITH_EVENT_PARAMETERS], 1);
        expect_protected(room);
        cast_close(room);
    }
}

/* Both sides at once, whoever is first by however little: each is told its end, and the link goes on. */
static void both_sides_change_them_at_once(void **state)
{
    static const kith_connection_parameters quick = {24, 24, 0, 200};

    (void)state;
    for (uint64_t later_us = 0; later_us <= 400000; later_us += 10000) {
        for (unsigned lamp_first = 0; lamp_first <= 1; lamp_first++) {
            cast_room *room = meet_on(15, KITH_PARAMETERS_ACCEPT, true, true);
            cast_host *first = lamp_first ? lamp : phone, *second = lamp_first ? phone : lamp;
            kith_status status;
            unsigned ends;

            cast_equal(room, kith_gap_update_parameters(first->host, first->link, lamp_first ? &slow : &quick),
                       KITH_OK);
            cast_run(room, later_us, NULL, NULL);
            ends = second->told[KITH_EVENT_PARAMETERS];
            status = kith_gap_update_parameters(second->host, second->link, lamp_first ? &quick : &slow);
            cast_check(room, status == KITH_OK || status == KITH_ERR_BUSY);
            cast_run(room, 50 * CAST_SECOND, NULL, NULL);
            cast_check(room, first->told[KITH_EVENT_PARAMETERS] >= 1);
            cast_check(room, status != KITH_OK || second->told[KITH_EVENT_PARAMETERS] > ends);
            cast_equal(room, kith_gap_update_parameters(lamp->host, lamp->link, &slow), KITH_OK);
            cast_equal(room, phone->told[KITH_EVENT_DISCONNECTED] + lamp->told[KITH_EVENT_DISCONNECTED], 0);
            expect_protected(room);
            cast_close(room);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_central_changes_them_and_both_are_told),
        cmocka_unit_test(silence_ends_the_link_after_the_new_timeout),
        cmocka_unit_test(a_peripheral_is_refused_unless_the_central_wants_it),
        cmocka_unit_test(a_peripheral_asks_by_the_way_that_both_know),
        cmocka_unit_test(a_person_at_the_central_says_yes_or_no),
        cmocka_unit_test(a_person_who_says_nothing_says_no_in_time),
        cmocka_unit_test(both_sides_change_them_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
