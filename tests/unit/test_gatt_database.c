/* Tables as attributes: handles, types, groups, values; and tables that are refused. */
#include "test_gatt_hex.h"
#include "test_gatt_tables.h"

#include "gatt/database.h"
#include "kith/codec/att.h"

static void make(gatt_database *db)
{
    assert_int_equal(gatt_database_init(db, "Kith", 0x0341, test_services, 2), KITH_OK);
}

/* Every attribute, in order: handle, type, value ("program" where the program holds it). */
static const char *const expected[] = {
    "1 2800 00 18",
    "2 2803 02 03 00 00 2a",
    "3 2a00 4b 69 74 68",
    "4 2803 02 05 00 01 2a",
    "5 2a01 41 03",
    "6 2800 01 18",
    "7 2803 20 08 00 05 2a",
    "8 2a05 nothing",
    "9 2902 nothing",
    "10 2803 0a 0b 00 29 2b",
    "11 2b29 nothing",
    "12 2803 02 0d 00 2a 2b",
    "13 2b2a 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
    "14 2800 0f 18",
    "15 2803 02 10 00 19 2a",
    "16 2a19 64",
    "17 2901 6d 61 69 6e",
    "18 2800 c1 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b",
    "19 2803 0e 14 00 56 2a",
    "20 2a56 program 1",
    "21 2803 02 16 00 c2 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b",
    "22 9b574847-f706-436c-bed7-fc01eb0965c2 60 octets",
    "23 2803 08 18 00 57 2a",
    "24 2a57 program 2",
    "25 2803 02 1a 00 58 2a",
    "26 2a58 01 02 03 04",
    "27 2803 06 1c 00 59 2a",
    "28 2a59 program 3",
    "29 9b574847-f706-436c-bed7-fc01eb0965c3 program 4",
};
enum { COUNT = sizeof expected / sizeof expected[0] };

static void describe(const gatt_database *db, const gatt_attribute *at, char *text, size_t cap)
{
    char type[KITH_UUID_TEXT];
    char value[128];
    uint8_t scratch[GATT_SCRATCH];
    size_t len = 0;
    const uint8_t *octets;

    if (at->is_program) {
        snprintf(value, sizeof value, "program %u", at->id);
    } else {
        octets = gatt_database_value(db, at, scratch, &len);
        if (len == 0)
            snprintf(value, sizeof value, "nothing");
        else if (len > 20)
            snprintf(value, sizeof value, "%zu octets", len);
        else
            hex_write(octets, len, value, sizeof value);
    }
    snprintf(text, cap, "%u %s %s", at->handle, kith_uuid_format(at->type, type), value);
}

static void the_walk_meets_every_attribute_in_order(void **state)
{
    gatt_database db;
    gatt_attribute at;
    char text[256];

    (void)state;
    make(&db);
    assert_true(gatt_database_find(&db, 1, &at));
    for (size_t i = 0; i < COUNT; i++) {
        describe(&db, &at, text, sizeof text);
        assert_string_equal(text, expected[i]);
        assert_int_equal(gatt_database_next(&db, &at), i + 1 < COUNT);
    }
    assert_int_equal(at.handle, COUNT);
}

static void every_handle_is_found_and_no_other(void **state)
{
    gatt_database db;
    gatt_attribute at;
    char text[256];

    (void)state;
    make(&db);
    for (unsigned handle = 0; handle <= 0xffff; handle++) {
        bool found = gatt_database_find(&db, (uint16_t)handle, &at);

        assert_int_equal(found, handle >= 1 && handle <= COUNT);
        if (found) {
            describe(&db, &at, text, sizeof text);
            assert_string_equal(text, expected[handle - 1]);
        }
    }
}

static void groups_end_where_the_next_begins(void **state)
{
    gatt_database db;
    gatt_attribute at;

    (void)state;
    make(&db);
    for (uint16_t handle = 1; handle <= COUNT; handle++) {
        uint16_t end = handle <= 5 ? 5 : handle <= 13 ? 13 : handle <= 17 ? 17 : 29;

        assert_true(gatt_database_find(&db, handle, &at));
        assert_int_equal(gatt_database_group_end(&db, &at), end);
    }
}

static void types_are_found_within_the_range(void **state)
{
    static const kith_uuid service = KITH_UUID16(0x2800);
    static const kith_uuid service_long =
        KITH_UUID128(0x00, 0x00, 0x28, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0x80, 0x5f, 0x9b, 0x34, 0xfb);
    gatt_database db;
    gatt_attribute at;

    (void)state;
    make(&db);
    assert_true(gatt_database_find(&db, 2, &at));
    assert_true(gatt_database_find_type(&db, &at, &service, 0xffff));
    assert_int_equal(at.handle, 6);
    assert_true(gatt_database_find_type(&db, &at, &service_long, 0xffff));
    assert_int_equal(at.handle, 6);
    assert_true(gatt_database_find(&db, 15, &at));
    assert_false(gatt_database_find_type(&db, &at, &service, 17));
    assert_true(gatt_database_find(&db, 15, &at));
    assert_true(gatt_database_find_type(&db, &at, &service, 18));
    assert_true(gatt_database_find(&db, 19, &at));
    assert_false(gatt_database_find_type(&db, &at, &service, 0xffff));
}

static void no_tables_is_a_database_too(void **state)
{
    gatt_database db;
    gatt_attribute at;
    uint8_t scratch[GATT_SCRATCH];
    size_t len = 1;

    (void)state;
    assert_int_equal(gatt_database_init(&db, NULL, 0, NULL, 0), KITH_OK);
    assert_true(gatt_database_find(&db, 13, &at));
    assert_false(gatt_database_next(&db, &at));
    assert_true(gatt_database_find(&db, HANDLE_NAME, &at));
    (void)gatt_database_value(&db, &at, scratch, &len);
    assert_int_equal(len, 0);
}

static kith_status try_characteristic(kith_characteristic c)
{
    kith_service s = {.uuid = KITH_UUID16(0x1815), .characteristics = &c, .characteristic_count = 1};
    gatt_database db;

    return gatt_database_init(&db, "x", 0, &s, 1);
}

static kith_status try_descriptor(kith_descriptor d)
{
    return try_characteristic((kith_characteristic){.uuid = KITH_UUID16(0x2a56),
                                                    .properties = KITH_PROPERTY_READ,
                                                    .permissions = KITH_READ_OPEN,
                                                    .descriptors = &d,
                                                    .descriptor_count = 1});
}

static void wrong_tables_are_refused(void **state)
{
    static const uint8_t value[600] = {0};
    const kith_characteristic good = {
        .uuid = KITH_UUID16(0x2a56), .properties = KITH_PROPERTY_READ, .permissions = KITH_READ_OPEN};
    kith_characteristic c;

    (void)state;
    assert_int_equal(try_characteristic(good), KITH_OK);
    c = good, c.uuid.size = 4;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.uuid.octets[0] = 0x03, c.uuid.octets[1] = 0x28;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.permissions = KITH_READ_OPEN | KITH_WRITE_OPEN;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.permissions = 5;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.permissions = KITH_READ_OPEN | 0x4000;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.value = value, c.value_len = 512;
    assert_int_equal(try_characteristic(c), KITH_OK);
    c.value_len = 513;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.value_len = 1;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.value = value, c.properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
    c.permissions = KITH_READ_OPEN | KITH_WRITE_OPEN;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.descriptor_count = 1;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
}

static void signed_writes_are_declared_and_permitted_or_neither(void **state)
{
    static const uint8_t value[4] = {0};
    const kith_characteristic good = {
        .uuid = KITH_UUID16(0x2a56), .properties = KITH_PROPERTY_SIGNED_WRITE, .permissions = KITH_WRITE_SIGNED};
    kith_characteristic c;

    (void)state;
    assert_int_equal(try_characteristic(good), KITH_OK);
    c = good, c.permissions = KITH_WRITE_SIGNED_AUTHENTICATED;
    assert_int_equal(try_characteristic(c), KITH_OK);
    c = good, c.permissions = KITH_WRITE_SIGNED | KITH_WRITE_SIGNED_AUTHENTICATED;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.permissions = KITH_WRITE_ENCRYPTED;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.properties = KITH_PROPERTY_WRITE_WITHOUT_RESPONSE;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.properties |= KITH_PROPERTY_READ, c.permissions = KITH_READ_OPEN;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.properties = KITH_PROPERTY_READ, c.permissions |= KITH_READ_OPEN;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    c = good, c.properties |= KITH_PROPERTY_WRITE, c.permissions |= KITH_WRITE_ENCRYPTED;
    assert_int_equal(try_characteristic(c), KITH_OK);
    c = good, c.value = value, c.value_len = 4;
    assert_int_equal(try_characteristic(c), KITH_ERR_VALUE);
    assert_int_equal(try_descriptor((kith_descriptor){.uuid = KITH_UUID16(0x2901), .permissions = KITH_WRITE_SIGNED}),
                     KITH_ERR_VALUE);
}

static void what_is_not_built_yet_is_refused_by_name(void **state)
{
    static const uint8_t not_yet[] = {KITH_PROPERTY_BROADCAST, KITH_PROPERTY_EXTENDED};

    (void)state;
    for (size_t i = 0; i < sizeof not_yet; i++)
        assert_int_equal(try_characteristic((kith_characteristic){.uuid = KITH_UUID16(0x2a56),
                                                                  .properties = KITH_PROPERTY_READ | not_yet[i],
                                                                  .permissions = KITH_READ_OPEN}),
                         KITH_ERR_UNSUPPORTED);
}

static void wrong_descriptors_and_names_are_refused(void **state)
{
    static const uint8_t value[4] = {0};
    gatt_database db;
    char name[250];

    (void)state;
    assert_int_equal(try_descriptor((kith_descriptor){.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_OPEN}),
                     KITH_OK);
    assert_int_equal(try_descriptor((kith_descriptor){.uuid = {.size = 3}, .permissions = KITH_READ_OPEN}),
                     KITH_ERR_VALUE);
    assert_int_equal(try_descriptor((kith_descriptor){.uuid = KITH_UUID16(0x2901), .permissions = 7}), KITH_ERR_VALUE);
    assert_int_equal(try_descriptor((kith_descriptor){.uuid = KITH_UUID16(0x2901),
                                                      .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
                                                      .value = value,
                                                      .value_len = 4}),
                     KITH_ERR_VALUE);
    memset(name, 'n', sizeof name);
    name[249] = 0;
    assert_int_equal(gatt_database_init(&db, name, 0, NULL, 0), KITH_ERR_VALUE);
    name[248] = 0;
    assert_int_equal(gatt_database_init(&db, name, 0, NULL, 0), KITH_OK);
    assert_int_equal(gatt_database_init(&db, name, 0, NULL, 1), KITH_ERR_VALUE);
}

/* One shared table stands in for many, so that the count can be reached. */
static void more_attributes_than_handles_are_refused(void **state)
{
    static kith_characteristic many[256];
    static kith_service services[130];
    gatt_database db;
    gatt_attribute at;

    (void)state;
    for (size_t i = 0; i < 256; i++)
        many[i] = battery[0], many[i].descriptor_count = 0;
    for (size_t i = 0; i < 128; i++)
        services[i] = (kith_service){.uuid = KITH_UUID16(0x180f), .characteristics = many, .characteristic_count = 256};
    services[127].characteristic_count = 184; /* 13 + 127 * 513 + 369 = 65533 */
    services[128] = services[129] = (kith_service){.uuid = KITH_UUID16(0x180f)};
    assert_int_equal(gatt_database_init(&db, "x", 0, services, 130), KITH_ERR_FULL);
    assert_int_equal(gatt_database_init(&db, "x", 0, services, 129), KITH_OK);
    assert_true(gatt_database_find(&db, 0xfffe, &at));
    assert_false(gatt_database_next(&db, &at));
    assert_false(gatt_database_find(&db, 0xffff, &at));
    services[127].characteristic_count = 185;
    assert_int_equal(gatt_database_init(&db, "x", 0, services, 128), KITH_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walk_meets_every_attribute_in_order),
        cmocka_unit_test(every_handle_is_found_and_no_other),
        cmocka_unit_test(groups_end_where_the_next_begins),
        cmocka_unit_test(types_are_found_within_the_range),
        cmocka_unit_test(no_tables_is_a_database_too),
        cmocka_unit_test(wrong_tables_are_refused),
        cmocka_unit_test(signed_writes_are_declared_and_permitted_or_neither),
        cmocka_unit_test(what_is_not_built_yet_is_refused_by_name),
        cmocka_unit_test(wrong_descriptors_and_names_are_refused),
        cmocka_unit_test(more_attributes_than_handles_are_refused),
    };
    return cmocka_run_group_tests_name("gatt database", tests, NULL, NULL);
}
