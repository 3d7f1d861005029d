/* A log on a faulty flash, and records to put into it. */
#ifndef TEST_STORE_SUPPORT_H
#define TEST_STORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kith/store.h"
#include "sim/flash.h"

static const sim_flash_geometry geometries[] = {
    {256, 2, 1, 0xff, true},    {256, 2, 4, 0x00, false},   {512, 4, 4, 0xff, true},    {512, 4, 4, 0x00, true},
    {4096, 16, 1, 0xff, true},  {4096, 16, 1, 0xff, false}, {4096, 2, 8, 0xff, true},   {4096, 2, 8, 0x00, false},
    {2048, 3, 16, 0xff, false}, {2048, 3, 16, 0xff, true},  {1024, 4, 32, 0xff, false}, {1024, 4, 32, 0x00, false},
    {256, 5, 32, 0x00, false},  {256, 4, 16, 0xff, true},
};

/* Hardly room for anything; and more than anybody fills. */
static const sim_flash_geometry extremes[] = {
    {256, 2, 32, 0xff, false},
    {256, 2, 32, 0x00, true},
    {131072, 2, 32, 0x00, false},
    {131072, 2, 1, 0xff, true},
};

enum { GEOMETRIES = sizeof geometries / sizeof geometries[0], EXTREMES = sizeof extremes / sizeof extremes[0] };

/* Nothing that is told may depend on whether there is an index, or whether it suffices. */
typedef enum { RIG_WALKS, RIG_HAS_INDEX, RIG_HAS_SMALL_INDEX, RIG_MODES } rig_mode;
enum { RIG_SLOTS = 6000 };

static rig_mode rig_next_mode; /* of rigs made from now on */

typedef struct {
    sim_flash flash;
    kith_flash_log log;
    kith_store store;
    kith_store_state state;
    rig_mode mode;
    kith_flash_slot slots[RIG_SLOTS];
} rig;

static inline void rig_start(rig *r)
{
    uint32_t small = r->flash.port.sector_count + 3;

    assert_int_equal(kith_flash_log_init(&r->log, &r->flash.port, &r->store), KITH_OK);
    if (r->mode != RIG_WALKS)
        kith_flash_log_index(&r->log, r->slots, r->mode == RIG_HAS_INDEX ? (uint32_t)RIG_SLOTS : small);
}

static inline void rig_make(rig *r, const sim_flash_geometry *geometry)
{
    memset(r, 0, sizeof *r);
    assert_true(sim_flash_new(&r->flash, geometry));
    r->mode = rig_next_mode;
    rig_start(r);
}

/* So many octets, or the most it takes. */
static inline uint16_t rig_most(const rig *r, uint16_t len)
{
    return len < r->state.largest ? len : r->state.largest;
}

static inline void rig_free(rig *r)
{
    assert_int_equal(r->flash.counts.mistakes, 0);
    sim_flash_free(&r->flash);
}

static inline kith_status rig_open(rig *r)
{
    return r->store.open(r->store.context, &r->state);
}

/* As after a power cut: the flash alone is still there. */
static inline kith_status rig_restart(rig *r)
{
    sim_flash_power_on(&r->flash);
    memset(&r->log, 0xa5, sizeof r->log);
    rig_start(r);
    return rig_open(r);
}

/* No eight octets of one are those of another. */
static inline kith_record make_record(uint32_t id, uint8_t fill, uint16_t len)
{
    kith_record record = {.kind = KITH_RECORD_BOND, .len = len, .id = id};
    uint32_t x = id << 8 | fill;

    for (uint16_t i = 0; i < len && i < sizeof record.octets; i++) {
        x = x * 1664525u + 1013904223u;
        record.octets[i] = (uint8_t)(x >> 24);
    }
    return record;
}

static inline kith_status rig_put(rig *r, uint32_t id, uint8_t fill, uint16_t len)
{
    kith_record record = make_record(id, fill, len);

    return r->store.put(r->store.context, &record, &r->state);
}

static inline kith_status rig_remove(rig *r, uint32_t id)
{
    return r->store.remove(r->store.context, KITH_RECORD_BOND, id, &r->state);
}

/* What a host that reads all would know of this one.  KITH_ERR_NOT_FOUND: it does not stand. */
static inline kith_status rig_get(rig *r, uint32_t id, kith_record *out)
{
    kith_status status, found = KITH_ERR_NOT_FOUND;
    kith_record record;
    uint32_t cursor = 0;

    while ((status = r->store.read(r->store.context, &cursor, &record)) == KITH_OK)
        if (record.kind == KITH_RECORD_BOND && record.id == id) {
            found = record.removed ? KITH_ERR_NOT_FOUND : KITH_OK;
            *out = record;
        }
    return status == KITH_ERR_NOT_FOUND ? found : status;
}

static inline bool rig_holds(rig *r, uint32_t id, uint8_t fill, uint16_t len)
{
    kith_record wanted = make_record(id, fill, len), record;

    return rig_get(r, id, &record) == KITH_OK && record.len == len &&
           memcmp(record.octets, wanted.octets, sizeof wanted.octets) == 0;
}

static inline bool rig_lacks(rig *r, uint32_t id)
{
    kith_record record;

    return rig_get(r, id, &record) == KITH_ERR_NOT_FOUND;
}

/* Do these octets lie anywhere in the flash? */
static inline bool rig_finds(rig *r, const uint8_t *octets, size_t len)
{
    const uint8_t *all = sim_flash_octets(&r->flash);

    for (size_t i = 0; i + len <= sim_flash_size(&r->flash); i++)
        if (memcmp(all + i, octets, len) == 0)
            return true;
    return false;
}

#endif
