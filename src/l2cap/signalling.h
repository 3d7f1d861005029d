/* LE signalling: what a host without connection-oriented channels answers.  Core Vol 3 Part A 4. */
#ifndef L2CAP_SIGNALLING_H
#define L2CAP_SIGNALLING_H

#include "kith/codec/l2cap.h"

enum { L2CAP_SIGNALLING_MTU = 23 };

/* Answers one signalling PDU (payload of CID 5).  Returns the length of the answer in out (at most
 * L2CAP_SIGNALLING_MTU), 0: none is due. */
size_t l2cap_answer_signalling(bool we_are_central, const uint8_t *pdu, size_t len, uint8_t out[L2CAP_SIGNALLING_MTU]);

#endif
