/* The two services that every server has, each a table in a file of its own: gap_service.c, gatt_service.c. */
#ifndef GATT_BUILT_IN_H
#define GATT_BUILT_IN_H

#include "gatt/database.h"

enum {
    GATT_BUILT_IN_SERVICES = 2,
    GATT_BUILT_IN_ATTRIBUTES = 13, /* where GAP has nothing but name and appearance, */
    GATT_GATT_HANDLE = 6           /* behind which the GATT service stands.  It never moves (see database.h) */
};

extern const kith_service gatt_gap_service;
extern const kith_service gatt_gatt_service;

/* Does GAP have more than name and appearance?  Then it stands behind the GATT service, which keeps its handles. */
bool gatt_gap_has_more(const gatt_database *db);

/* The characteristic of this index, or the next one that is there: some are only where the configuration asks. */
size_t gatt_gap_next(const gatt_database *db, size_t index);

/* How many attributes GAP has. */
size_t gatt_gap_count(const gatt_database *db);

/* The device's name may lie in the program's memory, and be writable. */
void gatt_gap_complete(const gatt_database *db, gatt_attribute *value);

const uint8_t *gatt_gap_value(const gatt_database *db, uint16_t id, uint8_t scratch[GATT_SCRATCH], size_t *len);
const uint8_t *gatt_gatt_value(const gatt_database *db, uint16_t id, size_t *len);

#endif
