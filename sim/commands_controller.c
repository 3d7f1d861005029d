/* Commands about the controller itself: reset, masks, what it is and can do.  What an LE-only controller has no use
 * for (BR/EDR buffers, LE Host Support) is unknown.  Core Vol 4 Part E 7.3, 7.4, 7.8.1 to 7.8.3, 7.8.27. */
#include <string.h>

#include "base/bytes.h"

#include "commands.h"

enum { COMPANY_NONE = 0xffff, SUBVERSION = 1 };

/* LMP features, Vol 2 Part C 3.3: BR/EDR Not Supported (37), LE Supported (38). */
enum { LMP_FEATURES_OCTET = 4, LMP_LE_ONLY = 0x60 };

#define SUPPORTED_STATES UINT64_C(0x000003ffffffffff)

static uint8_t reset(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    (void)reply;
    sim_controller_reset(c);
    return KITH_HCI_SUCCESS;
}

static uint8_t set_event_mask(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    c->settings.event_mask = bytes_get64(p);
    return KITH_HCI_SUCCESS;
}

static uint8_t set_event_mask_page_2(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    c->settings.event_mask_page_2 = bytes_get64(p);
    return KITH_HCI_SUCCESS;
}

static uint8_t le_set_event_mask(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    c->settings.le_event_mask = bytes_get64(p);
    return KITH_HCI_SUCCESS;
}

static uint8_t set_host_flow(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (p[0] > 3)
        return KITH_HCI_INVALID_PARAMETERS;
    c->settings.host_flow = (p[0] & 1) != 0 && c->settings.host_acl_buffers != 0;
    c->settings.host_acl_used = 0;
    return KITH_HCI_SUCCESS;
}

static uint8_t host_buffer_size(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)reply;
    if (bytes_get16(p) < SIM_DATA_MIN || bytes_get16(p + 3) == 0)
        return KITH_HCI_INVALID_PARAMETERS;
    c->settings.host_acl_buffers = bytes_get16(p + 3);
    return KITH_HCI_SUCCESS;
}

static uint8_t read_local_version(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    reply[0] = c->limits.hci_version;
    bytes_put16(reply + 1, SUBVERSION);
    reply[3] = c->limits.hci_version;
    bytes_put16(reply + 4, COMPANY_NONE);
    bytes_put16(reply + 6, SUBVERSION);
    return KITH_HCI_SUCCESS;
}

static uint8_t read_local_commands(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    sim_supported_commands(c, reply);
    return KITH_HCI_SUCCESS;
}

static uint8_t read_local_features(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)c;
    (void)p;
    reply[LMP_FEATURES_OCTET] = LMP_LE_ONLY;
    return KITH_HCI_SUCCESS;
}

static uint8_t le_read_buffer_size(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    bytes_put16(reply, c->limits.acl_len);
    reply[2] = c->limits.acl_packets;
    return KITH_HCI_SUCCESS;
}

static uint8_t read_bd_addr(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    memcpy(reply, c->public_address, 6);
    return KITH_HCI_SUCCESS;
}

static uint8_t le_read_features(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)p;
    bytes_put64(reply, c->limits.le_features);
    return KITH_HCI_SUCCESS;
}

static uint8_t le_read_states(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)c;
    (void)p;
    bytes_put64(reply, SUPPORTED_STATES);
    return KITH_HCI_SUCCESS;
}

/* 0 dBm, and nothing else. */
static uint8_t le_read_tx_power(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    (void)c;
    (void)p;
    (void)reply;
    return KITH_HCI_SUCCESS;
}

static const sim_command_row rows[] = {
    {KITH_HCI_SET_EVENT_MASK, 8, 5, 6, 0, set_event_mask, NULL, NULL},
    {KITH_HCI_RESET, 0, 5, 7, 0, reset, NULL, NULL},
    {KITH_HCI_SET_CONTROLLER_TO_HOST_FLOW, 1, 10, 5, 0, set_host_flow, NULL, NULL},
    {KITH_HCI_HOST_BUFFER_SIZE, 7, 10, 6, 0, host_buffer_size, NULL, NULL},
    {KITH_HCI_SET_EVENT_MASK_PAGE_2, 8, 22, 2, 0, set_event_mask_page_2, NULL, NULL},
    {KITH_HCI_READ_LOCAL_VERSION, 0, 14, 3, 8, read_local_version, NULL, NULL},
    {KITH_HCI_READ_LOCAL_COMMANDS, 0, 14, 4, 64, read_local_commands, NULL, NULL},
    {KITH_HCI_READ_LOCAL_FEATURES, 0, 14, 5, 8, read_local_features, NULL, NULL},
    {KITH_HCI_READ_BD_ADDR, 0, 15, 1, 6, read_bd_addr, NULL, NULL},
    {KITH_HCI_LE_SET_EVENT_MASK, 8, 25, 0, 0, le_set_event_mask, NULL, NULL},
    {KITH_HCI_LE_READ_BUFFER_SIZE, 0, 25, 1, 3, le_read_buffer_size, NULL, NULL},
    {KITH_HCI_LE_READ_LOCAL_FEATURES, 0, 25, 2, 8, le_read_features, NULL, NULL},
    {KITH_HCI_LE_READ_SUPPORTED_STATES, 0, 28, 3, 8, le_read_states, NULL, NULL},
    {KITH_HCI_LE_READ_TX_POWER, 0, 38, 7, 2, le_read_tx_power, NULL, NULL},
};

const sim_command_table sim_commands_controller = {rows, sizeof rows / sizeof rows[0]};
