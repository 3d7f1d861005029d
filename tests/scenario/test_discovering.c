/* A phone that looks through all a lamp has: services, what they include, characteristics and descriptors; and
 * subscribes by what it found. */
#include "cast.h"

enum { FOUND = 8, BEAT = 31 };

static const kith_descriptor beat_descriptors[] = {
    {.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_OPEN, .value = (const uint8_t *)"beat", .value_len = 4},
};
static const kith_characteristic beat[] = {
    {.uuid =
         KITH_UUID128(0x9b, 0x57, 0x48, 0x47, 0xf7, 0x06, 0x43, 0x6c, 0xbe, 0xd7, 0xfc, 0x01, 0xeb, 0x09, 0x65, 0xc2),
     .properties = KITH_PROPERTY_NOTIFY,
     .permissions = KITH_NOTIFY_OPEN,
     .id = BEAT,
     .descriptors = beat_descriptors,
     .descriptor_count = 1},
};
static const kith_service inner = {.uuid = KITH_UUID32(0x12345678)};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x180f)},
    {.uuid = KITH_UUID32(0x12345678)},
    {.uuid = KITH_UUID16(0x180d),
     .characteristics = beat,
     .characteristic_count = 1,
     .includes = (const kith_service *const[]){&services[0], &services[1]},
     .include_count = 2},
};

typedef struct {
    kith_gatt_service services[FOUND];
    kith_gatt_include includes[FOUND];
    kith_gatt_descriptor descriptors[FOUND];
    kith_gatt_found characteristics[FOUND];
    unsigned service_count, include_count, descriptor_count, characteristic_count;
} found;

static void keep(cast_host *self, const kith_event *e)
{
    found *f = self->context;

    for (uint16_t i = 0; e->kind == KITH_EVENT_SERVICES && i < e->list.count; i++)
        kith_gatt_service_at(&e->list, i, &f->services[f->service_count++ % FOUND]);
    for (uint16_t i = 0; e->kind == KITH_EVENT_INCLUDES && i < e->list.count; i++)
        kith_gatt_include_at(&e->list, i, &f->includes[f->include_count++ % FOUND]);
    for (uint16_t i = 0; e->kind == KITH_EVENT_DESCRIPTORS && i < e->list.count; i++)
        kith_gatt_descriptor_at(&e->list, i, &f->descriptors[f->descriptor_count++ % FOUND]);
    for (uint16_t i = 0; e->kind == KITH_EVENT_CHARACTERISTICS && i < e->list.count; i++)
        kith_gatt_found_at(&e->list, i, &f->characteristics[f->characteristic_count++ % FOUND]);
}

static void expect_end(cast_host *phone, kith_status started, kith_gatt_result result)
{
    cast_equal(phone->room, started, KITH_OK);
    cast_equal(phone->room, cast_await_next(phone, KITH_EVENT_DISCOVERED)->gatt.result, result);
}

static void all_that_a_lamp_has_is_found(void **state)
{
    static const kith_uuid heart = KITH_UUID16(0x180d), absent = KITH_UUID16(0x1234), battery = KITH_UUID16(0x180f);
    cast_room *room = cast_open(721, CAST_OPENSSL);
    kith_config lamp_config;
    cast_host *lamp, *phone;
    const kith_gatt_service *of;
    found f;

    (void)state;
    memset(&f, 0, sizeof f);
    cast_lamp_config(&lamp_config);
    lamp_config.services = services;
    lamp_config.service_count = 3;
    lamp_config.limits.subscriptions = 4;
    lamp = cast_add(room, "lamp", &lamp_config);
    phone = cast_add_phone(room, "phone");
    phone->react = keep;
    phone->context = &f;
    cast_start(room);
    cast_connect(phone, lamp);

    expect_end(phone, kith_gatt_discover_services(phone->host, phone->link, NULL), KITH_GATT_OK);
    cast_equal(room, f.service_count, 5); /* GAP and GATT are built in */
    cast_check(room, kith_uuid_equal(&f.services[3].uuid, &inner.uuid));
    of = &f.services[4];
    cast_check(room, kith_uuid_equal(&of->uuid, &heart));

    f.service_count = 5;
    expect_end(phone, kith_gatt_discover_services(phone->host, phone->link, &inner.uuid), KITH_GATT_OK);
    cast_equal(room, f.service_count, 6);
    cast_equal(room, f.services[5].first, f.services[3].first);
    cast_equal(room, f.services[5].last, f.services[3].last);
    expect_end(phone, kith_gatt_discover_services(phone->host, phone->link, &absent), KITH_GATT_NOT_FOUND);

    expect_end(phone, kith_gatt_discover_includes(phone->host, phone->link, of->first, of->last), KITH_GATT_OK);
    cast_equal(room, f.include_count, 2);
    cast_check(room, kith_uuid_equal(&f.includes[0].uuid, &battery));
    cast_equal(room, f.includes[1].uuid.size, 0); /* of 128 bits: to be read */
    cast_equal(room, f.includes[1].first, f.services[3].first);

    expect_end(phone, kith_gatt_discover_characteristics(phone->host, phone->link, of->first, of->last), KITH_GATT_OK);
    cast_equal(room, f.characteristic_count, 1);
    cast_check(room, kith_uuid_equal(&f.characteristics[0].uuid, &beat[0].uuid));
    cast_equal(room, f.characteristics[0].properties, KITH_PROPERTY_NOTIFY);
    expect_end(phone,
               kith_gatt_discover_descriptors(phone->host, phone->link,
                                              (uint16_t)(f.characteristics[0].value_handle + 1), of->last),
               KITH_GATT_OK);
    cast_equal(room, f.descriptor_count, 2);
    cast_equal(room, f.descriptors[0].uuid.octets[0], 0x02);
    cast_equal(room, f.descriptors[1].uuid.octets[0], 0x01);

    cast_equal(room,
               kith_gatt_subscribe(phone->host, phone->link, f.characteristics[0].value_handle, f.descriptors[0].handle,
                                   KITH_SUBSCRIBED_NOTIFY),
               KITH_OK);
    cast_equal(room, cast_await_next(phone, KITH_EVENT_SUBSCRIPTION_WRITTEN)->gatt.result, KITH_GATT_OK);
    cast_equal(room, kith_gatt_notify(lamp->host, lamp->link, BEAT, (const uint8_t *)"!", 1), KITH_OK);
    cast_await_next(phone, KITH_EVENT_NOTIFIED);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_lamp_has_is_found),
    };
    return cmocka_run_group_tests_name("discovering", tests, NULL, NULL);
}
