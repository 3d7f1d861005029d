/* What the program says of one link alone: that security leaves it alone, and what becomes of a bonded peer that pairs
 * anew on it.  The rules themselves are where requests come in: admission.c, bonding.c, security.c. */
#include "host/internal.h"

static bool is_under_way(const host_link *link)
{
    return link->session != NULL || link->bond_procedure || link->ltk_waits || link->encryption != LINK_PLAIN;
}

/* Nobody is taken for anybody on it: what its address names earns nothing, not even a better error. */
kith_status kith_security_exclude(kith_host *h, kith_link id)
{
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (is_under_way(link))
        return KITH_ERR_STATE;
    link->excluded = true;
    link->claimed = 0;
    return KITH_OK;
}

kith_status kith_security_set_repairing(kith_host *h, kith_link id, kith_repairing repairing)
{
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if ((unsigned)repairing > KITH_REPAIRING_ALLOW)
        return KITH_ERR_VALUE;
    link->repairing = (uint8_t)repairing;
    return KITH_OK;
}
