/* Sealing a store that is plain.  A record's sealed form is put aside, and noted; then the record is removed, which
 * destroys every version of it; then its sealed form is put in its place.  So it stands in one form or the other, and
 * no plain octets are left behind. */
#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "base/wipe.h"
#include "seal/seal.h"

enum { LEN = 21, KIND_AT = 0, ID_AT = 1, TAG_AT = 5 };

static const uint8_t *tag_of(const kith_record *sealed)
{
    return sealed->octets + sealed->len - SEAL_TAG;
}

/* ---- one record ---- */

static kith_status put_aside(kith_sealed_store *s, const kith_record *sealed)
{
    kith_record copy = *sealed;

    copy.kind = KITH_RECORD_SEAL;
    copy.id = SEAL_ID_COPY;
    return seal_inner_put(s, &copy);
}

static kith_status note(kith_sealed_store *s, const kith_record *sealed)
{
    kith_record plain = {.kind = KITH_RECORD_SEAL, .id = SEAL_ID_JOURNAL, .len = LEN}, journal;
    kith_status status;

    plain.octets[KIND_AT] = sealed->kind;
    bytes_put32(plain.octets + ID_AT, sealed->id);
    memcpy(plain.octets + TAG_AT, tag_of(sealed), SEAL_TAG);
    status = seal_close(s, &plain, &journal);
    return status == KITH_OK ? seal_inner_put(s, &journal) : status;
}

/* Nothing is removed unless what is to take its place surely fits. */
static kith_status convert_record(kith_sealed_store *s, uint8_t kind, uint32_t id)
{
    kith_record plain, sealed;
    kith_status status = seal_find(s, kind, id, &plain);

    if (status == KITH_OK && plain.len > KITH_RECORD_MAX)
        status = KITH_ERR_DAMAGED;
    if (status == KITH_OK)
        status = seal_close(s, &plain, &sealed);
    wipe(&plain, sizeof plain);
    if (status == KITH_OK)
        status = put_aside(s, &sealed);
    if (status == KITH_OK)
        status = note(s, &sealed);
    if (status == KITH_OK && s->inner.room == 0)
        status = KITH_ERR_FULL;
    if (status == KITH_OK)
        status = seal_inner_remove(s, kind, id);
    return status == KITH_OK ? seal_inner_put(s, &sealed) : status;
}

/* ---- what a cut left ---- */

/* The record that was being moved when the power went.  KITH_ERR_NOT_FOUND: none. */
static kith_status find_moved(const kith_sealed_store *s, kith_record *copy)
{
    kith_record journal, plain;
    kith_status status = seal_find(s, KITH_RECORD_SEAL, SEAL_ID_JOURNAL, &journal);

    if (status == KITH_OK)
        status = seal_open(s, &journal, &plain);
    if (status == KITH_OK && plain.len != LEN)
        status = KITH_ERR_DAMAGED;
    if (status == KITH_OK)
        status = seal_find(s, KITH_RECORD_SEAL, SEAL_ID_COPY, copy);
    if (status != KITH_OK)
        return status;
    copy->kind = plain.octets[KIND_AT];
    copy->id = bytes_get32(plain.octets + ID_AT);
    return copy->len >= SEAL_MORE && equal_ct(tag_of(copy), plain.octets + TAG_AT, SEAL_TAG) ? KITH_OK
                                                                                             : KITH_ERR_NOT_FOUND;
}

static kith_status resume(kith_sealed_store *s)
{
    kith_record copy, there;
    kith_status status = find_moved(s, &copy);

    if (status == KITH_OK) {
        status = seal_find(s, copy.kind, copy.id, &there);
        if (status == KITH_ERR_NOT_FOUND)
            return seal_inner_put(s, &copy);
    }
    return status == KITH_ERR_NOT_FOUND ? KITH_OK : status;
}

/* ---- all of them ---- */

static kith_status look_plain(const kith_sealed_store *s, const kith_record *record, seal_entry *entry, bool *wanted)
{
    (void)s;
    (void)entry;
    *wanted = seal_is_plain(record);
    return KITH_OK;
}

static kith_status convert_some(kith_sealed_store *s, bool *more)
{
    seal_batch batch;
    uint32_t cursor = 0;
    kith_status status;

    *more = false;
    do {
        status = seal_walk(s, look_plain, &cursor, &batch);
        for (unsigned i = 0; i < batch.count && status == KITH_OK; i++)
            if (batch.of[i].stands) {
                *more = true;
                status = convert_record(s, batch.of[i].kind, batch.of[i].id);
            }
    } while (status == KITH_OK && !*more && batch.count == SEAL_BATCH);
    return status;
}

/* What moves leaves no trace; then the counter, if there is one, and last the word that all is sealed. */
static kith_status finish(kith_sealed_store *s)
{
    kith_status status = seal_inner_remove(s, KITH_RECORD_SEAL, SEAL_ID_JOURNAL);

    if (status == KITH_OK)
        status = seal_inner_remove(s, KITH_RECORD_SEAL, SEAL_ID_COPY);
    if (status == KITH_OK)
        status = seal_manifest_accept(s);
    return status == KITH_OK ? seal_identity_keep(s, false) : status;
}

static kith_status convert_all(kith_sealed_store *s)
{
    bool more = true;
    kith_status status = resume(s);

    while (status == KITH_OK && more)
        status = convert_some(s, &more);
    return status == KITH_OK ? finish(s) : status;
}

/* Each record grows by less than a third of the largest; besides there are four of the store's own. */
static kith_status begin_converting(kith_sealed_store *s, const seal_found *found)
{
    if (s->inner.room < 6 + found->plain / 3)
        return KITH_ERR_FULL;
    return seal_identity_make(s, true);
}

static kith_status is_to_convert(kith_sealed_store *s, bool *wanted)
{
    bool converting = false;
    seal_found found;
    kith_status status = seal_inner_open(s);

    if (status == KITH_OK)
        status = seal_has_key(s, s->config.generation);
    if (status == KITH_OK)
        status = seal_look_around(s, &found);
    if (status == KITH_OK && found.has_identity)
        status = seal_identity_know(s, &found.identity, &converting);
    else if (status == KITH_OK && !found.lost_identity && found.sealed == 0 && found.plain > 0)
        status = (converting = true, begin_converting(s, &found));
    *wanted = converting;
    return status;
}

kith_status kith_sealed_store_convert(kith_sealed_store *s, kith_store_state *state)
{
    bool wanted = false;
    kith_status status;

    s->is_open = false;
    status = is_to_convert(s, &wanted);
    if (status == KITH_OK && wanted)
        status = convert_all(s);
    if (status == KITH_OK)
        status = seal_enter_anew(s, false);
    return seal_leave(s, status, state);
}
