/* Keys that everybody knows: they protect nothing. */
#ifndef CRYPTO_KNOWN_KEYS_H
#define CRYPTO_KNOWN_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* All zeros, all ones, or a key that the specification prints as an example (products have shipped with them:
 * CVE-2019-2102), in either byte order. */
bool crypto_is_known_key(const uint8_t key[16]);

#endif
