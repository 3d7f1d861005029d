/* What our server remembers of a bonded client: what it subscribed to, what it supports, which table it knows.
 *
 * It is kept beside the bond, in memory and in its state record, and is in force on a link when the bond's key encrypts
 * that link, and not before (C7).  What a client said before it bonded moves into the bond; what is said in plain under
 * the address of one that has a bond is good for that link alone, as nobody vouches for it.  Nothing is written because
 * the table has changed: the record names the table that the client knew (DECISIONS 26).  Core Vol 3 Part G 2.5.2. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

enum { COALESCE_US = 200000 }; /* a client that comes subscribes to several values at once */

static gatt_subscription *subscriptions_of(const kith_host *h, const peers_bond *bond)
{
    return h->client_subscriptions + (size_t)(bond - h->bonds.slots) * h->config.limits.subscriptions;
}

/* The slot's, emptied where it is another peer's; NULL: this host keeps nothing. */
static host_client *client_in(kith_host *h, const peers_bond *slot, kith_peer_id peer)
{
    host_client *client = h->clients != NULL ? &h->clients[slot - h->bonds.slots] : NULL;

    if (client != NULL && client->peer != peer) {
        memset(client, 0, sizeof *client);
        memset(subscriptions_of(h, slot), 0, h->config.limits.subscriptions * sizeof(gatt_subscription));
        client->peer = peer;
    }
    return client;
}

static host_client *client_of(kith_host *h, const peers_bond *bond)
{
    return client_in(h, bond, bond->id);
}

/* To look at; NULL: nothing is remembered of it. */
static const host_client *known_client(const kith_host *h, const peers_bond *bond)
{
    const host_client *client = h->clients != NULL ? &h->clients[bond - h->bonds.slots] : NULL;

    return client != NULL && client->peer == bond->id ? client : NULL;
}

/* To change what is remembered, if anything is. */
static host_client *remembered_client(kith_host *h, const peers_bond *bond)
{
    return known_client(h, bond) != NULL ? client_of(h, bond) : NULL;
}

void clients_forget_all(kith_host *h)
{
    if (h->clients == NULL)
        return;
    memset(h->clients, 0, h->config.limits.bonds * sizeof *h->clients);
}

/* In memory: the store learns of it when the client says something else, and a restart asks the table again. */
void clients_forget_values(kith_host *h, uint16_t first, uint16_t last)
{
    if (h->clients == NULL)
        return;
    for (uint32_t i = 0; i < h->config.limits.bonds; i++)
        gatt_forget_values(subscriptions_of(h, &h->bonds.slots[i]), h->config.limits.subscriptions, first, last);
}

/* ---- the record ---- */

static void add_cccd(kith_state_record *state, const gatt_subscription *s)
{
    unsigned at = state->cccd_count++;

    while (at > 0 && state->cccds[at - 1].handle > s->handle + 1u) { /* by ascending handle */
        state->cccds[at] = state->cccds[at - 1];
        at--;
    }
    state->cccds[at] = (kith_state_cccd){.handle = (uint16_t)(s->handle + 1), .value = s->bits};
}

void clients_fill(const kith_host *h, const peers_bond *bond, kith_state_record *state)
{
    const host_client *client = known_client(h, bond);

    if (client == NULL)
        return;
    for (unsigned i = 0; i < h->config.limits.subscriptions; i++)
        if (subscriptions_of(h, bond)[i].handle != 0)
            add_cccd(state, &subscriptions_of(h, bond)[i]);
    state->features_len = client->features != 0;
    state->features[0] = client->features;
    state->is_aware = client->is_aware;
    memcpy(state->aware_hash, client->aware_hash, sizeof state->aware_hash);
}

/* false: it holds more than this host keeps, and must not be written anew. */
bool clients_load(kith_host *h, const peers_bond *bond, const kith_state_record *state)
{
    host_client *client = client_of(h, bond);

    if (client == NULL)
        return !peers_tells_of_client(state);
    if (state->cccd_count > h->config.limits.subscriptions || state->features_len > 1)
        return false;
    if (!peers_tells_of_client(state)) {
        client->peer = 0; /* who said nothing misses nothing either */
        return true;
    }
    memset(subscriptions_of(h, bond), 0, h->config.limits.subscriptions * sizeof(gatt_subscription)); /* of an older */
    for (unsigned i = 0; i < state->cccd_count; i++)
        subscriptions_of(h, bond)[i] =
            (gatt_subscription){(uint16_t)(state->cccds[i].handle - 1), (uint8_t)state->cccds[i].value};
    client->features = state->features_len > 0 ? state->features[0] : 0;
    client->is_aware = state->is_aware;
    memcpy(client->aware_hash, state->aware_hash, sizeof client->aware_hash);
    return true;
}

bool clients_want(const kith_host *h, const peers_bond *bond)
{
    const host_client *client = known_client(h, bond);

    return client != NULL && client->is_wanted && storing_outlives(h);
}

/* A store that fails is not asked again and again. */
void clients_on_failed(kith_host *h, const peers_bond *bond)
{
    host_client *client = remembered_client(h, bond);

    if (client == NULL)
        return;
    client->is_unsaved |= client->is_wanted;
    client->is_wanted = false;
}

/* What was written is what stands, unless it has changed meanwhile. */
void clients_on_stored(kith_host *h, const peers_bond *bond, const kith_state_record *written)
{
    kith_state_record now = {.peer = bond->id};
    host_client *client = remembered_client(h, bond);

    if (client == NULL)
        return;
    clients_fill(h, bond, &now);
    client->is_unsaved = false;
    client->is_wanted =
        now.cccd_count != written->cccd_count || memcmp(now.cccds, written->cccds, sizeof now.cccds) != 0 ||
        now.features_len != written->features_len || now.features[0] != written->features[0] ||
        now.is_aware != written->is_aware || memcmp(now.aware_hash, written->aware_hash, sizeof now.aware_hash) != 0;
}

/* ---- links ---- */

static bool is_proven(const gatt_subscription *s)
{
    return s->handle != 0 && (s->bits & GATT_UNPROVEN) == 0;
}

static uint8_t proven_features(const host_link *link)
{
    return link->server.features & (uint8_t)~link->plain_features;
}

static bool holds(const gatt_subscription *all, unsigned count, const gatt_subscription *wanted)
{
    for (unsigned i = 0; i < count; i++)
        if (all[i].handle == wanted->handle && all[i].bits == wanted->bits)
            return true;
    return false;
}

static bool differs(const kith_host *h, const host_link *link, const peers_bond *bond, const host_client *client)
{
    const gatt_subscription *kept = subscriptions_of(h, bond), *now = link->server.subscriptions;
    unsigned count = h->config.limits.subscriptions;

    for (unsigned i = 0; i < count; i++)
        if ((kept[i].handle != 0 && !holds(now, count, &kept[i])) ||
            (is_proven(&now[i]) && !holds(kept, count, &now[i])))
            return true;
    return client->features != proven_features(link) || client->is_aware == link->server.is_unaware ||
           (client->is_aware && memcmp(client->aware_hash, h->database.hash, sizeof client->aware_hash) != 0);
}

static void copy_from_link(kith_host *h, const host_link *link, const peers_bond *bond, host_client *client)
{
    for (unsigned i = 0; i < h->config.limits.subscriptions; i++) {
        const gatt_subscription *now = &link->server.subscriptions[i];

        subscriptions_of(h, bond)[i] = is_proven(now) ? *now : (gatt_subscription){0};
    }
    client->features = proven_features(link);
    client->is_aware = !link->server.is_unaware;
    memset(client->aware_hash, 0, sizeof client->aware_hash);
    if (client->is_aware)
        memcpy(client->aware_hash, h->database.hash, sizeof client->aware_hash);
}

/* Who supports nothing and asked for nothing is told nothing of changes: it needs no record. */
static bool says_nothing(const kith_host *h, const host_link *link)
{
    for (unsigned i = 0; i < h->config.limits.subscriptions; i++)
        if (is_proven(&link->server.subscriptions[i]))
            return false;
    return proven_features(link) == 0;
}

/* The client has said something, or learned of the table; or the pairing of this link has become a bond, and what was
 * said on it so far stays. */
void clients_on_change(kith_host *h, host_link *link)
{
    const peers_bond *bond = peers_by_id(&h->bonds, link->proven);
    host_client *client;

    if (bond == NULL || (says_nothing(h, link) && known_client(h, bond) == NULL))
        return;
    client = client_of(h, bond);
    if (client == NULL || !differs(h, link, bond, client))
        return;
    copy_from_link(h, link, bond, client);
    client->is_wanted = true;
    if (link->client_due_us == UINT64_MAX)
        link->client_due_us = host_time(h) + COALESCE_US;
}

static void write_now(kith_host *h, host_link *link)
{
    peers_bond *bond = peers_by_id(&h->bonds, link->proven);
    host_client *client = bond != NULL ? remembered_client(h, bond) : NULL;

    link->client_due_us = UINT64_MAX;
    if (client != NULL)
        client->is_wanted |= client->is_unsaved; /* it may have changed while the store failed */
    if (bond != NULL)
        use_want(h, bond);
    if (bond != NULL && (clients_want(h, bond) || use_wants(h, bond)))
        (void)signing_want_record(h, bond);
}

bool clients_expire(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];

        if (link->id == 0 || link->client_due_us > h->now_us)
            continue;
        write_now(h, link);
        return true;
    }
    return false;
}

uint64_t clients_deadline(const kith_host *h)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && h->links[i].client_due_us < due)
            due = h->links[i].client_due_us;
    return due;
}

/* ---- a new bond whose link ends before it is stored ---- */

/* A slot without a bond: there is one for each bond on its way, as room is kept for it. */
static const peers_bond *free_place(const kith_host *h)
{
    for (uint32_t i = 0; i < h->bonds.capacity; i++)
        if (h->bonds.slots[i].id == 0 && !storing_has(h, h->clients[i].peer))
            return &h->bonds.slots[i];
    return NULL;
}

/* What was said waits there for its bond, under that bond's name. */
static void set_aside(kith_host *h, const host_link *link, kith_peer_id peer)
{
    const peers_bond *place;

    if (h->clients == NULL || peer == 0 || peers_by_id(&h->bonds, peer) != NULL || link->encryption != LINK_ENCRYPTED ||
        says_nothing(h, link))
        return;
    place = free_place(h);
    if (place != NULL)
        copy_from_link(h, link, place, client_in(h, place, peer));
}

/* The bond is there, in that place or in another. */
void clients_on_stored_alone(kith_host *h, kith_peer_id peer)
{
    peers_bond *bond = peers_by_id(&h->bonds, peer);
    host_client *client;
    uint32_t i = 0;

    if (h->clients == NULL || bond == NULL)
        return;
    while (i < h->bonds.capacity && h->clients[i].peer != peer)
        i++;
    if (i == h->bonds.capacity)
        return;
    client = &h->clients[bond - h->bonds.slots];
    if (client != &h->clients[i]) {
        *client = h->clients[i];
        memcpy(subscriptions_of(h, bond), subscriptions_of(h, &h->bonds.slots[i]),
               h->config.limits.subscriptions * sizeof(gatt_subscription));
        memset(&h->clients[i], 0, sizeof h->clients[i]);
    }
    client->is_wanted = true;
    (void)signing_want_record(h, bond);
}

void clients_on_link_end(kith_host *h, host_link *link)
{
    if (link->client_due_us != UINT64_MAX)
        write_now(h, link);
    set_aside(h, link, storing_bond_of(h, link->id));
}

static bool has_table(const host_client *client, const uint8_t hash[16])
{
    return client->is_aware && memcmp(client->aware_hash, hash, 16) == 0;
}

/* The table may be another one than the client knew: what has no configuration any more takes no place either. */
static bool is_served(const kith_host *h, uint16_t handle)
{
    gatt_attribute at;

    return gatt_database_find(&h->database, handle, &at) && at.kind == GATT_VALUE &&
           gatt_database_has_configuration(at.characteristic);
}

/* What was said on this link so far was said in plain. */
static void mark_unproven(const kith_host *h, host_link *link)
{
    for (unsigned i = 0; i < h->config.limits.subscriptions; i++)
        if (link->server.subscriptions[i].handle != 0)
            link->server.subscriptions[i].bits |= GATT_UNPROVEN;
    link->plain_features = link->server.features;
}

/* The bond's go before what was asked for in plain. */
static void restore(const kith_host *h, host_link *link, const gatt_subscription *kept)
{
    gatt_subscription *s = link->server.subscriptions;
    unsigned i = 0;

    if (gatt_server_subscribe(&link->server, kept->handle, kept->bits))
        return;
    while (i < h->config.limits.subscriptions && is_proven(&s[i]))
        i++;
    if (i < h->config.limits.subscriptions)
        s[i] = *kept;
}

static uint8_t restore_subscriptions(kith_host *h, host_link *link, const peers_bond *bond)
{
    uint8_t bits = 0;

    for (unsigned i = 0; i < h->config.limits.subscriptions; i++) {
        const gatt_subscription *kept = &subscriptions_of(h, bond)[i];

        if (kept->handle == 0 || !is_served(h, kept->handle))
            continue;
        restore(h, link, kept);
        if (kept->handle != GATT_SERVICE_CHANGED_HANDLE) /* which is not the program's */
            bits |= kept->bits;
    }
    return bits;
}

/* The bond's key encrypts the link: what it remembers is in force.  A table that has changed since is told. */
void clients_on_proven(kith_host *h, host_link *link)
{
    const peers_bond *bond = peers_by_id(&h->bonds, link->proven);
    const host_client *client = bond != NULL ? known_client(h, bond) : NULL;
    kith_event *event;
    uint8_t bits;

    mark_unproven(h, link);
    if (client == NULL)
        return;
    bits = restore_subscriptions(h, link, bond);
    link->server.features |= client->features;
    link->plain_features &= (uint8_t)~client->features;
    link->server.is_unaware = !has_table(client, h->database.hash);
    if (link->server.is_unaware)
        serving_note_change(link, 1, 0xffff);
    serving_tell_change(h, link); /* it may say nothing by itself */
    if (bits == 0)
        return;
    event = event_post(h, KITH_EVENT_SUBSCRIBED, link);
    event->subscription.bits = bits;
    event->subscription.restored = true;
}

/* ---- room ---- */

/* Every bonded client of a table with something to subscribe to will want a record of its own. */
uint32_t clients_room(const kith_host *h)
{
    uint32_t room = 0;

    if (h->clients == NULL || !h->database.has_subscriptions || !storing_outlives(h))
        return 0;
    for (uint32_t i = 0; i < h->bonds.capacity; i++) {
        const peers_bond *bond = &h->bonds.slots[i];

        room += bond->id != 0 && bond->state == PEERS_STANDS && !bond->counters.in_store;
    }
    return room + storing_promised(h) + 1;
}
