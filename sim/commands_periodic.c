/* Commands for periodic advertising and for following it.  Core Vol 4 Part E 7.8.61 to 7.8.63, 7.8.67 to 7.8.69. */
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"
#include "commands.h"

enum { HANDLE_MOST = 0xef, INTERVAL_LEAST = 6, SID_MOST = 0x0f, SKIP_MOST = 0x01f3 };
enum { TIMEOUT_LEAST = 0x000a, TIMEOUT_MOST = 0x4000, SYNC_HANDLE_MOST = 0x0eff };
enum { OPERATION_INTERMEDIATE, OPERATION_FIRST, OPERATION_LAST, OPERATION_COMPLETE, OPERATION_UNCHANGED };
enum { OPTION_LIST = 0x01, OPTION_SILENT = 0x02, OPTIONS_KNOWN = 0x07 };

/* ---- advertising ---- */

static uint8_t check_set(const sim_advertiser *set, uint8_t handle)
{
    if (handle > HANDLE_MOST)
        return KITH_HCI_INVALID_PARAMETERS;
    return set == NULL ? KITH_HCI_UNKNOWN_SET : KITH_HCI_SUCCESS;
}

static bool allows_periodic(const sim_advertiser *set)
{
    return (set->properties & ~(unsigned)SIM_ADV_PERIODIC_ALLOWS) == 0;
}

static uint8_t set_parameters(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *set = sim_set_find(c, p[0]);
    uint8_t status = check_set(set, p[0]);
    uint16_t least = bytes_get16(p + 1);

    (void)reply;
    if (status != KITH_HCI_SUCCESS)
        return status;
    if (least < INTERVAL_LEAST || least > bytes_get16(p + 3) || !allows_periodic(set))
        return KITH_HCI_INVALID_PARAMETERS;
    if (sim_periodic_runs(set))
        return KITH_HCI_COMMAND_DISALLOWED;
    if (!sim_periodic_prepare(set))
        return KITH_HCI_MEMORY_EXCEEDED;
    set->periodic->interval = least;
    set->periodic->sends_tx_power = (bytes_get16(p + 5) & SIM_ADV_TX_POWER) != 0;
    return KITH_HCI_SUCCESS;
}

static uint8_t check_data(const sim_advertiser *set, const uint8_t *p)
{
    bool whole = p[1] == OPERATION_COMPLETE;

    if (p[1] > OPERATION_UNCHANGED)
        return KITH_HCI_INVALID_PARAMETERS;
    if (set->periodic == NULL)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (p[1] == OPERATION_UNCHANGED)
        return p[2] != 0 || !set->periodic->enabled || set->periodic->data.len == 0 ? KITH_HCI_INVALID_PARAMETERS
                                                                                    : KITH_HCI_SUCCESS;
    if (!whole && p[2] == 0)
        return KITH_HCI_INVALID_PARAMETERS;
    return set->periodic->enabled && !whole ? KITH_HCI_COMMAND_DISALLOWED : KITH_HCI_SUCCESS;
}

static uint8_t set_data(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *set = sim_set_find(c, p[0]);
    uint8_t status = check_set(set, p[0]);

    (void)reply;
    if (status == KITH_HCI_SUCCESS)
        status = check_data(set, p);
    if (status != KITH_HCI_SUCCESS || p[1] == OPERATION_UNCHANGED)
        return status;
    return sim_adv_data_append(&set->periodic->data, c->limits.data_most, p[1], p + 3, p[2]);
}

static uint8_t enable(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *set = sim_set_find(c, p[1]);
    uint8_t status = check_set(set, p[1]);

    (void)reply;
    if (status != KITH_HCI_SUCCESS)
        return status;
    if (p[0] > 1)
        return p[0] > 3 ? KITH_HCI_INVALID_PARAMETERS : KITH_HCI_UNSUPPORTED; /* ADI in AUX_SYNC_IND */
    if (p[0] == 1 && (set->periodic == NULL || set->periodic->data.partial || !allows_periodic(set)))
        return KITH_HCI_COMMAND_DISALLOWED;
    if (p[0] == 1 && !sim_periodic_runs(set))
        sim_periodic_start(set);
    else if (p[0] == 0 && sim_periodic_runs(set))
        sim_periodic_stop(set);
    return KITH_HCI_SUCCESS;
}

/* ---- following ---- */

static bool follows_already(const sim_controller *c, const uint8_t *p)
{
    for (size_t i = 0; i < SIM_SYNCS; i++) {
        const sim_sync *s = &c->syncs[i];

        if (s->state != SIM_SYNC_FREE && s->sid == p[1] && (s->advertiser.type & 1) == p[2] &&
            memcmp(s->advertiser.octets, p + 3, 6) == 0)
            return true;
    }
    return false;
}

static bool has_place(const sim_controller *c)
{
    for (size_t i = 0; i < SIM_SYNCS; i++) {
        if (c->syncs[i].state == SIM_SYNC_FREE)
            return true;
    }
    return false;
}

static uint8_t begin_sync(sim_controller *c, const uint8_t *p)
{
    if (c->sync_wish.pending)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (p[1] > SID_MOST || p[2] > 1 || bytes_get16(p + 9) > SKIP_MOST ||
        !sim_is_between(bytes_get16(p + 11), TIMEOUT_LEAST, TIMEOUT_MOST))
        return KITH_HCI_INVALID_PARAMETERS;
    if ((p[0] & ~(unsigned)OPTIONS_KNOWN) != 0 || (p[0] & OPTION_LIST) != 0)
        return KITH_HCI_UNSUPPORTED; /* no list of periodic advertisers */
    if (follows_already(c, p))
        return KITH_HCI_CONNECTION_EXISTS;
    return has_place(c) ? KITH_HCI_SUCCESS : KITH_HCI_MEMORY_EXCEEDED;
}

static void create_sync(sim_controller *c, const uint8_t *p)
{
    sim_sync_wish *wish = &c->sync_wish;

    wish->pending = true;
    wish->silent = (p[0] & OPTION_SILENT) != 0;
    wish->sid = p[1];
    wish->advertiser.type = p[2];
    memcpy(wish->advertiser.octets, p + 3, 6);
    wish->timeout = bytes_get16(p + 11);
}

static uint8_t cancel_sync(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    (void)reply;
    return c->sync_wish.pending ? KITH_HCI_SUCCESS : KITH_HCI_COMMAND_DISALLOWED;
}

static void tell_of_cancel(sim_controller *c, const uint8_t *p)
{
    (void)p;
    sim_sync_cancel(c);
}

static uint8_t terminate_sync(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (bytes_get16(p) > SYNC_HANDLE_MOST)
        return KITH_HCI_INVALID_PARAMETERS;
    return sim_sync_end(c, bytes_get16(p)) ? KITH_HCI_SUCCESS : KITH_HCI_UNKNOWN_SET;
}

static const sim_command_row rows[] = {
    {KITH_HCI_LE_SET_PERIODIC_ADV_PARAMETERS, 7, 37, 2, 0, set_parameters, NULL, NULL},
    {KITH_HCI_LE_SET_PERIODIC_ADV_DATA, 3, 37, 3, 0, set_data, NULL, NULL},
    {KITH_HCI_LE_SET_PERIODIC_ADV_ENABLE, 2, 37, 4, 0, enable, NULL, NULL},
    {KITH_HCI_LE_PERIODIC_CREATE_SYNC, 14, 38, 0, 0, NULL, begin_sync, create_sync},
    {KITH_HCI_LE_PERIODIC_CREATE_SYNC_CANCEL, 0, 38, 1, 0, cancel_sync, NULL, tell_of_cancel},
    {KITH_HCI_LE_PERIODIC_TERMINATE_SYNC, 2, 38, 2, 0, terminate_sync, NULL, NULL},
};

const sim_command_table sim_commands_periodic = {rows, sizeof rows / sizeof rows[0]};
