/* A phone whose user wants to see a heart rate.  It looks for the sensor by its name, lets itself be asked for
 * security, and knows the sensor again by the bond. */
#include "phone.h"

#include <stdarg.h>
#include <string.h>

#include "kith/service/heart_rate.h"

enum { SECOND = 1000000, TYPING = 4 * SECOND, BY_USER = 0x13 };

static const kith_uuid heart_rate = KITH_UUID16(0x180d);
static const kith_uuid measurement_uuid = KITH_UUID16(KITH_HEART_RATE_MEASUREMENT);
static const kith_uuid location_uuid = KITH_UUID16(KITH_HEART_RATE_BODY_LOCATION);
static const kith_uuid control_uuid = KITH_UUID16(KITH_HEART_RATE_CONTROL_POINT);

__attribute__((format(printf, 2, 3))) static void say(const phone *p, const char *format, ...)
{
    va_list arguments;

    (void)fprintf(p->out, "%9.3f s  phone   ", (double)(p->now_us - p->began_us) / SECOND);
    va_start(arguments, format);
    (void)vfprintf(p->out, format, arguments);
    va_end(arguments);
    (void)fputc('\n', p->out);
}

static void must(phone *p, kith_status status, const char *what)
{
    if (status == KITH_OK)
        return;
    p->failed++;
    say(p, "%s: %s", what, kith_status_name(status));
}

kith_host *phone_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    phone *p = self;
    kith_config config;

    kith_config_default(&config);
    config.limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 4, .mtu = 65, .events = 8};
    config.crypto = crypto;
    config.store = store;
    config.name = "phone";
    config.security.methods = kith_sc_methods;
    config.security.io = KITH_IO_KEYBOARD_DISPLAY;
    config.security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
    config.security.policy = KITH_PAIRING_ASK; /* a Security Request of a stranger is for its user to answer */
    p->link = p->asks = 0;
    p->began_us = p->now_us;
    p->told_at = KITH_LEVEL_SC_AUTHENTICATED;
    (void)!kith_host_init(p->memory, sizeof p->memory, &config, &p->host);
    return p->host;
}

static void look(phone *p, const kith_event *e)
{
    kith_scan scan;

    (void)e;
    if (p->visits == PHONE_VISITS)
        return;
    kith_gap_default_scan(&scan);
    scan.report_duplicates = true;              /* the sensor is heard again when it is back */
    (void)!kith_gap_start_scan(p->host, &scan); /* refused, harmlessly, where it is on */
}

static void on_report(phone *p, const kith_event *e)
{
    char name[32];

    if (p->link == 0 && p->visits < PHONE_VISITS && e->report.connectable &&
        kith_gap_find_name(e->report.data, e->report.len, name) && strcmp(name, p->name) == 0)
        (void)!kith_gap_connect(p->host, &e->report.address, NULL); /* busy: it is on its way */
}

static void on_connected(phone *p, const kith_event *e)
{
    p->link = e->link;
    p->visits++;
    p->values = 0;
    say(p, "connected to \"%s\"%s", p->name, e->connected.claimed != 0 ? ", by its address a sensor it knows" : "");
}

static void on_consent_wanted(phone *p, const kith_event *e)
{
    say(p, "the sensor asks for security; its user says yes");
    must(p, kith_pairing_consent(p->host, e->link, true), "consenting");
}

static void on_passkey_wanted(phone *p, const kith_event *e)
{
    p->asks = e->link;
    p->type_us = p->now_us + TYPING;
}

/* Secure, and remembered: now its values. */
static void on_bonded(phone *p, const kith_event *e)
{
    p->paired++;
    say(p, "paired and bonded");
    must(p, kith_gatt_discover(p->host, e->link, &heart_rate), "discovering");
}

static void on_encrypted(phone *p, const kith_event *e)
{
    (void)e;
    p->encrypted++;
    say(p, "encrypted with the bond's key; nothing was typed");
}

static void on_failure(phone *p, const kith_event *e)
{
    char text[400];

    p->failed++;
    (void)kith_verdict_describe(&e->verdict, text, sizeof text);
    say(p, "%s", text);
}

static void on_characteristics(phone *p, const kith_event *e)
{
    uint16_t measurement = kith_gatt_found_handle(&e->characteristics, &measurement_uuid);
    uint16_t location = kith_gatt_found_handle(&e->characteristics, &location_uuid);
    uint16_t control = kith_gatt_found_handle(&e->characteristics, &control_uuid);

    p->measurement = measurement != 0 ? measurement : p->measurement;
    p->location = location != 0 ? location : p->location;
    p->control = control != 0 ? control : p->control;
}

static void on_discovered(phone *p, const kith_event *e)
{
    must(p, kith_gatt_read(p->host, e->link, p->location), "reading");
}

static void on_read(phone *p, const kith_event *e)
{
    const uint8_t reset = KITH_HEART_RATE_RESET_ENERGY;

    if (e->gatt.result != KITH_GATT_OK || e->gatt.len != 1)
        return;
    p->place = e->gatt.value[0];
    say(p, "the sensor is on the %s", p->place == KITH_BODY_CHEST ? "chest" : "body");
    must(p, kith_gatt_write(p->host, e->link, p->control, &reset, 1), "writing");
}

static void on_written(phone *p, const kith_event *e)
{
    must(p, kith_gatt_subscribe(p->host, e->link, p->measurement, 0, KITH_SUBSCRIBED_NOTIFY), "subscribing");
}

static void on_subscription_written(phone *p, const kith_event *e)
{
    p->subscribed += e->gatt.result == KITH_GATT_OK;
    say(p, "subscribed: %s", kith_gatt_result_name(e->gatt.result));
}

static void on_notified(phone *p, const kith_event *e)
{
    kith_heart_rate_measurement m;

    if (e->notified.handle != p->measurement || !kith_heart_rate_decode(e->notified.value, e->notified.len, &m))
        return;
    p->values++;
    p->all_values++;
    p->told_at = e->notified.level < p->told_at ? e->notified.level : p->told_at;
    say(p, "heart rate %u, %u kJ", m.beats_per_minute, m.energy_kj);
    if (p->values == PHONE_VALUES)
        must(p, kith_gap_disconnect(p->host, e->link, BY_USER), "disconnecting");
}

static void on_disconnected(phone *p, const kith_event *e)
{
    p->link = p->asks = 0;
    say(p, "disconnected");
    look(p, e);
}

/* Its user types what the sensor shows. */
void phone_turn(void *self, uint64_t now_us)
{
    phone *p = self;

    p->now_us = now_us;
    if (p->asks == 0 || now_us < p->type_us || *p->display == UINT32_MAX)
        return;
    say(p, "its user types %06u", (unsigned)*p->display);
    must(p, kith_pairing_passkey(p->host, p->asks, *p->display), "typing");
    p->asks = 0;
}

void phone_on_event(void *self, const kith_event *e)
{
    static void (*const handlers[])(phone *, const kith_event *) = {
        [KITH_EVENT_READY] = look,
        [KITH_EVENT_REPORT] = on_report,
        [KITH_EVENT_CONNECTED] = on_connected,
        [KITH_EVENT_DISCONNECTED] = on_disconnected,
        [KITH_EVENT_CONSENT_WANTED] = on_consent_wanted,
        [KITH_EVENT_PASSKEY_WANTED] = on_passkey_wanted,
        [KITH_EVENT_BONDED] = on_bonded,
        [KITH_EVENT_ENCRYPTED] = on_encrypted,
        [KITH_EVENT_PAIRING_FAILED] = on_failure,
        [KITH_EVENT_ENCRYPTION_FAILED] = on_failure,
        [KITH_EVENT_BOND_FAILED] = on_failure,
        [KITH_EVENT_CHARACTERISTICS] = on_characteristics,
        [KITH_EVENT_DISCOVERED] = on_discovered,
        [KITH_EVENT_READ] = on_read,
        [KITH_EVENT_WRITTEN] = on_written,
        [KITH_EVENT_SUBSCRIPTION_WRITTEN] = on_subscription_written,
        [KITH_EVENT_NOTIFIED] = on_notified,
    };

    if ((size_t)e->kind < sizeof handlers / sizeof handlers[0] && handlers[e->kind] != NULL)
        handlers[e->kind](self, e);
}
