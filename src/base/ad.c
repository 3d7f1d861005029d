/* AD structures.  Core Vol 3 Part C 11, Supplement Part A 1. */
#include "kith/ad.h"

#include <string.h>

enum { MOST_VALUE = 254 };

/* A length of zero ends the data early (Vol 3 Part C 11). */
bool kith_ad_next(const uint8_t *data, size_t len, size_t *at, kith_ad *out)
{
    size_t said;

    if (*at >= len)
        return false;
    said = data[*at];
    if (said == 0 || said > len - *at - 1)
        return false;
    out->type = data[*at + 1];
    out->len = (uint8_t)(said - 1);
    out->value = data + *at + 2;
    *at += said + 1;
    return true;
}

bool kith_ad_find(const uint8_t *data, size_t len, uint8_t type, kith_ad *out)
{
    size_t at = 0;
    kith_ad ad;

    while (kith_ad_next(data, len, &at, &ad)) {
        if (ad.type != type)
            continue;
        *out = ad;
        return true;
    }
    return false;
}

/* ---- services ---- */

/* Octets of one UUID in a list; 0: it is no list. */
static uint8_t size_in_list(uint8_t type)
{
    switch (type) {
    case KITH_AD_SERVICES_16_INCOMPLETE:
    case KITH_AD_SERVICES_16:
        return 2;
    case KITH_AD_SERVICES_32_INCOMPLETE:
    case KITH_AD_SERVICES_32:
        return 4;
    case KITH_AD_SERVICES_128_INCOMPLETE:
    case KITH_AD_SERVICES_128:
        return 16;
    default:
        return 0;
    }
}

/* Of the one that service data begins with; 0: it is none. */
static uint8_t size_in_data(uint8_t type)
{
    switch (type) {
    case KITH_AD_SERVICE_DATA_16:
        return 2;
    case KITH_AD_SERVICE_DATA_32:
        return 4;
    case KITH_AD_SERVICE_DATA_128:
        return 16;
    default:
        return 0;
    }
}

static void read_uuid(const uint8_t *value, uint8_t size, kith_uuid *out)
{
    static const kith_uuid base = KITH_UUID32(0);

    if (size == 4)
        *out = base;
    else
        memset(out, 0, sizeof *out);
    out->size = size == 2 ? 2 : 16;
    memcpy(size == 4 ? out->octets + 12 : out->octets, value, size);
}

/* A piece of a UUID at the end of a list is none. */
static size_t count_of(const kith_ad *ad, bool in_lists, uint8_t *size)
{
    *size = in_lists ? size_in_list(ad->type) : size_in_data(ad->type);
    if (*size == 0 || ad->len < *size)
        return 0;
    return in_lists ? (size_t)ad->len / *size : 1;
}

static bool service_of(const uint8_t *data, size_t len, bool in_lists, size_t *i, kith_uuid *out)
{
    size_t at = 0;
    kith_ad ad;

    while (kith_ad_next(data, len, &at, &ad)) {
        uint8_t size;
        size_t count = count_of(&ad, in_lists, &size);

        if (*i < count) {
            read_uuid(ad.value + *i * size, size, out);
            return true;
        }
        *i -= count;
    }
    return false;
}

bool kith_ad_service(const uint8_t *data, size_t len, size_t i, kith_uuid *out)
{
    return service_of(data, len, true, &i, out) || service_of(data, len, false, &i, out);
}

static bool has_service(const kith_ad *ad, bool in_lists, const kith_uuid *service)
{
    uint8_t size;
    size_t count = count_of(ad, in_lists, &size);

    for (size_t i = 0; i < count; i++) {
        kith_uuid uuid;

        read_uuid(ad->value + i * size, size, &uuid);
        if (kith_uuid_equal(&uuid, service))
            return true;
    }
    return false;
}

bool kith_ad_has_service(const uint8_t *data, size_t len, const kith_uuid *service)
{
    size_t at = 0;
    kith_ad ad;

    while (kith_ad_next(data, len, &at, &ad))
        if (has_service(&ad, true, service) || has_service(&ad, false, service))
            return true;
    return false;
}

kith_status kith_ad_put(uint8_t *data, size_t cap, size_t *len, uint8_t type, const void *value, size_t value_len)
{
    if (value_len > MOST_VALUE)
        return KITH_ERR_VALUE;
    if (*len > cap || cap - *len < value_len + 2)
        return KITH_ERR_FULL;
    data[*len] = (uint8_t)(value_len + 1);
    data[*len + 1] = type;
    if (value_len != 0)
        memcpy(data + *len + 2, value, value_len);
    *len += value_len + 2;
    return KITH_OK;
}
