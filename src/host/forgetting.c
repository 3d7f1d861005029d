/* Forgetting every peer: their keys are overwritten at once, and each is told as its own forgetting is.  What failed to
 * be forgotten before is tried once more with them. */
#include "host/internal.h"

static void add(kith_host *h, peers_bond *bond)
{
    bond->with_all = true;
    h->forgetting.left++;
}

static void forget_all_that_stand(kith_host *h)
{
    kith_peer_id id;

    for (peers_bond *bond = peers_after(&h->bonds, 0); bond != NULL; bond = peers_after(&h->bonds, id)) {
        id = bond->id;
        bonding_forget_on_links(h, bond);
        peers_forget(&h->bonds, bond);
        add(h, bond);
    }
}

static void forget_again(kith_host *h)
{
    for (uint32_t i = 0; i < h->bonds.capacity; i++) {
        peers_bond *bond = &h->bonds.slots[i];

        if (bond->id == 0 || bond->state != PEERS_FORGET_FAILED)
            continue;
        peers_forget_again(&h->bonds, bond);
        add(h, bond);
    }
}

static void end(kith_host *h)
{
    h->forgetting.is_on = false;
    event_post(h, KITH_EVENT_FORGOTTEN_ALL, NULL)->forgotten.status = h->forgetting.status;
}

void forgetting_on_told(kith_host *h, kith_status status)
{
    if (h->forgetting.status == KITH_OK)
        h->forgetting.status = status;
    if (--h->forgetting.left == 0)
        end(h);
}

/* Where nothing outlives the program they are told as there is room for it. */
bool forgetting_waits(const kith_host *h)
{
    return h->forgetting.is_on && !storing_outlives(h);
}

void forgetting_go_on(kith_host *h)
{
    const kith_peer_id peer = peers_next_forgetting(&h->bonds)->id;

    event_post(h, KITH_EVENT_FORGOTTEN, NULL)->forgotten.peer = peer;
    peers_drop(&h->bonds, peer);
    forgetting_on_told(h, KITH_OK);
}

kith_status kith_peers_forget_all(kith_host *h)
{
    if (!storing_is_ready(h) || h->forgetting.is_on || storing_under_way(h) != 0)
        return KITH_ERR_BUSY;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    h->forgetting = (host_forgetting){.is_on = true};
    forget_again(h);
    forget_all_that_stand(h);
    if (h->forgetting.left == 0)
        end(h);
    storing_forget(h);
    host_finish(h);
    return KITH_OK;
}
