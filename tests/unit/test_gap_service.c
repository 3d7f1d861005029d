/* The GAP service beyond name and appearance: where it stands, what its values are, and who may write the name.
 * Core Vol 3 Part C 12. */
#include "test_gatt_support.h"

#include "gatt/permission.h"
#include "kith/kith.h"
#include "kith/port/openssl.h"

enum { PREFERRED = 1, RESOLUTION = 2, LEVELS = 4, PRIVATE = 8, ALL = 15 };

static const kith_connection_parameters parameters = {
    .interval_min_1250us = 24, .interval_max_1250us = 40, .latency = 4, .timeout_10ms = 600};

static kith_gap_service gap_with(unsigned what)
{
    return (kith_gap_service){.preferred = (what & PREFERRED) != 0 ? &parameters : NULL,
                              .central_address_resolution = (what & RESOLUTION) != 0,
                              .security_levels = (what & LEVELS) != 0,
                              .private_only = (what & PRIVATE) != 0};
}

static void start_gap(server_link *l, gatt_link_security sec, const kith_gap_service *gap, const kith_service *services,
                      size_t count)
{
    start_with(l, sec, services, count);
    assert_int_equal(gatt_database_set_gap(&l->db, gap), KITH_OK);
}

/* Nothing moves: peers remember Service Changed, and every table of today is where it was. */
static void nothing_asked_for_is_nothing_changed(void **state)
{
    kith_gap_service gap = gap_with(0);
    gatt_database before;
    gatt_attribute a, b;
    bool more = true;
    server_link l;

    (void)state;
    start_gap(&l, plain, &gap, test_services, 2);
    assert_int_equal(gatt_database_init(&before, "Kith", 0x0341, test_services, 2), KITH_OK);
    assert_true(gatt_database_find(&l.db, 1, &a));
    assert_true(gatt_database_find(&before, 1, &b));
    while (more) {
        assert_int_equal(a.handle, b.handle);
        assert_ptr_equal(a.type, b.type);
        assert_int_equal(a.permissions, b.permissions);
        more = gatt_database_next(&before, &b);
        assert_int_equal(gatt_database_next(&l.db, &a), more);
    }
}

static void all_of_it_stands_behind_the_gatt_service(void **state)
{
    kith_gap_service gap = gap_with(ALL);
    server_link l;

    (void)state;
    start_gap(&l, plain, &gap, test_services, 2);
    exchange(&l, "10 01 00 ff ff 00 28", "11 06 06 00 0d 00 01 18 0e 00 1a 00 00 18 1b 00 1e 00 0f 18");
    exchange(&l, "06 01 00 ff ff 00 28 00 18", "07 0e 00 1a 00");
    exchange(&l, "08 01 00 18 00 05 2a", "01 08 08 00 02"); /* Service Changed is where it always is, and unreadable */
    exchange(&l, "08 0e 00 18 00 03 28", "09 07 0f 00 02 10 00 00 2a 11 00 02 12 00 01 2a 13 00 02 14 00 04 2a");
    exchange(&l, "08 14 00 1a 00 03 28", "09 07 15 00 02 16 00 a6 2a 17 00 02 18 00 f5 2b 19 00 02 1a 00 c9 2a");
    exchange(&l, "0a 10 00", "0b 4b 69 74 68");
    exchange(&l, "0a 12 00", "0b 41 03");
    exchange(&l, "0a 14 00", "0b 18 00 28 00 04 00 58 02");
    exchange(&l, "0a 16 00", "0b 01");
    exchange(&l, "0a 18 00", "0b 01 03"); /* the strongest in test_services */
    exchange(&l, "0a 1a 00", "0b 00");    /* nothing but private addresses */
    exchange(&l, "0a 1d 00", "0b 64");    /* and the program's own behind it */
    for (unsigned handle = 1; handle < 6; handle++) {
        char request[16];
        char response[32];

        snprintf(request, sizeof request, "0a %02x 00", handle);
        snprintf(response, sizeof response, "01 0a %02x 00 01", handle);
        exchange(&l, request, response);
    }
    exchange(&l, "04 01 00 06 00", "05 01 06 00 00 28");
}

/* Whatever is chosen: what is there is what was asked for, ends where the next one begins, and can't be written. */
static void each_choice_has_its_characteristics(void **state)
{
    static const struct {
        unsigned what;
        uint16_t id;
    } rows[] = {{PREFERRED, 0x2a04}, {RESOLUTION, 0x2aa6}, {LEVELS, 0x2bf5}, {PRIVATE, 0x2ac9}};

    (void)state;
    for (unsigned what = 1; what <= ALL; what++) {
        kith_gap_service gap = gap_with(what);
        uint16_t handle = 0x13;
        server_link l;
        gatt_attribute at;

        start_gap(&l, authenticated, &gap, test_services, 2);
        for (size_t i = 0; i < 4; i++) {
            if ((what & rows[i].what) == 0)
                continue;
            assert_true(gatt_database_find(&l.db, (uint16_t)(handle + 1), &at));
            assert_int_equal(at.id, rows[i].id);
            assert_int_equal(at.properties, KITH_PROPERTY_READ);
            assert_int_equal(at.permissions, KITH_READ_OPEN);
            handle = (uint16_t)(handle + 2);
        }
        assert_int_equal(gatt_database_group_end(&l.db, &at), handle - 1);
        assert_true(gatt_database_find(&l.db, handle, &at));
        assert_int_equal(at.kind, GATT_SERVICE);
        assert_false(at.is_built_in);
    }
}

/* ---- LE GATT Security Levels (12.7) ---- */

static void levels_are(const kith_service *service, const char *expected)
{
    kith_gap_service gap = gap_with(LEVELS);
    server_link l;

    start_gap(&l, plain, &gap, service, service != NULL);
    exchange(&l, "0a 14 00", expected);
}

static void levels_of(uint8_t properties, uint32_t permissions, const char *expected)
{
    const kith_characteristic c = {.uuid = KITH_UUID16(0x2a56), .properties = properties, .permissions = permissions};
    const kith_service service = {.uuid = KITH_UUID16(0x1815), .characteristics = &c, .characteristic_count = 1};

    levels_are(&service, expected);
}

static void the_strongest_permission_is_told(void **state)
{
    static const char *const expected[] = {"0b 01 01", "0b 01 02", "0b 01 03", "0b 01 04"};
    enum { READ = KITH_PROPERTY_READ, WRITE = KITH_PROPERTY_WRITE, NOTIFY = KITH_PROPERTY_NOTIFY };

    (void)state;
    levels_are(NULL, "0b 01 01");
    for (uint32_t level = 1; level <= 4; level++) {
        const char *text = expected[level - 1];

        levels_of(READ, level * KITH_READ_OPEN, text);
        levels_of(WRITE, level * KITH_WRITE_OPEN, text);
        levels_of(NOTIFY, level * KITH_NOTIFY_OPEN, text);
        levels_of(READ | WRITE, KITH_READ_OPEN | level * KITH_WRITE_OPEN, text);
        levels_of(READ | WRITE, level * KITH_READ_OPEN | KITH_WRITE_OPEN, text);
        levels_of(READ | NOTIFY, KITH_READ_OPEN | level * KITH_NOTIFY_OPEN, text);
    }
}

static void signed_writes_are_a_mode_of_their_own(void **state)
{
    (void)state;
    levels_of(KITH_PROPERTY_SIGNED_WRITE, KITH_WRITE_SIGNED, "0b 01 01 02 01");
    levels_of(KITH_PROPERTY_SIGNED_WRITE, KITH_WRITE_SIGNED_AUTHENTICATED, "0b 01 01 02 02");
    levels_of(KITH_PROPERTY_SIGNED_WRITE | KITH_PROPERTY_WRITE,
              KITH_WRITE_SIGNED_AUTHENTICATED | KITH_WRITE_SC_AUTHENTICATED, "0b 01 04 02 02");
}

static void descriptors_the_name_and_added_services_count(void **state)
{
    static const kith_descriptor secret = {.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_AUTHENTICATED};
    static const kith_characteristic c = {.uuid = KITH_UUID16(0x2a56),
                                          .properties = KITH_PROPERTY_READ,
                                          .permissions = KITH_READ_OPEN,
                                          .descriptors = &secret,
                                          .descriptor_count = 1};
    static const kith_service service = {.uuid = KITH_UUID16(0x1815), .characteristics = &c, .characteristic_count = 1};
    uint8_t text[4] = "ab";
    kith_variable name = {.octets = text, .len = 2, .max = 4};
    kith_gap_service gap = gap_with(LEVELS);
    uint16_t first, last;
    server_link l;

    (void)state;
    levels_are(&service, "0b 01 03");
    gap.name = &name;
    gap.name_permissions = KITH_WRITE_ENCRYPTED;
    start_gap(&l, plain, &gap, NULL, 0);
    exchange(&l, "0a 14 00", "0b 01 02");
    assert_int_equal(gatt_database_add(&l.db, &service, &first, &last), KITH_OK);
    exchange(&l, "0a 14 00", "0b 01 03");
}

/* ---- the name ---- */

static void the_name_is_read_where_the_program_keeps_it(void **state)
{
    uint8_t text[8] = "left";
    kith_variable name = {.octets = text, .len = 4, .max = sizeof text};
    kith_gap_service gap = {.name = &name};
    server_link l;

    (void)state;
    start_gap(&l, plain, &gap, test_services, 2);
    exchange(&l, "0a 03 00", "0b 6c 65 66 74");
    exchange(&l, "0a 02 00", "0b 02 03 00 00 2a"); /* it can't be written, */
    text[0] = 'd', name.len = 1;
    exchange(&l, "0a 03 00", "0b 64");
    exchange(&l, "12 03 00 41", "01 12 03 00 03"); /* and is not */
    exchange(&l, "52 03 00 41", "");
    assert_int_equal(text[0], 'd');
}

static void the_name_is_written_by_who_may(void **state)
{
    uint8_t text[4] = "ab";
    kith_variable name = {.octets = text, .len = 2, .min = 1, .max = 3};
    kith_gap_service gap = {.name = &name, .name_permissions = KITH_WRITE_AUTHENTICATED};
    server_link l;

    (void)state;
    start_gap(&l, plain, &gap, test_services, 2);
    exchange(&l, "0a 02 00", "0b 0a 03 00 00 2a");
    exchange(&l, "0a 03 00", "0b 61 62");
    exchange(&l, "12 03 00 78", "01 12 03 00 05");
    l.sec = just_works;
    exchange(&l, "12 03 00 78", "01 12 03 00 05");
    l.sec = authenticated;
    assert_int_equal(client_sends(&l, "12 03 00 78 79 7a"), GATT_SERVER_WRITTEN);
    we_send(&l, "13");
    assert_int_equal(l.event.id, KITH_GAP_DEVICE_NAME);
    hex_expect(text, name.len, "78 79 7a");
    exchange(&l, "12 03 00 78 79 7a 7a", "01 12 03 00 0d");
    exchange(&l, "12 03 00", "01 12 03 00 0d");
    exchange(&l, "0a 03 00", "0b 78 79 7a");
    exchange(&l, "12 05 00 78 79", "01 12 05 00 03"); /* of the appearance nothing was said */
}

/* In parts, as long names come. */
static void the_name_is_written_in_parts(void **state)
{
    uint8_t text[8] = "ab";
    kith_variable name = {.octets = text, .len = 2, .max = sizeof text};
    kith_gap_service gap = {.name = &name, .name_permissions = KITH_WRITE_ENCRYPTED};
    server_link l;

    (void)state;
    start_gap(&l, plain, &gap, test_services, 2);
    exchange(&l, "16 03 00 00 00 78 79", "01 16 03 00 05");
    l.sec = just_works;
    exchange(&l, "16 03 00 00 00 78 79", "17 03 00 00 00 78 79");
    exchange(&l, "16 03 00 02 00 7a", "17 03 00 02 00 7a");
    exchange(&l, "0a 03 00", "0b 61 62");
    assert_int_equal(client_sends(&l, "18 01"), GATT_SERVER_WRITTEN);
    exchange(&l, "0a 03 00", "0b 78 79 7a");
}

static void the_program_may_be_asked_before_the_name_is_written(void **state)
{
    uint8_t text[8] = "ab";
    kith_variable name = {.octets = text, .len = 2, .max = sizeof text};
    kith_gap_service gap = {.name = &name, .name_permissions = KITH_WRITE_OPEN | KITH_WRITE_AUTHORIZED};
    server_link l;

    (void)state;
    start_gap(&l, plain, &gap, test_services, 2);
    assert_int_equal(client_sends(&l, "12 03 00 78"), GATT_SERVER_AUTHORIZATION_WANTED);
    assert_int_equal(l.event.id, KITH_GAP_DEVICE_NAME);
    (void)program_says(&l, false);
    we_send(&l, "01 12 03 00 08");
    assert_int_equal(text[0], 'a');
    assert_int_equal(client_sends(&l, "12 03 00 78"), GATT_SERVER_AUTHORIZATION_WANTED);
    assert_int_equal(program_says(&l, true), GATT_SERVER_WRITTEN);
    assert_int_equal(text[0], 'x');
}

static void wrong_names_are_refused(void **state)
{
    static const uint32_t wrong[] = {KITH_READ_OPEN,      KITH_READ_AUTHENTICATED | KITH_WRITE_OPEN,
                                     KITH_KEY_SIZE(16),   KITH_WRITE_AUTHORIZED,
                                     KITH_WRITE_SIGNED,   KITH_NOTIFY_OPEN | KITH_WRITE_OPEN,
                                     5 * KITH_WRITE_OPEN, KITH_KEY_SIZE(6) | KITH_WRITE_ENCRYPTED};
    uint8_t text[300] = "a";
    kith_variable name = {.octets = text, .len = 1, .max = 248};
    kith_gap_service gap = {.name = &name};
    gatt_database db;

    (void)state;
    assert_int_equal(gatt_database_init(&db, NULL, 0, NULL, 0), KITH_OK);
    assert_int_equal(gatt_database_set_gap(&db, &gap), KITH_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        gap.name_permissions = wrong[i];
        assert_int_equal(gatt_database_set_gap(&db, &gap), KITH_ERR_VALUE);
    }
    gap.name_permissions = KITH_WRITE_ENCRYPTED | KITH_KEY_SIZE(16) | KITH_WRITE_AUTHORIZED;
    assert_int_equal(gatt_database_set_gap(&db, &gap), KITH_OK);
    name.max = 249;
    assert_int_equal(gatt_database_set_gap(&db, &gap), KITH_ERR_VALUE);
    gap.name = NULL;
    assert_int_equal(gatt_database_set_gap(&db, &gap), KITH_ERR_VALUE);
}

static void it_needs_handles(void **state)
{
    static kith_characteristic many[256];
    static kith_service services[129];
    kith_gap_service gap = gap_with(ALL);
    gatt_database db;
    gatt_attribute at;

    (void)state;
    for (size_t i = 0; i < 256; i++)
        many[i] = battery[0], many[i].descriptor_count = 0;
    for (size_t i = 0; i < 128; i++)
        services[i] = (kith_service){.uuid = KITH_UUID16(0x180f), .characteristics = many, .characteristic_count = 256};
    services[127].characteristic_count = 178; /* 13 + 127 * 513 + 357 = 65521 */
    services[128] = (kith_service){.uuid = KITH_UUID16(0x180f)};
    assert_int_equal(gatt_database_init(&db, "x", 0, services, 128), KITH_OK);
    assert_int_equal(gatt_database_set_gap(&db, &gap), KITH_OK);
    assert_true(gatt_database_find(&db, 0xfffe, &at));
    assert_false(gatt_database_next(&db, &at));
    assert_int_equal(gatt_database_init(&db, "x", 0, services, 129), KITH_OK);
    assert_int_equal(gatt_database_set_gap(&db, &gap), KITH_ERR_FULL);
}

/* ---- the host takes it from its configuration ---- */

static kith_status try_gap(const kith_gap_service *gap)
{
    _Alignas(8) static uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 65, 8)];
    kith_crypto_port crypto;
    kith_config config;
    kith_host *h;

    assert_int_equal(kith_openssl_port(&crypto), KITH_OK);
    kith_config_default(&config);
    config.crypto = &crypto;
    config.store = &kith_volatile_store;
    config.gap = *gap;
    config.privacy.mode = KITH_PRIVACY_RESOLVABLE;
    return kith_host_init(memory, sizeof memory, &config, &h);
}

static void the_host_refuses_what_is_wrong(void **state)
{
    static const kith_connection_parameters too_short = {
        .interval_min_1250us = 24, .interval_max_1250us = 400, .latency = 4, .timeout_10ms = 100};
    kith_gap_service gap = gap_with(ALL);

    (void)state;
    assert_int_equal(try_gap(&gap), KITH_OK);
    gap.preferred = &too_short;
    assert_int_equal(try_gap(&gap), KITH_ERR_VALUE);
    gap = gap_with(ALL);
    gap.name_permissions = KITH_WRITE_OPEN;
    assert_int_equal(try_gap(&gap), KITH_ERR_VALUE);
}

/* Clients that know the table without it are told, as they are of any other table. */
static void it_is_part_of_the_hash(void **state)
{
    kith_crypto_port crypto;
    uint8_t hashes[ALL + 1][16];

    (void)state;
    assert_int_equal(kith_openssl_port(&crypto), KITH_OK);
    for (unsigned what = 0; what <= ALL; what++) {
        kith_gap_service gap = gap_with(what);
        gatt_database db;

        assert_int_equal(gatt_database_init(&db, "x", 0, test_services, 2), KITH_OK);
        assert_int_equal(gatt_database_set_gap(&db, &gap), KITH_OK);
        assert_int_equal(gatt_database_make_hash(&db, &crypto), KITH_OK);
        memcpy(hashes[what], db.hash, 16);
        for (unsigned other = 0; other < what; other++)
            assert_memory_not_equal(hashes[what], hashes[other], 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked_for_is_nothing_changed),
        cmocka_unit_test(all_of_it_stands_behind_the_gatt_service),
        cmocka_unit_test(each_choice_has_its_characteristics),
        cmocka_unit_test(the_strongest_permission_is_told),
        cmocka_unit_test(signed_writes_are_a_mode_of_their_own),
        cmocka_unit_test(descriptors_the_name_and_added_services_count),
        cmocka_unit_test(the_name_is_read_where_the_program_keeps_it),
        cmocka_unit_test(the_name_is_written_by_who_may),
        cmocka_unit_test(the_name_is_written_in_parts),
        cmocka_unit_test(the_program_may_be_asked_before_the_name_is_written),
        cmocka_unit_test(wrong_names_are_refused),
        cmocka_unit_test(it_needs_handles),
        cmocka_unit_test(the_host_refuses_what_is_wrong),
        cmocka_unit_test(it_is_part_of_the_hash),
    };
    return cmocka_run_group_tests_name("GAP service", tests, NULL, NULL);
}
