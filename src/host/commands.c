/* Commands to the controller: one outstanding at a time, within the credits it gives.  Nothing is queued: who
 * wants a command says so in its own state, and the next one is made when it may go.
 * Core Vol 4 Part E 4.4 (flow control), 7.7.14, 7.7.15. */
#include "base/bytes.h"
#include "base/wipe.h"
#include "host/internal.h"

bool command_is_supported(const kith_host *h, unsigned octet, unsigned bit)
{
    return (h->commands_supported[octet] >> bit & 1) != 0;
}

/* A controller takes one kind, and refuses the other from then on (Vol 4 Part E 3.1.1). */
bool command_is_extended(const kith_host *h)
{
    return (h->ready.lacks & KITH_LACKS_EXTENDED) == 0 && !h->config.legacy_commands;
}

bool command_has_phys(const kith_host *h, uint8_t phys)
{
    return (phys & KITH_PHYS_CODED) == 0 || (command_is_extended(h) && (h->ready.lacks & KITH_LACKS_PHY_CODED) == 0);
}

void command_begin(uint8_t *out, uint16_t opcode, size_t parameter_len)
{
    out[0] = KITH_H4_COMMAND;
    bytes_put16(out + 1, opcode);
    out[3] = (uint8_t)parameter_len;
}

static size_t next_of_all(kith_host *h, uint8_t *out)
{
    /* The address comes before what uses it. */
    size_t (*const wanting[])(kith_host *, uint8_t *) = {link_command,      identity_command, lists_command,
                                                         reconnect_command, connect_command,  advertise_command,
                                                         scan_command};
    size_t len = 0;

    if (h->startup == STARTUP_RUNNING)
        return startup_command(h, out);
    if (h->startup != STARTUP_READY)
        return 0;
    for (size_t i = 0; len == 0 && i < sizeof wanting / sizeof wanting[0]; i++)
        len = wanting[i](h, out);
    return len;
}

size_t command_next(kith_host *h, uint8_t *out)
{
    size_t len;

    if (h->command.opcode != 0 || h->command.credits == 0)
        return 0;
    h->command.link = 0;
    len = next_of_all(h, out);
    if (len == 0)
        return 0;
    h->command.opcode = bytes_get16(out + 1);
    h->command.deadline_us = host_time(h) + HOST_COMMAND_TIMEOUT_US;
    return len;
}

/* Who asked, and what it means to them. */
static void route(kith_host *h, uint16_t opcode, const uint8_t *parameters, size_t len)
{
    kith_hci_status status = len > 0 ? parameters[0] : KITH_HCI_UNSPECIFIED_ERROR;

    if (h->startup == STARTUP_RUNNING) {
        startup_on_result(h, opcode, parameters, len);
        return;
    }
    if (reconnect_take_result(h, status))
        return;
    if (advertise_owns(opcode)) {
        advertise_on_result(h, opcode, status);
        return;
    }
    switch (opcode) {
    case KITH_HCI_LE_LTK_REQUEST_REPLY:
    case KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY:
    case KITH_HCI_LE_ENABLE_ENCRYPTION:
    case KITH_HCI_DISCONNECT:
    case KITH_HCI_LE_CONNECTION_UPDATE:
    case KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY:
    case KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY:
    case KITH_HCI_LE_SET_PHY:
        link_on_command_status(h, opcode, h->command.link, status);
        break;
    case KITH_HCI_READ_RSSI:
        measures_on_rssi(h, h->command.link, parameters, len);
        break;
    case KITH_HCI_LE_SET_RANDOM_ADDRESS:
        identity_on_command(h, status);
        break;
    case KITH_HCI_LE_SET_SCAN_PARAMETERS:
    case KITH_HCI_LE_SET_SCAN_ENABLE:
    case KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS:
    case KITH_HCI_LE_SET_EXT_SCAN_ENABLE:
        scan_on_result(h, status);
        break;
    case KITH_HCI_LE_CREATE_CONNECTION:
    case KITH_HCI_LE_EXT_CREATE_CONNECTION:
    case KITH_HCI_LE_CREATE_CONNECTION_CANCEL:
        connect_on_status(h, opcode, status);
        break;
    case KITH_HCI_LE_ADD_TO_FILTER_LIST:
    case KITH_HCI_LE_REMOVE_FROM_FILTER_LIST:
    case KITH_HCI_LE_ADD_TO_RESOLVING_LIST:
    case KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST:
    case KITH_HCI_LE_SET_RESOLUTION_ENABLE:
    case KITH_HCI_LE_SET_PRIVACY_MODE:
    case KITH_HCI_LE_SET_RPA_TIMEOUT:
        lists_on_result(h, status);
        break;
    default:
        break;
    }
}

/* A controller that leaves a command unanswered, or takes none, for so long has stopped. */
static void take_result(kith_host *h, uint8_t credits, uint16_t opcode, const uint8_t *parameters, size_t len)
{
    bool answered = opcode != 0 && opcode == h->command.opcode;
    bool idle = h->command.opcode == 0;

    h->command.credits = credits;
    if (answered) {
        h->command.opcode = 0;
        h->command.deadline_us = credits > 0 ? UINT64_MAX : host_time(h) + HOST_COMMAND_TIMEOUT_US;
        route(h, opcode, parameters, len);
    } else if (idle && credits > 0) {
        h->command.deadline_us = UINT64_MAX;
    } else if (idle && h->command.deadline_us == UINT64_MAX) {
        h->command.deadline_us = host_time(h) + HOST_COMMAND_TIMEOUT_US;
    }
}

void command_on_complete(kith_host *h, const uint8_t *event, size_t len)
{
    if (len >= 3)
        take_result(h, event[0], bytes_get16(event + 1), event + 3, len - 3);
}

void command_on_status(kith_host *h, const uint8_t *event, size_t len)
{
    if (len >= 4)
        take_result(h, event[1], bytes_get16(event + 2), event, 1);
}

void command_expire(kith_host *h)
{
    if (h->now_us < h->command.deadline_us || (h->startup != STARTUP_RUNNING && h->startup != STARTUP_READY))
        return;
    h->lost_why.opcode = h->command.opcode;
    h->lost_why.hardware_code = 0;
    h->lost = true;
}
