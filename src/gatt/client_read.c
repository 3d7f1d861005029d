/* The GATT client: several values read at once.  Core Vol 3 Part G 4.8.4, 4.8.5. */
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
