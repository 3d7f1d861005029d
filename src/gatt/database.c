/* The attribute database: a walk over tables.  Core Vol 3 Part G 2.5, 3.
 *
 * The walk goes service by service: declaration, includes, then for each characteristic its declaration, its value, its
 * client configuration if it has one, and its descriptors.  Handles are counted from where the service begins, so
 * nothing is stored, and every loop ends with the tables.  Permissions are only handed on here; permission.c judges
 * them. */
#include "gatt/database.h"

#include "base/bytes.h"
#include "gatt/built_in.h"
#include "gatt/permission.h"

static const kith_uuid primary_service = KITH_UUID16(0x2800);
static const kith_uuid secondary_service = KITH_UUID16(0x2801);
static const kith_uuid include_declaration = KITH_UUID16(0x2802);
static const kith_uuid characteristic_declaration = KITH_UUID16(0x2803);
static const kith_uuid client_configuration = KITH_UUID16(0x2902);

static const kith_service *service_at(const gatt_database *db, size_t index)
{
    if (index < GATT_BUILT_IN_SERVICES)
        return (index == 0) == gatt_gap_has_more(db) ? &gatt_gatt_service : &gatt_gap_service;
    index -= GATT_BUILT_IN_SERVICES;
    if (index < db->service_count)
        return &db->services[index];
    index -= db->service_count;
    return index < db->extra_count ? db->extra[index].service : NULL;
}

/* Where the service with this index begins, if the one before it ended right before next. */
static uint16_t begin_of(const gatt_database *db, size_t index, uint16_t next)
{
    size_t fixed = GATT_BUILT_IN_SERVICES + db->service_count;

    return index < fixed ? next : db->extra[index - fixed].handle;
}

bool gatt_database_has_configuration(const kith_characteristic *of)
{
    return (of->properties & (KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE)) != 0;
}

static void become(gatt_attribute *at, gatt_attribute_kind kind, const kith_uuid *type)
{
    at->kind = kind;
    at->type = type;
    at->permissions = KITH_READ_OPEN;
    at->properties = 0;
    at->id = 0;
    at->is_program = false;
    at->variable = NULL;
}

static void become_service(gatt_attribute *at, const kith_service *service)
{
    become(at, GATT_SERVICE, service->secondary ? &secondary_service : &primary_service);
    at->service = service;
    at->service_handle = at->handle;
    at->is_built_in = at->service_index < GATT_BUILT_IN_SERVICES;
    at->characteristic = NULL;
    at->include_index = at->characteristic_index = at->descriptor_index = 0;
}

static void become_include(gatt_attribute *at, size_t index)
{
    become(at, GATT_INCLUDE, &include_declaration);
    at->include_index = index;
}

static void become_characteristic(gatt_attribute *at, size_t index)
{
    become(at, GATT_CHARACTERISTIC, &characteristic_declaration);
    at->characteristic_index = index;
    at->characteristic = &at->service->characteristics[index];
    at->descriptor_index = 0;
}

static void become_value(const gatt_database *db, gatt_attribute *at)
{
    const kith_characteristic *of = at->characteristic;

    become(at, GATT_VALUE, &of->uuid);
    at->permissions = of->permissions;
    at->properties = of->properties;
    at->id = of->id;
    at->variable = of->variable;
    at->is_program = of->value == NULL && of->variable == NULL && !at->is_built_in;
    if (at->service == &gatt_gap_service)
        gatt_gap_complete(db, at);
}

static void become_configuration(gatt_attribute *at)
{
    become(at, GATT_CONFIGURATION, &client_configuration);
    at->permissions = gatt_configuration_permissions(at->characteristic->permissions);
    at->id = at->characteristic->id;
}

static void become_descriptor(gatt_attribute *at, size_t index)
{
    const kith_descriptor *of = &at->characteristic->descriptors[index];

    become(at, GATT_DESCRIPTOR, &of->uuid);
    at->descriptor_index = index;
    at->permissions = of->permissions;
    at->id = of->id;
    at->variable = of->variable;
    at->is_program = of->value == NULL && of->variable == NULL;
}

/* What is left of a characteristic behind *at; false: nothing. */
static bool go_on_in_characteristic(const gatt_database *db, gatt_attribute *at)
{
    size_t next = at->kind == GATT_DESCRIPTOR ? at->descriptor_index + 1 : 0;

    if (at->kind == GATT_CHARACTERISTIC)
        become_value(db, at);
    else if (at->kind == GATT_VALUE && gatt_database_has_configuration(at->characteristic))
        become_configuration(at);
    else if (next < at->characteristic->descriptor_count)
        become_descriptor(at, next);
    else
        return false;
    return true;
}

/* What is left of a service behind *at; false: nothing. */
static bool go_on_in_service(const gatt_database *db, gatt_attribute *at)
{
    size_t include = at->kind == GATT_INCLUDE ? at->include_index + 1 : 0;
    size_t characteristic = at->characteristic != NULL ? at->characteristic_index + 1 : 0;

    if (at->characteristic != NULL && go_on_in_characteristic(db, at))
        return true;
    if (at->service == &gatt_gap_service)
        characteristic = gatt_gap_next(db, characteristic);
    if (at->characteristic == NULL && include < at->service->include_count)
        become_include(at, include);
    else if (characteristic < at->service->characteristic_count)
        become_characteristic(at, characteristic);
    else
        return false;
    return true;
}

bool gatt_database_next(const gatt_database *db, gatt_attribute *at)
{
    const kith_service *service;

    if (go_on_in_service(db, at)) {
        at->handle++;
        return true;
    }
    service = service_at(db, at->service_index + 1);
    if (service == NULL)
        return false;
    at->service_index++;
    at->handle = begin_of(db, at->service_index, (uint16_t)(at->handle + 1));
    become_service(at, service);
    return true;
}

static void start_walk(const gatt_database *db, gatt_attribute *at)
{
    at->handle = gatt_gap_has_more(db) ? GATT_GATT_HANDLE : 1;
    at->service_index = 0;
    become_service(at, service_at(db, 0));
}

bool gatt_database_find_from(const gatt_database *db, uint16_t handle, gatt_attribute *out)
{
    start_walk(db, out);
    while (out->handle < handle)
        if (!gatt_database_next(db, out))
            return false;
    return true;
}

bool gatt_database_find(const gatt_database *db, uint16_t handle, gatt_attribute *out)
{
    return handle != 0 && gatt_database_find_from(db, handle, out) && out->handle == handle;
}

bool gatt_database_find_type(const gatt_database *db, gatt_attribute *at, const kith_uuid *type, uint16_t last)
{
    while (at->handle <= last) {
        if (kith_uuid_equal(at->type, type))
            return true;
        if (!gatt_database_next(db, at))
            return false;
    }
    return false;
}

bool gatt_database_find_id(const gatt_database *db, uint16_t id, gatt_attribute *out)
{
    start_walk(db, out);
    do
        if (out->kind == GATT_VALUE && !out->is_built_in && out->id == id)
            return true;
    while (gatt_database_next(db, out));
    return false;
}

uint16_t gatt_database_group_end(const gatt_database *db, const gatt_attribute *at)
{
    size_t count = at->service == &gatt_gap_service ? gatt_gap_count(db) : gatt_count_attributes(at->service);

    return (uint16_t)(at->service_handle + count - 1);
}

/* ---- values ---- */

/* Handles of the included service, and its UUID if that is a short one.  check.c has seen that it is there. */
static const uint8_t *include_value(const gatt_database *db, const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH],
                                    size_t *len)
{
    const kith_service *wanted = at->service->includes[at->include_index];
    gatt_attribute there;

    start_walk(db, &there);
    while (there.service != wanted || there.kind != GATT_SERVICE)
        if (!gatt_database_next(db, &there))
            break;
    bytes_put16(scratch, there.handle);
    bytes_put16(scratch + 2, gatt_database_group_end(db, &there));
    *len = 4;
    if (wanted->uuid.size == 2) {
        memcpy(scratch + 4, wanted->uuid.octets, 2);
        *len = 6;
    }
    return scratch;
}

static const uint8_t *declaration_value(const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH], size_t *len)
{
    const kith_uuid *uuid = &at->characteristic->uuid;

    scratch[0] = at->characteristic->properties;
    bytes_put16(scratch + 1, (uint16_t)(at->handle + 1));
    memcpy(scratch + 3, uuid->octets, uuid->size);
    *len = 3U + uuid->size;
    return scratch;
}

static const uint8_t *built_in_value(const gatt_database *db, const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH],
                                     size_t *len)
{
    return at->service == &gatt_gap_service ? gatt_gap_value(db, at->id, scratch, len)
                                            : gatt_gatt_value(db, at->id, len);
}

const uint8_t *gatt_stored_value(const kith_variable *variable, const uint8_t *value, size_t value_len, size_t *len)
{
    *len = variable == NULL ? value_len : variable->len < variable->max ? variable->len : variable->max;
    return variable == NULL ? value : variable->octets;
}

const uint8_t *gatt_database_value(const gatt_database *db, const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH],
                                   size_t *len)
{
    const kith_characteristic *c = at->characteristic;
    const kith_descriptor *d;

    switch (at->kind) {
    case GATT_SERVICE:
        *len = at->service->uuid.size;
        return at->service->uuid.octets;
    case GATT_INCLUDE:
        return include_value(db, at, scratch, len);
    case GATT_CHARACTERISTIC:
        return declaration_value(at, scratch, len);
    case GATT_VALUE:
        return at->is_built_in ? built_in_value(db, at, scratch, len)
                               : gatt_stored_value(c->variable, c->value, c->value_len, len);
    case GATT_CONFIGURATION: /* each client has its own */
        *len = 0;
        return NULL;
    case GATT_DESCRIPTOR:
        break;
    }
    d = &c->descriptors[at->descriptor_index];
    return gatt_stored_value(d->variable, d->value, d->value_len, len);
}
