/* What the store could not do for the host itself, and what it does by itself, on its way to the program.  Both wait
 * for room among the events and are never lost: they are marks, not events, until then. */
#include "host/internal.h"

static const kith_peer_data kinds[] = {KITH_PEER_DATABASE, KITH_PEER_USE};

static unsigned number_of(kith_peer_data what)
{
    return what == KITH_PEER_DATABASE ? 0 : 1;
}

/* What failed is told once, until something of it could be written. */
void store_events_failed(kith_host *h, kith_peer_id peer, kith_peer_data what, kith_status status)
{
    peers_bond *bond = peers_by_id(&h->bonds, peer);

    if (bond == NULL || bond->failed[number_of(what)] != KITH_OK)
        return;
    bond->failed[number_of(what)] = (uint8_t)status;
    bond->untold |= (uint8_t)(1u << number_of(what));
    h->store.has_failures = true;
}

void store_events_saved(kith_host *h, kith_peer_id peer, kith_peer_data what)
{
    peers_bond *bond = peers_by_id(&h->bonds, peer);

    if (bond == NULL)
        return;
    bond->failed[number_of(what)] = KITH_OK;
    bond->untold &= (uint8_t) ~(1u << number_of(what));
}

void store_events_on_state(kith_host *h, kith_peer_id peer, kith_status result)
{
    if (result == KITH_OK)
        store_events_saved(h, peer, KITH_PEER_USE);
    else
        store_events_failed(h, peer, KITH_PEER_USE, result);
}

bool store_events_wait(const kith_host *h)
{
    return h->store.stage == STORE_READY && (h->store.has_failures || h->store.collected != h->store.state.collected);
}

static void tell_failure(kith_host *h, peers_bond *bond)
{
    kith_event *event = event_post(h, KITH_EVENT_STORE_FAILED, NULL);
    unsigned i = 0;

    while ((bond->untold & 1u << i) == 0)
        i++;
    bond->untold &= (uint8_t) ~(1u << i);
    event->store_failed =
        (kith_event_store_failed){.peer = bond->id, .status = (kith_status)bond->failed[i], .what = kinds[i]};
}

static peers_bond *untold(const kith_host *h)
{
    for (uint32_t i = 0; i < h->bonds.capacity; i++)
        if (h->bonds.slots[i].untold != 0)
            return &h->bonds.slots[i];
    return NULL;
}

/* One event at most. */
void store_events_go_on(kith_host *h)
{
    peers_bond *bond = h->store.has_failures ? untold(h) : NULL;

    if (bond != NULL) {
        tell_failure(h, bond);
        return;
    }
    h->store.has_failures = false;
    if (h->store.collected == h->store.state.collected)
        return;
    h->store.collected = h->store.state.collected;
    event_post(h, KITH_EVENT_STORE_COLLECTED, NULL)->collected.count = h->store.collected;
}
