/* All that stands in a store of bonds and of our own identity, read without a host.  IT HOLDS KEYS: free it. */
#ifndef TOOLS_STORE_BONDS_H
#define TOOLS_STORE_BONDS_H

#include "kith/codec/record.h"
#include "store_file.h"

typedef struct {
    bool is_new; /* nothing was ever put into it; or it is not there at all */
    bool has_device;
    kith_device_record device;
    kith_bond_record *bonds; /* by ascending ID */
    size_t count;
    uint32_t highest_id; /* no ID up to this one may be given to another peer */
    uint32_t room;       /* records that can surely be put */
    uint32_t damaged;    /* records that cannot be believed: what is here is the rest */
} store_bonds;

/* Reads file through one of its two stores (file->store where it was opened to be changed, else file->kept).
 * false: a sentence was printed, and there is nothing to free.  A sealed store is refused so, and a later version's. */
bool store_bonds_load(store_bonds *b, const store_file *file, const kith_store *store);

void store_bonds_free(store_bonds *b); /* overwrites it */

/* The bond of this identity; NULL: none.  Of two the one with the higher ID, as hosts have it. */
const kith_bond_record *store_bonds_find(const store_bonds *b, const kith_address *identity);

/* Our own static address.  has_device must be true. */
kith_address store_bonds_own(const store_bonds *b);

#endif
