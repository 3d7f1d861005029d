/* The GATT client: lists of what a peer has, asked for from handle to handle until there is no more: services,
 * includes, descriptors, and values by their UUID.  Core Vol 3 Part G 4.4, 4.5.1, 4.7.1, 4.8.2.
 *
 * Each list is a row.  Handles in it only grow, and lie in the range that was asked for, so that every list ends. */
#include "base/bytes.h"
#include "gatt/client_step.h"

enum { HANDLE = 2, RANGE = 4, UUID16 = 2, UUID128 = 16, ANY_LEN = 0 };

typedef struct {
    gatt_client_list list;
    uint8_t request;
    bool are_ranges;             /* two handles begin each entry, else one */
    uint8_t short_len, long_len; /* of an entry; ANY_LEN: what the peer likes */
} row;

static const kith_uuid primary_service = KITH_UUID16(0x2800);
static const kith_uuid include_declaration = KITH_UUID16(0x2802);

static const row *row_of(gatt_client_state state)
{
    static const row rows[] = {
        [0] = {GATT_CLIENT_VALUES, KITH_ATT_READ_BY_TYPE_REQUEST, false, ANY_LEN, ANY_LEN},
        [GATT_CLIENT_LIST_SERVICES - GATT_CLIENT_READ_BY_UUID] = {GATT_CLIENT_SERVICES,
                                                                  KITH_ATT_READ_BY_GROUP_TYPE_REQUEST, true,
                                                                  RANGE + UUID16, RANGE + UUID128},
        [GATT_CLIENT_LIST_SERVICES_OF -
            GATT_CLIENT_READ_BY_UUID] = {GATT_CLIENT_SERVICES, KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST, true, RANGE, RANGE},
        [GATT_CLIENT_LIST_INCLUDES - GATT_CLIENT_READ_BY_UUID] = {GATT_CLIENT_INCLUDES, KITH_ATT_READ_BY_TYPE_REQUEST,
                                                                  false, HANDLE + RANGE, HANDLE + RANGE + UUID16},
        [GATT_CLIENT_LIST_DESCRIPTORS - GATT_CLIENT_READ_BY_UUID] = {GATT_CLIENT_DESCRIPTORS,
                                                                     KITH_ATT_FIND_INFORMATION_REQUEST, false,
                                                                     HANDLE + UUID16, HANDLE + UUID128},
    };

    return &rows[state - GATT_CLIENT_READ_BY_UUID];
}

static size_t encode(const gatt_client *client, gatt_client_state state, uint8_t *out, size_t cap)
{
    bool by_value = state == GATT_CLIENT_LIST_SERVICES_OF;
    kith_att_pdu pdu = {.opcode = row_of(state)->request,
                        .handle = client->handle,
                        .end_handle = client->end_handle,
                        .type = by_value ? primary_service : client->type,
                        .value = by_value ? client->type.octets : NULL,
                        .value_len = by_value ? client->type.size : 0};
    return kith_att_encode(&pdu, out, cap);
}

static kith_status start(gatt_client *client, gatt_client_state state, const kith_uuid *type, uint16_t first,
                         uint16_t last, uint8_t *out, size_t cap, size_t *out_len)
{
    gatt_client asks = {.handle = first, .end_handle = last, .type = *type};
    kith_status status;

    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (first == 0 || last < first || (type->size != UUID16 && type->size != UUID128))
        return KITH_ERR_VALUE;
    status = client_begin(client, state, first, encode(&asks, state, out, cap), out_len);
    if (status == KITH_OK) {
        client->end_handle = last;
        client->type = *type;
    }
    return status;
}

kith_status gatt_client_start_read_by_uuid(gatt_client *client, const kith_uuid *uuid, uint16_t first, uint16_t last,
                                           uint8_t *out, size_t cap, size_t *out_len)
{
    return start(client, GATT_CLIENT_READ_BY_UUID, uuid, first, last, out, cap, out_len);
}

kith_status gatt_client_start_services(gatt_client *client, const kith_uuid *uuid, uint8_t *out, size_t cap,
                                       size_t *out_len)
{
    return uuid == NULL ? start(client, GATT_CLIENT_LIST_SERVICES, &primary_service, 1, LAST_HANDLE, out, cap, out_len)
                        : start(client, GATT_CLIENT_LIST_SERVICES_OF, uuid, 1, LAST_HANDLE, out, cap, out_len);
}

kith_status gatt_client_start_group(gatt_client *client, const kith_uuid *type, uint8_t *out, size_t cap,
                                    size_t *out_len)
{
    return start(client, GATT_CLIENT_LIST_SERVICES, type, 1, LAST_HANDLE, out, cap, out_len);
}

kith_status gatt_client_start_includes(gatt_client *client, uint16_t first, uint16_t last, uint8_t *out, size_t cap,
                                       size_t *out_len)
{
    return start(client, GATT_CLIENT_LIST_INCLUDES, &include_declaration, first, last, out, cap, out_len);
}

kith_status gatt_client_start_descriptors(gatt_client *client, uint16_t first, uint16_t last, uint8_t *out, size_t cap,
                                          size_t *out_len)
{
    return start(client, GATT_CLIENT_LIST_DESCRIPTORS, &primary_service, first, last, out, cap, out_len);
}

/* The last handle that the entries speak of; 0: they contradict themselves, or the question. */
static uint16_t judge(const gatt_client *client, const row *of, const kith_att_pdu *in)
{
    uint32_t last = client->handle - 1U;

    if (of->short_len != ANY_LEN && in->entry_len != of->short_len && in->entry_len != of->long_len)
        return 0;
    for (size_t i = 0; i < in->value_len; i += in->entry_len) {
        uint16_t first = bytes_get16(in->value + i);
        uint16_t end = of->are_ranges ? bytes_get16(in->value + i + HANDLE) : first;

        if (first <= last || end < first || end > client->end_handle)
            return 0;
        last = end;
    }
    return (uint16_t)last;
}

void client_on_list(client_exchange *x)
{
    gatt_client *client = x->client;
    gatt_client_state state = client->state;
    uint16_t last = judge(client, row_of(state), &x->in);

    if (last == 0) {
        client_finish(x, KITH_GATT_MALFORMED_RESPONSE);
        return;
    }
    client->found_some = true;
    if (last == client->end_handle || client->one_is_enough) {
        client_finish(x, KITH_GATT_OK);
    } else {
        client->handle = (uint16_t)(last + 1);
        client_go_on(x, state, encode(client, state, x->out, x->cap));
    }
    x->event->list = row_of(state)->list;
    x->event->entries = x->in.value;
    x->event->entry_len = x->in.entry_len;
    x->event->count = x->in.value_len / x->in.entry_len;
}
