/* Secure on connect: makes links secure once they are there.
 *
 *   static kith_secure_on_connect secure;
 *   static kith_policy_link links[4];           as many as limits.links
 *
 *   kith_secure_on_connect_init(&secure, links, 4);
 *   secure.delay_ms = 200;                      each link has its own
 *   if (kith_listeners_add(&all, &secure.listener) != KITH_OK)
 *       ...
 *
 * It calls kith_security_secure_with() until that is accepted: after KITH_ERR_BUSY when the procedure that is under way
 * has ended, after KITH_ERR_BACKOFF when kith_pairing_wait_us() is over, after KITH_ERR_FULL when events were taken
 * and again at longer and longer times.  It stops when the link has that security, whoever brought it about; when its
 * own procedure has failed (the event says why); when nothing can be asked on this link (.last says why); or when the
 * link ends.  What the peer is asked for is a wish: who must have it adds kith/policy/disconnect_below.h.
 *
 * Whether a bonded peer may be paired anew, and who is asked before, is the host's to say.  Owner: the caller.
 * At most 72 octets, and 24 for each link. */
#ifndef KITH_POLICY_SECURE_ON_CONNECT_H
#define KITH_POLICY_SECURE_ON_CONNECT_H

#include "kith/listener.h"
#include "kith/policy/link.h"

typedef struct {
    kith_listener listener;
    kith_policy_links links;
    uint32_t delay_ms; /* after connecting; default 0: at once */
    kith_level level;  /* default KITH_LEVEL_ENCRYPTED */
    uint8_t key_size;  /* default 0: as configured */
    bool strangers;    /* whose address claims no bond, too: they are paired with; default false */
    bool not_as_central;
    bool not_as_peripheral;
    kith_status last;    /* what the call said that was the last on some link; KITH_OK: none was */
    uint32_t left_alone; /* links that there was no memory for */
} kith_secure_on_connect;

/* The program sets what is to differ from the defaults afterwards, and any time. */
void kith_secure_on_connect_init(kith_secure_on_connect *policy, kith_policy_link *links, uint8_t count);

#endif
