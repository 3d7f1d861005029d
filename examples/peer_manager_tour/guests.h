/* Who comes to the tour: a phone, whose person sees which chapter it is, and a stranger.  Owner: the caller, who sets
 * tour and out before they are switched on. */
#ifndef EXAMPLES_PEER_MANAGER_GUESTS_H
#define EXAMPLES_PEER_MANAGER_GUESTS_H

#include "peer_manager_tour.h"

typedef struct {
    const peer_manager_tour *tour;
    FILE *out;
    bool is_stranger; /* comes where only who is known may connect, and nowhere else */
    kith_host *host;
    kith_link link;
    uint32_t shown, shown_last; /* on its display: now, TOUR_NOTHING_SHOWN; and before */
    uint64_t now_us, began_us, leave_us, come_us;
    bool is_ready, is_busy; /* connecting */
    unsigned connected, refused, paired, encrypted, failed;
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 8, TOUR_MTU, TOUR_EVENTS)];
} guest;

kith_host *guest_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store);
void guest_on_event(void *self, const kith_event *event);
void guest_turn(void *self, uint64_t now_us);

#endif
