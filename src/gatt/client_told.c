/* The GATT client: asking to be told of a value, and being told.  Core Vol 3 Part G 4.10, 4.11. */
#include "base/bytes.h"
#include "gatt/client_step.h"

enum { INFORMATION_UUID16 = 4 }; /* handle, UUID */
enum { BITS_OF_CONFIGURATION = KITH_SUBSCRIBED_NOTIFY | KITH_SUBSCRIBED_INDICATE };
enum { TYPE_PRIMARY = 0x2800, TYPE_SECONDARY = 0x2801, TYPE_CHARACTERISTIC = 0x2803, TYPE_CONFIGURATION = 0x2902 };

static size_t encode_find_configuration(const gatt_client *client, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {
        .opcode = KITH_ATT_FIND_INFORMATION_REQUEST, .handle = client->handle, .end_handle = LAST_HANDLE};
    return kith_att_encode(&pdu, out, cap);
}

static size_t encode_subscribe(const gatt_client *client, uint8_t *out, size_t cap)
{
    uint8_t configuration[2] = {client->bits, 0};
    return client_encode_write(KITH_ATT_WRITE_REQUEST, client->handle, configuration, sizeof configuration, out, cap);
}

/* Its configuration, where nobody said which it is, is looked for behind the value. */
kith_status gatt_client_start_subscribe(gatt_client *client, uint16_t value_handle, uint16_t configuration,
                                        uint8_t bits, uint8_t *out, size_t cap, size_t *out_len)
{
    bool is_known = configuration != 0;
    gatt_client asks = {.handle = is_known ? configuration : (uint16_t)(value_handle + 1), .bits = bits};
    size_t len = is_known ? encode_subscribe(&asks, out, cap) : encode_find_configuration(&asks, out, cap);
    kith_status status;

    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (value_handle == 0 || asks.handle <= value_handle || (bits & ~BITS_OF_CONFIGURATION) != 0)
        return KITH_ERR_VALUE;
    status = client_begin(client, is_known ? GATT_CLIENT_SUBSCRIBE : GATT_CLIENT_FIND_CONFIGURATION, asks.handle, len,
                          out_len);
    if (status == KITH_OK)
        client->bits = bits;
    return status;
}

/* Handles in order, in the range that was asked for.  Returns the last; 0: not so. */
static uint16_t judge_information(const gatt_client *client, const kith_att_pdu *in)
{
    uint32_t last = client->handle - 1U;

    for (size_t i = 0; i < in->value_len; i += in->entry_len) {
        uint16_t handle = bytes_get16(in->value + i);

        if (handle <= last)
            return 0;
        last = handle;
    }
    return (uint16_t)last;
}

/* The configuration among these; *is_over: the characteristic has ended, without one if 0. */
static uint16_t find_configuration(const kith_att_pdu *in, bool *is_over)
{
    *is_over = false;
    for (size_t i = 0; in->entry_len == INFORMATION_UUID16 && i < in->value_len; i += in->entry_len) {
        uint16_t type = bytes_get16(in->value + i + 2);

        *is_over = type == TYPE_PRIMARY || type == TYPE_SECONDARY || type == TYPE_CHARACTERISTIC;
        if (*is_over)
            return 0;
        if (type == TYPE_CONFIGURATION)
            return bytes_get16(in->value + i);
    }
    return 0;
}

void client_on_information(client_exchange *x)
{
    gatt_client *client = x->client;
    bool is_over;
    uint16_t last = judge_information(client, &x->in);
    uint16_t configuration = find_configuration(&x->in, &is_over);

    if (last == 0) {
        client_finish(x, KITH_GATT_MALFORMED_RESPONSE);
    } else if (configuration != 0) {
        client->handle = configuration;
        client_go_on(x, GATT_CLIENT_SUBSCRIBE, encode_subscribe(client, x->out, x->cap));
    } else if (is_over || last == LAST_HANDLE) {
        client_finish(x, KITH_GATT_NOT_FOUND);
    } else {
        client->handle = (uint16_t)(last + 1);
        client_go_on(x, GATT_CLIENT_FIND_CONFIGURATION, encode_find_configuration(client, x->out, x->cap));
    }
}

/* One value or several.  What can be no attribute's is handed on to nobody. */
void client_on_notified(client_exchange *x)
{
    bool is_list = x->in.opcode == KITH_ATT_MULTIPLE_HANDLE_VALUE_NOTIFICATION;

    if (!is_list && (x->in.handle == 0 || x->in.value_len > KITH_ATT_MAX_VALUE))
        return;
    x->event->kind = GATT_CLIENT_NOTIFIED;
    x->event->is_list = is_list;
    x->event->is_indication = x->in.opcode == KITH_ATT_HANDLE_VALUE_INDICATION;
    x->event->handle = x->in.handle;
    x->event->value = x->in.value;
    x->event->value_len = x->in.value_len;
}

enum { TUPLE = 4 }; /* handle, length */

bool gatt_client_notified(const gatt_client_event *event, size_t *at, uint16_t *handle, const uint8_t **value,
                          size_t *len)
{
    const uint8_t *tuple = event->value + *at;

    if (!event->is_list) {
        *handle = event->handle;
        *value = event->value;
        *len = event->value_len;
        return (*at)++ == 0;
    }
    if (*at + TUPLE > event->value_len || bytes_get16(tuple + 2) > event->value_len - *at - TUPLE)
        return false;
    *handle = bytes_get16(tuple);
    *len = bytes_get16(tuple + 2);
    *value = tuple + TUPLE;
    *at += TUPLE + *len;
    return true;
}
