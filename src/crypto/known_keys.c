/* Core Vol 6 Part C 1 (LTK of the link layer's sample data), Vol 3 Part H Appendix D (f5, and the IRK of ah). */
#include "crypto/known_keys.h"

#include <stddef.h>

#include "base/equal.h"

static const uint8_t known[][16] = {
    {0x4c, 0x68, 0x38, 0x41, 0x39, 0xf5, 0x74, 0xd8, 0x36, 0xbc, 0xf3, 0x4e, 0x9d, 0xfb, 0x01, 0xbf},
    {0x69, 0x86, 0x79, 0x11, 0x69, 0xd7, 0xcd, 0x23, 0x98, 0x05, 0x22, 0xb5, 0x94, 0x75, 0x0a, 0x38},
    {0xec, 0x02, 0x34, 0xa3, 0x57, 0xc8, 0xad, 0x05, 0x34, 0x10, 0x10, 0xa6, 0x0a, 0x39, 0x7d, 0x9b},
};

static bool is_one_octet_repeated(const uint8_t key[16], uint8_t octet)
{
    uint8_t differs = 0;

    for (size_t i = 0; i < 16; i++)
        differs |= key[i] ^ octet;
    return differs == 0;
}

bool crypto_is_known_key(const uint8_t key[16])
{
    bool found = is_one_octet_repeated(key, 0x00) || is_one_octet_repeated(key, 0xff);

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t turned[16];

        for (size_t k = 0; k < 16; k++)
            turned[k] = known[i][15 - k];
        found |= equal_ct(key, known[i], 16) || equal_ct(key, turned, 16);
    }
    return found;
}
