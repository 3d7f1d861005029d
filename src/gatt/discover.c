/* Requests by type: what there is, and where.  Core Vol 3 Part F 3.4.3, 3.4.4.1, 3.4.4.9. */
#include "gatt/exchange.h"

enum { ENTRY_LIMIT = 255 }; /* a list's entry length is one octet */

static const kith_uuid primary_service = KITH_UUID16(0x2800);
static const kith_uuid secondary_service = KITH_UUID16(0x2801);

/* Goes to the first attribute of the request's range, of this type (NULL: of any). */
static kith_att_error enter_range(const exchange *x, gatt_attribute *at, const kith_uuid *type)
{
    const gatt_database *db = x->server->db;

    if (x->in.handle == 0 || x->in.handle > x->in.end_handle)
        return KITH_ATT_ERROR_INVALID_HANDLE;
    if (!gatt_database_find_from(db, x->in.handle, at) || at->handle > x->in.end_handle)
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

size_t serve_find_information(exchange *x)
{
    gatt_attribute at;
    bytes_writer w;
    uint8_t size;
    bool more = true;
    kith_att_error error = enter_range(x, &at, NULL);

    if (error != KITH_ATT_ERROR_NONE)
        return exchange_refuse(x, x->in.handle, error);
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

    if (at->is_program || exchange_authorize(x, at, GATT_READ) != KITH_ATT_ERROR_NONE)
        return false;
    value = exchange_value(x, at, scratch, &len);
    return len == x->in.value_len && (len == 0 || memcmp(value, x->in.value, len) == 0);
}

static uint16_t group_end(const exchange *x, const gatt_attribute *at)
{
    return at->kind == GATT_SERVICE ? gatt_database_group_end(x->server->db, at) : at->handle;
}

size_t serve_find_by_type_value(exchange *x)
{
    gatt_attribute at;
    bytes_writer w;
    bool more = true;
    kith_att_error error = enter_range(x, &at, &x->in.type);

    if (error != KITH_ATT_ERROR_NONE)
        return exchange_refuse(x, x->in.handle, error);
    bytes_writer_init(&w, x->out, x->room);
    bytes_write8(&w, KITH_ATT_FIND_BY_TYPE_VALUE_RESPONSE);
    while (more && w.cap - w.len >= 4) {
        if (value_matches(x, &at)) {
            bytes_write16(&w, at.handle);
            bytes_write16(&w, group_end(x, &at));
        }
        more = next_of_type(x, &at, &x->in.type);
    }
    return w.len > 1 ? w.len : exchange_refuse(x, x->in.handle, KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND);
}

/* Adds handle, the group's end when it is a list of groups, and as much of the value as this list's entry
 * length allows.  false: it does not belong into this list, which is then complete. */
static bool add_entry(const exchange *x, bytes_writer *w, const gatt_attribute *at, bool is_group)
{
    uint8_t scratch[GATT_SCRATCH];
    size_t head = is_group ? 4 : 2;
    size_t len;
    size_t entry_len;
    const uint8_t *value = exchange_value(x, at, scratch, &len);

    len = min_size(len, min_size(w->cap < 2 + head ? 0 : w->cap - 2 - head, ENTRY_LIMIT - head));
    entry_len = head + len;
    if (w->len == 1)
        bytes_write8(w, (uint8_t)entry_len);
    if (w->failed || w->start[1] != entry_len || w->cap - w->len < entry_len)
        return false;
    bytes_write16(w, at->handle);
    if (is_group)
        bytes_write16(w, group_end(x, at));
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
    while (more && !at->is_program && exchange_authorize(x, at, GATT_READ) == KITH_ATT_ERROR_NONE &&
           add_entry(x, &w, at, is_group))
        more = next_of_type(x, at, &x->in.type);
    return w.failed ? 0 : w.len;
}

size_t serve_read_by_type(exchange *x)
{
    gatt_attribute at;
    kith_att_error error = enter_range(x, &at, &x->in.type);

    if (error != KITH_ATT_ERROR_NONE)
        return exchange_refuse(x, x->in.handle, error);
    error = exchange_authorize(x, &at, GATT_READ);
    if (error != KITH_ATT_ERROR_NONE)
        return exchange_refuse(x, at.handle, error);
    if (at.is_program)
        return exchange_ask_program_to_read(x, &at, 0);
    return list_attributes(x, &at, KITH_ATT_READ_BY_TYPE_RESPONSE, false);
}

static bool is_group_type(const kith_uuid *type)
{
    return kith_uuid_equal(type, &primary_service) || kith_uuid_equal(type, &secondary_service);
}

size_t serve_read_by_group_type(exchange *x)
{
    gatt_attribute at;
    kith_att_error error = enter_range(x, &at, &x->in.type);

    if (error != KITH_ATT_ERROR_INVALID_HANDLE && !is_group_type(&x->in.type))
        error = KITH_ATT_ERROR_UNSUPPORTED_GROUP_TYPE;
    if (error != KITH_ATT_ERROR_NONE)
        return exchange_refuse(x, x->in.handle, error);
    return list_attributes(x, &at, KITH_ATT_READ_BY_GROUP_TYPE_RESPONSE, true);
}

size_t make_single_entry(uint16_t handle, const uint8_t *value, size_t value_len, uint8_t *out, size_t room)
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
