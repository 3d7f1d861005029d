/* Secure on error: when a peer refuses an operation of kith/gatt_client.h for security, raises the link, and tells the
 * program when it may repeat the operation.
 *
 *   static void ready(void *context, kith_link link, bool raised) { if (raised) read_again(link); }
 *   static kith_secure_on_error raise;
 *   static kith_policy_link links[4];           as many as limits.links
 *
 *   kith_secure_on_error_init(&raise, links, 4, ready, NULL);
 *   if (kith_listeners_add(&all, &raise.listener) != KITH_OK)
 *       ...
 *
 *   Insufficient Authentication (0x05), Insufficient Encryption (0x0f): the level above the one that the link has
 *   Encryption Key Size Too Short (0x0c): the same level at least, with a key of key_size octets
 *   Insufficient Authorization (0x08): nothing; pairing grants none
 *
 * Nothing is asked for twice on one link, nor what somebody else has just failed to bring about there: so each raise
 * is above all before it, and there are few.  ready() is called once for every refusal, or once for all that came
 * while a raise was under way: raised says whether the link has now what was asked for; false at once where nothing
 * can be raised.  It is called from kith_listeners_tell() or _advance(), and may call the host.
 *
 * For programs with config.gatt_raise KITH_GATT_RAISE_NOT, or KITH_GATT_RAISE_BOND where pairing is to be decided here:
 * KITH_GATT_RAISE_PAIR does all of it inside the host, and repeats the operation by itself.  A bonded peer is paired
 * with anew only if the host's own rules allow that.  Owner: the caller.  At most 72 octets, and 24 for each link. */
#ifndef KITH_POLICY_SECURE_ON_ERROR_H
#define KITH_POLICY_SECURE_ON_ERROR_H

#include "kith/listener.h"
#include "kith/policy/link.h"

typedef struct {
    kith_listener listener;
    kith_policy_links links;
    void (*ready)(void *context, kith_link link, bool raised); /* may be NULL */
    void *context;
    kith_level level; /* asked for at least; default KITH_LEVEL_ENCRYPTED */
    uint8_t key_size; /* asked for where the peer says that the key is too short; default 16 */
} kith_secure_on_error;

void kith_secure_on_error_init(kith_secure_on_error *policy, kith_policy_link *links, uint8_t count,
                               void (*ready)(void *context, kith_link link, bool raised), void *context);

/* A person wants it tried once more: what was asked for on this link may be asked for again. */
void kith_secure_on_error_again(kith_secure_on_error *policy, kith_link link);

#endif
