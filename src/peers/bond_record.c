/* The octets of a bond and of a device in a store: docs/bond-format.md.  What is possible is judged in one place,
 * before it is written and after it was read. */
#include "kith/codec/record.h"

#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "base/wipe.h"
#include "crypto/known_keys.h"

enum { VERSION = 1 };

enum {
    INITIATOR = 0x01,
    NUMBERS_UNSEEN = 0x02,
    HAS_IRK = 0x04,
    HAS_MY_CSRK = 0x08,
    HAS_PEER_CSRK = 0x10,
    HAS_LTK = 0x20,
    HAS_MY_LTK = 0x40,
    ALL_FLAGS = 0x7f
};

static bool is_given(const uint8_t key[16])
{
    static const uint8_t none[16];

    return !equal_ct(key, none, sizeof none);
}

static bool is_legacy(const kith_bond_record *bond)
{
    return bond->key_kind == KITH_KEY_KIND_LEGACY;
}

static uint8_t flags_of(const kith_bond_record *bond)
{
    return (uint8_t)((bond->initiator ? INITIATOR : 0) | (bond->numbers_unseen ? NUMBERS_UNSEEN : 0) |
                     (is_given(bond->irk) ? HAS_IRK : 0) | (is_given(bond->my_csrk) ? HAS_MY_CSRK : 0) |
                     (is_given(bond->peer_csrk) ? HAS_PEER_CSRK : 0) |
                     (is_legacy(bond) && bond->has_ltk ? HAS_LTK : 0) |
                     (is_legacy(bond) && bond->has_my_ltk ? HAS_MY_LTK : 0));
}

/* ---- what can be ---- */

/* Vol 3 Part H 2.4.4: a key of fewer octets is padded with zeros. */
static bool is_key_of(const uint8_t key[16], uint8_t size)
{
    static const uint8_t none[16];

    return size >= 7 && size <= 16 && equal_ct(key + size, none, 16u - size);
}

/* A legacy bond may hold no key at all: only what was negotiated was given. */
static bool are_long_term_keys_possible(const kith_bond_record *bond)
{
    if (bond->key_kind == KITH_KEY_KIND_SC)
        return bond->has_ltk && !bond->has_my_ltk && is_key_of(bond->ltk, bond->key_size) &&
               !crypto_is_known_key(bond->ltk);
    return bond->key_size >= 7 && bond->key_size <= 16 &&
           (!bond->has_ltk || (is_key_of(bond->ltk, bond->key_size) && !crypto_is_known_key(bond->ltk))) &&
           (!bond->has_my_ltk || (is_key_of(bond->my_ltk, bond->key_size) && !crypto_is_known_key(bond->my_ltk)));
}

/* Vol 3 Part C 10.2.1: level 4 is Secure Connections with a whole key; Just Works, and numbers that nobody compared,
 * authenticate nothing. */
static bool is_level_possible(const kith_bond_record *bond)
{
    bool authenticated = bond->method != KITH_METHOD_JUST_WORKS && !bond->numbers_unseen;

    if (bond->level < KITH_LEVEL_ENCRYPTED || bond->level > KITH_LEVEL_SC_AUTHENTICATED)
        return false;
    if (bond->level == KITH_LEVEL_SC_AUTHENTICATED && (bond->key_kind != KITH_KEY_KIND_SC || bond->key_size != 16))
        return false;
    return authenticated || bond->level == KITH_LEVEL_ENCRYPTED;
}

/* What a record does not hold is not there either. */
static bool is_nothing_left_over(const kith_bond_record *bond)
{
    bool legacy = is_legacy(bond);

    return (bond->has_ltk || !is_given(bond->ltk)) && (bond->has_my_ltk || !is_given(bond->my_ltk)) &&
           ((legacy && bond->has_ltk) || (bond->ediv == 0 && bond->rand == 0)) &&
           ((legacy && bond->has_my_ltk) || (bond->my_ediv == 0 && bond->my_rand == 0));
}

static bool is_bond_possible(const kith_bond_record *bond)
{
    return bond->peer != 0 && bond->peer_class <= KITH_RECORD_LAST_CLASS && bond->method > KITH_METHOD_NONE &&
           bond->method <= KITH_METHOD_OOB && bond->key_kind > KITH_KEY_KIND_NONE &&
           bond->key_kind <= KITH_KEY_KIND_LEGACY && are_long_term_keys_possible(bond) && is_level_possible(bond) &&
           (!bond->numbers_unseen || bond->method == KITH_METHOD_NUMERIC_COMPARISON) &&
           kith_address_is_identity(&bond->identity) && kith_address_is_identity(&bond->local) &&
           is_nothing_left_over(bond);
}

/* A static address is random in all but its two top bits, which are 1; Vol 6 Part B 1.3.2.1. */
static bool is_device_possible(const kith_device_record *device)
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM};

    memcpy(address.octets, device->static_address, sizeof address.octets);
    return device->number <= KITH_RECORD_LAST_IDENTITY && !crypto_is_known_key(device->irk) &&
           kith_address_kind_of(&address) == KITH_ADDRESS_KIND_STATIC;
}

/* ---- encoding ---- */

static void write_address(bytes_writer *w, const kith_address *address)
{
    bytes_write8(w, address->type);
    bytes_write(w, address->octets, sizeof address->octets);
}

static void write_key(bytes_writer *w, const uint8_t key[16], bool given)
{
    bytes_write(w, key, given ? 16 : 0);
}

/* Legacy keys are asked for by two numbers. */
static void write_legacy_key(bytes_writer *w, const uint8_t ltk[16], uint16_t ediv, uint64_t rand)
{
    bytes_write(w, ltk, 16);
    bytes_write16(w, ediv);
    bytes_write32(w, (uint32_t)rand);
    bytes_write32(w, (uint32_t)(rand >> 32));
}

static void write_long_term_keys(bytes_writer *w, const kith_bond_record *bond)
{
    if (!is_legacy(bond)) {
        bytes_write(w, bond->ltk, sizeof bond->ltk);
        return;
    }
    if (bond->has_ltk)
        write_legacy_key(w, bond->ltk, bond->ediv, bond->rand);
    if (bond->has_my_ltk)
        write_legacy_key(w, bond->my_ltk, bond->my_ediv, bond->my_rand);
}

static void begin(kith_record *out, bytes_writer *w, uint8_t kind, uint32_t id)
{
    out->kind = kind;
    out->id = id;
    bytes_writer_init(w, out->octets, sizeof out->octets);
    bytes_write8(w, VERSION);
}

kith_status kith_record_encode_bond(const kith_bond_record *bond, kith_record *out)
{
    uint8_t flags = flags_of(bond);
    bytes_writer w;

    memset(out, 0, sizeof *out);
    if (!is_bond_possible(bond))
        return KITH_ERR_VALUE;
    begin(out, &w, KITH_RECORD_BOND, bond->peer);
    bytes_write8(&w, flags);
    bytes_write8(&w, bond->level);
    bytes_write8(&w, bond->method);
    bytes_write8(&w, bond->key_kind);
    bytes_write8(&w, bond->key_size);
    bytes_write8(&w, bond->peer_class);
    write_address(&w, &bond->identity);
    write_address(&w, &bond->local);
    bytes_write32(&w, bond->made_s);
    write_long_term_keys(&w, bond);
    write_key(&w, bond->irk, flags & HAS_IRK);
    write_key(&w, bond->my_csrk, flags & HAS_MY_CSRK);
    write_key(&w, bond->peer_csrk, flags & HAS_PEER_CSRK);
    out->len = (uint16_t)w.len;
    return KITH_OK;
}

kith_status kith_record_encode_device(const kith_device_record *device, kith_record *out)
{
    bytes_writer w;

    memset(out, 0, sizeof *out);
    if (!is_device_possible(device))
        return KITH_ERR_VALUE;
    begin(out, &w, KITH_RECORD_DEVICE, device->number);
    bytes_write(&w, device->irk, sizeof device->irk);
    bytes_write(&w, device->static_address, sizeof device->static_address);
    out->len = (uint16_t)w.len;
    return KITH_OK;
}

/* ---- decoding ---- */

static kith_status begin_reading(const kith_record *record, bytes_reader *r, uint8_t kind)
{
    uint8_t version;

    if (record->kind != kind || record->removed || record->len > KITH_RECORD_MAX)
        return KITH_ERR_DAMAGED;
    bytes_reader_init(r, record->octets, record->len);
    version = bytes_read8(r);
    if (version > VERSION)
        return KITH_ERR_NEWER;
    return version == VERSION ? KITH_OK : KITH_ERR_DAMAGED;
}

static void read_address(bytes_reader *r, kith_address *address)
{
    address->type = bytes_read8(r);
    bytes_read(r, address->octets, sizeof address->octets);
}

static void read_key(bytes_reader *r, uint8_t key[16], bool given)
{
    bytes_read(r, key, given ? 16 : 0);
}

static void read_legacy_key(bytes_reader *r, uint8_t ltk[16], uint16_t *ediv, uint64_t *rand)
{
    bytes_read(r, ltk, 16);
    *ediv = bytes_read16(r);
    *rand = bytes_read64(r);
}

static void read_long_term_keys(bytes_reader *r, uint8_t flags, kith_bond_record *out)
{
    out->has_ltk = !is_legacy(out) || (flags & HAS_LTK) != 0;
    out->has_my_ltk = (flags & HAS_MY_LTK) != 0;
    if (!is_legacy(out)) {
        bytes_read(r, out->ltk, sizeof out->ltk);
        return;
    }
    if (out->has_ltk)
        read_legacy_key(r, out->ltk, &out->ediv, &out->rand);
    if (out->has_my_ltk)
        read_legacy_key(r, out->my_ltk, &out->my_ediv, &out->my_rand);
}

static void read_bond(bytes_reader *r, uint8_t *flags, kith_bond_record *out)
{
    *flags = bytes_read8(r);
    out->initiator = (*flags & INITIATOR) != 0;
    out->numbers_unseen = (*flags & NUMBERS_UNSEEN) != 0;
    out->level = bytes_read8(r);
    out->method = bytes_read8(r);
    out->key_kind = bytes_read8(r);
    out->key_size = bytes_read8(r);
    out->peer_class = bytes_read8(r);
    read_address(r, &out->identity);
    read_address(r, &out->local);
    out->made_s = bytes_read32(r);
    read_long_term_keys(r, *flags, out);
    read_key(r, out->irk, *flags & HAS_IRK);
    read_key(r, out->my_csrk, *flags & HAS_MY_CSRK);
    read_key(r, out->peer_csrk, *flags & HAS_PEER_CSRK);
}

kith_status kith_record_decode_bond(const kith_record *record, kith_bond_record *out)
{
    bytes_reader r;
    uint8_t flags = 0;
    kith_status status = begin_reading(record, &r, KITH_RECORD_BOND);

    memset(out, 0, sizeof *out);
    if (status != KITH_OK)
        return status;
    out->peer = record->id;
    read_bond(&r, &flags, out);
    if (!r.failed && r.left == 0 && flags <= ALL_FLAGS && flags == flags_of(out) && is_bond_possible(out))
        return KITH_OK;
    wipe(out, sizeof *out);
    return KITH_ERR_DAMAGED;
}

kith_status kith_record_decode_device(const kith_record *record, kith_device_record *out)
{
    bytes_reader r;
    kith_status status = begin_reading(record, &r, KITH_RECORD_DEVICE);

    memset(out, 0, sizeof *out);
    if (status != KITH_OK)
        return status;
    bytes_read(&r, out->irk, sizeof out->irk);
    bytes_read(&r, out->static_address, sizeof out->static_address);
    out->number = record->id <= KITH_RECORD_LAST_IDENTITY ? (uint8_t)record->id : UINT8_MAX;
    if (!r.failed && r.left == 0 && is_device_possible(out))
        return KITH_OK;
    wipe(out, sizeof *out);
    return KITH_ERR_DAMAGED;
}
