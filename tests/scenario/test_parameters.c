/* Connection parameters between two hosts on the virtual radio: who may change them, and that a protected link stays
 * what it was. */
#include "cast.h"

static const kith_connection_parameters slow = {
    .interval_min_1250us = 120, .interval_max_1250us = 250, .latency = 0, .timeout_10ms = 100};

static cast_host *phone, *lamp;

static cast_room *meet(uint64_t seed, bool accepts)
{
    cast_room *room = cast_open(seed, CAST_OPENSSL);
    kith_config config;

    cast_phone_config(&config);
    config.accept_parameters = accepts;
    phone = cast_add(room, "phone", &config);
    lamp = cast_add_lamp(room, "lamp");
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    return room;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_central_changes_them_and_both_are_told),
        cmocka_unit_test(silence_ends_the_link_after_the_new_timeout),
        cmocka_unit_test(a_peripheral_is_refused_unless_the_central_wants_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
