/* What clients remember of our table: hash, features, and who knows which.  Core Vol 3 Part G 2.5.2.1, 7. */
#include <stdio.h>

#include "../vectors/hash.h"
#include "kith/port/openssl.h"
#include "test_gatt_rich.h"

/* The table has changed while the client was away, or here: what the host does then. */
static void become_unaware(server_link *l)
{
    gatt_server_on_table_change(&l->server);
}

static void start_robust(server_link *l)
{
    start_rich(l, plain);
    assert_int_equal(client_sends(l, "12 0b 00 01"), GATT_SERVER_FEATURES);
    become_unaware(l);
}

/* SR/GAS/BV-05-C, BV-08-C: each request that relies on handles is refused. */
static void a_client_that_does_not_know_the_table_is_told_so(void **state)
{
    static const char *const requests[] = {
        "0a 10 00",          "0c 10 00 00 00", "0e 10 00 12 00",       "20 10 00 12 00",       "12 12 00 01",
        "16 12 00 00 00 01", "18 01",          "08 02 00 ff ff 00 2a", "08 01 00 fe ff 2a 2b", "08 02 00 ff ff 00 28",
        "0a 0d 00",
    };
    server_link l;

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        start_robust(&l);
        assert_int_equal(client_sends(&l, requests[i]), GATT_SERVER_REFUSED);
        assert_int_equal(l.out[0], 0x01);
        assert_int_equal(l.out[4], 0x12);
        assert_int_equal(rich_variable_octets[0], 0);
        (void)client_sends(&l, requests[i]);
        assert_true(l.out[0] != 0x01 || l.out[4] != 0x12);
        assert_false(l.server.is_unaware);
    }
}

/* It was told of the first change, and not of the second. */
static void a_table_that_changes_again_is_told_again(void **state)
{
    server_link l;

    (void)state;
    start_robust(&l);
    assert_int_equal(client_sends(&l, "0a 10 00"), GATT_SERVER_REFUSED);
    assert_int_equal(l.event.error, 0x12);
    become_unaware(&l);
    assert_int_equal(client_sends(&l, "0a 10 00"), GATT_SERVER_REFUSED);
    assert_int_equal(l.event.error, 0x12);
    assert_true(l.server.is_unaware);
    (void)client_sends(&l, "0a 10 00");
    assert_false(l.server.is_unaware);
}

/* So that it can find out. */
static void discovery_goes_on_out_of_sync(void **state)
{
    static const char *const requests[] = {
        "02 17 00",
        "04 01 00 ff ff",
        "06 01 00 ff ff 00 28 0f 18",
        "10 01 00 ff ff 00 28",
        "08 01 00 05 00 03 28",
        "08 01 00 ff ff 02 28",
        "08 01 00 ff ff 00 2a",
    };
    server_link l;

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        start_robust(&l);
        (void)client_sends(&l, requests[i]);
        assert_true(l.out[0] != 0x01 || l.out[4] == 0x0a);
        assert_true(l.server.is_unaware);
    }
}

static void commands_out_of_sync_are_ignored(void **state)
{
    server_link l;

    (void)state;
    start_robust(&l);
    assert_int_equal(client_sends(&l, "52 12 00 01"), GATT_SERVER_DROPPED);
    assert_int_equal(l.event.error, 0x12);
    assert_int_equal(rich_variable_octets[0], 0);
    assert_true(l.server.is_unaware);
    (void)client_sends(&l, "0a 10 00");
    assert_int_equal(client_sends(&l, "52 12 00 01"), GATT_SERVER_DROPPED); /* a command shows nothing */
    (void)client_sends(&l, "0a 10 00");
    assert_int_equal(client_sends(&l, "52 12 00 01"), GATT_SERVER_WRITTEN);
}

/* "... and then the server receives another ATT request from the client": any. */
static void any_request_after_the_refusal_makes_it_aware(void **state)
{
    static const char *const requests[] = {
        "02 17 00", "04 01 00 ff ff", "06 01 00 ff ff 00 28 0f 18", "10 01 00 ff ff 00 28", "08 01 00 ff ff 03 28",
        "0a 10 00"};
    server_link l;

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        start_robust(&l);
        exchange(&l, "0a 10 00", "01 0a 10 00 12");
        assert_true(l.server.is_unaware);
        (void)client_sends(&l, requests[i]);
        assert_false(l.server.is_unaware);
    }
}

/* SR/GAS/BV-06-C, BV-07-C: "reads the Database Hash ... and then the server receives another ATT request". */
static void reading_the_hash_and_asking_on_makes_it_aware(void **state)
{
    server_link l;

    (void)state;
    for (unsigned robust = 0; robust < 2; robust++) {
        start_rich(&l, plain);
        if (robust)
            exchange(&l, "12 0b 00 01", "13");
        become_unaware(&l);
        exchange(&l, "08 01 00 ff ff 2a 2b", "09 12 0d 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
        assert_true(l.server.is_unaware);
        exchange(&l, "0a 10 00", "0b a0 a1 a2");
        assert_false(l.server.is_unaware);
    }
}

/* SR/GAS/BV-06-C. */
static void confirming_service_changed_makes_it_aware(void **state)
{
    static const uint8_t range[] = {1, 0, 0xff, 0xff};
    gatt_attribute at;
    server_link l;

    (void)state;
    start_robust(&l);
    assert_true(gatt_database_find(&l.db, GATT_SERVICE_CHANGED_HANDLE, &at));
    assert_true(gatt_server_subscribe(&l.server, GATT_SERVICE_CHANGED_HANDLE, KITH_SUBSCRIBED_INDICATE));
    l.out_len = gatt_server_tell(&l.server, &l.sec, &at, KITH_SUBSCRIBED_INDICATE, range, 4, l.out, sizeof l.out);
    we_send(&l, "1d 08 00 01 00 ff ff");
    assert_true(l.server.is_unaware);
    assert_int_equal(client_sends(&l, "1e"), GATT_SERVER_CONFIRMED);
    assert_int_equal(l.event.handle, GATT_SERVICE_CHANGED_HANDLE);
    assert_false(l.server.is_unaware);
    exchange(&l, "0a 10 00", "0b a0 a1 a2");
}

static void nothing_but_service_changed_is_sent_to_it(void **state)
{
    gatt_attribute at;
    server_link l;

    (void)state;
    start_robust(&l);
    assert_true(gatt_database_find_id(&l.db, RICH_ID_BEAT, &at));
    assert_true(gatt_server_subscribe(&l.server, RICH_BEAT, KITH_SUBSCRIBED_NOTIFY));
    assert_int_equal(gatt_server_may_tell(&l.server, &l.sec, &at, KITH_SUBSCRIBED_NOTIFY), KITH_ERR_BUSY);
    assert_int_equal(gatt_server_tell(&l.server, &l.sec, &at, KITH_SUBSCRIBED_NOTIFY, NULL, 0, l.out, sizeof l.out), 0);
    (void)client_sends(&l, "0a 10 00");
    assert_int_equal(gatt_server_may_tell(&l.server, &l.sec, &at, KITH_SUBSCRIBED_NOTIFY), KITH_ERR_BUSY);
    (void)client_sends(&l, "0a 10 00");
    assert_int_equal(gatt_server_may_tell(&l.server, &l.sec, &at, KITH_SUBSCRIBED_NOTIFY), KITH_OK);
}

static void who_does_not_know_robust_caching_is_served_as_ever(void **state)
{
    gatt_attribute at;
    server_link l;

    (void)state;
    start_rich(&l, plain);
    become_unaware(&l);
    exchange(&l, "0a 10 00", "0b a0 a1 a2");
    assert_int_equal(client_sends(&l, "52 12 00 01"), GATT_SERVER_WRITTEN);
    assert_true(gatt_database_find_id(&l.db, RICH_ID_BEAT, &at));
    exchange(&l, "12 20 00 01 00", "13");
    assert_int_equal(gatt_server_may_tell(&l.server, &l.sec, &at, KITH_SUBSCRIBED_NOTIFY), KITH_OK);
    assert_true(l.server.is_unaware);
}

/* A request that was let in before the table changed ends as it began; the client is told with its next. */
static void a_request_that_waits_over_the_change_makes_nobody_aware(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, just_works);
    exchange(&l, "12 0b 00 01", "13");
    assert_int_equal(client_sends(&l, "0a 27 00"), GATT_SERVER_AUTHORIZATION_WANTED);
    become_unaware(&l);
    (void)program_says(&l, true);
    we_send(&l, "0b b0 b1");
    assert_true(l.server.is_unaware);
    exchange(&l, "0a 10 00", "01 0a 10 00 12");
}

/* What makes it aware may itself have something to tell: neither is lost. */
static void becoming_aware_is_seen_whatever_else_is_told(void **state)
{
    server_link l;

    (void)state;
    start_robust(&l);
    exchange(&l, "0a 14 00", "01 0a 14 00 12");
    assert_int_equal(client_sends(&l, "0a 14 00"), GATT_SERVER_READ_WANTED);
    assert_false(l.server.is_unaware);
    (void)program_answers(&l, "01");
    we_send(&l, "0b 01");
}

/* SR/GAS/BV-03-C. */
static void a_client_takes_back_no_feature(void **state)
{
    server_link l;

    (void)state;
    start_rich(&l, plain);
    exchange(&l, "0a 0b 00", "0b 00");
    exchange(&l, "12 0b 00", "01 12 0b 00 0d");
    assert_int_equal(client_sends(&l, "12 0b 00 04"), GATT_SERVER_FEATURES);
    we_send(&l, "13");
    exchange(&l, "12 0b 00 05", "13");
    exchange(&l, "0a 0b 00", "0b 05");
    exchange(&l, "12 0b 00 04", "01 12 0b 00 13");
    exchange(&l, "12 0b 00 00", "01 12 0b 00 13");
    exchange(&l, "0a 0b 00", "0b 05");
    exchange(&l, "12 0b 00 ff 01 02", "13"); /* of what is not known nothing is kept */
    exchange(&l, "0a 0b 00", "0b 07");
    exchange(&l, "16 0b 00 01 00 07", "17 0b 00 01 00 07");
    exchange(&l, "18 01", "01 18 0b 00 07");
}

/* ---- the hash ---- */

static void print_hash(const uint8_t hash[16], char text[33])
{
    for (size_t i = 0; i < 16; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[15 - i]);
}

static void expect_hash(gatt_database *db, const kith_crypto_port *crypto, const char *expected)
{
    char text[33];

    assert_int_equal(gatt_database_make_hash(db, crypto), KITH_OK);
    print_hash(db->hash, text);
    assert_string_equal(text, expected);
}

/* The specification's device name may be written, ours is read only: that one octet of the message is changed on its
 * way into the cipher.  All else is our table, walked as for any other. */
static kith_crypto_port real;

static kith_status with_a_name_that_may_be_written(void *context, const uint8_t key[16], const uint8_t in[16],
                                                   uint8_t out[16])
{
    static const uint8_t first[16] = {1, 0, 0, 0x28, 0, 0x18, 2, 0, 3, 0x28, 0x02, 3, 0, 0, 0x2a, 4};
    uint8_t block[16];

    memcpy(block, in, 16);
    if (memcmp(block, first, 16) == 0)
        block[10] = 0x0a;
    return real.aes128(context, key, block, out);
}

/* Vol 3 Part G Appendix B. */
static void the_hash_of_the_specifications_sample_is_f1ca2d48ecf58bac8a8830bbb9fba990(void **state)
{
    static const uint8_t none[2] = {0};
    static const kith_descriptor extended = {
        .uuid = KITH_UUID16(0x2900), .permissions = KITH_READ_OPEN, .value = none, .value_len = 2};
    kith_characteristic measurement = {.uuid = KITH_UUID16(0x2a18),
                                       .properties = RICH_READ | KITH_PROPERTY_INDICATE,
                                       .permissions = KITH_READ_OPEN,
                                       .descriptors = &extended,
                                       .descriptor_count = 1};
    static const kith_characteristic level = {
        .uuid = KITH_UUID16(0x2a19), .properties = RICH_READ, .permissions = KITH_READ_OPEN};
    const kith_service *includes[1];
    kith_service services[2] = {
        {.uuid = KITH_UUID16(0x1808), .characteristics = &measurement, .characteristic_count = 1},
        {.uuid = KITH_UUID16(0x180f), .characteristics = &level, .characteristic_count = 1, .secondary = true},
    };
    kith_crypto_port crypto;
    gatt_database db;

    (void)state;
    assert_int_equal(kith_openssl_port(&real), KITH_OK);
    crypto = real, crypto.aes128 = with_a_name_that_may_be_written;
    assert_int_equal(gatt_database_init(&db, "", 0, services, 2), KITH_OK);
    /* The sample includes what comes later and has extended properties: tables of ours may not. */
    includes[0] = &services[1], services[0].includes = includes, services[0].include_count = 1;
    measurement.properties |= KITH_PROPERTY_EXTENDED;
    expect_hash(&db, &crypto, "f1ca2d48ecf58bac8a8830bbb9fba990");
}

/* Computed with python3-cryptography from the text of 7.3.1: tests/vectors/hash.py. */
static void the_hash_of_tables_is_what_another_program_makes_of_them(void **state)
{
    gatt_database db;

    (void)state;
    assert_int_equal(kith_openssl_port(&real), KITH_OK);
    assert_int_equal(gatt_database_init(&db, "Kith", 0, NULL, 0), KITH_OK);
    expect_hash(&db, &real, HASH_OF_NOTHING);
    assert_int_equal(gatt_database_init(&db, "Kith", 0, test_services, 2), KITH_OK);
    expect_hash(&db, &real, HASH_OF_TEST_SERVICES);
    assert_int_equal(gatt_database_init(&db, "Kith", 0, &rich_service, 1), KITH_OK);
    expect_hash(&db, &real, HASH_OF_RICH_SERVICE);
}

/* Values do not count, nor names; what clients find by discovery does. */
static void the_hash_changes_with_the_structure_alone(void **state)
{
    static const kith_service extra = {.uuid = KITH_UUID16(0x181a)};
    uint16_t first, last;
    uint8_t before[16];
    server_link l;

    (void)state;
    assert_int_equal(kith_openssl_port(&real), KITH_OK);
    start_rich(&l, plain);
    assert_int_equal(gatt_database_make_hash(&l.db, &real), KITH_OK);
    memcpy(before, l.db.hash, 16);
    exchange(&l, "12 12 00 09", "13");
    exchange(&l, "12 20 00 01 00", "13");
    assert_int_equal(gatt_database_make_hash(&l.db, &real), KITH_OK);
    assert_memory_equal(before, l.db.hash, 16);
    assert_int_equal(gatt_database_add(&l.db, &extra, &first, &last), KITH_OK);
    assert_int_equal(gatt_database_make_hash(&l.db, &real), KITH_OK);
    assert_memory_not_equal(before, l.db.hash, 16);
    assert_int_equal(gatt_database_remove(&l.db, &extra, &first, &last), KITH_OK);
    assert_int_equal(gatt_database_make_hash(&l.db, &real), KITH_OK);
    assert_memory_equal(before, l.db.hash, 16);
}

/* SR/GAS/BV-02-C. */
static void the_hash_is_read(void **state)
{
    char text[64] = "0b ", *at = text + 3;
    server_link l;

    (void)state;
    assert_int_equal(kith_openssl_port(&real), KITH_OK);
    start_rich(&l, plain);
    assert_int_equal(gatt_database_make_hash(&l.db, &real), KITH_OK);
    for (size_t i = 0; i < 16; i++)
        at += snprintf(at, 4, i < 15 ? "%02x " : "%02x", l.db.hash[i]);
    exchange(&l, "0a 0d 00", text);
    exchange(&l, "12 0d 00 00", "01 12 0d 00 03");
}

/* A descriptor whose short type is written in full is the same descriptor. */
static void a_type_in_its_long_form_hashes_as_itself(void **state)
{
    static const uint8_t text[] = {'x'};
    static const kith_descriptor forms[2] = {
        {.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_OPEN, .value = text, .value_len = 1},
        {.uuid = KITH_UUID128(0x00, 0x00, 0x29, 0x01, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0x80, 0x5f, 0x9b, 0x34,
                              0xfb),
         .permissions = KITH_READ_OPEN,
         .value = text,
         .value_len = 1},
    };
    uint8_t hashes[2][16];
    gatt_database db;

    (void)state;
    assert_int_equal(kith_openssl_port(&real), KITH_OK);
    for (size_t i = 0; i < 2; i++) {
        const kith_characteristic c = {.uuid = KITH_UUID16(0x2a6e),
                                       .properties = RICH_READ,
                                       .permissions = KITH_READ_OPEN,
                                       .descriptors = &forms[i],
                                       .descriptor_count = 1};
        const kith_service service = {.uuid = KITH_UUID16(0x181a), .characteristics = &c, .characteristic_count = 1};

        assert_int_equal(gatt_database_init(&db, "", 0, &service, 1), KITH_OK);
        assert_int_equal(gatt_database_make_hash(&db, &real), KITH_OK);
        memcpy(hashes[i], db.hash, 16);
    }
    assert_memory_equal(hashes[0], hashes[1], 16);
}

static kith_status broken(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    (void)context, (void)key, (void)in, (void)out;
    return KITH_ERR_CRYPTO;
}

static void a_cipher_that_fails_makes_no_hash(void **state)
{
    gatt_database db;
    kith_crypto_port crypto;

    (void)state;
    assert_int_equal(kith_openssl_port(&crypto), KITH_OK);
    crypto.aes128 = broken;
    assert_int_equal(gatt_database_init(&db, "", 0, NULL, 0), KITH_OK);
    assert_int_not_equal(gatt_database_make_hash(&db, &crypto), KITH_OK);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(db.hash[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_does_not_know_the_table_is_told_so),
        cmocka_unit_test(a_table_that_changes_again_is_told_again),
        cmocka_unit_test(discovery_goes_on_out_of_sync),
        cmocka_unit_test(commands_out_of_sync_are_ignored),
        cmocka_unit_test(any_request_after_the_refusal_makes_it_aware),
        cmocka_unit_test(reading_the_hash_and_asking_on_makes_it_aware),
        cmocka_unit_test(confirming_service_changed_makes_it_aware),
        cmocka_unit_test(nothing_but_service_changed_is_sent_to_it),
        cmocka_unit_test(who_does_not_know_robust_caching_is_served_as_ever),
        cmocka_unit_test(a_request_that_waits_over_the_change_makes_nobody_aware),
        cmocka_unit_test(becoming_aware_is_seen_whatever_else_is_told),
        cmocka_unit_test(a_client_takes_back_no_feature),
        cmocka_unit_test(the_hash_of_the_specifications_sample_is_f1ca2d48ecf58bac8a8830bbb9fba990),
        cmocka_unit_test(the_hash_of_tables_is_what_another_program_makes_of_them),
        cmocka_unit_test(the_hash_changes_with_the_structure_alone),
        cmocka_unit_test(the_hash_is_read),
        cmocka_unit_test(a_type_in_its_long_form_hashes_as_itself),
        cmocka_unit_test(a_cipher_that_fails_makes_no_hash),
    };
    return cmocka_run_group_tests_name("gatt caching", tests, NULL, NULL);
}
