/* The bonds in memory: found by identities, by resolved address, by peer ID.  Core Vol 3 Part H 2.4. */
#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "base/wipe.h"
#include "crypto/toolbox.h"
#include "peers/bonds.h"
#include "peers/order.h"

void peers_init(peers_bonds *bonds, peers_bond *slots, uint32_t capacity)
{
    *bonds = (peers_bonds){.slots = slots, .capacity = capacity};
}

void peers_use_index(peers_bonds *bonds, void *memory, const uint8_t key[16])
{
    bonds->index = peers_index_init(memory, bonds->capacity, key);
}

/* ---- where to look ---- */

static bool stands(const peers_bond *bond)
{
    return bond->id != 0 && bond->state == PEERS_STANDS;
}

static bool has_irk(const peers_bond *bond)
{
    static const uint8_t none[16];

    return !equal_ct(bond->irk, none, sizeof none);
}

static peers_key key_of_id(kith_peer_id id)
{
    return (peers_key){id, 0};
}

static uint64_t number_of_octets(const kith_address *address)
{
    return bytes_get32(address->octets) | (uint64_t)bytes_get16(address->octets + 4) << 32;
}

static uint64_t number_of_address(const kith_address *address)
{
    return number_of_octets(address) | (uint64_t)address->type << 48;
}

static peers_key key_of_identity(const kith_address *local, const kith_address *identity)
{
    return (peers_key){number_of_address(identity), number_of_address(local)};
}

static peers_key key_of_ediv(const kith_address *local, uint16_t ediv, uint64_t rand)
{
    return (peers_key){rand, number_of_octets(local) << 16 | ediv};
}

static unsigned ring_of_class(uint8_t peer_class)
{
    return peer_class <= PEERS_LAST_CLASS ? peer_class : PEERS_AT_REST;
}

/* Without an index a chain, a ring and a set are all slots there are, so whoever looks must look well. */
static uint32_t slot_from(const peers_bonds *bonds, uint32_t from)
{
    return from < bonds->capacity ? from : PEERS_NO_SLOT;
}

static uint32_t first_in_chain(const peers_bonds *bonds, peers_chain chain, peers_key key)
{
    return bonds->index != NULL ? peers_chain_first(bonds->index, chain, &key) : slot_from(bonds, 0);
}

static uint32_t next_in_chain(const peers_bonds *bonds, peers_chain chain, uint32_t slot)
{
    return bonds->index != NULL ? peers_chain_next(bonds->index, chain, slot) : slot_from(bonds, slot + 1);
}

static uint32_t first_in_ring(const peers_bonds *bonds, unsigned ring)
{
    return bonds->index != NULL ? peers_ring_first(bonds->index, ring) : slot_from(bonds, 0);
}

static uint32_t next_in_ring(const peers_bonds *bonds, unsigned ring, uint32_t slot)
{
    return bonds->index != NULL ? peers_ring_next(bonds->index, ring, slot) : slot_from(bonds, slot + 1);
}

static uint32_t next_in_set(const peers_bonds *bonds, peers_set set, uint32_t from)
{
    return bonds->index != NULL ? peers_set_next(bonds->index, set, from) : slot_from(bonds, from);
}

/* ---- where a slot belongs: it leaves before it changes, and enters after ---- */

static unsigned ring_of(const peers_bond *bond)
{
    if (bond->id == 0)
        return PEERS_FREE;
    switch (bond->state) {
    case PEERS_STANDS:
        return ring_of_class(bond->peer_class);
    case PEERS_FORGETTING:
    case PEERS_UNWANTED:
        return PEERS_TO_FORGET;
    case PEERS_UNWANTED_FAILED:
        return PEERS_STUCK;
    default:
        return PEERS_AT_REST;
    }
}

/* What could not be removed gives way to a bond. */
static bool is_vacant(const peers_bond *bond)
{
    return bond->id == 0 || bond->state == PEERS_UNWANTED_FAILED;
}

static uint32_t number_of(const peers_bonds *bonds, const peers_bond *bond)
{
    return (uint32_t)(bond - bonds->slots);
}

static void leave_chains(peers_index *x, const peers_bond *bond, uint32_t slot)
{
    const peers_key id = key_of_id(bond->id), identity = key_of_identity(&bond->local, &bond->identity),
                    ediv = key_of_ediv(&bond->local, bond->my_ediv, bond->my_rand);

    if (bond->id != 0)
        peers_chain_remove(x, PEERS_BY_ID, &id, slot);
    if (!stands(bond))
        return;
    peers_chain_remove(x, PEERS_BY_IDENTITY, &identity, slot);
    if (bond->has_my_ltk)
        peers_chain_remove(x, PEERS_BY_EDIV, &ediv, slot);
    peers_order_remove(x, slot, bond->id);
}

static void enter_chains(peers_index *x, const peers_bond *bond, uint32_t slot)
{
    const peers_key id = key_of_id(bond->id), identity = key_of_identity(&bond->local, &bond->identity),
                    ediv = key_of_ediv(&bond->local, bond->my_ediv, bond->my_rand);

    if (bond->id != 0)
        peers_chain_add(x, PEERS_BY_ID, &id, slot);
    if (!stands(bond))
        return;
    peers_chain_add(x, PEERS_BY_IDENTITY, &identity, slot);
    if (bond->has_my_ltk)
        peers_chain_add(x, PEERS_BY_EDIV, &ediv, slot);
    peers_order_add(x, slot, bond->id);
}

static void leave(peers_bonds *bonds, const peers_bond *bond)
{
    bonds->used -= stands(bond);
    bonds->left += stands(bond);
    bonds->occupied -= !is_vacant(bond);
    if (bonds->index != NULL)
        leave_chains(bonds->index, bond, number_of(bonds, bond));
}

static void enter(peers_bonds *bonds, const peers_bond *bond)
{
    uint32_t slot = number_of(bonds, bond);

    bonds->used += stands(bond);
    bonds->occupied += !is_vacant(bond);
    bonds->changes++;
    if (bonds->index == NULL)
        return;
    enter_chains(bonds->index, bond, slot);
    peers_ring_enter(bonds->index, ring_of(bond), slot);
    peers_set_put(bonds->index, PEERS_WITH_IRK, slot, stands(bond) && has_irk(bond));
    peers_forget_resolved(bonds->index);
}

static void change_state(peers_bonds *bonds, peers_bond *bond, peers_bond_state state)
{
    leave(bonds, bond);
    bond->state = (uint8_t)state;
    enter(bonds, bond);
}

/* ---- finding ---- */

static peers_bond *slot_of(const peers_bonds *bonds, kith_peer_id id)
{
    uint32_t i = id != 0 ? first_in_chain(bonds, PEERS_BY_ID, key_of_id(id)) : PEERS_NO_SLOT;

    while (i != PEERS_NO_SLOT && bonds->slots[i].id != id)
        i = next_in_chain(bonds, PEERS_BY_ID, i);
    return i != PEERS_NO_SLOT ? &bonds->slots[i] : NULL;
}

peers_bond *peers_by_id(const peers_bonds *bonds, kith_peer_id id)
{
    peers_bond *bond = slot_of(bonds, id);

    return bond != NULL && stands(bond) ? bond : NULL;
}

/* As kith_address_equal(), and inline: a search does it twice. */
static bool is_same(const kith_address *a, const kith_address *b)
{
    return memcmp(a->octets, b->octets, sizeof a->octets) == 0 && a->type == b->type;
}

/* It stands, and was made under this identity of ours. */
static bool is_under(const peers_bond *bond, const kith_address *local)
{
    return stands(bond) && is_same(&bond->local, local);
}

peers_bond *peers_by_identity(const peers_bonds *bonds, const kith_address *local, const kith_address *identity)
{
    uint32_t i = first_in_chain(bonds, PEERS_BY_IDENTITY, key_of_identity(local, identity));

    for (; i != PEERS_NO_SLOT; i = next_in_chain(bonds, PEERS_BY_IDENTITY, i))
        if (is_under(&bonds->slots[i], local) && is_same(&bonds->slots[i].identity, identity))
            return &bonds->slots[i];
    return NULL;
}

peers_bond *peers_by_ediv(const peers_bonds *bonds, const kith_address *local, uint16_t ediv, uint64_t rand)
{
    peers_bond *found = NULL;
    uint32_t i = first_in_chain(bonds, PEERS_BY_EDIV, key_of_ediv(local, ediv, rand));

    for (; i != PEERS_NO_SLOT; i = next_in_chain(bonds, PEERS_BY_EDIV, i)) {
        peers_bond *bond = &bonds->slots[i];

        if (!is_under(bond, local) || !bond->has_my_ltk || bond->my_ediv != ediv || bond->my_rand != rand)
            continue;
        if (found != NULL)
            return NULL;
        found = bond;
    }
    return found;
}

peers_bond *peers_of_class(const peers_bonds *bonds, uint8_t peer_class, kith_peer_id but)
{
    unsigned ring = ring_of_class(peer_class);

    for (uint32_t i = first_in_ring(bonds, ring); i != PEERS_NO_SLOT; i = next_in_ring(bonds, ring, i))
        if (stands(&bonds->slots[i]) && bonds->slots[i].peer_class == peer_class && bonds->slots[i].id != but)
            return &bonds->slots[i];
    return NULL;
}

/* ---- private addresses ---- */

static kith_status try_irk(const peers_bond *bond, const kith_crypto_port *crypto, const kith_address *address,
                           bool *made_it)
{
    uint8_t hash[3];
    kith_status status = crypto_ah(crypto, bond->irk, address->octets + 3, hash);

    *made_it = status == KITH_OK && equal_ct(hash, address->octets, sizeof hash);
    return status;
}

bool peers_resolves(const peers_bond *bond, const kith_crypto_port *crypto, const kith_address *address)
{
    bool made_it = false;

    return has_irk(bond) && try_irk(bond, crypto, address, &made_it) == KITH_OK && made_it;
}

/* The first slot from this one on whose bond, under the same identity of ours, has the IRK of this one. */
static uint32_t next_with_irk_of(const peers_bonds *bonds, uint32_t from, const peers_bond *bond)
{
    uint32_t i = next_in_set(bonds, PEERS_WITH_IRK, from);

    while (i != PEERS_NO_SLOT &&
           !(is_under(&bonds->slots[i], &bond->local) && equal_ct(bonds->slots[i].irk, bond->irk, 16)))
        i = next_in_set(bonds, PEERS_WITH_IRK, i + 1);
    return i;
}

bool peers_has_irk(const peers_bond *bond)
{
    return has_irk(bond);
}

/* Not constant in time over the bonds: how many there are is no secret. */
static uint32_t first_with(const peers_bonds *bonds, const kith_address *local, const uint8_t irk[16])
{
    uint32_t i = next_in_set(bonds, PEERS_WITH_IRK, 0);

    while (i != PEERS_NO_SLOT && !(is_under(&bonds->slots[i], local) && equal_ct(bonds->slots[i].irk, irk, 16)))
        i = next_in_set(bonds, PEERS_WITH_IRK, i + 1);
    return i;
}

peers_bond *peers_by_irk(const peers_bonds *bonds, const kith_address *local, const uint8_t irk[16])
{
    static const uint8_t none[16];
    uint32_t i = equal_ct(irk, none, sizeof none) ? PEERS_NO_SLOT : first_with(bonds, local, irk);

    return i != PEERS_NO_SLOT ? &bonds->slots[i] : NULL;
}

bool peers_shares_irk(const peers_bonds *bonds, const peers_bond *bond)
{
    uint32_t i = has_irk(bond) ? next_with_irk_of(bonds, 0, bond) : PEERS_NO_SLOT;

    if (i == number_of(bonds, bond))
        i = next_with_irk_of(bonds, i + 1, bond);
    return i != PEERS_NO_SLOT;
}

/* One AES block for each IRK from this slot on, until one fits.  *sure: the port answered each time. */
static uint32_t try_from(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *local,
                         const kith_address *address, uint32_t first, bool *sure)
{
    uint32_t i = next_in_set(bonds, PEERS_WITH_IRK, first);

    *sure = true;
    for (; i != PEERS_NO_SLOT; i = next_in_set(bonds, PEERS_WITH_IRK, i + 1)) {
        const peers_bond *bond = &bonds->slots[i];
        bool made_it = false;

        if (is_under(bond, local) && has_irk(bond))
            *sure &= try_irk(bond, crypto, address, &made_it) == KITH_OK;
        if (made_it)
            return i;
    }
    return PEERS_NO_SLOT;
}

/* An IRK that two bonds have names neither of them: those are known by their identity address alone. */
static uint32_t resolve_anew(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *local,
                             const kith_address *address, bool *sure)
{
    uint32_t slot = try_from(bonds, crypto, local, address, 0, sure);
    bool shared = slot != PEERS_NO_SLOT && next_with_irk_of(bonds, slot + 1, &bonds->slots[slot]) != PEERS_NO_SLOT;

    return shared ? PEERS_NO_SLOT : slot;
}

/* Whoever scans hears the same private address again and again. */
static peers_bond *resolve(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *local,
                           const kith_address *address)
{
    uint32_t slot;
    bool sure = true;

    if (bonds->index == NULL || !peers_recall(bonds->index, local, address, &slot)) {
        slot = resolve_anew(bonds, crypto, local, address, &sure);
        if (bonds->index != NULL && sure)
            peers_remember(bonds->index, local, address, slot);
    }
    return slot != PEERS_NO_SLOT ? &bonds->slots[slot] : NULL;
}

peers_bond *peers_by_address(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *local,
                             const kith_address *address)
{
    if (kith_address_kind_of(address) == KITH_ADDRESS_KIND_RESOLVABLE)
        return resolve(bonds, crypto, local, address);
    return peers_by_identity(bonds, local, address);
}

peers_bond *peers_also_by_address(const peers_bonds *bonds, const kith_crypto_port *crypto, const kith_address *local,
                                  const kith_address *address, const peers_bond *but)
{
    bool sure;
    uint32_t slot = number_of(bonds, but);

    if (kith_address_kind_of(address) != KITH_ADDRESS_KIND_RESOLVABLE)
        return NULL;
    do
        slot = try_from(bonds, crypto, local, address, slot + 1, &sure);
    while (slot != PEERS_NO_SLOT && peers_shares_irk(bonds, &bonds->slots[slot]));
    return slot != PEERS_NO_SLOT ? &bonds->slots[slot] : NULL;
}

/* ---- what may take whose place ---- */

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
    uint32_t i = first_in_ring(bonds, PEERS_FREE);

    while (i != PEERS_NO_SLOT && bonds->slots[i].id != 0)
        i = next_in_ring(bonds, PEERS_FREE, i);
    return i != PEERS_NO_SLOT ? &bonds->slots[i] : NULL;
}

static peers_bond *stuck_slot(const peers_bonds *bonds)
{
    uint32_t i = first_in_ring(bonds, PEERS_STUCK);

    while (i != PEERS_NO_SLOT && bonds->slots[i].state != PEERS_UNWANTED_FAILED)
        i = next_in_ring(bonds, PEERS_STUCK, i);
    return i != PEERS_NO_SLOT ? &bonds->slots[i] : NULL;
}

/* What lies beside a bond would be the next one's with its ID. */
static bool is_bond_alone(const peers_bond *stuck)
{
    bool has_pieces = false;

    for (unsigned i = 0; i < KITH_CHUNK_TYPES; i++)
        has_pieces |= stuck->pieces[i] != 0;
    return !stuck->record_gone && !stuck->counters.in_store && !has_pieces;
}

/* Whose record the next one may take the place of. */
static peers_bond *replaceable_slot(const peers_bonds *bonds)
{
    uint32_t i = first_in_ring(bonds, PEERS_STUCK);

    while (i != PEERS_NO_SLOT && (bonds->slots[i].state != PEERS_UNWANTED_FAILED || !is_bond_alone(&bonds->slots[i])))
        i = next_in_ring(bonds, PEERS_STUCK, i);
    return i != PEERS_NO_SLOT ? &bonds->slots[i] : NULL;
}

kith_peer_id peers_id_for(peers_bonds *bonds, const kith_address *local, const kith_address *identity)
{
    const peers_bond *bond = peers_by_identity(bonds, local, identity);
    peers_bond *stuck = bond == NULL ? replaceable_slot(bonds) : NULL;
    kith_peer_id id = bond != NULL ? bond->id : 0;

    if (stuck != NULL) {
        id = stuck->id;
        peers_remove(bonds, stuck);
    }
    return id != 0 ? id : fresh_id(bonds);
}

bool peers_has_room(const peers_bonds *bonds, const kith_address *local, const kith_address *identity,
                    uint32_t promised)
{
    return bonds->capacity - bonds->occupied > promised || peers_by_identity(bonds, local, identity) != NULL;
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

static void fill(peers_bonds *bonds, peers_bond *slot, const peers_bond *fresh, kith_peer_id id)
{
    leave(bonds, slot);
    *slot = *fresh;
    slot->id = id;
    slot->state = PEERS_STANDS;
    enter(bonds, slot);
}

/* Stuck ones give way: what is left of them in the store is found by the next start. */
static peers_bond *put_new(peers_bonds *bonds, const peers_bond *fresh)
{
    peers_bond *slot = free_slot(bonds);

    if (slot == NULL) {
        slot = stuck_slot(bonds);
        if (slot != NULL)
            peers_remove(bonds, slot);
    }
    if (slot != NULL)
        fill(bonds, slot, fresh, fresh->id != 0 ? fresh->id : fresh_id(bonds));
    return slot;
}

peers_bond *peers_put(peers_bonds *bonds, const peers_bond *fresh)
{
    peers_bond *slot = peers_by_identity(bonds, &fresh->local, &fresh->identity);
    peers_counters counters;
    peers_use use;
    uint16_t pieces[KITH_CHUNK_TYPES];

    if (slot == NULL)
        return put_new(bonds, fresh);
    counters = counters_after(slot, fresh);
    memcpy(pieces, slot->pieces, sizeof pieces);
    use = slot->use;
    fill(bonds, slot, fresh, slot->id);
    slot->counters = counters;
    memcpy(slot->pieces, pieces, sizeof pieces);
    slot->use = use;
    return slot;
}

bool peers_load(peers_bonds *bonds, const peers_bond *bond)
{
    peers_bond *older;

    peers_drop(bonds, bond->id);
    peers_know_id(bonds, bond->id);
    older = peers_by_identity(bonds, &bond->local, &bond->identity);
    if (older == NULL)
        return put_new(bonds, bond) != NULL;
    if (free_slot(bonds) == NULL)
        return false; /* dropped here alone, it would come back */
    if ((int32_t)(bond->id - older->id) < 0) {
        peers_unwant(bonds, bond->id);
        return true;
    }
    peers_forget(bonds, older);
    change_state(bonds, older, PEERS_UNWANTED);
    return put_new(bonds, bond) != NULL;
}

void peers_know_id(peers_bonds *bonds, kith_peer_id highest)
{
    if (highest > bonds->last_id)
        bonds->last_id = highest;
}

void peers_clear(peers_bonds *bonds)
{
    wipe(bonds->slots, bonds->capacity * sizeof *bonds->slots);
    bonds->used = bonds->occupied = 0;
    bonds->left++;
    bonds->changes++;
    if (bonds->index != NULL)
        peers_index_clear(bonds->index);
}

void peers_remove(peers_bonds *bonds, peers_bond *bond)
{
    peers_mark(bonds, bond, false);
    leave(bonds, bond);
    wipe(bond, sizeof *bond);
    enter(bonds, bond);
}

void peers_forget(peers_bonds *bonds, peers_bond *bond)
{
    kith_peer_id id = bond->id;
    bool in_store = bond->counters.in_store;
    uint16_t pieces[KITH_CHUNK_TYPES];

    memcpy(pieces, bond->pieces, sizeof pieces);
    peers_remove(bonds, bond);
    bond->id = id;
    bond->state = PEERS_FORGETTING;
    bond->counters.in_store = in_store;
    memcpy(bond->pieces, pieces, sizeof pieces);
    enter(bonds, bond); /* a free slot is in no chain */
}

/* Of few the one with the smallest ID. */
static peers_bond *scan_forgetting(const peers_bonds *bonds)
{
    peers_bond *next = NULL;

    for (uint32_t i = 0; i < bonds->capacity; i++) {
        peers_bond *bond = &bonds->slots[i];

        if (ring_of(bond) == PEERS_TO_FORGET && (next == NULL || bond->id < next->id))
            next = bond;
    }
    return next;
}

peers_bond *peers_next_forgetting(const peers_bonds *bonds)
{
    uint32_t i;

    if (bonds->index == NULL)
        return scan_forgetting(bonds);
    i = peers_ring_first(bonds->index, PEERS_TO_FORGET);
    return i != PEERS_NO_SLOT ? &bonds->slots[i] : NULL;
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
    enter(bonds, slot);
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
    for (peers_bond *stuck = stuck_slot(bonds); stuck != NULL; stuck = stuck_slot(bonds))
        change_state(bonds, stuck, PEERS_UNWANTED);
}

void peers_forget_failed(peers_bonds *bonds, kith_peer_id id)
{
    peers_bond *bond = peers_forgotten(bonds, id);

    if (bond != NULL)
        change_state(bonds, bond, bond->state == PEERS_UNWANTED ? PEERS_UNWANTED_FAILED : PEERS_FORGET_FAILED);
}

void peers_forget_again(peers_bonds *bonds, peers_bond *bond)
{
    change_state(bonds, bond, PEERS_FORGETTING);
}

void peers_mark(peers_bonds *bonds, const peers_bond *bond, bool wanted)
{
    if (bonds->index != NULL)
        peers_set_put(bonds->index, PEERS_TO_WRITE, number_of(bonds, bond), wanted);
}

peers_bond *peers_next_marked(const peers_bonds *bonds, const peers_bond *after)
{
    uint32_t i = next_in_set(bonds, PEERS_TO_WRITE, after != NULL ? number_of(bonds, after) + 1 : 0);

    return i != PEERS_NO_SLOT ? &bonds->slots[i] : NULL;
}

void peers_drop(peers_bonds *bonds, kith_peer_id id)
{
    peers_bond *bond = slot_of(bonds, id);

    if (bond != NULL)
        peers_remove(bonds, bond);
}

uint32_t peers_count_under(const peers_bonds *bonds, const kith_address *local)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < bonds->capacity; i++)
        count += is_under(&bonds->slots[i], local);
    return count;
}

static peers_bond *scan_after(const peers_bonds *bonds, kith_peer_id after)
{
    peers_bond *next = NULL;

    for (uint32_t i = 0; i < bonds->capacity; i++) {
        peers_bond *bond = &bonds->slots[i];

        if (stands(bond) && bond->id > after && (next == NULL || bond->id < next->id))
            next = bond;
    }
    return next;
}

peers_bond *peers_after(const peers_bonds *bonds, kith_peer_id after)
{
    uint32_t i;

    if (bonds->index == NULL)
        return scan_after(bonds, after);
    i = peers_order_after(bonds->index, bonds->slots, after);
    return i != PEERS_NO_SLOT ? &bonds->slots[i] : NULL;
}
