/* Writes of one value: requests and commands.  Core Vol 3 Part F 3.4.5. */
#include "gatt/exchange.h"

/* A characteristic takes only the kind of write that it declares; descriptors take requests. */
kith_att_error authorize_write(const exchange *x, const gatt_attribute *at, uint8_t property)
{
    bool descriptor = at->kind == GATT_DESCRIPTOR || at->kind == GATT_CONFIGURATION;
    bool declared =
        at->kind == GATT_VALUE ? (at->properties & property) != 0 : descriptor && property == KITH_PROPERTY_WRITE;

    if (!declared)
        return KITH_ATT_ERROR_WRITE_NOT_PERMITTED;
    return exchange_authorize(x, at, property == KITH_PROPERTY_SIGNED_WRITE ? GATT_WRITE_SIGNED : GATT_WRITE);
}

void tell_write(exchange *x, const gatt_attribute *at, gatt_server_event_kind kind, uint16_t offset,
                const uint8_t *value, size_t len)
{
    x->event->kind = kind;
    x->event->handle = at->handle;
    x->event->id = at->id;
    x->event->offset = offset;
    x->event->value = value;
    x->event->value_len = len;
    x->event->signature = x->in.signature;
}

/* ---- values that are written here ---- */

/* Vol 3 Part G 3.3.3.3: bits that the characteristic does not have are not taken. */
static kith_att_error write_configuration(exchange *x, const gatt_attribute *at, const uint8_t *value, size_t len)
{
    uint8_t properties = at->characteristic->properties;
    unsigned may = ((properties & KITH_PROPERTY_NOTIFY) != 0 ? KITH_SUBSCRIBED_NOTIFY : 0u) |
                   ((properties & KITH_PROPERTY_INDICATE) != 0 ? KITH_SUBSCRIBED_INDICATE : 0u);
    uint16_t bits;

    if (len != 2)
        return KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    bits = bytes_get16(value);
    if ((bits & ~may) != 0)
        return KITH_ATT_ERROR_VALUE_NOT_ALLOWED;
    if (!gatt_server_subscribe(x->server, (uint16_t)(at->handle - 1), (uint8_t)bits))
        return KITH_ATT_ERROR_INSUFFICIENT_RESOURCES;
    x->event->kind = GATT_SERVER_SUBSCRIBED;
    x->event->handle = (uint16_t)(at->handle - 1);
    x->event->id = at->id;
    x->event->bits = (uint8_t)bits;
    return KITH_ATT_ERROR_NONE;
}

/* Vol 3 Part G 7.2: a client takes back nothing that it has said. */
static kith_att_error write_features(exchange *x, const uint8_t *value, size_t len)
{
    uint8_t known;

    if (len == 0)
        return KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    known = value[0] & GATT_KNOWN_FEATURES;
    if ((x->server->features & ~known) != 0)
        return KITH_ATT_ERROR_VALUE_NOT_ALLOWED;
    x->event->kind = GATT_SERVER_FEATURES;
    x->server->features = known;
    return KITH_ATT_ERROR_NONE;
}

static kith_att_error write_variable(exchange *x, const gatt_attribute *at, uint16_t offset, const uint8_t *value,
                                     size_t len)
{
    kith_variable *v = at->variable;

    if (offset > v->len || offset > v->max)
        return KITH_ATT_ERROR_INVALID_OFFSET;
    if (len > (size_t)(v->max - offset) || offset + len < v->min)
        return KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    if (len > 0)
        memcpy(v->octets + offset, value, len);
    if (offset == 0 || offset + len > v->len) /* a part in the middle leaves what follows */
        v->len = (uint16_t)(offset + len);
    tell_write(x, at, GATT_SERVER_WRITTEN, offset, v->octets + offset, len);
    return KITH_ATT_ERROR_NONE;
}

/* A value that is not the program's to take. */
kith_att_error write_here(exchange *x, const gatt_attribute *at, uint16_t offset, const uint8_t *value, size_t len)
{
    if (at->variable != NULL)
        return write_variable(x, at, offset, value, len);
    if (offset != 0)
        return KITH_ATT_ERROR_INVALID_OFFSET;
    if (at->kind == GATT_CONFIGURATION)
        return write_configuration(x, at, value, len);
    return at->is_built_in && at->id == GATT_CLIENT_FEATURES ? write_features(x, value, len)
                                                             : KITH_ATT_ERROR_WRITE_NOT_PERMITTED;
}

/* ---- requests ---- */

static kith_att_error judge_write(exchange *x, gatt_attribute *at, uint8_t property)
{
    kith_att_error error;

    if (!gatt_database_find(x->server->db, x->in.handle, at))
        return KITH_ATT_ERROR_INVALID_HANDLE;
    error = authorize_write(x, at, property);
    if (error == KITH_ATT_ERROR_NONE && x->in.value_len > KITH_ATT_MAX_VALUE)
        error = KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    return error;
}

static size_t write_response(exchange *x)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_WRITE_RESPONSE};

    return kith_att_encode(&pdu, x->out, x->room);
}

size_t serve_write(exchange *x)
{
    gatt_attribute at;
    kith_att_error error = judge_write(x, &at, KITH_PROPERTY_WRITE);

    if (error != KITH_ATT_ERROR_NONE)
        return exchange_refuse(x, x->in.handle, error);
    if (!at.is_program) {
        error = write_here(x, &at, 0, x->in.value, x->in.value_len);
        return error != KITH_ATT_ERROR_NONE ? exchange_refuse(x, at.handle, error) : write_response(x);
    }
    x->server->pending = (gatt_pending){.opcode = x->in.opcode, .handle = at.handle};
    tell_write(x, &at, GATT_SERVER_WRITE_WANTED, 0, x->in.value, x->in.value_len);
    return 0;
}

static void drop(exchange *x, kith_att_error error)
{
    x->event->kind = GATT_SERVER_DROPPED;
    x->event->handle = x->in.handle;
    x->event->error = error;
}

void serve_command(exchange *x)
{
    bool is_signed = x->in.opcode == KITH_ATT_SIGNED_WRITE_COMMAND;
    gatt_attribute at;
    kith_att_error error =
        judge_write(x, &at, is_signed ? KITH_PROPERTY_SIGNED_WRITE : KITH_PROPERTY_WRITE_WITHOUT_RESPONSE);

    if (error == KITH_ATT_ERROR_NONE && !at.is_program && !is_signed)
        error = write_here(x, &at, 0, x->in.value, x->in.value_len);
    else if (error == KITH_ATT_ERROR_NONE)
        tell_write(x, &at, is_signed ? GATT_SERVER_SIGNED_WRITE : GATT_SERVER_WRITE_COMMAND, 0, x->in.value,
                   x->in.value_len);
    if (error != KITH_ATT_ERROR_NONE)
        drop(x, error);
}
