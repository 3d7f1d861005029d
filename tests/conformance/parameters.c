#include "parameters.h"

#include <stdio.h>
#include <string.h>

#include "controller.h"

enum { BEGINS_WITH = 24, SLOW = 250 };

const kith_connection_parameters slow_parameters = {
    .interval_min_1250us = 120, .interval_max_1250us = SLOW, .latency = 1, .timeout_10ms = 200};

void begin_link(bench_role role, kith_parameters_policy policy, bool link_layer_asks)
{
    begin(role);
    bench.link_layer_asks = link_layer_asks;
    bench.config.accept_parameters = (uint8_t)policy;
    power_on();
    connect_link();
}

void parameters_complete(uint8_t status)
{
    const bool changed = status == 0;
    const uint8_t p[9] = {status,
                          CONTROLLER_HANDLE,
                          0,
                          changed ? SLOW : BEGINS_WITH,
                          0,
                          changed ? 1 : 0,
                          0,
                          changed ? 200 : 400 & 0xff,
                          changed ? 0 : 400 >> 8};

    controller_tell_le(KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, p, sizeof p);
}

void parameters_requested(const char *hex)
{
    uint8_t p[10] = {CONTROLLER_HANDLE};

    for (unsigned i = 0; i < 8; i++) {
        unsigned octet;

        if (sscanf(hex + (size_t)3 * i, "%2x", &octet) != 1)
            bench_fail("not four numbers: %s", hex);
        p[2 + i] = (uint8_t)octet;
    }
    controller_tell_le(KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST, p, sizeof p);
}

void parameters_commanded(uint16_t opcode)
{
    static const uint8_t command[14] = {CONTROLLER_HANDLE, 0, 120, 0, SLOW, 0, 1, 0, 200};

    bench_we_command(opcode, 0, command, sizeof command);
}

void parameters_told(bool asked, kith_parameters_result result, uint16_t interval_1250us)
{
    const kith_event_parameters *p = &bench_we_emit(KITH_EVENT_PARAMETERS)->parameters;

    if (p->asked != asked || p->result != result || p->interval_1250us != interval_1250us)
        bench_fail("told: asked %d, %s, interval %u", p->asked, kith_parameters_result_name(p->result),
                   p->interval_1250us);
}
