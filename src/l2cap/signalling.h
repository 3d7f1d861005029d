/* LE signalling: what a host without connection-oriented channels answers, and asks.  Core Vol 3 Part A 4. */
#ifndef L2CAP_SIGNALLING_H
#define L2CAP_SIGNALLING_H

#include "kith/codec/l2cap.h"
#include "kith/gap.h"

enum { L2CAP_SIGNALLING_MTU = 23 };

/* Connection Parameter Update Request (4.20): the length in out. */
size_t l2cap_put_parameter_request(const kith_connection_parameters *parameters, uint8_t identifier,
                                   uint8_t out[L2CAP_SIGNALLING_MTU]);

/* Such a request with an identifier, of the right length; whether the values can be is not looked at. */
bool l2cap_read_parameter_request(const uint8_t *pdu, size_t len, kith_connection_parameters *parameters);

/* The answer to it (4.21): the length in out. */
size_t l2cap_put_parameter_response(uint8_t identifier, bool accepted, uint8_t out[L2CAP_SIGNALLING_MTU]);

typedef enum { L2CAP_PARAMETERS_OTHER, L2CAP_PARAMETERS_ACCEPTED, L2CAP_PARAMETERS_REJECTED } l2cap_parameter_response;

/* What the peer says to the request with this identifier; OTHER: it says something else. */
l2cap_parameter_response l2cap_read_parameter_response(const uint8_t *pdu, size_t len, uint8_t identifier);

/* Answers one signalling PDU (payload of CID 5).  Returns the length of the answer in out (at most
 * L2CAP_SIGNALLING_MTU), 0: none is due. */
size_t l2cap_answer_signalling(bool we_are_central, const uint8_t *pdu, size_t len, uint8_t out[L2CAP_SIGNALLING_MTU]);

#endif
