/* Between a bond in memory and what a record says of it.  What is not stored (where it stands, its counters) begins as
 * zeros. */
#include "peers/record.h"

#include <string.h>

#include "base/wipe.h"

static void copy_key(uint8_t out[16], const uint8_t key[16], bool given)
{
    memcpy(out, key, given ? 16 : 0);
}

/* Fields that the kind of bond does not have stay zero. */
static void fill_legacy(const peers_bond *bond, kith_bond_record *out)
{
    out->has_ltk = bond->has_ltk;
    out->has_my_ltk = bond->has_my_ltk;
    copy_key(out->ltk, bond->ltk, bond->has_ltk);
    copy_key(out->my_ltk, bond->my_ltk, bond->has_my_ltk);
    out->ediv = bond->has_ltk ? bond->ediv : 0;
    out->rand = bond->has_ltk ? bond->rand : 0;
    out->my_ediv = bond->has_my_ltk ? bond->my_ediv : 0;
    out->my_rand = bond->has_my_ltk ? bond->my_rand : 0;
}

void peers_encode_bond(const peers_bond *bond, kith_record *out)
{
    kith_bond_record fields = {.peer = bond->id,
                               .identity = bond->identity,
                               .local = bond->local,
                               .level = bond->level,
                               .method = bond->method,
                               .key_kind = bond->key_kind,
                               .key_size = bond->key_size,
                               .peer_class = bond->peer_class,
                               .initiator = bond->initiator,
                               .numbers_unseen = bond->numbers_unseen,
                               .made_s = bond->made_s};

    if (bond->key_kind == KITH_KEY_KIND_LEGACY) {
        fill_legacy(bond, &fields);
    } else {
        fields.has_ltk = true;
        copy_key(fields.ltk, bond->ltk, true);
    }
    copy_key(fields.irk, bond->irk, true);
    copy_key(fields.my_csrk, bond->my_csrk, true);
    copy_key(fields.peer_csrk, bond->peer_csrk, true);
    if (kith_record_encode_bond(&fields, out) != KITH_OK)
        memset(out, 0, sizeof *out);
    wipe(&fields, sizeof fields);
}

static void take(const kith_bond_record *fields, peers_bond *out)
{
    out->id = fields->peer;
    out->identity = fields->identity;
    out->local = fields->local;
    out->level = fields->level;
    out->method = fields->method;
    out->key_kind = fields->key_kind;
    out->key_size = fields->key_size;
    out->peer_class = fields->peer_class;
    out->initiator = fields->initiator;
    out->numbers_unseen = fields->numbers_unseen;
    out->made_s = fields->made_s;
    out->has_ltk = fields->has_ltk;
    out->has_my_ltk = fields->has_my_ltk;
    out->ediv = fields->ediv;
    out->rand = fields->rand;
    out->my_ediv = fields->my_ediv;
    out->my_rand = fields->my_rand;
    copy_key(out->ltk, fields->ltk, true);
    copy_key(out->my_ltk, fields->my_ltk, true);
    copy_key(out->irk, fields->irk, true);
    copy_key(out->my_csrk, fields->my_csrk, true);
    copy_key(out->peer_csrk, fields->peer_csrk, true);
}

kith_status peers_decode_bond(const kith_record *record, peers_bond *out)
{
    kith_bond_record fields;
    kith_status status = kith_record_decode_bond(record, &fields);

    memset(out, 0, sizeof *out);
    if (status == KITH_OK)
        take(&fields, out);
    wipe(&fields, sizeof fields);
    return status;
}

void peers_encode_device(const peers_device *device, kith_record *out)
{
    if (kith_record_encode_device(device, out) != KITH_OK)
        memset(out, 0, sizeof *out);
}

kith_status peers_decode_device(const kith_record *record, peers_device *out)
{
    return kith_record_decode_device(record, out);
}
