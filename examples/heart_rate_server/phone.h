/* The sensor's counterpart: a phone that pairs with the passkey, subscribes, goes away and comes back: phone.c.
 * Owner: the caller, who sets name, display and out before it is switched on. */
#ifndef EXAMPLES_HEART_RATE_PHONE_H
#define EXAMPLES_HEART_RATE_PHONE_H

#include <stdio.h>

#include "kith/kith.h"

enum { PHONE_VISITS = 2, PHONE_VALUES = 3 }; /* so often it comes, and leaves after so many values */

typedef struct {
    const char *name;        /* of the sensor it looks for */
    const uint32_t *display; /* the sensor's, which its user looks at; UINT32_MAX: nothing is there */
    FILE *out;
    kith_host *host;
    kith_link link;
    uint64_t now_us, began_us, type_us;      /* type_us: its user has typed by then */
    kith_link asks;                          /* which wants the passkey; 0: none */
    uint16_t measurement, location, control; /* handles */
    unsigned visits, paired, encrypted, failed, subscribed, values, all_values;
    kith_level told_at; /* the weakest link that a value came over */
    uint8_t place;      /* of the sensor on the body */
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 65, 8)];
} phone;

kith_host *phone_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store);
void phone_on_event(void *self, const kith_event *event);
void phone_turn(void *self, uint64_t now_us);

#endif
