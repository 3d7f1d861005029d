/* The GATT server: one request in, one response out.  Core Vol 3 Part F 3.4, Part G 4.
 *
 * Every way to a value goes through authorize(), which asks permission.c.  Values of the program are told
 * and answered later; one request at a time, as ATT has it.  Not here: Read Multiple, Prepare and Execute
 * Write (refused by name), notifications; and whether a signature is right: that is the host's. */
#include "gatt/server.h"

#include "base/bytes.h"

/* What one call works with, so that handlers take one argument. */
typedef struct {
    gatt_server *server;
    const gatt_link_security *sec;
    kith_att_pdu in;
    uint8_t *out;
    size_t room; /* the largest response: cap or the MTU */
    gatt_server_event *event;
} exchange;

enum { ENTRY_LIMIT = 255 }; /* a list's entry length is one octet */

static const kith_uuid primary_service = KITH_UUID16(0x2800);
static const kith_uuid secondary_service = KITH_UUID16(0x2801);

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t room_for(const gatt_server *server, size_t cap)
{
    return min_size(cap, server->bearer->mtu);
}

static size_t make_error(uint8_t opcode, uint16_t handle, kith_att_error error, uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_ERROR_RESPONSE, .request_opcode = opcode, .handle = handle, .error = error};
    return kith_att_encode(&pdu, out, cap);
}

static size_t refuse(exchange *x, uint16_t handle, kith_att_error error)
{
    x->event->kind = GATT_SERVER_REFUSED;
    x->event->handle = handle;
    x->event->error = error;
    return make_error(x->event->opcode, handle, error, x->out, x->room);
}

/* The single choke point: nothing below reads, compares or takes a value that did not pass here. */
static kith_att_error authorize(const exchange *x, const gatt_attribute *at, gatt_operation operation)
{
    return gatt_check_permission(at->permissions, operation, x->sec);
}

/* A characteristic takes only the kind of write that it declares; descriptors take requests. */
static kith_att_error authorize_write(const exchange *x, const gatt_attribute *at, uint8_t property)
{
    bool declared = at->kind == GATT_VALUE ? (at->properties & property) != 0
                                           : at->kind == GATT_DESCRIPTOR && property == KITH_PROPERTY_WRITE;

    if (!at->is_program || !declared)
        return KITH_ATT_ERROR_WRITE_NOT_PERMITTED;
    return authorize(x, at, property == KITH_PROPERTY_SIGNED_WRITE ? GATT_WRITE_SIGNED : GATT_WRITE);
}

static const uint8_t *value_of(const exchange *x, const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH], size_t *len)
{
    return gatt_database_value(x->server->db, at, scratch, len);
}

static size_t ask_program_to_read(exchange *x, const gatt_attribute *at)
{
    x->server->pending = (gatt_pending){.opcode = x->in.opcode, .handle = at->handle, .offset = x->in.offset};
    x->event->kind = GATT_SERVER_READ_WANTED;
    x->event->handle = at->handle;
    x->event->id = at->id;
    x->event->offset = x->in.offset;
    return 0;
}

/* A list response with one entry, its value cut to what fits. */
static size_t make_single_entry(uint16_t handle, const uint8_t *value, size_t value_len, uint8_t *out, size_t room)
{
    size_t fits = min_size(room < 4 ? 0 : room - 4, ENTRY_LIMIT - 2);
    size_t len = min_size(value_len, fits);
    bytes_writer w;

    bytes_writer_init(&w, out, room);
    bytes_write8(&w, KITH_ATT_READ_BY_TYPE_RESPONSE);
    bytes_write8(&w, (uint8_t)(len + 2));
    bytes_write16(&w, handle);
    bytes_write(&w, value, len);
    return w.failed ? 0 : w.len;
}

/* The response to a read of any kind, from the whole value. */
static size_t make_read_response(const gatt_pending *request, const uint8_t *value, size_t value_len, uint8_t *out,
                                 size_t room)
{
    kith_att_pdu pdu = {.opcode = KITH_ATT_READ_RESPONSE};

    if (request->opcode == KITH_ATT_READ_BY_TYPE_REQUEST)
        return make_single_entry(request->handle, value, value_len, out, room);
    if (request->offset > value_len)
        return make_error(request->opcode, request->handle, KITH_ATT_ERROR_INVALID_OFFSET, out, room);
    if (request->opcode == KITH_ATT_READ_BLOB_REQUEST)
        pdu.opcode = KITH_ATT_READ_BLOB_RESPONSE;
    pdu.value_len = min_size(value_len - request->offset, room < 1 ? 0 : room - 1);
    pdu.value = pdu.value_len != 0 ? value + request->offset : NULL;
    return kith_att_encode(&pdu, out, room);
}

static size_t on_exchange_mtu(exchange *x)
{
    att_bearer *bearer = x->server->bearer;
    kith_att_pdu pdu = {.opcode = KITH_ATT_EXCHANGE_MTU_RESPONSE, .mtu = bearer->my_mtu};
    size_t len = kith_att_encode(&pdu, x->out, x->room);

    att_bearer_agree(bearer, x->in.mtu);
    x->event->kind = GATT_SERVER_MTU;
    return len;
}

/* Goes to the first attribute of the request's range, of this type (NULL: of any). */
static kith_att_error enter_range(const exchange *x, gatt_attribute *at, const kith_uuid *type)
{
    const gatt_database *db = x->server->db;

    if (x->in.handle == 0 || x->in.handle > x->in.end_handle)
        return KITH_ATT_ERROR_INVALID_HANDLE;
    if (!gatt_database_find(db, x->in.handle, at))
        return KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND;
    if (type != NULL && !gatt_database_find_type(db, at, type, x->in.end_handle))
        return KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND;
    return KITH_ATT_ERROR_NONE;
}

/* Goes on in the range to the next attribute of this type. */
static bool next_of_type(const exchange *x, gatt_attribute *at, const kith_uuid *type)
{
    return gatt_database_next(x->server->db, at) && gatt_database_find_type(x->server->db, at, type, x->in.end_handle);
}

static size_t on_find_information(exchange *x)
{
    gatt_attribute at;
    bytes_writer w;
    uint8_t size;
    bool more = true;
    kith_att_error error = enter_range(x, &at, NULL);

    if (error != KITH_ATT_ERROR_NONE)
        return refuse(x, x->in.handle, error);
    size = at.type->size;
    bytes_writer_init(&w, x->out, x->room);
    bytes_write8(&w, KITH_ATT_FIND_INFORMATION_RESPONSE);
    bytes_write8(&w, size == 2 ? 1 : 2);
    while (more && at.handle <= x->in.end_handle && at.type->size == size && w.cap - w.len >= 2U + size) {
        bytes_write16(&w, at.handle);
        bytes_write(&w, at.type->octets, size);
        more = gatt_database_next(x->server->db, &at);
    }
    return w.failed ? 0 : w.len;
}

/* 3.4.3.3: a value that may not be read here does not match, and neither does one that only the program
 * knows. */
static bool value_matches(const exchange *x, const gatt_attribute *at)
{
    uint8_t scratch[GATT_SCRATCH];
    const uint8_t *value;
    size_t len;

    if (at->is_program || authorize(x, at, GATT_READ) != KITH_ATT_ERROR_NONE)
        return false;
    value = value_of(x, at, scratch, &len);
    return len == x->in.value_len && (len == 0 || memcmp(value, x->in.value, len) == 0);
}

static uint16_t group_end(const gatt_attribute *at)
{
    return at->kind == GATT_SERVICE ? gatt_database_group_end(at) : at->handle;
}

static size_t on_find_by_type_value(exchange *x)
{
    gatt_attribute at;
    bytes_writer w;
    bool more = true;
    kith_att_error error = enter_range(x, &at, &x->in.type);

    if (error != KITH_ATT_ERROR_NONE)
        return refuse(x, x->in.handle, error);
    bytes_writer_init(&w, x->out, x->room);
    bytes_write8(&w, KITH_ATT_FIND_BY_TYPE_VALUE_RESPONSE);
    while (more && w.cap - w.len >= 4) {
        if (value_matches(x, &at)) {
            bytes_write16(&w, at.handle);
            bytes_write16(&w, group_end(&at));
        }
        more = next_of_type(x, &at, &x->in.type);
    }
    return w.len > 1 ? w.len : refuse(x, x->in.handle, KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND);
}

/* Adds handle, the group's end when it is a list of groups, and as much of the value as this list's entry
 * length allows.  false: it does not belong into this list, which is then complete. */
static bool add_entry(const exchange *x, bytes_writer *w, const gatt_attribute *at, bool is_group)
{
    uint8_t scratch[GATT_SCRATCH];
    size_t head = is_group ? 4 : 2;
    size_t len;
    size_t entry_len;
    const uint8_t *value = value_of(x, at, scratch, &len);

    len = min_size(len, min_size(w->cap < 2 + head ? 0 : w->cap - 2 - head, ENTRY_LIMIT - head));
    entry_len = head + len;
    if (w->len == 1)
        bytes_write8(w, (uint8_t)entry_len);
    if (w->failed || w->start[1] != entry_len || w->cap - w->len < entry_len)
        return false;
    bytes_write16(w, at->handle);
    if (is_group)
        bytes_write16(w, group_end(at));
    bytes_write(w, value, len);
    return !w->failed;
}

/* Attributes after the first, until one differs in length, may not be read or is the program's: the
 * client asks again from there. */
static size_t list_attributes(exchange *x, gatt_attribute *at, uint8_t opcode, bool is_group)
{
    bytes_writer w;
    bool more = true;

    bytes_writer_init(&w, x->out, x->room);
    bytes_write8(&w, opcode);
    while (more && !at->is_program && authorize(x, at, GATT_READ) == KITH_ATT_ERROR_NONE &&
           add_entry(x, &w, at, is_group))
        more = next_of_type(x, at, &x->in.type);
    return w.failed ? 0 : w.len;
}

static size_t on_read_by_type(exchange *x)
{
    gatt_attribute at;
    kith_att_error error = enter_range(x, &at, &x->in.type);

    if (error != KITH_ATT_ERROR_NONE)
        return refuse(x, x->in.handle, error);
    error = authorize(x, &at, GATT_READ);
    if (error != KITH_ATT_ERROR_NONE)
        return refuse(x, at.handle, error);
    if (at.is_program)
        return ask_program_to_read(x, &at);
    return list_attributes(x, &at, KITH_ATT_READ_BY_TYPE_RESPONSE, false);
}

static bool is_group_type(const kith_uuid *type)
{
    return kith_uuid_equal(type, &primary_service) || kith_uuid_equal(type, &secondary_service);
}

static size_t on_read_by_group_type(exchange *x)
{
    gatt_attribute at;
    kith_att_error error = enter_range(x, &at, &x->in.type);

    if (error != KITH_ATT_ERROR_INVALID_HANDLE && !is_group_type(&x->in.type))
        error = KITH_ATT_ERROR_UNSUPPORTED_GROUP_TYPE;
    if (error != KITH_ATT_ERROR_NONE)
        return refuse(x, x->in.handle, error);
    return list_attributes(x, &at, KITH_ATT_READ_BY_GROUP_TYPE_RESPONSE, true);
}

/* Read and Read Blob; a Read's offset is 0. */
static size_t on_read(exchange *x)
{
    gatt_attribute at;
    uint8_t scratch[GATT_SCRATCH];
    gatt_pending request = {.opcode = x->in.opcode, .handle = x->in.handle, .offset = x->in.offset};
    const uint8_t *value;
    size_t len;
    kith_att_error error;

    if (!gatt_database_find(x->server->db, x->in.handle, &at))
        return refuse(x, x->in.handle, KITH_ATT_ERROR_INVALID_HANDLE);
    error = authorize(x, &at, GATT_READ);
    if (error != KITH_ATT_ERROR_NONE)
        return refuse(x, at.handle, error);
    if (at.is_program)
        return ask_program_to_read(x, &at);
    value = value_of(x, &at, scratch, &len);
    if (request.offset > len)
        return refuse(x, at.handle, KITH_ATT_ERROR_INVALID_OFFSET);
    return make_read_response(&request, value, len, x->out, x->room);
}

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

static void tell_write(exchange *x, const gatt_attribute *at, gatt_server_event_kind kind)
{
    x->event->kind = kind;
    x->event->handle = at->handle;
    x->event->id = at->id;
    x->event->value = x->in.value;
    x->event->value_len = x->in.value_len;
    x->event->signature = x->in.signature;
}

static size_t on_write(exchange *x)
{
    gatt_attribute at;
    kith_att_error error = judge_write(x, &at, KITH_PROPERTY_WRITE);

    if (error != KITH_ATT_ERROR_NONE)
        return refuse(x, x->in.handle, error);
    x->server->pending = (gatt_pending){.opcode = x->in.opcode, .handle = at.handle};
    tell_write(x, &at, GATT_SERVER_WRITE_WANTED);
    return 0;
}

static void drop(exchange *x, uint16_t handle, kith_att_error error)
{
    x->event->kind = GATT_SERVER_DROPPED;
    x->event->handle = handle;
    x->event->error = error;
}

static void take_command(exchange *x, uint8_t property, gatt_server_event_kind kind)
{
    gatt_attribute at;
    kith_att_error error = judge_write(x, &at, property);

    if (error != KITH_ATT_ERROR_NONE)
        drop(x, x->in.handle, error);
    else
        tell_write(x, &at, kind);
}

typedef struct {
    uint8_t opcode;
    size_t (*run)(exchange *x);
} handler;

static const handler handlers[] = {
    {KITH_ATT_EXCHANGE_MTU_REQUEST, on_exchange_mtu},
    {KITH_ATT_FIND_INFORMATION_REQUEST, on_find_information},
    {KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST, on_find_by_type_value},
    {KITH_ATT_READ_BY_TYPE_REQUEST, on_read_by_type},
    {KITH_ATT_READ_REQUEST, on_read},
    {KITH_ATT_READ_BLOB_REQUEST, on_read},
    {KITH_ATT_READ_BY_GROUP_TYPE_REQUEST, on_read_by_group_type},
    {KITH_ATT_WRITE_REQUEST, on_write},
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

    if (gatt_server_is_pending(x->server)) {
        x->event->kind = GATT_SERVER_VIOLATION;
        return 0;
    }
    if (found == NULL)
        return refuse(x, 0, KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED);
    if (decoded != KITH_OK)
        return refuse(x, 0, KITH_ATT_ERROR_INVALID_PDU);
    return found->run(x);
}

static void run_command(exchange *x, kith_status decoded)
{
    if (decoded == KITH_ERR_UNSUPPORTED)
        drop(x, 0, KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED);
    else if (decoded != KITH_OK)
        drop(x, 0, KITH_ATT_ERROR_INVALID_PDU);
    else if (x->in.opcode == KITH_ATT_SIGNED_WRITE_COMMAND)
        take_command(x, KITH_PROPERTY_SIGNED_WRITE, GATT_SERVER_SIGNED_WRITE);
    else
        take_command(x, KITH_PROPERTY_WRITE_WITHOUT_RESPONSE, GATT_SERVER_WRITE_COMMAND);
}

void gatt_server_init(gatt_server *server, const gatt_database *db, att_bearer *bearer)
{
    server->db = db;
    server->bearer = bearer;
    server->pending = (gatt_pending){0};
}

size_t gatt_server_request(gatt_server *server, const gatt_link_security *sec, const uint8_t *pdu, size_t len,
                           uint8_t *out, size_t cap, gatt_server_event *event)
{
    exchange x = {.server = server, .sec = sec, .out = out, .room = room_for(server, cap), .event = event};
    kith_status decoded = kith_att_decode(pdu, len, &x.in);

    *event = (gatt_server_event){.kind = GATT_SERVER_NONE};
    if (len == 0)
        return 0;
    event->opcode = pdu[0];
    if (len > server->bearer->mtu)
        decoded = KITH_ERR_VALUE;
    switch (kith_att_kind_of(pdu[0])) {
    case KITH_ATT_KIND_REQUEST:
        return run_request(&x, decoded);
    case KITH_ATT_KIND_COMMAND:
        run_command(&x, decoded);
        return 0;
    case KITH_ATT_KIND_CONFIRMATION: /* nothing was indicated, so it confirms nothing */
    case KITH_ATT_KIND_RESPONSE:
    case KITH_ATT_KIND_NOTIFICATION:
    case KITH_ATT_KIND_INDICATION:
        break;
    }
    return 0;
}

bool gatt_server_is_pending(const gatt_server *server)
{
    return server->pending.opcode != 0;
}

size_t gatt_server_answer_read(gatt_server *server, kith_att_error error, const uint8_t *value, size_t value_len,
                               uint8_t *out, size_t cap)
{
    gatt_pending request = server->pending;
    size_t room = room_for(server, cap);

    if (request.opcode == 0 || request.opcode == KITH_ATT_WRITE_REQUEST)
        return 0;
    server->pending = (gatt_pending){0};
    if (error == KITH_ATT_ERROR_NONE && value_len > KITH_ATT_MAX_VALUE)
        error = KITH_ATT_ERROR_UNLIKELY_ERROR;
    if (error != KITH_ATT_ERROR_NONE)
        return make_error(request.opcode, request.handle, error, out, room);
    return make_read_response(&request, value, value_len, out, room);
}

size_t gatt_server_answer_write(gatt_server *server, kith_att_error error, uint8_t *out, size_t cap)
{
    gatt_pending request = server->pending;
    kith_att_pdu pdu = {.opcode = KITH_ATT_WRITE_RESPONSE};
    size_t room = room_for(server, cap);

    if (request.opcode != KITH_ATT_WRITE_REQUEST)
        return 0;
    server->pending = (gatt_pending){0};
    if (error != KITH_ATT_ERROR_NONE)
        return make_error(request.opcode, request.handle, error, out, room);
    return kith_att_encode(&pdu, out, room);
}
