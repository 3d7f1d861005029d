/* What a record of a store says, for whoever judges a store: all but the octets of its keys. */
#ifndef TOOLS_BONDS_RECORD_H
#define TOOLS_BONDS_RECORD_H

#include <jansson.h>

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

/* The same of a bond that is no record yet. */
void bonds_record_tell_bond(const kith_bond_record *bond, bonds_record_told *out);

/* Which keys it has: a list of names; and " LTK IRK", which returns text. */
enum { BONDS_RECORD_KEYS = 64 };
json_t *bonds_record_keys(const bonds_record_told *told);
char *bonds_record_keys_text(const bonds_record_told *told, char text[BONDS_RECORD_KEYS]);

/* Overwrites what held keys. */
void bonds_record_forget(void *keys, size_t len);

/* "bond", "state", "device", "chunk", "record"; never NULL */
const char *bonds_record_kind(uint8_t kind);

#endif
