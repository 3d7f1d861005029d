/* What stands in the inner store: of each kind and id the last record that it hands out.  There is no memory for all of
 * them, so a few are taken at a time, and the rest is walked to see whether something takes their place. */
#include <string.h>

#include "seal/seal.h"

/* Records of the store's own are passed over. */
static kith_status next_record(const kith_sealed_store *s, uint32_t *cursor, kith_record *out)
{
    const kith_store *inner = s->config.inner;
    kith_status status;

    do
        status = inner->read(inner->context, cursor, out);
    while (status == KITH_OK && out->kind == KITH_RECORD_SEAL);
    return status;
}

static void replace(seal_batch *batch, const kith_record *by)
{
    for (unsigned i = 0; i < batch->count; i++)
        if (batch->of[i].kind == by->kind && batch->of[i].id == by->id)
            batch->of[i].stands = false;
}

static kith_status consider(const kith_sealed_store *s, seal_look *look, const kith_record *record, seal_batch *batch)
{
    seal_entry *entry = &batch->of[batch->count];
    bool wanted = false;
    kith_status status;

    replace(batch, record);
    if (record->removed)
        return KITH_OK;
    *entry = (seal_entry){.id = record->id, .kind = record->kind, .stands = true, .status = KITH_OK};
    status = look(s, record, entry, &wanted);
    batch->count += wanted;
    return status;
}

kith_status seal_walk(const kith_sealed_store *s, seal_look *look, uint32_t *cursor, seal_batch *batch)
{
    kith_status status = KITH_OK;
    kith_record record;
    uint32_t later;

    batch->count = 0;
    while (status == KITH_OK && batch->count < SEAL_BATCH) {
        status = next_record(s, cursor, &record);
        if (status == KITH_OK)
            status = consider(s, look, &record, batch);
    }
    later = *cursor;
    while (status == KITH_OK) {
        status = next_record(s, &later, &record);
        if (status == KITH_OK)
            replace(batch, &record);
    }
    return status == KITH_ERR_NOT_FOUND ? KITH_OK : status;
}

kith_status seal_find(const kith_sealed_store *s, uint8_t kind, uint32_t id, kith_record *out)
{
    const kith_store *inner = s->config.inner;
    bool found = false;
    kith_status status;
    kith_record record;
    uint32_t cursor = 0;

    while ((status = inner->read(inner->context, &cursor, &record)) == KITH_OK)
        if (record.kind == kind && record.id == id) {
            found = !record.removed;
            *out = record;
        }
    return status == KITH_ERR_NOT_FOUND && found ? KITH_OK : status;
}

kith_status seal_is_replaced(const kith_sealed_store *s, uint32_t cursor, const kith_record *record, bool *replaced)
{
    kith_record later;
    kith_status status = KITH_OK;

    *replaced = false;
    while (status == KITH_OK && !*replaced) {
        status = next_record(s, &cursor, &later);
        *replaced = status == KITH_OK && later.kind == record->kind && later.id == record->id;
    }
    return status == KITH_ERR_NOT_FOUND ? KITH_OK : status;
}

/* ---- one look at everything ---- */

static void look_at_own(const kith_record *record, seal_found *out)
{
    if (record->id == SEAL_ID_IDENTITY) {
        out->has_identity = !record->removed;
        out->lost_identity = record->removed;
        out->identity = *record;
    }
    if (record->id == SEAL_ID_MANIFEST) {
        out->has_manifest = !record->removed;
        out->manifest = *record;
    }
}

kith_status seal_look_around(const kith_sealed_store *s, seal_found *out)
{
    const kith_store *inner = s->config.inner;
    kith_status status;
    kith_record record;
    uint32_t cursor = 0;

    memset(out, 0, sizeof *out);
    while ((status = inner->read(inner->context, &cursor, &record)) == KITH_OK) {
        if (record.kind == KITH_RECORD_SEAL)
            look_at_own(&record, out);
        else if (!record.removed && seal_is_plain(&record))
            out->plain++;
        else if (!record.removed)
            out->sealed++;
    }
    return status == KITH_ERR_NOT_FOUND ? KITH_OK : status;
}
