/* The sniffer of `kith demo`: prints what an antenna hears, as far as the story wants it. */
#ifndef TOOLS_DEMO_AIR_H
#define TOOLS_DEMO_AIR_H

#include "sim/sim.h"

typedef enum {
    DEMO_AIR_NOTHING,
    DEMO_AIR_DATA,    /* data PDUs that say something, as octets and as text */
    DEMO_AIR_PAIRING, /* security manager PDUs and the start of encryption, by name */
    DEMO_AIR_COUNT    /* shows nothing, counts connection events */
} demo_air_mode;

typedef struct {
    demo_air_mode mode;
    uint32_t first_event, encrypted_event;
    uint32_t last_event; /* that carried anything */
} demo_air;

/* False: no listener place is left in the room. */
bool demo_air_init(demo_air *air, kith_sim *sim);
void demo_air_listen(demo_air *air, demo_air_mode mode);

/* Connection events from the Pairing Request to the last PDU that starts encryption, both counted. */
unsigned demo_air_pairing_events(const demo_air *air);

/* Connection events from a link's first one to the last that carried anything, both counted. */
unsigned demo_air_events(const demo_air *air);

#endif
