/* aioble's ble_secrets.json: structures of NimBLE in base64. */
#include "test_exchange_support.h"

#define AIOBLE KITH_EXCHANGE_AIOBLE

static void three_layouts_say_the_same(void **state)
{
    static const char *const names[] = {"aioble.json", "aioble-counted.json", "aioble-long.json"};
    kith_exchange_options options = of_local();

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sample s = sample_named(names[i]);
        kith_exchange_result got = read_text(AIOBLE, &s, &options);
        kith_bond_record one = sensor(), two = keyboard();

        assert_int_equal(got.count, 2);
        assert_has(&got, &one);
        assert_has(&got, &two);
        assert_own_irk(&got.identity);
        assert_false(got.identity.has_address);
        kith_exchange_free(&got);
        free(s.at);
    }
}

static void whose_they_are_must_be_said(void **state)
{
    sample s = sample_named("aioble.json");
    kith_exchange_result got = read_text(AIOBLE, &s, NULL);

    (void)state;
    assert_int_equal(got.count, 0);
    assert_int_equal(got.unusable, 2);
    assert_says(&got, KITH_EXCHANGE_UNUSABLE, "C4:7E:12:9A:0B:D3 random: local identity: is not in the text");
    kith_exchange_free(&got);
    free(s.at);
}

static void levels_are_believed_when_told_so(void **state)
{
    static const char *const names[] = {"aioble.json", "aioble-counted.json", "aioble-long.json"};
    kith_exchange_options options = of_local();

    (void)state;
    options.trust_levels = options.signing_keys = true;
    for (size_t i = 0; i < 3; i++) {
        sample s = sample_named(names[i]);
        kith_exchange_result got = read_text(AIOBLE, &s, &options);
        kith_bond_record one = trusted(sensor(), KITH_LEVEL_SC_AUTHENTICATED, KITH_METHOD_PASSKEY);
        kith_bond_record two = signing(keyboard());

        assert_has(&got, &one);
        assert_has(&got, &two);
        kith_exchange_free(&got);
        free(s.at);
    }
}

/* ---- structures by hand ---- */

enum { LTK_FLAG = 40, IRK_FLAG = 57, CSRK_FLAG = 74 };

static void put_base64(char **out, const uint8_t *octets, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)octets[i] << 16;

        group |= i + 1 < len ? (uint32_t)octets[i + 1] << 8 : 0;
        group |= i + 2 < len ? octets[i + 2] : 0;
        *out += sprintf(*out, "%c%c%c%c", digits[group >> 18], digits[group >> 12 & 63],
                        i + 1 < len ? digits[group >> 6 & 63] : '=', i + 2 < len ? digits[group & 63] : '=');
    }
    *out += sprintf(*out, "\\n");
}

typedef struct {
    uint8_t octets[2][80]; /* what we gave, what the peer gave */
    size_t len;
} pair;

/* Of the keyboard, or with sc of the sensor. */
static pair structures(bool sc)
{
    kith_bond_record bond = sc ? sensor() : keyboard();
    pair p = {.len = 80};

    for (size_t i = 0; i < 2; i++) {
        uint8_t *v = p.octets[i];

        v[0] = bond.identity.type;
        memcpy(v + 1, bond.identity.octets, 6);
        v[7] = 16;
        memcpy(v + 24, i == 0 && !sc ? bond.my_ltk : bond.ltk, 16);
        v[8] = sc ? 0 : i == 0 ? 0x7d : 0x4e;
        v[9] = sc ? 0 : i == 0 ? 0x2b : 0x9c;
        for (unsigned n = 0; n < 8 && !sc; n++)
            v[16 + n] = (uint8_t)((i == 0 ? bond.my_rand : bond.rand) >> 8 * n);
        v[LTK_FLAG] = 1;
        v[CSRK_FLAG] = sc ? 4 : 0;
    }
    memcpy(p.octets[1] + 41, bond.irk, 16);
    p.octets[1][IRK_FLAG] = 1;
    return p;
}

static kith_exchange_result read_pair(const pair *p)
{
    kith_exchange_options options = of_local();
    kith_exchange_result got;
    char text[800], *at = text;
    sample s;

    for (unsigned i = 0; i < 2; i++) {
        at += sprintf(at, "%s[%u, \"", i == 0 ? "[" : ", ", i + 1);
        put_base64(&at, p->octets[i], 7);
        at += sprintf(at, "\", \"");
        put_base64(&at, p->octets[i], p->len);
        at += sprintf(at, "\"]");
    }
    sprintf(at, "]");
    s = sample_of(text, strlen(text));
    got = read_text(AIOBLE, &s, &options);
    free(s.at);
    return got;
}

static void what_we_gave_is_ours_and_what_it_gave_is_its(void **state)
{
    pair legacy = structures(false), sc = structures(true);
    kith_exchange_result got = read_pair(&legacy);
    kith_bond_record one = sensor(), two = keyboard();

    (void)state;
    assert_has(&got, &two);
    kith_exchange_free(&got);
    got = read_pair(&sc);
    assert_has(&got, &one);
    kith_exchange_free(&got);
}

static void every_octet_is_looked_at(void **state)
{
    static const struct {
        bool sc;
        size_t item, at;
        uint8_t value;
        const char *words;
    } all[] = {
        {false, 0, 7, 17, "7 to 16"},
        {false, 0, 7, 6, "7 to 16"},
        {false, 0, 7, 0, "7 to 16"},
        {false, 0, 7, 9, "another key size"},
        {false, 1, 7, 9, "another key size"},
        {false, 0, LTK_FLAG, 2, "are no flags"},
        {false, 1, IRK_FLAG, 0x81, "are no flags"},
        {false, 1, CSRK_FLAG, 8, "are no flags"},
        {false, 1, CSRK_FLAG, 4, "one of the two keys is of Secure Connections"},
        {true, 0, CSRK_FLAG, 0, "one of the two keys is of Secure Connections"},
        {true, 1, 8, 1, "with EDIV or Rand"},
        {true, 1, 23, 1, "with EDIV or Rand"},
        {true, 1, 24, 1, "two different Secure Connections keys"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        pair p = structures(all[i].sc);
        kith_exchange_result got;

        p.octets[all[i].item][all[i].at] = all[i].value;
        got = read_pair(&p);
        assert_says(&got, KITH_EXCHANGE_REFUSED, all[i].words);
        assert_int_equal(got.count, 0);
        assert_int_equal(got.refused, 1);
        kith_exchange_free(&got);
    }
}

static void addresses_are_judged(void **state)
{
    static const uint8_t types[] = {2, 3, 0xff};
    pair p;
    kith_exchange_result got;

    (void)state;
    for (size_t i = 0; i < sizeof types; i++) {
        p = structures(true);
        p.octets[0][0] = p.octets[1][0] = types[i];
        got = read_pair(&p);
        assert_says(&got, KITH_EXCHANGE_REFUSED, "is no identity address");
        kith_exchange_free(&got);
    }
    p = structures(true);
    p.octets[0][6] = p.octets[1][6] = 0x44;
    got = read_pair(&p);
    assert_says(&got, KITH_EXCHANGE_REFUSED, "a private address");
    kith_exchange_free(&got);
}

static void one_side_alone_is_a_bond(void **state)
{
    pair p = structures(true);
    kith_exchange_result got;
    kith_bond_record one = sensor();

    (void)state;
    p.octets[1][LTK_FLAG] = 0;
    memset(p.octets[1] + 24, 0, 16);
    got = read_pair(&p);
    assert_has(&got, &one);
    kith_exchange_free(&got);
    p.octets[0][LTK_FLAG] = 0;
    got = read_pair(&p);
    assert_says(&got, KITH_EXCHANGE_REFUSED, "no long term key");
    kith_exchange_free(&got);
}

/* A short key, padded at the wrong end, is seen; numbers are least significant octet first. */
static void other_orders_are_other_values(void **state)
{
    pair p = structures(false);
    kith_exchange_result got;

    (void)state;
    p.octets[1][8] = 0x9c;
    p.octets[1][9] = 0x4e;
    got = read_pair(&p);
    assert_int_equal(got.bonds[0].ediv, 0x4e9c);
    kith_exchange_free(&got);
    p = structures(true);
    for (size_t i = 0; i < 2; i++) {
        p.octets[i][7] = 7;
        memset(p.octets[i] + 24, 0, 9);
    }
    got = read_pair(&p);
    assert_says(&got, KITH_EXCHANGE_REFUSED, "beyond its size");
    kith_exchange_free(&got);
}

static void what_is_no_secret_takes_no_other_with_it(void **state)
{
    static const damage all[] = {
        {NULL, "[[1, \"", "[7, [1, \"", KITH_EXCHANGE_REFUSED, "entry 1: is not a list of type", 2},
        {NULL, "[[1, \"", "[[1], [1, \"", KITH_EXCHANGE_REFUSED, "entry 1: is not a list of type", 2},
        {NULL, "[[1, \"", "[[1, 2, 3], [1, \"", KITH_EXCHANGE_REFUSED, "entry 1: is not a list of type", 2},
        {NULL, "[[1, \"", "[[256, \"a\", \"b\"], [1, \"", KITH_EXCHANGE_REFUSED, "entry 1: is not a list", 2},
        {NULL, "[[1, \"", "[[-1, \"a\", \"b\"], [1, \"", KITH_EXCHANGE_REFUSED, "entry 1: is not a list", 2},
        {NULL, "[[1, \"", "[[1, \"AAAA*A==\", \"b\"], [1, \"", KITH_EXCHANGE_REFUSED, "is not base64", 2},
        {NULL, "[[1, \"", "[[1, \"AAAAAAA=\", \"\"], [1, \"", KITH_EXCHANGE_REFUSED, "its key is not a type and", 2},
        {NULL, "[[1, \"", "[[1, \"AAAAAAAAAA==\", \"AAAA\"], [1, \"", KITH_EXCHANGE_REFUSED, "no structure of NimBLE",
         2},
        {NULL, "[[1, \"", "[[3, \"AAAA\", \"AAAA\"], [1, \"", KITH_EXCHANGE_LEFT, "other types", 2},
        {NULL, "+xA==", "+xB==", KITH_EXCHANGE_REFUSED, "is not base64", 2}, /* bits that are of no octet */
        {NULL, "[1, \"AdML", "[1, \"AdMM", KITH_EXCHANGE_REFUSED, "name different peers", 2},
        {NULL, "[2, \"AdML", "[1, \"AdML", KITH_EXCHANGE_REFUSED, "this peer is there twice", 2},
        {NULL, "\"aXJr\\n\"", "\"aXJx\\n\"", KITH_EXCHANGE_LEFT, "own IRK", 2},
    };
    kith_exchange_options options = of_local();

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_damage(AIOBLE, "aioble.json", &options, &all[i]);
}

static void what_is_no_list_is_told(void **state)
{
    static const char *const texts[] = {"", "{}", "[", "[[1, \"AdMLmhJ+xA==\\n\"", "7", "\"a\"", "[[[[[[[[[]]]]]]]]]"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        kith_exchange_result got = {0};

        assert_int_equal(kith_exchange_read(AIOBLE, texts[i], strlen(texts[i]), NULL, &got), KITH_ERR_DAMAGED);
        assert_int_equal(got.finding_count, 1);
        kith_exchange_free(&got);
    }
}

static void where_it_is_cut_nothing_is_taken(void **state)
{
    kith_exchange_options options = of_local();

    (void)state;
    check_truncation(AIOBLE, "aioble.json", &options);
}

static void what_is_written_is_read(void **state)
{
    kith_exchange_options options = of_local();
    kith_bond_record bonds[] = {trusted(sensor(), KITH_LEVEL_SC_AUTHENTICATED, KITH_METHOD_PASSKEY),
                                signing(keyboard()), without_my_key(keyboard()), keyboard()};
    kith_exchange_text text;
    kith_exchange_result got;
    sample s;

    (void)state;
    options.trust_levels = options.signing_keys = true;
    bonds[2].identity.octets[0] ^= 1;
    memset(bonds[2].irk, 0, 16);
    bonds[3].identity.octets[0] ^= 2;
    memset(bonds[3].irk, 0, 16);
    bonds[3].has_ltk = false;
    memset(bonds[3].ltk, 0, 16);
    bonds[3].ediv = 0;
    bonds[3].rand = 0;
    text = write_text(AIOBLE, bonds, 4);
    s = sample_of(text.octets, text.len);
    got = read_text(AIOBLE, &s, &options);
    assert_int_equal(text.written, 4);
    assert_true(says(text.findings, text.finding_count, KITH_EXCHANGE_LEFT, "local identity"));
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
        cmocka_unit_test(three_layouts_say_the_same),
        cmocka_unit_test(whose_they_are_must_be_said),
        cmocka_unit_test(levels_are_believed_when_told_so),
        cmocka_unit_test(what_we_gave_is_ours_and_what_it_gave_is_its),
        cmocka_unit_test(every_octet_is_looked_at),
        cmocka_unit_test(addresses_are_judged),
        cmocka_unit_test(one_side_alone_is_a_bond),
        cmocka_unit_test(other_orders_are_other_values),
        cmocka_unit_test(what_is_no_secret_takes_no_other_with_it),
        cmocka_unit_test(what_is_no_list_is_told),
        cmocka_unit_test(where_it_is_cut_nothing_is_taken),
        cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
