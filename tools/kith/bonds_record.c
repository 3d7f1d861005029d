/* Records of a store in parts.  Whether one is sound is the codec's word; this only finds words for which field is not.
 * Keys are seen here, and leave this file as "there is one". */
#include <stdio.h>
#include <string.h>

#include "bonds_record.h"

/* docs/bond-format.md: where things are in a bond. */
enum { VERSION = 0, FLAGS = 1, LEVEL = 2, METHOD = 3, KIND = 4, KEY_SIZE = 5, CLASS = 6, IDENTITY = 7, LOCAL = 14 };
enum {
    SEALED = 0x80 /* in the version, of every sealed record */,
    BOND_FIXED = 25,
    ADDRESS_TOP = 6,
    PRIVATE_BITS = 0xc0
};

void bonds_record_forget(void *keys, size_t len)
{
    volatile uint8_t *octets = keys;

    while (len-- > 0)
        octets[len] = 0;
}

static bool is_given(const uint8_t key[16])
{
    for (unsigned i = 0; i < 16; i++)
        if (key[i] != 0)
            return true;
    return false;
}

/* ---- which field ---- */

static bool is_identity(const uint8_t *address)
{
    return address[0] == 0 || (address[0] == 1 && (address[ADDRESS_TOP] & PRIVATE_BITS) == PRIVATE_BITS);
}

static unsigned expected_len(const uint8_t *o)
{
    unsigned len = BOND_FIXED, flags = o[FLAGS];

    if (o[KIND] == KITH_KEY_KIND_SC)
        len += 16;
    else
        len += 26 * ((flags >> 5 & 1) + (flags >> 6 & 1));
    return len + 16 * ((flags >> 2 & 1) + (flags >> 3 & 1) + (flags >> 4 & 1));
}

static const char *field_of_bond(const kith_record *record)
{
    const uint8_t *o = record->octets;

    if (record->id == 0)
        return "peer";
    if (record->len < BOND_FIXED)
        return "length";
    if (o[VERSION] == 0)
        return "version";
    if (o[KIND] != KITH_KEY_KIND_SC && o[KIND] != KITH_KEY_KIND_LEGACY)
        return "key kind";
    if ((o[FLAGS] & 0x80) != 0 || (o[KIND] == KITH_KEY_KIND_SC && (o[FLAGS] & 0x60) != 0))
        return "flags";
    if (o[METHOD] == 0 || o[METHOD] > 4)
        return "method";
    if (o[KEY_SIZE] < 7 || o[KEY_SIZE] > 16)
        return "key size";
    if (o[LEVEL] < 2 || o[LEVEL] > 4)
        return "level";
    if (o[CLASS] > KITH_RECORD_LAST_CLASS)
        return "class";
    if (!is_identity(o + IDENTITY))
        return "identity address";
    if (!is_identity(o + LOCAL))
        return "our address";
    if (record->len != expected_len(o))
        return "length";
    return "level, or a key"; /* what of these fits the rest */
}

/* ---- which keys ---- */

json_t *bonds_record_keys(const bonds_record_told *told)
{
    json_t *keys = json_array();
    const struct {
        bool is_there;
        const char *name;
    } all[] = {{told->has_ltk, "ltk"},
               {told->has_my_ltk, "our_ltk"},
               {told->bond.has_irk, "irk"},
               {told->has_my_csrk, "our_csrk"},
               {told->has_peer_csrk, "csrk"}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].is_there)
            (void)json_array_append_new(keys, json_string(all[i].name));
    return keys;
}

char *bonds_record_keys_text(const bonds_record_told *told, char text[BONDS_RECORD_KEYS])
{
    (void)snprintf(text, BONDS_RECORD_KEYS, "%s%s%s%s%s", told->has_ltk ? " LTK" : "",
                   told->has_my_ltk ? " our LTK" : "", told->bond.has_irk ? " IRK" : "",
                   told->has_my_csrk ? " our CSRK" : "", told->has_peer_csrk ? " CSRK" : "");
    return text;
}

/* ---- kinds ---- */

void bonds_record_tell_bond(const kith_bond_record *bond, bonds_record_told *out)
{
    memset(out, 0, sizeof *out);
    out->has_bond = true;
    out->bond = (kith_bond_info){.peer = bond->peer,
                                 .identity = bond->identity,
                                 .has_irk = is_given(bond->irk),
                                 .level = (kith_level)bond->level,
                                 .method = (kith_method_kind)bond->method,
                                 .key_kind = (kith_key_kind)bond->key_kind,
                                 .key_size = bond->key_size,
                                 .we_were_initiator = bond->initiator,
                                 .numbers_unseen = bond->numbers_unseen,
                                 .peer_class = bond->peer_class,
                                 .local = bond->local,
                                 .made_s = bond->made_s};
    out->has_ltk = bond->has_ltk || bond->key_kind == KITH_KEY_KIND_SC;
    out->has_my_ltk = bond->has_my_ltk;
    out->has_my_csrk = is_given(bond->my_csrk);
    out->has_peer_csrk = is_given(bond->peer_csrk);
}

static void tell_bond(const kith_record *record, bonds_record_told *out)
{
    kith_bond_record bond;
    kith_status status = kith_record_decode_bond(record, &bond);

    if (status == KITH_OK)
        bonds_record_tell_bond(&bond, out);
    out->status = status;
    if (status == KITH_ERR_DAMAGED)
        out->field = field_of_bond(record);
    bonds_record_forget(&bond, sizeof bond);
}

static void tell_device(const kith_record *record, bonds_record_told *out)
{
    kith_device_record device;

    out->status = kith_record_decode_device(record, &device);
    bonds_record_forget(&device, sizeof device);
    if (out->status == KITH_ERR_DAMAGED)
        out->field = record->id > KITH_RECORD_LAST_IDENTITY ? "number"
                     : record->len != 23                    ? "length"
                                                            : "identity resolving key, or address";
}

static void tell_state(const kith_record *record, bonds_record_told *out)
{
    kith_state_record state;

    out->status = kith_record_decode_state(record, &state);
    if (out->status == KITH_ERR_DAMAGED)
        out->field = record->id == 0 ? "peer" : "parts";
}

static void tell_chunk(const kith_record *record, bonds_record_told *out)
{
    kith_chunk_piece piece;

    out->status = kith_record_decode_chunk(record, &piece);
    bonds_record_forget(&piece, sizeof piece); /* a program's data may be secret, too */
    if (out->status == KITH_ERR_DAMAGED)
        out->field = "piece";
}

static bool is_chunk(uint8_t kind)
{
    return kind >= KITH_RECORD_CHUNK && kind < KITH_RECORD_CHUNK_END;
}

void bonds_record_tell(const kith_record *record, bonds_record_told *out)
{
    memset(out, 0, sizeof *out);
    out->is_sealed = record->len > 0 && (record->octets[0] & SEALED) != 0;
    if (out->is_sealed)
        out->status = KITH_OK;
    else if (record->kind == KITH_RECORD_BOND)
        tell_bond(record, out);
    else if (record->kind == KITH_RECORD_DEVICE)
        tell_device(record, out);
    else if (record->kind == KITH_RECORD_STATE)
        tell_state(record, out);
    else if (is_chunk(record->kind))
        tell_chunk(record, out);
    else
        out->status = KITH_OK;
}

const char *bonds_record_kind(uint8_t kind)
{
    switch (kind) {
    case KITH_RECORD_DEVICE:
        return "device";
    case KITH_RECORD_BOND:
        return "bond";
    case KITH_RECORD_STATE:
        return "state";
    default:
        return is_chunk(kind) ? "chunk" : "record";
    }
}
