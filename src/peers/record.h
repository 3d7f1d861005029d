/* Bonds in memory as records of a store, and back: kith/codec/record.h has the layout. */
#ifndef PEERS_RECORD_H
#define PEERS_RECORD_H

#include "kith/codec/record.h"
#include "peers/bonds.h"

typedef kith_device_record peers_device;

/* out->id is the peer's.  A bond that cannot be makes a record of kind 0, which no store takes: refused when it is
 * made, not when it is read. */
void peers_encode_bond(const peers_bond *bond, kith_record *out);
void peers_encode_device(const peers_device *device, kith_record *out);

/* KITH_ERR_NEWER, KITH_ERR_DAMAGED: as kith_record_decode_bond().  *out is zeroed then. */
KITH_MUST_USE kith_status peers_decode_bond(const kith_record *record, peers_bond *out);
KITH_MUST_USE kith_status peers_decode_device(const kith_record *record, peers_device *out);

#endif
