/* Decides bond by bond, in the order of the file, which of them come into a store.  Nothing here believes a file: what
 * is stronger stays, and a bond belongs to the local identity that it was made with. */
#include "bonds_plan.h"

#include <stdlib.h>
#include <string.h>

#include "bonds_record.h"
#include "command.h"
#include "kith/port/openssl.h"

enum { ADDRESS_TOP = 5, STATIC_BITS = 0xc0 };

bool bonds_plan_writes(const plan_entry *e)
{
    return e->outcome == PLAN_ADD || e->outcome == PLAN_REPLACE;
}

bool bonds_plan_is_done(const plan_entry *e)
{
    return bonds_plan_writes(e) || e->outcome == PLAN_SAME;
}

const char *bonds_plan_word(plan_outcome outcome)
{
    static const char *const words[] = {
        [PLAN_ADD] = "imported",        [PLAN_REPLACE] = "replaced",  [PLAN_SAME] = "unchanged",
        [PLAN_KEPT] = "kept",           [PLAN_STRONGER] = "stronger", [PLAN_NOT_OURS] = "other-identity",
        [PLAN_OURSELVES] = "ourselves", [PLAN_TWICE] = "twice",       [PLAN_IMPOSSIBLE] = "impossible"};

    return words[outcome];
}

/* ---- who this device is ---- */

static bool is_passed_over(const plan_wishes *wishes, const kith_bond_record *bond)
{
    return wishes->has_only && !kith_address_equal(&bond->local, &wishes->only);
}

/* The one identity that all bonds of the file belong to; false: it has several. */
static bool find_own(const kith_exchange_result *got, const plan_wishes *wishes, kith_address *own)
{
    *own = got->bonds[0].local;
    if (wishes->has_only) {
        *own = wishes->only;
        return true;
    }
    for (size_t i = 1; i < got->count; i++)
        if (!kith_address_equal(&got->bonds[i].local, own))
            return false;
    return true;
}

static bool draw_device(kith_device_record *device)
{
    kith_crypto_port crypto;
    kith_record record;
    kith_status status = kith_openssl_port(&crypto);

    memset(device, 0, sizeof *device);
    if (status == KITH_OK)
        status = crypto.random(crypto.context, device->irk, sizeof device->irk);
    if (status == KITH_OK)
        status = crypto.random(crypto.context, device->static_address, sizeof device->static_address);
    device->static_address[ADDRESS_TOP] |= STATIC_BITS;
    if (status == KITH_OK)
        status = kith_record_encode_device(device, &record); /* randomness that repeats itself is none */
    bonds_record_forget(&record, sizeof record);
    if (status != KITH_OK)
        (void)complain("no identity can be drawn for the new store: %s", kith_status_name(status));
    return status == KITH_OK;
}

/* Some formats have our key and not our address, or its octets without its type: --local says the rest. */
static bool tells_irk_of(const kith_exchange_result *got, const kith_address *own)
{
    const kith_exchange_identity *told = &got->identity;

    return told->has_irk && (!told->has_address || memcmp(told->address.octets, own->octets, sizeof own->octets) == 0);
}

/* A store without bonds does not tell which adapter it goes with. */
static void take_public(bonds_plan *p, const kith_address *own)
{
    p->is_public = own->type == KITH_ADDRESS_PUBLIC;
    p->public_address = *own;
}

/* A new store becomes who the bonds belong to.  A public address no store can hold: it is the adapter's. */
static bool make_device(bonds_plan *p, const kith_exchange_result *got, const kith_address *own)
{
    if (!draw_device(&p->device))
        return false;
    p->makes_device = true;
    p->takes_over = own->type == KITH_ADDRESS_RANDOM;
    take_public(p, own);
    if (p->takes_over)
        memcpy(p->device.static_address, own->octets, sizeof own->octets);
    p->draws_irk = !tells_irk_of(got, own);
    if (!p->draws_irk)
        memcpy(p->device.irk, got->identity.irk, sizeof p->device.irk);
    return true;
}

static bool take_identity(bonds_plan *p, const kith_exchange_result *got, const store_bonds *store,
                          const plan_wishes *wishes, const char *path)
{
    kith_address own;

    if (!store->is_new && !store->has_device) {
        (void)complain("the store %s is damaged: our own identity is missing; nothing was changed", path);
        return false;
    }
    if (!store->is_new) {
        p->device = store->device;
        if (store->count == 0 && find_own(got, wishes, &own))
            take_public(p, &own);
        own = store_bonds_own(store);
        p->has_other_irk =
            tells_irk_of(got, &own) && memcmp(got->identity.irk, p->device.irk, sizeof p->device.irk) != 0;
        return true;
    }
    if (find_own(got, wishes, &own))
        return make_device(p, got, &own);
    (void)complain("these bonds belong to several local identities, and a new store has one; --only ADDRESS imports "
                   "those of one; nothing was changed");
    return false;
}

/* The store's static address; and the adapter's public one, which bonds that are there already tell, or those that are
 * the first. */
static bool is_own(const bonds_plan *p, const store_bonds *store, const kith_address *local)
{
    if (local->type == KITH_ADDRESS_RANDOM)
        return memcmp(local->octets, p->device.static_address, sizeof local->octets) == 0;
    if (p->is_public && kith_address_equal(local, &p->public_address))
        return true;
    for (size_t i = 0; i < store->count; i++)
        if (kith_address_equal(&store->bonds[i].local, local))
            return true;
    return false;
}

/* ---- one bond ---- */

static bool is_same_key(const uint8_t a[16], const uint8_t b[16])
{
    return memcmp(a, b, 16) == 0;
}

/* Formats have no place for some keys: what is missing is no other key, and takes none away. */
static bool adds_no_key(const uint8_t fresh[16], const uint8_t old[16])
{
    static const uint8_t none[16];

    return is_same_key(fresh, none) || is_same_key(fresh, old);
}

static bool adds_no_ltk(const kith_bond_record *fresh, const kith_bond_record *old)
{
    return !fresh->has_ltk ||
           (old->has_ltk && fresh->ediv == old->ediv && fresh->rand == old->rand && is_same_key(fresh->ltk, old->ltk));
}

static bool adds_no_my_ltk(const kith_bond_record *fresh, const kith_bond_record *old)
{
    return !fresh->has_my_ltk || (old->has_my_ltk && fresh->my_ediv == old->my_ediv && fresh->my_rand == old->my_rand &&
                                  is_same_key(fresh->my_ltk, old->my_ltk));
}

static bool has_same_keys(const kith_bond_record *fresh, const kith_bond_record *old)
{
    return fresh->key_kind == old->key_kind && fresh->key_size == old->key_size && adds_no_ltk(fresh, old) &&
           adds_no_my_ltk(fresh, old) && adds_no_key(fresh->irk, old->irk) &&
           adds_no_key(fresh->my_csrk, old->my_csrk) && adds_no_key(fresh->peer_csrk, old->peer_csrk);
}

static bool is_same(const kith_bond_record *fresh, const kith_bond_record *old)
{
    return has_same_keys(fresh, old) && kith_address_equal(&fresh->local, &old->local) && fresh->level <= old->level;
}

/* As a pairing may replace a bond. */
static bool is_as_strong(const kith_bond_record *fresh, const kith_bond_record *old)
{
    return fresh->level >= old->level && fresh->key_size >= old->key_size &&
           (fresh->key_kind == KITH_KEY_KIND_SC || old->key_kind != KITH_KEY_KIND_SC);
}

/* Its peer does not tell apart what it knows of us: the ID, and with it what lies beside the bond, stays. */
static void take_place_of(plan_entry *e, const kith_bond_record *old)
{
    e->bond.peer = old->peer;
    if (e->bond.peer_class == 0)
        e->bond.peer_class = old->peer_class;
}

static plan_outcome judge_against(plan_entry *e, const kith_bond_record *old, const plan_wishes *wishes)
{
    take_place_of(e, old);
    if (is_same(&e->bond, old))
        return PLAN_SAME;
    if (!is_as_strong(&e->bond, old))
        return PLAN_STRONGER;
    return wishes->may_replace ? PLAN_REPLACE : PLAN_KEPT;
}

static bool is_twice(const bonds_plan *p, const kith_bond_record *bond)
{
    for (size_t i = 0; i < p->count; i++)
        if (bonds_plan_is_done(&p->entries[i]) && kith_address_equal(&p->entries[i].bond.identity, &bond->identity))
            return true;
    return false;
}

static plan_outcome judge(const bonds_plan *p, plan_entry *e, const store_bonds *store, const plan_wishes *wishes)
{
    const kith_bond_record *old = store_bonds_find(store, &e->bond.identity);

    e->is_unusable = !is_own(p, store, &e->bond.local);
    if (is_own(p, store, &e->bond.identity) || kith_address_equal(&e->bond.identity, &e->bond.local))
        return PLAN_OURSELVES;
    if (is_twice(p, &e->bond))
        return PLAN_TWICE;
    if (e->is_unusable && !wishes->may_be_others)
        return PLAN_NOT_OURS;
    return old != NULL ? judge_against(e, old, wishes) : PLAN_ADD;
}

/* ---- identity resolving keys ---- */

static bool has_irk(const kith_bond_record *bond)
{
    static const uint8_t none[sizeof bond->irk];

    return memcmp(bond->irk, none, sizeof none) != 0;
}

static bool share_irk(const kith_bond_record *a, const kith_bond_record *b)
{
    return a->peer != b->peer && memcmp(a->irk, b->irk, sizeof a->irk) == 0;
}

static uint32_t find_shared_irk(const bonds_plan *p, const plan_entry *e, const store_bonds *store)
{
    if (!has_irk(&e->bond))
        return 0;
    for (size_t i = 0; i < store->count; i++)
        if (share_irk(&store->bonds[i], &e->bond))
            return store->bonds[i].peer;
    for (const plan_entry *other = p->entries; other < e; other++)
        if (bonds_plan_writes(other) && share_irk(&other->bond, &e->bond))
            return other->bond.peer;
    return 0;
}

/* ---- all ---- */

static bool encodes(const kith_bond_record *bond)
{
    kith_record record;
    bool does = kith_record_encode_bond(bond, &record) == KITH_OK;

    bonds_record_forget(&record, sizeof record);
    return does;
}

/* false: no ID is left. */
static bool place(bonds_plan *p, plan_entry *e, const store_bonds *store, uint32_t *last_id)
{
    if (e->outcome == PLAN_ADD && *last_id == UINT32_MAX)
        return false;
    if (e->outcome == PLAN_ADD)
        e->bond.peer = ++*last_id;
    if (bonds_plan_writes(e) && !encodes(&e->bond))
        e->outcome = PLAN_IMPOSSIBLE;
    if (bonds_plan_writes(e))
        e->shares_irk = find_shared_irk(p, e, store);
    return true;
}

/* Of several bonds of one peer the store's own identity has the first choice. */
static bool decide(bonds_plan *p, const kith_exchange_result *got, const store_bonds *store, const plan_wishes *wishes,
                   bool of_own, uint32_t *last_id)
{
    for (size_t i = 0; i < got->count; i++) {
        plan_entry *e = &p->entries[p->count];

        if (is_passed_over(wishes, &got->bonds[i]) || is_own(p, store, &got->bonds[i].local) != of_own)
            continue;
        memset(e, 0, sizeof *e);
        e->bond = got->bonds[i];
        e->bond.peer = 0;
        e->outcome = judge(p, e, store, wishes);
        p->count++;
        if (!place(p, e, store, last_id)) {
            (void)complain("no number is left for another peer; nothing was changed");
            return false;
        }
    }
    return true;
}

static bool has_room(const bonds_plan *p, const store_bonds *store, const char *path)
{
    size_t wanted = p->makes_device;

    for (size_t i = 0; i < p->count; i++)
        wanted += bonds_plan_writes(&p->entries[i]);
    if (wanted <= store->room)
        return true;
    (void)complain("the store %s has room for %u more records for sure, and %zu are to be written; json:FILE and "
                   "sqlite:FILE take more; nothing was changed",
                   path, (unsigned)store->room, wanted);
    return false;
}

static bool fill(bonds_plan *p, const kith_exchange_result *got, const store_bonds *store, const plan_wishes *wishes,
                 const char *path)
{
    uint32_t last_id = store->highest_id;

    if (!take_identity(p, got, store, wishes, path))
        return false;
    p->entries = calloc(got->count, sizeof *p->entries);
    if (p->entries == NULL) {
        (void)complain("no memory");
        return false;
    }
    if (!decide(p, got, store, wishes, true, &last_id) || !decide(p, got, store, wishes, false, &last_id))
        return false;
    p->passed_over = got->count - p->count;
    if (p->count == 0)
        (void)complain("none of these bonds belongs to the identity that --only names; nothing was changed");
    return p->count > 0 && has_room(p, store, path);
}

bool bonds_plan_make(bonds_plan *p, const kith_exchange_result *got, const store_bonds *store,
                     const plan_wishes *wishes, const char *path)
{
    bool made;

    memset(p, 0, sizeof *p);
    made = fill(p, got, store, wishes, path);
    if (!made)
        bonds_plan_free(p);
    return made;
}

void bonds_plan_free(bonds_plan *p)
{
    if (p->entries != NULL)
        bonds_record_forget(p->entries, p->count * sizeof *p->entries);
    free(p->entries);
    bonds_record_forget(p, sizeof *p);
}
