/* Advertise again: a set that a link came of begins again.
 *
 *   static const kith_advertising *as = ...;    it stays where it is
 *   static kith_advertise_again again;
 *
 *   kith_advertise_again_init(&again, 0, as, 4);    set 0, as long as fewer than 4 links are there
 *   if (kith_listeners_add(&all, &again.listener) != KITH_OK)
 *       ...
 *   if (kith_gap_advertise_set(h, 0, as) != KITH_OK)    the first time is the program's
 *       ...
 *
 * With 1 it begins when the link has ended, with limits.links at once while there is a place for another one.  What the
 * program stops stays off, and so does what ended because its limit was over, unless `after_limit` says otherwise.
 * After a failure, and where the call is refused for a while, it is tried again later and later (10 ms to 10 s); for
 * any other refusal it is given up, and .last says why.  When a controller that was lost is back, what was on begins
 * again.
 *
 * It is told of every link from the first one on: add it before there are any.  One policy for each set.  Owner: the
 * caller.  At most 96 octets. */
#ifndef KITH_POLICY_ADVERTISE_AGAIN_H
#define KITH_POLICY_ADVERTISE_AGAIN_H

#include "kith/advertising.h"
#include "kith/listener.h"

typedef struct {
    kith_listener listener;
    const kith_advertising *as; /* the program's, and may be another one any time; NULL: it begins nothing */
    uint8_t set;
    uint8_t places;    /* links in both roles; it does not begin while so many are there */
    bool after_limit;  /* it begins again when its limit is over, too; default false */
    uint32_t delay_ms; /* after the end, or after a place became free: who connects and goes at once costs no more than
                          that; default 0 */
    uint32_t most;     /* so often, since it was initialized; default 0: without limit */
    uint32_t again;    /* how often it was done */
    kith_status last;  /* what the call said when it was given up; KITH_OK: it never was */

    /* its own */
    bool is_on, is_wanted;
    uint8_t links, tries;
    uint64_t due_us;
} kith_advertise_again;

void kith_advertise_again_init(kith_advertise_again *policy, uint8_t set, const kith_advertising *as, uint8_t places);

#endif
