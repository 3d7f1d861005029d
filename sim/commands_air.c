/* Commands for advertising, scanning and initiating.  Core Vol 4 Part E 7.8.4 to 7.8.13. */
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"
#include "commands.h"

enum {
    ADV_DIRECT_HIGH = 1,
    HIGH_DUTY_LASTS_US = 1280000,
    INTERVAL_LEAST = 6,
    INTERVAL_MOST = 0x0c80,
    LATENCY_MOST = 0x01f3,
    TIMEOUT_LEAST = 0x000a,
    TIMEOUT_MOST = 0x0c80
};

static sim_address address_at(const uint8_t *p)
{
    sim_address address = {.type = p[0]};

    memcpy(address.octets, p + 1, 6);
    return address;
}

static const uint16_t properties_of[] = {SIM_ADV_IND, SIM_ADV_DIRECT_HIGH, SIM_ADV_SCAN_IND, SIM_ADV_NONCONN_IND,
                                         SIM_ADV_DIRECT_LOW};

bool sim_lists_are_frozen(const sim_controller *c)
{
    return sim_advertises(c) || c->scanner.enabled || c->initiator.enabled;
}

/* Sets have addresses of their own. */
static bool random_address_is_used(const sim_controller *c)
{
    return c->advertiser.enabled || c->scanner.enabled || c->initiator.enabled;
}

static uint8_t set_random_address(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (random_address_is_used(c))
        return KITH_HCI_COMMAND_DISALLOWED;
    memcpy(c->settings.random_address, p, 6);
    c->settings.has_random_address = true;
    return KITH_HCI_SUCCESS;
}

/* ---- advertising ---- */

static bool adv_parameters_are_valid(const uint8_t *p)
{
    uint16_t least = bytes_get16(p);
    uint16_t most = bytes_get16(p + 2);
    bool intervals = sim_is_between(least, 0x20, 0x4000) && sim_is_between(most, least, 0x4000);

    if (p[4] > 4 || p[5] > 3 || p[6] > 1 || !sim_is_between(p[13], 1, 7) || p[14] > 3)
        return false;
    return p[4] == ADV_DIRECT_HIGH || intervals;
}

static uint8_t set_adv_parameters(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *a = &c->advertiser;

    (void)reply;
    if (a->enabled)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (!adv_parameters_are_valid(p))
        return KITH_HCI_INVALID_PARAMETERS;
    a->interval_min = bytes_get16(p);
    a->properties = properties_of[p[4]];
    a->own_type = p[5];
    a->peer = address_at(p + 6);
    a->channel_map = p[13];
    a->filter_policy = p[14];
    return KITH_HCI_SUCCESS;
}

static uint8_t read_adv_tx_power(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)c;
    (void)p;
    (void)reply;
    return KITH_HCI_SUCCESS;
}

static uint8_t set_adv_data(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (p[0] > SIM_ADV_DATA_MAX)
        return KITH_HCI_INVALID_PARAMETERS;
    c->advertiser.data.len = p[0];
    memcpy(c->advertiser.data.octets, p + 1, SIM_ADV_DATA_MAX);
    return KITH_HCI_SUCCESS;
}

static uint8_t set_scan_response(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (p[0] > SIM_ADV_DATA_MAX)
        return KITH_HCI_INVALID_PARAMETERS;
    c->advertiser.response.len = p[0];
    memcpy(c->advertiser.response.octets, p + 1, SIM_ADV_DATA_MAX);
    return KITH_HCI_SUCCESS;
}

static uint8_t set_adv_enable(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *a = &c->advertiser;

    (void)reply;
    if (p[0] > 1 || (p[0] == 1 && sim_own_address_missing(c, a->own_type)))
        return KITH_HCI_INVALID_PARAMETERS;
    if (p[0] == 0)
        sim_advertise_stop(a);
    else if (!a->enabled)
        sim_advertise_start(a, a->properties == SIM_ADV_DIRECT_HIGH ? HIGH_DUTY_LASTS_US : 0, 0);
    return KITH_HCI_SUCCESS;
}

/* ---- scanning ---- */

bool sim_scan_window_is_valid(const uint8_t *p)
{
    uint16_t interval = bytes_get16(p);

    return sim_is_between(interval, 4, 0x4000) && sim_is_between(bytes_get16(p + 2), 4, interval);
}

static uint8_t set_scan_parameters(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_scanner *s = &c->scanner;

    (void)reply;
    if (s->enabled)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (p[0] > 1 || !sim_scan_window_is_valid(p + 1) || p[5] > 3 || p[6] > 3)
        return KITH_HCI_INVALID_PARAMETERS;
    s->phys[0].active = p[0] == 1;
    s->phys[0].interval = bytes_get16(p + 1);
    s->phys[0].window = bytes_get16(p + 3);
    s->own_type = p[5];
    s->filter_policy = p[6];
    return KITH_HCI_SUCCESS;
}

static uint8_t set_scan_enable(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (p[0] > 1 || p[1] > 1 || (p[0] == 1 && sim_own_address_missing(c, c->scanner.own_type)))
        return KITH_HCI_INVALID_PARAMETERS;
    c->scanner.filter_duplicates = p[1] == 1;
    if (p[0] == 0)
        sim_scan_stop(c);
    else
        sim_scan_start(c);
    return KITH_HCI_SUCCESS;
}

/* ---- initiating ---- */

bool sim_connection_parameters_are_valid(const uint8_t *p)
{
    uint16_t least = bytes_get16(p);
    uint16_t most = bytes_get16(p + 2);
    uint16_t latency = bytes_get16(p + 4);
    uint16_t timeout = bytes_get16(p + 6);

    return sim_is_between(least, INTERVAL_LEAST, INTERVAL_MOST) && sim_is_between(most, least, INTERVAL_MOST) &&
           latency <= LATENCY_MOST && sim_is_between(timeout, TIMEOUT_LEAST, TIMEOUT_MOST) &&
           timeout * 10000u > (1u + latency) * most * 1250u * 2u && bytes_get16(p + 8) <= bytes_get16(p + 10);
}

sim_connection_parameters sim_connection_parameters_at(const uint8_t *p)
{
    return (sim_connection_parameters){bytes_get16(p + 2), bytes_get16(p + 4), bytes_get16(p + 6)};
}

static uint8_t begin_create_connection(sim_controller *c, const uint8_t *p)
{
    sim_address peer = address_at(p + 5);

    if (c->initiator.enabled)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (!sim_scan_window_is_valid(p) || p[4] > 1 || (p[4] == 0 && p[5] > 3) || p[12] > 3 ||
        !sim_connection_parameters_are_valid(p + 13) || sim_own_address_missing(c, p[12]))
        return KITH_HCI_INVALID_PARAMETERS;
    return p[4] == 0 && sim_link_to(c, &peer) != NULL ? KITH_HCI_CONNECTION_EXISTS : KITH_HCI_SUCCESS;
}

static void create_connection(sim_controller *c, const uint8_t *p)
{
    sim_initiator *i = &c->initiator;

    i->enabled = true;
    i->extended = false;
    i->uses_filter_list = p[4] == 1;
    i->peer = address_at(p + 5);
    i->own_type = p[12];
    i->phys = 1;
    i->by_phy[0] = sim_connection_parameters_at(p + 13);
    sim_scan_window_start(c, &i->listens[0], bytes_get16(p), bytes_get16(p + 2));
}

static uint8_t cancel_connection(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    (void)reply;
    return c->initiator.enabled ? KITH_HCI_SUCCESS : KITH_HCI_COMMAND_DISALLOWED;
}

static void tell_of_cancel(sim_controller *c, const uint8_t *p)
{
    uint8_t event[30] = {KITH_HCI_UNKNOWN_CONNECTION};

    (void)p;
    c->initiator.enabled = false;
    if (sim_le_event_enabled(c, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE))
        sim_le_event(c, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, event, 30);
    else
        sim_le_event(c, KITH_HCI_LE_EV_CONNECTION_COMPLETE, event, 18);
}

static const sim_command_row rows[] = {
    {KITH_HCI_LE_SET_RANDOM_ADDRESS, 6, 25, 4, 0, set_random_address, NULL, NULL},
    {KITH_HCI_LE_SET_ADV_PARAMETERS, 15, 25, 5, 0, set_adv_parameters, NULL, NULL},
    {KITH_HCI_LE_READ_ADV_TX_POWER, 0, 25, 6, 1, read_adv_tx_power, NULL, NULL},
    {KITH_HCI_LE_SET_ADV_DATA, 32, 25, 7, 0, set_adv_data, NULL, NULL},
    {KITH_HCI_LE_SET_SCAN_RESPONSE_DATA, 32, 26, 0, 0, set_scan_response, NULL, NULL},
    {KITH_HCI_LE_SET_ADV_ENABLE, 1, 26, 1, 0, set_adv_enable, NULL, NULL},
    {KITH_HCI_LE_SET_SCAN_PARAMETERS, 7, 26, 2, 0, set_scan_parameters, NULL, NULL},
    {KITH_HCI_LE_SET_SCAN_ENABLE, 2, 26, 3, 0, set_scan_enable, NULL, NULL},
    {KITH_HCI_LE_CREATE_CONNECTION, 25, 26, 4, 0, NULL, begin_create_connection, create_connection},
    {KITH_HCI_LE_CREATE_CONNECTION_CANCEL, 0, 26, 5, 0, cancel_connection, NULL, tell_of_cancel},
};

const sim_command_table sim_commands_air = {rows, sizeof rows / sizeof rows[0]};
