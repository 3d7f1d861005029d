/* Disconnect on failure: a link on which a pairing or an encryption failed ends, with Authentication Failure (0x05).
 *
 *   static kith_disconnect_on_failure strict;
 *
 *   kith_disconnect_on_failure_init(&strict);
 *   if (kith_listeners_add(&all, &strict.listener) != KITH_OK)
 *       ...
 *
 * By default these stay:
 *   a link that is encrypted: what protected it before still does (the host ends it where that is not so)
 *   a link on which somebody only refused, or that had to wait: nothing was found to be wrong.  Which those are says
 *   kith_failure_is_refusal()
 * So a stranger's attempt at a closed device costs it nothing but that attempt, and a value that does not match, a key
 * that differs or is missing, silence, and what this policy does not know end the link.  Owner: the caller.  At most 40
 * octets. */
#ifndef KITH_POLICY_DISCONNECT_ON_FAILURE_H
#define KITH_POLICY_DISCONNECT_ON_FAILURE_H

#include "kith/listener.h"

typedef struct {
    kith_listener listener;
    bool refusals;  /* after refusals, too; default false */
    bool encrypted; /* links that are encrypted, too; default false */
    uint32_t ended; /* links that it ended */
} kith_disconnect_on_failure;

void kith_disconnect_on_failure_init(kith_disconnect_on_failure *policy);

/* Is this the why of a refusal: by a person, by a rule of either side, or for want of room? */
bool kith_failure_is_refusal(kith_why why);

#endif
