/* A heart that beats, a battery that lasts, and who made them. */
#include <string.h>

#include "kith/codec/att.h"
#include "kith/service/battery.h"
#include "kith/service/device_information.h"
#include "kith/service/heart_rate.h"
#include "table_example.h"

enum { SERVICES = 3 };
enum { BATTERY_LEVEL = 1, PERCENT = 87, APPEARANCE_HEART_RATE_SENSOR = 0x0340, REST = 64, SPAN = 16 };

typedef struct {
    kith_heart_rate heart;
    kith_battery battery;
    kith_device_information information;
    kith_heart_rate_measurement beat;
    kith_variable measurement;
    uint8_t octets[KITH_HEART_RATE_MAX];
    unsigned seconds;
} example;

static void encode_beat(example *e)
{
    e->measurement.len = (uint16_t)kith_heart_rate_encode(&e->beat, e->octets, sizeof e->octets);
}

/* Up and down between two rates, the same each time. */
static void beat(table *t)
{
    example *e = t->own;
    unsigned at = ++e->seconds % (2 * SPAN);

    e->beat.beats_per_minute = (uint16_t)(REST + (at < SPAN ? at : 2 * SPAN - at));
    if (e->seconds % SPAN == 0 && e->beat.energy_kj < 0xffff)
        e->beat.energy_kj++;
    encode_beat(e);
}

static kith_att_error write_control_point(table *t, uint16_t id, const uint8_t *octets, size_t len)
{
    example *e = t->own;
    kith_att_error error = kith_heart_rate_control(octets, len);

    if (id != KITH_HEART_RATE_CONTROL_POINT)
        return KITH_ATT_ERROR_UNLIKELY_ERROR;
    if (error == 0) {
        e->beat.energy_kj = 0;
        encode_beat(e);
    }
    return error;
}

static bool add_value(table *t, const char *name, uint16_t id, kith_variable *now, bool is_computed)
{
    table_value *v = table_add_value(t);

    if (v == NULL)
        return false;
    *v = (table_value){
        .name = name, .is_named = true, .id = id, .is_told = true, .is_computed = is_computed, .now = now};
    return true;
}

static bool add_heart_rate(table *t, example *e, kith_level level)
{
    e->beat = (kith_heart_rate_measurement){.beats_per_minute = REST, .contact = KITH_CONTACT_YES, .has_energy = true};
    e->measurement = (kith_variable){.octets = e->octets, .max = sizeof e->octets};
    encode_beat(e);
    t->services[t->service_count++] = kith_heart_rate_service(&e->heart, KITH_BODY_CHEST, level);
    t->appearance = APPEARANCE_HEART_RATE_SENSOR;
    t->each_second = beat;
    t->write = write_control_point;
    return add_value(t, "heart-rate", KITH_HEART_RATE_MEASUREMENT, &e->measurement, true);
}

static bool add_battery(table *t, example *e)
{
    t->services[t->service_count++] = kith_battery_service(&e->battery, BATTERY_LEVEL, PERCENT, 0);
    return add_value(t, "battery-level", BATTERY_LEVEL, &e->battery.variable, false);
}

static void add_information(table *t, example *e)
{
    static const kith_device_facts facts = {
        .manufacturer = "Kith", .model = "Example", .firmware = KITH_VERSION, .software = "kith serve --example"};

    t->services[t->service_count++] = kith_device_information_service(&e->information, &facts);
}

table_example_result table_example(table *t, const char *name, kith_level level)
{
    bool all = strcmp(name, "all") == 0;
    bool heart = all || strcmp(name, "heart-rate") == 0, battery = all || strcmp(name, "battery") == 0;
    bool information = all || strcmp(name, "device-information") == 0, made = true;

    memset(t, 0, sizeof *t);
    if (!heart && !battery && !information)
        return TABLE_UNKNOWN;
    t->own = table_memory(t, 1, sizeof(example));
    t->services = table_memory(t, SERVICES, sizeof *t->services);
    if (t->own == NULL || t->services == NULL)
        return TABLE_NO_MEMORY;
    t->name = all ? "example" : name;
    if (heart)
        made &= add_heart_rate(t, t->own, level);
    if (battery)
        made &= add_battery(t, t->own);
    if (information)
        add_information(t, t->own);
    return made ? TABLE_MADE : TABLE_NO_MEMORY;
}
