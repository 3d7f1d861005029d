/* Privacy: what this device is seen as by those it has not bonded with.
 *
 * With every mode but KITH_PRIVACY_OFF the identity's address is never on air.  With KITH_PRIVACY_RESOLVABLE
 * advertising, scanning and connecting use a resolvable private address, made of fresh randomness and of the key of the
 * identity that is selected (kith/identity.h).  Whoever has that key recognises it: peers that bonded and were given it
 * (KITH_KEY_ID in kith_security).  To one that was not this device is a stranger each time, and it does well not to
 * keep a bond.
 *
 * - All that is on at a time uses one address.  After its time there is another one: what is on is paused for it and
 *   goes on, and nothing is told (as for kith/lists.h).  While nothing is on, nothing wakes the host; an address whose
 *   time is over by then is replaced before the next use.
 * - Where the controller resolves (kith/lists.h) it makes addresses of its own, with the same key, for the peers in its
 *   resolving list: what it says to one of them when scanning and connecting, and in advertising that is directed to
 *   one.  Only so does it hear what is directed to a private address of ours.  They change in the same pause; the
 *   controller's own timer is set to twice the time (an hour at most), in case that a pause is long in coming.  With
 *   limits.listed 0, or without a resolving list, there is the host's address alone.
 * - A link keeps the address that it was made with, for pairing, too.  What a peer is given of us is the identity.
 * - Where no address can be made nothing goes on air: what was on, or was to begin, ends with .activity.status or
 *   .connect_failed.status (KITH_ERR_ENTROPY, KITH_ERR_CRYPTO), and a start in START_FAILED.  The next call tries
 *   again.  A controller that does not take the address is lost (CONTROLLER_LOST).
 * - READY and kith_gap_own_address() tell the private address; kith_identity_get() the identity's.
 * - Out of band data still names the identity's address: what is said there is not said on air.
 * - Everything else that could be recognised is the program's: name, advertising data, what others may read without
 *   encryption, and when it is on.
 *
 * Vol 3 Part C 10.7, 15.1, Appendix A (TGAP(private_addr_int)); Vol 6 Part B 1.3.2, 6; Vol 4 Part E 7.8.4, 7.8.38,
 * 7.8.45. */
#ifndef KITH_PRIVACY_H
#define KITH_PRIVACY_H

#include <stdint.h>

#include "kith/status.h"

struct kith_host;

typedef enum {
    KITH_PRIVACY_OFF,           /* the identity's address is on air */
    KITH_PRIVACY_RESOLVABLE,    /* private addresses of the identity */
    KITH_PRIVACY_NON_RESOLVABLE /* for who only broadcasts or listens: addresses that nobody recognizes, bonded peers
                                   neither; nothing connectable, and no connecting */
} kith_privacy_mode;

enum { KITH_PRIVACY_CYCLE_MAX_S = 3600 };

typedef struct {
    kith_privacy_mode mode;
    uint16_t cycle_s;  /* how long one address is used: 1..KITH_PRIVACY_CYCLE_MAX_S; default 900.  OFF: it is not looked
                          at */
    uint16_t jitter_s; /* less up to so much, drawn each time, so that nobody waits for the moment: below cycle_s;
                          default 420 */
} kith_privacy;

/* From now on; config.privacy says what it is at first.  It stays over restarts of the controller.  Links that are
 * there stay as they are.  Setting it, also to what it is, makes another address.
 * KITH_ERR_VALUE: a mode or a time that is none, or another mode than RESOLVABLE where config.gap.private_only promises
 * that one; KITH_ERR_IN_USE: advertising, scanning or connecting is on, or an address is just being changed;
 * KITH_ERR_BUSY: the controller is starting (wait for READY) or was just lost, or a factory reset is under way;
 * KITH_ERR_UNSUPPORTED: it cannot be given an address (not
 * known before READY: a start with privacy on fails there).  With an error nothing was changed. */
KITH_MUST_USE kith_status kith_privacy_set(struct kith_host *h, const kith_privacy *privacy);

void kith_privacy_get(const struct kith_host *h, kith_privacy *out);

#endif
