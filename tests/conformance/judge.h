/* The judge's own arithmetic: f4, f5, f6, g2, ah, the database hash and the curve, on OpenSSL alone.  It shares no line
 * with the host under test, so that the two can't be wrong together.  Values in wire order (least significant octet
 * first). Core Vol 3 Part H 2.2.2, 2.2.6 to 2.2.9, 2.4.5. */
#ifndef CONFORMANCE_JUDGE_H
#define CONFORMANCE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/address.h"

void judge_key_pair(const uint8_t private_key[32], uint8_t public_key[64]);
bool judge_dhkey(const uint8_t private_key[32], const uint8_t public_key[64], uint8_t dhkey[32]); /* false: no point */
void judge_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], uint8_t z, uint8_t out[16]);
void judge_f5(const uint8_t dhkey[32], const uint8_t n1[16], const uint8_t n2[16], const kith_address *a1,
              const kith_address *a2, uint8_t mackey[16], uint8_t ltk[16]);
void judge_f6(const uint8_t w[16], const uint8_t n1[16], const uint8_t n2[16], const uint8_t r[16],
              const uint8_t io_cap[3], const kith_address *a1, const kith_address *a2, uint8_t out[16]);
/* What people see: 0 to 999999. */
uint32_t judge_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], const uint8_t y[16]);
/* The 12 octets behind a signed message.  Vol 3 Part H 2.4.5. */
void judge_sign(const uint8_t csrk[16], const uint8_t *pdu, size_t len, uint32_t counter, uint8_t out[12]);
/* Of everything that counts in a database, in order of handles.  Vol 3 Part G 7.3.1. */
void judge_database_hash(const uint8_t *database, size_t len, uint8_t out[16]);
void judge_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3]);

#endif
