/* Keys derived from a bond: the documented construction, and nothing but zeros where there is none. */
#include "../vectors/derive.h"
#include "crypto/toolbox.h"
#include "test_host_support.h"

static peers_bond bond_with(const uint8_t ltk[16])
{
    peers_bond bond = {.identity = {0, {9, 8, 7, 6, 5, 4}},
                       .key_size = 16,
                       .level = KITH_LEVEL_ENCRYPTED,
                       .method = KITH_METHOD_JUST_WORKS,
                       .key_kind = KITH_KEY_KIND_SC};

    memcpy(bond.ltk, ltk, sizeof bond.ltk);
    return bond;
}

static kith_peer_id put(const desk *d, const peers_bond *bond)
{
    const peers_bond *kept = peers_put(&d->h->bonds, bond);

    assert_non_null(kept);
    return kept->id;
}

static void expect_refused(const desk *d, kith_peer_id peer, const void *label, size_t len, kith_status why)
{
    uint8_t out[16];

    memset(out, 0xdd, sizeof out);
    assert_int_equal(kith_bonds_derive(d->h, peer, label, len, out), why);
    assert_zero(out, sizeof out);
}

static void keys_are_as_computed_elsewhere(void **state)
{
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    for (size_t i = 0; i < sizeof derive_vectors / sizeof derive_vectors[0]; i++) {
        const derive_vector *v = &derive_vectors[i];
        peers_bond bond = bond_with(v->ltk);
        uint8_t out[16];

        assert_int_equal(kith_bonds_derive(d.h, put(&d, &bond), v->label, v->label_len, out), KITH_OK);
        assert_memory_equal(out, v->out, 16);
    }
    desk_close(&d);
}

/* Whatever the label: none of the keys that the Security Manager makes of the same long term key (Vol 3 Part H 2.4.2.4,
 * 2.4.2.5), nor a block under it as the link layer makes its session keys. */
static void no_label_gives_a_key_of_the_security_manager(void **state)
{
    static const char *const labels[] = {"lebr", "brle", "tmp1", "tmp2", "rbel", "1pmt", "2pmt"};
    static const uint8_t salts[2][16] = {{'1', 'p', 'm', 't'}, {'2', 'p', 'm', 't'}};
    static const uint8_t zero[16];
    const uint8_t *ltk = derive_vectors[0].ltk;
    peers_bond bond = bond_with(ltk);
    uint8_t known[8][16], out[16], turned[16];
    kith_peer_id peer;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    peer = put(&d, &bond);
    memcpy(known[0], ltk, 16);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(crypto_h6(&d.port, ltk, salts[i], known[1 + i]), KITH_OK);
        assert_int_equal(crypto_h7(&d.port, salts[i], ltk, known[3 + i]), KITH_OK);
    }
    assert_int_equal(crypto_h6(&d.port, known[1], (const uint8_t *)"rbel", known[5]), KITH_OK); /* link keys */
    assert_int_equal(crypto_h6(&d.port, known[3], (const uint8_t *)"rbel", known[6]), KITH_OK);
    assert_int_equal(crypto_e(&d.port, ltk, zero, known[7]), KITH_OK);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        assert_int_equal(kith_bonds_derive(d.h, peer, labels[i], 4, out), KITH_OK);
        bytes_reverse(turned, out, sizeof turned);
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            assert_memory_not_equal(out, known[k], 16);
            assert_memory_not_equal(turned, known[k], 16);
        }
    }
    desk_close(&d);
}

static void labels_out_of_range_are_refused(void **state)
{
    static const uint8_t label[KITH_DERIVE_LABEL_MAX + 1] = {1};
    peers_bond bond = bond_with(derive_vectors[0].ltk);
    kith_peer_id peer;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    peer = put(&d, &bond);
    expect_refused(&d, peer, NULL, 0, KITH_ERR_VALUE);
    expect_refused(&d, peer, NULL, 4, KITH_ERR_VALUE);
    expect_refused(&d, peer, label, 0, KITH_ERR_VALUE);
    expect_refused(&d, peer, label, sizeof label, KITH_ERR_VALUE);
    expect_refused(&d, peer, label, SIZE_MAX, KITH_ERR_VALUE);
    desk_close(&d);
}

static void nobody_has_no_key(void **state)
{
    peers_bond bond = bond_with(derive_vectors[0].ltk);
    kith_peer_id peer;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    expect_refused(&d, 0, "a", 1, KITH_ERR_NOT_FOUND);
    expect_refused(&d, 1, "a", 1, KITH_ERR_NOT_FOUND);
    peer = put(&d, &bond);
    expect_refused(&d, peer + 1, "a", 1, KITH_ERR_NOT_FOUND);
    peers_forget(&d.h->bonds, peers_by_id(&d.h->bonds, peer));
    expect_refused(&d, peer, "a", 1, KITH_ERR_NOT_FOUND);
    desk_close(&d);
}

static void a_legacy_bond_has_no_key_that_both_sides_agree_on(void **state)
{
    peers_bond bond = bond_with(derive_vectors[0].ltk);
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    bond.key_kind = KITH_KEY_KIND_LEGACY;
    expect_refused(&d, put(&d, &bond), "a", 1, KITH_ERR_UNSUPPORTED);
    bond.key_kind = KITH_KEY_KIND_NONE;
    expect_refused(&d, put(&d, &bond), "a", 1, KITH_ERR_UNSUPPORTED);
    desk_close(&d);
}

/* Both a first bond, whose ID nobody was told, and one that takes the place of another. */
static void a_bond_that_is_being_written_is_waited_for(void **state)
{
    peers_bond bond = bond_with(derive_vectors[0].ltk);
    kith_peer_id peer;
    uint8_t out[16];
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    peer = put(&d, &bond);
    d.h->saves[0].used = true;
    d.h->saves[0].bond.id = peer;
    expect_refused(&d, peer, "a", 1, KITH_ERR_BUSY);
    d.h->saves[0].bond.id = peer + 1;
    expect_refused(&d, peer + 1, "a", 1, KITH_ERR_BUSY);
    assert_int_equal(kith_bonds_derive(d.h, peer, "a", 1, out), KITH_OK);
    d.h->saves[0].used = false;
    d.h->config.store = (const kith_store *)&d; /* one that is not loaded: never called */
    expect_refused(&d, peer, "a", 1, KITH_ERR_BUSY);
    d.h->config.store = &kith_volatile_store;
    desk_close(&d);
}

typedef struct {
    kith_crypto_port real;
    unsigned blocks, bad; /* this one fails, and no other */
} failing;

static kith_status fail_once(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    failing *f = context;

    return f->blocks++ != f->bad ? f->real.aes128(f->real.context, key, in, out) : KITH_ERR_CRYPTO;
}

/* At every block, so that nothing half made comes out. */
static void a_port_that_fails_gives_zeros(void **state)
{
    peers_bond bond = bond_with(derive_vectors[0].ltk);
    kith_crypto_port port;
    failing f = {.bad = UINT32_MAX};
    unsigned blocks;
    uint8_t out[16];
    kith_peer_id peer;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    peer = put(&d, &bond);
    f.real = d.port;
    port = d.port;
    port.context = &f;
    port.aes128 = fail_once;
    d.h->config.crypto = &port;
    assert_int_equal(kith_bonds_derive(d.h, peer, "twenty octets of it!", 20, out), KITH_OK);
    blocks = f.blocks;
    assert_true(blocks >= 4);
    for (f.bad = 0; f.bad < blocks; f.bad++) {
        f.blocks = 0;
        expect_refused(&d, peer, "twenty octets of it!", 20, KITH_ERR_CRYPTO);
    }
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_as_computed_elsewhere),
        cmocka_unit_test(no_label_gives_a_key_of_the_security_manager),
        cmocka_unit_test(labels_out_of_range_are_refused),
        cmocka_unit_test(nobody_has_no_key),
        cmocka_unit_test(a_legacy_bond_has_no_key_that_both_sides_agree_on),
        cmocka_unit_test(a_bond_that_is_being_written_is_waited_for),
        cmocka_unit_test(a_port_that_fails_gives_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
