/* A camera that pairs with a box and switches the relay in it.  The battery of the box is for everybody to read; the
 * relay is not, so the link to it is encrypted first.  Secrets are kept in a JSON file, which is loaded by itself when
 * the camera starts and saved by itself when a key changes. */
#include "camera.h"

#include <stdio.h>
#include <unistd.h>

#define SECRETS "ble_secrets.json"
enum { FIND_MS = 10000, SOON_MS = 10000, PERSON_MS = 60000 };

const kith_uuid camera_battery_service = KITH_UUID16(0x180f), camera_battery_level = KITH_UUID16(0x2a19);
const kith_uuid camera_relay_service =
    KITH_UUID128(0x52, 0x65, 0x6c, 0x61, 0x79, 0x20, 0x42, 0x6f, 0x78, 0, 0, 0, 0, 0, 0, 1);
const kith_uuid camera_relay = KITH_UUID128(0x52, 0x65, 0x6c, 0x61, 0x79, 0x20, 0x42, 0x6f, 0x78, 0, 0, 0, 0, 0, 0, 2);

void camera_default(camera *c)
{
    *c = (camera){.places = {"/sdcard", "/flash", "."},
                  .pairing = {.bond = true, .le_secure = true, .mitm = false, .io = 3}};
}

/* The first folder of the list that can be written to.  What is wrong with the file there is told, and no other place
 * taken for it: a camera that begins anew elsewhere has lost its bonds. */
static bool open_secrets(camera *c)
{
    for (size_t i = 0; i < CAMERA_PLACES && c->places[i] != NULL; i++) {
        int len = snprintf(c->path, sizeof c->path, "%s/" SECRETS, c->places[i]);

        if (len < 0 || (size_t)len >= sizeof c->path || access(c->places[i], W_OK | X_OK) != 0)
            continue;
        c->has_secrets = kith_json_store_open(&c->secrets, c->path, KITH_JSON_STORE_MAKE) == KITH_OK;
        if (!c->has_secrets)
            (void)fprintf(stderr, "%s: %s\n", c->path, c->secrets.text);
        return c->has_secrets;
    }
    (void)fprintf(stderr, "No place to keep secrets in can be written to\n");
    return false;
}

void camera_power_off(camera *c)
{
    if (c->has_secrets)
        kith_json_store_close(&c->secrets);
    c->has_secrets = false;
}

void camera_configure(kith_config *config)
{
    kith_config_default(config);
    config->limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 8, .mtu = 247, .events = 8};
    config->own_address = KITH_OWN_STATIC; /* drawn once, and kept with the bonds */
    config->name = "camera";
    config->security.methods = kith_all_methods;
}

kith_host *camera_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    camera *c = self;
    kith_config config;
    kith_host *host = NULL;

    (void)store; /* it has its own */
    camera_power_off(c);
    if (!open_secrets(c))
        return NULL;
    camera_configure(&config);
    config.crypto = crypto;
    config.store = &c->secrets.store;
    c->security = config.security;
    (void)!kith_host_init(c->memory, sizeof c->memory, &config, &host);
    return host;
}

static void tell_loaded(const camera *c, kith_blocking *b)
{
    if (kith_blocking_event(b, KITH_EVENT_STORE_LOADED, 0, 0) == KITH_CALL_OK)
        printf("%s: %u %s, %u records damaged\n", c->path, (unsigned)b->event.store.bonds,
               b->event.store.bonds == 1 ? "peer" : "peers", (unsigned)b->event.store.damaged);
}

/* ---- pairing ---- */

/* What was asked for is the least that may come of it: where inputs and outputs do not allow protection against a man
 * in the middle, the pairing fails and says so. */
static bool is_possible(camera *c, const camera_pairing *how)
{
    static const kith_io_capability ios[] = {KITH_IO_DISPLAY_ONLY, KITH_IO_DISPLAY_YES_NO, KITH_IO_KEYBOARD_ONLY,
                                             KITH_IO_NO_INPUT_NO_OUTPUT, KITH_IO_KEYBOARD_DISPLAY};

    if (how->io >= sizeof ios / sizeof ios[0])
        return false;
    c->security.bonding = how->bond;
    c->security.legacy = !how->le_secure; /* a weakening: allowed, not preferred */
    c->security.ask_mitm = how->mitm;
    c->security.io = ios[how->io];
    return true;
}

static kith_level level_of(const camera_pairing *how)
{
    if (!how->mitm)
        return KITH_LEVEL_ENCRYPTED;
    return how->le_secure ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_AUTHENTICATED;
}

static void look(camera *c, kith_blocking *b, kith_link link)
{
    kith_event_security now;

    c->link = (camera_link){0};
    if (kith_security_of(b->host, link, &now) != KITH_OK)
        return;
    c->link.encrypted = now.level >= KITH_LEVEL_ENCRYPTED;
    c->link.authenticated = now.level >= KITH_LEVEL_AUTHENTICATED;
    c->link.bonded = now.peer != 0;
    c->link.key_size = now.key_size;
}

kith_call camera_pair(camera *c, kith_blocking *b, kith_link link, const camera_pairing *how)
{
    kith_call call;

    if (!is_possible(c, how) || kith_security_set(b->host, &c->security) != KITH_OK)
        return kith_blocking_secure(b, link, KITH_LEVEL_NONE, 0); /* refused, as a value */
    call = kith_blocking_secure(b, link, level_of(how), PERSON_MS);
    look(c, b, link);
    return call;
}

kith_call camera_forget(kith_blocking *b, const kith_address *identity)
{
    kith_bond_info bond = {0};

    while (kith_bonds_next(b->host, bond.peer, &bond) == KITH_OK) {
        if (!kith_address_equal(&bond.identity, identity))
            continue;
        if (kith_bonds_forget(b->host, bond.peer) != KITH_OK)
            return KITH_CALL_REFUSED;
        return kith_blocking_event(b, KITH_EVENT_FORGOTTEN, 0, SOON_MS);
    }
    return KITH_CALL_REFUSED;
}

/* ---- what it does ---- */

/* A value that anybody may read: no pairing for that. */
static kith_call read_battery(kith_blocking *b)
{
    const kith_gatt_found *level;

    if (kith_blocking_discover(b, b->link, &camera_battery_service, SOON_MS) != KITH_CALL_OK)
        return b->call;
    level = kith_blocking_found(b, &camera_battery_level);
    if (kith_blocking_read(b, b->link, level != NULL ? level->value_handle : 0, SOON_MS) == KITH_CALL_OK)
        printf("The battery of the box is at %u %%\n", b->value_len == 1 ? b->value[0] : 0u);
    return b->call;
}

static kith_call switch_relay(kith_blocking *b, bool on)
{
    const uint8_t value = on;
    const kith_gatt_found *relay;

    if (kith_blocking_discover(b, b->link, &camera_relay_service, SOON_MS) != KITH_CALL_OK)
        return b->call;
    relay = kith_blocking_found(b, &camera_relay);
    if (kith_blocking_write(b, b->link, relay != NULL ? relay->value_handle : 0, &value, 1, SOON_MS) == KITH_CALL_OK)
        printf("The relay is %s\n", on ? "on" : "off");
    return b->call;
}

static kith_call use(camera *c, kith_blocking *b, bool on)
{
    if (read_battery(b) != KITH_CALL_OK || camera_pair(c, b, b->link, &c->pairing) != KITH_CALL_OK)
        return b->call;
    printf("%s: encrypted %d, authenticated %d, bonded %d, key_size %u\n",
           b->verdict.attempt == KITH_ATTEMPT_ENCRYPTION ? "By the bond" : "Paired", c->link.encrypted,
           c->link.authenticated, c->link.bonded, c->link.key_size);
    return switch_relay(b, on);
}

kith_call camera_run(camera *c, kith_blocking *b, bool on)
{
    kith_call call;
    char text[450];

    tell_loaded(c, b);
    call = kith_blocking_find_name(b, NULL, "relay box", FIND_MS);
    if (call == KITH_CALL_OK)
        call = kith_blocking_connect(b, &b->event.report.address, NULL, SOON_MS);
    if (call == KITH_CALL_OK)
        call = use(c, b, on);
    if (call != KITH_CALL_OK && kith_blocking_describe(b, text, sizeof text) > 0)
        (void)fprintf(stderr, "%s\n", text);
    (void)!kith_blocking_disconnect(b, b->link, SOON_MS);
    return call;
}
