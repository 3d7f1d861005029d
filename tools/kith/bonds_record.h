/* What a record of a store says, for whoever judges a store: all but the octets of its keys. */
#ifndef TOOLS_BONDS_RECORD_H
#define TOOLS_BONDS_RECORD_H

#include "kith/codec/record.h"
#include "kith/peers.h"

typedef struct {
    kith_status status; /* OK; NEWER; DAMAGED: `field` cannot be.  A kind that nobody knows is OK */
    const char *field;  /* the first that cannot be, of a damaged one */
    bool is_sealed;     /* what it says cannot be told without the device's key */
    bool has_bond;
    kith_bond_info bond; /* without keys */
    bool has_ltk, has_my_ltk, has_my_csrk, has_peer_csrk;
} bonds_record_told;

/* record: sound as the store sees it.  No octet of a key gets into *out. */
void bonds_record_tell(const kith_record *record, bonds_record_told *out);

/* "bond", "state", "device", "chunk", "record"; never NULL */
const char *bonds_record_kind(uint8_t kind);

#endif
