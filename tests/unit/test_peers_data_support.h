/* A host without a controller, whose store has bonds: what is kept beside them needs no radio.  And a shelf: a store
 * that fails when it is told to, finds records by name or does not, and hands them out in the order it is told. */
#ifndef TEST_PEERS_DATA_SUPPORT_H
#define TEST_PEERS_DATA_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kith/codec/record.h"
#include "kith/kith.h"
#include "kith/port/openssl.h"

/* ---- the shelf ---- */

enum { SHELF_RECORDS = 1200 };

typedef struct {
    kith_store store;
    kith_record records[SHELF_RECORDS]; /* what stands */
    uint32_t used, capacity;
    bool backwards;
    uint32_t collected;
    unsigned reads, gets, puts, removes;
    unsigned fail_in; /* the n-th call from now on; 0: none does */
    unsigned fail_count;
    kith_status failure;
    bool done_all_the_same; /* a put that fails has come true */
} shelf;

static inline bool shelf_fails(shelf *s)
{
    if (s->fail_in == 0)
        return false;
    if (s->fail_in > 1) {
        s->fail_in--;
        return false;
    }
    if (s->fail_count-- > 1)
        return true;
    s->fail_in = 0;
    return true;
}

static inline void shelf_fail(shelf *s, unsigned in, unsigned count, kith_status failure)
{
    s->fail_in = in;
    s->fail_count = count;
    s->failure = failure;
}

static inline kith_record *shelf_find(shelf *s, uint8_t kind, uint32_t id)
{
    for (uint32_t i = 0; i < s->used; i++)
        if (s->records[i].kind == kind && s->records[i].id == id)
            return &s->records[i];
    return NULL;
}

static inline unsigned shelf_count(const shelf *s, uint8_t first, uint8_t end, uint32_t id)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < s->used; i++)
        count += s->records[i].kind >= first && s->records[i].kind < end && (id == 0 || s->records[i].id == id);
    return count;
}

static inline unsigned shelf_pieces(const shelf *s, uint32_t id)
{
    return shelf_count(s, KITH_RECORD_CHUNK, KITH_RECORD_CHUNK_END, id);
}

static inline bool shelf_holds(const shelf *s, const uint8_t *octets, size_t len)
{
    for (uint32_t i = 0; i < s->used; i++)
        for (size_t at = 0; at + len <= s->records[i].len; at++)
            if (memcmp(s->records[i].octets + at, octets, len) == 0)
                return true;
    return false;
}

static inline void shelf_tell(const shelf *s, kith_store_state *state)
{
    *state = (kith_store_state){.room = s->capacity - s->used, .largest = KITH_STORED_MAX, .collected = s->collected};
}

static inline void shelf_put(shelf *s, const kith_record *record)
{
    kith_record *there = shelf_find(s, record->kind, record->id);

    assert_true(there != NULL || s->used < SHELF_RECORDS);
    *(there != NULL ? there : &s->records[s->used++]) = *record;
}

static inline kith_status shelf_on_open(void *context, kith_store_state *state)
{
    shelf_tell(context, state);
    return KITH_OK;
}

static inline kith_status shelf_on_read(void *context, uint32_t *cursor, kith_record *out)
{
    shelf *s = context;

    s->reads++;
    if (shelf_fails(s))
        return s->failure;
    if (*cursor >= s->used)
        return KITH_ERR_NOT_FOUND;
    *out = s->records[s->backwards ? s->used - 1 - *cursor : *cursor];
    ++*cursor;
    return KITH_OK;
}

static inline kith_status shelf_on_get(void *context, kith_record *out)
{
    shelf *s = context;
    const kith_record *there = shelf_find(s, out->kind, out->id);

    s->gets++;
    if (shelf_fails(s))
        return s->failure;
    if (there == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = *there;
    return KITH_OK;
}

static inline kith_status shelf_on_put(void *context, const kith_record *record, kith_store_state *state)
{
    shelf *s = context;
    bool fails;

    if (record->kind == 0 || record->kind > 62)
        return KITH_ERR_VALUE;
    s->puts++;
    fails = shelf_fails(s);
    if (!fails || s->done_all_the_same) {
        if (shelf_find(s, record->kind, record->id) == NULL && s->used >= s->capacity)
            return KITH_ERR_FULL;
        shelf_put(s, record);
    }
    shelf_tell(s, state);
    return fails ? s->failure : KITH_OK;
}

static inline kith_status shelf_on_remove(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    shelf *s = context;
    kith_record *there = shelf_find(s, kind, id);

    s->removes++;
    if (shelf_fails(s))
        return s->failure;
    if (there != NULL)
        *there = s->records[--s->used];
    shelf_tell(s, state);
    return KITH_OK;
}

static inline kith_status shelf_on_erase(void *context, kith_store_state *state)
{
    shelf *s = context;

    s->used = 0;
    shelf_tell(s, state);
    return KITH_OK;
}

static inline void shelf_make(shelf *s, bool finds_by_name, uint32_t capacity)
{
    memset(s, 0, sizeof *s);
    s->capacity = capacity;
    s->store = (kith_store){.context = s,
                            .open = shelf_on_open,
                            .read = shelf_on_read,
                            .put = shelf_on_put,
                            .remove = shelf_on_remove,
                            .erase = shelf_on_erase,
                            .get = finds_by_name ? shelf_on_get : NULL};
}

/* ---- bonds that are there before the host is ---- */

static inline kith_bond_record keeper_bond(kith_peer_id peer)
{
    kith_bond_record bond = {.peer = peer,
                             .identity = {KITH_ADDRESS_RANDOM, {0, 0, 0, 1, 2, 0xc3}},
                             .local = {KITH_ADDRESS_RANDOM, {9, 8, 7, 6, 5, 0xc4}},
                             .level = KITH_LEVEL_ENCRYPTED,
                             .method = KITH_METHOD_JUST_WORKS,
                             .key_kind = KITH_KEY_KIND_SC,
                             .key_size = 16,
                             .has_ltk = true};

    bond.identity.octets[0] = (uint8_t)peer;
    bond.identity.octets[1] = (uint8_t)(peer >> 8);
    for (unsigned i = 0; i < 16; i++)
        bond.ltk[i] = (uint8_t)(peer + 3 * i + 1);
    return bond;
}

static inline void keeper_add_bonds(const kith_store *store, unsigned count)
{
    static const kith_device_record device = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {9, 8, 7, 6, 5, 0xc4}, 0};
    kith_store_state state;
    kith_record record;

    assert_int_equal(store->open(store->context, &state), KITH_OK);
    assert_int_equal(kith_record_encode_device(&device, &record), KITH_OK);
    assert_int_equal(store->put(store->context, &record, &state), KITH_OK);
    for (kith_peer_id peer = 1; peer <= count; peer++) {
        kith_bond_record bond = keeper_bond(peer);

        assert_int_equal(kith_record_encode_bond(&bond, &record), KITH_OK);
        assert_int_equal(store->put(store->context, &record, &state), KITH_OK);
    }
}

/* ---- the host ---- */

enum { KEEPER_EVENTS = 256, KEEPER_BONDS = 40, KEEPER_DATA = 32, KEEPER_GUARD = 0xa5 };

typedef struct {
    kith_host *h;
    uint8_t *memory;
    size_t size;
    kith_crypto_port port;
    kith_config config;
    kith_event events[KEEPER_EVENTS]; /* since they were last forgotten */
    unsigned count;
    unsigned items; /* of work, ever */
} keeper;

static inline void keeper_config(keeper *k, const kith_store *store)
{
    memset(k, 0, sizeof *k);
    assert_int_equal(kith_openssl_port(&k->port), KITH_OK);
    kith_config_default(&k->config);
    k->config.limits =
        (kith_limits){.links = 1, .pairings = 1, .bonds = KEEPER_BONDS, .mtu = 65, .events = 8, .data = KEEPER_DATA};
    k->config.crypto = &k->port;
    k->config.own_address = KITH_OWN_STATIC;
    k->config.store = store;
}

static inline void keeper_make(keeper *k)
{
    k->size = kith_host_size(&k->config.limits);
    k->memory = malloc(k->size + 8);
    assert_non_null(k->memory);
    memset(k->memory + k->size, KEEPER_GUARD, 8);
    assert_int_equal(kith_host_init(k->memory, k->size, &k->config, &k->h), KITH_OK);
    assert_int_equal(kith_host_start(k->h, 0), KITH_OK);
}

static inline void keeper_hear(keeper *k)
{
    kith_event event;

    while (kith_host_next_event(k->h, &event)) {
        assert_true(k->count < KEEPER_EVENTS);
        k->events[k->count++] = event;
    }
}

/* One item; false: there is none. */
static inline bool keeper_work(keeper *k)
{
    kith_work work;

    if (!kith_host_take_work(k->h, &work))
        return false;
    k->items++;
    kith_work_run(&work);
    assert_int_equal(kith_host_finish_work(k->h, &work, 0), KITH_OK);
    return true;
}

static inline void keeper_run(keeper *k)
{
    do
        keeper_hear(k);
    while (kith_host_advance(k->h, 0) == KITH_ERR_FULL || keeper_work(k));
    keeper_hear(k);
}

static inline void keeper_forget(keeper *k)
{
    k->count = 0;
}

static inline unsigned keeper_told(const keeper *k, kith_event_kind kind)
{
    unsigned told = 0;

    for (unsigned i = 0; i < k->count; i++)
        told += k->events[i].kind == kind;
    return told;
}

static inline const kith_event *keeper_last(const keeper *k, kith_event_kind kind)
{
    for (unsigned i = k->count; i-- > 0;)
        if (k->events[i].kind == kind)
            return &k->events[i];
    fail_msg("no event of kind %d", (int)kind);
    return NULL;
}

static inline void keeper_open(keeper *k, const kith_store *store)
{
    keeper_config(k, store);
    keeper_make(k);
    keeper_run(k);
    assert_int_equal(keeper_told(k, KITH_EVENT_STORE_LOADED), 1);
    keeper_forget(k);
}

static inline void keeper_close(keeper *k)
{
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(k->memory[k->size + i], KEEPER_GUARD);
    kith_host_erase(k->h);
    free(k->memory);
}

/* The end of that operation: there is one, and one alone. */
static inline kith_event_data keeper_end(keeper *k, kith_token token)
{
    kith_event_data end = {0};
    unsigned ends = 0;

    for (unsigned i = 0; i < k->count; i++)
        if (k->events[i].kind == KITH_EVENT_PEER_DATA && k->events[i].data.token == token) {
            end = k->events[i].data;
            ends++;
        }
    assert_int_equal(ends, 1);
    assert_int_not_equal(token, 0);
    return end;
}

static inline kith_event_data keeper_store(keeper *k, kith_peer_id peer, kith_peer_data what, const uint8_t *value,
                                           uint16_t len)
{
    kith_token token;
    kith_event_data end;

    assert_int_equal(kith_peers_store(k->h, peer, what, value, len, &token), KITH_OK);
    keeper_run(k);
    end = keeper_end(k, token);
    assert_int_equal(end.peer, peer);
    assert_int_equal(end.what, what);
    assert_int_equal(end.operation, KITH_PEER_STORED);
    return end;
}

static inline kith_event_data keeper_load(keeper *k, kith_peer_id peer, kith_peer_data what, uint8_t *buffer,
                                          uint16_t cap)
{
    kith_token token;
    kith_event_data end;

    assert_int_equal(kith_peers_load(k->h, peer, what, buffer, cap, &token), KITH_OK);
    keeper_run(k);
    end = keeper_end(k, token);
    assert_int_equal(end.peer, peer);
    assert_int_equal(end.what, what);
    assert_int_equal(end.operation, KITH_PEER_LOADED);
    assert_false(end.changed);
    return end;
}

static inline kith_event_data keeper_delete(keeper *k, kith_peer_id peer, kith_peer_data what)
{
    kith_token token;
    kith_event_data end;

    assert_int_equal(kith_peers_delete(k->h, peer, what, &token), KITH_OK);
    keeper_run(k);
    end = keeper_end(k, token);
    assert_int_equal(end.operation, KITH_PEER_DELETED);
    return end;
}

/* ---- values ---- */

static const uint16_t keeper_lengths[] = {0, 1, 182, 183, 184, 365, 366, 367, 1281, 1282, 1463, 1464};

enum { KEEPER_LENGTHS = sizeof keeper_lengths / sizeof keeper_lengths[0] };

/* No two of them have eight octets in common. */
static inline void keeper_value(uint8_t *out, uint16_t len, uint32_t seed)
{
    uint32_t x = seed * UINT32_C(2654435761) + 12345;

    for (uint16_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        out[i] = (uint8_t)(x >> 24);
    }
}

/* Is what is kept of that peer this one? */
static inline bool keeper_has(keeper *k, kith_peer_id peer, kith_peer_data what, uint16_t len, uint32_t seed)
{
    static uint8_t value[KITH_PEER_DATA_MAX], buffer[KITH_PEER_DATA_MAX];
    kith_event_data end = keeper_load(k, peer, what, buffer, sizeof buffer);

    keeper_value(value, len, seed);
    return end.status == KITH_OK && end.len == len && memcmp(buffer, value, len) == 0;
}

static inline void keeper_put(keeper *k, kith_peer_id peer, kith_peer_data what, uint16_t len, uint32_t seed)
{
    static uint8_t value[KITH_PEER_DATA_MAX];

    keeper_value(value, len, seed);
    assert_int_equal(keeper_store(k, peer, what, value, len).status, KITH_OK);
}

#endif
