/* Devices that are only heard: so that a virtual radio is as full as a station at eight in the morning. */
#ifndef TOOLS_CROWD_H
#define TOOLS_CROWD_H

#include "sim/sim.h"

/* So many more devices in the room, each under a static address of its own.  Three of four can be connected to and say
 * their name ("crowd-7") in their scan response; the fourth is a beacon.  Of few each is heard ten times a
 * second, of more than 50 once.
 * false: no memory. */
bool crowd_join(kith_sim *sim, unsigned count);

#endif
