/* Services that include others, that are secondary, that come and go.  Core Vol 3 Part G 2.5.2, 3.1, 3.2. */
#include "test_gatt_rich.h"

static const kith_characteristic one[] = {
    {.uuid = KITH_UUID16(0x2a6e), .properties = RICH_READ, .permissions = KITH_READ_OPEN, .id = 71}};
static const kith_characteristic two[] = {
    {.uuid = KITH_UUID16(0x2a6f), .properties = RICH_READ, .permissions = KITH_READ_OPEN, .id = 72},
    {.uuid = KITH_UUID16(0x2a70), .properties = RICH_NOTIFY, .permissions = KITH_NOTIFY_OPEN, .id = 73},
};

#define LONG_UUID(last)                                                                                                \
    KITH_UUID128(0x9b, 0x57, 0x48, 0x47, 0xf7, 0x06, 0x43, 0x6c, 0xbe, 0xd7, 0xfc, 0x01, 0xeb, 0x09, 0x65, last)

/* ---- includes ---- */

static const kith_service family[4];
static const kith_service *const includes[] = {&family[0], &family[1]};
static const kith_service *const includes_again[] = {&family[2]};

/* 14..16 secondary; 17..19 secondary with a long UUID; 20..24 includes both; 25..26 includes that. */
static const kith_service family[4] = {
    {.uuid = KITH_UUID16(0x180f), .characteristics = one, .characteristic_count = 1, .secondary = true},
    {.uuid = LONG_UUID(0xd1), .characteristics = one, .characteristic_count = 1, .secondary = true},
    {.uuid = KITH_UUID16(0x1808),
     .characteristics = one,
     .characteristic_count = 1,
     .includes = includes,
     .include_count = 2},
    {.uuid = KITH_UUID16(0x181a), .includes = includes_again, .include_count = 1},
};

static void includes_tell_where_and_what(void **state)
{
    server_link l;

    (void)state;
    start_with(&l, plain, family, 4);
    exchange(&l, "0a 15 00", "0b 0e 00 10 00 0f 18");
    exchange(&l, "0a 16 00", "0b 11 00 13 00"); /* a long UUID is read at the service itself */
    exchange(&l, "08 01 00 ff ff 02 28", "09 08 15 00 0e 00 10 00 0f 18");
    exchange(&l, "08 16 00 ff ff 02 28", "09 06 16 00 11 00 13 00");
    exchange(&l, "08 17 00 ff ff 02 28", "09 08 1a 00 14 00 18 00 08 18");
    exchange(&l, "08 1b 00 ff ff 02 28", "01 08 1b 00 0a");
    exchange(&l, "12 15 00 00", "01 12 15 00 03");
    exchange(&l, "08 14 00 18 00 03 28", "09 07 17 00 02 18 00 6e 2a");
    exchange(&l, "04 14 00 1a 00", "05 01 14 00 00 28 15 00 02 28 16 00 02 28 17 00 03 28 18 00 6e 2a");
}

static void secondary_services_are_a_group_of_their_own(void **state)
{
    server_link l;

    (void)state;
    start_with(&l, plain, family, 4);
    exchange(&l, "10 01 00 ff ff 01 28", "11 06 0e 00 10 00 0f 18");
    exchange(&l, "10 11 00 ff ff 01 28", "11 14 11 00 13 00 d1 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b");
    exchange(&l, "10 12 00 ff ff 01 28", "01 10 12 00 0a");
    exchange(&l, "10 07 00 ff ff 00 28", "11 06 14 00 18 00 08 18 19 00 1a 00 1a 18");
    exchange(&l, "06 01 00 ff ff 00 28 0f 18", "01 06 01 00 0a");
    exchange(&l, "06 01 00 ff ff 01 28 0f 18", "07 0e 00 10 00");
    exchange(&l, "0a 0e 00", "0b 0f 18");
}

static void what_is_included_comes_before(void **state)
{
    const kith_service *wrong[1];
    kith_service services[2] = {{.uuid = KITH_UUID16(0x1808), .includes = wrong, .include_count = 1},
                                {.uuid = KITH_UUID16(0x180f)}};
    gatt_database db;

    (void)state;
    wrong[0] = &services[1];
    assert_int_equal(gatt_database_init(&db, "", 0, services, 2), KITH_ERR_VALUE); /* after */
    wrong[0] = &services[0];
    assert_int_equal(gatt_database_init(&db, "", 0, services, 2), KITH_ERR_VALUE); /* itself */
    wrong[0] = &family[0];
    assert_int_equal(gatt_database_init(&db, "", 0, services, 2), KITH_ERR_VALUE); /* of another table */
    wrong[0] = NULL;
    assert_int_equal(gatt_database_init(&db, "", 0, services, 2), KITH_ERR_VALUE);
    services[0].include_count = 0;
    assert_int_equal(gatt_database_init(&db, "", 0, services, 2), KITH_OK);
    services[0].includes = NULL, services[0].include_count = 1;
    assert_int_equal(gatt_database_init(&db, "", 0, services, 2), KITH_ERR_VALUE);
}

/* ---- added and removed ---- */

static const kith_service extra_a = {.uuid = KITH_UUID16(0x181a), .characteristics = one, .characteristic_count = 1};
static const kith_service extra_b = {.uuid = KITH_UUID16(0x181b), .characteristics = two, .characteristic_count = 2};
static const kith_service extra_c = {.uuid = KITH_UUID16(0x181c)};
static const kith_service extra_d = {.uuid = KITH_UUID16(0x181d)};

static void add(server_link *l, const kith_service *service, unsigned first, unsigned last)
{
    uint16_t f = 0, e = 0;

    assert_int_equal(gatt_database_add(&l->db, service, &f, &e), KITH_OK);
    assert_int_equal(f, first);
    assert_int_equal(e, last);
}

static void drop(server_link *l, const kith_service *service, unsigned first, unsigned last)
{
    uint16_t f = 0, e = 0;

    assert_int_equal(gatt_database_remove(&l->db, service, &f, &e), KITH_OK);
    assert_int_equal(f, first);
    assert_int_equal(e, last);
}

/* 14..29 are the test tables; a: 30..32, b: 33..38, c: 39. */
static void start_with_extras(server_link *l)
{
    start(l, plain);
    add(l, &extra_a, 30, 32);
    add(l, &extra_b, 33, 38);
    add(l, &extra_c, 39, 39);
}

static void services_keep_their_handles_while_others_go(void **state)
{
    server_link l;

    (void)state;
    start_with_extras(&l);
    drop(&l, &extra_a, 30, 32);
    exchange(&l, "0a 21 00", "0b 1b 18");
    exchange(&l, "0a 1e 00", "01 0a 1e 00 01");
    add(&l, &extra_a, 40, 42); /* behind all others: no handle is given twice while they are there */
    exchange(&l, "0a 21 00", "0b 1b 18");
    exchange(&l, "0a 28 00", "0b 1a 18");
    drop(&l, &extra_c, 39, 39);
    drop(&l, &extra_b, 33, 38);
    exchange(&l, "0a 28 00", "0b 1a 18");
    exchange(&l, "10 12 00 ff ff 00 28", "11 14 12 00 1d 00 c1 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b");
    exchange(&l, "10 1e 00 ff ff 00 28", "11 06 28 00 2a 00 1a 18");
}

static void ranges_go_over_gaps(void **state)
{
    server_link l;

    (void)state;
    start_with_extras(&l);
    drop(&l, &extra_b, 33, 38);
    exchange(&l, "10 1e 00 ff ff 00 28", "11 06 1e 00 20 00 1a 18 27 00 27 00 1c 18");
    exchange(&l, "10 21 00 ff ff 00 28", "11 06 27 00 27 00 1c 18");
    exchange(&l, "10 21 00 26 00 00 28", "01 10 21 00 0a");
    exchange(&l, "06 21 00 ff ff 00 28 1c 18", "07 27 00 27 00");
    exchange(&l, "06 21 00 26 00 00 28 1c 18", "01 06 21 00 0a");
    exchange(&l, "04 20 00 ff ff", "05 01 20 00 6e 2a 27 00 00 28");
    exchange(&l, "04 21 00 ff ff", "05 01 27 00 00 28");
    exchange(&l, "04 21 00 26 00", "01 04 21 00 0a");
    exchange(&l, "08 1f 00 ff ff 00 28", "09 04 27 00 1c 18");
    exchange(&l, "08 21 00 26 00 00 28", "01 08 21 00 0a");
    exchange(&l, "08 21 00 ff ff 03 28", "01 08 21 00 0a");
    for (unsigned handle = 33; handle <= 38; handle++) {
        gatt_attribute at;

        assert_false(gatt_database_find(&l.db, (uint16_t)handle, &at));
        assert_true(gatt_database_find_from(&l.db, (uint16_t)handle, &at));
        assert_int_equal(at.handle, 39);
    }
}

/* Every range and every removal: what is listed is there, and all that is there is listed.  All types are short. */
static void every_range_lists_what_is_there(void **state)
{
    const kith_service *const extras[] = {&extra_a, &extra_b, &extra_c};
    server_link l;

    (void)state;
    for (unsigned gone = 0; gone < 8; gone++) {
        uint16_t f, e;

        start_with_extras(&l);
        l.bearer.mtu = 247;
        for (size_t i = 0; i < 3; i++)
            if ((gone >> i & 1) != 0)
                assert_int_equal(gatt_database_remove(&l.db, extras[i], &f, &e), KITH_OK);
        for (unsigned first = 30; first < 42; first++)
            for (unsigned last = first; last < 42; last++) {
                char request[32];
                unsigned listed = 0, there = 0;
                gatt_attribute at;

                snprintf(request, sizeof request, "04 %02x 00 %02x 00", first, last);
                (void)client_sends(&l, request);
                for (size_t i = 2; l.out[0] == 0x05 && i < l.out_len; i += 4) {
                    assert_in_range(l.out[i], first, last);
                    assert_true(gatt_database_find(&l.db, l.out[i], &at));
                    listed++;
                }
                for (unsigned h = first; h <= last; h++)
                    there += gatt_database_find(&l.db, (uint16_t)h, &at);
                assert_int_equal(listed, there);
            }
    }
}

static void extras_are_found_by_id_and_told(void **state)
{
    gatt_attribute at;
    server_link l;

    (void)state;
    start_with_extras(&l);
    assert_true(gatt_database_find_id(&l.db, 73, &at));
    assert_int_equal(at.handle, 37);
    exchange(&l, "12 26 00 01 00", "13");
    assert_int_equal(gatt_server_may_tell(&l.server, &l.sec, &at, KITH_SUBSCRIBED_NOTIFY), KITH_OK);
    assert_int_equal(client_sends(&l, "0a 23 00"), GATT_SERVER_READ_WANTED);
    assert_int_equal(l.event.id, 72);
    drop(&l, &extra_b, 33, 38);
    assert_false(gatt_database_find_id(&l.db, 73, &at));
}

static void adding_has_limits(void **state)
{
    static kith_characteristic many[256];
    static kith_service services[128];
    static const kith_characteristic wrong = {.uuid = KITH_UUID16(0x2a6e), .properties = RICH_READ};
    static const kith_service unsound = {
        .uuid = KITH_UUID16(0x181e), .characteristics = &wrong, .characteristic_count = 1};
    uint16_t f = 1, e = 1;
    server_link l;

    (void)state;
    start_with_extras(&l);
    assert_int_equal(gatt_database_add(&l.db, &extra_a, &f, &e), KITH_ERR_BUSY);
    assert_int_equal(gatt_database_add(&l.db, &test_services[0], &f, &e), KITH_ERR_BUSY);
    assert_int_equal(gatt_database_add(&l.db, &extra_d, &f, &e), KITH_ERR_FULL);
    assert_int_equal(gatt_database_add(&l.db, &unsound, &f, &e), KITH_ERR_VALUE);
    assert_int_equal(gatt_database_remove(&l.db, &extra_d, &f, &e), KITH_ERR_NOT_FOUND);
    assert_int_equal(gatt_database_remove(&l.db, &test_services[0], &f, &e), KITH_ERR_NOT_FOUND);
    drop(&l, &extra_b, 33, 38);
    add(&l, &extra_d, 40, 40);
    gatt_database_give_room(&l.db, NULL, 0);
    assert_int_equal(gatt_database_add(&l.db, &extra_a, &f, &e), KITH_ERR_FULL);
    for (size_t i = 0; i < 256; i++)
        many[i] = battery[0], many[i].descriptor_count = 0;
    for (size_t i = 0; i < 128; i++)
        services[i] = (kith_service){.uuid = KITH_UUID16(0x180f), .characteristics = many, .characteristic_count = 256};
    services[127].characteristic_count = 183; /* 65531 */
    start_with(&l, plain, services, 128);
    assert_int_equal(gatt_database_add(&l.db, &extra_b, &f, &e), KITH_ERR_FULL);
    add(&l, &extra_a, 0xfffc, 0xfffe);
    assert_int_equal(gatt_database_add(&l.db, &extra_c, &f, &e), KITH_ERR_FULL);
}

static void extras_include_what_is_there(void **state)
{
    static const kith_service *const of_a[] = {&extra_a};
    static const kith_service *const of_table[] = {&test_services[0]};
    static const kith_service user = {.uuid = KITH_UUID16(0x1820), .includes = of_a, .include_count = 1};
    static const kith_service other = {.uuid = KITH_UUID16(0x1821), .includes = of_table, .include_count = 1};
    uint16_t f, e;
    server_link l;

    (void)state;
    start(&l, plain);
    assert_int_equal(gatt_database_add(&l.db, &user, &f, &e), KITH_ERR_VALUE);
    add(&l, &extra_a, 30, 32);
    add(&l, &user, 33, 34);
    add(&l, &other, 35, 36);
    exchange(&l, "0a 22 00", "0b 1e 00 20 00 1a 18");
    exchange(&l, "0a 24 00", "0b 0e 00 11 00 0f 18");
    assert_int_equal(gatt_database_remove(&l.db, &extra_a, &f, &e), KITH_ERR_BUSY);
    drop(&l, &user, 33, 34);
    drop(&l, &extra_a, 30, 32);
    exchange(&l, "0a 24 00", "0b 0e 00 11 00 0f 18");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(includes_tell_where_and_what),
        cmocka_unit_test(secondary_services_are_a_group_of_their_own),
        cmocka_unit_test(what_is_included_comes_before),
        cmocka_unit_test(services_keep_their_handles_while_others_go),
        cmocka_unit_test(ranges_go_over_gaps),
        cmocka_unit_test(every_range_lists_what_is_there),
        cmocka_unit_test(extras_are_found_by_id_and_told),
        cmocka_unit_test(adding_has_limits),
        cmocka_unit_test(extras_include_what_is_there),
    };
    return cmocka_run_group_tests_name("gatt services", tests, NULL, NULL);
}
