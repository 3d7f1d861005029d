/* Private addresses and the keys that made them.  Core Vol 6 Part B 1.3.2.3. */
#include "base/equal.h"
#include "crypto/toolbox.h"
#include "kith/identity.h"

kith_status kith_address_resolve(const kith_crypto_port *crypto, const uint8_t irk[16], const kith_address *address)
{
    static const uint8_t none[16];
    uint8_t hash[3];
    kith_status status;

    if (kith_address_kind_of(address) != KITH_ADDRESS_KIND_RESOLVABLE)
        return KITH_ERR_VALUE;
    if (equal_ct(irk, none, sizeof none))
        return KITH_ERR_NOT_FOUND;
    status = crypto_ah(crypto, irk, address->octets + 3, hash);
    if (status != KITH_OK)
        return status;
    return equal_ct(hash, address->octets, sizeof hash) ? KITH_OK : KITH_ERR_NOT_FOUND;
}
