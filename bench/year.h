/* A device's life as its store sees it, in virtual time.  Eight peers are bonded; each day fifty reconnect, which
 * writes that peer's state (when it was last here), and two hundred more changes of state come; each month some peers
 * bond again and some are forgotten and come back under a new ID.  Now and then the power goes in the middle of it, and
 * the device starts again.  All that must be there is looked at every day. */
#ifndef BENCH_YEAR_H
#define BENCH_YEAR_H

#include <stdbool.h>
#include <string.h>

#include "sim/flash.h"

enum {
    YEAR_BONDS = 8,
    YEAR_RECONNECTS = 50, /* each day */
    YEAR_STATE_CHANGES = 200,
    YEAR_BONDINGS = 4, /* each month, of those that bond again */
    YEAR_FORGETTINGS = 2,
    YEAR_CUT_ONE_IN = 500, /* changes */
    YEAR_BOND = 57,        /* octets */
    YEAR_STATE = 40,
    YEAR_SLOTS = 64
};

typedef struct {
    uint32_t id;
    uint32_t bond, state; /* what they were filled from */
} year_peer;

typedef struct {
    sim_flash flash;
    kith_flash_log log;
    kith_flash_slot slots[YEAR_SLOTS];
    kith_store store;
    kith_store_state told;
    sim_rng rng;
    year_peer peers[YEAR_BONDS];
    uint32_t next_id, next_fill;
    bool has_index;
    uint64_t wanted; /* octets of records that were to be written */
    uint64_t days;
    uint32_t cuts, changes, forgotten;
    const char *trouble; /* NULL: none */
} year;

static inline kith_record year_record(uint8_t kind, uint32_t id, uint32_t fill)
{
    kith_record record = {.kind = kind, .id = id, .len = kind == KITH_RECORD_BOND ? YEAR_BOND : YEAR_STATE};
    sim_rng rng;

    sim_rng_seed(&rng, fill, id << 2 | kind);
    sim_rng_fill(&rng, record.octets, record.len);
    return record;
}

static inline void year_expect(year *y, bool holds, const char *trouble)
{
    if (!holds && y->trouble == NULL)
        y->trouble = trouble;
}

static inline void year_start(year *y)
{
    sim_flash_power_on(&y->flash);
    memset(&y->log, 0xa5, sizeof y->log);
    year_expect(y, kith_flash_log_init(&y->log, &y->flash.port, &y->store) == KITH_OK, "no such geometry");
    if (y->has_index)
        kith_flash_log_index(&y->log, y->slots, YEAR_SLOTS);
    year_expect(y, y->store.open(y->store.context, &y->told) == KITH_OK, "does not open");
    year_expect(y, y->told.damaged == 0, "something is damaged");
}

/* Until it is done: a device that starts again does what it had not been told is done. */
static inline void year_change(year *y, uint8_t kind, uint32_t id, uint32_t fill)
{
    kith_record record = year_record(kind, id, fill);
    kith_status status = KITH_ERR_STORAGE;

    y->changes++;
    y->wanted += fill != 0 ? record.len : 0;
    if (sim_rng_below(&y->rng, YEAR_CUT_ONE_IN) == 0)
        sim_flash_cut(&y->flash, 1 + sim_rng_below(&y->rng, 4), sim_rng_below(&y->rng, 300));
    for (unsigned i = 0; i < 2 && status != KITH_OK; i++) {
        status = fill != 0 ? y->store.put(y->store.context, &record, &y->told)
                           : y->store.remove(y->store.context, kind, id, &y->told);
        if (sim_flash_has_cut(&y->flash)) {
            y->cuts++;
            year_start(y);
        }
    }
    year_expect(y, status == KITH_OK, "a change was not done");
}

static inline void year_bond(year *y, year_peer *peer)
{
    peer->bond = ++y->next_fill;
    year_change(y, KITH_RECORD_BOND, peer->id, peer->bond);
}

static inline void year_touch(year *y, year_peer *peer)
{
    peer->state = ++y->next_fill;
    year_change(y, KITH_RECORD_STATE, peer->id, peer->state);
}

static inline void year_forget(year *y, year_peer *peer)
{
    year_change(y, KITH_RECORD_BOND, peer->id, 0);
    year_change(y, KITH_RECORD_STATE, peer->id, 0);
    year_expect(y, y->told.highest_id >= y->next_id, "an ID may be given out twice");
    *peer = (year_peer){.id = ++y->next_id};
    y->forgotten++;
    year_bond(y, peer);
    year_touch(y, peer);
}

static inline year_peer *year_any(year *y)
{
    return &y->peers[sim_rng_below(&y->rng, YEAR_BONDS)];
}

static inline bool year_is(const kith_record *record, uint32_t fill)
{
    kith_record wanted = year_record(record->kind, record->id, fill);

    return record->len == wanted.len && memcmp(record->octets, wanted.octets, wanted.len) == 0;
}

/* The last word on each peer must be what was put last. */
static inline void year_look(year *y)
{
    kith_record record, bonds[YEAR_BONDS] = {{0}}, states[YEAR_BONDS] = {{0}};
    uint32_t cursor = 0;

    while (y->store.read(y->store.context, &cursor, &record) == KITH_OK)
        for (unsigned i = 0; i < YEAR_BONDS; i++)
            if (y->peers[i].id == record.id)
                *(record.kind == KITH_RECORD_BOND ? &bonds[i] : &states[i]) = record;
    for (unsigned i = 0; i < YEAR_BONDS; i++) {
        year_expect(y, bonds[i].kind != 0 && year_is(&bonds[i], y->peers[i].bond), "a bond is not as it was put");
        year_expect(y, states[i].kind != 0 && year_is(&states[i], y->peers[i].state), "a state is not as it was put");
    }
}

static inline bool year_begin(year *y, const sim_flash_geometry *geometry, bool has_index, uint64_t seed)
{
    memset(y, 0, sizeof *y);
    if (!sim_flash_new(&y->flash, geometry))
        return false;
    y->has_index = has_index;
    sim_rng_seed(&y->rng, seed, 0);
    year_start(y);
    for (unsigned i = 0; i < YEAR_BONDS; i++) {
        y->peers[i].id = ++y->next_id;
        year_bond(y, &y->peers[i]);
        year_touch(y, &y->peers[i]);
    }
    return true;
}

static inline void year_day(year *y)
{
    for (unsigned i = 0; i < YEAR_RECONNECTS + YEAR_STATE_CHANGES; i++)
        year_touch(y, year_any(y));
    if (sim_rng_below(&y->rng, 30) < YEAR_BONDINGS)
        year_bond(y, year_any(y));
    if (sim_rng_below(&y->rng, 30) < YEAR_FORGETTINGS)
        year_forget(y, year_any(y));
    y->days++;
    year_look(y);
}

static inline void year_end(year *y)
{
    year_expect(y, y->flash.counts.mistakes == 0, "the flash was misused");
    sim_flash_free(&y->flash);
}

typedef struct {
    uint32_t least, most, all;
} year_wear;

static inline year_wear year_wear_of(const year *y)
{
    year_wear wear = {UINT32_MAX, 0, 0};

    for (uint32_t i = 0; i < y->flash.port.sector_count; i++) {
        uint32_t erases = y->flash.wear[i];

        wear.least = erases < wear.least ? erases : wear.least;
        wear.most = erases > wear.most ? erases : wear.most;
        wear.all += erases;
    }
    return wear;
}

#endif
