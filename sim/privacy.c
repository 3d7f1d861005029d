/* The filter accept list, the resolving list and private addresses.  Core Vol 6 Part B 1.3.2, 4.3.3, 4.7, 6.
 *
 * A zero IRK stands for "no resolvable addresses" on that side, as the specification has it. */
#include <string.h>

#include "base/bytes.h"
#include "crypto/toolbox.h"

#include "internal.h"

enum { IDENTITY_TYPE = 2 };

static sim_address as_identity(const sim_address *address)
{
    sim_address plain = *address;

    plain.type &= 1;
    return plain;
}

static bool same_address(const sim_address *a, const sim_address *b)
{
    return (a->type & 1) == (b->type & 1) && memcmp(a->octets, b->octets, 6) == 0;
}

bool sim_filter_list_has(const sim_controller *c, const sim_address *address)
{
    for (size_t i = 0; i < c->settings.filter_count; i++) {
        if (same_address(&c->settings.filter_list[i], address))
            return true;
    }
    return false;
}

bool sim_address_is_resolvable(const sim_address *address)
{
    return address->type == KITH_ADDRESS_RANDOM && address->octets[5] >> 6 == 1;
}

sim_resolving_entry *sim_resolving_find(sim_controller *c, const sim_address *identity)
{
    for (size_t i = 0; i < c->settings.resolving_count; i++) {
        if (same_address(&c->settings.resolving_list[i].identity, identity))
            return &c->settings.resolving_list[i];
    }
    return NULL;
}

static bool was_made_with(const sim_controller *c, const uint8_t irk[16], const uint8_t rpa[6])
{
    uint8_t hash[3];

    return crypto_ah(&c->sim->crypto, irk, rpa + 3, hash) == KITH_OK && memcmp(hash, rpa, 3) == 0;
}

sim_address sim_resolve(sim_controller *c, const sim_address *on_air, sim_resolving_entry **entry)
{
    sim_address identity = *on_air;

    if (entry != NULL)
        *entry = NULL;
    if (!c->settings.resolving || !sim_address_is_resolvable(on_air))
        return identity;
    for (size_t i = 0; i < c->settings.resolving_count; i++) {
        sim_resolving_entry *e = &c->settings.resolving_list[i];

        if (!e->has_peer_irk || !was_made_with(c, e->peer_irk, on_air->octets))
            continue;
        identity = e->identity;
        identity.type |= IDENTITY_TYPE;
        memcpy(e->peer_rpa, on_air->octets, 6);
        e->has_peer_rpa = true;
        if (entry != NULL)
            *entry = e;
        break;
    }
    return identity;
}

bool sim_privacy_allows(sim_controller *c, const sim_address *on_air)
{
    const sim_resolving_entry *entry = c->settings.resolving ? sim_resolving_find(c, on_air) : NULL;

    return entry == NULL || !entry->has_peer_irk || entry->device_privacy;
}

bool sim_own_address_missing(const sim_controller *c, uint8_t own_type)
{
    return (own_type & 1) != 0 && !c->settings.has_random_address;
}

static sim_address own_identity(const sim_controller *c, uint8_t own_type, const uint8_t random_address[6])
{
    sim_address own;

    own.type = own_type & 1;
    memcpy(own.octets, own.type == KITH_ADDRESS_RANDOM ? random_address : c->public_address, 6);
    return own;
}

static bool make_rpa(sim_controller *c, const uint8_t irk[16], uint8_t rpa[6])
{
    do {
        sim_rng_fill(&c->rng, rpa + 3, 3);
        rpa[5] = (uint8_t)((rpa[5] & 0x3f) | 0x40);
    } while ((rpa[3] | rpa[4] | (rpa[5] & 0x3f)) == 0 || (rpa[3] & rpa[4] & (rpa[5] | 0xc0)) == 0xff);
    return crypto_ah(&c->sim->crypto, irk, rpa + 3, rpa) == KITH_OK;
}

static void renew_local_rpa(sim_controller *c, sim_resolving_entry *entry)
{
    uint64_t lifetime_us = (uint64_t)c->settings.rpa_timeout_s * 1000000;

    if (entry->has_local_rpa && c->sim->now_us < entry->local_rpa_us + lifetime_us)
        return;
    entry->has_local_rpa = make_rpa(c, entry->local_irk, entry->local_rpa);
    entry->local_rpa_us = c->sim->now_us;
}

const uint8_t *sim_local_rpa(sim_controller *c, sim_resolving_entry *entry)
{
    if (!entry->has_local_irk)
        return NULL;
    renew_local_rpa(c, entry);
    return entry->has_local_rpa ? entry->local_rpa : NULL;
}

static sim_resolving_entry *entry_for(sim_controller *c, uint8_t own_type, const sim_address *peer)
{
    return own_type >= 2 && c->settings.resolving ? sim_resolving_find(c, peer) : NULL;
}

static sim_address own_address(sim_controller *c, uint8_t own_type, const sim_address *peer,
                               const uint8_t random_address[6])
{
    sim_address own = own_identity(c, own_type, random_address);
    sim_resolving_entry *entry = entry_for(c, own_type, peer);
    const uint8_t *rpa = entry != NULL ? sim_local_rpa(c, entry) : NULL;

    if (rpa != NULL) {
        own.type = KITH_ADDRESS_RANDOM;
        memcpy(own.octets, rpa, 6);
    }
    return own;
}

sim_address sim_own_address(sim_controller *c, uint8_t own_type, const sim_address *peer)
{
    return own_address(c, own_type, peer, c->settings.random_address);
}

sim_address sim_advertiser_address(sim_advertiser *a)
{
    sim_controller *c = a->controller;

    return own_address(c, a->own_type, &a->peer, a->is_set ? a->random_address : c->settings.random_address);
}

bool sim_advertiser_address_missing(sim_advertiser *a)
{
    const sim_resolving_entry *entry = entry_for(a->controller, a->own_type, &a->peer);

    if (!a->is_set)
        return sim_own_address_missing(a->controller, a->own_type);
    return (a->own_type & 1) != 0 && !a->has_random_address && (entry == NULL || !entry->has_local_irk);
}

bool sim_address_is_given(const sim_controller *c, const sim_address *on_air)
{
    bool given = memcmp(on_air->octets, c->settings.random_address, 6) == 0;

    for (size_t i = 0; i < KITH_SIM_SETS_MAX; i++)
        given |= c->sets[i] != NULL && memcmp(on_air->octets, c->sets[i]->random_address, 6) == 0;
    return given;
}

sim_address sim_peer_address(sim_controller *c, uint8_t own_type, const sim_address *peer)
{
    sim_address named = as_identity(peer);
    sim_resolving_entry *entry = entry_for(c, own_type, peer);

    if (entry != NULL && entry->has_peer_irk && make_rpa(c, entry->peer_irk, named.octets))
        named.type = KITH_ADDRESS_RANDOM;
    return named;
}

bool sim_address_is_mine(sim_controller *c, const sim_address *on_air, uint8_t own_type)
{
    sim_address own = own_identity(c, own_type, c->settings.random_address);

    if (same_address(&own, on_air))
        return true;
    if (own_type < 2 || !c->settings.resolving || !sim_address_is_resolvable(on_air))
        return false;
    for (size_t i = 0; i < c->settings.resolving_count; i++) {
        const sim_resolving_entry *e = &c->settings.resolving_list[i];

        if (e->has_local_irk && was_made_with(c, e->local_irk, on_air->octets))
            return true;
    }
    return false;
}
