/* Signed data.  Core Vol 3 Part H 2.4.5, Part C 10.4.
 *
 * A signature is 12 octets behind the message: the SignCounter and a message authentication code, both least
 * significant octet first.  The code is the 64 most significant bits of AES-CMAC over message || SignCounter. */
#ifndef CRYPTO_SIGNATURE_H
#define CRYPTO_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/crypto_port.h"

enum { CRYPTO_SIGNATURE = 12 };

/*   csrk      of the side that signs, in wire order
 *   message   as sent: for ATT opcode, handle and value
 *
 * On the port's failure out is zeroed. */
KITH_MUST_USE kith_status crypto_sign(const kith_crypto_port *port, const uint8_t csrk[16], const uint8_t *message,
                                      size_t len, uint32_t counter, uint8_t out[CRYPTO_SIGNATURE]);

/* Is this the signature of that message?  In constant time; *counter is what it says, true or not. */
bool crypto_is_signed(const kith_crypto_port *port, const uint8_t csrk[16], const uint8_t *message, size_t len,
                      const uint8_t signature[CRYPTO_SIGNATURE], uint32_t *counter);

#endif
