/* Asking the host to make one link secure, until it has begun, and what came of it.  The place holds what is asked for
 * (.level, .key_size). */
#ifndef POLICY_ASKING_H
#define POLICY_ASKING_H

#include "policy/places.h"

enum { ASKING_NOT, ASKING_LATER, ASKING_AFTER_END, ASKING_STARTED }; /* place.state */

typedef enum {
    ASKING_GOES_ON,
    ASKING_SECURE, /* the link has it */
    ASKING_OVER    /* it will not */
} asking_result;

/* Now.  *said: what the host answered, unless the link has it already. */
asking_result asking_try(kith_policy_link *place, kith_host *h, uint64_t now_us, kith_status *said);
/* Any event, as long as state is not ASKING_NOT. */
asking_result asking_on_event(kith_policy_link *place, kith_host *h, const kith_event *event, uint64_t now_us,
                              kith_status *said);

#endif
