/* Bumble's JSON key store. */
#include "test_exchange_support.h"

#define BUMBLE KITH_EXCHANGE_BUMBLE

static const kith_exchange_options careful;

static void namespaces_and_names_say_who(void **state)
{
    sample s = sample_named("bumble.json");
    kith_exchange_result got = read_text(BUMBLE, &s, NULL);
    kith_bond_record one = sensor(), two = keyboard();

    (void)state;
    assert_int_equal(got.count, 2);
    assert_has(&got, &one);
    assert_has(&got, &two);
    assert_true(got.identity.has_address && kith_address_equal(&got.identity.address, &one.local));
    assert_says(&got, KITH_EXCHANGE_LEFT, "link_key: is for BR/EDR");
    assert_says(&got, KITH_EXCHANGE_CHANGED, "this device is assumed");
    assert_says(&got, KITH_EXCHANGE_NOTED, "namespace: is the adapter's address");
    kith_exchange_free(&got);
    free(s.at);
}

static void a_given_local_identity_is_nothing_to_assume(void **state)
{
    kith_exchange_options options = of_local();
    sample s = sample_named("bumble.json");
    kith_exchange_result got = read_text(BUMBLE, &s, &options);

    (void)state;
    assert_false(says(got.findings, got.finding_count, KITH_EXCHANGE_NOTED, "the adapter's address"));
    kith_exchange_free(&got);
    free(s.at);
}

static void trusted_levels_end_at_3(void **state)
{
    kith_exchange_options options = {.trust_levels = true, .signing_keys = true};
    sample s = sample_named("bumble.json");
    kith_exchange_result got = read_text(BUMBLE, &s, &options);
    kith_bond_record one = trusted(sensor(), KITH_LEVEL_AUTHENTICATED, KITH_METHOD_PASSKEY);
    kith_bond_record two = signing(keyboard());

    (void)state;
    memset(two.my_csrk, 0, 16); /* it has none of its own */
    assert_has(&got, &one);
    assert_has(&got, &two);
    kith_exchange_free(&got);
    free(s.at);
}

/* ltk_central is the key of who was peripheral. */
static void roles_turn_legacy_keys_around(void **state)
{
    kith_exchange_options options = {.local_was_peripheral = true};
    sample s = sample_named("bumble.json");
    kith_exchange_result got = read_text(BUMBLE, &s, &options);
    kith_bond_record two = keyboard(), turned = two;

    (void)state;
    memcpy(turned.ltk, two.my_ltk, 16);
    memcpy(turned.my_ltk, two.ltk, 16);
    turned.ediv = two.my_ediv;
    turned.my_ediv = two.ediv;
    turned.rand = two.my_rand;
    turned.my_rand = two.rand;
    assert_has(&got, &turned);
    kith_exchange_free(&got);
    free(s.at);
}

static void every_field_is_looked_at(void **state)
{
    static const damage all[] = {
        {"\"ltk\"", "\"value\": \"fa", "\"value\": \"f", KITH_EXCHANGE_REFUSED, "ltk: has no value of 32", 1},
        {"\"ltk\"", "\"value\": \"fa", "\"value\": \"xx", KITH_EXCHANGE_REFUSED, "ltk: has no value of 32", 1},
        {"\"ltk\"", "\"value\": \"fa", "\"value\": 7, \"x\": \"fa", KITH_EXCHANGE_REFUSED, "ltk: has no value of 32",
         1},
        {"\"ltk\"", "\"authenticated\": true", "\"authenticated\": 1", KITH_EXCHANGE_REFUSED, "true nor false", 1},
        {NULL, "\"ltk\": {", "\"ltk\": [], \"kept\": {", KITH_EXCHANGE_REFUSED, "ltk: has no value of 32", 1},
        {NULL, "\"ltk\": {", "\"kept\": {", KITH_EXCHANGE_REFUSED, "link_key: is a bond for BR/EDR", 1},
        {NULL, "\"link_key\"", "\"kept\"", KITH_EXCHANGE_LEFT, "a field that is not known", 2},
        {NULL, "\"ltk_central\"", "\"ltk\"", KITH_EXCHANGE_LEFT, "legacy keys beside one of Secure", 2},
        {"\"ltk_central\"", "\"value\": \"73", "\"value\": \"7", KITH_EXCHANGE_REFUSED, "ltk_central: has no value", 1},
        {NULL, "\"ediv\": 40014", "\"ediv\": 65536", KITH_EXCHANGE_REFUSED, "ltk_central: ediv", 1},
        {NULL, "\"ediv\": 40014", "\"ediv\": \"9c4e\"", KITH_EXCHANGE_REFUSED, "ltk_central: ediv", 1},
        {NULL, "\"ediv\": 11133", "\"ediv\": -1", KITH_EXCHANGE_REFUSED, "ltk_peripheral: ediv", 1},
        {NULL, "\"rand\": \"4f", "\"rand\": \"4", KITH_EXCHANGE_REFUSED, "ltk_central: rand", 1},
        {NULL, "\"rand\": \"5b", "\"rand\": \"5", KITH_EXCHANGE_REFUSED, "ltk_peripheral: rand", 1},
        {NULL, "\"irk\": {", "\"irk\": 1, \"kept\": {", KITH_EXCHANGE_REFUSED, "irk: has no value", 1},
        {NULL, "\"csrk\": {", "\"csrk\": 1, \"kept\": {", KITH_EXCHANGE_REFUSED, "csrk: has no value", 1},
        {NULL, "\"address_type\": 1", "\"address_type\": 4", KITH_EXCHANGE_REFUSED, "address_type", 1},
        {NULL, "\"address_type\": 0", "\"address_type\": 1", KITH_EXCHANGE_REFUSED, "the name says public", 1},
        {NULL, "C4:7E:12:9A:0B:D3", "44:7E:12:9A:0B:D3", KITH_EXCHANGE_REFUSED, "a private address", 1},
        {NULL, "C4:7E:12:9A:0B:D3", "C4-7E-12-9A-0B-D3", KITH_EXCHANGE_REFUSED, "its name is no address", 1},
        {NULL, "\"C4:7E:12:9A:0B:D3\": {", "\"C4:7E:12:9A:0B:D3\": 1, \"x\": {", KITH_EXCHANGE_REFUSED, "has no keys",
         1},
        {NULL, "5C:F3:70:8B:21:4E/P", "__DEFAULT__", KITH_EXCHANGE_UNUSABLE, "say whose bond it is", 0},
        {NULL, "5C:F3:70:8B:21:4E/P", "kitchen", KITH_EXCHANGE_NOTED, "not named by an address", 0},
        {NULL, "5C:F3:70:8B:21:4E/P", "44:F3:70:8B:21:4E", KITH_EXCHANGE_UNUSABLE, "is no identity address", 0},
        {NULL, "\"5C:F3:70:8B:21:4E/P\": {", "\"a\": 1, \"5C:F3:70:8B:21:4E/P\": {", KITH_EXCHANGE_REFUSED, "no peers",
         2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_damage(BUMBLE, "bumble.json", &careful, &all[i]);
}

/* Sizes are not there: what looks shorter is taken for shorter. */
static void zeros_at_the_end_make_a_key_short(void **state)
{
    static const damage too_short = {NULL,
                                     "fa36587c419e2bd0a572e94cb6031d8f",
                                     "fa36587c419e00000000000000000000",
                                     KITH_EXCHANGE_NOTED,
                                     "less than 16 octets",
                                     2};
    static const damage wrong_end = {NULL,
                                     "fa36587c419e2bd0a572e94cb6031d8f",
                                     "00000000000000000000000000031d8f",
                                     KITH_EXCHANGE_NOTED,
                                     "16 octets are assumed",
                                     2};
    sample whole = sample_named("bumble.json");
    sample s = sample_with(&whole, "fa36587c419e2bd0a572e94cb6031d8f", "fa36587c419e2bd00000000000000000");
    kith_exchange_result got = {0};

    (void)state;
    assert_int_equal(kith_exchange_read(BUMBLE, s.at, s.len, NULL, &got), KITH_OK);
    assert_sound(&got);
    for (size_t i = 0; i < got.count; i++)
        if (got.bonds[i].key_kind == KITH_KEY_KIND_SC)
            assert_int_equal(got.bonds[i].key_size, 8);
    assert_says(&got, KITH_EXCHANGE_CHANGED, "taken for a shorter one");
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
    check_damage(BUMBLE, "bumble.json", &careful, &too_short);
    check_damage(BUMBLE, "bumble.json", &careful, &wrong_end);
}

static void other_orders_are_other_values(void **state)
{
    sample whole = sample_named("bumble.json");
    sample s = sample_with(&whole, "4fc6930eb85ad271", "71d25ab80e93c64f");
    kith_exchange_result got = read_text(BUMBLE, &s, NULL);
    kith_bond_record two = keyboard();
    const kith_bond_record *bond = bond_with(&got, &two);

    (void)state;
    assert_non_null(bond);
    assert_true(bond->rand == UINT64_C(0x4fc6930eb85ad271));
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
}

static void what_is_no_key_store_is_told(void **state)
{
    static const char *const texts[] = {
        "", "[]", "{", "{\"kith\": \"exchange\"}", "{\"a\": {}, \"a\": {}}", "{\"a\": {}} x"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        kith_exchange_result got = {0};

        assert_int_equal(kith_exchange_read(BUMBLE, texts[i], strlen(texts[i]), NULL, &got), KITH_ERR_DAMAGED);
        assert_int_equal(got.finding_count, 1);
        kith_exchange_free(&got);
    }
}

static void where_it_is_cut_nothing_is_taken(void **state)
{
    (void)state;
    check_truncation(BUMBLE, "bumble.json", &careful);
}

static void what_is_written_is_read(void **state)
{
    kith_exchange_options options = {.trust_levels = true, .signing_keys = true};
    kith_bond_record bonds[] = {trusted(sensor(), KITH_LEVEL_AUTHENTICATED, KITH_METHOD_PASSKEY), signing(keyboard()),
                                sensor(), without_my_key(keyboard())};
    kith_exchange_text text;
    kith_exchange_result got;
    sample s;

    (void)state;
    memset(bonds[1].my_csrk, 0, 16);
    bonds[2].local = address_of(KITH_ADDRESS_RANDOM, "C0:11:22:33:44:55");
    bonds[2].identity.octets[0] ^= 1;
    memset(bonds[2].irk, 0, 16);
    bonds[3].identity.octets[0] ^= 1;
    memset(bonds[3].irk, 0, 16);
    text = write_text(BUMBLE, bonds, 4);
    s = sample_of(text.octets, text.len);
    got = read_text(BUMBLE, &s, &options);
    assert_int_equal(text.written, 4);
    assert_int_equal(got.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_has(&got, &bonds[i]);
    kith_exchange_free(&got);
    kith_exchange_text_free(&text);
    free(s.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(namespaces_and_names_say_who),
        cmocka_unit_test(a_given_local_identity_is_nothing_to_assume),
        cmocka_unit_test(trusted_levels_end_at_3),
        cmocka_unit_test(roles_turn_legacy_keys_around),
        cmocka_unit_test(every_field_is_looked_at),
        cmocka_unit_test(zeros_at_the_end_make_a_key_short),
        cmocka_unit_test(other_orders_are_other_values),
        cmocka_unit_test(what_is_no_key_store_is_told),
        cmocka_unit_test(where_it_is_cut_nothing_is_taken),
        cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
