/* One device with a button and a light: pulser.c.  Owner: the caller, who sets name, battery and display before it is
 * switched on. */
#ifndef EXAMPLES_PULSER_H
#define EXAMPLES_PULSER_H

#include "kith/kith.h"

enum { PARTNER = 1, PHONE = 2, SECOND = 1000000, BLINKS = 3 * SECOND / 2, PATIENCE = 35 * SECOND };

typedef enum { IDLE, WAITING, MEETING, PULSING } pulser_state;
typedef enum { DARK, WAITS, GREEN, RED, PULSE } pulser_light; /* green and red: three blinks in 1.5 s */

typedef struct {
    const char *name;
    kith_host *host;
    kith_config config; /* as it was switched on; one subscription, for Service Changed */
    pulser_state state;
    pulser_light light;
    uint64_t now_us, fed_us, dark_us, give_up_us, window_us, beat_us; /* the watchdog was fed; what is due, when */
    kith_link link, asks; /* to the partner; whose question (consent, number) the button answers */
    kith_address own;
    uint16_t handle;                       /* of the partner's value */
    uint8_t battery, window_s;             /* window_s: 0 is 30 */
    bool display, numbers, central, leads; /* display: it can show numbers, and people compare them */
    unsigned beats, bonds_made, failures;
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(2, 2, 4, 65, 8) + KITH_HOST_SIZE_SERVER(2, 4, 1, 0, 0)];
} pulser;

/* NULL: the configuration is wrong, or there is no memory. */
kith_host *pulser_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store);
void pulser_on_event(void *self, const kith_event *event);
void pulser_turn(void *self, uint64_t now_us); /* many times a second */
void pulser_press(pulser *p, uint32_t held_ms);

/* The board's: a log; the light, whose blinks it does by itself; a display, where it has one. */
void board_say(const pulser *p, const char *what);
void board_light(const pulser *p, pulser_light light);
void board_number(const pulser *p, uint32_t number);

#endif
