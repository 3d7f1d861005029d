/* Facts about P-256 keys that need no curve arithmetic.  The arithmetic is the crypto port's. */
#ifndef CRYPTO_P256_H
#define CRYPTO_P256_H

#include <stdbool.h>
#include <stdint.h>

/* Is it the X coordinate of the SMP debug key, whose private half is printed in the specification
 * (Vol 3 Part H 2.3.5.6.1)?  x in wire order.  Y is not looked at: both points with this X have a
 * private key that everybody knows. */
bool crypto_is_debug_key(const uint8_t x_wire[32]);

/* May it be a private key: 1 .. n-1 and neither the debug private key nor its negative?  Most
 * significant octet first.  Takes the same time for every scalar. */
bool crypto_may_be_private_key(const uint8_t private_key[32]);

/* X and Y each turned round: from the Pairing Public Key PDU (X then Y, least significant octet first)
 * to the crypto port's X||Y (most significant first), or back.  out and in must not overlap. */
void crypto_turn_public_key(uint8_t out[64], const uint8_t in[64]);

#endif
