/* Kith's own text of bonds. */
#include "test_exchange_support.h"

#define JSON KITH_EXCHANGE_JSON

static const kith_exchange_options careful, trusting = {.trust_levels = true, .signing_keys = true};

static kith_bond_record told_sensor(void)
{
    kith_bond_record bond = sensor();

    bond.initiator = true;
    bond.peer_class = 3;
    bond.made_s = 1773501234;
    return bond;
}

static void no_level_is_believed_untold(void **state)
{
    sample s = sample_named("kith.json");
    kith_exchange_result got = read_text(JSON, &s, NULL);
    kith_bond_record one = told_sensor(), two = keyboard();

    (void)state;
    assert_int_equal(got.count, 2);
    assert_has(&got, &one);
    assert_has(&got, &two);
    assert_own_irk(&got.identity);
    assert_true(got.identity.has_address && kith_address_equal(&got.identity.address, &one.local));
    assert_says(&got, KITH_EXCHANGE_CHANGED, "trust levels");
    assert_says(&got, KITH_EXCHANGE_LEFT, "signing keys");
    kith_exchange_free(&got);
    free(s.at);
}

static void levels_and_methods_are_believed_when_told_so(void **state)
{
    sample s = sample_named("kith.json");
    kith_exchange_result got = read_text(JSON, &s, &trusting);
    kith_bond_record one = trusted(told_sensor(), KITH_LEVEL_SC_AUTHENTICATED, KITH_METHOD_NUMERIC_COMPARISON);
    kith_bond_record two = signing(keyboard());

    (void)state;
    assert_has(&got, &one);
    assert_has(&got, &two);
    kith_exchange_free(&got);
    free(s.at);
}

static void every_field_is_looked_at(void **state)
{
    static const damage all[] = {
        {NULL, "\"identity\": \"C4", "\"identity\": \"44", KITH_EXCHANGE_REFUSED, "a private address", 1},
        {NULL, "\"identity\": \"C4", "\"identity\": \"4", KITH_EXCHANGE_REFUSED, "identity: is not an address", 1},
        {NULL, "D3 random", "D3 secret", KITH_EXCHANGE_REFUSED, "identity: is not an address", 1},
        {NULL, "\"identity\": \"C4:7E:12:9A:0B:D3 random\",", "", KITH_EXCHANGE_REFUSED, "bond 1: identity", 1},
        {NULL, "\"local\": \"5C", "\"local\": \"C", KITH_EXCHANGE_REFUSED, "local: is not an address", 1},
        {NULL, "\"local\": \"5C:F3:70:8B:21:4E public\",", "", KITH_EXCHANGE_UNUSABLE, "say whose bond it is", 1},
        {NULL, "\"level\": \"sc-", "\"level\": \"xc-", KITH_EXCHANGE_REFUSED, "level: is missing, or none", 1},
        {NULL, "numeric-comparison", "just-works", KITH_EXCHANGE_REFUSED, "not possible with this method", 1},
        {NULL, "numeric-comparison", "guessing", KITH_EXCHANGE_REFUSED, "method: is missing, or none", 1},
        {NULL, "\"role\": \"init", "\"role\": \"exit", KITH_EXCHANGE_REFUSED, "role: is missing, or none", 1},
        {NULL, "\"role\"", "\"numbers_unseen\": true, \"role\"", KITH_EXCHANGE_REFUSED, "not possible with this", 1},
        {NULL, "\"role\"", "\"numbers_unseen\": 1, \"role\"", KITH_EXCHANGE_REFUSED, "neither true nor false", 1},
        {NULL, "\"class\": 3", "\"class\": 32", KITH_EXCHANGE_REFUSED, "class: is not a number", 1},
        {NULL, "\"made\": 1773501234", "\"made\": 4294967296", KITH_EXCHANGE_REFUSED, "made: is not a number", 1},
        {NULL, "\"key\": \"sec", "\"key\": \"six", KITH_EXCHANGE_REFUSED, "key: is missing, or none", 1},
        {NULL, "\"key\": \"secure-connections\"", "\"key\": \"legacy\"", KITH_EXCHANGE_REFUSED, "other kind", 1},
        {NULL, "\"key_size\": 16", "\"key_size\": 17", KITH_EXCHANGE_REFUSED, "key_size: is n", 1},
        {NULL, "\"key_size\": 16", "\"key_size\": 6", KITH_EXCHANGE_REFUSED, "key_size: is no key size", 1},
        {NULL, "\"key_size\": 16", "\"key_size\": 15", KITH_EXCHANGE_REFUSED, "not possible with this key", 1},
        {NULL, "\"key_size\": 16,", "", KITH_EXCHANGE_REFUSED, "key_size: is no key size", 1},
        {NULL, "\"ltk\": \"8f", "\"ltk\": \"8", KITH_EXCHANGE_REFUSED, "ltk: has not as many", 1},
        {NULL, "\"ltk\": \"8f1d03b64ce972a5d02b9e417c5836fa\",", "", KITH_EXCHANGE_REFUSED, "ltk: is missing", 1},
        {NULL, "\"irk\": \"3b", "\"irk\": \"3", KITH_EXCHANGE_REFUSED, "irk: has not as many", 1},
        {NULL, "\"irk\": \"3b", "\"irq\": \"3b", KITH_EXCHANGE_REFUSED, "bond 1: is no bond, or has a field", 1},
        {NULL, "\"ediv\": \"9c", "\"ediv\": \"9", KITH_EXCHANGE_REFUSED, "ediv: has not as many", 1},
        {NULL, "\"rand\": \"71", "\"rand\": \"7", KITH_EXCHANGE_REFUSED, "rand: has not as many", 1},
        {NULL, "\"peer_key\": {", "\"peer_key\": {\"a\": 1, ", KITH_EXCHANGE_REFUSED, "peer_key: is no key", 1},
        {NULL, "\"my_key\": {", "\"my_key\": {\"a\": 1, ", KITH_EXCHANGE_REFUSED, "my_key: is no key", 1},
        {NULL, "\"my_csrk\": \"94", "\"my_csrk\": \"9", KITH_EXCHANGE_REFUSED, "my_csrk: has not as many", 1},
        {NULL, "\"peer_csrk\": \"17", "\"peer_csrk\": \"1", KITH_EXCHANGE_REFUSED, "peer_csrk: has not as many", 1},
        {NULL, "\"bonds\": [", "\"bonds\": [7,", KITH_EXCHANGE_REFUSED, "bond 1: is no bond", 2},
        {NULL, "\"irk\": \"d4", "\"irk\": \"d", KITH_EXCHANGE_LEFT, "identity.irk", 2},
        {NULL, "\"address\": \"5C", "\"address\": \"5", KITH_EXCHANGE_LEFT, "identity.address", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_damage(JSON, "kith.json", &careful, &all[i]);
}

static void what_is_no_such_text_is_told(void **state)
{
    static const struct {
        const char *from, *to;
        kith_status status;
        const char *words;
    } all[] = {
        {"\"exchange\"", "\"bonds\"", KITH_ERR_DAMAGED, "kith is not"},
        {"\"version\": 1", "\"version\": 2", KITH_ERR_NEWER, "later program"},
        {"\"version\": 1", "\"version\": 0", KITH_ERR_DAMAGED, "version: is missing"},
        {"\"version\": 1,", "", KITH_ERR_DAMAGED, "version: is missing"},
        {"\"version\": 1,", "\"version\": 1, \"a\": 1,", KITH_ERR_DAMAGED, "a field that is not known"},
        {"\"bonds\": [", "\"bonds\": 7, \"x\": [", KITH_ERR_DAMAGED, "not known"},
        {"\"local\"", "\"identity\"", KITH_ERR_DAMAGED, "a field is there twice"},
        {"\"bonds\": [", "\"bonds\": [[[[[[[[[", KITH_ERR_DAMAGED, "nested too deeply"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        sample whole = sample_named("kith.json");
        sample s = sample_with(&whole, all[i].from, all[i].to);
        kith_exchange_result got = {0};

        assert_int_equal(kith_exchange_read(JSON, s.at, s.len, NULL, &got), all[i].status);
        assert_int_equal(got.finding_count, 1);
        assert_int_equal(got.count, 0);
        assert_non_null(strstr(got.findings[0].sentence, all[i].words));
        kith_exchange_free(&got);
        free(s.at);
        free(whole.at);
    }
}

static void assert_shows_no_key(const char *sentence)
{
    static const char *const keys[] = {"8f1d03b64ce972a5d02b9e417c5836fa", "3b97e04c18d2756fa9c1840e6d5af235",
                                       "e2604ab7913d5cf8067ea2d51b94c873", "5da8f2067b31ec94c07f1e85b62a4d19",
                                       "c60f9d2b4e81735aa8d4e1937f056cb2", OWN_IRK};
    char part[7] = "";

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        for (size_t at = 0; at + 6 <= 32; at++) {
            memcpy(part, keys[i] + at, 6);
            assert_null(strstr(sentence, part));
        }
}

/* A message of the JSON library may quote what it stumbled over. */
static void no_finding_shows_a_key(void **state)
{
    sample whole = sample_named("kith.json");

    (void)state;
    for (size_t at = 0; at + 1 < whole.len; at++) {
        sample s = sample_of(whole.at, whole.len);
        kith_exchange_result got = {0};

        s.at[at] = s.at[at] == '"' ? ' ' : '"';
        (void)(kith_exchange_read(JSON, s.at, s.len, NULL, &got) == KITH_OK);
        for (size_t i = 0; i < got.finding_count; i++)
            assert_shows_no_key(got.findings[i].sentence);
        kith_exchange_free(&got);
        free(s.at);
    }
    free(whole.at);
}

/* A key may stand there as it is, in no alphabet: of what cannot be read no octet is told, and not its number. */
static void no_finding_shows_an_octet(void **state)
{
    static const char *const raw[] = {"\"ltk\": \"\x97", "\"ltk\": \"\x1d", "\"ltk\": \x97"};

    (void)state;
    for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
        sample whole = sample_named("kith.json"), s = sample_with(&whole, "\"ltk\": \"8f", raw[i]);
        kith_exchange_result got = {0};

        assert_int_equal(kith_exchange_read(JSON, s.at, s.len, NULL, &got), KITH_ERR_DAMAGED);
        assert_int_equal(got.finding_count, 1);
        assert_null(strstr(got.findings[0].sentence, "0x"));
        assert_null(strstr(got.findings[0].sentence, "97"));
        kith_exchange_free(&got);
        free(s.at);
        free(whole.at);
    }
}

/* As programs that sort fields leave it. */
static void it_is_known_wherever_its_mark_stands(void **state)
{
    sample whole = sample_named("kith.json"), s = sample_with(&whole, "\"kith\": \"exchange\",", "");
    sample sorted = sample_with_after(&s, "\"bonds\"", "\n  ]\n}", "\n  ],\n  \"kith\": \"exchange\"\n}");
    kith_exchange_result got = read_text(JSON, &sorted, NULL);

    (void)state;
    assert_int_equal(got.count, 2);
    kith_exchange_free(&got);
    free(sorted.at);
    free(s.at);
    free(whole.at);
}

static void where_it_is_cut_nothing_is_taken(void **state)
{
    (void)state;
    check_truncation(JSON, "kith.json", &careful);
}

static void what_is_written_is_read(void **state)
{
    kith_bond_record bonds[] = {trusted(told_sensor(), KITH_LEVEL_SC_AUTHENTICATED, KITH_METHOD_OOB),
                                signing(keyboard()), told_sensor(), without_my_key(keyboard())};
    kith_exchange_text text;
    kith_exchange_result got;
    sample s;

    (void)state;
    bonds[2].identity.octets[0] ^= 1;
    bonds[2].method = KITH_METHOD_NUMERIC_COMPARISON;
    bonds[2].numbers_unseen = true;
    bonds[2].local = address_of(KITH_ADDRESS_RANDOM, "C0:11:22:33:44:55");
    bonds[3].identity.octets[0] ^= 1;
    bonds[3].has_ltk = false;
    memset(bonds[3].ltk, 0, 16);
    bonds[3].ediv = 0;
    bonds[3].rand = 0;
    bonds[3].has_my_ltk = true;
    bonds[3].my_ltk[0] = 1;
    bonds[3].my_rand = 1;
    text = write_text(JSON, bonds, 4);
    s = sample_of(text.octets, text.len);
    got = read_text(JSON, &s, &trusting);
    assert_int_equal(text.written, 4);
    assert_int_equal(text.finding_count, 0);
    assert_int_equal(got.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_has(&got, &bonds[i]);
    assert_own_irk(&got.identity);
    kith_exchange_free(&got);
    kith_exchange_text_free(&text);
    free(s.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_level_is_believed_untold),
        cmocka_unit_test(levels_and_methods_are_believed_when_told_so),
        cmocka_unit_test(every_field_is_looked_at),
        cmocka_unit_test(what_is_no_such_text_is_told),
        cmocka_unit_test(no_finding_shows_a_key),
        cmocka_unit_test(where_it_is_cut_nothing_is_taken),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(no_finding_shows_an_octet),
        cmocka_unit_test(it_is_known_wherever_its_mark_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
