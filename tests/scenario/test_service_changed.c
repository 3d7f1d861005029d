/* Our table changes: with a client there, with a bonded one away, or from one start to the next.  Clients are told, and
 * those that cache robustly are not served by handles that they know from before.  Core Vol 3 Part G 2.5.2, 7.1, 7.3.
 */
#include "client.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *server;
    memory_store store;
    client c;
} scene;

enum { EXTRA = 9, OTHER = 10 };

static const kith_characteristic extra_characteristic = {.uuid = KITH_UUID16(0x2a40),
                                                         .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY,
                                                         .permissions = KITH_READ_OPEN,
                                                         .id = EXTRA,
                                                         .value = CAST_SECRET,
                                                         .value_len = 6};
static const kith_characteristic other_characteristic = {.uuid = KITH_UUID16(0x2a41),
                                                         .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY,
                                                         .permissions = KITH_READ_OPEN,
                                                         .id = OTHER,
                                                         .value = CAST_SECRET,
                                                         .value_len = 6};
static const kith_service extra = {
    .uuid = KITH_UUID16(0x1816), .characteristics = &extra_characteristic, .characteristic_count = 1};
static const kith_service other = {
    .uuid = KITH_UUID16(0x1817), .characteristics = &other_characteristic, .characteristic_count = 1};

static void open_scene(scene *s)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(73, CAST_TOY);
    memory_store_init(&s->store, 20);
    client_server_config(&config, &s->store.store);
    s->server = cast_add(s->room, "server", &config);
    cast_start(s->room);
    client_enter(&s->c, s->room);
    client_meet(&s->c, s->server);
}

enum { BONDS = 1, CACHES = 2, ASKS = 4 };

static void introduce(scene *s, unsigned what)
{
    const uint8_t caching = 1;

    open_scene(s);
    if ((what & BONDS) != 0)
        client_pair(&s->c, s->server);
    if ((what & CACHES) != 0)
        cast_equal(s->room, client_write(&s->c, FEATURES_AT, &caching, 1), 0);
    if ((what & ASKS) != 0)
        cast_equal(s->room, client_subscribe(&s->c, CHANGED_AT, KITH_SUBSCRIBED_INDICATE), 0);
    client_run(&s->c, CAST_SECOND);
}

static void leave(scene *s)
{
    client_leave(&s->c, s->server);
    client_run(&s->c, 1000);
}

static void reboot_with(scene *s, size_t services)
{
    leave(s);
    s->server->config.service_count = services;
    cast_reboot(s->server);
}

static void return_encrypted(scene *s)
{
    client_meet(&s->c, s->server);
    client_encrypt(&s->c, s->server);
    client_run(&s->c, 200000);
}

static void expect_told(const scene *s, unsigned times, unsigned first, unsigned last)
{
    cast_equal(s->room, s->c.indicated, times);
    cast_equal(s->room, s->c.handle, CHANGED_AT);
    cast_equal(s->room, s->c.value_len, 4);
    cast_equal(s->room, s->c.value[0] | s->c.value[1] << 8, first);
    cast_equal(s->room, s->c.value[2] | s->c.value[3] << 8, last);
}

/* ---- while the client is there ---- */

static void GATT_SR_GAS_BV_01_C_a_client_is_told_which_handles_came_and_went(void **state)
{
    scene s;

    (void)state;
    introduce(&s, ASKS);
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    client_run(&s.c, 200000);
    expect_told(&s, 1, SERVED_END + 1, SERVED_END + 4);
    cast_equal(s.room, kith_gatt_handle(s.server->host, EXTRA), SERVED_END + 3);
    cast_equal(s.room, client_read(&s.c, SERVED_END + 3), 0);
    assert_int_equal(kith_gatt_remove_service(s.server->host, &extra), KITH_OK);
    client_run(&s.c, 200000);
    expect_told(&s, 2, SERVED_END + 1, SERVED_END + 4);
    cast_equal(s.room, client_read(&s.c, SERVED_END + 3), KITH_ATT_ERROR_INVALID_HANDLE);
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 0); /* the program did not ask for these */
    cast_close(s.room);
}

static void who_did_not_ask_is_not_told(void **state)
{
    kith_state_record kept;
    scene s;

    (void)state;
    introduce(&s, BONDS);
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, s.c.indicated, 0);
    cast_equal(s.room, client_read(&s.c, OPEN_AT), 0);
    cast_equal(s.room, kith_record_decode_state(memory_store_find(&s.store, KITH_RECORD_STATE, 1), &kept), KITH_OK);
    cast_check(s.room, kept.cccd_count == 0 && kept.features_len == 0 && !kept.is_aware);
    cast_close(s.room);
}

static void GATT_SR_GAS_BV_04_C_a_caching_client_is_refused_once_until_it_knows(void **state)
{
    scene s;

    (void)state;
    introduce(&s, CACHES);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    cast_equal(s.room, kith_gatt_notify(s.server->host, s.server->link, OPEN, CAST_SECRET, 6), KITH_ERR_BUSY);
    cast_equal(s.room, client_read(&s.c, OPEN_AT), KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    cast_equal(s.room, client_read(&s.c, OPEN_AT), 0);
    cast_equal(s.room, kith_gatt_notify(s.server->host, s.server->link, OPEN, CAST_SECRET, 6), KITH_OK);
    cast_close(s.room);
}

static void GATT_SR_GAS_BV_05_C_confirming_the_change_is_knowing_it(void **state)
{
    scene s;

    (void)state;
    introduce(&s, CACHES | ASKS);
    s.c.stays_silent = true;
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    client_run(&s.c, 100000);
    cast_equal(s.room, s.c.indicated, 1);
    client_confirm(&s.c);
    client_run(&s.c, 100000);
    cast_equal(s.room, client_read(&s.c, OPEN_AT), 0);
    cast_close(s.room);
}

static void a_change_while_one_is_not_confirmed_is_told_after_it(void **state)
{
    scene s;

    (void)state;
    introduce(&s, BONDS | CACHES | ASKS);
    s.c.stays_silent = true;
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    client_run(&s.c, 100000);
    assert_int_equal(kith_gatt_add_service(s.server->host, &other), KITH_OK);
    client_run(&s.c, 100000);
    expect_told(&s, 1, SERVED_END + 1, SERVED_END + 4);
    client_confirm(&s.c); /* of the first: it does not know the second */
    client_run(&s.c, 100000);
    expect_told(&s, 2, SERVED_END + 5, SERVED_END + 8);
    cast_equal(s.room, client_read(&s.c, OPEN_AT), KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    client_confirm(&s.c);
    client_run(&s.c, 100000);
    cast_equal(s.room, client_read(&s.c, OPEN_AT), 0);
    cast_close(s.room);
}

static void a_change_while_the_programs_indication_is_not_confirmed_is_told_after_it(void **state)
{
    scene s;

    (void)state;
    introduce(&s, BONDS | ASKS);
    cast_equal(s.room, client_subscribe(&s.c, INDICATED_AT, KITH_SUBSCRIBED_INDICATE), 0);
    s.c.stays_silent = true;
    cast_equal(s.room, kith_gatt_indicate(s.server->host, s.server->link, INDICATED, CAST_SECRET, 6), KITH_OK);
    client_run(&s.c, 100000);
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    client_run(&s.c, 100000);
    cast_equal(s.room, s.c.indicated, 1);
    client_confirm(&s.c);
    client_run(&s.c, 100000);
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 1);
    expect_told(&s, 2, SERVED_END + 1, SERVED_END + 4);
    cast_close(s.room);
}

static void an_indication_of_a_service_that_is_taken_away_still_ends(void **state)
{
    static const kith_characteristic indicates = {.uuid = KITH_UUID16(0x2a42),
                                                  .properties = KITH_PROPERTY_INDICATE,
                                                  .permissions = KITH_NOTIFY_OPEN,
                                                  .id = EXTRA,
                                                  .value = CAST_SECRET,
                                                  .value_len = 6};
    static const kith_service short_lived = {
        .uuid = KITH_UUID16(0x1818), .characteristics = &indicates, .characteristic_count = 1};
    scene s;

    (void)state;
    introduce(&s, 0);
    assert_int_equal(kith_gatt_add_service(s.server->host, &short_lived), KITH_OK);
    cast_equal(s.room, client_subscribe(&s.c, SERVED_END + 3, KITH_SUBSCRIBED_INDICATE), 0);
    s.c.stays_silent = true;
    cast_equal(s.room, kith_gatt_indicate(s.server->host, s.server->link, EXTRA, CAST_SECRET, 6), KITH_OK);
    client_run(&s.c, 100000);
    assert_int_equal(kith_gatt_remove_service(s.server->host, &short_lived), KITH_OK);
    client_confirm(&s.c);
    client_run(&s.c, 100000);
    cast_equal(s.room, s.server->told[KITH_EVENT_INDICATED], 1);
    cast_equal(s.room, s.server->last[KITH_EVENT_INDICATED].indicated.handle, SERVED_END + 3);
    cast_close(s.room);
}

/* Its handles go to what comes next. */
static void who_subscribed_to_a_service_that_went_is_not_subscribed_to_its_successor(void **state)
{
    scene s;

    (void)state;
    for (unsigned away = 0; away < 2; away++) {
        introduce(&s, BONDS);
        assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
        cast_equal(s.room, client_subscribe(&s.c, SERVED_END + 3, KITH_SUBSCRIBED_NOTIFY), 0);
        cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
        client_run(&s.c, CAST_SECOND);
        if (away != 0)
            leave(&s);
        assert_int_equal(kith_gatt_remove_service(s.server->host, &extra), KITH_OK);
        assert_int_equal(kith_gatt_add_service(s.server->host, &other), KITH_OK);
        cast_equal(s.room, kith_gatt_handle(s.server->host, OTHER), SERVED_END + 3);
        if (away != 0)
            return_encrypted(&s);
        cast_equal(s.room, kith_gatt_subscribed(s.server->host, s.server->link, OTHER), 0);
        cast_equal(s.room, kith_gatt_subscribed(s.server->host, s.server->link, OPEN), KITH_SUBSCRIBED_NOTIFY);
        cast_close(s.room);
    }
}

/* ---- while it is away ---- */

static void GATT_SR_GAS_BV_06_C_a_bonded_client_is_told_when_it_is_back_and_encrypted(void **state)
{
    scene s;

    (void)state;
    introduce(&s, BONDS | CACHES | ASKS);
    leave(&s);
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    client_meet(&s.c, s.server);
    client_run(&s.c, 200000);
    cast_equal(s.room, s.c.indicated, 0); /* not in plain */
    s.c.stays_silent = true;
    client_encrypt(&s.c, s.server);
    client_run(&s.c, 200000);
    expect_told(&s, 1, 1, 0xffff);
    cast_equal(s.room, client_read(&s.c, OPEN_AT), KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    client_confirm(&s.c);
    client_run(&s.c, CAST_SECOND);
    leave(&s);
    return_encrypted(&s); /* it knows */
    cast_equal(s.room, s.c.indicated, 1);
    cast_equal(s.room, s.server->told[KITH_EVENT_SUBSCRIBED], 0); /* the program has nothing to do with it */
    cast_equal(s.room, client_read(&s.c, OPEN_AT), 0);
    cast_close(s.room);
}

static void who_did_not_confirm_is_told_again_on_the_next_link(void **state)
{
    scene s;

    (void)state;
    introduce(&s, BONDS | ASKS);
    s.c.stays_silent = true;
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    client_run(&s.c, 100000);
    cast_equal(s.room, s.c.indicated, 1);
    leave(&s);
    s.c.stays_silent = false;
    return_encrypted(&s);
    cast_equal(s.room, s.c.indicated, 2);
    leave(&s);
    return_encrypted(&s);
    cast_equal(s.room, s.c.indicated, 2);
    cast_close(s.room);
}

static void a_table_that_is_as_it_was_is_not_told(void **state)
{
    scene s;

    (void)state;
    introduce(&s, BONDS | CACHES | ASKS);
    leave(&s);
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    assert_int_equal(kith_gatt_remove_service(s.server->host, &extra), KITH_OK);
    return_encrypted(&s);
    cast_equal(s.room, s.c.indicated, 0);
    cast_equal(s.room, client_read(&s.c, OPEN_AT), 0);
    cast_close(s.room);
}

/* ---- from one start to the next ---- */

static void GATT_SR_GAS_BV_07_C_another_table_after_a_restart_needs_no_call(void **state)
{
    scene s;
    unsigned puts;

    (void)state;
    introduce(&s, BONDS | CACHES | ASKS);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    client_run(&s.c, CAST_SECOND);
    puts = s.store.put;
    reboot_with(&s, 0);
    cast_equal(s.room, s.store.put, puts); /* start-up writes nothing */
    return_encrypted(&s);
    expect_told(&s, 1, 1, 0xffff);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, s.store.put, puts + 1); /* that it knows */
    reboot_with(&s, 0);
    return_encrypted(&s);
    cast_equal(s.room, s.c.indicated, 1);
    cast_equal(s.room, s.store.put, puts + 1);
    reboot_with(&s, 1);
    return_encrypted(&s);
    cast_equal(s.room, s.c.indicated, 2);
    cast_equal(s.room, kith_gatt_subscribed(s.server->host, s.server->link, OPEN), 0);
    cast_close(s.room);
}

/* What is not there takes no place from what is: four subscriptions have room. */
static void subscriptions_of_an_older_table_take_no_room(void **state)
{
    scene s;

    (void)state;
    introduce(&s, BONDS | ASKS);
    assert_int_equal(kith_gatt_add_service(s.server->host, &extra), KITH_OK);
    cast_equal(s.room, client_subscribe(&s.c, SERVED_END + 3, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, client_subscribe(&s.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, client_subscribe(&s.c, OPEN_AT, KITH_SUBSCRIBED_NOTIFY), 0);
    cast_equal(s.room, client_subscribe(&s.c, INDICATED_AT, KITH_SUBSCRIBED_INDICATE),
               KITH_ATT_ERROR_INSUFFICIENT_RESOURCES);
    client_run(&s.c, CAST_SECOND);
    reboot_with(&s, 1);
    return_encrypted(&s);
    cast_equal(s.room, client_subscribe(&s.c, INDICATED_AT, KITH_SUBSCRIBED_INDICATE), 0);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GATT_SR_GAS_BV_01_C_a_client_is_told_which_handles_came_and_went),
        cmocka_unit_test(who_did_not_ask_is_not_told),
        cmocka_unit_test(GATT_SR_GAS_BV_04_C_a_caching_client_is_refused_once_until_it_knows),
        cmocka_unit_test(GATT_SR_GAS_BV_05_C_confirming_the_change_is_knowing_it),
        cmocka_unit_test(a_change_while_one_is_not_confirmed_is_told_after_it),
        cmocka_unit_test(a_change_while_the_programs_indication_is_not_confirmed_is_told_after_it),
        cmocka_unit_test(an_indication_of_a_service_that_is_taken_away_still_ends),
        cmocka_unit_test(who_subscribed_to_a_service_that_went_is_not_subscribed_to_its_successor),
        cmocka_unit_test(GATT_SR_GAS_BV_06_C_a_bonded_client_is_told_when_it_is_back_and_encrypted),
        cmocka_unit_test(who_did_not_confirm_is_told_again_on_the_next_link),
        cmocka_unit_test(a_table_that_is_as_it_was_is_not_told),
        cmocka_unit_test(GATT_SR_GAS_BV_07_C_another_table_after_a_restart_needs_no_call),
        cmocka_unit_test(subscriptions_of_an_older_table_take_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
