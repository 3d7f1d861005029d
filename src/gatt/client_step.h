/* What the files of the GATT client share: one response, and what comes of it. */
#ifndef GATT_CLIENT_STEP_H
#define GATT_CLIENT_STEP_H

#include "gatt/client.h"

enum { LAST_HANDLE = 0xffff };

/* What one response works with. */
typedef struct {
    gatt_client *client;
    kith_att_pdu in;
    uint8_t *out;
    size_t cap;
    size_t *out_len;
    gatt_client_event *event;
} client_exchange;

/* Starts an operation whose request was written already; request_len 0: it could not be, and nothing is changed. */
kith_status client_begin(gatt_client *client, gatt_client_state state, uint16_t handle, size_t request_len,
                         size_t *out_len);
/* The next request of the chain; one that can't be written ends it. */
void client_go_on(client_exchange *x, gatt_client_state state, size_t request_len);
void client_finish(client_exchange *x, kith_gatt_result result);

size_t client_encode_write(uint8_t opcode, uint16_t handle, const uint8_t *value, size_t value_len, uint8_t *out,
                           size_t cap);
void client_on_written(client_exchange *x);

/* client_told.c */
void client_on_information(client_exchange *x);
void client_on_notified(client_exchange *x);

/* client_prepare.c */
void client_on_prepared(client_exchange *x);
void client_cancel(client_exchange *x, kith_gatt_result result, kith_att_error error);

/* client_read.c */
void client_on_multiple(client_exchange *x);

/* client_list.c */
void client_on_list(client_exchange *x);

#endif
