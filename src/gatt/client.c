/* The GATT client: operations as chains of requests.  Core Vol 3 Part G 4.3 to 4.9.
 *
 * Each state has one response that fits it.  A response that does not fit, or contradicts itself, ends the
 * operation by name.  Chains end because handles only grow and a value has at most 512 octets, whatever
 * the peer says.  Not here: retries after security errors (the host's). */
#include "base/bytes.h"
#include "gatt/client_step.h"

enum { ENTRY_UUID16 = 7, ENTRY_UUID128 = 21 }; /* handle, properties, value handle, UUID */

static const kith_uuid primary_service = KITH_UUID16(0x2800);
static const kith_uuid characteristic_declaration = KITH_UUID16(0x2803);

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

size_t client_encode_write(uint8_t opcode, uint16_t handle, const uint8_t *value, size_t value_len, uint8_t *out,
                           size_t cap)
{
    kith_att_pdu pdu = {.opcode = opcode, .handle = handle, .value = value, .value_len = value_len};
    return kith_att_encode(&pdu, out, cap);
}

/* Starts: the request is written first, so that a refusal changes nothing. */

kith_status client_begin(gatt_client *client, gatt_client_state state, uint16_t handle, size_t request_len,
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
    client->found_some = false;
    client->one_is_enough = false;
    client->is_held = false;
    client->kept_error = KITH_ATT_ERROR_NONE;
    *out_len = request_len;
    return KITH_OK;
}

kith_status gatt_client_start_exchange_mtu(gatt_client *client, uint8_t *out, size_t cap, size_t *out_len)
{
    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    return client_begin(client, GATT_CLIENT_EXCHANGE_MTU, 0, encode_mtu(client, out, cap), out_len);
}

kith_status gatt_client_start_discover(gatt_client *client, const kith_uuid *service, uint8_t *out, size_t cap,
                                       size_t *out_len)
{
    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (service->size != 2 && service->size != 16)
        return KITH_ERR_VALUE;
    return client_begin(client, GATT_CLIENT_FIND_SERVICE, 1, encode_find_service(service, out, cap), out_len);
}

kith_status gatt_client_start_characteristics(gatt_client *client, uint16_t first, uint16_t last, uint8_t *out,
                                              size_t cap, size_t *out_len)
{
    gatt_client asks = {.handle = first, .end_handle = last};
    kith_status status;

    *out_len = 0;
    if (gatt_client_is_waiting(client))
        return KITH_ERR_BUSY;
    if (first == 0 || last < first)
        return KITH_ERR_VALUE;
    status = client_begin(client, GATT_CLIENT_FIND_CHARACTERISTICS, first, encode_find_characteristics(&asks, out, cap),
                          out_len);
    if (status == KITH_OK)
        client->end_handle = last;
    return status;
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
    status = client_begin(client, GATT_CLIENT_READ, handle, encode_read(handle, out, cap), out_len);
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
    return client_begin(client, GATT_CLIENT_WRITE, handle,
                        client_encode_write(KITH_ATT_WRITE_REQUEST, handle, value, value_len, out, cap), out_len);
}

kith_status gatt_client_write_command(const gatt_client *client, uint16_t handle, const uint8_t *value,
                                      size_t value_len, uint8_t *out, size_t cap, size_t *out_len)
{
    *out_len = 0;
    if (!may_write(client, handle, value_len))
        return KITH_ERR_VALUE;
    *out_len = client_encode_write(KITH_ATT_WRITE_COMMAND, handle, value, value_len, out, cap);
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
    void (*on_response)(client_exchange *x);
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
    client->is_held = client->may_hold = client->may_check = false;
    client->value = NULL;
    client->writes = NULL;
}

/* What was refused ends as it was refused, however the peer took that it was taken back. */
void client_finish(client_exchange *x, kith_gatt_result result)
{
    if (x->client->state == GATT_CLIENT_CANCEL) {
        result = x->client->kept_result;
        x->event->error = x->client->kept_error;
        x->event->request_opcode = KITH_ATT_PREPARE_WRITE_REQUEST;
    }
    end(x->client, result, x->event);
}

/* The next request of the chain; one that can't be written ends it. */
void client_go_on(client_exchange *x, gatt_client_state state, size_t request_len)
{
    if (request_len == 0) {
        client_finish(x, KITH_GATT_TOO_LONG);
        return;
    }
    x->client->state = state;
    x->client->request_mtu = x->client->bearer->mtu;
    *x->out_len = request_len;
}

/* Responses */

static void on_mtu(client_exchange *x)
{
    att_bearer_agree(x->client->bearer, x->in.mtu);
    client_finish(x, KITH_GATT_OK);
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

static void on_service(client_exchange *x)
{
    gatt_client *client = x->client;
    uint16_t first = bytes_get16(x->in.value);

    if (!ranges_are_sound(&x->in)) {
        client_finish(x, KITH_GATT_MALFORMED_RESPONSE);
        return;
    }
    x->event->kind = GATT_CLIENT_SERVICE;
    x->event->handle = first;
    x->event->end_handle = bytes_get16(x->in.value + 2);
    client->handle = first;
    client->end_handle = x->event->end_handle;
    client_go_on(x, GATT_CLIENT_FIND_CHARACTERISTICS, encode_find_characteristics(client, x->out, x->cap));
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

static void on_characteristics(client_exchange *x)
{
    gatt_client *client = x->client;
    uint16_t last = judge_characteristics(client, &x->in);

    if (last == 0) {
        client_finish(x, KITH_GATT_MALFORMED_RESPONSE);
        return;
    }
    if (last >= client->end_handle || client->one_is_enough)
        client_finish(x, KITH_GATT_OK);
    x->event->kind = GATT_CLIENT_CHARACTERISTICS;
    x->event->value = x->in.value;
    x->event->value_len = x->in.value_len;
    x->event->entry_len = x->in.entry_len;
    x->event->count = x->in.value_len / x->in.entry_len;
    if (x->event->ended)
        return;
    client->handle = (uint16_t)(last + 1);
    client_go_on(x, GATT_CLIENT_FIND_CHARACTERISTICS, encode_find_characteristics(client, x->out, x->cap));
}

/* Read and Read Blob: a part as long as a response can be may have more behind it. */
static void on_value(client_exchange *x)
{
    gatt_client *client = x->client;
    bool is_full = x->in.value_len + 1 >= client->request_mtu;

    if (client->value_len + x->in.value_len > KITH_ATT_MAX_VALUE) {
        client_finish(x, KITH_GATT_MALFORMED_RESPONSE);
        return;
    }
    if (x->in.value_len > client->value_cap - client->value_len) {
        client_finish(x, KITH_GATT_TOO_LONG);
        return;
    }
    if (x->in.value_len != 0)
        memcpy(client->value + client->value_len, x->in.value, x->in.value_len);
    client->value_len += x->in.value_len;
    if (is_full && client->value_len < KITH_ATT_MAX_VALUE)
        client_go_on(x, GATT_CLIENT_READ_BLOB, encode_read_blob(client, x->out, x->cap));
    else
        client_finish(x, KITH_GATT_OK);
}

void client_on_written(client_exchange *x)
{
    client_finish(x, KITH_GATT_OK);
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
    [GATT_CLIENT_WRITE] = {KITH_ATT_WRITE_REQUEST, KITH_ATT_WRITE_RESPONSE, GATT_CLIENT_WRITE_DONE, client_on_written},
    [GATT_CLIENT_PREPARE] = {KITH_ATT_PREPARE_WRITE_REQUEST, KITH_ATT_PREPARE_WRITE_RESPONSE, GATT_CLIENT_WRITE_DONE,
                             client_on_prepared},
    [GATT_CLIENT_EXECUTE] = {KITH_ATT_EXECUTE_WRITE_REQUEST, KITH_ATT_EXECUTE_WRITE_RESPONSE, GATT_CLIENT_WRITE_DONE,
                             client_on_written},
    [GATT_CLIENT_CANCEL] = {KITH_ATT_EXECUTE_WRITE_REQUEST, KITH_ATT_EXECUTE_WRITE_RESPONSE, GATT_CLIENT_WRITE_DONE,
                            client_on_written},
    [GATT_CLIENT_READ_MULTIPLE] = {KITH_ATT_READ_MULTIPLE_REQUEST, KITH_ATT_READ_MULTIPLE_RESPONSE,
                                   GATT_CLIENT_READ_DONE, client_on_multiple},
    [GATT_CLIENT_READ_VARIABLE] = {KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST, KITH_ATT_READ_MULTIPLE_VARIABLE_RESPONSE,
                                   GATT_CLIENT_READ_DONE, client_on_multiple},
    [GATT_CLIENT_READ_BY_UUID] = {KITH_ATT_READ_BY_TYPE_REQUEST, KITH_ATT_READ_BY_TYPE_RESPONSE, GATT_CLIENT_READ_DONE,
                                  client_on_list},
    [GATT_CLIENT_LIST_SERVICES] = {KITH_ATT_READ_BY_GROUP_TYPE_REQUEST, KITH_ATT_READ_BY_GROUP_TYPE_RESPONSE,
                                   GATT_CLIENT_DISCOVERY_DONE, client_on_list},
    [GATT_CLIENT_LIST_SERVICES_OF] = {KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST, KITH_ATT_FIND_BY_TYPE_VALUE_RESPONSE,
                                      GATT_CLIENT_DISCOVERY_DONE, client_on_list},
    [GATT_CLIENT_LIST_INCLUDES] = {KITH_ATT_READ_BY_TYPE_REQUEST, KITH_ATT_READ_BY_TYPE_RESPONSE,
                                   GATT_CLIENT_DISCOVERY_DONE, client_on_list},
    [GATT_CLIENT_LIST_DESCRIPTORS] = {KITH_ATT_FIND_INFORMATION_REQUEST, KITH_ATT_FIND_INFORMATION_RESPONSE,
                                      GATT_CLIENT_DISCOVERY_DONE, client_on_list},
    [GATT_CLIENT_FIND_CONFIGURATION] = {KITH_ATT_FIND_INFORMATION_REQUEST, KITH_ATT_FIND_INFORMATION_RESPONSE,
                                        GATT_CLIENT_SUBSCRIBE_DONE, client_on_information},
    [GATT_CLIENT_SUBSCRIBE] = {KITH_ATT_WRITE_REQUEST, KITH_ATT_WRITE_RESPONSE, GATT_CLIENT_SUBSCRIBE_DONE,
                               client_on_written},
};

static const step *step_of(gatt_client_state state)
{
    return &steps[state];
}

static bool is_list(gatt_client_state state)
{
    return state >= GATT_CLIENT_READ_BY_UUID && state <= GATT_CLIENT_LIST_DESCRIPTORS;
}

/* What an Error Response means where it comes.  Some only say that there is no more. */
static kith_gatt_result meaning_of_error(const gatt_client *client, kith_att_error error)
{
    gatt_client_state state = client->state;

    if (error == KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND &&
        (state == GATT_CLIENT_FIND_SERVICE || state == GATT_CLIENT_FIND_CONFIGURATION))
        return KITH_GATT_NOT_FOUND;
    if (error == KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND && state == GATT_CLIENT_FIND_CHARACTERISTICS)
        return KITH_GATT_OK;
    if (error == KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND && is_list(state))
        return client->found_some ? KITH_GATT_OK : KITH_GATT_NOT_FOUND;
    if (error == KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED && state == GATT_CLIENT_EXCHANGE_MTU)
        return KITH_GATT_OK; /* 3.4.2.1: then 23 it is */
    if ((error == KITH_ATT_ERROR_ATTRIBUTE_NOT_LONG || error == KITH_ATT_ERROR_INVALID_OFFSET) &&
        state == GATT_CLIENT_READ_BLOB)
        return KITH_GATT_OK;
    return KITH_GATT_ATT_ERROR;
}

/* Vol 3 Part C 10.3.1: what a better link may change.  An authorization is none of it. */
static bool is_about_security(kith_att_error error)
{
    return error == KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION || error == KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION ||
           error == KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT;
}

/* Execute Write is not for repeating: the peer has forgotten what was prepared. */
static bool may_be_repeated(const gatt_client *client, kith_att_error error)
{
    bool is_for_host = (client->may_hold && is_about_security(error)) ||
                       (client->may_check && error == KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);

    return is_for_host && client->state != GATT_CLIENT_EXECUTE && client->state != GATT_CLIENT_CANCEL;
}

void gatt_client_hold(gatt_client *client)
{
    client->is_held = true;
}

void gatt_client_repeat(gatt_client *client)
{
    client->is_held = false;
}

void gatt_client_give_up(gatt_client *client, gatt_client_event *event)
{
    *event = (gatt_client_event){.error = client->kept_error, .request_opcode = step_of(client->state)->request};
    end(client, client->kept_error != KITH_ATT_ERROR_NONE ? KITH_GATT_ATT_ERROR : KITH_GATT_NOT_SENT, event);
}

static void on_error(client_exchange *x)
{
    kith_gatt_result result = meaning_of_error(x->client, x->in.error);

    if (x->in.request_opcode != step_of(x->client->state)->request) {
        client_finish(x, KITH_GATT_UNEXPECTED_RESPONSE);
        return;
    }
    if (x->client->state == GATT_CLIENT_PREPARE && x->client->found_some) {
        client_cancel(x, result, x->in.error);
        return;
    }
    if (result == KITH_GATT_ATT_ERROR && may_be_repeated(x->client, x->in.error)) {
        if (x->in.error == KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC)
            x->client->may_check = false;
        else
            x->client->may_hold = false;
        x->client->is_held = true;
        x->client->kept_error = x->in.error;
        x->event->kind = GATT_CLIENT_HELD;
        return;
    }
    if (result == KITH_GATT_ATT_ERROR) {
        x->event->error = x->in.error;
        x->event->request_opcode = x->in.request_opcode;
    }
    client_finish(x, result);
}

static void on_response(client_exchange *x, kith_status decoded, size_t len)
{
    const step *now = step_of(x->client->state);

    if (now->on_response == NULL || x->client->is_held)
        return;
    if (x->in.opcode != now->response && x->in.opcode != KITH_ATT_ERROR_RESPONSE)
        client_finish(x, KITH_GATT_UNEXPECTED_RESPONSE);
    else if (decoded != KITH_OK || len > x->client->bearer->mtu)
        client_finish(x, KITH_GATT_MALFORMED_RESPONSE);
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

void gatt_client_response(gatt_client *client, const uint8_t *pdu, size_t len, uint8_t *out, size_t cap,
                          size_t *out_len, gatt_client_event *event)
{
    client_exchange x = {.client = client, .out = out, .cap = cap, .out_len = out_len, .event = event};
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
            client_on_notified(&x);
        break;
    case KITH_ATT_KIND_NOTIFICATION:
        if (decoded == KITH_OK)
            client_on_notified(&x);
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
