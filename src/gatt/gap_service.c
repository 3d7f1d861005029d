/* The GAP service.  Core Vol 3 Part C 12.  Everybody may read all of it: it says how to connect, and by which name.
 *
 * The table has every characteristic; which of them are there is the configuration's to say. */
#include "base/bytes.h"
#include "gatt/built_in.h"
#include "gatt/permission.h"

enum {
    NAME,
    WRITABLE_NAME,
    APPEARANCE,
    PREFERRED_PARAMETERS,
    ADDRESS_RESOLUTION,
    SECURITY_LEVELS,
    PRIVATE_ONLY,
    COUNT
};

static const kith_characteristic table[COUNT] = {
    [NAME] = {.uuid = KITH_UUID16(GATT_DEVICE_NAME),
              .properties = KITH_PROPERTY_READ,
              .permissions = KITH_READ_OPEN,
              .id = GATT_DEVICE_NAME},
    [WRITABLE_NAME] = {.uuid = KITH_UUID16(GATT_DEVICE_NAME),
                       .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
                       .permissions = KITH_READ_OPEN,
                       .id = GATT_DEVICE_NAME},
    [APPEARANCE] = {.uuid = KITH_UUID16(GATT_APPEARANCE),
                    .properties = KITH_PROPERTY_READ,
                    .permissions = KITH_READ_OPEN,
                    .id = GATT_APPEARANCE},
    [PREFERRED_PARAMETERS] = {.uuid = KITH_UUID16(GATT_PREFERRED_PARAMETERS),
                              .properties = KITH_PROPERTY_READ,
                              .permissions = KITH_READ_OPEN,
                              .id = GATT_PREFERRED_PARAMETERS},
    [ADDRESS_RESOLUTION] = {.uuid = KITH_UUID16(GATT_ADDRESS_RESOLUTION),
                            .properties = KITH_PROPERTY_READ,
                            .permissions = KITH_READ_OPEN,
                            .id = GATT_ADDRESS_RESOLUTION},
    [SECURITY_LEVELS] = {.uuid = KITH_UUID16(GATT_SECURITY_LEVELS),
                         .properties = KITH_PROPERTY_READ,
                         .permissions = KITH_READ_OPEN,
                         .id = GATT_SECURITY_LEVELS},
    [PRIVATE_ONLY] = {.uuid = KITH_UUID16(GATT_PRIVATE_ONLY),
                      .properties = KITH_PROPERTY_READ,
                      .permissions = KITH_READ_OPEN,
                      .id = GATT_PRIVATE_ONLY},
};

const kith_service gatt_gap_service = {
    .uuid = KITH_UUID16(0x1800), .characteristics = table, .characteristic_count = COUNT};

static bool is_writable(const kith_gap_service *gap)
{
    return gap != NULL && gap->name_permissions != 0;
}

static bool is_there(const kith_gap_service *gap, size_t index)
{
    switch (index) {
    case NAME:
        return !is_writable(gap);
    case WRITABLE_NAME:
        return is_writable(gap);
    case PREFERRED_PARAMETERS:
        return gap != NULL && gap->preferred != NULL;
    case ADDRESS_RESOLUTION:
        return gap != NULL && gap->central_address_resolution;
    case SECURITY_LEVELS:
        return gap != NULL && gap->security_levels;
    case PRIVATE_ONLY:
        return gap != NULL && gap->private_only;
    default:
        return true;
    }
}

bool gatt_gap_has_more(const gatt_database *db)
{
    return gatt_gap_next(db, PREFERRED_PARAMETERS) < COUNT;
}

size_t gatt_gap_next(const gatt_database *db, size_t index)
{
    while (index < COUNT && !is_there(db->gap, index))
        index++;
    return index;
}

size_t gatt_gap_count(const gatt_database *db)
{
    size_t count = 1;

    for (size_t i = gatt_gap_next(db, 0); i < COUNT; i = gatt_gap_next(db, i + 1))
        count += 2;
    return count;
}

void gatt_gap_complete(const gatt_database *db, gatt_attribute *value)
{
    if (db->gap == NULL || value->id != GATT_DEVICE_NAME)
        return;
    value->permissions |= db->gap->name_permissions;
    value->variable = db->gap->name;
}

/* ---- values ---- */

static const uint8_t *name_value(const gatt_database *db, size_t *len)
{
    const kith_variable *name = db->gap != NULL ? db->gap->name : NULL;

    if (name != NULL)
        return gatt_stored_value(name, NULL, 0, len);
    *len = db->name_len;
    return (const uint8_t *)db->name;
}

/* 12.3 */
static const uint8_t *parameters_value(const kith_connection_parameters *p, uint8_t *scratch, size_t *len)
{
    bytes_put16(scratch, p->interval_min_1250us);
    bytes_put16(scratch + 2, p->interval_max_1250us);
    bytes_put16(scratch + 4, p->latency);
    bytes_put16(scratch + 6, p->timeout_10ms);
    *len = 8;
    return scratch;
}

/* 12.7: pairs of mode and level, with which a client may do all that this table lets anybody do. */
static const uint8_t *levels_value(const gatt_database *db, uint8_t *scratch, size_t *len)
{
    unsigned level = KITH_LEVEL_NONE, signed_level = 0;
    gatt_attribute at;

    for (bool more = gatt_database_find_from(db, 1, &at); more; more = gatt_database_next(db, &at)) {
        unsigned needed = gatt_strongest_level(at.permissions), of_signer = gatt_signed_level(at.permissions);

        level = needed > level ? needed : level;
        signed_level = of_signer > signed_level ? of_signer : signed_level;
    }
    scratch[0] = 1;
    scratch[1] = (uint8_t)level;
    scratch[2] = 2;
    scratch[3] = (uint8_t)signed_level;
    *len = signed_level != 0 ? 4 : 2;
    return scratch;
}

const uint8_t *gatt_gap_value(const gatt_database *db, uint16_t id, uint8_t scratch[GATT_SCRATCH], size_t *len)
{
    switch (id) {
    case GATT_DEVICE_NAME:
        return name_value(db, len);
    case GATT_APPEARANCE:
        *len = sizeof db->appearance;
        return db->appearance;
    case GATT_PREFERRED_PARAMETERS:
        return parameters_value(db->gap->preferred, scratch, len);
    case GATT_ADDRESS_RESOLUTION:
        scratch[0] = 1; /* 12.4: supported; who does not support it leaves it out */
        *len = 1;
        return scratch;
    case GATT_PRIVATE_ONLY:
        scratch[0] = 0; /* 12.5: nothing but resolvable private addresses after bonding */
        *len = 1;
        return scratch;
    default:
        return levels_value(db, scratch, len);
    }
}
