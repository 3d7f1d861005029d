/* Advertising data: AD structures, read and written.  Core Vol 3 Part C 11, Supplement Part A; assigned numbers 2.3.
 *
 * All of it is what an advertiser says, in plain: a claim.  Nothing here looks beyond len, whatever lengths are said.
 */
#ifndef KITH_AD_H
#define KITH_AD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/status.h"
#include "kith/uuid.h"

enum {
    KITH_AD_FLAGS = 0x01,
    KITH_AD_SERVICES_16_INCOMPLETE = 0x02,
    KITH_AD_SERVICES_16 = 0x03,
    KITH_AD_SERVICES_32_INCOMPLETE = 0x04,
    KITH_AD_SERVICES_32 = 0x05,
    KITH_AD_SERVICES_128_INCOMPLETE = 0x06,
    KITH_AD_SERVICES_128 = 0x07,
    KITH_AD_SHORTENED_NAME = 0x08,
    KITH_AD_COMPLETE_NAME = 0x09,
    KITH_AD_TX_POWER = 0x0a,
    KITH_AD_SERVICE_DATA_16 = 0x16,
    KITH_AD_APPEARANCE = 0x19,
    KITH_AD_SERVICE_DATA_32 = 0x20,
    KITH_AD_SERVICE_DATA_128 = 0x21,
    KITH_AD_MANUFACTURER = 0xff
};

typedef struct {
    uint8_t type;
    uint8_t len;
    const uint8_t *value; /* in the data */
} kith_ad;

/* The structure at *at, which is moved behind it; begin with 0.  false: no more, or what is left is none. */
bool kith_ad_next(const uint8_t *data, size_t len, size_t *at, kith_ad *out);
/* The first of this type.  false: there is none. */
bool kith_ad_find(const uint8_t *data, size_t len, uint8_t type, kith_ad *out);
/* The i-th UUID of all lists of services, from 0, and then of service data.  false: no more. */
bool kith_ad_service(const uint8_t *data, size_t len, size_t i, kith_uuid *out);
/* Is it one of them?  A UUID of 16 or 32 bits is the same as its form of 128 bits (Vol 3 Part B 2.5.1). */
bool kith_ad_has_service(const uint8_t *data, size_t len, const kith_uuid *service);

/* Appends a structure at *len.  KITH_ERR_FULL: it does not fit into cap; KITH_ERR_VALUE: value_len above 254.  Nothing
 * was changed then. */
KITH_MUST_USE kith_status kith_ad_put(uint8_t *data, size_t cap, size_t *len, uint8_t type, const void *value,
                                      size_t value_len);

#endif
