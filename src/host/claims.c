/* Whom an address claims to be.  Several keys may fit one private address, by accident or because somebody tried all of
 * them: where one claim has failed, the next link from that address is somebody else's.  Core Vol 6 Part B 1.3.2.3. */
#include "host/internal.h"

/* A claim that failed is the last one of all; if nobody else fits it is the first one again. */
const peers_bond *claims_of(const kith_host *h, const kith_address *local, const kith_address *address)
{
    const peers_bond *first = peers_by_address(&h->bonds, h->config.crypto, local, address);
    const peers_bond *failed = peers_by_id(&h->bonds, h->failed_claim.peer), *next = NULL;

    if (first != NULL && failed != NULL && kith_address_equal(&h->failed_claim.address, address))
        next = peers_also_by_address(&h->bonds, h->config.crypto, local, address, failed);
    return next != NULL ? next : first;
}

/* Nothing is concluded of the bond. */
void claims_on_failure(kith_host *h, const host_link *link)
{
    if (link->with_bond == 0 || link->with_bond != link->claimed)
        return;
    h->failed_claim.address = link->peer;
    h->failed_claim.peer = link->claimed;
}
