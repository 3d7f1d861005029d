/* A survey: which list comes next, and what of it is kept. */
#include "gatt/survey.h"

#include <string.h>

#include "base/bytes.h"

enum { LAST = 0xffff, HASH = 16, ROBUST_CACHING = 0x01, MULTIPLE_NOTIFICATIONS = 0x04 };

static const kith_uuid generic_attribute = KITH_UUID16(0x1801);
static const kith_uuid service_changed = KITH_UUID16(0x2a05);
static const kith_uuid client_features = KITH_UUID16(0x2b29);
static const kith_uuid database_hash = KITH_UUID16(0x2b2a);
static const kith_uuid secondary_service = KITH_UUID16(0x2801);
static const kith_uuid configuration = KITH_UUID16(0x2902);

/* ---- looking things up ---- */

uint16_t gatt_table_value(const gatt_table *table, const kith_uuid *service, const kith_uuid *characteristic)
{
    kith_remote_attribute a;
    bool is_inside = false;
    size_t at = 0;

    while (gatt_table_next(table, &at, &a)) {
        if (a.kind == KITH_REMOTE_SERVICE || a.kind == KITH_REMOTE_SECONDARY)
            is_inside = service == NULL || kith_uuid_equal(&a.uuid, service);
        else if (is_inside && a.kind == KITH_REMOTE_CHARACTERISTIC && kith_uuid_equal(&a.uuid, characteristic))
            return a.value_handle;
    }
    return 0;
}

uint16_t gatt_table_descriptor(const gatt_table *table, uint16_t value_handle, const kith_uuid *descriptor)
{
    kith_remote_attribute a;
    bool is_inside = false;
    size_t at = 0;

    while (gatt_table_next(table, &at, &a)) {
        if (a.kind != KITH_REMOTE_DESCRIPTOR)
            is_inside = a.kind == KITH_REMOTE_CHARACTERISTIC && a.value_handle == value_handle;
        else if (is_inside && kith_uuid_equal(&a.uuid, descriptor))
            return a.handle;
    }
    return 0;
}

/* ---- what is kept ---- */

static void add(gatt_survey *s, const kith_remote_attribute *a)
{
    kith_remote_attribute other;

    if (gatt_table_find(s->table, a->handle, &other))
        s->is_contradictory = true;
    else if (!gatt_table_add(s->table, a))
        s->is_full = true;
}

static void take_uuid(kith_remote_attribute *a, const uint8_t *octets, size_t size)
{
    a->uuid.size = (uint8_t)size;
    memcpy(a->uuid.octets, octets, size);
}

static void take_service(gatt_survey *s, const uint8_t *entry, size_t len)
{
    kith_remote_attribute a = {.kind = s->step == SURVEY_SECONDARY ? KITH_REMOTE_SECONDARY : KITH_REMOTE_SERVICE,
                               .handle = bytes_get16(entry),
                               .first = bytes_get16(entry),
                               .last = bytes_get16(entry + 2)};

    take_uuid(&a, entry + 4, len - 4);
    add(s, &a);
}

static void take_include(gatt_survey *s, const uint8_t *entry)
{
    const kith_remote_attribute a = {.kind = KITH_REMOTE_INCLUDE,
                                     .handle = bytes_get16(entry),
                                     .first = bytes_get16(entry + 2),
                                     .last = bytes_get16(entry + 4)};

    add(s, &a);
}

/* Declarations are known by now, and values by them: what is left are descriptors. */
static bool is_known(const gatt_survey *s, uint16_t handle)
{
    kith_remote_attribute a;
    size_t at = 0;

    while (gatt_table_next(s->table, &at, &a) && a.handle <= handle)
        if (a.handle == handle || (a.kind == KITH_REMOTE_CHARACTERISTIC && a.value_handle == handle))
            return true;
    return false;
}

static bool is_declaration(const kith_uuid *type)
{
    return type->size == 2 && bytes_get16(type->octets) >= 0x2800 && bytes_get16(type->octets) <= 0x2803;
}

static void take_descriptor(gatt_survey *s, const uint8_t *entry, size_t len)
{
    kith_remote_attribute a = {.kind = KITH_REMOTE_DESCRIPTOR, .handle = bytes_get16(entry)};

    s->next = a.handle + 1u;
    take_uuid(&a, entry + 2, len - 2);
    if (!is_declaration(&a.uuid) && !is_known(s, a.handle))
        add(s, &a);
}

static void take_characteristic(gatt_survey *s, const gatt_client_event *event, size_t i)
{
    kith_gatt_found found;
    kith_remote_attribute a = {.kind = KITH_REMOTE_CHARACTERISTIC};

    gatt_client_characteristic(event, i, &found);
    a.handle = found.declaration_handle;
    a.value_handle = found.value_handle;
    a.properties = found.properties;
    a.uuid = found.uuid;
    add(s, &a);
}

static void take_hash(gatt_survey *s, const gatt_client_event *event)
{
    if (event->entry_len != 2 + HASH)
        return;
    s->state.has_hash = true;
    memcpy(s->state.hash, event->entries + 2, HASH);
}

static void take_entry(gatt_survey *s, const gatt_client_event *event, size_t i)
{
    const uint8_t *entry = event->entries + i * event->entry_len;

    switch (event->list) {
    case GATT_CLIENT_SERVICES:
        take_service(s, entry, event->entry_len);
        break;
    case GATT_CLIENT_INCLUDES:
        take_include(s, entry);
        break;
    case GATT_CLIENT_DESCRIPTORS:
        take_descriptor(s, entry, event->entry_len);
        break;
    default:
        break;
    }
}

void gatt_survey_take(gatt_survey *s, const gatt_client_event *event)
{
    if (event->kind == GATT_CLIENT_CHARACTERISTICS)
        for (size_t i = 0; i < event->count; i++)
            take_characteristic(s, event, i);
    else if (event->list == GATT_CLIENT_VALUES && s->step == SURVEY_HASH)
        take_hash(s, event);
    else if (event->list != GATT_CLIENT_NO_LIST)
        for (size_t i = 0; i < event->count; i++)
            take_entry(s, event, i);
}

/* ---- what comes next ---- */

/* Is there an include of a service that is not primary? */
static bool includes_another(const gatt_table *table)
{
    kith_remote_attribute a, service;
    size_t at = 0;

    while (gatt_table_next(table, &at, &a))
        if (a.kind == KITH_REMOTE_INCLUDE && !gatt_table_find(table, a.first, &service))
            return true;
    return false;
}

/* Where a descriptor may follow; 0: nowhere. */
static uint32_t behind(const kith_remote_attribute *a)
{
    if (a->kind == KITH_REMOTE_CHARACTERISTIC)
        return a->value_handle + 1u;
    return a->kind == KITH_REMOTE_DESCRIPTOR ? a->handle + 1u : 0;
}

/* From the first handle, `from` or later, that may be a descriptor's to the last one of all; false: there is none. */
static bool find_gaps(const gatt_table *table, uint32_t from, uint16_t *first, uint16_t *last)
{
    kith_remote_attribute a;
    uint32_t next = 0, service_end = 0;
    size_t at = 0;

    *first = *last = 0;
    for (bool more = true; more;) {
        uint32_t end;

        more = gatt_table_next(table, &at, &a);
        end = !more || a.kind == KITH_REMOTE_SERVICE || a.kind == KITH_REMOTE_SECONDARY ? service_end : a.handle - 1u;
        if (next != 0 && next <= end && end >= from) {
            *first = *first != 0 ? *first : (uint16_t)(next > from ? next : from);
            *last = (uint16_t)end;
        }
        if (more && (a.kind == KITH_REMOTE_SERVICE || a.kind == KITH_REMOTE_SECONDARY))
            service_end = a.last;
        next = more ? behind(&a) : 0;
    }
    return *first != 0;
}

static kith_status ask_hash(gatt_client *client, uint8_t *out, size_t cap, size_t *out_len)
{
    kith_status status = gatt_client_start_read_by_uuid(client, &database_hash, 1, LAST, out, cap, out_len);

    client->one_is_enough = true;
    return status;
}

static kith_status ask_descriptors(const gatt_survey *s, gatt_client *client, uint8_t *out, size_t cap, size_t *out_len)
{
    uint16_t first, last;

    kith_status status = KITH_ERR_NOT_FOUND;

    if (find_gaps(s->table, s->next, &first, &last))
        status = gatt_client_start_descriptors(client, first, last, out, cap, out_len);
    client->one_is_enough = true; /* what follows may not be worth asking for */
    return status;
}

static kith_status ask_to_be_told(const gatt_survey *s, gatt_client *client, uint8_t *out, size_t cap, size_t *out_len)
{
    uint16_t value = gatt_table_value(s->table, &generic_attribute, &service_changed);
    uint16_t handle = value != 0 ? gatt_table_descriptor(s->table, value, &configuration) : 0;

    return s->is_bonded && handle != 0
               ? gatt_client_start_subscribe(client, value, handle, KITH_SUBSCRIBED_INDICATE, out, cap, out_len)
               : KITH_ERR_NOT_FOUND;
}

static kith_status tell_features(gatt_survey *s, gatt_client *client, uint8_t *out, size_t cap, size_t *out_len)
{
    uint16_t handle = gatt_table_value(s->table, &generic_attribute, &client_features);

    s->feature_octet = ROBUST_CACHING | MULTIPLE_NOTIFICATIONS;
    return s->is_bonded && handle != 0
               ? gatt_client_start_write(client, handle, &s->feature_octet, 1, out, cap, out_len)
               : KITH_ERR_NOT_FOUND;
}

/* KITH_ERR_NOT_FOUND: nothing is to be asked in this step. */
static kith_status begin_step(gatt_survey *s, gatt_client *client, uint8_t *out, size_t cap, size_t *out_len)
{
    switch (s->step) {
    case SURVEY_HASH:
        return ask_hash(client, out, cap, out_len);
    case SURVEY_SERVICES:
        return gatt_client_start_services(client, NULL, out, cap, out_len);
    case SURVEY_INCLUDES:
        return gatt_client_start_includes(client, 1, LAST, out, cap, out_len);
    case SURVEY_SECONDARY:
        return includes_another(s->table) ? gatt_client_start_group(client, &secondary_service, out, cap, out_len)
                                          : KITH_ERR_NOT_FOUND;
    case SURVEY_CHARACTERISTICS:
        return gatt_client_start_characteristics(client, 1, LAST, out, cap, out_len);
    case SURVEY_DESCRIPTORS:
        return ask_descriptors(s, client, out, cap, out_len);
    case SURVEY_CHANGED:
        return ask_to_be_told(s, client, out, cap, out_len);
    case SURVEY_FEATURES:
        return tell_features(s, client, out, cap, out_len);
    case SURVEY_DONE:
        break;
    }
    return KITH_ERR_NOT_FOUND;
}

kith_status gatt_survey_start(gatt_survey *s, gatt_table *table, bool is_bonded, uint32_t bond_check,
                              gatt_client *client, uint8_t *out, size_t cap, size_t *out_len)
{
    *s = (gatt_survey){.table = table, .step = SURVEY_HASH, .is_bonded = is_bonded};
    s->state.bond_check = bond_check;
    return begin_step(s, client, out, cap, out_len);
}

/* May the survey go on after an operation that ended so?  Some peers have none of what was asked for; what a peer that
 * has a table refuses to write is its own loss. */
static bool is_fine(const gatt_survey *s, const gatt_client_event *event)
{
    bool is_answer = event->result == KITH_GATT_ATT_ERROR;

    switch (s->step) {
    case SURVEY_HASH:
    case SURVEY_SECONDARY:
    case SURVEY_CHANGED:
    case SURVEY_FEATURES:
        return event->result == KITH_GATT_OK || event->result == KITH_GATT_NOT_FOUND || is_answer;
    default:
        return event->result == KITH_GATT_OK || event->result == KITH_GATT_NOT_FOUND;
    }
}

/* The table that is there stands if it has the peer's hash; that of a peer without one, if this bond's peer would have
 * told of a change. */
static bool stands(const gatt_survey *s, const gatt_table_state *known)
{
    if (s->state.has_hash)
        return known->has_hash && memcmp(known->hash, s->state.hash, HASH) == 0;
    return !known->has_hash && known->is_told && known->bond_check != 0 && known->bond_check == s->state.bond_check;
}

static void judge_hash(gatt_survey *s)
{
    gatt_table_state known;

    gatt_table_get_state(s->table, &known);
    s->is_new = !stands(s, &known);
    if (s->is_new) {
        gatt_table_clear(s->table);
        return;
    }
    s->state.is_told = known.is_told;
    s->step = SURVEY_DONE;
}

/* A response with many descriptors passes over values and declarations; a short one is followed by a question for what
 * lies behind them. */
static bool goes_on_in_step(const gatt_survey *s, const gatt_client_event *event)
{
    uint16_t first, last;

    return s->step == SURVEY_DESCRIPTORS && event->result == KITH_GATT_OK &&
           find_gaps(s->table, s->next, &first, &last);
}

static void finish_step(gatt_survey *s, const gatt_client_event *event)
{
    if (s->step == SURVEY_HASH)
        judge_hash(s);
    if (s->step == SURVEY_CHANGED)
        s->state.is_told = event->result == KITH_GATT_OK;
    if (s->step != SURVEY_DONE && !goes_on_in_step(s, event))
        s->step++;
}

static bool finish(gatt_survey *s, gatt_client_event *event)
{
    event->kind = GATT_CLIENT_DISCOVERY_DONE;
    event->handle = 0;
    if (s->step == SURVEY_DONE) {
        event->result = s->is_contradictory ? KITH_GATT_MALFORMED_RESPONSE
                        : s->is_full        ? KITH_GATT_TOO_LONG
                                            : KITH_GATT_OK;
        event->error = KITH_ATT_ERROR_NONE;
    }
    if (event->result == KITH_GATT_OK && s->is_stale) {
        event->result = KITH_GATT_ATT_ERROR;
        event->error = KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC;
    }
    if (event->result == KITH_GATT_OK)
        gatt_table_set_state(s->table, &s->state);
    else
        gatt_table_clear(s->table);
    return false;
}

bool gatt_survey_has_failed(const gatt_survey *s)
{
    return s->is_full || s->is_contradictory;
}

bool gatt_survey_go_on(gatt_survey *s, gatt_client *client, gatt_client_event *event, uint8_t *out, size_t cap,
                       size_t *out_len)
{
    kith_status status = KITH_ERR_NOT_FOUND;

    *out_len = 0;
    if (!is_fine(s, event))
        return finish(s, event);
    finish_step(s, event);
    if (gatt_survey_has_failed(s))
        s->step = SURVEY_DONE;
    while (s->step != SURVEY_DONE && status != KITH_OK) {
        status = begin_step(s, client, out, cap, out_len);
        if (status != KITH_OK)
            s->step++;
    }
    return status == KITH_OK ? true : finish(s, event);
}

/* ---- is it still the same? ---- */

size_t gatt_survey_ask_hash(uint8_t *out, size_t cap)
{
    kith_att_pdu pdu = {
        .opcode = KITH_ATT_READ_BY_TYPE_REQUEST, .handle = 1, .end_handle = LAST, .type = database_hash};

    return kith_att_encode(&pdu, out, cap);
}

bool gatt_survey_read_hash(const uint8_t *pdu, size_t len, uint8_t hash[16])
{
    kith_att_pdu in;

    if (kith_att_decode(pdu, len, &in) != KITH_OK || in.opcode != KITH_ATT_READ_BY_TYPE_RESPONSE ||
        in.entry_len != 2 + HASH || in.value_len < in.entry_len)
        return false;
    memcpy(hash, in.value + 2, HASH);
    return true;
}
