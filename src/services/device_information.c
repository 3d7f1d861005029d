/* Device Information: the program's own strings, as a table.  Device Information Service 1.1, section 3. */
#include "kith/service/device_information.h"

#include <string.h>

enum {
    SYSTEM_ID = 0x2a23,
    MODEL = 0x2a24,
    SERIAL = 0x2a25,
    FIRMWARE = 0x2a26,
    HARDWARE = 0x2a27,
    SOFTWARE = 0x2a28,
    MANUFACTURER = 0x2a29,
    PNP_ID = 0x2a50
};

/* A table in the making. */
typedef struct {
    kith_device_information *memory;
    size_t count;
} making;

static void add(making *m, uint16_t uuid, const void *value, size_t len, kith_level level)
{
    const kith_characteristic c = {.uuid = KITH_UUID16(uuid),
                                   .properties = KITH_PROPERTY_READ,
                                   .permissions = (uint32_t)(level == 0 ? KITH_LEVEL_NONE : level) * KITH_READ_OPEN,
                                   .id = uuid,
                                   .value = value,
                                   .value_len = len > 0xffff ? 0xffff : (uint16_t)len}; /* refused for its length */

    m->memory->characteristics[m->count++] = c;
}

static void add_string(making *m, uint16_t uuid, const char *text, kith_level level)
{
    if (text != NULL)
        add(m, uuid, text, strlen(text), level);
}

static void add_system_id(making *m, const kith_device_facts *facts)
{
    uint8_t *out = m->memory->system_id;

    if (!facts->has_system_id)
        return;
    for (size_t i = 0; i < sizeof m->memory->system_id; i++)
        out[i] = (uint8_t)(facts->system_id >> 8 * i & 0xff);
    add(m, SYSTEM_ID, out, sizeof m->memory->system_id, facts->unique_level);
}

static void add_pnp_id(making *m, const kith_device_facts *facts)
{
    const kith_pnp_id *id = &facts->pnp_id;
    const uint16_t fields[3] = {id->vendor, id->product, id->version};
    uint8_t *out = m->memory->pnp_id;

    if (!facts->has_pnp_id)
        return;
    out[0] = id->vendor_source;
    for (size_t i = 0; i < 3; i++) {
        out[1 + 2 * i] = (uint8_t)(fields[i] & 0xff);
        out[2 + 2 * i] = (uint8_t)(fields[i] >> 8);
    }
    add(m, PNP_ID, out, sizeof m->memory->pnp_id, KITH_LEVEL_NONE);
}

kith_service kith_device_information_service(kith_device_information *memory, const kith_device_facts *facts)
{
    kith_service service = {.uuid = KITH_UUID16(0x180a), .characteristics = memory->characteristics};
    making m = {.memory = memory, .count = 0};

    memset(memory, 0, sizeof *memory);
    add_string(&m, MANUFACTURER, facts->manufacturer, KITH_LEVEL_NONE);
    add_string(&m, MODEL, facts->model, KITH_LEVEL_NONE);
    add_string(&m, SERIAL, facts->serial, facts->unique_level);
    add_string(&m, HARDWARE, facts->hardware, KITH_LEVEL_NONE);
    add_string(&m, FIRMWARE, facts->firmware, KITH_LEVEL_NONE);
    add_string(&m, SOFTWARE, facts->software, KITH_LEVEL_NONE);
    add_system_id(&m, facts);
    add_pnp_id(&m, facts);
    service.characteristic_count = m.count;
    return service;
}
