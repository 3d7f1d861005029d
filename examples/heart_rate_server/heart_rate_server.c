/* A heart rate sensor that tells its values to bonded phones alone.  Whoever connects is asked to pair, and types the
 * passkey that the sensor shows; who has a bond is encrypted with its key, and pairs no more. */
#include "heart_rate_server.h"

#include <stdarg.h>
#include <string.h>

enum { SECOND = 1000000, AUTHENTICATION_FAILURE = 0x05 };

static const kith_connection_parameters preferred = {
    .interval_min_1250us = 24, .interval_max_1250us = 40, .latency = 0, .timeout_10ms = 400};

static const kith_device_facts facts = {.manufacturer = "Kith",
                                        .model = "heart rate server",
                                        .firmware = KITH_VERSION,
                                        .serial = "0001",
                                        .unique_level = KITH_LEVEL_SC_AUTHENTICATED};

__attribute__((format(printf, 2, 3))) static void say(const heart_rate_server *s, const char *format, ...)
{
    va_list arguments;

    (void)fprintf(s->out, "%9.3f s  sensor  ", (double)(s->now_us - s->began_us) / SECOND);
    va_start(arguments, format);
    (void)vfprintf(s->out, format, arguments);
    va_end(arguments);
    (void)fputc('\n', s->out);
    (void)fflush(s->out);
}

/* ---- what it is ---- */

/* Its attributes.  Heart Rate is for links as secure as the bond, battery and most of what it is for everybody. */
static void make_table(heart_rate_server *s)
{
    s->services[0] = kith_heart_rate_service(&s->heart, KITH_BODY_CHEST, KITH_LEVEL_SC_AUTHENTICATED);
    s->services[1] = kith_battery_service(&s->battery, HEART_BATTERY, 87, 0);
    s->services[2] = kith_device_information_service(&s->information, &facts);
}

/* The security parameters: what goes into the Pairing Response. */
static void set_security(const heart_rate_server *s, kith_security *security)
{
    security->io = s->io;
    security->bonding = true;                               /* authentication requirements: bond, */
    security->required_level = KITH_LEVEL_SC_AUTHENTICATED; /* Secure Connections, nobody in the middle */
    security->methods = kith_sc_methods;
    security->policy = KITH_PAIRING_ASK;
    security->min_key_size = security->max_key_size = 16;
    security->initiator_keys = security->responder_keys = KITH_KEY_ENC | KITH_KEY_ID;
}

void heart_rate_server_configure(heart_rate_server *s, kith_config *config)
{
    make_table(s);
    kith_config_default(config);
    config->limits.links = config->limits.pairings = HEART_LINKS;
    config->limits.bonds = HEART_BONDS;
    config->limits.mtu = HEART_MTU;
    config->limits.events = HEART_EVENTS;
    config->limits.subscriptions = HEART_SUBSCRIPTIONS;
    config->own_address = KITH_OWN_STATIC; /* one of its own on any controller */
    config->name = s->name;
    config->appearance = 0x0340; /* generic heart rate sensor */
    config->gap.preferred = &preferred;
    config->gap.security_levels = true;
    config->services = s->services;
    config->service_count = HEART_SERVICES;
    set_security(s, &config->security);
}

kith_host *heart_rate_server_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    heart_rate_server *s = self;
    kith_config config;

    heart_rate_server_configure(s, &config);
    config.crypto = crypto;
    config.store = store; /* bonds, and who it is */
    s->passkey = HEART_NO_PASSKEY;
    s->links = 0;
    s->began_us = s->now_us;
    s->beat_us = s->now_us + SECOND;
    (void)!kith_host_init(s->memory, sizeof s->memory, &config, &s->host);
    return s->host;
}

/* Under its name, and as what it is: flags and name are there already. */
static void advertise(heart_rate_server *s)
{
    static const uint8_t heart_rate_uuid[] = {3, 0x03, 0x0d, 0x18}; /* complete list of 16-bit service UUIDs */
    kith_advertising advertising;

    if (s->links == HEART_LINKS)
        return;
    kith_gap_default_advertising(&advertising, s->name);
    memcpy(advertising.response, heart_rate_uuid, sizeof heart_rate_uuid);
    advertising.response_len = sizeof heart_rate_uuid;
    (void)!kith_gap_advertise(s->host, &advertising); /* refused, harmlessly, where it is on */
}

/* ---- connections and security ---- */

static bool may(const heart_rate_server *s, kith_status status, const char *what)
{
    if (status != KITH_OK)
        say(s, "%s: %s", what, kith_status_name(status));
    return status == KITH_OK;
}

static void on_ready(heart_rate_server *s, const kith_event *e)
{
    char address[KITH_ADDRESS_TEXT];

    say(s, "advertising as \"%s\" from %s", s->name, kith_address_format(&e->ready.address, address));
    advertise(s);
}

/* A Security Request: the phone encrypts with the bond it has, else pairs. */
static void on_connected(heart_rate_server *s, const kith_event *e)
{
    char address[KITH_ADDRESS_TEXT];

    s->links++;
    say(s, "connected: %s%s", kith_address_format(&e->connected.peer, address),
        e->connected.claimed != 0 ? ", which claims to be a phone it knows" : "");
    if (!may(s, kith_security_secure(s->host, e->link, KITH_LEVEL_SC_AUTHENTICATED), "securing"))
        (void)!kith_gap_disconnect(s->host, e->link, AUTHENTICATION_FAILURE); /* too soon after failures, for one */
    advertise(s);
}

/* Somebody asks to pair by himself, a phone that lost its bond for one.  Yes: whoever it is has to see our display. */
static void on_consent_wanted(heart_rate_server *s, const kith_event *e)
{
    say(s, "asked to pair%s: yes", e->consent.again ? " again" : "");
    (void)may(s, kith_pairing_consent(s->host, e->link, true), "consenting");
}

static void on_passkey_shown(heart_rate_server *s, const kith_event *e)
{
    s->passkey = e->passkey.passkey;
    s->shown_for = e->link;
    say(s, "PASSKEY %06u: type it on the phone", (unsigned)s->passkey);
}

static void on_key(heart_rate_server *s, const kith_event *e)
{
    const char *name = e->key.key == KITH_KEY_ID    ? "identity key (IRK)"
                       : e->key.key == KITH_KEY_ENC ? "encryption key (LTK)"
                                                    : "signing key (CSRK)";

    say(s, "key exchanged: %s, %s the phone", name, e->key.taken ? "from" : "to");
}

/* How a pairing or an encryption ended.  Who failed may connect and try again; who wants no security at all stays, and
 * sees what is for everybody. */
static void on_verdict(heart_rate_server *s, const kith_event *e)
{
    const kith_verdict *v = &e->verdict;
    const char *type = e->address.type == KITH_ADDRESS_PUBLIC ? "public" : "random";
    char address[KITH_ADDRESS_TEXT], text[400];

    if (e->link == s->shown_for)
        s->passkey = HEART_NO_PASSKEY;
    (void)kith_address_format(&e->address, address);
    (void)kith_verdict_describe(v, text, sizeof text);
    if (v->succeeded && e->kind != KITH_EVENT_BONDED)
        say(s, "%s with %s (%s): success, by %s, %s, key of %u octets", kith_event_name(e->kind), address, type,
            kith_method_name(v->method), kith_level_name(v->level), v->key_size);
    else
        say(s, "%s with %s (%s): %s", kith_event_name(e->kind), address, type, text);
    if (e->kind == KITH_EVENT_PAIRING_FAILED && v->features_known)
        (void)!kith_gap_disconnect(s->host, e->link, AUTHENTICATION_FAILURE); /* refused where it is gone */
}

static void on_disconnected(heart_rate_server *s, const kith_event *e)
{
    s->links--;
    say(s, "disconnected: %s", kith_hci_status_name(e->disconnected.reason));
    advertise(s);
}

/* ---- values ---- */

static void on_subscribed(heart_rate_server *s, const kith_event *e)
{
    if (e->subscription.restored)
        say(s, "the phone is told again of what it had subscribed to");
    else
        say(s, "the phone %s", e->subscription.bits != 0 ? "subscribed" : "wants to be told no more");
}

static void on_write_wanted(heart_rate_server *s, const kith_event *e)
{
    kith_att_error error = kith_heart_rate_control(e->attribute.value, e->attribute.len);

    if (error == 0)
        s->measurement.energy_kj = 0;
    say(s, "control point written: %s", error == 0 ? "energy expended is reset" : "refused");
    (void)may(s, kith_gatt_answer_write(s->host, e->link, error), "answering");
}

/* No sensor is here, so a beat is made up.  Who subscribed is told, over a link that is secure, and nobody else. */
static void beat(heart_rate_server *s)
{
    uint8_t value[KITH_HEART_RATE_MAX];

    s->beat_us = s->now_us + SECOND;
    s->measurement.beats_per_minute = (uint16_t)(68 + s->beats % 5);
    s->measurement.contact = KITH_CONTACT_YES;
    s->measurement.has_energy = true;
    s->measurement.energy_kj = (uint16_t)(s->measurement.energy_kj + (s->measurement.energy_kj != UINT16_MAX));
    s->beats++;
    (void)kith_gatt_notify_all(s->host, KITH_HEART_RATE_MEASUREMENT, value,
                               kith_heart_rate_encode(&s->measurement, value, sizeof value));
}

void heart_rate_server_turn(void *self, uint64_t now_us)
{
    heart_rate_server *s = self;

    s->now_us = now_us;
    if (now_us >= s->beat_us)
        beat(s);
}

void heart_rate_server_on_event(void *self, const kith_event *e)
{
    static void (*const handlers[])(heart_rate_server *, const kith_event *) = {
        [KITH_EVENT_READY] = on_ready,
        [KITH_EVENT_CONNECTED] = on_connected,
        [KITH_EVENT_DISCONNECTED] = on_disconnected,
        [KITH_EVENT_CONSENT_WANTED] = on_consent_wanted,
        [KITH_EVENT_PASSKEY_SHOWN] = on_passkey_shown,
        [KITH_EVENT_KEY] = on_key,
        [KITH_EVENT_PAIRED] = on_verdict,
        [KITH_EVENT_PAIRING_FAILED] = on_verdict,
        [KITH_EVENT_ENCRYPTED] = on_verdict,
        [KITH_EVENT_ENCRYPTION_FAILED] = on_verdict,
        [KITH_EVENT_BONDED] = on_verdict,
        [KITH_EVENT_BOND_FAILED] = on_verdict,
        [KITH_EVENT_SUBSCRIBED] = on_subscribed,
        [KITH_EVENT_WRITE_WANTED] = on_write_wanted,
    };

    if ((size_t)e->kind < sizeof handlers / sizeof handlers[0] && handlers[e->kind] != NULL)
        handlers[e->kind](self, e);
}
