/* Commands for advertising sets.  Core Vol 4 Part E 7.8.52 to 7.8.60. */
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"
#include "commands.h"

enum { HANDLE_MOST = 0xef, SETS_IN_ENABLE_MOST = 0x3f, INTERVAL_LEAST = 0x20, SID_MOST = 0x0f };
enum { OPERATION_INTERMEDIATE, OPERATION_FIRST, OPERATION_LAST, OPERATION_COMPLETE, OPERATION_UNCHANGED };
enum { DURATION_UNIT_US = 10000, HIGH_DUTY_DURATION_MOST = 128 };
enum { DIDS = 0x1000, PROPERTIES_KNOWN = 0x7f, TX_POWER_LEAST = -127, TX_POWER_MOST = 20, TX_POWER_ANY = 127 };

/* ---- what a set is ---- */

static uint8_t set_random_address(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *set = sim_set_find(c, p[0]);

    (void)reply;
    if (p[0] > HANDLE_MOST)
        return KITH_HCI_INVALID_PARAMETERS;
    if (set == NULL)
        return KITH_HCI_UNKNOWN_SET;
    if (set->enabled && sim_adv_is(set, SIM_ADV_CONNECTABLE))
        return KITH_HCI_COMMAND_DISALLOWED;
    memcpy(set->random_address, p + 1, 6);
    set->has_random_address = true;
    return KITH_HCI_SUCCESS;
}

/* Table 7.2 for legacy PDUs; for extended ones all but what the air has no PDU for. */
static bool properties_are_valid(unsigned properties)
{
    switch (properties) {
    case SIM_ADV_IND:
    case SIM_ADV_DIRECT_LOW:
    case SIM_ADV_DIRECT_HIGH:
    case SIM_ADV_SCAN_IND:
    case SIM_ADV_NONCONN_IND:
        return true;
    default:
        break;
    }
    if ((properties & ~(unsigned)PROPERTIES_KNOWN) != 0 || (properties & (SIM_ADV_LEGACY | SIM_ADV_HIGH_DUTY)) != 0)
        return false;
    if ((properties & SIM_ADV_ANONYMOUS) != 0 && (properties & (SIM_ADV_CONNECTABLE | SIM_ADV_SCANNABLE)) != 0)
        return false;
    return (properties & (SIM_ADV_CONNECTABLE | SIM_ADV_SCANNABLE)) != (SIM_ADV_CONNECTABLE | SIM_ADV_SCANNABLE);
}

static bool intervals_are_valid(const uint8_t *p)
{
    uint32_t least = bytes_get24(p + 3);

    return bytes_get16(p + 1) == SIM_ADV_DIRECT_HIGH || (least >= INTERVAL_LEAST && least <= bytes_get24(p + 6));
}

static bool tx_power_is_valid(uint8_t octet)
{
    int8_t power = (int8_t)octet;

    return power == TX_POWER_ANY || (power >= TX_POWER_LEAST && power <= TX_POWER_MOST);
}

static bool parameters_are_valid(const uint8_t *p)
{
    bool legacy = (p[1] & SIM_ADV_LEGACY) != 0;

    if (p[0] > HANDLE_MOST || !properties_are_valid(bytes_get16(p + 1)) || !intervals_are_valid(p))
        return false;
    if (!sim_is_between(p[9], 1, 7) || p[10] > 3 || p[11] > 1 || p[18] > 3 || !tx_power_is_valid(p[19]))
        return false;
    if ((p[20] != SIM_PHY_1M && p[20] != SIM_PHY_CODED) || (legacy && p[20] != SIM_PHY_1M))
        return false;
    return (legacy || (sim_is_between(p[22], SIM_PHY_1M, SIM_PHY_CODED) && p[23] <= SID_MOST)) && p[24] <= 1;
}

static bool takes_data(unsigned properties)
{
    if ((properties & SIM_ADV_LEGACY) != 0)
        return (properties & SIM_ADV_DIRECTED) == 0;
    return (properties & SIM_ADV_SCANNABLE) == 0;
}

/* What the set holds already must go with its new type. */
static bool holds_what_fits(const sim_advertiser *set, unsigned properties)
{
    size_t most = (properties & SIM_ADV_LEGACY) != 0 ? SIM_ADV_DATA_MAX : SIM_SET_DATA_MAX;

    if (set->data.len > most || (set->data.len != 0 && !takes_data(properties)))
        return false;
    return set->response.len <= most && (set->response.len == 0 || (properties & SIM_ADV_SCANNABLE) != 0);
}

static uint8_t check_parameters(const sim_controller *c, const sim_advertiser *set, const uint8_t *p)
{
    bool legacy = (p[1] & SIM_ADV_LEGACY) != 0;

    if (!parameters_are_valid(p))
        return KITH_HCI_INVALID_PARAMETERS;
    if (!sim_has_phy(c, p[20]) || (!legacy && !sim_has_phy(c, p[22])))
        return KITH_HCI_UNSUPPORTED;
    if (set != NULL && set->enabled)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (set != NULL && sim_periodic_runs(set) && (bytes_get16(p + 1) & ~(unsigned)SIM_ADV_PERIODIC_ALLOWS) != 0)
        return KITH_HCI_INVALID_PARAMETERS;
    if (set != NULL && sim_periodic_runs(set) && p[22] != set->secondary_phy)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (set != NULL && !holds_what_fits(set, bytes_get16(p + 1)))
        return KITH_HCI_INVALID_PARAMETERS;
    return KITH_HCI_SUCCESS;
}

static void take_parameters(sim_advertiser *set, const uint8_t *p)
{
    set->properties = bytes_get16(p + 1);
    set->interval_min = bytes_get24(p + 3);
    set->channel_map = p[9];
    set->own_type = p[10];
    set->peer.type = p[11];
    memcpy(set->peer.octets, p + 12, 6);
    set->filter_policy = p[18];
    set->primary_phy = p[20];
    set->secondary_phy = p[22];
    set->sid = p[23];
    set->tells_scan_requests = p[24] == 1;
}

/* All sets are sent with 0 dBm. */
static uint8_t set_parameters(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *set = sim_set_find(c, p[0]);
    uint8_t status = check_parameters(c, set, p);

    (void)reply;
    if (status != KITH_HCI_SUCCESS)
        return status;
    if (set == NULL)
        set = sim_set_new(c, p[0]);
    if (set == NULL)
        return KITH_HCI_MEMORY_EXCEEDED;
    take_parameters(set, p);
    return KITH_HCI_SUCCESS;
}

/* ---- data ---- */

uint8_t sim_adv_data_append(sim_adv_data *data, size_t most, uint8_t operation, const uint8_t *part, size_t len)
{
    size_t before = operation == OPERATION_FIRST || operation == OPERATION_COMPLETE ? 0 : data->len;

    data->partial = operation == OPERATION_FIRST || operation == OPERATION_INTERMEDIATE;
    if (before + len > most) {
        *data = (sim_adv_data){0};
        return KITH_HCI_MEMORY_EXCEEDED;
    }
    memcpy(data->octets + before, part, len);
    data->len = (uint16_t)(before + len);
    return KITH_HCI_SUCCESS;
}

static uint8_t check_fragment(const sim_advertiser *set, const uint8_t *p)
{
    bool whole = p[1] == OPERATION_COMPLETE;

    if (p[1] > OPERATION_COMPLETE || p[2] > 1)
        return KITH_HCI_INVALID_PARAMETERS;
    if (sim_adv_is(set, SIM_ADV_LEGACY) && (!whole || p[3] > SIM_ADV_DATA_MAX))
        return KITH_HCI_INVALID_PARAMETERS;
    if (!whole && p[3] == 0)
        return KITH_HCI_INVALID_PARAMETERS;
    return set->enabled && !whole ? KITH_HCI_COMMAND_DISALLOWED : KITH_HCI_SUCCESS;
}

/* Once the data is whole; any but the one before: Vol 6 Part B 4.4.2.11. */
static void change_did(sim_advertiser *set)
{
    set->did = (uint16_t)((set->did + 1 + sim_rng_below(&set->controller->rng, DIDS - 1)) % DIDS);
}

/* The same data under another DID: scanners report it once more. */
static uint8_t keep_data(sim_advertiser *set, const uint8_t *p)
{
    if (!set->enabled || set->data.len == 0 || sim_adv_is(set, SIM_ADV_LEGACY) || p[3] != 0 || p[2] > 1)
        return KITH_HCI_INVALID_PARAMETERS;
    change_did(set);
    return KITH_HCI_SUCCESS;
}

static bool fits_connectable(const sim_advertiser *set, size_t len)
{
    return sim_adv_is(set, SIM_ADV_LEGACY) || !sim_adv_is(set, SIM_ADV_CONNECTABLE) ||
           len <= sim_adv_first_capacity(set);
}

static uint8_t set_data(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *set = sim_set_find(c, p[0]);
    uint8_t status;

    (void)reply;
    if (set == NULL)
        return p[0] > HANDLE_MOST ? KITH_HCI_INVALID_PARAMETERS : KITH_HCI_UNKNOWN_SET;
    if (!takes_data(set->properties))
        return KITH_HCI_INVALID_PARAMETERS;
    if (p[1] == OPERATION_UNCHANGED)
        return keep_data(set, p);
    status = check_fragment(set, p);
    if (status == KITH_HCI_SUCCESS && set->enabled && !fits_connectable(set, p[3]))
        return KITH_HCI_PACKET_TOO_LONG;
    if (status == KITH_HCI_SUCCESS)
        status = sim_adv_data_append(&set->data, c->limits.data_most, p[1], p + 4, p[3]);
    if (status == KITH_HCI_SUCCESS && !set->data.partial)
        change_did(set);
    return status;
}

static uint8_t set_response(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *set = sim_set_find(c, p[0]);
    uint8_t status;

    (void)reply;
    if (set == NULL)
        return p[0] > HANDLE_MOST ? KITH_HCI_INVALID_PARAMETERS : KITH_HCI_UNKNOWN_SET;
    if (!sim_adv_is(set, SIM_ADV_SCANNABLE) && p[3] != 0)
        return KITH_HCI_INVALID_PARAMETERS;
    status = check_fragment(set, p);
    if (status == KITH_HCI_SUCCESS && set->enabled && sim_adv_is(set, SIM_ADV_SCANNABLE) &&
        !sim_adv_is(set, SIM_ADV_LEGACY) && p[3] == 0)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (status == KITH_HCI_SUCCESS)
        status = sim_adv_data_append(&set->response, c->limits.data_most, p[1], p + 4, p[3]);
    if (status == KITH_HCI_SUCCESS && !set->response.partial)
        change_did(set);
    return status;
}

/* ---- on and off ---- */

static const uint8_t *entry_at(const uint8_t *p, size_t i)
{
    return p + 2 + 4 * i;
}

static uint8_t check_handles(const sim_controller *c, const uint8_t *p)
{
    bool named[HANDLE_MOST + 1] = {false};

    for (size_t i = 0; i < p[1]; i++) {
        uint8_t handle = entry_at(p, i)[0];

        if (handle > HANDLE_MOST || named[handle])
            return KITH_HCI_INVALID_PARAMETERS;
        if (sim_set_find(c, handle) == NULL)
            return KITH_HCI_UNKNOWN_SET;
        named[handle] = true;
    }
    return KITH_HCI_SUCCESS;
}

static uint8_t check_start(sim_advertiser *set, uint16_t duration)
{
    bool extended = !sim_adv_is(set, SIM_ADV_LEGACY);

    if (sim_adv_is(set, SIM_ADV_HIGH_DUTY) && !sim_is_between(duration, 1, HIGH_DUTY_DURATION_MOST))
        return KITH_HCI_INVALID_PARAMETERS;
    if (set->data.partial || set->response.partial)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (extended && sim_adv_is(set, SIM_ADV_SCANNABLE) && set->response.len == 0)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (!fits_connectable(set, set->data.len) || sim_advertiser_address_missing(set))
        return KITH_HCI_INVALID_PARAMETERS;
    return KITH_HCI_SUCCESS;
}

static void stop_all(sim_controller *c)
{
    for (size_t i = 0; i < KITH_SIM_SETS_MAX; i++) {
        if (c->sets[i] != NULL)
            sim_advertise_stop(c->sets[i]);
    }
}

static void switch_sets(sim_controller *c, const uint8_t *p)
{
    for (size_t i = 0; i < p[1]; i++) {
        const uint8_t *entry = entry_at(p, i);
        sim_advertiser *set = sim_set_find(c, entry[0]);

        sim_advertise_stop(set);
        if (p[0] == 1)
            sim_advertise_start(set, (uint64_t)bytes_get16(entry + 1) * DURATION_UNIT_US, entry[3]);
    }
}

static uint8_t enable(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    uint8_t status = check_handles(c, p);

    (void)reply;
    if (p[0] > 1 || p[1] > SETS_IN_ENABLE_MOST || (p[0] == 1 && p[1] == 0))
        return KITH_HCI_INVALID_PARAMETERS;
    for (size_t i = 0; p[0] == 1 && status == KITH_HCI_SUCCESS && i < p[1]; i++)
        status = check_start(sim_set_find(c, entry_at(p, i)[0]), bytes_get16(entry_at(p, i) + 1));
    if (status != KITH_HCI_SUCCESS)
        return status;
    if (p[1] == 0)
        stop_all(c);
    else
        switch_sets(c, p);
    return KITH_HCI_SUCCESS;
}

/* ---- how much there may be, and less of it ---- */

static uint8_t read_data_most(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    bytes_put16(reply, c->limits.data_most);
    return KITH_HCI_SUCCESS;
}

static uint8_t read_sets(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    reply[0] = c->limits.sets;
    return KITH_HCI_SUCCESS;
}

static uint8_t remove_set(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_advertiser *set = sim_set_find(c, p[0]);

    (void)reply;
    if (set == NULL)
        return p[0] > HANDLE_MOST ? KITH_HCI_INVALID_PARAMETERS : KITH_HCI_UNKNOWN_SET;
    if (set->enabled || sim_periodic_runs(set))
        return KITH_HCI_COMMAND_DISALLOWED;
    sim_set_remove(set);
    return KITH_HCI_SUCCESS;
}

static uint8_t clear_sets(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    (void)reply;
    for (size_t i = 0; i < KITH_SIM_SETS_MAX; i++) {
        if (c->sets[i] != NULL && (c->sets[i]->enabled || sim_periodic_runs(c->sets[i])))
            return KITH_HCI_COMMAND_DISALLOWED;
    }
    sim_sets_clear(c);
    return KITH_HCI_SUCCESS;
}

static const sim_command_row rows[] = {
    {KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, 7, 36, 1, 0, set_random_address, NULL, NULL},
    {KITH_HCI_LE_SET_EXT_ADV_PARAMETERS, 25, 36, 2, 1, set_parameters, NULL, NULL},
    {KITH_HCI_LE_SET_EXT_ADV_DATA, 4, 36, 3, 0, set_data, NULL, NULL},
    {KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA, 4, 36, 4, 0, set_response, NULL, NULL},
    {KITH_HCI_LE_SET_EXT_ADV_ENABLE, 2, 36, 5, 0, enable, NULL, NULL},
    {KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH, 0, 36, 6, 2, read_data_most, NULL, NULL},
    {KITH_HCI_LE_READ_NUMBER_OF_SETS, 0, 36, 7, 1, read_sets, NULL, NULL},
    {KITH_HCI_LE_REMOVE_SET, 1, 37, 0, 0, remove_set, NULL, NULL},
    {KITH_HCI_LE_CLEAR_SETS, 0, 37, 1, 0, clear_sets, NULL, NULL},
};

const sim_command_table sim_commands_extended = {rows, sizeof rows / sizeof rows[0]};
