/* A heart rate sensor that tells its values to bonded phones alone: heart_rate_server.c.  Owner: the caller, who sets
 * name and out (and io, should it be another) before it is switched on. */
#ifndef EXAMPLES_HEART_RATE_SERVER_H
#define EXAMPLES_HEART_RATE_SERVER_H

#include <stdio.h>

#include "kith/kith.h"
#include "kith/service/battery.h"
#include "kith/service/device_information.h"
#include "kith/service/heart_rate.h"

enum {
    HEART_LINKS = 2,
    HEART_BONDS = 8,
    HEART_MTU = 65,
    HEART_EVENTS = 8,
    HEART_SUBSCRIPTIONS = 3,
    HEART_SERVICES = 3
};
enum { HEART_BATTERY = 1 }; /* its id in the table */
#define HEART_NO_PASSKEY UINT32_MAX

typedef struct {
    const char *name;
    FILE *out;             /* what it has to say */
    kith_io_capability io; /* DisplayOnly, as in zeros: it shows a passkey */
    kith_host *host;
    uint32_t passkey;    /* on its display; HEART_NO_PASSKEY: nothing */
    kith_link shown_for; /* the link that it is shown for */
    uint64_t now_us, began_us, beat_us;
    unsigned links, beats;
    kith_heart_rate_measurement measurement;
    kith_heart_rate heart;
    kith_battery battery;
    kith_device_information information;
    kith_service services[HEART_SERVICES];
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(HEART_LINKS, HEART_LINKS, HEART_BONDS, HEART_MTU, HEART_EVENTS) +
                               KITH_HOST_SIZE_SERVER(HEART_LINKS, HEART_BONDS, HEART_SUBSCRIPTIONS, 0, 0)];
} heart_rate_server;

void heart_rate_server_configure(heart_rate_server *s, kith_config *config); /* all but crypto and store */

/* NULL: the configuration is wrong. */
kith_host *heart_rate_server_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store);
void heart_rate_server_on_event(void *self, const kith_event *event);
void heart_rate_server_turn(void *self, uint64_t now_us); /* some times a second */

#endif
