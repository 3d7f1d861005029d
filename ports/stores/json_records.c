/* The records of a JSON store in memory, and the words of its text. */
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "kith/codec/record.h"
#include "kith/verdict.h"

const jstore_word jstore_levels[] = {{KITH_LEVEL_ENCRYPTED, "encrypted"},
                                     {KITH_LEVEL_AUTHENTICATED, "authenticated"},
                                     {KITH_LEVEL_SC_AUTHENTICATED, "sc-authenticated"},
                                     {0, NULL}};
const jstore_word jstore_methods[] = {{KITH_METHOD_JUST_WORKS, "just-works"},
                                      {KITH_METHOD_NUMERIC_COMPARISON, "numeric-comparison"},
                                      {KITH_METHOD_PASSKEY, "passkey"},
                                      {KITH_METHOD_OOB, "oob"},
                                      {0, NULL}};
const jstore_word jstore_key_kinds[] = {
    {KITH_KEY_KIND_SC, "secure-connections"}, {KITH_KEY_KIND_LEGACY, "legacy"}, {0, NULL}};
const jstore_word jstore_roles[] = {{0, "responder"}, {1, "initiator"}, {0, NULL}};
const jstore_word jstore_answers[] = {{KITH_STATE_NO, "no"}, {KITH_STATE_YES, "yes"}, {0, NULL}};
const jstore_word jstore_cccds[] = {{1, "notify"}, {2, "indicate"}, {3, "notify-and-indicate"}, {0, NULL}};

void jstore_wipe(void *p, size_t len)
{
    volatile uint8_t *octets = p;

    while (len-- > 0)
        *octets++ = 0;
}

static int compare(const kith_record *record, uint8_t kind, uint32_t id)
{
    if (record->id != id)
        return record->id < id ? -1 : 1;
    return record->kind - kind;
}

size_t jstore_find(const jstore_records *records, uint8_t kind, uint32_t id, bool *found)
{
    size_t low = 0, high = records->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(&records->all[middle], kind, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < records->count && compare(&records->all[low], kind, id) == 0;
    return low;
}

/* Not realloc: what it leaves behind cannot be overwritten. */
static bool make_room(jstore_records *records)
{
    size_t room = records->room == 0 ? 16 : records->room * 2;
    kith_record *all;

    if (records->count < records->room)
        return true;
    all = malloc(room * sizeof *all);
    if (all == NULL)
        return false;
    if (records->count > 0)
        memcpy(all, records->all, records->count * sizeof *all);
    jstore_wipe(records->all, records->count * sizeof *all);
    free(records->all);
    records->all = all;
    records->room = room;
    return true;
}

bool jstore_put(jstore_records *records, const kith_record *record)
{
    bool found;
    size_t at = jstore_find(records, record->kind, record->id, &found);

    if (!found) {
        if (!make_room(records))
            return false;
        memmove(records->all + at + 1, records->all + at, (records->count - at) * sizeof *records->all);
        records->count++;
    }
    records->all[at] = *record;
    if (record->kind == KITH_RECORD_BOND && record->id > records->highest_id)
        records->highest_id = record->id;
    return true;
}

void jstore_remove(jstore_records *records, uint8_t kind, uint32_t id)
{
    bool found;
    size_t at = jstore_find(records, kind, id, &found);

    if (!found)
        return;
    records->count--;
    memmove(records->all + at, records->all + at + 1, (records->count - at) * sizeof *records->all);
    jstore_wipe(&records->all[records->count], sizeof *records->all);
}

bool jstore_copy(jstore_records *to, const jstore_records *from)
{
    *to = (jstore_records){.highest_id = from->highest_id};
    if (from->count == 0)
        return true;
    to->all = malloc(from->count * sizeof *to->all);
    if (to->all == NULL)
        return false;
    memcpy(to->all, from->all, from->count * sizeof *to->all);
    to->count = to->room = from->count;
    return true;
}

void jstore_free(jstore_records *records)
{
    jstore_wipe(records->all, records->count * sizeof *records->all);
    free(records->all);
    *records = (jstore_records){0};
}
