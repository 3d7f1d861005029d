/* Events that list what a peer has, read entry by entry.  Their lengths were judged when they came (src/gatt). */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

static const uint8_t *entry_at(const kith_event_list *event, uint16_t i)
{
    return event->entries + (size_t)i * event->entry_len;
}

/* What is left of an entry behind its handles is a UUID, or nothing. */
static void read_uuid(const kith_event_list *event, uint16_t i, size_t at, kith_uuid *uuid)
{
    memset(uuid, 0, sizeof *uuid);
    uuid->size = (uint8_t)(event->entry_len - at);
    memcpy(uuid->octets, entry_at(event, i) + at, uuid->size);
}

void kith_gatt_service_at(const kith_event_list *event, uint16_t i, kith_gatt_service *service)
{
    service->first = bytes_get16(entry_at(event, i));
    service->last = bytes_get16(entry_at(event, i) + 2);
    read_uuid(event, i, 4, &service->uuid);
}

void kith_gatt_include_at(const kith_event_list *event, uint16_t i, kith_gatt_include *include)
{
    include->handle = bytes_get16(entry_at(event, i));
    include->first = bytes_get16(entry_at(event, i) + 2);
    include->last = bytes_get16(entry_at(event, i) + 4);
    read_uuid(event, i, 6, &include->uuid);
}

void kith_gatt_descriptor_at(const kith_event_list *event, uint16_t i, kith_gatt_descriptor *descriptor)
{
    descriptor->handle = bytes_get16(entry_at(event, i));
    read_uuid(event, i, 2, &descriptor->uuid);
}

void kith_gatt_found_at(const kith_event_characteristics *event, uint16_t i, kith_gatt_found *found)
{
    gatt_client_event e = {.kind = GATT_CLIENT_CHARACTERISTICS,
                           .count = event->count,
                           .entry_len = event->entry_len,
                           .value = event->entries,
                           .value_len = (size_t)event->count * event->entry_len};

    gatt_client_characteristic(&e, i, found);
}

uint16_t kith_gatt_found_handle(const kith_event_characteristics *event, const kith_uuid *uuid)
{
    kith_gatt_found found;

    for (uint16_t i = 0; i < event->count; i++) {
        kith_gatt_found_at(event, i, &found);
        if (kith_uuid_equal(&found.uuid, uuid))
            return found.value_handle;
    }
    return 0;
}

void kith_gatt_value_at(const kith_event_list *event, uint16_t i, kith_gatt_value *value)
{
    const uint8_t *entry = event->entries + (size_t)i * event->entry_len;

    value->handle = bytes_get16(entry);
    value->len = (uint16_t)(event->entry_len - 2);
    value->value = entry + 2;
}

bool kith_gatt_next_value(const kith_event_gatt *event, size_t *at, const uint8_t **value, size_t *len, bool *is_cut)
{
    size_t left = event->len > *at ? event->len - *at : 0, whole;

    if (left < 2)
        return false;
    whole = bytes_get16(event->value + *at);
    *value = event->value + *at + 2;
    *is_cut = whole > left - 2;
    *len = *is_cut ? left - 2 : whole;
    *at += 2 + *len;
    return true;
}
