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

static peers_bond *slot_of(const peers_bonds *bonds, kith_peer_id id)
{
    for (uint16_t i = 0; id != 0 && i < bonds->capacity; i++)
        if (bonds->slots[i].id == id)
            return &bonds->slots[i];
    return NULL;
}

static bool stands(const peers_bond *bond)
{
    return bond->id != 0 && bond->state == PEERS_STANDS;
}

peers_bond *peers_by_id(const peers_bonds *bonds, kith_peer_id id)
{
    peers_bond *bond = slot_of(bonds, id);

    return bond != NULL && stands(bond) ? bond : NULL;
}

peers_bond *peers_by_identity(const peers_bonds *bonds, const kith_address *identity)
{
    for (uint16_t i = 0; i < bonds->capacity; i++)
        if (stands(&bonds->slots[i]) && kith_address_equal(&bonds->slots[i].identity, identity))
            return &bonds->slots[i];
    return NULL;
}

static bool has_irk(const peers_bond *bond)
{
    static const uint8_t none[16];

    return !equal_ct(bond->irk, none, sizeof none);
}

bool peers_resolves(const peers_bond *bond, const kith_crypto_port *crypto, const kith_address *address)
{
    uint8_t hash[3];

    return has_irk(bond) && crypto_ah(crypto, bond->irk, address->octets + 3, hash) == KITH_OK &&
           equal_ct(hash, address->octets, sizeof hash);
}

/* An IRK that two bonds have names neither of them: those are known by their identity address alone. */
static peers_bond *resolve(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *address)
{
    peers_bond *found = NULL;

    for (uint16_t i = 0; i < bonds->capacity; i++) {
        peers_bond *bond = &bonds->slots[i];

        if (stands(bond) && peers_resolves(bond, crypto, address)) {
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

peers_bond *peers_by_ediv(const peers_bonds *bonds, uint16_t ediv, uint64_t rand)
{
    peers_bond *found = NULL;

    for (uint16_t i = 0; i < bonds->capacity; i++) {
        peers_bond *bond = &bonds->slots[i];

        if (!stands(bond) || !bond->has_my_ltk || bond->my_ediv != ediv || bond->my_rand != rand)
            continue;
        if (found != NULL)
            return NULL;
        found = bond;
    }
    return found;
}

peers_bond *peers_of_class(const peers_bonds *bonds, uint8_t peer_class, kith_peer_id but)
{
    for (uint16_t i = 0; i < bonds->capacity; i++)
        if (stands(&bonds->slots[i]) && bonds->slots[i].peer_class == peer_class && bonds->slots[i].id != but)
            return &bonds->slots[i];
    return NULL;
}

bool peers_has_key(const peers_bond *bond, bool as_central)
{
    return as_central || bond->key_kind == KITH_KEY_KIND_SC ? bond->has_ltk : bond->has_my_ltk;
}

bool peers_is_as_strong(const peers_bond *fresh, const peers_bond *old)
{
    return fresh->level >= old->level && fresh->key_size >= old->key_size &&
           (fresh->key_kind == KITH_KEY_KIND_SC ||
            (old->key_kind != KITH_KEY_KIND_SC && fresh->has_ltk >= old->has_ltk &&
             fresh->has_my_ltk >= old->has_my_ltk));
}

/* IDs count up and are not used again until the counter has gone all the way round. */
static kith_peer_id fresh_id(peers_bonds *bonds)
{
    do
        bonds->last_id++;
    while (bonds->last_id == 0 || slot_of(bonds, bonds->last_id) != NULL);
    return bonds->last_id;
}

static peers_bond *free_slot(const peers_bonds *bonds)
{
    for (uint16_t i = 0; i < bonds->capacity; i++)
        if (bonds->slots[i].id == 0)
            return &bonds->slots[i];
    return NULL;
}

static peers_bond *stuck_slot(const peers_bonds *bonds)
{
    for (uint16_t i = 0; i < bonds->capacity; i++)
        if (bonds->slots[i].state == PEERS_UNWANTED_FAILED)
            return &bonds->slots[i];
    return NULL;
}

/* What could not be removed can be replaced: its ID was never told to anybody. */
kith_peer_id peers_id_for(peers_bonds *bonds, const kith_address *identity)
{
    const peers_bond *bond = peers_by_identity(bonds, identity);
    peers_bond *stuck = bond == NULL ? stuck_slot(bonds) : NULL;
    kith_peer_id id = bond != NULL ? bond->id : 0;

    if (stuck != NULL) {
        id = stuck->id;
        peers_remove(bonds, stuck);
    }
    return id != 0 ? id : fresh_id(bonds);
}

bool peers_has_room(const peers_bonds *bonds, const kith_address *identity, uint32_t promised)
{
    uint32_t vacant = 0;

    for (uint16_t i = 0; i < bonds->capacity; i++)
        vacant += bonds->slots[i].id == 0 || bonds->slots[i].state == PEERS_UNWANTED_FAILED;
    return vacant > promised || peers_by_identity(bonds, identity) != NULL;
}

/* A key that stays the same goes on counting: what was signed with it before must not be good once more. */
static peers_counters counters_after(const peers_bond *old, const peers_bond *fresh)
{
    peers_counters counters = {.in_store = old->counters.in_store};

    if (equal_ct(old->my_csrk, fresh->my_csrk, sizeof old->my_csrk)) {
        counters.my_check = old->counters.my_check;
        counters.my_next = old->counters.my_next;
        counters.my_reserved = old->counters.my_reserved;
        counters.my_wanted = old->counters.my_wanted;
    }
    if (equal_ct(old->peer_csrk, fresh->peer_csrk, sizeof old->peer_csrk)) {
        counters.peer_check = old->counters.peer_check;
        counters.peer_last = old->counters.peer_last;
        counters.peer_wanted = old->counters.peer_wanted;
        counters.peer_signed = old->counters.peer_signed;
        counters.peer_is_wanted = old->counters.peer_is_wanted;
    }
    return counters;
}

peers_bond *peers_put(peers_bonds *bonds, const peers_bond *fresh)
{
    peers_bond *slot = peers_by_identity(bonds, &fresh->identity);
    kith_peer_id id = slot != NULL ? slot->id : fresh->id;
    peers_counters counters = slot != NULL ? counters_after(slot, fresh) : fresh->counters;

    if (slot == NULL) {
        slot = free_slot(bonds);
        if (slot == NULL)
            return NULL;
        bonds->used++;
    }
    if (id == 0)
        id = fresh_id(bonds);
    *slot = *fresh;
    slot->id = id;
    slot->state = PEERS_STANDS;
    slot->counters = counters;
    return slot;
}

bool peers_load(peers_bonds *bonds, const peers_bond *bond)
{
    peers_bond *older;

    peers_drop(bonds, bond->id);
    peers_know_id(bonds, bond->id);
    older = peers_by_identity(bonds, &bond->identity);
    if (older == NULL)
        return peers_put(bonds, bond) != NULL;
    if (free_slot(bonds) == NULL)
        return false; /* dropped here alone, it would come back */
    if ((int32_t)(bond->id - older->id) < 0) {
        peers_unwant(bonds, bond->id);
        return true;
    }
    peers_forget(bonds, older);
    older->state = PEERS_UNWANTED;
    return peers_put(bonds, bond) != NULL;
}

void peers_know_id(peers_bonds *bonds, kith_peer_id highest)
{
    if (highest > bonds->last_id)
        bonds->last_id = highest;
}

void peers_clear(peers_bonds *bonds)
{
    wipe(bonds->slots, bonds->capacity * sizeof *bonds->slots);
    bonds->used = 0;
}

void peers_remove(peers_bonds *bonds, peers_bond *bond)
{
    if (stands(bond))
        bonds->used--;
    wipe(bond, sizeof *bond);
}

void peers_forget(peers_bonds *bonds, peers_bond *bond)
{
    kith_peer_id id = bond->id;
    bool in_store = bond->counters.in_store;

    peers_remove(bonds, bond);
    bond->id = id;
    bond->state = PEERS_FORGETTING;
    bond->counters.in_store = in_store;
}

peers_bond *peers_next_forgetting(const peers_bonds *bonds)
{
    for (uint16_t i = 0; i < bonds->capacity; i++)
        if (bonds->slots[i].id != 0 &&
            (bonds->slots[i].state == PEERS_FORGETTING || bonds->slots[i].state == PEERS_UNWANTED))
            return &bonds->slots[i];
    return NULL;
}

peers_bond *peers_forgotten(const peers_bonds *bonds, kith_peer_id id)
{
    peers_bond *bond = slot_of(bonds, id);

    return bond != NULL && !stands(bond) ? bond : NULL;
}

void peers_unwant(peers_bonds *bonds, kith_peer_id id)
{
    peers_bond *slot = slot_of(bonds, id) == NULL ? free_slot(bonds) : NULL;

    if (slot == NULL)
        return;
    slot->id = id;
    slot->state = PEERS_UNWANTED;
}

void peers_unwant_state(peers_bonds *bonds, kith_peer_id id)
{
    peers_bond *slot;

    peers_unwant(bonds, id);
    slot = peers_forgotten(bonds, id);
    if (slot == NULL)
        return;
    slot->record_gone = true;
    slot->counters.in_store = true;
}

void peers_unwant_again(peers_bonds *bonds)
{
    for (uint16_t i = 0; i < bonds->capacity; i++)
        if (bonds->slots[i].state == PEERS_UNWANTED_FAILED)
            bonds->slots[i].state = PEERS_UNWANTED;
}

void peers_forget_failed(peers_bonds *bonds, kith_peer_id id)
{
    peers_bond *bond = peers_forgotten(bonds, id);

    if (bond != NULL)
        bond->state = bond->state == PEERS_UNWANTED ? PEERS_UNWANTED_FAILED : PEERS_FORGET_FAILED;
}

void peers_drop(peers_bonds *bonds, kith_peer_id id)
{
    peers_bond *bond = slot_of(bonds, id);

    if (bond != NULL)
        peers_remove(bonds, bond);
}

peers_bond *peers_after(const peers_bonds *bonds, kith_peer_id after)
{
    peers_bond *next = NULL;

    for (uint16_t i = 0; i < bonds->capacity; i++) {
        peers_bond *bond = &bonds->slots[i];

        if (stands(bond) && bond->id > after && (next == NULL || bond->id < next->id))
            next = bond;
    }
    return next;
}
