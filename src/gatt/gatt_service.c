/* The GATT service.  Core Vol 3 Part G 7.  What a client has set of it (configuration, features) is its link's. */
#include "gatt/built_in.h"

static const kith_characteristic table[] = {
    {.uuid = KITH_UUID16(GATT_SERVICE_CHANGED),
     .properties = KITH_PROPERTY_INDICATE,
     .permissions = KITH_NOTIFY_OPEN,
     .id = GATT_SERVICE_CHANGED},
    {.uuid = KITH_UUID16(GATT_CLIENT_FEATURES),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .id = GATT_CLIENT_FEATURES},
    {.uuid = KITH_UUID16(GATT_DATABASE_HASH),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .id = GATT_DATABASE_HASH},
};

const kith_service gatt_gatt_service = {
    .uuid = KITH_UUID16(0x1801), .characteristics = table, .characteristic_count = sizeof table / sizeof table[0]};

const uint8_t *gatt_gatt_value(const gatt_database *db, uint16_t id, size_t *len)
{
    *len = id == GATT_DATABASE_HASH ? sizeof db->hash : 0;
    return id == GATT_DATABASE_HASH ? db->hash : NULL;
}
