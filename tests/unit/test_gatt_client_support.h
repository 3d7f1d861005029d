/* One client, and what a server says to it as hex. */
#ifndef TEST_GATT_CLIENT_SUPPORT_H
#define TEST_GATT_CLIENT_SUPPORT_H

#include "test_gatt_hex.h"

#include "gatt/client.h"

typedef struct {
    att_bearer bearer;
    gatt_client client;
    gatt_client_event event;
    uint8_t value[KITH_ATT_MAX_VALUE];
    uint8_t in[600]; /* the last response; events point into it */
    uint8_t out[600];
    size_t out_len;
} client_link;

static inline void start(client_link *l)
{
    memset(l, 0, sizeof *l);
    att_bearer_init(&l->bearer, 247);
    gatt_client_init(&l->client, &l->bearer);
}

static inline void we_send(const client_link *l, const char *expected)
{
    hex_expect(l->out, l->out_len, expected);
}

static inline void server_sends(client_link *l, const char *response)
{
    size_t len = hex_read(response, l->in, sizeof l->in);

    gatt_client_response(&l->client, l->in, len, l->out, sizeof l->out, &l->out_len, &l->event);
}

/* The operation ended like this, once, and another can start. */
static inline void it_ends(client_link *l, gatt_client_event_kind kind, kith_gatt_result result)
{
    assert_true(l->event.ended);
    assert_int_equal(l->event.kind, kind);
    assert_string_equal(kith_gatt_result_name(l->event.result), kith_gatt_result_name(result));
    assert_int_equal(l->out_len, 0);
    assert_false(gatt_client_is_waiting(&l->client));
    server_sends(l, "0b 00");
    assert_int_equal(l->event.kind, GATT_CLIENT_NONE);
}

#endif
