/* The GATT client: operations as chains of requests.  Core Vol 3 Part G 4.3 to 4.9.
 *
 * Each state has one response that fits it.  A response that does not fit, or contradicts itself, ends the
 * operation by name.  Chains end because handles only grow and a value has at most 512 octets, whatever
 * the peer says.  Not here: retries after security errors (the host's). */
#include "gatt/client.h"

#include "base/bytes.h"

enum { LAST_HANDLE = 0xffff };
enum { ENTRY_UUID16 = 7, ENTRY_UUID128 = 21 }; /* handle, properties, value handle, UUID */

enum { INFORMATION_UUID16 = 4 }; /* handle, UUID */
enum { BITS_OF_CONFIGURATION = KITH_SUBSCRIBED_NOTIFY | KITH_SUBSCRIBED_INDICATE };
enum { TYPE_PRIMARY = 0x2800, TYPE_SECONDARY = 0x2801, TYPE_CHARACTERISTIC = 0x2803, TYPE_CONFIGURATION = 0x2902 };

static const kith_uuid primary_service = KITH_UUID16(0x2800);
static const kith_uuid characteristic_declaration = KITH_UUID16(0x2803);

/* What one response works with. */
typedef struct {
    gatt_client *client;
    kith_att_pdu in;
    uint8_t *out;
    size_t cap;
    size_t *out_len;
    gatt_client_event *event;
} exchange;

void gatt_client_init(gatt_client *client, att_bearer *bearer)
{
    *client = (gatt_client){.bearer = bearer};
}

bool gatt_client_is_waiting(const gatt_client *client)
{
    return client->state != GATT_CLIENT_IDLE;
}

/* Requests */

static size_t encode_mtu(const gatt_client *client, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_EXCHANGE_MTU_REQUEST, .mtu = client->bearer->my_mtu};
    return kith_att_encode(&pdu, out, cap);
}

static size_t encode_find_service(const kith_uuid *service, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST,
                        .handle = 1,
                        .end_handle = LAST_HANDLE,
                        .type = primary_service,
                        .value = service->octets,
                        .value_len = service->size};
    return kith_att_encode(&pdu, out, cap);
}

static size_t encode_find_characteristics(const gatt_client *client, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_READ_BY_TYPE_REQUEST,
                        .handle = client->handle,
                        .end_handle = client->end_handle,
                        .type = characteristic_declaration};
    return kith_att_encode(&pdu, out, cap);
}

static size_t encode_read(uint16_t handle, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_READ_REQUEST, .handle = handle};
    return kith_att_encode(&pdu, out, cap);
}

static size_t encode_read_blob(const gatt_client *client, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {
        .opcode = KITH_ATT_READ_BLOB_REQUEST, .handle = client->handle, .offset = (uint16_t)client->value_len};
    return kith_att_encode(&pdu, out, cap);
}

static size_t encode_find_configuration(const gatt_client *client, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {
        .opcode = KITH_ATT_FIND_INFORMATION_REQUEST, .handle = client->handle, .end_handle = LAST_HANDLE};
    return kith_att_encode(&pdu, out, cap);
}

static size_t encode_write(uint8_t opcode, uint16_t handle, const uint8_t *value, size_t value_len, uint8_t *out,
                           size_t cap)
{
    kith_att_pdu pdu = {.opcode = opcode, .handle = handle, .value = value, .value_len = value_len};
    return kith_att_encode(&pdu, out, cap);
}

/* Starts: the request is written first, so that a refusal changes nothing. */

static kith_status begin(gatt_client *client, gatt_client_state state, uint16_t handle, size_t request_len,
                         size_t *out_len)
{
    if (request_len == 0)
        return KITH_ERR_VALUE;
    client->state = state;
    client->handle = handle;
    client->end_handle = LAST_HANDLE;
    client->request_mtu = client->bearer->mtu;
    client->value = NULL;
    client->value_cap = 0;
    client->value_len = 0;
    *out_len = request_len;
    return KITH_OK;
}

kith_status gatt_client_start_exchange_mtu(gatt_client *client, uint8_t *out, size_t cap, size_t *out_len)
{
    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    return begin(client, GATT_CLIENT_EXCHANGE_MTU, 0, encode_mtu(client, out, cap), out_len);
}

kith_status gatt_client_start_discover(gatt_client *client, const kith_uuid *service, uint8_t *out, size_t cap,
                                       size_t *out_len)
{
    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (service->size != 2 && service->size != 16)
        return KITH_ERR_VALUE;
    return begin(client, GATT_CLIENT_FIND_SERVICE, 1, encode_find_service(service, out, cap), out_len);
}

kith_status gatt_client_start_read(gatt_client *client, uint16_t handle, uint8_t *value, size_t value_cap, uint8_t *out,
                                   size_t cap, size_t *out_len)
{
    kith_status status;

    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (handle == 0)
        return KITH_ERR_VALUE;
    status = begin(client, GATT_CLIENT_READ, handle, encode_read(handle, out, cap), out_len);
    if (status == KITH_OK) {
        client->value = value;
        client->value_cap = value_cap;
    }
    return status;
}

static bool may_write(const gatt_client *client, uint16_t handle, size_t value_len)
{
    return handle != 0 && value_len <= client->bearer->mtu - 3U && value_len <= KITH_ATT_MAX_VALUE;
}

kith_status gatt_client_start_write(gatt_client *client, uint16_t handle, const uint8_t *value, size_t value_len,
                                    uint8_t *out, size_t cap, size_t *out_len)
{
    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (!may_write(client, handle, value_len))
        return KITH_ERR_VALUE;
    return begin(client, GATT_CLIENT_WRITE, handle,
                 encode_write(KITH_ATT_WRITE_REQUEST, handle, value, value_len, out, cap), out_len);
}

static size_t encode_subscribe(const gatt_client *client, uint8_t *out, size_t cap)
{
    uint8_t configuration[2] = {client->bits, 0};
    return encode_write(KITH_ATT_WRITE_REQUEST, client->handle, configuration, sizeof configuration, out, cap);
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
    status =
        begin(client, is_known ? GATT_CLIENT_SUBSCRIBE : GATT_CLIENT_FIND_CONFIGURATION, asks.handle, len, out_len);
    if (status == KITH_OK)
        client->bits = bits;
    return status;
}

kith_status gatt_client_write_command(const gatt_client *client, uint16_t handle, const uint8_t *value,
                                      size_t value_len, uint8_t *out, size_t cap, size_t *out_len)
{
    *out_len = 0;
    if (!may_write(client, handle, value_len))
        return KITH_ERR_VALUE;
    *out_len = encode_write(KITH_ATT_WRITE_COMMAND, handle, value, value_len, out, cap);
    return *out_len != 0 ? KITH_OK : KITH_ERR_VALUE;
}

kith_status gatt_client_signed_write(const gatt_client *client, uint16_t handle, const uint8_t *value, size_t value_len,
                                     uint8_t *out, size_t cap, size_t *out_len)
{
    static const uint8_t unsigned_yet[KITH_ATT_SIGNATURE];
    kith_att_pdu pdu = {.opcode = KITH_ATT_SIGNED_WRITE_COMMAND,
                        .handle = handle,
                        .value = value,
                        .value_len = value_len,
                        .signature = unsigned_yet};

    *out_len = 0;
    if (!may_write(client, handle, value_len) || value_len > client->bearer->mtu - 3U - KITH_ATT_SIGNATURE)
        return KITH_ERR_VALUE;
    *out_len = kith_att_encode(&pdu, out, cap);
    return *out_len != 0 ? KITH_OK : KITH_ERR_VALUE;
}

/* Ends */

typedef struct {
    uint8_t request;
    uint8_t response;
    gatt_client_event_kind end; /* the kind of event that ends it */
    void (*on_response)(exchange *x);
} step;

static const step *step_of(gatt_client_state state);

static void end(gatt_client *client, kith_gatt_result result, gatt_client_event *event)
{
    event->kind = step_of(client->state)->end;
    event->ended = true;
    event->result = result;
    event->handle = client->handle;
    if (client->state == GATT_CLIENT_READ || client->state == GATT_CLIENT_READ_BLOB) {
        event->value = client->value;
        event->value_len = result == KITH_GATT_OK ? client->value_len : 0;
    }
    client->state = GATT_CLIENT_IDLE;
    client->value = NULL;
}

static void finish(exchange *x, kith_gatt_result result)
{
    end(x->client, result, x->event);
}

/* The next request of the chain; one that can't be written ends it. */
static void go_on(exchange *x, gatt_client_state state, size_t request_len)
{
    if (request_len == 0) {
        finish(x, KITH_GATT_TOO_LONG);
        return;
    }
    x->client->state = state;
    x->client->request_mtu = x->client->bearer->mtu;
    *x->out_len = request_len;
}

/* Responses */

static void on_mtu(exchange *x)
{
    att_bearer_agree(x->client->bearer, x->in.mtu);
    finish(x, KITH_GATT_OK);
}

/* 3.4.3.4: ranges lie in order, and none overlaps another. */
static bool ranges_are_sound(const kith_att_pdu *in)
{
    uint32_t last = 0;

    for (size_t i = 0; i < in->value_len; i += in->entry_len) {
        uint16_t first = bytes_get16(in->value + i);
        uint16_t group_end = bytes_get16(in->value + i + 2);

        if (first <= last || group_end < first)
            return false;
        last = group_end;
    }
    return true;
}

static void on_service(exchange *x)
{
    gatt_client *client = x->client;
    uint16_t first = bytes_get16(x->in.value);

    if (!ranges_are_sound(&x->in)) {
        finish(x, KITH_GATT_MALFORMED_RESPONSE);
        return;
    }
    x->event->kind = GATT_CLIENT_SERVICE;
    x->event->handle = first;
    x->event->end_handle = bytes_get16(x->in.value + 2);
    client->handle = first;
    client->end_handle = x->event->end_handle;
    go_on(x, GATT_CLIENT_FIND_CHARACTERISTICS, encode_find_characteristics(client, x->out, x->cap));
}

static void read_characteristic(const uint8_t *entry, uint8_t entry_len, kith_gatt_found *found)
{
    memset(found, 0, sizeof *found);
    found->declaration_handle = bytes_get16(entry);
    found->properties = entry[2];
    found->value_handle = bytes_get16(entry + 3);
    found->uuid.size = entry_len == ENTRY_UUID16 ? 2 : 16;
    memcpy(found->uuid.octets, entry + 5, found->uuid.size);
}

void gatt_client_characteristic(const gatt_client_event *event, size_t i, kith_gatt_found *found)
{
    read_characteristic(event->value + i * event->entry_len, event->entry_len, found);
}

/* Declarations in order, in the range that was asked for, each with its value after it and before the next
 * declaration.  Returns the last value's handle; 0: not so. */
static uint16_t judge_characteristics(const gatt_client *client, const kith_att_pdu *in)
{
    uint16_t last = 0;
    kith_gatt_found found;

    if (in->entry_len != ENTRY_UUID16 && in->entry_len != ENTRY_UUID128)
        return 0;
    for (size_t i = 0; i < in->value_len; i += in->entry_len) {
        read_characteristic(in->value + i, in->entry_len, &found);
        if (found.declaration_handle < client->handle || found.declaration_handle <= last ||
            found.value_handle <= found.declaration_handle || found.value_handle > client->end_handle)
            return 0;
        last = found.value_handle;
    }
    return last;
}

static void on_characteristics(exchange *x)
{
    gatt_client *client = x->client;
    uint16_t last = judge_characteristics(client, &x->in);

    if (last == 0) {
        finish(x, KITH_GATT_MALFORMED_RESPONSE);
        return;
    }
    if (last >= client->end_handle)
        finish(x, KITH_GATT_OK);
    x->event->kind = GATT_CLIENT_CHARACTERISTICS;
    x->event->value = x->in.value;
    x->event->value_len = x->in.value_len;
    x->event->entry_len = x->in.entry_len;
    x->event->count = x->in.value_len / x->in.entry_len;
    if (x->event->ended)
        return;
    client->handle = (uint16_t)(last + 1);
    go_on(x, GATT_CLIENT_FIND_CHARACTERISTICS, encode_find_characteristics(client, x->out, x->cap));
}

/* Read and Read Blob: a part as long as a response can be may have more behind it. */
static void on_value(exchange *x)
{
    gatt_client *client = x->client;
    bool is_full = x->in.value_len + 1 >= client->request_mtu;

    if (client->value_len + x->in.value_len > KITH_ATT_MAX_VALUE) {
        finish(x, KITH_GATT_MALFORMED_RESPONSE);
        return;
    }
    if (x->in.value_len > client->value_cap - client->value_len) {
        finish(x, KITH_GATT_TOO_LONG);
        return;
    }
    if (x->in.value_len != 0)
        memcpy(client->value + client->value_len, x->in.value, x->in.value_len);
    client->value_len += x->in.value_len;
    if (is_full && client->value_len < KITH_ATT_MAX_VALUE)
        go_on(x, GATT_CLIENT_READ_BLOB, encode_read_blob(client, x->out, x->cap));
    else
        finish(x, KITH_GATT_OK);
}

static void on_written(exchange *x)
{
    finish(x, KITH_GATT_OK);
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

static void on_information(exchange *x)
{
    gatt_client *client = x->client;
    bool is_over;
    uint16_t last = judge_information(client, &x->in);
    uint16_t configuration = find_configuration(&x->in, &is_over);

    if (last == 0) {
        finish(x, KITH_GATT_MALFORMED_RESPONSE);
    } else if (configuration != 0) {
        client->handle = configuration;
        go_on(x, GATT_CLIENT_SUBSCRIBE, encode_subscribe(client, x->out, x->cap));
    } else if (is_over || last == LAST_HANDLE) {
        finish(x, KITH_GATT_NOT_FOUND);
    } else {
        client->handle = (uint16_t)(last + 1);
        go_on(x, GATT_CLIENT_FIND_CONFIGURATION, encode_find_configuration(client, x->out, x->cap));
    }
}

static const step steps[] = {
    [GATT_CLIENT_IDLE] = {0, 0, GATT_CLIENT_NONE, NULL},
    [GATT_CLIENT_EXCHANGE_MTU] = {KITH_ATT_EXCHANGE_MTU_REQUEST, KITH_ATT_EXCHANGE_MTU_RESPONSE, GATT_CLIENT_MTU_DONE,
                                  on_mtu},
    [GATT_CLIENT_FIND_SERVICE] = {KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST, KITH_ATT_FIND_BY_TYPE_VALUE_RESPONSE,
                                  GATT_CLIENT_DISCOVERY_DONE, on_service},
    [GATT_CLIENT_FIND_CHARACTERISTICS] = {KITH_ATT_READ_BY_TYPE_REQUEST, KITH_ATT_READ_BY_TYPE_RESPONSE,
                                          GATT_CLIENT_DISCOVERY_DONE, on_characteristics},
    [GATT_CLIENT_READ] = {KITH_ATT_READ_REQUEST, KITH_ATT_READ_RESPONSE, GATT_CLIENT_READ_DONE, on_value},
    [GATT_CLIENT_READ_BLOB] = {KITH_ATT_READ_BLOB_REQUEST, KITH_ATT_READ_BLOB_RESPONSE, GATT_CLIENT_READ_DONE,
                               on_value},
    [GATT_CLIENT_WRITE] = {KITH_ATT_WRITE_REQUEST, KITH_ATT_WRITE_RESPONSE, GATT_CLIENT_WRITE_DONE, on_written},
    [GATT_CLIENT_FIND_CONFIGURATION] = {KITH_ATT_FIND_INFORMATION_REQUEST, KITH_ATT_FIND_INFORMATION_RESPONSE,
                                        GATT_CLIENT_SUBSCRIBE_DONE, on_information},
    [GATT_CLIENT_SUBSCRIBE] = {KITH_ATT_WRITE_REQUEST, KITH_ATT_WRITE_RESPONSE, GATT_CLIENT_SUBSCRIBE_DONE, on_written},
};

static const step *step_of(gatt_client_state state)
{
    return &steps[state];
}

/* What an Error Response means where it comes.  Some only say that there is no more. */
static kith_gatt_result meaning_of_error(gatt_client_state state, kith_att_error error)
{
    if (error == KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND &&
        (state == GATT_CLIENT_FIND_SERVICE || state == GATT_CLIENT_FIND_CONFIGURATION))
        return KITH_GATT_NOT_FOUND;
    if (error == KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND && state == GATT_CLIENT_FIND_CHARACTERISTICS)
        return KITH_GATT_OK;
    if (error == KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED && state == GATT_CLIENT_EXCHANGE_MTU)
        return KITH_GATT_OK; /* 3.4.2.1: then 23 it is */
    if ((error == KITH_ATT_ERROR_ATTRIBUTE_NOT_LONG || error == KITH_ATT_ERROR_INVALID_OFFSET) &&
        state == GATT_CLIENT_READ_BLOB)
        return KITH_GATT_OK;
    return KITH_GATT_ATT_ERROR;
}

static void on_error(exchange *x)
{
    kith_gatt_result result = meaning_of_error(x->client->state, x->in.error);

    if (x->in.request_opcode != step_of(x->client->state)->request) {
        finish(x, KITH_GATT_UNEXPECTED_RESPONSE);
        return;
    }
    if (result == KITH_GATT_ATT_ERROR) {
        x->event->error = x->in.error;
        x->event->request_opcode = x->in.request_opcode;
    }
    finish(x, result);
}

static void on_response(exchange *x, kith_status decoded, size_t len)
{
    const step *now = step_of(x->client->state);

    if (now->on_response == NULL)
        return;
    if (x->in.opcode != now->response && x->in.opcode != KITH_ATT_ERROR_RESPONSE)
        finish(x, KITH_GATT_UNEXPECTED_RESPONSE);
    else if (decoded != KITH_OK || len > x->client->bearer->mtu)
        finish(x, KITH_GATT_MALFORMED_RESPONSE);
    else if (x->in.opcode == KITH_ATT_ERROR_RESPONSE)
        on_error(x);
    else
        now->on_response(x);
}

static size_t confirm(uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_HANDLE_VALUE_CONFIRMATION};
    return kith_att_encode(&pdu, out, cap);
}

/* One value or several.  What can be no attribute's is handed on to nobody. */
static void on_notified(exchange *x)
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

void gatt_client_response(gatt_client *client, const uint8_t *pdu, size_t len, uint8_t *out, size_t cap,
                          size_t *out_len, gatt_client_event *event)
{
    exchange x = {.client = client, .out = out, .cap = cap, .out_len = out_len, .event = event};
    kith_status decoded = kith_att_decode(pdu, len, &x.in);

    *out_len = 0;
    *event = (gatt_client_event){.kind = GATT_CLIENT_NONE};
    if (len == 0)
        return;
    switch (kith_att_kind_of(pdu[0])) {
    case KITH_ATT_KIND_RESPONSE:
        on_response(&x, decoded, len);
        break;
    case KITH_ATT_KIND_INDICATION:
        if (decoded == KITH_OK)
            *out_len = confirm(out, cap);
        if (*out_len != 0)
            on_notified(&x);
        break;
    case KITH_ATT_KIND_NOTIFICATION:
        if (decoded == KITH_OK)
            on_notified(&x);
        break;
    case KITH_ATT_KIND_REQUEST:
    case KITH_ATT_KIND_COMMAND:
    case KITH_ATT_KIND_CONFIRMATION:
        break;
    }
}

void gatt_client_abort(gatt_client *client, kith_gatt_result result, gatt_client_event *event)
{
    *event = (gatt_client_event){.kind = GATT_CLIENT_NONE};
    if (gatt_client_is_waiting(client))
        end(client, result, event);
}
