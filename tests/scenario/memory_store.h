/* A store in memory, for scenarios: it outlives its host, fails when it is told to, and counts what is asked of it.
 * It keeps records as a log does: older versions and removals are handed out, too. */
#ifndef SCENARIO_MEMORY_STORE_H
#define SCENARIO_MEMORY_STORE_H

#include "kith/store.h"

enum { MEMORY_STORE_ENTRIES = 64 };

typedef struct {
    kith_store store; /* what a configuration points to */
    uint32_t capacity;
    kith_record log[MEMORY_STORE_ENTRIES];
    uint32_t used;
    kith_store_state state;                           /* highest_id, damaged and torn are the test's to set, too */
    kith_status opens, reads, puts, removes, erases;  /* what the next ones answer; KITH_OK: they are done */
    bool mute;                                        /* a failure says nothing of the state */
    bool done_all_the_same;                           /* a put that fails has come true */
    unsigned opened, read, got, put, removed, erased; /* how often it was asked */
    uint32_t reads_well;                              /* so many records are read before `reads` is answered */
} memory_store;

void memory_store_init(memory_store *s, uint32_t capacity); /* records that it can hold */
uint32_t memory_store_count(const memory_store *s, uint8_t kind);
kith_record *memory_store_find(memory_store *s, uint8_t kind, uint32_t id); /* NULL: not there (any more) */
/* As if an earlier program had written it. */
void memory_store_add(memory_store *s, const kith_record *record);
/* Are these octets anywhere in it? */
bool memory_store_holds(const memory_store *s, const uint8_t *octets, size_t len);

#endif
