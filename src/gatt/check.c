/* Are a program's tables sound?  Asked once, when the database is made.  Core Vol 3 Part G 3.
 *
 * What gets past here is taken as it stands by the walk in database.c. */
#include "gatt/database.h"

#include "base/bytes.h"
#include "gatt/permission.h"
#include "kith/codec/att.h"

enum { MAX_ATTRIBUTES = 0xfffe, BUILT_IN_ATTRIBUTES = 6 };
enum { WRITES = KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE };
enum { SUPPORTED = KITH_PROPERTY_READ | WRITES | KITH_PROPERTY_SIGNED_WRITE };

static const kith_uuid client_configuration = KITH_UUID16(0x2902);
static const kith_uuid declarations[] = {KITH_UUID16(0x2800), KITH_UUID16(0x2801), KITH_UUID16(0x2802),
                                         KITH_UUID16(0x2803)};

/* A UUID, and not one by which clients find the structure of the database. */
static bool is_uuid(const kith_uuid *uuid)
{
    if (uuid->size != 2 && uuid->size != 16)
        return false;
    for (size_t i = 0; i < sizeof declarations / sizeof declarations[0]; i++)
        if (kith_uuid_equal(uuid, &declarations[i]))
            return false;
    return true;
}

/* A static value has a length that ATT allows, and nobody may write it. */
static bool is_value(const uint8_t *value, uint16_t len, uint16_t permissions)
{
    if (value == NULL)
        return len == 0;
    return len <= KITH_ATT_MAX_VALUE && (permissions & (KITH_WRITE_MASK | KITH_WRITE_SIGNED_MASK)) == 0;
}

static kith_status check_descriptor(const kith_descriptor *d)
{
    if (!is_uuid(&d->uuid) || !gatt_permissions_are_valid(d->permissions) ||
        (d->permissions & KITH_WRITE_SIGNED_MASK) != 0)
        return KITH_ERR_VALUE;
    if (kith_uuid_equal(&d->uuid, &client_configuration))
        return KITH_ERR_UNSUPPORTED;
    return is_value(d->value, d->value_len, d->permissions) ? KITH_OK : KITH_ERR_VALUE;
}

/* What is declared is permitted to somebody, and what is permitted is declared. */
static bool properties_agree(const kith_characteristic *c)
{
    return ((c->properties & KITH_PROPERTY_READ) != 0) == ((c->permissions & KITH_READ_MASK) != 0) &&
           ((c->properties & WRITES) != 0) == ((c->permissions & KITH_WRITE_MASK) != 0) &&
           ((c->properties & KITH_PROPERTY_SIGNED_WRITE) != 0) == ((c->permissions & KITH_WRITE_SIGNED_MASK) != 0);
}

static kith_status check_characteristic(const kith_characteristic *c)
{
    if ((c->properties & ~SUPPORTED) != 0)
        return KITH_ERR_UNSUPPORTED;
    if (!is_uuid(&c->uuid) || !gatt_permissions_are_valid(c->permissions) || !properties_agree(c))
        return KITH_ERR_VALUE;
    if (c->descriptor_count != 0 && c->descriptors == NULL)
        return KITH_ERR_VALUE;
    return is_value(c->value, c->value_len, c->permissions) ? KITH_OK : KITH_ERR_VALUE;
}

/* Adds to *count; stops as soon as it is too much, so that it can't run over. */
static kith_status count_more(size_t *count, size_t more)
{
    if (more > MAX_ATTRIBUTES - *count)
        return KITH_ERR_FULL;
    *count += more;
    return KITH_OK;
}

static kith_status check_descriptors(const kith_characteristic *c, size_t *count)
{
    kith_status status = count_more(count, c->descriptor_count);

    for (size_t i = 0; status == KITH_OK && i < c->descriptor_count; i++)
        status = check_descriptor(&c->descriptors[i]);
    return status;
}

static kith_status check_service(const kith_service *s, size_t *count)
{
    kith_status status = count_more(count, 1);

    if (!is_uuid(&s->uuid) || (s->characteristic_count != 0 && s->characteristics == NULL))
        return KITH_ERR_VALUE;
    for (size_t i = 0; status == KITH_OK && i < s->characteristic_count; i++) {
        status = check_characteristic(&s->characteristics[i]);
        if (status == KITH_OK)
            status = count_more(count, 2);
        if (status == KITH_OK)
            status = check_descriptors(&s->characteristics[i], count);
    }
    return status;
}

static kith_status check_services(const kith_service *services, size_t service_count)
{
    size_t count = BUILT_IN_ATTRIBUTES;
    kith_status status = KITH_OK;

    if (service_count != 0 && services == NULL)
        return KITH_ERR_VALUE;
    for (size_t i = 0; status == KITH_OK && i < service_count; i++)
        status = check_service(&services[i], &count);
    return status;
}

kith_status gatt_database_init(gatt_database *db, const char *name, uint16_t appearance, const kith_service *services,
                               size_t service_count)
{
    size_t name_len = name != NULL ? strlen(name) : 0;
    kith_status status = check_services(services, service_count);

    if (status != KITH_OK)
        return status;
    if (name_len > GATT_MAX_NAME)
        return KITH_ERR_VALUE;
    db->name = name;
    db->name_len = (uint8_t)name_len;
    bytes_put16(db->appearance, appearance);
    db->services = services;
    db->service_count = service_count;
    return KITH_OK;
}
