/* Addresses, UUIDs and codes as people read and write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kith/address.h"
#include "kith/status.h"
#include "kith/uuid.h"

static const kith_address sample = {KITH_ADDRESS_RANDOM, {0x55, 0x44, 0x33, 0x22, 0x11, 0xc0}};

static void address_is_written_most_significant_first(void **state)
{
    char text[KITH_ADDRESS_TEXT + 1];

    (void)state;
    memset(text, '#', sizeof text);
    assert_ptr_equal(kith_address_format(&sample, text), text);
    assert_string_equal(text, "C0:11:22:33:44:55");
    assert_int_equal(text[KITH_ADDRESS_TEXT], '#');
}

static void address_is_read_in_either_case(void **state)
{
    kith_address a = {KITH_ADDRESS_RANDOM, {0}};

    (void)state;
    assert_int_equal(kith_address_parse("C0:11:22:33:44:55", &a), KITH_OK);
    assert_true(kith_address_equal(&a, &sample));
    assert_int_equal(kith_address_parse("aB:cD:Ef:0a:9F:f0", &a), KITH_OK);
    assert_int_equal(a.type, KITH_ADDRESS_RANDOM);
    assert_memory_equal(a.octets, ((const uint8_t[]){0xf0, 0x9f, 0x0a, 0xef, 0xcd, 0xab}), 6);
}

static void what_is_no_address_changes_nothing(void **state)
{
    static const char *const refused[] = {
        "",
        "C",
        "C0",
        "C0:",
        "C0:11:22:33:44",
        "C0:11:22:33:44:",
        "C0:11:22:33:44:5",
        "C0:11:22:33:44:55:",
        "C0:11:22:33:44:556",
        " C0:11:22:33:44:55",
        "C0:11:22:33:44:55 ",
        "C0-11-22-33-44-55",
        "C01122334455",
        "G0:11:22:33:44:55",
        "C0:1g:22:33:44:55",
        "C0:+1:22:33:44:55",
        "C0:11:22:33::44:55",
        "0:11:22:33:44:55",
        "C0:11:22:33:44:5\xb5",
    };
    kith_address a = sample;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (kith_address_parse(refused[i], &a) != KITH_ERR_VALUE)
            fail_msg("taken for an address: '%s'", refused[i]);
        assert_true(kith_address_equal(&a, &sample));
    }
}

static void address_kinds(void **state)
{
    static const struct {
        uint8_t type, top;
        kith_address_kind kind;
        bool identity;
    } rows[] = {
        {0, 0x00, KITH_ADDRESS_KIND_PUBLIC, true},          {0, 0xff, KITH_ADDRESS_KIND_PUBLIC, true},
        {1, 0xc0, KITH_ADDRESS_KIND_STATIC, true},          {1, 0xff, KITH_ADDRESS_KIND_STATIC, true},
        {1, 0x40, KITH_ADDRESS_KIND_RESOLVABLE, false},     {1, 0x7f, KITH_ADDRESS_KIND_RESOLVABLE, false},
        {1, 0x00, KITH_ADDRESS_KIND_NON_RESOLVABLE, false}, {1, 0x3f, KITH_ADDRESS_KIND_NON_RESOLVABLE, false},
        {1, 0x80, KITH_ADDRESS_KIND_RESERVED, false},       {1, 0xbf, KITH_ADDRESS_KIND_RESERVED, false},
        {2, 0xc0, KITH_ADDRESS_KIND_RESERVED, false},       {0xff, 0x00, KITH_ADDRESS_KIND_RESERVED, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kith_address a = {rows[i].type, {0, 0, 0, 0, 0, rows[i].top}};

        assert_int_equal(kith_address_kind_of(&a), rows[i].kind);
        assert_int_equal(kith_address_is_identity(&a), rows[i].identity);
    }
}

static void addresses_differ_by_type_and_by_any_octet(void **state)
{
    kith_address other = sample;

    (void)state;
    assert_true(kith_address_equal(&sample, &other));
    other.type = KITH_ADDRESS_PUBLIC;
    assert_false(kith_address_equal(&sample, &other));
    for (size_t i = 0; i < 6; i++) {
        other = sample;
        other.octets[i] ^= 0x80;
        assert_false(kith_address_equal(&sample, &other));
    }
}

static const kith_uuid long_sample =
    KITH_UUID128(0x9b, 0x57, 0x48, 0x47, 0xf7, 0x06, 0x43, 0x6c, 0xbe, 0xd7, 0xfc, 0x01, 0xeb, 0x09, 0x65, 0xc1);
static const kith_uuid short_sample = KITH_UUID16(0x180f);
static const kith_uuid widened =
    KITH_UUID128(0x00, 0x00, 0x18, 0x0f, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0x80, 0x5f, 0x9b, 0x34, 0xfb);

static void uuids_are_written_in_their_own_size(void **state)
{
    char text[KITH_UUID_TEXT + 1];

    (void)state;
    memset(text, '#', sizeof text);
    assert_string_equal(kith_uuid_format(&short_sample, text), "180f");
    assert_string_equal(kith_uuid_format(&long_sample, text), "9b574847-f706-436c-bed7-fc01eb0965c1");
    assert_int_equal(text[KITH_UUID_TEXT], '#');
    assert_string_equal(kith_uuid_format(&widened, text), "0000180f-0000-1000-8000-00805f9b34fb");
}

static void uuids_are_read_back(void **state)
{
    kith_uuid u;

    (void)state;
    assert_int_equal(kith_uuid_parse("180F", &u), KITH_OK);
    assert_int_equal(u.size, 2);
    assert_memory_equal(u.octets, ((const uint8_t[]){0x0f, 0x18}), 2);
    assert_int_equal(kith_uuid_parse("9B574847-f706-436C-bed7-fc01eb0965c1", &u), KITH_OK);
    assert_int_equal(u.size, 16);
    assert_memory_equal(u.octets, long_sample.octets, 16);
}

static void what_is_no_uuid_changes_nothing(void **state)
{
    static const char *const refused[] = {
        "",
        "1",
        "180",
        "180f ",
        "180f0",
        "0x180f",
        "18-0f",
        "180g",
        "0000180f",
        "9b574847f706436cbed7fc01eb0965c1",
        "9b574847-f706-436c-bed7-fc01eb0965c",
        "9b574847-f706-436c-bed7-fc01eb0965c12",
        "9b574847-f706-436c-bed7fc01eb0965c1",
        "9b574847-f706-436c-bed7-fc01eb0965c1-",
        "9b574847-f706-436c-bed7-",
        "{9b574847-f706-436c-bed7-fc01eb0965c1}",
        "9b57484-7f706-436c-bed7-fc01eb0965c1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        kith_uuid u = short_sample;

        if (kith_uuid_parse(refused[i], &u) != KITH_ERR_VALUE)
            fail_msg("taken for a UUID: '%s'", refused[i]);
        assert_memory_equal(&u, &short_sample, sizeof u);
    }
}

static void uuid_equals_its_long_form(void **state)
{
    kith_uuid other = KITH_UUID16(0x180e);
    kith_uuid stale = short_sample;

    (void)state;
    assert_true(kith_uuid_equal(&short_sample, &widened));
    assert_true(kith_uuid_equal(&widened, &short_sample));
    assert_true(kith_uuid_equal(&widened, &widened));
    assert_false(kith_uuid_equal(&other, &widened));
    assert_false(kith_uuid_equal(&other, &short_sample));
    assert_false(kith_uuid_equal(&long_sample, &short_sample));
    stale.octets[7] = 0x77; /* not part of a 16-bit UUID */
    assert_true(kith_uuid_equal(&stale, &short_sample));
    for (size_t i = 0; i < 16; i++) {
        kith_uuid near = widened;

        near.octets[i] ^= 1;
        assert_false(kith_uuid_equal(&near, &short_sample));
    }
}

/* 0x2b, 0x31 and 0x33 are reserved. */
static void controller_codes_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(kith_hci_status_name(0x00), "Success");
    assert_string_equal(kith_hci_status_name(0x05), "Authentication Failure");
    assert_string_equal(kith_hci_status_name(0x06), "PIN or Key Missing");
    assert_string_equal(kith_hci_status_name(0x08), "Connection Timeout");
    assert_string_equal(kith_hci_status_name(0x0c), "Command Disallowed");
    assert_string_equal(kith_hci_status_name(0x13), "Remote User Terminated Connection");
    assert_string_equal(kith_hci_status_name(0x16), "Connection Terminated By Local Host");
    assert_string_equal(kith_hci_status_name(0x1f), "Unspecified Error");
    assert_string_equal(kith_hci_status_name(0x2f), "Insufficient Security");
    assert_string_equal(kith_hci_status_name(0x3d), "Connection Terminated due to MIC Failure");
    assert_string_equal(kith_hci_status_name(0x3e), "Connection Failed to be Established");
    assert_string_equal(kith_hci_status_name(0x45), "Packet Too Long");
    for (unsigned code = 0; code <= 0xff; code++) {
        bool named = code <= 0x45 && code != 0x2b && code != 0x31 && code != 0x33;

        assert_int_equal(strcmp(kith_hci_status_name((uint8_t)code), "unknown") != 0, named);
    }
}

static void att_errors_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(kith_att_error_name(0x01), "Invalid Handle");
    assert_string_equal(kith_att_error_name(0x05), "Insufficient Authentication");
    assert_string_equal(kith_att_error_name(0x08), "Insufficient Authorization");
    assert_string_equal(kith_att_error_name(0x0c), "Encryption Key Size Too Short");
    assert_string_equal(kith_att_error_name(0x0f), "Insufficient Encryption");
    assert_string_equal(kith_att_error_name(0x12), "Database Out Of Sync");
    assert_string_equal(kith_att_error_name(0x13), "Value Not Allowed");
    assert_string_equal(kith_att_error_name(0x80), "Application Error");
    assert_string_equal(kith_att_error_name(0x9f), "Application Error");
    assert_string_equal(kith_att_error_name(0xfc), "Write Request Rejected");
    assert_string_equal(kith_att_error_name(0xff), "Out of Range");
    for (unsigned code = 0; code <= 0xff; code++) {
        bool named = (code >= 0x01 && code <= 0x13) || (code >= 0x80 && code <= 0x9f) || code >= 0xfc;

        assert_int_equal(strcmp(kith_att_error_name((uint8_t)code), "unknown") != 0, named);
    }
}

static void smp_reasons_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(kith_smp_reason_name(0x01), "Passkey Entry Failed");
    assert_string_equal(kith_smp_reason_name(0x05), "Pairing Not Supported");
    assert_string_equal(kith_smp_reason_name(0x08), "Unspecified Reason");
    assert_string_equal(kith_smp_reason_name(0x0b), "DHKey Check Failed");
    assert_string_equal(kith_smp_reason_name(0x0f), "Key Rejected");
    assert_string_equal(kith_smp_reason_name(0x10), "Busy");
    for (unsigned code = 0; code <= 0xff; code++)
        assert_int_equal(strcmp(kith_smp_reason_name((uint8_t)code), "unknown") != 0, code >= 0x01 && code <= 0x10);
}

static void our_own_statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(kith_status_name(KITH_OK), "OK");
    for (int status = KITH_OK; status <= KITH_ERR_IN_USE; status++)
        assert_string_not_equal(kith_status_name((kith_status)status), "unknown");
    assert_string_equal(kith_status_name((kith_status)(KITH_ERR_IN_USE + 1)), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_is_written_most_significant_first),
        cmocka_unit_test(address_is_read_in_either_case),
        cmocka_unit_test(what_is_no_address_changes_nothing),
        cmocka_unit_test(address_kinds),
        cmocka_unit_test(addresses_differ_by_type_and_by_any_octet),
        cmocka_unit_test(uuids_are_written_in_their_own_size),
        cmocka_unit_test(uuids_are_read_back),
        cmocka_unit_test(what_is_no_uuid_changes_nothing),
        cmocka_unit_test(uuid_equals_its_long_form),
        cmocka_unit_test(controller_codes_have_their_names),
        cmocka_unit_test(att_errors_have_their_names),
        cmocka_unit_test(smp_reasons_have_their_names),
        cmocka_unit_test(our_own_statuses_have_names),
    };

    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
