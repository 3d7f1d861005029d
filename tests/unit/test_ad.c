/* Advertising data: read, however broken it is, and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kith/ad.h"
#include "kith/gap.h"

/* A copy of its own size, so that a sanitizer sees reading past it. */
typedef struct {
    uint8_t *octets;
    size_t len;
} data;

static data copy_of(const uint8_t *octets, size_t len)
{
    data d = {malloc(len != 0 ? len : 1), len};

    assert_non_null(d.octets);
    memcpy(d.octets, octets, len);
    return d;
}

static unsigned count(const data *d)
{
    size_t at = 0;
    unsigned n = 0;
    kith_ad ad;

    while (kith_ad_next(d->octets, d->len, &at, &ad)) {
        assert_true(ad.value >= d->octets && ad.value + ad.len <= d->octets + d->len);
        n++;
    }
    assert_true(at <= d->len);
    return n;
}

static void structures_come_one_by_one(void **state)
{
    static const uint8_t octets[] = {2, KITH_AD_FLAGS, 6, 1, 0x77, 4, KITH_AD_COMPLETE_NAME, 'a', 'b', 'c'};
    data d = copy_of(octets, sizeof octets);
    size_t at = 0;
    kith_ad ad;

    (void)state;
    assert_true(kith_ad_next(d.octets, d.len, &at, &ad));
    assert_true(ad.type == KITH_AD_FLAGS && ad.len == 1 && ad.value[0] == 6);
    assert_true(kith_ad_next(d.octets, d.len, &at, &ad));
    assert_true(ad.type == 0x77 && ad.len == 0);
    assert_true(kith_ad_next(d.octets, d.len, &at, &ad));
    assert_true(ad.type == KITH_AD_COMPLETE_NAME && ad.len == 3 && memcmp(ad.value, "abc", 3) == 0);
    assert_false(kith_ad_next(d.octets, d.len, &at, &ad));
    assert_int_equal(at, sizeof octets);
    free(d.octets);
}

static void what_is_cut_off_is_no_structure(void **state)
{
    static const uint8_t octets[] = {2, KITH_AD_FLAGS, 6, 4, KITH_AD_COMPLETE_NAME, 'a', 'b', 'c'};

    (void)state;
    for (size_t len = 0; len <= sizeof octets; len++) {
        data d = copy_of(octets, len);
        kith_ad ad;

        assert_int_equal(count(&d), len == sizeof octets ? 2 : len >= 3 ? 1 : 0);
        assert_int_equal(kith_ad_find(d.octets, d.len, KITH_AD_COMPLETE_NAME, &ad), len == sizeof octets);
        free(d.octets);
    }
}

static void a_length_of_zero_ends_the_data(void **state)
{
    static const uint8_t octets[] = {2, KITH_AD_FLAGS, 6, 0, 2, KITH_AD_TX_POWER, 4};
    data d = copy_of(octets, sizeof octets);
    kith_ad ad;

    (void)state;
    assert_int_equal(count(&d), 1);
    assert_false(kith_ad_find(d.octets, d.len, KITH_AD_TX_POWER, &ad));
    free(d.octets);
}

/* Whatever stands there, all that is given out lies inside, and it ends. */
static void any_octets_are_read_within_their_bounds(void **state)
{
    uint32_t x = 2463534242u;

    (void)state;
    for (unsigned run = 0; run < 20000; run++) {
        uint8_t octets[64];
        char name[32];
        size_t len;
        kith_uuid uuid;
        data d;

        for (size_t i = 0; i < sizeof octets; i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            octets[i] = (uint8_t)(x % 5 == 0 ? x % 40 : x >> 8);
        }
        len = x % (sizeof octets + 1);
        d = copy_of(octets, len);
        assert_true(count(&d) <= len / 2);
        if (kith_gap_find_name(d.octets, d.len, name))
            assert_true(strlen(name) <= 31);
        for (size_t i = 0; kith_ad_service(d.octets, d.len, i, &uuid); i++)
            assert_true(i <= len && kith_ad_has_service(d.octets, d.len, &uuid));
        free(d.octets);
    }
}

static const uint8_t services[] = {
    3,    KITH_AD_SERVICE_DATA_16,
    0x1a, 0x18, /* told last */
    6,    KITH_AD_SERVICES_16,
    0x0f, 0x18,
    0x0d, 0x18,
    0xff, /* a piece at its end */
    5,    KITH_AD_SERVICES_32_INCOMPLETE,
    0x15, 0x18,
    0,    0, /* an assigned one in 32 bits */
    6,    KITH_AD_SERVICE_DATA_32,
    0x78, 0x56,
    0x34, 0x12,
    'x', /* and data of 32 bits */
    2,    KITH_AD_SERVICE_DATA_128,
    1, /* too short to be one */
};

static void services_are_found_in_every_list_and_behind_them_in_service_data(void **state)
{
    static const kith_uuid expected[] = {KITH_UUID16(0x180f), KITH_UUID16(0x180d), KITH_UUID16(0x1815),
                                         KITH_UUID16(0x181a), KITH_UUID32(0x12345678)};
    static const kith_uuid other = KITH_UUID16(0x1810);
    data d = copy_of(services, sizeof services);
    kith_uuid uuid;

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(kith_ad_service(d.octets, d.len, i, &uuid));
        assert_true(kith_uuid_equal(&uuid, &expected[i]));
        assert_true(kith_ad_has_service(d.octets, d.len, &expected[i]));
    }
    assert_false(kith_ad_service(d.octets, d.len, 5, &uuid));
    assert_false(kith_ad_has_service(d.octets, d.len, &other));
    free(d.octets);
}

static void a_short_uuid_is_its_long_form(void **state)
{
    static const kith_uuid wide =
        KITH_UUID128(0, 0, 0x18, 0x0f, 0, 0, 0x10, 0, 0x80, 0, 0, 0x80, 0x5f, 0x9b, 0x34, 0xfb);
    static const kith_uuid narrow = KITH_UUID16(0x180f);
    uint8_t octets[18];
    size_t len = 0;

    (void)state;
    assert_true(kith_ad_has_service(services, sizeof services, &wide));
    assert_int_equal(kith_ad_put(octets, sizeof octets, &len, KITH_AD_SERVICES_128, wide.octets, 16), KITH_OK);
    assert_true(kith_ad_has_service(octets, len, &narrow));
}

static void a_structure_is_appended_whole_or_not_at_all(void **state)
{
    uint8_t octets[8], before[8];
    size_t len = 0;
    kith_ad ad;

    (void)state;
    memset(octets, '#', sizeof octets);
    assert_int_equal(kith_ad_put(octets, sizeof octets, &len, KITH_AD_FLAGS, "\x06", 1), KITH_OK);
    assert_int_equal(len, 3);
    memcpy(before, octets, sizeof octets);
    assert_int_equal(kith_ad_put(octets, sizeof octets, &len, KITH_AD_COMPLETE_NAME, "four", 4), KITH_ERR_FULL);
    assert_true(len == 3 && memcmp(before, octets, sizeof octets) == 0);
    assert_int_equal(kith_ad_put(octets, sizeof octets, &len, KITH_AD_COMPLETE_NAME, "tri", 3), KITH_OK);
    assert_true(len == 8 && kith_ad_find(octets, len, KITH_AD_COMPLETE_NAME, &ad) && ad.len == 3);
    assert_int_equal(kith_ad_put(octets, sizeof octets, &len, 0x77, NULL, 0), KITH_ERR_FULL);
}

static void a_value_is_254_octets_at_most(void **state)
{
    uint8_t octets[300], value[255] = {0};
    size_t len = 0;
    kith_ad ad;

    (void)state;
    assert_int_equal(kith_ad_put(octets, sizeof octets, &len, KITH_AD_MANUFACTURER, value, 255), KITH_ERR_VALUE);
    assert_int_equal(len, 0);
    assert_int_equal(kith_ad_put(octets, sizeof octets, &len, KITH_AD_MANUFACTURER, value, 254), KITH_OK);
    assert_true(len == 256 && kith_ad_find(octets, len, KITH_AD_MANUFACTURER, &ad) && ad.len == 254);
}

static void a_name_is_cut_at_31_octets(void **state)
{
    uint8_t octets[64];
    char name[32];
    size_t len = 0;

    (void)state;
    assert_int_equal(kith_ad_put(octets, sizeof octets, &len, KITH_AD_COMPLETE_NAME,
                                 "a name that is longer than thirty-one octets", 44),
                     KITH_OK);
    assert_true(kith_gap_find_name(octets, len, name));
    assert_string_equal(name, "a name that is longer than thir");
    assert_false(kith_gap_find_name(octets, len - 1, name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structures_come_one_by_one),
        cmocka_unit_test(what_is_cut_off_is_no_structure),
        cmocka_unit_test(a_length_of_zero_ends_the_data),
        cmocka_unit_test(any_octets_are_read_within_their_bounds),
        cmocka_unit_test(services_are_found_in_every_list_and_behind_them_in_service_data),
        cmocka_unit_test(a_short_uuid_is_its_long_form),
        cmocka_unit_test(a_structure_is_appended_whole_or_not_at_all),
        cmocka_unit_test(a_value_is_254_octets_at_most),
        cmocka_unit_test(a_name_is_cut_at_31_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
