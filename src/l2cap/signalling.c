/* LE signalling: requests we don't serve are refused in the form the specification gives each.
 * Core Vol 3 Part A 4: one command a PDU on LE (4), Command Reject (4.1), Connection Parameter Update (4.20). */
#include "l2cap/signalling.h"
#include "base/bytes.h"

enum { COMMAND_HEADER = 4, PSM_NOT_SUPPORTED = 0x0002, PARAMETERS_REJECTED = 0x0001 };

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

/* Only a peripheral may ask, and only a central may answer (4.20). */
static size_t refuse_parameters(bool we_are_central, uint8_t *out, uint8_t identifier, size_t len)
{
    if (!we_are_central || len != 8)
        return reject(out, identifier, KITH_L2CAP_REJECT_NOT_UNDERSTOOD);
    bytes_put16(out + COMMAND_HEADER, PARAMETERS_REJECTED);
    return begin(out, KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_RESPONSE, identifier, 2);
}

/* No PSM is served: every field zero but the result (4.23, 4.26). */
static size_t refuse_channel(uint8_t *out, uint8_t code, uint8_t identifier)
{
    bool enhanced = code == KITH_L2CAP_CREDIT_CONNECTION_REQUEST;
    uint16_t len = enhanced ? 8 : 10;

    for (size_t i = 0; i < len; i++)
        out[COMMAND_HEADER + i] = 0;
    bytes_put16(out + COMMAND_HEADER + len - 2, PSM_NOT_SUPPORTED);
    return begin(out, enhanced ? KITH_L2CAP_CREDIT_CONNECTION_RESPONSE : KITH_L2CAP_LE_CREDIT_CONNECTION_RESPONSE,
                 identifier, len);
}

static bool is_answer(uint8_t code)
{
    return code == KITH_L2CAP_COMMAND_REJECT || code == KITH_L2CAP_DISCONNECTION_RESPONSE ||
           code == KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_RESPONSE ||
           code == KITH_L2CAP_LE_CREDIT_CONNECTION_RESPONSE || code == KITH_L2CAP_CREDIT_CONNECTION_RESPONSE;
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
    switch (pdu[0]) {
    case KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_REQUEST:
        return refuse_parameters(we_are_central, out, pdu[1], command);
    case KITH_L2CAP_LE_CREDIT_CONNECTION_REQUEST:
    case KITH_L2CAP_CREDIT_CONNECTION_REQUEST:
        return refuse_channel(out, pdu[0], pdu[1]);
    case KITH_L2CAP_DISCONNECTION_REQUEST: /* of a channel that does not exist (CVE-2025-10456) */
        bytes_put16(out + 6, command >= 2 ? bytes_get16(pdu + 4) : 0);
        bytes_put16(out + 8, command >= 4 ? bytes_get16(pdu + 6) : 0);
        bytes_put16(out + 4, KITH_L2CAP_REJECT_INVALID_CID);
        return begin(out, KITH_L2CAP_COMMAND_REJECT, pdu[1], 6);
    default:
        return reject(out, pdu[1], KITH_L2CAP_REJECT_NOT_UNDERSTOOD);
    }
}
