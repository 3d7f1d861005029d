/* Commands for the filter accept list and the resolving list.  Core Vol 4 Part E 7.8.14 to 7.8.17, 7.8.38 to 7.8.45,
 * 7.8.77. */
#include <string.h>

#include "base/bytes.h"

#include "commands.h"

enum { ANONYMOUS = 0xff, RPA_TIMEOUT_MOST_S = 3600 };

/* ---- filter accept list ---- */

static bool filter_list_is_used(const sim_controller *c)
{
    return sim_advertise_uses_filter_list(c) || (c->scanner.enabled && (c->scanner.filter_policy & 1) != 0) ||
           (c->initiator.enabled && c->initiator.uses_filter_list);
}

static uint8_t read_filter_list_size(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    reply[0] = c->limits.filter_list;
    return KITH_HCI_SUCCESS;
}

static uint8_t clear_filter_list(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    (void)reply;
    if (filter_list_is_used(c))
        return KITH_HCI_COMMAND_DISALLOWED;
    c->settings.filter_count = 0;
    c->settings.anonymous_listed = false;
    return KITH_HCI_SUCCESS;
}

static uint8_t check_filter_entry(const sim_controller *c, uint8_t type)
{
    if (filter_list_is_used(c))
        return KITH_HCI_COMMAND_DISALLOWED;
    return type > 1 && type != ANONYMOUS ? KITH_HCI_INVALID_PARAMETERS : KITH_HCI_SUCCESS;
}

static uint8_t add_to_filter_list(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    uint8_t status = check_filter_entry(c, p[0]);
    sim_address address = {.type = p[0]};

    (void)reply;
    memcpy(address.octets, p + 1, 6);
    if (status == KITH_HCI_SUCCESS && p[0] == ANONYMOUS)
        c->settings.anonymous_listed = true;
    if (status != KITH_HCI_SUCCESS || p[0] == ANONYMOUS || sim_filter_list_has(c, &address))
        return status;
    if (c->settings.filter_count >= c->limits.filter_list)
        return KITH_HCI_MEMORY_EXCEEDED;
    c->settings.filter_list[c->settings.filter_count++] = address;
    return KITH_HCI_SUCCESS;
}

static uint8_t remove_from_filter_list(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    uint8_t status = check_filter_entry(c, p[0]);
    sim_address *list = c->settings.filter_list;

    (void)reply;
    if (status == KITH_HCI_SUCCESS && p[0] == ANONYMOUS)
        c->settings.anonymous_listed = false;
    for (size_t i = 0; status == KITH_HCI_SUCCESS && i < c->settings.filter_count; i++) {
        if (list[i].type == p[0] && memcmp(list[i].octets, p + 1, 6) == 0) {
            list[i] = list[--c->settings.filter_count];
            break;
        }
    }
    return status;
}

/* ---- resolving list ---- */

static bool resolving_list_is_used(const sim_controller *c)
{
    return c->settings.resolving && sim_lists_are_frozen(c);
}

static bool is_zero(const uint8_t key[16])
{
    static const uint8_t zero[16];

    return memcmp(key, zero, 16) == 0;
}

static bool peer_irk_is_known(const sim_controller *c, const uint8_t irk[16])
{
    for (size_t i = 0; i < c->settings.resolving_count; i++) {
        const sim_resolving_entry *e = &c->settings.resolving_list[i];

        if (e->has_peer_irk && memcmp(e->peer_irk, irk, 16) == 0)
            return true;
    }
    return false;
}

static sim_address identity_at(const uint8_t *p)
{
    sim_address identity = {.type = p[0]};

    memcpy(identity.octets, p + 1, 6);
    return identity;
}

static uint8_t add_to_resolving_list(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_address identity = identity_at(p);
    sim_resolving_entry *entry;

    (void)reply;
    if (resolving_list_is_used(c))
        return KITH_HCI_COMMAND_DISALLOWED;
    if (p[0] > 1 || sim_resolving_find(c, &identity) != NULL || peer_irk_is_known(c, p + 7))
        return KITH_HCI_INVALID_PARAMETERS;
    if (c->settings.resolving_count >= c->limits.resolving_list)
        return KITH_HCI_MEMORY_EXCEEDED;
    entry = &c->settings.resolving_list[c->settings.resolving_count++];
    memset(entry, 0, sizeof *entry);
    entry->identity = identity;
    memcpy(entry->peer_irk, p + 7, 16);
    memcpy(entry->local_irk, p + 23, 16);
    entry->has_peer_irk = !is_zero(entry->peer_irk);
    entry->has_local_irk = !is_zero(entry->local_irk);
    return KITH_HCI_SUCCESS;
}

static uint8_t remove_from_resolving_list(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_address identity = identity_at(p);
    sim_resolving_entry *entry = sim_resolving_find(c, &identity);

    (void)reply;
    if (resolving_list_is_used(c))
        return KITH_HCI_COMMAND_DISALLOWED;
    if (p[0] > 1)
        return KITH_HCI_INVALID_PARAMETERS;
    if (entry == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    *entry = c->settings.resolving_list[--c->settings.resolving_count];
    return KITH_HCI_SUCCESS;
}

static uint8_t clear_resolving_list(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    (void)reply;
    if (resolving_list_is_used(c))
        return KITH_HCI_COMMAND_DISALLOWED;
    c->settings.resolving_count = 0;
    return KITH_HCI_SUCCESS;
}

static uint8_t read_resolving_list_size(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    reply[0] = c->limits.resolving_list;
    return KITH_HCI_SUCCESS;
}

/* 7.8.42 */
static uint8_t read_peer_address(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_address identity = identity_at(p);
    const sim_resolving_entry *entry = sim_resolving_find(c, &identity);

    if (p[0] > 1)
        return KITH_HCI_INVALID_PARAMETERS;
    if (entry == NULL || !entry->has_peer_rpa)
        return KITH_HCI_UNKNOWN_CONNECTION;
    memcpy(reply, entry->peer_rpa, 6);
    return KITH_HCI_SUCCESS;
}

/* 7.8.43 */
static uint8_t read_local_address(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_address identity = identity_at(p);
    sim_resolving_entry *entry = sim_resolving_find(c, &identity);
    const uint8_t *rpa = entry != NULL ? sim_local_rpa(c, entry) : NULL;

    if (p[0] > 1)
        return KITH_HCI_INVALID_PARAMETERS;
    if (rpa == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    memcpy(reply, rpa, 6);
    return KITH_HCI_SUCCESS;
}

static uint8_t set_resolution(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (sim_lists_are_frozen(c))
        return KITH_HCI_COMMAND_DISALLOWED;
    if (p[0] > 1)
        return KITH_HCI_INVALID_PARAMETERS;
    c->settings.resolving = p[0] == 1;
    return KITH_HCI_SUCCESS;
}

static uint8_t set_rpa_timeout(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    uint16_t timeout_s = bytes_get16(p);

    (void)reply;
    if (!sim_is_between(timeout_s, 1, RPA_TIMEOUT_MOST_S))
        return KITH_HCI_INVALID_PARAMETERS;
    c->settings.rpa_timeout_s = timeout_s;
    return KITH_HCI_SUCCESS;
}

static uint8_t set_privacy_mode(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_address identity = identity_at(p);
    sim_resolving_entry *entry = sim_resolving_find(c, &identity);

    (void)reply;
    if (resolving_list_is_used(c))
        return KITH_HCI_COMMAND_DISALLOWED;
    if (p[0] > 1 || p[7] > 1)
        return KITH_HCI_INVALID_PARAMETERS;
    if (entry == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    entry->device_privacy = p[7] == 1;
    return KITH_HCI_SUCCESS;
}

static const sim_command_row rows[] = {
    {KITH_HCI_LE_READ_FILTER_LIST_SIZE, 0, 26, 6, 1, read_filter_list_size, NULL, NULL},
    {KITH_HCI_LE_CLEAR_FILTER_LIST, 0, 26, 7, 0, clear_filter_list, NULL, NULL},
    {KITH_HCI_LE_ADD_TO_FILTER_LIST, 7, 27, 0, 0, add_to_filter_list, NULL, NULL},
    {KITH_HCI_LE_REMOVE_FROM_FILTER_LIST, 7, 27, 1, 0, remove_from_filter_list, NULL, NULL},
    {KITH_HCI_LE_ADD_TO_RESOLVING_LIST, 39, 34, 3, 0, add_to_resolving_list, NULL, NULL},
    {KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST, 7, 34, 4, 0, remove_from_resolving_list, NULL, NULL},
    {KITH_HCI_LE_CLEAR_RESOLVING_LIST, 0, 34, 5, 0, clear_resolving_list, NULL, NULL},
    {KITH_HCI_LE_READ_RESOLVING_LIST_SIZE, 0, 34, 6, 1, read_resolving_list_size, NULL, NULL},
    {KITH_HCI_LE_READ_PEER_RESOLVABLE_ADDRESS, 7, 34, 7, 6, read_peer_address, NULL, NULL},
    {KITH_HCI_LE_READ_LOCAL_RESOLVABLE_ADDRESS, 7, 35, 0, 6, read_local_address, NULL, NULL},
    {KITH_HCI_LE_SET_RESOLUTION_ENABLE, 1, 35, 1, 0, set_resolution, NULL, NULL},
    {KITH_HCI_LE_SET_RPA_TIMEOUT, 2, 35, 2, 0, set_rpa_timeout, NULL, NULL},
    {KITH_HCI_LE_SET_PRIVACY_MODE, 8, 39, 2, 0, set_privacy_mode, NULL, NULL},
};

const sim_command_table sim_commands_lists = {rows, sizeof rows / sizeof rows[0]};
