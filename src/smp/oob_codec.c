/* Out of band data to and from AD structures.  Core Specification Supplement Part A; Core Vol 3 Part C 11.
 * Not here: NDEF (oob_ndef.c), text (oob_text.c). */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "kith/codec/oob.h"

enum {
    AD_FLAGS = 0x01,
    AD_SHORTENED_NAME = 0x08,
    AD_COMPLETE_NAME = 0x09,
    AD_TK = 0x10,
    AD_APPEARANCE = 0x19,
    AD_ADDRESS = 0x1b,
    AD_ROLE = 0x1c,
    AD_CONFIRM = 0x22,
    AD_RANDOM = 0x23
};

/* What may be there once. */
enum {
    HAS_ADDRESS = 0x01,
    HAS_ROLE = 0x02,
    HAS_TK = 0x04,
    HAS_CONFIRM = 0x08,
    HAS_RANDOM = 0x10,
    HAS_APPEARANCE = 0x20,
    HAS_FLAGS = 0x40,
    HAS_NAME = 0x80
};

typedef struct {
    uint8_t type, what, least, most; /* octets of the value */
} shape;

static const shape shapes[] = {
    {AD_ADDRESS, HAS_ADDRESS, 7, 7},
    {AD_ROLE, HAS_ROLE, 1, 1},
    {AD_TK, HAS_TK, 16, 16},
    {AD_CONFIRM, HAS_CONFIRM, 16, 16},
    {AD_RANDOM, HAS_RANDOM, 16, 16},
    {AD_APPEARANCE, HAS_APPEARANCE, 2, 2},
    {AD_FLAGS, HAS_FLAGS, 0, 254}, /* CSS Part A 1.3: later versions may add octets */
    {AD_SHORTENED_NAME, HAS_NAME, 0, KITH_OOB_NAME_MAX},
    {AD_COMPLETE_NAME, HAS_NAME, 0, KITH_OOB_NAME_MAX},
};

/* ---- encoding ---- */

static void put_structure(bytes_writer *w, uint8_t type, const void *value, size_t len)
{
    uint8_t *room = bytes_reserve(w, len + 2);

    if (room == NULL)
        return;
    room[0] = (uint8_t)(len + 1);
    room[1] = type;
    memcpy(room + 2, value, len);
}

static void put_address(bytes_writer *w, const kith_address *address)
{
    uint8_t value[7];

    memcpy(value, address->octets, sizeof address->octets);
    value[6] = address->type;
    put_structure(w, AD_ADDRESS, value, sizeof value);
}

static void put_data(bytes_writer *w, const kith_oob_data *data)
{
    if (data->has_tk)
        put_structure(w, AD_TK, data->tk, sizeof data->tk);
    if (!data->has_sc)
        return;
    put_structure(w, AD_CONFIRM, data->confirm, sizeof data->confirm);
    put_structure(w, AD_RANDOM, data->random, sizeof data->random);
}

static void put_optional(bytes_writer *w, const kith_oob_record *record)
{
    uint8_t appearance[2];

    bytes_put16(appearance, record->appearance);
    if (record->has_appearance)
        put_structure(w, AD_APPEARANCE, appearance, sizeof appearance);
    if (record->has_flags)
        put_structure(w, AD_FLAGS, &record->flags, 1);
    if (record->name_len != 0)
        put_structure(w, record->name_is_short ? AD_SHORTENED_NAME : AD_COMPLETE_NAME, record->name, record->name_len);
}

static bool is_possible(const kith_oob_record *record)
{
    return record->address.type <= KITH_ADDRESS_RANDOM && (unsigned)record->role <= KITH_OOB_ROLE_CENTRAL_PREFERRED &&
           record->name_len <= KITH_OOB_NAME_MAX;
}

size_t kith_oob_encode(const kith_oob_record *record, uint8_t *out, size_t cap)
{
    uint8_t octets[KITH_OOB_PAYLOAD_MAX]; /* so that what does not fit leaves no half behind */
    uint8_t role = (uint8_t)record->role;
    bytes_writer w;
    size_t len = 0;

    if (!is_possible(record))
        return 0;
    bytes_writer_init(&w, octets, sizeof octets);
    put_address(&w, &record->address);
    put_structure(&w, AD_ROLE, &role, 1);
    put_data(&w, &record->data);
    put_optional(&w, record);
    if (w.len <= cap) {
        len = w.len;
        memcpy(out, octets, len);
    }
    wipe(octets, sizeof octets);
    return len;
}

/* ---- decoding ---- */

static const shape *find_shape(uint8_t type)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (shapes[i].type == type)
            return &shapes[i];
    return NULL;
}

static void take_name(kith_oob_record *record, uint8_t type, const uint8_t *value, size_t len)
{
    if (len == 0)
        return; /* no name at all, not a short one */
    record->name_is_short = type == AD_SHORTENED_NAME;
    record->name_len = (uint16_t)len;
    memcpy(record->name, value, len);
}

static kith_oob_fault take_role(kith_oob_record *record, uint8_t role)
{
    if (role > KITH_OOB_ROLE_CENTRAL_PREFERRED)
        return KITH_OOB_BAD_ROLE;
    record->role = (kith_oob_role)role;
    return KITH_OOB_SOUND;
}

/* Its length is right. */
static kith_oob_fault take_value(kith_oob_record *record, uint8_t type, const uint8_t *value, size_t len)
{
    switch (type) {
    case AD_ADDRESS:
        memcpy(record->address.octets, value, sizeof record->address.octets);
        record->address.type = value[6] & 1; /* the other bits are reserved */
        return KITH_OOB_SOUND;
    case AD_ROLE:
        return take_role(record, value[0]);
    case AD_TK:
        memcpy(record->data.tk, value, sizeof record->data.tk);
        return KITH_OOB_SOUND;
    case AD_CONFIRM:
        memcpy(record->data.confirm, value, sizeof record->data.confirm);
        return KITH_OOB_SOUND;
    case AD_RANDOM:
        memcpy(record->data.random, value, sizeof record->data.random);
        return KITH_OOB_SOUND;
    case AD_APPEARANCE:
        record->appearance = bytes_get16(value);
        return KITH_OOB_SOUND;
    case AD_FLAGS:
        record->flags = len != 0 ? value[0] : 0;
        return KITH_OOB_SOUND;
    default:
        take_name(record, type, value, len);
        return KITH_OOB_SOUND;
    }
}

/* One structure without its length; seen: what was there before it. */
static kith_oob_fault take_structure(kith_oob_record *record, const uint8_t *structure, size_t len, unsigned *seen)
{
    const shape *known = find_shape(structure[0]);

    len--;
    if (known == NULL)
        return KITH_OOB_SOUND;
    if ((*seen & known->what) != 0)
        return KITH_OOB_DUPLICATE;
    *seen |= known->what;
    if (len < known->least || len > known->most)
        return KITH_OOB_BAD_LENGTH;
    return take_value(record, structure[0], structure + 1, len);
}

/* Vol 3 Part C 11: a length of zero ends it early, and then all the rest is zeros. */
static kith_oob_fault check_rest(bytes_reader *r)
{
    while (r->left != 0)
        if (bytes_read8(r) != 0)
            return KITH_OOB_TRAILING;
    return KITH_OOB_SOUND;
}

static kith_oob_fault take_all(kith_oob_record *record, const uint8_t *in, size_t in_len, unsigned *seen)
{
    bytes_reader r;

    bytes_reader_init(&r, in, in_len);
    while (r.left != 0) {
        size_t len = bytes_read8(&r);
        const uint8_t *structure = bytes_take(&r, len);
        kith_oob_fault fault;

        if (len == 0)
            return check_rest(&r);
        if (structure == NULL)
            return KITH_OOB_TRUNCATED;
        fault = take_structure(record, structure, len, seen);
        if (fault != KITH_OOB_SOUND)
            return fault;
    }
    return KITH_OOB_SOUND;
}

/* One half of the pair is worth nothing: the commitment can't be opened, or there is none. */
static kith_oob_fault check_complete(unsigned seen)
{
    if ((seen & HAS_ADDRESS) == 0)
        return KITH_OOB_NO_ADDRESS;
    if ((seen & HAS_ROLE) == 0)
        return KITH_OOB_NO_ROLE;
    if ((seen & (HAS_CONFIRM | HAS_RANDOM)) == HAS_RANDOM)
        return KITH_OOB_NO_CONFIRM;
    if ((seen & (HAS_CONFIRM | HAS_RANDOM)) == HAS_CONFIRM)
        return KITH_OOB_NO_RANDOM;
    return KITH_OOB_SOUND;
}

kith_oob_fault kith_oob_decode(const uint8_t *in, size_t len, bool channel_is_secure, kith_oob_record *record)
{
    unsigned seen = 0;
    kith_oob_fault fault;

    wipe(record, sizeof *record);
    fault = take_all(record, in, len, &seen);
    if (fault == KITH_OOB_SOUND)
        fault = check_complete(seen);
    if (fault != KITH_OOB_SOUND) {
        wipe(record, sizeof *record);
        return fault;
    }
    record->data.has_sc = (seen & HAS_CONFIRM) != 0;
    record->data.has_tk = (seen & HAS_TK) != 0;
    record->data.channel_is_secure = channel_is_secure;
    record->has_appearance = (seen & HAS_APPEARANCE) != 0;
    record->has_flags = (seen & HAS_FLAGS) != 0;
    return KITH_OOB_SOUND;
}

/* ---- words ---- */

#define FAULT_NAME(id, name, sentence)     name,
#define FAULT_SENTENCE(id, name, sentence) sentence,

const char *kith_oob_fault_name(kith_oob_fault fault)
{
    static const char *const names[] = {KITH_OOB_FAULT_TABLE(FAULT_NAME)};

    return (unsigned)fault < KITH_OOB_FAULT_COUNT ? names[fault] : "unknown";
}

const char *kith_oob_fault_sentence(kith_oob_fault fault)
{
    static const char *const sentences[] = {KITH_OOB_FAULT_TABLE(FAULT_SENTENCE)};

    return (unsigned)fault < KITH_OOB_FAULT_COUNT ? sentences[fault] : "unknown";
}
