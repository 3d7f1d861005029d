/* Device addresses: their kinds and their text.  Core Vol 6 Part B 1.3.
 *
 * Addresses are public, so comparing them need not take constant time.  Resolving private addresses
 * is not done here. */
#include "kith/address.h"

#include <string.h>

#include "base/text.h"

enum { ADDRESS_OCTETS = 6, ADDRESS_CHARS = KITH_ADDRESS_TEXT - 1 };

kith_address_kind kith_address_kind_of(const kith_address *address)
{
    static const kith_address_kind by_top_bits[4] = {KITH_ADDRESS_KIND_NON_RESOLVABLE, KITH_ADDRESS_KIND_RESOLVABLE,
                                                     KITH_ADDRESS_KIND_RESERVED, KITH_ADDRESS_KIND_STATIC};

    if (address->type == KITH_ADDRESS_PUBLIC)
        return KITH_ADDRESS_KIND_PUBLIC;
    if (address->type != KITH_ADDRESS_RANDOM)
        return KITH_ADDRESS_KIND_RESERVED;
    return by_top_bits[address->octets[5] >> 6];
}

bool kith_address_is_identity(const kith_address *address)
{
    kith_address_kind kind = kith_address_kind_of(address);

    return kind == KITH_ADDRESS_KIND_PUBLIC || kind == KITH_ADDRESS_KIND_STATIC;
}

bool kith_address_equal(const kith_address *a, const kith_address *b)
{
    return a->type == b->type && memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

char *kith_address_format(const kith_address *address, char text[KITH_ADDRESS_TEXT])
{
    for (size_t i = 0; i < ADDRESS_OCTETS; i++) {
        text_put_octet(text + 3 * i, address->octets[ADDRESS_OCTETS - 1 - i], "0123456789ABCDEF");
        text[3 * i + 2] = ':';
    }
    text[ADDRESS_CHARS] = '\0'; /* in place of the last colon */
    return text;
}

kith_status kith_address_parse(const char *text, kith_address *address)
{
    uint8_t octets[ADDRESS_OCTETS];

    for (size_t i = 0; i < ADDRESS_OCTETS; i++) {
        char after = i + 1 < ADDRESS_OCTETS ? ':' : '\0';

        if (!text_get_octet(text + 3 * i, &octets[ADDRESS_OCTETS - 1 - i]) || text[3 * i + 2] != after)
            return KITH_ERR_VALUE;
    }
    memcpy(address->octets, octets, sizeof octets);
    return KITH_OK;
}
