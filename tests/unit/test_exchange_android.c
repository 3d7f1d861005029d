/* Android's bt_config.conf. */
#include "test_exchange_support.h"

#define ANDROID KITH_EXCHANGE_ANDROID

static const kith_exchange_options careful;

/* LE_KEY_PENC of the sensor and of the keyboard, as they stand there. */
#define SENSOR_PENC   "fa36587c419e2bd0a572e94cb6031d8f000000000000000000000410"
#define KEYBOARD_PENC "73c8941bd5a27e06f85c3d91b74a60e24fc6930eb85ad2714e9c0410"

static kith_exchange_result read_sample(const kith_exchange_options *options)
{
    sample s = sample_named("android.conf");
    kith_exchange_result got = read_text(ANDROID, &s, options);

    free(s.at);
    return got;
}

static void bonds_and_this_device_are_read(void **state)
{
    kith_exchange_result got = read_sample(NULL);
    kith_bond_record one = sensor(), two = without_my_key(keyboard());
    kith_address local = local_address();

    (void)state;
    assert_int_equal(got.count, 2);
    assert_has(&got, &one);
    assert_has(&got, &two);
    assert_true(got.identity.has_address && kith_address_equal(&got.identity.address, &local));
    assert_own_irk(&got.identity);
    kith_exchange_free(&got);
}

/* Seen once is no bond; a bond for BR/EDR is told. */
static void what_is_not_taken_is_told(void **state)
{
    kith_exchange_result got = read_sample(NULL);

    (void)state;
    assert_int_equal(got.seen, 3);
    assert_int_equal(got.refused, 1);
    assert_says(&got, KITH_EXCHANGE_REFUSED, "40:EF:4C:91:A2:07 public: LinkKey: is a bond for BR/EDR");
    assert_says(&got, KITH_EXCHANGE_LEFT, "only Android finds by EDIV and Rand");
    assert_says(&got, KITH_EXCHANGE_NOTED, "neither EDIV nor Rand");
    kith_exchange_free(&got);
}

/* The text does not say that the key is of Secure Connections, so level 4 is nothing it can claim. */
static void trusted_levels_end_at_3(void **state)
{
    kith_exchange_options options = {.trust_levels = true, .signing_keys = true};
    kith_exchange_result got = read_sample(&options);
    kith_bond_record one = trusted(sensor(), KITH_LEVEL_AUTHENTICATED, KITH_METHOD_PASSKEY);
    kith_bond_record two = signing(without_my_key(keyboard()));

    (void)state;
    assert_has(&got, &one);
    assert_has(&got, &two);
    kith_exchange_free(&got);
}

static void every_field_is_looked_at(void **state)
{
    static const damage all[] = {
        {NULL, SENSOR_PENC, "fa36", KITH_EXCHANGE_REFUSED, "LE_KEY_PENC: is not 28 octets", 1},
        {NULL, SENSOR_PENC, SENSOR_PENC "00", KITH_EXCHANGE_REFUSED, "LE_KEY_PENC: is not 28 octets", 1},
        {NULL, SENSOR_PENC, "encrypted", KITH_EXCHANGE_REFUSED, "Android's key store", 1},
        {NULL, "00000410\nLE_KEY_PID", "00000411\nLE_KEY_PID", KITH_EXCHANGE_REFUSED, "key size from 7 to 16", 1},
        {NULL, "00000410\nLE_KEY_PID", "00000406\nLE_KEY_PID", KITH_EXCHANGE_REFUSED, "key size from 7 to 16", 1},
        {NULL, "00000410\nLE_KEY_PID", "0000040f\nLE_KEY_PID", KITH_EXCHANGE_REFUSED, "beyond its size", 1},
        {NULL, "LE_KEY_PENC = " SENSOR_PENC "\n", "", KITH_EXCHANGE_REFUSED, "no long term key", 1},
        {NULL, "LE_KEY_PENC = " SENSOR_PENC, "LE_KEY_PENC = " SENSOR_PENC "\nLE_KEY_PENC = " SENSOR_PENC,
         KITH_EXCHANGE_REFUSED, "is there twice", 1},
        {NULL, "LE_KEY_PID = ", "LE_KEY_PID = 00", KITH_EXCHANGE_REFUSED, "LE_KEY_PID: is not 23 octets", 1},
        {NULL, "01c47e129a0bd3", "05c47e129a0bd3", KITH_EXCHANGE_REFUSED, "no type of address", 1},
        {NULL, "01c47e129a0bd3", "01447e129a0bd3", KITH_EXCHANGE_REFUSED, "a private address", 1},
        {NULL, "01c47e129a0bd3", "01047e129a0bd3", KITH_EXCHANGE_REFUSED, "a private address", 1},
        {NULL, "01c47e129a0bd3", "00c47e129a0bd4", KITH_EXCHANGE_NOTED, "its identity address is another one", 2},
        {NULL, "01c47e129a0bd3", "01000000000000", KITH_EXCHANGE_CHANGED, "level", 2},
        {NULL, "AddrType = 1", "AddrType = 4", KITH_EXCHANGE_REFUSED, "AddrType: is not a number", 1},
        {NULL, "DevType = 2", "DevType = 0", KITH_EXCHANGE_REFUSED, "DevType: is not a number", 1},
        {NULL, "LE_KEY_LENC = fa", "LE_KEY_LENC = fb", KITH_EXCHANGE_LEFT, "another key than LE_KEY_PENC", 2},
        {NULL, "LE_KEY_LENC = fa", "LE_KEY_LENC = f", KITH_EXCHANGE_REFUSED, "LE_KEY_LENC: is not 20 octets", 1},
        {NULL, "LE_KEY_PCSRK = 00", "LE_KEY_PCSRK = ", KITH_EXCHANGE_REFUSED, "LE_KEY_PCSRK: is not 24 octets", 1},
        {NULL, "LE_KEY_LCSRK = 00", "LE_KEY_LCSRK = ", KITH_EXCHANGE_REFUSED, "LE_KEY_LCSRK: is not 24 octets", 1},
        {NULL, "Address = 5c", "Address = 5", KITH_EXCHANGE_UNUSABLE, "say whose bond it is", 0},
        {NULL, "Address = 5c", "Addrezz = 5c", KITH_EXCHANGE_UNUSABLE, "say whose bond it is", 0},
        {NULL, "LE_LOCAL_KEY_IRK = 63", "LE_LOCAL_KEY_IRK = 6", KITH_EXCHANGE_LEFT, "LE_LOCAL_KEY_IRK", 2},
        {NULL, "[c4:7e:12:9a:0b:d3]\n", "[c4:7e:12:9a:0b:d3]\nnonsense\n", KITH_EXCHANGE_REFUSED, "neither a group", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_damage(ANDROID, "android.conf", &careful, &all[i]);
}

/* An all-zero address in PID is none; then the group's name counts, with its type. */
static void without_an_identity_the_groups_name_counts(void **state)
{
    sample whole = sample_named("android.conf");
    sample s = sample_with(&whole, "01c47e129a0bd3", "01000000000000");
    kith_exchange_result got = read_text(ANDROID, &s, NULL);
    kith_bond_record one = sensor();

    (void)state;
    assert_has(&got, &one);
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
}

/* Numbers and keys are least significant octet first, the address in PID is not. */
static void other_orders_are_other_values(void **state)
{
    static const damage short_key = {NULL,
                                     SENSOR_PENC,
                                     "00000000000000000072e94cb6031d8f000000000000000000000407",
                                     KITH_EXCHANGE_REFUSED,
                                     "beyond its size",
                                     1};
    sample whole = sample_named("android.conf");
    sample s = sample_with(&whole, KEYBOARD_PENC, "e2604ab7913d5cf8067ea2d51b94c87371d25ab80e93c64f9c4e0410");
    kith_exchange_result got = read_text(ANDROID, &s, NULL);
    kith_bond_record two = keyboard();
    const kith_bond_record *bond = bond_with(&got, &two);

    (void)state;
    assert_non_null(bond);
    assert_memory_not_equal(bond->ltk, two.ltk, 16);
    assert_int_equal(bond->ediv, 0x4e9c);
    assert_true(bond->rand == UINT64_C(0x4fc6930eb85ad271));
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
    check_damage(ANDROID, "android.conf", &careful, &short_key);
}

static void where_it_is_cut_nothing_wrong_is_taken(void **state)
{
    kith_exchange_options options = of_local();

    (void)state;
    check_truncation(ANDROID, "android.conf", &careful);
    check_truncation(ANDROID, "android.conf", &options);
}

static void what_is_written_is_read(void **state)
{
    kith_exchange_options options = {.trust_levels = true, .signing_keys = true};
    kith_bond_record bonds[] = {trusted(sensor(), KITH_LEVEL_AUTHENTICATED, KITH_METHOD_PASSKEY),
                                signing(without_my_key(keyboard())), sensor()};
    kith_exchange_text text;
    kith_exchange_result got;
    sample s;

    (void)state;
    bonds[2].identity.octets[0] ^= 1;
    memset(bonds[2].irk, 0, 16);
    bonds[2].key_size = 7;
    memset(bonds[2].ltk + 7, 0, 9);
    text = write_text(ANDROID, bonds, 3);
    s = sample_of(text.octets, text.len);
    got = read_text(ANDROID, &s, &options);
    assert_int_equal(text.written, 3);
    assert_int_equal(got.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_has(&got, &bonds[i]);
    assert_own_irk(&got.identity);
    kith_exchange_free(&got);
    kith_exchange_text_free(&text);
    free(s.at);
}

static void what_does_not_fit_is_told(void **state)
{
    kith_bond_record bonds[] = {keyboard(), sensor()};
    kith_exchange_text text;

    (void)state;
    bonds[1].local.octets[0] ^= 1;
    text = write_text(ANDROID, bonds, 2);
    assert_int_equal(text.written, 1);
    assert_true(says(text.findings, text.finding_count, KITH_EXCHANGE_LEFT, "our long term key"));
    assert_true(says(text.findings, text.finding_count, KITH_EXCHANGE_REFUSED, "C4:7E:12:9A:0B:D3 random: local"));
    kith_exchange_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bonds_and_this_device_are_read),
        cmocka_unit_test(what_is_not_taken_is_told),
        cmocka_unit_test(trusted_levels_end_at_3),
        cmocka_unit_test(every_field_is_looked_at),
        cmocka_unit_test(without_an_identity_the_groups_name_counts),
        cmocka_unit_test(other_orders_are_other_values),
        cmocka_unit_test(where_it_is_cut_nothing_wrong_is_taken),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
