/* Our identities on their way to and from the store: read at the start, then changed one at a time.  A change is in
 * force when it is durable, and not before.
 *
 * A write that failed may have come true all the same.  The identity is in doubt then: what is in memory is written
 * once more, or removed once more, as soon as the store works. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

/* ---- at the start ---- */

kith_status naming_load(kith_host *h, const kith_record *record)
{
    smp_identity *mine = record->id <= h->config.limits.identities ? &h->identities[record->id] : NULL;
    uint8_t bit = record->id <= KITH_RECORD_LAST_IDENTITY ? (uint8_t)(1u << record->id) : 0;
    peers_device device = {.number = 0};
    kith_status status = record->removed ? KITH_OK : peers_decode_device(record, &device);

    if (status != KITH_OK)
        return status;
    if (record->id == 0) {
        h->store.has_device = !record->removed;
        h->store.device = device;
    } else if (mine == NULL) {
        h->store.surplus = (uint8_t)(record->removed ? h->store.surplus & ~bit : h->store.surplus | bit);
    } else {
        mine->used = !record->removed;
        mine->address.type = KITH_ADDRESS_RANDOM;
        memcpy(mine->address.octets, device.static_address, sizeof device.static_address);
        memcpy(mine->irk, device.irk, sizeof mine->irk);
    }
    wipe(&device, sizeof device);
    return KITH_OK;
}

bool naming_found_others(const kith_host *h)
{
    bool found = h->store.surplus != 0;

    for (unsigned i = 1; i <= h->config.limits.identities; i++)
        found |= h->identities[i].used;
    return found;
}

/* The configuration may give the first one what another one has by now. */
kith_status naming_judge(const kith_host *h)
{
    const kith_config *config = &h->config;

    for (unsigned i = 1; i <= config->limits.identities; i++) {
        const smp_identity *mine = &h->identities[i];

        if (mine->used && ((config->irk != NULL && memcmp(config->irk, mine->irk, sizeof mine->irk) == 0) ||
                           (config->own_address == KITH_OWN_STATIC && config->static_address != NULL &&
                            memcmp(config->static_address, mine->address.octets, sizeof mine->address.octets) == 0)))
            return KITH_ERR_EXISTS;
    }
    return h->store.surplus == 0 ? KITH_OK : KITH_ERR_FULL;
}

/* ---- changes ---- */

/* What the store shall have.  What the configuration gives stays out of it. */
static void describe(const kith_host *h, uint8_t number, const smp_identity *mine, peers_device *out)
{
    const kith_config *config = &h->config;

    *out = number == 0 ? h->store.device : (peers_device){.number = number};
    if (number != 0 || config->irk == NULL)
        memcpy(out->irk, mine->irk, sizeof out->irk);
    if (number != 0 || (config->own_address == KITH_OWN_STATIC && config->static_address == NULL))
        memcpy(out->static_address, mine->address.octets, sizeof out->static_address);
}

static void put(const kith_host *h, uint8_t number, const smp_identity *mine, kith_work_store *w)
{
    peers_device device;

    describe(h, number, mine, &device);
    w->operation = KITH_STORE_PUT;
    peers_encode_device(&device, &w->record);
    wipe(&device, sizeof device);
}

/* No change has begun: one of them is settled first. */
static bool settles_doubt(const kith_host *h)
{
    return h->doubtful != 0 && !h->doubt_waits && !h->naming.under_way;
}

static uint8_t first_doubtful(const kith_host *h)
{
    uint8_t number = 0;

    while ((h->doubtful >> number & 1) == 0)
        number++;
    return number;
}

bool naming_has_work(const kith_host *h)
{
    return h->naming.under_way || settles_doubt(h);
}

void naming_fill(const kith_host *h, kith_work_store *w)
{
    uint8_t number = h->naming.under_way ? h->naming.number : first_doubtful(h);
    const smp_identity *mine = h->naming.under_way ? &h->naming.fresh : &h->identities[number];

    if (mine->used) {
        put(h, number, mine, w);
        return;
    }
    w->operation = KITH_STORE_REMOVE;
    w->record.kind = KITH_RECORD_DEVICE;
    w->record.id = number;
}

/* It is durable. */
static void apply(kith_host *h)
{
    uint8_t number = h->naming.number;
    smp_identity *mine = &h->identities[number];
    bool is_removed = !h->naming.fresh.used;

    if (h->oob.mine == mine && (h->oob.ready || is_removed))
        kith_oob_drop(h); /* it names what we were */
    if (number == 0 && storing_outlives(h))
        describe(h, 0, &h->naming.fresh, &h->store.device);
    if (is_removed)
        wipe(mine, sizeof *mine);
    else
        *mine = h->naming.fresh;
    h->own = h->identities[h->selected].address;
    if (number != h->selected)
        return;
    privacy_renew(h);
    reconnect_on_address(h);
}

static void end(kith_host *h, kith_status status)
{
    kith_event *event = event_post(h, KITH_EVENT_IDENTITY, NULL);
    kith_address was = h->identities[h->naming.number].address;

    if (status == KITH_OK)
        apply(h);
    event->identity.number = h->naming.number;
    event->identity.operation = (kith_identity_operation)h->naming.operation;
    event->identity.status = status;
    event->identity.address =
        h->naming.operation == KITH_IDENTITY_REMOVED ? was : h->identities[h->naming.number].address;
    event->identity.other_identity = identity_count_others(h);
    wipe(&h->naming, sizeof h->naming);
}

void naming_begin(kith_host *h, kith_identity_operation operation, uint8_t number, const smp_identity *fresh)
{
    h->naming = (host_naming){.under_way = true, .operation = (uint8_t)operation, .number = number, .fresh = *fresh};
    if (storing_outlives(h))
        storing_want(h);
    else
        end(h, KITH_OK);
}

/* With these two nothing was changed in the store. */
static bool leaves_doubt(kith_status result)
{
    return result != KITH_OK && result != KITH_ERR_FULL && result != KITH_ERR_VALUE;
}

void naming_on_done(kith_host *h, kith_status result)
{
    bool is_change = h->naming.under_way;
    uint8_t number = is_change ? h->naming.number : first_doubtful(h);
    uint8_t bit = (uint8_t)(1u << number);

    if (result == KITH_OK)
        h->doubtful &= (uint8_t)~bit;
    else if (leaves_doubt(result))
        h->doubtful |= bit;
    h->doubt_waits = !is_change && result != KITH_OK;
    if (is_change)
        end(h, result);
}

void naming_on_written(kith_host *h)
{
    h->doubt_waits = false;
}

bool naming_abandon(kith_host *h)
{
    if (!h->naming.under_way)
        return false;
    end(h, KITH_ERR_STATE);
    return true;
}
