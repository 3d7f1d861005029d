/* How peers are used: rank, last use, pins, and whether they resolve our private addresses.
 *
 * It is kept in memory beside the bond, and in its state record (docs/bond-format.md). */
#include "host/internal.h"

bool use_wants(const kith_host *h, const peers_bond *bond)
{
    return bond->use.is_wanted && storing_outlives(h);
}

/* What was written is what stands, unless it has changed meanwhile. */
void use_on_stored(peers_bond *bond, const kith_state_record *written)
{
    bond->use.is_unsaved = false;
    bond->use.is_wanted = !peers_is_use_of(written, &bond->use);
}

/* A store that fails is not asked again and again. */
void use_on_failed(peers_bond *bond)
{
    bond->use.is_unsaved |= bond->use.is_wanted;
    bond->use.is_wanted = false;
}
