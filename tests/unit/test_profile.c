/* The profile: each combination that makes no sense for a product is refused by its name, and by that one; what people
 * really configure is sound.  The core refuses only what is impossible. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kith/kith.h"

/* ---- people's settings, over Secure Connections ---- */

static kith_security bonding_just_works(void)
{
    kith_config config;

    kith_config_default(&config);
    config.security.methods = kith_sc_methods;
    return config.security;
}

static kith_security without_bonding(void)
{
    kith_security s = bonding_just_works();

    s.bonding = false;
    s.initiator_keys = s.responder_keys = 0;
    s.min_key_size = 7;
    return s;
}

static kith_security passkey_on_a_keyboard(void)
{
    kith_security s = bonding_just_works();

    s.io = KITH_IO_KEYBOARD_ONLY;
    s.ask_mitm = true;
    s.required_level = KITH_LEVEL_SC_AUTHENTICATED;
    return s;
}

static kith_security out_of_band(void)
{
    kith_security s = bonding_just_works();

    s.ask_oob = s.ask_mitm = true;
    s.required_level = KITH_LEVEL_SC_AUTHENTICATED;
    return s;
}

static kith_security without_identity_keys(void)
{
    kith_security s = bonding_just_works();

    s.initiator_keys = s.responder_keys = KITH_KEY_ENC;
    return s;
}

typedef kith_security settings(void);
static settings *const use_cases[] = {without_bonding, bonding_just_works, passkey_on_a_keyboard, out_of_band,
                                      without_identity_keys};

static void what_people_configure_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof use_cases / sizeof use_cases[0]; i++) {
        kith_security s = use_cases[i]();

        if (kith_security_profile(&s) != KITH_PROFILE_SOUND)
            fail_msg("use case %zu: %s", i, kith_profile_fault_name(kith_security_profile(&s)));
    }
    assert_int_equal(kith_security_profile(NULL), KITH_PROFILE_SOUND); /* no pairing at all */
}

/* ---- each fault, alone ---- */

static kith_security unknown_io(void)
{
    kith_security s = bonding_just_works();

    s.io = (kith_io_capability)(KITH_IO_KEYBOARD_DISPLAY + 1);
    return s;
}

static kith_security oob_without_mitm(void)
{
    kith_security s = bonding_just_works();

    s.ask_oob = true;
    return s;
}

/* Asked for, required, and by the mode that requires it. */
static kith_security mitm_without_io(void)
{
    kith_security s = bonding_just_works();

    s.ask_mitm = true;
    return s;
}

static kith_security level_without_io(void)
{
    kith_security s = bonding_just_works();

    s.required_level = KITH_LEVEL_AUTHENTICATED;
    return s;
}

static kith_security sc_only_without_io(void)
{
    kith_security s = bonding_just_works();

    s.sc_only = true;
    return s;
}

static kith_security keys_too_small(void)
{
    kith_security s = bonding_just_works();

    s.min_key_size = 6;
    return s;
}

static kith_security keys_too_large(void)
{
    kith_security s = bonding_just_works();

    s.max_key_size = 17;
    return s;
}

static kith_security keys_upside_down(void)
{
    kith_security s = bonding_just_works();

    s.max_key_size = 15;
    return s;
}

static kith_security keys_that_nobody_keeps(void)
{
    kith_security s = without_bonding();

    s.responder_keys = KITH_KEY_ID;
    return s;
}

static kith_security encryption_key_that_nobody_keeps(void)
{
    kith_security s = without_bonding();

    s.initiator_keys = KITH_KEY_ENC;
    return s;
}

static kith_security bonds_without_keys(void)
{
    kith_security s = bonding_just_works();

    s.initiator_keys = KITH_KEY_SIGN; /* a signature finds no bond */
    s.responder_keys = 0;
    return s;
}

static kith_security no_methods(void)
{
    kith_security s = bonding_just_works();

    s.methods = NULL;
    return s;
}

static kith_security methods_of_legacy_alone(void)
{
    static const kith_method *const legacy[] = {&kith_legacy_passkey_initiator, &kith_legacy_passkey_responder, NULL};
    kith_security s = passkey_on_a_keyboard();

    s.methods = legacy; /* and legacy pairing is not allowed */
    return s;
}

static kith_security level_above_its_methods(void)
{
    static const kith_method *const unseen[] = {&kith_sc_just_works_responder, NULL};
    kith_security s = passkey_on_a_keyboard();

    s.methods = unseen;
    s.required_level = KITH_LEVEL_ENCRYPTED; /* it is asked for all the same */
    return s;
}

static kith_security oob_without_its_method(void)
{
    static const kith_method *const passkey[] = {&kith_sc_passkey_responder, NULL};
    kith_security s = out_of_band();

    s.methods = passkey;
    return s;
}

static const struct {
    settings *make;
    kith_profile_fault fault;
} faults[] = {
    {unknown_io, KITH_PROFILE_IO_UNKNOWN},
    {oob_without_mitm, KITH_PROFILE_OOB_WITHOUT_MITM},
    {mitm_without_io, KITH_PROFILE_MITM_WITHOUT_IO},
    {level_without_io, KITH_PROFILE_MITM_WITHOUT_IO},
    {sc_only_without_io, KITH_PROFILE_MITM_WITHOUT_IO},
    {keys_too_small, KITH_PROFILE_KEY_SIZES},
    {keys_too_large, KITH_PROFILE_KEY_SIZES},
    {keys_upside_down, KITH_PROFILE_KEY_SIZES},
    {keys_that_nobody_keeps, KITH_PROFILE_KEYS_WITHOUT_BONDING},
    {encryption_key_that_nobody_keeps, KITH_PROFILE_KEYS_WITHOUT_BONDING},
    {bonds_without_keys, KITH_PROFILE_BONDING_WITHOUT_KEYS},
    {no_methods, KITH_PROFILE_NO_METHOD},
    {methods_of_legacy_alone, KITH_PROFILE_NO_METHOD},
    {level_above_its_methods, KITH_PROFILE_NO_METHOD},
    {oob_without_its_method, KITH_PROFILE_NO_METHOD},
};

static void each_fault_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        kith_security s = faults[i].make();
        kith_profile_fault is = kith_security_profile(&s);

        if (is != faults[i].fault)
            fail_msg("row %zu: %s, wanted %s", i, kith_profile_fault_name(is),
                     kith_profile_fault_name(faults[i].fault));
    }
}

/* Of several the first. */
static void the_first_fault_is_told(void **state)
{
    kith_security s = mitm_without_io();

    (void)state;
    s.min_key_size = 0;
    s.methods = NULL;
    assert_int_equal(kith_security_profile(&s), KITH_PROFILE_MITM_WITHOUT_IO);
    s.io = (kith_io_capability)9;
    assert_int_equal(kith_security_profile(&s), KITH_PROFILE_IO_UNKNOWN);
}

/* ---- samples that are printed elsewhere, as they stand there ---- */

/* Protection against a man in the middle, of a device that has neither input nor output. */
static void printed_mitm_without_input_and_output(void **state)
{
    kith_security s = mitm_without_io();

    (void)state;
    s.min_key_size = 7;
    assert_int_equal(kith_security_profile(&s), KITH_PROFILE_MITM_WITHOUT_IO);
}

/* A passkey typed on a keyboard, and legacy pairing alone: since Core 6.2 that protects against nobody. */
static void printed_passkey_without_secure_connections(void **state)
{
    static const kith_method *const legacy[] = {&kith_legacy_passkey_initiator, &kith_legacy_passkey_responder, NULL};
    kith_security s = passkey_on_a_keyboard();

    (void)state;
    s.methods = legacy;
    s.legacy = true;
    s.required_level = KITH_LEVEL_AUTHENTICATED;
    s.min_key_size = 7;
    assert_int_equal(kith_security_profile(&s), KITH_PROFILE_NO_METHOD);
    s.before_core_6_2 = true; /* a named weakening */
    assert_int_equal(kith_security_profile(&s), KITH_PROFILE_SOUND);
}

/* Bonding with encryption keys alone, and key sizes left at nothing. */
static void printed_no_identity_keys_without_key_sizes(void **state)
{
    kith_security s = without_identity_keys();

    (void)state;
    s.min_key_size = s.max_key_size = 0;
    assert_int_equal(kith_security_profile(&s), KITH_PROFILE_KEY_SIZES);
}

static void each_fault_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int a = KITH_PROFILE_SOUND; a <= (int)KITH_PROFILE_NO_METHOD; a++) {
        const char *name = kith_profile_fault_name((kith_profile_fault)a);
        const char *text = kith_profile_fault_text((kith_profile_fault)a);

        assert_string_not_equal(name, "unknown");
        assert_true(strlen(text) > 20 && text[strlen(text) - 1] == '.');
        for (int b = KITH_PROFILE_SOUND; b < a; b++)
            assert_string_not_equal(name, kith_profile_fault_name((kith_profile_fault)b));
    }
    assert_string_equal(kith_profile_fault_name((kith_profile_fault)(KITH_PROFILE_NO_METHOD + 1)), "unknown");
    assert_string_equal(kith_profile_fault_text((kith_profile_fault)-1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_configure_is_sound),
        cmocka_unit_test(each_fault_is_named),
        cmocka_unit_test(the_first_fault_is_told),
        cmocka_unit_test(printed_mitm_without_input_and_output),
        cmocka_unit_test(printed_passkey_without_secure_connections),
        cmocka_unit_test(printed_no_identity_keys_without_key_sizes),
        cmocka_unit_test(each_fault_has_a_name_and_a_sentence),
    };
    return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
