/* Commands for keys: AES, randomness, starting encryption, LTK answers, P-256.  Core Vol 4 Part E 7.8.22 to 7.8.26,
 * 7.8.36, 7.8.37. */
#include <string.h>

#include "base/bytes.h"
#include "crypto/toolbox.h"

#include "commands.h"

enum { DRAWS = 16 };

static uint8_t encrypt_block(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    return crypto_e(&c->sim->crypto, p, p + 16, reply) == KITH_OK ? KITH_HCI_SUCCESS : KITH_HCI_HARDWARE_FAILURE;
}

static uint8_t draw(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    sim_rng_fill(&c->rng, reply, 8);
    return KITH_HCI_SUCCESS;
}

/* ---- encryption ---- */

static uint8_t begin_enable_encryption(sim_controller *c, const uint8_t *p)
{
    const sim_link *link = sim_link_find(c, bytes_get16(p));

    if ((c->limits.le_features & SIM_FEATURE_ENCRYPTION) == 0)
        return KITH_HCI_UNSUPPORTED;
    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    if (link->role != SIM_CENTRAL || link->encryption.state != SIM_ENCRYPTION_IDLE ||
        link->wanted[SIM_PROCEDURE_ENCRYPTION])
        return KITH_HCI_COMMAND_DISALLOWED;
    return KITH_HCI_SUCCESS;
}

static void enable_encryption(sim_controller *c, const uint8_t *p)
{
    sim_link *link = sim_link_find(c, bytes_get16(p));

    memcpy(link->encryption.rand, p + 2, 8);
    memcpy(link->encryption.ediv, p + 10, 2);
    memcpy(link->encryption.ltk, p + 12, 16);
    sim_procedure_want(link, SIM_PROCEDURE_ENCRYPTION);
}

static uint8_t find_asking_link(sim_controller *c, const uint8_t *p, uint8_t *reply, sim_link **out)
{
    memcpy(reply, p, 2);
    *out = sim_link_find(c, bytes_get16(p));
    if (*out == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    return (*out)->encryption.state == SIM_ENCRYPTION_WAIT_HOST_KEY ? KITH_HCI_SUCCESS : KITH_HCI_COMMAND_DISALLOWED;
}

static uint8_t ltk_reply(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_link *link;
    uint8_t status = find_asking_link(c, p, reply, &link);

    if (status == KITH_HCI_SUCCESS)
        sim_encryption_key(link, p + 2);
    return status;
}

static uint8_t ltk_negative_reply(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_link *link;
    uint8_t status = find_asking_link(c, p, reply, &link);

    if (status == KITH_HCI_SUCCESS)
        sim_encryption_no_key(link);
    return status;
}

/* ---- P-256 ---- */

static uint8_t begin_public_key(sim_controller *c, const uint8_t *p)
{
    (void)c;
    (void)p;
    return KITH_HCI_SUCCESS;
}

static bool make_key_pair(sim_controller *c, uint8_t public_key[64])
{
    const kith_crypto_port *crypto = &c->sim->crypto;

    for (unsigned i = 0; i < DRAWS; i++) {
        sim_rng_fill(&c->rng, c->settings.p256_private, 32);
        if (crypto->p256_public_key(crypto->context, c->settings.p256_private, public_key) == KITH_OK)
            return true;
    }
    return false;
}

static void public_key(sim_controller *c, const uint8_t *p)
{
    uint8_t event[65] = {KITH_HCI_HARDWARE_FAILURE};
    uint8_t key[64];

    (void)p;
    c->settings.has_p256 = make_key_pair(c, key);
    if (c->settings.has_p256) {
        event[0] = KITH_HCI_SUCCESS;
        bytes_reverse(event + 1, key, 32);
        bytes_reverse(event + 33, key + 32, 32);
    }
    sim_le_event(c, KITH_HCI_LE_EV_READ_LOCAL_P256_COMPLETE, event, sizeof event);
}

static uint8_t begin_dhkey(sim_controller *c, const uint8_t *p)
{
    (void)p;
    return c->settings.has_p256 ? KITH_HCI_SUCCESS : KITH_HCI_COMMAND_DISALLOWED;
}

/* An invalid point gives the status, and all ones for a key; 7.7.65.9. */
static void dhkey(sim_controller *c, const uint8_t *p)
{
    const kith_crypto_port *crypto = &c->sim->crypto;
    uint8_t event[33];
    uint8_t peer[64];
    uint8_t shared[32];

    bytes_reverse(peer, p, 32);
    bytes_reverse(peer + 32, p + 32, 32);
    memset(event, 0xff, sizeof event);
    event[0] = KITH_HCI_INVALID_PARAMETERS;
    if (crypto->p256_shared_secret(crypto->context, c->settings.p256_private, peer, shared) == KITH_OK) {
        event[0] = KITH_HCI_SUCCESS;
        bytes_reverse(event + 1, shared, 32);
    }
    sim_le_event(c, KITH_HCI_LE_EV_GENERATE_DHKEY_COMPLETE, event, sizeof event);
}

static const sim_command_row rows[] = {
    {KITH_HCI_LE_ENCRYPT, 32, 27, 6, 16, encrypt_block, NULL, NULL},
    {KITH_HCI_LE_RAND, 0, 27, 7, 8, draw, NULL, NULL},
    {KITH_HCI_LE_ENABLE_ENCRYPTION, 28, 28, 0, 0, NULL, begin_enable_encryption, enable_encryption},
    {KITH_HCI_LE_LTK_REQUEST_REPLY, 18, 28, 1, 2, ltk_reply, NULL, NULL},
    {KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY, 2, 28, 2, 2, ltk_negative_reply, NULL, NULL},
    {KITH_HCI_LE_READ_LOCAL_P256_PUBLIC_KEY, 0, 34, 1, 0, NULL, begin_public_key, public_key},
    {KITH_HCI_LE_GENERATE_DHKEY, 64, 34, 2, 0, NULL, begin_dhkey, dhkey},
};

const sim_command_table sim_commands_security = {rows, sizeof rows / sizeof rows[0]};
