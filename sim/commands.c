/* HCI command dispatch: unknown commands, lengths and answers in one place.  Core Vol 4 Part E 4.4, 4.5, 7.7.14,
 * 7.7.15. */
#include <string.h>

#include "base/bytes.h"

#include "commands.h"

enum { REPLY_MAX = 64 };

static const sim_command_table *const tables[] = {
    &sim_commands_controller,    &sim_commands_air,      &sim_commands_extended,
    &sim_commands_extended_scan, &sim_commands_periodic, &sim_commands_lists,
    &sim_commands_link,          &sim_commands_phy,      &sim_commands_security};

static const sim_command_row *find(const sim_controller *c, uint16_t opcode)
{
    if (!sim_has_command(c, opcode))
        return NULL;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            if (tables[t]->rows[i].opcode == opcode)
                return &tables[t]->rows[i];
        }
    }
    return NULL;
}

void sim_supported_commands(const sim_controller *c, uint8_t bits[64])
{
    memset(bits, 0, 64);
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            const sim_command_row *row = &tables[t]->rows[i];

            if (sim_has_command(c, row->opcode))
                bits[row->octet] |= (uint8_t)(1 << row->bit);
        }
    }
    if (sim_has_command(c, KITH_HCI_HOST_COMPLETED_PACKETS))
        bits[10] |= 1 << 7;
}

/* Vol 4 Part E 3.1.1: once a host has used one kind of advertising commands, the other is refused until a reset. */
static bool is_of_other_kind(sim_controller *c, uint16_t opcode)
{
    bool legacy = opcode >= KITH_HCI_LE_SET_ADV_PARAMETERS && opcode <= KITH_HCI_LE_CREATE_CONNECTION;
    bool extended = opcode >= KITH_HCI_LE_SET_SET_RANDOM_ADDRESS && opcode <= KITH_HCI_LE_PERIODIC_TERMINATE_SYNC;
    sim_settings *s = &c->settings;

    if (!sim_has_feature(c, SIM_FEATURE_EXTENDED_ADVERTISING))
        return false;
    if ((legacy && s->has_extended_commands) || (extended && s->has_legacy_commands))
        return true;
    s->has_legacy_commands |= legacy;
    s->has_extended_commands |= extended;
    return false;
}

static bool is_whole(const sim_command_row *row, const uint8_t *p, size_t len)
{
    return len >= row->len && len == row->len + sim_command_more(row->opcode, p);
}

static uint8_t run_complete(sim_controller *c, const sim_command_row *row, const uint8_t *p, size_t len)
{
    uint8_t reply[REPLY_MAX] = {0};
    uint8_t status = KITH_HCI_INVALID_PARAMETERS;

    if (is_of_other_kind(c, row->opcode))
        status = KITH_HCI_COMMAND_DISALLOWED;
    else if (is_whole(row, p, len))
        status = row->complete(c, p, reply);
    sim_command_complete(c, row->opcode, status, reply, row->reply_len);
    return status;
}

static uint8_t run_status(sim_controller *c, const sim_command_row *row, const uint8_t *p, size_t len)
{
    uint8_t status = KITH_HCI_INVALID_PARAMETERS;

    if (is_of_other_kind(c, row->opcode))
        status = KITH_HCI_COMMAND_DISALLOWED;
    else if (is_whole(row, p, len))
        status = row->begin(c, p);
    sim_command_status(c, row->opcode, status);
    return status;
}

/* 7.3.40: the one command without an answer, unless it is wrong. */
static void run_host_completed_packets(sim_controller *c, const uint8_t *p, size_t len)
{
    unsigned completed = 0;

    if (len == 0 || len != 1u + 4u * p[0]) {
        sim_command_complete(c, KITH_HCI_HOST_COMPLETED_PACKETS, KITH_HCI_INVALID_PARAMETERS, NULL, 0);
        return;
    }
    for (size_t i = 0; i < p[0]; i++)
        completed += bytes_get16(p + 1 + 4 * i + 2);
    if (completed > c->settings.host_acl_used)
        completed = c->settings.host_acl_used;
    c->settings.host_acl_used = (uint16_t)(c->settings.host_acl_used - completed);
}

void sim_command_run(sim_controller *c, uint16_t opcode, const uint8_t *parameters, size_t len)
{
    const sim_command_row *row = find(c, opcode);
    uint8_t status;

    if (opcode == KITH_HCI_HOST_COMPLETED_PACKETS && sim_has_command(c, opcode)) {
        run_host_completed_packets(c, parameters, len);
        return;
    }
    if (row == NULL) {
        sim_command_complete(c, opcode, KITH_HCI_UNKNOWN_COMMAND, NULL, 0);
        return;
    }
    status = row->complete != NULL ? run_complete(c, row, parameters, len) : run_status(c, row, parameters, len);
    if (status == KITH_HCI_SUCCESS && row->then != NULL)
        row->then(c, parameters);
}
