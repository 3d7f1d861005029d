/* A secure client: it finds a server by its name, connects, secures the link with a passkey that the server shows, and
 * reads one characteristic every second.  Each call waits for its end; what went wrong stays in b. */
#include "secure_client.h"

#include <stdio.h>

enum { FIND_MS = 10000, SOON_MS = 10000, PERSON_MS = 120000, SECOND_MS = 1000 };

void secure_client_default(secure_client *c)
{
    *c = (secure_client){.name = "iPhone",
                         .service = KITH_UUID128(0x9b, 0x57, 0x48, 0x47, 0xf7, 0x06, 0x43, 0x6c, 0xbe, 0xd7, 0xfc, 0x01,
                                                 0xeb, 0x09, 0x65, 0xc1),
                         .characteristic = KITH_UUID128(0x68, 0x12, 0x85, 0xa6, 0x24, 0x7f, 0x48, 0xc6, 0x80, 0xad,
                                                        0x68, 0xc3, 0xdc, 0xe1, 0x85, 0x85)};
}

/* Security: bonding, protection against a man in the middle, Secure Connections; and all we have is a keyboard. */
void secure_client_configure(kith_config *config)
{
    kith_config_default(config);
    config->limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 4, .mtu = 247, .events = 8};
    config->own_address = KITH_OWN_STATIC; /* drawn once, and kept with the bonds */
    config->name = "secure client";
    config->security.methods = kith_sc_methods;
    config->security.bonding = true;
    config->security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
    config->security.io = KITH_IO_KEYBOARD_ONLY;
}

kith_host *secure_client_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    secure_client *c = self;
    kith_config config;
    kith_host *host = NULL;

    secure_client_configure(&config);
    config.crypto = crypto;
    config.store = store;
    (void)!kith_host_init(c->memory, sizeof c->memory, &config, &host);
    return host;
}

static void print_value(const kith_blocking *b)
{
    printf("Read value: [");
    for (uint16_t i = 0; i < b->value_len; i++)
        printf(i == 0 ? "%02x" : " %02x", b->value[i]);
    printf("]\n");
}

/* An active scan that listens 99 of every 100 ms, and the ten seconds in which somebody of that name must be heard. */
static kith_call find(const secure_client *c, kith_blocking *b)
{
    const kith_scan scan = {.interval_625us = 160, .window_625us = 158, .active = true, .report_duplicates = false};

    return kith_blocking_find_name(b, &scan, c->name, FIND_MS);
}

/* As soon as it is connected, as that tutorial has it; the twenty rounds of Passkey Entry then take some 30 s, so who
 * is in a hurry does this when the link is secure.  150 to 312.5 ms, latency 0, and 1 s without a word until the link
 * is lost.  The 600 ms which it prints are refused (KITH_ERR_VALUE): they are not above twice the longest interval. */
static kith_call update_parameters(kith_blocking *b)
{
    const kith_connection_parameters parameters = {
        .interval_min_1250us = 120, .interval_max_1250us = 250, .latency = 0, .timeout_10ms = 100};

    return kith_blocking_update_parameters(b, b->link, &parameters, SOON_MS);
}

static kith_call read_every_second(const secure_client *c, kith_blocking *b, uint16_t handle)
{
    for (unsigned i = 1;; i++) {
        if (kith_blocking_read(b, b->link, handle, SOON_MS) != KITH_CALL_OK)
            return b->call;
        print_value(b);
        if (i == c->count || kith_blocking_pause(b, SECOND_MS) != KITH_CALL_OK)
            return b->call;
    }
}

static kith_call use(const secure_client *c, kith_blocking *b)
{
    const kith_gatt_found *characteristic;

    if (update_parameters(b) != KITH_CALL_OK)
        return b->call;
    printf("Connected to %s, interval %.2f ms\n", c->name, b->event.parameters.interval_1250us * 1.25);
    if (kith_blocking_secure(b, b->link, KITH_LEVEL_SC_AUTHENTICATED, PERSON_MS) != KITH_CALL_OK)
        return b->call;
    printf("Secured: %s, key of %u octets\n", kith_method_name(b->verdict.method), b->verdict.key_size);
    if (kith_blocking_discover(b, b->link, &c->service, SOON_MS) != KITH_CALL_OK)
        return b->call;
    characteristic = kith_blocking_found(b, &c->characteristic);
    if (characteristic == NULL || (characteristic->properties & KITH_PROPERTY_READ) == 0) {
        (void)fprintf(stderr, "The service has no such characteristic that can be read\n");
        return KITH_CALL_FAILED;
    }
    return read_every_second(c, b, characteristic->value_handle);
}

kith_call secure_client_run(const secure_client *c, kith_blocking *b)
{
    kith_call call = find(c, b);
    char text[450];

    if (call == KITH_CALL_OK)
        call = kith_blocking_connect(b, &b->event.report.address, NULL, SOON_MS);
    if (call == KITH_CALL_OK)
        call = use(c, b);
    if (b->call != KITH_CALL_OK && kith_blocking_describe(b, text, sizeof text) > 0)
        (void)fprintf(stderr, "%s\n", text);
    (void)!kith_blocking_disconnect(b, b->link, SOON_MS);
    return call;
}
