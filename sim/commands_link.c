/* Commands for one connection, and for the data length of all.  Core Vol 4 Part E 7.1.6, 7.1.23, 7.3.35, 7.5.4, 7.8.18
 * to 7.8.21, 7.8.31 to 7.8.35, 7.8.46. */
#include <string.h>

#include "base/bytes.h"

#include "commands.h"

enum { RSSI_UNKNOWN = 127, TIME_MOST_US = 17040 };

static sim_link *link_at(sim_controller *c, const uint8_t *p)
{
    return sim_link_find(c, bytes_get16(p));
}

/* Starts a reply that names the handle.  NULL: there is no such link. */
static sim_link *reply_for(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    memcpy(reply, p, 2);
    return link_at(c, p);
}

/* ---- disconnect ---- */

static bool is_disconnect_reason(uint8_t reason)
{
    static const uint8_t reasons[] = {0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b};

    return memchr(reasons, reason, sizeof reasons) != NULL;
}

static uint8_t begin_disconnect(sim_controller *c, const uint8_t *p)
{
    const sim_link *link = link_at(c, p);

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    if (link->terminating)
        return KITH_HCI_COMMAND_DISALLOWED;
    return is_disconnect_reason(p[2]) ? KITH_HCI_SUCCESS : KITH_HCI_INVALID_PARAMETERS;
}

static void disconnect(sim_controller *c, const uint8_t *p)
{
    sim_link_terminate(link_at(c, p), p[2], KITH_HCI_LOCAL_HOST_TERMINATED);
}

/* ---- version and features of the peer ---- */

static uint8_t begin_on_link(sim_controller *c, const uint8_t *p)
{
    return link_at(c, p) == NULL ? KITH_HCI_UNKNOWN_CONNECTION : KITH_HCI_SUCCESS;
}

static void read_remote_version(sim_controller *c, const uint8_t *p)
{
    sim_link *link = link_at(c, p);

    if (link->version_known) {
        sim_tell_version(link);
        return;
    }
    link->version_asked = true;
    if (!link->version_sent)
        sim_procedure_want(link, SIM_PROCEDURE_VERSION);
}

static void read_remote_features(sim_controller *c, const uint8_t *p)
{
    sim_link *link = link_at(c, p);

    if (link->features_known)
        sim_tell_features(link, KITH_HCI_SUCCESS);
    else if (link->role == SIM_PERIPHERAL && !sim_has_feature(c, SIM_FEATURE_PERIPHERAL_ASKS))
        sim_tell_features(link, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE);
    else if (link->procedure != SIM_PROCEDURE_FEATURES)
        sim_procedure_want(link, SIM_PROCEDURE_FEATURES);
}

/* ---- parameters ---- */

static bool updates_already(const sim_link *link)
{
    return link->procedure == SIM_PROCEDURE_UPDATE || link->wanted[SIM_PROCEDURE_UPDATE] ||
           link->procedure == SIM_PROCEDURE_PARAMETERS || link->wanted[SIM_PROCEDURE_PARAMETERS] ||
           link->parameters_asked;
}

/* 7.8.18: a peripheral asks, if both can. */
static uint8_t begin_update(sim_controller *c, const uint8_t *p)
{
    const sim_link *link = link_at(c, p);

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    if (link->role == SIM_PERIPHERAL && !sim_has_feature(c, SIM_FEATURE_PARAMETERS_REQUEST))
        return KITH_HCI_UNSUPPORTED;
    if (link->role == SIM_PERIPHERAL && link->features_known &&
        (link->peer_features[0] & SIM_FEATURE_PARAMETERS_REQUEST) == 0)
        return KITH_HCI_UNSUPPORTED_REMOTE_FEATURE;
    if (!sim_connection_parameters_are_valid(p + 2))
        return KITH_HCI_INVALID_PARAMETERS;
    return updates_already(link) ? KITH_HCI_COMMAND_DISALLOWED : KITH_HCI_SUCCESS;
}

/* p: Interval_Max, latency, timeout */
static sim_connection_parameters parameters_at(const uint8_t *p)
{
    return (sim_connection_parameters){bytes_get16(p), bytes_get16(p + 2), bytes_get16(p + 4)};
}

static void update(sim_controller *c, const uint8_t *p)
{
    sim_link *link = link_at(c, p);

    link->asked.interval_min = bytes_get16(p + 2);
    link->asked.interval_max = bytes_get16(p + 4);
    link->asked.latency = bytes_get16(p + 6);
    link->asked.timeout = bytes_get16(p + 8);
    link->update = parameters_at(p + 4);
    sim_procedure_want(link, link->role == SIM_CENTRAL ? SIM_PROCEDURE_UPDATE : SIM_PROCEDURE_PARAMETERS);
}

/* 7.8.31 */
static uint8_t accept_parameters(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    const sim_link *link = reply_for(c, p, reply);

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    if (!link->parameters_asked)
        return KITH_HCI_COMMAND_DISALLOWED;
    return sim_connection_parameters_are_valid(p + 2) ? KITH_HCI_SUCCESS : KITH_HCI_INVALID_PARAMETERS;
}

static void then_update(sim_controller *c, const uint8_t *p)
{
    sim_connection_parameters wanted = parameters_at(p + 4);

    sim_parameters_accept(link_at(c, p), &wanted);
}

/* 7.8.32 */
static uint8_t refuse_parameters(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_link *link = reply_for(c, p, reply);

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    if (!link->parameters_asked)
        return KITH_HCI_COMMAND_DISALLOWED;
    sim_parameters_refuse(link, p[2]);
    return KITH_HCI_SUCCESS;
}

static bool is_channel_map(const uint8_t map[5])
{
    unsigned used = 0;

    for (unsigned i = 0; i < 40; i++)
        used += map[i / 8] >> i % 8 & 1;
    return map[4] >> 5 == 0 && used >= 2;
}

/* For connections made from now on. */
static uint8_t set_channel_map(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (!is_channel_map(p))
        return KITH_HCI_INVALID_PARAMETERS;
    memcpy(c->settings.channel_map, p, 5);
    return KITH_HCI_SUCCESS;
}

static uint8_t read_channel_map(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    const sim_link *link = reply_for(c, p, reply);

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    memcpy(reply + 2, link->connection->channel_map, 5);
    return KITH_HCI_SUCCESS;
}

static uint8_t read_tx_power(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    if (p[2] > 1)
        return KITH_HCI_INVALID_PARAMETERS;
    return reply_for(c, p, reply) == NULL ? KITH_HCI_UNKNOWN_CONNECTION : KITH_HCI_SUCCESS;
}

static uint8_t read_rssi(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_link *link = reply_for(c, p, reply);
    const sim_link *peer;

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    peer = sim_link_peer(link);
    reply[2] = (uint8_t)(peer->alive ? peer->controller->rssi_dbm : RSSI_UNKNOWN);
    return KITH_HCI_SUCCESS;
}

static uint8_t read_authenticated_timeout(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    const sim_link *link = reply_for(c, p, reply);

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    bytes_put16(reply + 2, link->authenticated_timeout);
    return KITH_HCI_SUCCESS;
}

/* 7.3.94: at least interval x (1 + latency). */
static uint8_t write_authenticated_timeout(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_link *link = reply_for(c, p, reply);
    uint16_t timeout = bytes_get16(p + 2);
    const sim_connection_parameters *now;

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    now = &link->connection->parameters;
    if (timeout == 0 || timeout * 10000u < now->interval * 1250u * (1u + now->latency))
        return KITH_HCI_INVALID_PARAMETERS;
    link->authenticated_timeout = timeout;
    sim_procedure_restart_authenticated(link);
    return KITH_HCI_SUCCESS;
}

/* ---- data length ---- */

static bool is_data_length(const uint8_t *p)
{
    return sim_is_between(bytes_get16(p), SIM_DATA_MIN, SIM_DATA_MAX) &&
           sim_is_between(bytes_get16(p + 2), SIM_TIME_MIN_US, TIME_MOST_US);
}

static uint8_t set_data_length(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_link *link = reply_for(c, p, reply);

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    if (!is_data_length(p + 2))
        return KITH_HCI_INVALID_PARAMETERS;
    link->wanted_tx_octets = sim_octets_within(bytes_get16(p + 2), bytes_get16(p + 4));
    sim_procedure_want(link, SIM_PROCEDURE_LENGTH);
    return KITH_HCI_SUCCESS;
}

static uint8_t read_default_length(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    bytes_put16(reply, c->settings.default_tx_octets);
    bytes_put16(reply + 2, c->settings.default_tx_time);
    return KITH_HCI_SUCCESS;
}

static uint8_t write_default_length(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (!is_data_length(p))
        return KITH_HCI_INVALID_PARAMETERS;
    c->settings.default_tx_octets = bytes_get16(p);
    c->settings.default_tx_time = bytes_get16(p + 2);
    return KITH_HCI_SUCCESS;
}

static uint8_t read_max_length(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    uint16_t time_us = sim_has_feature(c, SIM_FEATURE_CODED) ? TIME_MOST_US : SIM_TIME_MAX_US;

    (void)p;
    bytes_put16(reply, SIM_DATA_MAX);
    bytes_put16(reply + 2, time_us);
    bytes_put16(reply + 4, SIM_DATA_MAX);
    bytes_put16(reply + 6, time_us);
    return KITH_HCI_SUCCESS;
}

static const sim_command_row rows[] = {
    {KITH_HCI_DISCONNECT, 3, 0, 5, 0, NULL, begin_disconnect, disconnect},
    {KITH_HCI_READ_REMOTE_VERSION, 2, 2, 7, 0, NULL, begin_on_link, read_remote_version},
    {KITH_HCI_READ_TX_POWER, 3, 10, 2, 3, read_tx_power, NULL, NULL},
    {KITH_HCI_READ_RSSI, 2, 15, 5, 3, read_rssi, NULL, NULL},
    {KITH_HCI_LE_CONNECTION_UPDATE, 14, 27, 2, 0, NULL, begin_update, update},
    {KITH_HCI_LE_SET_HOST_CHANNEL_MAP, 5, 27, 3, 0, set_channel_map, NULL, NULL},
    {KITH_HCI_LE_READ_CHANNEL_MAP, 2, 27, 4, 7, read_channel_map, NULL, NULL},
    {KITH_HCI_LE_READ_REMOTE_FEATURES, 2, 27, 5, 0, NULL, begin_on_link, read_remote_features},
    {KITH_HCI_READ_AUTH_PAYLOAD_TIMEOUT, 2, 32, 4, 4, read_authenticated_timeout, NULL, NULL},
    {KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT, 4, 32, 5, 2, write_authenticated_timeout, NULL, NULL},
    {KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, 14, 33, 4, 2, accept_parameters, NULL, then_update},
    {KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, 3, 33, 5, 2, refuse_parameters, NULL, NULL},
    {KITH_HCI_LE_SET_DATA_LENGTH, 6, 33, 6, 2, set_data_length, NULL, NULL},
    {KITH_HCI_LE_READ_DEFAULT_DATA_LENGTH, 0, 33, 7, 4, read_default_length, NULL, NULL},
    {KITH_HCI_LE_WRITE_DEFAULT_DATA_LENGTH, 4, 34, 0, 0, write_default_length, NULL, NULL},
    {KITH_HCI_LE_READ_MAX_DATA_LENGTH, 0, 35, 3, 8, read_max_length, NULL, NULL},
};

const sim_command_table sim_commands_link = {rows, sizeof rows / sizeof rows[0]};
