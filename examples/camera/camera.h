/* A camera that switches a relay: camera.c.  And the box with the relay: box.c.  Owner: the caller. */
#ifndef EXAMPLES_CAMERA_H
#define EXAMPLES_CAMERA_H

#include "kith/port/blocking.h"
#include "kith/port/json_store.h"

enum { CAMERA_PLACES = 4, CAMERA_PATH = 256 };

/* How to pair; the numbers of io are the specification's: 0 a display, 1 a display and yes or no, 2 a keyboard, 3
 * neither, 4 both. */
typedef struct {
    bool bond, le_secure, mitm;
    unsigned io;
} camera_pairing;

/* What came of it. */
typedef struct {
    bool encrypted, authenticated, bonded;
    uint8_t key_size;
} camera_link;

typedef struct {
    const char *places[CAMERA_PLACES]; /* folders for the secrets: the first that can be written to is taken */
    camera_pairing pairing;
    camera_link link;

    char path[CAMERA_PATH];
    kith_json_store secrets;
    bool has_secrets;
    kith_security security;
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 8, 247, 8)];
} camera;

void camera_default(camera *c);             /* bond, le_secure, no mitm, io 3; /sdcard, /flash, and here */
void camera_configure(kith_config *config); /* all but crypto and store */

kith_host *camera_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store);
void camera_power_off(camera *c); /* lets the file of the secrets go */

/* Pairs, or encrypts with the bond that stands, in one call; c->link says what came of it.
 * REFUSED: as kith_security_set() or kith_blocking_secure(); FAILED: b->verdict says why. */
kith_call camera_pair(camera *c, kith_blocking *b, kith_link link, const camera_pairing *how);

/* Forgets one peer.  REFUSED: there is no such bond. */
kith_call camera_forget(kith_blocking *b, const kith_address *identity);

/* Finds the box, pairs, reads its battery, and switches the relay. */
kith_call camera_run(camera *c, kith_blocking *b, bool on);

extern const kith_uuid camera_battery_service, camera_battery_level, camera_relay_service, camera_relay;

/* The box: an open battery, and a relay for those who are paired. */
typedef struct {
    kith_host *host;
    uint8_t battery, relay;
    uint32_t number;       /* on its display, to be compared; UINT32_MAX: none */
    const uint32_t *other; /* what its person sees on the camera; NULL: the program's own person is asked */
    kith_link asks;
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 8, 247, 8) + KITH_HOST_SIZE_SERVER(1, 8, 1, 0, 0)];
} box;

void box_configure(kith_config *config); /* all but crypto and store */

kith_host *box_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store);
void box_on_event(void *self, const kith_event *event);
void box_turn(void *self, uint64_t now_us);

#endif
