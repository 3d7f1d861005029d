/* A sealed store: what is put comes back; what anybody else wrote, moved, copied or brought back does not; and no power
 * cut between two operations locks it up. */
#include "peers/record.h"
#include "test_seal_support.h"
#include "tests/vectors/seal.h"

enum { LEN = 57 };

static void open_new(seal_rig *r, uint8_t device, bool counts)
{
    seal_make(r, device, counts);
    assert_int_equal(seal_reopen(r), KITH_OK);
}

/* Two bonds, and a device record. */
static void open_used(seal_rig *r, bool counts)
{
    kith_record device = seal_record(KITH_RECORD_DEVICE, 0, 9, 23);

    open_new(r, 0, counts);
    assert_int_equal(seal_put(r, 1, 0x11, LEN), KITH_OK);
    assert_int_equal(seal_put(r, 2, 0x22, LEN), KITH_OK);
    assert_int_equal(seal_store_put(&r->store, &device, &r->state), KITH_OK);
}

static kith_record *stored(seal_rig *r, uint8_t kind, uint32_t id)
{
    kith_record *record = memory_find(&r->memory, kind, id);

    assert_non_null(record);
    return record;
}

/* ---- what it is for ---- */

static void what_is_put_comes_back(void **state)
{
    static const bool counts[] = {false, true};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        seal_rig r;

        open_used(&r, counts[i]);
        assert_int_equal(seal_put(&r, 3, 0x33, 0), KITH_OK);
        assert_int_equal(seal_put(&r, 4, 0x44, KITH_RECORD_MAX), KITH_OK);
        assert_int_equal(seal_put(&r, 2, 0x23, LEN + 1), KITH_OK);
        for (unsigned again = 0; again < 2; again++) {
            assert_true(seal_holds(&r, 1, 0x11, LEN));
            assert_true(seal_holds(&r, 2, 0x23, LEN + 1));
            assert_true(seal_holds(&r, 3, 0x33, 0));
            assert_true(seal_holds(&r, 4, 0x44, KITH_RECORD_MAX));
            assert_int_equal(seal_reopen(&r), KITH_OK);
            assert_int_equal(r.state.damaged, 0);
            assert_int_equal(r.state.highest_id, 4);
        }
        assert_int_equal(seal_remove(&r, 1), KITH_OK);
        assert_true(seal_lacks(&r, 1));
        assert_int_equal(seal_reopen(&r), KITH_OK);
        assert_true(seal_lacks(&r, 1));
        assert_true(seal_holds(&r, 2, 0x23, LEN + 1));
    }
}

static void nothing_that_was_put_can_be_read_below(void **state)
{
    seal_rig r;
    kith_record plain = seal_record(KITH_RECORD_BOND, 1, 0x11, LEN);

    (void)state;
    open_used(&r, true);
    for (size_t i = 0; i + 8 <= LEN; i++)
        assert_false(memory_holds(&r.memory, plain.octets + i, 8));
    assert_false(memory_holds(&r.memory, r.sealed.identity, 8));
    assert_false(memory_holds(&r.memory, r.sealed.digest_key, 8));
    assert_int_equal(stored(&r, KITH_RECORD_BOND, 1)->len, LEN + 32);
}

static void both_backends_seal_the_same(void **state)
{
    seal_rig r;
    kith_crypto_port psa;

    (void)state;
    open_used(&r, true);
    assert_int_equal(kith_psa_port(&psa), KITH_OK);
    r.device.port.aes128 = psa.aes128;
    r.device.port.ccm_seal = psa.ccm_seal;
    r.device.port.ccm_open = psa.ccm_open;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, LEN));
    assert_int_equal(seal_put(&r, 5, 0x55, LEN), KITH_OK);
    assert_true(seal_holds(&r, 5, 0x55, LEN));
}

static void expect_octets(seal_rig *r, uint8_t kind, uint32_t id, const uint8_t *octets, size_t len)
{
    const kith_record *record = stored(r, kind, id);

    assert_int_equal(record->len, len);
    assert_memory_equal(record->octets, octets, len);
}

static void octets_are_as_the_document_says(void **state)
{
    seal_rig r;
    kith_record bond = {.kind = KITH_RECORD_BOND, .id = 7, .len = sizeof vector_seal_plain};

    (void)state;
    seal_make(&r, 0, true);
    r.device.random = RANDOM_COUNTS;
    r.device.seed = 0;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    expect_octets(&r, KITH_RECORD_SEAL, 0, vector_seal_identity, sizeof vector_seal_identity);
    expect_octets(&r, KITH_RECORD_SEAL, 1, vector_seal_first_manifest, sizeof vector_seal_first_manifest);
    memcpy(bond.octets, vector_seal_plain, sizeof vector_seal_plain);
    assert_int_equal(seal_store_put(&r.store, &bond, &r.state), KITH_OK);
    expect_octets(&r, KITH_RECORD_BOND, 7, vector_seal_bond, sizeof vector_seal_bond);
    expect_octets(&r, KITH_RECORD_SEAL, 1, vector_seal_second_manifest, sizeof vector_seal_second_manifest);
}

/* ---- nonces ---- */

static bool have_one_nonce(const kith_record *a, const kith_record *b)
{
    return !a->removed && !b->removed && memcmp(a->octets + 3, b->octets + 3, 13) == 0;
}

static void a_random_source_that_repeats_repeats_no_nonce(void **state)
{
    seal_rig r;

    (void)state;
    seal_make(&r, 0, true);
    r.device.random = RANDOM_CONSTANT;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    for (uint32_t id = 1; id <= 20; id++)
        for (uint8_t fill = 0; fill < 2; fill++)
            assert_int_equal(seal_put(&r, id, fill, id == 20 ? LEN - 1 : LEN), KITH_OK);
    for (uint32_t i = 0; i < r.memory.used; i++)
        for (uint32_t j = 0; j < i; j++)
            assert_false(have_one_nonce(&r.memory.of[i], &r.memory.of[j]));
}

static void a_random_source_that_fails_writes_nothing(void **state)
{
    seal_rig r;
    uint32_t writes;

    (void)state;
    open_used(&r, true);
    r.device.random = RANDOM_FAILS;
    writes = r.memory.writes;
    assert_int_equal(seal_put(&r, 1, 0x99, LEN), KITH_ERR_ENTROPY);
    assert_int_equal(r.memory.writes, writes);
    r.device.random = RANDOM_SEEDED;
    assert_true(seal_holds(&r, 1, 0x11, LEN));
    seal_make(&r, 0, false);
    r.device.random = RANDOM_FAILS;
    assert_int_equal(seal_reopen(&r), KITH_ERR_ENTROPY);
    assert_int_equal(r.memory.writes, 0);
}

/* ---- what others wrote ---- */

/* It is opened, the record is not handed out, and it is counted. */
static void expect_refused(seal_rig *r, uint32_t id)
{
    kith_record record;
    uint32_t cursor = 0;
    bool told = false;

    assert_int_equal(seal_reopen(r), KITH_OK);
    assert_int_equal(r->state.damaged, 1);
    assert_true(seal_lacks(r, id));
    while (r->store.read(r->store.context, &cursor, &record) == KITH_OK)
        told |= record.kind == KITH_RECORD_BOND && record.id == id && record.removed && record.len == 0;
    assert_true(told);
    assert_true(seal_holds(r, 2, 0x22, LEN));
}

static void every_flipped_bit_is_seen(void **state)
{
    seal_rig r;
    kith_record *record;

    (void)state;
    open_used(&r, false);
    record = stored(&r, KITH_RECORD_BOND, 1);
    for (unsigned bit = 0; bit < record->len * 8u; bit++) {
        kith_status status;

        record->octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        status = seal_reopen(&r);
        if (status == KITH_OK)
            expect_refused(&r, 1);
        else if (bit < 8)
            assert_int_equal(status, KITH_ERR_NEWER);
        else
            assert_int_equal(status, bit >= 8 && bit < 24 ? KITH_ERR_NO_KEY : KITH_OK);
        record->octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, LEN));
}

static void every_other_length_is_seen(void **state)
{
    seal_rig r;
    kith_record *record, whole;

    (void)state;
    open_used(&r, false);
    record = stored(&r, KITH_RECORD_BOND, 1);
    whole = *record;
    for (uint16_t len = 0; len <= KITH_STORED_MAX; len++) {
        record->len = len;
        if (len != whole.len)
            expect_refused(&r, 1);
    }
    record->len = whole.len;
    assert_int_equal(seal_reopen(&r), KITH_OK);
}

static void a_plain_record_is_not_believed(void **state)
{
    seal_rig r;
    kith_record plain = seal_record(KITH_RECORD_BOND, 1, 0x77, LEN);

    (void)state;
    open_used(&r, false);
    memory_add(&r.memory, &plain);
    expect_refused(&r, 1);
}

static void a_record_is_refused_under_another_id_or_kind(void **state)
{
    seal_rig r;
    kith_record moved;

    (void)state;
    open_used(&r, false);
    moved = *stored(&r, KITH_RECORD_BOND, 2);
    moved.id = 1;
    memory_add(&r.memory, &moved);
    expect_refused(&r, 1);
    open_used(&r, false);
    moved = *stored(&r, KITH_RECORD_STATE - 1, 2);
    moved.kind = KITH_RECORD_STATE;
    memory_add(&r.memory, &moved);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 1);
    assert_true(seal_store_lacks(&r.store, KITH_RECORD_STATE, 2));
}

static void two_records_that_changed_places_are_refused(void **state)
{
    seal_rig r;
    kith_record one, two;

    (void)state;
    open_used(&r, false);
    one = *stored(&r, KITH_RECORD_BOND, 1);
    two = *stored(&r, KITH_RECORD_BOND, 2);
    one.id = 2;
    two.id = 1;
    memory_add(&r.memory, &one);
    memory_add(&r.memory, &two);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 2);
    assert_true(seal_lacks(&r, 1) && seal_lacks(&r, 2));
}

/* Of another device, and of another store of this one. */
static void a_record_of_another_store_is_refused(void **state)
{
    static const uint8_t devices[] = {1, 0};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        seal_rig r, other;

        open_used(&r, false);
        seal_make(&other, devices[i], false);
        other.device.seed = 99;
        assert_int_equal(seal_reopen(&other), KITH_OK);
        assert_int_equal(seal_put(&other, 1, 0x11, LEN), KITH_OK);
        memory_add(&r.memory, stored(&other, KITH_RECORD_BOND, 1));
        expect_refused(&r, 1);
    }
}

static void a_record_that_names_another_generation_is_refused(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, false);
    r.device.newest = 2;
    stored(&r, KITH_RECORD_BOND, 1)->octets[1] = 2;
    expect_refused(&r, 1);
}

static void what_was_refused_can_be_put_anew_and_removed(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, false);
    stored(&r, KITH_RECORD_BOND, 1)->octets[40] ^= 1;
    expect_refused(&r, 1);
    assert_int_equal(seal_put(&r, 1, 0x12, LEN), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 0);
    assert_true(seal_holds(&r, 1, 0x12, LEN));
    stored(&r, KITH_RECORD_BOND, 1)->octets[40] ^= 1;
    assert_int_equal(seal_remove(&r, 1), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 0);
}

/* A failure of the port or the medium is not taken for damage. */
static void a_port_that_fails_loses_no_record(void **state)
{
    seal_rig r;
    kith_record record;
    uint32_t cursor = 0;

    (void)state;
    open_used(&r, false);
    r.device.key_fault = KITH_ERR_STORAGE;
    assert_int_equal(r.store.read(r.store.context, &cursor, &record), KITH_ERR_STORAGE);
    assert_int_equal(seal_reopen(&r), KITH_ERR_STORAGE);
    r.device.key_fault = KITH_OK;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, LEN));
    assert_int_equal(r.state.damaged, 0);
}

/* ---- what cannot be opened at all ---- */

static void expect_left_alone(seal_rig *r, kith_status why)
{
    seal_memory before;
    kith_record record;
    uint32_t cursor = 0;

    before = r->memory;
    assert_int_equal(seal_reopen(r), why);
    assert_int_equal(r->store.read(r->store.context, &cursor, &record), why);
    assert_int_equal(record.len, 0);
    assert_int_equal(seal_put(r, 1, 0x55, LEN), why);
    assert_int_equal(seal_remove(r, 1), why);
    assert_int_equal(r->memory.writes, before.writes);
    assert_int_equal(r->memory.used, before.used);
    assert_memory_equal(r->memory.of, before.of, sizeof before.of);
}

static void without_the_device_key_nothing_is_written(void **state)
{
    seal_rig r;

    (void)state;
    seal_make(&r, 0, false);
    r.device.oldest = r.device.newest = 5;
    expect_left_alone(&r, KITH_ERR_NO_KEY);
    open_used(&r, false);
    r.device.oldest = r.device.newest = 2;
    expect_left_alone(&r, KITH_ERR_NO_KEY);
    seal_start(&r, 2);
    expect_left_alone(&r, KITH_ERR_NO_KEY);
    r.device.oldest = r.device.newest = 1;
    seal_start(&r, 1);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, LEN));
}

static void another_devices_store_is_damaged_as_a_whole(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, false);
    r.device.number = 3;
    expect_left_alone(&r, KITH_ERR_DAMAGED);
    open_used(&r, false);
    memory_wipe(&r.memory, KITH_RECORD_SEAL, 0);
    expect_left_alone(&r, KITH_ERR_DAMAGED);
}

static void a_later_version_is_told_and_left_alone(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, false);
    stored(&r, KITH_RECORD_BOND, 2)->octets[0] = 0x82;
    expect_left_alone(&r, KITH_ERR_NEWER);
    open_used(&r, false);
    stored(&r, KITH_RECORD_SEAL, 0)->octets[0] = 0x82;
    expect_left_alone(&r, KITH_ERR_NEWER);
}

static void a_plain_store_is_told_and_left_alone(void **state)
{
    seal_rig r;
    kith_record plain = seal_record(KITH_RECORD_BOND, 1, 0x11, LEN);

    (void)state;
    seal_make(&r, 0, false);
    memory_add(&r.memory, &plain);
    expect_left_alone(&r, KITH_ERR_UNSEALED);
}

/* A host whose program forgot to seal: it stops with a name, and nothing is lost. */
static void a_plain_reader_says_newer(void **state)
{
    seal_rig r;
    peers_bond bond;
    peers_device device;

    (void)state;
    open_used(&r, false);
    assert_int_equal(peers_decode_bond(stored(&r, KITH_RECORD_BOND, 1), &bond), KITH_ERR_NEWER);
    assert_int_equal(peers_decode_device(stored(&r, KITH_RECORD_DEVICE, 0), &device), KITH_ERR_NEWER);
}

static void factory_reset_works_whatever_is_there(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, true);
    memory_wipe(&r.memory, KITH_RECORD_SEAL, 0);
    assert_int_equal(seal_reopen(&r), KITH_ERR_DAMAGED);
    assert_int_equal(r.store.erase(r.store.context, &r.state), KITH_OK);
    assert_true(seal_lacks(&r, 1));
    assert_int_equal(seal_put(&r, 1, 0x12, LEN), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x12, LEN));
}

static void what_is_no_configuration_is_refused(void **state)
{
    seal_rig r;
    kith_store out;
    kith_sealed_config config;

    (void)state;
    seal_make(&r, 0, true);
    config = (kith_sealed_config){NULL, &r.device.port, 1};
    assert_int_equal(kith_sealed_store_init(&r.sealed, &config, &out), KITH_ERR_VALUE);
    config = (kith_sealed_config){&r.inner, NULL, 1};
    assert_int_equal(kith_sealed_store_init(&r.sealed, &config, &out), KITH_ERR_VALUE);
    config.crypto = &r.device.port;
    r.device.port.counter_advance = NULL;
    assert_int_equal(kith_sealed_store_init(&r.sealed, &config, &out), KITH_ERR_VALUE);
    r.device.port.counter_read = NULL;
    r.inner.erase = NULL;
    assert_int_equal(kith_sealed_store_init(&r.sealed, &config, &out), KITH_OK);
    assert_null(out.erase);
    r.device.port.device_key = NULL;
    assert_int_equal(kith_sealed_store_init(&r.sealed, &config, &out), KITH_ERR_VALUE);
}

static void its_own_records_are_nobody_elses(void **state)
{
    seal_rig r;
    kith_record own = seal_record(KITH_RECORD_SEAL, 0, 1, LEN), large = seal_record(KITH_RECORD_BOND, 1, 1, LEN);

    (void)state;
    open_used(&r, true);
    large.len = KITH_RECORD_MAX + 1;
    assert_int_equal(seal_store_put(&r.store, &own, &r.state), KITH_ERR_VALUE);
    assert_int_equal(seal_store_put(&r.store, &large, &r.state), KITH_ERR_VALUE);
    assert_int_equal(r.store.remove(r.store.context, KITH_RECORD_SEAL, 0, &r.state), KITH_ERR_VALUE);
    assert_true(seal_holds(&r, 1, 0x11, LEN));
}

/* ---- what is brought back ---- */

static void without_a_counter_an_earlier_state_is_not_seen(void **state)
{
    seal_rig r;
    seal_memory earlier;

    (void)state;
    open_used(&r, false);
    earlier = r.memory;
    assert_int_equal(seal_remove(&r, 1), KITH_OK);
    r.memory = earlier;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, LEN)); /* docs/sealing.md says so */
}

static void with_a_counter_an_earlier_state_is_refused(void **state)
{
    seal_rig r;
    seal_memory earlier[6], now;

    (void)state;
    open_new(&r, 0, true);
    earlier[0] = r.memory;
    assert_int_equal(seal_put(&r, 1, 0x11, LEN), KITH_OK);
    earlier[1] = r.memory;
    assert_int_equal(seal_put(&r, 2, 0x22, LEN), KITH_OK);
    earlier[2] = r.memory;
    assert_int_equal(seal_put(&r, 1, 0x12, LEN), KITH_OK);
    earlier[3] = r.memory;
    assert_int_equal(seal_remove(&r, 1), KITH_OK);
    earlier[4] = r.memory;
    assert_int_equal(seal_put(&r, 2, 0x23, LEN), KITH_OK);
    now = r.memory;
    memset(&earlier[5], 0, sizeof earlier[5]); /* as from the factory */
    earlier[5].power = &r.power;
    earlier[5].capacity = 40;
    for (unsigned i = 0; i < 6; i++) {
        r.memory = earlier[i];
        expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    }
    r.memory = now;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_lacks(&r, 1));
    assert_true(seal_holds(&r, 2, 0x23, LEN));
}

static void with_a_counter_one_earlier_record_is_refused(void **state)
{
    seal_rig r;
    kith_record bond, manifest, second;
    seal_memory now;

    (void)state;
    open_used(&r, true);
    bond = *stored(&r, KITH_RECORD_BOND, 1);
    second = *stored(&r, KITH_RECORD_BOND, 2);
    manifest = *stored(&r, KITH_RECORD_SEAL, 1);
    assert_int_equal(seal_put(&r, 1, 0x12, LEN), KITH_OK);
    assert_int_equal(seal_remove(&r, 2), KITH_OK);
    now = r.memory;
    memory_add(&r.memory, &bond); /* an earlier version */
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    r.memory = now;
    memory_add(&r.memory, &second); /* one that was removed */
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    memory_add(&r.memory, &bond);
    memory_add(&r.memory, &manifest); /* all of it */
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    r.memory = now;
    memory_wipe(&r.memory, KITH_RECORD_BOND, 1); /* one is missing */
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    r.memory = now;
    memory_wipe(&r.memory, KITH_RECORD_SEAL, 1);
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    r.memory = now;
    assert_int_equal(seal_reopen(&r), KITH_OK);
}

/* The change that a cut abandoned does not come true later. */
static void an_abandoned_step_stays_abandoned(void **state)
{
    seal_rig r;
    kith_record manifest, bond;

    (void)state;
    open_used(&r, true);
    r.power.cut_in = 3; /* manifest and record are done; the counter is not */
    assert_int_equal(seal_put(&r, 1, 0x12, LEN), KITH_ERR_STORAGE);
    manifest = *stored(&r, KITH_RECORD_SEAL, 1);
    bond = *stored(&r, KITH_RECORD_BOND, 1);
    r.memory.used--; /* as if the cut had come one earlier */
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, LEN));
    memory_add(&r.memory, &bond);
    memory_add(&r.memory, &manifest);
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
}

static void a_person_may_accept_what_is_there(void **state)
{
    seal_rig r;
    seal_memory earlier;

    (void)state;
    open_used(&r, true);
    earlier = r.memory;
    assert_int_equal(seal_put(&r, 1, 0x12, LEN), KITH_OK);
    r.memory = earlier;
    assert_int_equal(seal_reopen(&r), KITH_ERR_ROLLED_BACK);
    assert_int_equal(kith_sealed_store_accept(&r.sealed, &r.state), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, LEN));
    earlier = r.memory;
    assert_int_equal(seal_put(&r, 1, 0x13, LEN), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x13, LEN));
    r.memory = earlier;
    assert_int_equal(seal_reopen(&r), KITH_ERR_ROLLED_BACK);
}

static void damage_under_a_counter_has_a_name_and_can_be_accepted(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, true);
    stored(&r, KITH_RECORD_BOND, 1)->octets[40] ^= 1;
    expect_left_alone(&r, KITH_ERR_DAMAGED);
    assert_int_equal(kith_sealed_store_accept(&r.sealed, &r.state), KITH_OK);
    assert_int_equal(r.state.damaged, 1);
    expect_refused(&r, 1);
    assert_int_equal(seal_put(&r, 1, 0x12, LEN), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x12, LEN));
}

static void a_store_goes_under_a_counter_by_consent_and_not_out_of_it(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, false);
    r.device.port.counter_read = counter_read;
    r.device.port.counter_advance = counter_advance;
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    assert_int_equal(kith_sealed_store_accept(&r.sealed, NULL), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    r.device.port.counter_read = NULL;
    r.device.port.counter_advance = NULL;
    expect_left_alone(&r, KITH_ERR_UNSUPPORTED);
}

/* ---- room ---- */

static void a_full_store_still_removes(void **state)
{
    seal_rig r;
    uint32_t id = 1;

    (void)state;
    seal_make(&r, 0, true);
    r.memory.capacity = r.memory.state.room = 8;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    while (r.state.room > 0)
        assert_int_equal(seal_put(&r, id++, 0x11, LEN), KITH_OK);
    assert_int_equal(seal_put(&r, id, 0x11, LEN), KITH_ERR_FULL);
    assert_true(id > 3);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    while (--id > 0)
        assert_int_equal(seal_remove(&r, id), KITH_OK);
    assert_int_equal(seal_put(&r, 1, 0x11, LEN), KITH_OK);
}

/* ---- conversion ---- */

static void make_plain(seal_rig *r, bool counts, uint32_t bonds)
{
    kith_record record = seal_record(KITH_RECORD_DEVICE, 0, 9, 23);

    seal_make(r, 0, counts);
    memory_add(&r->memory, &record);
    for (uint32_t id = 1; id <= bonds; id++) {
        record = seal_record(KITH_RECORD_BOND, id, 0x11, LEN);
        memory_add(&r->memory, &record);
    }
    record = seal_record(KITH_RECORD_BOND, 1, 0x12, LEN);
    memory_add(&r->memory, &record);
}

static void a_plain_store_can_be_sealed(void **state)
{
    static const bool counts[] = {false, true};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        seal_rig r;

        make_plain(&r, counts[i], 20);
        assert_int_equal(kith_sealed_store_convert(&r.sealed, &r.state), KITH_OK);
        assert_int_equal(seal_reopen(&r), KITH_OK);
        assert_int_equal(r.state.damaged, 0);
        assert_true(seal_holds(&r, 1, 0x12, LEN));
        for (uint32_t id = 2; id <= 20; id++)
            assert_true(seal_holds(&r, id, 0x11, LEN));
        for (uint32_t id = 1; id <= 20; id++)
            for (uint8_t fill = 0x11; fill <= 0x12; fill++)
                assert_false(memory_holds(&r.memory, seal_record(KITH_RECORD_BOND, id, fill, LEN).octets + 1, 8));
        assert_null(memory_find(&r.memory, KITH_RECORD_SEAL, 2));
        assert_null(memory_find(&r.memory, KITH_RECORD_SEAL, 3));
    }
}

static void a_store_with_no_room_to_seal_stays_plain(void **state)
{
    seal_rig r;

    (void)state;
    make_plain(&r, false, 20);
    r.memory.capacity = 30;
    assert_int_equal(kith_sealed_store_convert(&r.sealed, &r.state), KITH_ERR_FULL);
    assert_int_equal(r.memory.writes, 0);
}

static void converting_what_is_sealed_changes_nothing(void **state)
{
    seal_rig r;
    kith_record plain = seal_record(KITH_RECORD_BOND, 1, 0x77, LEN);

    (void)state;
    open_used(&r, false);
    memory_add(&r.memory, &plain);
    assert_int_equal(kith_sealed_store_convert(&r.sealed, &r.state), KITH_OK);
    expect_refused(&r, 1); /* nobody smuggles a record in with it */
}

/* ---- rotation ---- */

static void after_rotation_the_earlier_key_is_not_needed(void **state)
{
    static const bool counts[] = {false, true};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        seal_rig r;

        open_used(&r, counts[i]);
        for (uint32_t id = 3; id <= 25; id++)
            assert_int_equal(seal_put(&r, id, 0x33, LEN), KITH_OK);
        assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_ERR_NO_KEY);
        r.device.newest = 2;
        assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_OK);
        r.device.oldest = 2;
        assert_true(seal_holds(&r, 1, 0x11, LEN));
        seal_start(&r, 2);
        assert_int_equal(seal_reopen(&r), KITH_OK);
        assert_int_equal(r.state.damaged, 0);
        for (uint32_t id = 3; id <= 25; id++)
            assert_true(seal_holds(&r, id, 0x33, LEN));
        assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_OK);
    }
}

static void rotation_leaves_what_is_not_authentic(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, false);
    r.device.newest = 2;
    stored(&r, KITH_RECORD_BOND, 1)->octets[40] ^= 1;
    assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_ERR_CRYPTO); /* it was sound when opened */
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_OK);
    assert_int_equal(r.state.damaged, 1);
    expect_refused(&r, 1);
}

/* ---- power cuts between operations ---- */

typedef struct {
    const char *name;
    void (*make)(seal_rig *r, bool counts);
    kith_status (*begin)(seal_rig *r);
} step;

static void make_used(seal_rig *r, bool counts)
{
    open_used(r, counts);
    r->device.newest = 2;
}

static void make_blank(seal_rig *r, bool counts)
{
    seal_make(r, 0, counts);
}

static void make_few_plain(seal_rig *r, bool counts)
{
    make_plain(r, counts, 3);
}

static kith_status begin_put(seal_rig *r)
{
    return seal_put(r, 1, 0x99, LEN);
}

static kith_status begin_another(seal_rig *r)
{
    return seal_put(r, 3, 0x99, LEN);
}

static kith_status begin_removal(seal_rig *r)
{
    return seal_remove(r, 1);
}

static kith_status begin_rotation(seal_rig *r)
{
    return kith_sealed_store_rotate(&r->sealed, 2, &r->state);
}

static kith_status begin_conversion(seal_rig *r)
{
    return kith_sealed_store_convert(&r->sealed, &r->state);
}

static kith_status begin_opening(seal_rig *r)
{
    return r->store.open(r->store.context, &r->state);
}

static kith_status begin_accepting(seal_rig *r)
{
    return kith_sealed_store_accept(&r->sealed, &r->state);
}

static const step steps[] = {
    {"replacing", make_used, begin_put},
    {"another", make_used, begin_another},
    {"removing", make_used, begin_removal},
    {"rotating", make_used, begin_rotation},
    {"converting", make_few_plain, begin_conversion},
    {"the first opening", make_blank, begin_opening},
    {"accepting", make_used, begin_accepting},
};

/* Of record 1: what it may be after this step. */
static void check_first(seal_rig *r, const step *s, kith_status answer)
{
    bool is_old = seal_holds(r, 1, s->make == make_few_plain ? 0x12 : 0x11, LEN);

    if (s->begin == begin_put)
        assert_true(seal_holds(r, 1, 0x99, LEN) || (is_old && answer != KITH_OK));
    else if (s->begin == begin_removal)
        assert_true(seal_lacks(r, 1) || (is_old && answer != KITH_OK));
    else
        assert_true(s->make == make_blank ? seal_lacks(r, 1) : is_old);
}

/* Cut short, converting is to be gone on with. */
static kith_status recover(seal_rig *r, const step *s)
{
    kith_status status = begin_opening(r);

    return s->begin == begin_conversion && status == KITH_ERR_UNSEALED ? begin_conversion(r) : status;
}

static void check_usable(seal_rig *r, const step *s, kith_status answer)
{
    kith_record device = seal_record(KITH_RECORD_DEVICE, 0, 9, 23);

    assert_int_equal(r->state.damaged, 0);
    check_first(r, s, answer);
    if (s->make != make_blank)
        assert_true(seal_store_holds(&r->store, &device));
    if (s->begin == begin_another)
        assert_true(seal_holds(r, 3, 0x99, LEN) || (seal_lacks(r, 3) && answer != KITH_OK));
    assert_int_equal(seal_put(r, 8, 0x88, LEN), KITH_OK);
    assert_int_equal(seal_remove(r, 2), KITH_OK);
    assert_int_equal(seal_reopen(r), KITH_OK);
    assert_true(seal_holds(r, 8, 0x88, LEN));
    assert_true(seal_lacks(r, 2));
    check_first(r, s, answer);
    if (s->begin == begin_rotation) {
        assert_int_equal(begin_rotation(r), KITH_OK);
        r->device.oldest = 2;
        assert_int_equal(seal_reopen(r), KITH_OK);
        check_first(r, s, answer);
    }
}

/* Cuts the step and then its recovery; answers whether both cuts fell. */
static bool cut_step(const step *s, bool counts, uint32_t at, uint32_t again, unsigned done)
{
    static seal_rig r;
    kith_status answer, status;
    bool fell;

    s->make(&r, counts);
    r.power = (seal_power){.cut_in = at, .done = (done & 1) != 0};
    answer = s->begin(&r);
    fell = r.power.off;
    if (again != 0) {
        seal_start(&r, 1);
        r.power = (seal_power){.cut_in = again, .done = (done & 2) != 0};
        (void)recover(&r, s);
        fell = r.power.off;
    }
    seal_start(&r, 1);
    status = recover(&r, s);
    if (status != KITH_OK)
        fail_msg("%s, cut at %u and %u: %s", s->name, (unsigned)at, (unsigned)again, kith_status_name(status));
    check_usable(&r, s, answer);
    return fell;
}

static void no_cut_between_operations_locks_it_up(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++)
        for (unsigned kind = 0; kind < 8; kind++) {
            bool counts = (kind & 4) != 0;

            for (uint32_t at = 1; cut_step(&steps[i], counts, at, 0, kind & 3); at++, tried++)
                for (uint32_t again = 1; cut_step(&steps[i], counts, at, again, kind & 3); again++)
                    tried++;
        }
    fprintf(stderr, "%u power cuts between operations tried\n", tried);
    assert_true(tried > 500);
}

/* ---- device keys ---- */

static void device_keys_come_from_a_secret(void **state)
{
    kith_device_keys keys;
    kith_crypto_port port;
    uint8_t secret[32], key[16];

    (void)state;
    for (uint8_t i = 0; i < 32; i++)
        secret[i] = i;
    memset(&keys, 0, sizeof keys);
    assert_int_equal(kith_openssl_port(&port), KITH_OK);
    assert_null(port.device_key);
    assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, 15), KITH_ERR_VALUE);
    assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, 33), KITH_ERR_VALUE);
    assert_null(port.device_key);
    assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, 16), KITH_OK);
    assert_int_equal(kith_device_keys_add(&keys, &port, 0x0203, secret, 32), KITH_OK);
    assert_int_equal(port.device_key(port.context, 1, key), KITH_OK);
    assert_memory_equal(key, vector_seal_key_16, 16);
    assert_int_equal(port.device_key(port.context, 0x0203, key), KITH_OK);
    assert_memory_equal(key, vector_seal_key_32, 16);
    assert_int_equal(port.device_key(port.context, 2, key), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_device_keys_add(&keys, &port, 7, secret, 32), KITH_ERR_FULL);
    assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, 32), KITH_OK);
    kith_device_keys_drop(&keys, 1);
    assert_int_equal(port.device_key(port.context, 1, key), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_device_keys_add(&keys, &port, 7, secret, 20), KITH_OK);
}

static void a_store_is_sealed_with_such_keys_on_both_backends(void **state)
{
    static kith_status (*const ports[])(kith_crypto_port *) = {kith_openssl_port, kith_psa_port};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        seal_rig r;
        kith_device_keys keys = {0};
        kith_crypto_port port;
        kith_sealed_config config = {&r.inner, &port, 1};
        static const uint8_t secret[20] = "twenty octets secret";

        seal_make(&r, 0, false);
        assert_int_equal(ports[i](&port), KITH_OK);
        assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, sizeof secret), KITH_OK);
        assert_int_equal(kith_sealed_store_init(&r.sealed, &config, &r.store), KITH_OK);
        assert_int_equal(r.store.open(r.store.context, &r.state), KITH_OK);
        assert_int_equal(seal_put(&r, 1, 0x11, LEN), KITH_OK);
        assert_int_equal(kith_device_keys_add(&keys, &port, 2, secret, sizeof secret), KITH_OK);
        assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_OK);
        kith_device_keys_drop(&keys, 1);
        assert_true(seal_holds(&r, 1, 0x11, LEN));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_comes_back),
        cmocka_unit_test(nothing_that_was_put_can_be_read_below),
        cmocka_unit_test(both_backends_seal_the_same),
        cmocka_unit_test(a_random_source_that_repeats_repeats_no_nonce),
        cmocka_unit_test(a_random_source_that_fails_writes_nothing),
        cmocka_unit_test(every_flipped_bit_is_seen),
        cmocka_unit_test(every_other_length_is_seen),
        cmocka_unit_test(a_plain_record_is_not_believed),
        cmocka_unit_test(a_record_is_refused_under_another_id_or_kind),
        cmocka_unit_test(two_records_that_changed_places_are_refused),
        cmocka_unit_test(a_record_of_another_store_is_refused),
        cmocka_unit_test(a_record_that_names_another_generation_is_refused),
        cmocka_unit_test(what_was_refused_can_be_put_anew_and_removed),
        cmocka_unit_test(a_port_that_fails_loses_no_record),
        cmocka_unit_test(without_the_device_key_nothing_is_written),
        cmocka_unit_test(another_devices_store_is_damaged_as_a_whole),
        cmocka_unit_test(a_later_version_is_told_and_left_alone),
        cmocka_unit_test(a_plain_store_is_told_and_left_alone),
        cmocka_unit_test(a_plain_reader_says_newer),
        cmocka_unit_test(factory_reset_works_whatever_is_there),
        cmocka_unit_test(what_is_no_configuration_is_refused),
        cmocka_unit_test(its_own_records_are_nobody_elses),
        cmocka_unit_test(without_a_counter_an_earlier_state_is_not_seen),
        cmocka_unit_test(with_a_counter_an_earlier_state_is_refused),
        cmocka_unit_test(with_a_counter_one_earlier_record_is_refused),
        cmocka_unit_test(an_abandoned_step_stays_abandoned),
        cmocka_unit_test(a_person_may_accept_what_is_there),
        cmocka_unit_test(damage_under_a_counter_has_a_name_and_can_be_accepted),
        cmocka_unit_test(a_store_goes_under_a_counter_by_consent_and_not_out_of_it),
        cmocka_unit_test(a_full_store_still_removes),
        cmocka_unit_test(a_plain_store_can_be_sealed),
        cmocka_unit_test(a_store_with_no_room_to_seal_stays_plain),
        cmocka_unit_test(converting_what_is_sealed_changes_nothing),
        cmocka_unit_test(after_rotation_the_earlier_key_is_not_needed),
        cmocka_unit_test(rotation_leaves_what_is_not_authentic),
        cmocka_unit_test(no_cut_between_operations_locks_it_up),
        cmocka_unit_test(device_keys_come_from_a_secret),
        cmocka_unit_test(a_store_is_sealed_with_such_keys_on_both_backends),
        cmocka_unit_test(octets_are_as_the_document_says),
    };

    return cmocka_run_group_tests_name("sealed store", tests, NULL, NULL);
}
