/* The program's word for a request: yes, no, and what happens when the link is worth less before it comes.
 * Core Vol 3 Part C 10.5. */
#include "client.h"

enum { ASKED = 11, BOTH_AT = 16 };

static const kith_characteristic both = {.uuid = KITH_UUID16(0x2a50),
                                         .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
                                         .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED |
                                                        KITH_READ_AUTHORIZED | KITH_WRITE_AUTHORIZED,
                                         .id = ASKED,
                                         .variable = &served_variable};
static const kith_service asks = {.uuid = KITH_UUID16(0x1819), .characteristics = &both, .characteristic_count = 1};

typedef struct {
    cast_room *room;
    cast_host *server;
    client c;
} scene;

static void open_scene(scene *s)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(74, CAST_TOY);
    client_server_config(&config, &kith_volatile_store);
    config.services = &asks;
    s->server = cast_add(s->room, "server", &config);
    cast_start(s->room);
    client_enter(&s->c, s->room);
    client_meet(&s->c, s->server);
    client_pair(&s->c, s->server);
    memcpy(served_octets, "door", 4);
    served_variable.len = 4;
}

static void ask_to_write(scene *s)
{
    const uint8_t pdu[] = {KITH_ATT_WRITE_REQUEST, BOTH_AT, 0, 'o', 'p', 'e', 'n'};

    client_say(&s->c, pdu, sizeof pdu);
    client_run(&s->c, 200000);
    cast_equal(s->room, s->server->last[KITH_EVENT_AUTHORIZATION_WANTED].attribute.id, ASKED);
}

static void ask_to_read(scene *s)
{
    const uint8_t pdu[] = {KITH_ATT_READ_REQUEST, BOTH_AT, 0};

    client_say(&s->c, pdu, sizeof pdu);
    client_run(&s->c, 200000);
}

static void a_request_waits_for_the_programs_word_and_goes_by_it(void **state)
{
    scene s;

    (void)state;
    open_scene(&s);
    ask_to_read(&s);
    cast_equal(s.room, s.c.answers, 0);
    cast_equal(s.room, s.server->told[KITH_EVENT_AUTHORIZATION_WANTED], 1);
    cast_equal(s.room, kith_gatt_answer_read(s.server->host, s.server->link, 0, CAST_SECRET, 6), KITH_ERR_STATE);
    cast_equal(s.room, kith_gatt_authorize(s.server->host, s.server->link, true), KITH_OK);
    client_run(&s.c, 200000);
    cast_equal(s.room, s.c.answer[0], KITH_ATT_READ_RESPONSE);
    assert_memory_equal(s.c.answer + 1, "door", 4);
    cast_equal(s.room, kith_gatt_authorize(s.server->host, s.server->link, true), KITH_ERR_STATE);
    ask_to_write(&s);
    cast_equal(s.room, kith_gatt_authorize(s.server->host, s.server->link, false), KITH_OK);
    client_run(&s.c, 200000);
    cast_equal(s.room, s.c.answer[0], KITH_ATT_ERROR_RESPONSE);
    cast_equal(s.room, s.c.answer[4], KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION);
    assert_memory_equal(served_octets, "door", 4);
    ask_to_write(&s); /* a word is for one request */
    cast_equal(s.room, s.server->told[KITH_EVENT_AUTHORIZATION_WANTED], 3);
    cast_equal(s.room, kith_gatt_authorize(s.server->host, s.server->link, true), KITH_OK);
    client_run(&s.c, 200000);
    cast_equal(s.room, s.c.answer[0], KITH_ATT_WRITE_RESPONSE);
    cast_equal(s.room, s.server->told[KITH_EVENT_VALUE_WRITTEN], 1);
    assert_memory_equal(served_octets, "open", 4);
    cast_close(s.room);
}

static void a_plain_link_is_refused_before_the_program_is_asked(void **state)
{
    scene s;

    (void)state;
    open_scene(&s);
    client_leave(&s.c, s.server);
    client_meet(&s.c, s.server);
    cast_equal(s.room, client_read(&s.c, BOTH_AT), KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION);
    cast_equal(s.room, s.server->told[KITH_EVENT_AUTHORIZATION_WANTED], 0);
    cast_close(s.room);
}

/* Its bond is forgotten while the program thinks: the yes comes too late. */
static void a_word_that_comes_after_the_level_fell_is_worth_nothing(void **state)
{
    scene s;
    kith_link link;

    (void)state;
    open_scene(&s);
    ask_to_write(&s);
    link = s.server->link;
    cast_forget_all(s.server);
    cast_check(s.room, kith_gatt_authorize(s.server->host, link, true) != KITH_OK);
    client_run(&s.c, CAST_SECOND);
    assert_memory_equal(served_octets, "door", 4);
    cast_equal(s.room, s.server->told[KITH_EVENT_VALUE_WRITTEN], 0);
    cast_equal(s.room, kith_gatt_authorize(s.server->host, link, true), KITH_ERR_NOT_FOUND);
    cast_close(s.room);
}

static void prepared_writes_are_executed_with_the_programs_word_alone(void **state)
{
    const uint8_t prepare[] = {KITH_ATT_PREPARE_WRITE_REQUEST, BOTH_AT, 0, 0, 0, 'o', 'p', 'e', 'n'};
    const uint8_t execute[] = {KITH_ATT_EXECUTE_WRITE_REQUEST, KITH_ATT_EXECUTE_WRITE};
    scene s;

    (void)state;
    for (unsigned yes = 0; yes < 2; yes++) {
        open_scene(&s);
        client_say(&s.c, prepare, sizeof prepare);
        client_run(&s.c, 200000);
        cast_equal(s.room, kith_gatt_authorize(s.server->host, s.server->link, true), KITH_OK);
        client_run(&s.c, 200000);
        cast_equal(s.room, s.c.answer[0], KITH_ATT_PREPARE_WRITE_RESPONSE);
        client_say(&s.c, execute, sizeof execute);
        client_run(&s.c, 200000);
        cast_equal(s.room, s.server->told[KITH_EVENT_AUTHORIZATION_WANTED], 2);
        cast_equal(s.room, kith_gatt_authorize(s.server->host, s.server->link, yes != 0), KITH_OK);
        client_run(&s.c, 200000);
        cast_equal(s.room, s.c.answer[0], yes != 0 ? KITH_ATT_EXECUTE_WRITE_RESPONSE : KITH_ATT_ERROR_RESPONSE);
        cast_equal(s.room, s.server->told[KITH_EVENT_VALUE_WRITTEN], yes);
        assert_memory_equal(served_octets, yes != 0 ? "open" : "door", 4);
        cast_close(s.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_waits_for_the_programs_word_and_goes_by_it),
        cmocka_unit_test(a_plain_link_is_refused_before_the_program_is_asked),
        cmocka_unit_test(a_word_that_comes_after_the_level_fell_is_worth_nothing),
        cmocka_unit_test(prepared_writes_are_executed_with_the_programs_word_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
