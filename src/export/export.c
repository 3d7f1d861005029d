/* The keys of a bond, in the open.  A library of its own: a program that can show keys says so by linking it. */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

kith_status kith_bonds_export(const kith_host *h, kith_peer_id peer, kith_bond_keys *out)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    if (bond == NULL)
        return KITH_ERR_NOT_FOUND;
    memcpy(out->ltk, bond->ltk, sizeof out->ltk);
    memcpy(out->my_ltk, bond->my_ltk, sizeof out->my_ltk);
    bytes_put16(out->ediv, bond->ediv);
    bytes_put16(out->my_ediv, bond->my_ediv);
    bytes_put64(out->rand, bond->rand);
    bytes_put64(out->my_rand, bond->my_rand);
    memcpy(out->irk, bond->irk, sizeof out->irk);
    memcpy(out->my_csrk, bond->my_csrk, sizeof out->my_csrk);
    memcpy(out->peer_csrk, bond->peer_csrk, sizeof out->peer_csrk);
    out->key_size = bond->key_size;
    return KITH_OK;
}
