/* Battery: one value in the program's memory.  Battery Service 1.0, section 3; Core Vol 3 Part G 3.3.3.5. */
#include "kith/service/battery.h"

#include <string.h>

#include "kith/gatt_server.h"

enum { FORMAT_UINT8 = 0x04, UNIT_PERCENTAGE = 0x27ad, NAMESPACE_SIG = 0x01 };

static const kith_characteristic level = {.uuid = KITH_UUID16(0x2a19),
                                          .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY,
                                          .permissions = KITH_READ_OPEN | KITH_NOTIFY_OPEN};
static const kith_descriptor format = {.uuid = KITH_UUID16(0x2904), .permissions = KITH_READ_OPEN};

static uint8_t up_to_100(uint8_t percent)
{
    return percent > 100 ? 100 : percent;
}

/* By its description a client tells one battery from another; who has one only says nothing. */
static void describe(kith_battery *b, uint16_t description)
{
    const uint8_t value[7] = {FORMAT_UINT8,
                              0, /* no exponent */
                              UNIT_PERCENTAGE & 0xff,
                              UNIT_PERCENTAGE >> 8,
                              NAMESPACE_SIG,
                              (uint8_t)(description & 0xff),
                              (uint8_t)(description >> 8)};

    memcpy(b->format_value, value, sizeof value);
    b->format = format;
    b->format.value = b->format_value;
    b->format.value_len = sizeof value;
    b->level.descriptors = &b->format;
    b->level.descriptor_count = 1;
}

kith_service kith_battery_service(kith_battery *memory, uint16_t id, uint8_t percent, uint16_t description)
{
    kith_service service = {.uuid = KITH_UUID16(0x180f), .characteristics = &memory->level, .characteristic_count = 1};

    memset(memory, 0, sizeof *memory);
    memory->percent = up_to_100(percent);
    memory->variable = (kith_variable){.octets = &memory->percent, .len = 1, .min = 1, .max = 1};
    memory->level = level;
    memory->level.id = id;
    memory->level.variable = &memory->variable;
    if (description != 0)
        describe(memory, description);
    return service;
}

unsigned kith_battery_tell(kith_battery *b, struct kith_host *h, uint8_t percent)
{
    if (b->percent == up_to_100(percent))
        return 0;
    b->percent = up_to_100(percent);
    return kith_gatt_notify_all(h, b->level.id, &b->percent, 1);
}
