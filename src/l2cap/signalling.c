/* LE signalling: there are no connection-oriented channels here, so whatever is about them (connection, disconnection,
 * credits, reconfiguration) is as unknown as a reserved code, and all of it is answered alike: not understood.
 * Core Vol 3 Part A 4: one command a PDU on LE (4), Command Reject (4.1), Connection Parameter Update (4.20). */
#include "l2cap/signalling.h"
#include "base/bytes.h"

enum { COMMAND_HEADER = 4, PARAMETERS_REJECTED = 0x0001, CREDIT_RECONFIGURE_RESPONSE = 0x1a };

static size_t begin(uint8_t *out, uint8_t code, uint8_t identifier, uint16_t len)
{
    out[0] = code;
    out[1] = identifier;
    bytes_put16(out + 2, len);
    return COMMAND_HEADER + (size_t)len;
}

static size_t reject(uint8_t *out, uint8_t identifier, uint16_t reason)
{
    bytes_put16(out + COMMAND_HEADER, reason);
    if (reason != KITH_L2CAP_REJECT_MTU_EXCEEDED)
        return begin(out, KITH_L2CAP_COMMAND_REJECT, identifier, 2);
    bytes_put16(out + COMMAND_HEADER + 2, L2CAP_SIGNALLING_MTU);
    return begin(out, KITH_L2CAP_COMMAND_REJECT, identifier, 4);
}

size_t l2cap_put_parameter_response(uint8_t identifier, bool accepted, uint8_t out[L2CAP_SIGNALLING_MTU])
{
    bytes_put16(out + COMMAND_HEADER, accepted ? 0 : PARAMETERS_REJECTED);
    return begin(out, KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_RESPONSE, identifier, 2);
}

/* Only a peripheral may ask, and only a central may answer (4.20). */
static size_t refuse_parameters(bool we_are_central, uint8_t *out, uint8_t identifier, size_t len)
{
    if (!we_are_central || len != 8)
        return reject(out, identifier, KITH_L2CAP_REJECT_NOT_UNDERSTOOD);
    return l2cap_put_parameter_response(identifier, false, out);
}

/* 4.1: what is known for a response is never rejected. */
static bool is_answer(uint8_t code)
{
    return code == KITH_L2CAP_COMMAND_REJECT || code == KITH_L2CAP_DISCONNECTION_RESPONSE ||
           code == KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_RESPONSE ||
           code == KITH_L2CAP_LE_CREDIT_CONNECTION_RESPONSE || code == KITH_L2CAP_CREDIT_CONNECTION_RESPONSE ||
           code == CREDIT_RECONFIGURE_RESPONSE;
}

size_t l2cap_answer_signalling(bool we_are_central, const uint8_t *pdu, size_t len, uint8_t out[L2CAP_SIGNALLING_MTU])
{
    size_t command;

    if (len < COMMAND_HEADER || pdu[1] == 0)
        return 0; /* no identifier to answer to */
    if (len > L2CAP_SIGNALLING_MTU)
        return reject(out, pdu[1], KITH_L2CAP_REJECT_MTU_EXCEEDED);
    command = bytes_get16(pdu + 2);
    if (command != len - COMMAND_HEADER)
        return reject(out, pdu[1], KITH_L2CAP_REJECT_NOT_UNDERSTOOD);
    if (is_answer(pdu[0]))
        return 0;
    if (pdu[0] == KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_REQUEST)
        return refuse_parameters(we_are_central, out, pdu[1], command);
    return reject(out, pdu[1], KITH_L2CAP_REJECT_NOT_UNDERSTOOD);
}

size_t l2cap_put_parameter_request(const kith_connection_parameters *parameters, uint8_t identifier,
                                   uint8_t out[L2CAP_SIGNALLING_MTU])
{
    bytes_put16(out + COMMAND_HEADER, parameters->interval_min_1250us);
    bytes_put16(out + COMMAND_HEADER + 2, parameters->interval_max_1250us);
    bytes_put16(out + COMMAND_HEADER + 4, parameters->latency);
    bytes_put16(out + COMMAND_HEADER + 6, parameters->timeout_10ms);
    return begin(out, KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_REQUEST, identifier, 8);
}

bool l2cap_read_parameter_request(const uint8_t *pdu, size_t len, kith_connection_parameters *parameters)
{
    if (len != COMMAND_HEADER + 8 || pdu[0] != KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_REQUEST || pdu[1] == 0 ||
        bytes_get16(pdu + 2) != 8)
        return false;
    parameters->interval_min_1250us = bytes_get16(pdu + COMMAND_HEADER);
    parameters->interval_max_1250us = bytes_get16(pdu + COMMAND_HEADER + 2);
    parameters->latency = bytes_get16(pdu + COMMAND_HEADER + 4);
    parameters->timeout_10ms = bytes_get16(pdu + COMMAND_HEADER + 6);
    return true;
}

/* A peer that does not know the request rejects it (4.1).  Of a response only 0 is a yes (4.21). */
l2cap_parameter_response l2cap_read_parameter_response(const uint8_t *pdu, size_t len, uint8_t identifier)
{
    if (len < COMMAND_HEADER || pdu[1] != identifier || bytes_get16(pdu + 2) != len - COMMAND_HEADER)
        return L2CAP_PARAMETERS_OTHER;
    if (pdu[0] == KITH_L2CAP_COMMAND_REJECT)
        return L2CAP_PARAMETERS_REJECTED;
    if (pdu[0] != KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_RESPONSE || len != COMMAND_HEADER + 2)
        return L2CAP_PARAMETERS_OTHER;
    return bytes_get16(pdu + COMMAND_HEADER) == 0 ? L2CAP_PARAMETERS_ACCEPTED : L2CAP_PARAMETERS_REJECTED;
}
