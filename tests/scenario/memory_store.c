/* A store in memory.  See memory_store.h. */
#include "memory_store.h"

#include <stdlib.h>
#include <string.h>

#include "kith/codec/record.h"

static bool is_same(const kith_record *a, uint8_t kind, uint32_t id)
{
    return a->kind == kind && a->id == id;
}

kith_record *memory_store_find(memory_store *s, uint8_t kind, uint32_t id)
{
    for (uint32_t i = s->used; i-- > 0;)
        if (is_same(&s->log[i], kind, id))
            return s->log[i].removed ? NULL : &s->log[i];
    return NULL;
}

uint32_t memory_store_count(const memory_store *s, uint8_t kind)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->used; i++) {
        bool last = true;

        for (uint32_t later = i + 1; later < s->used; later++)
            last = last && !is_same(&s->log[later], s->log[i].kind, s->log[i].id);
        count += last && !s->log[i].removed && s->log[i].kind == kind;
    }
    return count;
}

static uint32_t room(const memory_store *s)
{
    uint32_t used = memory_store_count(s, KITH_RECORD_DEVICE) + memory_store_count(s, KITH_RECORD_BOND) +
                    memory_store_count(s, KITH_RECORD_STATE);

    for (uint8_t kind = KITH_RECORD_CHUNK; kind < KITH_RECORD_CHUNK_END; kind++)
        used += memory_store_count(s, kind);
    return s->capacity - used;
}

static kith_status answer(memory_store *s, kith_status status, kith_store_state *state)
{
    s->state.room = room(s);
    if (status == KITH_OK || !s->mute)
        *state = s->state;
    return status;
}

void memory_store_add(memory_store *s, const kith_record *record)
{
    if (s->used == MEMORY_STORE_ENTRIES)
        abort(); /* the test writes more than it said */
    s->log[s->used++] = *record;
    if (record->kind == KITH_RECORD_BOND && record->id > s->state.highest_id)
        s->state.highest_id = record->id;
}

bool memory_store_holds(const memory_store *s, const uint8_t *octets, size_t len)
{
    for (uint32_t i = 0; i < s->used; i++)
        for (size_t at = 0; at + len <= sizeof s->log[i].octets; at++)
            if (memcmp(s->log[i].octets + at, octets, len) == 0)
                return true;
    return false;
}

/* ---- the store ---- */

static kith_status open_store(void *context, kith_store_state *state)
{
    memory_store *s = context;

    s->opened++;
    return answer(s, s->opens, state);
}

static kith_status read_record(void *context, uint32_t *cursor, kith_record *out)
{
    memory_store *s = context;

    s->read++;
    if (s->reads != KITH_OK && *cursor >= s->reads_well)
        return s->reads;
    if (*cursor >= s->used)
        return KITH_ERR_NOT_FOUND;
    *out = s->log[(*cursor)++];
    return KITH_OK;
}

static kith_status get_record(void *context, kith_record *out)
{
    memory_store *s = context;
    const kith_record *found = memory_store_find(s, out->kind, out->id);

    s->got++;
    if (found == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = *found;
    return KITH_OK;
}

static kith_status put(void *context, const kith_record *record, kith_store_state *state)
{
    memory_store *s = context;

    s->put++;
    if (s->puts != KITH_OK && s->done_all_the_same)
        memory_store_add(s, record);
    if (s->puts != KITH_OK)
        return answer(s, s->puts, state);
    if (room(s) == 0 && memory_store_find(s, record->kind, record->id) == NULL)
        return answer(s, KITH_ERR_FULL, state);
    memory_store_add(s, record);
    return answer(s, KITH_OK, state);
}

static kith_status remove_record(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    memory_store *s = context;
    kith_record gone = {.kind = kind, .removed = true, .id = id};

    s->removed++;
    if (s->removes != KITH_OK)
        return answer(s, s->removes, state);
    for (uint32_t i = 0; i < s->used; i++)
        if (is_same(&s->log[i], kind, id)) {
            s->log[i] = gone;
            memset(s->log[i].octets, 0, sizeof s->log[i].octets);
        }
    memory_store_add(s, &gone);
    return answer(s, KITH_OK, state);
}

static kith_status erase_all(void *context, kith_store_state *state)
{
    memory_store *s = context;

    s->erased++;
    if (s->erases != KITH_OK)
        return answer(s, s->erases, state);
    memset(s->log, 0, sizeof s->log);
    memset(&s->state, 0, sizeof s->state);
    s->used = 0;
    s->opens = s->reads = KITH_OK; /* whatever was wrong with it is gone */
    return answer(s, KITH_OK, state);
}

void memory_store_init(memory_store *s, uint32_t capacity)
{
    memset(s, 0, sizeof *s);
    s->capacity = capacity;
    s->store = (kith_store){.context = s,
                            .open = open_store,
                            .read = read_record,
                            .put = put,
                            .remove = remove_record,
                            .erase = erase_all,
                            .get = get_record};
}
