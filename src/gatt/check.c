/* Are a program's tables sound?  Asked once, when the database is made.  Core Vol 3 Part G 3.
 *
 * What gets past here is taken as it stands by the walk in database.c. */
#include "gatt/database.h"

#include "base/bytes.h"
#include "gatt/built_in.h"
#include "gatt/permission.h"
#include "kith/codec/att.h"

enum { MAX_ATTRIBUTES = 0xfffe };
enum { TOLD = KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE };
enum { WRITES = KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE };
enum { SUPPORTED = KITH_PROPERTY_READ | WRITES | KITH_PROPERTY_SIGNED_WRITE | TOLD };

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

static bool is_variable(const kith_variable *v)
{
    return v->octets != NULL && v->max <= KITH_ATT_MAX_VALUE && v->min <= v->max && v->len <= v->max;
}

/* A static value has a length that ATT allows, and nobody may write it. */
static bool is_value(const uint8_t *value, uint16_t len, const kith_variable *variable, uint32_t permissions)
{
    if (variable != NULL)
        return value == NULL && len == 0 && is_variable(variable) && (permissions & KITH_WRITE_SIGNED_MASK) == 0;
    if (value == NULL)
        return len == 0;
    return len <= KITH_ATT_MAX_VALUE && (permissions & (KITH_WRITE_MASK | KITH_WRITE_SIGNED_MASK)) == 0;
}

static kith_status check_descriptor(const kith_descriptor *d)
{
    if (!is_uuid(&d->uuid) || !gatt_permissions_are_valid(d->permissions) ||
        (d->permissions & KITH_WRITE_SIGNED_MASK) != 0)
        return KITH_ERR_VALUE;
    if (kith_uuid_equal(&d->uuid, &client_configuration) || (d->permissions & KITH_NOTIFY_MASK) != 0)
        return KITH_ERR_VALUE;
    return is_value(d->value, d->value_len, d->variable, d->permissions) ? KITH_OK : KITH_ERR_VALUE;
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
    if ((c->properties & TOLD) == 0 && (c->permissions & KITH_NOTIFY_MASK) != 0)
        return KITH_ERR_VALUE;
    return is_value(c->value, c->value_len, c->variable, c->permissions) ? KITH_OK : KITH_ERR_VALUE;
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

static size_t attributes_in_characteristic(const kith_characteristic *of)
{
    return 2 + (size_t)gatt_database_has_configuration(of) + of->descriptor_count;
}

size_t gatt_count_attributes(const kith_service *of)
{
    size_t count = 1 + of->include_count;

    for (size_t i = 0; i < of->characteristic_count; i++)
        count += attributes_in_characteristic(&of->characteristics[i]);
    return count;
}

kith_status gatt_check_service(const kith_service *s, size_t *count)
{
    kith_status status = count_more(count, 1);

    if (!is_uuid(&s->uuid) || (s->characteristic_count != 0 && s->characteristics == NULL) ||
        (s->include_count != 0 && s->includes == NULL))
        return KITH_ERR_VALUE;
    if (status == KITH_OK)
        status = count_more(count, s->include_count);
    for (size_t i = 0; status == KITH_OK && i < s->characteristic_count; i++) {
        const kith_characteristic *c = &s->characteristics[i];

        status = check_characteristic(c);
        if (status == KITH_OK)
            status = count_more(count, 2 + (size_t)gatt_database_has_configuration(c));
        if (status == KITH_OK)
            status = check_descriptors(c, count);
    }
    return status;
}

/* What is included comes before: whoever follows includes comes to an end. */
static bool includes_are_sound(const kith_service *services, size_t of)
{
    for (size_t i = 0; i < services[of].include_count; i++) {
        const kith_service *included = services[of].includes[i];
        bool found = false;

        for (size_t j = 0; j < of; j++)
            found |= &services[j] == included;
        if (!found)
            return false;
    }
    return true;
}

static kith_status check_services(const kith_service *services, size_t service_count)
{
    size_t count = GATT_BUILT_IN_ATTRIBUTES;
    kith_status status = KITH_OK;

    if (service_count != 0 && services == NULL)
        return KITH_ERR_VALUE;
    for (size_t i = 0; status == KITH_OK && i < service_count; i++) {
        status = gatt_check_service(&services[i], &count);
        if (status == KITH_OK && !includes_are_sound(services, i))
            status = KITH_ERR_VALUE;
    }
    return status;
}

static bool has_subscriptions(const kith_service *s)
{
    for (size_t i = 0; i < s->characteristic_count; i++)
        if (gatt_database_has_configuration(&s->characteristics[i]))
            return true;
    return false;
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
    memset(db, 0, sizeof *db);
    db->name = name;
    db->name_len = (uint8_t)name_len;
    bytes_put16(db->appearance, appearance);
    for (size_t i = 0; i < service_count; i++)
        db->has_subscriptions |= has_subscriptions(&services[i]);
    db->services = services;
    db->service_count = service_count;
    return KITH_OK;
}

/* Nobody may write a name that is not in memory, and no name is longer than GAP allows (Vol 3 Part C 12.1). */
static bool is_name(const kith_variable *name, uint32_t permissions)
{
    if ((permissions & ~(uint32_t)(KITH_WRITE_MASK | KITH_KEY_SIZE_MASK | KITH_WRITE_AUTHORIZED)) != 0)
        return false;
    if (name == NULL)
        return permissions == 0;
    return is_variable(name) && name->max <= GATT_MAX_NAME &&
           (permissions == 0 || (permissions & KITH_WRITE_MASK) != 0) &&
           gatt_permissions_are_valid(KITH_READ_OPEN | permissions);
}

static uint16_t last_handle(const gatt_database *db)
{
    gatt_attribute at;

    for (bool more = gatt_database_find_from(db, 1, &at); more;)
        more = gatt_database_next(db, &at);
    return at.handle;
}

kith_status gatt_database_set_gap(gatt_database *db, const kith_gap_service *gap)
{
    size_t end = last_handle(db);

    if (!is_name(gap->name, gap->name_permissions))
        return KITH_ERR_VALUE;
    db->gap = gap;
    if (gatt_gap_has_more(db) && gatt_gap_count(db) > MAX_ATTRIBUTES - end) {
        db->gap = NULL;
        return KITH_ERR_FULL;
    }
    return KITH_OK;
}
