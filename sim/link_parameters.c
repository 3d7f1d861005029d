/* The connection parameters request procedure: a peripheral asks, the central's host says yes or no, and on a yes the
 * central updates the connection.  A central updates without asking.  Core Vol 6 Part B 2.4.2.16, 5.1.7; Vol 4 Part E
 * 7.7.65.6. */
#include <string.h>

#include "base/bytes.h"

#include "internal.h"

enum { PARAM_REQ = 0x0f, FIRST_OFFSET = 12, REQUEST = 24 };

/* Where it would like its anchor is no concern of it: all the offsets are left invalid. */
void sim_parameters_start(sim_link *link)
{
    uint8_t pdu[REQUEST] = {PARAM_REQ};

    bytes_put16(pdu + 1, link->asked.interval_min);
    bytes_put16(pdu + 3, link->asked.interval_max);
    bytes_put16(pdu + 5, link->asked.latency);
    bytes_put16(pdu + 7, link->asked.timeout);
    bytes_put16(pdu + 10, (uint16_t)sim_link_next_event(link));
    memset(pdu + FIRST_OFFSET, 0xff, sizeof pdu - FIRST_OFFSET);
    (void)sim_link_control(link, pdu, sizeof pdu);
}

static bool are_valid(const uint8_t four_numbers[8])
{
    uint8_t with_event_lengths[12] = {0};

    memcpy(with_event_lengths, four_numbers, 8);
    return sim_connection_parameters_are_valid(with_event_lengths);
}

static void ask_host(sim_link *link, const uint8_t four_numbers[8])
{
    uint8_t event[10];

    link->parameters_asked = true;
    bytes_put16(event, link->handle);
    memcpy(event + 2, four_numbers, 8);
    sim_le_event(link->controller, KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST, event, sizeof event);
}

void sim_on_parameters_req(sim_link *link, const uint8_t *p)
{
    sim_controller *c = link->controller;

    if (!sim_has_feature(c, SIM_FEATURE_PARAMETERS_REQUEST) || link->role != SIM_CENTRAL)
        sim_link_unknown(link, PARAM_REQ);
    else if (!are_valid(p + 1))
        sim_link_reject(link, PARAM_REQ, KITH_HCI_INVALID_LL_PARAMETERS);
    else if (sim_procedure_collides(link))
        sim_link_reject(link, PARAM_REQ, KITH_HCI_DIFFERENT_TRANSACTION_COLLISION);
    else if (!sim_le_event_enabled(c, KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST))
        sim_link_reject(link, PARAM_REQ, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE);
    else
        ask_host(link, p + 1);
}

void sim_parameters_accept(sim_link *link, const sim_connection_parameters *parameters)
{
    link->parameters_asked = false;
    link->update = *parameters;
    sim_procedure_want(link, SIM_PROCEDURE_UPDATE);
}

void sim_parameters_refuse(sim_link *link, uint8_t reason)
{
    link->parameters_asked = false;
    sim_link_reject(link, PARAM_REQ, reason);
    sim_procedure_next(link);
}

/* An update that the central began before it heard of the wish is on its way nevertheless, and tells by itself. */
void sim_parameters_refused(sim_link *link, uint8_t status)
{
    const sim_connection *k = link->connection;

    if (link->procedure == SIM_PROCEDURE_PARAMETERS && !(k->update_pending && k->update_heard))
        sim_update_complete(link, status);
}
