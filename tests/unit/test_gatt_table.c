/* A peer's table, packed: what was kept comes back, and octets that are none are refused, whatever they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gatt/survey.h"
#include "gatt/table.h"

enum { CAP = 300 };

#define LONG_UUID KITH_UUID128(0x6c, 0x1f, 0, 2, 0x58, 0xa3, 0x4c, 0x0e, 0x9b, 0x7d, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f)

static const kith_remote_attribute all[] = {
    {.kind = KITH_REMOTE_SERVICE, .handle = 1, .first = 1, .last = 9, .uuid = KITH_UUID16(0x1815)},
    {.kind = KITH_REMOTE_INCLUDE, .handle = 2, .first = 10, .last = 20},
    {.kind = KITH_REMOTE_CHARACTERISTIC, .handle = 3, .value_handle = 4, .properties = 2, .uuid = KITH_UUID16(0x2a56)},
    {.kind = KITH_REMOTE_DESCRIPTOR, .handle = 5, .uuid = KITH_UUID16(0x2902)},
    {.kind = KITH_REMOTE_CHARACTERISTIC, .handle = 6, .value_handle = 7, .properties = 2, .uuid = LONG_UUID},
    {.kind = KITH_REMOTE_SECONDARY, .handle = 10, .first = 10, .last = 20, .uuid = LONG_UUID},
    {.kind = KITH_REMOTE_DESCRIPTOR, .handle = 0xffff, .uuid = LONG_UUID},
};

enum { ALL = sizeof all / sizeof all[0] };

/* Memory of exactly so many octets, so that a sanitizer sees what goes beyond. */
static gatt_table new_table(uint16_t cap)
{
    gatt_table table;
    uint8_t *octets = malloc(cap);

    assert_non_null(octets);
    gatt_table_init(&table, octets, cap);
    return table;
}

static gatt_table new_full(void)
{
    const gatt_table_state state = {.has_hash = true, .hash = {1, 2, 3}, .is_told = true, .bond_check = 0x01020304};
    gatt_table table = new_table(CAP);

    for (size_t i = ALL; i-- > 0;) /* handles in whatever order */
        assert_true(gatt_table_add(&table, &all[i]));
    gatt_table_set_state(&table, &state);
    return table;
}

static bool is_same(const kith_remote_attribute *a, const kith_remote_attribute *b)
{
    return a->kind == b->kind && a->handle == b->handle && a->first == b->first && a->last == b->last &&
           a->value_handle == b->value_handle && a->properties == b->properties && kith_uuid_equal(&a->uuid, &b->uuid);
}

static void expect_all(const gatt_table *table)
{
    kith_remote_attribute a;
    size_t at = 0, count = 0;

    for (; gatt_table_next(table, &at, &a); count++)
        assert_true(count < ALL && is_same(&a, &all[count]));
    assert_int_equal(count, ALL);
}

static void what_was_kept_comes_back(void **state)
{
    gatt_table table = new_full(), other = new_table(CAP);
    gatt_table_state is;

    (void)state;
    expect_all(&table);
    assert_true(gatt_table_load(&other, table.octets, table.len));
    expect_all(&other);
    gatt_table_get_state(&other, &is);
    assert_true(is.has_hash && is.is_told && is.hash[0] == 1 && is.hash[15] == 0);
    assert_int_equal(is.bond_check, 0x01020304);
    free(table.octets);
    free(other.octets);
}

/* Everything that a table can be asked. */
static void use(const gatt_table *table)
{
    static const kith_uuid uuid = KITH_UUID16(0x2902);
    kith_remote_attribute a;
    uint16_t last = 0;
    size_t at = 0;

    while (gatt_table_next(table, &at, &a)) {
        kith_remote_attribute same;

        assert_true(a.handle > last && at <= table->len);
        assert_true(a.uuid.size == 0 || a.uuid.size == 2 || a.uuid.size == 16);
        assert_true(gatt_table_find(table, a.handle, &same) && is_same(&a, &same));
        last = a.handle;
    }
    (void)gatt_table_value(table, NULL, &uuid);
    (void)gatt_table_value(table, &uuid, &uuid);
    (void)gatt_table_descriptor(table, 4, &uuid);
}

static void expect_sound_or_empty(gatt_table *table, const uint8_t *octets, size_t len)
{
    uint8_t *exact = malloc(len != 0 ? len : 1);
    bool loaded;

    assert_non_null(exact);
    memcpy(exact, octets, len);
    loaded = gatt_table_load(table, exact, len);
    assert_int_equal(table->len, loaded ? len : GATT_TABLE_HEADER);
    use(table);
    free(exact);
}

static bool is_boundary(size_t len)
{
    gatt_table table = new_table(CAP);
    bool is = len == GATT_TABLE_HEADER;

    for (size_t i = 0; i < ALL; i++) {
        assert_true(gatt_table_add(&table, &all[i]));
        is |= table.len == len;
    }
    free(table.octets);
    return is;
}

static void every_truncation_is_a_shorter_table_or_none(void **state)
{
    gatt_table table = new_full(), other = new_table(CAP);

    (void)state;
    for (size_t len = 0; len <= table.len; len++) {
        expect_sound_or_empty(&other, table.octets, len);
        assert_int_equal(gatt_table_load(&other, table.octets, len), is_boundary(len));
    }
    free(table.octets);
    free(other.octets);
}

static void no_octet_leads_out_of_the_table(void **state)
{
    gatt_table table = new_full(), other = new_table(CAP);

    (void)state;
    for (size_t at = 0; at < table.len; at++) {
        uint8_t was = table.octets[at];

        for (unsigned octet = 0; octet < 256; octet++) {
            table.octets[at] = (uint8_t)octet;
            for (size_t len = at + 1; len <= table.len; len += octet % 8 == 0 ? 1 : (size_t)table.len - at)
                expect_sound_or_empty(&other, table.octets, len);
            expect_sound_or_empty(&other, table.octets, table.len);
        }
        table.octets[at] = was;
    }
    free(table.octets);
    free(other.octets);
}

static void a_later_version_or_flag_is_no_table(void **state)
{
    gatt_table table = new_full(), other = new_table(CAP);

    (void)state;
    table.octets[0]++;
    assert_false(gatt_table_load(&other, table.octets, table.len));
    table.octets[0]--;
    table.octets[1] |= 0x80;
    assert_false(gatt_table_load(&other, table.octets, table.len));
    table.octets[1] &= 0x7f;
    assert_true(gatt_table_load(&other, table.octets, table.len));
    free(table.octets);
    free(other.octets);
}

static void what_is_longer_than_the_memory_is_refused(void **state)
{
    gatt_table table = new_full();

    (void)state;
    for (uint16_t cap = GATT_TABLE_HEADER; cap <= table.len; cap++) {
        gatt_table other = new_table(cap);

        assert_int_equal(gatt_table_load(&other, table.octets, table.len), cap == table.len);
        for (size_t i = 0; i < ALL; i++) /* until it is full, and no further */
            (void)gatt_table_add(&other, &all[i]);
        assert_true(other.len <= cap);
        use(&other);
        free(other.octets);
    }
    free(table.octets);
}

/* Who keeps a place while the table changes, as a peer may have it, walks through whatever lies there: to an end, and
 * inside. */
static void a_place_of_an_earlier_table_leads_nowhere(void **state)
{
    gatt_table full = new_full();
    gatt_table table = new_table(full.len);

    (void)state;
    assert_true(gatt_table_load(&table, full.octets, full.len));
    for (size_t from = 1; from < full.len + 40u; from++) {
        kith_remote_attribute a;
        size_t at = from, steps = 0;

        while (gatt_table_next(&table, &at, &a)) {
            assert_true(a.uuid.size == 0 || a.uuid.size == 2 || a.uuid.size == 16);
            assert_true(at <= table.len && ++steps <= table.len);
        }
    }
    free(full.octets);
    free(table.octets);
}

static void one_handle_is_one_thing(void **state)
{
    gatt_table table = new_full();
    kith_remote_attribute again = all[3];
    uint16_t len = table.len;

    (void)state;
    again.uuid = all[4].uuid;
    assert_false(gatt_table_add(&table, &again));
    assert_int_equal(table.len, len);
    expect_all(&table);
    free(table.octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_kept_comes_back),
        cmocka_unit_test(every_truncation_is_a_shorter_table_or_none),
        cmocka_unit_test(no_octet_leads_out_of_the_table),
        cmocka_unit_test(a_later_version_or_flag_is_no_table),
        cmocka_unit_test(what_is_longer_than_the_memory_is_refused),
        cmocka_unit_test(a_place_of_an_earlier_table_leads_nowhere),
        cmocka_unit_test(one_handle_is_one_thing),
    };
    return cmocka_run_group_tests_name("packed tables", tests, NULL, NULL);
}
