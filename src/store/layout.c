/* Offsets, sizes, headers and checks of a flash log: docs/bond-format.md. */
#include "store/layout.h"

#include <string.h>

#include "base/bytes.h"

static const uint8_t magic[4] = {'K', 'i', 't', 'h'};

enum { CHECKED_OF_SECTOR = 20, PLACE = 8, CHECKED_OF_RECORD = 6, REMOVAL = 0x80, VOIDS = 0x40, KIND = 0x3f };

/* ---- where ---- */

uint32_t layout_align(const kith_flash *flash, uint32_t len)
{
    uint32_t unit = flash->program_size;

    return (len + unit - 1) / unit * unit;
}

uint32_t layout_commit_at(const kith_flash *flash)
{
    return layout_align(flash, LAYOUT_SECTOR_HEADER);
}

uint32_t layout_seal_at(const kith_flash *flash)
{
    return layout_commit_at(flash) + flash->program_size;
}

uint32_t layout_first_record(const kith_flash *flash)
{
    return layout_seal_at(flash) + flash->program_size;
}

uint32_t layout_record_size(const kith_flash *flash, uint32_t len)
{
    return layout_align(flash, LAYOUT_RECORD_HEADER + len + LAYOUT_RECORD_TRAILER);
}

uint32_t layout_reserve(const kith_flash *flash)
{
    return layout_record_size(flash, 0);
}

uint32_t layout_capacity(const kith_flash *flash)
{
    return flash->sector_size - layout_first_record(flash) - layout_reserve(flash);
}

/* The smallest sector takes 115 octets where the unit is widest: a sealed bond without signing keys. */
uint32_t layout_largest(const kith_flash *flash)
{
    uint32_t most = layout_capacity(flash) - LAYOUT_RECORD_HEADER - LAYOUT_RECORD_TRAILER;

    return most < KITH_STORED_MAX ? most : KITH_STORED_MAX;
}

/* If it fitted nowhere, each sector but the spare would have at least this much that stands: all but one unit less
 * than the record. */
uint32_t layout_usable(const kith_flash *flash, uint32_t sectors, uint32_t size)
{
    uint32_t most = layout_capacity(flash), stuck = most - size + flash->program_size;

    return sectors < 3 ? most : (sectors - 2) * stuck + most;
}

static bool is_program_size(uint16_t size)
{
    return size != 0 && size <= 32 && (size & (size - 1)) == 0;
}

bool layout_is_possible(const kith_flash *flash)
{
    if (!is_program_size(flash->program_size) || (flash->erased != 0x00 && flash->erased != 0xff))
        return false;
    if (flash->sector_size < 256 || flash->sector_size > 131072 || flash->sector_size % flash->program_size != 0)
        return false;
    if (flash->sector_count < 2 || flash->sector_count > UINT16_MAX)
        return false;
    return (uint64_t)flash->sector_size * flash->sector_count <= UINT32_MAX;
}

/* ---- octets ---- */

/* A table of 16: ROM is dear where nobody offers a faster one. */
static uint32_t crc_by_nibbles(uint32_t crc, const uint8_t *octets, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };

    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= octets[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

uint32_t layout_crc(const kith_flash *flash, uint32_t crc, const uint8_t *octets, size_t len)
{
    return flash->crc != NULL ? flash->crc(flash->context, crc, octets, len) : crc_by_nibbles(crc, octets, len);
}

/* The geometry is not in the header but in its check: with another one nothing is sound. */
static uint32_t check_of_sector(const kith_flash *flash, const uint8_t *header)
{
    uint8_t geometry[6];

    bytes_put32(geometry, flash->sector_size);
    bytes_put16(geometry + 4, flash->program_size);
    return layout_crc(flash, layout_crc(flash, 0, geometry, sizeof geometry), header, CHECKED_OF_SECTOR);
}

void layout_encode_sector(const kith_flash *flash, const layout_sector *sector, uint8_t *out)
{
    memcpy(out, magic, sizeof magic);
    out[4] = LAYOUT_VERSION;
    out[5] = 0;
    bytes_put16(out + 6, sector->held);
    bytes_put32(out + 8, sector->sequence);
    bytes_put32(out + 12, sector->highest_id);
    bytes_put32(out + 16, sector->collects);
    bytes_put32(out + CHECKED_OF_SECTOR, check_of_sector(flash, out));
}

bool layout_decode_sector(const kith_flash *flash, const uint8_t *in, layout_sector *sector)
{
    sector->version = in[4];
    sector->held = bytes_get16(in + 6);
    sector->sequence = bytes_get32(in + 8);
    sector->highest_id = bytes_get32(in + 12);
    sector->collects = bytes_get32(in + 16);
    return memcmp(in, magic, sizeof magic) == 0 && sector->version != 0 && sector->sequence != 0 &&
           sector->sequence <= LAYOUT_SEQUENCE_MAX && bytes_get32(in + CHECKED_OF_SECTOR) == check_of_sector(flash, in);
}

/* Answers the short check of the header; *crc goes on from the header's end, that check included. */
static uint16_t check_of_record(const layout_place *place, const uint8_t *header, uint32_t *crc)
{
    uint8_t octets[PLACE + CHECKED_OF_RECORD];
    uint16_t folded;

    bytes_put32(octets, place->sequence);
    bytes_put32(octets + 4, place->at);
    memcpy(octets + PLACE, header, CHECKED_OF_RECORD);
    *crc = layout_crc(place->flash, 0, octets, sizeof octets);
    folded = (uint16_t)(*crc ^ *crc >> 16);
    bytes_put16(octets, folded);
    *crc = layout_crc(place->flash, *crc, octets, sizeof folded);
    return folded;
}

void layout_encode_record(const layout_place *place, const layout_record *record, uint8_t *out, uint32_t *crc)
{
    out[0] = (uint8_t)(record->kind | (record->removal ? REMOVAL : 0) | (record->voids ? VOIDS : 0));
    out[1] = record->len;
    bytes_put32(out + 2, record->id);
    bytes_put16(out + CHECKED_OF_RECORD, check_of_record(place, out, crc));
}

bool layout_decode_record(const layout_place *place, const uint8_t *in, layout_record *record, uint32_t *crc)
{
    record->kind = in[0] & KIND;
    record->removal = (in[0] & REMOVAL) != 0;
    record->voids = (in[0] & VOIDS) != 0;
    record->len = in[1];
    record->id = bytes_get32(in + 2);
    return record->kind != 0 && record->kind <= LAYOUT_KIND_MAX && record->len <= KITH_STORED_MAX &&
           !(record->removal && record->len != 0) &&
           bytes_get16(in + CHECKED_OF_RECORD) == check_of_record(place, in, crc);
}
