/* The bonds in memory: found by identity, by resolved address, by peer ID.  Core Vol 3 Part H 2.4. */
#include <string.h>

#include "base/equal.h"
#include "base/wipe.h"
#include "crypto/toolbox.h"
#include "peers/bonds.h"

void peers_init(peers_bonds *bonds, peers_bond *slots, uint16_t capacity)
{
    bonds->slots = slots;
    bonds->capacity = capacity;
    bonds->used = 0;
    bonds->last_id = 0;
}

peers_bond *peers_by_id(const peers_bonds *bonds, kith_peer_id id)
{
    for (uint16_t i = 0; id != 0 && i < bonds->capacity; i++)
        if (bonds->slots[i].id == id)
            return &bonds->slots[i];
    return NULL;
}

peers_bond *peers_by_identity(const peers_bonds *bonds, const kith_address *identity)
{
    for (uint16_t i = 0; i < bonds->capacity; i++)
        if (bonds->slots[i].id != 0 && kith_address_equal(&bonds->slots[i].identity, identity))
            return &bonds->slots[i];
    return NULL;
}

static bool has_irk(const peers_bond *bond)
{
    static const uint8_t none[16];

    return !equal_ct(bond->irk, none, sizeof none);
}

/* An IRK that two bonds have names neither of them: those are known by their identity address alone. */
static peers_bond *resolve(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *address)
{
    peers_bond *found = NULL;
    uint8_t hash[3];

    for (uint16_t i = 0; i < bonds->capacity; i++) {
        peers_bond *bond = &bonds->slots[i];

        if (bond->id != 0 && has_irk(bond) && crypto_ah(crypto, bond->irk, address->octets + 3, hash) == KITH_OK &&
            equal_ct(hash, address->octets, sizeof hash)) {
            if (found != NULL && equal_ct(found->irk, bond->irk, sizeof bond->irk))
                return NULL;
            found = found != NULL ? found : bond;
        }
    }
    return found;
}

peers_bond *peers_by_address(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *address)
{
    if (kith_address_kind_of(address) == KITH_ADDRESS_KIND_RESOLVABLE)
        return resolve(bonds, crypto, address);
    return peers_by_identity(bonds, address);
}

bool peers_is_as_strong(const peers_bond *fresh, const peers_bond *old)
{
    return fresh->level >= old->level && fresh->key_size >= old->key_size &&
           (fresh->key_kind == KITH_KEY_KIND_SC || old->key_kind != KITH_KEY_KIND_SC);
}

/* IDs count up and are not used again until the counter has gone all the way round. */
static kith_peer_id fresh_id(peers_bonds *bonds)
{
    do
        bonds->last_id++;
    while (bonds->last_id == 0 || peers_by_id(bonds, bonds->last_id) != NULL);
    return bonds->last_id;
}

static peers_bond *free_slot(const peers_bonds *bonds)
{
    for (uint16_t i = 0; i < bonds->capacity; i++)
        if (bonds->slots[i].id == 0)
            return &bonds->slots[i];
    return NULL;
}

peers_bond *peers_put(peers_bonds *bonds, const peers_bond *fresh)
{
    peers_bond *slot = peers_by_identity(bonds, &fresh->identity);
    kith_peer_id id = slot != NULL ? slot->id : 0;

    if (slot == NULL) {
        slot = free_slot(bonds);
        if (slot == NULL)
            return NULL;
        id = fresh_id(bonds);
        bonds->used++;
    }
    *slot = *fresh;
    slot->id = id;
    return slot;
}

void peers_remove(peers_bonds *bonds, peers_bond *bond)
{
    wipe(bond, sizeof *bond);
    bonds->used--;
}

peers_bond *peers_after(const peers_bonds *bonds, kith_peer_id after)
{
    peers_bond *next = NULL;

    for (uint16_t i = 0; i < bonds->capacity; i++) {
        peers_bond *bond = &bonds->slots[i];

        if (bond->id > after && (next == NULL || bond->id < next->id))
            next = bond;
    }
    return next;
}
