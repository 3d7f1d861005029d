/* Services that come and go while the host runs.  Each keeps its handles for as long as it is there; the others keep
 * theirs.  Core Vol 3 Part G 2.5.2, 7.1. */
#include <string.h>

#include "gatt/database.h"

enum { LAST_HANDLE = 0xfffe };

void gatt_database_give_room(gatt_database *db, gatt_extra *extra, uint8_t cap)
{
    db->extra = extra;
    db->extra_count = 0;
    db->extra_cap = cap;
}

static size_t find(const gatt_database *db, const kith_service *service)
{
    size_t i = 0;

    while (i < db->extra_count && db->extra[i].service != service)
        i++;
    return i;
}

static uint16_t last_of(const gatt_database *db)
{
    gatt_attribute at;
    bool more = gatt_database_find_from(db, 1, &at);

    while (more)
        more = gatt_database_next(db, &at);
    return at.handle;
}

static bool is_there(const gatt_database *db, const kith_service *service)
{
    for (size_t i = 0; i < db->service_count; i++)
        if (&db->services[i] == service)
            return true;
    return find(db, service) < db->extra_count;
}

static bool includes_are_there(const gatt_database *db, const kith_service *service)
{
    for (size_t i = 0; i < service->include_count; i++)
        if (!is_there(db, service->includes[i]))
            return false;
    return true;
}

kith_status gatt_database_add(gatt_database *db, const kith_service *service, uint16_t *first, uint16_t *last)
{
    size_t count = 0;
    kith_status status = gatt_check_service(service, &count);
    uint16_t end = last_of(db);

    if (status != KITH_OK)
        return status;
    if (!includes_are_there(db, service))
        return KITH_ERR_VALUE;
    if (is_there(db, service))
        return KITH_ERR_BUSY;
    if (db->extra_count == db->extra_cap || count > (size_t)(LAST_HANDLE - end))
        return KITH_ERR_FULL;
    *first = (uint16_t)(end + 1);
    *last = (uint16_t)(end + count);
    db->extra[db->extra_count++] = (gatt_extra){service, *first};
    return KITH_OK;
}

static bool is_included(const gatt_database *db, const kith_service *service)
{
    for (size_t i = 0; i < db->extra_count; i++)
        for (size_t j = 0; j < db->extra[i].service->include_count; j++)
            if (db->extra[i].service->includes[j] == service)
                return true;
    return false;
}

kith_status gatt_database_remove(gatt_database *db, const kith_service *service, uint16_t *first, uint16_t *last)
{
    size_t i = find(db, service);

    if (i == db->extra_count)
        return KITH_ERR_NOT_FOUND;
    if (is_included(db, service))
        return KITH_ERR_BUSY;
    *first = db->extra[i].handle;
    *last = (uint16_t)(*first + gatt_count_attributes(service) - 1);
    db->extra_count--;
    memmove(&db->extra[i], &db->extra[i + 1], (db->extra_count - i) * sizeof db->extra[0]);
    return KITH_OK;
}
