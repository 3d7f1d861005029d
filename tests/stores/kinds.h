/* Every store there is, as one table: what the rules of kith/store.h are tried on. */
#ifndef TESTS_STORES_KINDS_H
#define TESTS_STORES_KINDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kith/port/flash_file.h"
#include "kith/port/json_store.h"
#include "kith/port/openssl.h"
#include "kith/port/sqlite_store.h"
#include "kith/sealed_store.h"
#include "kith/store.h"
#include "sim/flash.h"
#include "sim/rng.h"

/* A medium, and the store on it. */
typedef struct {
    const struct store_kind *kind;
    char folder[32], path[64];
    const kith_store *store; /* NULL: closed */
    kith_store_state state;
    /* Each kind uses its own of these. */
    sim_flash flash;
    kith_flash_log log;
    kith_flash_file file;
    kith_store on_flash;
    kith_sqlite_store sqlite;
    kith_json_store json;
    kith_sealed_store sealed;
    kith_crypto_port port;
    kith_device_keys keys;
    kith_store on_seal;
} place;

/* How the octets of a record lie in the medium. */
typedef enum { AS_THEY_ARE, IN_HEX, SEALED } octets_form;

typedef struct store_kind {
    const char *name;
    bool keeps;    /* false: the volatile store */
    bool is_files; /* what it keeps is in files of the folder; false: in p->flash */
    octets_form form;
    uint16_t longest;
    kith_status (*take)(place *p); /* the medium, for a new store object: p->store */
    void (*let_go)(place *p);
} store_kind;

extern const store_kind store_kinds[];
extern const size_t store_kind_count;

void place_make(place *p, const store_kind *kind);
void place_destroy(place *p);
kith_status place_open(place *p); /* as a program that starts */
void place_close(place *p);       /* as one that ends well */
void place_restart(place *p);     /* both */

kith_record place_record(uint8_t kind, uint32_t id, uint32_t fill, uint16_t len);
kith_status place_put(place *p, uint8_t kind, uint32_t id, uint32_t fill, uint16_t len);
kith_status place_remove(place *p, uint8_t kind, uint32_t id);
/* What a host that reads all knows of this one, as of the last that is handed out. */
kith_status place_get(place *p, uint8_t kind, uint32_t id, kith_record *out);
bool place_holds(place *p, uint8_t kind, uint32_t id, uint32_t fill, uint16_t len);
bool place_lacks(place *p, uint8_t kind, uint32_t id);
/* How many stand. */
uint32_t place_count(place *p);
/* Do these octets lie anywhere in the medium? */
bool place_finds(place *p, const uint8_t *octets, size_t len);

/* KITH_SEED, or this one; printed. */
uint64_t stores_seed(uint64_t otherwise);

#endif
