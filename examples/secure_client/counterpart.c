#include "counterpart.h"

#include <stdio.h>

static const kith_characteristic characteristics[] = {
    {.uuid =
         KITH_UUID128(0x68, 0x12, 0x85, 0xa6, 0x24, 0x7f, 0x48, 0xc6, 0x80, 0xad, 0x68, 0xc3, 0xdc, 0xe1, 0x85, 0x85),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_SC_AUTHENTICATED},
};
static const kith_service service = {.uuid = KITH_UUID128(0x9b, 0x57, 0x48, 0x47, 0xf7, 0x06, 0x43, 0x6c, 0xbe, 0xd7,
                                                          0xfc, 0x01, 0xeb, 0x09, 0x65, 0xc1),
                                     .characteristics = characteristics,
                                     .characteristic_count = 1};

/* A display and no keys: the passkey is drawn anew for each pairing, and who is admitted has to read it. */
void counterpart_configure(kith_config *config)
{
    kith_config_default(config);
    config->limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 4, .mtu = 247, .events = 8, .subscriptions = 1};
    config->own_address = KITH_OWN_STATIC; /* drawn once, and kept with the bonds */
    config->name = "iPhone";
    config->services = &service;
    config->service_count = 1;
    config->security.methods = kith_sc_methods;
    config->security.io = KITH_IO_DISPLAY_ONLY;
    config->security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
    config->security.policy = KITH_PAIRING_ASK;
}

kith_host *counterpart_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    counterpart *c = self;
    kith_config config;

    counterpart_configure(&config);
    config.crypto = crypto;
    config.store = store;
    c->shown = UINT32_MAX;
    c->reads = 0;
    (void)!kith_host_init(c->memory, sizeof c->memory, &config, &c->host);
    return c->host;
}

static void advertise(const counterpart *c)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "iPhone");
    (void)!kith_gap_advertise(c->host, &advertising);
}

static void answer(counterpart *c, const kith_event *e)
{
    const uint8_t value[2] = {(uint8_t)(c->reads >> 8), (uint8_t)c->reads};

    c->reads++;
    (void)!kith_gatt_answer_read(c->host, e->link, 0, value, sizeof value);
}

void counterpart_on_event(void *self, const kith_event *e)
{
    counterpart *c = self;

    switch (e->kind) {
    case KITH_EVENT_READY:
    case KITH_EVENT_DISCONNECTED:
        advertise(c);
        break;
    case KITH_EVENT_CONSENT_WANTED:
        (void)!kith_pairing_consent(c->host, e->link, !e->consent.again);
        break;
    case KITH_EVENT_PASSKEY_SHOWN:
        c->shown = e->passkey.passkey;
        printf("(the other device shows %06u)\n", (unsigned)c->shown);
        break;
    case KITH_EVENT_READ_WANTED:
        answer(c, e);
        break;
    default:
        break;
    }
}
