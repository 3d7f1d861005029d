/* Private addresses of our own: one for all that is on air, another one after its time.  The pause for a change is also
 * what a first activity waits in, so that nothing begins before the time was told and its address is known to be good.
 * Core Vol 6 Part B 1.3.2.2, Vol 3 Part C 10.7, Vol 4 Part E 7.8.4. */
#include <string.h>

#include "base/bytes.h"
#include "crypto/toolbox.h"
#include "host/internal.h"

enum { MOST_DRAWS = 4 };

/* The two top bits of an address. */
enum { NON_RESOLVABLE = 0x00, RESOLVABLE = 0x40 };

/* Own_Address_Type: a private address that the controller makes with the key of the peer's entry in its resolving list,
 * else the random address.  Never 0x02, whose other one is the public address. */
enum { OWN_OF_ENTRY = 0x03 };

static bool is_time_valid(const kith_privacy *privacy)
{
    return privacy->cycle_s >= 1 && privacy->cycle_s <= KITH_PRIVACY_CYCLE_MAX_S &&
           privacy->jitter_s < privacy->cycle_s;
}

bool privacy_is_valid(const kith_privacy *privacy)
{
    return privacy->mode == KITH_PRIVACY_OFF ||
           (privacy->mode <= KITH_PRIVACY_NON_RESOLVABLE && is_time_valid(privacy));
}

/* Peers were told that they will hear nothing else. */
bool privacy_keeps_promise(const kith_gap_service *gap, const kith_privacy *privacy)
{
    return !gap->private_only || privacy->mode == KITH_PRIVACY_RESOLVABLE;
}

static bool is_on(const kith_host *h)
{
    return h->config.privacy.mode != KITH_PRIVACY_OFF;
}

static bool is_resolvable(const kith_host *h)
{
    return h->config.privacy.mode == KITH_PRIVACY_RESOLVABLE;
}

bool privacy_lets_connect(const kith_host *h)
{
    return h->config.privacy.mode != KITH_PRIVACY_NON_RESOLVABLE;
}

/* ---- an address ---- */

/* Not all of its random bits may be equal. */
static bool is_possible(const uint8_t *random, size_t len)
{
    uint8_t ones = (uint8_t)(random[len - 1] | 0xc0), zeros = (uint8_t)(random[len - 1] & 0x3f);

    for (size_t i = 0; i + 1 < len; i++) {
        ones &= random[i];
        zeros |= random[i];
    }
    return ones != 0xff && zeros != 0;
}

/* The two top bits say what kind of address it is. */
static kith_status draw(kith_host *h, uint8_t kind, uint8_t *random, size_t len)
{
    for (unsigned i = 0; i < MOST_DRAWS; i++) {
        kith_status status = crypto_random(h->config.crypto, &h->random, random, len);

        random[len - 1] = (uint8_t)((random[len - 1] & 0x3f) | kind);
        if (status != KITH_OK || is_possible(random, len))
            return status;
    }
    return KITH_ERR_ENTROPY;
}

kith_status privacy_make_of(kith_host *h, const uint8_t irk[16], uint8_t octets[6])
{
    kith_status status = draw(h, RESOLVABLE, octets + 3, 3);

    return status == KITH_OK ? crypto_ah(h->config.crypto, irk, octets + 3, octets) : status;
}

/* Nor may it have the octets of the public address. */
static kith_status draw_non_resolvable(kith_host *h, uint8_t octets[6])
{
    kith_status status = draw(h, NON_RESOLVABLE, octets, 6);

    if (status == KITH_OK && memcmp(octets, h->public_address, 6) == 0)
        status = KITH_ERR_ENTROPY;
    return status;
}

/* How long it will be used: whole microseconds, each as likely. */
static kith_status draw_time(kith_host *h)
{
    const kith_privacy *privacy = &h->config.privacy;
    uint8_t octets[4] = {0};
    kith_status status = KITH_OK;

    if (privacy->jitter_s != 0)
        status = crypto_random(h->config.crypto, &h->random, octets, sizeof octets);
    h->privacy.time_us =
        (uint64_t)privacy->cycle_s * 1000000 - ((uint64_t)privacy->jitter_s * 1000000 * bytes_get32(octets) >> 32);
    return status;
}

static kith_status make(kith_host *h)
{
    host_privacy *p = &h->privacy;
    uint8_t *octets = p->address.octets;
    kith_status status =
        is_resolvable(h) ? privacy_make_of(h, h->identities[h->selected].irk, octets) : draw_non_resolvable(h, octets);

    if (status == KITH_OK)
        status = draw_time(h);
    p->address.type = KITH_ADDRESS_RANDOM;
    p->is_made = status == KITH_OK;
    p->made++;
    p->end_us = UINT64_MAX; /* it is not in use yet */
    return status;
}

void privacy_drop(kith_host *h)
{
    memset(&h->privacy.address, 0, sizeof h->privacy.address);
    h->privacy.is_made = false;
    h->privacy.end_us = UINT64_MAX;
}

/* Whether there is one is looked at again before it is used. */
void privacy_renew(kith_host *h)
{
    privacy_drop(h);
    if (is_on(h) && h->identity_known)
        (void)make(h);
    lists_on_own_key(h);
}

kith_status privacy_prepare(kith_host *h)
{
    return is_on(h) && !h->privacy.is_made ? make(h) : KITH_OK;
}

const kith_address *privacy_on_air(const kith_host *h)
{
    return is_on(h) ? &h->privacy.address : &h->own;
}

uint8_t privacy_own_type(const kith_host *h)
{
    return is_resolvable(h) && lists_can_resolve(h) ? OWN_OF_ENTRY : privacy_on_air(h)->type;
}

uint8_t privacy_undirected_type(const kith_host *h)
{
    return privacy_on_air(h)->type;
}

const uint8_t *privacy_key(const kith_host *h)
{
    static const uint8_t none[16];

    return is_resolvable(h) ? h->identities[h->selected].irk : none;
}

/* The range of the command ends with an hour: 7.8.45. */
uint16_t privacy_controller_cycle_s(const kith_host *h)
{
    unsigned twice = 2u * h->config.privacy.cycle_s;

    return (uint16_t)(twice < KITH_PRIVACY_CYCLE_MAX_S ? twice : KITH_PRIVACY_CYCLE_MAX_S);
}

bool privacy_is_known(const kith_host *h)
{
    return !is_on(h) || h->privacy.is_made;
}

/* ---- what links were made with ---- */

void privacy_note_advertised(kith_host *h)
{
    h->privacy.advertised = *privacy_on_air(h);
}

void privacy_note_initiated(kith_host *h)
{
    h->privacy.initiated = *privacy_on_air(h);
}

/* The address may have changed since, where a link is told late: what counts is the one at the last command that the
 * controller has answered. */
kith_address privacy_of_new_link(const kith_host *h, bool central, uint8_t identity)
{
    const kith_address *used = central ? &h->privacy.initiated : &h->privacy.advertised;

    return kith_address_kind_of(used) == KITH_ADDRESS_KIND_RESOLVABLE ? *used : h->identities[identity].address;
}

/* ---- changes ---- */

static bool is_changing(const kith_host *h)
{
    return h->pauses[PAUSE_FOR_ADDRESS] != PAUSE_NOTHING;
}

void privacy_begin(kith_host *h)
{
    if (!is_on(h) || identity_is_on_air(h))
        return;
    pause_ask(h, PAUSE_FOR_ADDRESS, PAUSE_ALL);
}

static bool is_over(const kith_host *h)
{
    return is_on(h) && (!h->privacy.is_made || h->privacy.end_us <= h->now_us);
}

static bool is_given(const kith_host *h)
{
    const kith_address *address = privacy_on_air(h);

    return address->type != KITH_ADDRESS_RANDOM ||
           (h->random_told && memcmp(h->random_address, address->octets, sizeof h->random_address) == 0);
}

bool privacy_waits(const kith_host *h)
{
    return is_changing(h) && h->startup == STARTUP_READY && !h->lost && h->command.opcode == 0 && pause_is_reached(h) &&
           (is_over(h) || is_given(h));
}

static void end_all(kith_host *h, kith_status status)
{
    advertise_give_up(h, status);
    scan_give_up(h, status);
    connect_give_up(h, KITH_HCI_UNSPECIFIED_ERROR, status);
    reconnect_refuse(h, status, KITH_HCI_SUCCESS);
}

/* The controller's own ones change with it, in a pause that goes on for as long as that takes. */
static kith_status change(kith_host *h)
{
    kith_status status = make(h);

    if (status == KITH_OK)
        lists_renew(h);
    return status;
}

/* Only where the time was told: an address may have become old while nothing was on. */
void privacy_go_on(kith_host *h)
{
    kith_status status = KITH_OK;

    if (is_over(h))
        status = change(h);
    if (status == KITH_OK && !is_given(h))
        return; /* until the controller has taken it */
    if (status != KITH_OK)
        end_all(h, status);
    else if (h->privacy.end_us == UINT64_MAX && is_on(h))
        h->privacy.end_us = h->now_us + h->privacy.time_us;
    pause_end(h, PAUSE_FOR_ADDRESS);
}

void privacy_on_lost(kith_host *h)
{
    pause_end(h, PAUSE_FOR_ADDRESS);
    memset(&h->privacy.advertised, 0, sizeof h->privacy.advertised);
    memset(&h->privacy.initiated, 0, sizeof h->privacy.initiated);
}

/* One that was not used yet is as good as another. */
void privacy_on_list(kith_host *h)
{
    if (!is_resolvable(h) || h->privacy.end_us == UINT64_MAX)
        return;
    h->privacy.end_us = 0;
    if (identity_is_active(h))
        pause_ask(h, PAUSE_FOR_ADDRESS, PAUSE_ALL);
}

uint64_t privacy_deadline(const kith_host *h)
{
    bool runs = is_on(h) && h->startup == STARTUP_READY && !h->lost && identity_is_on_air(h);

    return runs && !is_changing(h) ? h->privacy.end_us : UINT64_MAX;
}

bool privacy_expire(kith_host *h)
{
    if (privacy_deadline(h) > h->now_us)
        return false;
    pause_ask(h, PAUSE_FOR_ADDRESS, PAUSE_ALL);
    return true;
}

/* ---- the program's calls ---- */

kith_status kith_privacy_set(kith_host *h, const kith_privacy *privacy)
{
    if (!privacy_is_valid(privacy) || !privacy_keeps_promise(&h->config.gap, privacy))
        return KITH_ERR_VALUE;
    if (h->startup == STARTUP_RUNNING || h->reset != RESET_NONE || h->lost)
        return KITH_ERR_BUSY;
    if (identity_is_active(h) || (is_changing(h) && !reconnect_is_active(h)))
        return KITH_ERR_IN_USE;
    if (privacy->mode != KITH_PRIVACY_OFF && h->startup == STARTUP_READY && !command_is_supported(h, 25, 4))
        return KITH_ERR_UNSUPPORTED;
    h->config.privacy = *privacy;
    privacy_renew(h);
    reconnect_on_address(h);
    return KITH_OK;
}

void kith_privacy_get(const kith_host *h, kith_privacy *out)
{
    *out = h->config.privacy;
}
