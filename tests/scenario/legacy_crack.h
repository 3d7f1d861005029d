/* What somebody knows who heard a legacy pairing, and what comes of it: c1 over AES alone, and every TK there is. */
#ifndef SCENARIO_LEGACY_CRACK_H
#define SCENARIO_LEGACY_CRACK_H

#include "cast.h"

typedef struct {
    uint8_t request[7], response[7], confirm[2][16], random[2][16]; /* [0]: of the initiator; as on the wire */
    unsigned heard;
} legacy_heard;

enum { LEGACY_TK_NONE = 1000000 };

/* c1 of the initiator's random and a TK that is a number; in wire order. */
void crack_confirm(const cast_room *room, const legacy_heard *heard, uint32_t tk, const kith_address *initiator,
                   const kith_address *responder, uint8_t out[16]);

/* The TK that fits the initiator's confirm; LEGACY_TK_NONE: no number does. */
uint32_t crack_tk(const cast_room *room, const legacy_heard *heard, const kith_address *initiator,
                  const kith_address *responder);

#endif
