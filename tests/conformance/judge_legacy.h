/* The judge's arithmetic of legacy pairing: c1 and s1, on OpenSSL alone, as judge.h's.  Values in wire order.
 * Core Vol 3 Part H 2.2.3, 2.2.4. */
#ifndef CONFORMANCE_JUDGE_LEGACY_H
#define CONFORMANCE_JUDGE_LEGACY_H

#include <stdint.h>

#include "kith/address.h"

/* The confirm value of random r; initiator and responder by their addresses on air. */
void judge_c1(const uint8_t tk[16], const uint8_t r[16], const uint8_t request[7], const uint8_t response[7],
              const kith_address *initiator, const kith_address *responder, uint8_t out[16]);
void judge_s1(const uint8_t tk[16], const uint8_t srand[16], const uint8_t mrand[16], uint8_t out[16]);

#endif
