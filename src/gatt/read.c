/* Requests for values by handle: one, a part of one, several.  Core Vol 3 Part F 3.4.4.3 to 3.4.4.8, 3.4.4.11. */
#include "base/wipe.h"
#include "gatt/exchange.h"

/* The response to a read of one value, from the whole of it. */
size_t make_read_response(const gatt_pending *request, const uint8_t *value, size_t value_len, uint8_t *out,
                          size_t room)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_READ_RESPONSE};

    if (request->opcode == KITH_ATT_READ_BY_TYPE_REQUEST)
        return make_single_entry(request->handle, value, value_len, out, room);
    if (request->offset > value_len)
        return exchange_error(request->opcode, request->handle, KITH_ATT_ERROR_INVALID_OFFSET, out, room);
    if (request->opcode == KITH_ATT_READ_BLOB_REQUEST)
        pdu.opcode = KITH_ATT_READ_BLOB_RESPONSE;
    pdu.value_len = min_size(value_len - request->offset, room < 1 ? 0 : room - 1);
    pdu.value = pdu.value_len != 0 ? value + request->offset : NULL;
    return kith_att_encode(&pdu, out, room);
}

/* A Read's offset is 0. */
size_t serve_read(exchange *x)
{
    gatt_attribute at;
    uint8_t scratch[GATT_SCRATCH];
    gatt_pending request = {.opcode = x->in.opcode, .handle = x->in.handle, .offset = x->in.offset};
    const uint8_t *value;
    size_t len;
    kith_att_error error;

    if (!gatt_database_find(x->server->db, x->in.handle, &at))
        return exchange_refuse(x, x->in.handle, KITH_ATT_ERROR_INVALID_HANDLE);
    error = exchange_authorize(x, &at, GATT_READ);
    if (error != KITH_ATT_ERROR_NONE)
        return exchange_refuse(x, at.handle, error);
    if (at.is_program)
        return exchange_ask_program_to_read(x, &at, x->in.offset);
    value = exchange_value(x, &at, scratch, &len);
    if (request.offset > len)
        return exchange_refuse(x, at.handle, KITH_ATT_ERROR_INVALID_OFFSET);
    return make_read_response(&request, value, len, x->out, x->room);
}

/* ---- several values ---- */

/* What the program has answered so far lies behind the request that waits: length (2), octets; in order.  After a
 * false the request ends. */
bool read_collect(gatt_server *server, const uint8_t *value, size_t len)
{
    size_t keep = min_size(len, server->bearer->my_mtu); /* more of it fits into no response, whatever is agreed on */
    uint8_t head[2];

    bytes_put16(head, (uint16_t)len);
    return held_add(server, head, sizeof head) && held_add(server, value, keep);
}

/* The values that are there, as the walk over the handles takes one after the other. */
typedef struct {
    const uint8_t *at, *end;
} collected;

static collected collected_of(const gatt_server *server)
{
    const uint8_t *end = server->queue + server->queue_cap;

    if (server->held_len == 0)
        return (collected){NULL, NULL};
    return (collected){end - server->held_len + server->held_pdu + (size_t)2 * server->held_yes, end};
}

/* NULL: it was not answered yet. */
static const uint8_t *take_collected(const exchange *x, collected *c, size_t *len)
{
    const uint8_t *value;

    if (c->at == c->end)
        return NULL;
    *len = bytes_get16(c->at);
    value = c->at + 2;
    c->at = value + min_size(*len, x->server->bearer->my_mtu);
    return value;
}

/* Values one behind the other, or each behind its length, until the response is full: what does not fit is left out,
 * the last one cut short (3.4.4.8, 3.4.4.12). */
static void add_value(bytes_writer *w, bool variable, const uint8_t *value, size_t len)
{
    size_t left = w->cap - w->len;

    if (variable && left < 2)
        return;
    if (variable) {
        bytes_write16(w, (uint16_t)len);
        left -= 2;
    }
    bytes_write(w, value, min_size(len, left));
}

/* All may be read, or none is: the first that may not is named. */
static kith_att_error judge_all(const exchange *x, uint16_t *handle)
{
    for (size_t i = 0; i < x->in.value_len; i += 2) {
        gatt_attribute at;
        kith_att_error error = KITH_ATT_ERROR_INVALID_HANDLE;

        *handle = bytes_get16(x->in.value + i);
        if (gatt_database_find(x->server->db, *handle, &at))
            error = exchange_authorize(x, &at, GATT_READ);
        if (error != KITH_ATT_ERROR_NONE)
            return error;
    }
    return KITH_ATT_ERROR_NONE;
}

static size_t ask_for_one(exchange *x, const gatt_attribute *at)
{
    if (!exchange_hold(x))
        return exchange_refuse(x, at->handle, KITH_ATT_ERROR_INSUFFICIENT_RESOURCES);
    return exchange_ask_program_to_read(x, at, 0);
}

size_t serve_read_multiple(exchange *x)
{
    bool variable = x->in.opcode == KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST;
    collected answers = collected_of(x->server);
    uint16_t handle = 0;
    bytes_writer w;
    kith_att_error error = judge_all(x, &handle);

    if (error != KITH_ATT_ERROR_NONE)
        return exchange_refuse(x, handle, error);
    bytes_writer_init(&w, x->out, x->room);
    bytes_write8(&w, variable ? KITH_ATT_READ_MULTIPLE_VARIABLE_RESPONSE : KITH_ATT_READ_MULTIPLE_RESPONSE);
    for (size_t i = 0; i < x->in.value_len; i += 2) {
        gatt_attribute at;
        uint8_t scratch[GATT_SCRATCH];
        const uint8_t *value;
        size_t len = 0;

        (void)gatt_database_find(x->server->db, bytes_get16(x->in.value + i), &at); /* judge_all() found it */
        value = at.is_program ? take_collected(x, &answers, &len) : exchange_value(x, &at, scratch, &len);
        if (at.is_program && value == NULL)
            return ask_for_one(x, &at);
        add_value(&w, variable, value, len);
    }
    return w.failed ? 0 : w.len;
}
