/* A store hands out records in the order in which they were put: a later one takes the place of an earlier one, or
 * removes it.  So all are taken, sorted, and the last word on each is kept. */
#include "store_bonds.h"

#include <stdlib.h>
#include <string.h>

#include "bonds_record.h"
#include "command.h"

enum { SEALED = 0x80 /* in the first octet of every sealed record */, FIRST = 64 };

typedef struct {
    kith_bond_record bond;
    uint32_t id;
    size_t order;
} word;

typedef struct {
    word *words;
    size_t count, cap;
    bool saw_anything, sealed, newer;
    uint32_t damaged;
} reading;

static void drop_words(reading *r)
{
    if (r->words != NULL)
        bonds_record_forget(r->words, r->cap * sizeof *r->words);
    free(r->words);
    r->words = NULL;
}

/* realloc() would leave keys behind. */
static bool grow(reading *r)
{
    size_t cap = r->cap > 0 ? 2 * r->cap : FIRST;
    word *words = calloc(cap, sizeof *words);

    if (words == NULL)
        return false;
    if (r->count > 0)
        memcpy(words, r->words, r->count * sizeof *words);
    drop_words(r);
    r->words = words;
    r->cap = cap;
    return true;
}

static void judge(reading *r, kith_status status)
{
    r->newer |= status == KITH_ERR_NEWER;
    r->damaged += status == KITH_ERR_DAMAGED;
}

static bool take_bond(reading *r, const kith_record *record)
{
    word *w;

    if (r->count == r->cap && !grow(r))
        return false;
    w = &r->words[r->count];
    memset(w, 0, sizeof *w);
    w->id = record->id;
    w->order = r->count++;
    if (!record->removed)
        judge(r, kith_record_decode_bond(record, &w->bond));
    return true;
}

static void take_device(store_bonds *b, reading *r, const kith_record *record)
{
    b->has_device = false;
    if (record->removed)
        return;
    judge(r, kith_record_decode_device(record, &b->device));
    b->has_device = true;
}

static bool take(store_bonds *b, reading *r, const kith_record *record)
{
    r->saw_anything = true;
    r->sealed |= record->kind == KITH_RECORD_SEAL || (record->len > 0 && (record->octets[0] & SEALED) != 0);
    if (r->sealed)
        return true;
    if (record->kind == KITH_RECORD_DEVICE && record->id == 0) /* others of ours stay where they are */
        take_device(b, r, record);
    return record->kind != KITH_RECORD_BOND || take_bond(r, record);
}

static bool read_all(store_bonds *b, reading *r, const kith_store *store, kith_status *status)
{
    kith_record record;
    uint32_t cursor = 0;
    bool enough = true;

    while (enough && (*status = store->read(store->context, &cursor, &record)) == KITH_OK)
        enough = take(b, r, &record);
    bonds_record_forget(&record, sizeof record);
    return enough;
}

/* ---- the last word ---- */

static int compare(const void *a, const void *b)
{
    const word *x = a, *y = b;

    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* One that was removed, or not understood, has the peer's ID 0. */
static bool keep_last_words(store_bonds *b, reading *r)
{
    if (r->count == 0)
        return true;
    b->bonds = calloc(r->count, sizeof *b->bonds);
    if (b->bonds == NULL)
        return false;
    qsort(r->words, r->count, sizeof *r->words, compare);
    for (size_t i = 0; i < r->count; i++) {
        const word *w = &r->words[i];
        bool is_last = i + 1 == r->count || r->words[i + 1].id != w->id;

        if (w->id > b->highest_id)
            b->highest_id = w->id;
        if (is_last && w->bond.peer != 0)
            b->bonds[b->count++] = w->bond;
    }
    return true;
}

/* ---- all ---- */

static void complain_of(const store_file *file, kith_status status)
{
    store_file_complain(file, &(kith_event_start_failed){.status = status});
}

static bool is_understood(const store_file *file, const reading *r, kith_status status)
{
    if (r->sealed)
        (void)complain("the store %s is sealed: its keys can be told and changed only by the program that seals it; "
                       "it was left as it is",
                       file->path);
    else if (status != KITH_ERR_NOT_FOUND)
        complain_of(file, status);
    else if (r->newer)
        complain_of(file, KITH_ERR_NEWER);
    else
        return true;
    return false;
}

bool store_bonds_load(store_bonds *b, const store_file *file, const kith_store *store)
{
    kith_store_state state = {.room = 0};
    reading r = {.count = 0};
    kith_status status;
    bool loaded = false;

    memset(b, 0, sizeof *b);
    status = store->open(store->context, &state);
    if (status != KITH_OK) {
        complain_of(file, status);
        return false;
    }
    if (!read_all(b, &r, store, &status) || !keep_last_words(b, &r))
        (void)complain("no memory");
    else
        loaded = is_understood(file, &r, status);
    b->damaged = state.damaged + r.damaged;
    b->is_new = !r.saw_anything && b->damaged == 0;
    b->room = state.room;
    if (state.highest_id > b->highest_id)
        b->highest_id = state.highest_id;
    drop_words(&r);
    if (!loaded)
        store_bonds_free(b);
    return loaded;
}

void store_bonds_free(store_bonds *b)
{
    if (b->bonds != NULL)
        bonds_record_forget(b->bonds, b->count * sizeof *b->bonds);
    free(b->bonds);
    bonds_record_forget(b, sizeof *b);
}

const kith_bond_record *store_bonds_find(const store_bonds *b, const kith_address *identity)
{
    for (size_t i = b->count; i-- > 0;)
        if (kith_address_equal(&b->bonds[i].identity, identity))
            return &b->bonds[i];
    return NULL;
}

kith_address store_bonds_own(const store_bonds *b)
{
    kith_address own = {.type = KITH_ADDRESS_RANDOM};

    memcpy(own.octets, b->device.static_address, sizeof own.octets);
    return own;
}
