/* A store that is full or fails, as the program hears of it: once for what the host keeps by itself, and for its own
 * values each time; and the program's values beside a table that the host keeps. */
#include "cast.h"
#include "kith/codec/record.h"
#include "memory_store.h"

enum { KEPT = 600, MIDDLE = 300 };

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_store lamp_store, phone_store;
} scene;

/* Of the phone: how often it was told that a table could not be kept. */
static unsigned tables_failed;
static kith_event_store_failed failed;

static void note_failure(cast_host *self, const kith_event *event)
{
    (void)self;
    if (event->kind != KITH_EVENT_STORE_FAILED || event->store_failed.what != KITH_PEER_DATABASE)
        return;
    tables_failed++;
    failed = event->store_failed;
}

static void open_scene(scene *s, uint64_t seed)
{
    kith_config lamp, phone;

    memset(s, 0, sizeof *s);
    s->room = cast_open(seed, CAST_OPENSSL);
    memory_store_init(&s->lamp_store, 40);
    memory_store_init(&s->phone_store, 40);
    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    lamp.limits.subscriptions = 4;
    lamp.limits.services = 1;
    lamp.store = &s->lamp_store.store;
    phone.limits.cache = KEPT;
    phone.limits.data = 4;
    phone.store = &s->phone_store.store;
    s->lamp = cast_add(s->room, "lamp", &lamp);
    s->phone = cast_add(s->room, "phone", &phone);
    s->phone->react = note_failure;
    tables_failed = 0;
    cast_start(s->room);
}

static void bond(scene *s)
{
    cast_connect(s->phone, s->lamp);
    cast_pair(s->phone, s->lamp);
    if (s->phone->told[KITH_EVENT_BONDED] == 0)
        cast_await(s->phone, KITH_EVENT_BONDED, 1);
    if (s->lamp->told[KITH_EVENT_BONDED] == 0)
        cast_await(s->lamp, KITH_EVENT_BONDED, 1);
}

static void pause(scene *s)
{
    cast_run_until(s->room, kith_sim_now(s->room->sim) + CAST_SECOND);
}

static void learn(scene *s)
{
    cast_equal(s->room, kith_gatt_discover_all(s->phone->host, s->phone->link), KITH_OK);
    cast_equal(s->room, cast_await_next(s->phone, KITH_EVENT_DISCOVERED)->gatt.result, KITH_GATT_OK);
}

static void learn_anew(scene *s)
{
    cast_disconnect(s->phone, s->lamp);
    cast_connect(s->phone, s->lamp);
    cast_encrypt(s->phone, s->lamp);
    learn(s);
    pause(s);
}

static kith_event_data end_of(scene *s, kith_token token)
{
    if (s->phone->last[KITH_EVENT_PEER_DATA].data.token != token)
        cast_await_next(s->phone, KITH_EVENT_PEER_DATA);
    cast_equal(s->room, s->phone->last[KITH_EVENT_PEER_DATA].data.token, token);
    return s->phone->last[KITH_EVENT_PEER_DATA].data;
}

static kith_event_store_failed failure(const cast_host *host)
{
    return host->last[KITH_EVENT_STORE_FAILED].store_failed;
}

/* ---- what the host keeps by itself ---- */

static void a_table_without_room_is_told_once(void **state)
{
    scene s;
    unsigned puts;

    (void)state;
    open_scene(&s, 901);
    bond(&s);
    s.phone_store.capacity = 4; /* a device and a bond, and two for who may come */
    cast_disconnect(s.phone, s.lamp);
    cast_reboot(s.phone);
    cast_connect(s.phone, s.lamp);
    cast_encrypt(s.phone, s.lamp);
    learn(&s);
    pause(&s);
    cast_equal(s.room, tables_failed, 1);
    cast_equal(s.room, failed.status, KITH_ERR_FULL);
    cast_equal(s.room, failed.what, KITH_PEER_DATABASE);
    cast_equal(s.room, failed.peer, 1);
    puts = s.phone_store.put;
    learn_anew(&s);
    learn_anew(&s);
    cast_equal(s.room, tables_failed, 1);
    cast_equal(s.room, s.phone_store.put, puts);
    s.phone_store.capacity = 40; /* the store has not said so yet */
    cast_disconnect(s.phone, s.lamp);
    cast_reboot(s.phone);
    cast_connect(s.phone, s.lamp);
    cast_encrypt(s.phone, s.lamp);
    learn(&s);
    pause(&s);
    cast_equal(s.room, tables_failed, 1);
    cast_check(s.room, kith_gatt_remote_is_kept(s.phone->host, s.phone->link) || s.phone_store.put > puts);
    cast_close(s.room);
}

static void a_table_that_cannot_be_written_is_told_until_it_can(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 902);
    bond(&s);
    s.phone_store.puts = KITH_ERR_STORAGE;
    learn(&s);
    pause(&s);
    cast_equal(s.room, tables_failed, 1);
    cast_equal(s.room, failed.status, KITH_ERR_STORAGE);
    cast_equal(s.room, failed.what, KITH_PEER_DATABASE);
    learn_anew(&s);
    cast_equal(s.room, tables_failed, 1);
    s.phone_store.puts = KITH_OK;
    learn_anew(&s);
    cast_equal(s.room, tables_failed, 1);
    s.phone_store.puts = KITH_ERR_STORAGE;
    cast_disconnect(s.phone, s.lamp);
    s.lamp->config.service_count = 0; /* another table is another write */
    cast_reboot(s.lamp);
    cast_connect(s.phone, s.lamp);
    cast_encrypt(s.phone, s.lamp);
    learn(&s);
    pause(&s);
    cast_equal(s.room, tables_failed, 2);
    cast_close(s.room);
}

/* A subscription that the lamp cannot keep. */
static void what_a_client_subscribed_to_is_told_when_it_cannot_be_kept(void **state)
{
    static const kith_uuid service_changed = KITH_UUID16(0x2a05), configuration = KITH_UUID16(0x2902);
    uint16_t value, handle;
    unsigned puts;
    scene s;

    (void)state;
    open_scene(&s, 903);
    bond(&s);
    learn(&s);
    value = kith_gatt_remote_value(s.phone->host, s.phone->link, NULL, &service_changed);
    handle = kith_gatt_remote_descriptor(s.phone->host, s.phone->link, value, &configuration);
    cast_check(s.room, handle != 0);
    s.lamp_store.puts = KITH_ERR_FULL;
    for (unsigned i = 0; i < 2; i++) { /* on, off: two changes, one failure */
        cast_equal(
            s.room,
            kith_gatt_subscribe(s.phone->host, s.phone->link, value, handle, i == 0 ? KITH_SUBSCRIBED_INDICATE : 0),
            KITH_OK);
        cast_await_next(s.phone, KITH_EVENT_SUBSCRIPTION_WRITTEN);
        pause(&s);
    }
    cast_equal(s.room, s.lamp->told[KITH_EVENT_STORE_FAILED], 1);
    cast_equal(s.room, failure(s.lamp).what, KITH_PEER_USE);
    cast_equal(s.room, failure(s.lamp).status, KITH_ERR_FULL);
    puts = s.lamp_store.put;
    for (unsigned i = 0; i < 10; i++)
        pause(&s);
    cast_equal(s.room, s.lamp_store.put, puts); /* nothing is tried for ever */
    cast_close(s.room);
}

/* ---- beside the table ---- */

/* Asked for while the table is on its way: both come through. */
static void values_and_the_table_do_not_disturb_each_other(void **state)
{
    static uint8_t value[MIDDLE], buffer[MIDDLE], table[KEPT];
    kith_token token, second;
    kith_event_data end;
    scene s;

    (void)state;
    for (unsigned by_name = 0; by_name < 2; by_name++) {
        open_scene(&s, 904);
        if (by_name == 0)
            s.phone_store.store.get = NULL;
        bond(&s);
        memset(value, 0x5c, sizeof value);
        learn(&s);
        cast_equal(s.room, kith_peers_store(s.phone->host, 1, KITH_PEER_APPLICATION, value, MIDDLE, &token), KITH_OK);
        cast_equal(s.room, end_of(&s, token).status, KITH_OK);
        pause(&s);
        cast_disconnect(s.phone, s.lamp);
        cast_connect(s.phone, s.lamp);
        cast_encrypt(s.phone, s.lamp);
        cast_equal(s.room, kith_gatt_discover_all(s.phone->host, s.phone->link), KITH_OK);
        cast_equal(s.room, kith_peers_load(s.phone->host, 1, KITH_PEER_APPLICATION, buffer, MIDDLE, &token), KITH_OK);
        cast_equal(s.room, end_of(&s, token).status, KITH_OK);
        cast_check(s.room, memcmp(value, buffer, MIDDLE) == 0);
        pause(&s);
        cast_check(s.room, kith_gatt_remote_is_kept(s.phone->host, s.phone->link));
        cast_equal(s.room, kith_peers_load(s.phone->host, 1, KITH_PEER_DATABASE, table, KEPT, &token), KITH_OK);
        end = end_of(&s, token);
        cast_check(s.room, end.status == KITH_OK && end.len > 24);
        cast_equal(s.room, kith_peers_store(s.phone->host, 1, KITH_PEER_DATABASE, table, 24, &second), KITH_ERR_STATE);
        cast_close(s.room);
    }
}

static uint32_t pieces_of_table(scene *s)
{
    uint32_t pieces = 0;

    for (unsigned i = 0; i < KITH_CHUNK_BANKS * KITH_CHUNK_PIECES; i++)
        pieces += memory_store_count(&s->phone_store, (uint8_t)(KITH_RECORD_CHUNK + 16 * KITH_CHUNK_DATABASE + i));
    return pieces;
}

/* So many items of the store are done by hand. */
static void step(scene *s, unsigned items)
{
    for (unsigned i = 0; i < items && s->phone->has_store_work; i++) {
        cast_finish_store(s->phone);
        cast_run_until(s->room, kith_sim_now(s->room->sim) + 1000);
    }
}

/* Whenever it is asked for while the table is written: what is there after it is a whole table, or none. */
static void a_table_that_is_deleted_while_it_is_written_is_never_there_in_part(void **state)
{
    kith_token token;

    (void)state;
    for (unsigned items = 0; items < 8; items++) {
        scene s;

        open_scene(&s, 906);
        bond(&s);
        pause(&s);
        s.phone->holds_store = true;
        learn(&s);
        step(&s, items);
        cast_equal(s.room, kith_peers_delete(s.phone->host, 1, KITH_PEER_DATABASE, &token), KITH_OK);
        step(&s, 100);
        s.phone->holds_store = false;
        cast_equal(s.room, end_of(&s, token).status, KITH_OK);
        cast_disconnect(s.phone, s.lamp);
        cast_connect(s.phone, s.lamp);
        cast_encrypt(s.phone, s.lamp);
        cast_equal(s.room, pieces_of_table(&s), 0); /* it was written before, or whole after */
        learn(&s);
        cast_close(s.room);
    }
}

static void load_again(cast_host *self, const kith_event *event)
{
    static uint8_t buffer[MIDDLE];
    kith_token token;

    if (event->kind == KITH_EVENT_PEER_DATA)
        cast_equal(self->room, kith_peers_load(self->host, 1, KITH_PEER_APPLICATION, buffer, MIDDLE, &token), KITH_OK);
}

/* A program that always has something to load does not keep a table waiting. */
static void values_and_tables_take_turns(void **state)
{
    static uint8_t value[MIDDLE];
    unsigned items = 0;
    kith_token token;
    scene s;

    (void)state;
    open_scene(&s, 907);
    bond(&s);
    learn(&s);
    cast_equal(s.room, kith_peers_store(s.phone->host, 1, KITH_PEER_APPLICATION, value, MIDDLE, &token), KITH_OK);
    cast_equal(s.room, end_of(&s, token).status, KITH_OK);
    pause(&s);
    cast_disconnect(s.phone, s.lamp);
    cast_connect(s.phone, s.lamp);
    cast_encrypt(s.phone, s.lamp);
    s.phone->holds_store = true;
    s.phone->react = load_again;
    for (unsigned i = 0; i < 2; i++)
        cast_equal(s.room, kith_peers_load(s.phone->host, 1, KITH_PEER_APPLICATION, value, MIDDLE, &token), KITH_OK);
    cast_equal(s.room, kith_gatt_discover_all(s.phone->host, s.phone->link), KITH_OK);
    while (s.phone->told[KITH_EVENT_DISCOVERED] < 2) {
        cast_check(s.room, ++items < 40);
        cast_run_until(s.room, kith_sim_now(s.room->sim) + 100000);
        step(&s, 1);
    }
    cast_check(s.room, kith_gatt_remote_is_kept(s.phone->host, s.phone->link));
    s.phone->react = NULL;
    step(&s, 100);
    cast_close(s.room);
}

static void a_table_that_is_deleted_is_learned_anew(void **state)
{
    kith_token token;
    scene s;

    (void)state;
    open_scene(&s, 905);
    bond(&s);
    learn(&s);
    pause(&s);
    cast_check(s.room, pieces_of_table(&s) > 0);
    cast_equal(s.room, kith_peers_delete(s.phone->host, 1, KITH_PEER_DATABASE, &token), KITH_OK);
    cast_check(s.room, end_of(&s, token).changed);
    cast_equal(s.room, pieces_of_table(&s), 0);
    cast_disconnect(s.phone, s.lamp);
    cast_connect(s.phone, s.lamp);
    cast_encrypt(s.phone, s.lamp);
    learn(&s);
    cast_check(s.room, !kith_gatt_remote_is_kept(s.phone->host, s.phone->link));
    pause(&s);
    cast_check(s.room, pieces_of_table(&s) > 0);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_without_room_is_told_once),
        cmocka_unit_test(a_table_that_cannot_be_written_is_told_until_it_can),
        cmocka_unit_test(what_a_client_subscribed_to_is_told_when_it_cannot_be_kept),
        cmocka_unit_test(values_and_the_table_do_not_disturb_each_other),
        cmocka_unit_test(a_table_that_is_deleted_is_learned_anew),
        cmocka_unit_test(a_table_that_is_deleted_while_it_is_written_is_never_there_in_part),
        cmocka_unit_test(values_and_tables_take_turns),
    };

    return cmocka_run_group_tests_name("what a store cannot keep is told", tests, NULL, NULL);
}
