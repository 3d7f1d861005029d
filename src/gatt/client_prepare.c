/* The GATT client: long and reliable writes, prepared part by part and executed together.  Core Vol 3 Part
 * G 4.9.4, 4.9.5.
 *
 * Each part comes back and is compared; where it is another one, or the peer refuses one, all are taken back. */
#include <string.h>

#include "gatt/client_step.h"

enum { PREPARE_HEADER = 5 }; /* opcode, handle, offset */

static uint16_t part_len(const gatt_client *client)
{
    size_t left = (size_t)client->writes->len - client->offset, most = (size_t)client->request_mtu - PREPARE_HEADER;

    return (uint16_t)(left < most ? left : most);
}

static size_t encode_part(const gatt_client *client, uint8_t *out, size_t cap)
{
    size_t len = part_len(client);
    kith_att_pdu pdu = {.opcode = KITH_ATT_PREPARE_WRITE_REQUEST,
                        .handle = client->writes->handle,
                        .offset = client->offset,
                        .value = len != 0 ? client->writes->value + client->offset : NULL,
                        .value_len = len};
    return kith_att_encode(&pdu, out, cap);
}

static size_t encode_execute(uint8_t flags, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_EXECUTE_WRITE_REQUEST, .flags = flags};
    return kith_att_encode(&pdu, out, cap);
}

static bool are_sound(const kith_gatt_write_part *writes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (writes[i].handle == 0 || writes[i].len > KITH_ATT_MAX_VALUE)
            return false;
    return count != 0 && count <= UINT16_MAX;
}

kith_status gatt_client_start_writes(gatt_client *client, const kith_gatt_write_part *writes, size_t count,
                                     uint8_t *out, size_t cap, size_t *out_len)
{
    gatt_client asks = {.writes = writes, .request_mtu = client->bearer->mtu};
    kith_status status;

    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (!are_sound(writes, count))
        return KITH_ERR_VALUE;
    status = client_begin(client, GATT_CLIENT_PREPARE, writes->handle, encode_part(&asks, out, cap), out_len);
    if (status == KITH_OK) {
        client->writes = writes;
        client->writes_left = (uint16_t)count;
        client->offset = 0;
    }
    return status;
}

kith_status gatt_client_start_write_long(gatt_client *client, uint16_t handle, const uint8_t *value, size_t len,
                                         uint8_t *out, size_t cap, size_t *out_len)
{
    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (len > KITH_ATT_MAX_VALUE)
        return KITH_ERR_VALUE;
    client->one_write = (kith_gatt_write_part){.handle = handle, .len = (uint16_t)len, .value = value};
    return gatt_client_start_writes(client, &client->one_write, 1, out, cap, out_len);
}

void client_cancel(client_exchange *x, kith_gatt_result result, kith_att_error error)
{
    x->client->kept_result = result;
    x->client->kept_error = error;
    client_go_on(x, GATT_CLIENT_CANCEL, encode_execute(KITH_ATT_EXECUTE_CANCEL, x->out, x->cap));
}

static bool is_echo(const client_exchange *x)
{
    const gatt_client *client = x->client;
    size_t len = part_len(client);

    return x->in.handle == client->writes->handle && x->in.offset == client->offset && x->in.value_len == len &&
           (len == 0 || memcmp(x->in.value, client->writes->value + client->offset, len) == 0);
}

/* false: that was the last. */
static bool find_next_part(gatt_client *client)
{
    client->offset = (uint16_t)(client->offset + part_len(client));
    if (client->offset < client->writes->len)
        return true;
    if (--client->writes_left == 0)
        return false;
    client->writes++;
    client->offset = 0;
    client->handle = client->writes->handle;
    return true;
}

void client_on_prepared(client_exchange *x)
{
    gatt_client *client = x->client;

    if (!is_echo(x)) {
        client_cancel(x, KITH_GATT_NOT_ECHOED, KITH_ATT_ERROR_NONE);
        return;
    }
    client->found_some = true;
    if (!find_next_part(client)) {
        client_go_on(x, GATT_CLIENT_EXECUTE, encode_execute(KITH_ATT_EXECUTE_WRITE, x->out, x->cap));
        return;
    }
    client->request_mtu = client->bearer->mtu; /* by which this part is cut, and its echo compared */
    client_go_on(x, GATT_CLIENT_PREPARE, encode_part(client, x->out, x->cap));
}
