/* Commands for scanning and initiating on several PHYs.  Core Vol 4 Part E 7.8.64 to 7.8.66. */
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"
#include "commands.h"

enum { BIT_1M = 1, BIT_2M = 2, BIT_CODED = 4, SCAN_ENTRY = 5, CONNECT_ENTRY = 16 };
enum { DURATION_UNIT_US = 10000, PERIOD_UNIT_US = 1280000, PERIOD_IN_DURATIONS = 128 };

static unsigned count_bits(uint8_t bits)
{
    unsigned ones = 0;

    for (; bits != 0; bits &= (uint8_t)(bits - 1))
        ones++;
    return ones;
}

size_t sim_command_more(uint16_t opcode, const uint8_t *p)
{
    switch (opcode) {
    case KITH_HCI_LE_SET_EXT_ADV_DATA:
    case KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA:
        return p[3];
    case KITH_HCI_LE_SET_PERIODIC_ADV_DATA:
        return p[2];
    case KITH_HCI_LE_SET_EXT_ADV_ENABLE:
        return (size_t)p[1] * 4;
    case KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS:
        return (size_t)count_bits(p[2]) * SCAN_ENTRY;
    case KITH_HCI_LE_EXT_CREATE_CONNECTION:
        return (size_t)count_bits(p[9]) * CONNECT_ENTRY;
    default:
        return 0;
    }
}

/* One of the PHYs asked for is not there. */
static bool lacks_phy(const sim_controller *c, uint8_t bits)
{
    return (bits & ~(unsigned)sim_phys(c)) != 0;
}

/* ---- scanning ---- */

static bool scan_entries_are_valid(const uint8_t *entry, unsigned count)
{
    for (; count > 0; count--, entry += SCAN_ENTRY) {
        if (entry[0] > 1 || !sim_scan_window_is_valid(entry + 1))
            return false;
    }
    return true;
}

static void take_scan_phy(sim_scan_phy *phy, const uint8_t *entry)
{
    phy->used = true;
    phy->active = entry[0] == 1;
    phy->interval = bytes_get16(entry + 1);
    phy->window = bytes_get16(entry + 3);
}

static uint8_t set_scan_parameters(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_scanner *s = &c->scanner;
    const uint8_t *entry = p + 3;

    (void)reply;
    if (s->enabled)
        return KITH_HCI_COMMAND_DISALLOWED;
    if ((p[2] & BIT_2M) != 0 || lacks_phy(c, p[2]))
        return KITH_HCI_UNSUPPORTED;
    if (p[0] > 3 || p[1] > 3 || p[2] == 0 || !scan_entries_are_valid(entry, count_bits(p[2])))
        return KITH_HCI_INVALID_PARAMETERS;
    s->extended = true;
    s->own_type = p[0];
    s->filter_policy = p[1];
    s->phys[0].used = false;
    s->phys[1].used = false;
    if ((p[2] & BIT_1M) != 0) {
        take_scan_phy(&s->phys[0], entry);
        entry += SCAN_ENTRY;
    }
    if ((p[2] & BIT_CODED) != 0)
        take_scan_phy(&s->phys[1], entry);
    return KITH_HCI_SUCCESS;
}

static bool times_are_valid(uint8_t filter, uint16_t duration, uint16_t period)
{
    if (filter == 2 && (duration == 0 || period == 0))
        return false;
    return duration == 0 || period == 0 || duration < (uint32_t)period * PERIOD_IN_DURATIONS;
}

static uint8_t set_scan_enable(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_scanner *s = &c->scanner;
    uint16_t duration = bytes_get16(p + 2);
    uint16_t period = bytes_get16(p + 4);

    (void)reply;
    if (p[0] == 0) {
        sim_scan_stop(c);
        return KITH_HCI_SUCCESS;
    }
    if (p[0] > 1 || p[1] > 2 || !times_are_valid(p[1], duration, period) || sim_own_address_missing(c, s->own_type))
        return KITH_HCI_INVALID_PARAMETERS;
    s->extended = true;
    s->filter_duplicates = p[1] != 0;
    s->forgets = p[1] == 2;
    s->duration_us = (uint64_t)duration * DURATION_UNIT_US;
    s->period_us = duration == 0 ? 0 : (uint64_t)period * PERIOD_UNIT_US;
    sim_scan_start(c);
    return KITH_HCI_SUCCESS;
}

/* ---- initiating ---- */

static bool connect_entries_are_valid(const uint8_t *entry, unsigned count)
{
    for (; count > 0; count--, entry += CONNECT_ENTRY) {
        if (!sim_connection_parameters_are_valid(entry + 4))
            return false;
    }
    return true;
}

/* The windows for LE 2M are ignored: nobody advertises there. */
static bool windows_are_valid(const uint8_t *entry, uint8_t bits)
{
    for (uint8_t bit = BIT_1M; bit <= BIT_CODED; bit = (uint8_t)(bit << 1)) {
        if ((bits & bit) == 0)
            continue;
        if (bit != BIT_2M && !sim_scan_window_is_valid(entry))
            return false;
        entry += CONNECT_ENTRY;
    }
    return true;
}

static sim_address peer_at(const uint8_t *p)
{
    sim_address peer = {.type = p[0]};

    memcpy(peer.octets, p + 1, 6);
    return peer;
}

static uint8_t begin_connecting(sim_controller *c, const uint8_t *p)
{
    sim_address peer = peer_at(p + 2);

    if (c->initiator.enabled)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (lacks_phy(c, p[9]))
        return KITH_HCI_UNSUPPORTED;
    if (p[0] > 1 || p[1] > 3 || (p[0] == 0 && p[2] > 3) || (p[9] & (BIT_1M | BIT_CODED)) == 0 ||
        !windows_are_valid(p + 10, p[9]) || !connect_entries_are_valid(p + 10, count_bits(p[9])) ||
        sim_own_address_missing(c, p[1]))
        return KITH_HCI_INVALID_PARAMETERS;
    return p[0] == 0 && sim_link_to(c, &peer) != NULL ? KITH_HCI_CONNECTION_EXISTS : KITH_HCI_SUCCESS;
}

static void start_connecting(sim_controller *c, const uint8_t *p)
{
    sim_initiator *i = &c->initiator;
    const uint8_t *entry = p + 10;

    i->enabled = true;
    i->extended = true;
    i->uses_filter_list = p[0] == 1;
    i->own_type = p[1];
    i->peer = peer_at(p + 2);
    i->phys = p[9];
    for (unsigned bit = 0; bit < 3; bit++) {
        if ((p[9] >> bit & 1) == 0)
            continue;
        i->by_phy[bit] = sim_connection_parameters_at(entry + 4);
        if (bit != 1)
            sim_scan_window_start(c, &i->listens[bit / 2], bytes_get16(entry), bytes_get16(entry + 2));
        entry += CONNECT_ENTRY;
    }
}

static const sim_command_row rows[] = {
    {KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS, 3, 37, 5, 0, set_scan_parameters, NULL, NULL},
    {KITH_HCI_LE_SET_EXT_SCAN_ENABLE, 6, 37, 6, 0, set_scan_enable, NULL, NULL},
    {KITH_HCI_LE_EXT_CREATE_CONNECTION, 10, 37, 7, 0, NULL, begin_connecting, start_connecting},
};

const sim_command_table sim_commands_extended_scan = {rows, sizeof rows / sizeof rows[0]};
