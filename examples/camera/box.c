/* The box with the relay.  Its battery can be read by anybody; its relay by those who are paired.  It never asks for
 * security itself: whoever wants the relay does. */
#include <stdio.h>

#include "camera.h"

enum { RELAY = 1, BATTERY };

static const kith_characteristic battery[] = {
    {.uuid = KITH_UUID16(0x2a19), .properties = KITH_PROPERTY_READ, .permissions = KITH_READ_OPEN, .id = BATTERY}};
static const kith_characteristic relay[] = {
    {.uuid = KITH_UUID128(0x52, 0x65, 0x6c, 0x61, 0x79, 0x20, 0x42, 0x6f, 0x78, 0, 0, 0, 0, 0, 0, 2),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED,
     .id = RELAY}};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x180f), .characteristics = battery, .characteristic_count = 1},
    {.uuid = KITH_UUID128(0x52, 0x65, 0x6c, 0x61, 0x79, 0x20, 0x42, 0x6f, 0x78, 0, 0, 0, 0, 0, 0, 1),
     .characteristics = relay,
     .characteristic_count = 1}};

/* One subscription: that who is bonded is told of a table that has changed. */
void box_configure(kith_config *config)
{
    kith_config_default(config);
    config->limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 8, .mtu = 247, .events = 8, .subscriptions = 1};
    config->own_address = KITH_OWN_STATIC; /* drawn once, and kept with the bonds */
    config->name = "relay box";
    config->services = services;
    config->service_count = 2;
    config->security.methods = kith_sc_methods;
    config->security.io = KITH_IO_DISPLAY_YES_NO;
    config->security.policy = KITH_PAIRING_ASK;
}

kith_host *box_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    box *x = self;
    kith_config config;

    box_configure(&config);
    config.crypto = crypto;
    config.store = store;
    x->number = UINT32_MAX;
    x->asks = 0;
    (void)!kith_host_init(x->memory, sizeof x->memory, &config, &x->host);
    return x->host;
}

static void advertise(const box *x)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "relay box");
    (void)!kith_gap_advertise(x->host, &advertising);
}

static void on_read(const box *x, const kith_event *e)
{
    (void)!kith_gatt_answer_read(x->host, e->link, 0, e->attribute.id == BATTERY ? &x->battery : &x->relay, 1);
}

static void on_write(box *x, const kith_event *e)
{
    bool can_be = e->attribute.len == 1 && e->attribute.value[0] <= 1;

    if (can_be && x->relay != e->attribute.value[0])
        printf("(click)\n");
    x->relay = can_be ? e->attribute.value[0] : x->relay;
    (void)!kith_gatt_answer_write(x->host, e->link, can_be ? 0 : 0x13 /* Value Not Allowed */);
}

/* Its person looks at both displays, as soon as both show a number. */
void box_turn(void *self, uint64_t now_us)
{
    box *x = self;

    (void)now_us;
    if (x->asks == 0 || x->other == NULL || *x->other == UINT32_MAX)
        return;
    (void)!kith_pairing_compare(x->host, x->asks, *x->other == x->number ? KITH_NUMBERS_EQUAL : KITH_NUMBERS_DIFFER);
    x->asks = 0;
}

void box_on_event(void *self, const kith_event *e)
{
    box *x = self;

    switch (e->kind) {
    case KITH_EVENT_READY:
    case KITH_EVENT_DISCONNECTED:
        x->asks = 0;
        advertise(x);
        break;
    case KITH_EVENT_CONSENT_WANTED: /* its person is there; who is bonded is not replaced */
        (void)!kith_pairing_consent(x->host, e->link, !e->consent.again);
        break;
    case KITH_EVENT_COMPARISON_WANTED:
        x->number = e->comparison.number;
        x->asks = e->link;
        break;
    case KITH_EVENT_READ_WANTED:
        on_read(x, e);
        break;
    case KITH_EVENT_WRITE_WANTED:
        on_write(x, e);
        break;
    default:
        break;
    }
}
