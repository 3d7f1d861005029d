/* The octets of a state record against docs/bond-format.md, and what is not one. */
#include "crypto_support.h"

#include <openssl/evp.h>

#include "../vectors/store.h"
#include "peers/bonds.h"

static const peers_state sample = {.has_mine = true,
                                   .my_check = 0x44332211,
                                   .my_reserved = 64,
                                   .has_peers = true,
                                   .peer_check = 0x88776655,
                                   .peer_last = 0x01020304};
static const peers_state peers_alone = {.has_peers = true, .peer_check = 0x88776655};

static bool is_same(const peers_state *a, const peers_state *b)
{
    return a->has_mine == b->has_mine && a->has_peers == b->has_peers && a->my_check == b->my_check &&
           a->my_reserved == b->my_reserved && a->peer_check == b->peer_check && a->peer_last == b->peer_last;
}

static void written_and_read(const peers_state *state, uint32_t id, const uint8_t *wanted, size_t len)
{
    kith_record record;
    peers_state back;

    peers_encode_state(state, id, &record);
    assert_int_equal(record.kind, KITH_RECORD_STATE);
    assert_int_equal(record.id, id);
    assert_int_equal(record.len, len);
    assert_memory_equal(record.octets, wanted, len);
    assert_int_equal(peers_decode_state(&record, &back), KITH_OK);
    assert_true(is_same(state, &back));
}

static void a_state_is_written_and_read_as_the_document_says(void **state)
{
    const peers_state nothing = {0};
    const uint8_t version[1] = {1};

    (void)state;
    written_and_read(&sample, 7, vector_state, sizeof vector_state);
    written_and_read(&peers_alone, 900, vector_peer_state, sizeof vector_peer_state);
    written_and_read(&nothing, 1, version, sizeof version);
}

static kith_record good_record(void)
{
    kith_record record;

    peers_encode_state(&sample, 7, &record);
    return record;
}

static void refused(const kith_record *record, kith_status why)
{
    const peers_state nothing = {0};
    peers_state out;

    memset(&out, 0x5a, sizeof out);
    assert_int_equal(peers_decode_state(record, &out), why);
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
    record.octets[record.len++] = 3;
    record.octets[record.len++] = 0;
    refused(&record, KITH_ERR_NEWER);
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
        cmocka_unit_test(what_is_no_state_is_refused),
        cmocka_unit_test(what_is_newer_is_told),
        cmocka_unit_test(keys_are_checked_as_the_document_says),
        cmocka_unit_test(a_new_key_counts_anew_and_an_old_one_goes_on),
    };

    return RUN_ON_BOTH(tests);
}
