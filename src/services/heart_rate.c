/* Heart Rate: a table, and what its values look like.  Heart Rate Service 1.0, section 3. */
#include "kith/service/heart_rate.h"

#include <string.h>

#include "kith/codec/att.h"

enum { MEASUREMENT, BODY_LOCATION, CONTROL_POINT };
enum { WIDE = 0x01, CONTACT = 0x02, CONTACT_SUPPORTED = 0x04, ENERGY = 0x08, INTERVALS = 0x10 };

/* Permissions are the program's to say. */
static const kith_characteristic table[KITH_HEART_RATE_CHARACTERISTICS] = {
    [MEASUREMENT] = {.uuid = KITH_UUID16(KITH_HEART_RATE_MEASUREMENT),
                     .properties = KITH_PROPERTY_NOTIFY,
                     .id = KITH_HEART_RATE_MEASUREMENT},
    [BODY_LOCATION] = {.uuid = KITH_UUID16(KITH_HEART_RATE_BODY_LOCATION),
                       .properties = KITH_PROPERTY_READ,
                       .id = KITH_HEART_RATE_BODY_LOCATION},
    [CONTROL_POINT] = {.uuid = KITH_UUID16(KITH_HEART_RATE_CONTROL_POINT),
                       .properties = KITH_PROPERTY_WRITE,
                       .id = KITH_HEART_RATE_CONTROL_POINT},
};

kith_service kith_heart_rate_service(kith_heart_rate *memory, kith_body_location location, kith_level level)
{
    kith_characteristic *c = memory->characteristics;
    kith_service service = {
        .uuid = KITH_UUID16(0x180d), .characteristics = c, .characteristic_count = KITH_HEART_RATE_CHARACTERISTICS};

    memcpy(c, table, sizeof table);
    memory->location = (uint8_t)location;
    c[MEASUREMENT].permissions = (uint32_t)level * KITH_NOTIFY_OPEN;
    c[BODY_LOCATION].permissions = (uint32_t)level * KITH_READ_OPEN;
    c[BODY_LOCATION].value = &memory->location;
    c[BODY_LOCATION].value_len = 1;
    c[CONTROL_POINT].permissions = (uint32_t)level * KITH_WRITE_OPEN;
    return service;
}

static size_t put16(uint8_t *out, size_t at, uint16_t value)
{
    out[at] = (uint8_t)(value & 0xff);
    out[at + 1] = (uint8_t)(value >> 8);
    return at + 2;
}

static uint16_t get16(const uint8_t *value)
{
    return (uint16_t)(value[0] | value[1] << 8);
}

static uint8_t flags_of(const kith_heart_rate_measurement *m)
{
    static const uint8_t contact[] = {[KITH_CONTACT_UNKNOWN] = 0,
                                      [KITH_CONTACT_NONE] = CONTACT_SUPPORTED,
                                      [KITH_CONTACT_YES] = CONTACT_SUPPORTED | CONTACT};

    return (uint8_t)(contact[m->contact] | (m->beats_per_minute > 0xff ? WIDE : 0) | (m->has_energy ? ENERGY : 0));
}

size_t kith_heart_rate_encode(const kith_heart_rate_measurement *m, uint8_t *out, size_t cap)
{
    size_t len = 1;

    if (cap < 5 || m->interval_count > KITH_HEART_RATE_INTERVALS)
        return 0;
    out[0] = flags_of(m);
    out[len++] = (uint8_t)(m->beats_per_minute & 0xff);
    if (m->beats_per_minute > 0xff)
        out[len++] = (uint8_t)(m->beats_per_minute >> 8);
    if (m->has_energy)
        len = put16(out, len, m->energy_kj);
    for (size_t i = 0; i < m->interval_count && cap - len >= 2; i++) {
        out[0] |= INTERVALS;
        len = put16(out, len, m->intervals_1024s[i]);
    }
    return len;
}

static kith_heart_contact contact_of(uint8_t flags)
{
    if ((flags & CONTACT_SUPPORTED) == 0)
        return KITH_CONTACT_UNKNOWN;
    return (flags & CONTACT) != 0 ? KITH_CONTACT_YES : KITH_CONTACT_NONE;
}

/* What comes before the intervals; as long as the flags say. */
static size_t decode_head(const uint8_t *value, kith_heart_rate_measurement *out)
{
    bool wide = (value[0] & WIDE) != 0;
    size_t len = wide ? 3 : 2;

    out->beats_per_minute = wide ? get16(value + 1) : value[1];
    out->contact = contact_of(value[0]);
    out->has_energy = (value[0] & ENERGY) != 0;
    if (!out->has_energy)
        return len;
    out->energy_kj = get16(value + len);
    return len + 2;
}

static size_t head_len(uint8_t flags)
{
    return 2U + ((flags & WIDE) != 0 ? 1U : 0U) + ((flags & ENERGY) != 0 ? 2U : 0U);
}

bool kith_heart_rate_decode(const uint8_t *value, size_t len, kith_heart_rate_measurement *out)
{
    size_t at;

    memset(out, 0, sizeof *out);
    if (len < 2 || len < head_len(value[0]))
        return false;
    if ((value[0] & INTERVALS) != 0 && (len - head_len(value[0])) % 2 != 0)
        return false;
    at = decode_head(value, out);
    for (; (value[0] & INTERVALS) != 0 && len - at >= 2; at += 2)
        if (out->interval_count < KITH_HEART_RATE_INTERVALS)
            out->intervals_1024s[out->interval_count++] = get16(value + at);
    return true;
}

kith_att_error kith_heart_rate_control(const uint8_t *value, size_t len)
{
    if (len != 1)
        return KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    return value[0] == KITH_HEART_RATE_RESET_ENERGY ? KITH_ATT_ERROR_NONE : KITH_HEART_RATE_NOT_SUPPORTED;
}
