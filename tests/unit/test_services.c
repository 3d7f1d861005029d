/* Ready services: their tables are sound, and their values are what their specifications say, octet by octet.
 * Heart Rate Service 1.0, Battery Service 1.0, Device Information Service 1.1. */
#include "test_gatt_support.h"

#include <stdlib.h>

#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "kith/service/battery.h"
#include "kith/service/device_information.h"
#include "kith/service/heart_rate.h"

static const kith_level levels[] = {KITH_LEVEL_NONE, KITH_LEVEL_ENCRYPTED, KITH_LEVEL_AUTHENTICATED,
                                    KITH_LEVEL_SC_AUTHENTICATED};

/* What a program's start would say of this table. */
static kith_status try_table(const kith_service *services, size_t count)
{
    kith_crypto_port crypto;
    kith_config config;
    kith_host *h;
    void *memory;
    kith_status status;
    size_t size;

    assert_int_equal(kith_openssl_port(&crypto), KITH_OK);
    kith_config_default(&config);
    config.crypto = &crypto;
    config.store = &kith_volatile_store;
    config.limits.subscriptions = 4;
    config.services = services;
    config.service_count = count;
    size = kith_host_size(&config.limits);
    memory = malloc(size);
    assert_non_null(memory);
    status = kith_host_init(memory, size, &config, &h);
    free(memory);
    return status;
}

static void a_program_with_all_of_them_starts(void **state)
{
    static const kith_device_facts facts = {.manufacturer = "Acme", .serial = "1", .has_pnp_id = true};
    kith_heart_rate heart;
    kith_battery first, second;
    kith_device_information information;
    kith_service table[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        table[0] = kith_heart_rate_service(&heart, KITH_BODY_WRIST, levels[i]);
        table[1] = kith_battery_service(&first, 1, 50, 1);
        table[2] = kith_battery_service(&second, 2, 60, 2);
        table[3] = kith_device_information_service(&information, &facts);
        assert_int_equal(try_table(table, 4), KITH_OK);
    }
    table[0] = kith_heart_rate_service(&heart, KITH_BODY_WRIST, (kith_level)0);
    assert_int_equal(try_table(table, 1), KITH_ERR_VALUE);
    table[0] = kith_heart_rate_service(&heart, KITH_BODY_WRIST, (kith_level)5);
    assert_int_equal(try_table(table, 1), KITH_ERR_VALUE);
}

static gatt_link_security security_at(kith_level level)
{
    return (gatt_link_security){.encrypted = level > KITH_LEVEL_NONE,
                                .key_size = level > KITH_LEVEL_NONE ? 16 : 0,
                                .level = level,
                                .signer = (kith_level)0};
}

/* ---- heart rate ---- */

static void heart_rate_is_discovered(void **state)
{
    kith_heart_rate heart;
    kith_service table = kith_heart_rate_service(&heart, KITH_BODY_FINGER, KITH_LEVEL_NONE);
    server_link l;

    (void)state;
    start_with(&l, security_at(KITH_LEVEL_NONE), &table, 1);
    exchange(&l, "06 01 00 ff ff 00 28 0d 18", "07 0e 00 15 00");
    exchange(&l, "08 0e 00 15 00 03 28", "09 07 0f 00 10 10 00 37 2a 12 00 02 13 00 38 2a 14 00 08 15 00 39 2a");
    exchange(&l, "04 11 00 11 00", "05 01 11 00 02 29");
    exchange(&l, "0a 13 00", "0b 03");
}

/* Each value asks for the level that the program gave, and for no more. */
static void heart_rate_is_protected_as_asked(void **state)
{
    kith_heart_rate heart;
    gatt_attribute measurement;

    (void)state;
    for (size_t need = 0; need < 4; need++) {
        kith_service table = kith_heart_rate_service(&heart, KITH_BODY_CHEST, levels[need]);

        for (size_t has = 0; has < 4; has++) {
            bool may = has >= need;
            server_link l;

            start_with(&l, security_at(levels[has]), &table, 1);
            assert_int_equal(client_sends(&l, "0a 13 00"), may ? GATT_SERVER_NONE : GATT_SERVER_REFUSED);
            assert_int_equal(client_sends(&l, "12 11 00 01 00"), may ? GATT_SERVER_SUBSCRIBED : GATT_SERVER_REFUSED);
            assert_int_equal(client_sends(&l, "12 15 00 01"), may ? GATT_SERVER_WRITE_WANTED : GATT_SERVER_REFUSED);
            if (may)
                continue;
            assert_true(gatt_server_subscribe(&l.server, 16, KITH_SUBSCRIBED_NOTIFY)); /* on a better link, before */
            assert_true(gatt_database_find_id(&l.db, KITH_HEART_RATE_MEASUREMENT, &measurement));
            assert_int_equal(gatt_server_may_tell(&l.server, &l.sec, &measurement, KITH_SUBSCRIBED_NOTIFY),
                             KITH_ERR_INSECURE);
        }
    }
}

static void encodes(const kith_heart_rate_measurement *m, size_t cap, const char *expected)
{
    uint8_t out[KITH_HEART_RATE_MAX];

    assert_true(cap <= sizeof out);
    hex_expect(out, kith_heart_rate_encode(m, out, cap), expected);
}

/* 3.1.1.1: flags say what is there, and in which width. */
static void measurements_are_encoded(void **state)
{
    kith_heart_rate_measurement m = {.beats_per_minute = 72};

    (void)state;
    encodes(&m, 20, "00 48");
    m.beats_per_minute = 255;
    encodes(&m, 20, "00 ff");
    m.beats_per_minute = 256;
    encodes(&m, 20, "01 00 01");
    m.contact = KITH_CONTACT_NONE;
    encodes(&m, 20, "05 00 01");
    m.contact = KITH_CONTACT_YES;
    encodes(&m, 20, "07 00 01");
    m.has_energy = true, m.energy_kj = 0x1234;
    encodes(&m, 20, "0f 00 01 34 12");
    m.interval_count = 2, m.intervals_1024s[0] = 0x0400, m.intervals_1024s[1] = 0x03ff;
    encodes(&m, 20, "1f 00 01 34 12 00 04 ff 03");
    m.beats_per_minute = 60, m.has_energy = false, m.contact = KITH_CONTACT_UNKNOWN;
    encodes(&m, 20, "10 3c 00 04 ff 03");
}

static void intervals_that_do_not_fit_are_left_out(void **state)
{
    kith_heart_rate_measurement m = {.beats_per_minute = 60, .interval_count = KITH_HEART_RATE_INTERVALS};
    uint8_t out[KITH_HEART_RATE_MAX] = {0};

    (void)state;
    assert_int_equal(kith_heart_rate_encode(&m, out, 20), 20); /* 2 + 9 * 2: all of them */
    assert_int_equal(kith_heart_rate_encode(&m, out, 19), 18);
    m.has_energy = true, m.beats_per_minute = 300;
    assert_int_equal(kith_heart_rate_encode(&m, out, 20), 19);
    assert_int_equal(kith_heart_rate_encode(&m, out, sizeof out), sizeof out);
    encodes(&m, 6, "09 2c 01 00 00"); /* none fits, and none is promised */
    assert_int_equal(kith_heart_rate_encode(&m, out, 4), 0);
    m.interval_count++;
    assert_int_equal(kith_heart_rate_encode(&m, out, sizeof out), 0);
}

static bool decodes(const char *text, kith_heart_rate_measurement *out)
{
    uint8_t value[64];
    size_t len = hex_read(text, value, sizeof value);
    uint8_t *exact = malloc(len + (len == 0)); /* so that a sanitizer sees what is read beyond it */
    bool good;

    assert_non_null(exact);
    memcpy(exact, value, len);
    good = kith_heart_rate_decode(exact, len, out);
    free(exact);
    return good;
}

static void measurements_are_decoded(void **state)
{
    kith_heart_rate_measurement m;

    (void)state;
    assert_true(decodes("00 48", &m));
    assert_int_equal(m.beats_per_minute, 72);
    assert_int_equal(m.contact, KITH_CONTACT_UNKNOWN);
    assert_false(m.has_energy);
    assert_true(decodes("02 48", &m)); /* contact, which it does not support, means nothing */
    assert_int_equal(m.contact, KITH_CONTACT_UNKNOWN);
    assert_true(decodes("04 48", &m));
    assert_int_equal(m.contact, KITH_CONTACT_NONE);
    assert_true(decodes("1f 00 01 34 12 00 04 ff 03", &m));
    assert_int_equal(m.beats_per_minute, 256);
    assert_int_equal(m.contact, KITH_CONTACT_YES);
    assert_int_equal(m.energy_kj, 0x1234);
    assert_int_equal(m.interval_count, 2);
    assert_int_equal(m.intervals_1024s[0], 0x0400);
    assert_int_equal(m.intervals_1024s[1], 0x03ff);
    assert_true(decodes("10 3c 01 00 02 00 03 00 04 00 05 00 06 00 07 00 08 00 09 00 0a 00", &m));
    assert_int_equal(m.interval_count, KITH_HEART_RATE_INTERVALS);
    assert_int_equal(m.intervals_1024s[8], 9);
    assert_true(decodes("e0 48 aa bb", &m)); /* flags and octets of a later version */
    assert_int_equal(m.beats_per_minute, 72);
    assert_int_equal(m.interval_count, 0);
}

static void short_measurements_are_refused(void **state)
{
    static const char *const wrong[] = {
        "", "00", "01", "01 48", "08 48", "08 48 01", "09 48 00 01", "10 48 01", "19 48 00 01 00 ff"};
    kith_heart_rate_measurement m;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(decodes(wrong[i], &m));
        assert_int_equal(m.beats_per_minute, 0);
    }
}

/* 3.3: 1 resets the energy expended; what is reserved is refused with the service's own error. */
static void control_point_knows_one_order(void **state)
{
    const uint8_t orders[] = {1, 0};

    (void)state;
    assert_int_equal(kith_heart_rate_control(orders, 1), 0);
    for (unsigned order = 0; order < 256; order++) {
        uint8_t value = (uint8_t)order;

        assert_int_equal(kith_heart_rate_control(&value, 1), order == 1 ? 0 : 0x80);
    }
    assert_int_equal(kith_heart_rate_control(orders, 0), 0x0d);
    assert_int_equal(kith_heart_rate_control(orders, 2), 0x0d);
}

/* ---- battery ---- */

static void batteries_are_told_apart(void **state)
{
    kith_battery first, main_one;
    kith_service table[2] = {kith_battery_service(&first, 7, 87, 1), kith_battery_service(&main_one, 8, 101, 0x0106)};
    gatt_attribute at;
    server_link l;

    (void)state;
    start_with(&l, security_at(KITH_LEVEL_NONE), table, 2);
    exchange(&l, "06 01 00 ff ff 00 28 0f 18", "07 0e 00 12 00 13 00 17 00");
    exchange(&l, "08 0e 00 12 00 03 28", "09 07 0f 00 12 10 00 19 2a");
    exchange(&l, "04 11 00 12 00", "05 01 11 00 02 29 12 00 04 29");
    exchange(&l, "0a 10 00", "0b 57");
    exchange(&l, "0a 15 00", "0b 64");
    exchange(&l, "0a 12 00", "0b 04 00 ad 27 01 01 00");
    exchange(&l, "0a 17 00", "0b 04 00 ad 27 01 06 01");
    first.percent = 12; /* the program's own memory */
    exchange(&l, "0a 10 00", "0b 0c");
    exchange(&l, "12 10 00 00", "01 12 10 00 03");
    exchange(&l, "12 11 00 01 00", "13"); /* open */
    assert_true(gatt_database_find_id(&l.db, 8, &at));
    assert_int_equal(at.handle, 0x15);
}

static void the_only_battery_needs_no_description(void **state)
{
    kith_battery only;
    kith_service table = kith_battery_service(&only, 7, 87, 0);
    server_link l;

    (void)state;
    start_with(&l, security_at(KITH_LEVEL_NONE), &table, 1);
    exchange(&l, "06 01 00 ff ff 00 28 0f 18", "07 0e 00 11 00");
}

/* ---- device information ---- */

static void facts_are_read(void **state)
{
    static const kith_device_facts facts = {
        .manufacturer = "A",
        .model = "B",
        .serial = "C",
        .hardware = "D",
        .firmware = "E",
        .software = "F",
        .has_system_id = true,
        .system_id = UINT64_C(0x123456fffe9abcde), /* the service's own example, as it is printed */
        .has_pnp_id = true,
        .pnp_id = {.vendor_source = KITH_VENDOR_USB, .vendor = 0x1d6b, .product = 0x0246, .version = 0x0213},
        .unique_level = KITH_LEVEL_ENCRYPTED,
    };
    kith_device_information information;
    kith_service table = kith_device_information_service(&information, &facts);
    server_link l;

    (void)state;
    start_with(&l, security_at(KITH_LEVEL_NONE), &table, 1);
    exchange(&l, "06 01 00 ff ff 00 28 0a 18", "07 0e 00 1e 00");
    exchange(&l, "08 0e 00 1e 00 29 2a", "09 03 10 00 41");
    exchange(&l, "08 0e 00 1e 00 24 2a", "09 03 12 00 42");
    exchange(&l, "08 0e 00 1e 00 25 2a", "01 08 14 00 05");
    exchange(&l, "08 0e 00 1e 00 27 2a", "09 03 16 00 44");
    exchange(&l, "08 0e 00 1e 00 26 2a", "09 03 18 00 45");
    exchange(&l, "08 0e 00 1e 00 28 2a", "09 03 1a 00 46");
    exchange(&l, "08 0e 00 1e 00 23 2a", "01 08 1c 00 05");
    exchange(&l, "08 0e 00 1e 00 50 2a", "09 09 1e 00 02 6b 1d 46 02 13 02");
    l.sec = security_at(KITH_LEVEL_ENCRYPTED);
    exchange(&l, "08 0e 00 1e 00 25 2a", "09 03 14 00 43");
    exchange(&l, "08 0e 00 1e 00 23 2a", "09 0a 1c 00 de bc 9a fe ff 56 34 12");
}

static void what_is_left_out_is_not_there(void **state)
{
    static const kith_device_facts facts = {.model = "H7", .serial = "0001"};
    kith_device_information information;
    kith_service table = kith_device_information_service(&information, &facts);
    server_link l;

    (void)state;
    start_with(&l, security_at(KITH_LEVEL_NONE), &table, 1);
    exchange(&l, "06 01 00 ff ff 00 28 0a 18", "07 0e 00 12 00");
    exchange(&l, "08 0e 00 ff ff 03 28", "09 07 0f 00 02 10 00 24 2a 11 00 02 12 00 25 2a");
    exchange(&l, "0a 12 00", "0b 30 30 30 31");
}

static void strings_have_a_limit(void **state)
{
    static char text[65536 + 6];
    kith_device_facts facts = {.software = text};
    kith_device_information information;
    kith_service table;

    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t len = 511; len <= 513; len++) {
        text[len] = 0;
        table = kith_device_information_service(&information, &facts);
        assert_int_equal(try_table(&table, 1), len <= 512 ? KITH_OK : KITH_ERR_VALUE);
        text[len] = 'x';
    }
    text[65536 + 5] = 0; /* which is no length of 5 */
    table = kith_device_information_service(&information, &facts);
    assert_int_equal(try_table(&table, 1), KITH_ERR_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_with_all_of_them_starts),
        cmocka_unit_test(heart_rate_is_discovered),
        cmocka_unit_test(heart_rate_is_protected_as_asked),
        cmocka_unit_test(measurements_are_encoded),
        cmocka_unit_test(intervals_that_do_not_fit_are_left_out),
        cmocka_unit_test(measurements_are_decoded),
        cmocka_unit_test(short_measurements_are_refused),
        cmocka_unit_test(control_point_knows_one_order),
        cmocka_unit_test(batteries_are_told_apart),
        cmocka_unit_test(the_only_battery_needs_no_description),
        cmocka_unit_test(facts_are_read),
        cmocka_unit_test(what_is_left_out_is_not_there),
        cmocka_unit_test(strings_have_a_limit),
    };
    return cmocka_run_group_tests_name("ready services", tests, NULL, NULL);
}
