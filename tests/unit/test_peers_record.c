/* Bond and device records: every octet as docs/bond-format.md has it, and no octet believed that cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "peers/record.h"
#include "tests/vectors/store.h"

static const uint8_t irk[16] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
                                0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf};
static const uint8_t ltk[16] = {0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7,
                                0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf};

static peers_bond sample_bond(void)
{
    peers_bond bond = {.id = 1,
                       .identity = {KITH_ADDRESS_PUBLIC, {0x66, 0x55, 0x44, 0x33, 0x22, 0x11}},
                       .local = {KITH_ADDRESS_RANDOM, {0x55, 0x44, 0x33, 0x22, 0x11, 0xc0}},
                       .key_size = 16,
                       .level = KITH_LEVEL_SC_AUTHENTICATED,
                       .method = KITH_METHOD_NUMERIC_COMPARISON,
                       .key_kind = KITH_KEY_KIND_SC,
                       .has_ltk = true,
                       .initiator = true,
                       .made_s = 1767225600};

    memcpy(bond.irk, irk, sizeof irk);
    memcpy(bond.ltk, ltk, sizeof ltk);
    return bond;
}

static peers_bond signed_bond(void)
{
    peers_bond bond = sample_bond();

    bond.id = 7;
    bond.level = KITH_LEVEL_ENCRYPTED;
    bond.method = KITH_METHOD_JUST_WORKS;
    bond.key_kind = KITH_KEY_KIND_LEGACY;
    bond.key_size = 7;
    bond.initiator = false;
    memset(bond.ltk + 7, 0, 9);
    bond.ediv = 0x1234;
    bond.rand = UINT64_C(0x1122334455667788);
    bond.peer_class = 31;
    bond.has_my_ltk = true;
    bond.my_ediv = 0x4321;
    bond.my_rand = UINT64_C(0x8877665544332211);
    for (uint8_t i = 0; i < 7; i++)
        bond.my_ltk[i] = 0xe0 + i;
    memset(bond.irk, 0, sizeof bond.irk);
    for (uint8_t i = 0; i < 16; i++) {
        bond.my_csrk[i] = 0x20 + i;
        bond.peer_csrk[i] = 0x30 + i;
    }
    return bond;
}

static bool is_same_bond(const peers_bond *a, const peers_bond *b)
{
    return a->id == b->id && kith_address_equal(&a->identity, &b->identity) &&
           kith_address_equal(&a->local, &b->local) && memcmp(a->irk, b->irk, 16) == 0 &&
           memcmp(a->ltk, b->ltk, 16) == 0 && a->has_ltk == b->has_ltk && a->peer_class == b->peer_class &&
           a->ediv == b->ediv && a->rand == b->rand && memcmp(a->my_ltk, b->my_ltk, 16) == 0 &&
           a->has_my_ltk == b->has_my_ltk && a->my_ediv == b->my_ediv && a->my_rand == b->my_rand &&
           memcmp(a->my_csrk, b->my_csrk, 16) == 0 && memcmp(a->peer_csrk, b->peer_csrk, 16) == 0 &&
           a->key_size == b->key_size && a->level == b->level && a->method == b->method && a->key_kind == b->key_kind &&
           a->initiator == b->initiator && a->numbers_unseen == b->numbers_unseen && a->state == b->state &&
           a->made_s == b->made_s;
}

static void assert_octets(const kith_record *record, uint8_t kind, uint32_t id, const uint8_t *octets, size_t len)
{
    assert_int_equal(record->kind, kind);
    assert_int_equal(record->id, id);
    assert_false(record->removed);
    assert_int_equal(record->len, len);
    assert_memory_equal(record->octets, octets, len);
}

static void a_bond_is_written_as_the_document_says(void **state)
{
    peers_bond bond = sample_bond(), other = signed_bond();
    kith_record record;

    (void)state;
    peers_encode_bond(&bond, &record);
    assert_octets(&record, KITH_RECORD_BOND, 1, vector_bond, sizeof vector_bond);
    peers_encode_bond(&other, &record);
    assert_octets(&record, KITH_RECORD_BOND, 7, vector_signed_bond, sizeof vector_signed_bond);
}

static void a_bond_is_read_as_it_was_written(void **state)
{
    peers_bond bonds[3] = {sample_bond(), signed_bond(), sample_bond()}, back;
    kith_record record;

    (void)state;
    bonds[2].numbers_unseen = true;
    bonds[2].level = KITH_LEVEL_ENCRYPTED;
    bonds[2].state = PEERS_FORGETTING; /* never stored */
    for (int i = 0; i < 3; i++) {
        peers_encode_bond(&bonds[i], &record);
        assert_int_equal(peers_decode_bond(&record, &back), KITH_OK);
        bonds[i].state = PEERS_STANDS;
        assert_true(is_same_bond(&bonds[i], &back));
    }
}

static void a_device_is_written_and_read(void **state)
{
    peers_device device = {.static_address = {0x55, 0x44, 0x33, 0x22, 0x11, 0xc0}}, back;
    kith_record record;

    (void)state;
    memcpy(device.irk, irk, sizeof irk);
    peers_encode_device(&device, &record);
    assert_octets(&record, KITH_RECORD_DEVICE, 0, vector_device, sizeof vector_device);
    assert_int_equal(peers_decode_device(&record, &back), KITH_OK);
    assert_memory_equal(&back, &device, sizeof back);
}

static bool is_zero(const void *p, size_t len)
{
    const uint8_t *octets = p;

    for (size_t i = 0; i < len; i++)
        if (octets[i] != 0)
            return false;
    return true;
}

static kith_record record_of(const uint8_t *octets, size_t len, uint8_t kind, uint32_t id)
{
    kith_record record = {.kind = kind, .len = (uint16_t)len, .id = id};

    memcpy(record.octets, octets, len);
    return record;
}

static void refuse_bond(const kith_record *record, kith_status why)
{
    peers_bond out;

    memset(&out, 0xa5, sizeof out);
    assert_int_equal(peers_decode_bond(record, &out), why);
    assert_true(is_zero(&out, sizeof out));
}

/* Each of our identities has a record like the first. */
static void an_identity_is_written_under_its_number(void **state)
{
    peers_device device = {.irk = {1}, .static_address = {0x55, 0x44, 0x33, 0x22, 0x11, 0xc0}}, back;
    kith_record record;

    (void)state;
    for (device.number = 0; device.number <= KITH_RECORD_LAST_IDENTITY; device.number++) {
        assert_int_equal(kith_record_encode_device(&device, &record), KITH_OK);
        assert_int_equal(record.id, device.number);
        assert_int_equal(peers_decode_device(&record, &back), KITH_OK);
        assert_memory_equal(&back, &device, sizeof back);
    }
    assert_int_equal(kith_record_encode_device(&device, &record), KITH_ERR_VALUE);
}

static void refuse_device(const kith_record *record, kith_status why)
{
    peers_device out;

    memset(&out, 0xa5, sizeof out);
    assert_int_equal(peers_decode_device(record, &out), why);
    assert_true(is_zero(&out, sizeof out));
}

static void B12_a_field_without_a_possible_value_is_refused(void **state)
{
    static const struct {
        uint8_t at, value;
        const char *what;
    } wrong[] = {
        {0, 0, "version 0"},
        {1, 0x25, "an unknown flag"},
        {1, 0x01, "octets of an IRK that is not flagged"},
        {1, 0x0d, "a key too few"},
        {1, 0x07, "unseen numbers that authenticate"},
        {2, 1, "level 1"},
        {2, 5, "level 5"},
        {3, 0, "no method"},
        {3, 5, "method 5"},
        {3, 1, "Just Works that authenticates"},
        {4, 0, "no key kind"},
        {4, 3, "key kind 3"},
        {4, 2, "a legacy key of level 4"},
        {5, 6, "a key of 6 octets"},
        {5, 17, "17 octets"},
        {5, 15, "octets beyond the key's size"},
        {1, 0x45, "a legacy key of ours in a Secure Connections bond"},
        {6, 32, "class 32"},
        {7, 2, "identity of type 2"},
        {14, 2, "own identity of type 2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        kith_record record = record_of(vector_bond, sizeof vector_bond, KITH_RECORD_BOND, 1);

        record.octets[wrong[i].at] = wrong[i].value;
        print_message("%s\n", wrong[i].what);
        refuse_bond(&record, KITH_ERR_DAMAGED);
    }
}

static void a_private_address_is_nobodys_identity(void **state)
{
    static const uint8_t top[3] = {0x00, 0x40, 0x80};

    (void)state;
    for (int i = 0; i < 3; i++) {
        kith_record record = record_of(vector_bond, sizeof vector_bond, KITH_RECORD_BOND, 1);

        record.octets[7] = KITH_ADDRESS_RANDOM;
        record.octets[13] = top[i] | 5;
        refuse_bond(&record, KITH_ERR_DAMAGED);
        record = record_of(vector_bond, sizeof vector_bond, KITH_RECORD_BOND, 1);
        record.octets[20] = top[i] | 5; /* ours */
        refuse_bond(&record, KITH_ERR_DAMAGED);
        record = record_of(vector_device, sizeof vector_device, KITH_RECORD_DEVICE, 0);
        record.octets[22] = top[i] | 5;
        refuse_device(&record, KITH_ERR_DAMAGED);
    }
}

static void numbers_are_unseen_only_where_numbers_were_compared(void **state)
{
    kith_record record = record_of(vector_bond, sizeof vector_bond, KITH_RECORD_BOND, 1);
    peers_bond out;

    (void)state;
    record.octets[1] |= 0x02;
    record.octets[2] = KITH_LEVEL_ENCRYPTED;
    assert_int_equal(peers_decode_bond(&record, &out), KITH_OK);
    record.octets[3] = KITH_METHOD_PASSKEY;
    refuse_bond(&record, KITH_ERR_DAMAGED);
}

static void A17_a_key_of_zeros_is_none(void **state)
{
    kith_record record = record_of(vector_bond, sizeof vector_bond, KITH_RECORD_BOND, 1);

    (void)state;
    memset(record.octets + 41, 0, 16); /* the IRK, still flagged */
    refuse_bond(&record, KITH_ERR_DAMAGED);
    record = record_of(vector_device, sizeof vector_device, KITH_RECORD_DEVICE, 0);
    memset(record.octets + 1, 0, 16);
    refuse_device(&record, KITH_ERR_DAMAGED);
}

/* CVE-2019-2102: products have shipped with the specification's example. */
static void A24_a_key_that_everybody_knows_is_no_key(void **state)
{
    static const uint8_t sample[16] = {0xbf, 0x01, 0xfb, 0x9d, 0x4e, 0xf3, 0xbc, 0x36,
                                       0xd8, 0x74, 0xf5, 0x39, 0x41, 0x38, 0x68, 0x4c};
    kith_record record = record_of(vector_bond, sizeof vector_bond, KITH_RECORD_BOND, 1);

    (void)state;
    memcpy(record.octets + 25, sample, 16);
    refuse_bond(&record, KITH_ERR_DAMAGED);
    for (unsigned i = 0; i < 16; i++)
        record.octets[25 + i] = sample[15 - i];
    refuse_bond(&record, KITH_ERR_DAMAGED);
    memset(record.octets + 25, 0xff, 16);
    refuse_bond(&record, KITH_ERR_DAMAGED);
    memset(record.octets + 25, 0, 16);
    refuse_bond(&record, KITH_ERR_DAMAGED);
    record = record_of(vector_device, sizeof vector_device, KITH_RECORD_DEVICE, 0);
    memset(record.octets + 1, 0xff, 16);
    refuse_device(&record, KITH_ERR_DAMAGED);
}

static void the_length_is_exact(void **state)
{
    (void)state;
    for (uint16_t len = 0; len <= KITH_RECORD_MAX; len++) {
        kith_record record = record_of(vector_bond, sizeof vector_bond, KITH_RECORD_BOND, 1);

        record.len = len;
        if (len != sizeof vector_bond)
            refuse_bond(&record, KITH_ERR_DAMAGED);
        record = record_of(vector_device, sizeof vector_device, KITH_RECORD_DEVICE, 0);
        record.len = len;
        if (len != sizeof vector_device)
            refuse_device(&record, KITH_ERR_DAMAGED);
    }
}

static void a_later_version_is_told_apart(void **state)
{
    kith_record record = record_of(vector_bond, sizeof vector_bond, KITH_RECORD_BOND, 1);

    (void)state;
    record.octets[0] = 2;
    refuse_bond(&record, KITH_ERR_NEWER);
    record.len = 1;
    refuse_bond(&record, KITH_ERR_NEWER);
    record = record_of(vector_device, sizeof vector_device, KITH_RECORD_DEVICE, 0);
    record.octets[0] = 0xff;
    refuse_device(&record, KITH_ERR_NEWER);
}

static void what_is_no_such_record_is_refused(void **state)
{
    kith_record record = record_of(vector_bond, sizeof vector_bond, KITH_RECORD_BOND, 0);

    (void)state;
    refuse_bond(&record, KITH_ERR_DAMAGED); /* ID 0 is nobody */
    record.id = 1;
    record.kind = KITH_RECORD_DEVICE;
    refuse_bond(&record, KITH_ERR_DAMAGED);
    record.kind = KITH_RECORD_BOND;
    record.removed = true;
    refuse_bond(&record, KITH_ERR_DAMAGED);
    record.removed = false;
    record.len = KITH_RECORD_MAX + 1;
    refuse_bond(&record, KITH_ERR_DAMAGED);
    record.len = UINT16_MAX;
    refuse_bond(&record, KITH_ERR_DAMAGED);
    record = record_of(vector_device, sizeof vector_device, KITH_RECORD_DEVICE, 8); /* there are eight */
    refuse_device(&record, KITH_ERR_DAMAGED);
    record = record_of(vector_device, sizeof vector_device, KITH_RECORD_DEVICE, 256);
    refuse_device(&record, KITH_ERR_DAMAGED);
    record = record_of(vector_device, sizeof vector_device, KITH_RECORD_BOND, 0);
    refuse_device(&record, KITH_ERR_DAMAGED);
}

/* ---- the public codec: importers write with it, so it refuses what no reader would take ---- */

static kith_bond_record fields_of(const uint8_t *octets, size_t len, uint32_t id)
{
    kith_record record = record_of(octets, len, KITH_RECORD_BOND, id);
    kith_bond_record fields;

    assert_int_equal(kith_record_decode_bond(&record, &fields), KITH_OK);
    return fields;
}

static void refuse_to_encode(const kith_bond_record *bond)
{
    kith_record out;

    memset(&out, 0xa5, sizeof out);
    assert_int_equal(kith_record_encode_bond(bond, &out), KITH_ERR_VALUE);
    assert_true(is_zero(&out, sizeof out));
}

static void public_fields_are_those_of_the_document(void **state)
{
    kith_bond_record bond = fields_of(vector_signed_bond, sizeof vector_signed_bond, 7);
    kith_record record;

    (void)state;
    assert_true(bond.peer == 7 && bond.level == 2 && bond.method == KITH_METHOD_JUST_WORKS && bond.peer_class == 31);
    assert_true(bond.key_kind == KITH_KEY_KIND_LEGACY && bond.key_size == 7 && bond.has_ltk && bond.has_my_ltk);
    assert_true(bond.ediv == 0x1234 && bond.rand == UINT64_C(0x1122334455667788) && bond.ltk[0] == 0xc0);
    assert_true(bond.my_ediv == 0x4321 && bond.my_rand == UINT64_C(0x8877665544332211) && bond.my_ltk[0] == 0xe0);
    assert_true(bond.my_csrk[0] == 0x20 && bond.peer_csrk[0] == 0x30 && bond.made_s == 1767225600);
    assert_int_equal(kith_record_encode_bond(&bond, &record), KITH_OK);
    assert_octets(&record, KITH_RECORD_BOND, 7, vector_signed_bond, sizeof vector_signed_bond);
}

static void what_could_not_be_read_again_is_not_written(void **state)
{
    const kith_bond_record sc = fields_of(vector_bond, sizeof vector_bond, 1);
    const kith_bond_record legacy = fields_of(vector_signed_bond, sizeof vector_signed_bond, 7);
    kith_bond_record bond;
    kith_device_record device = {.irk = {1}};
    kith_record out;

    (void)state;
    bond = sc, bond.peer = 0, refuse_to_encode(&bond);
    bond = sc, bond.key_size = 200, refuse_to_encode(&bond);
    bond = sc, bond.level = 1, refuse_to_encode(&bond);
    bond = sc, bond.method = KITH_METHOD_NONE, refuse_to_encode(&bond);
    bond = sc, bond.identity.type = 2, refuse_to_encode(&bond);
    bond = sc, memset(bond.ltk, 0, 16), refuse_to_encode(&bond);
    bond = sc, bond.has_ltk = false, refuse_to_encode(&bond);
    bond = sc, bond.ediv = 1, refuse_to_encode(&bond); /* it would be lost on the way */
    bond = sc, bond.my_rand = 1, refuse_to_encode(&bond);
    bond = legacy, bond.has_ltk = false, refuse_to_encode(&bond);
    bond = legacy, bond.has_my_ltk = false, refuse_to_encode(&bond);
    assert_int_equal(kith_record_encode_device(&device, &out), KITH_ERR_VALUE); /* no static address */
    assert_true(is_zero(&out, sizeof out));
}

/* A store refuses kind 0, so it comes out when the bond is made and not at the next start. */
static void an_impossible_bond_makes_no_record(void **state)
{
    peers_bond bond = sample_bond();
    kith_record record;

    (void)state;
    bond.level = 0;
    peers_encode_bond(&bond, &record);
    assert_true(is_zero(&record, sizeof record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bond_is_written_as_the_document_says),
        cmocka_unit_test(a_bond_is_read_as_it_was_written),
        cmocka_unit_test(a_device_is_written_and_read),
        cmocka_unit_test(an_identity_is_written_under_its_number),
        cmocka_unit_test(B12_a_field_without_a_possible_value_is_refused),
        cmocka_unit_test(a_private_address_is_nobodys_identity),
        cmocka_unit_test(numbers_are_unseen_only_where_numbers_were_compared),
        cmocka_unit_test(A17_a_key_of_zeros_is_none),
        cmocka_unit_test(A24_a_key_that_everybody_knows_is_no_key),
        cmocka_unit_test(the_length_is_exact),
        cmocka_unit_test(a_later_version_is_told_apart),
        cmocka_unit_test(what_is_no_such_record_is_refused),
        cmocka_unit_test(public_fields_are_those_of_the_document),
        cmocka_unit_test(what_could_not_be_read_again_is_not_written),
        cmocka_unit_test(an_impossible_bond_makes_no_record),
    };

    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
