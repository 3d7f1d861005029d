/* Against rollback: under a counter every change is a step.  The manifest says what the step leads from and to, in
 * digests of all that stands; it is durable before the change, and the counter advances after it.  So what stands is
 * what the last step led to, or the step was cut short and is finished or abandoned here; anything else is not what was
 * stored last.  docs/sealing.md. */
#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "base/wipe.h"
#include "seal/seal.h"

enum { LEN = 41, STEP_AT = 0, SKIPS_AT = 8, BEFORE_AT = 9, AFTER_AT = 25 };

typedef struct {
    uint64_t step;
    bool skips; /* the step before it was abandoned */
    uint8_t before[16], after[16];
} manifest;

bool seal_counts(const kith_sealed_store *s)
{
    return s->config.crypto->counter_read != NULL;
}

/* ---- its record ---- */

static kith_status keep(kith_sealed_store *s, const manifest *m)
{
    kith_record plain = {.kind = KITH_RECORD_SEAL, .id = SEAL_ID_MANIFEST, .len = LEN}, sealed;
    kith_status status;

    bytes_put64(plain.octets + STEP_AT, m->step);
    plain.octets[SKIPS_AT] = m->skips;
    memcpy(plain.octets + BEFORE_AT, m->before, 16);
    memcpy(plain.octets + AFTER_AT, m->after, 16);
    status = seal_close(s, &plain, &sealed);
    wipe(&plain, sizeof plain);
    return status == KITH_OK ? seal_inner_put(s, &sealed) : status;
}

static kith_status know(const kith_sealed_store *s, const kith_record *sealed, manifest *out)
{
    kith_record plain;
    kith_status status = seal_open(s, sealed, &plain);

    if (status == KITH_OK && (plain.len != LEN || plain.octets[SKIPS_AT] > 1))
        status = KITH_ERR_DAMAGED;
    out->step = bytes_get64(plain.octets + STEP_AT);
    out->skips = plain.octets[SKIPS_AT] == 1;
    memcpy(out->before, plain.octets + BEFORE_AT, 16);
    memcpy(out->after, plain.octets + AFTER_AT, 16);
    wipe(&plain, sizeof plain);
    return status;
}

/* ---- steps ---- */

static kith_status advance(kith_sealed_store *s, unsigned times)
{
    const kith_crypto_port *port = s->config.crypto;
    kith_status status = KITH_OK;

    for (; times > 0 && status == KITH_OK; times--) {
        status = port->counter_advance(port->context);
        s->counter += status == KITH_OK;
    }
    return status;
}

/* A step that changes nothing, two ahead: the one between them, if it was begun, never comes true any more. */
kith_status seal_manifest_renew(kith_sealed_store *s)
{
    manifest m = {.step = s->counter + 2, .skips = true};
    kith_status status;

    memcpy(m.before, s->digest, 16);
    memcpy(m.after, s->digest, 16);
    status = keep(s, &m);
    return status == KITH_OK ? advance(s, 2) : status;
}

static kith_status apply(kith_sealed_store *s, const kith_record *change)
{
    return change->removed ? seal_inner_remove(s, change->kind, change->id) : seal_inner_put(s, change);
}

/* What the digest of all will be. */
static kith_status digest_after(const kith_sealed_store *s, const kith_record *change, uint8_t out[16])
{
    kith_record old;
    uint8_t digest[16];
    kith_status status = seal_find(s, change->kind, change->id, &old);

    memcpy(out, s->digest, 16);
    if (status == KITH_OK)
        status = seal_digest(s, &old, digest);
    if (status == KITH_OK)
        seal_add_digest(out, digest);
    if (status == KITH_ERR_NOT_FOUND)
        status = KITH_OK;
    if (status == KITH_OK && !change->removed)
        status = seal_digest(s, change, digest);
    if (status == KITH_OK && !change->removed)
        seal_add_digest(out, digest);
    return status;
}

static kith_status do_step(kith_sealed_store *s, const kith_record *change, const manifest *m)
{
    kith_status status = keep(s, m);

    if (status == KITH_OK)
        status = apply(s, change);
    if (status == KITH_OK)
        status = advance(s, 1);
    if (status == KITH_OK)
        memcpy(s->digest, m->after, 16);
    return status;
}

/* One place stays free, so that the manifest of a removal always fits. */
kith_status seal_change(kith_sealed_store *s, const kith_record *change)
{
    manifest m = {.step = s->counter + 1};
    kith_status status;

    if (!seal_counts(s))
        return apply(s, change);
    if (!change->removed && s->inner.room < 2)
        return KITH_ERR_FULL;
    memcpy(m.before, s->digest, 16);
    status = digest_after(s, change, m.after);
    if (status != KITH_OK)
        return status;
    if (equal_ct(m.before, m.after, 16))
        return apply(s, change); /* the removal of what does not stand: octets of it may be there all the same */
    return do_step(s, change, &m);
}

/* ---- judging ---- */

static kith_status look_digest(const kith_sealed_store *s, const kith_record *record, seal_entry *entry, bool *wanted)
{
    *wanted = true;
    return seal_digest(s, record, entry->digest);
}

static kith_status digest_all(kith_sealed_store *s)
{
    seal_batch batch;
    uint32_t cursor = 0;
    kith_status status;

    memset(s->digest, 0, 16);
    do {
        status = seal_walk(s, look_digest, &cursor, &batch);
        for (unsigned i = 0; i < batch.count; i++)
            if (batch.of[i].stands)
                seal_add_digest(s->digest, batch.of[i].digest);
    } while (status == KITH_OK && batch.count == SEAL_BATCH);
    return status;
}

static kith_status measure(kith_sealed_store *s)
{
    const kith_crypto_port *port = s->config.crypto;
    kith_status status = port->counter_read(port->context, &s->counter);

    return status == KITH_OK ? digest_all(s) : status;
}

static kith_status refuse(const kith_sealed_store *s)
{
    return s->damaged + s->inner.damaged > 0 ? KITH_ERR_DAMAGED : KITH_ERR_ROLLED_BACK;
}

static kith_status judge(kith_sealed_store *s, const manifest *m)
{
    uint64_t ahead = m->step - s->counter; /* of an earlier one: a very large number */
    bool is_after = equal_ct(m->after, s->digest, 16), is_before = equal_ct(m->before, s->digest, 16);

    if (ahead == 0 && is_after)
        return KITH_OK;
    if ((ahead == 1 || (ahead == 2 && m->skips)) && is_after)
        return advance(s, (unsigned)ahead);
    if (ahead == 1 && is_before)
        return seal_manifest_renew(s);
    return refuse(s);
}

kith_status seal_manifest_judge(kith_sealed_store *s, const seal_found *found)
{
    manifest m;
    kith_status status;

    if (!seal_counts(s))
        return found->has_manifest ? KITH_ERR_UNSUPPORTED : KITH_OK;
    status = measure(s);
    if (status != KITH_OK)
        return status;
    if (!found->has_manifest) /* a store that was just begun, or one that lost it */
        return s->counter == 0 && found->plain + found->sealed == 0 ? seal_manifest_renew(s) : refuse(s);
    status = know(s, &found->manifest, &m);
    return status == KITH_OK ? judge(s, &m) : status;
}

kith_status seal_manifest_accept(kith_sealed_store *s)
{
    kith_status status = seal_counts(s) ? measure(s) : KITH_OK;

    return status == KITH_OK && seal_counts(s) ? seal_manifest_renew(s) : status;
}
