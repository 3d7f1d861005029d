/* The tables that the GATT tests share; handles as the walk gives them. */
#ifndef TEST_GATT_TABLES_H
#define TEST_GATT_TABLES_H

#include "kith/gatt.h"

enum { ID_SECRET = 1, ID_INBOX, ID_OPEN, ID_NOTE };

enum {
    HANDLE_NAME = 3,
    HANDLE_APPEARANCE = 5,
    HANDLE_GATT_SERVICE = 6,
    HANDLE_BATTERY_SERVICE = 14,
    HANDLE_BATTERY = 16,
    HANDLE_BATTERY_TEXT = 17,
    HANDLE_OWN_SERVICE = 18,
    HANDLE_SECRET = 20,
    HANDLE_LONG = 22,
    HANDLE_INBOX = 24,
    HANDLE_FULL_KEY = 26,
    HANDLE_OPEN = 28,
    HANDLE_NOTE = 29,
    LAST_IN_TABLES = 29
};

static const uint8_t battery_level[] = {0x64};
static const uint8_t battery_text[] = {'m', 'a', 'i', 'n'};
static const uint8_t long_value[60] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,         11,
                                       12, 13, 14, 15, 16, 17, 18, 19, 20, 21, [59] = 0xee};
static const uint8_t full_key_value[] = {1, 2, 3, 4};

static const kith_descriptor battery_descriptors[] = {
    {.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_OPEN, .value = battery_text, .value_len = 4},
};

static const kith_characteristic battery[] = {
    {.uuid = KITH_UUID16(0x2a19),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .value = battery_level,
     .value_len = 1,
     .descriptors = battery_descriptors,
     .descriptor_count = 1},
};

static const kith_descriptor notes[] = {
    {.uuid =
         KITH_UUID128(0x9b, 0x57, 0x48, 0x47, 0xf7, 0x06, 0x43, 0x6c, 0xbe, 0xd7, 0xfc, 0x01, 0xeb, 0x09, 0x65, 0xc3),
     .permissions = KITH_READ_OPEN | KITH_WRITE_ENCRYPTED | KITH_KEY_SIZE(16),
     .id = ID_NOTE},
};

static const kith_characteristic own[] = {
    {.uuid = KITH_UUID16(0x2a56),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE,
     .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED,
     .id = ID_SECRET},
    {.uuid =
         KITH_UUID128(0x9b, 0x57, 0x48, 0x47, 0xf7, 0x06, 0x43, 0x6c, 0xbe, 0xd7, 0xfc, 0x01, 0xeb, 0x09, 0x65, 0xc2),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_AUTHENTICATED,
     .value = long_value,
     .value_len = sizeof long_value},
    {.uuid = KITH_UUID16(0x2a57), .properties = KITH_PROPERTY_WRITE, .permissions = KITH_WRITE_OPEN, .id = ID_INBOX},
    {.uuid = KITH_UUID16(0x2a58),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED | KITH_KEY_SIZE(16),
     .value = full_key_value,
     .value_len = 4},
    {.uuid = KITH_UUID16(0x2a59),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .id = ID_OPEN,
     .descriptors = notes,
     .descriptor_count = 1},
};

static const kith_service test_services[] = {
    {.uuid = KITH_UUID16(0x180f), .characteristics = battery, .characteristic_count = 1},
    {.uuid =
         KITH_UUID128(0x9b, 0x57, 0x48, 0x47, 0xf7, 0x06, 0x43, 0x6c, 0xbe, 0xd7, 0xfc, 0x01, 0xeb, 0x09, 0x65, 0xc1),
     .characteristics = own,
     .characteristic_count = 5},
};

#endif
