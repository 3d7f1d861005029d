/* One link's server with a client that speaks in text, for the GATT tests. */
#ifndef TEST_GATT_SUPPORT_H
#define TEST_GATT_SUPPORT_H

#include "test_gatt_hex.h"
#include "test_gatt_tables.h"

#include "gatt/server.h"

enum { LINK_SUBSCRIPTIONS = 3, LINK_QUEUE = 600, LINK_EXTRAS = 3 };

typedef struct {
    gatt_database db;
    gatt_extra extra[LINK_EXTRAS];
    att_bearer bearer;
    gatt_server server;
    gatt_subscription subscriptions[LINK_SUBSCRIPTIONS];
    uint8_t queue[LINK_QUEUE];
    gatt_link_security sec;
    gatt_server_event event;
    uint8_t in[600]; /* the last request; events point into it */
    uint8_t out[600];
    size_t out_len;
    bool done; /* was there anything to answer? */
} server_link;

static const gatt_link_security plain = {.level = KITH_LEVEL_NONE};
static const gatt_link_security plain_bonded = {.level = KITH_LEVEL_NONE, .key_exists = true};
static const gatt_link_security just_works = {
    .encrypted = true, .level = KITH_LEVEL_ENCRYPTED, .key_size = 16, .key_exists = true};
static const gatt_link_security short_key = {
    .encrypted = true, .level = KITH_LEVEL_ENCRYPTED, .key_size = 15, .key_exists = true};
static const gatt_link_security authenticated = {
    .encrypted = true, .level = KITH_LEVEL_AUTHENTICATED, .key_size = 16, .key_exists = true};

/* A server without memory: nobody subscribes, nothing is queued, nothing waits. */
static const gatt_server_memory no_memory = {0};

static inline gatt_server_memory memory_of(server_link *l)
{
    return (gatt_server_memory){.subscriptions = l->subscriptions,
                                .subscription_cap = LINK_SUBSCRIPTIONS,
                                .queue = l->queue,
                                .queue_cap = sizeof l->queue};
}

/* For a new connection; the tables stay. */
static inline void connect_again(server_link *l)
{
    gatt_server_memory memory = memory_of(l);

    att_bearer_init(&l->bearer, 247);
    gatt_server_init(&l->server, &l->db, &l->bearer, &memory);
}

static inline void start_with(server_link *l, gatt_link_security sec, const kith_service *services, size_t count)
{
    memset(l, 0, sizeof *l);
    assert_int_equal(gatt_database_init(&l->db, "Kith", 0x0341, services, count), KITH_OK);
    gatt_database_give_room(&l->db, l->extra, LINK_EXTRAS);
    connect_again(l);
    l->sec = sec;
}

static inline void start(server_link *l, gatt_link_security sec)
{
    start_with(l, sec, test_services, 2);
}

static inline gatt_server_event_kind send_octets(server_link *l, size_t len)
{
    l->out_len = gatt_server_request(&l->server, &l->sec, l->in, len, l->out, sizeof l->out, &l->event);
    return l->event.kind;
}

static inline gatt_server_event_kind client_sends(server_link *l, const char *request)
{
    return send_octets(l, hex_read(request, l->in, sizeof l->in));
}

static inline void we_send(const server_link *l, const char *expected)
{
    hex_expect(l->out, l->out_len, expected);
}

static inline void exchange(server_link *l, const char *request, const char *response)
{
    (void)client_sends(l, request);
    we_send(l, response);
}

static inline gatt_server_event_kind answer_octets(server_link *l, kith_att_error error, const uint8_t *value,
                                                   size_t len)
{
    l->out_len =
        gatt_server_answer_read(&l->server, &l->sec, error, value, len, l->out, sizeof l->out, &l->event, &l->done);
    return l->event.kind;
}

/* The program answers a read; the whole value. */
static inline gatt_server_event_kind program_answers(server_link *l, const char *value)
{
    uint8_t octets[600];

    return answer_octets(l, KITH_ATT_ERROR_NONE, octets, hex_read(value, octets, sizeof octets));
}

static inline gatt_server_event_kind program_takes(server_link *l, kith_att_error error)
{
    l->out_len = gatt_server_answer_write(&l->server, &l->sec, error, l->out, sizeof l->out, &l->event, &l->done);
    return l->event.kind;
}

static inline gatt_server_event_kind program_says(server_link *l, bool yes)
{
    l->out_len = gatt_server_answer_authorization(&l->server, &l->sec, yes, l->out, sizeof l->out, &l->event, &l->done);
    return l->event.kind;
}

/* Execute Write after one of several writes. */
static inline gatt_server_event_kind server_goes_on(server_link *l)
{
    assert_true(gatt_server_is_executing(&l->server));
    l->out_len = gatt_server_go_on(&l->server, &l->sec, l->out, sizeof l->out, &l->event);
    return l->event.kind;
}

#endif
