/* A phone that is told of a lamp's values: subscribed, notified, indicated, and told again after a reconnection, where
 * nothing counts before the bond is proven. */
#include "cast.h"

enum { BEAT = 11, ALARM = 12 };

typedef struct {
    uint8_t value[520];
    size_t len;
} heard;

static const kith_characteristic told[] = {
    {.uuid = KITH_UUID16(0x2a37),
     .properties = KITH_PROPERTY_NOTIFY | KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED | KITH_NOTIFY_ENCRYPTED,
     .value = (const uint8_t *)"",
     .id = BEAT},
    {.uuid = KITH_UUID16(0x2a46),
     .properties = KITH_PROPERTY_INDICATE | KITH_PROPERTY_NOTIFY,
     .permissions = KITH_NOTIFY_OPEN,
     .id = ALARM},
};
static const kith_service told_services[] = {
    {.uuid = KITH_UUID16(0x180d), .characteristics = told, .characteristic_count = 2},
};

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    heard heard;
} pair_of_hosts;

static void hear(cast_host *self, const kith_event *e)
{
    heard *h = self->context;

    if (e->kind != KITH_EVENT_NOTIFIED)
        return;
    h->len = e->notified.len;
    if (h->len > 0)
        memcpy(h->value, e->notified.value, h->len);
}

static void open_pair(pair_of_hosts *p, uint64_t seed)
{
    kith_config lamp, phone;

    memset(p, 0, sizeof *p);
    p->room = cast_open(seed, CAST_OPENSSL);
    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    lamp.services = told_services;
    lamp.limits.subscriptions = 4;
    phone.gatt_raise = KITH_GATT_RAISE_NOT;
    lamp.limits.mtu = phone.limits.mtu = 100;
    p->lamp = cast_add(p->room, "lamp", &lamp);
    p->phone = cast_add(p->room, "phone", &phone);
    p->phone->react = hear;
    p->phone->context = &p->heard;
    cast_start(p->room);
}

static uint16_t handle_of(const pair_of_hosts *p, uint16_t id)
{
    return kith_gatt_handle(p->lamp->host, id);
}

static kith_event_gatt subscribe(pair_of_hosts *p, uint16_t id, uint8_t bits)
{
    cast_equal(p->room, kith_gatt_subscribe(p->phone->host, p->phone->link, handle_of(p, id), 0, bits), KITH_OK);
    return cast_await_next(p->phone, KITH_EVENT_SUBSCRIPTION_WRITTEN)->gatt;
}

static void expect_heard(pair_of_hosts *p, uint16_t id, const char *value)
{
    const kith_event *e = &p->phone->last[KITH_EVENT_NOTIFIED];

    cast_equal(p->room, e->notified.handle, handle_of(p, id));
    cast_equal(p->room, p->heard.len, strlen(value));
    assert_memory_equal(p->heard.value, value, strlen(value));
}

static void notify(pair_of_hosts *p, const char *value)
{
    unsigned so_far = p->phone->told[KITH_EVENT_NOTIFIED];

    cast_equal(p->room, kith_gatt_notify(p->lamp->host, p->lamp->link, BEAT, (const uint8_t *)value, strlen(value)),
               KITH_OK);
    cast_await(p->phone, KITH_EVENT_NOTIFIED, so_far + 1);
    expect_heard(p, BEAT, value);
}

static kith_gatt_result indicate(pair_of_hosts *p, const char *value)
{
    cast_equal(p->room, kith_gatt_indicate(p->lamp->host, p->lamp->link, ALARM, (const uint8_t *)value, strlen(value)),
               KITH_OK);
    return cast_await_next(p->lamp, KITH_EVENT_INDICATED)->indicated.result;
}

static void a_phone_is_told_of_what_it_asked_for(void **state)
{
    pair_of_hosts p;

    (void)state;
    open_pair(&p, 701);
    cast_connect(p.phone, p.lamp);
    cast_equal(p.room, subscribe(&p, BEAT, KITH_SUBSCRIBED_NOTIFY).att_error, 0x05);
    cast_pair(p.phone, p.lamp);
    cast_equal(p.room, subscribe(&p, BEAT, KITH_SUBSCRIBED_NOTIFY).result, KITH_GATT_OK);
    cast_equal(p.room, subscribe(&p, ALARM, KITH_SUBSCRIBED_INDICATE).result, KITH_GATT_OK);
    notify(&p, "72 beats");
    notify(&p, "");
    cast_equal(p.room, indicate(&p, "smoke"), KITH_GATT_OK);
    expect_heard(&p, ALARM, "smoke");
    cast_check(p.room, p.phone->last[KITH_EVENT_NOTIFIED].notified.indicated);
    cast_equal(p.room, subscribe(&p, BEAT, 0).result, KITH_GATT_OK);
    cast_equal(p.room, kith_gatt_notify(p.lamp->host, p.lamp->link, BEAT, NULL, 0), KITH_ERR_STATE);
    cast_close(p.room);
}

static void after_a_reconnection_nothing_counts_before_the_bond_is_proven(void **state)
{
    pair_of_hosts p;
    unsigned so_far;

    (void)state;
    open_pair(&p, 702);
    cast_connect(p.phone, p.lamp);
    cast_pair(p.phone, p.lamp);
    cast_equal(p.room, subscribe(&p, BEAT, KITH_SUBSCRIBED_NOTIFY).result, KITH_GATT_OK);
    cast_disconnect(p.phone, p.lamp);
    cast_connect(p.phone, p.lamp);
    so_far = p.phone->told[KITH_EVENT_NOTIFIED];
    cast_equal(p.room, kith_gatt_notify(p.lamp->host, p.lamp->link, BEAT, NULL, 0), KITH_ERR_STATE);
    cast_equal(p.room, subscribe(&p, ALARM, KITH_SUBSCRIBED_INDICATE).result, KITH_GATT_OK);
    cast_equal(p.room, indicate(&p, "in plain"), KITH_GATT_OK); /* confirmed */
    cast_equal(p.room, p.phone->told[KITH_EVENT_NOTIFIED], so_far);
    cast_equal(p.room, kith_host_dropped(p.phone->host), 1);
    cast_encrypt(p.phone, p.lamp);
    notify(&p, "still subscribed");
    cast_equal(p.room, p.phone->last[KITH_EVENT_NOTIFIED].notified.level, KITH_LEVEL_ENCRYPTED);
    cast_close(p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phone_is_told_of_what_it_asked_for),
        cmocka_unit_test(after_a_reconnection_nothing_counts_before_the_bond_is_proven),
    };
    return cmocka_run_group_tests_name("subscribing", tests, NULL, NULL);
}
