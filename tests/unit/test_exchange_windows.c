/* Windows' registry export. */
#include "test_exchange_support.h"

#define WINDOWS KITH_EXCHANGE_WINDOWS

static const kith_exchange_options careful;

static void check_sample(const char *name)
{
    sample s = sample_named(name);
    kith_exchange_result got = read_text(WINDOWS, &s, NULL);
    kith_bond_record one = sensor(), two = without_my_key(keyboard());
    kith_address local = local_address();

    assert_int_equal(got.count, 2);
    assert_has(&got, &one);
    assert_has(&got, &two);
    assert_true(got.identity.has_address && kith_address_equal(&got.identity.address, &local));
    assert_own_irk(&got.identity);
    assert_says(&got, KITH_EXCHANGE_LEFT, "40:EF:4C:91:A2:07: is a key of the adapter's list");
    kith_exchange_free(&got);
    free(s.at);
}

static void bonds_and_this_device_are_read_from_both_encodings(void **state)
{
    (void)state;
    check_sample("windows.reg");
    check_sample("windows-ascii.reg");
}

/* AuthReq is what was asked for, not what came of it. */
static void no_level_is_claimed(void **state)
{
    kith_exchange_options options = {.trust_levels = true, .signing_keys = true};
    sample s = sample_named("windows.reg");
    kith_exchange_result got = read_text(WINDOWS, &s, &options);
    kith_bond_record one = sensor(), two = signing(without_my_key(keyboard()));

    (void)state;
    assert_has(&got, &one);
    assert_has(&got, &two); /* CSRKInbound stands on two lines */
    kith_exchange_free(&got);
    free(s.at);
}

static void every_field_is_looked_at(void **state)
{
    static const damage all[] = {
        {NULL, "\"LTK\"=hex:fa", "\"LTK\"=hex:f", KITH_EXCHANGE_REFUSED, "LTK: is not hex: and 16", 1},
        {NULL, "\"LTK\"=hex:fa", "\"LTK\"=hex:fa,fa", KITH_EXCHANGE_REFUSED, "LTK: is not hex: and 16", 1},
        {NULL, "\"LTK\"=hex:fa,", "\"LTK\"=hex:fa;", KITH_EXCHANGE_REFUSED, "LTK: is not hex: and 16", 1},
        {NULL, "\"LTK\"=hex:fa", "\"LTK\"=hex(b):fa", KITH_EXCHANGE_REFUSED, "LTK: is not hex: and 16", 1},
        {NULL, "\"LTK\"=hex:fa", "\"LTX\"=hex:fa", KITH_EXCHANGE_REFUSED, "no long term key", 1},
        {NULL, "\"KeyLength\"=dword:00000010", "\"KeyLength\"=dword:00000011", KITH_EXCHANGE_REFUSED, "7 to 16", 1},
        {NULL, "\"KeyLength\"=dword:00000010", "\"KeyLength\"=dword:00000006", KITH_EXCHANGE_REFUSED, "7 to 16", 1},
        {NULL, "\"KeyLength\"=dword:00000010", "\"KeyLength\"=dword:80000010", KITH_EXCHANGE_REFUSED, "7 to 16", 1},
        {NULL, "\"KeyLength\"=dword:00000010", "\"KeyLength\"=dword:0000000f", KITH_EXCHANGE_REFUSED, "beyond", 1},
        {NULL, "\"KeyLength\"=dword:00000010", "\"KeyLength\"=dword:10", KITH_EXCHANGE_REFUSED, "8 digits", 1},
        {NULL, "\"KeyLength\"=dword:00000010", "\"KeyLength\"=dword:00000000", KITH_EXCHANGE_NOTED, "16 octets are", 2},
        {NULL, "\"KeyLength\"=dword:00000010\r\n", "", KITH_EXCHANGE_NOTED, "16 octets are assumed", 2},
        {NULL, "\"ERand\"=hex(b):", "\"ERand\"=hex:", KITH_EXCHANGE_REFUSED, "ERand: is not hex(b)", 1},
        {NULL, "\"ERand\"=hex(b):00,00,00,00,00,00,00,00\r\n", "", KITH_EXCHANGE_REFUSED, "ERand: is missing", 1},
        {NULL, "\"EDIV\"=dword:00000000\r\n", "", KITH_EXCHANGE_REFUSED, "EDIV: is missing", 1},
        {NULL, "\"EDIV\"=dword:0000", "\"EDIV\"=dword:0001", KITH_EXCHANGE_REFUSED, "EDIV: is above 65535", 1},
        {NULL, "\"IRK\"=hex:", "\"IRK\"=hex:,", KITH_EXCHANGE_REFUSED, "IRK: is not hex: and 16", 1},
        {NULL, "\"Address\"=hex(b):d3", "\"Address\"=hex(b):d4", KITH_EXCHANGE_REFUSED, "another address", 1},
        {NULL, "c4,00,00\r\n", "c4,00,01\r\n", KITH_EXCHANGE_REFUSED, "another address", 1},
        {NULL, "\"AddressType\"=dword:00000001", "\"AddressType\"=dword:00000002", KITH_EXCHANGE_REFUSED, "0 nor 1", 1},
        {NULL, "\"AddressType\"=dword:00000001\r\n", "", KITH_EXCHANGE_CHANGED, "random is assumed", 2},
        {"\\001bdc", "\"AddressType\"=dword:00000000\r\n", "", KITH_EXCHANGE_CHANGED, "public is assumed", 2},
        {NULL, "\"CSRK\"=hex:", "\"CSRK\"=hex:00,", KITH_EXCHANGE_REFUSED, "CSRK: is not hex: and 16", 1},
        {NULL, "\"CSRKInbound\"=hex:", "\"CSRKInbound\"=hex:00,", KITH_EXCHANGE_REFUSED, "CSRKInbound: is not", 1},
        {NULL, "\"MasterIRK\"=hex:d4", "\"MasterIRK\"=hex:d", KITH_EXCHANGE_LEFT, "MasterIRK", 2},
        {NULL, "\"LTK\"=", "\"LTK\"=hex:00\r\n\"LTK\"=", KITH_EXCHANGE_REFUSED, "is there twice", 1},
        {NULL, "\"LTK\"=", "nonsense\r\n\"LTK\"=", KITH_EXCHANGE_REFUSED, "neither a key nor a value", 1},
        {NULL, "5cf3708b214e\\c47e129a0bd3", "5cf3708b214e\\c47e129a0b", KITH_EXCHANGE_REFUSED, "is not named by", 1},
        {NULL, "5cf3708b214e\\c47e129a0bd3", "5cf3708b214e\\c47e129a0bd3\\0", KITH_EXCHANGE_REFUSED, "is not named", 1},
        {NULL, "5cf3708b214e\\c47e129a0bd3", "5cf3708b21\\c47e129a0bd3", KITH_EXCHANGE_REFUSED, "is not named by", 1},
        {NULL, "5cf3708b214e\\c47e129a0bd3", "000000000000\\c47e129a0bd3", KITH_EXCHANGE_UNUSABLE, "say whose", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_damage(WINDOWS, "windows-ascii.reg", &careful, &all[i]);
}

static void keys_of_other_parts_of_the_registry_are_no_bonds(void **state)
{
    static const char *const others[] = {"[-HKEY_LOCAL_MACHINE\\SYSTEM", "[HKEY_CURRENT_USER\\SYSTEM"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sample whole = sample_named("windows-ascii.reg");
        sample s = sample_with_after(&whole, "5cf3708b214e]\r\n", "[HKEY_LOCAL_MACHINE\\SYSTEM", others[i]);
        kith_exchange_result got = read_text(WINDOWS, &s, NULL);

        assert_int_equal(got.count, 1);
        assert_int_equal(got.seen, 1);
        kith_exchange_free(&got);
        free(s.at);
        free(whole.at);
    }
}

/* IRK the other way around than LTK; numbers least significant octet first. */
static void other_orders_are_other_values(void **state)
{
    static const damage short_key = {
        NULL,
        "hex:fa,36,58,7c,41,9e,2b,d0,a5,72,e9,4c,b6,03,1d,8f\r\n\"KeyLength\"=dword:00000010",
        "hex:00,00,00,00,00,00,00,00,00,72,e9,4c,b6,03,1d,8f\r\n\"KeyLength\"=dword:00000007",
        KITH_EXCHANGE_REFUSED,
        "beyond its size",
        1};
    sample whole = sample_named("windows-ascii.reg");
    sample s = sample_with(&whole, "\"IRK\"=hex:3b,97,e0,4c,18,d2,75,6f,a9,c1,84,0e,6d,5a,f2,35",
                           "\"IRK\"=hex:35,f2,5a,6d,0e,84,c1,a9,6f,75,d2,18,4c,e0,97,3b");
    sample t = sample_with(&s, "\"LTK\"=hex:fa,36,58,7c,41,9e,2b,d0,a5,72,e9,4c,b6,03,1d,8f",
                           "\"LTK\"=hex:8f,1d,03,b6,4c,e9,72,a5,d0,2b,9e,41,7c,58,36,fa");
    kith_exchange_result got = read_text(WINDOWS, &t, NULL);
    kith_bond_record one = sensor();

    (void)state;
    assert_int_equal(got.bonds[0].irk[0], 0x3b);
    assert_int_equal(got.bonds[0].ltk[0], 0x8f);
    assert_int_equal(one.irk[0], 0x35);
    assert_int_equal(one.ltk[0], 0xfa);
    kith_exchange_free(&got);
    free(t.at);
    free(s.at);
    free(whole.at);
    check_damage(WINDOWS, "windows-ascii.reg", &careful, &short_key);
}

/* Lines keep their numbers behind one that goes on. */
static void a_finding_names_the_line(void **state)
{
    sample whole = sample_named("windows-ascii.reg");
    sample s = sample_with(&whole, "\"InboundSignCounter\"", "nonsense \"InboundSignCounter\"");
    sample t = sample_with(&s, "=dword:00000003", "");
    kith_exchange_result got = read_text(WINDOWS, &t, NULL);
    unsigned line = 1;

    (void)state;
    for (const char *at = t.at; at < strstr(t.at, "nonsense"); at++)
        line += *at == '\n';
    for (size_t i = 0; i < got.finding_count; i++)
        if (strstr(got.findings[i].sentence, "neither a key nor a value") != NULL)
            assert_int_equal(got.findings[i].line, line);
    assert_says(&got, KITH_EXCHANGE_REFUSED, "neither a key nor a value");
    kith_exchange_free(&got);
    free(t.at);
    free(s.at);
    free(whole.at);
}

/* The same bond under CurrentControlSet and ControlSet001 is one. */
static void control_sets_that_repeat_each_other_are_one(void **state)
{
    sample whole = sample_named("windows-ascii.reg");
    sample again = sample_with(&whole, "Windows Registry Editor Version 5.00", ";");
    char both[16384];
    sample s;
    kith_exchange_result got;

    (void)state;
    snprintf(both, sizeof both, "%s%s", whole.at, again.at);
    s = sample_of(both, strlen(both));
    got = read_text(WINDOWS, &s, NULL);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.replaced, 2);
    kith_exchange_free(&got);
    free(s.at);
    free(again.at);
    free(whole.at);
}

static void where_it_is_cut_nothing_wrong_is_taken(void **state)
{
    (void)state;
    check_truncation(WINDOWS, "windows.reg", &careful);
    check_truncation(WINDOWS, "windows-ascii.reg", &careful);
}

static void what_is_written_is_read(void **state)
{
    kith_exchange_options options = {.trust_levels = true, .signing_keys = true};
    kith_bond_record bonds[] = {sensor(), signing(without_my_key(keyboard())), sensor()};
    kith_exchange_text text;
    kith_exchange_result got;
    sample s;

    (void)state;
    bonds[2].identity.octets[0] ^= 1;
    bonds[2].local.octets[0] ^= 1;
    memset(bonds[2].irk, 0, 16);
    bonds[2].key_size = 9;
    memset(bonds[2].ltk + 9, 0, 7);
    text = write_text(WINDOWS, bonds, 3);
    s = sample_of(text.octets, text.len);
    got = read_text(WINDOWS, &s, &options);
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
    kith_bond_record bond = trusted(sensor(), KITH_LEVEL_SC_AUTHENTICATED, KITH_METHOD_OOB);
    kith_exchange_text text;

    (void)state;
    bond.local = address_of(KITH_ADDRESS_RANDOM, "C0:11:22:33:44:55");
    bond.made_s = 1;
    bond.peer_class = 1;
    text = write_text(WINDOWS, &bond, 1);
    assert_true(says(text.findings, text.finding_count, KITH_EXCHANGE_LEFT, "level: has no place"));
    assert_true(says(text.findings, text.finding_count, KITH_EXCHANGE_LEFT, "method: has no place"));
    assert_true(says(text.findings, text.finding_count, KITH_EXCHANGE_LEFT, "class: has no place"));
    assert_true(says(text.findings, text.finding_count, KITH_EXCHANGE_LEFT, "time: "));
    assert_true(says(text.findings, text.finding_count, KITH_EXCHANGE_LEFT, "local identity: that it is a random"));
    kith_exchange_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bonds_and_this_device_are_read_from_both_encodings),
        cmocka_unit_test(no_level_is_claimed),
        cmocka_unit_test(every_field_is_looked_at),
        cmocka_unit_test(keys_of_other_parts_of_the_registry_are_no_bonds),
        cmocka_unit_test(other_orders_are_other_values),
        cmocka_unit_test(a_finding_names_the_line),
        cmocka_unit_test(control_sets_that_repeat_each_other_are_one),
        cmocka_unit_test(where_it_is_cut_nothing_wrong_is_taken),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
