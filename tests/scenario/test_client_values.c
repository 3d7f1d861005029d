/* A phone that reads and writes a lamp's values in every way there is. */
#include "cast.h"

enum { LONG = 21, SHORT = 22, PROGRAMS = 23, LONGEST = 512 };

static uint8_t long_octets[LONGEST], short_octets[8];
static kith_variable long_variable = {long_octets, 0, 0, LONGEST}, short_variable = {short_octets, 2, 0, 8};

static const kith_characteristic kept[] = {
    {.uuid = KITH_UUID16(0x2ae1),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED,
     .variable = &long_variable,
     .id = LONG},
    {.uuid = KITH_UUID16(0x2ae2),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_ENCRYPTED,
     .variable = &short_variable,
     .id = SHORT},
    {.uuid = KITH_UUID16(0x2ae2),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .value = NULL,
     .id = PROGRAMS},
};
static const kith_service kept_services[] = {
    {.uuid = KITH_UUID16(0x180d), .characteristics = kept, .characteristic_count = 3},
};

typedef struct {
    kith_gatt_value values[4];
    uint8_t octets[4][8];
    unsigned count;
} found;

/* The lamp's program answers with CAST_SECRET (cast.c); the phone's keeps what it finds. */
static void keep(cast_host *self, const kith_event *e)
{
    found *f = self->context;

    for (uint16_t i = 0; e->kind == KITH_EVENT_VALUES && i < e->list.count; i++) {
        kith_gatt_value *v = &f->values[f->count];

        cast_check(self->room, f->count < 4);
        kith_gatt_value_at(&e->list, i, v);
        cast_check(self->room, v->len <= 8);
        memcpy(f->octets[f->count++], v->value, v->len);
    }
}

static uint16_t handle_of(const cast_host *lamp, uint16_t id)
{
    return kith_gatt_handle(lamp->host, id);
}

static void every_way_to_read_and_write_works(void **state)
{
    cast_room *room = cast_open(711, CAST_OPENSSL);
    kith_config lamp_config, phone_config;
    cast_host *lamp, *phone;
    found f = {.count = 0};
    uint8_t octets[LONGEST];
    uint16_t handles[2];
    kith_gatt_write_part writes[2];
    static const kith_uuid short_uuid = KITH_UUID16(0x2ae2);

    (void)state;
    cast_lamp_config(&lamp_config);
    cast_phone_config(&phone_config);
    lamp_config.services = kept_services;
    lamp_config.limits.queue = 1200;
    phone_config.limits.mtu = LONGEST;
    lamp = cast_add(room, "lamp", &lamp_config);
    phone = cast_add(room, "phone", &phone_config);
    phone->react = keep;
    phone->context = &f;
    cast_start(room);
    for (size_t i = 0; i < LONGEST; i++)
        octets[i] = (uint8_t)(i * 7);
    handles[0] = handle_of(lamp, SHORT);
    handles[1] = handle_of(lamp, PROGRAMS);
    writes[0] = (kith_gatt_write_part){handle_of(lamp, LONG), 100, octets + 1};
    writes[1] = (kith_gatt_write_part){handle_of(lamp, SHORT), 3, octets + 5};
    cast_connect(phone, lamp);

    /* Refused in plain, and nothing of it is there. */
    cast_equal(room, kith_gatt_write_long(phone->host, phone->link, handle_of(lamp, LONG), octets, LONGEST), KITH_OK);
    cast_await_next(phone, KITH_EVENT_WRITTEN);
    cast_equal(room, phone->last[KITH_EVENT_WRITTEN].gatt.att_error, 0x05);
    cast_equal(room, long_variable.len, 0);
    cast_pair(phone, lamp);

    cast_equal(room, kith_gatt_write_long(phone->host, phone->link, handle_of(lamp, LONG), octets, LONGEST), KITH_OK);
    cast_await_next(phone, KITH_EVENT_WRITTEN);
    cast_equal(room, phone->last[KITH_EVENT_WRITTEN].gatt.result, KITH_GATT_OK);
    cast_equal(room, long_variable.len, LONGEST);
    assert_memory_equal(long_octets, octets, LONGEST);

    cast_equal(room, kith_gatt_write_reliable(phone->host, phone->link, writes, 2), KITH_OK);
    cast_await_next(phone, KITH_EVENT_WRITTEN);
    cast_equal(room, phone->last[KITH_EVENT_WRITTEN].gatt.result, KITH_GATT_OK);
    assert_memory_equal(short_octets, octets + 5, 3);
    assert_memory_equal(long_octets, octets + 1, 100);
    cast_equal(room, short_variable.len, 3);

    cast_equal(room, kith_gatt_write_command(phone->host, phone->link, handle_of(lamp, PROGRAMS), octets, 4), KITH_OK);
    cast_await_next(lamp, KITH_EVENT_WRITE_COMMAND);

    cast_equal(room, kith_gatt_read_by_uuid(phone->host, phone->link, &short_uuid, 1, 0xffff), KITH_OK);
    cast_await_next(phone, KITH_EVENT_READ);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(room, f.count, 2);
    cast_equal(room, f.values[0].handle, handle_of(lamp, SHORT));
    cast_equal(room, f.values[0].len, 3);
    assert_memory_equal(f.octets[0], octets + 5, 3);
    assert_memory_equal(f.octets[1], CAST_SECRET, sizeof CAST_SECRET);

    cast_equal(room, kith_gatt_read_multiple(phone->host, phone->link, handles, 2, false), KITH_OK);
    cast_await_next(phone, KITH_EVENT_READ);
    cast_equal(room, phone->value_len, 3 + sizeof CAST_SECRET);
    assert_memory_equal(phone->value + 3, CAST_SECRET, sizeof CAST_SECRET);
    cast_equal(room, kith_gatt_read_multiple(phone->host, phone->link, handles, 2, true), KITH_OK);
    cast_await_next(phone, KITH_EVENT_READ);
    cast_equal(room, phone->value_len, 2 + 3 + 2 + sizeof CAST_SECRET);
    assert_memory_equal(phone->value + 7, CAST_SECRET, sizeof CAST_SECRET);
    cast_close(room);
}

/* The list of lengths and values, whole and cut short. */
static void values_of_one_read_are_told_apart(void **state)
{
    static const uint8_t octets[] = {1, 0, 0xaa, 0, 0, 4, 0, 0xbb, 0xcc};
    kith_event_gatt e = {.len = sizeof octets, .value = octets};
    const uint8_t *value;
    size_t at = 0, len;
    bool is_cut;

    (void)state;
    assert_true(kith_gatt_next_value(&e, &at, &value, &len, &is_cut));
    assert_true(len == 1 && *value == 0xaa && !is_cut);
    assert_true(kith_gatt_next_value(&e, &at, &value, &len, &is_cut));
    assert_true(len == 0 && !is_cut);
    assert_true(kith_gatt_next_value(&e, &at, &value, &len, &is_cut));
    assert_true(len == 2 && value[1] == 0xcc && is_cut);
    assert_false(kith_gatt_next_value(&e, &at, &value, &len, &is_cut));
    e.len = 1;
    at = 0;
    assert_false(kith_gatt_next_value(&e, &at, &value, &len, &is_cut));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_read_and_write_works),
        cmocka_unit_test(values_of_one_read_are_told_apart),
    };
    return cmocka_run_group_tests_name("client values", tests, NULL, NULL);
}
