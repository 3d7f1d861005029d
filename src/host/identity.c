/* Who this device is to its peers: its identities, and which of them is used.  The first one is given by the program,
 * else kept in the store, else drawn at every start of the program.  Core Vol 3 Part C 10.7, 15.1. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "crypto/known_keys.h"
#include "host/internal.h"

static kith_status draw(kith_host *h, peers_device *out, bool irk, bool address)
{
    kith_status status = KITH_OK;

    memset(out, 0, sizeof *out);
    if (irk)
        status = crypto_random(h->config.crypto, &h->random, out->irk, sizeof out->irk);
    if (status == KITH_OK && address)
        status = crypto_random(h->config.crypto, &h->random, out->static_address, sizeof out->static_address);
    out->static_address[5] |= 0xc0;
    if (status != KITH_OK)
        wipe(out, sizeof *out);
    return status;
}

/* All of it, whatever this program uses: the store is for good. */
kith_status identity_draw(kith_host *h, peers_device *out)
{
    return draw(h, out, true, true);
}

void identity_adopt(kith_host *h, const peers_device *device)
{
    const kith_config *config = &h->config;
    smp_identity *first = &h->identities[0];

    memcpy(first->irk, config->irk != NULL ? config->irk : device->irk, sizeof first->irk);
    first->used = true;
    h->identity_known = true;
    if (config->own_address == KITH_OWN_STATIC) {
        first->address.type = KITH_ADDRESS_RANDOM;
        memcpy(first->address.octets, config->static_address != NULL ? config->static_address : device->static_address,
               6);
    }
    h->own = h->identities[h->selected].address;
    privacy_drop(h);
}

/* Without a store it stays the same over restarts of the controller, and no longer. */
kith_status identity_without_store(kith_host *h)
{
    peers_device device;
    kith_status status;

    if (h->identity_known || storing_outlives(h))
        return KITH_OK;
    status = draw(h, &device, h->config.irk == NULL,
                  h->config.own_address == KITH_OWN_STATIC && h->config.static_address == NULL);
    if (status == KITH_OK)
        identity_adopt(h, &device);
    wipe(&device, sizeof device);
    return status;
}

void identity_forget_all(kith_host *h)
{
    wipe(h->identities, (h->config.limits.identities + 1u) * sizeof *h->identities);
    h->selected = 0;
    h->doubtful = 0;
    privacy_drop(h);
}

/* ---- asked by others ---- */

/* The first one's public address is not known before the controller has told it. */
static bool is_named(const smp_identity *mine)
{
    static const uint8_t none[6];

    return mine->used &&
           (mine->address.type == KITH_ADDRESS_RANDOM || memcmp(mine->address.octets, none, sizeof none) != 0);
}

bool identity_is_ours(const kith_host *h, const kith_address *local)
{
    for (unsigned i = 0; i <= h->config.limits.identities; i++)
        if (is_named(&h->identities[i]) && kith_address_equal(&h->identities[i].address, local))
            return true;
    return false;
}

/* Their peers look for another address than any of ours. */
uint32_t identity_count_others(const kith_host *h)
{
    uint32_t count = 0;

    for (const peers_bond *bond = peers_after(&h->bonds, 0); bond != NULL; bond = peers_after(&h->bonds, bond->id))
        count += !identity_is_ours(h, &bond->local);
    return count;
}

/* The end of advertising may be told before the link that came of it.  If that identity is gone by then nothing is
 * proven under another one: addresses are part of every check. */
uint8_t identity_of_new_link(const kith_host *h, bool central)
{
    uint8_t used = central ? h->initiated_as : h->advertised_as;

    return h->identities[used].used ? used : h->selected;
}

bool identity_is_busy(const kith_host *h)
{
    return h->naming.under_way && h->naming.number == h->selected;
}

/* ---- the address that the controller uses ---- */

/* What is on air under the one before ends first, also what nobody wants any more. */
static bool must_wait(const kith_host *h)
{
    return advertise_is_left_on(h) || (h->pauses[PAUSE_FOR_ADDRESS] != PAUSE_NOTHING && !pause_is_reached(h));
}

size_t identity_command(kith_host *h, uint8_t *out)
{
    const kith_address *own = privacy_on_air(h);

    if (must_wait(h) || own->type != KITH_ADDRESS_RANDOM || !privacy_is_known(h) ||
        (h->random_told && memcmp(h->random_address, own->octets, sizeof h->random_address) == 0))
        return 0;
    memcpy(h->random_address, own->octets, sizeof h->random_address);
    h->random_told = true;
    command_begin(out, KITH_HCI_LE_SET_RANDOM_ADDRESS, 6);
    memcpy(out + 4, h->random_address, 6);
    return 4 + 6;
}

/* Nothing goes out under an address that is another identity's: a controller that does not take this one is of no use.
 */
void identity_on_command(kith_host *h, kith_hci_status status)
{
    if (status == KITH_HCI_SUCCESS)
        return;
    h->lost_why.opcode = KITH_HCI_LE_SET_RANDOM_ADDRESS;
    h->lost_why.hardware_code = 0;
    h->lost = true;
}

/* ---- the program's calls ---- */

static bool is_loaded(const kith_host *h)
{
    return h->identity_known && storing_is_ready(h) && h->reset == RESET_NONE;
}

static smp_identity *identity_of(const kith_host *h, uint8_t number)
{
    return number <= h->config.limits.identities && h->identities[number].used ? &h->identities[number] : NULL;
}

uint8_t kith_identity_count(const kith_host *h)
{
    uint8_t count = 0;

    for (unsigned i = 0; is_loaded(h) && i <= h->config.limits.identities; i++)
        count += h->identities[i].used;
    return count;
}

static uint32_t count_links(const kith_host *h, uint8_t number)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < h->config.limits.links; i++)
        count += h->links[i].id != 0 && h->links[i].identity == number;
    return count;
}

kith_status kith_identity_get(const kith_host *h, uint8_t number, kith_identity_info *out)
{
    const smp_identity *mine = identity_of(h, number);

    if (!is_loaded(h))
        return KITH_ERR_STATE;
    if (mine == NULL)
        return KITH_ERR_NOT_FOUND;
    if (!is_named(mine))
        return KITH_ERR_STATE;
    out->address = mine->address;
    out->is_selected = number == h->selected;
    out->links = count_links(h, number);
    out->bonds = peers_count_under(&h->bonds, &mine->address);
    return KITH_OK;
}

kith_status kith_identity_copy_irk(const kith_host *h, uint8_t number, uint8_t irk[16])
{
    const smp_identity *mine = identity_of(h, number);

    if (!is_loaded(h))
        return KITH_ERR_STATE;
    if (mine == NULL)
        return KITH_ERR_NOT_FOUND;
    memcpy(irk, mine->irk, sizeof mine->irk);
    return KITH_OK;
}

/* Also while one in doubt is being settled: its end must not be taken for that of another change. */
static bool may_change(const kith_host *h)
{
    return is_loaded(h) && !h->naming.under_way && (h->doubtful == 0 || h->doubt_waits);
}

static bool is_possible(const kith_address *address, const uint8_t *irk)
{
    return (address == NULL || kith_address_kind_of(address) == KITH_ADDRESS_KIND_STATIC) &&
           (irk == NULL || !crypto_is_known_key(irk));
}

/* Has another one the address or the key of this one? */
static bool is_taken(const kith_host *h, uint8_t number, const smp_identity *fresh)
{
    for (unsigned i = 0; i <= h->config.limits.identities; i++) {
        const smp_identity *other = &h->identities[i];

        if (i != number && other->used &&
            (kith_address_equal(&other->address, &fresh->address) || memcmp(other->irk, fresh->irk, 16) == 0))
            return true;
    }
    return false;
}

static uint8_t free_number(const kith_host *h)
{
    uint8_t number = 1;

    while (number <= h->config.limits.identities && h->identities[number].used)
        number++;
    return number;
}

/* What is not given is drawn. */
static kith_status make(kith_host *h, const kith_address *address, const uint8_t *irk, smp_identity *out)
{
    peers_device drawn;
    kith_status status = draw(h, &drawn, irk == NULL, address == NULL);

    out->used = true;
    out->address.type = KITH_ADDRESS_RANDOM;
    memcpy(out->address.octets, address != NULL ? address->octets : drawn.static_address, sizeof out->address.octets);
    memcpy(out->irk, irk != NULL ? irk : drawn.irk, sizeof out->irk);
    wipe(&drawn, sizeof drawn);
    return status;
}

kith_status kith_identity_create(kith_host *h, const kith_address *address, const uint8_t irk[16], uint8_t *number)
{
    smp_identity fresh;
    kith_status status;

    if (!may_change(h))
        return KITH_ERR_BUSY;
    if (!is_possible(address, irk))
        return KITH_ERR_VALUE;
    if (free_number(h) > h->config.limits.identities || !storing_has_room(h) || !events_have_room(h))
        return KITH_ERR_FULL;
    status = make(h, address, irk, &fresh);
    if (status == KITH_OK && is_taken(h, free_number(h), &fresh))
        status = KITH_ERR_EXISTS;
    if (status == KITH_OK) {
        *number = free_number(h);
        naming_begin(h, KITH_IDENTITY_CREATED, *number, &fresh);
    }
    wipe(&fresh, sizeof fresh);
    return status;
}

static bool is_active(const kith_host *h)
{
    return advertise_is_active(h) || h->scanner.on || h->scanner.busy || h->connecting;
}

bool identity_is_active(const kith_host *h)
{
    return is_active(h);
}

bool identity_is_on_air(const kith_host *h)
{
    return is_active(h) || reconnect_is_active(h);
}

static bool is_in_use(const kith_host *h, uint8_t number)
{
    return (number == h->selected && is_active(h)) || count_links(h, number) != 0;
}

/* What the configuration or the controller gives is not ours to change. */
static kith_status may_set(kith_host *h, uint8_t number, const kith_address *address, const uint8_t *irk)
{
    const kith_config *config = &h->config;

    if (identity_of(h, number) == NULL)
        return KITH_ERR_NOT_FOUND;
    if ((address == NULL && irk == NULL) || !is_possible(address, irk))
        return KITH_ERR_VALUE;
    if (number == 0 && address != NULL && config->own_address == KITH_OWN_PUBLIC)
        return KITH_ERR_UNSUPPORTED;
    if (number == 0 && ((address != NULL && config->static_address != NULL) || (irk != NULL && config->irk != NULL)))
        return KITH_ERR_STATE;
    if (is_in_use(h, number))
        return KITH_ERR_IN_USE;
    if (storing_is_under(h, &h->identities[number].address))
        return KITH_ERR_BUSY;
    return events_have_room(h) ? KITH_OK : KITH_ERR_FULL;
}

kith_status kith_identity_set(kith_host *h, uint8_t number, const kith_address *address, const uint8_t irk[16])
{
    kith_status status = may_change(h) ? may_set(h, number, address, irk) : KITH_ERR_BUSY;
    smp_identity fresh;

    if (status != KITH_OK)
        return status;
    fresh = h->identities[number];
    if (address != NULL)
        fresh.address = *address;
    if (irk != NULL)
        memcpy(fresh.irk, irk, sizeof fresh.irk);
    if (is_taken(h, number, &fresh))
        status = KITH_ERR_EXISTS;
    else
        naming_begin(h, KITH_IDENTITY_CHANGED, number, &fresh);
    wipe(&fresh, sizeof fresh);
    return status;
}

kith_status kith_identity_rotate(kith_host *h, uint8_t number)
{
    peers_device drawn;
    kith_status status = draw(h, &drawn, true, false);

    if (status == KITH_OK)
        status = crypto_is_known_key(drawn.irk) ? KITH_ERR_ENTROPY : kith_identity_set(h, number, NULL, drawn.irk);
    wipe(&drawn, sizeof drawn);
    return status;
}

static bool is_being_named(const kith_host *h, const smp_identity *mine)
{
    return h->oob_wanted && h->oob.mine == mine;
}

kith_status kith_identity_remove(kith_host *h, uint8_t number)
{
    static const smp_identity none;
    const smp_identity *mine = identity_of(h, number);

    if (!may_change(h))
        return KITH_ERR_BUSY;
    if (number == 0)
        return KITH_ERR_VALUE;
    if (mine == NULL)
        return KITH_ERR_NOT_FOUND;
    if (number == h->selected || is_in_use(h, number) || is_being_named(h, mine))
        return KITH_ERR_IN_USE;
    if (storing_is_under(h, &mine->address))
        return KITH_ERR_BUSY;
    if (peers_count_under(&h->bonds, &mine->address) != 0)
        return KITH_ERR_EXISTS;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    naming_begin(h, KITH_IDENTITY_REMOVED, number, &none);
    return KITH_OK;
}

kith_status kith_identity_select(kith_host *h, uint8_t number)
{
    if (!is_loaded(h) || h->startup == STARTUP_RUNNING || (h->naming.under_way && h->naming.number == number))
        return KITH_ERR_BUSY;
    if (identity_of(h, number) == NULL)
        return KITH_ERR_NOT_FOUND;
    if (is_active(h))
        return KITH_ERR_IN_USE;
    h->selected = number;
    h->own = h->identities[number].address;
    if (!reconnect_is_active(h))
        h->initiated_as = number;
    privacy_renew(h);
    reconnect_on_address(h);
    return KITH_OK;
}
