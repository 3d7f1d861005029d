/* The octets of a state record against docs/bond-format.md, and what is not one. */
#include "crypto_support.h"

#include <openssl/evp.h>

#include "../vectors/store.h"
#include "peers/bonds.h"

static const kith_state_record sample = {.peer = 7,
                                         .has_my_signing = true,
                                         .my_check = 0x44332211,
                                         .my_reserved = 64,
                                         .has_peer_signing = true,
                                         .peer_check = 0x88776655,
                                         .peer_last = 0x01020304};
static const kith_state_record peers_alone = {.peer = 900, .has_peer_signing = true, .peer_check = 0x88776655};

static kith_state_record full_state(void)
{
    kith_state_record full = sample;

    full.cccd_count = 2;
    full.cccds[0] = (kith_state_cccd){0x0010, 2};
    full.cccds[1] = (kith_state_cccd){0x0123, 3};
    full.features_len = 1;
    full.features[0] = 5;
    full.is_aware = true;
    for (uint8_t i = 0; i < 16; i++)
        full.aware_hash[i] = 0x50 + i;
    full.rank = 9;
    full.last_use = 0x01020305;
    full.resolution = KITH_STATE_YES;
    full.private_only = KITH_STATE_NO;
    full.pinned = true;
    return full;
}

static kith_state_record largest_state(void)
{
    kith_state_record largest = full_state();

    largest.cccd_count = KITH_STATE_CCCDS;
    for (uint16_t i = 0; i < KITH_STATE_CCCDS; i++)
        largest.cccds[i] = (kith_state_cccd){(uint16_t)(0x0100 + 3 * i), (uint16_t)(1 + i % 3)};
    largest.features_len = KITH_STATE_FEATURES;
    memcpy(largest.features, "\1\2\3\4", 4);
    largest.rank = largest.last_use = UINT32_MAX;
    largest.private_only = KITH_STATE_YES;
    return largest;
}

static bool is_same(const kith_state_record *a, const kith_state_record *b)
{
    return a->peer == b->peer && a->has_my_signing == b->has_my_signing && a->has_peer_signing == b->has_peer_signing &&
           a->my_check == b->my_check && a->my_reserved == b->my_reserved && a->peer_check == b->peer_check &&
           a->peer_last == b->peer_last && a->cccd_count == b->cccd_count &&
           memcmp(a->cccds, b->cccds, sizeof a->cccds) == 0 && a->features_len == b->features_len &&
           memcmp(a->features, b->features, sizeof a->features) == 0 && a->is_aware == b->is_aware &&
           memcmp(a->aware_hash, b->aware_hash, 16) == 0 && a->rank == b->rank && a->last_use == b->last_use &&
           a->resolution == b->resolution && a->private_only == b->private_only && a->pinned == b->pinned;
}

static void written_and_read(const kith_state_record *state, const uint8_t *wanted, size_t len)
{
    kith_record record;
    kith_state_record back;

    assert_int_equal(kith_record_encode_state(state, &record), KITH_OK);
    assert_int_equal(record.kind, KITH_RECORD_STATE);
    assert_int_equal(record.id, state->peer);
    assert_int_equal(record.len, len);
    assert_memory_equal(record.octets, wanted, len);
    assert_int_equal(kith_record_decode_state(&record, &back), KITH_OK);
    assert_true(is_same(state, &back));
}

static void a_state_is_written_and_read_as_the_document_says(void **state)
{
    const kith_state_record nothing = {.peer = 1}, full = full_state(), largest = largest_state();
    const uint8_t version[1] = {1};

    (void)state;
    written_and_read(&sample, vector_state, sizeof vector_state);
    written_and_read(&peers_alone, vector_peer_state, sizeof vector_peer_state);
    written_and_read(&nothing, version, sizeof version);
    written_and_read(&full, vector_full_state, sizeof vector_full_state);
    written_and_read(&largest, vector_largest_state, sizeof vector_largest_state);
    assert_int_equal(sizeof vector_largest_state, 190); /* as the document promises */
}

static void not_written(const kith_state_record *wrong)
{
    const kith_record nothing = {0};
    kith_record out;

    memset(&out, 0x5a, sizeof out);
    assert_int_equal(kith_record_encode_state(wrong, &out), KITH_ERR_VALUE);
    assert_memory_equal(&out, &nothing, sizeof out);
}

static void what_could_not_be_read_again_is_not_written(void **state)
{
    kith_state_record wrong;

    (void)state;
    wrong = full_state(), wrong.peer = 0, not_written(&wrong);
    wrong = full_state(), wrong.my_reserved = 0, not_written(&wrong);
    wrong = full_state(), wrong.cccd_count = KITH_STATE_CCCDS + 1, not_written(&wrong);
    wrong = full_state(), wrong.cccds[0].handle = 0, not_written(&wrong);
    wrong = full_state(), wrong.cccds[1].handle = wrong.cccds[0].handle, not_written(&wrong);
    wrong = full_state(), wrong.cccds[1].value = 0, not_written(&wrong);
    wrong = full_state(), wrong.cccds[1].value = 4, not_written(&wrong);
    wrong = full_state(), wrong.features_len = KITH_STATE_FEATURES + 1, not_written(&wrong);
    wrong = full_state(), wrong.resolution = 3, not_written(&wrong);
    wrong = full_state(), wrong.private_only = 3, not_written(&wrong);
}

/* Counters and use are what every host keeps in memory. */
static void parts_that_a_host_could_lose_are_seen(void **state)
{
    kith_state_record some;

    (void)state;
    assert_false(peers_tells_of_client(&sample));
    some = sample, some.cccd_count = 1, assert_true(peers_tells_of_client(&some));
    some = sample, some.features_len = 1, assert_true(peers_tells_of_client(&some));
    some = sample, some.is_aware = true, assert_true(peers_tells_of_client(&some));
    some = sample, some.rank = some.last_use = 1, some.pinned = true, assert_false(peers_tells_of_client(&some));
}

static kith_record good_record(void)
{
    kith_record record;

    assert_int_equal(kith_record_encode_state(&sample, &record), KITH_OK);
    return record;
}

static void refused(const kith_record *record, kith_status why)
{
    const kith_state_record nothing = {0};
    kith_state_record out;

    memset(&out, 0x5a, sizeof out);
    assert_int_equal(kith_record_decode_state(record, &out), why);
    assert_true(is_same(&out, &nothing));
}

static void what_is_no_state_is_refused(void **state)
{
    kith_record record;

    (void)state;
    for (uint16_t len = 0; len < sizeof vector_state; len++) {
        record = good_record();
        record.len = len;
        if (len != 1 && len != 11) /* a version alone, and one part: they are states */
            refused(&record, KITH_ERR_DAMAGED);
    }
    record = good_record(), record.len = 22;
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), record.len = KITH_RECORD_MAX + 1;
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), record.kind = KITH_RECORD_BOND;
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), record.id = 0;
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), record.removed = true;
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), record.octets[0] = 0;
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), record.octets[2] = 7; /* a part's length */
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), record.octets[1] = 0; /* a part's kind */
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), record.octets[11] = 1; /* twice */
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), record.octets[1] = 2, record.octets[11] = 1; /* out of order */
    refused(&record, KITH_ERR_DAMAGED);
    record = good_record(), memset(record.octets + 7, 0, 4); /* nothing was reserved */
    refused(&record, KITH_ERR_DAMAGED);
}

/* What a later version wrote is told, not lost by being written anew. */
static void what_is_newer_is_told(void **state)
{
    kith_record record = good_record();

    (void)state;
    record.octets[0] = 2;
    refused(&record, KITH_ERR_NEWER);
    record = good_record();
    record.octets[record.len++] = 9;
    record.octets[record.len++] = 0;
    refused(&record, KITH_ERR_NEWER);
    record = good_record();
    record.octets[record.len++] = 0xff;
    record.octets[record.len++] = 1;
    refused(&record, KITH_ERR_DAMAGED); /* cut short is no version's */
    record.octets[record.len++] = 0;
    refused(&record, KITH_ERR_NEWER);
}

/* Every part of a full record, with a length that is not its kind's, and values that cannot be. */
static void B12_a_part_that_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *what, *octets;
        uint8_t len;
    } wrong[] = {
        {"no CCCD", "\x03\x00", 2},
        {"half a CCCD", "\x03\x02\x10\x00", 4},
        {"a CCCD and a half", "\x03\x06\x10\x00\x01\x00\x11\x00", 8},
        {"handle 0", "\x03\x04\x00\x00\x01\x00", 6},
        {"value 0", "\x03\x04\x10\x00\x00\x00", 6},
        {"value 4", "\x03\x04\x10\x00\x04\x00", 6},
        {"value 0x0101", "\x03\x04\x10\x00\x01\x01", 6},
        {"one handle twice", "\x03\x08\x10\x00\x01\x00\x10\x00\x01\x00", 10},
        {"handles that descend", "\x03\x08\x11\x00\x01\x00\x10\x00\x01\x00", 10},
        {"no features", "\x04\x00", 2},
        {"five octets of features", "\x04\x05\x01\x02\x03\x04\x05", 7},
        {"a hash of 15", "\x05\x0f\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 17},
        {"rank 0", "\x06\x04\x00\x00\x00\x00", 6},
        {"a rank of 3", "\x06\x03\x01\x00\x00", 5},
        {"a rank of 5", "\x06\x05\x01\x00\x00\x00\x00", 7},
        {"last use 0", "\x07\x04\x00\x00\x00\x00", 6},
        {"no flag", "\x08\x01\x00", 3},
        {"an answer of 3", "\x08\x01\x03", 3},
        {"another answer of 3", "\x08\x01\x0c", 3},
        {"flags that nobody knows", "\x08\x01\x21", 3},
        {"two octets of flags", "\x08\x02\x01\x00", 4},
        {"no octet of flags", "\x08\x00", 2},
        {"a part twice", "\x06\x04\x01\x00\x00\x00\x06\x04\x01\x00\x00\x00", 12},
        {"parts out of order", "\x07\x04\x01\x00\x00\x00\x06\x04\x01\x00\x00\x00", 12},
        {"a length and nothing behind it", "\x06\x04", 2},
        {"a kind and nothing behind it", "\x06", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        kith_record record = good_record();

        print_message("%s\n", wrong[i].what);
        memcpy(record.octets + record.len, wrong[i].octets, wrong[i].len);
        record.len = (uint16_t)(record.len + wrong[i].len);
        refused(&record, KITH_ERR_DAMAGED);
    }
}

static void more_handles_than_there_is_room_for_are_refused(void **state)
{
    kith_record record = {.kind = KITH_RECORD_STATE, .id = 1, .len = 3 + 4 * (KITH_STATE_CCCDS + 1)};

    (void)state;
    record.octets[0] = 1;
    record.octets[1] = 3;
    record.octets[2] = 4 * (KITH_STATE_CCCDS + 1);
    for (unsigned i = 0; i <= KITH_STATE_CCCDS; i++) {
        record.octets[3 + 4 * i] = (uint8_t)(i + 1);
        record.octets[5 + 4 * i] = 1;
    }
    refused(&record, KITH_ERR_DAMAGED);
}

static void keys_are_checked_as_the_document_says(void **state)
{
    uint8_t csrk[16], key[16], tag[16];
    uint32_t check, other;
    size_t len;

    for (size_t i = 0; i < 16; i++)
        csrk[i] = key[15 - i] = (uint8_t)(0x20 + i);
    assert_non_null(
        EVP_Q_mac(NULL, "CMAC", NULL, "AES-128-CBC", NULL, key, 16, (const uint8_t *)"kith state", 10, tag, 16, &len));
    assert_int_equal(peers_key_check(*state, csrk, &check), KITH_OK);
    assert_int_equal(check, bytes_get32(tag));
    csrk[3] ^= 1;
    assert_int_equal(peers_key_check(*state, csrk, &other), KITH_OK);
    assert_int_not_equal(check, other);
}

/* ---- counters go with keys ---- */

static peers_bond bond_with(uint8_t my_key, uint8_t peer_key)
{
    peers_bond bond = {.identity = {0, {1, 2, 3, 4, 5, 6}}, .level = KITH_LEVEL_ENCRYPTED, .key_size = 16};

    bond.my_csrk[0] = my_key;
    bond.peer_csrk[0] = peer_key;
    return bond;
}

static peers_counters counters_after_a_bond_with(uint8_t my_key, uint8_t peer_key)
{
    static peers_bond slots[2];
    peers_bonds bonds;
    peers_bond old = bond_with(1, 2), fresh = bond_with(my_key, peer_key);
    peers_bond *kept;

    memset(slots, 0, sizeof slots);
    peers_init(&bonds, slots, 2);
    kept = peers_put(&bonds, &old);
    kept->counters = (peers_counters){.my_check = 5,
                                      .my_next = 10,
                                      .my_reserved = 64,
                                      .my_wanted = 64,
                                      .peer_last = 20,
                                      .peer_signed = true,
                                      .in_store = true};
    return peers_put(&bonds, &fresh)->counters;
}

static void a_new_key_counts_anew_and_an_old_one_goes_on(void **state)
{
    peers_counters counters = counters_after_a_bond_with(3, 4);

    (void)state;
    assert_true(counters.my_next == 0 && counters.my_reserved == 0 && counters.my_wanted == 0 && !counters.peer_signed);
    assert_true(counters.in_store); /* the old one's, to be removed with the bond */
    counters = counters_after_a_bond_with(1, 4);
    assert_true(counters.my_next == 10 && counters.my_reserved == 64 && !counters.peer_signed);
    counters = counters_after_a_bond_with(3, 2);
    assert_true(counters.my_next == 0 && counters.peer_signed && counters.peer_last == 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_written_and_read_as_the_document_says),
        cmocka_unit_test(what_could_not_be_read_again_is_not_written),
        cmocka_unit_test(parts_that_a_host_could_lose_are_seen),
        cmocka_unit_test(B12_a_part_that_cannot_be_is_refused),
        cmocka_unit_test(more_handles_than_there_is_room_for_are_refused),
        cmocka_unit_test(what_is_no_state_is_refused),
        cmocka_unit_test(what_is_newer_is_told),
        cmocka_unit_test(keys_are_checked_as_the_document_says),
        cmocka_unit_test(a_new_key_counts_anew_and_an_old_one_goes_on),
    };

    return RUN_ON_BOTH(tests);
}
