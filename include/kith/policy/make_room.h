/* Make room: where a newcomer finds no place, the peer that was least wanted goes.
 *
 *   static kith_make_room room;
 *
 *   config.security.when_full = KITH_FULL_ASK;
 *   kith_make_room_init(&room);
 *   room.keep_rank = 10;
 *   if (kith_listeners_add(&all, &room.listener) != KITH_OK)
 *       ...
 *
 * It answers ROOM_WANTED with the peer that the event names: of those who may go (kith_peers_may_go()) the one of the
 * lowest rank that was not used for longest.  Never one of a higher level than the newcomer, connected, pinned, or the
 * only one: that is the host's rule, and cannot be changed here.  Where a limit of this policy forbids it, nobody goes,
 * and the newcomer's bond is not kept.
 *
 * Time is what kith_listeners_tell() is told, so a device that starts anew counts its hour anew.  An answer for which
 * there is no room (KITH_ERR_FULL) is given again until the question's deadline; of several such at once only the first
 * is, and for the others nobody goes.  Owner: the caller.  At most 136 octets. */
#ifndef KITH_POLICY_MAKE_ROOM_H
#define KITH_POLICY_MAKE_ROOM_H

#include "kith/listener.h"

enum { KITH_MAKE_ROOM_MOST = 8 };

typedef struct {
    kith_listener listener;
    uint32_t keep_rank; /* a peer of this rank or a larger one never goes; default 0: the rank alone keeps nobody */
    uint8_t per_hour;   /* so many go in any hour, at most KITH_MAKE_ROOM_MOST; default 4; 0: nobody goes */
    uint32_t made;      /* how often it was done */
    uint32_t refused;   /* how often not, for these limits */

    /* its own */
    uint64_t times[KITH_MAKE_ROOM_MOST]; /* of the last, in a ring */
    kith_link again;                     /* answered with KITH_ERR_FULL; 0: none */
    kith_peer_id go;
    uint64_t again_at_us, again_until_us;
} kith_make_room;

void kith_make_room_init(kith_make_room *policy);

#endif
