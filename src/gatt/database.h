/* The attribute database: tables seen as attributes with handles.  Core Vol 3 Part G 2.5, 3.
 *
 * An attribute is found by walking the tables: built-in services, those of the configuration, and those that were added
 * at run time, each of which has a handle of its own to begin with. */
#ifndef GATT_DATABASE_H
#define GATT_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/crypto_port.h"
#include "kith/gap.h"
#include "kith/gatt.h"

/* A service that was added at run time. */
typedef struct {
    const kith_service *service;
    uint16_t handle;
} gatt_extra;

typedef struct {
    const char *name;
    uint8_t name_len;
    uint8_t appearance[2];
    const kith_gap_service *gap; /* NULL: name and appearance alone */
    const kith_service *services;
    size_t service_count;
    gatt_extra *extra; /* in order of their handles */
    uint8_t extra_count, extra_cap;
    bool has_subscriptions; /* the program's table has something that clients can be told of */
    uint8_t hash[16];       /* wire order; zeros until gatt_database_make_hash() */
} gatt_database;

enum { GATT_MAX_NAME = 248 };

/* Built in, known by these: their values are the database's or the client's. */
enum {
    GATT_DEVICE_NAME = 0x2a00,
    GATT_APPEARANCE = 0x2a01,
    GATT_PREFERRED_PARAMETERS = 0x2a04,
    GATT_SERVICE_CHANGED = 0x2a05,
    GATT_ADDRESS_RESOLUTION = 0x2aa6,
    GATT_CLIENT_FEATURES = 0x2b29,
    GATT_DATABASE_HASH = 0x2b2a,
    GATT_SECURITY_LEVELS = 0x2bf5,
    GATT_PRIVATE_ONLY = 0x2ac9
};
enum { GATT_SERVICE_CHANGED_HANDLE = 8 }; /* of the value; the same in every version, as peers remember it */

/* Checks the tables and keeps pointers to them and to name (NULL: no name).
 *
 * KITH_ERR_VALUE        a table is wrong: a UUID size, a value above 512 octets, properties and permissions that
 *                       don't agree, a static value that may be written, a descriptor that is made by itself (0x2902),
 * an included service that is not in the table, a name above 248 octets, reserved bits KITH_ERR_UNSUPPORTED  broadcast
 * or extended properties KITH_ERR_FULL         more than 65534 attributes */
KITH_MUST_USE kith_status gatt_database_init(gatt_database *db, const char *name, uint16_t appearance,
                                             const kith_service *services, size_t service_count);

/* What the GAP service has besides, and where its name is; kept by pointer.  With more characteristics than two GAP
 * goes behind the GATT service, so that Service Changed stays where it is; then there is nothing at handles 1 to 5.
 * KITH_ERR_VALUE: the name or its permissions are not such as a table may have; KITH_ERR_FULL: no handles are left. */
KITH_MUST_USE kith_status gatt_database_set_gap(gatt_database *db, const kith_gap_service *gap);

/* Room for services that are added at run time. */
void gatt_database_give_room(gatt_database *db, gatt_extra *extra, uint8_t cap);

/* Adds a service behind all others; *first and *last are its handles.
 * KITH_ERR_VALUE, KITH_ERR_UNSUPPORTED: as above; KITH_ERR_BUSY: it is there; KITH_ERR_FULL: no room for it, or no
 * handles. */
KITH_MUST_USE kith_status gatt_database_add(gatt_database *db, const kith_service *service, uint16_t *first,
                                            uint16_t *last);
/* KITH_ERR_NOT_FOUND: it was not added; KITH_ERR_BUSY: another one includes it. */
KITH_MUST_USE kith_status gatt_database_remove(gatt_database *db, const kith_service *service, uint16_t *first,
                                               uint16_t *last);

/* Vol 3 Part G 7.3.1: over all declarations, to tell one table from another. */
KITH_MUST_USE kith_status gatt_database_make_hash(gatt_database *db, const kith_crypto_port *crypto);

typedef enum {
    GATT_SERVICE,
    GATT_INCLUDE,
    GATT_CHARACTERISTIC,
    GATT_VALUE,
    GATT_CONFIGURATION, /* of the client: whether it wants to be told of the value */
    GATT_DESCRIPTOR
} gatt_attribute_kind;

/* One attribute, and where the walk stands. */
typedef struct {
    uint16_t handle;
    gatt_attribute_kind kind;
    const kith_uuid *type;
    uint32_t permissions;
    uint8_t properties; /* of the characteristic whose value this is; else 0 */
    uint16_t id; /* the program's; of a configuration: that of its characteristic; built in: one of those above */
    bool is_built_in;
    bool is_program;         /* the program holds the value, and is asked for it */
    kith_variable *variable; /* or it is here */
    const kith_service *service;
    const kith_characteristic *characteristic; /* NULL at a service declaration and an include */
    uint16_t service_handle;
    size_t service_index; /* the rest is the walk's own */
    size_t include_index;
    size_t characteristic_index;
    size_t descriptor_index;
} gatt_attribute;

/* The attribute with this handle.  false: there is none. */
bool gatt_database_find(const gatt_database *db, uint16_t handle, gatt_attribute *out);

/* The first with this handle or a higher one. */
bool gatt_database_find_from(const gatt_database *db, uint16_t handle, gatt_attribute *out);

/* The one after it.  false: it was the last; *at is as it was. */
bool gatt_database_next(const gatt_database *db, gatt_attribute *at);

/* The next whose type is this, from *at on (*at itself included) up to the handle last. */
bool gatt_database_find_type(const gatt_database *db, gatt_attribute *at, const kith_uuid *type, uint16_t last);

/* The value of the program's characteristic with this id; the first, should there be several. */
bool gatt_database_find_id(const gatt_database *db, uint16_t id, gatt_attribute *out);

/* The last handle of the service that *at belongs to. */
uint16_t gatt_database_group_end(const gatt_database *db, const gatt_attribute *at);

/* Has the characteristic of *at a client configuration? */
bool gatt_database_has_configuration(const kith_characteristic *of);

/* The value of an attribute that is neither the program's nor the client's; scratch is used for values that are made,
 * not stored. */
enum { GATT_SCRATCH = 19 };
const uint8_t *gatt_database_value(const gatt_database *db, const gatt_attribute *at, uint8_t scratch[GATT_SCRATCH],
                                   size_t *len);

/* Of a variable, else a static one. */
const uint8_t *gatt_stored_value(const kith_variable *variable, const uint8_t *value, size_t value_len, size_t *len);

/* check.c: is this table sound, and how many attributes has it?  Adds to *count. */
kith_status gatt_check_service(const kith_service *service, size_t *count);
size_t gatt_count_attributes(const kith_service *service);

#endif
