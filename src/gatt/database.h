/* The attribute database: constant tables seen as attributes with handles.  Core Vol 3 Part G 2.5, 3.
 *
 * No RAM beside this struct: an attribute is found by walking the tables, built-in services first. */
#ifndef GATT_DATABASE_H
#define GATT_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/gatt.h"

typedef struct {
    const char *name;
    uint8_t name_len;
    uint8_t appearance[2];
    const kith_service *services;
    size_t service_count;
} gatt_database;

enum { GATT_MAX_NAME = 248 };

/* Checks the tables and keeps pointers to them and to name (NULL: no name).
 *
 * KITH_ERR_VALUE        a table is wrong: a UUID size, a value above 512 octets, properties and permissions that
 *                       don't agree, a static value that may be written, a name above 248 octets, reserved bits
 * KITH_ERR_UNSUPPORTED  notify, indicate, broadcast or extended properties, or a descriptor
 *                       0x2902: not in this cut
 * KITH_ERR_FULL         more than 65534 attributes */
KITH_MUST_USE kith_status gatt_database_init(gatt_database *db, const char *name, uint16_t appearance,
                                             const kith_service *services, size_t service_count);

typedef enum { GATT_SERVICE, GATT_CHARACTERISTIC, GATT_VALUE, GATT_DESCRIPTOR } gatt_attribute_kind;

/* One attribute, and where the walk stands. */
typedef struct {
    uint16_t handle;
    gatt_attribute_kind kind;
    const kith_uuid *type;
    uint16_t permissions;
    uint8_t properties; /* of the characteristic whose value this is; else 0 */
    uint16_t id;        /* the program's, when is_program */
    bool is_program;    /* the program holds the value */
    const kith_service *service;
    const kith_characteristic *characteristic; /* NULL at a service declaration */
    size_t service_index;                      /* the rest is the walk's own */
    size_t characteristic_index;
    size_t descriptor_index;
} gatt_attribute;

/* The attribute with this handle.  false: there is none. */
bool gatt_database_find(const gatt_database *db, uint16_t handle, gatt_attribute *out);

/* The one after it.  false: it was the last; *at is as it was. */
bool gatt_database_next(const gatt_database *db, gatt_attribute *at);

/* The next whose type is this, from *at on (*at itself included) up to the handle last. */
bool gatt_database_find_type(const gatt_database *db, gatt_attribute *at, const kith_uuid *type, uint16_t last);

/* The last handle of the service that *at belongs to. */
uint16_t gatt_database_group_end(const gatt_attribute *at);

/* The value of an attribute that is not the program's; scratch is used for values that are made, not
 * stored. */
enum { GATT_SCRATCH = 19 };
const uint8_t *gatt_database_value(const gatt_database *db, const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH],
                                   size_t *len);

#endif
