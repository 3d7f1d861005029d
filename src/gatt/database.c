/* The attribute database: a walk over constant tables.  Core Vol 3 Part G 2.5, 3.
 *
 * The walk goes service by service: declaration, then for each characteristic its declaration, its value
 * and its descriptors.  Handles are the steps counted from 1, so nothing is stored, and every loop ends
 * with the tables.  Permissions are only handed on here; permission.c judges them. */
#include "gatt/database.h"

#include "base/bytes.h"

enum { BUILT_IN = 2 };
enum { DEVICE_NAME = 0x2a00, APPEARANCE = 0x2a01 };

static const kith_uuid primary_service = KITH_UUID16(0x2800);
static const kith_uuid characteristic_declaration = KITH_UUID16(0x2803);

/* Their values are the database's, known by id. */
static const kith_characteristic gap[] = {
    {.uuid = KITH_UUID16(DEVICE_NAME),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .id = DEVICE_NAME},
    {.uuid = KITH_UUID16(APPEARANCE),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .id = APPEARANCE},
};

/* The GATT service has no Service Changed: these tables can't change while anybody is connected. */
static const kith_service built_in[BUILT_IN] = {
    {.uuid = KITH_UUID16(0x1800), .characteristics = gap, .characteristic_count = sizeof gap / sizeof gap[0]},
    {.uuid = KITH_UUID16(0x1801)},
};

static const kith_service *service_at(const gatt_database *db, size_t index)
{
    if (index < BUILT_IN)
        return &built_in[index];
    return index - BUILT_IN < db->service_count ? &db->services[index - BUILT_IN] : NULL;
}

static const kith_descriptor *descriptor_of(const gatt_attribute *at)
{
    return &at->characteristic->descriptors[at->descriptor_index];
}

static void become_service(gatt_attribute *at, const kith_service *service)
{
    at->kind = GATT_SERVICE;
    at->service = service;
    at->characteristic = NULL;
    at->characteristic_index = 0;
    at->descriptor_index = 0;
    at->type = &primary_service;
    at->permissions = KITH_READ_OPEN;
    at->properties = 0;
    at->id = 0;
    at->is_program = false;
}

static void become_characteristic(gatt_attribute *at, size_t index)
{
    at->kind = GATT_CHARACTERISTIC;
    at->characteristic_index = index;
    at->characteristic = &at->service->characteristics[index];
    at->descriptor_index = 0;
    at->type = &characteristic_declaration;
    at->permissions = KITH_READ_OPEN;
    at->properties = 0;
    at->id = 0;
    at->is_program = false;
}

static void become_value(gatt_attribute *at)
{
    const kith_characteristic *of = at->characteristic;

    at->kind = GATT_VALUE;
    at->type = &of->uuid;
    at->permissions = of->permissions;
    at->properties = of->properties;
    at->id = of->id;
    at->is_program = of->value == NULL && at->service_index >= BUILT_IN;
}

static void become_descriptor(gatt_attribute *at, size_t index)
{
    const kith_descriptor *of = &at->characteristic->descriptors[index];

    at->kind = GATT_DESCRIPTOR;
    at->descriptor_index = index;
    at->type = &of->uuid;
    at->permissions = of->permissions;
    at->properties = 0;
    at->id = of->id;
    at->is_program = of->value == NULL;
}

/* Which descriptor follows *at; past the last: there is none. */
static size_t descriptor_after(const gatt_attribute *at)
{
    return at->kind == GATT_DESCRIPTOR ? at->descriptor_index + 1 : 0;
}

static size_t characteristic_after(const gatt_attribute *at)
{
    return at->kind == GATT_SERVICE ? 0 : at->characteristic_index + 1;
}

bool gatt_database_next(const gatt_database *db, gatt_attribute *at)
{
    const kith_service *service;

    if (at->kind == GATT_CHARACTERISTIC) {
        become_value(at);
    } else if (at->characteristic != NULL && descriptor_after(at) < at->characteristic->descriptor_count) {
        become_descriptor(at, descriptor_after(at));
    } else if (characteristic_after(at) < at->service->characteristic_count) {
        become_characteristic(at, characteristic_after(at));
    } else {
        service = service_at(db, at->service_index + 1);
        if (service == NULL)
            return false;
        at->service_index++;
        become_service(at, service);
    }
    at->handle++;
    return true;
}

static void start_walk(gatt_attribute *at)
{
    at->handle = 1;
    at->service_index = 0;
    become_service(at, &built_in[0]);
}

bool gatt_database_find(const gatt_database *db, uint16_t handle, gatt_attribute *out)
{
    start_walk(out);
    if (handle == 0)
        return false;
    while (out->handle < handle)
        if (!gatt_database_next(db, out))
            return false;
    return true;
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

static size_t attributes_in_characteristic(const kith_characteristic *of)
{
    return 2 + of->descriptor_count;
}

static size_t attributes_in_service(const kith_service *of)
{
    size_t count = 1;

    for (size_t i = 0; i < of->characteristic_count; i++)
        count += attributes_in_characteristic(&of->characteristics[i]);
    return count;
}

uint16_t gatt_database_group_end(const gatt_attribute *at)
{
    size_t before = 0; /* attributes of this service that come before *at */

    if (at->kind != GATT_SERVICE) {
        before = at->kind == GATT_CHARACTERISTIC ? 1 : 2;
        if (at->kind == GATT_DESCRIPTOR)
            before += 1 + at->descriptor_index;
        for (size_t i = 0; i < at->characteristic_index; i++)
            before += attributes_in_characteristic(&at->service->characteristics[i]);
    }
    return (uint16_t)(at->handle - before + attributes_in_service(at->service) - 1);
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

static const uint8_t *characteristic_value(const gatt_database *db, const gatt_attribute *at, size_t *len)
{
    if (at->service_index >= BUILT_IN) {
        *len = at->characteristic->value_len;
        return at->characteristic->value;
    }
    if (at->id == DEVICE_NAME) {
        *len = db->name_len;
        return (const uint8_t *)db->name;
    }
    *len = sizeof db->appearance;
    return db->appearance;
}

const uint8_t *gatt_database_value(const gatt_database *db, const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH],
                                   size_t *len)
{
    switch (at->kind) {
    case GATT_SERVICE:
        *len = at->service->uuid.size;
        return at->service->uuid.octets;
    case GATT_CHARACTERISTIC:
        return declaration_value(at, scratch, len);
    case GATT_VALUE:
        return characteristic_value(db, at, len);
    case GATT_DESCRIPTOR:
        break;
    }
    *len = descriptor_of(at)->value_len;
    return descriptor_of(at)->value;
}
