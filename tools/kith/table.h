/* A table that is served, whoever made it: services in memory, and the names that people call their values by. */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include "kith/kith.h"

enum { TABLE_VALUE_MAX = 512 };

/* One characteristic's or descriptor's value. */
typedef struct {
    const char *name; /* as people type it: the file's word, else the UUID */
    bool is_named;    /* by the file: nobody else has this name */
    uint16_t id;      /* as in the table */
    bool is_told;     /* to clients that subscribe */
    bool is_computed; /* by the table itself: nobody sets it */
    kith_variable *now;
} table_value;

typedef struct table table;
struct table {
    const char *name;    /* what the device calls itself; NULL: nothing said */
    uint16_t appearance; /* 0: unknown */
    kith_service *services;
    size_t service_count;
    table_value *values;
    size_t value_count, value_cap;
    bool has_signed; /* writes */

    /* Of ready services; NULL: nothing of the kind. */
    void (*each_second)(table *t);
    kith_att_error (*write)(table *t, uint16_t id, const uint8_t *octets, size_t len);
    void *own;
    struct table_block *blocks; /* all memory of it */
};

/* Zeroed memory that lives as long as the table.  NULL: there is none. */
void *table_memory(table *t, size_t count, size_t size);
void table_free(table *t);

/* NULL: no memory, or too many values for their ids. */
table_value *table_add_value(table *t);

table_value *table_find_id(const table *t, uint16_t id); /* NULL: none */

/* By name.  NULL: none, or more than one; *count says which. */
table_value *table_find_name(const table *t, const char *name, size_t *count);

/* What a host is to be made with to serve it: limits, services, name, appearance and security.  sc, legacy: as `kith
 * serve' pairs. */
void table_configure(const table *t, kith_config *config, bool legacy, uint16_t mtu);

/* A write by a client to a value that the host does not hold itself. */
kith_att_error table_write(table *t, const kith_event_attribute *a);

/* Sets the whole of a value.  false: its length is not allowed. */
bool table_set(table_value *v, const uint8_t *octets, size_t len);

/* "warm white" in quotes, or 0x and hex digits; cut at cap.  Returns text. */
char *table_value_text(const uint8_t *octets, size_t len, char *text, size_t cap);

/* A text, or 0x and an even number of hex digits, into at most TABLE_VALUE_MAX octets.  false: it is neither. */
bool table_value_parse(const char *text, uint8_t octets[TABLE_VALUE_MAX], size_t *len);

/* Pairs of hex digits, with spaces between pairs as they like.  false: something else, or too long. */
bool table_hex_parse(const char *text, uint8_t octets[TABLE_VALUE_MAX], size_t *len);

#endif
