/* Fuzz target: whatever lies in the flash is opened, read and written to; and whatever lies in a record is decoded.
 *
 * Input: one octet of geometry, one of what is done, then the flash's first octets: as they are, or, so that checks
 * can be passed, as changes to the octets of a sound log.  Traps when reading does not end, when what was put is not
 * there, or when what is decoded does not encode to the same octets. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "peers/record.h"
#include "sim/flash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_RECORDS = 20000, IDS = 4, SLOTS = 400, HAS_INDEX = 0x80 };

static const sim_flash_geometry geometries[] = {
    {256, 2, 1, 0xff, true}, {512, 4, 4, 0xff, true},    {512, 4, 4, 0x00, false},
    {512, 3, 8, 0xff, true}, {1024, 3, 16, 0xff, false}, {1024, 2, 32, 0x00, false},
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_record(const kith_record *record)
{
    peers_bond bond;
    peers_device device;
    kith_record again;

    if (peers_decode_bond(record, &bond) == KITH_OK) {
        peers_encode_bond(&bond, &again);
        require(again.len == record->len && memcmp(again.octets, record->octets, again.len) == 0);
        require(again.id == record->id && bond.level >= KITH_LEVEL_ENCRYPTED && bond.key_size >= 7);
    }
    if (peers_decode_device(record, &device) == KITH_OK) {
        peers_encode_device(&device, &again);
        require(again.len == record->len && memcmp(again.octets, record->octets, again.len) == 0);
    }
}

static kith_record make_record(uint32_t id, uint8_t fill, uint16_t len)
{
    kith_record record = {.kind = KITH_RECORD_BOND, .len = len, .id = id};

    memset(record.octets, fill, len);
    return record;
}

/* Reads all; answers whether the record stands as it was put. */
static bool read_all(const kith_store *store, const kith_record *wanted)
{
    kith_record record;
    uint32_t cursor = 0, count = 0;
    bool stands = false;

    while (store->read(store->context, &cursor, &record) == KITH_OK) {
        require(++count < MOST_RECORDS && record.len <= KITH_STORED_MAX);
        check_record(&record);
        if (wanted != NULL && record.kind == wanted->kind && record.id == wanted->id)
            stands = !record.removed && record.len == wanted->len &&
                     memcmp(record.octets, wanted->octets, sizeof record.octets) == 0;
    }
    return stands;
}

static void use(const kith_store *store)
{
    const kith_record record = make_record(2, 0x77, 20);
    kith_store_state state;
    kith_status status;

    if (store->open(store->context, &state) != KITH_OK)
        return;
    (void)read_all(store, NULL);
    status = store->put(store->context, &record, &state);
    if (status != KITH_OK)
        require(status == KITH_ERR_FULL || status == KITH_ERR_STORAGE);
    else
        require(read_all(store, &record));
    require(store->open(store->context, &state) == KITH_OK);
    if (status == KITH_OK)
        require(read_all(store, &record));
    if (store->remove(store->context, record.kind, record.id, &state) == KITH_OK)
        require(!read_all(store, &record));
}

static void write_sound_log(const kith_store *store, uint8_t count)
{
    kith_store_state state;

    require(store->open(store->context, &state) == KITH_OK);
    for (uint32_t i = 0; i < count % 32u; i++) {
        kith_record record = make_record(i % IDS, (uint8_t)i, (uint16_t)(i * 11 % 60));

        require(store->put(store->context, &record, &state) != KITH_ERR_STORAGE);
        if (i % 7 == 6)
            require(store->remove(store->context, KITH_RECORD_BOND, i % IDS, &state) == KITH_OK);
    }
}

/* Whatever is there, an index changes nothing that is told. */
static void compare(sim_flash *flash)
{
    static kith_flash_slot slots[SLOTS];
    kith_flash_log logs[2];
    kith_store_state told[2];
    kith_status status[2];
    kith_store store;

    flash->read_only = true;
    for (int i = 0; i < 2; i++) {
        require(kith_flash_log_init(&logs[i], &flash->port, &store) == KITH_OK);
        if (i == 1)
            kith_flash_log_index(&logs[i], slots, SLOTS);
        status[i] = store.open(store.context, &told[i]);
    }
    flash->read_only = false;
    require(status[0] == status[1]);
    require(status[0] != KITH_OK || (told[0].room == told[1].room && told[0].highest_id == told[1].highest_id &&
                                     told[0].damaged == told[1].damaged && told[0].torn == told[1].torn &&
                                     logs[0].live == logs[1].live && logs[0].unfinished == logs[1].unfinished));
}

static void fuzz_flash(const uint8_t *data, size_t size)
{
    static kith_flash_slot slots[SLOTS];
    sim_flash flash;
    kith_flash_log log;
    kith_store store;
    uint8_t *octets;

    require(sim_flash_new(&flash, &geometries[data[0] % (sizeof geometries / sizeof geometries[0])]));
    require(kith_flash_log_init(&log, &flash.port, &store) == KITH_OK);
    if ((data[0] & HAS_INDEX) != 0)
        kith_flash_log_index(&log, slots, SLOTS);
    if (data[1] & 1)
        write_sound_log(&store, data[1] >> 1);
    octets = sim_flash_octets(&flash);
    for (size_t i = 2; i < size && i - 2 < sim_flash_size(&flash); i++)
        octets[i - 2] ^= data[i] ^ (data[1] & 1 ? 0 : flash.port.erased);
    sim_flash_settle(&flash);
    compare(&flash);
    use(&store);
    require(flash.counts.mistakes == 0);
    sim_flash_free(&flash);
}

static void fuzz_record(const uint8_t *data, size_t size)
{
    kith_record record = {.kind = data[0] & 3, .id = data[1], .removed = (data[0] & 4) != 0};

    record.len = (uint16_t)(size - 2 < KITH_RECORD_MAX ? size - 2 : KITH_RECORD_MAX);
    memcpy(record.octets, data + 2, record.len);
    check_record(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    fuzz_record(data, size);
    fuzz_flash(data, size);
    return 0;
}
