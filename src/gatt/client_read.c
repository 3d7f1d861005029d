/* The GATT client: values read by UUID, and several at once.  Core Vol 3 Part G 4.8.2, 4.8.4, 4.8.5. */
#include "base/bytes.h"
#include "gatt/client_step.h"

enum { MULTIPLE_MAX = 32 };

kith_status gatt_client_start_read_multiple(gatt_client *client, const uint16_t *handles, size_t count, bool variable,
                                            uint8_t *out, size_t cap, size_t *out_len)
{
    uint8_t list[2 * MULTIPLE_MAX];
    kith_att_pdu pdu = {.opcode = variable ? KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST : KITH_ATT_READ_MULTIPLE_REQUEST,
                        .value = list,
                        .value_len = 2 * count};

    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (count < 2 || count > MULTIPLE_MAX || 1 + 2 * count > client->bearer->mtu)
        return KITH_ERR_VALUE;
    for (size_t i = 0; i < count; i++) {
        if (handles[i] == 0)
            return KITH_ERR_VALUE;
        bytes_put16(list + 2 * i, handles[i]);
    }
    return client_begin(client, variable ? GATT_CLIENT_READ_VARIABLE : GATT_CLIENT_READ_MULTIPLE, handles[0],
                        kith_att_encode(&pdu, out, cap), out_len);
}

void client_on_multiple(client_exchange *x)
{
    client_finish(x, KITH_GATT_OK);
    x->event->value = x->in.value;
    x->event->value_len = x->in.value_len;
}

static size_t encode_by_uuid(const gatt_client *client, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_READ_BY_TYPE_REQUEST,
                        .handle = client->handle,
                        .end_handle = client->end_handle,
                        .type = client->type};
    return kith_att_encode(&pdu, out, cap);
}

kith_status gatt_client_start_read_by_uuid(gatt_client *client, const kith_uuid *uuid, uint16_t first, uint16_t last,
                                           uint8_t *out, size_t cap, size_t *out_len)
{
    gatt_client asks = {.handle = first, .end_handle = last, .type = *uuid};
    kith_status status;

    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (first == 0 || last < first || (uuid->size != 2 && uuid->size != 16))
        return KITH_ERR_VALUE;
    status = client_begin(client, GATT_CLIENT_READ_BY_UUID, first, encode_by_uuid(&asks, out, cap), out_len);
    if (status == KITH_OK) {
        client->end_handle = last;
        client->type = *uuid;
    }
    return status;
}

/* Handles in order, in the range that was asked for.  Returns the last; 0: not so. */
static uint16_t judge_values(const gatt_client *client, const kith_att_pdu *in)
{
    uint32_t last = client->handle - 1U;

    for (size_t i = 0; i < in->value_len; i += in->entry_len) {
        uint16_t handle = bytes_get16(in->value + i);

        if (handle <= last || handle > client->end_handle)
            return 0;
        last = handle;
    }
    return (uint16_t)last;
}

void client_on_values(client_exchange *x)
{
    gatt_client *client = x->client;
    uint16_t last = judge_values(client, &x->in);

    if (last == 0) {
        client_finish(x, KITH_GATT_MALFORMED_RESPONSE);
        return;
    }
    client->found_some = true;
    if (last == client->end_handle) {
        client_finish(x, KITH_GATT_OK);
    } else {
        client->handle = (uint16_t)(last + 1);
        client_go_on(x, GATT_CLIENT_READ_BY_UUID, encode_by_uuid(client, x->out, x->cap));
    }
    x->event->list = GATT_CLIENT_VALUES;
    x->event->entries = x->in.value;
    x->event->entry_len = x->in.entry_len;
    x->event->count = x->in.value_len / x->in.entry_len;
}
