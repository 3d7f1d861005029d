/* The controller's lists of peers: the filter accept list, and the resolving list (device identities).
 *
 * Both are kept right by themselves: who is forgotten leaves, whose bond is made anew is put anew (a controller keeps
 * an old key otherwise), and after a restart of the controller they are there again.  What uses a list (advertising
 * that filters, scanning, connecting; for the resolving list everything while it is on) is paused, the list changed,
 * and what was paused goes on: no ADVERTISING, SCANNING or CONNECT_FAILED tells of it, and a link that comes in that
 * moment is taken.  ALLOW_LIST and DEVICE_IDENTITIES tell of each change, by itself or asked for.
 *
 * The controller resolves while its resolving list has somebody in it, and is on device privacy mode for each of them:
 * who shows its identity address is heard, too.  But for those who say that they never do
 * (kith_peer_info.private_only): they are on network privacy mode, so that nobody takes their place by an address that
 * is known.  Not in it are peers whose key is zeros, and those who share one with another bond: both are known by their
 * identity address alone.  With KITH_PRIVACY_RESOLVABLE our own key there is that of the identity in use, and the
 * controller makes private addresses of its own for those peers, which change together with ours (kith/privacy.h); else
 * it is zeros, as our own address is none that hides.  What a controller resolves is a claim, as every address is.
 *
 * What the controller refuses ends in the event, with its word, and is not tried again by itself: the next change does,
 * or the next advertising with a filter, and advertising with a filter that is on by then ends.
 *
 * After every change of a bond all who are listed are looked at, and where one has a key all bonds: this is for tens of
 * listed peers.  The lists are the program's as long as it runs: they are not stored.
 *
 * Vol 4 Part E 7.8.14 to 7.8.17, 7.8.38 to 7.8.45, 7.8.77, Vol 6 Part B 4.3.1, 4.7, 6. */
#ifndef KITH_LISTS_H
#define KITH_LISTS_H

#include "kith/peers.h"

typedef enum {
    KITH_LIST_PAUSE, /* what uses the list is paused for the change */
    KITH_LIST_REFUSE /* KITH_ERR_IN_USE where something uses it */
} kith_list_manner;

/* The filter accept list is these peers, by identity address.  A peer with an identity resolving key is also put into
 * the resolving list, where there is one, or its private addresses would not be found.  Ends in ALLOW_LIST.
 * With an error nothing was changed:
 * KITH_ERR_NOT_FOUND    one of them is no peer
 * KITH_ERR_EXISTS       one of them is named twice
 * KITH_ERR_FULL         more than the controller's list holds, or than limits.listed, or events must be taken first
 * KITH_ERR_IN_USE       with KITH_LIST_REFUSE
 * KITH_ERR_UNSUPPORTED  the controller has no such list, or one of them uses private addresses and it does not resolve,
 *                       or limits.listed is 0
 * KITH_ERR_BUSY         a change is under way: ALLOW_LIST will come
 * KITH_ERR_STATE        not ready */
KITH_MUST_USE kith_status kith_allow_list_set(struct kith_host *h, const kith_peer_id *peers, uint16_t count,
                                              kith_list_manner manner);

/* From now on all peers that the filter means (NULL: all; it is copied), of more than fit those used last, in this
 * order: looked at anew when a bond comes or goes, and when advertising with a filter begins.  A peer for whose key the
 * controller has no room is not listed.
 * Errors: as above, but for NOT_FOUND, EXISTS and too many. */
KITH_MUST_USE kith_status kith_allow_list_follow(struct kith_host *h, const kith_peers_filter *filter);

/* Who is in it, or will be when ALLOW_LIST has come, in its order.  *count: how many, also with KITH_ERR_FULL: more
 * than cap.  KITH_ERR_UNSUPPORTED: there are no lists. */
KITH_MUST_USE kith_status kith_allow_list_get(const struct kith_host *h, kith_peer_id *peers, uint16_t cap,
                                              uint16_t *count);
/* The place of a peer in it, from 0.  KITH_ERR_NOT_FOUND: it is not in it. */
KITH_MUST_USE kith_status kith_allow_list_place(const struct kith_host *h, kith_peer_id peer, uint16_t *place);

/* Answers ALLOW_LIST_WANTED: advertising begins, once the controller has the list as it was set.  KITH_ERR_STATE:
 * nothing waits; KITH_ERR_NOT_FOUND: nobody is listed, it waits on. */
KITH_MUST_USE kith_status kith_allow_list_ready(struct kith_host *h);

/* The resolving list is these peers, with their identity resolving keys; those of the allow list stay in it.
 * Ends in DEVICE_IDENTITIES.
 * Errors: as kith_allow_list_set(); KITH_ERR_VALUE: one of them gave no key, or shares it with another bond. */
KITH_MUST_USE kith_status kith_device_identities_set(struct kith_host *h, const kith_peer_id *peers, uint16_t count,
                                                     kith_list_manner manner);
/* From now on all peers that the filter means (NULL: all; it is copied) and that gave a key of their own, of more than
 * fit those used last, behind those of the allow list: looked at anew when a bond comes or goes.  Who does not fit is
 * resolved by the host, as far as that goes.  With KITH_PRIVACY_RESOLVABLE it is so from the start, with NULL.
 * Errors: as kith_allow_list_follow(). */
KITH_MUST_USE kith_status kith_device_identities_follow(struct kith_host *h, const kith_peers_filter *filter);
/* Who is in it, those of the allow list first.  As kith_allow_list_get(). */
KITH_MUST_USE kith_status kith_device_identities_get(const struct kith_host *h, kith_peer_id *peers, uint16_t cap,
                                                     uint16_t *count);

#endif
