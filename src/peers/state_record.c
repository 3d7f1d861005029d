/* The octets of a state record: docs/bond-format.md.  A record is a version and parts, each with its kind and length,
 * so that later parts need no new layout of the earlier ones. */
#include "kith/codec/record.h"

#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"

enum { VERSION = 1 };

enum {
    PART_MY_SIGNING = 1,
    PART_PEER_SIGNING,
    PART_CCCDS,
    PART_FEATURES,
    PART_AWARE,
    PART_RANK,
    PART_LAST_USE,
    PART_FLAGS,
    SIGNING_LEN = 8,
    CCCD_LEN = 4,
    HASH_LEN = 16,
    NUMBER_LEN = 4,
    NOTIFY_OR_INDICATE = 3
};

/* The octet of PART_FLAGS. */
enum {
    ANSWER = 3, /* KITH_STATE_* */
    PRIVATE_ONLY_AT = 2,
    PINNED_AT = 4,
    FLAGS = 0x1f
};

_Static_assert(1 + 2 * (2 + SIGNING_LEN) + (2 + KITH_STATE_CCCDS * CCCD_LEN) + (2 + KITH_STATE_FEATURES) +
                       (2 + HASH_LEN) + 2 * (2 + NUMBER_LEN) + (2 + 1) <=
                   KITH_RECORD_MAX,
               "all parts fit");

/* ---- what can be ---- */

static bool are_cccds_possible(const kith_state_record *state)
{
    uint16_t last = 0;

    if (state->cccd_count > KITH_STATE_CCCDS)
        return false;
    for (unsigned i = 0; i < state->cccd_count; i++) {
        const kith_state_cccd *cccd = &state->cccds[i];

        if (cccd->handle <= last || cccd->value == 0 || cccd->value > NOTIFY_OR_INDICATE)
            return false;
        last = cccd->handle;
    }
    return true;
}

static bool is_state_possible(const kith_state_record *state)
{
    return state->peer != 0 && (!state->has_my_signing || state->my_reserved != 0) && are_cccds_possible(state) &&
           state->features_len <= KITH_STATE_FEATURES && state->resolution <= KITH_STATE_YES &&
           state->private_only <= KITH_STATE_YES;
}

/* ---- encoding ---- */

static void begin_part(bytes_writer *w, uint8_t part, size_t len)
{
    bytes_write8(w, part);
    bytes_write8(w, (uint8_t)len);
}

static void write_signing(bytes_writer *w, uint8_t part, uint32_t check, uint32_t counter)
{
    begin_part(w, part, SIGNING_LEN);
    bytes_write32(w, check);
    bytes_write32(w, counter);
}

static void write_cccds(bytes_writer *w, const kith_state_record *state)
{
    begin_part(w, PART_CCCDS, (size_t)state->cccd_count * CCCD_LEN);
    for (unsigned i = 0; i < state->cccd_count; i++) {
        bytes_write16(w, state->cccds[i].handle);
        bytes_write16(w, state->cccds[i].value);
    }
}

static void write_octets(bytes_writer *w, uint8_t part, const uint8_t *octets, size_t len)
{
    begin_part(w, part, len);
    bytes_write(w, octets, len);
}

static void write_number(bytes_writer *w, uint8_t part, uint32_t number)
{
    begin_part(w, part, NUMBER_LEN);
    bytes_write32(w, number);
}

static uint8_t flags_of(const kith_state_record *state)
{
    return (uint8_t)(state->resolution | state->private_only << PRIVATE_ONLY_AT | state->pinned << PINNED_AT);
}

static void write_parts(bytes_writer *w, const kith_state_record *state)
{
    if (state->has_my_signing)
        write_signing(w, PART_MY_SIGNING, state->my_check, state->my_reserved);
    if (state->has_peer_signing)
        write_signing(w, PART_PEER_SIGNING, state->peer_check, state->peer_last);
    if (state->cccd_count > 0)
        write_cccds(w, state);
    if (state->features_len > 0)
        write_octets(w, PART_FEATURES, state->features, state->features_len);
    if (state->is_aware)
        write_octets(w, PART_AWARE, state->aware_hash, HASH_LEN);
    if (state->rank != 0)
        write_number(w, PART_RANK, state->rank);
    if (state->last_use != 0)
        write_number(w, PART_LAST_USE, state->last_use);
    if (flags_of(state) != 0)
        write_octets(w, PART_FLAGS, (const uint8_t[]){flags_of(state)}, 1);
}

kith_status kith_record_encode_state(const kith_state_record *state, kith_record *out)
{
    bytes_writer w;

    memset(out, 0, sizeof *out);
    if (!is_state_possible(state))
        return KITH_ERR_VALUE;
    out->kind = KITH_RECORD_STATE;
    out->id = state->peer;
    bytes_writer_init(&w, out->octets, KITH_RECORD_MAX);
    bytes_write8(&w, VERSION);
    write_parts(&w, state);
    out->len = (uint16_t)w.len;
    return KITH_OK;
}

/* ---- decoding: a part that has not the length of its kind fails the reader ---- */

static void fail_unless(bytes_reader *r, bool holds)
{
    r->failed = r->failed || !holds;
}

static void read_signing(bytes_reader *r, bool *has, uint32_t *check, uint32_t *counter)
{
    *has = true;
    *check = bytes_read32(r);
    *counter = bytes_read32(r);
}

static void read_cccds(bytes_reader *r, kith_state_record *out)
{
    size_t count = r->left / CCCD_LEN;

    fail_unless(r, count > 0 && count <= KITH_STATE_CCCDS);
    for (size_t i = 0; i < count && !r->failed; i++) {
        out->cccds[i].handle = bytes_read16(r);
        out->cccds[i].value = bytes_read16(r);
    }
    out->cccd_count = (uint8_t)count;
}

static void read_features(bytes_reader *r, kith_state_record *out)
{
    size_t len = r->left;

    fail_unless(r, len > 0 && len <= KITH_STATE_FEATURES);
    if (!r->failed)
        bytes_read(r, out->features, len);
    out->features_len = (uint8_t)len;
}

static void read_number(bytes_reader *r, uint32_t *number)
{
    *number = bytes_read32(r);
    fail_unless(r, *number != 0);
}

static void read_aware(bytes_reader *r, kith_state_record *out)
{
    out->is_aware = true;
    bytes_read(r, out->aware_hash, HASH_LEN);
}

static void read_flags(bytes_reader *r, kith_state_record *out)
{
    uint8_t flags = bytes_read8(r);

    fail_unless(r, flags != 0 && (flags & ~FLAGS) == 0);
    out->resolution = flags & ANSWER;
    out->private_only = flags >> PRIVATE_ONLY_AT & ANSWER;
    out->pinned = flags >> PINNED_AT != 0;
}

static kith_status read_part(bytes_reader *r, uint8_t part, kith_state_record *out)
{
    switch (part) {
    case PART_MY_SIGNING:
        read_signing(r, &out->has_my_signing, &out->my_check, &out->my_reserved);
        break;
    case PART_PEER_SIGNING:
        read_signing(r, &out->has_peer_signing, &out->peer_check, &out->peer_last);
        break;
    case PART_CCCDS:
        read_cccds(r, out);
        break;
    case PART_FEATURES:
        read_features(r, out);
        break;
    case PART_AWARE:
        read_aware(r, out);
        break;
    case PART_RANK:
        read_number(r, &out->rank);
        break;
    case PART_LAST_USE:
        read_number(r, &out->last_use);
        break;
    case PART_FLAGS:
        read_flags(r, out);
        break;
    default:
        return part > PART_FLAGS ? KITH_ERR_NEWER : KITH_ERR_DAMAGED;
    }
    return !r->failed && r->left == 0 ? KITH_OK : KITH_ERR_DAMAGED;
}

/* Parts come in order, each once.  Cut short is damaged, whatever its kind: a later version has whole parts too. */
static kith_status read_parts(bytes_reader *r, kith_state_record *out)
{
    kith_status status = KITH_OK;
    uint8_t last = 0;

    while (r->left > 0 && status == KITH_OK) {
        uint8_t part = bytes_read8(r), len = bytes_read8(r);
        const uint8_t *octets = bytes_take(r, len);
        bytes_reader inside;

        if (octets == NULL || part <= last)
            return KITH_ERR_DAMAGED;
        bytes_reader_init(&inside, octets, len);
        status = read_part(&inside, part, out);
        last = part;
    }
    return status;
}

kith_status kith_record_decode_state(const kith_record *record, kith_state_record *out)
{
    bytes_reader r;
    kith_status status = KITH_ERR_DAMAGED;
    uint8_t version;

    memset(out, 0, sizeof *out);
    if (record->kind != KITH_RECORD_STATE || record->id == 0 || record->removed || record->len > KITH_RECORD_MAX)
        return KITH_ERR_DAMAGED;
    bytes_reader_init(&r, record->octets, record->len);
    version = bytes_read8(&r);
    if (version > VERSION)
        return KITH_ERR_NEWER;
    out->peer = record->id;
    if (version == VERSION)
        status = read_parts(&r, out);
    if (status == KITH_OK && !is_state_possible(out))
        status = KITH_ERR_DAMAGED;
    if (status != KITH_OK)
        memset(out, 0, sizeof *out);
    return status;
}
