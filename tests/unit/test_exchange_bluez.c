/* BlueZ's `info`: what it says, what is refused of it, and what comes back. */
#include "test_exchange_support.h"

#define FOLDER "/var/lib/bluetooth/5C:F3:70:8B:21:4E/"

static const kith_exchange_options of_sensor = {.path = FOLDER "C4:7E:12:9A:0B:D3/info"};
static const kith_exchange_options of_keyboard = {.path = FOLDER "00:1B:DC:07:5A:91/info"};

static kith_exchange_result read_named(const char *name, const kith_exchange_options *options)
{
    sample s = sample_named(name);
    kith_exchange_result got = read_text(KITH_EXCHANGE_BLUEZ, &s, options);

    free(s.at);
    return got;
}

static void peripheral_key_of_p256_is_one_key_for_both_sides(void **state)
{
    kith_exchange_result got = read_named("bluez-sensor.info", &of_sensor);
    kith_bond_record expected = sensor();

    (void)state;
    assert_int_equal(got.count, 1);
    assert_has(&got, &expected);
    assert_says(&got, KITH_EXCHANGE_CHANGED, "level: says authenticated");
    kith_exchange_free(&got);
}

static void levels_of_p256_keys_are_believed_when_told_so(void **state)
{
    kith_exchange_options options = of_sensor;
    kith_exchange_result got;
    kith_bond_record expected = trusted(sensor(), KITH_LEVEL_SC_AUTHENTICATED, KITH_METHOD_PASSKEY);

    (void)state;
    options.trust_levels = true;
    got = read_named("bluez-sensor.info", &options);
    assert_has(&got, &expected);
    assert_says(&got, KITH_EXCHANGE_CHANGED, "Passkey is assumed");
    kith_exchange_free(&got);
}

/* [LongTermKey] is what we encrypt with as central: the peer's. */
static void legacy_keys_are_on_their_sides_and_never_authenticated(void **state)
{
    kith_exchange_options options = of_keyboard;
    kith_exchange_result got;
    kith_bond_record expected = keyboard();

    (void)state;
    options.trust_levels = true;
    got = read_named("bluez-keyboard.info", &options);
    assert_has(&got, &expected);
    assert_says(&got, KITH_EXCHANGE_CHANGED, "a legacy key comes in unauthenticated");
    assert_says(&got, KITH_EXCHANGE_LEFT, "our signing key: its counter");
    assert_says(&got, KITH_EXCHANGE_LEFT, "the peer's signing key: its counter");
    kith_exchange_free(&got);
}

/* Rand as digits in wire order, as bluetoothd still reads it. */
static void old_files_are_read_as_they_were_meant(void **state)
{
    sample whole = sample_named("bluez-keyboard.info");
    sample s = sample_with(&whole, "Rand=8201717617960142415", "Rand=0x4FC6930EB85AD271");
    kith_exchange_result got = read_text(KITH_EXCHANGE_BLUEZ, &s, &of_keyboard);
    kith_bond_record expected = keyboard();

    (void)state;
    assert_has(&got, &expected);
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
}

static void check_old_group(const char *mark, bool is_ours)
{
    sample whole = sample_named("bluez-keyboard.info");
    sample without = sample_with(&whole, "[SlaveLongTermKey]", "[X]"),
           peers = sample_with(&without, "[LongTermKey]", "[Y]");
    sample s = sample_with(&peers, "[PeripheralLongTermKey]", mark);
    kith_exchange_result got = read_text(KITH_EXCHANGE_BLUEZ, &s, &of_keyboard);
    kith_bond_record expected = keyboard();

    assert_int_equal(got.count, 1);
    assert_int_equal(got.bonds[0].has_ltk, !is_ours);
    assert_int_equal(got.bonds[0].has_my_ltk, is_ours);
    assert_key(is_ours ? got.bonds[0].my_ltk : got.bonds[0].ltk, expected.my_ltk);
    assert_int_equal(is_ours ? got.bonds[0].my_ediv : got.bonds[0].ediv, expected.my_ediv);
    assert_true((is_ours ? got.bonds[0].my_rand : got.bonds[0].rand) == expected.my_rand);
    kith_exchange_free(&got);
    free(s.at);
    free(peers.at);
    free(without.at);
    free(whole.at);
}

static void an_old_group_says_whose_key_it_has(void **state)
{
    (void)state;
    check_old_group("[LongTermKey]\nMaster=false", true);
    check_old_group("[LongTermKey]\nMaster=0", true);
    check_old_group("[LongTermKey]\nCentral=false", true);
    check_old_group("[LongTermKey]\nMaster=true", false);
    check_old_group("[LongTermKey]\nCentral=1", false);
    check_old_group("[LongTermKey]", false);
    check_old_group("[SlaveLongTermKey]\nMaster=true", true); /* as bluetoothd reads it */
}

static void signing_keys_are_taken_when_told_so(void **state)
{
    kith_exchange_options options = of_keyboard;
    kith_exchange_result got;
    kith_bond_record expected = signing(keyboard());

    (void)state;
    options.signing_keys = true;
    got = read_named("bluez-keyboard.info", &options);
    assert_has(&got, &expected);
    kith_exchange_free(&got);
}

static void addresses_are_the_folders_or_the_options(void **state)
{
    kith_exchange_options options = {.path = FOLDER "C4:7E:12:9A:0B:D3/"};
    kith_exchange_result got = read_named("bluez-sensor.info", &options);
    kith_bond_record expected = sensor();

    (void)state;
    assert_has(&got, &expected);
    kith_exchange_free(&got);

    options = (kith_exchange_options){.path = "C4:7E:12:9A:0B:D3/info"};
    got = read_named("bluez-sensor.info", &options);
    assert_int_equal(got.count, 0);
    assert_int_equal(got.unusable, 1);
    assert_says(&got, KITH_EXCHANGE_UNUSABLE, "say whose bond it is");
    kith_exchange_free(&got);

    got = read_named("bluez-sensor.info", NULL);
    assert_int_equal(got.refused, 1);
    assert_says(&got, KITH_EXCHANGE_REFUSED, "name of its folder");
    kith_exchange_free(&got);

    options = of_local();
    options.has_peer = true;
    options.peer = expected.identity;
    got = read_named("bluez-sensor.info", &options);
    assert_has(&got, &expected);
    kith_exchange_free(&got);
}

static void every_field_is_looked_at(void **state)
{
    static const damage sensors[] = {
        {NULL, "AddressType=static", "AddressType=random", KITH_EXCHANGE_REFUSED, "neither public nor static", 0},
        {"[PeripheralLongTermKey]", "Key=FA", "Key=F", KITH_EXCHANGE_REFUSED, "Key: is not 32", 0},
        {"[PeripheralLongTermKey]", "Key=FA", "Key=FAFA", KITH_EXCHANGE_REFUSED, "Key: is not 32", 0},
        {"[PeripheralLongTermKey]", "Key=FA", "Key=xA", KITH_EXCHANGE_REFUSED, "Key: is not 32", 0},
        {"[PeripheralLongTermKey]", "Authenticated=3", "Authenticated=5", KITH_EXCHANGE_REFUSED, "0 to 4", 0},
        {"[PeripheralLongTermKey]", "Authenticated=3", "Authenticated=4", KITH_EXCHANGE_REFUSED, "debug key", 0},
        {"[PeripheralLongTermKey]", "EncSize=16", "EncSize=17", KITH_EXCHANGE_REFUSED, "7 to 16", 0},
        {"[PeripheralLongTermKey]", "EncSize=16", "EncSize=6", KITH_EXCHANGE_REFUSED, "7 to 16", 0},
        {"[PeripheralLongTermKey]", "EncSize=16", "EncSize=0", KITH_EXCHANGE_REFUSED, "7 to 16", 0},
        {"[PeripheralLongTermKey]", "EncSize=16", "EncSize=-16", KITH_EXCHANGE_REFUSED, "7 to 16", 0},
        {"[PeripheralLongTermKey]", "EncSize=16", "EncSize=8", KITH_EXCHANGE_REFUSED, "beyond its size", 0},
        {"[PeripheralLongTermKey]", "EncSize=16\n", "", KITH_EXCHANGE_REFUSED, "EncSize: is missing", 0},
        {"[PeripheralLongTermKey]", "EDiv=0", "EDiv=65536", KITH_EXCHANGE_REFUSED, "0 to 65535", 0},
        {"[PeripheralLongTermKey]", "EDiv=0", "EDiv=1", KITH_EXCHANGE_REFUSED, "with EDiv or Rand", 0},
        {"[PeripheralLongTermKey]", "EDiv=0\n", "", KITH_EXCHANGE_REFUSED, "EDiv: is missing", 0},
        {"[PeripheralLongTermKey]", "Rand=0", "Rand=18446744073709551616", KITH_EXCHANGE_REFUSED, "64 bits", 0},
        {"[PeripheralLongTermKey]", "Rand=0", "Master=7\nRand=0", KITH_EXCHANGE_REFUSED, "neither true nor false", 0},
        {"[PeripheralLongTermKey]", "Rand=0", "Rand=0x1", KITH_EXCHANGE_REFUSED, "64 bits", 0},
        {"[PeripheralLongTermKey]", "Rand=0\n", "", KITH_EXCHANGE_REFUSED, "Rand: is missing", 0},
        {"[PeripheralLongTermKey]", "Rand=0\n", "Rand=0\nRand=0\n", KITH_EXCHANGE_REFUSED,
         "[PeripheralLongTermKey] Rand: is there twice", 0},
        {"[SlaveLongTermKey]", "Key=FA", "Key=FB", KITH_EXCHANGE_LEFT, "not the same as", 1},
        {"[IdentityResolvingKey]", "Key=35", "Key=3", KITH_EXCHANGE_REFUSED, "Key: is not 32", 0},
        {"[IdentityResolvingKey]", "Key=35", "Kex=35", KITH_EXCHANGE_REFUSED, "Key: is missing", 0},
        {"[IdentityResolvingKey]", "[PeripheralLongTermKey]\n", "[PeripheralLongTermKey]\nnonsense\n",
         KITH_EXCHANGE_REFUSED, "neither a group nor a field", 0},
    };
    static const damage keyboards[] = {
        {"[LongTermKey]", "EncSize=16", "EncSize=12", KITH_EXCHANGE_REFUSED, "another key size", 0},
        {"[LongTermKey]", "Authenticated=1", "Authenticated=3", KITH_EXCHANGE_REFUSED, "with EDiv or Rand", 0},
        {"[LocalSignatureKey]", "Key=", "Key=00", KITH_EXCHANGE_REFUSED, "[LocalSignatureKey] Key", 0},
        {"[RemoteSignatureKey]", "Key=", "Key=00", KITH_EXCHANGE_REFUSED, "[RemoteSignatureKey] Key", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof sensors / sizeof sensors[0]; i++)
        check_damage(KITH_EXCHANGE_BLUEZ, "bluez-sensor.info", &of_sensor, &sensors[i]);
    for (size_t i = 0; i < sizeof keyboards / sizeof keyboards[0]; i++)
        check_damage(KITH_EXCHANGE_BLUEZ, "bluez-keyboard.info", &of_keyboard, &keyboards[i]);
}

static void a_missing_type_of_address_is_assumed_and_told(void **state)
{
    damage d = {NULL, "AddressType=public\n", "", KITH_EXCHANGE_CHANGED, "public is assumed", 1};

    (void)state;
    check_damage(KITH_EXCHANGE_BLUEZ, "bluez-keyboard.info", &of_keyboard, &d);
}

/* What people write who bring keys from elsewhere. */
static void a_legacy_key_without_numbers_is_of_secure_connections(void **state)
{
    sample whole = sample_named("bluez-sensor.info");
    sample s = sample_with(&whole, "[PeripheralLongTermKey]", "[LongTermKey]");
    sample t = sample_with_after(&s, "[LongTermKey]", "Authenticated=3", "Authenticated=1");
    sample u = sample_with(&t, "[SlaveLongTermKey]", "[ForgottenLongTermKey]");
    kith_exchange_options options = of_sensor;
    kith_exchange_result got;
    kith_bond_record expected = sensor();

    (void)state;
    options.trust_levels = true;
    got = read_text(KITH_EXCHANGE_BLUEZ, &u, &options);
    assert_has(&got, &expected);
    assert_says(&got, KITH_EXCHANGE_CHANGED, "neither EDiv nor Rand");
    kith_exchange_free(&got);
    free(whole.at);
    free(s.at);
    free(t.at);
    free(u.at);
}

/* One key under two names, with two claims. */
static void of_two_claims_the_weaker_one_counts(void **state)
{
    static const char *const order[2][2] = {{"3", "2"}, {"2", "3"}};
    kith_exchange_options options = of_sensor;
    char text[600];

    (void)state;
    options.trust_levels = true;
    for (size_t i = 0; i < 2; i++) {
        int len = snprintf(text, sizeof text,
                           "[General]\nAddressType=static\n"
                           "[LongTermKey]\nKey=FA36587C419E2BD0A572E94CB6031D8F\nAuthenticated=%s\nEncSize=16\n"
                           "EDiv=0\nRand=0\n"
                           "[PeripheralLongTermKey]\nKey=FA36587C419E2BD0A572E94CB6031D8F\nAuthenticated=%s\n"
                           "EncSize=16\nEDiv=0\nRand=0\n",
                           order[i][0], order[i][1]);
        sample s = sample_of(text, (size_t)len);
        kith_exchange_result got = read_text(KITH_EXCHANGE_BLUEZ, &s, &options);

        assert_int_equal(got.count, 1);
        assert_int_equal(got.bonds[0].level, KITH_LEVEL_ENCRYPTED);
        kith_exchange_free(&got);
        free(s.at);
    }
}

/* The other order gives other keys; a short one, padded at the wrong end, is seen. */
static void keys_are_in_wire_order(void **state)
{
    damage d = {NULL,
                "Key=FA36587C419E2BD0A572E94CB6031D8F\nAuthenticated=3\nEncSize=16",
                "Key=00000000000000000072E94CB6031D8F\nAuthenticated=3\nEncSize=7",
                KITH_EXCHANGE_REFUSED,
                "beyond its size",
                0};
    sample whole = sample_named("bluez-sensor.info");
    sample s = sample_with(&whole, "Key=FA36587C419E2BD0A572E94CB6031D8F", "Key=8F1D03B64CE972A5D02B9E417C5836FA");
    kith_exchange_result got = read_text(KITH_EXCHANGE_BLUEZ, &s, &of_sensor);
    kith_bond_record expected = sensor();

    (void)state;
    assert_memory_not_equal(got.bonds[0].ltk, expected.ltk, 16);
    assert_int_equal(got.bonds[0].ltk[0], 0x8f);
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
    check_damage(KITH_EXCHANGE_BLUEZ, "bluez-sensor.info", &of_sensor, &d);
}

static void bonds_for_br_edr_are_none(void **state)
{
    static const char text[] = "[General]\nSupportedTechnologies=BR/EDR;\n\n[LinkKey]\n"
                               "Key=4BE0917C25D8A36F0E52C99B74186DFA\nType=4\nPINLength=0\n";
    sample s = sample_of(text, sizeof text - 1);
    kith_exchange_result got = read_text(KITH_EXCHANGE_BLUEZ, &s, &of_keyboard);

    (void)state;
    assert_int_equal(got.refused, 1);
    assert_says(&got, KITH_EXCHANGE_REFUSED, "BR/EDR");
    kith_exchange_free(&got);
    free(s.at);
}

static void where_it_is_cut_nothing_wrong_is_taken(void **state)
{
    (void)state;
    check_truncation(KITH_EXCHANGE_BLUEZ, "bluez-sensor.info", &of_sensor);
    check_truncation(KITH_EXCHANGE_BLUEZ, "bluez-keyboard.info", &of_keyboard);
}

static void what_is_written_is_read(void **state)
{
    kith_exchange_options options = {.trust_levels = true, .signing_keys = true};
    kith_bond_record bonds[] = {sensor(), trusted(sensor(), KITH_LEVEL_SC_AUTHENTICATED, KITH_METHOD_PASSKEY),
                                signing(keyboard()), without_my_key(keyboard())};

    (void)state;
    bonds[0].key_size = 7;
    memset(bonds[0].ltk + 7, 0, 9);
    for (size_t i = 0; i < sizeof bonds / sizeof bonds[0]; i++) {
        kith_exchange_text text = write_text(KITH_EXCHANGE_BLUEZ, &bonds[i], 1);
        sample s = sample_of(text.octets, text.len);
        kith_exchange_result got;
        char path[80];

        assert_true(kith_exchange_file_name(KITH_EXCHANGE_BLUEZ, &bonds[i], path, sizeof path) < sizeof path);
        options.path = path;
        got = read_text(KITH_EXCHANGE_BLUEZ, &s, &options);
        assert_has(&got, &bonds[i]);
        kith_exchange_free(&got);
        kith_exchange_text_free(&text);
        free(s.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peripheral_key_of_p256_is_one_key_for_both_sides),
        cmocka_unit_test(levels_of_p256_keys_are_believed_when_told_so),
        cmocka_unit_test(legacy_keys_are_on_their_sides_and_never_authenticated),
        cmocka_unit_test(signing_keys_are_taken_when_told_so),
        cmocka_unit_test(old_files_are_read_as_they_were_meant),
        cmocka_unit_test(an_old_group_says_whose_key_it_has),
        cmocka_unit_test(addresses_are_the_folders_or_the_options),
        cmocka_unit_test(every_field_is_looked_at),
        cmocka_unit_test(a_missing_type_of_address_is_assumed_and_told),
        cmocka_unit_test(a_legacy_key_without_numbers_is_of_secure_connections),
        cmocka_unit_test(of_two_claims_the_weaker_one_counts),
        cmocka_unit_test(keys_are_in_wire_order),
        cmocka_unit_test(bonds_for_br_edr_are_none),
        cmocka_unit_test(where_it_is_cut_nothing_wrong_is_taken),
        cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
