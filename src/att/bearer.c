/* The MTU of a link's ATT bearer.  The 30 s transaction timer is the host's: there is no clock here.
 * Core Vol 3 Part F 3.2.8, 3.4.2. */
#include "att/bearer.h"

static uint16_t clamp(uint16_t value, uint16_t low, uint16_t high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

void att_bearer_init(att_bearer *bearer, uint16_t my_mtu)
{
    bearer->my_mtu = clamp(my_mtu, KITH_ATT_DEFAULT_MTU, KITH_ATT_MAX_MTU);
    bearer->mtu = KITH_ATT_DEFAULT_MTU;
}

void att_bearer_agree(att_bearer *bearer, uint16_t peer_mtu)
{
    bearer->mtu = clamp(peer_mtu, KITH_ATT_DEFAULT_MTU, bearer->my_mtu);
}
