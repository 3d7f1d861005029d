/* The rows HCI commands are dispatched by; each commands_*.c brings one table of them. */
#ifndef SIM_COMMANDS_H
#define SIM_COMMANDS_H

#include "internal.h"

/* Parameters have exactly the row's length.  reply: what follows the status in Command Complete, zeroed
 * before.  Returns the status; on a failure nothing may have been changed. */
typedef uint8_t sim_command_complete_handler(sim_controller *c, const uint8_t *p, uint8_t *reply);

/* Answered by Command Status: checks, and changes nothing that `then` would. */
typedef uint8_t sim_command_status_handler(sim_controller *c, const uint8_t *p);

/* Runs after a successful answer has been queued. */
typedef void sim_command_then(sim_controller *c, const uint8_t *p);

typedef struct {
    uint16_t opcode;
    uint8_t len;   /* the least, where sim_command_more() knows of more */
    uint8_t octet; /* place in the Supported Commands mask, Vol 4 Part E 6.27 */
    uint8_t bit;
    uint8_t reply_len; /* without the status */
    sim_command_complete_handler *complete;
    sim_command_status_handler *begin; /* used when complete is NULL */
    sim_command_then *then;            /* may be NULL */
} sim_command_row;

typedef struct {
    const sim_command_row *rows;
    size_t count;
} sim_command_table;

extern const sim_command_table sim_commands_controller;
extern const sim_command_table sim_commands_air;
extern const sim_command_table sim_commands_extended;
extern const sim_command_table sim_commands_extended_scan;
extern const sim_command_table sim_commands_periodic;
extern const sim_command_table sim_commands_lists;
extern const sim_command_table sim_commands_link;
extern const sim_command_table sim_commands_phy;
extern const sim_command_table sim_commands_security;

/* Parameters that say themselves how many they are: the octets beyond a row's len, which are there already. */
size_t sim_command_more(uint16_t opcode, const uint8_t *p);

/* One more part of data, by its Operation 0 to 3.  More than the most: all of it is forgotten. */
uint8_t sim_adv_data_append(sim_adv_data *data, size_t most, uint8_t operation, const uint8_t *part, size_t len);

/* What handlers ask of parameters. */
static inline bool sim_is_between(unsigned value, unsigned least, unsigned most)
{
    return value >= least && value <= most;
}

#endif
