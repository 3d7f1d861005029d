/* A tour of the peer manager, for who knows another one: peer_manager_tour.c.  Owner: the caller, who sets name, out
 * and phone_display before it is switched on. */
#ifndef EXAMPLES_PEER_MANAGER_TOUR_H
#define EXAMPLES_PEER_MANAGER_TOUR_H

#include <stdio.h>

#include "kith/kith.h"
#include "kith/policy/disconnect_on_failure.h"
#include "kith/policy/log.h"
#include "kith/policy/make_room.h"

enum { TOUR_BONDS = 4, TOUR_MTU = 65, TOUR_EVENTS = 8, TOUR_CACHE = 600, TOUR_DATA = 2, TOUR_LISTED = 4 };
#define TOUR_NOTHING_SHOWN UINT32_MAX

typedef enum {
    TOUR_NO_PAIRING,
    TOUR_PAIRING,
    TOUR_JUST_WORKS,
    TOUR_PASSKEY,
    TOUR_OOB,
    TOUR_NO_IRKS,
    TOUR_DATA_OF_ITS_OWN,
    TOUR_DATABASE,
    TOUR_ALLOW_LIST,
    TOUR_DELETION,
    TOUR_END
} tour_chapter;

typedef struct {
    const char *name;
    FILE *out;
    const uint32_t *phone_display; /* what the phone shows, to be typed here (TOUR_NOTHING_SHOWN: nothing yet); NULL: no
                                      keys are here, and the tour shows a passkey itself */
    bool keeps_bonds;              /* of an earlier run; else they are deleted first */
    kith_host *host;
    tour_chapter chapter;
    bool is_open; /* the chapter has begun, and a phone may come */
    kith_oob_data oob;
    kith_peer_id peer;
    kith_link typing; /* asks for a passkey; 0: none does */
    uint64_t now_us, began_us;
    unsigned visits, links, surveys_kept, failed; /* visits: in this chapter */
    char data[16];

    kith_listeners all;
    kith_listener self;
    kith_log log;
    kith_disconnect_on_failure strict;
    kith_make_room room;
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, TOUR_BONDS, TOUR_MTU, TOUR_EVENTS) +
                               KITH_HOST_SIZE_CLIENT(1, TOUR_MTU, TOUR_CACHE, 1) + KITH_HOST_SIZE_DATA(TOUR_DATA) +
                               KITH_HOST_SIZE_LISTS(TOUR_LISTED)];
} peer_manager_tour;

kith_host *peer_manager_tour_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store);
void peer_manager_tour_on_event(void *self, const kith_event *event);
void peer_manager_tour_turn(void *self, uint64_t now_us);

#endif
