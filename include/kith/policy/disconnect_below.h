/* Disconnect below: a link must be secure some time after connecting, and stay so.
 *
 *   static kith_disconnect_below guard;
 *   static kith_policy_link links[4];           as many as limits.links
 *
 *   kith_disconnect_below_init(&guard, links, 4, KITH_LEVEL_AUTHENTICATED);
 *   guard.bonded = true;
 *   if (kith_listeners_add(&all, &guard.listener) != KITH_OK)
 *       ...
 *
 * A link that does not have the level (and the key size, and a bond's key) when its time is over ends with
 * Authentication Failure (0x05); so does one that had it, when it falls below; so does one that there is no memory for,
 * at once.  below() tells of each, and what it has, when the end was asked for; DISCONNECTED follows.
 *
 * While somebody pairs anew the new key is not a bond's until its bond is stored: a link that has all but the bond gets
 * the same time again, each time that it had everything before.  Owner: the caller.  At most 88 octets, and 24 for each
 * link. */
#ifndef KITH_POLICY_DISCONNECT_BELOW_H
#define KITH_POLICY_DISCONNECT_BELOW_H

#include "kith/listener.h"
#include "kith/policy/link.h"

typedef struct {
    kith_listener listener;
    kith_policy_links links;
    uint32_t within_ms; /* of each link, after connecting; default 30 s, as long as a pairing may be silent */
    kith_level level;
    uint8_t key_size; /* default 0: any */
    bool bonded;      /* it must be encrypted with a bond's key; default false */
    void (*below)(void *context, kith_link link, const kith_event_security *has); /* may be NULL, the default */
    void *context;
    uint32_t ended; /* links that it ended */
} kith_disconnect_below;

void kith_disconnect_below_init(kith_disconnect_below *policy, kith_policy_link *links, uint8_t count,
                                kith_level level);

#endif
