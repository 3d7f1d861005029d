/* What a controller of some age and make has: its limits, and which commands and LE events come with which feature.
 * Core Vol 6 Part B 4.6 (features); Vol 4 Part E 3.1 (what goes with them). */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { CORE_4_2 = 8, CORE_5_0 = 9, CORE_5_4 = 13, SET_DATA_LEAST = 31, SET_DATA_MOST = 1650 };

#define FEATURES_BARE SIM_FEATURE_ENCRYPTION
#define FEATURES_4_2                                                                                                   \
    (FEATURES_BARE | SIM_FEATURE_EXTENDED_REJECT | SIM_FEATURE_PERIPHERAL_ASKS | SIM_FEATURE_PING |                    \
     SIM_FEATURE_DATA_LENGTH | SIM_FEATURE_PRIVACY)
#define FEATURES_5_0 (FEATURES_4_2 | SIM_FEATURE_2M | SIM_FEATURE_EXTENDED_ADVERTISING)
#define FEATURES_5_4                                                                                                   \
    (FEATURES_5_0 | SIM_FEATURE_CODED | SIM_FEATURE_PARAMETERS_REQUEST | SIM_FEATURE_PERIODIC_ADVERTISING)

/* ---- presets ---- */

void kith_sim_default_limits(kith_sim_limits *limits)
{
    *limits = (kith_sim_limits){
        .acl_len = SIM_DATA_MAX,
        .acl_packets = 8,
        .command_credits = 1,
        .le_features = FEATURES_4_2,
        .hci_version = CORE_5_4,
        .filter_list = 16,
        .resolving_list = 16,
        .sets = 4,
        .data_most = SET_DATA_MOST,
    };
}

typedef struct {
    const char *name;
    uint64_t le_features;
    uint16_t acl_len;
    uint8_t hci_version;
    uint8_t lists;
    uint8_t sets;
    uint16_t data_most;
} core_row;

static const core_row cores[KITH_SIM_CORES] = {
    [KITH_SIM_CORE_4_2_BARE] = {"4.2-bare", FEATURES_BARE, SIM_DATA_MIN, CORE_4_2, 8, 1, SET_DATA_LEAST},
    [KITH_SIM_CORE_4_2] = {"4.2", FEATURES_4_2, SIM_DATA_MAX, CORE_4_2, 8, 1, SET_DATA_LEAST},
    [KITH_SIM_CORE_5_0] = {"5.0", FEATURES_5_0, SIM_DATA_MAX, CORE_5_0, 8, 4, 251},
    [KITH_SIM_CORE_5_4] = {"5.4", FEATURES_5_4, SIM_DATA_MAX, CORE_5_4, 32, 16, SET_DATA_MOST},
};

static const core_row *row_of(kith_sim_core core)
{
    return &cores[(unsigned)core < KITH_SIM_CORES ? core : KITH_SIM_CORE_5_4];
}

void kith_sim_core_limits(kith_sim_limits *limits, kith_sim_core core)
{
    const core_row *row = row_of(core);

    kith_sim_default_limits(limits);
    limits->le_features = row->le_features;
    limits->acl_len = row->acl_len;
    limits->hci_version = row->hci_version;
    limits->filter_list = row->lists;
    limits->resolving_list = row->lists;
    limits->sets = row->sets;
    limits->data_most = row->data_most;
}

const char *kith_sim_core_name(kith_sim_core core)
{
    return row_of(core)->name;
}

/* ---- setting ---- */

static bool is_between(unsigned value, unsigned least, unsigned most)
{
    return value >= least && value <= most;
}

static bool limits_are_valid(const kith_sim_limits *l)
{
    return is_between(l->acl_len, SIM_DATA_MIN, SIM_DATA_MAX) && l->acl_packets != 0 && l->command_credits != 0 &&
           l->hci_version != 0 && is_between(l->filter_list, 1, KITH_SIM_LIST_MAX) &&
           is_between(l->resolving_list, 1, KITH_SIM_LIST_MAX) && is_between(l->sets, 1, KITH_SIM_SETS_MAX) &&
           is_between(l->data_most, SET_DATA_LEAST, SET_DATA_MOST) &&
           (l->unsupported_count == 0 || l->unsupported_commands != NULL);
}

kith_status kith_sim_set_limits(kith_sim *sim, kith_sim_device device, const kith_sim_limits *limits)
{
    sim_controller *c = sim_find(sim, device);
    uint16_t *copy = NULL;

    if (c == NULL || !limits_are_valid(limits))
        return KITH_ERR_VALUE;
    if (limits->unsupported_count != 0) {
        copy = malloc(limits->unsupported_count * sizeof *copy);
        if (copy == NULL)
            return KITH_ERR_FULL;
        memcpy(copy, limits->unsupported_commands, limits->unsupported_count * sizeof *copy);
    }
    free(c->unsupported);
    c->unsupported = copy;
    c->limits = *limits;
    c->limits.unsupported_commands = copy;
    return KITH_OK;
}

/* ---- what goes with a feature ---- */

#define ANY_AGE 0

/* There if one of the features is, or from that version on, whichever the row names; of several rows that name the
 * same, each asks for its own. */
typedef struct {
    uint16_t first, last; /* opcodes, or LE subevents */
    uint64_t features;    /* 0: no feature brings it */
    uint8_t since;        /* 0: no version brings it */
} feature_row;

static const feature_row of_commands[] = {
    {KITH_HCI_READ_AUTH_PAYLOAD_TIMEOUT, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT, SIM_FEATURE_PING, ANY_AGE},
    {KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY,
     SIM_FEATURE_PARAMETERS_REQUEST, ANY_AGE},
    {KITH_HCI_LE_SET_DATA_LENGTH, KITH_HCI_LE_WRITE_DEFAULT_DATA_LENGTH, SIM_FEATURE_DATA_LENGTH, ANY_AGE},
    {KITH_HCI_LE_ADD_TO_RESOLVING_LIST, KITH_HCI_LE_SET_RPA_TIMEOUT, SIM_FEATURE_PRIVACY, ANY_AGE},
    {KITH_HCI_LE_READ_MAX_DATA_LENGTH, KITH_HCI_LE_READ_MAX_DATA_LENGTH, SIM_FEATURE_DATA_LENGTH, ANY_AGE},
    {KITH_HCI_LE_READ_PHY, KITH_HCI_LE_SET_PHY, SIM_FEATURE_2M | SIM_FEATURE_CODED, CORE_5_0},
    {KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, KITH_HCI_LE_CLEAR_SETS, SIM_FEATURE_EXTENDED_ADVERTISING, ANY_AGE},
    {KITH_HCI_LE_SET_PERIODIC_ADV_PARAMETERS, KITH_HCI_LE_SET_PERIODIC_ADV_ENABLE, SIM_FEATURE_PERIODIC_ADVERTISING,
     ANY_AGE},
    {KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS, KITH_HCI_LE_EXT_CREATE_CONNECTION, SIM_FEATURE_EXTENDED_ADVERTISING, ANY_AGE},
    {KITH_HCI_LE_PERIODIC_CREATE_SYNC, KITH_HCI_LE_PERIODIC_TERMINATE_SYNC, SIM_FEATURE_PERIODIC_ADVERTISING, ANY_AGE},
    {KITH_HCI_LE_READ_TX_POWER, KITH_HCI_LE_READ_TX_POWER, 0, CORE_5_0},
    {KITH_HCI_LE_SET_PRIVACY_MODE, KITH_HCI_LE_SET_PRIVACY_MODE, SIM_FEATURE_PRIVACY, ANY_AGE},
    {KITH_HCI_LE_SET_PRIVACY_MODE, KITH_HCI_LE_SET_PRIVACY_MODE, 0, CORE_5_0},
};

static const feature_row of_events[] = {
    {KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST, KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST,
     SIM_FEATURE_PARAMETERS_REQUEST, ANY_AGE},
    {KITH_HCI_LE_EV_DATA_LENGTH_CHANGE, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE, SIM_FEATURE_DATA_LENGTH, ANY_AGE},
    {KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, KITH_HCI_LE_EV_DIRECTED_ADVERTISING_REPORT, SIM_FEATURE_PRIVACY,
     CORE_5_0},
    {KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE, KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE, SIM_FEATURE_2M | SIM_FEATURE_CODED,
     CORE_5_0},
    {KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT, KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT, SIM_FEATURE_EXTENDED_ADVERTISING,
     ANY_AGE},
    {KITH_HCI_LE_EV_PERIODIC_SYNC_ESTABLISHED, KITH_HCI_LE_EV_PERIODIC_SYNC_LOST, SIM_FEATURE_PERIODIC_ADVERTISING,
     ANY_AGE},
    {KITH_HCI_LE_EV_SCAN_TIMEOUT, KITH_HCI_LE_EV_SCAN_REQUEST_RECEIVED, SIM_FEATURE_EXTENDED_ADVERTISING, ANY_AGE},
};

static bool is_brought(const kith_sim_limits *l, const feature_row *row)
{
    return (l->le_features & row->features) != 0 || (row->since != ANY_AGE && l->hci_version >= row->since);
}

static bool is_there(const kith_sim_limits *l, const feature_row *rows, size_t count, uint16_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= rows[i].first && code <= rows[i].last && !is_brought(l, &rows[i]))
            return false;
    }
    return true;
}

bool sim_has_command(const sim_controller *c, uint16_t opcode)
{
    for (size_t i = 0; i < c->limits.unsupported_count; i++) {
        if (c->limits.unsupported_commands[i] == opcode)
            return false;
    }
    return is_there(&c->limits, of_commands, sizeof of_commands / sizeof of_commands[0], opcode);
}

bool sim_has_le_event(const sim_controller *c, uint8_t subevent)
{
    return is_there(&c->limits, of_events, sizeof of_events / sizeof of_events[0], subevent);
}

bool sim_has_feature(const sim_controller *c, uint64_t feature)
{
    return (c->limits.le_features & feature) != 0;
}
