/* Signed data.  Core Vol 3 Part H 2.4.5: M = message || SignCounter, MAC = the 64 most significant bits of
 * AES-CMAC(CSRK, M).
 *
 * M is one number that begins with its least significant octet, as everything on the wire does; CMAC takes it most
 * significant octet first.  Two other hosts and their vectors agree (tests/vectors/crypto.h). */
#include "crypto/signature.h"

#include "base/bytes.h"
#include "base/equal.h"
#include "base/wipe.h"
#include "crypto/cmac.h"

enum { COUNTER = 4, MAC = 8 };

kith_status crypto_sign(const kith_crypto_port *port, const uint8_t csrk[16], const uint8_t *message, size_t len,
                        uint32_t counter, uint8_t out[CRYPTO_SIGNATURE])
{
    crypto_cmac_state s;
    uint8_t turned[16], tag[16];
    kith_status status;

    bytes_put32(out, counter);
    bytes_reverse(turned, csrk, sizeof turned);
    crypto_cmac_start(&s, port, turned);
    for (size_t i = COUNTER; i-- > 0;)
        crypto_cmac_add(&s, out + i, 1);
    for (size_t i = len; i-- > 0;)
        crypto_cmac_add(&s, message + i, 1);
    status = crypto_cmac_finish(&s, tag);
    bytes_reverse(out + COUNTER, tag, MAC);
    if (status != KITH_OK)
        wipe(out, CRYPTO_SIGNATURE);
    wipe(turned, sizeof turned);
    wipe(tag, sizeof tag);
    return status;
}

bool crypto_is_signed(const kith_crypto_port *port, const uint8_t csrk[16], const uint8_t *message, size_t len,
                      const uint8_t signature[CRYPTO_SIGNATURE], uint32_t *counter)
{
    uint8_t right[CRYPTO_SIGNATURE];
    bool is_right;

    *counter = bytes_get32(signature);
    is_right = crypto_sign(port, csrk, message, len, *counter, right) == KITH_OK &&
               equal_ct(right + COUNTER, signature + COUNTER, MAC);
    wipe(right, sizeof right);
    return is_right;
}
