/* A peer's table, packed: one entry behind the other, each with a head that tells its kind and the size of its UUID. */
#include "gatt/table.h"

#include <string.h>

#include "base/bytes.h"

enum { HANDLE_AT = 1, BODY_AT = 3, ENTRY_MAX = BODY_AT + 4 + 16, KINDS = KITH_REMOTE_DESCRIPTOR + 1 };
enum { HAS_HASH = 0x01, IS_TOLD = 0x02, KNOWN_FLAGS = HAS_HASH | IS_TOLD };
enum { UUID_NONE, UUID_16, UUID_128, UUID_SIZES };

static const uint8_t uuid_octets[UUID_SIZES] = {[UUID_NONE] = 0, [UUID_16] = 2, [UUID_128] = 16};

/* Octets between handle and UUID. */
static size_t body_of(uint8_t kind)
{
    static const uint8_t sizes[KINDS] = {[KITH_REMOTE_SERVICE] = 2,
                                         [KITH_REMOTE_SECONDARY] = 2,
                                         [KITH_REMOTE_INCLUDE] = 4,
                                         [KITH_REMOTE_CHARACTERISTIC] = 3,
                                         [KITH_REMOTE_DESCRIPTOR] = 0};

    return sizes[kind];
}

void gatt_table_init(gatt_table *table, uint8_t *octets, uint16_t cap)
{
    *table = (gatt_table){.octets = octets, .cap = cap};
    gatt_table_clear(table);
}

void gatt_table_clear(gatt_table *table)
{
    if (table->cap >= GATT_TABLE_HEADER)
        gatt_table_set_state(table, &(gatt_table_state){.has_hash = false});
    table->len = table->cap >= GATT_TABLE_HEADER ? GATT_TABLE_HEADER : 0;
}

/* ---- the header ---- */

void gatt_table_set_state(gatt_table *table, const gatt_table_state *state)
{
    uint8_t *o = table->octets;

    memset(o, 0, GATT_TABLE_HEADER);
    o[0] = GATT_TABLE_VERSION;
    o[1] = (uint8_t)((state->has_hash ? HAS_HASH : 0) | (state->is_told ? IS_TOLD : 0));
    if (state->has_hash)
        memcpy(o + 2, state->hash, sizeof state->hash);
    bytes_put32(o + 18, state->bond_check);
}

void gatt_table_get_state(const gatt_table *table, gatt_table_state *state)
{
    const uint8_t *o = table->octets;

    *state = (gatt_table_state){.has_hash = false};
    if (table->len < GATT_TABLE_HEADER)
        return;
    state->has_hash = (o[1] & HAS_HASH) != 0;
    state->is_told = (o[1] & IS_TOLD) != 0;
    memcpy(state->hash, o + 2, sizeof state->hash);
    state->bond_check = bytes_get32(o + 18);
}

/* ---- entries ---- */

static size_t put_body(const kith_remote_attribute *a, uint8_t *out)
{
    switch (a->kind) {
    case KITH_REMOTE_SERVICE:
    case KITH_REMOTE_SECONDARY:
        bytes_put16(out, a->last);
        break;
    case KITH_REMOTE_INCLUDE:
        bytes_put16(out, a->first);
        bytes_put16(out + 2, a->last);
        break;
    case KITH_REMOTE_CHARACTERISTIC:
        bytes_put16(out, a->value_handle);
        out[2] = a->properties;
        break;
    case KITH_REMOTE_DESCRIPTOR:
        break;
    }
    return body_of((uint8_t)a->kind);
}

/* Octets; 0: it can't be. */
static size_t encode(const kith_remote_attribute *a, uint8_t out[ENTRY_MAX])
{
    uint8_t size = a->uuid.size == 0 ? UUID_NONE : a->uuid.size == 2 ? UUID_16 : UUID_128;
    size_t len = BODY_AT;

    if (a->handle == 0 || uuid_octets[size] != a->uuid.size)
        return 0;
    out[0] = (uint8_t)((uint8_t)a->kind << 4 | size);
    bytes_put16(out + HANDLE_AT, a->handle);
    len += put_body(a, out + len);
    memcpy(out + len, a->uuid.octets, a->uuid.size);
    return len + a->uuid.size;
}

/* Of the entry at this place, in the octets that are left; 0: it is none. */
static size_t length_at(const uint8_t *octets, size_t left)
{
    uint8_t kind = left > 0 ? octets[0] >> 4 : KINDS, size = left > 0 ? octets[0] & 0x0f : UUID_SIZES;
    size_t len = kind < KINDS && size < UUID_SIZES ? BODY_AT + body_of(kind) + uuid_octets[size] : 0;

    return len <= left ? len : 0;
}

static uint16_t handle_at(const uint8_t *entry)
{
    return bytes_get16(entry + HANDLE_AT);
}

static void take_body(const uint8_t *body, kith_remote_attribute *out)
{
    switch (out->kind) {
    case KITH_REMOTE_SERVICE:
    case KITH_REMOTE_SECONDARY:
        out->first = out->handle;
        out->last = bytes_get16(body);
        break;
    case KITH_REMOTE_INCLUDE:
        out->first = bytes_get16(body);
        out->last = bytes_get16(body + 2);
        break;
    case KITH_REMOTE_CHARACTERISTIC:
        out->value_handle = bytes_get16(body);
        out->properties = body[2];
        break;
    case KITH_REMOTE_DESCRIPTOR:
        break;
    }
}

static void decode(const uint8_t *entry, kith_remote_attribute *out)
{
    size_t body = body_of(entry[0] >> 4);

    memset(out, 0, sizeof *out);
    out->kind = (kith_remote_kind)(entry[0] >> 4);
    out->handle = handle_at(entry);
    take_body(entry + BODY_AT, out);
    out->uuid.size = uuid_octets[entry[0] & 0x0f];
    memcpy(out->uuid.octets, entry + BODY_AT + body, out->uuid.size);
}

/* Where an entry of this handle lies, or would. */
static size_t place_of(const gatt_table *table, uint16_t handle)
{
    size_t at = GATT_TABLE_HEADER;

    while (at < table->len && handle_at(table->octets + at) < handle)
        at += length_at(table->octets + at, table->len - at);
    return at;
}

bool gatt_table_add(gatt_table *table, const kith_remote_attribute *attribute)
{
    uint8_t entry[ENTRY_MAX];
    size_t len = encode(attribute, entry), at;

    if (table->len == 0 || len == 0 || len > (size_t)(table->cap - table->len))
        return false;
    at = place_of(table, attribute->handle);
    if (at < table->len && handle_at(table->octets + at) == attribute->handle)
        return false;
    memmove(table->octets + at + len, table->octets + at, table->len - at);
    memcpy(table->octets + at, entry, len);
    table->len = (uint16_t)(table->len + len);
    return true;
}

/* The place may be one of an earlier table: what is no entry is the end. */
bool gatt_table_next(const gatt_table *table, size_t *at, kith_remote_attribute *out)
{
    size_t from = *at == 0 ? GATT_TABLE_HEADER : *at;
    size_t len = from < table->len ? length_at(table->octets + from, table->len - from) : 0;

    if (len == 0)
        return false;
    decode(table->octets + from, out);
    *at = from + len;
    return true;
}

bool gatt_table_find(const gatt_table *table, uint16_t handle, kith_remote_attribute *out)
{
    size_t at = place_of(table, handle);

    if (table->len == 0 || at >= table->len || handle_at(table->octets + at) != handle)
        return false;
    decode(table->octets + at, out);
    return true;
}

/* ---- what was kept ---- */

static bool is_sound(const uint8_t *octets, size_t len)
{
    uint16_t last = 0;
    size_t at = GATT_TABLE_HEADER;

    if (len < GATT_TABLE_HEADER || octets[0] != GATT_TABLE_VERSION || (octets[1] & ~KNOWN_FLAGS) != 0)
        return false;
    while (at < len) {
        size_t entry = length_at(octets + at, len - at);

        if (entry == 0 || handle_at(octets + at) <= last)
            return false;
        last = handle_at(octets + at);
        at += entry;
    }
    return true;
}

bool gatt_table_load(gatt_table *table, const uint8_t *octets, size_t len)
{
    gatt_table_clear(table);
    if (len > table->cap || !is_sound(octets, len))
        return false;
    memcpy(table->octets, octets, len);
    table->len = (uint16_t)len;
    return true;
}
