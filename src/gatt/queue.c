/* Writes that are prepared, and executed together: long ones and reliable ones.  Core Vol 3 Part F 3.4.6, Part G 4.9.4.
 *
 * An entry: handle (2), offset (2), length (2), octets.  A part that goes on where the last one ended becomes one with
 * it, so that a long value is whole when it is executed.  Permission is looked at twice: when a part comes, and again
 * before anything of it is done, since the link may be worth less by then. */
#include "base/wipe.h"
#include "gatt/exchange.h"

enum { HEAD = 6 };

typedef struct {
    uint16_t handle, offset, len;
    const uint8_t *octets;
} entry;

static entry entry_at(const gatt_server *server, uint16_t at)
{
    const uint8_t *p = server->queue + at;

    return (entry){bytes_get16(p), bytes_get16(p + 2), bytes_get16(p + 4), p + HEAD};
}

static uint16_t after(const gatt_server *server, uint16_t at)
{
    return (uint16_t)(at + HEAD + entry_at(server, at).len);
}

static void clear(gatt_server *server)
{
    if (server->queue_len > 0)
        wipe(server->queue, server->queue_len);
    server->queue_len = server->executing = 0;
    server->queue_is_stale = false;
}

/* ---- prepare ---- */

/* Where the last entry begins; queue_len: there is none. */
static uint16_t last_entry(const gatt_server *server, unsigned *count)
{
    uint16_t at = 0;

    *count = server->queue_len > 0;
    while (at < server->queue_len && after(server, at) < server->queue_len) {
        at = after(server, at);
        (*count)++;
    }
    return at;
}

static bool goes_on(const exchange *x, uint16_t last)
{
    entry e;

    if (last == x->server->queue_len)
        return false;
    e = entry_at(x->server, last);
    return e.handle == x->in.handle && (size_t)e.offset + e.len == x->in.offset;
}

static bool append(exchange *x)
{
    gatt_server *server = x->server;
    unsigned count;
    uint16_t last = last_entry(server, &count);
    bool joins = goes_on(x, last);
    size_t need = x->in.value_len + (joins ? 0 : HEAD);
    uint8_t *end = server->queue + server->queue_len;

    if (need > (size_t)(server->queue_cap - server->queue_len - server->held_len) ||
        (!joins && count == GATT_QUEUE_WRITES))
        return false;
    if (joins) {
        bytes_put16(server->queue + last + 4, (uint16_t)(entry_at(server, last).len + x->in.value_len));
    } else {
        bytes_put16(end, x->in.handle);
        bytes_put16(end + 2, x->in.offset);
        bytes_put16(end + 4, (uint16_t)x->in.value_len);
        end += HEAD;
    }
    if (x->in.value_len > 0)
        memcpy(end, x->in.value, x->in.value_len);
    server->queue_len = (uint16_t)(server->queue_len + need);
    return true;
}

size_t serve_prepare(exchange *x)
{
    gatt_attribute at;
    kith_att_error error;
    kith_att_pdu pdu = x->in;

    if (x->server->queue_cap == 0)
        return exchange_refuse(x, 0, KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED);
    if (!gatt_database_find(x->server->db, x->in.handle, &at))
        return exchange_refuse(x, x->in.handle, KITH_ATT_ERROR_INVALID_HANDLE);
    error = authorize_write(x, &at, KITH_PROPERTY_WRITE);
    if (error != KITH_ATT_ERROR_NONE)
        return exchange_refuse(x, at.handle, error);
    pdu.opcode = KITH_ATT_PREPARE_WRITE_RESPONSE;
    if (!append(x))
        return exchange_refuse(x, at.handle, KITH_ATT_ERROR_PREPARE_QUEUE_FULL);
    return kith_att_encode(&pdu, x->out, x->room);
}

/* ---- execute ---- */

static kith_att_error judge_variable(const kith_variable *v, const entry *e)
{
    if (e->offset > v->len || e->offset > v->max)
        return KITH_ATT_ERROR_INVALID_OFFSET;
    return e->len > v->max - e->offset || e->offset + e->len < v->min ? KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH
                                                                      : KITH_ATT_ERROR_NONE;
}

static kith_att_error judge(const exchange *x, const entry *e, gatt_attribute *at)
{
    kith_att_error error;

    if (!gatt_database_find(x->server->db, e->handle, at))
        return KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC;
    error = authorize_write(x, at, KITH_PROPERTY_WRITE);
    if (error == KITH_ATT_ERROR_NONE && (size_t)e->offset + e->len > KITH_ATT_MAX_VALUE)
        error = KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    return error;
}

/* All of them may be, or nothing is done.  Variables are looked at where nothing else in the queue changes them first.
 */
static kith_att_error judge_all(const exchange *x, uint16_t *handle)
{
    for (uint16_t i = 0; i < x->server->queue_len; i = after(x->server, i)) {
        entry e = entry_at(x->server, i);
        gatt_attribute at;
        kith_att_error error = judge(x, &e, &at);

        *handle = e.handle;
        if (error == KITH_ATT_ERROR_NONE && at.variable != NULL && x->server->queue_len == after(x->server, 0))
            error = judge_variable(at.variable, &e);
        if (error != KITH_ATT_ERROR_NONE)
            return error;
    }
    return KITH_ATT_ERROR_NONE;
}

/* A service came or went after the first write was prepared: a handle may be another attribute's by now (3.4.6.3). */
static kith_att_error judge_queue(const exchange *x, uint16_t *handle)
{
    kith_att_error error = judge_all(x, handle);

    if (!x->server->queue_is_stale || error == KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC)
        return error;
    *handle = entry_at(x->server, 0).handle;
    return KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC;
}

static size_t give_up(exchange *x, uint16_t handle, kith_att_error error)
{
    size_t len = exchange_refuse(x, handle, error);

    if (!gatt_server_is_pending(x->server)) /* else the program is asked whether it may be */
        clear(x->server);
    return len;
}

/* One write of those that are left; after the last, the response. */
size_t queue_go_on(exchange *x)
{
    gatt_server *server = x->server;
    kith_att_pdu pdu = {.opcode = KITH_ATT_EXECUTE_WRITE_RESPONSE};
    gatt_attribute at;
    kith_att_error error;
    entry e;

    if (server->executing == server->queue_len) {
        clear(server);
        return kith_att_encode(&pdu, x->out, x->room);
    }
    e = entry_at(server, server->executing);
    error = server->queue_is_stale ? KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC : judge(x, &e, &at);
    if (error == KITH_ATT_ERROR_NONE && !at.is_program)
        error = write_here(x, &at, e.offset, e.octets, e.len);
    if (error != KITH_ATT_ERROR_NONE)
        return give_up(x, e.handle, error);
    server->executing = after(server, server->executing);
    if (at.is_program) {
        server->pending = (gatt_pending){.opcode = KITH_ATT_EXECUTE_WRITE_REQUEST, .handle = e.handle};
        tell_write(x, &at, GATT_SERVER_WRITE_WANTED, e.offset, e.octets, e.len);
    }
    return 0;
}

size_t serve_execute(exchange *x)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_EXECUTE_WRITE_RESPONSE};
    uint16_t handle = 0;
    kith_att_error error;

    if (x->server->queue_cap == 0)
        return exchange_refuse(x, 0, KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED);
    if (x->in.flags > KITH_ATT_EXECUTE_WRITE)
        return exchange_refuse(x, 0, KITH_ATT_ERROR_INVALID_PDU);
    if (x->in.flags == KITH_ATT_EXECUTE_CANCEL) {
        clear(x->server);
        return kith_att_encode(&pdu, x->out, x->room);
    }
    error = judge_queue(x, &handle);
    if (error != KITH_ATT_ERROR_NONE)
        return give_up(x, handle, error);
    x->server->executing = 0;
    return queue_go_on(x);
}
