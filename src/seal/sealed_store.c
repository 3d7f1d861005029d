/* A store around a store: kith/sealed_store.h.  What it writes: docs/sealing.md. */
#include <string.h>

#include "base/wipe.h"
#include "seal/seal.h"

/* ---- opening ---- */

/* Is it a fault of the record?  Anything else is one of the port or the medium, and says nothing of the record. */
static bool is_of_record(kith_status status)
{
    return status == KITH_ERR_DAMAGED || status == KITH_ERR_NEWER || status == KITH_ERR_NO_KEY;
}

static kith_status look_unsound(const kith_sealed_store *s, const kith_record *record, seal_entry *entry, bool *wanted)
{
    kith_record plain;

    entry->status = seal_open(s, record, &plain);
    wipe(&plain, sizeof plain);
    *wanted = entry->status != KITH_OK;
    return *wanted && !is_of_record(entry->status) ? entry->status : KITH_OK;
}

/* Counts what stands and is not authentic.  A later version, or a key that is not there, fails it all: such records are
 * not lost, and must not be taken for it. */
static kith_status verify(kith_sealed_store *s)
{
    seal_batch batch;
    uint32_t cursor = 0;
    kith_status status;

    s->damaged = 0;
    do {
        status = seal_walk(s, look_unsound, &cursor, &batch);
        for (unsigned i = 0; i < batch.count && status == KITH_OK; i++) {
            bool stands = batch.of[i].stands, is_damage = batch.of[i].status == KITH_ERR_DAMAGED;

            s->damaged += stands && is_damage;
            status = stands && !is_damage ? batch.of[i].status : KITH_OK;
        }
    } while (status == KITH_OK && batch.count == SEAL_BATCH);
    return status;
}

/* An empty store under a counter that has counted was not empty when it did. */
static kith_status begin_store(kith_sealed_store *s, bool accepts)
{
    kith_status status = KITH_OK;

    if (seal_counts(s))
        status = s->config.crypto->counter_read(s->config.crypto->context, &s->counter);
    if (status == KITH_OK && seal_counts(s) && s->counter != 0 && !accepts)
        return KITH_ERR_ROLLED_BACK;
    if (status == KITH_OK)
        status = seal_identity_make(s, false);
    return status == KITH_OK ? seal_manifest_accept(s) : status;
}

static kith_status without_identity(kith_sealed_store *s, const seal_found *found, bool accepts)
{
    if (found->lost_identity || found->sealed > 0)
        return KITH_ERR_DAMAGED;
    return found->plain > 0 ? KITH_ERR_UNSEALED : begin_store(s, accepts);
}

static kith_status with_identity(kith_sealed_store *s, const seal_found *found, bool accepts)
{
    bool converting = false;
    kith_status status = seal_identity_know(s, &found->identity, &converting);

    if (status == KITH_OK && converting)
        return KITH_ERR_UNSEALED;
    if (status == KITH_OK)
        status = verify(s);
    if (status != KITH_OK)
        return status;
    return accepts && seal_counts(s) ? seal_manifest_accept(s) : seal_manifest_judge(s, found);
}

kith_status seal_enter_anew(kith_sealed_store *s, bool accepts)
{
    seal_found found;
    kith_status status;

    s->is_open = false;
    s->damaged = 0;
    status = seal_inner_open(s);
    if (status == KITH_OK)
        status = seal_has_key(s, s->config.generation);
    if (status == KITH_OK)
        status = seal_look_around(s, &found);
    if (status == KITH_OK)
        status = found.has_identity ? with_identity(s, &found, accepts) : without_identity(s, &found, accepts);
    s->is_open = status == KITH_OK;
    return status;
}

kith_status seal_enter(kith_sealed_store *s)
{
    return s->is_open ? KITH_OK : seal_enter_anew(s, false);
}

/* After a failure nobody knows what is there: the next operation looks. */
kith_status seal_leave(kith_sealed_store *s, kith_status status, kith_store_state *state)
{
    if (status != KITH_OK && status != KITH_ERR_VALUE)
        s->is_open = false;
    if (state == NULL)
        return status;
    *state = s->inner;
    state->damaged += s->damaged;
    if (seal_counts(s) && state->room > 0)
        state->room--;
    return status;
}

static kith_status open_sealed(void *context, kith_store_state *state)
{
    kith_sealed_store *s = context;

    return seal_leave(s, seal_enter_anew(s, false), state);
}

/* ---- reading ---- */

/* What is not authentic takes the place of what it had replaced, as what is damaged does. */
static kith_status hand_out_refused(const kith_sealed_store *s, uint32_t cursor, const kith_record *sealed,
                                    kith_status why, kith_record *out, bool *done)
{
    bool replaced;
    kith_status status = seal_is_replaced(s, cursor, sealed, &replaced);

    *done = status != KITH_OK || !replaced;
    if (status != KITH_OK || replaced)
        return status;
    if (why != KITH_ERR_DAMAGED)
        return why;
    out->kind = sealed->kind;
    out->id = sealed->id;
    out->removed = true;
    return KITH_OK;
}

static kith_status hand_out(const kith_sealed_store *s, uint32_t cursor, const kith_record *sealed, kith_record *out,
                            bool *done)
{
    kith_status status;

    *done = false;
    if (sealed->kind == KITH_RECORD_SEAL)
        return KITH_OK;
    *done = true;
    if (sealed->removed) {
        *out = *sealed;
        return KITH_OK;
    }
    status = seal_open(s, sealed, out);
    return is_of_record(status) ? hand_out_refused(s, cursor, sealed, status, out, done) : status;
}

static kith_status read_sealed(void *context, uint32_t *cursor, kith_record *out)
{
    kith_sealed_store *s = context;
    const kith_store *inner = s->config.inner;
    kith_status status = seal_enter(s);
    kith_record sealed;
    bool done = false;

    memset(out, 0, sizeof *out);
    while (status == KITH_OK && !done) {
        status = inner->read(inner->context, cursor, &sealed);
        if (status == KITH_OK)
            status = hand_out(s, *cursor, &sealed, out, &done);
    }
    return status == KITH_ERR_NOT_FOUND ? status : seal_leave(s, status, NULL);
}

/* ---- writing ---- */

static kith_status put_sealed(void *context, const kith_record *record, kith_store_state *state)
{
    kith_sealed_store *s = context;
    kith_record sealed;
    kith_status status = KITH_ERR_VALUE;

    if (record->kind != KITH_RECORD_SEAL && record->len <= KITH_RECORD_MAX && !record->removed)
        status = seal_enter(s);
    if (status == KITH_OK)
        status = seal_close(s, record, &sealed);
    if (status == KITH_OK)
        status = seal_change(s, &sealed);
    return seal_leave(s, status, state);
}

static kith_status remove_sealed(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    kith_sealed_store *s = context;
    const kith_record removal = {.kind = kind, .removed = true, .id = id};
    kith_status status = kind != KITH_RECORD_SEAL ? seal_enter(s) : KITH_ERR_VALUE;

    if (status == KITH_OK)
        status = seal_change(s, &removal);
    return seal_leave(s, status, state);
}

/* Whatever it was: a new store with a new identity, so nothing of the old one is ever taken for its own. */
static kith_status erase_sealed(void *context, kith_store_state *state)
{
    kith_sealed_store *s = context;
    const kith_store *inner = s->config.inner;
    kith_status status = seal_has_key(s, s->config.generation);

    s->is_open = false;
    s->damaged = 0;
    if (status == KITH_OK)
        status = inner->erase(inner->context, &s->inner);
    if (status == KITH_OK)
        status = begin_store(s, true);
    s->is_open = status == KITH_OK;
    return seal_leave(s, status, state);
}

/* ---- the whole ---- */

kith_status kith_sealed_store_accept(kith_sealed_store *s, kith_store_state *state)
{
    return seal_leave(s, seal_enter_anew(s, true), state);
}

static bool is_config_possible(const kith_sealed_config *config)
{
    const kith_crypto_port *port = config->crypto;

    return config->inner != NULL && port != NULL && port->device_key != NULL &&
           (port->counter_read == NULL) == (port->counter_advance == NULL);
}

kith_status kith_sealed_store_init(kith_sealed_store *s, const kith_sealed_config *config, kith_store *out)
{
    if (!is_config_possible(config))
        return KITH_ERR_VALUE;
    memset(s, 0, sizeof *s);
    s->config = *config;
    *out = (kith_store){.context = s,
                        .open = open_sealed,
                        .read = read_sealed,
                        .put = put_sealed,
                        .remove = remove_sealed,
                        .erase = config->inner->erase != NULL ? erase_sealed : NULL};
    return KITH_OK;
}
