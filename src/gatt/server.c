/* The GATT server: one request in, one response out.  Core Vol 3 Part F 3.4, Part G 4.
 *
 * Every way to a value goes through exchange_authorize(), which asks permission.c.  Values of the program are told
 * and answered later; one request at a time, as ATT has it.  Whether a signature is right is the host's to say. */
#include "gatt/server.h"

#include "base/wipe.h"
#include "gatt/exchange.h"

static const kith_uuid include_declaration = KITH_UUID16(0x2802);
static const kith_uuid characteristic_declaration = KITH_UUID16(0x2803);
static const kith_uuid database_hash = KITH_UUID16(GATT_DATABASE_HASH);

static size_t room_for(const gatt_server *server, size_t cap)
{
    return min_size(cap, server->bearer->mtu);
}

/* ---- a request that waits: at the end of the queue's memory ---- */

/* The request, handles that the program said yes to, values that it answered (read.c). */
static void drop_held(gatt_server *server)
{
    if (server->held_len > 0)
        wipe(server->queue + server->queue_cap - server->held_len, server->held_len);
    server->held_len = server->held_pdu = server->held_yes = 0;
}

bool exchange_hold(exchange *x)
{
    gatt_server *server = x->server;

    if (server->held_len > 0)
        return true;
    if (x->len == 0 || x->len > (size_t)(server->queue_cap - server->queue_len))
        return false;
    server->held_len = server->held_pdu = (uint16_t)x->len;
    memcpy(server->queue + server->queue_cap - server->held_len, x->pdu, x->len);
    return true;
}

static size_t room_behind_held(const gatt_server *server)
{
    return (size_t)(server->queue_cap - server->queue_len - server->held_len);
}

bool held_add(gatt_server *server, const uint8_t *octets, size_t len)
{
    uint8_t *end = server->queue + server->queue_cap;

    if (len > room_behind_held(server))
        return false;
    memmove(end - server->held_len - len, end - server->held_len, server->held_len);
    if (len > 0)
        memcpy(end - len, octets, len);
    server->held_len = (uint16_t)(server->held_len + len);
    return true;
}

/* ---- for all handlers ---- */

size_t exchange_error(uint8_t opcode, uint16_t handle, kith_att_error error, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_ERROR_RESPONSE, .request_opcode = opcode, .handle = handle, .error = error};

    return kith_att_encode(&pdu, out, cap);
}

static size_t refuse(exchange *x, uint16_t handle, kith_att_error error)
{
    x->event->kind = GATT_SERVER_REFUSED;
    x->event->handle = handle;
    x->event->error = error;
    return exchange_error(x->event->opcode, handle, error, x->out, x->room);
}

/* All that was lacking is the program's word: it is asked, and the request waits.  Where it, and a yes, cannot wait it
 * is refused. */
static bool ask_authorization(exchange *x, uint16_t handle)
{
    gatt_attribute at;

    if (!gatt_database_find(x->server->db, handle, &at) || !exchange_hold(x))
        return false;
    if (room_behind_held(x->server) < sizeof handle || x->server->held_yes == UINT8_MAX) {
        drop_held(x->server);
        return false;
    }
    x->server->pending = (gatt_pending){.opcode = x->event->opcode, .handle = handle, .authorization = true};
    x->event->kind = GATT_SERVER_AUTHORIZATION_WANTED;
    x->event->handle = handle;
    x->event->id = at.id;
    return true;
}

size_t exchange_refuse(exchange *x, uint16_t handle, kith_att_error error)
{
    if (error == KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION && ask_authorization(x, handle))
        return 0;
    return refuse(x, handle, error);
}

/* A yes is worth the request that waited for it, and the value that was asked about. */
static bool has_yes(const exchange *x, uint16_t handle)
{
    const gatt_server *server = x->server;
    const uint8_t *yes;

    if (!x->is_held || server->held_yes == 0)
        return false;
    yes = server->queue + server->queue_cap - server->held_len + server->held_pdu;
    for (unsigned i = 0; i < server->held_yes; i++)
        if (bytes_get16(yes + (size_t)2 * i) == handle)
            return true;
    return false;
}

/* The single choke point: nothing below reads, compares or takes a value that did not pass here. */
kith_att_error exchange_authorize(const exchange *x, const gatt_attribute *at, gatt_operation operation)
{
    gatt_link_security now = *x->sec;

    now.authorized = has_yes(x, at->handle);
    return gatt_check_permission(at->permissions, operation, &now);
}

static const uint8_t *configuration_value(const gatt_server *server, const gatt_attribute *at,
                                          uint8_t scratch[GATT_SCRATCH], size_t *len)
{
    bytes_put16(scratch, gatt_server_subscribed(server, (uint16_t)(at->handle - 1)));
    *len = 2;
    return scratch;
}

const uint8_t *exchange_value(const exchange *x, const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH], size_t *len)
{
    if (at->kind == GATT_CONFIGURATION)
        return configuration_value(x->server, at, scratch, len);
    if (at->is_built_in && at->id == GATT_CLIENT_FEATURES && at->kind == GATT_VALUE) {
        *len = 1;
        return &x->server->features;
    }
    return gatt_database_value(x->server->db, at, scratch, len);
}

size_t exchange_ask_program_to_read(exchange *x, const gatt_attribute *at, uint16_t offset)
{
    x->server->pending = (gatt_pending){.opcode = x->in.opcode, .handle = at->handle, .offset = offset};
    x->event->kind = GATT_SERVER_READ_WANTED;
    x->event->handle = at->handle;
    x->event->id = at->id;
    x->event->offset = offset;
    return 0;
}

/* ---- a client that does not know the table (Vol 3 Part G 2.5.2.1) ---- */

static bool asks_by_handle(uint8_t opcode)
{
    switch (opcode) {
    case KITH_ATT_READ_REQUEST:
    case KITH_ATT_READ_BLOB_REQUEST:
    case KITH_ATT_READ_MULTIPLE_REQUEST:
    case KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST:
    case KITH_ATT_WRITE_REQUEST:
    case KITH_ATT_PREPARE_WRITE_REQUEST:
    case KITH_ATT_EXECUTE_WRITE_REQUEST:
        return true;
    default:
        return false;
    }
}

static bool asks_part_of_the_table(const kith_att_pdu *in)
{
    return in->opcode == KITH_ATT_READ_BY_TYPE_REQUEST && !kith_uuid_equal(&in->type, &include_declaration) &&
           !kith_uuid_equal(&in->type, &characteristic_declaration) && (in->handle != 1 || in->end_handle != 0xffff);
}

static bool is_out_of_sync(const gatt_server *server)
{
    return server->is_unaware && (server->features & GATT_ROBUST_CACHING) != 0;
}

/* Refused too, but there: the attribute is named that is missed, and the queue is emptied (3.4.6.3). */
static bool executes_stale_queue(const exchange *x)
{
    return x->in.opcode == KITH_ATT_EXECUTE_WRITE_REQUEST && x->in.flags == KITH_ATT_EXECUTE_WRITE &&
           x->server->queue_is_stale;
}

/* Told once, or the hash was read; who asks on after that knows, whatever is asked. */
static bool refuse_out_of_sync(exchange *x, size_t *len)
{
    if (x->is_held)
        return false;
    if (x->server->is_unaware && x->server->out_of_sync)
        x->server->is_unaware = x->server->out_of_sync = false;
    if (!is_out_of_sync(x->server) || !(asks_by_handle(x->in.opcode) || asks_part_of_the_table(&x->in)))
        return false;
    x->server->out_of_sync = true;
    if (executes_stale_queue(x))
        return false;
    *len = refuse(x, x->in.handle, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    return true;
}

/* ---- requests ---- */

static size_t on_exchange_mtu(exchange *x)
{
    att_bearer *bearer = x->server->bearer;
    kith_att_pdu pdu = {.opcode = KITH_ATT_EXCHANGE_MTU_RESPONSE, .mtu = bearer->my_mtu};
    size_t len = kith_att_encode(&pdu, x->out, x->room);

    att_bearer_agree(bearer, x->in.mtu);
    x->event->kind = GATT_SERVER_MTU;
    return len;
}

static size_t on_read_by_type(exchange *x)
{
    size_t len = serve_read_by_type(x);

    if (x->server->is_unaware && x->event->kind == GATT_SERVER_NONE && kith_uuid_equal(&x->in.type, &database_hash))
        x->server->out_of_sync = true;
    return len;
}

typedef struct {
    uint8_t opcode;
    size_t (*run)(exchange *x);
} handler;

static const handler handlers[] = {
    {KITH_ATT_EXCHANGE_MTU_REQUEST, on_exchange_mtu},
    {KITH_ATT_FIND_INFORMATION_REQUEST, serve_find_information},
    {KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST, serve_find_by_type_value},
    {KITH_ATT_READ_BY_TYPE_REQUEST, on_read_by_type},
    {KITH_ATT_READ_REQUEST, serve_read},
    {KITH_ATT_READ_BLOB_REQUEST, serve_read},
    {KITH_ATT_READ_MULTIPLE_REQUEST, serve_read_multiple},
    {KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST, serve_read_multiple},
    {KITH_ATT_READ_BY_GROUP_TYPE_REQUEST, serve_read_by_group_type},
    {KITH_ATT_WRITE_REQUEST, serve_write},
    {KITH_ATT_PREPARE_WRITE_REQUEST, serve_prepare},
    {KITH_ATT_EXECUTE_WRITE_REQUEST, serve_execute},
};

static const handler *find_handler(uint8_t opcode)
{
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].opcode == opcode)
            return &handlers[i];
    return NULL;
}

static size_t run_request(exchange *x, kith_status decoded)
{
    const handler *found = find_handler(x->event->opcode);
    size_t len = 0;

    if (gatt_server_is_pending(x->server)) {
        x->event->kind = GATT_SERVER_VIOLATION;
        return 0;
    }
    if (found == NULL)
        return refuse(x, 0, KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED);
    if (decoded != KITH_OK)
        return refuse(x, 0, KITH_ATT_ERROR_INVALID_PDU);
    if (refuse_out_of_sync(x, &len))
        return len;
    return found->run(x);
}

static void drop(exchange *x, uint16_t handle, kith_att_error error)
{
    x->event->kind = GATT_SERVER_DROPPED;
    x->event->handle = handle;
    x->event->error = error;
}

static void run_command(exchange *x, kith_status decoded)
{
    if (decoded == KITH_ERR_UNSUPPORTED)
        drop(x, 0, KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED);
    else if (decoded != KITH_OK)
        drop(x, 0, KITH_ATT_ERROR_INVALID_PDU);
    else if (is_out_of_sync(x->server))
        drop(x, x->in.handle, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    else
        serve_command(x);
}

/* A confirmation that comes unasked confirms nothing. */
static void run_confirmation(exchange *x)
{
    gatt_attribute at;

    if (x->len != 1 || x->server->indicated == 0)
        return;
    x->event->kind = GATT_SERVER_CONFIRMED;
    x->event->handle = x->server->indicated;
    if (gatt_database_find(x->server->db, x->event->handle, &at))
        x->event->id = at.id;
    if (x->event->handle == GATT_SERVICE_CHANGED_HANDLE)
        x->server->is_unaware = x->server->out_of_sync = false;
    x->server->indicated = 0;
}

void gatt_server_init(gatt_server *server, const gatt_database *db, att_bearer *bearer,
                      const gatt_server_memory *memory)
{
    *server = (gatt_server){.db = db,
                            .bearer = bearer,
                            .subscriptions = memory->subscriptions,
                            .subscription_cap = memory->subscription_cap,
                            .queue = memory->queue,
                            .queue_cap = memory->queue_cap};
    for (unsigned i = 0; i < memory->subscription_cap; i++)
        memory->subscriptions[i] = (gatt_subscription){0};
}

void gatt_server_forget_request(gatt_server *server)
{
    server->pending = (gatt_pending){0};
    if (server->queue_cap > 0)
        wipe(server->queue, server->queue_cap);
    server->queue_len = server->held_len = server->held_pdu = server->executing = 0;
    server->held_yes = 0;
    server->queue_is_stale = false;
}

static size_t run(exchange *x)
{
    kith_status decoded = kith_att_decode(x->pdu, x->len, &x->in);

    *x->event = (gatt_server_event){.kind = GATT_SERVER_NONE};
    if (x->len == 0)
        return 0;
    x->event->opcode = x->pdu[0];
    if (x->len > x->server->bearer->mtu)
        decoded = KITH_ERR_VALUE;
    switch (kith_att_kind_of(x->pdu[0])) {
    case KITH_ATT_KIND_REQUEST:
        return run_request(x, decoded);
    case KITH_ATT_KIND_COMMAND:
        run_command(x, decoded);
        return 0;
    case KITH_ATT_KIND_CONFIRMATION:
        run_confirmation(x);
        return 0;
    case KITH_ATT_KIND_RESPONSE:
    case KITH_ATT_KIND_NOTIFICATION:
    case KITH_ATT_KIND_INDICATION:
        break;
    }
    return 0;
}

size_t gatt_server_request(gatt_server *server, const gatt_link_security *sec, const uint8_t *pdu, size_t len,
                           uint8_t *out, size_t cap, gatt_server_event *event)
{
    exchange x = {.server = server,
                  .sec = sec,
                  .pdu = pdu,
                  .len = len,
                  .out = out,
                  .room = room_for(server, cap),
                  .event = event};

    return run(&x);
}

void gatt_server_on_table_change(gatt_server *server)
{
    server->is_unaware = true;
    server->out_of_sync = false; /* what it was told was of an earlier change */
    server->queue_is_stale = server->queue_len > 0;
}

bool gatt_server_is_pending(const gatt_server *server)
{
    return server->pending.opcode != 0;
}

/* ---- answers of the program ---- */

/* The request that waits, once more, with what is known by now. */
static size_t run_held(gatt_server *server, const gatt_link_security *sec, uint8_t *out, size_t cap,
                       gatt_server_event *event)
{
    exchange x = {.server = server,
                  .sec = sec,
                  .pdu = server->queue + server->queue_cap - server->held_len,
                  .len = server->held_pdu,
                  .out = out,
                  .room = room_for(server, cap),
                  .event = event,
                  .is_held = true};
    size_t len;

    server->pending = (gatt_pending){0};
    len = run(&x);
    if (!gatt_server_is_pending(server) && server->executing == 0)
        drop_held(server);
    return len;
}

static bool is_write(uint8_t opcode)
{
    return opcode == KITH_ATT_WRITE_REQUEST || opcode == KITH_ATT_EXECUTE_WRITE_REQUEST;
}

static bool is_multiple(uint8_t opcode)
{
    return opcode == KITH_ATT_READ_MULTIPLE_REQUEST || opcode == KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST;
}

static size_t end_with_error(gatt_server *server, kith_att_error error, uint8_t *out, size_t room)
{
    gatt_pending request = server->pending;

    if (request.opcode == KITH_ATT_EXECUTE_WRITE_REQUEST)
        gatt_server_forget_request(server);
    server->pending = (gatt_pending){0};
    drop_held(server);
    return exchange_error(request.opcode, request.handle, error, out, room);
}

size_t gatt_server_answer_read(gatt_server *server, const gatt_link_security *sec, kith_att_error error,
                               const uint8_t *value, size_t value_len, uint8_t *out, size_t cap,
                               gatt_server_event *event, bool *done)
{
    gatt_pending request = server->pending;
    size_t room = room_for(server, cap);

    *event = (gatt_server_event){.kind = GATT_SERVER_NONE, .opcode = request.opcode};
    *done = request.opcode != 0 && !is_write(request.opcode) && !request.authorization;
    if (!*done)
        return 0;
    if (error == KITH_ATT_ERROR_NONE && value_len > KITH_ATT_MAX_VALUE)
        error = KITH_ATT_ERROR_UNLIKELY_ERROR;
    if (error == KITH_ATT_ERROR_NONE && is_multiple(request.opcode) && !read_collect(server, value, value_len))
        error = KITH_ATT_ERROR_INSUFFICIENT_RESOURCES;
    if (error != KITH_ATT_ERROR_NONE) {
        server->pending = (gatt_pending){0};
        drop_held(server);
        return exchange_error(request.opcode, request.handle, error, out, room);
    }
    if (is_multiple(request.opcode))
        return run_held(server, sec, out, cap, event);
    server->pending = (gatt_pending){0};
    drop_held(server);
    return make_read_response(&request, value, value_len, out, room);
}

size_t gatt_server_answer_write(gatt_server *server, const gatt_link_security *sec, kith_att_error error, uint8_t *out,
                                size_t cap, gatt_server_event *event, bool *done)
{
    gatt_pending request = server->pending;
    kith_att_pdu pdu = {.opcode = KITH_ATT_WRITE_RESPONSE};

    *event = (gatt_server_event){.kind = GATT_SERVER_NONE, .opcode = request.opcode};
    *done = is_write(request.opcode) && !request.authorization;
    if (!*done)
        return 0;
    if (error != KITH_ATT_ERROR_NONE)
        return end_with_error(server, error, out, room_for(server, cap));
    server->pending = (gatt_pending){0};
    if (request.opcode == KITH_ATT_EXECUTE_WRITE_REQUEST)
        return gatt_server_go_on(server, sec, out, cap, event);
    drop_held(server);
    return kith_att_encode(&pdu, out, room_for(server, cap));
}

bool gatt_server_is_executing(const gatt_server *server)
{
    return server->executing > 0 && !gatt_server_is_pending(server);
}

size_t gatt_server_go_on(gatt_server *server, const gatt_link_security *sec, uint8_t *out, size_t cap,
                         gatt_server_event *event)
{
    exchange x = {
        .server = server, .sec = sec, .out = out, .room = room_for(server, cap), .event = event, .is_held = true};
    size_t len;

    *event = (gatt_server_event){.kind = GATT_SERVER_NONE, .opcode = KITH_ATT_EXECUTE_WRITE_REQUEST};
    len = queue_go_on(&x);
    if (server->executing == 0)
        drop_held(server);
    return len;
}

size_t gatt_server_answer_authorization(gatt_server *server, const gatt_link_security *sec, bool yes, uint8_t *out,
                                        size_t cap, gatt_server_event *event, bool *done)
{
    uint8_t handle[2];

    *event = (gatt_server_event){.kind = GATT_SERVER_NONE, .opcode = server->pending.opcode};
    *done = server->pending.authorization;
    if (!*done)
        return 0;
    if (!yes)
        return end_with_error(server, KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION, out, room_for(server, cap));
    bytes_put16(handle, server->pending.handle);
    if (!held_add(server, handle, sizeof handle)) /* ask_authorization() has seen to it */
        return end_with_error(server, KITH_ATT_ERROR_INSUFFICIENT_RESOURCES, out, room_for(server, cap));
    server->held_yes++;
    return run_held(server, sec, out, cap, event);
}
