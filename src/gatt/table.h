/* What is known of a peer's attribute table: its services, includes, characteristics and descriptors by handle, packed
 * into octets as they are also kept beside a bond.  docs/bond-format.md.
 *
 * Whoever fills it judges what the peer says; here nothing is believed but that handles grow. */
#ifndef GATT_TABLE_H
#define GATT_TABLE_H

#include "kith/gatt.h"

enum { GATT_TABLE_HEADER = 24, GATT_TABLE_VERSION = 1 };

typedef struct {
    uint8_t *octets; /* header, then entries by ascending handle */
    uint16_t cap, len;
} gatt_table;

/* What the header says besides. */
typedef struct {
    bool has_hash;
    uint8_t hash[16];
    bool is_told;        /* the peer tells us of changes (Service Changed) */
    uint32_t bond_check; /* of the bond whose peer it is; 0: of none */
} gatt_table_state;

void gatt_table_init(gatt_table *table, uint8_t *octets, uint16_t cap); /* empty; cap 0: none at all */
void gatt_table_clear(gatt_table *table);

/* false: there is no room for it, or something else has its handle; nothing was changed. */
bool gatt_table_add(gatt_table *table, const kith_remote_attribute *attribute);

/* The entry at *at, which begins with 0 and is moved on; false: no more. */
bool gatt_table_next(const gatt_table *table, size_t *at, kith_remote_attribute *out);
bool gatt_table_find(const gatt_table *table, uint16_t handle, kith_remote_attribute *out);

void gatt_table_set_state(gatt_table *table, const gatt_table_state *state);
void gatt_table_get_state(const gatt_table *table, gatt_table_state *state);

/* Takes octets that were kept.  false: they are no table (or of a later version), or too long; it is empty then. */
bool gatt_table_load(gatt_table *table, const uint8_t *octets, size_t len);

#endif
