/* Another device key: every record that stands is sealed anew, one after the other, each an ordinary change.  Cut
 * short, some are under one key and some under the other, and both are read. */
#include <string.h>

#include "base/wipe.h"
#include "seal/seal.h"

static kith_status look_other_generation(const kith_sealed_store *s, const kith_record *record, seal_entry *entry,
                                         bool *wanted)
{
    kith_record plain;

    if (!seal_is_plain(record) && record->len >= SEAL_MORE && seal_generation(record) == s->config.generation)
        return KITH_OK;
    entry->status = seal_open(s, record, &plain);
    wipe(&plain, sizeof plain);
    *wanted = true;
    return KITH_OK;
}

static kith_status seal_anew(kith_sealed_store *s, uint8_t kind, uint32_t id)
{
    kith_record old, plain, fresh;
    kith_status status = seal_find(s, kind, id, &old);

    if (status == KITH_OK)
        status = seal_open(s, &old, &plain);
    if (status == KITH_OK)
        status = seal_close(s, &plain, &fresh);
    wipe(&plain, sizeof plain);
    return status == KITH_OK ? seal_change(s, &fresh) : status;
}

/* What is not authentic cannot be sealed anew: it stays what it is. */
static kith_status rotate_entry(kith_sealed_store *s, const seal_entry *entry, bool *more, uint32_t *damaged)
{
    if (!entry->stands)
        return KITH_OK;
    *damaged += entry->status == KITH_ERR_DAMAGED;
    if (entry->status != KITH_OK)
        return entry->status == KITH_ERR_DAMAGED ? KITH_OK : entry->status;
    *more = true;
    return seal_anew(s, entry->kind, entry->id);
}

/* The first few that are left; *more: there were some.  What was authentic when the store was opened and is not now was
 * a failure of the port: its key is still needed. */
static kith_status rotate_some(kith_sealed_store *s, bool *more)
{
    seal_batch batch;
    uint32_t cursor = 0, damaged = 0;
    kith_status status;

    *more = false;
    do {
        status = seal_walk(s, look_other_generation, &cursor, &batch);
        for (unsigned i = 0; i < batch.count && status == KITH_OK; i++)
            status = rotate_entry(s, &batch.of[i], more, &damaged);
    } while (status == KITH_OK && !*more && batch.count == SEAL_BATCH);
    return status == KITH_OK && damaged > s->damaged ? KITH_ERR_CRYPTO : status;
}

static bool is_other(const kith_sealed_store *s, bool there, const kith_record *own)
{
    return there && seal_generation(own) != s->config.generation;
}

/* The manifest before the identity: whoever finds that under the new key finds nothing under the old one. */
static kith_status rotate_own(kith_sealed_store *s)
{
    seal_found found;
    kith_status status = seal_look_around(s, &found);

    if (status == KITH_OK && is_other(s, found.has_manifest, &found.manifest))
        status = seal_manifest_renew(s);
    if (status == KITH_OK && is_other(s, found.has_identity, &found.identity))
        status = seal_identity_keep(s, false);
    return status;
}

kith_status kith_sealed_store_rotate(kith_sealed_store *s, uint16_t generation, kith_store_state *state)
{
    kith_status status = seal_has_key(s, generation);
    bool more = true;

    if (status == KITH_OK)
        status = seal_enter(s);
    if (status == KITH_OK)
        s->config.generation = generation;
    while (status == KITH_OK && more)
        status = rotate_some(s, &more);
    if (status == KITH_OK)
        status = rotate_own(s);
    return seal_leave(s, status, state);
}
