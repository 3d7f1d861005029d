/* The Heart Rate service (0x180d), ready for a table.  Heart Rate Service 1.0.
 *
 *     static kith_heart_rate heart;
 *     static kith_service table[1];
 *
 *     table[0] = kith_heart_rate_service(&heart, KITH_BODY_CHEST, KITH_LEVEL_SC_AUTHENTICATED);
 *     config.services = table;
 *     config.service_count = 1;
 *
 *     at each beat:               len = kith_heart_rate_encode(&measurement, value, sizeof value);
 *                                 kith_gatt_notify_all(h, KITH_HEART_RATE_MEASUREMENT, value, len);
 *     on WRITE_WANTED with id KITH_HEART_RATE_CONTROL_POINT:
 *                                 error = kith_heart_rate_control(event.attribute.value, event.attribute.len);
 *                                 if it is 0 the energy expended begins at 0 again; then
 *                                 kith_gatt_answer_write(h, event.link, error)
 *
 * Owner: the caller, of all memory; it must outlive the host.  limits.subscriptions must not be 0. */
#ifndef KITH_SERVICE_HEART_RATE_H
#define KITH_SERVICE_HEART_RATE_H

#include "kith/gatt.h"
#include "kith/verdict.h"

/* Ids of the characteristics, which are their UUIDs: a program keeps its own away from them. */
enum {
    KITH_HEART_RATE_MEASUREMENT = 0x2a37,
    KITH_HEART_RATE_BODY_LOCATION = 0x2a38,
    KITH_HEART_RATE_CONTROL_POINT = 0x2a39
};

/* Body Sensor Location. */
typedef enum {
    KITH_BODY_OTHER,
    KITH_BODY_CHEST,
    KITH_BODY_WRIST,
    KITH_BODY_FINGER,
    KITH_BODY_HAND,
    KITH_BODY_EAR_LOBE,
    KITH_BODY_FOOT
} kith_body_location;

enum { KITH_HEART_RATE_CHARACTERISTICS = 3 };

/* What the service needs of the program's memory. */
typedef struct {
    kith_characteristic characteristics[KITH_HEART_RATE_CHARACTERISTICS];
    uint8_t location;
} kith_heart_rate;

/* The service; level is what a link must have for each of its values: to be notified, to read where the sensor is, to
 * write the control point. */
kith_service kith_heart_rate_service(kith_heart_rate *memory, kith_body_location location, kith_level level);

/* Does the sensor touch skin? */
typedef enum {
    KITH_CONTACT_UNKNOWN, /* it cannot tell */
    KITH_CONTACT_NONE,
    KITH_CONTACT_YES
} kith_heart_contact;

enum { KITH_HEART_RATE_INTERVALS = 9 }; /* so many fit where the MTU is 23 and no energy is told */

typedef struct {
    uint16_t beats_per_minute; /* above 255 it takes two octets */
    kith_heart_contact contact;
    bool has_energy;
    uint16_t energy_kj; /* expended since the last reset; stays at 0xffff when it is there */
    uint8_t interval_count;
    uint16_t intervals_1024s[KITH_HEART_RATE_INTERVALS]; /* between beats, oldest first, in 1/1024 s */
} kith_heart_rate_measurement;

/* The most octets that one takes. */
#define KITH_HEART_RATE_MAX (5u + 2u * KITH_HEART_RATE_INTERVALS)

/* Encodes; intervals that find no room in cap are left out (a client is told MTU - 3 octets: 20 with the smallest one).
 * How many octets; 0: cap is below 5, or interval_count above KITH_HEART_RATE_INTERVALS. */
size_t kith_heart_rate_encode(const kith_heart_rate_measurement *measurement, uint8_t *out, size_t cap);

/* Decodes what a sensor notified; intervals beyond KITH_HEART_RATE_INTERVALS are left out.  false: it is too short for
 * what its flags promise, or ends within an interval; *out is zeroed. */
bool kith_heart_rate_decode(const uint8_t *value, size_t len, kith_heart_rate_measurement *out);

/* What a write to the control point is answered. */
enum { KITH_HEART_RATE_RESET_ENERGY = 0x01, KITH_HEART_RATE_NOT_SUPPORTED = 0x80 };

/* 0: the energy expended is to be reset; Invalid Attribute Value Length; Control Point Not Supported for all else. */
kith_att_error kith_heart_rate_control(const uint8_t *value, size_t len);

#endif
