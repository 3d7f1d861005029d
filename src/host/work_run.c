/* Runs a work item: kith/work.h.
 *
 * Touches the item alone and calls only p256_* of the crypto port, or the store, that is named in it, so it may run
 * on any thread.  Fills the kind's output and the result, nothing else: private_key stays (the host needs
 * that of a key pair for the shared secret later) and is the host's to wipe when it takes the item
 * back.  Outputs are zeroed on failure. */
#include "kith/work.h"

#include <stdbool.h>

#include "base/wipe.h"

static kith_status run_key_pair(kith_work *work)
{
    const kith_crypto_port *crypto = work->crypto;
    bool kept = crypto->p256_generate != NULL;
    kith_status status = kept ? crypto->p256_generate(crypto->context, work->private_key, work->public_key)
                              : crypto->p256_public_key(crypto->context, work->private_key, work->public_key);

    if (status != KITH_OK)
        wipe(work->public_key, sizeof work->public_key);
    return status;
}

static kith_status run_shared_secret(kith_work *work)
{
    const kith_crypto_port *crypto = work->crypto;
    kith_status status = crypto->p256_shared_secret(crypto->context, work->private_key, work->peer_key, work->shared);

    if (status != KITH_OK)
        wipe(work->shared, sizeof work->shared);
    return status;
}

static kith_status run_store(kith_work_store *w)
{
    void *context = w->store->context;

    switch (w->operation) {
    case KITH_STORE_OPEN:
        return w->store->open(context, &w->state);
    case KITH_STORE_READ:
        return w->store->read(context, &w->cursor, &w->record);
    case KITH_STORE_GET:
        return w->store->get != NULL ? w->store->get(context, &w->record) : KITH_ERR_UNSUPPORTED;
    case KITH_STORE_PUT:
        return w->store->put(context, &w->record, &w->state);
    case KITH_STORE_REMOVE:
        return w->store->remove(context, w->record.kind, w->record.id, &w->state);
    case KITH_STORE_ERASE:
        return w->store->erase != NULL ? w->store->erase(context, &w->state) : KITH_ERR_UNSUPPORTED;
    }
    return KITH_ERR_VALUE;
}

static kith_status run(kith_work *work)
{
    switch (work->kind) {
    case KITH_WORK_KEY_PAIR:
        return run_key_pair(work);
    case KITH_WORK_CHECK_KEY:
        return work->crypto->p256_check_public_key(work->crypto->context, work->peer_key);
    case KITH_WORK_SHARED_SECRET:
        return run_shared_secret(work);
    case KITH_WORK_STORE:
        return run_store(&work->store);
    }
    return KITH_ERR_VALUE;
}

void kith_work_run(kith_work *work)
{
    work->result = run(work);
}

static bool holds_key(const kith_work *work)
{
    return work->crypto != NULL && work->crypto->p256_destroy != NULL &&
           (work->kind == KITH_WORK_SHARED_SECRET || (work->kind == KITH_WORK_KEY_PAIR && work->result == KITH_OK));
}

void kith_work_discard(kith_work *work)
{
    if (holds_key(work))
        work->crypto->p256_destroy(work->crypto->context, work->private_key);
    wipe(work, sizeof *work);
}
