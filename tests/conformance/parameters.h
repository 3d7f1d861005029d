/* Connection parameters in conversations of the bench: 150 to 312.5 ms, latency 1, 2 s, and what a link begins with. */
#ifndef CONFORMANCE_PARAMETERS_H
#define CONFORMANCE_PARAMETERS_H

#include "bench.h"

#define FOUR_NUMBERS "78 00 fa 00 01 00 c8 00" /* as signalling and HCI have them */

extern const kith_connection_parameters slow_parameters;

/* A link that stands, in this role. */
void begin_link(bench_role role, kith_parameters_policy policy, bool link_layer_asks);

/* The controller tells how an update has ended; the link is as slow as was asked if it went well. */
#define update_completes(status) (AT, parameters_complete(status))
/* The peer's link layer asks for them. */
#define peers_link_layer_asks(hex) (AT, parameters_requested(hex))
/* We give this command, with the numbers above. */
#define we_command_numbers(opcode)                   (AT, parameters_commanded(opcode))
#define parameters_are_told(asked, result, interval) (AT, parameters_told(asked, result, interval))

void parameters_complete(uint8_t status);
void parameters_requested(const char *hex);
void parameters_commanded(uint16_t opcode);
void parameters_told(bool asked, kith_parameters_result result, uint16_t interval_1250us);

#endif
