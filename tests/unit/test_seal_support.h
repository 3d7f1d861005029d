/* A device with keys and a counter, and a store in memory to seal: it keeps versions as a log does, and loses power
 * between operations when it is told to. */
#ifndef TEST_SEAL_SUPPORT_H
#define TEST_SEAL_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kith/port/openssl.h"
#include "kith/port/psa.h"
#include "kith/sealed_store.h"

/* ---- the device ---- */

typedef enum { RANDOM_SEEDED, RANDOM_CONSTANT, RANDOM_COUNTS, RANDOM_FAILS } seal_random;

/* Operations on medium and counter; the one with the number `cut_in` from now is the last: it is done or it is not, and
 * nothing after it is. */
typedef struct {
    uint32_t cut_in; /* 0: none is planned */
    bool done;
    bool off;
    uint32_t count; /* of all that were done */
} seal_power;

/* Answers whether it comes true. */
static inline bool seal_power_takes(seal_power *power, bool *answers)
{
    bool is_last = power->cut_in == 1 && !power->off, was_off = power->off;

    power->cut_in -= power->cut_in > 0 && !was_off;
    power->off = power->off || is_last;
    *answers = !power->off;
    power->count += !power->off;
    return !was_off && (!is_last || power->done);
}

typedef struct {
    kith_crypto_port port;
    seal_random random;
    uint64_t seed;
    uint8_t number;          /* which device: other keys */
    uint16_t oldest, newest; /* generations that are there */
    uint64_t counter;
    seal_power *power;      /* may be NULL */
    const bool *medium_off; /* may be NULL: when this is so, the counter does not count either */
    kith_status key_fault;  /* what device_key answers; KITH_OK: keys */
} seal_device;

static inline kith_status device_random(void *context, uint8_t *out, size_t len)
{
    seal_device *d = context;

    if (d->random == RANDOM_FAILS)
        return KITH_ERR_ENTROPY;
    for (size_t i = 0; i < len; i++) {
        if (d->random == RANDOM_SEEDED)
            d->seed = d->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = d->random == RANDOM_COUNTS ? (uint8_t)(d->seed + i) : (uint8_t)(d->seed >> 56);
    }
    d->seed += d->random == RANDOM_COUNTS ? len : 0;
    return KITH_OK;
}

static inline kith_status device_key(void *context, uint16_t generation, uint8_t key[16])
{
    const seal_device *d = context;

    if (d->key_fault != KITH_OK)
        return d->key_fault;
    if (generation < d->oldest || generation > d->newest)
        return KITH_ERR_NOT_FOUND;
    for (uint8_t i = 0; i < 16; i++)
        key[i] = (uint8_t)(0x40 + i + d->number * 16 + generation * 37);
    return KITH_OK;
}

static inline kith_status counter_read(void *context, uint64_t *value)
{
    *value = ((seal_device *)context)->counter;
    return KITH_OK;
}

static inline kith_status counter_advance(void *context)
{
    seal_device *d = context;
    bool answers = true;

    if (d->medium_off != NULL && *d->medium_off)
        return KITH_ERR_STORAGE;
    if (d->power == NULL || seal_power_takes(d->power, &answers))
        d->counter++;
    return answers ? KITH_OK : KITH_ERR_STORAGE;
}

/* With a key of generation 1. */
static inline void seal_device_make(seal_device *d, uint8_t number, bool counts)
{
    memset(d, 0, sizeof *d);
    assert_int_equal(kith_openssl_port(&d->port), KITH_OK);
    d->port.context = d;
    d->port.random = device_random;
    d->port.device_key = device_key;
    d->port.counter_read = counts ? counter_read : NULL;
    d->port.counter_advance = counts ? counter_advance : NULL;
    d->seed = 0x5ea1 + number;
    d->number = number;
    d->oldest = d->newest = 1;
}

/* ---- the store in memory ---- */

enum { MEMORY_RECORDS = 96 };

typedef struct {
    kith_record of[MEMORY_RECORDS];
    uint32_t used, capacity;
    kith_store_state state; /* damaged is the test's to set, too */
    seal_power *power;      /* may be NULL */
    uint32_t writes;
} seal_memory;

static inline bool memory_same(const kith_record *a, uint8_t kind, uint32_t id)
{
    return a->kind == kind && a->id == id;
}

/* The version that is last; NULL: none, or removed. */
static inline kith_record *memory_find(seal_memory *m, uint8_t kind, uint32_t id)
{
    for (uint32_t i = m->used; i-- > 0;)
        if (memory_same(&m->of[i], kind, id))
            return m->of[i].removed ? NULL : &m->of[i];
    return NULL;
}

static inline kith_status memory_answer(seal_memory *m, kith_status status, kith_store_state *state)
{
    uint32_t standing = 0;

    for (uint32_t i = 0; i < m->used; i++)
        standing += memory_find(m, m->of[i].kind, m->of[i].id) == &m->of[i];
    m->state.room = m->capacity > standing ? m->capacity - standing : 0;
    m->state.largest = KITH_STORED_MAX;
    *state = m->state;
    return status;
}

static inline kith_status memory_open(void *context, kith_store_state *state)
{
    seal_memory *m = context;

    return memory_answer(m, m->power != NULL && m->power->off ? KITH_ERR_STORAGE : KITH_OK, state);
}

static inline kith_status memory_read(void *context, uint32_t *cursor, kith_record *out)
{
    seal_memory *m = context;

    if (m->power != NULL && m->power->off)
        return KITH_ERR_STORAGE;
    if (*cursor >= m->used)
        return KITH_ERR_NOT_FOUND;
    *out = m->of[(*cursor)++];
    return KITH_OK;
}

/* Versions that nothing needs go when there is no place any more. */
static inline void memory_collect(seal_memory *m)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < m->used; i++)
        if (memory_find(m, m->of[i].kind, m->of[i].id) == &m->of[i])
            m->of[kept++] = m->of[i];
        else
            m->of[i].kind = 63;
    m->used = kept;
}

static inline void memory_add(seal_memory *m, const kith_record *record)
{
    if (m->used == MEMORY_RECORDS)
        memory_collect(m);
    assert_true(m->used < MEMORY_RECORDS);
    m->of[m->used++] = *record;
}

static inline kith_status memory_put(void *context, const kith_record *record, kith_store_state *state)
{
    seal_memory *m = context;
    bool answers = true;

    assert_true(record->kind > 0 && record->kind <= 62 && record->len <= KITH_STORED_MAX && !record->removed);
    if (m->state.room == 0)
        return memory_answer(m, KITH_ERR_FULL, state);
    m->writes++;
    if (m->power == NULL || seal_power_takes(m->power, &answers)) {
        memory_add(m, record);
        if (record->kind == KITH_RECORD_BOND && record->id > m->state.highest_id)
            m->state.highest_id = record->id;
    }
    return memory_answer(m, answers ? KITH_OK : KITH_ERR_STORAGE, state);
}

static inline void memory_wipe(seal_memory *m, uint8_t kind, uint32_t id)
{
    const kith_record removal = {.kind = kind, .removed = true, .id = id};

    for (uint32_t i = 0; i < m->used; i++)
        if (memory_same(&m->of[i], kind, id))
            m->of[i] = removal;
}

static inline kith_status memory_remove(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    seal_memory *m = context;
    bool answers = true;

    m->writes++;
    if (m->power == NULL || seal_power_takes(m->power, &answers))
        memory_wipe(m, kind, id);
    return memory_answer(m, answers ? KITH_OK : KITH_ERR_STORAGE, state);
}

static inline kith_status memory_erase(void *context, kith_store_state *state)
{
    seal_memory *m = context;
    bool answers = true;

    m->writes++;
    if (m->power == NULL || seal_power_takes(m->power, &answers)) {
        m->used = 0;
        memset(&m->state, 0, sizeof m->state);
    }
    return memory_answer(m, answers ? KITH_OK : KITH_ERR_STORAGE, state);
}

static inline bool memory_holds(const seal_memory *m, const uint8_t *octets, size_t len)
{
    for (uint32_t i = 0; i < m->used; i++)
        for (size_t at = 0; at + len <= sizeof m->of[i].octets; at++)
            if (memcmp(m->of[i].octets + at, octets, len) == 0)
                return true;
    return false;
}

/* ---- a sealed store ---- */

typedef struct {
    seal_device device;
    seal_power power;
    seal_memory memory;
    kith_store inner, store;
    kith_sealed_store sealed;
    kith_store_state state;
} seal_rig;

/* As after a restart: the medium and the device are still there. */
static inline void seal_start(seal_rig *r, uint16_t generation)
{
    kith_sealed_config config = {&r->inner, &r->device.port, generation};

    memset(&r->power, 0, sizeof r->power);
    memset(&r->sealed, 0xa5, sizeof r->sealed);
    assert_int_equal(kith_sealed_store_init(&r->sealed, &config, &r->store), KITH_OK);
}

static inline kith_status seal_reopen(seal_rig *r)
{
    seal_start(r, r->sealed.config.generation);
    return r->store.open(r->store.context, &r->state);
}

static inline void seal_make(seal_rig *r, uint8_t device, bool counts)
{
    memset(r, 0, sizeof *r);
    seal_device_make(&r->device, device, counts);
    r->device.power = r->memory.power = &r->power;
    r->memory.capacity = 40;
    r->memory.state.room = 40;
    r->inner = (kith_store){.context = &r->memory,
                            .open = memory_open,
                            .read = memory_read,
                            .put = memory_put,
                            .remove = memory_remove,
                            .erase = memory_erase};
    seal_start(r, 1);
}

/* No eight octets of one are those of another; the first octet is a plain record's. */
static inline kith_record seal_record(uint8_t kind, uint32_t id, uint8_t fill, uint16_t len)
{
    kith_record record = {.kind = kind, .len = len, .id = id};
    uint32_t x = id << 16 | (uint32_t)kind << 8 | fill;

    for (uint16_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        record.octets[i] = i == 0 ? 1 : (uint8_t)(x >> 24);
    }
    return record;
}

static inline kith_status seal_store_put(const kith_store *store, const kith_record *record, kith_store_state *state)
{
    return store->put(store->context, record, state);
}

/* What a host that reads all would know of this one.  KITH_ERR_NOT_FOUND: it does not stand. */
static inline kith_status seal_store_get(const kith_store *store, uint8_t kind, uint32_t id, kith_record *out)
{
    kith_status status, found = KITH_ERR_NOT_FOUND;
    kith_record record;
    uint32_t cursor = 0;

    while ((status = store->read(store->context, &cursor, &record)) == KITH_OK) {
        assert_int_not_equal(record.kind, KITH_RECORD_SEAL);
        if (record.kind == kind && record.id == id) {
            found = record.removed ? KITH_ERR_NOT_FOUND : KITH_OK;
            *out = record;
        }
    }
    return status == KITH_ERR_NOT_FOUND ? found : status;
}

static inline bool seal_store_holds(const kith_store *store, const kith_record *wanted)
{
    kith_record record;

    return seal_store_get(store, wanted->kind, wanted->id, &record) == KITH_OK && record.len == wanted->len &&
           memcmp(record.octets, wanted->octets, sizeof wanted->octets) == 0;
}

static inline bool seal_store_lacks(const kith_store *store, uint8_t kind, uint32_t id)
{
    kith_record record;

    return seal_store_get(store, kind, id, &record) == KITH_ERR_NOT_FOUND;
}

static inline kith_status seal_put(seal_rig *r, uint32_t id, uint8_t fill, uint16_t len)
{
    kith_record record = seal_record(KITH_RECORD_BOND, id, fill, len);

    return r->store.put(r->store.context, &record, &r->state);
}

static inline kith_status seal_remove(seal_rig *r, uint32_t id)
{
    return r->store.remove(r->store.context, KITH_RECORD_BOND, id, &r->state);
}

static inline bool seal_holds(seal_rig *r, uint32_t id, uint8_t fill, uint16_t len)
{
    kith_record wanted = seal_record(KITH_RECORD_BOND, id, fill, len);

    return seal_store_holds(&r->store, &wanted);
}

static inline bool seal_lacks(seal_rig *r, uint32_t id)
{
    return seal_store_lacks(&r->store, KITH_RECORD_BOND, id);
}

/* ---- stores to begin with ---- */

enum { SEAL_LEN = 57 };

static inline void open_new(seal_rig *r, uint8_t device, bool counts)
{
    seal_make(r, device, counts);
    assert_int_equal(seal_reopen(r), KITH_OK);
}

/* Two bonds, and a device record. */
static inline void open_used(seal_rig *r, bool counts)
{
    kith_record device = seal_record(KITH_RECORD_DEVICE, 0, 9, 23);

    open_new(r, 0, counts);
    assert_int_equal(seal_put(r, 1, 0x11, SEAL_LEN), KITH_OK);
    assert_int_equal(seal_put(r, 2, 0x22, SEAL_LEN), KITH_OK);
    assert_int_equal(seal_store_put(&r->store, &device, &r->state), KITH_OK);
}

static inline kith_record *stored(seal_rig *r, uint8_t kind, uint32_t id)
{
    kith_record *record = memory_find(&r->memory, kind, id);

    assert_non_null(record);
    return record;
}

/* ---- what must hold ---- */

/* It is opened, the record is not handed out, and it is counted. */
static inline void expect_refused(seal_rig *r, uint32_t id)
{
    kith_record record;
    uint32_t cursor = 0;
    bool told = false;

    assert_int_equal(seal_reopen(r), KITH_OK);
    assert_int_equal(r->state.damaged, 1);
    assert_true(seal_lacks(r, id));
    while (r->store.read(r->store.context, &cursor, &record) == KITH_OK)
        told |= record.kind == KITH_RECORD_BOND && record.id == id && record.removed && record.len == 0;
    assert_true(told);
    assert_true(seal_holds(r, 2, 0x22, SEAL_LEN));
}

/* Nothing is handed out, and nothing is written. */
static inline void expect_left_alone(seal_rig *r, kith_status why)
{
    seal_memory before;
    kith_record record;
    uint32_t cursor = 0;

    before = r->memory;
    assert_int_equal(seal_reopen(r), why);
    assert_int_equal(r->store.read(r->store.context, &cursor, &record), why);
    assert_int_equal(record.len, 0);
    assert_int_equal(seal_put(r, 1, 0x55, SEAL_LEN), why);
    assert_int_equal(seal_remove(r, 1), why);
    assert_int_equal(r->memory.writes, before.writes);
    assert_int_equal(r->memory.used, before.used);
    assert_memory_equal(r->memory.of, before.of, sizeof before.of);
}

/* With an earlier version of record 1. */
static inline void make_plain(seal_rig *r, bool counts, uint32_t bonds)
{
    kith_record record = seal_record(KITH_RECORD_DEVICE, 0, 9, 23);

    seal_make(r, 0, counts);
    memory_add(&r->memory, &record);
    for (uint32_t id = 1; id <= bonds; id++) {
        record = seal_record(KITH_RECORD_BOND, id, 0x11, SEAL_LEN);
        memory_add(&r->memory, &record);
    }
    record = seal_record(KITH_RECORD_BOND, 1, 0x12, SEAL_LEN);
    memory_add(&r->memory, &record);
}

#endif
