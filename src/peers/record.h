/* Records as a store keeps them, field by field: docs/bond-format.md.  A C struct is never written. */
#ifndef PEERS_RECORD_H
#define PEERS_RECORD_H

#include "kith/store.h"
#include "peers/bonds.h"

/* Our own identity: drawn once. */
typedef struct {
    uint8_t irk[16];           /* wire order */
    uint8_t static_address[6]; /* wire order */
} peers_device;

void peers_encode_bond(const peers_bond *bond, kith_record *out); /* out->id is the peer's */
void peers_encode_device(const peers_device *device, kith_record *out);

/* KITH_ERR_NEWER: of a later format; KITH_ERR_DAMAGED: a field has no value that it may have (a level below 2, a key
 * of no size, an identity that is none...): nothing of it is to be believed.  *out is zeroed then. */
KITH_MUST_USE kith_status peers_decode_bond(const kith_record *record, peers_bond *out);
KITH_MUST_USE kith_status peers_decode_device(const kith_record *record, peers_device *out);

#endif
