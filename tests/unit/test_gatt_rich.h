/* A table with one of everything, for the tests of what the server does with values. */
#ifndef TEST_GATT_RICH_H
#define TEST_GATT_RICH_H

#include "test_gatt_support.h"

enum {
    RICH_STATIC = 16,      /* a0 a1 a2 */
    RICH_VARIABLE = 18,    /* 1 to 40 octets; read, written, commanded by anybody */
    RICH_PROGRAM = 20,     /* the program's */
    RICH_PROGRAM_TOO = 22, /* the same */
    RICH_GUARDED = 24,     /* a variable for encrypted links */
    RICH_INBOX = 26,       /* the program's, written by anybody, read by nobody */
    RICH_MEASURED = 28,    /* notifies and indicates what is read authenticated */
    RICH_MEASURED_CCCD = 29,
    RICH_BEAT = 31, /* notifies anybody */
    RICH_BEAT_CCCD = 32,
    RICH_ALARM = 34, /* indicates over an encrypted link with a key of 16 octets */
    RICH_ALARM_CCCD = 35,
    RICH_AUTHORIZED = 37,     /* the program's; it is asked about reads, writes and commands */
    RICH_AUTHORIZED_TOO = 39, /* b0 b1, of the same type; it is asked about reads, over encrypted links */
    RICH_STRONG_WRITE = 41,   /* read by anybody, written encrypted, notified as strongly */
    RICH_STRONG_WRITE_CCCD = 42,
    RICH_FREE = 44, /* notifies; nothing is said of how */
    RICH_FREE_CCCD = 45,
    RICH_LAST = 45
};

enum {
    RICH_ID_PROGRAM = 1,
    RICH_ID_PROGRAM_TOO,
    RICH_ID_GUARDED,
    RICH_ID_INBOX,
    RICH_ID_MEASURED,
    RICH_ID_BEAT,
    RICH_ID_ALARM,
    RICH_ID_AUTHORIZED,
    RICH_ID_AUTHORIZED_TOO,
    RICH_ID_STRONG_WRITE,
    RICH_ID_FREE,
    RICH_ID_VARIABLE
};

static const uint8_t rich_static[] = {0xa0, 0xa1, 0xa2};
static const uint8_t rich_measured[] = {1, 2, 3, 4};
static const uint8_t rich_authorized[] = {0xb0, 0xb1};
static uint8_t rich_variable_octets[40], rich_guarded_octets[300], rich_strong_octets[8];
static kith_variable rich_variable, rich_guarded, rich_strong;

#define RICH_READ    KITH_PROPERTY_READ
#define RICH_WRITE   KITH_PROPERTY_WRITE
#define RICH_COMMAND KITH_PROPERTY_WRITE_WITHOUT_RESPONSE
#define RICH_NOTIFY  KITH_PROPERTY_NOTIFY
#define RICH_OPEN    (KITH_READ_OPEN | KITH_WRITE_OPEN)
#define RICH_ASKED   (KITH_READ_AUTHORIZED | KITH_WRITE_AUTHORIZED)

static const kith_characteristic rich_values[] = {
    {.uuid = KITH_UUID16(0x2a50),
     .properties = RICH_READ,
     .permissions = KITH_READ_OPEN,
     .value = rich_static,
     .value_len = sizeof rich_static},
    {.uuid = KITH_UUID16(0x2a51),
     .properties = RICH_READ | RICH_WRITE | RICH_COMMAND,
     .permissions = RICH_OPEN,
     .variable = &rich_variable,
     .id = RICH_ID_VARIABLE},
    {.uuid = KITH_UUID16(0x2a52),
     .properties = RICH_READ | RICH_WRITE,
     .permissions = RICH_OPEN,
     .id = RICH_ID_PROGRAM},
    {.uuid = KITH_UUID16(0x2a53),
     .properties = RICH_READ | RICH_WRITE,
     .permissions = RICH_OPEN,
     .id = RICH_ID_PROGRAM_TOO},
    {.uuid = KITH_UUID16(0x2a54),
     .properties = RICH_READ | RICH_WRITE,
     .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED,
     .variable = &rich_guarded,
     .id = RICH_ID_GUARDED},
    {.uuid = KITH_UUID16(0x2a55), .properties = RICH_WRITE, .permissions = KITH_WRITE_OPEN, .id = RICH_ID_INBOX},
    {.uuid = KITH_UUID16(0x2a56),
     .properties = RICH_READ | RICH_NOTIFY | KITH_PROPERTY_INDICATE,
     .permissions = KITH_READ_AUTHENTICATED,
     .value = rich_measured,
     .value_len = sizeof rich_measured,
     .id = RICH_ID_MEASURED},
    {.uuid = KITH_UUID16(0x2a57), .properties = RICH_NOTIFY, .permissions = KITH_NOTIFY_OPEN, .id = RICH_ID_BEAT},
    {.uuid = KITH_UUID16(0x2a58),
     .properties = KITH_PROPERTY_INDICATE,
     .permissions = KITH_NOTIFY_ENCRYPTED | KITH_KEY_SIZE(16),
     .id = RICH_ID_ALARM},
    {.uuid = KITH_UUID16(0x2a59),
     .properties = RICH_READ | RICH_WRITE | RICH_COMMAND,
     .permissions = RICH_OPEN | RICH_ASKED,
     .id = RICH_ID_AUTHORIZED},
    {.uuid = KITH_UUID16(0x2a59),
     .properties = RICH_READ,
     .permissions = KITH_READ_ENCRYPTED | KITH_READ_AUTHORIZED,
     .value = rich_authorized,
     .value_len = sizeof rich_authorized,
     .id = RICH_ID_AUTHORIZED_TOO},
    {.uuid = KITH_UUID16(0x2a5a),
     .properties = RICH_READ | RICH_WRITE | RICH_NOTIFY,
     .permissions = KITH_READ_OPEN | KITH_WRITE_ENCRYPTED,
     .variable = &rich_strong,
     .id = RICH_ID_STRONG_WRITE},
    {.uuid = KITH_UUID16(0x2a5b), .properties = RICH_NOTIFY, .id = RICH_ID_FREE},
};

static const kith_service rich_service = {.uuid = KITH_UUID16(0x1815),
                                          .characteristics = rich_values,
                                          .characteristic_count = sizeof rich_values / sizeof rich_values[0]};

static inline void start_rich(server_link *l, gatt_link_security sec)
{
    memset(rich_variable_octets, 0, sizeof rich_variable_octets);
    rich_variable = (kith_variable){rich_variable_octets, 1, 1, sizeof rich_variable_octets};
    rich_guarded = (kith_variable){rich_guarded_octets, 0, 0, sizeof rich_guarded_octets};
    rich_strong = (kith_variable){rich_strong_octets, 2, 2, sizeof rich_strong_octets};
    start_with(l, sec, &rich_service, 1);
}

/* Less memory for prepared writes and for requests that wait. */
static inline void give_queue(server_link *l, uint16_t octets)
{
    gatt_server_memory memory = memory_of(l);

    memory.queue_cap = octets;
    gatt_server_init(&l->server, &l->db, &l->bearer, &memory);
}

#endif
