/* Public-key crypto that takes its time, for small devices take seconds: pairing waits for it, other links don't, and
 * work that is never done ends by the pairing's own deadline. */
#include "cast.h"

static bool has_ended(void *context)
{
    const cast_host *h = context;

    return h->ends > 0;
}

static void read_again(cast_host *self, const kith_event *e)
{
    if (e->kind == KITH_EVENT_READ && e->gatt.result == KITH_GATT_OK)
        assert_int_equal(kith_gatt_read(self->host, e->link, CAST_OPEN_HANDLE), KITH_OK);
}

static void reads_of_another_link_go_on_while_a_pairing_computes(void **state)
{
    cast_room *room = cast_open(71, CAST_OPENSSL);
    kith_config config;
    cast_host *lamp = cast_add_lamp(room, "lamp"), *clock = cast_add_lamp(room, "clock"), *phone;
    unsigned before;
    uint64_t begun;

    (void)state;
    cast_phone_config(&config);
    config.limits.links = 2;
    phone = cast_add(room, "phone", &config);
    cast_start(room);
    cast_run(room, CAST_SECOND, NULL, NULL);
    cast_connect(phone, clock);
    cast_read(phone, CAST_OPEN_HANDLE);
    phone->react = read_again;
    assert_int_equal(kith_gatt_read(phone->host, phone->link, CAST_OPEN_HANDLE), KITH_OK);
    cast_connect(phone, lamp);
    room->stage.work_us = 3 * CAST_SECOND;
    before = phone->told[KITH_EVENT_READ];
    begun = kith_sim_now(room->sim);
    cast_pair(phone, lamp);
    cast_check(room, kith_sim_now(room->sim) - begun > 6 * CAST_SECOND);
    /* A read takes two intervals of at most 50 ms. */
    cast_check(room, phone->told[KITH_EVENT_READ] - before > (kith_sim_now(room->sim) - begun) / 110000);
    cast_close(room);
}

static void expect_both_timed_out(cast_host *phone, cast_host *lamp)
{
    cast_check(phone->room, cast_run(phone->room, 60 * CAST_SECOND, has_ended, phone));
    cast_check(phone->room, cast_run(phone->room, 60 * CAST_SECOND, has_ended, lamp));
    cast_expect_failed(phone, 1, KITH_WHY_SMP_TIMEOUT);
    cast_check(phone->room, lamp->end.why == KITH_WHY_SMP_TIMEOUT || lamp->end.why == KITH_WHY_LINK_LOST);
    cast_equal(phone->room, phone->highest, KITH_LEVEL_NONE);
    cast_equal(phone->room, lamp->highest, KITH_LEVEL_NONE);
}

static void work_that_takes_40_seconds_ends_in_a_named_timeout(void **state)
{
    cast_room *room = cast_open(72, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

    (void)state;
    cast_start(room);
    cast_connect(phone, lamp);
    room->stage.work_us = 40 * CAST_SECOND;
    assert_int_equal(kith_pairing_open(lamp->host, 60000), KITH_OK);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    expect_both_timed_out(phone, lamp);
    cast_run(room, 120 * CAST_SECOND, NULL, NULL); /* the late results come in, and nobody wants them */
    cast_equal(room, phone->ends, 1);
    cast_equal(room, lamp->ends, 1);
    room->stage.work_us = 0;
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
}

static void work_that_is_never_given_back_holds_nothing_up_but_its_pairing(void **state)
{
    cast_room *room = cast_open(73, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

    (void)state;
    cast_start(room);
    cast_connect(phone, lamp);
    room->stage.work_us = UINT64_MAX / 2;
    assert_int_equal(kith_pairing_open(lamp->host, 60000), KITH_OK);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    expect_both_timed_out(phone, lamp);
    room->stage.work_us = 0;
    room->stage.hosts[0].working = room->stage.hosts[1].working = false; /* the items are lost for good */
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
}

/* An item for a session that is gone must not land in the next one. */
static void a_late_result_does_not_reach_the_next_pairing(void **state)
{
    cast_room *room = cast_open(74, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

    (void)state;
    cast_start(room);
    cast_connect(phone, lamp);
    room->stage.work_us = 2 * CAST_SECOND;
    assert_int_equal(kith_pairing_open(lamp->host, 60000), KITH_OK);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_run(room, CAST_SECOND, NULL, NULL);
    cast_check(room, room->stage.hosts[0].working);
    cast_disconnect(phone, lamp);
    cast_equal(room, phone->ends, 1);
    cast_equal(room, lamp->ends, 1);
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_of_another_link_go_on_while_a_pairing_computes),
        cmocka_unit_test(work_that_takes_40_seconds_ends_in_a_named_timeout),
        cmocka_unit_test(work_that_is_never_given_back_holds_nothing_up_but_its_pairing),
        cmocka_unit_test(a_late_result_does_not_reach_the_next_pairing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
