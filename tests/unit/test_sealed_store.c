/* A sealed store: what is put comes back; what anybody else wrote, moved or copied does not; and what cannot be opened
 * is left as it is. */
#include "peers/record.h"
#include "test_seal_support.h"
#include "tests/vectors/seal.h"

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
        assert_int_equal(seal_put(&r, 2, 0x23, SEAL_LEN + 1), KITH_OK);
        for (unsigned again = 0; again < 2; again++) {
            assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
            assert_true(seal_holds(&r, 2, 0x23, SEAL_LEN + 1));
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
        assert_true(seal_holds(&r, 2, 0x23, SEAL_LEN + 1));
    }
}

static void nothing_that_was_put_can_be_read_below(void **state)
{
    seal_rig r;
    kith_record plain = seal_record(KITH_RECORD_BOND, 1, 0x11, SEAL_LEN);

    (void)state;
    open_used(&r, true);
    for (size_t i = 0; i + 8 <= SEAL_LEN; i++)
        assert_false(memory_holds(&r.memory, plain.octets + i, 8));
    assert_false(memory_holds(&r.memory, r.sealed.identity, 8));
    assert_false(memory_holds(&r.memory, r.sealed.digest_key, 8));
    assert_int_equal(stored(&r, KITH_RECORD_BOND, 1)->len, SEAL_LEN + 32);
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
    assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
    assert_int_equal(seal_put(&r, 5, 0x55, SEAL_LEN), KITH_OK);
    assert_true(seal_holds(&r, 5, 0x55, SEAL_LEN));
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
            assert_int_equal(seal_put(&r, id, fill, id == 20 ? SEAL_LEN - 1 : SEAL_LEN), KITH_OK);
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
    assert_int_equal(seal_put(&r, 1, 0x99, SEAL_LEN), KITH_ERR_ENTROPY);
    assert_int_equal(r.memory.writes, writes);
    r.device.random = RANDOM_SEEDED;
    assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
    seal_make(&r, 0, false);
    r.device.random = RANDOM_FAILS;
    assert_int_equal(seal_reopen(&r), KITH_ERR_ENTROPY);
    assert_int_equal(r.memory.writes, 0);
}

/* ---- what others wrote ---- */

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
    assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
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
    kith_record plain = seal_record(KITH_RECORD_BOND, 1, 0x77, SEAL_LEN);

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
        assert_int_equal(seal_put(&other, 1, 0x11, SEAL_LEN), KITH_OK);
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
    assert_int_equal(seal_put(&r, 1, 0x12, SEAL_LEN), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_int_equal(r.state.damaged, 0);
    assert_true(seal_holds(&r, 1, 0x12, SEAL_LEN));
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
    assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
    assert_int_equal(r.state.damaged, 0);
}

/* ---- what cannot be opened at all ---- */

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
    assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
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
    kith_record plain = seal_record(KITH_RECORD_BOND, 1, 0x11, SEAL_LEN);

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
    assert_int_equal(seal_put(&r, 1, 0x12, SEAL_LEN), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x12, SEAL_LEN));
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
    kith_record own = seal_record(KITH_RECORD_SEAL, 0, 1, SEAL_LEN),
                large = seal_record(KITH_RECORD_BOND, 1, 1, SEAL_LEN);

    (void)state;
    open_used(&r, true);
    large.len = KITH_RECORD_MAX + 1;
    assert_int_equal(seal_store_put(&r.store, &own, &r.state), KITH_ERR_VALUE);
    assert_int_equal(seal_store_put(&r.store, &large, &r.state), KITH_ERR_VALUE);
    assert_int_equal(r.store.remove(r.store.context, KITH_RECORD_SEAL, 0, &r.state), KITH_ERR_VALUE);
    assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
}

/* ---- the document ---- */

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
        cmocka_unit_test(octets_are_as_the_document_says),
    };

    return cmocka_run_group_tests_name("sealed store", tests, NULL, NULL);
}
