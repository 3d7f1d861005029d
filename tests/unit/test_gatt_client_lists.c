/* Conversations with the client: services, includes, characteristics and descriptors, listed.
 * Core Vol 3 Part G 4.4, 4.5.1, 4.6.1, 4.7.1. */
#include "test_gatt_client_support.h"

enum { ALL_SERVICES, SERVICES_OF, SERVICES_OF_32, INCLUDES, DESCRIPTORS, LISTS };

static const kith_uuid heart = KITH_UUID16(0x180d), own = KITH_UUID32(0x12345678);

static kith_status begin(client_link *l, unsigned which)
{
    switch (which) {
    case ALL_SERVICES:
        return gatt_client_start_services(&l->client, NULL, l->out, sizeof l->out, &l->out_len);
    case SERVICES_OF:
        return gatt_client_start_services(&l->client, &heart, l->out, sizeof l->out, &l->out_len);
    case SERVICES_OF_32:
        return gatt_client_start_services(&l->client, &own, l->out, sizeof l->out, &l->out_len);
    case INCLUDES:
        return gatt_client_start_includes(&l->client, 0x10, 0x20, l->out, sizeof l->out, &l->out_len);
    default:
        return gatt_client_start_descriptors(&l->client, 0x10, 0x20, l->out, sizeof l->out, &l->out_len);
    }
}

static const struct {
    gatt_client_list list;
    const char *request, *some, *entries, *next, *last; /* last: up to the end of what was asked for */
    unsigned count, entry_len;
    const char *refusal;
} lists[LISTS] = {
    {GATT_CLIENT_SERVICES, "10 01 00 ff ff 00 28", "11 06 01 00 05 00 00 18 06 00 09 00 01 18",
     "01 00 05 00 00 18 06 00 09 00 01 18", "10 0a 00 ff ff 00 28", "11 06 10 00 ff ff 0d 18", 2, 6, "01 10 01 00"},
    {GATT_CLIENT_SERVICES, "06 01 00 ff ff 00 28 0d 18", "07 10 00 1f 00 20 00 2f 00", "10 00 1f 00 20 00 2f 00",
     "06 30 00 ff ff 00 28 0d 18", "07 30 00 ff ff", 2, 4, "01 06 01 00"},
    {GATT_CLIENT_SERVICES, "06 01 00 ff ff 00 28 fb 34 9b 5f 80 00 00 80 00 10 00 00 78 56 34 12", "07 10 00 1f 00",
     "10 00 1f 00", "06 20 00 ff ff 00 28 fb 34 9b 5f 80 00 00 80 00 10 00 00 78 56 34 12", "07 30 00 ff ff", 1, 4,
     "01 06 01 00"},
    {GATT_CLIENT_INCLUDES, "08 10 00 20 00 02 28", "09 08 11 00 30 00 3f 00 0d 18", "11 00 30 00 3f 00 0d 18",
     "08 12 00 20 00 02 28", "09 06 20 00 40 00 4f 00", 1, 8, "01 08 10 00"},
    {GATT_CLIENT_DESCRIPTORS, "04 10 00 20 00", "05 01 10 00 01 29 12 00 02 29", "10 00 01 29 12 00 02 29",
     "04 13 00 20 00", "05 02 20 00 9b 57 48 47 f7 06 43 6c be d7 fc 01 eb 09 65 c2", 2, 4, "01 04 10 00"},
};

static void list(client_link *l, unsigned which)
{
    start(l);
    assert_int_equal(begin(l, which), KITH_OK);
    we_send(l, lists[which].request);
}

static void refuse(client_link *l, unsigned which, unsigned error)
{
    char refusal[32];

    snprintf(refusal, sizeof refusal, "%s %02x", lists[which].refusal, error);
    server_sends(l, refusal);
}

static void lists_come_part_by_part(void **state)
{
    client_link l;

    (void)state;
    for (unsigned i = 0; i < LISTS; i++)
        for (unsigned is_over = 0; is_over < 2; is_over++) {
            list(&l, i);
            server_sends(&l, lists[i].some);
            assert_int_equal(l.event.list, lists[i].list);
            assert_int_equal(l.event.count, lists[i].count);
            assert_int_equal(l.event.entry_len, lists[i].entry_len);
            hex_expect(l.event.entries, l.event.count * l.event.entry_len, lists[i].entries);
            assert_false(l.event.ended);
            we_send(&l, lists[i].next);
            if (is_over) {
                refuse(&l, i, 0x0a);
                assert_int_equal(l.event.list, GATT_CLIENT_NO_LIST);
            } else {
                server_sends(&l, lists[i].last);
                assert_int_equal(l.event.count, 1);
            }
            it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_OK);
        }
}

static void nothing_found_and_refusals_are_told(void **state)
{
    client_link l;

    (void)state;
    for (unsigned i = 0; i < LISTS; i++)
        for (unsigned error = 1; error < 0x14; error++) {
            list(&l, i);
            refuse(&l, i, error);
            assert_int_equal(l.event.error, error == 0x0a ? 0 : error);
            it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, error == 0x0a ? KITH_GATT_NOT_FOUND : KITH_GATT_ATT_ERROR);
        }
}

static void lies_end_a_list(void **state)
{
    static const struct {
        unsigned which;
        const char *lie;
    } lies[] = {{ALL_SERVICES, "11"},
                {ALL_SERVICES, "11 06"},
                {ALL_SERVICES, "11 07 01 00 05 00 00 18 00"},
                {ALL_SERVICES, "11 06 00 00 05 00 00 18"},
                {ALL_SERVICES, "11 06 05 00 04 00 00 18"},
                {ALL_SERVICES, "11 06 01 00 05 00 00 18 05 00 09 00 01 18"},
                {ALL_SERVICES, "11 06 06 00 09 00 01 18 01 00 05 00 00 18"},
                {SERVICES_OF, "07"},
                {SERVICES_OF, "07 10 00 0f 00"},
                {SERVICES_OF, "07 10 00 1f 00 1f 00 20 00"},
                {INCLUDES, "09 07 11 00 30 00 3f 00 0d"},
                {INCLUDES, "09 04 11 00 30 00"},
                {INCLUDES, "09 08 0f 00 30 00 3f 00 0d 18"},
                {INCLUDES, "09 08 21 00 30 00 3f 00 0d 18"},
                {DESCRIPTORS, "05 01 0f 00 01 29"},
                {DESCRIPTORS, "05 01 21 00 01 29"},
                {DESCRIPTORS, "05 01 11 00 01 29 11 00 02 29"},
                {DESCRIPTORS, "05 03 11 00 01 29"}};
    client_link l;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        list(&l, lies[i].which);
        server_sends(&l, lies[i].lie);
        assert_int_equal(l.event.list, GATT_CLIENT_NO_LIST);
        it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_MALFORMED_RESPONSE);
    }
    for (unsigned i = 0; i < LISTS; i++) {
        list(&l, i);
        server_sends(&l, lists[i].some);
        server_sends(&l, lists[i].some); /* the same again: would never end */
        it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_MALFORMED_RESPONSE);
    }
}

static void impossible_ranges_are_refused(void **state)
{
    static const uint16_t ranges[][2] = {{0, 5}, {0, 0}, {6, 5}};
    static const kith_uuid bad = {.size = 4};
    client_link l;

    (void)state;
    start(&l);
    for (size_t i = 0; i < 3; i++) {
        uint16_t a = ranges[i][0], b = ranges[i][1];

        assert_int_equal(gatt_client_start_includes(&l.client, a, b, l.out, 600, &l.out_len), KITH_ERR_VALUE);
        assert_int_equal(gatt_client_start_descriptors(&l.client, a, b, l.out, 600, &l.out_len), KITH_ERR_VALUE);
        assert_int_equal(gatt_client_start_characteristics(&l.client, a, b, l.out, 600, &l.out_len), KITH_ERR_VALUE);
    }
    assert_int_equal(gatt_client_start_services(&l.client, &bad, l.out, 600, &l.out_len), KITH_ERR_VALUE);
    assert_false(gatt_client_is_waiting(&l.client));
}

static void characteristics_of_a_range_are_listed(void **state)
{
    client_link l;

    (void)state;
    start(&l);
    assert_int_equal(gatt_client_start_characteristics(&l.client, 0x10, 0x20, l.out, sizeof l.out, &l.out_len),
                     KITH_OK);
    we_send(&l, "08 10 00 20 00 03 28");
    server_sends(&l, "09 07 11 00 12 12 00 37 2a");
    assert_int_equal(l.event.kind, GATT_CLIENT_CHARACTERISTICS);
    server_sends(&l, "01 08 13 00 0a");
    it_ends(&l, GATT_CLIENT_DISCOVERY_DONE, KITH_GATT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_come_part_by_part),
        cmocka_unit_test(nothing_found_and_refusals_are_told),
        cmocka_unit_test(lies_end_a_list),
        cmocka_unit_test(impossible_ranges_are_refused),
        cmocka_unit_test(characteristics_of_a_range_are_listed),
    };
    return cmocka_run_group_tests_name("gatt client lists", tests, NULL, NULL);
}
