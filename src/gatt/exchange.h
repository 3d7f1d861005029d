/* What the parts of the server work with while one PDU is handled. */
#ifndef GATT_EXCHANGE_H
#define GATT_EXCHANGE_H

#include "base/bytes.h"
#include "gatt/server.h"

/* So that handlers take one argument. */
typedef struct {
    gatt_server *server;
    const gatt_link_security *sec;
    kith_att_pdu in;
    const uint8_t *pdu; /* the request as it came */
    size_t len;
    uint8_t *out;
    size_t room; /* the largest response: cap or the MTU */
    gatt_server_event *event;
    bool is_held; /* it waited, and was let in when it came */
} exchange;

static inline size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* server.c */
size_t exchange_refuse(exchange *x, uint16_t handle, kith_att_error error);
kith_att_error exchange_authorize(const exchange *x, const gatt_attribute *at, gatt_operation operation);
size_t exchange_ask_program_to_read(exchange *x, const gatt_attribute *at, uint16_t offset);
const uint8_t *exchange_value(const exchange *x, const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH], size_t *len);
size_t exchange_error(uint8_t opcode, uint16_t handle, kith_att_error error, uint8_t *out, size_t cap);
bool exchange_hold(exchange *x);                                       /* keeps the request; false: no room */
bool held_add(gatt_server *server, const uint8_t *octets, size_t len); /* behind what is held; false: no room */

/* discover.c: what asks by type */
size_t serve_find_information(exchange *x);
size_t serve_find_by_type_value(exchange *x);
size_t serve_read_by_type(exchange *x);
size_t serve_read_by_group_type(exchange *x);
size_t make_single_entry(uint16_t handle, const uint8_t *value, size_t value_len, uint8_t *out, size_t room);

/* read.c */
size_t serve_read(exchange *x);          /* Read and Read Blob */
size_t serve_read_multiple(exchange *x); /* both of them */
size_t make_read_response(const gatt_pending *request, const uint8_t *value, size_t value_len, uint8_t *out,
                          size_t room);
bool read_collect(gatt_server *server, const uint8_t *value, size_t len); /* a value for Read Multiple */

/* write.c */
size_t serve_write(exchange *x);
void serve_command(exchange *x);
kith_att_error authorize_write(const exchange *x, const gatt_attribute *at, uint8_t property);
kith_att_error write_here(exchange *x, const gatt_attribute *at, uint16_t offset, const uint8_t *value, size_t len);
void tell_write(exchange *x, const gatt_attribute *at, gatt_server_event_kind kind, uint16_t offset,
                const uint8_t *value, size_t len);

/* queue.c */
size_t serve_prepare(exchange *x);
size_t serve_execute(exchange *x);
size_t queue_go_on(exchange *x); /* one write is done: the next, or the response */

#endif
