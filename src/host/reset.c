/* Factory reset: what this device knows of others, and who it was, is destroyed in memory at once and in the store as a
 * work item.  Everything under way ends as when the controller is lost; then RESET is told, and the host is off. */
#include "base/wipe.h"
#include "host/internal.h"

static void forget_identities(kith_host *h)
{
    h->identity_known = false;
    identity_forget_all(h);
    wipe(&h->store.device, sizeof h->store.device);
}

kith_status kith_host_factory_reset(kith_host *h)
{
    if (h->reset != RESET_NONE)
        return KITH_ERR_BUSY;
    if (storing_outlives(h) && h->config.store->erase == NULL)
        return KITH_ERR_UNSUPPORTED;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    for (unsigned i = 0; i < h->config.limits.pairings; i++)
        h->sessions[i].is_forgotten = true; /* no bond comes of what a person may still say yes to */
    h->lost |= h->startup == STARTUP_RUNNING || h->startup == STARTUP_READY;
    peers_clear(&h->bonds);
    clients_forget_all(h);
    tables_forget_all(h);
    h->forgetting.is_on = false;
    lists_forget_all(h);
    reconnect_forget_all(h);
    data_end_all(h, KITH_ERR_NOT_FOUND);
    values_forget(h);
    forget_identities(h);
    kith_pairing_close(h);
    kith_oob_drop(h);
    h->reset_status = KITH_OK;
    h->reset = storing_outlives(h) ? RESET_ERASING : RESET_DONE;
    storing_erase(h);
    return KITH_OK;
}

void reset_on_erased(kith_host *h, kith_status result)
{
    h->reset_status = result;
    h->reset = RESET_DONE;
}

/* Bonds that were on their way to the store end before it does. */
bool reset_waits(const kith_host *h)
{
    return h->reset != RESET_NONE && !h->lost && (storing_under_way(h) != 0 || h->reset == RESET_DONE);
}

void reset_go_on(kith_host *h)
{
    if (storing_abandon_one(h) || naming_abandon(h))
        return;
    h->reset = RESET_NONE;
    event_post(h, KITH_EVENT_RESET, NULL)->reset.status = h->reset_status;
}
