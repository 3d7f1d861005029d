/* Fuzz target: whatever a store hands out as a record, and pieces of values in any order.
 *
 * Input: records, one after the other: kind, id, length (one octet each), octets.  Traps when what decodes does not
 * encode to the same octets, when a refused record leaves anything behind, or when what is put together is not what its
 * check says. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "peers/chunk.h"
#include "peers/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef union {
    kith_device_record device;
    kith_bond_record bond;
    kith_state_record state;
    kith_chunk_piece piece;
    uint8_t octets[512];
} fields;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_nothing(const void *p, size_t len)
{
    const uint8_t *octets = p;

    for (size_t i = 0; i < len; i++)
        require(octets[i] == 0);
}

/* Answers whether it was sound. */
static bool settle(kith_status status, const void *decoded, size_t len)
{
    require(status == KITH_OK || status == KITH_ERR_DAMAGED || status == KITH_ERR_NEWER);
    if (status != KITH_OK)
        require_nothing(decoded, len);
    return status == KITH_OK;
}

static void require_same(kith_status status, const kith_record *again, const kith_record *record)
{
    require(status == KITH_OK);
    require(again->kind == record->kind && again->id == record->id && again->len == record->len);
    require(memcmp(again->octets, record->octets, record->len) == 0);
}

static void check_record(const kith_record *record)
{
    kith_record again;
    fields f;

    memset(&f, 0xa5, sizeof f);
    if (settle(kith_record_decode_device(record, &f.device), &f, sizeof f.device))
        require_same(kith_record_encode_device(&f.device, &again), &again, record);
    memset(&f, 0xa5, sizeof f);
    if (settle(kith_record_decode_bond(record, &f.bond), &f, sizeof f.bond)) {
        require(f.bond.level >= KITH_LEVEL_ENCRYPTED && f.bond.key_size >= 7 && f.bond.key_size <= 16);
        require_same(kith_record_encode_bond(&f.bond, &again), &again, record);
    }
    memset(&f, 0xa5, sizeof f);
    if (settle(kith_record_decode_state(record, &f.state), &f, sizeof f.state))
        require_same(kith_record_encode_state(&f.state, &again), &again, record);
    memset(&f, 0xa5, sizeof f);
    if (settle(kith_record_decode_chunk(record, &f.piece), &f, sizeof f.piece))
        require_same(kith_record_encode_chunk(&f.piece, &again), &again, record);
}

/* Whatever fields somebody fills in: what encodes decodes. */
static void check_fields(const uint8_t *data, size_t size)
{
    kith_record record;
    peers_bond bond;
    fields f;

    memset(&f, 0, sizeof f);
    for (size_t i = 0; i < size && i < sizeof f.octets; i++)
        f.octets[i] = data[i] & 1; /* no bool but 0 and 1 */
    if (kith_record_encode_state(&f.state, &record) == KITH_OK)
        require(kith_record_decode_state(&record, &f.state) == KITH_OK);
    else
        require_nothing(&record, sizeof record);
    if (kith_record_encode_bond(&f.bond, &record) == KITH_OK)
        require(peers_decode_bond(&record, &bond) == KITH_OK);
    else
        require_nothing(&record, sizeof record);
}

static uint32_t crc32(const uint8_t *octets, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= octets[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static void check_value(const peers_chunk *c)
{
    const uint8_t *value;
    uint16_t len;
    peers_chunk_place place, next = peers_chunk_next(c);
    kith_status status = peers_chunk_standing(c, &value, &len, &place);

    if (status == KITH_OK) {
        require(len <= c->cap && place.bank != next.bank);
        require(crc32(value, len) == c->pieces[place.bank][0].check);
    } else {
        require(value == NULL);
    }
    for (uint8_t n = 0; n < 17; n++)
        if (peers_chunk_nth_to_remove(c, n) == 0)
            return;
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[2 * KITH_CHUNK_MAX];
    peers_chunk chunk;

    check_fields(data, size);
    peers_chunk_begin(&chunk, 7, KITH_CHUNK_DATABASE, memory, size % 2 != 0 ? KITH_CHUNK_MAX : 200);
    while (size >= 3) {
        kith_record record = {.kind = data[0] & 0x7f, .removed = data[0] >> 7 != 0, .id = data[1], .len = data[2]};
        size_t there = size - 3 < record.len ? size - 3 : record.len;

        memcpy(record.octets, data + 3, there < sizeof record.octets ? there : sizeof record.octets);
        check_record(&record);
        peers_chunk_take(&chunk, &record);
        data += 3 + there;
        size -= 3 + there;
    }
    check_value(&chunk);
    return 0;
}
