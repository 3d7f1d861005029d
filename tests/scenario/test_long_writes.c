/* Values longer than a PDU, and several values at once: prepared, then executed, each told with all its octets.
 * Core Vol 3 Part F 3.4.6, Part G 4.9.4, 4.9.5. */
#include "client.h"

typedef struct {
    cast_room *room;
    cast_host *server;
    client c;
    unsigned written; /* events, and what was in them */
    unsigned wanted;
    uint8_t octets[6][512];
    uint16_t lens[6], offsets[6];
    uint8_t answers; /* with this error, when it is asked */
    bool is_slow;    /* and not at once */
} scene;

static void react(cast_host *h, const kith_event *e)
{
    scene *s = h->context;
    unsigned i = s->written + s->wanted;

    if (e->kind != KITH_EVENT_VALUE_WRITTEN && e->kind != KITH_EVENT_WRITE_WANTED)
        return;
    cast_check(s->room, i < 6);
    cast_check(s->room, e->attribute.value != NULL || e->attribute.len == 0);
    memcpy(s->octets[i], e->attribute.value, e->attribute.len);
    s->lens[i] = e->attribute.len;
    s->offsets[i] = e->attribute.offset;
    s->written += e->kind == KITH_EVENT_VALUE_WRITTEN;
    s->wanted += e->kind == KITH_EVENT_WRITE_WANTED;
    if (e->kind == KITH_EVENT_WRITE_WANTED && !s->is_slow)
        cast_equal(s->room, kith_gatt_answer_write(h->host, e->link, s->answers), KITH_OK);
}

static void open_scene(scene *s, uint16_t mtu, uint16_t queue)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(72, CAST_TOY);
    client_server_config(&config, &kith_volatile_store);
    config.limits.mtu = mtu;
    config.limits.queue = queue;
    s->server = cast_add(s->room, "server", &config);
    s->server->react = react;
    s->server->context = s;
    cast_start(s->room);
    client_enter(&s->c, s->room);
    client_meet(&s->c, s->server);
}

static void prepare_long(scene *s, uint16_t handle, const uint8_t *value, size_t len)
{
    for (size_t at = 0; at < len; at += 18)
        cast_equal(s->room, client_prepare(&s->c, handle, (uint16_t)at, value + at, len - at < 18 ? len - at : 18), 0);
}

static void a_long_value_of_512_octets_is_written_and_told_whole(void **state)
{
    uint8_t value[512];
    static const uint16_t mtus[] = {23, 65, 517};

    (void)state;
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)(i * 7 + 3);
    for (unsigned i = 0; i < 3; i++) {
        scene s;

        open_scene(&s, mtus[i], 518);
        prepare_long(&s, OPEN_AT, value, sizeof value);
        cast_equal(s.room, s.written, 0);
        cast_equal(s.room, client_execute(&s.c), 0);
        cast_equal(s.room, s.written, 1);
        cast_equal(s.room, s.lens[0], 512);
        assert_memory_equal(s.octets[0], value, 512);
        assert_memory_equal(served_octets, value, 512);
        cast_equal(s.room, served_variable.len, 512);
        prepare_long(&s, WANTED_AT, value, sizeof value);
        cast_equal(s.room, client_execute(&s.c), 0);
        cast_equal(s.room, s.wanted, 1);
        cast_equal(s.room, s.lens[1], 512);
        assert_memory_equal(s.octets[1], value, 512);
        cast_close(s.room);
    }
}

static void several_writes_are_executed_in_order_and_each_is_told(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 23, 600);
    cast_equal(s.room, client_prepare(&s.c, OPEN_AT, 0, "abcdef", 6), 0);
    cast_equal(s.room, client_prepare(&s.c, WANTED_AT, 0, "one", 3), 0);
    cast_equal(s.room, client_prepare(&s.c, OPEN_AT, 2, "XY", 2), 0);
    cast_equal(s.room, client_prepare(&s.c, WANTED_AT, 0, "two", 3), 0);
    cast_equal(s.room, client_prepare(&s.c, OPEN_AT, 6, "g", 1), 0);
    cast_equal(s.room, client_prepare(&s.c, OPEN_AT, 0, "h", 1), 0);
    cast_equal(s.room, client_prepare(&s.c, WANTED_AT, 0, "7", 1), KITH_ATT_ERROR_PREPARE_QUEUE_FULL);
    cast_equal(s.room, client_execute(&s.c), 0);
    cast_equal(s.room, s.written, 4);
    cast_equal(s.room, s.wanted, 2);
    assert_memory_equal(s.octets[0], "abcdef", 6);
    assert_memory_equal(s.octets[1], "one", 3);
    assert_memory_equal(s.octets[2], "XY", 2);
    cast_equal(s.room, s.offsets[2], 2);
    assert_memory_equal(s.octets[3], "two", 3);
    cast_equal(s.room, s.lens[4], 1);
    cast_equal(s.room, s.offsets[4], 6);
    cast_equal(s.room, s.lens[5], 1);
    cast_close(s.room);
}

/* The whole queue in values, in one step, with the smallest buffers. */
static void six_writes_as_long_as_the_queue_are_told_whole_in_one_step(void **state)
{
    scene s;
    uint8_t part[84];

    (void)state;
    open_scene(&s, 23, 6 * (84 + 6));
    for (unsigned i = 0; i < 6; i++) {
        memset(part, 'a' + (int)i, sizeof part);
        for (unsigned at = 0; at < 84; at += 14)
            cast_equal(s.room, client_prepare(&s.c, OPEN_AT, (uint16_t)at, part, 14), 0);
    }
    cast_equal(s.room, client_execute(&s.c), 0);
    cast_equal(s.room, s.written, 6);
    for (unsigned i = 0; i < 6; i++) {
        memset(part, 'a' + (int)i, sizeof part);
        cast_equal(s.room, s.lens[i], 84);
        assert_memory_equal(s.octets[i], part, 84);
    }
    cast_equal(s.room, kith_host_dropped(s.server->host), 0);
    cast_close(s.room);
}

static void a_refusal_of_the_program_ends_what_was_prepared(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 23, 600);
    s.answers = 0x80;
    cast_equal(s.room, client_prepare(&s.c, WANTED_AT, 0, "one", 3), 0);
    cast_equal(s.room, client_prepare(&s.c, OPEN_AT, 0, "abc", 3), 0);
    cast_equal(s.room, client_execute(&s.c), 0x80);
    cast_equal(s.room, s.written, 0);
    cast_equal(s.room, served_variable.len, 0);
    cast_equal(s.room, client_execute(&s.c), 0); /* of nothing */
    cast_equal(s.room, s.written, 0);
    cast_close(s.room);
}

/* C12: a queue is the link's. */
static void what_one_client_prepared_is_not_executed_by_another_nor_on_another_link(void **state)
{
    scene s;
    client other;

    (void)state;
    open_scene(&s, 23, 600);
    client_enter(&other, s.room);
    client_meet(&other, s.server);
    cast_equal(s.room, client_prepare(&s.c, OPEN_AT, 0, "abc", 3), 0);
    cast_equal(s.room, client_execute(&other), 0);
    cast_equal(s.room, s.written, 0);
    cast_close(s.room);
    open_scene(&s, 23, 600);
    cast_equal(s.room, client_prepare(&s.c, OPEN_AT, 0, "abc", 3), 0);
    client_leave(&s.c, s.server);
    client_meet(&s.c, s.server);
    cast_equal(s.room, client_execute(&s.c), 0);
    cast_equal(s.room, s.written, 0);
    cast_close(s.room);
}

static void a_link_that_ends_while_the_program_thinks_writes_no_more(void **state)
{
    scene s;
    const uint8_t execute[2] = {KITH_ATT_EXECUTE_WRITE_REQUEST, KITH_ATT_EXECUTE_WRITE};
    kith_link link;

    (void)state;
    open_scene(&s, 23, 600);
    s.is_slow = true;
    cast_equal(s.room, client_prepare(&s.c, WANTED_AT, 0, "one", 3), 0);
    cast_equal(s.room, client_prepare(&s.c, OPEN_AT, 0, "abc", 3), 0);
    client_say(&s.c, execute, sizeof execute);
    client_run(&s.c, 200000);
    cast_equal(s.room, s.wanted, 1);
    link = s.server->link;
    client_leave(&s.c, s.server);
    cast_equal(s.room, kith_gatt_answer_write(s.server->host, link, 0), KITH_ERR_NOT_FOUND);
    cast_equal(s.room, served_variable.len, 0);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_value_of_512_octets_is_written_and_told_whole),
        cmocka_unit_test(several_writes_are_executed_in_order_and_each_is_told),
        cmocka_unit_test(six_writes_as_long_as_the_queue_are_told_whole_in_one_step),
        cmocka_unit_test(a_refusal_of_the_program_ends_what_was_prepared),
        cmocka_unit_test(what_one_client_prepared_is_not_executed_by_another_nor_on_another_link),
        cmocka_unit_test(a_link_that_ends_while_the_program_thinks_writes_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
